package supervision

import (
	"sync"
	"sync/atomic"
	"time"
)

// memory bounds the bytes that bodies take, in all and for each caller. Where
// there is no room, the body that has been stuck longest makes some, so that
// bodies that do not come keep out none that do.
type memory struct {
	most      int64
	perCaller int64
	start     time.Time

	mu      sync.Mutex
	used    int64
	callers map[string]int64    // what each uses; "" is not counted
	reading map[*lease]struct{} // those that can make room
	fixed   bool                // bodies cannot be cut off here
}

func newMemory(most, perCaller int64) *memory {
	return &memory{most: most, perCaller: perCaller, start: time.Now(), callers: map[string]int64{}, reading: map[*lease]struct{}{}}
}

// lease is what one body takes.
type lease struct {
	m      *memory
	caller string
	robbed chan struct{}
	last   atomic.Int64 // when its last bytes came, since m.start

	// Guarded by m.mu.
	bytes int64
	over  bool // it has made room, or ended
}

// lease returns the lease of a body that is going to be read. When it has to make
// room, robbed is closed.
func (m *memory) lease(caller string, robbed chan struct{}) *lease {
	l := &lease{m: m, caller: caller, robbed: robbed}
	l.touch()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reading[l] = struct{}{}
	return l
}

// touch notes that bytes have come.
func (l *lease) touch() { l.last.Store(int64(time.Since(l.m.start))) }

// settle keeps what a body has from being taken: it is all here.
func (l *lease) settle() {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	delete(l.m.reading, l)
}

// resize makes the lease one of n bytes, if there is room for them.
func (l *lease) resize(n int64) bool {
	m := l.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for more := n - l.bytes; ; {
		switch {
		case l.over:
			return false
		case l.caller != "" && m.callers[l.caller]+more > m.perCaller:
			if !m.rob(l, l.caller) {
				return false
			}
		case m.used+more > m.most:
			if !m.rob(l, "") {
				return false
			}
		default:
			m.add(l, more)
			return true
		}
	}
}

// end gives all of it back. A lease that never began has nothing to give.
func (l *lease) end() {
	if l == nil {
		return
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.end(l)
}

func (m *memory) end(l *lease) {
	m.add(l, -l.bytes)
	delete(m.reading, l)
	l.over = true
}

func (m *memory) add(l *lease, n int64) {
	m.used += n
	l.bytes += n
	if l.caller == "" {
		return
	}
	if m.callers[l.caller] += n; m.callers[l.caller] == 0 {
		delete(m.callers, l.caller)
	}
}

// stuckFor is how long no bytes of a body have to have come before it makes room
// for others.
const stuckFor = 100 * time.Millisecond

// rob cuts off the body that has been stuck longest, of one caller if that is not
// "". What it holds counts as free at once, and is as soon as its read has ended.
func (m *memory) rob(forWhom *lease, caller string) bool {
	if m.fixed {
		return false
	}
	var stuck *lease
	for l := range m.reading {
		if l != forWhom && l.bytes > 0 && (caller == "" || l.caller == caller) && (stuck == nil || l.last.Load() < stuck.last.Load()) {
			stuck = l
		}
	}
	if stuck == nil || time.Since(m.start)-time.Duration(stuck.last.Load()) < stuckFor {
		return false
	}
	m.end(stuck)
	close(stuck.robbed)
	return true
}

// keepAll stops bodies from making room for others, where it has turned out that
// their reads cannot be ended.
func (m *memory) keepAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fixed = true
}
