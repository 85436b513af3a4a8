// Package tokens keeps the token of a login: one login at a time however many
// calls need it, renewed before it expires, shared with other processes
// through an edusdk.TokenStore, and dropped only when that very token was
// rejected.
package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
)

// Config says how a Cache gets its tokens. Login is required.
type Config struct {
	// Login gets a new token. Its context is not the caller's: it ends with
	// Timeout.
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
	// storePatience bounds what is asked of a store: one that hangs must leave
	// time for a login.
	storePatience = 5 * time.Second
)

// Cache gives out the token of one credential. It is safe for concurrent use.
type Cache struct {
	Config

	mu       sync.Mutex
	token    edusdk.Token
	renewAt  time.Time
	rejected string // the value that was rejected last: a store may still have it
	flight   *flight
	refusal  error // what the vendor said to the last login
	refused  time.Time
}

// flight is a login under way.
type flight struct {
	done  chan struct{}
	slow  atomic.Bool
	token edusdk.Token
	err   error

	stored bool // there was no login: the token was in the store
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

// New returns a cache without a token. It starts nothing.
func New(cfg Config) *Cache {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	return &Cache{Config: cfg}
}

// Token returns a token that is good, as far as is known here. It logs in where
// there is none, or waits for the login that is under way; a caller whose ctx
// ends stops waiting and leaves the login to the others. While a token is
// still good, a renewal that fails or takes long is no error: it is given out
// meanwhile.
func (c *Cache) Token(ctx context.Context) (edusdk.Token, error) {
	return c.get(ctx, false)
}

// Renew logs in although there may be a good token, here or in the store, or
// waits for the login that is under way.
func (c *Cache) Renew(ctx context.Context) (edusdk.Token, error) {
	return c.get(ctx, true)
}

func (c *Cache) get(ctx context.Context, anew bool) (edusdk.Token, error) {
	c.mu.Lock()
	now := c.now()
	if t := c.capped(c.token, now); !t.Expires.Equal(c.token.Expires) { // the clock was set back
		c.token, c.renewAt = t, c.renewal(t)
	}
	old := c.token
	usable := !anew && old.Value != "" && (old.Expires.IsZero() || now.Before(old.Expires))
	if usable && (c.renewAt.IsZero() || now.Before(c.renewAt)) {
		c.mu.Unlock()
		return old, nil
	}
	if since := now.Sub(c.refused); c.refusal != nil && since >= 0 && since < refusalMemory {
		err := c.refusal
		c.mu.Unlock()
		if usable {
			return old, nil
		}
		return edusdk.Token{}, err
	}
	f := c.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		c.flight = f
		go c.fly(f, old.Value, anew) //nolint:gosec // not with ctx: a caller that leaves fails nobody else
	}
	c.mu.Unlock()
	if usable {
		if f.wait(ctx) && f.err == nil {
			return f.token, nil
		}
		return old, nil
	}
	select {
	case <-f.done:
		if anew && f.stored {
			return c.get(ctx, anew)
		}
		return f.token, f.err
	case <-ctx.Done():
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
	if c.Store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	return c.Store.Delete(ctx, c.Key, value)
}

// fly gets a token from the store or by a login, and tells everybody.
func (c *Cache) fly(f *flight, old string, anew bool) {
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	defer close(f.done)
	f.token, f.stored, f.err = c.fetch(ctx, old, anew)
	if f.err != nil && ctx.Err() != nil {
		f.err = timedOut(f.err) // not by the context of anybody who waits
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	c.refusal = nil
	if f.err == nil {
		c.token, c.renewAt = f.token, c.renewal(f.token)
		return
	}
	if isRefusal(f.err) {
		c.refusal, c.refused = f.err, c.now()
	}
	if c.token.Value != "" {
		c.renewAt = c.now().Add(refusalMemory) // until then, calls need not wait for a login that is down
	}
}

// fetch takes the token that another process has put into the store, unless it
// is the old one or a rejected one or a new one is wanted, and otherwise logs in.
// A store that is down is done without.
func (c *Cache) fetch(ctx context.Context, old string, anew bool) (t edusdk.Token, stored bool, err error) {
	if !anew {
		if t, ok := c.stored(ctx); ok && c.fresh(t, old) {
			return t, true, nil
		}
	}
	t, err = c.Login(ctx)
	if err != nil {
		return edusdk.Token{}, false, err
	}
	if t.Value == "" {
		return edusdk.Token{}, false, errNoToken
	}
	t = c.capped(t, c.now())
	if c.Store != nil {
		ctx, cancel := context.WithTimeout(ctx, storePatience)
		defer cancel()
		_ = c.Store.Save(ctx, c.Key, t) // this process has it all the same
	}
	return t, false, nil
}

var (
	errNoToken = errors.New("the login gave no token")
	errTimeout = errors.New("the login took too long")
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

// stored returns what is in the store, if it can be had.
func (c *Cache) stored(ctx context.Context) (edusdk.Token, bool) {
	if c.Store == nil {
		return edusdk.Token{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	t, err := c.Store.Load(ctx, c.Key)
	return c.capped(t, c.now()), err == nil
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

// fresh reports whether a stored token is worth taking.
func (c *Cache) fresh(t edusdk.Token, old string) bool {
	c.mu.Lock()
	rejected := c.rejected
	c.mu.Unlock()
	return t.Value != "" && t.Value != old && t.Value != rejected &&
		(t.Expires.IsZero() || c.now().Before(t.Expires.Add(-c.RenewAhead)))
}

// renewal returns when a token is to be renewed, zero for never.
func (c *Cache) renewal(t edusdk.Token) time.Time {
	if t.Expires.IsZero() {
		return time.Time{}
	}
	ahead := c.RenewAhead
	if c.Jitter > 0 {
		ahead += rand.N(c.Jitter) //nolint:gosec // no secret hangs on it
	}
	// One that does not live as long as that is kept for half its time.
	return t.Expires.Add(-min(ahead, t.Expires.Sub(c.now())/2))
}

// isRefusal reports whether the vendor has turned the credentials down, in
// contrast to a login that did not come through.
func isRefusal(err error) bool {
	switch edusdk.KindOf(err) {
	case edusdk.ErrUnauthenticated, edusdk.ErrPermissionDenied, edusdk.ErrInvalidArgument:
		return true
	}
	return false
}
