// Command edusdk-outbox-migrate creates the tables of the outbox in PostgreSQL, or
// brings them up to date.
//
//	DATABASE_URL=postgres://… edusdk-outbox-migrate [-schema name]
//	edusdk-outbox-migrate -print
//
// The connection is that of DATABASE_URL, or of libpq's variables (PGHOST and so
// on) if it is not set. It is no argument, because those can be seen by other
// users of the machine. With -print it writes the SQL and connects to nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"

	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/adapters/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "edusdk-outbox-migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("edusdk-outbox-migrate", flag.ContinueOnError)
	schema := flags.String("schema", postgres.DefaultSchema, "the schema of the tables")
	printed := flags.Bool("print", false, "write the migrations as SQL, and apply nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *printed {
		return write(out)
	}
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	version, err := postgres.Migrate(ctx, conn, *schema)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "the schema %s has version %d\n", *schema, version)
	return err
}

// write writes all migrations.
func write(out io.Writer) error {
	names, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(postgres.Migrations(), name)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "-- %s\n\n%s\n", name, text); err != nil {
			return err
		}
	}
	return nil
}
