package faketest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestShape(t *testing.T) {
	for in, want := range map[string]any{
		`null`: nil, `1.5`: "number", `"1"`: "text", `true`: "bool", `[]`: "empty list", `{}`: map[string]any{},
		`[[1],"x"]`: []any{[]any{"number"}}, `{"a":[{"b":null}],"c":""}`: map[string]any{"a": []any{map[string]any{"b": nil}}, "c": "text"},
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(in), &v))
		assert.Equal(t, want, Shape(v), in)
	}
}
