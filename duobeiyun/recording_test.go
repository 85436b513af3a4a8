package duobeiyun_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

func TestWaitRecording(t *testing.T) {
	for name, tt := range map[string]struct {
		states  string // the last one stays
		timeout time.Duration
		waited  time.Duration
		asked   int
		kind    edusdk.Kind
		code    string
	}{
		"converted at once":   {"1", time.Hour, 0, 1, 0, ""},
		"after a while":       {"0 0 0 0 0 0 0 1", time.Hour, 45 * time.Second, 8, 0, ""},
		"failed":              {"0 2", time.Hour, time.Second, 2, edusdk.ErrFailedPrecondition, "ConvertFailed"},
		"nothing recorded":    {"0 3", time.Hour, time.Second, 2, edusdk.ErrFailedPrecondition, "ConvertEmpty"},
		"an unknown state":    {"9 1", time.Hour, time.Second, 2, 0, ""},
		"the deadline passes": {"0", 20 * time.Second, 20 * time.Second, 5, edusdk.ErrDeadlineExceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				states, asked := strings.Fields(tt.states), 0
				c, _ := mocked(t, func(*http.Request) (*http.Response, error) {
					state := states[min(asked, len(states)-1)]
					asked++
					return httpmock.NewStringResponse(200, `{"success":true,"course":{"roomId":"jz1","convertStatus":`+state+`}}`), nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
				defer cancel()
				start := time.Now()
				room, err := c.Rooms.WaitRecording(ctx, "jz1")
				assert.Equal(t, tt.waited, time.Since(start))
				assert.Equal(t, tt.asked, asked)
				if tt.kind == 0 {
					require.NoError(t, err)
					assert.Equal(t, []any{"jz1", duobeiyun.ConvertSucceeded}, []any{room.RoomID, room.ConvertStatus})
					return
				}
				assert.Nil(t, room)
				e := asError(t, err)
				assert.Equal(t, []any{"duobeiyun", "Rooms.WaitRecording", tt.kind, tt.code}, []any{e.Vendor, e.Op, e.Kind, e.Code})
				assert.NotContains(t, err.Error(), "jz1")
			})
		})
	}
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"app_course_error"}`))
	assert.ErrorIs(t, second(c.Rooms.WaitRecording(t.Context(), "jz1")), edusdk.ErrNotFound)
}

func TestWaitRecordingSaysWhatItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, _ := mocked(t, func(*http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(200, `{"success":true,"course":{"roomId":"jz1","convertStatus":0}}`), nil
		})
		time.AfterFunc(time.Second/2, cancel) // between two polls
		_, err := c.Rooms.WaitRecording(ctx, "jz1")
		assert.ErrorIs(t, err, context.Canceled)
		assert.EqualError(t, err, "duobeiyun: Rooms.WaitRecording: canceled: context canceled while the recording is ConvertDefault")
	})
}

func TestTheEndOfALiveView(t *testing.T) {
	start := at("2026-03-02 09:00")
	for name, tt := range map[string]struct {
		view duobeiyun.LiveView
		want duobeiyun.Time
	}{
		"a stay":                {duobeiyun.LiveView{Timestamp: start, Duration: 90 * time.Minute}, at("2026-03-02 10:30")},
		"of no length":          {duobeiyun.LiveView{Timestamp: start}, start},
		"of a negative length":  {duobeiyun.LiveView{Timestamp: start, Duration: -time.Hour}, start},
		"without its beginning": {duobeiyun.LiveView{Duration: time.Hour}, duobeiyun.Time{}},
	} {
		assert.Equal(t, tt.want, tt.view.End(), name)
	}
}

func TestWhatOfAJumpRecordWasWatched(t *testing.T) {
	from, to := ms(1458298774521), ms(1458298791768)
	begin, end := ms(1492505737730), ms(1492505752430)
	for name, tt := range map[string]struct {
		record duobeiyun.JumpRecord
		want   time.Duration
	}{
		"the document's":           {duobeiyun.JumpRecord{From: from, To: to, StartTime: begin, EndTime: end}, 14700 * time.Millisecond},
		"the user left":            {duobeiyun.JumpRecord{From: from, To: to, StartTime: begin}, 17247 * time.Millisecond},
		"it ends before it begins": {duobeiyun.JumpRecord{StartTime: end, EndTime: begin}, 0},
		"left, and backwards":      {duobeiyun.JumpRecord{From: to, To: from, StartTime: begin}, 0},
		"without a beginning":      {duobeiyun.JumpRecord{EndTime: end}, 0},
		"left, without from":       {duobeiyun.JumpRecord{To: to}, 0},
		"left, without to":         {duobeiyun.JumpRecord{From: from}, 0},
		"zero":                     {duobeiyun.JumpRecord{}, 0},
	} {
		assert.Equal(t, tt.want, tt.record.Watched(), name)
	}
}
