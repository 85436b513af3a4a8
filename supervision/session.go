package supervision

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// TokenLifetime is how long a login is valid (document: 1.1.1, 有效期为2小时).
const TokenLifetime = 2 * time.Hour

const (
	renewAhead = 10 * time.Minute
	// renewJitter keeps the processes that share a login from renewing it all
	// at the same time.
	renewJitter = 5 * time.Minute
)

// The keys of what a login's answer gives beside the token.
const (
	platformCode = "studyPlatformCode"
	platformName = "studyPlatformName"
)

// Session is a login. It redacts itself when printed.
type Session struct {
	AcceptToken  string    `json:"acceptToken" wire:"essential"`            // what calls are sent with (学习平台登录后的token); secret
	PlatformCode string    `json:"studyPlatformCode" wire:"essential,null"` // the learning platform's code (学习平台编码)
	PlatformName string    `json:"studyPlatformName"`                       // the learning platform's name (学习平台名字)
	Expires      time.Time `json:"-"`                                       // TokenLifetime after the login was requested
}

// String tells when the session expires, not what its token is.
func (s Session) String() string {
	return fmt.Sprintf("supervision.Session(redacted, expires %s)", s.Expires.Format(time.RFC3339))
}

// Format is String for every verb, so that none shows a secret.
func (s Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String for package slog.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String for encoding/json and the like.
func (s Session) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var login = declare[loginData](transport.Spec{
	Op: "Login", Section: "1.1 登录获取Token", Path: "api/v1/thlogin", Class: transport.Login,
}, func(a *loginAnswer) *Session { return &a.Session })

// Login logs in (1.1 登录获取Token, POST api/v1/thlogin) and returns the session,
// which all later calls of the client and its copies use. It need not be called,
// since calls log in by themselves; it shows early whether the credentials are
// accepted. If a login is under way already, here or in another process that shares
// an edusdk.TokenLocker, Login waits for it. Credentials that the platform rejects are
// an error of kind ErrUnauthenticated. For half a minute after that, other calls do
// not log in again, in all processes that share an edusdk.TokenLocker; Login does.
func (c *Client) Login(ctx context.Context) (*Session, error) {
	if ctx == nil {
		return nil, c.service.transport.Refuse(ctx, login.Spec, errNilContext)
	}
	t, err := c.service.tokens.Renew(ctx)
	if err != nil {
		return nil, c.service.loginError(err)
	}
	return &Session{
		AcceptToken: t.Value, PlatformCode: t.Extra[platformCode], PlatformName: t.Extra[platformName], Expires: t.Expires,
	}, nil
}

var errNilContext error = &edusdk.FieldError{Field: "ctx", Problem: "must not be nil"}

// loginError returns the error of a login as that of a call.
func (c *core) loginError(err error) error {
	if e, ok := err.(*edusdk.Error); ok { //nolint:errorlint // it is the login's own
		own := *e // one login can fail many calls
		return &own
	}
	return &edusdk.Error{Vendor: vendor, Op: login.Op, Kind: edusdk.KindOf(err), Err: err}
}

type loginData struct {
	Account  string `json:"studyPlatformAcount"` // the login (学习平台用户登录账号), as the document spells it
	Password string `json:"passWord"`
}

func (loginData) Validate() error { return nil }

type loginAnswer struct {
	envelope

	Session Session `json:"returnData" wire:"essential"`
}

func (a *loginAnswer) Absent() string {
	if a.Session.AcceptToken == "" {
		return "returnData.acceptToken"
	}
	return ""
}

// login gets a new token. Its time counts from before the request, so that no
// delay makes it look good for longer than it is.
func (c *core) login(ctx context.Context) (edusdk.Token, error) {
	asked := c.transport.Now()
	session, err := login.Do(ctx, &service{c, func() Device { return c.cfg.Device }}, loginData{c.cfg.Account, c.cfg.Password})
	if err != nil {
		return edusdk.Token{}, err
	}
	return edusdk.Token{
		Value:   session.AcceptToken,
		Expires: asked.Add(TokenLifetime),
		Extra:   map[string]string{platformCode: session.PlatformCode, platformName: session.PlatformName},
	}, nil
}
