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
	RoomID       string `json:"roomId"`
	Title        string `json:"title"`
	StartTime    Time   `json:"startTime"`
	EndTime      Time   `json:"endTime"`
	TeacherName  string `json:"teacherName"`
	TeacherBrief string `json:"teacherBrief"`
	Description  string `json:"description"`
}

var (
	openWeixin   = endpoint{op: "WeixinLive.Open", path: "api/v3/course/weixin/live/open", class: transport.Create}
	updateWeixin = endpoint{op: "WeixinLive.Update", path: "api/v3/course/weixin/live/update", class: transport.Upsert}
	closeWeixin  = endpoint{op: "WeixinLive.Close", path: "api/v3/course/weixin/live/close", class: transport.Upsert}
)

// Open opens a room's broadcast (开通微信直播, POST
// api/v3/course/weixin/live/open).
func (s *WeixinLiveService) Open(ctx context.Context, req *WeixinLiveRequest) (*WeixinCourse, error) {
	return s.course(ctx, openWeixin, params.ValueOf(req))
}

// Update changes how a broadcast is introduced (更新微信直播, POST
// api/v3/course/weixin/live/update). Empty fields stay as they are.
func (s *WeixinLiveService) Update(ctx context.Context, req *WeixinLiveRequest) (*WeixinCourse, error) {
	r := params.ValueOf(req)
	return s.course(ctx, updateWeixin, struct {
		RoomID       string `url:"roomId"`
		TeacherName  string `url:"teacherName,omitempty"`
		TeacherBrief string `url:"teacherBrief,omitempty"`
		Description  string `url:"description,omitempty"`
	}(r))
}

// Close closes a room's broadcast (关闭微信直播, POST
// api/v3/course/weixin/live/close).
func (s *WeixinLiveService) Close(ctx context.Context, roomID string) error {
	return s.done(ctx, closeWeixin, roomParams{roomID})
}

func (s *WeixinLiveService) course(ctx context.Context, e endpoint, params any) (*WeixinCourse, error) {
	a, err := do[weixinAnswer](ctx, s.core, e, params)
	if err != nil {
		return nil, err
	}
	return a.Course, nil
}

type weixinAnswer struct {
	envelope

	Course *WeixinCourse `json:"course"`
}

func (a *weixinAnswer) missing() string {
	if a.Course == nil {
		return "course"
	}
	return ""
}
