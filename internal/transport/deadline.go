package transport

import (
	"context"
	"errors"
	"sync"
	"time"
)

// attemptContext is the context of one attempt's request: that of the caller, with
// an end of its own. As a part of the Attempt, it takes no allocation, and its
// deadline needs no timer of its own: context.WithTimeout takes seven allocations a
// request and a timer that nearly always is stopped before it fires.
type attemptContext struct {
	context.Context // the caller's, with the trace; of one that did not begin, all there is

	attempt  *Attempt
	cancel   func()     // ends one that did not begin
	watch    *deadlines // nil for one that did not begin
	deadline time.Time
	detach   func() bool // from the caller's context; nil where that has no end
	done     chan struct{}

	prev, next *attemptContext // in watch

	mu         sync.Mutex
	err, cause error // nil until it ends
	followers  []*follower

	// The follower that there most often is, and its place in followers:
	usual      follower
	usualPlace [1]*follower
}

// follower is a function that waits for the end of a context.
type follower struct{ call func() }

// begin starts the time of the attempt.
func (x *attemptContext) begin(watch *deadlines, timeout time.Duration) {
	x.watch, x.done = watch, make(chan struct{})
	x.deadline = time.Now().Add(timeout)
	watch.add(x)
	if x.Context.Done() != nil {
		x.detach = context.AfterFunc(x.Context, func() { x.end(x.Context.Err(), context.Cause(x.Context)) })
	}
}

// finish ends the attempt: nothing holds on to it any more.
func (x *attemptContext) finish() {
	if x.watch == nil {
		x.cancel()
		return
	}
	x.watch.remove(x)
	if x.detach != nil {
		x.detach()
	}
	x.end(context.Canceled, context.Canceled)
}

// end is for the first who calls it.
func (x *attemptContext) end(err, cause error) {
	x.mu.Lock()
	if x.err != nil {
		x.mu.Unlock()
		return
	}
	x.err, x.cause = err, cause
	followers := x.followers
	x.followers = nil
	x.mu.Unlock()
	close(x.done)
	for _, f := range followers {
		go f.call()
	}
}

// breakOff ends the attempt because of what was found out about it.
func (x *attemptContext) breakOff() { x.end(context.Canceled, errBrokenOff) }

// why returns what ended the attempt, nil while it lasts.
func (x *attemptContext) why() error {
	if x.watch == nil {
		return context.Cause(x.Context)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cause
}

// timedOut reports whether the attempt took too long.
func (x *attemptContext) timedOut() bool { return errors.Is(x.why(), errAttemptTimeout) }

// Deadline implements context.Context.
func (x *attemptContext) Deadline() (time.Time, bool) {
	if x.watch == nil {
		return x.Context.Deadline()
	}
	if callers, ok := x.Context.Deadline(); ok && callers.Before(x.deadline) {
		return callers, true
	}
	return x.deadline, true
}

// Done implements context.Context.
func (x *attemptContext) Done() <-chan struct{} {
	if x.watch == nil {
		return x.Context.Done()
	}
	return x.done
}

// Err implements context.Context.
func (x *attemptContext) Err() error {
	if x.watch == nil {
		return x.Context.Err()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// Value implements context.Context.
func (x *attemptContext) Value(key any) any {
	if key == (attemptKey{}) {
		return x.attempt
	}
	return x.Context.Value(key)
}

// AfterFunc is what package context asks for, which else has a goroutine wait for
// the end of a context that it does not know.
func (x *attemptContext) AfterFunc(call func()) (stop func() bool) {
	if x.watch == nil {
		return context.AfterFunc(x.Context, call)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		go call()
		return func() bool { return false }
	}
	f := &x.usual
	if f.call != nil {
		f = new(follower)
	}
	f.call = call
	if x.followers == nil {
		x.followers = x.usualPlace[:0]
	}
	x.followers = append(x.followers, f)
	return func() bool { return x.unfollow(f) }
}

// unfollow reports whether f was still waiting.
func (x *attemptContext) unfollow(f *follower) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, other := range x.followers {
		if other == f {
			last := len(x.followers) - 1
			x.followers[i], x.followers[last] = x.followers[last], nil
			x.followers = x.followers[:last]
			return true
		}
	}
	return false
}

// deadlines ends the attempts of a client that take too long. Attempts that are
// under way at the same time share a timer, which is set to the earliest deadline
// that there was when it was set: attempts nearly always end long before theirs, so
// it is hardly ever set again.
type deadlines struct {
	mu    sync.Mutex
	first *attemptContext
	timer *time.Timer // nil while nothing is under way
	fires time.Time
}

// add has x end at its deadline.
func (d *deadlines) add(x *attemptContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.next = d.first; x.next != nil {
		x.next.prev = x
	}
	d.first = x
	switch {
	case d.timer == nil:
		d.timer = time.AfterFunc(time.Until(x.deadline), d.expire)
	case x.deadline.Before(d.fires):
		d.timer.Reset(time.Until(x.deadline))
	default:
		return
	}
	d.fires = x.deadline
}

// remove forgets x, if it was not forgotten before.
func (d *deadlines) remove(x *attemptContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlink(x)
	if d.first == nil && d.timer != nil {
		// It is not kept for later: in a test, another bubble may come next.
		d.timer.Stop()
		d.timer = nil
	}
}

func (d *deadlines) unlink(x *attemptContext) {
	if x.prev == nil && d.first != x {
		return // it was
	}
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		d.first = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	}
	x.prev, x.next = nil, nil
}

// expire ends what is due.
func (d *deadlines) expire() {
	for _, x := range d.due() {
		x.end(context.DeadlineExceeded, errAttemptTimeout)
	}
}

// due takes out what is due, and sets the timer for the rest.
func (d *deadlines) due() (due []*attemptContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	var earliest time.Time
	for x := d.first; x != nil; {
		next := x.next
		switch {
		case !x.deadline.After(now):
			d.unlink(x)
			due = append(due, x)
		case earliest.IsZero() || x.deadline.Before(earliest):
			earliest = x.deadline
		}
		x = next
	}
	switch {
	case d.timer == nil: // the last one has left meanwhile
	case d.first == nil:
		d.timer = nil
	default:
		d.timer.Reset(earliest.Sub(now))
		d.fires = earliest
	}
	return due
}
