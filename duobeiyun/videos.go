package duobeiyun

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// VideosService creates rooms from uploaded videos (创建点播课). The video itself goes
// from the browser to Qiniu's storage, by Qiniu's own uploader.
type VideosService struct{ core *core }

var videoToken = declare[transport.None](transport.Spec{
	Op: "Videos.UploadToken", Section: "api获取uptoken", Path: "api/v3/video/uptoken", Class: transport.Read,
}, func(a *tokenAnswer) string { return a.Token })

// UploadToken returns the token with which a browser may upload a video (api获取
// uptoken, POST api/v3/video/uptoken).
func (s *VideosService) UploadToken(ctx context.Context) (string, error) {
	return videoToken.Do(ctx, s.core, transport.None{})
}

// UploadTokenHandler returns a handler for the uploader's uptoken_url: it
// answers a GET with {"uptoken": "…", "success": true}. On a failure it answers
// status 502 and {"error": "…", "success": false} with the failure's kind. It
// lets everybody upload: put it behind your own login.
func (s *VideosService) UploadTokenHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isRead(w, r) {
			return
		}
		status, answer := http.StatusOK, map[string]any{"success": true}
		token, err := s.UploadToken(r.Context())
		if err != nil {
			status, answer = http.StatusBadGateway, map[string]any{
				"success": false, "error": edusdk.KindOf(err).String(),
			}
		} else {
			answer["uptoken"] = token
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // a browser that has left is no failure
	})
}

var createVideo = declare[videoParams](transport.Spec{
	Op: "Videos.Create", Section: "创建点播课", Path: "api/v3/room/video/create",
	Class: transport.Create, Lookup: "Videos.Created",
}, (*roomAnswer).room)

type videoParams struct {
	Title    string `url:"title" arg:"title"`
	VideoKey string `url:"videoKey" arg:"videoKey"`
}

func (videoParams) Validate() error { return nil }

// Create creates a room from a video that was uploaded under videoKey (创建点播课, POST
// api/v3/room/video/create). The vendor answers the room's id and title only.
// As for Rooms.Create, an error can leave a room behind: look with Created.
func (s *VideosService) Create(ctx context.Context, title, videoKey string) (*Room, error) {
	return createVideo.Do(ctx, s.core, videoParams{title, videoKey})
}

type tokenAnswer struct {
	envelope

	Token string `json:"uptoken" wire:"essential"`
}

func (a *tokenAnswer) Absent() string {
	if a.Token == "" {
		return "uptoken"
	}
	return ""
}
