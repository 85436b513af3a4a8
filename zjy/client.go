package zjy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
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
	if cfg.Auth == "" || strings.ContainsFunc(cfg.Auth, notInCookie) || cookieName.MatchString(cfg.Auth) {
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

// cookieName matches a whole cookie, or a header with one, in place of its value.
var cookieName = regexp.MustCompile(`(?i)^(cookie:|set-cookie:|auth=)`)

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
	return call.Do(ctx, c.core, method, path, 0, args, out)
}

var call = transport.DeclareCall[envelope](vendor, http.MethodGet, http.MethodPost)

// operation is an operation of the vendor.
type operation[Req transport.Request, Ans any] = transport.Operation[envelope, Req, Ans]

// declare declares an operation whose result stands in a P.
func declare[Req transport.Request, Ans, W any, P transport.AnswerOf[envelope, W]](spec transport.Spec, result func(P) Ans) *operation[Req, Ans] {
	return transport.Declare[envelope, Req](vendor, spec, result)
}

// Transport implements transport.Vendor.
func (c *core) Transport() *transport.Client { return c.transport }

// Begin implements transport.Vendor.
func (c *core) Begin(call *transport.Call, _ *transport.Spec, req any) (transport.Encoder, error) {
	ps, err := params.Of(req, nil)
	return &request{c, ps, call.Method == http.MethodGet}, err
}

// Verdict implements transport.Vendor.
func (c *core) Verdict(_ *transport.Spec, e *envelope, ans *transport.Answer) (v transport.Verdict) {
	switch {
	case e.Code.text == "":
		v.Missing = "code"
	case e.Code.text != codeOK:
		v.Rejection = rejection(e, ans.Body)
	}
	return v
}

// Payload implements transport.Vendor: it stands beside the envelope.
func (c *core) Payload(ans *transport.Answer) ([]byte, error) { return ans.Body, nil }

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
		a.Parameters(r.params)
	} else {
		a.Form(r.params)
	}
	return nil
}

// Sensitive implements transport.Encoder: what is in the request is known.
func (r *request) Sensitive() []string { return []string{*r.auth} }

// envelope is what every answer has beside its payload.
type envelope struct {
	Code code         `json:"code"`
	Msg  lenient.Text `json:"msg"`
}

// Envelope is for transport.AnswerOf.
func (e *envelope) Envelope() *envelope { return e }

// outcome is an answer that holds nothing else.
type outcome struct{ envelope }

// Absent is for transport.AnswerOf.
func (*outcome) Absent() string { return "" }

func nothing(*outcome) (none struct{}) { return none }

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
