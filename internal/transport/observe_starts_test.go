package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// ledger is an Observer that knows which of the beginnings that it was told of have
// ended. Its contexts say which one they belong to.
type ledger struct {
	name string
	at   func(where string) // what it does before it returns; nil for nothing

	calls         []edusdk.CallStart
	starts        []edusdk.AttemptStart // of attempts
	callEvents    []edusdk.CallEvent
	attemptEvents []edusdk.AttemptEvent

	openCalls, openAttempts map[*entry]bool
	lastCall, lastAttempt   *entry // that began
	unknown                 int    // ends of what did not begin
	tooEarly                int    // ends of calls before those of their attempts
}

// entry is a beginning.
type entry struct{ in *entry }

type ledgerKey struct{ name string }

func newLedger(name string, at func(string)) *ledger {
	return &ledger{name: name, at: at, openCalls: map[*entry]bool{}, openAttempts: map[*entry]bool{}}
}

func (l *ledger) of(ctx context.Context) *entry {
	e, _ := ctx.Value(ledgerKey{l.name}).(*entry)
	return e
}

func (l *ledger) do(where string) {
	if l.at != nil {
		l.at(where)
	}
}

func (l *ledger) begin(ctx context.Context, open map[*entry]bool) (context.Context, *entry) {
	e := &entry{in: l.of(ctx)}
	open[e] = true
	return context.WithValue(ctx, ledgerKey{l.name}, e), e
}

// end takes what ctx belongs to, or else the one that began and did not return a
// context.
func (l *ledger) end(e, last *entry, open map[*entry]bool) {
	if !open[e] {
		e = last
	}
	if !open[e] {
		l.unknown++
	}
	delete(open, e)
}

func (l *ledger) StartCall(ctx context.Context, c edusdk.CallStart) context.Context {
	l.calls = append(l.calls, c)
	ctx, l.lastCall = l.begin(ctx, l.openCalls)
	l.do("StartCall")
	return ctx
}

func (l *ledger) StartAttempt(ctx context.Context, a edusdk.AttemptStart) context.Context {
	l.starts = append(l.starts, a)
	ctx, l.lastAttempt = l.begin(ctx, l.openAttempts)
	l.do("StartAttempt")
	return ctx
}

func (l *ledger) ObserveAttempt(ctx context.Context, a edusdk.AttemptEvent) {
	l.attemptEvents = append(l.attemptEvents, a)
	l.end(l.of(ctx), l.lastAttempt, l.openAttempts)
	l.do("ObserveAttempt")
}

func (l *ledger) ObserveCall(ctx context.Context, c edusdk.CallEvent) {
	l.callEvents = append(l.callEvents, c)
	l.end(l.of(ctx), l.lastCall, l.openCalls)
	if len(l.openAttempts) > 0 {
		l.tooEarly++
	}
	l.do("ObserveCall")
}

// startFaults are callbacks that do not return, by what they do.
var startFaults = map[string]func(){
	"panics": func() { panic(errBroken) },
	"exits":  runtime.Goexit,
}

var errBroken = errors.New("broken")

// tripwire does something at the n-th time of all that its callbacks are called.
type tripwire struct {
	at, n int
	do    func()
	where string // it was done
}

func (w *tripwire) step(where string) {
	if w.n++; w.n == w.at {
		w.where = where
		w.do()
	}
}

func (w *tripwire) Wait(context.Context) error                { w.step("RateLimiter"); return nil }
func (w *tripwire) Enabled(context.Context, slog.Level) bool  { w.step("Enabled"); return true }
func (w *tripwire) Handle(context.Context, slog.Record) error { w.step("Handle"); return nil }
func (w *tripwire) WithAttrs([]slog.Attr) slog.Handler        { return w }
func (w *tripwire) WithGroup(string) slog.Handler             { return w }
func (w *tripwire) Write(p []byte) (int, error)               { w.step("Debug"); return len(p), nil }
func (w *tripwire) Sensitive() []string                       { w.step("Sensitive"); return nil }
func (w *tripwire) Encode(*Attempt) error                     { w.step("Encode"); return nil }

func (w *tripwire) Decode(ans *Answer) error {
	w.step("Decode")
	return decodeAcme(ans)
}

func (w *tripwire) Token(context.Context) (edusdk.Token, error) {
	w.step("Token")
	return edusdk.Token{Value: "t"}, nil
}

func (w *tripwire) Invalidate(context.Context, string) error {
	w.step("Invalidate")
	return nil
}

func (w *tripwire) now() time.Time {
	w.step("Clock")
	return bubbleStart
}

// Whichever callback does not return, at whichever time that it is called: what began
// ends, once.
func TestEveryBeginningHasItsEnd(t *testing.T) {
	t.Parallel()
	for name, do := range startFaults {
		for _, several := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/several observers: ", several), func(t *testing.T) {
				t.Parallel()
				places := map[string]bool{}
				for at := 1; ; at++ {
					synctest.Test(t, func(t *testing.T) {
						w := &tripwire{at: at, do: do}
						places[w.play(t, name, several)] = true
					})
					if places[""] {
						break // it has more times than there are calls
					}
				}
				for _, where := range []string{
					"StartCall", "StartAttempt", "ObserveAttempt", "ObserveCall", "RateLimiter", "Enabled", "Handle", "Debug", "Encode", "Decode", "Token",
					"Invalidate", "Clock", "RoundTrip",
				} {
					assert.True(t, places[where], "%s was never the one that %s", where, name)
				}
			})
		}
	}
}

// play makes a call that is repeated twice, and says where the fault was.
func (w *tripwire) play(t *testing.T, name string, several bool) string {
	t.Helper()
	ledgers := []*ledger{newLedger("one", w.step)}
	if several {
		ledgers = append(ledgers, newLedger("two", w.step), newLedger("three", nil))
	}
	steps, _ := inTurn(give(200, `{"code":"TOKEN"}`), give(503, "", "Retry-After", "1"), give(200, success))
	opts := []edusdk.Option{
		edusdk.WithRateLimiter(w), edusdk.WithLogger(slog.New(w)), edusdk.WithDebug(w), edusdk.WithClock(w.now),
	}
	for _, l := range ledgers {
		opts = append(opts, edusdk.WithObserver(l))
	}
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		w.step("RoundTrip")
		return steps(req)
	}), opts...)
	call := newCall(c, Upsert, nil)
	call.Exchange, call.Credential = w, w
	var value any
	var err error
	ended := make(chan struct{})
	returned := false
	go func() {
		defer close(ended)
		defer func() { value = recover() }()
		err = c.Do(t.Context(), call)
		returned = true
	}()
	<-ended
	what := fmt.Sprintf("%s at step %d", w.where, w.at)
	if w.where == "" {
		assert.NoError(t, err, what)
	}
	assert.Equal(t, w.where == "", returned, what)
	if !returned && name == "panics" {
		assert.Equal(t, errBroken, value, "%s: what the caller recovers", what)
	}
	for _, l := range ledgers {
		if len(l.callEvents) == 0 && w.where == "Clock" && len(l.calls) == 0 {
			continue // before anything began
		}
		assert.Len(t, l.callEvents, len(l.calls), "%s: calls that ended, of %s", what, l.name)
		assert.Len(t, l.attemptEvents, len(l.starts), "%s: attempts that ended, of %s", what, l.name)
		assert.Empty(t, l.openCalls, "%s: calls that did not, of %s", what, l.name)
		assert.Empty(t, l.openAttempts, "%s: attempts that did not, of %s", what, l.name)
		assert.Zero(t, l.unknown, "%s: ends of what did not begin, of %s", what, l.name)
		assert.Zero(t, l.tooEarly, "%s: calls that ended before their attempts, of %s", what, l.name)
		for i, e := range l.attemptEvents {
			last := i == len(l.attemptEvents)-1
			assert.Equal(t, l.starts[i].Attempt, e.Attempt, what)
			if e.Aborted {
				assert.True(t, last, "%s: the aborted attempt is the last", what)
				assert.True(t, e.Failed, what)
			}
		}
		event := l.callEvents[0]
		// What is said once cannot be said otherwise any more.
		assert.Equal(t, w.where != "" && w.where != "ObserveCall", event.Aborted, "%s: CallEvent.Aborted of %s", what, l.name)
		assert.Equal(t, event.Aborted, event.Failed, what)
		assert.Equal(t, event.Aborted && event.Attempts > 0, event.MaybeApplied, "%s: CallEvent.MaybeApplied", what)
	}
	return w.where
}

// The ends of calls that do not come to an attempt, or whose context ends.
func TestBeginningsOfOtherEnds(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name     string
		ctx      context.Context
		call     func(ctx context.Context, c *Client) error
		starts   int
		attempts int
		kind     edusdk.Kind
	}{
		{
			name: "refused by Refuse", starts: 1, kind: edusdk.ErrInvalidArgument,
			call: func(ctx context.Context, c *Client) error { return c.Refuse(ctx, &Spec{Op: "Things.Do"}, errBroken) },
		},
		{
			name: "options that make no sense", starts: 1, kind: edusdk.ErrInvalidArgument,
			ctx: edusdk.WithCallOptions(t.Context(), edusdk.CallTimeout(-1)),
		},
		{
			name: "refused by Encode", starts: 1, kind: edusdk.ErrInvalidArgument,
			call: func(ctx context.Context, c *Client) error {
				return c.Do(ctx, newCall(c, Read, &script{encode: func(*Attempt) error { return errBroken }}))
			},
		},
		{
			name: "no context", kind: edusdk.ErrInvalidArgument,
			call: func(_ context.Context, c *Client) error {
				return c.Do(nil, newCall(c, Read, &script{})) //nolint:staticcheck // that is the point
			},
		},
		{name: "a context that is over", ctx: over, starts: 1, kind: edusdk.ErrCanceled},
		{
			name: "a context that ends in the attempt", starts: 1, attempts: 1, kind: edusdk.ErrDeadlineExceeded,
			call: func(ctx context.Context, c *Client) error {
				ctx, cancel := context.WithTimeout(ctx, time.Second/2)
				defer cancel()
				return c.Do(ctx, newCall(c, Read, &script{}))
			},
		},
		{name: "a success", starts: 1, attempts: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLedger("", nil)
				c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					if err := Sleep(req.Context(), time.Second); err != nil {
						return nil, err
					}
					return answer(200, success), nil
				}), edusdk.WithObserver(l))
				ctx := t.Context()
				if tt.ctx != nil {
					ctx = tt.ctx
				}
				if tt.call == nil {
					tt.call = func(ctx context.Context, c *Client) error { return c.Do(ctx, newCall(c, Read, &script{})) }
				}
				err := tt.call(ctx, c)
				assert.Len(t, l.calls, tt.starts, "StartCall")
				assert.Len(t, l.callEvents, tt.starts, "ObserveCall")
				assert.Len(t, l.starts, tt.attempts, "StartAttempt")
				assert.Len(t, l.attemptEvents, tt.attempts, "ObserveAttempt")
				assert.Zero(t, l.unknown)
				if tt.kind == 0 {
					require.NoError(t, err)
					return
				}
				assert.Equal(t, tt.kind, errorOf(t, err).Kind)
				for _, e := range l.callEvents {
					assert.Equal(t, tt.kind, e.Kind)
					assert.False(t, e.Aborted)
				}
			})
		})
	}
}

func TestWhatBeginsIsDescribed(t *testing.T) {
	t.Parallel()
	l := newLedger("", nil)
	stub, _ := inTurn(give(503, ""), give(200, `{"code":"TOKEN"}`), give(200, success))
	c, err := New("acme", "https://acme.test:8443/base/", []edusdk.Option{
		quick, edusdk.WithTransport(stub), edusdk.WithObserver(l), edusdk.WithClock(func() time.Time { return bubbleStart }),
	})
	require.NoError(t, err)
	call := newCall(c, Upsert, &script{})
	call.Section, call.Route, call.Credential = "1.1 做事", "do", &logins{}
	require.NoError(t, c.Do(t.Context(), call))
	assert.Equal(t, []edusdk.CallStart{{
		Vendor: "acme", Op: "Things.Do", Section: "1.1 做事", Class: "upsert", Method: "POST", Route: "do", Host: "acme.test:8443", Start: bubbleStart,
	}}, l.calls)
	first := edusdk.AttemptStart{
		Vendor: "acme", Op: "Things.Do", Section: "1.1 做事", Class: "upsert", Method: "POST", Route: "do", Host: "acme.test:8443", Attempt: 1, Start: bubbleStart,
	}
	second, third := first, first
	second.Attempt, second.After = 2, edusdk.ErrUnavailable
	third.Attempt, third.After = 3, edusdk.ErrUnauthenticated
	assert.Equal(t, []edusdk.AttemptStart{first, second, third}, l.starts)
	var budget []int
	for _, e := range l.attemptEvents {
		budget = append(budget, e.RetryBudget)
	}
	assert.Equal(t, []int{486, 486, 486}, budget, "AttemptEvent.RetryBudget")
}

func TestRetryBudgetInEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		budget int
		want   []int
	}{
		{"the default", 0, []int{486, 472, 472}},
		{"little", 20, []int{6, 6}},
		{"no limit", -1, []int{-1, -1, -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger("", nil)
			stub, _ := inTurn(give(503, ""))
			c := newStubbed(t, stub, edusdk.WithObserver(l), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, Budget: tt.budget}))
			errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
			var got []int
			for _, e := range l.attemptEvents {
				got = append(got, e.RetryBudget)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// strange returns contexts that have little to do with the one that they were made of.
type strange struct {
	call, attempt func(ctx context.Context) context.Context
	seen          func(where string, ctx context.Context)
}

func (s strange) StartCall(ctx context.Context, _ edusdk.CallStart) context.Context {
	return s.call(ctx)
}

func (s strange) StartAttempt(ctx context.Context, _ edusdk.AttemptStart) context.Context {
	return s.attempt(ctx)
}

func (s strange) ObserveAttempt(ctx context.Context, _ edusdk.AttemptEvent) {
	s.seen("ObserveAttempt", ctx)
}

func (s strange) ObserveCall(ctx context.Context, _ edusdk.CallEvent) { s.seen("ObserveCall", ctx) }

// incomparable is a context of a type that == panics for.
type incomparable struct {
	context.Context
	_ []int
}

type spanKey struct{}

// A call is bounded by its caller's context, and has the options of that, whatever an
// observer returns; the values are the observer's.
func TestContextsThatObserversReturn(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errAttemptTimeout)
	other := edusdk.WithCapture(edusdk.WithCallOptions(context.Background(), edusdk.CallHeader("X-Other", "yes")), &edusdk.Captured{})
	span := func(ctx context.Context) context.Context { return context.WithValue(ctx, spanKey{}, "span") }
	for name, tt := range map[string]struct {
		returned func(ctx context.Context) context.Context
		value    any
	}{
		"a child":          {span, "span"},
		"the same":         {func(ctx context.Context) context.Context { return ctx }, nil},
		"nil":              {func(context.Context) context.Context { return nil }, nil},
		"another one":      {func(context.Context) context.Context { return span(context.Background()) }, "span"},
		"one of others":    {func(context.Context) context.Context { return span(other) }, "span"},
		"one that is over": {func(context.Context) context.Context { return span(over) }, "span"},
		"a child that is over": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errAttemptTimeout)
			return span(ctx)
		}, "span"},
		"a child with less time": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			time.AfterFunc(time.Hour, cancel)
			return span(ctx)
		}, "span"},
		"without an end":           {func(ctx context.Context) context.Context { return span(context.WithoutCancel(ctx)) }, "span"},
		"of another type":          {func(ctx context.Context) context.Context { return incomparable{Context: span(ctx)} }, "span"},
		"the same in another type": {func(ctx context.Context) context.Context { return incomparable{Context: ctx} }, nil},
	} {
		for _, several := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/several observers: ", several), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(incomparable{Context: context.WithValue(t.Context(), contextKey{}, "caller")}, time.Minute)
					defer cancel()
					deadline, _ := ctx.Deadline()
					seen, ctxOver := map[string]bool{}, false
					look := func(where string, got context.Context) {
						if got.Err() != nil && ctxOver {
							return
						}
						seen[where] = true
						until, _ := got.Deadline()
						assert.Equal(t, deadline, until, "deadline in %s", where)
						assert.NoError(t, got.Err(), where)
						assert.Equal(t, tt.value, got.Value(spanKey{}), "value of the observer in %s", where)
						assert.Equal(t, "caller", got.Value(contextKey{}), "value of the caller in %s", where)
					}
					var got edusdk.Captured
					ctx = edusdk.WithCapture(edusdk.WithCallOptions(ctx, edusdk.CallHeader("X-Own", "yes"), edusdk.CallTimeout(10*time.Second)), &got)
					o := strange{tt.returned, tt.returned, look}
					opts := []edusdk.Option{edusdk.WithObserver(o), edusdk.WithRateLimiter(limiter(func(ctx context.Context) error {
						look("RateLimiter", ctx)
						return nil
					}))}
					if several {
						opts = append(opts, edusdk.WithObserver(o), edusdk.WithObserver(&witness{}))
					}
					c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
						seen["RoundTrip"] = true
						until, _ := req.Context().Deadline()
						assert.Equal(t, time.Now().Add(10*time.Second), until, "deadline of the attempt")
						assert.Equal(t, tt.value, req.Context().Value(spanKey{}), "value of the observer in RoundTrip")
						assert.Equal(t, "caller", req.Context().Value(contextKey{}), "value of the caller in RoundTrip")
						assert.Equal(t, []string{"yes"}, req.Header["X-Own"])
						assert.Empty(t, req.Header["X-Other"])
						return answer(200, success), nil
					}), opts...)
					require.NoError(t, c.Do(ctx, newCall(c, Read, &script{})))
					assert.Equal(t, success, string(got.Body), "what was captured")
					assert.Len(t, seen, 4, "seen: %v", seen)

					cancel()
					ctxOver = true
					e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
					assert.Equal(t, edusdk.ErrCanceled, e.Kind, "after the caller's context has ended")
				})
			})
		}
	}
}

// The end of the caller's context reaches an attempt at once, and ends nothing late.
func TestTheCallersEndReachesTheAttempt(t *testing.T) {
	t.Parallel()
	for name, returned := range map[string]func(ctx context.Context) context.Context{
		"a child":     func(ctx context.Context) context.Context { return context.WithValue(ctx, spanKey{}, 1) },
		"another one": func(context.Context) context.Context { return context.WithValue(context.Background(), spanKey{}, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}), edusdk.WithObserver(strange{returned, returned, func(string, context.Context) {}}))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
				assert.Equal(t, edusdk.ErrCanceled, e.Kind)
				assert.Equal(t, time.Second, time.Since(start))
			})
		})
	}
}

// A ledger's contexts nest: the attempts in their call, and what is seen in a
// RoundTripper and by a store in those.
func TestBeginningsNest(t *testing.T) {
	t.Parallel()
	l := newLedger("", nil)
	var inRoundTrip, inToken []*entry
	stub, _ := inTurn(give(503, ""), give(200, success))
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		inRoundTrip = append(inRoundTrip, l.of(req.Context()))
		assert.True(t, l.openAttempts[l.of(req.Context())], "the attempt is under way")
		return stub(req)
	}), edusdk.WithObserver(l))
	call := newCall(c, Read, &script{})
	call.Credential = credential{func(ctx context.Context) { inToken = append(inToken, l.of(ctx)) }}
	require.NoError(t, c.Do(t.Context(), call))
	require.Len(t, inRoundTrip, 2)
	require.Len(t, inToken, 2)
	assert.NotSame(t, inRoundTrip[0], inRoundTrip[1], "two attempts")
	for i := range 2 {
		require.NotNil(t, inRoundTrip[i])
		assert.Same(t, inToken[0], inRoundTrip[i].in, "the attempt is in the call")
		assert.Same(t, inToken[0], inToken[i], "tokens are the call's matter")
	}
	assert.Nil(t, inToken[0].in)
}

type credential struct{ seen func(ctx context.Context) }

func (c credential) Token(ctx context.Context) (edusdk.Token, error) {
	c.seen(ctx)
	return edusdk.Token{Value: "t"}, nil
}

func (credential) Invalidate(context.Context, string) error { return nil }

// Several observers are told in the order given, and of ends in the opposite one, as
// spans nest; old ones among them are told what they know.
func TestSeveralObservers(t *testing.T) {
	t.Parallel()
	var got []string
	told := func(name string) func(string) {
		return func(where string) { got = append(got, name+" "+where) }
	}
	a, b := newLedger("a", told("a")), newLedger("b", told("b"))
	old := &inOrder{}
	stub, _ := inTurn(give(200, success))
	c := newStubbed(t, stub, edusdk.WithObserver(a), edusdk.WithObserver(old), edusdk.WithObserver(b))
	require.NoError(t, c.Do(context.WithValue(t.Context(), contextKey{}, "span"), newCall(c, Read, &script{})))
	assert.Equal(t, []string{
		"a StartCall", "b StartCall", "a StartAttempt", "b StartAttempt", "b ObserveAttempt", "a ObserveAttempt", "b ObserveCall", "a ObserveCall",
	}, got)
	assert.Equal(t, []string{"attempt 1 span", "call span"}, old.got)
}

// watcher is an observer with beginnings that allocates nothing itself.
type watcher struct{ n int }

func (w *watcher) StartCall(ctx context.Context, _ edusdk.CallStart) context.Context { return ctx }
func (w *watcher) StartAttempt(ctx context.Context, _ edusdk.AttemptStart) context.Context {
	return ctx
}
func (w *watcher) ObserveAttempt(context.Context, edusdk.AttemptEvent) { w.n++ }
func (w *watcher) ObserveCall(context.Context, edusdk.CallEvent)       { w.n++ }

// deaf is an observer without beginnings.
type deaf struct{ edusdk.Observer }

// Whoever watches a call pays for what it allocates itself, and for nothing of ours.
func TestAllocationsOfACallThatIsObserved(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []edusdk.Option
	}{
		{"no beginnings", []edusdk.Option{edusdk.WithObserver(deaf{&watcher{}})}},
		{"beginnings", []edusdk.Option{edusdk.WithObserver(&watcher{})}},
		{"several", []edusdk.Option{edusdk.WithObserver(&watcher{}), edusdk.WithObserver(deaf{&watcher{}})}},
	} {
		c := newStubbed(t, canned(), tt.opts...)
		call := &Call{Op: "Rooms.Get", Class: Read, Method: http.MethodPost, URL: c.Base() + "/api/v3/room/detail"}
		got := testing.AllocsPerRun(1000, func() {
			x := &plainExchange{}
			call.Exchange = x
			if err := c.Do(t.Context(), call); err != nil || !x.ok {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %v", tt.name, got)
		if underRace {
			continue
		}
		assert.LessOrEqual(t, got, float64(callAllocs+2), tt.name)
	}
}

// The parts of an answer are still to be had when the observer is told.
func TestEventsOfAbortedAttempts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		class  Class
		body   io.ReadCloser
		decode func(*Answer) error
		maybe  bool
	}{
		{name: "in the answer's body", class: Create, body: io.NopCloser(panicking{}), maybe: true},
		{name: "in Decode", class: Upsert, decode: func(*Answer) error { panic(errBroken) }, maybe: true},
		{name: "of a call that changes nothing", class: Read, body: io.NopCloser(panicking{})},
	} {
		for _, before := range []bool{false, true} { // whether another attempt came before
			t.Run(fmt.Sprintf("%s, %v", tt.name, before), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					l := newLedger("", nil)
					limited := before
					c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
						time.Sleep(time.Second)
						if limited {
							limited = false
							return answer(429, `{"code":"RATE"}`, "Retry-After", "1"), nil
						}
						resp := answer(200, success)
						if tt.body != nil {
							resp.Body = tt.body
						}
						return resp, nil
					}), edusdk.WithObserver(l))
					x := &script{decode: func(ans *Answer) error {
						if ans.Status == 200 && tt.decode != nil {
							return tt.decode(ans)
						}
						return decodeAcme(ans)
					}}
					assert.PanicsWithValue(t, errBroken, func() { _ = c.Do(t.Context(), newCall(c, tt.class, x)) })
					attempts, took := 1, time.Second
					if before {
						attempts, took = 2, 3*time.Second
					}
					require.Len(t, l.attemptEvents, attempts)
					require.Len(t, l.callEvents, 1)
					a, call := l.attemptEvents[attempts-1], l.callEvents[0]
					assert.Equal(t, []any{true, true, 0, "", false, time.Second}, []any{a.Aborted, a.Failed, a.Status, a.Code, a.Retry, a.Elapsed})
					assert.Equal(t, []any{true, true, 0, "", attempts, took}, []any{call.Aborted, call.Failed, call.Status, call.Code, call.Attempts, call.Elapsed})
					assert.Equal(t, tt.maybe, call.MaybeApplied, "whether it may have been carried out")
				})
			})
		}
	}
}

// A call that is refused has its end too, whatever the observer does at its beginning.
func TestTheEndOfARefusedCall(t *testing.T) {
	t.Parallel()
	for where, aborted := range map[string]bool{"StartCall": true, "ObserveCall": false} {
		l := newLedger("", func(at string) {
			if at == where {
				panic(errBroken)
			}
		})
		c := newStubbed(t, roundTrip(nil), edusdk.WithObserver(l))
		assert.PanicsWithValue(t, errBroken, func() { _ = c.Refuse(t.Context(), &Spec{Op: "Things.Do"}, errBroken) }, where)
		require.Len(t, l.callEvents, 1, where)
		assert.Equal(t, aborted, l.callEvents[0].Aborted, where)
	}
	errorOf(t, newStubbed(t, roundTrip(nil)).Refuse(t.Context(), &Spec{Op: "Things.Do"}, errBroken)) // without an observer
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic(errBroken) }
