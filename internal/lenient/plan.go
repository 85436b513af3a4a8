package lenient

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind is how a Go type is decoded.
type kind uint8

const (
	kindNone kind = iota // encoding/json does not take it either
	kindStruct
	kindMap
	kindList
	kindArray
	kindBytes
	kindInt
	kindUint
	kindFloat
	kindString
	kindText   // Text
	kindNumber // json.Number
	kindRaw    // json.RawMessage
	kindPart   // Part
	kindBool
	kindDuration
	kindPointer
	kindAny     // an interface
	kindQuoted  // with the option string of the tag json
	kindOwn     // by its UnmarshalJSON
	kindOwnText // by its UnmarshalText
	kindShaped  // by what its Shape returns
)

// plan is a Go type, or a field with its tag, as the decoder sees it. Plans of
// recursive types point at themselves.
type plan struct {
	kind    kind
	typ     reflect.Type
	elem    *plan         // of a pointer, list, map or quoted field
	size    int64         // of what elem is for
	empty   reflect.Value // a list of no elements, which all can share
	members *memberSet

	ownKey bool // a map's key decodes itself from a text

	essential bool // a list that takes no stand-in for an empty one
	null      bool // but null
	counted   bool // an essential list of numbers, which count by their place
	exact     bool // an integer that may not lose a fraction
	trim      bool
	unit      time.Duration
}

// memberSet is the members that an object may have.
type memberSet struct {
	list   []*member // in the order in which they are likely to come
	needed []*field  // those with several names that cannot be null under all of them
	exact  map[string]*member
	folded map[string]*member // by name without case, as encoding/json matches
}

// member is a name in an object.
type member struct {
	name  string
	place int // in the list

	field *field     // what is read from it, nil if nothing is
	rank  uint8      // of this name among those of the field, 0 for its own
	inner *memberSet // of the same struct, read from the members of the value
}

// field is a field of a struct.
type field struct {
	name      string
	path      []int
	plan      *plan
	essential bool
	object    bool // an essential one, for which neither false nor "" stands
	noNull    bool // for an essential one null does not stand
	noBlank   bool // nor ""
	noFalse   bool // nor false
	slot      int  // among the fields that have several names, from 1; 0 is none
}

// maxAliased is how many fields of a struct can have several names.
const maxAliased = 16

var (
	ready    sync.Map // reflect.Type to *plan
	building sync.Mutex
	plans    = map[reflect.Type]*plan{} // guarded by building

	shaped          = reflect.TypeFor[Shaped]()
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

	typeText     = reflect.TypeFor[Text]()
	typeNumber   = reflect.TypeFor[json.Number]()
	typeRaw      = reflect.TypeFor[json.RawMessage]()
	typePart     = reflect.TypeFor[Part]()
	typeDuration = reflect.TypeFor[time.Duration]()
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
	if p, ok := plans[t]; ok {
		return p
	}
	p := &plan{typ: t}
	plans[t] = p // before its fields: they can hold t again
	p.fill(Tag{})
	return p
}

// buildField makes the plan for a field of type t with a tag.
func buildField(t reflect.Type, tag Tag) *plan {
	if tag.Unit == 0 && !tag.Essential && !tag.Null && !tag.Trim {
		return build(t)
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Interface:
		return build(t)
	}
	p := &plan{typ: t}
	p.fill(tag)
	return p
}

// fill sets everything but the type.
func (p *plan) fill(tag Tag) {
	t := p.typ
	if p.kind = kindOf(t); p.kind == kindInt && t == typeDuration && tag.Unit != 0 {
		p.kind, p.unit = kindDuration, tag.Unit
	}
	p.exact, p.trim = tag.Essential, tag.Trim
	switch p.kind {
	case kindStruct:
		p.members = membersOf(t)
	case kindList:
		p.essential, p.null = tag.Essential, tag.Null
		tag.Null = false
		p.elem = buildField(t.Elem(), tag)
		p.empty = reflect.MakeSlice(t, 0, 0)
		p.counted = p.essential && p.elem.measures()
	case kindMap, kindArray, kindPointer:
		p.elem = buildField(t.Elem(), tag)
		p.ownKey = p.kind == kindMap && reflect.PointerTo(t.Key()).Implements(textUnmarshaler)
	}
	if p.elem != nil {
		p.size = sizeOf(p.elem.typ)
	}
}

// sizeOf returns how many bytes a value of type t takes, without what it points to.
func sizeOf(t reflect.Type) int64 {
	return int64(t.Size()) //nolint:gosec // no type is that large
}

func kindOf(t reflect.Type) kind {
	switch t {
	case typeText:
		return kindText
	case typeNumber:
		return kindNumber
	case typeRaw:
		return kindRaw
	case typePart:
		return kindPart
	}
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface && !hasWireTag(t) {
		switch ptr := reflect.PointerTo(t); {
		case ptr.Implements(shaped):
			return kindShaped
		case ptr.Implements(unmarshaler):
			return kindOwn
		case ptr.Implements(textUnmarshaler):
			return kindOwnText
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return kindStruct
	case reflect.Map:
		k := t.Key().Kind()
		if k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr || reflect.PointerTo(t.Key()).Implements(textUnmarshaler) {
			return kindMap
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kindBytes
		}
		return kindList
	case reflect.Array:
		return kindArray
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return kindUint
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.String:
		return kindString
	case reflect.Bool:
		return kindBool
	case reflect.Pointer:
		return kindPointer
	case reflect.Interface:
		return kindAny
	}
	return kindNone
}

// membersOf returns the members that are read into a struct.
func membersOf(t reflect.Type) *memberSet {
	infos := fieldsOf(t)
	s := newMemberSet()
	fields := make([]*field, len(infos))
	for i, info := range infos {
		f := &field{name: info.name, path: info.path, plan: buildField(info.Type, info.wire), essential: info.wire.Essential}
		if info.quoted {
			f.plan = &plan{kind: kindQuoted, typ: info.Type, elem: f.plan}
		}
		if f.essential {
			f.object = isObject(info.Type) && !info.wire.Nothing
			f.noFalse = f.object || (f.plan.kind == kindFloat || f.plan.kind == kindDuration) && !info.wire.Null
			f.noNull = f.plan.takesNoNull() && !info.wire.Null && !info.wire.Nothing
			f.noBlank = f.plan.measures() && !info.wire.Null
		}
		fields[i] = f
		s.add(info.name).field = f
	}
	slots := 0
	for i, info := range infos { // after all names of the fields themselves
		if len(info.wire.Aliases) == 0 {
			continue
		}
		if slots++; slots > maxAliased || len(info.wire.Aliases) > maxAliased {
			panic("lenient: too many aliases in " + t.String())
		}
		fields[i].slot = slots
		if fields[i].noNull {
			s.needed = append(s.needed, fields[i])
		}
		for rank, alias := range info.wire.Aliases {
			set := s
			for {
				name, rest, deeper := strings.Cut(alias, ".")
				m := set.add(name)
				if !deeper {
					if m.field == nil {
						m.field, m.rank = fields[i], uint8(rank+1)
					}
					break
				}
				if m.inner == nil {
					m.inner = newMemberSet()
				}
				set, alias = m.inner, rest
			}
		}
	}
	return s
}

// isObject reports whether values of type t are objects in JSON, or can be.
func isObject(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch kindOf(t) {
	case kindStruct, kindMap:
		return true
	case kindShaped:
		return isObject(shapeOf(t))
	}
	return false
}

// shapeOf returns the type that objects are decoded into by a Shaped type t.
func shapeOf(t reflect.Type) reflect.Type {
	return reflect.TypeOf(reflect.New(t).Interface().(Shaped).Shape('{')).Elem()
}

// takesNoNull reports whether null would leave a value of the plan as it is, so that
// nobody can tell it from one that was sent.
func (p *plan) takesNoNull() bool {
	switch p.kind {
	case kindStruct, kindMap, kindString, kindText, kindNumber, kindBytes, kindArray:
		return true
	case kindOwn:
		return p.typ.Kind() == reflect.String
	}
	return p.measures()
}

func newMemberSet() *memberSet {
	return &memberSet{exact: map[string]*member{}, folded: map[string]*member{}}
}

// add returns the member of a name, and makes it if there is none.
func (s *memberSet) add(name string) *member {
	if m, ok := s.exact[name]; ok {
		return m
	}
	m := &member{name: name, place: len(s.list)}
	s.list = append(s.list, m)
	s.exact[name] = m
	if folded := string(appendFolded(nil, []byte(name))); s.folded[folded] == nil {
		s.folded[folded] = m
	}
	return m
}

// find returns the member of a name, or nil. likely is the place of the member
// that is likely to come next.
func (s *memberSet) find(name []byte, likely *int) *member {
	if i := *likely; i < len(s.list) && s.list[i].name == string(name) {
		*likely = i + 1
		return s.list[i]
	}
	m := s.exact[string(name)]
	if m == nil {
		var space [64]byte
		if m = s.folded[string(appendFolded(space[:0], name))]; m == nil {
			return nil
		}
	}
	*likely = m.place + 1
	return m
}

// appendFolded appends a name without case, as encoding/json folds it.
func appendFolded(dst, name []byte) []byte {
	for i := 0; i < len(name); {
		if c := name[i]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(name[i:])
		for {
			next := unicode.SimpleFold(r)
			if r, next = next, r; r <= next { // the smallest of those that differ in case
				break
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}
