package lenient

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/edusdk/edusdk"
)

// Marshal encodes a value by the tags wire of its fields, and as encoding/json
// does where there are none, but for <, > and &, which stay as they are. An
// empty string whose tag says fill=name is written as fill[name], and refused if
// that is empty too; v is not changed. Types that encode themselves do so, unless they have fields with the
// tag. Texts that are not UTF-8 are refused. The errors are or hold an
// *edusdk.FieldError that names the way to the field in Go's words, as in
// "ChapterList[0].ChapterName".
func Marshal(v any, fill map[string]string) ([]byte, error) {
	value := reflect.ValueOf(v)
	if !value.IsValid() {
		return []byte("null"), nil
	}
	e := encoder{buf: make([]byte, 0, 512), fill: fill}
	if err := e.value(encodePlanOf(value.Type()), value); err != nil {
		field := &edusdk.FieldError{Field: cmp.Or(err.path, "value"), Problem: err.problem}
		if err.cause != nil {
			return nil, fmt.Errorf("%w: %w", field, err.cause)
		}
		return nil, field
	}
	return e.buf, nil
}

// encodeError says what cannot be encoded.
type encodeError struct {
	path, problem string
	cause         error
}

func (e *encodeError) under(name string) *encodeError {
	e.path = join(name, e.path)
	return e
}

func unencodable(cause error) *encodeError {
	if own := (*edusdk.FieldError)(nil); errors.As(cause, &own) {
		return &encodeError{path: own.Field, problem: own.Problem}
	}
	return &encodeError{problem: "cannot be encoded", cause: cause}
}

// encodePlan is a Go type, or a field with its tag, as the encoder sees it.
type encodePlan struct {
	typ    reflect.Type
	kind   encodeKind
	addr   encodeKind // instead, where the value has an address
	elem   *encodePlan
	fields []encodeField
	tag    Tag // Unit, Text, Flag and Fill
	quoted bool
}

type encodeKind uint8

const (
	encodeByKind encodeKind = iota
	encodeOwn               // by MarshalJSON
	encodeOwnText
)

// encodeField is a field of a struct.
type encodeField struct {
	name      string // as it is written, with its colon
	goName    string
	path      []int
	plan      *encodePlan
	omitEmpty bool
	omitZero  bool
}

var (
	encodeReady    sync.Map // reflect.Type to *encodePlan
	encodeBuilding sync.Mutex
	encodePlans    = map[reflect.Type]*encodePlan{} // guarded by encodeBuilding

	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func encodePlanOf(t reflect.Type) *encodePlan {
	if p, ok := encodeReady.Load(t); ok {
		return p.(*encodePlan)
	}
	encodeBuilding.Lock()
	defer encodeBuilding.Unlock()
	p := buildEncode(t, Tag{})
	encodeReady.Store(t, p)
	return p
}

func buildEncode(t reflect.Type, tag Tag) *encodePlan {
	tag = Tag{Unit: tag.Unit, Text: tag.Text, Flag: tag.Flag, Fill: tag.Fill}
	plain := tag.Unit == 0 && !tag.Text && !tag.Flag && tag.Fill == ""
	if plain {
		if p, ok := encodePlans[t]; ok {
			return p
		}
	}
	p := &encodePlan{typ: t, tag: tag}
	if plain {
		encodePlans[t] = p // before its fields: they can hold t again
	}
	if !hasWireTag(t) {
		p.kind = encodeKindOf(t)
		if p.addr = p.kind; t.Kind() != reflect.Pointer {
			p.addr = encodeKindOf(reflect.PointerTo(t))
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		for _, info := range fieldsOf(t) {
			f := encodeField{
				name: `"` + info.name + `":`, goName: goName(info.StructField), path: info.path,
				plan: buildEncode(info.Type, info.wire), omitEmpty: info.omitEmpty, omitZero: info.omitZero,
			}
			if info.quoted {
				f.plan = quoted(f.plan)
			}
			p.fields = append(p.fields, f)
		}
	case reflect.Pointer:
		if hasWireTag(t.Elem()) {
			p.kind, p.addr = encodeByKind, encodeByKind // its methods are those of the struct
		}
		p.elem = buildEncode(t.Elem(), tag)
	case reflect.Slice, reflect.Array, reflect.Map:
		p.elem = buildEncode(t.Elem(), tag)
	}
	return p
}

func quoted(p *encodePlan) *encodePlan {
	own := *p
	if own.quoted = true; own.typ.Kind() == reflect.Pointer {
		own.elem = quoted(own.elem)
	}
	return &own
}

// goName returns what a field is called in errors.
func goName(f reflect.StructField) string { return cmp.Or(f.Tag.Get("arg"), f.Name) }

func encodeKindOf(t reflect.Type) encodeKind {
	switch {
	case t.Implements(marshaler):
		return encodeOwn
	case t.Implements(textMarshaler):
		return encodeOwnText
	}
	return encodeByKind
}

// encoder writes one value.
type encoder struct {
	buf   []byte
	fill  map[string]string
	depth int
}

// maxEncodeDepth ends values that hold themselves.
const maxEncodeDepth = 1000

func (e *encoder) value(p *encodePlan, v reflect.Value) *encodeError {
	if e.depth++; e.depth > maxEncodeDepth {
		return &encodeError{problem: "nests too deeply"}
	}
	err := e.write(p, v)
	e.depth--
	return err
}

func (e *encoder) write(p *encodePlan, v reflect.Value) *encodeError {
	own := p.kind
	if v.CanAddr() && p.addr != p.kind {
		own, v = p.addr, v.Addr()
	}
	if own != encodeByKind {
		return e.own(own, v)
	}
	switch v.Kind() {
	case reflect.Bool:
		e.bool(p, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if p.tag.Unit != 0 && p.typ == typeDuration {
			return e.duration(p, time.Duration(v.Int()))
		}
		e.digits(p, strconv.AppendInt(e.space(), v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.digits(p, strconv.AppendUint(e.space(), v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return e.float(p, v.Float(), p.typ.Bits())
	case reflect.String:
		return e.text(p, v.String())
	case reflect.Struct:
		return e.structure(p, v)
	case reflect.Map:
		return e.dictionary(p, v)
	case reflect.Slice:
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return nil
		}
		if elem := p.typ.Elem(); elem.Kind() == reflect.Uint8 && encodeKindOf(reflect.PointerTo(elem)) == encodeByKind {
			e.buf = append(e.buf, '"')
			e.buf = base64.StdEncoding.AppendEncode(e.buf, v.Bytes())
			e.buf = append(e.buf, '"')
			return nil
		}
		return e.list(p, v)
	case reflect.Array:
		return e.list(p, v)
	case reflect.Pointer:
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return nil
		}
		return e.value(p.elem, v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return nil
		}
		return e.value(encodePlanOf(v.Elem().Type()), v.Elem())
	default:
		return &encodeError{problem: "is of a type that JSON does not have"}
	}
	return nil
}

// space returns room for a number.
func (e *encoder) space() []byte { return make([]byte, 0, 32) }

// digits writes a number.
func (e *encoder) digits(p *encodePlan, digits []byte) {
	if p.tag.Text || p.quoted {
		e.buf = append(e.buf, '"')
		e.buf = append(e.buf, digits...)
		e.buf = append(e.buf, '"')
		return
	}
	e.buf = append(e.buf, digits...)
}

func (e *encoder) bool(p *encodePlan, b bool) {
	word := strconv.AppendBool(e.space(), b)
	if p.tag.Flag {
		if word = []byte("0"); b {
			word = []byte("1")
		}
	}
	e.digits(p, word)
}

func (e *encoder) duration(p *encodePlan, length time.Duration) *encodeError {
	if length%p.tag.Unit == 0 {
		e.digits(p, strconv.AppendInt(e.space(), int64(length/p.tag.Unit), 10))
		return nil
	}
	return e.float(p, float64(length)/float64(p.tag.Unit), 64)
}

// float writes a number as encoding/json does.
func (e *encoder) float(p *encodePlan, f float64, size int) *encodeError {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return &encodeError{problem: "must be a number, and finite"}
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 {
		if size == 64 && (abs < 1e-6 || abs >= 1e21) || size == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21) {
			format = 'e'
		}
	}
	digits := strconv.AppendFloat(e.space(), f, format, -1, size)
	if n := len(digits); format == 'e' && n >= 4 && digits[n-4] == 'e' && digits[n-3] == '-' && digits[n-2] == '0' {
		digits[n-2] = digits[n-1] // e-09 becomes e-9
		digits = digits[:n-1]
	}
	e.digits(p, digits)
	return nil
}

// text writes a string.
func (e *encoder) text(p *encodePlan, s string) *encodeError {
	if p.typ == typeNumber {
		s = cmp.Or(s, "0")
		if n, _ := numberLength([]byte(s)); n != len(s) {
			return &encodeError{problem: "must be a number"}
		}
		e.digits(p, []byte(s))
		return nil
	}
	if s == "" && p.tag.Fill != "" {
		var given bool
		if s, given = e.fill[p.tag.Fill]; given && s == "" {
			return &encodeError{problem: "must be given: neither the configuration nor the login has one"}
		}
	}
	if !utf8.ValidString(s) {
		return &encodeError{problem: "must be UTF-8"}
	}
	if p.quoted {
		s = string(appendString(nil, s))
	}
	e.buf = appendString(e.buf, s)
	return nil
}

// appendString appends a JSON string, without escapes that only HTML needs.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"', c == '\\', c < ' ':
		case c == 0xe2 && (s[i:min(i+3, len(s))] == "\u2028" || s[i:min(i+3, len(s))] == "\u2029"): // which encoding/json escapes
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\u202`...)
			dst = append(dst, hex[s[i+2]&0xf])
			i += 2
			start = i + 1
			continue
		default:
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&0xf])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func (e *encoder) structure(p *encodePlan, v reflect.Value) *encodeError {
	e.buf = append(e.buf, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		value, ok := f.in(v)
		if !ok || f.omits(e, value) {
			continue
		}
		if !first {
			e.buf = append(e.buf, ',')
		}
		first = false
		e.buf = append(e.buf, f.name...)
		if err := e.value(f.plan, value); err != nil {
			return err.under(f.goName)
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// in returns the field of v. It reports false for one of an embedded struct
// that is not there.
func (f *encodeField) in(v reflect.Value) (reflect.Value, bool) {
	for _, index := range f.path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(index)
	}
	return v, true
}

func (f *encodeField) omits(e *encoder, v reflect.Value) bool {
	if f.omitEmpty {
		switch v.Kind() {
		case reflect.Array, reflect.Map, reflect.Slice:
			return v.Len() == 0
		case reflect.String:
			_, filled := e.fill[f.plan.tag.Fill]
			return v.Len() == 0 && !filled
		case reflect.Struct:
		default:
			return v.IsZero()
		}
	}
	if !f.omitZero {
		return false
	}
	if zero, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return zero.IsZero()
	}
	if v.CanAddr() {
		if zero, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
			return zero.IsZero()
		}
	}
	return v.IsZero()
}

func (e *encoder) list(p *encodePlan, v reflect.Value) *encodeError {
	e.buf = append(e.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if err := e.value(p.elem, v.Index(i)); err != nil {
			return err.under("[" + strconv.Itoa(i) + "]")
		}
	}
	e.buf = append(e.buf, ']')
	return nil
}

func (e *encoder) dictionary(p *encodePlan, v reflect.Value) *encodeError {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return nil
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for all := v.MapRange(); all.Next(); {
		key, err := keyText(all.Key())
		if err != nil {
			return err
		}
		entries = append(entries, entry{key, all.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	e.buf = append(e.buf, '{')
	for i, entry := range entries {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(appendString(e.buf, entry.key), ':')
		if err := e.value(p.elem, entry.value); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

func keyText(key reflect.Value) (string, *encodeError) {
	text := ""
	switch own, isText := key.Interface().(encoding.TextMarshaler); {
	case key.Kind() == reflect.String:
		text = key.String()
	case isText && key.Kind() == reflect.Pointer && key.IsNil():
	case isText:
		written, err := own.MarshalText()
		if err != nil {
			return "", unencodable(err)
		}
		text = string(written)
	case key.CanInt():
		text = strconv.FormatInt(key.Int(), 10)
	case key.CanUint():
		text = strconv.FormatUint(key.Uint(), 10)
	default:
		return "", &encodeError{problem: "has keys of a type that JSON does not have"}
	}
	if !utf8.ValidString(text) {
		return "", &encodeError{problem: "must have keys in UTF-8"}
	}
	return text, nil
}

// own lets a type encode itself.
func (e *encoder) own(kind encodeKind, v reflect.Value) *encodeError {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return nil
	}
	if kind == encodeOwnText {
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		switch {
		case err != nil:
			return unencodable(err)
		case !utf8.Valid(text):
			return &encodeError{problem: "must be UTF-8"}
		}
		e.buf = appendString(e.buf, string(text))
		return nil
	}
	written, err := v.Interface().(json.Marshaler).MarshalJSON()
	if err != nil {
		return unencodable(err)
	}
	if !utf8.Valid(written) {
		return &encodeError{problem: "must be UTF-8"}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, written); err != nil {
		return unencodable(errNotJSON) // that of encoding/json quotes it
	}
	e.buf = append(e.buf, compact.Bytes()...)
	return nil
}

var errNotJSON = errors.New("its type writes what is not JSON")
