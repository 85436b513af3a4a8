package zjy

import (
	"context"

	"github.com/edusdk/edusdk/internal/transport"
)

// Profile is the student's profile. It is personal data.
type Profile struct {
	Avatar      string  `json:"avator"`                 // address of a picture; not described in the document
	SchoolID    string  `json:"schoolId"`               // the school's id (学校id)
	DisplayName string  `json:"disPlayName"`            // the student's name (姓名)
	StuNo       string  `json:"stuNo"`                  // student number (学号)
	UserName    string  `json:"UserName"`               // the user name (用户名)
	Stat        Stat    `json:"statData"`               // counters
	StuID       string  `json:"stuId" wire:"essential"` // the student's id (学生id)
	Extra       Extra   `json:"extraData"`              // switches of the school
	Integrity   float64 `json:"integrity"`              // not described in the document; 6 in its sample
	MOOCServer  string  `json:"moocServer"`             // address of the MOOC site; not described in the document
	IsMerge     int     `json:"isMerge"`                // not described in the document
	IsOpenLite  string  `json:"isOpenLite"`             // not described in the document; "1" in its sample
}

// Stat counts what awaits the student. The document describes MyCourseCount only;
// for the others, there are only their names.
type Stat struct {
	UnReadMsgCount      int `json:"unReadMsgCount"`      // messages not read
	FaceTeachDayCount   int `json:"faceTeachDayCount"`   // presumably face-to-face lessons today
	FaceTeachWeekCount  int `json:"faceTeachWeekCount"`  // presumably face-to-face lessons this week
	AnnouncementCount   int `json:"announcementCount"`   // announcements
	MyCourseCount       int `json:"myCourseCount"`       // courses joined (加入的课程数量)
	MyHomeworkCount     int `json:"myHomeworkCount"`     // homework assignments
	MyExamCount         int `json:"myExamCount"`         // exams
	OnlineActivityCount int `json:"onlineActivityCount"` // online activities
	GroupTaskCount      int `json:"groupTaskCount"`      // group tasks
}

// Extra holds switches, 0 or 1 in the document's sample, which does not describe them.
type Extra struct {
	JXSX int `json:"IsExtraJXSX"` // not described in the document
	ZYJS int `json:"IsExtraZYJS"` // not described in the document
	JXPJ int `json:"IsExtraJXPJ"` // not described in the document
	Exam int `json:"IsExtraEXAM"` // not described in the document
}

var profile = declare[transport.None](transport.Spec{
	Op: "Profile", Section: "用户信息", Path: "api/student/Studio/index", Class: transport.Read,
}, func(a *profileAnswer) *Profile { return &a.Profile })

// Profile returns the student (用户信息, POST api/student/Studio/index).
func (c *Client) Profile(ctx context.Context) (*Profile, error) {
	return profile.Do(ctx, c.core, transport.None{})
}

// CourseList is what Courses returns.
type CourseList struct {
	Type    string   `json:"type"`                        // not described in the document; "1" in its sample
	TermID  string   `json:"termId"`                      // not described in the document; null, read as "", in its sample
	Courses []Course `json:"courseList" wire:"essential"` // of all terms
	Terms   []Term   `json:"termList"`                    // the terms of the school
	Owner            // if it stands beside the courses
}

// Owner is the student who takes the courses. The document lists its fields for
// the answer to Courses without saying where they stand, and its sample lacks
// them: all of them can be empty.
type Owner struct {
	SchoolID string `json:"schoolId"` // the school's id (学校id)
	UserName string `json:"UserName"` // as Profile.UserName (用户名)
	StuID    string `json:"stuId"`    // the student's id (学生id)
}

// Course is a course that the student takes.
type Course struct {
	ID                string  `json:"Id"`                              // the id of the course (课程id), which no call takes
	CourseOpenID      string  `json:"courseOpenId" wire:"essential"`   // the course's resource id (课程资源id), which other calls take
	CourseName        string  `json:"courseName"`                      // the course's name (课程名)
	CourseCode        string  `json:"courseCode"`                      // not described in the document; can be ""
	Thumbnail         string  `json:"thumbnail"`                       // address of a picture; not described in the document
	OpenClassID       string  `json:"openClassId" wire:"essential"`    // the class's id (班级id), which other calls take; the meaning is a guess of the document
	AssistTeacherName string  `json:"assistTeacherName"`               // name of a teacher; not described in the document
	OpenClassType     int     `json:"openClassType"`                   // not described in the document; 1 in its sample
	OpenClassState    int     `json:"openClassState" wire:"essential"` // not described in the document; 1 in its sample
	Process           float64 `json:"process"`                         // progress in percent (课程进度)
	CheckStatus       int     `json:"checkStatus" wire:"essential"`    // not described in the document; 0 or 1 in its sample
	TermName          string  `json:"termName"`                        // such as "2021春"
	TotalScore        float64 `json:"totalScore"`                      // not described in the document; 0 or 78.87 in its sample
	CourseSystemType  int     `json:"courseSystemType"`                // not described in the document; 0 in its sample
	Owner                     // if it stands within the course
}

// Term is a school term. The document shows its fields in a sample and does not
// describe them.
type Term struct {
	ID              string `json:"Id"`              // the id of the term
	DateCreated     Time   `json:"DateCreated"`     // when the record was created
	CreatorID       string `json:"CreatorId"`       // null, read as "", in the sample
	TermCode        string `json:"TermCode"`        // such as "202101"
	TermName        string `json:"TermName"`        // such as "2021春"
	IsCurTerm       bool   `json:"IsCurTerm"`       // whether it is current; more than one term can be
	TermSeason      int    `json:"TermSeason"`      // in the sample 1 for spring (春) and 2 for autumn (秋)
	IsSynchroUpdate int    `json:"IsSynchroUpdate"` // 0 in the sample
	TableName       string `json:"TableName"`       // "Base_StudyTermInfo" in the sample
}

var courses = declare[transport.None](transport.Spec{
	Op: "Courses", Section: "全部课程获取", Path: "api/student/learning/getLearnningCourseList", Class: transport.Read,
}, func(a *courseAnswer) *CourseList { return &a.CourseList })

// Courses returns the student's courses, of all terms (全部课程获取, POST
// api/student/learning/getLearnningCourseList).
func (c *Client) Courses(ctx context.Context) (*CourseList, error) {
	return courses.Do(ctx, c.core, transport.None{})
}

type profileAnswer struct {
	envelope
	Profile
}

func (a *profileAnswer) Absent() string {
	if a.StuID == "" {
		return "stuId"
	}
	return ""
}

type courseAnswer struct {
	envelope
	CourseList
}

func (a *courseAnswer) Absent() string {
	if a.Courses == nil {
		return "courseList"
	}
	return ""
}
