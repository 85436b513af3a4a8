package supervision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
)

// The paths that a Receiver serves (document: 1.12.3, 1.14.3). Where a province
// calls others, mount it behind a handler that sets r.URL.Path.
const (
	PathPushClass   = "/api/v1/pushClassInfo"
	PathPullCourses = "/api/v1/thirdCoursePull"
)

const (
	defaultMaxBody       = 1 << 20
	defaultMaxConcurrent = 16
	// bodyTime is how long a request's body may take to arrive.
	bodyTime = 30 * time.Second
)

// ReceiverConfig says how a Receiver answers.
type ReceiverConfig struct {
	// Verify decides whether a request comes from the platform; an error turns
	// it away. Required: the document leaves it open how the platform proves
	// itself, and a request carries ID numbers and makes accounts. SharedToken
	// is one. r is the request; its body can be read again.
	Verify VerifierFunc
	// PushClass takes a class (1.12) and returns the accounts that were made for
	// its students. The platform may push a class again: give it the same
	// answer. nil turns pushes away.
	PushClass func(ctx context.Context, c *Class) (*PushClassResult, error)
	// PullCourses returns a page of the course packages (1.14). Pages count from
	// 1. nil turns pulls away.
	PullCourses func(ctx context.Context, pageNo, pageSize int) (*CoursePage, error)
	// MaxBody bounds a request's body in bytes. 0 means 1 MiB.
	MaxBody int64
	// MaxSkew is how far a request's timestamp may be from the time here. 0 lets
	// any pass, and none.
	MaxSkew time.Duration
	// MaxConcurrent bounds the requests that are worked on at the same time;
	// more are turned away with status 503. 0 means 16.
	MaxConcurrent int
	// Logger gets a line for each request: path, status, returnCode, bytes,
	// duration, our own words for what was wrong and, where a callback
	// panicked, the stack; and nothing that the request or the panic holds.
	// nil logs nothing.
	Logger *slog.Logger
	// Clock replaces time.Now.
	Clock func() time.Time
}

// VerifierFunc decides whether a request comes from the platform.
type VerifierFunc func(ctx context.Context, h Headers, r *http.Request) error

// SharedToken returns a verifier for requests whose userToken is the one that
// was agreed upon. It compares in constant time. For an empty token it is nil,
// which NewReceiver refuses.
func SharedToken(token string) VerifierFunc {
	if token == "" {
		return nil
	}
	want := sha256.Sum256([]byte(token))
	return func(_ context.Context, h Headers, _ *http.Request) error {
		got := sha256.Sum256([]byte(h.UserToken))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return errWrongToken
		}
		return nil
	}
}

var errWrongToken = errors.New("the token is not the one that was agreed upon")

// Headers is what a request says of its sender. It redacts its token when
// printed.
type Headers struct {
	DeviceType DeviceType
	DeviceID   string
	Timestamp  time.Time // zero where there was none
	UserToken  string    // userToken or user_token
}

// String leaves the token out.
func (h Headers) String() string {
	return fmt.Sprintf("supervision.Headers(%s, redacted)", h.DeviceType)
}

// Format is String for every verb, so that none shows a secret.
func (h Headers) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue is String for package slog.
func (h Headers) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText is String for encoding/json and the like.
func (h Headers) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// maxSeconds is from where on a timestamp counts milliseconds: as seconds, it
// would be of the year 5138.
const maxSeconds = 1e11

// UnmarshalJSON reads the headers of both parts of the document. The timestamp
// counts seconds since 1970, or milliseconds where it is too large for that.
func (h *Headers) UnmarshalJSON(data []byte) error {
	var w struct {
		DeviceType    lenient.Text `json:"deviceType"`
		DeviceID      lenient.Text `json:"deviceId"`
		Timestamp     lenient.Text `json:"timestamp"`
		UserToken     lenient.Text `json:"userToken"`
		BusinessToken lenient.Text `json:"user_token"`
	}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*h = Headers{DeviceType: DeviceType(w.DeviceType), DeviceID: string(w.DeviceID), UserToken: string(w.UserToken)}
	if h.UserToken == "" {
		h.UserToken = string(w.BusinessToken)
	}
	if text := strings.TrimSpace(string(w.Timestamp)); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil || n <= 0:
			return errTimestamp
		case n < maxSeconds:
			h.Timestamp = time.Unix(n, 0)
		default:
			h.Timestamp = time.UnixMilli(n)
		}
	}
	return nil
}

var errTimestamp error = &lenient.Error{Field: "headers.timestamp", Problem: "is not in seconds since 1970"}

// ReturnError is an error of a callback that the platform is told of: its Code
// becomes the returnCode and its Msg the returnMsg, so they should hold nothing
// personal. Of other errors it learns nothing but that something failed.
type ReturnError struct {
	Code string // not "0"; "" means "1"
	Msg  string
}

// Error returns the message.
func (e *ReturnError) Error() string { return e.Msg }

// Receiver is a learning platform's side of the calls that the supervision
// platform makes: an http.Handler for PathPushClass and PathPullCourses, to
// mount in any server or router. It takes POST requests with JSON only, checks
// them before a callback sees them, and always answers in the document's
// envelope: with returnCode "0" for success, the HTTP status as returnCode for a
// request that it turns away, and "1" for a callback that failed. A callback
// that panics has failed. Give the server timeouts, as for any server on the
// internet: a body has 30 s to arrive, headers are the server's business.
type Receiver struct {
	cfg   ReceiverConfig
	serve map[string]func(*inbound) outbound // by path
	slots chan struct{}
}

// NewReceiver returns a receiver. A cfg that makes no sense is an error of kind
// edusdk.ErrInvalidArgument.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	for _, f := range []struct {
		wrong         bool
		name, problem string
	}{
		{cfg.Verify == nil, "Verify", "must be given: without it, anybody could make accounts; SharedToken is one"},
		{cfg.PushClass == nil && cfg.PullCourses == nil, "PushClass", "or PullCourses must be given"},
		{cfg.MaxBody < 0, "MaxBody", "must not be negative"},
		{cfg.MaxSkew < 0, "MaxSkew", "must not be negative"},
		{cfg.MaxConcurrent < 0, "MaxConcurrent", "must not be negative"},
	} {
		if f.wrong {
			return nil, &edusdk.Error{
				Vendor: vendor, Op: "NewReceiver", Kind: edusdk.ErrInvalidArgument,
				Err: params.FieldError("ReceiverConfig."+f.name, f.problem),
			}
		}
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = defaultMaxBody
	}
	if cfg.MaxConcurrent == 0 {
		cfg.MaxConcurrent = defaultMaxConcurrent
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	rc := &Receiver{cfg, map[string]func(*inbound) outbound{}, make(chan struct{}, cfg.MaxConcurrent)}
	if cfg.PushClass != nil {
		rc.serve[PathPushClass] = rc.pushClass
	}
	if cfg.PullCourses != nil {
		rc.serve[PathPullCourses] = rc.pullCourses
	}
	return rc, nil
}

// ServeHTTP implements http.Handler.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := rc.cfg.Clock()
	in := &inbound{request: r}
	out := rc.answer(w, in)
	body, _ := lenient.Marshal(out.body(), nil) // texts, numbers and lists can always be encoded
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch out.status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // a caller that has left is no failure
	rc.log(in, &out, rc.cfg.Clock().Sub(start))
}

// log writes a line about a request.
func (rc *Receiver) log(in *inbound, out *outbound, elapsed time.Duration) {
	path := in.request.URL.Path
	if rc.serve[path] == nil {
		path = "other" // it can be anything
	}
	attrs := append(make([]slog.Attr, 0, 8),
		slog.String("path", path), slog.Int("status", out.status), slog.String("returnCode", out.code),
		slog.Int("bytes", len(in.body)), slog.Duration("elapsed", elapsed))
	level := slog.LevelDebug
	if out.problem != "" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("problem", out.problem))
	}
	if out.stack != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(out.stack)))
	}
	rc.cfg.Logger.LogAttrs(in.request.Context(), level, "edusdk receiver", attrs...)
}

// inbound is a request.
type inbound struct {
	request *http.Request
	body    []byte
	headers Headers
	data    json.RawMessage
}

// outbound is what is answered.
type outbound struct {
	status  int
	code    string
	msg     string
	payload any    // nil where there is none
	problem string // for the log; "" for a success
	stack   []byte // of a panic
}

// The messages that the platform's people read.
const (
	msgSuccess      = "success"
	msgFailed       = "处理失败"
	msgMethod       = "请求方式必须为POST"
	msgPath         = "接口不存在"
	msgBusy         = "请求过多，请稍后重试"
	msgContentType  = "请求内容必须为JSON"
	msgTooLarge     = "请求内容过大"
	msgMalformed    = "请求格式不正确"
	msgTimestamp    = "请求时间戳超出允许范围"
	msgUnauthorized = "身份验证失败"
)

func turnAway(status int, msg, problem string) outbound {
	return outbound{status: status, code: strconv.Itoa(status), msg: msg, problem: problem}
}

// malformed turns away a request that is not what the document says. err is one
// of package lenient, which names fields and holds no values.
func malformed(err error) outbound {
	return turnAway(http.StatusBadRequest, msgMalformed+": "+err.Error(), err.Error())
}

// body returns the document's envelope.
func (o *outbound) body() any {
	type outer struct {
		ReturnCode string `json:"returnCode"`
		ReturnMsg  string `json:"returnMsg"`
	}
	e := outer{o.code, o.msg}
	switch p := o.payload.(type) {
	case *PushClassResult:
		return struct {
			outer
			*PushClassResult
		}{e, p}
	case *CoursePage:
		return struct {
			outer
			*CoursePage
		}{e, p}
	}
	return e
}

// answer works on a request, whatever happens meanwhile.
func (rc *Receiver) answer(w http.ResponseWriter, in *inbound) (out outbound) {
	defer func() {
		if recover() != nil { // what it holds can be personal
			out = turnAway(http.StatusInternalServerError, msgFailed, "panic")
			out.stack = debug.Stack()
		}
	}()
	serve, refusal := rc.route(in.request)
	if refusal != nil {
		return *refusal
	}
	select {
	case rc.slots <- struct{}{}:
		defer func() { <-rc.slots }()
	default:
		return turnAway(http.StatusServiceUnavailable, msgBusy, "more requests at a time than MaxConcurrent")
	}
	for _, step := range []func() *outbound{
		func() *outbound { return rc.readBody(w, in) },
		in.decode,
		func() *outbound { return rc.checkTime(in.headers.Timestamp) },
		func() *outbound { return rc.verify(in) },
	} {
		if refusal := step(); refusal != nil {
			return *refusal
		}
	}
	return serve(in)
}

// route tells by path, method and content type who serves a request.
func (rc *Receiver) route(r *http.Request) (func(*inbound) outbound, *outbound) {
	var out outbound
	serve := rc.serve[r.URL.Path]
	switch {
	case serve == nil:
		out = turnAway(http.StatusNotFound, msgPath, "nothing is served at the path")
	case r.Method != http.MethodPost:
		out = turnAway(http.StatusMethodNotAllowed, msgMethod, "the method is not POST")
	case !isJSON(r.Header.Get("Content-Type")) || r.Header.Get("Content-Encoding") != "":
		out = turnAway(http.StatusUnsupportedMediaType, msgContentType, "the content is not labelled as plain JSON")
	default:
		return serve, nil
	}
	return nil, &out
}

// isJSON reports whether a Content-Type is JSON's. None at all may be.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || media == "text/json")
}

// readBody reads a body that is not too large and comes soon enough.
func (rc *Receiver) readBody(w http.ResponseWriter, in *inbound) *outbound {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTime)) // a recorder of a test has none
	body, err := io.ReadAll(http.MaxBytesReader(w, in.request.Body, rc.cfg.MaxBody))
	_ = conn.SetReadDeadline(time.Time{})
	if err != nil {
		out := turnAway(http.StatusBadRequest, msgMalformed, "the body could not be read")
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			out = turnAway(http.StatusRequestEntityTooLarge, msgTooLarge, "the body is larger than MaxBody")
		}
		return &out
	}
	in.body = body
	in.request.Body = io.NopCloser(bytes.NewReader(body)) // for Verify
	return nil
}

// decode takes the envelope off.
func (in *inbound) decode() *outbound {
	var w struct {
		Headers *Headers        `json:"headers"`
		Data    json.RawMessage `json:"data"`
	}
	err := checkShape(in.body, mostElements(len(in.body)))
	if err == nil {
		err = lenient.Unmarshal(in.body, &w)
	}
	if err == nil {
		in.data, err = only(w.Data)
	}
	if err == nil && w.Headers == nil {
		err = &lenient.Error{Field: "headers", Problem: "is missing"}
	}
	if err != nil {
		out := malformed(err)
		return &out
	}
	in.headers = *w.Headers
	return nil
}

// only returns an object that may stand in an array by itself.
func only(data json.RawMessage) (json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if isArray(data) {
		var elements []json.RawMessage
		if err := lenient.Unmarshal(data, &elements); err != nil {
			return nil, err
		}
		if len(elements) != 1 {
			return nil, &lenient.Error{Field: "data", Problem: "is an array that has not just one element"}
		}
		data = bytes.TrimSpace(elements[0])
	}
	switch {
	case len(data) == 0 || string(data) == "null":
		return nil, &lenient.Error{Field: "data", Problem: "is missing"}
	case data[0] != '{':
		return nil, &lenient.Error{Field: "data", Problem: "is not an object"}
	case len(bytes.TrimSpace(data[1:len(data)-1])) == 0:
		return nil, &lenient.Error{Field: "data", Problem: "is empty"}
	}
	return data, nil
}

// checkTime turns away what was not sent just now.
func (rc *Receiver) checkTime(at time.Time) *outbound {
	if rc.cfg.MaxSkew == 0 || !at.IsZero() && rc.cfg.Clock().Sub(at).Abs() <= rc.cfg.MaxSkew {
		return nil
	}
	out := turnAway(http.StatusBadRequest, msgTimestamp, "the timestamp is missing or further off than MaxSkew")
	return &out
}

func (rc *Receiver) verify(in *inbound) *outbound {
	if rc.cfg.Verify(in.request.Context(), in.headers, in.request) == nil {
		return nil
	}
	out := turnAway(http.StatusUnauthorized, msgUnauthorized, "Verify turned it away")
	return &out
}

func (rc *Receiver) pushClass(in *inbound) outbound {
	var c Class
	if err := lenient.Unmarshal(in.data, &c); err != nil {
		return malformed(err)
	}
	if c.ClassCode == "" {
		return malformed(&lenient.Error{Field: "data.classCode", Problem: "is missing"})
	}
	result, err := rc.cfg.PushClass(in.request.Context(), &c)
	if err != nil {
		return failed(err)
	}
	own := PushClassResult{Accounts: []StudentAccount{}} // not null
	if result != nil {
		own.PasswordRules = result.PasswordRules
		own.Accounts = append(own.Accounts, result.Accounts...)
	}
	return success(&own)
}

func (rc *Receiver) pullCourses(in *inbound) outbound {
	var asked struct {
		PageNo   int `json:"pageNo"`
		PageSize int `json:"pageSize"`
	}
	if err := lenient.Unmarshal(in.data, &asked); err != nil {
		return malformed(err)
	}
	if asked.PageNo < 1 || asked.PageSize < 1 {
		return malformed(&lenient.Error{Field: "data", Problem: "has no pageNo and pageSize of at least 1"})
	}
	page, err := rc.cfg.PullCourses(in.request.Context(), asked.PageNo, asked.PageSize)
	if err != nil {
		return failed(err)
	}
	own := CoursePage{Courses: []Course{}} // not null
	if page != nil {
		own.PageNo, own.PageSize, own.TotalPage = page.PageNo, page.PageSize, page.TotalPage
		own.Courses = append(own.Courses, page.Courses...)
	}
	if own.PageNo == 0 {
		own.PageNo = asked.PageNo
	}
	if own.PageSize == 0 {
		own.PageSize = asked.PageSize
	}
	return success(&own)
}

func success(payload any) outbound {
	return outbound{status: http.StatusOK, code: "0", msg: msgSuccess, payload: payload}
}

// failed answers for a callback that failed: in its own words if they are meant
// for the platform.
func failed(err error) outbound {
	out := outbound{status: http.StatusOK, code: "1", msg: msgFailed, problem: "the callback failed"}
	if own := (*ReturnError)(nil); errors.As(err, &own) {
		out.msg = own.Msg
		if own.Code != "" && own.Code != "0" {
			out.code = own.Code
		}
	}
	return out
}
