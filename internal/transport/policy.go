package transport

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
)

// Class says how safe it is to repeat an operation whose outcome is unknown.
type Class uint8

// The classes of operations.
const (
	// Read changes nothing at the vendor.
	Read Class = iota
	// Upsert leaves the same state when it is repeated: set a title, delete.
	Upsert
	// Create makes something anew each time it arrives.
	Create
	// Login gets the token that other operations need.
	Login
	numClasses
)

// changes reports whether an operation of the class may change something at the
// vendor.
func (c Class) changes() bool { return c == Upsert || c == Create }

var classNames = [numClasses]string{"read", "upsert", "create", "login"}

// String returns the class in lower case, such as "create".
func (c Class) String() string { return classNames[c] }

// failure says what is known of an attempt that failed.
type failure uint8

const (
	none          failure = iota
	refused               // turned down on this side before anything was sent
	neverSent             // provably never left this machine
	rateLimited           // HTTP 429 or the vendor's own code for it
	overloaded            // 503 with a Retry-After
	tokenRejected         // the vendor does not take the token (any more)
	clockRejected         // the vendor found our timestamp out of its window
	hopeless              // certificate, unknown host, redirect: a repeat ends the same
	lost                  // sent, and then EOF, reset, timeout, or a 5xx
	unreadable            // a 2xx that is cut off, too large or not what was documented
	rejected              // the vendor's word that it did not do it
	canceled              // the caller's context ended
	numFailures
)

// unsettled reports whether the vendor may have carried out an attempt that
// failed this way.
func (f failure) unsettled() bool { return f == overloaded || f == lost || f == unreadable }

// action is what follows a failed attempt.
type action uint8

const (
	fail      action = iota
	retry            // while attempts and budget last
	retryOnce        // like retry, but once a call
	renew            // get another token and send once more
	resync           // correct the clock, if it is wrong, and send once more
)

// policy is the retry table: what is done, by what is known and by how safe a
// repetition is.
var policy = [numFailures][numClasses]action{
	//             Read       Upsert     Create  Login
	refused:       {fail, fail, fail, fail},
	neverSent:     {retry, retry, retry, retry},
	rateLimited:   {retry, retry, retry, retry},
	overloaded:    {retry, retry, fail, retry},
	tokenRejected: {renew, renew, renew, fail},
	clockRejected: {resync, resync, resync, resync},
	hopeless:      {fail, fail, fail, fail},
	lost:          {retry, retry, fail, retryOnce},
	unreadable:    {retryOnce, retryOnce, fail, retryOnce},
	rejected:      {fail, fail, fail, fail},
	canceled:      {fail, fail, fail, fail},
}

const (
	defaultMaxAttempts = 3
	defaultBaseDelay   = 100 * time.Millisecond
	defaultMaxDelay    = 20 * time.Second
	defaultBudget      = 500
	maxHint            = 60 * time.Second // that is waited for
	maxRetryAfter      = 24 * time.Hour   // that is told
	rateLimitFactor    = 10               // how much longer the waits are after a rate limit
	retryCost          = 14
)

// withDefaults fills in the zero fields of r.
func withDefaults(r edusdk.Retry) edusdk.Retry {
	if r.MaxAttempts == 0 {
		r.MaxAttempts = defaultMaxAttempts
	}
	if r.BaseDelay == 0 {
		r.BaseDelay = defaultBaseDelay
	}
	if r.MaxDelay == 0 {
		r.MaxDelay = defaultMaxDelay
	}
	if r.Budget == 0 {
		r.Budget = defaultBudget
	}
	return r
}

// optionsOf returns what the importer wants for the calls under ctx.
func optionsOf(ctx context.Context) *edusdk.CallOptions {
	if o := edusdk.CallOptionsOf(ctx); o != nil {
		return o
	}
	return &noOptions
}

var noOptions edusdk.CallOptions

// retryOf returns how the calls under ctx are repeated. Their budget is the client's.
func (c *Client) retryOf(ctx context.Context) edusdk.Retry {
	r := optionsOf(ctx).Retry
	r.MaxAttempts = cmp.Or(r.MaxAttempts, c.retry.MaxAttempts)
	r.BaseDelay = cmp.Or(r.BaseDelay, c.retry.BaseDelay)
	r.MaxDelay = cmp.Or(r.MaxDelay, c.retry.MaxDelay)
	return r
}

// backoff returns a random wait before retry number n, counted from 0, with
// full jitter.
func backoff(r edusdk.Retry, n int, what failure) time.Duration {
	ceiling := min(r.BaseDelay, r.MaxDelay)
	grow := func(by time.Duration) {
		if ceiling > r.MaxDelay/by {
			ceiling = r.MaxDelay // and no overflow
		} else {
			ceiling *= by
		}
	}
	if what == rateLimited {
		grow(rateLimitFactor)
	}
	for range n {
		if ceiling == r.MaxDelay {
			break
		}
		grow(2)
	}
	return time.Duration(rand.Uint64N(uint64(ceiling) + 1)) //nolint:gosec // no secret hangs on it
}

// budget keeps an outage from multiplying the load by the number of attempts:
// every retry of a client draws on it, and only calls that succeed at once
// fill it again.
type budget struct {
	tokens    atomic.Int64
	capacity  int64
	unlimited bool
}

func newBudget(tokens int) *budget {
	b := &budget{capacity: int64(tokens), unlimited: tokens < 0}
	b.tokens.Store(b.capacity)
	return b
}

// take pays for a retry and reports whether there was enough left.
func (b *budget) take() bool {
	if b.unlimited {
		return true
	}
	if b.tokens.Add(-retryCost) >= 0 {
		return true
	}
	b.tokens.Add(retryCost)
	return false
}

// left returns the tokens that are left, -1 if they are not counted.
func (b *budget) left() int {
	if b.unlimited {
		return -1
	}
	return int(max(b.tokens.Load(), 0)) // one that asks for more than is left has taken them for a moment
}

// refund takes a payment back.
func (b *budget) refund() {
	if !b.unlimited {
		b.tokens.Add(retryCost)
	}
}

// give rewards a call that succeeded at its first attempt.
func (b *budget) give() {
	if b.unlimited || b.tokens.Load() >= b.capacity {
		return
	}
	b.tokens.Add(1)
}

// retryAfter reads the Retry-After header, in seconds or as a date. The date
// is compared with the answer's own Date where there is one, so that a wrong
// clock here does not matter.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseInt(v, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if s < 0 {
			return 0, false
		}
		return time.Duration(min(s, int64(maxRetryAfter/time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}
