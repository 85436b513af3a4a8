package zjy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ProductionURL is the vendor's address.
const ProductionURL = "https://zjy2.icve.com.cn"

const vendor = "zjy"

// Config is what a client needs to know. It redacts itself when printed.
type Config struct {
	// Auth is the value of the cookie auth that a student's login has set.
	// Required, and secret.
	Auth string
	// BaseURL is the address of the API, ProductionURL where it is empty.
	BaseURL string
}

// Client calls the vendor for one student. It is safe for concurrent use. It
// keeps no cookies: a session is what Config.Auth says.
type Client struct{ core *core }

// core is behind a pointer, and so are the secrets in it, which package fmt does
// not follow where it prints what is in an unexported field, without asking its
// methods.
type core struct {
	transport *transport.Client
	auth      *string
	cookie    *http.Header
}

// New returns a client for cfg. A field of cfg or an option that makes no sense
// is an error of kind ErrInvalidArgument. Nothing is sent. Cookies that
// edusdk.WithHeader sets go along with the one that cfg.Auth makes.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	if cfg.Auth == "" || strings.ContainsFunc(cfg.Auth, notInCookie) {
		return nil, transport.ConfigError(vendor, "Auth", "must be the value of the cookie auth, without its name and attributes")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = ProductionURL
	}
	t, err := transport.New(vendor, cfg.BaseURL, opts)
	if err != nil {
		return nil, err
	}
	cookie, err := cookies(cfg.Auth, opts)
	if err != nil {
		return nil, err
	}
	return &Client{&core{t, &cfg.Auth, &http.Header{"Cookie": {cookie}}}}, nil
}

// cookies returns the header Cookie: a request has one, so that of the options
// must become a part of it.
func cookies(auth string, opts []edusdk.Option) (string, error) {
	o, err := edusdk.NewOptions(opts...)
	if err != nil {
		return "", err
	}
	all := "auth=" + auth
	for _, header := range o.Header["Cookie"] {
		others, err := http.ParseCookie(header)
		if err != nil || slices.ContainsFunc(others, func(c *http.Cookie) bool { return c.Name == "auth" }) {
			return "", transport.ConfigError(vendor, "Auth", "must be the only cookie auth, beside well-formed ones of WithHeader")
		}
		all += "; " + header
	}
	return all, nil
}

// notInCookie reports whether a cookie's value cannot hold r (RFC 6265).
func notInCookie(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`",;\`, r) }

// CloseIdleConnections closes the connections that wait for another request.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for, such as
// "/api/student/…", and decodes the whole answer into out unless out is nil.
// args is a url.Values, a map[string]string, a struct with url tags or nil.
// method is GET, which counts as safe to repeat, or POST, which counts as one
// that creates. As everywhere, an answer without a code is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	e := endpoint{op: "Call", path: strings.TrimPrefix(path, "/"), method: method}
	var err error
	if e.class, err = transport.CheckCall(method, path, out); err != nil {
		return c.core.transport.Refuse(ctx, e.op, err)
	}
	_, err = send(ctx, c.core, e, args, func(ans *transport.Answer, a *envelope) error {
		if err := read(ans, a); err != nil || out == nil {
			return err
		}
		return lenient.Unmarshal(ans.Body, out)
	})
	return err
}

// endpoint declares an operation of the vendor.
type endpoint struct {
	op     string          // as in edusdk.Error
	path   string          // without a slash in front
	class  transport.Class // how safe it is to repeat
	method string          // "" is POST
}

// do calls an endpoint with args, as params.Of takes them, and returns the
// answer, whose payload stands beside its code.
func do[A any, P answerPtr[A]](ctx context.Context, c *Client, e endpoint, args any) (*A, error) {
	return send(ctx, c.core, e, args, read[A, P])
}

// send calls an endpoint whose answer read reads.
func send[A any](ctx context.Context, c *core, e endpoint, args any, read func(*transport.Answer, *A) error) (*A, error) {
	ps, err := params.Of(args, nil)
	if err != nil {
		return nil, c.transport.Refuse(ctx, e.op, err)
	}
	call := transport.Call{Op: e.op, Class: e.class, Method: e.method, URL: c.transport.Base() + "/" + e.path}
	if call.Method == "" {
		call.Method = http.MethodPost
	}
	return transport.Fetch(ctx, c.transport, call, &request{c, ps, call.Method == http.MethodGet}, read)
}

// request is what is sent.
type request struct {
	*core

	params []params.Param
	get    bool
}

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	a.Header = *r.cookie
	if r.get {
		a.Query = string(params.Form(r.params))
		return nil
	}
	a.ContentType, a.Body = "application/x-www-form-urlencoded", params.Form(r.params)
	return nil
}

// Sensitive implements transport.Encoder.
func (r *request) Sensitive() []string { return append(params.Values(r.params), *r.auth) }

// answerPtr is what read asks of an endpoint's answer type. Embedding envelope
// provides it.
type answerPtr[A any] interface {
	*A
	outer() *envelope
	missing() string // the payload that a success must have and this one has not
}

// envelope is what every answer has beside its payload.
type envelope struct {
	Code code         `json:"code"`
	Msg  lenient.Text `json:"msg"`
}

func (e *envelope) outer() *envelope { return e }
func (e *envelope) missing() string  { return "" }

// read decodes an answer: its code and its payload in one pass.
func read[A any, P answerPtr[A]](ans *transport.Answer, into *A) error {
	a := P(into)
	if err := lenient.Unmarshal(ans.Body, a); err != nil {
		// A failure can come with another payload than a success.
		var e envelope
		if lenient.Unmarshal(ans.Body, &e) == nil && e.Code.failed() {
			return rejection(&e, ans.Body)
		}
		return err
	}
	switch e := a.outer(); {
	case e.Code.text == "":
		return &lenient.Error{Field: "code", Problem: "is missing"}
	case e.Code.failed():
		return rejection(e, ans.Body)
	}
	if missing := a.missing(); missing != "" {
		return &lenient.Error{Field: missing, Problem: "is missing"}
	}
	return nil
}

// code is a code of the vendor, which means different things as a number and
// as a string.
type code struct {
	text   string
	quoted bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *code) UnmarshalJSON(data []byte) error {
	var text lenient.Text
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*c = code{string(text), bytes.HasPrefix(data, []byte(`"`))}
	return nil
}

func (c code) failed() bool { return c.text != "" && c.text != codeOK }
