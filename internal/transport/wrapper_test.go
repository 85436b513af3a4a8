package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// signed is an exchange that is signed in the query, with a person's name in it.
func signed() *script {
	return &script{encode: func(a *Attempt) error {
		a.Query = "nickname=canary-%E5%BC%A0%E4%B8%89&sign=canary-0123456789"
		a.JSON([]byte(`{"a":1}`))
		return nil
	}}
}

// recorder is what importers put around a RoundTripper: it writes down all that it
// sees of addresses.
type recorder struct {
	next http.RoundTripper
	seen strings.Builder
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	fmt.Fprintf(&r.seen, "%s %s %q %q %v\n", req.Method, req.URL, req.URL.RawQuery, req.RequestURI, req.URL.Query())
	resp, err := r.next.RoundTrip(req)
	fmt.Fprintf(&r.seen, "%v %s\n", err, req.URL)
	if resp != nil {
		fmt.Fprintf(&r.seen, "%d %s\n", resp.StatusCode, resp.Request.URL)
	}
	return resp, err
}

// A wrapper is shown no query, whatever carries the requests and whatever comes back,
// and the vendor gets all of it.
func TestAWrapperSeesNoQuery(t *testing.T) {
	t.Parallel()
	var got atomic.Pointer[string]
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		assert.NoError(t, err)
		text := string(dump)
		got.Store(&text)
		_, _ = io.WriteString(w, success)
	})
	for name, opts := range map[string][]edusdk.Option{
		"our pool":            nil,
		"WithHTTPClient":      {edusdk.WithHTTPClient(&http.Client{Transport: newPool()})},
		"WithTransport":       {edusdk.WithTransport(newPool())},
		"WithTransport after": {edusdk.WithTransport(roundTrip(http.DefaultTransport.RoundTrip))},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			c := newClient(t, srv.URL, append(opts, edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
				rec.next = next
				return rec
			}))...)
			require.NoError(t, c.Do(t.Context(), newCall(c, Read, signed())))
			assert.Contains(t, *got.Load(), "POST /do?nickname=canary-%E5%BC%A0%E4%B8%89&sign=canary-0123456789 HTTP/1.1")
			assert.Contains(t, *got.Load(), `{"a":1}`)
			assert.NotContains(t, rec.seen.String(), "canary")
			assert.Contains(t, rec.seen.String(), "POST "+srv.URL+`/do "" "" map[]`)
			require.NoError(t, c.Do(t.Context(), newCall(c, Read, &script{})), "a call without a query")
			http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		})
	}
}

func TestAWrapperSeesNoErrorWithTheQuery(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"a quoting one": {errors.New(`no responder for "POST http://acme.test/do?nickname=canary-%E5%BC%A0%E4%B8%89&sign=canary-0123456789"`), "[redacted]"},
		"a clean one":   {io.ErrUnexpectedEOF, "unexpected EOF"},
		"a name":        {errors.New("unknown parameter nickname"), "unknown parameter nickname"},
		"too many":      {errors.Join(slices.Repeat([]error{errors.New("no")}, maxErrors)...), redactedAll},
	} {
		rec := &recorder{}
		c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, tt.err }),
			edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
				rec.next = next
				return rec
			}))
		err := c.Do(t.Context(), newCall(c, Create, signed()))
		assert.Equal(t, edusdk.ErrUnavailable, edusdk.KindOf(err))
		assert.NotContains(t, rec.seen.String(), "canary", name)
		assert.Contains(t, rec.seen.String(), tt.want, name)
	}
}

type anotherKey struct{}

// What a wrapper does with requests on their way.
func TestWhatAWrapperMayDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		wrap     func(next http.RoundTripper, req *http.Request) (*http.Response, error)
		attempts int
		kind     edusdk.Kind
		maybe    bool
		sent     int64
		says     string
	}{
		{name: "pass it on", wrap: func(next http.RoundTripper, req *http.Request) (*http.Response, error) { return next.RoundTrip(req) }, sent: 1},
		{name: "pass a clone on", wrap: func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			req = req.Clone(context.WithValue(req.Context(), anotherKey{}, 1))
			req.Header.Set("Traceparent", "00-1-2-01")
			return next.RoundTrip(req)
		}, sent: 1},
		{name: "add a query", wrap: func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.URL.RawQuery = "more=1"
			return next.RoundTrip(req)
		}, sent: 1},
		{name: "answer itself", wrap: func(http.RoundTripper, *http.Request) (*http.Response, error) {
			return answer(200, success), nil
		}},
		{name: "lose the context", wrap: func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			return next.RoundTrip(req.Clone(context.Background()))
		}, attempts: 1, kind: edusdk.ErrUnavailable, says: "under another context than it was given"},
		{name: "lose the context at a repetition", wrap: func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			return next.RoundTrip(req.Clone(context.Background()))
		}, attempts: 1, kind: edusdk.ErrUnavailable, maybe: true, sent: 1},
		{name: "fail", wrap: func(http.RoundTripper, *http.Request) (*http.Response, error) {
			return nil, errors.New("no")
		}, attempts: 1, kind: edusdk.ErrUnavailable, maybe: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				sent.Add(1)
				assert.Equal(t, "nickname=canary-%E5%BC%A0%E4%B8%89&sign=canary-0123456789", r.URL.RawQuery)
				_, _ = io.WriteString(w, success)
			})
			c := newClient(t, srv.URL, edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) { return tt.wrap(next, req) })
			}))
			err := c.Do(t.Context(), newCall(c, Create, signed()))
			assert.Equal(t, tt.sent, sent.Load(), "requests that arrived")
			if tt.attempts == 0 {
				require.NoError(t, err)
				return
			}
			e := errorOf(t, err)
			assert.Equal(t, tt.kind, e.Kind)
			assert.Equal(t, tt.attempts, e.Attempts, "%v", err)
			assert.Equal(t, tt.maybe, e.MaybeApplied, "%v", err)
			assert.ErrorContains(t, err, tt.says)
		})
	}
}

func TestAWrapperThatIsNil(t *testing.T) {
	t.Parallel()
	for name, returned := range map[string]http.RoundTripper{"nil": nil, "a nil pointer": (*http.Transport)(nil)} {
		c, err := New("acme", nowhere, []edusdk.Option{edusdk.WithTransportWrapper(func(http.RoundTripper) http.RoundTripper { return returned })})
		assert.Nil(t, c, name)
		require.EqualError(t, err, "edusdk: WithTransportWrapper: invalid argument: the function returns nil", name)
		assert.Equal(t, edusdk.ErrInvalidArgument, edusdk.KindOf(err))
	}
}

// wrapperAllocs is what a call whose query is hidden from a wrapper that does nothing
// allocates beyond one without: two copies of the request and of its address.
const wrapperAllocs = 4

// queryExchange is plainExchange with a query.
type queryExchange struct{ plainExchange }

func (*queryExchange) Encode(a *Attempt) error {
	a.Query = "sign=0123456789"
	a.JSON(formBody)
	return nil
}

func TestAllocationsOfAWrappedCall(t *testing.T) {
	bare := newStubbed(t, canned())
	wrapped := newStubbed(t, canned(), edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper { return roundTrip(next.RoundTrip) }))
	measure := func(c *Client) float64 {
		call := &Call{Op: "Rooms.Get", Class: Read, Method: http.MethodPost, URL: c.Base() + "/api/v3/room/detail"}
		return testing.AllocsPerRun(1000, func() {
			call.Exchange = &queryExchange{}
			if err := c.Do(t.Context(), call); err != nil {
				t.Fatal(err)
			}
		})
	}
	got, floor := measure(wrapped), measure(bare)
	t.Logf("allocations with a wrapper: %v, without: %v", got, floor)
	if !underRace {
		require.LessOrEqual(t, got, floor+wrapperAllocs)
	}
}

func TestCallOptionsOnTheWire(t *testing.T) {
	t.Parallel()
	var seen []http.Header
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.Header.Clone())
		return answer(503, "down"), nil
	}), edusdk.WithHeader("X-Tenant", "client"), edusdk.WithHeader("X-Other", "client"))
	own := &script{encode: func(a *Attempt) error {
		a.Header = http.Header{"X-Token": {"vendor"}}
		a.JSON([]byte("{}"))
		return nil
	}}
	ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallHeader("X-Tenant", "call"), edusdk.CallHeader("X-Token", "call"),
		edusdk.CallRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: time.Nanosecond}))
	e := errorOf(t, c.Do(ctx, newCall(c, Read, own)))
	assert.Equal(t, 2, e.Attempts)
	require.Len(t, seen, 2)
	for _, h := range seen {
		assert.Equal(t, []string{"call"}, h["X-Tenant"])
		assert.Equal(t, []string{"client"}, h["X-Other"])
		assert.Equal(t, []string{"vendor"}, h["X-Token"], "what the vendor needs goes before")
	}
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, own)))
	assert.Equal(t, 3, e.Attempts, "other calls go by the client's options")
	assert.Equal(t, []string{"client"}, seen[len(seen)-1]["X-Tenant"])
	assert.Equal(t, http.Header{"X-Other": {"client"}, "X-Tenant": {"client"}, "User-Agent": {userAgent()}}, c.header, "the client's stay as they are")
}

func TestCallHeadersAreHiddenInErrors(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		return answer(200, `{"code":"GONE","message":"no such tenant: canary-tenant"}`), nil
	}))
	ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallHeader("X-Tenant", "canary-tenant"))
	err := c.Do(ctx, newCall(c, Read, &script{}))
	require.ErrorIs(t, err, edusdk.ErrNotFound)
	assert.NotContains(t, err.Error(), "canary")
}

func TestCallTimeout(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	srv, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-released:
		}
	})
	defer close(released)
	c := newClient(t, srv.URL)
	ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallTimeout(20*time.Millisecond), edusdk.CallRetry(edusdk.Retry{MaxAttempts: 1}))
	err := c.Do(ctx, newCall(c, Create, &script{}))
	require.ErrorIs(t, err, edusdk.ErrUnavailable)
	require.ErrorIs(t, err, errAttemptTimeout)
	upload := &script{encode: func(a *Attempt) error {
		content, err := NewContent(strings.NewReader("content"), 0, "Content")
		if err != nil {
			return err
		}
		a.Stream, a.ContentType, err = NewMultipart(nil, "file", "a.pdf", "application/pdf", content, nil)
		return err
	}}
	require.ErrorIs(t, c.Do(ctx, newCall(c, Create, upload)), errAttemptTimeout, "of a stream")
}

func TestCallOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	seen := &witness{}
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, io.EOF
	}), edusdk.WithObserver(seen))
	ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallTimeout(0), edusdk.CallHeader("Host", "canary"))
	err := c.Do(ctx, newCall(c, Create, &script{}))
	e := errorOf(t, err)
	assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
	assert.Zero(t, e.Attempts)
	var f *edusdk.FieldError
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "CallTimeout", f.Field)
	assert.ErrorContains(t, err, "CallHeader makes no sense: Host is set by the client itself", "all of them are named")
	assert.NotContains(t, err.Error(), `\n`)
	assert.Len(t, seen.calls, 1, "metrics see it too")
}

// What a call sends in its own headers does not depend on what is in its body.
func TestHeadersOfACallGoWithAnyBody(t *testing.T) {
	t.Parallel()
	t.Run("and not with the next", func(t *testing.T) {
		t.Parallel()
		var got http.Header
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			got = req.Header
			return answer(200, success), nil
		}))
		for _, name := range []string{"X-One", "X-Two"} {
			require.NoError(t, c.Do(edusdk.WithCallOptions(t.Context(), edusdk.CallHeader(name, "1")), newCall(c, Read, &script{})))
			assert.Equal(t, []string{"1"}, got[name], name)
		}
		assert.NotContains(t, got, "X-One", "a header of the call before")
	})
	for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain", ""} {
		got := ""
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			got = req.Header.Get("X-Tenant")
			return answer(200, success), nil
		}))
		ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallHeader("X-Tenant", "one"))
		require.NoError(t, c.Do(ctx, newCall(c, Read, &script{encode: func(a *Attempt) error {
			a.ContentType, a.Body = contentType, []byte("{}")
			return nil
		}})))
		assert.Equal(t, "one", got, "with a body of type %q", contentType)
	}
}

// A wrapper that does not know of idle connections does not keep those below it open,
// and a request that it passes on under another context is closed.
func TestAWrapperLeavesConnectionsAlone(t *testing.T) {
	t.Parallel()
	closed := &idleCloser{}
	c := newClient(t, nowhere, edusdk.WithTransport(closed), edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(next.RoundTrip)
	}))
	c.CloseIdleConnections()
	assert.Equal(t, 1, closed.times)

	body := &closeCounter{Reader: strings.NewReader("{}")}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, nowhere, body)
	require.NoError(t, err)
	resp, err := inlet{closed}.RoundTrip(req)
	assert.Nil(t, resp)
	assert.ErrorIs(t, err, errLostContext)
	assert.Equal(t, 1, body.times)
	req.Body = nil
	_, err = inlet{closed}.RoundTrip(req)
	assert.ErrorIs(t, err, errLostContext)
}

// idleCloser is a RoundTripper that counts how often its idle connections are closed.
type idleCloser struct {
	http.RoundTripper

	times int
}

func (c *idleCloser) CloseIdleConnections() { c.times++ }

// closeCounter is a body that counts how often it is closed.
type closeCounter struct {
	io.Reader

	times int
}

func (c *closeCounter) Close() error {
	c.times++
	return nil
}
