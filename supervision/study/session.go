package study

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/url"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// Session is a student who watches a video. It is safe for concurrent use, though
// positions have to come in order. Its methods return ErrFailedPrecondition when
// it has ended, or when another page, device or process has taken it over.
// It redacts itself when printed.
type Session struct {
	lane       *lane
	generation uint32
}

var (
	errNegative  = errors.New("must not be negative")
	errNoRecord  = errors.New("the class requires a recording: call Record before")
	errStillOpen = errors.New("the session is open: end it before")
)

// String returns nothing that tells who studies.
func (s Session) String() string { return "study.Session(redacted)" }

// Format is String for every verb, so that none shows personal data.
func (s Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String for package slog.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// lock locks the student of a session that was started, or returns why it cannot
// be used.
func (s *Session) lock() (*lane, error) {
	l := s.lane
	l.student.mu.Lock()
	err := statusErrors[l.status]
	if err == nil && l.generation != s.generation {
		err = errSuperseded
	}
	if err != nil {
		l.student.mu.Unlock()
		return nil, err
	}
	return l, nil
}

// Watched tells where the player is: what its callback for the passing of time
// (timeupdate) calls, as often as it likes. What the position has advanced since
// the last call counts as watched, at most the time that has passed; an advance
// that no player could have made in that time is a jump, and nothing of it
// counts. Call it too when the player is paused, before and after it jumps (or
// Seek after), and when it begins: then not a second is lost.
//
// Nothing counts beyond Lesson.Length, above the day's limit, or while a check is
// due. What is watched again counts again, up to Length in all.
//
// It only notes the position and does not wait for anything; Run reports it.
func (s *Session) Watched(position time.Duration) error {
	return s.move("Session.Watched", position, false)
}

// Seek tells that the player has jumped to a position. Nothing counts as watched.
func (s *Session) Seek(position time.Duration) error { return s.move("Session.Seek", position, true) }

func (s *Session) move(op string, position time.Duration, jump bool) error {
	if position < 0 {
		return refused(op, fieldError("position", errNegative.Error()))
	}
	if s == nil || s.lane == nil {
		return illegal(op, errNotStarted)
	}
	ss := s.lane.student.sessions
	wall, now := ss.now()
	down := ss.down()
	l, err := s.lock()
	if err != nil {
		return illegal(op, err)
	}
	if now-l.at >= ss.cfg.Idle {
		l.status = expiring
		l.student.mu.Unlock()
		ss.hasten(l.student)
		return illegal(op, statusErrors[expired])
	}
	l.dirty = true
	position = min(position, l.plan.length)
	if jump {
		l.seek(now, position)
	} else {
		l.watch(ss, wall, now, position, down)
	}
	call := l.untold(ss, down)
	l.student.mu.Unlock()
	if call {
		s.tell()
	}
	return nil
}

// watch moves the player and counts what was watched.
func (l *lane) watch(ss *Sessions, wall time.Time, now, position time.Duration, down bool) {
	played := l.advance(now, position, ss.cfg.Jitter, ss.cfg.MaxSpeed)
	deferred := ss.deferred(l, down)
	if _, due := l.dueCheck(0); due && !deferred {
		l.lead, l.spare = 0, 0
		return
	}
	if played == 0 {
		return
	}
	l.count(wall, played, deferred)
	l.furthest = max(l.furthest, position-l.lead-l.held)
}

// untold reports whether CheckDue has to be told of a check, and notes that it
// will be.
func (l *lane) untold(ss *Sessions, down bool) bool {
	if l.told || ss.cfg.CheckDue == nil || ss.deferred(l, down) {
		return false
	}
	_, due := l.dueCheck(0)
	l.told = due
	return due
}

// tellUntold tells CheckDue of a check that it has not been told of.
func (s *Session) tellUntold() {
	ss := s.lane.student.sessions
	down := ss.down()
	l, err := s.lock()
	if err != nil {
		return
	}
	call := l.untold(ss, down)
	l.student.mu.Unlock()
	if call {
		s.tell()
	}
}

// tell tells CheckDue of the check that is due. No lock is held: the function is
// the importer's.
func (s *Session) tell() {
	ss := s.lane.student.sessions
	if ss.cfg.CheckDue == nil {
		return
	}
	if c, due := s.Due(); due {
		ss.cfg.CheckDue(s, c)
	}
}

// Status is how a session stands.
type Status struct {
	Position time.Duration // of the player
	Watched  time.Duration // counted for the video, in all sessions of the student
	Reported time.Duration // of Watched, what reports tell that are durable
	// Limited says whether there is a limit for the day, and LeftToday how much
	// of it the student can still study in the class today.
	Limited   bool
	LeftToday time.Duration
	// CheckDue says that nothing is counted until a check is passed: see Due.
	CheckDue bool
}

// Status returns how the session stands.
func (s *Session) Status() (Status, error) {
	const op = "Session.Status"
	if s == nil || s.lane == nil {
		return Status{}, illegal(op, errNotStarted)
	}
	ss := s.lane.student.sessions
	wall, _ := ss.now()
	down := ss.down()
	l, err := s.lock()
	if err != nil {
		return Status{}, illegal(op, err)
	}
	defer l.student.mu.Unlock()
	st := Status{Position: l.position, Watched: l.total, Reported: l.total - l.carry, Limited: l.plan.limit > 0}
	if st.Limited {
		st.LeftToday = l.student.ledger.left(wall, l.plan.limit)
	}
	_, due := l.dueCheck(0)
	st.CheckDue = due && !ss.deferred(l, down)
	return st, nil
}

// End ends the session: it reports the rest, as far as it is whole seconds, and
// the end (1.4), and returns once both are durable. What is less than a second is
// left for the student's next session of the video; what was watched beyond a
// check that was not passed is not counted. After an error the session
// counts nothing more; Run goes on trying to end it, and End may be called again.
func (s *Session) End(ctx context.Context) error {
	const op = "Session.End"
	if s == nil || s.lane == nil {
		return illegal(op, errNotStarted)
	}
	if ctx == nil {
		return refused(op, fieldError("ctx", "must not be nil"))
	}
	err := s.exclusively(ctx, func(ss *Sessions, l *lane) error {
		l.student.mu.Lock()
		if l.plan.recording && !l.recorded {
			l.student.mu.Unlock()
			return illegal(op, errNoRecord)
		}
		l.status = ending
		l.student.mu.Unlock()
		if err := ss.save(ctx, l.student, false); err != nil {
			return err
		}
		l.student.mu.Lock()
		defer l.student.mu.Unlock()
		switch l.status {
		case ended, expired:
			return nil
		case ending:
			return errContended
		}
		return illegal(op, statusErrors[l.status])
	})
	return failed(op, err)
}

// exclusively calls a function while nobody else saves the session's student. The
// session is open, or is ending.
func (s *Session) exclusively(ctx context.Context, do func(*Sessions, *lane) error) (err error) {
	l := s.lane
	ss := l.student.sessions
	ok, err := l.student.acquire(ctx)
	if err != nil {
		return err
	}
	if !ok { // the student has no session open any more
		l.student.mu.Lock()
		defer l.student.mu.Unlock()
		return &kindError{statusErrors[l.status], edusdk.ErrFailedPrecondition}
	}
	err = errInterrupted // unless do returns
	defer func() { ss.release(l.student, err) }()
	l.student.mu.Lock()
	status, generation := l.status, l.generation
	l.student.mu.Unlock()
	switch {
	case status != open && !status.isEnding():
		err = &kindError{statusErrors[status], edusdk.ErrFailedPrecondition}
	case generation != s.generation:
		err = &kindError{errSuperseded, edusdk.ErrFailedPrecondition}
	default:
		err = do(ss, l)
	}
	return err
}

// Record reports where the recording of the student is (1.9), and returns once
// that is durable. An address that is reported again is not sent again.
func (s *Session) Record(ctx context.Context, recordVideoURL string) error {
	const op = "Session.Record"
	if s == nil || s.lane == nil {
		return illegal(op, errNotStarted)
	}
	if ctx == nil {
		return refused(op, fieldError("ctx", "must not be nil"))
	}
	if u, err := url.Parse(recordVideoURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return refused(op, fieldError("recordVideoURL", "must be an http or https address"))
	}
	err := s.exclusively(ctx, func(ss *Sessions, l *lane) error {
		wall, _ := ss.now()
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(recordVideoURL))
		l.student.mu.Lock()
		r := l.report(outbox.KindRecording, sum.Sum64(), wall)
		l.student.mu.Unlock()
		r.RecordVideoURL = recordVideoURL
		if err := ss.commit(ctx, []outbox.Change{{Reports: []outbox.Report{r.Report}}})[0]; err != nil {
			return err
		}
		l.student.mu.Lock()
		defer l.student.mu.Unlock()
		l.recorded, l.dirty = true, true
		return nil
	})
	return failed(op, err)
}
