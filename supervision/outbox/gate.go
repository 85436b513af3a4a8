package outbox

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
)

// gate is closed while the platform is down: nothing is claimed then. A report
// that fails as in an outage closes it, and a probe that succeeds opens it again.
// Until a report succeeds, too, it lets one through at a time.
type gate struct {
	down atomic.Bool

	mu       sync.Mutex
	since    time.Time // when it was closed
	reason   string
	cautious bool // no report has succeeded since it was closed
	failures int  // times that it was closed and a report then failed again
	probes   int  // that failed since it was closed
	next     time.Time
}

// maxPause bounds how far Config.Pause grows, as a multiple of it.
const maxPause = 60

// state returns what Stats tells.
func (g *gate) state() (down bool, since time.Time, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.down.Load() {
		return false, time.Time{}, ""
	}
	return true, g.since, g.reason
}

// shut closes the gate because of an error, and reports whether it was open. now
// is by the real clock, because the next probe is waited for by a timer.
func (g *gate) shut(err error, since, now time.Time, pause time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := retryAfter(err); wait > 0 {
		g.next = later(g.next, now.Add(wait))
	}
	if g.down.Load() {
		return false
	}
	g.since, g.reason, g.cautious, g.probes = since, reasonOf(err), true, 0
	if g.failures > 0 { // the probe said that all was well
		g.next = later(g.next, now.Add(backoff(pause, g.failures-1)))
	}
	g.failures++
	g.down.Store(true)
	return true
}

// passed notes that the platform has taken a report.
func (g *gate) passed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cautious, g.failures = false, 0
}

// probed notes how a probe ended, and reports whether the gate is open.
func (g *gate) probed(err error, now time.Time, pause time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.down.Store(false)
		return true
	}
	g.reason = reasonOf(err)
	g.next = later(now.Add(backoff(pause, g.probes)), now.Add(retryAfter(err)))
	g.probes++
	return false
}

// allowance returns how many reports may be on their way, or, while the gate is
// closed, when the next probe is due.
func (g *gate) allowance(senders int) (reports int, probe time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.down.Load():
		return 0, g.next
	case g.cautious:
		return 1, time.Time{}
	}
	return senders, time.Time{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// backoff returns base doubled n times, up to maxPause times, and varied by a
// quarter, so that several processes do not act at the same time.
func backoff(base time.Duration, n int) time.Duration {
	d := base << min(n, 6)
	if d <= 0 || d > maxPause*base {
		d = maxPause * base
	}
	return d*3/4 + rand.N(d/2+1) //nolint:gosec // no secret depends on it
}

// maxRetryAfter bounds what a platform can ask for.
const maxRetryAfter = 10 * time.Minute

func retryAfter(err error) time.Duration {
	var e *edusdk.Error
	if errors.As(err, &e) {
		return min(e.RetryAfter, maxRetryAfter)
	}
	return 0
}
