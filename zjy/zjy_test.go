package zjy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/zjy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const auth = "canary-auth"

// mocked returns a client of the production address and the mock that answers.
func mocked(t testing.TB, answer httpmock.Responder, opts ...edusdk.Option) (*zjy.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := testkit.Mock(answer)
	opts = append([]edusdk.Option{edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond})}, opts...)
	c, err := zjy.New(zjy.Config{Auth: auth}, opts...)
	require.NoError(t, err)
	return c, mock
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	return testkit.Fixture(t, name+".json")
}

var cell = zjy.CellRef{CourseOpenID: "course", OpenClassID: "class", CellID: "cell", ModuleID: "module"}

// operations are all calls, with what they send and the sample that they get.
var operations = []struct {
	op, path, body, sample string
	call                   func(context.Context, *zjy.Client) (any, error)
}{
	{"Profile", "api/student/Studio/index", "", "profile", func(ctx context.Context, c *zjy.Client) (any, error) {
		return c.Profile(ctx)
	}},
	{"Courses", "api/student/learning/getLearnningCourseList", "", "courses", func(ctx context.Context, c *zjy.Client) (any, error) {
		return c.Courses(ctx)
	}},
	{"Outline", "api/study/process/getProcessList", "courseOpenId=course&openClassId=class", "outline", func(ctx context.Context, c *zjy.Client) (any, error) {
		return c.Outline(ctx, "course", "class")
	}},
	{"Topics", "api/study/process/getTopicByModuleId", "courseOpenId=course&moduleId=module", "topics", func(ctx context.Context, c *zjy.Client) (any, error) {
		topics, err := c.Topics(ctx, "course", "module")
		return map[string]any{"topicList": topics}, err
	}},
	{"Cells", "api/study/process/getCellByTopicId", "courseOpenId=course&openClassId=class&topicId=topic", "cells", func(ctx context.Context, c *zjy.Client) (any, error) {
		cells, err := c.Cells(ctx, "course", "class", "topic")
		return map[string]any{
			"cellList": cells, "courseOpenId": "qra4ahurp4hhmnxeb88lza", "openClassId": "6dwyaaqt0yzlqlr6xhruxq",
		}, err
	}},
	{"ViewCell", "api/common/Directory/viewDirectory", "cellId=cell&courseOpenId=course&moduleId=module&openClassId=class", "view", func(ctx context.Context, c *zjy.Client) (any, error) {
		return c.ViewCell(ctx, cell)
	}},
	{"ViewCell", "api/common/Directory/viewDirectory", "cellId=cell&courseOpenId=course&openClassId=class", "view", func(ctx context.Context, c *zjy.Client) (any, error) {
		return c.ViewCell(ctx, zjy.CellRef{CourseOpenID: "course", OpenClassID: "class", CellID: "cell"})
	}},
	{"SwitchCell", "api/common/Directory/changeStuStudyProcessCellData", "cellId=cell&cellName=%E8%AF%BE+1&courseOpenId=course&moduleId=module&openClassId=class", "ok", func(ctx context.Context, c *zjy.Client) (any, error) {
		return struct{}{}, c.SwitchCell(ctx, cell, "课 1")
	}},
	{"LogProgress", "api/common/Directory/stuProcessCellLog", "cellId=cell&courseOpenId=course&openClassId=class&picNum=4&studyNewlyPicNum=3&studyNewlyTime=0&token=guid", "log", func(ctx context.Context, c *zjy.Client) (any, error) {
		return struct{}{}, c.LogProgress(ctx, &zjy.ProgressLog{CellRef: cell, PicNum: 4, StudyNewlyPicNum: 3, Token: "guid"})
	}},
	{"LogProgress", "api/common/Directory/stuProcessCellLog", "cellId=cell&cellLogId=log&courseOpenId=course&openClassId=class&picNum=3&studyNewlyPicNum=0&studyNewlyTime=1234567.5&token=guid", "log", func(ctx context.Context, c *zjy.Client) (any, error) {
		return struct{}{}, c.LogProgress(ctx, &zjy.ProgressLog{CellRef: cell, PicNum: 3, StudyNewlyTime: 1234567.5, Token: "guid", CellLogID: "log"})
	}},
}

func TestOperationsOnTheWire(t *testing.T) {
	for _, o := range operations {
		t.Run(o.op, func(t *testing.T) {
			c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, "POST https://zjy2.icve.com.cn/"+o.path, r.Method+" "+r.URL.String())
				assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
				assert.Equal(t, []string{"auth=" + auth}, r.Header["Cookie"])
				assert.Equal(t, o.body, string(body))
				resp := httpmock.NewStringResponse(200, fixture(t, o.sample))
				resp.Header.Set("Content-Type", "text/html") // as the vendor labels its JSON
				resp.Header.Set("Set-Cookie", "auth=another")
				return resp, nil
			})
			for range 2 { // the cookie that the answer sets is not kept
				got, err := o.call(t.Context(), c)
				require.NoError(t, err)
				assertHolds(t, fixture(t, o.sample), got)
			}
			assert.Equal(t, 2, mock.GetTotalCallCount())
		})
	}
}

// assertHolds asserts that got, written as JSON, has every value of the sample.
func assertHolds(t *testing.T, sample string, got any) {
	t.Helper()
	written, err := json.Marshal(got)
	require.NoError(t, err)
	var want, have map[string]any
	require.NoError(t, json.Unmarshal([]byte(sample), &want))
	require.NoError(t, json.Unmarshal(written, &have))
	delete(want, "code")
	delete(want, "msg")
	holds(t, "answer", want, have)
}

func holds(t *testing.T, path string, want, have any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, ok := have.(map[string]any)
		require.True(t, ok, "%s is an object", path)
		for key, v := range want {
			if assert.Contains(t, have, key, path) {
				holds(t, path+"."+key, v, have[key])
			}
		}
	case []any:
		have, _ := have.([]any)
		require.Len(t, have, len(want), path)
		for i, v := range want {
			holds(t, fmt.Sprintf("%s[%d]", path, i), v, have[i])
		}
	case nil:
		assert.Contains(t, []any{nil, ""}, have, path)
	case string:
		if ms, ok := strings.CutPrefix(want, "/Date("); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(ms, ")/"), 10, 64)
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, have.(string))
			require.NoError(t, err)
			assert.Equal(t, n, at.UnixMilli(), path)
			return
		}
		assert.Equal(t, want, have, path)
	default:
		assert.Equal(t, want, have, path)
	}
}

func TestNestedCellsAndPercent(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, fixture(t, "cells")))
	cells, err := c.Cells(t.Context(), "course", "class", "topic")
	require.NoError(t, err)
	require.Len(t, cells, 2)
	assert.Equal(t, []zjy.CellType{zjy.CellLeaf, zjy.CellFolder}, []zjy.CellType{cells[0].CellType, cells[1].CellType})
	assert.Equal(t, []zjy.Category{zjy.CategoryDocument, zjy.CategoryVideo}, []zjy.Category{cells[0].CategoryName, cells[1].CategoryName})
	assert.InDelta(t, 37.5, cells[1].ChildNodeList[0].Percent(), 0)
	assert.Zero(t, cells[0].Percent())
	assert.Zero(t, zjy.Cell{}.Percent())
	full := 100.0
	assert.InDelta(t, 100, zjy.Cell{StuCellPercent: &full}.Percent(), 0)
}

func TestResource(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, fixture(t, "view")))
	detail, err := c.ViewCell(t.Context(), cell)
	require.NoError(t, err)
	r, err := detail.Resource()
	require.NoError(t, err)
	assert.Equal(t, zjy.Resource{
		Extension: "docx", Category: "office", URLs: r.URLs, Args: zjy.ResourceArgs{PageCount: 2}, Status: 2,
	}, *r)
	const file = "348/27/57306E3DF9E5268924059C1338EA4004.docx"
	assert.Equal(t, map[string]string{
		"status":               "https://upload.example.com/doc/g@57306E3DF9E5268924059C1338EA4004.docx/status?time=637559296432298481&token=made-up",
		"preview":              "https://files.example.com/file_doc/" + file,
		"download":             "https://files.example.com/file_doc/" + file + "?response-content-disposition=attachment;filename=课程介绍.docx",
		"preview_oss_ori":      "https://files.example.com/file_doc/" + file,
		"oss_ori_internal_url": "https://internal.example.com/file_doc/" + file,
		"preview_oss_gen":      "https://files.example.com/file_gen_doc/" + file,
		"oss_gen_internal_url": "https://internal.example.com/file_gen_doc/" + file,
		"owa_url":              "https://ppt.example.com/op/view.aspx?src=https://internal.example.com/file_doc/" + file,
	}, r.URLs)
}

func TestCellsWithoutAResource(t *testing.T) {
	for res, kind := range map[string]edusdk.Kind{
		"": edusdk.ErrNotFound, "null": edusdk.ErrNotFound, `""`: edusdk.ErrNotFound, "[]": edusdk.ErrNotFound,
		"{": edusdk.ErrMalformedResponse, "<html>secret": edusdk.ErrMalformedResponse, "5": edusdk.ErrMalformedResponse,
		`["secret"]`: edusdk.ErrMalformedResponse, `{"args":"secret"}`: edusdk.ErrMalformedResponse,
	} {
		t.Run(res, func(t *testing.T) {
			r, err := (&zjy.CellDetail{ResURL: res}).Resource()
			assert.Nil(t, r)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{"zjy", "CellDetail.Resource", kind}, []any{e.Vendor, e.Op, e.Kind})
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	r, err := (&zjy.CellDetail{ResURL: `{"urls":[],"args":"","isH5":"1","status":2.0}`}).Resource()
	require.NoError(t, err)
	assert.Equal(t, &zjy.Resource{IsH5: 1, Status: 2}, r, "PHP's way with types")
}

// A resource comes as a text, in which the cap on the size of answers sees no
// elements.
func TestResourcesOfTooManyElements(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, `"%d":"",`, i)
	}
	_, err := (&zjy.CellDetail{ResURL: `{"urls":{` + b.String() + `"preview":"x"}}`}).Resource()
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
	assert.ErrorContains(t, err, "too large")
	r, err := (&zjy.CellDetail{ResURL: `{"other":{` + b.String() + `"preview":"x"},"extension":"docx"}`}).Resource()
	require.NoError(t, err, "where they become nothing")
	assert.Equal(t, "docx", r.Extension)
}

func FuzzResource(f *testing.F) {
	for _, s := range []string{`{"extension":"docx","urls":{"preview":"x"},"args":{"page_count":"2"}}`, `{"urls":[],"args":""}`, ``, `[`, `null`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, res string) {
		r, err := (&zjy.CellDetail{ResURL: res}).Resource()
		assert.True(t, (r == nil) == (err != nil), "a resource or an error")
	})
}

func TestAnswersOfOtherTypes(t *testing.T) {
	quoted := strings.NewReplacer(`"pageCount": 2`, `"pageCount": "2"`, `"stuCellViewTime": 200`, `"stuCellViewTime": "200.5"`,
		`"cellPercent": 50`, `"cellPercent": ""`, `"code": 1`, `"code": "1"`, `"userType": 1`, `"userType": null`).Replace(fixture(t, "view"))
	c, _ := mocked(t, httpmock.NewStringResponder(200, quoted))
	detail, err := c.ViewCell(t.Context(), cell)
	require.NoError(t, err)
	assert.Equal(t, 2, detail.PageCount)
	assert.InDelta(t, 200.5, detail.StuCellViewTime, 0)
	assert.Zero(t, detail.CellPercent)
	assert.Zero(t, detail.UserType)
}

func TestCodes(t *testing.T) {
	tests := map[string]struct {
		body string
		kind edusdk.Kind
		code string
	}{
		"anomaly":         {`{"code":-1,"msg":"x"}`, edusdk.ErrPermissionDenied, "-1"},
		"expired session": {`{"code":"-1","msg":"x"}`, edusdk.ErrUnauthenticated, "-1"},
		"message":         {`{"code":-2,"msg":"too often"}`, edusdk.ErrUnknown, "-2"},
		"captcha":         {`{"code":-16}`, edusdk.ErrFailedPrecondition, "-16"},
		"failed":          {`{"code":-500}`, edusdk.ErrUnknown, "-500"},
		"throttled":       {`{"code":"-2","msg":"x"}`, edusdk.ErrUnknown, "-2"},
		"captcha, quoted": {`{"code":"-16"}`, edusdk.ErrFailedPrecondition, "-16"},
		"failed, quoted":  {`{"code":"-500"}`, edusdk.ErrUnknown, "-500"},
		"zero":            {`{"code":0}`, edusdk.ErrUnknown, "0"},
		"another":         {`{"code":42,"msg":"about canary-auth"}`, edusdk.ErrUnknown, "42"},
		"other payload":   {`{"code":-1,"courseList":"none","cellList":"x","moduleList":1}`, edusdk.ErrPermissionDenied, "-1"},
	}
	for name, tt := range tests {
		for _, o := range operations {
			t.Run(name+"/"+o.op, func(t *testing.T) {
				c, mock := mocked(t, httpmock.NewStringResponder(200, tt.body))
				_, err := o.call(t.Context(), c)
				var e *edusdk.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, []any{"zjy", o.op, tt.kind, tt.code, 200, 1}, []any{e.Vendor, e.Op, e.Kind, e.Code, e.HTTPStatus, e.Attempts})
				assert.Equal(t, 1, mock.GetTotalCallCount(), "a rejection is not repeated")
				assert.False(t, edusdk.MaybeApplied(err))
				assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "canary")
			})
		}
	}
}

func TestPendingCell(t *testing.T) {
	for name, body := range map[string]string{
		"number": fixture(t, "pending"),
		"string": strings.Replace(fixture(t, "pending"), `"code": -100`, `"code": "-100"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, body))
			_, err := c.ViewCell(t.Context(), cell)
			require.ErrorIs(t, err, edusdk.ErrFailedPrecondition)
			var pending *zjy.PendingCellError
			require.ErrorAs(t, err, &pending)
			at := zjy.CellRef{CourseOpenID: "qra4ahurp4hhmnxeb88lza", OpenClassID: "6dwyaaqt0yzlqlr6xhruxq", ModuleID: "z25ahurhbjekd5kwqqlaa"}
			current, last := at, at
			current.CellID, last.CellID = "z25ahursjdgphgqiku97w", "z25ahur6fcktlnbxekya"
			assert.Equal(t, zjy.PendingCellError{
				Current: zjy.PendingCell{CellRef: current, CellName: "课程介绍", Percent: 100},
				Last:    zjy.PendingCell{CellRef: last, CellName: "《JAVA面向对象程序设计》课程介绍"},
			}, *pending)
			assert.NotContains(t, err.Error(), "课程介绍")
		})
	}
}

func TestEveryOperationCanMeetAPendingCell(t *testing.T) {
	for _, body := range []string{`{"code":-100,"msg":"x"}`, `{"code":"-100","msg":"x"}`, `{"code":-100,"msg":"x","currPercent":{}}`} {
		for _, o := range operations {
			c, mock := mocked(t, httpmock.NewStringResponder(200, body))
			_, err := o.call(t.Context(), c)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e, "%s %s", o.op, body)
			assert.Equal(t, []any{o.op, edusdk.ErrFailedPrecondition, "-100", "x", false}, []any{e.Op, e.Kind, e.Code, e.Message, e.MaybeApplied})
			var pending *zjy.PendingCellError
			require.ErrorAs(t, err, &pending)
			assert.Equal(t, zjy.PendingCellError{}, *pending)
			assert.Contains(t, err.Error(), "SwitchCell", "what to do about it")
			assert.Equal(t, 1, mock.GetTotalCallCount())
		}
	}
}

func TestUnusableAnswers(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   edusdk.Kind
		reads  int // attempts of a call that reads
	}{
		"no code":         {200, `{"msg":"ok"}`, edusdk.ErrMalformedResponse, 2},
		"null code":       {200, `{"code":null}`, edusdk.ErrMalformedResponse, 2},
		"empty code":      {200, `{"code":""}`, edusdk.ErrMalformedResponse, 2},
		"code an object":  {200, `{"code":{}}`, edusdk.ErrMalformedResponse, 2},
		"empty":           {200, ``, edusdk.ErrMalformedResponse, 2},
		"web page":        {200, `<html>`, edusdk.ErrUnavailable, 2},
		"cut off":         {200, `{"code":1,"courseList":[{`, edusdk.ErrMalformedResponse, 2},
		"gateway timeout": {504, `<html>`, edusdk.ErrUnavailable, 3},
		"an empty 504":    {504, ``, edusdk.ErrUnavailable, 3},
		"success as 504":  {504, `{"code":1}`, edusdk.ErrUnavailable, 3},
		"unknown code":    {500, `{"code":42}`, edusdk.ErrUnavailable, 3},
		"without payload": {200, `{"code":1}`, edusdk.ErrMalformedResponse, 2},
		"another payload": {200, `{"code":1,"statData":5,"courseList":5,"progress":5,"topicList":5,"cellList":5,"pageCount":{}}`, edusdk.ErrMalformedResponse, 2},
	}
	for name, tt := range tests {
		for _, o := range operations {
			if strings.HasSuffix(name, "payload") && (o.sample == "ok" || o.sample == "log") {
				continue // these have none
			}
			t.Run(name+"/"+o.op, func(t *testing.T) {
				c, mock := mocked(t, httpmock.NewStringResponder(tt.status, tt.body))
				_, err := o.call(t.Context(), c)
				require.ErrorIs(t, err, tt.kind)
				want := tt.reads
				if o.op == "LogProgress" {
					want = 1
				}
				assert.Equal(t, want, mock.GetTotalCallCount())
				var e *edusdk.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, e.Class == "upsert" || e.Class == "create", edusdk.MaybeApplied(err))
				assert.Equal(t, tt.status, e.HTTPStatus)
			})
		}
	}
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	missing := map[string]string{
		"Profile": "stuId", "Courses": "courseList", "Outline": "progress.moduleList", "Topics": "topicList", "Cells": "cellList",
		"ViewCell": "[redacted]Id", // "cell" is what it was sent
	}
	for _, o := range operations {
		_, err := o.call(t.Context(), mustClient(t, httpmock.NewStringResponder(200, `{"msg":"ok"}`)))
		require.ErrorContains(t, err, "field code: is missing", o.op)
		_, err = o.call(t.Context(), mustClient(t, httpmock.NewStringResponder(200, `{"code":1}`)))
		if field := missing[o.op]; field != "" {
			require.ErrorContains(t, err, "field "+field+": is missing", o.op)
		} else {
			require.NoError(t, err, o.op)
		}
	}
	err := mustClient(t, httpmock.NewStringResponder(200, `{"code":-2,"msg":"x"}`)).Call(t.Context(), http.MethodPost, "api/x", nil, nil)
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []string{"Call", "-2", "x"}, []string{e.Op, e.Code, e.Message})
}

func TestBadArgumentsAreNotSent(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{"code":1}`))
	ctx := t.Context()
	ref := func(change func(*zjy.CellRef)) zjy.CellRef {
		r := cell
		change(&r)
		return r
	}
	log := func(change func(*zjy.ProgressLog)) error {
		l := &zjy.ProgressLog{CellRef: cell, Token: "t"}
		change(l)
		return c.LogProgress(ctx, l)
	}
	second := func(_ any, err error) error { return err }
	for field, errs := range map[string][]error{
		"courseOpenID": {
			second(c.Outline(ctx, "", "class")), second(c.Topics(ctx, "", "module")), second(c.Cells(ctx, "", "class", "topic")),
		},
		"openClassID":      {second(c.Outline(ctx, "course", "")), second(c.Cells(ctx, "course", "", "topic")), second(c.Tree(ctx, "course", ""))},
		"moduleID":         {second(c.Topics(ctx, "course", ""))},
		"topicID":          {second(c.Cells(ctx, "course", "class", "\xff"))},
		"CourseOpenID":     {second(c.ViewCell(ctx, ref(func(r *zjy.CellRef) { r.CourseOpenID = "" })))},
		"OpenClassID":      {c.SwitchCell(ctx, ref(func(r *zjy.CellRef) { r.OpenClassID = "" }), "name")},
		"CellID":           {log(func(l *zjy.ProgressLog) { l.CellID = "" })},
		"cellName":         {c.SwitchCell(ctx, cell, "")},
		"Token":            {log(func(l *zjy.ProgressLog) { l.Token = "" })},
		"StudyNewlyTime":   {log(func(l *zjy.ProgressLog) { l.StudyNewlyTime = -1 }), log(func(l *zjy.ProgressLog) { l.StudyNewlyTime = math.NaN() }), log(func(l *zjy.ProgressLog) { l.StudyNewlyTime = math.Inf(1) })},
		"PicNum":           {log(func(l *zjy.ProgressLog) { l.PicNum = -1 })},
		"StudyNewlyPicNum": {log(func(l *zjy.ProgressLog) { l.StudyNewlyPicNum = -1 })},
		"WithBound":        {second(c.Tree(ctx, "course", "class", zjy.WithBound(0)))},
		"path":             {c.Call(ctx, http.MethodPost, "", nil, nil)},
		"method":           {c.Call(ctx, http.MethodDelete, "api/x", nil, nil)},
	} {
		for i, err := range errs {
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f, "%s %d", field, i)
			assert.Equal(t, field, f.Field)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		}
	}
	require.ErrorIs(t, c.LogProgress(ctx, nil), edusdk.ErrInvalidArgument)
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestCall(t *testing.T) {
	c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "/api/x", r.URL.Path)
		assert.Equal(t, []string{"auth=" + auth}, r.Header["Cookie"])
		if r.Method == http.MethodGet {
			assert.Equal(t, "a=1", r.URL.RawQuery)
		}
		return httpmock.NewStringResponse(200, `{"code":"1","n":"5"}`), nil
	})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var out struct{ N int }
		require.NoError(t, c.Call(t.Context(), method, "/api/x", map[string]string{"a": "1"}, &out))
		assert.Equal(t, 5, out.N)
		require.NoError(t, c.Call(t.Context(), method, "api/x", map[string]string{"a": "1"}, nil))
		require.ErrorIs(t, c.Call(t.Context(), method, "api/x", map[string]string{"a": "1"}, new([]int)), edusdk.ErrMalformedResponse)
	}
}

// closer is a transport that counts how often its connections are closed.
type closer struct {
	http.RoundTripper
	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnections(t *testing.T) {
	transport := &closer{}
	c, err := zjy.New(zjy.Config{Auth: auth}, edusdk.WithTransport(transport))
	require.NoError(t, err)
	c.CloseIdleConnections()
	assert.Equal(t, 1, transport.closed)
}

func TestNewChecksItsConfig(t *testing.T) {
	for name, cfg := range map[string]zjy.Config{
		"zero": {}, "with its name": {Auth: "auth=0102FA"}, "with its name in capitals": {Auth: "AUTH=0102FA"}, "a header": {Auth: "Cookie:auth=0102FA"}, "a whole cookie": {Auth: "auth=x; path=/"}, "a space": {Auth: "a b"}, "a line": {Auth: "a\r\nb"},
		"Chinese": {Auth: "值"}, "address": {Auth: "a", BaseURL: "zjy2"},
		"quote": {Auth: `a"b`}, "comma": {Auth: "a,b"}, "semicolon": {Auth: "a;b"}, "backslash": {Auth: `a\b`}, "DEL": {Auth: "a\x7fb"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := zjy.New(cfg)
			require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			want := "Config.Auth"
			if cfg.BaseURL != "" {
				want = "Config.BaseURL"
			}
			assert.Equal(t, want, f.Field)
		})
	}
	for _, good := range []string{"!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~", "x"} {
		c, err := zjy.New(zjy.Config{Auth: good})
		require.NoError(t, err)
		assert.Equal(t, "zjy.Client(https://zjy2.icve.com.cn)", c.String())
	}
	assert.Equal(t, `zjy.Config{BaseURL:"https://x", redacted}`, zjy.Config{Auth: auth, BaseURL: "https://x"}.String())
}

// events is an observer that keeps what it is told.
type events struct{ all []any }

func (e *events) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) { e.all = append(e.all, a) }
func (e *events) ObserveCall(_ context.Context, c edusdk.CallEvent)       { e.all = append(e.all, c) }

func TestNoSinkHoldsASecret(t *testing.T) {
	var sink strings.Builder
	logger := slog.New(slog.NewJSONHandler(&sink, &slog.HandlerOptions{Level: slog.LevelDebug}))
	observer := &events{}
	echo := func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		msg, err := json.Marshal(string(body) + " " + r.Header.Get("Cookie"))
		assert.NoError(t, err)
		return httpmock.NewStringResponse(200, `{"code":-2,"msg":`+string(msg)+`}`), nil
	}
	c, _ := mocked(t, echo, edusdk.WithLogger(logger), edusdk.WithObserver(observer))
	ref := zjy.CellRef{CourseOpenID: "canary-course", OpenClassID: "canary-class", CellID: "canary-cell", ModuleID: "canary-module"}
	for _, err := range []error{
		c.SwitchCell(t.Context(), ref, "canary-name"),
		c.LogProgress(t.Context(), &zjy.ProgressLog{CellRef: ref, Token: "canary-token", CellLogID: "canary-log"}),
		c.Call(t.Context(), http.MethodGet, "api/x", map[string]string{"a": "canary-value"}, nil),
	} {
		require.Error(t, err)
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&sink, "%v %+v %#v\n", err, err, err)
		}
	}
	cfg := zjy.Config{Auth: auth}
	fmt.Fprintf(&sink, "%v %+v %#v %v %+v %#v %+v %+v", c, c, c, cfg, cfg, cfg, *c, observer.all)
	logger.Info("values", "client", c, "config", cfg)
	assert.NotContains(t, sink.String(), "canary")
	assert.Contains(t, sink.String(), "[redacted]", "the vendor's words are there all the same")
	c.CloseIdleConnections()
}

// The token changes with every request, so that the next log needs that of the last.
func TestLogReturnsTheNextToken(t *testing.T) {
	for body, want := range map[string]zjy.LogResult{
		`{"code":1,"Id":"cell","guIdToken":"next"}`: {CellID: "cell", GUIDToken: "next"},
		`{"code":1}`:                       {},
		`{"code":1,"Id":7,"guIdToken":12}`: {CellID: "7", GUIDToken: "12"},
	} {
		transport := httpmock.NewMockTransport()
		transport.RegisterResponder(http.MethodPost, "=~.*", httpmock.NewStringResponder(200, body))
		c, err := zjy.New(zjy.Config{Auth: auth}, edusdk.WithTransport(transport))
		require.NoError(t, err)
		got, err := c.Log(t.Context(), &zjy.ProgressLog{CellRef: cell, PicNum: 1, Token: "guid"})
		require.NoError(t, err, body)
		assert.Equal(t, &want, got)
	}
}
