package outbox

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBatcherGathers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var batches [][]int
		b := batcher[int]{do: func(_ context.Context, items []int) []error {
			batches = append(batches, items)
			time.Sleep(time.Second)
			errs := make([]error, len(items))
			for i, n := range items {
				if n%2 == 1 {
					errs[i] = errBody
				}
			}
			return errs
		}}
		var group sync.WaitGroup
		for n := range 5 {
			group.Go(func() {
				time.Sleep(time.Duration(n) * time.Millisecond)
				errs := b.submit(t.Context(), []int{2 * n, 2*n + 1})
				assert.Equal(t, []error{nil, errBody}, errs, "each gets what is its own")
			})
		}
		group.Wait()
		assert.Equal(t, [][]int{{0, 1}, {2, 3, 4, 5, 6, 7, 8, 9}}, batches)
		assert.Empty(t, b.submit(t.Context(), nil))
	})
}

func TestBatcherLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := batcher[int]{do: func(ctx context.Context, items []int) []error {
			<-ctx.Done()
			return fill(make([]error, len(items)), ctx.Err())
		}}
		short, cancelShort := context.WithTimeout(t.Context(), time.Second)
		defer cancelShort()
		long, cancelLong := context.WithTimeout(t.Context(), time.Minute)
		defer cancelLong()
		began := time.Now()
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				assert.ErrorIs(t, b.submit(short, []int{1})[0], context.DeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(began), "who leaves does not wait for the store")
			})
		}
		group.Go(func() { assert.ErrorIs(t, b.submit(long, []int{1})[0], context.DeadlineExceeded) })
		group.Wait()
		synctest.Wait()
		assert.Equal(t, time.Minute, time.Since(began), "and nobody else does after that")
		assert.False(t, b.busy)
		assert.ErrorIs(t, b.submit(short, []int{1})[0], context.DeadlineExceeded, "nothing is begun for a context that has ended")
	})
}

func TestBatcherPassesPanicsOn(t *testing.T) {
	t.Parallel()
	do := func(context.Context, []int) []error { panic("broken") }
	b := batcher[int]{do: func(ctx context.Context, items []int) []error { return do(ctx, items) }}
	assert.PanicsWithValue(t, "broken", func() { b.submit(t.Context(), []int{1}) })
	do = func(context.Context, []int) []error { runtime.Goexit(); return nil }
	require.ErrorIs(t, b.submit(t.Context(), []int{1})[0], errExited)
	do = func(context.Context, []int) []error { return []error{nil} }
	require.ErrorIs(t, errors.Join(b.submit(t.Context(), []int{1, 2})...), errResults)
	require.NoError(t, b.submit(t.Context(), []int{1})[0], "it goes on")
}
