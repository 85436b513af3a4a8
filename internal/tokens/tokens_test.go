package tokens

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ transport.Credential = (*Cache)(nil)

const lifetime = 2 * time.Hour

// logins counts logins, each of which takes a second of the bubble's time and
// gives the next number.
type logins struct {
	count atomic.Int64
	err   error
}

func (l *logins) login(ctx context.Context) (edusdk.Token, error) {
	n := l.count.Add(1)
	if err := transport.Sleep(ctx, time.Second); err != nil {
		return edusdk.Token{}, err
	}
	if l.err != nil {
		return edusdk.Token{}, l.err
	}
	return edusdk.Token{Value: strconv.FormatInt(n, 10), Expires: time.Now().Add(lifetime)}, nil
}

func newCache(l *logins, store edusdk.TokenStore) *Cache {
	return New(Config{Login: l.login, Store: store, Key: "k", RenewAhead: 10 * time.Minute})
}

func value(t *testing.T, c *Cache) string {
	t.Helper()
	token, err := c.Token(t.Context())
	require.NoError(t, err)
	return token.Value
}

func TestTenThousandColdCallersLogInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		var group sync.WaitGroup
		for range 10_000 {
			group.Go(func() {
				token, err := c.Token(context.Background())
				assert.NoError(t, err)
				assert.Equal(t, "1", token.Value)
			})
		}
		group.Wait()
		assert.EqualValues(t, 1, l.count.Load())
	})
}

func TestACancelledLeaderFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := c.Token(ctx)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		group.Go(func() { assert.Equal(t, "1", value(t, c)) })
		synctest.Wait()
		cancel()
		group.Wait()
		assert.EqualValues(t, 1, l.count.Load())
	})
}

func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		assert.Equal(t, "1", value(t, c))
		time.Sleep(lifetime - 10*time.Minute - time.Second) // in the bubble
		assert.Equal(t, "1", value(t, c), "a second before its renewal")
		time.Sleep(time.Second)
		assert.Equal(t, "2", value(t, c))

		l.err = errors.New("down")
		time.Sleep(lifetime - 5*time.Minute)
		assert.Equal(t, "2", value(t, c), "still good, so a failed renewal is no error")
		time.Sleep(5 * time.Minute)
		_, err := c.Token(t.Context())
		assert.ErrorIs(t, err, l.err)
	})
}

func TestAShortLivedTokenIsKeptForHalfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := 0
		c := New(Config{RenewAhead: 10 * time.Minute, Login: func(context.Context) (edusdk.Token, error) {
			count++
			return edusdk.Token{Value: strconv.Itoa(count), Expires: time.Now().Add(time.Minute)}, nil
		}})
		assert.Equal(t, "1", value(t, c))
		time.Sleep(29 * time.Second) // in the bubble
		assert.Equal(t, "1", value(t, c))
		time.Sleep(time.Second)
		assert.Equal(t, "2", value(t, c))
	})
}

func TestRenewalIsSpreadByJitter(t *testing.T) {
	expires := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := New(Config{RenewAhead: 10 * time.Minute, Jitter: 5 * time.Minute, Now: func() time.Time { return expires.Add(-lifetime) }})
	seen := map[time.Duration]bool{}
	for range 100 {
		ahead := expires.Sub(c.renewal(edusdk.Token{Value: "x", Expires: expires}, c.now()))
		assert.GreaterOrEqual(t, ahead, 10*time.Minute)
		assert.Less(t, ahead, 15*time.Minute)
		seen[ahead] = true
	}
	assert.Greater(t, len(seen), 50, "the times differ")
	assert.Zero(t, c.renewal(edusdk.Token{Value: "x"}, c.now()), "a token without an expiry is not renewed")
}

func TestInvalidateDropsOnlyTheRejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		c := newCache(l, store)
		assert.Equal(t, "1", value(t, c))
		require.NoError(t, c.Invalidate(t.Context(), "0"))
		assert.Equal(t, "1", value(t, c), "another token was rejected")
		require.NoError(t, c.Invalidate(t.Context(), ""))
		require.NoError(t, c.Invalidate(t.Context(), "1"))
		assert.Equal(t, "2", value(t, c))
		require.NoError(t, c.Invalidate(t.Context(), "1"))
		assert.Equal(t, "2", value(t, c), "the rejected one was replaced already")
		stored, err := store.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, "2", stored.Value)
	})
}

func TestARejectedTokenLeavesTheStoreEvenIfTheNextLoginFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		c := newCache(l, store)
		assert.Equal(t, "1", value(t, c))
		require.NoError(t, c.Invalidate(t.Context(), "1"))
		l.err = errors.New("down")
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, l.err)
		stored, err := store.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Zero(t, stored)
	})
}

func TestTwoProcessesShareALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		a, b := newCache(l, store), newCache(l, store)
		assert.Equal(t, "1", value(t, a))
		assert.Equal(t, "1", value(t, b))
		require.NoError(t, a.Invalidate(t.Context(), "1"))
		assert.Equal(t, "2", value(t, a))
		require.NoError(t, b.Invalidate(t.Context(), "1"))
		assert.Equal(t, "2", value(t, b), "what the other process has renewed is taken without a login")
		assert.EqualValues(t, 2, l.count.Load())
	})
}

func TestARejectedTokenIsNotTakenFromTheStoreAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := &brokenStore{TokenStore: edusdk.NewMemoryStore()}
		c := newCache(l, store)
		assert.Equal(t, "1", value(t, c))
		store.noDelete = true
		require.Error(t, c.Invalidate(t.Context(), "1"))
		require.NoError(t, c.Invalidate(t.Context(), ""), "no token was rejected, so the store is not told")
		assert.Equal(t, "2", value(t, c))
	})
}

func TestAStoreThatIsDownIsDoneWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, &brokenStore{TokenStore: edusdk.NewMemoryStore(), noLoad: true, noSave: true})
		assert.Equal(t, "1", value(t, c))
		assert.Equal(t, "1", value(t, c))
	})
}

// hangingStore never answers, but minds the context that it is given.
type hangingStore struct{}

func (hangingStore) Load(ctx context.Context, _ string) (edusdk.Token, error) {
	<-ctx.Done()
	return edusdk.Token{}, ctx.Err()
}

func (hangingStore) Save(ctx context.Context, _ string, _ edusdk.Token) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hangingStore) Delete(ctx context.Context, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAStoreThatHangsIsDoneWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, hangingStore{})
		start := time.Now()
		assert.Equal(t, "1", value(t, c))
		assert.Equal(t, 5*time.Second+time.Second+5*time.Second, time.Since(start), "asked, logged in, and told")
		start = time.Now()
		assert.ErrorIs(t, c.Invalidate(t.Context(), "1"), context.DeadlineExceeded)
		assert.Equal(t, 5*time.Second, time.Since(start))
		assert.Equal(t, "2", value(t, c), "the rejected token is gone all the same")
	})
}

func TestARenewalThatHangsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		var hangs atomic.Bool
		c := newCache(l, nil)
		c.Login = func(ctx context.Context) (edusdk.Token, error) {
			if hangs.Load() {
				<-ctx.Done()
				return edusdk.Token{}, ctx.Err()
			}
			return l.login(ctx)
		}
		assert.Equal(t, "1", value(t, c))
		time.Sleep(lifetime - 10*time.Minute) // in the bubble
		hangs.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		token, err := c.Token(ctx)
		require.NoError(t, err, "a token is in hand")
		assert.Equal(t, "1", token.Value)
		start := time.Now()
		assert.Equal(t, "1", value(t, c))
		assert.Equal(t, 2*time.Second, time.Since(start), "a short wait for the new one")
		start = time.Now()
		assert.Equal(t, "1", value(t, c))
		assert.Zero(t, time.Since(start), "and none any more")
		time.Sleep(time.Minute + refusalMemory)
		hangs.Store(false)
		assert.Equal(t, "2", value(t, c))
	})
}

// A token can expire while a newer one is waited for.
func TestATokenThatExpiresDuringItsRenewal(t *testing.T) {
	for name, tt := range map[string]struct {
		left, login time.Duration
		fails       error
		ctx         time.Duration // of the caller
		want        string
		err         error
	}{
		"a login that is slow":           {time.Second, 5 * time.Second, nil, time.Minute, "2", nil},
		"a login that fails":             {time.Second, 1500 * time.Millisecond, errBoom, time.Minute, "", errBoom},
		"a login that fails, slowly":     {time.Second, 5 * time.Second, errBoom, time.Minute, "", errBoom},
		"a caller that leaves":           {time.Second, 5 * time.Second, nil, 3 * time.Second, "", context.DeadlineExceeded},
		"a token that lasts for as long": {6 * time.Second, 5 * time.Second, nil, time.Minute, "1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &logins{}
				login := &changing{login: l.login}
				c := New(Config{Login: login.run, RenewAhead: 10 * time.Minute})
				assert.Equal(t, "1", value(t, c))
				time.Sleep(lifetime - tt.left) // in the bubble
				login.set(func(context.Context) (edusdk.Token, error) {
					time.Sleep(tt.login)
					return edusdk.Token{Value: "2", Expires: time.Now().Add(lifetime)}, tt.fails
				})
				ctx, cancel := context.WithTimeout(t.Context(), tt.ctx)
				defer cancel()
				r := c.ask(ctx)
				assert.ErrorIs(t, r.err, tt.err)
				assert.Equal(t, tt.want, r.token)
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestATokenWithoutAnExpiryIsKept(t *testing.T) {
	n := 0
	c := New(Config{Login: func(context.Context) (edusdk.Token, error) {
		n++
		return edusdk.Token{Value: strconv.Itoa(n)}, nil
	}})
	assert.Equal(t, "1", value(t, c))
	assert.Equal(t, "1", value(t, c))
	require.NoError(t, c.Invalidate(t.Context(), "1"), "without a store")
	assert.Equal(t, "2", value(t, c))
}

func TestWhatTheStoreHasIsNotTakenAgainAtARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "old", Expires: time.Now().Add(time.Hour)}))
		c := newCache(l, store)
		c.Jitter = 5 * time.Minute // by which it is renewed while it is still fresh for others
		assert.Equal(t, "old", value(t, c))
		c.renewAt = time.Now()
		assert.Equal(t, "1", value(t, c))
		require.NoError(t, store.Delete(t.Context(), "k", "1"))
		c.renewAt = time.Now()
		assert.Equal(t, "2", value(t, c), "a store that has nothing gives nothing")
		require.NoError(t, c.Invalidate(t.Context(), "another"))
		require.NoError(t, store.Delete(t.Context(), "k", "2"))
		c.renewAt = time.Now()
		assert.Equal(t, "3", value(t, c), "neither after another one was rejected")
	})
}

func TestAStoredTokenThatIsAboutToExpireIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "old", Expires: time.Now().Add(10 * time.Minute)}))
		assert.Equal(t, "1", value(t, newCache(l, store)))
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "good", Expires: time.Now().Add(11 * time.Minute)}))
		assert.Equal(t, "good", value(t, newCache(l, store)))
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "for ever"}))
		assert.Equal(t, "for ever", value(t, newCache(l, store)))
	})
}

func TestAStoredTokenIsRenewedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "stored", Expires: time.Now().Add(lifetime)}))
		c := newCache(l, store)
		assert.Equal(t, "stored", value(t, c))
		time.Sleep(lifetime - 10*time.Minute - time.Second) // in the bubble
		assert.Equal(t, "stored", value(t, c), "a second before its renewal")
		time.Sleep(time.Second)
		assert.Equal(t, "1", value(t, c))
	})
}

// A token that has expired is not given out beside a refusal, nor while logins hang.
func TestAnExpiredTokenIsOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		assert.Equal(t, "1", value(t, c))
		l.err = &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnauthenticated, Rejected: true}
		time.Sleep(lifetime + time.Hour) // in the bubble
		for range 2 {
			token, err := c.Token(t.Context())
			require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
			assert.Empty(t, token)
		}
		assert.EqualValues(t, 2, l.count.Load(), "logins")
	})
	synctest.Test(t, func(t *testing.T) {
		store := edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "stored", Expires: time.Now().Add(time.Hour)}))
		leave := make(chan struct{})
		c := New(Config{Store: store, Key: "k", RenewAhead: time.Minute, Login: func(context.Context) (edusdk.Token, error) {
			<-leave
			return edusdk.Token{}, nil
		}})
		assert.Equal(t, "stored", value(t, c))
		time.Sleep(2 * time.Hour)
		for range maxLeftAlone + 1 {
			token, err := c.Token(t.Context())
			require.ErrorIs(t, err, edusdk.ErrUnavailable)
			assert.Empty(t, token)
		}
		close(leave)
	})
}

// What the vendor turns down for another reason than its credentials is no refusal of
// them, and a stored token that expires before the one here is no news.
func TestWhatIsNoRefusalAndNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{err: &edusdk.Error{Op: "Login", Kind: edusdk.ErrResourceExhausted, Rejected: true}}
		c := newCache(l, edusdk.NewMemoryStore())
		for n := range int64(2) {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, edusdk.ErrResourceExhausted)
			assert.Equal(t, n+1, l.count.Load(), "logins")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		store := edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "older", Expires: time.Now().Add(4 * time.Minute)}))
		c := New(Config{Login: l.login, Store: struct{ edusdk.TokenStore }{store}, Key: "k", RenewAhead: 10 * time.Minute})
		c.expires = time.Now().Add(5 * time.Minute)
		assert.Equal(t, "1", value(t, c))
	})
}

func TestRefusedCredentialsAreNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{err: &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnauthenticated, Rejected: true}}
		c := newCache(l, nil)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				_, err := c.Token(context.Background())
				assert.ErrorIs(t, err, edusdk.ErrUnauthenticated)
			})
		}
		group.Wait()
		time.Sleep(29 * time.Second) // in the bubble
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		assert.EqualValues(t, 1, l.count.Load(), "one login, and its refusal remembered")
		time.Sleep(time.Second)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		assert.EqualValues(t, 2, l.count.Load(), "after 30 s it is tried again")
		l.err = nil
		time.Sleep(30 * time.Second)
		assert.Equal(t, "3", value(t, c))
	})
}

// Whatever the kind: what did not come from the vendor says nothing of the
// credentials.
func TestOtherFailuresAreNotRemembered(t *testing.T) {
	for kind := edusdk.ErrUnknown; kind <= edusdk.ErrDeadlineExceeded; kind++ {
		for name, err := range map[string]*edusdk.Error{
			"not of the vendor": {Op: "Login", Kind: kind, HTTPStatus: 403, Attempts: 1},
			"of the vendor":     {Op: "Login", Kind: kind, HTTPStatus: 200, Attempts: 1, Code: "1", Rejected: true},
		} {
			t.Run(kind.String()+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := &logins{err: err}
					c := newCache(l, nil)
					_, got := c.Token(t.Context())
					require.Same(t, err, got)
					l.err = nil
					credentials := kind == edusdk.ErrUnauthenticated || kind == edusdk.ErrPermissionDenied || kind == edusdk.ErrInvalidArgument
					if !err.Rejected || !credentials {
						assert.Equal(t, "2", value(t, c))
						return
					}
					_, got = c.Token(t.Context())
					assert.EqualValues(t, 1, l.count.Load(), "logins that were sent")
					var again *edusdk.Error
					require.ErrorAs(t, got, &again)
					assert.Equal(t, edusdk.Error{Op: "Login", Kind: kind, Code: "1", Rejected: true, Err: again.Err}, *again,
						"it is the refusal, of which nothing was sent now")
					require.EqualError(t, again.Err, "nothing was sent: the last login was refused, and calls do not log in again before "+
						time.Now().Add(30*time.Second).Format(time.RFC3339))
					assert.Equal(t, 200, err.HTTPStatus, "the original stays as it is")
				})
			})
		}
	}
}

func TestWhatCausedARememberedRefusalIsFound(t *testing.T) {
	cause := errors.New("the cause")
	until := time.Date(2030, 5, 1, 8, 0, 0, 0, time.UTC)
	err := remembered(&edusdk.Error{Kind: edusdk.ErrUnauthenticated, Err: cause}, until)
	require.ErrorIs(t, err, cause)
	assert.ErrorContains(t, err, "the cause: nothing was sent: the last login was refused, and calls do not log in again before 2030-05-01T08:00:00Z")
}

// An explicit login is sent although the last one was refused; when it succeeds, the
// refusal is forgotten.
func TestAnExplicitLoginAlwaysLogsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{err: &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnauthenticated, Rejected: true}}
		c := newCache(l, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		for n := range int64(3) {
			_, err = c.Renew(t.Context())
			require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
			assert.Equal(t, 2+n, l.count.Load())
			assert.NotContains(t, err.Error(), "nothing was sent")
		}
		l.err = nil
		token, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "5", token.Value)
		assert.Equal(t, "5", value(t, c))
	})
}

// A token that an explicit login has got may expire before the refusal of the login
// before would have been forgotten.
func TestALoginThatSucceedsEndsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &changing{login: func(context.Context) (edusdk.Token, error) {
			return edusdk.Token{}, &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnauthenticated, Rejected: true}
		}}
		c := New(Config{Login: l.run})
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		count := 0
		l.set(func(context.Context) (edusdk.Token, error) {
			count++
			return edusdk.Token{Value: strconv.Itoa(count), Expires: time.Now().Add(time.Second)}, nil
		})
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Second) // in the bubble
		assert.Equal(t, "2", value(t, c))
	})
}

func TestARefusedRenewalKeepsTheOldToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		assert.Equal(t, "1", value(t, c))
		l.err = &edusdk.Error{Kind: edusdk.ErrPermissionDenied, Rejected: true}
		time.Sleep(lifetime - 5*time.Minute) // in the bubble
		assert.Equal(t, "1", value(t, c))
		assert.Equal(t, "1", value(t, c), "and the refusal is remembered")
		assert.EqualValues(t, 2, l.count.Load())
	})
}

func TestALoginIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{Login: func(ctx context.Context) (edusdk.Token, error) {
			<-ctx.Done()
			return edusdk.Token{}, ctx.Err()
		}})
		start := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, edusdk.ErrUnavailable)
		require.ErrorIs(t, err, errTimeout)
		assert.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's own deadline has not passed")
		assert.Equal(t, time.Minute, time.Since(start))

		c = New(Config{Timeout: time.Second, Login: c.Login})
		start = time.Now()
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, errTimeout)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// A login that minds no context can have its token just in time.
func TestATokenThatComesWithinTheGraceIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{Timeout: time.Second, Login: func(context.Context) (edusdk.Token, error) {
			time.Sleep(time.Second + loginGrace/2) // in the bubble
			return edusdk.Token{Value: "late"}, nil
		}})
		assert.Equal(t, "late", value(t, c))
	})
}

func TestALoginThatTimedOutKeepsItsWords(t *testing.T) {
	assert.Equal(t, &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnavailable, Err: errTimeout}, timedOut(context.DeadlineExceeded))
	own := &edusdk.Error{Vendor: "v", Op: "Login", Kind: edusdk.ErrDeadlineExceeded, Attempts: 2, MaybeApplied: true, Err: context.DeadlineExceeded}
	assert.Equal(t, &edusdk.Error{
		Vendor: "v", Op: "Login", Kind: edusdk.ErrUnavailable, Attempts: 2, MaybeApplied: true, Err: errTimeout,
	}, timedOut(fmt.Errorf("wrapped: %w", own)))
	assert.Equal(t, edusdk.ErrDeadlineExceeded, own.Kind, "the original stays as it is")
}

func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := &logins{}, edusdk.NewMemoryStore()
		asked := &faulty{TokenStore: store}
		c := newCache(l, asked)
		assert.Equal(t, "1", value(t, c))
		asked.calls.Store(0)
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "of another process", Expires: time.Now().Add(lifetime)}))
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				token, err := c.Renew(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "2", token.Value, "neither the one in hand nor the stored one")
			})
		}
		group.Wait()
		assert.Equal(t, "2", value(t, c))
		assert.EqualValues(t, 1, asked.calls.Load(), "calls of the store: it is told, and not asked")
		stored, err := store.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, "2", stored.Value)

		l.err = &edusdk.Error{Kind: edusdk.ErrUnauthenticated, Rejected: true}
		for range 2 {
			_, err = c.Renew(t.Context())
			require.ErrorIs(t, err, edusdk.ErrUnauthenticated, "it was wanted, so its failure is one")
		}
		assert.EqualValues(t, 4, l.count.Load(), "the refusal keeps calls from logging in, and not who asks for a login")
		assert.Equal(t, "2", value(t, c), "the token in hand stays")
	})
}

// slowStore takes a second of the bubble's time to load.
type slowStore struct{ edusdk.TokenStore }

func (s slowStore) Load(ctx context.Context, key string) (edusdk.Token, error) {
	time.Sleep(time.Second)
	return s.TokenStore.Load(ctx, key)
}

func TestRenewDoesNotTakeWhatAnotherCallFindsInTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := &logins{}, edusdk.NewMemoryStore()
		require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "stored", Expires: time.Now().Add(lifetime)}))
		c := newCache(l, slowStore{store})
		var group sync.WaitGroup
		group.Go(func() { assert.Equal(t, "stored", value(t, c)) })
		synctest.Wait() // it is looking into the store
		token, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "1", token.Value)
		group.Wait()
		assert.EqualValues(t, 1, l.count.Load())
	})
}

func TestALoginThatIsDownDoesNotSlowEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{}
		c := newCache(l, nil)
		assert.Equal(t, "1", value(t, c))
		l.err = &edusdk.Error{Kind: edusdk.ErrUnavailable}
		time.Sleep(lifetime - 5*time.Minute) // in the bubble
		for range 10 {
			assert.Equal(t, "1", value(t, c))
		}
		assert.EqualValues(t, 2, l.count.Load(), "one renewal was tried")
		time.Sleep(refusalMemory)
		assert.Equal(t, "1", value(t, c))
		assert.EqualValues(t, 3, l.count.Load(), "and after a while another one")
		time.Sleep(refusalMemory)
		l.err = nil
		assert.Equal(t, "4", value(t, c))
	})
}

func TestALoginWithoutATokenIsAnError(t *testing.T) {
	c := New(Config{Login: func(context.Context) (edusdk.Token, error) { return edusdk.Token{}, nil }})
	_, err := c.Token(t.Context())
	require.ErrorIs(t, err, errNoToken)
}

func TestKey(t *testing.T) {
	assert.Equal(t, "v:u:1c7e14fa35a326c3c48332e711e5e018", Key("v", "u", "account"), "processes of different versions share it")
	keys := map[string]string{}
	for _, k := range [][]string{
		{"v", "u", "account", "secret"}, {"v", "u", "accounts", "ecret"}, {"v", "u", "account", "other"},
		{"v", "w", "account", "secret"}, {"w", "u", "account", "secret"}, {"v", "u"},
	} {
		key := Key(k[0], k[1], k[2:]...)
		assert.Equal(t, key, Key(k[0], k[1], k[2:]...), "the same key each time")
		assert.NotContains(t, key, "secret")
		assert.NotContains(t, key, "account")
		assert.Empty(t, keys[key], "%v has a key of its own", k)
		keys[key] = fmt.Sprint(k)
	}
}

// brokenStore fails where it is told to.
type brokenStore struct {
	edusdk.TokenStore

	noLoad, noSave, noDelete bool
}

var errStore = errors.New("the store is down")

func (s *brokenStore) Load(ctx context.Context, key string) (edusdk.Token, error) {
	if s.noLoad {
		return edusdk.Token{}, errStore
	}
	return s.TokenStore.Load(ctx, key)
}

func (s *brokenStore) Save(ctx context.Context, key string, t edusdk.Token) error {
	if s.noSave {
		return errStore
	}
	return s.TokenStore.Save(ctx, key, t)
}

func (s *brokenStore) Delete(ctx context.Context, key, value string) error {
	if s.noDelete {
		return errStore
	}
	return s.TokenStore.Delete(ctx, key, value)
}

// off is a clock that is wrong by as much as it is told.
type off struct{ atomic.Int64 }

func (o *off) now() time.Time { return time.Now().Add(time.Duration(o.Load())) }

func (o *off) set(by time.Duration) { o.Store(int64(by)) }

// newProcess returns a cache of a process with a clock of its own, by which its
// tokens expire.
func newProcess(clock *off, count *atomic.Int64, store edusdk.TokenStore) *Cache {
	return New(Config{Store: store, Key: "k", Now: clock.now, Lifetime: lifetime, RenewAhead: 10 * time.Minute,
		Login: func(context.Context) (edusdk.Token, error) {
			return edusdk.Token{Value: strconv.FormatInt(count.Add(1), 10), Expires: clock.now().Add(lifetime)}, nil
		}})
}

const years = 10 * 365 * 24 * time.Hour

func TestAWrongClockDoesNotPoisonTheStore(t *testing.T) {
	for _, tt := range []struct {
		name string
		off  time.Duration // of the process that logs in first
		want string        // what the other one has
	}{
		{"right", 0, "1"}, {"an hour ahead", time.Hour, "1"}, {"a day ahead", 24 * time.Hour, "1"},
		{"years ahead", years, "1"}, {"beyond what a Duration holds", 1<<63 - 1, "1"},
		{"an hour behind", -time.Hour, "1"}, {"a day behind", -24 * time.Hour, "2"}, {"years behind", -years, "2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var wrong, right off
				var count atomic.Int64
				store := edusdk.NewMemoryStore()
				wrong.set(tt.off)
				assert.Equal(t, "1", value(t, newProcess(&wrong, &count, store)))
				c := newProcess(&right, &count, store)
				assert.Equal(t, tt.want, value(t, c))
				got, err := c.Token(t.Context())
				require.NoError(t, err)
				assert.LessOrEqual(t, time.Until(got.Expires), lifetime, "how long the token is taken to be good")
				time.Sleep(lifetime) // in the bubble
				assert.NotEqual(t, tt.want, value(t, c), "it is given up in time")
			})
		})
	}
}

func TestWhatASkewedLoginGives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := edusdk.NewMemoryStore()
		c := New(Config{Store: store, Key: "k", Lifetime: lifetime, Login: func(context.Context) (edusdk.Token, error) {
			return edusdk.Token{Value: "1", Expires: time.Now().Add(years)}, nil
		}})
		value(t, c)
		saved, err := store.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, lifetime, time.Until(saved.Expires), "lifetime of what is stored")
		assert.Equal(t, saved.Expires, saved.Expires.Round(0), "it has no monotonic reading")
	})
}

func TestAClockThatIsSetBackPutsNoExpiryOff(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, years} {
		t.Run(back.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock off
				var count atomic.Int64
				c := newProcess(&clock, &count, nil)
				assert.Equal(t, "1", value(t, c))
				clock.set(-back)
				got, err := c.Token(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "1", got.Value)
				assert.Equal(t, lifetime, got.Expires.Sub(clock.now()), "how long it is taken to be good")
				time.Sleep(lifetime - 10*time.Minute - time.Second)
				assert.Equal(t, "1", value(t, c), "before its renewal is due")
				time.Sleep(time.Second)
				assert.Equal(t, "2", value(t, c), "when it is due")
			})
		})
	}
}

// A monotonic clock stands still while the machine sleeps. What shows is the
// time on the wall, which the bubble's time.Now cannot part from the other, so
// this looks at the readings.
func TestTimesAreThoseOnTheWall(t *testing.T) {
	c := New(Config{Lifetime: lifetime, RenewAhead: 10 * time.Minute, Login: func(context.Context) (edusdk.Token, error) {
		return edusdk.Token{Value: "1", Expires: time.Now().Add(lifetime / 2)}, nil
	}})
	value(t, c)
	for name, at := range map[string]time.Time{"Expires": c.token.Expires, "the renewal": c.renewAt, "now": c.now()} {
		assert.Equal(t, at.Round(0), at, "%s has a monotonic reading", name)
	}
}

func TestARefusalIsForgottenAlthoughTheClockIsSetBack(t *testing.T) {
	for name, by := range map[string]time.Duration{
		"an hour back": -time.Hour, "years back": -years, "a moment back": -time.Second, "an hour on": time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock off
				l := &logins{err: &edusdk.Error{Op: "Login", Kind: edusdk.ErrUnauthenticated, Rejected: true}}
				c := New(Config{Login: l.login, Now: clock.now})
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
				l.err = nil
				clock.set(by)
				assert.Equal(t, "2", value(t, c))
			})
		})
	}
}

// The login of several calls has the values of the one that began it, so that its span
// can be that call's child; neither that call's end nor its options.
func TestALoginHasTheValuesOfTheCallThatBeganIt(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		var seen []any
		look := func(ctx context.Context) {
			seen = append(seen, ctx.Value(key{}))
			assert.Nil(t, edusdk.CallOptionsOf(ctx), "options")
			assert.Nil(t, edusdk.Capturing(ctx), "capture")
			until, _ := ctx.Deadline()
			assert.False(t, until.Before(time.Now().Add(storePatience)), "deadline")
		}
		l := &logins{}
		c := newCache(l, lookingStore{edusdk.NewMemoryStore(), look})
		c.Login = func(ctx context.Context) (edusdk.Token, error) {
			look(ctx)
			defer func() { assert.NoError(t, ctx.Err()) }()
			return l.login(ctx)
		}
		var group sync.WaitGroup
		for i, name := range []string{"first", "second"} {
			group.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, name), time.Second/2+time.Duration(i)*time.Minute)
				defer cancel()
				var got edusdk.Captured
				token, err := c.Token(edusdk.WithCapture(edusdk.WithCallOptions(ctx, edusdk.CallTimeout(1)), &got))
				if i == 0 {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					return
				}
				assert.NoError(t, err)
				assert.Equal(t, "1", token.Value)
			})
		}
		group.Wait()
		synctest.Wait()
		assert.Equal(t, []any{"first", "first", "first"}, seen, "in Load, the login and Save")
	})
}

// lookingStore is a store that looks at the contexts of Load and Save.
type lookingStore struct {
	edusdk.TokenStore

	look func(context.Context)
}

func (s lookingStore) Load(ctx context.Context, key string) (edusdk.Token, error) {
	s.look(ctx)
	return s.TokenStore.Load(ctx, key)
}

func (s lookingStore) Save(ctx context.Context, key string, t edusdk.Token) error {
	s.look(ctx)
	return s.TokenStore.Save(ctx, key, t)
}
