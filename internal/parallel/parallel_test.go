package parallel

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/guard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGroupKeepsToItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(t.Context(), 8)
		var running, most, done atomic.Int64
		work := func(context.Context) error {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				continue
			}
			time.Sleep(time.Second) // in the bubble
			running.Add(-1)
			done.Add(1)
			return nil
		}
		start := time.Now()
		for range 10 {
			g.Go(func(ctx context.Context) error {
				g.Go(work) // a function that adds another
				return work(ctx)
			})
		}
		require.NoError(t, g.Wait())
		assert.EqualValues(t, 8, most.Load())
		assert.EqualValues(t, 20, done.Load())
		assert.Equal(t, 3*time.Second, time.Since(start), "20 seconds of work, 8 at a time")
	})
}

func TestTheFirstErrorEndsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup(t.Context(), 2)
		first := errors.New("first")
		var canceled atomic.Int64
		g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			canceled.Add(1)
			return ctx.Err()
		})
		g.Go(func(context.Context) error {
			time.Sleep(time.Second) // in the bubble
			return first
		})
		synctest.Wait()
		for range 10 {
			g.Go(func(ctx context.Context) error {
				t.Error("it was begun after the failure")
				return nil
			})
		}
		require.ErrorIs(t, g.Wait(), first)
		assert.EqualValues(t, 1, canceled.Load(), "the one under way was told")
	})
}

// A function that ends because the caller's context has ended knows more than
// the context does: whether its request was out, for example.
func TestTheErrorOfAFunctionGoesBeforeThatOfTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := NewGroup(ctx, 1)
	told := errors.New("canceled after the request was sent")
	g.Go(func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return told
	})
	assert.Equal(t, told, g.Wait())
}

func TestTheCallersContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := NewGroup(ctx, 1)
	g.Go(func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, g.Wait(), context.Canceled)
	g = NewGroup(ctx, 1)
	g.Go(func(context.Context) error {
		t.Error("it was begun after the context had ended")
		return nil
	})
	require.ErrorIs(t, g.Wait(), context.Canceled)
}

func TestACauseIsNotTheError(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller's own"))
	g := NewGroup(ctx, 1)
	g.Go(func(context.Context) error { return nil })
	assert.Equal(t, context.Canceled, g.Wait())
}

func TestWhatIsDoneIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := NewGroup(ctx, 1)
	g.Go(func(context.Context) error {
		cancel()
		return nil
	})
	require.NoError(t, g.Wait(), "there was nothing left to do when the context ended")
}

func TestWaitLetsGoOfTheContext(t *testing.T) {
	g := NewGroup(t.Context(), 1)
	g.Go(func(context.Context) error { return nil })
	require.NoError(t, g.Wait())
	assert.Error(t, g.ctx.Err(), "or it would hang on the caller's for as long as that lasts")
}

func TestTheFirstErrorStays(t *testing.T) {
	first := errors.New("first")
	ctx, cancel := context.WithCancel(t.Context())
	g := NewGroup(ctx, 2)
	g.Go(func(own context.Context) error {
		<-own.Done()
		return errors.New("second")
	})
	g.Go(func(context.Context) error { return first })
	g.wait.Wait()
	cancel()
	g.Go(func(context.Context) error { return nil })
	assert.Equal(t, first, g.Wait())
}

func TestAFunctionThatDoesNotReturn(t *testing.T) {
	boom, failed := errors.New("boom"), errors.New("failed")
	explode := func(context.Context) error { panic(boom) }
	exit := func(context.Context) error {
		runtime.Goexit()
		return nil
	}
	fail := func(context.Context) error { return failed }
	late := func(f func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			<-ctx.Done()
			return f(ctx)
		}
	}
	for name, tt := range map[string]struct {
		functions []func(context.Context) error
		err       error
		panicked  any
	}{
		"panics":                    {[]func(context.Context) error{explode}, nil, boom},
		"exits":                     {[]func(context.Context) error{exit}, guard.ErrExited, nil},
		"panics, the others end":    {[]func(context.Context) error{explode, late(fail), late(fail)}, nil, boom},
		"exits, the others end":     {[]func(context.Context) error{exit, late(fail), late(fail)}, guard.ErrExited, nil},
		"panics after a failure":    {[]func(context.Context) error{fail, late(explode)}, nil, boom},
		"exits after a failure":     {[]func(context.Context) error{fail, late(exit)}, failed, nil},
		"panics after another exit": {[]func(context.Context) error{exit, late(explode)}, nil, boom},
		"all panic":                 {[]func(context.Context) error{explode, explode, explode}, nil, boom},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGroup(t.Context(), len(tt.functions))
				begun := make(chan struct{}) // none fails before all have begun
				for _, f := range tt.functions {
					g.Go(func(ctx context.Context) error {
						<-begun
						return f(ctx)
					})
				}
				synctest.Wait()
				close(begun)
				synctest.Wait()
				g.Go(func(context.Context) error {
					t.Error("it was begun after the failure")
					return nil
				})
				var err error
				value := func() (value any) {
					defer func() { value = recover() }()
					err = g.Wait()
					return nil
				}()
				assert.Equal(t, tt.err, err)
				assert.Equal(t, tt.panicked, value)
				assert.Error(t, g.ctx.Err(), "the context is let go of")
				assert.Empty(t, g.slots, "slots that are taken")
			})
		})
	}
}
