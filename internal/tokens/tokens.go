// Package tokens keeps the token of a login: one login at a time however many
// calls need it, renewed before it expires, shared with other processes
// through an edusdk.TokenStore, and dropped only when that very token was
// rejected. If the store is an edusdk.TokenLocker, there is one login at a time
// however many processes need it; see shared.go.
package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
)

// Config says how a Cache gets its tokens. Login is required.
type Config struct {
	// Login gets a new token. Its context is not the caller's: it ends with
	// Timeout. Its panic goes on in the goroutine of the call that began it, or
	// of another one if that does not wait any more; the others get an error.
	Login func(ctx context.Context) (edusdk.Token, error)
	// Store shares the token; nil keeps it in the Cache alone.
	Store edusdk.TokenStore
	// Key is where the token stands in Store; see Key.
	Key string
	// Now is the clock that expiry is judged by; nil means time.Now.
	Now func() time.Time
	// RenewAhead is how long before its expiry a token is renewed, and Jitter
	// how much earlier still, at random, so that processes do not all renew
	// at once.
	RenewAhead, Jitter time.Duration
	// Lifetime is how long a token lives at most, by the vendor's document: an
	// Expires further off comes from a clock that was wrong. 0 means no limit.
	Lifetime time.Duration
	// Timeout bounds a login; 0 means one minute.
	Timeout time.Duration
}

// Key makes the key of a token in a store out of the vendor, its address and
// the credential, which is hashed.
func Key(vendor, baseURL string, credential ...string) string {
	h := sha256.New()
	for _, c := range credential {
		sum := sha256.Sum256([]byte(c)) // of one length, so that no two lists run together
		h.Write(sum[:])
	}
	return vendor + ":" + baseURL + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

const (
	defaultTimeout = time.Minute
	// refusalMemory is for how long a login that the vendor refused is not
	// tried again: wrong credentials do not get right by repetition, and
	// accounts are locked for it.
	refusalMemory = 30 * time.Second
	// renewalPatience is how long a call that has a good token waits for a
	// newer one.
	renewalPatience = 2 * time.Second
	// loginGrace is how long a login may go on after its context has ended.
	// Then it is left alone, and those who wait get an error.
	loginGrace = time.Second
	// maxLeftAlone is how many logins of a cache may hang. With as many, none
	// is begun until one of them returns.
	maxLeftAlone = 4
)

// Cache gives out the token of one credential. It is safe for concurrent use.
type Cache struct {
	Config

	store *store // nil without a Config.Store

	mu        sync.Mutex // never held while code of importers runs
	token     edusdk.Token
	renewAt   time.Time
	rejected  string    // the value that was rejected last: a store may still have it
	expires   time.Time // when the last token expires, rejected or not
	flight    *flight
	leftAlone int           // logins that hang
	fallen    *flight       // the last one that panicked
	refusal   *edusdk.Error // what the vendor said to the last login, if it refused that
	refused   time.Time     // when it did
}

// flight is a login under way.
type flight struct {
	done  chan struct{}
	slow  atomic.Bool
	token edusdk.Token
	err   error

	stored bool // there was no login since: the token was in the store

	landed  bool         // guarded by Cache.mu
	end     guard.Ending // of the login
	left    atomic.Bool  // the call that began it does not wait any more
	claimed atomic.Bool  // the panic of the login went on in some call
}

// wait waits for a login that is not needed yet, but not for long, and for one
// that has taken long already not at all. It reports whether the login is done.
func (f *flight) wait(ctx context.Context) bool {
	if f.slow.Load() {
		return false
	}
	patience := time.NewTimer(renewalPatience)
	defer patience.Stop()
	select {
	case <-f.done:
		return true
	case <-patience.C:
		f.slow.Store(true)
	case <-ctx.Done():
	}
	return false
}

// resume lets the panic of a login go on in the call that began it, or in the
// first other one after that has left.
func (f *flight) resume(began bool) {
	if f.end.Panicked() && (began || f.left.Load()) && f.claimed.CompareAndSwap(false, true) {
		f.end.Resume()
	}
}

// leave is what a call does that does not wait any more.
func (f *flight) leave(began bool) {
	if !began {
		return
	}
	f.left.Store(true)
	select {
	case <-f.done: // perhaps before anybody could see that it has left
		f.resume(true)
	default:
	}
}

// New returns a cache without a token. It starts nothing.
func New(cfg Config) *Cache {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	c := &Cache{Config: cfg}
	if cfg.Store != nil {
		c.store = newStore(cfg.Store)
	}
	return c
}

// Token returns a token that is good, as far as is known here. It logs in where
// there is none, or waits for the login that is under way; a caller whose ctx
// ends stops waiting and leaves the login to the others. While a token is
// still good, a renewal that fails or takes long is no error: it is given out
// meanwhile.
func (c *Cache) Token(ctx context.Context) (edusdk.Token, error) {
	return c.get(ctx, false)
}

// Renew logs in although there may be a good token, here or in the store, and
// although the vendor may have refused the last login, or waits for the login that
// is under way.
func (c *Cache) Renew(ctx context.Context) (edusdk.Token, error) {
	return c.get(ctx, true)
}

func (c *Cache) get(ctx context.Context, anew bool) (edusdk.Token, error) {
	now := c.now()
	c.mu.Lock()
	if f := c.fallen; f != nil && f.left.Load() {
		c.fallen = nil
		c.mu.Unlock()
		f.resume(false)
		c.mu.Lock()
	}
	if t := c.capped(c.token, now); !t.Expires.Equal(c.token.Expires) { // the clock was set back
		c.token, c.renewAt = t, c.renewal(t, now)
	}
	old := c.token
	usable := !anew && old.Value != "" && valid(old, now)
	if usable && (c.renewAt.IsZero() || now.Before(c.renewAt)) {
		c.mu.Unlock()
		return old, nil
	}
	if since := now.Sub(c.refused); !anew && c.refusal != nil && since >= 0 && since < refusalMemory {
		refusal, until := c.refusal, c.refused.Add(refusalMemory)
		c.mu.Unlock()
		if usable {
			return old, nil
		}
		return edusdk.Token{}, remembered(refusal, until)
	}
	f, began := c.flight, false
	if f == nil && c.leftAlone == maxLeftAlone {
		c.mu.Unlock()
		if usable {
			return old, nil
		}
		return edusdk.Token{}, &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnavailable, Err: errHang}
	}
	if f == nil {
		f, began = &flight{done: make(chan struct{})}, true
		c.flight = f
		c.fly(f, old.Value, anew, now) //nolint:contextcheck // not with ctx: a caller that leaves fails nobody else
	}
	c.mu.Unlock()
	if usable {
		done := f.wait(ctx)
		if done {
			f.resume(began)
		}
		if done && f.err == nil {
			return f.token, nil
		}
		if valid(old, c.now()) { // it can have expired meanwhile
			if !done {
				f.leave(began)
			}
			return old, nil
		}
	}
	select {
	case <-f.done:
		f.resume(began)
		if anew && f.stored {
			return c.get(ctx, anew)
		}
		return f.token, f.err
	case <-ctx.Done():
		f.leave(began)
		return edusdk.Token{}, ctx.Err()
	}
}

// Invalidate drops the token with this value, here and in the store, and no
// other: another process may have renewed it since.
func (c *Cache) Invalidate(ctx context.Context, value string) error {
	if value == "" {
		return nil
	}
	c.mu.Lock()
	c.rejected = value
	if c.token.Value == value {
		c.token, c.renewAt = edusdk.Token{}, time.Time{}
	}
	c.mu.Unlock()
	if c.store == nil {
		return nil
	}
	return c.store.delete(ctx, c.Key, value)
}

// landing is what came of a flight.
type landing struct {
	token   edusdk.Token
	stored  bool // there was no login since: the token was in the store
	err     error
	refusal *edusdk.Error // that err is about, if it was that of another process's login
	refused time.Time     // when it was
	renewAt time.Time
	now     time.Time // when it was known
	end     guard.Ending
}

// take makes a token that of the flight.
func (l *landing) take(t edusdk.Token, renewAt time.Time) { l.token, l.renewAt = t, renewAt }

// fly gets a token from the store or by a login, and tells everybody. It
// returns at once.
func (c *Cache) fly(f *flight, old string, anew bool, now time.Time) {
	timer := time.AfterFunc(c.Timeout+loginGrace, func() {
		c.land(f, &landing{err: timedOut(errTimeout), now: now.Add(c.Timeout)}, true)
	})
	l := &landing{now: now}
	guard.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
		defer cancel()
		c.fetch(ctx, l, old, anew)
		if l.err != nil && ctx.Err() != nil {
			l.err = timedOut(l.err) // not by the context of anybody who waits
		}
		l.now = c.now()
	}, func(end guard.Ending) {
		timer.Stop()
		if l.end = end; l.token.Value == "" && l.err == nil {
			l.err = end.Err()
		}
		c.land(f, l, false)
	})
}

// land ends a flight, either because its login has ended or because it hangs.
func (c *Cache) land(f *flight, l *landing, hangs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.landed {
		if !hangs {
			c.leftAlone--
		}
		return
	}
	f.landed = true
	if hangs {
		c.leftAlone++
	}
	f.token, f.stored, f.err, f.end = l.token, l.stored, l.err, l.end
	defer close(f.done)
	c.flight = nil
	c.refusal = nil
	if f.end.Panicked() {
		c.fallen = f
	}
	if f.err == nil {
		c.token, c.renewAt, c.expires = l.token, l.renewAt, l.token.Expires
		return
	}
	if refusal, ok := asRefusal(f.err); ok {
		c.refusal, c.refused = refusal, l.now
	}
	if l.refusal != nil {
		c.refusal, c.refused = l.refusal, l.refused
	}
	if c.token.Value != "" {
		c.renewAt = l.now.Add(refusalMemory) // until then, calls need not wait for a login that is down
	}
}

// fetch takes the token that another process has put into the store, unless it
// is the old one or a rejected one or a new one is wanted, and otherwise logs in.
// A store that is down is done without. l has the token as soon as it is there,
// whatever the store then does.
func (c *Cache) fetch(ctx context.Context, l *landing, old string, anew bool) {
	s := &shared{Cache: c, landing: l, old: old, anew: anew}
	defer s.end(ctx)
	if c.store != nil && s.settled(ctx) {
		return
	}
	t, err := c.Login(ctx)
	if err == nil && t.Value == "" {
		err = errNoToken
	}
	if err != nil {
		l.err = err
		s.refuse(ctx)
		return
	}
	now := c.now()
	t = c.capped(t, now)
	l.take(t, c.renewal(t, now))
	s.save(ctx) // this process has it all the same
}

var (
	errNoToken = errors.New("the login gave no token")
	errTimeout = errors.New("the login took too long")
	errHang    = errors.New("the logins before this one do not return")
)

// timedOut returns the error of a login whose time has run out.
func timedOut(err error) error {
	e := &edusdk.Error{Op: "Login"}
	if own := (*edusdk.Error)(nil); errors.As(err, &own) {
		*e = *own
	}
	e.Kind, e.Err = edusdk.ErrUnavailable, errTimeout
	return e
}

// now is the time on the wall. The monotonic reading that time.Now adds stands
// still while a machine sleeps, and means nothing to other processes.
func (c *Cache) now() time.Time { return c.Now().Round(0) }

// capped returns t as a token that expires when the document says at the latest,
// counted from now: what a process whose clock is wrong has put into the store
// must not be good for years, here or in all the others.
func (c *Cache) capped(t edusdk.Token, now time.Time) edusdk.Token {
	t.Expires = t.Expires.Round(0)
	if latest := now.Add(c.Lifetime); c.Lifetime > 0 && t.Expires.After(latest) {
		t.Expires = latest
	}
	return t
}

// fresh reports whether a stored token is worth taking: a good one that is not due
// for renewal, or is newer than the last one here, or than a moment ago. Those that
// live for less than RenewAhead are always due.
func (c *Cache) fresh(t edusdk.Token, old string, appeared bool, now time.Time) bool {
	c.mu.Lock()
	rejected, last := c.rejected, c.expires
	c.mu.Unlock()
	if t.Value == "" || t.Value == old || t.Value == rejected {
		return false
	}
	newer := appeared || !last.IsZero() && t.Expires.After(last)
	return t.Expires.IsZero() || now.Before(t.Expires.Add(-c.RenewAhead)) || newer && now.Before(t.Expires)
}

// valid reports whether a token has not expired.
func valid(t edusdk.Token, now time.Time) bool { return t.Expires.IsZero() || now.Before(t.Expires) }

// renewal returns when a token is to be renewed, zero for never.
func (c *Cache) renewal(t edusdk.Token, now time.Time) time.Time {
	if t.Expires.IsZero() {
		return time.Time{}
	}
	ahead := c.RenewAhead
	if c.Jitter > 0 {
		ahead += rand.N(c.Jitter) //nolint:gosec // no secret hangs on it
	}
	// One that does not live as long as that is kept for half its time.
	return t.Expires.Add(-min(ahead, t.Expires.Sub(now)/2))
}

// asRefusal returns the error with which the vendor itself has turned the credentials
// down, in contrast to a login that did not come through: the page of a gateway says
// nothing of them, whatever its status.
func asRefusal(err error) (*edusdk.Error, bool) {
	var e *edusdk.Error
	if !errors.As(err, &e) || !e.Rejected {
		return nil, false
	}
	if !slices.Contains(refusals[:], e.Kind) {
		return nil, false
	}
	return e, true
}

// refusals are the kinds of errors that turn credentials down.
var refusals = [...]edusdk.Kind{edusdk.ErrUnauthenticated, edusdk.ErrPermissionDenied, edusdk.ErrInvalidArgument}

// remembered returns the error of a login that is not tried, because the vendor has
// refused the last one.
func remembered(refusal *edusdk.Error, until time.Time) error {
	e := *refusal
	e.Attempts, e.HTTPStatus = 0, 0
	e.Err = &notSent{until, refusal.Err}
	return &e
}

// notSent is why a login was not sent.
type notSent struct {
	until time.Time
	cause error // of the refusal, or nil
}

// Error says that nothing was sent, and until when nothing will be.
func (e *notSent) Error() string {
	text := "nothing was sent: the last login was refused, and calls do not log in again before " + e.until.Format(time.RFC3339)
	if e.cause != nil {
		text = e.cause.Error() + ": " + text
	}
	return text
}

// Unwrap returns the cause of the refusal.
func (e *notSent) Unwrap() error { return e.cause }
