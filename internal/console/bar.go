package console

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Bar shows how far something is.
type Bar struct {
	console *Console
	label   string
	unit    func(int64) string
	live    *Live
	began   time.Time

	mu          sync.Mutex
	done, total int64
	frame       int
}

// Bar begins to show how far something is: as a bar with a percentage, done and total
// as unit writes them (plain numbers if nil), or while the total is unknown, which is
// to say not above zero, as a wheel that turns with the time that has passed. Let it
// end with Done; a deferred Stop does nothing then.
func (c *Console) Bar(label string, total int64, unit func(int64) string) *Bar {
	if unit == nil {
		unit = func(n int64) string { return fmt.Sprint(n) }
	}
	b := &Bar{console: c, label: label, unit: unit, total: total, began: time.Now()}
	b.live = c.Live(b.lines)
	return b
}

// Set says how much is done.
func (b *Bar) Set(done int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = done
}

// Update says how much is done, of how much.
func (b *Bar) Update(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done, b.total = done, total
}

// Done ends the bar: a line says what was done, and how long it took.
func (b *Bar) Done() {
	b.mu.Lock()
	done, c := b.done, b.console
	took := time.Since(b.began)
	b.mu.Unlock()
	if took > time.Second {
		took = took.Round(100 * time.Millisecond)
	}
	amount := ""
	if done > 0 {
		amount = b.unit(done) + c.Text("，", ", ")
	}
	b.live.Stop(c.Sprintf("  %s %s  %s", Green("✓"), b.label, Dim(amount+c.Text("用时 ", "took ")+c.Duration(took))))
}

// Stop ends the bar, if it has not ended, and takes it off the terminal.
func (b *Bar) Stop() { b.live.Stop() }

// Wait shows a wheel with a label while do runs, and what Done prints if that
// succeeds.
func (c *Console) Wait(label string, do func() error) error {
	b := c.Bar(label, 0, nil)
	defer b.Stop()
	err := do()
	if err == nil {
		b.Done()
	}
	return err
}

// lines returns the line of the bar as it is now.
func (b *Bar) lines() []string {
	b.mu.Lock()
	done, total, frame := b.done, b.total, b.frame
	b.frame++
	b.mu.Unlock()
	c := b.console
	took := time.Since(b.began)
	if total <= 0 {
		amount := ""
		if done > 0 {
			amount = b.unit(done) + "  "
		}
		// Tenths would only flicker.
		return []string{c.Sprintf("  %s %s  %s%s", Cyan(c.wheel(frame)), b.label, amount, Dim(c.Duration(took.Truncate(time.Second))))}
	}
	share := fmt.Sprintf("%3d %%", percent(done, total))
	amount := b.unit(done) + " / " + b.unit(total)
	if !c.moving {
		return []string{c.Sprintf("  … %s  %s  %s", b.label, strings.TrimSpace(share), amount)}
	}
	cells := min(30, c.Width()-1-Cells("  … "+Clean(b.label)+"  "+"  "+share+"  "+amount))
	line := c.Sprintf("  %s %s  ", Cyan("…"), b.label)
	if cells >= 5 {
		line += c.Sprintf("%s  ", c.Meter(done, total, cells))
	}
	return []string{line + c.Sprintf("%s  %s", share, amount)}
}

// Meter returns a bar of some columns for a part of a whole, for the lines of a Live.
func (c *Console) Meter(part, whole int64, cells int) Rendered {
	full := int(float64(cells) * share(part, whole))
	return Rendered(Green("").apply(strings.Repeat("█", full), c.colours) + Dim("").apply(strings.Repeat("░", cells-full), c.colours))
}

// percent returns a part in percent. All of it is 100, and nothing less is.
func percent(part, whole int64) int { return int(100 * share(part, whole)) }

// share returns a part of a whole, from 0 to 1.
func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(min(max(part, 0), whole)) / float64(whole)
}
