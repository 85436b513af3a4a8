package outbox

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Defaults of the options of stores.
const (
	DefaultMaxRecords = 1_000_000
	DefaultKeepKeys   = 2 * time.Hour
)

// medium is where a core keeps what it is to find again. Its methods can be
// called while it commits; they fail with errGone for what is not there.
type medium interface {
	// commit makes changes durable, all of them or none.
	commit(c *changes) error
	// records returns records by their sequences.
	records(sequences []uint64) ([]storedRecord, error)
	// walk calls visit with the sequences greater than after in ascending order,
	// until it returns false.
	walk(after uint64, visit func(sequence uint64) bool) error
	// key returns the lane and key of a record, or of what remains of a sent one.
	key(r ref) (lane, key string, err error)
	// state returns a state.
	state(id uint64) (storedState, error)
	// restore returns what the medium holds if a commit that failed has left that
	// in doubt, else nil.
	restore() (*index, error)
}

// storedRecord is what a medium knows of a record itself.
type storedRecord struct {
	Record

	sequence uint64
	since    time.Time
}

// changes is what one operation changes on the medium.
type changes struct {
	next      uint64 // index.next
	added     []storedRecord
	marks     map[uint64]*mark // nil removes the mark
	removed   []uint64         // records, with their marks
	sent      []sentRecord
	forgotten []uint64 // ids of sent ones
	states    []storedState
	lost      []uint64 // ids of states

	// How many entries of index.sent and index.tombs have been dealt with.
	expired, tombs int
}

// sentRecord is what is kept of a record that was sent, for its key and for its
// lane.
type sentRecord struct {
	id, sequence uint64
	lane, key    string
	at, hold     time.Time
	mark         int64
	kind         Kind // 0 if it was not sent in fact
}

// storedState is a state as the medium knows it.
type storedState struct {
	id      uint64
	key     string
	fence   uint64
	deleted time.Time
	data    []byte
}

// core is a Store on a medium. One operation at a time makes changes: it plans
// them, has the medium make them durable, and then carries them out in the
// index.
type core struct {
	medium   medium
	clock    func() time.Time
	max      int
	keepKeys time.Duration

	write  sync.Mutex   // held by the operation that makes changes
	mu     sync.RWMutex // guards what follows, for moments
	index  *index
	closed bool
}

// begin starts an operation that makes changes. It is followed by
// c.write.Unlock, unless it fails.
func (c *core) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.write.Lock()
	err := ErrClosed
	if !c.closed {
		err = c.restore()
	}
	if err != nil {
		c.write.Unlock()
	}
	return err
}

// restore replaces an index of which it is in doubt whether it is true.
func (c *core) restore() error {
	x, err := c.medium.restore()
	if x != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.index = x
	}
	return err
}

// view runs f while the index does not change. The medium can be one change
// ahead; where f finds something gone, it is run again when it cannot.
func (c *core) view(ctx context.Context, f func(x *index) error) error {
	err := c.read(ctx, f)
	if errors.Is(err, errGone) {
		c.write.Lock()
		defer c.write.Unlock()
		err = c.read(ctx, f)
	}
	return err
}

func (c *core) read(ctx context.Context, f func(x *index) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	return f(c.index)
}

// Append implements Store.
func (c *core) Append(ctx context.Context, batches []Batch) []error {
	errs := make([]error, len(batches))
	if err := c.begin(ctx); err != nil {
		return fill(errs, err)
	}
	defer c.write.Unlock()
	p := &plan{core: c, index: c.index, now: c.clock(), next: c.index.next}
	for i := range batches {
		errs[i] = p.batch(&batches[i])
	}
	if len(p.changes.added) == 0 && len(p.changes.states) == 0 {
		return errs
	}
	p.changes.next = p.next
	if err := c.medium.commit(&p.changes); err != nil {
		for i := range errs {
			if errs[i] == nil {
				errs[i] = err
			}
		}
		return errs
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.index
	x.next = p.next
	for i, r := range p.changes.added {
		x.push(x.lane(r.Lane), pack(r.sequence, r.Kind, r.Spaced), p.now)
		x.keys[p.hashes[i]] = ref{id: r.sequence}
	}
	for _, s := range p.changes.states {
		x.setState(&s)
	}
	return errs
}

func fill(errs []error, err error) []error {
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// plan is what an Append is going to change.
type plan struct {
	*core

	index   *index
	now     time.Time
	next    uint64
	changes changes
	hashes  []uint64               // of the keys of changes.added
	keys    map[uint64]int         // the place in changes.added, by hash
	states  map[string]storedState // that are in changes
}

// batch adds a batch to the plan, or says why not.
func (p *plan) batch(b *Batch) error {
	before, hashes := len(p.changes.added), len(p.hashes)
	err := p.records(b.Records)
	var states []storedState
	if err == nil {
		states, err = p.newStates(b.States)
	}
	if err != nil {
		for _, h := range p.hashes[hashes:] {
			delete(p.keys, h)
		}
		p.changes.added, p.hashes = p.changes.added[:before], p.hashes[:hashes]
		return err
	}
	for _, s := range states {
		if p.states == nil {
			p.states = map[string]storedState{}
		}
		p.states[s.key] = s
		p.changes.states = append(p.changes.states, s)
	}
	return nil
}

func (p *plan) records(records []Record) error {
	for i := range records {
		r := &records[i]
		h, known, err := p.find(r)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		x := p.index
		if x.queued+len(x.parked)+len(x.dead)+len(p.changes.added) >= p.max {
			return ErrFull
		}
		p.next++
		if p.keys == nil {
			p.keys = map[uint64]int{}
		}
		p.keys[h] = len(p.changes.added)
		p.hashes = append(p.hashes, h)
		p.changes.added = append(p.changes.added, storedRecord{Record: *r, sequence: p.next, since: p.now})
	}
	return nil
}

// find returns the place for a record's key, and whether the key is there.
func (p *plan) find(r *Record) (hash uint64, known bool, err error) {
	for hash = p.index.hash(r.Lane, r.Key); ; hash++ {
		if at, planned := p.keys[hash]; planned {
			if other := &p.changes.added[at]; other.Lane == r.Lane && other.Key == r.Key {
				return hash, true, nil
			}
			continue
		}
		ref, taken := p.index.keys[hash]
		if !taken {
			return hash, false, nil
		}
		lane, key, err := p.medium.key(ref)
		if err != nil {
			return 0, false, err
		}
		if lane == r.Lane && key == r.Key {
			return hash, true, nil
		}
	}
}

func (p *plan) newStates(states []State) ([]storedState, error) {
	var changed []storedState
	for _, s := range states {
		if slices.ContainsFunc(changed, func(c storedState) bool { return c.key == s.Key }) {
			return nil, errTwice
		}
		var id, fence uint64
		if planned, ok := p.states[s.Key]; ok {
			id, fence = planned.id, planned.fence
			if fence == s.Fence+1 && bytes.Equal(planned.data, s.Data) {
				continue
			}
		} else if stored := p.index.states[s.Key]; stored != nil {
			id, fence = stored.id, stored.fence
			if fence == s.Fence+1 {
				present := State{Key: s.Key}
				if err := p.load(p.index, &present); err != nil {
					return nil, err
				}
				if bytes.Equal(present.Data, s.Data) && (present.Data == nil) == (s.Data == nil) {
					continue
				}
			}
		}
		if fence != s.Fence {
			return nil, ErrFenced
		}
		if id == 0 {
			p.next++
			id = p.next
		}
		n := storedState{id: id, key: s.Key, fence: fence + 1, data: s.Data}
		if s.Data == nil {
			n.deleted = p.now
		}
		changed = append(changed, n)
	}
	return changed, nil
}

// Claim implements Store.
func (c *core) Claim(ctx context.Context, req ClaimRequest) (Claims, error) {
	if err := c.begin(ctx); err != nil {
		return Claims{}, err
	}
	defer c.write.Unlock()
	x, now := c.index, c.clock()
	c.mu.Lock()
	x.wake(now)
	var lanes []*lane
	for len(lanes) < req.Max && len(x.ready) > 0 {
		lanes = append(lanes, heap.Pop(&x.ready).(*lane))
	}
	c.mu.Unlock()
	var next time.Time
	claims, err := c.claim(lanes, req, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range lanes {
		x.place(l, now)
	}
	if len(x.waiting) > 0 {
		next = x.waiting[0].due
	}
	return Claims{claims, next}, err
}

// claim claims lanes that are in no heap.
func (c *core) claim(lanes []*lane, req ClaimRequest, now time.Time) ([]Claim, error) {
	if len(lanes) == 0 {
		return nil, nil
	}
	x := c.index
	ch := changes{next: x.next, marks: map[uint64]*mark{}}
	claims := make([]Claim, len(lanes))
	under := make([]*laneClaim, len(lanes))
	for i, l := range lanes {
		run, records, err := c.run(l, req.Merge)
		if err != nil {
			return nil, err
		}
		ch.next++
		under[i] = &laneClaim{fence: ch.next, records: run, expires: now.Add(req.Lease)}
		claims[i] = Claim{Lane: l.name, Fence: ch.next, Passed: l.passed, Mark: l.mark}
		for j, p := range run {
			m := mark{status: Sending, of: p, in: l}
			if old := x.marks[p.sequence()]; old != nil {
				m = *old
				m.open = m.open || l.claim != nil
				m.status = Sending
			}
			m.group, m.changed, m.due = ch.next, now, time.Time{}
			ch.marks[p.sequence()] = &m
			claims[i].Records = append(claims[i].Records, records[j].stored(&m))
			under[i].keys = append(under[i].keys, records[j].Key)
		}
	}
	if err := c.medium.commit(&ch); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x.next = ch.next
	maps.Copy(x.marks, ch.marks)
	for i, l := range lanes {
		if l.claim == nil {
			x.claimed++
		}
		l.claim = under[i]
	}
	return claims, nil
}

// run returns the records of a lane that go out next.
func (c *core) run(l *lane, merge int) ([]packed, []storedRecord, error) {
	x := c.index
	if l.claim != nil {
		records, err := c.medium.records(sequences(l.claim.records))
		return l.claim.records, records, err
	}
	run := slices.Clone(x.head(l))
	records, err := c.medium.records(sequences(run))
	if err != nil {
		return nil, nil, err
	}
	last := run[len(run)-1]
	if x.open(last) || x.folded(last) || records[len(records)-1].Join == "" {
		return run, records, nil
	}
	join := records[len(records)-1].Join
	for _, p := range l.queue[len(run):] {
		if merge--; merge < 1 || p.kind() != last.kind() || x.marks[p.sequence()] != nil {
			break
		}
		r, err := c.medium.records([]uint64{p.sequence()})
		if err != nil {
			return nil, nil, err
		}
		if r[0].Join != join {
			break
		}
		run, records = append(run, p), append(records, r[0])
	}
	return run, records, nil
}

func sequences(run []packed) []uint64 {
	s := make([]uint64, len(run))
	for i, p := range run {
		s[i] = p.sequence()
	}
	return s
}

// stored returns the record as it stands.
func (r *storedRecord) stored(m *mark) Stored {
	s := Stored{Record: r.Record, Sequence: r.sequence, Status: Waiting, Since: r.since, Changed: r.since}
	if m != nil {
		s.Status, s.Changed, s.Attempts, s.Reason, s.Open, s.Folded, s.Group = m.status, m.changed, m.attempts, m.reason, m.open, m.folded(), m.group
		if !m.since.IsZero() {
			s.Since = m.since
		}
	}
	return s
}

// Finish implements Store.
func (c *core) Finish(ctx context.Context, finished []Finished) ([]bool, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	defer c.write.Unlock()
	x, now := c.index, c.clock()
	ch := changes{next: x.next, marks: map[uint64]*mark{}}
	valid := make([]bool, len(finished))
	seen := map[*lane]bool{}
	for i := range finished {
		f := &finished[i]
		l := x.lanes[f.Claim.Lane]
		if l == nil || l.claim == nil || l.claim.fence != f.Claim.Fence || seen[l] {
			continue
		}
		valid[i], seen[l] = true, true
		for j, p := range l.claim.records {
			if f.Outcome == Done {
				ch.remove(p, l.name, l.claim.keys[j], now)
				last := &ch.sent[len(ch.sent)-1]
				last.hold, last.mark = f.Hold, f.Mark
				continue
			}
			m := *x.marks[p.sequence()]
			m.finish(f, now)
			ch.marks[p.sequence()] = &m
			if m.trivial() {
				ch.marks[p.sequence()] = nil
			}
		}
	}
	if len(seen) == 0 {
		return valid, nil
	}
	c.expire(&ch, now)
	if err := c.medium.commit(&ch); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x.next = ch.next
	for i := range finished {
		if valid[i] {
			x.finish(x.lanes[finished[i].Claim.Lane], &finished[i], ch.marks)
		}
	}
	x.remember(ch.sent)
	x.forget(&ch, now)
	for l := range seen {
		x.place(l, now)
		x.drop(l)
	}
	return valid, nil
}

// finish is what a mark becomes when its claim ends otherwise than with Done.
func (m *mark) finish(f *Finished, now time.Time) {
	m.status, m.hold = Waiting, f.Hold
	if f.Outcome == Release {
		return
	}
	m.changed, m.reason = now, f.Reason
	m.attempts++
	switch f.Outcome {
	case SetAside, Hold:
		m.status, m.open, m.tried, m.holds, m.value = Parked, true, true, f.Outcome == Hold, f.Mark
	case Bury:
		m.status = Dead
	default:
		m.due, m.open = f.At, m.open || f.Open
		if f.Open {
			m.tried, m.value = true, f.Mark
		}
	}
}

// finish ends the claim of a lane.
func (x *index) finish(l *lane, f *Finished, marks map[uint64]*mark) {
	for _, p := range l.claim.records {
		m := marks[p.sequence()]
		switch {
		case f.Outcome == Done:
			delete(x.marks, p.sequence())
			x.take(l, p)
			l.pass(p.kind(), p.sequence(), f.Mark)
		case m == nil:
			delete(x.marks, p.sequence())
		default:
			x.marks[p.sequence()] = m
			m.pass()
			if m.status != Waiting {
				x.take(l, p)
				x.setAside(m)
			}
		}
	}
	if !f.Hold.IsZero() {
		l.hold = f.Hold
	}
	l.claim = nil
	x.claimed--
}

// remove plans that a record is removed as one that was sent.
func (ch *changes) remove(p packed, lane, key string, now time.Time) {
	ch.next++
	ch.removed = append(ch.removed, p.sequence())
	ch.sent = append(ch.sent, sentRecord{id: ch.next, sequence: p.sequence(), kind: p.kind(), lane: lane, key: key, at: now})
}

// pass notes for the lane that the record may have been sent.
func (m *mark) pass() {
	if m.tried {
		m.in.pass(m.of.kind(), m.of.sequence(), m.value)
	}
}

// pass notes that a record was sent, or may have been.
func (l *lane) pass(k Kind, sequence uint64, mark int64) {
	if k == 0 || sequence < l.passed[k] {
		return
	}
	l.passed[k] = sequence
	if k == KindProgress {
		l.mark = mark
	}
}

// remember notes the keys of records that were sent.
func (x *index) remember(sent []sentRecord) {
	for i := range sent {
		s := &sent[i]
		l := x.lane(s.lane)
		hash := x.hash(s.lane, s.key)
		for r, taken := x.keys[hash]; taken && r != (ref{id: s.sequence}); r, taken = x.keys[hash] {
			hash++
		}
		x.keys[hash] = ref{id: s.id, sent: true}
		x.sent = append(x.sent, sentKey{id: s.id, hash: hash, of: pack(s.sequence, s.kind, false), at: s.at, in: l})
		l.memory++
	}
}

// expire plans to forget the oldest keys, if it is time to. What tells a lane
// with records how far it has come is kept.
func (c *core) expire(ch *changes, now time.Time) {
	x := c.index
	for _, s := range x.sent {
		if now.Sub(s.at) < c.keepKeys || ch.expired >= 2*len(ch.sent)+16 {
			break
		}
		ch.expired++
		if s.in.passed[s.of.kind()] != s.of.sequence() || len(s.in.queue)+s.in.aside == 0 {
			ch.forgotten = append(ch.forgotten, s.id)
		}
	}
	for _, t := range x.tombs {
		if now.Sub(t.at) < c.keepKeys {
			break
		}
		ch.tombs++
		if s := x.states[t.key]; s != nil && s.deleted.Equal(t.at) {
			ch.lost = append(ch.lost, s.id)
		}
	}
}

// forget carries out what expire planned.
func (x *index) forget(ch *changes, now time.Time) {
	due := x.sent[:ch.expired]
	x.sent = x.sent[ch.expired:]
	forgotten := ch.forgotten
	for _, s := range due {
		if len(forgotten) == 0 || forgotten[0] != s.id {
			s.at = now
			x.sent = append(x.sent, s)
			continue
		}
		forgotten = forgotten[1:]
		delete(x.keys, s.hash)
		s.in.memory--
		x.drop(s.in)
	}
	for _, t := range x.tombs[:ch.tombs] {
		if s := x.states[t.key]; s != nil && slices.Contains(ch.lost, s.id) {
			delete(x.states, t.key)
		}
	}
	x.tombs = x.tombs[ch.tombs:]
}

// Resolve implements Store.
func (c *core) Resolve(ctx context.Context, resolutions []Resolution) ([]bool, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	defer c.write.Unlock()
	x, now := c.index, c.clock()
	ch := changes{next: x.next, marks: map[uint64]*mark{}}
	valid := make([]bool, len(resolutions))
	gone := map[Status]map[uint64]*mark{Parked: {}, Dead: {}}
	for i, r := range resolutions {
		m := x.marks[r.Sequence]
		if m == nil || m.status != r.From || gone[r.From] == nil || gone[r.From][r.Sequence] != nil {
			continue
		}
		switch {
		case r.To == Sent:
			lane, key, err := c.medium.key(ref{id: r.Sequence})
			if err != nil {
				return nil, err
			}
			ch.remove(m.of, lane, key, now)
			last := &ch.sent[len(ch.sent)-1]
			if last.mark = m.value; r.From == Dead {
				last.kind = 0 // it was never sent
			}
		case r.To == Waiting:
			ch.marks[r.Sequence] = &mark{
				status: Waiting, changed: now, since: now, reason: m.reason, hold: m.hold, tried: m.tried, value: m.value, of: m.of, in: m.in,
			}
		case r.To == Dead && r.From == Parked:
			dead := *m
			dead.status, dead.holds, dead.changed = Dead, false, now
			ch.marks[r.Sequence] = &dead
		default:
			return nil, errResolution
		}
		valid[i] = true
		gone[r.From][r.Sequence] = m
	}
	if len(gone[Parked])+len(gone[Dead]) == 0 {
		return valid, nil
	}
	c.expire(&ch, now)
	if err := c.medium.commit(&ch); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x.next = ch.next
	x.remember(ch.sent)
	for status, marks := range gone {
		x.resolved(status, marks)
		for sequence, m := range marks {
			again := ch.marks[sequence]
			switch {
			case again == nil:
				delete(x.marks, sequence)
			case again.status == Waiting:
				x.marks[sequence] = again
				x.insert(m.in, m.of, now)
			default:
				x.marks[sequence] = again
				x.setAside(again)
			}
			x.place(m.in, now)
			x.drop(m.in)
		}
	}
	x.forget(&ch, now)
	return valid, nil
}

// List implements Store.
func (c *core) List(ctx context.Context, req ListRequest) ([]Stored, error) {
	var found []Stored
	return found, c.view(ctx, func(x *index) error {
		found = nil
		wanted, err := c.listed(x, req)
		if err != nil {
			return err
		}
		records, err := c.medium.records(wanted)
		for i := range records {
			found = append(found, records[i].stored(x.marks[records[i].sequence]))
		}
		return err
	})
}

// listed returns the sequences that a List asks for.
func (c *core) listed(x *index, req ListRequest) (wanted []uint64, err error) {
	in := func(l *lane) bool { return req.Lane == "" || l == x.lanes[req.Lane] }
	add := func(sequence uint64) bool {
		wanted = append(wanted, sequence)
		return len(wanted) < req.Limit
	}
	switch {
	case req.Status == Parked || req.Status == Dead:
		for _, sequence := range after(*x.asideList(req.Status), req.After) {
			if in(x.marks[sequence].in) && !add(sequence) {
				break
			}
		}
	case req.Lane != "":
		if l := x.lanes[req.Lane]; l != nil {
			for _, p := range l.queue {
				if p.sequence() > req.After && !add(p.sequence()) {
					break
				}
			}
		}
	default:
		err = c.medium.walk(req.After, func(sequence uint64) bool {
			m := x.marks[sequence]
			return m != nil && (m.status == Parked || m.status == Dead) || add(sequence)
		})
	}
	return wanted, err
}

// Lookup implements Store.
func (c *core) Lookup(ctx context.Context, lane, key string) (status Status, err error) {
	return status, c.view(ctx, func(x *index) error {
		for hash := x.hash(lane, key); ; hash++ {
			ref, taken := x.keys[hash]
			if !taken {
				return nil
			}
			otherLane, otherKey, err := c.medium.key(ref)
			if err != nil {
				return err
			}
			if lane != otherLane || key != otherKey {
				continue
			}
			status = Waiting
			if ref.sent {
				status = Sent
			} else if m := x.marks[ref.id]; m != nil {
				status = m.status
			}
			return nil
		}
	})
}

// LoadState implements Store.
func (c *core) LoadState(ctx context.Context, key string) (State, error) {
	s := State{Key: key}
	return s, c.view(ctx, func(x *index) error { return c.load(x, &s) })
}

// load completes a state that has its key.
func (c *core) load(x *index, s *State) error {
	known := x.states[s.Key]
	if known == nil {
		return nil
	}
	stored, err := c.medium.state(known.id)
	s.Fence, s.Data = stored.fence, stored.data
	if !stored.deleted.IsZero() {
		s.Data = nil
	} else if s.Data == nil {
		s.Data = []byte{}
	}
	return err
}

// States implements Store.
func (c *core) States(ctx context.Context, prefix, after string, limit int) ([]State, error) {
	var found []State
	return found, c.view(ctx, func(x *index) error {
		found = nil
		var keys []string
		for key, s := range x.states {
			if strings.HasPrefix(key, prefix) && key > after && s.deleted.IsZero() {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			if len(found) == limit {
				break
			}
			s := State{Key: key}
			if err := c.load(x, &s); err != nil {
				return err
			}
			if s.Data != nil {
				found = append(found, s)
			}
		}
		return nil
	})
}

// Stats implements Store.
func (c *core) Stats(ctx context.Context) (StoreStats, error) {
	var stats StoreStats
	return stats, c.view(ctx, func(x *index) error {
		stats = StoreStats{
			Waiting: x.queued, Sending: x.claimed, Parked: len(x.parked), Dead: len(x.dead), Lanes: x.busy, Held: x.held,
			States: len(x.states) - len(x.tombs),
		}
		var oldest packed
		for _, l := range x.lanes {
			if len(l.queue) > 0 && (oldest == 0 || l.queue[0] < oldest) {
				oldest = l.queue[0]
			}
		}
		if oldest == 0 {
			return nil
		}
		records, err := c.medium.records([]uint64{oldest.sequence()})
		if err == nil {
			stats.Oldest = records[0].stored(x.marks[oldest.sequence()]).Since
		}
		return err
	})
}

// setState notes a state that was stored.
func (x *index) setState(s *storedState) {
	x.states[s.key] = &stateRef{id: s.id, fence: s.fence, deleted: s.deleted}
	if !s.deleted.IsZero() {
		x.tombs = append(x.tombs, tomb{s.key, s.deleted})
	}
}
