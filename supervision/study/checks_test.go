package study

import (
	"bytes"
	"image"
	"image/jpeg"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// school is a world with a platform.
type school struct {
	*world

	srv *supervisiontest.Server
	box *box
	ss  *Sessions
	due []Check // that CheckDue was told of
}

func newSchool(t *testing.T, change func(*Config)) *school {
	w := newWorld(t)
	s := &school{world: w, srv: supervisiontest.NewServer(), box: newBox(w)}
	t.Cleanup(s.srv.Close)
	s.srv.SetClock(w.clock.now)
	s.box.status = outbox.Sent
	w.cfg.CheckDue = func(session *Session, c Check) {
		s.due = append(s.due, c)
		_, due := session.Due() // no lock is held
		assert.True(t, due)
	}
	if change != nil {
		change(&w.cfg)
	}
	c, err := supervision.New(s.srv.Config(), edusdk.WithClock(w.clock.now), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	s.ss, err = Open(c, w.cfg)
	require.NoError(t, err)
	return s
}

func photo() []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil)
	return b.Bytes()
}

func faces(every int, atStart bool) Lesson {
	l := lesson()
	l.Rules = RulesOf(&supervision.Class{
		VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerInterval, TriggerValue: every, VideoStartFace: atStart,
	})
	return l
}

func codes(every int) Lesson {
	l := faces(every, false)
	l.Rules.VideoOnHook = supervision.OnHookCode
	return l
}

func watched(t *testing.T, s *Session) time.Duration {
	t.Helper()
	st, err := s.Status()
	require.NoError(t, err)
	return st.Watched
}

func TestFaceCheck(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, faces(10, true))
	assert.Equal(t, []Check{{CheckFace, 0, 3}}, w.due)
	w.play(s, time.Minute, 10*time.Second)
	assert.Zero(t, watched(t, s), "before the check at the start")
	require.NoError(t, s.Seek(0))

	w.srv.SetFaceMatcher(func([]byte, string) bool { return false })
	result, err := s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	assert.False(t, result.Passed())
	c, due := s.Due()
	assert.True(t, due)
	assert.Equal(t, Check{CheckFace, 0, 2}, c)

	w.srv.SetFaceMatcher(nil)
	result, err = s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	assert.True(t, result.Passed())
	_, due = s.Due()
	assert.False(t, due)
	_, err = s.FaceCheck().Compare(bg, photo())
	isIllegal(t, err, "no face check is due")

	w.play(s, 9*time.Minute, 10*time.Second)
	w.play(s, 90*time.Second, 45*time.Second) // beyond the check, in one call
	assert.Equal(t, 10*time.Minute, watched(t, s))
	assert.Equal(t, Check{CheckFace, 10 * time.Minute, 3}, w.due[1])
	require.NoError(t, s.Seek(11*time.Minute))
	result, err = s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	assert.True(t, result.Passed())
	assert.Equal(t, 10*time.Minute+30*time.Second, watched(t, s), "with what came beyond the check in the same call")
	checks := w.srv.Checks()
	require.Len(t, checks, 3)
	assert.Len(t, w.due, 2, "each is told once")
	assert.Equal(t, 11*time.Minute, checks[2].VideoStudyTime)
	assert.Equal(t, "student-1", checks[2].StudentUserCode)
}

// What was watched beyond a check in the call in which it fell due is counted once
// it is passed, up to the next check.
func TestCheckHolds(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, faces(1, false))
	w.play(s, 150*time.Second, 150*time.Second)
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 150 * time.Second} {
		assert.Equal(t, want, watched(t, s), "after %d checks", i)
		if i < 2 {
			_, err := s.FaceCheck().Compare(bg, photo())
			require.NoError(t, err)
		}
	}
	assert.Len(t, w.due, 2)
	w.poll(w.ss)
	assert.Equal(t, 150*time.Second, w.progress()[0].ProgressTime)
}

// Nothing that was told while a check was due counts once it is passed, and what
// was not counted does not raise playTime.
func TestNothingCountsDuringACheck(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, faces(1, false))
	w.play(s, 55*time.Second, 5*time.Second)
	w.clock.add(10 * time.Second)
	require.NoError(t, s.Watched(68*time.Second)) // three more than could be
	assert.Equal(t, 60*time.Second, s.lane.furthest)
	w.clock.add(time.Second)
	require.NoError(t, s.Watched(72*time.Second))
	_, err := s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	assert.Equal(t, 65*time.Second, watched(t, s))
	w.clock.add(10 * time.Second)
	require.NoError(t, s.Watched(72*time.Second))
	assert.Equal(t, 65*time.Second, watched(t, s))
}

// What passes during a check counts neither at once nor later.
func TestNoReserveFromACheck(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		w := newSchool(t, nil)
		s := w.start(w.ss, faces(1, false))
		w.play(s, time.Minute, 10*time.Second)
		w.clock.add(time.Minute)
		w.srv.SetFaceMatcher(func([]byte, string) bool { w.clock.add(time.Minute); return true })
		_, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
		require.NoError(t, s.Watched(2*time.Minute))
		assert.Equal(t, time.Minute, watched(t, s))
	})
	t.Run("and the platform goes away", func(t *testing.T) {
		w := newSchool(t, func(c *Config) { c.WhileDown = Defer })
		s := w.start(w.ss, faces(1, false))
		w.clock.add(time.Minute)
		w.poll(w.ss) // the start has arrived
		require.NoError(t, s.Seek(0))
		w.play(s, time.Minute, 10*time.Second)
		w.clock.add(10 * time.Second)
		require.NoError(t, s.Watched(74*time.Second))
		w.box.isDown = true
		w.clock.add(10 * time.Second)
		require.NoError(t, s.Watched(76*time.Second))
		assert.Equal(t, 62*time.Second, watched(t, s))
	})
	t.Run("and there is another one to make up for", func(t *testing.T) {
		l := &lane{
			student: &student{}, plan: &plan{planKey: planKey{length: time.Hour}, times: []time.Duration{time.Minute, 2 * time.Minute}},
			total: 3 * time.Minute, held: 5 * time.Second,
		}
		l.pass(noon, false)
		assert.Equal(t, 3*time.Minute, l.total)
	})
}

// A check that was passed is saved, even if the outbox was full at first.
func TestPassedCheckIsSaved(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, faces(1, true))
	_, err := s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	w.box.commit = func(func() []error) []error { return []error{outbox.ErrFull} }
	_, err = w.ss.Poll(bg)
	assert.ErrorIs(t, err, outbox.ErrFull)
	w.box.commit = nil
	w.clock.add(retryDelay)
	w.poll(w.ss)
	stored, err := w.box.LoadState(bg, laneKey("class-1", "student-1", "video-1"))
	require.NoError(t, err)
	state, err := decodeLane(stored.Data)
	require.NoError(t, err)
	assert.False(t, state.StartFace)
}

// A check stays due, and one that was passed stays passed, over reloads, restarts
// and an end.
func TestChecksSurvive(t *testing.T) {
	w := newSchool(t, nil)
	l := faces(1, true)
	s := w.start(w.ss, l)
	pass := func() {
		t.Helper()
		_, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
	}
	pass()
	w.poll(w.ss)
	other, err := Open(w.ss.client, w.cfg)
	require.NoError(t, err)
	s = w.start(other, l)
	_, due := s.Due()
	assert.False(t, due, "it was passed")
	w.play(s, time.Minute, 10*time.Second)
	w.srv.SetFaceMatcher(func([]byte, string) bool { return false })
	pass()
	w.poll(other)
	s = w.start(w.ss, l)
	c, due := s.Due()
	assert.True(t, due)
	assert.Equal(t, Check{CheckFace, time.Minute, 2}, c)
	require.NoError(t, s.End(bg))
	w.srv.SetFaceMatcher(nil)
	s = w.start(w.ss, l)
	pass() // the one at the start, of another session
	c, due = s.Due()
	assert.True(t, due)
	assert.Equal(t, Check{CheckFace, time.Minute, 3}, c)
	pass()
	w.play(s, 30*time.Second, 10*time.Second)
	assert.Equal(t, 90*time.Second, watched(t, s))
}

func TestCheckTriesAreBounded(t *testing.T) {
	w := newSchool(t, func(c *Config) { c.MaxTries = 2 })
	w.srv.SetFaceMatcher(func([]byte, string) bool { return false })
	s := w.start(w.ss, faces(1, true))
	for range 2 {
		_, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
	}
	_, err := s.FaceCheck().Compare(bg, photo())
	assert.ErrorIs(t, err, edusdk.ErrResourceExhausted)
	assert.Len(t, w.srv.Checks(), 2)
	s = w.start(w.ss, faces(1, true)) // no new tries by loading the page anew
	_, err = s.FaceCheck().Compare(bg, photo())
	assert.ErrorIs(t, err, edusdk.ErrResourceExhausted)
	require.NoError(t, s.End(bg))
	s = w.start(w.ss, faces(1, true))
	_, err = s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
}

func TestFaceCheckPrepared(t *testing.T) {
	w := newSchool(t, nil)
	count := func(op string) (n int) {
		for _, r := range w.srv.Requests() {
			if r.Op == op {
				n++
			}
		}
		return n
	}
	t.Run("in time", func(t *testing.T) {
		s := w.start(w.ss, faces(1, true))
		expires, err := s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
		assert.Equal(t, 5*time.Minute, expires.Sub(w.clock.now()))
		_, err = s.FaceCheck().Compare(bg, []byte("not a photo"))
		assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		w.clock.add(4 * time.Minute)
		result, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
		assert.True(t, result.Passed())
		assert.Equal(t, 1, count("Checks.FaceConfig"))
		require.NoError(t, s.End(bg))
	})
	t.Run("too late", func(t *testing.T) {
		s := w.start(w.ss, faces(1, true))
		_, err := s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
		w.clock.add(4 * time.Minute)
		require.NoError(t, s.Watched(0))
		w.clock.add(time.Minute)
		result, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
		assert.True(t, result.Passed())
		assert.Equal(t, 3, count("Checks.FaceConfig"))
		assert.Equal(t, 2, count("Checks.CompareFace"))
		require.NoError(t, s.End(bg))
	})
	t.Run("sooner than it said", func(t *testing.T) {
		s := w.start(w.ss, faces(1, true))
		_, err := s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
		w.srv.FailNext("Checks.CompareFace", "2003", "bizCode无效或已过期")
		result, err := s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
		assert.True(t, result.Passed())
		require.NoError(t, s.End(bg))
	})
	t.Run("rejected again and again", func(t *testing.T) {
		s := w.start(w.ss, faces(1, true))
		_, err := s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
		before := count("Checks.CompareFace")
		for range 5 {
			w.srv.FailNext("Checks.CompareFace", "2003", "bizCode无效或已过期")
		}
		_, err = s.FaceCheck().Compare(bg, photo())
		var e *edusdk.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "2003", e.Code)
		assert.Equal(t, 2, count("Checks.CompareFace")-before)
		c, due := s.Due()
		assert.True(t, due)
		assert.Equal(t, 3, c.TriesLeft)
	})
}

func TestCodeCheck(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, codes(1))
	w.play(s, time.Minute, 10*time.Second)
	assert.Equal(t, []Check{{CheckCode, time.Minute, 3}}, w.due)
	_, err := s.FaceCheck().Compare(bg, photo())
	isIllegal(t, err, "no face check is due")
	_, _, err = s.CodeCheck().Submit(bg, "1234")
	isIllegal(t, err, "ask for another")

	code, err := s.CodeCheck().Code(bg)
	require.NoError(t, err)
	shown, err := s.CodeCheck().Code(bg)
	require.NoError(t, err)
	assert.Equal(t, code, shown, "while it is good")
	_, _, err = s.CodeCheck().Submit(bg, "")
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	passed, reason, err := s.CodeCheck().Submit(bg, "0000")
	require.NoError(t, err)
	assert.False(t, passed)
	assert.Equal(t, "验证码错误", reason)

	code, err = s.CodeCheck().Code(bg)
	require.NoError(t, err)
	assert.NotEqual(t, shown, code, "it was used up")
	w.clock.add(4 * time.Minute)
	require.NoError(t, s.Watched(time.Minute))
	w.clock.add(time.Minute)
	_, _, err = s.CodeCheck().Submit(bg, code.VerificationCode)
	isIllegal(t, err, "expired")

	code, err = s.CodeCheck().Code(bg)
	require.NoError(t, err)
	passed, _, err = s.CodeCheck().Submit(bg, code.VerificationCode)
	require.NoError(t, err)
	assert.True(t, passed)
	w.play(s, 10*time.Second, 10*time.Second)
	assert.Equal(t, 70*time.Second, watched(t, s))
	checks := w.srv.Checks()
	require.Len(t, checks, 2)
	assert.Equal(t, time.Minute, checks[1].VideoStudyTime)
}

// A check whose outcome is lost is still due.
func TestCheckLost(t *testing.T) {
	w := newSchool(t, nil)
	s := w.start(w.ss, codes(1))
	w.play(s, time.Minute, 10*time.Second)
	code, err := s.CodeCheck().Code(bg)
	require.NoError(t, err)
	w.srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/submitVerificationCode" {
				rw.WriteHeader(http.StatusBadGateway)
				return
			}
			next.ServeHTTP(rw, r)
		})
	})
	_, _, err = s.CodeCheck().Submit(bg, code.VerificationCode)
	assert.True(t, edusdk.MaybeApplied(err))
	c, due := s.Due()
	assert.True(t, due)
	assert.Equal(t, 3, c.TriesLeft)
	_, _, err = s.CodeCheck().Submit(bg, code.VerificationCode)
	isIllegal(t, err, "ask for another")
}

// The platform checks only whom it knows to study.
func TestChecksWaitForTheStart(t *testing.T) {
	for _, status := range []outbox.Status{outbox.Waiting, outbox.Sending, outbox.Parked, outbox.Dead} {
		w := newSchool(t, nil)
		w.box.status = status
		s := w.start(w.ss, faces(1, true))
		_, err := s.FaceCheck().Prepare(bg)
		isIllegal(t, err, "has not got the session's start")
		w.play(s, time.Minute, 10*time.Second)
		assert.Zero(t, watched(t, s), "counting waits too")
		assert.Empty(t, w.srv.Requests())
		w.box.status = outbox.Sent
		_, err = s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
		w.box.status = outbox.Dead // it is not asked again
		_, err = s.FaceCheck().Prepare(bg)
		require.NoError(t, err)
	}
}

func TestDefer(t *testing.T) {
	w := newSchool(t, func(c *Config) { c.WhileDown = Defer })
	w.box.status = outbox.Waiting
	s := w.start(w.ss, faces(2, true))
	_, due := s.Due()
	assert.False(t, due, "the start has not arrived")
	w.play(s, time.Minute, 10*time.Second)
	w.box.status = outbox.Sent
	w.poll(w.ss)
	c, due := s.Due()
	assert.True(t, due, "it has")
	assert.Equal(t, Check{CheckFace, 0, 3}, c)
	w.play(s, 30*time.Second, 10*time.Second)
	assert.Equal(t, time.Minute, watched(t, s))
	_, err := s.FaceCheck().Compare(bg, photo())
	require.NoError(t, err)
	require.NoError(t, s.Seek(time.Minute))

	w.box.isDown = true
	w.play(s, 4*time.Minute, 10*time.Second)
	assert.Equal(t, 5*time.Minute, watched(t, s))
	w.box.isDown = false
	w.play(s, time.Minute, 10*time.Second)
	assert.Equal(t, 5*time.Minute, watched(t, s))
	for _, at := range []time.Duration{2 * time.Minute, 4 * time.Minute} {
		c, due = s.Due()
		assert.True(t, due)
		assert.Equal(t, Check{CheckFace, at, 3}, c)
		_, err = s.FaceCheck().Compare(bg, photo())
		require.NoError(t, err)
	}
	w.play(s, time.Minute, 10*time.Second)
	assert.Equal(t, 6*time.Minute, watched(t, s))
	assert.Equal(t, []Check{{CheckFace, 0, 3}, {CheckFace, 2 * time.Minute, 3}, {CheckFace, 4 * time.Minute, 3}, {CheckFace, 6 * time.Minute, 3}}, w.due)
}

func TestOwnCheckTimes(t *testing.T) {
	w := newSchool(t, nil)
	l := codes(1)
	l.Rules.Checks = []time.Duration{90 * time.Second, 30 * time.Second, 30 * time.Second}
	s := w.start(w.ss, l)
	w.play(s, 3*time.Minute, 10*time.Second)
	assert.Equal(t, 30*time.Second, watched(t, s))
	l.Rules.Checks[1], l.Rules.Checks[2] = time.Hour, 20*time.Second // which is over
	s = w.start(w.ss, l)                                             // under other rules
	w.play(s, 3*time.Minute, 10*time.Second)
	assert.Equal(t, 90*time.Second, watched(t, s))
	l.Rules.Checks = []time.Duration{}
	s = w.start(w.ss, l)
	w.play(s, 3*time.Minute, 10*time.Second)
	assert.Equal(t, 270*time.Second, watched(t, s))
}

func TestRealName(t *testing.T) {
	w := newSchool(t, nil)
	l := lesson()
	l.Rules.RealNameAuthentication = true
	l.CardNo, l.Name = "110101199003070013", "张三"
	l.Device = supervision.Device{Type: supervision.TypeH5, ID: "phone"}
	w.srv.FailNext("Students.Authenticate", "2001", "认证失败")
	_, err := w.ss.Start(bg, l)
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "2001", e.Code)
	assert.Empty(t, w.reports(), "nothing begins")

	s := w.start(w.ss, l)
	requests := w.srv.Requests()
	last := requests[len(requests)-1]
	assert.Equal(t, "Students.Authenticate", last.Op)
	assert.Equal(t, "phone", last.DeviceID)
	require.NoError(t, s.End(bg))

	other, err := Open(w.ss.client, w.cfg) // another process
	require.NoError(t, err)
	l.CardNo, l.Name, l.Resource = "", "", "video-2"
	w.start(other, l)
	assert.Len(t, w.srv.Requests(), len(requests), "once for a student of a class")
	l.Class = "class-2"
	_, err = other.Start(bg, l)
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	l.Authenticated = true
	w.start(other, l)
	assert.Len(t, w.srv.Requests(), len(requests))
}

func TestSettleByRecords(t *testing.T) {
	const m = time.Minute
	record := func(d time.Duration) supervision.StudyRecord {
		return supervision.StudyRecord{ClassCode: "class-1", UserCode: "student-1", ResCode: "video-1", PlayTime: d}
	}
	r := outbox.Report{
		Kind: outbox.KindProgress, ClassCode: "class-1", StudentUserCode: "student-1", ResCode: "video-1",
		PlayTime: 30 * m, Before: 20 * m, ProgressTime: m, Total: 5*m + time.Second/2,
	}
	still, first := r, r
	still.Before = r.PlayTime
	first.Total, first.Before = m, 0
	elsewhere := record(5 * m)
	elsewhere.ResCode = "video-2"
	for name, tt := range map[string]struct {
		report  outbox.Report
		meaning RecordMeaning
		records []supervision.StudyRecord
		want    outbox.Verdict
	}{
		"sum with it":                    {r, RecordSum, []supervision.StudyRecord{elsewhere, record(5 * m)}, outbox.Applied},
		"sum without it":                 {r, RecordSum, []supervision.StudyRecord{record(4 * m)}, outbox.NotApplied},
		"another sum":                    {r, RecordSum, []supervision.StudyRecord{record(6 * m)}, outbox.Undecided},
		"a smaller sum":                  {r, RecordSum, []supervision.StudyRecord{record(3 * m)}, outbox.Undecided},
		"position with it":               {r, RecordPosition, []supervision.StudyRecord{record(30 * m)}, outbox.Applied},
		"position without it":            {r, RecordPosition, []supervision.StudyRecord{record(20 * m)}, outbox.NotApplied},
		"another position":               {r, RecordPosition, []supervision.StudyRecord{record(25 * m)}, outbox.Undecided},
		"a position that says nothing":   {still, RecordPosition, []supervision.StudyRecord{record(30 * m)}, outbox.Undecided},
		"no record":                      {r, RecordSum, []supervision.StudyRecord{elsewhere}, outbox.Undecided},
		"no record of the first report":  {first, RecordSum, nil, outbox.Undecided},
		"a first report that is there":   {first, RecordSum, []supervision.StudyRecord{record(m)}, outbox.Applied},
		"two records":                    {r, RecordSum, []supervision.StudyRecord{record(5 * m), record(5 * m)}, outbox.Undecided},
		"a report without a known total": {outbox.Report{ClassCode: "class-1", StudentUserCode: "student-1", ResCode: "video-1", ProgressTime: m}, RecordSum, []supervision.StudyRecord{record(0)}, outbox.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, verdict(tt.records, &tt.report, tt.meaning))
		})
	}
	t.Run("from the platform", func(t *testing.T) {
		w := newSchool(t, nil)
		store := outbox.NewMemory(outbox.StoreOptions{})
		settle, err := SettleByRecords(w.ss.client, store, RecordSum)
		require.NoError(t, err)
		r.Total = 5 * m
		asks := func(want outbox.Verdict, why string) {
			t.Helper()
			got, err := settle(bg, r)
			require.NoError(t, err)
			assert.Equal(t, want, got, why)
		}
		asks(outbox.Undecided, "nobody has studied")
		start := supervision.StudyRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1"}
		require.NoError(t, w.ss.client.Study.Start(bg, &start))
		report := func(d time.Duration) {
			require.NoError(t, w.ss.client.Study.ReportProgress(bg, &supervision.ProgressReport{
				ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1", PlayTime: 5 * m, ProgressTime: d,
			}))
		}
		report(4 * m)
		asks(outbox.NotApplied, "it is not there")
		report(m)
		asks(outbox.Applied, "it is there")
		other := r
		other.Sequence++
		for status, outcome := range map[string]outbox.Outcome{"parked": outbox.SetAside, "dead": outbox.Bury} {
			set := func(r outbox.Report) {
				box, err := outbox.New(outbox.Config{Client: w.ss.client, Store: store})
				require.NoError(t, err)
				r.Session, r.CourseCode = r.Session+status, "course-1"
				require.NoError(t, box.Report(bg, r))
				claims, err := store.Claim(bg, outbox.ClaimRequest{Max: 1, Lease: m})
				require.NoError(t, err)
				require.Len(t, claims.Claims, 1)
				done, err := store.Finish(bg, []outbox.Finished{{Claim: claims.Claims[0], Outcome: outcome}})
				require.NoError(t, err)
				assert.Equal(t, []bool{true}, done)
			}
			set(r)
			r.Session += status
			asks(outbox.Applied, "it is itself "+status)
			set(other)
			asks(outbox.Undecided, "another one is "+status)
			found, err := store.List(bg, outbox.ListRequest{Status: map[string]outbox.Status{"parked": outbox.Parked, "dead": outbox.Dead}[status], Limit: 10})
			require.NoError(t, err)
			for _, s := range found {
				_, err = store.Resolve(bg, []outbox.Resolution{{Sequence: s.Sequence, From: s.Status, To: outbox.Sent}})
				require.NoError(t, err)
			}
			asks(outbox.Applied, "no longer")
			r.Session = ""
		}
		r.Passed = true
		asks(outbox.Undecided, "the minute could be the next report's")
		r.Passed = false
		w.srv.FailNext("Business.ClassRecords", "1", "失败")
		got, err := settle(bg, r)
		assert.Error(t, err)
		assert.Equal(t, outbox.Undecided, got, "it cannot be read")
		r.Kind = outbox.KindEnd
		asks(outbox.Undecided, "the record says nothing of ends")
	})
	store := outbox.NewMemory(outbox.StoreOptions{})
	_, err := SettleByRecords(nil, store, RecordSum)
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	_, err = SettleByRecords(client(t), nil, RecordSum)
	assert.ErrorContains(t, err, "store must not be nil")
	_, err = SettleByRecords(client(t), store, 0)
	assert.ErrorContains(t, err, "meaning must be")
}
