// Package fake holds what the fakes of all vendors have in common: a clock, the
// handlers in front, the endpoints that a test adds or replaces, the failures that
// it orders, and the memory of what arrived. It knows nothing of how requests and
// answers are written.
package fake

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxRequests is how many requests are remembered.
const maxRequests = 10_000

// Core is the common part of a fake whose requests are remembered as R, and whose
// requests carry a P. The fake's own state is guarded by its lock.
type Core[R, P any] struct {
	sync.Mutex

	clock    func() time.Time
	chain    http.Handler
	handlers map[string]func(P) any
	requests []R
	logger   *slog.Logger // nil: nobody is told
}

// New returns the core of a fake whose requests serve answers.
func New[R, P any](serve http.HandlerFunc) *Core[R, P] {
	return &Core[R, P]{clock: time.Now, chain: serve, handlers: map[string]func(P) any{}}
}

// ServeHTTP passes a request through what Intercept has put in front.
func (c *Core[R, P]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Lock()
	chain := c.chain
	c.Unlock()
	chain.ServeHTTP(w, r)
}

// Intercept puts a handler in front of the fake, and of those put there before.
func (c *Core[R, P]) Intercept(wrap func(next http.Handler) http.Handler) {
	c.Lock()
	defer c.Unlock()
	c.chain = wrap(c.chain)
}

// Handle sets what answers the requests for a path: the fake's own endpoint, if it
// has one there, is not asked, so that one which it gets later changes nothing for
// those who have added theirs.
func (c *Core[R, P]) Handle(path string, serve func(P) any) {
	c.Lock()
	defer c.Unlock()
	c.handlers[strings.TrimPrefix(path, "/")] = serve
}

// Handler returns what Handle has set for a path without a slash in front, nil
// where it has set nothing. The lock must be held.
func (c *Core[R, P]) Handler(path string) func(P) any { return c.handlers[path] }

// SetClock replaces the fake's clock.
func (c *Core[R, P]) SetClock(now func() time.Time) {
	c.Lock()
	defer c.Unlock()
	c.clock = now
}

// Now returns the fake's time. The lock must be held.
func (c *Core[R, P]) Now() time.Time { return c.clock() }

// Remember adds a request to those remembered. The lock must be held.
func (c *Core[R, P]) Remember(r R) {
	c.requests = append(c.requests, r)
	if len(c.requests) > maxRequests {
		c.requests = slices.Delete(c.requests, 0, len(c.requests)-maxRequests)
	}
}

// Requests returns the requests so far, the last 10,000 at most.
func (c *Core[R, P]) Requests() []R {
	c.Lock()
	defer c.Unlock()
	return slices.Clone(c.requests)
}

// Queue holds the answers that requests to come get in place of their own, by what
// they ask for: a path or an operation. The lock of the fake's Core guards it.
type Queue[T any] map[string][]T

// Add puts an answer behind those that wait for the same.
func (q Queue[T]) Add(name string, answers ...T) { q[name] = append(q[name], answers...) }

// Next takes the next answer of the first name for which there is one.
func (q Queue[T]) Next(names ...string) (next T, ok bool) {
	for _, name := range names {
		if waiting := q[name]; len(waiting) > 0 {
			q[name] = waiting[1:]
			return waiting[0], true
		}
	}
	return next, false
}
