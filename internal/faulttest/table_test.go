package faulttest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// The table: what comes of a call by what happens to its requests and by how
// safe the operation is to repeat.

// cell is what comes of a call.
type cell struct {
	attempts int
	executed int         // requests that a vendor would have carried out
	maybe    bool        // MaybeApplied
	ok       bool        // it succeeds in the end
	kind     edusdk.Kind // where it is not the row's
	status   int         // HTTPStatus, where it is not the row's
	open     bool        // none of this is judged but the kind, and that the call ends
	skip     bool        // there is no such thing
}

func every(c cell) [classes]cell { return [classes]cell{c, c, c, c} }

// The patterns that most rows have.
var (
	succeeds    = every(cell{attempts: 1, executed: 1, ok: true})
	failsAtOnce = every(cell{attempts: 1})
	repeated    = every(cell{attempts: 3})
	lost        = [classes]cell{
		read:   {attempts: 3, executed: 3},
		upsert: {attempts: 3, executed: 3, maybe: true},
		create: {attempts: 1, executed: 1, maybe: true},
		login:  {attempts: 2, executed: 2},
	}
	lostUnexecuted = [classes]cell{ // nobody can know, but the server had not got it whole
		read:   {attempts: 3},
		upsert: {attempts: 3, maybe: true},
		create: {attempts: 1, maybe: true},
		login:  {attempts: 2},
	}
	repeatedOnce = every(cell{attempts: 2, executed: 1, ok: true})
	lostOnce     = [classes]cell{ // and then carried out, where it is repeated
		read:   {attempts: 2, executed: 1, ok: true},
		upsert: {attempts: 2, executed: 1, ok: true},
		create: {attempts: 1, maybe: true},
		login:  {attempts: 2, executed: 1, ok: true},
	}
	unreadable = [classes]cell{
		read:   {attempts: 2, executed: 2},
		upsert: {attempts: 2, executed: 2, maybe: true},
		create: {attempts: 1, executed: 1, maybe: true},
		login:  {attempts: 2, executed: 2},
	}
	overloaded = [classes]cell{ // the rows of hints make two attempts, not three
		read:   {attempts: 2, executed: 2},
		upsert: {attempts: 2, executed: 2, maybe: true},
		create: {attempts: 1, executed: 1, maybe: true},
		login:  {attempts: 2, executed: 2},
	}
	// A login under way belongs to all who wait for it. It goes on when one of
	// them leaves, and what comes of it is not that caller's error.
	leaves = func(c cell) [classes]cell {
		r := c
		r.maybe = false // of a read it never is
		return [classes]cell{read: r, upsert: c, create: c, login: {open: true}}
	}
)

// row is something that happens to requests.
type row struct {
	name   string
	set    func(s *scene)
	cells  [classes]cell
	kind   edusdk.Kind
	page   edusdk.Kind    // of operations whose answers can be web pages, where it differs
	status int            // Error.HTTPStatus; 0 where no answer comes
	bare   *[classes]cell // of requests without a body, where more is known of those that have one
	timed  bool           // hangs on a timeout that a busy machine can be too slow for
	check  func(t *testing.T, s *scene, e *edusdk.Error)
	words  func(v *vendor) (string, edusdk.Kind)      // what the vendor says, and the kind of it
	either func(class transport.Class, got cell) bool // in place of cells, where more than one thing can come of it
}

// hinted checks that the vendor's hint was waited for.
func hinted(t *testing.T, s *scene, e *edusdk.Error) {
	assert.Equal(t, time.Second, e.RetryAfter, "Error.RetryAfter")
	for _, a := range s.attempts {
		if a.Retry {
			assert.Equal(t, time.Second, a.Delay, "wait after attempt %d", a.Attempt)
		}
	}
}

// inVain checks that a hint which is too long was passed on.
func inVain(want time.Duration) func(*testing.T, *scene, *edusdk.Error) {
	return func(t *testing.T, _ *scene, e *edusdk.Error) { assert.Equal(t, want, e.RetryAfter, "Error.RetryAfter") }
}

const (
	date       = "Fri, 01 May 2026 08:00:00 GMT"
	secondOn   = "Fri, 01 May 2026 08:00:01 GMT"
	hourBefore = "Fri, 01 May 2026 07:00:00 GMT"
	hourOn     = "Fri, 01 May 2026 09:00:00 GMT"
	webPage    = "<html><body><h1>Welcome to the gateway</h1></body></html>"
	maxSize    = 100_000 // of an answer
)

var table = []row{
	{name: "no fault", cells: succeeds, set: func(s *scene) { s.fault = Healthy() }},
	{
		name: "no fault over HTTP/2", cells: succeeds,
		set: func(s *scene) { s.fault = H2(lab.trusted, healthyStream) },
	},

	// Before a connection is there.
	{
		name: "unresolvable name", kind: edusdk.ErrUnavailable, cells: failsAtOnce,
		set: func(s *scene) { s.url = "http://nothing.invalid" },
	},
	{
		name: "name server out of order", kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) { s.url = "http://broken.invalid" },
	},
	{
		name: "refused", kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) { s.url = "http://127.0.0.1:1" }, // a port that is given to nobody
	},
	{
		name: "dial timeout", timed: true, kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) {
			s.blackhole()
			s.timeout = s.step
		},
	},
	{
		name: "bad certificate: unknown authority", kind: edusdk.ErrUnavailable, cells: failsAtOnce,
		set: func(s *scene) { s.fault = Secure(lab.stranger, Healthy()) },
	},
	{
		name: "bad certificate: another address", kind: edusdk.ErrUnavailable, cells: failsAtOnce,
		set: func(s *scene) { s.fault = Secure(lab.elsewhere, Healthy()) },
	},
	{
		name: "bad certificate: expired", kind: edusdk.ErrUnavailable, cells: failsAtOnce,
		set: func(s *scene) { s.fault = Secure(lab.expired, Healthy()) },
	},
	{
		name: "TLS 1.1", kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) {
			old := lab.trusted.Clone()
			old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			s.fault = Secure(old, Healthy())
		},
	},
	{
		name: "handshake stall", timed: true, kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) { s.fault, s.timeout = HandshakeStall(), s.step },
	},
	{
		name: "reset in the handshake", kind: edusdk.ErrUnavailable, cells: repeated,
		set: func(s *scene) { s.fault = HandshakeReset() },
	},

	// Before the request has arrived whole.
	{
		// Whether the request was out when the reset came is a matter of luck,
		// and known to the client alone.
		name: "reset before the request", either: func(class transport.Class, got cell) bool {
			attempts := got.attempts == 3 || class == create && got.maybe && got.attempts > 0 || class == login && got.attempts == 2
			return attempts && got.executed == 0 && got.kind == edusdk.ErrUnavailable
		},
		set: func(s *scene) { s.fault = ResetBefore() },
	},
	{
		name: "reset amid the request", kind: edusdk.ErrUnavailable, cells: lostUnexecuted,
		set: func(s *scene) { s.fault = ResetAmid() },
	},
	{
		name: "reset in the request's body", kind: edusdk.ErrUnavailable, cells: lostUnexecuted,
		set: func(s *scene) { s.fault = ResetInBody() },
	},
	{
		name: "stale keep-alive", timed: true,
		cells: lostOnce, kind: edusdk.ErrUnavailable,
		set: func(s *scene) { s.fault, s.warm = Stale(), true },
	},
	{
		name: "stale keep-alive that was noticed", timed: true, cells: succeeds,
		set: func(s *scene) {
			s.fault, s.warm = Healthy(), true
			s.warmed = func() { assert.NoError(s.T, s.server.DropIdle(s.Context()), "the client closes its connections") }
		},
	},

	// After the request.
	{
		name: "reset after the request", kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) { s.fault = ResetAfter() },
	},
	{
		name: "closed after the request", kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) { s.fault = HangUp() },
	},
	{
		name: "header timeout", timed: true, kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) { s.fault, s.timeout = Silent(), s.step },
	},
	{
		name: "header bomb", kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) { s.fault = HeaderBomb(65 << 10) },
	},
	{
		name: "answer that is not HTTP", kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) { s.fault = Raw("SSH-2.0-OpenSSH_9.9\r\n") },
	},
	{
		name: "slow drip", timed: true, kind: edusdk.ErrUnavailable, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault, s.timeout = Drip(), s.step },
	},
	{
		name: "truncated body", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") },
	},
	{
		name: "truncated chunks", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) {
			s.fault = Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":")
		},
	},
	{
		name: "reset in the answer's body", timed: true, kind: edusdk.ErrUnavailable, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = Torn("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", s.step/5) },
	},
	{
		name: "oversize body, by its length", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = Raw("HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n{") },
	},
	{
		name: "oversize body", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) {
			s.fault = Raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{" + strings.Repeat(" ", maxSize))
		},
	},
	{
		name: "gzip bomb", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = GzipBomb(10 * maxSize) },
	},
	{
		name: "corrupt gzip", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = CorruptGzip() },
	},
	{
		name: "gateway page", kind: edusdk.ErrUnavailable, page: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = Status(http.StatusOK, webPage, "Content-Type", "text/html") },
	},
	{
		name: "empty body", kind: edusdk.ErrMalformedResponse, cells: unreadable, status: 200,
		set: func(s *scene) { s.fault = Status(http.StatusOK, "") },
	},

	// HTTP/2.
	{
		name: "h2 REFUSED_STREAM once", kind: edusdk.ErrUnavailable, cells: repeatedOnce, bare: &lostOnce,
		set: func(s *scene) {
			s.fault = H2(lab.trusted, func(x *Stream) bool {
				if x.N == 1 {
					x.Break(CodeRefusedStream)
					return true
				}
				return healthyStream(x)
			})
		},
	},
	{
		name: "h2 REFUSED_STREAM", kind: edusdk.ErrUnavailable, cells: repeated, bare: &lostUnexecuted,
		set: func(s *scene) {
			s.fault = H2(lab.trusted, func(x *Stream) bool {
				x.Break(CodeRefusedStream)
				return true
			})
		},
	},
	{
		name: "h2 GOAWAY without the request", kind: edusdk.ErrUnavailable, cells: repeatedOnce, bare: &lostOnce,
		set: func(s *scene) {
			s.fault = H2(lab.trusted, func(x *Stream) bool {
				if x.Conn.N == 1 {
					x.GoAway(0, CodeNo)
					x.Stall()
					return false
				}
				return healthyStream(x)
			})
		},
	},
	{
		name: "h2 GOAWAY with the request", kind: edusdk.ErrUnavailable, cells: lost,
		set: func(s *scene) {
			s.fault = H2(lab.trusted, func(x *Stream) bool {
				x.Execute()
				x.GoAway(x.ID, CodeNo)
				return false
			})
		},
	},
	{
		name: "h2 INTERNAL_ERROR", kind: edusdk.ErrUnavailable, cells: lost, set: brokenOff(CodeInternal),
	},
	{
		name: "h2 PROTOCOL_ERROR", kind: edusdk.ErrUnavailable, cells: lost, set: brokenOff(CodeProtocol),
	},

	// Answers of a failure.
	{
		name: "429 with a hint in seconds", kind: edusdk.ErrResourceExhausted, cells: every(cell{attempts: 2}), check: hinted, status: 429,
		set: func(s *scene) {
			s.fault, s.retry.MaxAttempts = TurnAway(http.StatusTooManyRequests, "", "Retry-After", "1"), 2
		},
	},
	{
		name: "429 with a date", kind: edusdk.ErrResourceExhausted, cells: every(cell{attempts: 2}), check: hinted, status: 429,
		set: func(s *scene) {
			s.fault = TurnAway(http.StatusTooManyRequests, "", "Date", date, "Retry-After", secondOn)
			s.retry.MaxAttempts = 2
		},
	},
	{
		name: "429 with a date that has passed", kind: edusdk.ErrResourceExhausted, cells: repeated, status: 429,
		set: func(s *scene) {
			s.fault = TurnAway(http.StatusTooManyRequests, "", "Date", date, "Retry-After", hourBefore)
		},
	},
	{
		name: "429 with a hint that is too long", kind: edusdk.ErrResourceExhausted, cells: failsAtOnce, status: 429, check: inVain(time.Hour),
		set: func(s *scene) { s.fault = TurnAway(http.StatusTooManyRequests, "", "Retry-After", "3600") },
	},
	{
		name: "429 with a date that is too far", kind: edusdk.ErrResourceExhausted, cells: failsAtOnce, status: 429, check: inVain(time.Hour),
		set: func(s *scene) {
			s.fault = TurnAway(http.StatusTooManyRequests, "", "Date", date, "Retry-After", hourOn)
		},
	},
	{
		name: "429 with a hint longer than the call", kind: edusdk.ErrResourceExhausted, status: 429, check: inVain(50 * time.Second),
		cells: [classes]cell{read: {attempts: 1}, upsert: {attempts: 1}, create: {attempts: 1}, login: {skip: true}}, // a login has a minute of its own
		set: func(s *scene) {
			s.fault = TurnAway(http.StatusTooManyRequests, "", "Retry-After", "50")
			s.ctx, s.cancel = context.WithTimeout(s.ctx, 40*time.Second)
		},
	},
	{
		name: "429 without a hint", kind: edusdk.ErrResourceExhausted, cells: repeated, status: 429,
		set: func(s *scene) { s.fault = TurnAway(http.StatusTooManyRequests, webPage) },
	},
	{
		name: "503 with a hint", kind: edusdk.ErrUnavailable, cells: overloaded, check: hinted, status: 503,
		set: func(s *scene) {
			s.fault, s.retry.MaxAttempts = Status(http.StatusServiceUnavailable, webPage, "Retry-After", "1"), 2
		},
	},
	{
		name: "503 without a hint", kind: edusdk.ErrUnavailable, cells: lost, status: 503,
		set: func(s *scene) { s.fault = Status(http.StatusServiceUnavailable, webPage) },
	},
	{
		name: "500", kind: edusdk.ErrUnavailable, cells: lost, status: 500,
		set: func(s *scene) { s.fault = Status(http.StatusInternalServerError, "") },
	},
	{
		name: "502", kind: edusdk.ErrUnavailable, cells: lost, status: 502,
		set: func(s *scene) { s.fault = Status(http.StatusBadGateway, webPage) },
	},
	{
		name: "504", kind: edusdk.ErrUnavailable, cells: lost, status: 504,
		set: func(s *scene) { s.fault = Status(http.StatusGatewayTimeout, webPage) },
	},
	{
		name: "404 of a gateway", kind: edusdk.ErrUnavailable, page: edusdk.ErrNotFound, cells: failsAtOnce, status: 404,
		set: func(s *scene) { s.fault = TurnAway(http.StatusNotFound, webPage) },
	},
	redirect(http.StatusMovedPermanently),
	redirect(http.StatusFound),
	redirect(http.StatusSeeOther),
	redirect(http.StatusTemporaryRedirect),
	redirect(http.StatusPermanentRedirect),

	// What the vendor says itself.
	{
		name: "business rejection", cells: failsAtOnce, status: 200,
		words: func(v *vendor) (string, edusdk.Kind) { return v.rejected, v.kind },
		set:   func(s *scene) { s.fault = TurnAway(http.StatusOK, s.op.vendor.rejected) },
	},
	{
		name: "token rejected",
		cells: [classes]cell{
			read: {attempts: 2, executed: 1, ok: true}, upsert: {attempts: 2, executed: 1, ok: true},
			create: {attempts: 2, executed: 1, ok: true}, login: {skip: true},
		},
		words: func(v *vendor) (string, edusdk.Kind) { return v.tokenRejected, edusdk.ErrUnauthenticated },
		set:   func(s *scene) { s.fault = s.rejects(1, s.op.vendor.tokenRejected) },
	},
	{
		name: "token rejected again", status: 200,
		cells: [classes]cell{read: {attempts: 2}, upsert: {attempts: 2}, create: {attempts: 2}, login: {skip: true}},
		words: func(v *vendor) (string, edusdk.Kind) { return v.tokenRejected, edusdk.ErrUnauthenticated },
		set:   func(s *scene) { s.fault = s.rejects(100, s.op.vendor.tokenRejected) },
	},
	{
		name: "timestamp rejected, our clock is wrong", cells: every(cell{attempts: 2, executed: 1, ok: true}),
		words: func(v *vendor) (string, edusdk.Kind) { return v.clockRejected, edusdk.ErrClockSkew },
		set: func(s *scene) {
			s.fault = s.rejects(1, s.op.vendor.clockRejected, "Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		},
	},
	{
		name: "timestamp rejected, our clock is right", cells: failsAtOnce, status: 200,
		words: func(v *vendor) (string, edusdk.Kind) { return v.clockRejected, edusdk.ErrClockSkew },
		set: func(s *scene) {
			s.fault = s.rejects(100, s.op.vendor.clockRejected, "Date", time.Now().UTC().Format(http.TimeFormat))
		},
	},

	// The end of the caller's context.
	{
		name: "ctx cancelled before", kind: edusdk.ErrCanceled, cells: leaves(cell{}),
		set: func(s *scene) {
			s.fault = Healthy()
			s.cancel()
		},
	},
	{
		name: "ctx cancelled while dialing", kind: edusdk.ErrCanceled, cells: leaves(cell{attempts: 1}),
		set: func(s *scene) {
			s.blackhole()
			s.cancelAt(func(x *httptrace.ClientTrace, cancel func()) {
				x.ConnectStart = func(string, string) { cancel() }
			})
		},
	},
	{
		name: "ctx cancelled in the handshake", kind: edusdk.ErrCanceled, cells: leaves(cell{attempts: 1}),
		set: func(s *scene) {
			s.fault = HandshakeStall()
			s.cancelAt(func(x *httptrace.ClientTrace, cancel func()) { x.TLSHandshakeStart = cancel })
		},
	},
	{
		name: "ctx cancelled while waiting for headers", kind: edusdk.ErrCanceled,
		cells: leaves(cell{attempts: 1, executed: 1, maybe: true}),
		set:   func(s *scene) { s.fault, s.executed = Silent(), s.cancel },
	},
	{
		name: "ctx expired while waiting for headers", timed: true, kind: edusdk.ErrDeadlineExceeded,
		cells: leaves(cell{attempts: 1, executed: 1, maybe: true}),
		set: func(s *scene) {
			s.fault = Silent()
			s.ctx, s.cancel = context.WithTimeout(s.ctx, s.step)
		},
	},
	{
		name: "ctx cancelled while reading the body", timed: true, status: 200, kind: edusdk.ErrCanceled,
		cells: leaves(cell{attempts: 1, executed: 1, maybe: true}),
		set: func(s *scene) {
			s.fault = Drip()
			s.executed = func() { time.AfterFunc(s.step/5, s.cancel) } // the head of the answer is there by then
		},
	},
	{
		name: "ctx cancelled while waiting to retry", status: 429, kind: edusdk.ErrCanceled, cells: leaves(cell{attempts: 1}),
		set: func(s *scene) {
			s.fault, s.retried = TurnAway(http.StatusTooManyRequests, "", "Retry-After", "1"), s.cancel
		},
	},
	{
		name: "ctx cancelled while waiting to retry what may have been done", status: 503, kind: edusdk.ErrCanceled,
		cells: [classes]cell{
			read: {attempts: 1, executed: 1}, upsert: {attempts: 1, executed: 1, maybe: true},
			create: {attempts: 1, executed: 1, maybe: true, kind: edusdk.ErrUnavailable}, login: {open: true},
		},
		set: func(s *scene) {
			s.fault, s.retried = Status(http.StatusServiceUnavailable, "", "Retry-After", "1"), s.cancel
		},
	},
}

func healthyStream(x *Stream) bool {
	x.Succeed()
	return true
}

// rejects turns the first n requests away, and gives everybody a login.
func (s *scene) rejects(n int64, words string, header ...string) Fault {
	var seen atomic.Int64
	return Each(func(c *Conn, r *http.Request) bool {
		switch {
		case r.URL.Path == s.op.vendor.login:
			c.Respond(http.StatusOK, s.op.vendor.answer(r.URL.Path)) // nothing that is carried out
		case seen.Add(1) <= n:
			c.Respond(http.StatusOK, words, header...)
		default:
			c.Succeed(r)
		}
		return true
	})
}

// brokenOff carries every stream out and breaks it off.
func brokenOff(code uint32) func(s *scene) {
	return func(s *scene) {
		s.fault = H2(lab.trusted, func(x *Stream) bool {
			x.Execute()
			x.Break(code)
			return true
		})
	}
}

// redirect is the row of a redirect to another host, which must hear nothing.
func redirect(code int) row {
	return row{
		name: "cross-host " + http.StatusText(code), status: code, kind: edusdk.ErrMalformedResponse, cells: failsAtOnce,
		set: func(s *scene) {
			s.other = start(s.T, Healthy())
			s.Cleanup(s.other.Close)
			_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.other.URL(), "http://"))
			s.fault = TurnAway(code, "", "Location", "http://localhost:"+port+"/elsewhere")
		},
		check: func(t *testing.T, s *scene, _ *edusdk.Error) {
			assert.Zero(t, s.other.Connections(), "connections to where the redirect points")
		},
	}
}
