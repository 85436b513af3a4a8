package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// browser is a visitor of a site.
type browser struct {
	*http.Client

	t    *testing.T
	site *site
	base string
	lang string
}

// open makes a site and a visitor of it, who does not follow redirects.
func open(t *testing.T, rooms int) *browser {
	t.Helper()
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	s, closeSite, err := newSite(t.Context(), options{speed: 30, rooms: rooms}, port)
	require.NoError(t, err)
	s.log = slog.New(slog.DiscardHandler)
	s.demo.vendor.SetConversionDelay(0)
	s.demo.rate.Store(1 << 30)
	server.Config.Handler = s.handler()
	server.Start()
	b := &browser{t: t, site: s, base: server.URL, lang: "zh"}
	b.Client = b.visitor()
	t.Cleanup(func() {
		b.CloseIdleConnections()
		server.Close()
		assert.NoError(t, closeSite())
	})
	return b
}

// visitor returns a browser without cookies.
func (b *browser) visitor() *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(b.t, err)
	return &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: http.DefaultTransport,
	}
}

// answer is what a visitor was answered.
type answer struct {
	*http.Response

	Text string
}

func (b *browser) do(method, path string, body io.Reader, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	require.NoError(b.t, err)
	r.Header.Set("Accept-Language", b.lang)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.Do(r)
	require.NoError(b.t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	_ = res.Body.Close()
	return answer{res, string(text)}
}

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

// post sends a form, with the token of the visitor's session.
func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	values := url.Values{tokenField: {b.token()}}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(values.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

var tokenInPage = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)

// token returns the token of the visitor's session.
func (b *browser) token() string {
	b.t.Helper()
	found := tokenInPage.FindStringSubmatch(b.get("/demo").Text)
	require.Len(b.t, found, 2, "the page has no token")
	return found[1]
}

var roomInPage = regexp.MustCompile(`href="(/rooms/jz[0-9a-f]+)"`)

// room returns the address of the n-th room of the list.
func (b *browser) room(n int) string {
	b.t.Helper()
	found := roomInPage.FindAllStringSubmatch(b.get("/rooms").Text, -1)
	require.Greater(b.t, len(found), n, "rooms in the list")
	return found[n][1]
}

// everyPage is a path for every page.
func (b *browser) everyPage() []string {
	live, ended := b.room(0), b.room(1)
	return []string{
		"/rooms", "/rooms?q=x", "/rooms?page=99", "/rooms/new", live, ended, live + "/delete", live + "/class?as=teacher", ended + "/class?as=student-1",
		live + "/enter?as=teacher", live + "/enter?as=nobody", live + "/jobs", ended + "/attendance", live + "/attendance", ended + "/attendance.csv",
		"/study", "/study/student-1/video-1", "/study/student-1/video-1/state", "/study/student-1/video-1/camera/self", "/demo",
		"/", "/nothing", "/rooms/nothing", "/study/nobody/video-1", "/unsure/nothing", "/lang/xx", "/favicon.ico",
		"/static/app.css", "/static/app.js", "/static/vendor/chart.umd.min.js", "/static/nothing", "/static/", "/lang/en",
	}
}

func TestEveryPageAnswersInBothLanguages(t *testing.T) {
	b := open(t, 7)
	paths := b.everyPage()
	for _, lang := range []string{"zh", "en"} {
		b.lang = lang
		for _, path := range paths {
			got := b.get(path)
			assert.Less(t, got.StatusCode, 500, "%s in %s", path, lang)
			if !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") || got.StatusCode == http.StatusSeeOther {
				continue
			}
			want := `<html lang="` + map[string]string{"zh": "zh-CN", "en": "en"}[lang] + `">`
			assert.Contains(t, got.Text, want, "%s in %s", path, lang)
			for _, bad := range []string{"%!", "style=", "onclick=", "<script>", "ZgotmplZ", "<no value>"} {
				assert.NotContains(t, got.Text, bad, "%s in %s", path, lang)
			}
		}
		b.Client = b.visitor() // without the cookie of /lang/en
	}
}

func TestAChosenLanguageIsKept(t *testing.T) {
	b := open(t, 0)
	got := b.get("/lang/en?back=/rooms%3Fq%3Dx")
	assert.Equal(t, http.StatusSeeOther, got.StatusCode)
	assert.Equal(t, "/rooms?q=x", got.Header.Get("Location"))
	assert.Contains(t, b.get("/rooms").Text, "No rooms yet", "although the browser prefers Chinese")
	for _, back := range []string{"https://example.com/", "//example.com/", `/\example.com`, "/%5Cexample.com", "javascript:alert(1)", ""} {
		assert.NotContains(t, b.get("/lang/zh?back="+url.QueryEscape(back)).Header.Get("Location"), "//example", back)
	}
}

func TestTheOptionsAreChecked(t *testing.T) {
	for _, args := range [][]string{
		{"-lang", "fr"}, {"-speed", "0"}, {"-speed", "61"}, {"-rooms", "-1"}, {"-slow", "-1s"}, {"-slow", "1m"}, {"more"}, {"-nothing"}, {"-h"},
	} {
		_, err := readOptions(args, io.Discard)
		assert.Error(t, err, args)
	}
	o, err := readOptions([]string{"-addr", "127.0.0.1:1", "-lang", "zh", "-slow", "2s", "-rooms", "300"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, options{address: "127.0.0.1:1", lang: "zh", slow: 2 * time.Second, speed: 30, rooms: 300}, o)
}

func TestNothingIsFakedOfARealAccount(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "20990101000001")
	t.Setenv("DUOBEIYUN_APPKEY", "made-up-key")
	s, closeSite, err := newSite(t.Context(), options{speed: 30}, "80")
	require.NoError(t, err)
	defer func() { assert.NoError(t, closeSite()) }()
	ask := func(r *http.Request) *httptest.ResponseRecorder {
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		return w
	}
	page := ask(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/demo", nil))
	require.Equal(t, http.StatusOK, page.Code)
	assert.Contains(t, page.Header().Get("Content-Security-Policy"), "frame-src 'self' https://*.duobeiyun.com;")
	assert.NotContains(t, page.Body.String(), `value="lose"`)
	assert.Contains(t, page.Body.String(), "The rooms are those of a real account")
	for what, want := range map[string]int{"vendor": http.StatusNotFound, "slow": http.StatusNotFound, "lose": http.StatusNotFound, "regulator": http.StatusSeeOther} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/demo", strings.NewReader("on=1&what="+what))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range page.Result().Cookies() {
			r.AddCookie(c)
			r.Header.Set(tokenHeader, s.token(c.Value))
		}
		assert.Equal(t, want, ask(r).Code, what)
	}
}

func TestOnlyALoopbackAddressIsServed(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	assert.ErrorContains(t, run(t.Context(), []string{"-addr", "0.0.0.0:0"}, io.Discard), "loopback")
	t.Setenv("DUOBEIYUN_PARTNER", "20990101000001")
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard), "DUOBEIYUN_APPKEY")
}

// lines collects what is printed.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestItServesUntilInterruptedAndLeavesNothingBehind(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, interrupt := context.WithCancel(t.Context())
	var out lines
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-lang", "zh"}, &out) }()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	require.Eventually(t, func() bool { return address.MatchString(out.String()) }, 10*time.Second, 10*time.Millisecond, "no address is printed")
	b := &browser{t: t, base: address.FindString(out.String()), lang: "en"}
	b.Client = b.visitor()
	assert.Contains(t, b.get("/rooms").Text, `lang="zh-CN"`, "-lang goes before what the browser prefers")
	b.CloseIdleConnections()
	interrupt()
	select {
	case err := <-ended:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files are left")
}
