package supervision

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// BusinessService is what a business system (业务平台) tells the supervision
// platform (document: part 2).
type BusinessService service

// Teacher is a teacher. What may be empty is said.
type Teacher struct {
	// StudyPlatformAPIURL is the learning platform's address. The document's
	// tables require it, and its samples do not have it: it may be empty.
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl,omitempty"`
	TeaCode             string `json:"teaCode"`
	TeaName             string `json:"teaName"`
	DepCode             string `json:"depCode,omitempty"` // of the authority (上级主管单位) above; may be empty
	DepName             string `json:"depName,omitempty"` // may be empty
	OrgCode             string `json:"orgCode"`           // of the teacher's organisation
	TeaCard             string `json:"teaCard"`           // ID number
	Mobile              string `json:"mobile"`
	Remark              string `json:"remark,omitempty"` // may be empty
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (Teacher) Validate() error { return nil }

var pushTeacher = declare[Teacher](transport.Spec{
	Op: "Business.PushTeacher", Section: "2.1 接收教师信息", Path: "api/user/v1/teacherInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushTeacher tells of a teacher (2.1 接收教师信息, POST api/user/v1/teacherInfo).
func (s *BusinessService) PushTeacher(ctx context.Context, teacher *Teacher) error {
	return transport.Done(ctx, pushTeacher, (*service)(s), params.ValueOf(teacher))
}

// BusinessCourse is a course as business systems describe it. Its sections hold
// chapters, the other way round from [Course].
type BusinessCourse struct {
	StudyPlatformAPIURL string            `json:"studyPlatformApiUrl,omitempty"` // see Teacher
	CourseName          string            `json:"courseName"`
	CoursePoster        string            `json:"coursePoster"` // address of a picture
	SectionList         []BusinessSection `json:"sectionList"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (BusinessCourse) Validate() error { return nil }

// BusinessSection is a section (章) of a BusinessCourse.
type BusinessSection struct {
	SectionName       string           `json:"sectionName"`
	SectionSort       int              `json:"sectionSort"` // its place among its neighbours
	SectionSourceList []BusinessSource `json:"sectionSourceList"`
}

// BusinessSource is a chapter (节) of a BusinessSection, which is a video.
type BusinessSource struct {
	ChapterName string        `json:"chapterName"`
	VideoURL    string        `json:"videoUrl"`
	ChapterSort int           `json:"chapterSort"`
	Duration    time.Duration `json:"duration" wire:"unit=s"` // in whole seconds
}

// UnmarshalJSON reads a duration in seconds.
func (s *BusinessSource) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

// MarshalJSON writes numbers as such, the duration in seconds.
func (s BusinessSource) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }

var pushCourse = declare[BusinessCourse](transport.Spec{
	Op: "Business.PushCourse", Section: "2.2 接收课程信息", Path: "api/course/v1/courseInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushCourse tells of a course (2.2 接收课程信息, POST api/course/v1/courseInfo).
func (s *BusinessService) PushCourse(ctx context.Context, course *BusinessCourse) error {
	return transport.Done(ctx, pushCourse, (*service)(s), params.ValueOf(course))
}

// BusinessStudent is a student. What may be empty is said.
type BusinessStudent struct {
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl,omitempty"` // see Teacher
	StuCode             string `json:"stuCode"`
	StuName             string `json:"stuName"`
	StuCard             string `json:"stuCard"` // ID number
	Mobile              string `json:"mobile"`
	ErcunPhotos         string `json:"ercunPhotos,omitempty"` // address of the ID photo (二寸照); may be empty
	Remark              string `json:"remark,omitempty"`      // may be empty
}

var pushStudents = declare[studentBatch](transport.Spec{
	Op: "Business.PushStudents", Section: "2.3 接收学员信息", Path: "api/user/v1/studentInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushStudents tells of students (2.3 接收学员信息, POST api/user/v1/studentInfo). All
// of them go out in one request.
func (s *BusinessService) PushStudents(ctx context.Context, students []BusinessStudent) error {
	return transport.Done(ctx, pushStudents, (*service)(s), studentBatch(students))
}

// studentBatch is the data of PushStudents.
type studentBatch []BusinessStudent

func (studentBatch) Validate() error { return nil }

func (studentBatch) argument() string { return "students" }

// BusinessClass is a class as business systems describe it.
type BusinessClass struct {
	StudyPlatformAPIURL string                 `json:"studyPlatformApiUrl,omitempty"` // see Teacher
	ClassCode           string                 `json:"classCode"`
	OrgCode             string                 `json:"orgCode"` // of the training organisation
	OrgName             string                 `json:"orgName"`
	TrainClassName      string                 `json:"trainClassName"`
	Courses             []ClassCourse          `json:"thirdClassCourseInfoVoList"`
	Students            []BusinessClassStudent `json:"thirdClassStudentInfoVoList"`
}

// Validate is for transport.Request: there are no rules but those of the tags.
func (BusinessClass) Validate() error { return nil }

// BusinessClassStudent is a student of a BusinessClass.
type BusinessClassStudent struct {
	CardNo      string `json:"cardNo"` // ID number
	StudentCode string `json:"studentCode"`
	StudentName string `json:"studentName"`
	ErcunPhotos string `json:"ercunPhotos"` // address of the ID photo (二寸照)
	// CourseCode (课程包编码) stands in the document's table alone; it may be
	// empty.
	CourseCode string `json:"courseCode,omitempty"`
}

var pushBusinessClass = declare[BusinessClass](transport.Spec{
	Op: "Business.PushClass", Section: "2.4 接收班级信息", Path: "api/class/v1/pushClassInfo", Class: transport.Create, Traits: partTwo,
}, nothing)

// PushClass tells of a class (2.4 接收班级信息, POST api/class/v1/pushClassInfo).
func (s *BusinessService) PushClass(ctx context.Context, class *BusinessClass) error {
	return transport.Done(ctx, pushBusinessClass, (*service)(s), params.ValueOf(class))
}

// StudyRecord tells how long a student has studied a video.
type StudyRecord struct {
	ClassCode   string        `json:"classCode" wire:"essential"`
	UserCode    string        `json:"userCode" wire:"essential"` // the student's
	CourseCode  string        `json:"courseCode" wire:"essential"`
	SectionCode string        `json:"sectionCode" wire:"essential,null"`
	ResCode     string        `json:"resCode" wire:"essential"`         // of the video
	PlayTime    time.Duration `json:"playTime" wire:"unit=s,essential"` // in seconds on the wire
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
// 查询班级学习记录, POST api/class/v1/classStudentStudy). A class in which nobody has
// studied has no records, and that is no error.
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
