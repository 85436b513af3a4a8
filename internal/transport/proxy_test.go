package transport

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
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

// Our pool goes through a proxy that connects.
func TestAProxyThatConnects(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(status(200, success))
	t.Cleanup(secure.Close)
	tunnel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there, err := net.Dial("tcp", r.Host)
		if !assert.NoError(t, err) {
			return
		}
		defer there.Close()
		here, buffered, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		defer here.Close()
		_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			defer there.Close()
			_, _ = io.Copy(there, buffered)
		}()
		_, _ = io.Copy(here, there)
	}))
	t.Cleanup(tunnel.Close)
	address, err := url.Parse(tunnel.URL)
	require.NoError(t, err)
	pool := newPool()
	pool.Proxy = http.ProxyURL(address)
	pool.TLSClientConfig.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := newClient(t, secure.URL, oneAttempt, edusdk.WithTransport(pool))
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{})))
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

	c = newClient(t, "https://acme.test", oneAttempt, edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		return unreached(req, errors.New("the importer's own words"))
	})))
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, e.Error(), "the importer's own words")

	c = newClient(t, "https://"+closedPort(t), oneAttempt, edusdk.WithTransport(&http.Transport{}))
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, e.Error(), "refused")
}

// The credentials of a proxy that the environment names are no option of the client's,
// and the vendor's answer, or what the proxy says in its place, can quote them. The
// environment is read once a process, so the test is another one.
func TestNoCredentialsOfAProxyOfTheEnvironment(t *testing.T) {
	const inChild = "EDUSDK_TEST_PROXY_CHILD"
	if os.Getenv(inChild) == "" {
		proxy, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			credential, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
			user, password, _ := strings.Cut(string(credential), ":")
			_, _ = fmt.Fprintf(w, `{"code":"NO","message":"neither %s nor %s, says %s"}`, user, password, r.URL.Host)
		})
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), inChild+"=1", "NO_PROXY=", "no_proxy=", "HTTP_PROXY=http://canaryuser:canarypass@"+strings.TrimPrefix(proxy.URL, "http://"))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS")
		return
	}
	theirs := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(theirs.CloseIdleConnections)
	for name, opts := range map[string][]edusdk.Option{
		"our pool":       {},
		"the importer's": {edusdk.WithTransport(theirs)},
		"a wrapper":      {edusdk.WithTransportWrapper(func(base http.RoundTripper) http.RoundTripper { return wrapped{base} })},
	} {
		c := newClient(t, nowhere, append(opts, oneAttempt)...)
		e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
		assert.Equal(t, "neither [redacted] nor [redacted], says acme.test", e.Message, name)
		noCanaryInChain(t, e)
	}
}
