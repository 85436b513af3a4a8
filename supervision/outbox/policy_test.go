package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// TestWhatACrashLeftInFlight claims a report, as a process does that is then
// killed, with the report sent or not, and lets another process find it.
func TestWhatACrashLeftInFlight(t *testing.T) {
	for _, tt := range []struct {
		name     string
		policy   outbox.Policy
		sent     bool           // before the crash
		verdict  outbox.Verdict // Settle's, -1 for no Settle
		minutes  int            // that the platform has in the end
		parked   int            // in the end
		noSettle bool
	}{
		{name: "Park and sent", sent: true, noSettle: true, minutes: 2, parked: 1},
		{name: "Park and not sent", noSettle: true, minutes: 1, parked: 1},
		{name: "Resend and sent", policy: outbox.Resend, sent: true, noSettle: true, minutes: 3},
		{name: "Resend and not sent", policy: outbox.Resend, noSettle: true, minutes: 2},
		{name: "settled as applied", sent: true, verdict: outbox.Applied, minutes: 2},
		{name: "settled as not applied", verdict: outbox.NotApplied, minutes: 2},
		{name: "not settled", sent: true, verdict: outbox.Undecided, minutes: 2, parked: 1},
		{name: "Resend, settled as applied", policy: outbox.Resend, sent: true, verdict: outbox.Applied, minutes: 2},
		{name: "Resend, settled as not applied", policy: outbox.Resend, verdict: outbox.NotApplied, minutes: 2},
		{name: "Resend, not settled", policy: outbox.Resend, sent: true, verdict: outbox.Undecided, minutes: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(c *outbox.Config) {
				c.Policy = outbox.Policies{Start: outbox.Resend, Progress: tt.policy}
				if !tt.noSettle {
					c.Settle = func(context.Context, outbox.Report) (outbox.Verdict, error) { return tt.verdict, nil }
				}
			}, func(b *bench) {
				b.report(zhang.start())
				b.wait(0)
				b.stop()
				b.report(zhang.minute(1))
				claims, err := b.store.Claim(b.t.Context(), outbox.ClaimRequest{Max: 1, Lease: time.Second})
				require.NoError(t, err)
				require.Len(t, claims.Claims, 1)
				if tt.sent {
					require.NoError(t, b.cfg.Client.Study.ReportProgress(b.t.Context(), &supervision.ProgressReport{
						ResCode: "video", PlayTime: time.Minute, ProgressTime: time.Minute, StudentUserCode: "zhang", ClassCode: "class", CourseCode: "course",
					}))
				}
				b.wait(time.Second)
				b.start()
				b.report(zhang.minute(2))
				b.wait(10 * time.Minute)
				assert.Equal(t, time.Duration(tt.minutes)*time.Minute, b.regulator.Progress("zhang", "course"))
				s := b.stats()
				assert.Equal(t, tt.parked, s.Parked)
				assert.Zero(t, s.Waiting)
				assert.Zero(t, s.Dead)
			})
		})
	}
}

func TestResend(t *testing.T) {
	inBubble(t, func(c *outbox.Config) {
		c.Policy = outbox.Policies{Start: outbox.Resend, Progress: outbox.Resend, Recording: outbox.Resend, End: outbox.Resend}
	}, func(b *bench) {
		b.report(reporter{"li", "session-2"}.start()) // which logs in
		b.wait(0)
		for _, r := range []outbox.Report{zhang.start(), zhang.minute(1), zhang.recording(), zhang.end()} {
			b.regulator.down(lose)
			b.report(r)
			b.wait(0)
			b.regulator.down(none)
			b.wait(2 * time.Minute)
		}
		assert.Equal(t, []string{"start", "start", "progress 60+60", "progress 60+60", "recording", "recording", "end"}, b.sent("zhang"))
		s := b.stats()
		assert.Equal(t, 1, s.Dead, "this platform rejects a second end")
		assert.Zero(t, s.Waiting+s.Parked)
		assert.Equal(t, uint64(4), s.Opened)
	})
}

// TestTheLaneWaitsForSettle lets Settle fail, answer that it does not know, and
// know. Only then is it certain that nothing that was sent later confuses it.
func TestTheLaneWaitsForSettle(t *testing.T) {
	for _, tt := range []struct {
		name    string
		verdict outbox.Verdict
		fails   bool
		want    []string // beyond what was sent before
		passed  bool     // what Settle is told in the end
	}{
		{name: "not applied", verdict: outbox.NotApplied, want: []string{"progress 120+60", "progress 180+60", "end"}},
		{name: "applied", verdict: outbox.Applied, want: []string{"progress 180+60", "end"}},
		{name: "unknown", verdict: outbox.Undecided, want: []string{"progress 180+60", "end"}, passed: true},
		{name: "not to be asked", fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var down, passed atomic.Bool
			inBubble(t, func(c *outbox.Config) {
				c.MaxAge = 3 * time.Hour
				c.Settle = func(_ context.Context, r outbox.Report) (outbox.Verdict, error) {
					passed.Store(r.Passed)
					if down.Load() {
						return outbox.Applied, errors.New("the records cannot be read")
					}
					return tt.verdict, nil
				}
			}, func(b *bench) {
				b.report(zhang.start(), zhang.minute(1))
				b.wait(time.Minute)
				down.Store(true)
				b.regulator.down(swallow)
				b.report(zhang.minute(2), zhang.minute(3), zhang.end())
				b.wait(0)
				b.regulator.down(none)
				b.wait(10 * time.Minute)
				s := b.stats()
				assert.Equal(t, []int{1, 1, 2}, []int{s.Parked, s.Held, s.Waiting}, "while it cannot be asked")
				assert.Len(t, b.sent("zhang"), 2)
				assert.False(t, passed.Load())
				down.Store(tt.fails)
				b.wait(10 * time.Minute)
				assert.Equal(t, tt.want, append([]string(nil), b.sent("zhang")[2:]...))
				assert.Equal(t, tt.passed, passed.Load())
				b.wait(3 * time.Hour)
				s = b.stats()
				assert.Zero(t, s.Waiting+s.Held, "no lane waits for ever")
				assert.Zero(t, s.Dead)
			})
		})
	}
}

func TestAnEndThatCameTooLateIsNotSent(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.report(zhang.start(), zhang.minute(1))
		b.wait(0)
		b.regulator.down(swallow)
		b.report(zhang.end())
		b.wait(0)
		b.regulator.down(none)
		again := reporter{"zhang", "session-2"}
		b.report(again.start(), again.minute(1))
		b.wait(time.Hour)
		for e, err := range b.Parked(b.t.Context()) {
			require.NoError(t, err)
			_, err = b.Resolve(b.t.Context(), outbox.NotApplied, e.ID)
			require.NoError(t, err)
		}
		b.report(again.minute(2))
		b.wait(time.Hour)
		assert.Equal(t, []string{"start", "progress 60+60", "start", "progress 60+60", "progress 120+60"}, b.sent("zhang"),
			"it would end what has begun since")
		assert.Equal(t, 1, b.stats().Dead)
	})
}

func TestRate(t *testing.T) {
	inBubble(t, func(c *outbox.Config) { c.Rate, c.Senders = 10, 64 }, func(b *bench) {
		b.regulator.down(refuse)
		for n := range 300 {
			b.report(reporter{fmt.Sprint(n), "s"}.start())
		}
		b.wait(0)
		b.regulator.down(none)
		b.wait(2 * time.Minute)
		var times []time.Time
		for _, r := range b.regulator.Requests() {
			if r.Op == "Study.Start" && r.Code == "0" {
				times = append(times, r.Time)
			}
		}
		require.Len(t, times, 300)
		assert.InDelta(t, 30*time.Second, times[299].Sub(times[0]), float64(time.Second))
		for i := range times[10:] {
			assert.GreaterOrEqual(t, times[i+10].Sub(times[i]), 900*time.Millisecond, "ten a second, in every second")
		}
	})
}

func TestTheOldestComeFirst(t *testing.T) {
	inBubble(t, func(c *outbox.Config) { c.Senders = 1 }, func(b *bench) {
		b.regulator.down(refuse)
		for n := range 20 {
			b.report(reporter{fmt.Sprint(n), "s"}.start())
		}
		b.wait(time.Second)
		b.regulator.down(none)
		b.wait(time.Hour)
		n := 0
		for _, r := range b.regulator.Requests() {
			if r.Op == "Study.Start" {
				assert.Equal(t, fmt.Sprint(n), r.Data.(map[string]any)["studentUserCode"])
				n++
			}
		}
		assert.Equal(t, 20, n)
	})
}

// brokenStore is a store whose methods fail while it is broken.
type brokenStore struct {
	outbox.Store

	broken atomic.Bool
}

var errBroken = errors.New("the store is broken")

func (s *brokenStore) Append(ctx context.Context, batches []outbox.Batch) []error {
	if s.broken.Load() {
		errs := make([]error, len(batches))
		for i := range errs {
			errs[i] = errBroken
		}
		return errs
	}
	return s.Store.Append(ctx, batches)
}

func (s *brokenStore) Claim(ctx context.Context, req outbox.ClaimRequest) (outbox.Claims, error) {
	if s.broken.Load() {
		return outbox.Claims{}, errBroken
	}
	return s.Store.Claim(ctx, req)
}

func (s *brokenStore) Finish(ctx context.Context, finished []outbox.Finished) ([]bool, error) {
	if s.broken.Load() {
		return nil, errBroken
	}
	return s.Store.Finish(ctx, finished)
}

func TestABrokenStoreIsSurvived(t *testing.T) {
	store := &brokenStore{Store: outbox.NewMemory(outbox.StoreOptions{})}
	inBubble(t, func(c *outbox.Config) { c.Store = store }, func(b *bench) {
		b.report(zhang.start())
		b.wait(0)
		store.broken.Store(true)
		require.ErrorIs(t, b.Report(b.t.Context(), zhang.minute(1)), errBroken)
		b.wait(10 * time.Minute)
		store.broken.Store(false)
		b.wait(10 * time.Minute)
		b.regulator.setFault(func(path string) fault { // it breaks between sending and finishing
			store.broken.Store(path == "/api/v1/studyHour")
			return none
		})
		b.report(zhang.minute(1), zhang.minute(2))
		b.wait(30 * time.Second)
		assert.Equal(t, []string{"start", "progress 60+60"}, b.sent("zhang"))
		b.regulator.down(none)
		store.broken.Store(false)
		b.wait(10 * time.Minute)
		assert.Equal(t, []string{"start", "progress 60+60", "progress 120+60"}, b.sent("zhang"), "what was sent is not sent again")
		s := b.stats()
		assert.Zero(t, s.Parked+s.Waiting)
	})
}

// panickyStore is a store that panics when it is asked for a second claim.
type panickyStore struct {
	outbox.Store

	claims int
}

func (s *panickyStore) Claim(ctx context.Context, req outbox.ClaimRequest) (outbox.Claims, error) {
	if s.claims++; s.claims > 1 {
		panic(errBroken)
	}
	return s.Store.Claim(ctx, req)
}

func TestAPanicOfTheStoreLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRegulator()
		_, err := r.client(t).Login(t.Context())
		require.NoError(t, err)
		r.down(hang)
		box, err := outbox.New(outbox.Config{Client: r.client(t), Store: &panickyStore{Store: outbox.NewMemory(outbox.StoreOptions{})}})
		require.NoError(t, err)
		require.NoError(t, box.Report(t.Context(), zhang.start()))
		assert.PanicsWithValue(t, errBroken, func() { _ = box.Run(t.Context()) })
		require.NoError(t, box.Close())
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRegulator()
		cfg := outbox.Config{Client: r.client(t), Store: outbox.NewMemory(outbox.StoreOptions{})}
		box, err := outbox.New(cfg)
		require.NoError(t, err)
		_, err = cfg.Client.Login(t.Context())
		require.NoError(t, err)
		r.down(hang)
		require.NoError(t, box.Report(t.Context(), zhang.start()))
		ran := make(chan error, 1)
		go func() { ran <- box.Run(t.Context()) }()
		synctest.Wait()
		require.ErrorIs(t, box.Run(t.Context()), outbox.ErrRunning)
		began := time.Now()
		require.NoError(t, box.Close())
		assert.Equal(t, 10*time.Second, time.Since(began), "it waits for what is on its way, which the client gives up then")
		require.NoError(t, <-ran)
		require.NoError(t, box.Close())
		require.ErrorIs(t, box.Report(t.Context(), zhang.minute(1)), outbox.ErrClosed)
		s, err := box.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, s.Parked)

		box, err = outbox.New(cfg)
		require.NoError(t, err)
		require.NoError(t, box.Close())
		require.ErrorIs(t, box.Run(t.Context()), outbox.ErrClosed)
	})
}

func TestHopelessReportsDie(t *testing.T) {
	inBubble(t, func(c *outbox.Config) {
		send := c.Client
		c.Send = func(ctx context.Context, r outbox.Report) error { // as if a later version checked more
			if r.Kind == outbox.KindProgress {
				return send.Study.ReportProgress(ctx, &supervision.ProgressReport{})
			}
			return send.Study.Start(ctx, &supervision.StudyRequest{ResCode: "video", StudentUserCode: "zhang", ClassCode: "class", CourseCode: "course"})
		}
	}, func(b *bench) {
		b.report(zhang.start(), zhang.minute(1), zhang.minute(2))
		b.wait(time.Hour)
		s := b.stats()
		assert.Equal(t, []int{0, 2}, []int{s.Waiting, s.Dead})
		assert.False(t, s.Down)
	})
}

func TestBadCredentialsKillNoReport(t *testing.T) {
	inBubble(t, func(c *outbox.Config) { c.MaxAge = time.Minute }, func(b *bench) {
		b.regulator.AddAccount(supervisiontest.Account{Name: supervisiontest.AccountName, Password: "another", PlatformCode: "p"})
		b.report(zhang.start())
		b.wait(time.Hour)
		s := b.stats()
		assert.True(t, s.Down)
		assert.Contains(t, s.DownReason, "login")
		assert.Equal(t, []int{1, 0, 0}, []int{s.Waiting, s.Parked, s.Dead})
		b.regulator.AddAccount(supervisiontest.Account{Name: supervisiontest.AccountName, Password: supervisiontest.Password, PlatformCode: "p"})
		b.wait(time.Hour)
		assert.Equal(t, []string{"start"}, b.sent("zhang"))
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	client, store := newRegulator().client(t), outbox.NewMemory(outbox.StoreOptions{})
	for field, cfg := range map[string]outbox.Config{
		"Client":  {Store: store},
		"Store":   {Client: client},
		"Senders": {Client: client, Store: store, Senders: -1},
		"Rate":    {Client: client, Store: store, Rate: -1},
		"MaxAge":  {Client: client, Store: store, MaxAge: -1},
		"Policy":  {Client: client, Store: store, Policy: outbox.Policies{End: 2}},
	} {
		_, err := outbox.New(cfg)
		require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
		assert.Equal(t, "Config."+field, f.Field)
	}
}

func TestReportsAreChecked(t *testing.T) {
	t.Parallel()
	box, err := outbox.New(outbox.Config{Client: newRegulator().client(t), Store: outbox.NewMemory(outbox.StoreOptions{})})
	require.NoError(t, err)
	for field, change := range map[string]func(*outbox.Report){
		"Kind":            func(r *outbox.Report) { r.Kind = 0 },
		"Session":         func(r *outbox.Report) { r.Session = "" },
		"ClassCode":       func(r *outbox.Report) { r.ClassCode = "" },
		"StudentUserCode": func(r *outbox.Report) { r.StudentUserCode = "zhang " },
		"ResCode":         func(r *outbox.Report) { r.ResCode = "" },
		"CourseCode":      func(r *outbox.Report) { r.CourseCode = "" },
		"SectionCode":     func(r *outbox.Report) { r.SectionCode = " " },
		"PlayTime":        func(r *outbox.Report) { r.PlayTime += time.Millisecond },
		"ProgressTime":    func(r *outbox.Report) { r.ProgressTime = -time.Second },
		"RecordVideoURL":  func(r *outbox.Report) { r.RecordVideoURL = "https://example.com" },
	} {
		r := zhang.minute(1)
		change(&r)
		errs := box.Commit(t.Context(), []outbox.Change{{Reports: []outbox.Report{zhang.start(), r}}, {Reports: []outbox.Report{zhang.end()}}})
		require.ErrorIs(t, errs[0], edusdk.ErrInvalidArgument)
		var f *edusdk.FieldError
		require.ErrorAs(t, errs[0], &f)
		assert.Equal(t, "Report."+field, f.Field)
		require.NoError(t, errs[1])
	}
	err = box.Report(t.Context(), outbox.Report{Kind: outbox.KindStart, Session: "s", ClassCode: "c", StudentUserCode: "u", ResCode: "r", CourseCode: "c", PlayTime: time.Second})
	require.ErrorContains(t, err, "KindProgress")
	require.ErrorContains(t, box.Commit(t.Context(), []outbox.Change{{States: []outbox.State{{}}}})[0], "State.Key")
	_, err = box.Resolve(t.Context(), outbox.Undecided, 1)
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
}

// TestNothingPersonalIsShown looks for what a report holds in logs and in what is
// printed.
func TestNothingPersonalIsShown(t *testing.T) {
	var log bytes.Buffer
	inBubble(t, func(c *outbox.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Permanent = func(code, _ string) bool { return code == "40404" }
		asked := false
		c.Settle = func(context.Context, outbox.Report) (outbox.Verdict, error) {
			if !asked {
				asked = true
				return outbox.Undecided, errors.New("canary of Settle")
			}
			return outbox.Undecided, nil
		}
	}, func(b *bench) {
		canary := reporter{"canary-student", "canary-session"}
		b.regulator.FailNext("Study.Start", "500", "canary: 张三 canary-student")
		b.report(canary.start(), canary.minute(1), canary.minute(2))
		b.wait(time.Minute)
		b.regulator.down(swallow)
		b.wait(time.Minute)
		b.regulator.FailNext("Study.ReportProgress", "40404", "canary: 张三 canary-student")
		b.regulator.down(none)
		b.report(canary.minute(3))
		b.wait(time.Hour)
		s := b.stats()
		assert.Positive(t, s.Parked)
		assert.Positive(t, s.Dead)
		for _, list := range []outbox.Status{outbox.Parked, outbox.Dead} {
			records, err := b.store.List(b.t.Context(), outbox.ListRequest{Status: list, Limit: 10})
			require.NoError(t, err)
			for _, r := range records {
				assert.NotContains(t, r.Reason, "canary")
				assert.NotEmpty(t, r.Reason)
			}
		}
		for e := range b.Parked(b.t.Context()) {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", e, e, e, &e), "canary")
			slog.New(slog.NewTextHandler(&log, nil)).Info("entry", "entry", e, "report", e.Report)
		}
	})
	t.Cleanup(func() {
		assert.Contains(t, log.String(), "dead letter")
		assert.NotContains(t, log.String(), "canary")
	})
}
