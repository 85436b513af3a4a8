package supervisiontest

import (
	"cmp"
	"strconv"
	"time"
)

// studyKey is what a student studies.
type studyKey struct{ student, class, course, res string }

// ResourceProgress is how far a student has come with a resource.
type ResourceProgress struct {
	StudentUserCode string        // the student's code
	ClassCode       string        // the class's code
	CourseCode      string        // the course's code
	SectionCode     string        // as last reported, "" for none
	ResCode         string        // the video's code
	PlayTime        time.Duration // as last reported: the position in the video
	Watched         time.Duration // the sum of the progressTimes
	Reports         int           // number of progress reports
	Studying        bool          // begun and not ended
}

// Recording is a recording that 1.9 submitted.
type Recording struct {
	StudentUserCode string // the student's code
	ClassCode       string // the class's code
	CourseCode      string // the course's code
	SectionCode     string // "" for none
	ResCode         string // the video's code
	URL             string // recordVideoUrl
}

// Progress returns how long a student has studied a course: the sum of the
// progressTimes that were reported, in all its resources and classes.
func (h *Handler) Progress(studentUserCode, courseCode string) time.Duration {
	var sum time.Duration
	for _, r := range h.Resources(studentUserCode, courseCode) {
		sum += r.Watched
	}
	return sum
}

// Resources returns how far a student has come with each resource of a course,
// in the order in which they were begun.
func (h *Handler) Resources(studentUserCode, courseCode string) []ResourceProgress {
	h.core.Lock()
	defer h.core.Unlock()
	var found []ResourceProgress
	for s := range h.platform.studies.all() {
		if s.StudentUserCode == studentUserCode && s.CourseCode == courseCode {
			found = append(found, *s)
		}
	}
	return found
}

// Recordings returns the recordings that were submitted.
func (h *Handler) Recordings() []Recording {
	h.core.Lock()
	defer h.core.Unlock()
	return append([]Recording(nil), h.platform.recordings...)
}

func (c *call) studyKey() studyKey {
	return studyKey{c.text("studentUserCode"), c.text("classCode"), c.text("courseCode"), c.text("resCode")}
}

// startStudy answers 1.3. A study that is under way may begin again.
func (c *call) startStudy() answer {
	key := c.studyKey()
	s, known := c.studies.get(key)
	if !known {
		s = &ResourceProgress{StudentUserCode: key.student, ClassCode: key.class, CourseCode: key.course, ResCode: key.res}
		c.studies.put(key, s)
	}
	s.Studying, s.SectionCode = true, cmp.Or(c.text("sectionCode"), s.SectionCode)
	c.pace.start(key, c.now)
	return success(c)
}

// reportProgress answers 1.10.
func (c *call) reportProgress() answer {
	key := c.studyKey()
	s, known := c.studies.get(key)
	if !known || !s.Studying {
		return fail(CodeNotStarted, "该学员未开始学习该资源")
	}
	if code, problem := c.pace.report(key, secondsOf(c.in.data, "progressTime"), c.now); code != "" {
		return fail(code, problem)
	}
	s.SectionCode = cmp.Or(c.text("sectionCode"), s.SectionCode)
	s.PlayTime = secondsOf(c.in.data, "playTime")
	s.Watched += secondsOf(c.in.data, "progressTime")
	s.Reports++
	return success(c)
}

// endStudy answers 1.4, which names no course.
func (c *call) endStudy() answer {
	out := fail(CodeNotStarted, "该学员未开始学习该资源")
	for s := range c.studies.all() {
		if s.Studying && s.StudentUserCode == c.text("studentUserCode") && s.ClassCode == c.text("classCode") &&
			s.ResCode == c.text("resCode") {
			s.Studying = false
			out = success(c)
		}
	}
	return out
}

// submitRecording answers 1.9.
func (c *call) submitRecording() answer {
	c.recordings.add(Recording{
		StudentUserCode: c.text("studentUserCode"), ClassCode: c.text("classCode"), CourseCode: c.text("courseCode"),
		SectionCode: c.text("sectionCode"), ResCode: c.text("resCode"), URL: c.text("recordVideoUrl"),
	})
	return success(c)
}

// classRecords answers 2.5: what was reported of a class.
func (c *call) classRecords() answer {
	records := []any{}
	for s := range c.studies.all() {
		if s.ClassCode == c.text("classCode") && s.Reports > 0 {
			records = append(records, map[string]any{
				"resCode": s.ResCode, "playTime": strconv.Itoa(int(s.Watched / time.Second)), "sectionCode": s.SectionCode,
				"classCode": s.ClassCode, "courseCode": s.CourseCode, "userCode": s.StudentUserCode,
			})
		}
	}
	return returnData(records)
}
