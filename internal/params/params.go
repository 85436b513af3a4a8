// Package params turns the parameters of a call into the form in which they go
// over the wire, and checks them on the way.
package params

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/go-querystring/query"

	"github.com/edusdk/edusdk"
)

// Param is a parameter with a value that is not empty.
type Param struct{ Name, Value string }

// Rule is a vendor's own rule for a parameter: it returns what is wrong with
// it, or "".
type Rule func(name, value string) string

// Of encodes parameters, sorted by their names: those of a url.Values, a
// map[string]string or a struct with url tags; nil has none. What has the
// option omitempty may be left out; everything else must have one value, in
// UTF-8. All that is wrong is returned, as by [Join]; the errors are
// *edusdk.FieldError and name the struct's field, or the argument that its tag
// arg names.
func Of(v any, rule Rule) ([]Param, error) {
	var wrong problems
	if ps, ok := texts(v); ok {
		for _, p := range ps {
			if problem := check(p, 1, rule); problem != "" {
				wrong.add(goName(v, p.Name), problem)
			}
		}
		if len(wrong) > 0 {
			return nil, wrong.error()
		}
		return ps, nil
	}
	values, err := encode(v)
	if err != nil {
		return nil, err
	}
	ps := make([]Param, 0, len(values)+spare)
	for name, vs := range values {
		ps = append(ps, Param{Name: name})
		if len(vs) > 0 {
			ps[len(ps)-1].Value = vs[0]
		}
	}
	Sort(ps)
	for _, p := range ps { // in order, so that the same mistakes give the same error
		if problem := check(p, len(values[p.Name]), rule); problem != "" && !wrong.full() {
			wrong.add(goName(v, p.Name), problem)
		}
	}
	if len(wrong) > 0 {
		return nil, wrong.error()
	}
	return ps, nil
}

// spare is how many more parameters what Of returns has room for: vendors add a
// few of their own.
const spare = 3

// Sort sorts by name, in the order of bytes; parameters of one name keep their
// order.
func Sort(ps []Param) {
	slices.SortStableFunc(ps, func(a, b Param) int { return cmp.Compare(a.Name, b.Name) })
}

// Text says what is wrong with a value as text, or "".
func Text(v string) string {
	switch {
	case v == "":
		return "must not be empty"
	case !utf8.ValidString(v):
		return "must be UTF-8"
	}
	return ""
}

// FieldError returns an *edusdk.FieldError.
func FieldError(field, problem string) error {
	return &edusdk.FieldError{Field: field, Problem: problem}
}

// Join returns the errors that are not nil as one, like errors.Join, but says
// them in one line. A single error stays as it is.
func Join(errs ...error) error {
	all := make(joined, 0, len(errs))
	for _, err := range errs {
		if several, ok := err.(joined); ok { //nolint:errorlint // one that wraps it has more to say
			all = append(all, several...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// Split returns the errors that Join has joined to err, or err alone.
func Split(err error) []error {
	if several, ok := err.(joined); ok { //nolint:errorlint // one that wraps it has more to say
		return slices.Clone(several)
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// joined are several errors.
type joined []error

func (j joined) Error() string {
	texts := make([]string, len(j))
	for i, err := range j {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.Is and errors.As look at each.
func (j joined) Unwrap() []error { return j }

// ValueOf returns a copy of what req points to; nil stands for the zero value.
func ValueOf[T any](req *T) T {
	if req == nil {
		return *new(T)
	}
	return *req
}

func encode(v any) (url.Values, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case url.Values:
		return v, nil
	case map[string]string:
		values := make(url.Values, len(v))
		for name, value := range v {
			values.Set(name, value)
		}
		return values, nil
	}
	values, err := query.Values(v)
	var f *edusdk.FieldError
	switch {
	case errors.As(err, &f): // of a field that encodes itself, and knows only its wire name
		return nil, FieldError(goName(v, f.Field), f.Problem)
	case err != nil && reflect.Indirect(reflect.ValueOf(v)).Kind() == reflect.Struct:
		return nil, fmt.Errorf("%w: %w", FieldError("params", "cannot be encoded"), err)
	case err != nil:
		return nil, FieldError("params", "must be a struct, a url.Values or a map[string]string")
	}
	return values, nil
}

func check(p Param, values int, rule Rule) string {
	switch {
	case p.Name == "" || strings.TrimSpace(p.Name) != p.Name || !utf8.ValidString(p.Name):
		return "has no proper name"
	case values != 1:
		return "must have one value"
	}
	if problem := Text(p.Value); problem != "" || rule == nil {
		return problem
	}
	return rule(p.Name, p.Value)
}

// goName returns the name of the struct field that becomes the parameter, or
// the parameter's own name.
func goName(v any, name string) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return name
	}
	for _, f := range reflect.VisibleFields(t) {
		if wire, _, _ := strings.Cut(f.Tag.Get("url"), ","); wire == name {
			if arg := f.Tag.Get("arg"); arg != "" {
				return arg
			}
			return f.Name
		}
	}
	return name
}

// Form returns ps in URL encoding.
func Form(ps []Param) []byte {
	size := 0
	for _, p := range ps {
		size += len(p.Name) + 3*len(p.Value) + 2
	}
	form := make([]byte, 0, size)
	for i, p := range ps {
		if i > 0 {
			form = append(form, '&')
		}
		form = appendEscaped(form, p.Name)
		form = append(form, '=')
		form = appendEscaped(form, p.Value)
	}
	return form
}

// appendEscaped appends s as url.QueryEscape returns it.
func appendEscaped(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

// Values returns the parameters' values.
func Values(ps []Param) []string {
	values := make([]string, len(ps))
	for i, p := range ps {
		values[i] = p.Value
	}
	return values
}
