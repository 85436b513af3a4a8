package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(platformDir); dir != "" {
		if err := learningPlatform(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestRun(t *testing.T) {
	for name, terminal := range map[string]bool{"lines": false, "terminal": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := run(t.Context(), plan{
				students: 20, minutes: 10, minute: 200 * time.Millisecond, away: 3, kill: 4, back: 6, again: 7, out: &out, terminal: terminal,
			})
			require.NoErrorf(t, err, "%s", out.String())
			assert.Equal(t, terminal, bytes.Contains(out.Bytes(), []byte("\x1b[K")))
			for _, line := range []string{"the regulator goes away\n", "SIGKILL to process 1\n", "process 3 of the learning platform starts\n", "class-01"} {
				assert.Contains(t, out.String(), line)
			}
			assert.Regexp(t, `all +200 +\d+ +\d+ +0 +\d+ +0 +0\n$`, out.String(), "no minute is lost, none was counted twice")
		})
	}
}

func TestWhatIsMissingIsLost(t *testing.T) {
	b := newBooks(plan{students: 1, minutes: 3, minute: time.Hour})
	for n := 1; n <= 3; n++ {
		require.NoError(t, b.line(fmt.Sprintf("studied student-000 %d", n)))
	}
	b.arrived([]byte(`{"data":{"studentUserCode":"student-000","playTime":120,"progressTime":120}}`))
	b.arrived([]byte(`{"data":{"studentUserCode":"student-000","playTime":120,"progressTime":60}}`))
	assert.Equal(t, account{studied: 3, reported: 2, twice: 1, lost: 1}, b.account(0, 1))
	require.ErrorContains(t, b.table(&bytes.Buffer{}), "1 minutes are lost")
	require.NoError(t, b.line("open student-000 3"))
	assert.Equal(t, account{studied: 3, reported: 2, twice: 1, open: 1}, b.account(0, 1))
	require.Error(t, b.line("nonsense"))
}
