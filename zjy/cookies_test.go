package zjy_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// TestClientsShareNoCookie lets two students' clients work with one http.Client,
// which has a jar, against a server that sets cookies with every answer.
func TestClientsShareNoCookie(t *testing.T) {
	srv := zjytest.NewServer()
	defer srv.Close()
	var mu sync.Mutex
	seen := map[string]int{}
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			for _, header := range r.Header["Cookie"] {
				seen[header]++
			}
			mu.Unlock()
			for _, name := range []string{"auth", "session", "acw_tc"} {
				http.SetCookie(w, &http.Cookie{Name: name, Value: "set-by-the-server", Path: "/"})
			}
			next.ServeHTTP(w, r)
		})
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	address, err := url.Parse(srv.URL)
	require.NoError(t, err)
	jar.SetCookies(address, []*http.Cookie{{Name: "jar", Value: "of-the-caller"}})
	shared := &http.Client{Jar: jar, Transport: &http.Transport{}}
	defer shared.CloseIdleConnections()

	for range 2 {
		for _, auth := range []string{zjytest.Auth, "another"} {
			c, err := zjy.New(zjy.Config{Auth: auth, BaseURL: srv.URL}, edusdk.WithHTTPClient(shared))
			require.NoError(t, err)
			for range 2 {
				_, err = c.Profile(t.Context())
				if auth == zjytest.Auth {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
				}
			}
		}
	}
	assert.Equal(t, map[string]int{"auth=" + zjytest.Auth: 4, "auth=another": 4}, seen)
	assert.Equal(t, []*http.Cookie{{Name: "jar", Value: "of-the-caller"}}, jar.Cookies(address), "the caller's jar")
}

func TestCookiesOfTheOptionsGoAlong(t *testing.T) {
	var got []string
	_, err := mustClient(t, func(r *http.Request) (*http.Response, error) {
		got = r.Header["Cookie"]
		return httpmock.NewStringResponse(200, fixture(t, "profile")), nil
	}, edusdk.WithHeader("cookie", "acw_tc=1; route=2"), edusdk.WithHeader("Cookie", "lang=zh")).Profile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"auth=" + auth + "; acw_tc=1; route=2; lang=zh"}, got)

	for _, cookie := range []string{"auth=x", "a=b; auth=x", "no cookie"} {
		_, err := zjy.New(zjy.Config{Auth: auth}, edusdk.WithHeader("Cookie", cookie))
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f, cookie)
		assert.Equal(t, "Config.Auth", f.Field)
	}
}

func mustClient(t *testing.T, answer httpmock.Responder, opts ...edusdk.Option) *zjy.Client {
	t.Helper()
	c, _ := mocked(t, answer, opts...)
	return c
}

func TestBadOptionsFailNew(t *testing.T) {
	_, err := zjy.New(zjy.Config{Auth: auth}, edusdk.WithTimeout(-time.Second))
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
}
