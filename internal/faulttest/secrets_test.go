package faulttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// canary is a part of every credential and of every text that the examples in
// vendors_test.go have for arguments.
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

// Nothing of what an operation was given, and no credential, is to be seen in an
// error, a log, an event or the output of the process, whatever comes back.
func TestNoSecretLeaves(t *testing.T) { //nolint:paralleltest // it looks at the output of the process
	output := captureOutput(t)
	for i := range vendors {
		v := &vendors[i]
		for _, o := range v.operations(t) {
			for how, echo := range echoes {
				t.Run(v.name+"."+o.name+"/echoed "+how, func(t *testing.T) {
					seen := o.sinks(t, echo)
					for name, text := range seen {
						assert.NotContains(t, text, canary, name)
						for _, personal := range []string{"110101199003070013", "13800138000", "三丰", "五明", "数学", "家政", "aWNhbmFy", "iVBORw0KGgo"} {
							assert.NotContains(t, text, personal, name)
						}
					}
				})
			}
		}
	}
	assert.NotContains(t, output(), canary, "the output of the process")
}

// sinks calls the operation once and returns all that was said about it.
func (o *operation) sinks(t *testing.T, echo func(*vendor, http.ResponseWriter, string)) map[string]string {
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
	var logs syncBuffer
	seen := &witness{}
	roots, err := o.vendor.open(srv.URL, canaryTokens{}, []edusdk.Option{
		edusdk.WithObserver(seen), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: time.Nanosecond}),
		edusdk.WithHeader("X-Key", "canary-header"),
		edusdk.WithLogger(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug - 100}))),
	})
	require.NoError(t, err)
	defer closeIdle(roots)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = o.call(ctx, roots)
	require.Error(t, err, "an echo is no success")

	attempts, calls := seen.take()
	require.NotEmpty(t, calls)
	require.NotEmpty(t, logs.String())
	all := map[string]string{
		"log": logs.String(), "events": fmt.Sprintf("%+v %+v", attempts, calls),
		"client": fmt.Sprintf("%v %+v %#v %s %d", roots[0], roots[0], roots[0], roots[0], roots[0]),
	}
	for depth := 0; err != nil; depth++ {
		all[fmt.Sprintf("error %d", depth)] = fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err)
		err = errors.Unwrap(err)
	}
	return all
}

// canaryTokens is a TokenStore in which there is a token always.
type canaryTokens struct{ loggedIn }

func (canaryTokens) Load(context.Context, string) (edusdk.Token, error) {
	return edusdk.Token{Value: "canary-token", Expires: time.Now().Add(24 * time.Hour)}, nil
}

// syncBuffer is a buffer that several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// captureOutput takes the process's standard output and standard error to a file
// until the function that it returns is called, which returns what was written.
func captureOutput(t *testing.T) func() string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "output")
	require.NoError(t, err)
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	restore := func() { os.Stdout, os.Stderr = out, errs }
	t.Cleanup(restore)
	return func() string {
		restore()
		require.NoError(t, f.Close())
		b, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		return string(b)
	}
}
