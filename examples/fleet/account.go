package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edusdk/edusdk/internal/console"
)

// books account for all minutes. They know what no machine can know: what the
// players were told, and what the regulator has accepted.
type books struct {
	minutes int // of the video

	mu       sync.Mutex
	students map[string]*record
	killed   map[string]bool // machines
	rewound  time.Duration   // what had to be watched again
}

// record is what is known of a student.
type record struct {
	watched      int // seconds of the video
	acknowledged int // of them, what the player was told is safe
	accepted     []int
	aside        []bool // by second: it is in a report that was set aside, or given up
	last         *arrival
	twice        map[int]console.Text // minutes, and why
	backward     int                  // reports that came after a later one
}

// arrival is a report that the regulator has accepted.
type arrival struct {
	machine  string
	to       int  // seconds of the video
	answered bool // as far as the regulator knows
}

func newBooks(minutes int) *books {
	return &books{minutes: minutes, students: map[string]*record{}, killed: map[string]bool{}}
}

// of returns the record of a student. The books are locked.
func (b *books) of(student string) *record {
	r := b.students[student]
	if r == nil {
		r = &record{accepted: make([]int, b.minutes*60), aside: make([]bool, b.minutes*60), twice: map[int]console.Text{}}
		b.students[student] = r
	}
	return r
}

// watched notes how far a student has watched the video.
func (b *books) watched(student string, position time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(student)
	r.watched = max(r.watched, int(position/time.Second))
}

// acknowledged notes what a player was told is safe.
func (b *books) acknowledged(student string, reported time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(student)
	r.acknowledged = max(r.acknowledged, int(reported/time.Second))
}

// again notes what a student has to watch again.
func (b *books) again(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rewound += d
}

// dead notes that a machine was killed.
func (b *books) dead(machine string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.killed[machine] = true
}

// accepted notes that the regulator has accepted a report of some seconds of the video.
func (b *books) accepted(student string, from, to int, machine string) *arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(student)
	why := b.reason(r.last)
	for second := max(from, 0); second < min(to, len(r.accepted)); second++ {
		if r.accepted[second]++; r.accepted[second] > 1 {
			r.twice[second/60] = why
		}
	}
	if r.last != nil && to < r.last.to {
		r.backward++
	}
	r.last = &arrival{machine: machine, to: to, answered: true}
	return r.last
}

// reason returns why what was accepted is sent again.
func (b *books) reason(a *arrival) console.Text {
	switch {
	case a == nil:
		return console.Text{ZH: "从未发送过", EN: "it was never sent before"}
	case !a.answered:
		return console.Text{ZH: "应答在中断中丢失", EN: "the answer was lost in the outage"}
	case b.killed[a.machine]:
		return console.Text{ZH: a.machine + " 还没记下应答就死了", EN: a.machine + " died before it noted the answer"}
	}
	return console.Text{ZH: "应答到达 " + a.machine + " 时已超时", EN: "the answer came too late for " + a.machine}
}

// unanswered notes that a report was accepted and its answer lost.
func (b *books) unanswered(a *arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a != nil {
		a.answered = false
	}
}

// setAside notes that the learning platform keeps a report of some seconds of the
// video, because it may have arrived, or because it cannot.
func (b *books) setAside(student string, from, to int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(student)
	for second := max(from, 0); second < min(to, len(r.aside)); second++ {
		r.aside[second] = true
	}
}

// account is what became of minutes.
type account struct {
	watched, acknowledged, accepted int
	aside                           int                  // acknowledged and not accepted, and kept for a person to decide
	lost                            int                  // acknowledged, and nowhere
	backward                        int                  // reports that the regulator got after a later one
	twice                           map[console.Text]int // accepted more than once, by the reason
	rewound                         time.Duration
}

// account returns what became of all minutes.
func (b *books) account() account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := account{twice: map[console.Text]int{}, rewound: b.rewound}
	for _, r := range b.students {
		a.watched += r.watched / 60
		a.acknowledged += r.acknowledged / 60
		a.backward += r.backward
		for _, why := range r.twice {
			a.twice[why]++
		}
		for n := range b.minutes {
			switch accepted, kept := r.minute(n); {
			case accepted:
				a.accepted++
			case n >= r.acknowledged/60:
			case kept:
				a.aside++
			default:
				a.lost++
			}
		}
	}
	return a
}

// minute reports whether the regulator has all of a minute, and if not, whether the
// rest is kept by the learning platform.
func (r *record) minute(n int) (accepted, kept bool) {
	accepted, kept = true, true
	for second := n * 60; second < (n+1)*60; second++ {
		if r.accepted[second] == 0 {
			accepted = false
			kept = kept && r.aside[second]
		}
	}
	return accepted, kept
}

// print prints the account.
func (a account) print(c *console.Console, logins int) {
	var rows [][]any
	row := func(what string, n int, note string) {
		if n == 0 {
			note = ""
		}
		rows = append(rows, []any{what, n, note})
	}
	twice := 0
	for _, n := range a.twice {
		twice += n
	}
	row(c.Text("已看分钟", "minutes watched"), a.watched,
		fmt.Sprintf(c.Text("另有 %.1f 分钟重看：机器死时还没有保存", "and %.1f again, unsaved when a machine died"), a.rewound.Minutes()))
	row(c.Text("已向播放器确认", "acknowledged to the player"), a.acknowledged, "")
	row(c.Text("监管平台已接收", "accepted by the regulator"), a.accepted, "")
	row(c.Text("丢失", "lost"), a.lost, "")
	row(c.Text("搁置", "set aside"), a.aside, c.Text("无法确定是否送达", "nobody knows whether they arrived"))
	row(c.Text("重复接收", "accepted twice"), twice, c.Text("不知道是否送达，所以重发：", "sent again, for nobody knew:"))
	byText := func(a, b console.Text) int { return strings.Compare(a.EN, b.EN) }
	for _, why := range slices.SortedFunc(maps.Keys(a.twice), byText) {
		row("", a.twice[why], why.In(c.Language))
	}
	row(c.Text("乱序上报", "reports out of order"), a.backward, "")
	row(c.Text("登录监管平台", "logins at the regulator"), logins, "")
	c.Heading(c.Text("每一分钟的去向", "What became of every minute"))
	c.Table([]string{"", c.Text("数量", "number"), ""}, rows)
}

// verdict returns what must not be.
func (a account) verdict(l console.Language, minutes int) error {
	if a.lost > 0 || a.backward > 0 || a.watched != minutes || a.acknowledged != minutes {
		return fmt.Errorf(l.Text("丢失 %d 分钟，乱序 %d 次；共 %d 分钟，看了 %d，确认 %d",
			"%d minutes are lost, %d reports were out of order; of %d minutes, %d were watched and %d acknowledged"),
			a.lost, a.backward, minutes, a.watched, a.acknowledged)
	}
	return nil
}
