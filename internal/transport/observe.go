package transport

import (
	"context"
	"time"

	"github.com/edusdk/edusdk"
)

// starters are the parts of an observer that are told of beginnings; nil where it has
// none.
type starters struct {
	call    edusdk.CallStarter
	attempt edusdk.AttemptStarter
}

// observed is what the observer has been told to begin and not yet to end.
type observed struct {
	ctx     context.Context // of the call
	call    bool
	attempt *Attempt
	context context.Context // of the attempt
}

// carryOut is loop, of which the observer is told. However it ends, each beginning has
// its end.
func (r *run) carryOut(ctx context.Context) *edusdk.Error {
	if r.obs == nil {
		return r.loop(ctx)
	}
	defer r.abort()
	ctx = r.startCall(ctx)
	err := r.loop(ctx)
	r.reportCall(ctx, err)
	return err
}

// refused tells the observer of a call that is not made.
func (r *run) refused(ctx context.Context, err *edusdk.Error) {
	if r.obs == nil {
		return
	}
	defer r.abort()
	r.reportCall(r.startCall(ctx), err)
}

// startCall tells the observer that the call begins, and returns the call's context.
func (r *run) startCall(ctx context.Context) context.Context {
	r.open.ctx, r.open.call = ctx, true
	if r.starts.call == nil {
		return ctx
	}
	r.open.ctx = edusdk.ValuesFrom(ctx, r.starts.call.StartCall(ctx, edusdk.CallStart{
		Vendor: r.vendor, Op: r.call.Op, Section: r.call.Section, Class: r.call.Class.String(),
		Method: r.call.Method, Route: r.call.Route, Host: r.hostOf(r.call), Start: r.start,
	}))
	return r.open.ctx
}

// startAttempt tells the observer that an attempt begins, and returns the attempt's
// context.
func (r *run) startAttempt(ctx context.Context, a *Attempt) context.Context {
	if r.obs == nil {
		return ctx
	}
	var after edusdk.Kind
	if r.last.err != nil {
		after = r.last.err.Kind
	}
	r.last = outcome{}
	r.open.attempt, r.open.context = a, ctx
	if r.starts.attempt == nil {
		return ctx
	}
	r.open.context = edusdk.ValuesFrom(ctx, r.starts.attempt.StartAttempt(ctx, edusdk.AttemptStart{
		Vendor: r.vendor, Op: r.call.Op, Section: r.call.Section, Class: r.call.Class.String(),
		Method: r.call.Method, Route: r.call.Route, Host: r.hostOf(r.call), Attempt: a.Number, Start: a.began, After: after,
	}))
	return r.open.context
}

// attemptEvent describes the last attempt, but for how long it took.
func (r *run) attemptEvent(a *Attempt, again bool, delay time.Duration) edusdk.AttemptEvent {
	e := edusdk.AttemptEvent{
		Vendor: r.vendor, Op: r.call.Op, Section: r.call.Section, Class: r.call.Class.String(),
		Method: r.call.Method, Route: r.call.Route, Attempt: a.Number,
		Start:  a.began,
		Status: r.last.status, Sent: int64(len(a.Body)), Read: r.last.read,
		Retry: again, Delay: delay, Unread: r.last.unread, RetryBudget: r.budget.left(),
	}
	if a.Stream != nil {
		e.Sent = a.Stream.Len()
	}
	switch {
	case r.aborted:
		e.Failed, e.Aborted = true, true
	case r.last.err != nil:
		e.Failed, e.Kind, e.Code = true, r.last.err.Kind, r.last.err.Code
	}
	return e
}

// abort ends what is open because a callback panicked or ended its goroutine.
func (r *run) abort() {
	if !r.open.call {
		return
	}
	r.aborted = true
	// What is deferred is done even if the clock or the observer panics again.
	e := r.callEvent(nil)
	defer func() { r.observeCall(r.open.ctx, e) }()
	if a := r.open.attempt; a != nil {
		e := r.attemptEvent(a, false, 0)
		defer func() { r.observeAttempt(r.open.context, e) }()
		e.Elapsed = r.clock().Sub(a.began)
	}
	e.Elapsed = r.clock().Sub(r.start)
}

// callEvent describes the call, but for how long it took.
func (r *run) callEvent(err *edusdk.Error) edusdk.CallEvent {
	e := edusdk.CallEvent{
		Vendor: r.vendor, Op: r.call.Op, Section: r.call.Section, Class: r.call.Class.String(),
		Method: r.call.Method, Route: r.call.Route, Attempts: r.attempts,
		Start: r.start, Status: r.last.status,
	}
	switch {
	case r.aborted:
		e.Failed, e.Aborted, e.MaybeApplied = true, true, r.attempts > 0 && r.call.Class.changes()
	case err != nil:
		e.Failed, e.Kind, e.Code, e.MaybeApplied = true, err.Kind, err.Code, err.MaybeApplied
	}
	return e
}

// reportCall tells the observer how the call ended.
func (r *run) reportCall(ctx context.Context, err *edusdk.Error) {
	e := r.callEvent(err)
	e.Elapsed = r.clock().Sub(r.start)
	r.observeCall(ctx, e)
}

// observeAttempt tells the observer that an attempt has ended.
func (r *run) observeAttempt(ctx context.Context, e edusdk.AttemptEvent) {
	r.open.attempt = nil
	r.obs.ObserveAttempt(ctx, e)
}

// observeCall tells the observer that the call has ended.
func (r *run) observeCall(ctx context.Context, e edusdk.CallEvent) {
	r.open.call = false
	r.obs.ObserveCall(ctx, e)
}
