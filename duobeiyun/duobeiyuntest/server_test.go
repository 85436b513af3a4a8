package duobeiyuntest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start returns a fake and a client of it on one clock.
func start(t *testing.T, opts ...edusdk.Option) (*duobeiyuntest.Server, *duobeiyun.Client, *clock) {
	t.Helper()
	now := &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	srv := duobeiyuntest.NewServer()
	srv.SetClock(now.Now)
	opts = append([]edusdk.Option{edusdk.WithClock(now.Now), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond})}, opts...)
	client, err := duobeiyun.New(srv.Config(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		client.CloseIdleConnections()
		srv.Close()
	})
	return srv, client, now
}

// shown is a time as answers have it.
func shown(t time.Time) duobeiyun.Time {
	return duobeiyun.Time{Time: t.In(time.FixedZone("UTC+8", 8*3600))}
}

func lesson(now *clock) *duobeiyun.CreateRoomRequest {
	return &duobeiyun.CreateRoomRequest{
		Title: "初二数学", StartTime: now.Now().Add(time.Hour), Length: 90 * time.Minute, Type: duobeiyun.OneToMany,
	}
}

func TestALessonFromPreparationToStatistics(t *testing.T) {
	srv, c, now := start(t)
	ctx := t.Context()

	room, err := c.Rooms.Create(ctx, lesson(now))
	require.NoError(t, err)
	assert.Equal(t, "初二数学", room.Title)
	assert.Equal(t, 90*time.Minute, room.EndTime.Sub(room.StartTime.Time))
	assert.NotEmpty(t, room.HostCode)

	id, err := c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4")})
	require.NoError(t, err)
	status, err := c.Documents.Status(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, duobeiyun.DocumentConverting, status)
	now.Advance(2 * time.Second)
	require.NoError(t, c.Documents.WaitConverted(ctx, id))

	require.NoError(t, c.Rooms.AttachDocument(ctx, room.RoomID, id))
	require.ErrorIs(t, c.Rooms.AttachDocument(ctx, room.RoomID, id), edusdk.ErrAlreadyExists)
	attached, err := c.Rooms.Documents(ctx, room.RoomID)
	require.NoError(t, err)
	require.Len(t, attached, 1)
	assert.Equal(t, duobeiyun.RoomDocument{
		OriginalDocName: "第一课.pdf", CreateTime: attached[0].CreateTime, Status: duobeiyun.DocumentConverted,
		Size: 8, DocumentID: id, SlideCount: 1, DocumentType: "application/pdf",
	}, attached[0])
	assert.True(t, attached[0].CreateTime.Equal(now.Now()))

	document, err := c.Documents.Get(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, &duobeiyun.Document{
		DocumentID: id, OriginalDocName: "第一课.pdf", DocumentType: "application/pdf", CreateTime: shown(now.Now().Add(-2 * time.Second)),
		Status: "3", DocSize: "0.0K", SlideCount: 1,
	}, document)
	preview, err := c.Documents.PreviewURL(id)
	require.NoError(t, err)
	resp := get(t, preview.URL)
	_, err = png.Decode(strings.NewReader(resp.body))
	require.NoError(t, err, "the preview is a picture")

	enter := &duobeiyun.EnterRequest{RoomID: room.RoomID, UID: "student-1", Nickname: "李四", Role: duobeiyun.RoleStudent}
	link, err := c.Rooms.EnterURL(enter)
	require.NoError(t, err)
	assert.Contains(t, get(t, link.URL).body, "<iframe")
	require.NoError(t, c.Rooms.CheckEnter(ctx, enter))

	begin := now.Now()
	require.True(t, srv.AddViewers(room.RoomID,
		duobeiyuntest.Viewer{UID: "student-1", Enter: begin, Stay: 20 * time.Minute},
		duobeiyuntest.Viewer{UID: "student-2", Mobile: true, Enter: begin.Add(10 * time.Minute), Stay: 10 * time.Minute},
	))
	live, err := c.Statistics.LiveRoom(ctx, room.RoomID)
	require.NoError(t, err)
	assert.Equal(t, duobeiyun.StatisticEntity{
		MaxStudents: 2,
		StudentDurationDetail: duobeiyun.StudentDurationDetail{
			Total: 30 * time.Minute, Max: 20 * time.Minute, Median: 15 * time.Minute, Min: 10 * time.Minute, Avg: 15 * time.Minute,
		},
		StudentSeries: duobeiyun.StudentSeries{
			Start: shown(begin), End: shown(begin.Add(20 * time.Minute)),
			Step: 5 * time.Minute, Series: []int{1, 1, 2, 2},
		},
		MobileStudentNum: 1, PCStudentNum: 1, TotalStudentNum: 2,
	}, live.Statistic)
	user, err := c.Statistics.LiveUser(ctx, room.RoomID, "student-2")
	require.NoError(t, err)
	assert.Equal(t, &duobeiyun.LiveUserStats{RoomID: room.RoomID, UID: "student-2", Details: []duobeiyun.LiveView{
		{Duration: 10 * time.Minute, Timestamp: shown(begin.Add(10 * time.Minute)), Platform: "mobile"},
	}}, user)

	days, err := c.Statistics.PlaybackRoom(ctx, room.RoomID)
	require.NoError(t, err)
	assert.Nil(t, days, "nobody has watched the recording")
	require.True(t, srv.AddPlaybacks(room.RoomID, duobeiyuntest.Playback{
		UID: "student-1", Enter: begin, Parts: []duobeiyuntest.Part{
			{From: 0, To: 3 * time.Minute, Start: begin, End: begin.Add(3 * time.Minute)},
			{From: 2 * time.Minute, To: 4 * time.Minute, Start: begin.Add(4 * time.Minute)},
		},
	}))
	days, err = c.Statistics.PlaybackRoom(ctx, room.RoomID)
	require.NoError(t, err)
	require.Len(t, days, 1)
	assert.NotEmpty(t, days[0].ID)
	assert.Equal(t, duobeiyun.PlaybackDay{
		ID: days[0].ID, RoomID: room.RoomID, Timestamp: shown(time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)),
		WatchedTrend:         map[int]int{17: 1}, // 09:00 UTC is 17:00 at the vendor
		WatchedDurationTrend: map[int]time.Duration{17: 5 * time.Minute},
		Details:              map[int]int{0: 1, 1: 1, 2: 2, 3: 2, 4: 1},
	}, days[0])
	views, err := c.Statistics.PlaybackUser(ctx, room.RoomID, "student-1")
	require.NoError(t, err)
	require.Len(t, views, 1)
	assert.Equal(t, []any{"student-1", room.RoomID, false, shown(begin)},
		[]any{views[0].UID, views[0].RoomID, views[0].IsMobile, views[0].StartTime})
	assert.Equal(t, 5*time.Minute, views[0].WatchedTime)
	assert.Equal(t, 4*time.Minute, views[0].WatchedUniqueTime)
	lessonAt := func(d time.Duration) duobeiyun.Time { return shown(room.StartTime.Add(d)) }
	assert.Equal(t, []duobeiyun.JumpRecord{
		{From: lessonAt(0), To: lessonAt(3 * time.Minute), StartTime: shown(begin), EndTime: shown(begin.Add(3 * time.Minute))},
		{From: lessonAt(2 * time.Minute), To: lessonAt(4 * time.Minute), StartTime: shown(begin.Add(4 * time.Minute))},
	}, views[0].JumpRecords)
	assert.True(t, views[0].JumpRecords[1].Left())
	assert.True(t, views[0].EndTime.IsZero())

	require.NoError(t, c.Rooms.RemoveDocument(ctx, room.RoomID, id))
	require.ErrorIs(t, c.Rooms.RemoveDocument(ctx, room.RoomID, id), edusdk.ErrNotFound)
	attached, err = c.Rooms.Documents(ctx, room.RoomID)
	require.NoError(t, err)
	assert.Empty(t, attached)
	require.NoError(t, c.Documents.Delete(ctx, id))
	_, err = c.Documents.Get(ctx, id)
	require.ErrorIs(t, err, edusdk.ErrNotFound)
	deleted, err := c.Rooms.Delete(ctx, room.RoomID)
	require.NoError(t, err)
	assert.Equal(t, room.RoomID, deleted.RoomID)
	_, err = c.Rooms.Get(ctx, room.RoomID)
	require.ErrorIs(t, err, edusdk.ErrNotFound)
}

func TestChangesOfARoom(t *testing.T) {
	_, c, now := start(t)
	ctx := t.Context()
	req := lesson(now)
	req.Length, req.Video = 2*time.Hour, true
	room, err := c.Rooms.CreateHourly(ctx, req)
	require.NoError(t, err)
	assert.True(t, room.Video)

	room, err = c.Rooms.UpdateTitle(ctx, room.RoomID, "初二物理")
	require.NoError(t, err)
	assert.Equal(t, "初二物理", room.Title)
	begin := now.Now().Add(2 * time.Hour)
	room, err = c.Rooms.Reschedule(ctx, room.RoomID, begin, 45*time.Minute)
	require.NoError(t, err)
	assert.True(t, room.StartTime.Equal(begin))
	assert.True(t, room.EndTime.Equal(begin.Add(45*time.Minute)))
	room, err = c.Rooms.RescheduleHourly(ctx, room.RoomID, begin, 3*time.Hour)
	require.NoError(t, err)
	assert.True(t, room.EndTime.Equal(begin.Add(3*time.Hour)))

	got, err := c.Rooms.Get(ctx, room.RoomID)
	require.NoError(t, err)
	assert.Equal(t, room, got)

	now.Advance(150 * time.Minute)
	_, err = c.Rooms.Reschedule(ctx, room.RoomID, begin.Add(time.Hour), 45*time.Minute)
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument, "a room that has begun cannot be moved")
	_, err = c.Rooms.Reschedule(ctx, room.RoomID, begin, 60*time.Minute)
	assert.NoError(t, err, "but it can be made longer")
	now.Advance(24 * time.Hour)
	_, err = c.Rooms.Reschedule(ctx, room.RoomID, begin, 60*time.Minute)
	assert.Equal(t, duobeiyun.CodeEndTimeOutOfDate, code(err))
}

func TestListsHavePages(t *testing.T) {
	_, c, now := start(t)
	ctx := t.Context()
	for i := range 45 {
		req := lesson(now)
		req.Title = fmt.Sprintf("课%02d", i)
		_, err := c.Rooms.Create(ctx, req)
		require.NoError(t, err)
	}
	var titles []string
	for room, err := range c.Rooms.All(ctx, nil) {
		require.NoError(t, err)
		titles = append(titles, room.Title)
	}
	require.Len(t, titles, 45)
	assert.Equal(t, []string{"课44", "课00"}, []string{titles[0], titles[44]}, "the newest first")

	page, err := c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{PageNo: 3})
	require.NoError(t, err)
	assert.Len(t, page.Items, 5)
	assert.Equal(t, duobeiyun.Pagination{
		PageNo: 3, PageSize: 20, CountTotal: true, SliderCount: 5, TotalCount: 45, TotalPages: 3, LastPage: true,
		NextPage: 3, PrePage: 2, HasPrePage: true, Slider: []int{1, 2, 3},
	}, page.Pagination)

	page, err = c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{Title: "课1"})
	require.NoError(t, err)
	assert.Len(t, page.Items, 10)
	page, err = c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{StartTime: now.Now()})
	require.NoError(t, err)
	assert.Empty(t, page.Items, "by the document, startTime asks for rooms that start earlier")
	page, err = c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{EndTime: now.Now()})
	require.NoError(t, err)
	assert.Equal(t, 45, page.TotalCount)

	for range 2 {
		_, err := c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "a.png", Content: strings.NewReader("x")})
		require.NoError(t, err)
	}
	documents, err := c.Documents.List(ctx, &duobeiyun.ListDocumentsRequest{Name: "a.p"})
	require.NoError(t, err)
	assert.Len(t, documents.Items, 2)
}

func TestVideosWeixinChatAndOtherEndpoints(t *testing.T) {
	srv, c, now := start(t)
	ctx := t.Context()
	token, err := c.Videos.UploadToken(ctx)
	require.NoError(t, err)
	assert.NotEmpty(t, token)
	video, err := c.Videos.Create(ctx, "视频课", "key")
	require.NoError(t, err)
	got, err := c.Rooms.Get(ctx, video.RoomID)
	require.NoError(t, err)
	assert.True(t, got.VOD)

	room, err := c.Rooms.Create(ctx, lesson(now))
	require.NoError(t, err)
	req := &duobeiyun.WeixinLiveRequest{RoomID: room.RoomID, TeacherName: "张三"}
	_, err = c.WeixinLive.Update(ctx, req)
	require.ErrorIs(t, err, edusdk.ErrNotFound, "there is no broadcast yet")
	req.TeacherBrief, req.Description = "数学老师", "直播课"
	course, err := c.WeixinLive.Open(ctx, req)
	require.NoError(t, err)
	assert.True(t, course.StartTime.Equal(room.StartTime.Time))
	course, err = c.WeixinLive.Update(ctx, &duobeiyun.WeixinLiveRequest{RoomID: room.RoomID, Description: "答疑课"})
	require.NoError(t, err)
	assert.Equal(t, []string{"张三", "答疑课"}, []string{course.TeacherName, course.Description})
	got, err = c.Rooms.Get(ctx, room.RoomID)
	require.NoError(t, err)
	assert.True(t, got.WeixinLiving)
	require.NoError(t, c.WeixinLive.Close(ctx, room.RoomID))

	require.True(t, srv.AddChat(room.RoomID, duobeiyuntest.ChatMessage{UID: "1", Nickname: "李四", Text: "老师好"}))
	logs, err := c.Rooms.ChatLogs(ctx, room.RoomID, video.RoomID, "jz0")
	require.NoError(t, err)
	require.Len(t, logs, 3)
	require.NoError(t, logs[0].Err())
	assert.Contains(t, get(t, logs[0].DownloadURL).body, "老师好")
	assert.Equal(t, []string{duobeiyun.CodeChatFileNotFound, duobeiyun.CodeCourse}, []string{code(logs[1].Err()), code(logs[2].Err())})
	now.Advance(25 * time.Hour)
	assert.Equal(t, http.StatusUnauthorized, get(t, logs[0].DownloadURL).status, "the link has expired")

	srv.Handle("api/v4/room/authinfo", func(params url.Values) any {
		return map[string]any{"success": true, "room": params.Get("roomId")}
	})
	var out struct{ Room string }
	require.NoError(t, c.Call(ctx, http.MethodPost, "api/v4/room/authinfo", map[string]string{"roomId": "jz1"}, &out))
	assert.Equal(t, "jz1", out.Room)
	require.NoError(t, c.Call(ctx, http.MethodGet, "/api/v4/room/authinfo", nil, nil))
}

// An endpoint that the fake gets later must not take the place of one that
// somebody's test has added before.
func TestHandleGoesBeforeTheFakesEndpoints(t *testing.T) {
	srv, c, _ := start(t)
	for _, path := range []string{"api/v3/room/detail", "/api/v3/room/detail"} {
		srv.Handle(path, func(params url.Values) any {
			return map[string]any{"success": true, "course": map[string]any{"roomId": params.Get("roomId") + path}}
		})
		room, err := c.Rooms.Get(t.Context(), "jz1")
		require.NoError(t, err)
		assert.Equal(t, "jz1"+path, room.RoomID)
	}
	srv.FailNext("api/v3/room/detail", duobeiyun.CodeCourse)
	_, err := c.Rooms.Get(t.Context(), "jz1")
	assert.Equal(t, duobeiyun.CodeCourse, code(err), "a failure that was ordered goes before it")

	srv.Handle("api/v3/room/enter", func(url.Values) any { return map[string]any{"success": true} })
	link, err := c.Rooms.EnterURL(&duobeiyun.EnterRequest{RoomID: "jz1", UID: "u", Nickname: "n", Role: duobeiyun.RoleTeacher})
	require.NoError(t, err)
	assert.JSONEq(t, `{"success":true}`, get(t, link.URL).body, "where the fake answers pages, too")
}

func TestMoneyRunsOut(t *testing.T) {
	srv, c, now := start(t)
	ctx := t.Context()
	srv.SetBalance(5)
	_, err := c.Rooms.Create(ctx, lesson(now)) // 90 minutes are charged as two hours, at 2 each
	require.NoError(t, err)
	m, err := c.Merchant.Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 4, 5}, []float64{m.RemainMoney, m.ConsumptionMoney, m.TotalChargeMoney})
	_, err = c.Rooms.Create(ctx, lesson(now))
	require.ErrorIs(t, err, edusdk.ErrResourceExhausted)
	assert.Equal(t, duobeiyun.CodeAfford, code(err))
	assert.False(t, edusdk.MaybeApplied(err))

	srv.SetBalance(8)
	video := lesson(now)
	video.Video, video.Length = true, 2*time.Hour // at 4 each
	_, err = c.Rooms.CreateHourly(ctx, video)
	require.NoError(t, err)
	m, err = c.Merchant.Get(ctx)
	require.NoError(t, err)
	assert.Zero(t, m.RemainMoney)
	assert.Equal(t, []float64{2, 4}, []float64{m.UnitPrice, m.VideoUnitPrice})
}

func TestConversionThatFails(t *testing.T) {
	srv, c, now := start(t)
	srv.SetConversionDelay(time.Minute)
	id, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "a.docx", Content: strings.NewReader("x")})
	require.NoError(t, err)
	require.True(t, srv.FailConversion(id))
	require.False(t, srv.FailConversion("none"))
	status, err := c.Documents.Status(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, duobeiyun.DocumentConverting, status)
	numbers := func() (status duobeiyun.DocumentStatus) {
		d, err := c.Documents.Get(t.Context(), id)
		require.NoError(t, err)
		page, err := c.Documents.List(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, d, page.Items[0])
		return d.Status
	}
	assert.Equal(t, duobeiyun.DocumentStatus("1"), numbers())
	now.Advance(time.Minute)
	require.ErrorIs(t, c.Documents.WaitConverted(t.Context(), id), edusdk.ErrFailedPrecondition)
	assert.Equal(t, duobeiyun.DocumentStatus("2"), numbers())
}

func TestExpiredRecording(t *testing.T) {
	srv, c, now := start(t)
	room, err := c.Rooms.Create(t.Context(), lesson(now))
	require.NoError(t, err)
	require.True(t, srv.SetConvertStatus(room.RoomID, 1))
	require.True(t, srv.SetValidEndTime(room.RoomID, now.Now().Add(-time.Minute)))
	got, err := c.Rooms.Get(t.Context(), room.RoomID)
	require.NoError(t, err)
	assert.Equal(t, duobeiyun.ConvertSucceeded, got.ConvertStatus)
	enter := &duobeiyun.EnterRequest{RoomID: room.RoomID, UID: "1", Nickname: "李四", Role: duobeiyun.RoleStudent}
	err = c.Rooms.CheckEnter(t.Context(), enter)
	require.ErrorIs(t, err, edusdk.ErrFailedPrecondition)
	assert.Contains(t, err.Error(), "回放有效期已过")
	enter.RoomID = "jz0"
	require.ErrorIs(t, c.Rooms.CheckEnter(t.Context(), enter), edusdk.ErrNotFound)
}

func TestEveryWayIntoARoom(t *testing.T) {
	_, c, now := start(t)
	room, err := c.Rooms.Create(t.Context(), lesson(now))
	require.NoError(t, err)
	yes, no := true, false
	for role := duobeiyun.RoleTeacher; role <= duobeiyun.RoleAssistant; role++ {
		for _, device := range []duobeiyun.DeviceType{0, duobeiyun.DevicePC, duobeiyun.DeviceMobile} {
			require.NoError(t, c.Rooms.CheckEnter(t.Context(), &duobeiyun.EnterRequest{
				RoomID: room.RoomID, UID: "u 1", Nickname: "李四&=+", Role: role, DeviceType: device,
				PlaybackStart: 100*time.Minute + 20*time.Second, PlaybackEnd: 120*time.Minute + 3*time.Second,
				Tape: &yes, AdminDisableChat: &no, Extra: url.Values{"h5": {"1"}},
			}), "role %d, device %d", role, device)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	srv, c, now := start(t)
	ctx := t.Context()
	room, err := c.Rooms.Create(ctx, lesson(now))
	require.NoError(t, err)
	_, errTitle := c.Rooms.UpdateTitle(ctx, "jz0", "t")
	_, errStatus := c.Documents.Status(ctx, "d0")
	_, errLive := c.Statistics.LiveRoom(ctx, "jz0")
	_, errPlayback := c.Statistics.PlaybackUser(ctx, "jz0", "u")
	_, errWeixin := c.WeixinLive.Update(ctx, &duobeiyun.WeixinLiveRequest{RoomID: room.RoomID, Description: "d"})
	for want, errs := range map[string][]error{
		"app_course_error":   {errTitle, errWeixin, c.Rooms.AttachDocument(ctx, "jz0", "d0"), c.WeixinLive.Close(ctx, "jz0")},
		"app_slides_error":   {c.Rooms.AttachDocument(ctx, room.RoomID, "d0"), c.Rooms.RemoveDocument(ctx, room.RoomID, "d0")},
		"document_not_found": {errStatus, c.Documents.Delete(ctx, "d0")},
		"room is not exists": {errLive, errPlayback},
	} {
		for i, err := range errs {
			require.ErrorIs(t, err, edusdk.ErrNotFound, "%s %d", want, i)
			assert.Equal(t, want, code(err), "%s %d", want, i)
		}
	}
	preview, err := c.Documents.PreviewURL("d0")
	require.NoError(t, err)
	assert.Contains(t, get(t, preview.URL).body, "<body>\n  app_slides_error", "a failure where a picture was asked for is a page")
	requests := srv.Requests()
	assert.Equal(t, "app_slides_error", requests[len(requests)-1].Error)
}

func TestFaultsCanBePutInItsPlace(t *testing.T) {
	srv, c, now := start(t)
	ctx := t.Context()
	srv.FailNext("api/v3/merchant", "app_error")
	_, err := c.Merchant.Get(ctx)
	require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
	_, err = c.Merchant.Get(ctx)
	require.NoError(t, err)

	lose := true
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			if lose {
				panic(http.ErrAbortHandler) // carried out, but nobody hears of it
			}
		})
	})
	_, err = c.Rooms.Create(ctx, lesson(now))
	require.True(t, edusdk.MaybeApplied(err))
	requests := srv.Requests()
	last := requests[len(requests)-1]
	assert.Equal(t, "api/v4/room/create", last.Path)
	assert.Empty(t, last.Error)
	assert.Equal(t, "0", last.Params.Get("video"))
	assert.Len(t, requests, 3, "a creation is not repeated")
}

func TestAClockThatIsWrong(t *testing.T) {
	for _, off := range []time.Duration{6 * time.Minute, -time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			srv := duobeiyuntest.NewServer()
			defer srv.Close()
			c, err := duobeiyun.New(srv.Config(), edusdk.WithClock(func() time.Time { return time.Now().Add(off) }))
			require.NoError(t, err)
			defer c.CloseIdleConnections()
			for range 2 {
				_, err = c.Merchant.Get(t.Context())
				require.NoError(t, err)
			}
			requests := srv.Requests()
			require.Len(t, requests, 3, "one request more, once")
			assert.Equal(t, []string{"app_timestamp_out_date_error", "", ""},
				[]string{requests[0].Error, requests[1].Error, requests[2].Error})

			// A page that says so counts as well.
			c, err = duobeiyun.New(srv.Config(), edusdk.WithClock(func() time.Time { return time.Now().Add(off) }))
			require.NoError(t, err)
			defer c.CloseIdleConnections()
			enter := &duobeiyun.EnterRequest{RoomID: "jz0", UID: "1", Nickname: "李四", Role: duobeiyun.RoleStudent}
			require.ErrorIs(t, c.Rooms.CheckEnter(t.Context(), enter), edusdk.ErrNotFound)
			link, err := c.Rooms.EnterURL(enter)
			require.NoError(t, err)
			assert.Contains(t, get(t, link.URL).body, "app_course_error", "a link of the corrected clock is good")
			assert.Len(t, srv.Requests(), 3+2+1)
		})
	}
}

// Answers are dated by the fake's clock, as the vendor's are by its own, so that
// a client can find out that its clock is not the vendor's.
func TestAnswersAreDatedByTheClockOfTheFake(t *testing.T) {
	for _, off := range []time.Duration{2 * time.Hour, -24 * time.Hour} {
		srv := duobeiyuntest.NewServer()
		defer srv.Close()
		srv.SetClock(func() time.Time { return time.Now().Add(off) })
		c, err := duobeiyun.New(srv.Config())
		require.NoError(t, err)
		defer c.CloseIdleConnections()
		_, err = c.Merchant.Get(t.Context())
		require.NoError(t, err, "corrected by %v", off)
		assert.Len(t, srv.Requests(), 2)
		link, err := c.Rooms.EnterURL(&duobeiyun.EnterRequest{RoomID: "jz0", UID: "1", Nickname: "李四", Role: duobeiyun.RoleStudent})
		require.NoError(t, err)
		assert.Contains(t, get(t, link.URL).body, "app_course_error", "and not app_timestamp_out_date_error")
	}
}

// signed is a client of the test's own, to make the mistakes that ours does not.
func signed(params map[string]string, encodeFirst bool) url.Values {
	form := url.Values{}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		v := params[name]
		form.Set(name, v)
		if encodeFirst {
			v = url.QueryEscape(v)
		}
		pairs = append(pairs, name+"="+v)
	}
	form.Set("sign", md5Hex(strings.Join(pairs, "&")+duobeiyuntest.AppKey))
	return form
}

func TestItCatchesTheMistakesOfRealClients(t *testing.T) {
	srv, _, now := start(t)
	base := func(more map[string]string) map[string]string {
		params := map[string]string{"partner": duobeiyuntest.Partner, "timestamp": strconv.FormatInt(now.Now().UnixMilli(), 10)}
		for k, v := range more {
			params[k] = v
		}
		return params
	}
	room := func(more map[string]string) map[string]string {
		params := base(map[string]string{
			"title": "a b", "video": "0", "startTime": "2026-03-03 10:00", "length": "60", "roomType": "2",
		})
		for k, v := range more {
			if params[k] = v; v == "-" {
				delete(params, k)
			}
		}
		return params
	}
	enter := map[string]string{"uid": "1", "roomId": "jz0", "nickname": "n", "userRole": "2"}
	with := func(m map[string]string, k, v string) map[string]string {
		m = maps.Clone(m)
		m[k] = v
		return m
	}
	tests := map[string]struct {
		path   string
		get    bool
		params url.Values
		want   string
	}{
		"a good request":          {"api/v4/room/create", false, signed(room(nil), false), ""},
		"video=0 left out":        {"api/v4/room/create", false, signed(room(map[string]string{"video": "-"}), false), "app_parameter_error"},
		"encoded before signing":  {"api/v4/room/create", false, signed(room(nil), true), "app_sign_error"},
		"an empty parameter":      {"api/v4/room/create", false, signed(room(map[string]string{"title": ""}), false), "app_sign_error"},
		"a space at the end":      {"api/v4/room/create", false, signed(room(map[string]string{"title": "a "}), false), "app_sign_error"},
		"an unknown parameter":    {"api/v4/room/create", false, signed(room(map[string]string{"duration": "1"}), false), "app_parameter_error"},
		"too short":               {"api/v4/room/create", false, signed(room(map[string]string{"length": "29"}), false), "app_course_length_error"},
		"too long":                {"api/v4/room/create", false, signed(room(map[string]string{"length": "301"}), false), "app_course_length_error"},
		"a bad type":              {"api/v4/room/create", false, signed(room(map[string]string{"roomType": "3"}), false), "app_course_type_error"},
		"video as a word":         {"api/v4/room/create", false, signed(room(map[string]string{"video": "true"}), false), "app_parameter_error"},
		"seconds in the start":    {"api/v4/room/create", false, signed(room(map[string]string{"startTime": "2026-03-03 10:00:00"}), false), "app_parameter_error"},
		"a start that is no date": {"api/v4/room/create", false, signed(room(map[string]string{"startTime": "2026-13-03 10:00"}), false), "app_parameter_error"},
		"over already":            {"api/v4/room/create", false, signed(room(map[string]string{"startTime": "2026-03-02 10:00"}), false), "course_endtime_out_of_date_error"},
		"another partner":         {"api/v3/merchant", false, signed(base(map[string]string{"partner": "1"}), false), "app_error"},
		"no sign":                 {"api/v3/merchant", false, url.Values{"partner": {duobeiyuntest.Partner}, "timestamp": {"1"}}, "app_parameter_error"},
		"a wrong sign":            {"api/v3/merchant", false, with2(signed(base(nil), false), "sign", "0"), "app_sign_error"},
		"an old timestamp":        {"api/v3/merchant", false, signed(base(map[string]string{"timestamp": "1497502288959"}), false), "app_timestamp_out_date_error"},
		"seconds as a timestamp":  {"api/v3/merchant", false, signed(base(map[string]string{"timestamp": "1772442000"}), false), "app_timestamp_out_date_error"},
		"no number for a time":    {"api/v3/merchant", false, signed(base(map[string]string{"timestamp": "now"}), false), "app_timestamp_out_date_error"},
		"DeviceType":              {"api/v3/room/enter", true, signed(base(with(enter, "DeviceType", "1")), false), "app_parameter_error"},
		"deviceType 3":            {"api/v3/room/enter", true, signed(base(with(enter, "deviceType", "3")), false), "app_parameter_error"},
		"role 5":                  {"api/v3/room/enter", true, signed(base(with(enter, "userRole", "5")), false), "app_userRole_error"},
		"a playback in seconds":   {"api/v3/room/enter", true, signed(base(with(enter, "psTime", "90")), false), "app_parameter_error"},
		"page 0":                  {"api/v3/room/list", false, signed(base(map[string]string{"pageNo": "0"}), false), "app_parameter_error"},
		"a document on no room":   {"api/v3/documents/upload", false, signed(base(nil), false), "app_parameter_error"},
		"twice the same":          {"api/v3/room/list", false, with2(signed(base(nil), false), "title", "a", "b"), "app_sign_error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var resp response
			if tt.get {
				resp = get(t, srv.URL+"/"+tt.path+"?"+tt.params.Encode())
			} else {
				resp = post(t, srv.URL+"/"+tt.path, tt.params)
			}
			assert.Equal(t, http.StatusOK, resp.status)
			requests := srv.Requests()
			assert.Equal(t, tt.want, requests[len(requests)-1].Error)
			switch {
			case tt.want == "":
				assert.Contains(t, resp.body, `"success":true`)
			case tt.get:
				assert.Contains(t, resp.body, "<body>\n  "+tt.want)
			default:
				assert.JSONEq(t, `{"success":false,"error":"`+tt.want+`"}`, resp.body)
			}
		})
	}
}

func TestItAnswersPagesWhereThereIsNoEndpoint(t *testing.T) {
	srv, _, _ := start(t)
	tests := map[string]struct {
		method, path, contentType string
		want                      int
	}{
		"unknown path":        {"POST", "/api/v9/room", "application/x-www-form-urlencoded", http.StatusNotFound},
		"wrong method":        {"GET", "/api/v3/merchant", "", http.StatusMethodNotAllowed},
		"other content":       {"POST", "/api/v3/merchant", "text/plain", http.StatusUnsupportedMediaType},
		"no content type":     {"POST", "/api/v3/merchant", "", http.StatusUnsupportedMediaType},
		"a bad query":         {"GET", "/api/v3/room/enter?a=%zz", "", http.StatusBadRequest},
		"a form that is none": {"POST", "/api/v3/merchant", "application/x-www-form-urlencoded; charset=UTF-8", http.StatusBadRequest},
		"a broken form":       {"POST", "/api/v3/documents/upload", "multipart/form-data; boundary=x", http.StatusBadRequest},
		"an unknown chat":     {"GET", "/chat/jz0/chat.json?e=99999999999", "", http.StatusNotFound},
		"something in chat":   {"GET", "/chat/", "", http.StatusNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, srv.URL+tt.path, strings.NewReader(map[bool]string{false: "a=1", true: "a=%zz"}[name == "a form that is none"]))
			require.NoError(t, err)
			req.Header.Set("Content-Type", tt.contentType)
			resp := do(t, req)
			assert.Equal(t, tt.want, resp.status)
			assert.Contains(t, resp.body, "<html>")
			if strings.HasPrefix(tt.path, "/chat/") {
				return // a file, not a request to the API
			}
			requests := srv.Requests()
			require.NotEmpty(t, requests)
			last := requests[len(requests)-1]
			path, _, _ := strings.Cut(tt.path, "?")
			assert.Equal(t, []string{tt.method, path, fmt.Sprint(tt.want, " ", http.StatusText(tt.want))},
				[]string{last.Method, "/" + last.Path, last.Error}, "it is remembered, and not as a success")
		})
	}
}

func TestHandlerUnderAPrefix(t *testing.T) {
	h := duobeiyuntest.NewHandler()
	web := httptest.NewServer(http.StripPrefix("/duobeiyun", h))
	defer web.Close()
	c, err := duobeiyun.New(duobeiyun.Config{
		Partner: duobeiyuntest.Partner, AppKey: duobeiyuntest.AppKey, BaseURL: web.URL + "/duobeiyun/",
	})
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	room, err := c.Videos.Create(t.Context(), "视频课", "key")
	require.NoError(t, err)
	require.True(t, h.AddChat(room.RoomID, duobeiyuntest.ChatMessage{Text: "你好"}))
	require.False(t, h.AddChat("jz0"))
	logs, err := c.Rooms.ChatLogs(t.Context(), room.RoomID)
	require.NoError(t, err)
	assert.Contains(t, get(t, logs[0].DownloadURL).body, "你好")
}

func TestUploadsAreChecked(t *testing.T) {
	srv, c, _ := start(t)
	id, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "课 1.PNG", Content: strings.NewReader("12345")})
	require.NoError(t, err)
	require.NotEmpty(t, id)
	requests := srv.Requests()
	assert.Equal(t, &duobeiyuntest.File{Field: "slidesFile", Name: "课 1.PNG", ContentType: "image/png", Size: 5}, requests[0].File)
	assert.Equal(t, []string{"partner", "sign", "timestamp"}, sortedKeys(requests[0].Params))
}

// form is a multipart form written by the test itself: pairs of names and
// values, and files.
func form(t *testing.T, params url.Values, files ...duobeiyuntest.File) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for name, vs := range params {
		for _, v := range vs {
			require.NoError(t, w.WriteField(name, v))
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.Field, f.Name)
		require.NoError(t, err)
		_, err = io.CopyN(part, zeros{}, f.Size)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return body, w.FormDataContentType()
}

// zeros is a reader without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestItCatchesTheMistakesOfUploads(t *testing.T) {
	const limit = 20 << 20
	file := func(field, name string, size int64) []duobeiyuntest.File {
		return []duobeiyuntest.File{{Field: field, Name: name, Size: size}}
	}
	for name, tt := range map[string]struct {
		files []duobeiyuntest.File
		more  map[string]string
		want  string
	}{
		"a good one":           {file("slidesFile", "一.pdf", 5), nil, ""},
		"as large as allowed":  {file("slidesFile", "a.JPEG", limit), nil, ""},
		"too large":            {file("slidesFile", "a.pdf", limit+1), nil, "app_parameter_error"},
		"empty":                {file("slidesFile", "a.pdf", 0), nil, "app_parameter_error"},
		"another field":        {file("file", "a.pdf", 5), nil, "app_parameter_error"},
		"another extension":    {file("slidesFile", "a.txt", 5), nil, "app_parameter_error"},
		"no extension":         {file("slidesFile", "pdf", 5), nil, "app_parameter_error"},
		"no file":              {nil, nil, "app_parameter_error"},
		"two files":            {append(file("slidesFile", "a.pdf", 5), file("slidesFile", "b.pdf", 5)...), nil, "app_parameter_error"},
		"a parameter too many": {file("slidesFile", "a.pdf", 5), map[string]string{"title": "a"}, "app_parameter_error"},
		"the file signed":      {file("slidesFile", "a.pdf", 5), map[string]string{"slidesFile": "a.pdf"}, "app_sign_error"},
	} {
		t.Run(name, func(t *testing.T) {
			srv, _, now := start(t)
			params := map[string]string{"partner": duobeiyuntest.Partner, "timestamp": strconv.FormatInt(now.Now().UnixMilli(), 10)}
			maps.Copy(params, tt.more)
			values := signed(params, false)
			values.Del("slidesFile")
			body, contentType := form(t, values, tt.files...)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/api/v3/documents/upload", body)
			require.NoError(t, err)
			req.Header.Set("Content-Type", contentType)
			resp := do(t, req)
			assert.Equal(t, http.StatusOK, resp.status)
			requests := srv.Requests()
			require.Len(t, requests, 1)
			assert.Equal(t, tt.want, requests[0].Error)
			if tt.want == "" {
				assert.Contains(t, resp.body, `"success":true`)
				assert.Equal(t, tt.files[0].Size, requests[0].File.Size)
			} else {
				assert.JSONEq(t, `{"success":false,"error":"`+tt.want+`"}`, resp.body)
			}
		})
	}
}

func TestTheWindowOfTimestamps(t *testing.T) {
	srv, _, now := start(t)
	for off, want := range map[time.Duration]string{
		0: "", 5 * time.Minute: "", -5 * time.Minute: "",
		5*time.Minute + time.Millisecond: "app_timestamp_out_date_error", -5*time.Minute - time.Millisecond: "app_timestamp_out_date_error",
	} {
		stamp := strconv.FormatInt(now.Now().Add(off).UnixMilli(), 10)
		resp := post(t, srv.URL+"/api/v3/merchant", signed(map[string]string{"partner": duobeiyuntest.Partner, "timestamp": stamp}, false))
		requests := srv.Requests()
		assert.Equal(t, want, requests[len(requests)-1].Error, "%v: %s", off, resp.body)
	}
}

func TestItCatchesAWrongKindOfBody(t *testing.T) {
	srv, _, now := start(t)
	params := map[string]string{"partner": duobeiyuntest.Partner, "timestamp": strconv.FormatInt(now.Now().UnixMilli(), 10)}
	const asForm, asJSON = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
	for name, tt := range map[string]struct{ path, contentType, body, want string }{
		"JSON where it belongs":   {"api/v3/room/chatDownload", asJSON, `{"roomIds":["jz0"]}`, ""},
		"a form in its place":     {"api/v3/room/chatDownload", asForm, "", "app_parameter_error"},
		"no rooms":                {"api/v3/room/chatDownload", asJSON, `{"roomIds":[]}`, "app_parameter_error"},
		"broken JSON":             {"api/v3/room/chatDownload", asJSON, `{"roomIds":[`, "app_parameter_error"},
		"one room, not in a list": {"api/v3/room/chatDownload", asJSON, `{"roomIds":"jz0"}`, "app_parameter_error"},
		"JSON for parameters":     {"api/v3/room/detail", asJSON, `{"roomId":"jz0"}`, "app_parameter_error"},
		"JSON besides":            {"api/v3/merchant", asJSON, `{}`, "app_parameter_error"},
	} {
		t.Run(name, func(t *testing.T) {
			address := srv.URL + "/" + tt.path + "?" + signed(params, false).Encode()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(tt.body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", tt.contentType)
			resp := do(t, req)
			assert.Equal(t, http.StatusOK, resp.status)
			requests := srv.Requests()
			assert.Equal(t, tt.want, requests[len(requests)-1].Error, resp.body)
		})
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	srv, c, now := start(t)
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			room, err := c.Rooms.Create(context.Background(), lesson(now))
			if assert.NoError(t, err) {
				_, err = c.Rooms.Get(context.Background(), room.RoomID)
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	assert.Len(t, srv.Requests(), 64)
}

func code(err error) string {
	var e *edusdk.Error
	if ok := asError(err, &e); !ok {
		return ""
	}
	return e.Code
}

type response struct {
	status int
	body   string
}

func get(t *testing.T, address string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	return do(t, req)
}

func post(t *testing.T, address string, form url.Values) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, req)
}

func do(t *testing.T, req *http.Request) response {
	t.Helper()
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		require.True(t, json.Valid(body), "labelled as JSON: %s", body)
	}
	return response{resp.StatusCode, string(body)}
}
