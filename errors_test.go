package edusdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var allKinds = []Kind{
	ErrUnknown, ErrInvalidArgument, ErrUnauthenticated, ErrPermissionDenied, ErrNotFound, ErrAlreadyExists,
	ErrFailedPrecondition, ErrResourceExhausted, ErrClockSkew, ErrUnavailable, ErrMalformedResponse, ErrCanceled,
	ErrDeadlineExceeded,
}

func TestKindNames(t *testing.T) {
	t.Parallel()
	want := []string{
		"unknown failure", "invalid argument", "unauthenticated", "permission denied", "not found", "already exists",
		"failed precondition", "resource exhausted", "clock skew", "unavailable", "malformed response", "canceled",
		"deadline exceeded",
	}
	require.Len(t, allKinds, len(kinds), "a kind is missing in this test")
	for i, k := range allKinds {
		assert.Equal(t, want[i], k.String())
		assert.Equal(t, want[i], k.Error())
	}
	assert.Equal(t, "kind 13", Kind(13).String(), "a kind of a later version")
	assert.Equal(t, "kind 255", Kind(255).Error())
}

func TestErrorsIsByKind(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds {
		for how, err := range map[string]error{
			"itself":             k,
			"wrapped":            fmt.Errorf("call: %w", k),
			"an Error":           &Error{Kind: k},
			"an Error, wrapped":  fmt.Errorf("call: %w", fmt.Errorf("again: %w", &Error{Kind: k, Err: io.EOF})),
			"joined":             errors.Join(io.EOF, &Error{Kind: k}),
			"joined and wrapped": fmt.Errorf("%w and %w", io.EOF, fmt.Errorf("call: %w", k)),
		} {
			for _, other := range allKinds {
				assert.Equal(t, k == other, errors.Is(err, other), "errors.Is(%s of kind %q, %q)", how, k, other)
			}
			assert.Equal(t, k == ErrCanceled, errors.Is(err, context.Canceled), "errors.Is(%s of kind %q, context.Canceled)", how, k)
			assert.Equal(t, k == ErrDeadlineExceeded, errors.Is(err, context.DeadlineExceeded),
				"errors.Is(%s of kind %q, context.DeadlineExceeded)", how, k)
			assert.Equal(t, k, KindOf(err), "KindOf(%s)", how)
		}
	}
}

func TestErrorsIsAndAsByCause(t *testing.T) {
	t.Parallel()
	field := &FieldError{Field: "Title", Problem: "must not be empty"}
	inner := &Error{Op: "Login", Kind: ErrUnavailable, Err: io.ErrUnexpectedEOF}
	outer := &Error{Op: "Rooms.Get", Kind: ErrInvalidArgument, Err: errors.Join(field, inner)}
	err := fmt.Errorf("timetable: %w", outer)

	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorIs(t, err, ErrInvalidArgument)
	assert.ErrorIs(t, err, ErrUnavailable, "the kind of a cause is found too")
	assert.NotErrorIs(t, err, ErrNotFound)
	assert.NotErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, outer)
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Same(t, outer, e, "the first one")
	var f *FieldError
	require.ErrorAs(t, err, &f)
	assert.Same(t, field, f)
	var k Kind
	assert.NotErrorAs(t, err, &k, "an Error has a kind, but is none")
	require.ErrorAs(t, fmt.Errorf("call: %w", ErrNotFound), &k)
	assert.Equal(t, ErrNotFound, k)
	assert.NoError(t, errors.Unwrap(&Error{}))

	// A failure that a deadline of somebody else's caused is not the caller's.
	err = &Error{Kind: ErrUnavailable, Err: context.DeadlineExceeded}
	assert.NotErrorIs(t, err, ErrDeadlineExceeded)
	assert.Equal(t, ErrUnavailable, KindOf(err))
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want Kind
	}{
		{"nil", nil, ErrUnknown},
		{"another error", io.EOF, ErrUnknown},
		{"cancelled", context.Canceled, ErrCanceled},
		{"cancelled, wrapped", fmt.Errorf("wait: %w", context.Canceled), ErrCanceled},
		{"out of time", context.DeadlineExceeded, ErrDeadlineExceeded},
		{"a kind", ErrNotFound, ErrNotFound},
		{"an Error without a kind", &Error{Err: context.Canceled}, ErrUnknown},
		{"an Error goes before what it wraps", &Error{Kind: ErrUnavailable, Err: ErrNotFound}, ErrUnavailable},
		{"the outer Error", &Error{Kind: ErrUnavailable, Err: &Error{Kind: ErrNotFound}}, ErrUnavailable},
		{"a kind goes before a context's error", errors.Join(context.Canceled, ErrNotFound), ErrNotFound},
		{"the first of two", errors.Join(&Error{Kind: ErrNotFound}, &Error{Kind: ErrUnavailable}), ErrNotFound},
		{"the first of two, one a kind", errors.Join(ErrNotFound, &Error{Kind: ErrUnavailable}), ErrNotFound},
	} {
		assert.Equal(t, tt.want, KindOf(tt.err), tt.name)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		err  *Error
	}{
		{"unknown failure", &Error{}},
		{"kind 77", &Error{Kind: 77}},
		{"duobeiyun: Rooms.Get: not found", &Error{Vendor: "duobeiyun", Op: "Rooms.Get", Kind: ErrNotFound}},
		{"Rooms.Get: not found", &Error{Op: "Rooms.Get", Kind: ErrNotFound}},
		{
			"duobeiyun: Rooms.Get: not found: room_not_found: 房间不存在",
			&Error{Vendor: "duobeiyun", Op: "Rooms.Get", Kind: ErrNotFound, Code: "room_not_found", Message: "房间不存在"},
		},
		{"not found: gone", &Error{Kind: ErrNotFound, Code: "gone", Message: "gone"}},
		{"not found: no room", &Error{Kind: ErrNotFound, Message: "no room"}},
		{"not found: EOF", &Error{Kind: ErrNotFound, Err: io.EOF}},
		{"not found: 5: no room: EOF", &Error{Kind: ErrNotFound, Code: "5", Message: "no room", Err: io.EOF}},
		{
			"invalid argument: Title must not be empty",
			&Error{Kind: ErrInvalidArgument, Err: &FieldError{Field: "Title", Problem: "must not be empty"}},
		},
		{"unavailable (HTTP 502)", &Error{Kind: ErrUnavailable, HTTPStatus: 502, Attempts: 1}},
		{
			"unavailable: EOF (HTTP 503, request r-1, 3 attempts, retry after 1m1s)",
			&Error{Kind: ErrUnavailable, HTTPStatus: 503, RequestID: "r-1", Attempts: 3, RetryAfter: 61 * time.Second, Err: io.EOF},
		},
		{"unavailable (request r-1)", &Error{Kind: ErrUnavailable, RequestID: "r-1"}},
		{"unavailable (2 attempts)", &Error{Kind: ErrUnavailable, Attempts: 2}},
		{"resource exhausted (retry after 500ms)", &Error{Kind: ErrResourceExhausted, RetryAfter: time.Second / 2}},
		{
			"unavailable (HTTP 502); it may have been carried out: look before repeating it",
			&Error{Kind: ErrUnavailable, HTTPStatus: 502, MaybeApplied: true},
		},
		{"unauthenticated; check the credentials", &Error{Kind: ErrUnauthenticated}},
		{"permission denied; ask the vendor to open this call to the account", &Error{Kind: ErrPermissionDenied}},
		{"clock skew (2 attempts); set this machine's clock", &Error{Kind: ErrClockSkew, Attempts: 2}},
		{"malformed response; WithCapture shows the raw answer", &Error{Kind: ErrMalformedResponse}},
		{
			"malformed response; it may have been carried out: look before repeating it; WithCapture shows the raw answer",
			&Error{Kind: ErrMalformedResponse, MaybeApplied: true},
		},
	} {
		assert.Equal(t, tt.want, tt.err.Error())
		assert.Equal(t, tt.want, fmt.Sprintf("%v", tt.err))
		assert.Equal(t, tt.want, fmt.Sprintf("%+v", tt.err))
	}
	assert.Equal(t, "Title must not be empty", (&FieldError{Field: "Title", Problem: "must not be empty"}).Error())
}

func TestMaybeApplied(t *testing.T) {
	t.Parallel()
	yes, no := &Error{MaybeApplied: true}, &Error{Err: io.EOF}
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"another error", io.EOF, false},
		{"a kind", ErrUnavailable, false},
		{"no", no, false},
		{"yes", yes, true},
		{"wrapped", fmt.Errorf("call: %w", yes), true},
		{"joined", errors.Join(io.EOF, yes), true},
		{"only the cause, as a login", &Error{Err: yes}, false},
	} {
		assert.Equal(t, tt.want, MaybeApplied(tt.err), tt.name)
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"no such room":              "no such room",
		"房间不存在　(1)😀":                "房间不存在　(1)😀",
		"a\nb\r\tc":                 `a\nb\r\tc`,
		"a\x00\x1b[31m\x7f":         `a\x00\x1b[31m\x7f`,
		"a\u0085\u2028\u2029b":      `a\u0085\u2028\u2029b`,
		"a\u202eb\u2066c\u200f":     `a\u202eb\u2066c\u200f`,
		"a\ufeffb\u200b":            `a\ufeffb\u200b`,
		"a\xffb\x80":                `a\xffb\x80`,
		`a\nb`:                      `a\nb`,
		strings.Repeat("a", 1<<10):  strings.Repeat("a", 1<<10),
		strings.Repeat("a", 5<<10):  strings.Repeat("a", 1<<10-len("… [cut]")) + "… [cut]",
		strings.Repeat("课", 400):    strings.Repeat("课", (1<<10-len("… [cut]"))/len("课")) + "… [cut]",
		strings.Repeat("\n", 1<<10): strings.Repeat(`\n`, (1<<10-len("… [cut]"))/2) + "… [cut]",
	} {
		got := OneLine(text)
		assert.Equal(t, want, got)
		assert.Equal(t, got, OneLine(got), "done twice, it is the same")
	}
}

// Whatever is in an error, it prints as one line of a bounded length.
func TestAnErrorIsOneLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\nlevel=ERROR msg=forged", strings.Repeat("很长", 10_000), strings.Repeat("\u2028", 10_000)} {
		err := &Error{Vendor: "v", Op: "Op", Code: text, Message: text + "!", RequestID: text, Err: errors.New(text)}
		for _, printed := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprint(error(err))} {
			assert.NotContains(t, printed, "\n")
			assert.NotContains(t, printed, "\u2028")
			assert.Less(t, len(printed), 5<<10)
		}
	}
}

func TestFieldErrors(t *testing.T) {
	title, start := &FieldError{"Title", "must not be empty"}, &FieldError{"StartTime", "must be given"}
	for name, tt := range map[string]struct {
		err  error
		want []*FieldError
	}{
		"nil":               {nil, nil},
		"none":              {&Error{Kind: ErrNotFound, Err: errors.New("x")}, nil},
		"one":               {title, []*FieldError{title}},
		"of a call":         {&Error{Kind: ErrInvalidArgument, Err: title}, []*FieldError{title}},
		"several":           {&Error{Kind: ErrInvalidArgument, Err: errors.Join(title, start)}, []*FieldError{title, start}},
		"wrapped, in order": {fmt.Errorf("a: %w, b: %w", fmt.Errorf("c: %w", start), errors.Join(nil, title)), []*FieldError{start, title}},
	} {
		assert.Equal(t, tt.want, FieldErrors(tt.err), name)
	}
}
