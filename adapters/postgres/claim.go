package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// awakened is how many lanes whose time has come are looked at in one Claim.
const awakened = 256

// Claim implements outbox.Store.
func (s *Store) Claim(ctx context.Context, req outbox.ClaimRequest) (outbox.Claims, error) {
	if err := ctx.Err(); err != nil {
		return outbox.Claims{}, err
	}
	if err := s.giveBack(ctx); err != nil {
		return outbox.Claims{}, err
	}
	var c *claiming
	err := s.transact(ctx, "Claim", false, func(ctx context.Context, t *transaction) error {
		c = &claiming{transaction: t, req: req}
		return c.run(ctx)
	})
	var doubt *inDoubt
	if errors.As(err, &doubt) {
		s.doubt(c.claims, c.now)
	}
	if err != nil {
		return outbox.Claims{}, err
	}
	return outbox.Claims{Claims: c.claims, Next: c.next}, nil
}

// doubt remembers claims that may have been committed.
func (s *Store) doubt(claims []outbox.Claim, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claims {
		s.doubtful = append(s.doubtful, held{c.Lane, c.Fence, now})
	}
}

// giveBack releases the claims that may have been committed, and of which nobody
// was told. They have certainly not been sent.
func (s *Store) giveBack(ctx context.Context) error {
	s.mu.Lock()
	doubtful := s.doubtful
	s.doubtful = nil
	s.mu.Unlock()
	if len(doubtful) == 0 {
		return nil
	}
	released := make([]outbox.Finished, len(doubtful))
	for i, h := range doubtful {
		released[i] = outbox.Finished{Claim: outbox.Claim{Lane: h.lane, Fence: h.fence}, Outcome: outbox.Release}
	}
	err := s.transact(ctx, "Claim", true, func(ctx context.Context, t *transaction) error {
		f := &finishing{transaction: t, finished: released, valid: make([]bool, len(released)), only: doubtful}
		return f.run(ctx)
	})
	if err != nil {
		s.mu.Lock()
		s.doubtful = append(s.doubtful, doubtful...)
		s.mu.Unlock()
	}
	return err
}

// claiming is one try of a Claim.
type claiming struct {
	*transaction

	req outbox.ClaimRequest
	now int64

	claims  []outbox.Claim
	next    time.Time
	changed []*lane
	opened  []*report
}

func (c *claiming) run(ctx context.Context) error {
	s := c.store
	var ready, due []*lane
	next := int64(0)
	b := c.batch()
	lanes(b.Queue(s.sql.ready, c.req.Max), &ready)
	lanes(b.Queue(s.sql.due, s.now(), awakened), &due)
	value(b.Queue(s.sql.next, s.now()), &next)
	value(b.Queue(s.sql.clock, s.now()), &c.now)
	if err := c.send(ctx, b); err != nil {
		return err
	}
	all := slices.Concat(ready, due)
	slices.SortFunc(all, func(a, b *lane) int { return cmp.Compare(a.head, b.head) })
	chosen := all[:min(c.req.Max, len(all))]
	for _, l := range all[len(chosen):] {
		if !l.ready { // found by its head from now on
			l.ready = true
			c.changed = append(c.changed, l)
		}
	}
	if next != 0 && next < never-1 {
		c.next = timeOf(next)
	}
	if len(chosen) > 0 {
		if err := c.claim(ctx, chosen); err != nil {
			return err
		}
	}
	if len(c.changed) == 0 {
		return nil
	}
	b = c.batch()
	c.saveLanes(b, c.changed)
	c.saveReports(b, c.opened)
	return c.commit(ctx, b)
}

// claim claims lanes.
func (c *claiming) claim(ctx context.Context, chosen []*lane) error {
	ids := make([]int64, len(chosen))
	for i, l := range chosen {
		ids[i] = l.id
	}
	var fences []int64
	err := c.enough(c.req.Merge, func(limit int) error {
		var read []*report
		b := c.batch()
		reports(b.Queue(c.store.sql.forClaim, ids, limit), &read)
		if fences == nil {
			each(b.Queue(c.store.sql.numbers, len(chosen)), func(rows pgx.Rows) error {
				var n int64
				err := rows.Scan(&n)
				fences = append(fences, n)
				return err
			})
		}
		if err := c.send(ctx, b); err != nil {
			return err
		}
		enqueue(chosen, read, limit)
		for _, l := range chosen {
			if _, err := c.runOf(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, l := range chosen {
		run, err := c.runOf(l)
		if err != nil {
			return err
		}
		c.changed = append(c.changed, l)
		if len(run) == 0 { // its reports are gone, which only a person can have done
			l.fence, l.claimed = 0, nil
			if err := l.place(c.now, c.store.keepKeys); err != nil {
				return err
			}
			continue
		}
		again := l.fence != 0
		l.fence, l.claimed, l.claimedAt = fences[i], sequences(run), c.now
		l.head, l.ready, l.due = run[0].sequence, false, after(c.now, c.req.Lease)
		for _, r := range run {
			if again && !r.open { // the claim before may have sent it
				r.open = true
				c.opened = append(c.opened, r)
			}
		}
		if due := timeOf(l.due); c.next.IsZero() || due.Before(c.next) {
			c.next = due
		}
		c.claims = append(c.claims, l.claim(run))
	}
	return nil
}

// runOf returns what is claimed of a lane.
func (c *claiming) runOf(l *lane) ([]*report, error) {
	if l.fence != 0 {
		return l.claimedReports()
	}
	return l.run(c.req.Merge)
}

// enough has read called with how much of each lane is to be read, more each time,
// until that is enough.
func (t *transaction) enough(least int, read func(limit int) error) error {
	for limit := max(least, 1) + 1; ; limit *= 8 {
		if err := read(limit); !errors.Is(err, errShort) {
			return err
		}
	}
}
