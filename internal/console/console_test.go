package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestColoursAndMovement(t *testing.T) {
	for name, tt := range map[string]struct {
		terminal        Switch
		env             []string
		colours, moving bool
	}{
		"a terminal":              {On, []string{"TERM", "xterm-256color"}, true, true},
		"a terminal without name": {On, nil, true, true},
		"a pipe":                  {Off, []string{"TERM", "xterm"}, false, false},
		"a buffer":                {Auto, []string{"TERM", "xterm"}, false, false},
		"NO_COLOR":                {On, []string{"TERM", "xterm", "NO_COLOR", "1"}, false, true},
		"an empty NO_COLOR":       {On, []string{"TERM", "xterm", "NO_COLOR", ""}, true, true},
		"dumb":                    {On, []string{"TERM", "dumb"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := New(&out, Options{Terminal: tt.terminal, Getenv: environment(tt.env...), Width: 40})
			assert.Equal(t, tt.moving, c.Terminal())
			c.Title("标题")
			c.Heading("heading")
			c.Printf("%s", Red("red"))
			c.Successf("done")
			c.Table([]string{"a"}, [][]any{{Green("b")}})
			bar := c.Bar("bar", 10, nil)
			bar.Set(5)
			bar.Done()
			assert.Equal(t, tt.colours, strings.Contains(out.String(), "m"+"red"+reset), "%q", out.String())
			assert.Equal(t, tt.moving, strings.Contains(out.String(), "\r"), "%q", out.String())
			if !tt.colours {
				assert.NotContains(t, strings.ReplaceAll(strings.ReplaceAll(out.String(), "\x1b[K", ""), "\x1b[A", ""), "\x1b")
			}
			if !tt.moving {
				assert.NotContains(t, out.String(), "\x1b")
			}
		})
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	require.NoError(t, err)
	c := New(f, Options{Language: Chinese})
	assert.False(t, c.Terminal())
	assert.Equal(t, 80, c.Width())
	c.Printf("%s", Bold("粗体"))
	require.NoError(t, c.Err())
	require.NoError(t, f.Close())
	c.Printf("more")
	require.ErrorIs(t, c.Err(), os.ErrClosed, "a program that cannot write has failed")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "粗体\n", string(text))
}

type hour int

func (hour) String() string { return "\x1b[Hhour" }

func TestPrintf(t *testing.T) {
	var out bytes.Buffer
	c := New(&out, Options{Terminal: On, Getenv: environment(), Width: 80})
	for _, tt := range []struct {
		format string
		args   []any
		want   string
	}{
		{"a line", nil, "a line\n"},
		{"a line\n", nil, "a line\n"},
		{"", nil, "\n"},
		{"two\nlines", nil, "two\nlines\n"},
		{"%s|", []any{"\x1b[2J标题\n"}, `\x1b[2J标题\n|` + "\n"},
		{"%v %v", []any{errors.New("a\rb"), hour(1)}, `a\rb \x1b[Hhour` + "\n"},
		{"%v", []any{struct{ Title string }{"\x1b[A"}}, `{\x1b[A}` + "\n"},
		{"%q %x", []any{"a\n", "a"}, `"a\n" 61` + "\n"},
		{"%-6s|%6s|", []any{"中文", "中文"}, "中文  |  中文|\n"},
		{"%-6s|%6s|", []any{Red("中文"), Bold(Red("x"))}, "\x1b[31m中文\x1b[0m  |     \x1b[31;1mx\x1b[0m|\n"},
		{"%*d|%-*s|%.1f|%05.1f|%+d|%3d %%", []any{4, 1, 4, "a", 1.25, 1.25, int64(3), int64(7)}, "   1|a   |1.2|001.2|+3|  7 %\n"},
		{"%.2s|", []any{"中文字"}, "中文|\n"},
		{"%s", []any{Green("")}, "\n"},
		{"%s", []any{c.Meter(1, 2, 4)}, "\x1b[32m██\x1b[0m\x1b[2m░░\x1b[0m\n"},
	} {
		out.Reset()
		c.Printf(tt.format, tt.args...)
		assert.Equal(t, tt.want, out.String(), tt.format)
	}
	assert.Equal(t, "a", Red("a").String())
}

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	c := New(&out, Options{Terminal: On, Getenv: environment(), Width: 80})
	for _, s := range []string{"time=1 ", "a=\x1b[2J\nnext", " one\nand", "\n"} {
		n, err := c.Write([]byte(s))
		require.NoError(t, err)
		assert.Equal(t, len(s), n)
	}
	assert.Equal(t, "time=1 a=\\x1b[2J\nnext one\nand\n", out.String())
}

func TestHeadings(t *testing.T) {
	var out bytes.Buffer
	c := New(&out, Options{Language: Chinese, Width: 20, Getenv: environment()})
	c.Title("多贝云")
	c.Heading("教室")
	c.Successf("已创建 %s", "jz1")
	c.Warnf("余额不足")
	c.Failf("失败")
	c.Notef("两\n行")
	assert.Equal(t, "多贝云\n"+strings.Repeat("─", 19)+"\n\n教室\n  ✓ 已创建 jz1\n  ! 余额不足\n  ✗ 失败\n  两\n  行\n", out.String())
}

func TestRemarksFitATerminal(t *testing.T) {
	var out bytes.Buffer
	c := New(&out, Options{Terminal: On, Width: 20, Getenv: environment("TERM", "dumb")})
	c.Failf("one two three four\nfive %s", Red("中文没有空格也能换行"))
	c.Notef("one two three four five")
	assert.Equal(t, "  ✗ one two three\n    four\n    five 中文没有空\n    格也能换行\n  one two three four\n  five\n", out.String())
}

func TestTable(t *testing.T) {
	rows := [][]any{
		{"张三", Green("已完成"), 12, Right("1.5 MiB"), hour(0)},
		{"Li Si e\u0301", "未开始", 5.5, Right(Dim("829 B")), nil},
		{"王\n五", "", int64(100)},
	}
	for name, tt := range map[string]struct {
		o      Options
		header []string
		rows   [][]any
		want   []string
	}{
		"a pipe": {Options{Width: 20}, []string{"学员", "状态", "分钟", "Size", "h"}, rows, []string{
			"  学员     状态    分钟     Size  h",
			"  ──────────────────────────────────────────",
			`  张三     已完成    12  1.5 MiB  \x1b[Hhour`,
			"  Li Si e\u0301  未开始   5.5    829 B",
			`  王\n五            100`,
		}},
		"a dumb terminal that is too narrow": {Options{Terminal: On, Width: 32}, []string{"学员", "状态", "分钟"}, [][]any{
			{"这个名字太长了实在放不下", "已完成", 1}, {"短", "这个状态也非常非常长", 2},
		}, []string{
			"  学员         状态         分钟",
			"  ──────────────────────────────",
			"  这个名字太…  已完成          1",
			"  短           这个状态也…     2",
		}},
		"a terminal that is far too narrow": {Options{Terminal: On, Width: 5}, []string{"abcdefgh", "b"}, [][]any{{"abcdefghi", "b"}}, []string{
			"  abcde…  b", "  ─────────", "  abcde…  b",
		}},
		"no header":      {Options{}, nil, [][]any{{"名称", "值"}, {"n", 1}}, []string{"  名称  值", "  n     1"}},
		"no rows":        {Options{Language: Chinese}, []string{"学员", "状态"}, nil, []string{"  学员  状态", "  ──────────", "  （没有内容）"}},
		"nothing at all": {Options{}, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			tt.o.Getenv = environment("TERM", "dumb")
			New(&out, tt.o).Table(tt.header, tt.rows)
			want := strings.Join(tt.want, "\n")
			if want != "" {
				want += "\n"
			}
			assert.Equal(t, want, out.String())
		})
	}
}

func TestFields(t *testing.T) {
	var out bytes.Buffer
	New(&out, Options{Getenv: environment()}).Fields("标题", "一次函数", "n", 7, "state", Green("on"))
	assert.Equal(t, "  标题   一次函数\n  n      7\n  state  on\n", out.String())
}

func TestAColumnOfNumbersIsBelowItsName(t *testing.T) {
	var out bytes.Buffer
	c := New(&out, Options{Terminal: On, Getenv: environment(), Width: 80})
	c.Table([]string{"n", "text"}, [][]any{{1, "a"}, {Red(200), "b"}})
	assert.Equal(t, "    \x1b[1mn\x1b[0m  \x1b[1mtext\x1b[0m\n  \x1b[2m─────────\x1b[0m\n    1  a\n  \x1b[31m200\x1b[0m  b\n", out.String())
}

// TestManyGoroutines is for the race detector.
func TestManyGoroutines(t *testing.T) {
	c := New(io.Discard, Options{Terminal: On, Getenv: environment(), Width: 80})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 50 {
				bar := c.Bar(fmt.Sprint(n), 50, c.Bytes)
				bar.Update(int64(i), 50)
				c.Printf("%d", i)
				_, _ = c.Write([]byte("x\n"))
				bar.Done()
				bar.Stop()
			}
		})
	}
	all.Wait()
}
