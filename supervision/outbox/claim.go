package outbox

import (
	"container/heap"
	"context"
	"maps"
	"slices"
	"time"
)

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
		s.Status, s.Changed, s.Attempts, s.Reason, s.Open, s.Holds, s.Folded, s.Group = m.status, m.changed, m.attempts, m.reason, m.open, m.holds, m.folded(), m.group
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
				last.hold, last.mark = l.held(f.Hold, now), f.Mark
				continue
			}
			m := *x.marks[p.sequence()]
			m.finish(f, now)
			m.hold = l.held(f.Hold, now)
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
	m.status = Waiting
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
	l.hold = later(l.hold, f.Hold)
	l.claim = nil
	x.claimed--
}

// remove plans that a record is removed as one that was sent.
func (ch *changes) remove(p packed, lane, key string, now time.Time) {
	ch.next++
	ch.removed = append(ch.removed, p.sequence())
	ch.sent = append(ch.sent, sentRecord{id: ch.next, sequence: p.sequence(), kind: p.kind(), lane: lane, key: key, at: now})
}

// held returns until when the lane's Spaced records wait, after a hold that is
// new. It is stored with every record that something becomes of, so that it is
// there after a restart whatever becomes of others.
func (l *lane) held(fresh, now time.Time) time.Time {
	if hold := later(l.hold, fresh); hold.After(now) {
		return hold
	}
	return time.Time{}
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
		for r, taken := x.keys[hash]; taken && r != recordRef(s.sequence); r, taken = x.keys[hash] {
			hash++
		}
		x.keys[hash] = sentRef(s.id)
		x.sent = append(x.sent, sentKey{id: s.id, hash: hash, of: pack(s.sequence, s.kind, false), at: s.at, in: l})
		l.memory++
	}
}
