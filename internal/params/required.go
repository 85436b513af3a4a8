package params

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Judge is a type of field that knows what values it can be sent with.
type Judge interface {
	// Problem says what is wrong with the value, or "".
	Problem() string
}

// Required checks a value that is sent as JSON: strings and lists must not be
// empty unless they have the option omitempty, strings must be UTF-8, because
// encoding/json would change others without a word, a [Judge] must have no
// problem, and a time.Duration must be a whole multiple of its tag unit, as in
// unit:"1s". It goes through lists and structs. The errors are *edusdk.FieldError
// and name the way to the field, as in "ChapterList[0].ChapterName"; the tag arg
// gives a field another name than its own. name stands before it all.
func Required(name string, v any) error {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Slice && value.Len() == 0 {
		return FieldError(name, "must not be empty")
	}
	return required(name, value)
}

func required(path string, v reflect.Value) error {
	if v.Type().Implements(judge) {
		if problem := v.Interface().(Judge).Problem(); problem != "" {
			return FieldError(path, problem)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return FieldError(path, "must be UTF-8")
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return required(path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := required(path+"["+strconv.Itoa(i)+"]", v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if err := f.check(path, v.Field(f.index)); err != nil {
				return err
			}
		}
	}
	return nil
}

var judge = reflect.TypeFor[Judge]()

// field is a field of a struct that becomes a member of a JSON object, or
// several if it is embedded.
type field struct {
	index    int
	name     string // "" where it is embedded
	optional bool
	unit     time.Duration // 0 where it is none of a duration
}

func (f field) check(path string, v reflect.Value) error {
	switch {
	case f.name == "":
	case path == "":
		path = f.name
	default:
		path += "." + f.name
	}
	if empty := (v.Kind() == reflect.String || v.Kind() == reflect.Slice) && v.Len() == 0; empty && !f.optional {
		return FieldError(path, "must not be empty")
	}
	if f.unit != 0 && (v.Int() < 0 || v.Int()%int64(f.unit) != 0) {
		return FieldError(path, "must not be negative, and a whole multiple of "+f.unit.String())
	}
	return required(path, v)
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
			name := f.Tag.Get("arg")
			if name == "" {
				name = f.Name
			}
			unit, _ := time.ParseDuration(f.Tag.Get("unit")) // 0 where there is none
			all = append(all, field{i, name, strings.Contains(options, "omitempty"), unit})
		}
	}
	fields.Store(t, all)
	return all
}
