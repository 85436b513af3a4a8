package supervision

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// The limits of a face image (document: 1.6.2, 不要超过2M, 1920x1080以下). The longer
// side counts as the width, since phones take portraits.
const (
	MaxImageSize   = 2 << 20 // in bytes
	MaxImageWidth  = 1920    // in pixels, of the longer side
	MaxImageHeight = 1080    // of the shorter side
)

// CompareMode says what a face is compared with (比对模式).
type CompareMode string

// The modes.
const (
	CompareBase64 CompareMode = "0" // base64 only: Image
	CompareURL    CompareMode = "1" // addresses only: ImageURL
	CompareMixed  CompareMode = "2" // base64 with an address: Image
)

// FaceRequest is a picture of the student who watches. All fields are required
// except PlatformCode and Mode; of Image and ImageURL, exactly one is.
type FaceRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	StudentUserCode string `json:"studentUserCode"`                                  // the student's code, a UUID of 32 digits (学员编码)
	ResCode         string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	ClassCode       string `json:"classCode"`                                        // the class's code, a UUID of 32 digits (班级编码)
	BizCode         string `json:"bizCode"`                                          // FaceConfig.BizCode, as Checks.FaceConfig returned it
	// VideoStudyTime is the position in the video (观看时间点), in whole seconds.
	VideoStudyTime time.Duration `json:"videoStudyTime" wire:"unit=s"`
	// Mode is optional (比对模式): empty means CompareURL if ImageURL is given, else
	// CompareBase64.
	Mode CompareMode `json:"compareMode"`
	// Image is a JPEG or PNG of at most MaxImageSize and 1920×1080. It is
	// sent as base64 without being copied: do not change it during the call.
	Image []byte `json:"-"`
	// ImageURL is the address of the picture, for CompareURL.
	ImageURL string `json:"target,omitempty"`
}

// FaceResult tells whether the face was the student's.
type FaceResult struct {
	Msg    string        `json:"msg"`                     // the platform's message (提示消息)
	Result CompareResult `json:"result" wire:"essential"` // FaceMatched or FaceMismatch (比对结果)
}

// Passed reports whether the face was the student's.
func (r FaceResult) Passed() bool { return r.Result == FaceMatched }

// CompareResult is the outcome of a face check.
type CompareResult int

// The outcomes.
const (
	FaceMatched  CompareResult = 1 // 比对成功
	FaceMismatch CompareResult = 2 // 比对失败
)

var compareResultNames = map[CompareResult]string{FaceMatched: "FaceMatched", FaceMismatch: "FaceMismatch"}

// String returns the name of the constant, such as FaceMismatch, or CompareResult(7) for a
// value without a name.
func (r CompareResult) String() string { return enum.Name(r, compareResultNames) }

var compareFace = declare[FaceRequest](transport.Spec{
	Op: "Checks.CompareFace", Section: "1.6 人脸识别接口", Path: "api/v1/thirdFaceCompare", Class: transport.Create, Traits: withImage,
}, func(a *faceAnswer) *FaceResult { return &a.Result })

// CompareFace has the platform compare a face (1.6 人脸识别接口, POST
// api/v1/thirdFaceCompare). A face that does not match is a result, not an error:
// see FaceResult.Passed. A BizCode is valid for one call, so the call is never
// repeated once it may have arrived.
func (s *ChecksService) CompareFace(ctx context.Context, req *FaceRequest) (*FaceResult, error) {
	r := params.ValueOf(req)
	switch {
	case r.Mode != "":
	case r.ImageURL != "":
		r.Mode = CompareURL
	default:
		r.Mode = CompareBase64
	}
	return compareFace.Do(ctx, (*service)(s), r)
}

// Validate checks Mode, Image and ImageURL. The other fields have no rules beyond
// those of their tags.
func (r FaceRequest) Validate() error {
	var errs []error
	refuse := func(field, problem string) {
		if problem != "" {
			errs = append(errs, params.FieldError(field, problem))
		}
	}
	switch r.Mode {
	case CompareURL:
		refuse("ImageURL", addressProblem(r.ImageURL))
		if len(r.Image) > 0 {
			refuse("Image", "must be empty in mode CompareURL")
		}
	case CompareBase64, CompareMixed:
		refuse("Image", imageProblem(r.Image))
		if r.ImageURL != "" {
			refuse("ImageURL", "must be empty unless the mode is CompareURL")
		}
	default:
		refuse("Mode", "must be CompareBase64, CompareURL or CompareMixed")
	}
	return params.Join(errs...)
}

// imageProblem says what is wrong with a picture, or "". It decodes no more than
// the size.
func imageProblem(b []byte) string {
	var cfg image.Config
	var err error
	switch {
	case len(b) == 0:
		return "must not be empty"
	case len(b) > MaxImageSize:
		return "must not be larger than 2 MB (MaxImageSize)"
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		cfg, err = jpeg.DecodeConfig(bytes.NewReader(b))
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		cfg, err = png.DecodeConfig(bytes.NewReader(b))
	default:
		return "must be a JPEG or a PNG"
	}
	switch {
	case err != nil:
		return "is a broken JPEG or PNG"
	case max(cfg.Width, cfg.Height) > MaxImageWidth || min(cfg.Width, cfg.Height) > MaxImageHeight:
		return fmt.Sprintf("is %d×%d pixels large, and must not be larger than 1920×1080", cfg.Width, cfg.Height)
	}
	return ""
}

// imageStream returns the body of a request: head, which ends with the data, and
// the image in it as its target.
func imageStream(head, image []byte) (*transport.Stream, error) {
	content, err := transport.NewContent(&base64Reader{content: image}, 0, "Image")
	if err != nil {
		return nil, err
	}
	head = append(head[:len(head)-len("}")], `,"target":"`...)
	return transport.NewStream(head, content, []byte(`"}}`)), nil
}

// base64Reader reads bytes as base64 at any offset, so that they can be sent
// again without having been held in that form.
type base64Reader struct {
	content []byte
	at      int64
}

// Read implements io.Reader.
func (r *base64Reader) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.at)
	r.at += int64(n)
	return n, err
}

// ReadAt implements io.ReaderAt.
func (r *base64Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errOffset
	}
	total := 0
	for total < len(p) && off < r.size() {
		var text [4 << 10]byte
		group := off / 4 // of three bytes, which are four characters
		from := r.content[group*3:]
		from = from[:min(len(from), len(text)/4*3, (len(p)-total)/4*3+6)]
		base64.StdEncoding.Encode(text[:], from)
		n := copy(p[total:], text[off-group*4:base64.StdEncoding.EncodedLen(len(from))])
		total += n
		off += int64(n)
	}
	if total < len(p) {
		return total, io.EOF
	}
	return total, nil
}

// Seek implements io.Seeker.
func (r *base64Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size()
	}
	if offset < 0 {
		return 0, errOffset
	}
	r.at = offset
	return offset, nil
}

func (r *base64Reader) size() int64 { return int64(base64.StdEncoding.EncodedLen(len(r.content))) }

var errOffset = errors.New("the offset is negative")

type faceAnswer struct {
	envelope

	Result FaceResult `json:"returnData" wire:"essential"`
}

func (a *faceAnswer) Absent() string {
	if a.Result.Result == 0 {
		return "returnData.result"
	}
	return ""
}
