// Package lenient decodes JSON whose numbers are strings, whose strings are
// numbers and whose "" and null stand for nothing, into plain Go types. Types
// pay for it only in the answers that need it: an answer of the documented
// types goes through encoding/json alone.
//
// A value that stands where another type is expected is rewritten in the text,
// and the text is decoded again:
//
//	expected        found and taken for it
//	integer         "12", 12.0, "12.00", true, false; "" as 0
//	float           "1.5"; "" as 0
//	string          12, 1.5, true, false, in the digits they have
//	bool            "true", "false", 1, 0, "1", "0"; "" as false
//	object, map     "" and [] as none
//	slice           "" as none
//
// Everything else stays an error. Digits are moved as text and never pass
// through a float.
package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Error says where JSON is not what was expected. It never holds a value.
type Error struct {
	Field   string // path of the field, "" for the whole
	Problem string
}

// Error returns the path and the problem.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return "field " + e.Field + ": " + e.Problem
}

// Unmarshal decodes data into the value that v points to. Its errors are
// *Error, or those of a type's own UnmarshalJSON.
func Unmarshal(data []byte, v any) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer || reflect.ValueOf(v).IsNil() {
		return &Error{Problem: "the value to decode into is not a pointer"}
	}
	p := planOf(t.Elem())
	if p.mends.Load() {
		// The last answer of this type had to be mended: its sender writes
		// that way, so the attempt without is not worth its time.
		if mended, changed, ok := mend(data, p); ok {
			if !changed {
				p.mends.Store(false)
			}
			return p.explain(json.Unmarshal(mended, v))
		}
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return p.explain(err)
	}
	mended, changed, ok := mend(data, p)
	if !ok || !changed {
		return p.explain(err)
	}
	p.mends.Store(true)
	return p.explain(json.Unmarshal(mended, v))
}

// explain turns the errors of encoding/json, which quote what they found, into
// ones that do not.
func (p *plan) explain(err error) error {
	if err == nil {
		return nil
	}
	var (
		mismatch *json.UnmarshalTypeError
		syntax   *json.SyntaxError
		moment   *time.ParseError
	)
	switch {
	case errors.As(err, &mismatch):
		found, _, _ := strings.Cut(mismatch.Value, " ")
		return &Error{Field: p.wirePath(mismatch.Field), Problem: "has " + found + " where " + describe(mismatch.Type) + " was expected"}
	case errors.As(err, &syntax):
		return &Error{Problem: "the JSON is cut off or broken at byte " + strconv.FormatInt(syntax.Offset, 10)}
	case errors.As(err, &moment):
		return &Error{Problem: "a time is not in the form that its type expects"}
	case strings.HasPrefix(err.Error(), "json: "):
		return &Error{Problem: "a value is not what its type expects"}
	default:
		return err
	}
}

func describe(t reflect.Type) string {
	if t == nil {
		return "another type"
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a bool"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a " + t.Kind().String()
	}
}

// Duration reads a JSON number, or one in a string, that counts unit. null and
// "" are 0. A fraction is rounded to the nanosecond.
func Duration(data []byte, unit time.Duration) (time.Duration, error) {
	text := string(bytes.TrimSpace(data))
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if text == "" || text == "null" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if d := time.Duration(n) * unit; n == 0 || d/unit == time.Duration(n) {
			return d, nil
		}
		return 0, errDuration
	}
	f, err := strconv.ParseFloat(text, 64)
	if ns := math.Round(f * float64(unit)); err == nil && math.Abs(ns) < math.MaxInt64 {
		return time.Duration(ns), nil
	}
	return 0, errDuration
}

var errDuration error = &Error{Problem: fmt.Sprintf("is not a number of at most %d years", math.MaxInt64/int64(365*24*time.Hour))}
