//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// minute is the n-th report of a student.
func minute(student, n int) outbox.Report {
	return outbox.Report{
		Kind: outbox.KindProgress, Session: "5d0c7b1e9f3a4c2d8e6b0a1f2c3d4e5f", Sequence: uint64(n),
		ClassCode: "3f0b9a64c2d14e5f8a7b6c5d4e3f2a1b", StudentUserCode: fmt.Sprintf("student-%08d", student),
		ResCode: "7b0e8a524c1d4f3e9a6b2d5c8e7f1a30", CourseCode: "9c8b7a6d5e4f4a3b8c2d1e0f9a8b7c6d",
		SectionCode: "1a2b3c4d5e6f4a7b8c9d0e1f2a3b4c5d", PlayTime: time.Duration(n) * time.Minute, ProgressTime: time.Minute,
	}
}

// box returns an outbox that sends by a function.
func box(t testing.TB, store outbox.Store, send func(context.Context, outbox.Report) error, configure func(*outbox.Config)) *outbox.Outbox {
	t.Helper()
	cfg := outbox.Config{Store: store, Send: send, Probe: func(context.Context) error { return nil }}
	if configure != nil {
		configure(&cfg)
	}
	b, err := outbox.New(cfg)
	require.NoError(t, err)
	return b
}

// BenchmarkReport stores reports of 20,000 students, from several callers whose
// reports are stored together.
func BenchmarkReport(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) {
			pool := pgtest.Pool(b, pgtest.URL(b), 4)
			store := open(b, pool, postgres.Options{Schema: place(b, pool), StoreOptions: outbox.StoreOptions{MaxRecords: 1 << 40}})
			o := box(b, store, func(context.Context, outbox.Report) error { return nil }, nil)
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := o.Report(b.Context(), minute(int(n%20_000), int(n/20_000)+1)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
		})
	}
}

// fill stores n reports, each for each of some lanes.
func fill(t testing.TB, store outbox.Store, lanes, each int) {
	t.Helper()
	var batches []outbox.Batch
	flush := func() {
		for _, err := range store.Append(t.Context(), batches) {
			require.NoError(t, err)
		}
		batches = batches[:0]
	}
	body := make([]byte, 303)
	for n := 1; n <= each; n++ {
		for l := range lanes {
			batches = append(batches, outbox.Batch{Records: []outbox.Record{{
				Lane: fmt.Sprintf("3f0b9a64c2d14e5f8a7b6c5d4e3f2a1b/student-%08d/7b0e8a524c1d4f3e9a6b2d5c8e7f1a30", l), Key: fmt.Sprint("progress/", n),
				Kind: outbox.KindProgress, Body: body, At: time.Unix(int64(n), 0),
			}}})
			if len(batches) == 1000 {
				flush()
			}
		}
	}
	flush()
}

// BenchmarkDrain claims and finishes what two stores share, 400 reports at a time.
func BenchmarkDrain(b *testing.B) {
	url := pgtest.URL(b)
	pool := pgtest.Pool(b, url, 4)
	schema := place(b, pool)
	first := open(b, pool, postgres.Options{Schema: schema})
	second := open(b, pgtest.Pool(b, url, 4), postgres.Options{Schema: schema})
	const lanes = 20_000
	fill(b, first, lanes, (b.N+lanes-1)/lanes)
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	b.ResetTimer()
	for i := range 4 {
		store := []*postgres.Store{first, second}[i%2]
		group.Go(func() {
			for left.Load() > 0 {
				claims, err := store.Claim(b.Context(), outbox.ClaimRequest{Max: 400, Lease: time.Minute})
				if err != nil {
					b.Error(err)
					return
				}
				ended := make([]outbox.Finished, len(claims.Claims))
				for j, c := range claims.Claims {
					ended[j] = outbox.Finished{Claim: c, Outcome: outbox.Done}
				}
				if _, err := store.Finish(b.Context(), ended); err != nil {
					b.Error(err)
					return
				}
				left.Add(-int64(len(ended)))
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}
