package supervision_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk/supervision"
)

// A request is read by its bytes first, and refused rather than handed on broken.
func TestReceiverReadsCharacterSets(t *testing.T) {
	inGBK := func(text string) string {
		encoded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		require.NoError(t, err)
		return encoded
	}
	class := func(name string) string {
		return `{"headers":{"userToken":"` + callerToken + `"},"data":{"classCode":"c","orgCode":"o","orgName":"` + name + `"}}`
	}
	for name, tt := range map[string]struct {
		body, contentType string
		any               bool
		status            int
		want              string
	}{
		"UTF-8":                          {class("机构"), "application/json", false, 200, "机构"},
		"UTF-8 labelled GBK":             {class("机构"), "application/json;charset=GBK", false, 200, "机构"},
		"with a byte order mark":         {"\ufeff" + class("机构"), "application/json", false, 200, "机构"},
		"labelled as text":               {class("机构"), "text/plain", false, 200, "机构"},
		"labelled as text in GBK":        {inGBK(class("机构")), "text/plain; charset=gb2312", false, 200, "机构"},
		"without a label":                {class("机构"), "", false, 200, "机构"},
		"with a broken label":            {class("机构"), "application/json; charset", false, 200, "机构"},
		"with a structured label":        {class("机构"), "application/vnd.x+json", false, 200, "机构"},
		"GBK":                            {inGBK(class("机构")), "application/json;charset=GBK", false, 200, "机构"},
		"GB2312":                         {inGBK(class("机构")), "application/json; charset=gb2312", false, 200, "机构"},
		"GB18030":                        {inGBK(class("机构𠮷")), "application/json; charset=\"gb18030\"", false, 200, "机构𠮷"},
		"GBK without a label":            {inGBK(class("机构")), "application/json", false, 400, ""},
		"GBK labelled UTF-8":             {inGBK(class("机构")), "application/json; charset=utf-8", false, 400, ""},
		"GBK cut within a character":     {class("\xbb\xfa\xb9"), "application/json;charset=GBK", false, 400, ""},
		"UTF-8 cut within a character":   {class("机构"[:4]), "application/json", false, 400, ""},
		"UTF-16":                         {"\xff\xfe{\x00}\x00", "application/json", false, 400, ""},
		"half of a character, escaped":   {class(`\ud83d`), "application/json", false, 400, ""},
		"a character of two escapes":     {class(`\ud83d\ude00`), "application/json", false, 200, "😀"},
		"U+FFFD of the platform":         {class("机\ufffd"), "application/json", false, 200, "机\ufffd"},
		"HTML's label":                   {class("机构"), "text/html", false, 415, ""},
		"HTML's label, if any may be":    {class("机构"), "text/html", true, 200, "机构"},
		"a form's label, if any may be":  {class("机构"), "application/x-www-form-urlencoded", true, 200, "机构"},
		"HTML, if any label may be":      {"<html></html>", "text/html", true, 400, ""},
		"larger than MaxBody once grown": {inGBK(class(strings.Repeat("机", 1000))), "application/json;charset=GBK", false, 413, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			var logs bytes.Buffer
			rc := newReceiver(t, cb, func(c *supervision.ReceiverConfig) {
				c.AnyContentType, c.MaxBody = tt.any, 2900
				c.Logger = slog.New(slog.NewTextHandler(&logs, nil))
				verify := c.Verify
				c.Verify = func(ctx context.Context, h supervision.Headers, r *http.Request) error {
					var raw bytes.Buffer
					_, err := raw.ReadFrom(r.Body)
					assert.NoError(t, err)
					assert.Equal(t, tt.body, raw.String(), "the body is verified as it came")
					return verify(ctx, h, r)
				}
			})
			r := httptest.NewRequest(http.MethodPost, supervision.PathPushClass, strings.NewReader(tt.body))
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			w := serve(rc, r)
			assert.Equal(t, tt.status, w.Code, "%s", logs.String())
			if !utf8.ValidString(tt.body) && tt.status == 400 {
				_, msg := outcome(t, w)
				assert.Contains(t, msg, "请求格式不正确: the text is ")
			}
			if tt.status != 200 {
				assert.Zero(t, cb.count())
				return
			}
			require.Len(t, cb.classes, 1)
			assert.Equal(t, tt.want, cb.classes[0].OrgName)
		})
	}
}

// Each number, enumeration and code of a class is checked, wherever the wire has
// it, and a class is never taken in part.
func TestReceiverRefusesWrongClasses(t *testing.T) {
	whole := members(t, fixture(t, "push_class_sample.json"))
	whole["videoStartFace"] = 0
	delete(whole, "videoOnHookDetail")
	set := func(path string, value any) string {
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		class := members(t, string(text))
		var at any = class
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			if list, ok := at.([]any); ok {
				at = list[len(list)-1]
			}
			next, there := at.(map[string]any)[key]
			if !there {
				next = map[string]any{}
				at.(map[string]any)[key] = next
			}
			at = next
		}
		if list, ok := at.([]any); ok {
			at = list[len(list)-1]
		}
		last := keys[len(keys)-1]
		if value == nil {
			delete(at.(map[string]any), last)
		} else {
			at.(map[string]any)[last] = value
		}
		text, err = json.Marshal(class)
		require.NoError(t, err)
		return string(text)
	}
	cb := &callbacks{}
	rc := newReceiver(t, cb, nil)
	push := func(t *testing.T, data string) (int, string) {
		cb.classes = nil
		w := serve(rc, inbound(supervision.PathPushClass, data))
		code, msg := outcome(t, w)
		assert.Equal(t, w.Code == 200, code == "0")
		assert.Equal(t, w.Code == 200, len(cb.classes) == 1)
		return w.Code, msg
	}
	status, msg := push(t, set("x", 1))
	require.Equal(t, 200, status, "%s", msg)

	const students, courses, resources = "thirdClassStudentInfoVoList", "thirdClassCourseInfoVoList", "thirdClassCourseInfoVoList.children.children"
	wrong := map[string][]any{
		"realNameAuthentication":          {2, -1, "2", "ja", 0.5, "", []any{1}},
		"videoStartFace":                  {2, "x", ""},
		"studyHourLimit":                  {-1, 25, "25", 1.5, "1.5", true, false, "", "x", 1e300},
		"videoOnHook":                     {3, -1, "3", true, false, "", "x", 1.5},
		"faceTimeLimit":                   {-1, true, "x"},
		"videoPlayRecord":                 {-1, true, "x"},
		courses + ".sort":                 {true, "x", 1.5},
		courses + ".children.sort":        {true, "x"},
		resources + ".sort":               {true, "x"},
		resources + ".videoTimeLength":    {true, "x", -1, "-1", 1.5},
		"classCode":                       {nil, "", true, map[string]any{}},
		"orgCode":                         {nil, "", true},
		"orgName":                         {true, []any{}},
		students + ".cardNo":              {nil, "", " ", true},
		students + ".studentUserCode":     {nil, "", false},
		students + ".studentName":         {true},
		courses + ".courseCode":           {nil, "", true},
		courses + ".children.chapterCode": {true},
		resources + ".resCode":            {nil, "", true},
	}
	for _, at := range []string{"", "videoOnHookDetail."} {
		wrong[at+"triggerType"] = []any{3, -1, "3", true, "x", 1.5}
		for _, name := range []string{"triggervValue", "triggerValue"} {
			wrong[at+name] = []any{-1, 1441, true, "x", 1.5}
		}
	}
	for path, values := range wrong {
		for _, v := range values {
			t.Run(fmt.Sprintf("%s %v", path, v), func(t *testing.T) {
				status, msg := push(t, set(path, v))
				assert.Equal(t, 400, status)
				assert.Contains(t, msg, "请求格式不正确: ")
			})
		}
	}
	for name, data := range map[string]string{
		"checks without a value": set("videoOnHook", "2"),
		"checks with a value 0":  strings.Replace(set("triggerValue", 0), `"videoOnHook":"0"`, `"videoOnHook":1`, 1),
		"checks with no value":   strings.Replace(set("triggervValue", ""), `"videoOnHook":"0"`, `"videoOnHook":1`, 1),
		"in another case":        strings.Replace(set("x", 1), `"videoOnHook":"0"`, `"VIDEOONHOOK":true`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			status, _ := push(t, data)
			assert.Equal(t, 400, status)
		})
	}
	for name, data := range map[string]string{
		"a bool for a switch":                set("realNameAuthentication", true),
		"a place before the first":           set(courses+".sort", -1),
		"a list of texts that are names too": set("x", []any{"a", "classCode", true}),
		"lists in lists":                     set("x", []any{[]any{"a"}, "classCode", true}),
	} {
		t.Run(name, func(t *testing.T) {
			status, msg := push(t, data)
			assert.Equal(t, 200, status, msg)
		})
	}
	// What is not needed may be empty, and is then zero.
	for _, path := range []string{
		"faceTimeLimit", "videoPlayRecord", "triggerType", "triggerValue", "triggervValue", "videoOnHookDetail.triggerType",
		courses + ".sort", courses + ".children.sort", resources + ".sort", resources + ".videoTimeLength",
	} {
		for _, empty := range []any{"", " ", json.RawMessage("null")} {
			t.Run(fmt.Sprintf("%s %q", path, empty), func(t *testing.T) {
				status, msg := push(t, set(path, empty))
				require.Equal(t, 200, status, msg)
				if strings.HasSuffix(path, ".videoTimeLength") {
					chapters := cb.classes[0].Courses[1].Children[0].Children
					assert.Zero(t, chapters[len(chapters)-1].VideoTimeLength)
				}
			})
		}
	}
	t.Run("the field is named", func(t *testing.T) {
		_, msg := push(t, set(students+".cardNo", true))
		assert.Contains(t, msg, "field data.thirdClassStudentInfoVoList.cardNo: has bool where a string was expected")
		_, msg = push(t, set(resources+".resCode", nil))
		assert.Contains(t, msg, "field data.thirdClassCourseInfoVoList[1].children[0].children[1].resCode: is missing")
		_, msg = push(t, set("orgCode", nil))
		assert.Contains(t, msg, "field data.orgCode: is missing")
	})
}

func TestReceiverRefusesWrongPages(t *testing.T) {
	cb := &callbacks{}
	rc := newReceiver(t, cb, nil)
	for _, value := range []string{
		`true`, `false`, `"true"`, `""`, `null`, `"x"`, `1.5`, `"1.5"`, `-1`, `0`, `[]`, `{}`, `[1]`, `1e3`, `"1 2"`, `1000001`, `"9223372036854775808"`,
	} {
		for _, data := range []string{`{"pageNo":` + value + `,"pageSize":10}`, `{"pageNo":1,"pageSize":` + value + `}`} {
			w := serve(rc, inbound(supervision.PathPullCourses, data))
			code, _ := outcome(t, w)
			assert.Equal(t, []any{400, "400"}, []any{w.Code, code}, data)
		}
	}
	assert.Zero(t, cb.count())
	for _, data := range []string{`{"pageNo":1,"pageSize":10000}`, `{"pageNo":" 1 ","pageSize":"2"}`, `{"pageNo":1.0,"pageSize":2}`, `{"PAGENO":1,"pagesize":2}`} {
		assert.Equal(t, 200, serve(rc, inbound(supervision.PathPullCourses, data)).Code, data)
	}
}

func TestReceiverRefusesWrongDevices(t *testing.T) {
	cb := &callbacks{}
	rc := newReceiver(t, cb, nil)
	for device, status := range map[string]int{`"TYPE_H5"`: 200, `"TYPE_PC"`: 200, `"TYPE_ANDROID"`: 200, `"TYPE_IOS"`: 200, `""`: 200, `null`: 200, `"TYPE_TV"`: 400, `"type_pc"`: 400, `1`: 400} {
		r := httptest.NewRequest(http.MethodPost, supervision.PathPullCourses, strings.NewReader(
			`{"headers":{"userToken":"`+callerToken+`","deviceType":`+device+`},"data":{"pageNo":1,"pageSize":1}}`))
		assert.Equal(t, status, serve(rc, r).Code, device)
	}
}

// What is wrong with the envelope is said, and where.
func TestReceiverNamesWhatIsWrongWithARequest(t *testing.T) {
	cb := &callbacks{}
	rc := newReceiver(t, cb, nil)
	const headers = `"headers":{"userToken":"` + callerToken + `"}`
	for body, want := range map[string]string{
		`{"data":{"pageNo":1,"pageSize":1}}`:                               "field headers: is missing",
		`{"headers":null,"data":{"pageNo":1,"pageSize":1}}`:                "field headers: is missing",
		`{"headers":{"timestamp":"now"},"data":{"pageNo":1,"pageSize":1}}`: "field headers.timestamp: is not in seconds since 1970",
		`{"headers":{"deviceType":"TV"},"data":{"pageNo":1,"pageSize":1}}`: "field headers.deviceType: is not one of TYPE_PC, TYPE_H5, TYPE_ANDROID and TYPE_IOS",
		`{` + headers + `}`:                                                   "field data: is missing",
		`{` + headers + `,"data":null}`:                                       "field data: is missing",
		`{` + headers + `,"data":[null]}`:                                     "field data: is missing",
		`{` + headers + `,"data":[]}`:                                         "field data: is an array whose length is not 1",
		`{` + headers + `,"data":[{"pageNo":1},{}]}`:                          "field data: is an array whose length is not 1",
		`{` + headers + `,"data":"x"}`:                                        "field data: is not an object",
		`{` + headers + `,"data":[1]}`:                                        "field data: is not an object",
		`{` + headers + `,"data":{}}`:                                         "field data: is empty",
		`{` + headers + `,"data":[ { } ]}`:                                    "field data: is empty",
		`{` + headers + `,"data":{"pageNo":"` + `\ud800` + `","pageSize":1}}`: `the JSON has half of a character in an escape such as \ud800`,
		`{` + headers + `,"data":{"pageNo":1,"pageSize":0}}`:                  "field data.pageSize: is not a number from 1 to 10000",
		`{` + headers + `,"data":{"pageNo":"x","pageSize":1}}`:                "field data.pageNo: is not a whole number",
	} {
		w := serve(rc, httptest.NewRequest(http.MethodPost, supervision.PathPullCourses, strings.NewReader(body)))
		code, msg := outcome(t, w)
		assert.Equal(t, "400", code, body)
		assert.Equal(t, "请求格式不正确: "+want, msg, body)
	}
	assert.Zero(t, cb.count())
}

// What a callback gives back is checked before it goes out.
func TestReceiverChecksAnswersToPushes(t *testing.T) {
	const class = `{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":[
		{"cardNo":"11010119900307001x","studentUserCode":"1"},{"cardNo":"110101199003070022","studentUserCode":"2"},{"cardNo":"11010119900307001X","studentUserCode":"1"}]}`
	account := func(card, name string) supervision.StudentAccount {
		return supervision.StudentAccount{CardNo: card, StudentUserAccount: name}
	}
	one, two := account("11010119900307001x", "zhangsan"), account("110101199003070022", "lisi")
	for name, tt := range map[string]struct {
		result  *supervision.PushClassResult
		problem string // "" for a success
	}{
		"an account for each":          {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{two, one}}, ""},
		"with rules":                   {&supervision.PushClassResult{PasswordRules: "r", Accounts: []supervision.StudentAccount{one, two}}, ""},
		"in other case":                {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{account(" 11010119900307001X", "zhangsan"), two}}, ""},
		"the same twice":               {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, two, two}}, ""},
		"nothing":                      {nil, "no account"},
		"none":                         {&supervision.PushClassResult{}, "no account"},
		"one is missing":               {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one}}, "no account"},
		"one has no name":              {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, account(two.CardNo, "")}}, "without a name"},
		"one has no card":              {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, two, account("", "x")}}, "not a student"},
		"a stranger's":                 {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, two, account("canary-card", "x")}}, "not a student"},
		"two for one student":          {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, two, account(two.CardNo, "canary")}}, "two accounts"},
		"a name that is not UTF-8":     {&supervision.PushClassResult{Accounts: []supervision.StudentAccount{one, account(two.CardNo, "\xd5\xc5")}}, "not UTF-8"},
		"rules that are not UTF-8":     {&supervision.PushClassResult{PasswordRules: "\xd5", Accounts: []supervision.StudentAccount{one, two}}, "not UTF-8"},
		"a class changed meanwhile":    {&supervision.PushClassResult{PasswordRules: "change", Accounts: []supervision.StudentAccount{one, two}}, ""},
		"a class's students forgotten": {&supervision.PushClassResult{PasswordRules: "change"}, "no account"},
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
				c.Logger = slog.New(slog.NewTextHandler(&logs, nil))
				c.PushClass = func(_ context.Context, c *supervision.Class) (*supervision.PushClassResult, error) {
					if tt.result != nil && tt.result.PasswordRules == "change" {
						c.Students = nil
					}
					return tt.result, nil
				}
			})
			w := serve(rc, inbound(supervision.PathPushClass, class))
			code, msg := outcome(t, w)
			assert.NotContains(t, logs.String()+w.Body.String(), "canary")
			if tt.problem != "" {
				assert.Equal(t, []any{200, "1", "处理失败"}, []any{w.Code, code, msg})
				assert.Contains(t, logs.String(), tt.problem)
				return
			}
			assert.Equal(t, []any{200, "0"}, []any{w.Code, code})
			assert.Contains(t, w.Body.String(), `"returnData":[{"cardNo":"11010119900307001x","studentUserAccount":"zhangsan"},{"cardNo":"110101199003070022","studentUserAccount":"lisi"}]`)
		})
	}
}

func TestReceiverChecksAnswersToPulls(t *testing.T) {
	with := func(change func(*supervision.CoursePage)) *supervision.CoursePage {
		p := &supervision.CoursePage{TotalPage: 2, Courses: courses()}
		change(p)
		return p
	}
	for name, tt := range map[string]struct {
		page    *supervision.CoursePage
		code    string // ReceiverConfig.PlatformCode
		problem string
	}{
		"good":                           {with(func(*supervision.CoursePage) {}), "", ""},
		"its own numbers":                {with(func(p *supervision.CoursePage) { p.PageNo, p.PageSize = 2, 2 }), "", ""},
		"the numbers of the request":     {with(func(p *supervision.CoursePage) { p.PageNo, p.PageSize = 2, 3 }), "", ""},
		"another page":                   {with(func(p *supervision.CoursePage) { p.PageNo = 1 }), "", "another page"},
		"a larger size":                  {with(func(p *supervision.CoursePage) { p.PageSize = 4 }), "", "a PageSize that is not from 1"},
		"a negative size":                {with(func(p *supervision.CoursePage) { p.PageSize = -1 }), "", "a PageSize that is not from 1"},
		"a negative size, after the end": {with(func(p *supervision.CoursePage) { p.PageSize, p.TotalPage, p.Courses = -1, 1, nil }), "", "a PageSize that is not from 1"},
		"more than its size":             {with(func(p *supervision.CoursePage) { p.PageSize = 1 }), "", "more courses"},
		"beyond the end":                 {with(func(p *supervision.CoursePage) { p.TotalPage = 1 }), "", "beyond TotalPage"},
		"a negative end":                 {with(func(p *supervision.CoursePage) { p.TotalPage, p.Courses = -1, nil }), "", "below 0"},
		"empty before the end":           {with(func(p *supervision.CoursePage) { p.Courses = nil }), "", "no courses"},
		"empty after it":                 {with(func(p *supervision.CoursePage) { p.TotalPage, p.Courses = 1, nil }), "", ""},
		"without the platform's code":    {with(func(p *supervision.CoursePage) { p.Courses[1].PlatformCode = "" }), "", "PlatformCode"},
		"with the configuration's code":  {with(func(p *supervision.CoursePage) { p.Courses[1].PlatformCode = "" }), "canary-platform", ""},
		"without a course's code":        {with(func(p *supervision.CoursePage) { p.Courses[0].CourseCode = "" }), "", "courses[0].CourseCode must not be empty"},
		"without a video's code": {with(func(p *supervision.CoursePage) {
			p.Courses[1].ChapterList[0].SectionList[0].SectionSourceList[0].ResCode = ""
		}), "", "courses[1].ChapterList[0].SectionList[0].SectionSourceList[0].ResCode must not be empty"},
		"with a name that is not UTF-8": {with(func(p *supervision.CoursePage) { p.Courses[0].CourseName = "\xd5" }), "", "courses[0].CourseName must be UTF-8"},
		"with a status of its own":      {with(func(p *supervision.CoursePage) { p.Courses[0].CourseStatus = 3 }), "", "courses[0].CourseStatus"},
		"with half a second": {with(func(p *supervision.CoursePage) {
			p.Courses[1].ChapterList[0].SectionList[0].SectionSourceList[0].Duration = time.Second / 2
		}), "", "Duration"},
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
				c.Logger, c.PlatformCode = slog.New(slog.NewTextHandler(&logs, nil)), tt.code
				c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) { return tt.page, nil }
			})
			w := serve(rc, inbound(supervision.PathPullCourses, `{"pageNo":2,"pageSize":3}`))
			code, msg := outcome(t, w)
			if tt.problem != "" {
				assert.Equal(t, []any{200, "1", "处理失败"}, []any{w.Code, code, msg})
				assert.Contains(t, logs.String(), tt.problem)
				return
			}
			assert.Equal(t, []any{200, "0"}, []any{w.Code, code})
			assert.Equal(t, tt.code != "", strings.Contains(w.Body.String(), `"studyPlatformCode":"canary-platform"`))
			if tt.code != "" {
				assert.Empty(t, tt.page.Courses[1].PlatformCode, "what the callback returned is its own")
			}
		})
	}
}

// A callback can return a page that it keeps, and does so on several goroutines.
func TestReceiverLeavesPagesOfACallbackAlone(t *testing.T) {
	kept := &supervision.CoursePage{TotalPage: 1, Courses: courses()[:1]}
	rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
		c.PlatformCode = "p"
		c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) { return kept, nil }
	})
	for _, size := range []int{20, 5} {
		w := serve(rc, inbound(supervision.PathPullCourses, fmt.Sprintf(`{"pageNo":1,"pageSize":%d}`, size)))
		code, _ := outcome(t, w)
		assert.Equal(t, "0", code, "a page of %d was refused: %s", size, w.Body)
		assert.Contains(t, w.Body.String(), fmt.Sprintf(`"pageSize":%d`, size))
	}
	assert.Equal(t, &supervision.CoursePage{TotalPage: 1, Courses: courses()[:1]}, kept, "the callback's page was changed")
}

func TestReceiverTellsErrorsOfCallbacks(t *testing.T) {
	for name, tt := range map[string]struct {
		err       error
		code, msg string
	}{
		"a code and a message":   {&supervision.ReturnError{Code: "4004", Msg: "课程不存在"}, "4004", "课程不存在"},
		"no message":             {&supervision.ReturnError{Code: "4004"}, "4004", "处理失败"},
		"no code":                {&supervision.ReturnError{Msg: "no"}, "1", "no"},
		"success":                {&supervision.ReturnError{Code: "0", Msg: "no"}, "1", "no"},
		"success with a space":   {&supervision.ReturnError{Code: " 0", Msg: "no"}, "1", "no"},
		"success in other words": {&supervision.ReturnError{Code: "-0.00", Msg: "no"}, "1", "no"},
		"a code that is no text": {&supervision.ReturnError{Code: "\xd5", Msg: "\xd5"}, "1", "处理失败"},
		"a long code":            {&supervision.ReturnError{Code: strings.Repeat("9", 65), Msg: "no"}, "1", "no"},
		"a long message":         {&supervision.ReturnError{Code: "9", Msg: strings.Repeat("不", 1000)}, "9", strings.Repeat("不", 341)},
		"a code of letters":      {&supervision.ReturnError{Code: "E404", Msg: "no"}, "E404", "no"},
		"the longest code":       {&supervision.ReturnError{Code: strings.Repeat("9", 64), Msg: "no"}, strings.Repeat("9", 64), "no"},
		"nil":                    {(*supervision.ReturnError)(nil), "1", "处理失败"},
		"wrapped":                {fmt.Errorf("canary: %w", &supervision.ReturnError{Code: "7", Msg: "no"}), "7", "no"},
	} {
		t.Run(name, func(t *testing.T) {
			rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
				c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) { return nil, tt.err }
			})
			w := serve(rc, inbound(supervision.PathPullCourses, `{"pageNo":1,"pageSize":1}`))
			code, msg := outcome(t, w)
			assert.Equal(t, []any{200, tt.code, tt.msg}, []any{w.Code, code, msg})
		})
	}
}
