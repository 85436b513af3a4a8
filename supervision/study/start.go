package study

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// Start begins a session, or goes on with one, and returns once that is durable.
//
// A new session reports the start (1.3) and, where the rules ask for it, carries
// out the student's real-name authentication (1.2) before, whose failure fails
// Start: nothing is reported then.
//
// Where the student has a session open for the video, in this process or in
// another one, that was touched within Config.Idle, Start goes on with it: a page
// was loaded anew, the process was started anew, another machine has taken over,
// or the student has turned to another device. Nothing is reported, and nothing
// is lost within a process; of another process's session, what it had not yet
// saved is. Whoever used the session before gets ErrFailedPrecondition from then
// on. A session that was left open longer ago is ended first.
//
// The player is taken to be where the session was; tell Watched or Seek at once
// where it really is.
func (ss *Sessions) Start(ctx context.Context, lesson Lesson) (*Session, error) {
	const op = "Sessions.Start"
	if err := lesson.check(); err != nil {
		return nil, refused(op, err)
	}
	if ctx == nil {
		return nil, refused(op, fieldError("ctx", "must not be nil"))
	}
	st, err := ss.acquire(ctx, lesson.Class, lesson.Student, true)
	if err != nil {
		return nil, failed(op, err)
	}
	s, err := ss.startAndRelease(ctx, st, &lesson)
	if err != nil {
		return nil, failed(op, err)
	}
	s.tellUntold()
	return s, nil
}

// startAndRelease is Start for a student who is acquired.
func (ss *Sessions) startAndRelease(ctx context.Context, st *student, lesson *Lesson) (s *Session, err error) {
	err = errInterrupted // unless it returns
	defer func() { ss.release(st, err) }()
	s, err = ss.start(ctx, st, lesson)
	return s, err
}

func (ss *Sessions) start(ctx context.Context, st *student, lesson *Lesson) (*Session, error) {
	if err := ss.know(ctx, st); err != nil {
		return nil, err
	}
	st.mu.Lock()
	l := st.find(lesson.Resource)
	st.mu.Unlock()
	if l != nil {
		ss.adopt(l, lesson)
		// Saving finds out whether another process has the session now, and ends
		// it if it is to end.
		if err := ss.save(ctx, st, true); err != nil {
			return nil, err
		}
		st.mu.Lock()
		status, generation := l.status, l.generation
		st.mu.Unlock()
		if status == open {
			return &Session{l, generation}, nil
		}
	}
	return ss.begin(ctx, st, lesson)
}

// know reads the student's state, once, and first settles what is unknown.
func (ss *Sessions) know(ctx context.Context, st *student) error {
	st.mu.Lock()
	try, loaded := st.try, st.loaded
	st.mu.Unlock()
	if try != nil {
		if err := ss.save(ctx, st, false); err != nil {
			return err
		}
	}
	if loaded {
		return nil
	}
	state, fence, err := ss.loadStudent(ctx, st)
	if err != nil {
		return err
	}
	ss.learn(st, state, fence)
	return nil
}

// learn takes in the student's durable state.
func (ss *Sessions) learn(st *student, state studentState, fence uint64) {
	wall, _ := ss.now()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.loaded, st.fence = true, fence
	st.dirty = st.dirty || st.authenticated && !state.Authenticated
	st.authenticated = st.authenticated || state.Authenticated
	st.ledger.reload(state.Days, state.Totals, wall)
}

// adopt goes on with a session of this process, under another Session.
func (ss *Sessions) adopt(l *lane, lesson *Lesson) {
	p := ss.planOf(lesson)
	_, now := ss.now()
	st := l.student
	st.mu.Lock()
	old := l.plan
	st.expire(now, ss.cfg.Idle)
	if l.status == open {
		l.generation++
		l.replan(p, l.checked(), p != old)
		l.device, l.deviceID = deviceNumber(lesson.Device.Type), lesson.Device.ID
		l.restart(now)
		l.dirty, l.told = true, false
		p = old
	}
	st.mu.Unlock()
	ss.dropPlan(p)
}

// begin goes on with a session that another process has left, or begins one.
func (ss *Sessions) begin(ctx context.Context, st *student, lesson *Lesson) (*Session, error) {
	p := ss.planOf(lesson)
	for range maxRounds {
		l, err := ss.tryBegin(ctx, st, lesson, p)
		switch {
		case err == nil:
			return &Session{l, l.generation}, nil
		case errors.Is(err, outbox.ErrFenced): // somebody was faster
			state, fence, loadErr := ss.loadStudent(ctx, st)
			if loadErr == nil {
				ss.learn(st, state, fence)
				continue
			}
			err = loadErr
		}
		ss.dropPlan(p)
		return nil, err
	}
	ss.dropPlan(p)
	return nil, errContended
}

// tryBegin is begin, unless somebody changes the states meanwhile.
func (ss *Sessions) tryBegin(ctx context.Context, st *student, lesson *Lesson, p *plan) (*lane, error) {
	stored, err := ss.cfg.Outbox.LoadState(ctx, laneKey(lesson.Class, lesson.Student, lesson.Resource))
	if err != nil {
		return nil, err
	}
	state, err := decodeLane(stored.Data)
	if err != nil {
		return nil, err
	}
	if err := ss.authenticate(ctx, st, lesson); err != nil {
		return nil, err
	}
	wall, now := ss.now()
	var change outbox.Change
	anew := !state.Open || ss.stale(&state, wall)
	if state.Open && anew {
		change.Reports = ss.leave(&state)
	}
	l := &lane{
		student: st, plan: p, fence: stored.Fence, seq: state.Seq + 1, furthest: state.Furthest, total: state.Total,
		carry: state.Carry, held: state.Held, saved: state.Total, reported: now, before: state.Before,
		device: deviceNumber(lesson.Device.Type), deviceID: lesson.Device.ID, tries: state.Tries,
		startFace: state.StartFace, arrived: state.Arrived, recorded: state.Recorded,
	}
	l.seek(now, state.Position)
	l.replan(p, state.Checked, anew)
	if anew {
		_, _ = rand.Read(l.session[:]) // it never fails
		l.startFace = p.startFace
		change.Reports = append(change.Reports, l.report(outbox.KindStart, 0, wall).Report)
	} else if _, err := hex.Decode(l.session[:], []byte(state.Session)); err != nil {
		return nil, errStateBroken
	}
	own := l.state(ss.owner, wall)
	change.States = append(change.States, outbox.State{Key: l.key(), Fence: l.fence, Data: own.encode()})
	st.mu.Lock()
	withStudent := st.dirty
	days, totals := st.ledger.days, st.ledger.total
	student := studentState{Owner: ss.owner, Authenticated: st.authenticated, Days: days, Totals: totals}
	if withStudent {
		change.States = append(change.States, outbox.State{Key: studentKey(st.class, st.code), Fence: st.fence, Data: student.encode()})
	}
	st.mu.Unlock()
	if err := ss.commit(ctx, []outbox.Change{change})[0]; err != nil {
		return nil, err
	}
	l.fence++
	st.mu.Lock()
	defer st.mu.Unlock()
	if withStudent {
		st.dirty = false
		st.fence++
		st.ledger.settle(days, totals)
	}
	l.next, st.lanes = st.lanes, l
	return l, nil
}

// authenticate carries out 1.2 where the rules ask for it and the student has not
// passed it in the class before.
func (ss *Sessions) authenticate(ctx context.Context, st *student, lesson *Lesson) error {
	st.mu.Lock()
	done := st.authenticated || !lesson.Rules.RealNameAuthentication
	st.mu.Unlock()
	if done {
		return nil
	}
	if !lesson.Authenticated {
		if lesson.CardNo == "" || lesson.Name == "" {
			return refused("Sessions.Start", fieldError("CardNo", "and Name must not be empty: the class requires real-name authentication"))
		}
		client := ss.client
		if lesson.Device != (supervision.Device{}) {
			client = client.WithDevice(lesson.Device)
		}
		if err := client.Students.Authenticate(ctx, lesson.CardNo, lesson.Name); err != nil {
			return err
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.authenticated, st.dirty = true, true
	return nil
}

// stale reports whether an open session was left by its process: nobody has
// touched it for so long that it should have ended.
func (ss *Sessions) stale(s *laneState, wall time.Time) bool {
	return wall.Sub(time.UnixMilli(s.Touched)) >= ss.cfg.Idle+ss.cfg.SaveEvery
}

// leave ends a stored session that its process has left, and returns what is to be
// reported.
func (ss *Sessions) leave(s *laneState) []outbox.Report {
	wall, _ := ss.now()
	s.Owner = ss.owner
	s.Seq++
	r := report{outbox.Report{
		Kind: outbox.KindProgress, Session: s.Session, Sequence: s.Seq, ClassCode: s.Class, StudentUserCode: s.Student,
		ResCode: s.Resource, CourseCode: s.Course, SectionCode: s.Section, Device: supervision.Device{Type: s.Type, ID: s.Device},
		At: wall, Final: true,
	}}
	end := r
	end.Kind, end.Final = outbox.KindEnd, false
	var reports []outbox.Report
	if rest := s.Carry.Truncate(time.Second); rest > 0 {
		r.fill(s, rest, ss.cfg.PlayTime)
		reports = append(reports, r.Report)
	}
	s.end()
	return append(reports, end.Report)
}

// Recover ends the sessions that processes have left open which are gone: of
// those that nobody has touched for Config.Idle, the rest is reported, and 1.4 is
// sent. It returns how many it has ended. Run calls it when it begins, and again
// when what was open then has to have ended or been resumed; a fleet from which a
// machine can go for good should call it now and then. The other processes'
// clocks, Idle and SaveEvery have to be about the same.
func (ss *Sessions) Recover(ctx context.Context) (int, error) {
	var errs []error
	var changes []outbox.Change
	n := 0
	commit := func() {
		for _, err := range ss.commit(ctx, changes)[:len(changes)] {
			switch {
			case err == nil:
				n++
			case !errors.Is(err, outbox.ErrFenced): // else somebody was faster
				errs = append(errs, err)
			}
		}
		changes = changes[:0]
	}
	for stored, err := range ss.cfg.Outbox.States(ctx, lanePrefix) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		state, err := decodeLane(stored.Data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if ss.isLeft(&state) {
			reports := ss.leave(&state)
			stored.Data = state.encode()
			changes = append(changes, outbox.Change{Reports: reports, States: []outbox.State{stored}})
		}
		if len(changes) == batchSize {
			commit()
		}
	}
	commit()
	return n, failed("Sessions.Recover", errors.Join(errs...))
}

// isLeft reports whether a session is open and its process is gone.
func (ss *Sessions) isLeft(s *laneState) bool {
	wall, _ := ss.now()
	if !s.Open || !ss.stale(s, wall) {
		return false
	}
	_, here := ss.Find(s.Class, s.Student, s.Resource) // it ends by itself, if it has to
	return !here
}

// Forget deletes what is kept of a student's way through a video, such as when a
// class is over. Until then it is kept, a hundred bytes or two, so that no time is
// counted beyond the video's length in several sessions. A session that is open
// is ErrFailedPrecondition.
func (ss *Sessions) Forget(ctx context.Context, class, student, resource string) error {
	const op = "Sessions.Forget"
	for range maxRounds {
		stored, err := ss.cfg.Outbox.LoadState(ctx, laneKey(class, student, resource))
		if err != nil || stored.Data == nil {
			return failed(op, err)
		}
		state, err := decodeLane(stored.Data)
		if err != nil {
			return failed(op, err)
		}
		if state.Open {
			return illegal(op, errStillOpen)
		}
		stored.Data = nil
		err = ss.commit(ctx, []outbox.Change{{States: []outbox.State{stored}}})[0]
		if !errors.Is(err, outbox.ErrFenced) {
			return failed(op, err)
		}
	}
	return failed(op, errContended)
}
