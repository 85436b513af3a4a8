package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// regulator is a fake of the supervision platform that can go away.
type regulator struct {
	*supervisiontest.Server

	away atomic.Bool
}

func newRegulator(b *books) *regulator {
	r := &regulator{Server: supervisiontest.NewServer()}
	r.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if r.away.Load() {
				if time.Now().UnixNano()%2 == 0 {
					panic(http.ErrAbortHandler) // the connection breaks
				}
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(body))
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, req)
			if req.URL.Path == "/api/v1/studyHour" && bytes.Contains(answer.Body.Bytes(), []byte(`"returnCode":"0"`)) {
				b.arrived(body)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer.Body.Bytes())
		})
	})
	return r
}

// minute is one minute of a student.
type minute struct {
	student string
	n       int
}

// books account for all minutes.
type books struct {
	plan plan

	mu      sync.Mutex
	studied map[minute]time.Time // when it became durable
	counted map[minute]int       // by the regulator
	late    map[minute]bool
	open    map[minute]bool
	dead    map[minute]bool
}

func newBooks(p plan) *books {
	return &books{
		plan: p, studied: map[minute]time.Time{}, counted: map[minute]int{}, late: map[minute]bool{}, open: map[minute]bool{}, dead: map[minute]bool{},
	}
}

// line takes note of what the learning platform says.
func (b *books) line(line string) error {
	var word string
	var m minute
	if _, err := fmt.Sscan(line, &word, &m.student, &m.n); err != nil {
		return fmt.Errorf("the learning platform says %q: %w", line, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch word {
	case wasStudied:
		b.studied[m] = time.Now()
	case isOpen:
		b.open[m] = true
	case isDead:
		b.dead[m] = true
	}
	return nil
}

// arrived takes note of a report that the regulator has counted. It is about one
// minute, or about several that had to wait.
func (b *books) arrived(body []byte) {
	var report struct {
		Data struct {
			StudentUserCode        string
			PlayTime, ProgressTime int // seconds
		}
	}
	if json.Unmarshal(body, &report) != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	last := report.Data.PlayTime / 60
	for n := last - report.Data.ProgressTime/60 + 1; n <= last; n++ {
		m := minute{report.Data.StudentUserCode, n}
		b.counted[m]++
		if at, known := b.studied[m]; known && time.Since(at) > 2*b.plan.minute {
			b.late[m] = true
		}
	}
}

// account is what became of some minutes.
type account struct{ studied, reported, late, twice, open, dead, lost int }

// add adds a minute that was studied, or that was reported or kept although the
// process that did so was killed before it could say so.
func (b *books) add(a *account, m minute) {
	_, studied := b.studied[m]
	counted := b.counted[m]
	if !studied && counted == 0 && !b.open[m] {
		return
	}
	a.studied++
	a.reported += min(counted, 1)
	a.twice += max(counted-1, 0)
	if b.late[m] {
		a.late++
	}
	switch {
	case counted > 0:
	case b.open[m]:
		a.open++
	case b.dead[m]:
		a.dead++
	default:
		a.lost++
	}
}

// account returns what became of the minutes of the students from one on.
func (b *books) account(from, students int) account {
	b.mu.Lock()
	defer b.mu.Unlock()
	var a account
	for s := from; s < from+students && s < b.plan.students; s++ {
		for n := 1; n <= b.plan.minutes; n++ {
			b.add(&a, minute{fmt.Sprintf("student-%03d", s), n})
		}
	}
	return a
}

// table prints what became of every minute, class by class.
func (b *books) table(c *console.Console) error {
	var rows [][]any
	row := func(name any, a account) {
		rows = append(rows, []any{name, a.studied, a.reported, a.late, bad(a.twice), a.open, a.dead, bad(a.lost)})
	}
	for from := 0; from < b.plan.students; from += 10 {
		row(classOf(from), b.account(from, 10))
	}
	all := b.account(0, b.plan.students)
	row(console.Bold(c.Text("合计", "all")), all)
	c.Heading(c.Text("每一分钟的去向", "What became of every minute"))
	c.Table([]string{
		c.Text("班级", "class"), c.Text("已学", "studied"), c.Text("已上报", "reported"), c.Text("迟到", "late"),
		c.Text("重复", "twice"), c.Text("待确认", "open"), c.Text("放弃", "dead"), c.Text("丢失", "lost"),
	}, rows)
	c.Notef("%s", c.Text("迟到：超过两分钟才上报。待确认：可能已送达，先搁置，等人核对。", "late: reported after more than two minutes. open: it may have arrived, and waits for somebody to decide."))
	if all.lost > 0 || all.twice > 0 || all.studied != b.plan.students*b.plan.minutes {
		return fmt.Errorf(c.Text("丢失 %d 分钟，重复 %d 分钟，共学 %d 分钟", "%d minutes are lost, %d were counted twice, and %d were studied"), all.lost, all.twice, all.studied)
	}
	c.Printf("")
	c.Successf("%s", c.Text("一分钟不少，一分钟不重", "no minute is lost, none was counted twice"))
	return nil
}

// bad is a number that ought to be zero.
func bad(n int) console.Styled {
	if n == 0 {
		return console.Green(n)
	}
	return console.Red(n)
}
