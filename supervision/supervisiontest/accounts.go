package supervisiontest

import (
	"cmp"
	"fmt"
	"time"
)

// tokenLifetime is how long a token is good.
const tokenLifetime = 2 * time.Hour

// Account is a learning platform's account at the regulator.
type Account struct {
	Name         string // studyPlatformAcount
	Password     string // passWord
	PlatformCode string // studyPlatformCode
	PlatformName string // studyPlatformName
}

// token is one that was given out.
type token struct {
	account *Account
	expires time.Time
}

// AddAccount adds an account, or replaces the one of the same name. It does not
// end the tokens of the latter.
func (h *Handler) AddAccount(a Account) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.accounts.put(a.Name, &a)
}

// Logins returns how many logins succeeded; those that failed are among
// Requests.
func (h *Handler) Logins() int {
	h.core.Lock()
	defer h.core.Unlock()
	return h.platform.logins
}

// ExpireTokens ends all tokens that were given out.
func (h *Handler) ExpireTokens() {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.tokens = memory[string, token]{}
}

// SetExpiryCode sets the returnCode for a token that has expired or was never
// given out, CodeTokenExpired if it is not called.
func (h *Handler) SetExpiryCode(returnCode string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.expiryCode = returnCode
}

// TokenExpired reports whether a returnCode is the one for a token that has
// expired: what Server.Config has as supervision.Config.TokenExpired.
func (h *Handler) TokenExpired(returnCode, _ string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	return returnCode == h.platform.expiryCode
}

// login returns the account that a token was given to, nil for none.
func (p *platform) login(value string, now time.Time) *Account {
	if t, known := p.tokens.get(value); known && now.Before(t.expires) {
		return t.account
	}
	return nil
}

// logIn answers 1.1.
func (c *call) logIn() answer {
	account, known := c.accounts.get(c.text("studyPlatformAcount"))
	if !known || account.Password != c.text("passWord") {
		return fail(CodeWrongCredentials, "账号或密码错误")
	}
	c.logins++
	c.issued++
	value := fmt.Sprintf("fake-supervision-token-%09d", c.issued)
	c.tokens.put(value, token{account, c.now.Add(tokenLifetime)})
	return returnData(map[string]any{
		"acceptToken": value, "studyPlatformCode": account.PlatformCode, "studyPlatformName": account.PlatformName,
	})
}

// RejectIdentity makes 1.2 refuse an ID number, whatever the name, with a
// message of the platform's, or with the fake's own for "".
func (h *Handler) RejectIdentity(cardNo, returnMsg string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.rejected.put(cardNo, cmp.Or(returnMsg, "实名认证失败"))
}

// AcceptIdentity takes RejectIdentity back.
func (h *Handler) AcceptIdentity(cardNo string) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.rejected.remove(cardNo)
}

// Authenticated returns the name with which 1.2 last accepted an ID number, and
// whether it did.
func (h *Handler) Authenticated(cardNo string) (name string, ok bool) {
	h.core.Lock()
	defer h.core.Unlock()
	return h.platform.names.get(cardNo)
}

// authenticate answers 1.2.
func (c *call) authenticate() answer {
	if msg, refused := c.rejected.get(c.text("cardNo")); refused {
		return answer{code: CodeIdentityRefused, msg: msg, ordered: true}
	}
	c.names.put(c.text("cardNo"), c.text("name"))
	return success(c)
}

// Photo returns the address of a student's photo that 1.11 last set, "" for
// none.
func (h *Handler) Photo(cardNo string) string {
	h.core.Lock()
	defer h.core.Unlock()
	url, _ := h.platform.photos.get(cardNo)
	return url
}

// updatePhoto answers 1.11.
func (c *call) updatePhoto() answer {
	c.photos.put(c.text("cardNo"), c.text("ercunPhotoUrl"))
	return success(c)
}
