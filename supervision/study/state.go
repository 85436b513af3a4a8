package study

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// stateVersion is the version of what is stored. A state of a later one is
// refused: to read it and write it back would lose what is new in it.
const stateVersion = 1

// Where states are kept.
const (
	lanePrefix    = "study/lane/"
	studentPrefix = "study/student/"
)

// laneState is what is durable of a student's way through a video. It outlives
// sessions, so that no time is counted beyond the video's length in any number of
// them. Durations are in nanoseconds.
type laneState struct {
	Version int    `json:"v"`
	Owner   uint64 `json:"o"` // the Sessions that stored it
	Session string `json:"s"` // for idempotency keys
	Seq     uint64 `json:"n"` // how many times it was stored

	Open      bool  `json:"open,omitempty"`
	Arrived   bool  `json:"arr,omitempty"` // the platform has the Start
	StartFace bool  `json:"sf,omitempty"`  // the check at the start is still due
	Recorded  bool  `json:"rec,omitempty"`
	Touched   int64 `json:"t,omitempty"` // when the session was touched last, in Unix milliseconds
	Tries     uint8 `json:"try,omitempty"`

	Position time.Duration `json:"pos,omitempty"`
	Furthest time.Duration `json:"far,omitempty"`
	Total    time.Duration `json:"sum,omitempty"` // counted in all
	Carry    time.Duration `json:"car,omitempty"` // of it, what no report has
	Held     time.Duration `json:"hld,omitempty"` // watched, and counted once a check is passed
	Checked  time.Duration `json:"chk,omitempty"` // the time of the last check that was passed, plus 1; 0 if there was none
	Before   time.Duration `json:"bef,omitempty"` // PlayTime of the last report

	// Who studies what, while the session is open: another process may have to
	// end it.
	Class    string                 `json:"c,omitempty"`
	Student  string                 `json:"u,omitempty"`
	Course   string                 `json:"co,omitempty"`
	Section  string                 `json:"se,omitempty"`
	Resource string                 `json:"r,omitempty"`
	Type     supervision.DeviceType `json:"dt,omitempty"`
	Device   string                 `json:"di,omitempty"`
}

// studentState is what is durable of a student in a class.
type studentState struct {
	Version int `json:"v"`
	// Owner is the Sessions that stored it. Without it, what two processes store
	// at the same time could be the same, and the outbox would take the second for
	// a repetition of the first.
	Owner         uint64           `json:"o"`
	Authenticated bool             `json:"au,omitempty"`
	Days          [2]int32         `json:"d"` // since 1970, in the platform's time
	Totals        [2]time.Duration `json:"s"` // what was studied on them
}

// What can be wrong with a state.
var (
	errStateBroken  = errors.New("a stored state is unreadable")
	errStateVersion = errors.New("a stored state is of a later version of this package")
)

func (s *laneState) encode() []byte {
	s.Version = stateVersion
	return encode(s)
}

func (s *studentState) encode() []byte {
	s.Version = stateVersion
	return encode(s)
}

func encode(v any) []byte {
	b, _ := json.Marshal(v) // it holds nothing that cannot be encoded
	return b
}

// decodeLane reads a state; none is the zero state. Errors hold nothing of it.
func decodeLane(data []byte) (laneState, error) {
	var s laneState
	if err := decode(data, &s, &s.Version); err != nil {
		return laneState{}, err
	}
	for _, d := range []time.Duration{s.Position, s.Furthest, s.Total, s.Carry, s.Held, s.Checked, s.Before, s.Total - s.Carry} {
		if d < 0 {
			return laneState{}, errStateBroken
		}
	}
	if s.Open && (s.Session == "" || s.Class == "" || s.Student == "" || s.Course == "" || s.Resource == "") {
		return laneState{}, errStateBroken
	}
	return s, nil
}

// decodeStudent is decodeLane for a student's state.
func decodeStudent(data []byte) (studentState, error) {
	var s studentState
	if err := decode(data, &s, &s.Version); err != nil {
		return studentState{}, err
	}
	if s.Totals[0] < 0 || s.Totals[1] < 0 || s.Days[0] != 0 && s.Days[0] == s.Days[1] {
		return studentState{}, errStateBroken
	}
	return s, nil
}

func decode(data []byte, into any, version *int) error {
	if data == nil {
		return nil
	}
	// The version first: a later one may have other types.
	var v struct {
		Version int `json:"v"`
	}
	switch err := json.Unmarshal(data, &v); {
	case err != nil, v.Version < 1:
		return errStateBroken
	case v.Version > stateVersion:
		return errStateVersion
	case json.Unmarshal(data, into) != nil:
		return errStateBroken
	}
	*version = v.Version
	return nil
}

func laneKey(class, student, resource string) string {
	return lanePrefix + outbox.Lane(class, student, resource)
}

// studentKey has the form of a lane's name too, which keeps codes apart.
func studentKey(class, student string) string {
	return studentPrefix + outbox.Lane(class, student, "")
}
