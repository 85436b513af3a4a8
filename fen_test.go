package edusdk_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

func TestFenAsText(t *testing.T) {
	for text, fen := range map[string]edusdk.Fen{
		"0.00": 0, "0.01": 1, "0.99": 99, "1.00": 100, "12.34": 1234, "1000.05": 100005,
		"-0.01": -1, "-0.99": -99, "-1.00": -100, "-12.34": -1234,
		"92233720368547758.07":  math.MaxInt64,
		"-92233720368547758.08": math.MinInt64,
	} {
		assert.Equal(t, text, fen.String(), "the text of %d", int64(fen))
		assert.Equal(t, text, fmt.Sprint(fen), "%d printed", int64(fen))
		back, err := edusdk.ParseFen(text)
		require.NoError(t, err, text)
		assert.Equal(t, int64(fen), int64(back), "%s read back", text)
	}
}

func TestParseFen(t *testing.T) {
	for text, want := range map[string]edusdk.Fen{
		"10": 1000, "10.0": 1000, "10.5": 1050, "10.00000": 1000, "0.10000": 10, "+3.20": 320, "-0": 0, "007.50": 750,
	} {
		got, err := edusdk.ParseFen(text)
		require.NoError(t, err, text)
		assert.Equal(t, int64(want), int64(got), text)
	}
	for name, text := range map[string]string{
		"empty": "", "a sign alone": "-", "two signs": "+-1", "two signs, the other way round": "-+1", "a point alone": ".",
		"no whole part": ".5", "no decimals": "5.", "three decimals": "1.005", "an exponent": "1e3", "a space": " 1", "a comma": "1,000",
		"a currency": "¥1", "digits of another script": "１２", "two points": "1.2.3", "not a number": "NaN", "an underscore": "1_000",
		"too large": "92233720368547758.08", "too small": "-92233720368547758.09", "far too large": strings.Repeat("9", 400),
	} {
		_, err := edusdk.ParseFen(text)
		require.ErrorIs(t, err, edusdk.ErrInvalidArgument, name)
		assert.Equal(t, edusdk.ErrInvalidArgument, edusdk.KindOf(err), name)
		var field *edusdk.FieldError
		require.ErrorAs(t, err, &field, name)
		assert.Equal(t, "yuan", field.Field, name)
		if text != "" && len(text) > 3 {
			assert.NotContains(t, err.Error(), text, "the text is not in the error")
		}
	}
}

// Whoever turns a field of int64 into one of Fen changes no JSON.
func TestFenIsANumberInJSON(t *testing.T) {
	type price struct {
		Price edusdk.Fen `json:"price"`
	}
	out, err := json.Marshal(price{1234})
	require.NoError(t, err)
	assert.JSONEq(t, `{"price":1234}`, string(out))
	var back price
	require.NoError(t, json.Unmarshal(out, &back))
	assert.Equal(t, price{1234}, back)
}

func FuzzParseFen(f *testing.F) {
	for _, seed := range []string{"12.34", "-0.05", "10.00000", "+1", "92233720368547758.07", "-92233720368547758.08", ".", "1e3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fen, err := edusdk.ParseFen(text)
		if err != nil {
			return
		}
		again, err := edusdk.ParseFen(fen.String())
		require.NoError(t, err, "%q became %s, which cannot be read", text, fen)
		require.Equal(t, fen, again, "%q became %s", text, fen)
	})
}
