package transport

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
)

// Call is one operation under way.
type Call struct {
	Op      string // as in edusdk.Error
	Section string // of the vendor's document
	Route   string // the path without a slash in front; "" where it is the importer's
	Class   Class
	Lookup  string // as in Spec
	Method  string
	URL     string // absolute and without a query
	// Credential gives the token that Encode needs; nil: none is needed.
	Credential Credential
	// AnyContent lets answers that are not JSON reach Decode.
	AnyContent bool
	// Foreign is the host of URL where it is not the vendor's: that of a link. The
	// importer's headers are not sent there, and URL's path is hidden like its query.
	Foreign string
	Exchange
}

// Exchange is what a vendor does its own way: how a request is written and how
// an answer is read.
type Exchange interface {
	// Encode writes the request of one attempt into a. It runs for every
	// attempt, because timestamps, signatures and tokens age. Its error
	// fails the call before anything is sent: a *edusdk.FieldError as
	// ErrInvalidArgument.
	Encode(a *Attempt) error
	// Decode reads an answer. It returns nil for success, a *Rejection for the
	// vendor's word that the call failed, and any other error for an answer
	// that is not what the document says. It must not keep the body.
	Decode(a *Answer) error
	// Sensitive returns the credentials of the call, which no error may show; it is
	// called when a call fails. What the request holds, and its token, is known.
	Sensitive() []string
}

// Attempt is the request of one attempt, for Encode to fill in.
type Attempt struct {
	Now    time.Time    // the client's clock, corrected
	Number int          // counted from 1
	Token  edusdk.Token // of the call's Credential

	Query       string // encoded
	Header      http.Header
	ContentType string
	Body        []byte  // not to be changed any more, or
	Stream      *Stream // a body too large to be held

	began  time.Time // on the client's clock, not corrected
	offset int64     // the correction, in nanoseconds
	trace  sentTrace

	// What else a request needs, here to save allocations:
	context attemptContext
	body    bytes.Reader
	once    onceBody

	streamed *streamBody // of Stream
}

// Form makes ps the body, as a form.
func (a *Attempt) Form(ps []params.Param) {
	a.ContentType, a.Body = "application/x-www-form-urlencoded", params.Form(ps)
}

// Parameters makes ps the query.
func (a *Attempt) Parameters(ps []params.Param) { a.Query = string(params.Form(ps)) }

// JSON makes body, which is JSON, the body.
func (a *Attempt) JSON(body []byte) { a.ContentType, a.Body = "application/json", body }

// Multipart makes a form of ps, with a file at its end, the body.
func (a *Attempt) Multipart(ps []params.Param, f *File) (err error) {
	a.Stream, a.ContentType, err = f.multipart(ps)
	return err
}

// Answer is a response that was read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // valid until Decode returns

	limit     lenient.Limit
	requestID string
	unread    []edusdk.UnreadField
}

// Unmarshal decodes data, the body or a part of it, into what v points to, and every
// field must be readable.
func (a *Answer) Unmarshal(data []byte, v any) error { return a.limit.Unmarshal(data, v) }

// decode decodes the body into what v points to. Fields that nobody depends on and
// that cannot be read are noted.
func (a *Answer) decode(v any) error { return a.limit.Decode(a.Body, v, a.note) }

// note notes a field that was left zero, or an element that was left out.
func (a *Answer) note(e *lenient.Error) {
	a.unread = append(a.unread, edusdk.UnreadField{Field: e.Field, Problem: e.Problem, Omitted: e.Omitted})
}

// Rejection is the vendor's word that it did not carry out a call.
type Rejection struct {
	// Kind is ErrUnknown for a code that does not tell: the HTTP status of a
	// failure then decides in its place.
	Kind      edusdk.Kind
	Code      string
	Message   string
	RequestID string
	// Documented says that Code and Message are fixed words of the vendor's
	// documents, so that they hold nothing of the call and are left as is.
	Documented bool
	Reason     Reason
	// Cause becomes Error.Err, as it is: its text must hold nothing of the call.
	Cause error
}

// Error returns the code.
func (r *Rejection) Error() string { return r.Code }

// Reason tells the rejections that the transport can do something about.
type Reason uint8

// The reasons for a rejection.
const (
	Business      Reason = iota // it stays rejected
	TokenRejected               // another token may do
	ClockRejected               // the right time may do
	RateLimited                 // a later repetition may do
	Outage                      // the vendor broke down over it, as with an HTTP 500: it may be done all the same
)

func (r Reason) failure() failure {
	switch r {
	case TokenRejected:
		return tokenRejected
	case ClockRejected:
		return clockRejected
	case RateLimited:
		return rateLimited
	case Outage:
		return lost
	default:
		return rejected
	}
}

// Credential gives the tokens of a login.
type Credential interface {
	// Token returns the current token, logging in if there is none.
	Token(ctx context.Context) (edusdk.Token, error)
	// Invalidate drops the token with this value, and only that one.
	Invalidate(ctx context.Context, value string) error
}
