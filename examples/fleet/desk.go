package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// desk is where the people who run the learning platform look at the outbox of
// all machines. It sends nothing.
type desk struct {
	*outbox.Outbox

	pool   *pgxpool.Pool
	schema string
}

// openDesk makes the tables, in a schema of their own.
func openDesk(ctx context.Context, url string, regulator supervision.Config) (*desk, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	d := &desk{pool: pool, schema: fmt.Sprintf("fleet_%d_%d", os.Getpid(), time.Now().UnixNano())}
	if err := d.open(ctx, regulator); err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

func (d *desk) open(ctx context.Context, regulator supervision.Config) error {
	if _, err := postgres.Migrate(ctx, d.pool, d.schema); err != nil {
		return err
	}
	store, err := postgres.Open(ctx, d.pool, postgres.Options{Schema: d.schema})
	if err != nil {
		return err
	}
	client, err := supervision.New(regulator)
	if err != nil {
		return err
	}
	d.Outbox, err = outbox.New(outbox.Config{Client: client, Store: store})
	return err
}

// close drops the tables, for nobody needs them after the example.
func (d *desk) close(ctx context.Context) error {
	defer d.pool.Close()
	_, err := d.pool.Exec(context.WithoutCancel(ctx), "DROP SCHEMA IF EXISTS "+pgx.Identifier{d.schema}.Sanitize()+" CASCADE")
	return err
}

// drained waits until the machines have sent everything.
func (d *desk) drained(ctx context.Context) error {
	for {
		stats, err := d.Stats(ctx)
		if err != nil || stats.Waiting == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d reports still wait: %w", stats.Waiting, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// setAside tells the books what is parked, and what was given up.
func (d *desk) setAside(ctx context.Context, b *books) error {
	for _, entries := range []iter.Seq2[outbox.Entry, error]{d.Parked(ctx), d.DeadLetters(ctx)} {
		for e, err := range entries {
			if err != nil {
				return err
			}
			if e.Kind == outbox.KindProgress {
				b.setAside(e.StudentUserCode, int((e.PlayTime-e.ProgressTime)/time.Second), int(e.PlayTime/time.Second))
			}
		}
	}
	return nil
}
