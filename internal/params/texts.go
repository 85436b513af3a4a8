package params

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-querystring/query"
)

// textField is a string of a struct.
type textField struct {
	name      string // of the parameter
	index     []int
	omitEmpty bool
}

// textStructs holds for each type of struct its []textField, nil for one that
// has other fields too.
var textStructs sync.Map

// texts returns the parameters of a struct whose fields are all strings, as
// those of most calls, in the order of their names. It gives what query.Values
// would, with a fraction of the work. It reports false for anything else.
func texts(v any) ([]Param, bool) {
	s := reflect.ValueOf(v)
	if s.Kind() != reflect.Struct {
		return nil, false
	}
	fields := textFieldsOf(s.Type())
	if fields == nil {
		return nil, false
	}
	ps := make([]Param, 0, len(fields)+spare)
	for _, f := range fields {
		value := s.FieldByIndex(f.index).String()
		if value != "" || !f.omitEmpty {
			ps = append(ps, Param{f.name, value})
		}
	}
	return ps, true
}

func textFieldsOf(t reflect.Type) []textField {
	if fields, ok := textStructs.Load(t); ok {
		return fields.([]textField)
	}
	fields, ok := appendTextFields(nil, t, nil)
	slices.SortFunc(fields, func(a, b textField) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(fields); i++ {
		ok = ok && fields[i].name != fields[i-1].name
	}
	switch {
	case !ok:
		fields = nil
	case fields == nil:
		fields = []textField{} // of a struct without parameters
	}
	textStructs.Store(t, fields)
	return fields
}

// appendTextFields adds the fields of struct t, which stands at index. It
// reports false if there is one that is more than a string with a name.
func appendTextFields(fields []textField, t reflect.Type, index []int) ([]textField, bool) {
	if t.Implements(encoder) {
		return nil, false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		name, option, _ := strings.Cut(f.Tag.Get("url"), ",")
		switch {
		case name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			var ok bool
			if fields, ok = appendTextFields(fields, f.Type, at); !ok {
				return nil, false
			}
		case name == "" || name == "-" || !f.IsExported() || f.Type != text || option != "" && option != "omitempty":
			return nil, false
		default:
			fields = append(fields, textField{name, at, option != ""})
		}
	}
	return fields, true
}

var (
	text    = reflect.TypeFor[string]()
	encoder = reflect.TypeFor[query.Encoder]()
)
