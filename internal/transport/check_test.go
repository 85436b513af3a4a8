package transport

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func TestPathsOfACall(t *testing.T) {
	t.Parallel()
	for path, good := range map[string]bool{
		"api/v4/room": true, "/api/v4/room": true, "a..b/.c/d.": true, "课程": true,
		"": false, "/": false, "a?b": false, "a#b": false, "a:b": false, `a\b`: false, "a b": false, "a%2fb": false,
		"a\tb": false, "a\x7fb": false, "..": false, "a/../b": false, "a/..": false, ".": false, "a/./b": false, "a/.": false,
		"a//b": false, "//host/a": false,
	} {
		err := CheckPath(path)
		if good {
			assert.NoError(t, err, "path %q", path)
			continue
		}
		var field *edusdk.FieldError
		require.ErrorAs(t, err, &field, "path %q", path)
		assert.Equal(t, "path", field.Field, "path %q", path)
	}
}

func TestWhatACallDecodesInto(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		out  any
		good bool
	}{
		"nothing": {nil, true}, "a pointer": {new(int), true}, "a pointer to an interface": {new(any), true},
		"a pointer that is nil": {(*int)(nil), false}, "a value": {struct{}{}, false}, "a map": {map[string]any{}, false},
	} {
		_, err := CheckCall("GET", "a", tt.out, "GET")
		if tt.good {
			assert.NoError(t, err, name)
			continue
		}
		assert.EqualError(t, err, "out must be nil or a pointer", name)
	}
}
