package charset_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk/internal/charset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func gb(t testing.TB, text string) string {
	t.Helper()
	encoded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	require.NoError(t, err)
	return encoded
}

func TestToUTF8(t *testing.T) {
	const (
		asGBK  = "application/json;charset=GBK"
		asUTF8 = "application/json; charset=utf-8"
	)
	for name, tt := range map[string]struct {
		body  string
		label string
		limit int
		want  string
		err   error
	}{
		"nothing":                               {"", "", 0, "", nil},
		"ASCII":                                 {"{}", "", 0, "{}", nil},
		"ASCII labelled GBK":                    {"{}", asGBK, 0, "{}", nil},
		"UTF-8":                                 {"张三", asUTF8, 0, "张三", nil},
		"UTF-8 without a label":                 {"张三", "", 0, "张三", nil},
		"UTF-8 labelled GBK":                    {"张三", asGBK, 0, "张三", nil},
		"UTF-8 of four bytes labelled GBK":      {"𠮷", asGBK, 0, "𠮷", nil},
		"UTF-8 of all lengths labelled GBK":     {"é·张😀", asGBK, 0, "é·张😀", nil},
		"UTF-8 with a mark":                     {"\ufeff张三", "", 0, "张三", nil},
		"UTF-8 with a mark labelled GBK":        {"\ufeffé", asGBK, 0, "é", nil},
		"a mark alone":                          {"\ufeff", "", 0, "", nil},
		"two bytes labelled GBK":                {gb(t, "陆"), asGBK, 0, "陆", nil},
		"two bytes without a label":             {gb(t, "陆"), "", 0, "½", nil},
		"GBK":                                   {gb(t, "系统繁忙"), asGBK, 0, "系统繁忙", nil},
		"GB2312":                                {gb(t, "张三"), "text/json; charset=gb2312", 0, "张三", nil},
		"GB18030, with four bytes":              {gb(t, "张𠮷😀"), "application/json; charset=\"GB18030\"", 0, "张𠮷😀", nil},
		"beyond GB2312 under its label":         {gb(t, "镕𠮷"), "application/json;charset=gb2312", 0, "镕𠮷", nil},
		"a label in other case and place":       {gb(t, "张三"), "application/json; x=y ; Charset = 'gbk' ", 0, "张三", nil},
		"a label in a broken type":              {gb(t, "张三"), "json;;charset=gbk;", 0, "张三", nil},
		"GBK without a label":                   {gb(t, "张三"), "", 0, "", charset.ErrNotUTF8},
		"GBK labelled UTF-8":                    {gb(t, "张三"), asUTF8, 0, "", charset.ErrNotUTF8},
		"GBK labelled Latin-1":                  {gb(t, "张三"), "application/json; charset=iso-8859-1", 0, "", charset.ErrNotUTF8},
		"GBK with its mark":                     {gb(t, "\ufeff张三"), "", 0, "张三", nil},
		"GBK under the mark of UTF-8":           {"\ufeff" + gb(t, "张三"), asGBK, 0, "", charset.ErrNotUTF8},
		"cut off within a character":            {gb(t, "张三")[:3], asGBK, 0, "", charset.ErrNotGBK},
		"cut off within four bytes":             {gb(t, "𠮷")[:3], asGBK, 0, "", charset.ErrNotGBK},
		"a second byte that cannot be":          {"\xd5\x20", asGBK, 0, "", charset.ErrNotGBK},
		"0xff":                                  {"\xff\xff", asGBK, 0, "", charset.ErrNotGBK},
		"four bytes that stand for nothing":     {"\xfe\x39\xfe\x39", asGBK, 0, "", charset.ErrNotGBK},
		"U+FFFD of the sender":                  {gb(t, "张\ufffd三"), asGBK, 0, "张\ufffd三", nil},
		"U+FFFD of the sender and a broken one": {gb(t, "张\ufffd") + "\xfe\x39\xfe\x39", asGBK, 0, "", charset.ErrNotGBK},
		"U+FFFD of the sender in UTF-8":         {"张\ufffd", "", 0, "张\ufffd", nil},
		"the euro sign of code page 936":        {"\x80" + gb(t, "张"), asGBK, 0, "€张", nil},
		"UTF-16, little end first":              {"\xff\xfe{\x00}\x00", asUTF8, 0, "", charset.ErrUTF16},
		"UTF-16, big end first":                 {"\xfe\xff\x00{", "", 0, "", charset.ErrUTF16},
		"UTF-16 labelled GBK":                   {"\xff\xfe{\x00", asGBK, 0, "", charset.ErrUTF16},
		"UTF-32":                                {"\x00\x00\xfe\xff\x00\x00\x00{", "", 0, "", charset.ErrUTF16},
		"as long as may be":                     {gb(t, "张三"), asGBK, 6, "张三", nil},
		"longer, once grown":                    {gb(t, "张三"), asGBK, 5, "", charset.ErrTooLarge},
		"longer, as it came":                    {"{}", "", 1, "", charset.ErrTooLarge},
		"many pieces":                           {gb(t, strings.Repeat("张a", 70_000)), asGBK, 0, strings.Repeat("张a", 70_000), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := charset.ToUTF8([]byte(tt.body), tt.label, tt.limit)
			if tt.err != nil {
				assert.ErrorIs(t, err, tt.err)
				assert.Nil(t, got)
				return
			}
			require.NoError(t, err)
			assert.True(t, tt.want == string(got), "got %.100q", got)
		})
	}
}

func TestUTF8IsNotCopied(t *testing.T) {
	body := []byte("\ufeff" + `{"name":"张三"}`)
	var got []byte
	assert.Zero(t, testing.AllocsPerRun(100, func() { got, _ = charset.ToUTF8(body, "application/json; charset=utf-8", 100) }))
	assert.Same(t, &body[3], &got[0])
}

func TestLoneSurrogate(t *testing.T) {
	for text, want := range map[string]bool{
		``: false, `{}`: false, `\`: false, `"\u`: false, `"\u4e2d"`: false, `"\ud83d\ude00"`: false, `"\uD83D\uDE00"`: false,
		`"\\ud800"`: false, `"\\\\ud800"`: false, `"\"\n\ud83d\ude00"`: false, `"\uzzzz"`: false,
		`"\ud800"`: true, `"\uDFFF"`: true, `"\ude00\ud83d"`: true, `"\ud83d\ud83d"`: true, `"\ud83d\u4e2d"`: true, `"\ud83d \ude00"`: true,
		`"\\\ud800"`: true, `"\u4e2d\udc00"`: true, `"\ud83d\ude00\ud83d"`: true, `"\ud83d\ude0`: true,
	} {
		assert.Equal(t, want, charset.LoneSurrogate([]byte(text)), text)
	}
}

// FuzzToUTF8 reads whatever bytes: what comes out is UTF-8, within the limit, and
// with no more U+FFFD than went in.
func FuzzToUTF8(f *testing.F) {
	for _, text := range []string{"", "张三", "\ufeff{}", "é", "a\ufffdb", "镕𠮷😀"} {
		f.Add([]byte(text), true, 100)
		f.Add([]byte(gb(f, text)), true, 100)
		f.Add([]byte(gb(f, text)), false, 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, labelled bool, limit int) {
		label := ""
		if labelled {
			label = "text/plain;charset=gbk"
		}
		got, err := charset.ToUTF8(body, label, limit)
		if err != nil {
			return
		}
		assert.True(t, utf8.Valid(got))
		if limit > 0 {
			assert.LessOrEqual(t, len(got), limit)
		}
		own := bytes.Count(body, []byte("\ufffd")) + bytes.Count(body, []byte("\x84\x31\xa4\x37"))
		assert.LessOrEqual(t, bytes.Count(got, []byte("\ufffd")), own)
	})
}

// FuzzLoneSurrogate compares with what encoding/json makes of a string.
func FuzzLoneSurrogate(f *testing.F) {
	for _, text := range []string{`"\ud83d\ude00"`, `"\ud800"`, `"\\ud800"`, `"a\"\udc00"`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s string
		if !utf8.Valid(text) || bytes.Contains(text, []byte("\ufffd")) || bytes.Contains(bytes.ToLower(text), []byte(`\ufffd`)) || json.Unmarshal(text, &s) != nil {
			return
		}
		assert.Equal(t, strings.ContainsRune(s, utf8.RuneError), charset.LoneSurrogate(text), "%s", text)
	})
}
