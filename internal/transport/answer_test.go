package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func zipped(t *testing.T, size int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := io.WriteString(w, `{"ok":true,"pad":"`+strings.Repeat("x", size)+`"}`)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestAnotherProtocolIsNotAnAnswer(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(http.StatusSwitchingProtocols, ""))
	e := errorOf(t, newStubbed(t, stub, oneAttempt).Do(t.Context(), newCall(newStubbed(t, stub), Read, &script{})))
	assert.Equal(t, errSwitched, e.Err)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var strays atomic.Int64
	second, conns := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		strays.Add(1)
		_, _ = io.WriteString(w, success)
	})
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(fmt.Sprint(code, " ", method), func(t *testing.T) {
				srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, second.URL, code) })
				c := newClient(t, srv.URL)
				call := newCall(c, Read, &script{})
				call.Method = method
				e := errorOf(t, c.Do(t.Context(), call))
				assert.Equal(t, code, e.HTTPStatus)
				assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind)
				assert.ErrorIs(t, e, errRedirect)
				assert.Equal(t, 1, e.Attempts)
			})
		}
	}
	assert.Zero(t, strays.Load(), "requests that followed a redirect")
	assert.Zero(t, conns.Load(), "connections to where the redirects point")
}

func TestAnswersThatCanBeRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		body   []byte
		header []string
	}{
		{"labelled text/html", []byte(success), []string{"Content-Type", "text/html; charset=utf-8"}},
		{"without a label", []byte(success), []string{"Content-Type", ""}},
		{"byte order mark", []byte("\xef\xbb\xbf" + success), nil},
		{"space around it", []byte("\r\n\t " + success + "\n"), nil},
		{"compressed", zipped(t, 100), []string{"Content-Encoding", "gzip"}},
		{"chunked", []byte(success), []string{"Transfer-Encoding", "chunked"}},
		{"large", []byte(`{"ok":true,"pad":"` + strings.Repeat("x", 200_000) + `"}`), nil},
		{"large and compressed", zipped(t, 200_000), []string{"Content-Encoding", "gzip"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for i := 0; i < len(tt.header); i += 2 {
					w.Header().Set(tt.header[i], tt.header[i+1])
				}
				_, _ = w.Write(tt.body)
			})
			c := newClient(t, srv.URL)
			var raw edusdk.Captured
			require.NoError(t, c.Do(edusdk.WithCapture(t.Context(), &raw), newCall(c, Read, &script{})))
			assert.Equal(t, 200, raw.Status)
			assert.Contains(t, string(raw.Body), `"ok":true`)
		})
	}
}

func TestAnswersThatAreNotJSONReachWhoWantsThem(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>17</html>", "OK", "", "\xef\xbb\xbfOK"} {
		stub, _ := inTurn(give(200, body))
		c := newStubbed(t, stub)
		var got *string
		call := newCall(c, Read, &script{decode: func(ans *Answer) error {
			text := string(ans.Body)
			got = &text
			return nil
		}})
		call.AnyContent = true
		require.NoError(t, c.Do(t.Context(), call))
		require.NotNil(t, got, "Decode was not asked about %q", body)
		assert.Equal(t, strings.TrimPrefix(body, "\xef\xbb\xbf"), *got)
	}
}

func TestDecodeSeesTheAnswer(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(404, `{"a":1}`, "X-Log-Id", "l-1"))
	c := newStubbed(t, stub)
	var got Answer
	errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{decode: func(ans *Answer) error {
		got = Answer{Status: ans.Status, Header: ans.Header.Clone(), Body: bytes.Clone(ans.Body)}
		return &Rejection{Kind: edusdk.ErrNotFound}
	}})))
	assert.Equal(t, 404, got.Status)
	assert.Equal(t, "l-1", got.Header.Get("X-Log-Id"))
	assert.Equal(t, `{"a":1}`, string(got.Body))
}

// oneAttempt makes the numbers that follow those of one request.
var oneAttempt = edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})

func TestTheSizeOfAnswersIsCapped(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	exactly := []byte(`{"ok":true,"pad":"` + strings.Repeat("x", limit-len(`{"ok":true,"pad":""}`)) + `"}`)
	require.Len(t, exactly, limit)
	tooMuch := append(bytes.Clone(exactly), '\n')
	bomb := zipped(t, 1<<20)
	require.Less(t, len(bomb), 100_000)
	for _, tt := range []struct {
		name   string
		body   []byte
		header []string
		ok     bool
		read   int64 // that was read of it at most
	}{
		{"exactly, with its length", exactly, []string{"Content-Length", fmt.Sprint(limit)}, true, limit},
		{"exactly, chunked", exactly, []string{"Transfer-Encoding", "chunked"}, true, limit},
		{"one more, with its length", tooMuch, []string{"Content-Length", fmt.Sprint(limit + 1)}, false, 0},
		{"one more, chunked", tooMuch, []string{"Transfer-Encoding", "chunked"}, false, limit},
		{"far more, by its length", tooMuch, []string{"Content-Length", "9000000000000000000"}, false, 0},
		{"more by its length, and cut off before", exactly, []string{"Content-Length", fmt.Sprint(limit + 1)}, false, 0},
		{"gzip bomb", bomb, []string{"Content-Encoding", "gzip"}, false, limit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for i := 0; i < len(tt.header); i += 2 {
					w.Header().Set(tt.header[i], tt.header[i+1])
				}
				_, _ = w.Write(tt.body)
			})
			seen := &witness{}
			c := newClient(t, srv.URL, oneAttempt, edusdk.WithMaxResponseSize(limit), edusdk.WithObserver(seen))
			var raw edusdk.Captured
			for i, ctx := range []context.Context{t.Context(), edusdk.WithCapture(t.Context(), &raw)} {
				err := c.Do(ctx, newCall(c, Read, &script{}))
				if tt.ok {
					assert.NoError(t, err)
					continue
				}
				e := errorOf(t, err)
				assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind)
				assert.ErrorIs(t, e, errTooLarge)
				assert.False(t, e.MaybeApplied, "it is a read")
				require.Len(t, seen.attempts, i+1)
			}
			assert.Equal(t, tt.read, seen.attempts[0].Read, "bytes that were read")
			assert.Len(t, raw.Body, limit, "bytes that were captured")
		})
	}
}

// endless is a body that does not end, or not soon.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 10<<20 {
		return 0, io.EOF
	}
	e.read += len(p)
	return len(p), nil
}

func TestNoMoreIsReadThanTheCap(t *testing.T) {
	t.Parallel()
	body := &endless{}
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		resp := answer(200, "")
		resp.ContentLength, resp.Body = -1, io.NopCloser(body)
		return resp, nil
	}), oneAttempt, edusdk.WithMaxResponseSize(10_000))
	assert.ErrorIs(t, c.Do(t.Context(), newCall(c, Read, &script{})), errTooLarge)
	assert.Equal(t, 10_001, body.read, "bytes that were read: one more, to see that there is more")
}

func TestDefaultCap(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	assert.EqualValues(t, 32<<20, c.maxBody)
	c = newStubbed(t, roundTrip(nil), edusdk.WithMaxResponseSize(math.MaxInt64))
	assert.Positive(t, c.maxBody+1, "room for one byte more, to see that it is too many")
}

func TestAnswersThatAreBroken(t *testing.T) {
	t.Parallel()
	whole := zipped(t, 5000)
	badSum := bytes.Clone(whole)
	badSum[len(badSum)-8] ^= 0xff
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"gzip that is none", status(200, success, "Content-Encoding", "gzip")},
		{"gzip with a bad checksum", status(200, string(badSum), "Content-Encoding", "gzip")},
		{"gzip that ends early", status(200, string(whole[:len(whole)/2]), "Content-Encoding", "gzip")},
		{"shorter than its length", status(200, success, "Content-Length", "1000")},
		{"chunks without an end", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n"+success+"\r\n")
		}},
		{"two JSON values", status(200, success+success)},
		{"UTF-16", status(200, "\xff\xfe{\x00}\x00")},
		{"JSON that is a string", status(200, `"ok"`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, _ := serve(t, tt.h)
			c := newClient(t, srv.URL, oneAttempt)
			e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
			assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind, "Kind of: %v", e)
			assert.Equal(t, 200, e.HTTPStatus)
			assert.True(t, e.MaybeApplied)
		})
	}
}

func TestHeadersOfAnswersAreCapped(t *testing.T) {
	t.Parallel()
	srv, _ := serve(t, status(200, success, "X-Pad", strings.Repeat("x", 65<<10)))
	c := newClient(t, srv.URL, oneAttempt)
	e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Equal(t, edusdk.ErrUnavailable, e.Kind)
	assert.Contains(t, e.Error(), "headers exceeded")
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"success", status(200, success)},
		{"large success", status(200, `{"ok":true,"pad":"`+strings.Repeat("x", 100_000)+`"}`)},
		{"compressed", status(200, string(zipped(t, 10_000)), "Content-Encoding", "gzip")},
		{"rejection", status(200, `{"code":"GONE"}`)},
		{"400", status(400, "no")},
		{"404, a large page", status(404, "<html>"+strings.Repeat("x", 100_000))},
		{"429", status(429, "")},
		{"500", status(500, "<html>")},
		{"503", status(503, strings.Repeat("x", 100_000), "Retry-After", "100")},
		{"redirect", status(302, strings.Repeat("x", 10_000), "Location", "/")},
		{"web page", status(200, "<html>"+strings.Repeat("x", 10_000))},
		{"empty", status(200, "")},
		{"204", status(204, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, conns := serve(t, tt.h)
			c := newClient(t, srv.URL, oneAttempt)
			for range 20 {
				_ = c.Do(t.Context(), newCall(c, Read, &script{}))
			}
			// One, but on a busy machine: net/http gives a connection up when the
			// answer is there 50 ms before its own note that the request is out.
			assert.LessOrEqual(t, conns.Load(), int64(3), "connections for 20 calls")
		})
	}
}

func TestABurstKeepsItsConnections(t *testing.T) {
	t.Parallel()
	const callers, rounds = 64, 5
	var together sync.WaitGroup // all of a round are under way at once
	srv, conns := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		together.Done()
		together.Wait()
		_, _ = io.WriteString(w, success)
	})
	c := newClient(t, srv.URL)
	for range rounds {
		together.Add(callers)
		var group sync.WaitGroup
		for range callers {
			group.Go(func() { assert.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{}))) })
		}
		group.Wait()
	}
	assert.LessOrEqual(t, conns.Load(), int64(70), "connections for %d calls, %d at a time", callers*rounds, callers)
}
