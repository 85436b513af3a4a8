package duobeiyun

import (
	"context"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// WeixinLiveService broadcasts rooms in Weixin (微信直播).
type WeixinLiveService struct{ core *core }

// WeixinLiveRequest is the introduction of a broadcast. Open requires all
// fields, Update only RoomID and those to change.
type WeixinLiveRequest struct {
	RoomID       string `url:"roomId"`       // the room's id (房间的唯一 id)
	TeacherName  string `url:"teacherName"`  // the teacher's name (老师名字)
	TeacherBrief string `url:"teacherBrief"` // introduces the teacher (老师简介)
	Description  string `url:"description"`  // introduces the course (课程简介)
}

// WeixinCourse is a room's broadcast.
type WeixinCourse struct {
	RoomID       string `json:"roomId" wire:"essential"` // unique (房间唯一 id)
	Title        string `json:"title"`                   // the room's title (房间标题)
	StartTime    Time   `json:"startTime"`               // of the room (房间开始时间)
	EndTime      Time   `json:"endTime"`                 // of the room (房间结束时间)
	TeacherName  string `json:"teacherName"`             // the teacher's name (老师名字)
	TeacherBrief string `json:"teacherBrief"`            // introduces the teacher (老师简介)
	Description  string `json:"description"`             // introduces the course (课程简介)
}

// Validate accepts everything: there are no rules beyond those for all
// parameters.
func (WeixinLiveRequest) Validate() error { return nil }

var openWeixin = declare[WeixinLiveRequest](transport.Spec{
	Op: "WeixinLive.Open", Section: "开通微信直播", Path: "api/v3/course/weixin/live/open", Class: transport.Create,
}, (*weixinAnswer).course)

// Open opens a room's broadcast (开通微信直播, POST
// api/v3/course/weixin/live/open).
func (s *WeixinLiveService) Open(ctx context.Context, req *WeixinLiveRequest) (*WeixinCourse, error) {
	return openWeixin.Do(ctx, s.core, params.ValueOf(req))
}

var updateWeixin = declare[weixinUpdate](transport.Spec{
	Op: "WeixinLive.Update", Section: "更新微信直播", Path: "api/v3/course/weixin/live/update", Class: transport.Upsert,
}, (*weixinAnswer).course)

// weixinUpdate is a WeixinLiveRequest whose fields may be left out.
type weixinUpdate struct {
	RoomID       string `url:"roomId"`
	TeacherName  string `url:"teacherName,omitempty"`
	TeacherBrief string `url:"teacherBrief,omitempty"`
	Description  string `url:"description,omitempty"`
}

func (weixinUpdate) Validate() error { return nil }

// Update changes the introduction of a broadcast (更新微信直播, POST
// api/v3/course/weixin/live/update). Empty fields stay as they are.
func (s *WeixinLiveService) Update(ctx context.Context, req *WeixinLiveRequest) (*WeixinCourse, error) {
	return updateWeixin.Do(ctx, s.core, weixinUpdate(params.ValueOf(req)))
}

var closeWeixin = declare[roomParams](transport.Spec{
	Op: "WeixinLive.Close", Section: "关闭微信直播", Path: "api/v3/course/weixin/live/close", Class: transport.Upsert,
}, nothing)

// Close closes a room's broadcast (关闭微信直播, POST
// api/v3/course/weixin/live/close).
func (s *WeixinLiveService) Close(ctx context.Context, roomID string) error {
	return transport.Done(ctx, closeWeixin, s.core, roomParams{roomID})
}

type weixinAnswer struct {
	envelope

	Course *WeixinCourse `json:"course" wire:"essential"`
}

func (a *weixinAnswer) Absent() string {
	if a.Course == nil {
		return "course"
	}
	return ""
}

func (a *weixinAnswer) course() *WeixinCourse { return a.Course }
