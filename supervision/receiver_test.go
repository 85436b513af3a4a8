package supervision_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

const callerToken = "canary-caller-token"

// callbacks remember what they are given.
type callbacks struct {
	mu      sync.Mutex
	classes []*supervision.Class
	pages   [][2]int
}

func (c *callbacks) push(_ context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.classes = append(c.classes, class)
	r := &supervision.PushClassResult{PasswordRules: "身份证后六位"}
	for i, s := range class.Students {
		r.Accounts = append(r.Accounts, supervision.StudentAccount{CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student%d", i+1)})
	}
	return r, nil
}

func (c *callbacks) pull(_ context.Context, pageNo, pageSize int) (*supervision.CoursePage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages = append(c.pages, [2]int{pageNo, pageSize})
	all := courses()
	from := min((pageNo-1)*pageSize, len(all))
	return &supervision.CoursePage{
		TotalPage: (len(all) + pageSize - 1) / pageSize, Courses: all[from:min(from+pageSize, len(all))],
	}, nil
}

func (c *callbacks) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.classes) + len(c.pages)
}

func newReceiver(t testing.TB, cb *callbacks, change func(*supervision.ReceiverConfig)) *supervision.Receiver {
	t.Helper()
	cfg := supervision.ReceiverConfig{
		Verify: supervision.SharedToken(callerToken), PushClass: cb.push, PullCourses: cb.pull, Clock: func() time.Time { return now },
	}
	if change != nil {
		change(&cfg)
	}
	rc, err := supervision.NewReceiver(cfg)
	require.NoError(t, err)
	return rc
}

// inbound is a request of the platform, in the document's own words.
func inbound(path, data string) *http.Request {
	body := `{"headers":{"deviceType":"TYPE_PC","timestamp":"1587107195","deviceId":"127.0.0.1","userToken":"` + callerToken + `"},"data":` + data + `}`
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// outcome returns the returnCode and returnMsg of an answer.
func outcome(t testing.TB, w *httptest.ResponseRecorder) (code, msg string) {
	t.Helper()
	var e struct {
		Code *string `json:"returnCode"`
		Msg  *string `json:"returnMsg"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), "the answer is %s", w.Body)
	require.NotNil(t, e.Code)
	require.NotNil(t, e.Msg)
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	return *e.Code, *e.Msg
}

func data(t testing.TB, request string) string {
	text, err := json.Marshal(members(t, fixture(t, request))["data"])
	require.NoError(t, err)
	return string(text)
}

func TestReceiverConfigIsChecked(t *testing.T) {
	good := func() supervision.ReceiverConfig {
		cb := &callbacks{}
		return supervision.ReceiverConfig{Verify: supervision.SharedToken("t"), PushClass: cb.push, PullCourses: cb.pull}
	}
	for name, tt := range map[string]struct {
		change func(*supervision.ReceiverConfig)
		field  string
	}{
		"zero":                 {func(c *supervision.ReceiverConfig) { *c = supervision.ReceiverConfig{} }, "Verify"},
		"no verifier":          {func(c *supervision.ReceiverConfig) { c.Verify = nil }, "Verify"},
		"an empty token":       {func(c *supervision.ReceiverConfig) { c.Verify = supervision.SharedToken("") }, "Verify"},
		"no callbacks":         {func(c *supervision.ReceiverConfig) { c.PushClass, c.PullCourses = nil, nil }, "PushClass"},
		"a negative body":      {func(c *supervision.ReceiverConfig) { c.MaxBody = -1 }, "MaxBody"},
		"a negative skew":      {func(c *supervision.ReceiverConfig) { c.MaxSkew = -1 }, "MaxSkew"},
		"negative concurrency": {func(c *supervision.ReceiverConfig) { c.MaxConcurrent = -1 }, "MaxConcurrent"},
		"a huge body":          {func(c *supervision.ReceiverConfig) { c.MaxBody = 1<<63 - 1 }, "MaxBody"},
		"a code in GBK":        {func(c *supervision.ReceiverConfig) { c.PlatformCode = "\xd5\xc5" }, "PlatformCode"},
		"a negative time":      {func(c *supervision.ReceiverConfig) { c.BodyTimeout = -1 }, "BodyTimeout"},
		"negative patience":    {func(c *supervision.ReceiverConfig) { c.CallbackTimeout = -1 }, "CallbackTimeout"},
		"negative memory":      {func(c *supervision.ReceiverConfig) { c.MaxMemory = -1 }, "MaxMemory"},
		"too little memory":    {func(c *supervision.ReceiverConfig) { c.MaxMemory = 2<<20 - 1 }, "MaxMemory"},
		"too little a share":   {func(c *supervision.ReceiverConfig) { c.MaxMemoryPerCaller = 2<<20 - 1 }, "MaxMemoryPerCaller"},
		"negative entries":     {func(c *supervision.ReceiverConfig) { c.Replay = &supervision.ReplayConfig{MaxEntries: -1} }, "Replay.MaxEntries"},
		"negative bytes":       {func(c *supervision.ReceiverConfig) { c.Replay = &supervision.ReplayConfig{MaxBytes: -1} }, "Replay.MaxBytes"},
		"a negative age":       {func(c *supervision.ReceiverConfig) { c.Replay = &supervision.ReplayConfig{MaxAge: -1} }, "Replay.MaxAge"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good()
			tt.change(&cfg)
			rc, err := supervision.NewReceiver(cfg)
			assert.Nil(t, rc)
			assert.Equal(t, "ReceiverConfig."+tt.field, asFieldError(t, err).Field)
		})
	}
}

func TestReceiverTakesAClass(t *testing.T) {
	want := class()
	want.RealNameAuthentication, want.StudyHourLimit, want.VideoOnHook = false, 0, supervision.OnHookNone
	want.TriggerType, want.TriggerValue, want.VideoStartFace = 0, 0, false
	sample := fixture(t, "push_class_sample.json")
	for name, tt := range map[string]struct {
		data   string
		change func(*supervision.Class)
	}{
		"as the document's sample has it": {sample, func(*supervision.Class) {}},
		"in an array":                     {"[" + sample + "]", func(*supervision.Class) {}},
		"as Classes.Push writes it":       {data(t, "push_class_request.json"), func(c *supervision.Class) { *c = *class() }},
		"with triggers in live spelling": {
			strings.Replace(sample, `"triggervValue": "0"`, `"triggerValue": 9`, 1), func(c *supervision.Class) { c.TriggerValue = 9 },
		},
		"with flat triggers": {
			strings.Replace(sample, `"videoOnHookDetail": {`, `"triggerType":2,"triggervValue":"30","x": {`, 1),
			func(c *supervision.Class) { c.TriggerType, c.TriggerValue = supervision.TriggerGrowing, 30 },
		},
		"with flat triggers in live spelling": {
			strings.Replace(sample, `"videoOnHookDetail": {`, `"triggerType":"1","triggerValue":"30","x": {`, 1),
			func(c *supervision.Class) { c.TriggerType, c.TriggerValue = supervision.TriggerInterval, 30 },
		},
		"with all that the table has": {
			strings.NewReplacer(`"videoPlayRecord": "0"`, `"videoPlayRecord":1,"videoStartFace":"1","realNameAuthentication":1,"studyHourLimit":"8","videoOnHook":2`,
				`"triggervValue": "0"`, `"triggervValue":3`).Replace(sample),
			func(c *supervision.Class) {
				c.VideoPlayRecord, c.VideoStartFace, c.StudyHourLimit, c.VideoOnHook = 1, true, 8*time.Hour, supervision.OnHookFace
				c.RealNameAuthentication, c.TriggerValue = true, 3
			},
		},
		"with more in its students": {
			strings.Replace(sample, `"studentName": "张三"`, `"studentName":"张三","courseCode":"k","studentCode":7`, 1),
			func(c *supervision.Class) { c.Students[0].CourseCode, c.Students[0].StudentCode = "k", "7" },
		},
		"with nothing but its codes": {`{"classCode":7,"orgCode":8}`, func(c *supervision.Class) { *c = supervision.Class{ClassCode: "7", OrgCode: "8"} }},
		"with null for what is absent": {
			`{"classCode":7,"orgCode":8,"studyHourLimit":null,"triggerType":"","videoOnHookDetail":null,"thirdClassStudentInfoVoList":null}`,
			func(c *supervision.Class) { *c = supervision.Class{ClassCode: "7", OrgCode: "8"} },
		},
		"with members of a province's own": {
			`{"classCode":7,"orgCode":8,"x":true,"y":{"z":[1.5,{"w":false}]}}`,
			func(c *supervision.Class) { *c = supervision.Class{ClassCode: "7", OrgCode: "8"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			w := serve(newReceiver(t, cb, nil), inbound(supervision.PathPushClass, tt.data))
			code, msg := outcome(t, w)
			assert.Equal(t, []string{"0", "success"}, []string{code, msg})
			assert.Equal(t, http.StatusOK, w.Code)
			expected := *want
			expected.Students = append([]supervision.ClassStudent(nil), want.Students...)
			tt.change(&expected)
			require.Len(t, cb.classes, 1)
			assert.Equal(t, &expected, cb.classes[0])
		})
	}
}

func TestReceiverAnswersInTheDocumentsEnvelope(t *testing.T) {
	cb := &callbacks{}
	rc := newReceiver(t, cb, nil)
	w := serve(rc, inbound(supervision.PathPushClass, fixture(t, "push_class_sample.json")))
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success","passwordRules":"身份证后六位","returnData":[
		{"cardNo":"110101199003070013","studentUserAccount":"student1"},{"cardNo":"110101199003070022","studentUserAccount":"student2"}]}`, w.Body.String())

	w = serve(rc, inbound(supervision.PathPullCourses, `{"pageNo":"2","pageSize":1}`))
	var page struct {
		Code      string            `json:"returnCode"`
		PageNo    int               `json:"pageNo"`
		PageSize  int               `json:"pageSize"`
		TotalPage int               `json:"totalPage"`
		Data      []json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
	assert.Equal(t, []any{"0", 2, 1, 2}, []any{page.Code, page.PageNo, page.PageSize, page.TotalPage})
	require.Len(t, page.Data, 1)
	want, err := json.Marshal(members(t, fixture(t, "pull_courses_answer.json"))["data"].([]any)[1])
	require.NoError(t, err)
	assert.JSONEq(t, string(want), strings.Replace(string(page.Data[0]), `"`+photo+`"`, `" `+photo+`"`, 1), "but for the sample's space in an address")
	assert.Equal(t, [][2]int{{2, 1}}, cb.pages)

	for name, tt := range map[string]struct {
		path, data, want string
		change           func(*supervision.ReceiverConfig)
	}{
		"no accounts": {supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`, `{"returnCode":"0","returnMsg":"success","passwordRules":"","returnData":[]}`,
			func(c *supervision.ReceiverConfig) {
				c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) { return nil, nil }
			}},
		"no page": {supervision.PathPullCourses, `{"pageNo":3,"pageSize":20}`, `{"returnCode":"0","returnMsg":"success","pageNo":3,"pageSize":20,"totalPage":0,"data":[]}`,
			func(c *supervision.ReceiverConfig) {
				c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) { return nil, nil }
			}},
		"a page smaller than asked": {supervision.PathPullCourses, `{"pageNo":3,"pageSize":20}`, `{"returnCode":"0","returnMsg":"success","pageNo":3,"pageSize":10,"totalPage":2,"data":[]}`,
			func(c *supervision.ReceiverConfig) {
				c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) {
					return &supervision.CoursePage{PageNo: 3, PageSize: 10, TotalPage: 2}, nil
				}
			}},
		"a callback that fails": {supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`, `{"returnCode":"1","returnMsg":"处理失败"}`,
			func(c *supervision.ReceiverConfig) {
				c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
					return nil, errors.New("database: 张三 is a duplicate")
				}
			}},
		"a callback that fails with words for the platform": {supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`, `{"returnCode":"4004","returnMsg":"课程不存在"}`,
			func(c *supervision.ReceiverConfig) {
				c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
					return nil, fmt.Errorf("wrapped: %w", &supervision.ReturnError{Code: "4004", Msg: "课程不存在"})
				}
			}},
		"a failure that calls itself a success": {supervision.PathPullCourses, `{"pageNo":1,"pageSize":1}`, `{"returnCode":"1","returnMsg":"no"}`,
			func(c *supervision.ReceiverConfig) {
				c.PullCourses = func(context.Context, int, int) (*supervision.CoursePage, error) {
					return nil, &supervision.ReturnError{Code: "0", Msg: "no"}
				}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(newReceiver(t, &callbacks{}, tt.change), inbound(tt.path, tt.data))
			assert.Equal(t, http.StatusOK, w.Code)
			assert.JSONEq(t, tt.want, w.Body.String())
		})
	}
}

func TestReceiverVerifies(t *testing.T) {
	body := func(headers string) *http.Request {
		return httptest.NewRequest(http.MethodPost, supervision.PathPushClass, strings.NewReader(`{"headers":`+headers+`,"data":{"classCode":"c","orgCode":"o"}}`))
	}
	for name, tt := range map[string]struct {
		headers string
		status  int
	}{
		"the token":                {`{"userToken":"` + callerToken + `"}`, 200},
		"the token of part 2":      {`{"user_token":"` + callerToken + `"}`, 200},
		"another token":            {`{"userToken":"` + callerToken + `x"}`, 401},
		"a part of it":             {`{"userToken":"canary"}`, 401},
		"an empty token":           {`{"userToken":""}`, 401},
		"no token":                 {`{}`, 401},
		"null":                     {`{"userToken":null}`, 401},
		"a token that is a number": {`{"userToken":12}`, 401},
	} {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			w := serve(newReceiver(t, cb, nil), body(tt.headers))
			code, _ := outcome(t, w)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.status == 200, code == "0")
			assert.Equal(t, tt.status == 200, cb.count() == 1, "the callback is asked only then")
		})
	}

	t.Run("by a function of one's own", func(t *testing.T) {
		r := inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`)
		r.Header.Set("X-Signature", "s")
		var seen supervision.Headers
		w := serve(newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
			c.Verify = func(_ context.Context, h supervision.Headers, r *http.Request) error {
				seen = h
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Contains(t, string(body), `"classCode":"c"`, "the body can be read, to check its signature")
				assert.Equal(t, "s", r.Header.Get("X-Signature"))
				return errors.New("canary-reason")
			}
		}), r)
		code, msg := outcome(t, w)
		assert.Equal(t, []any{401, "401", "身份验证失败"}, []any{w.Code, code, msg})
		assert.Equal(t, supervision.Headers{DeviceType: supervision.TypePC, DeviceID: "127.0.0.1", Timestamp: now, UserToken: callerToken}, seen)
	})
}

func TestReceiverChecksTimestamps(t *testing.T) {
	const window = 5 * time.Minute
	for name, tt := range map[string]struct {
		timestamp string
		skew      time.Duration
		status    int
	}{
		"now":                         {`"1587107195"`, window, 200},
		"a number":                    {`1587107195`, window, 200},
		"in milliseconds":             {`"1587107195123"`, window, 200},
		"five minutes ago":            {`"1587106895"`, window, 200},
		"a second more":               {`"1587106894"`, window, 400},
		"in five minutes":             {`"1587107495"`, window, 200},
		"a second later":              {`"1587107496"`, window, 400},
		"in milliseconds, long ago":   {`"1577107195123"`, window, 400},
		"missing":                     {`null`, window, 400},
		"empty":                       {`""`, window, 400},
		"a word":                      {`"now"`, window, 400},
		"negative":                    {`"-1587107195"`, window, 400},
		"zero":                        {`0`, window, 400},
		"huge":                        {`"99999999999999999999"`, window, 400},
		"at the end of time":          {`"9223372036854775807"`, window, 400},
		"long ago, without a window":  {`"1"`, 0, 200},
		"zero, without a window":      {`0`, 0, 400},
		"negative, without a window":  {`"-1"`, 0, 400},
		"missing, without a window":   {`null`, 0, 200},
		"a word, without a window":    {`"now"`, 0, 400},
		"an object, without a window": {`{}`, 0, 400},
		"huge, without a window":      {`"99999999999999999999"`, 0, 400},
		"tiny, without a window":      {`"-99999999999999999999"`, 0, 400},
	} {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			r := httptest.NewRequest(http.MethodPost, supervision.PathPushClass, strings.NewReader(
				`{"headers":{"userToken":"`+callerToken+`","timestamp":`+tt.timestamp+`},"data":{"classCode":"c","orgCode":"o"}}`))
			w := serve(newReceiver(t, cb, func(c *supervision.ReceiverConfig) { c.MaxSkew = tt.skew }), r)
			code, _ := outcome(t, w)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.status == 200, code == "0")
			assert.Equal(t, tt.status == 200, cb.count() == 1)
		})
	}
}

// A timestamp counts seconds, or milliseconds from where as seconds it would be of the
// year 5138.
func TestHeadersReadTimestamps(t *testing.T) {
	for text, want := range map[string]time.Time{
		`1`: time.Unix(1, 0), `"1587107195"`: time.Unix(1587107195, 0), `99999999999`: time.Unix(99999999999, 0),
		`100000000000`: time.Unix(100000000, 0), `1587107195123`: time.UnixMilli(1587107195123), `""`: {}, `null`: {},
	} {
		var h supervision.Headers
		require.NoError(t, json.Unmarshal([]byte(`{"timestamp":`+text+`}`), &h), text)
		assert.True(t, want.Equal(h.Timestamp), "%s is %s", text, h.Timestamp)
	}
}

// A connection without a body in it is of further use, whatever it asked for.
func TestReceiverClosesOnlyWhatHasABody(t *testing.T) {
	rc := newReceiver(t, &callbacks{}, nil)
	for _, body := range []io.Reader{nil, strings.NewReader("x")} {
		w := serve(rc, httptest.NewRequest(http.MethodGet, supervision.PathPushClass, body))
		assert.Equal(t, 405, w.Code)
		assert.Equal(t, body != nil, w.Header().Get("Connection") == "close")
	}
	r := httptest.NewRequest(http.MethodGet, supervision.PathPushClass, nil)
	r.Body = nil // of a handler's own making
	assert.Empty(t, serve(rc, r).Header().Get("Connection"))
}

// hostile are requests that must do no harm and find no callback.
func hostile(t testing.TB) map[string]*http.Request {
	t.Helper()
	post := func(body string) *http.Request {
		return httptest.NewRequest(http.MethodPost, supervision.PathPushClass, strings.NewReader(body))
	}
	with := func(data string) *http.Request { return inbound(supervision.PathPushClass, data) }
	pull := func(data string) *http.Request { return inbound(supervision.PathPullCourses, data) }
	change := func(r *http.Request, f func(*http.Request)) *http.Request {
		f(r)
		return r
	}
	labelled := func(contentType string) *http.Request {
		return change(with(`{"classCode":"c","orgCode":"o"}`), func(r *http.Request) { r.Header.Set("Content-Type", contentType) })
	}
	method := func(m string) *http.Request {
		return change(with(`{"classCode":"c","orgCode":"o"}`), func(r *http.Request) { r.Method = m })
	}
	path := func(p string) *http.Request {
		return change(with(`{"classCode":"c","orgCode":"o"}`), func(r *http.Request) { r.URL.Path = p })
	}
	token := `{"headers":{"userToken":"` + callerToken + `"}`
	all := map[string]*http.Request{
		"GET":                         method(http.MethodGet),
		"HEAD":                        method(http.MethodHead),
		"PUT":                         method(http.MethodPut),
		"DELETE":                      method(http.MethodDelete),
		"OPTIONS":                     method(http.MethodOptions),
		"a method of its own":         method("PWN"),
		"lower-case post":             method("post"),
		"another path":                path("/api/v1/thlogin"),
		"the root":                    path("/"),
		"no path":                     path(""),
		"a longer path":               path(supervision.PathPushClass + "/x"),
		"a path with a slash":         path(supervision.PathPushClass + "/"),
		"a doubled path":              path("/" + supervision.PathPushClass),
		"a path of other case":        path("/api/v1/pushclassinfo"),
		"a path of part 2":            path("/api/class/v1/pushClassInfo"),
		"a path that climbs":          path("/api/v1/../v1/pushClassInfo"),
		"a form":                      labelled("application/x-www-form-urlencoded"),
		"a multipart form":            labelled("multipart/form-data; boundary=x"),
		"XML":                         labelled("application/xml"),
		"gzip":                        change(with(`{"classCode":"c","orgCode":"o"}`), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }),
		"no body":                     post(""),
		"spaces":                      post(" \n\t "),
		"null":                        post("null"),
		"a number":                    post("1"),
		"a string":                    post(`"x"`),
		"a list":                      post("[]"),
		"an empty object":             post("{}"),
		"HTML":                        post("<html></html>"),
		"a form's text":               post("headers=1&data=2"),
		"binary":                      post("\x00\x01\xff\xfe"),
		"UTF-16":                      post("\xff\xfe{\x00}\x00"),
		"cut off":                     post(token + `,"data":{"classCode":"c`),
		"cut off after a backslash":   post(token + `,"data":{"classCode":"c\`),
		"two objects":                 post(token + `,"data":{"classCode":"c","orgCode":"o"}}{}`),
		"text after it":               post(token + `,"data":{"classCode":"c","orgCode":"o"}} x`),
		"a comma too many":            post(token + `,"data":{"classCode":"c","orgCode":"o",}}`),
		"single quotes":               post(`{'headers':{},'data':{}}`),
		"comments":                    post(token + `,/*x*/"data":{"classCode":"c","orgCode":"o"}}`),
		"NaN":                         post(token + `,"data":{"classCode":NaN}}`),
		"no headers":                  post(`{"data":{"classCode":"c","orgCode":"o"}}`),
		"headers of null":             post(`{"headers":null,"data":{"classCode":"c","orgCode":"o"}}`),
		"headers that are a list":     post(`{"headers":[1],"data":{"classCode":"c","orgCode":"o"}}`),
		"headers that are text":       post(`{"headers":"` + callerToken + `","data":{"classCode":"c","orgCode":"o"}}`),
		"a token that is an object":   post(`{"headers":{"userToken":{"a":"` + callerToken + `"}},"data":{"classCode":"c","orgCode":"o"}}`),
		"a token that is a list":      post(`{"headers":{"userToken":["` + callerToken + `"]},"data":{"classCode":"c","orgCode":"o"}}`),
		"a token in the data":         post(`{"headers":{},"data":{"classCode":"c","orgCode":"o","userToken":"` + callerToken + `"}}`),
		"a token in the HTTP headers": change(post(`{"headers":{},"data":{"classCode":"c","orgCode":"o"}}`), func(r *http.Request) { r.Header.Set("userToken", callerToken) }),
		"a token with a zero byte":    post(`{"headers":{"userToken":"` + callerToken + `\u0000"},"data":{"classCode":"c","orgCode":"o"}}`),
		"a timestamp that is a list":  post(`{"headers":{"userToken":"` + callerToken + `","timestamp":[]},"data":{"classCode":"c","orgCode":"o"}}`),
		"no data":                     post(token + `}`),
		"data of null":                with(`null`),
		"empty data":                  with(`{}`),
		"empty data with spaces":      with(`{ }`),
		"an empty list":               with(`[]`),
		"a list of null":              with(`[null]`),
		"a list of an empty object":   with(`[{}]`),
		"two classes":                 with(`[{"classCode":"c","orgCode":"o"},{"classCode":"d"}]`),
		"a list in a list":            with(`[[{"classCode":"c","orgCode":"o"}]]`),
		"data that is text":           with(`"classCode"`),
		"data that is empty text":     with(`""`),
		"data that is a number":       with(`7`),
		"data that is true":           with(`true`),
		"a class without a code":      with(`{"trainClassName":"n"}`),
		"a class of an empty code":    with(`{"classCode":""}`),
		"a class of null":             with(`{"classCode":null}`),
		"a code that is an object":    with(`{"classCode":{}}`),
		"a code that is a list":       with(`{"classCode":["c"]}`),
		"students that are text":      with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":"x"}`),
		"students that are an object": with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":{"a":1}}`),
		"students that are numbers":   with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":[1,2]}`),
		"a card that is an object":    with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":[{"cardNo":{}}]}`),
		"courses that are true":       with(`{"classCode":"c","orgCode":"o","thirdClassCourseInfoVoList":true}`),
		"a limit that is a word":      with(`{"classCode":"c","orgCode":"o","studyHourLimit":"lots"}`),
		"a limit that is huge":        with(`{"classCode":"c","orgCode":"o","studyHourLimit":1e300}`),
		"a limit that overflows":      with(`{"classCode":"c","orgCode":"o","studyHourLimit":9223372036854775807}`),
		"a flag of two":               with(`{"classCode":"c","orgCode":"o","realNameAuthentication":2}`),
		"a trigger that is text":      with(`{"classCode":"c","orgCode":"o","videoOnHookDetail":"x"}`),
		"a trigger of a fraction":     with(`{"classCode":"c","orgCode":"o","triggerType":1.5}`),
		"a number of many digits":     with(`{"classCode":"c","orgCode":"o","triggerValue":` + strings.Repeat("9", 100_000) + `}`),
		"deep lists":                  with(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)),
		"deep objects":                with(strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)),
		"deep and never closed":       with(strings.Repeat("[", 500_000)),
		"deep children":               with(`{"classCode":"c","orgCode":"o","thirdClassCourseInfoVoList":` + strings.Repeat(`[{"children":`, 40) + "[]" + strings.Repeat("}]", 40) + `}`),
		"many tiny students":          with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":[` + strings.Repeat("{},", 300_000) + `{}]}`),
		"many tiny numbers":           with(`{"classCode":"c","orgCode":"o","thirdClassStudentInfoVoList":[` + strings.Repeat("1,", 400_000) + `1]}`),
		"many empty lists":            with(`[` + strings.Repeat("[],", 300_000) + `[]]`),
		"a body that is too large":    with(`{"classCode":"` + strings.Repeat("c", 1<<20) + `"}`),
		"a body with a false length":  change(with(`{"classCode":"c","orgCode":"o"}`), func(r *http.Request) { r.ContentLength = 9e18; r.Body = io.NopCloser(strings.NewReader("{")) }),
		"a body that breaks":          change(with(`{}`), func(r *http.Request) { r.Body = io.NopCloser(&broken{}) }),
		"page zero":                   pull(`{"pageNo":0,"pageSize":1}`),
		"a negative page":             pull(`{"pageNo":-1,"pageSize":1}`),
		"no page":                     pull(`{"pageSize":1}`),
		"no page size":                pull(`{"pageNo":1}`),
		"a page size of zero":         pull(`{"pageNo":1,"pageSize":"0"}`),
		"pages that are UUIDs":        pull(`{"pageNo":"acbcf014f50741b5a6d41ef341918f1f","pageSize":"acbcf014f50741b5a6d41ef341918f1f"}`),
		"a page of a fraction":        pull(`{"pageNo":1.5,"pageSize":1}`),
		"a page that overflows":       pull(`{"pageNo":99999999999999999999,"pageSize":1}`),
		"a page that is a list":       pull(`{"pageNo":[1],"pageSize":1}`),
		"pages in a list of two":      pull(`[{"pageNo":1,"pageSize":1},{"pageNo":2,"pageSize":1}]`),
	}
	require.GreaterOrEqual(t, len(all), 60)
	return all
}

// broken is a body that fails.
type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, errors.New("canary-connection") }

func TestReceiverSurvivesHostileRequests(t *testing.T) {
	for name, r := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			var logs bytes.Buffer
			rc := newReceiver(t, cb, func(c *supervision.ReceiverConfig) {
				c.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w := serve(rc, r)
			runtime.ReadMemStats(&after)
			code, _ := outcome(t, w)
			assert.NotEqual(t, "0", code)
			assert.Equal(t, fmt.Sprint(w.Code), code)
			assert.GreaterOrEqual(t, w.Code, 400)
			assert.Less(t, w.Code, 500, "it is the caller's fault: %s", w.Body)
			assert.Zero(t, cb.count(), "no callback is asked")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(24<<20), "bytes allocated")
			assert.Less(t, w.Body.Len(), 500)
			assert.Equal(t, 1, strings.Count(logs.String(), "\n"), "a line for each request")
			assert.NotContains(t, logs.String()+w.Body.String(), "canary")
		})
	}
}

func TestReceiverContainsPanics(t *testing.T) {
	for name, change := range map[string]func(*supervision.ReceiverConfig){
		"in a callback": func(c *supervision.ReceiverConfig) {
			c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
				panic("canary-张三")
			}
		},
		"of an error in a callback": func(c *supervision.ReceiverConfig) {
			c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
				panic(errors.New("canary-张三"))
			}
		},
		"that aborts": func(c *supervision.ReceiverConfig) {
			c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
				panic(http.ErrAbortHandler)
			}
		},
		"in a verifier": func(c *supervision.ReceiverConfig) {
			c.Verify = func(context.Context, supervision.Headers, *http.Request) error { panic("canary-张三") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
				change(c)
				c.MaxConcurrent = 1
				c.Logger = slog.New(slog.NewTextHandler(&logs, nil))
			})
			for range 3 { // the slot is given back
				w := serve(rc, inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`))
				code, msg := outcome(t, w)
				assert.Equal(t, []any{500, "500", "处理失败"}, []any{w.Code, code, msg})
			}
			assert.Contains(t, logs.String(), "level=ERROR")
			assert.Contains(t, logs.String(), "receiver_test.go", "the stack says where")
			assert.NotContains(t, logs.String(), "canary")
		})
	}
}

func TestReceiverBoundsWhatRunsAtATime(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
		c.MaxConcurrent = 2
		c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
			entered <- struct{}{}
			<-leave
			return nil, nil
		}
	})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			assert.Equal(t, 200, serve(rc, inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`)).Code)
		})
		<-entered
	}
	w := serve(rc, inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`))
	code, _ := outcome(t, w)
	assert.Equal(t, []any{503, "503", "1"}, []any{w.Code, code, w.Header().Get("Retry-After")})
	close(leave)
	group.Wait()
	w = serve(newReceiver(t, &callbacks{}, nil), inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`))
	assert.Equal(t, 200, w.Code)
}

func TestReceiverLogsNothingPersonal(t *testing.T) {
	var logs bytes.Buffer
	cb := &callbacks{}
	rc := newReceiver(t, cb, func(c *supervision.ReceiverConfig) {
		c.Logger = slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
	})
	class := `{"classCode":"canary-class","orgCode":"canary-org","thirdClassStudentInfoVoList":[{"cardNo":"canary-card","studentUserCode":"canary-user","studentName":"canary-name","studentPhone":"canary-phone","ercunPhotos":"canary-photo"}]}`
	require.Equal(t, 200, serve(rc, inbound(supervision.PathPushClass, class)).Code)
	serve(rc, inbound(supervision.PathPushClass, strings.Replace(class, `"canary-card"`, `{"canary-card":1}`, 1)))
	serve(rc, inbound("/canary-path", class))
	serve(rc, inbound(supervision.PathPushClass, strings.Repeat(class, 2)))
	failing := newReceiver(t, cb, func(c *supervision.ReceiverConfig) {
		c.Logger = slog.New(slog.NewJSONHandler(&logs, nil))
		c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
			return nil, &supervision.ReturnError{Code: "7", Msg: "canary-words"}
		}
	})
	serve(failing, inbound(supervision.PathPushClass, class))
	assert.NotContains(t, logs.String(), "canary")

	var lines []map[string]any
	for line := range strings.Lines(logs.String()) {
		m := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		delete(m, "time")
		lines = append(lines, m)
	}
	require.Len(t, lines, 5)
	bytes := lines[0]["bytes"]
	assert.Equal(t, map[string]any{
		"level": "DEBUG", "msg": "edusdk receiver", "path": supervision.PathPushClass, "status": 200.0, "returnCode": "0", "bytes": bytes, "elapsed": lines[0]["elapsed"],
	}, lines[0])
	assert.Greater(t, bytes, 200.0)
	assert.Equal(t, "field thirdClassStudentInfoVoList[0].cardNo: has an object where a string was expected", lines[1]["problem"])
	assert.Equal(t, []any{"other", "no such path", "WARN"}, []any{lines[2]["path"], "no such path", lines[2]["level"]})
	assert.Equal(t, []any{"7", "the callback failed", "WARN"}, []any{lines[4]["returnCode"], lines[4]["problem"], lines[4]["level"]})
}

// The client's side of 1.12 and 1.14 and the receiver understand each other.
func TestClientAndReceiver(t *testing.T) {
	cb := &callbacks{}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/", newReceiver(t, cb, func(c *supervision.ReceiverConfig) { c.Clock, c.MaxSkew = nil, time.Minute }))
	mux.HandleFunc("POST /api/v1/thlogin", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"returnCode":"0","returnData":{"acceptToken":"`+callerToken+`"}}`)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	cfg := config()
	cfg.BaseURL = srv.URL
	c, err := supervision.New(cfg)
	require.NoError(t, err)
	defer c.CloseIdleConnections()

	result, err := c.Classes.Push(t.Context(), class())
	require.NoError(t, err)
	assert.Equal(t, &supervision.PushClassResult{PasswordRules: "身份证后六位", Accounts: []supervision.StudentAccount{
		{CardNo: "110101199003070013", StudentUserAccount: "student1"}, {CardNo: "110101199003070022", StudentUserAccount: "student2"},
	}}, result)
	assert.Equal(t, []*supervision.Class{class()}, cb.classes)

	var pulled []supervision.Course
	for course, err := range c.Courses.All(t.Context(), 1) {
		require.NoError(t, err)
		pulled = append(pulled, *course)
	}
	assert.Equal(t, courses(), pulled)
	assert.Equal(t, [][2]int{{1, 1}, {2, 1}}, cb.pages)

	_, err = c.Courses.Pull(t.Context(), 1, 1)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST /api/v1/pushClassInfo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, conn.Close(), "a caller that leaves amid its body")
	assert.NotErrorIs(t, err, edusdk.ErrUnavailable)
}

// FuzzReceiver sends whatever bodies to the receiver: it answers in the
// envelope, and a callback sees nothing that is not verified and well formed.
func FuzzReceiver(f *testing.F) {
	f.Add(true, []byte(`{"headers":{"userToken":"`+callerToken+`","timestamp":"1587107195"},"data":`+fixture(f, "push_class_sample.json")+`}`))
	f.Add(false, []byte(`{"headers":{"user_token":"`+callerToken+`","timestamp":1587107195123},"data":[{"pageNo":"1","pageSize":2}]}`))
	f.Add(true, []byte(`{"headers":{"userToken":"`+callerToken+`"},"data":{"classCode":7,"triggervValue":"","videoOnHookDetail":[]}}`))
	for _, r := range hostile(f) {
		if body, err := io.ReadAll(r.Body); err == nil && len(body) < 300 {
			f.Add(r.URL.Path == supervision.PathPushClass, body)
		}
	}
	cb := &callbacks{}
	rc := newReceiver(f, cb, func(c *supervision.ReceiverConfig) { c.MaxSkew = time.Hour })
	f.Fuzz(func(t *testing.T, push bool, body []byte) {
		cb.classes, cb.pages = nil, nil
		path := supervision.PathPullCourses
		if push {
			path = supervision.PathPushClass
		}
		w := serve(rc, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
		code, _ := outcome(t, w)
		assert.NotEqual(t, 500, w.Code, "a callback of these does not fail")
		assert.Equal(t, w.Code == http.StatusOK, code == "0")
		require.Equal(t, w.Code == http.StatusOK, cb.count() == 1)
		if w.Code != http.StatusOK {
			return
		}
		require.True(t, json.Valid(body))
		require.Contains(t, string(body), "oken")
		for _, c := range cb.classes {
			assert.NotEmpty(t, c.ClassCode)
		}
	})
}
