package lenient

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

type file struct {
	ID   int64  `json:"id" wire:"essential"`
	Name string `json:"name"`
	Size int64  `json:"size"`
}

type lesson struct {
	ID       string                `json:"id" wire:"essential"`
	Title    string                `json:"title" wire:"trim"`
	Files    []file                `json:"files"`
	Rooms    []file                `json:"rooms" wire:"essential,null"`
	Pages    []file                `json:"pages" wire:"essential"`
	Count    int                   `json:"count"`
	Series   []int                 `json:"series"`
	Hours    map[int]int           `json:"hours"`
	First    *file                 `json:"first"`
	Best     file                  `json:"best"`
	Length   time.Duration         `json:"length" wire:"unit=s"`
	Steps    []time.Duration       `json:"steps" wire:"unit=ms"`
	Trend    map[int]time.Duration `json:"trend" wire:"unit=m"`
	Limit    *time.Duration        `json:"limit" wire:"unit=h"`
	Document string                `json:"documentId" wire:"alias=slidesUuid|detail.slides"`
	Value    int                   `json:"value" wire:"alias=detail.triggervValue|triggervValue"`
	Detail   map[string]string     `json:"detail"`
	Names    []string              `json:"names" wire:"alias=name_list"`
	Query    map[string]string     `json:"query"`
}

// reports decodes an answer and returns what is reported, as path or
// path < what was left out.
func reports(t *testing.T, in string, v any) []string {
	t.Helper()
	var all []string
	require.NoError(t, Decode([]byte(in), v, func(e *Error) {
		assert.NotContains(t, e.Error(), "secret")
		switch e.Omitted {
		case e.Field:
			all = append(all, e.Field)
		case "":
			all = append(all, e.Field+" kept")
		default:
			all = append(all, e.Field+" < "+e.Omitted)
		}
	}))
	return all
}

func TestDecode(t *testing.T) {
	f := func(ids ...int64) []file {
		list := []file{}
		for _, id := range ids {
			list = append(list, file{ID: id})
		}
		return list
	}
	tests := map[string]struct {
		in      string
		want    lesson
		reports []string
	}{
		"list as an object":         {`{"files":{}}`, lesson{Files: f()}, nil},
		"list with holes":           {`{"files":{"0":{"id":5},"2":{"id":6}}}`, lesson{Files: f(5, 6)}, nil},
		"list from 1":               {`{"files":{"1":{"id":5}}}`, lesson{Files: f(5)}, nil},
		"list out of order":         {`{"files":{"10":{"id":3},"2":{"id":2},"1":{"id":1}}}`, lesson{Files: f(1, 2, 3)}, nil},
		"a number twice":            {`{"files":{"1":{"id":3},"0":{"id":2},"1":{"id":1}}}`, lesson{Files: f(2, 1)}, nil},
		"numbers out of order":      {`{"series":{"3":3,"1":1,"2":2}}`, lesson{Series: []int{1, 2, 3}}, nil},
		"list as false":             {`{"files":false}`, lesson{}, nil},
		"list as a text":            {`{"files":""}`, lesson{}, nil},
		"list as a word":            {`{"files":"secret"}`, lesson{}, []string{"files"}},
		"list as a number":          {`{"files":0}`, lesson{}, []string{"files"}},
		"list as another object":    {`{"files":{"0":{"id":1},"secret":{}},"count":1}`, lesson{Count: 1}, []string{"files"}},
		"list as 01":                {`{"files":{"01":{"id":1}}}`, lesson{}, []string{"files"}},
		"object as false":           {`{"best":false,"first":false}`, lesson{}, nil},
		"object as a list":          {`{"best":[],"first":[ ],"query":[]}`, lesson{}, nil},
		"object as a text":          {`{"best":"","first":" ","query":""}`, lesson{}, nil},
		"object as true":            {`{"best":true,"first":"secret"}`, lesson{}, []string{"best", "first"}},
		"payload":                   {`{"rooms":[{"id":1}],"pages":{"1":{"id":2}}}`, lesson{Rooms: f(1), Pages: f(2)}, nil},
		"payload of nothing":        {`{"rooms":{},"pages":[]}`, lesson{Rooms: f(), Pages: f()}, nil},
		"payload null":              {`{"rooms":null}`, lesson{}, nil},
		"broken element":            {`{"pages":[{"id":1},{"id":"secret"},{"id":3}]}`, lesson{Pages: f(1, 3)}, []string{"pages[1].id < pages[1]"}},
		"broken first element":      {`{"pages":[{"id":{}},{"id":2}]}`, lesson{Pages: f(2)}, []string{"pages[0].id < pages[0]"}},
		"nothing of a broken one":   {`{"pages":[{"name":"secret","size":1,"id":{}},{"id":2}]}`, lesson{Pages: f(2)}, []string{"pages[0].id < pages[0]"}},
		"element of another kind":   {`{"pages":[{"id":1},"secret",7,[1]]}`, lesson{Pages: f(1)}, []string{"pages[1]", "pages[2]", "pages[3]"}},
		"only broken elements":      {`{"pages":["secret"]}`, lesson{Pages: f()}, []string{"pages[0]"}},
		"broken element of numbers": {`{"files":{"7":{"id":1},"3":"secret"}}`, lesson{Files: f(1)}, []string{"files[3]"}},
		"decorative in an element":  {`{"pages":[{"id":1,"size":"secret"}]}`, lesson{Pages: f(1)}, []string{"pages[0].size"}},
		"both in an element":        {`{"pages":[{"size":[],"id":"secret"}]}`, lesson{Pages: f()}, []string{"pages[0].id < pages[0]"}},
		"decorative":                {`{"title":{},"count":"many","id":"1"}`, lesson{ID: "1"}, []string{"title", "count"}},
		"essential in an optional":  {`{"first":{"id":"secret"},"best":{"id":[]},"id":7}`, lesson{ID: "7"}, []string{"first.id < first", "best.id < best"}},
		"lost fraction":             {`{"count":202.52,"files":[{"id":1,"size":"1.5"}]}`, lesson{Count: 202, Files: []file{{ID: 1, Size: 1}}}, []string{"count kept", "files[0].size kept"}},
		"integral exponent":         {`{"count":2.02e2,"files":[{"id":"1e1","size":100e-2}]}`, lesson{Count: 202, Files: []file{{ID: 10, Size: 1}}}, nil},
		"integral fraction":         {`{"count":"202.000000"}`, lesson{Count: 202}, nil},
		"broken number in a list":   {`{"series":[1,"secret",3]}`, lesson{Series: []int{1, 3}}, []string{"series[1]"}},
		"list for a map":            {`{"hours":[5,6,7]}`, lesson{Hours: map[int]int{0: 5, 1: 6, 2: 7}}, nil},
		"broken entry":              {`{"hours":{"1":5,"secret":6,"3":"secret"}}`, lesson{Hours: map[int]int{1: 5}}, []string{"hours", "hours"}},
		"query of anything":         {`{"query":{"a":{"secret":1},"b":2}}`, lesson{Query: map[string]string{"b": "2"}}, []string{"query"}},
		"query as a text":           {`{"query":"a=secret"}`, lesson{}, []string{"query"}},
		"durations":                 {`{"length":202.52,"steps":[75000,"0.5"],"trend":{"0":1.5}}`, lesson{Length: 202520 * time.Millisecond, Steps: []time.Duration{75 * time.Second, 500 * time.Microsecond}, Trend: map[int]time.Duration{0: 90 * time.Second}}, nil},
		"duration behind a pointer": {`{"limit":"24"}`, lesson{Limit: ptr(24 * time.Hour)}, nil},
		"no duration":               {`{"length":"","limit":"","steps":false}`, lesson{}, nil},
		"broken duration":           {`{"length":"secret","steps":[1,true]}`, lesson{Steps: []time.Duration{time.Millisecond}}, []string{"length", "steps[1]"}},
		"trimmed":                   {`{"title":" a\u00a0 \n"}`, lesson{Title: "a"}, nil},
		"own name":                  {`{"documentId":"a","slidesUuid":"b"}`, lesson{Document: "a"}, nil},
		"own name last":             {`{"slidesUuid":"b","documentId":"a"}`, lesson{Document: "a"}, nil},
		"other name":                {`{"slidesUuid":"b"}`, lesson{Document: "b"}, nil},
		"own name empty":            {`{"documentId":"","slidesUuid":"b"}`, lesson{Document: "b"}, nil},
		"own name empty and last":   {`{"slidesUuid":"b","documentId":null}`, lesson{Document: "b"}, nil},
		"other name in other case":  {`{"SLIDESUUID":"b"}`, lesson{Document: "b"}, nil},
		"name deeper":               {`{"detail":{"slides":"c","triggervValue":3}}`, lesson{Document: "c", Value: 3, Detail: map[string]string{"slides": "c", "triggervValue": "3"}}, nil},
		"name deeper comes last":    {`{"detail":{"slides":"c"},"slidesUuid":"b","triggervValue":4}`, lesson{Document: "b", Value: 4, Detail: map[string]string{"slides": "c"}}, nil},
		"deeper is no object":       {`{"detail":"","triggervValue":"5"}`, lesson{Value: 5}, nil},
		"broken deeper":             {`{"detail":{"triggervValue":[]},"triggervValue":"5"}`, lesson{Value: 5, Detail: map[string]string{}}, []string{"detail", "detail.triggervValue"}},
		"deeper is a word":          {`{"documentId":"a","detail":"secret"}`, lesson{Document: "a"}, []string{"detail"}},
		"empty list and alias":      {`{"names":[],"name_list":null}`, lesson{Names: []string{}}, nil},
		"list under an alias":       {`{"names":null,"name_list":["a"]}`, lesson{Names: []string{"a"}}, nil},
		"broken own name":           {`{"slidesUuid":"b","documentId":{}}`, lesson{Document: "b"}, []string{"documentId"}},
		"half a pair":               {`{"title":"\ud83d","id":"1"}`, lesson{ID: "1"}, []string{"title"}},
		"a pair":                    {`{"title":"\ud83d\ude00"}`, lesson{Title: "😀"}, nil},
		"report in a dropped one":   {`{"pages":[{"size":{},"id":1},{"size":{},"id":{}}]}`, lesson{Pages: f(1)}, []string{"pages[0].size", "pages[1].id < pages[1]"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got lesson
			assert.Equal(t, tt.reports, reports(t, tt.in, &got))
			assert.Equal(t, tt.want, got)

			var strict lesson
			err := Unmarshal([]byte(tt.in), &strict)
			if tt.reports == nil {
				require.NoError(t, err)
				assert.Equal(t, tt.want, strict)
				return
			}
			require.Error(t, err, "where every field must be readable")
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"essential":             {`{"id":{}}`, "field id: has an object where a string was expected"},
		"payload null":          {`{"pages":null}`, "field pages: has null where an array was expected"},
		"payload false":         {`{"pages":false}`, "field pages: has a bool where an array was expected"},
		"payload text":          {`{"rooms":""}`, "field rooms: has a string where an array was expected"},
		"payload object":        {`{"rooms":{"error":"secret"}}`, "field rooms: has an object where an array was expected"},
		"payload number":        {`{"rooms":0}`, "field rooms: has a number where an array was expected"},
		"false for the whole":   {`false`, "has a bool where an object was expected"},
		"not UTF-8":             {"{\"pages\":[{\"id\":1,\"name\":\"\xd5\xc5\xc8\xfd\"}]}", "field pages[0].name: is not UTF-8"},
		"name that is not":      {"{\"query\":{\"\xd5\xc5\":\"\"}}", "field query: has a name that is not UTF-8"},
		"half a pair":           {`{"id":"\ud83dx"}`, "field id: has an escape of half a surrogate pair"},
		"two halves":            {`{"id":"\udc00\ud83d"}`, "field id: has an escape of half a surrogate pair"},
		"broken after a report": {`{"title":[],"count":1`, "the JSON is cut off or broken at byte 21"},
		"broken in what is out": {`{"pages":[{"id":"x","name":tru}]}`, "the JSON is cut off or broken at byte 31"},
		"broken in the unknown": {`{"unknown":{"a":[1,{]}}`, "the JSON is cut off or broken at byte 21"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := Decode([]byte(tt.in), new(lesson), func(e *Error) { t.Errorf("reports %v", e) })
			require.EqualError(t, err, tt.want)
			require.EqualError(t, Unmarshal([]byte(tt.in), new(lesson)), tt.want)
		})
	}
}

func TestNamesThatDoNotCount(t *testing.T) {
	type v struct {
		A string `json:"a" wire:"alias=b|c.d"`
	}
	for _, in := range []string{`{"a":"x","b":{}}`, `{"a":"x","c":{"d":{}}}`} {
		var got v
		assert.Empty(t, reports(t, in, &got))
		assert.Equal(t, v{"x"}, got)
		assert.Error(t, Unmarshal([]byte(in), &got), "a request is not accepted by halves")
	}
	var got v
	assert.Equal(t, []string{"c"}, reports(t, `{"a":"x","c":7}`, &got))
	for _, nothing := range []string{`null`, `""`, `[]`, `false`} {
		assert.NoError(t, Unmarshal([]byte(`{"c":`+nothing+`}`), &got))
	}
	assert.EqualError(t, Unmarshal([]byte(`{"c":7}`), &got), "field c: has a number where an object was expected")
	assert.Error(t, Unmarshal([]byte(`{"c":`), &got))
}

func TestEssentialObjects(t *testing.T) {
	type v struct {
		Course *file          `json:"course" wire:"essential"`
		Inner  inner          `json:"inner" wire:"essential"`
		Words  map[string]int `json:"words" wire:"essential"`
		List   map[string]int `json:"list" wire:"alias=l"`
	}
	for _, in := range []string{`{}`, `{"course":[],"inner":[],"words":[]}`, `{"course":null}`, `{"course":{"id":1},"list":false}`} {
		var got v
		assert.Empty(t, reports(t, in, &got), in)
	}
	for _, name := range []string{"course", "inner", "words"} {
		for _, value := range []string{`false`, `""`, `true`, `"secret"`, `7`, `[1]`} {
			err := Decode([]byte(`{"`+name+`":`+value+`}`), new(v), nil)
			assert.ErrorContains(t, err, "field "+name+": has a", value)
			assert.ErrorContains(t, err, "where an object was expected", value)
		}
	}
	for _, name := range []string{"inner", "words"} {
		assert.EqualError(t, Decode([]byte(`{"`+name+`":null}`), new(v), nil), "field "+name+": has null where an object was expected")
	}
}

// Nothing stands for an essential value, unless its tag says so.
func TestNothingStandsForWhatIsEssential(t *testing.T) {
	type word string
	type strict struct {
		Int    int               `json:"int" wire:"essential"`
		Uint   uint8             `json:"uint" wire:"essential"`
		Float  float64           `json:"float" wire:"essential"`
		Bool   bool              `json:"bool" wire:"essential"`
		Length time.Duration     `json:"length" wire:"essential,unit=s"`
		Text   string            `json:"text" wire:"essential"`
		Word   word              `json:"word" wire:"essential"`
		Code   Text              `json:"code" wire:"essential"`
		Named  int               `json:"named" wire:"essential,alias=n|inner.n"`
		Ptr    *int              `json:"ptr" wire:"essential"`
		Inner  map[string]string `json:"inner"`
	}
	type open struct {
		Int    int            `json:"int" wire:"essential,null"`
		Float  float64        `json:"float" wire:"essential,null"`
		Bool   bool           `json:"bool" wire:"essential,null"`
		Length time.Duration  `json:"length" wire:"essential,null,unit=s"`
		Text   string         `json:"text" wire:"essential,null"`
		List   []string       `json:"list" wire:"essential,null"`
		Object inner          `json:"object" wire:"essential,nothing"`
		Words  map[string]int `json:"words" wire:"essential,null"`
		Named  int            `json:"named" wire:"essential,null,alias=n"`
	}
	for name, expected := range map[string]string{
		"int": "a whole number", "uint": "a whole number", "float": "a number", "bool": "a bool", "length": "a number of units of time",
		"text": "a string", "word": "a string", "code": "a string", "named": "a whole number",
	} {
		assert.EqualError(t, Decode([]byte(`{"`+name+`":null}`), new(strict), nil), "field "+name+": has null where "+expected+" was expected")
		assert.Error(t, Unmarshal([]byte(`{"`+name+`":null}`), new(strict)), name)
		for _, blank := range []string{`""`, `"  "`} {
			err := Decode([]byte(`{"`+name+`":`+blank+`}`), new(strict), nil)
			if expected == "a string" {
				assert.NoError(t, err, "%s: %s is a text", name, blank)
			} else {
				assert.EqualError(t, err, "field "+name+": has a string where "+expected+" was expected")
			}
		}
	}
	for _, name := range []string{"float", "length"} {
		assert.ErrorContains(t, Decode([]byte(`{"`+name+`":false}`), new(strict), nil), "field "+name+": has a bool where")
	}
	for in, want := range map[string]int{
		`{"named":null,"n":3}`: 3, `{"n":3,"named":null}`: 3, `{"n":null,"named":4}`: 4, `{"named":null,"inner":{"n":"5"}}`: 5, `{"named":null,"n":0}`: 0,
		`{"named":1,"n":null}`: 1,
	} {
		var got strict
		assert.Empty(t, reports(t, in, &got), in)
		assert.Equal(t, want, got.Named, in)
	}
	assert.EqualError(t, Decode([]byte(`{"named":null,"n":null}`), new(strict), nil), "field named: has null where a whole number was expected")
	assert.EqualError(t, Decode([]byte(`{"named":"","n":3}`), new(strict), nil), "field named: has a string where a whole number was expected")
	var got strict
	assert.Empty(t, reports(t, `{"ptr":null}`, &got))
	assert.Nil(t, got.Ptr, "which says itself that there is nothing")

	var loose open
	assert.Empty(t, reports(t, `{"int":null,"float":"","bool":null,"length":false,"text":null,"list":null,"object":"","words":null,"named":null}`, &loose))
	assert.Equal(t, open{}, loose)
	assert.Error(t, Decode([]byte(`{"list":""}`), new(open), nil), "null alone stands for a list")
	assert.Error(t, Decode([]byte(`{"object":"x"}`), new(open), nil))
	assert.Error(t, Decode([]byte(`{"words":false}`), new(open), nil))
	assert.Empty(t, reports(t, `{"object":null}`, &loose))
	assert.Empty(t, reports(t, `{"object":false}`, &loose))
}

// The numbers of an essential list count by their place, so that none can be left out.
func TestEssentialListsOfNumbersAreWhole(t *testing.T) {
	type v struct {
		Series []int           `json:"series" wire:"essential"`
		Steps  []time.Duration `json:"steps" wire:"essential,unit=s"`
		Names  []string        `json:"names" wire:"essential"`
		Others []int           `json:"others"`
	}
	for in, want := range map[string]string{
		`{"series":[1,null,2]}`:          "field series[1]: has null where a whole number was expected",
		`{"series":[1,""]}`:              "field series[1]: has a string where a whole number was expected",
		`{"series":["x"]}`:               "field series[0]: has a string where a whole number was expected",
		`{"series":[1.5]}`:               "field series[0]: has a fraction where a whole number was expected",
		`{"steps":{"0":1,"1":{}}}`:       "field steps[1]: has an object where a number of units of time was expected",
		`{"series":[1],"steps":[null,]}`: "field steps[0]: has null where a number of units of time was expected",
	} {
		assert.EqualError(t, Decode([]byte(in), new(v), nil), want)
	}
	var got v
	assert.Equal(t, []string{"names[1]", "others[1]"}, reports(t, `{"series":["1",2.0,3e0],"names":["a",{},"b"],"others":[1,"x",3]}`, &got))
	assert.Equal(t, v{Series: []int{1, 2, 3}, Names: []string{"a", "b"}, Others: []int{1, 3}}, got)
}

// shapes is a list of files, a file, or the name of one.
type shapes struct {
	list []file
	one  file
	name string
}

func (s *shapes) Shape(first byte) any {
	switch first {
	case '[':
		return &s.list
	case '{':
		return &s.one
	case '"':
		return &s.name
	}
	return nil
}

func TestShaped(t *testing.T) {
	type v struct {
		Shapes shapes            `json:"shapes" wire:"essential"`
		May    Nullable[file]    `json:"may" wire:"essential"`
		Many   map[string]shapes `json:"many"`
	}
	var got v
	assert.Equal(t, []string{"shapes.size", "may.size"}, reports(t, `{"shapes":{"id":1,"size":{}},"may":{"id":2,"size":{}}}`, &got),
		"what is decorative in it does not fail the whole")
	assert.EqualValues(t, 1, got.Shapes.one.ID)
	assert.EqualValues(t, 2, got.May.Value.ID)
	got = v{}
	assert.Equal(t, []string{"shapes[0].id < shapes[0]", "many"}, reports(t, `{"shapes":[{"id":{}},{"id":3}],"may":null,"many":{"a":7,"b":"x"}}`, &got))
	assert.EqualValues(t, 3, got.Shapes.list[0].ID)
	assert.Equal(t, Nullable[file]{Given: true}, got.May)
	assert.Equal(t, map[string]shapes{"b": {name: "x"}}, got.Many)
	got = v{}
	assert.Equal(t, []string{"shapes[5].id < shapes[5]"}, reports(t, `{"shapes": { "7":{"id":9},"5":{"id":{}},"2":{"id":8}},"may":{}}`, &got))
	assert.Equal(t, []file{{ID: 8}, {ID: 9}}, got.Shapes.list, "a list as PHP writes it")
	for in, want := range map[string]string{
		`{"shapes":7}`:          "field shapes: has a number where an object was expected",
		`{"shapes":null}`:       "field shapes: has null where an object was expected",
		`{"shapes":""}`:         "field shapes: has a string where an object was expected",
		`{"shapes":{"id":{}}}`:  "field shapes.id: has an object where a whole number was expected",
		`{"may":false}`:         "field may: has a bool where an object was expected",
		`{"may":""}`:            "field may: has a string where an object was expected",
		`{"may":{"id":[]}}`:     "field may.id: has an array where a whole number was expected",
		`{"may":[{"id":1}]}`:    "field may: has an array where an object was expected",
		`{"many":{"a":{]}}`:     "the JSON is cut off or broken at byte 15",
		`{"may":{"id":1},"sh":`: "the JSON is cut off or broken at byte 21",
	} {
		assert.EqualError(t, Decode([]byte(in), new(v), nil), want, in)
	}
	assert.False(t, new(v).May.Given)
	assert.Equal(t, []string{"shapes", "shapes.id", "may", "may.id", "many[].id"}, Essential[v]())
}

func TestTypesThatDecodeThemselvesGetNoHalves(t *testing.T) {
	type v struct {
		Own own2 `json:"own"`
	}
	var got v
	assert.Equal(t, []string{"own"}, reports(t, `{"own":"\ud800x"}`, &got))
	assert.Empty(t, reports(t, `{"own":"\ud83d\ude00"}`, &got))
	assert.Equal(t, own2("😀"), got.Own)
}

type own2 string

func (o *own2) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*string)(o)) }

func TestEssentialIntegersLoseNothing(t *testing.T) {
	for in, want := range map[string]string{
		`{"files":[{"id":1.5}]}`:                     "field files[0].id: has a fraction where a whole number was expected",
		`{"files":[{"id":"1e-1"}]}`:                  "field files[0].id: has a fraction where a whole number was expected",
		`{"files":[{"id":5.4e18}]}`:                  "field files[0].id: has a rounded number where a whole number was expected",
		`{"files":[{"id":9223372036854775808}]}`:     "field files[0].id: has a number beyond the range of int64",
		`{"files":[{"id":1e400}]}`:                   "field files[0].id: has a number beyond the range of int64",
		`{"files":[{"id":"9999999999999999999e9"}]}`: "field files[0].id: has a number beyond the range of int64",
	} {
		var v lesson
		assert.EqualError(t, Unmarshal([]byte(in), &v), want)
		assert.Equal(t, []string{"files[0].id < files[0]"}, reports(t, in, &v))
	}
	for in, want := range map[string]int64{
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "9.223372036854775807e18": math.MaxInt64,
		"-0": 0, "0e999999999999": 0, "0.00e5": 0, "12345678901234567890e-1": 1234567890123456789, "1e15": 1e15,
	} {
		var v lesson
		require.NoError(t, Unmarshal([]byte(`{"files":[{"id":`+in+`}]}`), &v), in)
		assert.Equal(t, want, v.Files[0].ID, in)
	}
}

func TestReports(t *testing.T) {
	t.Run("tell what is incomplete", func(t *testing.T) {
		var incomplete []bool
		require.NoError(t, Decode([]byte(`{"pages":[{"id":{}},{"id":1,"size":{}}],"title":{}}`), new(lesson), func(e *Error) {
			incomplete = append(incomplete, e.Incomplete())
		}))
		assert.Equal(t, []bool{true, false, false}, incomplete)
	})
	t.Run("are bounded", func(t *testing.T) {
		var v lesson
		all := reports(t, `{"pages":[`+strings.Repeat(`{"id":{}},`, 1000)+`{"id":1}]}`, &v)
		require.Len(t, all, maxReports+1)
		assert.Len(t, v.Pages, 1)
	})
	t.Run("may be of no interest", func(t *testing.T) {
		require.NoError(t, Decode([]byte(`{"title":{}}`), new(lesson), nil))
	})
}

// own decodes itself for encoding/json in one line, as the vendors' types do.
type own struct {
	Name   string        `json:"name"`
	Length time.Duration `json:"length" wire:"unit=s"`
}

func (o *own) UnmarshalJSON(data []byte) error { return Unmarshal(data, o) }

func (o own) MarshalJSON() ([]byte, error) { return Marshal(o, nil) }

// outer has the methods of own, and more fields.
type outer struct {
	own

	Also string `json:"also"`
}

func TestTypesWithTagsAreDecodedByTheirFields(t *testing.T) {
	want := own{Name: "a", Length: 90 * time.Second}
	var direct, by own
	require.NoError(t, Unmarshal([]byte(`{"name":"a","length":"90"}`), &direct))
	require.NoError(t, json.Unmarshal([]byte(`{"name":"a","length":"90"}`), &by))
	assert.Equal(t, want, direct)
	assert.Equal(t, want, by)
	var o outer
	require.NoError(t, Unmarshal([]byte(`{"name":"a","length":90,"also":"b"}`), &o))
	assert.Equal(t, outer{want, "b"}, o)
	for _, v := range []any{want, &want, []own{want}, map[string]*own{"k": &want}} {
		text, err := Marshal(v, nil)
		require.NoError(t, err)
		plain, err := json.Marshal(v)
		require.NoError(t, err)
		assert.JSONEq(t, string(plain), string(text))
		assert.Contains(t, string(text), `{"name":"a","length":90}`)
	}
	text, err := Marshal(o, nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"a","length":90,"also":"b"}`, string(text))
}

type report struct {
	Platform string                 `json:"platform,omitempty" wire:"fill=platform"`
	Play     time.Duration          `json:"play" wire:"unit=s"`
	Length   time.Duration          `json:"length" wire:"unit=s,text"`
	Trend    map[int]time.Duration  `json:"trend" wire:"unit=m"`
	Steps    []time.Duration        `json:"steps,omitempty" wire:"unit=ms,text"`
	Sort     int                    `json:"sort" wire:"text"`
	Face     bool                   `json:"face" wire:"flag"`
	Both     *bool                  `json:"both" wire:"flag,text"`
	Name     string                 `json:"name"`
	Parts    []*report              `json:"parts,omitempty"`
	Any      any                    `json:"any,omitempty"`
	Words    map[string]string      `json:"words,omitempty"`
	Nested   struct{ Title string } `json:"nested" arg:"theNested"`
}

func TestMarshal(t *testing.T) {
	in := report{
		Play: 20 * time.Second, Length: time.Hour, Trend: map[int]time.Duration{1: 90 * time.Second, 10: time.Minute},
		Steps: []time.Duration{time.Second, 1500 * time.Microsecond}, Sort: -3, Face: true, Both: ptr(false), Name: "<a> & \"b\"",
		Parts: []*report{{Platform: "own"}, nil, {}},
	}
	before := in
	got, err := Marshal(&in, map[string]string{"platform": "P1"})
	require.NoError(t, err)
	empty := `"play":0,"length":"0","trend":null,"sort":"0","face":0,"both":null,"name":"","nested":{"Title":""}}`
	assert.Equal(t, `{"platform":"P1","play":20,"length":"3600","trend":{"1":1.5,"10":1},"steps":["1000","1.5"],"sort":"-3","face":1,"both":"0",`+
		`"name":"<a> & \"b\"","parts":[{"platform":"own",`+empty+`,null,{"platform":"P1",`+empty+`],"nested":{"Title":""}}`, string(got))
	assert.Equal(t, before, in)
	assert.Empty(t, in.Platform, "the caller's data stays as it is")

	var back report
	require.NoError(t, Unmarshal(got, &back))
	in.Platform, in.Parts[2].Platform = "P1", "P1"
	assert.Equal(t, in, back)

	got, err = Marshal(report{}, nil)
	require.NoError(t, err)
	assert.Equal(t, `{`+empty, string(got))
	got, err = Marshal(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, `null`, string(got))
}

type refusing struct{ error }

func (r refusing) MarshalJSON() ([]byte, error) { return nil, r.error }

func TestMarshalRefuses(t *testing.T) {
	loop := &report{}
	loop.Any = loop
	for name, tt := range map[string]struct {
		in             any
		field, problem string
	}{
		"a string":      {report{Name: "\xff"}, "Name", "must be UTF-8"},
		"in a list":     {&report{Parts: []*report{{}, {Name: "\xff"}}}, "Parts[1].Name", "must be UTF-8"},
		"in a map":      {report{Words: map[string]string{"secret": "\xff"}}, "Words", "must be UTF-8"},
		"a key":         {report{Words: map[string]string{"\xff": ""}}, "Words", "must have keys in UTF-8"},
		"by its arg":    {report{Nested: struct{ Title string }{"\xff"}}, "theNested.Title", "must be UTF-8"},
		"NaN":           {report{Any: math.NaN()}, "Any", "must be a number, and finite"},
		"a function":    {report{Any: func() {}}, "Any", "is of a type that JSON does not have"},
		"raw":           {report{Any: json.RawMessage("\"\xff\"")}, "Any", "must be UTF-8"},
		"not JSON":      {report{Any: json.RawMessage("secret")}, "Any", "cannot be encoded"},
		"its own error": {report{Any: refusing{&edusdk.FieldError{Field: "Inner", Problem: "is wrong"}}}, "Any.Inner", "is wrong"},
		"the whole":     {"\xff", "value", "must be UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Marshal(tt.in, nil)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, edusdk.FieldError{Field: tt.field, Problem: tt.problem}, *f)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	_, err := Marshal(loop, nil)
	assert.ErrorContains(t, err, "nests too deeply")
	_, err = Marshal(report{Any: refusing{errOwn}}, nil)
	assert.ErrorIs(t, err, errOwn)
}

type zero struct{ N int }

func (z *zero) IsZero() bool { return z.N == 7 }

func TestOmitZeroIsThatOfEncodingJSON(t *testing.T) {
	type v struct {
		Time  time.Time      `json:"time,omitzero"`
		Ptr   *time.Time     `json:"ptr,omitzero"`
		Zero  zero           `json:"zero,omitzero"`
		N     int            `json:"n,omitzero"`
		List  []int          `json:"list,omitzero"`
		Array [0]int         `json:"array,omitempty"`
		Inner inner          `json:"inner,omitempty"`
		Keys  map[bool]int   `json:"-"`
		Words map[word]int   `json:"words,omitempty"`
		Ints  map[int8]bool  `json:"ints,omitempty"`
		Uints map[uint8]bool `json:"uints,omitempty"`
	}
	for _, in := range []v{{}, {Zero: zero{7}, List: []int{}}, {Time: time.Unix(0, 0).UTC(), Ptr: &time.Time{}, N: 1, Words: map[word]int{"b": 1, "a": 2}, Ints: map[int8]bool{-1: true, 10: false}, Uints: map[uint8]bool{200: true}}} {
		for _, in := range []any{&in} {
			want, err := json.Marshal(in)
			require.NoError(t, err)
			got, err := Marshal(in, nil)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		}
	}
	_, err := Marshal(map[bool]int{true: 1}, nil)
	assert.ErrorContains(t, err, "keys of a type")
}

// What encoding/json refuses is refused, unless the table takes it.
func TestDecodeReportsWhatNoTypeTakes(t *testing.T) {
	type v struct {
		Number json.Number    `json:"number"`
		Bytes  []byte         `json:"bytes"`
		Func   func()         `json:"func"`
		Reader error          `json:"reader"`
		Word   word           `json:"word"`
		Uints  map[uint8]int  `json:"uints"`
		Quoted string         `json:"quoted,string"`
		Any    any            `json:"any"`
		F32    float32        `json:"f32"`
		Moment time.Time      `json:"moment"`
		Keys   map[bool]int   `json:"keys"`
		Array  [2]int         `json:"array"`
		Bool   *bool          `json:"bool"`
		Length *time.Duration `json:"length" wire:"unit=s"`
	}
	for in, path := range map[string]string{
		`{"number":"secret"}`: "number", `{"number":{}}`: "number", `{"bytes":"secret!"}`: "bytes", `{"bytes":7}`: "bytes", `{"bytes":["x"]}`: "bytes[0]",
		`{"func":1}`: "func", `{"reader":"x"}`: "reader", `{"word":7}`: "word", `{"uints":{"256":1}}`: "uints", `{"uints":{"-1":1}}`: "uints",
		`{"quoted":"secret"}`: "quoted", `{"quoted":"\"a\" "}`: "quoted", `{"any":[1e999]}`: "any", `{"any":{"\ud800":1}}`: "any", `{"f32":1e300}`: "f32",
		`{"f32":true}`: "f32", `{"moment":"secret"}`: "moment", `{"keys":{}}`: "keys", `{"array":["x",1]}`: "array[0]", `{"array":{"0":1}}`: "array",
		`{"bool":"secret"}`: "bool", `{"bool":{}}`: "bool", `{"length":[]}`: "length", `{"length":1e99}`: "length", `{"uints":{"\ud800":1}}`: "uints",
		`{"length":99999999999999999999}`: "length", `{"length":"9999999999.5"}`: "length",
	} {
		var got v
		assert.Equal(t, []string{path}, reports(t, in, &got), in)
		assert.Error(t, Unmarshal([]byte(in), &got), in)
	}
	var got v
	assert.Empty(t, reports(t, `{"number":"","bytes":[104,105],"bool":"","length":"","any":{"\u0061":1},"quoted":7,"uints":{"\u0031":2},"array":[1,2,3]}`, &got))
	assert.Equal(t, v{Bytes: []byte("hi"), Any: map[string]any{"a": 1.0}, Quoted: "7", Uints: map[uint8]int{1: 2}, Array: [2]int{1, 2}}, got)
}

func TestLimitOfMemory(t *testing.T) {
	type heavy struct {
		List  [][64]int64       `json:"list"`
		Ptrs  []*[64]int64      `json:"ptrs"`
		Text  string            `json:"text"`
		Map   map[string]int    `json:"map"`
		Any   any               `json:"any"`
		Bytes []byte            `json:"bytes"`
		Raw   json.RawMessage   `json:"raw"`
		Tree  map[string][]bool `json:"tree"`
	}
	for name, in := range map[string]string{
		"list": `{"list":[` + strings.Repeat(`[],`, 5000) + `[]]}`, "numbered": `{"list":{"1":[]` + strings.Repeat(`,"1":[]`, 5000) + `}}`,
		"pointers": `{"ptrs":[` + strings.Repeat(`[],`, 5000) + `[]]}`,
	} {
		assert.EqualError(t, Unmarshal([]byte(in), new(heavy)),
			"the decoded value takes more than "+strconv.Itoa(8*len(in)+1<<20)+" bytes of memory", name)
		assert.Error(t, Decode([]byte(in), new(heavy), nil), name)
		assert.NoError(t, (&Limit{Memory: 1 << 30}).Unmarshal([]byte(in), new(heavy)), name)
	}
	for name, in := range map[string]string{
		"text": `{"text":"` + strings.Repeat("x", 3000) + `"}`, "map": `{"map":{"a":1` + strings.Repeat(`,"a":1`, 500) + `}}`,
		"any": `{"any":[1` + strings.Repeat(`,1`, 500) + `]}`, "bytes": `{"bytes":"` + strings.Repeat("aaaa", 1000) + `"}`,
		"raw": `{"raw":"` + strings.Repeat("x", 3000) + `"}`, "any object": `{"any":{"a":{}` + strings.Repeat(`,"a":{}`, 500) + `}}`,
		"escaped text": `{"list":[],"\u0074ext":"\u0078` + strings.Repeat("x", 1500) + `"}`,
		"tree":         `{"tree":{"a":[true` + strings.Repeat(`,true`, 3000) + `]}}`,
	} {
		assert.ErrorContains(t, (&Limit{Memory: 2000}).Unmarshal([]byte(in), new(heavy)), "more than 2000 bytes", name)
		assert.NoError(t, Unmarshal([]byte(in), new(heavy)), name)
	}
}

// A Part is not copied, and what follows it in the text stays as it is.
func TestPart(t *testing.T) {
	const unchanged = `{"a":{"x":"\n"},"b":null,"c":[1,2]}`
	text := []byte(unchanged)
	var parts map[string]Part
	require.NoError(t, (&Limit{Memory: 2000}).Unmarshal(text, &parts))
	assert.Equal(t, map[string]Part{"a": Part(`{"x":"\n"}`), "b": Part("null"), "c": Part("[1,2]")}, parts)
	assert.Same(t, &text[5], &parts["a"][0], "it is copied")
	_ = append(parts["a"], "XXX"...)
	assert.True(t, bytes.Equal(text, []byte(unchanged)), "the text was written to")
	assert.Error(t, Unmarshal([]byte(`{"a":{"x"}}`), &parts))
	assert.Error(t, Unmarshal([]byte("{\"a\":\"\xff\"}"), &parts))
}

func TestTime(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*60*60)
	day := time.Date(2026, 3, 3, 10, 30, 0, 0, zone)
	for in, want := range map[string]time.Time{
		`"2026-03-03 10:30:00"`:              day,
		`"2026-03-03 10:30"`:                 day,
		`"2026/3/3 10:30"`:                   day,
		`" 2026-03-03T10:30:00 "`:            day,
		`"2026-03-03T10:30:00.25"`:           day.Add(250 * time.Millisecond),
		`"2026-03-03T10:30:00,123456789012"`: day.Add(123456789),
		`"2026-03-03T02:30:00Z"`:             day,
		`"2026-03-03T02:30Z"`:                day,
		`"2026-03-03T10:30:00+08:00"`:        day,
		`"2026-03-03T10:30:00.000+0800"`:     day,
		`"2026-03-03 10:30:00 +0800"`:        day,
		`"2026-03-02T21:00:00-05:30"`:        day,
		`"2026-03-03T11:30:00+09"`:           day,
		`"2026-03-03"`:                       day.Add(-10*time.Hour - 30*time.Minute),
		`1772505000000`:                      day,
		`"1772505000000"`:                    day,
		`1.772505e12`:                        day,
		`1772505000000.5`:                    day.Add(500 * time.Microsecond),
		`"\/Date(1772505000000)\/"`:          day,
		`"/Date(1772505000000+0800)/"`:       day,
		`"/Date(1772505000000-0500)/"`:       day,
		`"/Date(-1000)/"`:                    time.Unix(-1, 0).In(zone),
		`"/Date(0)/"`:                        time.Unix(0, 0).In(zone),
		`-1000`:                              time.Unix(-1, 0).In(zone),
		`0`:                                  {},
		`"0"`:                                {},
		`""`:                                 {},
		`null`:                               {},
		`false`:                              {},
		`"/Date(-62135596800000)/"`:          {},
		`"0001-01-01T00:00:00"`:              {},
		`"0000-00-00 00:00:00"`:              {},
		`"0001-01-01T00:00:00Z"`:             {},
	} {
		got, err := Time([]byte(in), zone, EpochMillis)
		require.NoError(t, err, in)
		assert.Equal(t, want.Format(time.RFC3339Nano), got.Format(time.RFC3339Nano), in)
		assert.Equal(t, want.IsZero(), got.IsZero(), in)
	}
	for in, want := range map[string]time.Time{`1772505000`: day, `"1772505000"`: day, `1772505000000`: day, `1772505000.5`: day.Add(time.Second / 2)} {
		got, err := Time([]byte(in), zone, EpochEither)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for _, in := range []string{
		`"secret"`, `true`, `{}`, `[]`, `"2026-02-30 10:30:00"`, `"2026-13-01"`, `"2026-03-03 24:00"`, `"2026-03-03 10:60"`, `"2026-03-03 10"`,
		`"2026-03/03"`, `"20260303"x`, `"2026-03-03T10:30:00+8"`, `"2026-03-03T10:30:00+08:0"`, `"2026-03-03T10:30:00."`, `"2026-03-03T10:30:00 x"`,
		`"/Date(secret)/"`, `"/Date(1"`, `"/Date(1+08)/x"`, `"/Date(1+8)/"`, `9e99`, `99999999999999999`, `"/Date(99999999999999999)/"`, `"`, ``, `"\ud800"`, `"26-03-03"`,
		`"0000-00-00 00:00:01"`,
	} {
		if in == `` {
			continue // encoding/json gives no type an empty text
		}
		got, err := Time([]byte(in), zone, EpochMillis)
		require.Error(t, err, "%s is %v", in, got)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{`"2026-03-03 10:30:00"`, `"2026-03-03T10:30:00.5+08:00"`, `"/Date(1-0800)/"`, `1772505000000`, `"2026/3/3"`, `null`, `1e3`} {
		f.Add([]byte(s))
	}
	zone := time.FixedZone("UTC+8", 8*60*60)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, epoch := range []Epoch{EpochMillis, EpochEither} {
			at, err := Time(data, zone, epoch)
			if err != nil || at.IsZero() {
				continue
			}
			_, err = at.UTC().MarshalJSON()
			require.NoError(t, err, "can be written")
		}
		var plain time.Time
		if json.Valid(data) && plain.UnmarshalJSON(data) == nil && !plain.IsZero() && plain.UTC().Year() >= 1 && plain.UTC().Year() <= 9999 && plain.Year() > 1 {
			at, err := Time(data, zone, EpochMillis)
			require.NoError(t, err, "RFC 3339")
			if string(data) != "null" {
				require.Equal(t, plain.UnixNano(), at.UnixNano())
			}
		}
	})
}

func TestTagsAreOnesThatExist(t *testing.T) {
	type wrong struct {
		A int           `wire:"needed"`
		B time.Duration `wire:"unit=d"`
		C int           `wire:"alias="`
		D int           `wire:"fill"`
		E int           `wire:"trim=1"`
	}
	for i := range reflect.TypeFor[wrong]().NumField() {
		assert.Panics(t, func() { TagOf(reflect.TypeFor[wrong]().Field(i)) })
	}
	f, _ := reflect.TypeFor[lesson]().FieldByName("Document")
	assert.Equal(t, Tag{Aliases: []string{"slidesUuid", "detail.slides"}}, TagOf(f))
}
