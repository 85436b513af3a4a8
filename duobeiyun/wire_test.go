package duobeiyun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// operation is a row of the vendor's document: what is called, what goes over
// the wire, and what the document's sample answer becomes.
type operation struct {
	op      string
	call    func(context.Context, *duobeiyun.Client) (any, error)
	address string
	params  map[string]string
	json    string // a JSON body, for which the parameters go into the query
	sample  string
	want    any
	create  bool // never repeated once it may have arrived
	bare    bool // a success without the status field
	payload string
}

var lesson = duobeiyun.CreateRoomRequest{
	Title: "初二 数学&=%", StartTime: time.Date(2026, 3, 3, 2, 30, 59, 0, time.UTC), Length: 2 * time.Hour, Type: duobeiyun.OneToMany,
}

const api = "https://api.duobeiyun.com/api/"

// room is what the document's samples of rooms have in common.
func room(change func(*duobeiyun.Room)) *duobeiyun.Room {
	r := &duobeiyun.Room{
		ValidEndTime: at("2099-01-01 23:59"), HostCode: "42524253afd64d86893f5d4e94da1533", CourseType: duobeiyun.OneToMany,
	}
	change(r)
	return r
}

var pagination = duobeiyun.Pagination{
	PageNo: 1, PageSize: 20, CountTotal: true, SliderCount: 5, TotalCount: 9, TotalPages: 1, LastPage: true, NextPage: 1,
	FirstPage: true, PrePage: 1, Slider: []int{1},
}

var document = &duobeiyun.Document{
	DocumentID: "8a4691ad-d061-4d54-87be-ed709102ff9b", OriginalDocName: "IntelliJIDEA_ReferenceCard.pdf",
	DocumentType: "application/octet-stream", CreateTime: ms(1430309490000), Status: "3", DocSize: "158.0K", SlideCount: 1,
}

var weixin = &duobeiyun.WeixinCourse{
	RoomID: "jz0aa3151476334fc38e4c7446c0263a90", Title: "美国往事", StartTime: ms(1436774400000), EndTime: ms(1436781600000),
	TeacherName: "张三", TeacherBrief: "brief22", Description: "description22",
}

var operations = []operation{
	{
		op: "Rooms.Create", address: api + "v4/room/create", sample: "room_create.json", create: true, payload: "room",
		params: map[string]string{"title": "初二 数学&=%", "video": "0", "startTime": "2026-03-03 10:30", "length": "120", "roomType": "2"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			r := lesson
			return c.Rooms.Create(ctx, &r)
		},
		want: room(func(r *duobeiyun.Room) {
			r.RoomID, r.Title, r.HostCode = "jz0d900e29d9d847899959de936cfea233", "2017-06-09 API_v4_1vn教室", "e01587ba9db346ffaee1b09aaa14fe33"
			r.StartTime, r.EndTime = at("2017-06-15 13:04:00"), at("2017-06-15 14:44:00")
		}),
	},
	{
		op: "Rooms.CreateHourly", address: api + "v3/room/create", sample: "room_create_hourly.json", create: true, payload: "room",
		params: map[string]string{"title": "初二 数学&=%", "video": "1", "startTime": "2026-03-03 10:30", "duration": "2", "roomType": "2"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			r := lesson
			r.Video = true
			return c.Rooms.CreateHourly(ctx, &r)
		},
		want: room(func(r *duobeiyun.Room) {
			r.RoomID, r.Title, r.HostCode = "jz31f3febb8bfe4139b7636cb6ade87733", "2017-06-09 API_v3_1vn教室", "42524253afd64d8689ef5d4e94da1533"
			r.StartTime, r.EndTime = at("2017-06-15 12:59:00"), at("2017-06-15 13:59:00")
		}),
	},
	{
		op: "Rooms.UpdateTitle", address: api + "v3/room/update/title", sample: "room_update_title.json", payload: "room",
		params: map[string]string{"roomId": "jz1", "title": "张三 的课"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Rooms.UpdateTitle(ctx, "jz1", "张三 的课")
		},
		want: room(func(r *duobeiyun.Room) {
			r.RoomID, r.Title, r.ConvertStatus = "jz6d960549e3e64af4b2cb590c0a2bd333", "张三张三张三张三", duobeiyun.ConvertEmpty
			r.StartTime, r.EndTime = at("2015-12-07 15:30:00"), at("2015-12-07 15:36:48")
		}),
	},
	{
		op: "Rooms.Reschedule", address: api + "v4/room/update/time", sample: "room_reschedule.json", payload: "room",
		params: map[string]string{"roomId": "jz1", "startTime": "2026-03-03 10:30", "length": "30"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Rooms.Reschedule(ctx, "jz1", lesson.StartTime, 30*time.Minute)
		},
		want: room(func(r *duobeiyun.Room) {
			r.RoomID, r.Title = "jz5f0156b7b1f84b2491bb2b889ebe282f", "测试修改时长"
			r.StartTime, r.EndTime = at("2017-06-15 13:48:00"), at("2017-06-15 17:08:00")
		}),
	},
	{
		op: "Rooms.RescheduleHourly", address: api + "v3/room/update/time", sample: "room_reschedule_hourly.json", payload: "room",
		params: map[string]string{"roomId": "jz1", "startTime": "2026-03-03 10:30", "duration": "5"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Rooms.RescheduleHourly(ctx, "jz1", lesson.StartTime, 5*time.Hour)
		},
		want: room(func(r *duobeiyun.Room) {
			r.RoomID, r.Title = "jz5f0156b7b1f84b2491bb2b889ebe282f", "测试修改时长"
			r.StartTime, r.EndTime = at("2017-06-15 20:10:00"), at("2017-06-15 22:10:00")
		}),
	},
	{
		op: "Rooms.Get", address: api + "v3/room/detail", sample: "room_detail.json", payload: "course",
		params: map[string]string{"roomId": "jz1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Rooms.Get(ctx, "jz1") },
		want: &duobeiyun.Room{
			RoomID: "jza26a4e6300b5456eb3d04ecd21d6dc4d", Title: "新版视频课2", StartTime: at("2016-03-17 11:02:39"),
			EndTime: at("2016-03-17 12:02:39"), ValidEndTime: at("2017-03-17 14:02:39"), Video: true,
			CoverImgURL: "http://files.example.com/sucai_video.png", ConvertStatus: duobeiyun.ConvertSucceeded,
			CourseType: duobeiyun.OneToMany, VOD: true,
		},
	},
	{
		op: "Rooms.Get", address: api + "v3/room/detail", sample: "room_every_field.json", payload: "course",
		params: map[string]string{"roomId": "jz1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Rooms.Get(ctx, "jz1") },
		want: &duobeiyun.Room{
			RoomID: "jz1", Title: "t", StartTime: at("2026-03-17 11:02:39"), EndTime: at("2026-03-17 12:02"), ValidEndTime: ms(1493714601000),
			Video: true, HostCode: "h", CoverImgURL: "u", ConvertStatus: duobeiyun.ConvertFailed, CourseType: duobeiyun.SmallClass, VOD: true,
			WeixinLiving: true, Audio: true, TeacherName: "张三", TeacherBrief: "b", Description: "d",
		},
	},
	{
		op: "Rooms.List", address: api + "v3/room/list", sample: "room_list.json", payload: "pagination",
		params: map[string]string{"title": "课", "startTime": "2026-03-03 10:30", "endTime": "2026-03-02 10:30", "pageNo": "3"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Rooms.List(ctx, &duobeiyun.ListRoomsRequest{
				Title: "课", StartTime: lesson.StartTime, EndTime: lesson.StartTime.Add(-24 * time.Hour), PageNo: 3,
			})
		},
		want: &duobeiyun.RoomPage{Pagination: pagination, Items: []*duobeiyun.Room{{
			RoomID: "jzb3a6e9daa3b047029e8dfe4e64abb872", Title: "上传视频课2", StartTime: at("2015-05-22 12:10:23"),
			EndTime: at("2015-05-22 13:10:23"), ValidEndTime: at("2016-05-22 15:10:23"), Video: true,
			ConvertStatus: duobeiyun.ConvertSucceeded, HostCode: "uyenl2",
		}}},
	},
	{
		op: "Rooms.List", address: api + "v3/room/list", sample: "room_list.json", payload: "pagination",
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Rooms.List(ctx, nil) },
	},
	{
		op: "Rooms.Delete", address: api + "v3/room/delete", sample: "room_delete.json", payload: "room",
		params: map[string]string{"roomId": "jz1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Rooms.Delete(ctx, "jz1") },
		want: &duobeiyun.Room{
			RoomID: "jzfe066357d119411b921fa452237250d6", Title: "ppt小白入门", StartTime: at("2015-11-24 21:00:00"),
			EndTime: at("2015-11-24 23:00:00"), ValidEndTime: at("2099-01-01 23:59"), HostCode: "jz4adc7", ConvertStatus: duobeiyun.ConvertEmpty,
		},
	},
	{
		op: "Rooms.AttachDocument", address: api + "v3/room/attachDocument", sample: "room_attach_document.json", create: true,
		params: map[string]string{"roomId": "jz1", "documentId": "d1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return nil, c.Rooms.AttachDocument(ctx, "jz1", "d1")
		},
	},
	{
		op: "Rooms.RemoveDocument", address: api + "v3/room/removeDocument", sample: "room_remove_document.json",
		params: map[string]string{"roomId": "jz1", "documentId": "d1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return nil, c.Rooms.RemoveDocument(ctx, "jz1", "d1")
		},
	},
	{
		op: "Rooms.Documents", address: api + "v3/room/listDocuments", sample: "room_documents.json",
		params: map[string]string{"roomId": "jz1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Rooms.Documents(ctx, "jz1") },
		want: []duobeiyun.RoomDocument{
			{
				OriginalDocName: "1.pptx", CreateTime: ms(1493714601000), Status: duobeiyun.DocumentConverted, Size: 31609,
				DocumentID: "b84b4598-cc82-4531-8d83-09bb64c0786d", SlideCount: 1,
				DocumentType: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
			},
			{
				OriginalDocName: "1.png", CreateTime: ms(1493716009000), Status: duobeiyun.DocumentConverted, Size: 187291,
				DocumentID: "c2e45a62-ca28-4f61-8d28-2a796a54d4f8", SlideCount: 1, DocumentType: "image/png",
			},
		},
	},
	{
		op: "Rooms.ChatLogs", address: "http://api.duobeiyun.com/api/v3/room/chatDownload", sample: "room_chat_download.json",
		json: `{"roomIds":["jz1","jz2"]}`, payload: "infos",
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Rooms.ChatLogs(ctx, "jz1", "jz2")
		},
		want: []duobeiyun.ChatLog{{
			RoomID:      "jz155a4866e7944cfbbff45b71372a1ecb",
			DownloadURL: "http://chat.example.com/jz155a4866e7944cfbbff45b71372a1ecb/chat.json?e=1481334698&token=made-up",
			ExpireTime:  at("2016-12-10 09:51"), Msg: "success", Success: true,
		}},
	},
	{
		op: "Documents.Status", address: api + "v3/documents/status", sample: "document_status.json", payload: "status",
		params: map[string]string{"documentId": "d1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Documents.Status(ctx, "d1") },
		want:   duobeiyun.DocumentConverted,
	},
	{
		op: "Documents.List", address: api + "v3/document/list", sample: "document_list.json", payload: "pagination",
		params: map[string]string{"docName": "课件", "pageNo": "2"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Documents.List(ctx, &duobeiyun.ListDocumentsRequest{Name: "课件", PageNo: 2})
		},
		want: &duobeiyun.DocumentPage{Pagination: pagination, Items: []*duobeiyun.Document{document}},
	},
	{
		op: "Documents.Get", address: api + "v3/document/detail", sample: "document_detail.json", payload: "document",
		params: map[string]string{"documentId": "d1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Documents.Get(ctx, "d1") },
		want:   document,
	},
	{
		op: "Documents.Delete", address: api + "v3/document/delete", sample: "document_delete.json",
		params: map[string]string{"documentId": "d1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return nil, c.Documents.Delete(ctx, "d1")
		},
	},
	{
		op: "Videos.UploadToken", address: api + "v3/video/uptoken", sample: "video_uptoken.json", payload: "uptoken",
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Videos.UploadToken(ctx) },
		want: "dbe8228a-3d57-4500-8049-0fd40f05c738",
	},
	{
		op: "Videos.Create", address: api + "v3/room/video/create", sample: "video_create.json", create: true, payload: "room",
		params: map[string]string{"title": "视频课", "videoKey": "key"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Videos.Create(ctx, "视频课", "key")
		},
		want: &duobeiyun.Room{RoomID: "jz3be78b35072c45978e89f016d0ef6af4", Title: "新版视频课2"},
	},
	{
		op: "WeixinLive.Open", address: api + "v3/course/weixin/live/open", sample: "weixin_open.json", create: true, payload: "course",
		params: map[string]string{"roomId": "jz1", "teacherName": "张三", "teacherBrief": "数学老师", "description": "直播"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{RoomID: "jz1", TeacherName: "张三", TeacherBrief: "数学老师", Description: "直播"})
		},
		want: weixin,
	},
	{
		op: "WeixinLive.Update", address: api + "v3/course/weixin/live/update", sample: "weixin_update.json", payload: "course",
		params: map[string]string{"roomId": "jz1", "teacherBrief": "数学老师"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.WeixinLive.Update(ctx, &duobeiyun.WeixinLiveRequest{RoomID: "jz1", TeacherBrief: "数学老师"})
		},
		want: weixin,
	},
	{
		op: "WeixinLive.Close", address: api + "v3/course/weixin/live/close", sample: "weixin_close.json",
		params: map[string]string{"roomId": "jz1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return nil, c.WeixinLive.Close(ctx, "jz1")
		},
	},
	{
		op: "Statistics.LiveRoom", address: api + "v3/statistics/zhibo/room", sample: "live_room.json", payload: "roomZhiboDetail",
		params: map[string]string{"roomId": "jz1"},
		call:   func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Statistics.LiveRoom(ctx, "jz1") },
		want: &duobeiyun.LiveRoomStats{
			RoomID: "jzce02f6a49756491a9f84591a05ffa291", Title: "《追风筝的人》英文原著精读25", Statistic: duobeiyun.StatisticEntity{
				MaxStudents: 48, MobileStudentNum: 30, PCStudentNum: 34, TotalStudentNum: 64,
				StudentDurationDetail: duobeiyun.StudentDurationDetail{
					Total: 211300 * time.Second, Max: 5950 * time.Second, Median: 3200 * time.Second, Min: 75 * time.Second,
					Avg: 3301560 * time.Millisecond,
				},
				StudentSeries: duobeiyun.StudentSeries{
					Start: ms(1494162361248), End: ms(1494169271782), Step: 5 * time.Minute,
					Series: []int{1, 21, 42, 48, 46, 47, 45, 46, 44, 44, 43, 43, 46, 45, 41, 25, 13, 11, 10, 10, 8, 7, 6, 4, 3},
				},
			},
		},
	},
	{
		op: "Statistics.LiveUser", address: api + "v3/statistics/zhibo/user", sample: "live_user.json", bare: true, payload: "details",
		params: map[string]string{"roomId": "jz1", "uid": "u1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Statistics.LiveUser(ctx, "jz1", "u1")
		},
		want: &duobeiyun.LiveUserStats{RoomID: "jza3dcbc30782a49858adfed4bbabdb9ee", UID: "user-2", Details: []duobeiyun.LiveView{
			{Duration: 75 * time.Second, Timestamp: ms(1493899273372), Platform: "pc"},
			{Duration: 4325 * time.Second, Timestamp: ms(1493899446607), Platform: "pc"},
		}},
	},
	{
		op: "Statistics.PlaybackRoom", address: api + "v3/statistics/playback/room", sample: "playback_room.json",
		params: map[string]string{"roomId": "jz1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			days, err := c.Statistics.PlaybackRoom(ctx, "jz1")
			for i := range days { // the 51 minutes of the sample
				if len(days[i].Details) == 51 && days[i].Details[22] == 9 && days[i].Details[47] == 4 && days[i].Details[72] == 1 {
					days[i].Details = nil
				}
			}
			return days, err
		},
		want: []duobeiyun.PlaybackDay{{
			ID: "590d4d0627814eac288b1a95", Timestamp: ms(1494000000000), RoomID: "jz7f94c9e2011742aa8cb4fa6826f70b07",
			WatchedTrend: map[int]int{12: 1, 14: 3, 15: 2, 17: 1, 18: 2, 19: 2, 21: 1},
			WatchedDurationTrend: map[int]time.Duration{
				12: 3 * time.Minute, 14: 56 * time.Minute, 15: time.Minute, 17: 8 * time.Minute, 18: 50 * time.Minute,
				19: 48 * time.Minute, 21: time.Minute,
			},
		}},
	},
	{
		op: "Statistics.PlaybackRoom", address: api + "v3/statistics/playback/room", sample: "playback_room_none.json",
		params: map[string]string{"roomId": "jz1"},
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Statistics.PlaybackRoom(ctx, "jz1")
		},
		want: []duobeiyun.PlaybackDay(nil),
	},
	{
		op: "Statistics.PlaybackUser", address: api + "v3/statistics/playback/user", sample: "playback_user.json",
		params: map[string]string{"roomId": "jz1", "uid": "u1"}, payload: "userPlayBackDetails",
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Statistics.PlaybackUser(ctx, "jz1", "u1")
		},
		want: []duobeiyun.PlaybackView{
			{
				UID: "user-1", RoomID: "jz4ac3909e10b64120ae161ca958b65585", IsMobile: true, StartTime: ms(1492505730022),
				EndTime: ms(1492507980474), WatchedTime: 2678432 * time.Millisecond, WatchedUniqueTime: 2678432 * time.Millisecond,
				JumpRecords: []duobeiyun.JumpRecord{
					{From: ms(1458298774521), To: ms(1458298791768), StartTime: ms(1492505737730), EndTime: ms(1492505752430)},
					{From: ms(1458299040594), To: ms(1458299046959), StartTime: ms(1492505753112), EndTime: ms(1492505758475)},
					{From: ms(1458299162555), To: ms(1458301817375), StartTime: ms(1492505759255)},
				},
			},
			{
				UID: "user-1", RoomID: "jz4ac3909e10b64120ae161ca958b65585", IsMobile: true, StartTime: ms(1492516910820),
				EndTime: ms(1492521173883), WatchedTime: 6232421 * time.Millisecond, WatchedUniqueTime: 6125264 * time.Millisecond,
				JumpRecords: []duobeiyun.JumpRecord{
					{From: ms(1458302492780), To: ms(1458303608551), StartTime: ms(1492516917305), EndTime: ms(1492517671104)},
					{From: ms(1458307621711), To: ms(1458309502069), StartTime: ms(1492519856950)},
				},
			},
		},
	},
	{
		op: "Merchant.Get", address: api + "v3/merchant", sample: "merchant.json", payload: "merchant",
		call: func(ctx context.Context, c *duobeiyun.Client) (any, error) { return c.Merchant.Get(ctx) },
		want: &duobeiyun.Merchant{
			Name: "测试机构", VideoUnitPrice: 4, UnitPrice: 2, Mobile: "13800130001", RemainMoney: 4, TotalChargeMoney: 20, ConsumptionMoney: 16,
		},
	},
}

func TestOperationsOnTheWire(t *testing.T) {
	for _, o := range operations {
		t.Run(o.op+"/"+o.sample, func(t *testing.T) {
			c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
				address, _, _ := strings.Cut(r.URL.String(), "?")
				assert.Equal(t, "POST "+o.address, r.Method+" "+address)
				if o.json != "" {
					assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
					body, err := io.ReadAll(r.Body)
					assert.NoError(t, err)
					assert.Equal(t, o.json, string(body))
				} else {
					assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
					assert.Empty(t, r.URL.RawQuery)
				}
				assertSigned(t, o.params, now, fields(t, r))
				resp := httpmock.NewStringResponse(200, fixture(t, o.sample))
				resp.Header.Set("Content-Type", "text/html") // a label that does not count
				return resp, nil
			})
			got, err := o.call(t.Context(), c)
			require.NoError(t, err)
			if o.want != nil {
				assert.Equal(t, o.want, got)
			}
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

// tagsOf adds the names on the wire of t's fields, and of the types in it.
func tagsOf(t reflect.Type, into map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		tagsOf(t.Elem(), into)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				into[name] = true
			}
			tagsOf(f.Type, into)
		}
	}
}

// keysOf adds the names of a sample's fields.
func keysOf(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			into[key] = true
			keysOf(member, into)
		}
	case []any:
		for _, e := range v {
			keysOf(e, into)
		}
	}
}

func TestEveryFieldOfASampleHasAPlace(t *testing.T) {
	minute := regexp.MustCompile(`^\d+$`) // of a day or a recording
	for _, o := range operations {
		if o.want == nil || reflect.TypeOf(o.want).Kind() == reflect.String {
			continue
		}
		places, keys := map[string]bool{"success": true, o.payload: true}, map[string]bool{}
		tagsOf(reflect.TypeOf(o.want), places)
		var sample map[string]any
		require.NoError(t, json.Unmarshal([]byte(fixture(t, o.sample)), &sample))
		keysOf(sample, keys)
		for key := range keys {
			list := key == "documents" || key == "roomPlayBackDetails" // a payload that may be missing
			assert.True(t, places[key] || list || minute.MatchString(key), "%s: %s", o.sample, key)
		}
	}
}

// What was answered can be kept as JSON and read again, in the wire's units.
func TestAnswersCanBeKeptAsJSON(t *testing.T) {
	for _, o := range operations {
		if o.want == nil {
			continue
		}
		t.Run(o.op+"/"+o.sample, func(t *testing.T) {
			kept, err := json.Marshal(o.want)
			require.NoError(t, err)
			again := reflect.New(reflect.TypeOf(o.want))
			require.NoError(t, json.Unmarshal(kept, again.Interface()), "of %s", kept)
			assert.Equal(t, o.want, again.Elem().Interface(), "of %s", kept)
		})
	}
	kept, err := json.Marshal(duobeiyun.StudentDurationDetail{Avg: 3301560 * time.Millisecond})
	require.NoError(t, err)
	assert.JSONEq(t, `{"total":0,"max":0,"median":0,"min":0,"avg":3301.56}`, string(kept), "as the vendor writes it")
}

// quoted returns an answer whose numbers and bools are strings.
func quoted(t *testing.T, sample string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(sample))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	b, err := json.Marshal(quote(v))
	require.NoError(t, err)
	return string(b)
}

func quote(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = quote(v[key])
		}
	case []any:
		for i := range v {
			v[i] = quote(v[i])
		}
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	return v
}

func TestAnswersWithNumbersAsStrings(t *testing.T) {
	for _, o := range operations {
		t.Run(o.op+"/"+o.sample, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, quoted(t, fixture(t, o.sample))))
			got, err := o.call(t.Context(), c)
			require.NoError(t, err)
			if o.want != nil {
				assert.Equal(t, o.want, got)
			}
		})
	}
}

func TestFailureForms(t *testing.T) {
	type form struct {
		status   int
		body     string
		kind     edusdk.Kind
		code     string
		attempts int  // of a call that may be repeated
		maybe    bool // MaybeApplied
	}
	forms := map[string]form{
		"the vendor's code":         {200, `{"error":"app_sign_error","success":false}`, edusdk.ErrUnauthenticated, "app_sign_error", 1, false},
		"under a status 500":        {500, `{"error":"app_course_error","success":false}`, edusdk.ErrNotFound, "app_course_error", 1, false},
		"success as a number":       {200, `{"error":"app_error","success":0}`, edusdk.ErrUnauthenticated, "app_error", 1, false},
		"success as a string":       {200, `{"error":"app_error","success":"false"}`, edusdk.ErrUnauthenticated, "app_error", 1, false},
		"an unknown code":           {200, `{"error":"new_error","success":false}`, edusdk.ErrUnknown, "new_error", 1, false},
		"an unknown code under 429": {429, `{"error":"new_error","success":false}`, edusdk.ErrResourceExhausted, "new_error", 3, false},
		"behind a byte order mark":  {200, "\xef\xbb\xbf" + `{"error":"app_error","success":false}`, edusdk.ErrUnauthenticated, "app_error", 1, false},
		"a code that is a number":   {200, `{"error":17,"success":false}`, edusdk.ErrUnknown, "17", 1, false},
		"a code that is null":       {200, `{"error":null,"success":false,"room":null}`, edusdk.ErrUnknown, "", 1, false},
		"no code":                   {200, `{"success":false}`, edusdk.ErrUnknown, "", 1, false},
		"another payload":           {200, `{"error":"app_error","success":false,"room":"x","course":[1],"pagination":5,"documents":{},"infos":1,"details":"x"}`, edusdk.ErrUnauthenticated, "app_error", 1, false},
		"an empty answer":           {200, ``, edusdk.ErrMalformedResponse, "", 2, true},
		"a framework's failure":     {500, `{"timestamp":1,"status":500,"error":"Internal Server Error"}`, edusdk.ErrUnavailable, "", 3, true},
		"a word for success":        {200, `{"success":"yes","room":{"roomId":"x"}}`, edusdk.ErrMalformedResponse, "", 2, true},
	}
	for name, f := range forms {
		for _, o := range operations {
			t.Run(name+"/"+o.op+"/"+o.sample, func(t *testing.T) {
				c, mock := mocked(t, httpmock.NewStringResponder(f.status, f.body), edusdk.WithRetry(edusdk.Retry{BaseDelay: 1, MaxDelay: 1}))
				_, err := o.call(t.Context(), c)
				attempts := f.attempts
				if o.create && f.maybe {
					attempts = 1
				}
				e := asError(t, err)
				assert.Equal(t, []any{"duobeiyun", o.op, f.kind, f.code, f.status, attempts, f.maybe && changes(e)},
					[]any{e.Vendor, e.Op, e.Kind, e.Code, e.HTTPStatus, e.Attempts, edusdk.MaybeApplied(err)})
				assert.Equal(t, attempts, mock.GetTotalCallCount())
			})
		}
	}
}

// A success that lacks its status or its payload is not one. Each answer is the sample
// with one change, so that nothing else is wrong with it.
func TestSuccessesWithoutTheirFields(t *testing.T) {
	for _, o := range operations {
		var sample map[string]any
		require.NoError(t, json.Unmarshal([]byte(fixture(t, o.sample)), &sample))
		change := func(name, field, problem string, value any) {
			t.Run(o.op+"/"+o.sample+"/"+name, func(t *testing.T) {
				changed := maps.Clone(sample)
				require.Contains(t, changed, field, "the sample")
				if changed[field] = value; value == absent {
					delete(changed, field)
				}
				body, err := json.Marshal(changed)
				require.NoError(t, err)
				c, _ := mocked(t, httpmock.NewBytesResponder(200, body), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
				_, err = o.call(t.Context(), c)
				require.ErrorIs(t, err, edusdk.ErrMalformedResponse)
				require.ErrorContains(t, err, problem)
				assert.Equal(t, changes(asError(t, err)), edusdk.MaybeApplied(err))
			})
		}
		if _, there := sample["success"]; there { // the document has two samples without it
			change("no status", "success", "field success: is missing", absent)
			change("a null status", "success", "field success: is missing", nil)
			change("a word for a status", "success", "field success: ", "yes")
		}
		if o.payload == "" {
			continue
		}
		missing := "field " + o.payload + ": is missing"
		if strings.HasPrefix(o.op, "Rooms.") && o.payload == "course" {
			missing = "field room: is missing" // it comes under either name
		}
		var other any = 7
		if _, text := sample[o.payload].(string); text {
			other = []any{}
		}
		change("a payload of another type", o.payload, "field "+o.payload, other)
		switch o.op {
		case "Statistics.PlaybackUser", "Statistics.LiveUser": // nobody has watched
		case "Statistics.LiveRoom": // null says that nobody has
			change("no payload", o.payload, missing, absent)
		default:
			change("no payload", o.payload, missing, absent)
			change("a null payload", o.payload, strings.TrimSuffix(missing, "is missing"), nil)
		}
	}
}

// absent is the value of a field that is left out.
var absent any = new(int)

func TestLiveUserWithAndWithoutItsEnvelope(t *testing.T) {
	bare := fixture(t, "live_user.json")
	wrapped := `{"success":true,"userZhiboDetail":` + bare + `}`
	i := slices.IndexFunc(operations, func(o operation) bool { return o.bare })
	want := operations[i].want
	for name, body := range map[string]string{
		"bare": bare, "wrapped": wrapped, "wrapped without success": strings.Replace(wrapped, `"success":true,`, ``, 1),
		"bare with success": strings.Replace(bare, `{`, `{"success":true,`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, body))
			got, err := c.Statistics.LiveUser(t.Context(), "jz1", "u1")
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	for name, tt := range map[string]struct {
		body string
		kind edusdk.Kind
	}{
		"an error without success": {`{"error":"room is not exists"}`, edusdk.ErrNotFound},
		"an error with success":    {`{"error":"room is not exists","success":false}`, edusdk.ErrNotFound},
		"nothing":                  {`{}`, edusdk.ErrMalformedResponse},
		"a failure with details":   {`{"success":false,"roomId":"jz1","details":[]}`, edusdk.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, tt.body))
			_, err := c.Statistics.LiveUser(t.Context(), "jz1", "u1")
			require.ErrorIs(t, err, tt.kind)
		})
	}
}

// Nobody could do anything with such a room, and a creation could not tell
// which one it made.
func TestARoomWithoutAnIDIsMalformed(t *testing.T) {
	for name, body := range map[string]string{
		"no id": `{"success":true,"room":{"title":"t"}}`, "an empty one": `{"success":true,"room":{"roomId":""}}`,
		"null": `{"success":true,"course":{"roomId":null}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(200, body))
			_, err := c.Rooms.Create(t.Context(), &lesson)
			require.ErrorIs(t, err, edusdk.ErrMalformedResponse)
			assert.Regexp(t, `field (course\.)?roomId: (is missing|has null)`, err.Error())
			assert.True(t, edusdk.MaybeApplied(err))
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

// An element that is not one does not take the others with it, and is told of.
func TestAListWithAHole(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":true,"pagination":{"items":[null,{"roomId":"jz1","uniqueId":"d1"},7]}}`))
	var raw edusdk.Captured
	ctx := edusdk.WithCapture(t.Context(), &raw)
	rooms, err := c.Rooms.List(ctx, nil)
	require.NoError(t, err)
	assert.Equal(t, []*duobeiyun.Room{{RoomID: "jz1"}}, rooms.Items)
	omitted := func() (paths []string) {
		for _, u := range raw.Unread {
			assert.True(t, u.Incomplete())
			paths = append(paths, u.Omitted)
		}
		return paths
	}
	assert.Equal(t, []string{"pagination.items[0]", "pagination.items[2]"}, omitted())
	documents, err := c.Documents.List(ctx, nil)
	require.NoError(t, err)
	assert.Equal(t, []*duobeiyun.Document{{DocumentID: "d1"}}, documents.Items)
	assert.Equal(t, []string{"pagination.items[0]", "pagination.items[2]"}, omitted())
}

func TestStatisticsThatAreNotWhatTheyShouldBe(t *testing.T) {
	room := func(entity string) string {
		return `{"success":true,"roomZhiboDetail":{"roomId":"jz1","statisticEntity":` + entity + `}}`
	}
	for name, tt := range map[string]struct {
		op, body string
		omitted  string // what is left out: an element of a list, or entries of a map; "" for a failure
	}{
		"a word for a duration":         {"Statistics.LiveRoom", room(`{"studentDurationDetail":{"avg":"secret"}}`), ""},
		"an array for durations":        {"Statistics.LiveRoom", room(`{"studentDurationDetail":[1]}`), ""},
		"a word for a step":             {"Statistics.LiveRoom", room(`{"studentSeries":{"step":"secret"}}`), ""},
		"a word in a series":            {"Statistics.LiveRoom", room(`{"studentSeries":{"series":[1,"secret"]}}`), ""},
		"a word for a stay":             {"Statistics.LiveUser", `{"roomId":"jz1","details":[{"duration":"secret"}]}`, "details[0]"},
		"a word for a time":             {"Statistics.LiveUser", `{"roomId":"jz1","details":[{"timestamp":"secret"}]}`, "details[0]"},
		"a word for an hour":            {"Statistics.PlaybackRoom", `{"success":true,"roomPlayBackDetails":[{"watchedTrend":{"secret":1}}]}`, "roomPlayBackDetails[0].watchedTrend"},
		"a word for minutes":            {"Statistics.PlaybackRoom", `{"success":true,"roomPlayBackDetails":[{"watchedDurationTrend":{"1":"secret"}}]}`, "roomPlayBackDetails[0].watchedDurationTrend"},
		"a word for a visit":            {"Statistics.PlaybackUser", `{"success":true,"userPlayBackDetails":[{"watchedTime":"secret"}]}`, "userPlayBackDetails[0]"},
		"a word for a jump":             {"Statistics.PlaybackUser", `{"success":true,"userPlayBackDetails":[{"jumpRecords":[{"to":"secret"}]}]}`, "userPlayBackDetails[0].jumpRecords[0]"},
		"more than a duration can hold": {"Statistics.PlaybackUser", `{"success":true,"userPlayBackDetails":[{"watchedTime":9223372036854775807}]}`, "userPlayBackDetails[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, tt.body))
			i := slices.IndexFunc(operations, func(o operation) bool { return o.op == tt.op })
			var raw edusdk.Captured
			_, err := operations[i].call(edusdk.WithCapture(t.Context(), &raw), c)
			if tt.omitted != "" {
				require.NoError(t, err)
				require.Len(t, raw.Unread, 1)
				assert.Equal(t, tt.omitted, raw.Unread[0].Omitted)
				return
			}
			require.ErrorIs(t, err, edusdk.ErrMalformedResponse)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestChatLogsOfTheirOwnFailure(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":true,"infos":[
		{"roomId":"jz1","success":false,"msg":"chat_file_not_found"},{"roomId":"jz2","success":"true","msg":"success"},{"roomId":"jz3","success":false}]}`))
	logs, err := c.Rooms.ChatLogs(t.Context(), "jz1", "jz2", "jz3")
	require.NoError(t, err)
	e := asError(t, logs[0].Err())
	assert.Equal(t, []any{"Rooms.ChatLogs", edusdk.ErrNotFound, duobeiyun.CodeChatFileNotFound, "聊天记录不存在"}, []any{e.Op, e.Kind, e.Code, e.Message})
	require.NoError(t, logs[1].Err())
	require.ErrorIs(t, logs[2].Err(), edusdk.ErrUnknown)
}

func TestCall(t *testing.T) {
	type query struct {
		RoomID string `url:"roomId"`
		Level  int    `url:"level"`
	}
	want := map[string]string{"roomId": "jz 1", "level": "0"}
	for name, args := range map[string]any{
		"values": map[string][]string{"roomId": {"jz 1"}, "level": {"0"}}, "map": want, "struct": query{"jz 1", 0}, "pointer": &query{"jz 1", 0},
	} {
		if m, ok := args.(map[string][]string); ok {
			args = urlValues(m)
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
					address, _, _ := strings.Cut(r.URL.String(), "?")
					assert.Equal(t, method+" "+api+"v4/room/authinfo", r.Method+" "+address)
					assertSigned(t, want, now, fields(t, r))
					return httpmock.NewStringResponse(200, `{"success":true,"info":{"n":"5"}}`), nil
				})
				var out struct{ Info struct{ N int } }
				require.NoError(t, c.Call(t.Context(), method, "/api/v4/room/authinfo", args, &out))
				assert.Equal(t, 5, out.Info.N)
				var loose any
				require.NoError(t, c.Call(t.Context(), method, "api/v4/room/authinfo", args, &loose))
				assert.Contains(t, loose, "info")
				require.NoError(t, c.Call(t.Context(), method, "api/v4/room/authinfo", args, nil))
			})
		}
	}
	for name, tt := range map[string]struct {
		body     string
		out      any
		kind     edusdk.Kind
		attempts int
	}{
		"failed":      {`{"success":false,"error":"app_error"}`, nil, edusdk.ErrUnauthenticated, 1},
		"no success":  {`{"info":1}`, nil, edusdk.ErrMalformedResponse, 2},
		"other shape": {`{"success":true,"info":1}`, new([]int), edusdk.ErrMalformedResponse, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(200, tt.body))
			require.ErrorIs(t, c.Call(t.Context(), http.MethodGet, "api/x", nil, tt.out), tt.kind)
			assert.Equal(t, tt.attempts, mock.GetTotalCallCount(), "a GET may be repeated")
			mock.ZeroCallCounters()
			require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "api/x", nil, tt.out), tt.kind)
			assert.Equal(t, 1, mock.GetTotalCallCount(), "a POST may not")
		})
	}
	c, mock := mocked(t, httpmock.NewStringResponder(200, `{"success":true}`))
	for name, out := range map[string]any{"no pointer": json.RawMessage{}, "nil pointer": (*query)(nil)} {
		err := c.Call(t.Context(), http.MethodPost, "api/x", nil, out)
		assert.Equal(t, "out", asFieldError(t, err).Field, name)
	}
	assert.Zero(t, mock.GetTotalCallCount(), "nothing is sent whose answer could not be kept")
}

// changes reports whether what failed could have changed something.
func changes(e *edusdk.Error) bool { return e.Class == "upsert" || e.Class == "create" }
