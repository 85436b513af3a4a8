package outbox

import (
	"sync"
	"sync/atomic"
	"time"
)

// gate is closed while the platform is down.
type gate struct {
	down atomic.Bool

	mu     sync.Mutex
	since  time.Time
	reason string
}

func (g *gate) state() (down bool, since time.Time, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down.Load(), g.since, g.reason
}
