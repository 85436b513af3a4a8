package duobeiyun

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ProductionURL is the vendor's address (document: 请求链接规则).
const ProductionURL = "https://api.duobeiyun.com"

// SignatureLifetime is how long a signed request or link is good for.
const SignatureLifetime = 5 * time.Minute

const vendor = "duobeiyun"

// Config is what a client needs to know. It redacts itself when printed.
type Config struct {
	// Partner is the id (合作 id) that the vendor gave the account. Required.
	Partner string
	// AppKey signs the requests. Required, and secret.
	AppKey string
	// BaseURL is the address of the API, ProductionURL where it is empty.
	// Where one is given, its scheme is that of all links and requests.
	BaseURL string
}

// Client calls the vendor. It is safe for concurrent use and made to be kept
// for a process's life.
type Client struct {
	Rooms      *RoomsService
	Documents  *DocumentsService
	Videos     *VideosService
	WeixinLive *WeixinLiveService
	Statistics *StatisticsService
	Merchant   *MerchantService

	core *core
}

// core is what the services share.
type core struct {
	transport *transport.Client
	plainBase string // the base for what the document wants over http

	// Behind pointers, which package fmt does not follow where it prints what is
	// in an unexported field, without asking its methods.
	partner, appKey *string
}

// New returns a client for cfg. A field of cfg or an option that makes no sense
// is an error of kind ErrInvalidArgument. Nothing is sent.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	for _, f := range []struct{ name, value string }{{"Partner", cfg.Partner}, {"AppKey", cfg.AppKey}} {
		if problem := textProblem(f.value); problem != "" {
			return nil, transport.ConfigError(vendor, f.name, problem)
		}
	}
	base := cfg.BaseURL
	if base == "" {
		base = ProductionURL
	}
	t, err := transport.New(vendor, base, opts)
	if err != nil {
		return nil, err
	}
	c := &core{transport: t, partner: &cfg.Partner, appKey: &cfg.AppKey, plainBase: t.Base()}
	if cfg.BaseURL == "" {
		c.plainBase = "http" + strings.TrimPrefix(t.Base(), "https")
	}
	return &Client{
		Rooms:      &RoomsService{c},
		Documents:  &DocumentsService{c},
		Videos:     &VideosService{c},
		WeixinLive: &WeixinLiveService{c},
		Statistics: &StatisticsService{c},
		Merchant:   &MerchantService{c},
		core:       c,
	}, nil
}

// CloseIdleConnections closes the connections that wait for another request.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for, such as
// "api/v4/room/authinfo", and decodes the whole answer into what out points to,
// unless out is nil. args is a url.Values, a map[string]string, a struct with url tags
// (github.com/google/go-querystring) or nil; partner, timestamp and sign are
// added. method is GET or POST: a GET counts as safe to repeat, a POST as one
// that creates. As everywhere, an answer without success is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	e := endpoint{op: "Call", path: strings.TrimPrefix(path, "/"), method: method}
	var err error
	if e.class, err = transport.CheckCall(method, path, out); err != nil {
		return c.core.transport.Refuse(ctx, e.op, err)
	}
	_, err = send(ctx, c.core, e, &request{core: c.core}, args, func(ans *transport.Answer, a *envelope) error {
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
	plain  bool            // the document wants http, not https

	anyContent bool // answers that are not JSON
}

// url returns the endpoint's address.
func (c *core) url(e endpoint) string {
	base := c.transport.Base()
	if e.plain {
		base = c.plainBase
	}
	return base + "/" + e.path
}

// do calls an endpoint with args, as params.Of takes them, and returns the answer, whose type says where its payload stands.
func do[A any, P answerPtr[A]](ctx context.Context, c *core, e endpoint, args any) (*A, error) {
	return send(ctx, c, e, &request{core: c}, args, read[A, P])
}

// send calls an endpoint with a request that is more than parameters in a form,
// or an answer that read does not read.
func send[A any](ctx context.Context, c *core, e endpoint, r *request, args any, read func(*transport.Answer, *A) error) (*A, error) {
	if err := r.setParams(args); err != nil {
		return nil, c.transport.Refuse(ctx, e.op, err)
	}
	r.get = e.method == http.MethodGet
	call := transport.Call{Op: e.op, Class: e.class, Method: e.method, URL: c.url(e), AnyContent: e.anyContent}
	if call.Method == "" {
		call.Method = http.MethodPost
	}
	return transport.Fetch(ctx, c.transport, call, r, read)
}

// request is the part of a call that is sent.
type request struct {
	*core
	params []params.Param // sorted; all but the signature
	time   int            // the index of the timestamp in params
	sign   string         // of the last attempt

	get    bool     // everything goes into the query
	json   []byte   // the body where the parameters go into the query all the same,
	rooms  []string // and the ids in it
	upload *upload  // the file where the parameters are part of a multipart form
}

// setParams takes the call's own parameters and adds those of every call.
func (r *request) setParams(args any) error {
	if v, ok := args.(interface{ validate() error }); ok {
		if err := v.validate(); err != nil {
			return err
		}
	}
	ps, err := params.Of(args, checkParam)
	if err != nil {
		return err
	}
	ps = append(ps, params.Param{Name: paramPartner, Value: *r.partner}, params.Param{Name: paramTimestamp})
	params.Sort(ps)
	r.params = ps
	r.time = slices.IndexFunc(ps, func(p params.Param) bool { return p.Name == paramTimestamp })
	return nil
}

// signed returns the parameters with their signature, which takes the room that
// params.Of leaves behind them.
func (r *request) signed() []params.Param {
	return append(r.params, params.Param{Name: paramSign, Value: r.sign})
}

// stamp sets the time and signs.
func (r *request) stamp(now time.Time) {
	r.params[r.time].Value = strconv.FormatInt(now.UnixMilli(), 10)
	r.sign = sign(r.params, *r.appKey)
}

// Encode implements transport.Exchange.
func (r *request) Encode(a *transport.Attempt) error {
	r.stamp(a.Now)
	switch {
	case r.upload != nil:
		return r.upload.encode(a, r.signed())
	case r.json != nil:
		a.Query, a.ContentType, a.Body = string(params.Form(r.signed())), "application/json", r.json
	case r.get:
		a.Query = string(params.Form(r.signed()))
	default:
		a.ContentType, a.Body = "application/x-www-form-urlencoded", params.Form(r.signed())
	}
	return nil
}

// Sensitive implements transport.Exchange.
func (r *request) Sensitive() []string {
	values := []string{*r.appKey, r.sign}
	for i, p := range r.params {
		if i != r.time {
			values = append(values, p.Value)
		}
	}
	if r.upload != nil {
		values = append(values, r.upload.name)
	}
	return append(values, r.rooms...)
}

// read decodes an answer: its envelope and its payload in one pass.
func read[A any, P answerPtr[A]](ans *transport.Answer, into *A) error {
	a := P(into)
	if err := lenient.Unmarshal(ans.Body, a); err != nil {
		// A failure can come without the payload that a success has.
		var e envelope
		if lenient.Unmarshal(ans.Body, &e) == nil && e.failed() {
			return rejection(e.ErrorCode)
		}
		return err
	}
	switch e := a.status(); {
	case e.failed():
		return rejection(e.ErrorCode)
	case e.Success == nil && !a.bare():
		return &lenient.Error{Field: "success", Problem: "is missing"}
	}
	if missing := a.missing(); missing != "" {
		return &lenient.Error{Field: missing, Problem: "is missing"}
	}
	return nil
}

// answerPtr is what read asks of an endpoint's answer type. Embedding envelope
// provides it.
type answerPtr[A any] interface {
	*A
	status() *envelope
	bare() bool      // whether it is a success even without the status field
	missing() string // the payload that a success must have and this one has not
}

// envelope is what every answer has around its payload.
type envelope struct {
	Success   *bool  `json:"success"`
	ErrorCode string `json:"error"`
}

func (e *envelope) status() *envelope { return e }
func (e *envelope) bare() bool        { return false }
func (e *envelope) missing() string   { return "" }
func (e *envelope) failed() bool      { return e.Success != nil && !*e.Success }

// SignedURL is a link that works for whoever has it, until it expires. It
// holds a signature and personal data: keep it out of logs.
type SignedURL struct {
	URL     string
	Expires time.Time
}

// String returns the link without its query.
func (u SignedURL) String() string {
	address, _, _ := strings.Cut(u.URL, "?")
	return fmt.Sprintf("SignedURL(%s?redacted, expires %s)", address, u.Expires.Format(time.RFC3339))
}

// Format is String for every verb, so that none shows a secret.
func (u SignedURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue is String for package slog.
func (u SignedURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// signedURL returns the link to base/path with args.
func (c *core) signedURL(op, base, path string, args any) (*SignedURL, error) {
	r := &request{core: c}
	if err := r.setParams(args); err != nil {
		return nil, c.transport.Invalid(op, err)
	}
	now := c.transport.Now()
	r.stamp(now)
	return &SignedURL{
		URL:     base + "/" + path + "?" + string(params.Form(r.signed())),
		Expires: now.Add(SignatureLifetime),
	}, nil
}
