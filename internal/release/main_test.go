package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const own = "github.com/edusdk/edusdk"

func TestRunWritesWhatATagWouldPublish(t *testing.T) {
	proxy := t.TempDir()
	var out strings.Builder
	require.NoError(t, run([]string{"-root", "../..", "-out", proxy, "-version", "v0.9.0"}, &out))
	assert.Contains(t, out.String(), own+"@v0.9.0\n")
	assert.Contains(t, out.String(), own+"/adapters/postgres@v0.9.0\n")

	names := zipped(t, filepath.Join(proxy, own, "@v", "v0.9.0.zip"))
	prefix := own + "@v0.9.0/"
	for _, name := range []string{"go.mod", "LICENSE", "errors.go", "duobeiyun/rooms.go", "docs/SCALE.md", "examples/quickstart/lesson.pdf"} {
		assert.Contains(t, names, prefix+name)
	}
	for _, name := range names {
		assert.False(t, strings.HasPrefix(name, prefix+"adapters/postgres/"), "%s is of a module of its own", name)
		assert.False(t, strings.HasPrefix(name, prefix+"internal/release/"), "%s is of a module of its own", name)
		assert.False(t, strings.HasPrefix(name, prefix+".git/"), name)
	}
	assert.Contains(t, zipped(t, filepath.Join(proxy, own, "adapters", "postgres", "@v", "v0.9.0.zip")), own+"/adapters/postgres@v0.9.0/store.go")
	mod, err := os.ReadFile(filepath.Join(proxy, own, "@v", "v0.9.0.mod"))
	require.NoError(t, err)
	assert.Contains(t, string(mod), "module "+own+"\n")
}

func TestRunRefuses(t *testing.T) {
	require.ErrorContains(t, run(nil, io.Discard), "-out is missing")
	require.Error(t, run([]string{"-no-such-flag"}, io.Discard))
	require.Error(t, run([]string{"-root", "../..", "-out", t.TempDir(), "-version", "1"}, io.Discard), "no version")
	require.Error(t, run([]string{"-root", t.TempDir(), "-out", t.TempDir()}, io.Discard), "no module")
}

func zipped(t *testing.T, archive string) (names []string) {
	t.Helper()
	r, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		names = append(names, f.Name)
	}
	return names
}
