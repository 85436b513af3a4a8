package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// display shows how far things are: in the last line of a terminal, else by a line
// every few minutes of the students.
type display struct {
	plan
	books     *books
	regulator *regulator
	processes int

	mu     sync.Mutex
	done   chan struct{}
	ended  chan struct{}
	once   sync.Once
	status string
}

// start begins to show, and returns what ends it.
func (d *display) start() (stop func()) {
	d.done, d.ended = make(chan struct{}), make(chan struct{})
	every := 5 * d.minute
	if d.terminal {
		every = 100 * time.Millisecond
	}
	go func() {
		defer close(d.ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-d.done:
				return
			case <-ticker.C:
				d.show()
			}
		}
	}()
	return d.stop
}

// stop ends the display.
func (d *display) stop() {
	d.once.Do(func() {
		close(d.done)
		<-d.ended
		d.mu.Lock()
		defer d.mu.Unlock()
		d.clear()
	})
}

// clear empties the last line of a terminal.
func (d *display) clear() {
	if d.terminal {
		_, _ = fmt.Fprint(d.out, "\r\x1b[K")
	}
}

// say prints a line above what is shown.
func (d *display) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
	if d.terminal {
		_, _ = fmt.Fprint(d.out, d.status)
	}
}

// show shows how far things are.
func (d *display) show() {
	a := d.books.account(0, d.students)
	there := "is there"
	if d.regulator.away.Load() {
		there = "is away "
	}
	all := d.students * d.minutes
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	d.status = fmt.Sprintf("studied  %s %5d  reported %s %5d  the regulator %s", bar(a.studied, all), a.studied, bar(a.reported, all), a.reported, there)
	_, _ = fmt.Fprint(d.out, d.status)
	if !d.terminal {
		_, _ = fmt.Fprintln(d.out)
	}
}

// bar returns a bar for a part of a whole.
func bar(part, whole int) string {
	const width = 20
	n := min(part*width/max(whole, 1), width)
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", width-n) + "]"
}
