package transport

import (
	"bufio"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// refusingProxy is a proxy that answers each CONNECT with a status line which echoes
// what it was sent.
func refusingProxy(t *testing.T, status string) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			req, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				credential, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(req.Header.Get("Proxy-Authorization"), "Basic "))
				_, _ = conn.Write([]byte("HTTP/1.1 " + status + " no " + string(credential) + " to " + req.Host + " canary\r\nContent-Length: 0\r\n\r\n"))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return &url.URL{Scheme: "http", Host: l.Addr().String(), User: url.UserPassword("canary-user", "canary-password")}
}

// net/http makes an error of what a proxy says to CONNECT.
func TestNoWordsOfAProxy(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"407", "403", "502", "200", "600"} {
		proxy := refusingProxy(t, status)
		own, theirs := newPool(), &http.Transport{}
		own.Proxy, theirs.Proxy = http.ProxyURL(proxy), http.ProxyURL(proxy)
		t.Cleanup(own.CloseIdleConnections)
		t.Cleanup(theirs.CloseIdleConnections)
		for name, transport := range map[string]*http.Transport{"our pool": own, "the importer's": theirs} {
			c := newClient(t, "https://vendor.test", oneAttempt, edusdk.WithTransport(transport))
			c.pooled = transport == own
			err := c.Do(t.Context(), newCall(c, Create, &script{}))
			e := errorOf(t, err)
			assert.Equal(t, edusdk.ErrUnavailable, e.Kind, "%s, %s", name, status)
			assert.False(t, edusdk.MaybeApplied(err), "%s, %s: nothing was sent", name, status)
			noCanaryInChain(t, err)
			assert.NotContains(t, err.Error(), "vendor.test", "%s, %s", name, status)
			if !c.pooled && status != "200" {
				assert.Contains(t, err.Error(), "no connection could be made, or a proxy refuses to make it")
			}
			if c.pooled && status != "200" {
				assert.Contains(t, err.Error(), "the proxy refuses to connect: HTTP "+status)
			}
		}
	}
}

// What net/http says itself is kept where no proxy can have said it.
func TestWordsOfNetHTTPAreKept(t *testing.T) {
	t.Parallel()
	plain, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := newClient(t, "https"+strings.TrimPrefix(plain.URL, "http"), oneAttempt)
	e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, e.Error(), "HTTP response to HTTPS client")

	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	c = newClient(t, secure.URL, oneAttempt, edusdk.WithTransport(newPool()))
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, e.Error(), "certificate")

	c = newClient(t, "https://"+closedPort(t), oneAttempt, edusdk.WithTransport(&http.Transport{}))
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, e.Error(), "refused")
}
