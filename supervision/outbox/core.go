package outbox

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Defaults of the options of stores.
const (
	DefaultMaxRecords = 1_000_000
	DefaultKeepKeys   = 2 * time.Hour
)

// medium is where a core keeps what it is to find again. Its methods can be
// called while it commits; they fail with errGone for what is not there.
type medium interface {
	// commit makes changes durable, all of them or none.
	commit(c *changes) error
	// records returns records by their sequences.
	records(sequences []uint64) ([]storedRecord, error)
	// walk calls visit with the sequences greater than after in ascending order,
	// until it returns false.
	walk(after uint64, visit func(sequence uint64) bool) error
	// key returns the lane and key of a record, or of what remains of a sent one.
	key(r ref) (lane, key string, err error)
	// state returns a state.
	state(id uint64) (storedState, error)
	// restore returns what the medium holds if a commit that failed has left that
	// in doubt, else nil.
	restore() (*index, error)
}

// storedRecord is what a medium knows of a record itself.
type storedRecord struct {
	Record

	sequence uint64
	since    time.Time
}

// changes is what one operation changes on the medium.
type changes struct {
	next      uint64 // index.next
	added     []storedRecord
	marks     map[uint64]*mark // nil removes the mark
	removed   []uint64         // records, with their marks
	sent      []sentRecord
	forgotten []uint64 // ids of sent ones
	states    []storedState
	lost      []uint64 // ids of states

	// How many entries of index.sent and index.tombs have been dealt with.
	expired, tombs int
}

// sentRecord is what is kept of a record that was sent, for its key and for its
// lane.
type sentRecord struct {
	id, sequence uint64
	lane, key    string
	at, hold     time.Time
	mark         int64
	kind         Kind // 0 if it was not sent in fact
}

// storedState is a state as the medium knows it.
type storedState struct {
	id      uint64
	key     string
	fence   uint64
	deleted time.Time
	data    []byte
}

// core is a Store on a medium. One operation at a time makes changes: it plans
// them, has the medium make them durable, and then carries them out in the
// index.
type core struct {
	medium   medium
	clock    func() time.Time
	max      int
	keepKeys time.Duration

	write  sync.Mutex   // held by the operation that makes changes
	mu     sync.RWMutex // guards what follows, for moments
	index  *index
	closed bool
}

// begin starts an operation that makes changes. It is followed by
// c.write.Unlock, unless it fails.
func (c *core) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.write.Lock()
	err := ErrClosed
	if !c.closed {
		err = c.restore()
	}
	if err != nil {
		c.write.Unlock()
	}
	return err
}

// restore replaces an index of which it is in doubt whether it is true.
func (c *core) restore() error {
	x, err := c.medium.restore()
	if x != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.index = x
	}
	return err
}

// view runs f while the index does not change. The medium can be one change
// ahead; where f finds something gone, it is run again when it cannot.
func (c *core) view(ctx context.Context, f func(x *index) error) error {
	err := c.read(ctx, f)
	if errors.Is(err, errGone) {
		c.write.Lock()
		defer c.write.Unlock()
		err = c.read(ctx, f)
	}
	return err
}

func (c *core) read(ctx context.Context, f func(x *index) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	return f(c.index)
}
