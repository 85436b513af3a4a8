package supervisiontest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edusdk/edusdk/supervision"
)

// CallerToken is the userToken that the regulator's own calls have, if
// SetCallerToken is not called.
const CallerToken = "fake-regulator-token"

const (
	maxPages        = 1000 // of one PullCourses
	defaultPageSize = 20
)

// caller is how the regulator calls learning platforms.
type caller struct {
	client   *http.Client
	token    string
	pageSize int
}

func newCaller() caller {
	return caller{
		// Without connections that are kept, there is nothing to close.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second},
		token:  CallerToken, pageSize: defaultPageSize,
	}
}

// SetCallerToken sets the userToken of PushClass and PullCourses.
func (h *Handler) SetCallerToken(userToken string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.caller.token = userToken
}

// SetCallerClient sets what PushClass and PullCourses call with: the client of an
// httptest.Server with TLS, say. Redirects are not followed, whatever it says.
func (h *Handler) SetCallerClient(client *http.Client) {
	h.core.Lock()
	defer h.core.Unlock()
	h.caller.client = client
}

// SetPageSize sets the pageSize of PullCourses, 20 if it is not called.
func (h *Handler) SetPageSize(n int) {
	h.core.Lock()
	defer h.core.Unlock()
	h.caller.pageSize = max(n, 1)
}

// PushResult is what a receiver answered to a class.
type PushResult struct {
	ReturnCode    string           // "0" for success
	ReturnMsg     string           // the message, such as "success"
	PasswordRules string           // what the default passwords are
	Accounts      []StudentAccount // as the receiver returned them
}

// PullResult is what a receiver answered to requests for courses.
type PullResult struct {
	ReturnCode string   // of the last page; anything but "0" ended the pull
	ReturnMsg  string   // of the last page
	Pages      int      // number of pages read
	Courses    []Course // of all pages
}

// PushClass pushes a class to a learning platform, as the regulator does (1.12):
// receiverURL is what stands before /api/v1/pushClassInfo. The class is sent as
// it is, a wrong one too.
//
// A returnCode that is not 0 is a result. The error is about everything that is
// no answer in the envelope of the document: no connection, another HTTP status
// than 200, another type than JSON, fields that are missing, of another type, or
// unknown, and accounts that are not those of the class's students, one for each.
// passwordRules may be empty, for a platform without passwords.
func (h *Handler) PushClass(ctx context.Context, receiverURL string, class Class) (*PushResult, error) {
	accounts := many(fieldsOf(required("cardNo", "studentUserAccount")))
	accounts.optional = len(class.Students) == 0
	answered, err := h.ask(ctx, receiverURL, "api/v1/pushClassInfo", class, fieldsOf(
		rules(rule{blank: true}, "passwordRules"), rules(accounts, "returnData"),
	))
	if err != nil {
		return nil, fmt.Errorf("supervisiontest: push a class: %w", err)
	}
	r, err := into[struct {
		ReturnCode, ReturnMsg, PasswordRules string
		ReturnData                           []StudentAccount
	}](answered)
	if err != nil {
		return nil, fmt.Errorf("supervisiontest: push a class: %w", err)
	}
	if r.ReturnCode == CodeSuccess {
		if problem := checkAccounts(class.Students, r.ReturnData); problem != "" {
			return nil, fmt.Errorf("supervisiontest: push a class: %s", problem)
		}
		h.core.Lock()
		h.platform.pace.limit(class)
		h.core.Unlock()
	}
	return &PushResult{r.ReturnCode, r.ReturnMsg, r.PasswordRules, r.ReturnData}, nil
}

// checkAccounts tells what is wrong with the accounts that were made for
// students: there has to be one for each, and none for anybody else.
func checkAccounts(students []ClassStudent, accounts []StudentAccount) string {
	names := map[string]string{}
	for i, a := range accounts {
		known := slices.ContainsFunc(students, func(s ClassStudent) bool { return s.CardNo == a.CardNo })
		if other, twice := names[a.CardNo]; !known || twice && other != a.StudentUserAccount {
			return fmt.Sprintf("answer.returnData[%d] is of nobody in the class, or a second account", i)
		}
		names[a.CardNo] = a.StudentUserAccount
	}
	for i, s := range students {
		if _, there := names[s.CardNo]; !there {
			return fmt.Sprintf("answer.returnData has no account for student %d of the class", i)
		}
	}
	return ""
}

// PullCourses asks a learning platform for all its courses, page by page, as the
// regulator does (1.14): receiverURL is what stands before
// /api/v1/thirdCoursePull. Page numbers are sent as strings, as in the
// document's sample; numbers of the courses may come as either.
//
// A returnCode that is not 0 ends it and is a result, with the courses of the
// pages before. The error is about what is no answer in the envelope of the
// document, as with PushClass, about courses without the platform's code, their
// own, or those of their chapters, sections and videos, and about pages that are
// not those that were asked for, are empty before the end, hold more courses than
// a page has, or do not end within 1000.
func (h *Handler) PullCourses(ctx context.Context, receiverURL string) (*PullResult, error) {
	result := &PullResult{}
	for no := 1; ; no++ {
		last, err := h.pullPage(ctx, receiverURL, no, result)
		if err != nil {
			return nil, fmt.Errorf("supervisiontest: pull courses: page %d: %w", no, err)
		}
		if last {
			return result, nil
		}
	}
}

// pullPage adds a page to a result, and reports whether it is the last.
func (h *Handler) pullPage(ctx context.Context, receiverURL string, no int, result *PullResult) (last bool, err error) {
	h.core.Lock()
	size := h.caller.pageSize
	h.core.Unlock()
	answered, err := h.ask(ctx, receiverURL, "api/v1/thirdCoursePull", map[string]string{
		"pageNo": strconv.Itoa(no), "pageSize": strconv.Itoa(size),
	}, fieldsOf(
		rules(rule{kind: whole}, "pageNo", "pageSize", "totalPage"),
		rules(rule{kind: list, optional: true, of: answeredCourse}, "data"),
	))
	if err != nil {
		return false, err
	}
	page, err := into[struct {
		ReturnCode, ReturnMsg       string
		PageNo, PageSize, TotalPage int
		Data                        []Course
	}](answered)
	if err != nil {
		return false, err
	}
	result.ReturnCode, result.ReturnMsg = page.ReturnCode, page.ReturnMsg
	if page.ReturnCode != CodeSuccess {
		return true, nil
	}
	switch {
	case page.PageNo != no:
		return false, fmt.Errorf("pageNo is %d", page.PageNo)
	case page.TotalPage > maxPages:
		return false, fmt.Errorf("totalPage is %d, more than %d", page.TotalPage, maxPages)
	case len(page.Data) > size:
		return false, fmt.Errorf("it has %d courses, more than the pageSize of %d", len(page.Data), size)
	case len(page.Data) == 0 && no <= page.TotalPage:
		return false, fmt.Errorf("it has no courses, and totalPage is %d", page.TotalPage)
	case len(page.Data) > 0 && no > page.TotalPage:
		return false, fmt.Errorf("it has courses, and totalPage is %d", page.TotalPage)
	}
	result.Pages++
	result.Courses = append(result.Courses, page.Data...)
	return no >= page.TotalPage, nil
}

// ask calls a learning platform, and checks that it answers in the document's
// envelope, with the fields of a success where it is one.
func (h *Handler) ask(ctx context.Context, receiverURL, path string, data any, success *shape) (map[string]any, error) {
	h.core.Lock()
	now, how := h.core.Now(), h.caller
	h.core.Unlock()
	body, err := encode(map[string]any{
		"headers": map[string]string{
			"deviceType": string(supervision.TypePC), "timestamp": strconv.FormatInt(now.Unix(), 10),
			"deviceId": DeviceID, "userToken": how.token,
		},
		"data": data,
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(receiverURL, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header.Set("Content-Type", "application/json;charset=UTF-8")
	client := *how.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return readAnswer(resp, success)
}

// withoutURL drops the address from an error, where a secret may be.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// readAnswer reads an answer and checks it. Errors name fields and not their
// values.
func readAnswer(resp *http.Response, success *shape) (map[string]any, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("the answer's Content-Type is not application/json")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	answered, isObject := decode(body).(map[string]any)
	if !utf8.Valid(body) || !json.Valid(body) || !isObject {
		return nil, errors.New("the answer is not a JSON object")
	}
	envelope := fieldsOf(required("returnCode", "returnMsg"), success.fields)
	if answered["returnCode"] != CodeSuccess {
		for name := range success.fields {
			r := success.fields[name]
			r.optional = true
			envelope.fields[name] = r
		}
	}
	if problem := envelope.check("answer", answered, 0); problem != "" {
		return nil, errors.New(problem)
	}
	return answered, nil
}
