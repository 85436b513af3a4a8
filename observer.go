package edusdk

import (
	"context"
	"time"
)

// Observer is told what a client does, for metrics and traces. Its methods are
// called in the goroutine of the call, so they should be quick, and may run at
// the same time for different calls. A method that blocks holds up only its own
// call, and a panic in it panics in that call. A login that several calls wait for is
// a call of its own: if it panics, one of the waiting calls panics and the others
// fail. Events hold no secret, no parameter and no address.
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
	Retry   bool          // whether another attempt follows
	Delay   time.Duration // the wait before it
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
	MaybeApplied bool          // as in [Error]
}
