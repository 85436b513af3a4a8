package supervision

import (
	"cmp"
	"context"
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

// Config configures a Client. It redacts itself when printed.
type Config struct {
	// BaseURL is the address of the province's platform without /api: the
	// document's http://domain. Required.
	BaseURL string
	// Account and Password are the learning platform's login. Required, and
	// secret.
	Account  string
	Password string
	// PlatformCode is the learning platform's code (studyPlatformCode), for
	// requests that do not give one. If it is empty too, the code in the login's
	// answer is used.
	PlatformCode string
	// Device is the device of the learning platform itself, with which it logs
	// in. Required; see WithDevice for those of students.
	Device Device
	// TokenStore shares the login with other processes; nil keeps it in this
	// one. With an edusdk.TokenLocker, such as that of adapters/redis, processes
	// that start together log in once.
	TokenStore edusdk.TokenStore
	// TokenExpired reports whether a failure means that the token has expired.
	// The document does not say which returnCode that is. nil means that none
	// does, and that tokens are renewed by their age alone.
	TokenExpired func(code, msg string) bool
	// Paths replaces paths of the document by those of your province, by the
	// operation's name: {"Study.Start": "/api/startStudy"}.
	Paths map[string]string
	// SuccessCodes are the returnCodes that mean success in part 2 of the document;
	// nil means only "0". Part 2 says "1" in its tables and "0" in its samples. In
	// part 1 only "0" is success, whatever is set here: "1" is a failure (1.2) or a
	// student who is not online (1.5).
	SuccessCodes []string
	// Misspellings sends chapter codes under the document's misspelt name
	// chapetCode too, for platforms that read that one.
	Misspellings bool
}

// Client calls the supervision platform. It is safe for concurrent use; one
// client can serve for as long as the process runs.
type Client struct {
	Students *StudentsService // identity and photos (1.2, 1.11)
	Study    *StudyService    // study progress (1.3, 1.4, 1.9, 1.10)
	Checks   *ChecksService   // checks of who watches (1.5 to 1.8)
	Classes  *ClassesService  // class pushes (1.12)
	Courses  *CoursesService  // course packages (1.13, 1.14)
	Business *BusinessService // calls of business systems (part 2)

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

	// A pointer, because package fmt prints unexported fields without calling
	// their methods, but shows only the address of a pointer.
	cfg *Config
}

// New returns a client for cfg. An invalid field of cfg or an invalid option
// is an error of kind ErrInvalidArgument. New sends nothing.
func New(cfg Config, opts ...edusdk.Option) (*Client, error) {
	cfg, problems := cfg.checked()
	t, err := transport.New(vendor, cfg.BaseURL, opts, problems...)
	if err != nil {
		return nil, err
	}
	c := &core{transport: t, cfg: &cfg}
	c.tokens = tokens.New(tokens.Config{
		Login:      c.login,
		Store:      cfg.TokenStore,
		Key:        tokens.Key(vendor, t.Base(), cfg.Account, cfg.Password),
		Now:        t.Now,
		Lifetime:   TokenLifetime,
		RenewAhead: renewAhead,
		Jitter:     renewJitter,
	})
	return newClient(c, cfg.Device), nil
}

// checked returns a copy that nobody else changes, and what is wrong with it.
func (c Config) checked() (Config, []error) {
	problems := []error{
		transport.ConfigField("Account", params.Text(c.Account)), transport.ConfigField("Password", params.Text(c.Password)),
		c.Device.check("Config.Device"),
	}
	refuse := func(field, problem string) {
		problems = append(problems, transport.ConfigField(field, problem))
	}
	if c.PlatformCode != "" {
		refuse("PlatformCode", params.Text(c.PlatformCode))
	}
	for _, op := range slices.Sorted(maps.Keys(c.Paths)) {
		switch {
		case !transport.Declared(vendor, op):
			refuse("Paths", fmt.Sprintf("has no operation %q: its keys are names such as %q", op, startStudy.Op))
		case transport.CheckPath(c.Paths[op]) != nil:
			refuse("Paths", fmt.Sprintf("must have for %s a path such as %q", op, "/"+startStudy.Path))
		}
	}
	if slices.Contains(c.SuccessCodes, "") {
		refuse("SuccessCodes", "must not hold an empty code")
	}
	c.Paths, c.SuccessCodes = maps.Clone(c.Paths), slices.Clone(c.SuccessCodes)
	if len(c.SuccessCodes) == 0 {
		c.SuccessCodes = []string{successCode}
	}
	return c, problems
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

// WithDevice returns a client for calls on behalf of another device, such as a
// student's. It is cheap: login and connections are shared. If d is invalid, the
// calls of the client fail.
func (c *Client) WithDevice(d Device) *Client { return newClient(c.service.core, d) }

// CloseIdleConnections closes the connections that are not in use.
// The client stays usable.
func (c *Client) CloseIdleConnections() { c.service.transport.CloseIdleConnections() }

// Call calls a path that this package has no method for, such as
// "/api/v1/other", and decodes the whole answer into what out points to, unless
// out is nil. args becomes the data of the request: a struct, a map, a list, or nil
// for an empty object. The login's token is added: for paths below /api/v1 as in
// part 1 of the document, for others as in part 2. method must be POST; it is
// retried like a call that creates something. An answer without returnCode is an
// error.
func (c *Client) Call(ctx context.Context, method, path string, args any, out any) error {
	traits := anyData
	if !strings.HasPrefix(strings.TrimPrefix(path, "/"), "api/v1/") {
		traits |= partTwo
	}
	if args == nil {
		args = struct{}{}
	}
	return call.Do(ctx, c.service, method, path, traits, args, out)
}

var call = transport.DeclareCall[envelope](vendor, http.MethodPost)

// operation is an operation of the platform.
type operation[Req transport.Request, Ans any] = transport.Operation[envelope, Req, Ans]

// declare declares an operation whose result is in an answer P.
func declare[Req transport.Request, Ans, W any, P transport.AnswerOf[envelope, W]](spec transport.Spec, result func(P) Ans) *operation[Req, Ans] {
	return transport.Declare[envelope, Req](vendor, spec, result)
}

// successCode is the returnCode of a success.
const successCode = "0"

// The traits of operations.
const (
	partTwo   transport.Traits = 1 << iota // of the document's part 2, which spells the token's key otherwise
	anyData                                // the data is the importer's own
	withImage                              // the request is a FaceRequest
)

// Transport implements transport.Vendor.
func (s *service) Transport() *transport.Client { return s.transport }

// Begin implements transport.Vendor.
func (s *service) Begin(call *transport.Call, spec *transport.Spec, req any) (transport.Encoder, error) {
	if own, ok := s.cfg.Paths[spec.Op]; ok {
		call.URL = s.transport.Base() + "/" + strings.TrimPrefix(own, "/")
	}
	if spec.Class != transport.Login {
		call.Credential = s.tokens
	}
	r := &request{service: s, device: s.device(), spec: spec, data: req}
	r.device.ID = r.device.wireID()
	if spec.Traits.Has(withImage) {
		r.image = req.(FaceRequest).Image
	}
	errs := []error{s.device().check("Device")}
	if !spec.Traits.Has(anyData) {
		errs = append(errs, check(req))
	}
	return r, params.Join(errs...)
}

// check refuses data that cannot be right.
func check(data any) error {
	name := ""
	if list, ok := data.(interface{ argument() string }); ok {
		name = list.argument()
	}
	return params.Required(name, data)
}

// Verdict implements transport.Vendor.
func (s *service) Verdict(spec *transport.Spec, e *envelope, _ *transport.Answer) (v transport.Verdict) {
	if e.Code == nil || *e.Code == "" {
		v.Missing = "returnCode"
		return v
	}
	code, msg := string(*e.Code), string(e.Msg)
	if code == successCode && !spec.Traits.Has(partTwo) || spec.Traits.Has(partTwo) && slices.Contains(s.cfg.SuccessCodes, code) {
		return v
	}
	v.Rejection = &transport.Rejection{Kind: edusdk.ErrUnknown, Code: code, Message: msg}
	switch {
	case spec.Class == transport.Login:
		v.Rejection.Kind = edusdk.ErrUnauthenticated
	case s.cfg.TokenExpired != nil && s.cfg.TokenExpired(code, msg):
		v.Rejection.Kind, v.Rejection.Reason = edusdk.ErrUnauthenticated, transport.TokenRejected
	}
	return v
}

// Payload implements transport.Vendor: the payload is beside the envelope.
func (s *service) Payload(ans *transport.Answer) ([]byte, error) { return ans.Body, nil }

// request is a call's request, before its attempts.
type request struct {
	*service

	device  Device
	spec    *transport.Spec
	data    any    // becomes JSON
	encoded []byte // what it became
	image   []byte // at the end of the data
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
	h := headers{DeviceType: r.device.Type, Timestamp: strconv.FormatInt(a.Now.Unix(), 10), DeviceID: r.device.ID}
	if r.spec.Traits.Has(partTwo) {
		h.BusinessToken = a.Token.Value
	} else {
		h.UserToken = a.Token.Value
	}
	head, err := lenient.Marshal(h, nil)
	if err != nil {
		return err
	}
	body := make([]byte, 0, len(`{"headers":`)+len(head)+len(`,"data":`)+len(r.encoded)+len(`}`))
	body = append(body, `{"headers":`...)
	body = append(body, head...)
	body = append(body, `,"data":`...)
	body = append(body, r.encoded...)
	if r.image != nil {
		a.ContentType = "application/json"
		a.Stream, err = imageStream(body, r.image)
		return err
	}
	a.JSON(append(body, '}'))
	return nil
}

// encodeData encodes the data once, with the platform's code where it is not
// given: from Config, else from the login.
func (r *request) encodeData(fromLogin string) (err error) {
	if r.encoded != nil {
		return nil
	}
	r.encoded, err = lenient.Marshal(r.data, map[string]string{"platform": cmp.Or(r.cfg.PlatformCode, fromLogin)})
	if err != nil && r.spec.Traits.Has(anyData) {
		return params.FieldError("args", "cannot be encoded as JSON")
	}
	if err == nil && r.cfg.Misspellings {
		r.encoded = misspell(r.encoded)
	}
	return err
}

// Sensitive implements transport.Encoder. The transport knows what is in the
// request itself.
func (r *request) Sensitive() []string {
	return []string{r.cfg.Account, r.cfg.Password}
}

// envelope is what every answer has around its payload.
type envelope struct {
	Code *lenient.Text `json:"returnCode"`
	Msg  lenient.Text  `json:"returnMsg"`
}

// Envelope is for transport.AnswerOf.
func (e *envelope) Envelope() *envelope { return e }

// outcome is an answer that holds nothing else.
type outcome struct{ envelope }

// Absent is for transport.AnswerOf.
func (*outcome) Absent() string { return "" }

func nothing(*outcome) (none struct{}) { return none }
