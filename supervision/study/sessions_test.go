package study

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

var bg = context.Background()

// box is an outbox whose answers a test can change.
type box struct {
	*outbox.Outbox

	mu      sync.Mutex
	commits int
	commit  func(do func() []error) []error // in place of Commit
	status  outbox.Status                   // that Lookup finds, unless it is Unknown
	isDown  bool
}

func (b *box) Commit(ctx context.Context, changes []outbox.Change) []error {
	b.mu.Lock()
	b.commits++
	commit := b.commit
	b.mu.Unlock()
	do := func() []error { return b.Outbox.Commit(ctx, changes) }
	if commit != nil {
		return commit(do)
	}
	return do()
}

func (b *box) Lookup(ctx context.Context, r outbox.Report) (outbox.Status, error) {
	if b.status != outbox.Unknown {
		return b.status, nil
	}
	return b.Outbox.Lookup(ctx, r)
}

func (b *box) Down() bool { return b.isDown }

// newBox puts a box between a world's sessions and its outbox.
func newBox(w *world) *box {
	b := &box{Outbox: w.box}
	w.cfg.Outbox = b
	return b
}

func isIllegal(t *testing.T, err error, text string) {
	t.Helper()
	assert.ErrorIs(t, err, edusdk.ErrFailedPrecondition)
	assert.ErrorContains(t, err, text)
}

func TestOpenRefuses(t *testing.T) {
	w := newWorld(t)
	var none *outbox.Outbox
	for name, tt := range map[string]struct {
		field  string
		change func(*Config)
	}{
		"no outbox":            {"Config.Outbox", func(c *Config) { c.Outbox = nil }},
		"a nil outbox":         {"Config.Outbox", func(c *Config) { c.Outbox = none }},
		"too many reports":     {"Config.ReportEvery", func(c *Config) { c.ReportEvery = time.Second }},
		"negative saving":      {"Config.SaveEvery", func(c *Config) { c.SaveEvery = -1 }},
		"idle for too long":    {"Config.Idle", func(c *Config) { c.Idle = 13 * time.Hour }},
		"a jitter of an hour":  {"Config.Jitter", func(c *Config) { c.Jitter = time.Hour }},
		"slower than it plays": {"Config.MaxSpeed", func(c *Config) { c.MaxSpeed = 0.5 }},
		"no tries":             {"Config.MaxTries", func(c *Config) { c.MaxTries = -1 }},
		"unknown play time":    {"Config.PlayTime", func(c *Config) { c.PlayTime = 7 }},
		"unknown while down":   {"Config.WhileDown", func(c *Config) { c.WhileDown = 7 }},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := w.cfg
			tt.change(&cfg)
			_, err := Open(client(t), cfg)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tt.field, f.Field)
		})
	}
	_, err := Open(nil, w.cfg)
	assert.ErrorContains(t, err, "client must not be nil")
	_, err = Open(client(t), Config{})
	assert.ErrorContains(t, err, "Config.Outbox must not be nil")
}

func TestStartRefuses(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	for name, tt := range map[string]struct {
		field  string
		change func(*Lesson)
	}{
		"no student":        {"Student", func(l *Lesson) { l.Student = "" }},
		"no class":          {"Class", func(l *Lesson) { l.Class = "" }},
		"no course":         {"Course", func(l *Lesson) { l.Course = "" }},
		"no resource":       {"Resource", func(l *Lesson) { l.Resource = "" }},
		"a space":           {"Section", func(l *Lesson) { l.Section = " a" }},
		"not UTF-8":         {"Course", func(l *Lesson) { l.Course = "\xff" }},
		"no length":         {"Length", func(l *Lesson) { l.Length = 0 }},
		"half a device":     {"Device", func(l *Lesson) { l.Device.ID = "x" }},
		"unknown device":    {"Device", func(l *Lesson) { l.Device = supervision.Device{Type: "TV", ID: "x"} }},
		"25 hours":          {"Rules.DailyLimit", func(l *Lesson) { l.Rules.DailyLimit = 25 * time.Hour }},
		"unknown hook":      {"Rules.VideoOnHook", func(l *Lesson) { l.Rules.VideoOnHook = 3 }},
		"unknown trigger":   {"Rules.TriggerType", func(l *Lesson) { l.Rules.TriggerType = 3 }},
		"checks of no kind": {"Rules.Checks", func(l *Lesson) { l.Rules.Checks = []time.Duration{1} }},
		"too many checks": {"Rules.Checks", func(l *Lesson) {
			l.Rules.VideoOnHook, l.Rules.Checks = 1, make([]time.Duration, supervision.MaxCheckTimes+1)
		}},
		"a check before": {"Rules.Checks", func(l *Lesson) { l.Rules.VideoOnHook, l.Rules.Checks = 1, []time.Duration{-1} }},
		"nobody to authenticate": {"CardNo", func(l *Lesson) {
			l.Rules.RealNameAuthentication = true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := lesson()
			tt.change(&l)
			_, err := ss.Start(bg, l)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tt.field, f.Field)
		})
	}
	assert.Empty(t, w.reports())
	assert.Zero(t, ss.Len())
	assert.Empty(t, ss.students)
	assert.Empty(t, ss.plans)
}

func TestHour(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	for range 60 {
		w.play(s, time.Minute, 7*time.Second)
		w.poll(ss)
	}
	require.NoError(t, s.End(bg))
	kinds := w.kinds()
	assert.Equal(t, "start", kinds[0])
	assert.Equal(t, "end", kinds[len(kinds)-1])
	sum := time.Duration(0)
	for i, r := range w.progress() {
		sum += r.ProgressTime
		assert.Equal(t, time.Minute, r.ProgressTime, "report %d", i)
		assert.Equal(t, sum, r.PlayTime, "report %d", i)
		assert.Equal(t, sum, r.Total, "report %d", i)
		assert.Equal(t, sum-time.Minute, r.Before, "report %d", i)
	}
	assert.Equal(t, time.Hour, sum)
	assert.Zero(t, ss.Len())
	assert.Empty(t, ss.students)
	assert.Empty(t, ss.plans)
	assert.Empty(t, ss.queue)
}

// What is less than a second goes into the next report, and the session after.
func TestFractions(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	w.play(s, time.Minute+700*time.Millisecond, 100*time.Millisecond)
	w.poll(ss)
	w.play(s, 59*time.Second+600*time.Millisecond, 100*time.Millisecond)
	require.NoError(t, s.End(bg))
	s = w.start(ss, lesson())
	w.play(s, 700*time.Millisecond, 100*time.Millisecond)
	require.NoError(t, s.End(bg))
	var told []time.Duration
	for _, r := range w.progress() {
		told = append(told, r.ProgressTime)
	}
	assert.Equal(t, []time.Duration{time.Minute, time.Minute, time.Second}, told)
}

func TestNoMoreThanTheVideo(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	l := lesson()
	l.Length = 100 * time.Second
	for range 3 {
		s := w.start(ss, l)
		w.play(s, 80*time.Second, 10*time.Second)
		require.NoError(t, s.Seek(0))
		w.play(s, 80*time.Second, 10*time.Second)
		require.NoError(t, s.End(bg))
	}
	sum := time.Duration(0)
	for _, r := range w.progress() {
		sum += r.ProgressTime
		assert.LessOrEqual(t, r.PlayTime, l.Length)
	}
	assert.Equal(t, l.Length, sum)
	require.NoError(t, ss.Forget(bg, l.Class, l.Student, l.Resource))
	s := w.start(ss, l)
	isIllegal(t, ss.Forget(bg, l.Class, l.Student, l.Resource), "open")
	w.play(s, 10*time.Second, 10*time.Second)
	status, err := s.Status()
	require.NoError(t, err)
	assert.Equal(t, 10*time.Second, status.Watched)
}

func TestPlayTime(t *testing.T) {
	for name, tt := range map[string]struct {
		reading PlayTime
		want    []time.Duration
	}{
		"position": {PlayPosition, []time.Duration{time.Minute, 31 * time.Minute, 31 * time.Minute}},
		"watched":  {PlayWatched, []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.PlayTime = tt.reading
			ss := w.process()
			s := w.start(ss, lesson())
			w.play(s, time.Minute, 10*time.Second)
			w.poll(ss)
			require.NoError(t, s.Seek(30*time.Minute))
			w.play(s, time.Minute, 10*time.Second)
			w.poll(ss)
			require.NoError(t, s.Seek(50*time.Minute)) // and does not play there
			require.NoError(t, s.Seek(0))
			w.play(s, time.Minute, 10*time.Second)
			w.poll(ss)
			var got []time.Duration
			for _, r := range w.progress() {
				got = append(got, r.PlayTime)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestIllegalOrders(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	all := func(t *testing.T, s *Session, text string) {
		isIllegal(t, s.Watched(time.Second), text)
		isIllegal(t, s.Seek(time.Second), text)
		isIllegal(t, s.End(bg), text)
		isIllegal(t, s.Record(bg, "http://example.com/a.mp4"), text)
		_, err := s.Status()
		isIllegal(t, err, text)
		_, due := s.Due()
		assert.False(t, due)
		_, err = s.FaceCheck().Compare(bg, nil)
		isIllegal(t, err, text)
		_, err = s.CodeCheck().Code(bg)
		isIllegal(t, err, text)
	}
	t.Run("before the start", func(t *testing.T) {
		all(t, nil, "not been started")
		all(t, &Session{}, "not been started")
	})
	t.Run("after the end", func(t *testing.T) {
		s := w.start(ss, lesson())
		require.NoError(t, s.End(bg))
		all(t, s, "has ended")
	})
	t.Run("after another page", func(t *testing.T) {
		s := w.start(ss, lesson())
		again := w.start(ss, lesson())
		all(t, s, "another page or device")
		require.NoError(t, again.Watched(0))
		require.NoError(t, again.End(bg))
		all(t, again, "has ended")
	})
	t.Run("on another machine", func(t *testing.T) {
		s := w.start(ss, lesson())
		other := w.start(w.process(), lesson())
		require.NoError(t, s.Seek(0), "it does not know yet")
		w.clock.add(time.Minute)
		w.poll(ss)
		all(t, s, "another process")
		require.NoError(t, other.End(bg))
	})
	t.Run("after closing", func(t *testing.T) {
		ss := w.process()
		s := w.start(ss, lesson())
		require.NoError(t, ss.Close(bg))
		all(t, s, "closed")
		_, err := ss.Start(bg, lesson())
		isIllegal(t, err, "closed")
	})
	t.Run("bad arguments", func(t *testing.T) {
		s := w.start(ss, lesson())
		assert.ErrorIs(t, s.Watched(-1), edusdk.ErrInvalidArgument)
		assert.ErrorIs(t, s.Record(bg, "ftp://a"), edusdk.ErrInvalidArgument)
		assert.ErrorIs(t, s.End(nil), edusdk.ErrInvalidArgument) //nolint:staticcheck // what must not be
		_, err := ss.Start(nil, lesson())                        //nolint:staticcheck // what must not be
		assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		_, err = s.FaceCheck().Compare(bg, nil)
		isIllegal(t, err, "no face check is due")
		_, err = s.CodeCheck().Code(bg)
		isIllegal(t, err, "no check by a code is due")
	})
}

func TestRecording(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	l := lesson()
	l.Rules.Recording = true
	s := w.start(ss, l)
	w.play(s, 90*time.Second, 10*time.Second)
	isIllegal(t, s.End(bg), "call Record before")
	w.play(s, 30*time.Second, 10*time.Second)
	require.NoError(t, s.Record(bg, "https://example.com/a.mp4"))
	require.NoError(t, s.Record(bg, "https://example.com/a.mp4"))
	again := w.start(ss, l) // knows of it
	require.NoError(t, again.End(bg))
	assert.Equal(t, []string{"start", "recording", "progress", "end"}, w.kinds())
	assert.Equal(t, 2*time.Minute, w.progress()[0].ProgressTime)
}

func TestIdle(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	w.play(s, 90*time.Second, 10*time.Second)
	w.poll(ss)
	w.clock.add(DefaultIdle - time.Second)
	require.NoError(t, s.Watched(90*time.Second), "a player that is paused")
	w.poll(ss)
	w.clock.add(DefaultIdle - 1)
	w.poll(ss)
	assert.Equal(t, 1, ss.Len())
	w.clock.add(1)
	w.poll(ss)
	assert.Zero(t, ss.Len())
	isIllegal(t, s.Watched(100*time.Second), "nobody touched it")
	assert.Equal(t, []string{"start", "progress", "end"}, w.kinds())

	t.Run("before Poll has seen it", func(t *testing.T) {
		s := w.start(ss, lesson())
		w.clock.add(DefaultIdle)
		isIllegal(t, s.Watched(10*time.Minute), "nobody touched it")
		next := w.start(ss, lesson())
		require.NoError(t, next.Watched(0))
		assert.Equal(t, []string{"start", "progress", "end", "start", "end", "start"}, w.kinds())
	})
}

// A page that is loaded anew, another device, another machine.
func TestResume(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	l := lesson()
	s := w.start(ss, l)
	w.play(s, 90*time.Second, 10*time.Second)
	l.Device = supervision.Device{Type: supervision.TypeH5, ID: "phone"}
	s = w.start(ss, l)
	w.play(s, 90*time.Second, 10*time.Second)
	w.poll(ss)
	require.NoError(t, ss.Close(bg))
	ss = w.process()
	s = w.start(ss, l)
	status, err := s.Status()
	require.NoError(t, err)
	assert.Equal(t, Status{Position: 3 * time.Minute, Watched: 3 * time.Minute, Reported: 3 * time.Minute}, status)
	w.play(s, 59*time.Second, time.Second)
	w.poll(ss)
	require.NoError(t, s.End(bg))
	all := w.reports()
	assert.Equal(t, []string{"start", "progress", "progress", "progress", "end"}, w.kinds())
	assert.Equal(t, []string{"", "phone"}, []string{all[0].Device.ID, all[4].Device.ID})
	assert.Equal(t, all[0].Session, all[4].Session)
}

// The time before a page was loaded anew is no reserve for a jump after it.
func TestReloadIsNoReserve(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	w.play(s, 10*time.Second, 10*time.Second)
	w.clock.add(time.Minute)
	s = w.start(ss, lesson())
	require.NoError(t, s.Watched(time.Minute))
	assert.Equal(t, 10*time.Second, watched(t, s))
}

// What is durable says when the player was heard of last, not when it was saved.
func TestTouched(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	w.play(s, 10*time.Second, 10*time.Second)
	heard := w.clock.now()
	w.clock.add(time.Minute)
	w.poll(ss)
	stored, err := w.box.LoadState(bg, laneKey("class-1", "student-1", "video-1"))
	require.NoError(t, err)
	state, err := decodeLane(stored.Data)
	require.NoError(t, err)
	assert.Equal(t, heard.UnixMilli(), state.Touched)
}

// A crash loses what was watched since the last saving, and nothing else.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	w.cfg.SaveEvery = 10 * time.Second
	ss := w.process()
	s := w.start(ss, lesson())
	for range 10 {
		w.play(s, 10*time.Second, time.Second)
		w.poll(ss)
	}
	w.play(s, 9*time.Second, time.Second)
	next := w.process()
	s = w.start(next, lesson())
	status, err := s.Status()
	require.NoError(t, err)
	assert.Equal(t, 100*time.Second, status.Watched)
	assert.Equal(t, 60*time.Second, status.Reported)

	t.Run("and nobody comes back", func(t *testing.T) {
		w.clock.add(w.cfg.SaveEvery + DefaultIdle - time.Second)
		n, err := w.process().Recover(bg)
		require.NoError(t, err)
		assert.Zero(t, n, "it may be in use")
		w.clock.add(2 * time.Second)
		n, err = w.process().Recover(bg)
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		n, err = w.process().Recover(bg)
		require.NoError(t, err)
		assert.Zero(t, n)
		assert.Equal(t, []string{"start", "progress", "progress", "end"}, w.kinds())
		assert.Equal(t, 40*time.Second, w.progress()[1].ProgressTime)
		assert.True(t, w.progress()[1].Final)
		w.poll(next)
		isIllegal(t, s.Watched(0), "another process")
	})
	t.Run("and the student comes back late", func(t *testing.T) {
		s := w.start(w.process(), lesson())
		w.play(s, 30*time.Second, time.Second)
		w.clock.add(time.Hour)
		s = w.start(w.process(), lesson())
		require.NoError(t, s.End(bg))
		assert.Equal(t, []string{"start", "progress", "progress", "end", "start", "end", "start", "end"}, w.kinds())
	})
}

func TestDailyLimit(t *testing.T) {
	l := lesson()
	l.Rules.DailyLimit = time.Hour
	other := l
	other.Resource = "video-2"
	left := func(s *Session) time.Duration {
		st, err := s.Status()
		require.NoError(t, err)
		assert.True(t, st.Limited)
		return st.LeftToday
	}
	sum := func(w *world) (d time.Duration) {
		for _, r := range w.progress() {
			d += r.ProgressTime
		}
		return d
	}
	t.Run("across sessions", func(t *testing.T) {
		w := newWorld(t)
		ss := w.process()
		a, b := w.start(ss, l), w.start(ss, other)
		for range 40 {
			w.play(a, time.Minute, 10*time.Second)
			require.NoError(t, b.Seek(0))
			w.poll(ss)
		}
		assert.Equal(t, 20*time.Minute, left(b))
		for range 40 {
			w.play(b, time.Minute, 10*time.Second)
			require.NoError(t, a.Seek(0))
			w.poll(ss)
		}
		assert.Zero(t, left(a))
		assert.Equal(t, time.Hour, sum(w))
		w.clock.add(DefaultIdle - time.Second)
		require.NoError(t, a.Seek(0))
		w.clock.add(12 * time.Hour) // the next day
		a = w.start(ss, l)
		assert.Equal(t, time.Hour, left(a))
	})
	t.Run("of another student or class", func(t *testing.T) {
		w := newWorld(t)
		ss := w.process()
		a := w.start(ss, l)
		w.play(a, 4*time.Minute, 10*time.Second)
		someone, elsewhere := l, l
		someone.Student, elsewhere.Class = "student-2", "class-2"
		assert.Equal(t, time.Hour, left(w.start(ss, someone)))
		assert.Equal(t, time.Hour, left(w.start(ss, elsewhere)))
	})
	t.Run("on two machines at once", func(t *testing.T) {
		w := newWorld(t)
		one, two := w.process(), w.process()
		a, b := w.start(one, l), w.start(two, other)
		for range 50 {
			at := a.lane.position
			for i := range time.Duration(6) { // both play
				w.clock.add(10 * time.Second)
				require.NoError(t, a.Watched(at+(i+1)*10*time.Second))
				require.NoError(t, b.Watched(at+(i+1)*10*time.Second))
			}
			w.poll(one)
			w.poll(two)
		}
		assert.Equal(t, time.Hour, sum(w))
		assert.Zero(t, left(a))
		assert.Zero(t, left(b))
	})
	t.Run("over a restart", func(t *testing.T) {
		w := newWorld(t)
		ss := w.process()
		a := w.start(ss, l)
		w.play(a, 4*time.Minute, 10*time.Second)
		require.NoError(t, a.End(bg))
		assert.Equal(t, 56*time.Minute, left(w.start(w.process(), other)))
	})
}

// What a saving whose outcome is unknown has done is found out.
func TestUnknownOutcome(t *testing.T) {
	errLost := errors.New("the connection broke")
	lost := func(do func() []error) []error {
		errs := do()
		for i := range errs {
			errs[i] = errLost
		}
		return errs
	}
	before := func(func() []error) []error { return []error{errLost} }
	for name, fault := range map[string]func(func() []error) []error{"stored": lost, "not stored": before} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := newBox(w)
			ss := w.process()
			l := lesson()
			l.Rules.DailyLimit = time.Hour
			s := w.start(ss, l)
			w.play(s, time.Minute, 10*time.Second)
			b.commit = fault
			_, err := ss.Poll(bg)
			assert.ErrorIs(t, err, errLost)
			w.play(s, 30*time.Second, 10*time.Second) // goes on
			b.commit = nil
			w.poll(ss)
			require.Len(t, w.progress(), 1, "after %s", retryDelay)
			assert.Equal(t, time.Minute, w.progress()[0].ProgressTime)
			b.commit = fault
			assert.ErrorIs(t, s.End(bg), errLost)
			isIllegal(t, s.Watched(2*time.Minute), "is ending")
			b.commit = nil
			require.NoError(t, s.End(bg))
			assert.Equal(t, []string{"start", "progress", "progress", "end"}, w.kinds())
			assert.Equal(t, 30*time.Second, w.progress()[1].ProgressTime)
			assert.Empty(t, ss.students)
		})
	}
	t.Run("of Start", func(t *testing.T) {
		w := newWorld(t)
		b := newBox(w)
		ss := w.process()
		b.commit = lost
		_, err := ss.Start(bg, lesson())
		assert.ErrorIs(t, err, errLost)
		assert.Empty(t, ss.students)
		assert.Empty(t, ss.plans)
		b.commit = nil
		s := w.start(ss, lesson())
		require.NoError(t, s.End(bg))
		assert.Equal(t, []string{"start", "end"}, w.kinds())
	})
	t.Run("and another machine has counted meanwhile", func(t *testing.T) {
		w := newWorld(t)
		b := newBox(w)
		ss := w.process()
		l := lesson()
		l.Rules.DailyLimit = time.Hour
		s := w.start(ss, l)
		w.play(s, time.Minute, 10*time.Second)
		b.commit = lost
		_, err := ss.Poll(bg)
		assert.ErrorIs(t, err, errLost)
		b.commit = nil
		other := l
		other.Resource = "video-2"
		o := w.start(w.process(), other)
		w.play(o, time.Minute, 10*time.Second)
		require.NoError(t, o.End(bg))
		require.NoError(t, s.Seek(time.Minute))
		w.poll(ss)
		require.NoError(t, s.End(bg))
		require.Len(t, w.progress(), 2)
		st, err := w.start(ss, l).Status()
		require.NoError(t, err)
		assert.Equal(t, 58*time.Minute, st.LeftToday)
	})
	t.Run("a panic", func(t *testing.T) {
		w := newWorld(t)
		b := newBox(w)
		ss := w.process()
		s := w.start(ss, lesson())
		w.play(s, time.Minute, 10*time.Second)
		b.commit = func(func() []error) []error { panic("disk") }
		assert.Panics(t, func() { _, _ = ss.Poll(bg) })
		assert.Panics(t, func() { _ = s.End(bg) })
		assert.Panics(t, func() { _, _ = ss.Start(bg, lesson()) })
		b.commit = nil
		require.NoError(t, s.End(bg))
		assert.Equal(t, []string{"start", "progress", "end"}, w.kinds())
	})
	t.Run("an outbox that is full", func(t *testing.T) {
		w := newWorld(t)
		b := newBox(w)
		ss := w.process()
		s := w.start(ss, lesson())
		w.play(s, time.Minute, 10*time.Second)
		b.commit = func(func() []error) []error { return []error{fmt.Errorf("today: %w", outbox.ErrFull)} }
		_, err := ss.Poll(bg)
		assert.ErrorIs(t, err, outbox.ErrFull)
		w.play(s, time.Minute, 10*time.Second)
		b.commit = nil
		w.poll(ss)
		require.Len(t, w.progress(), 1)
		assert.Equal(t, 2*time.Minute, w.progress()[0].ProgressTime, "nothing is lost")
	})
	t.Run("an outbox that returns nothing", func(t *testing.T) {
		w := newWorld(t)
		b := newBox(w)
		ss := w.process()
		b.commit = func(func() []error) []error { return nil }
		_, err := ss.Start(bg, lesson())
		assert.ErrorIs(t, err, errShort)
	})
}

// Many starts of the same session at once, on several machines: one is the last.
func TestConcurrentStarts(t *testing.T) {
	w := newWorld(t)
	machines := []*Sessions{w.process(), w.process(), w.process()}
	l := lesson()
	l.Rules.DailyLimit = time.Hour
	var wg sync.WaitGroup
	sessions := make([]*Session, 60)
	for i := range sessions {
		wg.Go(func() {
			s, err := machines[i%len(machines)].Start(bg, l)
			if err == nil {
				sessions[i] = s
				_ = s.Watched(time.Second)
			}
		})
	}
	wg.Wait()
	for _, ss := range machines {
		w.clock.add(time.Minute)
		w.poll(ss)
	}
	good := 0
	for _, s := range sessions {
		if s.Watched(2*time.Second) == nil {
			good++
		}
	}
	assert.Equal(t, 1, good)
	assert.Equal(t, []string{"start"}, w.kinds())
}

func TestFind(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	found, ok := ss.Find("class-1", "student-1", "video-1")
	require.True(t, ok)
	require.NoError(t, found.Watched(0))
	for _, other := range [][3]string{{"class-2", "student-1", "video-1"}, {"class-1", "student-2", "video-1"}, {"class-1", "student-1", "video-2"}} {
		_, ok = ss.Find(other[0], other[1], other[2])
		assert.False(t, ok)
	}
	require.NoError(t, s.End(bg))
	_, ok = ss.Find("class-1", "student-1", "video-1")
	assert.False(t, ok)
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := outbox.New(outbox.Config{Client: client(t), Store: outbox.NewMemory(outbox.StoreOptions{})})
		require.NoError(t, err)
		ss, err := Open(client(t), Config{Outbox: box})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(bg)
		ran := make(chan error)
		go func() { ran <- ss.Run(ctx) }()
		s, err := ss.Start(bg, lesson())
		require.NoError(t, err)
		for i := range time.Duration(180) {
			time.Sleep(time.Second)
			require.NoError(t, s.Watched((i+1)*time.Second))
		}
		time.Sleep(DefaultIdle + time.Second)
		cancel()
		assert.ErrorIs(t, <-ran, context.Canceled)
		var kinds []string
		sum := time.Duration(0)
		for e, err := range box.Waiting(bg) {
			require.NoError(t, err)
			kinds = append(kinds, e.Kind.String())
			sum += e.ProgressTime
		}
		assert.Equal(t, "start", kinds[0])
		assert.Equal(t, "end", kinds[len(kinds)-1])
		assert.Equal(t, 3*time.Minute, sum)
		require.NoError(t, ss.Close(bg))
	})
}

// Run ends the sessions that a process has left, when their students do not come
// back.
func TestRunRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := outbox.New(outbox.Config{Client: client(t), Store: outbox.NewMemory(outbox.StoreOptions{})})
		require.NoError(t, err)
		before, err := Open(client(t), Config{Outbox: box})
		require.NoError(t, err)
		for i := range batchSize + 10 {
			l := lesson()
			l.Student = fmt.Sprint(i)
			_, err = before.Start(bg, l)
			require.NoError(t, err)
		}
		ss, err := Open(client(t), Config{Outbox: box})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(bg)
		ran := make(chan error)
		go func() { ran <- ss.Run(ctx) }()
		s, err := ss.Start(bg, lesson())
		require.NoError(t, err)
		for range 7 {
			time.Sleep(time.Minute)
			require.NoError(t, s.Watched(0))
		}
		cancel()
		<-ran
		ends := 0
		for e, err := range box.Waiting(bg) {
			require.NoError(t, err)
			if e.Kind == outbox.KindEnd {
				ends++
			}
		}
		assert.Equal(t, batchSize+10, ends)
		assert.Equal(t, 1, ss.Len())
	})
}

// Nothing of a student is printed.
func TestRedaction(t *testing.T) {
	w := newWorld(t)
	l := lesson()
	l.CardNo, l.Name = "110101199003070013", "张三"
	ss := w.process()
	s := w.start(ss, l)
	for _, v := range []any{l, &l, s, *s, ss} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			out := fmt.Sprintf(verb, v)
			assert.NotContains(t, out, "student-1")
			assert.NotContains(t, out, "1101")
			assert.NotContains(t, out, "张三")
		}
	}
}
