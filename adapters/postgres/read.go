package postgres

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// query runs one statement that changes nothing, again if there is hope, and
// returns what scan makes of each row.
func query[T any](ctx context.Context, s *Store, op, sql string, scan func(rows pgx.Rows, to *T) error, args ...any) (found []T, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.transact(ctx, op, true, func(ctx context.Context, t *transaction) error {
		found = nil
		b := &pgx.Batch{}
		each(b.Queue(sql, args...), func(rows pgx.Rows) error {
			var row T
			err := scan(rows, &row)
			found = append(found, row)
			return err
		})
		defer func() { t.begun = false }() // it is a transaction of its own
		return t.send(ctx, b)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// List implements outbox.Store.
func (s *Store) List(ctx context.Context, req outbox.ListRequest) ([]outbox.Stored, error) {
	sql, args := s.sql.listAside, []any{clamp(req.After), req.Limit}
	switch {
	case req.Status == outbox.Parked || req.Status == outbox.Dead:
		args = append(args, nullable(req.Lane), int16(req.Status))
	case req.Lane != "":
		sql, args = s.sql.listLane, append(args, []byte(req.Lane))
	default:
		sql = s.sql.listWaiting
	}
	return query(ctx, s, "List", sql, func(rows pgx.Rows, to *outbox.Stored) error {
		r, l := report{}, lane{}
		err := r.scan(rows, &l.fence, &l.claimed, &l.claimedAt, &l.passed[outbox.KindProgress])
		*to = r.stored(&l)
		return err
	}, args...)
}

// clamp returns a sequence as the database knows it.
func clamp(sequence uint64) int64 { return int64(min(sequence, math.MaxInt64)) }

// nullable returns nil for "".
func nullable(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// Lookup implements outbox.Store.
func (s *Store) Lookup(ctx context.Context, lane, key string) (outbox.Status, error) {
	found, err := query(ctx, s, "Lookup", s.sql.lookup, func(rows pgx.Rows, to *int16) error { return rows.Scan(to) },
		s.now(), hashOf(lane, key), int64(s.keepKeys))
	if len(found) == 0 {
		return outbox.Unknown, err
	}
	return outbox.Status(found[0]), nil //nolint:gosec // one of the statuses
}

// LoadState implements outbox.Store.
func (s *Store) LoadState(ctx context.Context, key string) (outbox.State, error) {
	found, err := query(ctx, s, "LoadState", s.sql.loadState, func(rows pgx.Rows, to *outbox.State) error {
		var fence, deleted int64
		err := rows.Scan(&fence, &deleted, &to.Data)
		to.Fence = number(fence)
		if deleted != 0 {
			to.Data = nil
		}
		return err
	}, s.now(), []byte(key), int64(s.keepKeys))
	state := outbox.State{}
	if len(found) > 0 {
		state = found[0]
	}
	state.Key = key
	return state, err
}

// States implements outbox.Store.
func (s *Store) States(ctx context.Context, prefix, after string, limit int) ([]outbox.State, error) {
	return query(ctx, s, "States", s.sql.states, func(rows pgx.Rows, to *outbox.State) error {
		var key []byte
		var fence int64
		err := rows.Scan(&key, &fence, &to.Data)
		to.Key, to.Fence = string(key), number(fence)
		return err
	}, []byte(after), []byte(prefix), beyond(prefix), limit)
}

// beyond returns the first key that is greater than all with a prefix, nil if
// there is none.
func beyond(prefix string) []byte {
	b := []byte(prefix)
	for len(b) > 0 {
		if b[len(b)-1]++; b[len(b)-1] != 0 {
			return b
		}
		b = b[:len(b)-1]
	}
	return nil
}

// Stats implements outbox.Store. It counts lanes, states and what is set aside: it
// takes tens of milliseconds for 100,000 lanes.
func (s *Store) Stats(ctx context.Context) (outbox.StoreStats, error) {
	found, err := query(ctx, s, "Stats", s.sql.stats, func(rows pgx.Rows, to *outbox.StoreStats) error {
		var records, oldest int64
		err := rows.Scan(&records, &to.Parked, &to.Dead, &to.Sending, &to.Lanes, &to.Held, &to.States, &oldest)
		to.Waiting = int(records) - to.Parked - to.Dead
		to.Oldest = timeOf(oldest)
		return err
	})
	if err != nil {
		return outbox.StoreStats{}, err
	}
	return found[0], nil
}
