// Package outboxtest has the tests that every outbox.Store must pass.
//
// 发件箱存储的测试集：自己实现的 outbox.Store 须全部通过。
//
//	func TestStore(t *testing.T) {
//		outboxtest.TestStore(t, func(t testing.TB) outboxtest.Place {
//			database := newDatabase(t)
//			return outboxtest.Place{
//				Open:    func(o outbox.StoreOptions) (outbox.Store, error) { return Open(database, o) },
//				Durable: true, Shared: true,
//			}
//		})
//	}
package outboxtest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// Place is where a store keeps what it holds: a file, a database. It is empty at
// first.
type Place struct {
	// Open opens a store there. The store must follow all the options, the clock
	// too: the tests let hours pass by it.
	Open func(opts outbox.StoreOptions) (outbox.Store, error)
	// Close closes a store; nil means that there is nothing to close.
	Close func(outbox.Store) error
	// Durable says that what a store held is there when the place is opened again.
	Durable bool
	// Shared says that several stores can be open there at the same time.
	Shared bool
}

// TestStore runs the suite. It calls open for each test, with the test that uses
// the place.
func TestStore(t *testing.T, open func(t testing.TB) Place) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &suite{T: t, place: open(t), clock: newClock()}
			if tt.durable && !s.place.Durable || tt.shared && !s.place.Shared {
				return // it promises nothing of the kind
			}
			s.open(outbox.StoreOptions{})
			tt.run(s)
		})
	}
}

var tests = []struct {
	name            string
	run             func(*suite)
	durable, shared bool
}{
	{name: "lanes keep the order of appending", run: testOrder},
	{name: "keys make appending repeatable", run: testKeys},
	{name: "batches are stored as a whole", run: testBatches},
	{name: "states are compared and swapped", run: testStates},
	{name: "states are listed", run: testListStates},
	{name: "leases end", run: testLeases},
	{name: "retries hold the lane", run: testRetry},
	{name: "released claims are as before", run: testRelease},
	{name: "parked records are set aside", run: testParked},
	{name: "parked records can hold their lane", run: testHeld},
	{name: "dead records can be replayed and purged", run: testDead},
	{name: "records that come back are folded into the next", run: testFolded},
	{name: "folded records do not wait for what is not to come", run: testFoldedAlone},
	{name: "neighbours are merged", run: testMerge},
	{name: "what may have arrived as one goes out as one", run: testGroups},
	{name: "spaced records wait", run: testSpaced},
	{name: "a lane with records knows how far it has come", run: testPassed},
	{name: "a full store refuses", run: testFull},
	{name: "records are listed and found", run: testList},
	{name: "a context that has ended changes nothing", run: testContext},
	{name: "many at the same time", run: testConcurrent},
	{name: "it agrees with the store in memory", run: testAgainstMemory},
	{name: "everything is there after opening again", run: testReopen, durable: true},
	{name: "what was claimed is open after opening again", run: testReopenClaims, durable: true},
	{name: "two stores share the work", run: testShared, shared: true},
}

// suite is one test.
type suite struct {
	*testing.T

	place Place
	clock *clock
	store outbox.Store
	opts  outbox.StoreOptions
}

// open opens the store, after closing the one that is open.
func (s *suite) open(opts outbox.StoreOptions) {
	s.Helper()
	s.close()
	s.opts = opts
	s.store = s.another(opts)
}

// another opens a store and leaves the one that is open.
func (s *suite) another(opts outbox.StoreOptions) outbox.Store {
	s.Helper()
	opts.Clock = s.clock.now
	store, err := s.place.Open(opts)
	require.NoError(s, err)
	s.Cleanup(func() { s.closeStore(store) })
	return store
}

func (s *suite) close() {
	if s.store != nil {
		s.closeStore(s.store)
	}
}

func (s *suite) closeStore(store outbox.Store) {
	s.Helper()
	if s.place.Close != nil {
		require.NoError(s, s.place.Close(store), "closing, which can be done twice")
	}
}

// append appends records, each in a batch of its own.
func (s *suite) append(records ...outbox.Record) {
	s.Helper()
	batches := make([]outbox.Batch, len(records))
	for i := range records {
		batches[i].Records = records[i : i+1]
	}
	for _, err := range s.store.Append(s.Context(), batches) {
		require.NoError(s, err)
	}
}

const lease = time.Minute

// claim claims up to most heads.
func (s *suite) claim(most int) []outbox.Claim {
	s.Helper()
	return s.claimMerged(most, 0)
}

func (s *suite) claimMerged(most, merge int) []outbox.Claim {
	s.Helper()
	claims, err := s.store.Claim(s.Context(), outbox.ClaimRequest{Max: most, Lease: lease, Merge: merge})
	require.NoError(s, err)
	require.LessOrEqual(s, len(claims.Claims), most)
	return claims.Claims
}

// only claims what must be the one head that there is.
func (s *suite) only() outbox.Claim {
	s.Helper()
	claims := s.claim(10)
	require.Len(s, claims, 1)
	return claims[0]
}

// finish ends claims, which must be valid.
func (s *suite) finish(finished ...outbox.Finished) {
	s.Helper()
	ours, err := s.store.Finish(s.Context(), finished)
	require.NoError(s, err)
	require.Len(s, ours, len(finished))
	for i, f := range finished {
		require.Truef(s, ours[i], "the claim of %s", keysOf(f.Claim))
	}
}

// done ends claims with Done.
func (s *suite) done(claims ...outbox.Claim) {
	s.Helper()
	finished := make([]outbox.Finished, len(claims))
	for i, c := range claims {
		finished[i] = outbox.Finished{Claim: c, Outcome: outbox.Done}
	}
	s.finish(finished...)
}

// resolve resolves one record.
func (s *suite) resolve(r outbox.Resolution) bool {
	s.Helper()
	found, err := s.store.Resolve(s.Context(), []outbox.Resolution{r})
	require.NoError(s, err)
	require.Len(s, found, 1)
	return found[0]
}

// stats returns the statistics.
func (s *suite) stats() outbox.StoreStats {
	s.Helper()
	stats, err := s.store.Stats(s.Context())
	require.NoError(s, err)
	return stats
}

// list returns the records of a status.
func (s *suite) list(status outbox.Status) []outbox.Stored {
	s.Helper()
	found, err := s.store.List(s.Context(), outbox.ListRequest{Status: status, Limit: 1000})
	require.NoError(s, err)
	return found
}

// lookup returns where a record stands.
func (s *suite) lookup(r outbox.Record) outbox.Status {
	s.Helper()
	status, err := s.store.Lookup(s.Context(), r.Lane, r.Key)
	require.NoError(s, err)
	return status
}

// keysOf returns a claim's lane and keys: "a: 1 2".
func keysOf(c outbox.Claim) string {
	text := c.Lane + ":"
	for _, r := range c.Records {
		text += " " + r.Key
	}
	return text
}

// keys returns keysOf for claims.
func keys(claims []outbox.Claim) []string {
	var all []string
	for _, c := range claims {
		all = append(all, keysOf(c))
	}
	return all
}

// record returns a record whose body tells it from others.
func record(lane, key string, kind outbox.Kind) outbox.Record {
	return outbox.Record{
		Lane: lane, Key: key, Kind: kind, Body: fmt.Appendf(nil, "body of %s/%s", lane, key),
		At: time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.UTC),
	}
}

// progress returns a record that may be merged with others of its lane.
func progress(lane, key string) outbox.Record {
	r := record(lane, key, outbox.KindProgress)
	r.Join = "session"
	return r
}

// clock is one that stands still unless it is told to go on.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
