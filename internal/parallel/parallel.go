// Package parallel runs functions side by side, a bounded number at a time,
// until one of them fails. Their panics reach the goroutine that waits for them.
package parallel

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/edusdk/edusdk/internal/guard"
)

// Group is a set of functions under way. Functions may add others.
type Group struct {
	parent context.Context //nolint:containedctx // as it was given
	ctx    context.Context //nolint:containedctx // it is the group's own
	cancel context.CancelFunc
	slots  chan struct{}
	wait   sync.WaitGroup

	mu    sync.Mutex
	err   error        // of the function that failed first
	fault guard.Ending // of the function that panicked first

	interrupted atomic.Bool // a function was not begun because the context had ended
}

// NewGroup returns a group that runs at most bound functions at a time, and
// gives them a context that ends with ctx or with the first error.
func NewGroup(ctx context.Context, bound int) *Group {
	own, cancel := context.WithCancel(ctx)
	return &Group{parent: ctx, ctx: own, cancel: cancel, slots: make(chan struct{}, bound)}
}

// Go runs f when there is a slot for it. Once a function has failed, or the
// context has ended, f is not begun any more. A function that panics or ends
// its goroutine has failed.
func (g *Group) Go(f func(ctx context.Context) error) {
	g.wait.Add(1)
	var err error
	guard.Go(func() { err = g.run(f) }, func(end guard.Ending) {
		defer g.wait.Done()
		if err == nil {
			err = end.Err()
		}
		if err != nil {
			g.fail(err, end)
		}
	})
}

func (g *Group) run(f func(ctx context.Context) error) error {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-g.ctx.Done():
	}
	if g.ctx.Err() != nil {
		if g.parent.Err() != nil {
			g.interrupted.Store(true)
		}
		return nil
	}
	return f(g.ctx)
}

// fail notes why a function failed, and ends the others.
func (g *Group) fail(err error, end guard.Ending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
	}
	if !g.fault.Panicked() {
		g.fault = end
	}
	g.cancel()
}

// Wait returns when all functions have ended, with the error of the one that
// failed first; or, if none failed and one was not begun, with that of the
// context that NewGroup was given. If one has panicked, its panic goes on here.
func (g *Group) Wait() error {
	g.wait.Wait()
	defer g.cancel()
	g.fault.Resume()
	if g.err == nil && g.interrupted.Load() {
		return g.parent.Err()
	}
	return g.err
}
