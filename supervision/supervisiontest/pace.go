package supervisiontest

import (
	"fmt"
	"strconv"
	"time"
)

const (
	reportEvery = time.Minute // 1.10: 上传间隔为每隔1分钟上传一次
	// slack is how far times may be off: reports have whole seconds, and travel.
	slack = 5 * time.Second
	// spacing is how far apart the reports of a backlog have to be at least.
	spacing = 500 * time.Millisecond
)

// zone is the platform's, by which its days begin.
var zone = time.FixedZone("CST", 8*3600)

// SetStrict sets whether the fake holds reports of progress (1.10) to the times
// that the document gives. By default it does not.
//
// One report a minute: what comes less than a minute after the last report of the
// same student and resource is answered with CodeTooFrequent and not counted. Two
// things may come earlier, as far as there was time to study what they report. One
// report since the start may be shorter than a minute: what remained when the
// student stopped. And the reports of a backlog, of a minute or more each, may
// follow one another at half a second; where a minute is reported at once after the
// start, that start belongs to the backlog too.
//
// So many hours a day: what takes a student beyond a class's studyHourLimit on a
// day, in +08:00, is answered with CodeDailyLimit and not counted. The limit is that
// of the class as it was last pushed, by PushClass or to the fake, or as
// SetDailyLimit set it. What is reported after midnight counts for the day before
// as far as it can have been studied then.
//
// Five seconds more or less are allowed. Set the clock first: what the fake knows
// of times begins when it becomes strict.
func (h *Handler) SetStrict(on bool) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.pace = pace{strict: on, since: h.core.Now(), limits: h.platform.pace.limits}
}

// SetDailyLimit sets how long a student may study in a class on a day, for a fake
// that is strict, as if the class had been pushed with that as its studyHourLimit;
// 0 is no limit.
func (h *Handler) SetDailyLimit(classCode string, limit time.Duration) {
	h.core.Lock()
	defer h.core.Unlock()
	h.platform.pace.limits.put(classCode, limit)
}

// pace is who reported how much, and when.
type pace struct {
	strict bool
	since  time.Time // when it became strict

	limits  memory[string, time.Duration] // of a day, by class
	lanes   memory[studyKey, lane]
	covered memory[string, time.Time]     // by student: as lane.covered, of all lanes
	days    memory[dayKey, time.Duration] // what was studied
}

// lane is the reports of a student about a resource since the last start.
type lane struct {
	started time.Time
	// covered is until when the student's time is used up by what was reported, if
	// everything was studied as early as it can have been.
	covered time.Time
	last    time.Time // report; zero: none
	short   bool      // there was an early report of less than a minute
}

// dayKey is a student's day in a class.
type dayKey struct {
	student, class string
	day            time.Time // its midnight
}

// limit takes note of a class's studyHourLimit.
func (p *pace) limit(c Class) {
	hours, _ := strconv.Atoi(c.StudyHourLimit) // no number is no limit
	p.limits.put(c.ClassCode, time.Duration(hours)*time.Hour)
}

// start takes note of a start.
func (p *pace) start(key studyKey, now time.Time) {
	if p.strict {
		p.lanes.put(key, lane{started: now, covered: now})
	}
}

// report takes note of a report that progress was made, or returns the code and
// the message with which it is refused.
func (p *pace) report(key studyKey, progress time.Duration, now time.Time) (code, msg string) {
	if !p.strict {
		return "", ""
	}
	l, known := p.lanes.get(key)
	if !known { // its start is too long ago, or came before the fake was strict
		l = lane{started: p.since, covered: p.since}
	}
	whole := progress >= reportEvery-slack
	if l.last.IsZero() && whole && now.Sub(l.started) < reportEvery-slack {
		l.covered = p.coveredOf(key.student) // nobody has studied a minute since: the start is late
	}
	if !l.last.IsZero() && now.Sub(l.last) < reportEvery-slack {
		fits := !l.covered.Add(progress).After(now.Add(slack))
		if !fits || whole && now.Sub(l.last) < spacing || !whole && l.short {
			return CodeTooFrequent, "data.progressTime 上报过于频繁，应每隔 1 分钟上报一次"
		}
		l.short = l.short || !whole
	}
	if msg := p.study(key, l.covered, progress, now); msg != "" {
		return CodeDailyLimit, msg
	}
	l.last = now
	if l.covered = l.covered.Add(progress); l.covered.After(now) {
		l.covered = now
	}
	p.lanes.put(key, l)
	if l.covered.After(p.coveredOf(key.student)) {
		p.covered.put(key.student, l.covered)
	}
	return "", ""
}

// coveredOf returns until when all of a student's time is used up.
func (p *pace) coveredOf(student string) time.Time {
	if t, known := p.covered.get(student); known {
		return t
	}
	return p.since
}

// study counts what was studied between two times for the days on which it can
// have been, or returns why it is too much.
func (p *pace) study(key studyKey, from time.Time, progress time.Duration, now time.Time) (msg string) {
	limit, _ := p.limits.get(key.class)
	if limit == 0 {
		return ""
	}
	y, m, d := now.In(zone).Date()
	today := dayKey{key.student, key.class, time.Date(y, m, d, 0, 0, 0, 0, zone)}
	yesterday := dayKey{key.student, key.class, today.day.AddDate(0, 0, -1)}
	studied, _ := p.days.get(today)
	before, _ := p.days.get(yesterday)
	late := max(0, min(progress, today.day.Sub(from), limit-before))
	if studied+progress-late > limit+slack {
		return fmt.Sprintf("data.progressTime 超过班级的当日学习时长限制 studyHourLimit（%g 小时）", limit.Hours())
	}
	p.days.put(today, studied+progress-late)
	if late > 0 {
		p.days.put(yesterday, before+late)
	}
	return ""
}
