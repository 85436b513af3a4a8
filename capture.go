package edusdk

import (
	"context"
	"net/http"
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
	// Body is the answer's body, decompressed; up to the response size cap.
	Body []byte
	// Attempts counts the requests made so far by the call.
	Attempts int
	// Elapsed is the time since the call began, on the client's clock.
	Elapsed time.Duration
}

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
