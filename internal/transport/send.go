package transport

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/edusdk/edusdk"
)

// errAttemptTimeout ends an attempt that took too long. It is not the
// context's error: the caller's deadline has not passed.
var errAttemptTimeout error = attemptTimeout{}

type attemptTimeout struct{}

func (attemptTimeout) Error() string   { return "the attempt timed out" }
func (attemptTimeout) Timeout() bool   { return true }
func (attemptTimeout) Temporary() bool { return true }

// errBrokenOff ends an attempt that net/http was about to repeat; it does not say
// why.
var errBrokenOff = errors.New("the server aborted the request")

// outcome is what came of one attempt.
type outcome struct {
	what   failure
	err    *edusdk.Error // nil where what is the value none
	status int
	header http.Header
	read   int64
	sent   bool // the request may have arrived
	hint   time.Duration
	hinted bool
	again  bool // the request can be written once more
	inTime bool // the vendor has found nothing wrong with its timestamp

	requestID string // of the answer
	unread    []edusdk.UnreadField

	attempt *Attempt // nil where none was written
}

// send makes one attempt of call and reads its answer.
func (c *Client) send(ctx context.Context, call *Call, a *Attempt, capture func(outcome, []byte)) outcome {
	bounded := &a.context
	c.bound(ctx, a, call.URL)
	defer bounded.finish()
	out := outcome{again: true, attempt: a}
	req := *c.blank
	req.SetContext(bounded)
	own := optionsOf(ctx).Header
	if ready := c.ready[a.ContentType]; ready != nil && a.Header == nil && own == nil && !call.AnyContent {
		req.Header = ready // resty copies it, and adds nothing to one that is complete
	} else {
		req.Header = c.headerOf(call, a.ContentType, own, a.Header)
	}
	switch {
	case a.Stream != nil:
		// Where a RoundTripper panics, the content is taken back all the same.
		defer func() {
			bounded.finish()
			a.Stream.release(bounded)
		}()
		body, err := a.Stream.open()
		if err != nil {
			c.classifyError(ctx, bounded, call, a, err, &out)
			out.again = a.Stream.release(bounded)
			return out
		}
		a.streamed = body
		req.SetBody(noBody)
	case len(a.Body) > 0:
		// A reader whose type net/http knows goes out in one write with the
		// headers, without a copy.
		a.body.Reset(a.Body)
		req.SetBody(&a.body)
	default:
		req.SetBody(noBody)
	}
	url := call.URL
	if a.Query != "" {
		url += "?" + a.Query
	}

	resp, err := req.Execute(call.Method, url)
	if resp != nil && resp.RawResponse != nil {
		// It was read to its end, or the connection is of no more use.
		defer func() { _ = resp.RawResponse.Body.Close() }()
	}
	if err != nil {
		out.sent = !a.trace.neverSent(c.direct != nil, bounded.Err() != nil, err)
		c.classifyError(ctx, bounded, call, a, err, &out)
	} else {
		out.sent = true
		c.receive(ctx, bounded, call, resp.RawResponse, capture, &out)
	}
	if a.Stream != nil {
		out.again = a.Stream.release(bounded)
	}
	return out
}

// attemptKey is under which the context of a request has its Attempt.
type attemptKey struct{}

// lastTouch is resty's last hook before a request leaves. It keeps net/http from
// repeating the request where it cannot be known that the vendor has not carried
// it out. These are the ways in which net/http repeats requests by itself:
//
//   - HTTP/1, a connection that was used before and nothing was written: with
//     GetBody or without a body. It is the only one that is always right.
//   - HTTP/1, a connection that was used before and ended before the first byte
//     of an answer: GET and its like, and requests with an Idempotency-Key (which
//     [edusdk.WithHeader] refuses), with GetBody or without a body.
//   - HTTP/2, REFUSED_STREAM, a GOAWAY that leaves the stream out, and a
//     PROTOCOL_ERROR, which says nothing of what the vendor did: with GetBody or
//     without a body. It is tried seven times a connection, and on one connection
//     after the other without an end.
//   - HTTP/2, the connection took no request: always, and always right.
//
// Which protocol a connection will speak is not known here: a host can have
// fronts of both. So over TLS, and wherever else HTTP/2 is possible, no request
// has GetBody, and one without a body is watched by sentTrace. Over what can only
// be HTTP/1, GET has an empty body, which keeps net/http from repeating it. It
// does not show on the wire; over HTTP/2 it would, and there are firewalls that
// refuse a GET with a body.
//
// A RoundTripper of the importer's can speak any protocol, and repeat requests
// itself. What it is given is good for one reading.
func (c *Client) lastTouch(_ *resty.Client, req *http.Request) error {
	a, _ := req.Context().Value(attemptKey{}).(*Attempt)
	a.attach(req)
	switch {
	case c.direct == nil:
		a.once.guard(req, &a.trace)
	case c.mayRepeat(req.URL.Scheme == "https"):
		req.GetBody = nil // it needs the body anew
	case req.Method != http.MethodPost:
		req.GetBody = nil
		if req.Body == nil || req.Body == http.NoBody {
			req.Body = io.NopCloser(noBody)
		}
	}
	return nil
}

// mayRepeat reports whether net/http could repeat a request, over TLS or not,
// that the vendor may have carried out: whether it may go over HTTP/2.
func (c *Client) mayRepeat(secure bool) bool {
	return c.direct != nil && (secure || c.direct.Protocols != nil && c.direct.Protocols.UnencryptedHTTP2())
}

// plainHTTP2 reports whether connections without TLS speak HTTP/2.
func (c *Client) plainHTTP2() bool {
	p := c.direct.Protocols
	return p != nil && p.UnencryptedHTTP2() && !p.HTTP1()
}

// onceBody is a request body that a RoundTripper of the importer's is given. Who
// has not read it has not sent the request, and who has read it does not get it
// again.
type onceBody struct {
	io.ReadCloser

	trace *sentTrace
	open  func() (io.ReadCloser, error)
}

var errOnce = errors.New("the request body was read before, and the vendor may have carried the request out")

// guard makes b the body of req, in front of the one it has.
func (b *onceBody) guard(req *http.Request, trace *sentTrace) {
	*b = onceBody{req.Body, trace, req.GetBody}
	if req.Body == nil {
		b.ReadCloser = http.NoBody
	}
	req.Body = b
	if b.open != nil || b.ReadCloser == http.NoBody {
		req.GetBody = b.reopen
	}
}

// Read implements io.Reader.
func (b *onceBody) Read(p []byte) (int, error) {
	b.trace.read.Store(true)
	return b.ReadCloser.Read(p)
}

// reopen is the request's GetBody.
func (b *onceBody) reopen() (io.ReadCloser, error) {
	if b.trace.read.Load() || b.trace.ever.Load() {
		return nil, errOnce
	}
	if b.open == nil {
		return &onceBody{http.NoBody, b.trace, nil}, nil
	}
	body, err := b.open()
	return &onceBody{body, b.trace, nil}, err
}

// setHeader puts the headers of a request into h: the client's, and those that go in
// their place.
func (c *Client) setHeader(h http.Header, anyContent bool, contentType string, replacing ...http.Header) {
	if !anyContent {
		h["Accept"] = acceptJSON
	}
	maps.Copy(h, c.header)
	for _, other := range replacing {
		maps.Copy(h, other)
	}
	if contentType != "" {
		h["Content-Type"] = []string{contentType}
	}
}

// receive reads the answer and judges it.
func (c *Client) receive(ctx context.Context, bounded *attemptContext, call *Call, resp *http.Response, capture func(outcome, []byte), out *outcome) {
	out.status, out.header = resp.StatusCode, resp.Header
	if resp.Header["Retry-After"] != nil {
		out.hint, out.hinted = retryAfter(resp.Header, c.Now())
	}
	buf := buffers.Get().(*buffer)
	defer buf.release()
	err := errSwitched
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body does not end, and minds no context
		err = buf.read(resp, c.maxBody, capture != nil)
	}
	out.read = int64(buf.Len())
	if capture != nil {
		defer func() { capture(*out, buf.Bytes()) }() // before the buffer is released
	}
	switch {
	case err == nil || errors.Is(err, errTooLarge) || errors.Is(err, errSwitched):
		c.judge(ctx, call, buf.Bytes(), err, out)
	case isOver(ctx):
		c.ended(ctx, call, out)
	case errors.Is(err, gzip.ErrHeader):
		c.judge(ctx, call, nil, errNotGzip, out)
	default:
		if bounded.timedOut() {
			err = errAttemptTimeout
		}
		c.judge(ctx, call, nil, &cutOffError{unquoted(err)}, out)
	}
}

// bound limits the time of one attempt, which then has to be finished. While a body
// streams, the limit counts from its last read: a slow line is not a dead one. Where
// code of the importer's carries the request, the context is of a kind that all code
// knows to wait for.
func (c *Client) bound(ctx context.Context, a *Attempt, url string) {
	x, timeout := &a.context, cmp.Or(optionsOf(ctx).Timeout, c.timeout)
	x.attempt = a
	if s := a.Stream; s != nil {
		bounded, cancel := context.WithCancelCause(ctx)
		timer := time.AfterFunc(timeout, func() { cancel(errAttemptTimeout) })
		s.touch, s.over = func() { timer.Reset(timeout) }, bounded.Done()
		x.Context = httptrace.WithClientTrace(bounded, a.trace.hooks())
		x.cancel = func() {
			timer.Stop()
			cancel(nil)
		}
		return
	}
	if c.direct == nil {
		bounded, cancel := context.WithTimeoutCause(ctx, timeout, errAttemptTimeout)
		x.Context, x.cancel = httptrace.WithClientTrace(bounded, a.trace.hooks()), cancel
		return
	}
	if len(a.Body) == 0 && c.mayRepeat(strings.HasPrefix(url, "https:")) {
		a.trace.repeated = x.breakOff
		a.trace.plainHTTP2 = c.plainHTTP2()
	}
	x.Context = httptrace.WithClientTrace(ctx, a.trace.hooks())
	x.begin(&c.deadlines, timeout)
}

// sentTrace learns from httptrace, and from the body, whether a request has left.
type sentTrace struct {
	trace   httptrace.ClientTrace
	started atomic.Bool // the RoundTripper reports to httptrace
	wrote   atomic.Bool // headers were written since
	ever    atomic.Bool // headers were written at any time
	read    atomic.Bool // the body was read, if it is a onceBody

	// For requests without a body that net/http may repeat:
	repeated   func()      // breaks such a request off; nil for others
	plainHTTP2 bool        // connections without TLS speak HTTP/2
	connected  atomic.Bool // there was a connection
}

func (t *sentTrace) hooks() *httptrace.ClientTrace {
	t.trace.GetConn = t.getConn
	t.trace.WroteHeaders = t.wroteHeaders
	if t.repeated != nil {
		t.trace.GotConn = t.gotConn
	}
	return &t.trace
}

// getConn forgets an earlier connection: net/http itself moves a request to
// another one only when it has proof that nothing of it was taken; where it may
// do so without, it is stopped.
func (t *sentTrace) getConn(string) {
	t.started.Store(true)
	if t.repeated != nil {
		if t.wrote.Load() {
			t.repeated()
		}
		return
	}
	t.wrote.Store(false)
}

// gotConn comes before every try of net/http's, in the same goroutine. HTTP/2
// looks at the context once more before it writes. HTTP/1 does not, but has the
// connection for this request alone.
func (t *sentTrace) gotConn(info httptrace.GotConnInfo) {
	t.connected.Store(true)
	if !t.wrote.Load() {
		return
	}
	t.repeated()
	http2 := t.plainHTTP2
	if conn, ok := info.Conn.(*tls.Conn); ok {
		http2 = conn.ConnectionState().NegotiatedProtocol == "h2"
	}
	if !http2 {
		_ = info.Conn.Close()
	}
}

func (t *sentTrace) wroteHeaders() {
	t.wrote.Store(true)
	t.ever.Store(true)
}

// neverSent reports whether it is proven that nothing of the request was taken
// by a server. What a RoundTripper of the importer's returns proves nothing: it
// can have hidden a try from httptrace, as test doubles hide all of them, or have
// made several. It has to have reported to httptrace, and never to have read the
// body.
func (t *sentTrace) neverSent(direct, over bool, err error) bool {
	switch {
	case !direct:
		return (t.started.Load() || errors.Is(err, errLostContext)) && !t.ever.Load() && !t.read.Load()
	case isRefusedStream(err):
		return true
	case over && t.connected.Load():
		// HTTP/2 does not wait for its writer when the context ends, and headers
		// are all of a request that has no body.
		return false
	default:
		return !t.wrote.Load()
	}
}

var (
	acceptJSON = []string{"application/json"}
	noBody     = bytes.NewReader(nil) // of this type, because resty copies any other empty body
)

// buffer is what an answer is read into. It never reaches net/http, and decoding
// copies what it keeps.
type buffer struct {
	bytes.Buffer

	body io.LimitedReader // here, it needs no allocation of its own
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

const maxPooledBuffer = 64 << 10

// release gives a buffer back. A large one is not worth its memory.
func (b *buffer) release() {
	if b.Cap() <= maxPooledBuffer {
		b.Reset()
		b.body.R = nil
		buffers.Put(b)
	}
}

var errTooLarge = errors.New("the answer is larger than the cap that edusdk.WithMaxResponseSize sets")

// errTooMany is about an answer that is within the cap, and what it becomes is not.
var errTooMany = errors.New("the answer has more elements than the memory that edusdk.WithMaxResponseSize allows has room for")

// cutOffError is an answer whose body ended early.
type cutOffError struct{ err error }

func (e *cutOffError) Error() string { return "the answer was cut off: " + e.err.Error() }
func (e *cutOffError) Unwrap() error { return e.err }

// read reads a body of at most limit bytes. Of one that is larger by what it says
// itself, it reads as much only if that is wanted.
func (b *buffer) read(resp *http.Response, limit int64, want bool) error {
	tooLarge := resp.ContentLength > limit
	if tooLarge && !want {
		return errTooLarge
	}
	var n int64
	var err error
	if resp.ContentLength > 0 {
		b.Grow(int(min(resp.ContentLength, limit)) + bytes.MinRead) // ReadFrom wants room to see the end
		b.body = io.LimitedReader{R: resp.Body, N: limit + 1}
		n, err = b.ReadFrom(&b.body)
	} else {
		n, err = b.readDoubling(resp.Body, limit+1)
	}
	if n > limit {
		b.Truncate(int(limit))
	}
	if n > limit || tooLarge {
		return errTooLarge
	}
	return err
}

// readDoubling reads at most limit bytes of a body that does not say how long it
// is. Left to itself, ReadFrom would make room for twice the limit in the end.
func (b *buffer) readDoubling(body io.Reader, limit int64) (int64, error) {
	for {
		room := max(2*int64(b.Len()), int64(b.Cap()-bytes.MinRead), minRoom)
		if room > limit/2 {
			room = limit
		}
		if int64(b.Cap()) < room+bytes.MinRead {
			b.Buffer = *bytes.NewBuffer(append(make([]byte, 0, room+bytes.MinRead), b.Bytes()...))
		}
		b.body = io.LimitedReader{R: body, N: room - int64(b.Len())}
		_, err := b.ReadFrom(&b.body)
		if n := int64(b.Len()); err != nil || n < room || n == limit {
			return n, err
		}
	}
}

// minRoom is the room for an answer of unknown length to begin with.
const minRoom = 4 << 10
