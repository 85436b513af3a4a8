package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// update makes the tests write what they otherwise compare.
var update = flag.Bool("update", false, "write the quoted code, docs/COVERAGE*.md and api/")

// renew is the command that messages name.
const renew = "go test ./internal/docs -update"

// root is the folder of the module.
var root = filepath.Join("..", "..")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// same compares a file of the module with what it should hold, or writes it.
func same(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join(root, name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		return
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "%s is missing: run %s", name, renew)
	assert.Equal(t, want, string(got), "%s is stale: run %s", name, renew)
}
