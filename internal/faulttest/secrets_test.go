package faulttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// Nothing of what an operation was given, and no credential, is to be seen in an
// error, a log, an event or the output of the process, whatever comes back.
func TestNoSecretLeaves(t *testing.T) { //nolint:paralleltest // it looks at the output of the process
	output := captureOutput(t)
	everyEcho(t, func(t *testing.T, o *operation, echo func(*vendor, http.ResponseWriter, string)) {
		noneOf(t, o.sinks(t, echo))
	})
	assert.NotContains(t, output(), canary, "the output of the process")
}

// sinks calls the operation once and returns all that was said about it.
func (o *operation) sinks(t *testing.T, echo func(*vendor, http.ResponseWriter, string)) map[string]string {
	t.Helper()
	var logs, debug syncBuffer
	seen := &witness{}
	client, err := o.echoed(t, echo,
		edusdk.WithObserver(seen), edusdk.WithDebug(&debug),
		edusdk.WithLogger(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug - 100}))),
	)
	attempts, calls := seen.take()
	require.NotEmpty(t, calls)
	require.NotEmpty(t, logs.String())
	require.NotEmpty(t, debug.String())
	all := map[string]string{
		"log": logs.String(), "debug": debug.String(), "events": fmt.Sprintf("%+v %+v", attempts, calls),
		"client": fmt.Sprintf("%v %+v %#v %s %d", client, client, client, client, client),
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Error("failed", "err", err, "in", map[string]any{"err": err})
	all["log of the error"] = logged.String()
	for depth := 0; err != nil; depth++ {
		if encoded, jsonErr := json.Marshal(err); jsonErr == nil {
			all[fmt.Sprintf("JSON of error %d", depth)] = string(encoded)
		}
		all[fmt.Sprintf("error %d", depth)] = fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err)
		err = errors.Unwrap(err)
	}
	return all
}

// A RoundTripper that importers put around the connections of a client sees no address
// with a credential or a parameter of any operation: tracers record addresses.
func TestNoAddressShowsASecret(t *testing.T) {
	t.Parallel()
	for i := range vendors {
		v := &vendors[i]
		for _, o := range v.operations(t) {
			t.Run(v.name+"."+o.name, func(t *testing.T) {
				t.Parallel()
				srv := start(t, Healthy())
				defer srv.Close()
				srv.Answer = v.answer
				var seen syncBuffer
				roots, err := v.open(srv.URL(), canaryTokens{}, []edusdk.Option{
					edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper { return addressBook{next, &seen} }),
				})
				require.NoError(t, err)
				defer closeIdle(roots)
				require.NoError(t, o.call(t.Context(), roots))
				require.Contains(t, seen.String(), o.first, "what was seen")
				for _, personal := range forbidden {
					assert.NotContains(t, strings.ToLower(seen.String()), personal)
				}
				assert.NotContains(t, seen.String(), "?")
			})
		}
	}
}

// addressBook is a RoundTripper that writes down the addresses that it sees.
type addressBook struct {
	next http.RoundTripper
	seen io.Writer
}

func (b addressBook) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	_, _ = fmt.Fprintln(b.seen, req.URL, req.URL.RawQuery, err)
	if resp != nil {
		_, _ = fmt.Fprintln(b.seen, resp.Request.URL)
	}
	return resp, err
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
