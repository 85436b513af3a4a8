package duobeiyuntest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// room is a classroom.
type room struct {
	id, title, host string
	start, end      time.Time
	validEnd        time.Time
	video, vod      bool
	kind, convert   int
	convertSet      bool // by SetConvertStatus

	weixin                      bool
	teacher, brief, description string

	attached  []attachment
	viewers   []Viewer
	playbacks []Playback
	chat      []ChatMessage
}

type attachment struct {
	document *document
	at       time.Time
}

// forever is until when recordings can be watched.
var forever = time.Date(2099, 1, 1, 23, 59, 0, 0, zone)

// show returns the room as answers have it.
func (c *call) show(r *room) map[string]any {
	return map[string]any{
		"roomId": r.id, "title": r.title, "startTime": stamp(r.start), "endTime": stamp(r.end),
		"validEndTime": r.validEnd.In(zone).Format("2006-01-02 15:04"),
		"video":        r.video, "hostCode": orNil(r.host), "coverImgUrl": nil, "convertStatus": c.converted(r),
		"courseType": r.kind, "vod": r.vod, "weixinLiving": r.weixin, "audio": false,
	}
}

// orNil returns nil for an empty text, which the vendor answers as null.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// The states of a recording (convertStatus).
const (
	convertDefault   = 0
	convertSucceeded = 1
	convertFailed    = 2
	convertEmpty     = 3
)

// converted returns the state of a room's recording: what SetConvertStatus has
// set, and otherwise, if the fake is strict, that of the time.
func (c *call) converted(r *room) int {
	if c.strict && r.convert == convertDefault && !r.convertSet && !c.now.Before(r.end.Add(c.delay)) {
		return convertSucceeded
	}
	return r.convert
}

// period returns the start and end that a request asks for, or what is wrong.
func (c *call) period() (start, end time.Time, wrong *output) {
	refuse := func(code, problem string) (time.Time, time.Time, *output) {
		out := fail(code, problem)
		return time.Time{}, time.Time{}, &out
	}
	start, err := time.ParseInLocation("2006-01-02 15:04", c.in.get("startTime"), zone)
	if err != nil {
		return refuse("app_parameter_error", "startTime is not a date and a time that exist")
	}
	name, unit := "length", time.Minute
	if c.in.get(name) == "" {
		name, unit = "duration", time.Hour
	}
	count, err := strconv.Atoi(c.in.get(name))
	if err != nil {
		return refuse("app_course_length_error", name+" is not a whole number")
	}
	end = start.Add(time.Duration(count) * unit)
	if end.Before(c.now) {
		return refuse("course_endtime_out_of_date_error", "startTime and "+name+" give an end that has passed")
	}
	return start, end, nil
}

func (c *call) createRoom() output {
	start, end, wrong := c.period()
	if wrong != nil {
		return *wrong
	}
	price := c.merchant.unitPrice
	if c.in.get("video") == "1" {
		price = c.merchant.videoUnitPrice
	}
	price *= float64((end.Sub(start) + time.Hour - 1) / time.Hour)
	if c.merchant.charged-c.merchant.spent < price {
		return fail("app_afford_error", "the balance is too low for the length and video of the room")
	}
	c.merchant.spent += price
	n := c.nextID()
	r := &room{
		id: fmt.Sprintf("jz%032x", n), host: fmt.Sprintf("%032x", n+1<<20), title: c.in.get("title"),
		start: start, end: end, validEnd: forever, video: c.in.get("video") == "1",
	}
	r.kind, _ = strconv.Atoi(c.in.get("roomType"))
	c.rooms = append(c.rooms, r)
	return success(map[string]any{"room": c.show(r)})
}

func (c *call) createVideo() output {
	r := &room{
		id: fmt.Sprintf("jz%032x", c.nextID()), title: c.in.get("title"), start: c.now, end: c.now,
		validEnd: forever, video: true, vod: true, kind: 2, convert: convertSucceeded,
	}
	c.rooms = append(c.rooms, r)
	return success(map[string]any{"room": map[string]any{"roomId": r.id, "title": r.title}})
}

// withRoom carries out what needs the room that the request names.
func (c *call) withRoom(do func(*room) output) output {
	r := c.room(c.in.get("roomId"))
	if r == nil {
		return fail("app_course_error", "roomId is not that of a room")
	}
	return do(r)
}

func (c *call) updateTitle() output {
	return c.withRoom(func(r *room) output {
		r.title = c.in.get("title")
		return success(map[string]any{"room": c.show(r)})
	})
}

func (c *call) updateTime() output {
	return c.withRoom(func(r *room) output {
		start, end, wrong := c.period()
		switch {
		case wrong != nil:
			return *wrong
		case r.start.Before(c.now) && !start.Equal(r.start):
			return fail("app_parameter_error", "startTime cannot be changed: the room has begun")
		}
		r.start, r.end = start, end
		return success(map[string]any{"room": c.show(r)})
	})
}

func (c *call) roomDetail() output {
	return c.withRoom(func(r *room) output {
		course := c.show(r)
		course["teacherName"], course["teacherBrief"] = orNil(r.teacher), orNil(r.brief)
		course["description"] = orNil(r.description)
		return success(map[string]any{"course": course})
	})
}

// listRooms takes startTime and endTime by the document's words: rooms that
// start before the one and after the other.
func (c *call) listRooms() output {
	var found []*room
	for _, r := range slices.Backward(c.rooms) {
		before, errBefore := time.ParseInLocation("2006-01-02 15:04", c.in.get("startTime"), zone)
		after, errAfter := time.ParseInLocation("2006-01-02 15:04", c.in.get("endTime"), zone)
		if strings.Contains(r.title, c.in.get("title")) &&
			(errBefore != nil || r.start.Before(before)) && (errAfter != nil || r.start.After(after)) {
			found = append(found, r)
		}
	}
	return success(map[string]any{"pagination": paginate(c, found, func(r *room) any { return c.show(r) })})
}

func (c *call) deleteRoom() output {
	return c.withRoom(func(r *room) output {
		c.rooms = slices.DeleteFunc(c.rooms, func(other *room) bool { return other == r })
		return success(map[string]any{"room": c.show(r)})
	})
}

// withRoomDocument carries out what needs a room and a document; at is the
// document's place among the room's, -1 where it is not attached.
func (c *call) withRoomDocument(do func(r *room, d *document, at int) output) output {
	return c.withRoom(func(r *room) output {
		d := c.document(c.in.get("documentId"))
		if d == nil {
			return fail("app_slides_error", "documentId is not that of a document")
		}
		return do(r, d, slices.IndexFunc(r.attached, func(a attachment) bool { return a.document == d }))
	})
}

func (c *call) attach() output {
	return c.withRoomDocument(func(r *room, d *document, at int) output {
		if at >= 0 {
			return fail("repeat_arrange_to_course_error", "documentId is that of a document which the room has already")
		}
		r.attached = append(r.attached, attachment{d, c.now})
		return success(map[string]any{"documentId": d.id, "roomId": r.id})
	})
}

func (c *call) remove() output {
	return c.withRoomDocument(func(r *room, d *document, at int) output {
		if at < 0 {
			return fail("app_slides_error", "documentId is that of a document which the room lacks")
		}
		r.attached = slices.Delete(r.attached, at, at+1)
		return success(map[string]any{"documentId": d.id, "roomId": r.id})
	})
}

func (c *call) roomDocuments() output {
	return c.withRoom(func(r *room) output {
		list := []any{}
		for _, a := range r.attached {
			list = append(list, map[string]any{
				"originalDocName": a.document.name, "createTime": a.at.UnixMilli(),
				"status": a.document.state(c), "size": a.document.size, "documentId": a.document.id,
				"slideCount": 1, "documentType": a.document.media,
			})
		}
		return success(map[string]any{"documents": list})
	})
}

// showWeixin returns a room's broadcast as answers have it.
func (r *room) showWeixin() output {
	return success(map[string]any{"course": map[string]any{
		"roomId": r.id, "title": r.title, "startTime": r.start.UnixMilli(), "endTime": r.end.UnixMilli(),
		"teacherName": r.teacher, "teacherBrief": r.brief, "description": r.description,
	}})
}

func (c *call) openWeixin() output {
	return c.withRoom(func(r *room) output {
		r.weixin = true
		return c.introduce(r)
	})
}

// updateWeixin changes a broadcast that is open.
func (c *call) updateWeixin() output {
	return c.withRoom(func(r *room) output {
		if !r.weixin {
			return fail("app_course_error", "roomId is of a room whose broadcast is not open")
		}
		return c.introduce(r)
	})
}

func (c *call) introduce(r *room) output {
	for name, into := range map[string]*string{
		"teacherName": &r.teacher, "teacherBrief": &r.brief, "description": &r.description,
	} {
		if c.in.Params.Has(name) {
			*into = c.in.get(name)
		}
	}
	return r.showWeixin()
}

func (c *call) closeWeixin() output {
	return c.withRoom(func(r *room) output {
		r.weixin = false
		return success(map[string]any{"roomId": r.id})
	})
}

// ChatMessage is something that was said in a room.
type ChatMessage struct {
	UID      string    `json:"uid"`      // the sender's, as in duobeiyun.EnterRequest
	Nickname string    `json:"nickname"` // the sender's
	Time     time.Time `json:"time"`     // when it was sent
	Text     string    `json:"text"`     // what was said
}

// AddChat adds messages to a room's chat and reports whether there is such a
// room. A room without any has no chat log.
func (h *Handler) AddChat(roomID string, messages ...ChatMessage) bool {
	return h.change(roomID, func(r *room) { r.chat = append(r.chat, messages...) })
}

// SetConvertStatus sets the convertStatus of a room's recording and reports
// whether there is such a room.
func (h *Handler) SetConvertStatus(roomID string, status int) bool {
	return h.change(roomID, func(r *room) { r.convert, r.convertSet = status, true })
}

// SetValidEndTime sets until when a room's recording can be watched and reports
// whether there is such a room.
func (h *Handler) SetValidEndTime(roomID string, t time.Time) bool {
	return h.change(roomID, func(r *room) { r.validEnd = t })
}

func (h *Handler) change(roomID string, do func(*room)) bool {
	h.core.Lock()
	defer h.core.Unlock()
	r := h.vendor.room(roomID)
	if r != nil {
		do(r)
	}
	return r != nil
}

// SetChatLinkLifetime sets how long the links to chat logs are good that are given out from
// now on, by the fake's clock. It starts with the vendor's 24 hours; with 0, they have
// expired at once.
func (h *Handler) SetChatLinkLifetime(d time.Duration) {
	h.core.Lock()
	defer h.core.Unlock()
	h.vendor.chatLinks = d
}

// chatPath is where the fake serves chat logs themselves.
const chatPath = "chat/"

func (c *call) chats() output {
	var body struct {
		RoomIDs []string `json:"roomIds"`
	}
	if json.Unmarshal(c.in.JSON, &body) != nil || len(body.RoomIDs) == 0 {
		return fail("app_parameter_error", "roomIds must be a list of rooms in a JSON object")
	}
	infos := []any{}
	for _, id := range body.RoomIDs {
		info := map[string]any{"roomId": id, "success": false}
		switch r := c.room(id); {
		case r == nil:
			info["msg"] = "app_course_error"
		case len(r.chat) == 0:
			info["msg"] = "chat_file_not_found"
		default:
			expires := c.now.Add(c.chatLinks)
			info["success"], info["msg"] = true, "success"
			info["downloadUrl"] = fmt.Sprintf("%s/%s%s/chat.json?e=%d&token=fake", c.base, chatPath, id, expires.Unix())
			info["expireTime"] = expires.In(zone).Format("2006-01-02 15:04")
		}
		infos = append(infos, info)
	}
	return success(map[string]any{"infos": infos})
}

// serveChat answers a chat log's own link, while it is good.
func (h *Handler) serveChat(w http.ResponseWriter, r *http.Request, path string) {
	out := h.chatLog(path, r.URL.Query().Get("e"))
	h.log(r, chatPath+path, out)
	out.write(w)
}

// chatLog answers as the storage does that the vendor keeps chat logs in.
func (h *Handler) chatLog(path, expires string) output {
	h.core.Lock()
	defer h.core.Unlock()
	id, isLog := strings.CutSuffix(path, "/chat.json")
	r := h.vendor.room(id)
	until, err := strconv.ParseInt(expires, 10, 64)
	switch {
	case !isLog || r == nil || len(r.chat) == 0:
		return refusal(http.StatusNotFound, "the room has no chat log")
	case err != nil || h.core.Now().Unix() >= until:
		return refusal(http.StatusUnauthorized, "the link has expired")
	}
	return output{json: slices.Clone(r.chat)}
}
