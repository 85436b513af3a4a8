package otel

import (
	"strings"
	"sync"
)

// other stands for the values that are too many.
const other = "other"

// maxLength is that of a value that is passed on.
const maxLength = 64

// bounded passes on a limited number of different values, so that what a vendor sends
// cannot become an unlimited number of time series.
type bounded struct {
	most int

	mu   sync.RWMutex
	seen map[string]bool
}

func newBounded(most int) *bounded { return &bounded{most: most, seen: map[string]bool{}} }

// of returns a value, or other.
func (b *bounded) of(value string) string {
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
