package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// Finish implements outbox.Store.
func (s *Store) Finish(ctx context.Context, finished []outbox.Finished) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	valid, err := s.finish(ctx, "Finish", finished)
	if err == nil {
		s.tidyNow(ctx)
	}
	return valid, err
}

func (s *Store) finish(ctx context.Context, op string, finished []outbox.Finished) (valid []bool, err error) {
	if len(finished) == 0 {
		return []bool{}, nil
	}
	again := false
	err = s.transact(ctx, op, true, func(ctx context.Context, t *transaction) error {
		f := &finishing{transaction: t, finished: finished, valid: make([]bool, len(finished)), again: again}
		err := f.run(ctx)
		valid = f.valid
		var doubt *inDoubt
		again = again || errors.As(err, &doubt)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range finished {
		if err != nil && again {
			s.finished[finished[i].Claim.Fence] = true
		} else if err == nil {
			delete(s.finished, finished[i].Claim.Fence)
		}
	}
	if err != nil {
		return nil, err
	}
	return valid, nil
}

// finishing is one try of a Finish.
type finishing struct {
	*transaction

	finished []outbox.Finished
	valid    []bool
	again    bool // an earlier try may have been committed

	lanes map[string]*lane
	now   int64

	changed []*lane
	updated []*report
	removed []*report
}

func (f *finishing) run(ctx context.Context) error {
	var names [][]byte
	longest := 0
	for i := range f.finished {
		names = append(names, []byte(f.finished[i].Claim.Lane))
		longest = max(longest, len(f.finished[i].Claim.Records))
	}
	slices.SortFunc(names, bytes.Compare)
	names = slices.CompactFunc(names, bytes.Equal)
	err := f.enough(longest, func(limit int) error {
		if err := f.lock(ctx, names, limit); err != nil {
			return err
		}
		return f.plan()
	})
	if err != nil || len(f.changed) == 0 {
		return err
	}
	b := f.batch()
	f.saveLanes(b, f.changed)
	f.saveReports(b, f.updated)
	f.forget(b, f.removed, f.now)
	return f.commit(ctx, b)
}

// lock locks and reads the lanes.
func (t *transaction) readLanes(ctx context.Context, names [][]byte, limit int, now *int64) (map[string]*lane, error) {
	s := t.store
	var locked []*lane
	var read []*report
	b := t.batch()
	lanes(b.Queue(s.sql.lockLanes, names), &locked)
	reports(b.Queue(s.sql.queue, names, limit), &read)
	value(b.Queue(s.sql.clock, s.now()), now)
	if err := t.send(ctx, b); err != nil {
		return nil, err
	}
	enqueue(locked, read, limit)
	byName := make(map[string]*lane, len(locked))
	for _, l := range locked {
		byName[l.name] = l
	}
	return byName, nil
}

func (f *finishing) lock(ctx context.Context, names [][]byte, limit int) (err error) {
	f.lanes, err = f.readLanes(ctx, names, limit, &f.now)
	return err
}

// plan decides what changes.
func (f *finishing) plan() error {
	f.changed, f.updated, f.removed = nil, nil, nil
	clear(f.valid)
	seen := map[*lane]bool{}
	for i := range f.finished {
		end := &f.finished[i]
		l := f.lanes[end.Claim.Lane]
		switch {
		case l == nil || end.Claim.Fence == 0 || seen[l]:
		case uint64(l.fence) == end.Claim.Fence: //nolint:gosec // it is positive
			seen[l], f.valid[i] = true, true
			if err := f.finish(l, end); err != nil {
				return err
			}
		case f.mayBeFinished(end.Claim.Fence) && uint64(l.finished) == end.Claim.Fence: //nolint:gosec // it is positive
			f.valid[i] = true // by an earlier try
		}
	}
	return nil
}

// mayBeFinished reports whether it is possible that a claim was finished without
// the caller being told.
func (f *finishing) mayBeFinished(fence uint64) bool {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	return f.again || f.store.finished[fence]
}

// finish ends the claim of a lane.
func (f *finishing) finish(l *lane, end *outbox.Finished) error {
	run, err := l.claimedReports()
	if err != nil {
		return err
	}
	gone := []int64(nil)
	for _, r := range run {
		if end.Outcome == outbox.Done {
			l.pass(r.Kind, r.sequence, end.Mark)
			f.removed = append(f.removed, r)
			gone = append(gone, r.sequence)
			continue
		}
		if r.finish(l, end, f.now) {
			f.updated = append(f.updated, r)
		}
		if r.status != outbox.Waiting {
			gone = append(gone, r.sequence)
			l.aside++
			if r.holds {
				l.holders++
			}
		}
	}
	if !end.Hold.IsZero() {
		l.hold = nanos(end.Hold)
	}
	l.queue = l.without(gone)
	l.finished, l.fence, l.claimed, l.claimedAt = l.fence, 0, nil, 0
	f.changed = append(f.changed, l)
	return l.place(f.now, f.store.keepKeys)
}

// finish changes a report whose claim ends otherwise than with Done, and reports
// whether that has to be written.
func (r *report) finish(l *lane, end *outbox.Finished, now int64) bool {
	due := r.due
	r.due = 0
	if end.Outcome == outbox.Release {
		if r.untouched() {
			return due != 0
		}
		r.changed, r.group = l.claimedAt, l.fence
		return true
	}
	r.changed, r.group, r.reason = now, l.fence, end.Reason
	r.attempts++
	switch end.Outcome {
	case outbox.SetAside, outbox.Hold:
		r.status, r.open, r.folded, r.holds = outbox.Parked, true, false, end.Outcome == outbox.Hold
	case outbox.Bury:
		r.status, r.folded = outbox.Dead, false
	default:
		r.due, r.open = nanos(end.At), r.open || end.Open
	}
	return true
}
