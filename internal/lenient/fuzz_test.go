package lenient

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

type unexported struct {
	Pulled string `json:"pulled"`
	Twice  int    `json:"twice"`
}

type Exported struct {
	Shown *int `json:"shown"`
	Twice int  `json:"twice"`
}

type word string

func (w *word) UnmarshalText(b []byte) error {
	*w = word("<" + string(b) + ">")
	return nil
}

// everything has a field for each way in which encoding/json decodes.
type everything struct {
	sample
	unexported
	*Exported

	Any     any                   `json:"any2"`
	Anys    map[string]any        `json:"anys"`
	List    []any                 `json:"anyList"`
	Raw     json.RawMessage       `json:"rawMessage"`
	RawP    *json.RawMessage      `json:"rawPointer"`
	Number  json.Number           `json:"number2"`
	Text    Text                  `json:"text"`
	Array   [3]int                `json:"array"`
	Bytes   []byte                `json:"bytes2"`
	Pointer **string              `json:"pointer"`
	Time    time.Time             `json:"time"`
	TimeP   *time.Time            `json:"timePointer"`
	Addr    netip.Addr            `json:"addr"`
	Word    word                  `json:"word"`
	ByWord  map[word]int          `json:"byWord"`
	ByUint  map[uint8]string      `json:"byUint"`
	Lists   [][]inner             `json:"lists"`
	Ptrs    []*inner              `json:"ptrs"`
	Quoted  *float64              `json:"quotedFloat,string"`
	QBool   bool                  `json:"quotedBool,string"`
	QString string                `json:"quotedString,string"`
	F32     float32               `json:"f32"`
	I8      int8                  `json:"i8"`
	U64     uint64                `json:"u64"`
	Maps    map[string][]inner    `json:"maps"`
	Named   map[string]*inner     `json:"named"`
	Odd     int                   `json:"naïve"`
	Kelvin  int                   `json:"k"`
	Anon    struct{ X, Y string } `json:"anon"`
}

var fuzzSeeds = []string{
	`{"int":1,"uint":2,"float":1.5,"str":"x","bool":true,"ptr":3,"list":[{"n":1,"s":"a"}],"map":{"a":1}}`,
	`{"int":"1","list":"","inner":[],"any":[1,"2",{"x":null}],"raw":{"a":"]"}}`,
	`{"tree":{"tree":{"int":"3"}},"byHour":{"0":"5"},"quoted":"7"}`,
	`{"str":"\\\"","INT":"\u0031","deep":{"\"":{"n":1}}}`,
	`[`, `{"int":`, `{"a":"`, `nul`, `{"int":--1}`, `{"success":1,"hidden":2}`, `null`, ` {} `, `[1]`, `{"int":1,}`, `[1,]`, `{"str":01}`,
	`{"any2":{"a":[1,2.5e3,true,null,"x"],"a":2},"anys":{"k":{"l":[]}},"anyList":[{},[],"\u4e2d"]}`,
	`{"rawMessage": {"a" : [ 1 ] } ,"rawPointer":null,"number2":1e5,"text":"\u0032","array":[1,2,3,4],"bytes2":"aGk="}`,
	`{"array":[1],"pointer":"x","time":"2026-03-03T10:30:00+08:00","timePointer":null,"addr":"192.0.2.1","word":"w"}`,
	`{"byWord":{"a":1},"byUint":{"255":"x"},"lists":[[{"n":1}],[],null],"ptrs":[null,{"n":2}]}`,
	`{"quotedFloat":"1.5","quotedBool":"true","quotedString":"\"a\\u0041\"","f32":1.1,"i8":-128,"u64":18446744073709551615}`,
	`{"quotedFloat":null,"quotedBool":"null","maps":{"a":[{"n":1}]},"named":{"a":null,"b":{}},"na\u00efve":4,"NAÏVE":5,"\u212a":6}`,
	`{"list":[{"n":1,"s":"a"},{"n":2,"s":"b"}],"list":[{"n":3}],"list":[{},{"n":5}],"map":{"a":1},"map":{"b":2}}`,
	`{"shown":1,"pulled":"p","twice":3,"Shown":null,"anon":{"x":"1","Y":"2"},"str":"\ud83d\ude00\/\b\f\n\r\t"}`,
	"{\"str\":\"\u2028\x7f\",\"int\":\t1\r\n}", `{"str":"\x"}`, `{"str":"\u12g4"}`, "{\"str\":\"a\tb\"}", `{"int":1}x`, `tru`, `-`, `{"":1}`,
}

// halves reports whether a text may have half a surrogate pair in an escape.
func halves(data []byte) bool {
	lower := strings.ToLower(string(data))
	return strings.Contains(lower, `\ud8`) || strings.Contains(lower, `\ud9`) || strings.Contains(lower, `\uda`) ||
		strings.Contains(lower, `\udb`) || strings.Contains(lower, `\udc`) || strings.Contains(lower, `\udd`) ||
		strings.Contains(lower, `\ude`) || strings.Contains(lower, `\udf`)
}

// FuzzUnmarshal holds the decoder against encoding/json: what that takes, this
// takes too and to the same result, and neither takes what is not JSON.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want, got, answer everything
		wantErr := json.Unmarshal(data, &want)
		err := Unmarshal(data, &got)
		reports, others := 0, 0
		answerErr := Decode(data, &answer, func(e *Error) {
			reports++
			if !e.Incomplete() { // a null among objects is left out, which only answers do
				others++
			}
		})
		if err == nil {
			require.NoError(t, answerErr)
			require.Zero(t, others, "reports of what is readable")
		} else {
			require.False(t, answerErr == nil && reports == 0, "what is not readable is told of: %v", err)
		}
		if reports == 0 && err == nil {
			require.Equal(t, got, answer)
		}
		if !json.Valid(data) {
			require.Error(t, err, "it is not JSON")
			require.Error(t, answerErr, "it is not JSON")
			return
		}
		if wantErr != nil || !utf8.Valid(data) || halves(data) || strings.Count(string(data), "[")+strings.Count(string(data), "{") > defaultDepth {
			return
		}
		require.NoError(t, err, "encoding/json takes it")
		require.Equal(t, want, got)
	})
}

// FuzzMarshal holds the encoder against encoding/json.
func FuzzMarshal(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"str":"<a> & \u2028\u0001\u2029€","quotedString":"\"\\u0007\"","float":1e-7,"f32":1e21,"any2":{"b":1e300,"a":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v everything
		if Unmarshal(data, &v) != nil {
			return
		}
		for _, v := range []any{v, &v} {
			var want bytes.Buffer
			e := json.NewEncoder(&want)
			e.SetEscapeHTML(false)
			wantErr := e.Encode(v)
			got, err := Marshal(v, nil)
			require.Equal(t, wantErr == nil, err == nil, "%v, but %v", wantErr, err)
			if err == nil {
				require.Equal(t, strings.TrimSuffix(want.String(), "\n"), string(got))
			}
		}
	})
}

// FuzzText reads strings and compares with encoding/json.
func FuzzText(f *testing.F) {
	for _, in := range []string{
		`""`, `"28001008"`, `"初二数学"`, `"a\"b"`, `"a\\"`, `"\u0032"`, `"\ud800"`, `"/"`, `"it's"`,
		"\"\xff\"", "\"a\tb\"", `"a"b"`, `"`, `"a`, `"a" "b"`, `"a\"`, "\"\x7f\"", `"\ud83d\ude00\ud83d"`,
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
			return
		}
		var got Text
		var want string
		err, wantErr := got.UnmarshalJSON(data), json.Unmarshal(data, &want)
		if wantErr != nil || !utf8.Valid(data) || !halves(data) {
			require.Equal(t, wantErr == nil && utf8.Valid(data), err == nil, "%v, but %v", wantErr, err)
		}
		if err == nil {
			require.Equal(t, want, string(got))
		}
	})
}
