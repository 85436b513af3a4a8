package outbox

import (
	"container/heap"
	"hash/maphash"
	"slices"
	"sort"
	"time"
)

// index knows where every record of a store stands, without its body. Nothing
// in it changes before the change is durable.
type index struct {
	next   uint64 // the last number given out, as a sequence, a fence or an id
	lanes  map[string]*lane
	marks  map[uint64]*mark // by sequence; a record that waits untouched has none
	keys   map[uint64]ref   // by a hash of lane and key
	sent   []sentKey        // whose keys are remembered, the oldest first
	parked []uint64         // sequences, ascending
	dead   []uint64         // the same
	states map[string]*stateRef
	tombs  []tomb // the oldest first
	seed   maphash.Seed

	ready   readyHeap
	waiting dueHeap

	queued, claimed, busy, held int // records in lanes, claims, lanes with records, held lanes
}

func newIndex() *index {
	return &index{
		lanes: map[string]*lane{}, marks: map[uint64]*mark{}, keys: map[uint64]ref{}, states: map[string]*stateRef{}, seed: maphash.MakeSeed(),
	}
}

// packed is a record's sequence with what of it decides when it goes out, in
// the order of the sequences.
type packed uint64

func pack(sequence uint64, k Kind, spaced bool) packed {
	p := packed(sequence)<<4 | packed(k&7)<<1
	if spaced {
		p |= 1
	}
	return p
}

func (p packed) sequence() uint64 { return uint64(p >> 4) }
func (p packed) kind() Kind       { return Kind(p >> 1 & 7) }
func (p packed) spaced() bool     { return p&1 != 0 }

// mark is what became of a record. It is replaced and never changed.
type mark struct {
	status   Status
	open     bool
	tried    bool // it may have been sent at some time
	holds    bool // Parked, and its lane waits for it
	attempts int
	group    uint64
	value    int64 // Finished.Mark, if tried
	changed  time.Time
	due      time.Time // not before, for Waiting
	since    time.Time // of a replay
	hold     time.Time // Finished.Hold
	reason   string

	of packed
	in *lane
}

// trivial reports whether the mark says no more than none would.
func (m *mark) trivial() bool {
	return m.status == Waiting && !m.open && !m.tried && m.attempts == 0 && m.reason == "" && m.since.IsZero() && m.due.IsZero() && m.hold.IsZero()
}

// folded reports whether the record goes out together with the next one.
func (m *mark) folded() bool {
	return m.of.kind() == KindProgress && m.of.sequence() < m.in.passed[KindProgress]
}

// ref says where a key's record is: it is a sequence, or the id of a sentKey
// with the lowest bit set.
type ref uint64

func recordRef(sequence uint64) ref { return ref(sequence << 1) }
func sentRef(id uint64) ref         { return ref(id<<1 | 1) }

func (r ref) id() uint64 { return uint64(r >> 1) }
func (r ref) sent() bool { return r&1 != 0 }

// sentKey is a record that was sent, and whose key is remembered.
type sentKey struct {
	id   uint64
	hash uint64 // where the key is in index.keys
	of   packed // without spaced
	at   time.Time
	in   *lane
}

// stateRef is a state without its data.
type stateRef struct {
	id      uint64 // that it has on disk
	fence   uint64
	deleted time.Time // zero for one that exists
}

// tomb remembers that a state was deleted.
type tomb struct {
	key string
	at  time.Time
}

// lane is the records of one lane.
type lane struct {
	name    string
	queue   []packed // ascending
	claim   *laneClaim
	hold    time.Time // Spaced records wait for it
	passed  [KindEnd + 1]uint64
	mark    int64
	holders int // parked records that hold the lane
	aside   int // records that are parked or dead
	memory  int // sentKeys
	due     time.Time
	at      int // in ready or waiting, -1 for neither
	isReady bool
}

// laneClaim is the claim that a lane is under.
type laneClaim struct {
	fence   uint64
	records []packed
	keys    []string // of the records
	expires time.Time
}

// lane returns a lane, which is made if need be.
func (x *index) lane(name string) *lane {
	l := x.lanes[name]
	if l == nil {
		l = &lane{name: name, at: -1}
		x.lanes[name] = l
	}
	return l
}

// drop forgets a lane that has nothing to remember.
func (x *index) drop(l *lane) {
	if len(l.queue) == 0 && l.claim == nil && l.aside == 0 && l.memory == 0 {
		x.unplace(l)
		delete(x.lanes, l.name)
	}
}

// hash returns where the search for a key in keys begins.
func (x *index) hash(lane, key string) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	_, _ = h.WriteString(lane)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(key)
	return h.Sum64()
}

// hashBytes is hash of bytes.
func (x *index) hashBytes(lane, key []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	_, _ = h.Write(lane)
	_ = h.WriteByte(0)
	_, _ = h.Write(key)
	return h.Sum64()
}

// push appends a record to its lane.
func (x *index) push(l *lane, p packed, now time.Time) {
	if len(l.queue) == 0 {
		x.busy++
		l.queue = nil // let go of what was in front
	}
	l.queue = append(l.queue, p)
	x.queued++
	if len(l.queue) == 1 {
		x.place(l, now)
	}
}

// insert puts a record back at its place.
func (x *index) insert(l *lane, p packed, now time.Time) {
	if len(l.queue) == 0 {
		x.busy++
	}
	i, _ := slices.BinarySearch(l.queue, p)
	l.queue = slices.Insert(l.queue, i, p)
	x.queued++
	x.place(l, now)
}

// take removes a record from its lane.
func (x *index) take(l *lane, p packed) {
	if l.queue[0] == p {
		l.queue = l.queue[1:]
	} else if i, found := slices.BinarySearch(l.queue, p); found {
		l.queue = slices.Delete(l.queue, i, i+1)
	} else {
		return
	}
	x.queued--
	if len(l.queue) == 0 {
		x.busy--
	}
}

// open reports whether a record may have arrived.
func (x *index) open(p packed) bool {
	m := x.marks[p.sequence()]
	return m != nil && m.open
}

// folded reports whether a record goes out together with the next one. One that
// is so has come back, and has a mark.
func (x *index) folded(p packed) bool {
	m := x.marks[p.sequence()]
	return m != nil && m.folded()
}

// head returns the records that go out next from a lane that has some, before
// any merging.
func (x *index) head(l *lane) []packed {
	n := 0
	for n < len(l.queue) && x.folded(l.queue[n]) {
		n++
	}
	for _, p := range l.queue[:min(n+1, len(l.queue))] {
		if x.open(p) {
			return x.group(l, x.marks[p.sequence()].group)
		}
	}
	if n < len(l.queue) && (n == 0 || l.queue[n].kind() == KindProgress) {
		n++
	}
	return l.queue[:n]
}

// group returns the records of a lane that may have arrived as one, and so go
// out as one.
func (x *index) group(l *lane, group uint64) []packed {
	var as []packed
	for _, p := range l.queue {
		if m := x.marks[p.sequence()]; m != nil && m.open && m.group == group {
			as = append(as, p)
		}
	}
	return as
}

// when returns when a lane without a claim may be handed out.
func (x *index) when(l *lane) time.Time {
	var due time.Time
	head := x.head(l)
	for _, p := range head {
		if m := x.marks[p.sequence()]; m != nil && m.due.After(due) {
			due = m.due
		}
	}
	if head[len(head)-1].spaced() && l.hold.After(due) {
		due = l.hold
	}
	return due
}

// place puts a lane where Claim finds it when it should.
func (x *index) place(l *lane, now time.Time) {
	x.unplace(l)
	switch {
	case l.claim != nil:
		l.due = l.claim.expires
	case len(l.queue) == 0 || l.holders > 0:
		return
	default:
		l.due = x.when(l)
	}
	if l.due.After(now) {
		heap.Push(&x.waiting, l)
	} else {
		l.isReady = true
		heap.Push(&x.ready, l)
	}
}

func (x *index) unplace(l *lane) {
	switch {
	case l.at < 0:
	case l.isReady:
		heap.Remove(&x.ready, l.at)
	default:
		heap.Remove(&x.waiting, l.at)
	}
	l.isReady = false
}

// wake makes the lanes ready whose time has come.
func (x *index) wake(now time.Time) {
	for len(x.waiting) > 0 && !x.waiting[0].due.After(now) {
		l := heap.Pop(&x.waiting).(*lane)
		l.isReady = true
		heap.Push(&x.ready, l)
	}
}

// setAside notes that a record is Parked or Dead.
func (x *index) setAside(m *mark) {
	list := x.asideList(m.status)
	i, found := slices.BinarySearch(*list, m.of.sequence())
	if !found {
		*list = slices.Insert(*list, i, m.of.sequence())
	}
	m.in.aside++
	if m.holds {
		if m.in.holders == 0 {
			x.held++
		}
		m.in.holders++
	}
}

// resolved undoes setAside for records all of one status.
func (x *index) resolved(status Status, marks map[uint64]*mark) {
	list := x.asideList(status)
	*list = slices.DeleteFunc(*list, func(sequence uint64) bool { return marks[sequence] != nil })
	for _, m := range marks {
		m.in.aside--
		if m.holds {
			m.in.holders--
			if m.in.holders == 0 {
				x.held--
			}
		}
	}
}

func (x *index) asideList(s Status) *[]uint64 {
	if s == Parked {
		return &x.parked
	}
	return &x.dead
}

// after returns the part of an ascending list that is greater than a sequence.
func after(list []uint64, sequence uint64) []uint64 {
	return list[sort.Search(len(list), func(i int) bool { return list[i] > sequence }):]
}

// readyHeap is lanes that can be handed out, the one whose head was appended
// first coming first.
type readyHeap []*lane

func (h readyHeap) Len() int           { return len(h) }
func (h readyHeap) Less(i, j int) bool { return h[i].first() < h[j].first() }
func (h readyHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].at, h[j].at = i, j }

// Push implements heap.Interface.
func (h *readyHeap) Push(x any) { *h = pushLane(*h, x) }

// Pop implements heap.Interface.
func (h *readyHeap) Pop() (last any) { *h, last = popLane(*h); return last }

func (l *lane) first() packed {
	if l.claim != nil {
		return l.claim.records[0]
	}
	return l.queue[0]
}

// dueHeap is lanes whose time has not come, the next one coming first.
type dueHeap []*lane

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].at, h[j].at = i, j }

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) { *h = pushLane(*h, x) }

// Pop implements heap.Interface.
func (h *dueHeap) Pop() (last any) { *h, last = popLane(*h); return last }

func pushLane(h []*lane, x any) []*lane {
	l := x.(*lane)
	l.at = len(h)
	return append(h, l)
}

func popLane(h []*lane) (shorter []*lane, last *lane) {
	last = h[len(h)-1]
	h[len(h)-1] = nil
	last.at = -1
	return h[:len(h)-1], last
}
