//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package outbox

import "os"

// lockFile locks nothing: bbolt's lock on the file itself has to do.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the importer names it
}

// ignoreUnsupported returns nil: not every system can sync a directory.
func ignoreUnsupported(error) error { return nil }
