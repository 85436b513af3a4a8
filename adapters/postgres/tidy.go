package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	tidyGap   = 10 * time.Second
	tidyBatch = 2000 // rows
)

// slot returns which of the tables sent0 and so on takes the keys that are sent
// at a time. A table takes those of half of KeepKeys; when its turn comes again
// after the three others, all that is in it is older than KeepKeys.
func (s *Store) slot(now int64) int {
	width := max(int64(s.keepKeys)/2, 1)
	return int(((now/width)%slots + slots) % slots)
}

// tidyNow tidies if it is time to. What fails will succeed another time.
func (s *Store) tidyNow(ctx context.Context) {
	now := time.Now()
	if s.clock != nil {
		now = s.clock()
	}
	last := s.tidied.Load()
	if now.Sub(time.Unix(0, last)).Abs() < tidyGap || !s.tidied.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	_ = s.Tidy(ctx)
}

// Tidy removes what is no longer needed: keys of reports that were sent more than
// KeepKeys ago, lanes without reports, deleted states. Finish calls it every ten
// seconds, and nobody else has to.
func (s *Store) Tidy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.transact(ctx, "Tidy", true, func(ctx context.Context, t *transaction) error {
		b := t.batch()
		b.Queue(s.sql.forgetStates, s.now(), int64(s.keepKeys), tidyBatch)
		b.Queue(s.sql.forgetLanes, s.now(), tidyBatch)
		return t.commit(ctx, b)
	})
	if err != nil {
		return err
	}
	return s.emptySlot(ctx)
}

// emptySlot truncates the table whose turn comes next, if all that is in it is
// old.
func (s *Store) emptySlot(ctx context.Context) error {
	var now, pages int64
	var slot int
	var holds bool
	// What is in the table is found out before it is locked, because that takes a
	// while.
	err := s.transact(ctx, "Tidy", true, func(ctx context.Context, t *transaction) error {
		b := t.batch()
		value(b.Queue(s.sql.clock, s.now()), &now)
		if err := t.send(ctx, b); err != nil {
			return err
		}
		slot = (s.slot(now) + 1) % slots
		b = t.batch()
		value(b.Queue(s.sql.slotSize[slot]), &pages)
		value(b.Queue(s.sql.slotHolds[slot], s.now(), int64(s.keepKeys)), &holds)
		return t.send(ctx, b)
	})
	if err != nil || pages == 0 || holds {
		return err
	}
	return s.transact(ctx, "Tidy", true, func(ctx context.Context, t *transaction) error {
		b := t.batch()
		b.Queue("SET LOCAL lock_timeout = 200")
		b.Queue(s.sql.lockSlot[slot])
		// Rows are added at the end of the table, for none is ever deleted.
		value(b.Queue(s.sql.slotHoldsSince[slot], s.now(), int64(s.keepKeys), fmt.Sprintf("(%d,0)", max(pages-1, 0))), &holds)
		if err := t.send(ctx, b); err != nil || holds {
			return err
		}
		b = &pgx.Batch{}
		b.Queue(s.sql.emptySlot[slot])
		return t.commit(ctx, b)
	})
}
