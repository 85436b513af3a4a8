//go:build unix

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func TestOrderWhenAttemptsFail(t *testing.T) {
	for _, failing := range []float64{0.05, 0.3} {
		t.Run(fmt.Sprintf("%.0f percent", failing*100), func(t *testing.T) {
			url := pgtest.URL(t)
			pool := pgtest.Pool(t, url, 4)
			schema := place(t, pool)
			opts := postgres.Options{Schema: schema}
			r := &trial{t: t, stores: []*postgres.Store{open(t, pool, opts), open(t, pgtest.Pool(t, url, 4), opts)}, lanes: 50, each: 20, failing: failing}
			r.run()
			t.Logf("%d reports, %d attempts, back-steps %d", r.all(), r.attempts, len(r.wrong))
			noneStranded(t, pool, schema)
		})
	}
}

func TestTerminatedBackends(t *testing.T) {
	url := pgtest.URL(t) + "?application_name=terminated"
	pool := pgtest.Pool(t, url, 6)
	admin := pgtest.Pool(t, pgtest.URL(t), 1)
	schema := place(t, admin)
	opts := postgres.Options{Schema: schema}
	r := &trial{t: t, stores: []*postgres.Store{open(t, pool, opts), open(t, pgtest.Pool(t, url, 6), opts)}, lanes: 30, each: 20, failing: 0.1}
	terminated := 0
	terminate := func() {
		n := 0
		if assert.NoError(t, admin.QueryRow(t.Context(),
			"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'terminated'").Scan(&n)) {
			terminated += n
		}
	}
	disturbances := make([]func(), 20)
	for i := range disturbances {
		disturbances[i] = terminate
	}
	r.run(disturbances...)
	assert.NotZero(t, terminated)
	t.Logf("%d connections were terminated", terminated)
	noneStranded(t, admin, schema)
}

func TestRestart(t *testing.T) {
	server := pgtest.Start(t)
	pool := pgtest.Pool(t, server.URL(), 6)
	schema := place(t, pool)
	opts := postgres.Options{Schema: schema}
	r := &trial{t: t, stores: []*postgres.Store{open(t, pool, opts), open(t, pgtest.Pool(t, server.URL(), 6), opts)}, lanes: 20, each: 20, failing: 0.1}
	r.run(
		func() { server.Down("immediate"); server.Up() },
		func() { server.Down("fast"); server.Up() },
	)
	noneStranded(t, pool, schema)
}

func TestFailover(t *testing.T) {
	primary := pgtest.Start(t, "wal_level=replica", "max_wal_senders=4")
	standby := primary.Standby("follower")
	url := fmt.Sprintf("postgres://edu@127.0.0.1:%d,127.0.0.1:%d/postgres?target_session_attrs=read-write&connect_timeout=3", primary.Port, standby.Port)
	pool := pgtest.Pool(t, url, 6)
	_, err := pool.Exec(t.Context(), "ALTER SYSTEM SET synchronous_standby_names = 'follower'")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "SELECT pg_reload_conf()")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var state string
		err := pool.QueryRow(t.Context(), "SELECT sync_state FROM pg_stat_replication").Scan(&state)
		return err == nil && state == "sync"
	}, time.Minute, 50*time.Millisecond)
	schema := pgtestSchema
	_, err = postgres.Migrate(t.Context(), pool, schema)
	require.NoError(t, err)
	opts := postgres.Options{Schema: schema}
	r := &trial{t: t, stores: []*postgres.Store{open(t, pool, opts), open(t, pgtest.Pool(t, url, 6), opts)}, lanes: 20, each: 20, failing: 0.1}
	r.run(func() {
		primary.Down("immediate")
		standby.Promote()
	})
	noneStranded(t, pool, schema)
	var recovering bool
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&recovering))
	assert.False(t, recovering)
}

// pgtestSchema is a schema in a server of the test's own.
const pgtestSchema = "outbox_of_a_test"

// breaker breaks connections at their next commit.
type breaker struct {
	mu     sync.Mutex
	mode   string // "before" or "after" the server has it, "" for neither
	commit []byte // the name of the prepared statement
	broken int
}

var errBroken = errors.New("the test broke the connection")

// breakable is a connection that a breaker breaks.
type breakable struct {
	net.Conn
	*breaker

	dying bool
}

var commitStatement = regexp.MustCompile(`(stmtcache_[0-9a-f]+)\x00COMMIT\x00`)

func (c *breakable) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := commitStatement.FindSubmatch(p); m != nil {
		c.commit = bytes.Clone(m[1])
	}
	if c.mode != "" && c.commit != nil && bytes.Contains(p, c.commit) && !commitStatement.Match(p) {
		mode := c.mode
		c.mode = ""
		c.broken++
		if mode == "before" {
			_ = c.Close()
			return 0, errBroken
		}
		c.dying = true
	}
	return c.Conn.Write(p)
}

func (c *breakable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dying { // the server has answered
		_ = c.Close()
		return 0, errBroken
	}
	return n, err
}

func TestConnectionLostAtCommit(t *testing.T) {
	for _, mode := range []string{"before", "after"} {
		t.Run(mode+" the server has it", func(t *testing.T) {
			b := &breaker{}
			cfg, err := pgxpool.ParseConfig(pgtest.URL(t))
			require.NoError(t, err)
			cfg.MaxConns = 1
			cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return &breakable{Conn: conn, breaker: b}, err
			}
			pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			store := open(t, pool, postgres.Options{Schema: place(t, pool)})
			record := func(lane, key string) outbox.Batch {
				return outbox.Batch{
					Records: []outbox.Record{{Lane: lane, Key: key, Kind: outbox.KindProgress}},
					States:  []outbox.State{{Key: lane + key, Data: []byte("1")}},
				}
			}
			claim := func() []outbox.Claim {
				claims, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: 10, Lease: time.Hour})
				require.NoError(t, err)
				return claims.Claims
			}
			finish := func(c outbox.Claim, o outbox.Outcome) []bool {
				ours, err := store.Finish(t.Context(), []outbox.Finished{{Claim: c, Outcome: o}})
				require.NoError(t, err)
				return ours
			}
			// The statements are prepared once all have been used.
			require.Equal(t, []error{nil}, store.Append(t.Context(), []outbox.Batch{record("a", "0")}))
			require.Equal(t, []bool{true}, finish(claim()[0], outbox.Done))
			disturb := func() {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.mode = mode
			}
			disturb()
			require.Equal(t, []error{nil, nil}, store.Append(t.Context(), []outbox.Batch{record("a", "1"), record("b", "1")}), "stored, and once")
			disturb()
			_, err = store.Claim(t.Context(), outbox.ClaimRequest{Max: 10, Lease: time.Hour})
			if mode == "before" {
				require.ErrorIs(t, err, errBroken)
			} else {
				require.Error(t, err)
			}
			claims := claim()
			require.Len(t, claims, 2, "nobody had them")
			assert.False(t, claims[0].Records[0].Open, "it was certainly not sent")
			disturb()
			assert.Equal(t, []bool{true}, finish(claims[0], outbox.Done))
			disturb()
			assert.Equal(t, []bool{true}, finish(claims[1], outbox.SetAside))
			assert.Equal(t, []bool{false}, finish(claims[0], outbox.Done), "later that is not ours")
			stats, err := store.Stats(t.Context())
			require.NoError(t, err)
			assert.Equal(t, outbox.StoreStats{Parked: 1, States: 3}, stats)
			assert.Equal(t, 4, b.broken)
		})
	}
}

func TestRollingUpdate(t *testing.T) {
	url := pgtest.URL(t)
	pool := pgtest.Pool(t, url, 6)
	schema := pgtest.Schema(t, pool)
	first, err := fs.ReadFile(postgres.Migrations(), "0001_outbox.sql")
	require.NoError(t, err)
	apply := func(sql string) {
		_, err := pool.Exec(t.Context(), strings.ReplaceAll(sql, postgres.DefaultSchema, schema))
		require.NoError(t, err)
	}
	_, err = postgres.Open(t.Context(), pool, postgres.Options{Schema: schema})
	require.ErrorContains(t, err, "has version 0 and 1 is needed")
	apply(string(first))
	opts := postgres.Options{Schema: schema}
	old := open(t, pool, opts)
	r := &trial{t: t, stores: []*postgres.Store{old, open(t, pgtest.Pool(t, url, 6), opts)}, lanes: 30, each: 20, failing: 0.1}
	r.run(
		func() {
			var group sync.WaitGroup
			for range 3 { // all processes of the new version start at the same time
				group.Go(func() {
					version, err := postgres.Migrate(t.Context(), pool, schema)
					assert.NoError(t, err)
					assert.Equal(t, 2, version)
				})
			}
			group.Wait()
		},
		// What a version to come may do while this one runs.
		func() {
			apply(`ALTER TABLE edusdk_outbox.reports ADD COLUMN later text NOT NULL DEFAULT ''`)
			apply(`ALTER TABLE edusdk_outbox.lanes ADD COLUMN later bigint NOT NULL DEFAULT 0`)
			apply(`CREATE INDEX ON edusdk_outbox.reports (later)`)
			apply(`INSERT INTO edusdk_outbox.migrations (version, oldest) VALUES (3, 1)`)
			open(t, pool, opts)
		},
	)
	noneStranded(t, pool, schema)
	apply(`INSERT INTO edusdk_outbox.migrations (version, oldest) VALUES (4, 4)`)
	_, err = postgres.Open(t.Context(), pool, opts)
	require.ErrorContains(t, err, "is for programs that know version 4, and this one knows 2")
	version, err := postgres.Migrate(t.Context(), pool, schema)
	require.NoError(t, err)
	assert.Equal(t, 4, version, "nothing to do")
}

func TestLongQueues(t *testing.T) {
	pool := pgtest.Pool(t, pgtest.URL(t), 4)
	schema := place(t, pool)
	store := open(t, pool, postgres.Options{Schema: schema})
	fill(t, store, 1, 300)
	claims := func(merge int) []outbox.Claim {
		c, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: 10, Lease: time.Hour, Merge: merge})
		require.NoError(t, err)
		require.Len(t, c.Claims, 1)
		return c.Claims
	}
	finish := func(c outbox.Claim, o outbox.Outcome) {
		ours, err := store.Finish(t.Context(), []outbox.Finished{{Claim: c, Outcome: o}})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, ours)
	}
	// 100 that come back after a later one was sent go out with the next one.
	for range 100 {
		finish(claims(1)[0], outbox.SetAside)
	}
	finish(claims(1)[0], outbox.Done)
	parked, err := store.List(t.Context(), outbox.ListRequest{Status: outbox.Parked, Limit: 1000})
	require.NoError(t, err)
	var back []outbox.Resolution
	for _, p := range parked {
		back = append(back, outbox.Resolution{Sequence: p.Sequence, From: outbox.Parked, To: outbox.Waiting})
	}
	_, err = store.Resolve(t.Context(), back)
	require.NoError(t, err)
	c := claims(1)[0]
	assert.Len(t, c.Records, 101)
	ours, err := store.Finish(t.Context(), []outbox.Finished{{Claim: outbox.Claim{Lane: c.Lane, Fence: c.Fence}, Outcome: outbox.Retry, Open: true}})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, ours, "the claim is known by its lane and fence")
	c = claims(1)[0]
	require.Len(t, c.Records, 101, "what may have arrived as one goes out as one")
	finish(c, outbox.Done)
	finish(claims(1)[0], outbox.Done)
	noneStranded(t, pool, schema)
	stats, err := store.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 300-103, stats.Waiting)
}

func TestOpenRefuses(t *testing.T) {
	pool := pgtest.Pool(t, pgtest.URL(t), 2)
	for name, tt := range map[string]struct {
		pool *pgxpool.Pool
		opts postgres.Options
		want string
	}{
		"no pool":          {nil, postgres.Options{}, "pool is required"},
		"negative keeping": {pool, postgres.Options{StoreOptions: outbox.StoreOptions{KeepKeys: -1}}, "Options.KeepKeys must not be negative"},
		"negative records": {pool, postgres.Options{StoreOptions: outbox.StoreOptions{MaxRecords: -1}}, "Options.MaxRecords must not be negative"},
		"negative timeout": {pool, postgres.Options{Timeout: -1}, "Options.Timeout must not be negative"},
		"a quoted schema":  {pool, postgres.Options{Schema: "a'b"}, "Options.Schema"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), tt.pool, tt.opts)
			require.ErrorContains(t, err, tt.want)
		})
	}
	cfg, err := pgxpool.ParseConfig(pgtest.URL(t))
	require.NoError(t, err)
	cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	careless, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer careless.Close()
	_, err = postgres.Open(t.Context(), careless, postgres.Options{Schema: place(t, pool)})
	require.ErrorContains(t, err, "synchronous_commit is off")
}

func TestErrors(t *testing.T) {
	pool := pgtest.Pool(t, pgtest.URL(t), 2)
	schema := place(t, pool)
	closing, err := pgxpool.New(t.Context(), pgtest.URL(t))
	require.NoError(t, err)
	store := open(t, closing, postgres.Options{Schema: schema})
	_, err = pool.Exec(t.Context(), "ALTER TABLE "+pgx.Identifier{schema, "reports"}.Sanitize()+" ADD CHECK (key <> 'secret')")
	require.NoError(t, err)
	err = store.Append(t.Context(), []outbox.Batch{{Records: []outbox.Record{{Lane: "a", Key: "secret", Kind: outbox.KindEnd, Body: []byte("张三")}}}})[0]
	require.ErrorContains(t, err, "postgres: Append")
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", err, err, err), fmt.Sprintf("%+v", errors.Unwrap(err))} {
		assert.NotContains(t, text, "736563726574", "no key in an error")
		assert.NotContains(t, text, "e5bca0", "nor what a report tells")
	}
	closing.Close()
	_, err = store.Claim(t.Context(), outbox.ClaimRequest{Max: 1, Lease: time.Minute})
	require.ErrorIs(t, err, outbox.ErrClosed)
}
