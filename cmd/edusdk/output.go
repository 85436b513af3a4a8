package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/edusdk/edusdk/internal/console"
)

// result is what comes of a command.
type result struct {
	// value is printed by -o json.
	value any
	// table, fields and raw are what people get: one of them.
	// Where a table is wider than the terminal, its column long is shortened, and then
	// columns are left out from the right: ids have to be whole, to be copied.
	header []text
	rows   [][]any
	long   int
	fields []field
	raw    string // as it is, for what goes into other programs
	// notes go to stderr, where they are in nobody's way.
	notes []text
	// err is a failure in spite of which there is something to print.
	err error
}

// field is a name and a value.
type field struct {
	name  text
	value any // nil or "" leaves the field out
}

// print prints a result.
func (s *session) print(r *result) error {
	switch {
	case r == nil:
		return nil
	case s.json:
		if err := s.printJSON(s.stdout, r.value, "  "); err != nil {
			return err
		}
		return r.err
	case r.header != nil:
		var header []string
		for _, h := range r.header {
			header = append(header, h.in(s.lang))
		}
		rows := s.cells(r.rows)
		if s.out.Terminal() {
			if n := fit(header, rows, r.long, s.out.Width()); n < len(header) {
				defer s.notes.Notef("%s", text{"有 %d 列放不下：请加宽终端，或用 -o json。", "%d columns do not fit: widen the terminal, or use -o json."}.with(len(header)-n).in(s.lang))
				header = header[:n]
				for i := range rows {
					rows[i] = rows[i][:n]
				}
			}
		}
		s.out.Table(header, rows)
	case r.fields != nil:
		var rows [][]any
		for _, f := range r.fields {
			if f.value != nil && f.value != "" {
				rows = append(rows, []any{console.Dim(f.name.in(s.lang)), f.value})
			}
		}
		s.list(s.cells(rows))
	}
	if err := s.out.Err(); err != nil {
		return err
	}
	if _, err := io.WriteString(s.stdout, r.raw); err != nil {
		return err
	}
	for _, note := range r.notes {
		s.notes.Notef("%s", note.in(s.lang))
	}
	return r.err
}

// fit shortens the cells of the long column to what the others leave of the width, but
// not to less than shortest, and returns how many columns fit then.
func fit(header []string, rows [][]any, long, width int) (columns int) {
	const gap, shortest = 2, 20
	widths := make([]int, len(header))
	for i, name := range header {
		widths[i] = console.Cells(name)
		for _, row := range rows {
			if row[i] != nil {
				widths[i] = max(widths[i], console.Cells(console.Clean(fmt.Sprint(row[i]))))
			}
		}
	}
	left := width - widths[0] - gap
	if long == 0 {
		left = width - min(widths[0], shortest) - gap
	}
	for columns = 1; columns < len(header); columns++ {
		w := widths[columns]
		if columns == long {
			w = min(w, shortest)
		}
		if left < w+gap {
			break
		}
		left -= w + gap
	}
	most := min(widths[long], shortest) + max(left, 0)
	for _, row := range rows {
		if row[long] != nil {
			row[long] = console.Shorten(console.Clean(fmt.Sprint(row[long])), most)
		}
	}
	return columns
}

// list prints names and values, which are never shortened.
func (s *session) list(rows [][]any) {
	widest := 0
	for _, row := range rows {
		widest = max(widest, console.Cells(fmt.Sprint(row[0])))
	}
	for _, row := range rows {
		s.out.Printf("  %-*s  %s", widest, row[0], row[1])
	}
}

// cells puts values into the language.
func (s *session) cells(rows [][]any) [][]any {
	for _, row := range rows {
		for i, v := range row {
			row[i] = s.cell(v)
		}
	}
	return rows
}

func (s *session) cell(v any) any {
	switch v := v.(type) {
	case text:
		return v.in(s.lang)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return s.lang.Time(v)
	case time.Duration:
		return s.lang.Duration(v)
	case bool:
		return s.lang.Text(map[bool]string{true: "是", false: "否"}[v], map[bool]string{true: "yes", false: "no"}[v])
	case size:
		return console.Right(s.lang.Bytes(int64(v)))
	case percent:
		return console.Right(fmt.Sprintf("%.1f %%", float64(v)))
	}
	return v
}

// size is a number of bytes, and percent a part of a hundred.
type (
	size    int64
	percent float64
)

// printJSON writes a value as JSON. Characters that a terminal would obey are written
// as escapes: vendors' texts can hold any.
func (s *session) printJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(printable(b.Bytes()))
	return err
}

// printable escapes the characters of JSON that cannot be printed.
func printable(text []byte) []byte {
	var b []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if unicode.IsPrint(r) || r == '\n' || r == utf8.RuneError || r > 0xffff {
			b = append(b, text[:n]...)
		} else {
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		text = text[n:]
	}
	return b
}

// listed returns a list that is not null as JSON.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
