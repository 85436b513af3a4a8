package guard

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

func explode() int { panic(errBoom) }

func exit() int {
	runtime.Goexit()
	return 0
}

// recovered returns what f panics with, nil if it does not.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func TestCall(t *testing.T) {
	for name, tt := range map[string]struct {
		f        func() int
		want     int
		err      error
		panicked any
		elapsed  time.Duration
	}{
		"returns":             {f: func() int { return 7 }, want: 7},
		"takes its time":      {f: late(time.Second), want: 1, elapsed: time.Second},
		"returns in grace":    {f: late(11 * time.Second), want: 1, elapsed: 11 * time.Second},
		"returns too late":    {f: late(time.Hour), err: context.DeadlineExceeded, elapsed: 12 * time.Second},
		"panics":              {f: explode, panicked: errBoom},
		"panics in grace":     {f: func() int { late(11 * time.Second)(); return explode() }, panicked: errBoom, elapsed: 11 * time.Second},
		"panics too late":     {f: func() int { late(time.Hour)(); return explode() }, err: context.DeadlineExceeded, elapsed: 12 * time.Second},
		"panics with nothing": {f: func() int { panic(nil) }, panicked: new(runtime.PanicNilError)},
		"exits":               {f: exit, err: ErrExited},
		"exits too late":      {f: func() int { late(time.Hour)(); return exit() }, err: context.DeadlineExceeded, elapsed: 12 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				var got int
				var err error
				value := recovered(func() { got, err = Call(ctx, 2*time.Second, tt.f) })
				assert.Equal(t, tt.want, got)
				assert.Equal(t, tt.err, err)
				assert.IsType(t, tt.panicked, value)
				if want, ok := tt.panicked.(error); ok && errors.Is(want, errBoom) {
					assert.Equal(t, errBoom, value)
				}
				assert.Equal(t, tt.elapsed, time.Since(start))
				time.Sleep(2 * time.Hour) // in the bubble, for what is late
			})
		})
	}
}

func late(d time.Duration) func() int {
	return func() int {
		time.Sleep(d) // in the bubble
		return 1
	}
}

func TestThoseWhoOnlyWaited(t *testing.T) {
	for name, tt := range map[string]struct {
		f   func()
		err error
	}{
		"returns": {func() {}, nil},
		"panics":  {func() { explode() }, ErrPanicked},
		"exits":   {func() { exit() }, ErrExited},
	} {
		ended := make(chan Ending, 1)
		Go(tt.f, func(end Ending) { ended <- end })
		end := <-ended
		assert.Equal(t, tt.err, end.Err(), name)
		assert.Equal(t, name == "panics", end.Panicked(), name)
	}
}

// A process that ends of a panic shows where it began.
func TestThePanicOfAProcessThatEnds(t *testing.T) {
	if os.Getenv("EDUSDK_PANIC") != "" {
		_, _ = Call(t.Context(), 0, explode)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "EDUSDK_PANIC=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "the process was to end of the panic")
	for _, want := range []string{"boom", "guard.explode", "guard.TestThePanicOfAProcessThatEnds"} {
		assert.Contains(t, string(out), want, "what the process prints")
	}
}
