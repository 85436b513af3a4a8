package console

import (
	"slices"
	"strings"
	"time"
)

// How often a Live is drawn anew on a terminal, and printed elsewhere. Nobody looks
// at an output that stands still for more than two seconds.
const (
	everyFrame = 100 * time.Millisecond
	everyLine  = 1900 * time.Millisecond
)

// Live is a part of the output that shows how things are at the moment: the last lines
// of a terminal, which are drawn anew ten times a second and stay below what is
// printed, or, elsewhere, lines that are printed every other second.
type Live struct {
	console *Console
	render  func() []string
	lines   []string
	printed time.Time // last, where it is printed
	waiting bool      // only shown when nothing else happens
}

// Live shows the lines that render returns, which Sprintf and TableLines make, until
// Stop. Where there is no terminal to draw on, every one of them is printed each time,
// so render should then return few: see Terminal. It runs in another goroutine, and
// must not print or stop the Live.
func (c *Console) Live(render func() []string) *Live {
	l := &Live{console: c, render: render, lines: render()}
	c.start(l)
	return l
}

// waitingLine shows that the program waits, for an answer say, when nothing is printed for
// a while and no other Live is shown.
func (c *Console) waitingLine() *Live {
	l := &Live{console: c, waiting: true}
	frame := 0
	l.render = func() []string {
		c.mu.Lock()
		silent, alone := time.Since(c.said), len(c.lives) == 1
		c.mu.Unlock()
		if frame++; !alone || silent < time.Second {
			return nil
		}
		return []string{c.Sprintf("  %s %s  %s", Cyan(c.wheel(frame)), c.Text("请稍候", "waiting"), Dim(c.Duration(silent.Truncate(time.Second))))}
	}
	c.start(l)
	return l
}

// start shows a Live.
func (c *Console) start(l *Live) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lives = append(c.lives, l)
	c.show([]*Live{l})
	if c.ended == nil {
		c.ended = make(chan struct{})
		go c.tick(c.ended)
	}
}

// Stop ends the Live and takes its lines off the terminal. Then lines are printed in
// their place, if any are given.
func (l *Live) Stop(last ...string) {
	c := l.console
	c.mu.Lock()
	i := slices.Index(c.lives, l)
	if i < 0 {
		c.mu.Unlock()
		return
	}
	var b strings.Builder
	c.erase(&b)
	for _, line := range last {
		b.WriteString(line + "\n")
	}
	c.note()
	c.lives = slices.Delete(c.lives, i, i+1)
	c.draw(&b)
	c.write(b.String())
	var ended chan struct{}
	if len(c.lives) == 0 {
		ended, c.ended = c.ended, nil
	}
	c.mu.Unlock()
	if ended != nil {
		ended <- struct{}{} // the goroutine takes it, and is gone
	}
}

// tick shows all Lives anew when it is time, until end.
func (c *Console) tick(end <-chan struct{}) {
	ticker := time.NewTicker(everyFrame)
	defer ticker.Stop()
	for {
		select {
		case <-end:
			return
		case <-ticker.C:
		}
		due := c.due()
		rendered := make([][]string, len(due))
		for i, l := range due {
			rendered[i] = l.render() // which may take its time
		}
		c.mu.Lock()
		for i, l := range due {
			l.lines = rendered[i]
		}
		c.show(slices.DeleteFunc(due, func(l *Live) bool { return !slices.Contains(c.lives, l) }))
		c.mu.Unlock()
	}
}

// due returns the Lives that are to be shown anew.
func (c *Console) due() []*Live {
	c.mu.Lock()
	defer c.mu.Unlock()
	var due []*Live
	for _, l := range c.lives {
		since := l.printed
		if l.waiting {
			since = c.last
		}
		if c.moving || time.Since(since) >= everyLine {
			due = append(due, l)
		}
	}
	return due
}

// show draws all Lives, or where that is impossible prints those given. The console is
// locked.
func (c *Console) show(lives []*Live) {
	var b strings.Builder
	if c.moving {
		c.erase(&b)
		c.draw(&b)
	} else {
		for _, l := range lives {
			for _, line := range l.lines {
				b.WriteString(line + "\n")
			}
			l.printed = time.Now()
			if len(l.lines) > 0 {
				c.printed, c.last = true, l.printed
			}
		}
	}
	c.write(b.String())
}

// note notes that something was printed for good. The console is locked.
func (c *Console) note() {
	c.printed, c.last, c.said = true, time.Now(), time.Now()
	for _, l := range c.lives {
		if l.waiting {
			l.lines = nil
		}
	}
}

// wheel returns what turns while something is waited for.
func (c *Console) wheel(frame int) string {
	if !c.moving {
		return "…"
	}
	wheel := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return string(wheel[frame%len(wheel)])
}

// erase takes the Lives off the terminal. The console is locked.
func (c *Console) erase(b *strings.Builder) {
	if c.shown == 0 {
		return
	}
	b.WriteString("\r\x1b[K" + strings.Repeat("\x1b[A\x1b[K", c.shown-1))
	c.shown = 0
}

// draw draws the Lives. The cursor stays at their end: wherever the program is
// interrupted, it is visible. The console is locked.
func (c *Console) draw(b *strings.Builder) {
	if !c.moving {
		return
	}
	width := c.Width() - 1 // in the last column some terminals go on to the next line
	for _, l := range c.lives {
		for _, line := range l.lines {
			if c.shown > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(Shorten(line, width))
			c.shown++
		}
	}
}
