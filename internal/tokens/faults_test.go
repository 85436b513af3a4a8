package tokens

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
)

var errBoom = errors.New("boom")

// What a callback does in place of returning. No context ends any of it.
var faults = map[string]func(){
	"panics":             func() { panic(errBoom) },
	"exits":              runtime.Goexit,
	"blocks":             func() { time.Sleep(24 * time.Hour) },
	"blocks, and panics": func() { time.Sleep(24 * time.Hour); panic(errBoom) },
	"blocks, and exits":  func() { time.Sleep(24 * time.Hour); runtime.Goexit() },
	"returns late":       func() { time.Sleep(time.Hour) },
}

// changing is a login that changes.
type changing struct {
	mu    sync.Mutex
	login func(context.Context) (edusdk.Token, error)
}

func (l *changing) set(login func(context.Context) (edusdk.Token, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.login = login
}

func (l *changing) run(ctx context.Context) (edusdk.Token, error) {
	l.mu.Lock()
	login := l.login
	l.mu.Unlock()
	return login(ctx)
}

// good is a login that works.
func good(context.Context) (edusdk.Token, error) { return edusdk.Token{Value: "good"}, nil }

// recovered returns what f panics with, nil if it does not.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// result is what came of a call of Token.
type result struct {
	token    string
	err      error
	panicked any
	at       time.Duration // since the start of the bubble
}

// ask calls Token.
func (c *Cache) ask(ctx context.Context) (r result) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
	r.panicked = recovered(func() {
		token, err := c.Token(ctx)
		r.token, r.err = token.Value, err
	})
	r.at = time.Since(start)
	return r
}

// askAll calls Token in so many goroutines. The first of them begins the login.
func askAll(c *Cache, n int) []result {
	all := make([]result, n)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { all[i] = c.ask(context.Background()) })
		synctest.Wait()
	}
	group.Wait()
	return all
}

func TestALoginThatDoesNotReturn(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var count atomic.Int64
				c := New(Config{Login: func(context.Context) (edusdk.Token, error) {
					n := count.Add(1)
					time.Sleep(time.Second) // so that all are there
					if n == 1 {
						fault()
					}
					return edusdk.Token{Value: strconv.FormatInt(n, 10), Expires: time.Now().Add(lifetime)}, nil
				}})
				all := askAll(c, 10)
				for i, r := range all {
					assert.Empty(t, r.token, "token of call %d", i)
					switch {
					case name == "panics" && i == 0:
						assert.Equal(t, errBoom, r.panicked, "the call that began the login")
						continue
					case name == "panics":
						assert.ErrorIs(t, r.err, guard.ErrPanicked, "error of call %d", i)
					case name == "exits":
						assert.ErrorIs(t, r.err, guard.ErrExited, "error of call %d", i)
					default:
						assert.ErrorIs(t, r.err, errTimeout, "error of call %d", i)
						assert.ErrorIs(t, r.err, edusdk.ErrUnavailable, "error of call %d", i)
						assert.Equal(t, time.Minute+time.Second, r.at, "time of call %d", i)
					}
					assert.Nil(t, r.panicked, "panic of call %d", i)
				}
				assert.Equal(t, "2", value(t, c), "the next call logs in")
				time.Sleep(25 * time.Hour)
				assert.EqualValues(t, 2, count.Load(), "logins")
				r := c.ask(t.Context())
				assert.Nil(t, r.panicked, "what comes late is nobody's")
				assert.Equal(t, "3", r.token)
				c.mu.Lock()
				defer c.mu.Unlock()
				assert.Zero(t, c.leftAlone, "logins that hang")
			})
		})
	}
}

func TestThePanicOfALoginWhoseCallHasLeft(t *testing.T) {
	explodes := func(context.Context) (edusdk.Token, error) {
		time.Sleep(time.Second)
		panic(errBoom)
	}
	for waiting := range 3 {
		t.Run(strconv.Itoa(waiting)+" waiting", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &changing{login: explodes}
				c := New(Config{Login: l.run})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
				defer cancel()
				var group sync.WaitGroup
				group.Go(func() { assert.ErrorIs(t, c.ask(ctx).err, context.DeadlineExceeded) })
				synctest.Wait()
				var panics, errs atomic.Int64
				for range waiting {
					group.Go(func() {
						switch r := c.ask(context.Background()); {
						case r.panicked != nil:
							assert.Equal(t, errBoom, r.panicked)
							panics.Add(1)
						default:
							assert.ErrorIs(t, r.err, guard.ErrPanicked)
							errs.Add(1)
						}
					})
				}
				group.Wait()
				time.Sleep(time.Second)
				assert.EqualValues(t, min(waiting, 1), panics.Load(), "calls that panicked")
				assert.EqualValues(t, max(waiting-1, 0), errs.Load(), "calls that failed")
				l.set(good)
				if waiting == 0 {
					assert.Equal(t, errBoom, c.ask(t.Context()).panicked, "the next call")
				}
				assert.Equal(t, "good", value(t, c))
			})
		})
	}
}

// A call that ends together with the login must not lose its panic.
func TestACallThatLeavesAsTheLoginPanics(t *testing.T) {
	for range 1000 {
		begun, on := make(chan struct{}), make(chan struct{})
		c := New(Config{Login: func(context.Context) (edusdk.Token, error) {
			close(begun)
			<-on
			panic(errBoom)
		}})
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan any)
		go func() { first <- c.ask(ctx).panicked }()
		<-begun
		go cancel()
		close(on)
		value := <-first
		for range 2 { // the first can come while the login is still under way
			if value == nil {
				value = c.ask(t.Context()).panicked
			}
		}
		require.Equal(t, errBoom, value)
	}
}

func TestARenewalThatDoesNotReturn(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				works := &logins{}
				l := &changing{login: works.login}
				c := New(Config{Login: l.run, RenewAhead: 10 * time.Minute})
				assert.Equal(t, "1", value(t, c))
				time.Sleep(lifetime - 10*time.Minute) // in the bubble
				l.set(func(context.Context) (edusdk.Token, error) {
					fault()
					return edusdk.Token{}, errBoom
				})
				r := c.ask(t.Context())
				if name == "panics" {
					assert.Equal(t, errBoom, r.panicked)
				} else {
					assert.Equal(t, "1", r.token, "it is still good")
				}
				assert.Equal(t, "1", value(t, c))
				l.set(works.login)
				time.Sleep(2 * time.Minute)
				assert.Equal(t, "2", value(t, c))
				time.Sleep(25 * time.Hour)
			})
		})
	}
}

func TestLoginsThatHangDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		hangs := func(context.Context) (edusdk.Token, error) {
			defer under.Add(-1)
			most.Store(max(most.Load(), under.Add(1)))
			time.Sleep(24 * time.Hour)
			return edusdk.Token{Value: "late"}, nil
		}
		l := &changing{login: hangs}
		c := New(Config{Login: l.run})
		for range 100 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, edusdk.ErrUnavailable)
		}
		assert.EqualValues(t, maxLeftAlone, most.Load(), "logins at a time")
		_, err := c.Token(t.Context())
		require.Equal(t, &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnavailable, Err: errHang}, err)
		time.Sleep(25 * time.Hour)
		l.set(good)
		assert.Equal(t, "good", value(t, c), "they have returned")
	})
}

// A clock that panics leaves no lock held, and no login under way.
func TestAClockThatPanics(t *testing.T) {
	for at := range 6 {
		synctest.Test(t, func(t *testing.T) {
			var count atomic.Int64
			l := &logins{}
			c := newCache(l, edusdk.NewMemoryStore())
			c.Now = func() time.Time {
				if count.Add(1) == int64(at+1) {
					panic(errBoom)
				}
				return time.Now()
			}
			var panics int
			for range 4 {
				if r := c.ask(t.Context()); r.panicked != nil {
					assert.Equal(t, errBoom, r.panicked)
					panics++
				} else {
					assert.NotEmpty(t, r.token, "error: %v", r.err)
				}
			}
			assert.Equal(t, 1, panics, "the clock panics when it is asked the time number %d", at+1)
		})
	}
}

// faulty is a TokenStore whose methods do what they are told before they work.
type faulty struct {
	edusdk.TokenStore

	load, save, delete func()
	mended             atomic.Bool // they do not any more

	under, most, calls atomic.Int64 // of all methods
}

func (s *faulty) run(fault func()) {
	s.calls.Add(1)
	s.most.Store(max(s.most.Load(), s.under.Add(1)))
	defer s.under.Add(-1)
	if fault != nil && !s.mended.Load() {
		fault()
	}
}

func (s *faulty) Load(ctx context.Context, key string) (edusdk.Token, error) {
	s.run(s.load)
	return s.TokenStore.Load(ctx, key)
}

func (s *faulty) Save(ctx context.Context, key string, t edusdk.Token) error {
	s.run(s.save)
	return s.TokenStore.Save(ctx, key, t)
}

func (s *faulty) Delete(ctx context.Context, key, value string) error {
	s.run(s.delete)
	return s.TokenStore.Delete(ctx, key, value)
}

const patience = storePatience + storeGrace

func TestAStoreThatDoesNotReturn(t *testing.T) {
	for name, fault := range faults {
		returns := name != "panics" && name != "exits"
		t.Run("Load "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(&logins{}, &faulty{TokenStore: edusdk.NewMemoryStore(), load: fault})
				start := time.Now()
				r := c.ask(t.Context())
				switch {
				case name == "panics":
					assert.Equal(t, errBoom, r.panicked)
					assert.Empty(t, r.token)
				case returns:
					assert.Equal(t, patience+time.Second, time.Since(start), "asked, and logged in")
					fallthrough
				default:
					assert.Equal(t, "1", r.token, "it is done without")
				}
				time.Sleep(25 * time.Hour) // in the bubble
			})
		})
		t.Run("Save "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{}
				c := newCache(l, &faulty{TokenStore: edusdk.NewMemoryStore(), save: fault})
				start := time.Now()
				all := askAll(c, 10)
				for i, r := range all {
					if name == "panics" && i == 0 {
						assert.Equal(t, errBoom, r.panicked)
						continue
					}
					assert.Equal(t, "1", r.token, "call %d has the token all the same", i)
					assert.Nil(t, r.panicked)
				}
				if returns {
					assert.Equal(t, time.Second+patience, time.Since(start), "logged in, and told")
				}
				assert.Equal(t, "1", value(t, c))
				assert.EqualValues(t, 1, l.count.Load(), "logins")
				time.Sleep(25 * time.Hour)
			})
		})
		t.Run("Delete "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(&logins{}, &faulty{TokenStore: edusdk.NewMemoryStore(), delete: fault})
				assert.Equal(t, "1", value(t, c))
				start := time.Now()
				var err error
				panicked := recovered(func() { err = c.Invalidate(t.Context(), "1") })
				switch {
				case name == "panics":
					assert.Equal(t, errBoom, panicked)
				case returns:
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, patience, time.Since(start))
				default:
					assert.ErrorIs(t, err, guard.ErrExited)
				}
				assert.Equal(t, "2", value(t, c), "the rejected token is gone all the same")

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start = time.Now()
				_ = recovered(func() { _ = c.Invalidate(ctx, "2") })
				assert.LessOrEqual(t, time.Since(start), time.Second+storeGrace, "the caller's own time")
				time.Sleep(25 * time.Hour)
			})
		})
	}
}

// However often a store that hangs is needed, it is asked once, and not waited
// for again until it returns.
func TestAStoreThatHangsIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func() { time.Sleep(24 * time.Hour) }
		s := &faulty{TokenStore: edusdk.NewMemoryStore(), load: hangs, save: hangs, delete: hangs}
		l := &logins{}
		c := newCache(l, s)
		for n := range 100 {
			start := time.Now()
			v := value(t, c)
			require.Error(t, c.Invalidate(t.Context(), v))
			if n > 0 {
				require.Equal(t, time.Second, time.Since(start), "the login alone, at turn %d", n)
			}
		}
		assert.EqualValues(t, 3, s.calls.Load(), "calls: one of each method")
		assert.EqualValues(t, 3, s.under.Load(), "calls under way")
		s.mended.Store(true)
		time.Sleep(25 * time.Hour)
		v := value(t, c)
		stored, err := s.TokenStore.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, v, stored.Value, "the store has returned and is used again")
		assert.EqualValues(t, 5, s.calls.Load())
	})
}

func TestATokenRejectedInManyCallsIsDeletedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faulty{TokenStore: edusdk.NewMemoryStore(), delete: func() { time.Sleep(time.Second) }}
		c := newCache(&logins{}, s)
		assert.Equal(t, "1", value(t, c))
		s.calls.Store(0)
		start := time.Now()
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() { assert.NoError(t, c.Invalidate(context.Background(), "1")) })
		}
		group.Wait()
		assert.Equal(t, time.Second, time.Since(start))
		assert.EqualValues(t, 1, s.calls.Load(), "calls of Delete")
		require.NoError(t, c.Invalidate(t.Context(), "1"))
		assert.EqualValues(t, 2, s.calls.Load(), "another process could have put it back")
	})
}

// Those who wait get an error; the panic is for the call that began the login, as
// long as it waits.
func TestWhoLeavesALoginOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{Login: func(context.Context) (edusdk.Token, error) {
			time.Sleep(2 * time.Second)
			panic(errBoom)
		}})
		var group sync.WaitGroup
		group.Go(func() { assert.Equal(t, errBoom, c.ask(context.Background()).panicked) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, c.ask(ctx).err, context.DeadlineExceeded)
		c.mu.Lock()
		assert.False(t, c.flight.left.Load(), "the call that began the login waits")
		c.mu.Unlock()
		group.Wait()
	})
}

func TestWhoTakesAPanic(t *testing.T) {
	for _, tt := range []struct {
		name        string
		left, began bool
		want        any
	}{
		{"who began it", false, true, errBoom},
		{"another call, while the first one waits", false, false, nil},
		{"another call, when the first one has left", true, false, errBoom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := panicked()
			f.left.Store(tt.left)
			assert.Equal(t, tt.want, recovered(func() { f.resume(tt.began) }))
			if tt.want != nil {
				assert.Nil(t, recovered(func() { f.resume(tt.began) }), "it goes on once")
			}
		})
	}
}

// panicked returns a login that has ended with a panic.
func panicked() *flight {
	f := &flight{done: make(chan struct{})}
	guard.Go(func() { panic(errBoom) }, func(end guard.Ending) { f.end = end; close(f.done) })
	<-f.done
	return f
}

// The login ends, and then the call that began it finds its context ended first.
func TestAPanicThatComesAsItsCallLeaves(t *testing.T) {
	f := panicked()
	assert.Equal(t, errBoom, recovered(func() { f.leave(true) }))
	assert.Nil(t, recovered(func() { f.resume(false) }), "it goes on once")
}

func TestThePanicOfARenewalThatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := &logins{}
		l := &changing{login: works.login}
		c := New(Config{Login: l.run, RenewAhead: 10 * time.Minute})
		assert.Equal(t, "1", value(t, c))
		time.Sleep(lifetime - 10*time.Minute) // in the bubble
		l.set(func(context.Context) (edusdk.Token, error) {
			time.Sleep(5 * time.Second)
			panic(errBoom)
		})
		assert.Equal(t, "1", value(t, c), "it is still good, so the call does not wait to the end")
		time.Sleep(5 * time.Second)
		assert.Equal(t, errBoom, c.ask(t.Context()).panicked, "the next call")
		assert.Equal(t, "1", value(t, c))
	})
}

func TestRenewalsThatHangKeepNobodyFromAGoodToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := &logins{}
		l := &changing{login: works.login}
		c := New(Config{Login: l.run, RenewAhead: time.Hour})
		assert.Equal(t, "1", value(t, c))
		time.Sleep(lifetime - time.Hour) // in the bubble
		var count atomic.Int64
		l.set(func(context.Context) (edusdk.Token, error) {
			count.Add(1)
			time.Sleep(24 * time.Hour)
			return edusdk.Token{Value: "late"}, nil
		})
		assert.Equal(t, "1", value(t, c))
		time.Sleep(time.Minute)
		start := time.Now()
		assert.Equal(t, "1", value(t, c))
		assert.Zero(t, time.Since(start), "the renewal was given up a moment ago, and is not waited for again")
		assert.EqualValues(t, 1, count.Load(), "logins")
		for range 100 {
			time.Sleep(30 * time.Second)
			assert.Equal(t, "1", value(t, c))
		}
		assert.EqualValues(t, maxLeftAlone, count.Load(), "logins that hang")
		time.Sleep(25 * time.Hour)
	})
}

// script is a TokenStore that does what its functions say.
type script struct {
	edusdk.TokenStore

	load   func() (edusdk.Token, error)
	save   func(edusdk.Token)
	delete func(value string) error
}

func (s script) Load(ctx context.Context, key string) (edusdk.Token, error) {
	if s.load != nil {
		return s.load()
	}
	return s.TokenStore.Load(ctx, key)
}

func (s script) Save(ctx context.Context, key string, t edusdk.Token) error {
	if s.save != nil {
		s.save(t)
		return nil
	}
	return s.TokenStore.Save(ctx, key, t)
}

func (s script) Delete(ctx context.Context, key, value string) error {
	if s.delete != nil {
		return s.delete(value)
	}
	return s.TokenStore.Delete(ctx, key, value)
}

// A call that waited for its turn at Delete leaves out only what has just been done.
func TestWhichDeletesAreLeftOut(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		before, first, waiting string // what is deleted, one after the other, and then the last two at once
		fails                  string // the value whose Delete fails
		want                   []string
	}{
		{"the same value", "", "a", "a", "", []string{"a"}},
		{"another value", "", "a", "b", "", []string{"a", "b"}},
		{"the same value, and the first fails", "", "a", "a", "a", []string{"a", "a"}},
		{"one that was deleted before the one that fails", "a", "b", "a", "b", []string{"a", "b", "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []string // one Delete runs at a time
				s := newStore(script{delete: func(value string) error {
					got = append(got, value)
					time.Sleep(time.Second)
					if value == tt.fails {
						return errStore
					}
					return nil
				}})
				if tt.before != "" {
					require.NoError(t, s.delete(t.Context(), "k", tt.before))
				}
				var group sync.WaitGroup
				for _, value := range []string{tt.first, tt.waiting} {
					group.Go(func() {
						err := s.delete(context.Background(), "k", value)
						if value == tt.fails {
							assert.ErrorIs(t, err, errStore)
						} else {
							assert.NoError(t, err)
						}
					})
					synctest.Wait()
				}
				group.Wait()
				assert.Equal(t, tt.want, got, "calls of Delete")
			})
		})
	}
}

func TestWhoWaitsForAStoreThatHangsHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(&logins{}, script{delete: func(string) error {
			time.Sleep(time.Hour)
			return nil
		}})
		go func() { _ = c.Invalidate(context.Background(), "a") }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, c.Invalidate(ctx, "b"), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		require.ErrorIs(t, c.Invalidate(t.Context(), "b"), errStoreHangs)
		time.Sleep(2 * time.Hour)
	})
}

func TestATokenThatComesWithAnErrorIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(&logins{}, script{TokenStore: edusdk.NewMemoryStore(), load: func() (edusdk.Token, error) {
			return edusdk.Token{Value: "of another key", Expires: time.Now().Add(lifetime)}, errStore
		}})
		assert.Equal(t, "1", value(t, c))
	})
}

func TestWhatGoesIntoTheStore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token edusdk.Token
		err   error
		want  []edusdk.Token
	}{
		{"a token", edusdk.Token{Value: "1", Extra: map[string]string{"k": "v"}}, nil, []edusdk.Token{{Value: "1", Extra: map[string]string{"k": "v"}}}},
		{"no token", edusdk.Token{}, nil, nil},
		{"an error", edusdk.Token{}, errBoom, nil},
		{"an error beside a token", edusdk.Token{Value: "1"}, errBoom, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var saved []edusdk.Token
			c := New(Config{
				Login: func(context.Context) (edusdk.Token, error) { return tt.token, tt.err },
				Store: script{TokenStore: edusdk.NewMemoryStore(), save: func(t edusdk.Token) { saved = append(saved, t) }},
			})
			token, err := c.Token(t.Context())
			if tt.want == nil {
				require.Error(t, err)
				assert.Zero(t, token)
			}
			for k := range token.Extra {
				token.Extra[k] = "changed by whoever got the token"
			}
			assert.Equal(t, tt.want, saved)
		})
	}
}
