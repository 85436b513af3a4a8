package units_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/units"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    time.Duration
	}{
		{0, 0}, {1, time.Second}, {635.49, 10*time.Minute + 35490*time.Millisecond}, {0.001, time.Millisecond}, {-1.5, -1500 * time.Millisecond},
		{1e300, math.MaxInt64}, {-1e300, math.MinInt64}, {math.Inf(1), math.MaxInt64}, {math.Inf(-1), math.MinInt64}, {math.NaN(), 0},
	} {
		assert.Equal(t, c.want, units.Seconds(c.seconds), "%v seconds", c.seconds)
	}
	assert.Equal(t, 27*time.Minute+55*time.Second, units.Seconds(int64(1675)))
	assert.Equal(t, time.Duration(math.MaxInt64), units.Seconds(int64(math.MaxInt64)))
	assert.Equal(t, time.Duration(math.MinInt64), units.Seconds(int64(math.MinInt64)))
}

func TestYuan(t *testing.T) {
	for _, c := range []struct {
		yuan float64
		want edusdk.Fen
	}{
		{0, 0}, {0.1 + 0.2, 30}, {12.34, 1234}, {-0.05, -5}, {9999.99, 999999}, {0.125, 13}, {-0.125, -13},
		{1e300, math.MaxInt64}, {-1e300, math.MinInt64}, {math.Inf(1), math.MaxInt64}, {math.NaN(), 0},
	} {
		assert.Equal(t, int64(c.want), int64(units.Yuan(c.yuan)), "%v yuan", c.yuan)
	}
}
