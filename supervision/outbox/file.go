package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileOptions are the options of a FileStore. The zero value means the defaults.
type FileOptions struct {
	StoreOptions

	// AEAD encrypts what is stored, which holds the codes of students and of what
	// they watch: names of lanes, keys, reports and states. The file does not
	// reveal more than how many of each there are, how long they are, and when
	// they change. nil stores them in the clear. Nonces are random, so the
	// cipher must allow for as many as there will be changes: AES-GCM of
	// cipher.NewGCM is good for 2^32 under one key, cipher.NewGCMWithRandomNonce
	// as well; one with nonces of 24 bytes needs no counting.
	AEAD cipher.AEAD
	// OnCorrupt is told that the file was damaged and has been renamed; OpenFile
	// goes on with an empty one then. nil makes OpenFile return the error instead;
	// the file is renamed all the same, so that the next OpenFile succeeds.
	OnCorrupt func(*CorruptError)
}

// CorruptError says that a file is damaged: truncated, overwritten, or not one of
// a FileStore.
type CorruptError struct {
	Path    string // of the file
	Renamed string // what it is called now
	Problem string // what is wrong with it; nothing of what it holds
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("outbox: %s is damaged (%s) and is now called %s", e.Path, e.Problem, e.Renamed)
}

// FileStore is a Store in a file on this machine, for one process at a time.
// Every change is on disk (fsync) when it returns. The file can be read and
// written by its owner alone, and so can another one beside it, of the same name
// with .lock added, that stays there.
//
// The file is checked as a whole when it is opened, which takes about a second
// for a million records. It grows with the greatest backlog; most of that space
// is given back once the store is empty, or when it is opened.
//
// A full disk fails the operation with an error; the store works again once there
// is space.
type FileStore struct{ core }

// OpenFile opens the file at a path, or creates it. It is ErrInUse if it is open
// already, ErrKey if the file is encrypted with another key or not at all, and a
// *CorruptError as FileOptions describes.
func OpenFile(path string, opts FileOptions) (*FileStore, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	f := &file{path: path, aead: opts.AEAD, lock: lock}
	s := &FileStore{opts.core(f)}
	f.now = s.clock
	if s.index, err = f.open(opts.OnCorrupt); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// Path returns the path that OpenFile was given.
func (s *FileStore) Path() string { return s.medium.(*file).path }

// Size returns the size of the file in bytes.
func (s *FileStore) Size() (int64, error) {
	info, err := os.Stat(s.Path())
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Close closes the file. What the store is asked for after that is ErrClosed.
func (s *FileStore) Close() error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.medium.(*file).close()
}

// Finish implements Store. It gives space back when the store has become empty.
func (s *FileStore) Finish(ctx context.Context, finished []Finished) ([]bool, error) {
	ours, err := s.core.Finish(ctx, finished)
	if err == nil {
		s.shrink()
	}
	return ours, err
}

// What shrink acts upon: a file that is large and holds little.
const (
	largeFile   = 64 << 20
	littleToDo  = 10_000
	lookAtTimes = time.Minute
)

// shrink gives space back if the store is empty and its file large.
func (s *FileStore) shrink() {
	f := s.medium.(*file)
	s.write.Lock()
	defer s.write.Unlock()
	x := s.index
	if s.closed || f.broken || x.queued+len(x.parked)+len(x.dead) > 0 || len(x.sent)+len(x.states) > littleToDo {
		return
	}
	now := s.clock()
	if now.Sub(f.looked) < lookAtTimes {
		return
	}
	f.looked = now
	if size, err := s.Size(); err == nil && size > largeFile {
		f.compact()
	}
}

// file is a medium in a file of bbolt's.
type file struct {
	path   string
	aead   cipher.AEAD
	now    func() time.Time
	lock   *os.File
	looked time.Time // when shrink last looked at the size
	broken bool      // what bbolt has in memory may not be what it has on disk

	mu     sync.RWMutex // is held while db is used, and to change it
	db     *bbolt.DB
	sealer sealer
}

// open opens the file, and returns what is in it.
func (f *file) open(onCorrupt func(*CorruptError)) (*index, error) {
	// What was being written when the process ended is not in place yet.
	if err := os.Remove(f.path + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	x, waste, err := f.load()
	var bad *damage
	switch {
	case errors.As(err, &bad):
		corrupt, err := f.quarantine(bad)
		if err != nil {
			return nil, err
		}
		if onCorrupt == nil {
			return nil, corrupt
		}
		onCorrupt(corrupt)
		x = nil
	case err != nil:
		return nil, err
	}
	if x == nil {
		x = newIndex()
		if err := f.create(); err != nil {
			return nil, err
		}
	}
	if f.db, err = openBolt(f.path); err != nil {
		return nil, err
	}
	if waste {
		f.compact()
	}
	return x, nil
}

// bytesPerRecord is about what a record takes in a file.
const bytesPerRecord = 400

// load checks the file and returns what is in it, nil if there is none.
func (f *file) load() (x *index, waste bool, err error) {
	r, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = r.Close() }()
	info, err := r.Stat()
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, fmt.Errorf("outbox: %s is not a file", f.path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(f.path, 0o600); err != nil {
			return nil, false, err
		}
	}
	l := loader{file: f, index: newIndex(), now: f.now()}
	l.index.keys = make(map[uint64]ref, info.Size()/bytesPerRecord)
	b, err := readBolt(r, info.Size(), l.value)
	if err == nil {
		err = l.end(b.sequence)
	}
	if err != nil {
		return nil, false, err
	}
	return l.index, b.waste(), nil
}

// quarantine renames a damaged file.
func (f *file) quarantine(bad *damage) (*CorruptError, error) {
	e := &CorruptError{
		Path: f.path, Renamed: f.path + ".corrupt-" + f.now().UTC().Format("20060102T150405.000000000"), Problem: bad.problem,
	}
	if err := os.Rename(f.path, e.Renamed); err != nil {
		return nil, err
	}
	return e, syncDir(f.path)
}

// create makes an empty file. It gets its name when it is complete.
func (f *file) create() error {
	f.sealer = sealer{aead: f.aead}
	_, _ = rand.Read(f.sealer.file[:]) // never fails
	db, err := openBolt(f.path + ".new")
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketHeader, bucketRecords, bucketMarks, bucketSent, bucketStates} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketHeader).Put(headerKey, f.sealer.header())
	})
	return errors.Join(err, f.replace(db, err == nil))
}

// replace closes a file under the name .new, and if it is good puts it into
// place.
func (f *file) replace(db *bbolt.DB, good bool) error {
	if err := db.Close(); err != nil || !good {
		return err
	}
	if err := os.Rename(f.path+".new", f.path); err != nil {
		return err
	}
	return syncDir(f.path)
}

// compact writes what the file holds to a new one that takes its place. Where
// that fails, as on a full disk, the old one stays.
func (f *file) compact() {
	to, err := openBolt(f.path + ".new")
	if err != nil {
		return
	}
	defer func() { _ = os.Remove(f.path + ".new") }() // it is not there if all went well
	err = bbolt.Compact(to, f.db, 1<<20)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.replace(to, err == nil); err != nil {
		return
	}
	old := f.db
	if f.db, err = openBolt(f.path); err != nil {
		f.db, f.broken = old, true // it writes to where no name leads: open the file anew
		return
	}
	_ = old.Close()
}

// openBolt opens a file that has been checked.
func openBolt(path string) (db *bbolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("outbox: %s cannot be opened: %v", path, p)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Millisecond, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrInUse
	}
	return db, err
}

func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.db.Close(), f.lock.Close())
}

// restore opens the file anew if a failure has made it doubtful what it holds.
func (f *file) restore() (*index, error) {
	if !f.broken {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.db.Close()
	x, _, err := f.load()
	if err != nil {
		return nil, fmt.Errorf("outbox: the file cannot be opened anew: %w", err)
	}
	db, err := openBolt(f.path)
	if err != nil {
		return nil, err
	}
	f.db, f.broken = db, false
	return x, nil
}

// key8 returns a number as a key.
func key8(id uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 8), id) }

// commit implements medium.
func (f *file) commit(c *changes) error {
	var txid int
	err := f.db.Update(func(tx *bbolt.Tx) error {
		txid = tx.ID()
		return f.put(tx, c)
	})
	if err == nil {
		return nil
	}
	// When writing fails in the last step, what bbolt reads can be the new state
	// while what it keeps in memory is of the old one.
	if viewErr := f.db.View(func(tx *bbolt.Tx) error {
		f.broken = tx.ID() == txid
		return nil
	}); viewErr != nil {
		f.broken = true
	}
	return fmt.Errorf("outbox: the file could not be written: %w", err)
}

// fill is how full pages are made that are written in the order of their keys.
const pageFill = 0.95

func (f *file) put(tx *bbolt.Tx, c *changes) error {
	header, records, marks := tx.Bucket(bucketHeader), tx.Bucket(bucketRecords), tx.Bucket(bucketMarks)
	sent, states := tx.Bucket(bucketSent), tx.Bucket(bucketStates)
	records.FillPercent, sent.FillPercent = pageFill, pageFill
	if c.next > header.Sequence() {
		if err := header.SetSequence(c.next); err != nil {
			return err
		}
	}
	for i := range c.added {
		r := &c.added[i]
		if err := records.Put(key8(r.sequence), f.sealer.seal(bucketRecords, r.sequence, r.encode())); err != nil {
			return err
		}
	}
	for sequence, m := range c.marks {
		if m == nil {
			if err := marks.Delete(key8(sequence)); err != nil {
				return err
			}
		} else if err := marks.Put(key8(sequence), f.sealer.seal(bucketMarks, sequence, m.encode())); err != nil {
			return err
		}
	}
	for _, sequence := range c.removed {
		if err := errors.Join(records.Delete(key8(sequence)), marks.Delete(key8(sequence))); err != nil {
			return err
		}
	}
	for i := range c.sent {
		s := &c.sent[i]
		if err := sent.Put(key8(s.id), f.sealer.seal(bucketSent, s.id, s.encode())); err != nil {
			return err
		}
	}
	for _, id := range c.forgotten {
		if err := sent.Delete(key8(id)); err != nil {
			return err
		}
	}
	for i := range c.states {
		s := &c.states[i]
		if err := states.Put(key8(s.id), f.sealer.seal(bucketStates, s.id, s.encode())); err != nil {
			return err
		}
	}
	for _, id := range c.lost {
		if err := states.Delete(key8(id)); err != nil {
			return err
		}
	}
	return nil
}

// get reads a value, and hands it to decode, which must keep no part of it.
func (f *file) get(tx *bbolt.Tx, bucket []byte, id uint64, decode func(plain []byte) error) error {
	sealed := tx.Bucket(bucket).Get(key8(id))
	if sealed == nil {
		return errGone
	}
	plain, err := f.sealer.open(bucket, id, sealed)
	if err == nil {
		err = decode(plain)
	}
	if err != nil {
		return fmt.Errorf("outbox: %s %d is damaged: %w", bucket, id, err)
	}
	return nil
}

// view reads from the file.
func (f *file) view(read func(tx *bbolt.Tx) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.db.View(read)
}

// records implements medium.
func (f *file) records(sequences []uint64) ([]storedRecord, error) {
	found := make([]storedRecord, len(sequences))
	return found, f.view(func(tx *bbolt.Tx) error {
		for i, sequence := range sequences {
			r := &found[i]
			r.sequence = sequence
			if err := f.get(tx, bucketRecords, sequence, r.decode); err != nil {
				return err
			}
			r.Body = bytes.Clone(r.Body)
		}
		return nil
	})
}

// walk implements medium.
func (f *file) walk(after uint64, visit func(sequence uint64) bool) error {
	return f.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketRecords).Cursor()
		for k, _ := c.Seek(key8(after + 1)); k != nil; k, _ = c.Next() {
			if !visit(binary.BigEndian.Uint64(k)) {
				break
			}
		}
		return nil
	})
}

// key implements medium.
func (f *file) key(r ref) (lane, key string, err error) {
	err = f.view(func(tx *bbolt.Tx) error {
		if r.sent() {
			var s sentRecord
			defer func() { lane, key = s.lane, s.key }()
			return f.get(tx, bucketSent, r.id(), s.decode)
		}
		var s storedRecord
		defer func() { lane, key = s.Lane, s.Key }()
		return f.get(tx, bucketRecords, r.id(), s.decode)
	})
	return lane, key, err
}

// state implements medium.
func (f *file) state(id uint64) (s storedState, err error) {
	err = f.view(func(tx *bbolt.Tx) error {
		if err := f.get(tx, bucketStates, id, s.decode); err != nil {
			return err
		}
		s.data = bytes.Clone(s.data)
		return nil
	})
	return s, err
}

// The header is a checksum, the version, the file's name, and a word that is
// encrypted if the file is.
const proof = "outbox"

func (s *sealer) header() []byte {
	h := writer(make([]byte, 4))
	h.uint(formatVersion)
	h = append(h, s.file[:]...)
	if s.aead != nil {
		h = append(h, s.seal(bucketHeader, 0, []byte(proof))...)
	}
	binary.BigEndian.PutUint32(h, crc32.Checksum(h[4:], castagnoli))
	return h
}

// readHeader takes the file's name from its header. It is ErrKey if the file
// was written with another key.
func (s *sealer) readHeader(h []byte) error {
	if len(h) < 4 || binary.BigEndian.Uint32(h) != crc32.Checksum(h[4:], castagnoli) {
		return damaged("its header: %v", errChecksum)
	}
	r := reader{rest: h[4:]}
	version := r.uint()
	if version != formatVersion {
		return fmt.Errorf("outbox: the file is of version %d, which this version of the package does not know", version)
	}
	if copy(s.file[:], r.rest) < len(s.file) {
		return damaged("its header is too short")
	}
	sealed := r.rest[len(s.file):]
	if (s.aead == nil) != (len(sealed) == 0) {
		return ErrKey
	}
	if s.aead == nil {
		return nil
	}
	plain, err := s.open(bucketHeader, 0, sealed)
	if err == nil && string(plain) != proof {
		err = errFormat
	}
	if errors.Is(err, ErrKey) {
		return ErrKey
	}
	if err != nil {
		return damaged("its header: %v", err)
	}
	return nil
}

// syncDir makes the names in a file's directory durable, where the system has a
// way to.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return cmp.Or(ignoreUnsupported(d.Sync()), d.Close())
}
