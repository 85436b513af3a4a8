package lenient

import (
	"bytes"
)

// maxDepth bounds the recursion on text that nobody has looked at yet.
const maxDepth = 1000

// mend rewrites the values of data that are not of the types of p but stand
// for ones. It reports whether it changed anything, and whether data was well
// enough formed to be walked; data itself is never changed.
func mend(data []byte, p *plan) (mended []byte, changed, ok bool) {
	m := mender{in: data}
	if !m.value(p, 0) {
		return nil, false, false
	}
	if m.out == nil {
		return data, false, true
	}
	return append(m.out, m.in[m.copied:]...), true, true
}

// mender walks a JSON text alongside the plan of a type. It checks no more
// syntax than it needs to find its way: encoding/json reads the result.
type mender struct {
	in     []byte
	pos    int
	out    []byte // the mended text so far
	copied int    // how much of in stands in out
}

// value walks the value at pos, which is to be of plan p (nil: of no interest).
func (m *mender) value(p *plan, depth int) bool {
	m.space()
	if m.pos >= len(m.in) || depth > maxDepth {
		return false
	}
	start := m.pos
	switch c := m.in[m.pos]; {
	case p == nil || p.shape == opaque:
		return m.skip()
	case c == '{' && (p.shape == object || p.shape == dictionary):
		return m.object(p, depth)
	case c == '[' && p.shape == array:
		return m.array(p, depth)
	case c == '{' || c == '[':
		if !m.skip() {
			return false
		}
		if p.elemental() && m.emptyArray(start) {
			m.replace(start, "null") // how PHP writes an object without members
		}
		return true
	case c == '"':
		if !m.str() {
			return false
		}
		m.mendString(p.shape, start)
		return true
	default:
		m.literal()
		m.mendLiteral(p.shape, start)
		return m.pos > start
	}
}

// elemental reports whether values of p have members.
func (p *plan) elemental() bool { return p.shape == object || p.shape == dictionary }

// emptyArray reports whether the text from start to pos is one.
func (m *mender) emptyArray(start int) bool {
	return m.in[start] == '[' && m.in[m.pos-1] == ']' && len(bytes.Trim(m.in[start+1:m.pos-1], " \t\r\n")) == 0
}

func (m *mender) object(p *plan, depth int) bool {
	m.pos++ // {
	for first := true; ; first = false {
		m.space()
		if m.take('}') {
			return true
		}
		if !first {
			if !m.take(',') {
				return false
			}
			m.space()
		}
		start := m.pos
		if !m.str() {
			return false
		}
		member := p.elem
		if p.shape == object {
			member = p.field(m.in[start+1 : m.pos-1])
		}
		m.space()
		if !m.take(':') || !m.value(member, depth+1) {
			return false
		}
	}
}

func (m *mender) array(p *plan, depth int) bool {
	m.pos++ // [
	for first := true; ; first = false {
		m.space()
		if m.take(']') {
			return true
		}
		if !first && !m.take(',') {
			return false
		}
		if !m.value(p.elem, depth+1) {
			return false
		}
	}
}

// mendString replaces the string from start to pos if another type is expected.
func (m *mender) mendString(want shape, start int) {
	s := string(bytes.Trim(m.in[start+1:m.pos-1], " "))
	switch {
	case want == text:
	case s == "":
		m.replace(start, "null")
	case want == integer:
		if n, ok := wholeNumber(s); ok {
			m.replace(start, n)
		}
	case want == float:
		if isNumber(s) {
			m.replace(start, s)
		}
	case want == boolean:
		if b, ok := truth(s); ok {
			m.replace(start, b)
		}
	}
}

// mendLiteral does the same for a number, true, false or null.
func (m *mender) mendLiteral(want shape, start int) {
	s := string(m.in[start:m.pos])
	switch {
	case s == "null":
	case want == text:
		if s == "true" || s == "false" || isNumber(s) {
			m.replace(start, `"`+s+`"`)
		}
	case want == integer:
		switch n, ok := wholeNumber(s); {
		case s == "true":
			m.replace(start, "1")
		case s == "false":
			m.replace(start, "0")
		case ok && n != s && isNumber(s):
			m.replace(start, n)
		}
	case want == boolean:
		if b, ok := truth(s); ok && b != s {
			m.replace(start, b)
		}
	}
}

// replace puts s in the place of the text from start to pos.
func (m *mender) replace(start int, s string) {
	if m.out == nil {
		m.out = make([]byte, 0, len(m.in)+len(m.in)/8+len(s))
	}
	m.out = append(m.out, m.in[m.copied:start]...)
	m.out = append(m.out, s...)
	m.copied = m.pos
}

// skip passes a value of any kind without looking into it.
func (m *mender) skip() bool {
	depth := 0
	for m.space(); m.pos < len(m.in); m.space() {
		switch m.in[m.pos] {
		case '{', '[':
			depth++
			m.pos++
		case '}', ']':
			depth--
			m.pos++
		case ',', ':':
			if depth == 0 {
				return false
			}
			m.pos++
			continue
		case '"':
			if !m.str() {
				return false
			}
		default:
			start := m.pos
			if m.literal(); m.pos == start {
				return false
			}
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}

// str passes a string.
func (m *mender) str() bool {
	if !m.take('"') {
		return false
	}
	for m.pos < len(m.in) {
		i := bytes.IndexByte(m.in[m.pos:], '"')
		if i < 0 {
			return false
		}
		end := m.pos + i
		m.pos = end + 1
		escapes := 0
		for end-escapes-1 >= 0 && m.in[end-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return true
		}
	}
	return false
}

// literal passes a number, true, false or null.
func (m *mender) literal() {
	for m.pos < len(m.in) {
		switch m.in[m.pos] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']', '{', '[', '"':
			return
		}
		m.pos++
	}
}

func (m *mender) space() {
	for m.pos < len(m.in) {
		switch m.in[m.pos] {
		case ' ', '\t', '\r', '\n':
			m.pos++
		default:
			return
		}
	}
}

// take passes c if it is what comes next.
func (m *mender) take(c byte) bool {
	if m.pos < len(m.in) && m.in[m.pos] == c {
		m.pos++
		return true
	}
	return false
}

// wholeNumber returns s as JSON writes an integer, if it is a whole number in
// decimal digits, with or without zeros around.
func wholeNumber(s string) (string, bool) {
	digits, sign := s, ""
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		if digits[0] == '-' {
			sign = "-"
		}
		digits = digits[1:]
	}
	n := 0
	for n < len(digits) && isDigit(digits[n]) {
		n++
	}
	if n == 0 {
		return "", false
	}
	if rest := digits[n:]; rest != "" {
		if rest[0] != '.' || len(rest) == 1 {
			return "", false
		}
		for i := 1; i < len(rest); i++ {
			if rest[i] != '0' {
				return "", false
			}
		}
	}
	digits = digits[:n]
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	if digits == "0" {
		sign = ""
	}
	return sign + digits, true
}

// isNumber reports whether s is a number as JSON writes it.
func isNumber(s string) bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func truth(s string) (string, bool) {
	switch s {
	case "true", "1":
		return "true", true
	case "false", "0":
		return "false", true
	}
	return "", false
}
