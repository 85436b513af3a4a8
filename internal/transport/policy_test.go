package transport

import (
	"context"
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func TestDefaultsOfRetry(t *testing.T) {
	t.Parallel()
	assert.Equal(t, edusdk.Retry{
		MaxAttempts: 3, BaseDelay: 100 * time.Millisecond, MaxDelay: 20 * time.Second, Budget: 500,
	}, withDefaults(edusdk.Retry{}))
	own := edusdk.Retry{MaxAttempts: 1, BaseDelay: 2, MaxDelay: 3, Budget: -1}
	assert.Equal(t, own, withDefaults(own), "what is set stays")
}

func TestBackoffIsRandomBelowADoublingCeiling(t *testing.T) {
	t.Parallel()
	defaults := withDefaults(edusdk.Retry{})
	for _, tt := range []struct {
		name  string
		retry edusdk.Retry
		n     int
		what  failure
		most  time.Duration
	}{
		{"first", defaults, 0, lost, 100 * time.Millisecond},
		{"second", defaults, 1, lost, 200 * time.Millisecond},
		{"sixth", defaults, 5, neverSent, 3200 * time.Millisecond},
		{"capped", defaults, 10, lost, 20 * time.Second},
		{"after very many", defaults, 1 << 20, lost, 20 * time.Second},
		{"rate limit", defaults, 0, rateLimited, time.Second},
		{"second rate limit", defaults, 1, rateLimited, 2 * time.Second},
		{"rate limit, capped", defaults, 6, rateLimited, 20 * time.Second},
		{"503 with a hint of zero", defaults, 0, overloaded, 100 * time.Millisecond},
		{"base above the cap", edusdk.Retry{BaseDelay: time.Minute, MaxDelay: time.Second}, 0, lost, time.Second},
		{"no cap to speak of", edusdk.Retry{BaseDelay: time.Second, MaxDelay: math.MaxInt64}, 100, rateLimited, math.MaxInt64},
		{"the longest there are", edusdk.Retry{BaseDelay: math.MaxInt64, MaxDelay: math.MaxInt64}, 0, rateLimited, math.MaxInt64},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const draws = 2000
			least, most := time.Duration(math.MaxInt64), time.Duration(0)
			for range draws {
				d := backoff(tt.retry, tt.n, tt.what)
				least, most = min(least, d), max(most, d)
			}
			assert.GreaterOrEqual(t, least, time.Duration(0), "no wait is negative")
			assert.LessOrEqual(t, most, tt.most, "no wait is above the ceiling")
			// Full jitter: 2,000 draws reach into the lowest and the highest twentieth.
			assert.Less(t, least, tt.most/20, "the shortest of %d waits", draws)
			assert.Greater(t, most, tt.most-tt.most/20, "the longest of %d waits", draws)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const future = "Fri, 02 Jan 2026 03:04:35 GMT" // in 30 s
	for _, tt := range []struct {
		name   string
		header []string
		want   time.Duration
		hinted bool
	}{
		{"none", nil, 0, false},
		{"seconds", []string{"Retry-After", "30"}, 30 * time.Second, true},
		{"zero", []string{"Retry-After", "0"}, 0, true},
		{"negative", []string{"Retry-After", "-1"}, 0, false},
		{"very negative", []string{"Retry-After", "-99999999999999999999"}, 0, false},
		{"more than a day", []string{"Retry-After", "86401"}, 24 * time.Hour, true},
		{"more than an int64", []string{"Retry-After", "99999999999999999999"}, 24 * time.Hour, true},
		{"a fraction", []string{"Retry-After", "1.5"}, 0, false},
		{"garbage", []string{"Retry-After", "soon"}, 0, false},
		{"date", []string{"Retry-After", future}, 30 * time.Second, true},
		{"date of an old format", []string{"Retry-After", "Friday, 02-Jan-26 03:04:35 GMT"}, 30 * time.Second, true},
		{"date in the past", []string{"Retry-After", "Fri, 02 Jan 2026 03:04:00 GMT"}, 0, true},
		{"date, by the answer's own clock", []string{"Retry-After", future, "Date", "Fri, 02 Jan 2026 03:04:25 GMT"}, 10 * time.Second, true},
		{"date, and a Date that is none", []string{"Retry-After", future, "Date", "today"}, 30 * time.Second, true},
		{"date of the year 9999", []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}, 24 * time.Hour, true},
		{"date by an answer's clock of 1970", []string{"Retry-After", future, "Date", "Thu, 01 Jan 1970 00:00:00 GMT"}, 24 * time.Hour, true},
		{"date in a day and a second, by the answer's clock", []string{"Retry-After", future, "Date", "Thu, 01 Jan 2026 03:04:34 GMT"}, 24 * time.Hour, true},
		{"date in a day less a second, by the answer's clock", []string{"Retry-After", future, "Date", "Thu, 01 Jan 2026 03:04:36 GMT"}, 24*time.Hour - time.Second, true},
		{"seconds, and a Date far away", []string{"Retry-After", "30", "Date", "Fri, 02 Jan 2015 03:04:25 GMT"}, 30 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for i := 0; i < len(tt.header); i += 2 {
				h.Set(tt.header[i], tt.header[i+1])
			}
			got, hinted := retryAfter(h, now)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.hinted, hinted)
		})
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := newBudget(500)
	taken := func() (n int) {
		for b.take() {
			n++
		}
		return n
	}
	assert.Equal(t, 35, taken(), "500 tokens pay for 35 retries at 14")
	for range 3 { // 500 - 35×14 = 10 are left
		b.give()
	}
	assert.False(t, b.take(), "with 13 tokens")
	b.give()
	assert.True(t, b.take(), "with 14 tokens")
	for range 10_000 {
		b.give()
	}
	assert.Equal(t, 35, taken(), "it does not overflow")

	b = newBudget(-1)
	for range 1000 {
		assert.True(t, b.take(), "a negative budget has no limit")
	}

	b = newBudget(13)
	assert.False(t, b.take(), "too small for one retry")
	for range 100 {
		b.give()
	}
	assert.False(t, b.take(), "it does not grow")
	assert.EqualValues(t, 13, b.tokens.Load(), "what a refused retry took, it gave back")
}

func TestBudgetIsShared(t *testing.T) {
	t.Parallel()
	b := newBudget(14 * 100)
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 20 {
		group.Go(func() {
			for range 20 {
				if b.take() {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	assert.LessOrEqual(t, taken, 100, "retries that 1,400 tokens paid for")
	for b.take() {
		taken++
	}
	assert.Equal(t, 100, taken, "retries that 1,400 tokens paid for, in the end")
}

// delays keeps the longest wait after each attempt.
type delays map[int]time.Duration

func (d delays) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	d[a.Attempt] = max(d[a.Attempt], a.Delay)
}

func (delays) ObserveCall(context.Context, edusdk.CallEvent) {}

func TestWaitsGrowFromRetryToRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const base = time.Second
		longest := delays{}
		c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(500, ""), nil }),
			edusdk.WithObserver(longest), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 4, BaseDelay: base, Budget: -1}))
		for range 300 {
			require.Error(t, c.Do(t.Context(), newCall(c, Read, &script{})))
		}
		for attempt, most := range map[int]time.Duration{1: base, 2: 2 * base, 3: 4 * base, 4: 0} {
			assert.LessOrEqual(t, longest[attempt], most, "after attempt %d", attempt)
			assert.GreaterOrEqual(t, longest[attempt], most*3/4, "after attempt %d, 300 times", attempt)
		}
	})
}
