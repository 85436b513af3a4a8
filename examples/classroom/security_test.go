package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	b := open(t, 7)
	for _, path := range b.everyPage() {
		got := b.get(path)
		policy := got.Header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "script-src 'self';", "style-src 'self';", "form-action 'self'", "base-uri 'none'",
			"frame-src 'self' " + b.site.demo.vendor.URL + ";", "frame-ancestors '",
		} {
			assert.Contains(t, policy, want, path)
		}
		assert.NotContains(t, policy, "unsafe", path)
		inFrame := strings.Contains(path, "/enter")
		assert.Equal(t, inFrame, strings.Contains(policy, "frame-ancestors 'self'"), path)
		assert.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", got.Header.Get("Referrer-Policy"), path)
		assert.Equal(t, "same-origin", got.Header.Get("Cross-Origin-Opener-Policy"), path)
		assert.NotEmpty(t, got.Header.Get("Cache-Control"), path)
		for _, c := range got.Cookies() {
			assert.True(t, c.HttpOnly, c.Name)
			assert.Equal(t, http.SameSiteLaxMode, c.SameSite, c.Name)
		}
	}
}

// everyForm is a path of every handler that changes something.
func everyForm(room string) []string {
	return []string{
		"/rooms", room + "/delete", room + "/documents", room + "/attach", room + "/detach", "/regulator", "/demo",
		"/study/student-1/video-1/start", "/study/student-1/video-1/tick", "/study/student-1/video-1/face", "/study/student-1/video-1/end",
	}
}

func TestAForgedFormChangesNothing(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	token := b.token()
	stranger := *b
	stranger.Client = b.visitor()
	before := len(b.site.demo.vendor.Requests())
	const form, file = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	for _, path := range everyForm(room) {
		for name, header := range map[string][]string{
			"without a token":           {"Content-Type", form},
			"with a wrong token":        {"Content-Type", form, tokenHeader, "x"},
			"of another site":           {"Content-Type", form, tokenHeader, token, "Sec-Fetch-Site", "cross-site"},
			"of another origin":         {"Content-Type", form, tokenHeader, token, "Origin", "https://example.com"},
			"with a file, no token":     {"Content-Type", file},
			"with a file, wrong token":  {"Content-Type", file, tokenHeader, "x"},
			"with a file, another site": {"Content-Type", file, tokenHeader, token, "Sec-Fetch-Site", "cross-site"},
		} {
			got := b.do(http.MethodPost, path, strings.NewReader("--x--"), header...)
			assert.Equal(t, http.StatusForbidden, got.StatusCode, "%s: %s", path, name)
			assert.Contains(t, got.Text, "页面已过期", "%s: %s", path, name)
		}
		got := stranger.do(http.MethodPost, path, nil, tokenHeader, token, "Content-Type", file)
		assert.Equal(t, http.StatusForbidden, got.StatusCode, "%s: the token of another session", path)
	}
	assert.Len(t, b.site.demo.vendor.Requests(), before, "requests reached the vendor")
	assert.False(t, b.site.demo.regulatorAway.Load())
	assert.Zero(t, b.site.study.sessions.Len())
}

func TestOnlyNamesOfThisMachineAreServed(t *testing.T) {
	b := open(t, 0)
	for host, want := range map[string]int{
		"localhost:" + b.site.port: http.StatusOK, "LOCALHOST:" + b.site.port: http.StatusOK, "[::1]:" + b.site.port: http.StatusOK,
		"127.0.0.1:" + b.site.port: http.StatusOK,
		"127.0.0.1:1":              http.StatusMisdirectedRequest, "127.0.0.1": http.StatusMisdirectedRequest,
		"example.com:" + b.site.port: http.StatusMisdirectedRequest, "localhost.example.com:" + b.site.port: http.StatusMisdirectedRequest,
		"10.0.0.1:" + b.site.port: http.StatusMisdirectedRequest,
	} {
		assert.Equal(t, want, b.get("/rooms", "Host", host).StatusCode, host)
	}
}

func TestASessionIsKept(t *testing.T) {
	b := open(t, 0)
	token := b.token()
	assert.Equal(t, token, b.token(), "in another tab")
	other := *b
	other.Client = b.visitor()
	assert.NotEqual(t, token, other.token())
	third := *b
	third.Client = b.visitor()
	for _, path := range []string{"/static/app.css", "/favicon.ico", "/lang/zh", "/study/student-1/video-1/state"} {
		for _, c := range third.get(path).Cookies() {
			assert.NotEqual(t, sessionCookie, c.Name, path)
		}
	}
	made := b.get("/demo", "Cookie", sessionCookie+"=short")
	require.Equal(t, http.StatusOK, made.StatusCode, "a cookie that is none of ours")
}

func TestAForgedFormBeginsNoSession(t *testing.T) {
	b := open(t, 0)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, nil} {
		got := b.do(http.MethodPost, "/rooms", nil, header...) // a browser sends no Lax cookie with it
		require.Equal(t, http.StatusForbidden, got.StatusCode)
		assert.Empty(t, got.Cookies(), "the forms of the visitor's other tabs would be void")
	}
	b.token()
	empty := b.site.token("")
	stranger := *b
	stranger.Client = b.visitor()
	assert.Equal(t, http.StatusForbidden, stranger.do(http.MethodPost, "/demo", nil, tokenHeader, empty).StatusCode, "the token of no session")
}
