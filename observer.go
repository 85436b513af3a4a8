package edusdk

import (
	"context"
	"time"
)

// Observer is told what a client does, for metrics and traces. Its methods are
// called in the goroutine of the call, so they should be quick, and may run at
// the same time for different calls. One that blocks holds up its own call
// alone, and one that panics panics in it; a login that several calls wait for
// is a call of its own, whose panic one of those gets and whose failure the
// others. What they are told holds no secret, no parameter and no address.
type Observer interface {
	// ObserveAttempt is called once an attempt has ended; ctx is the call's.
	ObserveAttempt(ctx context.Context, a AttemptEvent)
	// ObserveCall is called once a call has ended, after its last attempt. A
	// call that was refused before it was sent is reported too.
	ObserveCall(ctx context.Context, c CallEvent)
}

// AttemptEvent describes one attempt of a call.
type AttemptEvent struct {
	Vendor  string        // as in [Error]
	Op      string        // as in [Error]
	Section string        // of the vendor's document that describes the operation, in its words
	Class   string        // how safe a repetition is: "read", "upsert", "create" or "login"
	Method  string        // of HTTP
	Route   string        // the path of the operation, without a slash in front; "" for Call
	Attempt int           // counted from 1
	Start   time.Time     // on the client's clock
	Elapsed time.Duration // on the client's clock
	Status  int           // HTTP status, 0 where no response arrived
	Sent    int64         // bytes of the request's body that it has, -1 if unknown
	Read    int64         // bytes of the answer's body, decompressed
	Failed  bool          // whether the attempt failed; Kind and Code are set then
	Kind    Kind
	Code    string        // the vendor's code
	Retry   bool          // whether another attempt follows
	Delay   time.Duration // how long is waited before it
	// Unread lists what of the answer could not be read, though the attempt
	// succeeded.
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
	Status       int           // HTTP status of the last answer, else 0
	Failed       bool          // whether the call failed; Kind and Code are set then
	Kind         Kind
	Code         string // the vendor's code
	MaybeApplied bool   // as in [Error]
}
