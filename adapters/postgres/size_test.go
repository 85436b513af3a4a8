//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// size is what a table takes.
type size struct {
	bytes      int64
	live, dead int64
}

// sizes returns the sizes of tables, with their indexes.
func sizes(t testing.TB, pool *pgxpool.Pool, schema string) map[string]size {
	t.Helper()
	// t.Context has ended in cleanups.
	rows, err := pool.Query(context.Background(), `SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup
		FROM pg_stat_user_tables WHERE schemaname = $1`, schema)
	require.NoError(t, err)
	defer rows.Close()
	all := map[string]size{}
	for rows.Next() {
		var name string
		var s size
		require.NoError(t, rows.Scan(&name, &s.bytes, &s.live, &s.dead))
		all[name] = s
	}
	require.NoError(t, rows.Err())
	return all
}

// written returns how much the server has written to its log.
func written(t testing.TB, pool *pgxpool.Pool) (bytes int64) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint").Scan(&bytes))
	return bytes
}

// TestTablesStaySmall lets an hour pass in which each of some students sends a
// report a minute, as fast as that goes.
func TestTablesStaySmall(t *testing.T) {
	const students, keep = 1000, 10 * time.Minute
	pool := pgtest.Pool(t, pgtest.URL(t), 4)
	schema := place(t, pool)
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	store := open(t, pool, postgres.Options{Schema: schema, StoreOptions: outbox.StoreOptions{
		KeepKeys: keep, Clock: func() time.Time { return now },
	}})
	var early size
	began, wal := time.Now(), written(t, pool)
	for n := 1; n <= 60; n++ {
		batches := make([]outbox.Batch, students)
		for i := range batches {
			batches[i].Records = []outbox.Record{{
				Lane: fmt.Sprintf("3f0b9a64c2d14e5f8a7b6c5d4e3f2a1b/student-%08d/7b0e8a524c1d4f3e9a6b2d5c8e7f1a30", i), Key: fmt.Sprint("progress/", n),
				Kind: outbox.KindProgress, Body: make([]byte, 303),
			}}
		}
		for _, err := range store.Append(t.Context(), batches) {
			require.NoError(t, err)
		}
		for sent := 0; sent < students; {
			claims, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: 250, Lease: time.Minute})
			require.NoError(t, err)
			ended := make([]outbox.Finished, len(claims.Claims))
			for i, c := range claims.Claims {
				ended[i] = outbox.Finished{Claim: c, Outcome: outbox.Done}
			}
			_, err = store.Finish(t.Context(), ended)
			require.NoError(t, err)
			sent += len(ended)
		}
		now = now.Add(time.Minute)
		if n%10 != 0 {
			continue
		}
		all := sizes(t, pool, schema)
		sent := size{}
		for i := range 4 {
			s := all[fmt.Sprint("sent", i)]
			sent.bytes, sent.live, sent.dead = sent.bytes+s.bytes, sent.live+s.live, sent.dead+s.dead
		}
		t.Logf("minute %d, after %.1fs: lanes %d KB (%d dead rows), reports %d KB (%d dead rows), keys of %s %d KB (%d dead rows)",
			n, time.Since(began).Seconds(), all["lanes"].bytes>>10, all["lanes"].dead, all["reports"].bytes>>10, all["reports"].dead,
			keep, sent.bytes>>10, sent.dead)
		if n == 20 {
			early = size{bytes: all["lanes"].bytes + all["reports"].bytes + sent.bytes}
		}
		if n == 60 {
			t.Logf("%d bytes of write-ahead log for a report", (written(t, pool)-wal)/(60*students))
			assert.Less(t, all["lanes"].bytes+all["reports"].bytes+sent.bytes, 3*early.bytes, "what was taken after twenty minutes is enough")
			assert.Less(t, sent.live, int64(25*students), "keys are forgotten")
		}
	}
}
