package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
)

// Everything secret in these tests holds this word, and nothing else does.
const canary = "canary"

// What is planted, and where. The odd characters are written in another way in
// a query, a form, JSON and quotes.
const (
	canarySensitive = `canary sensitive/"ü&\`
	canaryHeader    = "canary-header"
	canaryBearer    = "Bearer canary-bearer"
	canaryToken     = "canary-token"
	canaryExtra     = "canary-extra"
	canarySign      = `canary+query "sign" 汉`
	canaryCookie    = "session=canary-cookie; theme=dark"
	canaryBody      = "canary body & soul"
)

type tokenOf edusdk.Token

func (t tokenOf) Token(context.Context) (edusdk.Token, error) { return edusdk.Token(t), nil }
func (t tokenOf) Invalidate(context.Context, string) error    { return nil }

// form and object are the two ways to send the body's canary.
func form(a *Attempt) {
	a.ContentType = "application/x-www-form-urlencoded"
	a.Body = []byte(url.Values{"name": {canaryBody}, "secret": {canarySensitive}}.Encode())
}

func object(a *Attempt) {
	a.ContentType = "application/json; charset=utf-8"
	a.Body, _ = json.Marshal(map[string]any{
		"name": canaryBody, "deep": []any{map[string]string{"secret": canarySensitive}},
	})
}

func multipartForm(a *Attempt) {
	c, err := NewContent(strings.NewReader("canary content"), 0, "Content")
	if err == nil {
		a.Stream, a.ContentType, err = NewMultipart([]string{"name", canaryBody, "secret", canarySensitive}, "file", "canary.pdf", "application/pdf", c, nil)
	}
	if err != nil {
		panic(err)
	}
}

// echo is all that a server can tell of a request, in one line.
func echo(r *http.Request) string {
	var b strings.Builder
	_ = r.ParseMultipartForm(1 << 20) // of any kind of form
	rest, _ := io.ReadAll(r.Body)
	fmt.Fprint(&b, r.URL, " ", r.URL.Query(), " ", r.PostForm, " ", string(rest))
	var decoded any
	if json.Unmarshal(rest, &decoded) == nil {
		fmt.Fprint(&b, " ", decoded)
	}
	for _, values := range r.Header {
		fmt.Fprint(&b, " ", values)
		for _, v := range values {
			fmt.Fprint(&b, " ", strings.TrimPrefix(v, "Bearer "), " ", strings.TrimPrefix(v, "session="))
		}
	}
	if r.MultipartForm != nil {
		for _, files := range r.MultipartForm.File {
			fmt.Fprint(&b, " ", files[0].Filename)
		}
	}
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(b.String())
}

// raw answers with text in place of a response.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

// hidden is an error that does not show what it holds.
type hidden struct{ error }

func (hidden) Error() string   { return "something is hidden here" }
func (h hidden) Unwrap() error { return h.error }

// hiddenAll is hidden for several errors.
type hiddenAll []error

func (hiddenAll) Error() string     { return "several are hidden here" }
func (h hiddenAll) Unwrap() []error { return h }

// leaks are ways to fail that show secrets, if nobody takes care.
var leaks = map[string]struct {
	server http.HandlerFunc                                     // or
	stub   func(req *http.Request) (*http.Response, error)      // or neither
	change func(t *testing.T, c *Client, call *Call, x *script) // of the call
}{
	"message": {server: func(w http.ResponseWriter, r *http.Request) {
		text := echo(r)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "x" + text, "message": "you said " + text, "request": text})
	}},
	"message in another case of escapes": {server: func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "GONE", "message": url.PathEscape(canarySensitive) + fmt.Sprintf("%q", canarySign)})
	}},
	"rejection under a status of failure": {server: func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "GONE", "message": echo(r)})
	}},
	"rate limit": {server: func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "RATE", "message": echo(r)})
	}},
	"token rejected": {server: func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "TOKEN", "message": echo(r)})
	}},
	"status line": {server: func(w http.ResponseWriter, r *http.Request) {
		raw(w, "HTTP/1.1 500 "+echo(r)+"\r\nContent-Length: 0\r\n\r\n")
	}},
	"status line that is none": {server: func(w http.ResponseWriter, r *http.Request) { raw(w, echo(r)+"\r\n\r\n") }},
	"status that is none":      {server: func(w http.ResponseWriter, r *http.Request) { raw(w, "HTTP/1.1 "+echo(r)+"\r\n\r\n") }},
	"header that is none":      {server: func(w http.ResponseWriter, r *http.Request) { raw(w, "HTTP/1.1 200 OK\r\n"+echo(r)+"\r\n\r\n") }},
	"header's name that is none": {server: func(w http.ResponseWriter, r *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\n"+echo(r)+": x\r\n\r\n")
	}},
	"length that is none": {server: func(w http.ResponseWriter, r *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: "+echo(r)+"\r\n\r\n")
	}},
	"encoding that is none": {server: func(w http.ResponseWriter, r *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "+echo(r)+"\r\n\r\n")
	}},
	"trailer that is none": {server: func(w http.ResponseWriter, r *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"+echo(r)+"\r\n\r\n")
	}},
	"web page": {server: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "<html>"+echo(r)) }},
	"web page of 500": {server: func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<html>"+echo(r))
	}},
	"not JSON":         {server: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, echo(r)) }},
	"JSON that is bad": {server: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "{"+echo(r)) }},
	"redirect": {server: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://acme.test/"+url.QueryEscape(echo(r)))
		w.WriteHeader(http.StatusTemporaryRedirect)
	}},
	"redirect to what is no address": {server: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://acme.test/%zz?canary&"+r.URL.RawQuery)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}},
	"reset":   {server: func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true) }},
	"cut off": {server: status(200, "{", "Content-Length", "50")},
	"timeout": {stub: func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}},
	"cancel": {change: func(t *testing.T, c *Client, _ *Call, _ *script) {
		c.http.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s: %w", req.URL, context.Canceled)
		})
	}},
	"dial": {change: func(t *testing.T, _ *Client, call *Call, _ *script) { call.URL = "http://" + closedPort(t) + "/do" }},
	// As net/http says it of an HTTP_PROXY that it cannot read.
	"proxy that is none": {change: func(_ *testing.T, c *Client, _ *Call, _ *script) {
		pool := newPool()
		pool.Proxy = func(*http.Request) (*url.URL, error) {
			return nil, fmt.Errorf("invalid proxy address %q: %v", "http://user:canary proxy@proxy.test", `parse "http://user:canary proxy@proxy.test": invalid userinfo`)
		}
		c.http.Transport = pool
	}},
	"address that is none": {change: func(_ *testing.T, _ *Client, call *Call, _ *script) { call.URL = "http://acme.test:port/" }},
	"query that is none": {change: func(_ *testing.T, _ *Client, _ *Call, x *script) {
		encode := x.encode
		x.encode = func(a *Attempt) error {
			err := encode(a)
			a.Query = "canary\x7f=1"
			return err
		}
	}},
	"scheme that is none": {change: func(_ *testing.T, _ *Client, call *Call, _ *script) { call.URL = "gopher://acme.test/" }},
	"header with a line break": {change: func(_ *testing.T, _ *Client, _ *Call, x *script) {
		encode := x.encode
		x.encode = func(a *Attempt) error {
			err := encode(a)
			a.Header.Set("X-Token", "canary\nline")
			return err
		}
	}},
	"error with the address in it": {stub: func(req *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("could not POST %s with %s", req.URL, req.Header)
	}},
	"address error in an address error": {stub: func(req *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: "http://acme.test?canary", Err: errors.New("refused")})
	}},
	"several errors": {stub: func(req *http.Request) (*http.Response, error) {
		return nil, errors.Join(errors.New("first"), &url.Error{Op: "Post", URL: "http://acme.test?canary", Err: errors.New("refused")})
	}},
	"error that hides a secret": {stub: func(req *http.Request) (*http.Response, error) {
		return nil, hidden{errors.Join(errors.New("first"), fmt.Errorf("sent %q", req.Header.Get("X-Token")))}
	}},
	"Decode": {change: func(_ *testing.T, _ *Client, _ *Call, x *script) {
		x.decode = func(ans *Answer) error { return fmt.Errorf("what is %q", canarySensitive+canaryToken+canaryBody) }
	}},
	"Encode": {change: func(_ *testing.T, _ *Client, _ *Call, x *script) {
		encode := x.encode
		x.encode = func(a *Attempt) error {
			return errors.Join(encode(a), fmt.Errorf("cannot sign %s with %s", canarySign, canaryToken))
		}
	}},
	"login": {change: func(_ *testing.T, _ *Client, call *Call, _ *script) {
		call.Credential = &logins{err: fmt.Errorf("no token for %s", canarySensitive)}
	}},
	"rate limiter": {change: func(_ *testing.T, c *Client, _ *Call, _ *script) {
		c.limiter = limiter(func(context.Context) error { return errors.New(canaryHeader) })
	}},
}

func TestNoSecretLeavesThroughAnySink(t *testing.T) {
	t.Parallel()
	bodies := map[string]func(*Attempt){"form": form, "JSON": object, "multipart": multipartForm}
	for _, name := range slices.Sorted(maps.Keys(leaks)) {
		for body, write := range bodies {
			t.Run(name+"/"+body, func(t *testing.T) {
				t.Parallel()
				leak := leaks[name]
				var logged bytes.Buffer
				seen := &witness{}
				opts := []edusdk.Option{
					edusdk.WithHeader("X-Api-Key", canaryHeader), edusdk.WithHeader("Authorization", canaryBearer),
					edusdk.WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))),
					edusdk.WithObserver(seen),
				}
				base := nowhere
				switch {
				case leak.server != nil:
					srv, _ := serve(t, leak.server)
					base = srv.URL
				case leak.stub != nil:
					opts = append(opts, edusdk.WithTransport(roundTrip(leak.stub)))
				case name == "Decode":
					opts = append(opts, edusdk.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil })))
				}
				if name == "timeout" {
					opts = append(opts, edusdk.WithTimeout(time.Millisecond))
				}
				c := newClient(t, base, opts...)
				x := &script{
					sensitive: []string{canarySensitive, "x", ""},
					encode: func(a *Attempt) error {
						a.Query = url.Values{"sign": {canarySign}, "v": {"1"}}.Encode()
						a.Header = http.Header{"X-Token": {a.Token.Value}, "Cookie": {canaryCookie}, "X-Extra": {a.Token.Extra["key"]}}
						write(a)
						return nil
					},
				}
				call := newCall(c, Read, x)
				call.Credential = tokenOf{Value: canaryToken, Extra: map[string]string{"key": canaryExtra}}
				if leak.change != nil {
					leak.change(t, c, call, x)
				}

				err := c.Do(t.Context(), call)

				errorOf(t, err)
				slog.New(slog.NewJSONHandler(&logged, nil)).Info("failed", "err", err)
				slog.New(slog.NewTextHandler(&logged, nil)).Info("failed", "err", err)
				noCanaryInChain(t, err)
				noCanary(t, "log", logged.String())
				require.NotEmpty(t, seen.calls)
				for _, verb := range []string{"%v", "%+v", "%#v"} {
					noCanary(t, "observer", fmt.Sprintf(verb+verb, seen.attempts, seen.calls))
				}
			})
		}
	}
}

func noCanary(t *testing.T, sink, text string) {
	t.Helper()
	assert.NotContains(t, strings.ToLower(text), canary, "a secret in the %s", sink)
}

// noCanaryInChain looks at err and at all that it wraps.
func noCanaryInChain(t *testing.T, err error) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x"} {
		text := fmt.Sprintf(verb, err)
		noCanary(t, fmt.Sprintf("%s of a %T", verb, err), text)
		assert.NotContains(t, text, fmt.Sprintf("%x", canary), "a secret in %s of a %T", verb, err)
	}
	if encoded, jsonErr := json.Marshal(err); jsonErr == nil {
		noCanary(t, fmt.Sprintf("JSON of a %T", err), string(encoded))
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			noCanaryInChain(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			noCanaryInChain(t, inner)
		}
	}
}

// What net/http puts into quotes, and what it does not, differs by version.
func TestWordsOfTheServerInErrorsOfNetHTTP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"malformed MIME header line: canary":               "broken: malformed MIME header line: [redacted]",
		`malformed MIME header line: "canary"`:             "broken: malformed MIME header line: [redacted]",
		"malformed MIME header: missing colon: \"canary\"": "broken: malformed MIME header: [redacted]",
		"canary": "broken: [redacted]",
	} {
		cause := textproto.ProtocolError(text)
		err := unquoted(fmt.Errorf("broken: %w", &url.Error{Op: "Post", URL: "http://acme.test", Err: fmt.Errorf("broken: %w", cause)}))
		assert.EqualError(t, err, want, "of %s", text)
		assert.ErrorIs(t, err, cause)
		noCanaryInChain(t, err)
	}
	plain := errors.New(`bad "quotes`)
	assert.Same(t, plain, unquoted(plain))
}

// An *os.File tells its path with every error, and a path can name a person.
func TestNoPathOfAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "canary.pdf"))
	require.NoError(t, err)
	_, err = f.WriteString("content")
	require.NoError(t, err)
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	content, err := NewContent(f, 0, "Content")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	srv, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	c := newClient(t, srv.URL)
	err = c.Do(t.Context(), newCall(c, Create, upload(content, nil)))
	e := errorOf(t, err)
	assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
	assert.ErrorIs(t, e, os.ErrClosed)
	noCanaryInChain(t, err)
}

// shown returns what is shown of a text in an error of call.
func (c *Client) shown(t *testing.T, call *Call, a *Attempt, text string) string {
	t.Helper()
	require.NoError(t, c.redact(t.Context(), call, a, nil, &text))
	return text
}

func TestValuesOfACallInTexts(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil), edusdk.WithHeader("X-Key", "header-value"), edusdk.WithUserAgent("my-agent"))
	call := newCall(c, Read, &script{sensitive: []string{"abc", "secret", "secret-and-more", "a b&c", "", "https://files.example.com/photos/zhangsan.jpg?sign=0123456789&a=12345678&b=1234567"}})
	for dirty, clean := range map[string]string{
		"nothing":                  "nothing",
		"abc is too short":         "abc is too short",
		"the secret, secret":       "the [redacted], [redacted]",
		"secret-and-more":          "[redacted]",
		"q=a+b%26c":                "q=[redacted]",
		"/a%20b&c/":                "/[redacted]/",
		"my-agent on header-value": "my-agent on [redacted]",
		"no zhangsan.jpg":          "no [redacted]",
		"no sign: 0123456789":      "no sign: [redacted]",
		"no 12345678, 1234567 too": "no [redacted], 1234567 too",
		"":                         "",
		"two\nlines":               `two\nlines`,
	} {
		assert.Equal(t, clean, c.shown(t, call, nil, dirty))
	}
	// What is in no header or query is signed with, perhaps.
	token := &Attempt{Token: edusdk.Token{Value: "token-value", Extra: map[string]string{"k": "extra-value"}}}
	assert.Equal(t, "[redacted] and [redacted]", c.shown(t, call, token, "token-value and extra-value"))
	basic := &Attempt{Header: http.Header{"Authorization": {"Basic dXNlci1uYW1lOnBhc3N3b3Jk"}}}
	assert.Equal(t, "[redacted], [redacted], [redacted]", c.shown(t, call, basic, "user-name, password, dXNlci1uYW1lOnBhc3N3b3Jk"))
	// A cookie has words of its own, and a short header is hidden whole.
	words := &Attempt{Header: http.Header{"Cookie": {"sid=ab/cd+ef; theme=dark"}, "X-Short": {"k3y9"}}}
	assert.Equal(t, "[redacted], [redacted], dark", c.shown(t, call, words, "ab/cd+ef, k3y9, dark"))
}

// The path of a Call can name a person; what looks like a route is kept.
func TestPathsInTexts(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	for path, shown := range map[string]bool{
		"azAZ": true, "students": true, "acme.test": true, "张三李四": false, "zhang_san": false, "{san}": false, "@san": false, "[san]": false, "`san": false, "san7": false,
	} {
		call := newCall(c, Read, &script{})
		call.Op = escapeHatch
		if path != "acme.test" {
			call.URL = nowhere + "/api/" + path + "/x"
		}
		want := "no " + path
		if !shown {
			want = "no " + redacted
		}
		assert.Equal(t, want, c.shown(t, call, &Attempt{}, "no "+path), "of %s", call.URL)
	}
}

// An image in JSON is no value that is looked for: a run of it is hidden by what it
// looks like, and the text around it like any other.
func TestValuesAroundAStreamInTexts(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	content, err := NewContent(strings.NewReader("content"), 0, "Content")
	require.NoError(t, err)
	call := newCall(c, Read, &script{})
	const run, text = "QWxhZGRpbjpvcGVuIHNlc2FtZQQWxhZGRpbjpvcGVuIHNlc2FtZQ", "of zhangsan or lisi4321: "
	opaque := &Attempt{ContentType: "application/json", Stream: NewStream([]byte(`{"name":"zhangsan","photo":"`), content, []byte(`","id":"lisi4321"}`))}
	assert.Equal(t, "of [redacted] or [redacted]: [redacted]", c.shown(t, call, opaque, text+run))
	form := &Attempt{}
	require.NoError(t, form.Multipart([]params.Param{{Name: "name", Value: "zhangsan"}}, &File{Field: "file", Name: "lisi4321", Type: "image/png", Content: content}))
	assert.Equal(t, "of [redacted] or [redacted]: "+run, c.shown(t, call, form, text+run))
	assert.Equal(t, text+run, c.shown(t, call, nil, text+run), "nothing was sent")
}

// The names of a document's parameters help; those of a Call can be anything.
func TestNamesOfParametersInTexts(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	const text = "userName of 13800138000 and 张三 under students: 110101199003070013"
	for name, a := range map[string]*Attempt{
		"query": {Query: "userName=1&13800138000=x&%E5%BC%A0%E4%B8%89=x"},
		"form":  {ContentType: "application/x-www-form-urlencoded", Body: []byte("userName=1&13800138000=x&%E5%BC%A0%E4%B8%89=x")},
		"JSON":  {ContentType: "application/json", Body: []byte(`{"userName":1,"13800138000":{"张三":null}}`)},
		"other": {ContentType: "text/plain", Body: []byte("张三")},
	} {
		call := newCall(c, Read, &script{})
		call.URL += "/students/110101199003070013"
		if name == "other" {
			assert.Equal(t, "[redacted] is unknown", c.shown(t, call, a, "张三 is unknown"))
			continue
		}
		assert.Equal(t, "userName of [redacted] and [redacted] under students: 110101199003070013", c.shown(t, call, a, text), name)
		call.Op = "Call"
		assert.Equal(t, "[redacted] of [redacted] and [redacted] under students: [redacted]", c.shown(t, call, a, text), name)
	}
}

func TestErrorsThatHoldValues(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	call := newCall(c, Read, &script{sensitive: []string{"secret"}})
	redacted := func(err error) error { return c.redact(t.Context(), call, nil, err) }

	inner := errors.New("the secret")
	err := redacted(inner)
	assert.Equal(t, "the [redacted]", err.Error())
	assert.ErrorIs(t, err, inner, "errors.Is goes on")
	assert.NoError(t, errors.Unwrap(err), "but nothing leads to the original")
	inner = errors.New("nothing")
	assert.Same(t, inner, redacted(inner), "a clean error is left as it is")
	assert.NoError(t, redacted(nil))

	err = redacted(hiddenAll{errors.New("nothing"), errors.New("the secret")})
	assert.Equal(t, "several are hidden here", err.Error())
	var all hiddenAll
	assert.NotErrorAs(t, err, &all, "what hides a secret is not led to either")

	var few, several []error
	for i := range maxErrors {
		several = append(several, fmt.Errorf("failure %d", i))
	}
	few = several[:maxErrors-1] // and the one that joins them
	joined := errors.Join(few...)
	assert.Same(t, joined, redacted(joined), "as many as are searched")
	assert.Contains(t, redacted(errors.Join(several...)).Error(), redactedAll, "one more is not shown")

	// Our own words are no echo, whatever the request holds.
	call.Exchange = &script{sensitive: []string{"secret", "the answer is empty"}}
	ours := fmt.Errorf("it failed: %w", errEmpty)
	assert.Equal(t, errEmpty, redacted(errEmpty))
	assert.NotContains(t, redacted(ours).Error(), "empty", "in another's words they can be one")
	within := hidden{errEmpty}
	assert.Equal(t, within, redacted(within), "but not where another shows nothing of them")

	many := errors.New("the secret")
	for range 2 * maxErrors {
		many = hidden{many}
	}
	assert.NotEqual(t, many, redacted(many), "one that cannot be searched whole")
	assert.NotContains(t, redacted(errors.New(strings.Repeat("·", 2000)+"secret")).Error(), "secret")

	// A field's problem is our own words; whoever looks for the field finds it.
	field := &edusdk.FieldError{Field: "Title", Problem: "is no secret"}
	err = redacted(fmt.Errorf("secret: %w", field))
	var got *edusdk.FieldError
	require.ErrorAs(t, err, &got)
	assert.Same(t, field, got)
	var other *url.Error
	assert.NotErrorAs(t, redacted(&url.Error{URL: "secret", Err: inner}), &other)
}

// redactedAll begins what stands in place of a text that was not searched.
const redactedAll = "[redacted: "

// quoting is a type of the importer's whose error quotes what it was given.
type quoting struct{}

var errQuoting = errors.New("it is not good")

func (*quoting) UnmarshalJSON(data []byte) error { return fmt.Errorf("%w: %s", errQuoting, data) }

// What an answer says of a person need not stand in the request.
func TestNoAnswerInTheErrorOfADecoder(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]edusdk.Kind{200: edusdk.ErrMalformedResponse, 400: edusdk.ErrInvalidArgument} {
		c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return answer(status, `{"students":[{"name":"canary-name","phone":13800138000,"note":"a\"canary\u002dnote"}]}`), nil
		}), oneAttempt)
		err := c.Do(t.Context(), newCall(c, Read, &script{decode: func(ans *Answer) error {
			var v struct{ Students quoting }
			return json.Unmarshal(ans.Body, &v)
		}}))
		e := errorOf(t, err)
		assert.Equal(t, kind, e.Kind)
		assert.ErrorIs(t, err, errQuoting)
		assert.Contains(t, e.Err.Error(), "it is not good: ")
		noCanaryInChain(t, err)
		assert.NotContains(t, err.Error(), "13800138000")
	}
}

// What a decoder of ours says names fields, which are no data, and so are the names in
// an answer that look like a program's.
func TestNamesInTheErrorOfADecoder(t *testing.T) {
	t.Parallel()
	several := make([]error, maxErrors+1)
	for i := range several {
		several[i] = errors.New("no")
	}
	long := strings.Repeat("x ", checkedAtOnce)
	for name, tt := range map[string]struct {
		body string
		err  error
		want string
	}{
		"our own words":   {`{"a":"is missing"}`, &lenient.Error{Field: "room", Problem: "is missing"}, "field room: is missing"},
		"fixed words":     {`{"a":"the answer is not JSON"}`, errNotJSON, "the answer is not JSON"},
		"a name":          {`{"roomTitle":1}`, errors.New("unknown member roomTitle"), "unknown member roomTitle"},
		"a long answer":   {`{"a":"` + long + `","b":"zhangsan"}`, errors.New("no zhangsan"), "no [redacted]"},
		"too many errors": {`{}`, errors.Join(several...), redactedAll + "there was no time to search it]"},
	} {
		for _, status := range []int{200, 400} {
			stub, _ := inTurn(give(status, tt.body))
			c := newStubbed(t, stub, oneAttempt)
			e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{decode: func(*Answer) error { return tt.err }})))
			assert.Equal(t, tt.want, e.Err.Error(), "%s, %d", name, status)
		}
	}
}

// A text takes no longer than the call has.
func TestATextIsNotSearchedBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	call := newCall(c, Read, &script{})
	a := &Attempt{ContentType: "application/json", Body: []byte(`["` + strings.Repeat(`0123456789","`, 1<<18) + `"]`)}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	text, cause := "系统繁忙", errors.New("what the vendor said")
	err := c.redact(ctx, call, a, cause, &text)
	assert.Contains(t, text, "no time")
	assert.Contains(t, err.Error(), "no time")
	assert.ErrorIs(t, err, cause)
	assert.Equal(t, context.DeadlineExceeded, c.redact(ctx, call, a, context.DeadlineExceeded), "our own words need no search")
	a.Body = []byte(`["0123456789"]`)
	text = "系统繁忙 0123456789"
	require.NoError(t, c.redact(ctx, call, a, nil, &text))
	assert.Equal(t, "系统繁忙 [redacted]", text, "there is always the time for a small request")
}

// What the vendor says is at most 1 KiB, and on one line.
func TestWordsOfTheVendorAreOneLine(t *testing.T) {
	t.Parallel()
	const forged = "no\r\ntime=2026 level=ERROR msg=forged\u2028\u202e\x1b[31m\x00\u0085"
	for name, words := range map[string]string{"control": forged, "long": strings.Repeat("很长的话", 500), "both": strings.Repeat(forged, 200)} {
		c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }), oneAttempt)
		seen := &witness{}
		c.obs = seen
		e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{decode: func(*Answer) error {
			return &Rejection{Code: words, Message: words, RequestID: words}
		}})))
		for what, text := range map[string]string{"code": e.Code, "message": e.Message, "request id": e.RequestID, "event": seen.calls[0].Code} {
			assert.LessOrEqual(t, len(text), 1<<10, "%s/%s", name, what)
			assert.NotContains(t, text, "\n", "%s/%s", name, what)
			for _, r := range "\r\u2028\u202e\x1b\x00\u0085" {
				assert.NotContains(t, text, string(r), "%s/%s", name, what)
			}
			if name != "control" {
				assert.True(t, strings.HasSuffix(text, "… [cut]"), "%s/%s: it is marked as cut: %s", name, what, text)
			}
		}
	}
}

func TestDocumentedWordsOfTheVendorAreLeftAlone(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }))
	documented := true
	x := &script{sensitive: []string{"room", "r-12"}, decode: func(*Answer) error {
		return &Rejection{Kind: edusdk.ErrNotFound, Code: "room_not_found", Message: "no room", RequestID: "id r-12", Documented: documented}
	}}
	e := errorOf(t, c.Do(t.Context(), newCall(c, Read, x)))
	assert.Equal(t, []string{"room_not_found", "no room", "id [redacted]"}, []string{e.Code, e.Message, e.RequestID})
	documented = false
	e = errorOf(t, c.Do(t.Context(), newCall(c, Read, x)))
	assert.Equal(t, []string{"[redacted]_not_found", "no [redacted]", "id [redacted]"}, []string{e.Code, e.Message, e.RequestID})
}

// Codes tell failures apart, so a parameter of the same digits must not blot
// them out; but a long one can be an echo.
func TestShortCodesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"10001": "10001", "110101199003070013": "[redacted]", "张三": "[redacted]", "pass12": "[redacted]"} {
		stub, _ := inTurn(give(200, success))
		c := newStubbed(t, stub, oneAttempt)
		err := c.Do(t.Context(), newCall(c, Read, &script{sensitive: []string{code}, decode: func(*Answer) error {
			return &Rejection{Kind: edusdk.ErrUnknown, Code: code, Message: "no " + code}
		}}))
		e := errorOf(t, err)
		assert.Equal(t, want, e.Code)
		assert.Equal(t, "no [redacted]", e.Message)
	}
}

// The cause of a rejection is of the vendor package's own making.
func TestTheCauseOfARejectionIsLeftAlone(t *testing.T) {
	t.Parallel()
	cause := &url.Error{Op: "look at the", URL: "room", Err: errors.New("it is full")}
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }))
	e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{sensitive: []string{"room"}, decode: func(*Answer) error {
		return &Rejection{Kind: edusdk.ErrFailedPrecondition, Cause: cause}
	}})))
	assert.Same(t, cause, e.Err)
}

// upload is an exchange that sends content in a form.
func upload(content *Content, progress func(sent, total int64)) *script {
	return &script{encode: func(a *Attempt) (err error) {
		a.Stream, a.ContentType, err = NewMultipart([]string{"title", "things"}, "file", "a.pdf", "application/pdf", content, progress)
		return err
	}}
}

func TestUnquoted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		strings.Repeat("x", maxQuoting):      strings.Repeat("x", maxQuoting),
		strings.Repeat("x", maxQuoting+1):    "an error that is too long to be shown",
		`malformed HTTP response "sec\"ret"`: `malformed HTTP response "[redacted]"`,
		`bad "a" and "b", twice`:             `bad "[redacted]", twice`,
		`one " alone`:                        `one " alone`,
		"nothing":                            "nothing",
	} {
		err := errors.New(text)
		got := unquoted(&url.Error{Op: "Post", URL: "https://secret", Err: err})
		assert.Equal(t, want, got.Error())
		assert.ErrorIs(t, got, err)
	}
}
