//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	edusdkredis "github.com/edusdk/edusdk/adapters/redis"
	"github.com/edusdk/edusdk/adapters/redis/internal/redistest"
	"github.com/edusdk/edusdk/internal/tokens/storetest"
)

// key is Options.Key.
var key = []byte("0123456789abcdef0123456789abcdef")

func newStore(t testing.TB, client redis.UniversalClient, opts edusdkredis.Options) *edusdkredis.TokenStore {
	t.Helper()
	if opts.Prefix == "" {
		opts.Prefix = redistest.Prefix()
	}
	store, err := edusdkredis.NewTokenStore(client, opts)
	require.NoError(t, err)
	return store
}

// inRealTime runs a test of storetest: the server knows no bubble.
func inRealTime(t *testing.T, f func(*testing.T)) { f(t) }

func TestTokenStore(t *testing.T) {
	client := redistest.Client(t, redistest.URL(t))
	for name, opts := range map[string]edusdkredis.Options{"plain": {}, "encrypted": {Key: key}} {
		t.Run(name, func(t *testing.T) {
			storetest.Test(t, func(t testing.TB) edusdk.TokenLocker { return newStore(t, client, opts) }, inRealTime)
		})
	}
}

// dump returns all of a server's keys with a prefix, and what is in them.
func dump(t *testing.T, client redis.UniversalClient, prefix string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	names, err := client.Keys(t.Context(), prefix+"*").Result()
	require.NoError(t, err)
	for _, name := range names {
		all[strings.TrimPrefix(name, prefix)] = client.HGetAll(t.Context(), name).Val()
	}
	return all
}

func TestWhatRedisHolds(t *testing.T) {
	client := redistest.Client(t, redistest.URL(t))
	token := edusdk.Token{Value: "canary-token", Expires: time.Now().Add(time.Hour), Extra: map[string]string{"k": "canary-extra"}}
	const name = "supervision:https://platform.example:0123456789abcdef"
	for kind, opts := range map[string]edusdkredis.Options{"plain": {}, "encrypted": {Key: key}} {
		t.Run(kind, func(t *testing.T) {
			opts.Prefix = redistest.Prefix()
			store := newStore(t, client, opts)
			fence, err := store.Lock(t.Context(), name, time.Minute)
			require.NoError(t, err)
			_, err = store.SaveLocked(t.Context(), name, token, fence)
			require.NoError(t, err)
			_, err = store.Lock(t.Context(), name, time.Minute)
			require.NoError(t, err)
			all := dump(t, client, opts.Prefix)
			text := fmt.Sprint(all)
			assert.Len(t, all, 3, "token, lease and fence")
			for _, part := range []string{"platform", "supervision", "0123456789abcdef", "refused"} {
				assert.NotContains(t, text, part, "of the client's key")
			}
			assert.Equal(t, kind == "plain", strings.Contains(text, "canary"), "the token can be read: %s", text)
			assert.NotContains(t, fmt.Sprint(dump(t, client, "")), "canary-password")
			for key := range all {
				ttl, err := client.PTTL(t.Context(), opts.Prefix+key).Result()
				require.NoError(t, err)
				assert.Positive(t, ttl, "%s expires", key)
			}
		})
	}
}

func TestATokenIsKeptUntilItExpires(t *testing.T) {
	client := redistest.Client(t, redistest.URL(t))
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		expires, maxAge time.Duration // 0: not known, and the default
		want            time.Duration // 0: not kept
	}{
		"two hours":                  {2 * time.Hour, 0, 2 * time.Hour},
		"an expiry not known":        {0, 0, 24 * time.Hour},
		"longer than MaxAge":         {48 * time.Hour, 0, 24 * time.Hour},
		"longer than a MaxAge":       {2 * time.Hour, time.Hour, time.Hour},
		"shorter than a tick":        {time.Nanosecond, 0, time.Millisecond},
		"expired":                    {-time.Second, 0, 0},
		"just expired":               {-1, 0, 0},
		"beyond what a number holds": {1<<63 - 1, 0, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			for _, locked := range []bool{false, true} {
				opts := edusdkredis.Options{Prefix: redistest.Prefix(), MaxAge: tt.maxAge, Clock: func() time.Time { return now }}
				store := newStore(t, client, opts)
				token := edusdk.Token{Value: "1"}
				require.NoError(t, store.Save(t.Context(), "k", edusdk.Token{Value: "before"}))
				if tt.expires != 0 {
					token.Expires = now.Add(tt.expires)
				}
				if locked {
					saved, err := store.SaveLocked(t.Context(), "k", token, 1)
					require.NoError(t, err)
					assert.True(t, saved)
				} else {
					require.NoError(t, store.Save(t.Context(), "k", token))
				}
				names, err := client.Keys(t.Context(), opts.Prefix+"*:token").Result()
				require.NoError(t, err)
				if tt.want <= time.Millisecond {
					assert.LessOrEqual(t, len(names), int(tt.want/time.Millisecond), "what was there before is gone")
					continue
				}
				require.Len(t, names, 1)
				ttl, err := client.PTTL(t.Context(), names[0]).Result()
				require.NoError(t, err)
				assert.InDelta(t, tt.want, ttl, float64(10*time.Second))
			}
		})
	}
}

// Services with different prefixes or keys do not meet.
func TestStoresApart(t *testing.T) {
	client := redistest.Client(t, redistest.URL(t))
	prefix := redistest.Prefix()
	other := bytes.Repeat([]byte{7}, 32)
	stores := []*edusdkredis.TokenStore{
		newStore(t, client, edusdkredis.Options{Prefix: prefix}), newStore(t, client, edusdkredis.Options{Prefix: prefix + "b:"}),
		newStore(t, client, edusdkredis.Options{Prefix: prefix, Key: key}), newStore(t, client, edusdkredis.Options{Prefix: prefix, Key: other}),
	}
	for i, s := range stores {
		require.NoError(t, s.Save(t.Context(), "k", edusdk.Token{Value: fmt.Sprint(i)}))
		fence, err := s.Lock(t.Context(), "k", time.Minute)
		require.NoError(t, err)
		assert.NotZero(t, fence, "the lease of store %d", i)
	}
	for i, s := range stores {
		got, err := s.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(i), got.Value)
	}
}

// What cannot be read is absent, so that one process replaces it.
func TestABrokenToken(t *testing.T) {
	client := redistest.Client(t, redistest.URL(t))
	for name, opts := range map[string]edusdkredis.Options{"plain": {}, "encrypted": {Key: key}} {
		t.Run(name, func(t *testing.T) {
			opts.Prefix = redistest.Prefix()
			store := newStore(t, client, opts)
			tokenKey := func(k string) string {
				before := dump(t, client, opts.Prefix)
				require.NoError(t, store.Save(t.Context(), k, edusdk.Token{Value: "of " + k}))
				for name := range dump(t, client, opts.Prefix) {
					if _, known := before[name]; !known {
						return opts.Prefix + name
					}
				}
				return ""
			}
			one, two := tokenKey("one"), tokenKey("two")
			whole := client.HGet(t.Context(), one, "token").Val()
			broken := map[string]string{"cut": whole[:len(whole)-1], "empty": "", "text": "canary"}
			if opts.Key != nil {
				broken["changed"] = whole[:20] + string(whole[20]^1) + whole[21:]
				broken["of another key"] = client.HGet(t.Context(), two, "token").Val()
			}
			for how, text := range broken {
				require.NoError(t, client.HSet(t.Context(), one, "token", text).Err())
				got, err := store.Load(t.Context(), "one")
				require.NoError(t, err, how)
				assert.Zero(t, got, how)
			}
			require.NoError(t, store.Save(t.Context(), "one", edusdk.Token{Value: "new"}))
			got, err := store.Load(t.Context(), "one")
			require.NoError(t, err)
			assert.Equal(t, "new", got.Value)
		})
	}
}

// A server that has lost everything does not give out fences from before.
func TestFencesAfterALossOfData(t *testing.T) {
	server := redistest.Start(t)
	client := redistest.Client(t, server.URL())
	store := newStore(t, client, edusdkredis.Options{})
	slow, err := store.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	server.Down()
	server.Up()
	later, err := store.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	assert.Greater(t, later, slow)
	saved, err := store.SaveLocked(t.Context(), "k", edusdk.Token{Value: "later"}, later)
	require.NoError(t, err)
	assert.True(t, saved)
	saved, err = store.SaveLocked(t.Context(), "k", edusdk.Token{Value: "slow"}, slow)
	require.NoError(t, err)
	assert.False(t, saved)
}

func TestAServerThatIsDown(t *testing.T) {
	server := redistest.Start(t)
	store := newStore(t, redistest.Client(t, server.URL()), edusdkredis.Options{})
	operations := map[string]func(context.Context) error{
		"Load":   func(ctx context.Context) error { _, err := store.Load(ctx, "k"); return err },
		"Save":   func(ctx context.Context) error { return store.Save(ctx, "k", edusdk.Token{Value: "canary"}) },
		"Delete": func(ctx context.Context) error { return store.Delete(ctx, "k", "canary") },
		"Lock":   func(ctx context.Context) error { _, err := store.Lock(ctx, "k", time.Second); return err },
		"SaveLocked": func(ctx context.Context) error {
			_, err := store.SaveLocked(ctx, "k", edusdk.Token{Value: "canary"}, 1)
			return err
		},
		"Unlock": func(ctx context.Context) error { return store.Unlock(ctx, "k", 1) },
	}
	for op, f := range operations {
		require.NoError(t, f(t.Context()), op)
	}
	server.Down()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	var group sync.WaitGroup
	for op, f := range operations {
		group.Go(func() {
			err := f(t.Context())
			var e *edusdk.Error
			if assert.ErrorAs(t, err, &e, op) {
				assert.Equal(t, "redis", e.Vendor)
				assert.Equal(t, op, e.Op)
				assert.ErrorIs(t, err, edusdk.ErrUnavailable)
				assert.NotContains(t, err.Error(), "canary")
			}
			assert.ErrorIs(t, f(canceled), edusdk.ErrCanceled, op)
		})
	}
	group.Wait()
	server.Up()
	for op, f := range operations {
		assert.Eventually(t, func() bool { return f(t.Context()) == nil }, 10*time.Second, 50*time.Millisecond, op)
	}
}

// Accounts that may not run scripts, and servers that do not know them, are told
// without what was to be stored.
func TestAServerThatRefuses(t *testing.T) {
	server := redistest.Start(t, "--rename-command", "EVALSHA", "", "--rename-command", "EVAL", "")
	store := newStore(t, redistest.Client(t, server.URL()), edusdkredis.Options{})
	err := store.Save(t.Context(), "canary-key", edusdk.Token{Value: "canary-token"})
	require.EqualError(t, err, "redis: Save: unavailable: ERR: unknown command")

	server = redistest.Start(t)
	admin := redistest.Client(t, server.URL())
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@read", "+@connection").Err())
	for user, kind := range map[string]edusdk.Kind{"reader:secret": edusdk.ErrPermissionDenied, "reader:wrong": edusdk.ErrUnauthenticated} {
		store = newStore(t, redistest.Client(t, "redis://"+user+"@"+server.Addr()), edusdkredis.Options{})
		err = store.Save(t.Context(), "canary-key", edusdk.Token{Value: "canary-token"})
		require.ErrorIs(t, err, kind)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer func() { require.NoError(t, client.Close()) }()
	for want, opts := range map[string]edusdkredis.Options{
		"Options.Prefix must not hold braces":   {Prefix: "a{b"},
		"Options.MaxAge must not be negative":   {MaxAge: -1},
		"Options.Key must have 32 bytes":        {Key: make([]byte, 31)},
		"Options.Key must have 32 bytes, empty": {Key: []byte{}},
	} {
		_, err := edusdkredis.NewTokenStore(client, opts)
		require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		assert.ErrorContains(t, err, strings.TrimSuffix(want, ", empty"))
		var field *edusdk.FieldError
		assert.ErrorAs(t, err, &field)
	}
	_, err := edusdkredis.NewTokenStore(nil, edusdkredis.Options{})
	assert.ErrorContains(t, err, "client")
}

func TestNothingIsPrinted(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer func() { require.NoError(t, client.Close()) }()
	opts := edusdkredis.Options{Prefix: "p:", Key: []byte("canary-canary-canary-canary-cana")}
	store := newStore(t, client, opts)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "opts", opts, "store", store)
	encoded, err := json.Marshal([]any{opts, store})
	require.NoError(t, err)
	for _, text := range []string{
		log.String(), string(encoded), fmt.Sprint(opts, store), fmt.Sprintf("%+v %#v %x %d %s", opts, opts, opts, opts, &opts),
		fmt.Sprintf("%+v %#v %x %+v", store, store, store, *store),
	} {
		assert.NotContains(t, text, "canary")
		assert.NotContains(t, text, fmt.Sprintf("%x", "canary"))
		assert.NotContains(t, text, strings.Trim(fmt.Sprintf("%d", []byte("canary")), "[]"))
		assert.Contains(t, text, "p:")
	}
}
