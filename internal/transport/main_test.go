package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is an Exchange of a made-up vendor.
type script struct {
	encode    func(*Attempt) error // nil: an empty JSON object is sent
	decode    func(*Answer) error  // nil: decodeAcme
	sensitive []string
	encoded   atomic.Int64
}

func (s *script) Encode(a *Attempt) error {
	s.encoded.Add(1)
	if s.encode != nil {
		return s.encode(a)
	}
	a.ContentType, a.Body = "application/json", []byte("{}")
	return nil
}

func (s *script) Decode(ans *Answer) error {
	if s.decode != nil {
		return s.decode(ans)
	}
	return decodeAcme(ans)
}

func (s *script) Sensitive() []string { return s.sensitive }

// The made-up vendor answers {"ok":true} or {"code":…, "message":…}.
var rejections = map[string]Rejection{
	"TOKEN": {Kind: edusdk.ErrUnauthenticated, Reason: TokenRejected},
	"CLOCK": {Kind: edusdk.ErrClockSkew, Reason: ClockRejected},
	"RATE":  {Kind: edusdk.ErrResourceExhausted, Reason: RateLimited},
	"SIGN":  {Kind: edusdk.ErrUnauthenticated},
	"GONE":  {Kind: edusdk.ErrNotFound},
}

func decodeAcme(ans *Answer) error {
	var v struct {
		OK                     bool
		Code, Message, Request string
	}
	if err := json.Unmarshal(ans.Body, &v); err != nil {
		return err
	}
	if v.Code != "" {
		rej := rejections[v.Code]
		rej.Code, rej.Message, rej.RequestID = v.Code, v.Message, v.Request
		return &rej
	}
	if !v.OK {
		return errors.New("ok is missing")
	}
	return nil
}

const success = `{"ok":true}`

// roundTrip is a stub http.RoundTripper. It does not report to httptrace.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer is what a stub returns: a status, a body and pairs of header names and
// values.
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}
}

// inTurn is a stub that gives one answer after the other, and the last again
// and again.
func inTurn(steps ...func() (*http.Response, error)) (roundTrip, *atomic.Int64) {
	var n atomic.Int64
	return func(req *http.Request) (*http.Response, error) {
		resp, err := steps[min(int(n.Add(1)), len(steps))-1]()
		if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
			return unreached(req, err)
		}
		if req.Body != nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		return resp, err
	}, &n
}

// unreached does what a transport does that reports to httptrace and gets no
// connection.
func unreached(req *http.Request, err error) (*http.Response, error) {
	httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host)
	_ = req.Body.Close()
	return nil, err
}

// give and broken are steps for inTurn.
func give(status int, body string, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(status, body, header...), nil }
}

func broken(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

// The waits of real tests are a millisecond; those in a bubble cost nothing.
var quick = edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond})

// newClient returns a client whose connections are closed with the test.
func newClient(t *testing.T, url string, opts ...edusdk.Option) *Client {
	t.Helper()
	c, err := New("acme", url, append([]edusdk.Option{quick}, opts...))
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

const nowhere = "http://acme.test"

// newStubbed returns a client that sends through a stub.
func newStubbed(t *testing.T, stub http.RoundTripper, opts ...edusdk.Option) *Client {
	t.Helper()
	return newClient(t, nowhere, append([]edusdk.Option{edusdk.WithTransport(stub)}, opts...)...)
}

// newCall returns a call to path on c.
func newCall(c *Client, class Class, x *script) *Call {
	return &Call{Op: "Things.Do", Class: class, Method: http.MethodPost, URL: c.Base() + "/do", Exchange: x}
}

// errorOf returns the *edusdk.Error that every failure is.
func errorOf(t *testing.T, err error) *edusdk.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := err.(*edusdk.Error) //nolint:errorlint // it is to be this type, not to hold it
	require.True(t, ok, "want a *edusdk.Error, got %T: %v", err, err)
	return e
}

// serve starts a real server on the loopback that counts its connections.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var conns atomic.Int64
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, &conns
}

// pipes is a network in memory, for servers in a bubble of synctest.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	over  chan struct{}
}

// servePipes starts a server on a network in memory and returns a transport
// that reaches it, whatever the address.
func servePipes(t *testing.T, h http.HandlerFunc, protocols ...*http.Protocols) (*http.Transport, *pipes) {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), over: make(chan struct{})}
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	if len(protocols) > 0 {
		srv.Protocols = protocols[0]
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(p)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	pool := newPool()
	pool.Proxy = nil
	pool.DialContext = p.dial
	return pool, p
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.over:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.over) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

// hangUp breaks a connection off: with a reset, or as if all had been said.
func hangUp(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// closedPort returns an address of the loopback that nobody listens at.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// logins is a Credential that gives tok-1, tok-2, … and notes what it is told
// to drop.
type logins struct {
	mu      sync.Mutex
	current int
	dropped []string
	err     error
}

func (l *logins) Token(context.Context) (edusdk.Token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return edusdk.Token{}, l.err
	}
	return edusdk.Token{Value: l.value()}, nil
}

func (l *logins) value() string { return "tok-" + string(rune('1'+l.current)) }

func (l *logins) Invalidate(_ context.Context, value string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped = append(l.dropped, value)
	if value == l.value() {
		l.current++
	}
	return errors.New("the store is down")
}

// witness is an Observer that remembers.
type witness struct {
	mu       sync.Mutex
	attempts []edusdk.AttemptEvent
	calls    []edusdk.CallEvent
}

func (w *witness) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, a)
}

func (w *witness) ObserveCall(_ context.Context, c edusdk.CallEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
}

// NewMultipart returns a multipart body of alternating names and values of fields,
// and a file.
func NewMultipart(fields []string, field, name, media string, c *Content, progress func(sent, total int64)) (*Stream, string, error) {
	var ps []params.Param
	for i := 0; i+1 < len(fields); i += 2 {
		ps = append(ps, params.Param{Name: fields[i], Value: fields[i+1]})
	}
	return (&File{field, name, media, c, progress}).multipart(ps)
}
