// Package units turns the plain numbers of answers into spans of time and amounts of
// money. What is beyond their range becomes the nearest that is in it, and what is not
// a number 0: these are conveniences beside the plain fields, and must not fail.
package units

import (
	"math"
	"time"

	"github.com/edusdk/edusdk"
)

// Seconds returns a number of seconds as a span of time, to the nanosecond.
func Seconds[N int64 | float64](n N) time.Duration {
	return time.Duration(round(float64(n) * float64(time.Second)))
}

// Yuan returns a number of yuan as an amount, to the nearest fen.
func Yuan(n float64) edusdk.Fen { return edusdk.Fen(round(n * 100)) }

func round(x float64) int64 {
	x = math.Round(x)
	switch {
	case math.IsNaN(x):
		return 0
	case x >= math.MaxInt64: // which is 2^63 as a float, and thus beyond the range
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}
