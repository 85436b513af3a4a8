package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/transport"
)

// envelopes are what the vendors' successes have beside their payloads; members of
// the envelope that are not here are left out.
var envelopes = map[string]map[string]string{
	"duobeiyun":   {"success": "true", "error": ""},
	"douyin":      {"err_no": "0", "err_msg": "", "err_tips": "", "message": "", "log_id": "", "extra": "", "data.error_code": "", "data.description": "", "data.log_id": ""},
	"supervision": {"returnCode": `"0"`, "returnMsg": ""},
	"zjy":         {"code": "1", "msg": ""},
	"recorded":    {"code": "200", "msg": ""},
}

// spot is a place in an answer, made of its type.
type spot struct {
	path      string // with indices: "items[0].roomId"
	sort      sort
	essential bool
	null      bool // null may stand for it
	nothing   bool // and false and ""
	element   bool // an element of a list
	lists     bool // an object, in whose place a list may stand
	unmarked  bool // a number that is no integer: false is none of it
	elements  []string
	in        *spot
}

// sort is what stands at a spot.
type sort uint8

const (
	opaque sort = iota
	number
	truth
	text
	moment
	list
	object
	dictionary
)

// The values of a good answer: one instant, and the same digits for texts and numbers.
const (
	digits  = "12"
	instant = `"2026-05-01 08:00:00"`
	example = "张三"
)

// same are the ways to write the values of a good answer that mean the same.
var same = map[sort][]string{
	number: {`"12"`, `12.0`, `1.2e1`, `"1.2E+1"`, `" 12 "`, `"12.00"`, `120e-1`},
	truth:  {`1`, `"1"`, `"true"`, `"True"`, `"TRUE"`},
	text:   {`12`},
	moment: {
		`"2026-05-01T08:00:00+08:00"`, `"2026-05-01T00:00:00Z"`, `"2026-05-01 08:00"`, `"2026/5/1 08:00:00"`, `"2026-05-01 08:00:00.000"`,
		`"2026-05-01T08:00:00"`, `"2026-05-01T08:00:00.0000000+0800"`, `1777593600000`, `"1777593600000"`, `1.7775936e12`,
		`"/Date(1777593600000)/"`, `"\/Date(1777593600000+0800)\/"`,
	},
}

// wrong are values that stand for none of a sort.
var wrong = map[sort][]string{
	number: {`"canary"`, `{}`, `[1]`, `[]`, `"1,200"`, `"0x10"`},
	truth:  {`"maybe"`, `{}`, `[true]`, `2`},
	text:   {`{"canary":1}`, `["canary"]`, `{}`, `"\ud83d"`},
	moment: {`"canary"`, `{}`, `true`, `"2026-13-01 08:00:00"`, `"/Date(canary)/"`},
	list:   {`"canary"`, `7`, `true`, `{"error":"canary"}`, `{"0":{},"x":{}}`},
	object: {`"canary"`, `7`, `true`, `["canary"]`},
	dictionary: {
		`"canary"`, `7`, `true`,
	},
}

// answer is a good answer of a type, whose spots can be written in other ways.
type answer struct {
	vendor string
	spots  []*spot
	within []reflect.Type
}

var timeType = reflect.TypeFor[time.Time]()

// sortOf tells what values of a type are.
func sortOf(t reflect.Type) sort {
	if fields := lenient.Fields(t); len(fields) > 0 && !isMoment(t) {
		return object
	}
	switch {
	case isMoment(t):
		return moment
	case t == reflect.TypeFor[json.RawMessage]():
		return opaque
	}
	switch t.Kind() {
	case reflect.Pointer:
		return sortOf(t.Elem())
	case reflect.String:
		return text
	case reflect.Bool:
		return truth
	case reflect.Slice, reflect.Map:
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return opaque // douyin.Query and RichText, which their own tests are for
		}
		if t.Kind() == reflect.Map {
			return dictionary
		}
		return list
	case reflect.Struct:
		return opaque
	}
	return number
}

func isMoment(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Type == timeType
}

// write returns a good value of type t at s, and notes the spots in it. At the spots of
// other, the values are those of it.
func (a *answer) write(s *spot, t reflect.Type, other map[string]string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if value, there := other[s.path]; there {
		return value
	}
	s.sort = sortOf(t)
	s.unmarked = s.sort == number && (t.Kind() == reflect.Float64 || t == reflect.TypeFor[time.Duration]())
	if shaped, ok := reflect.New(t).Interface().(lenient.Shaped); ok {
		s.lists = reflect.TypeOf(shaped.Shape('[')).Elem().Kind() == reflect.Slice
	}
	if s.path != "" {
		a.spots = append(a.spots, s)
	}
	switch s.sort {
	case number:
		return digits
	case truth:
		return "true"
	case text:
		return `"` + digits + `"`
	case moment:
		return instant
	case list:
		if isWithin(a.within, t) {
			return "[]"
		}
		var elements []string
		for i := range 2 {
			e := &spot{path: fmt.Sprintf("%s[%d]", s.path, i), element: true, in: s}
			elements = append(elements, a.write(e, t.Elem(), other))
		}
		s.elements = elements
		return "[" + strings.Join(elements, ",") + "]"
	case dictionary:
		return `{"1":` + (&answer{}).write(&spot{}, t.Elem(), nil) + "}"
	case object:
		a.within = append(a.within, t)
		defer func() { a.within = a.within[:len(a.within)-1] }()
		var members []string
		for _, f := range lenient.Fields(t) {
			path := strings.TrimPrefix(s.path+"."+f.Name, ".")
			value, fixed := envelopes[a.vendor][path]
			switch {
			case fixed && value == "":
				continue
			case !fixed:
				value = a.write(&spot{path: path, essential: f.Tag.Essential, null: f.Tag.Null || f.Tag.Nothing, nothing: f.Tag.Nothing, in: s}, f.Type, other)
			}
			members = append(members, `"`+f.Name+`":`+value)
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return "null"
}

func isWithin(types []reflect.Type, list reflect.Type) bool {
	e := list.Elem()
	for e.Kind() == reflect.Pointer {
		e = e.Elem()
	}
	return slices.Contains(types, e)
}

// isNumbers reports whether s is one of a list of numbers, which count by their place.
func (s *spot) isNumbers() bool {
	return s.in != nil && s.in.sort == list && (s.sort == number || s.sort == truth)
}

// fate is what becomes of an answer with a value that cannot be read.
type fate struct {
	fails   bool   // the call
	omitted string // or what is left out of the result
	half    bool   // something is left out that is not whole without an essential field
}

// fateOf follows a value that cannot be read from its spot upwards.
func fateOf(s *spot) fate {
	half := false
	for ; s.path != ""; s = s.in {
		switch {
		case s.element && s.isNumbers() && s.in.essential:
			// An element that counts by its place takes the list with it.
		case s.element:
			return fate{omitted: s.path}
		case !s.essential:
			return fate{omitted: s.path, half: half}
		default:
			half = true
		}
	}
	return fate{fails: true}
}

// reply is an answer to a request.
type reply struct {
	body  []byte
	label string
}

// stage is a client whose requests are answered with what the reply of the moment is.
type stage struct {
	*operation

	reply reply
	roots []any
}

func (s *stage) RoundTrip(req *http.Request) (*http.Response, error) { return s.reply.roundTrip(req) }

func (r reply) roundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {r.label}}, Body: io.NopCloser(bytes.NewReader(r.body)), ContentLength: int64(len(r.body)),
	}, nil
}

// play calls an operation whose answer is r.
func (s *stage) play(t *testing.T, r reply) (result any, unread []edusdk.UnreadField, err error) {
	t.Helper()
	if s.reply = r; s.roots == nil || s.class == login { // of which a failure is remembered
		s.roots, err = s.vendor.open("http://127.0.0.1:1", loggedIn{}, []edusdk.Option{edusdk.WithTransport(s), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})})
		require.NoError(t, err)
	}
	var raw edusdk.Captured
	method := s.method(s.roots)
	in := []reflect.Value{reflect.ValueOf(edusdk.WithCapture(t.Context(), &raw))}
	for _, arg := range s.args {
		value := reflect.ValueOf(arg)
		if isMaker(value.Type()) {
			value = value.Call(nil)[0]
		}
		in = append(in, value)
	}
	out := method.Call(in)
	err, _ = out[len(out)-1].Interface().(error)
	if len(out) > 1 {
		result = out[0].Interface()
	}
	return result, raw.Unread, err
}

// TestDialectsOfEveryField writes every field of every answer in the ways of PHP, Java
// and .NET, and in ways that mean nothing: what means the same is read as the same,
// and what means nothing fails the call or is reported, by whether the field is
// declared as essential.
func TestDialectsOfEveryField(t *testing.T) {
	t.Parallel()
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			declared := declarations(v.name)
			tried := map[string]bool{}
			roots, err := v.open("http://127.0.0.1:1", loggedIn{}, nil)
			require.NoError(t, err)
			var ops []*operation
			for _, root := range roots {
				ops = append(ops, v.methodsOf(t, nil, reflect.ValueOf(root))...)
			}
			for _, o := range ops {
				spec, ok := declared[strings.Join(o.path, ".")]
				if !ok || spec.Answer == nil {
					continue
				}
				tried[spec.Op] = true
				t.Run(o.name, func(t *testing.T) { o.tryDialects(t, spec) })
			}
			for op, spec := range declared {
				assert.True(t, tried[op] || spec.Answer == nil, "%s.%s is not tried", v.name, op)
			}
		})
	}
}

func (o *operation) tryDialects(t *testing.T, spec transport.Spec) {
	t.Helper()
	o.class = spec.Class
	stage := &stage{operation: o}
	good := answer{vendor: o.vendor.name}
	whole := good.write(&spot{}, spec.Answer, nil)
	require.True(t, json.Valid([]byte(whole)), "%s", whole)
	const label = "application/json"
	want, unread, err := stage.play(t, reply{[]byte(whole), label})
	require.NoError(t, err, "%s", whole)
	require.Empty(t, unread, "%s", whole)
	means := func(t *testing.T, what string, r reply) {
		t.Helper()
		got, unread, err := stage.play(t, r)
		if !assert.NoError(t, err, what) {
			return
		}
		assert.Empty(t, unread, what)
		if o.class != login { // whose result has the time in it
			assert.Equal(t, want, got, what)
		}
	}
	means(t, "with a byte order mark", reply{[]byte("\ufeff" + whole), label})
	means(t, "indented", reply{[]byte("\r\n" + strings.ReplaceAll(whole, ",", " ,\r\n\t") + "\n"), label})
	named := strings.Replace(whole, "{", `{"canary":"`+example+`",`, 1)
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(named)
	require.NoError(t, err)
	for _, charset := range []string{"GBK", "gb2312", "GB18030"} {
		means(t, "in "+charset, reply{[]byte(gbk), label + ";charset=" + charset})
		means(t, "in UTF-8, labelled "+charset, reply{[]byte(named), label + ";charset=" + charset})
	}
	_, _, err = stage.play(t, reply{[]byte(gbk), label})
	require.ErrorIs(t, err, edusdk.ErrMalformedResponse, "in GBK without a label")
	require.ErrorContains(t, err, "not UTF-8")

	tries := len(o.name) // another start for other operations
	try := func() bool {
		tries++
		return effort.One(3, tries)
	}
	for _, s := range good.spots {
		if strings.Contains(s.path, "[1]") {
			continue // elements are alike, and the second one is there to stay
		}
		with := func(value string) reply {
			body := (&answer{vendor: o.vendor.name}).write(&spot{}, spec.Answer, map[string]string{s.path: value})
			return reply{[]byte(body), label}
		}
		for _, value := range same[s.sort] {
			if !try() {
				continue
			}
			means(t, s.path+" = "+value, with(value))
		}
		if len(s.elements) == 2 { // with holes, and in another order
			means(t, s.path+" with decimal keys", with(`{"0":`+s.elements[0]+`,"3":`+s.elements[1]+`}`))
			means(t, s.path+" with unordered keys", with(`{"12":`+s.elements[1]+`,"7":`+s.elements[0]+`}`))
		}
		for _, value := range wrong[s.sort] {
			if !try() || s.lists && value[0] == '[' {
				continue // an element that cannot be read, as in other lists
			}
			stage.misreads(t, s, value, with(value))
		}
		for _, value := range []string{`null`, `""`, `false`} {
			if !try() {
				continue
			}
			if s.refuses(value) {
				stage.misreads(t, s, value, with(value))
				continue
			}
			_, unread, err := stage.play(t, with(value))
			if err != nil { // by what Absent says, which names it
				assert.ErrorIs(t, err, edusdk.ErrMalformedResponse, "%s = %s", s.path, value)
				assert.True(t, s.essential || o.class == login, "%s = %s fails the call: %v", s.path, value, err)
			}
			assert.Empty(t, unread, "%s = %s", s.path, value)
		}
	}
}

// refuses reports whether a value that stands for nothing does not stand for s.
func (s *spot) refuses(value string) bool {
	switch {
	case s.element && s.sort == object:
		return true // nothing is no element
	case s.element && s.isNumbers():
		return s.in.essential && value != `false`
	case s.sort == opaque || s.element || s.sort == moment:
		return false
	case s.sort == text && value != `null`:
		return false // "" is one, and false the text of it
	case value == `false` && (s.sort == number || s.sort == truth):
		return s.unmarked && s.essential && !s.null
	case s.sort == list && s.essential:
		return value != `null` || !s.null
	case s.sort == object || s.sort == dictionary:
		return s.essential && !s.nothing && value != `null` // for null, Absent speaks, or the type
	}
	return s.essential && !s.null
}

// misreads checks what becomes of a value that cannot be read.
func (s *stage) misreads(t *testing.T, at *spot, value string, r reply) {
	t.Helper()
	what := fmt.Sprintf("%s = %s", at.path, value)
	want := fateOf(at)
	assert.False(t, want.half, "%s is essential to %s, which is decorative: it would be half a truth", at.path, want.omitted)
	_, unread, err := s.play(t, r)
	if want.fails {
		if !assert.ErrorIs(t, err, edusdk.ErrMalformedResponse, what) {
			return
		}
		assert.Contains(t, err.Error(), "field "+at.path, what)
		assert.NotContains(t, err.Error(), "canary", what)
		return
	}
	if !assert.NoError(t, err, what) || s.class == login {
		return
	}
	if !assert.NotEmpty(t, unread, "%s is not reported", what) {
		return
	}
	for _, u := range unread {
		assert.Equal(t, want.omitted, u.Omitted, what)
		assert.True(t, strings.HasPrefix(u.Field, at.path), "%s is reported as %s", what, u.Field)
		assert.Equal(t, strings.HasSuffix(want.omitted, "]"), u.Incomplete(), what)
		assert.NotContains(t, u.Problem, "canary", what)
	}
}
