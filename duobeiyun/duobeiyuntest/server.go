package duobeiyuntest

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/fake"
)

// The credentials that the fake knows.
const (
	Partner = "20990101000001"
	AppKey  = "0123456789abcdef0123456789abcdef"
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
func (s *Server) Config() duobeiyun.Config {
	return duobeiyun.Config{Partner: Partner, AppKey: AppKey, BaseURL: s.URL}
}

// Handler is the fake as an http.Handler, to be mounted in a server of yours.
// Strip a path prefix before it. It is safe for concurrent use.
type Handler struct {
	core     *fake.Core[Request, url.Values]
	failing  fake.Queue[string] // codes, by path
	losing   map[string]int     // how many answers to lose next, by path
	endpoint map[string]endpoint
	vendor   vendor
}

// NewHandler returns a fake without a server.
func NewHandler() *Handler {
	h := &Handler{
		failing: fake.Queue[string]{},
		losing:  map[string]int{},
		vendor:  newVendor(),
	}
	h.endpoint = h.vendor.endpoints()
	h.core = fake.New[Request, url.Values](h.serve)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there
// before: it may delay or change requests, answer them itself, or break them
// off. Only what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now. Answers are dated by it too, so
// that a client whose clock is another corrects itself with a second request.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

// SetLogger sets what is told of every request that reaches the fake: its method
// and path, the vendor's verdict, and what was wrong (see Request.Problem); no
// value that was sent. Until then, and with nil, nothing is.
func (h *Handler) SetLogger(logger *slog.Logger) { h.core.SetLogger(logger) }

// Requests returns the requests so far, the last 10,000 at most.
func (h *Handler) Requests() []Request { return h.core.Requests() }

// FailNext makes the next request for path, such as "api/v3/room/detail", fail
// with a code of the vendor's, after its signature was checked and before
// anything is done. Several calls fail as many requests.
func (h *Handler) FailNext(path, code string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.failing.Add(path, code)
}

// LoseNext loses the answer to the next request for path, such as
// "api/v4/room/create": the request is carried out, and then the connection breaks
// off. The client's call fails with edusdk.MaybeApplied, if it is one that must not be
// repeated. Several calls lose as many answers.
func (h *Handler) LoseNext(path string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.losing[path]++
}

// lose reports whether the answer to a request for path is to be lost.
func (h *Handler) lose(path string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	n := h.losing[path]
	h.losing[path] = max(n-1, 0)
	return n > 0
}

// Handle sets what answers the requests for a path, such as
// "api/v4/room/authinfo", in place of what the fake itself may have there.
// Signature and timestamp are checked; answer gets the parameters and returns what
// is sent as JSON; it must not call the Handler.
func (h *Handler) Handle(path string, answer func(params url.Values) any) {
	h.core.Handle(path, answer)
}

// Sign returns what is sent to the vendor for some parameters: them, the partner,
// the fake's time, and the signature. It is for requests that are made without
// this module, by hand or in another language. Parameters without a value are left
// out, as the document has it.
func (h *Handler) Sign(params url.Values) url.Values {
	h.core.Lock()
	now := h.core.Now()
	h.core.Unlock()
	in := &incoming{Request: Request{Params: url.Values{}}}
	for name, values := range params {
		for _, v := range values {
			if trim(v) != "" {
				in.put(name, v)
			}
		}
	}
	in.Params.Set("partner", Partner)
	in.Params.Set("timestamp", strconv.FormatInt(now.UnixMilli(), 10))
	in.Params.Set("sign", in.expectedSign())
	return in.Params
}

// Request is a request that reached the fake.
type Request struct {
	Method string      // HTTP method
	Path   string      // without a slash in front: "api/v3/room/list"
	Header http.Header // as received
	Params url.Values  // of the query and the form, decoded; partner, timestamp and sign too
	JSON   []byte      // a JSON body
	File   *File       // an uploaded file
	Error  string      // the code that was answered, or "404 Not Found" and the like; "" for success

	// Problem says what was wrong and names the parameter, which the vendor's codes
	// do not: "startTime must be a time such as 2013-10-27 11:11". It holds no
	// value, and is "" for success and for a failure that FailNext ordered.
	Problem string
}

// File is an uploaded file; its content is not kept.
type File struct {
	Field       string // name of the form's field
	Name        string // the file's name
	ContentType string // of the part
	Size        int64  // in bytes
}

// serve answers a request that nothing intercepted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if room, ok := strings.CutPrefix(path, chatPath); ok && !h.handled(path) {
		h.serveChat(w, r, room)
		return
	}
	in, status, problem := receive(r, path)
	out := h.process(r, in, status, problem)
	h.log(r, in.Path, out)
	if h.lose(path) {
		panic(http.ErrAbortHandler)
	}
	out.write(w)
}

// log tells the logger what became of a request.
func (h *Handler) log(r *http.Request, path string, out output) {
	v := fake.Verdict{
		Method: r.Method, Path: path, Status: max(out.status, http.StatusOK), Refused: out.code != "" || out.problem != "", Problem: out.problem,
	}
	if out.status == 0 {
		v.Code = out.code
	}
	h.core.Log(r.Context(), v)
}

// handled reports whether Handle was called for a path.
func (h *Handler) handled(path string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	return h.core.Handler(path) != nil
}

// process carries a request out and remembers it.
func (h *Handler) process(r *http.Request, in *incoming, status int, problem string) output {
	h.core.Lock()
	defer h.core.Unlock()
	out := refusal(status, problem)
	if status == http.StatusOK {
		out = h.answer(r, in)
	}
	in.Error, in.Problem = out.code, out.problem
	h.core.Remember(in.Request)
	out.date = h.core.Now()
	return out
}

// answer checks a request and does what it asks for.
func (h *Handler) answer(r *http.Request, in *incoming) output {
	e, documented := h.endpoint[in.Path]
	handle := h.core.Handler(in.Path)
	switch {
	case handle != nil:
		e, documented = endpoint{}, false
	case !documented:
		return refusal(http.StatusNotFound, "the vendor has no such endpoint")
	case r.Method != e.method:
		return refusal(http.StatusMethodNotAllowed, "the method must be "+e.method)
	}
	now := h.core.Now()
	code, problem := in.checkSigned(now)
	if code == "" {
		code, _ = h.failing.Next(in.Path)
	}
	if code == "" && documented {
		code, problem = in.checkParams(e)
	}
	if code != "" {
		return failure(code, problem, e.page)
	}
	if handle != nil {
		return output{json: handle(maps.Clone(in.Params))}
	}
	c := &call{vendor: &h.vendor, in: in, now: now, base: baseOf(r)}
	out := e.serve(c)
	if out.code != "" {
		return failure(out.code, out.problem, e.page)
	}
	return out
}

// baseOf returns the address that the request's path was put behind.
func baseOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	prefix := ""
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		prefix = strings.TrimSuffix(u.Path, r.URL.Path)
	}
	return fmt.Sprintf("%s://%s%s", scheme, r.Host, prefix)
}

// output is what an endpoint answers: JSON, a page or a picture; or the code of
// a failure.
type output struct {
	code    string
	problem string // what was wrong, for whoever sent the request
	json    any
	html    string
	png     []byte
	status  int
	date    time.Time
}

// refusal is the page for a request that is not one to the vendor's API.
func refusal(status int, problem string) output {
	text := fmt.Sprint(status, " ", http.StatusText(status))
	return output{status: status, code: text, problem: problem, html: text}
}

// failure returns how a code is answered: in JSON, or on a page.
func failure(code, problem string, onPage bool) output {
	if onPage {
		return output{code: code, problem: problem, html: code}
	}
	return output{code: code, problem: problem, json: map[string]any{"success": false, "error": code}}
}

func (o output) write(w http.ResponseWriter) {
	if !o.date.IsZero() {
		w.Header().Set("Date", o.date.UTC().Format(http.TimeFormat))
	}
	switch {
	case o.png != nil:
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(o.png)
	case o.html != "":
		page(w, max(o.status, http.StatusOK), o.html)
	default:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = w.Write(encode(o.json))
	}
}

// page writes an HTML page; a body without tags gets them around it.
func page(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	if !strings.HasPrefix(body, "<") {
		body = "<html>\n<head></head>\n<body>\n  " + body + "\n</body>\n</html>\n"
	}
	_, _ = io.WriteString(w, body)
}
