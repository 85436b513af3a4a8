package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
)

// attendancePage is what the page about who attended a lesson shows.
type attendancePage struct {
	Room     room
	Rows     []attendanceRow
	Attended int
	Most     int           // students at the same time
	Average  time.Duration // of those who came
	Series   []seriesPoint // how many there were, over time
	Playback []playbackRow // the recording, by day
	CSV      string        // address of the table for spreadsheets
}

type attendanceRow struct {
	duobeiyun.Attendee

	Name     string
	Minutes  float64       // Present, for the chart
	Playback time.Duration // how much of the recording the student saw
}

// On returns the key of the text that says what the student was there with.
func (r attendanceRow) On() string {
	switch {
	case len(r.Platforms) == 0:
		return "device.none"
	case len(r.Platforms) > 1:
		return "device.both"
	case r.Platforms[0] == "mobile":
		return "device.mobile"
	default:
		return "device.pc"
	}
}

type seriesPoint struct {
	Time  time.Time
	Count int
}

type playbackRow struct {
	Day   time.Time
	Views int
	Time  time.Duration
}

func showAttendance(v *visit) error {
	id := v.r.PathValue("room")
	var found *duobeiyun.Room
	var attendance *duobeiyun.Attendance
	var live *duobeiyun.LiveRoomStats
	var days []duobeiyun.PlaybackDay
	var seen map[string]time.Duration
	ctx, stats := v.r.Context(), v.site.vendor.Statistics
	err := together(
		func() (err error) { found, err = v.site.vendor.Rooms.Get(ctx, id); return err },
		func() (err error) { attendance, err = stats.Attendance(ctx, id, studentIDs()...); return err },
		func() (err error) { live, err = stats.LiveRoom(ctx, id); return err },
		func() (err error) { days, err = stats.PlaybackRoom(ctx, id); return err },
		func() (err error) { seen, err = playbackSeen(ctx, stats, id); return err },
	)
	if err != nil {
		return err
	}
	page := attendancePage{Room: roomOf(found, time.Now()), Most: live.Statistic.MaxStudents, CSV: "/rooms/" + url.PathEscape(id) + "/attendance.csv"}
	var total time.Duration
	for _, a := range attendance.Attendees {
		student, _ := studentByID(a.UID)
		page.Rows = append(page.Rows, attendanceRow{a, student.Name, a.Present.Minutes(), seen[a.UID]})
		total += a.Present
		if a.Attended() {
			page.Attended++
		}
	}
	page.Average = (total / time.Duration(max(page.Attended, 1))).Round(time.Minute)
	series := live.Statistic.StudentSeries
	for i, n := range series.Series {
		page.Series = append(page.Series, seriesPoint{series.Start.Add(time.Duration(i) * series.Step), n})
	}
	for _, d := range days {
		row := playbackRow{Day: d.Timestamp.Time}
		for _, n := range d.WatchedTrend {
			row.Views += n
		}
		for _, length := range d.WatchedDurationTrend {
			row.Time += length
		}
		page.Playback = append(page.Playback, row)
	}
	return v.render(http.StatusOK, "attendance", "rooms", v.t("attendance.title")+" · "+found.Title, page)
}

// playbackSeen returns how much of a recording each student saw within the last week.
func playbackSeen(ctx context.Context, stats *duobeiyun.StatisticsService, room string) (map[string]time.Duration, error) {
	each := make([]time.Duration, len(students))
	calls := make([]func() error, len(students))
	for i, student := range students {
		calls[i] = func() error {
			views, err := stats.PlaybackUser(ctx, room, student.ID)
			for _, view := range views {
				each[i] += view.WatchedUniqueTime
			}
			return err
		}
	}
	if err := together(calls...); err != nil {
		return nil, err
	}
	seen := map[string]time.Duration{}
	for i, student := range students {
		seen[student.ID] = each[i]
	}
	return seen, nil
}

// downloadAttendance answers with a table for spreadsheets.
func downloadAttendance(v *visit) error {
	attendance, err := v.site.vendor.Statistics.Attendance(v.r.Context(), v.r.PathValue("room"), studentIDs()...)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="attendance.csv"; filename*=UTF-8''`+url.PathEscape(v.t("attendance.file")))
	return attendance.WriteCSV(v.w, &duobeiyun.AttendanceCSV{Language: v.lang, Name: func(uid string) string {
		student, _ := studentByID(uid)
		return student.Name
	}})
}
