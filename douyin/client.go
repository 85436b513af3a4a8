package douyin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// The vendor's addresses (document: 基本信息).
const (
	ProductionURL = "https://developer-product.zijieapi.com" // 正式环境
	SandboxURL    = "https://open-sandbox.douyin.com"        // 沙盒环境: with a token of SandboxTokenURL
)

const vendor = "douyin"

// logIDHeader is where the vendor's gateways put the log_id.
const logIDHeader = "X-Tt-Logid"

// defaultConcurrency is how many requests of one QueryProducts are under way.
const defaultConcurrency = 10

// Config configures a Client. It redacts itself when printed.
type Config struct {
	// AppID is the id of the mini app (小程序 appid). Required.
	AppID string
	// Token provides the access token of the calls. Required.
	Token TokenSource
	// BaseURL is the address of the API; empty means ProductionURL.
	BaseURL string
	// TokenExpired reports whether a failure means that the access token is no
	// longer valid, in addition to the codes that this package knows, such as
	// CodeTokenExpired. The token is then renewed and the call sent once more. nil
	// adds none.
	TokenExpired func(code, msg string) bool
	// Concurrency is how many requests of one QueryProducts run at the same time,
	// at most; 0 means 10.
	Concurrency int
}

// Client calls the vendor. It is safe for concurrent use; one client can
// serve for as long as the process runs.
type Client struct{ core *core }

// core is what the operations share. It is behind a pointer, and so are the secrets
// in it, because package fmt prints unexported fields without calling their methods,
// but shows only the address of a pointer.
type core struct {
	transport   *transport.Client
	appID       *string
	source      TokenSource
	static      *string // the token of a StaticToken, which cannot be renewed, or nil
	expired     func(code, msg string) bool
	concurrency int
}

// New returns a client for cfg. An invalid field of cfg, an invalid option or an
// invalid configuration of a ClientCredential is an error of kind
// ErrInvalidArgument. New sends nothing.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	c := &core{appID: &cfg.AppID, source: cfg.Token, expired: cfg.TokenExpired, concurrency: cmp.Or(cfg.Concurrency, defaultConcurrency)}
	problems := []error{transport.ConfigField("AppID", params.Text(cfg.AppID))}
	switch source := cfg.Token.(type) {
	case nil:
		problems = append(problems, transport.ConfigField("Token", "must not be nil: StaticToken and ClientCredential give one"))
	case staticToken:
		problems = append(problems, transport.ConfigField("Token", params.Text(*source.value)))
		c.static = source.value
	case *clientCredential:
		problems = append(problems, source.wrong...)
	}
	if c.concurrency < 0 {
		problems = append(problems, transport.ConfigField("Concurrency", "must not be negative"))
	}
	var err error
	if c.transport, err = transport.New(vendor, cmp.Or(cfg.BaseURL, ProductionURL), opts, problems...); err != nil {
		return nil, err
	}
	return &Client{c}, nil
}

// CloseIdleConnections closes the connections that are not in use, including those
// of a ClientCredential. The client stays usable.
func (c *Client) CloseIdleConnections() {
	c.core.transport.CloseIdleConnections()
	if s, ok := c.core.source.(interface{ CloseIdleConnections() }); ok {
		s.CloseIdleConnections()
	}
}

// Call calls a path that this package has no method for, such as
// "product/api/add", and decodes the data of its answer into out unless out is
// nil. args becomes the JSON object that is sent: a struct, a map or nil;
// access_token and appid are added. method must be POST; it is retried like a call
// that creates something. An answer without err_no is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	return call.Do(ctx, c.core, method, path, anyObject, args, out)
}

var call = transport.DeclareCall[envelope](vendor, http.MethodPost)

// anyObject is the trait of requests that are an importer's own.
const anyObject transport.Traits = 1

// Transport implements transport.Vendor.
func (c *core) Transport() *transport.Client { return c.transport }

// Begin implements transport.Vendor.
func (c *core) Begin(call *transport.Call, spec *transport.Spec, req any) (transport.Encoder, error) {
	if c.static == nil {
		call.Credential = c.source
	}
	body, err := encode(req)
	if err == nil && spec.Traits.Has(anyObject) {
		err = checkObject(body)
	}
	return &request{c, body}, err
}

// Verdict implements transport.Vendor.
func (c *core) Verdict(_ *transport.Spec, e *envelope, ans *transport.Answer) transport.Verdict {
	v := e.verdict(ans)
	if r := v.Rejection; r != nil && c.expired != nil && c.expired(r.Code, r.Message) {
		r.Kind, r.Reason = edusdk.ErrUnauthenticated, transport.TokenRejected
	}
	return v
}

// Payload implements transport.Vendor.
func (c *core) Payload(ans *transport.Answer) ([]byte, error) {
	return transport.Member(ans, "data")
}

// encode encodes parameters.
func encode(args any) ([]byte, error) {
	if args == nil {
		return []byte("{}"), nil
	}
	body, err := json.Marshal(args)
	if err != nil {
		return nil, params.FieldError("args", "cannot be encoded as JSON")
	}
	return body, nil
}

// checkObject checks the parameters of a Call.
func checkObject(body []byte) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return params.FieldError("args", "must be a struct or a map")
	}
	for _, own := range []string{"access_token", "appid"} {
		if _, there := members[own]; there {
			return params.FieldError(own, "is added by the client")
		}
	}
	return nil
}

// request is a call's request, before its attempts.
type request struct {
	*core

	body []byte // a JSON object
}

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	token := cmp.Or(a.Token.Value, r.token())
	if problem := params.Text(token); problem != "" {
		return params.FieldError("Config.Token", "gave no token that can be sent: it "+problem)
	}
	a.JSON(authorized(r.body, token, *r.appID))
	return nil
}

// token returns the token of a StaticToken, "" where there is another source.
func (c *core) token() string {
	if c.static == nil {
		return ""
	}
	return *c.static
}

// Sensitive implements transport.Encoder. The transport knows what is in the
// request itself.
func (r *request) Sensitive() []string { return []string{*r.appID, r.token()} }

// authorized adds to a JSON object what all calls have.
func authorized(object []byte, token, appID string) []byte {
	own, _ := json.Marshal(struct { //nolint:gosec // the token is what the request is for
		AccessToken string `json:"access_token"`
		AppID       string `json:"appid"`
	}{token, appID}) // strings can always be encoded
	if len(object) == len("{}") {
		return own
	}
	own[len(own)-1] = ','
	return append(own, object[1:]...)
}

// envelope is what all answers have around their data.
type envelope struct {
	ErrNo   *lenient.Text `json:"err_no" wire:"essential,alias=err_code"`
	ErrMsg  lenient.Text  `json:"err_msg"`
	ErrTips lenient.Text  `json:"err_tips"`
	Message lenient.Text  `json:"message"`
	LogID   lenient.Text  `json:"log_id"`
	Extra   struct {
		LogID lenient.Text `json:"logid"`
	} `json:"extra"`
	Fault fault `json:"data"`

	fromHeader string // the log_id where the body has none
}

// fault is how the open platform reports a failure, within the data.
type fault struct {
	ErrorCode   *lenient.Text `json:"error_code"`
	Description lenient.Text  `json:"description"`
	LogID       lenient.Text  `json:"log_id"`
}

// UnmarshalJSON reads a failure from data, which need not be an object.
func (f *fault) UnmarshalJSON(data []byte) error {
	type plain fault
	_ = lenient.Unmarshal(data, (*plain)(f))
	return nil
}

// inData is embedded by the types of data.
type inData struct {
	ErrorCode   *lenient.Text `json:"error_code" wire:"essential"`
	Description lenient.Text  `json:"description"`
	LogID       lenient.Text  `json:"log_id"`
}

func (d *inData) reported() fault { return fault(*d) }

// logID returns what the vendor's support asks for.
func (e *envelope) logID() string {
	return cmp.Or(string(e.LogID), string(e.Extra.LogID), string(e.Fault.LogID), e.fromHeader)
}

// verdict judges an answer.
func (e *envelope) verdict(ans *transport.Answer) (v transport.Verdict) {
	e.fromHeader = ans.Header.Get(logIDHeader)
	v.RequestID, v.Missing = e.logID(), "err_no"
	for _, code := range []*lenient.Text{e.ErrNo, e.Fault.ErrorCode} {
		if code == nil || *code == "" {
			continue
		}
		v.Missing = ""
		if *code != "0" {
			message := cmp.Or(e.ErrMsg, e.ErrTips, e.Fault.Description, e.Message)
			v.Rejection = rejection(string(*code), string(message), e.logID())
			return v
		}
	}
	return v
}

// payload is the constraint on the type of an answer's data.
type payload[D any] interface {
	*D
	// Absent is that of transport.AnswerOf; it may be called on nil.
	Absent() string
	reported() fault
}

// answer is an answer with its data.
type answer[D any, P payload[D]] struct {
	envelope

	Data *D `json:"data" wire:"essential"`
}

// Envelope is for transport.AnswerOf.
func (a *answer[D, P]) Envelope() *envelope {
	if a.Data != nil {
		a.Fault = P(a.Data).reported()
	}
	return &a.envelope
}

// Absent is for transport.AnswerOf.
func (a *answer[D, P]) Absent() string { return P(a.Data).Absent() }
