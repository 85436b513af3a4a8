package transport

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
)

// Spec describes an operation.
type Spec struct {
	// Vendor is the name of the vendor's package. [Declare] sets it.
	Vendor string
	// Op is the method's name below the client, as in edusdk.Error:
	// "Rooms.Create".
	Op string
	// Section is where the vendor's document describes the operation, in the
	// document's words: "1.10 学习进度数据上报接口".
	Section string
	// Method is the HTTP method; "" is POST.
	Method string
	// Path is the route without a leading slash: "api/v4/room/create". It is empty
	// for Call, which takes any path.
	Path string
	// Class says how safe the operation is to repeat.
	Class Class
	// Lookup is the method that shows whether a create whose answer was lost
	// was carried out: "Rooms.List"; "" if the vendor offers none.
	Lookup string
	// AnyContent passes answers that are not JSON on to the operation.
	AnyContent bool
	// Link says that the client builds the address and does not fetch it.
	Link bool
	// Traits are further properties of the operation: bits that the vendor's
	// package defines.
	Traits Traits
	route  string // Path as declared, so "" for a Call
	// Essential are the wire paths of the answer's fields that a caller's decision
	// can depend on: a call fails if one of them cannot be read.
	// [Declare] reads them from the answer type's tags.
	Essential []string
	// Answer is the type that an answer is decoded into, its envelope included; nil
	// for answers that are not JSON. [Declare] sets it.
	Answer reflect.Type
}

// Traits are bits of a [Spec] that the vendor's package defines.
type Traits uint8

// Has reports whether all bits of other are set.
func (t Traits) Has(other Traits) bool { return t&other == other }

// Request is what an operation is called with. Every request type validates itself;
// [NoRules] is for those that have no rules beyond their tags.
type Request interface {
	// Validate returns what is wrong with the request: one *edusdk.FieldError,
	// or several joined.
	Validate() error
}

// NoRules is embedded by requests that have no rules beyond their tags.
type NoRules struct{}

// Validate implements [Request]: it refuses nothing.
func (NoRules) Validate() error { return nil }

// None is the request of an operation that takes no parameters.
type None struct{ NoRules }

// Vendor is what the operations of a vendor have in common. Its implementation
// is the vendor's client, or the part of it that a call needs. E is the envelope
// of the vendor's answers.
type Vendor[E any] interface {
	// Transport returns the client that sends the calls.
	Transport() *Client
	// Begin prepares a call: it checks and encodes req as far as that does not
	// depend on the time or on a token, and returns the Encoder that writes the
	// requests. It may change the call's URL and set its Credential. If it returns
	// an error, which joins all problems, nothing is sent.
	Begin(call *Call, spec *Spec, req any) (Encoder, error)
	// Verdict judges the envelope of an answer.
	Verdict(spec *Spec, envelope *E, ans *Answer) Verdict
	// Payload returns the part of an answer that Call decodes for its caller, or
	// nil if there is none.
	Payload(ans *Answer) ([]byte, error)
}

// Verdict is what an answer's envelope says about a call.
type Verdict struct {
	// Rejection is the failure that the vendor reports; nil for a success.
	Rejection *Rejection
	// Missing is the wire name of the status field if the envelope lacks it, else
	// "". An answer without its status is not a success.
	Missing string
	// RequestID is the id that the vendor's support asks for, "" if the answer has
	// none.
	RequestID string
}

// AnswerOf is the pointer to a decoded answer of type W: the vendor's envelope E with
// the payload in it or beside it.
type AnswerOf[E, W any] interface {
	*W
	// Envelope returns the envelope.
	Envelope() *E
	// Absent names the first part of the payload that a success must have and this
	// answer lacks, or "" if there is none.
	Absent() string
}

// Operation is an operation of a vendor, declared once and called by the client's
// method of the same name. Req is what it is called with, and Ans what it returns.
type Operation[E any, Req Request, Ans any] struct {
	*Spec

	do func(ctx context.Context, v Vendor[E], spec *Spec, req Req) (Ans, []edusdk.UnreadField, error)
}

// Declare declares an operation and registers it for [Operations]. result extracts
// from an answer what the method returns.
func Declare[E any, Req Request, Ans, W any, P AnswerOf[E, W]](vendor string, spec Spec, result func(P) Ans) *Operation[E, Req, Ans] {
	spec.Essential, spec.Answer = lenient.Essential[W](), reflect.TypeFor[W]()
	return &Operation[E, Req, Ans]{
		Spec: register(vendor, spec),
		do: func(ctx context.Context, v Vendor[E], spec *Spec, req Req) (ans Ans, _ []edusdk.UnreadField, err error) {
			x := &exchange[E, W, P]{vendor: v, spec: spec}
			if err := carryOut(ctx, v, spec, &x.half, x, req, req.Validate()); err != nil {
				return ans, nil, err
			}
			return result(x.answer), x.unread, nil
		},
	}
}

// DeclarePage is Declare for an operation whose answers are not JSON: read extracts
// the result from an answer, and returns errors like Exchange.Decode.
func DeclarePage[E any, Req Request, Ans any](vendor string, spec Spec, read func(*Answer) (Ans, error)) *Operation[E, Req, Ans] {
	spec.AnyContent = true
	return &Operation[E, Req, Ans]{
		Spec: register(vendor, spec),
		do: func(ctx context.Context, v Vendor[E], spec *Spec, req Req) (Ans, []edusdk.UnreadField, error) {
			x := &page[Ans]{read: read}
			err := carryOut(ctx, v, spec, &x.half, x, req, req.Validate())
			return x.result, nil, err
		},
	}
}

// DeclareLink registers a link for [Operations]: an address that the vendor's client
// builds and does not fetch.
func DeclareLink(vendor string, spec Spec) *Spec {
	spec.Link, spec.Method = true, http.MethodGet
	return register(vendor, spec)
}

// Do calls the operation. Its errors are *edusdk.Error.
func (o *Operation[E, Req, Ans]) Do(ctx context.Context, v Vendor[E], req Req) (Ans, error) {
	ans, _, err := o.do(ctx, v, o.Spec, req)
	return ans, err
}

// Read is like Do and also returns which parts of the answer could not be read, for
// results whose completeness matters.
func (o *Operation[E, Req, Ans]) Read(ctx context.Context, v Vendor[E], req Req) (Ans, []edusdk.UnreadField, error) {
	return o.do(ctx, v, o.Spec, req)
}

// With returns a copy of the operation with additional traits, for a single call.
func (o *Operation[E, Req, Ans]) With(t Traits) *Operation[E, Req, Ans] {
	spec := *o.Spec
	spec.Traits |= t
	return &Operation[E, Req, Ans]{Spec: &spec, do: o.do}
}

// Done calls an operation whose answer holds only success or failure.
func Done[E any, Req Request](ctx context.Context, o *Operation[E, Req, struct{}], v Vendor[E], req Req) error {
	_, _, err := o.do(ctx, v, o.Spec, req)
	return err
}

// half is what the calls of all operations share: the Call and the Encoder of its
// requests. Decode is the other half of the Exchange.
type half struct {
	Encoder

	call Call
}

// carryOut begins a call and sends it. invalid is the result of the request's
// Validate.
func carryOut[E any](ctx context.Context, v Vendor[E], spec *Spec, h *half, x Exchange, req any, invalid error) error {
	t := v.Transport()
	h.call = Call{
		Op: spec.Op, Section: spec.Section, Route: spec.route, Class: spec.Class, Lookup: spec.Lookup,
		Method: spec.method(), URL: t.Base() + "/" + spec.Path, AnyContent: spec.AnyContent, Exchange: x,
	}
	enc, err := v.Begin(&h.call, spec, req)
	if err := joined(invalid, err); err != nil {
		return t.refuse(ctx, &h.call, err)
	}
	h.Encoder = enc
	return t.Do(ctx, &h.call)
}

func (s *Spec) method() string {
	if s.Method == "" {
		return http.MethodPost
	}
	return s.Method
}

// joined joins two errors so that all invalid fields are named together, each of
// them once.
func joined(a, b error) error {
	all := params.Split(a)
	for _, err := range params.Split(b) {
		var f *edusdk.FieldError
		named := errors.As(err, &f) && slices.ContainsFunc(all, func(err error) bool {
			var other *edusdk.FieldError
			return errors.As(err, &other) && other.Field == f.Field
		})
		if !named {
			all = append(all, err)
		}
	}
	return params.Join(all...)
}

// exchange is a call whose answer is decoded into a W.
type exchange[E, W any, P AnswerOf[E, W]] struct {
	half

	vendor Vendor[E]
	spec   *Spec
	answer P
	unread []edusdk.UnreadField // of the answer
}

// Decode implements Exchange. Each attempt decodes into a new W, so that nothing is
// left over from a failed attempt's answer.
func (x *exchange[E, W, P]) Decode(ans *Answer) error {
	x.answer = new(W)
	if err := ans.decode(x.answer); err != nil {
		// A failure can come with another payload than a success has.
		e := new(E)
		readable := ans.limit.Decode(ans.Body, e, nil) == nil
		if !readable {
			e = new(E)
		}
		verdict := x.vendor.Verdict(x.spec, e, ans)
		ans.requestID = verdict.RequestID
		if readable && verdict.Rejection != nil {
			return verdict.Rejection
		}
		return err
	}
	if err := x.vendor.Verdict(x.spec, x.answer.Envelope(), ans).err(ans); err != nil {
		return err
	}
	x.unread = ans.unread
	return missing(x.answer.Absent())
}

// err returns the error that the verdict means, or nil.
func (v Verdict) err(ans *Answer) error {
	ans.requestID = v.RequestID
	if v.Rejection != nil {
		return v.Rejection
	}
	return missing(v.Missing)
}

// missing returns the error for a field that an answer lacks, nil for "".
func missing(field string) error {
	if field == "" {
		return nil
	}
	return &lenient.Error{Field: field, Problem: "is missing"}
}

// page is a call whose answer is not JSON.
type page[Ans any] struct {
	half

	read   func(*Answer) (Ans, error)
	result Ans
}

// Decode implements Exchange.
func (p *page[Ans]) Decode(ans *Answer) (err error) {
	p.result, err = p.read(ans)
	return err
}

// Caller is the escape hatch of a vendor's client: its method Call, for paths
// that have no method of their own.
type Caller[E any] struct {
	spec    *Spec
	methods []string
}

// DeclareCall declares the Call of a vendor's client, which takes the HTTP
// methods.
func DeclareCall[E any](vendor string, methods ...string) *Caller[E] {
	return &Caller[E]{register(vendor, Spec{Op: escapeHatch, Class: Create}), methods}
}

// Do calls path and decodes the payload of the answer into what out points to,
// unless out is nil. A GET is retried like a read; every other method is retried like
// a create, because nothing is known about it. traits apply to this call.
func (c *Caller[E]) Do(ctx context.Context, v Vendor[E], method, path string, traits Traits, args, out any) error {
	spec := *c.spec
	spec.Method, spec.Path, spec.Traits = method, strings.TrimPrefix(path, "/"), traits
	var err error
	if spec.Class, err = CheckCall(method, path, out, c.methods...); err != nil {
		return v.Transport().refuse(ctx, &Call{Op: spec.Op, Class: spec.Class}, err)
	}
	x := &called[E]{vendor: v, spec: &spec, out: out}
	return carryOut(ctx, v, &spec, &x.half, x, args, nil)
}

// called is a call of a Caller.
type called[E any] struct {
	half

	vendor Vendor[E]
	spec   *Spec
	out    any
}

// Decode implements Exchange.
func (x *called[E]) Decode(ans *Answer) error {
	e := new(E)
	if err := ans.decode(e); err != nil {
		return err
	}
	if err := x.vendor.Verdict(x.spec, e, ans).err(ans); err != nil || x.out == nil {
		return err
	}
	payload, err := x.vendor.Payload(ans)
	if err != nil || payload == nil {
		return err
	}
	return ans.Unmarshal(payload, x.out)
}

// Member returns a member of the answer's JSON object, or nil if it is absent or null:
// the Payload of a vendor that has the payload in a member of the envelope. It is good
// for as long as the answer is.
func Member(ans *Answer, name string) ([]byte, error) {
	var members map[string]lenient.Part
	if err := ans.Unmarshal(ans.Body, &members); err != nil {
		return nil, err
	}
	if m := members[name]; string(m) != "null" {
		return m, nil
	}
	return nil, nil
}
