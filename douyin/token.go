package douyin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/tokens"
	"github.com/edusdk/edusdk/internal/transport"
)

// The addresses that ClientCredential gets tokens from.
const (
	// MiniAppTokenURL is that of the mini-app platform (getAccessToken). A new
	// token ends the previous one after five minutes.
	MiniAppTokenURL = "https://developer.toutiao.com/api/apps/v2/token" //nolint:gosec // an address
	// SandboxTokenURL is that of the mini-app platform's sandbox. SandboxURL takes
	// no other tokens, and ProductionURL does not take these.
	SandboxTokenURL = "https://open-sandbox.douyin.com/api/apps/v2/token" //nolint:gosec // an address
	// OpenPlatformTokenURL is that of the open platform (生成 client_token). The
	// latest two tokens are valid; it allows 500 calls in five minutes.
	OpenPlatformTokenURL = "https://open.douyin.com/oauth/client_token/" //nolint:gosec // an address
)

// TokenSource provides the access tokens of calls. It must be safe for concurrent
// use and must respect the contexts that it is given, because a call waits until it
// returns. If it panics, the call panics.
type TokenSource interface {
	// Token returns a token that is valid as far as is known. If it returns an
	// error, the call fails with the error's kind (edusdk.KindOf). A call with an
	// empty token is not sent.
	Token(ctx context.Context) (edusdk.Token, error)
	// Invalidate drops the token value, which the vendor has rejected. If another
	// token is current by now, it does nothing.
	Invalidate(ctx context.Context, value string) error
}

// StaticToken returns a TokenSource that always returns token: calls fail once it
// has expired. It redacts itself when printed.
func StaticToken(token string) TokenSource { return staticToken{&token} }

// staticToken holds the token behind a pointer, because package fmt prints
// unexported fields without calling their methods, but shows only the address of a
// pointer.
type staticToken struct{ value *string }

// Token implements TokenSource.
func (s staticToken) Token(context.Context) (edusdk.Token, error) {
	return edusdk.Token{Value: *s.value}, nil
}

// Invalidate implements TokenSource and does nothing.
func (s staticToken) Invalidate(context.Context, string) error { return nil }

// String hides the token.
func (s staticToken) String() string { return "douyin.StaticToken(redacted)" }

// Format is String for every verb, so that none shows a secret.
func (s staticToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String for package slog.
func (s staticToken) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String for encoding/json and the like.
func (s staticToken) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ClientCredentialConfig says how ClientCredential gets its tokens. It redacts
// itself when printed.
type ClientCredentialConfig struct {
	// AppID is the app's id; the open platform calls it client_key. Required.
	AppID string
	// Secret is the app's secret. Required.
	Secret string
	// Endpoint is MiniAppTokenURL, SandboxTokenURL or OpenPlatformTokenURL; empty
	// means MiniAppTokenURL. Any other address is called like the open platform's
	// if its path ends in "client_token", otherwise like the mini-app platform's.
	Endpoint string
	// Store shares the token between processes; nil keeps it in this one. With an
	// edusdk.TokenLocker, such as that of adapters/redis, processes that start
	// together obtain one token, and none cuts that of another.
	Store edusdk.TokenStore
	// Options are those of the requests for tokens: transport, clock, logger,
	// observer… A client's own options do not reach them.
	Options []edusdk.Option
}

// String returns the address alone.
func (c ClientCredentialConfig) String() string {
	return fmt.Sprintf("douyin.ClientCredentialConfig{Endpoint:%q, redacted}", transport.ShownBase(c.Endpoint))
}

// Format is String for every verb, so that none shows a secret.
func (c ClientCredentialConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for package slog.
func (c ClientCredentialConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String for encoding/json and the like.
func (c ClientCredentialConfig) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

const (
	// renewAhead is more than the five minutes that a token is good for after
	// another process has obtained a new one.
	renewAhead = 10 * time.Minute
	// storeJitter keeps the processes that share a token from renewing it all
	// at the same time.
	storeJitter = time.Minute
	// tokenLifetime is how long a token lives by the document (expires_in 7200).
	tokenLifetime = 2 * time.Hour
)

// ClientCredential returns a TokenSource that gets its tokens with the app's
// secret. A token is kept, renewed ten minutes before it expires, and shared
// through cfg.Store; however many calls need one, they wait for one request.
// What makes no sense in cfg fails New, and Token with ErrInvalidArgument.
// Errors of the vendor are of Op "Login". It redacts itself when printed.
func ClientCredential(cfg ClientCredentialConfig) TokenSource {
	s := &clientCredential{cfg: &cfg, endpoint: cmp.Or(cfg.Endpoint, MiniAppTokenURL)}
	if s.wrong = s.setUp(); s.wrong != nil {
		s.err = &edusdk.Error{Vendor: vendor, Op: "Login", Kind: edusdk.ErrInvalidArgument, Err: params.Join(s.wrong...)}
		s.endpoint = transport.ShownBase(s.endpoint)
	}
	return s
}

type clientCredential struct {
	cfg       *ClientCredentialConfig // as the body, behind a pointer as that of a staticToken
	endpoint  string
	body      *[]byte
	transport *transport.Client
	cache     *tokens.Cache
	wrong     []error // with the configuration
	err       error   // that says so, as that of a login
}

// setUp makes what logs in, or returns what is wrong with the configuration.
func (s *clientCredential) setUp() (wrong []error) {
	refuse := func(field, problem string) {
		wrong = append(wrong, params.FieldError("ClientCredentialConfig."+field, problem))
	}
	for _, f := range []struct{ name, value string }{{"AppID", s.cfg.AppID}, {"Secret", s.cfg.Secret}} {
		if problem := params.Text(f.value); problem != "" {
			refuse(f.name, problem)
		}
	}
	t, err := transport.New(vendor, s.endpoint, s.cfg.Options)
	if e, ok := err.(*edusdk.Error); ok { //nolint:errorlint // New's own
		for _, problem := range params.Split(e.Err) {
			if f, ok := problem.(*edusdk.FieldError); ok { //nolint:errorlint // it speaks of a Config.BaseURL
				refuse("Endpoint", f.Problem)
			} else {
				wrong = append(wrong, problem)
			}
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	s.transport = t
	body := s.encode()
	s.body = &body
	c := tokens.Config{
		Login:      s.login,
		Store:      s.cfg.Store,
		Key:        tokens.Key(vendor, s.endpoint, s.cfg.AppID, s.cfg.Secret),
		Now:        s.transport.Now,
		Lifetime:   tokenLifetime,
		RenewAhead: renewAhead,
	}
	if c.Store != nil {
		c.Jitter = storeJitter
	}
	s.cache = tokens.New(c)
	return nil
}

// encode returns the body of a request for a token.
func (s *clientCredential) encode() []byte {
	const grantType = "client_credential"
	var body any = struct {
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		GrantType string `json:"grant_type"`
	}{s.cfg.AppID, s.cfg.Secret, grantType}
	address, _ := url.Parse(s.endpoint) // it has been checked
	if strings.HasSuffix(strings.TrimRight(address.Path, "/"), "client_token") {
		body = struct {
			ClientKey    string `json:"client_key"`
			ClientSecret string `json:"client_secret"`
			GrantType    string `json:"grant_type"`
		}{s.cfg.AppID, s.cfg.Secret, grantType}
	}
	encoded, _ := json.Marshal(body) // strings can always be encoded
	return encoded
}

// Token implements TokenSource.
func (s *clientCredential) Token(ctx context.Context) (edusdk.Token, error) {
	if s.err != nil {
		return edusdk.Token{}, s.err
	}
	return s.cache.Token(ctx)
}

// Invalidate implements TokenSource.
func (s *clientCredential) Invalidate(ctx context.Context, value string) error {
	if s.err != nil {
		return s.err
	}
	return s.cache.Invalidate(ctx, value)
}

// CloseIdleConnections is for Client.CloseIdleConnections.
func (s *clientCredential) CloseIdleConnections() {
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
}

// String returns the address alone.
func (s *clientCredential) String() string {
	return fmt.Sprintf("douyin.ClientCredential(%s)", transport.ShownBase(s.endpoint))
}

// Format is String for every verb, so that none shows a secret.
func (s *clientCredential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String for package slog.
func (s *clientCredential) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String for encoding/json and the like.
func (s *clientCredential) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// tokenData is the payload of both token endpoints.
type tokenData struct {
	inData

	AccessToken string `json:"access_token" wire:"essential"`
	ExpiresIn   int64  `json:"expires_in" wire:"essential"` // in seconds
}

func (d *tokenData) Absent() string {
	switch {
	case d == nil:
		return "data"
	case d.AccessToken == "":
		return "data.access_token"
	}
	return ""
}

// Transport implements transport.Vendor.
func (s *clientCredential) Transport() *transport.Client { return s.transport }

// Begin implements transport.Vendor.
func (s *clientCredential) Begin(call *transport.Call, _ *transport.Spec, _ any) (transport.Encoder, error) {
	call.URL = s.endpoint
	return (*credentialRequest)(s), nil
}

// Verdict implements transport.Vendor.
func (s *clientCredential) Verdict(_ *transport.Spec, e *envelope, ans *transport.Answer) transport.Verdict {
	return e.verdict(ans)
}

// Payload implements transport.Vendor.
func (s *clientCredential) Payload(ans *transport.Answer) ([]byte, error) {
	return transport.Member(ans, "data")
}

// credentialRequest is the request for a token.
type credentialRequest clientCredential

// Encode implements transport.Encoder.
func (r *credentialRequest) Encode(a *transport.Attempt) error {
	a.JSON(*r.body)
	return nil
}

// Sensitive implements transport.Encoder.
func (r *credentialRequest) Sensitive() []string { return []string{r.cfg.AppID, r.cfg.Secret} }

var login = transport.Declare[envelope, transport.None](vendor, transport.Spec{
	Op: "Login", Section: "getAccessToken", Path: "api/apps/v2/token", Class: transport.Login,
}, func(a *answer[tokenData, *tokenData]) *tokenData { return a.Data })

// login gets a new token. Its time counts from before the request, so that no
// delay makes it look good for longer than it is.
func (s *clientCredential) login(ctx context.Context) (edusdk.Token, error) {
	asked := s.transport.Now()
	data, err := login.Do(ctx, s, transport.None{})
	if err != nil {
		return edusdk.Token{}, err
	}
	token := edusdk.Token{Value: data.AccessToken}
	if seconds := min(data.ExpiresIn, int64(tokenLifetime/time.Second)); seconds > 0 {
		token.Expires = asked.Add(time.Duration(seconds) * time.Second)
	}
	return token, nil
}
