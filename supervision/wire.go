package supervision

import (
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// seconds, minutes and hours are units in which the wire has whole numbers.
type (
	seconds time.Duration
	minutes time.Duration
	hours   time.Duration
)

// MarshalJSON writes a number.
func (s seconds) MarshalJSON() ([]byte, error) { return appendUnits(nil, s, time.Second), nil }

// UnmarshalJSON reads a number or one in a string.
func (s *seconds) UnmarshalJSON(data []byte) error { return readUnits(data, time.Second, s) }

// UnmarshalJSON reads a number or one in a string.
func (m *minutes) UnmarshalJSON(data []byte) error { return readUnits(data, time.Minute, m) }

// MarshalJSON writes a number.
func (h hours) MarshalJSON() ([]byte, error) { return appendUnits(nil, h, time.Hour), nil }

// UnmarshalJSON reads a number or one in a string.
func (h *hours) UnmarshalJSON(data []byte) error { return readUnits(data, time.Hour, h) }

// secondsText is seconds in a string.
type secondsText time.Duration

// MarshalJSON writes a number in a string.
func (s secondsText) MarshalJSON() ([]byte, error) {
	return append(appendUnits([]byte{'"'}, s, time.Second), '"'), nil
}

// UnmarshalJSON reads a number or one in a string.
func (s *secondsText) UnmarshalJSON(data []byte) error { return readUnits(data, time.Second, s) }

func appendUnits[D ~int64](dst []byte, d D, unit time.Duration) []byte {
	return strconv.AppendInt(dst, int64(d)/int64(unit), 10)
}

func readUnits[D ~int64](data []byte, unit time.Duration, into *D) error {
	d, err := lenient.Duration(data, unit)
	*into = D(d)
	return err
}

// flag is a bool that the wire has as 0 or 1.
type flag bool

// MarshalJSON writes 0 or 1.
func (f flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// webAddress is an address that the platform is to fetch something from.
type webAddress string

// Problem implements params.Judge.
func (a webAddress) Problem() string {
	u, err := url.Parse(string(a))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "must be an address that begins with http:// or https://"
	}
	return ""
}

// chapterCodes finds the members chapterCode of JSON that this package has
// written. It cannot find one within a string, whose quotes are escaped.
var chapterCodes = regexp.MustCompile(`"chapterCode":("(?:[^"\\]|\\.)*")`)

// misspell adds chapetCode beside each chapterCode.
func misspell(data []byte) []byte { return chapterCodes.ReplaceAll(data, []byte(`$0,"chapetCode":$1`)) }

// maxDepth is how deep JSON may nest. Chapters nest by two levels each.
const maxDepth = 64

var (
	errTooDeep error = &lenient.Error{Problem: "the JSON nests deeper than 64 levels"}
	errTooMany error = &lenient.Error{Problem: "the JSON has more elements than a text of its length can mean"}
)

// checkShape looks over JSON before it is decoded: it must not nest too deep, nor
// have more than a number of objects and elements of lists. Broken JSON it leaves
// to the decoder.
func checkShape(data []byte, most int) error {
	var arrays [maxDepth + 1]bool // by depth, whether the level is an array
	depth := 0
	elements := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > maxDepth {
				return errTooDeep
			}
			arrays[depth] = data[i] == '['
			elements++
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			if arrays[depth] {
				elements++
			}
		}
		if elements > most {
			return errTooMany
		}
	}
	return nil
}

// mostElements returns how many objects and elements of lists a request of a
// length may have. Tiny ones would take many times their length in memory; those
// of the document have more than a hundred bytes each.
func mostElements(length int) int { return 100 + length/24 }
