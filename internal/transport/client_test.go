package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://acme.test":            "https://acme.test",
		"https://acme.test/":           "https://acme.test",
		"https://acme.test/api/v3//":   "https://acme.test/api/v3",
		"HTTP://acme.test:8080/%E4%B8": "http://acme.test:8080/%E4%B8",
		"http://[::1]:80":              "http://[::1]:80",
	} {
		c, err := New("acme", raw, nil)
		require.NoError(t, err, "BaseURL %q", raw)
		assert.Equal(t, want, c.Base(), "base of %q", raw)
	}
	assert.Equal(t, []string{"", "https://acme.test/", "refused", "refused"},
		[]string{ShownBase(""), ShownBase("https://acme.test/"), ShownBase("https://user:secret@acme.test"), ShownBase("acme.test")}, "as a Config prints it")
	for raw, problem := range map[string]string{
		"":                             "must not be empty",
		"acme.test":                    "must begin with http",
		"acme.test/api":                "must begin with http",
		"acme.test:80":                 "must begin with http",
		"//acme.test":                  "must begin with http",
		"/api":                         "must begin with http",
		"ftp://acme.test":              "must begin with http",
		"file:///etc/passwd":           "must begin with http",
		"http://":                      "has no host",
		"http:///api":                  "has no host",
		"http:acme.test":               "has no host",
		"http://:8080/api":             "has no host",
		"http://acme.test:port":        "is not a URL",
		"http://acme test":             "is not a URL",
		"http://acme.test/\n":          "is not a URL",
		"http://acme.test/%zz":         "is not a URL",
		" http://acme.test":            "is not a URL",
		"http://user:secret@acme.test": "must not hold a user or password",
		"http://user@acme.test":        "must not hold a user or password",
		"http://acme.test?key=secret":  "must not hold a query",
		"http://acme.test?":            "must not hold a query",
		"http://acme.test#secret":      "must not hold a query or fragment",
	} {
		c, err := New("acme", raw, nil)
		assert.Nil(t, c)
		e := errorOf(t, err)
		assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind for %q", raw)
		assert.Equal(t, []string{"acme", "New"}, []string{e.Vendor, e.Op})
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
		assert.Equal(t, "Config.BaseURL", f.Field)
		assert.Contains(t, f.Problem, problem, "the problem of %q", raw)
		assert.NotContains(t, err.Error(), "secret", "the error for %q", raw)
	}
}

func TestOptionsThatMakeNoSenseFailNew(t *testing.T) {
	t.Parallel()
	c, err := New("acme", nowhere, []edusdk.Option{edusdk.WithTimeout(-1), edusdk.WithClock(nil), nil})
	assert.Nil(t, c)
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	for _, option := range []string{"WithTimeout", "WithClock", "Option: invalid argument: it is nil"} {
		assert.ErrorContains(t, err, option)
	}
}

func TestNewStartsAndSendsNothing(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	asked := errors.New("it was asked")
	c, err := New("acme", nowhere, []edusdk.Option{
		edusdk.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			t.Error("New sent a request")
			return nil, asked
		})),
		edusdk.WithRateLimiter(limiter(func(context.Context) error {
			t.Error("New waited for the rate limiter")
			return asked
		})),
		edusdk.WithClock(func() time.Time {
			t.Error("New asked for the time")
			return time.Time{}
		}),
	})
	require.NoError(t, err)
	_, err = New("acme", nowhere, nil)
	require.NoError(t, err)
	goleak.VerifyNone(t, ignore)
	c.CloseIdleConnections()
}

func TestDefaultsOfAClient(t *testing.T) {
	t.Parallel()
	c, err := New("acme", nowhere, nil)
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, c.timeout)
	assert.NotNil(t, c.direct, "its own transport reports to httptrace")
	assert.Equal(t, withDefaults(edusdk.Retry{}), c.retry)
	assert.WithinDuration(t, time.Now(), c.Now(), time.Minute)
	assert.Nil(t, c.http.Jar)
	assert.Zero(t, c.http.Timeout, "attempts are bounded by their context")

	pool := newPool()
	assert.Equal(t, 64, pool.MaxIdleConnsPerHost)
	assert.Equal(t, 256, pool.MaxIdleConns)
	assert.Equal(t, 30*time.Second, pool.IdleConnTimeout)
	assert.EqualValues(t, 64<<10, pool.MaxResponseHeaderBytes)
	assert.EqualValues(t, tls.VersionTLS12, pool.TLSClientConfig.MinVersion)
	assert.True(t, pool.ForceAttemptHTTP2)
	assert.Equal(t, &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}, pool.HTTP2)
	assert.False(t, pool.DisableCompression)
	assert.False(t, pool.DisableKeepAlives)
	assert.Equal(t, reflect.ValueOf(http.ProxyFromEnvironment).Pointer(), reflect.ValueOf(pool.Proxy).Pointer())
	assert.NotSame(t, pool, newPool(), "each client has its own")
}

func TestIdleConnectionsEndBeforeTheServersDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		pool, p := servePipes(t, status(200, success))
		pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			return p.dial(ctx, network, addr)
		}
		c := newStubbed(t, pool)
		for _, tt := range []struct {
			idle time.Duration
			want int64
		}{{0, 1}, {29 * time.Second, 1}, {31 * time.Second, 2}} {
			require.NoError(t, Sleep(t.Context(), tt.idle))
			require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{})))
			assert.Equal(t, tt.want, dials.Load(), "connections after %v without a call", tt.idle)
		}
	})
}

// jar is a cookie jar that must not be used.
type jar struct{ used atomic.Int64 }

func (j *jar) SetCookies(*url.URL, []*http.Cookie) { j.used.Add(1) }
func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.used.Add(1)
	return []*http.Cookie{{Name: "from", Value: "jar"}}
}

func TestTheCallersHTTPClientStaysAsItIs(t *testing.T) {
	t.Parallel()
	var cookies []string
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookies = append(cookies, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "set", Value: "by the server"})
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	j := &jar{}
	pool := newPool()
	defer pool.CloseIdleConnections()
	policy := func(*http.Request, []*http.Request) error {
		t.Error("the caller's redirect policy was asked")
		return nil
	}
	hc := &http.Client{Transport: pool, CheckRedirect: policy, Jar: j, Timeout: 7 * time.Second}
	c := newClient(t, srv.URL, edusdk.WithHTTPClient(hc))
	for range 2 {
		e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
		assert.ErrorIs(t, e, errRedirect)
	}
	assert.Same(t, pool, hc.Transport)
	assert.Same(t, j, hc.Jar)
	assert.Equal(t, 7*time.Second, hc.Timeout)
	assert.Equal(t, reflect.ValueOf(policy).Pointer(), reflect.ValueOf(hc.CheckRedirect).Pointer())
	assert.Zero(t, j.used.Load(), "uses of the caller's jar")
	assert.Equal(t, []string{"", ""}, cookies, "cookies that were sent: there is no jar of ours either")
	assert.Equal(t, 7*time.Second, c.timeout, "the timeout is taken over")
}

func TestTheDefaultHTTPClientStaysAsItIs(t *testing.T) {
	jarBefore, transportBefore := http.DefaultClient.Jar, http.DefaultTransport
	_, err := New("acme", nowhere, []edusdk.Option{edusdk.WithHTTPClient(http.DefaultClient)})
	require.NoError(t, err)
	assert.Equal(t, jarBefore, http.DefaultClient.Jar)
	assert.Nil(t, http.DefaultClient.Transport)
	assert.Nil(t, http.DefaultClient.CheckRedirect)
	assert.Same(t, transportBefore, http.DefaultTransport)
}

func TestWhichTransportAndTimeout(t *testing.T) {
	t.Parallel()
	cookieJar, err := cookiejar.New(nil)
	require.NoError(t, err)
	answers := func(code int) http.RoundTripper {
		stub, _ := inTurn(give(code, ""))
		return stub
	}
	hc := &http.Client{Transport: answers(401), Timeout: time.Second, Jar: cookieJar}
	for _, tt := range []struct {
		name    string
		opts    []edusdk.Option
		status  int
		timeout time.Duration
	}{
		{"the client's", []edusdk.Option{edusdk.WithHTTPClient(hc)}, 401, time.Second},
		{"WithTransport goes before it", []edusdk.Option{edusdk.WithTransport(answers(403)), edusdk.WithHTTPClient(hc)}, 403, time.Second},
		{"WithTimeout goes before it", []edusdk.Option{edusdk.WithTimeout(time.Hour), edusdk.WithHTTPClient(hc)}, 401, time.Hour},
		{"a client without a timeout", []edusdk.Option{edusdk.WithHTTPClient(&http.Client{Transport: answers(404)})}, 404, 30 * time.Second},
		{
			"a client with a negative timeout, which is none",
			[]edusdk.Option{edusdk.WithHTTPClient(&http.Client{Transport: answers(404), Timeout: -1})}, 404, 30 * time.Second,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, nowhere, tt.opts...)
			e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
			assert.Equal(t, tt.status, e.HTTPStatus)
			assert.Equal(t, tt.timeout, c.timeout)
		})
	}
}

func TestHeadersOfARequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		opts   []edusdk.Option
		encode func(*Attempt) error
		any    bool
		want   map[string][]string
	}{
		{
			name: "by default",
			encode: func(a *Attempt) error {
				a.ContentType, a.Body = "application/x-www-form-urlencoded", []byte("a=1")
				return nil
			},
			want: map[string][]string{
				"User-Agent": {"edusdk-go/devel"}, "Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"},
				"Idempotency-Key": nil, "X-Idempotency-Key": nil, "Cookie": nil, "Authorization": nil,
			},
		},
		{
			name: "the importer's",
			opts: []edusdk.Option{
				edusdk.WithUserAgent("school/1"), edusdk.WithHeader("x-tenant", "a"), edusdk.WithHeader("X-Tenant", "b"),
				edusdk.WithHeader("Accept", "application/json, text/plain"),
			},
			want: map[string][]string{
				"User-Agent": {"school/1 edusdk-go/devel"}, "X-Tenant": {"a", "b"}, "Accept": {"application/json, text/plain"},
			},
		},
		{
			name: "the request's go before the importer's",
			opts: []edusdk.Option{edusdk.WithHeader("X-Token", "importer")},
			encode: func(a *Attempt) error {
				a.Header = http.Header{"X-Token": {"request"}, "Accept": {"text/html"}}
				a.ContentType, a.Body = "text/plain", []byte("x")
				return nil
			},
			want: map[string][]string{"X-Token": {"request"}, "Accept": {"text/html"}, "Content-Type": {"text/plain"}},
		},
		{
			name: "any content", any: true,
			encode: func(a *Attempt) error {
				a.ContentType, a.Body = "application/x-www-form-urlencoded", []byte("a=1")
				return nil
			},
			want: map[string][]string{"Accept": nil, "Content-Type": {"application/x-www-form-urlencoded"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got http.Header
			c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				got = req.Header
				return answer(200, success), nil
			}), tt.opts...)
			call := newCall(c, Read, &script{encode: tt.encode})
			call.AnyContent = tt.any
			require.NoError(t, c.Do(t.Context(), call))
			for key, want := range tt.want {
				assert.Equal(t, want, got.Values(key), "header %s", key)
			}
		})
	}
}

func TestRequestsArriveAsTheyWereEncoded(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789"), 20_000)
	for _, tt := range []struct {
		name, method, query string
		body                []byte
	}{
		{"GET with a query", http.MethodGet, "a=1&b=%E6%B1%89+%2B&a=2", nil},
		{"POST with a query and a body", http.MethodPost, "sign=x%3D", []byte("a=1")},
		{"POST without either", http.MethodPost, "", nil},
		{"DELETE with a body", http.MethodDelete, "", []byte("{}")},
		{"PUT, large", http.MethodPut, "", big},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body bytes.Buffer
			srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				_, _ = body.ReadFrom(r.Body)
				_, _ = w.Write([]byte(success))
			})
			c := newClient(t, srv.URL)
			call := newCall(c, Read, &script{encode: func(a *Attempt) error {
				a.Query, a.Body = tt.query, tt.body
				return nil
			}})
			call.Method = tt.method
			require.NoError(t, c.Do(t.Context(), call))
			assert.Equal(t, tt.method, got.Method)
			assert.Equal(t, "/do", got.URL.Path)
			assert.Equal(t, tt.query, got.URL.RawQuery)
			assert.True(t, bytes.Equal(tt.body, body.Bytes()), "the body arrived as it was sent")
			assert.EqualValues(t, len(tt.body), got.ContentLength)
		})
	}
}

// Nothing that a connection waits for lasts for ever.
func TestWhatConnectionsWaitFor(t *testing.T) {
	t.Parallel()
	p := newPool()
	assert.Equal(t, 30*time.Second, p.IdleConnTimeout)
	assert.Equal(t, 10*time.Second, p.TLSHandshakeTimeout)
	assert.Equal(t, time.Second, p.ExpectContinueTimeout)
	assert.NotNil(t, p.DialContext, "net/http's own dialer has no timeout")
	assert.Equal(t, &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}, p.HTTP2)
}
