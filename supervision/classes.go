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

// ClassesService pushes classes to learning platforms.
type ClassesService service

// OnHookMode says how students are checked to be present while a video plays
// (防挂机配置).
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

// The trigger types. The document only names them; how they spread the checks over
// a video is the practice of learning platforms.
const (
	TriggerCount    TriggerType = 0 // 固定次数: TriggerValue checks, evenly spaced
	TriggerInterval TriggerType = 1 // 固定时间: a check every TriggerValue minutes
	TriggerGrowing  TriggerType = 2 // 每次递增: after TriggerValue minutes, and then after growing gaps
)

var triggerTypeNames = map[TriggerType]string{TriggerCount: "TriggerCount", TriggerInterval: "TriggerInterval", TriggerGrowing: "TriggerGrowing"}

// String returns the name of the constant, such as TriggerInterval, or TriggerType(7) for a
// value without a name.
func (t TriggerType) String() string { return enum.Name(t, triggerTypeNames) }

// Class is an approved class with its courses and its students.
type Class struct {
	ClassCode      string `json:"classCode" wire:"essential"` // the class's code, a UUID of 32 digits (班级编码)
	OrgCode        string `json:"orgCode"`                    // code of the training organisation (机构编码)
	OrgName        string `json:"orgName"`                    // its name (机构名称)
	TrainClassName string `json:"trainClassName"`             // the class's name (班级名称)
	WorkName       string `json:"workName"`                   // the trade that it trains for (工种名称)
	// RealNameAuthentication says whether students must prove their identity
	// (是否需要实名认证): see Students.Authenticate.
	RealNameAuthentication bool `json:"realNameAuthentication" wire:"flag,essential"`
	// StudyHourLimit is how long a student may study a day (学习时长限制), 0 to 24
	// whole hours; 0 means no limit.
	StudyHourLimit time.Duration `json:"studyHourLimit" wire:"unit=h,essential,null"`
	// VideoOnHook says how students are checked, and TriggerType and
	// TriggerValue say when. TriggerValue is a number of checks for TriggerCount,
	// else minutes: 1 to 1440, or 0 if there are no checks. On the wire the two
	// stand in an object videoOnHookDetail or beside it, and TriggerValue has two
	// spellings.
	VideoOnHook  OnHookMode  `json:"videoOnHook" wire:"essential"`
	TriggerType  TriggerType `json:"triggerType" wire:"essential,null,alias=videoOnHookDetail.triggerType"`
	TriggerValue int         `json:"triggerValue" wire:"essential,null,alias=videoOnHookDetail.triggervValue|videoOnHookDetail.triggerValue|triggervValue"`
	// VideoStartFace says whether a video begins with a face check (视频开始时人脸识别).
	VideoStartFace bool `json:"videoStartFace" wire:"flag,essential,null"`
	// FaceTimeLimit and VideoPlayRecord are only in the document's sample: what
	// they mean is not described. They must not be negative.
	FaceTimeLimit   int            `json:"faceTimeLimit"`
	VideoPlayRecord int            `json:"videoPlayRecord"`
	Courses         []ClassCourse  `json:"thirdClassCourseInfoVoList"`  // with their chapters and videos
	Students        []ClassStudent `json:"thirdClassStudentInfoVoList"` // each with an account to create
}

// ClassCourse is a course of a class.
type ClassCourse struct {
	CourseCode string         `json:"courseCode" wire:"essential"` // the course's code, a UUID of 32 digits (课程编码)
	Title      string         `json:"title"`                       // the course's name (名称)
	Sort       int            `json:"sort"`                        // position among its siblings; not described in the document
	Children   []ClassChapter `json:"children"`                    // its chapters
}

// ClassChapter is a chapter of a class's course.
type ClassChapter struct {
	ChapterCode string          `json:"chapterCode" wire:"essential,alias=chapetCode"` // a UUID of 32 digits (章节 code)
	Title       string          `json:"title"`                                         // the name shown (名称)
	Sort        int             `json:"sort"`                                          // position among its siblings; not described in the document
	Children    []ClassResource `json:"children"`                                      // its videos
}

// ClassResource is a video of a class's chapter.
type ClassResource struct {
	ResCode             string        `json:"resCode" wire:"essential"`                          // the video's code, a UUID of 32 digits (视频资源编码)
	ResType             string        `json:"resType"`                                           // kind of resource (资源类型), "TYPE_VIDEO" in the samples
	Title               string        `json:"title"`                                             // the name shown (名称)
	Sort                int           `json:"sort"`                                              // position among its siblings; not described in the document
	Spread              bool          `json:"spread"`                                            // not described in the document; true in its samples
	VideoURL            string        `json:"videoUrl"`                                          // address of the video (资源地址)
	VideoTimeLength     time.Duration `json:"videoTimeLength" wire:"unit=s,text,essential,null"` // length of the video, in whole seconds, 0 if the platform does not say; not described in the document
	VideoShowTimeLength string        `json:"videoShowTimeLength,omitempty"`                     // the length for display, such as "27分钟55秒"
}

// ClassStudent is a student of a class.
type ClassStudent struct {
	CardNo          string `json:"cardNo" wire:"essential"`          // ID number (学员身份证)
	StudentUserCode string `json:"studentUserCode" wire:"essential"` // the student's code, a UUID of 32 digits (学员编码)
	StudentName     string `json:"studentName"`                      // the student's name (学员姓名)
	StudentPhone    string `json:"studentPhone"`                     // the student's phone number (学员手机号)
	ErcunPhotos     string `json:"ercunPhotos"`                      // address of the ID photo (二寸照)
	// CourseCode (课程包编码) and StudentCode (课程编码, course code, despite its name)
	// are only in the document's table, not in its sample.
	CourseCode  string `json:"courseCode,omitempty"`
	StudentCode string `json:"studentCode,omitempty"`
}

// PushClassResult is a learning platform's answer to a class.
type PushClassResult struct {
	// PasswordRules tells what the default passwords of the accounts are, such as
	// "身份证后六位", the last six digits of the ID number (默认密码规则).
	PasswordRules string           `json:"passwordRules"`
	Accounts      []StudentAccount `json:"returnData"` // one for each student
}

// StudentAccount is the account that a learning platform made for a student.
type StudentAccount struct {
	CardNo             string `json:"cardNo" wire:"essential"`             // the student's ID number (学员身份证)
	StudentUserAccount string `json:"studentUserAccount" wire:"essential"` // the name to log in with (学员登录账号)
}

var pushClass = declare[classWire](transport.Spec{
	Op: "Classes.Push", Section: "1.12 班级信息推送接口", Path: PathPushClass[1:], Class: transport.Create,
}, func(a *accountsAnswer) *PushClassResult {
	return &PushClassResult{cmp.Or(a.PasswordRules, a.Data.object.PasswordRules), a.Data.accounts()}
})

// Push sends a class to a learning platform (1.12 班级信息推送接口, POST
// api/v1/pushClassInfo) and returns the accounts that it created. This call
// is made by the supervision platform; use it to try out a receiver, with the
// receiver's address as Config.BaseURL.
func (s *ClassesService) Push(ctx context.Context, class *Class) (*PushClassResult, error) {
	return pushClass.Do(ctx, (*service)(s), params.ValueOf(class).wire())
}

// Validate checks the numbers of the class, beyond the rules of the field tags.
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
	Data          accountsData `json:"returnData" wire:"essential"`
}

// accountsData is a list of accounts, or an object with it.
type accountsData struct {
	list   []StudentAccount
	object accountsObject
}

// accountsObject holds accounts under one name or another, or is one itself.
type accountsObject struct {
	CardNo             string           `json:"cardNo" wire:"essential"`
	StudentUserAccount string           `json:"studentUserAccount" wire:"essential"`
	PasswordRules      string           `json:"passwordRules"`
	Data               []StudentAccount `json:"data" wire:"essential"`
	ReturnData         []StudentAccount `json:"returnData" wire:"essential"`
}

// Shape implements lenient.Shaped: an array or an object.
func (d *accountsData) Shape(first byte) any {
	if first == '[' {
		return &d.list
	}
	return &d.object
}

func (d *accountsData) accounts() []StudentAccount {
	all := slices.Concat(d.list, d.object.Data, d.object.ReturnData)
	if alone := (StudentAccount{d.object.CardNo, d.object.StudentUserAccount}); alone != (StudentAccount{}) {
		all = append(all, alone)
	}
	return all
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
