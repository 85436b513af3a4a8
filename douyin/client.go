package douyin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

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

// Config is what a client needs to know. It redacts itself when printed.
type Config struct {
	// AppID is the id of the mini app (小程序 appid). Required.
	AppID string
	// Token gives the access token of the calls. Required.
	Token TokenSource
	// BaseURL is the address of the API, ProductionURL where it is empty.
	BaseURL string
	// Concurrency is how many requests of one QueryProducts are under way at
	// the same time, at the most; 0 means 10.
	Concurrency int
}

// Client calls the vendor. It is safe for concurrent use and made to be kept
// for a process's life.
type Client struct{ *core }

// core is behind a pointer, and so are the secrets in it, which package fmt does
// not follow where it prints what is in an unexported field, without asking its
// methods.
type core struct {
	transport   *transport.Client
	appID       *string
	source      TokenSource
	static      *string // the token of a StaticToken, which cannot be renewed, or nil
	concurrency int
}

// New returns a client for cfg. A field of cfg or an option that makes no sense
// is an error of kind ErrInvalidArgument; so is what makes no sense in the
// configuration of a ClientCredential. Nothing is sent.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	if problem := params.Text(cfg.AppID); problem != "" {
		return nil, transport.ConfigError(vendor, "AppID", problem)
	}
	c := &core{appID: &cfg.AppID, source: cfg.Token, concurrency: cmp.Or(cfg.Concurrency, defaultConcurrency)}
	switch source := cfg.Token.(type) {
	case nil:
		return nil, transport.ConfigError(vendor, "Token", "must not be nil: StaticToken and ClientCredential give one")
	case staticToken:
		if problem := params.Text(*source.value); problem != "" {
			return nil, transport.ConfigError(vendor, "Token", problem)
		}
		c.static = source.value
	case *clientCredential:
		if source.err != nil {
			return nil, source.err
		}
	}
	if c.concurrency < 0 {
		return nil, transport.ConfigError(vendor, "Concurrency", "must not be negative")
	}
	var err error
	if c.transport, err = transport.New(vendor, cmp.Or(cfg.BaseURL, ProductionURL), opts); err != nil {
		return nil, err
	}
	return &Client{c}, nil
}

// CloseIdleConnections closes the connections that wait for another request,
// those of a ClientCredential too. The client stays usable.
func (c *Client) CloseIdleConnections() {
	c.transport.CloseIdleConnections()
	if s, ok := c.source.(interface{ CloseIdleConnections() }); ok {
		s.CloseIdleConnections()
	}
}

// Call calls a path that this package has no method for, such as
// "product/api/add", and decodes the data of its answer into out unless out is
// nil. args becomes the JSON object that is sent: a struct, a map or nil;
// access_token and appid are added. method must be POST, which counts as one
// that creates. As everywhere, an answer without err_no is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	const op = "Call"
	class, err := transport.CheckCall(method, path, out)
	if err == nil && method != http.MethodPost {
		err = params.FieldError("method", "must be POST: parameters go into a JSON body")
	}
	if err != nil {
		return c.transport.Refuse(ctx, op, err)
	}
	body, err := object(args)
	if err != nil {
		return c.transport.Refuse(ctx, op, err)
	}
	call := transport.Call{Op: op, Class: class, Method: method}
	_, err = send(ctx, c, call, path, body, func(ans *transport.Answer, a *answer[rawData]) error {
		if err := read(ans, a); err != nil || out == nil || a.Data == nil {
			return err
		}
		return lenient.Unmarshal(a.Data.raw, out)
	})
	return err
}

// object encodes the parameters of a Call.
func object(args any) ([]byte, error) {
	if args == nil {
		return []byte("{}"), nil
	}
	body, err := json.Marshal(args)
	if err != nil {
		return nil, params.FieldError("args", "cannot be encoded as JSON")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return nil, params.FieldError("args", "must be a struct or a map")
	}
	for _, own := range []string{"access_token", "appid"} {
		if _, there := members[own]; there {
			return nil, params.FieldError(own, "is added by the client")
		}
	}
	return body, nil
}

// send calls path with a JSON object and returns the answer, which read reads.
func send[D any](ctx context.Context, c *Client, call transport.Call, path string, body []byte, read reader[D]) (*answer[D], error) {
	call.URL = c.transport.Base() + "/" + strings.TrimPrefix(path, "/")
	if c.static == nil {
		call.Credential = c.source
	}
	return fetch(ctx, c.transport, call, &request{client: c, body: body, secrets: []string{*c.appID, c.token()}}, read)
}

// reader reads an answer.
type reader[D any] func(*transport.Answer, *answer[D]) error

// fetch carries out a call, or a login.
func fetch[D any](ctx context.Context, t *transport.Client, call transport.Call, r *request, read reader[D]) (*answer[D], error) {
	return transport.Fetch(ctx, t, call, r, func(ans *transport.Answer, a *answer[D]) error {
		a.Extra.LogID = lenient.Text(ans.Header.Get(logIDHeader)) // unless the body has one
		err := read(ans, a)
		ans.RequestID = a.logID() // of one that cannot be read, too
		return err
	})
}

// request is what is sent.
type request struct {
	client  *Client // nil in a login
	body    []byte  // a JSON object
	secrets []string
}

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	a.ContentType, a.Body = "application/json", r.body
	if r.client == nil {
		return nil
	}
	token := cmp.Or(a.Token.Value, r.client.token())
	if problem := params.Text(token); problem != "" {
		return params.FieldError("Config.Token", "gave no token that can be sent: it "+problem)
	}
	r.secrets = append(r.secrets[:2:2], token)
	a.Body = authorized(r.body, token, *r.client.appID)
	return nil
}

// token returns the token of a StaticToken, "" where there is another source.
func (c *core) token() string {
	if c.static == nil {
		return ""
	}
	return *c.static
}

// Sensitive implements transport.Encoder.
func (r *request) Sensitive() []string { return r.secrets }

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

// answer is the envelope of all answers, with its payload.
type answer[D any] struct {
	ErrNo   *lenient.Text `json:"err_no"`
	ErrMsg  lenient.Text  `json:"err_msg"`
	ErrTips lenient.Text  `json:"err_tips"`
	Message lenient.Text  `json:"message"`
	LogID   lenient.Text  `json:"log_id"`
	Extra   struct {
		LogID lenient.Text `json:"logid"`
	} `json:"extra"`
	Data *D `json:"data"`
}

func (a *answer[D]) logID() string {
	id := cmp.Or(a.LogID, a.Extra.LogID)
	if data, ok := any(a.Data).(interface{ reported() *fault }); ok && id == "" && a.Data != nil {
		id = data.reported().LogID
	}
	return string(id)
}

// fault is how the open platform reports a failure, within the data.
type fault struct {
	ErrorCode   *lenient.Text `json:"error_code"`
	Description lenient.Text  `json:"description"`
	LogID       lenient.Text  `json:"log_id"`
}

func (f *fault) reported() *fault { return f }

// dataPtr is what read asks of an endpoint's payload. Embedding fault provides
// one half of it.
type dataPtr[D any] interface {
	*D
	reported() *fault
	missing() string // the part that a success must have and this one has not
}

// rawData is the payload of a Call.
type rawData struct {
	fault

	raw json.RawMessage
}

// UnmarshalJSON keeps the text, and looks for a failure in it.
func (d *rawData) UnmarshalJSON(data []byte) error {
	d.raw = bytes.Clone(data)
	_ = lenient.Unmarshal(data, &d.fault) // it need not be an object
	return nil
}

func (d *rawData) missing() string { return "" }

// outcome tells whether an answer reports how the call went, and returns the
// failure that it reports.
func outcome[D any, P dataPtr[D]](a *answer[D]) (reported bool, failure error) {
	var f fault
	if a.Data != nil {
		f = *P(a.Data).reported()
	}
	for _, code := range []*lenient.Text{a.ErrNo, f.ErrorCode} {
		if code == nil || *code == "" {
			continue
		}
		reported = true
		if *code != "0" {
			message := cmp.Or(a.ErrMsg, a.ErrTips, f.Description, a.Message)
			return true, rejection(string(*code), string(message), a.logID())
		}
	}
	return reported, nil
}

// read decodes an answer: its envelope and its payload in one pass.
func read[D any, P dataPtr[D]](ans *transport.Answer, a *answer[D]) error {
	if err := lenient.Unmarshal(ans.Body, a); err != nil {
		// A failure can come with other data than a success has.
		envelope := answer[rawData]{LogID: a.LogID, Extra: a.Extra}
		if lenient.Unmarshal(ans.Body, &envelope) == nil {
			a.LogID, a.Extra = envelope.LogID, envelope.Extra
			if _, failure := outcome(&envelope); failure != nil {
				return failure
			}
		}
		return err
	}
	switch reported, failure := outcome[D, P](a); {
	case failure != nil:
		return failure
	case !reported:
		return &lenient.Error{Field: "err_no", Problem: "is missing"}
	}
	if part := P(a.Data).missing(); part != "" {
		return &lenient.Error{Field: part, Problem: "is missing"}
	}
	return nil
}
