package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// slowly is a stub whose requests take a second each.
func slowly(steps ...func() (*http.Response, error)) roundTrip {
	next, _ := inTurn(steps...)
	return func(req *http.Request) (*http.Response, error) {
		_ = Sleep(context.Background(), time.Second)
		return next(req)
	}
}

// The client's clock in these tests is a year ahead of the bubble's.
const yearAhead = 366 * 24 * time.Hour

func ahead() time.Time { return time.Now().Add(yearAhead) }

func TestObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &witness{}
		c := newStubbed(t, slowly(
			give(429, `{"code":"RATE"}`, "Retry-After", "10"),
			broken(dialError(errors.New("connection refused"))),
			give(404, `{"code":"GONE","message":"no such thing"}`),
		), edusdk.WithObserver(seen), edusdk.WithClock(ahead), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1}))
		errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
		start := bubbleStart.Add(yearAhead)
		require.Len(t, seen.attempts, 3)
		random := seen.attempts[1].Delay // 0 or 1 ns
		assert.LessOrEqual(t, random, time.Duration(1))
		assert.Equal(t, []edusdk.AttemptEvent{
			{
				Vendor: "acme", Op: "Things.Do", Class: "create", Method: "POST", Attempt: 1, Start: start, Elapsed: time.Second, Status: 429,
				Sent: 2, Read: int64(len(`{"code":"RATE"}`)), Failed: true, Kind: edusdk.ErrResourceExhausted, Code: "RATE",
				Retry: true, Delay: 10 * time.Second, RetryBudget: 486,
			},
			{
				Vendor: "acme", Op: "Things.Do", Class: "create", Method: "POST", Attempt: 2, Start: start.Add(11 * time.Second), Elapsed: time.Second,
				Sent: 2, Failed: true, Kind: edusdk.ErrUnavailable, Retry: true, Delay: random, RetryBudget: 472,
			},
			{
				Vendor: "acme", Op: "Things.Do", Class: "create", Method: "POST", Attempt: 3, Start: start.Add(12*time.Second + random), Elapsed: time.Second,
				Status: 404, Sent: 2, Read: int64(len(`{"code":"GONE","message":"no such thing"}`)),
				Failed: true, Kind: edusdk.ErrNotFound, Code: "GONE", RetryBudget: 472,
			},
		}, utc(seen.attempts))
		require.Len(t, seen.calls, 1)
		seen.calls[0].Start = seen.calls[0].Start.UTC()
		assert.Equal(t, edusdk.CallEvent{
			Vendor: "acme", Op: "Things.Do", Class: "create", Method: "POST", Attempts: 3, Start: start, Elapsed: 13*time.Second + random,
			Status: 404, Failed: true, Kind: edusdk.ErrNotFound, Code: "GONE",
		}, seen.calls[0])
	})
}

func utc(events []edusdk.AttemptEvent) []edusdk.AttemptEvent {
	for i := range events {
		events[i].Start = events[i].Start.UTC()
	}
	return events
}

func TestObserverOfOtherEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		steps    []func() (*http.Response, error)
		class    Class
		encode   error
		attempts int
		want     edusdk.CallEvent
	}{
		{
			name: "success", steps: []func() (*http.Response, error){give(200, success)}, attempts: 1,
			want: edusdk.CallEvent{Attempts: 1, Status: 200},
		},
		{
			name: "success after a failure", steps: []func() (*http.Response, error){give(502, ""), give(200, success)}, attempts: 2,
			want: edusdk.CallEvent{Attempts: 2, Status: 200},
		},
		{
			name: "nobody knows", steps: []func() (*http.Response, error){broken(errors.New("reset"))}, class: Create, attempts: 1,
			want: edusdk.CallEvent{Attempts: 1, Failed: true, Kind: edusdk.ErrUnavailable, MaybeApplied: true},
		},
		{
			name: "refused", encode: errors.New("no"),
			want: edusdk.CallEvent{Failed: true, Kind: edusdk.ErrInvalidArgument},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stub roundTrip
			if tt.steps != nil {
				stub, _ = inTurn(tt.steps...)
			}
			seen := &witness{}
			c := newStubbed(t, stub, edusdk.WithObserver(seen), edusdk.WithClock(func() time.Time { return bubbleStart }))
			x := &script{}
			if tt.encode != nil {
				x.encode = func(*Attempt) error { return tt.encode }
			}
			_ = c.Do(t.Context(), newCall(c, tt.class, x))
			assert.Len(t, seen.attempts, tt.attempts, "attempts")
			for i, a := range seen.attempts {
				assert.Equal(t, i+1, a.Attempt)
				assert.Equal(t, i+1 < tt.attempts, a.Retry, "AttemptEvent.Retry")
				assert.Equal(t, i+1 < tt.attempts || tt.want.Failed, a.Failed, "AttemptEvent.Failed")
			}
			tt.want.Vendor, tt.want.Op, tt.want.Start = "acme", "Things.Do", bubbleStart
			tt.want.Class, tt.want.Method = tt.class.String(), http.MethodPost
			require.Len(t, seen.calls, 1)
			assert.Equal(t, tt.want, seen.calls[0])
		})
	}
}

// inOrder is an observer that notes the order of what it is told, and with
// which context.
type inOrder struct{ got []string }

func (o *inOrder) ObserveAttempt(ctx context.Context, a edusdk.AttemptEvent) {
	o.got = append(o.got, fmt.Sprint("attempt ", a.Attempt, " ", ctx.Value(contextKey{})))
}

func (o *inOrder) ObserveCall(ctx context.Context, _ edusdk.CallEvent) {
	o.got = append(o.got, fmt.Sprint("call ", ctx.Value(contextKey{})))
}

func TestObserverIsToldInOrderAndWithTheContext(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(500, ""), give(200, success))
	o := &inOrder{}
	c := newStubbed(t, stub, edusdk.WithObserver(o))
	ctx := context.WithValue(t.Context(), contextKey{}, "span")
	require.NoError(t, c.Do(ctx, newCall(c, Read, &script{})))
	_ = c.Refuse(ctx, &Spec{Op: "Things.Do"}, errors.New("no"))
	assert.Equal(t, []string{"attempt 1 span", "attempt 2 span", "call span", "call span"}, o.got)
}

func TestLog(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level slog.Level
		want  []string
	}{
		{slog.LevelDebug, []string{
			`{"level":"INFO","msg":"edusdk attempt","vendor":"acme","op":"Things.Do","class":"create","section":"","attempt":1,"status":429,"sent":2,"read":15,` +
				`"elapsed":1000000000,"kind":"resource exhausted","code":"RATE","retry":true,"delay":10000000000}`,
			`{"level":"DEBUG","msg":"edusdk attempt","vendor":"acme","op":"Things.Do","class":"create","section":"","attempt":2,"status":200,"sent":2,"read":11,"elapsed":1000000000}`,
		}},
		{slog.LevelInfo, []string{
			`{"level":"INFO","msg":"edusdk attempt","vendor":"acme","op":"Things.Do","class":"create","section":"","attempt":1,"status":429,"sent":2,"read":15,` +
				`"elapsed":1000000000,"kind":"resource exhausted","code":"RATE","retry":true,"delay":10000000000}`,
		}},
		{slog.LevelWarn, nil},
	} {
		t.Run(tt.level.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				h := slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: tt.level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == slog.TimeKey {
						return slog.Attr{}
					}
					return a
				}})
				c := newStubbed(t, slowly(give(429, `{"code":"RATE"}`, "Retry-After", "10"), give(200, success)),
					edusdk.WithLogger(slog.New(h)), edusdk.WithClock(ahead))
				require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{})))
				assert.Equal(t, strings.Join(tt.want, "\n"), strings.TrimSpace(out.String()))
			})
		})
	}
}

// Whatever happens, a line has no other attributes than these.
func TestLogIsByAllowList(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{
		"time": true, "level": true, "msg": true, "vendor": true, "op": true, "class": true, "section": true, "attempt": true, "status": true, "sent": true,
		"read": true, "elapsed": true, "kind": true, "code": true, "retry": true, "delay": true,
	}
	var out bytes.Buffer
	steps := []func() (*http.Response, error){
		give(200, success), give(500, "<html>"), broken(errors.New("reset")), give(429, ""), give(200, `{"code":"GONE"}`),
		give(302, ""), give(200, ""), broken(dialError(io.EOF)), give(503, "", "Retry-After", "0"), give(401, "{}"),
	}
	stub, _ := inTurn(steps...)
	c := newStubbed(t, stub, edusdk.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for range steps {
		_ = c.Do(t.Context(), newCall(c, Read, &script{}))
	}
	lines := 0
	for d := json.NewDecoder(&out); d.More(); lines++ {
		var line map[string]any
		require.NoError(t, d.Decode(&line))
		for key := range line {
			assert.True(t, allowed[key], "attribute %q of line %d is not on the list", key, lines)
		}
	}
	assert.GreaterOrEqual(t, lines, len(steps))
}

func TestCapture(t *testing.T) {
	t.Parallel()
	type step = func() (*http.Response, error)
	for _, tt := range []struct {
		name  string
		steps []step
		want  edusdk.Captured // without its header
	}{
		{"success", []step{give(200, success)}, edusdk.Captured{Status: 200, Body: []byte(success), Attempts: 1, Elapsed: time.Second}},
		{"rejection", []step{give(404, `{"code":"GONE"}`)}, edusdk.Captured{Status: 404, Body: []byte(`{"code":"GONE"}`), Attempts: 1, Elapsed: time.Second}},
		{"page", []step{give(302, "<html>")}, edusdk.Captured{Status: 302, Body: []byte("<html>"), Attempts: 1, Elapsed: time.Second}},
		{"byte order mark", []step{give(200, "\xef\xbb\xbf"+success)}, edusdk.Captured{Status: 200, Body: []byte("\xef\xbb\xbf" + success), Attempts: 1, Elapsed: time.Second}},
		{
			"the last of several", []step{give(503, "wait", "Retry-After", "10"), give(200, success)},
			edusdk.Captured{Status: 200, Body: []byte(success), Attempts: 2, Elapsed: 12 * time.Second},
		},
		{
			"the last that came", []step{give(503, "wait", "Retry-After", "10"), broken(errors.New("reset")), broken(errors.New("reset"))},
			edusdk.Captured{Status: 503, Body: []byte("wait"), Attempts: 1, Elapsed: time.Second},
		},
		{"none", []step{broken(errors.New("reset"))}, edusdk.Captured{}},
		{
			"what came of one that was cut off", []step{func() (*http.Response, error) {
				resp := answer(200, "")
				resp.ContentLength = -1
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"ok"`), failing{io.ErrUnexpectedEOF}))
				return resp, nil
			}}, edusdk.Captured{Status: 200, Body: []byte(`{"ok"`), Attempts: 2, Elapsed: 2 * time.Second},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newStubbed(t, slowly(tt.steps...), edusdk.WithClock(ahead), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1}))
				var got edusdk.Captured
				_ = c.Do(edusdk.WithCapture(t.Context(), &got), newCall(c, Read, &script{}))
				got.Header = nil
				got.Elapsed = got.Elapsed.Truncate(time.Microsecond) // random waits of 0 or 1 ns
				assert.Equal(t, tt.want, got)
			})
		})
	}
}

func TestWhatWasCapturedStaysAsItIs(t *testing.T) {
	t.Parallel()
	n := 0
	var header http.Header
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		n++
		resp := answer(200, fmt.Sprintf(`{"ok":true,"n":%d}`, n), "X-N", fmt.Sprint(n))
		header = resp.Header
		return resp, nil
	}))
	var first, second edusdk.Captured
	require.NoError(t, c.Do(edusdk.WithCapture(t.Context(), &first), newCall(c, Read, &script{})))
	header.Set("X-N", "changed")
	for range 10 { // the buffers are pooled
		require.NoError(t, c.Do(edusdk.WithCapture(t.Context(), &second), newCall(c, Read, &script{})))
	}
	assert.Equal(t, `{"ok":true,"n":1}`, string(first.Body))
	assert.Equal(t, "1", first.Header.Get("X-N"))
	assert.Equal(t, `{"ok":true,"n":11}`, string(second.Body))
}
