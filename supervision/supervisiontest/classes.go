package supervisiontest

import (
	"fmt"
	"slices"
)

// Class is a class as 1.12 has it on the wire: numbers are strings, and names
// are misspelt, as in the document's sample. What the sample lacks is left
// out where it is empty: set it for what other regulators send.
// The fields are those of supervision.Class.
type Class struct {
	ClassCode              string        `json:"classCode"`
	TrainClassName         string        `json:"trainClassName"`
	RealNameAuthentication string        `json:"realNameAuthentication"` // "0" not needed, "1" needed
	StudyHourLimit         string        `json:"studyHourLimit"`         // in hours a day, "0" for no limit
	FaceTimeLimit          string        `json:"faceTimeLimit,omitempty"`
	VideoOnHook            string        `json:"videoOnHook"` // "0" nothing, "1" verification codes, "2" faces
	VideoOnHookDetail      *OnHookDetail `json:"videoOnHookDetail,omitempty"`
	VideoPlayRecord        string        `json:"videoPlayRecord,omitempty"`
	OrgCode                string        `json:"orgCode"`
	WorkName               string        `json:"workName"`
	OrgName                string        `json:"orgName"`

	Courses  []ClassCourse  `json:"thirdClassCourseInfoVoList"`
	Students []ClassStudent `json:"thirdClassStudentInfoVoList"`

	// As the document's table has them: not in videoOnHookDetail.
	TriggerType    string `json:"triggerType,omitempty"`
	TriggervValue  string `json:"triggervValue,omitempty"`
	TriggerValue   string `json:"triggerValue,omitempty"` // as platforms have been seen to spell it
	VideoStartFace string `json:"videoStartFace,omitempty"`
	StudentCode    string `json:"studentCode,omitempty"` // a course's code (课程编码), says the table
	CourseCode     string `json:"courseCode,omitempty"`
}

// OnHookDetail is when a student is checked in a class.
type OnHookDetail struct {
	TriggerType   string `json:"triggerType,omitempty"` // "0" so many times, "1" every so many minutes, "2" at growing intervals
	TriggervValue string `json:"triggervValue,omitempty"`
	TriggerValue  string `json:"triggerValue,omitempty"` // as platforms have been seen to spell it
}

// ClassCourse is a course package of a class.
// The fields are those of supervision.ClassCourse.
type ClassCourse struct {
	CourseCode string         `json:"courseCode"`
	Children   []ClassChapter `json:"children"`
	Sort       int            `json:"sort"`
	Title      string         `json:"title"`
}

// ClassChapter is a chapter of a course of a class.
// The fields are those of supervision.ClassChapter.
type ClassChapter struct {
	ChapetCode  string          `json:"chapetCode,omitempty"`  // as the sample spells it
	ChapterCode string          `json:"chapterCode,omitempty"` // as the table does
	Children    []ClassResource `json:"children"`
	Sort        int             `json:"sort"`
	Title       string          `json:"title"`
}

// ClassResource is a video of a chapter.
// The fields are those of supervision.ClassResource.
type ClassResource struct {
	ResCode             string `json:"resCode"`
	ResType             string `json:"resType"` // "TYPE_VIDEO"
	Sort                int    `json:"sort"`
	Spread              bool   `json:"spread"`
	Title               string `json:"title"`
	VideoShowTimeLength string `json:"videoShowTimeLength"` // "27分钟55秒"
	VideoTimeLength     string `json:"videoTimeLength"`     // in seconds
	VideoURL            string `json:"videoUrl"`
}

// ClassStudent is a student of a class.
// The fields are those of supervision.ClassStudent.
type ClassStudent struct {
	CardNo          string `json:"cardNo"`
	StudentUserCode string `json:"studentUserCode"`
	StudentName     string `json:"studentName"`
	StudentPhone    string `json:"studentPhone"`
	ErcunPhotos     string `json:"ercunPhotos"`
	StudentCode     string `json:"studentCode,omitempty"` // in the table alone, which does not say where it stands
}

// SampleClass returns a class in the shape of the document's sample: two made-up
// students, and a course of one chapter with two videos.
func SampleClass() Class {
	video := func(n int, title, shown, seconds string) ClassResource {
		return ClassResource{
			ResCode: fmt.Sprintf("%032x", 0xc0+n), ResType: "TYPE_VIDEO", Sort: n, Spread: true, Title: title,
			VideoShowTimeLength: shown, VideoTimeLength: seconds, VideoURL: fmt.Sprintf("https://files.example.com/%d.mp4", n),
		}
	}
	student := func(n int, name string) ClassStudent {
		return ClassStudent{
			CardNo: fmt.Sprintf("11010119900307001%d", n+1), StudentUserCode: fmt.Sprintf("%032x", 0xd0+n), StudentName: name,
			StudentPhone: fmt.Sprintf("1380013800%d", n), ErcunPhotos: fmt.Sprintf("https://files.example.com/%d.jpg", n),
		}
	}
	return Class{
		ClassCode: fmt.Sprintf("%032x", 0xa1), TrainClassName: "《家政服务培训》5班", RealNameAuthentication: "1", StudyHourLimit: "8",
		FaceTimeLimit: "1", VideoOnHook: "1", VideoOnHookDetail: &OnHookDetail{TriggerType: "0", TriggervValue: "2"},
		VideoPlayRecord: "0", OrgCode: fmt.Sprintf("%032x", 0xa2), WorkName: "家政服务员", OrgName: "示例培训机构",
		Courses: []ClassCourse{{
			CourseCode: fmt.Sprintf("%032x", 0xb1), Title: "家政服务(专业课课程包)", Children: []ClassChapter{{
				ChapetCode: fmt.Sprintf("%032x", 0xb2), Sort: 1, Title: "第一部分", Children: []ClassResource{
					video(1, "家政服务入门01", "27分钟55秒", "1675"), video(2, "家政服务入门02", "41分钟31秒", "2491"),
				},
			}},
		}},
		Students: []ClassStudent{student(1, "张三"), student(2, "李四")},
	}
}

// treeShape is a class's course as 1.12 and 2.4 have it. Only a video's title is
// required: the table names one title.
var treeShape = func() *shape {
	resource := fieldsOf(required("resCode", "resType", "title", "videoUrl"), optional("videoShowTimeLength"),
		rules(rule{kind: either, optional: true}, "videoTimeLength"), rules(rule{kind: flag, optional: true}, "spread"))
	chapter := fieldsOf(optional("chapterCode", "chapetCode", "title"), rules(many(resource), "children"))
	chapter.oneOf = [][]string{{"chapterCode", "chapetCode"}}
	course := fieldsOf(required("courseCode"), optional("title"), rules(many(chapter), "children"))
	for _, s := range []*shape{resource, chapter, course} {
		s.fields["sort"] = rule{kind: whole, optional: true}
	}
	return course
}()

// triggerRules are where and how a check's occasion is told.
var triggerRules = fieldsOf(
	rules(rule{kind: either, optional: true, max: 2}, "triggerType"),
	rules(rule{kind: either, optional: true}, "triggervValue", "triggerValue"),
)

var classShape = fieldsOf(
	required("classCode", "orgCode", "trainClassName", "workName", "orgName"),
	optional("studentCode", "courseCode"),
	rules(rule{kind: either, max: 1}, "realNameAuthentication"),
	rules(rule{kind: either, max: 2}, "videoOnHook"),
	rules(rule{kind: either}, "studyHourLimit"),
	rules(rule{kind: either, optional: true, max: 1}, "videoStartFace"),
	rules(rule{kind: either, optional: true}, "faceTimeLimit", "videoPlayRecord"),
	rules(rule{kind: object, optional: true, of: triggerRules}, "videoOnHookDetail"),
	triggerRules.fields,
	rules(many(treeShape), "thirdClassCourseInfoVoList"),
	rules(many(fieldsOf(
		required("cardNo", "studentUserCode", "studentName", "studentPhone", "ercunPhotos"), optional("studentCode"),
	)), "thirdClassStudentInfoVoList"),
)

// StudentAccount is a student's account at a learning platform, as 1.12 answers
// it.
// The fields are those of supervision.StudentAccount.
type StudentAccount struct {
	CardNo             string `json:"cardNo"`
	StudentUserAccount string `json:"studentUserAccount"`
}

// passwordRules is how the fake makes its students' passwords.
const passwordRules = "身份证后六位" //nolint:gosec // a rule, not a password

// Classes returns the classes that were pushed to the fake, the last push of
// each.
func (h *Handler) Classes() []Class {
	h.core.Lock()
	defer h.core.Unlock()
	return slices.Collect(h.platform.classes.all())
}

// pushClass answers 1.12 as a learning platform does: with an account for every
// student, the same again for one that it knows.
func (c *call) pushClass() answer {
	class, err := into[Class](c.in.data)
	if err != nil {
		return fail(CodeInternal, "系统内部错误")
	}
	c.classes.put(class.ClassCode, class)
	c.pace.limit(class)
	accounts := []StudentAccount{}
	for _, s := range class.Students {
		account, known := c.students.get(s.CardNo)
		if !known {
			c.issued++
			account = fmt.Sprintf("student%06d", c.issued)
			c.students.put(s.CardNo, account)
		}
		accounts = append(accounts, StudentAccount{s.CardNo, account})
	}
	out := returnData(accounts)
	out.fields["passwordRules"] = passwordRules
	return out
}
