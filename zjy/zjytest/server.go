// Package zjytest is a fake of Zhijiaoyun (职教云, zjy2) for the tests of services
// that use package zjy: a student and a course of settable size, in the test's
// own process.
//
// 职教云（zjy2）学生端接口的模拟服务，供测试使用。
//
// # Make a client
//
//	srv := zjytest.NewServer()
//	defer srv.Close()
//	client, err := zjy.New(srv.Config())
//
// # What it checks
//
// It checks the cookie, wants the token of a cell's last view or log with its progress,
// and lets no cell be viewed while the progress on another is not saved, as the
// vendor does. Unknown courses, modules, topics and cells are answered with -500.
//
// # Let calls fail
//
// What goes wrong on the way to a vendor can be put in its place with
// [Handler.Intercept], a failure of the vendor's own with [Handler.FailNext], throttling
// with [Handler.ThrottleNext], and the end of the session with [Handler.ExpireSession].
package zjytest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/fake"
	"github.com/edusdk/edusdk/zjy"
)

// What the fake knows by heart.
const (
	Auth         = "fake-zjy-auth"    // the cookie's value
	CourseOpenID = "fake-course-open" // of its course
	OpenClassID  = "fake-open-class"  // of the student's class in it
	StudentName  = "张三"               // of its student
	pathPrefix   = "api/"             // of all endpoints
	anyPath      = ""                 // the queues' name for all requests
	maxBody      = 1 << 20            // of a request
	courseName   = "Java 面向对象程序设计"    // of its course
)

// Server is the fake on a loopback address.
type Server struct {
	*Handler

	// URL is the server's address, without a slash at its end.
	URL string

	http *httptest.Server
}

// NewServer starts a fake. Close it in the end.
func NewServer() *Server {
	h := NewHandler()
	s := httptest.NewServer(h)
	return &Server{Handler: h, URL: s.URL, http: s}
}

// Close stops the server; it waits for requests under way.
func (s *Server) Close() { s.http.Close() }

// Config returns the configuration of a client of this server.
func (s *Server) Config() zjy.Config { return zjy.Config{Auth: Auth, BaseURL: s.URL} }

// Handler is the fake as an http.Handler, to be mounted in a server of yours.
// Strip a path prefix before it. It is safe for concurrent use.
type Handler struct {
	core     *fake.Core[Request, url.Values]
	course   course
	throttle fake.Queue[Throttle]
	expired  bool
	failing  fake.Queue[string] // codes as JSON
	problem  string             // of the request that is carried out
}

// Request is a request that reached the fake.
type Request struct {
	Path   string      // without a slash in front: "api/student/Studio/index"
	Header http.Header // as received
	Params url.Values  // of the form, decoded
	Code   string      // that was answered, as JSON: 1, -100 or "-1"; "" where none was

	// Problem says what was wrong and names the field, which the vendor's answer does
	// not. It holds no value, and is "" for success and for a failure that FailNext
	// or ThrottleNext ordered.
	Problem string
}

// NewHandler returns a fake without a server. Its course has 3 modules of 2
// topics of 4 cells, one of which is a folder of 2.
func NewHandler() *Handler {
	h := &Handler{course: newCourse(3, 2, 4), throttle: fake.Queue[Throttle]{}, failing: fake.Queue[string]{}}
	h.core = fake.New[Request, url.Values](h.serve)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there before.
// Only what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now, by which terms are dated.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

// SetLogger sets what is told of every request that reaches the fake: its method
// and path, the vendor's verdict, and what was wrong (see Request.Problem); no
// value that was sent. Until then, and with nil, nothing is.
func (h *Handler) SetLogger(logger *slog.Logger) { h.core.SetLogger(logger) }

// Requests returns the requests so far, the last 10,000 at most.
func (h *Handler) Requests() []Request { return h.core.Requests() }

// SetCourse replaces the course by one of another size: so many modules, topics
// in each module, and cells in each topic, the last of which is a folder of two.
func (h *Handler) SetCourse(modules, topics, cells int) {
	h.core.Lock()
	defer h.core.Unlock()
	h.course = newCourse(modules, topics, cells)
}

// SetProgress sets how much of a cell was studied, 0 to 100, as a student may have
// done before: of a document, which has four pages, to the nearest page. It
// reports whether there is such a cell to study.
func (h *Handler) SetProgress(cellID string, percent float64) bool {
	h.core.Lock()
	defer h.core.Unlock()
	c := h.course.cells[cellID]
	if c == nil || c.children != nil {
		return false
	}
	if c.video {
		c.time = length * percent / 100
	} else {
		c.pages = int(math.Round(pages * percent / 100))
	}
	return true
}

// Throttle is how the vendor turns away who asks too much.
type Throttle int

// The ways of throttling.
const (
	GatewayTimeout Throttle = iota // HTTP 504
	EmptyAnswer                    // HTTP 200 without a body
)

// ThrottleNext throttles as many requests to come as there are ways.
func (h *Handler) ThrottleNext(ways ...Throttle) {
	h.core.Lock()
	defer h.core.Unlock()
	h.throttle.Add(anyPath, ways...)
}

// FailNext answers the next request with a code, as JSON: -1 and "-1" differ.
func (h *Handler) FailNext(code string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.failing.Add(anyPath, code)
}

// Handle sets what answers the requests for a path, such as "api/student/other",
// in place of what the fake itself may have there. The cookie is checked; serve gets
// the parameters and returns what is sent as JSON, its code included. It must not
// call the Handler.
func (h *Handler) Handle(path string, serve func(params url.Values) any) { h.core.Handle(path, serve) }

// ExpireSession makes the cookie no good any more.
func (h *Handler) ExpireSession() {
	h.core.Lock()
	defer h.core.Unlock()
	h.expired = true
}

// serve answers a request that nothing intercepted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return // nobody is there any more
	}
	params, err := url.ParseQuery(string(body))
	answerTo := h.endpoint(path)
	if err != nil || answerTo == nil || r.Method != http.MethodPost {
		problem := "the vendor has no such endpoint"
		switch {
		case answerTo == nil:
		case err != nil:
			problem = "the body is not URL-encoded"
		default:
			problem = "the method must be POST"
		}
		h.core.Log(r.Context(), fake.Verdict{Method: r.Method, Path: path, Status: http.StatusNotFound, Refused: true, Problem: problem})
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><body>404 Not Found</body></html>")
		return
	}
	status, answer, verdict := h.answer(r, path, params, answerTo)
	h.core.Log(r.Context(), verdict)
	w.Header().Set("Content-Type", "text/html; charset=utf-8") // as the vendor labels its JSON
	w.WriteHeader(status)
	_, _ = w.Write(answer) //nolint:gosec // JSON, which escapes tags
}

// endpoint returns what answers the requests for a path, nil where nothing does.
func (h *Handler) endpoint(path string) func(url.Values) any {
	h.core.Lock()
	defer h.core.Unlock()
	if serve := h.core.Handler(path); serve != nil {
		return serve
	}
	if serve := endpoints[path]; serve != nil {
		return func(params url.Values) any { return serve(h, params) }
	}
	return nil
}

// answer carries a request out and remembers it.
func (h *Handler) answer(r *http.Request, path string, params url.Values, answerTo func(url.Values) any) (int, []byte, fake.Verdict) {
	h.core.Lock()
	defer h.core.Unlock()
	h.problem = ""
	status, answer := h.carryOut(r, params, answerTo)
	request := Request{Path: path, Header: r.Header.Clone(), Params: params, Code: code(answer), Problem: h.problem}
	h.core.Remember(request)
	return status, answer, fake.Verdict{
		Method: r.Method, Path: path, Status: status, Code: request.Code, Refused: request.Code != "1", Problem: h.problem,
	}
}

// carryOut returns what is answered, unless the request is throttled.
func (h *Handler) carryOut(r *http.Request, params url.Values, answerTo func(url.Values) any) (status int, answer []byte) {
	if way, ok := h.throttle.Next(anyPath); ok {
		if way == GatewayTimeout {
			return http.StatusGatewayTimeout, []byte("<html><body>504 Gateway Time-out</body></html>")
		}
		return http.StatusOK, nil
	}
	answer, err := json.Marshal(h.judged(r, params, answerTo))
	if err != nil {
		return http.StatusInternalServerError, []byte(err.Error())
	}
	return http.StatusOK, answer
}

// judged returns what is answered: by answerTo, unless the request is refused or its
// failure was ordered.
func (h *Handler) judged(r *http.Request, params url.Values, answerTo func(url.Values) any) any {
	switch cookie, err := r.Cookie("auth"); {
	case err != nil:
		h.problem = "the cookie auth is missing"
	case cookie.Value != Auth:
		h.problem = "the cookie auth is not the fake's"
	case h.expired:
		h.problem = "the session of the cookie auth has expired"
	}
	if h.problem != "" {
		return map[string]any{"code": "-1", "msg": "登录信息已过期"}
	}
	if code, ok := h.failing.Next(anyPath); ok {
		return map[string]any{"code": json.RawMessage(code), "msg": "操作失败"}
	}
	return answerTo(params)
}

// code returns the code of an answer as it is written.
func code(answer []byte) string {
	var fields struct {
		Code json.RawMessage `json:"code"`
	}
	_ = json.Unmarshal(answer, &fields) // what is not an object has none
	return string(fields.Code)
}

// endpoints are what the fake serves, by path.
var endpoints = map[string]func(*Handler, url.Values) map[string]any{
	pathPrefix + "student/Studio/index":                           (*Handler).profile,
	pathPrefix + "student/learning/getLearnningCourseList":        (*Handler).courses,
	pathPrefix + "study/process/getProcessList":                   (*Handler).outline,
	pathPrefix + "study/process/getTopicByModuleId":               (*Handler).topics,
	pathPrefix + "study/process/getCellByTopicId":                 (*Handler).cells,
	pathPrefix + "common/Directory/viewDirectory":                 (*Handler).view,
	pathPrefix + "common/Directory/changeStuStudyProcessCellData": (*Handler).switchCell,
	pathPrefix + "common/Directory/stuProcessCellLog":             (*Handler).logProgress,
}

// failed is the answer that says that something failed, and not why. The problem
// is for whoever sent the request.
func (h *Handler) failed(problem string) map[string]any {
	h.problem = problem
	return map[string]any{"code": -500, "msg": "操作失败"}
}

// dotNet writes a time as the vendor does.
func dotNet(t time.Time) string { return fmt.Sprintf("/Date(%d)/", t.UnixMilli()) }
