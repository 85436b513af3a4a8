package duobeiyun

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/transport"
)

// StatisticsService tells who watched what, live and afterwards. The account
// needs the vendor's permission for all but LiveRoom; playback reaches one week
// back.
type StatisticsService struct{ *core }

// LiveRoomStats tells how a room was watched live.
type LiveRoomStats struct {
	RoomID    string          `json:"roomId"`
	Title     string          `json:"title"`
	Statistic StatisticEntity `json:"statisticEntity"`
}

// StatisticEntity holds the figures of a room.
type StatisticEntity struct {
	MaxStudents           int                   `json:"maxStudents"` // at the same time
	StudentDurationDetail StudentDurationDetail `json:"studentDurationDetail"`
	StudentSeries         StudentSeries         `json:"studentSeries"`
	MobileStudentNum      int                   `json:"mobileStudentNum"`
	PCStudentNum          int                   `json:"pcStudentNum"`
	TotalStudentNum       int                   `json:"totalStudentNum"`
}

// StudentDurationDetail tells how long the students watched.
type StudentDurationDetail struct {
	Total  time.Duration `json:"total"` // of all students together
	Max    time.Duration `json:"max"`
	Median time.Duration `json:"median"`
	Min    time.Duration `json:"min"`
	Avg    time.Duration `json:"avg"`
}

type studentDurationDetail struct {
	Total  seconds `json:"total"`
	Max    seconds `json:"max"`
	Median seconds `json:"median"`
	Min    seconds `json:"min"`
	Avg    seconds `json:"avg"`
}

// MarshalJSON writes seconds, as UnmarshalJSON reads them.
func (d StudentDurationDetail) MarshalJSON() ([]byte, error) {
	return json.Marshal(studentDurationDetail{
		Total: seconds(d.Total), Max: seconds(d.Max), Median: seconds(d.Median), Min: seconds(d.Min), Avg: seconds(d.Avg),
	})
}

// UnmarshalJSON reads seconds.
func (d *StudentDurationDetail) UnmarshalJSON(data []byte) error {
	var w studentDurationDetail
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*d = StudentDurationDetail{
		Total: time.Duration(w.Total), Max: time.Duration(w.Max), Median: time.Duration(w.Median),
		Min: time.Duration(w.Min), Avg: time.Duration(w.Avg),
	}
	return nil
}

// StudentSeries tells how many students watched as time went by.
type StudentSeries struct {
	Start  Time          `json:"start"`  // when the first student began
	End    Time          `json:"end"`    // when the last one left
	Step   time.Duration `json:"step"`   // the time that each number of Series is for
	Series []int         `json:"series"` // students watching, a number for each Step from Start on
}

type studentSeries struct {
	Start  Time   `json:"start"`
	End    Time   `json:"end"`
	Step   millis `json:"step"`
	Series []int  `json:"series"`
}

// MarshalJSON writes a step in milliseconds, as UnmarshalJSON reads it.
func (s StudentSeries) MarshalJSON() ([]byte, error) {
	return json.Marshal(studentSeries{Start: s.Start, End: s.End, Step: millis(s.Step), Series: s.Series})
}

// UnmarshalJSON reads a step in milliseconds.
func (s *StudentSeries) UnmarshalJSON(data []byte) error {
	var w studentSeries
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*s = StudentSeries{Start: w.Start, End: w.End, Step: time.Duration(w.Step), Series: w.Series}
	return nil
}

var liveRoom = declare[roomParams](transport.Spec{
	Op: "Statistics.LiveRoom", Section: "直播时,教室相关数据统计", Path: "api/v3/statistics/zhibo/room", Class: transport.Read,
}, func(a *liveRoomAnswer) *LiveRoomStats { return a.Detail })

// LiveRoom returns how a room was watched live (直播时,教室相关数据统计, POST
// api/v3/statistics/zhibo/room).
func (s *StatisticsService) LiveRoom(ctx context.Context, roomID string) (*LiveRoomStats, error) {
	return liveRoom.Do(ctx, s.core, roomParams{roomID})
}

// LiveUserStats tells how a user watched a room live.
type LiveUserStats struct {
	RoomID  string     `json:"roomId"`
	UID     string     `json:"uid"`
	Details []LiveView `json:"details"`
}

// LiveView is a stay of a user in a live room.
type LiveView struct {
	Duration  time.Duration `json:"duration"`
	Timestamp Time          `json:"timestamp"` // when it began
	Platform  string        `json:"platform"`  // "pc" or "mobile"
}

type liveView struct {
	Duration  millis `json:"duration"`
	Timestamp Time   `json:"timestamp"`
	Platform  string `json:"platform"`
}

// MarshalJSON writes a duration in milliseconds, as UnmarshalJSON reads it.
func (v LiveView) MarshalJSON() ([]byte, error) {
	return json.Marshal(liveView{Duration: millis(v.Duration), Timestamp: v.Timestamp, Platform: v.Platform})
}

// UnmarshalJSON reads a duration in milliseconds.
func (v *LiveView) UnmarshalJSON(data []byte) error {
	var w liveView
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*v = LiveView{Duration: time.Duration(w.Duration), Timestamp: w.Timestamp, Platform: w.Platform}
	return nil
}

var liveUser = declare[roomUserParams](transport.Spec{
	Op: "Statistics.LiveUser", Section: "直播时,用户相关的数据统计", Path: "api/v3/statistics/zhibo/user", Class: transport.Read,
	Traits: bareAnswers,
}, (*liveUserAnswer).stats)

// LiveUser returns how a user watched a room live (直播时,用户相关的数据统计, POST
// api/v3/statistics/zhibo/user). uid is the one that the user entered with.
func (s *StatisticsService) LiveUser(ctx context.Context, roomID, uid string) (*LiveUserStats, error) {
	return liveUser.Do(ctx, s.core, roomUserParams{roomParams{roomID}, uid})
}

// PlaybackDay tells how the recording of a room was watched on a day.
type PlaybackDay struct {
	ID        string `json:"id"`        // of this record
	Timestamp Time   `json:"timestamp"` // 0:00 of the day
	RoomID    string `json:"roomId"`
	// WatchedTrend has, by the hour of the day (0 to 23), how often the
	// recording was watched.
	WatchedTrend map[int]int `json:"watchedTrend"`
	// WatchedDurationTrend has, by the hour of the day, for how long.
	WatchedDurationTrend map[int]time.Duration `json:"watchedDurationTrend"`
	// Details has, by the minute of the uncut recording, how often that
	// minute was watched.
	Details map[int]int `json:"details"`
}

type playbackDay struct {
	ID                   string          `json:"id"`
	Timestamp            Time            `json:"timestamp"`
	RoomID               string          `json:"roomId"`
	WatchedTrend         map[int]int     `json:"watchedTrend"`
	WatchedDurationTrend map[int]minutes `json:"watchedDurationTrend"`
	Details              map[int]int     `json:"details"`
}

// MarshalJSON writes durations in minutes, as UnmarshalJSON reads them.
func (d PlaybackDay) MarshalJSON() ([]byte, error) {
	return json.Marshal(playbackDay{
		ID: d.ID, Timestamp: d.Timestamp, RoomID: d.RoomID, WatchedTrend: d.WatchedTrend, Details: d.Details,
		WatchedDurationTrend: inUnit[minutes](d.WatchedDurationTrend),
	})
}

// UnmarshalJSON reads durations in minutes.
func (d *PlaybackDay) UnmarshalJSON(data []byte) error {
	var w playbackDay
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*d = PlaybackDay{
		ID: w.ID, Timestamp: w.Timestamp, RoomID: w.RoomID, WatchedTrend: w.WatchedTrend, Details: w.Details,
		WatchedDurationTrend: inUnit[time.Duration](w.WatchedDurationTrend),
	}
	return nil
}

var playbackRoom = declare[roomParams](transport.Spec{
	Op: "Statistics.PlaybackRoom", Section: "课程回放观看的数据统计", Path: "api/v3/statistics/playback/room", Class: transport.Read,
}, func(a *playbackRoomAnswer) []PlaybackDay { return a.Days })

// PlaybackRoom returns how the recording of a room was watched in the last
// week, by day (课程回放观看的数据统计, POST api/v3/statistics/playback/room). Where
// nobody watched, it returns no days and no error.
func (s *StatisticsService) PlaybackRoom(ctx context.Context, roomID string) ([]PlaybackDay, error) {
	return playbackRoom.Do(ctx, s.core, roomParams{roomID})
}

// PlaybackView is a visit of a user to the recording of a room.
type PlaybackView struct {
	UID       string `json:"uid"`
	RoomID    string `json:"roomId"`
	IsMobile  bool   `json:"isMobile"`
	StartTime Time   `json:"startTime"` // when the user came
	EndTime   Time   `json:"endTime"`   // when the user left
	// WatchedTime is for how long the user watched, and WatchedUniqueTime how
	// much of the recording the user saw: what was watched ten times over
	// counts once in it.
	WatchedTime       time.Duration `json:"watchedTime"`
	WatchedUniqueTime time.Duration `json:"watchedUniqueTime"`
	JumpRecords       []JumpRecord  `json:"jumpRecords"`
}

type playbackView struct {
	UID               string       `json:"uid"`
	RoomID            string       `json:"roomId"`
	IsMobile          bool         `json:"isMobile"`
	StartTime         Time         `json:"startTime"`
	EndTime           Time         `json:"endTime"`
	WatchedTime       millis       `json:"watchedTime"`
	WatchedUniqueTime millis       `json:"watchedUniqueTime"`
	JumpRecords       []JumpRecord `json:"jumpRecords"`
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (v PlaybackView) MarshalJSON() ([]byte, error) {
	return json.Marshal(playbackView{
		UID: v.UID, RoomID: v.RoomID, IsMobile: v.IsMobile, StartTime: v.StartTime, EndTime: v.EndTime,
		WatchedTime: millis(v.WatchedTime), WatchedUniqueTime: millis(v.WatchedUniqueTime), JumpRecords: v.JumpRecords,
	})
}

// UnmarshalJSON reads durations in milliseconds.
func (v *PlaybackView) UnmarshalJSON(data []byte) error {
	var w playbackView
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*v = PlaybackView{
		UID: w.UID, RoomID: w.RoomID, IsMobile: w.IsMobile, StartTime: w.StartTime, EndTime: w.EndTime,
		WatchedTime: time.Duration(w.WatchedTime), WatchedUniqueTime: time.Duration(w.WatchedUniqueTime),
		JumpRecords: w.JumpRecords,
	}
	return nil
}

// JumpRecord is a part of a recording that was watched in one go; another one
// begins whenever the user moves on the time line.
type JumpRecord struct {
	From      Time `json:"from"`      // the moment of the live lesson at which the part begins
	To        Time `json:"to"`        // and at which it ends
	StartTime Time `json:"startTime"` // when the user began to watch it
	EndTime   Time `json:"endTime"`   // when the user was done with it; zero, see Left
}

// Left reports whether the user left the page during this part: EndTime is not
// known then, and To minus From tells how much was watched.
func (r JumpRecord) Left() bool { return r.EndTime.IsZero() }

var playbackUser = declare[roomUserParams](transport.Spec{
	Op: "Statistics.PlaybackUser", Section: "某学生观看课程回放的数据统计", Path: "api/v3/statistics/playback/user", Class: transport.Read,
	Traits: bareAnswers,
}, func(a *playbackUserAnswer) []PlaybackView { return a.Views })

// PlaybackUser returns how a user watched the recording of a room in the last
// week (某学生观看课程回放的数据统计, POST api/v3/statistics/playback/user).
func (s *StatisticsService) PlaybackUser(ctx context.Context, roomID, uid string) ([]PlaybackView, error) {
	return playbackUser.Do(ctx, s.core, roomUserParams{roomParams{roomID}, uid})
}

type roomUserParams struct {
	roomParams

	UID string `url:"uid" arg:"uid"`
}

type liveRoomAnswer struct {
	envelope

	Detail *LiveRoomStats `json:"roomZhiboDetail"`
}

func (a *liveRoomAnswer) Absent() string {
	if a.Detail == nil {
		return "roomZhiboDetail"
	}
	return ""
}

// liveUserAnswer has the payload at the top, as the document shows it and then
// without the status field, or under a name.
type liveUserAnswer struct {
	envelope
	LiveUserStats

	Wrapped *LiveUserStats `json:"userZhiboDetail"`
}

func (a *liveUserAnswer) stats() *LiveUserStats {
	if a.Wrapped != nil {
		return a.Wrapped
	}
	return &a.LiveUserStats
}

func (a *liveUserAnswer) Absent() string {
	if a.stats().RoomID == "" && a.stats().Details == nil {
		return "details"
	}
	return ""
}

// playbackRoomAnswer may hold null: nobody watched.
type playbackRoomAnswer struct {
	envelope

	Days []PlaybackDay `json:"roomPlayBackDetails"`
}

func (a *playbackRoomAnswer) Absent() string { return "" }

// playbackUserAnswer may hold null too. The document shows it without the
// status field; it is a success then if the payload is there.
type playbackUserAnswer struct {
	envelope

	Views []PlaybackView `json:"userPlayBackDetails"`
}

func (a *playbackUserAnswer) Absent() string {
	if a.Success == nil && a.Views == nil {
		return "success"
	}
	return ""
}

// seconds and millis are units of the wire, as minutes is.
type (
	seconds time.Duration
	millis  time.Duration
)

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(data []byte) error {
	return decodeUnit(data, time.Second, (*time.Duration)(s))
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *millis) UnmarshalJSON(data []byte) error {
	return decodeUnit(data, time.Millisecond, (*time.Duration)(m))
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *minutes) UnmarshalJSON(data []byte) error {
	return decodeUnit(data, time.Minute, (*time.Duration)(m))
}

// MarshalJSON implements json.Marshaler.
func (s seconds) MarshalJSON() ([]byte, error) { return encodeUnit(time.Duration(s), time.Second) }

// MarshalJSON implements json.Marshaler.
func (m millis) MarshalJSON() ([]byte, error) { return encodeUnit(time.Duration(m), time.Millisecond) }

// MarshalJSON implements json.Marshaler.
func (m minutes) MarshalJSON() ([]byte, error) { return encodeUnit(time.Duration(m), time.Minute) }

// encodeUnit writes d as the number of units that decodeUnit reads.
func encodeUnit(d, unit time.Duration) ([]byte, error) {
	if d%unit == 0 {
		return strconv.AppendInt(nil, int64(d/unit), 10), nil
	}
	return json.Marshal(float64(d) / float64(unit))
}

// inUnit returns durations as those of another type.
func inUnit[To, From ~int64](durations map[int]From) map[int]To {
	if durations == nil {
		return nil
	}
	converted := make(map[int]To, len(durations))
	for key, d := range durations {
		converted[key] = To(d)
	}
	return converted
}

func decodeUnit(data []byte, unit time.Duration, into *time.Duration) error {
	d, err := lenient.Duration(data, unit)
	*into = d
	return err
}
