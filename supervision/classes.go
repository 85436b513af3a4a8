package supervision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ClassesService brings classes to learning platforms.
type ClassesService service

// OnHookMode says how a class keeps students from leaving videos to play by
// themselves (防挂机配置).
type OnHookMode int

// The modes.
const (
	OnHookNone OnHookMode = 0 // 不需要
	OnHookCode OnHookMode = 1 // 弹验证码: see Checks.Code
	OnHookFace OnHookMode = 2 // 人脸识别: see Checks.CompareFace
)

var onHookModeNames = map[OnHookMode]string{OnHookNone: "OnHookNone", OnHookCode: "OnHookCode", OnHookFace: "OnHookFace"}

// String returns the name of the constant, such as OnHookCode, or OnHookMode(7) for a
// value without a name.
func (m OnHookMode) String() string { return enum.Name(m, onHookModeNames) }

// TriggerType says when a student is checked.
type TriggerType int

// The ways. The document names them; how they spread the checks is what learning
// platforms make of it.
const (
	TriggerCount    TriggerType = 0 // 固定次数: TriggerValue checks, evenly spaced
	TriggerInterval TriggerType = 1 // 固定时间: a check every TriggerValue minutes
	TriggerGrowing  TriggerType = 2 // 每次递增: after TriggerValue minutes, and then after growing gaps
)

var triggerTypeNames = map[TriggerType]string{TriggerCount: "TriggerCount", TriggerInterval: "TriggerInterval", TriggerGrowing: "TriggerGrowing"}

// String returns the name of the constant, such as TriggerInterval, or TriggerType(7) for a
// value without a name.
func (t TriggerType) String() string { return enum.Name(t, triggerTypeNames) }

// Class is a class that was approved, with its courses and its students.
type Class struct {
	ClassCode      string `json:"classCode" wire:"essential"`
	OrgCode        string `json:"orgCode"` // of the training organisation
	OrgName        string `json:"orgName"`
	TrainClassName string `json:"trainClassName"`
	WorkName       string `json:"workName"` // the trade that it is for
	// RealNameAuthentication says whether students have to prove who they are:
	// see Students.Authenticate.
	RealNameAuthentication bool `json:"realNameAuthentication" wire:"flag,essential"`
	// StudyHourLimit is how long a student may study a day, in whole hours; 0
	// means as long as they like.
	StudyHourLimit time.Duration `json:"studyHourLimit" wire:"unit=h,essential"`
	// VideoOnHook says how students are checked, and TriggerType and
	// TriggerValue when. The wire has the latter two in an object
	// videoOnHookDetail or beside it, and TriggerValue under two spellings.
	VideoOnHook  OnHookMode  `json:"videoOnHook" wire:"essential"`
	TriggerType  TriggerType `json:"triggerType" wire:"essential,alias=videoOnHookDetail.triggerType"`
	TriggerValue int         `json:"triggerValue" wire:"essential,alias=videoOnHookDetail.triggervValue|videoOnHookDetail.triggerValue|triggervValue"`
	// VideoStartFace says whether a video begins with a face check.
	VideoStartFace bool `json:"videoStartFace" wire:"flag,essential"`
	// FaceTimeLimit and VideoPlayRecord stand in the document's sample alone,
	// which does not say what they mean.
	FaceTimeLimit   int            `json:"faceTimeLimit"`
	VideoPlayRecord int            `json:"videoPlayRecord"`
	Courses         []ClassCourse  `json:"thirdClassCourseInfoVoList"`
	Students        []ClassStudent `json:"thirdClassStudentInfoVoList"`
}

// ClassCourse is a course of a class.
type ClassCourse struct {
	CourseCode string         `json:"courseCode" wire:"essential"`
	Title      string         `json:"title"`
	Sort       int            `json:"sort"` // its place among its neighbours
	Children   []ClassChapter `json:"children"`
}

// ClassChapter is a chapter of a class's course.
type ClassChapter struct {
	ChapterCode string          `json:"chapterCode" wire:"essential,alias=chapetCode"`
	Title       string          `json:"title"`
	Sort        int             `json:"sort"`
	Children    []ClassResource `json:"children"`
}

// ClassResource is a video of a class's chapter.
type ClassResource struct {
	ResCode             string        `json:"resCode" wire:"essential"`
	ResType             string        `json:"resType"` // "TYPE_VIDEO"
	Title               string        `json:"title"`
	Sort                int           `json:"sort"`
	Spread              bool          `json:"spread"`
	VideoURL            string        `json:"videoUrl"`
	VideoTimeLength     time.Duration `json:"videoTimeLength" wire:"unit=s,text,essential"` // in whole seconds
	VideoShowTimeLength string        `json:"videoShowTimeLength,omitempty"`                // for people, such as "27分钟55秒"
}

// ClassStudent is a student of a class.
type ClassStudent struct {
	CardNo          string `json:"cardNo"` // ID number
	StudentUserCode string `json:"studentUserCode" wire:"essential"`
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
	CardNo             string `json:"cardNo" wire:"essential"` // the student's ID number
	StudentUserAccount string `json:"studentUserAccount" wire:"essential"`
}

var pushClass = declare[classWire](transport.Spec{
	Op: "Classes.Push", Section: "1.12 班级信息推送接口", Path: PathPushClass[1:], Class: transport.Create,
}, func(a *accountsAnswer) *PushClassResult {
	return &PushClassResult{cmp.Or(a.PasswordRules, a.Data.rules), a.Data.list}
})

// Push sends a class to a learning platform (1.12 班级信息推送接口, POST
// api/v1/pushClassInfo) and returns the accounts that it made. It is the
// supervision platform's call: use it to try out a receiver, with its address as
// Config.BaseURL.
func (s *ClassesService) Push(ctx context.Context, class *Class) (*PushClassResult, error) {
	return pushClass.Do(ctx, (*service)(s), params.ValueOf(class).wire())
}

// Validate returns what is wrong with the class beyond what its tags say.
func (c Class) Validate() error {
	var errs []error
	for _, r := range classRules {
		if r.broken(&c) {
			errs = append(errs, params.FieldError(r.field, r.problem))
		}
	}
	return params.Join(errs...)
}

// Absent is for transport.AnswerOf: a class without students gets no accounts.
func (*accountsAnswer) Absent() string { return "" }

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
	return d.UnmarshalWithin(new(lenient.Limit), data)
}

// UnmarshalWithin implements lenient.Unmarshaler.
func (d *accountsData) UnmarshalWithin(l *lenient.Limit, data []byte) error {
	if isArray(data) {
		return l.Unmarshal(data, &d.list)
	}
	var w struct {
		StudentAccount // alone, where there is one

		PasswordRules string           `json:"passwordRules"`
		Data          []StudentAccount `json:"data"`
		ReturnData    []StudentAccount `json:"returnData"`
	}
	if err := l.Unmarshal(data, &w); err != nil {
		return err
	}
	d.rules, d.list = w.PasswordRules, slices.Concat(w.Data, w.ReturnData)
	if w.StudentAccount != (StudentAccount{}) {
		d.list = append(d.list, w.StudentAccount)
	}
	return nil
}

// classWire is a class as the document's sample has it: when students are checked
// stands in an object of its own.
type classWire struct {
	plainClass

	TriggerType  *int    `json:"triggerType,omitempty"` // in the object instead,
	TriggerValue *int    `json:"triggerValue,omitempty"`
	Detail       trigger `json:"videoOnHookDetail"`
}

type plainClass Class

// trigger is when a student is checked.
type trigger struct {
	Type  TriggerType `json:"triggerType"`
	Value int         `json:"triggervValue"` // the document's spelling
}

func (c Class) wire() classWire {
	return classWire{plainClass: plainClass(c), Detail: trigger{c.TriggerType, c.TriggerValue}}
}

// Validate is for transport.Request.
func (w classWire) Validate() error { return Class(w.plainClass).Validate() }

// UnmarshalJSON reads all ways in which the wire says when a student is checked.
func (c *Class) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes what the document's sample has, with numbers as such.
func (c Class) MarshalJSON() ([]byte, error) { return lenient.Marshal(c.wire(), nil) }

// UnmarshalJSON reads both spellings of the chapter's code.
func (c *ClassChapter) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes what UnmarshalJSON reads.
func (c ClassChapter) MarshalJSON() ([]byte, error) { return lenient.Marshal(c, nil) }

// UnmarshalJSON reads a length in seconds.
func (r *ClassResource) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, r) }

// MarshalJSON writes the length as the document's samples have it, in a string.
func (r ClassResource) MarshalJSON() ([]byte, error) { return lenient.Marshal(r, nil) }
