package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// fill opens a file and puts into it what a busy outbox has: records of every
// status, states, and keys of what was sent.
func fill(t testing.TB, path string, opts outbox.FileOptions, records int) {
	store, err := outbox.OpenFile(path, opts)
	require.NoError(t, err)
	var batches []outbox.Batch
	for n := range records {
		batches = append(batches, outbox.Batch{
			Records: []outbox.Record{{
				Lane: fmt.Sprintf("class/student-%d/video", n%20), Key: fmt.Sprint(n), Kind: outbox.KindProgress, Body: bytes.Repeat([]byte("b"), 200),
			}},
			States: []outbox.State{{Key: fmt.Sprintf("state-%d", n), Data: []byte("data")}},
		})
	}
	for _, err := range store.Append(t.Context(), batches) {
		require.NoError(t, err)
	}
	for _, o := range []outbox.Outcome{outbox.Done, outbox.SetAside, outbox.Bury, outbox.Retry} {
		claims, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: 10, Lease: time.Minute})
		require.NoError(t, err)
		var finished []outbox.Finished
		for _, c := range claims.Claims {
			finished = append(finished, outbox.Finished{Claim: c, Outcome: o})
		}
		_, err = store.Finish(t.Context(), finished)
		require.NoError(t, err)
	}
	_, err = store.Claim(t.Context(), outbox.ClaimRequest{Max: 5, Lease: time.Minute})
	require.NoError(t, err)
	require.NoError(t, store.Close())
}

func TestFileIsForItsOwnerAndOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reports.db")
	store, err := outbox.OpenFile(path, outbox.FileOptions{})
	require.NoError(t, err)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), e.Name())
	}
	_, err = outbox.OpenFile(path, outbox.FileOptions{})
	require.ErrorIs(t, err, outbox.ErrInUse)
	assert.Equal(t, edusdk.ErrFailedPrecondition, edusdk.KindOf(err))
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())
	_, err = store.Stats(t.Context())
	require.ErrorIs(t, err, outbox.ErrClosed)
	assert.ErrorIs(t, store.Append(t.Context(), make([]outbox.Batch, 1))[0], outbox.ErrClosed)

	require.NoError(t, os.Chmod(path, 0o644))
	store, err = outbox.OpenFile(path, outbox.FileOptions{})
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, store.Close())
}

func TestOpenFileFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := outbox.OpenFile(filepath.Join(dir, "missing", "reports.db"), outbox.FileOptions{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory"), 0o700))
	_, err = outbox.OpenFile(filepath.Join(dir, "directory"), outbox.FileOptions{})
	require.Error(t, err)
	assert.DirExists(t, filepath.Join(dir, "directory"), "it is not taken for a damaged file")
	_, err = outbox.OpenFile(filepath.Join(dir, "directory"), outbox.FileOptions{})
	require.NotErrorIs(t, err, outbox.ErrInUse, "what fails to open is not locked")
}

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "reports.db")
	fill(t, path, outbox.FileOptions{}, 300)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	page := os.Getpagesize()
	for name, damage := range map[string]func(b []byte) []byte{
		"cut to a byte":             func(b []byte) []byte { return b[:1] },
		"cut to a part of a page":   func(b []byte) []byte { return b[:page/2] },
		"cut to the head":           func(b []byte) []byte { return b[:2*page] },
		"cut to the half":           func(b []byte) []byte { return b[:len(b)/2] },
		"no head":                   func(b []byte) []byte { clear(b[:2*page]); return b },
		"zeros after the head":      func(b []byte) []byte { clear(b[2*page:]); return b },
		"not a database":            func([]byte) []byte { return []byte(strings.Repeat("something else\n", 1000)) },
		"a head of another version": func(b []byte) []byte { b[16+4]++; b[page+16+4]++; return b },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "reports.db")
			bad := damage(bytes.Clone(whole))
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			_, err := outbox.OpenFile(path, outbox.FileOptions{})
			var corrupt *outbox.CorruptError
			require.ErrorAs(t, err, &corrupt)
			assert.Equal(t, path, corrupt.Path)
			assert.NotEmpty(t, corrupt.Problem)
			kept, err := os.ReadFile(corrupt.Renamed)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(bad, kept), "nothing is thrown away")
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			var told *outbox.CorruptError
			store, err := outbox.OpenFile(path, outbox.FileOptions{OnCorrupt: func(e *outbox.CorruptError) { told = e }})
			require.NoError(t, err)
			require.NotNil(t, told)
			assert.NotEqual(t, corrupt.Renamed, told.Renamed)
			stats, err := store.Stats(t.Context())
			require.NoError(t, err)
			assert.Equal(t, outbox.StoreStats{}, stats)
			require.NoError(t, store.Close())
		})
	}
}

// TestNoise overwrites a few bytes of a file, anywhere, as often as there is
// time for. Whatever that does, opening and using the file does not end
// the process, and a record that is read is one that was stored.
func TestNoise(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "reports.db")
	fill(t, path, outbox.FileOptions{}, 300)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	found, opened := 0, 0
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		bad := bytes.Clone(whole)
		at := random.IntN(len(bad))
		for i := range min(1+random.IntN(16), len(bad)-at) {
			bad[at+i] = byte(random.IntN(256))
		}
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		corrupt := useFile(t, path)
		if corrupt != nil {
			found++
			require.NoError(t, os.Remove(corrupt.Renamed))
		} else {
			opened++
		}
	}
	t.Logf("%d damaged, %d not", found, opened)
	assert.Positive(t, found)
	assert.Positive(t, opened, "some bytes are of pages that are free")
}

// useFile opens a file, and if it is whole does with it whatever there is to do.
func useFile(t testing.TB, path string) *outbox.CorruptError {
	store, err := outbox.OpenFile(path, outbox.FileOptions{})
	var corrupt *outbox.CorruptError
	if errors.As(err, &corrupt) {
		return corrupt
	}
	if err != nil && strings.Contains(err.Error(), "of version") {
		return nil
	}
	require.NoError(t, err)
	for range 3 {
		claims, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: 100, Lease: time.Minute, Merge: 3})
		require.NoError(t, err)
		var finished []outbox.Finished
		for _, c := range claims.Claims {
			for _, r := range c.Records {
				require.Equal(t, bytes.Repeat([]byte("b"), 200), r.Body)
			}
			finished = append(finished, outbox.Finished{Claim: c, Outcome: outbox.Done})
		}
		_, err = store.Finish(t.Context(), finished)
		require.NoError(t, err)
	}
	for _, status := range []outbox.Status{outbox.Waiting, outbox.Parked, outbox.Dead} {
		_, err = store.List(t.Context(), outbox.ListRequest{Status: status, Limit: 1000})
		require.NoError(t, err)
	}
	_, err = store.States(t.Context(), "", "", 1000)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	return nil
}

func FuzzOpenFile(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed.db")
	fill(f, path, outbox.FileOptions{}, 30)
	whole, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add([]byte("something else"), 0)
	f.Add([]byte{0xff, 0xff}, 3*os.Getpagesize()+10)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 9}, 4*os.Getpagesize())
	f.Fuzz(func(t *testing.T, patch []byte, at int) {
		path := filepath.Join(t.TempDir(), "reports.db")
		bad := bytes.Clone(whole)
		copy(bad[min(max(at, 0), len(bad)):], patch)
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		useFile(t, path)
	})
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "reports.db")
	fill(t, path, outbox.FileOptions{AEAD: gcm(t, 1)}, 100)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, secret := range []string{"student", "video", "state-", "data", "bbbbbb"} {
		assert.Falsef(t, bytes.Contains(content, []byte(secret)), "%q is in the file", secret)
	}
	for name, opts := range map[string]outbox.FileOptions{"another key": {AEAD: gcm(t, 2)}, "no key": {}} {
		_, err = outbox.OpenFile(path, opts)
		require.ErrorIs(t, err, outbox.ErrKey, name)
	}
	_, err = os.Stat(path)
	require.NoError(t, err, "a wrong key is no damage")
	store, err := outbox.OpenFile(path, outbox.FileOptions{AEAD: gcm(t, 1)})
	require.NoError(t, err)
	require.NoError(t, store.Close())

	plain := filepath.Join(dir, "plain.db")
	fill(t, plain, outbox.FileOptions{}, 1)
	_, err = outbox.OpenFile(plain, outbox.FileOptions{AEAD: gcm(t, 1)})
	require.ErrorIs(t, err, outbox.ErrKey)
}

func TestRecordsCannotBeSwapped(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]outbox.FileOptions{"plain": {}, "encrypted": {AEAD: gcm(t, 1)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, other := filepath.Join(dir, "reports.db"), filepath.Join(dir, "other.db")
			for what, swap := range map[string]func(tx, from *bbolt.Tx) error{
				"within a file": func(tx, _ *bbolt.Tx) error { return swapValues(tx, tx, "records") },
				"states":        func(tx, _ *bbolt.Tx) error { return swapValues(tx, tx, "states") },
				"between files": func(tx, from *bbolt.Tx) error { return swapValues(tx, from, "records") },
			} {
				require.NoError(t, os.RemoveAll(path))
				fill(t, path, opts, 100)
				require.NoError(t, os.RemoveAll(other))
				fill(t, other, opts, 100)
				edit(t, path, other, swap)
				_, err := outbox.OpenFile(path, opts)
				var corrupt *outbox.CorruptError
				require.ErrorAs(t, err, &corrupt, what)
				assert.NotContains(t, err.Error(), "student")
			}
		})
	}
}

// edit changes a file of bbolt's by bbolt.
func edit(t testing.TB, path, other string, change func(tx, from *bbolt.Tx) error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	from, err := bbolt.Open(other, 0o600, &bbolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, from.View(func(fromTx *bbolt.Tx) error {
		return db.Update(func(tx *bbolt.Tx) error { return change(tx, fromTx) })
	}))
	require.NoError(t, db.Close())
	require.NoError(t, from.Close())
}

// swapValues puts the last value of a bucket into the place of the last but
// one.
func swapValues(tx, from *bbolt.Tx, bucket string) error {
	k, _ := tx.Bucket([]byte(bucket)).Cursor().Last()
	if from != tx {
		return tx.Bucket([]byte(bucket)).Put(bytes.Clone(k), bytes.Clone(from.Bucket([]byte(bucket)).Get(k)))
	}
	c := from.Bucket([]byte(bucket)).Cursor()
	_, _ = c.Last()
	_, v := c.Prev()
	return tx.Bucket([]byte(bucket)).Put(bytes.Clone(k), bytes.Clone(v))
}

// TestAFileThatAnotherProgramTouched opens one that has a list of free pages.
func TestAFileThatAnotherProgramTouched(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reports.db")
	fill(t, path, outbox.FileOptions{}, 300)
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Nil(t, useFile(t, path))
}

func TestSpaceIsGivenBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reports.db")
	store, err := outbox.OpenFile(path, outbox.FileOptions{})
	require.NoError(t, err)
	size := func() int64 {
		n, err := store.Size()
		require.NoError(t, err)
		return n
	}
	const backlog, body = 70, 1 << 20
	for n := range backlog {
		require.NoError(t, store.Append(t.Context(), []outbox.Batch{{Records: []outbox.Record{{
			Lane: fmt.Sprint(n), Key: "1", Kind: outbox.KindEnd, Body: make([]byte, body),
		}}}})[0])
	}
	full := size()
	require.Greater(t, full, int64(backlog*body))
	for range 2 {
		claims, err := store.Claim(t.Context(), outbox.ClaimRequest{Max: backlog / 2, Lease: time.Minute})
		require.NoError(t, err)
		var finished []outbox.Finished
		for _, c := range claims.Claims {
			finished = append(finished, outbox.Finished{Claim: c, Outcome: outbox.Done})
		}
		_, err = store.Finish(t.Context(), finished)
		require.NoError(t, err)
	}
	assert.Less(t, size(), int64(1<<20), "once it is empty")
	require.NoError(t, store.Append(t.Context(), []outbox.Batch{{Records: []outbox.Record{{Lane: "1", Key: "1", Kind: outbox.KindEnd}, {Lane: "1", Key: "2", Kind: outbox.KindEnd}}}})[0])
	require.NoError(t, store.Close())
	store, err = outbox.OpenFile(path, outbox.FileOptions{})
	require.NoError(t, err)
	stats, err := store.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, stats.Waiting, "with all that it has to remember")
	require.NoError(t, store.Close())
}
