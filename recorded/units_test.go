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
	for price, want := range map[string]struct {
		fen edusdk.Fen
		ok  bool
	}{
		"10.00": {1000, true}, "0": {0, true}, " 9.9 ": {990, true}, "10.00000": {1000, true},
		"": {}, "free": {}, "9.999": {}, "¥10": {},
	} {
		fen, ok := recorded.SectionInfo{Price: price}.PriceFen()
		assert.Equal(t, want.fen, fen, "the price %q", price)
		assert.Equal(t, want.ok, ok, "whether the price %q can be read", price)
	}
}
