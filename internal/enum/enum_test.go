package enum

import (
	"math"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type colour int

func TestName(t *testing.T) {
	names := map[colour]string{0: "Red", 3: "Blue"}
	for v, want := range map[colour]string{
		0: "Red", 3: "Blue", 1: "colour(1)", -1: "colour(-1)", math.MaxInt: "colour(9223372036854775807)",
	} {
		assert.Equal(t, want, Name(v, names))
	}
	assert.Equal(t, "colour(0)", Name[colour](0, nil))
}

func TestEncode(t *testing.T) {
	values := url.Values{}
	require.NoError(t, Encode(colour(3), "c", &values))
	assert.Equal(t, url.Values{"c": {"3"}}, values)
}
