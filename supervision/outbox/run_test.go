package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

var zhang = reporter{"zhang", "session-1"}

func TestReportsAreSentInOrder(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		li := reporter{"li", "session-2"}
		for _, r := range []reporter{zhang, li} {
			final := r.minute(4)
			final.Final = true
			b.report(r.start(), r.minute(1), r.minute(2), r.minute(3), final, r.recording(), r.end())
		}
		b.wait(0)
		assert.Equal(t, []string{"start", "progress 60+60"}, b.sent("zhang"), "the next minute waits for the gap")
		b.wait(59 * time.Second)
		assert.Len(t, b.sent("zhang"), 2)
		b.wait(time.Second)
		assert.Len(t, b.sent("zhang"), 3)
		b.wait(time.Minute)
		for _, student := range []string{"zhang", "li"} {
			assert.Equal(t, []string{
				"start", "progress 60+60", "progress 120+60", "progress 180+60", "progress 240+60", "recording", "end",
			}, b.sent(student), "the remainder and the end do not wait")
		}
		s := b.stats()
		assert.Equal(t, uint64(14), s.Delivered)
		assert.Zero(t, s.Waiting)
		for _, r := range []outbox.Report{zhang.start(), zhang.minute(2), zhang.end()} {
			status, err := b.Lookup(b.t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, outbox.Sent, status)
		}
		b.report(zhang.start(), zhang.minute(2)) // once more
		b.wait(time.Hour)
		assert.Len(t, b.sent("zhang"), 7, "a report that was sent is not sent again")
	})
}

func TestAdjacentMinutesAreMerged(t *testing.T) {
	inBubble(t, func(c *outbox.Config) { c.Merge = 3 }, func(b *bench) {
		b.regulator.down(refuse)
		b.report(zhang.start(), zhang.minute(1), zhang.minute(2), zhang.minute(3), zhang.minute(4))
		other := reporter{"zhang", "session-2"}
		b.report(other.minute(1), other.end())
		b.wait(time.Minute)
		assert.Empty(t, b.sent("zhang"))
		b.regulator.down(none)
		b.wait(10 * time.Minute)
		assert.Equal(t, []string{"start", "progress 180+180", "progress 240+60", "progress 60+60", "end"}, b.sent("zhang"),
			"as many as Merge, and those of one session alone")
	})
}

func TestOutage(t *testing.T) {
	for name, f := range map[string]struct {
		fault   fault
		arrives bool
		open    int // that are parked
	}{
		"refuses": {fault: refuse},
		"502":     {fault: gateway, open: 1},
		"resets":  {fault: swallow, open: 1},
		"loses":   {fault: lose, open: 1, arrives: true},
		"hangs":   {fault: hang, open: 1, arrives: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *outbox.Config) { c.Policy.Start = outbox.Resend }, func(b *bench) {
				b.report(zhang.start())
				b.wait(0)
				require.Equal(t, []string{"start"}, b.sent("zhang"))
				began := len(b.regulator.Requests())
				b.regulator.down(f.fault)
				for n := range uint64(30) {
					b.report(zhang.minute(n + 1))
					b.wait(time.Minute)
				}
				s := b.stats()
				assert.True(t, s.Down)
				assert.NotEmpty(t, s.DownReason)
				assert.Equal(t, f.open, s.Parked)
				assert.Equal(t, 30-f.open, s.Waiting)
				for i, r := range b.regulator.Requests()[began:] {
					assert.Truef(t, r.Op == "Login" || f.arrives && i == 0, "only logins probe, not %s", r.Op)
				}
				assert.Less(t, len(b.regulator.Requests())-began, 60, "probes become rare")

				b.regulator.down(none)
				b.wait(time.Hour)
				s = b.stats()
				assert.False(t, s.Down)
				assert.Zero(t, s.Waiting)
				assert.Equal(t, f.open, s.Parked)
				assert.Zero(t, s.Dead)
				want := 30
				if f.open > 0 && !f.arrives {
					want = 29
				}
				assert.Equal(t, time.Duration(want)*time.Minute, b.regulator.Progress("zhang", "course"))
			})
		})
	}
}

func TestPartialOutage(t *testing.T) {
	inBubble(t, func(c *outbox.Config) { c.Gap = -1 }, func(b *bench) {
		b.report(zhang.start())
		b.wait(0)
		b.regulator.setFault(func(path string) fault {
			if path == "/api/v1/thlogin" {
				return none
			}
			return gateway
		})
		for n := range uint64(200) {
			b.report(zhang.minute(n + 1))
		}
		b.wait(time.Hour)
		s := b.stats()
		assert.Less(t, s.Parked, 80, "where logins succeed and reports fail, reports are tried ever more rarely")
		assert.Greater(t, s.Parked, 50, "but they are tried")
		b.regulator.down(none)
		b.wait(time.Hour)
		assert.Equal(t, 0, b.stats().Waiting)
		assert.Len(t, b.sent("zhang"), 1+200-s.Parked)
	})
}

func TestRejectedReports(t *testing.T) {
	inBubble(t, func(c *outbox.Config) {
		c.MaxAge = time.Hour
		c.Permanent = func(code, _ string) bool { return code == "40404" }
	}, func(b *bench) {
		b.report(zhang.start())
		b.wait(0)
		b.regulator.FailNext("Study.ReportProgress", "500", "系统繁忙")
		b.report(zhang.minute(1), zhang.minute(2))
		b.wait(5 * time.Second)
		assert.Equal(t, []string{"start", "progress 60+60"}, b.sent("zhang"), "a rejected report is tried again")
		b.wait(time.Minute)
		assert.Equal(t, []string{"start", "progress 60+60", "progress 120+60"}, b.sent("zhang"))

		b.regulator.FailNext("Study.ReportProgress", "40404", "学员不存在")
		b.report(zhang.minute(3), zhang.minute(4))
		b.wait(2 * time.Minute)
		assert.Equal(t, 1, b.stats().Dead, "what waiting cannot mend dies at once")
		assert.Equal(t, []string{"start", "progress 60+60", "progress 120+60", "progress 240+60"}, b.sent("zhang"), "and holds up nothing")

		for range 1000 {
			b.regulator.FailNext("Study.ReportProgress", "500", "系统繁忙")
		}
		b.report(zhang.minute(5), zhang.end())
		b.wait(3 * time.Hour)
		assert.Equal(t, 2, b.stats().Dead, "a report that is too old is given up")
		assert.Equal(t, "end", b.sent("zhang")[4])

		var ids []uint64
		for e, err := range b.DeadLetters(b.t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, "zhang", e.StudentUserCode)
			assert.Contains(t, e.Reason, "code")
			ids = append(ids, e.ID)
		}
		n, err := b.Purge(b.t.Context(), ids[1])
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		n, err = b.Replay(b.t.Context(), ids...)
		require.NoError(t, err)
		assert.Equal(t, 1, n, "the purged one is gone")
	})
}

func TestAnOpenStartHoldsItsLane(t *testing.T) {
	for name, tt := range map[string]struct {
		verdict outbox.Verdict
		want    []string
	}{
		"applied":   {outbox.Applied, []string{"progress 60+60"}},
		"not":       {outbox.NotApplied, []string{"start", "progress 60+60"}},
		"undecided": {outbox.Undecided, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *outbox.Config) { c.MaxAge = 2 * time.Hour }, func(b *bench) {
				b.report(reporter{"zhang", "0"}.start())
				b.wait(0)
				began := len(b.sent("zhang"))
				b.regulator.down(swallow)
				b.report(zhang.start(), zhang.minute(1))
				b.wait(time.Second)
				b.regulator.down(none)
				b.wait(time.Hour)
				s := b.stats()
				assert.Equal(t, []int{1, 1, 1}, []int{s.Parked, s.Held, s.Waiting})
				assert.Len(t, b.sent("zhang"), began)
				for e, err := range b.Parked(b.t.Context()) {
					require.NoError(t, err)
					if tt.verdict != outbox.Undecided {
						n, err := b.Resolve(b.t.Context(), tt.verdict, e.ID)
						require.NoError(t, err)
						assert.Equal(t, 1, n)
					}
				}
				b.wait(time.Minute)
				assert.Equal(t, tt.want, append([]string(nil), b.sent("zhang")[began:]...))
				b.wait(2 * time.Hour)
				s = b.stats()
				assert.Zero(t, s.Waiting+s.Parked+s.Held, "no lane is held for ever")
			})
		})
	}
}

func TestAParkedReportThatDidNotArriveIsFoldedIntoTheNext(t *testing.T) {
	var verdict atomic.Uint32
	inBubble(t, func(c *outbox.Config) {
		c.Settle = func(_ context.Context, r outbox.Report) (outbox.Verdict, error) {
			if r.Kind != outbox.KindProgress {
				return outbox.Undecided, errors.New("no idea")
			}
			return outbox.Verdict(verdict.Load()), nil
		}
	}, func(b *bench) {
		b.report(zhang.start(), zhang.minute(1))
		b.wait(time.Minute)
		b.regulator.down(swallow)
		b.report(zhang.minute(2))
		b.wait(0)
		b.regulator.down(none)
		b.wait(time.Minute)
		assert.Equal(t, 1, b.stats().Parked)
		b.report(zhang.minute(3))
		b.wait(time.Minute)
		verdict.Store(uint32(outbox.NotApplied))
		b.wait(2 * time.Minute)
		assert.Equal(t, []string{"start", "progress 60+60", "progress 180+60", "progress 180+60"}, b.sent("zhang"),
			"with nothing to be folded into, it goes out with the last PlayTime")
		verdict.Store(uint32(outbox.Undecided))
		b.regulator.down(swallow)
		b.report(zhang.minute(4))
		b.wait(0)
		b.regulator.down(none)
		b.wait(time.Minute)
		b.report(zhang.minute(5))
		b.wait(time.Minute)
		b.report(zhang.minute(6))
		for e, err := range b.Parked(b.t.Context()) {
			require.NoError(t, err)
			_, err = b.Resolve(b.t.Context(), outbox.NotApplied, e.ID)
			require.NoError(t, err)
		}
		b.wait(time.Minute)
		assert.Equal(t, []string{"progress 300+60", "progress 360+120"}, b.sent("zhang")[4:])
		assert.Equal(t, 6*time.Minute, b.regulator.Progress("zhang", "course"))
	})
}

func TestPanicsArePassedOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, configure := range map[string]func(*outbox.Config){
		"Send":  func(c *outbox.Config) { c.Send = func(context.Context, outbox.Report) error { panic(broken) } },
		"Probe": func(c *outbox.Config) { c.Probe = func(context.Context) error { panic(broken) } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegulator()
			r.down(refuse)
			cfg := outbox.Config{Client: r.client(t), Store: outbox.NewMemory(outbox.StoreOptions{})}
			configure(&cfg)
			box, err := outbox.New(cfg)
			require.NoError(t, err)
			require.NoError(t, box.Report(t.Context(), zhang.start()))
			func() {
				defer func() {
					err, _ := recover().(error)
					assert.ErrorIs(t, err, broken)
					assert.ErrorContains(t, err, "run_test.go", "the stack is told")
				}()
				_ = box.Run(t.Context())
			}()
			require.NoError(t, box.Close())
		})
	}
}
