package faulttest

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
)

const (
	memoryCap = 64 << 10
	// memoryFactor is how many times the cap on its size an answer may take, all
	// that is allocated meanwhile included.
	memoryFactor = 8
	// memoryOfRace is how many times the cap the race detector may add: it has
	// sync.Pool drop what is put back, at random, and keeps books of its own.
	memoryOfRace = 4
	// memoryOfCall is what a call takes beside its answer: an upload reads its file.
	memoryOfCall = 128 << 10
)

// No answer that the cap on the size of answers lets through becomes more than a few
// times that cap: whatever lists and objects stand where the operation's answer type
// has lists, maps and pointers, and wherever nobody expects any.
func TestMemoryOfAnswersIsBounded(t *testing.T) { //nolint:paralleltest // it measures
	for i := range vendors {
		v := &vendors[i]
		tried := map[reflect.Type]bool{} // operations whose answers are of the same type have the same decoder
		refused := 0
		for _, o := range v.operations(t) {
			m := newMeter(t, o)
			if typ := m.answerType(); !tried[typ] {
				tried[typ] = true
				t.Run(v.name+"."+o.name, m.measureAll)
			}
			closeIdle(m.roots)
			refused += m.refused
		}
		assert.NotZero(t, refused, "%s: answers that were refused because they would become many times their size", v.name)
	}
}

// meter measures what an operation allocates for its answer.
type meter struct {
	op      *operation
	roots   []any
	body    string // that is answered
	worst   float64
	calls   int
	refused int // answers that were, for what they would have become
}

func newMeter(t *testing.T, o *operation) *meter {
	t.Helper()
	m := &meter{op: o}
	var err error
	m.roots, err = o.vendor.open("http://vendor.example.com", loggedIn{}, []edusdk.Option{
		edusdk.WithTransport(m), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}), edusdk.WithMaxResponseSize(memoryCap),
	})
	require.NoError(t, err)
	return m
}

// RoundTrip implements http.RoundTripper.
func (m *meter) RoundTrip(req *http.Request) (*http.Response, error) {
	body := m.body
	if req.URL.Path != m.op.first {
		body = m.op.vendor.answer(req.URL.Path)
	}
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1,
	}, nil
}

// answerType is the type of the first result.
func (m *meter) answerType() reflect.Type { return m.op.method(m.roots).Type().Out(0) }

// elements are what hostile lists and objects are made of.
var elements = []string{`{}`, `0`, `null`, `[]`, `"\n"`, `1.5`}

func (m *meter) measureAll(t *testing.T) {
	names := map[string]bool{}
	holders(m.answerType(), names, map[reflect.Type]bool{})
	if m.op.path[0] == "Call" {
		for _, out := range []any{new(any), new(map[string][]struct{ A, B, C, D string }), new(map[string]string)} {
			m.op.args = append(slices.Clone(m.op.args[:len(m.op.args)-1]), out)
			m.measure(t, names)
		}
	} else {
		m.measure(t, names)
	}
	t.Logf("at the most, one of %d answers took %.1f times the cap; %d were refused", m.calls, m.worst, m.refused)
}

// holders collects the wire names of the fields that hold more than a scalar.
func holders(t reflect.Type, names map[string]bool, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() == reflect.Func { // an iterator
		t = t.In(0).In(0)
		holders(t, names, seen)
		return
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		switch f.Type.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Struct, reflect.Interface:
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				names[name] = true
			}
			holders(f.Type, names, seen)
		}
	}
}

// measure calls the operation with hostile answers that are made of its good one.
func (m *meter) measure(t *testing.T, names map[string]bool) {
	good := m.op.vendor.answer(m.op.first)
	var root any
	if json.Unmarshal([]byte(good), &root) != nil {
		root = map[string]any{"success": true} // the good one is a page
	}
	inner := slices.Clone(elements)
	if !effort.Long() {
		inner = inner[:2]
	} else {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			inner = append(inner, `{"`+name+`":{}}`, `{"`+name+`":[{}]}`)
		}
	}
	const mark = `"the-hostile-part"`
	for at, place := range places(root, names) {
		if at%2 != 0 && !effort.Long() {
			continue
		}
		shapes, sizes := elements[:2], []int{memoryCap / 4}
		switch {
		case place.list && effort.Long():
			shapes, sizes = inner, []int{memoryCap / 8, memoryCap}
		case place.list:
			shapes, sizes = inner, []int{memoryCap}
		}
		place.put(json.RawMessage(mark))
		text, err := json.Marshal(root)
		require.NoError(t, err)
		place.restore()
		for _, element := range shapes {
			for _, size := range sizes {
				for _, hostile := range []string{many("[", element, "]", size-len(text)), many("{", `"%d":`+element, "}", size-len(text))} {
					m.body = strings.Replace(string(text), mark, hostile, 1)
					m.call(t)
				}
			}
		}
	}
}

// many repeats an element as often as fits; %d in it becomes its number.
func many(start, element, end string, size int) string {
	var b strings.Builder
	b.WriteString(start)
	for i := 0; ; i++ {
		e := strings.Replace(element, "%d", strconv.Itoa(i), 1)
		if b.Len()+len(e)+len(",]") > size {
			return b.String() + end
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(e)
	}
}

// place is where a good answer can be made hostile.
type place struct {
	list    bool // a list stands there
	put     func(value any)
	restore func()
}

// places returns the members of all objects in an answer, those that are there and
// those of the names.
func places(v any, names map[string]bool) (all []place) {
	object, ok := v.(map[string]any)
	if !ok {
		if list, ok := v.([]any); ok && len(list) > 0 {
			return places(list[0], names)
		}
		return nil
	}
	candidates := maps.Clone(names)
	for name, value := range object {
		if _, scalar := value.(string); !scalar {
			candidates[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(candidates)) {
		value, there := object[name]
		_, list := value.([]any)
		all = append(all, place{
			list: list,
			put:  func(hostile any) { object[name] = hostile },
			restore: func() {
				if object[name] = value; !there {
					delete(object, name)
				}
			},
		})
		all = append(all, places(value, names)...)
	}
	return all
}

// call calls the operation once and measures.
func (m *meter) call(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := m.op.call(context.Background(), m.roots)
	runtime.ReadMemStats(&after)
	took := int64(after.TotalAlloc-before.TotalAlloc) - memoryOfCall
	if err != nil && strings.Contains(err.Error(), "edusdk.WithMaxResponseSize") {
		m.refused++
		var e *edusdk.Error
		if assert.ErrorAs(t, err, &e) {
			assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind)
		}
	}
	m.calls++
	m.worst = max(m.worst, float64(took)/memoryCap)
	allowed := int64(memoryFactor * memoryCap)
	if underRace {
		allowed += memoryOfRace * memoryCap
	}
	if took > allowed {
		t.Errorf("an answer of %d bytes took %.1f times the cap: %.300s\nerror: %.300v", len(m.body), float64(took)/memoryCap, m.body, err)
	}
}
