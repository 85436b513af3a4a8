package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// StudyService reports what students study.
type StudyService service

// StudyRequest says what a student begins to watch. All of it is required, but
// for PlatformCode, which Config and the login know too, and SectionCode.
type StudyRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	ResCode         string `json:"resCode"` // of the video
	StudentUserCode string `json:"studentUserCode"`
	SectionCode     string `json:"sectionCode,omitempty"`
	ClassCode       string `json:"classCode"`
	CourseCode      string `json:"courseCode"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (StudyRequest) Validate() error { return nil }

var startStudy = declare[StudyRequest](transport.Spec{
	Op: "Study.Start", Section: "1.3 开始学习状态提交接口", Path: "api/v1/startStudy", Class: transport.Create,
}, nothing)

// Start reports that a student begins to watch a video, each time anew (1.3
// 开始学习状态提交接口, POST api/v1/startStudy).
func (s *StudyService) Start(ctx context.Context, req *StudyRequest) error {
	return transport.Done(ctx, startStudy, (*service)(s), params.ValueOf(req))
}

// EndStudyRequest says what a student has watched to its end. All of it is
// required, but for PlatformCode.
type EndStudyRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	ResCode         string `json:"resCode"` // of the video
	StudentUserCode string `json:"studentUserCode"`
	ClassCode       string `json:"classCode"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (EndStudyRequest) Validate() error { return nil }

var endStudy = declare[EndStudyRequest](transport.Spec{
	Op: "Study.End", Section: "1.4 结束学习状态提交接口", Path: "api/v1/endStudy", Class: transport.Create,
}, nothing)

// End reports that a student is done with a video (1.4 结束学习状态提交接口, POST
// api/v1/endStudy).
func (s *StudyService) End(ctx context.Context, req *EndStudyRequest) error {
	return transport.Done(ctx, endStudy, (*service)(s), params.ValueOf(req))
}

// RecordingRequest says where the recording of a student who watches can be
// found. All of it is required, but for PlatformCode and SectionCode.
type RecordingRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	ResCode         string `json:"resCode"` // of the video that was watched
	StudentUserCode string `json:"studentUserCode"`
	SectionCode     string `json:"sectionCode,omitempty"`
	ClassCode       string `json:"classCode"`
	CourseCode      string `json:"courseCode"`
	RecordVideoURL  string `json:"recordVideoUrl"` // http or https
}

// Validate returns what is wrong with the address. The other fields have no rules
// but those of their tags.
func (r RecordingRequest) Validate() error { return checkAddress("RecordVideoURL", r.RecordVideoURL) }

var submitRecording = declare[RecordingRequest](transport.Spec{
	Op: "Study.SubmitRecording", Section: "1.9 视频录制提交接口", Path: "api/v1/submitRecordVideoUrl", Class: transport.Create,
}, nothing)

// SubmitRecording hands in the recording of a student who watches (1.9
// 视频录制提交接口, POST api/v1/submitRecordVideoUrl).
func (s *StudyService) SubmitRecording(ctx context.Context, req *RecordingRequest) error {
	return transport.Done(ctx, submitRecording, (*service)(s), params.ValueOf(req))
}

// ProgressReport says how far a student has watched a video. All of it is
// required, but for PlatformCode and SectionCode.
type ProgressReport struct {
	PlatformCode string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
	ResCode      string `json:"resCode"` // of the video
	// PlayTime is how far the video has been watched in all, in whole seconds.
	PlayTime time.Duration `json:"playTime" wire:"unit=s"`
	// ProgressTime is how long it was watched since the last report, in whole
	// seconds. Fractions are refused, because the student would lose them:
	// leave them for the next report.
	ProgressTime    time.Duration `json:"progressTime" wire:"unit=s"`
	StudentUserCode string        `json:"studentUserCode"`
	SectionCode     string        `json:"sectionCode,omitempty"`
	ClassCode       string        `json:"classCode"`
	CourseCode      string        `json:"courseCode"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (ProgressReport) Validate() error { return nil }

var reportProgress = declare[ProgressReport](transport.Spec{
	Op: "Study.ReportProgress", Section: "1.10 学习进度数据上报接口", Path: "api/v1/studyHour", Class: transport.Create,
	Lookup: "Business.ClassRecords",
}, nothing)

// ReportProgress reports how far a student has watched a video; it is to be
// called once a minute (1.10 学习进度数据上报接口, POST api/v1/studyHour). The
// platform adds ProgressTime up, so a report is never repeated once it may have
// arrived. An error with edusdk.MaybeApplied leaves open whether it was counted;
// any other means that it was not, and its time has to go into another report.
func (s *StudyService) ReportProgress(ctx context.Context, req *ProgressReport) error {
	return transport.Done(ctx, reportProgress, (*service)(s), params.ValueOf(req))
}
