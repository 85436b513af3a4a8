// Package watch is what the adapters that make metrics have in common. They are modules of
// their own, and those of earlier versions are built against it too: what is exported here
// may be added to, and does not change.
package watch

import (
	"strings"
	"sync"
)

// other stands for the values that are too many.
const other = "other"

// maxLength is that of a value that is passed on.
const maxLength = 64

// Bounded passes on a limited number of different values, so that what a vendor sends
// cannot become an unlimited number of time series.
type Bounded struct {
	most int

	mu   sync.RWMutex
	seen map[string]bool
}

// NewBounded returns a Bounded of at most so many values.
func NewBounded(most int) *Bounded { return &Bounded{most: most, seen: map[string]bool{}} }

// Of returns a value, or "other". Values that neither codes of vendors nor names of hosts
// look like are "other" from the start.
func (b *Bounded) Of(value string) string {
	if value == "" {
		return ""
	}
	b.mu.RLock()
	known := b.seen[value]
	b.mu.RUnlock()
	if known {
		return value
	}
	if len(value) > maxLength || strings.ContainsFunc(value, unusual) {
		return other
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[value] {
		if len(b.seen) >= b.most {
			return other
		}
		b.seen[strings.Clone(value)] = true
	}
	return value
}

// unusual reports whether neither a vendor's code nor the name of a host has the rune.
func unusual(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(" -_.:/[]", r)
}
