package redact

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What one encoding less makes of a text, and that what only looks like an encoding
// stays in it: a character too many or too few would take apart the value beside it.
func TestWhatIsDecoded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"four digits", `a\u5f20b`, "a张b"},
		{"four digits in upper case", `\u5F20`, "张"},
		{"escaped twice", `a\\\u5f20b`, "a张b"},
		{"three digits", `\u5f2`, "u5f2"},
		{"no digit", `\u5f2g`, "u5f2g"},
		{"no digits at the end", `a\u`, "au"},
		{"eight digits", `\U0001f600b`, "😀b"},
		{"seven digits", `\U0001f60`, "U0001f60"},
		{"eight, of which one is none", `\U0001f60g`, "U0001f60g"},
		{"eight digits of another letter", `\q0001f600`, "q0001f600"},
		{"one digit in braces", `\u{9}b`, "\tb"},
		{"six digits in braces", `\u{10ffff}b`, "\U0010ffffb"},
		{"seven digits in braces", `\u{1000000}b`, "u{1000000}b"},
		{"empty braces", `\u{}b`, "u{}b"},
		{"no digit in braces", `\u{xyz}b`, "u{xyz}b"},
		{"braces that are open", `\u{41`, "u{41"},
		{"braces of another letter", `\v{41}`, "\n{41}"},
		{"what follows in braces", `\uX{41}`, "uX{41}"},
		{"another character for the first brace", `\uX41}`, "uX41}"},
		{"two digits", `\x41b`, "Ab"},
		{"one digit", `\x4`, "x4"},
		{"two digits, of which one is none", `\x4g`, "x4g"},
		{"octal", `\101b`, "Ab"},
		{"octal, the last byte", `\377`, "\xff"},
		{"octal, beyond a byte", `\401`, "401"},
		{"octal, the first byte", `\000b`, "\x00b"},
		{"octal digits, of which the second is none", `\181`, "181"},
		{"octal digits, of which the third is none", `\118`, "118"},
		{"before the octal digits", `\/01`, "/01"},
		{"two octal digits", `\10`, "10"},
		{"letters of control", `\n\r\t\b\f\a\v`, "\n\n\n\n\n\n\n"},
		{"other letters", `\q\"\/`, `q"/`},
		{"a backslash at the end", `a\`, "a"},
		{"two halves", `\ud83d\ude00b`, "😀b"},
		{"two halves, escaped twice", `\\ud83d\\ude00b`, "😀b"},
		{"half a character", `\ud83db`, "\ufffdb"},
		{"half a character at the end", `\ud83d`, "\ufffd"},
		{"half a character, and a backslash at the end", `\ud83d\`, "\ufffd"},
		{"half a character, and a letter of control", `\ud83d\n`, "\ufffd\n"},
		{"half a character, and what is no digit", `\ud83d\ude0g`, "\ufffdude0g"},
		{"half a character, and digits without a backslash", `\ud83dude00`, "\ufffdude00"},
		{"half a character, and another letter", `\ud83dxude00`, "\ufffdxude00"},
		{"half a character, and another letter of escapes", `\ud83d\xde00`, "\ufffd\xde00"},
		{"two digits, percent", "a%41b", "aAb"},
		{"one digit, percent", "%4", "%4"},
		{"no digits, percent", "100% of 5%", "100% of 5%"},
		{"two digits, of which one is none, percent", "%4g", "%4g"},
		{"four digits, percent", "a%u5f20b", "a张b"},
		{"four digits, percent, in upper case", "%U5F20", "张"},
		{"three digits, percent", "%u5f2", "%u5f2"},
		{"four digits of another letter, percent", "%x5f20", "%x5f20"},
		{"two halves, percent", "%ud83d%ude00b", "😀b"},
		{"half a character, percent", "%ud83db", "\ufffdb"},
		{"half a character at the end, percent", "%ud83d", "\ufffd"},
		{"bytes of a mail", "=E5=BC=A0b", "张b"},
		{"the first byte beyond ASCII", "=80", "\x80"},
		{"the last of ASCII", "=7F", "=7F"},
		{"control", "=0Ab", "\nb"},
		{"an equals sign of a mail", "=3Db", "=b"},
		{"a digit of no mail", "=31b", "=31b"},
		{"a letter of no mail", "=4Db", "=4Db"},
		{"one digit, of a mail", "=E", "=E"},
		{"a line that goes on", "ab=\ncd", "abcd"},
		{"a line that goes on, as mails end it", "ab=\r\ncd", "abcd"},
		{"a line that goes on, at the end", "ab=\r\n", "ab"},
		{"a carriage return alone", "ab=\rcd", "ab=\rcd"},
		{"a carriage return at the end", "ab=\r", "ab=\r"},
		{"an equals sign before two other characters", "ab=c\nd", "ab=c\nd"},
		{"an equals sign at the end", "ab=", "ab="},
		{"a name", "a&lt;b", "a<b"},
		{"a name of two characters", "&rarr;", "→"},
		{"a name without a semicolon", "a&ltb", "a&ltb"},
		{"a name without a semicolon, before a space", "a&lt b", "a&lt b"},
		{"a number sign behind a name", "&lt#;", "&lt#;"},
		{"an unknown name", "&nosuch;", "&nosuch;"},
		{"no name", "a&;b&", "a&;b&"},
		{"a number", "&#24352;b", "张b"},
		{"a number without a semicolon", "&#24352 b", "张 b"},
		{"a number without a semicolon, at the end", "&#65", "A"},
		{"a number of one digit", "&#9;b", "\tb"},
		{"a number of one digit, which takes a semicolon", "&#9 b", "&#9 b"},
		{"no number", "&#;b", "&#;b"},
		{"a number sign at the end", "&#", "&#"},
		{"a number sign within", "&l#t;", "&l#t;"},
		{"hexadecimal", "&#x5f20;b", "张b"},
		{"hexadecimal without a semicolon", "&#x41", "A"},
		{"the longest name", "&CounterClockwiseContourIntegral;b", "∳b"},
		{"a name that is too long", "&" + strings.Repeat("a", 40) + ";", "&" + strings.Repeat("a", 40) + ";"},
		{"what begins with a name", "&amp" + strings.Repeat("a", 30) + ";", "&" + strings.Repeat("a", 30) + ";"},
		{"what begins with a name and is too long", "&amp" + strings.Repeat("a", 31) + ";", "&amp" + strings.Repeat("a", 31) + ";"},
		{"what begins with a name and is far too long", "&amp" + strings.Repeat("a", 99) + ";", "&amp" + strings.Repeat("a", 99) + ";"},
		{"one behind the other", `\u5f20%E4%B8%89&lt;=E5=9B=9B\u5f20`, "张三<四张"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := layer{text: []byte(tt.text), tracked: true, direct: true}
			for i := range len(tt.text) {
				l.from, l.to = append(l.from, int32(i)), append(l.to, int32(i+1))
			}
			got, changed := l.decoded()
			assert.Equal(t, tt.want, string(got.text))
			assert.Equal(t, tt.text != tt.want, changed, "whether anything was encoded")
			assert.True(t, got.direct, "it was not unpacked")
			require.Len(t, got.from, len(got.text), "where its bytes come from")
			require.Len(t, got.to, len(got.text), "where its bytes come from")
			for i, c := range got.text {
				part := tt.text[got.from[i]:got.to[i]]
				assert.True(t, part == string(c) || strings.ContainsAny(part, `\%&=`), "%q comes from %q", got.text[i], part)
			}
		})
	}
}

// What is the same to a search, whichever way it is folded.
func TestWhatIsAlike(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"aAzZ09", "aazz09"},
		{"@[`{~!", "@[`{~!"},
		{"\x00a", "\x00a"}, // keeps runs apart
		{" \t\n\r\x01\x1f\x7f+-\\a", "a"},
		{"\u0080\u0085\u00a0\u00ad\u200b\u3000\ufeffa", "a"},
		{"！～＝０ＡＺａｚ", "!~=0azaz"},
		{"＋－＼\uff00\uff5f", "\uff00\uff5f"},
		{"\u2e7f\u2e80\ua63f\ua640", "\u2e7f\u2e80\ua63f\ua641"},
		{"张三", "张三"},
		{"ÄÖÜß", "äöüß"},
		{"\u212a\u017f", "ks"},             // of Kelvin, and a long s
		{"\xff\x80a\xc3", "\xff\x80a\xc3"}, // not UTF-8
		{"\ufffd", "\ufffd"},
	} {
		folded, _ := appendFolded([]byte("x"), []byte(tt.text))
		if want := strings.ReplaceAll(tt.want, "\x00", ""); !assert.Equal(t, "x"+want, string(folded), "%q, in a value", tt.text) {
			continue
		}
		var s Search
		s.Add(tt.text)
		assert.Equal(t, tt.want+"\x00", string(s.folded[:min(len(tt.want)+1, len(s.folded))]), "%q, in a text", tt.text)
	}
	for c := range 256 {
		_, encoded := appendFolded(nil, []byte{'a', byte(c), 'b'})
		assert.Equal(t, strings.ContainsRune(`\%&=`, rune(c)) && c != 0, encoded, "whether %q can be of an encoding", rune(c))
	}
	_, encoded := appendFolded(nil, []byte("%a"))
	assert.True(t, encoded, "whatever follows")
}

// How many encodings deep a value is found, and from where on a text is not shown.
func TestHowDeepATextIsSearched(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"as deep as can be", "张三 %25252541", "[redacted] %25252541"},
		{"deeper", "张三 %2525252541", tooManyLayers},
		{"deeper, of eight bytes", "abcde%2525252541", tooManyLayers},
		{"deeper, of seven bytes, which are no value", "abcd%2525252541", "abcd%2525252541"},
		{"deeper, of what is no text", "\xffab cd%2525252541", "\xffab cd%2525252541"},
		{"as deep, and eight characters that could be base64", "%25252541bcdefgh", tooManyLayers},
		{"base64, as deep as can be", base64s("张三李四", maxDepth), Mark},
		{"base64, deeper", base64s("张三李四", maxDepth+1), tooManyLayers},
		{"hex, deeper", hexes("张三李四", maxDepth+1), tooManyLayers},
		{"as deep, and seven characters that could be base64", "a b %25252541bcdefg", "a b %25252541bcdefg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, search(tt.text, func(s *Search) {
				s.Hide("张三")
				s.Hide("张三李四")
			}))
		})
	}
}

// base64s and hexes encode a text many times.
func base64s(text string, times int) string {
	for range times {
		text = base64Of([]byte(text))
	}
	return text
}

func hexes(text string, times int) string {
	for range times {
		text = hex.EncodeToString([]byte(text))
	}
	return text
}

// What becomes of one text is bounded, whatever others have become before.
func TestLayersOfATextAreBounded(t *testing.T) {
	t.Parallel()
	var long Search
	_, changed := long.Text(long.Add(strings.Repeat("·", maxText)))
	assert.True(t, changed, "a text that is cut")
	for more, deep := range []bool{false, true} {
		var s Search
		s.folded = make([]byte, maxLayers+1) // of another text
		number := s.Add("text")
		clean, _ := s.Text(number)
		require.Equal(t, "text", clean)
		s.folded = append(s.folded[:s.texts[number].folded], make([]byte, maxLayers+more)...)
		s.explore(layer{text: []byte("x"), from: []int32{0}, to: []int32{1}}, 1)
		assert.Equal(t, deep, s.texts[number].deep, "%d bytes beyond the bound", more)
		assert.Equal(t, !deep, len(s.folded) > s.texts[number].folded+maxLayers+more, "whether the layer is indexed")
		clean, changed := s.Text(number)
		assert.Equal(t, deep, clean == tooManyLayers)
		assert.Equal(t, deep, changed)
	}
}

// Runs of what bytes are written in can be broken into lines anywhere, and each
// stands for its own bytes.
func TestRunsOfBytes(t *testing.T) {
	t.Parallel()
	const value = "13800138000"
	hide := func(s *Search) { s.Hide(value) }
	for name, encode := range map[string]func([]byte) string{"base64": base64Of, "hex": hex.EncodeToString} {
		run := encode([]byte(value))
		for _, end := range []string{"\n", "\r", "\r\n"} {
			for at := 1; at < len(strings.TrimRight(run, "=")); at++ {
				for _, before := range []string{"", "a", "ab", "abc"} {
					text := "no: " + before + run[:at] + end + run[at:] + " there"
					require.Equal(t, "no: [redacted] there", search(text, hide), "%s, broken at %d: %q", name, at, text)
				}
			}
			text := "no:" + end + run + end + "there"
			require.NotContains(t, search(text, hide), run[:8], "%s: %q", name, text)
		}
		require.Equal(t, "[redacted] and another_run", search(run+" and another_run", hide), "%s: another run is not a part of it", name)
		other := encode([]byte("nothing that matters"))
		require.Equal(t, other+" and [redacted]", search(other+" and "+run, hide), "%s: nor is the one before", name)
	}
	// A text in bytes can hold characters that stand for broken ones.
	broken := "ab\ufffdcd\ufffd"
	require.Equal(t, "no [redacted]", search("no "+base64Of([]byte(broken)), func(s *Search) { s.Hide(broken) }))
}
