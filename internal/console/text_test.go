package console

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLanguageOfTheEnvironment(t *testing.T) {
	for name, tt := range map[string]struct {
		env  []string
		want Language
	}{
		"nothing":               {nil, English},
		"chinese":               {[]string{"LANG", "zh_CN.UTF-8"}, Chinese},
		"taiwan":                {[]string{"LANG", "zh_TW"}, Chinese},
		"a plain zh":            {[]string{"LANG", "zh"}, Chinese},
		"english":               {[]string{"LANG", "en_US.UTF-8"}, English},
		"another":               {[]string{"LANG", "de_DE.UTF-8"}, English},
		"C":                     {[]string{"LANG", "C.UTF-8"}, English},
		"LC_ALL goes first":     {[]string{"LANG", "zh_CN.UTF-8", "LC_MESSAGES", "zh_CN.UTF-8", "LC_ALL", "C"}, English},
		"then LC_MESSAGES":      {[]string{"LANG", "en_US.UTF-8", "LC_MESSAGES", "zh_CN.UTF-8"}, Chinese},
		"an empty one is unset": {[]string{"LANG", "zh_CN.UTF-8", "LC_ALL", ""}, Chinese},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, DefaultLanguage(environment(tt.env...)))
		})
	}
	assert.Contains(t, []Language{Chinese, English}, DefaultLanguage(nil), "it is that of this machine")
}

func TestParseLanguage(t *testing.T) {
	for s, want := range map[string]Language{"zh": Chinese, "en": English, "ZH": Chinese, "zh-CN": Chinese, "en_GB.UTF-8": English} {
		l, err := ParseLanguage(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, l, s)
	}
	for _, s := range []string{"", "de", "zhong", "english"} {
		_, err := ParseLanguage(s)
		require.ErrorContains(t, err, "zh or en", s)
	}
	assert.Equal(t, "是", Text{"是", "yes"}.In(Chinese))
	assert.Equal(t, "yes", Text{"是", "yes"}.In(English))
}

func TestUnits(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 829: "829 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1<<20 - 1: "1.0 MiB", 8 << 20: "8.0 MiB",
		5<<30 + 1<<29: "5.5 GiB", math.MaxInt64: "8.0 EiB",
	} {
		assert.Equal(t, want, English.Bytes(n), n)
	}
	for d, want := range map[time.Duration][2]string{
		0:                                     {"0 秒", "0 s"},
		time.Microsecond:                      {"< 1 毫秒", "< 1 ms"},
		120 * time.Millisecond:                {"120 毫秒", "120 ms"},
		999900 * time.Microsecond:             {"1.0 秒", "1.0 s"},
		2100 * time.Millisecond:               {"2.1 秒", "2.1 s"},
		45 * time.Second:                      {"45 秒", "45 s"},
		59900 * time.Millisecond:              {"59.9 秒", "59.9 s"},
		59960 * time.Millisecond:              {"1 分钟", "1 min"},
		90 * time.Second:                      {"1 分 30 秒", "1 min 30 s"},
		5 * time.Minute:                       {"5 分钟", "5 min"},
		90 * time.Minute:                      {"1 小时 30 分", "1 h 30 min"},
		time.Hour - time.Second:               {"59 分 59 秒", "59 min 59 s"},
		time.Hour - time.Millisecond:          {"1 小时", "1 h"},
		24*time.Hour - time.Second:            {"1 天", "1 d"},
		51 * time.Hour:                        {"2 天 3 小时", "2 d 3 h"},
		-90 * time.Minute:                     {"-1 小时 30 分", "-1 h 30 min"},
		time.Duration(math.MinInt64):          {"-106751 天 23 小时", "-106751 d 23 h"},
		time.Duration(math.MaxInt64):          {"106751 天 23 小时", "106751 d 23 h"},
		23*time.Hour + 31*time.Minute:         {"23 小时 31 分", "23 h 31 min"},
		10*time.Minute + 600*time.Microsecond: {"10 分钟", "10 min"},
	} {
		assert.Equal(t, want[0], Chinese.Duration(d), d)
		assert.Equal(t, want[1], English.Duration(d), d)
	}
	at := time.Date(2026, 3, 1, 20, 5, 0, 0, time.UTC)
	assert.Equal(t, "2026-03-02 04:05", English.Time(at))
	assert.Equal(t, "04:05", Chinese.Clock(at))
	assert.Contains(t, Chinese.ZoneNote(), "北京时间")
	assert.Contains(t, English.ZoneNote(), "Beijing")
}

func TestClean(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"chinese":                  {"初二数学:一次函数", "初二数学:一次函数"},
		"colour":                   {"\x1b[31mred", `\x1b[31mred`},
		"cursor up, in eight bits": {"\u009b2A", `\x9b2A`},
		"a line":                   {"a\r\nb", `a\r\nb`},
		"a tab":                    {"a\tb", "a b"},
		"bell and delete":          {"\a\x7f\x00", `\x07\x7f\x00`},
		"turned around":            {"cod\u202egpj.exe", `cod\u202egpj.exe`},
		"lines of Unicode":         {"a\u2028b", `a\u2028b`},
		"not UTF-8":                {"a\xffb", "a\ufffdb"},
		"an emoji of several":      {"👨\u200d👩", "👨\u200d👩"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, Clean(tt.in)) })
	}
}

func TestCells(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "中文": 4, "，": 2, "ｆｕｌｌ": 8, "é": 1, "e\u0301": 1, "한": 2, "ﾊ": 1, "😀": 2, "…": 1, "─": 1,
		"\x1b[1;31m中\x1b[0m": 2, "\x1b[": 1, "a\u200bb": 2, "\xff": 1,
	} {
		assert.Equal(t, want, Cells(s), "%q", s)
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"中文字", 6, "中文字"},
		{"中文字", 5, "中文…"},
		{"中文字", 4, "中…"},
		{"中文字", 1, "…"},
		{"中文字", 0, ""},
		{"\x1b[31m中文字\x1b[0m", 5, "\x1b[31m中文…\x1b[0m"},
		{"\x1b[31m中\x1b[0m文字", 5, "\x1b[31m中\x1b[0m文…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		assert.Equal(t, tt.want, Shorten(tt.in, tt.n), "%q to %d", tt.in, tt.n)
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 100, []string{"one two three"}},
		{"unbreakable words", 5, []string{"unbreakable", "words"}},
		{"中文没有空格也能换行。", 10, []string{"中文没有空", "格也能换", "行。"}},
		{"运行 go test ./... 即可", 12, []string{"运行 go test", "./... 即可"}},
		{"见（第一课）和《第二课》", 6, []string{"见（第", "一课）", "和《第", "二课》"}},
	} {
		assert.Equal(t, tt.want, Wrap(tt.in, tt.n), "%q to %d", tt.in, tt.n)
	}
}

// FuzzClean: whatever a vendor writes, it moves no cursor and takes the columns that
// it is thought to take.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "中文\x1b[2J", "\x9b", "e\u0301", "\u202e", "a\nb"} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		clean := Clean(s)
		for _, r := range clean {
			require.False(t, unicode.IsControl(r), "%q", clean)
		}
		require.Equal(t, clean, Clean(clean), "what is clean stays as it is")
		n = min(max(n, 0), 100)
		short := Shorten(clean, n)
		require.LessOrEqual(t, Cells(short), n, "%q", short)
		require.True(t, short == clean || n == 0 || strings.HasSuffix(short, "…"), "%q", short)
	})
}
