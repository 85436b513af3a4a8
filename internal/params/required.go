package params

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/edusdk/edusdk/internal/lenient"
)

// Judge is a type of field that knows what values it can be sent with.
type Judge interface {
	// Problem says what is wrong with the value, or "".
	Problem() string
}

// Required checks a value that is sent as JSON: strings and lists must not be
// empty unless they have the option omitempty, strings must be UTF-8, a [Judge]
// must have no problem, and a time.Duration whose tag wire gives a unit must be
// a whole multiple of it that is not negative. It goes through lists and
// structs. All that is wrong is returned, as by [Join]; the errors are
// *edusdk.FieldError and name the way to the field, as in
// "ChapterList[0].ChapterName"; the tag arg gives a field another name than its
// own. name stands before it all.
func Required(name string, v any) error {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Slice && value.Len() == 0 {
		return FieldError(name, "must not be empty")
	}
	var wrong problems
	wrong.in(name, value)
	return wrong.error()
}

// problems are those that were found, in the order of the fields.
type problems []error

// most bounds what is said of a list that is wrong in every element.
const most = 20

func (ps *problems) add(path, problem string) { *ps = append(*ps, FieldError(path, problem)) }

func (ps *problems) full() bool { return len(*ps) >= most }

func (ps *problems) error() error { return Join(*ps...) }

// in adds what is wrong with the value at path.
func (ps *problems) in(path string, v reflect.Value) {
	if v.Type().Implements(judge) {
		if problem := v.Interface().(Judge).Problem(); problem != "" {
			ps.add(path, problem)
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			ps.add(path, "must be UTF-8")
		}
	case reflect.Pointer:
		if !v.IsNil() {
			ps.in(path, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := 0; i < v.Len() && !ps.full(); i++ {
			ps.in(path+"["+strconv.Itoa(i)+"]", v.Index(i))
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if ps.full() {
				return
			}
			f.check(ps, path, v.Field(f.index))
		}
	}
}

var judge = reflect.TypeFor[Judge]()

// field is a field of a struct that becomes a member of a JSON object, or
// several if it is embedded.
type field struct {
	index    int
	name     string // "" where it is embedded
	optional bool
	unit     time.Duration // 0 where it does not count one
}

func (f field) check(ps *problems, path string, v reflect.Value) {
	switch {
	case f.name == "":
	case path == "":
		path = f.name
	default:
		path += "." + f.name
	}
	if empty := (v.Kind() == reflect.String || v.Kind() == reflect.Slice) && v.Len() == 0; empty {
		if !f.optional {
			ps.add(path, "must not be empty")
		}
		return
	}
	if f.unit != 0 && v.Kind() == reflect.Int64 && (v.Int() < 0 || v.Int()%int64(f.unit) != 0) {
		ps.add(path, "must not be negative, and a whole multiple of "+f.unit.String())
	}
	ps.in(path, v)
}

var fields sync.Map // reflect.Type to []field

// fieldsOf returns the fields of a struct, found once.
func fieldsOf(t reflect.Type) []field {
	if known, ok := fields.Load(t); ok {
		return known.([]field)
	}
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		wire, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && wire == "":
			all = append(all, field{index: i})
		case f.IsExported() && wire != "-":
			tag := lenient.TagOf(f)
			all = append(all, field{
				i, cmp.Or(f.Tag.Get("arg"), f.Name), strings.Contains(options, "omitempty"), tag.Unit,
			})
		}
	}
	fields.Store(t, all)
	return all
}
