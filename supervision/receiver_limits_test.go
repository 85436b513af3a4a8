package supervision_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision"
)

// listen serves a receiver on loopback, and tells when it closes connections.
func listen(t *testing.T, h http.Handler, readTimeout time.Duration) (addr string, closed chan struct{}) {
	t.Helper()
	closed = make(chan struct{}, 1000)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ReadTimeout = readTimeout
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), closed
}

func dial(t *testing.T, addr, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	return conn
}

// embedding is a middleware that hides all but three methods of a ResponseWriter.
func embedding(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&struct {
			http.ResponseWriter

			status int
		}{ResponseWriter: w}, r)
	})
}

// hiding is one that cannot be seen through.
func hiding(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(hidden{w}, r)
	})
}

type hidden struct{ w http.ResponseWriter }

func (h hidden) Header() http.Header         { return h.w.Header() }
func (h hidden) WriteHeader(status int)      { h.w.WriteHeader(status) }
func (h hidden) Write(p []byte) (int, error) { return h.w.Write(p) }

// wrapping is one that can.
func wrapping(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(wrapped{hidden{w}}, r)
	})
}

type wrapped struct{ hidden }

func (w wrapped) Unwrap() http.ResponseWriter { return w.w }

// A connection whose body was refused ends, with or without a ReadTimeout of the
// server, and where a middleware hides how to end it.
func TestReceiverEndsRefusedBodies(t *testing.T) {
	const (
		patience = 300 * time.Millisecond
		head     = "POST " + supervision.PathPushClass + " HTTP/1.1\r\nHost: x\r\n"
	)
	big := strings.Repeat(" ", 5000)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(big), big)
	bare := func(h http.Handler) http.Handler { return h }
	for name, tt := range map[string]struct {
		wrap        func(http.Handler) http.Handler
		readTimeout time.Duration
		request     string
		status      string
	}{
		"too large":                        {bare, 0, head + "Transfer-Encoding: chunked\r\n\r\n" + chunk, "413"},
		"too large by what it says":        {bare, 0, head + "Content-Length: 5000\r\n\r\n", "413"},
		"too slow":                         {bare, 0, head + "Content-Length: 100\r\n\r\n{", "408"},
		"too slow for the server":          {bare, patience / 3, head + "Content-Length: 100\r\n\r\n{", "408"},
		"too slow, and the server is slow": {bare, time.Hour, head + "Content-Length: 100\r\n\r\n{", "408"},
		"broken chunks":                    {bare, 0, head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
		"another path":                     {bare, 0, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "404"},
		"another method":                   {bare, 0, strings.Replace(head, "POST", "PUT", 1) + "Content-Length: 100\r\n\r\n", "405"},
		"another type":                     {bare, 0, head + "Content-Type: text/html\r\nContent-Length: 100\r\n\r\n", "415"},
		"wrapped, too slow":                {wrapping, 0, head + "Content-Length: 100\r\n\r\n{", "408"},
		"embedded, too large":              {embedding, 0, head + "Transfer-Encoding: chunked\r\n\r\n" + chunk, "413"},
		"embedded, too slow":               {embedding, 0, head + "Content-Length: 100\r\n\r\n{", "408"},
		"embedded, another path":           {embedding, 0, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "404"},
		"embedded and wrapped":             {func(h http.Handler) http.Handler { return embedding(wrapping(embedding(h))) }, 0, head + "Content-Length: 100\r\n\r\n{", "408"},
		"hidden, too large":                {hiding, 2 * patience, head + "Transfer-Encoding: chunked\r\n\r\n" + chunk, "413"},
		"hidden, too slow for the server":  {hiding, patience / 3, head + "Content-Length: 100\r\n\r\n{", "408"},
		"hidden, and the server is slow":   {hiding, 2 * patience, head + "Content-Length: 100\r\n\r\n{", "408"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cb := &callbacks{}
			rc := newReceiver(t, cb, func(c *supervision.ReceiverConfig) { c.MaxBody, c.BodyTimeout = 4096, patience })
			addr, closed := listen(t, tt.wrap(rc), tt.readTimeout)
			conn := dial(t, addr, tt.request)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.status), "%.50q", answer)
			assert.Contains(t, string(answer), `"returnCode":"`+tt.status+`"`)
			select {
			case <-closed:
			case <-time.After(10 * time.Second):
				t.Error("the server still holds the connection")
			}
			assert.Zero(t, cb.count())
		})
	}
}

// Where nothing can end a read and the server has no timeout, the answer is given
// in time at least, and the connection ends with the caller's.
func TestReceiverAnswersBehindMiddlewareThatHides(t *testing.T) {
	rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) { c.BodyTimeout = 100 * time.Millisecond })
	addr, closed := listen(t, hiding(rc), 0)
	conn := dial(t, addr, "POST "+supervision.PathPushClass+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	answer := make([]byte, 12)
	_, err := io.ReadFull(conn, answer)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 408", string(answer))
	require.NoError(t, conn.Close())
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("the server still holds the connection")
	}
}

// A good request keeps its connection, and its server's timeouts.
func TestReceiverKeepsGoodConnections(t *testing.T) {
	rc := newReceiver(t, &callbacks{}, nil)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	rc.ServeHTTP(w, inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`))
	assert.Empty(t, w.set, "no deadline is touched")
	assert.Empty(t, w.Header().Get("Connection"))

	addr, _ := listen(t, rc, time.Minute)
	conn := dial(t, addr, "")
	for range 3 {
		body := `{"headers":{"userToken":"` + callerToken + `"},"data":{"pageNo":1,"pageSize":1}}`
		_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", supervision.PathPullCourses, len(body), body)
		require.NoError(t, err)
		buf := make([]byte, 12)
		_, err = io.ReadFull(conn, buf)
		require.NoError(t, err)
		assert.Equal(t, "HTTP/1.1 200", string(buf))
		_, err = io.CopyN(io.Discard, conn, 1)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
		_, err = io.Copy(io.Discard, conn)
		assert.ErrorContains(t, err, "timeout", "the connection stays")
		require.NoError(t, conn.SetReadDeadline(time.Time{}))
	}
}

type deadlines struct {
	*httptest.ResponseRecorder

	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// stalled is a body that gives what it has, and then waits until it is closed.
type stalled struct {
	text   io.Reader
	closed chan struct{}
}

func newStalled(text string) *stalled {
	return &stalled{strings.NewReader(text), make(chan struct{})}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, _ := s.text.Read(p); n > 0 {
		return n, nil
	}
	<-s.closed
	return 0, errors.New("closed")
}

func (s *stalled) Close() error { return nil }

func upload(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, supervision.PathPushClass, body)
	r.ContentLength = -1
	return r
}

// A body that does not come is answered at its time by whatever writer, and its
// read may end much later.
func TestReceiverBoundsTheTimeOfABody(t *testing.T) {
	for name, w := range map[string]http.ResponseWriter{
		"without deadlines":              httptest.NewRecorder(),
		"with deadlines that do nothing": &deadlines{ResponseRecorder: httptest.NewRecorder()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := newStalled("{")
				start := time.Now()
				newReceiver(t, &callbacks{}, nil).ServeHTTP(w, upload(body))
				assert.InDelta(t, 30, time.Since(start).Seconds(), 1.5)
				assert.Equal(t, "close", w.Header().Get("Connection"))
				close(body.closed)
			})
		})
	}
}

// Bodies that lie or fail are refused, and find no callback.
func TestReceiverSurvivesHostileBodies(t *testing.T) {
	for name, read := range map[string]func([]byte) (int, error){
		"negative":     func([]byte) (int, error) { return -1, nil },
		"too much":     func(p []byte) (int, error) { return len(p) + 1, nil },
		"nothing ever": func([]byte) (int, error) { return 0, nil },
		"panics":       func([]byte) (int, error) { panic("canary") },
		"exits":        func([]byte) (int, error) { runtime.Goexit(); return 0, nil },
	} {
		t.Run(name, func(t *testing.T) {
			cb := &callbacks{}
			w := serve(newReceiver(t, cb, nil), upload(readerFunc(read)))
			code, _ := outcome(t, w)
			assert.NotEqual(t, "0", code)
			assert.Zero(t, cb.count())
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Idle and slow connections do not keep the platform out, whether they are few or
// many, hold much or nothing, and come from its own address or others.
func TestReceiverServesThePlatformAmongSlowBodies(t *testing.T) {
	for name, tt := range map[string]struct {
		bodies  int
		text    string
		address func(int) string
	}{
		"idle":                         {500, "", func(int) string { return "192.0.2.1:1" }},
		"full, of the same address":    {40, strings.Repeat(" ", 64<<10-1), func(int) string { return "192.0.2.1:1" }},
		"full, of one other address":   {40, strings.Repeat(" ", 64<<10-1), func(int) string { return "192.0.2.2:1" }},
		"full, of many addresses":      {100, strings.Repeat(" ", 64<<10-1), func(i int) string { return fmt.Sprintf("192.0.2.%d:1", 100+i) }},
		"full, of one network of IPv6": {40, strings.Repeat(" ", 64<<10-1), func(i int) string { return fmt.Sprintf("[2001:db8::%d]:1", i+1) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) { c.MaxBody, c.MaxMemory = 64<<10, 4<<20 })
				codes := make(chan int, tt.bodies)
				for i := range tt.bodies {
					body := newStalled(tt.text)
					r := upload(body)
					r.RemoteAddr = tt.address(i)
					w := &closing{httptest.NewRecorder(), body}
					go func() {
						rc.ServeHTTP(w, r)
						codes <- w.Code
					}()
				}
				time.Sleep(300 * time.Millisecond) // virtual
				for range 20 {
					r := inbound(supervision.PathPushClass, fixture(t, "push_class_sample.json"))
					r.RemoteAddr = "192.0.2.1:2"
					assert.Equal(t, 200, serve(rc, r).Code)
				}
				time.Sleep(time.Minute)
				for range tt.bodies {
					assert.Contains(t, []int{408, 503}, <-codes)
				}
			})
		})
	}
}

// closing is a writer whose read deadline ends its request's body.
type closing struct {
	*httptest.ResponseRecorder

	body *stalled
}

func (c *closing) SetReadDeadline(time.Time) error {
	close(c.body.closed)
	return nil
}

// Where bodies are not stuck, those beyond the memory are turned away, by caller
// and in all.
func TestReceiverBoundsMemory(t *testing.T) {
	for name, tt := range map[string]struct {
		caller  func(*http.Request) string
		fit     int // of bodies with 64 KiB each
		another int // status for another caller then
	}{
		"by address":   {nil, 4, 200},
		"by a key":     {func(r *http.Request) string { return r.Header.Get("X-Key") }, 4, 200},
		"in all alone": {supervision.AnyCaller, 8, 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leave := make(chan struct{})
				rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
					c.MaxBody, c.MaxMemory, c.MaxMemoryPerCaller, c.Caller = 64<<10, 516<<10, 260<<10, tt.caller
					c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
						<-leave
						return nil, nil
					}
				})
				request := func(size int, address string) *http.Request {
					r := inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o","x":"`+strings.Repeat("x", size)+`"}`)
					r.RemoteAddr = address + ":1"
					r.Header.Set("X-Key", address)
					return r
				}
				codes := make(chan int, 20)
				for range 10 {
					go func() { codes <- serve(rc, request(63<<10, "192.0.2.1")).Code }()
					synctest.Wait()
				}
				for range 10 - tt.fit {
					assert.Equal(t, 503, <-codes)
				}
				go func() { codes <- serve(rc, request(4<<10, "192.0.2.2")).Code }()
				synctest.Wait()
				if tt.another == 503 {
					assert.Equal(t, 503, <-codes)
				}
				close(leave)
				synctest.Wait()
				for len(codes) > 0 {
					assert.Equal(t, 200, <-codes)
				}
				// All of it was given back.
				for range 20 {
					assert.Equal(t, 200, serve(rc, request(63<<10, "192.0.2.1")).Code)
				}
			})
		})
	}
}

// misdeeds are what a callback can do instead of returning.
var misdeeds = map[string]struct {
	do     func(context.Context)
	status int
}{
	"panics":                 {func(context.Context) { panic("canary-张三") }, 500},
	"panics with an error":   {func(context.Context) { panic(errors.New("canary-张三")) }, 500},
	"panics with nil":        {func(context.Context) { panic(nil) }, 500},
	"aborts the handler":     {func(context.Context) { panic(http.ErrAbortHandler) }, 500},
	"exits":                  {func(context.Context) { runtime.Goexit() }, 500},
	"waits for its context":  {func(ctx context.Context) { <-ctx.Done() }, 0},
	"ignores its context":    {func(context.Context) { time.Sleep(10 * time.Minute) }, 504},
	"returns just in time":   {func(context.Context) { time.Sleep(59 * time.Second) }, 0},
	"returns a little late":  {func(context.Context) { time.Sleep(60*time.Second + 500*time.Millisecond) }, 0},
	"returns somewhat later": {func(context.Context) { time.Sleep(62 * time.Second) }, 504},
}

// Whatever a callback does, the platform is answered in the envelope and in
// bounded time, the log holds nothing of it, and its place is given back.
func TestReceiverContainsCallbacks(t *testing.T) {
	const good = `{"classCode":"c","orgCode":"o"}`
	for name, misdeed := range misdeeds {
		for where, tt := range map[string]struct {
			set    func(*supervision.ReceiverConfig, func(context.Context))
			path   string
			data   string
			always int // status whatever it does; 0 for that of the misdeed
		}{
			"Verify": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.Verify = func(ctx context.Context, _ supervision.Headers, _ *http.Request) error {
					do(ctx)
					return nil
				}
			}, supervision.PathPushClass, good, 0},
			"PushClass": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.PushClass = func(ctx context.Context, _ *supervision.Class) (*supervision.PushClassResult, error) {
					do(ctx)
					return nil, nil
				}
			}, supervision.PathPushClass, good, 0},
			"PushClass with replay": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.Replay = &supervision.ReplayConfig{}
				c.PushClass = func(ctx context.Context, _ *supervision.Class) (*supervision.PushClassResult, error) {
					do(ctx)
					return nil, nil
				}
			}, supervision.PathPushClass, good, 0},
			"PullCourses": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.PullCourses = func(ctx context.Context, _, _ int) (*supervision.CoursePage, error) {
					do(ctx)
					return nil, nil
				}
			}, supervision.PathPullCourses, `{"pageNo":1,"pageSize":1}`, 0},
			"an error's methods": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.PushClass = func(ctx context.Context, _ *supervision.Class) (*supervision.PushClassResult, error) {
					return nil, evilError{func() { do(ctx) }}
				}
			}, supervision.PathPushClass, good, 0},
			"Clock": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.MaxSkew = 100 * 365 * 24 * time.Hour
				c.Clock = func() time.Time {
					do(context.Background())
					return now
				}
			}, supervision.PathPushClass, good, -1},
			"Caller": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.Caller = func(r *http.Request) string {
					do(r.Context())
					return ""
				}
			}, supervision.PathPushClass, good, -1},
			"Logger": {func(c *supervision.ReceiverConfig, do func(context.Context)) {
				c.Logger = slog.New(evilHandler{do: func() { do(context.Background()) }})
			}, supervision.PathPushClass, good, 200},
		} {
			if name == "waits for its context" && (where == "Clock" || where == "Logger" || where == "Caller") {
				continue // they have none that ends
			}
			t.Run(where+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var logs bytes.Buffer
					rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
						c.MaxConcurrent = 1
						c.Logger = slog.New(slog.NewTextHandler(&logs, nil))
						tt.set(c, misdeed.do)
					})
					for again := range 2 {
						start := time.Now()
						w := serve(rc, inbound(tt.path, tt.data))
						code, _ := outcome(t, w)
						switch {
						case tt.always > 0:
							assert.Equal(t, tt.always, w.Code)
						case tt.always < 0: // in time, whatever it is
						case misdeed.status == 0, misdeed.status == 504 && where == "PushClass with replay" && again == 1:
							assert.Contains(t, []int{200, 504}, w.Code)
						default:
							assert.Equal(t, misdeed.status, w.Code)
						}
						assert.Equal(t, w.Code == 200 && code != "1", code == "0")
						assert.LessOrEqual(t, time.Since(start), 65*time.Second)
						assert.NotContains(t, w.Body.String(), "canary")
						time.Sleep(20 * time.Minute) // until the last has returned
					}
					assert.NotContains(t, logs.String(), "canary")
					if misdeed.status == 500 && tt.always == 0 {
						assert.Contains(t, logs.String(), "level=ERROR")
						if !strings.Contains(name, "exits") {
							assert.Contains(t, logs.String(), "receiver_limits_test.go", "the stack says where")
						}
					}
				})
			})
		}
	}
}

// evilError is an error whose methods do something.
type evilError struct{ do func() }

func (e evilError) Error() string { e.do(); return "canary" }
func (e evilError) As(any) bool   { e.do(); return false }

type evilHandler struct {
	slog.Handler

	do func()
}

func (evilHandler) Enabled(context.Context, slog.Level) bool    { return true }
func (h evilHandler) Handle(context.Context, slog.Record) error { h.do(); return nil }

// A place is held for as long as its callback runs, even after the answer.
func TestReceiverCountsCallbacksThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
			c.MaxConcurrent, c.CallbackTimeout = 1, time.Second
			c.PushClass = func(context.Context, *supervision.Class) (*supervision.PushClassResult, error) {
				<-leave
				return nil, nil
			}
		})
		r := func() *http.Request { return inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`) }
		assert.Equal(t, 504, serve(rc, r()).Code)
		assert.Equal(t, 503, serve(rc, r()).Code)
		close(leave)
		synctest.Wait()
		assert.Equal(t, 200, serve(rc, r()).Code)
	})
}

// A callback's context has a deadline, and ends with the callback.
func TestReceiverGivesCallbacksADeadline(t *testing.T) {
	for name, replay := range map[string]*supervision.ReplayConfig{"without replay": nil, "with replay": {}} {
		var left time.Duration
		var after context.Context
		rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
			c.CallbackTimeout, c.Replay = time.Hour, replay
			c.PushClass = func(ctx context.Context, _ *supervision.Class) (*supervision.PushClassResult, error) {
				deadline, _ := ctx.Deadline()
				left, after = time.Until(deadline), ctx
				return nil, ctx.Err()
			}
		})
		assert.Equal(t, 200, serve(rc, inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`)).Code)
		assert.InDelta(t, 3600, left.Seconds(), 60, name)
		assert.ErrorIs(t, after.Err(), context.Canceled, name)
	}
}

// A Clock that panics is as good as none.
func TestReceiverWithoutAClock(t *testing.T) {
	rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
		c.MaxSkew = time.Minute
		c.Clock = func() time.Time { panic("canary") }
	})
	for _, tt := range []struct {
		at     time.Time
		status int
	}{{time.Now(), 200}, {time.Now().Add(-time.Hour), 400}} {
		r := inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), "1587107195", fmt.Sprint(tt.at.Unix()), 1)))
		assert.Equal(t, tt.status, serve(rc, r).Code, "of %s", tt.at)
	}
}

// Over HTTP/2 a refused body ends its stream; the connection is that of others too.
func TestReceiverKeepsConnectionsOfHTTP2(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"bare": func(h http.Handler) http.Handler { return h }, "hidden": hiding,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) { c.BodyTimeout = 100 * time.Millisecond })
			var conns atomic.Int32
			srv := httptest.NewUnstartedServer(wrap(rc))
			srv.EnableHTTP2 = true
			srv.Config.ReadTimeout = time.Hour
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					conns.Add(1)
				}
			}
			srv.StartTLS()
			t.Cleanup(srv.Close)
			send := func(body io.Reader) *http.Response {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+supervision.PathPushClass, body)
				require.NoError(t, err)
				r.Header.Set("Content-Type", "application/json")
				resp, err := srv.Client().Do(r)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				return resp
			}
			stuck, rest := io.Pipe()
			resp := send(stuck)
			_ = rest.Close()
			assert.Equal(t, []int{408, 2}, []int{resp.StatusCode, resp.ProtoMajor}, "status and version")
			assert.Equal(t, 200, send(inbound(supervision.PathPushClass, `{"classCode":"c","orgCode":"o"}`).Body).StatusCode)
			assert.EqualValues(t, 1, conns.Load(), "connections")
		})
	}
}
