package faketest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Log is what a fake has told its logger.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Logger returns a logger that writes to the log, without times and levels.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Take returns what was written since it was last called.
func (l *Log) Take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.buf.Reset()
	return l.buf.String()
}

// Row is a request to a fake, and what its log says of it.
type Row struct {
	request       *http.Request
	status        int
	code, problem string
}

// Of returns a row. The vendor's code and the problem are "" where there is none.
func Of(r *http.Request, status int, code, problem string) Row { return Row{r, status, code, problem} }

// Post returns a request with a body.
func Post(path, contentType, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/"+path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// The types of Post's bodies.
const (
	Form = "application/x-www-form-urlencoded"
	JSON = "application/json"
)

// Verdicts sends requests to a fake and compares its log. No line holds one of the
// values, which are what the requests are made of.
func Verdicts(t *testing.T, h http.Handler, log *Log, values []string, rows map[string]Row) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			h.ServeHTTP(httptest.NewRecorder(), row.request)
			want := fmt.Sprintf("method=%s path=%s status=%d", row.request.Method, strings.Trim(row.request.URL.Path, "/"), row.status)
			if row.code != "" {
				want += " code=" + quoted(row.code)
			}
			if row.problem != "" {
				want += " problem=" + quoted(row.problem)
			}
			got := log.Take()
			assert.Equal(t, want+"\n", got)
			for _, v := range values {
				assert.NotContains(t, got, v)
			}
		})
	}
}

// quoted is how slog's TextHandler writes a text.
func quoted(s string) string {
	if strings.ContainsAny(s, " \"=") {
		return strconv.Quote(s)
	}
	return s
}
