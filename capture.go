package edusdk

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Captured is the last raw answer of a call: a way to what the vendor sent and
// this module does not know yet, and to what a malformed answer looked like.
// It is the vendor's own text and can hold personal data: keep it out of logs.
type Captured struct {
	// Status is the HTTP status; 0 where no response arrived.
	Status int
	// Header holds the response's headers.
	Header http.Header
	// Body is the answer's body, decompressed; up to the size that
	// WithMaxResponseSize sets.
	Body []byte
	// Attempts counts the requests made so far by the call.
	Attempts int
	// Elapsed is the time since the call began, on the client's clock.
	Elapsed time.Duration
	// Unread lists what of the answer could not be read, though the call
	// succeeded: see [UnreadField].
	Unread []UnreadField
}

// UnreadField is a part of an answer that could not be read and on which no decision
// depends, so that the call did not fail for it. Its field of the result is zero, or
// what it is an element of is shorter. Which fields fail a call is listed in
// docs/COVERAGE.md as essential.
type UnreadField struct {
	// Field is the path of the field on the wire, such as "items[2].createTime".
	Field string
	// Problem says what is wrong with it, without the value.
	Problem string
	// Omitted is the path of what is zero or absent because of it: Field itself, or an
	// element of a list that holds it, such as "items[2]".
	Omitted string
}

// Incomplete reports whether an element of a list was left out.
func (u UnreadField) Incomplete() bool { return strings.HasSuffix(u.Omitted, "]") }

type captureKey struct{}

type capture struct {
	mu   sync.Mutex
	into *Captured
}

// WithCapture returns a ctx that fills resp with the last raw answer of the
// calls made under it. Read resp after the calls have returned. It is filled
// for failed calls too.
func WithCapture(ctx context.Context, resp *Captured) context.Context {
	if resp == nil || ctx == nil { // a call refuses a nil ctx itself
		return ctx
	}
	return context.WithValue(ctx, captureKey{}, &capture{into: resp})
}

// Capturing returns how to hand a raw answer to the WithCapture of ctx, or nil
// where there is none. It is for vendor clients: importers do not need it.
func Capturing(ctx context.Context) func(Captured) {
	if ctx == nil {
		return nil
	}
	c, ok := ctx.Value(captureKey{}).(*capture)
	if !ok {
		return nil
	}
	return func(got Captured) {
		c.mu.Lock()
		defer c.mu.Unlock()
		*c.into = got
	}
}
