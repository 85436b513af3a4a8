package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// contentPolicy returns the Content-Security-Policy of a page. Scripts and styles are
// files of this site, never in the page itself. Frames show the vendor's classroom,
// and this site's link to it, which redirects there. ancestors says who may put the
// page into a frame.
func (s *site) contentPolicy(ancestors string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
		"frame-src 'self' " + s.frames, "form-action 'self'", "frame-ancestors " + ancestors, "base-uri 'none'",
	}, "; ")
}

// secure sets the headers that every answer has, and turns away requests that other
// sites made a browser send.
func (s *site) secure(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.page(func(*visit) error { return errForged }))
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.contentPolicy("'none'"))
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), payment=(), usb=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if !s.knows(r.Host) {
			// Another name that leads to this address is that of a page which wants
			// to read what only this machine's user may see (DNS rebinding).
			http.Error(w, http.StatusText(http.StatusMisdirectedRequest), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knows reports whether a Host header names this site.
func (s *site) knows(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	ip := net.ParseIP(name)
	return port == s.port && (strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback())
}

// A session is a browser. It has a cookie that scripts cannot read, and every form of
// its pages a token that follows from the cookie, which other sites know neither of.
const sessionCookie = "classroom_session"

var sessionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`)

// newID returns something that nobody can guess.
func newID() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// session returns the visit's session. A page begins one if there is none; for a form it
// is "" then: other sites make browsers send forms without the cookie, and a new cookie in
// place of the first one would make the tokens of all open pages void.
func (v *visit) session() string {
	if v.cookie != "" {
		return v.cookie
	}
	if c, err := v.r.Cookie(sessionCookie); err == nil && sessionForm.MatchString(c.Value) {
		v.cookie = c.Value
		return v.cookie
	}
	if v.r.Method != http.MethodGet {
		return ""
	}
	v.cookie = newID()
	setCookie(v.w, sessionCookie, v.cookie, 0)
	return v.cookie
}

// setCookie sets a cookie of this site. It would be Secure too on a site that is
// served over https.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the site is served on a loopback address, without TLS
		Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// token returns the token of a session's forms.
func (s *site) token(session string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// The token's field in a form, and its header in a request that a script makes.
const (
	tokenField  = "csrf"
	tokenHeader = "X-Csrf-Token" //nolint:gosec // a name, not a token
)

// checkToken returns an error if a token is not that of the visit's session.
func (v *visit) checkToken(token string) error {
	session := v.session()
	if session == "" || !hmac.Equal([]byte(token), []byte(v.site.token(session))) {
		return errForged
	}
	return nil
}
