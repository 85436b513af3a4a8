//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// trial appends to stores that share their tables, and sends what is in them,
// while something goes wrong.
type trial struct {
	t           *testing.T
	stores      []*postgres.Store
	lanes, each int // lanes of each store, reports of each lane
	failing     float64

	mu       sync.Mutex
	last     map[string]int  // the last number that was sent, by lane
	sending  map[string]bool // lanes
	sent     int
	attempts int
	wrong    []string
	progress *sync.Cond
}

// run runs the trial. Each of the disturbances comes when some more has been sent.
func (r *trial) run(disturbances ...func()) {
	r.t.Helper()
	r.last, r.sending, r.progress = map[string]int{}, map[string]bool{}, sync.NewCond(&r.mu)
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	stop := context.AfterFunc(ctx, r.progress.Broadcast)
	defer stop()
	var group sync.WaitGroup
	for i, store := range r.stores {
		group.Go(func() { r.produce(ctx, i, store) })
		for range 2 {
			group.Go(func() { r.consume(ctx, store) })
		}
	}
	for i, disturb := range disturbances {
		r.wait(ctx, r.all()*(i+1)/(len(disturbances)+1))
		disturb()
	}
	group.Wait()
	require.NoError(r.t, ctx.Err(), "it took too long: %d of %d are sent", r.sent, r.all())
	require.Empty(r.t, r.wrong)
	assert.Equal(r.t, r.all(), r.sent)
	stats, err := r.stores[0].Stats(r.t.Context())
	require.NoError(r.t, err)
	assert.Truef(r.t, stats == (outbox.StoreStats{}), "left over: %+v", stats)
}

func (r *trial) all() int { return len(r.stores) * r.lanes * r.each }

// wait waits until so many have been sent.
func (r *trial) wait(ctx context.Context, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.sent < n && ctx.Err() == nil && len(r.wrong) == 0 {
		r.progress.Wait()
	}
}

// produce appends until all is stored. After an error it appends the same again.
func (r *trial) produce(ctx context.Context, i int, store *postgres.Store) {
	for n := 1; n <= r.each; n++ {
		batches := make([]outbox.Batch, r.lanes)
		for l := range batches {
			batches[l].Records = []outbox.Record{{
				Lane: fmt.Sprintf("%d-%d", i, l), Key: fmt.Sprint(n), Kind: outbox.KindProgress, Body: fmt.Append(nil, n),
			}}
		}
		for len(batches) > 0 && ctx.Err() == nil {
			var again []outbox.Batch
			for l, err := range store.Append(ctx, batches) {
				if err != nil {
					again = append(again, batches[l])
				}
			}
			batches = again
		}
	}
}

// consume claims, sends and finishes until all has been sent.
func (r *trial) consume(ctx context.Context, store *postgres.Store) {
	for ctx.Err() == nil {
		claims, err := store.Claim(ctx, outbox.ClaimRequest{Max: 1 + rand.IntN(20), Lease: time.Hour})
		if err != nil {
			continue // it is asked again
		}
		finished := make([]outbox.Finished, len(claims.Claims))
		for i, c := range claims.Claims {
			finished[i] = r.send(c)
		}
		for len(finished) > 0 && ctx.Err() == nil {
			ours, err := store.Finish(ctx, finished)
			if err != nil {
				continue
			}
			for i, ok := range ours {
				if !ok {
					r.fail("the claim of %s was lost", finished[i].Claim.Lane)
				}
			}
			break
		}
		r.mu.Lock()
		over := r.sent == r.all() || len(r.wrong) > 0
		r.mu.Unlock()
		if over {
			return
		}
	}
}

func (r *trial) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
	r.progress.Broadcast()
}

// send sends a claim, or fails to.
func (r *trial) send(c outbox.Claim) outbox.Finished {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.progress.Broadcast()
	n := 0
	_, _ = fmt.Sscan(c.Records[0].Key, &n)
	r.attempts++
	if n != r.last[c.Lane]+1 {
		r.wrong = append(r.wrong, fmt.Sprintf("lane %s: %d after %d", c.Lane, n, r.last[c.Lane]))
	}
	if c.Records[0].Open {
		r.wrong = append(r.wrong, fmt.Sprintf("lane %s: %d may have been sent, although nobody had it", c.Lane, n))
	}
	if rand.Float64() < r.failing {
		return outbox.Finished{Claim: c, Outcome: outbox.Retry}
	}
	r.last[c.Lane] = n
	r.sent++
	return outbox.Finished{Claim: c, Outcome: outbox.Done}
}

// noneStranded looks whether there is a lane that would never be handed out
// although it should, and whether what lanes say of their reports is true.
func noneStranded(t *testing.T, pool *pgxpool.Pool, schema string) {
	t.Helper()
	var stranded int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM (
			SELECT lane_id, min(sequence) FILTER (WHERE status = 1) AS head, count(*) FILTER (WHERE status > 2) AS aside,
				count(*) FILTER (WHERE holds) AS holders FROM `+schema+`.reports GROUP BY lane_id
		) AS r FULL JOIN `+schema+`.lanes AS l ON l.id = r.lane_id
		WHERE l.id IS NULL OR coalesce(r.head, 0) <> l.head AND l.fence = 0 OR coalesce(r.aside, 0) <> l.aside
			OR coalesce(r.holders, 0) <> l.holders
			OR l.head > 0 AND NOT l.ready AND l.holders = 0 AND l.due > (extract(epoch FROM now()) + 86400) * 1000000000`).Scan(&stranded))
	assert.Zero(t, stranded, "stranded lanes")
}
