package duobeiyun

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// RoomsService makes, changes and finds rooms (房间控制 API).
type RoomsService struct{ *core }

// Room is a classroom, live or recorded. Calls differ in how much of it they
// answer: what an answer has not got is zero.
type Room struct {
	RoomID        string        `json:"roomId"`
	Title         string        `json:"title"`
	StartTime     Time          `json:"startTime"`
	EndTime       Time          `json:"endTime"`
	ValidEndTime  Time          `json:"validEndTime"` // until when the recording can be watched
	Video         bool          `json:"video"`        // whether it has video
	HostCode      string        `json:"hostCode"`     // the teacher's invitation code
	CoverImgURL   string        `json:"coverImgUrl"`
	ConvertStatus ConvertStatus `json:"convertStatus"` // of its recording
	CourseType    RoomType      `json:"courseType"`
	VOD           bool          `json:"vod"`          // whether it was made of an uploaded video
	WeixinLiving  bool          `json:"weixinLiving"` // whether the Weixin broadcast is open
	Audio         bool          `json:"audio"`        // whether it is sound only
	TeacherName   string        `json:"teacherName"`  // of the Weixin broadcast, as the next two
	TeacherBrief  string        `json:"teacherBrief"`
	Description   string        `json:"description"`
}

// RoomType is the kind of a room.
type RoomType int

// The kinds of rooms. The document has the first two; the others are in use.
const (
	OneToOne        RoomType = 1
	OneToMany       RoomType = 2
	SmallFlashClass RoomType = 4
	SmallClass      RoomType = 8
)

// ConvertStatus tells how far a room's recording is.
type ConvertStatus int

// The states of a recording.
const (
	ConvertDefault   ConvertStatus = 0 // nothing converted yet
	ConvertSucceeded ConvertStatus = 1
	ConvertFailed    ConvertStatus = 2
	ConvertEmpty     ConvertStatus = 3 // nothing was recorded
)

// CreateRoomRequest describes a room to make. All of it is required, but for
// Video, whose false is sent as such.
type CreateRoomRequest struct {
	Title string `url:"title"`
	Video bool   `url:"video,int"`
	// StartTime is sent in UTC+8 and to the minute.
	StartTime time.Time `url:"startTime" layout:"2006-01-02 15:04"`
	// Length is sent as length in minutes, or as duration in hours, by the
	// method's choice.
	Length time.Duration `url:"-"`
	Type   RoomType      `url:"roomType"`
}

// validate checks what both ways to create have in common.
func (r CreateRoomRequest) validate() error {
	if r.StartTime.IsZero() {
		return fieldError("StartTime", "must be given")
	}
	switch r.Type {
	case OneToOne, OneToMany, SmallFlashClass, SmallClass:
		return nil
	}
	return fieldError("Type", "must be OneToOne (1), OneToMany (2), SmallFlashClass (4) or SmallClass (8)")
}

var (
	createRoom       = endpoint{op: "Rooms.Create", path: "api/v4/room/create", class: transport.Create}
	createRoomHourly = endpoint{op: "Rooms.CreateHourly", path: "api/v3/room/create", class: transport.Create}
	updateRoomTitle  = endpoint{op: "Rooms.UpdateTitle", path: "api/v3/room/update/title", class: transport.Upsert}
	rescheduleRoom   = endpoint{op: "Rooms.Reschedule", path: "api/v4/room/update/time", class: transport.Upsert}
	rescheduleHourly = endpoint{op: "Rooms.RescheduleHourly", path: "api/v3/room/update/time", class: transport.Upsert}
	getRoom          = endpoint{op: "Rooms.Get", path: "api/v3/room/detail", class: transport.Read}
	listRooms        = endpoint{op: "Rooms.List", path: "api/v3/room/list", class: transport.Read}
	deleteRoom       = endpoint{op: "Rooms.Delete", path: "api/v3/room/delete", class: transport.Upsert}
	// Attaching a document again is answered with an error, so a repetition
	// would turn a success whose answer was lost into a failure.
	attachDocument = endpoint{op: "Rooms.AttachDocument", path: "api/v3/room/attachDocument", class: transport.Create}
	removeDocument = endpoint{op: "Rooms.RemoveDocument", path: "api/v3/room/removeDocument", class: transport.Upsert}
	roomDocuments  = endpoint{op: "Rooms.Documents", path: "api/v3/room/listDocuments", class: transport.Read}
)

// Create makes a room that lasts 30 to 300 whole minutes (创建房间(方式2),
// POST api/v4/room/create). It is never repeated once it may have arrived: on
// an error with edusdk.MaybeApplied, look with List whether the room is there.
func (s *RoomsService) Create(ctx context.Context, req *CreateRoomRequest) (*Room, error) {
	p := struct {
		CreateRoomRequest

		Minutes minutes `url:"length" arg:"Length"`
	}{}
	if req != nil {
		p.CreateRoomRequest, p.Minutes = *req, minutes(req.Length)
		p.StartTime = startTime(req.StartTime)
	}
	return s.room(ctx, createRoom, p)
}

// CreateHourly makes a room that lasts 1 to 5 whole hours (创建房间, POST
// api/v3/room/create). As for Create, an error can leave a room behind.
func (s *RoomsService) CreateHourly(ctx context.Context, req *CreateRoomRequest) (*Room, error) {
	p := struct {
		CreateRoomRequest

		Hours hours `url:"duration" arg:"Length"`
	}{}
	if req != nil {
		p.CreateRoomRequest, p.Hours = *req, hours(req.Length)
		p.StartTime = startTime(req.StartTime)
	}
	return s.room(ctx, createRoomHourly, p)
}

// UpdateTitle gives a room another title (更新房间标题, POST
// api/v3/room/update/title).
func (s *RoomsService) UpdateTitle(ctx context.Context, roomID, title string) (*Room, error) {
	return s.room(ctx, updateRoomTitle, struct {
		roomParams

		Title string `url:"title" arg:"title"`
	}{roomParams{roomID}, title})
}

// Reschedule moves a room and sets its length, of 30 to 300 whole minutes
// (修改房间开始时间和时长(方式2), POST api/v4/room/update/time). The start of a
// room that has begun cannot be moved.
func (s *RoomsService) Reschedule(ctx context.Context, roomID string, start time.Time, length time.Duration) (*Room, error) {
	return s.room(ctx, rescheduleRoom, struct {
		roomStart

		Minutes minutes `url:"length" arg:"length"`
	}{roomStart{roomID, startTime(start)}, minutes(length)})
}

// RescheduleHourly is Reschedule with a length of 1 to 5 whole hours
// (修改房间开始时间和时长, POST api/v3/room/update/time).
func (s *RoomsService) RescheduleHourly(ctx context.Context, roomID string, start time.Time, length time.Duration) (*Room, error) {
	return s.room(ctx, rescheduleHourly, struct {
		roomStart

		Hours hours `url:"duration" arg:"length"`
	}{roomStart{roomID, startTime(start)}, hours(length)})
}

// Get returns a room (查看教室房间详情, POST api/v3/room/detail).
func (s *RoomsService) Get(ctx context.Context, roomID string) (*Room, error) {
	return s.room(ctx, getRoom, roomParams{roomID})
}

// Delete deletes a room and returns it as it was (删除教室, POST
// api/v3/room/delete). It may be repeated when an answer gets lost, and is then
// ErrNotFound if the first request had been carried out.
func (s *RoomsService) Delete(ctx context.Context, roomID string) (*Room, error) {
	return s.room(ctx, deleteRoom, roomParams{roomID})
}

// ListRoomsRequest narrows a list of rooms down. Zero fields, and a nil
// request, leave it as it is.
type ListRoomsRequest struct {
	// Title is a part of the title.
	Title string `url:"title,omitempty"`
	// StartTime is, in the document's words, for rooms that start before it
	// (开始时间早于这个时间), and EndTime for those that start after it
	// (开始时间晚于这个时间). That reads as if reversed, but stands so in all of
	// the vendor's documents, and both are sent under their own names.
	StartTime time.Time `url:"startTime,omitempty" layout:"2006-01-02 15:04"`
	EndTime   time.Time `url:"endTime,omitempty" layout:"2006-01-02 15:04"`
	// PageNo counts from 1; All begins with it.
	PageNo int `url:"pageNo,omitempty"`
}

func (r ListRoomsRequest) validate() error { return checkPageNo(r.PageNo) }

// RoomPage is a page of a list of rooms.
type RoomPage struct {
	Pagination

	Items []*Room `json:"items"`
}

func (p *RoomPage) hasHole() bool { return slices.Contains(p.Items, nil) }

// List returns a page of the account's rooms (查看房间列表、按时间或标题搜索房间,
// POST api/v3/room/list).
func (s *RoomsService) List(ctx context.Context, req *ListRoomsRequest) (*RoomPage, error) {
	return s.list(ctx, params.ValueOf(req))
}

// All yields the rooms of all pages from req.PageNo on, each once, and reads a
// page when it is needed. An error ends it. req is copied.
func (s *RoomsService) All(ctx context.Context, req *ListRoomsRequest) iter.Seq2[*Room, error] {
	r := params.ValueOf(req)
	return all(r.PageNo, func(pageNo int) ([]*Room, Pagination, error) {
		r := r
		r.PageNo = pageNo
		page, err := s.list(ctx, r)
		if err != nil {
			return nil, Pagination{}, err
		}
		return page.Items, page.Pagination, nil
	}, func(r *Room) string { return r.RoomID }, s.stuckList(listRooms.op))
}

func (s *RoomsService) list(ctx context.Context, req ListRoomsRequest) (*RoomPage, error) {
	req.StartTime, req.EndTime = startTime(req.StartTime), startTime(req.EndTime)
	a, err := do[pageAnswer[RoomPage]](ctx, s.core, listRooms, req)
	if err != nil {
		return nil, err
	}
	return a.Page, nil
}

// AttachDocument attaches an uploaded document to a room (附加文档到房间, POST
// api/v3/room/attachDocument). One that is attached already is an error of kind
// ErrAlreadyExists.
func (s *RoomsService) AttachDocument(ctx context.Context, roomID, documentID string) error {
	return s.done(ctx, attachDocument, roomDocumentParams{roomParams{roomID}, documentParams{documentID}})
}

// RemoveDocument takes an attached document off a room (从房间删除已附加文档, POST
// api/v3/room/removeDocument). As for Delete, ErrNotFound can mean that it is
// done.
func (s *RoomsService) RemoveDocument(ctx context.Context, roomID, documentID string) error {
	return s.done(ctx, removeDocument, roomDocumentParams{roomParams{roomID}, documentParams{documentID}})
}

// RoomDocument is a document as it is attached to a room.
type RoomDocument struct {
	OriginalDocName string         `json:"originalDocName"`
	CreateTime      Time           `json:"createTime"` // when it was attached
	Status          DocumentStatus `json:"status"`
	Size            int64          `json:"size"` // in bytes
	DocumentID      string         `json:"documentId"`
	SlideCount      int            `json:"slideCount"`
	DocumentType    string         `json:"documentType"` // media type
}

// Documents returns the documents of a room (获取房间文档列表, POST
// api/v3/room/listDocuments).
func (s *RoomsService) Documents(ctx context.Context, roomID string) ([]RoomDocument, error) {
	a, err := do[roomDocumentsAnswer](ctx, s.core, roomDocuments, roomParams{roomID})
	if err != nil {
		return nil, err
	}
	return a.Documents, nil
}

// room calls an endpoint that answers a room.
func (c *core) room(ctx context.Context, e endpoint, params any) (*Room, error) {
	a, err := do[roomAnswer](ctx, c, e, params)
	if err != nil {
		return nil, err
	}
	return a.room(), nil
}

// done calls an endpoint whose answer holds nothing new.
func (c *core) done(ctx context.Context, e endpoint, params any) error {
	_, err := do[envelope](ctx, c, e, params)
	return err
}

// roomAnswer has the room under room or course, by the endpoint.
type roomAnswer struct {
	envelope

	Room   *Room `json:"room"`
	Course *Room `json:"course"`
}

func (a *roomAnswer) room() *Room {
	if a.Room != nil {
		return a.Room
	}
	return a.Course
}

func (a *roomAnswer) missing() string {
	switch {
	case a.room() == nil:
		return "room"
	case a.room().RoomID == "":
		return "roomId"
	}
	return ""
}

// pageAnswer has a page of a list under pagination.
type pageAnswer[P any] struct {
	envelope

	Page *P `json:"pagination"`
}

func (a *pageAnswer[P]) missing() string {
	if a.Page == nil {
		return "pagination"
	}
	if p, ok := any(a.Page).(interface{ hasHole() bool }); ok && p.hasHole() {
		return "an item of pagination.items"
	}
	return ""
}

type roomDocumentsAnswer struct {
	envelope

	Documents []RoomDocument `json:"documents"`
}

type roomStart struct {
	RoomID    string    `url:"roomId" arg:"roomID"`
	StartTime time.Time `url:"startTime" layout:"2006-01-02 15:04"`
}

func (p roomStart) validate() error {
	if p.StartTime.IsZero() {
		return fieldError("start", "must be given")
	}
	return nil
}

type roomDocumentParams struct {
	roomParams
	documentParams
}
