// Package malformed makes answers that are not what a vendor's document says, out
// of ones that are, for the tests of all decoders.
package malformed

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Canary is a value that mutated answers hold and no error may show.
const Canary = "canary-value"

// Case is a malformed answer.
type Case struct {
	Name string
	Body []byte
	// Broken says that the body is no JSON object at all, so that nothing may
	// take it for a success. Others are objects with a member that is not what
	// it was: whether that matters is the decoder's business.
	Broken bool
}

// Of yields malformed answers that are made out of a good one, which must be a
// JSON object. There are 60 at the least.
func Of(good []byte) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		good = bytes.TrimSpace(good)
		for _, c := range broken(good) {
			if !yield(c) {
				return
			}
		}
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(good))
		d.UseNumber()
		if err := d.Decode(&object); err != nil {
			return
		}
		m := mutation{root: object, yield: yield}
		m.walk("", object)
	}
}

// broken returns answers that are no JSON objects.
func broken(good []byte) []Case {
	whole := string(good)
	texts := map[string]string{
		"nothing":                   "",
		"spaces":                    " \r\n\t ",
		"a zero byte":               "\x00",
		"null":                      "null",
		"true":                      "true",
		"a number":                  "12",
		"a string":                  `"` + Canary + `"`,
		"an empty list":             "[]",
		"a list of an empty object": "[{}]",
		"in a list":                 "[" + whole + "]",
		"in a string":               quote(whole),
		"with a byte before":        "x" + whole,
		"with a byte behind":        whole + "x",
		"with a bracket behind":     whole + "}",
		"with a list's end":         whole[:len(whole)-1] + "]",
		"twice":                     whole + whole,
		"twice, with a comma":       whole + "," + whole,
		"with two byte order marks": "\ufeff\ufeff" + whole,
		"with a comma at its end":   whole[:len(whole)-1] + ",}",
		"with a comma at its start": "{," + whole[1:],
		"with a comment":            "{/* " + Canary + " */" + whole[1:],
		"with an unquoted key":      "{a:1," + whole[1:],
		"with single quotes":        strings.ReplaceAll(whole, `"`, `'`),
		"without quotes":            strings.ReplaceAll(whole, `"`, ``),
		"without colons":            strings.ReplaceAll(whole, `:`, ` `),
		"with equals signs":         strings.ReplaceAll(whole, `":`, `"=`),
		"with a bad escape":         `{"a":"\x` + Canary + `",` + whole[1:],
		"with half an escape":       `{"a":"\u12` + `",` + whole[1:],
		"with a line end in a text": "{\"a\":\"\n" + Canary + "\"," + whole[1:],
		"with NaN":                  `{"a":NaN,` + whole[1:],
		"with a bare word":          `{"a":` + Canary + `,` + whole[1:],
		"with a hexadecimal number": `{"a":0x1F,` + whole[1:],
		"with a number of two dots": `{"a":1.2.3,` + whole[1:],
		"reversed":                  reversed(whole),
		"as UTF-16":                 utf16le(whole),
		"as HTML":                   "<!DOCTYPE html><html><body>" + Canary + "</body></html>",
		"as XML":                    `<?xml version="1.0"?><error>` + Canary + `</error>`,
		"as a form":                 "code=0&success=true&msg=" + Canary,
		"as JSONP":                  "callback(" + whole + ")",
		"as PHP's warning":          "Warning: " + Canary + " in /srv/index.php on line 7\n" + whole,
		"as gzip":                   "\x1f\x8b\x08\x00" + whole,
		"deep":                      strings.Repeat(`{"a":`, 50_000),
		"deep, and closed":          strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000),
		"deep lists":                strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000),
		"an object that never ends": `{"a":` + strings.Repeat(" ", 50_000),
		"a string that never ends":  `{"a":"` + strings.Repeat("a", 50_000),
		"a number that never ends":  `{"a":` + strings.Repeat("9", 50_000),
		"an escape that never ends": `{"a":"\`,
		"many lists":                "[" + strings.Repeat("[],", 20_000) + "[]]",
	}
	var cases []Case
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		cases = append(cases, Case{name, []byte(texts[name]), true})
	}
	const cuts = 16
	for i := 1; i < cuts; i++ {
		at := len(whole) * i / cuts
		cases = append(cases, Case{fmt.Sprintf("cut off after %d of %d bytes", at, len(whole)), []byte(whole[:at]), true})
	}
	return cases
}

func quote(s string) string {
	q, _ := json.Marshal(s) // a string can always be encoded
	return string(q)
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func utf16le(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// wrong are the values that take a member's place.
var wrong = []struct {
	name string
	json json.RawMessage
}{
	{"null", json.RawMessage(`null`)},
	{"an empty text", json.RawMessage(`""`)},
	{"a text", json.RawMessage(`"` + Canary + `"`)},
	{"a text of digits", json.RawMessage(`"12"`)},
	{"a negative number", json.RawMessage(`-1`)},
	{"a fraction", json.RawMessage(`1.5`)},
	{"a number beyond all types", json.RawMessage(`1e400`)},
	{"an integer beyond int64", json.RawMessage(`99999999999999999999`)},
	{"true", json.RawMessage(`true`)},
	{"false", json.RawMessage(`false`)},
	{"an empty list", json.RawMessage(`[]`)},
	{"a list", json.RawMessage(`["` + Canary + `",null,{}]`)},
	{"an empty object", json.RawMessage(`{}`)},
	{"an object", json.RawMessage(`{"` + Canary + `":"` + Canary + `"}`)},
}

// maxMembers bounds how many members of an answer are changed: those of a list
// are alike.
const maxMembers = 60

// mutation changes one member of an answer after the other.
type mutation struct {
	root    map[string]any
	yield   func(Case) bool
	members int
}

// walk changes the members of an object, and those below them, and reports
// whether to go on.
func (m *mutation) walk(path string, object map[string]any) bool {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if m.members++; m.members > maxMembers {
			return false
		}
		at := strings.TrimPrefix(path+"."+name, ".")
		value := object[name]
		delete(object, name)
		if !m.emit(at + " is missing") {
			return false
		}
		for _, w := range wrong {
			object[name] = w.json
			if !m.emit(at + " is " + w.name) {
				return false
			}
		}
		object[name] = value
		if list, ok := value.([]any); ok && len(list) > 0 {
			value, at = list[0], at+"[0]"
		}
		if inner, ok := value.(map[string]any); ok && !m.walk(at, inner) {
			return false
		}
	}
	return true
}

func (m *mutation) emit(name string) bool {
	body, _ := json.Marshal(m.root) // it was JSON
	return m.yield(Case{Name: name, Body: body})
}
