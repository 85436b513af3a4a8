package faulttest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// canary is a part of every credential and of every text that the examples in
// vendors.go have for arguments.
const canary = "canary"

// echoes are ways in which a vendor, or a gateway before it, can show what it was
// sent.
var echoes = map[string]func(v *vendor, w http.ResponseWriter, sent string){
	"in the vendor's words": func(v *vendor, w http.ResponseWriter, sent string) {
		var words map[string]any
		if json.Unmarshal([]byte(v.rejected), &words) == nil {
			for name, value := range words {
				if text, ok := value.(string); ok && len(text) > len("12345") {
					words[name] = "bad request: " + sent
				}
			}
		}
		_ = json.NewEncoder(w).Encode(words)
	},
	"as the vendor's code": func(v *vendor, w http.ResponseWriter, sent string) {
		var words map[string]any
		if json.Unmarshal([]byte(v.rejected), &words) == nil {
			for name, value := range words {
				if _, flag := value.(bool); !flag {
					words[name] = sent
				}
			}
		}
		_ = json.NewEncoder(w).Encode(words)
	},
	"on a page": func(_ *vendor, w http.ResponseWriter, sent string) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<html><body>"+sent)
	},
	"as text": func(_ *vendor, w http.ResponseWriter, sent string) { _, _ = io.WriteString(w, sent) },
	"in broken JSON": func(_ *vendor, w http.ResponseWriter, sent string) {
		_, _ = io.WriteString(w, `{"success":true,"code":1,"err_no":0,"returnCode":"0","data":"`+sent)
	},
	"in values of another type": func(_ *vendor, w http.ResponseWriter, sent string) {
		wrong := []any{sent}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"success": wrong, "code": wrong, "err_no": wrong, "returnCode": wrong, "returnMsg": wrong, "data": wrong, "room": sent,
		})
	},
	"in a redirect": func(_ *vendor, w http.ResponseWriter, sent string) {
		w.Header().Set("Location", "https://elsewhere.example.com/?q="+strings.NewReplacer("\r", "", "\n", " ").Replace(sent))
		w.WriteHeader(http.StatusTemporaryRedirect)
	},
	"in a header that is broken": func(_ *vendor, w http.ResponseWriter, sent string) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 "+strings.ReplaceAll(sent, "\n", " ")+"\r\nContent-Length: x"+sent+"\r\n\r\n")
		_ = conn.Close()
	},
	"before it breaks off": func(_ *vendor, w http.ResponseWriter, sent string) {
		w.Header().Set("Content-Length", fmt.Sprint(2*len(sent)))
		_, _ = io.WriteString(w, sent)
		panic(http.ErrAbortHandler)
	},
}

// encodings are ways to write what was sent.
var encodings = map[string]func(sent string) string{
	"escaped": func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) },
	"escaped as PHP does it": func(s string) string {
		return strings.ReplaceAll(strings.Trim(strconv.QuoteToASCII(s), `"`), "/", `\/`)
	},
	"escaped, all of it": func(s string) string { return each(utf16.Encode([]rune(s)), `\u%04x`) },
	"escaped twice":      func(s string) string { return strconv.Quote(strconv.QuoteToASCII(s)) },
	"percent":            url.QueryEscape,
	"percent twice":      func(s string) string { return url.QueryEscape(url.PathEscape(s)) },
	"percent in lower case, all of it": func(s string) string {
		return each([]byte(s), "%%%02x")
	},
	"as HTML":            html.EscapeString,
	"as numbers of HTML": func(s string) string { return each([]rune(s), "&#%d;") },
	"in upper case":      strings.ToUpper,
	"in base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"in base64 for URLs": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("x" + s)) },
	"in base64 of JSON": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(`{"a":` + strconv.QuoteToASCII(s)))
	},
	"in hex": func(s string) string { return hex.EncodeToString([]byte(s)) },
	"torn apart": func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`{}",:&=`, r) }), " | ")
	},
}

// each writes every element of s.
func each[E any](s []E, format string) string {
	var b strings.Builder
	for _, e := range s {
		fmt.Fprintf(&b, format, e)
	}
	return b.String()
}

func init() {
	words := echoes["in the vendor's words"]
	for how, encode := range encodings {
		echoes["in the vendor's words, "+how] = func(v *vendor, w http.ResponseWriter, sent string) {
			// No more than a KiB is shown: the body comes first, in two parts.
			head, body, _ := strings.Cut(sent, "\r\n\r\n")
			line, _, _ := strings.Cut(head, "\r\n")
			words(v, w, encode(upTo(body[len(upTo(body, 300)):], 400)+" "+line+" "+upTo(body, 300)+head))
		}
	}
}

// upTo returns the start of a body, of about n bytes, which does not end within a
// value.
func upTo(body string, n int) string {
	if n >= len(body) {
		return body
	}
	if more := strings.IndexAny(body[n:], "&,\n"); more >= 0 {
		return body[:n+more]
	}
	return body
}

// forbidden are what no text may hold, in lower case: the canary in all encodings,
// and what else is secret or personal.
var forbidden = append([]string{
	canary, "c a n a r y", each([]byte(canary), "%%%02x"), each([]byte(canary), `\u%04x`), each([]byte(canary), "&#%d;"), hex.EncodeToString([]byte(canary)),
	"y2fuyxj5", "nhbmfye", "jyw5hcn", // in base64, at each of three places
}, "110101199003070013", "13800138000", "三丰", "五明", "数学", "家政", "ivborw0kggo",
	`\u4e09\u4e30`, `\u6570\u5b66`, "%e4%b8%89%e4%b8%b0", "%e6%95%b0%e5%ad%a6", "&#19977;&#20016;")

// Secrets calls every operation of every vendor with canaries for credentials and for
// arguments, against servers that succeed and servers that send what they were sent back in
// every way, and looks for the canaries in what comes of it. begin is called for each of
// these calls: it returns options for the client, and what returns all that was said of
// the call, by where that was. Modules that watch calls are tested with it.
func Secrets(t *testing.T, begin func(t *testing.T) (opts []edusdk.Option, said func() map[string]string)) {
	t.Helper()
	everyEcho(t, func(t *testing.T, o *operation, echo func(*vendor, http.ResponseWriter, string)) {
		opts, said := begin(t)
		_, _ = o.echoed(t, echo, opts...) // it fails, as echoed looks itself
		noneOf(t, said())
	})
	for i := range vendors {
		v := &vendors[i]
		for _, o := range v.operations(t) {
			t.Run(v.name+"."+o.name+"/answered", func(t *testing.T) {
				opts, said := begin(t)
				srv := start(t, Healthy())
				defer srv.Close()
				srv.Answer = v.answer
				roots, err := v.open(srv.URL(), canaryTokens{}, opts)
				require.NoError(t, err)
				defer closeIdle(roots)
				require.NoError(t, o.call(t.Context(), roots))
				noneOf(t, said())
			})
		}
	}
}

// everyEcho runs a subtest for each operation and echo.
func everyEcho(t *testing.T, run func(t *testing.T, o *operation, echo func(*vendor, http.ResponseWriter, string))) {
	t.Helper()
	n := 0
	for i := range vendors {
		v := &vendors[i]
		for _, o := range v.operations(t) {
			for _, how := range slices.Sorted(maps.Keys(echoes)) {
				// Each operation takes its turn with every fifth encoding: the matrix of
				// encodings and values is that of package redact.
				if n++; strings.Contains(how, "words, ") && n%5 != 0 {
					continue
				}
				t.Run(v.name+"."+o.name+"/echoed "+how, func(t *testing.T) { run(t, o, echoes[how]) })
			}
		}
	}
}

// noneOf looks for what no text may hold.
func noneOf(t *testing.T, said map[string]string) {
	t.Helper()
	for where, text := range said {
		for _, personal := range forbidden {
			assert.NotContains(t, strings.ToLower(text), personal, where)
		}
	}
}

// echoed calls the operation once against a server that sends back what it was sent,
// and returns the client and the call's error.
func (o *operation) echoed(t *testing.T, echo func(*vendor, http.ResponseWriter, string), opts ...edusdk.Option) (client any, err error) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := httputil.DumpRequest(r, true)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		echo(o.vendor, w, string(sent))
	}))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	defer srv.Close()
	roots, err := o.vendor.open(srv.URL, canaryTokens{}, append([]edusdk.Option{
		edusdk.WithRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: time.Nanosecond}), edusdk.WithHeader("X-Key", "canary-header"),
	}, opts...))
	require.NoError(t, err)
	defer closeIdle(roots)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = o.call(edusdk.WithCallOptions(ctx, edusdk.CallHeader("X-Call", "canary-call-header")), roots)
	require.Error(t, err, "an echo is no success")
	return roots[0], err
}

// canaryTokens is a TokenStore in which there is a token always.
type canaryTokens struct{ loggedIn }

func (canaryTokens) Load(context.Context, string) (edusdk.Token, error) {
	return edusdk.Token{Value: "canary-token", Expires: time.Now().Add(24 * time.Hour)}, nil
}
