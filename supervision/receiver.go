package supervision

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// The paths that a Receiver serves (document: 1.12.3, 1.14.3). Where a province
// calls others, mount it behind a handler that sets r.URL.Path.
const (
	PathPushClass   = "/api/v1/pushClassInfo"
	PathPullCourses = "/api/v1/thirdCoursePull"
)

// What a ReceiverConfig's zero values mean.
const (
	defaultMaxBody         = 1 << 20
	defaultMaxMemory       = 64 << 20
	defaultMaxConcurrent   = 16
	defaultBodyTimeout     = 30 * time.Second
	defaultCallbackTimeout = time.Minute
)

// ReceiverConfig says how a Receiver answers.
//
// Its functions run on goroutines of their own. One that panics or calls
// runtime.Goexit has failed, and so has one that takes longer than it may: the
// platform is answered, but the work goes on in its place of MaxConcurrent until
// the function returns.
type ReceiverConfig struct {
	// Verify decides whether a request comes from the platform; an error turns
	// it away. Required: the document leaves it open how the platform proves
	// itself, and a request carries ID numbers and makes accounts. SharedToken
	// is one. r is the request; its body can be read again, as it came.
	Verify VerifierFunc
	// PushClass takes a class (1.12) and returns the accounts that were made for
	// its students: one for each, or the push counts as failed. The platform may
	// push a class again: give it the same answer, or see Replay. nil turns
	// pushes away.
	PushClass func(ctx context.Context, c *Class) (*PushClassResult, error)
	// PullCourses returns a page of the course packages (1.14). Pages count from
	// 1 and are at most 1,000,000, sizes at most 10,000. The page must be the one
	// that was asked for (PageNo and PageSize may be left 0), must not have more
	// courses than PageSize, and none beyond TotalPage; its courses must pass
	// ValidateCourses. Otherwise the pull counts as failed. nil turns pulls away.
	PullCourses func(ctx context.Context, pageNo, pageSize int) (*CoursePage, error)
	// PlatformCode is the learning platform's code (studyPlatformCode), for
	// pulled courses without one of their own. Without either, a pull fails.
	PlatformCode string

	// MaxBody bounds a request's body in bytes, as it comes and once it is in
	// UTF-8. 0 means 1 MiB.
	MaxBody int64
	// BodyTimeout is how long a body may take to arrive. It never lengthens the
	// server's own ReadTimeout. 0 means 30 s.
	BodyTimeout time.Duration
	// MaxMemory bounds the bytes of all bodies that are held at the same time. A
	// request that finds no room takes that of the body which has been stuck
	// longest; where none is stuck, it is turned away with status 503. It must
	// be at least twice MaxBody. 0 means 64 MiB, or four times MaxBody.
	MaxMemory int64
	// MaxMemoryPerCaller is the share of MaxMemory that one caller can hold. It
	// must be at least twice MaxBody. 0 means a quarter of MaxMemory, or twice
	// MaxBody.
	MaxMemoryPerCaller int64
	// Caller tells callers apart, for MaxMemoryPerCaller. nil takes the remote
	// address, and of one in IPv6 its /64 network. Behind a proxy all requests
	// have the proxy's: return the address that it puts into a header, or use
	// AnyCaller. A caller of "" is bounded by MaxMemory alone.
	Caller func(r *http.Request) string
	// MaxConcurrent bounds the requests that are worked on at the same time,
	// once their bodies are here; more are turned away with status 503. 0 means
	// 16.
	MaxConcurrent int
	// CallbackTimeout is how long Verify and PushClass or PullCourses may take
	// together. Their context ends then. 0 means a minute. The WriteTimeout of
	// the server should be longer than BodyTimeout and CallbackTimeout.
	CallbackTimeout time.Duration
	// MaxSkew is how far a request's timestamp may be from the time here. 0 lets
	// any pass, and none.
	MaxSkew time.Duration
	// AnyContentType takes JSON whatever Content-Type it comes under. Otherwise
	// the label has to be one of JSON or text/plain, or absent. Either way the
	// charset GBK, GB2312 or GB18030 in it is heeded, unless the body is UTF-8.
	AnyContentType bool
	// Replay remembers the answers to pushes and gives them again to the same
	// class with the same content, without another call of PushClass. nil
	// remembers nothing. See ReplayConfig for what is kept.
	Replay *ReplayConfig

	// Logger gets a line for each request: path, status, returnCode, bytes,
	// duration, our own words for what was wrong and, where a callback
	// panicked, the stack; and nothing that the request or the panic holds.
	// nil logs nothing.
	Logger *slog.Logger
	// Clock replaces time.Now, for MaxSkew and the age of what Replay keeps.
	Clock func() time.Time
}

// AnyCaller is a ReceiverConfig.Caller that does not tell callers apart.
func AnyCaller(*http.Request) string { return "" }

// remoteCaller is the Caller that is taken when none is given.
func remoteCaller(r *http.Request) string {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := address.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(64) // it is long enough
	return network.String()
}

// Receiver is a learning platform's side of the calls that the supervision
// platform makes: an http.Handler for PathPushClass and PathPullCourses, to
// mount in any server or router. It takes POST requests with JSON only, checks
// them before a callback sees them, and always answers in the document's
// envelope: with returnCode "0" for success, the HTTP status as returnCode for a
// request that it turns away or whose callback panicked or took too long, and "1"
// for a callback that failed. A class that does not keep to the document is
// turned away, never taken in part.
//
// Bodies are bounded in size, time and memory. A connection whose body was
// refused is closed, without waiting for the rest. Where a middleware hides how to
// set deadlines (it neither embeds the http.ResponseWriter nor has a method
// Unwrap), the answer is given in time all the same, but net/http waits for the
// rest, or until the server's ReadTimeout. So give the server timeouts, as for any
// server on the internet; headers and the number of connections are its business.
type Receiver struct {
	cfg        ReceiverConfig
	operations map[string]inboundOperation // by path
	memory     *memory
	slots      chan struct{}
	replays    *replays // nil where nothing is remembered
}

// inboundOperation does what a verified request asks for, and returns the answer's body.
type inboundOperation func(context.Context, *inbound) ([]byte, error)

// NewReceiver returns a receiver. A cfg that makes no sense is an error of kind
// edusdk.ErrInvalidArgument.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, &edusdk.Error{Vendor: vendor, Op: "NewReceiver", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	rc := &Receiver{
		cfg: cfg, operations: map[string]inboundOperation{}, slots: make(chan struct{}, cfg.MaxConcurrent),
		memory: newMemory(cfg.MaxMemory, cfg.MaxMemoryPerCaller),
	}
	if cfg.PushClass != nil {
		rc.operations[PathPushClass] = rc.pushClass
	}
	if cfg.PullCourses != nil {
		rc.operations[PathPullCourses] = rc.pullCourses
	}
	if cfg.Replay != nil {
		rc.replays = newReplays(*cfg.Replay, rc.now)
	}
	return rc, nil
}

func (cfg *ReceiverConfig) setDefaults() {
	orElse(&cfg.MaxBody, defaultMaxBody)
	orElse(&cfg.MaxMemory, max(defaultMaxMemory, 4*cfg.MaxBody))
	orElse(&cfg.MaxMemoryPerCaller, max(cfg.MaxMemory/4, 2*cfg.MaxBody))
	orElse(&cfg.BodyTimeout, defaultBodyTimeout)
	orElse(&cfg.CallbackTimeout, defaultCallbackTimeout)
	orElse(&cfg.MaxConcurrent, defaultMaxConcurrent)
	if cfg.Caller == nil {
		cfg.Caller = remoteCaller
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Replay != nil {
		own := *cfg.Replay
		own.setDefaults()
		cfg.Replay = &own
	}
}

func orElse[T comparable](v *T, otherwise T) {
	if *v == *new(T) {
		*v = otherwise
	}
}

// maxMaxBody keeps what is computed from it within bounds.
const maxMaxBody = 1 << 30

func (cfg *ReceiverConfig) check() error {
	const negative = "must not be negative"
	replay := ReplayConfig{}
	if cfg.Replay != nil {
		replay = *cfg.Replay
	}
	for _, f := range []struct {
		wrong         bool
		name, problem string
	}{
		{cfg.Verify == nil, "Verify", "must be given: without it, anybody could make accounts; SharedToken is one"},
		{cfg.PushClass == nil && cfg.PullCourses == nil, "PushClass", "or PullCourses must be given"},
		{cfg.PlatformCode != "" && params.Text(cfg.PlatformCode) != "", "PlatformCode", params.Text(cfg.PlatformCode)},
		{cfg.MaxBody < 0 || cfg.MaxBody > maxMaxBody, "MaxBody", "must not be negative, nor more than 1 GiB"},
		{cfg.BodyTimeout < 0, "BodyTimeout", negative},
		{cfg.MaxMemory < 2*cfg.MaxBody, "MaxMemory", "must be at least twice MaxBody"},
		{cfg.MaxMemoryPerCaller < 2*cfg.MaxBody, "MaxMemoryPerCaller", "must be at least twice MaxBody"},
		{cfg.MaxConcurrent < 0, "MaxConcurrent", negative},
		{cfg.CallbackTimeout < 0, "CallbackTimeout", negative},
		{cfg.MaxSkew < 0, "MaxSkew", negative},
		{replay.MaxEntries < 0, "Replay.MaxEntries", negative},
		{replay.MaxBytes < 0, "Replay.MaxBytes", negative},
		{replay.MaxAge < 0, "Replay.MaxAge", negative},
	} {
		if f.wrong {
			return params.FieldError("ReceiverConfig."+f.name, f.problem)
		}
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	in := newInbound(rc, r, w)
	out := in.answer()
	in.write(out)
	rc.log(r, out, time.Since(start))
}

// route tells by path, method and content type who serves a request.
func (rc *Receiver) route(r *http.Request) (inboundOperation, error) {
	serve := rc.operations[r.URL.Path]
	encoding := r.Header.Get("Content-Encoding")
	switch {
	case serve == nil:
		return nil, turnAway(http.StatusNotFound, msgPath, "nothing is served at the path")
	case r.Method != http.MethodPost:
		return nil, turnAway(http.StatusMethodNotAllowed, msgMethod, "the method is not POST")
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return nil, turnAway(http.StatusUnsupportedMediaType, msgContentType, "the content is compressed")
	case !rc.cfg.AnyContentType && !mayBeJSON(r.Header.Get("Content-Type")):
		return nil, turnAway(http.StatusUnsupportedMediaType, msgContentType, "the content is not labelled as JSON or text")
	case r.ContentLength > rc.cfg.MaxBody:
		return nil, errTooLarge
	}
	return serve, nil
}

// mayBeJSON reports whether a Content-Type is one that JSON comes under: its own,
// plain text's, or none. What is in the body decides.
func mayBeJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch media {
	case "", "application/json", "text/json", "text/plain":
		return true
	}
	return strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

// enter takes one of MaxConcurrent places, which leave gives back.
func (rc *Receiver) enter() error {
	select {
	case rc.slots <- struct{}{}:
		return nil
	default:
		return turnAway(http.StatusServiceUnavailable, msgBusy, "more requests at a time than MaxConcurrent")
	}
}

func (rc *Receiver) leave() { <-rc.slots }

// now is Clock's time, or the real one where Clock panics.
func (rc *Receiver) now() (at time.Time) {
	defer func() {
		if recover() != nil {
			at = time.Now()
		}
	}()
	return rc.cfg.Clock()
}

// logPatience is how long a request waits for its line to be logged.
const logPatience = time.Second

// log writes a line about a request.
func (rc *Receiver) log(r *http.Request, out *outbound, elapsed time.Duration) {
	if rc.cfg.Logger == nil {
		return
	}
	path := r.URL.Path
	if rc.operations[path] == nil {
		path = "other" // it can be anything
	}
	attrs := append(make([]slog.Attr, 0, 8),
		slog.String("path", path), slog.Int("status", out.status), slog.String("returnCode", out.code),
		slog.Int("bytes", out.received), slog.Duration("elapsed", elapsed))
	level := slog.LevelDebug
	if out.problem != "" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("problem", out.problem))
	}
	if out.stack != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(out.stack)))
	}
	ctx := r.Context()
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		defer func() { _ = recover() }() // there is nowhere to tell of it
		rc.cfg.Logger.LogAttrs(ctx, level, "edusdk receiver", attrs...)
	}()
	patience := time.NewTimer(logPatience)
	defer patience.Stop()
	select {
	case <-logged:
	case <-patience.C:
	}
}

// The messages that the platform's people read.
const (
	msgSuccess      = "success"
	msgFailed       = "处理失败"
	msgTimeout      = "处理超时"
	msgMethod       = "请求方式必须为POST"
	msgPath         = "接口不存在"
	msgBusy         = "请求过多，请稍后重试"
	msgContentType  = "请求内容必须为JSON"
	msgTooLarge     = "请求内容过大"
	msgSlow         = "请求内容接收超时"
	msgMalformed    = "请求格式不正确"
	msgTimestamp    = "请求时间戳超出允许范围"
	msgUnauthorized = "身份验证失败"
)

// refusal is an error that is answered: with an HTTP status, a returnCode and a
// message.
type refusal struct {
	status  int
	code    string // returnCode
	msg     string // returnMsg, for the platform's people
	problem string // for the log
}

// Error returns what the log gets.
func (r *refusal) Error() string { return r.problem }

// turnAway refuses a request, with its HTTP status as the returnCode.
func turnAway(status int, msg, problem string) *refusal {
	return &refusal{status, strconv.Itoa(status), msg, problem}
}

var (
	errTooLarge = turnAway(http.StatusRequestEntityTooLarge, msgTooLarge, "the body is larger than MaxBody")
	errNoRoom   = turnAway(http.StatusServiceUnavailable, msgBusy, "the bodies of other requests take all of MaxMemory or MaxMemoryPerCaller")
	errSlow     = turnAway(http.StatusRequestTimeout, msgSlow, "the body did not arrive within BodyTimeout or the server's own ReadTimeout")
	errBroken   = turnAway(http.StatusBadRequest, msgMalformed, "the body could not be read")
	errLate     = turnAway(http.StatusGatewayTimeout, msgTimeout, "Verify or the callback took longer than CallbackTimeout")
	errCrashed  = turnAway(http.StatusInternalServerError, msgFailed, "panic or runtime.Goexit")
)
