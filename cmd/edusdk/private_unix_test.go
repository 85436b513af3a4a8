//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file of credentials that others can read, or that is not a regular file, is refused.
func TestCredentialsThatAreNotPrivate(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "mine")
	require.NoError(t, os.WriteFile(path, []byte("DUOBEIYUN_PARTNER=1\nDUOBEIYUN_APPKEY=2\n"), 0o600))
	for mode, fits := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o602: false, 0o644: false} {
		require.NoError(t, os.Chmod(path, mode))
		r := w.run("account", "-credentials", path)
		assert.Equal(t, fits, r.code == exitOK, "mode %o: %s", mode, r.errors)
		if !fits {
			assert.Contains(t, r.errors, "chmod 600")
		}
	}
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for name, want := range map[string]string{dir: "is not a regular file", pipe: "is not a regular file", filepath.Join(dir, "none"): "cannot be read"} {
		r := w.run("account", "-credentials", name)
		assert.Equal(t, exitUsage, r.code)
		assert.Contains(t, r.errors, want)
	}
	_, ok := private(foreign{})
	assert.False(t, ok, "another user's file")
}

// foreign is a file of another user.
type foreign struct{ os.FileInfo }

func (foreign) Mode() os.FileMode { return 0o600 }
func (foreign) Sys() any          { return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1} }
