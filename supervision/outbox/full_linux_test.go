package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/supervision/outbox"
)

const fullFile = "OUTBOX_FULL_FILE"

// TestFullDisk runs out of space in a process of its own, for the limit that
// stands for a full disk is a process's.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fullFile+"="+filepath.Join(t.TempDir(), "reports.db"))
	out, err := cmd.CombinedOutput()
	assert.NoErrorf(t, err, "%s", out)
}

func fullMain() error {
	ctx, path := context.Background(), os.Getenv(fullFile)
	signal.Ignore(syscall.SIGXFSZ) // writing fails then
	store, err := outbox.OpenFile(path, outbox.FileOptions{})
	if err != nil {
		return err
	}
	n := 0
	add := func() error {
		err := store.Append(ctx, []outbox.Batch{{
			Records: []outbox.Record{{Lane: fmt.Sprint(n % 10), Key: fmt.Sprint(n), Kind: outbox.KindEnd, Body: make([]byte, 1000)}},
			States:  []outbox.State{{Key: "last", Fence: uint64(n), Data: fmt.Append(nil, n)}},
		}})[0]
		if err == nil {
			n++
		}
		return err
	}
	check := func(when string) error {
		s, err := store.Stats(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
		state, err := store.LoadState(ctx, "last")
		if s.Waiting != n || string(state.Data) != fmt.Sprint(n-1) || err != nil {
			return fmt.Errorf("%s there are %d records and not %d, and the state is %q: %w", when, s.Waiting, n, state.Data, err)
		}
		return nil
	}
	if err := add(); err != nil {
		return err
	}
	if err := limit(1 << 20); err != nil {
		return err
	}
	for range 2000 {
		if err = add(); err != nil {
			break
		}
	}
	if err == nil || errors.Is(err, outbox.ErrFull) {
		return fmt.Errorf("storing %d records did not fill the disk: %w", n, err)
	}
	for range 3 {
		if err := add(); err == nil {
			return errors.New("a full disk took a record")
		}
	}
	if err := check("on a full disk"); err != nil {
		return err
	}
	// There is space where something was removed.
	for range 20 {
		claims, err := store.Claim(ctx, outbox.ClaimRequest{Max: 10, Lease: time.Minute})
		if err != nil {
			continue // while there is none yet
		}
		for _, c := range claims.Claims {
			if _, err := store.Finish(ctx, []outbox.Finished{{Claim: c, Outcome: outbox.Release}}); err != nil {
				return fmt.Errorf("releasing: %w", err)
			}
		}
	}
	if err := limit(0); err != nil {
		return err
	}
	for range 10 {
		if err := add(); err != nil {
			return fmt.Errorf("with space again: %w", err)
		}
	}
	if err := errors.Join(check("with space again"), store.Close()); err != nil {
		return err
	}
	if store, err = outbox.OpenFile(path, outbox.FileOptions{}); err != nil {
		return err
	}
	return errors.Join(check("after opening again"), store.Close())
}

// limit bounds how large files can become; 0 takes that back.
func limit(bytes uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = l.Max
	if bytes > 0 {
		l.Cur = bytes
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}
