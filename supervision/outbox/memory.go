package outbox

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// StoreOptions are what stores of this package have in common. The zero value
// means the defaults.
type StoreOptions struct {
	// MaxRecords bounds the records that are kept, those that are Parked or Dead
	// too: one more is ErrFull. 0 means DefaultMaxRecords.
	MaxRecords int
	// KeepKeys is how long the key of a record that was sent is kept, so that
	// appending it once more changes nothing. 0 means DefaultKeepKeys.
	KeepKeys time.Duration
	// Clock replaces time.Now.
	Clock func() time.Time
}

func (o StoreOptions) core(m medium) core {
	clock := o.Clock
	if clock == nil {
		clock = time.Now
	}
	return core{
		medium: m, clock: clock, max: cmp.Or(o.MaxRecords, DefaultMaxRecords), keepKeys: cmp.Or(o.KeepKeys, DefaultKeepKeys),
		index: newIndex(),
	}
}

// MemoryStore is a Store in memory, for tests: nothing in it outlives the
// process.
type MemoryStore struct{ core }

// NewMemory returns an empty MemoryStore.
func NewMemory(opts StoreOptions) *MemoryStore {
	return &MemoryStore{opts.core(&memory{
		kept: map[uint64]storedRecord{}, sent: map[uint64]sentRecord{}, states: map[uint64]storedState{},
	})}
}

// memory is a medium that forgets.
type memory struct {
	mu     sync.RWMutex
	kept   map[uint64]storedRecord
	sent   map[uint64]sentRecord
	states map[uint64]storedState
}

func (m *memory) commit(c *changes) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range c.added {
		r.Body = slices.Clone(r.Body)
		m.kept[r.sequence] = r
	}
	for _, sequence := range c.removed {
		delete(m.kept, sequence)
	}
	for _, s := range c.sent {
		m.sent[s.id] = s
	}
	for _, id := range c.forgotten {
		delete(m.sent, id)
	}
	for _, s := range c.states {
		s.data = slices.Clone(s.data)
		m.states[s.id] = s
	}
	for _, id := range c.lost {
		delete(m.states, id)
	}
	return nil
}

func (m *memory) records(wanted []uint64) ([]storedRecord, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found := make([]storedRecord, len(wanted))
	for i, sequence := range wanted {
		r, ok := m.kept[sequence]
		if !ok {
			return nil, errGone
		}
		r.Body = slices.Clone(r.Body)
		found[i] = r
	}
	return found, nil
}

func (m *memory) walk(after uint64, visit func(sequence uint64) bool) error {
	m.mu.RLock()
	sequences := slices.Sorted(maps.Keys(m.kept))
	m.mu.RUnlock()
	for _, sequence := range sequences {
		if sequence > after && !visit(sequence) {
			break
		}
	}
	return nil
}

func (m *memory) key(r ref) (lane, key string, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if r.sent() {
		if s, ok := m.sent[r.id()]; ok {
			return s.lane, s.key, nil
		}
	} else if kept, ok := m.kept[r.id()]; ok {
		return kept.Lane, kept.Key, nil
	}
	return "", "", errGone
}

func (m *memory) state(id uint64) (storedState, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.states[id]
	if !ok {
		return s, errGone
	}
	s.data = slices.Clone(s.data)
	return s, nil
}

func (m *memory) restore() (*index, error) { return nil, nil }
