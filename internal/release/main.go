// Release writes what a tag of this repository would publish, as the files of a module
// proxy: the zips, go.mod files and versions of the module and of its adapters. With
// them, .ci/consumer builds a module that uses these as any importer does.
//
//	go -C internal/release run . -out /tmp/proxy -version v0.1.0
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	root := flags.String("root", "../..", "the repository")
	proxy := flags.String("out", "", "the folder to write to")
	version := flags.String("version", "v0.1.0", "the version of all modules")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *proxy == "" {
		return errors.New("-out is missing")
	}
	modules, err := filepath.Glob(filepath.Join(*root, "adapters", "*", "go.mod"))
	if err != nil {
		return err
	}
	for _, mod := range append([]string{filepath.Join(*root, "go.mod")}, modules...) {
		published, err := publish(filepath.Dir(mod), *proxy, *version)
		if err != nil {
			return fmt.Errorf("%s: %w", mod, err)
		}
		_, _ = fmt.Fprintln(out, published)
	}
	return nil
}

// publish writes the files of the module in dir.
func publish(dir, proxy, version string) (module.Version, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // a file of the repository
	if err != nil {
		return module.Version{}, err
	}
	m := module.Version{Path: modfile.ModulePath(text), Version: version}
	if err := module.Check(m.Path, m.Version); err != nil {
		return m, err
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return m, err
	}
	folder := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return m, err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Unix(0, 0).UTC()})
	if err != nil {
		return m, err
	}
	for name, content := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": text} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return m, err
		}
	}
	files, err := tracked(dir)
	if err != nil {
		return m, err
	}
	archive, err := os.Create(filepath.Join(folder, version+".zip")) //nolint:gosec // in the folder that was asked for
	if err != nil {
		return m, err
	}
	return m, errors.Join(zip.Create(archive, m, files), archive.Close())
}

// tracked are the files under dir that git has, or would take. zip.Create leaves out
// those of nested modules, as the go command does with a tag.
func tracked(dir string) (files []zip.File, err error) {
	cmd := exec.CommandContext(context.Background(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = dir
	names, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		files = append(files, file{dir, path.Clean(name)})
	}
	return files, nil
}

// file is a zip.File.
type file struct{ dir, name string }

func (f file) Path() string                 { return f.name }
func (f file) path() string                 { return filepath.Join(f.dir, filepath.FromSlash(f.name)) }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(f.path()) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.path()) }
