package recorded_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/recorded"
)

func TestSectionsTimes(t *testing.T) {
	for seconds, want := range map[int64]time.Duration{
		0: 0, 1675: 27*time.Minute + 55*time.Second, -1: -time.Second, math.MaxInt64: math.MaxInt64, math.MinInt64: math.MinInt64,
	} {
		s := recorded.SectionInfo{Duration: seconds, ViewDuration: seconds}
		assert.Equal(t, want, s.VideoLength(), "the length of %d s", seconds)
		assert.Equal(t, want, s.VideoPosition(), "the position at %d s", seconds)
	}
}

func TestSectionsPrice(t *testing.T) {
	for _, c := range []struct {
		price string
		want  edusdk.Fen
		ok    bool
	}{
		{"10.00", 1000, true}, {"0", 0, true}, {" 9.9 ", 990, true}, {"10.00000", 1000, true},
		{"", 0, false}, {"free", 0, false}, {"9.999", 0, false}, {"¥10", 0, false},
	} {
		fen, ok := recorded.SectionInfo{Price: c.price}.PriceFen()
		assert.Equal(t, c.want, fen, "the price %q", c.price)
		assert.Equal(t, c.ok, ok, "whether the price %q can be read", c.price)
	}
}
