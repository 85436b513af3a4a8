package study

import (
	"context"
	"errors"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// maxRounds bounds how often something is tried anew because another process has
// changed the same state meanwhile.
const maxRounds = 16

// attempt is a change of a student that is being saved. Until its outcome is known
// it is repeated as it is: the outbox knows the repetition of a change, and so do
// the keys of its reports.
type attempt struct {
	change outbox.Change
	lanes  []laneAttempt

	student bool // the student's state is in the change
	days    [2]int32
	totals  [2]time.Duration
}

// laneAttempt is what an attempt saves of a lane.
type laneAttempt struct {
	lane     *lane
	seq      uint64
	total    time.Duration
	progress time.Duration // that a report tells
	before   time.Duration // PlayTime then
	becomes  status        // open, or what the lane is when it has been saved
}

// flush saves students that are acquired, all at once, and releases them. With
// force it saves all of their sessions, else those that have something to save.
func (ss *Sessions) flush(ctx context.Context, batch []*student, force bool) error {
	errs := make([]error, 0, 1)
	tries, fresh := make([]*attempt, len(batch)), make([]bool, len(batch))
	released := 0
	defer func() { // if the outbox panics
		for _, st := range batch[released:] {
			ss.release(st, errInterrupted)
		}
	}()
	changes := make([]outbox.Change, 0, len(batch))
	for i, st := range batch {
		ss.lookForStarts(ctx, st)
		if tries[i], fresh[i] = ss.prepare(st, force); tries[i] != nil {
			changes = append(changes, tries[i].change)
		}
	}
	results := ss.commit(ctx, changes)
	for i, st := range batch {
		var err error
		if tries[i] != nil {
			var again bool
			again, err = ss.settle(ctx, st, tries[i], results[0])
			results = results[1:]
			if again || err == nil && !fresh[i] {
				err = ss.save(ctx, st, force)
			}
		}
		released++
		ss.release(st, err)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		ss.cfg.Logger.Warn("study sessions could not be saved; this is tried again", "students", len(errs), "kind", kindName(errs[0]))
	}
	return errors.Join(errs...)
}

// save saves one student who is acquired.
func (ss *Sessions) save(ctx context.Context, st *student, force bool) error {
	for range maxRounds {
		try, fresh := ss.prepare(st, force)
		if try == nil {
			return nil
		}
		again, err := ss.settle(ctx, st, try, ss.commit(ctx, []outbox.Change{try.change})[0])
		if err != nil || fresh && !again {
			return err
		}
	}
	return errContended
}

// commit commits changes and returns as many results.
func (ss *Sessions) commit(ctx context.Context, changes []outbox.Change) []error {
	if len(changes) == 0 {
		return nil
	}
	results := ss.cfg.Outbox.Commit(ctx, changes)
	for len(results) < len(changes) {
		results = append(results, errShort)
	}
	return results
}

// prepare returns what is to be saved of a student, or nil if there is nothing. An
// attempt whose outcome is unknown goes first; it is not fresh, and there may be
// more to save.
func (ss *Sessions) prepare(st *student, force bool) (try *attempt, fresh bool) {
	wall, now := ss.now()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.try != nil {
		return st.try, false
	}
	st.expire(now, ss.cfg.Idle)
	st.try = ss.build(st, wall, now, force)
	return st.try, true
}

// expire ends the sessions that nobody has touched.
func (st *student) expire(now, idle time.Duration) {
	for l := st.lanes; l != nil; l = l.next {
		if l.status == open && now-l.at >= idle {
			l.status = expiring
		}
	}
}

// build makes an attempt of what a student has to save. The student is locked.
func (ss *Sessions) build(st *student, wall time.Time, now time.Duration, force bool) *attempt {
	try := &attempt{}
	st.clip()
	for l := st.lanes; l != nil; l = l.next {
		if force || l.unsaved() || l.status.isEnding() {
			try.add(ss, l, wall, now)
			l.dirty = false
		}
	}
	if st.dirty || st.ledger.total != st.ledger.saved {
		try.student, try.days, try.totals = true, st.ledger.days, st.ledger.total
		state := studentState{Owner: ss.owner, Authenticated: st.authenticated, Days: try.days, Totals: try.totals}
		try.change.States = append(try.change.States, outbox.State{Key: studentKey(st.class, st.code), Fence: st.fence, Data: state.encode()})
		st.dirty = false
	}
	if len(try.change.States) == 0 {
		return nil
	}
	return try
}

// add puts a lane into the attempt.
func (try *attempt) add(ss *Sessions, l *lane, wall time.Time, now time.Duration) {
	a := laneAttempt{lane: l, seq: l.seq + 1, total: l.total, before: l.before, becomes: l.status.saved()}
	ends := l.status.isEnding()
	if ends || now-l.reported >= ss.cfg.ReportEvery {
		a.progress = l.carry.Truncate(time.Second)
	}
	state := l.state(ss.owner, wall.Add(l.at-now))
	state.Seq = a.seq
	if a.progress > 0 {
		r := l.report(outbox.KindProgress, a.seq, wall)
		r.fill(&state, a.progress, ss.cfg.PlayTime)
		r.Final = ends
		try.change.Reports = append(try.change.Reports, r.Report)
		a.before = state.Before
	}
	if ends {
		try.change.Reports = append(try.change.Reports, l.report(outbox.KindEnd, a.seq, wall).Report)
		state.end()
	}
	try.change.States = append(try.change.States, outbox.State{Key: l.key(), Fence: l.fence, Data: state.encode()})
	try.lanes = append(try.lanes, a)
}

// report is a report that is being made.
type report struct{ outbox.Report }

// fill makes it tell what a lane has studied, and takes that out of the lane's
// state.
func (r *report) fill(s *laneState, progress time.Duration, reading PlayTime) {
	s.Carry -= progress
	r.ProgressTime, r.Total, r.Before = progress, s.Total-s.Carry, s.Before
	r.PlayTime = s.Furthest.Truncate(time.Second)
	if reading == PlayWatched {
		r.PlayTime = r.Total.Truncate(time.Second)
	}
	r.PlayTime = max(r.PlayTime, s.Before) // it never goes back
	s.Before = r.PlayTime
}

// clip takes out of the sessions what is above the day's limit, because another
// process has reported study of the same day meanwhile.
func (st *student) clip() {
	for l := st.lanes; l != nil; l = l.next {
		if l.plan.limit == 0 {
			continue
		}
		over := st.ledger.excess(l.plan.limit)
		for o := st.lanes; o != nil && over > 0; o = o.next {
			part := min(over, o.total-o.saved, o.carry)
			o.total -= part
			o.carry -= part
			over -= part
		}
	}
}

// settle takes in the outcome of an attempt. It returns true if the attempt is
// void and another is to be made at once.
func (ss *Sessions) settle(ctx context.Context, st *student, try *attempt, err error) (again bool, _ error) {
	switch {
	case err == nil:
		ss.apply(st, try)
		return false, nil
	case errors.Is(err, outbox.ErrFenced):
		if err := ss.reconcile(ctx, st, try); err != nil {
			return false, err // the attempt is made again, and reconciled then
		}
		return true, nil
	case errors.Is(err, outbox.ErrFull), edusdk.KindOf(err) == edusdk.ErrInvalidArgument: // certainly not stored
		st.void(try)
	}
	return false, err
}

// void lets go of an attempt that has not been stored.
func (st *student) void(try *attempt) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.try = nil
	st.dirty = st.dirty || try.student
	for _, a := range try.lanes {
		a.lane.dirty = true
	}
}

// apply takes in that an attempt was stored.
func (ss *Sessions) apply(st *student, try *attempt) {
	_, now := ss.now()
	var gone []*plan
	st.mu.Lock()
	st.try = nil
	for _, a := range try.lanes {
		l := a.lane
		l.seq = a.seq
		l.fence++
		l.saved = a.total
		l.carry -= a.progress
		if a.progress > 0 {
			l.before, l.reported = a.before, now
		}
		if a.becomes != open {
			l.status = a.becomes
			st.remove(l)
			gone = append(gone, l.plan)
		}
	}
	if try.student {
		st.fence++
		st.ledger.settle(try.days, try.totals)
	}
	st.mu.Unlock()
	for _, p := range gone {
		ss.dropPlan(p)
	}
}

// reconcile finds out what became of an attempt that was refused because a state
// is not what it was. Either it was stored before, and its outcome had been lost;
// or another process has taken a session over, or has counted study of the same
// student.
func (ss *Sessions) reconcile(ctx context.Context, st *student, try *attempt) error {
	states := make([]laneState, len(try.lanes))
	fences := make([]uint64, len(try.lanes))
	stored := false
	for i, a := range try.lanes {
		s, err := ss.cfg.Outbox.LoadState(ctx, a.lane.key())
		if err != nil {
			return err
		}
		if states[i], err = decodeLane(s.Data); err != nil {
			return err
		}
		fences[i] = s.Fence
		stored = stored || states[i].Owner == ss.owner && states[i].Seq == a.seq
	}
	student, fence, err := ss.loadStudent(ctx, st)
	if err != nil {
		return err
	}
	if stored {
		ss.apply(st, try)
	}
	wall, _ := ss.now()
	var gone []*plan
	st.mu.Lock()
	if !stored {
		st.try = nil
	}
	for i, a := range try.lanes {
		l := a.lane
		l.fence = fences[i]
		l.dirty = true
		if states[i].Owner == ss.owner {
			continue
		}
		st.ledger.drop(l.total - l.saved)
		if l.status < ended {
			l.status = takenOver
			st.remove(l)
			gone = append(gone, l.plan)
		}
	}
	st.dirty = st.dirty || st.authenticated && !student.Authenticated
	st.authenticated = st.authenticated || student.Authenticated
	st.fence = fence
	st.ledger.reload(student.Days, student.Totals, wall)
	st.mu.Unlock()
	for _, p := range gone {
		ss.dropPlan(p)
	}
	if len(gone) > 0 {
		ss.cfg.Logger.Info("sessions were taken over by another process", "sessions", len(gone))
	}
	return nil
}

// loadStudent reads the durable state of a student.
func (ss *Sessions) loadStudent(ctx context.Context, st *student) (studentState, uint64, error) {
	s, err := ss.cfg.Outbox.LoadState(ctx, studentKey(st.class, st.code))
	if err != nil {
		return studentState{}, 0, err
	}
	state, err := decodeStudent(s.Data)
	return state, s.Fence, err
}

// lookForStarts finds out whether the platform has got the Starts of a student
// who is acquired, for the checks that wait for them.
func (ss *Sessions) lookForStarts(ctx context.Context, st *student) {
	st.mu.Lock()
	var waiting []*lane
	for l := st.lanes; l != nil; l = l.next {
		if !l.arrived && l.status == open && (l.startFace || len(l.plan.times) > 0) {
			waiting = append(waiting, l)
		}
	}
	st.mu.Unlock()
	for _, l := range waiting {
		// What cannot be known now is asked again.
		_, _ = ss.startArrived(ctx, l)
	}
}

// startArrived reports whether the platform has got the Start of a session.
func (ss *Sessions) startArrived(ctx context.Context, l *lane) (bool, error) {
	l.student.mu.Lock()
	start := l.report(outbox.KindStart, 0, time.Time{})
	arrived := l.arrived
	l.student.mu.Unlock()
	if arrived {
		return true, nil
	}
	status, err := ss.cfg.Outbox.Lookup(ctx, start.Report)
	if err != nil {
		return false, err
	}
	// A key that is forgotten was sent long ago.
	if status != outbox.Sent && status != outbox.Unknown {
		return false, nil
	}
	l.student.mu.Lock()
	defer l.student.mu.Unlock()
	l.arrived, l.dirty = true, true
	return true, nil
}

func kindName(err error) string { return edusdk.KindOf(err).String() }
