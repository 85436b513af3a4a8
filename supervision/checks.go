package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ChecksService checks that it is the student who watches: by the face, or by a
// code to type in.
type ChecksService service

// CheckRequest says who is to be checked while watching what. All of it is
// required, but for PlatformCode.
type CheckRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty"`
	ResCode         string `json:"resCode"` // of the video
	StudentUserCode string `json:"studentUserCode"`
	ClassCode       string `json:"classCode"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (*CheckRequest) Validate() error { return nil }

func (r *CheckRequest) platformCodes() []*string { return []*string{&r.PlatformCode} }

// FaceConfig is the beginning of a face check.
type FaceConfig struct {
	ExpiresTime time.Duration `json:"expiresTime"` // how long BizCode is good for, whole minutes on the wire
	BizCode     string        `json:"bizCode"`     // for FaceRequest, once
}

// This gives a new single-use code each time; one that was asked for and not used
// does no harm.
var faceConfig = declare[*CheckRequest](transport.Spec{
	Op: "Checks.FaceConfig", Section: "1.5 获取人脸识别有效期配置接口", Path: "api/v1/getFaceCompareConfig", Class: transport.Read,
}, func(a *checkAnswer) *FaceConfig {
	return &FaceConfig{time.Duration(a.Data.ExpiresTime), a.Data.BizCode}
})

// FaceConfig asks for what a face check needs (1.5 获取人脸识别有效期配置接口, POST
// api/v1/getFaceCompareConfig).
func (s *ChecksService) FaceConfig(ctx context.Context, req *CheckRequest) (*FaceConfig, error) {
	r := params.ValueOf(req)
	return faceConfig.Do(ctx, (*service)(s), &r)
}

// VerificationCode is a code that the student is to type in.
type VerificationCode struct {
	ExpiresTime time.Duration `json:"expiresTime"` // how long the code is good for, whole minutes on the wire
	// VerificationCode is what is shown to the student. Platforms that answer
	// a picture of it leave it empty.
	VerificationCode string `json:"verificationCode"`
	// VerificationImagePath is where the picture is; the document has not got
	// it.
	VerificationImagePath string `json:"verificationImagePath"`
	BizCode               string `json:"bizCode"` // for SubmitCodeRequest, once
}

// As for faceConfig, a code that was not used does no harm.
var verificationCode = declare[*CheckRequest](transport.Spec{
	Op: "Checks.Code", Section: "1.7 获取弹框验证码接口", Path: "api/v1/getVerificationCode", Class: transport.Read,
}, func(a *codeAnswer) *VerificationCode {
	return &VerificationCode{
		time.Duration(a.Data.ExpiresTime), a.Data.VerificationCode, a.Data.VerificationImagePath, a.Data.BizCode,
	}
})

// Code asks for a code that the student is to type in (1.7 获取弹框验证码接口, POST
// api/v1/getVerificationCode).
func (s *ChecksService) Code(ctx context.Context, req *CheckRequest) (*VerificationCode, error) {
	r := params.ValueOf(req)
	return verificationCode.Do(ctx, (*service)(s), &r)
}

// SubmitCodeRequest is what the student has typed in. All of it is required, but
// for PlatformCode.
type SubmitCodeRequest struct {
	PlatformCode     string `json:"studyPlatformCode,omitempty"`
	BizCode          string `json:"bizCode"` // of Checks.Code
	VerificationCode string `json:"verificationCode"`
	// VideoStudyTime is where in the video the student is, in whole seconds.
	VideoStudyTime time.Duration `json:"videoStudyTime" wire:"unit=s"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (*SubmitCodeRequest) Validate() error { return nil }

func (r *SubmitCodeRequest) platformCodes() []*string { return []*string{&r.PlatformCode} }

var submitCode = declare[*codeData](transport.Spec{
	Op: "Checks.SubmitCode", Section: "1.8 弹框验证码提交接口", Path: "api/v1/submitVerificationCode", Class: transport.Create,
}, nothing)

type codeData struct {
	*SubmitCodeRequest

	VideoStudyTime seconds `json:"videoStudyTime"`
}

// SubmitCode has the platform check what the student has typed in (1.8
// 弹框验证码提交接口, POST api/v1/submitVerificationCode). A wrong code is an error
// with the platform's returnCode. A BizCode is good for one call, so none is
// repeated once it may have arrived.
func (s *ChecksService) SubmitCode(ctx context.Context, req *SubmitCodeRequest) error {
	r := params.ValueOf(req)
	return transport.Done(ctx, submitCode, (*service)(s), &codeData{&r, seconds(r.VideoStudyTime)})
}

// checkAnswer is the beginning of a check of either kind.
type checkAnswer struct {
	envelope

	Data struct {
		ExpiresTime           minutes `json:"expiresTime"`
		VerificationCode      string  `json:"verificationCode"`
		VerificationImagePath string  `json:"verificationImagePath"`
		BizCode               string  `json:"bizCode"`
	} `json:"returnData"`
}

func (a *checkAnswer) Absent() string {
	if a.Data.BizCode == "" {
		return "returnData.bizCode"
	}
	return ""
}

// codeAnswer is that of a code to type in.
type codeAnswer struct{ checkAnswer }

func (a *codeAnswer) Absent() string {
	if a.Data.VerificationCode == "" && a.Data.VerificationImagePath == "" {
		return "returnData.verificationCode"
	}
	return a.checkAnswer.Absent()
}
