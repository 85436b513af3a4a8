package tokens

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/tokens/storetest"
)

func TestMemoryStoreHasLeases(t *testing.T) {
	storetest.Test(t, func(testing.TB) edusdk.TokenLocker { return edusdk.NewMemoryStore() }, synctest.Test)
}

// fleet is processes that share a store.
func fleet(l *logins, store edusdk.TokenStore, n int) []*Cache {
	all := make([]*Cache, n)
	for i := range all {
		all[i] = newCache(l, store)
	}
	return all
}

// together has all processes ask for a token at the same moment.
func together(all []*Cache, ask func(*Cache) result) []result {
	results := make([]result, len(all))
	var group sync.WaitGroup
	for i, c := range all {
		group.Go(func() { results[i] = ask(c) })
	}
	group.Wait()
	return results
}

func askOnce(c *Cache) result { return c.ask(context.Background()) }

func renewOnce(c *Cache) result {
	token, err := c.Renew(context.Background())
	return result{token: token.Value, err: err}
}

// assertAll checks that all have a token.
func assertAll(t *testing.T, results []result, want string) {
	t.Helper()
	for i, r := range results {
		assert.NoError(t, r.err, "process %d", i)
		assert.Nil(t, r.panicked, "process %d", i)
		assert.Equal(t, want, r.token, "token of process %d", i)
	}
}

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func TestAColdFleetLogsInOnce(t *testing.T) {
	for _, n := range []int{2, 50} {
		for name, ask := range map[string]func(*Cache) result{"Token": askOnce, "Renew": renewOnce} {
			t.Run(fmt.Sprint(n, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := &logins{}
					all := fleet(l, edusdk.NewMemoryStore(), n)
					took := elapsed(func() { assertAll(t, together(all, ask), "1") })
					assert.EqualValues(t, 1, l.count.Load(), "logins")
					assert.LessOrEqual(t, took, time.Second+3*lastPoll/2, "the login, and a look into the store")
				})
			})
		}
	}
}

// Without leases all of them log in: what TokenLocker is for.
func TestAColdFleetOnAStoreWithoutLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		together(fleet(l, struct{ edusdk.TokenStore }{edusdk.NewMemoryStore()}, 50), askOnce)
		assert.EqualValues(t, 50, l.count.Load(), "logins")
	})
}

func TestAFleetRenewsOnce(t *testing.T) {
	for _, lifetime := range []time.Duration{30 * time.Second, 9 * time.Minute, 2 * time.Hour} { // two of them shorter than RenewAhead
		t.Run(lifetime.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{}
				store := edusdk.NewMemoryStore()
				all := make([]*Cache, 50)
				for i := range all {
					all[i] = New(Config{Store: store, Key: "k", RenewAhead: 10 * time.Minute, Jitter: time.Minute,
						Login: func(ctx context.Context) (edusdk.Token, error) {
							token, err := l.login(ctx)
							token.Expires = time.Now().Add(lifetime)
							return token, err
						}})
				}
				ahead := min(11*time.Minute, lifetime/2)
				assertAll(t, together(all, askOnce), "1")
				for n := int64(2); n < 12; n++ {
					time.Sleep(lifetime - ahead) // in the bubble: until the first of them is due
					for l.count.Load() < n {
						together(all, askOnce)
						time.Sleep(time.Second)
					}
					time.Sleep(min(2*time.Minute, lifetime/10))
					assertAll(t, together(all, askOnce), strconv.FormatInt(n, 10))
					assert.Equal(t, n, l.count.Load(), "logins")
				}
			})
		})
	}
}

// Tokens that live for less than RenewAhead are always due: what is newer than the
// last one here is taken all the same.
func TestAShortLivedTokenOfAnotherProcessIsTaken(t *testing.T) {
	for name, reject := range map[string]bool{"at its renewal": false, "after a rejection": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{}
				store := edusdk.NewMemoryStore()
				all := make([]*Cache, 2)
				for i := range all {
					all[i] = New(Config{Store: store, Key: "k", RenewAhead: 10 * time.Minute, Login: func(ctx context.Context) (edusdk.Token, error) {
						token, err := l.login(ctx)
						token.Expires = time.Now().Add(time.Minute)
						return token, err
					}})
				}
				assertAll(t, together(all, askOnce), "1")
				time.Sleep(30 * time.Second) // in the bubble
				assert.Equal(t, "2", value(t, all[0]))
				time.Sleep(5 * time.Second)
				if reject {
					require.NoError(t, all[1].Invalidate(t.Context(), "1"))
				}
				assert.Equal(t, "2", value(t, all[1]))
				assert.EqualValues(t, 2, l.count.Load(), "logins")
			})
		})
	}
}

func TestAFleetWhoseTokenIsRejectedLogsInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		all := fleet(l, store, 50)
		for n := int64(1); n < 5; n++ {
			want := strconv.FormatInt(n, 10)
			assertAll(t, together(all, func(c *Cache) result {
				if err := c.Invalidate(context.Background(), strconv.FormatInt(n-1, 10)); err != nil {
					return result{err: err}
				}
				return askOnce(c)
			}), want)
			assert.Equal(t, n, l.count.Load(), "logins")
			time.Sleep(time.Minute) // in the bubble
			require.NoError(t, all[n].Invalidate(t.Context(), strconv.FormatInt(n-1, 10)), "what one learns late")
			stored, err := store.Load(t.Context(), "k")
			require.NoError(t, err)
			assert.Equal(t, want, stored.Value, "it is of a token before this one")
		}
	})
}

func TestAHolderThatDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		fence, err := store.Lock(t.Context(), "k", leaseTTL)
		require.NoError(t, err)
		require.NotZero(t, fence)
		took := elapsed(func() { assertAll(t, together(fleet(l, store, 50), askOnce), "1") })
		assert.EqualValues(t, 1, l.count.Load(), "logins")
		assert.GreaterOrEqual(t, took, leaseTTL)
		assert.LessOrEqual(t, took, leaseTTL+time.Second+3*lastPoll)
	})
}

func TestTwoHoldersThatDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		_, err := store.Lock(t.Context(), "k", leaseTTL-time.Second)
		require.NoError(t, err)
		go func() {
			time.Sleep(leaseTTL - time.Second) // in the bubble
			_, err := store.Lock(t.Context(), "k", leaseTTL-time.Second)
			assert.NoError(t, err)
		}()
		synctest.Wait()
		took := elapsed(func() { assertAll(t, together(fleet(l, store, 50), askOnce), "1") })
		assert.EqualValues(t, 1, l.count.Load(), "logins")
		assert.LessOrEqual(t, took, 2*leaseTTL)
		synctest.Wait()
	})
}

// slow is a login whose n-th takes as long as it is told.
func slow(count *atomic.Int64, times ...time.Duration) func(context.Context) (edusdk.Token, error) {
	return func(context.Context) (edusdk.Token, error) {
		n := count.Add(1)
		time.Sleep(times[min(int(n), len(times))-1]) // in the bubble, and no context ends it
		return edusdk.Token{Value: strconv.FormatInt(n, 10), Expires: time.Now().Add(lifetime)}, nil
	}
}

// A holder that was slow has lost its lease. Its token does not replace the newer one,
// which it takes itself.
func TestASlowHolder(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second time.Duration
		want          [2]string // what the two have in the end
		stored        string
	}{
		"within its lease":                       {9 * time.Second, time.Second, [2]string{"1", "1"}, "1"},
		"comes after the other one":              {15 * time.Second, time.Second, [2]string{"2", "2"}, "2"},
		"comes before the other one":             {12 * time.Second, 6 * time.Second, [2]string{"1", "2"}, "2"},
		"comes when nobody waits for it":         {5 * time.Minute, time.Second, [2]string{"", "2"}, "2"},
		"comes when its own time is over, alone": {61*time.Second - time.Millisecond, 30 * time.Second, [2]string{"2", "2"}, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var count atomic.Int64
				login := slow(&count, tt.first, tt.second)
				store := edusdk.NewMemoryStore()
				var got [2]string
				var group sync.WaitGroup
				for i := range got {
					c := New(Config{Login: login, Store: store, Key: "k", RenewAhead: 10 * time.Minute})
					group.Go(func() { got[i] = askOnce(c).token })
					synctest.Wait()
				}
				group.Wait()
				time.Sleep(10 * time.Minute)
				assert.Equal(t, tt.want, got)
				stored, err := store.Load(t.Context(), "k")
				require.NoError(t, err)
				assert.Equal(t, tt.stored, stored.Value)
			})
		})
	}
}

// A login that fails, in whatever way, gives the lease back.
func TestAHolderWhoseLoginFails(t *testing.T) {
	for name, fault := range map[string]func() error{
		"fails":    func() error { return errBoom },
		"no token": func() error { return nil },
		"panics":   func() error { panic(errBoom) },
		"exits":    func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{}
				store := edusdk.NewMemoryStore()
				first := New(Config{Store: store, Key: "k", Login: func(context.Context) (edusdk.Token, error) {
					time.Sleep(time.Second)
					return edusdk.Token{}, fault()
				}})
				var group sync.WaitGroup
				group.Go(func() { assert.Empty(t, askOnce(first).token) })
				synctest.Wait()
				took := elapsed(func() { assertAll(t, together(fleet(l, store, 10), askOnce), "1") })
				group.Wait()
				assert.EqualValues(t, 1, l.count.Load(), "logins")
				assert.LessOrEqual(t, took, 2*time.Second+3*lastPoll, "nobody waits for the lease to end")
			})
		})
	}
}

// When the vendor is down, processes try one after the other.
func TestAFleetWhoseLoginsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most, count atomic.Int64
		login := func(context.Context) (edusdk.Token, error) {
			count.Add(1)
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			time.Sleep(100 * time.Millisecond)
			return edusdk.Token{}, &edusdk.Error{Kind: edusdk.ErrUnavailable}
		}
		all := make([]*Cache, 20)
		store := edusdk.NewMemoryStore()
		for i := range all {
			all[i] = New(Config{Login: login, Store: store, Key: "k"})
		}
		for _, r := range together(all, askOnce) {
			assert.ErrorIs(t, r.err, edusdk.ErrUnavailable)
			assert.LessOrEqual(t, r.at, leasePatience+3*lastPoll)
		}
		assert.EqualValues(t, 20, count.Load(), "logins")
		assert.EqualValues(t, 1, most.Load(), "logins at a time")
	})
}

var errRefused = &edusdk.Error{
	Vendor: "v", Op: "Login", Kind: edusdk.ErrUnauthenticated, Class: "login", HTTPStatus: 200, Attempts: 1, Code: "2", Message: "账号或密码错误", Rejected: true,
}

// A password that is wrong is sent by one process.
func TestAFleetWithWrongCredentials(t *testing.T) {
	for name, ask := range map[string]func(*Cache) result{"Token": askOnce, "Renew": renewOnce} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{err: errRefused}
				all := fleet(l, edusdk.NewMemoryStore(), 50)
				start := time.Now()
				for i, r := range together(all, ask) {
					var e *edusdk.Error
					require.ErrorAs(t, r.err, &e, "process %d", i)
					if e == errRefused {
						continue // it was this one's login
					}
					want := *errRefused
					want.HTTPStatus, want.Attempts, want.Err = 0, 0, e.Err
					assert.Equal(t, &want, e, "process %d", i)
					require.EqualError(t, e.Err, "nothing was sent: the last login was refused, and calls do not log in again before "+
						start.Add(time.Second+refusalMemory).Format(time.RFC3339))
				}
				assert.EqualValues(t, 1, l.count.Load(), "logins")
				time.Sleep(10 * time.Second)
				for _, r := range together(all, askOnce) {
					require.ErrorIs(t, r.err, edusdk.ErrUnauthenticated)
				}
				assert.EqualValues(t, 1, l.count.Load(), "logins, as it is remembered")
				time.Sleep(time.Until(start.Add(time.Second + refusalMemory)))
				for _, r := range together(all, askOnce) {
					require.ErrorIs(t, r.err, edusdk.ErrUnauthenticated)
				}
				assert.EqualValues(t, 2, l.count.Load(), "logins, one more after half a minute")
				l.err = nil
				token, err := all[7].Renew(t.Context())
				require.NoError(t, err, "an explicit login is sent all the same")
				assert.Equal(t, "3", token.Value)
				time.Sleep(refusalMemory)
				assertAll(t, together(all, askOnce), "3")
				assert.EqualValues(t, 3, l.count.Load(), "logins")
			})
		})
	}
}

func TestARefusalThatIsToldByAnotherClock(t *testing.T) {
	for name, tt := range map[string]struct {
		off    time.Duration // of the clock of the process that was refused
		logins int64         // of both
	}{
		"right": {0, 1}, "somewhat ahead": {20 * time.Second, 1}, "somewhat behind": {-20 * time.Second, 1},
		"an hour ahead": {time.Hour, 2}, "an hour behind": {-time.Hour, 2}, "years ahead": {years, 2}, "beyond what a Duration holds": {1<<63 - 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock off
				clock.set(tt.off)
				l := &logins{err: errRefused}
				store := edusdk.NewMemoryStore()
				first, second := New(Config{Login: l.login, Store: store, Key: "k", Now: clock.now}), newCache(l, store)
				for _, c := range []*Cache{first, second, second} {
					require.ErrorIs(t, askOnce(c).err, edusdk.ErrUnauthenticated)
				}
				assert.Equal(t, tt.logins, l.count.Load(), "logins")
				l.err = nil
				time.Sleep(2 * refusalMemory)
				assert.NotEmpty(t, askOnce(second).token, "after a minute at most it is tried again, whatever the other's clock")
			})
		})
	}
}

// A refusal that another process tells of counts for as long as it does there, and for no
// longer than one of its own at a time.
func TestHowLongAToldRefusalCounts(t *testing.T) {
	for left, until := range map[time.Duration]time.Duration{
		10 * time.Second: 10 * time.Second, refusalMemory: refusalMemory, 2 * refusalMemory: refusalMemory,
	} {
		synctest.Test(t, func(t *testing.T) {
			store := edusdk.NewMemoryStore()
			require.NoError(t, store.Save(t.Context(), "k:refused", edusdk.Token{
				Expires: time.Now().Add(left), Extra: map[string]string{refusedKind: "unauthenticated"},
			}))
			l := &logins{}
			c := newCache(l, store)
			again := time.Now().Add(until)
			for _, wait := range []time.Duration{0, until - time.Second} {
				time.Sleep(wait)
				err := askOnce(c).err
				require.ErrorIs(t, err, edusdk.ErrUnauthenticated, "%s are left", left)
				assert.Equal(t, 1, strings.Count(err.Error(), "nothing was sent"), "%s", err)
				assert.ErrorContains(t, err, again.Round(0).Format(time.RFC3339), "%s are left", left)
			}
			time.Sleep(left - until + time.Second)
			assert.Equal(t, "1", askOnce(c).token, "%s were left", left)
		})
	}
}

// A store without leases is told of no refusals: nobody would look for them.
func TestNoRefusalIsStoredWithoutLeases(t *testing.T) {
	store := edusdk.NewMemoryStore()
	require.Error(t, askOnce(newCache(&logins{err: errRefused}, struct{ edusdk.TokenStore }{store})).err)
	record, err := store.Load(t.Context(), "k:refused")
	require.NoError(t, err)
	assert.Empty(t, record)
}

// What is stored of a refusal says nothing of the credentials, and what is read is
// foreign.
func TestTheRecordOfARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := edusdk.NewMemoryStore()
		c := newCache(&logins{err: errRefused}, store)
		require.Error(t, askOnce(c).err)
		record, err := store.Load(t.Context(), "k:refused")
		require.NoError(t, err)
		assert.Equal(t, edusdk.Token{
			Expires: time.Now().Round(0).Add(refusalMemory),
			Extra:   map[string]string{"kind": "unauthenticated", "vendor": "v", "code": "2", "message": "账号或密码错误"},
		}, record)
		for name, change := range map[string]func(*edusdk.Token){
			"of no kind":            func(r *edusdk.Token) { delete(r.Extra, refusedKind) },
			"of another kind":       func(r *edusdk.Token) { r.Extra[refusedKind] = "unavailable" },
			"a token":               func(r *edusdk.Token) { r.Value = "1" },
			"without a time":        func(r *edusdk.Token) { r.Expires = time.Time{} },
			"without anything":      func(r *edusdk.Token) { r.Extra = nil },
			"that has run out":      func(r *edusdk.Token) { r.Expires = time.Now() },
			"that is too far ahead": func(r *edusdk.Token) { r.Expires = time.Now().Add(2*refusalMemory + 1) },
		} {
			changed := record
			changed.Extra = maps.Clone(record.Extra)
			change(&changed)
			require.NoError(t, store.Save(t.Context(), "k:refused", changed))
			l := &logins{}
			assert.Equal(t, "1", askOnce(newCache(l, store)).token, "a record %s", name)
			require.NoError(t, store.Delete(t.Context(), "k", "1"))
		}
		record.Extra[refusedMessage] = "two\nlines"
		require.NoError(t, store.Save(t.Context(), "k:refused", record))
		assert.NotContains(t, askOnce(newCache(&logins{}, store)).err.Error(), "\n")
	})
}

// A renewal that is refused takes nobody's token away.
func TestAFleetWhoseRenewalIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		all := fleet(l, edusdk.NewMemoryStore(), 50)
		assertAll(t, together(all, askOnce), "1")
		time.Sleep(lifetime - 5*time.Minute) // in the bubble
		l.err = errRefused
		assertAll(t, together(all, askOnce), "1")
		assert.EqualValues(t, 2, l.count.Load(), "logins")
		time.Sleep(10 * time.Second)
		assertAll(t, together(all, askOnce), "1")
		assert.EqualValues(t, 2, l.count.Load(), "logins")
	})
}

func TestAnExplicitLoginOfAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		all := fleet(l, edusdk.NewMemoryStore(), 50)
		assertAll(t, together(all, askOnce), "1")
		assertAll(t, together(all, renewOnce), "2")
		time.Sleep(time.Minute) // in the bubble
		r := renewOnce(all[3])
		assert.Equal(t, "3", r.token, "nobody's login was under way")
		assert.EqualValues(t, 3, l.count.Load(), "logins")
		l.err = errRefused
		for n := range int64(3) {
			require.ErrorIs(t, renewOnce(all[n]).err, edusdk.ErrUnauthenticated)
			assert.Equal(t, 4+n, l.count.Load(), "logins: one that was refused keeps nobody from an explicit one")
			time.Sleep(time.Second)
		}
	})
}

// lockers is a TokenLocker whose methods do what they are told.
type lockers struct {
	faulty

	locker                   edusdk.TokenLocker
	lock, saveLocked, unlock func()
}

func newLockers() *lockers {
	memory := edusdk.NewMemoryStore()
	return &lockers{faulty: faulty{TokenStore: memory}, locker: memory}
}

func (s *lockers) Lock(ctx context.Context, key string, ttl time.Duration) (uint64, error) {
	s.run(s.lock)
	return s.locker.Lock(ctx, key, ttl)
}

func (s *lockers) SaveLocked(ctx context.Context, key string, t edusdk.Token, fence uint64) (bool, error) {
	s.run(s.saveLocked)
	return s.locker.SaveLocked(ctx, key, t, fence)
}

func (s *lockers) Unlock(ctx context.Context, key string, fence uint64) error {
	s.run(s.unlock)
	return s.locker.Unlock(ctx, key, fence)
}

func TestALockerThatDoesNotReturn(t *testing.T) {
	for name, fault := range faults {
		returns := name != "panics" && name != "exits"
		for method, set := range map[string]func(*lockers){
			"Lock":          func(s *lockers) { s.lock = fault },
			"SaveLocked":    func(s *lockers) { s.saveLocked = fault },
			"Load":          func(s *lockers) { s.load = fault },
			"Lock and Save": func(s *lockers) { s.lock, s.save = fault, fault },
		} {
			t.Run(method+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newLockers()
					set(s)
					c := newCache(&logins{}, s)
					start := time.Now()
					r := askOnce(c)
					if name == "panics" {
						assert.Equal(t, errBoom, r.panicked)
					} else {
						assert.Equal(t, "1", r.token, "it is done without")
					}
					if returns {
						hung := patience
						if method == "Lock and Save" {
							hung *= 2
						}
						assert.Equal(t, hung+time.Second, time.Since(start))
					}
					s.mended.Store(true)
					time.Sleep(25 * time.Hour) // in the bubble
					r = askOnce(c)
					assert.NotEmpty(t, r.token, "it has returned")
					assert.Equal(t, r.token, askOnce(newCache(&logins{}, s)).token, "and is used again")
				})
			})
		}
		t.Run("Unlock "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLockers()
				s.unlock = fault
				l := &logins{err: errBoom}
				c := newCache(l, s)
				start := time.Now()
				r := askOnce(c)
				if name == "panics" {
					assert.Equal(t, errBoom, r.panicked)
				} else {
					assert.ErrorIs(t, r.err, errBoom)
				}
				if returns {
					assert.Equal(t, time.Second+patience, time.Since(start))
				}
				l.err = nil
				time.Sleep(leaseTTL)
				assert.Equal(t, "2", askOnce(newCache(l, s)).token, "the lease has ended by itself")
				time.Sleep(25 * time.Hour)
			})
		})
	}
}

// However long a store hangs, each of its methods is asked once.
func TestALockerThatHangsIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLockers()
		hangs := func() { time.Sleep(24 * time.Hour) }
		s.lock, s.save = hangs, hangs
		c := newCache(&logins{}, s)
		for n := range 20 {
			start := time.Now()
			v := value(t, c)
			require.NoError(t, c.Invalidate(t.Context(), v))
			if n > 0 {
				require.Equal(t, time.Second, time.Since(start), "the login alone, at turn %d", n)
			}
		}
		assert.EqualValues(t, 2, s.under.Load(), "calls under way")
		time.Sleep(25 * time.Hour) // in the bubble
	})
}

// liar is a TokenLocker that is told what to say.
type liar struct {
	*edusdk.MemoryStore

	lock       func() (uint64, error)
	saveLocked func() (bool, error)
	unlock     func() error
	load       func() (edusdk.Token, error)
}

func (s *liar) Lock(ctx context.Context, key string, ttl time.Duration) (uint64, error) {
	if s.lock != nil {
		return s.lock()
	}
	return s.MemoryStore.Lock(ctx, key, ttl)
}

func (s *liar) SaveLocked(ctx context.Context, key string, t edusdk.Token, fence uint64) (bool, error) {
	if s.saveLocked != nil {
		return s.saveLocked()
	}
	return s.MemoryStore.SaveLocked(ctx, key, t, fence)
}

func (s *liar) Unlock(ctx context.Context, key string, fence uint64) error {
	if s.unlock != nil {
		return s.unlock()
	}
	return s.MemoryStore.Unlock(ctx, key, fence)
}

func (s *liar) Load(ctx context.Context, key string) (edusdk.Token, error) {
	if s.load != nil {
		return s.load()
	}
	return s.MemoryStore.Load(ctx, key)
}

// Whatever a store says, each process has a token, and soon.
func TestALockerThatLies(t *testing.T) {
	for name, tt := range map[string]struct {
		lies  liar
		most  int64         // logins of 10 processes
		bound time.Duration // of a call
	}{
		"another one always has the lease": {liar{lock: func() (uint64, error) { return 0, nil }}, 10, leasePatience + time.Second + 2*lastPoll},
		"everyone has the lease":           {liar{lock: func() (uint64, error) { return 7, nil }}, 10, time.Second},
		"the lease is granted, and is not": {liar{lock: func() (uint64, error) { return 7, errStore }}, 10, time.Second},
		"the largest fence":                {liar{lock: func() (uint64, error) { return 1<<64 - 1, nil }}, 10, time.Second},
		"no lease can be had":              {liar{lock: func() (uint64, error) { return 0, errStore }}, 10, time.Second},
		"nothing is saved":                 {liar{saveLocked: func() (bool, error) { return true, nil }}, 10, leaseTTL * 3},
		"another one was faster":           {liar{saveLocked: func() (bool, error) { return false, nil }}, 10, leaseTTL * 3},
		"saved, with an error":             {liar{saveLocked: func() (bool, error) { return true, errStore }}, 10, leaseTTL * 3},
		"cannot save":                      {liar{saveLocked: func() (bool, error) { return false, errStore }}, 10, leaseTTL * 3},
		"cannot be given back":             {liar{unlock: func() error { return errStore }}, 1, time.Second + 2*lastPoll},
		"has what nobody saved":            {liar{load: func() (edusdk.Token, error) { return edusdk.Token{Extra: map[string]string{"kind": "x"}}, nil }}, 10, leaseTTL * 3},
		"has what has expired":             {liar{load: func() (edusdk.Token, error) { return edusdk.Token{Value: "x", Expires: time.Now()}, nil }}, 10, leaseTTL * 3},
		"loads nothing":                    {liar{load: func() (edusdk.Token, error) { return edusdk.Token{}, errStore }}, 10, time.Second},
		"loads a token, with an error":     {liar{load: func() (edusdk.Token, error) { return edusdk.Token{Value: "x"}, errStore }}, 10, time.Second},
		"is right":                         {liar{}, 1, time.Second + 2*lastPoll},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.lies.MemoryStore = edusdk.NewMemoryStore()
				l := &logins{}
				all := fleet(l, &tt.lies, 10)
				for i, r := range together(all, askOnce) {
					assert.NoError(t, r.err, "process %d", i)
					assert.Nil(t, r.panicked)
					assert.NotEmpty(t, r.token)
					assert.NotEqual(t, "x", r.token)
					assert.LessOrEqual(t, r.at, tt.bound, "process %d", i)
				}
				assert.LessOrEqual(t, l.count.Load(), tt.most, "logins")
				assert.NotZero(t, l.count.Load(), "logins")
				for _, c := range all {
					assert.NotEmpty(t, value(t, c))
				}
			})
		})
	}
}

// A token that was refused is not taken, however often the store gives it.
func TestALockerThatGivesARejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &liar{MemoryStore: edusdk.NewMemoryStore(), load: func() (edusdk.Token, error) {
			return edusdk.Token{Value: "0", Expires: time.Now().Add(lifetime)}, nil
		}}
		c := newCache(&logins{}, s)
		assert.Equal(t, "0", value(t, c))
		require.NoError(t, c.Invalidate(t.Context(), "0"))
		assert.Equal(t, "1", value(t, c))
	})
}

// When the store goes down while others are waited for, each logs in by itself.
func TestAStoreThatGoesDownMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		s := &liar{MemoryStore: edusdk.NewMemoryStore()}
		s.load = func() (edusdk.Token, error) {
			if down.Load() {
				return edusdk.Token{}, errStore
			}
			return edusdk.Token{}, nil
		}
		l := &logins{}
		fence, err := s.Lock(t.Context(), "k", leaseTTL)
		require.NoError(t, err)
		require.NotZero(t, fence)
		go func() {
			time.Sleep(3 * time.Second) // in the bubble
			down.Store(true)
		}()
		all := fleet(l, s, 5)
		took := elapsed(func() {
			for _, r := range together(all, askOnce) {
				assert.NoError(t, r.err)
			}
		})
		assert.LessOrEqual(t, took, 4*time.Second+2*lastPoll)
		assert.EqualValues(t, 5, l.count.Load(), "logins")
	})
}

// A caller that leaves while another process is waited for fails nobody.
func TestACallerThatLeavesAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		_, err := store.Lock(t.Context(), "k", leaseTTL)
		require.NoError(t, err)
		c := newCache(l, store)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			r := c.ask(ctx)
			assert.ErrorIs(t, r.err, context.DeadlineExceeded)
			assert.Equal(t, 3*time.Second, r.at)
		})
		synctest.Wait()
		group.Go(func() { assert.Equal(t, "1", askOnce(c).token) })
		group.Wait()
	})
}

// While another process renews, a token that is good is given out.
func TestARenewalOfAnotherProcessHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := edusdk.NewMemoryStore()
		c := newCache(&logins{}, store)
		assert.Equal(t, "1", value(t, c))
		time.Sleep(lifetime - 10*time.Minute) // in the bubble
		_, err := store.Lock(t.Context(), "k", leaseTTL)
		require.NoError(t, err)
		assert.Equal(t, renewalPatience, elapsed(func() { assert.Equal(t, "1", value(t, c)) }))
		assert.Zero(t, elapsed(func() { assert.Equal(t, "1", value(t, c)) }))
		time.Sleep(leaseTTL + 2*time.Second)
		assert.Equal(t, "2", value(t, c))
	})
}

// A login with little time leaves some of it when others hold the lease.
func TestPatienceLeavesTimeForALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		s := &liar{MemoryStore: edusdk.NewMemoryStore(), lock: func() (uint64, error) { return 0, nil }}
		c := New(Config{Login: l.login, Store: s, Key: "k", Timeout: 4 * time.Second})
		r := askOnce(c)
		require.NoError(t, r.err)
		assert.LessOrEqual(t, r.at, 3*time.Second+3*lastPoll/2)
	})
}

// A holder can save its token, or be refused, between the look of another process and
// its lease.
func TestWhatIsThereWhenTheLeaseIsGranted(t *testing.T) {
	for name, tt := range map[string]struct {
		key   string
		found edusdk.Token
		ask   func(*Cache) result
		want  string
		err   error
	}{
		"a token":                       {"k", edusdk.Token{Value: "0"}, askOnce, "0", nil},
		"a token, at an explicit login": {"k", edusdk.Token{Value: "0"}, renewOnce, "0", nil},
		"a token that has expired":      {"k", edusdk.Token{Value: "0", Expires: time.Unix(1, 0)}, askOnce, "1", nil},
		"a refusal":                     {"k:refused", edusdk.Token{Extra: map[string]string{"kind": "permission denied"}}, askOnce, "", edusdk.ErrPermissionDenied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &liar{MemoryStore: edusdk.NewMemoryStore()}
				s.lock = func() (uint64, error) {
					if tt.found.Value == "" {
						tt.found.Expires = time.Now().Add(refusalMemory)
					}
					assert.NoError(t, s.Save(t.Context(), tt.key, tt.found))
					return s.MemoryStore.Lock(t.Context(), "k", leaseTTL)
				}
				r := tt.ask(newCache(&logins{}, s))
				assert.ErrorIs(t, r.err, tt.err)
				assert.Equal(t, tt.want, r.token)
				fence, err := s.MemoryStore.Lock(t.Context(), "k", leaseTTL)
				require.NoError(t, err)
				assert.NotZero(t, fence, "the lease was given back")
			})
		})
	}
}

// The lease is given back although the login's context has ended.
func TestALoginThatTimesOutGivesTheLeaseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := edusdk.NewMemoryStore()
		c := New(Config{Store: ctxStore{store}, Key: "k", Timeout: time.Second, Login: func(ctx context.Context) (edusdk.Token, error) {
			<-ctx.Done()
			return edusdk.Token{}, ctx.Err()
		}})
		require.ErrorIs(t, askOnce(c).err, errTimeout)
		fence, err := store.Lock(t.Context(), "k", leaseTTL)
		require.NoError(t, err)
		assert.NotZero(t, fence)
	})
}

// ctxStore minds the context of Unlock.
type ctxStore struct{ edusdk.TokenLocker }

func (s ctxStore) Unlock(ctx context.Context, key string, fence uint64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.TokenLocker.Unlock(ctx, key, fence)
}

// The looks into the store of many processes are spread.
func TestLooksAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var looks []time.Time
		s := &liar{MemoryStore: edusdk.NewMemoryStore()}
		s.lock = func() (uint64, error) {
			mu.Lock()
			defer mu.Unlock()
			looks = append(looks, time.Now())
			return 0, nil
		}
		c := New(Config{Login: (&logins{}).login, Store: s, Key: "k"})
		require.NoError(t, askOnce(c).err)
		var gaps []time.Duration
		for i := 1; i < len(looks); i++ {
			gaps = append(gaps, looks[i].Sub(looks[i-1]))
		}
		assert.GreaterOrEqual(t, slices.Min(gaps), firstPoll/2)
		assert.Less(t, slices.Max(gaps), 3*lastPoll/2)
		slices.Sort(gaps)
		assert.Greater(t, len(slices.Compact(gaps)), 10, "the times differ")
		assert.Less(t, len(looks), 60, "looks in 20 seconds")
	})
}
