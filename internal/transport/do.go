package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

const (
	// skewTolerance is how far a clock may be off before it is corrected:
	// vendors take timestamps within five minutes.
	skewTolerance = 4 * time.Minute
	// maxRoundTrip is how old a Date header can be and still tell the time.
	maxRoundTrip = 15 * time.Minute
	// maxCorrection is how far off a clock may be and still be corrected: as far
	// as two time zones can be apart. Beyond that, it is the Date that is doubted.
	maxCorrection = 26 * time.Hour
)

// Do carries call out: it attempts, waits and repeats as the retry table says,
// and returns nil or a *edusdk.Error.
func (c *Client) Do(ctx context.Context, call *Call) error {
	if ctx == nil {
		return c.Invalid(call.Op, &edusdk.FieldError{Field: "ctx", Problem: "must not be nil"})
	}
	if problems := optionsOf(ctx).Problems(); problems != nil {
		return c.refuse(ctx, call, params.Join(problems...))
	}
	r := run{Client: c, call: call, retry: c.retryOf(ctx), capture: edusdk.Capturing(ctx)}
	if r.obs != nil || r.capture != nil {
		r.start = c.clock()
	}
	err := r.carryOut(ctx)
	if err == nil {
		return nil // not a nil *edusdk.Error
	}
	return err
}

// Refuse is how a vendor's method returns an argument it does not take: as the
// call that it would have been, so that metrics see it too.
func (c *Client) Refuse(ctx context.Context, spec *Spec, cause error) error {
	return c.refuse(ctx, &Call{Op: spec.Op, Section: spec.Section, Route: spec.route, Class: spec.Class, Method: spec.method()}, cause)
}

func (c *Client) refuse(ctx context.Context, call *Call, cause error) error {
	err := c.Invalid(call.Op, cause)
	err.Class = call.Class.String()
	if ctx != nil {
		r := run{Client: c, call: call, start: c.clock()}
		r.refused(ctx, err)
	}
	return err
}

// Invalid returns the error for an argument that an operation does not take.
func (c *Client) Invalid(op string, cause error) *edusdk.Error {
	return &edusdk.Error{Vendor: c.vendor, Op: op, Kind: edusdk.ErrInvalidArgument, Err: cause}
}

// stopped returns the error that keeps a call from being repeated, with the failure
// that it was to be repeated for.
func (r *run) stopped(err *edusdk.Error) *edusdk.Error {
	_, login := err.Err.(*edusdk.Error)              //nolint:errorlint // its own
	if after := r.last.err; after != nil && !login { // a login's failure says more than why it was needed
		err.Err = &notRepeated{err.Err, after}
		err.HTTPStatus, err.RequestID = after.HTTPStatus, after.RequestID
	}
	return err
}

// notRepeated is why a call was not repeated, and the failure before.
type notRepeated struct {
	err   error
	after *edusdk.Error
}

func (e *notRepeated) Error() string {
	last := *e.after
	last.Vendor, last.Op, last.HTTPStatus, last.RequestID = "", "", 0, ""
	return e.err.Error() + ": not repeated after: " + last.Error()
}

func (e *notRepeated) Unwrap() []error { return []error{e.err, e.after} }

// Interrupted returns the error of a method that makes several calls: that of
// the call which failed, or the end of the caller's context between two of
// them, made an error like any other.
func (c *Client) Interrupted(op string, err error) error {
	if e, ok := err.(*edusdk.Error); ok { //nolint:errorlint // a wrapped one is not a call's own
		return e
	}
	return &edusdk.Error{Vendor: c.vendor, Op: op, Kind: edusdk.KindOf(err), Err: err}
}

// run is a call while it lasts.
type run struct {
	*Client
	call    *Call
	retry   edusdk.Retry // of this call
	start   time.Time    // where somebody is told of it
	capture func(edusdk.Captured)

	attempts  int
	retries   int    // that the budget paid for
	paid      bool   // the budget has paid for the retry that comes next
	retryOnce bool   // the one retry of a retryOnce was used
	renewed   bool   // the token was renewed
	resynced  bool   // the clock was corrected
	unsettled bool   // an earlier attempt may have been carried out
	shape     string // of the last answer, for Client.debug
	last      outcome

	open    observed
	aborted bool
}

// loop makes attempts until one succeeds or none may follow.
func (r *run) loop(ctx context.Context) *edusdk.Error {
	for {
		a := Attempt{Number: r.attempts + 1}
		if err := r.prepare(ctx, &a); err != nil {
			return r.finish(r.stopped(err))
		}
		within := r.startAttempt(ctx, &a)
		r.attempts++
		r.last = r.send(within, r.call, &a, r.captured())
		if r.debug != nil {
			r.writeDebug(within, &a)
		}
		if r.last.inTime && r.proven.Load() != a.offset {
			r.proveClock(&a)
		}
		if r.last.what == none {
			if r.attempts == 1 {
				r.budget.give()
			}
			r.reportAttempt(within, &a, false, 0)
			return nil
		}
		if r.last.what.unsettled() || r.last.what == canceled && r.last.sent {
			r.unsettled = true
		}
		delay, again := r.next(ctx, &a)
		r.reportRetry(within, &a, again, delay)
		if !again {
			return r.finish(r.last.err)
		}
		if err := r.wait(ctx, delay); err != nil {
			return r.finish(err)
		}
	}
}

// prepare does what comes before an attempt. What it refuses is not sent.
func (r *run) prepare(ctx context.Context, a *Attempt) *edusdk.Error {
	var out outcome
	if ctx.Err() != nil {
		r.ended(ctx, r.call, &out)
		return out.err
	}
	if r.limiter != nil {
		if err := r.limiter.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				r.ended(ctx, r.call, &out)
				return out.err
			}
			r.fail(ctx, r.call, &out, refused, edusdk.ErrResourceExhausted, fmt.Errorf("the rate limiter: %w", err))
			return out.err
		}
	}
	if r.call.Credential != nil {
		token, err := r.call.Credential.Token(ctx)
		if err != nil {
			var login *edusdk.Error
			if !errors.As(err, &login) {
				r.fail(ctx, r.call, &out, refused, edusdk.KindOf(err), err)
				return out.err
			}
			cause := *login // one login can fail many calls
			cause.MaybeApplied = false
			r.fail(ctx, r.call, &out, refused, cause.Kind, &cause)
			out.err.Code, out.err.HTTPStatus, out.err.RetryAfter = cause.Code, cause.HTTPStatus, cause.RetryAfter
			out.err.RequestID = cause.RequestID
			return out.err
		}
		if token.Value == "" {
			r.fail(ctx, r.call, &out, refused, edusdk.ErrInvalidArgument, errNoToken)
			return out.err
		}
		a.Token = token
	}
	a.began, a.offset = r.clock(), r.offset.Load()
	a.Now = a.began.Add(time.Duration(a.offset))
	if err := r.call.Encode(a); err != nil {
		out.attempt = a
		r.fail(ctx, r.call, &out, refused, edusdk.ErrInvalidArgument, err)
		return out.err
	}
	return nil
}

var errNoToken error = &edusdk.FieldError{Field: "Config.Token", Problem: "gave no token that can be sent: it must not be empty"}

// next decides whether another attempt follows the last one, and when.
func (r *run) next(ctx context.Context, a *Attempt) (time.Duration, bool) {
	switch policy[r.last.what][r.call.Class] {
	case retry:
		return r.retryDelay(ctx)
	case retryOnce:
		if r.retryOnce {
			return 0, false
		}
		delay, again := r.retryDelay(ctx)
		r.retryOnce = again
		return delay, again
	case renew:
		if r.renewed || r.call.Credential == nil {
			return 0, false
		}
		r.renewed = true
		// A store that is down must not keep a call from a fresh token.
		_ = r.call.Credential.Invalidate(ctx, a.Token.Value)
		return 0, r.last.again
	case resync:
		// The correction is of use to later calls even if this one ends here.
		return 0, r.correctClock(a) && r.last.again
	default:
		return 0, false
	}
}

// retryDelay returns the wait before a retry, if one is allowed.
func (r *run) retryDelay(ctx context.Context) (time.Duration, bool) {
	delay := backoff(r.retry, r.retries, r.last.what)
	if hint := r.last.err.RetryAfter; hint > 0 {
		if hint > maxHint {
			return 0, false
		}
		delay = hint
	}
	if !r.last.again || r.attempts >= r.maxAttempts() || !fits(ctx, delay) || !r.budget.take() {
		return 0, false
	}
	r.paid = true
	r.retries++
	return delay, true
}

// maxAttempts counts those out that only replaced one that was turned away.
func (r *run) maxAttempts() int {
	n := r.retry.MaxAttempts
	if r.renewed {
		n++
	}
	if r.resynced {
		n++
	}
	return n
}

// correctClock sets the clock of calls by the Date of the answer that found our
// timestamp wrong, if the clock was, and reports whether another attempt can do
// better. A correction that did not help is taken back, by the same call or by a
// later one.
func (r *run) correctClock(a *Attempt) bool {
	if r.resynced {
		r.offset.CompareAndSwap(a.offset, 0)
		return false
	}
	date, roundTrip, ok := r.date(a)
	now := a.began.Add(roundTrip)
	correction := date.Sub(now)
	switch {
	case !ok || correction.Abs() > maxCorrection:
		// Nothing tells the time. If it had been corrected, that was wrong.
		r.resynced = a.offset != 0
		r.offset.CompareAndSwap(a.offset, 0)
	case agrees(date, a.Now, roundTrip):
		// Our time was as right as the Date is. If it had been corrected by one
		// such, that did not help.
		r.offset.CompareAndSwap(a.offset, 0)
	default:
		r.resynced = true
		r.offset.Store(int64(correction))
	}
	return r.resynced
}

// proveClock lets [Client.Now] have the correction with which the vendor has taken
// a timestamp, unless the Date of this answer says that it was the uncorrected clock
// which was right: then the vendor takes any time.
func (r *run) proveClock(a *Attempt) {
	if date, roundTrip, ok := r.date(a); ok && a.offset != 0 && !agrees(date, a.Now, roundTrip) {
		if agrees(date, a.began, roundTrip) {
			r.offset.CompareAndSwap(a.offset, 0)
		}
		return
	}
	r.proven.Store(a.offset)
}

// date returns the Date of the last answer and how long it was under way with its
// request, if that tells the time.
func (r *run) date(a *Attempt) (date time.Time, roundTrip time.Duration, ok bool) {
	roundTrip = r.clock().Sub(a.began)
	date, err := http.ParseTime(r.last.header.Get("Date"))
	return date, roundTrip, err == nil && r.last.header.Get("Age") == "" && roundTrip >= 0 && roundTrip < maxRoundTrip
}

// agrees reports whether an answer's date is right by a clock that showed sent
// when its request left. The answer was dated at some time of the round trip.
func agrees(date, sent time.Time, roundTrip time.Duration) bool {
	return sent.Sub(date) <= skewTolerance && date.Sub(sent.Add(roundTrip)) <= skewTolerance
}

// wait sleeps for d, or less if ctx ends.
func (r *run) wait(ctx context.Context, d time.Duration) *edusdk.Error {
	if err := Sleep(ctx, d); err != nil {
		var out outcome
		r.fail(ctx, r.call, &out, canceled, edusdk.KindOf(err), err)
		return r.stopped(out.err)
	}
	return nil
}

// finish completes the error that ends the call.
func (r *run) finish(err *edusdk.Error) *edusdk.Error {
	err.Attempts = r.attempts
	err.Class = r.call.Class.String()
	if err.MaybeApplied = r.unsettled && r.call.Class.changes() && !r.settled(); err.MaybeApplied {
		err.Lookup = r.call.Lookup
	}
	return err
}

// settled reports whether the last answer tells what came of the attempts before it.
// A rejection does; but what is not there, there already or not in the state for it
// may be so because an earlier attempt was carried out.
func (r *run) settled() bool {
	if r.last.what != rejected {
		return false
	}
	switch r.last.err.Kind {
	case edusdk.ErrNotFound, edusdk.ErrAlreadyExists, edusdk.ErrFailedPrecondition:
		return r.attempts == 1
	}
	return true
}

// captured returns how to hand raw answers to the caller, or nil.
func (r *run) captured() func(outcome, []byte) {
	if r.capture == nil && r.debug == nil {
		return nil
	}
	return func(out outcome, body []byte) {
		if r.debug != nil {
			r.shape = shapeOf(body)
		}
		if r.capture == nil {
			return
		}
		r.capture(edusdk.Captured{
			Status: out.status, Header: out.header.Clone(), Body: bytes.Clone(body),
			Attempts: r.attempts, Elapsed: r.clock().Sub(r.start), Unread: slices.Clone(out.unread),
		})
	}
}

// reportRetry is reportAttempt before a retry. One that is not made, because
// somebody who is told of it panics, costs nothing.
func (r *run) reportRetry(ctx context.Context, a *Attempt, again bool, delay time.Duration) {
	defer func() {
		if r.paid {
			r.budget.refund()
		}
	}()
	r.reportAttempt(ctx, a, again, delay)
	r.paid = false
}

// reportAttempt tells the logger and the observer of the last attempt.
func (r *run) reportAttempt(ctx context.Context, a *Attempt, again bool, delay time.Duration) {
	level := slog.LevelDebug
	if again {
		level = slog.LevelInfo
	}
	logs := r.log.Enabled(ctx, level)
	for _, u := range r.last.unread {
		r.log.LogAttrs(ctx, slog.LevelWarn, "edusdk answer has a field that cannot be read", slog.String("vendor", r.vendor),
			slog.String("op", r.call.Op), slog.String("field", u.Field), slog.String("problem", u.Problem), slog.String("omitted", u.Omitted))
	}
	if !logs && r.obs == nil {
		return
	}
	e := r.attemptEvent(a, again, delay)
	e.Elapsed = r.clock().Sub(a.began)
	if logs {
		attrs := append(make([]slog.Attr, 0, 13),
			slog.String("vendor", e.Vendor), slog.String("op", e.Op), slog.String("class", e.Class),
			slog.String("section", e.Section), slog.Int("attempt", e.Attempt),
			slog.Int("status", e.Status), slog.Int64("sent", e.Sent), slog.Int64("read", e.Read),
			slog.Duration("elapsed", e.Elapsed))
		if e.Failed {
			attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("code", e.Code))
		}
		if again {
			attrs = append(attrs, slog.Bool("retry", true), slog.Duration("delay", delay))
		}
		r.log.LogAttrs(ctx, level, "edusdk attempt", attrs...)
	}
	if r.obs != nil {
		r.observeAttempt(ctx, e)
	}
}

// Sleep waits for d or until ctx ends, and returns ctx's error then.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fits reports whether ctx has more than d left.
func fits(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > d
}
