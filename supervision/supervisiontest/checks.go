package supervisiontest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/jpeg" // what faces may be
	_ "image/png"
	"strings"
	"time"
)

const (
	codeLifetime = 5 * time.Minute // of a bizCode
	expiresTime  = "5"             // in minutes, as answers have it
	maxImage     = 2 << 20         // bytes of a face
	maxLong      = 1920            // pixels of a face's longer side, for phones take faces upright
	maxShort     = 1080            // of its shorter side
)

// bizCode is a check that is to come.
type bizCode struct {
	Check

	account *Account
	code    string // to be typed in, "" for a face
	expires time.Time
}

// Check is a check of a student that was carried out: of the face (1.6) or by a
// verification code (1.8).
type Check struct {
	Face            bool          // a comparison of faces (1.6); false: a code (1.8)
	StudentUserCode string        // the student's code
	ClassCode       string        // the class's code
	ResCode         string        // the video's code
	VideoStudyTime  time.Duration // position in the video
	Passed          bool          // whether the face or the code was right
}

// Checks returns the checks that were carried out, those among them that the
// student did not pass.
func (h *Handler) Checks() []Check {
	h.core.Lock()
	defer h.core.Unlock()
	return append([]Check(nil), h.platform.checks...)
}

// SetFaceMatcher sets what decides whether a face is the student's; until then
// every face is. It gets the picture's bytes, or its address and no bytes. It
// must not call the Handler.
func (h *Handler) SetFaceMatcher(match func(image []byte, url string) bool) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.matcher = match
}

// newCode prepares a check and returns its bizCode.
func (c *call) newCode(face bool, code string) string {
	c.issued++
	biz := fmt.Sprintf("fab0%028x", c.issued)
	c.codes.put(biz, bizCode{
		Check:   Check{Face: face, StudentUserCode: c.text("studentUserCode"), ClassCode: c.text("classCode"), ResCode: c.text("resCode")},
		account: c.account, code: code, expires: c.now.Add(codeLifetime),
	})
	return biz
}

// findCode returns the check that a request's bizCode was given for.
func (c *call) findCode(face bool) (bizCode, bool) {
	b, known := c.codes.get(c.text("bizCode"))
	return b, known && b.Face == face && b.account == c.account && c.now.Before(b.expires)
}

// useCode ends a check.
func (c *call) useCode(b bizCode, passed bool) {
	c.codes.remove(c.text("bizCode"))
	b.VideoStudyTime, b.Passed = secondsOf(c.in.data, "videoStudyTime"), passed
	c.checks.add(b.Check)
}

// faceConfig answers 1.5.
func (c *call) faceConfig() answer {
	return returnData(map[string]any{"expiresTime": expiresTime, "bizCode": c.newCode(true, "")})
}

// compareFace answers 1.6.
func (c *call) compareFace() answer {
	face, url, problem := c.face()
	if problem != "" {
		return fail(CodeInvalidImage, "data.target "+problem)
	}
	b, good := c.findCode(true)
	if !good || b.StudentUserCode != c.text("studentUserCode") || b.ClassCode != c.text("classCode") || b.ResCode != c.text("resCode") {
		return fail(CodeInvalidBizCode, "bizCode无效或已过期")
	}
	passed := c.matcher == nil || c.matcher(face, url)
	c.useCode(b, passed)
	if !passed {
		return returnData(map[string]any{"msg": "人脸比对不通过！", "result": 2})
	}
	return returnData(map[string]any{"msg": "人脸比对通过！", "result": 1})
}

// face returns the picture of a request or its address, or what is wrong with
// it.
func (c *call) face() (face []byte, url, problem string) {
	target, mode := c.text("target"), c.text("compareMode")
	if mode != "0" && isURL(target) {
		return nil, target, ""
	}
	if mode == "1" {
		return nil, "", "应为 http 或 https 地址"
	}
	face, err := base64.StdEncoding.Strict().DecodeString(target)
	if err != nil || strings.ContainsAny(target, "\r\n") {
		return nil, "", "不是 base64 图片"
	}
	if len(face) > maxImage {
		return nil, "", "图片大小超过 2M"
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(face))
	if err != nil || format != "jpeg" && format != "png" {
		return nil, "", "不是 JPEG 或 PNG 图片"
	}
	if max(config.Width, config.Height) > maxLong || min(config.Width, config.Height) > maxShort {
		return nil, "", "图片尺寸超过 1920x1080"
	}
	return face, "", ""
}

// verificationCode answers 1.7.
func (c *call) verificationCode() answer {
	code := fmt.Sprintf("%04d", (c.issued*7919+5763)%10000)
	return returnData(map[string]any{
		"expiresTime": expiresTime, "verificationCode": code, "bizCode": c.newCode(false, code),
	})
}

// submitCode answers 1.8.
func (c *call) submitCode() answer {
	b, good := c.findCode(false)
	if !good {
		return fail(CodeInvalidBizCode, "bizCode无效或已过期")
	}
	passed := b.code == c.text("verificationCode")
	c.useCode(b, passed)
	if !passed {
		return fail(CodeWrongVerification, "验证码错误")
	}
	return success(c)
}
