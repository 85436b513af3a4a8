//go:build unix

// Package pgtest gives tests a PostgreSQL: a schema of their own in the one that
// EDUSDK_TEST_POSTGRES names, or a server of their own that they can stop. The
// script .ci/services provides both. Without them a test is skipped, or fails if
// EDUSDK_TEST_SERVICES is "required".
package pgtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// Missing skips a test because a service is missing, or fails it.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("EDUSDK_TEST_SERVICES") == "required" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// URL returns the address of the server that all tests share.
func URL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("EDUSDK_TEST_POSTGRES")
	if url == "" {
		Missing(t, "EDUSDK_TEST_POSTGRES is not set: run the tests under .ci/services")
	}
	return url
}

var schemas atomic.Int64

// Schema returns the name of a schema that does not exist, and is dropped in the
// end.
func Schema(t testing.TB, pool *pgxpool.Pool) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), schemas.Add(1))
	t.Cleanup(func() {
		_, err := pool.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE")
		require.NoError(t, err)
	})
	return name
}

// Pool returns a pool of connections, which is closed in the end.
func Pool(t testing.TB, url string, conns int32) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	cfg.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// Server is a PostgreSQL of a test's own.
type Server struct {
	t    testing.TB
	bin  string
	dir  string // of the data
	Port int
	as   *syscall.Credential
}

// Start starts a server with settings such as "fsync=off".
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := &Server{t: t, bin: binaries(t), as: account(t), Port: freePort(t)}
	s.dir = s.directory()
	s.run("initdb", "-D", s.dir, "-A", "trust", "-U", "edu", "--no-locale", "-E", "UTF8", "--no-sync")
	s.configure(settings...)
	t.Cleanup(func() { _, _ = s.stop("immediate") })
	s.Up()
	return s
}

// binaries returns the directory of the server's programs.
func binaries(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("EDUSDK_TEST_POSTGRES_BIN"); dir != "" {
		return dir
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	for i := len(found) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(found[i], "initdb")); err == nil {
			return found[i]
		}
	}
	Missing(t, "EDUSDK_TEST_POSTGRES_BIN is not set: run the tests under .ci/services")
	return ""
}

// account returns whom a server runs as: it refuses to be run by root.
func account(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		require.NoError(t, err)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	Missing(t, "a server refuses to be run by root, and there is no other account")
	return nil
}

// directory returns a directory for data, which is removed in the end.
func (s *Server) directory() string {
	s.t.Helper()
	top, err := os.MkdirTemp("", "pgtest")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = os.RemoveAll(top) })
	require.NoError(s.t, os.Chmod(top, 0o711)) //nolint:gosec // another account looks into it
	dir := filepath.Join(top, "data")
	require.NoError(s.t, os.Mkdir(dir, 0o700))
	if s.as != nil {
		require.NoError(s.t, os.Chown(dir, int(s.as.Uid), int(s.as.Gid)))
	}
	return dir
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}

// configure adds settings.
func (s *Server) configure(settings ...string) {
	s.t.Helper()
	settings = append([]string{
		"listen_addresses='127.0.0.1'", "unix_socket_directories=''", "autovacuum_naptime=1s", fmt.Sprintf("port=%d", s.Port),
	}, settings...)
	f, err := os.OpenFile(filepath.Join(s.dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(s.t, err)
	_, err = f.WriteString("\n" + strings.Join(settings, "\n") + "\n")
	require.NoError(s.t, err)
	require.NoError(s.t, f.Close())
}

// try runs one of the server's programs.
func (s *Server) try(program string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // it is a test
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	out := filepath.Join(filepath.Dir(s.dir), "out")
	f, err := os.Create(out) //nolint:gosec // in a directory of ours; the server keeps it open, which a pipe would wait for
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	cmd.Stdout, cmd.Stderr = f, f
	err = cmd.Run()
	text, _ := os.ReadFile(out) //nolint:gosec // the same
	return string(text), err
}

func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	text, err := s.try(program, args...)
	require.NoErrorf(s.t, err, "%s %v: %s", program, args, text)
}

// Up starts the server again.
func (s *Server) Up() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.dir, "-w", "-t", "120", "-l", filepath.Join(s.dir, "server.log"), "start")
}

// Down stops the server: "fast" ends transactions, "immediate" is as if it were
// killed.
func (s *Server) Down(mode string) {
	s.t.Helper()
	text, err := s.stop(mode)
	require.NoError(s.t, err, text)
}

func (s *Server) stop(mode string) (string, error) {
	return s.try("pg_ctl", "-D", s.dir, "-w", "-m", mode, "stop")
}

// Standby starts a server that follows s.
func (s *Server) Standby(name string, settings ...string) *Server {
	s.t.Helper()
	standby := &Server{t: s.t, bin: s.bin, as: s.as, Port: freePort(s.t)}
	standby.dir = standby.directory()
	standby.run("pg_basebackup", "-D", standby.dir, "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", "edu", "-X", "stream", "-c", "fast", "--no-sync")
	standby.configure(append(settings, fmt.Sprintf("primary_conninfo='host=127.0.0.1 port=%d user=edu application_name=%s'", s.Port, name))...)
	f, err := os.Create(filepath.Join(standby.dir, "standby.signal"))
	require.NoError(s.t, err)
	require.NoError(s.t, f.Close())
	s.t.Cleanup(func() { _, _ = standby.stop("immediate") })
	standby.Up()
	return standby
}

// Promote makes a standby the primary.
func (s *Server) Promote() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.dir, "-w", "promote")
}

// URL returns the server's address.
func (s *Server) URL() string { return fmt.Sprintf("postgres://edu@127.0.0.1:%d/postgres", s.Port) }
