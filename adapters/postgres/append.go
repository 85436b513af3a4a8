package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

var errTwice = errors.New("postgres: a batch holds two states of the same key")

// Append implements outbox.Store.
func (s *Store) Append(ctx context.Context, batches []outbox.Batch) []error {
	errs := make([]error, len(batches))
	err := ctx.Err()
	if err == nil {
		// To do it twice is to do it once: keys and fences see to that.
		err = s.transact(ctx, "Append", true, func(ctx context.Context, t *transaction) error {
			clear(errs)
			a := &appending{transaction: t, batches: batches, errs: errs}
			return a.run(ctx)
		})
	}
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

// appending is one try of an Append.
type appending struct {
	*transaction

	batches []outbox.Batch
	errs    []error

	lanes   map[string]*lane
	known   map[string]bool // hashes
	states  map[string]*state
	numbers []int64 // for new reports, ascending
	records int64   // that there are
	now     int64

	added   []*report
	touched []*lane // that had no reports
}

// state is a state as it is stored or to be stored.
type state struct {
	key     string
	fence   uint64
	deleted int64 // when, 0 for one that exists
	data    []byte

	stored  bool // there is a row
	changed bool
}

func (a *appending) run(ctx context.Context) error {
	if err := a.read(ctx); err != nil {
		return err
	}
	for i := range a.batches {
		a.errs[i] = a.batch(&a.batches[i])
	}
	b := a.transaction.batch()
	a.saveStates(b)
	a.saveRecords(b)
	if b.Len() == 0 {
		return nil
	}
	return a.commit(ctx, b)
}

// read locks and reads what the batches are about.
func (a *appending) read(ctx context.Context) error {
	s := a.store
	var names, hashes, keys [][]byte
	for i := range a.batches {
		for j := range a.batches[i].Records {
			r := &a.batches[i].Records[j]
			names, hashes = append(names, []byte(r.Lane)), append(hashes, hashOf(r.Lane, r.Key))
		}
		for j := range a.batches[i].States {
			keys = append(keys, []byte(a.batches[i].States[j].Key))
		}
	}
	slices.SortFunc(names, bytes.Compare)
	names = slices.CompactFunc(names, bytes.Equal)
	a.lanes, a.known, a.states = map[string]*lane{}, map[string]bool{}, map[string]*state{}
	var locked []*lane
	b := a.transaction.batch()
	if len(keys) > 0 {
		each(b.Queue(s.sql.lockStates, keys), func(rows pgx.Rows) error {
			st := &state{stored: true}
			var key []byte
			var fence int64
			err := rows.Scan(&key, &fence, &st.deleted, &st.data)
			st.key, st.fence = string(key), number(fence)
			a.states[st.key] = st
			return err
		})
	}
	if len(names) > 0 {
		b.Queue(s.sql.newLanes, s.now(), names, int64(s.keepKeys))
		lanes(b.Queue(s.sql.lockLanes, names), &locked)
		each(b.Queue(s.sql.known, s.now(), hashes, int64(s.keepKeys)), func(rows pgx.Rows) error {
			var hash []byte
			err := rows.Scan(&hash)
			a.known[string(hash)] = true
			return err
		})
		value(b.Queue(s.sql.storedRecords), &a.records)
		each(b.Queue(s.sql.numbers, len(hashes)), func(rows pgx.Rows) error {
			var n int64
			err := rows.Scan(&n)
			a.numbers = append(a.numbers, n)
			return err
		})
	}
	value(b.Queue(s.sql.clock, s.now()), &a.now)
	if err := a.send(ctx, b); err != nil {
		return err
	}
	if len(locked) < len(names) {
		return errAgain // one was forgotten between its creation and its lock
	}
	for _, l := range locked {
		a.lanes[l.name] = l
	}
	slices.Sort(a.numbers)
	for _, st := range a.states {
		if st.deleted != 0 && st.deleted <= a.now-int64(s.keepKeys) {
			st.fence = 0
		}
	}
	return nil
}

// batch adds a batch to what is to be stored, or says why not.
func (a *appending) batch(b *outbox.Batch) error {
	before := len(a.added)
	err := a.newRecords(b.Records)
	var states []*state
	if err == nil {
		states, err = a.newStates(b.States)
	}
	if err != nil {
		for _, r := range a.added[before:] {
			delete(a.known, string(r.hash))
		}
		a.added = a.added[:before]
		return err
	}
	for _, st := range states {
		a.states[st.key] = st
	}
	return nil
}

func (a *appending) newRecords(records []outbox.Record) error {
	for i := range records {
		hash := hashOf(records[i].Lane, records[i].Key)
		if a.known[string(hash)] {
			continue
		}
		if a.records+int64(len(a.added)) >= a.store.max {
			return outbox.ErrFull
		}
		a.known[string(hash)] = true
		a.added = append(a.added, &report{Record: records[i], hash: hash, status: outbox.Waiting})
	}
	return nil
}

func (a *appending) newStates(states []outbox.State) ([]*state, error) {
	var changed []*state
	for _, s := range states {
		if slices.ContainsFunc(changed, func(c *state) bool { return c.key == s.Key }) {
			return nil, errTwice
		}
		present := a.states[s.Key]
		if present == nil {
			present = &state{key: s.Key, deleted: 1}
		}
		if present.fence == s.Fence+1 && bytes.Equal(present.data, s.Data) && (present.deleted != 0) == (s.Data == nil) {
			continue // that very change again
		}
		if present.fence != s.Fence {
			return nil, outbox.ErrFenced
		}
		n := &state{key: s.Key, fence: s.Fence + 1, data: s.Data, stored: present.stored, changed: true}
		if s.Data == nil {
			n.deleted = a.now
		}
		changed = append(changed, n)
	}
	return changed, nil
}

func (a *appending) saveStates(b *pgx.Batch) {
	var keys, data [][]byte
	var fences, deleted []int64
	for _, st := range a.states {
		if !st.changed {
			continue
		}
		fence := int64(st.fence) //nolint:gosec // it counts from 0
		if st.data == nil {
			st.data = []byte{}
		}
		if !st.stored {
			b.Queue(a.store.sql.insertState, []byte(st.key), fence, st.deleted, st.data)
			continue
		}
		keys, data = append(keys, []byte(st.key)), append(data, st.data)
		fences, deleted = append(fences, fence), append(deleted, st.deleted)
	}
	if len(keys) > 0 {
		b.Queue(a.store.sql.updateStates, keys, fences, deleted, data)
	}
}

func (a *appending) saveRecords(b *pgx.Batch) {
	n := len(a.added)
	if n == 0 {
		return
	}
	ids, at := make([]int64, n), make([]int64, n)
	names, keys, hashes, joins, bodies := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	kinds, spaced := make([]int16, n), make([]bool, n)
	for i, r := range a.added {
		l := a.lanes[r.Lane]
		r.sequence = a.numbers[i]
		ids[i], at[i] = l.id, nanos(r.At)
		names[i], keys[i], hashes[i], joins[i], bodies[i] = []byte(r.Lane), []byte(r.Key), r.hash, []byte(r.Join), r.Body
		if r.Body == nil {
			bodies[i] = []byte{}
		}
		kinds[i], spaced[i] = int16(r.Kind), r.Spaced
		if l.head == 0 { // the first one: nothing else decides when the lane is handed out
			l.queue, l.complete = []*report{r}, true
			_ = l.place(a.now, a.store.keepKeys) // fails only where more has to be read
			a.touched = append(a.touched, l)
		}
	}
	b.Queue(a.store.sql.insertReports, a.now, a.numbers[:n], ids, names, keys, hashes, kinds, spaced, at, joins, bodies)
	a.saveLanes(b, a.touched)
	a.count(b, n)
}
