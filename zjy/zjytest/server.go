// Package zjytest is a fake of Zhijiaoyun (职教云, zjy2) for the tests of services
// that use package zjy: a student and a course of settable size, in the test's
// own process.
//
//	srv := zjytest.NewServer()
//	defer srv.Close()
//	client, err := zjy.New(srv.Config())
//
// It checks the cookie, wants the token of a cell's last view or log with its progress,
// and lets no cell be viewed while the progress on another is not saved, as the
// vendor does. Unknown courses, modules, topics and cells are answered with -500.
package zjytest

import (
	"encoding/json"
	"fmt"
	"io"
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
	core     *fake.Core[Request]
	course   course
	throttle []Throttle
	expired  bool
	fail     []string // codes to answer next, as JSON
}

// Request is a request that reached the fake.
type Request struct {
	Path   string // without a slash in front: "api/student/Studio/index"
	Header http.Header
	Params url.Values
	Code   string // that was answered, as JSON: 1, -100 or "-1"; "" where none was
}

// NewHandler returns a fake without a server. Its course has 3 modules of 2
// topics of 4 cells, one of which is a folder of 2.
func NewHandler() *Handler {
	h := &Handler{course: newCourse(3, 2, 4)}
	h.core = fake.New[Request](h.serve)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there before.
// Only what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now, by which terms are dated.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

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
	h.throttle = append(h.throttle, ways...)
}

// FailNext answers the next request with a code, as JSON: -1 and "-1" differ.
func (h *Handler) FailNext(code string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.fail = append(h.fail, code)
}

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
	answerTo, known := endpoints[path]
	if err != nil || !known || r.Method != http.MethodPost {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><body>404 Not Found</body></html>")
		return
	}
	status, answer := h.answer(r, path, params, answerTo)
	w.Header().Set("Content-Type", "text/html; charset=utf-8") // as the vendor labels its JSON
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// answer carries a request out and remembers it.
func (h *Handler) answer(r *http.Request, path string, params url.Values, answerTo func(*Handler, url.Values) map[string]any) (int, []byte) {
	h.core.Lock()
	defer h.core.Unlock()
	request := Request{Path: path, Header: r.Header.Clone(), Params: params}
	defer func() { h.core.Remember(request) }()
	if len(h.throttle) > 0 {
		way := h.throttle[0]
		h.throttle = h.throttle[1:]
		if way == GatewayTimeout {
			return http.StatusGatewayTimeout, []byte("<html><body>504 Gateway Time-out</body></html>")
		}
		return http.StatusOK, nil
	}
	var fields map[string]any
	switch cookie, err := r.Cookie("auth"); {
	case err != nil || cookie.Value != Auth || h.expired:
		fields = map[string]any{"code": "-1", "msg": "登录信息已过期"}
	case len(h.fail) > 0:
		fields = map[string]any{"code": json.RawMessage(h.fail[0]), "msg": "操作失败"}
		h.fail = h.fail[1:]
	default:
		fields = answerTo(h, params)
	}
	request.Code = code(fields["code"])
	answer, err := json.Marshal(fields)
	if err != nil {
		return http.StatusInternalServerError, []byte(err.Error())
	}
	return http.StatusOK, answer
}

func code(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
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

// failed is the answer that says that something failed, and not why.
func failed() map[string]any { return map[string]any{"code": -500, "msg": "操作失败"} }

// dotNet writes a time as the vendor does.
func dotNet(t time.Time) string { return fmt.Sprintf("/Date(%d)/", t.UnixMilli()) }
