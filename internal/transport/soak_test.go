package transport

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
)

// faults are the ways in which soak's server fails, by the header X-Fault.
var faults = []http.HandlerFunc{
	func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true) },
	func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false) },
	func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, // until the attempt times out
	status(200, `{"ok"`, "Content-Length", "1000"),
	status(500, strings.Repeat("<html>", 1000)),
	func(w http.ResponseWriter, _ *http.Request) { // too large, and never read to its end
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	},
}

// keepsConnection is the index of the fault that leaves its connection as good
// as it was.
const keepsConnection = 4

// soak makes 1,000 calls that fail, 50 at a time, every third an upload.
func soak(t *testing.T) {
	var failed, open atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		failed.Add(1)
		faults[int(r.Header.Get("X-Fault")[0]-'0')](w, r)
	}))
	track := func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked: // those are closed by hand
			open.Add(-1)
		}
	}
	srv.Config.ConnState = track
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	defer srv.Close()
	c := newClient(t, srv.URL, oneAttempt, edusdk.WithTimeout(200*time.Millisecond), edusdk.WithMaxResponseSize(50_000))
	const calls, atATime = 1000, 50
	var group sync.WaitGroup
	faulted := func(i int) {
		x := &script{}
		if i%3 == 0 {
			content, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
			assert.NoError(t, err)
			x = upload(content, func(int64, int64) {})
		}
		encode := x.encode
		x.encode = func(a *Attempt) (err error) {
			a.Header = http.Header{"X-Fault": {fmt.Sprint(i % len(faults))}}
			if encode != nil {
				err = encode(a)
			}
			return err
		}
		assert.Error(t, c.Do(context.Background(), newCall(c, Create, x)))
	}
	for worker := range atATime {
		group.Go(func() {
			for i := range calls / atATime {
				faulted(worker + i)
			}
		})
	}
	group.Wait()
	faulted(keepsConnection)
	require.Positive(t, open.Load(), "connections that wait for another request")
	assert.Greater(t, failed.Load(), int64(calls/2), "requests that the server failed")
	c.CloseIdleConnections()
	// Before the server closes: it would take the client's connections along.
	require.Eventually(t, func() bool { return open.Load() == 0 }, 5*time.Second, time.Millisecond,
		"connections are still open: %d", open.Load())
}

func TestNothingIsLeftAfterAThousandFaults(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	before := openFiles(t)
	soak(t)
	goleak.VerifyNone(t, ignore)
	assert.Eventually(t, func() bool { return openFiles(t) <= before }, 5*time.Second, time.Millisecond,
		"open files before: %d, and after: %d", before, openFiles(t))
}

func TestManyCallersOfOneClient(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) % 7 {
		case 1:
			status(429, "")(w, r)
		case 2:
			status(200, `{"code":"TOKEN"}`)(w, r)
		case 3:
			status(200, "<html>")(w, r)
		case 4:
			status(200, `{"code":"CLOCK"}`, "Date", "Sat, 01 Jan 2000 02:00:00 GMT")(w, r)
		default:
			status(200, success)(w, r)
		}
	})
	seen := &witness{}
	credential := &logins{}
	c := newClient(t, srv.URL, edusdk.WithObserver(seen), edusdk.WithHeader("X-Tenant", "tenant"),
		edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1, Budget: -1}))
	const callers, calls = 64, 10
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range calls {
				var raw edusdk.Captured
				call := newCall(c, Read, &script{sensitive: []string{"secret"}})
				call.Credential = credential
				err := c.Do(edusdk.WithCapture(context.Background(), &raw), call)
				if err == nil {
					assert.Equal(t, success, string(raw.Body))
				}
				_ = c.Now()
			}
		})
	}
	group.Wait()
	assert.Len(t, seen.calls, callers*calls)
	assert.Len(t, seen.attempts, int(n.Load()))
}

func TestOneContextOfManyCalls(t *testing.T) {
	t.Parallel()
	stub := roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, success), nil })
	c := newStubbed(t, stub)
	var raw edusdk.Captured
	ctx := edusdk.WithCapture(t.Context(), &raw)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() { assert.NoError(t, c.Do(ctx, newCall(c, Read, &script{}))) })
	}
	group.Wait()
	assert.Equal(t, success, string(raw.Body))
}
