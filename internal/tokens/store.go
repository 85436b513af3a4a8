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

	locker edusdk.TokenLocker // the same, nil if it has no leases

	loading, saving, deleting, locking, savingLocked, unlocking desk

	deleted string // the value of the last Delete; whoever has the turn reads it
}

func newStore(s edusdk.TokenStore) *store {
	locker, _ := s.(edusdk.TokenLocker)
	return &store{
		TokenStore: s, locker: locker, loading: newDesk(), saving: newDesk(), deleting: newDesk(),
		locking: newDesk(), savingLocked: newDesk(), unlocking: newDesk(),
	}
}

func (s *store) load(ctx context.Context, key string) (edusdk.Token, error) {
	return answer(ctx, &s.loading, func(ctx context.Context) (edusdk.Token, error) { return s.Load(ctx, key) })
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

// lock returns the fence of a lease, or 0 if another process has it.
func (s *store) lock(ctx context.Context, key string, ttl time.Duration) (fence uint64, err error) {
	return answer(ctx, &s.locking, func(ctx context.Context) (uint64, error) { return s.locker.Lock(ctx, key, ttl) })
}

func (s *store) saveLocked(ctx context.Context, key string, t edusdk.Token, fence uint64) (saved bool, err error) {
	t.Extra = maps.Clone(t.Extra)
	return answer(ctx, &s.savingLocked, func(ctx context.Context) (bool, error) { return s.locker.SaveLocked(ctx, key, t, fence) })
}

func (s *store) unlock(ctx context.Context, key string, fence uint64) error {
	failed, err := ask(ctx, &s.unlocking, func(ctx context.Context, _ bool) error { return s.locker.Unlock(ctx, key, fence) })
	return errors.Join(failed, err)
}

// answer asks for what is returned with an error. With an error it is zero.
func answer[T any](ctx context.Context, d *desk, f func(ctx context.Context) (T, error)) (none T, err error) {
	type result struct {
		value T
		err   error
	}
	r, err := ask(ctx, d, func(ctx context.Context, _ bool) result {
		value, err := f(ctx)
		return result{value, err}
	})
	if err = errors.Join(err, r.err); err != nil {
		return none, err
	}
	return r.value, nil
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
