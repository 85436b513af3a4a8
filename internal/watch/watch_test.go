package watch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/supervision/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBounded(t *testing.T) {
	t.Parallel()
	b := NewBounded(2)
	for _, tt := range []struct{ value, want string }{
		{"", ""},
		{"app_sign_error", "app_sign_error"},
		{"张三", "other"},
		{"a\nb", "other"},
		{strings.Repeat("x", 65), "other"},
		{"room is not exists", "room is not exists"},
		{"-100", "other"},
		{"app_sign_error", "app_sign_error"},
	} {
		assert.Equal(t, tt.want, b.Of(tt.value), tt.value)
	}
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() { assert.Equal(t, "other", b.Of(fmt.Sprint(i))) })
	}
	group.Wait()
}

func TestAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		assert.Zero(t, Age(time.Time{}))
		assert.InDelta(t, 90, Age(time.Now().Add(-90*time.Second)), 0)
		assert.Zero(t, Age(time.Now().Add(time.Hour)), "by another clock")
	})
}

// box is an outbox.
type box func(ctx context.Context) (outbox.Stats, error)

func (b box) Stats(ctx context.Context) (outbox.Stats, error) { return b(ctx) }

// An outbox that does not answer holds up nothing for long, and says nothing.
func TestOutboxesThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	for name, stats := range map[string]box{
		"fails": func(context.Context) (outbox.Stats, error) {
			return outbox.Stats{Down: true}, errors.New("postgres://edu:secret@db")
		},
		"panics": func(context.Context) (outbox.Stats, error) { panic("secret") },
		"exits": func(context.Context) (outbox.Stats, error) {
			runtime.Goexit()
			return outbox.Stats{}, nil
		},
		"blocks": func(context.Context) (outbox.Stats, error) {
			time.Sleep(time.Hour) // in the bubble
			return outbox.Stats{}, nil
		},
		"minds its context": func(ctx context.Context) (outbox.Stats, error) {
			<-ctx.Done()
			return outbox.Stats{}, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var group sync.WaitGroup
				var mended atomic.Bool
				p := NewPoll(box(func(ctx context.Context) (outbox.Stats, error) {
					if mended.Load() {
						return outbox.Stats{Down: true}, nil
					}
					return stats(ctx)
				}))
				for range 3 {
					group.Go(func() {
						_, err := p.Stats(context.Background())
						assert.EqualError(t, err, errOutbox.Error())
					})
				}
				group.Wait()
				assert.LessOrEqual(t, time.Since(start), patience)
				before := time.Now()
				_, err := p.Stats(context.Background())
				assert.Error(t, err)
				if name == "blocks" {
					assert.Zero(t, time.Since(before), "it is not asked again while it hangs")
				}
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				_, err = p.Stats(ctx)
				assert.Error(t, err)
				time.Sleep(2 * time.Hour)
				mended.Store(true)
				got, err := p.Stats(context.Background())
				require.NoError(t, err, "once it answers again")
				assert.True(t, got.Down)
			})
		})
	}
}
