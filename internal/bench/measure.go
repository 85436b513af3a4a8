package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sample is what a number of calls took. All but the rate and the latencies is
// for one call.
type sample struct {
	allocs, bytes float64
	cpu           float64 // seconds of this process
	wall          float64 // seconds
	rate          float64 // calls a second
	p50, p99      float64 // seconds
}

// usage is what this process has used so far.
type usage struct {
	at            time.Time
	cpu           time.Duration
	allocs, bytes uint64
}

func used() usage {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // it cannot fail for the process itself
	return usage{time.Now(), time.Duration(r.Utime.Nano() + r.Stime.Nano()), mem.Mallocs, mem.TotalAlloc}
}

// measure makes calls, so many at a time.
func measure(ctx context.Context, callers, calls int, call func(ctx context.Context) error) (sample, error) {
	took := make([]float64, calls)
	var err error
	runtime.GC()
	before := used()
	if callers == 1 {
		for i := range calls {
			began := time.Now()
			if err = call(ctx); err != nil {
				break
			}
			took[i] = time.Since(began).Seconds()
		}
	} else {
		err = sideBySide(ctx, callers, took, call)
	}
	after := used()
	if err != nil {
		return sample{}, err
	}
	n, wall := float64(calls), after.at.Sub(before.at).Seconds()
	slices.Sort(took)
	return sample{
		allocs: float64(after.allocs-before.allocs) / n, bytes: float64(after.bytes-before.bytes) / n,
		cpu: (after.cpu - before.cpu).Seconds() / n, wall: wall / n, rate: n / wall,
		p50: took[len(took)/2], p99: took[len(took)*99/100],
	}, nil
}

func sideBySide(ctx context.Context, callers int, took []float64, call func(ctx context.Context) error) error {
	var (
		next  atomic.Int64
		once  sync.Once
		first error
		wait  sync.WaitGroup
	)
	for range callers {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(took) {
					return
				}
				began := time.Now()
				if err := call(ctx); err != nil {
					once.Do(func() { first = err })
					return
				}
				took[i] = time.Since(began).Seconds()
			}
		})
	}
	wait.Wait()
	return first
}

// measured are the samples of contenders, one a round.
type measured map[string][]sample

// compare measures the contenders in turn, round after round, so that what
// disturbs the machine disturbs all of them.
func compare(ctx context.Context, rounds, callers, calls int, cs []contender) (measured, error) {
	m := measured{}
	for round := range rounds {
		for i := range cs {
			c := cs[(i+round)%len(cs)] // none always follows the same one
			s, err := inTurn(ctx, callers, calls, c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			m[c.name] = append(m[c.name], s)
		}
	}
	return m, nil
}

// inTurn measures a contender, with its connections open and those of the others
// closed: they would be a load on the garbage collector.
func inTurn(ctx context.Context, callers, calls int, c contender) (s sample, err error) {
	defer c.close()
	pprof.Do(ctx, pprof.Labels("contender", c.name), func(ctx context.Context) {
		if _, err = measure(ctx, callers, max(calls/20, callers), c.call); err == nil {
			s, err = measure(ctx, callers, calls, c.call)
		}
	})
	return s, err
}

// of returns the medians of a contender's numbers.
func (m measured) of(name string) sample { return medians(m[name]) }

// over returns the medians of a contender's ratios to another one, each taken
// within a round. The allocations are not a ratio but how many more there are.
func (m measured) over(name, floor string) sample {
	ratios := make([]sample, len(m[name]))
	for round, s := range m[name] {
		ratios[round] = s.over(m[floor][round])
	}
	return medians(ratios)
}

// over returns the ratios of s to the floor.
func (s sample) over(floor sample) sample {
	return sample{
		allocs: s.allocs - floor.allocs, bytes: s.bytes / floor.bytes, cpu: s.cpu / floor.cpu, wall: s.wall / floor.wall,
		rate: s.rate / floor.rate, p50: s.p50 / floor.p50, p99: s.p99 / floor.p99,
	}
}

// medians returns the median of each number.
func medians(samples []sample) sample {
	number := func(field func(s sample) float64) float64 {
		values := make([]float64, len(samples))
		for i, s := range samples {
			values[i] = field(s)
		}
		return median(values)
	}
	return sample{
		allocs: number(func(s sample) float64 { return s.allocs }),
		bytes:  number(func(s sample) float64 { return s.bytes }),
		cpu:    number(func(s sample) float64 { return s.cpu }),
		wall:   number(func(s sample) float64 { return s.wall }),
		rate:   number(func(s sample) float64 { return s.rate }),
		p50:    number(func(s sample) float64 { return s.p50 }),
		p99:    number(func(s sample) float64 { return s.p99 }),
	}
}

// median returns the middle of values; of an even number of them, the mean of
// the two in the middle.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
