package lenient

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Tag is the struct tag wire of a field: how it stands on the wire, where that
// differs from what its Go type and its tag json say. Its options are
// separated by commas:
//
//	unit=ms|s|m|h   a time.Duration, or those of a list or map, counts these
//	essential       an answer without a readable value of it is of no use: see
//	                [Decode]. Nothing stands for a value: a number, a bool or a
//	                text takes no null, the first two no "", and what has a
//	                fraction no false; a list takes [], {} and decimal names
//	                alone, an object [] alone for one that is empty. A list of
//	                numbers is read whole or not at all, because they count by
//	                their place. A pointer takes null, and what a type makes of
//	                it that decodes itself is its own affair
//	null            an essential value may be null as well, and a number or bool ""
//	                or false
//	nothing         an essential object may be null, false or "" as well
//	alias=a|b.c     names from which it is read too, where its own is absent or
//	                holds the zero value; the first that holds another wins.
//	                a.b is the member b of an object a beside it
//	trim            space around a text is left out when it is read
//	text            a number or duration is written in a string
//	flag            a bool is written as 1 or 0
//	fill=name       an empty string is filled when it is written: see [Marshal]
type Tag struct {
	Unit      time.Duration // 0 where the field does not count one
	Essential bool
	Null      bool
	Nothing   bool
	Aliases   []string
	Trim      bool
	Text      bool
	Flag      bool
	Fill      string
}

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}

// TagOf reads the tag of a field. It panics if there is an option that does not
// exist, as that cannot come from outside.
func TagOf(f reflect.StructField) Tag {
	var t Tag
	text := f.Tag.Get("wire")
	if text == "" {
		return t
	}
	for option := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(option, "=")
		ok := value == ""
		switch name {
		case "unit":
			t.Unit, ok = units[value]
		case "alias":
			t.Aliases, ok = strings.Split(value, "|"), value != ""
		case "fill":
			t.Fill, ok = value, value != ""
		case "essential":
			t.Essential = true
		case "null":
			t.Null = true
		case "nothing":
			t.Nothing = true
		case "trim":
			t.Trim = true
		case "text":
			t.Text = true
		case "flag":
			t.Flag = true
		default:
			ok = false
		}
		if !ok {
			panic("lenient: field " + f.Name + " has an unknown option in its tag wire: " + option)
		}
	}
	return t
}

// fieldInfo is a field of a struct that becomes a member of an object.
type fieldInfo struct {
	reflect.StructField

	name      string // of the member
	named     bool   // by its tag
	path      []int
	omitEmpty bool
	omitZero  bool
	quoted    bool // the option string of the tag json
	wire      Tag
}

// fieldsOf returns the fields of struct t, and those of the structs that it
// embeds, as encoding/json chooses them.
func fieldsOf(t reflect.Type) []fieldInfo {
	var all []fieldInfo
	type level struct {
		t    reflect.Type
		path []int
	}
	visited := map[reflect.Type]bool{}
	var count map[reflect.Type]int
	for next := []level{{t, nil}}; len(next) > 0; {
		current, times := next, count
		next, count = nil, map[reflect.Type]int{}
		for _, l := range current {
			if visited[l.t] {
				continue
			}
			visited[l.t] = true
			for i := range l.t.NumField() {
				f, embedded, ok := infoOf(l.t.Field(i), append(slices.Clone(l.path), i))
				switch {
				case !ok:
				case embedded != nil:
					if count[embedded]++; count[embedded] == 1 {
						next = append(next, level{embedded, f.path})
					}
				default:
					all = append(all, f)
					if times[l.t] > 1 { // the struct is embedded twice: its fields hide each other
						all = append(all, f)
					}
				}
			}
		}
	}
	return dominant(all)
}

// infoOf returns what the tags of a field say. An embedded struct without a
// name is returned as such. It reports false for what is no member.
func infoOf(f reflect.StructField, path []int) (info fieldInfo, embedded reflect.Type, ok bool) {
	inner := f.Type
	if inner.Name() == "" && inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	if !f.IsExported() && (!f.Anonymous || inner.Kind() != reflect.Struct) || f.Tag.Get("json") == "-" {
		return info, nil, false
	}
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !properName(name) {
		name = ""
	}
	info = fieldInfo{StructField: f, name: name, named: name != "", path: path}
	if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
		return info, inner, true
	}
	info.name, info.wire = cmp.Or(name, f.Name), TagOf(f)
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			info.omitEmpty = true
		case "omitzero":
			info.omitZero = true
		case "string":
			k := inner.Kind()
			info.quoted = k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
		}
	}
	return info, nil, true
}

// dominant leaves those fields that Go's rules for embedded structs, and those
// of encoding/json for tags, do not hide.
func dominant(all []fieldInfo) []fieldInfo {
	slices.SortStableFunc(all, func(a, b fieldInfo) int {
		named := 0
		if a.named != b.named {
			if named = 1; a.named {
				named = -1
			}
		}
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(len(a.path), len(b.path)), named, slices.Compare(a.path, b.path))
	})
	var fields []fieldInfo
	for i := 0; i < len(all); {
		same := 1
		for i+same < len(all) && all[i+same].name == all[i].name {
			same++
		}
		if same == 1 || len(all[i].path) != len(all[i+1].path) || all[i].named != all[i+1].named {
			fields = append(fields, all[i])
		}
		i += same
	}
	slices.SortFunc(fields, func(a, b fieldInfo) int { return slices.Compare(a.path, b.path) })
	return fields
}

// properName reports whether encoding/json takes the name of a tag.
func properName(name string) bool {
	for _, c := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return name != ""
}

// hasWireTag reports whether a struct, or one that it embeds, has a field with
// the tag wire. Such a type is decoded and encoded by its fields, whatever its
// methods are.
func hasWireTag(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for _, f := range fieldsOf(t) {
		if f.Tag.Get("wire") != "" {
			return true
		}
	}
	return false
}
