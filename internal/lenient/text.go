package lenient

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Text is a string that a vendor also writes as a number or a bool, such as a
// code: it holds the text that it has on the wire, without quotes. Unlike a
// string field, it needs no mending for that.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0 || string(data) == "null":
		*t = ""
	case plainString(data):
		*t = Text(data[1 : len(data)-1])
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(t))
	case data[0] == '{' || data[0] == '[':
		return &Error{Problem: "an object or array stands where a text was expected"}
	default:
		*t = Text(data)
	}
	return nil
}

// plainString reports whether data is a JSON string that holds what it stands
// for, which is how most codes and messages come.
func plainString(data []byte) bool {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' || !utf8.Valid(data) {
		return false
	}
	for _, c := range data[1 : len(data)-1] {
		if c == '\\' || c == '"' || c < ' ' {
			return false
		}
	}
	return true
}
