package tokens

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/edusdk/edusdk"
)

// Of the processes that share a store with leases, the one that gets the lease logs
// in. The others look into the store until there is a token, or the lease is free
// because its holder failed or died. A refused login is told to the others, who then
// do not try the same credentials again.

const (
	// leaseTTL is for how long a process that died in its login keeps the others
	// from theirs. After a login that takes longer there may be a second one, whose
	// token the first one does not replace.
	leaseTTL = 10 * time.Second
	// leasePatience is how long others are waited for in all. It suffices for one
	// that died and another one that logs in.
	leasePatience = 2 * leaseTTL
	// The store is looked into at random times, half as often each time.
	firstPoll, lastPoll = 50 * time.Millisecond, 500 * time.Millisecond
)

// refusedKey is what follows the key of a token in that of a refusal.
const refusedKey = ":refused"

// The keys of the Extra of a Token that tells of a refusal.
const refusedKind, refusedVendor, refusedCode, refusedMessage = "kind", "vendor", "code", "message"

// shared is a flight among those of other processes.
type shared struct {
	*Cache

	landing *landing
	old     string // the token that is to be replaced
	anew    bool   // nothing that was in the store before is taken

	looked        bool
	before        string    // the token that was in the store at first
	refusedBefore time.Time // until when a refusal counted that was there at first

	fence uint64 // of the lease, 0 without one
}

// settled reports whether no login is needed, because the store has what came of
// another one. Otherwise it returns when it is this process's turn to log in, or
// there is no hope for the store.
func (s *shared) settled(ctx context.Context) bool {
	leases := s.store.locker != nil
	if s.anew && !leases {
		return false
	}
	began := time.Now()
	for poll := firstPoll; ; poll = min(2*poll, lastPoll) {
		settled, err := s.look(ctx)
		if settled || err != nil || !leases {
			return settled
		}
		if s.fence, err = s.store.lock(ctx, s.Key, leaseTTL); err != nil {
			return false
		}
		if s.fence != 0 {
			settled, _ = s.look(ctx) // the holder before can have saved its token since
			return settled
		}
		if time.Since(began) >= min(leasePatience, s.Timeout/2) || pause(ctx, poll/2+rand.N(poll)) != nil { //nolint:gosec // no secret depends on it
			return false
		}
	}
}

// look takes from the store what came of another login.
func (s *shared) look(ctx context.Context) (settled bool, err error) {
	t, err := s.store.load(ctx, s.Key)
	if err != nil {
		return false, err
	}
	now := s.now()
	t = s.capped(t, now)
	if !s.looked {
		s.before = t.Value
	}
	appeared := t.Value != s.before
	if (appeared || !s.anew) && s.fresh(t, s.old, appeared, now) {
		s.landing.take(t, s.renewal(t, now))
		s.landing.stored = !appeared
		return true, nil
	}
	if s.store.locker == nil {
		return false, nil
	}
	record, err := s.store.load(ctx, s.Key+refusedKey)
	if err != nil {
		return false, err
	}
	if !s.looked {
		s.refusedBefore = record.Expires
	}
	s.looked = true
	if s.anew && record.Expires.Equal(s.refusedBefore) {
		return false, nil
	}
	// The clock that it was told by may be another one.
	left := record.Expires.Sub(now)
	refusal, ok := refusalOf(record)
	if !ok || left <= 0 || left > 2*refusalMemory {
		return false, nil
	}
	until := now.Add(min(left, refusalMemory))
	s.landing.err = remembered(refusal, until)
	s.landing.refusal, s.landing.refused = refusal, until.Add(-refusalMemory)
	return true, nil
}

// save stores the flight's token. If another process has been given a lease since,
// and its token is there, that one is taken instead.
func (s *shared) save(ctx context.Context) {
	if s.store == nil {
		return
	}
	fence := s.fence
	if fence == 0 {
		_ = s.store.save(ctx, s.Key, s.landing.token)
		return
	}
	s.fence = 0 // which ends with it
	saved, err := s.store.saveLocked(ctx, s.Key, s.landing.token, fence)
	if saved || err != nil {
		return
	}
	t, err := s.store.load(ctx, s.Key)
	now := s.now()
	if t = s.capped(t, now); err == nil && s.fresh(t, s.old, true, now) {
		s.landing.take(t, s.renewal(t, now))
	}
}

// refuse tells the other processes that the vendor has refused the login, if it did.
func (s *shared) refuse(ctx context.Context) {
	refusal, ok := asRefusal(s.landing.err)
	if !ok || s.store == nil || s.store.locker == nil {
		return
	}
	_ = s.store.save(ctx, s.Key+refusedKey, edusdk.Token{
		Expires: s.now().Add(refusalMemory),
		Extra: map[string]string{
			refusedKind: refusal.Kind.String(), refusedVendor: refusal.Vendor, refusedCode: refusal.Code, refusedMessage: refusal.Message,
		},
	})
}

// end gives the lease back if nothing was saved under it: the login failed, or there
// was none.
func (s *shared) end(ctx context.Context) {
	if s.fence != 0 {
		_ = s.store.unlock(context.WithoutCancel(ctx), s.Key, s.fence)
	}
}

// refusalOf returns the refusal that a Token tells of.
func refusalOf(record edusdk.Token) (*edusdk.Error, bool) {
	for _, kind := range refusals {
		if record.Value == "" && record.Extra[refusedKind] == kind.String() {
			return &edusdk.Error{
				Vendor: edusdk.OneLine(record.Extra[refusedVendor]), Op: "Login", Class: "login", Kind: kind, Rejected: true,
				Code: edusdk.OneLine(record.Extra[refusedCode]), Message: edusdk.OneLine(record.Extra[refusedMessage]),
			}, true
		}
	}
	return nil, false
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
