package lenient

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// shape is what JSON a Go type expects.
type shape uint8

const (
	opaque shape = iota // decodes itself, or takes anything
	object
	dictionary
	array
	integer
	float
	text
	boolean
)

// plan is a Go type as the mender sees it. Plans of recursive types point at
// themselves.
type plan struct {
	shape  shape
	elem   *plan            // of a dictionary or array
	fields map[string]*plan // of an object
	folded map[string]*plan // the same by lower-case name, as encoding/json matches
	mends  atomic.Bool      // whether the last text had to be mended
}

// field returns the plan for an object's key, or nil.
func (p *plan) field(key []byte) *plan {
	if f, ok := p.fields[string(key)]; ok {
		return f
	}
	return p.folded[strings.ToLower(string(key))]
}

// wirePath returns a path of encoding/json without the names of embedded
// structs, which are not on the wire. Elements of lists and maps have none.
func (p *plan) wirePath(path string) string {
	var wire []string
	for name := range strings.SplitSeq(path, ".") {
		for p != nil && (p.shape == array || p.shape == dictionary) {
			p = p.elem
		}
		var member *plan
		if p != nil {
			if member = p.field([]byte(name)); member == nil && p.shape == object {
				continue
			}
		}
		wire, p = append(wire, name), member
	}
	return strings.Join(wire, ".")
}

var (
	ready    sync.Map // reflect.Type to *plan
	building sync.Mutex
	plans    = map[reflect.Type]*plan{} // guarded by building

	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
)

// planOf returns the plan for t, made once.
func planOf(t reflect.Type) *plan {
	if p, ok := ready.Load(t); ok {
		return p.(*plan)
	}
	building.Lock()
	defer building.Unlock()
	p := build(t)
	ready.Store(t, p)
	return p
}

// build makes the plan for t and for the types that it holds.
func build(t reflect.Type) *plan {
	for t.Kind() == reflect.Pointer && !decodesItself(t) {
		t = t.Elem()
	}
	if p, ok := plans[t]; ok {
		return p
	}
	p := &plan{}
	plans[t] = p // before its fields: they can hold t again
	if decodesItself(t) || t == jsonNumber {
		return p
	}
	switch t.Kind() {
	case reflect.Struct:
		p.shape = object
		p.fields, p.folded = map[string]*plan{}, map[string]*plan{}
		p.addFields(t)
	case reflect.Map:
		p.shape, p.elem = dictionary, build(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are base64 in a string
			p.shape, p.elem = array, build(t.Elem())
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.shape = integer
	case reflect.Float32, reflect.Float64:
		p.shape = float
	case reflect.String:
		p.shape = text
	case reflect.Bool:
		p.shape = boolean
	}
	return p
}

// addFields adds the fields of struct t, and those of embedded structs level by
// level: the ones further out hide those further in.
func (p *plan) addFields(t reflect.Type) {
	seen := map[reflect.Type]bool{t: true} // they can embed each other
	for level := []reflect.Type{t}; len(level) > 0; {
		var next []reflect.Type
		for _, t := range level {
			for _, inner := range p.addLevel(t) {
				if !seen[inner] {
					seen[inner] = true
					next = append(next, inner)
				}
			}
		}
		level = next
	}
}

// addLevel adds the fields of struct t itself and returns the structs that it
// embeds.
func (p *plan) addLevel(t reflect.Type) (embedded []reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			embedded = append(embedded, inner)
			continue
		}
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if _, hidden := p.fields[name]; hidden {
			continue
		}
		field := &plan{} // a number in a string on purpose is left to encoding/json
		if !strings.Contains(","+options+",", ",string,") {
			field = build(f.Type)
		}
		p.fields[name] = field
		if lower := strings.ToLower(name); p.folded[lower] == nil {
			p.folded[lower] = field
		}
	}
	return embedded
}

func decodesItself(t reflect.Type) bool {
	return t.Kind() == reflect.Interface ||
		t.Implements(unmarshaler) || t.Implements(textUnmarshaler) ||
		reflect.PointerTo(t).Implements(unmarshaler) || reflect.PointerTo(t).Implements(textUnmarshaler)
}
