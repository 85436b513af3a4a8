package duobeiyun

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// RoomsService creates, changes and finds rooms (房间控制 API).
type RoomsService struct{ core *core }

// Room is a classroom, live or recorded. Calls differ in how much of it they
// return: a field that the answer lacks is zero.
type Room struct {
	RoomID        string        `json:"roomId" wire:"essential"`        // unique (房间唯一 id)
	Title         string        `json:"title"`                          // the room's title (房间标题)
	StartTime     Time          `json:"startTime"`                      // scheduled (房间开始时间)
	EndTime       Time          `json:"endTime"`                        // scheduled (房间结束时间)
	ValidEndTime  Time          `json:"validEndTime"`                   // until when the recording can be watched (回放有效期截止时间)
	Video         bool          `json:"video"`                          // whether it has video (是否开启视频)
	HostCode      string        `json:"hostCode"`                       // the teacher's invitation code (主讲人邀请码)
	CoverImgURL   string        `json:"coverImgUrl"`                    // cover picture, "" if the room has no cover; not described in the document
	ConvertStatus ConvertStatus `json:"convertStatus" wire:"essential"` // of its recording (课程转换状态)
	CourseType    RoomType      `json:"courseType" wire:"essential"`    // as CreateRoomRequest.Type; not described in the document
	VOD           bool          `json:"vod"`                            // whether it was made from an uploaded video (是否是点播课)
	WeixinLiving  bool          `json:"weixinLiving"`                   // whether its Weixin broadcast is open (微信直播)
	Audio         bool          `json:"audio"`                          // whether it has sound only (是否是音频课)
	TeacherName   string        `json:"teacherName"`                    // of the Weixin broadcast, like the next two (老师名字)
	TeacherBrief  string        `json:"teacherBrief"`                   // introduces the teacher (老师简介)
	Description   string        `json:"description"`                    // introduces the course (课程简介)
}

// Duration returns how long the room is scheduled for, from StartTime to EndTime
// (房间时长); 0 if the answer lacks one of them, as those about uploaded videos do.
func (r Room) Duration() time.Duration {
	if r.StartTime.IsZero() || r.EndTime.IsZero() {
		return 0
	}
	return max(0, r.EndTime.Sub(r.StartTime.Time))
}

// RoomType is the kind of a room.
type RoomType int

// The kinds of rooms. The document lists the first two (1v1 课程, 1vn 课程); the
// others are in use.
const (
	OneToOne        RoomType = 1
	OneToMany       RoomType = 2
	SmallFlashClass RoomType = 4
	SmallClass      RoomType = 8
)

var roomTypeNames = map[RoomType]string{
	OneToOne:        "OneToOne",
	OneToMany:       "OneToMany",
	SmallFlashClass: "SmallFlashClass",
	SmallClass:      "SmallClass",
}

// String returns the name of the constant, such as OneToMany, or RoomType(7) for a
// value without a name.
func (t RoomType) String() string { return enum.Name(t, roomTypeNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (t RoomType) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(t, name, values)
}

// ConvertStatus is the state of a room's recording (课程转换状态).
type ConvertStatus int

// The states of a recording.
const (
	ConvertDefault   ConvertStatus = 0 // 默认: nothing converted yet
	ConvertSucceeded ConvertStatus = 1 // 转换成功
	ConvertFailed    ConvertStatus = 2 // 转换失败
	ConvertEmpty     ConvertStatus = 3 // 空录像: nothing was recorded
)

var convertStatusNames = map[ConvertStatus]string{
	ConvertDefault:   "ConvertDefault",
	ConvertSucceeded: "ConvertSucceeded",
	ConvertFailed:    "ConvertFailed",
	ConvertEmpty:     "ConvertEmpty",
}

// String returns the name of the constant, such as ConvertSucceeded, or ConvertStatus(7) for a
// value without a name.
func (s ConvertStatus) String() string { return enum.Name(s, convertStatusNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (s ConvertStatus) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(s, name, values)
}

// CreateRoomRequest describes a room to create. All fields are required except
// Video; a false Video is sent as 0.
type CreateRoomRequest struct {
	Title string `url:"title"`     // the room's title (房间标题)
	Video bool   `url:"video,int"` // whether to have video (是否开启视频)
	// StartTime is sent in UTC+8 and to the minute.
	StartTime time.Time `url:"startTime" layout:"2006-01-02 15:04"`
	// Length is 30 to 300 whole minutes for Create, which sends it as length,
	// and 1 to 5 whole hours for CreateHourly, which sends it as duration.
	Length time.Duration `url:"-"`
	Type   RoomType      `url:"roomType"` // OneToOne, OneToMany, SmallFlashClass or SmallClass
}

// Validate checks StartTime and Type, for Create and CreateHourly alike.
func (r CreateRoomRequest) Validate() error {
	var errs []error
	if r.StartTime.IsZero() {
		errs = append(errs, fieldError("StartTime", "must be given"))
	}
	switch r.Type {
	case OneToOne, OneToMany, SmallFlashClass, SmallClass:
	default:
		errs = append(errs, fieldError("Type", "must be OneToOne (1), OneToMany (2), SmallFlashClass (4) or SmallClass (8)"))
	}
	return params.Join(errs...)
}

// inZone returns the request with its time in the vendor's zone.
func (r CreateRoomRequest) inZone() CreateRoomRequest {
	r.StartTime = startTime(r.StartTime)
	return r
}

var createRoom = declare[minutesRoom](transport.Spec{
	Op: "Rooms.Create", Section: "创建房间(方式2)", Path: "api/v4/room/create",
	Class: transport.Create, Lookup: "Rooms.Created",
}, (*roomAnswer).room)

// minutesRoom are the parameters of createRoom.
type minutesRoom struct {
	CreateRoomRequest

	Minutes minutes `url:"length" arg:"Length"`
}

// Validate is for transport.Request.
func (r minutesRoom) Validate() error {
	return params.Join(r.CreateRoomRequest.Validate(), r.Minutes.check("Length"))
}

// Create creates a room that lasts 30 to 300 whole minutes (创建房间(方式2),
// POST api/v4/room/create). It is never repeated once it may have arrived: on
// an error with edusdk.MaybeApplied, look with Created whether the room is there.
func (s *RoomsService) Create(ctx context.Context, req *CreateRoomRequest) (*Room, error) {
	r := params.ValueOf(req).inZone()
	return createRoom.Do(ctx, s.core, minutesRoom{r, minutes(r.Length)})
}

var createRoomHourly = declare[hoursRoom](transport.Spec{
	Op: "Rooms.CreateHourly", Section: "创建房间", Path: "api/v3/room/create",
	Class: transport.Create, Lookup: "Rooms.Created",
}, (*roomAnswer).room)

// hoursRoom are the parameters of createRoomHourly.
type hoursRoom struct {
	CreateRoomRequest

	Hours hours `url:"duration" arg:"Length"`
}

// Validate is for transport.Request.
func (r hoursRoom) Validate() error {
	return params.Join(r.CreateRoomRequest.Validate(), r.Hours.check("Length"))
}

// CreateHourly creates a room that lasts 1 to 5 whole hours (创建房间, POST
// api/v3/room/create). As for Create, an error can leave a room behind.
func (s *RoomsService) CreateHourly(ctx context.Context, req *CreateRoomRequest) (*Room, error) {
	r := params.ValueOf(req).inZone()
	return createRoomHourly.Do(ctx, s.core, hoursRoom{r, hours(r.Length)})
}

var updateRoomTitle = declare[titleParams](transport.Spec{
	Op: "Rooms.UpdateTitle", Section: "更新房间标题", Path: "api/v3/room/update/title", Class: transport.Upsert,
}, (*roomAnswer).room)

type titleParams struct {
	roomParams

	Title string `url:"title" arg:"title"`
}

// UpdateTitle gives a room another title (更新房间标题, POST
// api/v3/room/update/title).
func (s *RoomsService) UpdateTitle(ctx context.Context, roomID, title string) (*Room, error) {
	return updateRoomTitle.Do(ctx, s.core, titleParams{roomParams{roomID}, title})
}

var rescheduleRoom = declare[minutesStart](transport.Spec{
	Op: "Rooms.Reschedule", Section: "修改房间开始时间和时长(方式2)", Path: "api/v4/room/update/time", Class: transport.Upsert,
}, (*roomAnswer).room)

// minutesStart are the parameters of rescheduleRoom.
type minutesStart struct {
	roomStart

	Minutes minutes `url:"length" arg:"length"`
}

// Validate is for transport.Request.
func (r minutesStart) Validate() error {
	return params.Join(r.roomStart.Validate(), r.Minutes.check("length"))
}

// Reschedule moves a room and sets its length, of 30 to 300 whole minutes
// (修改房间开始时间和时长(方式2), POST api/v4/room/update/time). The start of a
// room that has begun cannot be moved.
func (s *RoomsService) Reschedule(ctx context.Context, roomID string, start time.Time, length time.Duration) (*Room, error) {
	return rescheduleRoom.Do(ctx, s.core, minutesStart{roomStart{roomID, startTime(start)}, minutes(length)})
}

var rescheduleHourly = declare[hoursStart](transport.Spec{
	Op: "Rooms.RescheduleHourly", Section: "修改房间开始时间和时长", Path: "api/v3/room/update/time", Class: transport.Upsert,
}, (*roomAnswer).room)

// hoursStart are the parameters of rescheduleHourly.
type hoursStart struct {
	roomStart

	Hours hours `url:"duration" arg:"length"`
}

// Validate is for transport.Request.
func (r hoursStart) Validate() error {
	return params.Join(r.roomStart.Validate(), r.Hours.check("length"))
}

// RescheduleHourly is Reschedule with a length of 1 to 5 whole hours
// (修改房间开始时间和时长, POST api/v3/room/update/time).
func (s *RoomsService) RescheduleHourly(ctx context.Context, roomID string, start time.Time, length time.Duration) (*Room, error) {
	return rescheduleHourly.Do(ctx, s.core, hoursStart{roomStart{roomID, startTime(start)}, hours(length)})
}

var getRoom = declare[roomParams](transport.Spec{
	Op: "Rooms.Get", Section: "查看教室房间详情", Path: "api/v3/room/detail", Class: transport.Read,
}, (*roomAnswer).room)

// Get returns a room (查看教室房间详情, POST api/v3/room/detail).
func (s *RoomsService) Get(ctx context.Context, roomID string) (*Room, error) {
	return getRoom.Do(ctx, s.core, roomParams{roomID})
}

// WaitRecording polls a room (查看教室房间详情, POST api/v3/room/detail) until its
// recording is converted (课程转换状态), at intervals that grow from 1 s to 10 s, and
// returns the room. A conversion that failed, and a recording that is empty, are errors
// of kind ErrFailedPrecondition with the state's name as the code, "ConvertFailed" or
// "ConvertEmpty". The vendor converts a recording after the lesson: of one that has not
// ended, or never takes place, it waits on until ctx ends, so give ctx a deadline.
func (s *RoomsService) WaitRecording(ctx context.Context, roomID string) (*Room, error) {
	const op = "Rooms.WaitRecording"
	var room *Room
	err := poll(ctx, op, "the recording", func() (ConvertStatus, bool, error) {
		var err error
		if room, err = s.Get(ctx, roomID); err != nil {
			return 0, false, err
		}
		state := room.ConvertStatus
		if reason := noRecording[state]; reason != nil {
			err = &edusdk.Error{Vendor: vendor, Op: op, Kind: edusdk.ErrFailedPrecondition, Code: state.String(), Err: reason}
		}
		return state, state == ConvertSucceeded, err
	})
	if err != nil {
		return nil, err
	}
	return room, nil
}

// noRecording says why there will be no recording, by the states in which that is so.
var noRecording = map[ConvertStatus]error{
	ConvertFailed: errors.New("the vendor could not convert the recording (转换失败)"),
	ConvertEmpty:  errors.New("nothing was recorded in the room (空录像)"),
}

var deleteRoom = declare[roomParams](transport.Spec{
	Op: "Rooms.Delete", Section: "删除教室", Path: "api/v3/room/delete", Class: transport.Upsert,
}, (*roomAnswer).room)

// Delete deletes a room and returns it as it was (删除教室, POST
// api/v3/room/delete). A lost answer makes the client repeat it; the result is
// then ErrNotFound if the first request had been carried out.
func (s *RoomsService) Delete(ctx context.Context, roomID string) (*Room, error) {
	return deleteRoom.Do(ctx, s.core, roomParams{roomID})
}

// ListRoomsRequest filters a list of rooms. A zero field does not filter; a nil
// request lists all rooms.
type ListRoomsRequest struct {
	// Title is a part of the title (根据标题模糊查询).
	Title string `url:"title,omitempty"`
	// StartTime is, in the document's words, for rooms that start before it
	// (开始时间早于这个时间), and EndTime for those that start after it
	// (开始时间晚于这个时间). That reads as if reversed, but stands so in all of
	// the vendor's documents, and both are sent under their own names.
	StartTime time.Time `url:"startTime,omitempty" layout:"2006-01-02 15:04"`
	EndTime   time.Time `url:"endTime,omitempty" layout:"2006-01-02 15:04"`
	// PageNo counts from 1. 0 leaves it to the vendor; All then begins with 1.
	PageNo int `url:"pageNo,omitempty"`
}

// Validate checks PageNo, for List and All.
func (r ListRoomsRequest) Validate() error { return checkPageNo(r.PageNo) }

// RoomPage is a page of a list of rooms.
type RoomPage struct {
	Pagination

	Items []*Room `json:"items" wire:"essential"` // the rooms of this page
}

var listRooms = declare[ListRoomsRequest](transport.Spec{
	Op: "Rooms.List", Section: "查看房间列表", Path: "api/v3/room/list", Class: transport.Read,
}, (*pageAnswer[RoomPage]).page)

// List returns a page of the account's rooms (查看房间列表、按时间或标题搜索房间,
// POST api/v3/room/list).
func (s *RoomsService) List(ctx context.Context, req *ListRoomsRequest) (*RoomPage, error) {
	return listRooms.Do(ctx, s.core, params.ValueOf(req).inZone())
}

// All yields the rooms of all pages from req.PageNo on, each once, and fetches
// a page when it is needed. An error ends the sequence. req is copied.
func (s *RoomsService) All(ctx context.Context, req *ListRoomsRequest) iter.Seq2[*Room, error] {
	r := params.ValueOf(req)
	return all(r.PageNo, func(pageNo int) ([]*Room, Pagination, error) {
		r := r
		r.PageNo = pageNo
		page, err := s.List(ctx, &r)
		if err != nil {
			return nil, Pagination{}, err
		}
		return page.Items, page.Pagination, nil
	}, func(r *Room) string { return r.RoomID }, s.core.stuckList(listRooms.Op))
}

// inZone returns the request with its times in the vendor's zone.
func (r ListRoomsRequest) inZone() ListRoomsRequest {
	r.StartTime, r.EndTime = startTime(r.StartTime), startTime(r.EndTime)
	return r
}

// Attaching a document again is answered with an error, so a repetition would turn
// a success whose answer was lost into a failure.
var attachDocument = declare[roomDocumentParams](transport.Spec{
	Op: "Rooms.AttachDocument", Section: "附加文档到房间", Path: "api/v3/room/attachDocument",
	Class: transport.Create, Lookup: "Rooms.Attached",
}, nothing)

// AttachDocument attaches an uploaded document to a room (附加文档到房间, POST
// api/v3/room/attachDocument). One that is attached already is an error of kind
// ErrAlreadyExists. On an error with edusdk.MaybeApplied, look with Attached.
func (s *RoomsService) AttachDocument(ctx context.Context, roomID, documentID string) error {
	return transport.Done(ctx, attachDocument, s.core, roomDocumentParams{roomParams{roomID}, documentParams{documentID}})
}

var removeDocument = declare[roomDocumentParams](transport.Spec{
	Op: "Rooms.RemoveDocument", Section: "从房间删除已附加文档", Path: "api/v3/room/removeDocument", Class: transport.Upsert,
}, nothing)

// RemoveDocument detaches a document from a room (从房间删除已附加文档, POST
// api/v3/room/removeDocument). As for Delete, ErrNotFound can mean that it
// has been removed already.
func (s *RoomsService) RemoveDocument(ctx context.Context, roomID, documentID string) error {
	return transport.Done(ctx, removeDocument, s.core, roomDocumentParams{roomParams{roomID}, documentParams{documentID}})
}

// RoomDocument is a document as it is attached to a room.
type RoomDocument struct {
	OriginalDocName string         `json:"originalDocName"`                                       // the uploaded file's name (文档原始名称)
	CreateTime      Time           `json:"createTime"`                                            // when it was attached (关联到房间时间戳)
	Status          DocumentStatus `json:"status" wire:"essential"`                               // of its conversion (转换状态)
	Size            int64          `json:"size"`                                                  // in bytes (文档字节数)
	DocumentID      string         `json:"documentId" wire:"essential,alias=slidesUuid|uniqueId"` // as Documents.Upload returned it
	SlideCount      int            `json:"slideCount"`                                            // pages (文档页数)
	DocumentType    string         `json:"documentType"`                                          // media type, such as "image/png" (文档类型)
}

var roomDocuments = declare[roomParams](transport.Spec{
	Op: "Rooms.Documents", Section: "获取房间文档列表", Path: "api/v3/room/listDocuments", Class: transport.Read,
}, func(a *roomDocumentsAnswer) []RoomDocument { return a.Documents })

// Documents returns the documents of a room (获取房间文档列表, POST
// api/v3/room/listDocuments).
func (s *RoomsService) Documents(ctx context.Context, roomID string) ([]RoomDocument, error) {
	return roomDocuments.Do(ctx, s.core, roomParams{roomID})
}

// roomAnswer has the room under room or course, by the operation.
type roomAnswer struct {
	envelope

	Room *Room `json:"room" wire:"essential,alias=course"`
}

func (a *roomAnswer) room() *Room { return a.Room }

func (a *roomAnswer) Absent() string {
	switch {
	case a.Room == nil:
		return "room"
	case a.Room.RoomID == "":
		return "roomId"
	}
	return ""
}

// pageAnswer has a page of a list under pagination.
type pageAnswer[P any] struct {
	envelope

	Page *P `json:"pagination" wire:"essential"`
}

func (a *pageAnswer[P]) Absent() string {
	if a.Page == nil {
		return "pagination"
	}
	return ""
}

func (a *pageAnswer[P]) page() *P { return a.Page }

type roomDocumentsAnswer struct {
	envelope

	Documents []RoomDocument `json:"documents" wire:"essential,null"`
}

// A room may have no documents.
func (a *roomDocumentsAnswer) Absent() string { return "" }

type roomStart struct {
	RoomID    string    `url:"roomId" arg:"roomID"`
	StartTime time.Time `url:"startTime" layout:"2006-01-02 15:04"`
}

func (p roomStart) Validate() error {
	if p.StartTime.IsZero() {
		return fieldError("start", "must be given")
	}
	return nil
}

type roomDocumentParams struct {
	roomParams
	documentParams
}

func (roomDocumentParams) Validate() error { return nil }
