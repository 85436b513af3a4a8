// Package redact hides the values of a request in texts that came from
// elsewhere: vendors, gateways and decoders quote what they were sent, in any
// encoding.
//
// It does not look for the forms that a value may take. It undoes the encodings of
// the text, which is short, layer by layer, indexes every layer, and then runs
// through the values once, however many there are: the cost is that of the
// request's length. A value that is longer than a few characters is found in
// pieces, so that one which was cut short, or torn apart, is hidden too.
package redact

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Mark stands in texts where a value stood.
const Mark = "[redacted]"

const (
	// maxText is how much of a text is searched and shown, in bytes.
	maxText = 2 << 10
	// margin is how much behind that is searched too: a value can begin before
	// the cut and end behind it. It is more than a piece takes in any encoding.
	margin = 256
	// minValue is the length of the shortest value that is hidden, in bytes without
	// what fold drops. Shorter ones, as the "1" of a flag or an age, stand in every
	// text.
	minValue = 4
	// piece is the length of the pieces in which a longer value is found.
	piece = 12
	// minPart is the length from which a word of a value is hidden alone.
	minPart = 8
	// minRun is the length from which a run of letters and digits that cannot be
	// told from an opaque body is hidden.
	minRun = 24
)

// What stands in place of a text that cannot be shown.
const (
	tooManyLayers = "[redacted: it is encoded too many times to be searched]"
	unsearched    = "[redacted: there was no time to search it]"
)

// Search hides values in texts: all of them are added, then all values are
// hidden, then the texts can be shown. It is for one use by one goroutine.
type Search struct {
	// Opaque says that a part of the request is not hidden by its value, such as an
	// image in base64: whatever could be a piece of that is hidden.
	Opaque bool

	original []byte // of the texts, one behind the other
	marked   []bool // what of it is hidden
	texts    []text
	folded   []byte // of all layers, with a zero between any two
	from, to []int32
	tables   [piece + 1]*table    // by the length of what is looked up; made when needed
	ends     []int                // of the texts, in folded
	endings  [1 << 12 / 64]uint64 // a bit for what values that are found there begin with
	scratch  []byte
	dropped  bool // there was no time
}

// text is what was added at once.
type text struct {
	start, shown, end int  // in Search.original; what is behind shown is the margin
	folded            int  // where its layers begin in Search.folded
	cut               bool // there is more than is shown
	partial           bool // there is more than is searched
	deep              bool // it has more layers than are looked through
}

// Add adds a text and returns its number.
func (s *Search) Add(t string) int {
	start := len(s.original)
	seen := t[:cutBefore(t, maxText+margin)]
	s.original = append(s.original, seen...)
	s.marked = append(s.marked, make([]bool, len(seen))...)
	shown := cutBefore(t, maxText)
	s.texts = append(s.texts, text{
		start: start, shown: start + shown, end: len(s.original), folded: len(s.folded), cut: shown < len(t), partial: len(seen) < len(t),
	})
	first := layer{text: s.original[start:], tracked: true, direct: true}
	for i := range len(seen) {
		first.from, first.to = append(first.from, int32(start+i)), append(first.to, int32(start+i+1)) //nolint:gosec // a few KB
	}
	s.explore(first, 0)
	return len(s.texts) - 1
}

// Hide hides a value.
func (s *Search) Hide(value string) { s.hide([]byte(value)) }

// hide hides a value, and what it stands for if it is encoded itself.
func (s *Search) hide(value []byte) {
	if bytes.IndexByte(value, ':') >= 0 {
		if _, address, ok := bytes.Cut(value, []byte("://")); ok {
			value = address // the scheme stands in other addresses too
		}
	}
	s.hideWords(value)
	for range maxDepth {
		folded, encoded := appendFolded(s.scratch[:0], value)
		s.scratch = folded
		if len(folded) < minValue && len(folded) > 0 && len(value) >= minValue {
			s.markPlain(value)
		}
		s.mark(folded)
		if !encoded {
			return
		}
		next, changed := (layer{text: value}).decoded()
		if !changed {
			return
		}
		value = next.text
	}
}

// hideWords hides the longer words of a value and parts of an address. Those longer
// than a piece are found anyway.
func (s *Search) hideWords(value []byte) {
	start := 0
	for i := 0; i <= len(value); i++ {
		if i < len(value) && !separates[value[i]] {
			continue
		}
		if n := i - start; n >= minPart && n < piece && n < len(value) {
			s.scratch, _ = appendFolded(s.scratch[:0], value[start:i])
			s.mark(s.scratch)
		}
		start = i + 1
	}
}

// separates holds what stands between words; what stands in them is in no word's
// way.
var separates = func() (table [256]bool) {
	for c := byte(0); c < utf8.RuneSelf; c++ {
		table[c] = !isAlphanumeric(c) && c != '-' && c != '_' && c != '.'
	}
	return table
}()

// mark marks where a folded value, or a piece of it, stands in the layers.
func (s *Search) mark(v []byte) {
	if len(v) < minValue || len(s.folded) == 0 {
		return
	}
	n := min(len(v), piece)
	t := s.table(n)
	for i := 0; i+n <= len(v); i++ {
		s.blankAll(t, v[i:])
	}
	if len(v) > minPart { // which is often cut short, and rarely torn apart
		t = s.table(minPart)
		s.blankAll(t, v)
		s.blankAll(t, v[len(v)-minPart:])
	}
	if h := binary.LittleEndian.Uint32(v) * 0x9e3779b1 >> 20; s.endings[h/64]&(1<<(h%64)) != 0 {
		s.markEndings(v)
	}
}

func (s *Search) table(length int) *table {
	if s.tables[length] == nil {
		s.tables[length] = newTable(s.folded, length)
	}
	return s.tables[length]
}

// blankAll marks the string at the start of v wherever it stands.
func (s *Search) blankAll(t *table, v []byte) {
	for at := t.take(v); at >= 0; at = t.next[at] {
		s.blank(s.from[at], s.to[int(at)+t.length-1])
	}
}

// addEnding notes that a text ends at an offset of s.folded: it can have been cut
// in the midst of a value.
func (s *Search) addEnding(start, end int) {
	s.ends = append(s.ends, end)
	for n := minValue; n < minPart && start+n <= end; n++ {
		h := binary.LittleEndian.Uint32(s.folded[end-n:]) * 0x9e3779b1 >> 20
		s.endings[h/64] |= 1 << (h % 64)
	}
}

// markEndings marks where a text ends in the start of a value.
func (s *Search) markEndings(v []byte) {
	for _, end := range s.ends {
		for n := min(len(v), minPart) - 1; n >= minValue; n-- {
			if bytes.HasSuffix(s.folded[:end], v[:n]) {
				s.blank(s.from[end-n], s.to[end-1])
				break
			}
		}
	}
}

// markPlain marks where a value stands in the texts as it is: one that is too short
// without what fold drops, such as a-12.
func (s *Search) markPlain(v []byte) {
	for from := 0; ; {
		at := bytes.Index(s.original[from:], v)
		if at < 0 {
			return
		}
		from += at + len(v)
		s.blank(int32(from-len(v)), int32(from)) //nolint:gosec // a few KB
	}
}

func (s *Search) blank(from, to int32) {
	for i := from; i < to; i++ {
		s.marked[i] = true
	}
}

// Drop hides all texts: the values were not all hidden.
func (s *Search) Drop() { s.dropped = true }

// Text returns a text, at most 2 KiB of it, without the values, and whether
// anything is missing.
func (s *Search) Text(number int) (clean string, changed bool) {
	t := s.texts[number]
	switch {
	case t.start == t.end:
		return "", false
	case s.dropped:
		return unsearched, true
	case t.deep:
		return tooManyLayers, true
	}
	out := make([]byte, 0, t.shown-t.start+len(Mark))
	for i := t.start; i < t.shown; i++ {
		switch {
		case !s.marked[i]:
			out = append(out, s.original[i])
		case i == t.start || !s.marked[i-1]:
			out = append(out, Mark...)
			changed = true
		}
	}
	if t.cut {
		out = append(out, "…"...)
	}
	return string(out), changed || t.cut
}

// cutBefore returns the length of the longest start of s that has no more than
// limit bytes and ends between two runes.
func cutBefore(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	for n := limit; n > limit-utf8.UTFMax; n-- {
		if utf8.RuneStart(s[n]) {
			return n
		}
	}
	return limit // it is not UTF-8
}
