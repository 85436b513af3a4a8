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
