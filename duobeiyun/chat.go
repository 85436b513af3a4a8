package duobeiyun

import (
	"context"
	"encoding/json"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// ChatLog tells where the chat of a room can be downloaded, or why it cannot.
type ChatLog struct {
	RoomID      string `json:"roomId"`
	DownloadURL string `json:"downloadUrl"` // a signed link, good for 24 hours
	ExpireTime  Time   `json:"expireTime"`  // when DownloadURL stops working
	Msg         string `json:"msg"`         // "success", or the code of the failure
	Success     bool   `json:"success"`
}

// Err returns the room's own failure as an *edusdk.Error, nil where there is a
// download.
func (l ChatLog) Err() error {
	if l.Success {
		return nil
	}
	r := rejection(l.Msg)
	return &edusdk.Error{Vendor: vendor, Op: chatLogs.op, Kind: r.Kind, Code: r.Code, Message: r.Message}
}

var chatLogs = endpoint{op: "Rooms.ChatLogs", path: "api/v3/room/chatDownload", class: transport.Read, plain: true}

// ChatLogs returns where the chats of the rooms can be downloaded
// (下载教室的聊天记录, POST api/v3/room/chatDownload, over http as the document
// has it). A room that has no chat does not fail the call: see ChatLog.Err.
func (s *RoomsService) ChatLogs(ctx context.Context, roomIDs ...string) ([]ChatLog, error) {
	if len(roomIDs) == 0 {
		return nil, s.transport.Refuse(ctx, chatLogs.op, fieldError("roomIDs", "must name a room"))
	}
	for _, id := range roomIDs {
		if problem := textProblem(id); problem != "" {
			return nil, s.transport.Refuse(ctx, chatLogs.op, fieldError("roomIDs", "hold one that "+problem))
		}
	}
	body, err := json.Marshal(struct {
		RoomIDs []string `json:"roomIds"`
	}{roomIDs})
	if err != nil {
		return nil, s.transport.Refuse(ctx, chatLogs.op, err)
	}
	r := &request{core: s.core, json: body, rooms: roomIDs}
	a, err := send(ctx, s.core, chatLogs, r, nil, read[chatAnswer])
	if err != nil {
		return nil, err
	}
	return a.Infos, nil
}

type chatAnswer struct {
	envelope

	Infos []ChatLog `json:"infos"`
}

func (a *chatAnswer) missing() string {
	if a.Infos == nil {
		return "infos"
	}
	return ""
}
