package study

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// Lesson says who watches what. All of it is required, but for Section, Device,
// Rules, and what is said to be optional. It redacts itself when printed.
type Lesson struct {
	Student  string // studentUserCode
	Class    string // classCode
	Course   string // courseCode
	Section  string // sectionCode; optional
	Resource string // resCode, of the video

	// Length is the video's, such as ClassResource.VideoTimeLength. A student
	// gets no more time counted for a video than that, in all sessions together.
	Length time.Duration
	// Device is the student's. The zero Device is the client's own.
	Device supervision.Device
	// Rules are those of the class.
	Rules Rules

	// CardNo (ID number) and Name are for the real-name authentication, where
	// the Rules ask for it and it has not been passed. They are sent once and
	// not kept.
	CardNo, Name string
	// Authenticated says that the student has passed the authentication by other
	// means, so that CardNo and Name are not needed.
	Authenticated bool
}

// String returns nothing that tells who studies.
func (l Lesson) String() string { return "study.Lesson(redacted)" }

// Format is String for every verb, so that none shows personal data.
func (l Lesson) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// LogValue is String for package slog.
func (l Lesson) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Rules are what a class asks of those who study in it. The zero value asks for
// nothing.
type Rules struct {
	// RealNameAuthentication asks for 1.2 before the first session of a student
	// in the class.
	RealNameAuthentication bool
	// DailyLimit is how long a student may study in the class on a day, in the
	// platform's +08:00, in all sessions together: at most 24 h. 0 means no
	// limit. Time above it is not counted.
	DailyLimit time.Duration
	// VideoStartFace asks for a face check at the start of every session.
	VideoStartFace bool
	// VideoOnHook says how a student is checked while watching, TriggerType and
	// TriggerValue when: see supervision.Class.CheckTimes.
	VideoOnHook  supervision.OnHookMode
	TriggerType  supervision.TriggerType
	TriggerValue int
	// Checks replaces the times that follow from TriggerType and TriggerValue,
	// where your province reads them otherwise. In watched time; at most
	// supervision.MaxCheckTimes. nil means those of CheckTimes, an empty list
	// none. The check of VideoStartFace is not among them.
	Checks []time.Duration
	// Recording asks for a recording (1.9): End fails until Record was called; a
	// session that ends by itself ends without. The document's videoPlayRecord may
	// mean this. It does not say so, and RulesOf leaves Recording false.
	Recording bool
}

// RulesOf returns the rules that a class was pushed with (1.12). A limit of more
// than 24 hours a day is one of 24.
func RulesOf(c *supervision.Class) Rules {
	return Rules{
		RealNameAuthentication: c.RealNameAuthentication, DailyLimit: max(0, min(c.StudyHourLimit, wholeDay)), VideoStartFace: c.VideoStartFace,
		VideoOnHook: c.VideoOnHook, TriggerType: c.TriggerType, TriggerValue: c.TriggerValue,
	}
}

// check returns a *edusdk.FieldError for what cannot be right.
func (l *Lesson) check() error {
	for _, f := range []struct {
		name, value string
		optional    bool
	}{
		{"Student", l.Student, false}, {"Class", l.Class, false}, {"Course", l.Course, false}, {"Section", l.Section, true},
		{"Resource", l.Resource, false}, {"CardNo", l.CardNo, true}, {"Name", l.Name, true}, {"Device.ID", l.Device.ID, true},
	} {
		switch {
		case f.value == "" && !f.optional:
			return fieldError(f.name, "must not be empty")
		case !utf8.ValidString(f.value):
			return fieldError(f.name, "must be UTF-8")
		case strings.TrimSpace(f.value) != f.value:
			return fieldError(f.name, "must not begin or end with a space")
		}
	}
	r := &l.Rules
	switch {
	case l.Length <= 0:
		return fieldError("Length", "must be positive")
	case l.Device != (supervision.Device{}) && (deviceNumber(l.Device.Type) == 0 || l.Device.ID == ""):
		return fieldError("Device", "must be empty, or have a Type (TypePC, TypeH5, TypeAndroid or TypeIOS) and an ID")
	case r.DailyLimit < 0 || r.DailyLimit > wholeDay:
		return fieldError("Rules.DailyLimit", "must be from 0 to 24 hours")
	case r.VideoOnHook < supervision.OnHookNone || r.VideoOnHook > supervision.OnHookFace:
		return fieldError("Rules.VideoOnHook", "must be OnHookNone (0), OnHookCode (1) or OnHookFace (2)")
	case r.TriggerType < supervision.TriggerCount || r.TriggerType > supervision.TriggerGrowing:
		return fieldError("Rules.TriggerType", "must be TriggerCount (0), TriggerInterval (1) or TriggerGrowing (2)")
	case len(r.Checks) > supervision.MaxCheckTimes:
		return fieldError("Rules.Checks", "must not be more than supervision.MaxCheckTimes")
	case len(r.Checks) > 0 && r.VideoOnHook == supervision.OnHookNone:
		return fieldError("Rules.Checks", "must be empty where VideoOnHook is OnHookNone")
	case len(r.Checks) > 0 && slices.Min(r.Checks) < 0:
		return fieldError("Rules.Checks", "must not be negative")
	}
	return nil
}

func fieldError(field, problem string) error {
	return &edusdk.FieldError{Field: field, Problem: problem}
}

// plan is what the sessions of many students have in common: the video and the
// rules of the class. Sessions hold a pointer to one.
type plan struct {
	planKey

	times []time.Duration // of the checks while watching, ascending
	users int
}

// planKey tells plans apart.
type planKey struct {
	class, course, section, resource string

	length       time.Duration
	limit        time.Duration // of a day
	onHook       supervision.OnHookMode
	triggerType  supervision.TriggerType
	triggerValue int
	checks       string // Rules.Checks, where they are given
	given        bool
	startFace    bool
	recording    bool
}

func planOf(l *Lesson) planKey {
	k := planKey{
		class: l.Class, course: l.Course, section: l.Section, resource: l.Resource, length: l.Length, limit: l.Rules.DailyLimit,
		onHook: l.Rules.VideoOnHook, triggerType: l.Rules.TriggerType, triggerValue: l.Rules.TriggerValue,
		given: l.Rules.Checks != nil, startFace: l.Rules.VideoStartFace, recording: l.Rules.Recording,
	}
	if k.given {
		k.checks = fmt.Sprint(l.Rules.Checks)
	}
	return k
}

func newPlan(k planKey, l *Lesson) *plan {
	p := &plan{planKey: k}
	if k.given {
		p.times = slices.Compact(slices.Sorted(slices.Values(l.Rules.Checks)))
	} else {
		class := supervision.Class{VideoOnHook: k.onHook, TriggerType: k.triggerType, TriggerValue: k.triggerValue}
		p.times = class.CheckTimes(k.length)
	}
	return p
}

// next returns which check is the first after one at a watched time; a negative
// one is before all of them.
func (p *plan) next(after time.Duration) int {
	i, _ := slices.BinarySearch(p.times, after+1)
	return i
}

// deviceTypes are the types that a device can have, by what is kept of them.
var deviceTypes = [...]supervision.DeviceType{"", supervision.TypePC, supervision.TypeH5, supervision.TypeAndroid, supervision.TypeIOS}

// deviceNumber returns a type's place in deviceTypes, 0 for others.
func deviceNumber(t supervision.DeviceType) uint8 {
	return uint8(max(0, slices.Index(deviceTypes[:], t))) //nolint:gosec // there are five
}
