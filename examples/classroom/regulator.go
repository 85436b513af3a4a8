package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// studyView is how a student's hour stands, on both sides: what the player needs, and
// what the supervision platform has on record. Lengths are in seconds.
type studyView struct {
	Page     string  `json:"page,omitempty"` // of the session's page, once
	Phase    string  `json:"phase"`
	Message  string  `json:"message"` // what the phase means for the student
	Trouble  string  `json:"trouble,omitempty"`
	Position float64 `json:"position"`
	Length   float64 `json:"length"`
	Watched  string  `json:"watched"`  // counted
	Reported string  `json:"reported"` // of that, durable in the outbox or sent
	Left     string  `json:"left"`     // of the day's limit

	TriesLeft  int  `json:"triesLeft"`
	FacePassed bool `json:"facePassed"`
	FaceFailed bool `json:"faceFailed"`

	Regulator regulatorView `json:"regulator"`
}

// regulatorView is what the regulator sees, and what it does not see yet.
type regulatorView struct {
	Away     bool         `json:"away"`
	Status   string       `json:"status"`
	Accepted string       `json:"accepted"`
	Reports  int          `json:"reports"`
	Studying string       `json:"studying"`
	Waiting  int          `json:"waiting"` // reports in the outbox
	Outbox   string       `json:"outbox"`
	Records  []recordView `json:"records"` // what arrived, the latest first
	Track    []point      `json:"track"`
}

// recordView is something that arrived at the regulator.
type recordView struct {
	Time     string `json:"time"`
	What     string `json:"what"`
	Amount   string `json:"amount"`
	Accepted bool   `json:"accepted"`
	Result   string `json:"result"`
}

// track is how what was watched and what was accepted grew.
type track struct {
	began  time.Time
	points []point
}

// point is how much had been watched and accepted, in minutes, at a minute of the track.
type point struct {
	At       float64 `json:"at"`
	Watched  float64 `json:"watched"`
	Accepted float64 `json:"accepted"`
}

const mostPoints = 240

// add adds a point, unless nothing has changed. Where there are too many, every other one
// goes.
func (t *track) add(now time.Time, watched, accepted time.Duration) {
	p := point{round(now.Sub(t.began).Minutes()), round(watched.Minutes()), round(accepted.Minutes())}
	n := len(t.points)
	if n > 1 && t.points[n-1].Watched == p.Watched && t.points[n-1].Accepted == p.Accepted &&
		t.points[n-2].Watched == p.Watched && t.points[n-2].Accepted == p.Accepted {
		t.points[n-1] = p // a flat piece has two ends
		return
	}
	if n >= mostPoints {
		for i := range n / 2 {
			t.points[i] = t.points[2*i]
		}
		t.points = t.points[:n/2]
	}
	t.points = append(t.points, p)
}

func round(minutes float64) float64 {
	rounded, _ := strconv.ParseFloat(fmt.Sprintf("%.2f", minutes), 64)
	return rounded
}

// view returns how things stand for a student and a video. at is the page that asks; nil
// if it has no session, and empty if it had one that nobody knows any more.
func (d *desk) view(v *visit, student person, lesson video, at *seat) studyView {
	s := studyView{Phase: phaseReady, Length: lesson.Length.Seconds()}
	session, open := d.sessions.Find(classCode, student.ID, lesson.ID)
	if at != nil {
		s.Phase, session, open = phaseAway, at.session, at.session != nil
		if _, elsewhere := d.sessions.Find(classCode, student.ID, lesson.ID); !elsewhere {
			s.Phase = phaseEnded
		}
	}
	status, err := session.Status()
	if !open || err != nil {
		s.Message = v.t("study.phase." + s.Phase)
		watched := time.Duration(-1)
		if at != nil && at.session != nil && s.Phase == phaseEnded {
			d.mu.Lock()
			status = at.last
			d.mu.Unlock()
			watched = status.Watched
			s.Position = status.Position.Seconds()
			s.Watched, s.Left = v.length(watched), v.length(status.LeftToday)
			s.Reported = s.Watched // the end reports the rest
		}
		s.Regulator = d.regulatorView(v, student, lesson, watched)
		return s
	}
	s.Position = status.Position.Seconds()
	s.Watched, s.Reported = v.length(status.Watched), v.length(status.Reported)
	s.Left = v.length(status.LeftToday)
	if at != nil {
		s.Phase = phaseOpen
		check, due := at.session.Due()
		switch {
		case due && check.TriesLeft == 0:
			s.Phase = phaseTries
		case due:
			s.Phase, s.TriesLeft = phaseCheck, check.TriesLeft
		case status.Limited && status.LeftToday == 0:
			s.Phase = phaseLimit
		}
	}
	s.Message = v.t("study.phase." + s.Phase)
	s.Regulator = d.regulatorView(v, student, lesson, status.Watched)
	return s
}

func (v *visit) length(d time.Duration) string { return showLength(v.lang, d.Truncate(time.Second)) }

// regulatorView looks at the fake platform, as an inspector would at the real one, and at
// the outbox. watched is negative if it is not known.
func (d *desk) regulatorView(v *visit, student person, lesson video, watched time.Duration) regulatorView {
	away := d.demo.regulatorAway.Load()
	shown := regulatorView{Away: away, Status: v.t("regulator.here"), Records: []recordView{}, Track: []point{}, Studying: v.t("regulator.notstudying")}
	if away {
		shown.Status = v.t("regulator.away")
	}
	var accepted time.Duration
	for _, r := range d.demo.regulator.Resources(student.ID, courseCode) {
		if r.ResCode != lesson.ID {
			continue
		}
		accepted, shown.Reports = r.Watched, r.Reports
		if r.Studying {
			shown.Studying = v.t("regulator.studying")
		}
	}
	shown.Accepted = v.length(accepted)
	waiting := d.waiting(v.r.Context(), student, lesson)
	shown.Waiting = len(waiting)
	var minutes time.Duration
	for _, r := range waiting {
		minutes += r.ProgressTime
	}
	shown.Outbox = v.t("outbox.empty")
	switch {
	case minutes > 0:
		shown.Outbox = v.t("outbox.waiting", len(waiting), v.length(minutes))
	case len(waiting) > 0:
		shown.Outbox = v.t("outbox.others", len(waiting))
	}
	shown.Records = d.records(v, student, lesson)
	shown.Track = d.follow(student, lesson, watched, accepted)
	return shown
}

// follow adds to the track of a student and a video, and returns it.
func (d *desk) follow(student person, lesson video, watched, accepted time.Duration) []point {
	now := d.demo.clock.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	key := student.ID + "/" + lesson.ID
	t := d.tracks[key]
	if t == nil {
		if watched < 0 {
			return []point{}
		}
		t = &track{began: now}
		d.tracks[key] = t
	}
	if watched < 0 && len(t.points) > 0 {
		watched = time.Duration(t.points[len(t.points)-1].Watched * float64(time.Minute))
	}
	t.add(now, watched, accepted)
	return slices.Clone(t.points)
}

// waiting returns a student's reports that the platform has not got yet: those that wait,
// and those that may have arrived and are being settled.
func (d *desk) waiting(ctx context.Context, student person, lesson video) []outbox.Report {
	var found []outbox.Report
	for _, list := range []iter.Seq2[outbox.Entry, error]{d.box.Waiting(ctx), d.box.Parked(ctx)} {
		for e, err := range list {
			if err != nil {
				break
			}
			if e.StudentUserCode == student.ID && e.ResCode == lesson.ID {
				found = append(found, e.Report)
			}
		}
	}
	return found
}

const mostRecords = 8

// records returns what arrived at the platform about a student and a video.
func (d *desk) records(v *visit, student person, lesson video) []recordView {
	records := []recordView{}
	var passed []bool // the student's face checks, in order
	for _, c := range d.demo.regulator.Checks() {
		if c.Face && c.StudentUserCode == student.ID && c.ResCode == lesson.ID {
			passed = append(passed, c.Passed)
		}
	}
	for _, r := range slices.Backward(d.demo.regulator.Requests()) {
		data, ok := r.Data.(map[string]any)
		what, known := map[string]string{
			"Study.Start": "record.start", "Study.ReportProgress": "record.progress", "Study.End": "record.end", "Checks.CompareFace": "record.face",
		}[r.Op]
		if !ok || !known || data["studentUserCode"] != student.ID || data["resCode"] != lesson.ID {
			continue
		}
		record := recordView{Time: r.Time.In(beijing).Format("15:04:05"), What: v.t(what), Accepted: r.Code == "0", Result: v.t("record.accepted")}
		switch {
		case !record.Accepted:
			record.Result = v.t("record.refused")
		case r.Op == "Checks.CompareFace" && len(passed) > 0:
			record.Result = v.t("record.passed")
			if !passed[len(passed)-1] {
				record.Result = v.t("record.failed")
			}
			passed = passed[:len(passed)-1]
		}
		if seconds, err := strconv.Atoi(fmt.Sprint(data["progressTime"])); err == nil {
			record.Amount = "+" + v.length(time.Duration(seconds)*time.Second)
		}
		records = append(records, record)
		if len(records) == mostRecords {
			break
		}
	}
	return records
}

// switchRegulator takes the platform away, or brings it back.
func switchRegulator(v *visit) error {
	if v.byScript() {
		var wanted struct {
			Away bool `json:"away"`
		}
		if err := json.NewDecoder(v.r.Body).Decode(&wanted); err != nil {
			return errors.Join(edusdk.ErrInvalidArgument, err)
		}
		v.site.demo.regulatorAway.Store(wanted.Away)
		return v.json(http.StatusOK, wanted)
	}
	v.site.demo.regulatorAway.Store(v.r.PostFormValue("away") == "1")
	return v.redirect(localPath(v.r.PostFormValue("back")))
}
