package duobeiyun_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// startFake starts a fake of the vendor, in which it is eight in the morning of 1 March
// 2026, and returns a client of it.
func startFake() (client *duobeiyun.Client, fake *duobeiyuntest.Server, stop func()) {
	now := func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.FixedZone("", 8*60*60)) }
	fake = duobeiyuntest.NewServer()
	fake.SetClock(now)
	client, err := duobeiyun.New(fake.Config(), edusdk.WithClock(now))
	if err != nil {
		log.Fatal(err)
	}
	return client, fake, func() {
		client.CloseIdleConnections()
		fake.Close()
	}
}

// newRoom creates a lesson of 90 minutes on the next day.
func newRoom(client *duobeiyun.Client) *duobeiyun.Room {
	room, err := client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
		StartTime: time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*60*60)), Length: 90 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	return room
}

// newDocument uploads a document and returns its id.
func newDocument(client *duobeiyun.Client) string {
	id, err := client.Documents.Upload(context.Background(), &duobeiyun.UploadRequest{
		Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return id
}

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

// What a failure means is decided by its kind, whatever the vendor's words are.
func Example_kinds() {
	client, fake, stop := startFake()
	defer stop()

	for _, code := range []string{duobeiyun.CodeAfford, duobeiyun.CodeRoomFull, duobeiyun.CodeSign, duobeiyun.CodeCourseConvert} {
		fake.FailNext("api/v3/room/detail", code)
		_, err := client.Rooms.Get(context.Background(), "jz1")
		switch edusdk.KindOf(err) {
		case edusdk.ErrUnauthenticated:
			fmt.Println(code, "- wake the people on duty: the credentials are wrong")
		case edusdk.ErrResourceExhausted:
			fmt.Println(code, "- too many, or too little money")
		case edusdk.ErrFailedPrecondition:
			fmt.Println(code, "- try later")
		default:
			log.Fatal(err)
		}
	}
	// Output:
	// app_afford_error - too many, or too little money
	// app_room_full_error - too many, or too little money
	// app_sign_error - wake the people on duty: the credentials are wrong
	// course_convert_error - try later
}

// A path that this package has no method for is signed and judged like the others.
func ExampleClient_Call() {
	client, fake, stop := startFake()
	defer stop()
	fake.Handle("api/v4/room/authinfo", func(params url.Values) any {
		return map[string]any{"success": true, "authinfo": map[string]any{"roomId": params.Get("roomId"), "online": 3}}
	})

	var answer struct {
		AuthInfo struct {
			RoomID string `json:"roomId"`
			Online int    `json:"online"`
		} `json:"authinfo"`
	}
	params := map[string]string{"roomId": "jz1"}
	if err := client.Call(context.Background(), http.MethodGet, "api/v4/room/authinfo", params, &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.AuthInfo.RoomID, answer.AuthInfo.Online)
	// Output: jz1 3
}

// The signature of the sample in the vendor's document (生成sign规则), for requests that
// are made without this package.
func ExampleSign() {
	fmt.Println(duobeiyun.Sign(url.Values{
		"partner":   {"20990101000001"},
		"timestamp": {"1772323200000"},
		"roomId":    {"jz1"},
	}, "0123456789abcdef0123456789abcdef"))
	// Output: 7077065f4e8a5190eb9a53b49171fb57
}

// What is signed, to compare with what another program signs.
func ExampleStringToSign() {
	fmt.Println(duobeiyun.StringToSign(url.Values{
		"timestamp": {"1772323200000"}, "roomId": {"jz1"}, "title": {""}, "partner": {"20990101000001"}, "sign": {"0"},
	}))
	// Output: partner=20990101000001&roomId=jz1&timestamp=1772323200000
}

// The codes of the document's table (错误码解释表) by what they mean for the caller.
func ExampleKindOfCode() {
	for _, code := range []string{duobeiyun.CodeAfford, duobeiyun.CodeRepeatArrange, duobeiyun.CodeRoomNotFound, "a_new_error"} {
		fmt.Printf("%-32s %v\n", code, duobeiyun.KindOfCode(code))
	}
	// Output:
	// app_afford_error                 resource exhausted
	// repeat_arrange_to_course_error   already exists
	// room is not exists               not found
	// a_new_error                      unknown failure
}

// A wrong option or an empty Config is found when the client is made, and all that is
// wrong is named at once.
func ExampleNew_invalid() {
	_, err := duobeiyun.New(duobeiyun.Config{}, edusdk.WithTimeout(-time.Second))
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument))
	fmt.Println(err)
	// Output:
	// true
	// duobeiyun: New: invalid argument: Config.Partner must not be empty; Config.AppKey must not be empty; edusdk: WithTimeout: invalid argument: the duration must be positive; bound a whole call by its context
}
