package edusdk

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCallOptions(t *testing.T) {
	t.Parallel()
	assert.Nil(t, CallOptionsOf(t.Context()))
	assert.Nil(t, WithCallOptions(nil, CallTimeout(1))) //nolint:staticcheck // the call refuses it
	for _, tt := range []struct {
		name  string
		outer []CallOption // nil: there are none
		opts  []CallOption
		want  CallOptions
	}{
		{"none", nil, nil, CallOptions{}},
		{"timeout", nil, []CallOption{CallTimeout(1)}, CallOptions{Timeout: 1}},
		{"timeout twice", nil, []CallOption{CallTimeout(1), CallTimeout(2)}, CallOptions{Timeout: 2}},
		{"timeout, in place of the outer one", []CallOption{CallTimeout(1)}, []CallOption{CallTimeout(2)}, CallOptions{Timeout: 2}},
		{"timeout, of the outer one", []CallOption{CallTimeout(1)}, nil, CallOptions{Timeout: 1}},
		{"retry", []CallOption{CallTimeout(1)}, []CallOption{CallRetry(Retry{MaxAttempts: 1, BaseDelay: 2, MaxDelay: 3})}, CallOptions{
			Timeout: 1, Retry: Retry{MaxAttempts: 1, BaseDelay: 2, MaxDelay: 3},
		}},
		{"header", nil, []CallOption{CallHeader("x-a", "1"), CallHeader("X-A", "2"), CallHeader("X-B", "")}, CallOptions{
			Header: http.Header{"X-A": {"1", "2"}, "X-B": {""}},
		}},
		{"header, beside the outer ones", []CallOption{CallHeader("X-A", "0"), CallHeader("X-C", "0")}, []CallOption{CallHeader("X-A", "1")}, CallOptions{
			Header: http.Header{"X-A": {"1"}, "X-C": {"0"}},
		}},
		{"header, all of the outer ones", []CallOption{CallHeader("X-A", "0")}, []CallOption{CallTimeout(1)}, CallOptions{
			Timeout: 1, Header: http.Header{"X-A": {"0"}},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			outer := t.Context()
			var before CallOptions
			if tt.outer != nil {
				outer = WithCallOptions(outer, tt.outer...)
				before = *CallOptionsOf(outer)
				before.Header = before.Header.Clone()
			}
			got := CallOptionsOf(WithCallOptions(outer, tt.opts...))
			assert.Equal(t, &tt.want, got)
			assert.Empty(t, got.Problems())
			if tt.outer != nil {
				assert.Equal(t, &before, CallOptionsOf(outer), "the outer ones stay as they are")
			}
		})
	}
}

func TestCallOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const secret = "canary"
	for _, tt := range []struct {
		field, problem string
		opt            CallOption
	}{
		{"CallOption", "must not be nil", nil},
		{"CallTimeout", "makes no sense: the duration must be positive; bound a whole call by its context", CallTimeout(0)},
		{"CallTimeout", "makes no sense: the duration must be positive; bound a whole call by its context", CallTimeout(-time.Second)},
		{"CallRetry", "makes no sense: MaxAttempts, BaseDelay and MaxDelay must not be negative", CallRetry(Retry{MaxAttempts: -1})},
		{"CallRetry", "makes no sense: MaxAttempts, BaseDelay and MaxDelay must not be negative", CallRetry(Retry{BaseDelay: -1})},
		{"CallRetry", "makes no sense: MaxAttempts, BaseDelay and MaxDelay must not be negative", CallRetry(Retry{MaxDelay: -1, Budget: 1})},
		{"CallRetry", "makes no sense: Budget must be 0: all calls of a client share theirs", CallRetry(Retry{Budget: -1})},
		{"CallHeader", "makes no sense: the key is not a header's name", CallHeader("X A", secret)},
		{"CallHeader", "makes no sense: the value of X-A holds a control character", CallHeader("X-A", secret+"\n")},
		{"CallHeader", "makes no sense: Idempotency-Key is set by the client itself", CallHeader("idempotency-key", secret)},
	} {
		for name, ctx := range map[string]context.Context{
			"alone":         WithCallOptions(t.Context(), tt.opt),
			"before others": WithCallOptions(WithCallOptions(t.Context(), tt.opt), CallTimeout(1)),
			"after others":  WithCallOptions(WithCallOptions(t.Context(), CallTimeout(1)), CallHeader("X-B", secret), tt.opt),
		} {
			assert.Equal(t, []error{&FieldError{tt.field, tt.problem}}, CallOptionsOf(ctx).Problems(), name)
			assert.NotContains(t, tt.problem, secret)
		}
	}
	outer := WithCallOptions(t.Context(), CallTimeout(0))
	assert.Len(t, CallOptionsOf(WithCallOptions(outer, nil, CallHeader("", ""))).Problems(), 3, "all that is wrong is named")
	assert.Len(t, CallOptionsOf(outer).Problems(), 1, "the outer ones stay as they are")
}

func TestTransportWrappersAreNested(t *testing.T) {
	t.Parallel()
	var order []string
	named := func(name string) Option {
		return WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		})
	}
	o, err := NewOptions(named("first"), named("second"), named("third"))
	require.NoError(t, err)
	_, _ = o.TransportWrapper(roundTrip(func(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed })).RoundTrip(nil)
	assert.Equal(t, []string{"first", "second", "third"}, order)

	none := WithTransportWrapper(func(http.RoundTripper) http.RoundTripper { return nil })
	for _, opts := range [][]Option{{none}, {named("outer"), none}} {
		o, err = NewOptions(opts...)
		require.NoError(t, err)
		assert.Nil(t, o.TransportWrapper(http.DefaultTransport), "what a client's New refuses is not hidden by the others")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
