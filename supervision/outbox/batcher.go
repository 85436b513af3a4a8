package outbox

import (
	"context"
	"errors"
	"sync"
)

// maxBatch bounds the items of one batch, so that none waits for very many
// others.
const maxBatch = 512

// batcher gathers items while others are being worked on, so that their common
// price is paid once.
type batcher[T any] struct {
	do func(ctx context.Context, items []T) []error

	mu      sync.Mutex
	waiting []*waiter[T]
	busy    bool
}

// waiter is a call of batcher.submit.
type waiter[T any] struct {
	items []T
	done  chan struct{}
	errs  []error
	panic any // that do ended with

	left  bool // nobody waits for it any more
	batch *batch
}

// batch is a call of batcher.do.
type batch struct {
	cancel  context.CancelFunc
	waiting int // calls that wait for it
}

var errExited = errors.New("outbox: the store ended the goroutine that called it")

// submit has items worked on together, and returns an error for each. When ctx
// ends before that, it is open whether they are.
func (b *batcher[T]) submit(ctx context.Context, items []T) []error {
	errs := make([]error, len(items))
	if len(items) == 0 {
		return errs
	}
	if err := ctx.Err(); err != nil {
		return fill(errs, err)
	}
	w := &waiter[T]{items: items, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	if !b.busy {
		b.busy = true
		go b.work()
	}
	b.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
		b.leave(w)
		return fill(errs, ctx.Err())
	}
	if w.panic != nil {
		panic(w.panic)
	}
	return w.errs
}

// leave takes a waiter away. A batch that nobody waits for is cancelled.
func (b *batcher[T]) leave(w *waiter[T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.left = true
	if w.batch == nil {
		return
	}
	if w.batch.waiting--; w.batch.waiting == 0 {
		w.batch.cancel()
	}
}

// work works on batches until nothing waits.
func (b *batcher[T]) work() {
	for b.next() {
	}
}

// next works on one batch, unless nothing waits.
func (b *batcher[T]) next() (more bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	current := &batch{cancel: cancel}
	var items []T
	var waiters []*waiter[T]
	b.mu.Lock()
	for len(b.waiting) > 0 && (len(items) == 0 || len(items)+len(b.waiting[0].items) <= maxBatch) {
		w := b.waiting[0]
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		if w.left {
			continue
		}
		w.batch = current
		current.waiting++
		items = append(items, w.items...)
		waiters = append(waiters, w)
	}
	if len(waiters) == 0 {
		b.busy = false
		b.waiting = nil
	}
	b.mu.Unlock()
	if len(waiters) == 0 {
		return false
	}
	var errs []error
	returned := false
	defer func() {
		p := recover()
		at := 0
		for _, w := range waiters {
			switch {
			case len(errs) == len(items):
				w.errs = errs[at : at+len(w.items)]
			case returned:
				w.errs = fill(make([]error, len(w.items)), errResults)
			default:
				w.errs, w.panic = fill(make([]error, len(w.items)), errExited), p
			}
			at += len(w.items)
			close(w.done)
		}
		if !returned && p == nil { // runtime.Goexit: this goroutine is ending
			go b.work()
		}
		more = true
	}()
	errs = b.do(ctx, items)
	returned = true
	return true
}

var errResults = errors.New("outbox: the store returned too few or too many results")
