package supervision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ClassesService brings classes to learning platforms.
type ClassesService service

var pushClass = declare(endpoint{op: "Classes.Push", path: PathPushClass[1:], class: transport.Create})

// OnHookMode says how a class keeps students from leaving videos to play by
// themselves (防挂机配置).
type OnHookMode int

// The modes.
const (
	OnHookNone OnHookMode = 0 // 不需要
	OnHookCode OnHookMode = 1 // 弹验证码: see Checks.Code
	OnHookFace OnHookMode = 2 // 人脸识别: see Checks.CompareFace
)

// TriggerType says when a student is checked.
type TriggerType int

// The ways. The document names them; how they spread the checks is what learning
// platforms make of it.
const (
	TriggerCount    TriggerType = 0 // 固定次数: TriggerValue checks, evenly spaced
	TriggerInterval TriggerType = 1 // 固定时间: a check every TriggerValue minutes
	TriggerGrowing  TriggerType = 2 // 每次递增: after TriggerValue minutes, and then after growing gaps
)

// Class is a class that was approved, with its courses and its students.
type Class struct {
	ClassCode      string `json:"classCode"`
	OrgCode        string `json:"orgCode"` // of the training organisation
	OrgName        string `json:"orgName"`
	TrainClassName string `json:"trainClassName"`
	WorkName       string `json:"workName"` // the trade that it is for
	// RealNameAuthentication says whether students have to prove who they are:
	// see Students.Authenticate.
	RealNameAuthentication bool `json:"realNameAuthentication"`
	// StudyHourLimit is how long a student may study a day, in whole hours; 0
	// means as long as they like.
	StudyHourLimit time.Duration `json:"studyHourLimit" unit:"1h"`
	// VideoOnHook says how students are checked, and TriggerType and
	// TriggerValue when. The wire has the latter two in an object
	// videoOnHookDetail or beside it, and TriggerValue under two spellings.
	VideoOnHook  OnHookMode  `json:"videoOnHook"`
	TriggerType  TriggerType `json:"triggerType"`
	TriggerValue int         `json:"triggerValue"`
	// VideoStartFace says whether a video begins with a face check.
	VideoStartFace bool `json:"videoStartFace"`
	// FaceTimeLimit and VideoPlayRecord stand in the document's sample alone,
	// which does not say what they mean.
	FaceTimeLimit   int            `json:"faceTimeLimit"`
	VideoPlayRecord int            `json:"videoPlayRecord"`
	Courses         []ClassCourse  `json:"thirdClassCourseInfoVoList"`
	Students        []ClassStudent `json:"thirdClassStudentInfoVoList"`
}

// ClassCourse is a course of a class.
type ClassCourse struct {
	CourseCode string         `json:"courseCode"`
	Title      string         `json:"title"`
	Sort       int            `json:"sort"` // its place among its neighbours
	Children   []ClassChapter `json:"children"`
}

// ClassChapter is a chapter of a class's course.
type ClassChapter struct {
	ChapterCode string          `json:"chapterCode"`
	Title       string          `json:"title"`
	Sort        int             `json:"sort"`
	Children    []ClassResource `json:"children"`
}

// ClassResource is a video of a class's chapter.
type ClassResource struct {
	ResCode             string        `json:"resCode"`
	ResType             string        `json:"resType"` // "TYPE_VIDEO"
	Title               string        `json:"title"`
	Sort                int           `json:"sort"`
	Spread              bool          `json:"spread"`
	VideoURL            string        `json:"videoUrl"`
	VideoTimeLength     time.Duration `json:"videoTimeLength" unit:"1s"`     // in whole seconds
	VideoShowTimeLength string        `json:"videoShowTimeLength,omitempty"` // for people, such as "27分钟55秒"
}

// ClassStudent is a student of a class.
type ClassStudent struct {
	CardNo          string `json:"cardNo"` // ID number
	StudentUserCode string `json:"studentUserCode"`
	StudentName     string `json:"studentName"`
	StudentPhone    string `json:"studentPhone"`
	ErcunPhotos     string `json:"ercunPhotos"` // address of the ID photo (二寸照)
	// CourseCode (课程包编码) and StudentCode (课程编码) stand in the document's
	// table alone.
	CourseCode  string `json:"courseCode,omitempty"`
	StudentCode string `json:"studentCode,omitempty"`
}

// PushClassResult is a learning platform's answer to a class.
type PushClassResult struct {
	// PasswordRules tells what the passwords of the new accounts are, such as
	// "身份证后六位".
	PasswordRules string           `json:"passwordRules"`
	Accounts      []StudentAccount `json:"returnData"`
}

// StudentAccount is the account that a learning platform made for a student.
type StudentAccount struct {
	CardNo             string `json:"cardNo"`
	StudentUserAccount string `json:"studentUserAccount"`
}

// Push sends a class to a learning platform (1.12 班级信息推送接口, POST
// api/v1/pushClassInfo) and returns the accounts that it made. It is the
// supervision platform's call: use it to try out a receiver, with its address as
// Config.BaseURL.
func (s *ClassesService) Push(ctx context.Context, class *Class) (*PushClassResult, error) {
	c := params.ValueOf(class)
	a, err := do[accountsAnswer](ctx, (*service)(s), pushClass, &c)
	if err != nil {
		return nil, err
	}
	return &PushClassResult{cmp.Or(a.PasswordRules, a.Data.rules), a.Data.list}, nil
}

func (c *Class) validate() error {
	var problems []error
	for _, r := range classRules {
		if r.broken(c) {
			problems = append(problems, params.FieldError(r.field, r.problem))
		}
	}
	return errors.Join(problems...)
}

// accountsAnswer has the rules at the top, where the document's sample has them,
// or with the accounts under returnData, as its table can be read.
type accountsAnswer struct {
	envelope

	PasswordRules string       `json:"passwordRules"`
	Data          accountsData `json:"returnData"`
}

// accountsData is a list of accounts, or an object with it.
type accountsData struct {
	rules string
	list  []StudentAccount
}

// UnmarshalJSON reads an array or an object.
func (d *accountsData) UnmarshalJSON(data []byte) error {
	if isArray(data) {
		return lenient.Unmarshal(data, &d.list)
	}
	var w struct {
		StudentAccount // alone, where there is one

		PasswordRules string           `json:"passwordRules"`
		Data          []StudentAccount `json:"data"`
		ReturnData    []StudentAccount `json:"returnData"`
	}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	d.rules, d.list = w.PasswordRules, slices.Concat(w.Data, w.ReturnData)
	if w.StudentAccount != (StudentAccount{}) {
		d.list = append(d.list, w.StudentAccount)
	}
	return nil
}

// trigger is when a student is checked.
type trigger struct {
	TriggerType   *TriggerType `json:"triggerType,omitempty"`
	TriggervValue *int         `json:"triggervValue,omitempty"` // the document's spelling
	TriggerValue  *int         `json:"triggerValue,omitempty"`  // that of live systems
}

// UnmarshalJSON reads all ways in which the wire says when a student is checked.
func (c *Class) UnmarshalJSON(data []byte) error {
	type plain Class
	w := struct {
		*plain

		StudyHourLimit hours        `json:"studyHourLimit"`
		TriggerType    *TriggerType `json:"triggerType"`
		TriggervValue  *int         `json:"triggervValue"`
		TriggerValue   *int         `json:"triggerValue"`
		Detail         trigger      `json:"videoOnHookDetail"`
	}{plain: (*plain)(c)}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	c.StudyHourLimit = time.Duration(w.StudyHourLimit)
	if t := cmp.Or(w.Detail.TriggerType, w.TriggerType); t != nil {
		c.TriggerType = *t
	}
	if v := cmp.Or(w.Detail.TriggervValue, w.Detail.TriggerValue, w.TriggervValue, w.TriggerValue); v != nil {
		c.TriggerValue = *v
	}
	return nil
}

// MarshalJSON writes what the document's sample has, with numbers as such.
func (c Class) MarshalJSON() ([]byte, error) {
	type plain Class
	return marshal(struct {
		plain

		RealNameAuthentication flag    `json:"realNameAuthentication"`
		StudyHourLimit         hours   `json:"studyHourLimit"`
		VideoStartFace         flag    `json:"videoStartFace"`
		TriggerType            *int    `json:"triggerType,omitempty"` // in the object instead,
		TriggerValue           *int    `json:"triggerValue,omitempty"`
		Detail                 trigger `json:"videoOnHookDetail"`
	}{
		plain: plain(c), RealNameAuthentication: flag(c.RealNameAuthentication), StudyHourLimit: hours(c.StudyHourLimit),
		VideoStartFace: flag(c.VideoStartFace), Detail: trigger{TriggerType: &c.TriggerType, TriggervValue: &c.TriggerValue},
	})
}

// UnmarshalJSON reads both spellings of the chapter's code.
func (c *ClassChapter) UnmarshalJSON(data []byte) error {
	type plain ClassChapter
	w := struct {
		*plain

		ChapetCode string `json:"chapetCode"`
	}{plain: (*plain)(c)}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	c.ChapterCode = cmp.Or(c.ChapterCode, w.ChapetCode)
	return nil
}

// UnmarshalJSON reads a length in seconds.
func (r *ClassResource) UnmarshalJSON(data []byte) error {
	type plain ClassResource
	w := struct {
		*plain

		VideoTimeLength secondsText `json:"videoTimeLength"`
	}{plain: (*plain)(r)}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	r.VideoTimeLength = time.Duration(w.VideoTimeLength)
	return nil
}

// MarshalJSON writes the length as the document's samples have it, in a string.
func (r ClassResource) MarshalJSON() ([]byte, error) {
	type plain ClassResource
	return marshal(struct {
		plain

		VideoTimeLength secondsText `json:"videoTimeLength"`
	}{plain(r), secondsText(r.VideoTimeLength)})
}
