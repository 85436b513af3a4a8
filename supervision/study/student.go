package study

import (
	"container/heap"
	"encoding/hex"
	"sync"
	"time"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// student is a student of a class who has sessions open. There may be many
// thousands, so what is in it, and in lane, is kept small.
type student struct {
	mu       sync.Mutex // after Sessions.mu
	sessions *Sessions
	next     *student // of the same hash
	class    string
	code     string // studentUserCode
	lanes    *lane  // the first session; few have more than one
	try      *attempt
	saving   chan struct{} // closed when who has acquired the student is done; nil if nobody has

	ledger ledger
	fence  uint64        // of the student's state
	due    time.Duration // when Poll has to look; guarded by Sessions.mu
	place  int32         // in Sessions.queue, or -1; guarded by Sessions.mu

	gone          bool // it is not in Sessions any more
	loaded        bool // the student's state was
	authenticated bool
	dirty         bool // the student's state has to be saved
}

// lane is a student's way through a video: an open session.
type lane struct {
	next     *lane // of the same student
	student  *student
	plan     *plan
	deviceID string
	session  [16]byte // for idempotency keys

	meter

	furthest time.Duration // that was played
	total    time.Duration // that was counted, in all sessions of the lane
	carry    time.Duration // of total, what no report has
	saved    time.Duration // of total, what is durable
	held     time.Duration // watched and not counted, because a check fell due within it
	reported time.Duration // when a report was made, since the epoch
	before   time.Duration // PlayTime of the last report

	seq, fence uint64
	pending    *challenge // of a check that has begun, or nil
	generation uint32     // of the Session that may use it
	check      uint16     // the next one of plan.times
	tries      uint8      // that failed of it
	device     uint8      // place in deviceTypes
	status     status
	startFace  bool // the check at the start is due
	arrived    bool // the platform has the Start
	recorded   bool
	told       bool // CheckDue was, of the check that is due
	dirty      bool // something changed since it was saved
}

// status is what can be done with a lane.
type status uint8

const (
	open      status = iota
	ending           // End was called and is not durable yet
	expiring         // nobody touched it, and that is not durable yet
	ended            // by End
	expired          // by itself
	takenOver        // by another process
	closed           // with its Sessions
)

// isEnding reports whether the end has to be saved.
func (s status) isEnding() bool { return s == ending || s == expiring }

// saved returns what a lane is when that it has this status has been saved.
func (s status) saved() status {
	switch s {
	case ending:
		return ended
	case expiring:
		return expired
	}
	return s
}

// key returns where the lane's state is kept.
func (l *lane) key() string { return laneKey(l.student.class, l.student.code, l.plan.resource) }

func (l *lane) deviceOf() supervision.Device {
	return supervision.Device{Type: deviceTypes[l.device], ID: l.deviceID}
}

// due returns the check that has to be passed before more is counted.
func (l *lane) dueCheck(maxTries int) (Check, bool) {
	c := Check{Kind: CheckFace, TriesLeft: max(0, maxTries-int(l.tries))}
	switch {
	case l.startFace:
		return c, true
	case int(l.check) < len(l.plan.times) && l.total >= l.plan.times[l.check]:
		c.At = l.plan.times[l.check]
		if l.plan.onHook == supervision.OnHookCode {
			c.Kind = CheckCode
		}
		return c, true
	}
	return Check{}, false
}

// count counts what was watched: not beyond the video's length, the day's limit
// or, unless checks are deferred, a check. What lies beyond a check is held until
// it is passed: the student could not know of it.
func (l *lane) count(now time.Time, watched time.Duration, deferred bool) {
	until := max(0, min(watched, l.plan.length-l.total))
	room := until
	if !deferred {
		if _, due := l.dueCheck(0); due {
			return
		}
		if int(l.check) < len(l.plan.times) {
			until = min(until, l.plan.times[l.check]-l.total)
		}
	}
	counted := until
	if l.plan.limit > 0 {
		// What counts was watched first, and what does not, after it.
		counted = l.student.ledger.take(now.Add(until-watched), until, l.plan.limit)
	}
	l.total += counted
	l.carry += counted
	if counted == until {
		l.held = room - until
	}
}

// pass ends the check that is due.
func (l *lane) pass(now time.Time, deferred bool) {
	if l.startFace {
		l.startFace = false
	} else {
		l.check++
	}
	l.tries, l.told, l.dirty, l.pending = 0, false, true, nil
	held := l.held
	l.held = 0
	l.count(now, held, deferred)
}

// replan puts the lane under a plan, after the check that was passed last. Where
// that is another than it was, or another session, checks whose time is over are
// left out.
func (l *lane) replan(p *plan, checked time.Duration, anew bool) {
	after := checked - 1
	if anew {
		after = max(after, l.total-1)
	}
	l.plan = p
	l.check = uint16(p.next(after)) //nolint:gosec // there are at most MaxCheckTimes
}

// checked returns the time of the check that was passed last, plus 1; 0 if there
// was none.
func (l *lane) checked() time.Duration {
	if l.check == 0 {
		return 0
	}
	return l.plan.times[l.check-1] + 1
}

// report returns a report of the lane.
func (l *lane) report(kind outbox.Kind, sequence uint64, now time.Time) report {
	return report{outbox.Report{
		Kind: kind, Session: hex.EncodeToString(l.session[:]), Sequence: sequence,
		ClassCode: l.student.class, StudentUserCode: l.student.code, ResCode: l.plan.resource,
		CourseCode: l.plan.course, SectionCode: l.plan.section, Device: l.deviceOf(), At: now,
	}}
}

// state returns what is to be durable of an open lane.
func (l *lane) state(owner uint64, touched time.Time) laneState {
	return laneState{
		Owner: owner, Session: hex.EncodeToString(l.session[:]), Seq: l.seq,
		Open: true, Arrived: l.arrived, StartFace: l.startFace, Recorded: l.recorded, Touched: touched.UnixMilli(), Tries: l.tries,
		Position: l.position, Furthest: l.furthest, Total: l.total, Carry: l.carry, Held: l.held, Checked: l.checked(), Before: l.before,
		Class: l.student.class, Student: l.student.code, Course: l.plan.course, Section: l.plan.section, Resource: l.plan.resource,
		Type: deviceTypes[l.device], Device: l.deviceID,
	}
}

// end makes a state that of a session that has ended: what the next session of
// the lane goes on from.
func (s *laneState) end() {
	*s = laneState{
		Owner: s.Owner, Session: s.Session, Seq: s.Seq, Position: s.Position, Furthest: s.Furthest,
		Total: s.Total, Carry: s.Carry, Checked: s.Checked, Before: s.Before,
	}
}

// unsaved reports whether a lane has something to save.
func (l *lane) unsaved() bool { return l.dirty || l.total != l.saved }

// find returns the open lane of a video, or nil.
func (st *student) find(resource string) *lane {
	for l := st.lanes; l != nil; l = l.next {
		if l.plan.resource == resource {
			return l
		}
	}
	return nil
}

// remove takes a lane out.
func (st *student) remove(gone *lane) {
	for at := &st.lanes; *at != nil; at = &(*at).next {
		if *at == gone {
			*at = gone.next
			return
		}
	}
}

// queue holds students by when Poll has to look at them: one heap for all
// sessions.
type queue []*student

var _ heap.Interface = (*queue)(nil)

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due < q[j].due }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i), int32(j) //nolint:gosec // so many do not fit into memory
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	st := x.(*student)
	st.place = int32(len(*q)) //nolint:gosec // see Swap
	*q = append(*q, st)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	st := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	st.place = -1
	return st
}
