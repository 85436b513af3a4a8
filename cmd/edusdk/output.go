package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
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
	header []text
	rows   [][]any
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
		s.out.Table(header, s.cells(r.rows))
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
		for line := range strings.Lines(note.in(s.lang)) {
			s.notes.Notef("%s", strings.TrimSuffix(line, "\n"))
		}
	}
	return r.err
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
