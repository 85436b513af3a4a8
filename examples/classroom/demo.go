package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// demo is what a real site does not have: the fakes of the vendors, what can go wrong
// with them, and the clock of the study hour.
type demo struct {
	vendor    *duobeiyuntest.Server // nil if the rooms are real
	regulator *supervisiontest.Server
	clock     *clock
	closing   chan struct{} // closed once nothing waits for a slow fake any more

	vendorAway, regulatorAway atomic.Bool
	slow                      atomic.Int64 // how long answers take, as a time.Duration
	rate                      atomic.Int64 // how fast the vendor takes uploads, in bytes a second
}

func newDemo(o options, withVendor bool) *demo {
	d := &demo{regulator: supervisiontest.NewServer(), clock: newClock(o.speed), closing: make(chan struct{})}
	d.regulator.SetClock(d.clock.now)
	d.regulator.SetFaceMatcher(isStudent)
	d.regulator.Intercept(func(next http.Handler) http.Handler { return d.fault(next, &d.regulatorAway) })
	if withVendor {
		d.rate.Store(uploadRate)
		d.vendor = duobeiyuntest.NewServer()
		d.vendor.SetConversionDelay(2500 * time.Millisecond)
		d.vendor.SetBalance(1_000_000)
		d.vendor.Intercept(func(next http.Handler) http.Handler { return d.fault(d.paced(next), &d.vendorAway) })
		d.vendor.Intercept(withClassroom)
	}
	return d
}

func (d *demo) close() error {
	close(d.closing)
	d.regulator.Close()
	if d.vendor != nil {
		d.vendor.Close()
	}
	return nil
}

// fault makes a fake slow, or breaks its connections.
func (d *demo) fault(next http.Handler, away *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		select {
		case <-time.After(time.Duration(d.slow.Load())):
		case <-r.Context().Done():
		case <-d.closing:
		}
		next.ServeHTTP(w, r)
	})
}

// uploadRate is how fast the fake takes uploads, in bytes a second: about as fast as a
// real one, so that there is something to be seen.
const uploadRate = 5 << 20

// paced takes uploads at the rate.
func (d *demo) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/documents/upload") {
			r.Body = &pacedBody{ReadCloser: r.Body, rate: d.rate.Load(), began: time.Now()}
		}
		next.ServeHTTP(w, r)
	})
}

type pacedBody struct {
	io.ReadCloser

	rate  int64
	began time.Time
	read  int64
}

func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 64<<10)])
	b.read += int64(n)
	time.Sleep(time.Until(b.began.Add(time.Duration(b.read) * time.Second / time.Duration(b.rate))))
	return n, err
}

// clock is the clock of the study hour. It runs as the world's does, and speed times
// as fast while a video plays.
type clock struct {
	speed int

	mu   sync.Mutex
	at   time.Time // what it shows
	read time.Time // when it did, in the world
	fast time.Time // until when in the world it runs fast
}

func newClock(speed int) *clock {
	now := time.Now()
	return &clock{speed: speed, at: now.Round(0), read: now}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.advance()
}

// advance brings the clock to the present. The caller holds mu.
func (c *clock) advance() time.Time {
	now := time.Now()
	passed := now.Sub(c.read)
	fast := min(max(c.fast.Sub(c.read), 0), passed)
	c.at = c.at.Add(passed + time.Duration(c.speed-1)*fast)
	c.read = now
	return c.at
}

// run makes the clock run fast for a while. Pages that play a video call it again and
// again, so that it slows down by itself when they are gone.
func (c *clock) run(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	if until := c.read.Add(d); until.After(c.fast) {
		c.fast = until
	}
}

// lesson is a room to begin with.
type lesson struct {
	title     string
	start     time.Time
	length    time.Duration
	kind      duobeiyun.RoomType
	viewers   bool
	recording int // convertStatus, -1 for what follows from the time
	expired   bool
}

// seed fills the fake with rooms, the first of them last, since lists begin with what
// was created last.
func (d *demo) seed(ctx context.Context, count int) error {
	now := time.Now()
	// at returns a time of the day so many days from today, Beijing time.
	at := func(days, hour, minute int) time.Time {
		today := now.In(beijing)
		return time.Date(today.Year(), today.Month(), today.Day()+days, hour, minute, 0, 0, beijing)
	}
	lessons := []lesson{
		{title: "初三物理：浮力专题（直播中）", start: now.Add(-20 * time.Minute).Truncate(5 * time.Minute), length: 90 * time.Minute, kind: duobeiyun.OneToMany, recording: -1},
		{title: "初二数学：一次函数的图像与性质", start: at(-2, 19, 0), length: 90 * time.Minute, kind: duobeiyun.OneToMany, viewers: true, recording: -1},
		{title: "1 对 1 辅导：李四", start: now.Add(3 * time.Hour).Truncate(30 * time.Minute), length: time.Hour, kind: duobeiyun.OneToOne, recording: -1},
		{title: "2026 学年第一学期 高一语文 必修上册 第六单元：古诗文鉴赏与写作综合提高班（周末晚间直播，含答疑与回放）", start: at(1, 19, 30), length: 2 * time.Hour, kind: duobeiyun.OneToMany, recording: -1},
		{title: "Spoken English, small class: Unit 3 My Weekend", start: at(2, 18, 0), length: 45 * time.Minute, kind: duobeiyun.SmallClass, recording: -1},
		{title: "高二化学：有机推断", start: now.Add(-2 * time.Hour).Truncate(5 * time.Minute), length: time.Hour, kind: duobeiyun.OneToMany, recording: 0},
		{title: "小学奥数：鸡兔同笼", start: at(-30, 16, 0), length: time.Hour, kind: duobeiyun.SmallClass, recording: -1, expired: true},
	}
	for n := len(lessons); n < count; n++ {
		lessons = append(lessons, lesson{
			title: fmt.Sprintf("每日一讲 第 %d 期", n-6), start: at(-n, 20, 0), length: time.Hour, kind: duobeiyun.OneToMany, recording: -1,
		})
	}
	lessons = lessons[:min(count, len(lessons))]
	// The vendor does not let rooms be created in the past.
	past := func() time.Time { return now.AddDate(0, 0, -count-60) }
	d.vendor.SetClock(past)
	defer d.vendor.SetClock(time.Now)
	defer d.vendor.SetStrict(true)
	client, err := duobeiyun.New(d.vendor.Config(), edusdk.WithClock(past))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	for i := len(lessons) - 1; i >= 0; i-- {
		l := lessons[i]
		created, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
			Title: l.title, Video: true, StartTime: l.start, Length: l.length, Type: l.kind,
		})
		if err != nil {
			return err
		}
		d.furnish(created, l, now)
	}
	return nil
}

// furnish adds what happened in a room.
func (d *demo) furnish(r *duobeiyun.Room, l lesson, now time.Time) {
	if l.recording >= 0 {
		d.vendor.SetConvertStatus(r.RoomID, l.recording)
	}
	if l.expired {
		d.vendor.SetValidEndTime(r.RoomID, now.Add(-7*24*time.Hour))
	}
	if !l.viewers {
		return
	}
	at := func(minute float64) time.Time { return r.StartTime.Add(time.Duration(minute * float64(time.Minute))) }
	stay := func(n int, mobile bool, from, minutes float64) duobeiyuntest.Viewer {
		return duobeiyuntest.Viewer{
			UID: students[n].ID, Mobile: mobile, Enter: at(from), Stay: time.Duration(minutes * float64(time.Minute)),
		}
	}
	d.vendor.AddViewers(r.RoomID,
		stay(0, false, 1, 89), stay(1, false, 2.5, 41), stay(1, true, 48, 40), stay(2, true, 0, 88), stay(3, false, 12, 76.5),
		stay(4, true, 5, 22), stay(4, true, 33, 18), stay(4, false, 60, 28), stay(5, false, 3, 85), stay(7, true, 20, 64),
	)
	watch := func(n int, mobile bool, after time.Duration, from, to float64) duobeiyuntest.Playback {
		enter := r.EndTime.Add(after)
		length := time.Duration((to - from) * float64(time.Minute))
		return duobeiyuntest.Playback{UID: students[n].ID, Mobile: mobile, Enter: enter, Leave: enter.Add(length), Parts: []duobeiyuntest.Part{{
			From: time.Duration(from * float64(time.Minute)), To: time.Duration(to * float64(time.Minute)), Start: enter, End: enter.Add(length),
		}}}
	}
	d.vendor.AddPlaybacks(r.RoomID, watch(6, false, 2*time.Hour, 0, 88), watch(4, true, 3*time.Hour, 20, 62), watch(3, false, 14*time.Hour, 0, 15))
}

// demoView is what the page about the demonstration shows.
type demoView struct {
	VendorAway, RegulatorAway, Slow bool
	Speed                           int
	Done                            string
}

func showDemo(v *visit) error {
	d := v.site.demo
	return v.render(http.StatusOK, "demo", "demo", v.t("demo.title"), demoView{
		VendorAway: d.vendorAway.Load(), RegulatorAway: d.regulatorAway.Load(), Slow: d.slow.Load() > 0, Speed: d.clock.speed,
		Done: map[string]string{"lose": "demo.lose.done"}[v.r.FormValue("done")],
	})
}

// switchDemo makes something go wrong, or right again.
func switchDemo(v *visit) error {
	d := v.site.demo
	on := v.r.PostFormValue("on") == "1"
	switch what := v.r.PostFormValue("what"); {
	case what == "regulator":
		d.regulatorAway.Store(on)
	case d.vendor == nil:
		return errNoPage // the rooms are not a fake's
	case what == "vendor":
		d.vendorAway.Store(on)
	case what == "slow" && on:
		d.slow.Store(int64(2 * time.Second))
	case what == "slow":
		d.slow.Store(0)
	case what == "lose":
		d.vendor.LoseNext("api/v4/room/create")
		return v.redirect("/demo?done=lose")
	default:
		return errNoPage
	}
	return v.redirect("/demo")
}

// withClassroom answers what the frame of a room shows: the vendor's classroom, which
// the fake does not have.
func withClassroom(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/client-1vN/"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, classroomPage())
		case r.URL.Path == "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// classroomPage is a picture of a lesson.
func classroomPage() string {
	var curve strings.Builder
	for x := 0.0; x <= 10; x += 0.25 {
		_, _ = fmt.Fprintf(&curve, "%.1f,%.1f ", 60+x*50, 300-(20+x*18+6*math.Sin(x)))
	}
	return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>模拟教室</title><style>
html,body{margin:0;height:100%;background:#17212b;color:#e8eef4;font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{display:grid;grid-template-columns:1fr 240px;height:100%}section{padding:16px}aside{background:#101820;padding:16px;overflow:auto}
svg{width:100%;height:calc(100% - 40px);background:#fdfdf8;border-radius:8px}h1{font-size:16px;margin:0 0 8px}p{margin:0 0 10px}b{color:#7fd3c3;font-weight:600}
@media(max-width:600px){main{grid-template-columns:1fr;grid-template-rows:1fr auto}aside{max-height:110px}}
</style></head><body><main><section><h1>模拟教室 · Simulated classroom</h1><svg viewBox="0 0 600 340" role="img" aria-label="一次函数的图像">
<path d="M60 20V300H580" fill="none" stroke="#333" stroke-width="2"/><path d="M60 300 L560 60" stroke="#0b6b5d" stroke-width="4"/><polyline points="` +
		curve.String() + `" fill="none" stroke="#d9822b" stroke-width="2" stroke-dasharray="6 6"/>
<text x="340" y="90" font-size="22" fill="#0b6b5d">y = kx + b</text><text x="40" y="322" font-size="16" fill="#333">O</text><text x="570" y="322" font-size="16" fill="#333">x</text><text x="36" y="32" font-size="16" fill="#333">y</text></svg></section>
<aside aria-label="聊天"><h1>聊天 · Chat</h1><p><b>陈老师</b><br>大家看直线的斜率 k。</p><p><b>张三</b><br>k 大于 0，所以上升。</p><p><b>李四</b><br>老师，b 是截距吗？</p><p><b>陈老师</b><br>对，与 y 轴的交点。</p></aside></main></body></html>`
}
