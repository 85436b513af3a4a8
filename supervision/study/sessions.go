package study

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// Sessions are the study sessions of a process. They are safe for concurrent
// use.
type Sessions struct {
	client *supervision.Client
	cfg    Config
	epoch  time.Time
	// monotonic says that the clock is time.Now, which measures elapsed time by
	// another clock than the one that can be set.
	monotonic bool
	owner     uint64 // of states that these Sessions have stored
	steady    steady
	wake      chan struct{} // that something is due earlier than Run knows

	mu       sync.Mutex
	students map[uint64]*student // by hash
	queue    queue
	plans    map[planKey]*plan
	closed   bool
}

// String returns nothing that tells who studies.
func (ss *Sessions) String() string { return "study.Sessions(redacted)" }

// Format is String for every verb, so that none shows personal data.
func (ss *Sessions) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, ss.String()) }

// LogValue is String for package slog.
func (ss *Sessions) LogValue() slog.Value { return slog.StringValue(ss.String()) }

// retryDelay is how long what could not be saved waits.
const retryDelay = 5 * time.Second

// batchSize bounds how many students' changes are committed together.
const batchSize = 512

// Reasons why an order is refused.
var (
	errClosed     = &kindError{errors.New("the Sessions are closed"), edusdk.ErrFailedPrecondition}
	errNotStarted = errors.New("the session has not been started: Sessions.Start returns sessions")
	errSuperseded = errors.New("another page or device has started the same video: the student goes on there")
	errContended  = &kindError{errors.New("other processes keep changing the same session"), edusdk.ErrUnavailable}
	errShort      = errors.New("the outbox returned too few results")
	// errInterrupted is what becomes of a saving in which the importer's outbox or
	// clock panics: it is made again.
	errInterrupted = errors.New("the saving was interrupted")
)

var statusErrors = [...]error{
	open:      nil,
	ending:    errors.New("the session is ending"),
	expiring:  errors.New("the session ends, because nobody touched it"),
	ended:     errors.New("the session has ended"),
	expired:   errors.New("the session has ended, because nobody touched it"),
	takenOver: errors.New("another process has taken the session over"),
	closed:    errClosed,
}

var seed = maphash.MakeSeed()

func hashOf(class, code string) uint64 { return maphash.Comparable(seed, [2]string{class, code}) }

// steady turns the readings of a clock into time that never goes back. A clock
// that is set back goes on from where it was.
type steady struct {
	mu     sync.Mutex
	last   time.Duration
	offset time.Duration
}

func (s *steady) at(reading time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := reading + s.offset
	if at < s.last-time.Second { // less than that is two readings at the same time
		s.offset += s.last - at
	}
	s.last = max(s.last, at)
	return s.last
}

// now returns the time, and how long it is since the epoch. The latter is not
// moved by a clock that is set back, or set at all where the clock is time.Now.
func (ss *Sessions) now() (time.Time, time.Duration) {
	t := ss.cfg.Clock()
	since := t.Sub(ss.epoch)
	if !ss.monotonic {
		since = ss.steady.at(since)
	}
	return t, since
}

// deferred reports whether a check of a lane does not block the counting now.
func (ss *Sessions) deferred(l *lane, down bool) bool {
	return ss.cfg.WhileDown == Defer && (down || !l.arrived)
}

// down reports whether the platform is, where that matters. No lock is held: an
// Outbox can be the importer's own.
func (ss *Sessions) down() bool { return ss.cfg.WhileDown == Defer && ss.cfg.Outbox.Down() }

// Len returns how many sessions are open.
func (ss *Sessions) Len() int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	n := 0
	for _, st := range ss.students {
		for ; st != nil; st = st.next {
			st.mu.Lock()
			for l := st.lanes; l != nil; l = l.next {
				n++
			}
			st.mu.Unlock()
		}
	}
	return n
}

// Find returns the session that a student has open for a video, if it was started
// here: for services whose requests name the student, not the session.
func (ss *Sessions) Find(class, student, resource string) (*Session, bool) {
	ss.mu.Lock()
	st := ss.lookup(class, student)
	ss.mu.Unlock()
	if st == nil {
		return nil, false
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	l := st.find(resource)
	if l == nil || l.status != open {
		return nil, false
	}
	return &Session{l, l.generation}, true
}

// lookup returns a student, or nil. Sessions.mu is held.
func (ss *Sessions) lookup(class, code string) *student {
	st := ss.students[hashOf(class, code)]
	for st != nil && (st.class != class || st.code != code) {
		st = st.next
	}
	return st
}

// acquire returns a student whom nobody else saves, until release. It waits for
// that. Without create there may be none.
func (ss *Sessions) acquire(ctx context.Context, class, code string, create bool) (*student, error) {
	for {
		ss.mu.Lock()
		if ss.closed {
			ss.mu.Unlock()
			return nil, errClosed
		}
		st := ss.lookup(class, code)
		if st == nil && create {
			h := hashOf(class, code)
			st = &student{sessions: ss, next: ss.students[h], class: class, code: code, place: -1}
			ss.students[h] = st
		}
		ss.mu.Unlock()
		if st == nil {
			return nil, nil //nolint:nilnil // there is none
		}
		if ok, err := st.acquire(ctx); ok || err != nil {
			return st, err
		}
	}
}

// acquire waits until nobody saves the student. It returns false if the student
// is not in Sessions any more.
func (st *student) acquire(ctx context.Context) (bool, error) {
	for {
		st.mu.Lock()
		free := st.tryAcquire()
		gone, saving := st.gone, st.saving
		st.mu.Unlock()
		if free || gone {
			return free, nil
		}
		select {
		case <-saving:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// tryAcquire is acquire without waiting. The student is locked.
func (st *student) tryAcquire() bool {
	if st.gone || st.saving != nil {
		return false
	}
	st.saving = make(chan struct{})
	return true
}

// release ends an acquire. It plans when the student is looked at next, later if
// the saving has failed, and lets go of one who has no session open.
func (ss *Sessions) release(st *student, err error) {
	_, now := ss.now()
	ss.mu.Lock()
	st.mu.Lock()
	close(st.saving)
	st.saving = nil
	due := now + retryDelay
	if err == nil {
		due = st.nextDue(now, &ss.cfg)
	}
	st.gone = st.lanes == nil && st.try == nil
	if st.gone {
		ss.forget(st)
	}
	gone := st.gone
	st.mu.Unlock()
	if !gone {
		ss.schedule(st, due)
	}
	ss.mu.Unlock()
}

// nextDue returns when Poll has to look at the student again.
func (st *student) nextDue(now time.Duration, cfg *Config) time.Duration {
	due := now + cfg.SaveEvery
	for l := st.lanes; l != nil; l = l.next {
		if l.status.isEnding() {
			return now
		}
		due = min(due, l.at+cfg.Idle)
		if next := l.reported + cfg.ReportEvery; next > now {
			due = min(due, next)
		}
	}
	return due
}

// forget takes a student out of the Sessions. Both locks are held.
func (ss *Sessions) forget(st *student) {
	if st.place >= 0 {
		heap.Remove(&ss.queue, int(st.place))
	}
	h := hashOf(st.class, st.code)
	if ss.students[h] == st && st.next == nil {
		delete(ss.students, h)
		return
	}
	if ss.students[h] == st {
		ss.students[h] = st.next
		return
	}
	for other := ss.students[h]; other != nil; other = other.next {
		if other.next == st {
			other.next = st.next
			return
		}
	}
}

// schedule has Poll look at a student at a time. Sessions.mu is held.
func (ss *Sessions) schedule(st *student, due time.Duration) {
	st.due = due
	if st.place < 0 {
		heap.Push(&ss.queue, st)
	} else {
		heap.Fix(&ss.queue, int(st.place))
	}
	if st.place == 0 {
		select {
		case ss.wake <- struct{}{}:
		default:
		}
	}
}

// hasten has Poll look at a student at once.
func (ss *Sessions) hasten(st *student) {
	_, now := ss.now()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if st.place >= 0 { // else somebody has it and will plan anew
		ss.schedule(st, now)
	}
}

// planOf returns the plan of a lesson, and counts its user.
func (ss *Sessions) planOf(l *Lesson) *plan {
	k := planOf(l)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	p := ss.plans[k]
	if p == nil {
		p = newPlan(k, l)
		ss.plans[k] = p
	}
	p.users++
	return p
}

// dropPlan ends a use of a plan.
func (ss *Sessions) dropPlan(p *plan) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(ss.plans, p.planKey)
	}
}

// Run saves and reports what the sessions have watched, and ends those that
// nobody touches, until ctx is done. It also ends sessions that a process has left
// which is gone (Recover). It needs to run once in every process that has
// sessions, beside the Outbox's Run; failures are logged and tried again. It
// returns the error of ctx.
func (ss *Sessions) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	// What is open and may still be in use when Run begins, is looked at once more.
	again := time.NewTimer(ss.cfg.Idle + ss.cfg.SaveEvery)
	defer again.Stop()
	ss.endLeft(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
			ss.endLeft(ctx)
			continue
		case <-timer.C:
		case <-ss.wake:
		}
		// Failures are logged where they occur.
		next, _ := ss.Poll(ctx)
		wait := time.Second // the clock can be another than the timer's
		if !next.IsZero() {
			wait = min(wait, max(time.Millisecond, next.Sub(ss.cfg.Clock())))
		}
		timer.Reset(wait)
	}
}

// endLeft is Recover for Run.
func (ss *Sessions) endLeft(ctx context.Context) {
	if _, err := ss.Recover(ctx); err != nil && ctx.Err() == nil {
		ss.cfg.Logger.Warn("sessions that processes have left could not be ended", "kind", kindName(err))
	}
}

// Poll does what is due by Config.Clock, once, and returns when something is due
// next, or the zero time. It is what Run does again and again; a test with a
// clock of its own can call it instead.
func (ss *Sessions) Poll(ctx context.Context) (next time.Time, err error) {
	var errs []error
	for {
		batch, at := ss.pop()
		if len(batch) == 0 {
			return at, errors.Join(errs...)
		}
		if err := ss.flush(ctx, batch, false); err != nil {
			errs = append(errs, err)
		}
	}
}

// pop acquires the students that are due, or tells when one will be. One that
// somebody else has acquired is planned anew by them.
func (ss *Sessions) pop() (batch []*student, next time.Time) {
	wall, now := ss.now()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for len(ss.queue) > 0 && len(batch) < batchSize {
		st := ss.queue[0]
		if st.due > now {
			next = wall.Add(st.due - now)
			break
		}
		heap.Pop(&ss.queue)
		st.mu.Lock()
		if st.tryAcquire() {
			batch = append(batch, st)
		}
		st.mu.Unlock()
	}
	return batch, next
}

// Close saves what has been watched and lets go of all sessions without ending
// them: another process, or the same one after a restart, resumes them by Start
// where they were. What cannot be saved is in the error and lost as in a crash;
// Close may then be called again. Run has to have returned before.
func (ss *Sessions) Close(ctx context.Context) error {
	ss.mu.Lock()
	ss.closed = true
	var all []*student
	for _, st := range ss.students {
		for ; st != nil; st = st.next {
			all = append(all, st)
		}
	}
	ss.mu.Unlock()
	var errs []error
	for len(all) > 0 {
		batch := all[:min(len(all), batchSize)]
		all = all[len(batch):]
		acquired := make([]*student, 0, len(batch))
		for _, st := range batch {
			ok, err := st.acquire(ctx)
			if err != nil {
				errs = append(errs, err)
				break
			}
			if ok {
				st.close()
				acquired = append(acquired, st)
			}
		}
		if err := ss.flush(ctx, acquired, true); err != nil {
			errs = append(errs, err)
		}
	}
	return failed("Sessions.Close", errors.Join(errs...))
}

// close ends the use of a student's sessions here.
func (st *student) close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for l := st.lanes; l != nil; l = l.next {
		if l.status == open {
			l.status = closed
		}
	}
}
