package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// StudyService reports what students study.
type StudyService service

// StudyRequest says which video a student begins to watch. All fields are required
// except PlatformCode and SectionCode.
type StudyRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	ResCode         string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	StudentUserCode string `json:"studentUserCode"`                                  // the student's code, a UUID of 32 digits (学员编码)
	SectionCode     string `json:"sectionCode,omitempty"`                            // optional; the section's code, a UUID of 32 digits (章节编码)
	ClassCode       string `json:"classCode"`                                        // the class's code, a UUID of 32 digits (班级编码)
	CourseCode      string `json:"courseCode"`                                       // the course's code, a UUID of 32 digits (课程编码)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (StudyRequest) Validate() error { return nil }

var startStudy = declare[StudyRequest](transport.Spec{
	Op: "Study.Start", Section: "1.3 开始学习状态提交接口", Path: "api/v1/startStudy", Class: transport.Create,
}, nothing)

// Start reports that a student begins to watch a video (1.3 开始学习状态提交接口,
// POST api/v1/startStudy). Call it each time that the student begins.
func (s *StudyService) Start(ctx context.Context, req *StudyRequest) error {
	return transport.Done(ctx, startStudy, (*service)(s), params.ValueOf(req))
}

// EndStudyRequest says which video a student has watched to its end. All fields
// are required except PlatformCode.
type EndStudyRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	ResCode         string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	StudentUserCode string `json:"studentUserCode"`                                  // the student's code, a UUID of 32 digits (学员编码)
	ClassCode       string `json:"classCode"`                                        // the class's code, a UUID of 32 digits (班级编码)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (EndStudyRequest) Validate() error { return nil }

var endStudy = declare[EndStudyRequest](transport.Spec{
	Op: "Study.End", Section: "1.4 结束学习状态提交接口", Path: "api/v1/endStudy", Class: transport.Create,
}, nothing)

// End reports that a student has finished a video (1.4 结束学习状态提交接口, POST
// api/v1/endStudy).
func (s *StudyService) End(ctx context.Context, req *EndStudyRequest) error {
	return transport.Done(ctx, endStudy, (*service)(s), params.ValueOf(req))
}

// RecordingRequest says where the recording of a watching student can be found.
// All fields are required except PlatformCode and SectionCode.
type RecordingRequest struct {
	PlatformCode    string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	ResCode         string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	StudentUserCode string `json:"studentUserCode"`                                  // the student's code, a UUID of 32 digits (学员编码)
	SectionCode     string `json:"sectionCode,omitempty"`                            // optional; the section's code, a UUID of 32 digits (章节编码)
	ClassCode       string `json:"classCode"`                                        // the class's code, a UUID of 32 digits (班级编码)
	CourseCode      string `json:"courseCode"`                                       // the course's code, a UUID of 32 digits (课程编码)
	RecordVideoURL  string `json:"recordVideoUrl"`                                   // an http or https address (录制的视频url地址)
}

// Validate checks RecordVideoURL. The other fields have no rules beyond those of
// their tags.
func (r RecordingRequest) Validate() error { return checkAddress("RecordVideoURL", r.RecordVideoURL) }

var submitRecording = declare[RecordingRequest](transport.Spec{
	Op: "Study.SubmitRecording", Section: "1.9 视频录制提交接口", Path: "api/v1/submitRecordVideoUrl", Class: transport.Create,
}, nothing)

// SubmitRecording submits the recording of a watching student (1.9
// 视频录制提交接口, POST api/v1/submitRecordVideoUrl).
func (s *StudyService) SubmitRecording(ctx context.Context, req *RecordingRequest) error {
	return transport.Done(ctx, submitRecording, (*service)(s), params.ValueOf(req))
}

// ProgressReport says how far a student has watched a video. All fields are
// required except PlatformCode and SectionCode.
type ProgressReport struct {
	PlatformCode string `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	ResCode      string `json:"resCode"`                                          // the video's code, a UUID of 32 digits (视频资源编码)
	// PlayTime is the overall progress of playback in the video (播放时长，当前播放的总
	// 体进度), in whole seconds.
	PlayTime time.Duration `json:"playTime" wire:"unit=s"`
	// ProgressTime is the time watched since the last report (增量播放时长), in whole
	// seconds. A fraction is refused, because the student would lose it: carry it
	// over to the next report.
	ProgressTime    time.Duration `json:"progressTime" wire:"unit=s"`
	StudentUserCode string        `json:"studentUserCode"`       // the student's code, a UUID of 32 digits (学员编码)
	SectionCode     string        `json:"sectionCode,omitempty"` // optional; the section's code, a UUID of 32 digits (章节编码)
	ClassCode       string        `json:"classCode"`             // the class's code, a UUID of 32 digits (班级编码)
	CourseCode      string        `json:"courseCode"`            // the course's code, a UUID of 32 digits (课程编码)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (ProgressReport) Validate() error { return nil }

var reportProgress = declare[ProgressReport](transport.Spec{
	Op: "Study.ReportProgress", Section: "1.10 学习进度数据上报接口", Path: "api/v1/studyHour", Class: transport.Create,
	Lookup: "Business.ClassRecords",
}, nothing)

// ReportProgress reports how far a student has watched a video; call it once a
// minute (1.10 学习进度数据上报接口, POST api/v1/studyHour). The platform sums up
// ProgressTime, so a report is never repeated once it may have arrived. After an
// error with edusdk.MaybeApplied, it is not known whether the report was counted;
// after any other error it was not, and its time belongs in another report.
func (s *StudyService) ReportProgress(ctx context.Context, req *ProgressReport) error {
	return transport.Done(ctx, reportProgress, (*service)(s), params.ValueOf(req))
}
