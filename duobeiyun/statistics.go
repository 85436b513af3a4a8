package duobeiyun

import (
	"context"
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
	RoomID    string          `json:"roomId" wire:"essential"`
	Title     string          `json:"title"`
	Statistic StatisticEntity `json:"statisticEntity" wire:"essential"`
}

// StatisticEntity holds the figures of a room.
type StatisticEntity struct {
	MaxStudents           int                   `json:"maxStudents" wire:"essential"` // at the same time
	StudentDurationDetail StudentDurationDetail `json:"studentDurationDetail" wire:"essential"`
	StudentSeries         StudentSeries         `json:"studentSeries" wire:"essential"`
	MobileStudentNum      int                   `json:"mobileStudentNum" wire:"essential"`
	PCStudentNum          int                   `json:"pcStudentNum" wire:"essential"`
	TotalStudentNum       int                   `json:"totalStudentNum" wire:"essential"`
}

// StudentDurationDetail tells how long the students watched.
type StudentDurationDetail struct {
	Total  time.Duration `json:"total" wire:"unit=s,essential"` // of all students together
	Max    time.Duration `json:"max" wire:"unit=s,essential"`
	Median time.Duration `json:"median" wire:"unit=s,essential"`
	Min    time.Duration `json:"min" wire:"unit=s,essential"`
	Avg    time.Duration `json:"avg" wire:"unit=s,essential"`
}

// MarshalJSON writes durations in seconds, as UnmarshalJSON reads them.
func (d StudentDurationDetail) MarshalJSON() ([]byte, error) { return lenient.Marshal(d, nil) }

// UnmarshalJSON reads durations in seconds.
func (d *StudentDurationDetail) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, d) }

// StudentSeries tells how many students watched as time went by.
type StudentSeries struct {
	Start  Time          `json:"start" wire:"essential"`        // when the first student began
	End    Time          `json:"end" wire:"essential"`          // when the last one left
	Step   time.Duration `json:"step" wire:"unit=ms,essential"` // the time that each number of Series is for
	Series []int         `json:"series" wire:"essential"`       // students watching, a number for each Step from Start on
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (s StudentSeries) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (s *StudentSeries) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

var liveRoom = declare[roomParams](transport.Spec{
	Op: "Statistics.LiveRoom", Section: "直播时,教室相关数据统计", Path: "api/v3/statistics/zhibo/room", Class: transport.Read,
}, func(a *liveRoomAnswer) *LiveRoomStats { return a.Detail.Value })

// LiveRoom returns how a room was watched live (直播时,教室相关数据统计, POST
// api/v3/statistics/zhibo/room). Where nobody has watched yet, so that the vendor
// has no statistics (null), all figures are zero, and that is no error.
func (s *StatisticsService) LiveRoom(ctx context.Context, roomID string) (*LiveRoomStats, error) {
	stats, err := liveRoom.Do(ctx, s.core, roomParams{roomID})
	if err == nil && stats == nil {
		stats = &LiveRoomStats{RoomID: roomID}
	}
	return stats, err
}

// LiveUserStats tells how a user watched a room live.
type LiveUserStats struct {
	RoomID  string     `json:"roomId" wire:"essential"`
	UID     string     `json:"uid" wire:"essential"`
	Details []LiveView `json:"details" wire:"essential"`
}

// LiveView is a stay of a user in a live room.
type LiveView struct {
	Duration  time.Duration `json:"duration" wire:"unit=ms,essential"`
	Timestamp Time          `json:"timestamp" wire:"essential"` // when it began
	Platform  string        `json:"platform"`                   // "pc" or "mobile"
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (v LiveView) MarshalJSON() ([]byte, error) { return lenient.Marshal(v, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (v *LiveView) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, v) }

var liveUser = declare[roomUserParams](transport.Spec{
	Op: "Statistics.LiveUser", Section: "直播时,用户相关的数据统计", Path: "api/v3/statistics/zhibo/user", Class: transport.Read,
	Traits: bareAnswers,
}, (*liveUserAnswer).stats)

// LiveUser returns how a user watched a room live (直播时,用户相关的数据统计, POST
// api/v3/statistics/zhibo/user). uid is the one that the user entered with. Where the
// user has not watched, there are no details, and that is no error.
func (s *StatisticsService) LiveUser(ctx context.Context, roomID, uid string) (*LiveUserStats, error) {
	stats, err := liveUser.Do(ctx, s.core, roomUserParams{roomParams{roomID}, uid})
	if err == nil && stats == nil {
		stats = &LiveUserStats{RoomID: roomID, UID: uid}
	}
	return stats, err
}

// PlaybackDay tells how the recording of a room was watched on a day.
type PlaybackDay struct {
	ID        string `json:"id"`                         // of this record
	Timestamp Time   `json:"timestamp" wire:"essential"` // 0:00 of the day
	RoomID    string `json:"roomId" wire:"essential"`
	// WatchedTrend has, by the hour of the day (0 to 23), how often the
	// recording was watched.
	WatchedTrend map[int]int `json:"watchedTrend" wire:"essential,null"`
	// WatchedDurationTrend has, by the hour of the day, for how long.
	WatchedDurationTrend map[int]time.Duration `json:"watchedDurationTrend" wire:"unit=m,essential,null"`
	// Details has, by the minute of the uncut recording, how often that
	// minute was watched.
	Details map[int]int `json:"details" wire:"essential,null"`
}

// MarshalJSON writes durations in minutes, as UnmarshalJSON reads them.
func (d PlaybackDay) MarshalJSON() ([]byte, error) { return lenient.Marshal(d, nil) }

// UnmarshalJSON reads durations in minutes.
func (d *PlaybackDay) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, d) }

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
	UID       string `json:"uid" wire:"essential"`
	RoomID    string `json:"roomId" wire:"essential"`
	IsMobile  bool   `json:"isMobile"`
	StartTime Time   `json:"startTime" wire:"essential"` // when the user came
	EndTime   Time   `json:"endTime" wire:"essential"`   // when the user left
	// WatchedTime is for how long the user watched, and WatchedUniqueTime how
	// much of the recording the user saw: what was watched ten times over
	// counts once in it.
	WatchedTime       time.Duration `json:"watchedTime" wire:"unit=ms,essential"`
	WatchedUniqueTime time.Duration `json:"watchedUniqueTime" wire:"unit=ms,essential"`
	JumpRecords       []JumpRecord  `json:"jumpRecords" wire:"essential,null"`
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (v PlaybackView) MarshalJSON() ([]byte, error) { return lenient.Marshal(v, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (v *PlaybackView) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, v) }

// JumpRecord is a part of a recording that was watched in one go; another one
// begins whenever the user moves on the time line.
type JumpRecord struct {
	From      Time `json:"from" wire:"essential"`      // the moment of the live lesson at which the part begins
	To        Time `json:"to" wire:"essential"`        // and at which it ends
	StartTime Time `json:"startTime" wire:"essential"` // when the user began to watch it
	EndTime   Time `json:"endTime" wire:"essential"`   // when the user was done with it; zero, see Left
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

// liveRoomAnswer holds null where nobody has watched.
type liveRoomAnswer struct {
	envelope

	Detail lenient.Nullable[LiveRoomStats] `json:"roomZhiboDetail" wire:"essential"`
}

func (a *liveRoomAnswer) Absent() string {
	if !a.Detail.Given {
		return "roomZhiboDetail"
	}
	return ""
}

// liveUserAnswer has the payload at the top, as the document shows it and then
// without the status field, or under a name.
type liveUserAnswer struct {
	envelope
	LiveUserStats

	Wrapped lenient.Nullable[LiveUserStats] `json:"userZhiboDetail" wire:"essential"`
}

func (a *liveUserAnswer) stats() *LiveUserStats {
	if a.Wrapped.Given {
		return a.Wrapped.Value
	}
	return &a.LiveUserStats
}

func (a *liveUserAnswer) Absent() string {
	if !a.Wrapped.Given && a.RoomID == "" && a.Details == nil {
		return "details"
	}
	return ""
}

// playbackRoomAnswer may hold null: nobody watched.
type playbackRoomAnswer struct {
	envelope

	Days []PlaybackDay `json:"roomPlayBackDetails" wire:"essential,null"`
}

func (a *playbackRoomAnswer) Absent() string { return "" }

// playbackUserAnswer may hold null too. The document shows it without the
// status field; it is a success then if the payload is there.
type playbackUserAnswer struct {
	envelope

	Views []PlaybackView `json:"userPlayBackDetails" wire:"essential,null"`
}

func (a *playbackUserAnswer) Absent() string {
	if a.Success == nil && a.Views == nil {
		return "success"
	}
	return ""
}
