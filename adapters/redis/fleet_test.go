//go:build unix

package redis_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	edusdkredis "github.com/edusdk/edusdk/adapters/redis"
	"github.com/edusdk/edusdk/adapters/redis/internal/redistest"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// workerVariable makes the test's program a process of a fleet, and says what it
// does.
const workerVariable = "EDUSDK_REDIS_WORKER"

// worker is one process of a fleet.
type worker struct {
	Redis, Prefix string
	Name          string // sent with its requests in the header workerHeader

	Supervision string // address of the regulator; "" for none
	Password    string // for it
	Douyin      string // address of the token endpoint; "" for none

	Callers int           // that ask for tokens again and again; 0: one call of each client
	For     time.Duration // how long
}

const workerHeader = "X-Test-Worker"

// told is what a worker prints in the end.
type told struct {
	Errors []string
	Token  string         // of the regulator
	Tokens map[string]int // of Douyin, by how often a caller was given them
	Calls  int
	Late   int // tokens that were given out after they had expired
}

// work is the main function of a worker. It says that it is ready, and begins when
// its standard input ends.
func work() {
	var w worker
	err := json.Unmarshal([]byte(os.Getenv(workerVariable)), &w)
	if err == nil {
		err = w.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "a worker failed:", err)
		os.Exit(1)
	}
}

func (w *worker) run(ctx context.Context) error {
	opts, err := redis.ParseURL(w.Redis)
	if err != nil {
		return err
	}
	opts.ContextTimeoutEnabled = true
	rdb := redis.NewClient(opts)
	defer func() { _ = rdb.Close() }()
	store, err := edusdkredis.NewTokenStore(rdb, edusdkredis.Options{Prefix: w.Prefix})
	if err != nil {
		return err
	}
	named := edusdk.WithHeader(workerHeader, w.Name)
	source := douyin.ClientCredential(douyin.ClientCredentialConfig{
		AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: w.Douyin, Store: store, Options: []edusdk.Option{named},
	})
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	t := told{Tokens: map[string]int{}}
	switch {
	case w.Callers > 0:
		w.callAll(ctx, source, &t)
	default:
		t.note(w.callOnce(ctx, store, named, source, &t))
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}

func (t *told) note(err error) {
	if err != nil && len(t.Errors) < 5 {
		t.Errors = append(t.Errors, err.Error())
	}
}

// callOnce makes one call of each client.
func (w *worker) callOnce(ctx context.Context, store edusdk.TokenStore, named edusdk.Option, source douyin.TokenSource, t *told) error {
	var failed error
	if w.Supervision != "" {
		client, err := supervision.New(supervision.Config{
			BaseURL: w.Supervision, Account: supervisiontest.AccountName, Password: w.Password, TokenStore: store,
			Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
		}, named)
		if err != nil {
			return err
		}
		failed = client.Students.Authenticate(ctx, "110101199003070013", "张三")
	}
	if w.Douyin != "" {
		token, err := source.Token(ctx)
		failed = errors.Join(failed, err)
		t.Tokens[token.Value]++
	}
	return failed
}

// callAll has callers ask for the token, five times a second each.
func (w *worker) callAll(ctx context.Context, source douyin.TokenSource, t *told) {
	var mu sync.Mutex
	var group sync.WaitGroup
	end := time.Now().Add(w.For)
	for i := range w.Callers {
		group.Go(func() {
			<-time.After(time.Duration(i) * 200 * time.Millisecond / time.Duration(w.Callers))
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for time.Now().Before(end) {
				token, err := source.Token(ctx)
				late := time.Now().After(token.Expires)
				mu.Lock()
				t.note(err)
				t.Calls++
				if err == nil {
					t.Tokens[token.Value]++
				}
				if err == nil && late {
					t.Late++
				}
				mu.Unlock()
				<-tick.C
			}
		})
	}
	group.Wait()
}

// process is a worker that was started.
type process struct {
	*exec.Cmd

	t     testing.TB
	begin io.Closer
	out   *bufio.Reader
	err   strings.Builder
}

func start(t testing.TB, w worker) *process {
	t.Helper()
	text, err := json.Marshal(w)
	require.NoError(t, err)
	p := &process{Cmd: exec.Command(os.Args[0]), t: t}
	p.Env = append(os.Environ(), workerVariable+"="+string(text))
	p.Stderr = &p.err
	in, err := p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.begin, p.out = in, bufio.NewReader(out)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	return p
}

// ready waits until the process can begin.
func (p *process) ready() {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err, p.err.String())
	require.Equal(p.t, "ready\n", line)
}

// result waits for the process to end.
func (p *process) result() told {
	p.t.Helper()
	var t told
	require.NoError(p.t, json.NewDecoder(p.out).Decode(&t), p.err.String())
	return t
}

// begin starts processes, and lets them begin at the same moment.
func begin(t testing.TB, workers []worker) []*process {
	t.Helper()
	all := make([]*process, len(workers))
	for i, w := range workers {
		all[i] = start(t, w)
	}
	for _, p := range all {
		p.ready()
	}
	for _, p := range all {
		require.NoError(t, p.begin.Close())
	}
	return all
}

// same returns n workers.
func same(n int, w worker) []worker {
	all := make([]worker, n)
	for i := range all {
		all[i] = w
		all[i].Name = fmt.Sprint(i)
	}
	return all
}

// vendors are fakes of both vendors that log in.
type vendors struct {
	supervision *supervisiontest.Server
	douyin      *douyintest.Server
}

func newVendors(t testing.TB) vendors {
	t.Helper()
	v := vendors{supervisiontest.NewServer(), douyintest.NewServer()}
	t.Cleanup(v.supervision.Close)
	t.Cleanup(v.douyin.Close)
	return v
}

// slow has logins take some time.
func (v vendors) slow(d time.Duration) {
	wrap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if login(r) {
				<-time.After(d)
			}
			next.ServeHTTP(w, r)
		})
	}
	v.supervision.Intercept(wrap)
	v.douyin.Intercept(wrap)
}

func login(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "thlogin") || strings.HasSuffix(r.URL.Path, douyintest.MiniAppTokenPath)
}

// logins returns how often each was logged in to, successfully or not.
func (v vendors) logins() (supervision, douyin int) {
	for _, r := range v.supervision.Requests() {
		if strings.HasSuffix(r.Path, "thlogin") {
			supervision++
		}
	}
	for _, r := range v.douyin.Requests() {
		if r.Path == douyintest.MiniAppTokenPath {
			douyin++
		}
	}
	return supervision, douyin
}

func TestFiftyColdProcesses(t *testing.T) {
	url := redistest.URL(t)
	for name, tt := range map[string]struct {
		password string
		errors   int
	}{"right": {supervisiontest.Password, 0}, "a wrong password": {"wrong", 50}} {
		t.Run(name, func(t *testing.T) {
			v := newVendors(t)
			v.slow(300 * time.Millisecond)
			w := worker{Redis: url, Prefix: redistest.Prefix(), Supervision: v.supervision.URL, Password: tt.password, Douyin: v.douyin.TokenURL()}
			all := begin(t, same(50, w))
			began := time.Now()
			values, failed := map[string]int{}, 0
			for _, p := range all {
				r := p.result()
				for value, n := range r.Tokens {
					values[value] += n
				}
				for _, err := range r.Errors {
					failed++
					assert.Contains(t, err, "unauthenticated")
				}
			}
			supervisionLogins, douyinLogins := v.logins()
			t.Logf("50 processes: %d supervision logins, %d Douyin tokens, all done after %s", supervisionLogins, douyinLogins, time.Since(began).Round(time.Millisecond))
			assert.Equal(t, 1, supervisionLogins, "supervision logins")
			assert.Equal(t, 1, douyinLogins, "Douyin tokens")
			assert.Len(t, values, 1)
			assert.Equal(t, tt.errors, failed, "processes whose login was refused")
		})
	}
}

// A process is killed in the middle of its login.
func TestAKilledHolder(t *testing.T) {
	v := newVendors(t)
	holder := make(chan string, 100)
	never := make(chan struct{})
	var once sync.Once
	v.douyin.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			holder <- r.Header.Get(workerHeader)
			first := false
			once.Do(func() { first = true })
			if first {
				<-never
			}
			next.ServeHTTP(w, r)
		})
	})
	defer close(never) // before the server closes
	all := begin(t, same(10, worker{Redis: redistest.URL(t), Prefix: redistest.Prefix(), Douyin: v.douyin.TokenURL()}))
	name := <-holder
	killed := time.Now()
	values := map[string]int{}
	for i, p := range all {
		if fmt.Sprint(i) == name {
			require.NoError(t, p.Process.Kill())
		}
	}
	for i, p := range all {
		if fmt.Sprint(i) == name {
			continue
		}
		r := p.result()
		assert.Empty(t, r.Errors)
		for value, n := range r.Tokens {
			values[value] += n
		}
	}
	took := time.Since(killed)
	t.Logf("9 others had a token %s after the kill -9, by %d more logins", took.Round(time.Millisecond), len(holder))
	assert.Len(t, holder, 1, "logins after that of the killed one")
	assert.Len(t, values, 1)
	assert.Less(t, took, 15*time.Second, "the lease of ten seconds, and a login")
}

// shortLived is a token endpoint whose tokens live for a few seconds.
type shortLived struct {
	*httptest.Server

	mu     sync.Mutex
	logins []time.Time
}

const tokenLifetime = 4 * time.Second

func newShortLived(t testing.TB) *shortLived {
	t.Helper()
	s := &shortLived{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		s.logins = append(s.logins, time.Now())
		n := len(s.logins)
		s.mu.Unlock()
		<-time.After(100 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"err_no":0,"data":{"access_token":"token-%d","expires_in":%d}}`, n, int(tokenLifetime.Seconds()))
	}))
	t.Cleanup(s.Close)
	return s
}

// between returns the logins in a time.
func (s *shortLived) between(from, to time.Time) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in []time.Time
	for _, at := range s.logins {
		if !at.Before(from) && at.Before(to) {
			in = append(in, at)
		}
	}
	return in
}

// Ten thousand callers in four processes share tokens that are renewed after half
// their time, two seconds. Then Redis is killed for some seconds, and is empty when it
// is back.
func TestTenThousandCallers(t *testing.T) {
	const processes, callers, phase = 4, 10_000, 7 * time.Second
	vendor := newShortLived(t)
	server := redistest.Start(t)
	began := time.Now()
	all := begin(t, same(processes, worker{
		Redis: server.URL(), Prefix: redistest.Prefix(), Douyin: vendor.URL + "/" + douyintest.MiniAppTokenPath, Callers: callers / processes, For: 4 * phase,
	}))
	<-time.After(phase)
	down := time.Now()
	server.Down()
	<-time.After(phase)
	server.Up()
	up := time.Now()
	values, calls := map[string]int{}, 0
	for i, p := range all {
		r := p.result()
		assert.Empty(t, r.Errors, "process %d", i)
		assert.Zero(t, r.Late, "process %d: tokens that had expired", i)
		assert.Positive(t, r.Calls)
		calls += r.Calls
		for value, n := range r.Tokens {
			values[value] += n
		}
	}
	before, meanwhile, after := vendor.between(began, down), vendor.between(down, up), vendor.between(up.Add(phase), time.Now())
	t.Logf("%d calls of %d callers in %d processes: %d logins in %s; %d in %s while Redis was down; %d in %s when it was back", calls, callers, processes,
		len(before), down.Sub(began).Round(time.Second), len(meanwhile), up.Sub(down).Round(time.Second), len(after), phase)
	for what, logins := range map[string][]time.Time{"before": before, "after": after} {
		assert.GreaterOrEqual(t, len(logins), 2, "logins %s Redis was down", what)
		for i := 1; i < len(logins); i++ {
			assert.Greater(t, logins[i].Sub(logins[i-1]), tokenLifetime/2-500*time.Millisecond, "between two logins, %s Redis was down", what)
		}
	}
	assert.LessOrEqual(t, len(meanwhile), processes*int(1+up.Sub(down)/(tokenLifetime/2)), "logins while Redis was down: each process by itself")
}
