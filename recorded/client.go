package recorded

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/edusdk/edusdk"
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

// Config is what a client needs to know. It prints its address alone.
type Config struct {
	// BaseURL is the address of the API. Required: it is published nowhere.
	BaseURL string
	// Encoding is Form unless said otherwise; the document names none.
	Encoding Encoding
}

// Client calls the vendor. It is safe for concurrent use and made to be kept
// for a process's life.
type Client struct{ *core }

// core is behind a pointer so that printing a copy of a Client shows nothing.
type core struct {
	transport *transport.Client
	encoding  Encoding
}

// New returns a client for cfg. A field of cfg or an option that makes no sense
// is an error of kind ErrInvalidArgument. Nothing is sent.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	if cfg.Encoding != Form && cfg.Encoding != JSON {
		return nil, transport.ConfigError(vendor, "Encoding", "must be Form or JSON")
	}
	t, err := transport.New(vendor, cfg.BaseURL, opts)
	if err != nil {
		return nil, err
	}
	return &Client{&core{t, cfg.Encoding}}, nil
}

// CloseIdleConnections closes the connections that wait for another request.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for and decodes the data of
// its answer into out unless out is nil. args is a url.Values, a
// map[string]string, a struct with url tags (and json tags, for JSON) or nil; in
// JSON the first two are an object of strings. method is GET, which counts as
// safe to repeat, or POST, which counts as one that creates. As everywhere, an
// answer without a code is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	const op = "Call"
	class, err := transport.CheckCall(method, path, out)
	if err != nil {
		return c.transport.Refuse(ctx, op, err)
	}
	call := transport.Call{Op: op, Class: class, Method: method}
	_, err = send(ctx, c, call, path, args, func(ans *transport.Answer, a *answer[json.RawMessage]) error {
		if err := read(ans, a); err != nil || out == nil || a.Data == nil {
			return err
		}
		return lenient.Unmarshal(*a.Data, out)
	})
	return err
}

// send calls path, whose answer read reads, and returns the data.
func send[D any](ctx context.Context, c *Client, call transport.Call, path string, args any, read func(*transport.Answer, *answer[D]) error) (*D, error) {
	r := &request{get: call.Method == http.MethodGet}
	if err := r.encode(args, c.encoding == JSON && !r.get); err != nil {
		return nil, c.transport.Refuse(ctx, call.Op, err)
	}
	call.URL = c.transport.Base() + "/" + strings.TrimPrefix(path, "/")
	a, err := transport.Fetch(ctx, c.transport, call, r, read)
	if err != nil {
		return nil, err
	}
	return a.Data, nil
}

// request is what is sent.
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
		a.Query = string(params.Form(r.params))
	case r.json != nil:
		a.ContentType, a.Body = "application/json", r.json
	default:
		a.ContentType, a.Body = "application/x-www-form-urlencoded", params.Form(r.params)
	}
	return nil
}

// Sensitive implements transport.Encoder.
func (r *request) Sensitive() []string { return params.Values(r.params) }

// success is the code of an answer that is none of a failure.
const success = "200"

// answer is the envelope of all answers, with its payload.
type answer[D any] struct {
	Code lenient.Text `json:"code"`
	Msg  lenient.Text `json:"msg"`
	Data *D           `json:"data"`
}

// rejection returns the failure that the answer reports, if it reports one.
func (a *answer[D]) rejection() error {
	if a.Code == "" || a.Code == success {
		return nil
	}
	return &transport.Rejection{Kind: edusdk.ErrUnknown, Code: string(a.Code), Message: string(a.Msg)}
}

// read decodes an answer: its envelope and its payload in one pass.
func read[D any](ans *transport.Answer, a *answer[D]) error {
	if err := lenient.Unmarshal(ans.Body, a); err != nil {
		// A failure can come with other data than a success has.
		var envelope answer[json.RawMessage]
		if lenient.Unmarshal(ans.Body, &envelope) == nil && envelope.rejection() != nil {
			return envelope.rejection()
		}
		return err
	}
	switch err := a.rejection(); {
	case err != nil:
		return err
	case a.Code == "":
		return &lenient.Error{Field: "code", Problem: "is missing"}
	}
	if d, ok := any(a.Data).(interface{ missing() string }); ok {
		if part := d.missing(); part != "" {
			return &lenient.Error{Field: part, Problem: "is missing"}
		}
	}
	return nil
}
