package transport

import (
	"bytes"
	"context"
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
var errBrokenOff = errors.New("the server broke the request off")

// outcome is what came of one attempt.
type outcome struct {
	what   failure
	err    *edusdk.Error // nil where what is none
	status int
	header http.Header
	read   int64
	sent   bool // the request may have arrived
	hint   time.Duration
	hinted bool
	again  bool // the request can be written once more

	attempt   *Attempt // nil where none was written
	requestID string   // as the answer gives it
}

// send makes one attempt of call and reads its answer.
func (c *Client) send(ctx context.Context, call *Call, a *Attempt, capture func(outcome, []byte)) outcome {
	bounded, stop := c.bound(ctx, a.Stream)
	defer stop()
	if a.Stream == nil && len(a.Body) == 0 && c.mayRepeat(strings.HasPrefix(call.URL, "https:")) {
		var breakOff context.CancelCauseFunc
		bounded, breakOff = context.WithCancelCause(bounded)
		defer breakOff(nil)
		a.trace.repeated = func() { breakOff(errBrokenOff) }
	}
	req := *c.blank
	req.SetContext(httptrace.WithClientTrace(bounded, a.trace.hooks()))
	if ready := c.ready[a.ContentType]; ready != nil && a.Header == nil && !call.AnyContent {
		req.Header = ready // resty copies it, and adds nothing to one that is complete
	} else {
		req.Header = http.Header{}
		c.setHeader(req.Header, call.AnyContent, a.ContentType, a.Header)
	}
	switch {
	case a.Stream != nil:
		req.SetBody(noBody).SetContext(context.WithValue(req.Context(), streamKey{}, a.Stream))
	case a.Body != nil:
		// A reader whose type net/http knows goes out in one write with the
		// headers, without a copy.
		req.SetBody(bytes.NewReader(a.Body))
	default:
		req.SetBody(noBody)
	}
	url := call.URL
	if a.Query != "" {
		url += "?" + a.Query
	}

	out := outcome{again: true, attempt: a}
	resp, err := req.Execute(call.Method, url)
	if resp != nil && resp.RawResponse != nil {
		// It was read to its end, or the connection is of no more use.
		defer func() { _ = resp.RawResponse.Body.Close() }()
	}
	if err != nil {
		out.sent = !a.trace.neverSent(c.traced, err)
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

// lastTouch is resty's last hook before a request leaves.
func (c *Client) lastTouch(_ *resty.Client, req *http.Request) error {
	if err := attachStream(req); err != nil {
		return err
	}
	if c.mayRepeat(req.URL.Scheme == "https") {
		req.GetBody = nil // it needs the body anew
	}
	return nil
}

// mayRepeat reports whether net/http is to be kept from repeating a request, over
// TLS or not. Over HTTP/2, which comes with TLS, it does so on its own: rightly after
// REFUSED_STREAM and GOAWAY, but after a PROTOCOL_ERROR too, when the vendor may
// have carried the request out, and then without a wait or an end. Over HTTP/1 it
// does so only if nothing was written, and never on a connection that is new, so
// that nothing is lost while it is not known which of them it is.
func (c *Client) mayRepeat(secure bool) bool { return secure && !c.http1.Load() }

// setHeader puts the headers of a request into h: own go before the client's.
func (c *Client) setHeader(h http.Header, anyContent bool, contentType string, own http.Header) {
	if !anyContent {
		h["Accept"] = acceptJSON
	}
	maps.Copy(h, c.header)
	maps.Copy(h, own)
	if contentType != "" {
		h["Content-Type"] = []string{contentType}
	}
}

// receive reads the answer and judges it.
func (c *Client) receive(ctx, bounded context.Context, call *Call, resp *http.Response, capture func(outcome, []byte), out *outcome) {
	if http1 := resp.ProtoMajor == 1; c.http1.Load() != http1 {
		c.http1.Store(http1)
	}
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
		capture(*out, buf.Bytes())
	}
	switch {
	case err == nil || errors.Is(err, errTooLarge) || errors.Is(err, errSwitched):
		c.judge(ctx, call, buf.Bytes(), err, out)
	case isOver(ctx):
		c.ended(ctx, call, out)
	default:
		if errors.Is(context.Cause(bounded), errAttemptTimeout) {
			err = errAttemptTimeout
		}
		c.judge(ctx, call, nil, &cutOffError{unquoted(err)}, out)
	}
}

// bound limits the time of one attempt. While a body streams, the limit counts
// from its last read: a slow line is not a dead one.
func (c *Client) bound(ctx context.Context, s *Stream) (context.Context, func()) {
	if s == nil {
		return context.WithTimeoutCause(ctx, c.timeout, errAttemptTimeout)
	}
	bounded, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.timeout, func() { cancel(errAttemptTimeout) })
	s.touch, s.over = func() { timer.Reset(c.timeout) }, bounded.Done()
	return bounded, func() {
		timer.Stop()
		cancel(nil)
	}
}

// sentTrace learns from httptrace whether a request has left.
type sentTrace struct {
	trace    httptrace.ClientTrace
	started  atomic.Bool // the RoundTripper reports to httptrace
	wrote    atomic.Bool // headers were written since
	ever     atomic.Bool // headers were written at any time
	repeated func()      // breaks off a request that net/http is about to repeat
}

func (t *sentTrace) hooks() *httptrace.ClientTrace {
	t.trace.GetConn = t.getConn
	t.trace.WroteHeaders = t.wroteHeaders
	return &t.trace
}

// getConn forgets an earlier connection: net/http itself moves a request to
// another one only when it has proof that nothing of it was taken; where it may
// do so without, it is stopped.
func (t *sentTrace) getConn(string) {
	t.started.Store(true)
	if t.repeated != nil && t.wrote.Load() {
		t.repeated()
		return
	}
	t.wrote.Store(false)
}

func (t *sentTrace) wroteHeaders() {
	t.wrote.Store(true)
	t.ever.Store(true)
}

// neverSent reports whether it is proven that nothing of the request was taken
// by a server. Where the RoundTripper does not report to httptrace, as those of
// test doubles, its silence proves nothing; and one that is not net/http's may
// have repeated the request after a failure.
func (t *sentTrace) neverSent(traced bool, err error) bool {
	if isRefusedStream(err) {
		return true
	}
	if t.wrote.Load() || !traced && t.ever.Load() {
		return false
	}
	return traced || t.started.Load() || isConnectError(err)
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

var errTooLarge = errors.New("the answer is larger than the response size cap")

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
	if resp.ContentLength > 0 {
		b.Grow(int(min(resp.ContentLength, limit)) + bytes.MinRead) // ReadFrom wants room to see the end
	}
	b.body = io.LimitedReader{R: resp.Body, N: limit + 1}
	n, err := b.ReadFrom(&b.body)
	if n > limit {
		b.Truncate(int(limit))
	}
	if n > limit || tooLarge {
		return errTooLarge
	}
	return err
}
