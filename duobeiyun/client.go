package duobeiyun

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// ProductionURL is the vendor's address (document: 请求链接规则).
const ProductionURL = "https://api.duobeiyun.com"

// SignatureLifetime is how long a signed request or link is valid.
const SignatureLifetime = 5 * time.Minute

const vendor = "duobeiyun"

// Config configures a Client. It redacts itself when printed.
type Config struct {
	// Partner is the id (合作 id) that the vendor gave the account. Required.
	Partner string
	// AppKey signs the requests. Required, and secret.
	AppKey string
	// BaseURL is the address of the API; empty means ProductionURL. If it is
	// set, its scheme is used for all requests and links.
	BaseURL string
}

// Client calls the vendor. It is safe for concurrent use; one client can
// serve for as long as the process runs.
type Client struct {
	Rooms      *RoomsService      // rooms, links to enter them, and their chats
	Documents  *DocumentsService  // documents (课件) for rooms
	Videos     *VideosService     // rooms from uploaded videos (点播课)
	WeixinLive *WeixinLiveService // broadcasts in Weixin (微信直播)
	Statistics *StatisticsService // who watched what
	Merchant   *MerchantService   // the account (机构)

	core *core
}

// core is what the services share.
type core struct {
	transport *transport.Client
	plainBase string // the base for what the document wants over http

	// Pointers, because package fmt prints unexported fields without calling
	// their methods, but shows only the address of a pointer.
	partner, appKey *string
}

// New returns a client for cfg. An invalid field of cfg or an invalid option
// is an error of kind ErrInvalidArgument. New sends nothing.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	base := cfg.BaseURL
	if base == "" {
		base = ProductionURL
	}
	t, err := transport.New(vendor, base, opts,
		transport.ConfigField("Partner", textProblem(cfg.Partner)), transport.ConfigField("AppKey", textProblem(cfg.AppKey)))
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

// CloseIdleConnections closes the connections that are not in use.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for, such as
// "api/v4/room/authinfo", and decodes the whole answer into what out points to,
// unless out is nil. args is a url.Values, a map[string]string, a struct with url tags
// (github.com/google/go-querystring) or nil; partner, timestamp and sign are
// added. method is GET or POST: a GET is retried like a read, a POST like a call
// that creates something. An answer without the field success is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	return call.Do(ctx, c.core, method, path, 0, args, out)
}

var call = transport.DeclareCall[envelope](vendor, http.MethodGet, http.MethodPost)

// operation is an operation of the vendor.
type operation[Req transport.Request, Ans any] = transport.Operation[envelope, Req, Ans]

// declare declares an operation whose result is in an answer P.
func declare[Req transport.Request, Ans, W any, P transport.AnswerOf[envelope, W]](spec transport.Spec, result func(P) Ans) *operation[Req, Ans] {
	return transport.Declare[envelope, Req](vendor, spec, result)
}

// The traits of operations. Without one, the parameters go over https as a form, or
// in the query of a GET, and an answer without success is not one.
const (
	plainHTTP   transport.Traits = 1 << iota // the document wants http, not https
	jsonBody                                 // the request is the body, as JSON, and not signed
	fileBody                                 // the request is an *uploadParams
	readyParams                              // the request is an enterParams
	bareAnswers                              // a success may lack the status field
)

// Transport implements transport.Vendor.
func (c *core) Transport() *transport.Client { return c.transport }

// Begin implements transport.Vendor.
func (c *core) Begin(call *transport.Call, spec *transport.Spec, req any) (transport.Encoder, error) {
	if spec.Traits.Has(plainHTTP) {
		call.URL = c.plainBase + "/" + spec.Path
	}
	r := &request{core: c, get: call.Method == http.MethodGet}
	switch {
	case spec.Traits.Has(jsonBody):
		var err error
		if r.json, err = json.Marshal(req); err != nil {
			return nil, err
		}
		req = nil
	case spec.Traits.Has(fileBody):
		r.file = req.(*uploadParams).file
		req = nil
	case spec.Traits.Has(readyParams):
		req = req.(enterParams).values
	}
	return r, r.setParams(req)
}

// Verdict implements transport.Vendor.
func (c *core) Verdict(spec *transport.Spec, e *envelope, ans *transport.Answer) (v transport.Verdict) {
	// The error of a server's framework, which comes with a status of failure, is not
	// a code of the vendor's.
	_, known := codes[e.ErrorCode]
	own := known || ans.Status < http.StatusBadRequest
	switch {
	case e.Success != nil && !*e.Success, e.Success == nil && e.ErrorCode != "" && own:
		v.Rejection = rejection(e.ErrorCode)
	case e.Success == nil && !spec.Traits.Has(bareAnswers):
		v.Missing = "success"
	}
	return v
}

// Payload implements transport.Vendor: the payload is beside the envelope.
func (c *core) Payload(ans *transport.Answer) ([]byte, error) { return ans.Body, nil }

// request is a call's request, before its attempts.
type request struct {
	*core

	params []params.Param // sorted; all but the signature
	time   int            // the index of the timestamp in params
	sign   string         // of the last attempt

	get  bool            // everything goes into the query
	json []byte          // the body where the parameters go into the query all the same
	file *transport.File // at the end of a multipart form
}

// setParams takes the call's own parameters and adds those of every call.
func (r *request) setParams(args any) error {
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

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	r.stamp(a.Now)
	switch {
	case r.file != nil:
		return a.Multipart(r.signed(), r.file)
	case r.json != nil:
		a.Parameters(r.signed())
		a.JSON(r.json)
	case r.get:
		a.Parameters(r.signed())
	default:
		a.Form(r.signed())
	}
	return nil
}

// Sensitive implements transport.Encoder. The transport knows what is in the
// request itself.
func (r *request) Sensitive() []string { return []string{*r.appKey} }

// envelope is what every answer has around its payload.
type envelope struct {
	Success   *bool  `json:"success" wire:"essential"`
	ErrorCode string `json:"error"`
}

// Envelope is for transport.AnswerOf.
func (e *envelope) Envelope() *envelope { return e }

// outcome is an answer that holds nothing else.
type outcome struct{ envelope }

// Absent is for transport.AnswerOf.
func (*outcome) Absent() string { return "" }

func nothing(*outcome) (none struct{}) { return none }

// SignedURL is a link that works for whoever has it, until it expires. It
// holds a signature and personal data: keep it out of logs.
type SignedURL struct {
	URL     string    // the link, whose query holds the signature
	Expires time.Time // when the vendor stops accepting it
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

// link returns the link to spec's path, behind base, with args.
func (c *core) link(spec *transport.Spec, base string, args any) (*SignedURL, error) {
	r := &request{core: c}
	if err := r.setParams(args); err != nil {
		return nil, c.transport.Invalid(spec.Op, err)
	}
	now := c.transport.Now()
	r.stamp(now)
	return &SignedURL{
		URL:     base + "/" + spec.Path + "?" + string(params.Form(r.signed())),
		Expires: now.Add(SignatureLifetime),
	}, nil
}
