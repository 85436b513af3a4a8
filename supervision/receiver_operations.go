package supervision

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
)

// ReturnError is a callback's error that is passed on to the platform: Code becomes
// the returnCode and Msg the returnMsg, so they should hold nothing personal. For
// any other error, the platform is only told that the call failed.
type ReturnError struct {
	Code string // 1 to 64 bytes and not a form of "0", which means success; otherwise "1" is sent
	Msg  string // cut off after 1 KiB; "" means 处理失败 (processing failed)
}

// Error returns the message.
func (e *ReturnError) Error() string { return e.Msg }

// The returnCodes of the receiver itself.
const (
	codeSuccess = "0"
	codeFailed  = "1"
)

const (
	maxCodeLength = 64
	maxMsgLength  = 1 << 10
)

// failed answers for a callback that failed: in its own words if they are meant
// for the platform.
func failed(err error) error {
	r := &refusal{http.StatusOK, codeFailed, msgFailed, "the callback failed"}
	if own := (*ReturnError)(nil); errors.As(err, &own) && own != nil {
		if code := strings.TrimSpace(own.Code); code != "" && len(code) <= maxCodeLength && utf8.ValidString(code) && !isZero(code) {
			r.code = code
		}
		if own.Msg != "" && utf8.ValidString(own.Msg) {
			r.msg = cutText(own.Msg, maxMsgLength)
		}
	}
	return r
}

// isZero reports whether a code could be read as the number 0.
func isZero(code string) bool {
	n, err := strconv.ParseFloat(code, 64)
	return err == nil && n == 0
}

// cutText returns as much of s as fits, up to a rune's end.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// misanswered answers for a callback that succeeded with something that cannot go
// out.
func misanswered(problem string) error {
	return &refusal{http.StatusOK, codeFailed, msgFailed, problem}
}

// outer is the envelope of every answer.
type outer struct {
	ReturnCode string `json:"returnCode"`
	ReturnMsg  string `json:"returnMsg"`
}

func envelopeOf(code, msg string) []byte {
	body, _ := lenient.Marshal(outer{code, msg}, nil) // texts can always be encoded
	return body
}

// pushAnswer is the answer to a class (1.12.4).
type pushAnswer struct {
	outer

	PasswordRules string           `json:"passwordRules"`
	Accounts      []StudentAccount `json:"returnData"`
}

// pullAnswer is the answer to a request for courses (1.14.4).
type pullAnswer struct {
	outer
	CoursePage
}

// pushClass answers 1.12.
func (rc *Receiver) pushClass(ctx context.Context, in *inbound) ([]byte, error) {
	c, err := readClass(in.data)
	if err != nil {
		return nil, err
	}
	cards := cardsOf(c) // before a callback can change them
	var result *pushed
	if rc.replays == nil {
		result, err = rc.callPush(ctx, c, cards)
	} else {
		result, err = rc.replays.do(ctx, c, func() (*pushed, error) {
			// Others may be waiting for it, so it does not end with this request.
			own, cancel := context.WithTimeout(context.WithoutCancel(ctx), rc.cfg.CallbackTimeout)
			defer cancel()
			return rc.callPush(own, c, cards)
		})
	}
	if err != nil {
		return nil, err
	}
	answer := pushAnswer{outer{codeSuccess, msgSuccess}, result.rules, make([]StudentAccount, len(cards))}
	for i, card := range cards {
		answer.Accounts[i] = StudentAccount{CardNo: card, StudentUserAccount: result.accounts[i]}
	}
	return lenient.Marshal(answer, nil)
}

// readClass reads a class, which has to keep to the document.
func readClass(data []byte) (*Class, error) {
	if err := checkTypes(data, classMembers); err != nil {
		return nil, malformed(err)
	}
	c := &Class{}
	if err := lenient.Unmarshal(data, c); err != nil {
		return nil, malformed(err)
	}
	for _, r := range classRules {
		if r.broken(c) {
			return nil, wrongField("data."+r.wire, r.problem)
		}
	}
	if missing := missingCode(c); missing != "" {
		return nil, wrongField("data."+missing, "is missing")
	}
	return c, nil
}

// missingCode names the first code without which a class is of no use: reports
// name class, course, video and student by them, and accounts go by ID numbers.
func missingCode(c *Class) string {
	switch {
	case c.ClassCode == "":
		return "classCode"
	case c.OrgCode == "":
		return "orgCode"
	}
	for i, s := range c.Students {
		at := element("", "thirdClassStudentInfoVoList", i)
		switch {
		case strings.TrimSpace(s.CardNo) == "":
			return at + ".cardNo"
		case s.StudentUserCode == "":
			return at + ".studentUserCode"
		}
	}
	for i, course := range c.Courses {
		at := element("", "thirdClassCourseInfoVoList", i)
		if course.CourseCode == "" {
			return at + ".courseCode"
		}
		for j, chapter := range course.Children {
			for k, r := range chapter.Children {
				if r.ResCode == "" {
					return element(element(at+".", "children", j)+".", "children", k) + ".resCode"
				}
			}
		}
	}
	return ""
}

// cardKey is what ID numbers are compared by: their last character can be an x.
func cardKey(card string) string { return strings.ToUpper(strings.TrimSpace(card)) }

// cardsOf returns the ID numbers of a class's students, each once.
func cardsOf(c *Class) []string {
	cards := make([]string, 0, len(c.Students))
	seen := make(map[string]bool, len(c.Students))
	for _, s := range c.Students {
		if key := cardKey(s.CardNo); !seen[key] {
			seen[key] = true
			cards = append(cards, s.CardNo)
		}
	}
	return cards
}

// pushed is what PushClass answered. Accounts stand in the order of the class's
// students, without their ID numbers.
type pushed struct {
	rules    string
	accounts []string
}

// callPush calls PushClass and checks what it returns: exactly one account for
// each student.
func (rc *Receiver) callPush(ctx context.Context, c *Class, cards []string) (*pushed, error) {
	result, err := rc.cfg.PushClass(ctx, c)
	if err != nil {
		return nil, failed(err)
	}
	if result == nil {
		result = &PushClassResult{}
	}
	places := make(map[string]int, len(cards))
	for i, card := range cards {
		places[cardKey(card)] = i
	}
	p := &pushed{rules: result.PasswordRules, accounts: make([]string, len(cards))}
	if !utf8.ValidString(p.rules) {
		return nil, misanswered("PushClass returned PasswordRules that are not UTF-8")
	}
	for _, account := range result.Accounts {
		place, ours := places[cardKey(account.CardNo)]
		switch {
		case !ours:
			return nil, misanswered("PushClass returned an account for somebody who is not a student of the class")
		case account.StudentUserAccount == "" || !utf8.ValidString(account.StudentUserAccount):
			return nil, misanswered("PushClass returned an account without a name, or with one that is not UTF-8")
		case p.accounts[place] != "" && p.accounts[place] != account.StudentUserAccount:
			return nil, misanswered("PushClass returned two accounts for one student")
		}
		p.accounts[place] = account.StudentUserAccount
	}
	if slices.Contains(p.accounts, "") {
		return nil, misanswered("PushClass returned no account for a student of the class")
	}
	return p, nil
}

// What can be asked for, so that a callback can multiply it.
const (
	maxPageNo   = 1_000_000
	maxPageSize = 10_000
)

// pullCourses answers 1.14.
func (rc *Receiver) pullCourses(ctx context.Context, in *inbound) ([]byte, error) {
	if err := checkTypes(in.data, pageMembers); err != nil {
		return nil, malformed(err)
	}
	var asked struct {
		PageNo   int `json:"pageNo"`
		PageSize int `json:"pageSize"`
	}
	if err := lenient.Unmarshal(in.data, &asked); err != nil {
		return nil, malformed(err)
	}
	switch {
	case asked.PageNo < 1 || asked.PageNo > maxPageNo:
		return nil, wrongField("data.pageNo", "is not a number from 1 to 1000000")
	case asked.PageSize < 1 || asked.PageSize > maxPageSize:
		return nil, wrongField("data.pageSize", "is not a number from 1 to 10000")
	}
	page, err := rc.cfg.PullCourses(ctx, asked.PageNo, asked.PageSize)
	if err != nil {
		return nil, failed(err)
	}
	answer := pullAnswer{outer{codeSuccess, msgSuccess}, CoursePage{PageNo: asked.PageNo, PageSize: asked.PageSize}}
	if err := rc.fillPage(&answer.CoursePage, page); err != nil {
		return nil, err
	}
	return lenient.Marshal(answer, nil)
}

// fillPage fills a page, whose number and size are those that were asked for,
// with what PullCourses returned, if that can go out. What it returned stays as it is:
// it can be a page that the callback keeps.
func (rc *Receiver) fillPage(into *CoursePage, from *CoursePage) error {
	if from == nil {
		from = &CoursePage{}
	}
	into.TotalPage = from.TotalPage
	into.Courses = append(make([]Course, 0, len(from.Courses)), from.Courses...) // not null
	switch {
	case from.PageNo != 0 && from.PageNo != into.PageNo:
		return misanswered("PullCourses returned another page than the one that was asked for")
	case from.PageSize < 0 || from.PageSize > into.PageSize:
		return misanswered("PullCourses returned a PageSize that is not from 1 to the one that was asked for")
	}
	if from.PageSize != 0 {
		into.PageSize = from.PageSize
	}
	switch {
	case len(into.Courses) > into.PageSize:
		return misanswered("PullCourses returned more courses than PageSize")
	case into.TotalPage < 0:
		return misanswered("PullCourses returned a TotalPage below 0")
	case len(into.Courses) > 0 && into.PageNo > into.TotalPage:
		return misanswered("PullCourses returned courses beyond TotalPage")
	case len(into.Courses) == 0 && into.PageNo <= into.TotalPage:
		return misanswered("PullCourses returned no courses for a page within TotalPage")
	case len(into.Courses) == 0:
		return nil
	}
	for i := range into.Courses {
		c := &into.Courses[i]
		orElse(&c.PlatformCode, rc.cfg.PlatformCode)
		if c.PlatformCode == "" {
			return misanswered("PullCourses returned a course without PlatformCode, and ReceiverConfig has none")
		}
	}
	if err := ValidateCourses(into.Courses); err != nil {
		problem := "PullCourses returned courses that ValidateCourses refuses"
		if field := (*edusdk.FieldError)(nil); errors.As(err, &field) {
			problem += ": " + field.Field + " " + field.Problem
		}
		return misanswered(problem)
	}
	return nil
}
