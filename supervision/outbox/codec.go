package outbox

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// What a file says of what it holds, in its header.
const formatVersion = 1

// The buckets of a file, and what stands in them under a number of 8 bytes.
var (
	bucketHeader  = []byte("header")  // "outbox": see header; first in the order of names
	bucketRecords = []byte("records") // by sequence: storedRecord
	bucketMarks   = []byte("marks")   // by sequence: mark
	bucketSent    = []byte("sent")    // by id: sentRecord
	bucketStates  = []byte("states")  // by id: storedState
)

var headerKey = []byte("outbox")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealer turns what a value says into what stands in the file, and back: with a
// checksum, and encrypted if there is a cipher. Both cover where the value
// stands, so that one cannot be taken for another.
type sealer struct {
	aead cipher.AEAD
	file [16]byte // of the file, random
}

var (
	errChecksum = errors.New("a checksum is wrong")
	errFormat   = errors.New("a value has an unknown form")
)

// context returns what a value's checksum and encryption cover beside it.
func (s *sealer) context(bucket []byte, id uint64) []byte {
	c := make([]byte, 0, 40)
	c = append(c, s.file[:]...)
	c = append(c, bucket...)
	return binary.BigEndian.AppendUint64(c, id)
}

// seal returns what stands in the file for a plain value.
func (s *sealer) seal(bucket []byte, id uint64, plain []byte) []byte {
	sealed := make([]byte, 4, 4+len(plain)+64)
	if s.aead == nil {
		sealed = append(sealed, plain...)
	} else {
		nonce := sealed[4 : 4+s.aead.NonceSize()]
		_, _ = rand.Read(nonce) // never fails
		sealed = s.aead.Seal(sealed[:4+len(nonce)], nonce, plain, s.context(bucket, id))
	}
	binary.BigEndian.PutUint32(sealed, s.checksum(bucket, id, sealed[4:]))
	return sealed
}

// open returns the plain value of what stands in the file. It is not a part of
// the latter if there is a cipher, and otherwise is.
func (s *sealer) open(bucket []byte, id uint64, sealed []byte) ([]byte, error) {
	if len(sealed) < 4 || binary.BigEndian.Uint32(sealed) != s.checksum(bucket, id, sealed[4:]) {
		return nil, errChecksum
	}
	sealed = sealed[4:]
	if s.aead == nil {
		return sealed, nil
	}
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errFormat
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], s.context(bucket, id))
	if err != nil {
		return nil, ErrKey // the checksum is right
	}
	return plain, nil
}

// checksum returns that of a value and its context.
func (s *sealer) checksum(bucket []byte, id uint64, value []byte) uint32 {
	var buf [40]byte // as context, without an allocation
	c := append(buf[:0], s.file[:]...)
	c = append(c, bucket...)
	c = binary.BigEndian.AppendUint64(c, id)
	return crc32.Update(crc32.Checksum(c, castagnoli), castagnoli, value)
}

// writer builds a plain value.
type writer []byte

func (w *writer) uint(v uint64) { *w = binary.AppendUvarint(*w, v) }
func (w *writer) int(v int64)   { *w = binary.AppendVarint(*w, v) }

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) flags(flags ...bool) {
	var b byte
	for i, f := range flags {
		if f {
			b |= 1 << i
		}
	}
	*w = append(*w, b)
}

// time writes a time to the nanosecond, without its zone.
func (w *writer) time(t time.Time) {
	if t.IsZero() {
		*w = append(*w, 0)
		return
	}
	*w = append(*w, 1)
	w.int(t.Unix())
	w.uint(uint64(t.Nanosecond())) //nolint:gosec // it is positive
}

// reader takes a plain value apart. After the first thing that is wrong it
// returns zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail() { r.rest, r.err = nil, errFormat }

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// bytes returns a part of the value.
func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) time() time.Time {
	switch r.byte() {
	case 0:
		return time.Time{}
	case 1:
		seconds, nanoseconds := r.int(), r.uint()
		if nanoseconds < 1e9 {
			return time.Unix(seconds, int64(nanoseconds))
		}
	}
	r.fail()
	return time.Time{}
}

// end returns what was wrong, which something left over is, too.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.fail()
	}
	return r.err
}

func (r *storedRecord) encode() []byte {
	w := make(writer, 0, len(r.Lane)+len(r.Key)+len(r.Join)+len(r.Body)+48)
	w.uint(formatVersion)
	w.uint(uint64(r.Kind))
	w.flags(r.Spaced)
	w.text(r.Lane)
	w.text(r.Key)
	w.text(r.Join)
	w.time(r.since)
	w.time(r.At)
	w.text(string(r.Body))
	return w
}

// decode reads a record. Its Body is a part of plain.
func (r *storedRecord) decode(plain []byte) error {
	var v recordView
	err := v.decode(plain)
	r.Kind, r.Spaced, r.Lane, r.Key, r.Join = v.kind, v.spaced, string(v.lane), string(v.key), string(v.join)
	r.since, r.At, r.Body = v.since, v.at, v.body
	return err
}

// recordView is a record whose texts are parts of what it was read from.
type recordView struct {
	kind                  Kind
	spaced                bool
	lane, key, join, body []byte
	since, at             time.Time
}

func (v *recordView) decode(plain []byte) error {
	p := reader{rest: plain}
	p.version()
	v.kind = Kind(p.kind())
	v.spaced = p.byte()&1 != 0
	v.lane, v.key, v.join = p.bytes(), p.bytes(), p.bytes()
	v.since, v.at = p.time(), p.time()
	v.body = p.bytes()
	return p.end()
}

func (r *reader) version() {
	if r.uint() != formatVersion {
		r.fail()
	}
}

// kind reads a Kind, which takes three bits of packed.
func (r *reader) kind() byte {
	k := r.uint()
	if k > uint64(KindEnd) {
		r.fail()
		return 0
	}
	return byte(k)
}

func (m *mark) encode() []byte {
	w := make(writer, 0, 64+len(m.reason))
	w.uint(formatVersion)
	w.uint(uint64(m.status))
	w.flags(m.open, m.tried, m.holds)
	w.uint(uint64(m.attempts)) //nolint:gosec // it counts up
	w.uint(m.group)
	w.int(m.value)
	for _, t := range []time.Time{m.changed, m.due, m.since, m.hold} {
		w.time(t)
	}
	w.text(m.reason)
	return w
}

func (m *mark) decode(plain []byte) error {
	p := reader{rest: plain}
	p.version()
	m.status = Status(p.status())
	flags := p.byte()
	m.open, m.tried, m.holds = flags&1 != 0, flags&2 != 0, flags&4 != 0
	m.attempts = int(min(p.uint(), 1<<30))
	m.group = p.uint()
	m.value = p.int()
	for _, t := range []*time.Time{&m.changed, &m.due, &m.since, &m.hold} {
		*t = p.time()
	}
	m.reason = string(p.bytes())
	return p.end()
}

// status reads the Status of a record that is there.
func (r *reader) status() byte {
	s := r.uint()
	if s < uint64(Waiting) || s > uint64(Dead) {
		r.fail()
		return 0
	}
	return byte(s)
}

func (s *sentRecord) encode() []byte {
	w := make(writer, 0, len(s.lane)+len(s.key)+48)
	w.uint(formatVersion)
	w.uint(s.sequence)
	w.uint(uint64(s.kind))
	w.text(s.lane)
	w.text(s.key)
	w.time(s.at)
	w.time(s.hold)
	w.int(s.mark)
	return w
}

func (s *sentRecord) decode(plain []byte) error {
	p := reader{rest: plain}
	p.version()
	s.sequence = p.uint()
	s.kind = Kind(p.kind())
	s.lane, s.key = string(p.bytes()), string(p.bytes())
	s.at, s.hold = p.time(), p.time()
	s.mark = p.int()
	return p.end()
}

func (s *storedState) encode() []byte {
	w := make(writer, 0, len(s.key)+len(s.data)+32)
	w.uint(formatVersion)
	w.text(s.key)
	w.uint(s.fence)
	w.time(s.deleted)
	w.text(string(s.data))
	return w
}

// decode reads a state. Its data is a part of plain.
func (s *storedState) decode(plain []byte) error {
	p := reader{rest: plain}
	p.version()
	s.key = string(p.bytes())
	s.fence = p.uint()
	s.deleted = p.time()
	s.data = p.bytes()
	return p.end()
}
