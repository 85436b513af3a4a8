package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// What each process of a service does when it starts. One of them applies the
// migrations, the others wait for it.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if _, err := postgres.Migrate(ctx, pool, ""); err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(ctx, pool, postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	client, err := supervision.New(supervision.Config{
		BaseURL: os.Getenv("PLATFORM_URL"), Account: os.Getenv("PLATFORM_ACCOUNT"), Password: os.Getenv("PLATFORM_PASSWORD"),
		Device: supervision.Device{Type: supervision.TypePC, ID: "10.0.0.1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	box, err := outbox.New(outbox.Config{Client: client, Store: store})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(box.Run(ctx))
}

// The options are checked before the database is asked anything.
func ExampleOpen() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://edusdk@db.internal/edusdk") // connects when there is something to do
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	_, err = postgres.Open(ctx, pool, postgres.Options{Timeout: -1})
	var field *edusdk.FieldError
	fmt.Println(errors.As(err, &field), field.Field)
	// Output: true Options.Timeout
}

// The name of a schema is checked, too: it holds no quotes.
func ExampleMigrate() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://edusdk@db.internal/edusdk")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	_, err = postgres.Migrate(ctx, pool, `an "outbox"`)
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument))
	// Output: true
}

// The files for a migration tool of your own.
func ExampleMigrations() {
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range files {
		fmt.Println(name)
	}
	// Output:
	// 0001_outbox.sql
	// 0002_vacuum.sql
}
