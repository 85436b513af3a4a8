//go:build unix

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPrint(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-print"}, &out))
	first, second := strings.Index(out.String(), "-- 0001_outbox.sql"), strings.Index(out.String(), "-- 0002_vacuum.sql")
	assert.True(t, first == 0 && second > first, "all migrations, in order")
	require.Error(t, run(t.Context(), []string{"-unknown"}, &out))
}

func TestMigrate(t *testing.T) {
	url := pgtest.URL(t)
	t.Setenv("DATABASE_URL", url)
	pool := pgtest.Pool(t, url, 2)
	schema := pgtest.Schema(t, pool)
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-schema", schema}, &out))
		assert.Equal(t, "the schema "+schema+" has version 2\n", out.String())
	}
	_, err := postgres.Open(t.Context(), pool, postgres.Options{Schema: schema})
	require.NoError(t, err)
	require.Error(t, run(t.Context(), []string{"-schema", "a'b"}, &bytes.Buffer{}))
}
