// Package effort is how much the tests try.
package effort

import (
	"os"
	"testing"
)

// Long reports whether the proofs that take long are wanted in full: those that try
// every combination or repeat a thing thousands of times. CI sets EDUSDK_TEST_LONG;
// without it they try fewer, and with -short fewer still or none.
func Long() bool { return os.Getenv("EDUSDK_TEST_LONG") != "" && !testing.Short() }

// Amount returns how often to try something: in full where [Long], else as often as
// usual; a tenth of that, but once at least, with -short.
func Amount(usual, full int) int { return amount(usual, full, Long(), testing.Short()) }

func amount(usual, full int, long, short bool) int {
	switch {
	case long:
		return full
	case short:
		return max(usual/10, 1)
	default:
		return usual
	}
}

// One reports whether to try the combination with number i of a proof that tries every
// one of them only where [Long]: else one of so many is tried, ten times fewer with -short.
// Let i run on over all combinations of a test, so that each value meets each other
// value somewhere.
func One(of, i int) bool { return one(of, i, Long(), testing.Short()) }

func one(of, i int, long, short bool) bool {
	switch {
	case long:
		return true
	case short:
		of *= 10
	}
	return i%of == 0
}
