package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// transaction is a transaction whose statements are sent several at a time: a
// round trip costs more than most of them. It begins with the first of them and
// is READ COMMITTED, so that each statement sees what was committed before the
// locks that an earlier one waited for.
type transaction struct {
	store *Store
	conn  *pgxpool.Conn
	begun bool
	ended bool
}

// inDoubt is an error of a commit that may have succeeded.
type inDoubt struct{ err error }

func (e *inDoubt) Error() string { return "the connection broke during a commit: " + e.err.Error() }
func (e *inDoubt) Unwrap() error { return e.err }

// errAgain asks for the transaction to be tried again.
var errAgain = errors.New("somebody else was faster every time")

// tries bounds how often a transaction is tried, over about two seconds.
const tries = 8

// transact runs f in a transaction, again if there is hope: for one that may have
// been committed, only if again is set.
func (s *Store) transact(ctx context.Context, op string, again bool, f func(ctx context.Context, t *transaction) error) error {
	began := time.Now()
	for n := 0; ; n++ {
		err := s.try(ctx, f)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return failed(op, &canceled{ctx.Err(), err})
		case errors.Is(err, puddle.ErrClosedPool):
			return failed(op, fmt.Errorf("%w: %w", outbox.ErrClosed, err))
		case n+1 == tries || time.Since(began) > s.timeout || !hopeful(err, again):
			return failed(op, err)
		}
		d := 10 * time.Millisecond << n
		timer := time.NewTimer(d/2 + rand.N(d)) //nolint:gosec // no secret depends on it
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// canceled is the error of a context that ended, with what happened until then.
type canceled struct{ ctx, err error }

func (e *canceled) Error() string   { return e.ctx.Error() }
func (e *canceled) Unwrap() []error { return []error{e.ctx, e.err} }

// hopeful reports whether a transaction that failed may succeed when it is tried
// again.
func hopeful(err error, inDoubtToo bool) bool {
	var doubt *inDoubt
	if errors.As(err, &doubt) && !inDoubtToo {
		return false
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return errors.Is(err, errAgain) || connectionError(err)
	}
	switch pg.Code {
	case "40001", "40P01", // serialization failure, deadlock
		"23505", // somebody else has just stored the same state
		"55P03", // lock not available: a table is being migrated or truncated
		"25006", // read only: this was the primary
		"53300": // too many connections
		return true
	}
	return gone(pg)
}

// gone reports whether the server ended the connection.
func gone(pg *pgconn.PgError) bool {
	switch pg.Code {
	case "57P01", "57P02", "57P03", "57P05", "25P03": // shutdown, crash, starting up, idle for too long
		return true
	}
	return len(pg.Code) == 5 && pg.Code[:2] == "08"
}

// connectionError reports whether an error that is not the server's is one of the
// network or its deadline, and not of this program.
func connectionError(err error) bool {
	var callback *callbackError
	return !errors.As(err, &callback)
}

// callbackError is an error of reading what the server returned.
type callbackError struct{ err error }

func (e *callbackError) Error() string { return e.err.Error() }
func (e *callbackError) Unwrap() error { return e.err }

// try runs f in a transaction, once.
func (s *Store) try(ctx context.Context, f func(ctx context.Context, t *transaction) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	t := &transaction{store: s, conn: conn}
	defer t.release(ctx)
	return f(ctx, t)
}

// release gives the connection back, without a transaction.
func (t *transaction) release(ctx context.Context) {
	defer t.conn.Release() // closes it if it is in a transaction
	if !t.begun || t.ended || t.conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, _ = t.conn.Exec(ctx, "ROLLBACK")
}

// batch returns an empty batch of statements, for send or commit.
func (t *transaction) batch() *pgx.Batch {
	b := &pgx.Batch{}
	if !t.begun {
		b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
		// A client that vanishes does not keep its locks.
		b.Queue("SET LOCAL idle_in_transaction_session_timeout = 10000")
	}
	return b
}

// send runs statements.
func (t *transaction) send(ctx context.Context, b *pgx.Batch) error {
	t.begun = true
	err := t.conn.SendBatch(ctx, b).Close()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "25006" || gone(pg)) {
		_ = t.conn.Conn().Close(ctx) // not to be used again
	}
	return err
}

// commit runs statements, of which what they return is of no account, and commits.
// That the caller's context ends does not
// break it off, so that it is known how it ended.
func (t *transaction) commit(ctx context.Context, b *pgx.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.store.timeout)
	defer cancel()
	b.Queue("COMMIT")
	err := t.send(ctx, b)
	if err == nil {
		t.ended = true
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !gone(pg) {
		return err // before the commit
	}
	return &inDoubt{err}
}

// each has scan called for each row of a statement of a batch.
func each(q *pgx.QueuedQuery, scan func(rows pgx.Rows) error) {
	q.Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return &callbackError{err}
			}
		}
		return rows.Err()
	})
}

// value has what a statement of one row returns stored at to.
func value(q *pgx.QueuedQuery, to ...any) {
	each(q, func(rows pgx.Rows) error { return rows.Scan(to...) })
}
