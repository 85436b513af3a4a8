package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/internal/console/consoletest"
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
	// The program itself is this one with a shorter day.
	short := *program
	short.Run = func(ctx context.Context, c *console.Console) error {
		return run(ctx, plan{students: 20, minutes: 10, minute: 200 * time.Millisecond, away: 3, kill: 4, back: 6, again: 7, console: c})
	}
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		out, code := consoletest.Start(t.Context(), &short)
		require.Zero(t, code, out)
		consoletest.CheckPiped(t, out)
		for _, line := range []string{
			"the regulator goes away\n", "SIGKILL to process 1\n", "process 3 of the learning platform starts\n", "class-01", "  … studied ",
			"  ✓ no minute is lost, none was counted twice\n", "What to do next\n",
		} {
			assert.Contains(t, out, line)
		}
		assert.Regexp(t, `all +200 +\d+ +\d+ +0 +\d+ +0 +0\n`, out, "no minute is lost, none was counted twice")
	})
	t.Run("terminal", func(t *testing.T) {
		t.Parallel()
		out, code := consoletest.OnTerminal(t.Context(), &short, "-lang", "zh")
		require.Zero(t, code, out)
		for _, part := range []string{"\x1b[K", "█", "监管平台中断", "一分钟不少"} {
			assert.Contains(t, out, part)
		}
	})
}

func TestInterrupt(t *testing.T) {
	out, code := consoletest.InterruptAt(t.Context(), "process 1 of", program)
	assert.Equal(t, 130, code, out)
	assert.True(t, strings.HasSuffix(out, "Interrupted.\n"), "%q", out)
}

func TestUsage(t *testing.T) {
	assert.Contains(t, consoletest.Check(t, program), "quarter of a minute")
}

func TestWhatIsMissingIsLost(t *testing.T) {
	b := newBooks(plan{students: 1, minutes: 3, minute: time.Hour})
	for n := 1; n <= 3; n++ {
		require.NoError(t, b.line(fmt.Sprintf("studied student-000 %d", n)))
	}
	b.arrived([]byte(`{"data":{"studentUserCode":"student-000","playTime":120,"progressTime":120}}`))
	b.arrived([]byte(`{"data":{"studentUserCode":"student-000","playTime":120,"progressTime":60}}`))
	assert.Equal(t, account{studied: 3, reported: 2, twice: 1, lost: 1}, b.account(0, 1))
	require.ErrorContains(t, b.table(console.New(&bytes.Buffer{}, console.Options{Language: console.English})), "1 minutes are lost")
	require.NoError(t, b.line("open student-000 3"))
	assert.Equal(t, account{studied: 3, reported: 2, twice: 1, open: 1}, b.account(0, 1))
	require.Error(t, b.line("nonsense"))
}
