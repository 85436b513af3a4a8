package duobeiyun_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// A lesson of 90 minutes (创建房间). Its start may be of any zone.
func ExampleRoomsService_Create() {
	client, _, stop := startFake()
	defer stop()

	room, err := client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
		StartTime: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Length: 90 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, room.CourseType, room.StartTime, room.Duration())
	// Output: 初二数学 OneToMany 2026-03-02 09:00:00 +0800 UTC+8 1h30m0s
}

// What the vendor would refuse is refused before it is sent, and all of it at once.
func ExampleRoomsService_Create_invalid() {
	client, fake, stop := startFake()
	defer stop()

	_, err := client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学 ", Length: 90 * time.Minute,
	})
	fmt.Println(err)
	var field *edusdk.FieldError
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument), errors.As(err, &field), len(fake.Requests()))
	// Output:
	// duobeiyun: Rooms.Create: invalid argument: StartTime must be given; Type must be OneToOne (1), OneToMany (2), SmallFlashClass (4) or SmallClass (8); Title must not begin or end with a space: the vendor would reject the signature
	// true true 0
}

// A lesson by the older endpoint, in whole hours.
func ExampleRoomsService_CreateHourly() {
	client, _, stop := startFake()
	defer stop()

	room, err := client.Rooms.CreateHourly(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初三物理", Type: duobeiyun.OneToOne,
		StartTime: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Length: 2 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, room.CourseType, room.Duration())
	// Output: 初三物理 OneToOne 2h0m0s
}

// The answer to a create is lost: nobody knows whether the room is there, and a second
// one would cost twice. Created finds the first one.
func ExampleRoomsService_Created() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	req := &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: time.Now().Add(time.Hour), Length: time.Hour,
	}
	fake.LoseNext("api/v4/room/create")
	room, err := client.Rooms.Create(ctx, req)
	if edusdk.MaybeApplied(err) {
		room, err = client.Rooms.Created(ctx, req)
		if errors.Is(err, edusdk.ErrNotFound) { // so it was not carried out
			room, err = client.Rooms.Create(ctx, req)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.Rooms.List(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, len(page.Items))
	// Output: 初二数学 1
}

func ExampleRoomsService_UpdateTitle() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	room, err := client.Rooms.UpdateTitle(context.Background(), room.RoomID, "初二数学（复习）")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title)
	// Output: 初二数学（复习）
}

// A lesson is moved by a day and made shorter (修改房间开始时间和时长).
func ExampleRoomsService_Reschedule() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	room, err := client.Rooms.Reschedule(context.Background(), room.RoomID, room.StartTime.AddDate(0, 0, 1), 45*time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.StartTime, room.Duration())
	// Output: 2026-03-03 09:00:00 +0800 UTC+8 45m0s
}

// The older endpoint takes whole hours only.
func ExampleRoomsService_RescheduleHourly() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	ctx := context.Background()
	_, err := client.Rooms.RescheduleHourly(ctx, room.RoomID, room.StartTime.Time, 90*time.Minute)
	fmt.Println(err)
	room, err = client.Rooms.RescheduleHourly(ctx, room.RoomID, room.StartTime.Time, 2*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Duration())
	// Output:
	// duobeiyun: Rooms.RescheduleHourly: invalid argument: length must be 1 to 5 whole hours
	// 2h0m0s
}

// A room as it is now, and the failure for one that does not exist.
func ExampleRoomsService_Get() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	ctx := context.Background()
	room, err := client.Rooms.Get(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, room.ConvertStatus, room.Duration())

	_, err = client.Rooms.Get(ctx, "jz0")
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Kind, e.Code, e.MaybeApplied)
	}
	// Output:
	// 初二数学 ConvertDefault 1h30m0s
	// not found app_course_error false
}

// One page of the rooms with a word in their title.
func ExampleRoomsService_List() {
	client, _, stop := startFake()
	defer stop()
	newRoom(client)

	page, err := client.Rooms.List(context.Background(), &duobeiyun.ListRoomsRequest{Title: "数学", PageNo: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.TotalCount, page.TotalPages, page.HasNextPage)
	for _, room := range page.Items {
		fmt.Println(room.Title, room.StartTime)
	}
	// Output:
	// 1 1 false
	// 初二数学 2026-03-02 09:00:00 +0800 UTC+8
}

// All reads the pages of a list as they are needed.
func ExampleRoomsService_All() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	for i := range 3 {
		if _, err := client.Videos.Create(ctx, fmt.Sprintf("视频课%d", i+1), "key"); err != nil {
			log.Fatal(err)
		}
	}
	for room, err := range client.Rooms.All(ctx, &duobeiyun.ListRoomsRequest{Title: "视频课"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(room.Title)
	}
	// Output:
	// 视频课3
	// 视频课2
	// 视频课1
}

// A room that is deleted is returned as it was.
func ExampleRoomsService_Delete() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	ctx := context.Background()
	deleted, err := client.Rooms.Delete(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Rooms.Delete(ctx, room.RoomID)
	fmt.Println(deleted.Title, errors.Is(err, edusdk.ErrNotFound))
	// Output: 初二数学 true
}

// A document is attached to a room (附加文档到房间), once.
func ExampleRoomsService_AttachDocument() {
	client, _, stop := startFake()
	defer stop()
	room, documentID := newRoom(client), newDocument(client)

	ctx := context.Background()
	if err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID); err != nil {
		log.Fatal(err)
	}
	err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID)
	fmt.Println(errors.Is(err, edusdk.ErrAlreadyExists))
	// Output: true
}

// The answer to an attachment is lost: Attached tells whether it was carried out.
func ExampleRoomsService_Attached() {
	client, fake, stop := startFake()
	defer stop()
	room, documentID := newRoom(client), newDocument(client)

	ctx := context.Background()
	fake.LoseNext("api/v3/room/attachDocument")
	err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID)
	if edusdk.MaybeApplied(err) {
		document, err := client.Rooms.Attached(ctx, room.RoomID, documentID)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(document.OriginalDocName, "is attached")
	}
	// Output: 第一课.pdf is attached
}

func ExampleRoomsService_Documents() {
	client, _, stop := startFake()
	defer stop()
	room, documentID := newRoom(client), newDocument(client)

	ctx := context.Background()
	if err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID); err != nil {
		log.Fatal(err)
	}
	documents, err := client.Rooms.Documents(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range documents {
		fmt.Println(d.OriginalDocName, d.Status, d.Size)
	}
	// Output: 第一课.pdf converting 12
}

func ExampleRoomsService_RemoveDocument() {
	client, _, stop := startFake()
	defer stop()
	room, documentID := newRoom(client), newDocument(client)

	ctx := context.Background()
	if err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID); err != nil {
		log.Fatal(err)
	}
	if err := client.Rooms.RemoveDocument(ctx, room.RoomID, documentID); err != nil {
		log.Fatal(err)
	}
	documents, err := client.Rooms.Documents(ctx, room.RoomID)
	fmt.Println(len(documents), err)
	// Output: 0 <nil>
}

// The chats of two rooms (下载教室的聊天记录), in one of which nothing was said. That one
// does not fail the call.
func ExampleRoomsService_ChatLogs() {
	client, fake, stop := startFake()
	defer stop()
	lesson, silent := newRoom(client), newRoom(client)
	fake.AddChat(lesson.RoomID, duobeiyuntest.ChatMessage{UID: "student-7", Nickname: "李四", Text: "老师好"})

	logs, err := client.Rooms.ChatLogs(context.Background(), lesson.RoomID, silent.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range logs {
		if err := l.Err(); err != nil {
			fmt.Println(edusdk.KindOf(err), l.Msg)
			continue
		}
		fmt.Println("to be downloaded until", l.ExpireTime)
	}
	// Output:
	// to be downloaded until 2026-03-02 08:00:00 +0800 UTC+8
	// not found chat_file_not_found
}

// The link with which a student enters a room (请求进入房间). It holds a signature: what is
// printed of it is without its query.
func ExampleRoomsService_EnterURL() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	link, err := client.Rooms.EnterURL(&duobeiyun.EnterRequest{
		RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent, DeviceType: duobeiyun.DeviceMobile,
	})
	if err != nil {
		log.Fatal(err)
	}
	u, err := url.Parse(link.URL) // for a browser or an iframe
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Path, u.Query().Get("nickname"), u.Query().Get("userRole"))
	fmt.Println(link.Expires)
	// Output:
	// /api/v3/room/enter 李四 2
	// 2026-03-01 08:05:00 +0800 +0800
}

// Whether a room lets users in shows on the page behind the link.
func ExampleRoomsService_CheckEnter() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetStrict(true) // rooms are open from their start to their end
	room := newRoom(client)

	err := client.Rooms.CheckEnter(context.Background(), &duobeiyun.EnterRequest{
		RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent,
	})
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Kind, e.Message)
	}
	// Output: failed precondition 未开始
}

// A button of your site that lets whoever is logged in into a room: the link is signed when
// it is clicked.
func ExampleRoomsService_EnterHandler() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)
	loggedIn := func(r *http.Request) (uid, name string, ok bool) { // stands for your login
		cookie, err := r.Cookie("session")
		return "student-7", "李四", err == nil && cookie.Value == "valid"
	}

	enter := client.Rooms.EnterHandler(func(r *http.Request) (*duobeiyun.EnterRequest, error) {
		uid, name, ok := loggedIn(r)
		if !ok {
			return nil, edusdk.ErrUnauthenticated
		}
		return &duobeiyun.EnterRequest{RoomID: r.PathValue("id"), UID: uid, Nickname: name, Role: duobeiyun.RoleStudent}, nil
	})
	mux := http.NewServeMux()
	mux.Handle("/rooms/{id}/enter", enter)

	click := httptest.NewRequest(http.MethodGet, "/rooms/"+room.RoomID+"/enter", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, click)
	fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))

	click.AddCookie(&http.Cookie{Name: "session", Value: "valid"})
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, click)
	link, err := w.Result().Location()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Code, link.Path, link.Query().Get("nickname"))
	// Output:
	// 401 unauthenticated
	// 303 /api/v3/room/enter 李四
}

// A page of your own for those who are not let in.
func ExampleWithErrorPage() {
	client, _, stop := startFake()
	defer stop()

	nobody := func(*http.Request) (*duobeiyun.EnterRequest, error) { return nil, edusdk.ErrPermissionDenied }
	enter := client.Rooms.EnterHandler(nobody, duobeiyun.WithErrorPage(func(w http.ResponseWriter, _ *http.Request, err error) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, "<h1>您没有报名这节课</h1>")
	}))
	w := httptest.NewRecorder()
	enter.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/enter", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 403 <h1>您没有报名这节课</h1>
}

// The vendor converts a lesson's recording when the lesson is over.
func ExampleRoomsService_WaitRecording() {
	client, fake, stop := startFake()
	defer stop()
	lesson, empty := newRoom(client), newRoom(client)
	fake.SetConvertStatus(lesson.RoomID, int(duobeiyun.ConvertSucceeded))
	fake.SetConvertStatus(empty.RoomID, int(duobeiyun.ConvertEmpty))

	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	room, err := client.Rooms.WaitRecording(ctx, lesson.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.ConvertStatus, "- to be watched until", room.ValidEndTime.Format(time.DateOnly))

	_, err = client.Rooms.WaitRecording(ctx, empty.RoomID)
	fmt.Println(err)
	// Output:
	// ConvertSucceeded - to be watched until 2099-01-01
	// duobeiyun: Rooms.WaitRecording: failed precondition: ConvertEmpty: nothing was recorded in the room (空录像)
}

// A document is uploaded, converted and attached in one call.
func ExampleRoomsService_AddDocument() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetConversionDelay(0)
	room := newRoom(client)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	id, err := client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{
		RoomID: room.RoomID, Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …"),
		Progress: func(p duobeiyun.AddDocumentProgress) {
			fmt.Printf("%s: %d of %d bytes, %q\n", p.Stage, p.Sent, p.Total, p.Status)
		},
	})
	fmt.Println(id != "", err)
	// Output:
	// uploading: 0 of 12 bytes, ""
	// uploading: 12 of 12 bytes, ""
	// converting: 12 of 12 bytes, ""
	// converting: 12 of 12 bytes, "converted"
	// attaching: 12 of 12 bytes, "converted"
	// done: 12 of 12 bytes, "converted"
	// true <nil>
}

// The answer to the last step is lost. The id came with the error: the call goes on from
// there, and uploads nothing again.
func ExampleRoomsService_AddDocument_again() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetConversionDelay(0)
	room := newRoom(client)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	fake.LoseNext("api/v3/room/attachDocument")
	id, err := client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{
		RoomID: room.RoomID, Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …"),
	})
	fmt.Println(id != "", edusdk.MaybeApplied(err))

	_, err = client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{RoomID: room.RoomID, DocumentID: id})
	if err != nil {
		log.Fatal(err)
	}
	documents, err := client.Rooms.Documents(ctx, room.RoomID)
	fmt.Println(len(documents), err)
	// Output:
	// true true
	// 1 <nil>
}

// What was said in a lesson.
func ExampleRoomsService_FetchChatLog() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	fake.AddChat(room.RoomID, duobeiyuntest.ChatMessage{UID: "student-7", Nickname: "李四", Text: "老师好"})

	ctx := context.Background()
	logs, err := client.Rooms.ChatLogs(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	chat, err := client.Rooms.FetchChatLog(ctx, &logs[0])
	if err != nil {
		log.Fatal(err)
	}
	var messages []struct{ Nickname, Text string } // the document does not say what is in the file
	if err := json.Unmarshal(chat, &messages); err != nil {
		log.Fatal(err)
	}
	fmt.Println(messages)
	// Output: [{李四 老师好}]
}
