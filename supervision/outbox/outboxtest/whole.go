package outboxtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

func testReopen(s *suite) {
	s.append(
		record("a", "1", outbox.KindStart), record("b", "1", outbox.KindStart), record("c", "1", outbox.KindStart), record("d", "1", outbox.KindStart),
		record("e", "1", outbox.KindStart), progress("a", "2"), progress("b", "2"), progress("c", "2"), progress("d", "2"), progress("e", "2"),
	)
	claims := s.claim(5)
	require.Len(s, claims, 5)
	s.finish(
		outbox.Finished{Claim: claims[0], Outcome: outbox.Done},
		outbox.Finished{Claim: claims[1], Outcome: outbox.Retry, At: s.clock.now().Add(time.Hour), Reason: "because", Open: true},
		outbox.Finished{Claim: claims[2], Outcome: outbox.Hold, Reason: "because"},
		outbox.Finished{Claim: claims[3], Outcome: outbox.Bury, Reason: "because"},
		outbox.Finished{Claim: claims[4], Outcome: outbox.Release},
	)
	require.NoError(s, s.save("x", 0, []byte("1")))
	stats, waiting, parked, dead := s.stats(), s.list(outbox.Waiting), s.list(outbox.Parked), s.list(outbox.Dead)
	for range 2 {
		s.open(outbox.StoreOptions{})
		reopened := s.stats()
		assert.True(s, stats.Oldest.Equal(reopened.Oldest))
		reopened.Oldest = stats.Oldest
		assert.Equal(s, stats, reopened)
		for i, list := range [][]outbox.Stored{s.list(outbox.Waiting), s.list(outbox.Parked), s.list(outbox.Dead)} {
			want := [][]outbox.Stored{waiting, parked, dead}[i]
			require.Len(s, list, len(want))
			for j := range want {
				assertSame(s, want[j], list[j])
			}
		}
	}
	for n, r := range []outbox.Record{record("a", "1", 0), record("b", "1", 0), record("c", "1", 0), record("d", "1", 0), record("e", "1", 0)} {
		assert.Equal(s, []outbox.Status{outbox.Sent, outbox.Waiting, outbox.Parked, outbox.Dead, outbox.Waiting}[n], s.lookup(r))
		s.append(r)
	}
	assert.Equal(s, stats.Waiting, s.stats().Waiting, "keys are kept")
	claims = s.claim(10)
	assert.Equal(s, []string{"e: 1", "a: 2", "d: 2"}, keys(claims))
	for _, r := range waiting {
		assert.NotEqual(s, r.Group, claims[0].Fence, "numbers are not given out twice")
	}
	s.append(record("a", "9", outbox.KindEnd))
	last := s.list(outbox.Waiting)
	assert.Equal(s, "9", last[len(last)-1].Key)
	s.clock.advance(time.Hour)
	b := s.claim(10)
	assert.Contains(s, keys(b), "b: 1")
}

// assertSame compares records whose times can be of other zones.
func assertSame(s *suite, want, got outbox.Stored) {
	s.Helper()
	for _, t := range []struct{ want, got *time.Time }{{&want.At, &got.At}, {&want.Since, &got.Since}, {&want.Changed, &got.Changed}} {
		assert.True(s, t.want.Equal(*t.got), "%s, not %s", t.want, t.got)
		*t.got = *t.want
	}
	assert.Equal(s, want, got)
}

func testReopenClaims(s *suite) {
	s.append(progress("a", "1"), progress("a", "2"), progress("a", "3"), record("b", "1", outbox.KindStart), record("c", "1", outbox.KindStart))
	claims := s.claimMerged(2, 2)
	require.Equal(s, []string{"a: 1 2", "b: 1"}, keys(claims))
	s.open(outbox.StoreOptions{})
	s.clock.advance(lease) // which another process would have to wait for
	again := s.claimMerged(10, 3)
	require.Equal(s, []string{"a: 1 2", "b: 1", "c: 1"}, keys(again))
	for i, open := range []bool{true, true, false} {
		for _, r := range again[i].Records {
			assert.Equalf(s, open, r.Open, "%s", keysOf(again[i]))
		}
	}
	assert.Greater(s, again[0].Fence, claims[0].Fence)
	ours, err := s.store.Finish(s.Context(), []outbox.Finished{{Claim: claims[0], Outcome: outbox.Done}})
	require.NoError(s, err)
	assert.Equal(s, []bool{false}, ours)
	s.done(again...)
	assert.Equal(s, "a: 3", keysOf(s.only()))
}

// world is what a concurrent test has seen.
type world struct {
	mu      sync.Mutex
	last    map[string]int  // the last number that was sent, by lane
	sending map[string]bool // lanes
	sent    int
	wrong   []string
}

// begin takes note of a claim.
func (w *world) begin(c outbox.Claim) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sending[c.Lane] {
		w.wrong = append(w.wrong, c.Lane+" is handed out twice")
	}
	w.sending[c.Lane] = true
}

// end takes note of the end of a claim.
func (w *world) end(c outbox.Claim, sent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.sending, c.Lane)
	for _, r := range c.Records {
		var n int
		_, _ = fmt.Sscan(r.Key, &n)
		if n != w.last[c.Lane]+1 {
			w.wrong = append(w.wrong, fmt.Sprintf("%s: %d after %d", c.Lane, n, w.last[c.Lane]))
		}
		if !sent {
			break
		}
		w.last[c.Lane] = n
		w.sent++
	}
}

func testConcurrent(s *suite) { s.manyAtOnce(s.store) }

func testShared(s *suite) {
	other := s.another(outbox.StoreOptions{})
	s.manyAtOnce(s.store, other)
	s.append(record("shared", "1", outbox.KindStart))
	claims, err := other.Claim(s.Context(), outbox.ClaimRequest{Max: 1, Lease: lease})
	require.NoError(s, err)
	require.Equal(s, []string{"shared: 1"}, keys(claims.Claims))
	assert.Empty(s, s.claim(10))
	s.done(claims.Claims...)
	assert.Zero(s, s.stats().Waiting)
}

// manyAtOnce appends and sends from many goroutines, with every third attempt
// failing, and looks that the order of each lane is kept.
func (s *suite) manyAtOnce(stores ...outbox.Store) {
	const producers, lanes, each, consumers = 4, 5, 15, 4
	w := &world{last: map[string]int{}, sending: map[string]bool{}}
	var group sync.WaitGroup
	for p := range producers {
		group.Go(func() {
			store := stores[p%len(stores)]
			for n := 1; n <= each; n++ {
				var batches []outbox.Batch
				for l := range lanes {
					batches = append(batches, outbox.Batch{Records: []outbox.Record{progress(fmt.Sprintf("%d-%d", p, l), fmt.Sprint(n))}})
				}
				for _, err := range store.Append(s.Context(), batches) {
					assert.NoError(s, err)
				}
			}
		})
	}
	var failures atomic.Int64
	const all = producers * lanes * each
	for c := range consumers {
		group.Go(func() {
			store := stores[c%len(stores)]
			for idle := 0; idle < 100_000; idle++ {
				claims, err := store.Claim(s.Context(), outbox.ClaimRequest{Max: 3, Lease: time.Hour, Merge: 1 + c})
				if !assert.NoError(s, err) {
					return
				}
				var finished []outbox.Finished
				for _, claim := range claims.Claims {
					idle = 0
					w.begin(claim)
					fails := failures.Add(1)%3 == 0
					w.end(claim, !fails)
					f := outbox.Finished{Claim: claim, Outcome: outbox.Done}
					if fails {
						f.Outcome, f.At = outbox.Retry, s.clock.now()
					}
					finished = append(finished, f)
				}
				ours, err := store.Finish(s.Context(), finished)
				if !assert.NoError(s, err) || !assert.NotContains(s, ours, false) {
					return
				}
				w.mu.Lock()
				over := w.sent == all || len(w.wrong) > 0
				w.mu.Unlock()
				if over {
					return
				}
			}
		})
	}
	group.Wait()
	assert.Empty(s, w.wrong)
	assert.Equal(s, all, w.sent, "all are sent")
	assert.Zero(s, s.stats().Waiting)
}

// testAgainstMemory does at random the same to the store and to one in memory,
// and compares what they say.
func testAgainstMemory(s *suite) {
	const steps = 400
	seed := uint64(time.Now().UnixNano())
	s.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it is a test
	memory := outbox.NewMemory(outbox.StoreOptions{Clock: s.clock.now, MaxRecords: 40, KeepKeys: 10 * time.Hour})
	s.open(outbox.StoreOptions{MaxRecords: 40, KeepKeys: 10 * time.Hour})
	p := &pair{suite: s, memory: memory}
	for step := range steps {
		switch n := random.IntN(100); {
		case n < 35:
			p.append(random)
		case n < 60:
			p.claim(1+random.IntN(4), random.IntN(4))
		case n < 85:
			p.finish(random)
		case n < 93:
			p.resolve(random)
		case n < 98:
			s.clock.advance(time.Duration(random.IntN(90)) * time.Second)
		case s.place.Durable && len(p.ours) == 0:
			s.open(s.opts)
		}
		if !p.same() {
			s.Fatalf("at step %d", step)
		}
	}
}

// pair is the store and one in memory, in which the same has its own numbers.
type pair struct {
	*suite

	memory *outbox.MemoryStore
	ours   []outbox.Claim // under way, in the store
	theirs []outbox.Claim // and in memory
}

var (
	kinds    = []outbox.Kind{outbox.KindStart, outbox.KindProgress, outbox.KindRecording, outbox.KindEnd}
	outcomes = []outbox.Outcome{outbox.Done, outbox.Retry, outbox.Release, outbox.SetAside, outbox.Hold, outbox.Bury}
)

func (p *pair) append(random *rand.Rand) {
	var batches []outbox.Batch
	for range 1 + random.IntN(3) {
		var b outbox.Batch
		for range random.IntN(4) {
			r := record(fmt.Sprintf("lane-%d", random.IntN(4)), fmt.Sprint(random.IntN(60)), kinds[random.IntN(len(kinds))])
			if random.IntN(2) == 0 || r.Kind == outbox.KindProgress {
				r.Kind, r.Join, r.Spaced = outbox.KindProgress, fmt.Sprint(random.IntN(2)), random.IntN(3) > 0
			}
			b.Records = append(b.Records, r)
		}
		if random.IntN(3) == 0 {
			b.States = []outbox.State{{Key: fmt.Sprint(random.IntN(3)), Fence: random.Uint64N(4), Data: []byte{"ab"[random.IntN(2)]}}}
		}
		batches = append(batches, b)
	}
	want, got := p.memory.Append(p.Context(), batches), p.store.Append(p.Context(), batches)
	require.Len(p, got, len(want))
	for i := range want {
		if want[i] == nil {
			require.NoError(p, got[i])
		} else {
			require.ErrorIs(p, got[i], want[i])
		}
	}
}

func (p *pair) claim(most, merge int) {
	req := outbox.ClaimRequest{Max: most, Lease: lease, Merge: merge}
	want, err := p.memory.Claim(p.Context(), req)
	require.NoError(p, err)
	got, err := p.store.Claim(p.Context(), req)
	require.NoError(p, err)
	require.Equal(p, keys(want.Claims), keys(got.Claims))
	for i, w := range want.Claims {
		g := got.Claims[i]
		require.Equal(p, w.Mark, g.Mark)
		for k := range w.Passed {
			require.Equal(p, w.Passed[k] > w.Records[0].Sequence, g.Passed[k] > g.Records[0].Sequence)
		}
		for j, r := range w.Records {
			assertAlike(p, r, g.Records[j])
		}
	}
	p.theirs, p.ours = append(p.theirs, want.Claims...), append(p.ours, got.Claims...)
}

func (p *pair) finish(random *rand.Rand) {
	n := min(len(p.ours), random.IntN(4))
	var want, got []outbox.Finished
	for range n {
		i := random.IntN(len(p.ours))
		f := outbox.Finished{
			Outcome: outcomes[random.IntN(len(outcomes))], Reason: fmt.Sprint(random.IntN(3)), Open: random.IntN(2) == 0, Mark: random.Int64N(100),
			At: p.clock.now().Add(time.Duration(random.IntN(60)) * time.Second),
		}
		if f.Outcome == outbox.Done || f.Outcome == outbox.SetAside {
			f.Hold = p.clock.now().Add(time.Duration(random.IntN(60)) * time.Second)
		}
		f.Claim = p.theirs[i]
		want = append(want, f)
		f.Claim = p.ours[i]
		got = append(got, f)
		p.ours, p.theirs = slices.Delete(p.ours, i, i+1), slices.Delete(p.theirs, i, i+1)
	}
	wanted, err := p.memory.Finish(p.Context(), want)
	require.NoError(p, err)
	ours, err := p.store.Finish(p.Context(), got)
	require.NoError(p, err)
	require.ElementsMatch(p, wanted, ours)
	require.Len(p, ours, len(wanted))
}

func (p *pair) resolve(random *rand.Rand) {
	from := []outbox.Status{outbox.Parked, outbox.Dead}[random.IntN(2)]
	to := []outbox.Status{outbox.Sent, outbox.Waiting, outbox.Waiting, outbox.Dead, outbox.Parked}[random.IntN(5)]
	if from == outbox.Dead && (to == outbox.Dead || to == outbox.Parked) {
		to = outbox.Sent
	}
	want, err := p.memory.List(p.Context(), outbox.ListRequest{Status: from, Limit: 1000})
	require.NoError(p, err)
	got := p.list(from)
	require.Len(p, got, len(want))
	var theirs, ours []outbox.Resolution
	for i := range want {
		if random.IntN(2) == 0 {
			r := outbox.Resolution{Sequence: want[i].Sequence, From: from, To: to}
			theirs = append(theirs, r)
			r.Sequence = got[i].Sequence
			ours = append(ours, r)
		}
	}
	wanted, err := p.memory.Resolve(p.Context(), theirs)
	require.NoError(p, err)
	found, err := p.store.Resolve(p.Context(), ours)
	require.NoError(p, err)
	require.Equal(p, wanted, found)
}

// same compares all that the two stores hold.
func (p *pair) same() bool {
	want, err := p.memory.Stats(p.Context())
	require.NoError(p, err)
	got := p.stats()
	ok := assert.True(p, want.Oldest.Equal(got.Oldest))
	got.Oldest = want.Oldest
	ok = assert.Equal(p, want, got) && ok
	for _, status := range []outbox.Status{outbox.Waiting, outbox.Parked, outbox.Dead} {
		want, err := p.memory.List(p.Context(), outbox.ListRequest{Status: status, Limit: 1000})
		require.NoError(p, err)
		got := p.list(status)
		if !assert.Len(p, got, len(want)) {
			return false
		}
		for i := range want {
			assertAlike(p, want[i], got[i])
		}
	}
	for n := range 3 {
		want, err := p.memory.LoadState(p.Context(), fmt.Sprint(n))
		require.NoError(p, err)
		ok = assert.Equal(p, want, p.load(fmt.Sprint(n))) && ok
	}
	return ok && !p.Failed()
}

// assertAlike compares records of the two stores.
func assertAlike(p *pair, want, got outbox.Stored) {
	p.Helper()
	want.Sequence, want.Group = got.Sequence, got.Group
	assertSame(p.suite, want, got)
	if p.Failed() {
		p.Fatal(strings.Join([]string{"the record is", got.Lane, got.Key}, " "))
	}
}
