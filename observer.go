package edusdk

import (
	"context"
	"reflect"
	"time"
)

// Observer is told what a client does, for metrics and traces. Its methods are
// called in the goroutine of the call, so they should be quick, and may run at
// the same time for different calls. A method that blocks holds up only its own
// call, and a panic in it panics in that call. A login that several calls wait for is
// a call of its own: if it panics, one of the waiting calls panics and the others
// fail. Events hold no secret, no parameter and no address.
//
// An observer that is to be told of beginnings too, for spans or for what is in flight,
// implements [CallStarter] and [AttemptStarter] as well.
type Observer interface {
	// ObserveAttempt is called once an attempt has ended; ctx is the call's, or what
	// StartAttempt made of it.
	ObserveAttempt(ctx context.Context, a AttemptEvent)
	// ObserveCall is called once a call has ended, after its last attempt; ctx is the
	// call's, or what StartCall made of it. A call that was refused before it was sent
	// is reported too, and so is one that was aborted.
	ObserveCall(ctx context.Context, c CallEvent)
}

// CallStarter is an [Observer] that is told when a call begins.
type CallStarter interface {
	// StartCall is called before anything else is done for a call. ObserveCall follows
	// exactly once for each StartCall, whether the call is refused, succeeds, fails or
	// is aborted by a panic, be it one of StartCall itself.
	//
	// The values of the context that StartCall returns are those that the call's
	// attempts, its token store, rate limiter, logger and RoundTripper see, and ctx of
	// ObserveCall. Nothing else of it is used: the call ends when ctx does, and has the
	// options and the capture of ctx. nil stands for ctx.
	//
	// A login is a call of its own. The one that a call has to wait for starts with the
	// values of that call's context, so that its span can be a child of the call's; other
	// calls may wait for the same login, and it goes on if the first one leaves.
	StartCall(ctx context.Context, c CallStart) context.Context
}

// AttemptStarter is an [Observer] that is told when an attempt begins.
type AttemptStarter interface {
	// StartAttempt is called right before an attempt is sent, after the wait for the rate
	// limiter and for a token. ObserveAttempt follows exactly once for each StartAttempt.
	// The context that it returns is used as that of StartCall, for this attempt: its
	// values are what the RoundTripper sees, and ctx of ObserveAttempt.
	StartAttempt(ctx context.Context, a AttemptStart) context.Context
}

// CallStart describes a call that begins.
type CallStart struct {
	Vendor  string    // as in [Error]
	Op      string    // as in [Error]
	Section string    // as in [AttemptEvent], like the next three
	Class   string    // "read", "upsert", "create" or "login"
	Method  string    // "" for a Call that is refused
	Route   string    // "" for Call
	Host    string    // of the client's BaseURL, with the port if that names one
	Start   time.Time // on the client's clock
}

// AttemptStart describes an attempt that begins.
type AttemptStart struct {
	Vendor  string    // as in [Error]
	Op      string    // as in [Error]
	Section string    // as in [AttemptEvent], like the next three
	Class   string    // "read", "upsert", "create" or "login"
	Method  string    // HTTP method
	Route   string    // "" for Call
	Host    string    // as in [CallStart]
	Attempt int       // counted from 1
	Start   time.Time // on the client's clock
	After   Kind      // why the attempt before failed, if Attempt is greater than 1
}

// AttemptEvent describes one attempt of a call.
type AttemptEvent struct {
	Vendor  string        // as in [Error]
	Op      string        // as in [Error]
	Section string        // section of the vendor's document that describes the operation, as titled there
	Class   string        // how safe a repetition is: "read", "upsert", "create" or "login"
	Method  string        // HTTP method
	Route   string        // path of the operation, without a leading slash; "" for Call
	Attempt int           // counted from 1
	Start   time.Time     // on the client's clock
	Elapsed time.Duration // on the client's clock
	Status  int           // HTTP status, 0 if no response arrived
	Sent    int64         // bytes of the request's body, -1 if unknown
	Read    int64         // bytes of the answer's body, decompressed
	Failed  bool          // whether the attempt failed; Kind and Code describe the failure
	Kind    Kind          // of the failure
	Code    string        // the vendor's code
	Aborted bool          // a callback panicked or ended its goroutine; Failed is true, and Kind says nothing
	Retry   bool          // whether another attempt follows
	Delay   time.Duration // the wait before it
	// RetryBudget is what is left of the tokens of Retry.Budget for the calls of this
	// client; -1 if their number is not limited.
	RetryBudget int
	// Unread lists the parts of the answer that could not be read although the
	// attempt succeeded.
	Unread []UnreadField
}

// CallEvent describes a whole call.
type CallEvent struct {
	Vendor       string // as in [Error]
	Op           string // as in [Error]
	Section      string // as in [AttemptEvent], like the next three
	Class        string
	Method       string
	Route        string
	Attempts     int           // requests made
	Start        time.Time     // on the client's clock
	Elapsed      time.Duration // on the client's clock, waits included
	Status       int           // HTTP status of the last answer, 0 if none arrived
	Failed       bool          // whether the call failed; Kind and Code describe the failure
	Kind         Kind          // of the failure
	Code         string        // the vendor's code
	Aborted      bool          // a callback panicked or ended its goroutine; Failed is true, and Kind says nothing
	MaybeApplied bool          // as in [Error]
}

// observers are the observers of a client that has several.
type observers []Observer

// StartCall implements [CallStarter]. An observer gets what the one before it returned.
// If one does not return, the others are told all the same.
func (o observers) StartCall(ctx context.Context, c CallStart) context.Context {
	if len(o) == 0 {
		return ctx
	}
	returned := false
	defer func() {
		if !returned {
			o[1:].StartCall(ctx, c)
		}
	}()
	if s, ok := o[0].(CallStarter); ok {
		ctx = ValuesFrom(ctx, s.StartCall(ctx, c)) // those before find their own in it, whatever it is
	}
	returned = true
	return o[1:].StartCall(ctx, c)
}

// StartAttempt implements [AttemptStarter], in the same way.
func (o observers) StartAttempt(ctx context.Context, a AttemptStart) context.Context {
	if len(o) == 0 {
		return ctx
	}
	returned := false
	defer func() {
		if !returned {
			o[1:].StartAttempt(ctx, a)
		}
	}()
	if s, ok := o[0].(AttemptStarter); ok {
		ctx = ValuesFrom(ctx, s.StartAttempt(ctx, a)) // those before find their own in it, whatever it is
	}
	returned = true
	return o[1:].StartAttempt(ctx, a)
}

// ObserveAttempt implements [Observer]. What began last ends first.
func (o observers) ObserveAttempt(ctx context.Context, a AttemptEvent) {
	if len(o) > 0 {
		defer o[0].ObserveAttempt(ctx, a) // however the others end
		o[1:].ObserveAttempt(ctx, a)
	}
}

// ObserveCall implements [Observer], in the same way.
func (o observers) ObserveCall(ctx context.Context, c CallEvent) {
	if len(o) > 0 {
		defer o[0].ObserveCall(ctx, c)
		o[1:].ObserveCall(ctx, c)
	}
}

// ValuesFrom returns a context that ends as ctx does and has the values of from in
// addition to its own. What [WithCallOptions] and [WithCapture] set is ctx's alone. A nil
// from, or ctx itself, adds nothing. It is for vendor clients: importers do not need it.
func ValuesFrom(ctx, from context.Context) context.Context {
	if from == nil || same(ctx, from) {
		return ctx
	}
	end, rest := ctx, ctx
	if c, ok := ctx.(*valuedContext); ok {
		end = c.end
		if inner := from.Value(valuedKey{}); inner == ctx {
			rest = end // from has the values of ctx: asked twice at every level, they would be asked very often
		}
	}
	if c, ok := from.(*valuedContext); ok && same(c.end, end) {
		return from
	}
	// Package context looks for the end of a context among its values: that must be ctx's.
	return &valuedContext{end, context.WithoutCancel(from), rest}
}

// same reports whether two contexts are one. Those of importers need not be comparable;
// for pointers, which most are, it is certain.
func same(a, b context.Context) bool { return reflect.TypeOf(a).Kind() == reflect.Pointer && a == b }

// valuedContext is a context with values of others.
type valuedContext struct {
	end    context.Context // whose end it has, and whose options
	values context.Context
	rest   context.Context // whose values it has where those have none
}

// valuedKey is the key of the innermost valuedContext.
type valuedKey struct{}

// Deadline implements context.Context.
func (c *valuedContext) Deadline() (time.Time, bool) { return c.end.Deadline() }

// Done implements context.Context.
func (c *valuedContext) Done() <-chan struct{} { return c.end.Done() }

// Err implements context.Context.
func (c *valuedContext) Err() error { return c.end.Err() }

// Value implements context.Context.
func (c *valuedContext) Value(key any) any {
	switch key.(type) {
	case valuedKey:
		return c
	case callOptionsKey, captureKey:
		return c.end.Value(key)
	}
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.rest.Value(key)
}
