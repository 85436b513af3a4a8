// Package lenient is the JSON of this module: it reads what the vendors send,
// whose numbers are strings, whose strings are numbers and whose "" and null
// stand for nothing, into plain Go types, and writes what they expect. The
// struct tag wire (see [Tag]) says how a field differs from the ordinary.
//
// Reading takes one pass over the text, by a plan that is made once for each
// type. These are the values that are taken for others:
//
//	expected        taken for it
//	integer         "12", 12.0, "12.00", 1.2e1, true, false; "" as 0
//	float           "1.5"; "" and false as 0
//	string          12, 1.5, true, false, in the digits they have
//	bool            "true", "False", 1, 0, "1", "0"; "" as false
//	object, map     "", [] and, below the top, false as nothing
//	list            "" and, below the top, false as nothing; an object whose
//	                names are decimal numbers as its values in that order
//	map of numbers  a list: its elements by their place
//	duration        a number of its unit, or one in a string, with a fraction;
//	                "" and false as 0
//
// Everything else is as encoding/json has it: names of any case, embedded
// structs, the option string, null, types that decode themselves, any and
// json.RawMessage. Digits are moved as text and never pass through a float.
//
// Texts must be UTF-8. What is not fails the whole, because its charset is
// not what was thought; half a surrogate pair in an escape, as it is left when
// a text is cut off, fails its field alone. Neither becomes U+FFFD.
package lenient

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// Error says where JSON is not what was expected. It never holds a value.
type Error struct {
	// Field is the path of the field, such as "items[2].roomId", and "" for
	// the whole. The keys of maps are not in it, because they are data.
	Field string
	// Problem says what is wrong with it.
	Problem string
	// Omitted is set in what [Decode] reports: the path of what was left zero
	// or left out because of it, which is Field or something that holds it.
	Omitted string

	cause error // of a type that decodes itself
	omits bool  // Omitted says what was left out, even if it is ""
	fatal bool  // nothing of the text can be used
	whole bool  // it is no field's error
}

// Error returns the path and the problem.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return "field " + e.Field + ": " + e.Problem
}

// Unwrap returns the error of a type that decodes itself, or nil. Its text may
// hold values.
func (e *Error) Unwrap() error { return e.cause }

// Incomplete tells for a report whether an element of a list was left out, so
// that the list has fewer elements than were sent.
func (e *Error) Incomplete() bool { return strings.HasSuffix(e.Omitted, "]") }

// under puts e below the member or the index name.
func (e *Error) under(name string) {
	if e.whole {
		return
	}
	e.Field = join(name, e.Field)
	if e.omits {
		e.Omitted = join(name, e.Omitted)
	}
}

func join(name, path string) string {
	switch {
	case path == "":
		return name
	case path[0] == '[':
		return name + path
	}
	return name + "." + path
}

// ErrMemory is what errors wrap about a text whose value would take more memory
// than a [Limit] allows.
var ErrMemory = errors.New("the decoded value takes too much memory")

// Limit bounds what a text can make of itself. Zero fields have defaults.
type Limit struct {
	// Depth is how many levels objects and arrays may nest, 256 by default.
	Depth int
	// Memory is how many bytes may be allocated for the decoded value, roughly:
	// what lists and maps outgrow counts too. Each text that is decoded within
	// the limit takes from it. The default is 8 for each byte of the text, and
	// 1 MiB. Types that decode themselves count with the length of their text.
	Memory int64
}

const (
	defaultDepth = 256
	perByte      = 8
	floorMemory  = 1 << 20
)

// Unmarshal decodes data into the value that v points to, and every field must
// be readable. It is for what is relied on as a whole, such as a request. Its
// errors are *[Error]; the first wrong field is named. What v points to is of
// no use after one.
func Unmarshal(data []byte, v any) error { return new(Limit).Unmarshal(data, v) }

// Decode decodes an answer into the value that v points to. A field that
// cannot be read is left zero and reported, unless its tag says that it is
// essential: then what holds the field cannot be read either. An element of a
// list or map that cannot be read is left out and reported. An integer that is
// not essential loses a fraction, which is reported too. Reports come after
// the whole was read, in the order of the text and not without end; report may
// be nil. After an error there are none.
func Decode(data []byte, v any, report func(*Error)) error {
	return new(Limit).Decode(data, v, report)
}

// Unmarshal is the function of that name, within l.
func (l *Limit) Unmarshal(data []byte, v any) error {
	d := decoder{data: data, strict: true}
	if err := d.run(v, l); err != nil {
		return err
	}
	if len(d.reports) > 0 {
		d.reports[0].Omitted = ""
		return d.reports[0]
	}
	return nil
}

// Decode is the function of that name, within l.
func (l *Limit) Decode(data []byte, v any, report func(*Error)) error {
	d := decoder{data: data}
	if err := d.run(v, l); err != nil {
		return err
	}
	if report == nil {
		return nil
	}
	for _, r := range d.reports {
		report(r)
	}
	if d.unreported {
		report(&Error{Problem: "more than " + strconv.Itoa(maxReports) + " fields could not be read; the others are not listed"})
	}
	return nil
}

// maxReports bounds what a text that is wrong everywhere costs.
const maxReports = 100

// run decodes the whole text. It returns an error interface that is nil where
// there is none.
func (d *decoder) run(v any, l *Limit) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return errNoPointer
	}
	err := d.whole(planOf(target.Type().Elem()), target.Elem(), *l)
	if l.Memory > 0 {
		l.Memory = max(d.memory, 1) // 0 would be the default
	}
	if err != nil {
		return err
	}
	return nil
}

// whole decodes all of the text into v.
func (d *decoder) whole(p *plan, v reflect.Value, l Limit) *Error {
	d.deepest, d.memory = l.Depth, l.Memory
	if d.deepest <= 0 {
		d.deepest = defaultDepth
	}
	if d.memory <= 0 {
		d.memory = perByte*int64(len(d.data)) + floorMemory
	}
	d.allowed = d.memory
	d.next()
	if err := d.value(p, v); err != nil {
		return err
	}
	if d.next() != 0 || d.pos < len(d.data) {
		return d.broken()
	}
	return nil
}

var errNoPointer error = &Error{Problem: "the value to decode into is not a pointer"}

// asError makes the error of a type's own method one of ours, which quotes
// nothing.
func asError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return &Error{Field: own.Field, Problem: own.Problem, cause: own.cause}
	}
	return &Error{Problem: "is not what its type expects", cause: err}
}
