package edusdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Options holds the settings that the options of a client's New make. The zero value
// means the defaults. Importers use the With functions; the fields are exported for
// the vendor packages, and for clients of other vendors.
type Options struct {
	// HTTPClient is copied for the client's use; nil means a client with a
	// connection pool of its own.
	HTTPClient *http.Client
	// Transport sends the requests; it takes precedence over HTTPClient's.
	Transport http.RoundTripper
	// TransportWrapper wraps the RoundTripper that sends the requests; it sees
	// addresses without a query.
	TransportWrapper func(http.RoundTripper) http.RoundTripper
	// Timeout bounds one attempt. 0 means 30 s.
	Timeout time.Duration
	// Retry says how often and how fast a call is repeated.
	Retry Retry
	// RateLimiter delays every attempt.
	RateLimiter RateLimiter
	// Logger gets a line for each attempt (debug) and for each retry (info).
	Logger *slog.Logger
	// Observer is told of every attempt and every call.
	Observer Observer
	// Debug gets a text for each attempt that shows the exchange without its values.
	Debug io.Writer
	// Header is sent with every request.
	Header http.Header
	// UserAgent stands in the User-Agent header before the module's name and version.
	UserAgent string
	// Clock replaces time.Now.
	Clock func() time.Time
	// MaxResponseSize bounds an answer's body in bytes, decompressed, and bounds
	// the memory for the answer to about eight times as much. 0 means 32 MiB.
	MaxResponseSize int64
}

// Option changes the Options of a client. An invalid option makes the client's New
// fail, never a later call.
type Option func(*Options) error

// Retry says how a client repeats a call that failed in a way that allows it.
// Zero fields mean the defaults.
type Retry struct {
	// MaxAttempts counts the first attempt too. 0 means 3; 1 turns retries off.
	// One more request can follow after a rejected token or a corrected clock: it
	// replaces the request that the vendor rejected.
	MaxAttempts int
	// BaseDelay bounds the first random wait; the bound doubles with every further
	// wait, and is ten times as high after a rate limit without a Retry-After. 0
	// means 100 ms.
	BaseDelay time.Duration
	// MaxDelay bounds the random waits. 0 means 20 s. A Retry-After of the vendor
	// is followed up to 60 s.
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
	// Wait returns nil when the attempt may be sent, or an error, which fails the
	// call. It runs in the goroutine of the call and holds it up, so it must
	// respect ctx.
	Wait(ctx context.Context) error
}

// NewOptions returns the Options that opts make, or the joined errors of the invalid
// ones.
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

// WithHTTPClient makes the client use the transport of hc and its timeout (as
// [WithTimeout], unless that is given too). The cookie jar and the redirect policy of
// hc are not used, because both would send credentials where they do not belong. hc
// itself is never changed. nil is an error.
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

// WithTransport sends the requests through rt, such as httpmock in a test or a proxy of
// your own. nil is an error.
//
// rt gets the request as the vendor does, so that its URL holds the signature, and
// personal data, in the calls that are signed in the query. A RoundTripper that only
// observes requests, above all one that records their addresses, as otelhttp does in
// url.full, belongs into [WithTransportWrapper], which hides the query.
func WithTransport(rt http.RoundTripper) Option {
	return func(o *Options) error {
		if isNil(rt) {
			return optionError("WithTransport", "the RoundTripper is nil")
		}
		o.Transport = rt
		return nil
	}
}

// WithTransportWrapper wraps the RoundTripper that sends the requests: that of
// [WithTransport] or [WithHTTPClient], or the client's own connection pool. It is the
// way to trace, count or record requests without a secret in their addresses:
//
//	edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
//		return otelhttp.NewTransport(next)
//	})
//
// The RoundTripper that wrap returns gets requests whose URL has no query, and so has
// Response.Request; next puts the query back. Headers and body are those that are sent.
// The RoundTripper must pass requests on with the context that it is given, or one
// derived from it: otherwise they are not sent. A query that it adds is not sent. Hooks
// of net/http/httptrace see everything that is written: WroteHeaderField gets the path
// with its query.
//
// wrap is called once, by the client's New. Of several wrappers, the first one sees a
// request first. A nil wrap, or one that returns nil, is an error.
func WithTransportWrapper(wrap func(next http.RoundTripper) http.RoundTripper) Option {
	return func(o *Options) error {
		if wrap == nil {
			return optionError("WithTransportWrapper", "the function is nil")
		}
		outer := o.TransportWrapper
		o.TransportWrapper = func(next http.RoundTripper) http.RoundTripper {
			next = wrap(next)
			if outer == nil || isNil(next) {
				return next
			}
			return outer(next)
		}
		return nil
	}
}

// WithTimeout bounds one attempt, from the first dial to the last byte of the
// answer; the default is 30 s. While an upload streams, the time counts from
// the last bytes that the network took. The whole call, including retries and
// waits, is bounded by its context. d must be positive.
func WithTimeout(d time.Duration) Option {
	return func(o *Options) error {
		if problem := timeoutProblem(d); problem != "" {
			return optionError("WithTimeout", problem)
		}
		o.Timeout = d
		return nil
	}
}

func timeoutProblem(d time.Duration) string {
	if d <= 0 {
		return "the duration must be positive; bound a whole call by its context"
	}
	return ""
}

// WithRetry sets how calls are repeated; Retry{MaxAttempts: 1} turns retries off.
// A negative MaxAttempts or delay is an error.
func WithRetry(r Retry) Option {
	return func(o *Options) error {
		if problem := retryProblem(r); problem != "" {
			return optionError("WithRetry", problem)
		}
		o.Retry = r
		return nil
	}
}

func retryProblem(r Retry) string {
	if r.MaxAttempts < 0 || r.BaseDelay < 0 || r.MaxDelay < 0 {
		return "MaxAttempts, BaseDelay and MaxDelay must not be negative"
	}
	return ""
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

// WithObserver tells obs of every attempt and every call, in addition to the observers
// given before. nil is an error.
func WithObserver(obs Observer) Option {
	return func(o *Options) error {
		if isNil(obs) {
			return optionError("WithObserver", "the observer is nil")
		}
		switch before := o.Observer.(type) {
		case nil:
			o.Observer = obs
		case observers:
			o.Observer = slices.Concat(before, observers{obs})
		default:
			o.Observer = observers{before, obs}
		}
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
		if problem := headerProblem(key, value); problem != "" {
			return optionError("WithHeader", problem)
		}
		if o.Header == nil {
			o.Header = http.Header{}
		}
		o.Header.Add(key, value)
		return nil
	}
}

func headerProblem(key, value string) string {
	if !validHeaderKey(key) {
		return "the key is not a header's name"
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return "the value of " + key + " holds a control character"
	}
	for _, own := range ownHeaders {
		if strings.EqualFold(key, own) {
			return own + " is set by the client itself"
		}
	}
	return ""
}

// WithUserAgent puts the name of your service into the User-Agent header, before the
// module's own: "school/2.1" is sent as "school/2.1 edusdk-go/v1.2.3". An empty name is
// an error.
func WithUserAgent(name string) Option {
	return func(o *Options) error {
		if strings.TrimSpace(name) == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return optionError("WithUserAgent", "it must be printable and not empty")
		}
		o.UserAgent = name
		return nil
	}
}

// WithDebug writes what is sent and received to w, one Write for each attempt, without
// any value: the method and the path, the names and sizes of parameters, headers and
// members of JSON, the status, and why the attempt failed. That shows whether a call is
// what it should be, and can be passed on: no credential, no signature and nothing
// personal is in it. For the values of an answer, see [WithCapture].
//
// Calls of different goroutines write at the same time, in the goroutine of the call:
// w must be safe for that, as an *os.File is. An error of w is ignored, one that blocks
// holds up its own call, and one that panics panics in it. nil is an error.
func WithDebug(w io.Writer) Option {
	return func(o *Options) error {
		if isNil(w) {
			return optionError("WithDebug", "the writer is nil")
		}
		o.Debug = w
		return nil
	}
}

// WithClock makes now the client's clock, for timestamps, signatures and expiries.
// Waits still use real timers. nil is an error.
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
// default is 32 MiB. It also bounds the memory for the answer, because a few bytes of
// JSON can become hundreds in a list: all that is allocated for an answer, its body
// included, stays within about eight times bytes. An answer with very many elements
// is therefore refused although its body is small enough: if its values take more
// than four times bytes, or more than 8 MiB plus eight times its length. Documented
// answers are far below these limits. An answer that is too large in either way fails
// the call with ErrMalformedResponse and an error that names this option. bytes must
// be positive.
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
