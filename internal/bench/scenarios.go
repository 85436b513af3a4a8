package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/zjy"
)

// effort is how often things are measured.
type effort struct {
	rounds  int
	calls   int // of a small answer by one caller, in a round; other numbers follow from it
	uploads int // in a round
	trees   int // and as many of the other scenarios that mostly wait
	flood   int // cold callers
}

var (
	full  = effort{rounds: 25, calls: 2000, uploads: 16, trees: 9, flood: 10_000}
	quick = effort{rounds: 5, calls: 500, uploads: 8, trees: 3, flood: 10_000}
)

// run is one run of the program.
type run struct {
	*remote
	effort
	report
}

// scenario is a thing to measure.
type scenario struct {
	name string
	run  func(r *run, ctx context.Context) error
}

var scenarios = []scenario{
	{"small", (*run).small},
	{"deadlines", (*run).deadlines},
	{"lists", (*run).lists},
	{"decode", (*run).decode},
	{"sign", (*run).sign},
	{"upload", (*run).upload},
	{"connections", (*run).connections},
	{"products", (*run).products},
	{"tree", (*run).tree},
	{"logins", (*run).logins},
}

// small is the small answer, of everybody.
func (r *run) small(ctx context.Context) error {
	everybody, err := r.everybody(ctx, func(c contender) contender { return c })
	if err != nil {
		return err
	}
	mine, resty := everybody.against(oursName, floorName), everybody.against(restyName, floorName)
	r.add("small answer: allocations over the floor's", count(mine.one.allocs, 32))
	r.add("small answer: bytes", atMost(mine.one.bytes, 1.6))
	r.add("small answer: CPU with 1 caller", atMost(mine.one.cpu, 1.20))
	r.add("small answer: CPU with 64 callers, to tuned resty's and 0.04", atMost(mine.many.cpu, resty.many.cpu+0.04))
	r.add("small answer: calls a second at 64", atLeast(mine.many.rate, 0.82))
	r.add("stub RoundTripper: allocations over the floor's", count(mine.stub.allocs, 30))
	for _, name := range everybody.names[1:] {
		r.clients = append(r.clients, everybody.against(name, floorName))
	}
	r.added = everybody.sdks()
	r.rows = append(r.rows, aheadOf("small answer: ahead of the four SDKs, each against its own call by hand", r.added[0], r.added[1:]))
	floor := everybody.one.of(floorName)
	r.note("The floor of the small answer: %.0f allocations, %.0f bytes; with the stub %.0f allocations.",
		floor.allocs, floor.bytes, everybody.stub.of(floorName).allocs)
	return nil
}

// deadlines is the small answer where every client has a deadline for each call, as
// ours has and a careful user sets.
func (r *run) deadlines(ctx context.Context) error {
	everybody, err := r.everybody(ctx, func(c contender) contender {
		if c.name == oursName || c.name == floorName || c.name == getName {
			return c
		}
		return withDeadline(c)
	})
	if err != nil {
		return err
	}
	r.bounded = append(everybody.sdks(), everybody.against(restyName, floorName))
	r.rows = append(r.rows, aheadOf("small answer, each call with a deadline: ahead of the four SDKs", r.bounded[0], r.bounded[1:len(sdkNames)+1]))
	return nil
}

// withDeadline gives every call a deadline.
func withDeadline(c contender) contender {
	call := c.call
	c.call = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		return call(ctx)
	}
	return c
}

// everybody is what all clients take for the small answer.
type everybody struct {
	names           []string
	one, many, stub measured
}

func (r *run) everybody(ctx context.Context, changed func(contender) contender) (*everybody, error) {
	contenders := func(stub http.RoundTripper) []contender {
		cs := append([]contender{
			byHand(r.base, stub), byHandGet(r.base, stub), ours(r.base, stub), tunedResty(r.base, stub), plainResty(r.base, stub),
		}, sdks(r.base, stub)...)
		for i, c := range cs {
			cs[i] = changed(c)
		}
		return cs
	}
	cs := contenders(nil)
	e := &everybody{}
	for _, c := range cs {
		e.names = append(e.names, c.name)
	}
	var err error
	if e.one, err = compare(ctx, r.rounds, 1, r.calls, cs); err != nil {
		return nil, err
	}
	if e.many, err = compare(ctx, r.rounds, 64, 2*r.calls, cs); err != nil {
		return nil, err
	}
	e.stub, err = compare(ctx, r.rounds, 1, 5*r.calls, contenders(canned{}))
	return e, err
}

// against sets a client's numbers against those of a call by hand.
func (e *everybody) against(name, floor string) client {
	return client{name, e.one.over(name, floor), e.many.over(name, floor), e.stub.over(name, floor)}
}

// sdks sets ours and the other SDKs against their own calls by hand.
func (e *everybody) sdks() []client {
	all := []client{e.against(oursName, floorName)}
	for _, name := range sdkNames {
		all = append(all, e.against(name, getName))
	}
	return all
}

// aheadOf tells in how many numbers mine is no worse than the others.
func aheadOf(what string, mine client, others []client) row {
	ahead, total := 0, 0
	for _, o := range others {
		for _, better := range []bool{
			mine.one.allocs <= o.one.allocs, mine.one.bytes <= o.one.bytes, mine.one.cpu <= o.one.cpu, mine.many.cpu <= o.many.cpu,
			mine.many.p50 <= o.many.p50, mine.many.p99 <= o.many.p99, mine.many.rate >= o.many.rate,
		} {
			total++
			if better {
				ahead++
			}
		}
	}
	return row{
		what,
		fmt.Sprintf("%d of %d numbers", ahead, total), "all", ahead == total,
	}
}

// lists are the list of 20 rooms and that of 2,000.
func (r *run) lists(ctx context.Context) error {
	for _, l := range []struct {
		n, calls   int
		cpu, bytes float64
	}{{20, r.calls / 2, 1.10, 1.25}, {2000, max(r.calls/50, 1), 1.06, 1.1}} {
		base := r.base + "/list" + strconv.Itoa(l.n)
		cs := []contender{byHandList(base), oursList(base)}
		m, err := compare(ctx, r.rounds, 1, l.calls, cs)
		if err != nil {
			return err
		}
		mine := m.over(oursName, floorName)
		r.add(fmt.Sprintf("list of %d rooms: CPU / bytes", l.n), atMost(mine.cpu, l.cpu), atMost(mine.bytes, l.bytes))
	}
	return nil
}

// decode is decoding alone.
func (r *run) decode(ctx context.Context) error {
	decoder := func(name string, unmarshal func([]byte, any) error, data string) contender {
		return contender{name, func(context.Context) error {
			var a listAnswer
			if err := unmarshal([]byte(data), &a); err != nil {
				return err
			}
			if a.Page == nil || len(a.Page.Items) == 0 {
				return errAnswer
			}
			return nil
		}, func() {}}
	}
	const plain, documented, quoted = "encoding/json", "documented", "quoted"
	m, err := compare(ctx, r.rounds, 1, r.calls, []contender{
		decoder(plain, json.Unmarshal, roomList(20, "")),
		decoder(documented, lenient.Unmarshal, roomList(20, "")),
		decoder(quoted, lenient.Unmarshal, roomList(20, `"`)),
	})
	if err != nil {
		return err
	}
	r.add("decode: documented types, CPU", atMost(m.over(documented, plain).cpu, 1.05))
	r.add("decode: numbers and bools as strings, CPU", atMost(m.over(quoted, plain).cpu, 2))
	return nil
}

// sign is signing 8 parameters and encoding the form.
func (r *run) sign(ctx context.Context) error {
	values := url.Values{
		"title": {"初二数学 一次函数"}, "video": {"0"}, "startTime": {"2026-03-03 10:30"}, "length": {"120"}, "roomType": {"2"},
		"partner": {partner}, "timestamp": {"1777600000000"}, "uid": {"student-7"},
	}
	sorted := make([]params.Param, 0, len(values)+1)
	flat := map[string]string{}
	for name := range values {
		sorted = append(sorted, params.Param{Name: name, Value: values.Get(name)})
		flat[name] = values.Get(name)
	}
	params.Sort(sorted)
	var form []byte
	const naive = "naive"
	cs := []contender{
		{naive, func(context.Context) error {
			signed := url.Values{"sign": {naiveSign(flat)}}
			for name, value := range flat {
				signed.Set(name, value)
			}
			form = []byte(signed.Encode())
			return nil
		}, func() {}},
		{oursName, func(context.Context) error {
			form = params.Form(append(sorted, params.Param{Name: "sign", Value: duobeiyun.Sign(values, appKey)}))
			return nil
		}, func() {}},
	}
	m, err := compare(ctx, r.rounds, 1, 20*r.calls, cs)
	if err != nil {
		return err
	}
	const result = 2 // the signature and the form
	mine := m.of(oursName)
	r.add("Sign and form, 8 parameters: allocations beyond the result", count(mine.allocs-result, 0))
	r.note("Sign and form take %.2f of the time of the naive way, %.0f ns.", m.over(oursName, naive).wall, mine.wall*1e9)
	_ = form
	return nil
}

// upload is Documents.UploadFile of the largest document.
func (r *run) upload(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "edusdk-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "a.pdf")
	if err := os.WriteFile(path, make([]byte, uploadSize), 0o600); err != nil {
		return err
	}
	c := newDuobeiyun(r.base, nil)
	f := newFloor(tuned(), r.base+"/api/v3/documents/upload", "multipart/form-data; boundary="+boundary)
	cs := []contender{
		{floorName, func(ctx context.Context) error { return f.upload(ctx, path) }, f.close},
		{oursName, func(ctx context.Context) error {
			_, err := c.Documents.UploadFile(ctx, path)
			return err
		}, c.CloseIdleConnections},
	}
	if _, err := r.counts(ctx); err != nil {
		return err
	}
	for _, callers := range []int{1, 8} {
		m, err := compare(ctx, r.rounds, callers, r.uploads, cs)
		if err != nil {
			return err
		}
		// What is allocated in all is more than the heap can grow by.
		r.add(fmt.Sprintf("upload of 20 MB, %d at a time: MB allocated in all, each", callers),
			number{m.of(oursName).bytes / 1e6, "%.2f", 1, false})
		r.add(fmt.Sprintf("upload of 20 MB, %d at a time: throughput", callers), atLeast(m.over(oursName, floorName).rate, 0.95))
	}
	seen, err := r.counts(ctx)
	if err != nil {
		return err
	}
	r.add("upload of 20 MB: without a right Content-Length", count(float64(seen.Unsized), 0))
	return nil
}

// connections counts the connections that bursts and many calls open.
func (r *run) connections(ctx context.Context) error {
	opened := func(c contender, callers, calls int) (float64, error) {
		defer c.close()
		if _, err := r.counts(ctx); err != nil {
			return 0, err
		}
		if _, err := measure(ctx, callers, calls, c.call); err != nil {
			return 0, fmt.Errorf("%s: %w", c.name, err)
		}
		seen, err := r.counts(ctx)
		return float64(seen.Connections), err
	}
	bursts, err := opened(ours(r.base+"/burst", nil), burst, 10*burst)
	if err != nil {
		return err
	}
	r.add("connections: 10 bursts of 64 calls", count(bursts, 64))
	many, err := opened(ours(r.base, nil), 64, 2000)
	if err != nil {
		return err
	}
	r.add("connections: 2,000 calls at 64", count(many, 70))
	plain, err := opened(plainResty(r.base, nil), 64, 2000)
	if err != nil {
		return err
	}
	r.note("2,000 calls at 64 open %.0f connections with resty's default transport.", plain)
	return nil
}

// products is QueryProducts of 5,000 ids, which makes 10 requests.
func (r *run) products(ctx context.Context) error {
	var slowest slowest
	c := must(douyin.New(douyin.Config{
		AppID: "tt01", Token: douyin.StaticToken("a-token-of-the-bench"), BaseURL: r.base + "/slow",
	}, edusdk.WithObserver(&slowest)))
	defer c.CloseIdleConnections()
	ids := make([]int64, 5000)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	var ratios []float64
	for range r.trees * 3 {
		slowest.reset()
		began := time.Now()
		result, err := c.QueryProducts(ctx, ids...)
		if err != nil {
			return err
		}
		took := time.Since(began)
		if len(result.Products) != len(ids) {
			return errAnswer
		}
		ratios = append(ratios, float64(took)/float64(slowest.elapsed))
	}
	r.add("Douyin, 5,000 ids at 20 ms, bound 10: to the slowest of the 10 requests", atMost(median(ratios), 1.3))
	return nil
}

// slowest is an observer of the longest attempt.
type slowest struct {
	mu      sync.Mutex
	elapsed time.Duration
}

// ObserveAttempt implements edusdk.Observer.
func (s *slowest) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elapsed = max(s.elapsed, a.Elapsed)
}

// ObserveCall implements edusdk.Observer.
func (s *slowest) ObserveCall(context.Context, edusdk.CallEvent) {}

func (s *slowest) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elapsed = 0
}

// tree is a whole course.
func (r *run) tree(ctx context.Context) error {
	const bound, requests = 8, 1 + treeModules + treeModules*treeTopics
	c := must(zjy.New(zjy.Config{Auth: "an-auth-of-the-bench", BaseURL: r.base}))
	defer c.CloseIdleConnections()
	floor := latency.Seconds() * requests / bound
	var ratios []float64
	for range r.trees {
		began := time.Now()
		tree, err := c.Tree(ctx, "c1", "o1", zjy.WithBound(bound))
		if err != nil {
			return err
		}
		if len(tree.Modules) != treeModules || len(tree.Modules[0].Topics[treeTopics-1].Cells) != treeCells {
			return errAnswer
		}
		ratios = append(ratios, time.Since(began).Seconds()/floor)
	}
	r.add("zjy Tree of 20 × 10 at 20 ms, bound 8: to 221 ÷ 8 × 20 ms", atMost(median(ratios), 1.15))
	return nil
}

// logins is a flood of callers whose login has expired. The floor's have a
// token. Both have at most 64 connections, and one of them open.
func (r *run) logins(ctx context.Context) error {
	var rates []float64
	var logins int64
	for range r.trees {
		floor, err := r.loggedIn(ctx)
		if err != nil {
			return err
		}
		mine, seen, err := r.expired(ctx)
		if err != nil {
			return err
		}
		rates, logins = append(rates, mine.rate/floor.rate), max(logins, seen)
	}
	r.add("10,000 cold callers on an expired login: logins", count(float64(logins), 1))
	r.add("10,000 cold callers on an expired login: calls a second", atLeast(median(rates), 0.78))
	return nil
}

func bounded() *http.Transport {
	t := tuned()
	t.MaxConnsPerHost = 64
	return t
}

// loggedIn is the flood of the floor.
func (r *run) loggedIn(ctx context.Context) (sample, error) {
	f := newFloor(bounded(), r.base+"/product/api/query", "application/json")
	defer f.close()
	if err := f.queryProduct(ctx); err != nil {
		return sample{}, err
	}
	return measure(ctx, r.flood, r.flood, f.queryProduct)
}

// expired lets a login expire and then the flood come. The time of the login
// itself does not count.
func (r *run) expired(ctx context.Context) (sample, int64, error) {
	var ahead time.Duration
	clock := edusdk.WithClock(func() time.Time { return time.Now().Add(ahead) })
	source := douyin.ClientCredential(douyin.ClientCredentialConfig{
		AppID: "tt01", Secret: "a-secret-of-the-bench", Endpoint: r.base + "/token", Options: []edusdk.Option{clock},
	})
	c := must(douyin.New(douyin.Config{AppID: "tt01", Token: source, BaseURL: r.base}, edusdk.WithTransport(bounded()), clock))
	defer c.CloseIdleConnections()
	query := func(ctx context.Context) error {
		result, err := c.QueryProducts(ctx, 1)
		if err == nil && len(result.Products) != 1 {
			return errAnswer
		}
		return err
	}
	if err := query(ctx); err != nil { // logs in
		return sample{}, 0, err
	}
	ahead = 24 * time.Hour
	if _, err := r.counts(ctx); err != nil {
		return sample{}, 0, err
	}
	s, err := measure(ctx, r.flood, r.flood, query)
	if err != nil {
		return sample{}, 0, err
	}
	seen, err := r.counts(ctx)
	s.rate = 1 / (1/s.rate - latency.Seconds()/float64(r.flood))
	return s, seen.Logins, err
}

// selected returns the scenarios with these names, all of them for none.
func selected(names []string) ([]scenario, error) {
	if len(names) == 0 {
		return scenarios, nil
	}
	var chosen []scenario
	for _, name := range names {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q", name)
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}
