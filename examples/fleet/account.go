package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
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
	twice        map[int]string // minutes, and why
	backward     int            // reports that came after a later one
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
		r = &record{accepted: make([]int, b.minutes*60), aside: make([]bool, b.minutes*60), twice: map[int]string{}}
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
func (b *books) reason(a *arrival) string {
	switch {
	case a == nil:
		return "it was never sent before"
	case !a.answered:
		return "the answer was lost in the outage"
	case b.killed[a.machine]:
		return a.machine + " died before it noted the answer"
	}
	return "the answer came too late for " + a.machine
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
	aside                           int            // acknowledged and not accepted, and kept for a person to decide
	lost                            int            // acknowledged, and nowhere
	backward                        int            // reports that the regulator got after a later one
	twice                           map[string]int // accepted more than once, by the reason
	rewound                         time.Duration
}

// account returns what became of all minutes.
func (b *books) account() account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := account{twice: map[string]int{}, rewound: b.rewound}
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
func (a account) print(out io.Writer, logins int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(what string, n int, note string) {
		if n == 0 {
			note = ""
		}
		_, _ = fmt.Fprintf(w, "%s\t%6d\t%s\n", what, n, note)
	}
	twice := 0
	for _, n := range a.twice {
		twice += n
	}
	row("minutes watched", a.watched, fmt.Sprintf("and %.1f again, unsaved when a machine died", a.rewound.Minutes()))
	row("acknowledged to the player", a.acknowledged, "")
	row("accepted by the regulator", a.accepted, "")
	row("lost", a.lost, "")
	row("set aside", a.aside, "nobody knows whether they arrived")
	row("accepted twice", twice, "sent again, for nobody knew:")
	for _, why := range slices.Sorted(maps.Keys(a.twice)) {
		row("", a.twice[why], why)
	}
	row("reports out of order", a.backward, "")
	row("logins at the regulator", logins, "")
	return w.Flush()
}

// verdict returns what must not be.
func (a account) verdict(minutes int) error {
	if a.lost > 0 || a.backward > 0 || a.watched != minutes || a.acknowledged != minutes {
		return fmt.Errorf("%d minutes are lost, %d reports were out of order; of %d minutes, %d were watched and %d acknowledged",
			a.lost, a.backward, minutes, a.watched, a.acknowledged)
	}
	return nil
}
