// Package recordedtest is a fake of the recorded-course app for the tests of
// services that use package recorded: a course of sections that a student
// watches, in the test's own process.
//
// 微同课录播课接口的模拟服务，供测试使用。
//
// # Make a client
//
//	srv := recordedtest.NewServer()
//	defer srv.Close()
//	client, err := recorded.New(srv.Config(), srv.Auth())
//
// # What it checks
//
// The vendor's document says nothing of authentication and failures. The fake
// wants the header that Auth sets, and answers failures as
// {"code": …, "msg": …, "data": null}: 401 without the header, 404 for an
// unknown section, 422 for a parameter that is missing or no number.
//
// # Let calls fail
//
// What goes wrong on the way to a vendor can be put in its place with
// [Handler.Intercept], and a failure of the vendor's own with [Handler.FailNext].
package recordedtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/fake"
	"github.com/edusdk/edusdk/recorded"
)

// Token is what the fake wants in the header token.
const Token = "fake-recorded-token"

// Path is the one endpoint that the fake has.
const Path = "study/refresh_recorded_course_plan"

// Server is the fake on a loopback address.
type Server struct {
	*Handler

	// URL is the server's address, without a slash at its end.
	URL string

	http *httptest.Server
}

// NewServer starts a fake with a course of three sections, 1 to 3. Close it in
// the end.
func NewServer() *Server {
	h := NewHandler()
	s := httptest.NewServer(h)
	return &Server{Handler: h, URL: s.URL, http: s}
}

// Close stops the server; it waits for requests under way.
func (s *Server) Close() { s.http.Close() }

// Config returns the configuration of a client of this server.
func (s *Server) Config() recorded.Config { return recorded.Config{BaseURL: s.URL} }

// Auth returns the option with which a client authenticates.
func (s *Server) Auth() edusdk.Option { return edusdk.WithHeader("token", Token) }

// Handler is the fake as an http.Handler, to be mounted in a server of yours.
// Strip a path prefix before it. It is safe for concurrent use.
type Handler struct {
	core     *fake.Core[Request, url.Values]
	failing  fake.Queue[failure] // by path
	sections []*Section
}

// failure is one that a test has ordered, or that a request has earned.
type failure struct {
	code int
	msg  string

	problem string // of a request; "" where a test ordered the failure
}

// Section is a section of the fake's course.
type Section struct {
	ID       int64         // the section_id
	Title    string        // the section's title
	Duration time.Duration // length of the video
	Watched  time.Duration // how far the student has come

	since time.Time // when the student began to watch it; zero: is not at it
}

// Request is a request that reached the fake.
type Request struct {
	Method string      // HTTP method
	Path   string      // without a slash in front
	Header http.Header // as received
	Params url.Values  // of the form or the JSON body, decoded
	Code   int         // that was answered

	// Problem says what was wrong and names the field, which the vendor's answer does
	// not. It holds no value, and is "" for success and for a failure that FailNext
	// ordered.
	Problem string
}

// NewHandler returns a fake without a server.
func NewHandler() *Handler {
	h := &Handler{failing: fake.Queue[failure]{}}
	for i, title := range []string{"第一讲", "第二讲", "第三讲"} {
		h.sections = append(h.sections, &Section{ID: int64(i + 1), Title: title, Duration: 200 * time.Second})
	}
	h.core = fake.New[Request, url.Values](h.serve)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there before.
// Only what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now. By it a student watches the
// section that was begun last.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

// SetLogger sets what is told of every request that reaches the fake: its method
// and path, the vendor's verdict, and what was wrong (see Request.Problem); no
// value that was sent. Until then, and with nil, nothing is.
func (h *Handler) SetLogger(logger *slog.Logger) { h.core.SetLogger(logger) }

// Requests returns the requests so far, the last 10,000 at most.
func (h *Handler) Requests() []Request { return h.core.Requests() }

// FailNext answers the next request for a path, such as Path, with a code that is not
// 200 and a message, once its header was checked. Several calls fail as many
// requests.
func (h *Handler) FailNext(path string, code int, msg string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.failing.Add(path, failure{code: code, msg: msg})
}

// Handle sets what answers the requests for a path, such as "study/other", in place
// of what the fake itself may have there. The header is checked; serve gets the
// parameters and returns what is answered as data, with the code 200. It must not
// call the Handler.
func (h *Handler) Handle(path string, serve func(params url.Values) (data any)) {
	h.core.Handle(path, serve)
}

// SetSections replaces the course.
func (h *Handler) SetSections(sections ...Section) {
	h.core.Lock()
	defer h.core.Unlock()
	h.sections = nil
	for _, s := range sections {
		h.sections = append(h.sections, &s)
	}
}

// serve answers a request that nothing intercepted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	answer := h.endpoint(path)
	if answer == nil || r.Method != http.MethodPost {
		problem := "the method must be POST"
		if answer == nil {
			problem = "the vendor has no such endpoint"
		}
		h.core.Log(r.Context(), fake.Verdict{Method: r.Method, Path: path, Status: http.StatusNotFound, Refused: true, Problem: problem})
		http.Error(w, "<html><body>404 Not Found</body></html>", http.StatusNotFound)
		return
	}
	params, err := receive(r)
	f, data := failure{code: http.StatusUnprocessableEntity, problem: "the body is neither a form nor a JSON object of numbers"}, any(nil)
	h.core.Lock()
	if err == nil {
		f, data = h.answer(r.Header, path, params, answer)
	}
	h.core.Remember(Request{r.Method, path, r.Header.Clone(), params, f.code, f.problem})
	h.core.Unlock()
	h.core.Log(r.Context(), fake.Verdict{
		Method: r.Method, Path: path, Status: http.StatusOK, Code: strconv.Itoa(f.code), Refused: f.code != http.StatusOK, Problem: f.problem,
	})
	msg := cmp.Or(f.msg, map[int]string{
		200: "ok", 401: "请先登录", 404: "章节不存在", 422: "参数错误",
	}[f.code])
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"code": f.code, "msg": msg, "data": data})
}

// endpoint returns what answers the requests for a path, nil where nothing does.
func (h *Handler) endpoint(path string) func(url.Values) (failure, any) {
	h.core.Lock()
	defer h.core.Unlock()
	if serve := h.core.Handler(path); serve != nil {
		return func(params url.Values) (failure, any) { return success, serve(params) }
	}
	if path == Path {
		return h.refresh
	}
	return nil
}

// answer carries a request out, unless it is refused or its failure was ordered.
func (h *Handler) answer(header http.Header, path string, params url.Values, serve func(url.Values) (failure, any)) (failure, any) {
	if header.Get("token") != Token {
		return failure{code: http.StatusUnauthorized, problem: "the header token is missing, or not the fake's"}, nil
	}
	if f, ok := h.failing.Next(path); ok {
		return f, nil
	}
	return serve(params)
}

// success is that nothing failed.
var success = failure{code: http.StatusOK}

// receive decodes a form or a JSON body.
func receive(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/json" {
		return url.ParseQuery(string(body))
	}
	var fields map[string]json.Number
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, v := range fields {
		values.Set(name, v.String())
	}
	return values, nil
}

// refresh moves the student from one section to another.
func (h *Handler) refresh(params url.Values) (failure, any) {
	next, f := h.section(params, "new_section_id")
	if next == nil {
		return f, nil
	}
	watched, f := h.section(params, "yet_section_id")
	if watched == nil {
		return f, nil
	}
	now := h.core.Now()
	for _, s := range h.sections {
		if !s.since.IsZero() {
			s.Watched = min(s.Watched+now.Sub(s.since), s.Duration)
			s.since = time.Time{}
		}
	}
	next.since = now
	return success, map[string]any{"section_info": h.show(next), "yet_study_section": watched.progress()}
}

func (h *Handler) section(params url.Values, name string) (*Section, failure) {
	id, err := strconv.ParseInt(params.Get(name), 10, 64)
	if err != nil {
		return nil, failure{code: http.StatusUnprocessableEntity, problem: name + " is missing, or not a whole number"}
	}
	i := slices.IndexFunc(h.sections, func(s *Section) bool { return s.ID == id })
	if i < 0 {
		return nil, failure{code: http.StatusNotFound, problem: name + " is not that of a section"}
	}
	return h.sections[i], success
}

// show returns a section with its video.
func (h *Handler) show(s *Section) map[string]any {
	file := []any{map[string]any{
		"id": 10, "name": "讲义.docx", "ext": "docx", "size": 12349, "url": "https://files.example.com/handout.docx",
	}}
	return map[string]any{
		"id": s.ID, "user_id": 1, "title": s.Title, "price": "10.00", "is_try": 0, "course_id": 1,
		"course_title": "录播课", "section_sort": slices.Index(h.sections, s) + 1,
		"video_id": fmt.Sprintf("%032x", s.ID), "size": 1, "duration": int64(s.Duration.Seconds()),
		"ahead_data": file, "pdf_data": file, "consolidate_data": file,
		"view_duration": int64(s.Watched.Seconds()),
	}
}

// progress returns how far the student has come with a section; a plan is given
// only while the section is being studied.
func (s *Section) progress() map[string]any {
	if s.Watched >= s.Duration {
		return map[string]any{"section_id": s.ID, "study_status": 2}
	}
	return map[string]any{
		"section_id": s.ID, "study_status": 1,
		"plan": fmt.Sprintf("%.2f%%", 100*s.Watched.Seconds()/s.Duration.Seconds()),
	}
}
