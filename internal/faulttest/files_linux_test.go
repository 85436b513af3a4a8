package faulttest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// openFiles counts the file descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}
