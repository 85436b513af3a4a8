//go:build unix

package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held runs the program with a ctx that has ended and a stdin that never does.
func held(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, typing := io.Pipe()
	defer func() { _ = typing.Close() }()
	var out strings.Builder
	env := map[string]string{"DUOBEIYUN_PARTNER": "p", "DUOBEIYUN_APPKEY": "k", "HOME": t.TempDir()}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, func(key string) string { return env[key] }, in, io.Discard, &out)
	}()
	select {
	case code = <-ended:
	case <-time.After(10 * time.Second):
		require.Fail(t, "it does not end with its context")
	}
	return code, out.String()
}

func TestWhatNeverEndsCanBeInterrupted(t *testing.T) {
	for _, args := range [][]string{{"stats", "attendance", "jz1"}, {"sign"}} {
		code, _ := held(t, args...)
		assert.Equal(t, exitInterrupted, code, args)
	}
}

func TestAPipeIsNoDocument(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "lesson.pdf")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, said := held(t, "doc", "upload", pipe, "-lang", "en")
	assert.Contains(t, said, "not a regular file")
}

func TestAMalformedFlagIsNotShown(t *testing.T) {
	_, said := held(t, "rooms", "list", "-=canary")
	assert.Contains(t, said, "malformed")
	assert.NotContains(t, said, "canary")
}
