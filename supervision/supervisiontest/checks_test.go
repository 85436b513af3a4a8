package supervisiontest_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// student is one who is checked.
var student = fields{"studentUserCode": "student-a", "classCode": "class-1", "resCode": "video-1"}

// picture returns a picture of a size, in a format.
func picture(t *testing.T, format string, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, width, height))
	switch format {
	case "png":
		require.NoError(t, png.Encode(&b, img))
	case "jpeg":
		require.NoError(t, jpeg.Encode(&b, img, nil))
	case "gif":
		require.NoError(t, gif.Encode(&b, img, nil))
	}
	return b.Bytes()
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// bizCode gets a code for a check.
func (r *regulator) bizCode(path string) string {
	r.t.Helper()
	return r.v1(path, student).data()["bizCode"].(string)
}

func (r *regulator) compare(bizCode, mode, target string, others ...fields) reply {
	r.t.Helper()
	return r.v1("thirdFaceCompare", merge(append([]fields{student, {
		"bizCode": bizCode, "compareMode": mode, "target": target, "videoStudyTime": 20,
	}}, others...)...))
}

func TestFaces(t *testing.T) {
	r := start(t)
	got := r.v1("getFaceCompareConfig", student)
	require.Equal(t, "0", got.code())
	assert.Equal(t, "5", got.data()["expiresTime"])
	code := got.data()["bizCode"].(string)
	assert.Len(t, code, 32)
	assert.Len(t, got.data(), 2)

	face := picture(t, "jpeg", 640, 480)
	got = r.compare(code, "0", base64Of(face))
	require.Equal(t, "0", got.code(), "%s", got.body)
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success","returnData":{"msg":"人脸比对通过！","result":1}}`, string(got.body))
	r.compare(code, "0", base64Of(face)).refuses(supervisiontest.CodeInvalidBizCode, "bizCode无效或已过期")

	var seen [][]byte
	var urls []string
	r.SetFaceMatcher(func(image []byte, url string) bool {
		seen, urls = append(seen, image), append(urls, url)
		return len(seen) > 1
	})
	code = r.bizCode("getFaceCompareConfig")
	got = r.compare(code, "0", base64Of(face))
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success","returnData":{"msg":"人脸比对不通过！","result":2}}`, string(got.body))
	r.compare(code, "0", base64Of(face)).refuses(supervisiontest.CodeInvalidBizCode, "")
	require.Equal(t, "0", r.compare(r.bizCode("getFaceCompareConfig"), "1", "https://files.example.com/face.jpg").code())
	require.Equal(t, "0", r.compare(r.bizCode("getFaceCompareConfig"), "2", "http://files.example.com/face.jpg").code())
	require.Equal(t, "0", r.compare(r.bizCode("getFaceCompareConfig"), "2", base64Of(picture(t, "png", 1, 1))).code())
	assert.Equal(t, [][]byte{face, nil, nil, picture(t, "png", 1, 1)}, seen)
	assert.Equal(t, []string{"", "https://files.example.com/face.jpg", "http://files.example.com/face.jpg", ""}, urls)

	check := supervisiontest.Check{
		Face: true, StudentUserCode: "student-a", ClassCode: "class-1", ResCode: "video-1", VideoStudyTime: 20 * time.Second, Passed: true,
	}
	failed := check
	failed.Passed = false
	assert.Equal(t, []supervisiontest.Check{check, failed, check, check, check}, r.Checks())
}

func TestPicturesThatAreRefused(t *testing.T) {
	r := start(t)
	small := picture(t, "png", 10, 10)
	padded := func(size int) []byte { return append(bytes.Clone(small), make([]byte, size-len(small))...) }
	code := r.bizCode("getFaceCompareConfig")
	for _, tt := range []struct{ name, mode, target, says string }{
		{"too many bytes", "0", base64Of(padded(2<<20 + 1)), "图片大小超过 2M"},
		{"too wide", "0", base64Of(picture(t, "png", 1921, 10)), "图片尺寸超过 1920x1080"},
		{"too high", "0", base64Of(picture(t, "jpeg", 10, 1921)), "图片尺寸超过 1920x1080"},
		{"too large on both sides", "0", base64Of(picture(t, "png", 1081, 1081)), "图片尺寸超过 1920x1080"},
		{"a GIF", "0", base64Of(picture(t, "gif", 10, 10)), "不是 JPEG 或 PNG 图片"},
		{"text", "0", base64Of([]byte("a face")), "不是 JPEG 或 PNG 图片"},
		{"no base64", "0", "05a924a9 8b24", "不是 base64 图片"},
		{"base64 without its end", "0", strings.TrimRight(base64Of(small[:10]), "="), "不是 base64 图片"},
		{"base64 of addresses", "0", base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xfb, 0xff}, 9)), "不是 base64 图片"},
		{"base64 in lines", "0", base64Of(small)[:8] + "\n" + base64Of(small)[8:], "不是 base64 图片"},
		{"a data URI", "0", "data:image/png;base64," + base64Of(small), "不是 base64 图片"},
		{"an address without the mode", "0", "https://files.example.com/face.jpg", "不是 base64 图片"},
		{"a picture in place of an address", "1", base64Of(small), "应为 http 或 https 地址"},
		{"neither", "2", "ftp://files.example.com/face.jpg", "不是 base64 图片"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := r.compare(code, tt.mode, tt.target)
			assert.Equal(t, supervisiontest.CodeInvalidImage, got.code())
			assert.Equal(t, "data.target "+tt.says, got.msg())
		})
	}
	assert.Empty(t, r.Checks())
	got := r.compare(code, "0", base64Of(padded(2<<20)))
	require.Equal(t, "0", got.code(), "a picture that was refused has not used the code up: %s", got.body)
	for _, size := range [][2]int{{1920, 1080}, {1080, 1920}} {
		got := r.compare(r.bizCode("getFaceCompareConfig"), "0", base64Of(picture(t, "jpeg", size[0], size[1])))
		require.Equal(t, "0", got.code(), "%v: %s", size, got.body)
	}
}

func TestFacesAreNotRemembered(t *testing.T) {
	r := start(t)
	face := picture(t, "jpeg", 640, 480)
	require.Equal(t, "0", r.compare(r.bizCode("getFaceCompareConfig"), "0", base64Of(face)).code())
	shown := r.last().Data.(fields)["target"].(string)
	assert.Equal(t, base64Of(face)[:64]+"… ("+itoa(int64(len(base64Of(face))))+" bytes)", shown)
	require.Equal(t, "0", r.compare(r.bizCode("getFaceCompareConfig"), "1", "https://files.example.com/face.jpg").code())
	assert.Equal(t, "https://files.example.com/face.jpg", r.last().Data.(fields)["target"])
}

func TestBizCodes(t *testing.T) {
	face := base64Of(picture(t, "png", 10, 10))
	submit := func(r *regulator, bizCode, code string) reply {
		r.t.Helper()
		return r.v1("submitVerificationCode", fields{"bizCode": bizCode, "verificationCode": code, "videoStudyTime": 30})
	}
	verification := func(r *regulator) (bizCode, code string) {
		r.t.Helper()
		data := r.v1("getVerificationCode", student).data()
		assert.Equal(t, "5", data["expiresTime"])
		assert.Regexp(t, `^\d{4}$`, data["verificationCode"])
		assert.Len(t, data["bizCode"], 32)
		assert.Len(t, data, 3)
		return data["bizCode"].(string), data["verificationCode"].(string)
	}

	t.Run("a code that matches", func(t *testing.T) {
		r := start(t)
		biz, code := verification(r)
		submit(r, biz, code).succeeds()
		submit(r, biz, code).refuses(supervisiontest.CodeInvalidBizCode, "bizCode无效或已过期")
		assert.Equal(t, []supervisiontest.Check{{
			StudentUserCode: "student-a", ClassCode: "class-1", ResCode: "video-1", VideoStudyTime: 30 * time.Second, Passed: true,
		}}, r.Checks())
	})
	t.Run("a wrong one uses the bizCode up", func(t *testing.T) {
		r := start(t)
		biz, code := verification(r)
		submit(r, biz, code+"0").refuses(supervisiontest.CodeWrongVerification, "验证码错误")
		submit(r, biz, code).refuses(supervisiontest.CodeInvalidBizCode, "")
		require.Len(t, r.Checks(), 1)
		assert.False(t, r.Checks()[0].Passed)
	})
	t.Run("codes differ", func(t *testing.T) {
		r := start(t)
		biz1, code1 := verification(r)
		biz2, code2 := verification(r)
		assert.NotEqual(t, biz1, biz2)
		assert.NotEqual(t, code1, code2)
		submit(r, biz1, code2).refuses(supervisiontest.CodeWrongVerification, "")
		submit(r, biz2, code2).succeeds()
	})
	t.Run("they expire", func(t *testing.T) {
		r := start(t)
		biz, code := verification(r)
		faceCode := r.bizCode("getFaceCompareConfig")
		r.now = begin.Add(5*time.Minute - time.Second)
		late, lateCode := verification(r)
		r.now = begin.Add(5 * time.Minute)
		submit(r, biz, code).refuses(supervisiontest.CodeInvalidBizCode, "bizCode无效或已过期")
		r.compare(faceCode, "0", face).refuses(supervisiontest.CodeInvalidBizCode, "bizCode无效或已过期")
		submit(r, late, lateCode).succeeds()
	})
	t.Run("they are not interchangeable", func(t *testing.T) {
		r := start(t)
		biz, code := verification(r)
		faceCode := r.bizCode("getFaceCompareConfig")
		r.compare(biz, "0", face).refuses(supervisiontest.CodeInvalidBizCode, "")
		submit(r, faceCode, code).refuses(supervisiontest.CodeInvalidBizCode, "")
		submit(r, "another", code).refuses(supervisiontest.CodeInvalidBizCode, "")
		submit(r, biz, code).succeeds()
		require.Equal(t, "0", r.compare(faceCode, "0", face).code())
	})
	t.Run("a face's is for one student, class and resource", func(t *testing.T) {
		r := start(t)
		code := r.bizCode("getFaceCompareConfig")
		for _, other := range []fields{{"studentUserCode": "student-b"}, {"classCode": "class-2"}, {"resCode": "video-2"}} {
			r.compare(code, "0", face, other).refuses(supervisiontest.CodeInvalidBizCode, "")
		}
		require.Equal(t, "0", r.compare(code, "0", face).code())
	})
	t.Run("they are one platform's", func(t *testing.T) {
		r := start(t)
		biz, code := verification(r)
		r.AddAccount(supervisiontest.Account{Name: "second", Password: "p2", PlatformCode: supervisiontest.PlatformCode})
		first := r.token
		r.token = r.login("second", "p2").data()["acceptToken"].(string)
		submit(r, biz, code).refuses(supervisiontest.CodeInvalidBizCode, "")
		r.token = first
		submit(r, biz, code).succeeds()
	})
}
