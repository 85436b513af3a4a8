package outbox

import (
	"context"
	"slices"
	"strings"
)

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
			if ref.sent() {
				status = Sent
			} else if m := x.marks[ref.id()]; m != nil {
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
