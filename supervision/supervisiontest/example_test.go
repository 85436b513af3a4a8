package supervisiontest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// connect returns a client of the fake.
func connect(srv *supervisiontest.Server, opts ...edusdk.Option) *supervision.Client {
	client, err := supervision.New(srv.Config(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// startStudy begins a student's study of a video.
func startStudy(client *supervision.Client) error {
	return client.Study.Start(context.Background(), &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	})
}

// reportMinute reports a minute of that study.
func reportMinute(client *supervision.Client) error {
	return client.Study.ReportProgress(context.Background(), &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: time.Minute, ProgressTime: time.Minute,
	})
}

// A test of a service that uses package supervision: the fake keeps what it is told.
func Example() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client, err := supervision.New(srv.Config()) // what the service would get
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	if err := startStudy(client); err != nil {
		log.Fatal(err)
	}
	if err := reportMinute(client); err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Logins(), "login,", srv.Progress("student-1", "course-1"), "studied")
	for _, r := range srv.Requests() {
		fmt.Println(r.Op, r.Code)
	}
	// Output:
	// 1 login, 1m0s studied
	// Login 0
	// Study.Start 0
	// Study.ReportProgress 0
}

// The fake in a server of your own.
func ExampleNewHandler() {
	site := httptest.NewServer(supervisiontest.NewHandler())
	defer site.Close()
	client, err := supervision.New(supervision.Config{
		BaseURL: site.URL, Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	session, err := client.Login(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.PlatformName)
	// Output: 示例学习平台
}

// A learning platform's receiver is pushed a class by the fake regulator.
func Example_pushClass() {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Data supervisiontest.Class }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		accounts := []supervisiontest.StudentAccount{}
		for i, s := range in.Data.Students {
			accounts = append(accounts, supervisiontest.StudentAccount{CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student-%d", i+1)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"returnCode": "0", "returnMsg": "success", "passwordRules": "身份证后六位", "returnData": accounts,
		})
	}))
	defer platform.Close()

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	result, err := regulator.PushClass(context.Background(), platform.URL, supervisiontest.SampleClass())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.ReturnCode, result.ReturnMsg, result.PasswordRules)
	for _, a := range result.Accounts {
		fmt.Println(a.StudentUserAccount)
	}
	// Output:
	// 0 success 身份证后六位
	// student-1
	// student-2
}

// The courses that were pushed. The fake is a learning platform, too, and answers them page
// by page.
func ExampleHandler_Courses() {
	platform := supervisiontest.NewServer()
	defer platform.Close()
	client := connect(platform)
	for i := range 3 {
		course := supervision.Course{
			CourseName: "家政服务", CourseCode: fmt.Sprintf("course-%d", i+1), WorkName: "家政服务员", CoursePoster: "https://files.example.com/poster.jpg",
			ChapterList: []supervision.Chapter{{
				ChapterName: "第一章", ChapterCode: "chapter-1",
				SectionList: []supervision.Section{{
					SectionName: "第一节", SectionCode: "section-1",
					SectionSourceList: []supervision.Source{{
						ResName: "入门", ResCode: "video-1", VideoURL: "https://files.example.com/1.mp4", Duration: time.Hour,
					}},
				}},
			}},
		}
		built, err := supervision.BuildCourse(&course)
		if err != nil {
			log.Fatal(err)
		}
		if err := client.Courses.Push(context.Background(), []supervision.Course{*built}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(len(platform.Courses()), "courses")

	page, err := client.Courses.Pull(context.Background(), 1, 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Courses), "on the first of", page.TotalPage, "pages")
	// Output:
	// 3 courses
	// 2 on the first of 2 pages
}

// How the regulator calls a receiver: with which token, through which client, and for how
// many courses at a time. What is no answer as the document has it is an error.
func ExampleHandler_PullCourses() {
	platform := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Headers struct {
				UserToken string `json:"userToken"`
			} `json:"headers"`
			Data struct {
				PageSize json.Number `json:"pageSize"`
			} `json:"data"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		fmt.Println("called with", in.Headers.UserToken, "for", in.Data.PageSize)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"returnCode":"0","returnMsg":"success","pageNo":1,"pageSize":50,"totalPage":0,"data":[]}`))
	}))
	defer platform.Close()

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	regulator.SetCallerToken("agreed-upon")
	regulator.SetCallerClient(platform.Client())
	regulator.SetPageSize(50)
	pulled, err := regulator.PullCourses(context.Background(), platform.URL)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pulled.ReturnMsg, len(pulled.Courses))
	// Output:
	// called with agreed-upon for 50
	// success 0
}

// The platform rejects one call, with a code of its own.
func ExampleHandler_FailNext() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.FailNext("Study.Start", "3007", "班级已结业")

	err := startStudy(client)
	var e *edusdk.Error
	fmt.Println(errors.As(err, &e), e.Code, e.Message)
	fmt.Println(startStudy(client))
	// Output:
	// true 3007 班级已结业
	// <nil>
}

// What goes wrong on the way: a report arrives, and its answer is lost.
func ExampleHandler_Intercept() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)
	if err := startStudy(client); err != nil {
		log.Fatal(err)
	}
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	})

	err := reportMinute(client)
	fmt.Println(edusdk.MaybeApplied(err), srv.Progress("student-1", "course-1"))
	// Output: true 1m0s
}

// A path that the fake lacks.
func ExampleHandler_Handle() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.Handle("api/v1/other", func(any) any { return "done" })
	client := connect(srv)

	var answer struct {
		ReturnData string `json:"returnData"`
	}
	err := client.Call(context.Background(), http.MethodPost, "/api/v1/other", nil, &answer)
	fmt.Println(answer.ReturnData, err)
	// Output: done <nil>
}

// A province whose paths are not the document's.
func ExampleHandler_AddPath() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.AddPath("Study.Start", "/api/startStudy")
	cfg := srv.Config()
	cfg.Paths = map[string]string{"Study.Start": "/api/startStudy"}
	client, err := supervision.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	fmt.Println(startStudy(client))
	// Output: <nil>
}

// Two platforms at one regulator.
func ExampleHandler_AddAccount() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.AddAccount(supervisiontest.Account{Name: "second", Password: "its-password", PlatformCode: "platform-2", PlatformName: "第二学习平台"})
	cfg := srv.Config()
	cfg.Account, cfg.Password, cfg.PlatformCode = "second", "its-password", ""
	client, err := supervision.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	session, err := client.Login(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.PlatformName)
	// Output: 第二学习平台
}

// Tokens that the platform takes no longer, with the code of your province: the client logs
// in once more, and the call succeeds.
func ExampleHandler_ExpireTokens() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetExpiryCode("401")
	client := connect(srv) // whose Config.TokenExpired knows the code

	fmt.Println(startStudy(client))
	srv.ExpireTokens()
	fmt.Println(startStudy(client), srv.Logins())
	// Output:
	// <nil>
	// <nil> 2
}

// Two hours pass by the clocks of both: the login is renewed before it expires.
func ExampleHandler_SetClock() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	srv.SetClock(clock)
	client := connect(srv, edusdk.WithClock(clock))

	fmt.Println(startStudy(client), srv.Logins())
	now = now.Add(2 * time.Hour)
	fmt.Println(startStudy(client), srv.Logins())
	// Output:
	// <nil> 1
	// <nil> 2
}

// Reports that come too often, or too many on a day, are rejected as the document has it.
func ExampleHandler_SetStrict() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	now := time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	srv.SetClock(clock)
	srv.SetStrict(true)
	srv.SetDailyLimit("class-1", 2*time.Minute)
	client := connect(srv, edusdk.WithClock(clock))

	if err := startStudy(client); err != nil {
		log.Fatal(err)
	}
	for _, pause := range []time.Duration{time.Minute, 10 * time.Second, time.Minute, time.Minute} {
		now = now.Add(pause)
		err := reportMinute(client)
		var e *edusdk.Error
		if errors.As(err, &e) {
			fmt.Println(e.Code == supervisiontest.CodeTooFrequent, e.Code == supervisiontest.CodeDailyLimit)
			continue
		}
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// true false
	// <nil>
	// false true
}

// How far a student has come with each video.
func ExampleHandler_Resources() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)
	if err := startStudy(client); err != nil {
		log.Fatal(err)
	}
	if err := reportMinute(client); err != nil {
		log.Fatal(err)
	}

	for _, r := range srv.Resources("student-1", "course-1") {
		fmt.Println(r.ResCode, r.PlayTime, r.Watched, r.Reports, r.Studying)
	}
	// Output: video-1 1m0s 1m0s 1 true
}

// The recordings that were submitted.
func ExampleHandler_Recordings() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)
	err := client.Study.SubmitRecording(context.Background(), &supervision.RecordingRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		RecordVideoURL: "https://files.example.com/recording.mp4",
	})
	if err != nil {
		log.Fatal(err)
	}

	for _, r := range srv.Recordings() {
		fmt.Println(r.ResCode, r.URL)
	}
	// Output: video-1 https://files.example.com/recording.mp4
}

// A student whose identity is refused, and accepted later.
func ExampleHandler_RejectIdentity() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)

	ctx := context.Background()
	const cardNo = "110101199003070013"
	srv.RejectIdentity(cardNo, "姓名与身份证号不一致")
	err := client.Students.Authenticate(ctx, cardNo, "张三")
	var e *edusdk.Error
	fmt.Println(errors.As(err, &e), e.Message)
	srv.AcceptIdentity(cardNo)
	fmt.Println(client.Students.Authenticate(ctx, cardNo, "张三"))
	fmt.Println(srv.Authenticated(cardNo))
	// Output:
	// true 姓名与身份证号不一致
	// <nil>
	// 张三 true
}

// The photo of a student, as it was set last.
func ExampleHandler_Photo() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := connect(srv)
	if err := client.Students.UpdatePhoto(context.Background(), "110101199003070013", "https://files.example.com/1.jpg"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Photo("110101199003070013"))
	// Output: https://files.example.com/1.jpg
}

// A face that is somebody else's, and the checks that were carried out.
func ExampleHandler_SetFaceMatcher() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetFaceMatcher(func(_ []byte, url string) bool { return url == "https://files.example.com/1.jpg" })
	client := connect(srv)

	ctx := context.Background()
	for _, photo := range []string{"https://files.example.com/2.jpg", "https://files.example.com/1.jpg"} {
		config, err := client.Checks.FaceConfig(ctx, &supervision.CheckRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1"})
		if err != nil {
			log.Fatal(err)
		}
		_, err = client.Checks.CompareFace(ctx, &supervision.FaceRequest{
			ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", BizCode: config.BizCode,
			VideoStudyTime: 10 * time.Minute, ImageURL: photo,
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	for _, c := range srv.Checks() {
		fmt.Println(c.StudentUserCode, c.VideoStudyTime, c.Passed)
	}
	// Output:
	// student-1 10m0s false
	// student-1 10m0s true
}

// What a business system has pushed, and a province in which 1 means success in part 2.
func ExampleHandler_SetBusinessSuccess() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetBusinessSuccess("1")
	cfg := srv.Config()
	cfg.SuccessCodes = []string{"1"}
	client, err := supervision.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	err = client.Business.PushTeacher(context.Background(), &supervision.Teacher{
		TeaCode: "teacher-1", TeaName: "张三", OrgCode: "org-1", TeaCard: "110101199003070013", Mobile: "13800138001",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(srv.Teachers()), len(srv.BusinessStudents()), len(srv.BusinessCourses()), len(srv.BusinessClasses()))
	// Output: 1 0 0 0
}

// A platform whose returnCode is a number: the client reads either.
func ExampleHandler_SetNumericCodes() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetNumericCodes(true)
	client := connect(srv)
	fmt.Println(startStudy(client))
	// Output: <nil>
}

// The fake is a learning platform, too: what was pushed to it.
func ExampleHandler_Classes() {
	platform := supervisiontest.NewServer()
	defer platform.Close()
	client := connect(platform)

	video := supervision.ClassResource{
		ResCode: "video-1", ResType: "TYPE_VIDEO", Title: "入门", Sort: 1, VideoURL: "https://files.example.com/1.mp4", VideoTimeLength: time.Hour,
	}
	_, err := client.Classes.Push(context.Background(), &supervision.Class{
		ClassCode: "class-1", OrgCode: "org-1", OrgName: "示例培训机构", TrainClassName: "家政服务5班", WorkName: "家政服务员",
		Courses: []supervision.ClassCourse{{CourseCode: "course-1", Title: "家政服务", Sort: 1, Children: []supervision.ClassChapter{
			{ChapterCode: "chapter-1", Title: "第一章", Sort: 1, Children: []supervision.ClassResource{video}},
		}}},
		Students: []supervision.ClassStudent{{
			CardNo: "110101199003070013", StudentUserCode: "student-1", StudentName: "张三", StudentPhone: "13800138001",
			ErcunPhotos: "https://files.example.com/1.jpg",
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range platform.Classes() {
		fmt.Println(c.TrainClassName, len(c.Students))
	}
	// Output: 家政服务5班 1
}

// What reaches the fake, as it happens, and what was wrong with it.
func ExampleHandler_SetLogger() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetLogger(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	client := connect(srv)
	_ = reportMinute(client) // of a study that was not begun
	// Output:
	// level=INFO msg=request method=POST path=api/v1/thlogin status=200 code=0
	// level=WARN msg=request method=POST path=api/v1/studyHour status=200 code=2002 problem=该学员未开始学习该资源
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
