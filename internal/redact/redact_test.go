package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/effort"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func escapedTwice(b []byte) string {
	once, _ := json.Marshal(string(b))
	twice, _ := json.Marshal(string(once))
	return string(twice)
}

// encodings are ways in which others repeat a value.
var encodings = map[string]func(string) string{
	"as it is":    func(v string) string { return v },
	"JSON":        func(v string) string { b, _ := json.Marshal(v); return string(b) },
	"JSON twice":  func(v string) string { return escapedTwice([]byte(v)) },
	"JSON of PHP": func(v string) string { return strings.ReplaceAll(unicodeEscapes(v, `\u%04x`), "/", `\/`) },
	"JSON of PHP, in JSON": func(v string) string {
		return strings.ReplaceAll(strings.ReplaceAll(unicodeEscapes(v, `\u%04x`), "/", `\/`), `\`, `\\`)
	},
	"all of it \\u": func(v string) string {
		return unicodeEscapes(strings.Map(func(r rune) rune { return r }, v), `\u%04X`)
	},
	"quotes of Go":           strconv.Quote,
	"quotes of Go, ASCII":    strconv.QuoteToASCII,
	"bytes of Python":        func(v string) string { return bytesAs(v, `\x%02x`) },
	"bytes of C":             func(v string) string { return bytesAs(v, `\%03o`) },
	"bytes of a mail":        quotedPrintable,
	"query":                  url.QueryEscape,
	"query in lower case":    func(v string) string { return lowerPercent(url.QueryEscape(v)) },
	"query twice":            func(v string) string { return url.QueryEscape(url.QueryEscape(v)) },
	"path":                   url.PathEscape,
	"encodeURIComponent":     encodeURIComponent,
	"all of it percent":      func(v string) string { return bytesAs(v, "%%%02x") },
	"escape of JavaScript":   func(v string) string { return unicodeEscapes(v, "%%u%04X") },
	"braces of JavaScript":   func(v string) string { return runesAs(v, `\u{%x}`) },
	"HTML":                   html.EscapeString,
	"HTML twice":             func(v string) string { return html.EscapeString(html.EscapeString(v)) },
	"numbers of HTML":        func(v string) string { return runesAs(v, "&#%d;") },
	"hex numbers of HTML":    func(v string) string { return runesAs(v, "&#x%X;") },
	"HTML in JSON":           func(v string) string { b, _ := json.Marshal(html.EscapeString(v)); return string(b) },
	"upper case":             strings.ToUpper,
	"lower case":             strings.ToLower,
	"full width":             fullWidth,
	"grouped":                grouped,
	"base64":                 func(v string) string { return base64Of([]byte(v)) },
	"base64 without padding": func(v string) string { return base64.RawStdEncoding.EncodeToString([]byte(v)) },
	"base64 for URLs":        func(v string) string { return base64.URLEncoding.EncodeToString([]byte(v)) },
	"base64 for URLs without padding": func(v string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(v))
	},
	"base64 behind one byte":     func(v string) string { return base64Of([]byte("x" + v + "yz")) },
	"base64 behind two bytes":    func(v string) string { return base64Of([]byte("xy" + v + "z")) },
	"base64 of JSON":             func(v string) string { b, _ := json.Marshal(map[string]string{"name": v}); return base64Of(b) },
	"base64 of PHP's JSON":       func(v string) string { return base64Of([]byte(`{"a":"` + unicodeEscapes(v, `\u%04x`) + `"}`)) },
	"base64 twice":               func(v string) string { return base64Of([]byte(base64Of([]byte(v)))) },
	"base64 in a query":          func(v string) string { return url.QueryEscape(base64Of([]byte(v))) },
	"base64 in lines":            func(v string) string { return lines(base64Of([]byte("the value is " + v + " and no other"))) },
	"base64 in lines, escaped":   func(v string) string { return strconv.Quote(lines(base64Of([]byte("the value is " + v)))) },
	"hex":                        func(v string) string { return hex.EncodeToString([]byte(v)) },
	"hex in upper case":          func(v string) string { return fmt.Sprintf("%X", v) },
	"hex behind an odd digit":    func(v string) string { return "f" + hex.EncodeToString([]byte(v)) },
	"hex behind letters":         func(v string) string { return "key_" + hex.EncodeToString([]byte(v)) },
	"hex of base64":              func(v string) string { return hex.EncodeToString([]byte(base64Of([]byte(v)))) },
	"between letters":            func(v string) string { return "x" + v + "y" },
	"behind a backslash":         func(v string) string { return `C:\` + v },
	"in base64, behind a prefix": func(v string) string { return "data:text/plain;base64," + base64Of([]byte(v)) },
}

func unicodeEscapes(v, format string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(v)) {
		if unit < 0x80 && unit != '"' && unit != '\\' && format == `\u%04x` {
			b.WriteByte(byte(unit))
			continue
		}
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}

func runesAs(v, format string) string {
	var b strings.Builder
	for _, r := range v {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func bytesAs(v, format string) string {
	var b strings.Builder
	for _, c := range []byte(v) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func quotedPrintable(v string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	w.Binary = true
	_, _ = w.Write([]byte(v))
	_ = w.Close()
	return b.String()
}

func lowerPercent(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

func encodeURIComponent(v string) string {
	s := strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	return strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(s)
}

func fullWidth(v string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return 0x3000
		case r > ' ' && r < 0x7f:
			return r - '!' + 0xff01
		}
		return r
	}, v)
}

func grouped(v string) string {
	var b strings.Builder
	for i, r := range []rune(v) {
		if i > 0 && i%4 == 0 && unicode.IsDigit(r) {
			b.WriteString(" - ")
		}
		b.WriteRune(r)
	}
	return b.String()
}

func lines(v string) string {
	var b strings.Builder
	for len(v) > 10 {
		b.WriteString(v[:10] + "\r\n")
		v = v[10:]
	}
	return b.String() + v
}

// values are what requests hold, and the parts of them that must not be shown.
var values = map[string]string{
	"name of two":      "张三",
	"name of four":     "欧阳娜娜",
	"name in letters":  "Zhang San",
	"short name":       "Wang",
	"umlauts":          "Jörg Müller-Straße",
	"ID number":        "110101199003070013",
	"ID number with X": "11010119900307001X",
	"phone":            "13800138000",
	"token":            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6In0",
	"password":         `p@ss"w\rd<&>'/+%41 =ü`,
	"address":          "https://photos.example.com/a/b/zhangsan.jpg?sign=0123456789&x=%E5%BC%A0",
	"text of lines":    "第一行\n第二行\t结束",
	"emoji":            "老师😀在这里",
	"long":             strings.Repeat("长的介绍 with words ", 20),
}

// search returns text without the values that hide hides.
func search(text string, hide func(*Search)) string {
	var s Search
	number := s.Add(text)
	hide(&s)
	clean, _ := s.Text(number)
	return clean
}

func TestNoEncodingShowsAValue(t *testing.T) {
	t.Parallel()
	for kind, value := range values {
		for how, encode := range encodings {
			t.Run(kind+"/"+how, func(t *testing.T) {
				t.Parallel()
				echo := encode(strings.TrimPrefix(value, "https://")) // which stands in other addresses too
				body, err := json.Marshal(map[string]any{"list": []any{map[string]string{"a": value}}})
				require.NoError(t, err)
				for form, hide := range map[string]func(*Search){
					"a value": func(s *Search) { s.Hide(value) },
					"JSON":    func(s *Search) { s.JSON(body, false, forever) },
					"a form":  func(s *Search) { s.Form([]byte(url.Values{"a": {value}}.Encode()), false, forever) },
				} {
					clean := search("no such person: "+echo+" (1)", hide)
					require.Contains(t, clean, Mark, "%s: %q became %q", form, echo, clean)
					require.Contains(t, clean, "no such person: ", "%s: the rest is shown", form)
					rest := strings.TrimSuffix(strings.TrimPrefix(clean, "no such person: "), " (1)")
					rest = strings.ReplaceAll(rest, Mark, "")
					require.LessOrEqual(t, utf8.RuneCountInString(rest), len("data:text/plain;base64,"), "%s: of %q was left %q", form, echo, clean)
					for _, part := range []string{value, echo} {
						const prefix = "data:text/plain;base64,"
						for i := 0; i+minPart <= len(part); i++ {
							known := strings.Contains(prefix, part[i:i+minPart])
							require.False(t, !known && strings.Contains(rest, part[i:i+minPart]), "%s: of %q was left %q", form, echo, clean)
						}
					}
				}
			})
		}
	}
}

func TestWhatIsHidden(t *testing.T) {
	t.Parallel()
	const body = `{"headers":{"deviceType":"PC"},"data":[{"age":18,"n":1234567,"id":13800138000,"flag":true,"张三":1,"110101199003070013":{"x":null},"stuName":"李四"}]}`
	for name, tt := range map[string]struct {
		text, want string
		names      bool
	}{
		"number":                    {text: "id 13800138000 is taken", want: "id [redacted] is taken"},
		"number as a float":         {text: "id 1.3800138e+10 is taken, 1.3800138E10 too", want: "id [redacted] is taken, [redacted] too"},
		"number with a fraction":    {text: "id 13800138000.0", want: "id [redacted].0"},
		"number in text":            {text: "no1234567a", want: "no[redacted]a"},
		"short number":              {text: "age 18 is too low", want: "age 18 is too low"},
		"flag":                      {text: "flag true, null", want: "flag true, null"},
		"name of a document":        {text: "stuName is missing in data", want: "stuName is missing in data"},
		"name of a person as a key": {text: "张三 is unknown", want: "[redacted] is unknown"},
		"number as a key":           {text: "110101199003070013 is unknown", want: "[redacted] is unknown"},
		"names that may be data":    {text: "stuName is missing in data", want: "[redacted] is missing in [redacted]", names: true},
		"short value":               {text: "PC is unknown", want: "PC is unknown"},
		"nothing":                   {text: "系统繁忙", want: "系统繁忙"},
		"empty":                     {text: "", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, search(tt.text, func(s *Search) { s.JSON([]byte(body), tt.names, forever) }))
		})
	}
}

func TestAPieceOfAValueIsHidden(t *testing.T) {
	t.Parallel()
	const value = "110101199003070013"
	for text, want := range map[string]string{
		"no 1101011990030700":                         "no [redacted]",
		"no 0101199003070013":                         "no [redacted]",
		"no 110101********0013":                       "no 110101********0013", // as others hide it
		"no 110101-19900307-0013":                     "no [redacted]",
		"110101199003070013 twice 110101199003070013": "[redacted] twice [redacted]",
	} {
		assert.Equal(t, want, search(text, func(s *Search) { s.Hide(value) }))
	}
	for text, want := range map[string]string{
		"no 11010119":               "no [redacted]", // 8 of them, anywhere
		"no 11010119 and 99070013x": "no [redacted] and 99070013x",
		"no 11010119 and 03070013x": "no [redacted] and [redacted]x",
		"no 1101011 here":           "no 1101011 here",
		"no 1101011":                "no [redacted]", // fewer where the text is cut
		"no 1101...":                "no [redacted]...",
		`"no %31%31%30%31…"`:        `"no [redacted]…"`,
		"no 110":                    "no 110",
		"no 0013":                   "no 0013", // it does not begin so
		"1101":                      "[redacted]",
	} {
		assert.Equal(t, want, search(text, func(s *Search) { s.Hide(value) }))
	}
	for value, want := range map[string]string{"a-12": "no [redacted], A12", "a12": "no a-12, A12", "-- -": "no a-12, A12"} {
		assert.Equal(t, want, search("no a-12, A12", func(s *Search) { s.Hide(value) }), "of %q", value)
	}
	for value, want := range map[string]string{"a-12": "[redacted] or [redacted][redacted] or -- -", "-- -": "a-12 or a-12a-12 or -- -"} {
		assert.Equal(t, strings.ReplaceAll(want, "[redacted][redacted]", "[redacted]"), search("a-12 or a-12a-12 or -- -", func(s *Search) { s.Hide(value) }), "of %q", value)
	}
	assert.Equal(t, "no [redacted] here", search("no abcdefghij here", func(s *Search) { s.Hide("x/abcdefghij") }), "the last word")
	assert.Equal(t, "no [redacted] here", search("no abcdefghij here", func(s *Search) { s.Hide("abcdefghij/x") }), "the first word")
	address := func(s *Search) { s.Hide("https://files.example.com/a1b2c3d4/photo.jpg?sign=98765432&n=1234567") }
	for text, want := range map[string]string{
		"see https://help.vendor.cn": "see https://help.vendor.cn",
		"a1b2c3d4 is missing":        "[redacted] is missing",
		"98765432, not 1234567":      "[redacted], not 1234567",
	} {
		assert.Equal(t, want, search(text, address))
	}
}

// A word of a longer value is hidden alone, whatever it is made of.
func TestWordsOfALongerValue(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"张一三", "zhang-san", "zhang_san", "zhang.san", "zhangsan1", "ZHANGSAN"} {
		for _, value := range []string{"in care of " + word + ", room twelve", word + ", room twelve of many", "room twelve, " + word} {
			clean := search("no "+word+" here", func(s *Search) { s.Hide(value) })
			assert.Equal(t, "no [redacted] here", clean, "a word of %q", value)
		}
	}
}

// White space within a value keeps nothing apart, in no encoding.
func TestLinesOfAValue(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"王\n小明", "王\t小明", "王 小明"} {
		for how, encode := range encodings {
			clean := search("no "+encode(value)+" here", func(s *Search) { s.Hide(value) })
			assert.Contains(t, clean, Mark, "%q, %s", value, how)
		}
	}
}

// A value that was looked for before leaves nothing in the next.
func TestEachValueIsItsOwn(t *testing.T) {
	t.Parallel()
	clean := search("no abcdefg", func(s *Search) {
		s.Hide("zzzzefg")
		s.Hide("abcd")
	})
	assert.Equal(t, "no [redacted]efg", clean)
}

// A value of which one character differs is another.
func TestAnotherValueIsNotHidden(t *testing.T) {
	t.Parallel()
	const all = "abcdefgh"
	for n := minValue; n <= len(all); n++ {
		value := all[:n]
		for at := range n {
			other := value[:at] + "z" + value[at+1:]
			hide := func(s *Search) { s.Hide(value) }
			require.Equal(t, "no "+other+" here", search("no "+other+" here", hide), "of %s", value)
			require.Equal(t, "no "+other+" but [redacted] here", search("no "+other+" but "+value+" here", hide), "of %s", value)
		}
	}
}

// Each text of a search is shown by itself.
func TestSeveralTextsOfASearch(t *testing.T) {
	t.Parallel()
	var s Search
	texts := []string{"one 13800138000 more", "", "13800138000", "none", "then 13800138000"}
	for i, text := range texts {
		require.Equal(t, i, s.Add(text))
	}
	s.Hide("13800138000")
	for i, text := range texts {
		clean, changed := s.Text(i)
		assert.Equal(t, strings.ReplaceAll(text, "13800138000", Mark), clean)
		assert.Equal(t, clean != text, changed, text)
	}
	s.Drop()
	for i, text := range texts {
		clean, changed := s.Text(i)
		assert.Equal(t, text != "", changed, text)
		assert.Equal(t, text != "", clean == unsearched, text)
	}
}

func TestWhichNamesAProgramGives(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"A": true, "Z": true, "a": true, "z": true, "_": true, "a0": true, "z9_A": true,
		"0a": false, "a:b": false, "a/b": false, "a@": false, "a[": false, "a`": false, "a{": false, "张三": false,
	} {
		assert.Equal(t, want, isIdentifier([]byte(name)), name)
	}
	clean := search("no 0.1234567 here", func(s *Search) { s.JSON([]byte(`{"a":0.1234567}`), false, forever) })
	assert.Equal(t, "no [redacted] here", clean, "a number that begins with 0")
}

// White space between a name in JSON and its colon makes no value of it.
func TestNamesBeforeWhiteSpace(t *testing.T) {
	t.Parallel()
	for _, space := range []string{"", " ", "\n", "\t", "\r", " \r\n\t "} {
		body := `{"stuName"` + space + `:"stuValue"` + space + `,"张三李四"` + space + `:1}`
		clean := search("stuName stuValue 张三李四", func(s *Search) { s.JSON([]byte(body), false, forever) })
		assert.Equal(t, "stuName [redacted] [redacted]", clean, "%q", space)
	}
}

func TestALongTextIsCut(t *testing.T) {
	t.Parallel()
	const secret = "13800138000"
	for _, before := range []int{0, 100, maxText - 12, maxText - 11, maxText - 10, maxText - 4, maxText - 1, maxText, maxText + margin - 4, maxText + 5000} {
		for _, echo := range []string{secret, bytesAs(secret, "%%%02x"), base64Of([]byte(secret)), base64Of([]byte(bytesAs(secret, "%%%02x")))} {
			clean := search(strings.Repeat("·", before/2)+strings.Repeat("·", before%2)+echo+strings.Repeat("·", 3000), func(s *Search) { s.Hide(secret) })
			require.True(t, utf8.ValidString(clean))
			require.LessOrEqual(t, len(clean), maxText+len(Mark)+len("…"))
			require.True(t, strings.HasSuffix(clean, "…"), "it is marked as cut")
			assert.Empty(t, strings.Trim(strings.ReplaceAll(clean, Mark, ""), "·…"), "%d bytes before %s: a part of it is left", before, echo)
		}
	}
}

// A text is shown to its end if that is where it is cut.
func TestATextAsLongAsIsShown(t *testing.T) {
	t.Parallel()
	for size, cut := range map[int]bool{maxText - 1: false, maxText: false, maxText + 1: true, maxText + margin: true, maxText + margin + 1: true} {
		var s Search
		clean, changed := s.Text(s.Add(strings.Repeat("x", size)))
		want := strings.Repeat("x", min(size, maxText))
		if cut {
			want += "…"
		}
		assert.Equal(t, want, clean, "%d bytes", size)
		assert.Equal(t, cut, changed, "%d bytes", size)
	}
}

func TestWhatCannotBeSearchedIsNotShown(t *testing.T) {
	t.Parallel()
	const secret = "13800138000"
	hide := func(s *Search) { s.Hide(secret) }
	deep := map[string]func(string) string{
		"percent": func(v string) string { return bytesAs(v, "%%%02x") },
		"base64":  func(v string) string { return base64Of([]byte(v)) },
		"HTML":    func(v string) string { return runesAs(v, "&#%d;") },
	}
	for name, encode := range deep {
		text := secret
		for depth := 1; depth <= 6 && len(text) < maxText; depth++ {
			text = encode(text)
			clean := search(text, hide)
			assert.NotContains(t, clean, text, "%s, %d times", name, depth)
			if strings.Contains(clean, "13") || !strings.Contains(clean, "[redacted") {
				t.Errorf("%s, %d times: %s", name, depth, clean)
			}
		}
	}
	assert.Equal(t, tooManyLayers, search("%2525252525253133800138000", hide))

	var s Search
	number := s.Add("系统繁忙")
	body, err := json.Marshal(map[string]string{"a": strings.Repeat("x", 3*checkEvery)})
	require.NoError(t, err)
	s.JSON(body, false, func() bool { return false })
	clean, changed := s.Text(number)
	assert.True(t, changed)
	assert.Equal(t, unsearched, clean)
}

func TestTheTimeIsAskedFor(t *testing.T) {
	t.Parallel()
	list := `[` + strings.TrimSuffix(strings.Repeat(`"0123456789",`, 50_000), ",") + `]`
	form := strings.Repeat("a=0123456789&", 50_000)
	for name, hide := range map[string]func(*Search, func() bool){
		"JSON":  func(s *Search, more func() bool) { s.JSON([]byte(list), false, more) },
		"form":  func(s *Search, more func() bool) { s.Form([]byte(form), false, more) },
		"bytes": func(s *Search, more func() bool) { s.Bytes([]byte(form), more) },
	} {
		asked := 0
		var s Search
		number := s.Add("系统繁忙")
		hide(&s, func() bool { asked++; return asked < 3 })
		assert.Equal(t, 3, asked, name)
		clean, _ := s.Text(number)
		assert.Equal(t, unsearched, clean, name)
	}
	for name, hide := range map[string]func(*Search, func() bool){
		"JSON": func(s *Search, more func() bool) { s.JSON([]byte(`["x","0123456789"]`), false, more) },
		"form": func(s *Search, more func() bool) { s.Form([]byte("a=b&c=0123456789"), false, more) },
	} {
		clean := search("no 0123456789", func(s *Search) { hide(s, func() bool { return false }) })
		assert.Equal(t, "no [redacted]", clean, "there is always the time for a little %s", name)
	}
}

// A string ends where its quotes do, and one that is cut off is hidden as far as it goes.
func TestStringsOfJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"a":"\"zhangsan"}`, `{"a":"x\\","b":"zhangsan"}`, `{"a":"x\\\"zhangsan"}`, `{"a":"\\","b":"zhangsan"}`, `{"a":"","b":"zhangsan"}`,
		`"zhangsan`, `"zhangsan\`, `"zhangsan\u00`, `"zhang\u0073an`, `{"a":"zhangsan\`,
	} {
		data := slices.Clip([]byte(body)) // with nothing behind it
		assert.Equal(t, "no [redacted]", search("no zhangsan", func(s *Search) { s.JSON(data, false, forever) }), body)
	}
	clean := search("no 张三", func(s *Search) { s.JSON([]byte(`{"a":"","b":"张三","c":"in the middle of it"}`), false, forever) })
	assert.Equal(t, "no [redacted]", clean, "behind an empty string")
}

// A value of any length is hidden wherever in it an echo begins.
func TestALongValueIsHiddenAcrossItsParts(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, "%d,", i*7919)
	}
	value := b.String()
	require.Greater(t, len(value), 2*checkEvery)
	for at := 0; at+40 < len(value); at += len(value) / effort.Amount(40, 200) {
		echo := value[at : at+40]
		require.NotContains(t, search("no "+echo, func(s *Search) { s.Bytes([]byte(value), forever) }), echo[5:35], "at %d", at)
	}
	at := checkEvery - 20
	require.Equal(t, "no [redacted]", search("no "+value[at:at+40], func(s *Search) { s.Bytes([]byte(value), forever) }))
}

func TestOpaqueHidesWhatCanBeAPiece(t *testing.T) {
	t.Parallel()
	run := base64Of([]byte("a piece of an image that is not known"))
	for name, text := range map[string]string{"plain": run, "percent": bytesAs(run, "%%%02x"), "JSON": unicodeEscapes(run, `\u%04x`)} {
		s := Search{Opaque: true}
		number := s.Add("bad image: " + text)
		clean, _ := s.Text(number)
		assert.Contains(t, clean, "bad image: [redacted]", name)
		assert.NotContains(t, clean, run[:minPart], name)
	}
	for text, want := range map[string]string{
		"bad image " + run[:minRun]:             "bad image [redacted]",
		"bad image " + run[:minRun-1]:           "bad image " + run[:minRun-1], // which may be a name
		"bad image " + run[:minRun-2] + "==":    "bad image [redacted]",
		"bad image " + run[:minRun-3] + "===":   "bad image " + run[:minRun-3] + "===", // no base64 ends so
		"bad image:\n" + run[:minRun-1]:         "bad image:\n" + run[:minRun-1],
		run[:8] + " " + run[:8] + " " + run[:8]: run[:8] + " " + run[:8] + " " + run[:8],
	} {
		s := Search{Opaque: true}
		clean, _ := s.Text(s.Add(text))
		assert.Equal(t, want, clean)
	}
	var s Search
	number := s.Add("bad id " + run)
	clean, changed := s.Text(number)
	assert.False(t, changed)
	assert.Equal(t, "bad id "+run, clean)
}

func TestJSONThatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":"13800138000`, `{"a":"x\"\\13800138000\"\\"`, `{"a":13800138000`, `["13800138000"`, `"13800138000" `, `{"a":"x\\","b":"13800138000"`} {
		assert.Equal(t, "no [redacted]", search("no 13800138000", func(s *Search) { s.JSON([]byte(body), false, forever) }), body)
	}
}

// The cost of a text depends on nothing that is in it.
func TestAnyTextIsIndexedWithinBounds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"zeros":         strings.Repeat("0", 1<<20),
		"threes":        strings.Repeat("3", 1<<20),
		"A":             strings.Repeat("A", 1<<20),
		"backslashes":   strings.Repeat(`\`, 1<<20),
		"percent":       strings.Repeat("%25", 1<<20),
		"ampersands":    strings.Repeat("&amp;", 1<<18),
		"nested base64": nested(func(v string) string { return base64Of([]byte(v)) }),
		"nested hex":    nested(func(v string) string { return hex.EncodeToString([]byte(v)) }),
		"digits":        strings.Repeat("1380000 11010 ", 1<<16),
		"not UTF-8":     strings.Repeat("\xff\xfe\x80", 1<<18),
	} {
		var s Search
		s.Add(text)
		s.Hide(strings.Repeat("0", 100))
		s.Hide(text)
		clean, _ := s.Text(0)
		assert.LessOrEqual(t, len(clean), maxText+len(Mark)+len("…"), name)
		assert.LessOrEqual(t, len(s.folded), maxLayers+2*maxText, name)
	}
}

func nested(encode func(string) string) string {
	text := "13800138000"
	for len(text) < maxText {
		text = encode(text)
	}
	return text
}

func FuzzSearch(f *testing.F) {
	for _, value := range values {
		for _, encode := range encodings {
			f.Add(encode(value), value)
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		s := Search{}
		number := s.Add(text)
		s.Hide(value)
		s.JSON([]byte(value), true, forever)
		s.Form([]byte(value), true, forever)
		clean, changed := s.Text(number)
		if !changed && clean != text {
			t.Errorf("%q became %q, and is said not to be changed", text, clean)
		}
		folded, _ := appendFolded(nil, []byte(value))
		if len(folded) >= minValue && len(text) < maxText && strings.Contains(text, value) && strings.Contains(clean, value) &&
			!strings.Contains(Mark, value) && !strings.Contains(tooManyLayers, value) && !strings.Contains(value, "://") {
			t.Errorf("%q is in %q", value, clean)
		}
	})
}
