package transport

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
)

// protocol is what a front speaks.
type protocol string

const (
	plain1 protocol = "HTTP/1"
	tls1   protocol = "HTTP/1 over TLS"
	tls2   protocol = "HTTP/2"
	plain2 protocol = "HTTP/2 without TLS"
)

func (p protocol) secure() bool { return p == tls1 || p == tls2 }

// front is an address of a vendor's. It answers its first requests well, and
// deals with the others as its fault says, after the vendor has carried them out.
type front struct {
	net.Listener

	cert     tls.Certificate
	speaks   atomic.Value // protocol, of new connections
	good     atomic.Int64 // requests that are answered well, from now on
	lasting  bool         // connections are kept open after a good answer
	fault    fault
	executed atomic.Int64 // requests that met the fault

	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// fault is what a front does to requests.
type fault struct {
	name      string
	h2        func(c *h2Conn, stream uint32)
	h1        func(c net.Conn)
	opening   func(c *h2Conn) // at the start of a connection
	early     bool            // it strikes when the headers are there, and a body is not yet
	untouched bool            // the server says that it has not touched the request
}

// newCertificate returns one whose keys are quickly worked with.
func newCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func newFront(t *testing.T, cert tls.Certificate, f fault) *front {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &front{Listener: l, cert: cert, fault: f}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(conn, s.speaks.Load().(protocol)) })
		}
	})
	return s
}

// end closes everything and waits until it is.
func (s *front) end() {
	_ = s.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *front) url(p protocol) string {
	if p.secure() {
		return "https://" + s.Addr().String() + "/do"
	}
	return "http://" + s.Addr().String() + "/do"
}

func (s *front) serve(conn net.Conn, p protocol) {
	defer func() { _ = conn.Close() }()
	if p.secure() {
		alpn := map[protocol]string{tls1: "http/1.1", tls2: "h2"}[p]
		secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}, NextProtos: []string{alpn}})
		if secure.Handshake() != nil {
			return
		}
		conn = secure
	}
	if p == tls2 || p == plain2 {
		s.serve2(&h2Conn{conn: conn, in: bufio.NewReader(conn)})
		return
	}
	for in := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if s.good.Add(-1) < 0 {
			s.executed.Add(1)
			s.fault.h1(conn)
			return
		}
		end := map[bool]string{true: "", false: "Connection: close\r\n"}[s.lasting]
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", end, len(success), success)
		if !s.lasting {
			return
		}
	}
}

func (s *front) serve2(c *h2Conn) {
	if _, err := io.ReadFull(c.in, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	c.frame(h2Settings, 0, 0)
	if s.fault.opening != nil && s.good.Load() <= 0 {
		s.fault.opening(c)
	}
	var dealt uint32
	gone := false // streams that came too late to know it are ignored
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(c.in, header); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(header)>>8)
		if _, err := io.ReadFull(c.in, payload); err != nil {
			return
		}
		kind, flags, stream := header[3], header[4], binary.BigEndian.Uint32(header[5:])
		switch {
		case kind == h2Settings && flags&h2Ack == 0:
			c.frame(h2Settings, h2Ack, 0)
		case kind == h2Ping && flags&h2Ack == 0:
			c.frame(h2Ping, h2Ack, 0, payload...)
		case gone || kind != h2Headers && kind != h2Data || stream <= dealt || flags&h2EndStream == 0 && (!s.fault.early || s.good.Load() > 0):
		case s.good.Add(-1) >= 0:
			dealt = stream
			const status200 = 0x88 // an entry of HPACK's static table
			c.frame(h2Headers, h2EndHeaders, stream, status200)
			c.frame(h2Data, h2EndStream, stream, []byte(success)...)
			if gone = !s.lasting; gone {
				c.goAway(stream, 0)
			}
		default:
			dealt = stream
			s.executed.Add(1)
			s.fault.h2(c, stream)
		}
	}
}

const (
	h2Data, h2Headers, h2Reset, h2Settings, h2Ping, h2GoAway = 0, 1, 3, 4, 6, 7
	h2Ack, h2EndStream, h2EndHeaders                         = 1, 1, 4
)

type h2Conn struct {
	conn net.Conn
	in   *bufio.Reader
}

func (c *h2Conn) frame(kind, flags byte, stream uint32, payload ...byte) {
	b := append([]byte{0, 0, byte(len(payload)), kind, flags}, binary.BigEndian.AppendUint32(nil, stream)...)
	_, _ = c.conn.Write(append(b, payload...))
}

func (c *h2Conn) reset(stream, code uint32) {
	c.frame(h2Reset, 0, stream, binary.BigEndian.AppendUint32(nil, code)...)
}

func (c *h2Conn) goAway(last, code uint32) {
	c.frame(h2GoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)...)
}

// storm changes how many streams the connection takes, a hundred times.
func (c *h2Conn) storm() {
	for i := range 100 {
		const maxConcurrentStreams = 3
		c.frame(h2Settings, 0, 0, 0, maxConcurrentStreams, 0, 0, 0, byte(i%3))
	}
}

var faults2 = []fault{
	{name: "PROTOCOL_ERROR", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 1) }},
	{name: "PROTOCOL_ERROR before the body", early: true, h2: func(c *h2Conn, stream uint32) { c.reset(stream, 1) }},
	{name: "NO_ERROR", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 0) }},
	{name: "INTERNAL_ERROR", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 2) }},
	{name: "CANCEL", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 8) }},
	{name: "ENHANCE_YOUR_CALM", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 11) }},
	{name: "REFUSED_STREAM", untouched: true, h2: func(c *h2Conn, stream uint32) { c.reset(stream, 7) }},
	{name: "GOAWAY that leaves the stream out", untouched: true, h2: func(c *h2Conn, stream uint32) { c.goAway(stream-1, 0) }},
	{name: "GOAWAY with an error that leaves the stream out", untouched: true, h2: func(c *h2Conn, stream uint32) { c.goAway(stream-1, 1) }},
	{name: "GOAWAY that takes the stream, and the end", h2: func(c *h2Conn, stream uint32) { c.goAway(stream, 0); _ = c.conn.Close() }},
	{name: "GOAWAY that takes the stream, and PROTOCOL_ERROR", h2: func(c *h2Conn, stream uint32) { c.goAway(stream, 0); c.reset(stream, 1) }},
	{name: "PROTOCOL_ERROR, and GOAWAY", h2: func(c *h2Conn, stream uint32) { c.reset(stream, 1); c.goAway(stream, 0) }},
	{name: "GOAWAY at the start, and PROTOCOL_ERROR", untouched: true, opening: func(c *h2Conn) { c.goAway(0, 0) }, h2: func(c *h2Conn, stream uint32) { c.reset(stream, 1) }},
	{name: "settings storm, and PROTOCOL_ERROR", opening: (*h2Conn).storm, h2: func(c *h2Conn, stream uint32) { c.storm(); c.reset(stream, 1) }},
	{name: "the end", h2: func(c *h2Conn, _ uint32) { _ = c.conn.Close() }},
	{name: "half an answer", h2: func(c *h2Conn, stream uint32) { c.frame(h2Headers, h2EndHeaders, stream, 0x88); c.reset(stream, 1) }},
}

var faults1 = []fault{
	{name: "the end", h1: func(c net.Conn) { _ = c.Close() }},
	{name: "a reset", h1: func(c net.Conn) {
		if s, ok := c.(*tls.Conn); ok {
			c = s.NetConn()
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}},
	{name: "half an answer", h1: func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 2"); _ = c.Close() }},
}

// unseen is a RoundTripper of the importer's that shows httptrace nothing.
type unseen struct{ http.RoundTripper }

func (h unseen) RoundTrip(req *http.Request) (*http.Response, error) {
	return h.RoundTripper.RoundTrip(req.Clone(context.Background()))
}

// keyed is one that adds what makes net/http repeat a POST over HTTP/1.
type keyed struct{ http.RoundTripper }

func (k keyed) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Idempotency-Key", "1")
	return k.RoundTripper.RoundTrip(req)
}

// A request is carried out no more often than the retry table has attempts for,
// whatever answer came before it, from here or from elsewhere, and whatever
// carries it.
func TestNobodyButTheRetryTableRepeatsARequest(t *testing.T) {
	t.Parallel()
	cert, roots := newCertificate(t)
	carriers := map[string]func(http.RoundTripper) http.RoundTripper{
		"an http.Transport":                func(rt http.RoundTripper) http.RoundTripper { return rt },
		"one in a wrapper":                 func(rt http.RoundTripper) http.RoundTripper { return wrapped{rt} },
		"one in a wrapper that hides it":   func(rt http.RoundTripper) http.RoundTripper { return unseen{rt} },
		"one in a wrapper that adds a key": func(rt http.RoundTripper) http.RoundTripper { return keyed{rt} },
	}
	earlier := map[protocol][]protocol{
		plain1: {"", plain1, tls1, tls2}, tls1: {"", plain1, tls1, tls2},
		tls2: {"", plain1, tls1, tls2, plain2}, plain2: {"", tls2, plain2},
	}
	bare := func(*Attempt) error { return nil }
	requests := []struct {
		name    string
		class   Class
		prepare func(*testing.T, *Call, *script)
	}{
		{"read with a body", Read, func(*testing.T, *Call, *script) {}},
		{"create with a body", Create, func(*testing.T, *Call, *script) {}},
		{"create without a body", Create, func(_ *testing.T, _ *Call, x *script) { x.encode = bare }},
		{"GET", Read, func(_ *testing.T, call *Call, x *script) { call.Method, x.encode = http.MethodGet, bare }},
		{"upload", Create, func(t *testing.T, _ *Call, x *script) {
			content, err := NewContent(strings.NewReader("content"), 7, "Content")
			require.NoError(t, err)
			x.encode = upload(content, nil).encode
		}},
	}
	for name, carry := range carriers {
		for now, befores := range earlier {
			faults := map[bool][]fault{true: faults2, false: faults1}[now == tls2 || now == plain2]
			for _, f := range faults {
				t.Run(name+"/"+string(now)+"/"+f.name, func(t *testing.T) {
					t.Parallel()
					tries := len(t.Name()) // another start for other faults
					for _, before := range befores {
						for _, elsewhere := range []bool{false, true} {
							other := name != "an http.Transport" && (elsewhere || before != "" && before != now)
							if other || before == "" && elsewhere {
								continue // it is the same as another case
							}
							for _, request := range requests {
								if tries++; !effort.One(4, tries) {
									continue
								}
								what := fmt.Sprintf("%s after %q, elsewhere %v", request.name, before, elsewhere)
								here := newFront(t, cert, f)
								there := here
								if elsewhere {
									there = newFront(t, cert, f)
								}
								pool := newPool()
								pool.TLSClientConfig.RootCAs, pool.TLSClientConfig.ServerName = roots, "example.com"
								if now == plain2 || before == plain2 {
									pool.Protocols = new(http.Protocols)
									pool.Protocols.SetUnencryptedHTTP2(true)
									pool.Protocols.SetHTTP2(true)
								}
								c := newClient(t, "https://example.com", edusdk.WithTransport(carry(pool)), edusdk.WithTimeout(20*time.Second))
								if before != "" {
									there.good.Store(1)
									there.lasting = before == now
									there.speaks.Store(before)
									first := newCall(c, Read, &script{})
									first.URL = there.url(before)
									require.NoError(t, c.Do(t.Context(), first), what)
								}
								here.speaks.Store(now)
								x := &script{}
								call := newCall(c, request.class, x)
								call.URL = here.url(now)
								request.prepare(t, call, x)
								e := errorOf(t, c.Do(t.Context(), call))
								executed := here.executed.Load()
								pool.CloseIdleConnections()
								here.end()
								there.end()
								assert.LessOrEqual(t, executed, int64(e.Attempts), "executions of a %s: %v", what, e)
								assert.LessOrEqual(t, e.Attempts, 3, "attempts of a %s: %v", what, e)
								if request.class == Create && !f.untouched {
									assert.LessOrEqual(t, executed, int64(1), "executions of a %s: %v", what, e)
									assert.True(t, e.MaybeApplied, "MaybeApplied of a %s: %v", what, e)
								}
							}
						}
					}
				})
			}
		}
	}
}

// A request that was written is broken off before another connection is looked for.
func TestARepetitionEndsBeforeItsConnection(t *testing.T) {
	t.Parallel()
	stopped := 0
	trace := sentTrace{repeated: func() { stopped++ }}
	trace.getConn("")
	assert.Zero(t, stopped, "times that the first try was broken off")
	trace.wroteHeaders()
	trace.getConn("")
	assert.Equal(t, 1, stopped, "times that the second was")
}

// HTTP/1 does not look at the context before it writes, so the connection that it
// would repeat a request on is closed; one of HTTP/2 is shared by others.
func TestARepetitionLosesItsConnectionUnlessItIsShared(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ wrote, http2, closed, stopped bool }{
		{wrote: true, closed: true, stopped: true}, {wrote: true, http2: true, stopped: true}, {}, {http2: true},
	} {
		here, there := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		stopped := false
		trace := sentTrace{repeated: func() { stopped = true }, plainHTTP2: tt.http2}
		trace.wrote.Store(tt.wrote)
		trace.gotConn(httptrace.GotConnInfo{Conn: here})
		_, err := here.Write([]byte("x"))
		assert.Equal(t, tt.closed, err != nil, "whether the connection is closed: %+v", tt)
		assert.Equal(t, tt.stopped, stopped, "whether the attempt is broken off: %+v", tt)
		_ = here.Close()
		_ = there.Close()
	}
}

// Over TLS it shows which protocol a connection speaks.
func TestARepetitionOverTLSLosesItsConnectionUnlessItIsShared(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for protocol, closed := range map[string]bool{"h2": false, "http/1.1": true} {
		config := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		config.NextProtos = []string{protocol}
		conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		trace := sentTrace{repeated: func() {}, plainHTTP2: closed} // which is of no account here
		trace.wrote.Store(true)
		trace.gotConn(httptrace.GotConnInfo{Conn: conn})
		_, err = conn.Write([]byte("P"))
		assert.Equal(t, closed, err != nil, "whether a connection of %s is closed", protocol)
		_ = conn.Close()
	}
}

// Whether net/http may repeat a request, and on which kind of connection, depends on
// what the importer allows an http.Transport to speak.
func TestWhichRepetitionsAreWatched(t *testing.T) {
	t.Parallel()
	protocols := func(set ...func(*http.Protocols, bool)) *http.Protocols {
		p := new(http.Protocols)
		for _, f := range set {
			f(p, true)
		}
		return p
	}
	var (
		http1 = (*http.Protocols).SetHTTP1
		http2 = (*http.Protocols).SetHTTP2
		plain = (*http.Protocols).SetUnencryptedHTTP2
	)
	for name, tt := range map[string]struct {
		protocols       *http.Protocols
		url, body       string
		watched, closed bool
	}{
		"by default":                             {nil, "http://acme.test", "", false, false},
		"by default, over TLS":                   {nil, "https://acme.test", "", true, true},
		"HTTP/1 alone":                           {protocols(http1), "http://acme.test", "", false, false},
		"HTTP/2 over TLS alone":                  {protocols(http2), "http://acme.test", "", false, false},
		"HTTP/2 over TLS alone, over TLS":        {protocols(http2), "https://acme.test", "", true, true},
		"HTTP/2 without TLS":                     {protocols(plain), "http://acme.test", "", true, false},
		"HTTP/2 with and without TLS":            {protocols(plain, http2), "http://acme.test", "", true, false},
		"HTTP/2 without TLS, or HTTP/1":          {protocols(plain, http1), "http://acme.test", "", true, true},
		"HTTP/2 without TLS, with a body":        {protocols(plain), "http://acme.test", "body", false, false},
		"by default, over TLS, with a body":      {nil, "https://acme.test", "body", false, false},
		"HTTP/2 without TLS, a request over TLS": {protocols(plain, http1, http2), "https://acme.test", "", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, nowhere, edusdk.WithTransport(&http.Transport{Protocols: tt.protocols}))
			a := &Attempt{Body: []byte(tt.body)}
			c.bound(t.Context(), a, tt.url)
			defer a.context.finish()
			hooks := httptrace.ContextClientTrace(&a.context)
			require.Equal(t, tt.watched, hooks.GotConn != nil, "whether connections are watched")
			if !tt.watched {
				return
			}
			here, there := net.Pipe()
			defer there.Close()
			defer here.Close()
			go func() { _, _ = io.Copy(io.Discard, there) }()
			hooks.GetConn("acme.test:80")
			hooks.GotConn(httptrace.GotConnInfo{Conn: here})
			require.NoError(t, a.context.Err(), "the first try goes on")
			hooks.WroteHeaders()
			hooks.GotConn(httptrace.GotConnInfo{Conn: here})
			assert.Equal(t, errBrokenOff, a.context.why())
			_, err := here.Write([]byte("x"))
			assert.Equal(t, tt.closed, err != nil, "whether a plain connection is closed")
		})
	}
}
