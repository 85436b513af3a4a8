package outbox_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// What is in the environment of a process that is to be killed, and how often
// that is done.
const (
	crashFile    = "OUTBOX_CRASH_FILE"
	crashURL     = "OUTBOX_CRASH_URL"
	crashPolicy  = "OUTBOX_CRASH_POLICY"
	crashLast    = "OUTBOX_CRASH_LAST" // the last process: it is to send all that there is
	crashRounds  = "OUTBOX_CRASH_ROUNDS"
	crashSenders = 6
	crashLanes   = 8
)

// TestCrash kills a process that reports and sends, at random moments, while the
// platform refuses, hangs, resets connections and answers 502; then it looks what
// became of the reports. OUTBOX_CRASH_ROUNDS=500 kills more often than usual.
func TestCrash(t *testing.T) {
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv(crashRounds), strconv.Itoa(max(effort.Amount(12, 50), 6))))
	require.NoError(t, err)
	policies := []string{"park", "resend", "settle"}
	for i, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, policy)
			for range (rounds + i) / len(policies) {
				h.round(false)
			}
			h.platform.calm()
			h.round(true)
			h.judge()
		})
	}
}

// harness kills processes and keeps the books.
type harness struct {
	*testing.T

	policy   string
	file     string
	platform *badPlatform

	kills, opened, acknowledged int
	acked                       map[string]int // the last number that was acknowledged, by student
	left                        []string       // what the last process found in the store: "parked s1 17"
}

func newHarness(t *testing.T, policy string) *harness {
	return &harness{
		T: t, policy: policy, file: filepath.Join(t.TempDir(), "reports.db"), platform: newBadPlatform(t), acked: map[string]int{},
	}
}

// round runs a process until it is killed, or until it has sent everything.
func (h *harness) round(last bool) {
	h.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+h.file, crashURL+"="+h.platform.url, crashPolicy+"="+h.policy)
	if last {
		cmd.Env = append(cmd.Env, crashLast+"=1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(h, err)
	require.NoError(h, cmd.Start())
	kill := sync.OnceFunc(func() { _ = cmd.Process.Kill() })
	acks := -1
	if !last {
		h.kills++
		switch rand.IntN(4) {
		case 0: // while it starts, opens the file, or soon after
			timer := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, kill)
			defer timer.Stop()
		case 1: // while the platform has a request of its
			h.platform.onRequest(1+rand.IntN(40), kill)
			acks = 200
		default: // while it stores or sends
			acks = 1 + rand.IntN(80)
		}
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		h.line(lines.Text())
		if acks--; acks == 0 {
			kill()
		}
	}
	err = cmd.Wait()
	h.platform.onRequest(0, nil)
	if last || err == nil || !strings.Contains(err.Error(), "killed") {
		require.NoErrorf(h, err, "%s", stderr.String())
	}
	h.platform.idle()
}

// line takes note of what a process says.
func (h *harness) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "open":
		h.opened++
	case "ack":
		h.acknowledged++
		var student string
		var n int
		_, err := fmt.Sscan(rest, &student, &n)
		require.NoError(h, err)
		h.acked[student] = max(h.acked[student], n)
	default:
		h.left = append(h.left, line)
	}
}

// judge compares what was acknowledged with what the platform has counted.
func (h *harness) judge() {
	p := h.platform
	p.mu.Lock()
	defer p.mu.Unlock()
	left := map[string]bool{}
	parked, other := 0, 0
	for _, line := range h.left {
		status, what, _ := strings.Cut(line, " ")
		left[what] = true
		if status == "parked" {
			parked++
		} else {
			other++
		}
	}
	lost, twice, hidden := 0, 0, 0
	counted := map[string]bool{} // "s1 17", also what was folded into another
	for _, a := range p.applied {
		counted[a.student+" "+strconv.Itoa(a.section)] = true
	}
	var minutes, want int
	for student, last := range h.acked {
		times := map[int]int{}
		latest := 0
		for _, a := range p.applied {
			if a.student != student {
				continue
			}
			times[a.section]++
			minutes += a.minutes
			if h.policy != "settle" {
				assert.GreaterOrEqualf(h, a.section, latest, "the order of %s", student)
			}
			assert.GreaterOrEqualf(h, a.playTime, latest, "the PlayTimes of %s", student)
			latest = max(latest, a.playTime)
		}
		for n := 1; n <= last; n++ {
			name := student + " " + strconv.Itoa(n)
			if times[n] == 0 && !left[name] && h.policy != "settle" {
				lost++
			}
			twice += max(0, times[n]-1)
		}
		want += max(last, p.stored(student))
	}
	for _, a := range p.unanswered {
		if h.policy == "park" && !left[a.student+" "+strconv.Itoa(a.section)] {
			hidden++
		}
	}
	h.Logf("%s: %d kills, %d opened, %d acknowledged, %d lost, %d twice, %d parked, %d hidden, %d requests, %d answers lost by the platform",
		h.policy, h.kills, h.opened, h.acknowledged, lost, twice, parked, hidden, p.requests, len(p.unanswered))
	assert.Zero(h, lost, "lost")
	assert.Zero(h, other, "the last process sends all that is not parked")
	assert.Positive(h, h.acknowledged)
	switch h.policy {
	case "park":
		assert.Zero(h, twice, "counted twice under Park")
		assert.Zero(h, hidden, "open and not shown")
	case "resend":
		assert.LessOrEqual(h, twice, 2*h.kills*crashSenders+len(p.unanswered), "more twice than were on their way")
		assert.Zero(h, parked)
	case "settle":
		assert.Zero(h, twice, "counted twice although it could be asked")
		assert.Zero(h, parked, "everything is settled in the end")
		assert.Equal(h, want, minutes, "the platform has all minutes, and none twice")
	}
}

// badPlatform is a fake of the platform behind a network that fails.
type badPlatform struct {
	url    string
	server *httptest.Server
	fake   *supervisiontest.Handler

	mu         sync.Mutex
	good       bool
	requests   int
	countdown  int // requests until hook
	hook       func()
	applied    []minuteSent
	unanswered []minuteSent // applied, with the answer lost on purpose
	down       bool         // refuses connections
	conns      map[net.Conn]bool
	changed    *sync.Cond // conns
}

// minuteSent is a progress report that the platform has counted. Its section is
// the number of the report.
type minuteSent struct {
	student                    string
	section, playTime, minutes int
}

func newBadPlatform(t *testing.T) *badPlatform {
	p := &badPlatform{fake: supervisiontest.NewHandler(), conns: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.fake.Intercept(p.intercept)
	mux := http.NewServeMux()
	mux.Handle("/", p.fake)
	mux.HandleFunc("/counted", p.counted)
	p.server = httptest.NewUnstartedServer(mux)
	p.server.Config.ConnState = func(c net.Conn, s http.ConnState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch s {
		case http.StateNew:
			p.conns[c] = true
		case http.StateClosed, http.StateHijacked:
			delete(p.conns, c)
			p.changed.Broadcast()
		case http.StateActive, http.StateIdle:
		}
	}
	p.server.Listener = &refusing{Listener: p.server.Listener, platform: p}
	p.server.Start()
	p.url = p.server.URL
	t.Cleanup(p.server.Close)
	return p
}

// refusing resets connections at once while the platform is down.
type refusing struct {
	net.Listener

	platform *badPlatform
}

// Accept implements net.Listener.
func (l *refusing) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || !l.platform.isDown() {
			return c, err
		}
		reset(c)
	}
}

func (p *badPlatform) isDown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down && !p.good
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// calm ends the faults.
func (p *badPlatform) calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.good = true
}

// onRequest calls a function when the n-th request from now arrives.
func (p *badPlatform) onRequest(n int, f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.countdown, p.hook = n, f
}

// idle waits until nothing of a process that is gone is on its way.
func (p *badPlatform) idle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.conns) > 0 {
		p.changed.Wait()
	}
}

// stored returns the greatest number that was counted of a student.
func (p *badPlatform) stored(student string) int {
	last := 0
	for _, a := range p.applied {
		if a.student == student {
			last = max(last, a.section)
		}
	}
	return last
}

// counted says whether a report was.
func (p *badPlatform) counted(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, _ := strconv.Atoi(r.FormValue("section"))
	if !slices.ContainsFunc(p.applied, func(a minuteSent) bool { return a.student == r.FormValue("student") && a.section == n }) {
		w.WriteHeader(http.StatusNotFound)
	}
}

// intercept is the network.
func (p *badPlatform) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		fate := p.fate()
		switch fate {
		case gateway:
			w.WriteHeader(http.StatusBadGateway)
			return
		case swallow:
			panic(http.ErrAbortHandler)
		case refuse, none, lose, hang:
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		p.count(r, body, answer, fate)
		switch fate {
		case lose:
			panic(http.ErrAbortHandler)
		case hang:
			<-r.Context().Done()
			return
		case none, refuse, swallow, gateway:
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// fate decides what happens to a request.
func (p *badPlatform) fate() fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if p.countdown--; p.countdown == 0 && p.hook != nil {
		p.hook()
	}
	if p.good {
		return none
	}
	switch n := rand.IntN(100); {
	case n < 2:
		p.down = true
		time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.down = false
		})
		return none
	case n < 4:
		return gateway
	case n < 6:
		return swallow
	case n < 8:
		return lose
	case n < 9:
		return hang
	}
	return none
}

// count takes note of a report that the fake has taken.
func (p *badPlatform) count(r *http.Request, body []byte, answer *httptest.ResponseRecorder, fate fault) {
	if !strings.HasSuffix(r.URL.Path, "/studyHour") || !bytes.Contains(answer.Body.Bytes(), []byte(`"returnCode":"0"`)) {
		return
	}
	var sent struct {
		Data struct {
			StudentUserCode, SectionCode string
			PlayTime, ProgressTime       int
		}
	}
	_ = json.Unmarshal(body, &sent)
	a := minuteSent{student: sent.Data.StudentUserCode, playTime: sent.Data.PlayTime / 60, minutes: sent.Data.ProgressTime / 60}
	a.section, _ = strconv.Atoi(sent.Data.SectionCode)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = append(p.applied, a)
	if fate != none {
		p.unanswered = append(p.unanswered, a)
	}
}

// crashMain is the process that is killed: it reports and sends, and says what was
// acknowledged. The last one sends what there is, and says what is left.
func crashMain() error {
	policy := os.Getenv(crashPolicy)
	client, err := supervision.New(supervision.Config{
		BaseURL: os.Getenv(crashURL), Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: "127.0.0.1"},
	}, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}), edusdk.WithTimeout(2*time.Second))
	if err != nil {
		return err
	}
	store, err := outbox.OpenFile(os.Getenv(crashFile), outbox.FileOptions{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	cfg := outbox.Config{
		Client: client, Store: store, Senders: crashSenders, Gap: -1, Pause: 2 * time.Millisecond, Poll: 5 * time.Millisecond,
		RetryDelay: 2 * time.Millisecond, SettleGap: 20 * time.Millisecond,
		// The start says the same twice.
		Policy: outbox.Policies{Start: outbox.Resend},
	}
	switch policy {
	case "resend":
		cfg.Policy.Progress = outbox.Resend
	case "settle":
		cfg.Settle = askPlatform
	}
	box, err := outbox.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- box.Run(ctx) }()
	if os.Getenv(crashLast) == "" {
		for n := range crashLanes {
			go func() {
				if err := crashStudent(ctx, box, fmt.Sprintf("s%d", n)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
			}()
		}
		return <-ran
	}
	for {
		s, err := box.Stats(ctx)
		if err != nil {
			return err
		}
		if s.Waiting == 0 && (s.Parked == 0 || policy != "settle") {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, list := range []func(context.Context) func(func(outbox.Entry, error) bool){
		func(ctx context.Context) func(func(outbox.Entry, error) bool) { return box.Parked(ctx) },
		func(ctx context.Context) func(func(outbox.Entry, error) bool) { return box.DeadLetters(ctx) },
		func(ctx context.Context) func(func(outbox.Entry, error) bool) { return box.Waiting(ctx) },
	} {
		for e, err := range list(ctx) {
			if err != nil {
				return err
			}
			fmt.Println(e.Status, e.StudentUserCode, e.Sequence)
		}
	}
	return errors.Join(box.Close(), store.Close())
}

// crashStudent reports one minute after the other, from where an earlier process
// has come to.
func crashStudent(ctx context.Context, box *outbox.Outbox, student string) error {
	state, err := box.LoadState(ctx, student)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(string(state.Data))
	for {
		var reports []outbox.Report
		r := reporter{student, "session"}
		if n == 0 {
			reports = append(reports, r.start())
		}
		n++
		minute := r.minute(uint64(n))
		minute.SectionCode = strconv.Itoa(n)
		reports = append(reports, minute)
		state.Data = []byte(strconv.Itoa(n))
		if err := box.Commit(ctx, []outbox.Change{{Reports: reports, States: []outbox.State{state}}})[0]; err != nil {
			return err
		}
		state.Fence++
		fmt.Printf("ack %s %d\n", student, n)
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	}
}

// askPlatform settles by asking.
func askPlatform(ctx context.Context, r outbox.Report) (outbox.Verdict, error) {
	if r.Kind != outbox.KindProgress {
		return outbox.Undecided, nil
	}
	url := fmt.Sprintf("%s/counted?student=%s&section=%s", os.Getenv(crashURL), r.StudentUserCode, r.SectionCode)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return outbox.Undecided, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return outbox.Undecided, err
	}
	_ = res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return outbox.Applied, nil
	}
	return outbox.NotApplied, nil
}
