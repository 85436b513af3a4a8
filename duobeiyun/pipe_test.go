//go:build linux || darwin || freebsd

package duobeiyun_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// Opening a named pipe waits for its other end, and minds no context.
func TestUploadFileOfANamedPipe(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{}`))
	path := filepath.Join(t.TempDir(), "a.pdf")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	done := make(chan error, 1)
	go func() { done <- second(c.Documents.UploadFile(t.Context(), path)) }()
	select {
	case err := <-done:
		require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		assert.ErrorContains(t, err, "path cannot be opened: it is not a regular file")
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the other end of the pipe")
	}
	assert.Zero(t, mock.GetTotalCallCount())
}
