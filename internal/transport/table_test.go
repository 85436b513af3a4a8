package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// The table of the design, cell by cell: what a call does, by what happens to
// each of its requests and by how safe it is to repeat.

// scene is where one call of the table takes place; a row sets it.
type scene struct {
	*testing.T

	ctx    context.Context
	cancel context.CancelFunc
	url    string
	opts   []edusdk.Option
	login  *logins
	x      *script
	bubble bool

	arrived  atomic.Int64 // requests that a server or a stub got
	executed atomic.Int64 // and carried out
}

// server answers with h. If it executes, it carries every request out before.
func (s *scene) server(executes bool, h http.HandlerFunc) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.arrived.Add(1)
		if executes {
			s.executed.Add(1)
		}
		h(w, r)
	}
	if s.bubble {
		pool, _ := servePipes(s.T, handler)
		s.url = nowhere
		s.opts = append(s.opts, edusdk.WithTransport(pool))
		return
	}
	srv, _ := serve(s.T, handler)
	s.url = srv.URL
}

// stub fails every request with err: after it was carried out, of which httptrace
// does not learn, or for want of a connection, of which it does.
func (s *scene) stub(executes bool, err error) {
	s.url = nowhere
	s.opts = append(s.opts, edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		s.arrived.Add(1)
		if executes {
			s.executed.Add(1)
			return nil, err
		}
		return unreached(req, err)
	})))
}

// behindProxy puts a proxy before a server that is reached over TLS, which
// answers with code when it is asked to connect.
func (s *scene) behindProxy(code int) {
	proxy, _ := serve(s.T, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(s, http.MethodConnect, r.Method)
		w.WriteHeader(code)
	})
	address, err := url.Parse(proxy.URL)
	require.NoError(s, err)
	pool := newPool()
	pool.Proxy = http.ProxyURL(address)
	s.url = "https://acme.test"
	s.opts = append(s.opts, edusdk.WithTransport(pool))
}

func (s *scene) clock(ahead time.Duration) {
	s.opts = append(s.opts, edusdk.WithClock(func() time.Time { return time.Now().Add(ahead) }))
}

// sendTime makes the requests carry their time, for a server that checks it.
func (s *scene) sendTime() {
	s.x.encode = func(a *Attempt) error {
		a.Header = http.Header{"X-Time": {a.Now.Format(time.RFC3339Nano)}}
		return nil
	}
}

// inTime is the check of such a server.
func inTime(r *http.Request) bool {
	at, err := time.Parse(time.RFC3339Nano, r.Header.Get("X-Time"))
	return err == nil && time.Since(at).Abs() < 5*time.Minute
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// cell is what comes of a call.
type cell struct {
	attempts, executed int
	maybe              bool // MaybeApplied
	ok                 bool // it succeeds in the end
}

// row is one thing that can happen to requests.
type row struct {
	name   string
	bubble bool // with the clock of synctest, on a network in memory
	set    func(s *scene)
	kind   edusdk.Kind
	want   [numClasses]cell // Read, Upsert, Create, Login
	unseen bool             // no request comes as far as the server
	check  func(t *testing.T, s *scene, class Class, e *edusdk.Error)
}

// maybeOfChanges is every for a cell that may have been carried out, which only what changes
// something may.
func maybeOfChanges(c cell) [numClasses]cell {
	r := c
	r.maybe = false
	return [numClasses]cell{Read: r, Upsert: c, Create: c, Login: r}
}

func every(c cell) [numClasses]cell { return [numClasses]cell{c, c, c, c} }

// The four patterns that most rows have.
var (
	failsAtOnce = every(cell{attempts: 1})
	repeated    = every(cell{attempts: 3})
	lostCells   = [numClasses]cell{
		{attempts: 3, executed: 3}, {attempts: 3, executed: 3, maybe: true},
		{attempts: 1, executed: 1, maybe: true}, {attempts: 2, executed: 2},
	}
	unreadableCells = [numClasses]cell{
		{attempts: 2, executed: 2}, {attempts: 2, executed: 2, maybe: true},
		{attempts: 1, executed: 1, maybe: true}, {attempts: 2, executed: 2},
	}
)

func httpStatus(want int) func(*testing.T, *scene, Class, *edusdk.Error) {
	return func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
		assert.Equal(t, want, e.HTTPStatus, "Error.HTTPStatus")
	}
}

func retryAfterIs(want time.Duration) func(*testing.T, *scene, Class, *edusdk.Error) {
	return func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
		assert.Equal(t, want, e.RetryAfter, "Error.RetryAfter")
	}
}

func dialError(cause error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: cause} }

var table = []row{
	{
		name: "refused by Encode", kind: edusdk.ErrInvalidArgument, want: every(cell{}), unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.x.encode = func(*Attempt) error { return &edusdk.FieldError{Field: "Title", Problem: "must not be empty"} }
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			var f *edusdk.FieldError
			require.ErrorAs(t, e, &f)
			assert.Equal(t, "Title", f.Field)
		},
	},
	{
		name: "ctx cancelled before sending", kind: edusdk.ErrCanceled, want: every(cell{}), unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.cancel()
		},
	},
	{
		name: "ctx expired before sending", kind: edusdk.ErrDeadlineExceeded, want: every(cell{}), unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.ctx, s.cancel = context.WithDeadline(s.ctx, time.Now().Add(-time.Second))
		},
	},
	{
		name: "rate limiter refuses", kind: edusdk.ErrResourceExhausted, want: every(cell{}), unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.opts = append(s.opts, edusdk.WithRateLimiter(limiter(func(context.Context) error { return errors.New("full") })))
		},
	},
	{
		name: "login fails", kind: edusdk.ErrPermissionDenied, want: every(cell{}), unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.login = &logins{err: &edusdk.Error{
				Op: "Login", Kind: edusdk.ErrPermissionDenied, Code: "40015", HTTPStatus: 403, MaybeApplied: true,
			}}
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, "40015", e.Code)
			assert.Equal(t, 403, e.HTTPStatus)
			assert.NotContains(t, e.Error(), "carried out", "only the login was out")
		},
	},
	{
		name: "dial refused", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) { s.url = "http://" + closedPort(s.T) },
	},
	{
		name: "dial error of a stub that hides what it did", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.stub(true, dialError(errors.New("connection refused"))) },
	},
	{
		name: "certificate error of a stub that hides what it did", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.stub(true, &tls.CertificateVerificationError{Err: errors.New("expired")}) },
	},
	{
		name: "dial refused, as a stub reports it", kind: edusdk.ErrUnavailable, want: repeated,
		set: func(s *scene) { s.stub(false, dialError(errors.New("connection refused"))) },
	},
	{
		name: "dial times out", bubble: true, kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			pool := newPool()
			pool.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			s.opts = append(s.opts, edusdk.WithTransport(pool))
		},
	},
	{
		name: "a proxy that cannot connect", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) { s.behindProxy(http.StatusBadGateway) },
	},
	{
		name: "a proxy that wants credentials", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) { s.behindProxy(http.StatusProxyAuthRequired) },
	},
	{
		name: "a proxy that is down", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) {
			pool := newPool()
			pool.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closedPort(s.T)})
			s.url = "https://acme.test"
			s.opts = append(s.opts, edusdk.WithTransport(pool))
		},
	},
	{
		name: "TLS handshake with a server that speaks plain HTTP", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			s.url = "https" + s.url[len("http"):]
		},
	},
	{
		name: "TLS handshake with a server that knows TLS 1.1 at most", kind: edusdk.ErrUnavailable, want: repeated, unseen: true,
		set: func(s *scene) {
			s.url = serveTLS(s, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		},
	},
	{
		name: "429 without a hint", bubble: true, kind: edusdk.ErrResourceExhausted, want: repeated,
		set:   func(s *scene) { s.server(false, status(429, "slow down")) },
		check: httpStatus(429),
	},
	{
		name: "429 with a hint", bubble: true, kind: edusdk.ErrResourceExhausted, want: repeated,
		set: func(s *scene) { s.server(false, status(429, "", "Retry-After", "7")) },
		check: func(t *testing.T, s *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, 7*time.Second, e.RetryAfter)
			assert.Equal(t, 14*time.Second, time.Since(bubbleStart), "two waits of 7 s")
		},
	},
	{
		name: "the vendor's own code for a rate limit", bubble: true, kind: edusdk.ErrResourceExhausted, want: repeated,
		set: func(s *scene) { s.server(false, status(200, `{"code":"RATE"}`)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, "RATE", e.Code)
		},
	},
	{
		name: "429 with a code of the vendor's", bubble: true, kind: edusdk.ErrNotFound, want: repeated,
		set: func(s *scene) { s.server(false, status(429, `{"code":"GONE"}`)) },
	},
	{
		name: "429 with a code that is not known", bubble: true, kind: edusdk.ErrResourceExhausted, want: repeated,
		set: func(s *scene) { s.server(false, status(429, `{"code":"SLOW","message":"not so fast"}`)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, []string{"SLOW", "not so fast"}, []string{e.Code, e.Message})
		},
	},
	{
		name: "503 with Retry-After", bubble: true, kind: edusdk.ErrUnavailable,
		want: [numClasses]cell{
			{attempts: 3, executed: 3}, {attempts: 3, executed: 3, maybe: true},
			{attempts: 1, executed: 1, maybe: true}, {attempts: 3, executed: 3},
		},
		set:   func(s *scene) { s.server(true, status(503, "", "Retry-After", "7")) },
		check: retryAfterIs(7 * time.Second),
	},
	{
		name: "503 with Retry-After: 0", kind: edusdk.ErrUnavailable,
		want: [numClasses]cell{
			{attempts: 3, executed: 3}, {attempts: 3, executed: 3, maybe: true},
			{attempts: 1, executed: 1, maybe: true}, {attempts: 3, executed: 3},
		},
		set: func(s *scene) { s.server(true, status(503, "", "Retry-After", "0")) },
	},
	{
		name: "token rejected for good", kind: edusdk.ErrUnauthenticated,
		want: [numClasses]cell{{attempts: 2}, {attempts: 2}, {attempts: 2}, {attempts: 1}},
		set: func(s *scene) {
			s.login = &logins{}
			s.server(false, status(200, `{"code":"TOKEN"}`))
		},
		check: func(t *testing.T, s *scene, class Class, _ *edusdk.Error) {
			if class == Login {
				assert.Empty(t, s.login.dropped, "dropped tokens")
			} else {
				assert.Equal(t, []string{"tok-1"}, s.login.dropped, "dropped tokens")
			}
		},
	},
	{
		name: "token rejected once", kind: edusdk.ErrUnauthenticated,
		want: [numClasses]cell{
			{attempts: 2, executed: 1, ok: true}, {attempts: 2, executed: 1, ok: true},
			{attempts: 2, executed: 1, ok: true}, {attempts: 1},
		},
		set: func(s *scene) {
			s.login = &logins{}
			s.x.encode = func(a *Attempt) error {
				a.Header = http.Header{"X-Token": {a.Token.Value}}
				return nil
			}
			s.server(false, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Token") == "tok-1" {
					_, _ = io.WriteString(w, `{"code":"TOKEN"}`)
					return
				}
				s.executed.Add(1)
				_, _ = io.WriteString(w, success)
			})
		},
	},
	{
		name: "token rejected where there is none", kind: edusdk.ErrUnauthenticated, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(200, `{"code":"TOKEN"}`)) },
	},
	{
		name: "timestamp rejected, our clock is wrong", bubble: true,
		want: every(cell{attempts: 2, executed: 1, ok: true}),
		set: func(s *scene) {
			s.clock(6 * time.Minute)
			s.sendTime()
			s.server(false, func(w http.ResponseWriter, r *http.Request) {
				if !inTime(r) {
					_, _ = io.WriteString(w, `{"code":"CLOCK"}`)
					return
				}
				s.executed.Add(1)
				_, _ = io.WriteString(w, success)
			})
		},
	},
	{
		name: "timestamp rejected, and after the correction again", bubble: true, kind: edusdk.ErrClockSkew,
		want: every(cell{attempts: 2}),
		set: func(s *scene) {
			s.clock(6 * time.Minute)
			s.server(false, status(200, `{"code":"CLOCK"}`))
		},
	},
	{
		name: "timestamp rejected, our clock is right", bubble: true, kind: edusdk.ErrClockSkew, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(200, `{"code":"CLOCK"}`)) },
	},
	{
		name: "signature rejected", kind: edusdk.ErrUnauthenticated, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(200, `{"code":"SIGN"}`)) },
	},
	{
		name: "certificate of an unknown authority", kind: edusdk.ErrUnavailable, want: failsAtOnce, unseen: true,
		set: func(s *scene) { s.url = serveTLS(s, nil) },
	},
	{
		name: "certificate error of a stub", kind: edusdk.ErrUnavailable, want: failsAtOnce,
		set: func(s *scene) { s.stub(false, &tls.CertificateVerificationError{Err: errors.New("expired")}) },
	},
	{
		name: "no such host", kind: edusdk.ErrUnavailable, want: failsAtOnce,
		set: func(s *scene) { s.stub(false, dialError(&net.DNSError{Name: "acme.test", IsNotFound: true})) },
	},
	{
		name: "no such host, not as a dial error", kind: edusdk.ErrUnavailable, want: failsAtOnce,
		set: func(s *scene) { s.stub(false, &net.DNSError{Name: "acme.test", IsNotFound: true}) },
	},
	{
		name: "the name server does not answer", kind: edusdk.ErrUnavailable, want: repeated,
		set: func(s *scene) { s.stub(false, dialError(&net.DNSError{Name: "acme.test", IsTimeout: true})) },
	},
	{
		name: "301", kind: edusdk.ErrMalformedResponse, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(301, "", "Location", "/elsewhere")) },
	},
	{
		name: "302 with a success as its body", kind: edusdk.ErrMalformedResponse, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(302, success, "Location", "/elsewhere")) },
	},
	{
		name: "303 without a Location", kind: edusdk.ErrMalformedResponse, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(303, "")) },
	},
	{
		name: "307", kind: edusdk.ErrMalformedResponse, want: failsAtOnce, check: httpStatus(307),
		set: func(s *scene) { s.server(false, status(307, "", "Location", "/elsewhere")) },
	},
	{
		name: "308 to an address that is none", kind: edusdk.ErrMalformedResponse, want: failsAtOnce, check: httpStatus(308),
		set: func(s *scene) { s.server(false, status(308, "", "Location", "http://acme.test/%zz")) },
	},
	{
		name: "EOF after sending", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false) }) },
	},
	{
		name: "reset after sending", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true) }) },
	},
	{
		// A RoundTripper that does not report to httptrace proves nothing.
		name: "an unknown error of a stub", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.stub(true, errors.New("it broke")) },
	},
	{
		name: "timeout after sending", bubble: true, kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) {
			s.server(true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.NotErrorIs(t, e, context.DeadlineExceeded, "the caller's deadline has not passed")
			var timeout net.Error
			if assert.ErrorAs(t, e, &timeout) {
				assert.True(t, timeout.Timeout())
			}
		},
	},
	{
		name: "500", kind: edusdk.ErrUnavailable, want: lostCells, check: httpStatus(500),
		set: func(s *scene) { s.server(true, status(500, "<html>")) },
	},
	{
		name: "400 that says success", kind: edusdk.ErrInvalidArgument, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(400, success)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.ErrorIs(t, e, errContradicts)
		},
	},
	{
		name: "300 that says success", kind: edusdk.ErrMalformedResponse, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(300, success)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.ErrorIs(t, e, errRedirect)
		},
	},
	{
		name: "500 that says success", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, status(500, success)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.ErrorIs(t, e, errContradicts)
		},
	},
	{
		name: "500 whose body is cut off", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, status(500, "{", "Content-Length", "100")) },
	},
	{
		name: "502", kind: edusdk.ErrUnavailable, want: lostCells, check: httpStatus(502),
		set: func(s *scene) { s.server(true, status(502, "<html>")) },
	},
	{
		name: "503 without a hint", kind: edusdk.ErrUnavailable, want: lostCells, check: httpStatus(503),
		set: func(s *scene) { s.server(true, status(503, "")) },
	},
	{
		name: "503 with a hint that is none", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, status(503, "", "Retry-After", "soon")) },
	},
	{
		name: "504", kind: edusdk.ErrUnavailable, want: lostCells, check: httpStatus(504),
		set: func(s *scene) { s.server(true, status(504, "", "Retry-After", "1")) },
	},
	{
		name: "2xx that is a web page", kind: edusdk.ErrUnavailable, want: unreadableCells, check: httpStatus(200),
		set: func(s *scene) { s.server(true, status(200, " <!DOCTYPE html>")) },
	},
	{
		name: "2xx that is empty", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(200, " \r\n")) },
	},
	{
		name: "204", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(204, "")) },
	},
	{
		name: "205", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(205, "")) },
	},
	{
		// The connection stays open: whoever reads on waits for ever.
		name: "101", bubble: true, kind: edusdk.ErrMalformedResponse, want: unreadableCells, check: httpStatus(101),
		set: func(s *scene) {
			s.server(true, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					panic(err)
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
				s.Cleanup(func() { _ = conn.Close() })
			})
		},
	},
	{
		name: "2xx that is not JSON", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(200, "OK")) },
	},
	{
		name: "2xx that is not what was documented", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(200, `{"data":{}}`)) },
	},
	{
		name: "2xx that is cut off", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) { s.server(true, status(200, success, "Content-Length", "100")) },
	},
	{
		name: "2xx that is reset", kind: edusdk.ErrUnavailable, want: unreadableCells,
		set: func(s *scene) {
			s.server(true, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
				hangUp(w, true)
			})
		},
	},
	{
		name: "2xx whose body does not end in time", bubble: true, kind: edusdk.ErrUnavailable, want: unreadableCells,
		set: func(s *scene) {
			s.server(true, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, success)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.ErrorIs(t, e, errAttemptTimeout)
		},
	},
	{
		name: "2xx of a stub whose body does not end in time", bubble: true, kind: edusdk.ErrUnavailable, want: unreadableCells,
		set: func(s *scene) {
			s.url = nowhere
			s.opts = append(s.opts, edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
				s.arrived.Add(1)
				s.executed.Add(1)
				resp := answer(200, "")
				resp.ContentLength, resp.Body = -1, io.NopCloser(hanging{req.Context()})
				return resp, nil
			})))
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.NotErrorIs(t, e, context.DeadlineExceeded, "the caller's deadline has not passed")
		},
	},
	{
		name: "2xx that is too large", kind: edusdk.ErrMalformedResponse, want: unreadableCells,
		set: func(s *scene) {
			s.opts = append(s.opts, edusdk.WithMaxResponseSize(int64(len(success)-1)))
			s.server(true, status(200, success))
		},
	},
	{
		name: "business rejection", kind: edusdk.ErrNotFound, want: failsAtOnce,
		set: func(s *scene) {
			s.server(false, status(200, `{"code":"GONE","message":"no such thing","request":"r-1"}`))
		},
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, []string{"acme", "Things.Do", "GONE", "no such thing", "r-1"},
				[]string{e.Vendor, e.Op, e.Code, e.Message, e.RequestID})
		},
	},
	{
		name: "business rejection under 500", kind: edusdk.ErrNotFound, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(500, `{"code":"GONE"}`)) },
	},
	{
		name: "500 with a code that is not known", kind: edusdk.ErrUnavailable, want: lostCells,
		set: func(s *scene) { s.server(true, status(500, `{"code":"NEW"}`)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, "NEW", e.Code)
		},
	},
	{
		name: "401 with a code that is not known", kind: edusdk.ErrUnauthenticated, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(401, `{"code":"NEW"}`)) },
		check: func(t *testing.T, _ *scene, _ Class, e *edusdk.Error) {
			assert.Equal(t, "NEW", e.Code)
		},
	},
	{
		name: "400", kind: edusdk.ErrInvalidArgument, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(400, "")) },
	},
	{
		name: "401", kind: edusdk.ErrUnauthenticated, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(401, "")) },
	},
	{
		name: "403", kind: edusdk.ErrPermissionDenied, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(403, "<html>")) },
	},
	{
		name: "404", kind: edusdk.ErrNotFound, want: failsAtOnce, check: httpStatus(404),
		set: func(s *scene) { s.server(false, status(404, "{}")) },
	},
	{
		name: "404 that is a gateway's page", kind: edusdk.ErrUnavailable, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(404, "<html>")) },
	},
	{
		name: "409", kind: edusdk.ErrAlreadyExists, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(409, "")) },
	},
	{
		name: "407, which is a proxy's", kind: edusdk.ErrUnavailable, want: failsAtOnce, check: httpStatus(407),
		set: func(s *scene) { s.server(false, status(407, "")) },
	},
	{
		name: "408", kind: edusdk.ErrUnavailable, want: failsAtOnce, check: httpStatus(408),
		set: func(s *scene) { s.server(false, status(408, "")) },
	},
	{
		name: "410", kind: edusdk.ErrNotFound, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(410, "{}")) },
	},
	{
		name: "413", kind: edusdk.ErrInvalidArgument, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(413, "")) },
	},
	{
		name: "418", kind: edusdk.ErrUnknown, want: failsAtOnce,
		set: func(s *scene) { s.server(false, status(418, "short and stout")) },
	},
	{
		name: "caller cancels after the headers were written", kind: edusdk.ErrCanceled,
		want: maybeOfChanges(cell{attempts: 1, executed: 1, maybe: true}),
		set: func(s *scene) {
			s.server(true, func(_ http.ResponseWriter, r *http.Request) {
				s.cancel()
				<-r.Context().Done()
			})
		},
	},
	{
		name: "caller cancels while the answer is read", kind: edusdk.ErrCanceled,
		want: maybeOfChanges(cell{attempts: 1, executed: 1, maybe: true}),
		set: func(s *scene) {
			s.url = nowhere
			s.opts = append(s.opts, edusdk.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
				s.arrived.Add(1)
				s.executed.Add(1)
				resp := answer(200, "")
				resp.ContentLength, resp.Body = -1, io.NopCloser(cancelling{s})
				return resp, nil
			})))
		},
	},
	{
		name: "caller's deadline passes after the headers were written", bubble: true, kind: edusdk.ErrDeadlineExceeded,
		want: maybeOfChanges(cell{attempts: 1, executed: 1, maybe: true}),
		set: func(s *scene) {
			s.ctx, s.cancel = context.WithTimeout(s.ctx, 10*time.Second)
			s.server(true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		},
	},
	{
		// A dialer has the caller's deadline too, and can be the first to see it.
		name: "caller's deadline passes, and the network notes it first", bubble: true, kind: edusdk.ErrDeadlineExceeded,
		want: failsAtOnce,
		set: func(s *scene) {
			s.ctx = unhurried{s.ctx, time.Now().Add(10 * time.Second)}
			s.url = nowhere
			s.opts = append(s.opts, edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
				s.arrived.Add(1)
				_ = Sleep(context.Background(), 10*time.Second)
				return unreached(req, dialError(os.ErrDeadlineExceeded))
			})))
		},
	},
	{
		name: "caller cancels before the headers were written", bubble: true, kind: edusdk.ErrCanceled, want: failsAtOnce, unseen: true,
		set: func(s *scene) {
			s.server(true, status(200, success))
			pool := newPool()
			pool.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				s.cancel()
				<-ctx.Done()
				return nil, ctx.Err()
			}
			s.opts = append(s.opts, edusdk.WithTransport(pool))
		},
	},
	{
		name: "success behind 103", want: every(cell{attempts: 1, executed: 1, ok: true}),
		set: func(s *scene) {
			s.server(true, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				_, _ = io.WriteString(w, success)
			})
		},
	},
	{
		name: "success under 206", want: every(cell{attempts: 1, executed: 1, ok: true}),
		set: func(s *scene) { s.server(true, status(206, success, "Content-Range", "bytes 0-10/11")) },
	},
	{
		name: "success", want: every(cell{attempts: 1, executed: 1, ok: true}),
		set: func(s *scene) { s.server(true, status(200, success)) },
	},
}

// bubbleStart is when time begins in a bubble.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// cancelling is a body whose reader cancels the call.
type cancelling struct{ *scene }

func (c cancelling) Read([]byte) (int, error) {
	c.cancel()
	return 0, c.ctx.Err()
}

// hanging is a body that gives nothing until its request is over.
type hanging struct{ context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.Done()
	return 0, h.Err()
}

// unhurried is a context whose timer is late.
type unhurried struct {
	context.Context

	deadline time.Time
}

func (u unhurried) Deadline() (time.Time, bool) { return u.deadline, true }

type limiter func(context.Context) error

func (l limiter) Wait(ctx context.Context) error { return l(ctx) }

// serveTLS starts a server whose certificate nobody trusts.
func serveTLS(s *scene, cfg *tls.Config) string {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.arrived.Add(1) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = cfg
	srv.StartTLS()
	s.Cleanup(srv.Close)
	return srv.URL
}

func TestRetryTable(t *testing.T) {
	t.Parallel()
	classes := [numClasses]string{Read: "Read", Upsert: "Upsert", Create: "Create", Login: "Login"}
	for _, r := range table {
		for class, name := range classes {
			t.Run(r.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				if r.bubble {
					synctest.Test(t, func(t *testing.T) { r.play(t, Class(class)) })
				} else {
					r.play(t, Class(class))
				}
			})
		}
	}
}

func (r *row) play(t *testing.T, class Class) {
	s := &scene{T: t, x: &script{}, bubble: r.bubble}
	s.ctx, s.cancel = context.WithCancel(t.Context())
	r.set(s)
	defer s.cancel()
	var seen witness
	c := newClient(t, s.url, append([]edusdk.Option{edusdk.WithObserver(&seen)}, s.opts...)...)
	call := newCall(c, class, s.x)
	if s.login != nil {
		call.Credential = s.login
	}

	err := c.Do(s.ctx, call)

	want := r.want[class]
	arrived := int64(want.attempts)
	if r.unseen {
		arrived = 0
	}
	assert.Len(t, seen.attempts, want.attempts, "attempts; the error is: %v", err)
	assert.Equal(t, arrived, s.arrived.Load(), "requests that arrived")
	assert.Equal(t, int64(want.executed), s.executed.Load(), "requests that were carried out")
	assert.Len(t, seen.calls, 1, "calls observed")
	if n := len(seen.attempts); n > 0 {
		assert.False(t, seen.attempts[n-1].Retry, "Retry of the last attempt")
	}
	assert.Equal(t, want.maybe, edusdk.MaybeApplied(err), "MaybeApplied of: %v", err)
	if want.ok {
		assert.NoError(t, err)
		return
	}
	e := errorOf(t, err)
	assert.Equal(t, r.kind, e.Kind, "Kind of: %v", err)
	assert.Equal(t, want.attempts, e.Attempts, "Error.Attempts of: %v", err)
	var withAddress *url.Error
	assert.NotErrorAs(t, err, &withAddress, "it holds the query")
	switch r.kind {
	case edusdk.ErrCanceled:
		assert.ErrorIs(t, err, context.Canceled)
	case edusdk.ErrDeadlineExceeded:
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	}
	if r.check != nil {
		r.check(t, s, class, e)
	}
}
