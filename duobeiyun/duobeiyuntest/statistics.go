package duobeiyuntest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Viewer is a stay of a student in a live room.
type Viewer struct {
	UID    string        // as in duobeiyun.EnterRequest
	Mobile bool          // on a mobile device, not a PC
	Enter  time.Time     // when the stay began
	Stay   time.Duration // how long it was
}

// Playback is a visit of a user to the recording of a room.
type Playback struct {
	UID    string    // as in duobeiyun.EnterRequest
	Mobile bool      // on a phone
	Enter  time.Time // when the user opened the page
	Leave  time.Time // when the user left it
	Parts  []Part    // what was watched, in order
}

// Part is a part of a recording that was watched without a jump.
type Part struct {
	From, To time.Duration // in the recording
	Start    time.Time     // when the user began to watch it
	End      time.Time     // when the user was done; zero: the user left meanwhile
}

// AddViewers lets students watch a room live and reports whether there is such
// a room. The live statistics are made from them.
func (h *Handler) AddViewers(roomID string, viewers ...Viewer) bool {
	return h.change(roomID, func(r *room) { r.viewers = append(r.viewers, viewers...) })
}

// AddPlaybacks lets users watch the recording of a room and reports whether
// there is such a room. The playback statistics are made from them.
func (h *Handler) AddPlaybacks(roomID string, playbacks ...Playback) bool {
	return h.change(roomID, func(r *room) { r.playbacks = append(r.playbacks, playbacks...) })
}

// withWatchedRoom is withRoom in the words of the statistics.
func (c *call) withWatchedRoom(do func(*room) output) output {
	r := c.room(c.in.get("roomId"))
	if r == nil {
		return fail("room is not exists", "roomId is not that of a room")
	}
	return do(r)
}

const seriesStep = 5 * time.Minute

func (c *call) liveRoom() output {
	return c.withWatchedRoom(func(r *room) output {
		return success(map[string]any{"roomZhiboDetail": map[string]any{
			"roomId": r.id, "title": r.title, "statisticEntity": summarise(r.viewers),
		}})
	})
}

// summarise makes the figures of a room out of its viewers.
func summarise(viewers []Viewer) map[string]any {
	stays := map[string]time.Duration{}
	mobile := map[string]bool{}
	var start, end time.Time
	for _, v := range viewers {
		stays[v.UID] += v.Stay
		mobile[v.UID] = v.Mobile
		if start.IsZero() || v.Enter.Before(start) {
			start = v.Enter
		}
		if left := v.Enter.Add(v.Stay); left.After(end) {
			end = left
		}
	}
	onMobile := 0
	for _, m := range mobile {
		if m {
			onMobile++
		}
	}
	series := []int{}
	for from := start; from.Before(end); from = from.Add(seriesStep) {
		series = append(series, watching(viewers, from, from.Add(seriesStep)))
	}
	most := 0
	for _, v := range viewers {
		most = max(most, watching(viewers, v.Enter, v.Enter.Add(1)))
	}
	return map[string]any{
		"maxStudents": most, "studentDurationDetail": durations(stays),
		"studentSeries": map[string]any{
			"start": milliseconds(start), "end": milliseconds(end),
			"step": seriesStep.Milliseconds(), "series": series,
		},
		"mobileStudentNum": onMobile, "pcStudentNum": len(mobile) - onMobile, "totalStudentNum": len(mobile),
	}
}

// watching counts the students in the room between two times.
func watching(viewers []Viewer, from, to time.Time) int {
	uids := map[string]bool{}
	for _, v := range viewers {
		if v.Enter.Before(to) && v.Enter.Add(v.Stay).After(from) {
			uids[v.UID] = true
		}
	}
	return len(uids)
}

// durations returns the figures on how long the students stayed, in seconds.
func durations(stays map[string]time.Duration) map[string]any {
	var each []float64
	total := 0.0
	for _, d := range stays {
		each = append(each, d.Seconds())
		total += d.Seconds()
	}
	if len(each) == 0 {
		return map[string]any{"total": 0, "max": 0, "median": 0, "min": 0, "avg": 0}
	}
	slices.Sort(each)
	median := (each[(len(each)-1)/2] + each[len(each)/2]) / 2
	average, _ := strconv.ParseFloat(fmt.Sprintf("%.2f", total/float64(len(each))), 64)
	return map[string]any{
		"total": total, "max": each[len(each)-1], "median": median, "min": each[0], "avg": average,
	}
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// liveUser answers without the status field, as the document shows it.
func (c *call) liveUser() output {
	return c.withWatchedRoom(func(r *room) output {
		details := []any{}
		for _, v := range r.viewers {
			if v.UID == c.in.get("uid") {
				details = append(details, map[string]any{
					"duration": v.Stay.Milliseconds(), "timestamp": v.Enter.UnixMilli(),
					"platform": map[bool]string{false: "pc", true: "mobile"}[v.Mobile],
				})
			}
		}
		return output{json: map[string]any{"roomId": r.id, "uid": c.in.get("uid"), "details": details}}
	})
}

// week is how far back the playback statistics go.
const week = 7 * 24 * time.Hour

// recent returns the room's playbacks of the last week, of one user or all.
func (c *call) recent(r *room, uid string) []Playback {
	var found []Playback
	for _, p := range r.playbacks {
		if p.Enter.After(c.now.Add(-week)) && (uid == "" || p.UID == uid) {
			found = append(found, p)
		}
	}
	return found
}

// playbackRoom answers null where nobody watched.
func (c *call) playbackRoom() output {
	return c.withWatchedRoom(func(r *room) output {
		days := map[string][]Playback{}
		for _, p := range c.recent(r, "") {
			day := p.Enter.In(zone).Format("2006-01-02")
			days[day] = append(days[day], p)
		}
		if len(days) == 0 {
			return success(map[string]any{"roomPlayBackDetails": nil})
		}
		names := make([]string, 0, len(days))
		for name := range days {
			names = append(names, name)
		}
		slices.Sort(names)
		var list []any
		for _, name := range names {
			list = append(list, c.playbackDay(r, name, days[name]))
		}
		return success(map[string]any{"roomPlayBackDetails": list})
	})
}

func (c *call) playbackDay(r *room, day string, playbacks []Playback) map[string]any {
	times, lengths, details := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range playbacks {
		hour := strconv.Itoa(p.Enter.In(zone).Hour())
		times[hour]++
		for _, part := range p.Parts {
			lengths[hour] += int((part.To - part.From) / time.Minute)
			for m := part.From / time.Minute; m <= part.To/time.Minute; m++ {
				details[strconv.Itoa(int(m))]++
			}
		}
	}
	midnight, _ := time.ParseInLocation("2006-01-02", day, zone) // it was formatted so
	return map[string]any{
		"id": fmt.Sprintf("%024x", midnight.Unix()), "timestamp": midnight.UnixMilli(), "roomId": r.id,
		"watchedTrend": times, "watchedDurationTrend": lengths, "details": details,
	}
}

func (c *call) playbackUser() output {
	return c.withWatchedRoom(func(r *room) output {
		var views []any
		for _, p := range c.recent(r, c.in.get("uid")) {
			views = append(views, showPlayback(r, p))
		}
		return success(map[string]any{"userPlayBackDetails": views})
	})
}

func showPlayback(r *room, p Playback) map[string]any {
	records := []any{}
	var watched time.Duration
	seen := map[time.Duration]bool{} // seconds of the recording
	for _, part := range p.Parts {
		watched += part.To - part.From
		for s := part.From / time.Second; s < part.To/time.Second; s++ {
			seen[s] = true
		}
		records = append(records, map[string]any{
			"from": r.start.Add(part.From).UnixMilli(), "to": r.start.Add(part.To).UnixMilli(),
			"startTime": part.Start.UnixMilli(), "endTime": milliseconds(part.End),
		})
	}
	return map[string]any{
		"uid": p.UID, "roomId": r.id, "isMobile": p.Mobile,
		"startTime": p.Enter.UnixMilli(), "endTime": milliseconds(p.Leave),
		"watchedTime":       watched.Milliseconds(),
		"watchedUniqueTime": (time.Duration(len(seen)) * time.Second).Milliseconds(),
		"jumpRecords":       records,
	}
}
