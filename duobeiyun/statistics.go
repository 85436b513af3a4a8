package duobeiyun

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/transport"
)

// StatisticsService reports who watched what, live and afterwards. All methods
// except LiveRoom need a permission that the vendor grants to the account (需向商务申请);
// playback reaches back one week.
type StatisticsService struct{ core *core }

// LiveRoomStats tells how a room was watched live.
type LiveRoomStats struct {
	RoomID    string          `json:"roomId" wire:"essential"`          // unique (房间唯一 id)
	Title     string          `json:"title"`                            // the room's title (房间名)
	Statistic StatisticEntity `json:"statisticEntity" wire:"essential"` // the figures
}

// StatisticEntity holds the figures of a room.
type StatisticEntity struct {
	MaxStudents           int                   `json:"maxStudents" wire:"essential"`           // most students online at the same time (最大在线人数)
	StudentDurationDetail StudentDurationDetail `json:"studentDurationDetail" wire:"essential"` // how long they watched
	StudentSeries         StudentSeries         `json:"studentSeries" wire:"essential"`         // how many watched, over time
	MobileStudentNum      int                   `json:"mobileStudentNum" wire:"essential"`      // students on mobile devices (移动端学生个数)
	PCStudentNum          int                   `json:"pcStudentNum" wire:"essential"`          // students on PCs (pc 端学生个数)
	TotalStudentNum       int                   `json:"totalStudentNum" wire:"essential"`       // all students (总学生个数)
}

// StudentDurationDetail tells how long the students watched.
type StudentDurationDetail struct {
	Total  time.Duration `json:"total" wire:"unit=s,essential"`  // of all students together (学生总的观看时长)
	Max    time.Duration `json:"max" wire:"unit=s,essential"`    // of the student who watched longest (最大观看时长)
	Median time.Duration `json:"median" wire:"unit=s,essential"` // of all students (中位数)
	Min    time.Duration `json:"min" wire:"unit=s,essential"`    // of the student who watched shortest (最小观看时长)
	Avg    time.Duration `json:"avg" wire:"unit=s,essential"`    // of all students (平均观看时长)
}

// MarshalJSON writes durations in seconds, as UnmarshalJSON reads them.
func (d StudentDurationDetail) MarshalJSON() ([]byte, error) { return lenient.Marshal(d, nil) }

// UnmarshalJSON reads durations in seconds.
func (d *StudentDurationDetail) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, d) }

// StudentSeries tells how many students watched over time.
type StudentSeries struct {
	Start  Time          `json:"start" wire:"essential"`        // when the first student began
	End    Time          `json:"end" wire:"essential"`          // when the last one left
	Step   time.Duration `json:"step" wire:"unit=ms,essential"` // the time that each number of Series covers (步进值)
	Series []int         `json:"series" wire:"essential"`       // students watching: the first number in the first Step after Start, and so on
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (s StudentSeries) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (s *StudentSeries) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

var liveRoom = declare[roomParams](transport.Spec{
	Op: "Statistics.LiveRoom", Section: "直播时,教室相关数据统计", Path: "api/v3/statistics/zhibo/room", Class: transport.Read,
}, func(a *liveRoomAnswer) *LiveRoomStats { return a.Detail.Value })

// LiveRoom returns how a room was watched live (直播时,教室相关数据统计, POST
// api/v3/statistics/zhibo/room). If nobody has watched yet, the vendor answers
// null; all figures are then zero, and it is not an error.
func (s *StatisticsService) LiveRoom(ctx context.Context, roomID string) (*LiveRoomStats, error) {
	stats, err := liveRoom.Do(ctx, s.core, roomParams{roomID})
	if err == nil && stats == nil {
		stats = &LiveRoomStats{RoomID: roomID}
	}
	return stats, err
}

// LiveUserStats tells how a user watched a room live.
type LiveUserStats struct {
	RoomID  string     `json:"roomId" wire:"essential"`  // the room's id (房间的唯一 id)
	UID     string     `json:"uid" wire:"essential"`     // the user's id, as in EnterRequest.UID
	Details []LiveView `json:"details" wire:"essential"` // one for each stay
}

// LiveView is a stay of a user in a live room.
type LiveView struct {
	Duration  time.Duration `json:"duration" wire:"unit=ms,essential"` // how long the stay was (持续时间)
	Timestamp Time          `json:"timestamp" wire:"essential"`        // when it began (开始观看的时间戳)
	Platform  string        `json:"platform"`                          // "pc" or "mobile" (使用的平台)
}

// End returns when the stay ended: Duration after Timestamp. It is zero if the answer lacks
// Timestamp.
func (v LiveView) End() Time {
	if v.Timestamp.IsZero() {
		return Time{}
	}
	return Time{v.Timestamp.Add(v.length())}
}

// length is Duration, which no clock of the vendor's makes negative.
func (v LiveView) length() time.Duration { return max(0, v.Duration) }

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (v LiveView) MarshalJSON() ([]byte, error) { return lenient.Marshal(v, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (v *LiveView) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, v) }

var liveUser = declare[roomUserParams](transport.Spec{
	Op: "Statistics.LiveUser", Section: "直播时,用户相关的数据统计", Path: "api/v3/statistics/zhibo/user", Class: transport.Read,
	Traits: bareAnswers,
}, (*liveUserAnswer).stats)

// LiveUser returns how a user watched a room live (直播时,用户相关的数据统计, POST
// api/v3/statistics/zhibo/user). uid is the EnterRequest.UID of the user. For a user
// who has not watched, there are no details, and it is not an error.
func (s *StatisticsService) LiveUser(ctx context.Context, roomID, uid string) (*LiveUserStats, error) {
	stats, err := liveUser.Do(ctx, s.core, roomUserParams{roomParams{roomID}, uid})
	if err == nil && stats == nil {
		stats = &LiveUserStats{RoomID: roomID, UID: uid}
	}
	return stats, err
}

// PlaybackDay tells how the recording of a room was watched on a day.
type PlaybackDay struct {
	ID        string `json:"id"`                         // of this record (该条记录的唯一 id)
	Timestamp Time   `json:"timestamp" wire:"essential"` // 0:00 of the day
	RoomID    string `json:"roomId" wire:"essential"`    // unique (房间唯一 id)
	// WatchedTrend is how often the recording was watched, by the hour of the
	// day (0 to 23).
	WatchedTrend map[int]int `json:"watchedTrend" wire:"essential,null"`
	// WatchedDurationTrend is for how long it was watched, by the hour of the
	// day (0 to 23); whole minutes on the wire.
	WatchedDurationTrend map[int]time.Duration `json:"watchedDurationTrend" wire:"unit=m,essential,null"`
	// Details is how often each minute of the recording was watched, by the
	// number of the minute in the uncut recording.
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
// week, by day (课程回放观看的数据统计, POST api/v3/statistics/playback/room). If
// nobody watched, it returns no days and no error.
func (s *StatisticsService) PlaybackRoom(ctx context.Context, roomID string) ([]PlaybackDay, error) {
	return playbackRoom.Do(ctx, s.core, roomParams{roomID})
}

// PlaybackView is a visit of a user to the recording of a room.
type PlaybackView struct {
	UID       string `json:"uid" wire:"essential"`       // the user's id, as in EnterRequest.UID
	RoomID    string `json:"roomId" wire:"essential"`    // the room's id (房间的 roomId)
	IsMobile  bool   `json:"isMobile"`                   // whether it was watched on a phone (是否是手机观看)
	StartTime Time   `json:"startTime" wire:"essential"` // when the user opened the page (用户进入回放播放页的时间戳)
	EndTime   Time   `json:"endTime" wire:"essential"`   // when the user left it (用户离开播放页的时间戳)
	// WatchedTime is for how long the user watched (用户观看的总时间), and
	// WatchedUniqueTime how much of the recording the user saw: a part that was
	// watched ten times counts once.
	WatchedTime       time.Duration `json:"watchedTime" wire:"unit=ms,essential"`
	WatchedUniqueTime time.Duration `json:"watchedUniqueTime" wire:"unit=ms,essential"`
	JumpRecords       []JumpRecord  `json:"jumpRecords" wire:"essential,null"` // the parts that were watched (观看记录)
}

// MarshalJSON writes durations in milliseconds, as UnmarshalJSON reads them.
func (v PlaybackView) MarshalJSON() ([]byte, error) { return lenient.Marshal(v, nil) }

// UnmarshalJSON reads durations in milliseconds.
func (v *PlaybackView) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, v) }

// JumpRecord is a part of a recording that was watched without a jump: a new one
// begins whenever the user moves along the timeline.
type JumpRecord struct {
	From      Time `json:"from" wire:"essential"`      // where the part begins, as a time of the live lesson (直播课播放点对应的时间戳)
	To        Time `json:"to" wire:"essential"`        // where it ends, likewise
	StartTime Time `json:"startTime" wire:"essential"` // when the user began to watch it
	EndTime   Time `json:"endTime" wire:"essential"`   // when the user stopped watching it; zero: see Left
}

// Left reports whether the user left the page during this part: EndTime is then
// zero, and To minus From tells how much was watched.
func (r JumpRecord) Left() bool { return r.EndTime.IsZero() }

// Watched returns for how long the user watched this part, from StartTime to EndTime; if
// the user left meanwhile (see Left), it is the length of the part, from From to To, as
// the document has it (用户已离开。可以通过 to - from 确认). It is never negative, and 0 if the
// answer lacks one of the two times.
func (r JumpRecord) Watched() time.Duration {
	from, to := r.StartTime, r.EndTime
	if r.Left() {
		from, to = r.From, r.To
	}
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return max(0, to.Sub(from.Time))
}

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
