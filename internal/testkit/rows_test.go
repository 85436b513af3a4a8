package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is missing is named with the file to open.
func TestIncompleteRows(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "testdata"), 0o750))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("testdata/ok.json", "{}")
	write("things.go", `Op: "Things.Get"`)
	write("other.go", `Op: "Things.GetAll"`)
	declared := map[string]transport.Spec{"Things.Get": {}, "Things.GetAll": {}}
	for name, tt := range map[string]struct {
		rows []Row
		want []string
	}{
		"whole": {[]Row{{Op: "Things.Get", Sample: "ok.json"}, {Op: "Things.GetAll", Sample: "ok.json"}}, nil},
		"no row": {[]Row{{Op: "Things.GetAll", Sample: "ok.json"}}, []string{
			"Things.Get of acme/things.go has no row: add one to acme/wire_test.go, with the document's sample answer as a file under acme/testdata",
		}},
		"no sample": {[]Row{{Op: "Things.Get", Sample: "ok.json"}, {Op: "Things.GetAll", Sample: "all.json"}}, []string{
			"the row of Things.GetAll in acme/wire_test.go has no sample: put the document's into acme/testdata/all.json",
		}},
		"no sample's name": {[]Row{{Op: "Things.Get", Sample: ""}, {Op: "Things.GetAll", Sample: "ok.json"}}, []string{
			"the row of Things.Get in acme/wire_test.go has no sample: put the document's into acme/testdata/",
		}},
		"a row too many": {[]Row{{Op: "Things.Get", Sample: "ok.json"}, {Op: "Things.GetAll", Sample: "ok.json"}, {Op: "Things.Gone", Sample: "ok.json"}}, []string{
			"acme/wire_test.go has a row of Things.Gone, which acme does not declare",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, incomplete(dir, "acme", "wire_test.go", declared, tt.rows))
		})
	}
}

// What may have been carried out is asked for again, and what was put off, by its class;
// nothing else is.
func TestTheTableOfFailures(t *testing.T) {
	for _, f := range failures(`{"a":1}`) {
		assert.Equal(t, f.status == 429 || f.maybe, f.attempts > 1, f.name)
	}
	assert.Equal(t, []int{3, 3, 1, 2}, []int{
		mostAttempts(transport.Read), mostAttempts(transport.Upsert), mostAttempts(transport.Create), mostAttempts(transport.Login),
	})
}
