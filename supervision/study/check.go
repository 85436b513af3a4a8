package study

import (
	"context"
	"errors"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/supervision"
)

// CheckKind is how a student is checked.
type CheckKind uint8

// The kinds of check.
const (
	CheckFace CheckKind = 1 + iota // see FaceCheck
	CheckCode                      // see CodeCheck
)

var checkKindNames = map[CheckKind]string{CheckFace: "CheckFace", CheckCode: "CheckCode"}

// String returns the name of the constant, or its type and number where it has none.
func (k CheckKind) String() string { return enum.Name(k, checkKindNames) }

// Check is a check that is due.
type Check struct {
	Kind CheckKind
	// At is the watched time at which it fell due, 0 for the one at the start.
	At time.Duration
	// TriesLeft is how often the student may still fail it.
	TriesLeft int
}

// Due returns the check that has to be passed before more is counted, if there
// is one. The check stays due until it is passed, through reloads and restarts too;
// passing it can make another due at once.
func (s *Session) Due() (Check, bool) {
	if s == nil || s.lane == nil {
		return Check{}, false
	}
	ss := s.lane.student.sessions
	down := ss.down()
	l, err := s.lock()
	if err != nil {
		return Check{}, false
	}
	defer l.student.mu.Unlock()
	if ss.deferred(l, down) {
		return Check{}, false
	}
	return l.dueCheck(ss.cfg.MaxTries)
}

// challenge is a check that has begun: what the platform gave for it.
type challenge struct {
	bizCode string
	code    *supervision.VerificationCode // of a CodeCheck
	expires time.Time
}

var (
	errNoFaceDue   = errors.New("no face check is due")
	errNoCodeDue   = errors.New("no check by a code is due")
	errNotArrived  = errors.New("the platform has not got the session's start yet: it checks nobody who is not online to it")
	errTriesUsed   = errors.New("the student has failed the check as often as Config.MaxTries allows")
	errCodeExpired = errors.New("there is no code to submit, or it has expired: ask for another and show that")
)

// FaceCheck is the check of the student's face that is due (1.5 and 1.6).
type FaceCheck struct{ session *Session }

// FaceCheck returns the face check of a session. It needs none to be due: its
// methods do.
func (s *Session) FaceCheck() FaceCheck { return FaceCheck{s} }

// Prepare asks the platform for what a face check needs (1.5), and returns until
// when the photo has to be there. It may be left out: Compare does it where it has
// to.
func (c FaceCheck) Prepare(ctx context.Context) (expires time.Time, err error) {
	const op = "FaceCheck.Prepare"
	t, err := c.session.examine(ctx, op, CheckFace)
	if err != nil {
		return time.Time{}, err
	}
	p, err := t.faceConfig(ctx)
	if err != nil {
		return time.Time{}, err
	}
	t.keep(p)
	return p.expires, nil
}

// Compare has the platform compare a photo of the student (1.6), a JPEG or PNG
// that supervision.FitImage has made fit. A face that does not match is a result,
// not an error, and uses up a try. One that matches passes the check, and the
// counting goes on.
//
// What Prepare got is used if it has not expired, and is asked for anew if it has,
// or if the platform rejects it. An error leaves the check due and uses up no try,
// even where edusdk.MaybeApplied holds: the platform may have noted an outcome
// that nobody knows here, so the student is checked again. ErrFailedPrecondition
// says that no face check is due, or that the platform has not got the session's
// Start yet; ErrResourceExhausted that no tries are left.
func (c FaceCheck) Compare(ctx context.Context, photo []byte) (*supervision.FaceResult, error) {
	const op = "FaceCheck.Compare"
	t, err := c.session.examine(ctx, op, CheckFace)
	if err != nil {
		return nil, err
	}
	kept := t.take()
	for {
		p := kept
		if p == nil {
			if p, err = t.faceConfig(ctx); err != nil {
				return nil, err
			}
		}
		result, err := t.client.Checks.CompareFace(ctx, &supervision.FaceRequest{
			StudentUserCode: t.request.StudentUserCode, ResCode: t.request.ResCode, ClassCode: t.request.ClassCode,
			BizCode: p.bizCode, VideoStudyTime: t.position, Image: photo,
		})
		if err != nil && kept != nil && rejected(err) {
			kept = nil // it may have expired sooner: no code says so
			continue
		}
		if edusdk.KindOf(err) == edusdk.ErrInvalidArgument && kept != nil { // it was not sent
			t.keep(kept)
		}
		if err != nil {
			return nil, err
		}
		t.conclude(result.Passed())
		return result, nil
	}
}

// CodeCheck is the check by a code that is due (1.7 and 1.8).
type CodeCheck struct{ session *Session }

// CodeCheck returns the check by a code of a session. It needs none to be due:
// its methods do.
func (s *Session) CodeCheck() CodeCheck { return CodeCheck{s} }

// Code returns a code for the student to type in (1.7): the one that was given
// before and has not expired, or another. Its ExpiresTime counts from when it was
// given. Errors are as with FaceCheck.Compare.
func (c CodeCheck) Code(ctx context.Context) (*supervision.VerificationCode, error) {
	const op = "CodeCheck.Code"
	t, err := c.session.examine(ctx, op, CheckCode)
	if err != nil {
		return nil, err
	}
	p := t.take()
	if p == nil {
		code, err := t.client.Checks.Code(ctx, &t.request)
		if err != nil {
			return nil, err
		}
		p = &challenge{bizCode: code.BizCode, code: code, expires: t.asked.Add(code.ExpiresTime)}
	}
	t.keep(p)
	shown := *p.code
	return &shown, nil
}

// Submit has the platform check what the student has typed in (1.8), and reports
// whether it was right. A wrong code uses up a try and the code too: show another.
// Any rejection counts as a wrong code, since the document has no returnCode for
// it; reason is the platform's, for logs and for people. A code that has expired
// is ErrFailedPrecondition; other errors are as with FaceCheck.Compare.
func (c CodeCheck) Submit(ctx context.Context, typed string) (passed bool, reason string, err error) {
	const op = "CodeCheck.Submit"
	t, err := c.session.examine(ctx, op, CheckCode)
	if err != nil {
		return false, "", err
	}
	if typed == "" {
		return false, "", refused(op, fieldError("typed", "must not be empty"))
	}
	p := t.take()
	if p == nil {
		return false, "", illegal(op, errCodeExpired)
	}
	err = t.client.Checks.SubmitCode(ctx, &supervision.SubmitCodeRequest{
		BizCode: p.bizCode, VerificationCode: typed, VideoStudyTime: t.position,
	})
	var e *edusdk.Error
	if rejected(err) && errors.As(err, &e) {
		t.conclude(false)
		return false, e.Message, nil
	}
	if err != nil {
		return false, "", err
	}
	t.conclude(true)
	return true, "", nil
}

// rejected reports whether the platform has answered that it does not take what it
// was sent.
func rejected(err error) bool {
	var e *edusdk.Error
	return errors.As(err, &e) && e.Code != "" && e.Kind == edusdk.ErrUnknown && !e.MaybeApplied
}

// trial is one go at a check.
type trial struct {
	session  *Session
	sessions *Sessions
	check    Check
	client   *supervision.Client // for the student's device
	request  supervision.CheckRequest
	position time.Duration // of the player, in whole seconds
	asked    time.Time
}

// examine begins a go at the check that is due, if it is one of a kind.
func (s *Session) examine(ctx context.Context, op string, kind CheckKind) (*trial, error) {
	if s == nil || s.lane == nil {
		return nil, illegal(op, errNotStarted)
	}
	if ctx == nil {
		return nil, refused(op, fieldError("ctx", "must not be nil"))
	}
	ss := s.lane.student.sessions
	wall, now := ss.now()
	l, err := s.lock()
	if err != nil {
		return nil, illegal(op, err)
	}
	check, due := l.dueCheck(ss.cfg.MaxTries)
	l.at = max(l.at, now) // the student is there
	t := &trial{
		session: s, sessions: ss, check: check, client: ss.client, position: l.position.Truncate(time.Second), asked: wall,
		request: supervision.CheckRequest{ResCode: l.plan.resource, StudentUserCode: l.student.code, ClassCode: l.student.class},
	}
	if device := l.deviceOf(); device != (supervision.Device{}) {
		t.client = t.client.WithDevice(device)
	}
	l.student.mu.Unlock()
	switch {
	case !due || check.Kind != kind:
		if kind == CheckFace {
			return nil, illegal(op, errNoFaceDue)
		}
		return nil, illegal(op, errNoCodeDue)
	case check.TriesLeft == 0:
		return nil, &edusdk.Error{Vendor: vendor, Op: "study." + op, Kind: edusdk.ErrResourceExhausted, Err: errTriesUsed}
	}
	arrived, err := ss.startArrived(ctx, l)
	if err != nil {
		return nil, failed(op, err)
	}
	if !arrived {
		return nil, illegal(op, errNotArrived)
	}
	return t, nil
}

// faceConfig asks for a bizCode (1.5). Its time counts from before the request.
func (t *trial) faceConfig(ctx context.Context) (*challenge, error) {
	t.asked, _ = t.sessions.now()
	config, err := t.client.Checks.FaceConfig(ctx, &t.request)
	if err != nil {
		return nil, err
	}
	return &challenge{bizCode: config.BizCode, expires: t.asked.Add(config.ExpiresTime)}, nil
}

// keep keeps what the platform gave until the student has answered.
func (t *trial) keep(p *challenge) {
	if l, err := t.session.lock(); err == nil {
		l.pending = p
		l.student.mu.Unlock()
	}
}

// take returns what was kept, if it has not expired, for one use: a bizCode is
// good for one.
func (t *trial) take() *challenge {
	l, err := t.session.lock()
	if err != nil {
		return nil
	}
	defer l.student.mu.Unlock()
	p := l.pending
	l.pending = nil
	if p != nil && !t.asked.Before(p.expires) {
		return nil
	}
	return p
}

// conclude notes the outcome of a check. A check that somebody else has passed
// meanwhile stays passed.
func (t *trial) conclude(passed bool) {
	ss := t.sessions
	wall, now := ss.now()
	down := ss.down()
	l, err := t.session.lock()
	if err != nil {
		return // the session has ended or was taken over meanwhile
	}
	if current, due := l.dueCheck(ss.cfg.MaxTries); !due || current.Kind != t.check.Kind || current.At != t.check.At {
		l.student.mu.Unlock()
		return
	}
	l.dirty = true
	call := false
	if passed {
		l.restart(now) // what passed during the check was not watched
		l.pass(wall, ss.deferred(l, down))
		call = l.untold(ss, down)
	} else if l.tries < 255 {
		l.tries++
	}
	l.student.mu.Unlock()
	ss.hasten(l.student) // a check that was passed is not asked for again after a crash
	if call {
		t.session.tell()
	}
}
