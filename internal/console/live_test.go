package console

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// screen is what a terminal shows of an output, with as much of its language as the
// console uses. It fails the test for anything else.
func screen(t *testing.T, out string) string {
	t.Helper()
	var lines [][]rune
	row, column := 0, 0
	line := func() {
		for len(lines) <= row {
			lines = append(lines, nil)
		}
	}
	line()
	for out != "" {
		if rest, ok := strings.CutPrefix(out, "\x1b["); ok {
			end := strings.IndexAny(rest, "mKA")
			require.GreaterOrEqual(t, end, 0, "%q", out)
			switch rest[end] {
			case 'K':
				require.Zero(t, end, "only the rest of a line is erased")
				lines[row] = lines[row][:min(column, len(lines[row]))]
			case 'A':
				require.Zero(t, end)
				require.Positive(t, row, "the cursor is above the output")
				row--
			}
			out = rest[end+1:]
			continue
		}
		r := []rune(out)[0]
		out = out[len(string(r)):]
		switch r {
		case '\r':
			column = 0
		case '\n':
			row, column = row+1, 0
			line()
		default:
			require.NotEqual(t, '\x1b', r)
			for len(lines[row]) <= column {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][column] = r
			column++
		}
	}
	var shown []string
	for _, l := range lines {
		shown = append(shown, strings.TrimRight(string(l), " "))
	}
	return strings.TrimRight(strings.Join(shown, "\n"), "\n")
}

// output notes what is written, and for how long nothing was.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	last    time.Time
	longest time.Duration
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.longest = max(o.longest, time.Since(o.last))
	o.last = time.Now()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// on returns a console on a terminal, and what it prints.
func on(width int) (*Console, *output) {
	out := &output{last: time.Now()}
	return New(out, Options{Language: Chinese, Terminal: On, Width: width, Getenv: environment("TERM", "xterm")}), out
}

func TestBarOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := on(60)
		c.Printf("before")
		bar := c.Bar("上传", 8<<20, c.Bytes)
		assert.Equal(t, "before\n  … 上传  ░░░░░░░░░░░░░░░░░░░░░░░░░░░    0 %  0 B / 8.0 MiB", screen(t, out.String()))
		bar.Set(4 << 20)
		time.Sleep(101 * time.Millisecond)
		assert.Equal(t, "before\n  … 上传  ███████████░░░░░░░░░░░░   50 %  4.0 MiB / 8.0 MiB", screen(t, out.String()))
		c.Printf("two\nlines")
		assert.Equal(t, "before\ntwo\nlines\n  … 上传  ███████████░░░░░░░░░░░░   50 %  4.0 MiB / 8.0 MiB", screen(t, out.String()))
		bar.Update(8<<20, 8<<20)
		time.Sleep(2 * time.Second)
		bar.Done()
		bar.Stop()
		bar.Done()
		c.Printf("after")
		assert.Equal(t, "before\ntwo\nlines\n  ✓ 上传  8.0 MiB，用时 2.1 秒\nafter", screen(t, out.String()))
		assert.NotContains(t, out.String(), "?25l", "the cursor is never hidden")
	})
}

func TestABarThatFailsLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := on(60)
		failure := errors.New("failed")
		require.ErrorIs(t, c.Wait("转换", func() error {
			time.Sleep(3500 * time.Millisecond)
			assert.Regexp(t, `^  \S 转换  3 秒$`, screen(t, out.String()))
			return failure
		}), failure)
		assert.Empty(t, screen(t, out.String()))
		assert.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"), "the cursor is at the beginning of an empty line")
		require.NoError(t, c.Wait("转换", func() error { return nil }))
		assert.Equal(t, "  ✓ 转换  用时 0 秒", screen(t, out.String()))
	})
}

func TestItIsDrawnTenTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := on(60)
		bar := c.Bar("x", 0, nil)
		defer bar.Stop()
		for n := range 1000 {
			bar.Set(int64(n))
			time.Sleep(10 * time.Millisecond)
		}
		frames := strings.Count(out.String(), "\r")
		assert.LessOrEqual(t, frames, 101)
		assert.GreaterOrEqual(t, frames, 99)
	})
}

func TestBarInAPipe(t *testing.T) {
	for name, total := range map[string]int64{"with a total": 100, "without": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &output{last: time.Now()}
				c := New(out, Options{Language: English})
				bar := c.Bar("upload", total, nil)
				for n := range 10 {
					time.Sleep(time.Second)
					bar.Set(int64(n) * 10)
				}
				bar.Done()
				text := out.String()
				assert.NotContains(t, text, "\x1b")
				assert.NotContains(t, text, "\r")
				lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
				assert.Len(t, lines, 1+5+1, text)
				if total > 0 {
					assert.Equal(t, []string{"  … upload  0 %  0 / 100", "  … upload  0 %  0 / 100", "  … upload  20 %  20 / 100"}, lines[:3])
				} else {
					assert.Contains(t, text, "  … upload  0 s\n  … upload  1 s\n  … upload  20  3 s\n")
				}
				assert.Equal(t, "  ✓ upload  90, took 10 s", lines[len(lines)-1])
				assert.LessOrEqual(t, out.longest, 2*time.Second, "nothing is silent for longer")
			})
		})
	}
}

// TestAProgramThatWaitsSaysSo: no program is silent for more than two seconds, whoever
// does not answer it, and whatever it prints to.
func TestAProgramThatWaitsSaysSo(t *testing.T) {
	for name, terminal := range map[string]Switch{"a terminal": On, "a pipe": Off} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &output{last: time.Now()}
				p := program(func(_ context.Context, c *Console) error {
					for _, wait := range []time.Duration{10, 500, 1000, 1999, 2500, 5000, 100} {
						time.Sleep(wait * time.Millisecond)
						c.Printf("answer")
					}
					return c.Wait("wheel", func() error { time.Sleep(5 * time.Second); return nil })
				})
				assert.Zero(t, p.Start(t.Context(), nil, out, out, Options{Terminal: terminal, Width: 80, Getenv: environment()}))
				assert.LessOrEqual(t, out.longest, 2*time.Second)
				assert.Regexp(t, `waiting  (\x1b\[2m)?3 s`, out.String())
				assert.NotContains(t, out.String()[strings.LastIndex(out.String(), "answer"):], "waiting", "a wheel says the same")
				want := strings.Repeat("answer\n", 7) + "  ✓ wheel  took 5 s"
				if terminal == On {
					assert.Contains(t, screen(t, out.String()), want)
				} else {
					assert.NotContains(t, out.String(), "\r")
				}
			})
		})
	}
}

func TestSeveralLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := on(30)
		var n atomic.Int64
		n.Store(1)
		table := c.Live(func() []string {
			return append(c.TableLines([]string{"机器", "已发送"}, [][]any{{"一", n.Load()}, {"二", 200}}), c.Sprintf("%s", strings.Repeat("很长", 10)))
		})
		bar := c.Bar("y", 0, nil)
		want := "  机器  已发送\n  ────────────\n  一         1\n  二       200\n很长很长很长很长很长很长很长…"
		assert.Equal(t, want+"\n  ⠋ y  0 秒", screen(t, out.String()))
		n.Store(12)
		time.Sleep(101 * time.Millisecond)
		want = strings.Replace(want, " 1\n", "12\n", 1)
		assert.Equal(t, want+"\n  ⠙ y  0 秒", screen(t, out.String()))
		c.Printf("line")
		bar.Stop()
		assert.Equal(t, "line\n"+want, screen(t, out.String()))
		table.Stop("the last", "lines")
		table.Stop("never printed")
		assert.Equal(t, "line\nthe last\nlines", screen(t, out.String()))
		again := c.Live(func() []string { return []string{"again"} })
		time.Sleep(time.Second)
		again.Stop()
		assert.Equal(t, "line\nthe last\nlines", screen(t, out.String()))
	})
}

func TestBarsOfEveryWidth(t *testing.T) {
	for width := 1; width < 130; width++ {
		synctest.Test(t, func(t *testing.T) {
			c, out := on(width)
			bar := c.Bar("上传 第一课\n一次函数.pdf", 100, c.Bytes)
			defer bar.Stop()
			bar.Update(200, 100)
			time.Sleep(150 * time.Millisecond)
			assert.Less(t, Cells(screen(t, out.String())), max(width, 1)+1)
			if width >= 60 {
				assert.Contains(t, screen(t, out.String()), "100 %  200 B / 100 B")
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		part, whole int64
		want        int
	}{{0, 0, 0}, {0, 10, 0}, {999999, 1000000, 99}, {10, 10, 100}, {11, 10, 100}, {-1, 10, 0}, {1, -1, 0}, {1 << 62, 1<<63 - 1, 50}} {
		assert.Equal(t, tt.want, percent(tt.part, tt.whole), tt)
	}
}
