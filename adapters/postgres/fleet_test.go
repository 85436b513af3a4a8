//go:build unix

package postgres_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/adapters/postgres"
	"github.com/edusdk/edusdk/adapters/postgres/internal/pgtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// workerVariable makes the test's program a worker of a fleet, and says which.
const workerVariable = "EDUSDK_FLEET_WORKER"

// fleet is what the processes of a fleet have in common.
type fleet struct {
	Database, Schema, Regulator string

	Workers, Students int
	Period            time.Duration // between two reports of a student
	Start, End        time.Time     // of the reports
	Worker            int
	Since             time.Time // when the process before this one was surely alive
}

// due returns when a student's n-th report is due.
func (f *fleet) due(student, n int) time.Time {
	return f.Start.Add(time.Duration(student) * f.Period / time.Duration(f.Students)).Add(time.Duration(n-1) * f.Period)
}

// work is the main function of a worker.
func work() {
	var f fleet
	err := json.Unmarshal([]byte(os.Getenv(workerVariable)), &f)
	if err == nil {
		err = f.work(context.Background())
	}
	fmt.Fprintln(os.Stderr, "a worker ended:", err)
	os.Exit(1)
}

// work reports what is due of the worker's students, and sends, until it is
// killed.
func (f *fleet) work(ctx context.Context) error {
	cfg, err := pgxpool.ParseConfig(f.Database)
	if err != nil {
		return err
	}
	cfg.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	store, err := postgres.Open(ctx, pool, postgres.Options{Schema: f.Schema})
	for n := 0; err != nil && n < 100; n++ { // the server is just being restarted
		<-time.After(100 * time.Millisecond)
		store, err = postgres.Open(ctx, pool, postgres.Options{Schema: f.Schema})
	}
	if err != nil {
		return err
	}
	client, err := supervision.New(supervision.Config{
		BaseURL: f.Regulator, Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
	}, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	if err != nil {
		return err
	}
	again := outbox.Policies{Start: outbox.Resend, Progress: outbox.Resend, Recording: outbox.Resend, End: outbox.Resend}
	box, err := outbox.New(outbox.Config{
		Client: client, Store: store, Policy: again, Senders: 64, Gap: f.Period * 5 / 6, Timeout: 8 * time.Second, Poll: 200 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	go f.produce(ctx, box)
	return box.Run(ctx)
}

// produce reports what is due, and after a restart what was due meanwhile.
func (f *fleet) produce(ctx context.Context, box *outbox.Outbox) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	from := f.Since
	for !from.After(f.End) {
		to := <-tick.C
		var changes []outbox.Change
		for student := f.Worker; student < f.Students; student += f.Workers {
			first := int(from.Sub(f.due(student, 1))/f.Period) + 1
			for n := max(first, 1); f.due(student, n).Before(to) && f.due(student, n).Before(f.End); n++ {
				r := minute(student, n)
				r.At = f.due(student, n)
				changes = append(changes, outbox.Change{Reports: []outbox.Report{r}})
			}
		}
		for part := range slices.Chunk(changes, 400) {
			for failed := part; len(failed) > 0; {
				var again []outbox.Change
				for i, err := range box.Commit(ctx, failed) {
					if err != nil {
						again = append(again, failed[i])
					}
				}
				failed = again
			}
		}
		from = to.Add(-f.Period / 10) // what is reported twice is stored once
	}
}

// regulator takes reports, 20 ms each, and looks at their order.
type regulator struct {
	fleet *fleet

	mu      sync.Mutex
	last    []int // of each student, the last report
	seen    map[[2]int]time.Duration
	twice   int
	wrong   []string
	updated time.Time
}

func (r *regulator) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		var report struct {
			Data struct {
				StudentUserCode string `json:"studentUserCode"`
				PlayTime        any    `json:"playTime"`
			} `json:"data"`
		}
		if err != nil || json.Unmarshal(body, &report) != nil || report.Data.PlayTime == nil {
			next.ServeHTTP(w, req)
			return
		}
		student, _ := strconv.Atoi(strings.TrimPrefix(report.Data.StudentUserCode, "student-"))
		seconds, _ := strconv.Atoi(fmt.Sprint(report.Data.PlayTime))
		r.note(student, seconds/60)
		<-time.After(20 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"returnCode":"0","returnMsg":""}`)
	})
}

func (r *regulator) note(student, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.updated = time.Now()
	if _, known := r.seen[[2]int{student, n}]; known {
		r.twice++
	} else {
		r.seen[[2]int{student, n}] = time.Since(r.fleet.due(student, n))
	}
	switch last := r.last[student]; {
	case n < last, n > last+1:
		r.wrong = append(r.wrong, fmt.Sprintf("student %d: %d after %d", student, n, last))
	default:
		r.last[student] = n
	}
}

// number returns a number of the environment.
func number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(otherwise)))
	require.NoError(t, err, name)
	return n
}

// TestFleet has several processes report and send, kills one of them again and
// again, and restarts the database once. As it stands it is short;
//
//	EDUSDK_FLEET_STUDENTS=100000 EDUSDK_FLEET_PERIOD=60 EDUSDK_FLEET_SECONDS=120 EDUSDK_FLEET_KILL=10 .ci/services go test -v -run TestFleet
//
// is 100,000 students at a report a minute for two minutes.
func TestFleet(t *testing.T) {
	period := time.Duration(number(t, "EDUSDK_FLEET_PERIOD", 3)) * time.Second
	length := time.Duration(number(t, "EDUSDK_FLEET_SECONDS", 12)) * time.Second
	kill := time.Duration(number(t, "EDUSDK_FLEET_KILL", 4)) * time.Second
	f := &fleet{Schema: pgtestSchema, Workers: 4, Students: number(t, "EDUSDK_FLEET_STUDENTS", 300), Period: period}

	server := pgtest.Start(t, "max_connections=60", "shared_buffers=512MB", "max_wal_size=2GB")
	f.Database = server.URL()
	pool := pgtest.Pool(t, f.Database, 2)
	_, err := postgres.Migrate(t.Context(), pool, f.Schema)
	require.NoError(t, err)
	fake := supervisiontest.NewServer()
	defer fake.Close()
	r := &regulator{fleet: f, last: make([]int, f.Students), seen: map[[2]int]time.Duration{}}
	fake.Intercept(r.intercept)
	f.Regulator = fake.URL
	f.Start = time.Now().Add(2 * time.Second)
	f.End = f.Start.Add(length)
	all := 0
	for student := range f.Students {
		for n := 1; f.due(student, n).Before(f.End); n++ {
			all++
		}
	}

	workers := make([]*exec.Cmd, f.Workers)
	stop := func(i int) {
		_ = workers[i].Process.Kill()
		_ = workers[i].Wait()
	}
	start := func(i int, since time.Time) {
		mine := *f
		mine.Worker, mine.Since = i, since
		text, err := json.Marshal(mine)
		require.NoError(t, err)
		workers[i] = exec.Command(os.Args[0])
		workers[i].Env = append(os.Environ(), workerVariable+"="+string(text))
		workers[i].Stderr = os.Stderr
		require.NoError(t, workers[i].Start())
	}
	for i := range workers {
		start(i, f.Start)
		defer stop(i)
	}
	kills, restarted := 0, false
	ticker := time.NewTicker(kill)
	defer ticker.Stop()
	for now := range ticker.C {
		if now.After(f.End) {
			break
		}
		i := kills % f.Workers
		stop(i)
		start(i, now.Add(-f.Period/2))
		kills++
		if !restarted && now.After(f.Start.Add(length/2)) {
			restarted = true
			server.Down("fast")
			server.Up()
		}
	}
	assert.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.seen) == all || len(r.wrong) > 0 || time.Since(r.updated) > time.Minute
	}, 10*time.Minute, 50*time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	late := make([]time.Duration, 0, len(r.seen))
	for _, d := range r.seen {
		late = append(late, d)
	}
	slices.Sort(late)
	at := func(q float64) time.Duration { return late[int(q*float64(len(late)-1))].Round(time.Millisecond) }
	t.Logf("%d students, %.0f reports a second for %s, %d processes, %d kill -9, database restarted: %t", f.Students,
		float64(all)/length.Seconds(), length, f.Workers, kills, restarted)
	t.Logf("%d reports: lost %d, sent twice %d, out of order %d; due to sent: median %s, p90 %s, p99 %s, max %s", all, all-len(r.seen), r.twice,
		len(r.wrong), at(0.5), at(0.9), at(0.99), at(1))
	for name, s := range sizes(t, pool, f.Schema) {
		if name == "lanes" || name == "reports" {
			t.Logf("%s: %d KB, %d dead rows", name, s.bytes>>10, s.dead)
		}
	}
	assert.Len(t, r.seen, all)
	assert.Empty(t, r.wrong[:min(len(r.wrong), 10)])
	assert.True(t, restarted)
	assert.NotZero(t, kills)
}
