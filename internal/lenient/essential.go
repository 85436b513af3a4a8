package lenient

import (
	"reflect"
	"strings"
)

// Essential returns the wire paths of the fields of T, and of what T holds, whose
// tag says that they are essential, in the order of the declarations. Elements of
// lists and maps are written as in "items[].roomId".
func Essential[T any]() []string {
	e := essentials{within: map[reflect.Type]bool{}}
	e.walk("", reflect.TypeFor[T]())
	return e.paths
}

// Field is a member that an object is read from into a struct.
type Field struct {
	Name string // on the wire
	Type reflect.Type
	Tag  Tag
}

// Fields returns the members that objects are read from into t, in the order of the
// declarations: none where t is no struct or decodes itself. For a [Shaped] type they
// are those of its objects.
func Fields(t reflect.Type) []Field {
	switch kindOf(t) {
	case kindShaped:
		return Fields(shapeOf(t))
	case kindPointer:
		return Fields(t.Elem())
	case kindStruct:
	default:
		return nil
	}
	var fields []Field
	for _, f := range fieldsOf(t) {
		fields = append(fields, Field{f.name, f.Type, f.wire})
	}
	return fields
}

type essentials struct {
	paths  []string
	within map[reflect.Type]bool // the structs around, which can hold themselves
}

func (e *essentials) walk(path string, t reflect.Type) {
	if reflect.PointerTo(t).Implements(shaped) {
		e.walk(path, shapeOf(t))
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		e.walk(path, t.Elem())
	case reflect.Slice, reflect.Array, reflect.Map:
		e.walk(path+"[]", t.Elem())
	case reflect.Struct:
		if e.within[t] {
			return
		}
		e.within[t] = true
		defer delete(e.within, t)
		for _, f := range fieldsOf(t) {
			at := strings.TrimPrefix(path+"."+f.name, ".")
			if f.wire.Essential {
				e.paths = append(e.paths, at)
			}
			e.walk(at, f.Type)
		}
	}
}
