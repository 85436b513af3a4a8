package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/charset"
)

func TestTheStatusDecidesAboutACodeThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		status   int
		kind     edusdk.Kind
		attempts int // of a call that reads
		applied  bool
	}{
		{"200", 200, edusdk.ErrUnknown, 1, false},
		{"400", 400, edusdk.ErrInvalidArgument, 1, false},
		{"401", 401, edusdk.ErrUnauthenticated, 1, false},
		{"404", 404, edusdk.ErrNotFound, 1, false},
		{"403", 403, edusdk.ErrPermissionDenied, 1, false},
		{"407", 407, edusdk.ErrUnavailable, 1, false},
		{"408", 408, edusdk.ErrUnavailable, 1, false},
		{"409", 409, edusdk.ErrAlreadyExists, 1, false},
		{"410", 410, edusdk.ErrNotFound, 1, false},
		{"413", 413, edusdk.ErrInvalidArgument, 1, false},
		{"418", 418, edusdk.ErrUnknown, 1, false},
		{"422", 422, edusdk.ErrInvalidArgument, 1, false},
		{"429", 429, edusdk.ErrResourceExhausted, 3, false},
		{"500", 500, edusdk.ErrUnavailable, 3, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for class, attempts := range map[Class]int{Read: tt.attempts, Create: 1} {
				if tt.status == 429 {
					attempts = 3 // which is safe to repeat whatever it does
				}
				stub, n := inTurn(give(tt.status, `{"code":"NEW"}`))
				c := newStubbed(t, stub)
				call := newCall(c, class, &script{decode: func(*Answer) error {
					return &Rejection{Code: "NEW", Message: "words", RequestID: "id-1"}
				}})
				e := errorOf(t, c.Do(t.Context(), call))
				assert.Equal(t, []any{tt.kind, "NEW", "words", "id-1", tt.status, attempts, tt.applied && class.changes()},
					[]any{e.Kind, e.Code, e.Message, e.RequestID, e.HTTPStatus, e.Attempts, e.MaybeApplied})
				assert.EqualValues(t, attempts, n.Load())
			}
		})
	}
}

// What the vendor gives as its reason stands, although it is under a status and a code
// that say less.
func TestTheReasonGoesBeforeTheStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reason   Reason
		attempts int // of a create
		applied  bool
		rejected bool
	}{
		{Business, 1, false, true}, {RateLimited, 3, false, true}, {Outage, 1, true, false},
	} {
		stub, n := inTurn(give(400, `{"code":"NEW"}`))
		c := newStubbed(t, stub)
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{decode: func(*Answer) error {
			return &Rejection{Code: "NEW", Reason: tt.reason}
		}})))
		assert.Equal(t, []any{tt.attempts, tt.applied, tt.rejected}, []any{e.Attempts, e.MaybeApplied, e.Rejected}, "reason %d", tt.reason)
		assert.EqualValues(t, tt.attempts, n.Load(), "requests for reason %d", tt.reason)
	}
}

func TestACodeCanStandForAnOutage(t *testing.T) {
	t.Parallel()
	for class, attempts := range map[Class]int{Read: 3, Upsert: 3, Create: 1, Login: 2} {
		stub, n := inTurn(give(200, `{"code":"DOWN"}`))
		c := newStubbed(t, stub)
		call := newCall(c, class, &script{decode: func(*Answer) error {
			return &Rejection{Kind: edusdk.ErrUnavailable, Code: "DOWN", Reason: Outage}
		}})
		e := errorOf(t, c.Do(t.Context(), call))
		assert.Equal(t, []any{edusdk.ErrUnavailable, "DOWN", attempts, class.changes()}, []any{e.Kind, e.Code, e.Attempts, e.MaybeApplied}, "class %d", class)
		assert.EqualValues(t, attempts, n.Load())
	}
}

func TestAKnownCodeGoesBeforeTheStatus(t *testing.T) {
	t.Parallel()
	stub, n := inTurn(give(500, `{"code":"GONE"}`))
	c := newStubbed(t, stub)
	e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Equal(t, []any{edusdk.ErrNotFound, false}, []any{e.Kind, e.MaybeApplied})
	assert.EqualValues(t, 1, n.Load())
}

// After an attempt that may have been carried out, a rejection settles what came of it,
// unless it can be because of that attempt.
func TestWhatARejectionSettles(t *testing.T) {
	t.Parallel()
	unsettled := map[edusdk.Kind]bool{edusdk.ErrNotFound: true, edusdk.ErrAlreadyExists: true, edusdk.ErrFailedPrecondition: true}
	for kind := edusdk.ErrUnknown; kind <= edusdk.ErrDeadlineExceeded; kind++ {
		for _, before := range []bool{false, true} {
			steps := []func() (*http.Response, error){give(502, ""), give(200, `{"code":"NO"}`)}
			if !before {
				steps = steps[1:]
			}
			stub, n := inTurn(steps...)
			c := newStubbed(t, stub)
			call := newCall(c, Upsert, &script{decode: func(*Answer) error { return &Rejection{Kind: kind, Code: "NO"} }})
			call.Lookup = "Things.List"
			e := errorOf(t, c.Do(t.Context(), call))
			assert.EqualValues(t, len(steps), n.Load(), kind)
			assert.Equal(t, before && unsettled[kind], e.MaybeApplied, "%s, after another attempt: %t", kind, before)
			assert.Equal(t, e.MaybeApplied, e.Lookup == "Things.List", kind)
			assert.Equal(t, "upsert", e.Class)
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	call := &edusdk.Error{Op: "Get", Kind: edusdk.ErrNotFound}
	assert.Same(t, call, c.Interrupted("List", call))
	var e *edusdk.Error
	require.ErrorAs(t, c.Interrupted("List", context.Canceled), &e)
	assert.Equal(t, edusdk.Error{Vendor: "acme", Op: "List", Kind: edusdk.ErrCanceled, Err: context.Canceled}, *e)
	require.ErrorAs(t, c.Interrupted("List", errors.New("x")), &e)
	assert.Equal(t, edusdk.ErrUnknown, e.Kind)
}

// A deadline that is far away does not make a failure the end of the caller's time.
func TestAFailureBeforeTheDeadlineIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stub, n := inTurn(broken(errors.New("reset")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		c := newStubbed(t, stub)
		e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
		assert.Equal(t, edusdk.ErrUnavailable, e.Kind)
		assert.EqualValues(t, 3, n.Load())
	})
}

// What a server said, and net/http quotes, is not shown.
func TestNoQuotesOfASentRequest(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(broken(errors.New(`malformed HTTP response "canary \"of\" a value"`)))
	c := newStubbed(t, stub)
	e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
	assert.Contains(t, e.Error(), "malformed HTTP response")
	assert.NotContains(t, e.Error(), "canary")
	assert.True(t, e.MaybeApplied)
}

// The number that a vendor gives to an answer that cannot be read helps to find it,
// unless it is a value of the request.
func TestTheNumberOfAnAnswerThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for sensitive, want := range map[string]string{"another value": "id-13800138000", "13800138000": ""} {
		stub, _ := inTurn(give(200, success))
		c := newStubbed(t, stub)
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{sensitive: []string{sensitive}, decode: func(ans *Answer) error {
			ans.requestID = "id-13800138000"
			return errors.New("unreadable")
		}})))
		assert.Equal(t, want, e.RequestID)
	}
}

// A short code of digits can stand in a request by chance, and stays as it is.
func TestWhichCodesAreHidden(t *testing.T) {
	t.Parallel()
	for code, hidden := range map[string]bool{"12345678": false, "-1234567": false, "123456789": true, "1234567x": true} {
		stub, _ := inTurn(give(200, success))
		c := newStubbed(t, stub)
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{sensitive: []string{code}, decode: func(*Answer) error {
			return &Rejection{Kind: edusdk.ErrUnknown, Code: code}
		}})))
		assert.Equal(t, hidden, e.Code != code, "%s became %s", code, e.Code)
	}
}

// A page in UTF-16 is not guessed to be in another encoding.
func TestAnEncodingThatIsKnownIsNotGuessed(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(200, "\xff\xfeh\x00i\x00", "Content-Type", "text/plain"))
	c := newStubbed(t, stub)
	call := newCall(c, Read, &script{decode: func(*Answer) error { return nil }})
	call.AnyContent = true
	assert.ErrorIs(t, c.Do(t.Context(), call), charset.ErrUTF16)
}

// A body that ends early is malformed, whatever reports it; one that the network cuts
// off is the network's fault.
func TestWhoseFaultACutOffAnswerIs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want edusdk.Kind
	}{
		"a page":                  {errWebPage, edusdk.ErrUnavailable},
		"a reset":                 {&cutOffError{&net.OpError{Op: "read", Err: errors.New("reset")}}, edusdk.ErrUnavailable},
		"a timeout":               {&cutOffError{errAttemptTimeout}, edusdk.ErrUnavailable},
		"an early end":            {&cutOffError{io.ErrUnexpectedEOF}, edusdk.ErrMalformedResponse},
		"an early end by network": {&cutOffError{&net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}}, edusdk.ErrMalformedResponse},
		"a reset without a cut":   {&net.OpError{Op: "read", Err: errors.New("reset")}, edusdk.ErrMalformedResponse},
		"another error":           {&cutOffError{errors.New("broken")}, edusdk.ErrMalformedResponse},
	} {
		assert.Equal(t, tt.want, unreadableKind(tt.err), name)
	}
}
