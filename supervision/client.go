package supervision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/tokens"
	"github.com/edusdk/edusdk/internal/transport"
)

const vendor = "supervision"

// Config is what a client needs to know. It redacts itself when printed.
type Config struct {
	// BaseURL is the address of the province's platform, without /api: what
	// the document calls http://domain. Required.
	BaseURL string
	// Account and Password are the learning platform's login. Required, and
	// secret.
	Account  string
	Password string
	// PlatformCode is the learning platform's code (studyPlatformCode), for
	// requests that have none of their own. Where it is empty too, the code in
	// the login's answer is taken.
	PlatformCode string
	// Device is the device of the learning platform itself, with which it logs
	// in. Required; see WithDevice for those of students.
	Device Device
	// TokenStore shares the login with other processes; nil keeps it in this
	// one.
	TokenStore edusdk.TokenStore
	// TokenExpired tells whether a failure means that the token is not good
	// any more. No document says which returnCode that is; nil means none, and
	// tokens are renewed by their age alone.
	TokenExpired func(code, msg string) bool
	// Paths replaces paths of the document by those of your province, by the
	// operation's name: {"Study.Start": "/api/startStudy"}.
	Paths map[string]string
	// SuccessCodes are the returnCodes that mean success; nil means "0" alone.
	// Part 2 of the document says "1" though its samples have "0".
	SuccessCodes []string
	// Misspellings sends chapter codes under the document's misspelt name
	// chapetCode too, for platforms that read that one.
	Misspellings bool
}

// Client calls the supervision platform. It is safe for concurrent use and made
// to be kept for a process's life.
type Client struct {
	Students *StudentsService
	Study    *StudyService
	Checks   *ChecksService
	Classes  *ClassesService
	Courses  *CoursesService
	Business *BusinessService

	service *service
}

// service is what the services are: the client's core, for one device.
type service struct {
	*core

	device func() Device // package fmt prints no more of it than its address
}

// core is what a client and its copies for other devices share.
type core struct {
	transport *transport.Client
	tokens    *tokens.Cache

	// Behind a pointer, which package fmt does not follow where it
	// prints what is in an unexported field, without asking its methods.
	cfg *Config
}

// New returns a client for cfg. A field of cfg or an option that makes no sense
// is an error of kind ErrInvalidArgument. Nothing is sent.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	t, err := transport.New(vendor, cfg.BaseURL, opts)
	if err != nil {
		return nil, err
	}
	c := &core{transport: t, cfg: &cfg}
	c.tokens = tokens.New(tokens.Config{
		Login:      c.login,
		Store:      cfg.TokenStore,
		Key:        tokens.Key(vendor, t.Base(), cfg.Account, cfg.Password),
		Now:        t.Now,
		RenewAhead: renewAhead,
		Jitter:     renewJitter,
	})
	return newClient(c, cfg.Device), nil
}

// checked returns a copy that nobody else changes, or what is wrong with it.
func (c Config) checked() (Config, error) {
	for _, f := range []struct{ name, value string }{{"Account", c.Account}, {"Password", c.Password}} {
		if problem := params.Text(f.value); problem != "" {
			return c, transport.ConfigError(vendor, f.name, problem)
		}
	}
	if c.PlatformCode != "" && params.Text(c.PlatformCode) != "" {
		return c, transport.ConfigError(vendor, "PlatformCode", params.Text(c.PlatformCode))
	}
	if err := c.Device.check("Config.Device"); err != nil {
		return c, &edusdk.Error{Vendor: vendor, Op: "New", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	for op, path := range c.Paths {
		if _, known := declared[op]; !known {
			return c, transport.ConfigError(vendor, "Paths", fmt.Sprintf("has no operation %q: its keys are names such as %q", op, startStudy.op))
		}
		if _, err := transport.CheckCall(http.MethodPost, path, nil); err != nil {
			return c, transport.ConfigError(vendor, "Paths", fmt.Sprintf("has for %s a path that is none like %q", op, "/"+startStudy.path))
		}
	}
	if slices.Contains(c.SuccessCodes, "") {
		return c, transport.ConfigError(vendor, "SuccessCodes", "must not hold an empty code")
	}
	c.Paths, c.SuccessCodes = maps.Clone(c.Paths), slices.Clone(c.SuccessCodes)
	if len(c.SuccessCodes) == 0 {
		c.SuccessCodes = []string{"0"}
	}
	return c, nil
}

func newClient(core *core, device Device) *Client {
	c := &Client{service: &service{core, func() Device { return device }}}
	c.Students = (*StudentsService)(c.service)
	c.Study = (*StudyService)(c.service)
	c.Checks = (*ChecksService)(c.service)
	c.Classes = (*ClassesService)(c.service)
	c.Courses = (*CoursesService)(c.service)
	c.Business = (*BusinessService)(c.service)
	return c
}

// WithDevice returns a client for calls that are made on behalf of another
// device, a student's. It is cheap: login and connections are shared. What is
// wrong with d fails its calls.
func (c *Client) WithDevice(d Device) *Client { return newClient(c.service.core, d) }

// CloseIdleConnections closes the connections that wait for another request.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.service.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for, such as
// "/api/v1/other", and decodes the whole answer into what out points to, unless
// out is nil. args becomes the data of the request: a struct, a map, a list, or nil for an empty
// object. The login's token is added, for paths below /api/v1 as in part 1 of
// the document and for others as in part 2. method must be POST, which counts as
// one that creates. As everywhere, an answer without returnCode is an error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	e := endpoint{op: "Call", path: strings.TrimPrefix(path, "/")}
	e.business = !strings.HasPrefix(e.path, "api/v1/")
	var err error
	e.class, err = transport.CheckCall(method, path, out)
	if err == nil && method != http.MethodPost {
		err = params.FieldError("method", "must be POST: parameters go into a JSON body")
	}
	if err != nil {
		return c.service.transport.Refuse(ctx, e.op, err)
	}
	if args == nil {
		args = struct{}{}
	}
	_, err = send(ctx, c.service, e, &request{data: args}, func(ans *transport.Answer, a *envelope) error {
		if err := read(c.service.core, e, ans, a); err != nil || out == nil {
			return err
		}
		return lenient.Unmarshal(ans.Body, out)
	})
	return err
}

// endpoint declares an operation of the platform.
type endpoint struct {
	op       string          // as in edusdk.Error
	path     string          // without a slash in front
	class    transport.Class // how safe it is to repeat
	business bool            // it is of the document's part 2, which spells the token's key otherwise
}

// declared holds the names of all operations.
var declared = map[string]struct{}{}

// declare makes an operation known to Config.Paths.
func declare(e endpoint) endpoint {
	declared[e.op] = struct{}{}
	return e
}

// do calls an endpoint with data and returns the answer, whose type says where
// its payload stands.
func do[A any, P answerPtr[A]](ctx context.Context, s *service, e endpoint, data any) (*A, error) {
	return exchange[A, P](ctx, s, e, &request{data: data})
}

// exchange is do with a request that is more than data.
func exchange[A any, P answerPtr[A]](ctx context.Context, s *service, e endpoint, r *request) (*A, error) {
	if err := check(r.data); err != nil {
		return nil, s.transport.Refuse(ctx, e.op, err)
	}
	return send(ctx, s, e, r, func(ans *transport.Answer, a *A) error {
		return read[A, P](s.core, e, ans, a)
	})
}

// check refuses data that cannot be right.
func check(data any) error {
	if v, ok := data.(interface{ validate() error }); ok {
		if err := v.validate(); err != nil {
			return err
		}
	}
	name := ""
	if list, ok := data.(interface{ argument() string }); ok {
		name = list.argument()
	}
	return params.Required(name, data)
}

// done calls an endpoint whose answer holds nothing but its outcome.
func done(ctx context.Context, s *service, e endpoint, data any) error {
	_, err := do[envelope](ctx, s, e, data)
	return err
}

// send calls an endpoint with a request whose data has been checked.
func send[A any](ctx context.Context, s *service, e endpoint, r *request, read func(*transport.Answer, *A) error) (*A, error) {
	if err := s.device().check("Device"); err != nil {
		return nil, s.transport.Refuse(ctx, e.op, err)
	}
	path := e.path
	if own, ok := s.cfg.Paths[e.op]; ok {
		path = strings.TrimPrefix(own, "/")
	}
	call := transport.Call{Op: e.op, Class: e.class, Method: http.MethodPost, URL: s.transport.Base() + "/" + path}
	if e.class != transport.Login {
		call.Credential = s.tokens
	}
	r.service, r.business = s, e.business
	return transport.Fetch(ctx, s.transport, call, r, read)
}

// request is what is sent.
type request struct {
	*service

	data     any    // becomes JSON
	encoded  []byte // what it became
	business bool
	image    []byte // at the end of the data
}

// platformed is data that names the learning platform.
type platformed interface {
	// platformCodes returns where it does.
	platformCodes() []*string
}

// headers is what stands before the data of every request (document:
// 通用请求参数headers说明).
type headers struct {
	DeviceType    DeviceType `json:"deviceType"`
	Timestamp     string     `json:"timestamp"` // in seconds since 1970
	DeviceID      string     `json:"deviceId"`
	UserToken     string     `json:"userToken,omitempty"`
	BusinessToken string     `json:"user_token,omitempty"`
}

// Encode implements transport.Encoder.
func (r *request) Encode(a *transport.Attempt) error {
	if err := r.encodeData(a.Token.Extra[platformCode]); err != nil {
		return err
	}
	h := headers{DeviceType: r.device().Type, Timestamp: strconv.FormatInt(a.Now.Unix(), 10), DeviceID: r.device().ID}
	if r.business {
		h.BusinessToken = a.Token.Value
	} else {
		h.UserToken = a.Token.Value
	}
	head, err := marshal(h)
	if err != nil {
		return err
	}
	a.ContentType = "application/json"
	body := make([]byte, 0, len(`{"headers":`)+len(head)+len(`,"data":`)+len(r.encoded)+len(`}`))
	body = append(body, `{"headers":`...)
	body = append(body, head...)
	body = append(body, `,"data":`...)
	body = append(body, r.encoded...)
	if r.image != nil {
		a.Stream, err = imageStream(body, r.image)
		return err
	}
	body = append(body, '}')
	a.Body = body
	return nil
}

// encodeData encodes the data once, with the platform's code where it is not
// given: from Config, else from the login.
func (r *request) encodeData(fromLogin string) (err error) {
	if r.encoded != nil {
		return nil
	}
	if p, ok := r.data.(platformed); ok {
		for _, code := range p.platformCodes() {
			if *code == "" {
				*code = r.cfg.PlatformCode
			}
			if *code == "" {
				*code = fromLogin
			}
			if *code == "" {
				return params.FieldError("PlatformCode", "must be given: neither Config nor the login's answer has one")
			}
		}
	}
	if r.encoded, err = marshal(r.data); err != nil {
		return params.FieldError("args", "cannot be encoded as JSON")
	}
	if r.cfg.Misspellings {
		r.encoded = misspell(r.encoded)
	}
	return nil
}

// Sensitive implements transport.Encoder. What is in the body is known.
func (r *request) Sensitive() []string {
	return []string{r.cfg.Account, r.cfg.Password}
}

// marshal is json.Marshal without the escapes that are for HTML: addresses keep
// their & as it is.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// answerPtr is what read asks of an endpoint's answer type. Embedding envelope
// provides it.
type answerPtr[A any] interface {
	*A
	outer() *envelope
	missing() string // the payload that a success must have and this one has not
}

// envelope is what every answer has around its payload.
type envelope struct {
	Code *lenient.Text `json:"returnCode"`
	Msg  lenient.Text  `json:"returnMsg"`
}

func (e *envelope) outer() *envelope { return e }
func (e *envelope) missing() string  { return "" }

// read decodes an answer: its envelope and its payload in one pass.
func read[A any, P answerPtr[A]](c *core, e endpoint, ans *transport.Answer, into *A) error {
	a := P(into)
	err := checkShape(ans.Body, len(ans.Body)) // deep ones alone cost more than they are long
	if err == nil {
		err = lenient.Unmarshal(ans.Body, a)
	}
	if err != nil {
		// A failure can come with another payload than a success.
		var outer envelope
		if lenient.Unmarshal(ans.Body, &outer) == nil && outer.Code != nil {
			if failure := c.rejection(e, &outer); failure != nil {
				return failure
			}
		}
		return err
	}
	if a.outer().Code == nil || *a.outer().Code == "" {
		return &lenient.Error{Field: "returnCode", Problem: "is missing"}
	}
	if failure := c.rejection(e, a.outer()); failure != nil {
		return failure
	}
	if missing := a.missing(); missing != "" {
		return &lenient.Error{Field: missing, Problem: "is missing"}
	}
	return nil
}

// rejection returns the failure that an answer reports, if it reports one.
func (c *core) rejection(e endpoint, a *envelope) error {
	code, msg := string(*a.Code), string(a.Msg)
	if slices.Contains(c.cfg.SuccessCodes, code) {
		return nil
	}
	r := &transport.Rejection{Kind: edusdk.ErrUnknown, Code: code, Message: msg}
	switch {
	case e.class == transport.Login:
		r.Kind = edusdk.ErrUnauthenticated
	case c.cfg.TokenExpired != nil && c.cfg.TokenExpired(code, msg):
		r.Kind, r.Reason = edusdk.ErrUnauthenticated, transport.TokenRejected
	}
	return r
}
