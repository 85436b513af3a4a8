package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// BusinessService has the calls that a business system (业务平台) makes to the
// supervision platform (document: part 2).
type BusinessService service

// Teacher is a teacher. All fields are required except those said to be optional.
type Teacher struct {
	// StudyPlatformAPIURL is the learning platform's address (学习平台接口地址). The
	// document's tables require it and its samples lack it, so it is optional.
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl,omitempty"`
	TeaCode             string `json:"teaCode"`           // the teacher's code (教师编码)
	TeaName             string `json:"teaName"`           // the teacher's name (教师姓名)
	DepCode             string `json:"depCode,omitempty"` // optional; code of the authority in charge (上级主管单位编码)
	DepName             string `json:"depName,omitempty"` // optional; its name (上级主管单位名称)
	OrgCode             string `json:"orgCode"`           // code of the teacher's organisation (所属机构编码)
	TeaCard             string `json:"teaCard"`           // ID number (教师身份证)
	Mobile              string `json:"mobile"`            // phone number (联系方式)
	Remark              string `json:"remark,omitempty"`  // optional (备注)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (Teacher) Validate() error { return nil }

var pushTeacher = declare[Teacher](transport.Spec{
	Op: "Business.PushTeacher", Section: "2.1 接收教师信息", Path: "api/user/v1/teacherInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushTeacher sends a teacher to the platform (2.1 接收教师信息, POST api/user/v1/teacherInfo).
func (s *BusinessService) PushTeacher(ctx context.Context, teacher *Teacher) error {
	return transport.Done(ctx, pushTeacher, (*service)(s), params.ValueOf(teacher))
}

// BusinessCourse is a course as business systems describe it: its sections hold
// chapters, while the chapters of a [Course] hold sections.
type BusinessCourse struct {
	StudyPlatformAPIURL string            `json:"studyPlatformApiUrl,omitempty"` // optional; see Teacher
	CourseName          string            `json:"courseName"`                    // the course's name (课程名称)
	CoursePoster        string            `json:"coursePoster"`                  // address of a picture (课程海报)
	SectionList         []BusinessSection `json:"sectionList"`                   // its sections (章列表)
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (BusinessCourse) Validate() error { return nil }

// BusinessSection is a section (章) of a BusinessCourse.
type BusinessSection struct {
	SectionName       string           `json:"sectionName"`       // not in the tables of the document, only in its sample
	SectionSort       int              `json:"sectionSort"`       // position among its siblings; not in the tables of the document
	SectionSourceList []BusinessSource `json:"sectionSourceList"` // its chapters (节资源列表)
}

// BusinessSource is a chapter (节) of a BusinessSection, which is a video.
type BusinessSource struct {
	ChapterName string        `json:"chapterName"`            // the chapter's name (节名称)
	VideoURL    string        `json:"videoUrl"`               // address of the video (视频地址)
	ChapterSort int           `json:"chapterSort"`            // position among its siblings (节序号)
	Duration    time.Duration `json:"duration" wire:"unit=s"` // length of the video, in whole seconds (视频播放时长)
}

// UnmarshalJSON reads a duration in seconds.
func (s *BusinessSource) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

// MarshalJSON writes numbers as such, the duration in seconds.
func (s BusinessSource) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }

var pushCourse = declare[BusinessCourse](transport.Spec{
	Op: "Business.PushCourse", Section: "2.2 接收课程信息", Path: "api/course/v1/courseInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushCourse sends a course to the platform (2.2 接收课程信息, POST api/course/v1/courseInfo).
func (s *BusinessService) PushCourse(ctx context.Context, course *BusinessCourse) error {
	return transport.Done(ctx, pushCourse, (*service)(s), params.ValueOf(course))
}

// BusinessStudent is a student. All fields are required except those said to be
// optional.
type BusinessStudent struct {
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl,omitempty"` // optional; see Teacher
	StuCode             string `json:"stuCode"`                       // the student's code (学员编码)
	StuName             string `json:"stuName"`                       // the student's name (学员姓名)
	StuCard             string `json:"stuCard"`                       // ID number (学员身份证)
	Mobile              string `json:"mobile"`                        // phone number (联系方式)
	ErcunPhotos         string `json:"ercunPhotos,omitempty"`         // optional; address of the ID photo (二寸照)
	Remark              string `json:"remark,omitempty"`              // optional (备注)
}

var pushStudents = declare[studentBatch](transport.Spec{
	Op: "Business.PushStudents", Section: "2.3 接收学员信息", Path: "api/user/v1/studentInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushStudents sends students to the platform (2.3 接收学员信息, POST
// api/user/v1/studentInfo), all of them in one request.
func (s *BusinessService) PushStudents(ctx context.Context, students []BusinessStudent) error {
	return transport.Done(ctx, pushStudents, (*service)(s), studentBatch(students))
}

// studentBatch is the data of PushStudents.
type studentBatch []BusinessStudent

func (studentBatch) Validate() error { return nil }

func (studentBatch) argument() string { return "students" }

// BusinessClass is a class as business systems describe it.
type BusinessClass struct {
	StudyPlatformAPIURL string                 `json:"studyPlatformApiUrl,omitempty"` // optional; see Teacher
	ClassCode           string                 `json:"classCode"`                     // the class's code (班级编码)
	OrgCode             string                 `json:"orgCode"`                       // code of the training organisation (机构编码)
	OrgName             string                 `json:"orgName"`                       // its name (机构名称)
	TrainClassName      string                 `json:"trainClassName"`                // the class's name (班级名称)
	Courses             []ClassCourse          `json:"thirdClassCourseInfoVoList"`    // at least one
	Students            []BusinessClassStudent `json:"thirdClassStudentInfoVoList"`   // at least one
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (BusinessClass) Validate() error { return nil }

// BusinessClassStudent is a student of a BusinessClass.
type BusinessClassStudent struct {
	CardNo      string `json:"cardNo"`      // ID number (学员身份证)
	StudentCode string `json:"studentCode"` // the student's code (学员编码)
	StudentName string `json:"studentName"` // the student's name (学员姓名)
	ErcunPhotos string `json:"ercunPhotos"` // address of the ID photo (二寸照)
	// CourseCode (课程包编码) is optional: only the document's table has it, not its
	// sample.
	CourseCode string `json:"courseCode,omitempty"`
}

var pushBusinessClass = declare[BusinessClass](transport.Spec{
	Op: "Business.PushClass", Section: "2.4 接收班级信息", Path: "api/class/v1/pushClassInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushClass sends a class to the platform (2.4 接收班级信息, POST api/class/v1/pushClassInfo).
func (s *BusinessService) PushClass(ctx context.Context, class *BusinessClass) error {
	return transport.Done(ctx, pushBusinessClass, (*service)(s), params.ValueOf(class))
}

// StudyRecord tells how long a student has studied a video.
type StudyRecord struct {
	ClassCode   string        `json:"classCode" wire:"essential"`        // the class's code (班级编码)
	UserCode    string        `json:"userCode" wire:"essential"`         // the student's code (学员编码)
	CourseCode  string        `json:"courseCode" wire:"essential"`       // the course's code (课程编码)
	SectionCode string        `json:"sectionCode" wire:"essential,null"` // the section's code (章节编码)
	ResCode     string        `json:"resCode" wire:"essential"`          // the video's code (资源编码)
	PlayTime    time.Duration `json:"playTime" wire:"unit=s,essential"`  // studied so far (已学习时长); in seconds on the wire
}

// UnmarshalJSON reads a time in seconds, as a number or a string.
func (r *StudyRecord) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, r) }

// MarshalJSON writes what UnmarshalJSON reads.
func (r StudyRecord) MarshalJSON() ([]byte, error) { return lenient.Marshal(r, nil) }

var classRecords = declare[recordsQuery](transport.Spec{
	Op: "Business.ClassRecords", Section: "2.5 查询班级学习记录", Path: "api/class/v1/classStudentStudy", Class: transport.Read, Traits: partTwo,
}, func(a *recordsAnswer) []StudyRecord { return a.Records })

type recordsQuery struct {
	ClassCode string `json:"classCode" arg:"classCode"`
}

func (recordsQuery) Validate() error { return nil }

// ClassRecords returns how long the students of a class have studied (2.5
// 查询班级学习记录, POST api/class/v1/classStudentStudy). For a class in which nobody
// has studied, there are no records, and it is not an error.
func (s *BusinessService) ClassRecords(ctx context.Context, classCode string) ([]StudyRecord, error) {
	return classRecords.Do(ctx, (*service)(s), recordsQuery{classCode})
}

// recordsAnswer may hold null or no records: nobody has studied.
type recordsAnswer struct {
	envelope

	Records []StudyRecord `json:"returnData" wire:"essential,null"`
}

// Absent is for transport.AnswerOf.
func (*recordsAnswer) Absent() string { return "" }
