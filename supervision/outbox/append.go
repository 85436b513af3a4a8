package outbox

import (
	"bytes"
	"context"
	"slices"
	"time"
)

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
		x.keys[p.hashes[i]] = recordRef(r.sequence)
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

// setState notes a state that was stored.
func (x *index) setState(s *storedState) {
	x.states[s.key] = &stateRef{id: s.id, fence: s.fence, deleted: s.deleted}
	if !s.deleted.IsZero() {
		x.tombs = append(x.tombs, tomb{s.key, s.deleted})
	}
}
