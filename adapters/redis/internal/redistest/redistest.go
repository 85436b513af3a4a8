//go:build unix

// Package redistest gives tests a Redis: the one that EDUSDK_TEST_REDIS names, or
// servers of their own that they can stop. The script .ci/services provides the first
// and installs what the others need. Without them a test is skipped, or fails if
// EDUSDK_TEST_SERVICES is "required".
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
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
	url := os.Getenv("EDUSDK_TEST_REDIS")
	if url == "" {
		Missing(t, "EDUSDK_TEST_REDIS is not set: run the tests under .ci/services")
	}
	return url
}

// Client returns a client of the server at a URL, which is closed in the end.
func Client(t testing.TB, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	require.NoError(t, err)
	opts.ContextTimeoutEnabled = true
	client := redis.NewClient(opts)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

var prefixes atomic.Int64

// Prefix returns what the keys of one test begin with.
func Prefix() string {
	return fmt.Sprintf("test-%d-%d-%d:", os.Getpid(), time.Now().UnixNano(), prefixes.Add(1))
}

// Server is a Redis of a test's own, or a sentinel.
type Server struct {
	t    testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
	Port int
}

// Start starts a server with arguments such as "--cluster-enabled", "yes". It keeps
// nothing when it is stopped.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), args: args, Port: freePort(t)}
	t.Cleanup(s.Down)
	s.Up()
	return s
}

// Sentinel starts a sentinel that watches a primary under the name "primary".
func Sentinel(t testing.TB, primary *Server) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), Port: freePort(t)}
	config := filepath.Join(s.dir, "sentinel.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
sentinel monitor primary 127.0.0.1 %d 1
sentinel down-after-milliseconds primary 500
sentinel failover-timeout primary 5000
`, primary.Port), 0o600))
	s.args = []string{"--sentinel"}
	t.Cleanup(s.Down)
	s.Up()
	return s
}

// Up starts the server again.
func (s *Server) Up() {
	s.t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		Missing(s.t, "redis-server is not installed: run the tests under .ci/services")
	}
	args := []string{"--bind", "127.0.0.1", "--port", fmt.Sprint(s.Port), "--dir", s.dir, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"}
	if len(s.args) > 0 && s.args[0] == "--sentinel" {
		args = []string{filepath.Join(s.dir, "sentinel.conf"), "--bind", "127.0.0.1", "--port", fmt.Sprint(s.Port), "--dir", s.dir}
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(s.t, err)
	defer func() { _ = log.Close() }()
	s.cmd = exec.Command(program, append(args, s.args...)...) //nolint:gosec,noctx // it is a test
	s.cmd.Stdout, s.cmd.Stderr = log, log
	require.NoError(s.t, s.cmd.Start())
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	defer func() { _ = client.Close() }()
	s.eventually("the server answers", func() bool { return client.Ping(context.Background()).Err() == nil })
}

// Down kills the server.
func (s *Server) Down() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Addr returns the server's host and port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// URL returns the server's address.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Log returns what the server has logged.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

// eventually waits until something is so.
func (s *Server) eventually(what string, is func() bool) {
	s.t.Helper()
	for range 600 {
		if is() {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	require.FailNow(s.t, "not after half a minute: "+what, s.Log())
}

// Cluster starts servers that are a cluster without replicas, and returns their
// addresses.
func Cluster(t testing.TB, n int) []string {
	t.Helper()
	const slots = 16384
	var addrs []string
	var clients []*redis.Client
	var servers []*Server
	for i := range n {
		s := Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--cluster-port", fmt.Sprint(freePort(t)))
		client := Client(t, s.URL())
		require.NoError(t, client.ClusterAddSlotsRange(t.Context(), slots*i/n, slots*(i+1)/n-1).Err())
		require.NoError(t, client.Do(t.Context(), "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		servers, clients, addrs = append(servers, s), append(clients, client), append(addrs, s.Addr())
		if i > 0 {
			port := servers[0].args[5]
			require.NoError(t, client.Do(t.Context(), "CLUSTER", "MEET", "127.0.0.1", servers[0].Port, port).Err())
		}
	}
	for i, client := range clients {
		servers[i].eventually("the cluster is complete", func() bool {
			info := client.ClusterInfo(t.Context()).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", n)) &&
				strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d", slots))
		})
	}
	return addrs
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}
