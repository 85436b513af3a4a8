package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func studyCommands() []*command {
	return []*command{{
		name: "study simulate", about: text{"模拟一名学员的学习：人脸识别、监管平台中断与补报", "play a student's hour with a check and an outage"},
		notes: text{
			"只使用内置的模拟监管平台，不访问任何真实平台，也不需要凭证。",
			"It runs against a fake of the supervision platform, within the program: no real platform is called, and no credentials are needed.",
		},
		examples: []string{"study simulate", "study simulate -length 90m -outage 20m -speed 1200"},
		setup: func(f *flags) action {
			length := f.duration("length", time.Hour, text{"视频`时长`", "how `long` the video is"})
			outage := f.duration("outage", 8*time.Minute, text{"监管平台中断`时长`，0 为不中断", "how `long` the platform is away; 0 is not at all"})
			speed := f.int("speed", 600, text{"快于实际时间的`倍数`", "how many `times` faster than life"})
			return func(ctx context.Context, s *session, _ []string) (*result, error) {
				if *length < time.Minute || *length > 8*time.Hour || *outage < 0 || *outage > 8*time.Hour || *speed < 1 {
					return nil, s.command.misused(text{"-length 为 1m 到 8h，-outage 不超过 8h，-speed 至少为 1", "-length is 1m to 8h, -outage at most 8h, -speed at least 1"})
				}
				m, err := newSimulation(ctx, *length, *outage, *speed)
				if err != nil {
					return nil, err
				}
				defer m.close()
				if !s.json && s.notes.Terminal() {
					live := s.notes.Live(func() []string { return m.lines(s) })
					defer live.Stop()
				}
				if err := m.run(ctx); err != nil {
					return nil, err
				}
				return m.result(), nil
			}
		},
	}}
}

// simulation is a student who studies an hour, say, by a clock that is faster than the
// world's, a learning platform that reports it, and a fake of the platform that it is
// reported to.
type simulation struct {
	length, outage time.Duration
	speed          int

	platform *supervisiontest.Server
	client   *supervision.Client
	box      *outbox.Outbox
	sessions *study.Sessions
	stop     func() error

	mu      sync.Mutex
	now     time.Time
	away    bool
	watched time.Duration
	most    int // reports that have waited at a time
	events  []event
}

// event is something that has happened.
type event struct {
	At       time.Duration `json:"-"` // since the beginning
	Second   int64         `json:"second"`
	What     text          `json:"-"`
	Event    string        `json:"event"`
	Watched  int64         `json:"watchedSeconds"`
	OnRecord int64         `json:"onRecordSeconds"`
}

// step is how often the player tells where it is.
const step = 10 * time.Second

// lesson is what the student studies.
var lesson = study.Lesson{Student: "student-1", Class: "class-1", Course: "course-1", Resource: "video-1"}

func newSimulation(ctx context.Context, length, outage time.Duration, speed int) (*simulation, error) {
	m := &simulation{
		length: length, outage: outage, speed: speed,
		platform: supervisiontest.NewServer(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, console.Beijing),
	}
	clock := func() time.Time {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.now
	}
	m.platform.SetClock(clock)
	m.platform.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if m.isAway() {
				panic(http.ErrAbortHandler) // the connection breaks
			}
			next.ServeHTTP(w, r)
		})
	})
	err := m.open(ctx, clock)
	if err != nil {
		m.platform.Close()
		return nil, err
	}
	return m, nil
}

// open opens what the learning platform has.
func (m *simulation) open(ctx context.Context, clock func() time.Time) (err error) {
	// A failure is not repeated by the client: the outbox does that.
	if m.client, err = supervision.New(m.platform.Config(), edusdk.WithClock(clock), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})); err != nil {
		return err
	}
	const soon = 20 * time.Millisecond // for an hour takes seconds here
	if m.box, err = outbox.New(outbox.Config{
		Client: m.client, Store: outbox.NewMemory(outbox.StoreOptions{}), Settle: m.settle,
		// To begin or end twice says the same twice; to study a minute twice does not.
		Policy: outbox.Policies{Start: outbox.Resend, End: outbox.Resend},
		Gap:    -1, Merge: 60, Pause: soon, Poll: soon, RetryDelay: soon, SettleGap: soon,
	}); err != nil {
		return err
	}
	if m.sessions, err = study.Open(m.client, study.Config{Outbox: m.box, Clock: clock}); err != nil {
		return err
	}
	ran := make(chan error, 1)
	go func() { ran <- m.box.Run(context.WithoutCancel(ctx)) }()
	m.stop = func() error { return errors.Join(m.box.Close(), <-ran) }
	return nil
}

// settle tells whether a minute that may have arrived was counted. A real platform is
// asked by study.SettleByRecords.
func (m *simulation) settle(_ context.Context, r outbox.Report) (outbox.Verdict, error) {
	switch {
	case r.Kind != outbox.KindProgress || m.isAway():
		return outbox.Undecided, nil
	case m.onRecord() >= r.Total:
		return outbox.Applied, nil
	}
	return outbox.NotApplied, nil
}

func (m *simulation) close() {
	_ = m.stop() // the store is memory
	m.client.CloseIdleConnections()
	m.platform.Close()
}

func (m *simulation) isAway() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.away
}

// note takes note of an event.
func (m *simulation) note(at time.Duration, what text) {
	record := m.onRecord()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, event{at, int64(at / time.Second), what, what.EN, int64(m.watched / time.Second), int64(record / time.Second)})
}

// onRecord is what the supervision platform has counted.
func (m *simulation) onRecord() time.Duration {
	return m.platform.Progress(lesson.Student, lesson.Course)
}

// run has the student study to the end.
func (m *simulation) run(ctx context.Context) error {
	today := lesson
	today.Length = m.length
	today.Rules = study.Rules{VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 1}
	session, err := m.sessions.Start(ctx, today)
	if err != nil {
		return err
	}
	m.note(0, text{"开始学习", "the student begins"})
	if err := m.sent(ctx); err != nil { // checks need that the platform knows of it
		return err
	}
	leaves := m.length / 3
	var at, position time.Duration
	asked := false
	for position < m.length {
		if err := m.wait(ctx, step); err != nil {
			return err
		}
		at += step
		if _, due := session.Due(); !due {
			position = min(position+step, m.length)
			if err := m.watch(ctx, session, position); err != nil {
				return err
			}
		} else if passed, err := m.check(ctx, session); err != nil {
			return err
		} else if passed {
			m.note(at, text{"人脸识别通过，继续计时", "the face check is passed: it counts again"})
		}
		if _, due := session.Due(); due && !asked {
			asked = true
			m.note(at, text{"需要人脸识别，暂停计时", "a face check is due: nothing counts"})
		}
		m.cross(at, leaves, text{"监管平台中断", "the platform goes away"}, true)
		m.cross(at, leaves+m.outage, text{"监管平台恢复", "the platform is back"}, false)
	}
	if err := session.End(ctx); err != nil {
		return err
	}
	m.note(at, text{"学习结束", "the student ends"})
	for at < leaves+m.outage && m.outage > 0 { // the platform is still away
		if err := m.wait(ctx, step); err != nil {
			return err
		}
		at += step
		m.cross(at, leaves+m.outage, text{"监管平台恢复", "the platform is back"}, false)
	}
	if err := m.sent(ctx); err != nil {
		return err
	}
	m.note(at, text{"全部上报完成", "all is reported"})
	if record := m.onRecord(); record != m.watched {
		return &failure{what: text{"学习了 %s，监管平台记录了 %s", "%s were studied, and %s are on record"}.with(m.watched, record), exit: exitFailure}
	}
	return nil
}

// cross has the platform go away, or come back, at its time.
func (m *simulation) cross(at, when time.Duration, what text, away bool) {
	if m.outage > 0 && at-step < when && when <= at {
		m.mu.Lock()
		m.away = away
		m.mu.Unlock()
		m.note(at, what)
	}
}

// watch tells where the player is.
func (m *simulation) watch(ctx context.Context, session *study.Session, position time.Duration) error {
	if err := session.Watched(position); err != nil {
		return err
	}
	status, err := session.Status()
	if err != nil {
		return err
	}
	if _, err := m.sessions.Poll(ctx); err != nil {
		return err
	}
	stats, err := m.box.Stats(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watched, m.most = status.Watched, max(m.most, stats.Waiting)
	return err
}

// check has the student's face compared; while the platform is away, that has to wait.
func (m *simulation) check(ctx context.Context, session *study.Session) (passed bool, err error) {
	if m.isAway() {
		return false, nil
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		return false, err
	}
	result, err := session.FaceCheck().Compare(ctx, photo.Bytes())
	return err == nil && result.Passed(), err
}

// wait lets time pass.
func (m *simulation) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d / time.Duration(m.speed)):
	case <-ctx.Done():
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	return nil
}

// sent waits until nothing is left to report.
func (m *simulation) sent(ctx context.Context) error {
	for {
		stats, err := m.box.Stats(ctx)
		if err == nil && stats.Dead > 0 {
			err = &failure{what: text{"%d 条上报被监管平台拒绝", "%d reports were rejected"}.with(stats.Dead), exit: exitFailure}
		}
		if err != nil || stats.Waiting+stats.Parked == 0 {
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lines show how things are at the moment.
func (m *simulation) lines(s *session) []string {
	record := m.onRecord()
	m.mu.Lock()
	watched, away := m.watched, m.away
	m.mu.Unlock()
	state := console.Green(s.lang.Text("正常", "up"))
	if away {
		state = console.Red(s.lang.Text("中断", "away"))
	}
	bar := func(name text, part time.Duration) string {
		return s.notes.Sprintf("  %-10s %s %s / %s", name.in(s.lang), s.notes.Meter(int64(part), int64(m.length), 30), s.lang.Duration(part), s.lang.Duration(m.length))
	}
	r := m.result()
	var header []string
	for _, h := range r.header {
		header = append(header, h.in(s.lang))
	}
	return append([]string{
		bar(text{"已学习", "watched"}, watched),
		bar(text{"已记录", "on record"}, record) + s.notes.Sprintf("  %s %s", s.lang.Text("监管平台", "platform"), state), "",
	}, s.notes.TableLines(header, s.cells(r.rows))...)
}

// result is what has happened so far.
func (m *simulation) result() *result {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &result{long: 1, header: []text{{"时间", "TIME"}, {"事件", "EVENT"}, {"已学习", "WATCHED"}, {"监管平台已记录", "ON RECORD"}}}
	for _, e := range m.events {
		r.rows = append(r.rows, []any{
			fmt.Sprintf("%02d:%02d", e.Second/60, e.Second%60), e.What,
			console.Right(clockOf(e.Watched)), console.Right(clockOf(e.OnRecord)),
		})
	}
	r.value = map[string]any{"events": m.events, "mostWaiting": m.most}
	if m.outage > 0 {
		r.notes = []text{text{
			"中断期间的学习先存入待发队列，最多时有 %d 条；恢复后全部补报，没有多计或漏计。",
			"In the outage up to %d reports waited in the outbox. Nothing was lost or counted twice.",
		}.with(m.most)}
	}
	return r
}

// clockOf writes seconds as minutes and seconds.
func clockOf(seconds int64) string { return fmt.Sprintf("%d:%02d", seconds/60, seconds%60) }
