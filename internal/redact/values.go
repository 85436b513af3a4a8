package redact

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// JSON hides the values in JSON, which may be cut off, and the names in its
// objects that data can be: where names is not set, those that no identifier of a
// program looks like. It goes on for as long as more, which it calls now and
// then, returns true.
func (s *Search) JSON(data []byte, names bool, more func() bool) {
	checked := 0
	for i := 0; i < len(data); {
		if i-checked >= checkEvery {
			if checked = i; !more() {
				s.Drop()
				return
			}
		}
		switch c := data[i]; {
		case c == '"':
			end := endOfString(data, i+1)
			value := data[i+1 : end]
			for i = end + 1; i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r'); {
				i++
			}
			if i >= len(data) || data[i] != ':' || names || !isIdentifier(value) {
				s.Bytes(unescaped(data[:min(end+1, len(data))], value), more)
			}
		case c == '-' || c >= '0' && c <= '9':
			start := i
			for i < len(data) && isNumeric(data[i]) {
				i++
			}
			s.hideNumber(data[start:i])
		default:
			i++
		}
	}
}

// checkEvery is after how many bytes of a request it is looked whether there is
// time for more.
const checkEvery = 64 << 10

// unescaped returns what a JSON string at the end of data stands for. The text of
// one that is cut off has to do.
func unescaped(data, value []byte) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value
	}
	var text string
	if quoted := data[max(len(data)-len(value)-2, 0):]; json.Unmarshal(quoted, &text) != nil {
		return value
	}
	return []byte(text)
}

// Bytes hides a value of any length, as long as JSON does.
func (s *Search) Bytes(value []byte, more func() bool) {
	for len(value) > checkEvery {
		s.hide(value[:checkEvery])
		value = value[checkEvery-2*margin:] // a piece may stand across the parts
		if !more() {
			s.Drop()
			return
		}
	}
	s.hide(value)
}

// hideNumber hides a number, also as a program writes it that has made a float of
// it: 1.3800138e+10.
func (s *Search) hideNumber(digits []byte) {
	s.hide(digits)
	const shortest = 7 // a number of fewer digits is written as it is
	if len(digits) < shortest {
		return
	}
	if f, err := strconv.ParseFloat(string(digits), 64); err == nil {
		var buf [32]byte
		s.hide(strconv.AppendFloat(buf[:0], f, 'e', -1, 64))
		s.hide(strconv.AppendFloat(buf[:0], f, 'f', -1, 64))
	}
}

// Form hides the values of an encoded form or query, and its names as JSON does.
func (s *Search) Form(encoded []byte, names bool, more func() bool) {
	checked := len(encoded)
	for len(encoded) > 0 {
		if checked-len(encoded) >= checkEvery {
			if checked = len(encoded); !more() {
				s.Drop()
				return
			}
		}
		var pair []byte
		pair, encoded, _ = bytes.Cut(encoded, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		if names || !isIdentifier(name) {
			s.hide(name)
		}
		s.Bytes(value, more)
	}
}

// endOfString returns where the quotes stand that end a JSON string.
func endOfString(data []byte, from int) int {
	for i := from; ; {
		quotes := bytes.IndexByte(data[i:], '"')
		if quotes < 0 {
			return len(data)
		}
		i += quotes
		backslashes := 0
		for i-1-backslashes >= from && data[i-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i
		}
		i++
	}
}

func isNumeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// isIdentifier reports whether a name in JSON or a form looks like one that a
// program has given, and not like a person's name or number.
func isIdentifier(name []byte) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
