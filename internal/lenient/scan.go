package lenient

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// next passes white space and returns the byte after it, 0 at the end.
func (d *decoder) next() byte {
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; c {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// broken is the error for a text that is not JSON from pos on.
func (d *decoder) broken() *Error {
	return &Error{Problem: "the JSON is cut off or broken at byte " + strconv.Itoa(min(d.pos+1, len(d.data))), fatal: true, whole: true}
}

// str passes a string and returns what stands between its quotes. It reports
// whether there are escapes in it.
func (d *decoder) str() (raw []byte, escaped bool, err *Error) {
	data, i := d.data, d.pos+1
	start := i
	for i < len(data) {
		switch c := data[i]; {
		case c == '"':
			d.pos = i + 1
			return data[start:i], escaped, nil
		case c == '\\':
			escaped = true
			if i++; i >= len(data) {
				break
			}
			switch data[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if i++; i >= len(data) || unhex(data[i]) < 0 {
						d.pos = i
						return nil, false, d.broken()
					}
				}
			default:
				d.pos = i
				return nil, false, d.broken()
			}
		case c < ' ':
			d.pos = i
			return nil, false, d.broken()
		}
		i++
	}
	d.pos = len(data)
	return nil, false, d.broken()
}

// text passes a string and returns the text that it stands for: a part of the
// data, or of d.scratch until the next call.
func (d *decoder) text() ([]byte, *Error) {
	raw, escaped, err := d.str()
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(raw) {
		return nil, &Error{Problem: "is not UTF-8", fatal: true}
	}
	if !escaped {
		return raw, nil
	}
	if whole, err := d.unescape(raw); err != nil {
		return nil, err
	} else if !whole {
		return nil, halfPair()
	}
	return d.scratch, nil
}

// unescape writes into d.scratch what the inside of a string stands for, which is
// never longer, and reports whether no half of a surrogate pair is in it.
func (d *decoder) unescape(raw []byte) (whole bool, err *Error) {
	if cap(d.scratch) < len(raw) {
		room := max(len(raw), minScratch)
		if err := d.spend(int64(room)); err != nil {
			return false, err
		}
		d.scratch = make([]byte, 0, room)
	}
	d.scratch, whole = appendUnescaped(d.scratch[:0], raw)
	return whole, nil
}

const minScratch = 64

func halfPair() *Error { return &Error{Problem: "has an escape of half a surrogate pair"} }

// appendUnescaped appends the text that the inside of a string stands for. It
// reports false if there is half a surrogate pair, and puts U+FFFD there.
func appendUnescaped(dst, raw []byte) ([]byte, bool) {
	whole := true
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(dst, raw...), whole
		}
		dst = append(dst, raw[:i]...)
		c := raw[i+1]
		raw = raw[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := rune16(raw)
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
					pair = utf16.DecodeRune(r, rune16(raw[2:]))
				}
				if r = pair; r == utf8.RuneError {
					whole = false
				} else {
					raw = raw[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // '"', '\\', '/'
			dst = append(dst, c)
		}
	}
}

// rune16 reads four hexadecimal digits.
func rune16(digits []byte) rune {
	r := rune(0)
	for _, c := range digits[:4] {
		r = r<<4 | unhex(c)
	}
	return r
}

func unhex(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// number passes a number and returns it. It reports whether there are but
// digits and a sign in it.
func (d *decoder) number() (token []byte, whole bool, err *Error) {
	n, whole := numberLength(d.data[d.pos:])
	if n <= 0 {
		d.pos -= n
		return nil, false, d.broken()
	}
	token = d.data[d.pos : d.pos+n]
	d.pos += n
	return token, whole, nil
}

// numberLength returns how long the number is that text begins with, or minus
// the place of the byte that is wrong in it.
func numberLength(text []byte) (n int, whole bool) {
	i := 0
	digits := func() bool {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		return i > start
	}
	whole = true
	if i < len(text) && text[i] == '-' {
		i++
	}
	if i < len(text) && text[i] == '0' {
		i++
	} else if !digits() {
		return -i, false
	}
	if i < len(text) && text[i] == '.' {
		whole = false
		if i++; !digits() {
			return -i, false
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		whole = false
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return -i, false
		}
	}
	return i, whole
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// word passes true, false or null.
func (d *decoder) word(w string) *Error {
	for i := range len(w) {
		if d.pos+i >= len(d.data) || d.data[d.pos+i] != w[i] {
			d.pos += i
			return d.broken()
		}
	}
	d.pos += len(w)
	return nil
}

// skip passes the value at pos, of any kind.
func (d *decoder) skip() *Error {
	if d.pos >= len(d.data) {
		return d.broken()
	}
	switch c := d.data[d.pos]; c {
	case '"':
		_, _, err := d.str()
		return err
	case '{':
		return d.members(func([]byte, bool) *Error { return d.skip() })
	case '[':
		return d.elements(d.skip)
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	case 'n':
		return d.word("null")
	default:
		_, _, err := d.number()
		return err
	}
}

// members passes the object at pos. each passes the value of a member, whose
// name it gets as it stands between the quotes, with or without escapes.
func (d *decoder) members(each func(name []byte, escaped bool) *Error) *Error {
	if err := d.descend(); err != nil {
		return err
	}
	if d.next() == '}' {
		d.ascend()
		return nil
	}
	for {
		name, escaped, err := d.name()
		if err != nil {
			return err
		}
		if err := each(name, escaped); err != nil {
			return err
		}
		switch d.next() {
		case ',':
			d.pos++
		case '}':
			d.ascend()
			return nil
		default:
			return d.broken()
		}
	}
}

// name passes a member's name and what stands before its value.
func (d *decoder) name() (name []byte, escaped bool, err *Error) {
	if d.next() != '"' {
		return nil, false, d.broken()
	}
	if name, escaped, err = d.str(); err != nil {
		return nil, false, err
	}
	if d.next() != ':' {
		return nil, false, d.broken()
	}
	d.pos++
	d.next()
	return name, escaped, nil
}

// elements passes the array at pos. each passes an element.
func (d *decoder) elements(each func() *Error) *Error {
	if err := d.descend(); err != nil {
		return err
	}
	if d.next() == ']' {
		d.ascend()
		return nil
	}
	for {
		d.next()
		if err := each(); err != nil {
			return err
		}
		switch d.next() {
		case ',':
			d.pos++
		case ']':
			d.ascend()
			return nil
		default:
			return d.broken()
		}
	}
}

// descend passes { or [.
func (d *decoder) descend() *Error {
	if d.depth++; d.depth > d.deepest {
		return &Error{Problem: "the JSON nests deeper than " + strconv.Itoa(d.deepest) + " levels", fatal: true, whole: true}
	}
	d.pos++
	return nil
}

// ascend passes } or ].
func (d *decoder) ascend() {
	d.depth--
	d.pos++
}
