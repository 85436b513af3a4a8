package outbox

import (
	"context"
	"slices"
	"time"
)

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
			lane, key, err := c.medium.key(recordRef(r.Sequence))
			if err != nil {
				return nil, err
			}
			ch.remove(m.of, lane, key, now)
			last := &ch.sent[len(ch.sent)-1]
			last.hold = m.in.held(time.Time{}, now)
			if last.mark = m.value; r.From == Dead && !m.tried {
				last.kind = 0 // it was never sent
			}
		case r.To == Waiting:
			ch.marks[r.Sequence] = &mark{
				status: Waiting, changed: now, since: now, reason: m.reason, hold: m.in.held(time.Time{}, now), tried: m.tried, value: m.value, of: m.of, in: m.in,
			}
		case r.To == Dead && r.From == Parked:
			dead := *m
			dead.status, dead.holds, dead.changed = Dead, false, now
			ch.marks[r.Sequence] = &dead
		case r.To == Parked && r.From == Parked:
			parked := *m
			parked.holds = false
			ch.marks[r.Sequence] = &parked
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
