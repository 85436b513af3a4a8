package edusdk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type nothing struct{}

func (nothing) Wait(context.Context) error                   { return nil }
func (nothing) ObserveAttempt(context.Context, AttemptEvent) {}
func (nothing) ObserveCall(context.Context, CallEvent)       {}

func TestOptionsThatAreTaken(t *testing.T) {
	t.Parallel()
	hc := &http.Client{}
	logger := slog.New(slog.DiscardHandler)
	clock := time.Unix(1, 0)
	for _, tt := range []struct {
		name string
		opts []Option
		want Options
	}{
		{"none", nil, Options{}},
		{"WithHTTPClient", []Option{WithHTTPClient(hc)}, Options{HTTPClient: hc}},
		{"WithTransport", []Option{WithTransport(http.DefaultTransport)}, Options{Transport: http.DefaultTransport}},
		{"WithTimeout", []Option{WithTimeout(1)}, Options{Timeout: 1}},
		{"WithTimeout twice", []Option{WithTimeout(1), WithTimeout(2)}, Options{Timeout: 2}},
		{"WithRetry", []Option{WithRetry(Retry{1, 2, 3, 4})}, Options{Retry: Retry{MaxAttempts: 1, BaseDelay: 2, MaxDelay: 3, Budget: 4}}},
		{"WithRetry, zero", []Option{WithRetry(Retry{})}, Options{}},
		{"WithRetry without a budget's limit", []Option{WithRetry(Retry{Budget: -1})}, Options{Retry: Retry{Budget: -1}}},
		{"WithRateLimiter", []Option{WithRateLimiter(nothing{})}, Options{RateLimiter: nothing{}}},
		{"WithLogger", []Option{WithLogger(logger)}, Options{Logger: logger}},
		{"WithObserver", []Option{WithObserver(nothing{})}, Options{Observer: nothing{}}},
		{"WithHeader", []Option{WithHeader("x-tenant", "a")}, Options{Header: http.Header{"X-Tenant": {"a"}}}},
		{
			"WithHeader several times", []Option{WithHeader("X-Tenant", "a"), WithHeader("x-tenant", "b"), WithHeader("Cookie", "")},
			Options{Header: http.Header{"X-Tenant": {"a", "b"}, "Cookie": {""}}},
		},
		{"WithHeader with a tab and 汉字", []Option{WithHeader("X", "a\tü汉")}, Options{Header: http.Header{"X": {"a\tü汉"}}}},
		{"WithUserAgent", []Option{WithUserAgent("school/1 (test)")}, Options{UserAgent: "school/1 (test)"}},
		{"WithDebug", []Option{WithDebug(os.Stderr)}, Options{Debug: os.Stderr}},
		{"WithMaxResponseSize", []Option{WithMaxResponseSize(1)}, Options{MaxResponseSize: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := NewOptions(tt.opts...)
			require.NoError(t, err)
			assert.Equal(t, &tt.want, o)
		})
	}
	o, err := NewOptions(WithClock(func() time.Time { return clock }))
	require.NoError(t, err)
	assert.Equal(t, clock, o.Clock())
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const secret = "canary"
	for _, tt := range []struct {
		want string
		opt  Option
	}{
		{"WithHTTPClient: invalid argument: the client is nil", WithHTTPClient(nil)},
		{"WithHTTPClient: invalid argument: the client's Transport is a nil pointer", WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)})},
		{"WithTransport: invalid argument: the RoundTripper is nil", WithTransport(nil)},
		{"WithTransport: invalid argument: the RoundTripper is nil", WithTransport((*http.Transport)(nil))},
		{"WithTransportWrapper: invalid argument: the function is nil", WithTransportWrapper(nil)},
		{"WithDebug: invalid argument: the writer is nil", WithDebug(nil)},
		{"WithDebug: invalid argument: the writer is nil", WithDebug((*os.File)(nil))},
		{"WithTimeout: invalid argument: the duration must be positive", WithTimeout(0)},
		{"WithTimeout: invalid argument: the duration must be positive", WithTimeout(-time.Second)},
		{"WithRetry: invalid argument: MaxAttempts, BaseDelay and MaxDelay must not be negative", WithRetry(Retry{MaxAttempts: -1})},
		{"WithRetry: invalid argument: ", WithRetry(Retry{BaseDelay: -1})},
		{"WithRetry: invalid argument: ", WithRetry(Retry{MaxDelay: -1})},
		{"WithRateLimiter: invalid argument: the limiter is nil", WithRateLimiter(nil)},
		{"WithRateLimiter: invalid argument: the limiter is nil", WithRateLimiter((*nothing)(nil))},
		{"WithLogger: invalid argument: the logger is nil", WithLogger(nil)},
		{"WithObserver: invalid argument: the observer is nil", WithObserver(nil)},
		{"WithObserver: invalid argument: the observer is nil", WithObserver((*nothing)(nil))},
		{"WithHeader: invalid argument: the key is not a header's name", WithHeader("", secret)},
		{"WithHeader: invalid argument: the key is not a header's name", WithHeader("X Tenant", secret)},
		{"WithHeader: invalid argument: the key is not a header's name", WithHeader("X-Tenant:", secret)},
		{"WithHeader: invalid argument: the key is not a header's name", WithHeader("X\r\nY", secret)},
		{"WithHeader: invalid argument: the value of X holds a control character", WithHeader("X", secret+"\r\nY: 1")},
		{"WithHeader: invalid argument: the value of X holds a control character", WithHeader("X", secret+"\x00")},
		{"WithHeader: invalid argument: the value of X holds a control character", WithHeader("X", secret+"\x7f")},
		{"WithHeader: invalid argument: Content-Type is set by the client itself", WithHeader("content-type", secret)},
		{"WithHeader: invalid argument: Content-Length is set", WithHeader("Content-Length", "1")},
		{"WithHeader: invalid argument: Host is set", WithHeader("HOST", secret)},
		{"WithHeader: invalid argument: Connection is set", WithHeader("Connection", "close")},
		{"WithHeader: invalid argument: Transfer-Encoding is set", WithHeader("Transfer-Encoding", "chunked")},
		{"WithHeader: invalid argument: Accept-Encoding is set", WithHeader("Accept-Encoding", "br")},
		{"WithHeader: invalid argument: User-Agent is set", WithHeader("User-Agent", secret)},
		{"WithHeader: invalid argument: Idempotency-Key is set", WithHeader("Idempotency-Key", secret)},
		{"WithHeader: invalid argument: X-Idempotency-Key is set", WithHeader("x-idempotency-key", secret)},
		{"WithHeader: invalid argument: Upgrade is set", WithHeader("Upgrade", "websocket")},
		{"WithHeader: invalid argument: Expect is set", WithHeader("Expect", "100-continue")},
		{"WithHeader: invalid argument: Te is set", WithHeader("TE", "trailers")},
		{"WithHeader: invalid argument: Trailer is set", WithHeader("Trailer", secret)},
		{"WithHeader: invalid argument: Keep-Alive is set", WithHeader("Keep-Alive", "1")},
		{"WithHeader: invalid argument: Proxy-Connection is set", WithHeader("Proxy-Connection", "close")},
		{"WithUserAgent: invalid argument: it must be printable and not empty", WithUserAgent("")},
		{"WithUserAgent: invalid argument: it must be printable and not empty", WithUserAgent(" ")},
		{"WithUserAgent: invalid argument: it must be printable", WithUserAgent(secret + "\n")},
		{"WithUserAgent: invalid argument: it must be printable", WithUserAgent(secret + "\t")},
		{"WithUserAgent: invalid argument: it must be printable", WithUserAgent(secret + "\x7f")},
		{"WithClock: invalid argument: the clock is nil", WithClock(nil)},
		{"WithMaxResponseSize: invalid argument: the size must be positive", WithMaxResponseSize(0)},
		{"WithMaxResponseSize: invalid argument: the size must be positive", WithMaxResponseSize(-1)},
		{"Option: invalid argument: it is nil", nil},
	} {
		o, err := NewOptions(WithTimeout(1), tt.opt)
		assert.Nil(t, o, tt.want)
		require.ErrorContains(t, err, tt.want)
		assert.True(t, strings.HasPrefix(err.Error(), "edusdk: "), "it says where it comes from: %v", err)
		assert.NotContains(t, err.Error(), secret)
		assert.Equal(t, ErrInvalidArgument, KindOf(err), "KindOf(%v)", err)
		assert.ErrorIs(t, err, ErrInvalidArgument)
	}
}

func TestNewOptionsJoinsItsErrors(t *testing.T) {
	t.Parallel()
	own := errors.New("an option of another package fails")
	o, err := NewOptions(WithTimeout(0), WithTimeout(1), nil, func(*Options) error { return own }, WithClock(nil))
	assert.Nil(t, o)
	assert.EqualError(t, err, strings.Join([]string{
		"edusdk: WithTimeout: invalid argument: the duration must be positive; bound a whole call by its context",
		"edusdk: Option: invalid argument: it is nil",
		own.Error(),
		"edusdk: WithClock: invalid argument: the clock is nil",
	}, "\n"))
	assert.ErrorIs(t, err, own)
}

func TestValidHeaderKey(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"X", "x-tenant", "X_1", "!#$%&'*+-.^_`|~", "0"} {
		assert.True(t, validHeaderKey(good), "%q", good)
	}
	for _, bad := range []string{"", " ", "a b", "a:", "a\n", "a\x00", "ä", "a(b)", "a,b", "a/b", "a;", `"a"`, "a@b", "[a]", "{a}", "a=b", "a?", "a\\b", "<a>"} {
		assert.False(t, validHeaderKey(bad), "%q", bad)
	}
}
