//go:build unix

package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/outbox/outboxtest"
)

// place returns a new schema, with its tables.
func place(t testing.TB, pool *pgxpool.Pool) string {
	t.Helper()
	schema := pgtest.Schema(t, pool)
	_, err := postgres.Migrate(t.Context(), pool, schema)
	require.NoError(t, err)
	return schema
}

// open opens a store.
func open(t testing.TB, pool *pgxpool.Pool, opts postgres.Options) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), pool, opts)
	require.NoError(t, err)
	return store
}

func TestStore(t *testing.T) {
	pool := pgtest.Pool(t, pgtest.URL(t), 8)
	outboxtest.TestStore(t, func(t testing.TB) outboxtest.Place {
		schema := place(t, pool)
		return outboxtest.Place{
			Open: func(o outbox.StoreOptions) (outbox.Store, error) {
				return postgres.Open(t.Context(), pool, postgres.Options{StoreOptions: o, Schema: schema})
			},
			Durable: true, Shared: true,
		}
	})
}
