package tokens

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
)

const (
	// storePatience bounds what is asked of a store: one that hangs must leave
	// time for a login.
	storePatience = 5 * time.Second
	// storeGrace is how long a store may go on after its context has ended.
	storeGrace = 100 * time.Millisecond
)

var errStoreHangs = errors.New("the token store hangs")

// store is an edusdk.TokenStore that may ignore its context. Each of its methods
// runs once at a time: while one hangs it is not called again.
type store struct {
	edusdk.TokenStore

	loading, saving, deleting desk

	deleted string // the value of the last Delete; whoever has the turn reads it
}

func newStore(s edusdk.TokenStore) *store {
	return &store{TokenStore: s, loading: newDesk(), saving: newDesk(), deleting: newDesk()}
}

func (s *store) load(ctx context.Context, key string) (edusdk.Token, error) {
	type result struct {
		token edusdk.Token
		err   error
	}
	r, err := ask(ctx, &s.loading, func(ctx context.Context, _ bool) result {
		t, err := s.Load(ctx, key)
		return result{t, err}
	})
	if err != nil {
		return edusdk.Token{}, err
	}
	return r.token, r.err
}

func (s *store) save(ctx context.Context, key string, t edusdk.Token) error {
	t.Extra = maps.Clone(t.Extra) // it can be slow to read it
	failed, err := ask(ctx, &s.saving, func(ctx context.Context, _ bool) error { return s.Save(ctx, key, t) })
	return errors.Join(failed, err)
}

// delete calls Delete, unless it waited for another call that did so with the
// same value: a token is rejected in many calls at once.
func (s *store) delete(ctx context.Context, key, value string) error {
	failed, err := ask(ctx, &s.deleting, func(ctx context.Context, waited bool) error {
		if waited && s.deleted == value {
			return nil
		}
		s.deleted = ""
		err := s.Delete(ctx, key, value)
		if err == nil {
			s.deleted = value
		}
		return err
	})
	return errors.Join(failed, err)
}

// desk is where a method of a store is asked for.
type desk struct {
	turn  chan struct{}             // holds one while it runs
	until atomic.Pointer[time.Time] // after that, the one that runs hangs
}

func newDesk() desk { return desk{turn: make(chan struct{}, 1)} }

// ask runs f when it is its turn, and tells it whether it had to wait for that. It
// takes no longer than storePatience and storeGrace.
func ask[T any](ctx context.Context, d *desk, f func(ctx context.Context, waited bool) T) (none T, err error) {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	waited, err := d.take(ctx)
	if err != nil {
		return none, err
	}
	return guard.Call(ctx, storeGrace, func() T {
		defer func() {
			d.until.Store(nil)
			<-d.turn
		}()
		return f(ctx, waited)
	})
}

func (d *desk) take(ctx context.Context) (waited bool, err error) {
	select {
	case d.turn <- struct{}{}:
	default:
		waited = true
		patient := ctx
		if until := d.until.Load(); until != nil {
			var cancel context.CancelFunc
			patient, cancel = context.WithDeadline(ctx, *until)
			defer cancel()
		}
		select {
		case d.turn <- struct{}{}:
		case <-patient.Done():
			if ctx.Err() != nil {
				return true, ctx.Err()
			}
			return true, errStoreHangs
		}
	}
	until := time.Now().Add(storePatience + storeGrace)
	d.until.Store(&until)
	return waited, nil
}
