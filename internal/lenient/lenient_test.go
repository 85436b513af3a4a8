package lenient

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type inner struct {
	N int64  `json:"n"`
	S string `json:"s"`
}

type embedded struct {
	Success *bool `json:"success"`
	Hidden  int   `json:"hidden"`
}

type raw string

func (r *raw) UnmarshalJSON(b []byte) error {
	*r = raw(b)
	return nil
}

type sample struct {
	embedded

	Int     int              `json:"int"`
	Uint    uint16           `json:"uint"`
	Float   float64          `json:"float"`
	Str     string           `json:"str"`
	Bool    bool             `json:"bool"`
	Ptr     *int64           `json:"ptr"`
	List    []inner          `json:"list"`
	Map     map[string]int   `json:"map"`
	ByHour  map[int]int      `json:"byHour"`
	Inner   *inner           `json:"inner"`
	Any     any              `json:"any"`
	Raw     raw              `json:"raw"`
	Number  json.Number      `json:"number"`
	Hidden  string           `json:"hidden"`
	Quoted  int              `json:"quoted,string"`
	Bytes   []byte           `json:"bytes"`
	Skipped string           `json:"-"`
	Tree    *sample          `json:"tree"`
	Deep    map[string]inner `json:"deep"`
	Default int
}

func ptr[T any](v T) *T { return &v }

func TestUnmarshalTakesOtherTypes(t *testing.T) {
	tests := map[string]struct {
		in   string
		want sample
	}{
		"string for int":             {`{"int":"12"}`, sample{Int: 12}},
		"spaced string for int":      {`{"int":" 12 "}`, sample{Int: 12}},
		"signed string for int":      {`{"int":"-12"}`, sample{Int: -12}},
		"plus for int":               {`{"int":"+12"}`, sample{Int: 12}},
		"leading zeros for int":      {`{"int":"007"}`, sample{Int: 7}},
		"minus zero for int":         {`{"int":"-0"}`, sample{Int: 0}},
		"whole fraction for int":     {`{"int":12.00}`, sample{Int: 12}},
		"whole fraction string":      {`{"int":"12.0"}`, sample{Int: 12}},
		"bools for int":              {`{"int":true,"uint":false}`, sample{Int: 1}},
		"empty for int":              {`{"int":""}`, sample{}},
		"null for all":               {`{"int":null,"str":null,"bool":null,"list":null,"inner":null,"float":null}`, sample{}},
		"string for uint":            {`{"uint":"65535"}`, sample{Uint: 65535}},
		"string for float":           {`{"float":"1.5e3"}`, sample{Float: 1500}},
		"signed exponents":           {`{"float":"15e-1","str":1E+3}`, sample{Float: 1.5, Str: "1E+3"}},
		"zero and a fraction":        {`{"float":"-0.5","str":0}`, sample{Float: -0.5, Str: "0"}},
		"int for float":              {`{"float":3}`, sample{Float: 3}},
		"empty for float":            {`{"float":""}`, sample{}},
		"number for string":          {`{"str":0.10}`, sample{Str: "0.10"}},
		"large number for string":    {`{"str":90071992547409931234}`, sample{Str: "90071992547409931234"}},
		"false for string":           {`{"str":false}`, sample{Str: "false"}},
		"bool for string":            {`{"str":true}`, sample{Str: "true"}},
		"number for bool":            {`{"bool":1}`, sample{Bool: true}},
		"zero for bool":              {`{"bool":0}`, sample{}},
		"string for bool":            {`{"bool":"true"}`, sample{Bool: true}},
		"digit string for bool":      {`{"bool":"1"}`, sample{Bool: true}},
		"empty for bool":             {`{"bool":""}`, sample{}},
		"string for pointer":         {`{"ptr":"9007199254740993"}`, sample{Ptr: ptr(int64(9007199254740993))}},
		"number beyond 2^53":         {`{"ptr":9007199254740993,"int":"1"}`, sample{Ptr: ptr(int64(9007199254740993)), Int: 1}},
		"empty for slice":            {`{"list":""}`, sample{}},
		"empty for object":           {`{"inner":""}`, sample{}},
		"empty array for object":     {`{"inner":[ ]}`, sample{}},
		"empty array for map":        {`{"map":[]}`, sample{}},
		"strings in a slice":         {`{"list":[{"n":"1","s":2},{"n":3,"s":"x"}]}`, sample{List: []inner{{1, "2"}, {3, "x"}}}},
		"strings in a map":           {`{"map":{"a":"1","b":2}}`, sample{Map: map[string]int{"a": 1, "b": 2}}},
		"int keys":                   {`{"byHour":{"0":"5","23":6}}`, sample{ByHour: map[int]int{0: 5, 23: 6}}},
		"embedded":                   {`{"success":"true","int":"1"}`, sample{embedded: embedded{Success: ptr(true)}, Int: 1}},
		"outer hides embedded":       {`{"hidden":5}`, sample{Hidden: "5"}},
		"other case":                 {`{"INT":"5","sTr":6}`, sample{Int: 5, Str: "6"}},
		"untagged":                   {`{"default":"5"}`, sample{Default: 5}},
		"own decoder is left alone":  {`{"raw":"12","int":"1"}`, sample{Raw: `"12"`, Int: 1}},
		"any is left alone":          {`{"any":"12","int":"1"}`, sample{Any: "12", Int: 1}},
		"number type is left alone":  {`{"number":12,"int":"1"}`, sample{Number: "12", Int: 1}},
		"string option is kept":      {`{"quoted":"12","int":"1"}`, sample{Quoted: 12, Int: 1}},
		"bytes are base64":           {`{"bytes":"aGk=","int":"1"}`, sample{Bytes: []byte("hi"), Int: 1}},
		"recursive":                  {`{"tree":{"tree":{"int":"3"}}}`, sample{Tree: &sample{Tree: &sample{Int: 3}}}},
		"map of objects":             {`{"deep":{"a":{"n":"1"},"b":[]}}`, sample{Deep: map[string]inner{"a": {N: 1}, "b": {}}}},
		"unknown values are skipped": {`{"x":{"a":[1,{"b":"]}"}],"c":"\\\""},"y":[[]],"int":"1"}`, sample{Int: 1}},
		"escapes":                    {`{"str":"a\"b\\","int":"1"}`, sample{Str: `a"b\`, Int: 1}},
		"white space":                {" {\n\t\"int\" : \"1\" ,\r\n \"list\" : [ { \"n\" : \"2\" } ] } ", sample{Int: 1, List: []inner{{N: 2}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got sample
			require.NoError(t, Unmarshal([]byte(tt.in), &got))
			assert.Equal(t, tt.want, got)
			got = sample{}
			require.NoError(t, Decode([]byte(tt.in), &got, func(e *Error) { t.Errorf("reports %v", e) }))
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	tests := map[string]struct{ in, field, problem string }{
		"word for int":           {`{"int":"secret"}`, "int", "has a string where a whole number was expected"},
		"fraction for int":       {`{"int":"1.5"}`, "int", "has a fraction where a whole number was expected"},
		"bare fraction for int":  {`{"int":1.5}`, "int", "has a fraction where a whole number was expected"},
		"object for int":         {`{"int":{"secret":1}}`, "int", "has an object where a whole number was expected"},
		"overflow":               {`{"uint":"65536"}`, "uint", "has a number beyond the range of uint16"},
		"negative uint":          {`{"uint":-1}`, "uint", "has a number beyond the range of uint16"},
		"array for string":       {`{"str":["secret"]}`, "str", "has an array where a string was expected"},
		"word for float":         {`{"float":"NaN"}`, "float", "has a string where a number was expected"},
		"word for bool":          {`{"bool":"secret"}`, "bool", "has a string where a bool was expected"},
		"two for bool":           {`{"bool":2}`, "bool", "has a number where a bool was expected"},
		"string for object":      {`{"inner":"secret"}`, "inner", "has a string where an object was expected"},
		"full array for object":  {`{"inner":[1]}`, "inner", "has an array where an object was expected"},
		"object for slice":       {`{"list":{"secret":1}}`, "list", "has an object where an array was expected"},
		"embedded":               {`{"success":"secret"}`, "success", "has a string where a bool was expected"},
		"in a map":               {`{"deep":{"k":{"n":"secret"}}}`, "deep.n", "has a string where a whole number was expected"},
		"in a map of numbers":    {`{"byHour":{"7":"secret"}}`, "byHour", "has a string where a whole number was expected"},
		"deep":                   {`{"list":[{"n":"secret"}]}`, "list[0].n", "has a string where a whole number was expected"},
		"cut off":                {`{"int":"1","str":"sec`, "", "the JSON is cut off or broken at byte 21"},
		"broken":                 {`{"int":1}}`, "", "the JSON is cut off or broken at byte 10"},
		"not JSON":               {`<html>secret`, "", "the JSON is cut off or broken at byte 1"},
		"empty":                  {``, "", "the JSON is cut off or broken at byte 0"},
		"unfinished number word": {`{"int":tru}`, "", "the JSON is cut off or broken at byte 11"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got sample
			err := Unmarshal([]byte(tt.in), &got)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.field, e.Field)
			assert.Equal(t, tt.problem, e.Problem)
			assert.Empty(t, e.Omitted)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

type ownError struct{}

var errOwn = errors.New("an error of its own")

func (*ownError) UnmarshalJSON([]byte) error { return errOwn }

// encoding/json and package time quote what they cannot take.
func TestUnmarshalQuotesNoValue(t *testing.T) {
	for in, into := range map[string]any{
		`{"quoted":"secret"}`:     new(sample),
		`{"number":"secret"}`:     new(sample),
		`{"bytes":"secret!"}`:     new(sample),
		`{"at":"secret"}`:         new(struct{ At time.Time }),
		`{"at":["secret"]}`:       new(struct{ At time.Time }),
		`{"map":{"secret":{}}}`:   new(sample),
		`{"byHour":{"secret":1}}`: new(sample),
	} {
		err := Unmarshal([]byte(in), into)
		require.Error(t, err, in)
		assert.NotContains(t, err.Error(), "secret", in)
	}
	assert.ErrorIs(t, Unmarshal([]byte(`{"own":1}`), new(struct{ Own ownError })), errOwn)
}

func TestUnmarshalTakesNoHalfNumbers(t *testing.T) {
	for _, in := range []string{"-", "+", ".5", "5.", "1e", "1e+", "01", "0x1", "1_0", "1 2", "--1", "1.5.5", "Infinity"} {
		assert.Error(t, Unmarshal([]byte(`{"float":"`+in+`"}`), new(sample)), "%q for a float", in)
		if in != "01" {
			assert.Error(t, Unmarshal([]byte(`{"int":"`+in+`"}`), new(sample)), "%q for an int", in)
		}
		assert.Error(t, Unmarshal([]byte(`{"str":`+in+`}`), new(sample)), "%s for a string", in)
	}
}

func TestUnmarshalWantsAPointer(t *testing.T) {
	for name, v := range map[string]any{"nil": nil, "value": sample{}, "nil pointer": (*sample)(nil)} {
		t.Run(name, func(t *testing.T) {
			assert.Error(t, Unmarshal([]byte(`{}`), v))
		})
	}
}

// Node embeds itself, which encoding/json takes.
type Node struct {
	*Node

	N int `json:"n"`
}

type deepest struct {
	N string `json:"n"`
	M int    `json:"m"`
}

type deeper struct{ deepest }

type level struct {
	N int `json:"n"`
}

// nested has n at two depths: the one that is less deep counts.
type nested struct {
	deeper
	level
}

func TestUnmarshalOfEmbeddedStructs(t *testing.T) {
	var own Node
	require.NoError(t, Unmarshal([]byte(`{"n":"5"}`), &own))
	assert.Equal(t, 5, own.N)
	var n nested
	require.NoError(t, Unmarshal([]byte(`{"n":"5","m":"6"}`), &n))
	assert.Equal(t, nested{deeper{deepest{M: 6}}, level{5}}, n)
}

func TestUnmarshalBoundsDepth(t *testing.T) {
	depth := 200_000
	deep := strings.Repeat(`{"tree":`, depth) + `{"int":"1"}` + strings.Repeat(`}`, depth)
	assert.EqualError(t, Unmarshal([]byte(deep), new(sample)), "the JSON nests deeper than 256 levels")
	assert.EqualError(t, (&Limit{Depth: 2}).Unmarshal([]byte(`{"x":[[]]}`), new(sample)), "the JSON nests deeper than 2 levels")
	assert.NoError(t, (&Limit{Depth: 3}).Unmarshal([]byte(`{"x":[[]]}`), new(sample)))
}

func TestDocumentedTypesCostNothing(t *testing.T) {
	in := []byte(`{"int":1,"str":"x","list":[{"n":1,"s":"a"}],"map":{"a":1}}`)
	require.NoError(t, Unmarshal(in, new(sample)))
	own := testing.AllocsPerRun(100, func() { _ = Unmarshal(in, new(sample)) })
	plain := testing.AllocsPerRun(100, func() { _ = json.Unmarshal(in, new(sample)) })
	assert.LessOrEqual(t, own, plain)
}

func TestDuration(t *testing.T) {
	tests := map[string]struct {
		in   string
		unit time.Duration
		want time.Duration
	}{
		"milliseconds": {`75000`, time.Millisecond, 75 * time.Second},
		"fraction":     {`3301.56`, time.Second, 3301560 * time.Millisecond},
		"string":       {`" 20 "`, time.Minute, 20 * time.Minute},
		"null":         {`null`, time.Second, 0},
		"empty":        {`""`, time.Second, 0},
		"zero":         {`0`, time.Second, 0},
		"negative":     {`-5`, time.Second, -5 * time.Second},
		"exact":        {`9223372036854775807`, time.Nanosecond, 1<<63 - 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Duration([]byte(tt.in), tt.unit)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	for _, in := range []string{`"secret"`, `{}`, `true`, `9223372036854775807`, `1e300`, `NaN`} {
		t.Run("refuses "+in, func(t *testing.T) {
			_, err := Duration([]byte(in), time.Second)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestText(t *testing.T) {
	type answer struct {
		Code *Text `json:"code"`
	}
	tests := map[string]struct {
		in   string
		want *Text
	}{
		"number":   {`{"code":200}`, ptr(Text("200"))},
		"string":   {`{"code":"200"}`, ptr(Text("200"))},
		"escaped":  {`{"code":"\u0032"}`, ptr(Text("2"))},
		"negative": {`{"code": -1 }`, ptr(Text("-1"))},
		"bool":     {`{"code":true}`, ptr(Text("true"))},
		"empty":    {`{"code":""}`, ptr(Text(""))},
		"null":     {`{"code":null}`, nil},
		"missing":  {`{}`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got answer
			require.NoError(t, Unmarshal([]byte(tt.in), &got))
			assert.Equal(t, tt.want, got.Code)
		})
	}
	for _, in := range []string{`{"code":{"secret":1}}`, `{"code":["secret"]}`} {
		err := Unmarshal([]byte(in), new(answer))
		require.Error(t, err, in)
		assert.NotContains(t, err.Error(), "secret")
	}
	text := Text("old")
	require.NoError(t, json.Unmarshal([]byte(`null`), &text))
	assert.Empty(t, text)
}

// Wherever a text is cut off, it is an error that names no value.
func TestUnmarshalRefusesEveryBeginning(t *testing.T) {
	whole := `{"int":"1","str":true,"list":[{"n":"2","s":3},{"n":4}],"map":{"a":"5"},"any":[1,{"x":"\\"}],"tree":{"bool":"1"},"inner":[ ]}`
	for i := range whole {
		assert.Error(t, Unmarshal([]byte(whole[:i]), new(sample)), "%d bytes", i)
	}
	require.NoError(t, Unmarshal([]byte(whole), new(sample)))
}

func TestErrorText(t *testing.T) {
	assert.Equal(t, "field a.b: has null", (&Error{Field: "a.b", Problem: "has null"}).Error())
	assert.Equal(t, "is broken", (&Error{Problem: "is broken"}).Error())
}
