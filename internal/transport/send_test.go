package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func TestWhatProvesThatARequestWasNotSent(t *testing.T) {
	t.Parallel()
	opaque := errors.New("it broke")
	type hooks = *httptrace.ClientTrace
	readBody := func(t *sentTrace) { t.read.Store(true) }
	bare := func(t *sentTrace) { t.repeated = func() {} }
	written := func(h hooks) { h.GetConn(""); h.WroteHeaders() }
	for _, tt := range []struct {
		name   string
		direct bool
		set    func(t *sentTrace)
		hooks  func(h hooks)
		over   bool // the attempt's context has ended
		err    error
		want   bool
	}{
		{name: "an http.Transport that wrote nothing", direct: true, want: true},
		{name: "and one that wrote", direct: true, hooks: written},
		{name: "one that moved to another connection", direct: true, hooks: func(h hooks) { written(h); h.GetConn("") }, want: true},
		{name: "and wrote there", direct: true, hooks: func(h hooks) { written(h); written(h) }},
		{name: "its dial error", direct: true, hooks: func(h hooks) { h.GetConn("") }, err: dialError(opaque), want: true},
		{name: "its dial error after writing, as of a proxy", direct: true, hooks: written, err: dialError(opaque)},
		{name: "a stream refused after writing", direct: true, hooks: written, err: cannotRepeat(refusedStream), want: true},
		{name: "a GOAWAY that leaves the stream out", direct: true, hooks: written, err: cannotRepeat("http2: Transport received Server's graceful shutdown GOAWAY"), want: true},
		{name: "a PROTOCOL_ERROR in that text", direct: true, hooks: written, err: cannotRepeat("stream error: stream ID 1; PROTOCOL_ERROR; received from peer")},
		{name: "words of the server that look like it", direct: true, hooks: written, err: errors.New(`malformed HTTP response "; REFUSED_STREAM"`)},
		{name: "the end of the context before there was a connection", direct: true, set: bare, hooks: func(h hooks) { h.GetConn("") }, over: true, want: true},
		{name: "a request without a body that was written and was about to move", direct: true, set: bare, hooks: func(h hooks) { written(h); h.GetConn("") }},
		{name: "and while headers were written that are the whole request", direct: true, set: bare, hooks: func(h hooks) { h.GotConn(httptrace.GotConnInfo{}) }, over: true},
		{name: "a request without a body that was not written", direct: true, set: bare, hooks: func(h hooks) { h.GotConn(httptrace.GotConnInfo{}) }, want: true},

		{name: "another RoundTripper that is silent"},
		{name: "its dial error", err: dialError(opaque)},
		{name: "its certificate error", err: &tls.CertificateVerificationError{Err: opaque}},
		{name: "its refused stream", err: cannotRepeat(refusedStream)},
		{name: "one that reports", hooks: func(h hooks) { h.GetConn("") }, want: true},
		{name: "and wrote", hooks: written},
		{name: "and moved, perhaps after a failure", hooks: func(h hooks) { written(h); h.GetConn("") }},
		{name: "and read the body where httptrace does not see it", set: readBody, hooks: func(h hooks) { h.GetConn("") }, err: dialError(opaque)},
		{name: "and was refused at last", set: readBody, hooks: written, err: cannotRepeat(refusedStream)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var trace sentTrace
			if tt.set != nil {
				tt.set(&trace)
			}
			if h := trace.hooks(); tt.hooks != nil {
				tt.hooks(h)
			}
			if tt.err == nil {
				tt.err = opaque
			}
			assert.Equal(t, tt.want, trace.neverSent(tt.direct, tt.over, tt.err))
		})
	}
}

const refusedStream = "stream error: stream ID 1; REFUSED_STREAM; received from peer"

// cannotRepeat is the error that net/http makes of one after which it would have
// repeated the request.
func cannotRepeat(reason string) error {
	return &url.Error{Op: "Post", URL: nowhere, Err: fmt.Errorf(
		"http2: Transport: cannot retry err [%s] after Request.Body was written; define Request.GetBody to avoid this error", reason)}
}

// wrapped is a RoundTripper of the importer's around an http.Transport, as
// otelhttp is, but one that hides the errors.
type wrapped struct{ http.RoundTripper }

func (w wrapped) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(req)
	if err != nil {
		err = errors.New("it broke")
	}
	return resp, err
}

func TestARoundTripperAroundATransportIsSeenThrough(t *testing.T) {
	t.Parallel()
	pool := newPool()
	srv, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true) })
	for url, maybe := range map[string]bool{"http://" + closedPort(t): false, srv.URL: true} {
		c := newClient(t, url, edusdk.WithTransport(wrapped{pool}))
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
		assert.Equal(t, maybe, e.MaybeApplied, "MaybeApplied of: %v", e)
		assert.Equal(t, map[bool]int{true: 1, false: 3}[maybe], e.Attempts)
	}
}

// repeating is a RoundTripper of the importer's that repeats requests itself.
type repeating struct{ first, then http.RoundTripper }

func (r repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp, err := r.first.RoundTrip(req); err == nil {
		return resp, nil
	}
	var err error
	if req.Body, err = req.GetBody(); err != nil {
		return nil, err
	}
	return r.then.RoundTrip(req)
}

// What its last try shows says nothing of those before.
func TestARoundTripperThatRepeatsRequestsProvesNothing(t *testing.T) {
	t.Parallel()
	var executed atomic.Int64
	srv, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		executed.Add(1)
		hangUp(w, true)
	})
	up, down := newPool(), newPool()
	down.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, dialError(errors.New("connection refused"))
	}
	c := newClient(t, srv.URL, edusdk.WithTransport(repeating{up, down}))
	e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
	assert.EqualValues(t, 1, executed.Load(), "requests that were carried out")
	assert.True(t, e.MaybeApplied, "MaybeApplied of: %v", e)
}

// serveBrokenStreams is an HTTP/2 server that ends every stream with an error
// code once the request is there.
func serveBrokenStreams(conn net.Conn, code byte, broken *atomic.Int64) {
	frames := make(chan []byte, 100)
	go func() { // a pipe's writer waits for its reader, which may be writing
		for b := range frames {
			_, _ = conn.Write(b)
		}
	}()
	defer func() {
		_ = conn.Close()
		close(frames)
	}()
	const (
		typeData, typeHeaders, typeReset, typeSettings, typePing = 0, 1, 3, 4, 6
		ack, endStream                                           = 1, 1
	)
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		b := []byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(b[5:], stream)
		frames <- append(b, payload...)
	}
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	frame(typeSettings, 0, 0)
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		payload := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		switch header[3] {
		case typeHeaders, typeData:
			if header[4]&endStream != 0 {
				broken.Add(1)
				frame(typeReset, 0, binary.BigEndian.Uint32(header[5:]), 0, 0, 0, code)
			}
		case typeSettings:
			if header[4]&ack == 0 {
				frame(typeSettings, ack, 0)
			}
		case typePing:
			if header[4]&ack == 0 {
				frame(typePing, ack, 0, payload...)
			}
		}
	}
}

// That net/http's error has the shape that is looked for shows only with
// net/http itself. Left alone, it would repeat such a request for about a minute.
func TestStreamsRefusedByARealHTTP2Server(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Int64
		pool := newPool()
		pool.Proxy = nil
		pool.IdleConnTimeout = 0 // or net/http begins its minute anew with another connection
		pool.Protocols = new(http.Protocols)
		pool.Protocols.SetUnencryptedHTTP2(true)
		pool.DialContext = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go serveBrokenStreams(server, 7, &refused)
			return client, nil
		}
		c := newStubbed(t, pool, edusdk.WithTimeout(10*time.Minute))
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
		assert.ErrorContains(t, e, "REFUSED_STREAM", "the cause")
		assert.Equal(t, 3, e.Attempts)
		assert.False(t, e.MaybeApplied)
		assert.EqualValues(t, 3, refused.Load(), "streams refused")
	})
}

// What HTTP/2 does not write, because the server takes no headers so large, never left,
// although there is a connection and the request has no body.
func TestHeadersThatAreTooLargeForHTTP2WereNotSent(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		_, _ = io.WriteString(w, success)
	}))
	srv.EnableHTTP2 = true
	srv.Config.MaxHeaderBytes = 1 << 10
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pool := newPool()
	pool.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := newClient(t, srv.URL, edusdk.WithTransport(pool))
	bare := &script{encode: func(*Attempt) error { return nil }}
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, bare)), "the server tells its limit")
	ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallHeader("X-Large", strings.Repeat("x", 8<<10)))
	e := errorOf(t, c.Do(ctx, newCall(c, Create, bare)))
	assert.Equal(t, 3, e.Attempts, "it is safe to repeat: %v", e)
	assert.False(t, e.MaybeApplied, "MaybeApplied of: %v", e)
	assert.EqualValues(t, 1, arrived.Load(), "requests that arrived")
}

// A connection of HTTP/2 that a router has forgotten takes requests and never
// answers; without pings, all requests would go into it.
func TestADeadHTTP2ConnectionIsLeft(t *testing.T) {
	t.Parallel()
	if !bubbleNetworks["HTTP 2"] {
		t.Log("before Go 1.26, a server of HTTP/2 cannot be in a bubble")
		return
	}
	synctest.Test(t, func(t *testing.T) {
		both := new(http.Protocols)
		both.SetUnencryptedHTTP2(true)
		pool, p := servePipes(t, status(200, success), both)
		pool.Protocols = both
		var dials atomic.Int64
		pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) > 1 {
				return p.dial(ctx, network, addr)
			}
			client, dead := net.Pipe()
			go func() {
				_, _ = io.Copy(io.Discard, dead)
				_ = dead.Close()
			}()
			return client, nil
		}
		c := newStubbed(t, pool)
		defer c.CloseIdleConnections()
		require.NoError(t, c.Do(t.Context(), newCall(c, Read, &script{})))
		assert.EqualValues(t, 2, dials.Load(), "connections")
		assert.Less(t, time.Since(bubbleStart), 30*time.Second, "it does not take a whole timeout")
	})
}

// net/http repeats a request on its own after a PROTOCOL_ERROR too, though that
// does not say that the request was not carried out. It does so on one connection
// after the other, without a wait and without an end.
func TestHTTP2RequestsAreRepeatedByUsAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		code     byte
		class    Class
		body     string
		attempts int
		maybe    bool
	}{
		{"PROTOCOL_ERROR, Create", 1, Create, "a=1", 1, true},
		{"PROTOCOL_ERROR, Read", 1, Read, "a=1", 3, false},
		{"PROTOCOL_ERROR, Create without a body", 1, Create, "", 1, true},
		{"PROTOCOL_ERROR, Read without a body", 1, Read, "", 3, false},
		{"REFUSED_STREAM, Create", 7, Create, "a=1", 3, false},
		{"REFUSED_STREAM, Read", 7, Read, "a=1", 3, false},
		// What it was does not show where there is no body.
		{"REFUSED_STREAM, Create without a body", 7, Create, "", 1, true},
		{"REFUSED_STREAM, Read without a body", 7, Read, "", 3, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var dials, broken atomic.Int64
				pool := newPool()
				pool.Proxy = nil
				pool.IdleConnTimeout = 0
				pool.Protocols = new(http.Protocols)
				pool.Protocols.SetUnencryptedHTTP2(true)
				pool.DialTLSContext = func(context.Context, string, string) (net.Conn, error) {
					if dials.Add(1) > 20 {
						return nil, errors.New("too many connections")
					}
					client, server := net.Pipe()
					go serveBrokenStreams(server, tt.code, &broken)
					return client, nil
				}
				began := time.Now()
				c := newClient(t, "https://acme.test", edusdk.WithTransport(pool), edusdk.WithTimeout(10*time.Minute))
				e := errorOf(t, c.Do(t.Context(), newCall(c, tt.class, &script{encode: func(a *Attempt) error {
					a.Body = []byte(tt.body)
					return nil
				}})))
				assert.NotErrorIs(t, e, context.Canceled, "the caller's context has not ended")
				assert.Equal(t, tt.attempts, e.Attempts, "attempts; the error is: %v", e)
				assert.EqualValues(t, tt.attempts, broken.Load(), "requests that arrived")
				assert.Equal(t, tt.maybe, e.MaybeApplied, "MaybeApplied of: %v", e)
				assert.NotContains(t, e.Error(), "GetBody", "it is advice to somebody else")
				assert.Less(t, time.Since(began), time.Second, "time, in the bubble")
				synctest.Wait() // for the connection to be idle, and so to be closed
			})
		})
	}
}

// Over HTTP/1 net/http repeats a POST only if nothing of it was written.
func TestHTTP1RequestsMoveToAnotherConnection(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	pool, p := servePipes(t, status(200, success))
	pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := p.dial(ctx, network, addr)
		return &oneRequest{Conn: conn, last: dials.Add(1) == 2}, err
	}
	c := newStubbed(t, pool, oneAttempt)
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{})))
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{})), "the first connection takes no second request")
	assert.EqualValues(t, 2, dials.Load(), "connections")
}

// oneRequest is a connection that takes one write, unless it is the last one.
type oneRequest struct {
	net.Conn

	last  bool
	wrote bool
}

func (c *oneRequest) Write(p []byte) (int, error) {
	if c.wrote && !c.last {
		return 0, errors.New("broken pipe")
	}
	c.wrote = true
	return c.Conn.Write(p)
}

func TestTheTimeoutBoundsOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &witness{}
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}), edusdk.WithTimeout(5*time.Second), edusdk.WithObserver(seen))
		e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
		assert.ErrorIs(t, e, errAttemptTimeout)
		assert.NotErrorIs(t, e, context.DeadlineExceeded)
		require.Len(t, seen.attempts, 3)
		for _, a := range seen.attempts {
			assert.Equal(t, 5*time.Second, a.Elapsed, "time of attempt %d", a.Attempt)
		}
	})
}

type contextKey struct{}

func TestTheContextReachesTheRoundTripper(t *testing.T) {
	t.Parallel()
	srv, _ := serve(t, status(200, success))
	var got any
	var connected bool
	pool := newPool()
	t.Cleanup(pool.CloseIdleConnections)
	c := newClient(t, srv.URL, edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		got = req.Context().Value(contextKey{})
		return pool.RoundTrip(req)
	})))
	ctx := context.WithValue(t.Context(), contextKey{}, "span")
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	require.NoError(t, c.Do(ctx, newCall(c, Read, &script{})))
	assert.Equal(t, "span", got)
	assert.True(t, connected, "the caller's own httptrace is told too")
}

// A RoundTripper must not see the same request twice, nor share headers with
// another one.
func TestRequestsShareNothing(t *testing.T) {
	t.Parallel()
	n := 0
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		n++
		assert.Equal(t, []string{"a"}, req.Header.Values("X-Tenant"), "header of request %d", n)
		assert.Empty(t, req.Header.Values("X-Added"), "header of request %d", n)
		req.Header.Add("X-Tenant", "changed")
		req.Header["X-Tenant"][0] = "changed"
		req.Header.Set("X-Added", "1")
		return answer(500, ""), nil
	}), edusdk.WithHeader("X-Tenant", "a"))
	errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Equal(t, 3, n)
}

// A RoundTripper of the importer's can hand over any of these.
func TestCertificatesThatDoNotHoldAreHopeless(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&tls.CertificateVerificationError{Err: errors.New("expired")}, x509.UnknownAuthorityError{},
		x509.HostnameError{Certificate: &x509.Certificate{}, Host: "acme.test"}, x509.CertificateInvalidError{Cert: &x509.Certificate{}},
	} {
		err = fmt.Errorf("tls: %w", err)
		assert.True(t, isHopeless(err), "isHopeless(%v)", err)
	}
	assert.False(t, isHopeless(&net.DNSError{IsTimeout: true}))
	assert.True(t, isHopeless(&net.DNSError{IsNotFound: true}))
}
