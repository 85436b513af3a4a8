// Package fake holds what the fakes of all vendors have in common: a clock, the
// handlers in front, and the memory of what arrived. It knows nothing of how
// requests and answers are written.
package fake

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxRequests is how many requests are remembered.
const maxRequests = 10_000

// Core is the common part of a fake whose requests are remembered as R. The
// fake's own state is guarded by its lock.
type Core[R any] struct {
	sync.Mutex

	clock    func() time.Time
	chain    http.Handler
	requests []R
}

// New returns the core of a fake whose requests serve answers.
func New[R any](serve http.HandlerFunc) *Core[R] {
	return &Core[R]{clock: time.Now, chain: serve}
}

// ServeHTTP passes a request through what Intercept has put in front.
func (c *Core[R]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Lock()
	chain := c.chain
	c.Unlock()
	chain.ServeHTTP(w, r)
}

// Intercept puts a handler in front of the fake, and of those put there before.
func (c *Core[R]) Intercept(wrap func(next http.Handler) http.Handler) {
	c.Lock()
	defer c.Unlock()
	c.chain = wrap(c.chain)
}

// SetClock replaces the fake's clock.
func (c *Core[R]) SetClock(now func() time.Time) {
	c.Lock()
	defer c.Unlock()
	c.clock = now
}

// Now returns the fake's time. The lock must be held.
func (c *Core[R]) Now() time.Time { return c.clock() }

// Remember adds a request to those remembered. The lock must be held.
func (c *Core[R]) Remember(r R) {
	c.requests = append(c.requests, r)
	if len(c.requests) > maxRequests {
		c.requests = slices.Delete(c.requests, 0, len(c.requests)-maxRequests)
	}
}

// Requests returns the requests so far, the last 10,000 at most.
func (c *Core[R]) Requests() []R {
	c.Lock()
	defer c.Unlock()
	return slices.Clone(c.requests)
}
