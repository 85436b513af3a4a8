package outbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// loader builds an index of what is in a file.
type loader struct {
	*file

	index  *index
	now    time.Time
	header bool
	placed int // marks whose record was there
}

// value takes note of one value.
func (l *loader) value(bucket, key, value []byte) error {
	if bytes.Equal(bucket, bucketHeader) {
		if !bytes.Equal(key, headerKey) {
			return damaged("its header holds something unknown")
		}
		l.header = true
		l.sealer = sealer{aead: l.aead}
		return l.sealer.readHeader(value)
	}
	if !l.header {
		return damaged("it has no header")
	}
	if len(key) != 8 {
		return damaged("a key is not a number")
	}
	id := binary.BigEndian.Uint64(key)
	if id == 0 || id >= 1<<60 {
		return damaged("a number is out of bounds")
	}
	plain, err := l.sealer.open(bucket, id, value)
	if err == nil {
		l.index.next = max(l.index.next, id)
		err = l.take(bucket, id, plain)
	}
	if errors.Is(err, ErrKey) || errors.Is(err, errChecksum) || errors.Is(err, errFormat) {
		return damaged("%s %d: %v", bucket, id, err)
	}
	return err
}

// take takes note of one value that is whole.
func (l *loader) take(bucket []byte, id uint64, plain []byte) error {
	x := l.index
	switch string(bucket) {
	case string(bucketMarks):
		m := &mark{}
		x.marks[id] = m
		return m.decode(plain)
	case string(bucketRecords):
		var r recordView
		if err := r.decode(plain); err != nil {
			return err
		}
		l.record(id, &r)
	case string(bucketSent):
		s := sentRecord{id: id}
		if err := s.decode(plain); err != nil {
			return err
		}
		l.sent(&s)
	case string(bucketStates):
		s := storedState{id: id}
		if err := s.decode(plain); err != nil {
			return err
		}
		if x.states[s.key] != nil {
			return damaged("a state is there twice")
		}
		x.setState(&s)
	default:
		return damaged("it holds something unknown")
	}
	return nil
}

// record takes note of a record. Its mark has come before it.
func (l *loader) record(sequence uint64, r *recordView) {
	x := l.index
	in := x.lanes[string(r.lane)]
	if in == nil {
		in = x.lane(string(r.lane))
	}
	p := pack(sequence, r.kind, r.spaced)
	x.remind(x.hashBytes(r.lane, r.key), recordRef(sequence))
	var m *mark
	if len(x.marks) > 0 {
		m = x.marks[sequence]
	}
	if m != nil {
		l.placed++
		m.of, m.in = p, in
		m.pass()
		if m.changed.After(l.now) { // the clock was set back: wait for nothing
			m.due, m.hold = time.Time{}, time.Time{}
		}
		in.hold = later(in.hold, m.hold)
		if m.status == Parked || m.status == Dead {
			x.setAside(m)
			return
		}
	}
	if len(in.queue) == 0 {
		x.busy++
	}
	in.queue = append(in.queue, p)
	x.queued++
	if m != nil && m.status == Sending {
		// The process that claimed it is gone. It can be claimed again at once.
		if in.claim == nil {
			in.claim = &laneClaim{}
			x.claimed++
		}
		in.claim.records = append(in.claim.records, p)
		in.claim.keys = append(in.claim.keys, string(r.key))
	}
}

// remind notes where a key's record is.
func (x *index) remind(hash uint64, r ref) (at uint64) {
	for x.keys[hash] != 0 {
		hash++
	}
	x.keys[hash] = r
	return hash
}

// sent takes note of a record that was sent.
func (l *loader) sent(s *sentRecord) {
	x := l.index
	in := x.lane(s.lane)
	in.memory++
	in.pass(s.kind, s.sequence, s.mark)
	if !s.at.After(l.now) {
		in.hold = later(in.hold, s.hold)
	} else {
		s.at = l.now
	}
	at := x.remind(x.hash(s.lane, s.key), sentRef(s.id))
	x.sent = append(x.sent, sentKey{id: s.id, hash: at, of: pack(s.sequence, s.kind, false), at: s.at, in: in})
}

// end checks what only the whole can tell, and makes the lanes ready.
func (l *loader) end(sequence uint64) error {
	x := l.index
	if !l.header {
		return damaged("it has no header")
	}
	if l.placed != len(x.marks) {
		return damaged("a mark has no record")
	}
	x.next = max(x.next, sequence)
	slices.SortStableFunc(x.tombs, func(a, b tomb) int { return a.at.Compare(b.at) })
	for _, in := range x.lanes {
		in.queue = slices.Clip(in.queue)
		x.place(in, l.now)
	}
	return nil
}
