package supervisiontest

import (
	"iter"
	"slices"
)

// maxKept is how many of each kind of thing are remembered.
const maxKept = 10_000

// memory is a map that keeps the order in which its keys came, and forgets the
// oldest beyond maxKept. Its zero value is empty.
type memory[K comparable, V any] struct {
	keys   []K
	values map[K]V
}

func (m *memory[K, V]) get(key K) (V, bool) {
	v, ok := m.values[key]
	return v, ok
}

// put keeps a value; one that replaces another takes its place.
func (m *memory[K, V]) put(key K, value V) {
	if m.values == nil {
		m.values = map[K]V{}
	}
	if _, known := m.values[key]; !known {
		m.keys = append(m.keys, key)
	}
	m.values[key] = value
	if len(m.keys) > maxKept {
		m.remove(m.keys[0])
	}
}

func (m *memory[K, V]) remove(key K) {
	if _, known := m.values[key]; known {
		delete(m.values, key)
		at := slices.Index(m.keys, key)
		m.keys = slices.Delete(m.keys, at, at+1)
	}
}

// all returns the values, the oldest first.
func (m *memory[K, V]) all() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, key := range m.keys {
			if !yield(m.values[key]) {
				return
			}
		}
	}
}

// log is a list that forgets the oldest beyond maxKept.
type log[V any] []V

func (l *log[V]) add(v V) {
	*l = append(*l, v)
	if len(*l) > maxKept {
		*l = slices.Delete(*l, 0, len(*l)-maxKept)
	}
}
