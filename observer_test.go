package edusdk

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type (
	ownKey   struct{}
	otherKey struct{}
)

func TestValuesFrom(t *testing.T) {
	t.Parallel()
	until := time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	base, cancel := context.WithDeadline(context.WithValue(t.Context(), ownKey{}, "own"), until)
	defer cancel()
	var own, others Captured
	ctx := WithCapture(WithCallOptions(base, CallTimeout(time.Second)), &own)
	over, end := context.WithCancel(context.WithValue(context.Background(), otherKey{}, "other"))
	end()
	from := WithCapture(WithCallOptions(context.WithValue(over, ownKey{}, "covered"), CallTimeout(time.Minute)), &others)

	got := ValuesFrom(ctx, from)
	deadline, ok := got.Deadline()
	assert.True(t, ok)
	assert.Equal(t, until, deadline)
	assert.NoError(t, got.Err(), "from is over")
	assert.Equal(t, "other", got.Value(otherKey{}))
	assert.Equal(t, "covered", got.Value(ownKey{}), "from's comes first")
	assert.Equal(t, time.Second, CallOptionsOf(got).Timeout, "options are not taken over")
	Capturing(got)(Captured{Status: 200})
	assert.Equal(t, 200, own.Status, "what was captured")
	assert.Zero(t, others.Status)

	assert.Nil(t, CallOptionsOf(ValuesFrom(t.Context(), from)), "nor where there are none")
	assert.Nil(t, Capturing(ValuesFrom(t.Context(), from)))
	assert.Equal(t, ctx, ValuesFrom(ctx, ctx))
	assert.Equal(t, ctx, ValuesFrom(ctx, nil))

	child, cancelChild := context.WithCancel(got)
	defer cancelChild()
	cancel()
	assert.ErrorIs(t, got.Err(), context.Canceled)
	assert.ErrorIs(t, child.Err(), context.Canceled, "at once, so by no goroutine")
	assert.Equal(t, context.Canceled, context.Cause(got))
}

// However many contexts stand upon one another, a value that none of them has is looked
// for a number of times that does not explode.
func TestValuesFromOfMany(t *testing.T) {
	t.Parallel()
	asked := 0
	var ctx context.Context = &asking{t.Context(), &asked}
	for range 100 {
		ctx = ValuesFrom(ctx, context.WithValue(ctx, otherKey{}, "other"))
	}
	asked = 0
	assert.Nil(t, ctx.Value("absent"))
	assert.LessOrEqual(t, asked, 102)
}

type asking struct {
	context.Context

	asked *int
}

func (a *asking) Value(key any) any {
	*a.asked++
	return a.Context.Value(key)
}

// diary is an observer that writes down what it is told, and does not return from one
// of its methods.
type diary struct {
	name  string
	lines *[]string
	fails string
	do    func()
}

func (d diary) note(what string) {
	*d.lines = append(*d.lines, d.name+" "+what)
	if what == d.fails {
		d.do()
	}
}

func (d diary) StartCall(ctx context.Context, _ CallStart) context.Context {
	d.note("StartCall")
	return context.WithValue(ctx, otherKey{}, d.name)
}

func (d diary) StartAttempt(context.Context, AttemptStart) context.Context {
	d.note("StartAttempt")
	return nil
}

// stranger is an observer whose contexts have nothing of those that it is given.
type stranger struct{ diary }

func (stranger) StartCall(context.Context, CallStart) context.Context {
	return context.WithValue(context.Background(), ownKey{}, "stranger")
}

// Observers find their own in the context, whatever others return.
func TestAnObserverAfterWhichNothingIsLeft(t *testing.T) {
	t.Parallel()
	var lines []string
	d := diary{name: "a", lines: &lines}
	o, err := NewOptions(WithObserver(d), WithObserver(stranger{d}), WithObserver(stranger{d}))
	require.NoError(t, err)
	for _, caller := range []context.Context{t.Context(), ValuesFrom(t.Context(), context.WithValue(t.Context(), key("outer"), 1))} {
		ctx := o.Observer.(CallStarter).StartCall(caller, CallStart{})
		assert.Equal(t, "a", ctx.Value(otherKey{}))
		assert.Equal(t, "stranger", ctx.Value(ownKey{}))
	}
}

type key string

func (d diary) ObserveAttempt(context.Context, AttemptEvent) { d.note("ObserveAttempt") }
func (d diary) ObserveCall(context.Context, CallEvent)       { d.note("ObserveCall") }

// Observers are told of the same things, whichever of the others does not return.
func TestSeveralObservers(t *testing.T) {
	t.Parallel()
	for _, fails := range []string{"", "StartCall", "StartAttempt", "ObserveAttempt", "ObserveCall"} {
		for name, do := range map[string]func(){"panics": func() { panic("boom") }, "exits": runtime.Goexit} {
			t.Run(fails+" "+name, func(t *testing.T) {
				t.Parallel()
				var lines []string
				o, err := NewOptions(
					WithObserver(diary{name: "a", lines: &lines}), WithObserver(diary{"b", &lines, fails, do}), WithObserver(diary{name: "c", lines: &lines}),
				)
				require.NoError(t, err)
				for method, call := range map[string]func(){
					"StartCall": func() {
						ctx := o.Observer.(CallStarter).StartCall(t.Context(), CallStart{})
						assert.Equal(t, "c", ctx.Value(otherKey{}))
					},
					"StartAttempt": func() {
						assert.Equal(t, t.Context(), o.Observer.(AttemptStarter).StartAttempt(t.Context(), AttemptStart{}))
					},
					"ObserveAttempt": func() { o.Observer.ObserveAttempt(t.Context(), AttemptEvent{}) },
					"ObserveCall":    func() { o.Observer.ObserveCall(t.Context(), CallEvent{}) },
				} {
					lines = nil
					returned, ended := false, make(chan any)
					go func() {
						defer func() { ended <- recover() }()
						call()
						returned = true
					}()
					value := <-ended
					assert.Equal(t, method != fails, returned, method)
					if method == fails && name == "panics" {
						assert.Equal(t, "boom", value)
					}
					want := []string{"a " + method, "b " + method, "c " + method}
					if method == "ObserveAttempt" || method == "ObserveCall" {
						want[0], want[2] = want[2], want[0]
					}
					assert.Equal(t, want, lines)
				}
			})
		}
	}
}

// An option that is used with several clients does not mix their observers.
func TestObserversOfSeveralClients(t *testing.T) {
	t.Parallel()
	a, b, c := &nothing{}, &nothing{}, &nothing{}
	shared := []Option{WithObserver(a), WithObserver(b)}
	first, err := NewOptions(append(shared, WithObserver(c))...)
	require.NoError(t, err)
	second, err := NewOptions(shared...)
	require.NoError(t, err)
	assert.Len(t, first.Observer, 3)
	assert.Len(t, second.Observer, 2)
}
