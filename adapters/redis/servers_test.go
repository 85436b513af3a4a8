//go:build unix

package redis_test

import (
	"fmt"
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

// universal returns a client as an importer makes it.
func universal(t testing.TB, opts *redis.UniversalOptions) redis.UniversalClient {
	t.Helper()
	opts.ContextTimeoutEnabled = true
	client := redis.NewUniversalClient(opts)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func TestCluster(t *testing.T) {
	addrs := redistest.Cluster(t, 3)
	client := universal(t, &redis.UniversalOptions{Addrs: addrs[:2], RouteRandomly: true})
	require.IsType(t, &redis.ClusterClient{}, client)
	storetest.Test(t, func(t testing.TB) edusdk.TokenLocker { return newStore(t, client, edusdkredis.Options{}) }, inRealTime)
	store := newStore(t, client, edusdkredis.Options{Prefix: "spread:"})
	for i := range 60 {
		require.NoError(t, store.Save(t.Context(), fmt.Sprint("k", i), edusdk.Token{Value: "1"}))
	}
	for _, addr := range addrs {
		node := redistest.Client(t, "redis://"+addr)
		names, err := node.Keys(t.Context(), "spread:*").Result()
		require.NoError(t, err)
		assert.NotEmpty(t, names, "logins on %s", addr)
	}
}

// A sentinel makes a replica the primary. The token is there, and leases go on with
// greater fences.
func TestSentinel(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Start(t, "--replicaof", fmt.Sprintf("127.0.0.1 %d", primary.Port))
	direct := redistest.Client(t, primary.URL())
	require.Eventually(t, func() bool { return direct.Wait(t.Context(), 1, time.Second).Val() == 1 }, 20*time.Second, 50*time.Millisecond)
	sentinel := redistest.Sentinel(t, primary)
	watching := redis.NewSentinelClient(&redis.Options{Addr: sentinel.Addr()})
	defer func() { require.NoError(t, watching.Close()) }()
	require.Eventually(t, func() bool {
		replicas, err := watching.Replicas(t.Context(), "primary").Result()
		return err == nil && len(replicas) == 1 && replicas[0]["master-link-status"] == "ok"
	}, 30*time.Second, 100*time.Millisecond, "the sentinel knows the replica")

	store := newStore(t, universal(t, &redis.UniversalOptions{Addrs: []string{sentinel.Addr()}, MasterName: "primary"}), edusdkredis.Options{})
	fence, err := store.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	saved, err := store.SaveLocked(t.Context(), "k", edusdk.Token{Value: "1", Expires: time.Now().Add(time.Hour)}, fence)
	require.NoError(t, err)
	require.True(t, saved)
	copied := redistest.Client(t, replica.URL())
	require.Eventually(t, func() bool {
		n, err := copied.DBSize(t.Context()).Result()
		return err == nil && n == 2 // the token, and the fences
	}, 5*time.Second, 10*time.Millisecond, "the replica has it")

	primary.Down()
	down := time.Now()
	require.Eventually(t, func() bool {
		later, err := store.Lock(t.Context(), "k", time.Minute)
		return err == nil && assert.Greater(t, later, fence)
	}, 30*time.Second, 50*time.Millisecond, replica.Log())
	t.Logf("a lease again %s after the primary was killed", time.Since(down).Round(time.Millisecond))
	got, err := store.Load(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "1", got.Value)
}
