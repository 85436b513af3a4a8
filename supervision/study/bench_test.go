package study

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// nowhere is an outbox that keeps nothing, so that what is measured is the
// sessions alone.
type nowhere struct{}

func (nowhere) Commit(_ context.Context, changes []outbox.Change) []error {
	return make([]error, len(changes))
}
func (nowhere) LoadState(_ context.Context, key string) (outbox.State, error) {
	return outbox.State{Key: key}, nil
}
func (nowhere) States(context.Context, string) iter.Seq2[outbox.State, error] {
	return func(func(outbox.State, error) bool) {}
}
func (nowhere) Lookup(context.Context, outbox.Report) (outbox.Status, error) { return outbox.Sent, nil }
func (nowhere) Down() bool                                                   { return false }

// crowd opens n sessions: of a hundred students a class, each with the day's
// limit and checks.
func crowd(tb testing.TB, n int, cfg Config) (*Sessions, []*Session) {
	cfg.Outbox = nowhere{}
	ss, err := Open(client(tb), cfg)
	require.NoError(tb, err)
	lessons := make([]Lesson, n) // the importer's strings
	for i := range lessons {
		l := lesson()
		l.Student = fmt.Sprintf("%032x", i)
		l.Class = fmt.Sprintf("%032x", i/100)
		l.Device = supervision.Device{Type: supervision.TypeH5, ID: fmt.Sprintf("%032x", i)}
		l.Rules = Rules{DailyLimit: 8 * time.Hour, VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 3}
		lessons[i] = l
	}
	sessions := make([]*Session, n)
	before := heapBytes()
	for i := range lessons {
		sessions[i], err = ss.Start(context.Background(), lessons[i])
		require.NoError(tb, err)
	}
	if b, ok := tb.(*testing.B); ok {
		b.ReportMetric(float64(heapBytes()-before)/float64(n), "bytes/session")
	} else {
		tb.Logf("%d sessions take %.0f bytes each", n, float64(heapBytes()-before)/float64(n))
		assert.LessOrEqual(tb, float64(heapBytes()-before)/float64(n), 400.0, "bytes a session")
	}
	runtime.KeepAlive(lessons)
	return ss, sessions
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What a session takes, and that it takes no goroutine.
func TestCost(t *testing.T) {
	if underRace {
		t.Log("the race detector needs memory of its own; the sizes are those of a build without it")
		return
	}
	goroutines := runtime.NumGoroutine()
	ss, sessions := crowd(t, max(effort.Amount(10_000, 100_000), 10_000), Config{}) // fewer hide what each takes
	assert.Equal(t, goroutines, runtime.NumGoroutine())
	at := time.Duration(0)
	allocs := testing.AllocsPerRun(1000, func() {
		at += time.Millisecond
		for _, s := range sessions[:10] {
			_ = s.Watched(at)
		}
	})
	assert.Zero(t, allocs, "of a heartbeat")
	runtime.KeepAlive(ss)
}

// BenchmarkWatched measures a heartbeat of one of 100,000 open sessions, and tells
// what each of them takes.
func BenchmarkWatched(b *testing.B) {
	_, sessions := crowd(b, 100_000, Config{})
	b.ReportAllocs()
	at := time.Duration(0)
	i := 0
	for b.Loop() {
		if i++; i == len(sessions) {
			i, at = 0, at+time.Second
		}
		if err := sessions[i].Watched(at); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPoll measures the minute's saving of a session, without the outbox's
// part.
func BenchmarkPoll(b *testing.B) {
	c := newClock(noon)
	ss, sessions := crowd(b, 10_000, Config{Clock: c.now})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%len(sessions) == 0 {
			b.StopTimer()
			c.add(time.Minute)
			for _, s := range sessions {
				if err := s.Watched(s.lane.position%(30*time.Minute) + time.Minute); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
			if _, err := ss.Poll(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		n++
	}
}
