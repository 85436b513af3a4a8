package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ChecksService checks that it is the student who watches: by the face, or by a
// code to type in.
type ChecksService service

// CheckRequest says who is to be checked while watching what. All of it is
// required, but for PlatformCode.
type CheckRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	ResCode         string `json:"resCode"` // of the video
	StudentUserCode string `json:"studentUserCode"`
	ClassCode       string `json:"classCode"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (CheckRequest) Validate() error { return nil }

// FaceConfig is the beginning of a face check.
type FaceConfig struct {
	// ExpiresTime is how long BizCode is good for, in whole minutes; 0 where the
	// platform does not say.
	ExpiresTime time.Duration `json:"expiresTime" wire:"unit=m,essential,null"`
	BizCode     string        `json:"bizCode" wire:"essential"` // for FaceRequest, once
}

// This gives a new single-use code each time; one that was asked for and not used
// does no harm.
var faceConfig = declare[CheckRequest](transport.Spec{
	Op: "Checks.FaceConfig", Section: "1.5 获取人脸识别有效期配置接口", Path: "api/v1/getFaceCompareConfig", Class: transport.Read,
}, func(a *faceConfigAnswer) *FaceConfig { return &a.Data })

// FaceConfig asks for what a face check needs (1.5 获取人脸识别有效期配置接口, POST
// api/v1/getFaceCompareConfig).
func (s *ChecksService) FaceConfig(ctx context.Context, req *CheckRequest) (*FaceConfig, error) {
	return faceConfig.Do(ctx, (*service)(s), params.ValueOf(req))
}

// VerificationCode is a code that the student is to type in.
type VerificationCode struct {
	// ExpiresTime is how long the code is good for, in whole minutes; 0 where the
	// platform does not say.
	ExpiresTime time.Duration `json:"expiresTime" wire:"unit=m,essential,null"`
	// VerificationCode is what is shown to the student. Platforms that answer
	// a picture of it leave it empty.
	VerificationCode string `json:"verificationCode" wire:"essential,null"`
	// VerificationImagePath is where the picture is; the document lacks
	// it.
	VerificationImagePath string `json:"verificationImagePath"`
	BizCode               string `json:"bizCode" wire:"essential"` // for SubmitCodeRequest, once
}

// As for faceConfig, a code that was not used does no harm.
var verificationCode = declare[CheckRequest](transport.Spec{
	Op: "Checks.Code", Section: "1.7 获取弹框验证码接口", Path: "api/v1/getVerificationCode", Class: transport.Read,
}, func(a *codeAnswer) *VerificationCode { return &a.Data })

// Code asks for a code that the student is to type in (1.7 获取弹框验证码接口, POST
// api/v1/getVerificationCode).
func (s *ChecksService) Code(ctx context.Context, req *CheckRequest) (*VerificationCode, error) {
	return verificationCode.Do(ctx, (*service)(s), params.ValueOf(req))
}

// SubmitCodeRequest is what the student has typed in. All of it is required, but
// for PlatformCode.
type SubmitCodeRequest struct {
	PlatformCode     string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	BizCode          string `json:"bizCode"` // of Checks.Code
	VerificationCode string `json:"verificationCode"`
	// VideoStudyTime is where in the video the student is, in whole seconds.
	VideoStudyTime time.Duration `json:"videoStudyTime" wire:"unit=s"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (SubmitCodeRequest) Validate() error { return nil }

var submitCode = declare[SubmitCodeRequest](transport.Spec{
	Op: "Checks.SubmitCode", Section: "1.8 弹框验证码提交接口", Path: "api/v1/submitVerificationCode", Class: transport.Create,
}, nothing)

// SubmitCode has the platform check what the student has typed in (1.8
// 弹框验证码提交接口, POST api/v1/submitVerificationCode). A wrong code is an error
// with the platform's returnCode. A BizCode is good for one call, so none is
// repeated once it may have arrived.
func (s *ChecksService) SubmitCode(ctx context.Context, req *SubmitCodeRequest) error {
	return transport.Done(ctx, submitCode, (*service)(s), params.ValueOf(req))
}

// UnmarshalJSON reads the wire's whole minutes.
func (c *FaceConfig) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes what UnmarshalJSON reads.
func (c FaceConfig) MarshalJSON() ([]byte, error) { return lenient.Marshal(c, nil) }

// UnmarshalJSON reads the wire's whole minutes.
func (c *VerificationCode) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes what UnmarshalJSON reads.
func (c VerificationCode) MarshalJSON() ([]byte, error) { return lenient.Marshal(c, nil) }

type faceConfigAnswer struct {
	envelope

	Data FaceConfig `json:"returnData" wire:"essential"`
}

func (a *faceConfigAnswer) Absent() string {
	if a.Data.BizCode == "" {
		return "returnData.bizCode"
	}
	return ""
}

type codeAnswer struct {
	envelope

	Data VerificationCode `json:"returnData" wire:"essential"`
}

func (a *codeAnswer) Absent() string {
	switch {
	case a.Data.VerificationCode == "" && a.Data.VerificationImagePath == "":
		return "returnData.verificationCode"
	case a.Data.BizCode == "":
		return "returnData.bizCode"
	}
	return ""
}
