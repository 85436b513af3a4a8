package study

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

// noon is a noon of the platform.
var noon = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

func newClock(t time.Time) *clock { return &clock{t: t} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is an outbox and what sends nothing, for the sessions of several
// processes.
type world struct {
	t     testing.TB
	clock *clock
	box   *outbox.Outbox
	cfg   Config
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: newClock(noon)}
	box, err := outbox.New(outbox.Config{Client: client(t), Store: outbox.NewMemory(outbox.StoreOptions{Clock: w.clock.now}), Clock: w.clock.now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = box.Close() })
	w.box = box
	w.cfg = Config{Outbox: box, Clock: w.clock.now}
	return w
}

func client(t testing.TB) *supervision.Client {
	c, err := supervision.New(supervision.Config{
		BaseURL: "http://127.0.0.1:1", Account: "a", Password: "p", Device: supervision.Device{Type: supervision.TypePC, ID: "pc"},
	})
	require.NoError(t, err)
	return c
}

// process returns the sessions of another process.
func (w *world) process() *Sessions {
	ss, err := Open(client(w.t), w.cfg)
	require.NoError(w.t, err)
	return ss
}

func (w *world) start(ss *Sessions, l Lesson) *Session {
	s, err := ss.Start(context.Background(), l)
	require.NoError(w.t, err)
	return s
}

// play lets a video play from where it is, and tells its position every step.
func (w *world) play(s *Session, d, step time.Duration) {
	w.t.Helper()
	at := s.lane.position
	for d > 0 {
		step = min(step, d)
		d -= step
		at += step
		w.clock.add(step)
		require.NoError(w.t, s.Watched(at))
	}
}

func (w *world) poll(ss *Sessions) {
	w.t.Helper()
	_, err := ss.Poll(context.Background())
	require.NoError(w.t, err)
}

// reports returns what has been reported, in order.
func (w *world) reports() []outbox.Report {
	var all []outbox.Report
	for e, err := range w.box.Waiting(context.Background()) {
		require.NoError(w.t, err)
		all = append(all, e.Report)
	}
	return all
}

// progress returns the progress reports alone.
func (w *world) progress() []outbox.Report {
	var all []outbox.Report
	for _, r := range w.reports() {
		if r.Kind == outbox.KindProgress {
			all = append(all, r)
		}
	}
	return all
}

func (w *world) kinds() []string {
	var all []string
	for _, r := range w.reports() {
		all = append(all, r.Kind.String())
	}
	return all
}

func lesson() Lesson {
	return Lesson{Student: "student-1", Class: "class-1", Course: "course-1", Section: "section-1", Resource: "video-1", Length: time.Hour}
}
