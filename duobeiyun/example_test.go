package duobeiyun_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// A room, and the link with which a student enters it. The fake stands for the
// vendor here; without BaseURL the client talks to the vendor itself.
func Example() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config(), edusdk.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
		StartTime: time.Now().Add(time.Hour), Length: 90 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	link, err := client.Rooms.EnterURL(&duobeiyun.EnterRequest{
		RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, room.EndTime.Sub(room.StartTime.Time), strings.Contains(link.URL, "student-7"))
	// Output: 初二数学 1h30m0s true
}

// A failure has a kind that is common to all vendors, and the vendor's own code.
func Example_errors() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, err = client.Rooms.Get(context.Background(), "jz0")
	var e *edusdk.Error
	fmt.Println(errors.Is(err, edusdk.ErrNotFound), errors.As(err, &e), edusdk.MaybeApplied(err))
	fmt.Println(e.Code)

	_, err = client.Rooms.Get(context.Background(), " jz0")
	fmt.Println(err)
	// Output:
	// true true false
	// app_course_error
	// duobeiyun: Rooms.Get: invalid argument: roomID must not begin or end with a space: the vendor would reject the signature
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

// An upload goes from its reader to the network; the vendor then converts the
// document.
func ExampleDocumentsService_Upload() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	fake.SetConversionDelay(0)
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	id, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{
		Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …"),
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Documents.WaitConverted(ctx, id); err != nil {
		log.Fatal(err)
	}
	document, err := client.Documents.Get(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(document.OriginalDocName, document.DocumentType)
	// Output: 第一课.pdf application/pdf
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
