//go:build !linux

package outbox_test

// A full disk is tried on Linux alone.
const fullFile = "OUTBOX_FULL_FILE"

func fullMain() error { return nil }
