package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// display shows how things are: in a table at the end of a terminal, else by a line
// now and then.
type display struct {
	day    *day
	cancel context.CancelFunc
	ended  chan struct{}

	mu    sync.Mutex
	table string // that is on the terminal
}

// newDisplay begins to show.
func newDisplay(d *day) *display {
	ctx, cancel := context.WithCancel(context.Background())
	s := &display{day: d, cancel: cancel, ended: make(chan struct{})}
	go s.run(ctx)
	return s
}

func (s *display) run(ctx context.Context) {
	defer close(s.ended)
	every := 2 * s.day.minute
	if s.day.terminal {
		every = 150 * time.Millisecond
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			if s.day.terminal {
				s.show(context.WithoutCancel(ctx))
			}
			return
		case <-ticker.C:
			s.show(ctx)
		}
	}
}

// stop ends the display; the last table stays.
func (s *display) stop() {
	s.cancel()
	<-s.ended
}

// say prints a line, above the table.
func (s *display) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	_, _ = fmt.Fprintf(s.day.out, format+"\n", args...)
	_, _ = fmt.Fprint(s.day.out, s.table)
}

// clear takes the table off the terminal.
func (s *display) clear() {
	if n := strings.Count(s.table, "\n"); n > 0 {
		_, _ = fmt.Fprintf(s.day.out, "\x1b[%dA\x1b[J", n)
	}
}

// show shows how things are.
func (s *display) show(ctx context.Context) {
	text := s.line(ctx)
	if s.day.terminal {
		text = s.machines() + text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day.terminal {
		s.clear()
		s.table = text
	}
	_, _ = fmt.Fprint(s.day.out, text)
}

// machines returns a table of the machines.
func (s *display) machines() string {
	text := fmt.Sprintf("%-10s %-7s %6s %7s %7s\n", "", "", "lanes", "sent", "logins")
	for _, m := range s.day.machines {
		now, killed := m.now()
		state := "up"
		if killed {
			state, now.Lanes = "killed", 0
		}
		text += fmt.Sprintf("%-10s %-7s %6d %7d %7d\n", m.Name, state, now.Lanes, now.Sent, s.day.regulator.loginsOf(m.Name))
	}
	return text
}

// line returns how far the fleet is as a whole.
func (s *display) line(ctx context.Context) string {
	d := s.day
	waiting, lag := "?", "?"
	if stats, err := d.console.Stats(ctx); err == nil {
		waiting, lag = fmt.Sprint(stats.Waiting), "0s"
		if !stats.Oldest.IsZero() {
			lag = max(0, time.Since(stats.Oldest)).Round(100 * time.Millisecond).String()
		}
	}
	there := "is there"
	if d.regulator.away.Load() {
		there = "is away"
	}
	a, all := d.books.account(), d.students*d.minutes
	if d.terminal {
		return fmt.Sprintf("watched  %s %5d minutes\naccepted %s %5d minutes\nwaiting %s, the oldest due for %s; the regulator %s\n",
			bar(a.watched, all), a.watched, bar(a.accepted, all), a.accepted, waiting, lag, there)
	}
	text := fmt.Sprintf("watched %d accepted %d waiting %s oldest due for %s", a.watched, a.accepted, waiting, lag)
	for _, m := range d.machines {
		now, killed := m.now()
		if killed {
			now.Lanes = 0
		}
		text += fmt.Sprintf(" | %s: lanes %d sent %d logins %d", m.Name, now.Lanes, now.Sent, d.regulator.loginsOf(m.Name))
	}
	return text + "\n"
}

// bar returns a bar for a part of a whole.
func bar(part, whole int) string {
	const width = 40
	n := min(part*width/max(whole, 1), width)
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", width-n) + "]"
}
