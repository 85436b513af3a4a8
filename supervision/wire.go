package supervision

import (
	"net/url"
	"regexp"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
)

// checkAddress refuses what the platform cannot fetch anything from.
func checkAddress(field, address string) error {
	if problem := addressProblem(address); problem != "" {
		return params.FieldError(field, problem)
	}
	return nil
}

// addressProblem says what is wrong with an address that the platform is to fetch
// something from, or "".
func addressProblem(address string) string {
	u, err := url.Parse(address)
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
	errTooMany error = &lenient.Error{Problem: "the JSON has too many elements for its length"}
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
