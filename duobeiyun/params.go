package duobeiyun

import (
	"errors"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-querystring/query"

	"github.com/edusdk/edusdk"
)

// A validator is a set of parameters with rules beyond those of all: that they
// are there and have no space around them.
type validator interface{ validate() error }

// paramsOf encodes and checks parameters: nil, a url.Values or a struct with
// url tags. What has the option omitempty may be left out; everything else
// must have a value.
func paramsOf(params any) ([]param, error) {
	if v, ok := params.(validator); ok {
		if err := v.validate(); err != nil {
			return nil, err
		}
	}
	var values url.Values
	switch p := params.(type) {
	case nil:
	case url.Values:
		values = p
	default:
		var err error
		if values, err = query.Values(p); err != nil {
			var f *edusdk.FieldError
			if errors.As(err, &f) {
				return nil, fieldError(goName(params, f.Field), f.Problem)
			}
			return nil, fieldError("params", "cannot be encoded: they must be a struct, a url.Values or a map[string]string")
		}
	}
	ps := make([]param, 0, len(values)+2)
	for name, vs := range values {
		if err := checkParam(params, name, vs); err != nil {
			return nil, err
		}
		ps = append(ps, param{name, vs[0]})
	}
	return ps, nil
}

// checkParam refuses what would break the signature.
func checkParam(params any, name string, values []string) error {
	var problem string
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return fieldError("params", "hold one whose name is empty or has space around it")
	case name == paramPartner, name == paramTimestamp, name == paramSign:
		problem = "is set by the client itself"
	case len(values) != 1:
		problem = "must have one value"
	default:
		problem = valueProblem(values[0])
	}
	if problem == "" {
		return nil
	}
	return fieldError(goName(params, name), problem)
}

// valueProblem says what is wrong with a parameter's value, or "".
func valueProblem(v string) string {
	switch {
	case v == "":
		return "must not be empty"
	case strings.TrimSpace(v) != v:
		return "must not begin or end with a space: the vendor would reject the signature"
	case !utf8.ValidString(v):
		return "must be UTF-8"
	}
	return ""
}

// goName returns the name of the struct field that becomes the parameter, or
// the parameter's own name.
func goName(params any, name string) string {
	t := reflect.TypeOf(params)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return name
	}
	for _, f := range reflect.VisibleFields(t) {
		if wire, _, _ := strings.Cut(f.Tag.Get("url"), ","); wire == name {
			if alias := f.Tag.Get("arg"); alias != "" {
				return alias
			}
			return f.Name
		}
	}
	return name
}

func fieldError(field, problem string) error {
	return &edusdk.FieldError{Field: field, Problem: problem}
}

// The parameters that many calls take by themselves; arg is what the method
// calls them.
type (
	roomParams struct {
		RoomID string `url:"roomId" arg:"roomID"`
	}
	documentParams struct {
		DocumentID string `url:"documentId" arg:"documentID"`
	}
)

// startTime returns t as the vendor wants it, in its own zone.
func startTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// minutes and hours are the units in which a room's length is sent.
type (
	minutes time.Duration
	hours   time.Duration
)

// EncodeValues implements query.Encoder.
func (m minutes) EncodeValues(key string, v *url.Values) error {
	return encodeLength(key, v, time.Duration(m), time.Minute, 30, 300, "must be 30 to 300 whole minutes")
}

// EncodeValues implements query.Encoder.
func (h hours) EncodeValues(key string, v *url.Values) error {
	return encodeLength(key, v, time.Duration(h), time.Hour, 1, 5, "must be 1 to 5 whole hours")
}

func encodeLength(key string, v *url.Values, d, unit time.Duration, least, most int, problem string) error {
	if n := int(d / unit); d%unit == 0 && n >= least && n <= most {
		v.Set(key, strconv.Itoa(n))
		return nil
	}
	return fieldError(key, problem)
}

// valueOf returns a copy of what req points to; nil stands for the zero value.
func valueOf[T any](req *T) T {
	if req == nil {
		return *new(T)
	}
	return *req
}
