package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// under returns an attempt that has begun.
func under(ctx context.Context, watch *deadlines, timeout time.Duration) *attemptContext {
	a := new(Attempt)
	a.context.attempt, a.context.Context = a, ctx
	a.context.begin(watch, timeout)
	return &a.context
}

// Attempts that share a timer end when each of them is due, in whatever order they
// began and others left.
func TestDeadlines(t *testing.T) {
	for name, timeouts := range map[string][]time.Duration{
		"one":                       {5},
		"the same":                  {3, 3, 3},
		"ever later":                {1, 2, 3, 4},
		"ever earlier":              {4, 3, 2, 1},
		"later, and then between":   {1, 5, 3},
		"one leaves first":          {-2, 5},
		"one leaves between":        {4, -1, 6, 2},
		"all leave":                 {-1, -2, -3},
		"the first is over at once": {0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := new(deadlines)
				began := time.Now()
				var wait sync.WaitGroup
				for _, timeout := range timeouts {
					x := under(t.Context(), d, timeout.Abs()*time.Second)
					deadline, ok := x.Deadline()
					assert.True(t, ok)
					assert.Equal(t, began.Add(timeout.Abs()*time.Second), deadline)
					wait.Go(func() {
						if timeout < 0 {
							time.Sleep(timeout.Abs() * time.Second / 2)
							assert.NoError(t, x.Err())
							x.finish()
							<-x.Done()
							assert.Equal(t, context.Canceled, x.Err())
							assert.False(t, x.timedOut())
							return
						}
						<-x.Done()
						assert.Equal(t, timeout*time.Second, time.Since(began))
						assert.Equal(t, context.DeadlineExceeded, x.Err())
						assert.True(t, x.timedOut())
						x.finish()
						assert.True(t, x.timedOut(), "the first end counts")
					})
				}
				wait.Wait()
				assert.Nil(t, d.first)
				assert.Nil(t, d.timer)
			})
		})
	}
}

// Attempts begin, end and leave in any order, and some are finished again: each ends
// at its own deadline, and nothing is kept that is over.
func TestDeadlinesInAnyOrder(t *testing.T) {
	type attempt struct {
		*attemptContext
		left bool
	}
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			d := new(deadlines)
			var all []*attempt
			for range 40 {
				switch random.IntN(3) {
				case 0:
					all = append(all, &attempt{under(t.Context(), d, time.Duration(1+random.IntN(6))*time.Second), false})
				case 1:
					time.Sleep(time.Second)
				case 2:
					if len(all) > 0 {
						one := all[random.IntN(len(all))]
						one.left = one.left || one.Err() == nil
						one.finish()
					}
				}
				synctest.Wait()
				underWay := map[*attemptContext]bool{}
				for _, one := range all {
					due := !one.deadline.After(time.Now())
					require.Equal(t, one.left || due, one.Err() != nil, "seed %d: ended", seed)
					require.Equal(t, one.Err() != nil && !one.left, one.timedOut(), "seed %d: timed out", seed)
					if one.Err() == nil {
						underWay[one.attemptContext] = true
					}
				}
				listed := map[*attemptContext]bool{}
				d.mu.Lock()
				for x := d.first; x != nil && !listed[x]; x = x.next {
					listed[x] = true
				}
				timed := d.timer != nil
				d.mu.Unlock()
				require.Equal(t, underWay, listed, "seed %d: what is under way", seed)
				require.Equal(t, len(underWay) > 0, timed, "seed %d: whether there is a timer", seed)
			}
			for _, one := range all {
				one.finish()
			}
		})
	}
}

// Who no longer waits for the end of an attempt is not called; all others are.
func TestFollowersOfAnAttempt(t *testing.T) {
	for leaving := range 1 << 4 {
		synctest.Test(t, func(t *testing.T) {
			x := under(t.Context(), new(deadlines), time.Minute)
			var mu sync.Mutex
			called := 0
			var stops []func() bool
			for i := range 4 {
				stops = append(stops, x.AfterFunc(func() {
					mu.Lock()
					defer mu.Unlock()
					called |= 1 << i
				}))
			}
			for i, stop := range stops {
				if leaving>>i&1 == 1 {
					assert.True(t, stop(), "who leaves: %04b", leaving)
				}
			}
			x.finish()
			synctest.Wait()
			assert.Equal(t, (1<<4-1)&^leaving, called, "who is called if these left: %04b", leaving)
		})
	}
}

// ofOwnKind is a context that no package knows, and that counts who waits for it.
type ofOwnKind struct {
	context.Context
	waiting *int
}

func (c ofOwnKind) Value(any) any { return nil }

func (c ofOwnKind) AfterFunc(f func()) func() bool {
	*c.waiting++
	stop := context.AfterFunc(c.Context, f)
	return func() bool {
		*c.waiting--
		return stop()
	}
}

// The context of a caller can live as long as its program: nothing of an attempt
// stays with it. One that never ends has nobody wait for it.
func TestAnAttemptLeavesItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waiting := 0
	x := under(ofOwnKind{ctx, &waiting}, new(deadlines), time.Minute)
	assert.Equal(t, 1, waiting)
	x.finish()
	assert.Zero(t, waiting)

	d := new(deadlines)
	x = under(context.WithoutCancel(ctx), d, time.Minute)
	x.finish()
	assert.Equal(t, context.Canceled, x.Err())
	assert.Nil(t, d.timer)
}

// A client that was used in one bubble is used in the next.
func TestDeadlinesInSeveralBubbles(t *testing.T) {
	d := new(deadlines)
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			left := under(t.Context(), d, time.Hour)
			x := under(t.Context(), d, time.Second)
			<-x.Done()
			assert.True(t, x.timedOut())
			x.finish()
			left.finish()
		})
	}
}

// The caller's context ends an attempt as its own end does, with its cause.
func TestAttemptContext(t *testing.T) {
	type key struct{}
	errWhy := errors.New("why")
	synctest.Test(t, func(t *testing.T) {
		d := new(deadlines)
		for name, tt := range map[string]struct {
			end      func(x *attemptContext, cancel context.CancelCauseFunc)
			err, why error
		}{
			"the caller":    {func(_ *attemptContext, cancel context.CancelCauseFunc) { cancel(errWhy) }, context.Canceled, errWhy},
			"its end":       {func(x *attemptContext, _ context.CancelCauseFunc) { x.finish() }, context.Canceled, context.Canceled},
			"breaking off":  {func(x *attemptContext, _ context.CancelCauseFunc) { x.breakOff() }, context.Canceled, errBrokenOff},
			"its deadline":  {func(*attemptContext, context.CancelCauseFunc) { time.Sleep(time.Minute) }, context.DeadlineExceeded, errAttemptTimeout},
			"several of it": {func(x *attemptContext, cancel context.CancelCauseFunc) { x.breakOff(); cancel(errWhy); x.finish() }, context.Canceled, errBrokenOff},
		} {
			ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "v"))
			x := under(ctx, d, time.Minute)
			child, stop := context.WithCancel(x)
			stopped, stopIt := context.WithCancel(x)
			third, stopThird := context.WithCancel(context.WithValue(x, key{}, "w"))
			stopIt()
			assert.Equal(t, context.Canceled, stopped.Err())
			assert.Len(t, x.followers, 1, name+": who is done no longer waits")
			var order []string
			unwanted := x.AfterFunc(func() { order = append(order, "unwanted") })
			assert.True(t, unwanted(), name)
			assert.False(t, unwanted(), name)
			again := x.AfterFunc(func() { order = append(order, "wanted") })
			assert.NoError(t, x.Err(), name)
			assert.NoError(t, x.why(), name)

			tt.end(x, cancel)
			synctest.Wait()
			assert.Equal(t, tt.err, x.Err(), name)
			assert.Equal(t, tt.why, x.why(), name)
			for _, c := range []context.Context{x, child, third} {
				require.Error(t, c.Err(), name)
				<-c.Done()
			}
			assert.False(t, again(), name)
			late := x.AfterFunc(func() { order = append(order, "late") })
			synctest.Wait()
			assert.False(t, late(), name)
			assert.Equal(t, []string{"wanted", "late"}, order, name)
			assert.Equal(t, "v", x.Value(key{}))
			assert.Same(t, x.attempt, x.Value(attemptKey{}))
			x.finish()
			cancel(nil)
			stop()
			stopThird()
		}
		assert.Nil(t, d.timer)
	})
}

// The earlier of two deadlines is that of the context.
func TestDeadlineOfAnAttempt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	callers, _ := ctx.Deadline()
	d := new(deadlines)
	for timeout, want := range map[time.Duration]bool{time.Second: false, time.Hour: true} {
		x := under(ctx, d, timeout)
		got, ok := x.Deadline()
		assert.True(t, ok)
		assert.Equal(t, want, got.Equal(callers))
		x.finish()
	}
	// One that did not begin is as the context that it has.
	x := &attemptContext{Context: ctx, attempt: new(Attempt), cancel: cancel}
	got, ok := x.Deadline()
	assert.True(t, ok)
	assert.Equal(t, callers, got)
	assert.NoError(t, x.Err())
	ended := make(chan struct{})
	x.AfterFunc(func() { close(ended) })
	x.finish()
	<-ended
	<-x.Done()
	assert.Equal(t, context.Canceled, x.Err())
	assert.Equal(t, context.Canceled, x.why())
}

// Many attempts at once, which end in all the ways that there are.
func TestManyDeadlines(t *testing.T) {
	d := new(deadlines)
	var wait sync.WaitGroup
	for i := range 64 {
		wait.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				timeout := time.Hour
				if (i+j)%3 == 0 {
					timeout = time.Microsecond
				}
				x := under(ctx, d, timeout)
				child, stop := context.WithCancel(x)
				if (i+j)%3 == 1 {
					cancel()
				}
				if timeout == time.Microsecond || (i+j)%3 == 1 {
					<-child.Done()
				}
				x.finish()
				<-child.Done()
				stop()
				cancel()
			}
		})
	}
	wait.Wait()
	assert.Nil(t, d.first)
	assert.Nil(t, d.timer)
}

// However a call ends, nothing of its attempts stays with the client.
func TestNothingOfAnAttemptStays(t *testing.T) {
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the client leaves
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/gone":
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, success)
	})
	c := newClient(t, srv.URL, edusdk.WithTimeout(20*time.Millisecond), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: 1, MaxDelay: 1, Budget: -1}))
	for _, path := range []string{"/do", "/slow", "/gone"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			ctx, cancel := context.WithCancel(t.Context())
			call := newCall(c, Read, &script{})
			call.Method, call.URL = method, c.Base()+path
			if path == "/do" {
				assert.NoError(t, c.Do(ctx, call), path)
			} else {
				assert.Error(t, c.Do(ctx, call), path)
			}
			c.deadlines.mu.Lock()
			assert.Nil(t, c.deadlines.first, "%s %s", method, path)
			assert.Nil(t, c.deadlines.timer, "%s %s", method, path)
			c.deadlines.mu.Unlock()
			cancel()
		}
	}
}
