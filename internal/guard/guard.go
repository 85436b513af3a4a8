// Package guard runs the code of importers in goroutines of ours. Such code
// can panic, which would end the process, call runtime.Goexit, which would leave
// others waiting, and block for as long as it likes.
package guard

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

var (
	// ErrExited is what a function comes to that ended its goroutine with
	// runtime.Goexit, as a t.FailNow does.
	ErrExited = errors.New("a callback ended its goroutine (runtime.Goexit)")
	// ErrPanicked is what those get who waited for a function that panicked
	// in a call of somebody else.
	ErrPanicked = errors.New("a callback panicked, in another call")
)

// Ending is how a function ended. The zero value means that it returned.
type Ending struct {
	value  any // of a panic, never nil
	stack  []byte
	exited bool
}

// Err returns nil for a function that returned, else ErrExited or ErrPanicked.
func (e *Ending) Err() error {
	switch {
	case e.exited:
		return ErrExited
	case e.Panicked():
		return ErrPanicked
	}
	return nil
}

// Panicked reports whether the function panicked.
func (e *Ending) Panicked() bool { return e.value != nil }

// Resume lets the panic of a function, if there was one, go on in the calling
// goroutine. Whoever recovers it gets its value; where nobody does, the process
// ends with the stack of the goroutine in which it began beside that of this one.
func (e *Ending) Resume() {
	if !e.Panicked() {
		return
	}
	// The runtime prints all panics under way, and recover returns the last.
	defer panic(e.value)
	panic(origin{e.value, e.stack})
}

// origin is what a process that ends of a resumed panic prints first.
type origin struct {
	value any
	stack []byte
}

func (o origin) Error() string {
	return fmt.Sprintf("%v, in a goroutine that ran for this one:\n\n%s", o.value, o.stack)
}

// Go runs f in a goroutine of its own and then, in the same, done with how f
// ended. done must not run code of importers.
func Go(f func(), done func(Ending)) {
	go func() {
		end := Ending{exited: true}
		defer func() {
			if end.exited {
				if v := recover(); v != nil {
					end = Ending{value: v, stack: debug.Stack()}
				}
			}
			done(end)
		}()
		f()
		end.exited = false
	}()
}

// Call runs f in a goroutine of its own and returns its result; but once ctx has
// ended it waits no longer than grace, and then returns the error of ctx. What
// becomes of f after that is not looked at. A panic of f goes on in the
// calling goroutine, and a runtime.Goexit is ErrExited.
func Call[T any](ctx context.Context, grace time.Duration, f func() T) (T, error) {
	var result, none T
	ended := make(chan Ending, 1)
	Go(func() { result = f() }, func(end Ending) { ended <- end })
	var end Ending
	select {
	case end = <-ended:
	case <-ctx.Done():
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case end = <-ended:
		case <-timer.C:
			return none, ctx.Err()
		}
	}
	end.Resume()
	return result, end.Err()
}
