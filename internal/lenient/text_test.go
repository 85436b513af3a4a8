package lenient

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzText reads strings, which Text does by itself where they are simple, and
// compares with encoding/json.
func FuzzText(f *testing.F) {
	for _, in := range []string{
		`""`, `"28001008"`, `"初二数学"`, `"a\"b"`, `"a\\"`, `"\u0032"`, `"\ud800"`, `"/"`, `"it's"`,
		"\"\xff\"", "\"a\tb\"", `"a"b"`, `"`, `"a`, `"a" "b"`, `"a\"`, "\"\x7f\"",
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
		assert.Equal(t, wantErr == nil, err == nil, "%v, but %v", wantErr, err)
		if wantErr == nil {
			assert.Equal(t, want, string(got))
		}
	})
}

func TestTextAllocatesItsResultOnly(t *testing.T) {
	in := []byte(`"the vendor's words"`)
	var text Text
	assert.InDelta(t, 1, testing.AllocsPerRun(100, func() { _ = text.UnmarshalJSON(in) }), 0)
}
