package console

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Clean makes a text harmless to a terminal: it shows control characters, and those
// that turn the direction of writing, as Go writes them (\n, \x1b, \u202e), a tab as a
// space, and bytes that are not UTF-8 as U+FFFD.
func Clean(s string) string {
	if strings.IndexFunc(s, hostile) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == '\n' || r == '\r':
			b.WriteString(map[rune]string{'\n': `\n`, '\r': `\r`}[r])
		case hostile(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hostile(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r) // U+FFFD for what is not UTF-8
		}
	}
	return b.String()
}

// hostile reports whether a character moves the cursor, starts a command of the
// terminal, or turns the direction of what follows.
func hostile(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		r == '\u200e' || r == '\u200f' || r == '\u061c' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// Cells returns how many columns of a terminal a text takes: two for a wide character,
// such as a Chinese one, none for a combining mark and for a style.
func Cells(s string) int {
	n := 0
	for part := range parts(s) {
		n += part.cells
	}
	return n
}

// Shorten returns a text that takes no more than n columns; one that is longer ends
// with an ellipsis.
func Shorten(s string, n int) string {
	if Cells(s) <= n {
		return s
	}
	var b strings.Builder
	left, styled := n-1, false // one for the ellipsis
	for part := range parts(s) {
		if part.style {
			styled = part.text != reset
			b.WriteString(part.text)
			continue
		}
		if left -= part.cells; left < 0 {
			break
		}
		b.WriteString(part.text)
	}
	if n > 0 {
		b.WriteString("…")
	}
	if styled {
		b.WriteString(reset)
	}
	return b.String()
}

// Wrap breaks a text into lines of at most n columns: at spaces, and before wide
// characters that are no punctuation. A word that is longer has a line of its own.
func Wrap(s string, n int) []string {
	var lines []string
	line, word := "", ""
	add := func() { // the word to the line, or to the next one
		if line != "" && Cells(line)+Cells(strings.TrimRight(word, " ")) > n {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line, word = line+word, ""
	}
	for p := range parts(s) {
		r, _ := utf8.DecodeRuneInString(p.text)
		before, _ := utf8.DecodeLastRuneInString(word)
		wide := p.cells > 1 || cellsOf(before) > 1
		if word != "" && (before == ' ' && r != ' ' || wide && r != ' ' && !isPunctuation(r) && !isOpening(before)) {
			add()
		}
		word += p.text
	}
	add()
	return append(lines, strings.TrimRight(line, " "))
}

// isPunctuation reports whether no line may begin with a character.
func isPunctuation(r rune) bool {
	return unicode.IsPunct(r) && !isOpening(r)
}

// isOpening reports whether no line may end with a character.
func isOpening(r rune) bool { return unicode.In(r, unicode.Ps, unicode.Pi) }

// part is a character, or a style.
type part struct {
	text  string
	cells int
	style bool
}

// parts yields the parts of a text.
func parts(s string) func(yield func(part) bool) {
	return func(yield func(part) bool) {
		for len(s) > 0 {
			p := part{style: strings.HasPrefix(s, "\x1b[")}
			if end := strings.IndexByte(s, 'm'); p.style && end > 0 {
				p.text = s[:end+1]
			} else {
				r, size := utf8.DecodeRuneInString(s)
				p = part{text: s[:size], cells: cellsOf(r)}
			}
			if !yield(p) {
				return
			}
			s = s[len(p.text):]
		}
	}
}

// cellsOf returns how many columns a character takes. Those that are wide only in
// some fonts count as narrow, as terminals take them unless told otherwise.
func cellsOf(r rune) int {
	switch {
	case r == '\u00ad': // a hyphen, as terminals show it
		return 1
	case unicode.IsControl(r), unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), '\u1160' <= r && r <= '\u11ff':
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
