package console

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

const reset = "\x1b[0m"

// Styled is a value with a look, for the arguments of Printf and the cells of a table.
type Styled struct {
	value any
	codes string // of the terminal, such as 1;32
	right bool   // aligned on the right side
	left  bool   // not so, even if it is a number
}

// Bold sets a value off, where colours are on. Styles can be combined:
// Bold(Green("ready")).
func Bold(v any) Styled { return styled(v, "1") }

// Dim takes a value back.
func Dim(v any) Styled { return styled(v, "2") }

// Red is for what failed.
func Red(v any) Styled { return styled(v, "31") }

// Green is for what went well.
func Green(v any) Styled { return styled(v, "32") }

// Yellow is for what one should look at.
func Yellow(v any) Styled { return styled(v, "33") }

// Cyan is for what can be typed or opened: commands, addresses.
func Cyan(v any) Styled { return styled(v, "36") }

// Right aligns a cell of a table on its right side, as numbers are without it.
func Right(v any) Styled {
	s := styled(v, "")
	s.right = true
	return s
}

func styled(v any, code string) Styled {
	s, ok := v.(Styled)
	if !ok {
		return Styled{value: v, codes: code}
	}
	s.codes = strings.Trim(s.codes+";"+code, ";")
	return s
}

// String returns the value without its look.
func (s Styled) String() string { return fmt.Sprint(s.value) }

// apply returns a text in the style, with codes only if colours are on.
func (s Styled) apply(text string, colours bool) string {
	if !colours || s.codes == "" || text == "" {
		return text
	}
	return "\x1b[" + s.codes + "m" + text + reset
}

// Rendered is what a Meter looks like, with its styles.
type Rendered string

// argument is an argument of Printf: what comes of it is clean, in its style, and as
// wide as the verb says in columns of the terminal.
type argument struct {
	value   any
	colours bool
}

// Format writes the value as its verb says.
func (a argument) Format(f fmt.State, verb rune) {
	if r, ok := a.value.(Rendered); ok {
		_, _ = io.WriteString(f, string(r))
		return
	}
	s, ok := a.value.(Styled)
	if !ok {
		s.value = a.value
	}
	format := fmt.FormatString(f, verb)
	wide, padded := f.Width()
	if padded = padded && !f.Flag('0'); padded { // the columns are filled up here
		format = "%"
		for _, flag := range "+# " {
			if f.Flag(int(flag)) {
				format += string(flag)
			}
		}
		if precision, ok := f.Precision(); ok {
			format += fmt.Sprintf(".%d", precision)
		}
		format += string(verb)
	}
	text := Clean(fmt.Sprintf(format, s.value))
	space := ""
	if padded {
		space = strings.Repeat(" ", max(0, wide-Cells(text)))
	}
	text = s.apply(text, a.colours)
	if f.Flag('-') {
		text += space
	} else {
		text = space + text
	}
	_, _ = io.WriteString(f, text)
}

// wrap returns arguments of Printf that are clean and in their styles. Plain numbers,
// which can also be widths, stay what they are.
func wrap(args []any, colours bool) []any {
	wrapped := make([]any, len(args))
	for i, arg := range args {
		if n, ok := arg.(int); ok {
			wrapped[i] = n
			continue
		}
		wrapped[i] = argument{arg, colours}
	}
	return wrapped
}

// isNumber reports whether a cell is aligned on its right side.
func isNumber(v any) bool {
	if s, ok := v.(Styled); ok {
		return !s.left && (s.right || isNumber(s.value))
	}
	if _, named := v.(fmt.Stringer); named || v == nil {
		return false // an enumeration, say
	}
	k := reflect.TypeOf(v).Kind()
	return reflect.Int <= k && k <= reflect.Float64
}
