package recorded

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

const vendor = "recorded"

// Encoding is how parameters are sent.
type Encoding int

// The encodings.
const (
	Form Encoding = iota // application/x-www-form-urlencoded
	JSON                 // application/json, with ids as numbers
)

var encodingNames = map[Encoding]string{Form: "Form", JSON: "JSON"}

// String returns the name of the constant, such as JSON, or Encoding(7) for a
// value without a name.
func (e Encoding) String() string { return enum.Name(e, encodingNames) }

// Config configures a Client. It shows only its address when printed.
type Config struct {
	// BaseURL is the address of the API. Required, since it is not published.
	BaseURL string
	// Encoding is how parameters are sent: Form by default, or JSON. The document
	// does not say which.
	Encoding Encoding
}

// Client calls the vendor. It is safe for concurrent use; one client can
// serve for as long as the process runs.
type Client struct{ core *core }

// core is what the operations share. It is behind a pointer so that printing a copy
// of a Client shows nothing.
type core struct {
	transport *transport.Client
	encoding  Encoding
}

// New returns a client for cfg. An invalid field of cfg or an invalid option
// is an error of kind ErrInvalidArgument. New sends nothing.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	var encoding error
	if cfg.Encoding != Form && cfg.Encoding != JSON {
		encoding = transport.ConfigField("Encoding", "must be Form or JSON")
	}
	t, err := transport.New(vendor, cfg.BaseURL, opts, encoding)
	if err != nil {
		return nil, err
	}
	return &Client{&core{t, cfg.Encoding}}, nil
}

// CloseIdleConnections closes the connections that are not in use.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for and decodes the data of
// its answer into out unless out is nil. args is a url.Values, a
// map[string]string, a struct with url tags (and json tags, for JSON) or nil; in
// JSON the first two are an object of strings. method is GET or POST: a GET is
// retried like a read, a POST like a call that creates something. An answer without
// a code is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	return call.Do(ctx, c.core, method, path, 0, args, out)
}

var call = transport.DeclareCall[envelope](vendor, http.MethodGet, http.MethodPost)

// declare declares an operation whose result is the data of its answer.
func declare[Req transport.Request, D any, P payload[D]](spec transport.Spec) *transport.Operation[envelope, Req, *D] {
	return transport.Declare[envelope, Req](vendor, spec, func(a *answer[D, P]) *D { return a.Data })
}

// Transport implements transport.Vendor.
func (c *core) Transport() *transport.Client { return c.transport }

// Begin implements transport.Vendor.
func (c *core) Begin(call *transport.Call, _ *transport.Spec, req any) (transport.Encoder, error) {
	r := &request{get: call.Method == http.MethodGet}
	return r, r.encode(req, c.encoding == JSON && !r.get)
}

// success is the code of an answer that is not a failure.
const success = "200"

// Verdict implements transport.Vendor.
func (c *core) Verdict(_ *transport.Spec, e *envelope, _ *transport.Answer) (v transport.Verdict) {
	switch e.Code {
	case success:
	case "":
		v.Missing = "code"
	default:
		v.Rejection = &transport.Rejection{Kind: edusdk.ErrUnknown, Code: string(e.Code), Message: string(e.Msg)}
	}
	return v
}

// Payload implements transport.Vendor.
func (c *core) Payload(ans *transport.Answer) ([]byte, error) {
	return transport.Member(ans, "data")
}

// request is a call's request, before its attempts.
type request struct {
	params []params.Param
	json   []byte
	get    bool
}

func (r *request) encode(args any, asJSON bool) (err error) {
	if r.params, err = params.Of(args, nil); err != nil || !asJSON {
		return err
	}
	switch args.(type) {
	case nil, url.Values:
		texts := make(map[string]string, len(r.params))
		for _, p := range r.params {
			texts[p.Name] = p.Value
		}
		args = texts
	}
	if r.json, err = json.Marshal(args); err != nil {
		return params.FieldError("args", "cannot be encoded as JSON")
	}
	return nil
}

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	switch {
	case r.get:
		a.Parameters(r.params)
	case r.json != nil:
		a.JSON(r.json)
	default:
		a.Form(r.params)
	}
	return nil
}

// Sensitive implements transport.Encoder. The transport knows what is in the
// request itself.
func (r *request) Sensitive() []string { return nil }

// envelope is what every answer has around its data.
type envelope struct {
	Code lenient.Text `json:"code"`
	Msg  lenient.Text `json:"msg"`
}

// Envelope is for transport.AnswerOf.
func (e *envelope) Envelope() *envelope { return e }

// payload is the constraint on the type of an answer's data.
type payload[D any] interface {
	*D
	// Absent is that of transport.AnswerOf; it may be called on nil.
	Absent() string
}

// answer is an answer with its data.
type answer[D any, P payload[D]] struct {
	envelope

	Data *D `json:"data" wire:"essential"`
}

// Absent is for transport.AnswerOf.
func (a *answer[D, P]) Absent() string { return P(a.Data).Absent() }
