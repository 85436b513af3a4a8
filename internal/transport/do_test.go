package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func TestEachAttemptIsEncodedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A clock of its own, ahead of the real one, that moves with the waits.
		epoch := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		clock := func() time.Time { return epoch.Add(time.Since(bubbleStart)) }
		var bodies, queries, headers []string
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			bodies = append(bodies, string(body))
			queries = append(queries, req.URL.RawQuery)
			headers = append(headers, fmt.Sprint(req.Header.Values("X-Sign")))
			return answer(503, "", "Retry-After", "10"), nil
		}), edusdk.WithClock(clock))
		x := &script{encode: func(a *Attempt) error {
			stamp := fmt.Sprintf("%d@%s", a.Number, a.Now.Format(time.TimeOnly))
			a.Query = "n=" + stamp
			a.Header = http.Header{"X-Sign": {"sign " + stamp}}
			a.ContentType, a.Body = "text/plain", []byte("body "+stamp)
			return nil
		}}
		e := errorOf(t, c.Do(t.Context(), newCall(c, Read, x)))
		assert.Equal(t, 3, e.Attempts)
		assert.Equal(t, []string{"body 1@00:00:00", "body 2@00:00:10", "body 3@00:00:20"}, bodies)
		assert.Equal(t, []string{"n=1@00:00:00", "n=2@00:00:10", "n=3@00:00:20"}, queries)
		assert.Equal(t, []string{"[sign 1@00:00:00]", "[sign 2@00:00:10]", "[sign 3@00:00:20]"}, headers)
	})
}

func TestEncodeThatFailsOnARepetition(t *testing.T) {
	t.Parallel()
	stub, n := inTurn(give(500, ""))
	c := newStubbed(t, stub)
	x := &script{encode: func(a *Attempt) error {
		if a.Number == 2 {
			return errors.New("it cannot be written again")
		}
		return nil
	}}
	e := errorOf(t, c.Do(t.Context(), newCall(c, Upsert, x)))
	assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
	assert.Equal(t, 1, e.Attempts)
	assert.True(t, e.MaybeApplied, "the first attempt may have been carried out")
	assert.EqualValues(t, 1, n.Load())
}

// The rows of the table in one call after another: what the last says, and what
// the earlier ones leave open.
func TestMixedFailures(t *testing.T) {
	t.Parallel()
	var (
		unsent     = broken(dialError(errors.New("connection refused")))
		reset      = broken(errors.New("connection reset"))
		slowDown   = give(429, "")
		overload   = give(503, "", "Retry-After", "1")
		page       = give(200, "<html>")
		gone       = give(200, `{"code":"GONE"}`)
		sign       = give(200, `{"code":"SIGN"}`)
		badToken   = give(200, `{"code":"TOKEN"}`)
		badClock   = give(200, `{"code":"CLOCK"}`, "Date", "Sat, 01 Jan 2000 02:00:00 GMT")
		fine       = give(200, success)
		gatewayErr = give(502, "")
	)
	type steps []func() (*http.Response, error)
	for _, tt := range []struct {
		name     string
		class    Class
		steps    steps
		attempts int
		kind     edusdk.Kind // none: it succeeds
		maybe    bool
	}{
		{"create, twice unsent", Create, steps{unsent, unsent, fine}, 3, 0, false},
		{"create, unsent and then lost", Create, steps{unsent, reset}, 2, edusdk.ErrUnavailable, true},
		{"create, slowed down and then lost", Create, steps{slowDown, reset}, 2, edusdk.ErrUnavailable, true},
		{"create, slowed down three times", Create, steps{slowDown, slowDown, slowDown}, 3, edusdk.ErrResourceExhausted, false},
		{"a rejection settles what was open", Upsert, steps{reset, sign}, 2, edusdk.ErrUnauthenticated, false},
		{"that it is gone does not", Upsert, steps{reset, gone}, 2, edusdk.ErrNotFound, true},
		{"that it is gone at once does", Upsert, steps{gone}, 1, edusdk.ErrNotFound, false},
		{"a rate limit does not", Upsert, steps{reset, slowDown, slowDown}, 3, edusdk.ErrResourceExhausted, true},
		{"an unsent attempt does not", Upsert, steps{reset, unsent, unsent}, 3, edusdk.ErrUnavailable, true},
		{"a redirect does not", Upsert, steps{reset, give(302, "")}, 2, edusdk.ErrMalformedResponse, true},
		{"lost twice, then done", Upsert, steps{reset, gatewayErr, fine}, 3, 0, false},
		{"unreadable twice", Read, steps{page, page, fine}, 2, edusdk.ErrUnavailable, false},
		{"unreadable, then lost, then done", Read, steps{page, reset, fine}, 3, 0, false},
		{"lost, then unreadable, then done", Read, steps{reset, page, fine}, 3, 0, false},
		{"a login lost twice", Login, steps{reset, gatewayErr, fine}, 2, edusdk.ErrUnavailable, false},
		{"a login lost, then overloaded, then done", Login, steps{reset, overload, fine}, 3, 0, false},
		{"a login lost and then unreadable", Login, steps{reset, page, fine}, 2, edusdk.ErrUnavailable, false},
		{"a new token does not count as a retry", Upsert, steps{badToken, reset, reset, fine}, 4, 0, false},
		{"but only one", Upsert, steps{badToken, reset, badToken, fine}, 3, edusdk.ErrUnauthenticated, true},
		{"a new clock does not count either", Upsert, steps{badClock, reset, reset, fine}, 4, 0, false},
		{"nor both", Upsert, steps{badToken, badClock, reset, reset, fine}, 5, 0, false},
		{"four failures are one too many", Upsert, steps{badToken, reset, reset, reset, fine}, 4, edusdk.ErrUnavailable, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stub, n := inTurn(tt.steps...)
				c := newStubbed(t, stub)
				call := newCall(c, tt.class, &script{})
				call.Credential = &logins{}
				err := c.Do(t.Context(), call)
				assert.EqualValues(t, tt.attempts, n.Load(), "requests")
				if tt.kind == 0 {
					require.NoError(t, err)
					return
				}
				e := errorOf(t, err)
				assert.Equal(t, tt.kind, e.Kind, "Kind of: %v", e)
				assert.Equal(t, tt.attempts, e.Attempts, "Attempts of: %v", e)
				assert.Equal(t, tt.maybe, e.MaybeApplied, "MaybeApplied of: %v", e)
			})
		})
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			stub, n := inTurn(give(500, ""))
			c := newStubbed(t, stub, edusdk.WithRetry(edusdk.Retry{MaxAttempts: limit, BaseDelay: 1}))
			e := errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
			assert.EqualValues(t, limit, n.Load(), "requests")
			assert.Equal(t, limit, e.Attempts)
		})
	}
}

func TestARejectedTokenIsReplacedOnceEvenWithoutRetries(t *testing.T) {
	t.Parallel()
	stub, n := inTurn(give(200, `{"code":"TOKEN"}`), give(200, success))
	c := newStubbed(t, stub, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	login := &logins{}
	call := newCall(c, Create, &script{})
	call.Credential = login
	require.NoError(t, c.Do(t.Context(), call), "though Invalidate failed")
	assert.EqualValues(t, 2, n.Load(), "requests")
	assert.Equal(t, []string{"tok-1"}, login.dropped)
}

func TestALoginThatFailsAfterARejectedToken(t *testing.T) {
	t.Parallel()
	login := &logins{}
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		login.err = fmt.Errorf("no token: %w", &edusdk.Error{
			Vendor: "acme", Op: "Login", Kind: edusdk.ErrUnavailable, HTTPStatus: 502, RetryAfter: time.Second, MaybeApplied: true, RequestID: "log-1",
		})
		return answer(200, `{"code":"TOKEN"}`), nil
	}))
	call := newCall(c, Create, &script{})
	call.Credential = login
	e := errorOf(t, c.Do(t.Context(), call))
	assert.Equal(t, []string{"tok-1"}, login.dropped, "the token goes even so")
	assert.Equal(t, edusdk.ErrUnavailable, e.Kind)
	assert.Equal(t, 1, e.Attempts)
	assert.Equal(t, 502, e.HTTPStatus, "the login's")
	assert.Equal(t, time.Second, e.RetryAfter, "the login's")
	assert.Equal(t, "log-1", e.RequestID, "what the support asks for")
	assert.False(t, e.MaybeApplied, "the call was turned away, and then only the login was out")
	assert.Equal(t, "acme: Things.Do: unavailable: acme: Login: unavailable (HTTP 502, request log-1, retry after 1s) (HTTP 502, request log-1, retry after 1s)", e.Error())
}

func TestALoginThatIsNoErrorOfOurs(t *testing.T) {
	t.Parallel()
	cause := errors.New("out of order")
	c := newStubbed(t, roundTrip(nil))
	call := newCall(c, Read, &script{})
	for want, err := range map[edusdk.Kind]error{
		edusdk.ErrUnknown:          cause,
		edusdk.ErrDeadlineExceeded: fmt.Errorf("%w: %w", cause, context.DeadlineExceeded),
	} {
		call.Credential = &logins{err: err}
		e := errorOf(t, c.Do(t.Context(), call))
		assert.Equal(t, want, e.Kind)
		assert.ErrorIs(t, e, cause)
		assert.Zero(t, e.Attempts)
	}
}

func TestHintsOfTheVendor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		status   int
		hint     string
		left     time.Duration // of ctx; 0: no deadline
		attempts int
		elapsed  time.Duration // exactly; -1: a random wait below the limit of a rate limit
		after    time.Duration // Error.RetryAfter
	}{
		{"is waited for", 429, "20", 0, 3, 40 * time.Second, 20 * time.Second},
		{"of 503 too", 503, "20", 0, 3, 40 * time.Second, 20 * time.Second},
		{"60 s is not too long", 429, "60", 0, 3, 2 * time.Minute, time.Minute},
		{"61 s is", 429, "61", 0, 1, 0, 61 * time.Second},
		{"of 503, 61 s is", 503, "61", 0, 1, 0, 61 * time.Second},
		{"as a date", 429, "Sat, 01 Jan 2000 00:00:10 GMT", 0, 2, 10 * time.Second, 0},
		{"longer than ctx has left", 429, "20", 19 * time.Second, 1, 0, 20 * time.Second},
		{"longer than ctx has left after one", 429, "20", 30 * time.Second, 2, 20 * time.Second, 20 * time.Second},
		{"zero is the same as none", 429, "0", 0, 3, -1, 0},
		{"negative is none", 429, "-5", 0, 3, -1, 0},
		{"garbage is none", 429, "soon", 0, 3, -1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
					n++
					if tt.name == "as a date" && n == 2 {
						return answer(404, ""), nil
					}
					return answer(tt.status, "", "Retry-After", tt.hint, "Date", time.Now().UTC().Format(http.TimeFormat)), nil
				}), edusdk.WithRetry(edusdk.Retry{}))
				ctx := t.Context()
				if tt.left > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.left)
					defer cancel()
				}
				e := errorOf(t, c.Do(ctx, newCall(c, Upsert, &script{})))
				elapsed := time.Since(bubbleStart)
				assert.Equal(t, tt.attempts, e.Attempts, "attempts; the error is: %v", e)
				assert.Equal(t, tt.after, e.RetryAfter, "Error.RetryAfter")
				assert.NotErrorIs(t, e, context.DeadlineExceeded, "it is returned before ctx ends")
				if tt.elapsed >= 0 {
					assert.Equal(t, tt.elapsed, elapsed, "waits")
				} else {
					assert.LessOrEqual(t, elapsed, 3*time.Second, "two waits of at most 1 s and 2 s")
				}
			})
		})
	}
}

func TestRateLimitsAreWaitedForTenTimesLonger(t *testing.T) {
	t.Parallel()
	longest := func(code int) (most time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			stub, _ := inTurn(give(code, ""))
			seen := &witness{}
			c := newStubbed(t, stub, edusdk.WithObserver(seen),
				edusdk.WithRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: 100 * time.Millisecond, Budget: -1}))
			for range 300 {
				errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
			}
			for _, a := range seen.attempts {
				most = max(most, a.Delay)
			}
		})
		return most
	}
	lost, limited := longest(500), longest(429)
	assert.LessOrEqual(t, lost, 100*time.Millisecond)
	assert.Greater(t, lost, 90*time.Millisecond)
	assert.LessOrEqual(t, limited, time.Second)
	assert.Greater(t, limited, 900*time.Millisecond)
}

func TestWaitsEndWithTheContext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		code  int
		maybe bool
	}{
		{"after an answer that left it open", 503, true},
		{"after a rate limit", 429, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stub, n := inTurn(give(tt.code, "", "Retry-After", "30"))
				c := newStubbed(t, stub)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				e := errorOf(t, c.Do(ctx, newCall(c, Upsert, &script{})))
				assert.Equal(t, 5*time.Second, time.Since(bubbleStart), "time until Do returned")
				assert.Equal(t, edusdk.ErrCanceled, e.Kind)
				assert.ErrorIs(t, e, context.Canceled)
				assert.Equal(t, tt.maybe, e.MaybeApplied, "MaybeApplied of: %v", e)
				assert.Equal(t, 1, e.Attempts)
				assert.Equal(t, tt.code, e.HTTPStatus)
				assert.EqualValues(t, 1, n.Load(), "requests")
			})
		})
	}
}

func TestARandomWaitThatDoesNotFitIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stub, _ := inTurn(func() (*http.Response, error) {
			_ = Sleep(context.Background(), 10*time.Second)
			return answer(500, ""), nil
		})
		c := newStubbed(t, stub)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+1)
		defer cancel()
		e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
		assert.Equal(t, edusdk.ErrUnavailable, e.Kind, "what happened is told, not that time ran out")
		assert.Equal(t, 1, e.Attempts)
	})
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		assert.NoError(t, Sleep(ctx, time.Hour))
		assert.Equal(t, time.Hour, time.Since(bubbleStart))
		assert.NoError(t, Sleep(ctx, 0))
		assert.NoError(t, Sleep(ctx, -1))
		time.AfterFunc(time.Minute, cancel)
		assert.ErrorIs(t, Sleep(ctx, time.Hour), context.Canceled)
		assert.Equal(t, time.Hour+time.Minute, time.Since(bubbleStart))
		assert.ErrorIs(t, Sleep(ctx, 0), context.Canceled, "a wait of nothing fails too")
	})
}

func TestFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		assert.True(t, fits(t.Context(), 1<<62), "no deadline")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.True(t, fits(ctx, time.Minute-1))
		assert.False(t, fits(ctx, time.Minute), "no time would be left to send in")
		assert.False(t, fits(ctx, time.Minute+1))
	})
}

// What a call that is not repeated says holds both why and what failed before.
func TestBothErrorsOfACallThatIsNotRepeated(t *testing.T) {
	t.Parallel()
	errWhy, errBefore := errors.New("why"), errors.New("before")
	after := &edusdk.Error{Vendor: "acme", Op: "Get", Kind: edusdk.ErrUnavailable, Err: errBefore}
	err := &notRepeated{errWhy, after}
	assert.Equal(t, []error{errWhy, after}, err.Unwrap())
	assert.ErrorIs(t, err, errBefore)
	assert.ErrorIs(t, err, errWhy)
	assert.EqualError(t, err, "why: not repeated after: unavailable: before")
}

// An attempt that takes too long is a timeout to package net's callers, which is not
// the end of the caller's own time.
func TestTheTimeoutOfAnAttemptIsThatOfANetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}), edusdk.WithTimeout(time.Second))
		err := c.Do(t.Context(), newCall(c, Create, &script{}))
		var network net.Error
		require.ErrorAs(t, err, &network)
		assert.True(t, network.Timeout())
		assert.True(t, network.Temporary()) //nolint:staticcheck // there are callers that ask for it
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestBudgetOfAClient(t *testing.T) {
	t.Parallel()
	down := true
	n := 0
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		n++
		if down {
			return answer(500, ""), nil
		}
		return answer(200, success), nil
	}), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1}))
	requests := func(calls int) int {
		n = 0
		for range calls {
			_ = c.Do(t.Context(), newCall(c, Read, &script{}))
		}
		return n
	}
	assert.Equal(t, 100+35, requests(100), "requests of 100 calls in an outage: 35 retries are all")
	assert.Equal(t, 100, requests(100), "requests of 100 calls more")
	down = false
	assert.Equal(t, 14, requests(14), "requests of 14 calls that succeed")
	down = true
	// 10 tokens were left, and 14 more pay for one retry.
	assert.Equal(t, 11, requests(10), "requests of 10 calls in the next outage")
}

func TestSuccessAfterARetryFillsNoBudget(t *testing.T) {
	t.Parallel()
	n := 0
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		if n++; n%2 == 1 {
			return answer(500, ""), nil
		}
		return answer(200, success), nil
	}), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1, Budget: 14 * 3}))
	for i := range 3 {
		require.NoError(t, c.Do(t.Context(), newCall(c, Read, &script{})), "call %d", i)
	}
	errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Zero(t, c.budget.tokens.Load(), "tokens left")
}

func TestBudgetWithoutALimit(t *testing.T) {
	t.Parallel()
	stub, n := inTurn(give(500, ""))
	c := newStubbed(t, stub, edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1, Budget: -1}))
	for range 50 {
		errorOf(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	}
	assert.EqualValues(t, 150, n.Load(), "requests")
}

func TestRateLimiterIsWaitedForBeforeEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stub, _ := inTurn(give(503, "", "Retry-After", "1"), give(200, success))
		var waited []time.Duration
		var stamps []time.Duration
		c := newStubbed(t, stub, edusdk.WithRateLimiter(limiter(func(ctx context.Context) error {
			err := Sleep(ctx, 10*time.Second)
			waited = append(waited, time.Since(bubbleStart))
			return err
		})))
		require.NoError(t, c.Do(t.Context(), newCall(c, Read, &script{encode: func(a *Attempt) error {
			stamps = append(stamps, a.Now.Sub(bubbleStart))
			return nil
		}})))
		assert.Equal(t, []time.Duration{10 * time.Second, 21 * time.Second}, waited)
		assert.Equal(t, waited, stamps, "a timestamp is taken after the wait")
	})
}

func TestRateLimiterAndTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := newStubbed(t, roundTrip(nil), edusdk.WithRateLimiter(limiter(func(context.Context) error {
		cancel()
		return errors.New("gave up")
	})))
	e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
	assert.Equal(t, edusdk.ErrCanceled, e.Kind)
	assert.ErrorIs(t, e, context.Canceled)
	assert.Zero(t, e.Attempts)
}

func TestNilContext(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil))
	e := errorOf(t, c.Do(nil, newCall(c, Read, &script{}))) //nolint:staticcheck // that is what is tested
	assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
	var f *edusdk.FieldError
	require.ErrorAs(t, e, &f)
	assert.Equal(t, edusdk.FieldError{Field: "ctx", Problem: "must not be nil"}, *f)
	assert.Equal(t, "Things.Do", e.Op)
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	seen := &witness{}
	c := newStubbed(t, roundTrip(nil), edusdk.WithObserver(seen), edusdk.WithClock(func() time.Time { return bubbleStart }))
	cause := &edusdk.FieldError{Field: "Title", Problem: "must not be empty"}
	spec := &Spec{Op: "Things.Create", Section: "3.1", Path: "not/shown", route: "things/create", Class: Create}
	e := errorOf(t, c.Refuse(t.Context(), spec, cause))
	assert.Equal(t, "acme: Things.Create: invalid argument: Title must not be empty", e.Error())
	assert.Same(t, cause, e.Err)
	assert.Equal(t, "create", e.Class)
	require.Len(t, seen.calls, 1)
	assert.Equal(t, edusdk.CallEvent{
		Vendor: "acme", Op: "Things.Create", Section: "3.1", Class: "create", Method: "POST", Route: "things/create", Start: bubbleStart,
		Failed: true, Kind: edusdk.ErrInvalidArgument,
	}, seen.calls[0])
	errorOf(t, c.Refuse(nil, &Spec{Op: "Things.Create"}, cause)) //nolint:staticcheck // a nil ctx must not panic here
	assert.Len(t, seen.calls, 1, "an observer is given no nil ctx")
}

// What keeps a call from being repeated does not hide why it was to be.
func TestACallThatIsNotRepeatedTellsOfTheFailureBefore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts []edusdk.Option
		ends bool // the caller's context does
		kind edusdk.Kind
		text string
	}{
		"the limiter": {
			opts: []edusdk.Option{edusdk.WithRateLimiter(&once{})}, kind: edusdk.ErrResourceExhausted,
			text: "acme: Things.Do: resource exhausted: the rate limiter: no more: not repeated after: unavailable: the answer is empty (HTTP 502)",
		},
		"the caller": {
			ends: true, kind: edusdk.ErrCanceled,
			text: "acme: Things.Do: canceled: context canceled: not repeated after: unavailable: the answer is empty (HTTP 502)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stub, _ := inTurn(give(502, ""), give(502, ""), give(502, ""))
				c := newStubbed(t, stub, append(tt.opts, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Hour, MaxDelay: time.Hour}))...)
				if tt.ends {
					time.AfterFunc(time.Nanosecond, cancel)
				}
				e := errorOf(t, c.Do(ctx, newCall(c, Read, &script{})))
				assert.Equal(t, tt.kind, e.Kind)
				assert.Equal(t, tt.text, e.Error())
				assert.Equal(t, 502, e.HTTPStatus)
				assert.ErrorIs(t, e, edusdk.ErrUnavailable, "the failure before is in the chain")
				assert.ErrorIs(t, e, tt.kind)
			})
		})
	}
}

// once lets one attempt through.
type once struct{ used bool }

func (o *once) Wait(context.Context) error {
	if o.used {
		return errors.New("no more")
	}
	o.used = true
	return nil
}
