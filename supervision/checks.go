package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ChecksService checks that the student is the one who watches: by the face, or
// by a code that the student types in.
type ChecksService service

// CheckRequest names the student to check and the video being watched. All fields
// are required except PlatformCode.
type CheckRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	ResCode         string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	StudentUserCode string `json:"studentUserCode"`                                  // the student's code, a UUID of 32 digits (学员编码)
	ClassCode       string `json:"classCode"`                                        // the class's code, a UUID of 32 digits (班级编码)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (CheckRequest) Validate() error { return nil }

// FaceConfig is what a face check begins with.
type FaceConfig struct {
	ExpiresTime time.Duration `json:"expiresTime" wire:"unit=m,essential,null"` // how long BizCode is valid (有效期), 0 if the platform does not say; whole minutes on the wire
	BizCode     string        `json:"bizCode" wire:"essential"`                 // to be sent in one FaceRequest (验证码编码)
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

// VerificationCode is a code for the student to type in.
type VerificationCode struct {
	ExpiresTime time.Duration `json:"expiresTime" wire:"unit=m,essential,null"` // how long the code is valid (有效期), 0 if the platform does not say; whole minutes on the wire
	// VerificationCode is the code to show to the student (验证码). Platforms that
	// answer a picture of it leave it empty.
	VerificationCode string `json:"verificationCode" wire:"essential,null"`
	// VerificationImagePath is the address of the picture. It is not described in
	// the document.
	VerificationImagePath string `json:"verificationImagePath"`
	BizCode               string `json:"bizCode" wire:"essential"` // to be sent in one SubmitCodeRequest (验证码编码)
}

// As for faceConfig, a code that was not used does no harm.
var verificationCode = declare[CheckRequest](transport.Spec{
	Op: "Checks.Code", Section: "1.7 获取弹框验证码接口", Path: "api/v1/getVerificationCode", Class: transport.Read,
}, func(a *codeAnswer) *VerificationCode { return &a.Data })

// Code asks for a code for the student to type in (1.7 获取弹框验证码接口, POST
// api/v1/getVerificationCode).
func (s *ChecksService) Code(ctx context.Context, req *CheckRequest) (*VerificationCode, error) {
	return verificationCode.Do(ctx, (*service)(s), params.ValueOf(req))
}

// SubmitCodeRequest is what the student has typed in. All fields are required
// except PlatformCode.
type SubmitCodeRequest struct {
	PlatformCode     string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	BizCode          string `json:"bizCode"`                                          // VerificationCode.BizCode, as Checks.Code returned it
	VerificationCode string `json:"verificationCode"`                                 // as the student typed it in (学员输入的验证码)
	// VideoStudyTime is the position in the video (观看时间点), in whole seconds.
	VideoStudyTime time.Duration `json:"videoStudyTime" wire:"unit=s"`
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (SubmitCodeRequest) Validate() error { return nil }

var submitCode = declare[SubmitCodeRequest](transport.Spec{
	Op: "Checks.SubmitCode", Section: "1.8 弹框验证码提交接口", Path: "api/v1/submitVerificationCode", Class: transport.Create,
}, nothing)

// SubmitCode has the platform check what the student has typed in (1.8
// 弹框验证码提交接口, POST api/v1/submitVerificationCode). A wrong code is an error
// with the platform's returnCode. A BizCode is valid for one call, so the
// call is never repeated once it may have arrived.
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
