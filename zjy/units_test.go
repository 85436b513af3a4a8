package zjy_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/zjy"
)

func TestCellsTimes(t *testing.T) {
	for seconds, want := range map[float64]time.Duration{
		0: 0, 635.49: 10*time.Minute + 35*time.Second + 490*time.Millisecond, -0.5: -500 * time.Millisecond,
		1e300: math.MaxInt64, math.Inf(-1): math.MinInt64,
	} {
		d := &zjy.CellDetail{AudioVideoLong: seconds, StuStudyNewlyTime: seconds, StuCellViewTime: seconds}
		assert.Equal(t, want, d.VideoLength(), "the length of %v s", seconds)
		assert.Equal(t, want, d.VideoPosition(), "the position at %v s", seconds)
		assert.Equal(t, want, d.ViewTime(), "the time of viewing of %v s", seconds)
	}
}
