package params

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// length encodes itself, and refuses what is no whole number of minutes.
type length time.Duration

func (l length) EncodeValues(key string, v *url.Values) error {
	if time.Duration(l)%time.Minute != 0 {
		return FieldError(key, "must be whole minutes")
	}
	v.Set(key, "n")
	return nil
}

type shared struct {
	RoomID string `url:"roomId" arg:"roomID"`
}

type request struct {
	shared

	Title  string `url:"title"`
	Video  bool   `url:"video,int"`
	Note   string `url:"note,omitempty"`
	Length length `url:"length"`
	Hidden string `url:"-"`
}

func TestOf(t *testing.T) {
	want := []Param{{"length", "n"}, {"roomId", "r"}, {"title", "a b"}, {"video", "0"}}
	full := request{shared: shared{"r"}, Title: "a b", Hidden: "x"}
	tests := map[string]struct {
		in   any
		want []Param
	}{
		"struct":      {full, want},
		"pointer":     {&full, want},
		"url.Values":  {url.Values{"b": {"2"}, "a": {"1"}}, []Param{{"a", "1"}, {"b", "2"}}},
		"map":         {map[string]string{"b": "2", "a": "1"}, []Param{{"a", "1"}, {"b", "2"}}},
		"nil":         {nil, []Param{}},
		"byte order":  {map[string]string{"a": "1", "B": "2", "a1": "3", "_": "4"}, []Param{{"B", "2"}, {"_", "4"}, {"a", "1"}, {"a1", "3"}}},
		"nil pointer": {(*request)(nil), []Param{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Of(tt.in, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestOfRefuses(t *testing.T) {
	rule := func(name, value string) string {
		if name == "title" && value == "bad" {
			return "is bad"
		}
		return ""
	}
	good := request{shared: shared{"r"}, Title: "t"}
	with := func(change func(*request)) request {
		r := good
		change(&r)
		return r
	}
	tests := map[string]struct {
		in   any
		want edusdk.FieldError
	}{
		"empty":               {with(func(r *request) { r.Title = "" }), edusdk.FieldError{Field: "Title", Problem: "must not be empty"}},
		"empty in embedded":   {with(func(r *request) { r.RoomID = "" }), edusdk.FieldError{Field: "roomID", Problem: "must not be empty"}},
		"behind a pointer":    {&shared{}, edusdk.FieldError{Field: "roomID", Problem: "must not be empty"}},
		"not UTF-8":           {with(func(r *request) { r.Note = "\xff" }), edusdk.FieldError{Field: "Note", Problem: "must be UTF-8"}},
		"by the rule":         {with(func(r *request) { r.Title = "bad" }), edusdk.FieldError{Field: "Title", Problem: "is bad"}},
		"by its own encoding": {with(func(r *request) { r.Length = 1 }), edusdk.FieldError{Field: "Length", Problem: "must be whole minutes"}},
		"two values":          {url.Values{"a": {"1", "2"}}, edusdk.FieldError{Field: "a", Problem: "must have one value"}},
		"no value":            {url.Values{"a": nil}, edusdk.FieldError{Field: "a", Problem: "must have one value"}},
		"no name":             {map[string]string{"": "1"}, edusdk.FieldError{Field: "", Problem: "has no proper name"}},
		"space in the name":   {map[string]string{"a ": "1"}, edusdk.FieldError{Field: "a ", Problem: "has no proper name"}},
		"another type":        {5, edusdk.FieldError{Field: "params", Problem: "must be a struct, a url.Values or a map[string]string"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Of(tt.in, rule)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tt.want, *f)
		})
	}
}

// stubborn does not let itself be encoded.
type stubborn struct{}

var errStubborn = errors.New("no")

func (stubborn) EncodeValues(string, *url.Values) error { return errStubborn }

func TestOfTellsWhyATypeOfTheCallersCannotBeEncoded(t *testing.T) {
	for _, v := range []any{struct{ A stubborn }{}, &struct{ A stubborn }{}} {
		_, err := Of(v, nil)
		require.EqualError(t, err, "params cannot be encoded: no")
		require.ErrorIs(t, err, errStubborn)
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
	}
}

func TestFormIsThatOfNetURL(t *testing.T) {
	values := url.Values{"a b": {"1+1=2&?"}, "中文": {"~-_.*'()"}, "z": {"\x00\xff"}}
	var ps []Param
	for name, vs := range values {
		ps = append(ps, Param{name, vs[0]})
	}
	Sort(ps)
	assert.Equal(t, values.Encode(), string(Form(ps)))
	assert.Empty(t, Form(nil))
	assert.ElementsMatch(t, []string{"1+1=2&?", "~-_.*'()", "\x00\xff"}, Values(ps))
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "a b", "100%", "初二", "\x00\x7f\x80\xff", "~*'()!", "azAZ09", "`{@[/:"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		assert.Equal(t, url.QueryEscape(name)+"="+url.QueryEscape(value), string(Form([]Param{{name, value}})))
	})
}

func TestFormAllocatesItsResultOnly(t *testing.T) {
	ps := []Param{{"title", "初二数学 一次函数"}, {"video", "0"}, {"timestamp", "1497502288959"}}
	assert.InDelta(t, 1, testing.AllocsPerRun(100, func() { _ = Form(ps) }), 0)
}

func TestValueOf(t *testing.T) {
	r := &request{Title: "t"}
	got := ValueOf(r)
	got.Title = "changed"
	assert.Equal(t, "t", r.Title)
	assert.Equal(t, request{}, ValueOf[request](nil))
}

func TestText(t *testing.T) {
	assert.Empty(t, Text("text"))
	assert.NotEmpty(t, Text(""))
	assert.NotEmpty(t, Text("\xff"))
}
