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

// console is where the people who run the learning platform look at the outbox of
// all machines. It sends nothing.
type console struct {
	*outbox.Outbox

	pool   *pgxpool.Pool
	schema string
}

// openConsole makes the tables, in a schema of their own.
func openConsole(ctx context.Context, url string, regulator supervision.Config) (*console, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	c := &console{pool: pool, schema: fmt.Sprintf("fleet_%d_%d", os.Getpid(), time.Now().UnixNano())}
	if err := c.open(ctx, regulator); err != nil {
		return nil, errors.Join(err, c.close(ctx))
	}
	return c, nil
}

func (c *console) open(ctx context.Context, regulator supervision.Config) error {
	if _, err := postgres.Migrate(ctx, c.pool, c.schema); err != nil {
		return err
	}
	store, err := postgres.Open(ctx, c.pool, postgres.Options{Schema: c.schema})
	if err != nil {
		return err
	}
	client, err := supervision.New(regulator)
	if err != nil {
		return err
	}
	c.Outbox, err = outbox.New(outbox.Config{Client: client, Store: store})
	return err
}

// close drops the tables, for nobody needs them after the example.
func (c *console) close(ctx context.Context) error {
	defer c.pool.Close()
	_, err := c.pool.Exec(context.WithoutCancel(ctx), "DROP SCHEMA IF EXISTS "+pgx.Identifier{c.schema}.Sanitize()+" CASCADE")
	return err
}

// drained waits until the machines have sent everything.
func (c *console) drained(ctx context.Context) error {
	for {
		stats, err := c.Stats(ctx)
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
func (c *console) setAside(ctx context.Context, b *books) error {
	for _, entries := range []iter.Seq2[outbox.Entry, error]{c.Parked(ctx), c.DeadLetters(ctx)} {
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
