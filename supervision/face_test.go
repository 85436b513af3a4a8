package supervision_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

func faceRequest(image []byte) *supervision.FaceRequest {
	return &supervision.FaceRequest{
		PlatformCode: "p", StudentUserCode: "s", ResCode: "r", ClassCode: "c", BizCode: "b", VideoStudyTime: time.Minute, Image: image,
	}
}

// grown is a picture with bytes behind its end, up to a size.
func grown(t testing.TB, size int) []byte {
	return append(picture(t, "jpeg", 640, 480), make([]byte, size)...)[:size]
}

func TestImagesAreChecked(t *testing.T) {
	large := picture(t, "jpeg", 1920, 1080)
	for name, tt := range map[string]struct {
		image   []byte
		problem string
	}{
		"JPEG":                    {picture(t, "jpeg", 640, 480), ""},
		"PNG":                     {picture(t, "png", 640, 480), ""},
		"as large as may be":      {large, ""},
		"as a portrait":           {picture(t, "png", 1080, 1920), ""},
		"too wide":                {picture(t, "jpeg", 1921, 10), "is 1921×10 pixels large, and must not be larger than 1920×1080"},
		"too high":                {picture(t, "png", 10, 1921), "is 10×1921 pixels large, and must not be larger than 1920×1080"},
		"too large both ways":     {picture(t, "png", 1081, 1081), "is 1081×1081 pixels large, and must not be larger than 1920×1080"},
		"of 2 MB":                 {grown(t, 2<<20), ""},
		"of a byte more":          {grown(t, 2<<20+1), "must not be larger than 2 MB (MaxImageSize)"},
		"nothing":                 {nil, "must not be empty"},
		"a GIF":                   {[]byte("GIF89a secret"), "must be a JPEG or a PNG"},
		"text":                    {[]byte("secret"), "must be a JPEG or a PNG"},
		"base64 already":          {[]byte(base64.StdEncoding.EncodeToString(face)), "must be a JPEG or a PNG"},
		"a JPEG without its size": {large[:100], "is a broken JPEG or PNG"},
		"a PNG without its size":  {face[:20], "is a broken JPEG or PNG"},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := mocked(t, answers(200, fixture(t, "face_answer.json")))
			_, err := c.Checks.CompareFace(t.Context(), faceRequest(tt.image))
			if tt.problem == "" {
				require.NoError(t, err)
				data := members(t, p.bodies[0])["data"].(map[string]any)
				assert.True(t, data["target"] == base64.StdEncoding.EncodeToString(tt.image), "the image arrives as base64")
				return
			}
			assert.Equal(t, &edusdk.FieldError{Field: "Image", Problem: tt.problem}, asFieldError(t, err))
			assert.Empty(t, p.bodies)
		})
	}
}

func TestCompareModes(t *testing.T) {
	for name, tt := range map[string]struct {
		mode   supervision.CompareMode
		image  []byte
		url    string
		want   string
		target string
	}{
		"image":         {"", face, "", "0", base64.StdEncoding.EncodeToString(face)},
		"image, said":   {supervision.CompareBase64, face, "", "0", base64.StdEncoding.EncodeToString(face)},
		"address":       {"", nil, photo + "?a=1&b=<2>", "1", photo + "?a=1&b=<2>"},
		"address, said": {supervision.CompareURL, nil, photo, "1", photo},
		"mixed":         {supervision.CompareMixed, face, "", "2", base64.StdEncoding.EncodeToString(face)},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := mocked(t, answers(200, fixture(t, "face_answer.json")))
			r := faceRequest(tt.image)
			r.Mode, r.ImageURL = tt.mode, tt.url
			_, err := c.Checks.CompareFace(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, tt.mode, r.Mode, "the caller's request stays as it is")
			data := members(t, p.bodies[0])["data"].(map[string]any)
			assert.Equal(t, tt.want, data["compareMode"])
			assert.Equal(t, tt.target, data["target"])
			assert.Len(t, data, 8)
		})
	}
}

func TestAnImageIsSentAgainWithAnotherToken(t *testing.T) {
	p := newPlatform(t, inTurn(answers(200, `{"returnCode":"9"}`), answers(200, fixture(t, "face_answer.json"))))
	cfg := config()
	cfg.TokenExpired = func(code, _ string) bool { return code == "9" }
	image := grown(t, 100_000)
	result, err := newClient(t, p, cfg).Checks.CompareFace(t.Context(), faceRequest(image))
	require.NoError(t, err)
	assert.True(t, result.Passed())
	require.Len(t, p.bodies, 2)
	for _, body := range p.bodies {
		assert.True(t, strings.HasSuffix(body, `,"target":"`+base64.StdEncoding.EncodeToString(image)+`"}}`))
	}
}

// discarding reads bodies as they come and keeps nothing.
type discarding struct{ answer string }

func (d discarding) RoundTrip(r *http.Request) (*http.Response, error) {
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{r.Body}, make([]byte, 32<<10))
	_ = r.Body.Close()
	if err == nil && n != r.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(d.answer))}, err
}

func TestAnImageIsNotCopied(t *testing.T) {
	c := newClient(t, discarding{`{"returnCode":"0","returnData":{"acceptToken":"t","result":1}}`}, config())
	image := grown(t, 2<<20)
	_, err := c.Login(t.Context())
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = c.Checks.CompareFace(t.Context(), faceRequest(image))
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<10), "bytes allocated for a call with 2 MB")
}

func TestBase64Reader(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 100, 3071, 3072, 3073, 10_000} {
		content := slices.Repeat([]byte{0, 1, 2, 250, 251, 255, 77}, size/7+1)[:size]
		want := []byte(base64.StdEncoding.EncodeToString(content))
		assert.NoError(t, iotest.TestReader(supervision.NewBase64Reader(content), want), "%d bytes", size)
		for _, chunk := range []int{1, 3, 5, 4096, 5000} {
			var got bytes.Buffer
			_, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{supervision.NewBase64Reader(content)}, make([]byte, chunk))
			require.NoError(t, err)
			assert.Equal(t, want, got.Bytes(), "%d bytes in pieces of %d", size, chunk)
		}
	}
	_, err := supervision.NewBase64Reader([]byte("abc")).ReadAt(make([]byte, 1), -1)
	assert.Error(t, err)
	_, err = supervision.NewBase64Reader([]byte("abc")).Seek(-1, io.SeekStart)
	assert.Error(t, err)
}
