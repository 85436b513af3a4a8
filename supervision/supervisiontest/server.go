package supervisiontest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/fake"
	"github.com/edusdk/edusdk/supervision"
)

// The account that a new fake has.
const (
	AccountName  = "fake-supervision-account"
	Password     = "fake-supervision-password"
	PlatformCode = "5d0c7b1e9f3a4c2d8e6b0a1f2c3d4e5f"
	PlatformName = "示例学习平台"
)

// DeviceID is the device of Config and of the regulator's own calls.
const DeviceID = "7b0e8a52-4c1d-4f3e-9a6b-2d5c8e7f1a30"

// The values of returnCode. The document publishes none but CodeSuccess; the
// others are the fake's own, and real platforms have other ones.
const (
	CodeSuccess           = "0"
	CodeInvalidJSON       = "1001" // the body is not {"headers": {…}, "data": …}
	CodeInvalidParameter  = "1002" // a field is missing, empty, of the wrong type or unknown
	CodeInvalidTimestamp  = "1003" // the timestamp is not within five minutes
	CodeWrongCredentials  = "1004" // the account or its password is wrong
	CodeTokenExpired      = "1005" // the token has expired or was never given out; see SetExpiryCode
	CodeWrongPlatform     = "1006" // the studyPlatformCode is another platform's
	CodeIdentityRefused   = "2001" // 1.2: name and ID number do not belong together
	CodeNotStarted        = "2002" // 1.4, 1.10: nobody has begun to study that
	CodeInvalidBizCode    = "2003" // 1.6, 1.8: the bizCode is unknown, used, expired or another check's
	CodeInvalidImage      = "2004" // 1.6: the picture is not one, or too large
	CodeWrongVerification = "2005" // 1.8: the verification code is wrong
	CodeUnknownCourse     = "2006" // 1.13: the course to modify or delete is not there
	CodeTooFrequent       = "2007" // 1.10: less than a minute after the last report; see SetStrict
	CodeDailyLimit        = "2008" // 1.10: more than studyHourLimit in a day; see SetStrict
	CodeInternal          = "9999" // the fake failed
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

// Config returns the configuration of a client of this server: the account that
// a new fake has, and a TokenExpired that knows the fake's code.
func (s *Server) Config() supervision.Config {
	return supervision.Config{
		BaseURL: s.URL, Account: AccountName, Password: Password, PlatformCode: PlatformCode,
		Device:       supervision.Device{Type: supervision.TypePC, ID: DeviceID},
		TokenExpired: s.TokenExpired,
	}
}

// Handler is the fake as an http.Handler, to be mounted in a server of yours.
// Strip a path prefix before it. It is safe for concurrent use.
type Handler struct {
	core     *fake.Core[*Request, any]
	recent   []remembered // requests whose data is kept, the oldest first
	size     int          // of that data
	routes   map[string]*operation
	failing  fake.Queue[answer] // by operation or path
	numeric  bool
	partTwo  string // what part 2 answers for success
	platform platform
	caller   caller
}

// NewHandler returns a fake without a server.
func NewHandler() *Handler {
	h := &Handler{
		routes: map[string]*operation{}, failing: fake.Queue[answer]{},
		partTwo: CodeSuccess, platform: platform{expiryCode: CodeTokenExpired}, caller: newCaller(),
	}
	for i := range operations {
		h.routes[operations[i].path] = &operations[i]
	}
	h.core = fake.New[*Request, any](h.serve)
	h.AddAccount(Account{Name: AccountName, Password: Password, PlatformCode: PlatformCode, PlatformName: PlatformName})
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there before:
// it may delay or change requests, answer them itself, or break them off. Only
// what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

// SetLogger sets what is told of every request that reaches the fake: its method
// and path, the returnCode, and what was wrong (see Request.Problem); no value
// that was sent. Until then, and with nil, nothing is.
func (h *Handler) SetLogger(logger *slog.Logger) { h.core.SetLogger(logger) }

// Requests returns the requests so far, the last 10,000 at most, those that were
// refused among them. They hold what arrived, personal data and tokens too: the
// fake prints them nowhere.
func (h *Handler) Requests() []Request {
	all := h.core.Requests()
	h.core.Lock()
	defer h.core.Unlock()
	requests := make([]Request, len(all))
	for i, r := range all {
		requests[i] = *r
	}
	return requests
}

// FailNext makes the next request for an operation, such as "Study.Start", or
// for a path, such as "api/v1/startStudy", fail with a code, after its headers
// were checked and before anything is done. Several calls fail as many requests.
func (h *Handler) FailNext(opOrPath, returnCode, returnMsg string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.failing.Add(opOrPath, answer{code: returnCode, msg: returnMsg})
}

// SetNumericCodes makes the fake answer returnCode as a number, which platforms
// have been seen to do, instead of as the string of the document.
func (h *Handler) SetNumericCodes(on bool) {
	h.core.Lock()
	defer h.core.Unlock()
	h.numeric = on
}

// SetBusinessSuccess sets the returnCode that means success in part 2, for its
// tables say 1 where its samples have 0, the default.
func (h *Handler) SetBusinessSuccess(returnCode string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.partTwo = returnCode
}

// AddPath serves an operation, such as "Study.Start", at another path as well,
// for clients whose paths are not the document's. It reports whether there is
// such an operation.
func (h *Handler) AddPath(op, path string) bool {
	at := slices.IndexFunc(operations, func(o operation) bool { return o.op == op })
	if at < 0 {
		return false
	}
	h.core.Lock()
	defer h.core.Unlock()
	h.routes[strings.TrimPrefix(path, "/")] = &operations[at]
	return true
}

// Handle sets what answers the requests for a path, such as "api/v1/other", in
// place of what the fake itself may have there. The headers are checked as those of
// the document's operation are, or as those of part 1 where it describes none;
// serve gets the decoded data, whatever it is, and returns what is answered as
// returnData. It must not call the Handler.
func (h *Handler) Handle(path string, serve func(data any) (returnData any)) {
	h.core.Handle(path, serve)
}

// Request is a request that reached the fake.
type Request struct {
	Time   time.Time // by the fake's clock
	Op     string    // the client's name of the operation, such as "Study.Start"; "" where there is none
	Method string
	Path   string      // without a slash in front: "api/v1/startStudy"
	Header http.Header // HTTP's

	// What stands in the body's headers, as far as it is strings.
	DeviceType string
	DeviceID   string
	Timestamp  string
	Token      string // userToken or user_token

	// Data is the body's data, decoded; numbers are json.Number. Of a face's
	// base64 only the beginning is kept. It is nil where more than 16 MiB of data
	// have arrived since.
	Data any

	Status  int    // HTTP's; what is not 200 was answered by a page
	Code    string // the returnCode that was answered, "" on a page
	Message string // the returnMsg that was answered

	// Problem says what was wrong and names the field, as Message does. It holds no
	// value, and is "" for success and for a failure that FailNext or RejectIdentity
	// ordered.
	Problem string
}

// maxRemembered bounds the bytes of data that Requests keeps.
const maxRemembered = 16 << 20

// remembered is a request whose data is kept.
type remembered struct {
	*Request

	size int
}

// remember keeps a request, and lets go of the oldest data where it is too much.
func (h *Handler) remember(r *Request, size int) {
	h.core.Remember(r)
	h.recent = append(h.recent, remembered{r, size})
	h.size += size
	for h.size > maxRemembered || len(h.recent) > maxKept {
		oldest := h.recent[0]
		h.recent = slices.Delete(h.recent, 0, 1)
		h.size -= oldest.size
		oldest.Data = nil
	}
}

// serve answers a request that nothing intercepted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	in := receive(r)
	out := h.process(in)
	h.core.Log(r.Context(), fake.Verdict{
		Method: r.Method, Path: in.Path, Status: out.status, Code: out.code, Refused: out.refused, Problem: out.problem,
	})
	out.write(w)
}

// process carries a request out and remembers it.
func (h *Handler) process(in *incoming) output {
	h.core.Lock()
	defer h.core.Unlock()
	in.Time = h.core.Now()
	op := h.routes[in.Path]
	handle := h.core.Handler(in.Path)
	if op == nil && handle == nil {
		in.Status, in.Problem = http.StatusNotFound, "the platform has no such endpoint"
	}
	if op == nil {
		op = &operation{}
	}
	if handle != nil {
		replaced := *op
		replaced.handled, replaced.serve = true, func(c *call) answer { return returnData(handle(c.in.Data)) }
		op = &replaced
	}
	in.Op = op.op
	out := output{status: in.Status, refused: true, problem: in.Problem}
	if in.Status == http.StatusOK {
		out = h.output(h.answer(op, in), op.business)
		in.Code, in.Message, in.Problem = out.code, out.msg, out.problem
	}
	h.remember(&in.Request, in.size)
	return out
}

// answer checks a request and does what it asks for.
func (h *Handler) answer(op *operation, in *incoming) answer {
	c := &call{platform: &h.platform, in: in, now: in.Time}
	if code, problem := in.checkHeaders(op.tokenKey(), c.now); code != "" {
		return fail(code, problem)
	}
	if op.tokenKey() != "" {
		if c.account = c.login(in.Token, c.now); c.account == nil {
			return fail(h.platform.expiryCode, "用户token无效或已过期")
		}
	}
	if next, ok := h.failing.Next(op.op, in.Path); ok {
		next.ordered = true
		return next
	}
	return op.carryOut(c)
}
