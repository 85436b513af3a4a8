package supervision

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk/internal/charset"
)

// inbound is a request on its way to its answer. All of the work, and all of the
// importer's code, is done on a goroutine of its own, which may read, panic, exit
// and hang as it likes: the one that net/http started only waits for it, and
// answers in its place when it takes too long.
type inbound struct {
	rc      *Receiver
	writer  http.ResponseWriter
	request *http.Request
	serve   inboundOperation

	phase   atomic.Int32
	arrived chan struct{}  // closed when the body is here
	robbed  chan struct{}  // closed when the body has to make room for others
	done    chan *outbound // gets the outcome; it has room for it

	lease   *lease
	body    []byte // as it came
	text    []byte // in UTF-8
	headers Headers
	data    []byte // JSON
}

// The phases of a request.
const (
	phaseReading int32 = iota
	phaseWorking       // the body is here
	phaseLeft          // nobody waits for the body any more
)

// outbound is what is answered.
type outbound struct {
	status   int
	code     string
	body     []byte
	problem  string // for the log; "" for a success
	stack    []byte // of a panic
	received int    // bytes of the body that came, as far as it is known
	unread   bool   // the body was not read to its end
}

func newInbound(rc *Receiver, r *http.Request, w http.ResponseWriter) *inbound {
	return &inbound{
		rc: rc, request: r, writer: w,
		arrived: make(chan struct{}), robbed: make(chan struct{}), done: make(chan *outbound, 1),
	}
}

// answer returns what is answered, in bounded time.
func (in *inbound) answer() *outbound {
	var err error
	if in.serve, err = in.rc.route(in.request); err != nil {
		out := in.refuse(err)
		out.unread = in.request.Body != nil && in.request.Body != http.NoBody
		in.endBody(out)
		return out
	}
	go in.work()
	out, ok := in.awaitBody()
	if !ok {
		out = in.awaitAnswer()
	}
	in.endBody(out)
	return out
}

// awaitBody waits until the body is here, which returns false, or until it is
// certain that it will not be.
func (in *inbound) awaitBody() (*outbound, bool) {
	timeout := time.NewTimer(in.rc.cfg.BodyTimeout)
	defer timeout.Stop()
	why := errSlow
	select {
	case out := <-in.done:
		return out, true
	case <-in.arrived:
		return nil, false
	case <-in.robbed:
		why = errNoRoom
	case <-timeout.C:
	}
	if !in.phase.CompareAndSwap(phaseReading, phaseLeft) {
		return nil, false
	}
	out := in.refuse(why)
	out.unread = true
	return out, true
}

// grace is how long a callback has to return after its context has ended, and a
// read after its deadline.
const grace = time.Second

func (in *inbound) awaitAnswer() *outbound {
	timeout := time.NewTimer(in.rc.cfg.CallbackTimeout + grace)
	defer timeout.Stop()
	select {
	case out := <-in.done:
		return out
	case <-timeout.C:
		return in.refuse(errLate)
	}
}

// endBody sees to it that net/http does not wait for the rest of a body that was
// refused, by a deadline in the past: one that lies there already is not
// lengthened. Where no deadline can be set, a read that is under way has to end
// before the handler does if the server bounds it, because net/http would take
// that bound back.
func (in *inbound) endBody(out *outbound) {
	if !out.unread {
		return
	}
	pending := in.phase.Load() == phaseLeft
	if expireReads(in.writer) {
		if !pending {
			return
		}
		patience := time.NewTimer(grace)
		defer patience.Stop()
		select {
		case <-in.done: // the read has ended
			return
		case <-patience.C: // something took the deadline and did nothing
		}
	}
	in.rc.memory.keepAll()
	server, _ := in.request.Context().Value(http.ServerContextKey).(*http.Server)
	if pending && server != nil && server.ReadTimeout > 0 && in.request.ProtoMajor == 1 {
		<-in.done
	}
}

// expireReads ends all reads of a request's connection or stream, and reports
// whether that can be done. Other than an http.ResponseController it finds the way
// through middleware that embeds an http.ResponseWriter and has no method Unwrap.
func expireReads(w http.ResponseWriter) bool {
	for range 16 { // a middleware can wrap itself
		if d, ok := w.(interface{ SetReadDeadline(time.Time) error }); ok && d.SetReadDeadline(time.Unix(1, 0)) == nil {
			return true
		}
		if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
			w = u.Unwrap()
		} else {
			w = embeddedWriter(w)
		}
		if w == nil {
			return false
		}
	}
	return false
}

func embeddedWriter(w http.ResponseWriter) http.ResponseWriter {
	v := reflect.Indirect(reflect.ValueOf(w))
	if v.Kind() != reflect.Struct {
		return nil
	}
	f, ok := v.Type().FieldByName("ResponseWriter")
	if !ok || !f.Anonymous || len(f.Index) != 1 {
		return nil
	}
	inner, _ := v.Field(f.Index[0]).Interface().(http.ResponseWriter)
	return inner
}

// write sends an answer.
func (in *inbound) write(out *outbound) {
	w := in.writer
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(out.body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if out.unread && in.request.ProtoMajor == 1 {
		h.Set("Connection", "close")
	}
	switch out.status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) //nolint:gosec,nolintlint // gosec does not always find it: it is JSON, with nosniff; and a caller that has left is no failure
}

// work does all of the work, and gives back what it held whatever happens.
func (in *inbound) work() {
	out := in.refuse(errCrashed)
	crashed := true
	defer func() {
		if _ = recover(); crashed { // what was recovered can be personal
			out.stack = debug.Stack()
			out.unread = in.phase.Load() == phaseReading
		}
		out.received = len(in.body)
		in.lease.end()
		in.done <- out
	}()
	out = in.run()
	crashed = false
}

// run takes its steps one after the other.
func (in *inbound) run() *outbound {
	if err := in.read(); err != nil {
		out := in.refuse(err)
		out.unread = true
		return out
	}
	if !in.phase.CompareAndSwap(phaseReading, phaseWorking) {
		return in.refuse(errSlow) // and was told so
	}
	close(in.arrived)
	if err := in.rc.enter(); err != nil {
		return in.refuse(err)
	}
	defer in.rc.leave()
	body, err := in.process()
	if err != nil {
		return in.refuse(err)
	}
	return &outbound{status: http.StatusOK, code: codeSuccess, body: body}
}

// process works on a body, and returns that of the answer.
func (in *inbound) process() ([]byte, error) {
	ctx, cancel := context.WithTimeout(in.request.Context(), in.rc.cfg.CallbackTimeout)
	defer cancel()
	if err := in.transcode(); err != nil {
		return nil, err
	}
	if err := in.decode(); err != nil {
		return nil, err
	}
	if err := in.checkTime(); err != nil {
		return nil, err
	}
	if err := in.verify(ctx); err != nil {
		return nil, err
	}
	return in.serve(ctx, in)
}

// refuse answers for an error.
func (in *inbound) refuse(err error) *outbound {
	var r *refusal
	if !errors.As(err, &r) {
		r = errCrashed
	}
	return &outbound{status: r.status, code: r.code, body: envelopeOf(r.code, r.msg), problem: r.problem}
}

const (
	firstRead = 4 << 10
	// maxEmptyReads is how often a body may give nothing, and not end.
	maxEmptyReads = 100
)

// read reads the body, into memory that is asked for as the bytes come: what a
// request says of its length is not believed.
func (in *inbound) read() error {
	in.lease = in.rc.memory.lease(in.rc.cfg.Caller(in.request), in.robbed)
	most := int(in.rc.cfg.MaxBody)
	empty := 0
	buf := []byte(nil)
	for {
		if len(buf) == cap(buf) {
			size := min(max(2*cap(buf), firstRead), most+1)
			if !in.lease.resize(int64(min(size, most))) {
				return errNoRoom
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		room := buf[len(buf):cap(buf)]
		n, err := in.request.Body.Read(room)
		if n < 0 || n > len(room) {
			return errBroken
		}
		buf = buf[:len(buf)+n]
		in.body = buf
		switch {
		case len(buf) > most:
			return errTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errSlow
		case err != nil:
			return errBroken
		case n > 0:
			empty = 0
			in.lease.touch()
		default:
			if empty++; empty > maxEmptyReads {
				return errBroken
			}
		}
	}
}

// transcode gives the body in UTF-8, whose growth counts like the body.
func (in *inbound) transcode() error {
	in.lease.settle()
	text, err := charset.ToUTF8(in.body, in.request.Header.Get("Content-Type"), int(in.rc.cfg.MaxBody))
	switch {
	case errors.Is(err, charset.ErrTooLarge):
		return errTooLarge
	case err != nil:
		return turnAway(http.StatusBadRequest, msgMalformed+": "+err.Error(), err.Error())
	}
	if cap(text) > cap(in.body) && !in.lease.resize(int64(cap(in.body)+len(text))) {
		return errNoRoom
	}
	in.text = text
	return nil
}
