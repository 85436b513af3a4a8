package redact

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A number is hidden as it was sent, and as a program writes it that has made a float
// of it.
func TestNumbersAreHiddenHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for sent, echoes := range map[string][]string{
		"13800138000":     {"13800138000", "1.3800138e+10"},
		"9998887776":      {"9998887776", "9.998887776e+09"},
		"0987654321":      {"0987654321", "9.87654321e+08"},
		"-9876543219":     {"-9876543219", "-9.876543219e+09"},
		"1.3800138e10":    {"1.3800138e10", "13800138000", "1.3800138e+10"},
		"1.3800138E+10":   {"1.3800138E+10", "13800138000"},
		"1380013.8000e+4": {"1380013.8000e+4", "13800138000"},
		"1234567":         {"1234567", "1.234567e+06"},
		"123456":          {"123456"},
	} {
		for _, data := range []string{`{"phone":` + sent + `}`, `[1,` + sent + `,"x"]`, sent} {
			for _, echo := range echoes {
				clean := search("no such student: "+echo, func(s *Search) { s.JSON([]byte(data), false, forever) })
				assert.Equal(t, "no such student: [redacted]", strings.Replace(clean, "-[", "[", 1), "%s, echoed as %s", data, echo)
			}
		}
	}
}

// Names in objects and forms are hidden unless they are identifiers of a program, and
// those too where a name can be anybody's.
func TestNamesThatDataCanBe(t *testing.T) {
	t.Parallel()
	for name, identifier := range map[string]bool{
		"abcdefghijz": true, "zyxwvutsrqa": true, "ABCDEFGHIJZ": true, "ZYXWVUTSRQA": true, "_underscored_": true, "name0123456789": true,
		"0123456789": false, "9876543210": false, "name-of-a-student": false, "name.of.a.student": false, "student Zhang San": false,
		"student/13800138000": false, "student:13800138000": false, "[studentnumber]": false, "`studentnumber`": false,
		"{studentnumber}": false, "@studentnumber": false, "欧阳若兰和诸葛孔明": false,
	} {
		object, err := json.Marshal(map[string]int{name: 1})
		require.NoError(t, err)
		for how, hide := range map[string]func(*Search, bool){
			"JSON": func(s *Search, names bool) { s.JSON(object, names, forever) },
			"form": func(s *Search, names bool) { s.Form([]byte("a=b&"+url.QueryEscape(name)+"=1"), names, forever) },
		} {
			want := "unknown: [redacted]"
			if identifier {
				want = "unknown: " + name
			}
			assert.Equal(t, want, search("unknown: "+name, func(s *Search) { hide(s, false) }), how)
			assert.Equal(t, "unknown: [redacted]", search("unknown: "+name, func(s *Search) { hide(s, true) }), "%s, whose names can be data", how)
		}
	}
}
