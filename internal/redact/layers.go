package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how many encodings may lie on top of each other.
const maxDepth = 4

// maxLayers bounds what becomes of one text, in bytes: few that were not made up
// for that become more than a third of it.
const maxLayers = 128 << 10

// layer is a text that was made out of another by undoing an encoding.
type layer struct {
	text []byte
	// from and to say for each byte which part of the original it was made of.
	tracked  bool
	from, to []int32
	direct   bool // it was not unpacked from a run
}

// behind returns how many of its bytes were made of what is behind an offset of the
// original.
func (l *layer) behind(offset int) int {
	first, _ := slices.BinarySearch(l.from, int32(offset)) //nolint:gosec // a few KB
	return len(l.from) - first
}

// put appends bytes that were made of the bytes i to j of another layer.
func (l *layer) put(of *layer, i, j int, made ...byte) {
	l.text = append(l.text, made...)
	if of.tracked {
		for range made {
			l.from, l.to = append(l.from, of.from[i]), append(l.to, of.to[j-1])
		}
	}
}

// explore indexes a layer of the text that was added last, and those below it.
func (s *Search) explore(l layer, depth int) {
	current := &s.texts[len(s.texts)-1]
	if len(s.folded)-current.folded > maxLayers {
		current.deep = true
	}
	if current.deep {
		return
	}
	s.index(&l)
	next, encoded := l.decoded()
	runs := l.runs(isBase64, 6) // as many as the shortest value takes
	if depth == maxDepth {
		// What bytes become that were never encoded has no long runs and is no text.
		current.deep = encoded && len(l.text) >= 8 && utf8.Valid(l.text) ||
			slices.ContainsFunc(runs, func(r run) bool { return r.end-r.start >= minPart })
		return
	}
	if encoded {
		if current.partial && next.direct && next.behind(current.shown) < piece {
			current.deep = true // what is seen behind the cut is too little to know a value by
			return
		}
		s.explore(next, depth+1)
	}
	for _, r := range runs {
		if s.Opaque && r.end-r.start >= minRun {
			s.blank(l.from[r.start], l.to[r.end-1])
		}
	}
	// A value can stand anywhere in what was encoded, so at any of four places
	// in its groups of characters.
	for phase := range 4 {
		if unpacked := l.unpacked(runs, phase, fromBase64); len(unpacked.text) > 0 {
			s.explore(unpacked, depth+1)
		}
	}
	runs = l.runs(isHex, 8)
	for phase := range 2 {
		if unpacked := l.unpacked(runs, phase, fromHex); len(unpacked.text) > 0 {
			s.explore(unpacked, depth+1)
		}
	}
}

// index adds a layer to what is searched.
func (s *Search) index(l *layer) {
	start := len(s.folded)
	for i := 0; i < len(l.text); {
		r, size := utf8.DecodeRune(l.text[i:])
		before := len(s.folded)
		if r == 0 || r == utf8.RuneError && size == 1 {
			s.folded = append(s.folded, l.text[i]) // a zero keeps runs apart
		} else if r, ok := fold(r); ok {
			s.folded = utf8.AppendRune(s.folded, r)
		}
		for range len(s.folded) - before {
			s.from, s.to = append(s.from, l.from[i]), append(s.to, l.to[i+size-1])
		}
		i += size
	}
	if l.direct {
		s.addEnding(start, start+len(bytes.TrimRight(s.folded[start:], "…\"').,;:!)]}>")))
	}
	s.folded, s.from, s.to = append(s.folded, 0), append(s.from, 0), append(s.to, 0)
}

// appendFolded appends to dst what index makes of a text, and reports whether
// there can be something encoded in it.
func appendFolded(dst, text []byte) (folded []byte, encoded bool) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			encoded = encoded || c == '\\' || c == '%' || c == '&' || c == '='
			if c = ascii[c]; c != 0 {
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if size == 1 { // it is not UTF-8
			dst = append(dst, text[i])
		} else if r, ok := fold(r); ok {
			dst = utf8.AppendRune(dst, r)
		}
		i += size
	}
	return dst, encoded
}

// ascii is fold for the characters of ASCII; 0 where one is dropped.
var ascii = func() (table [256]byte) {
	for c := byte(0); c < utf8.RuneSelf; c++ {
		switch {
		case c >= 'A' && c <= 'Z':
			table[c] = c + 'a' - 'A'
		case c > ' ' && c != '+' && c != '-' && c != '\\' && c != 0x7f:
			table[c] = c
		}
	}
	return table
}()

// fold makes characters alike that stand for the same: letters of either case,
// and those of full width. It drops spaces and what stands for them or is put
// between digits, backslashes, and what cannot be seen.
func fold(r rune) (rune, bool) {
	switch {
	case r >= 0xff01 && r <= 0xff5e: // of full width
		r -= 0xff01 - '!'
	case r >= 0x2e80 && r < 0xa640 && r != 0x3000: // Chinese, for the most part
		return r, true
	}
	if r < utf8.RuneSelf {
		c := ascii[r]
		return rune(c), c != 0
	}
	if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) {
		return 0, false
	}
	return unicode.ToLower(unicode.ToUpper(r)), true
}

// decoded undoes one encoding of each character that is encoded: the escapes of
// JSON, Go and their like, percent-encoding, the entities of HTML, and what
// quoted-printable does to characters beyond ASCII.
func (l layer) decoded() (layer, bool) {
	next, copied := layer{tracked: l.tracked, direct: l.direct}, 0
	for i := 0; i < len(l.text); i++ {
		var made []byte
		n := 0
		switch l.text[i] {
		case '\\':
			made, n = escape(l.text[i:])
		case '%':
			made, n = percent(l.text[i:])
		case '&':
			made, n = entity(l.text[i:])
		case '=':
			made, n = mail(l.text[i:])
		}
		if n == 0 {
			continue
		}
		if next.text == nil {
			next.text = make([]byte, 0, len(l.text))
		}
		next.copy(&l, copied, i)
		next.put(&l, i, i+n, made...)
		copied, i = i+n, i+n-1
	}
	if copied == 0 {
		return l, false
	}
	next.copy(&l, copied, len(l.text))
	return next, true
}

// copy appends the bytes i to j of another layer.
func (l *layer) copy(of *layer, i, j int) {
	l.text = append(l.text, of.text[i:j]...)
	if of.tracked {
		l.from, l.to = append(l.from, of.from[i:j]...), append(l.to, of.to[i:j]...)
	}
}

// escape returns what backslashes and what follows them stand for, and how long
// they are. Any number of backslashes counts as one: escapes are escaped.
func escape(b []byte) ([]byte, int) {
	n := 1
	for n < len(b) && b[n] == '\\' {
		n++
	}
	if n == len(b) {
		return nil, n
	}
	rest := b[n+1:]
	switch c := b[n]; {
	case c == 'u' && hasHex(rest, 4):
		r, size := hexValue(rest[:4]), n+5
		if utf16.IsSurrogate(r) {
			if low, more := lowSurrogate(b[size:]); more > 0 {
				r, size = utf16.DecodeRune(r, low), size+more
			}
		}
		return utf8.AppendRune(nil, r), size
	case c == 'U' && hasHex(rest, 8):
		return utf8.AppendRune(nil, hexValue(rest[:8])), n + 9
	case c == 'u' && len(rest) > 0 && rest[0] == '{':
		end := slices.Index(rest, '}')
		if end > 1 && end <= 7 && hasHex(rest[1:], end-1) {
			return utf8.AppendRune(nil, hexValue(rest[1:end])), n + 2 + end
		}
	case c == 'x' && hasHex(rest, 2):
		return []byte{byte(hexValue(rest[:2]))}, n + 3 //nolint:gosec // of two digits
	case c >= '0' && c <= '3' && len(rest) >= 2 && isOctal(rest[0]) && isOctal(rest[1]):
		return []byte{(c-'0')<<6 | (rest[0]-'0')<<3 | (rest[1] - '0')}, n + 3
	case slices.Contains([]byte("nrtbfav"), c):
		return []byte{'\n'}, n + 1 // fold drops all of them
	}
	return nil, n
}

// lowSurrogate reads the second half of a character in two escapes.
func lowSurrogate(b []byte) (rune, int) {
	n := 0
	for n < len(b) && b[n] == '\\' || n == 0 && len(b) > 0 && b[0] == '%' {
		n++
	}
	if n == 0 || n == len(b) || b[n] != 'u' || !hasHex(b[n+1:], 4) {
		return 0, 0
	}
	return hexValue(b[n+1 : n+5]), n + 5
}

// percent is escape for %XX, and for the %uXXXX of older JavaScript.
func percent(b []byte) ([]byte, int) {
	switch {
	case hasHex(b[1:], 2):
		return []byte{byte(hexValue(b[1:3]))}, 3 //nolint:gosec // of two digits
	case len(b) > 1 && (b[1] == 'u' || b[1] == 'U') && hasHex(b[2:], 4):
		r, size := hexValue(b[2:6]), 6
		if utf16.IsSurrogate(r) {
			if low, more := lowSurrogate(b[size:]); more > 0 {
				r, size = utf16.DecodeRune(r, low), size+more
			}
		}
		return utf8.AppendRune(nil, r), size
	}
	return nil, 0
}

// mail is escape for what quoted-printable writes: characters beyond ASCII, those of
// control, the equals sign, and the end of a line that goes on.
func mail(b []byte) ([]byte, int) {
	switch {
	case hasHex(b[1:], 2) && (b[1] >= '8' || b[1] == '0' || b[1] == '3' && b[2] == 'D'):
		return []byte{byte(hexValue(b[1:3]))}, 3 //nolint:gosec // of two digits
	case len(b) > 1 && b[1] == '\n':
		return nil, 2
	case len(b) > 2 && b[1] == '\r' && b[2] == '\n':
		return nil, 3
	}
	return nil, 0
}

// entity is escape for &name;, &#1; and &#x1;, of which the numbers need no
// semicolon.
func entity(b []byte) ([]byte, int) {
	n := 1
	for n < len(b) && n < 34 && (b[n] == '#' && n == 1 || isAlphanumeric(b[n])) {
		n++
	}
	if n < len(b) && b[n] == ';' {
		n++
	} else if n < 3 || b[1] != '#' {
		return nil, 0
	}
	name := string(b[:n])
	made := html.UnescapeString(name)
	if made == name {
		return nil, 0
	}
	return []byte(made), n
}

// run is a part of a layer that can be the text of bytes.
type run struct{ start, end int }

// runs returns the parts of at least length bytes that consist of what is asked
// for. Lines may be broken.
func (l *layer) runs(of func(byte) bool, length int) []run {
	var runs []run
	for i := 0; i < len(l.text); i++ {
		if !of(l.text[i]) {
			continue
		}
		start, end := i, i+1
		for ; i < len(l.text); i++ {
			if of(l.text[i]) {
				end = i + 1
			} else if l.text[i] != '\n' && l.text[i] != '\r' {
				break
			}
		}
		if end-start >= length {
			for n := 0; n < 2 && end < len(l.text) && l.text[end] == '='; n++ {
				end++
			}
			runs = append(runs, run{start, end})
		}
	}
	return runs
}

// unpacked returns the bytes that the runs stand for if they are read from their
// phase-th byte on. Each was made of all of its run.
func (l *layer) unpacked(runs []run, phase int, decode func(dst, src []byte) []byte) layer {
	unpacked := layer{tracked: true}
	var text []byte
	for _, r := range runs {
		text = text[:0]
		for _, c := range l.text[r.start:r.end] {
			if c != '\n' && c != '\r' && c != '=' {
				text = append(text, c)
			}
		}
		if phase < len(text) {
			unpacked.putText(l, r, decode(nil, text[phase:]))
		}
	}
	return unpacked
}

// putText appends what of bytes can hold a value, with a zero behind each part:
// most of what was never encoded is no text.
func (l *layer) putText(of *layer, from run, b []byte) {
	for start, i := 0, 0; i <= len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if (r != utf8.RuneError || size > 1) && (r >= ' ' || unicode.IsSpace(r)) {
			i += size
			continue
		}
		if i-start >= minValue {
			l.put(of, from.start, from.end, b[start:i]...)
			l.put(of, from.start, from.end, 0)
		}
		i++
		start = i
	}
}

func fromBase64(dst, src []byte) []byte {
	for i, c := range src {
		switch c { // of the alphabet for URLs
		case '-':
			src[i] = '+'
		case '_':
			src[i] = '/'
		}
	}
	if len(src)%4 == 1 {
		src = src[:len(src)-1] // it is a part of a byte
	}
	dst, _ = base64.RawStdEncoding.AppendDecode(dst, src)
	return dst
}

func fromHex(dst, src []byte) []byte {
	dst, _ = hex.AppendDecode(dst, src[:len(src)/2*2])
	return dst
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isBase64(c byte) bool {
	return isAlphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// hasHex reports whether b begins with n hexadecimal digits.
func hasHex(b []byte, n int) bool {
	return len(b) >= n && !slices.ContainsFunc(b[:n], func(c byte) bool { return !isHex(c) })
}

// hexValue returns what hexadecimal digits stand for.
func hexValue(digits []byte) (r rune) {
	for _, c := range digits {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}
