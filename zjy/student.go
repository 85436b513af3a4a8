package zjy

import (
	"context"

	"github.com/edusdk/edusdk/internal/transport"
)

// Profile is the student. It is personal data.
type Profile struct {
	Avatar      string  `json:"avator"` // address of a picture
	SchoolID    string  `json:"schoolId"`
	DisplayName string  `json:"disPlayName"`
	StuNo       string  `json:"stuNo"`
	UserName    string  `json:"UserName"`
	Stat        Stat    `json:"statData"`
	StuID       string  `json:"stuId" wire:"essential"`
	Extra       Extra   `json:"extraData"`
	Integrity   float64 `json:"integrity"`
	MOOCServer  string  `json:"moocServer"`
	IsMerge     int     `json:"isMerge"`
	IsOpenLite  string  `json:"isOpenLite"`
}

// Stat counts what waits for the student.
type Stat struct {
	UnReadMsgCount      int `json:"unReadMsgCount"`
	FaceTeachDayCount   int `json:"faceTeachDayCount"`
	FaceTeachWeekCount  int `json:"faceTeachWeekCount"`
	AnnouncementCount   int `json:"announcementCount"`
	MyCourseCount       int `json:"myCourseCount"`
	MyHomeworkCount     int `json:"myHomeworkCount"`
	MyExamCount         int `json:"myExamCount"`
	OnlineActivityCount int `json:"onlineActivityCount"`
	GroupTaskCount      int `json:"groupTaskCount"`
}

// Extra are switches of the school's that nothing explains.
type Extra struct {
	JXSX int `json:"IsExtraJXSX"`
	ZYJS int `json:"IsExtraZYJS"`
	JXPJ int `json:"IsExtraJXPJ"`
	Exam int `json:"IsExtraEXAM"`
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
	Type    string   `json:"type"`
	TermID  string   `json:"termId"`
	Courses []Course `json:"courseList" wire:"essential"`
	Terms   []Term   `json:"termList"`
	Owner            // where it stands beside the courses
}

// Owner is the student whose courses they are. The description lists it among
// the fields of Courses and does not say where it stands; its sample lacks
// it, so all of it can be empty.
type Owner struct {
	SchoolID string `json:"schoolId"`
	UserName string `json:"UserName"`
	StuID    string `json:"stuId"`
}

// Course is a course that the student takes.
type Course struct {
	ID                string  `json:"Id"`
	CourseOpenID      string  `json:"courseOpenId" wire:"essential"` // what other calls want
	CourseName        string  `json:"courseName"`
	CourseCode        string  `json:"courseCode"`
	Thumbnail         string  `json:"thumbnail"`                    // address of a picture
	OpenClassID       string  `json:"openClassId" wire:"essential"` // what other calls want
	AssistTeacherName string  `json:"assistTeacherName"`
	OpenClassType     int     `json:"openClassType"`
	OpenClassState    int     `json:"openClassState" wire:"essential"`
	Process           float64 `json:"process"` // progress in percent
	CheckStatus       int     `json:"checkStatus" wire:"essential"`
	TermName          string  `json:"termName"`
	TotalScore        float64 `json:"totalScore"`
	CourseSystemType  int     `json:"courseSystemType"`
	Owner                     // where it stands within the course
}

// Term is a school term.
type Term struct {
	ID              string `json:"Id"`
	DateCreated     Time   `json:"DateCreated"`
	CreatorID       string `json:"CreatorId"`
	TermCode        string `json:"TermCode"` // such as "202101"
	TermName        string `json:"TermName"`
	IsCurTerm       bool   `json:"IsCurTerm"` // more than one can be
	TermSeason      int    `json:"TermSeason"`
	IsSynchroUpdate int    `json:"IsSynchroUpdate"`
	TableName       string `json:"TableName"`
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
