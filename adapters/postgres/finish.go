package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// Finish implements outbox.Store.
func (s *Store) Finish(ctx context.Context, finished []outbox.Finished) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	valid, err := s.finish(ctx, finished)
	if err == nil {
		s.tidyNow(ctx)
	}
	return valid, err
}

func (s *Store) finish(ctx context.Context, finished []outbox.Finished) ([]bool, error) {
	if len(finished) == 0 {
		return []bool{}, nil
	}
	f := &finishing{finished: finished, valid: make([]bool, len(finished)), tokens: map[uint64][]token{}}
	s.mu.Lock()
	for i := range finished {
		if tokens := s.finished[finished[i].Claim.Fence]; tokens != nil {
			f.tokens[finished[i].Claim.Fence] = tokens
		}
	}
	s.mu.Unlock()
	err := s.transact(ctx, "Finish", true, func(ctx context.Context, t *transaction) error {
		f.transaction = t
		err := f.run(ctx)
		var doubt *inDoubt
		if errors.As(err, &doubt) {
			f.remember()
		}
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for fence, tokens := range f.tokens {
		if err != nil {
			s.finished[fence] = tokens
		} else {
			delete(s.finished, fence)
		}
	}
	if err != nil {
		return nil, err
	}
	return f.valid, nil
}

// token is stored by a transaction among the keys of what was sent, so that it can
// be found out whether it was committed. (The server's own transaction numbers can
// be given out again after a crash.)
type token [16]byte

// remember notes that the try may have been committed.
func (f *finishing) remember() {
	for i, ok := range f.valid {
		if fence := f.finished[i].Claim.Fence; ok && !f.settled[fence] {
			f.tokens[fence] = append(f.tokens[fence], f.token)
		}
	}
}

// finishing is a Finish, with what its present try has found.
type finishing struct {
	*transaction

	finished []outbox.Finished
	valid    []bool
	only     []held // if not nil, what the claims must be
	tokens   map[uint64][]token
	token    token

	settled map[uint64]bool // fences of claims that an earlier try has finished
	lanes   map[string]*lane
	now     int64

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
	_, _ = rand.Read(f.token[:]) // never fails
	b.Queue(f.store.sql.remember[f.store.slot(f.now)], [][]byte{f.token[:]}, f.now)
	f.forget(b, f.removed, f.now)
	return f.commit(ctx, b)
}

// readLanes locks and reads lanes.
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

// lock locks and reads the lanes, and finds out what earlier tries have finished.
// It does so in this order, because one of those may be committed until its locks
// are gone.
func (f *finishing) lock(ctx context.Context, names [][]byte, limit int) (err error) {
	if f.lanes, err = f.readLanes(ctx, names, limit, &f.now); err != nil || len(f.tokens) == 0 {
		return err
	}
	s := f.store
	f.settled = map[uint64]bool{}
	var wanted [][]byte
	byToken := map[token][]uint64{}
	for fence, tokens := range f.tokens {
		for _, t := range tokens {
			byToken[t] = append(byToken[t], fence)
			wanted = append(wanted, t[:])
		}
	}
	b := f.batch()
	each(b.Queue(s.sql.known, s.now(), wanted, int64(s.keepKeys)), func(rows pgx.Rows) error {
		var hash []byte
		if err := rows.Scan(&hash); err != nil {
			return err
		}
		for _, fence := range byToken[token(hash)] {
			f.settled[fence] = true
		}
		return nil
	})
	return f.send(ctx, b)
}

// plan decides what changes.
func (f *finishing) plan() error {
	f.changed, f.updated, f.removed = nil, nil, nil
	clear(f.valid)
	seen := map[*lane]bool{}
	for i := range f.finished {
		end := &f.finished[i]
		l := f.lanes[end.Claim.Lane]
		if f.settled[end.Claim.Fence] {
			f.valid[i] = true
			continue
		}
		if l == nil || end.Claim.Fence == 0 || seen[l] || number(l.fence) != end.Claim.Fence ||
			f.only != nil && f.only[i].claimedAt != l.claimedAt {
			continue
		}
		seen[l], f.valid[i] = true, true
		if err := f.finish(l, end); err != nil {
			return err
		}
	}
	return nil
}

// finish ends the claim of a lane.
func (f *finishing) finish(l *lane, end *outbox.Finished) error {
	run, err := l.claimedReports()
	if err != nil {
		return err
	}
	l.hold = max(l.hold, nanos(end.Hold))
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
		if r.tried {
			l.pass(r.Kind, r.sequence, r.value)
		}
		if r.status != outbox.Waiting {
			gone = append(gone, r.sequence)
			l.aside++
			if r.holds {
				l.holders++
			}
		}
	}
	l.queue = l.without(gone)
	l.fence, l.claimed, l.claimedAt = 0, nil, 0
	f.changed = append(f.changed, l)
	return l.place(f.now, f.store.keepKeys)
}

// finish changes a report whose claim ends otherwise than with Done, and reports
// whether that has to be written.
func (r *report) finish(l *lane, end *outbox.Finished, now int64) bool {
	due := r.due
	r.due = 0
	if end.Outcome == outbox.Release {
		was := r.touched
		if r.touched = !r.trivial() || l.hold > now; r.touched {
			r.changed, r.group = l.claimedAt, l.fence
		} else {
			r.changed, r.group = r.since, 0
		}
		return was || r.touched || due != 0
	}
	r.touched = true
	r.changed, r.group, r.reason = now, l.fence, end.Reason
	r.attempts++
	switch end.Outcome {
	case outbox.SetAside, outbox.Hold:
		r.status, r.open, r.holds = outbox.Parked, true, end.Outcome == outbox.Hold
		r.tried, r.value = true, end.Mark
	case outbox.Bury:
		r.status = outbox.Dead
	default:
		r.due, r.open = nanos(end.At), r.open || end.Open
		if end.Open {
			r.tried, r.value = true, end.Mark
		}
	}
	return true
}
