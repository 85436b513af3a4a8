package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// Options of a Store. The zero value means the defaults.
type Options struct {
	// StoreOptions are those of every store. MaxRecords can be exceeded by what
	// other processes store at the same moment. KeepKeys should be the same in all
	// processes. A nil Clock means the clock of the database server.
	outbox.StoreOptions
	// Schema is where the tables are. "" means DefaultSchema.
	Schema string
	// Timeout bounds one try of a transaction, so that a server that does not
	// answer is left. 0 means DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is the default of Options.Timeout.
const DefaultTimeout = 10 * time.Second

// Store is an outbox.Store in PostgreSQL. It is safe for concurrent use, by any
// number of processes too.
type Store struct {
	pool     *pgxpool.Pool
	sql      *statements
	clock    func() time.Time // nil means the server's
	max      int64
	keepKeys time.Duration
	timeout  time.Duration

	mu       sync.Mutex
	doubtful []held             // claims of which it is not known whether they were committed
	finished map[uint64][]token // of transactions that may have finished a claim, by its fence
	tidied   atomic.Int64       // when Tidy ran last
}

var _ outbox.Store = (*Store)(nil)

// held names a claim.
type held struct {
	lane      string
	fence     uint64
	claimedAt int64 // after a crash, the server may give out a fence again that nobody got
}

// Open returns a Store on a pool, which remains the caller's: there is nothing of
// the Store to close. It fails if the schema lacks migrations, or if the pool's
// connections do not wait until commits are durable (synchronous_commit off).
func Open(ctx context.Context, pool *pgxpool.Pool, opts Options) (*Store, error) {
	if err := opts.check(pool); err != nil {
		return nil, &edusdk.Error{Vendor: "postgres", Op: "Open", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	schema := named(opts.Schema)
	if err := checkVersion(ctx, pool, schema); err != nil {
		return nil, failed("Open", err)
	}
	var synchronous string
	if err := pool.QueryRow(ctx, "SELECT current_setting('synchronous_commit')").Scan(&synchronous); err != nil {
		return nil, failed("Open", err)
	}
	if synchronous == "off" {
		return nil, failed("Open", precondition("synchronous_commit is off: reports could be lost"))
	}
	return &Store{
		pool: pool, sql: newStatements(schema), clock: opts.Clock, max: int64(cmp.Or(opts.MaxRecords, outbox.DefaultMaxRecords)),
		keepKeys: cmp.Or(opts.KeepKeys, outbox.DefaultKeepKeys), timeout: cmp.Or(opts.Timeout, DefaultTimeout),
		finished: map[uint64][]token{},
	}, nil
}

// check says what is wrong with the options.
func (o *Options) check(pool *pgxpool.Pool) error {
	switch {
	case pool == nil:
		return &edusdk.FieldError{Field: "pool", Problem: "is required"}
	case o.MaxRecords < 0:
		return &edusdk.FieldError{Field: "Options.MaxRecords", Problem: "must not be negative"}
	case o.KeepKeys < 0:
		return &edusdk.FieldError{Field: "Options.KeepKeys", Problem: "must not be negative"}
	case o.Timeout < 0:
		return &edusdk.FieldError{Field: "Options.Timeout", Problem: "must not be negative"}
	}
	return checkSchema("Options.Schema", o.Schema)
}

// now is the parameter $1 of statements that need the time: NULL has them take the
// server's.
func (s *Store) now() *int64 {
	if s.clock == nil {
		return nil
	}
	n := nanos(s.clock())
	return &n
}

// never is a time that does not come.
const never = math.MaxInt64

// nanos is how times are stored: in nanoseconds since 1970, 0 for the zero Time.
// Times that cannot be told so, before 1678 and after 2262, become the nearest
// ones.
func nanos(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, never-1)):
		return never - 1
	}
	return cmp.Or(t.UnixNano(), 1)
}

func timeOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

// after returns a time some time after another one.
func after(n int64, d time.Duration) int64 {
	if n > never-1-int64(d) {
		return never - 1
	}
	return n + int64(d)
}

// hashOf identifies a record by its lane and key. It is stored, and never changes.
func hashOf(lane, key string) []byte {
	b := make([]byte, 8, 8+len(lane)+len(key))
	binary.BigEndian.PutUint64(b, uint64(len(lane)))
	sum := sha256.Sum256(append(append(b, lane...), key...))
	return sum[:16]
}
