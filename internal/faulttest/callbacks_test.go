package faulttest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
)

var errBoom = errors.New("boom")

// imp is every callback that the options of a client take. The one that is
// named does something else than to return, once.
type imp struct {
	*vendor
	edusdk.TokenLocker

	where string
	do    func()

	mu     sync.Mutex
	done   bool // it was its turn
	empty  int  // requests with an empty token
	opened int
	closed int

	calls, attempts int // that have begun and not ended
}

func (i *imp) at(where string) {
	i.mu.Lock()
	turn := !i.done && where == i.where
	i.done = i.done || turn
	i.mu.Unlock()
	if turn {
		i.do()
	}
}

func (i *imp) count(n *int, by int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	*n += by
}

func (i *imp) StartCall(ctx context.Context, _ edusdk.CallStart) context.Context {
	i.count(&i.calls, 1)
	i.at("StartCall")
	return ctx
}

func (i *imp) StartAttempt(ctx context.Context, _ edusdk.AttemptStart) context.Context {
	i.count(&i.attempts, 1)
	i.at("StartAttempt")
	return ctx
}

func (i *imp) ObserveAttempt(context.Context, edusdk.AttemptEvent) {
	i.count(&i.attempts, -1)
	i.at("ObserveAttempt")
}

func (i *imp) ObserveCall(context.Context, edusdk.CallEvent) {
	i.count(&i.calls, -1)
	i.at("ObserveCall")
}

func (i *imp) Wait(context.Context) error                { i.at("RateLimiter"); return nil }
func (i *imp) Enabled(context.Context, slog.Level) bool  { i.at("Handler.Enabled"); return true }
func (i *imp) Handle(context.Context, slog.Record) error { i.at("Handler.Handle"); return nil }
func (i *imp) WithAttrs([]slog.Attr) slog.Handler        { return i }
func (i *imp) WithGroup(string) slog.Handler             { return i }

func (i *imp) Write(p []byte) (int, error) {
	i.at("Debug.Write")
	return len(p), nil
}

func (i *imp) now() time.Time {
	i.at("Clock")
	return time.Now()
}

func (i *imp) Load(ctx context.Context, key string) (edusdk.Token, error) {
	i.at("Load")
	return i.TokenLocker.Load(ctx, key)
}

func (i *imp) Save(ctx context.Context, key string, t edusdk.Token) error {
	i.at("Save")
	return i.TokenLocker.Save(ctx, key, t)
}

func (i *imp) Delete(ctx context.Context, key, value string) error {
	i.at("Delete")
	return i.TokenLocker.Delete(ctx, key, value)
}

func (i *imp) Lock(ctx context.Context, key string, ttl time.Duration) (uint64, error) {
	i.at("Lock")
	if i.where == "Unlock" { // which is called when there is a token by now, or the login fails
		if err := i.TokenLocker.Save(ctx, key, edusdk.Token{Value: "canary-token-2", Expires: time.Now().Add(time.Hour)}); err != nil {
			return 0, err
		}
	}
	return i.TokenLocker.Lock(ctx, key, ttl)
}

func (i *imp) SaveLocked(ctx context.Context, key string, t edusdk.Token, fence uint64) (bool, error) {
	i.at("SaveLocked")
	return i.TokenLocker.SaveLocked(ctx, key, t, fence)
}

func (i *imp) Unlock(ctx context.Context, key string, fence uint64) error {
	i.at("Unlock")
	return i.TokenLocker.Unlock(ctx, key, fence)
}

// RoundTrip answers as the vendor does: the first call after a login learns that
// its token is not good.
func (i *imp) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	i.at("RoundTrip")
	i.mu.Lock()
	defer i.mu.Unlock()
	i.opened++
	words := i.answer(req.URL.Path)
	if i.login != "" && req.URL.Path != i.login {
		for _, key := range []string{`"access_token":""`, `"userToken":""`, `"user_token":""`} {
			if strings.Contains(string(body), key) {
				i.empty++
			}
		}
		if !strings.Contains(strings.ToLower(string(body)), "token") {
			i.empty++
		}
		if i.opened == 2 {
			words = i.tokenRejected
		}
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req,
		Body: &impBody{strings.NewReader(words), i, sync.Once{}}, ContentLength: int64(len(words)),
	}, nil
}

// impBody is the body of an answer.
type impBody struct {
	io.Reader

	imp  *imp
	once sync.Once
}

func (b *impBody) Read(p []byte) (int, error) {
	b.imp.at("the answer's Read")
	return b.Reader.Read(p)
}

func (b *impBody) Close() error {
	b.once.Do(func() {
		b.imp.mu.Lock()
		defer b.imp.mu.Unlock()
		b.imp.closed++
	})
	return nil
}

// What the callbacks of a client's options do that do not return, in any
// operation of any vendor: a panic comes to the caller, and whatever it is, nothing
// stays behind that later calls meet.
func TestCallbacksOfEveryOperation(t *testing.T) {
	callbacks := []string{
		"StartCall", "StartAttempt", "ObserveAttempt", "ObserveCall", "RateLimiter", "Handler.Enabled", "Handler.Handle", "Clock", "RoundTrip", "the answer's Read", "Debug.Write",
	}
	ways := []struct {
		name string
		do   func()
	}{
		{"panics", func() { panic(errBoom) }},
		{"exits", runtime.Goexit},
		{"blocks", func() { time.Sleep(time.Hour) }}, // in the bubble, and no context ends it
	}
	for n := range vendors {
		v := &vendors[n]
		for at, o := range v.operations(t) {
			t.Run(v.name+"."+o.name, func(t *testing.T) {
				t.Parallel()
				tries := at // another start for other operations
				play := func(leases bool, callbacks ...string) {
					for _, callback := range callbacks {
						for _, way := range ways {
							if tries++; effort.One(4, tries) {
								synctest.Test(t, func(t *testing.T) { playImp(t, o, leases, callback, way.name, way.do) })
							}
						}
					}
				}
				play(false, callbacks...)
				if v.login != "" {
					play(false, storeCallbacks[:3]...)
					play(true, storeCallbacks[1:]...)
				}
			})
		}
	}
}

// storeCallbacks are those of a TokenStore, and of a TokenLocker all but the first:
// tokens are saved under leases.
var storeCallbacks = []string{"Save", "Load", "Delete", "Lock", "SaveLocked", "Unlock"}

func playImp(t *testing.T, o *operation, leases bool, callback, name string, do func()) {
	t.Helper()
	what := callback + " " + name
	i := &imp{vendor: o.vendor, TokenLocker: edusdk.NewMemoryStore(), where: callback, do: do}
	var store edusdk.TokenStore = i
	if !leases {
		store = struct{ edusdk.TokenStore }{i}
	}
	roots, err := o.vendor.open("http://vendor.test", store, []edusdk.Option{
		edusdk.WithObserver(i), edusdk.WithRateLimiter(i), edusdk.WithLogger(slog.New(i)), edusdk.WithClock(i.now), edusdk.WithTransport(i),
		edusdk.WithDebug(i),
		edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}),
	})
	require.NoError(t, err)
	var value any
	var returned atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { value = recover() }()
		err = o.call(t.Context(), roots)
		returned.Store(true)
	}()
	<-ended
	inTime := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) <= time.Hour+time.Minute
	assert.True(t, inTime, "%s: it ends", what)
	i.mu.Lock()
	done := i.done
	i.mu.Unlock()
	// A login that is asked for does not look for a token, nor does it learn
	// that one is not good.
	assert.True(t, done || o.class == login && slices.Contains(storeCallbacks, callback), "%s: it was called", what)
	if name == "panics" && done {
		assert.Equal(t, errBoom, value, "%s: what the caller recovers; error: %v", what, err)
		assert.False(t, returned.Load(), what)
	} else {
		assert.Nil(t, value, what)
	}
	for range 2 {
		err = o.call(t.Context(), roots)
		if err != nil && o.class == login {
			continue // a login that is turned down with the words of a token
		}
		require.NoError(t, err, "%s: the calls after it", what)
	}
	time.Sleep(2 * time.Hour) // for what blocks
	i.mu.Lock()
	defer i.mu.Unlock()
	assert.Zero(t, i.empty, "%s: requests with an empty token", what)
	assert.Equal(t, i.opened, i.closed, "%s: bodies of answers that were closed", what)
	assert.Zero(t, i.calls, "%s: calls that the observer was not told the end of", what)
	assert.Zero(t, i.attempts, "%s: attempts that the observer was not told the end of", what)
}

// impAnswer is what a Call's answer is decoded into, and impParam what its
// parameters are: they do something else than to return.
type (
	impAnswer struct{ do func() }
	impParam  struct{ do func() }
)

func (u *impAnswer) UnmarshalJSON([]byte) error {
	u.do()
	return nil
}

func (u impParam) MarshalJSON() ([]byte, error) {
	u.do()
	return []byte("{}"), nil
}

func (u impParam) EncodeValues(string, *url.Values) error {
	u.do()
	return nil
}

// The importer's own types run in the goroutine of the call as well.
func TestTypesOfTheImporterThatDoNotReturn(t *testing.T) {
	t.Parallel()
	for n := range vendors {
		v := &vendors[n]
		for name, do := range map[string]func(){"panics": func() { panic(errBoom) }, "exits": runtime.Goexit} {
			for what, arguments := range map[string][2]any{
				"out":  {nil, &impAnswer{do}},
				"args": {struct{ Field impParam }{impParam{do}}, nil},
			} {
				t.Run(strings.Join([]string{v.name, what, name}, "/"), func(t *testing.T) {
					t.Parallel()
					i := &imp{vendor: v}
					roots, err := v.open("http://vendor.test", loggedIn{}, []edusdk.Option{edusdk.WithTransport(i)})
					require.NoError(t, err)
					client := roots[0].(interface {
						Call(ctx context.Context, method, path string, args, out any) error
					})
					var value any
					returned, ended := false, make(chan struct{})
					go func() {
						defer close(ended)
						defer func() { value = recover() }()
						_ = client.Call(t.Context(), http.MethodPost, "api/other", arguments[0], arguments[1])
						returned = true
					}()
					<-ended
					assert.False(t, returned)
					if name == "panics" {
						assert.Equal(t, errBoom, value)
					} else {
						assert.Nil(t, value)
					}
					require.NoError(t, client.Call(t.Context(), http.MethodPost, "api/other", nil, nil), "the next call")
					assert.Equal(t, i.opened, i.closed, "bodies of answers that were closed")
				})
			}
		}
	}
}
