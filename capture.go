package edusdk

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Captured is the last raw answer of a call. It gives access to what the vendor sent
// and this module does not decode, and shows what a malformed answer looked like.
// It is the vendor's own text and can hold personal data: keep it out of logs.
type Captured struct {
	// Status is the HTTP status; 0 if no response arrived.
	Status int
	// Header holds the response's headers.
	Header http.Header
	// Body is the answer's body, decompressed, up to the size set by
	// WithMaxResponseSize.
	Body []byte
	// Attempts counts the requests made so far by the call.
	Attempts int
	// Elapsed is the time since the call began, on the client's clock.
	Elapsed time.Duration
	// Unread lists the parts of the answer that could not be read although the
	// call succeeded: see [UnreadField].
	Unread []UnreadField
}

// UnreadField is a part of an answer that could not be read, but is not essential, so
// that the call did not fail. The field of the result is zero, or the list that held
// it is shorter. Ids, statuses, amounts, tokens and the like are essential: they fail a
// call.
type UnreadField struct {
	// Field is the path of the field on the wire, such as "items[2].createTime".
	Field string
	// Problem says what is wrong with it, without the value.
	Problem string
	// Omitted is the path of what is zero or absent for that reason: Field itself, or
	// the element of a list that holds it, such as "items[2]".
	Omitted string
}

// Incomplete reports whether an element of a list was left out.
func (u UnreadField) Incomplete() bool { return strings.HasSuffix(u.Omitted, "]") }

type captureKey struct{}

type capture struct {
	mu   sync.Mutex
	into *Captured
}

// WithCapture returns a context under which each call stores its last raw answer in
// resp, failed calls too. Read resp after the calls have returned.
func WithCapture(ctx context.Context, resp *Captured) context.Context {
	if resp == nil || ctx == nil { // a call refuses a nil ctx itself
		return ctx
	}
	return context.WithValue(ctx, captureKey{}, &capture{into: resp})
}

// Capturing returns the function that stores a raw answer for the WithCapture of
// ctx, or nil if ctx has none. It is for vendor clients: importers do not need it.
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
