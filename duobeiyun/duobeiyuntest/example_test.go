package duobeiyuntest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// connect returns a client of the fake.
func connect(srv *duobeiyuntest.Server, opts ...edusdk.Option) *duobeiyun.Client {
	client, err := duobeiyun.New(srv.Config(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// newRoom creates a lesson that begins in an hour.
func newRoom(client *duobeiyun.Client) *duobeiyun.Room {
	room, err := client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: time.Now().Add(time.Hour), Length: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	return room
}

// A test of a service that uses package duobeiyun: the fake keeps what the service
// creates, and remembers what it was sent.
func Example() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client, err := duobeiyun.New(srv.Config()) // what the service would get
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	room := newRoom(client)
	again, err := client.Rooms.Get(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Title)
	for _, r := range srv.Requests() {
		fmt.Println(r.Method, r.Path, r.Params.Get("title"))
	}
	// Output:
	// 初二数学
	// POST api/v4/room/create 初二数学
	// POST api/v3/room/detail
}

// The fake in a server of your own, behind a prefix.
func ExampleNewHandler() {
	fake := duobeiyuntest.NewHandler()
	mux := http.NewServeMux()
	mux.Handle("/duobeiyun/", http.StripPrefix("/duobeiyun", fake))
	site := httptest.NewServer(mux)
	defer site.Close()

	client, err := duobeiyun.New(duobeiyun.Config{
		Partner: duobeiyuntest.Partner, AppKey: duobeiyuntest.AppKey, BaseURL: site.URL + "/duobeiyun",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	fmt.Println(newRoom(client).Title)
	// Output: 初二数学
}

// The vendor fails one call, with a code of its own.
func ExampleHandler_FailNext() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.FailNext("api/v3/merchant", duobeiyun.CodeSign)

	ctx := context.Background()
	_, err := client.Merchant.Get(ctx)
	fmt.Println(errors.Is(err, edusdk.ErrUnauthenticated))
	_, err = client.Merchant.Get(ctx)
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A request is carried out, and its answer is lost: what a service has to cope with.
func ExampleHandler_LoseNext() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.LoseNext("api/v3/room/video/create")

	_, err := client.Videos.Create(context.Background(), "第一课", "video-key")
	page, errList := client.Rooms.List(context.Background(), nil)
	fmt.Println(edusdk.MaybeApplied(err), len(page.Items), errList)
	// Output: true 1 <nil>
}

// What goes wrong on the way: a gateway's page, for a read, which the client repeats.
func ExampleHandler_Intercept() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	arrived := 0
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if arrived++; arrived == 1 {
				http.Error(w, "<html>502 Bad Gateway</html>", http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	client := connect(srv, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))

	account, err := client.Merchant.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.Name, "after", arrived, "requests")
	// Output: 测试机构 after 2 requests
}

// A path that the fake lacks.
func ExampleHandler_Handle() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	srv.Handle("api/v4/room/authinfo", func(params url.Values) any {
		return map[string]any{"success": true, "roomId": params.Get("roomId")}
	})
	client := connect(srv)

	var answer struct {
		RoomID string `json:"roomId"`
	}
	err := client.Call(context.Background(), http.MethodGet, "api/v4/room/authinfo", url.Values{"roomId": {"jz1"}}, &answer)
	fmt.Println(answer.RoomID, err)
	// Output: jz1 <nil>
}

// What the vendor's codes do not say: which parameter was wrong.
func ExampleHandler_Requests() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)

	_, err := client.Rooms.Get(context.Background(), "jz0")
	fmt.Println(edusdk.KindOf(err))
	for _, r := range srv.Requests() {
		fmt.Println(r.Error, "-", r.Problem)
	}
	// Output:
	// not found
	// app_course_error - roomId is not that of a room
}

// The same as it happens, for a server that is watched.
func ExampleHandler_SetLogger() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	srv.SetLogger(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	client := connect(srv)

	_, _ = client.Rooms.Get(context.Background(), "jz0")
	// Output: level=WARN msg=request method=POST path=api/v3/room/detail status=200 code=app_course_error problem="roomId is not that of a room"
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// Time passes by the fake's clock: a document is converted without a wait.
func ExampleHandler_SetClock() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	srv.SetClock(clock)
	client := connect(srv, edusdk.WithClock(clock))

	ctx := context.Background()
	id, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …")})
	if err != nil {
		log.Fatal(err)
	}
	before, _ := client.Documents.Status(ctx, id)
	now = now.Add(time.Minute)
	after, _ := client.Documents.Status(ctx, id)
	fmt.Println(before, after)
	// Output: converting converted
}

// How long conversions take, and one that fails.
func ExampleHandler_SetConversionDelay() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	srv.SetConversionDelay(0)
	client := connect(srv)

	ctx := context.Background()
	for _, name := range []string{"第一课.pdf", "第二课.pdf"} {
		id, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: name, Content: strings.NewReader("%PDF-1.4 …")})
		if err != nil {
			log.Fatal(err)
		}
		if name == "第二课.pdf" {
			srv.FailConversion(id)
		}
		fmt.Println(client.Documents.Status(ctx, id))
	}
	// Output:
	// converted <nil>
	// failed <nil>
}

// An account that cannot afford a room.
func ExampleHandler_SetBalance() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	srv.SetBalance(1)
	client := connect(srv)

	_, err := client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: time.Now().Add(time.Hour), Length: time.Hour,
	})
	var e *edusdk.Error
	fmt.Println(errors.As(err, &e), e.Kind, e.Code)
	// Output: true resource exhausted app_afford_error
}

// Rooms are open at their time alone, and their recordings as long as they are valid.
func ExampleHandler_SetStrict() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	enter := func() {
		err := client.Rooms.CheckEnter(context.Background(), &duobeiyun.EnterRequest{
			RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent,
		})
		var e *edusdk.Error
		if errors.As(err, &e) {
			fmt.Println(e.Message)
			return
		}
		fmt.Println("open")
	}

	enter() // a room that begins in an hour, and a fake that is not strict
	srv.SetStrict(true)
	enter()
	srv.SetValidEndTime(room.RoomID, time.Now().Add(-time.Hour))
	enter()
	// Output:
	// open
	// 未开始
	// 回放有效期已过
}

// The state of a room's recording.
func ExampleHandler_SetConvertStatus() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	srv.SetConvertStatus(room.RoomID, int(duobeiyun.ConvertSucceeded))

	room, err := client.Rooms.Get(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.ConvertStatus)
	// Output: ConvertSucceeded
}

// Something is said in a room: its chat log can be downloaded from the fake.
func ExampleHandler_AddChat() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	srv.AddChat(room.RoomID, duobeiyuntest.ChatMessage{UID: "student-7", Nickname: "李四", Text: "老师好"})

	logs, err := client.Rooms.ChatLogs(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := http.Get(logs[0].DownloadURL)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var messages []duobeiyuntest.ChatMessage
	if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil {
		log.Fatal(err)
	}
	fmt.Println(messages[0].Nickname, messages[0].Text)
	// Output: 李四 老师好
}

// Students watch a lesson: the statistics are made from that.
func ExampleHandler_AddViewers() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	srv.AddViewers(room.RoomID, duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 50 * time.Minute})

	stats, err := client.Statistics.LiveRoom(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Statistic.TotalStudentNum, stats.Statistic.StudentDurationDetail.Total)
	// Output: 1 50m0s
}

// A student watches the recording: what the statistics show is the last week.
func ExampleHandler_AddPlaybacks() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	enter := time.Now().Add(-time.Hour)
	srv.AddPlaybacks(room.RoomID, duobeiyuntest.Playback{
		UID: "student-7", Enter: enter, Leave: enter.Add(20 * time.Minute),
		Parts: []duobeiyuntest.Part{{To: 20 * time.Minute, Start: enter, End: enter.Add(20 * time.Minute)}},
	})

	views, err := client.Statistics.PlaybackUser(context.Background(), room.RoomID, "student-7")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(views), views[0].WatchedTime)
	// Output: 1 20m0s
}

// A signed request that is made by hand, as from another language.
func ExampleHandler_Sign() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()

	form := srv.Sign(url.Values{"roomId": {"jz0"}})
	resp, err := http.PostForm(srv.URL+"/api/v3/room/detail", form)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer) // its signature was accepted, its room is not there
	// Output: map[error:app_course_error success:false]
}

// A link to a chat log expires.
func ExampleHandler_SetChatLinkLifetime() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	client := connect(srv)
	room := newRoom(client)
	srv.AddChat(room.RoomID, duobeiyuntest.ChatMessage{UID: "student-7", Nickname: "李四", Text: "老师好"})
	srv.SetChatLinkLifetime(0)

	ctx := context.Background()
	logs, err := client.Rooms.ChatLogs(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Rooms.FetchChatLog(ctx, &logs[0])
	fmt.Println(edusdk.KindOf(err))
	// Output: failed precondition
}
