package duobeiyun

import (
	"context"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// WeixinLiveService broadcasts rooms in Weixin (微信直播).
type WeixinLiveService struct{ *core }

// WeixinLiveRequest says how a broadcast is introduced. Open requires all of
// it; Update only RoomID and what is to change.
type WeixinLiveRequest struct {
	RoomID       string `url:"roomId"`
	TeacherName  string `url:"teacherName"`
	TeacherBrief string `url:"teacherBrief"`
	Description  string `url:"description"`
}

// WeixinCourse is a room's broadcast.
type WeixinCourse struct {
	RoomID       string `json:"roomId" wire:"essential"`
	Title        string `json:"title"`
	StartTime    Time   `json:"startTime"`
	EndTime      Time   `json:"endTime"`
	TeacherName  string `json:"teacherName"`
	TeacherBrief string `json:"teacherBrief"`
	Description  string `json:"description"`
}

// Validate is for transport.Request: there are no rules but those for all
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

// Update changes how a broadcast is introduced (更新微信直播, POST
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
