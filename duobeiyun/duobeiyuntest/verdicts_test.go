package duobeiyuntest_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/fake/faketest"
)

func TestTheLogSaysWhatWasWrong(t *testing.T) {
	h := duobeiyuntest.NewHandler()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return now })
	var log faketest.Log
	h.SetLogger(log.Logger())
	room := url.Values{"title": {"张三的课"}, "video": {"0"}, "startTime": {"2026-03-03 10:00"}, "length": {"60"}, "roomType": {"2"}}
	enter := url.Values{"uid": {"student-1"}, "roomId": {"jz0"}, "nickname": {"李四"}, "userRole": {"2"}}
	with := func(base url.Values, name string, values ...string) url.Values {
		changed := maps.Clone(base)
		changed[name] = values
		return changed
	}
	post := func(path string, form url.Values) *http.Request {
		return faketest.Post(path, faketest.Form, form.Encode())
	}
	get := func(path string, form url.Values) *http.Request {
		return httptest.NewRequest(http.MethodGet, "/"+path+"?"+form.Encode(), nil)
	}
	create := func(name string, values ...string) *http.Request {
		return post("api/v4/room/create", h.Sign(with(room, name, values...)))
	}
	const parameters = "app_parameter_error"
	faketest.Verdicts(t, h, &log, []string{
		duobeiyuntest.AppKey, duobeiyuntest.Partner, "张三", "李四", "student-1", "13800130000", strconv.FormatInt(now.UnixMilli(), 10), "2026",
	}, map[string]faketest.Row{
		"a room":              faketest.Of(post("api/v4/room/create", h.Sign(room)), 200, "", ""),
		"no sign":             faketest.Of(post("api/v4/room/create", room), 200, parameters, "partner is missing"),
		"another sign":        faketest.Of(post("api/v3/merchant", with(h.Sign(nil), "sign", "0")), 200, "app_sign_error", "sign is not the MD5 of the parameters, sorted and not URL-encoded, and the app key"),
		"another partner":     faketest.Of(post("api/v3/merchant", with(h.Sign(nil), "partner", "13800130000")), 200, "app_error", "partner is not the fake's"),
		"an empty parameter":  faketest.Of(post("api/v3/room/list", with(h.Sign(nil), "title", "")), 200, "app_sign_error", "title is empty: what has no value must not be sent"),
		"a parameter twice":   faketest.Of(create("title", "a", "b"), 200, parameters, "title is there more than once"),
		"a parameter too few": faketest.Of(create("title"), 200, parameters, "title is missing"),
		"a misspelt one":      faketest.Of(create("starttime", "2026-03-03 10:00"), 200, parameters, "starttime is not a parameter of this endpoint"),
		"a body of another kind": faketest.Of(post("api/v3/merchant", h.Sign(url.Values{`{"mobile":"13800130000"}`: {"1"}})), 200, parameters,
			"… is not a parameter of this endpoint"),
		"a time with seconds":        faketest.Of(create("startTime", "2026-03-03 10:00:00"), 200, parameters, "startTime must be a time such as 2013-10-27 11:11"),
		"a time that does not exist": faketest.Of(create("startTime", "2026-13-03 10:00"), 200, parameters, "startTime is not a date and a time that exist"),
		"a room that is over": faketest.Of(create("startTime", "2026-03-02 10:00"), 200, "course_endtime_out_of_date_error",
			"startTime and length give an end that has passed"),
		"too short":        faketest.Of(create("length", "29"), 200, "app_course_length_error", "length must be 30 to 300, in minutes"),
		"another type":     faketest.Of(create("roomType", "3"), 200, "app_course_type_error", "roomType must be 1, 2, 4 or 8"),
		"another role":     faketest.Of(get("api/v3/room/enter", h.Sign(with(enter, "userRole", "5"))), 200, "app_userRole_error", "userRole must be 1, 2, 3 or 4"),
		"an unknown room":  faketest.Of(get("api/v3/room/enter", h.Sign(enter)), 200, "app_course_error", "roomId is not that of a room"),
		"no file":          faketest.Of(post("api/v3/documents/upload", h.Sign(nil)), 200, parameters, "the form must hold one file, slidesFile"),
		"no JSON":          faketest.Of(post("api/v3/room/chatDownload", h.Sign(nil)), 200, parameters, "the body must be JSON"),
		"no such document": faketest.Of(post("api/v3/document/detail", h.Sign(url.Values{"documentId": {"student-1"}})), 200, "document_not_found", "documentId is not that of a document"),
		"no such endpoint": faketest.Of(post("api/v9/room", nil), 404, "", "the vendor has no such endpoint"),
		"another method":   faketest.Of(get("api/v3/merchant", h.Sign(nil)), 405, "", "the method must be POST"),
		"no content type":  faketest.Of(httptest.NewRequest(http.MethodPost, "/api/v3/merchant", nil), 415, "", "the header Content-Type is missing or wrong"),
	})

	now = now.Add(6 * time.Minute)
	signed := h.Sign(nil)
	now = now.Add(6 * time.Minute)
	faketest.Verdicts(t, h, &log, nil, map[string]faketest.Row{"an old timestamp": faketest.Of(
		post("api/v3/merchant", signed), 200, "app_timestamp_out_date_error", "timestamp is not in milliseconds, or more than five minutes off",
	)})
	last := h.Requests()[len(h.Requests())-1]
	assert.Equal(t, []string{"app_timestamp_out_date_error", "timestamp is not in milliseconds, or more than five minutes off"}, []string{last.Error, last.Problem})

	h.FailNext("api/v3/merchant", "other_error")
	faketest.Verdicts(t, h, &log, nil, map[string]faketest.Row{"ordered": faketest.Of(post("api/v3/merchant", h.Sign(nil)), 200, "other_error", "")})
}

// A signature that the fake makes is the one that a client makes, and that of the
// document's example.
func TestSign(t *testing.T) {
	srv, c, now := start(t)
	_, err := c.Rooms.Create(t.Context(), lesson(now))
	require.NoError(t, err)
	sent := srv.Requests()[0].Params
	given := maps.Clone(sent)
	for _, name := range []string{"partner", "timestamp", "sign"} {
		given.Del(name)
	}
	given["note"] = []string{" "}
	assert.Equal(t, sent, srv.Sign(given))
	assert.Len(t, given, 6, "what was given is left alone")
}

func TestAStrictRoomIsEnteredWhenItIsOpen(t *testing.T) {
	const lead, length, delay = time.Hour, 90 * time.Minute, 10 * time.Minute // of lesson
	for name, tt := range map[string]struct {
		after  time.Duration // since the room was made
		change func(srv *duobeiyuntest.Server, roomID string)
		notice string // "" where the room is open
		status duobeiyun.ConvertStatus
	}{
		"at once":                 {0, nil, "未开始", duobeiyun.ConvertDefault},
		"just before":             {lead - time.Second, nil, "未开始", duobeiyun.ConvertDefault},
		"at the start":            {lead, nil, "", duobeiyun.ConvertDefault},
		"at the end":              {lead + length, nil, "", duobeiyun.ConvertDefault},
		"just after":              {lead + length + time.Second, nil, "转换中", duobeiyun.ConvertDefault},
		"before it is converted":  {lead + length + delay - time.Second, nil, "转换中", duobeiyun.ConvertDefault},
		"once it is converted":    {lead + length + delay, nil, "", duobeiyun.ConvertSucceeded},
		"when it failed":          {lead + length + delay, converts(2), "转换失败", duobeiyun.ConvertFailed},
		"when it is empty":        {lead + length + delay, converts(3), "空录像", duobeiyun.ConvertEmpty},
		"while it takes longer":   {lead + length + delay, converts(0), "转换中", duobeiyun.ConvertDefault},
		"when it took no time":    {lead + length + time.Second, converts(1), "", duobeiyun.ConvertSucceeded},
		"failed, and live yet":    {lead, converts(2), "", duobeiyun.ConvertFailed},
		"when it has expired":     {lead + length + delay, expires, "回放有效期已过", duobeiyun.ConvertSucceeded},
		"at once, not strict":     {0, lax, "", duobeiyun.ConvertDefault},
		"afterwards, not strict":  {lead + length + time.Second, lax, "", duobeiyun.ConvertDefault},
		"much later, not strict":  {lead + length + delay, lax, "", duobeiyun.ConvertDefault},
		"expired, and not strict": {0, func(srv *duobeiyuntest.Server, id string) { lax(srv, id); expires(srv, id) }, "回放有效期已过", duobeiyun.ConvertDefault},
	} {
		t.Run(name, func(t *testing.T) {
			srv, c, now := start(t)
			srv.SetStrict(true)
			srv.SetConversionDelay(delay)
			room, err := c.Rooms.Create(t.Context(), lesson(now))
			require.NoError(t, err)
			if tt.change != nil {
				tt.change(srv, room.RoomID)
			}
			now.Advance(tt.after)
			for role := duobeiyun.RoleTeacher; role <= duobeiyun.RoleAssistant; role++ {
				err = c.Rooms.CheckEnter(t.Context(), &duobeiyun.EnterRequest{RoomID: room.RoomID, UID: "1", Nickname: "李四", Role: role})
				requests := srv.Requests()
				last := requests[len(requests)-1]
				assert.Empty(t, last.Error, "it is a page")
				if tt.notice == "" {
					require.NoError(t, err, "%v", role)
					assert.Empty(t, last.Problem)
					continue
				}
				require.ErrorIs(t, err, edusdk.ErrFailedPrecondition, "%v", role)
				assert.ErrorContains(t, err, tt.notice)
				assert.Contains(t, last.Problem, "roomId is of a room")
			}
			got, err := c.Rooms.Get(t.Context(), room.RoomID)
			require.NoError(t, err)
			assert.Equal(t, tt.status, got.ConvertStatus)
		})
	}
}

func converts(status int) func(*duobeiyuntest.Server, string) {
	return func(srv *duobeiyuntest.Server, id string) { srv.SetConvertStatus(id, status) }
}

func expires(srv *duobeiyuntest.Server, id string) {
	srv.SetValidEndTime(id, time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
}

func lax(srv *duobeiyuntest.Server, _ string) { srv.SetStrict(false) }

func TestAStrictVideoIsOpenAtOnce(t *testing.T) {
	srv, c, _ := start(t)
	srv.SetStrict(true)
	room, err := c.Videos.Create(t.Context(), "点播课", "key")
	require.NoError(t, err)
	require.NoError(t, c.Rooms.CheckEnter(t.Context(), &duobeiyun.EnterRequest{RoomID: room.RoomID, UID: "1", Nickname: "李四", Role: duobeiyun.RoleStudent}))
}
