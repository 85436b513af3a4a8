// Package parallel runs functions side by side, a bounded number at a time,
// until one of them fails.
package parallel

import (
	"context"
	"sync"
)

// Group is a set of functions under way. Functions may add others.
type Group struct {
	ctx    context.Context //nolint:containedctx // it is the group's own
	cancel context.CancelCauseFunc
	slots  chan struct{}
	wait   sync.WaitGroup
}

// NewGroup returns a group that runs at most bound functions at a time, and
// gives them a context that ends with ctx or with the first error.
func NewGroup(ctx context.Context, bound int) *Group {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{ctx: ctx, cancel: cancel, slots: make(chan struct{}, bound)}
}

// Go runs f when there is a slot for it. Once a function has failed, f is not
// begun any more.
func (g *Group) Go(f func(ctx context.Context) error) {
	g.wait.Go(func() {
		select {
		case g.slots <- struct{}{}:
		case <-g.ctx.Done():
			return
		}
		defer func() { <-g.slots }()
		if g.ctx.Err() != nil {
			return
		}
		if err := f(g.ctx); err != nil {
			g.cancel(err)
		}
	})
}

// Wait returns when all functions have ended, with the first error; or with
// that of the context that NewGroup was given.
func (g *Group) Wait() error {
	g.wait.Wait()
	err := context.Cause(g.ctx)
	g.cancel(nil)
	return err
}
