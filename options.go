package edusdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// Options is what the options of a client's New set. The zero value means the
// defaults. Importers use the With functions; the fields are exported for the
// vendor packages, and for clients of vendors that are not here yet.
type Options struct {
	// HTTPClient is copied for the client's use; nil means a client with a
	// connection pool of its own.
	HTTPClient *http.Client
	// Transport carries the requests; it goes before HTTPClient's.
	Transport http.RoundTripper
	// Timeout bounds one attempt. 0 means 30 s.
	Timeout time.Duration
	// Retry says how often and how fast a call is repeated.
	Retry Retry
	// RateLimiter is waited for before every attempt.
	RateLimiter RateLimiter
	// Logger gets a line for each attempt (debug) and for each retry (info).
	Logger *slog.Logger
	// Observer is told of every attempt and every call.
	Observer Observer
	// Header is sent with every request.
	Header http.Header
	// UserAgent replaces the User-Agent header's default, "edusdk-go".
	UserAgent string
	// Clock replaces time.Now.
	Clock func() time.Time
	// MaxResponseSize bounds an answer's body in bytes, decompressed, and what
	// the answer takes in memory at eight times as much. 0 means 32 MiB.
	MaxResponseSize int64
}

// Option changes the Options of a client. An option that makes no sense fails
// the client's New, never a later call.
type Option func(*Options) error

// Retry says how a client repeats a call that failed in a way that allows it.
// Zero fields mean the defaults.
type Retry struct {
	// MaxAttempts counts the first attempt too. 0 means 3; 1 turns retries
	// off. One request more can follow a token that was rejected or a clock
	// that was corrected: that request replaces one that was turned away.
	MaxAttempts int
	// BaseDelay is the bound of the first random wait; it doubles with every
	// further one. After a rate limit without a hint it is ten times as long.
	// 0 means 100 ms.
	BaseDelay time.Duration
	// MaxDelay bounds the random waits. 0 means 20 s. A hint of the vendor
	// (Retry-After) is followed up to 60 s.
	MaxDelay time.Duration
	// Budget is the number of tokens that all calls of a client share for
	// their retries: a retry takes 14, a first attempt that succeeds gives
	// one back. When the tokens are used up, calls fail without a retry. 0
	// means 500; a negative number means no limit.
	Budget int
}

// RateLimiter delays attempts; a *rate.Limiter of golang.org/x/time/rate is
// one.
type RateLimiter interface {
	// Wait returns when the attempt may go out, or with an error, which then
	// fails the call. It runs in the goroutine of the call, which lasts as long as
	// it does: it must mind ctx.
	Wait(ctx context.Context) error
}

// NewOptions returns the options that opts set, or the errors of those that
// make no sense.
func NewOptions(opts ...Option) (*Options, error) {
	o := &Options{}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, optionError("Option", "it is nil"))
			continue
		}
		if err := opt(o); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return o, nil
}

// WithHTTPClient makes the client work with a copy of hc: its transport and
// its timeout (as [WithTimeout], unless that is given too). Its cookie jar and
// its redirect policy are left out, because both would carry credentials to
// where they do not belong. hc itself is never changed. nil is an error.
func WithHTTPClient(hc *http.Client) Option {
	return func(o *Options) error {
		if hc == nil {
			return optionError("WithHTTPClient", "the client is nil")
		}
		if hc.Transport != nil && isNil(hc.Transport) {
			return optionError("WithHTTPClient", "the client's Transport is a nil pointer")
		}
		o.HTTPClient = hc
		return nil
	}
}

// WithTransport sends the requests through rt: httpmock in a test, otelhttp, a
// recorder. nil is an error.
func WithTransport(rt http.RoundTripper) Option {
	return func(o *Options) error {
		if isNil(rt) {
			return optionError("WithTransport", "the RoundTripper is nil")
		}
		o.Transport = rt
		return nil
	}
}

// WithTimeout bounds one attempt, from the first dial to the last byte of the
// answer; the default is 30 s. While an upload streams, the time counts from
// the last bytes that the network took. The call as a whole, retries and waits
// included, is bounded by its context. d must be positive.
func WithTimeout(d time.Duration) Option {
	return func(o *Options) error {
		if d <= 0 {
			return optionError("WithTimeout", "the duration must be positive; bound a whole call by its context")
		}
		o.Timeout = d
		return nil
	}
}

// WithRetry sets how calls are repeated; Retry{MaxAttempts: 1} turns it off.
// A negative MaxAttempts or delay is an error.
func WithRetry(r Retry) Option {
	return func(o *Options) error {
		if r.MaxAttempts < 0 || r.BaseDelay < 0 || r.MaxDelay < 0 {
			return optionError("WithRetry", "MaxAttempts, BaseDelay and MaxDelay must not be negative")
		}
		o.Retry = r
		return nil
	}
}

// WithRateLimiter makes every attempt wait for l; a *rate.Limiter fits. An
// error of l fails the call with ErrResourceExhausted. nil is an error.
func WithRateLimiter(l interface{ Wait(context.Context) error }) Option {
	return func(o *Options) error {
		if isNil(l) {
			return optionError("WithRateLimiter", "the limiter is nil")
		}
		o.RateLimiter = l
		return nil
	}
}

// WithLogger logs attempts (debug) and retries (info) to l: vendor, operation,
// attempt, status, bytes, duration, kind and code, and nothing else. By
// default nothing is logged. nil is an error.
func WithLogger(l *slog.Logger) Option {
	return func(o *Options) error {
		if l == nil {
			return optionError("WithLogger", "the logger is nil")
		}
		o.Logger = l
		return nil
	}
}

// WithObserver tells obs of every attempt and every call. nil is an error.
func WithObserver(obs Observer) Option {
	return func(o *Options) error {
		if isNil(obs) {
			return optionError("WithObserver", "the observer is nil")
		}
		o.Observer = obs
		return nil
	}
}

// ownHeaders are set by the transport alone. An idempotency key among them
// would make net/http replay POST requests by itself.
var ownHeaders = []string{
	"Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Expect",
	"Host", "Idempotency-Key", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "User-Agent", "X-Idempotency-Key",
}

// WithHeader sends a header with every request, in addition to those given
// before. A key or value that HTTP does not allow is an error, as are the
// headers that the client sets itself: those of the body, the connection, the
// User-Agent ([WithUserAgent]) and idempotency keys.
func WithHeader(key, value string) Option {
	return func(o *Options) error {
		if !validHeaderKey(key) {
			return optionError("WithHeader", "the key is not a header's name")
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return optionError("WithHeader", "the value of "+key+" holds a control character")
		}
		for _, own := range ownHeaders {
			if strings.EqualFold(key, own) {
				return optionError("WithHeader", own+" is set by the client itself")
			}
		}
		if o.Header == nil {
			o.Header = http.Header{}
		}
		o.Header.Add(key, value)
		return nil
	}
}

// WithUserAgent replaces the User-Agent header. An empty one is an error.
func WithUserAgent(ua string) Option {
	return func(o *Options) error {
		if ua == "" || strings.ContainsFunc(ua, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return optionError("WithUserAgent", "it must be printable and not empty")
		}
		o.UserAgent = ua
		return nil
	}
}

// WithClock makes now the client's clock: timestamps, signatures, expiries.
// Waits still run on real timers. nil is an error.
func WithClock(now func() time.Time) Option {
	return func(o *Options) error {
		if now == nil {
			return optionError("WithClock", "the clock is nil")
		}
		o.Clock = now
		return nil
	}
}

// WithMaxResponseSize bounds an answer's body, after decompression; the
// default is 32 MiB. It bounds the memory that the answer takes as well: three
// bytes of JSON can become hundreds in a list. All that is allocated for an
// answer, its body included, stays within about eight times bytes, so that an
// answer of very many elements is refused though its body is smaller: where its
// values take more than four times bytes, or 8 MiB and eight times its length if
// that is less. Documented answers are far below. An answer that is too large
// either way fails the call with ErrMalformedResponse, in an error that names
// this option. bytes must be positive.
func WithMaxResponseSize(bytes int64) Option {
	return func(o *Options) error {
		if bytes <= 0 {
			return optionError("WithMaxResponseSize", "the size must be positive")
		}
		o.MaxResponseSize = bytes
		return nil
	}
}

// validHeaderKey reports whether key is a token of RFC 9110.
func validHeaderKey(key string) bool {
	if key == "" {
		return false
	}
	return !strings.ContainsFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
			!strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// isNil reports whether v is nil or a nil pointer, as a *rate.Limiter that
// nobody has made.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

func optionError(option, problem string) error {
	return fmt.Errorf("edusdk: %w", &Error{
		Op: option, Kind: ErrInvalidArgument, Err: errors.New(problem),
	})
}
