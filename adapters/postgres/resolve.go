package postgres

import (
	"context"
	"errors"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

var errResolution = errors.New("a resolution from or to a status that it cannot have")

// Resolve implements outbox.Store.
func (s *Store) Resolve(ctx context.Context, resolutions []outbox.Resolution) (found []bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(resolutions) == 0 {
		return []bool{}, nil
	}
	err = s.transact(ctx, "Resolve", false, func(ctx context.Context, t *transaction) error {
		r := &resolving{transaction: t, resolutions: resolutions, found: make([]bool, len(resolutions))}
		found = r.found
		return r.run(ctx)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// resolving is one try of a Resolve.
type resolving struct {
	*transaction

	resolutions []outbox.Resolution
	found       []bool

	lanes map[string]*lane
	aside map[int64]*report
	now   int64

	changed map[*lane]bool
	updated []*report
	removed []*report
}

func (r *resolving) run(ctx context.Context) error {
	wanted := make([]int64, 0, len(r.resolutions))
	for _, res := range r.resolutions {
		if res.Sequence <= math.MaxInt64 {
			wanted = append(wanted, int64(res.Sequence))
		}
	}
	names, err := r.namesOf(ctx, wanted)
	if err != nil || len(names) == 0 {
		return err
	}
	err = r.enough(1, func(limit int) (err error) {
		if r.lanes, err = r.readLanes(ctx, names, limit, &r.now); err != nil {
			return err
		}
		var read []*report
		b := r.batch()
		reports(b.Queue(r.store.sql.aside, wanted), &read)
		if err := r.send(ctx, b); err != nil {
			return err
		}
		r.aside = make(map[int64]*report, len(read))
		for _, a := range read {
			r.aside[a.sequence] = a
		}
		return r.plan()
	})
	if err != nil || len(r.changed) == 0 {
		return err
	}
	b := r.batch()
	changed := make([]*lane, 0, len(r.changed))
	for l := range r.changed {
		changed = append(changed, l)
	}
	r.saveLanes(b, changed)
	r.saveReports(b, r.updated)
	r.forget(b, r.removed, r.now)
	return r.commit(ctx, b)
}

// namesOf returns the lanes of reports. Reports do not change their lane, and so
// need no lock for it.
func (r *resolving) namesOf(ctx context.Context, wanted []int64) (names [][]byte, err error) {
	b := r.batch()
	each(b.Queue(r.store.sql.asideLanes, wanted), func(rows pgx.Rows) error {
		var name []byte
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	return names, r.send(ctx, b)
}

// plan decides what changes.
func (r *resolving) plan() error {
	r.changed, r.updated, r.removed = map[*lane]bool{}, nil, nil
	clear(r.found)
	for i, res := range r.resolutions {
		if res.Sequence > math.MaxInt64 || res.From != outbox.Parked && res.From != outbox.Dead {
			continue
		}
		a := r.aside[int64(res.Sequence)]
		if a == nil || a.status != res.From {
			continue
		}
		l := r.lanes[a.Lane]
		if l == nil {
			return errAgain // the report came aside after its lane was looked for
		}
		delete(r.aside, a.sequence) // once is enough
		if res.To == outbox.Sent || res.To == outbox.Waiting {
			l.aside--
		}
		if a.holds {
			l.holders--
		}
		switch {
		case res.To == outbox.Sent:
			r.removed = append(r.removed, a)
		case res.To == outbox.Waiting:
			a.status, a.changed, a.since, a.replayed, a.touched = outbox.Waiting, r.now, r.now, true, true
			a.open, a.holds, a.attempts, a.due, a.group = false, false, 0, 0, 0
			r.updated = append(r.updated, a)
			l.insert(a)
		case res.To == outbox.Dead && res.From == outbox.Parked:
			a.status, a.holds, a.changed = outbox.Dead, false, r.now
			r.updated = append(r.updated, a)
		case res.To == outbox.Parked && res.From == outbox.Parked:
			a.holds = false
			r.updated = append(r.updated, a)
		default:
			return &callbackError{errResolution}
		}
		r.found[i], r.changed[l] = true, true
	}
	for l := range r.changed {
		if l.fence != 0 {
			continue // its claim decides when it is handed out
		}
		if err := l.place(r.now, r.store.keepKeys); err != nil {
			return err
		}
	}
	return nil
}

// insert puts a report back at its place, if that is in the part of the queue that
// was read.
func (l *lane) insert(r *report) {
	i := 0
	for i < len(l.queue) && l.queue[i].sequence < r.sequence {
		i++
	}
	if i == len(l.queue) && !l.complete {
		return
	}
	l.queue = append(l.queue[:i:i], append([]*report{r}, l.queue[i:]...)...)
}
