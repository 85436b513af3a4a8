// Package storetest has the tests that every edusdk.TokenLocker of ours passes.
package storetest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// ttl is that of leases that end in a test; long is that of others.
const ttl, long = 50 * time.Millisecond, time.Hour

// Test tests what open returns, each time an empty store. run runs each test, in a
// bubble of package synctest if the store knows no other time.
func Test(t *testing.T, open func(t testing.TB) edusdk.TokenLocker, run func(t *testing.T, f func(t *testing.T))) {
	for name, f := range map[string]func(*testing.T, edusdk.TokenLocker){
		"tokens":                                tokens,
		"keys":                                  keys,
		"many tokens":                           manyTokens,
		"one holder at a time":                  oneHolder,
		"many ask for a lease":                  manyLocks,
		"a lease ends by itself":                expiry,
		"saving ends the lease":                 savingEnds,
		"a later lease's token is not replaced": fenced,
		"a token without a lease is later than the lease": unfenced,
		"a deleted token was there":                       deleted,
		"a late holder does not end the lease of another": late,
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T) { f(t, open(t)) })
		})
	}
}

// token is a token with everything.
func token(value string) edusdk.Token {
	return edusdk.Token{
		Value: value, Expires: time.Now().Add(long).Round(0).UTC(), Extra: map[string]string{"studyPlatformCode": "p-" + value, "名": "字"},
	}
}

// has checks which token is in the store.
func has(t *testing.T, s edusdk.TokenLocker, key string, want edusdk.Token) {
	t.Helper()
	got, err := s.Load(t.Context(), key)
	require.NoError(t, err)
	assert.True(t, want.Expires.Equal(got.Expires), "expires %s, wanted %s", got.Expires, want.Expires)
	got.Expires = want.Expires
	assert.Equal(t, want, got)
}

// lock returns a lease's fence.
func lock(t *testing.T, s edusdk.TokenLocker, key string, ttl time.Duration) uint64 {
	t.Helper()
	fence, err := s.Lock(t.Context(), key, ttl)
	require.NoError(t, err)
	return fence
}

// next returns the fence of the lease of "k" after one that ends by itself.
func next(t *testing.T, s edusdk.TokenLocker, ttl time.Duration) uint64 {
	t.Helper()
	for range 500 {
		if fence := lock(t, s, "k", ttl); fence != 0 {
			return fence
		}
		<-time.After(10 * time.Millisecond)
	}
	require.Fail(t, "the lease does not end")
	return 0
}

// save saves under a lease.
func save(t *testing.T, s edusdk.TokenLocker, key string, token edusdk.Token, fence uint64) bool {
	t.Helper()
	saved, err := s.SaveLocked(t.Context(), key, token, fence)
	require.NoError(t, err)
	return saved
}

func tokens(t *testing.T, s edusdk.TokenLocker) {
	ctx := t.Context()
	has(t, s, "k", edusdk.Token{})
	require.NoError(t, s.Delete(ctx, "k", "1"))
	one, two := token("1"), token("2")
	require.NoError(t, s.Save(ctx, "k", one))
	has(t, s, "k", one)
	require.NoError(t, s.Save(ctx, "k", two))
	has(t, s, "k", two)
	require.NoError(t, s.Delete(ctx, "k", "1"))
	has(t, s, "k", two)
	require.NoError(t, s.Delete(ctx, "k", ""))
	has(t, s, "k", two)
	require.NoError(t, s.Delete(ctx, "k", "2"))
	has(t, s, "k", edusdk.Token{})

	bare := edusdk.Token{Value: "without an expiry"}
	require.NoError(t, s.Save(ctx, "k", bare))
	has(t, s, "k", bare)
	record := edusdk.Token{Expires: one.Expires, Extra: map[string]string{"without": "a value"}}
	require.NoError(t, s.Save(ctx, "k", record))
	has(t, s, "k", record)
	require.NoError(t, s.Delete(ctx, "k", ""))
	has(t, s, "k", edusdk.Token{})
}

func keys(t *testing.T, s edusdk.TokenLocker) {
	all := []string{
		"k", "K", "k:refused", "", "{k}", "{}", "}{", "k}:token", "k{", "supervision:https://例.example/路径:0a1b", "a b\r\nc", "\x00", strings.Repeat("k", 5000),
	}
	fences := map[string]uint64{}
	for _, key := range all {
		require.NoError(t, s.Save(t.Context(), key, token("of "+key)))
		fences[key] = lock(t, s, key, long)
		assert.NotZero(t, fences[key], "the lease of %q", key)
	}
	for _, key := range all {
		got, err := s.Load(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, "of "+key, got.Value)
		assert.True(t, save(t, s, key, token("new of "+key), fences[key]))
	}
	for _, key := range all {
		got, err := s.Load(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, "new of "+key, got.Value)
	}
}

func manyTokens(t *testing.T, s edusdk.TokenLocker) {
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 20 {
				value := fmt.Sprint(i, ".", j)
				assert.NoError(t, s.Save(t.Context(), "k", token(value)))
				got, err := s.Load(t.Context(), "k")
				assert.NoError(t, err)
				if got.Value != "" {
					assert.Equal(t, "p-"+got.Value, got.Extra["studyPlatformCode"], "all of it is of one token")
				}
				assert.NoError(t, s.Delete(t.Context(), "k", value))
			}
		})
	}
	group.Wait()
	has(t, s, "k", edusdk.Token{})
}

func oneHolder(t *testing.T, s edusdk.TokenLocker) {
	first := lock(t, s, "k", long)
	require.NotZero(t, first)
	assert.Zero(t, lock(t, s, "k", long), "it is taken")
	assert.NotZero(t, lock(t, s, "other", long), "another key's lease")
	require.NoError(t, s.Unlock(t.Context(), "k", first+1))
	require.NoError(t, s.Unlock(t.Context(), "k", first-1))
	require.NoError(t, s.Unlock(t.Context(), "none", first))
	assert.Zero(t, lock(t, s, "k", long), "nobody has given it back")
	require.NoError(t, s.Unlock(t.Context(), "k", first))
	second := lock(t, s, "k", long)
	assert.Greater(t, second, first, "the fence of the next lease")
	require.NoError(t, s.Unlock(t.Context(), "k", first))
	assert.Zero(t, lock(t, s, "k", long))
	has(t, s, "k", edusdk.Token{})
}

func manyLocks(t *testing.T, s edusdk.TokenLocker) {
	last := uint64(0)
	for range 10 {
		var granted atomic.Int64
		var fence atomic.Uint64
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				got, err := s.Lock(t.Context(), "k", long)
				assert.NoError(t, err)
				if got != 0 {
					granted.Add(1)
					fence.Store(got)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, granted.Load(), "leases granted")
		require.Greater(t, fence.Load(), last)
		last = fence.Load()
		require.NoError(t, s.Unlock(t.Context(), "k", last))
	}
}

func expiry(t *testing.T, s edusdk.TokenLocker) {
	start := time.Now()
	first := lock(t, s, "k", ttl)
	require.NotZero(t, first)
	second := next(t, s, ttl)
	assert.GreaterOrEqual(t, time.Since(start), ttl)
	assert.Greater(t, second, first)
	assert.Greater(t, next(t, s, ttl), second)
}

func savingEnds(t *testing.T, s edusdk.TokenLocker) {
	first := lock(t, s, "k", long)
	one, two := token("1"), token("2")
	assert.True(t, save(t, s, "k", one, first))
	has(t, s, "k", one)
	second := lock(t, s, "k", long)
	assert.Greater(t, second, first, "the lease has ended")
	assert.True(t, save(t, s, "k", two, second))
	has(t, s, "k", two)
	assert.True(t, save(t, s, "k", one, second), "the same holder once more")
	assert.True(t, save(t, s, "never leased", two, 1), "a store that has lost its leases")
	has(t, s, "never leased", two)
}

func fenced(t *testing.T, s edusdk.TokenLocker) {
	slow := lock(t, s, "k", ttl)
	later := next(t, s, long)
	one, two := token("1"), token("2")
	assert.True(t, save(t, s, "k", one, slow), "there is no later token yet")
	has(t, s, "k", one)
	assert.True(t, save(t, s, "k", two, later))
	has(t, s, "k", two)
	assert.False(t, save(t, s, "k", one, slow))
	has(t, s, "k", two)
}

func unfenced(t *testing.T, s edusdk.TokenLocker) {
	slow := lock(t, s, "k", ttl)
	later := next(t, s, long)
	one, two, three := token("1"), token("2"), token("3")
	require.NoError(t, s.Save(t.Context(), "k", two))
	assert.False(t, save(t, s, "k", one, slow))
	has(t, s, "k", two)
	assert.Zero(t, lock(t, s, "k", long), "the lease goes on")
	assert.True(t, save(t, s, "k", three, later))
	has(t, s, "k", three)
	require.NoError(t, s.Save(t.Context(), "k", one))
	has(t, s, "k", one)
}

func deleted(t *testing.T, s edusdk.TokenLocker) {
	slow := lock(t, s, "k", ttl)
	later := next(t, s, long)
	assert.True(t, save(t, s, "k", token("2"), later))
	require.NoError(t, s.Delete(t.Context(), "k", "2"))
	assert.False(t, save(t, s, "k", token("1"), slow))
	has(t, s, "k", edusdk.Token{})
}

func late(t *testing.T, s edusdk.TokenLocker) {
	slow := lock(t, s, "k", ttl)
	later := next(t, s, long)
	require.NoError(t, s.Unlock(t.Context(), "k", slow))
	assert.Zero(t, lock(t, s, "k", long))
	assert.True(t, save(t, s, "k", token("1"), slow))
	assert.Zero(t, lock(t, s, "k", long))
	require.NoError(t, s.Unlock(t.Context(), "k", later))
	assert.NotZero(t, lock(t, s, "k", long))
}
