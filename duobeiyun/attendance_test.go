package duobeiyun_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// watchers answers for each user with the stays that are given, and notes how many
// requests are under way at the same time.
func watchers(stays func(uid string) string, most *atomic.Int64) httpmock.Responder {
	var running atomic.Int64
	return func(r *http.Request) (*http.Response, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			continue
		}
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		select {
		case <-time.After(time.Second): // in the bubble
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		uid := r.PostForm.Get("uid")
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"roomId":"jz1","uid":%q,"details":[%s]}`, uid, stays(uid))), nil
	}
}

const nine = 1772413200000 // 2026-03-02 09:00 in Beijing, in milliseconds

func stay(afterMinutes, minutes int, platform string) string {
	return fmt.Sprintf(`{"timestamp":%d,"duration":%d,"platform":%q}`, nine+afterMinutes*60_000, minutes*60_000, platform)
}

func TestAttendanceAddsUp(t *testing.T) {
	start := at("2026-03-02 09:00")
	after := func(d time.Duration) duobeiyun.Time { return duobeiyun.Time{Time: start.Add(d)} }
	for name, tt := range map[string]struct {
		stays          []string
		total, present time.Duration
		first, last    duobeiyun.Time
		platforms      []string
	}{
		"nobody":                     {},
		"one stay":                   {[]string{stay(0, 90, "pc")}, 90 * time.Minute, 90 * time.Minute, start, after(90 * time.Minute), []string{"pc"}},
		"two, in any order":          {[]string{stay(60, 10, "mobile"), stay(0, 20, "pc")}, 30 * time.Minute, 30 * time.Minute, start, after(70 * time.Minute), []string{"pc", "mobile"}},
		"one after the other":        {[]string{stay(0, 20, "pc"), stay(20, 10, "pc")}, 30 * time.Minute, 30 * time.Minute, start, after(30 * time.Minute), []string{"pc"}},
		"two devices, the same time": {[]string{stay(0, 30, "mobile"), stay(0, 30, "pc")}, time.Hour, 30 * time.Minute, start, after(30 * time.Minute), []string{"pc", "mobile"}},
		"overlapping":                {[]string{stay(0, 30, "pc"), stay(20, 30, "mobile")}, time.Hour, 50 * time.Minute, start, after(50 * time.Minute), []string{"pc", "mobile"}},
		"one within another":         {[]string{stay(0, 60, "pc"), stay(10, 10, "mobile"), stay(50, 20, "mobile")}, 90 * time.Minute, 70 * time.Minute, start, after(70 * time.Minute), []string{"pc", "mobile"}},
		"of no length":               {[]string{stay(5, 0, "mobile")}, 0, 0, after(5 * time.Minute), after(5 * time.Minute), []string{"mobile"}},
		"a negative length":          {[]string{stay(5, -7, "pc")}, 0, 0, after(5 * time.Minute), after(5 * time.Minute), []string{"pc"}},
		"without its beginning":      {[]string{`{"timestamp":0,"duration":60000}`, stay(0, 10, "pc")}, 11 * time.Minute, 11 * time.Minute, start, after(10 * time.Minute), []string{"pc"}},
		"an unknown platform":        {[]string{stay(0, 1, "tv"), stay(1, 1, "pc")}, 2 * time.Minute, 2 * time.Minute, start, after(2 * time.Minute), []string{"pc", "tv"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := mocked(t, watchers(func(string) string { return strings.Join(tt.stays, ",") }, new(atomic.Int64)))
				all, err := c.Statistics.Attendance(t.Context(), "jz1", "u1")
				require.NoError(t, err)
				require.Len(t, all.Attendees, 1)
				got := all.Attendees[0]
				assert.Len(t, got.Stays, len(tt.stays))
				assert.Equal(t, len(tt.stays) > 0, got.Attended())
				got.Stays = nil
				assert.Equal(t, duobeiyun.Attendee{
					UID: "u1", Total: tt.total, Present: tt.present, FirstSeen: tt.first, LastSeen: tt.last, Platforms: tt.platforms,
				}, got)
			})
		})
	}
}

func TestAttendanceOfALargeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var most atomic.Int64
		c, mock := mocked(t, watchers(func(uid string) string {
			if strings.HasSuffix(uid, "7") {
				return ""
			}
			return stay(0, len(uid), "pc")
		}, &most))
		uids := make([]string, 2000)
		for i := range uids {
			uids[i] = fmt.Sprint("student-", i)
		}
		start := time.Now()
		all, err := c.Statistics.Attendance(t.Context(), "jz1", uids...)
		require.NoError(t, err)
		assert.EqualValues(t, 8, most.Load(), "requests under way")
		assert.Equal(t, 2000, mock.GetTotalCallCount())
		assert.Equal(t, 250*time.Second, time.Since(start))
		for i, a := range all.Attendees {
			require.Equal(t, uids[i], a.UID, "the order is that of the uids")
			require.Equal(t, i%10 != 7, a.Attended(), a.UID)
		}
	})
}

func TestTheFirstErrorEndsAnAttendance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := watchers(func(string) string { return "" }, new(atomic.Int64))
		var calls atomic.Int64
		var failed string // the place of the user about whom the tenth question is: they come in any order
		c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
			resp, err := answer(r)
			if err == nil && calls.Add(1) == 10 {
				failed = strings.TrimPrefix(r.PostForm.Get("uid"), "canary-")
				return httpmock.NewStringResponse(200, `{"success":false,"error":"room is not exists"}`), nil
			}
			return resp, err
		})
		uids := make([]string, 100)
		for i := range uids {
			uids[i] = fmt.Sprint("canary-", i)
		}
		all, err := c.Statistics.Attendance(t.Context(), "jz1", uids...)
		assert.Nil(t, all)
		e := asError(t, err)
		assert.Equal(t, []any{"Statistics.LiveUser", edusdk.ErrNotFound, duobeiyun.CodeRoomNotFound}, []any{e.Op, e.Kind, e.Code})
		assert.EqualError(t, err, "duobeiyun: Statistics.LiveUser: not found: room is not exists: 房间不存在: of uids["+failed+"] (HTTP 200)")
		assert.Less(t, mock.GetTotalCallCount(), 30, "most are not asked about")
		synctest.Wait()
	})
	c, _ := mocked(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
	_, err := c.Statistics.Attendance(t.Context(), "jz1", "canary")
	assert.ErrorContains(t, err, "of uids[0]: ")
	assert.ErrorIs(t, err, edusdk.ErrUnavailable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Statistics.Attendance(ctx, "jz1", "canary")
	assert.ErrorIs(t, err, context.Canceled)
	asError(t, err)
}

func TestAttendanceIsCheckedBeforeItIsSent(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(500, ""))
	_, err := c.Statistics.Attendance(t.Context(), "", []string{}...)
	assert.EqualError(t, err, "duobeiyun: Statistics.Attendance: invalid argument: roomID must not be empty; uids must name a user")
	_, err = c.Statistics.Attendance(t.Context(), "jz1", "u1", "canary ")
	assert.ErrorContains(t, err, "uids must not hold an id that is wrong: uids[1] must not begin or end with a space")
	assert.NotContains(t, err.Error(), "canary")
	assert.Zero(t, mock.GetTotalCallCount())
}

// lessonAttendance is of one who was there with two devices, and one who was not.
func lessonAttendance() *duobeiyun.Attendance {
	return &duobeiyun.Attendance{RoomID: "jz1", Attendees: []duobeiyun.Attendee{
		{
			UID: "57728", Stays: make([]duobeiyun.LiveView, 2), Total: 62*time.Minute + 3*time.Second, Present: 30 * time.Hour,
			FirstSeen: duobeiyun.Time{Time: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}, LastSeen: at("2026-03-02 10:30:05"), Platforms: []string{"pc", "mobile"},
		},
		{UID: "-2+3"},
	}}
}

func TestAttendanceAsCSV(t *testing.T) {
	names := map[string]string{"57728": "张三, \"班长\"", "-2+3": "=HYPERLINK(\"http://example.com\")"}
	name := func(uid string) string { return names[uid] }
	for title, tt := range map[string]struct {
		opts *duobeiyun.AttendanceCSV
		want []string
	}{
		"in Chinese": {nil, []string{
			"用户 ID,是否到课,首次进入（北京时间）,最后离开（北京时间）,在线时长（分钟）,累计时长（分钟）,进入次数,设备",
			"57728,是,2026-03-02 09:00:00,2026-03-02 10:30:05,1800.00,62.05,2,电脑、手机",
			"'-2+3,否,,,0.00,0.00,0,",
		}},
		"in English, with names": {&duobeiyun.AttendanceCSV{Language: edusdk.English, Name: name}, []string{
			"User ID,Name,Attended,First seen (Beijing time),Last seen (Beijing time),Present (minutes),All stays (minutes),Stays,Devices",
			`57728,"张三, ""班长""",yes,2026-03-02 09:00:00,2026-03-02 10:30:05,1800.00,62.05,2,"PC, mobile"`,
			`'-2+3,"'=HYPERLINK(""http://example.com"")",no,,,0.00,0.00,0,`,
		}},
		"with titles of the importer's": {&duobeiyun.AttendanceCSV{Language: edusdk.Chinese, Header: []string{"a", "b", "c", "d", "e", "f", "=g", "h"}}, []string{
			"a,b,c,d,e,f,'=g,h",
			"57728,是,2026-03-02 09:00:00,2026-03-02 10:30:05,1800.00,62.05,2,电脑、手机",
			"'-2+3,否,,,0.00,0.00,0,",
		}},
	} {
		var b strings.Builder
		require.NoError(t, lessonAttendance().WriteCSV(&b, tt.opts), title)
		assert.Equal(t, "\ufeff"+strings.Join(tt.want, "\r\n")+"\r\n", b.String(), title)
	}
	for title, opts := range map[string]duobeiyun.AttendanceCSV{
		"Language": {Language: "fr"},
		"Header":   {Header: []string{"a", "b"}},
	} {
		var b strings.Builder
		err := lessonAttendance().WriteCSV(&b, &opts)
		assert.Equal(t, title, asFieldError(t, err).Field)
		assert.Equal(t, "Attendance.WriteCSV", asError(t, err).Op)
		assert.Empty(t, b.String(), "nothing is written")
	}
	err := lessonAttendance().WriteCSV(io.Discard, &duobeiyun.AttendanceCSV{Name: name, Header: make([]string, 8)})
	assert.EqualError(t, err, "duobeiyun: Attendance.WriteCSV: invalid argument: Header must have 9 titles")
}

// full is a writer that takes so many bytes.
type full struct{ room int }

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

func TestAWriterThatFails(t *testing.T) {
	for _, room := range []int{0, 3, 100} {
		assert.ErrorIs(t, lessonAttendance().WriteCSV(&full{room}, nil), errFull, "after %d bytes", room)
	}
}

// No cell of a text that others have written may be a formula to a spreadsheet.
func FuzzCSVIsHarmless(f *testing.F) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "＝1", "张三", "", "\xff", "a,\"b\"\r\n=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all := &duobeiyun.Attendance{Attendees: []duobeiyun.Attendee{{UID: text, Platforms: []string{text}}}}
		var b strings.Builder
		require.NoError(t, all.WriteCSV(&b, &duobeiyun.AttendanceCSV{Name: func(uid string) string { return uid }}))
		rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Len(t, rows[1], 9)
		for _, cell := range rows[1] {
			require.False(t, strings.ContainsAny(firstOf(strings.TrimLeft(cell, " \u3000")), "=+-@\t\r\n＝＋－＠"), "cell %q", cell)
		}
	})
}

func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}
