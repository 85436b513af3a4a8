package duobeiyun_test

import (
	"context"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// textArguments are all places where a text goes in: what sends it, and the
// name by which a bad one is refused.
var textArguments = map[string]struct {
	field string
	call  func(context.Context, *duobeiyun.Client, string) error
}{
	"Create": {"Title", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		r := lesson
		r.Title = s
		return second(c.Rooms.Create(ctx, &r))
	}},
	"CreateHourly": {"Title", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		r := lesson
		r.Title = s
		return second(c.Rooms.CreateHourly(ctx, &r))
	}},
	"UpdateTitle room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.UpdateTitle(ctx, s, "t"))
	}},
	"UpdateTitle title": {"title", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.UpdateTitle(ctx, "r", s))
	}},
	"Reschedule": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.Reschedule(ctx, s, lesson.StartTime, time.Hour))
	}},
	"RescheduleHourly": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.RescheduleHourly(ctx, s, lesson.StartTime, time.Hour))
	}},
	"Get":    {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error { return second(c.Rooms.Get(ctx, s)) }},
	"Delete": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error { return second(c.Rooms.Delete(ctx, s)) }},
	"Attach room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Rooms.AttachDocument(ctx, s, "d")
	}},
	"Attach document": {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Rooms.AttachDocument(ctx, "r", s)
	}},
	"Remove room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Rooms.RemoveDocument(ctx, s, "d")
	}},
	"Remove document": {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Rooms.RemoveDocument(ctx, "r", s)
	}},
	"Documents": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.Documents(ctx, s))
	}},
	"ChatLogs": {"roomIDs", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.ChatLogs(ctx, "r", s))
	}},
	"EnterURL room": {"RoomID", func(_ context.Context, c *duobeiyun.Client, s string) error {
		return enter(c, func(r *duobeiyun.EnterRequest) { r.RoomID = s })
	}},
	"EnterURL user": {"UID", func(_ context.Context, c *duobeiyun.Client, s string) error {
		return enter(c, func(r *duobeiyun.EnterRequest) { r.UID = s })
	}},
	"EnterURL name": {"Nickname", func(_ context.Context, c *duobeiyun.Client, s string) error {
		return enter(c, func(r *duobeiyun.EnterRequest) { r.Nickname = s })
	}},
	"EnterURL extra": {"h5", func(_ context.Context, c *duobeiyun.Client, s string) error {
		return enter(c, func(r *duobeiyun.EnterRequest) { r.Extra = url.Values{"h5": {s}} })
	}},
	"CheckEnter": {"UID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Rooms.CheckEnter(ctx, &duobeiyun.EnterRequest{RoomID: "r", UID: s, Nickname: "n", Role: duobeiyun.RoleTeacher})
	}},
	"WaitRecording": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.WaitRecording(ctx, s))
	}},
	"AddDocument room": {"RoomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{RoomID: s, Name: "a.pdf", Content: strings.NewReader("x")}))
	}},
	"AddDocument name": {"Name", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{RoomID: "r", Name: s, Content: strings.NewReader("x")}))
	}},
	"AddDocument again": {"RoomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{RoomID: s, DocumentID: "d"}))
	}},
	"Attendance room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.Attendance(ctx, s, "u"))
	}},
	"Attendance user": {"uids", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.Attendance(ctx, "r", "u", s))
	}},
	"Status": {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Documents.Status(ctx, s))
	}},
	"WaitConverted": {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Documents.WaitConverted(ctx, s)
	}},
	"Document":        {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error { return second(c.Documents.Get(ctx, s)) }},
	"Delete document": {"documentID", func(ctx context.Context, c *duobeiyun.Client, s string) error { return c.Documents.Delete(ctx, s) }},
	"PreviewURL":      {"documentID", func(_ context.Context, c *duobeiyun.Client, s string) error { return second(c.Documents.PreviewURL(s)) }},
	"Upload": {"Name", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: s, Content: strings.NewReader("x")}))
	}},
	"Video title": {"title", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Videos.Create(ctx, s, "k"))
	}},
	"Video key": {"videoKey", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Videos.Create(ctx, "t", s))
	}},
	"Weixin room": {"RoomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{RoomID: s, TeacherName: "n", TeacherBrief: "b", Description: "d"}))
	}},
	"Weixin name": {"TeacherName", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{RoomID: "r", TeacherName: s, TeacherBrief: "b", Description: "d"}))
	}},
	"Weixin brief": {"TeacherBrief", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{RoomID: "r", TeacherName: "n", TeacherBrief: s, Description: "d"}))
	}},
	"Weixin description": {"Description", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{RoomID: "r", TeacherName: "n", TeacherBrief: "b", Description: s}))
	}},
	"Weixin update": {"RoomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.WeixinLive.Update(ctx, &duobeiyun.WeixinLiveRequest{RoomID: s}))
	}},
	"Weixin close": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error { return c.WeixinLive.Close(ctx, s) }},
	"LiveRoom": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.LiveRoom(ctx, s))
	}},
	"LiveUser room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.LiveUser(ctx, s, "u"))
	}},
	"LiveUser user": {"uid", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.LiveUser(ctx, "r", s))
	}},
	"PlaybackRoom": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.PlaybackRoom(ctx, s))
	}},
	"PlaybackUser room": {"roomID", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.PlaybackUser(ctx, s, "u"))
	}},
	"PlaybackUser user": {"uid", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return second(c.Statistics.PlaybackUser(ctx, "r", s))
	}},
	"Call with a map": {"level", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Call(ctx, "POST", "api/x", map[string]string{"level": s}, nil)
	}},
	"Call with a struct": {"Level", func(ctx context.Context, c *duobeiyun.Client, s string) error {
		return c.Call(ctx, "POST", "api/x", struct{ Level string }{s}, nil)
	}},
}

func second(_ any, err error) error { return err }

func enter(c *duobeiyun.Client, change func(*duobeiyun.EnterRequest)) error {
	r := &duobeiyun.EnterRequest{RoomID: "r", UID: "u", Nickname: "n", Role: duobeiyun.RoleStudent}
	change(r)
	return second(c.Rooms.EnterURL(r))
}

func TestTextsThatWouldBreakTheSignatureAreNotSent(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{}`))
	for name, a := range textArguments {
		for problem, s := range map[string]string{
			"empty": "", "space before": " 初二.pdf", "space behind": "初二.pdf ", "line behind": "初二.pdf\n", "wide space": "初二.pdf\u3000",
			"control before": "\x01初二.pdf", "zero behind": "初二.pdf\x00", "not UTF-8": "\xff.pdf",
		} {
			t.Run(name+"/"+problem, func(t *testing.T) {
				err := a.call(t.Context(), c, s)
				assert.Equal(t, a.field, asFieldError(t, err).Field)
				assert.Zero(t, asError(t, err).Attempts)
				assert.NotContains(t, err.Error(), "初二")
			})
		}
	}
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestNoContext(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{}`))
	var none context.Context
	for _, o := range operations {
		_, err := o.call(none, c)
		assert.Equal(t, "ctx", asFieldError(t, err).Field, o.op)
		assert.Equal(t, o.op, asError(t, err).Op)
	}
	for name, a := range textArguments {
		assert.Equal(t, a.field, asFieldError(t, a.call(none, c, "")).Field, "%s: an empty text goes before it", name)
	}
	var raw edusdk.Captured
	assert.Equal(t, "ctx", asFieldError(t, second(c.Rooms.Get(edusdk.WithCapture(none, &raw), "r"))).Field)
	assert.Equal(t, "ctx", asFieldError(t, c.Documents.WaitConverted(none, "d")).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Rooms.WaitRecording(none, "r"))).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Statistics.Attendance(none, "r", "u"))).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Rooms.FetchChatLog(none, chatLog(chatLink)))).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Rooms.AddDocument(none, &duobeiyun.AddDocumentRequest{RoomID: "r", DocumentID: "d"}))).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Rooms.AddDocument(none, newLesson()))).Field)
	assert.Equal(t, "ctx", asFieldError(t, c.Call(none, "GET", "api/x", nil, nil)).Field)
	assert.Equal(t, "ctx", asFieldError(t, second(c.Documents.Upload(none, &duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("x")}))).Field)
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestOptionalTextsMayBeLeftOutButNotBeSpaces(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{}`))
	assert.Equal(t, "Title", asFieldError(t, second(c.Rooms.List(t.Context(), &duobeiyun.ListRoomsRequest{Title: " "}))).Field)
	assert.Equal(t, "Name", asFieldError(t, second(c.Documents.List(t.Context(), &duobeiyun.ListDocumentsRequest{Name: "a "}))).Field)
	assert.Equal(t, "Description", asFieldError(t, second(c.WeixinLive.Update(t.Context(), &duobeiyun.WeixinLiveRequest{RoomID: "r", Description: "\t"}))).Field)
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestRules(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, fixture(t, "room_create.json")))
	ctx := t.Context()
	create := func(change func(*duobeiyun.CreateRoomRequest)) (minutes, hours error) {
		r := lesson
		change(&r)
		return second(c.Rooms.Create(ctx, &r)), second(c.Rooms.CreateHourly(ctx, &r))
	}
	const minuteRule, hourRule = "must be 30 to 300 whole minutes", "must be 1 to 5 whole hours"
	for _, tt := range []struct {
		length         time.Duration
		minutes, hours string
	}{
		{0, minuteRule, hourRule}, {-time.Hour, minuteRule, hourRule}, {29 * time.Minute, minuteRule, hourRule},
		{30 * time.Minute, "", hourRule}, {time.Hour, "", ""}, {90*time.Minute + time.Second, minuteRule, hourRule},
		{90 * time.Minute, "", hourRule}, {5 * time.Hour, "", ""}, {300*time.Minute + 1, minuteRule, hourRule},
		{301 * time.Minute, minuteRule, hourRule}, {6 * time.Hour, minuteRule, hourRule},
	} {
		t.Run("a length of "+tt.length.String(), func(t *testing.T) {
			minutes, hours := create(func(r *duobeiyun.CreateRoomRequest) { r.Length = tt.length })
			check := func(want, field string, err error) {
				if want == "" {
					assert.NoError(t, err)
					return
				}
				assert.Equal(t, edusdk.FieldError{Field: field, Problem: want}, *asFieldError(t, err))
			}
			check(tt.minutes, "Length", minutes)
			check(tt.hours, "Length", hours)
			check(tt.minutes, "length", second(c.Rooms.Reschedule(ctx, "r", lesson.StartTime, tt.length)))
			check(tt.hours, "length", second(c.Rooms.RescheduleHourly(ctx, "r", lesson.StartTime, tt.length)))
		})
	}
	mock.ZeroCallCounters()
	for _, kind := range []duobeiyun.RoomType{0, 3, 5, 9, -1} {
		minutes, hours := create(func(r *duobeiyun.CreateRoomRequest) { r.Type = kind })
		assert.Equal(t, "Type", asFieldError(t, minutes).Field)
		assert.Equal(t, "Type", asFieldError(t, hours).Field)
	}
	_, err := c.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{StartTime: lesson.StartTime})
	assert.ErrorContains(t, err, "Type must be OneToOne (1), OneToMany (2), SmallFlashClass (4) or SmallClass (8); "+
		"Length must be 30 to 300 whole minutes; Title must not be empty")
	_, err = c.Rooms.RescheduleHourly(ctx, " ", time.Time{}, time.Second)
	assert.ErrorContains(t, err, "start must be given; length must be 1 to 5 whole hours; roomID must not")
	truth := true
	for field, errs := range map[string][]error{
		"StartTime": {
			second(c.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{Title: "t", Length: time.Hour, Type: 1})),
			second(c.Rooms.Create(ctx, nil)), second(c.Rooms.CreateHourly(ctx, nil)),
		},
		"start":  {second(c.Rooms.Reschedule(ctx, "r", time.Time{}, time.Hour)), second(c.Rooms.RescheduleHourly(ctx, "r", time.Time{}, time.Hour))},
		"PageNo": {second(c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{PageNo: -1})), second(c.Documents.List(ctx, &duobeiyun.ListDocumentsRequest{PageNo: -1}))},
		"Role": {
			second(c.Rooms.EnterURL(nil)), c.Rooms.CheckEnter(ctx, nil),
			enter(c, func(r *duobeiyun.EnterRequest) { r.Role = 0 }), enter(c, func(r *duobeiyun.EnterRequest) { r.Role = 5 }),
		},
		"DeviceType": {enter(c, func(r *duobeiyun.EnterRequest) { r.DeviceType = 3 }), enter(c, func(r *duobeiyun.EnterRequest) { r.DeviceType = -1 })},
		"PlaybackStart": {
			enter(c, func(r *duobeiyun.EnterRequest) { r.PlaybackStart = -time.Second }),
			enter(c, func(r *duobeiyun.EnterRequest) { r.PlaybackStart = time.Millisecond }),
		},
		"PlaybackEnd": {
			enter(c, func(r *duobeiyun.EnterRequest) { r.PlaybackEnd = time.Millisecond }),
			enter(c, func(r *duobeiyun.EnterRequest) { r.PlaybackStart, r.PlaybackEnd = time.Minute, time.Minute }),
			enter(c, func(r *duobeiyun.EnterRequest) { r.PlaybackStart, r.PlaybackEnd = time.Minute, time.Second }),
		},
		"Extra":       {enter(c, func(r *duobeiyun.EnterRequest) { r.Extra = url.Values{"uid": {"x"}} })},
		"h5":          {enter(c, func(r *duobeiyun.EnterRequest) { r.Extra = url.Values{"h5": {"1", "2"}} })},
		"sign":        {enter(c, func(r *duobeiyun.EnterRequest) { r.Extra = url.Values{"sign": {"x"}} }), c.Call(ctx, "GET", "api/x", map[string]string{"sign": "x"}, nil)},
		"partner":     {c.Call(ctx, "GET", "api/x", map[string]string{"partner": "x"}, nil)},
		"roomIDs":     {second(c.Rooms.ChatLogs(ctx))},
		"RoomID":      {second(c.WeixinLive.Update(ctx, nil))},
		"Description": {second(c.WeixinLive.Open(ctx, nil))}, // the first in the order of the wire
		"method":      {c.Call(ctx, "PUT", "api/x", nil, nil), c.Call(ctx, "", "api/x", nil, nil)},
		"path": {
			c.Call(ctx, "GET", "", nil, nil), c.Call(ctx, "GET", "/", nil, nil), c.Call(ctx, "GET", "api/x?a=1", nil, nil),
			c.Call(ctx, "GET", "https://example.com", nil, nil), c.Call(ctx, "GET", "api/../x", nil, nil),
			c.Call(ctx, "GET", "api/./x", nil, nil), c.Call(ctx, "GET", "api//x", nil, nil), c.Call(ctx, "GET", "//x", nil, nil),
			c.Call(ctx, "GET", "api/x\n", nil, nil), c.Call(ctx, "GET", "api/x\x7f", nil, nil), c.Call(ctx, "GET", "a%62", nil, nil),
		},
		"params": {c.Call(ctx, "GET", "api/x", 5, nil)},
	} {
		for i, err := range errs {
			assert.Equal(t, field, asFieldError(t, err).Field, "%s %d", field, i)
		}
	}
	_, err = c.Rooms.EnterURL(nil)
	assert.Equal(t, "Rooms.EnterURL", asError(t, err).Op)
	_, err = c.Documents.PreviewURL("")
	assert.Equal(t, "Documents.PreviewURL", asError(t, err).Op)
	assert.NoError(t, enter(c, func(r *duobeiyun.EnterRequest) { r.AdminDisableChat, r.PlaybackStart = &truth, time.Hour }))
	assert.Zero(t, mock.GetTotalCallCount())
}

// hidden hides what a reader can do besides reading.
type hidden struct{ io.Reader }

func TestUploadRules(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{"success":true,"uuid":"d1"}`))
	for name, tt := range map[string]struct {
		req   *duobeiyun.UploadRequest
		field string
	}{
		"nothing":            {nil, "Name"},
		"no extension":       {&duobeiyun.UploadRequest{Name: "pdf", Content: strings.NewReader("x")}, "Name"},
		"another extension":  {&duobeiyun.UploadRequest{Name: "a.txt", Content: strings.NewReader("x")}, "Name"},
		"a folder":           {&duobeiyun.UploadRequest{Name: "a/b.pdf", Content: strings.NewReader("x")}, "Name"},
		"another folder":     {&duobeiyun.UploadRequest{Name: `a\b.pdf`, Content: strings.NewReader("x")}, "Name"},
		"a control":          {&duobeiyun.UploadRequest{Name: "a\r\nb.pdf", Content: strings.NewReader("x")}, "Name"},
		"no content":         {&duobeiyun.UploadRequest{Name: "a.pdf"}, "Content"},
		"an empty content":   {&duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("")}, "Content"},
		"a negative size":    {&duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("x"), Size: -1}, "Size"},
		"another size":       {&duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("x"), Size: 2}, "Content"},
		"an unknown size":    {&duobeiyun.UploadRequest{Name: "a.pdf", Content: hidden{strings.NewReader("x")}}, "Content"},
		"too large":          {&duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader(strings.Repeat("x", duobeiyun.MaxDocumentSize+1))}, "Content"},
		"too large it seems": {&duobeiyun.UploadRequest{Name: "a.pdf", Content: hidden{strings.NewReader("x")}, Size: duobeiyun.MaxDocumentSize + 1}, "Content"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Documents.Upload(t.Context(), tt.req)
			assert.Equal(t, tt.field, asFieldError(t, err).Field)
		})
	}
	assert.Zero(t, mock.GetTotalCallCount())
	for _, name := range []string{"a.doc", "a.docx", "a.ppt", "a.pptx", "a.pdf", "a.jpg", "a.jpeg", "a.PNG", `课 "1".pdf`} {
		id, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: name, Content: strings.NewReader("x")})
		require.NoError(t, err, name)
		assert.Equal(t, "d1", id)
	}
}

func TestNewChecksItsConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg   duobeiyun.Config
		field string
	}{
		"zero":           {duobeiyun.Config{}, "Config.Partner"},
		"no key":         {duobeiyun.Config{Partner: "p"}, "Config.AppKey"},
		"space in a key": {duobeiyun.Config{Partner: "p", AppKey: "k\n"}, "Config.AppKey"},
		"an address":     {duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "api.example.com"}, "Config.BaseURL"},
		"another scheme": {duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "ftp://example.com"}, "Config.BaseURL"},
		"a query":        {duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "https://example.com?a=1"}, "Config.BaseURL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := duobeiyun.New(tt.cfg)
			assert.Equal(t, tt.field, asFieldError(t, err).Field)
		})
	}
	_, err := duobeiyun.New(duobeiyun.Config{Partner: "p", AppKey: "k"}, edusdk.WithTimeout(-1))
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
}

// documented are the document's own explanations of its codes, and ours of those
// that it uses elsewhere.
var documented = map[string]string{
	"other_error": "其他异常", "app_error": "app 不存在", "app_sign_error": "sign 值校验不对", "app_course_error": "讲座不存在",
	"app_room_full_error": "直播房间满", "app_parameter_error": "参数不符合要求", "app_afford_error": "资金不够创建邀请码",
	"app_course_out_of_capacity_error": "超过讲座的人数限制", "app_course_length_error": "讲座时长不对",
	"app_course_type_error": "课程类型不对", "repeat_arrange_to_course_error": "重复安排讲义到讲座", "app_slides_error": "课件不存在",
	"app_userRole_error": "进教室角色错误", "app_timestamp_out_date_error": "时间戳过期",
	"course_endtime_out_of_date_error": "课程结束时间小于当前时间", "chat_file_not_found": "聊天记录不存在",
	"course_convert_error": "课程还未转换成功,可能课程正在直播或正在转换",
	"document_not_found":   "文档不存在", "partner is not exists": "合作 id 不存在", "room is not exists": "房间不存在",
}

func TestCodes(t *testing.T) {
	for code, kind := range map[string]edusdk.Kind{
		"other_error": edusdk.ErrUnknown, "app_error": edusdk.ErrUnauthenticated, "app_sign_error": edusdk.ErrUnauthenticated,
		"app_course_error": edusdk.ErrNotFound, "app_room_full_error": edusdk.ErrResourceExhausted,
		"app_parameter_error": edusdk.ErrInvalidArgument, "app_afford_error": edusdk.ErrResourceExhausted,
		"app_course_out_of_capacity_error": edusdk.ErrResourceExhausted, "app_course_length_error": edusdk.ErrInvalidArgument,
		"app_course_type_error": edusdk.ErrInvalidArgument, "repeat_arrange_to_course_error": edusdk.ErrAlreadyExists,
		"app_slides_error": edusdk.ErrNotFound, "app_userRole_error": edusdk.ErrInvalidArgument,
		"app_timestamp_out_date_error": edusdk.ErrClockSkew, "course_endtime_out_of_date_error": edusdk.ErrFailedPrecondition,
		"chat_file_not_found": edusdk.ErrNotFound, "course_convert_error": edusdk.ErrFailedPrecondition,
		"document_not_found": edusdk.ErrNotFound, "partner is not exists": edusdk.ErrUnauthenticated, "room is not exists": edusdk.ErrNotFound,
		"unheard_of": edusdk.ErrUnknown,
	} {
		t.Run(code, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"`+code+`"}`))
			_, err := c.Rooms.Get(t.Context(), "app_error") // an argument that reads like a code spoils none
			e := asError(t, err)
			assert.Equal(t, []any{kind, code}, []any{e.Kind, e.Code})
			assert.Equal(t, kind, duobeiyun.KindOfCode(code))
			assert.ErrorIs(t, err, kind)
			assert.Equal(t, documented[code], e.Message, "the document's words")
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}
