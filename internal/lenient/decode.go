package lenient

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// decoder decodes one text. Its methods begin with pos at the first byte of a
// value, and end with pos after it, unless they return an error.
type decoder struct {
	data    []byte
	pos     int
	depth   int
	deepest int
	memory  int64 // that is left
	allowed int64

	strict     bool
	reports    []*Error
	unreported bool // there were more than maxReports

	scratch []byte
}

// spend takes n bytes of memory that are allocated for the value.
func (d *decoder) spend(n int64) *Error {
	if d.memory -= n; d.memory >= 0 {
		return nil
	}
	return &Error{Problem: "the decoded value takes more than " + strconv.FormatInt(d.allowed, 10) + " bytes of memory", cause: ErrMemory, fatal: true, whole: true}
}

// mismatch passes the value at pos and returns the error that it is not of plan
// p.
func (d *decoder) mismatch(p *plan) *Error {
	found := "a number"
	if d.pos < len(d.data) {
		switch d.data[d.pos] {
		case '"':
			found = "a string"
		case '{':
			found = "an object"
		case '[':
			found = "an array"
		case 't', 'f':
			found = "a bool"
		case 'n':
			found = "null"
		}
	}
	if err := d.skip(); err != nil {
		return err
	}
	return &Error{Problem: "has " + found + " where " + p.describe() + " was expected"}
}

// isNumbered reports whether the first name of the object at pos is a decimal number.
func (d *decoder) isNumbered() bool {
	name, ok := bytes.CutPrefix(bytes.TrimLeft(d.data[d.pos+1:], " \t\r\n"), []byte(`"`))
	if !ok {
		return false
	}
	name, _, _ = bytes.Cut(name[:min(len(name), 12)], []byte(`"`))
	_, ok = decimal(name)
	return ok
}

// isObject reports whether a value of the plan is read from an object alone.
func (p *plan) isObject() bool {
	for p.kind == kindPointer {
		p = p.elem
	}
	return p.kind == kindStruct
}

func (p *plan) describe() string {
	switch p.kind {
	case kindStruct, kindMap:
		return "an object"
	case kindList, kindArray:
		return "an array"
	case kindInt, kindUint:
		return "a whole number"
	case kindFloat, kindNumber:
		return "a number"
	case kindString, kindText, kindBytes, kindOwnText:
		return "a string"
	case kindBool:
		return "a bool"
	case kindDuration:
		return "a number of units of time"
	case kindPointer, kindQuoted:
		return p.elem.describe()
	case kindShaped:
		return planOf(shapeOf(p.typ)).describe()
	}
	return "another type"
}

// value decodes the value at pos into v.
func (d *decoder) value(p *plan, v reflect.Value) *Error {
	if d.pos >= len(d.data) {
		return d.broken()
	}
	if d.data[d.pos] == 'n' && p.kind != kindQuoted && p.kind != kindShaped {
		return d.null(p, v)
	}
	switch p.kind {
	case kindStruct:
		return d.structure(p, v)
	case kindMap:
		return d.dictionary(p, v)
	case kindList, kindArray:
		return d.list(p, v)
	case kindBytes:
		return d.bytes(p, v)
	case kindInt, kindUint:
		return d.integer(p, v)
	case kindFloat:
		return d.float(p, v)
	case kindString, kindText:
		return d.string(p, v)
	case kindNumber:
		return d.numeral(p, v)
	case kindBool:
		return d.boolean(p, v)
	case kindDuration:
		return d.duration(p, v)
	case kindPointer:
		if v.IsNil() {
			if d.data[d.pos] != '{' && (d.standsForNothing(p.elem) || p.elem.measures() && d.blank()) {
				return d.skip()
			}
			if err := d.spend(p.size); err != nil {
				return err
			}
			v.Set(reflect.New(p.elem.typ))
		}
		return d.value(p.elem, v.Elem())
	case kindAny:
		return d.dynamic(p, v)
	case kindQuoted:
		return d.quoted(p, v)
	case kindRaw, kindPart, kindOwn, kindOwnText:
		return d.own(p, v)
	case kindShaped:
		return d.shaped(p, v)
	}
	return d.mismatch(p)
}

// shaped decodes a value into what its type says.
func (d *decoder) shaped(p *plan, v reflect.Value) *Error {
	first := d.data[d.pos]
	if first == '{' && d.isNumbered() {
		first = '['
	}
	target := v.Addr().Interface().(Shaped).Shape(first)
	if target == nil {
		return d.mismatch(p)
	}
	into := reflect.ValueOf(target).Elem()
	return d.value(planOf(into.Type()), into)
}

// null decodes null.
func (d *decoder) null(p *plan, v reflect.Value) *Error {
	switch p.kind {
	case kindRaw, kindPart, kindOwn:
		return d.own(p, v)
	case kindList:
		if p.essential && !p.null {
			return d.mismatch(p)
		}
	}
	if err := d.word("null"); err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
		v.SetZero()
	case reflect.String:
		if p.kind == kindText {
			v.SetZero()
		}
	}
	return nil
}

// standsForNothing reports whether what is at pos stands for no object or list
// of plan p, in the way of PHP and others.
func (d *decoder) standsForNothing(p *plan) bool {
	if p.kind != kindStruct && p.kind != kindMap && p.kind != kindList || p.essential {
		return false
	}
	switch d.data[d.pos] {
	case '"':
		return d.blank()
	case '[':
		return p.kind != kindList && d.emptyArray()
	case 'f':
		return d.depth > 0
	}
	return false
}

// measures reports whether "" is no value of plan p.
func (p *plan) measures() bool {
	switch p.kind {
	case kindInt, kindUint, kindFloat, kindBool, kindDuration:
		return true
	}
	return false
}

// blank reports whether a string with nothing but space is at pos.
func (d *decoder) blank() bool {
	rest := d.data[d.pos:]
	if rest[0] != '"' {
		return false
	}
	end := bytes.IndexByte(rest[1:], '"')
	return end >= 0 && len(bytes.Trim(rest[1:1+end], " ")) == 0
}

// emptyArray reports whether there is one at pos.
func (d *decoder) emptyArray() bool {
	rest := bytes.TrimLeft(d.data[d.pos+1:], " \t\r\n")
	return d.data[d.pos] == '[' && len(rest) > 0 && rest[0] == ']'
}

// structure decodes an object into a struct.
func (d *decoder) structure(p *plan, v reflect.Value) *Error {
	if d.data[d.pos] != '{' {
		if d.standsForNothing(p) {
			return d.skip()
		}
		return d.mismatch(p)
	}
	var names [maxAliased + 1]uint8
	if err := d.fields(p.members, v, &names); err != nil {
		return err
	}
	for _, f := range p.members.needed {
		if names[f.slot] == heldNull {
			return &Error{Field: f.name, Problem: "has null where " + f.plan.describe() + " was expected"}
		}
	}
	return nil
}

// What names holds for a field with several: nothing, that null or an empty value
// was read, or 1 + the rank of the name that its value is from.
const (
	heldNull  = 254
	heldEmpty = 255
)

// fields decodes the members of an object into fields of v.
func (d *decoder) fields(s *memberSet, v reflect.Value, names *[maxAliased + 1]uint8) *Error {
	likely := 0
	return d.members(func(name []byte, escaped bool) *Error {
		if escaped {
			if _, err := d.unescape(name); err != nil {
				return err
			}
			name = d.scratch
		}
		m := s.find(name, &likely)
		if m == nil {
			return d.skip()
		}
		start := d.pos
		if m.field != nil {
			if err := d.field(m, v, &names[m.field.slot]); err != nil || m.inner == nil || d.data[start] != '{' {
				return err
			}
			d.pos = start
		}
		at := d.mark()
		if d.pos >= len(d.data) || d.data[d.pos] != '{' {
			return d.noObject(m, at)
		}
		err := d.fields(m.inner, v, names)
		d.reportsUnder(m.name, at)
		if err != nil {
			err.under(m.name)
		}
		return err
	})
}

// noObject passes a value from whose members fields would be read.
func (d *decoder) noObject(m *member, at mark) *Error {
	if d.pos >= len(d.data) || d.data[d.pos] == 'n' || d.standsForNothing(anyObject) {
		return d.skip()
	}
	err := d.mismatch(anyObject)
	if err.fatal {
		return err
	}
	err.under(m.name)
	return d.leaveOut(err, m.name, at)
}

var anyObject = &plan{kind: kindStruct}

// mark is where a value begins, to come back to if it cannot be read.
type mark struct{ pos, depth, reports int }

func (d *decoder) mark() mark { return mark{d.pos, d.depth, len(d.reports)} }

// field decodes the value of a member into its field of v.
func (d *decoder) field(m *member, v reflect.Value, held *uint8) *Error {
	f := m.field
	at := d.mark()
	target, err := d.target(f, v)
	switch {
	case err != nil:
	case f.essential && d.pos < len(d.data) && !d.stands(f):
		err = d.mismatch(f.plan)
	case f.slot == 0:
		err = d.value(f.plan, target)
	default:
		err = d.named(m, target, held)
	}
	d.reportsUnder(m.name, at)
	if err == nil {
		return nil
	}
	err.under(m.name)
	if err.fatal || f.essential {
		return err
	}
	if target.IsValid() && *held == 0 {
		target.SetZero()
	}
	return d.leaveOut(err, m.name, at)
}

// stands reports whether what is at pos may stand for an essential field: it has a
// value, or nothing is one of it.
func (d *decoder) stands(f *field) bool {
	switch d.data[d.pos] {
	case 'n':
		return !f.noNull || f.slot > 0 // another name can have the value
	case 'f':
		return !f.noFalse
	case '"':
		return !f.object && (!f.noBlank || !d.blank())
	}
	return true
}

// target returns the field of v, and makes the embedded structs that it is in.
func (d *decoder) target(f *field, v reflect.Value) (reflect.Value, *Error) {
	for i, index := range f.path {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return reflect.Value{}, &Error{Problem: "is in an embedded pointer that cannot be set"}
				}
				if err := d.spend(sizeOf(v.Type().Elem())); err != nil {
					return reflect.Value{}, err
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(index)
	}
	return v, nil
}

// named decodes the value of a field that has several names: the first of them
// whose value is not empty counts.
func (d *decoder) named(m *member, target reflect.Value, held *uint8) *Error {
	into := target
	if d.pos < len(d.data) && d.data[d.pos] == 'n' {
		if *held == 0 {
			*held = heldNull
		}
		if m.field.plan.kind == kindList {
			return d.null(m.field.plan, reflect.New(target.Type()).Elem()) // which may refuse it
		}
		return d.word("null")
	}
	switch {
	case *held == heldNull:
		*held = 0
	case *held == heldEmpty, *held > m.rank+1:
		into = reflect.New(target.Type()).Elem()
		if err := d.spend(sizeOf(target.Type())); err != nil {
			return err
		}
	case *held != 0 && *held < m.rank+1:
		if !d.strict {
			return d.skip()
		}
		if err := d.spend(sizeOf(target.Type())); err != nil {
			return err
		}
		return d.value(m.field.plan, reflect.New(target.Type()).Elem()) // which must be readable too
	}
	if err := d.value(m.field.plan, into); err != nil {
		return err
	}
	switch {
	case !isEmpty(into):
		*held = m.rank + 1
		if into != target {
			target.Set(into)
		}
	case *held == 0:
		*held = heldEmpty
	}
	return nil
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// costOfReport is what an error takes, with its texts.
const costOfReport = 256

// leaveOut goes back to a value that could not be read, passes it and reports
// why, instead of what was reported of its parts.
func (d *decoder) leaveOut(why *Error, omitted string, at mark) *Error {
	d.pos, d.depth = at.pos, at.depth
	if err := d.spend(costOfReport); err != nil {
		return err
	}
	if err := d.skip(); err != nil {
		return err
	}
	why.Omitted, why.omits = omitted, true
	clear(d.reports[at.reports:])
	d.reports = d.reports[:at.reports]
	d.report(why)
	return nil
}

func (d *decoder) report(err *Error) {
	if len(d.reports) == maxReports {
		d.unreported = true
		return
	}
	d.reports = append(d.reports, err)
}

// reportsUnder puts the reports from one on below a member or an index.
func (d *decoder) reportsUnder(name string, at mark) {
	if len(d.reports) > at.reports {
		for _, r := range d.reports[at.reports:] {
			r.under(name)
		}
	}
}

// dictionary decodes an object into a map.
func (d *decoder) dictionary(p *plan, v reflect.Value) *Error {
	key := p.typ.Key()
	numbered := !p.ownKey && key.Kind() != reflect.String
	switch c := d.data[d.pos]; {
	case c == '{', c == '[' && numbered:
	case d.standsForNothing(p):
		return d.skip()
	default:
		return d.mismatch(p)
	}
	size := sizeOf(key)
	if err := d.spend(emptyMap + size + p.size); err != nil { // and one entry to be used again
		return err
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(p.typ))
	}
	e := entries{p: p, m: v, room: mapRoom{slot: inSlot(size) + inSlot(p.size)}, key: reflect.New(key).Elem(), value: reflect.New(p.elem.typ).Elem()}
	if d.data[d.pos] == '[' {
		index := -1
		return d.elements(func() *Error {
			index++
			return d.entry(&e, strconv.AppendInt(nil, int64(index), 10))
		})
	}
	return d.members(func(name []byte, escaped bool) *Error { return d.member(&e, name, escaped) })
}

// entries is a map that is decoded into, with a key and a value that are used
// again for each of its entries.
type entries struct {
	p          *plan
	m          reflect.Value
	room       mapRoom
	key, value reflect.Value
}

const (
	// emptyMap is what a map takes without its entries.
	emptyMap = 48
	// maxInSlot is the size from which keys and values stand beside a map.
	maxInSlot = 128
	// groupSize is how many entries a map has room for with its first.
	groupSize = 8
)

// inSlot returns what a key or value of a size takes of a map's slot.
func inSlot(size int64) int64 {
	if size > maxInSlot {
		return 8
	}
	return size
}

// mapRoom counts what a map allocates as it grows: room for twice as many entries
// whenever seven eighths of its slots are taken.
type mapRoom struct {
	slot         int64 // bytes of a slot
	taken, slots int64
}

// more spends what another entry allocates in the map.
func (r *mapRoom) more(d *decoder) *Error {
	r.taken++
	switch {
	case r.slots == 0:
		r.slots = groupSize
	case r.slots == groupSize && r.taken <= groupSize, r.slots > groupSize && r.taken <= r.slots/8*7:
		return nil
	default:
		r.slots *= 2
	}
	return d.spend(r.slots*r.slot + r.slots)
}

// member decodes an entry whose name stands in the text.
func (d *decoder) member(e *entries, name []byte, escaped bool) *Error {
	if !utf8.Valid(name) {
		return &Error{Problem: "has a name that is not UTF-8", fatal: true}
	}
	if escaped {
		text, whole := appendUnescaped(nil, name)
		if !whole {
			return d.leaveOut(&Error{Problem: "has a name with half a surrogate pair"}, "", d.mark())
		}
		name = text
	}
	return d.entry(e, name)
}

// entry decodes an entry.
func (d *decoder) entry(e *entries, name []byte) *Error {
	at := d.mark()
	e.key.SetZero()
	e.value.SetZero()
	err := e.room.more(d)
	if err == nil && e.p.size > maxInSlot {
		err = d.spend(e.p.size)
	}
	if err == nil {
		err = d.setKey(e, name)
	}
	if err == nil {
		err = d.value(e.p.elem, e.value)
	}
	if err != nil {
		if err.fatal {
			return err
		}
		return d.leaveOut(err, "", at)
	}
	e.m.SetMapIndex(e.key, e.value)
	return nil
}

func (d *decoder) setKey(e *entries, name []byte) *Error {
	if e.p.ownKey {
		if err := e.key.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(name); err != nil {
			return asError(err)
		}
		return nil
	}
	switch k := e.key.Kind(); {
	case k == reflect.String:
		e.key.SetString(string(name))
		return d.spend(int64(len(name)+7) &^ 7)
	case k <= reflect.Int64:
		n, err := strconv.ParseInt(string(name), 10, 64)
		if err != nil || e.key.OverflowInt(n) {
			return &Error{Problem: "has a name that is not a whole number"}
		}
		e.key.SetInt(n)
	default:
		n, err := strconv.ParseUint(string(name), 10, 64)
		if err != nil || e.key.OverflowUint(n) {
			return &Error{Problem: "has a name that is not a whole number"}
		}
		e.key.SetUint(n)
	}
	return nil
}

// list decodes an array into a slice or an array.
func (d *decoder) list(p *plan, v reflect.Value) *Error {
	n, index := 0, -1
	switch c := d.data[d.pos]; {
	case c == '[':
		if err := d.elements(func() *Error { index++; return d.element(p, v, &n, index) }); err != nil {
			return err
		}
	case c == '{' && p.kind == kindList:
		return d.numbered(p, v)
	case d.standsForNothing(p):
		v.SetZero()
		return d.skip()
	default:
		return d.mismatch(p)
	}
	return d.finish(p, v, n)
}

// finish cuts v off after n elements.
func (d *decoder) finish(p *plan, v reflect.Value, n int) *Error {
	switch {
	case p.kind == kindArray:
		for ; n < v.Len(); n++ {
			v.Index(n).SetZero()
		}
	case n == 0:
		v.Set(p.empty)
	default:
		v.SetLen(n)
	}
	return nil
}

// element decodes an element, which is the one with the index in the text, into
// the place n of v, and counts it if it can be read.
func (d *decoder) element(p *plan, v reflect.Value, n *int, index int) *Error {
	if p.kind == kindArray && *n >= v.Len() {
		return d.skip()
	}
	if p.kind == kindList {
		if *n >= v.Cap() {
			if err := d.grow(p, v, *n); err != nil {
				return err
			}
		}
		if *n >= v.Len() {
			v.SetLen(*n + 1)
		}
	}
	at := d.mark()
	var err *Error
	if p.nothing(d) {
		err = d.mismatch(p.elem) // nothing is no element
	} else {
		err = d.value(p.elem, v.Index(*n))
	}
	if err == nil && len(d.reports) == at.reports {
		*n++
		return nil
	}
	name := "[" + strconv.Itoa(index) + "]"
	d.reportsUnder(name, at)
	if err == nil {
		*n++
		return nil
	}
	err.under(name)
	if err.fatal || p.counted {
		return err
	}
	v.Index(*n).SetZero()
	if p.kind == kindArray {
		*n++
	}
	return d.leaveOut(err, name, at)
}

// nothing reports whether what is at pos only stands for an element of a list.
func (p *plan) nothing(d *decoder) bool {
	if d.pos >= len(d.data) {
		return false
	}
	switch c := d.data[d.pos]; {
	case p.counted:
		return c == 'n' || d.blank()
	case !d.strict && p.elem.isObject():
		return c != '{'
	}
	return false
}

// grow makes room for another element after the first n: for twice as many, so
// that all that a list outgrows is no more than the list.
func (d *decoder) grow(p *plan, v reflect.Value, n int) *Error {
	more := n + 1 // one more than twice, which is not rounded up by quarters
	switch {
	case n == 0 && p.size > 64: // often the only one
		more = 1
	case n < 4:
		more = 4 - n
	}
	if p.size*int64(n+more) > d.memory {
		return d.spend(p.size * int64(n+more))
	}
	v.Grow(n - v.Len() + more)
	return d.spend(p.size * int64(v.Cap()))
}

// numbered decodes an object whose names are decimal numbers, as PHP writes a
// list with holes, into a slice in the order of the numbers.
func (d *decoder) numbered(p *plan, v reflect.Value) *Error {
	start := d.pos
	var numbers []int
	n, sorted, wrong := 0, true, false
	err := d.members(func(name []byte, _ bool) *Error {
		number, ok := decimal(name)
		if !ok {
			wrong = true
		}
		if wrong {
			return d.skip()
		}
		if err := d.spend(32); err != nil { // a number, and the list of them outgrows some
			return err
		}
		place := n
		if len(numbers) > 0 && number <= numbers[len(numbers)-1] {
			sorted = false
		}
		if err := d.element(p, v, &n, number); err != nil {
			return err
		}
		if n > place {
			numbers = append(numbers, number)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case wrong:
		d.pos = start
		return d.mismatch(p)
	case sorted:
		return d.finish(p, v, n)
	}
	if err := d.spend(int64(len(numbers)) * (p.size + costOfSorting)); err != nil {
		return err
	}
	return d.finish(p, v, d.sortElements(v, numbers))
}

// costOfSorting is what it takes to put an element into its place, beside the
// element.
const costOfSorting = 64

// sortElements puts the elements of v into the order of their numbers, of those
// with the same the last one, and returns how many that are.
func (d *decoder) sortElements(v reflect.Value, numbers []int) int {
	order := make([]int, len(numbers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if numbers[a] < numbers[b] {
			return -1
		} else if numbers[a] > numbers[b] {
			return 1
		}
		return 0
	})
	sorted := reflect.MakeSlice(v.Type(), 0, len(order))
	for i, from := range order {
		if i+1 < len(order) && numbers[order[i+1]] == numbers[from] {
			continue
		}
		sorted = reflect.Append(sorted, v.Index(from))
	}
	v.Set(sorted)
	return sorted.Len()
}

// decimal reads a number of at most 9 digits as PHP writes a key.
func decimal(name []byte) (int, bool) {
	if len(name) == 0 || len(name) > 9 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range name {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// bytes decodes base64 in a string, or an array of numbers.
func (d *decoder) bytes(p *plan, v reflect.Value) *Error {
	switch d.data[d.pos] {
	case '"':
		text, err := d.text()
		if err != nil {
			return err
		}
		if err := d.spend(int64(len(text))); err != nil {
			return err
		}
		b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, wrong := base64.StdEncoding.Decode(b, text)
		if wrong != nil {
			return &Error{Problem: "is not base64"}
		}
		v.SetBytes(b[:n])
		return nil
	case '[':
		elements := *p
		elements.kind, elements.elem, elements.size = kindList, planOf(p.typ.Elem()), 1
		elements.empty = reflect.MakeSlice(p.typ, 0, 0)
		return d.list(&elements, v)
	}
	return d.mismatch(p)
}

// string decodes a string, or a number or bool as it is written.
func (d *decoder) string(p *plan, v reflect.Value) *Error {
	var text []byte
	var err *Error
	switch d.data[d.pos] {
	case '"':
		text, err = d.text()
	case '{', '[':
		return d.mismatch(p)
	default:
		start := d.pos
		err = d.skip()
		text = d.data[start:d.pos]
	}
	if err != nil {
		return err
	}
	if p.trim {
		text = bytes.TrimSpace(text)
	}
	if err := d.spend(int64(len(text)+7) &^ 7); err != nil {
		return err
	}
	v.SetString(string(text))
	return nil
}

// numeral decodes a json.Number.
func (d *decoder) numeral(p *plan, v reflect.Value) *Error {
	start := d.pos
	text, ok, err := d.scalar()
	if err != nil {
		return err
	}
	if n, _ := numberLength(text); !ok || len(text) > 0 && n != len(text) {
		d.pos = start
		return d.mismatch(p)
	}
	if err := d.spend(int64(len(text)+7) &^ 7); err != nil {
		return err
	}
	v.SetString(string(text))
	return nil
}

// scalar passes a number, or a string, and returns what is in it without space
// around. It reports false for another value, and passes none.
func (d *decoder) scalar() (text []byte, ok bool, err *Error) {
	switch c := d.data[d.pos]; {
	case c == '"':
		if text, err = d.text(); err != nil {
			return nil, false, err
		}
		return bytes.TrimSpace(text), true, nil
	case c == '-' || isDigit(c):
		text, _, err = d.number()
		return text, true, err
	}
	return nil, false, nil
}

// boolean decodes a bool.
func (d *decoder) boolean(p *plan, v reflect.Value) *Error {
	start := d.pos
	switch d.data[d.pos] {
	case 't':
		v.SetBool(true)
		return d.word("true")
	case 'f':
		v.SetBool(false)
		return d.word("false")
	}
	text, _, err := d.scalar()
	if err != nil {
		return err
	}
	switch {
	case d.pos > start && len(text) == 0:
	case string(text) == "1", bytes.EqualFold(text, []byte("true")):
		v.SetBool(true)
	case string(text) == "0", bytes.EqualFold(text, []byte("false")):
		v.SetBool(false)
	default:
		d.pos = start
		return d.mismatch(p)
	}
	return nil
}

// float decodes a floating point number.
func (d *decoder) float(p *plan, v reflect.Value) *Error {
	start := d.pos
	if d.data[start] == 'f' {
		v.SetFloat(0)
		return d.word("false")
	}
	text, ok, err := d.scalar()
	switch {
	case err != nil:
		return err
	case ok && len(text) == 0:
		return nil
	}
	if n, _ := numberLength(text); !ok || n != len(text) {
		d.pos = start
		return d.mismatch(p)
	}
	f, wrong := strconv.ParseFloat(string(text), p.typ.Bits())
	if wrong != nil || v.OverflowFloat(f) {
		return tooLarge(p)
	}
	v.SetFloat(f)
	return nil
}

func tooLarge(p *plan) *Error {
	return &Error{Problem: "has a number beyond the range of " + p.typ.Kind().String()}
}

// duration decodes a number of units.
func (d *decoder) duration(p *plan, v reflect.Value) *Error {
	start := d.pos
	if d.data[start] == 'f' {
		v.SetInt(0)
		return d.word("false")
	}
	text, ok, err := d.scalar()
	switch {
	case err != nil:
		return err
	case ok && len(text) == 0:
		return nil
	case !ok:
		return d.mismatch(p)
	}
	length, wrong := parseUnits(text, p.unit)
	if wrong != nil {
		return wrong
	}
	v.SetInt(int64(length))
	return nil
}

// dynamic decodes into an interface: into what a pointer in it points to, or
// else what encoding/json makes of a value.
func (d *decoder) dynamic(p *plan, v reflect.Value) *Error {
	if !v.IsNil() {
		if e := v.Elem(); e.Kind() == reflect.Pointer && !e.IsNil() && e.Elem().Kind() != reflect.Interface {
			return d.value(planOf(e.Type().Elem()), e.Elem())
		}
	}
	if p.typ.NumMethod() > 0 {
		return d.mismatch(p)
	}
	value, err := d.any()
	if err != nil {
		return err
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// any decodes a value that is not null.
func (d *decoder) any() (any, *Error) {
	if d.pos >= len(d.data) {
		return nil, d.broken()
	}
	switch d.data[d.pos] {
	case '{':
		if err := d.spend(emptyMap); err != nil {
			return nil, err
		}
		m := map[string]any{}
		room := mapRoom{slot: 2 * sizeOfAny}
		err := d.members(func(name []byte, escaped bool) *Error { return d.anyMember(m, &room, name, escaped) })
		return m, err
	case '[':
		if err := d.spend(24); err != nil { // for the slice in its interface
			return nil, err
		}
		list := []any{}
		err := d.elements(func() *Error {
			if len(list) == cap(list) {
				n := max(2*len(list), 1)
				if err := d.spend(sizeOfAny * int64(n)); err != nil {
					return err
				}
				list = append(make([]any, 0, n), list...)
			}
			value, err := d.any()
			list = append(list, value)
			return err
		})
		return list, err
	case '"':
		text, err := d.text()
		if err != nil {
			return nil, err
		}
		if err := d.spend(sizeOfAny + int64(len(text)+7)&^7); err != nil {
			return nil, err
		}
		return string(text), nil
	case 't':
		return true, d.word("true")
	case 'f':
		return false, d.word("false")
	case 'n':
		return nil, d.word("null")
	}
	text, _, err := d.number()
	if err == nil {
		err = d.spend(8)
	}
	if err != nil {
		return nil, err
	}
	f, wrong := strconv.ParseFloat(string(text), 64)
	if wrong != nil {
		return nil, &Error{Problem: "has a number beyond the range of float64"}
	}
	return f, nil
}

// sizeOfAny is what an interface takes, and a string.
const sizeOfAny = 16

func (d *decoder) anyMember(m map[string]any, room *mapRoom, name []byte, escaped bool) *Error {
	if !utf8.Valid(name) {
		return &Error{Problem: "has a name that is not UTF-8", fatal: true}
	}
	if escaped {
		text, whole := appendUnescaped(nil, name)
		if !whole {
			return &Error{Problem: "has a name with half a surrogate pair"}
		}
		name = text
	}
	if err := room.more(d); err != nil {
		return err
	}
	if err := d.spend(int64(len(name)+7) &^ 7); err != nil {
		return err
	}
	key := string(name)
	value, err := d.any()
	m[key] = value
	return err
}

// quoted decodes a field that stands in a string on purpose, though it takes
// numbers and bools without quotes too.
func (d *decoder) quoted(p *plan, v reflect.Value) *Error {
	if d.data[d.pos] != '"' {
		return d.value(p.elem, v)
	}
	start := d.pos
	text, err := d.text()
	if err != nil {
		return err
	}
	inner := p.elem
	for inner.kind == kindPointer {
		inner = inner.elem
	}
	if string(text) != "null" && inner.kind != kindString {
		d.pos = start
		return d.value(p.elem, v)
	}
	if err := d.spend(int64(len(text)+7) &^ 7); err != nil {
		return err
	}
	nested := decoder{data: bytes.Clone(text), deepest: 1, memory: d.memory, allowed: d.allowed}
	if nested.next() != '"' && string(text) != "null" {
		return &Error{Problem: "is not a string in a string"}
	}
	if err := nested.value(p.elem, v); err != nil || nested.pos < len(nested.data) {
		return &Error{Problem: "is not a string in a string"}
	}
	d.memory = nested.memory
	return nil
}

// own lets a type decode itself.
func (d *decoder) own(p *plan, v reflect.Value) *Error {
	start := d.pos
	if p.kind == kindOwnText {
		if d.data[start] != '"' {
			return d.mismatch(p)
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		if err := d.spend(int64(len(text))); err != nil {
			return err
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
			return asError(err)
		}
		return nil
	}
	if err := d.skip(); err != nil {
		return err
	}
	raw := d.data[start:d.pos:d.pos]
	if !utf8.Valid(raw) {
		return &Error{Problem: "is not UTF-8", fatal: true}
	}
	if p.kind == kindPart {
		v.SetBytes(raw)
		return nil
	}
	if err := d.spend(int64(len(raw))); err != nil {
		return err
	}
	if p.kind == kindRaw {
		v.SetBytes(bytes.Clone(raw))
		return nil
	}
	if bytes.IndexByte(raw, '\\') >= 0 { // which the type would read as U+FFFD
		if whole, err := d.unescape(raw); err != nil {
			return err
		} else if !whole {
			return halfPair()
		}
	}
	if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw); err != nil {
		return asError(err)
	}
	return nil
}
