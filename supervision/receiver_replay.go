package supervision

import (
	"container/list"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// ReplayConfig bounds what a Receiver remembers of the pushes that PushClass
// answered successfully. The zero value means the defaults.
//
// A push of the same class with the same content gets the remembered answer. If
// PushClass is still working on it, the push waits for that answer, success or
// failure. With Replay, PushClass's context ends after CallbackTimeout, but not when
// the platform hangs up. Requests are verified before any of this.
//
// Failures are not remembered. Only the last content of each class is, so that a
// class that returns to an earlier state reaches PushClass again. Nothing is
// remembered if pushes of one class with different content overlapped, because it
// is not known which came last. If several platforms push to one process, give each
// of them a Receiver of its own.
//
// The Receiver keeps, in memory only: the names of the accounts, the password rules,
// and hashes of the class's code and content, with a random key of the process. It
// keeps no ID number, name or phone number, and drops everything after MaxAge.
type ReplayConfig struct {
	MaxEntries int           // classes remembered; the least recently used is dropped first. 0 means 1,000
	MaxBytes   int64         // bytes of all remembered answers. 0 means 8 MiB
	MaxAge     time.Duration // how long an answer is remembered. 0 means an hour
}

func (cfg *ReplayConfig) setDefaults() {
	orElse(&cfg.MaxEntries, 1000)
	orElse(&cfg.MaxBytes, 8<<20)
	orElse(&cfg.MaxAge, time.Hour)
}

// replays are the pushes that are remembered or under way.
type replays struct {
	cfg ReplayConfig
	now func() time.Time
	key []byte

	mu      sync.Mutex
	classes map[digest]*classPushes
	used    *list.List // of the *push that are remembered, the last used in front
	bytes   int64
}

type digest [sha256.Size]byte

// classPushes are the pushes of one class.
type classPushes struct {
	id      digest
	running int
	latest  *push // nil where nothing is remembered or worth waiting for
}

// push is a push of a class with some content.
type push struct {
	class   *classPushes
	content digest
	mixed   bool          // another one ran when it began
	done    chan struct{} // closed when there is an outcome

	at time.Time // when it began
	// The outcome, once it is done.
	result *pushed
	err    error

	// Of one that is remembered.
	size    int64
	element *list.Element
	timer   *time.Timer
}

func newReplays(cfg ReplayConfig, now func() time.Time) *replays {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return &replays{cfg: cfg, now: now, key: key, classes: map[digest]*classPushes{}, used: list.New()}
}

func (m *replays) hash(data []byte) (d digest) {
	mac := hmac.New(sha256.New, m.key)
	mac.Write(data)
	mac.Sum(d[:0])
	return d
}

// do returns what call returned for the class, now or before.
func (m *replays) do(ctx context.Context, c *Class, call func() (*pushed, error)) (*pushed, error) {
	content, err := lenient.Marshal(c, nil)
	if err != nil {
		return nil, errCrashed // the class came as JSON
	}
	p, first := m.join(m.hash([]byte(c.ClassCode)), m.hash(content), m.now())
	if first {
		defer m.settle(p) // and its panics go on
		p.result, p.err = call()
		return p.result, p.err
	}
	select {
	case <-p.done:
		return p.result, p.err
	case <-ctx.Done():
		return nil, errLate
	}
}

// join returns the push of a content, and whether it is a new one, which the
// caller then has to settle.
func (m *replays) join(id, content digest, now time.Time) (p *push, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	class := m.classes[id]
	if class == nil {
		class = &classPushes{id: id}
		m.classes[id] = class
	}
	if p := class.latest; p != nil {
		age := now.Sub(p.at)
		switch {
		case p.content == content && p.element == nil: // under way
			return p, false
		case p.content == content && age >= 0 && age < m.cfg.MaxAge:
			m.used.MoveToFront(p.element)
			return p, false
		default:
			m.forget(p) // and one that is under way is not the latest any more
		}
	}
	p = &push{class: class, content: content, at: now, done: make(chan struct{}), mixed: class.running > 0, err: errCrashed}
	class.latest = p
	class.running++
	return p, true
}

// settle ends a push, and remembers it if it can be given again.
func (m *replays) settle(p *push) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(p.done)
	p.class.running--
	switch {
	case p.class.latest != p:
	case p.err != nil || p.mixed:
		p.class.latest = nil
	default:
		m.remember(p)
	}
	m.tidy(p.class)
}

// entrySize is what a remembered push takes beside its texts, roughly.
const entrySize = 512

func (m *replays) remember(p *push) {
	p.size = entrySize + int64(len(p.result.rules))
	for _, account := range p.result.accounts {
		p.size += 16 + int64(len(account))
	}
	p.element = m.used.PushFront(p)
	m.bytes += p.size
	p.timer = time.AfterFunc(m.cfg.MaxAge, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.forget(p)
		m.tidy(p.class)
	})
	for m.used.Len() > m.cfg.MaxEntries || m.bytes > m.cfg.MaxBytes {
		oldest := m.used.Back().Value.(*push)
		m.forget(oldest)
		m.tidy(oldest.class)
	}
}

// forget drops what is remembered of a push.
func (m *replays) forget(p *push) {
	if p.element == nil {
		return
	}
	p.timer.Stop()
	m.used.Remove(p.element)
	m.bytes -= p.size
	p.element = nil
	if p.class.latest == p {
		p.class.latest = nil
	}
}

// tidy drops a class of which nothing is left.
func (m *replays) tidy(class *classPushes) {
	if class.running == 0 && class.latest == nil && m.classes[class.id] == class {
		delete(m.classes, class.id)
	}
}
