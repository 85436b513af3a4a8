package console

import (
	"fmt"
	"strings"
)

// margin is left of a table, and gap between its columns.
const (
	margin = "  "
	gap    = "  "
	// narrowest is what a column that is too wide for the terminal keeps.
	narrowest = 6
)

// Table prints rows in columns, below a header unless that is nil. Numbers, and what
// Right marks, are aligned on the right side. Cells that do not fit are shortened on a
// terminal, and never in a pipe or file. A table with a header and no rows says so.
func (c *Console) Table(header []string, rows [][]any) {
	c.print(c.TableLines(header, rows))
}

// TableLines returns the lines of a table, for a Live.
func (c *Console) TableLines(header []string, rows [][]any) []string {
	t := newTable(header, rows)
	if c.terminal {
		t.fit(c.Width())
	}
	var lines []string
	if header != nil {
		head := t.line(len(header), func(column int) (string, Styled) { return Clean(header[column]), Bold("") }, c.colours)
		total := (len(t.widths) - 1) * len(gap)
		for _, w := range t.widths {
			total += w
		}
		lines = append(lines, head, margin+Dim("").apply(strings.Repeat("─", total), c.colours))
	}
	for n, row := range rows {
		lines = append(lines, t.line(len(row), func(column int) (string, Styled) {
			s, ok := row[column].(Styled)
			if !ok {
				s = Styled{}
			}
			return t.cells[n][column], s
		}, c.colours))
	}
	if header != nil && len(rows) == 0 {
		lines = append(lines, margin+Dim("").apply(c.Text("（没有内容）", "(none)"), c.colours))
	}
	return lines
}

// table is what is to be printed.
type table struct {
	cells  [][]string // without styles
	widths []int
	right  []bool // by column: all of it are numbers
}

func newTable(header []string, rows [][]any) *table {
	t := &table{}
	column := func(i, cells int) {
		for len(t.widths) <= i {
			t.widths, t.right = append(t.widths, 0), append(t.right, true)
		}
		t.widths[i] = max(t.widths[i], cells)
	}
	for i, name := range header {
		column(i, Cells(Clean(name)))
	}
	for _, row := range rows {
		var cells []string
		for i, v := range row {
			text := ""
			if v != nil {
				text = Clean(fmt.Sprint(v))
			}
			cells = append(cells, text)
			column(i, Cells(text))
			t.right[i] = t.right[i] && (text == "" || isNumber(v))
		}
		t.cells = append(t.cells, cells)
	}
	if len(rows) == 0 {
		clear(t.right)
	}
	return t
}

// fit takes from the widest columns until the table fits.
func (t *table) fit(width int) {
	total := len(margin) + (len(t.widths)-1)*len(gap)
	for _, w := range t.widths {
		total += w
	}
	for ; total > width; total-- {
		widest := 0
		for i, w := range t.widths {
			if w > t.widths[widest] {
				widest = i
			}
		}
		if t.widths[widest] <= narrowest {
			return
		}
		t.widths[widest]--
	}
}

// line returns a line of the table. Nothing is filled up behind its last cell.
func (t *table) line(n int, cell func(column int) (text string, s Styled), colours bool) string {
	var b strings.Builder
	space := margin
	for i := range n {
		text, s := cell(i)
		text = Shorten(text, t.widths[i])
		fill := strings.Repeat(" ", t.widths[i]-Cells(text))
		if t.right[i] {
			space, fill = space+fill, ""
		}
		if text != "" {
			b.WriteString(space + s.apply(text, colours))
			space = ""
		}
		space += fill + gap
	}
	return b.String()
}

// Fields prints pairs of a name and a value, one below the other.
func (c *Console) Fields(pairs ...any) {
	var rows [][]any
	for i := 0; i+1 < len(pairs); i += 2 {
		value, ok := pairs[i+1].(Styled)
		if !ok {
			value = Styled{value: pairs[i+1]}
		}
		value.left = true
		rows = append(rows, []any{Dim(pairs[i]), value})
	}
	c.Table(nil, rows)
}
