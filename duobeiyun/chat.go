package duobeiyun

import (
	"context"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// ChatLog tells where the chat of a room can be downloaded, or why it cannot.
type ChatLog struct {
	RoomID      string `json:"roomId" wire:"essential"`           // the room's id (教室 id)
	DownloadURL string `json:"downloadUrl" wire:"essential,null"` // a signed link, valid for 24 hours (聊天记录下载地址)
	ExpireTime  Time   `json:"expireTime"`                        // when DownloadURL stops working (下载链接过期时间)
	Msg         string `json:"msg"`                               // "success", or the code of the failure (返回信息)
	Success     bool   `json:"success" wire:"essential"`          // whether there is a download (是否查询成功)
}

// Err returns the room's own failure as an *edusdk.Error, or nil if there is a
// download.
func (l ChatLog) Err() error {
	if l.Success {
		return nil
	}
	r := rejection(l.Msg)
	return &edusdk.Error{Vendor: vendor, Op: chatLogs.Op, Kind: r.Kind, Code: r.Code, Message: r.Message}
}

var chatLogs = declare[chatParams](transport.Spec{
	Op: "Rooms.ChatLogs", Section: "下载教室的聊天记录", Path: "api/v3/room/chatDownload", Class: transport.Read,
	Traits: plainHTTP | jsonBody,
}, func(a *chatAnswer) []ChatLog { return a.Infos })

type chatParams struct {
	RoomIDs []string `json:"roomIds"`
}

func (p chatParams) Validate() error {
	if len(p.RoomIDs) == 0 {
		return fieldError("roomIDs", "must name a room")
	}
	for _, id := range p.RoomIDs {
		if problem := textProblem(id); problem != "" {
			return fieldError("roomIDs", "must not hold an id that is wrong: it "+problem)
		}
	}
	return nil
}

// ChatLogs returns where the chats of the rooms can be downloaded
// (下载教室的聊天记录, POST api/v3/room/chatDownload, over http as the document
// requires). A room that has no chat does not fail the call: see ChatLog.Err.
func (s *RoomsService) ChatLogs(ctx context.Context, roomIDs ...string) ([]ChatLog, error) {
	return chatLogs.Do(ctx, s.core, chatParams{roomIDs})
}

type chatAnswer struct {
	envelope

	Infos []ChatLog `json:"infos" wire:"essential"`
}

func (a *chatAnswer) Absent() string {
	if a.Infos == nil {
		return "infos"
	}
	return ""
}
