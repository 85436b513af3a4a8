package duobeiyun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
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

// fetchChatLog reads what ChatLog.DownloadURL links to. It has no path of its own.
var fetchChatLog = transport.DeclareFetch(vendor, transport.Spec{
	Op: "Rooms.FetchChatLog", Section: "下载教室的聊天记录", Class: transport.Read,
}, readChatLog)

// linkMargin is how long after its ExpireTime, which is told in minutes, a link is still
// tried.
const linkMargin = time.Minute

// FetchChatLog downloads the chat that ChatLogs has told of (下载教室的聊天记录, GET of
// downloadUrl) and returns it as it is, in UTF-8. The document names the file chat.json
// and does not describe it, so all that is checked is that it is JSON, and that it is not a
// failure in the form in which the API answers one.
//
// The request has no signature and no header of [edusdk.WithHeader], follows no redirect,
// and goes over http or https as the link says. The client's timeout, retries and
// [edusdk.WithMaxResponseSize] hold for it as for any other read, and no error, log or
// event shows the link.
//
// If log has no download, the error is that of ChatLog.Err. A link that has expired
// is an error of kind ErrFailedPrecondition: get another with ChatLogs. It is
// ErrNotFound if there is no file behind the link.
func (s *RoomsService) FetchChatLog(ctx context.Context, log *ChatLog) (json.RawMessage, error) {
	l := params.ValueOf(log)
	if err := l.Err(); err != nil && l.DownloadURL == "" && l.Msg != "" {
		return nil, err
	}
	if !l.ExpireTime.IsZero() && s.core.transport.Now().After(l.ExpireTime.Add(linkMargin)) {
		return nil, &edusdk.Error{
			Vendor: vendor, Op: fetchChatLog.Op, Kind: edusdk.ErrFailedPrecondition, Class: fetchChatLog.Class.String(), Err: errLinkExpired,
		}
	}
	return fetchChatLog.Do(ctx, s.core.transport, "DownloadURL", l.DownloadURL)
}

var (
	errLinkExpired = errors.New("the link has expired: get another with Rooms.ChatLogs")
	errNoChatFile  = errors.New("there is no file behind the link: get another with Rooms.ChatLogs")
	errNotJSON     = errors.New("the file is not JSON")
)

// readChatLog reads the file of a chat. The storage that keeps it turns an expired link
// down by its status; a failure in the vendor's own words is understood too.
func readChatLog(ans *transport.Answer) (json.RawMessage, error) {
	switch ans.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusGone:
		return nil, &transport.Rejection{Kind: edusdk.ErrFailedPrecondition, Cause: errLinkExpired}
	case http.StatusNotFound:
		return nil, &transport.Rejection{Kind: edusdk.ErrNotFound, Cause: errNoChatFile}
	}
	if !json.Valid(ans.Body) {
		return nil, errNotJSON
	}
	if bytes.HasPrefix(bytes.TrimSpace(ans.Body), []byte("{")) {
		var e envelope
		switch err := ans.Unmarshal(ans.Body, &e); {
		case err != nil:
			return nil, err
		case e.Success != nil && !*e.Success:
			r := rejection(e.ErrorCode)
			r.Reason = transport.Business // a link has no timestamp to correct
			return nil, r
		}
	}
	return ans.Text(), nil
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
