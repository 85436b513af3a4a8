package effort

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAmount(t *testing.T) {
	for name, tt := range map[string]struct {
		usual       int
		long, short bool
		want        int
	}{
		"usual":          {50, false, false, 50},
		"in full":        {50, true, false, 500},
		"short":          {50, false, true, 5},
		"short and few":  {3, false, true, 1},
		"usual, and one": {1, false, false, 1},
	} {
		assert.Equal(t, tt.want, amount(tt.usual, 500, tt.long, tt.short), name)
	}
}

func TestLong(t *testing.T) {
	t.Setenv("EDUSDK_TEST_LONG", "1")
	assert.Equal(t, !testing.Short(), Long())
	t.Setenv("EDUSDK_TEST_LONG", "")
	assert.False(t, Long())
	assert.Positive(t, Amount(1, 1))
}

func TestOne(t *testing.T) {
	for name, tt := range map[string]struct {
		long, short bool
		want        int
	}{
		"usual":   {false, false, 20},
		"in full": {true, false, 60},
		"short":   {false, true, 2},
	} {
		got := 0
		for i := range 60 {
			if one(3, i, tt.long, tt.short) {
				got++
			}
		}
		assert.Equal(t, tt.want, got, name)
	}
	assert.True(t, One(7, 0))
}
