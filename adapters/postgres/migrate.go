package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/edusdk/edusdk"
)

// DefaultSchema is the schema that Options.Schema stands for when it is empty.
const DefaultSchema = "edusdk_outbox"

//go:embed migrations/*.sql
var files embed.FS

// What this version of the package knows, and the least that it works with.
const (
	knows = 2
	needs = 1
)

// Migrations returns the migrations as SQL files for a tool of the importer's
// own, such as goose or Flyway: 0001_outbox.sql and so on, to be applied once each
// and in this order. Each is written for DefaultSchema and records itself in the
// table migrations there.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the name is constant
	}
	return sub
}

// Beginner begins transactions: a *pgx.Conn or a *pgxpool.Pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Migrate applies the migrations that a schema lacks, all of them or none, and
// returns the version that it has then. An empty schema means DefaultSchema.
// Processes that call it at the same time wait for one another. It can run while
// programs of an earlier version work on the schema.
//
// It needs the right to create the schema. A Store needs less: USAGE on the
// schema and its sequence, and SELECT, INSERT, UPDATE, DELETE and TRUNCATE on its
// tables.
func Migrate(ctx context.Context, db Beginner, schema string) (version int, err error) {
	if err := checkSchema("schema", schema); err != nil {
		return 0, &edusdk.Error{Vendor: "postgres", Op: "Migrate", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return 0, failed("Migrate", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if version, err = migrate(ctx, tx, named(schema)); err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		return 0, failed("Migrate", err)
	}
	return version, nil
}

func migrate(ctx context.Context, tx pgx.Tx, schema string) (version int, err error) {
	// A lock on a table that a running program uses must not be waited for with
	// that program's statements queued up behind.
	if _, err = tx.Exec(ctx, "SET LOCAL lock_timeout = '5s'"); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "edusdk outbox "+schema); err != nil {
		return 0, err
	}
	if version, _, err = versionOf(ctx, tx, schema); err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "migrations/*.sql") // ascending
	if err != nil {
		return 0, err
	}
	for _, name := range names[min(version, len(names)):] {
		text, err := files.ReadFile(name)
		if err != nil {
			return 0, err
		}
		if _, err = tx.Exec(ctx, strings.ReplaceAll(string(text), DefaultSchema, pgx.Identifier{schema}.Sanitize())); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		version++
	}
	return version, nil
}

// querier is what versionOf needs of a connection, a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// versionOf returns the version of a schema, 0 if it does not exist, and the
// oldest version whose programs can work with it.
func versionOf(ctx context.Context, db querier, schema string) (version, oldest int, err error) {
	table := pgx.Identifier{schema, "migrations"}.Sanitize()
	var exists bool
	if err := db.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil || !exists {
		return 0, 0, err
	}
	err = db.QueryRow(ctx, "SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM "+table).Scan(&version, &oldest)
	return version, oldest, err
}

// named returns the name of a schema, which "" is short for.
func named(schema string) string {
	if schema == "" {
		return DefaultSchema
	}
	return schema
}

// checkSchema says what is wrong with the name of a schema.
func checkSchema(field, name string) error {
	if len(name) > 63 || strings.ContainsAny(name, "'\"\\\x00") {
		return &edusdk.FieldError{Field: field, Problem: "must be at most 63 bytes without quotes and backslashes"}
	}
	return nil
}

// checkVersion says why this package cannot work with a schema.
func checkVersion(ctx context.Context, db querier, schema string) error {
	version, oldest, err := versionOf(ctx, db, schema)
	switch {
	case err != nil:
		return err
	case version < needs:
		return precondition("the schema %s has version %d and %d is needed: run Migrate or the command edusdk-outbox-migrate", schema, version, needs)
	case oldest > knows:
		return precondition("the schema %s is for programs that know version %d, and this one knows %d", schema, oldest, knows)
	}
	return nil
}

// preconditionError is of kind edusdk.ErrFailedPrecondition.
type preconditionError string

func (e preconditionError) Error() string { return string(e) }
func (e preconditionError) Unwrap() error { return edusdk.ErrFailedPrecondition }

func precondition(format string, args ...any) error {
	return preconditionError(fmt.Sprintf(format, args...))
}

// failed returns an error as this package gives it: with the method's name, and
// without the parts of a server's error that can quote what is stored.
func failed(op string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		pg.Detail, pg.Hint, pg.InternalQuery, pg.Where = "", "", "", ""
	}
	return fmt.Errorf("postgres: %s: %w", op, err)
}
