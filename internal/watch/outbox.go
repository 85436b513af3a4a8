package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// Outbox is an *outbox.Outbox.
type Outbox interface {
	Stats(ctx context.Context) (outbox.Stats, error)
}

// patience is how long the store of an outbox may take to count.
const patience = 5 * time.Second

var errOutbox = errors.New("edusdk: the outbox does not tell its state")

// Poll asks an outbox, once at a time, and not again while it hangs.
type Poll struct {
	box Outbox

	mu     sync.Mutex
	flight *question
}

// NewPoll returns a Poll of an outbox.
func NewPoll(box Outbox) *Poll { return &Poll{box: box} }

// question is one that the outbox has been asked.
type question struct {
	over context.Context // when it has to be answered
	done chan struct{}
	got  *outbox.Stats // nil if it failed
}

// Stats returns what the outbox tells of itself. The outbox, or its store, is the
// importer's, and may block, panic or end its goroutine: it is asked in one of its own.
// What it says in an error is not passed on.
func (p *Poll) Stats(ctx context.Context) (*outbox.Stats, error) {
	p.mu.Lock()
	q := p.flight
	if q == nil {
		q = p.ask(ctx)
	}
	p.mu.Unlock()
	select {
	case <-q.done:
	case <-q.over.Done():
	case <-ctx.Done():
	}
	select {
	case <-q.done:
		if q.got != nil {
			return q.got, nil
		}
	default:
	}
	return nil, errOutbox
}

func (p *Poll) ask(ctx context.Context) *question {
	over, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	q := &question{over: over, done: make(chan struct{})}
	p.flight = q
	go func() {
		defer func() {
			_ = recover()
			p.mu.Lock()
			p.flight = nil
			p.mu.Unlock()
			close(q.done)
			cancel()
		}()
		if s, err := p.box.Stats(over); err == nil {
			q.got = &s
		}
	}()
	return q
}

// Age returns the seconds since a time, 0 if that is zero or, by the clock of another
// machine, yet to come.
func Age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(time.Since(t), 0).Seconds()
}
