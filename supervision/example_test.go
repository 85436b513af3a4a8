package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// startFake starts a fake of the platform and returns a client of it.
func startFake() (client *supervision.Client, fake *supervisiontest.Server, stop func()) {
	fake = supervisiontest.NewServer()
	client, err := supervision.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	return client, fake, func() {
		client.CloseIdleConnections()
		fake.Close()
	}
}

// newCourse returns a course package of one chapter with one section and one video.
func newCourse() *supervision.Course {
	course, err := supervision.BuildCourse(&supervision.Course{
		CourseName: "家政服务", CourseCode: "course-1", WorkName: "家政服务员", CoursePoster: "https://files.example.com/poster.jpg",
		ChapterList: []supervision.Chapter{{
			ChapterName: "第一章", ChapterCode: "chapter-1",
			SectionList: []supervision.Section{{
				SectionName: "第一节", SectionCode: "section-1",
				SectionSourceList: []supervision.Source{{
					ResName: "入门", ResCode: "video-1", VideoURL: "https://files.example.com/1.mp4", Duration: 27*time.Minute + 55*time.Second,
				}},
			}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return course
}

// A student begins a video and watches a minute of it. In production, Config has the
// address, account and password that the province's platform has given you.
func Example() {
	srv := supervisiontest.NewServer() // in production: a Config of your own
	defer srv.Close()
	client, err := supervision.New(srv.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	ctx := context.Background()

	student := client.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: supervision.DeviceID()})
	err = student.Study.Start(ctx, &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	err = student.Study.ReportProgress(ctx, &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	})
	fmt.Println(err, srv.Progress("student-1", "course-1"))
	// Output:
	// <nil> 1m0s
}

// The platform's codes are published nowhere: a rejection is of kind ErrUnknown, with the
// platform's own code and words. Fields that are wrong are found before that.
func Example_errors() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	err := client.Study.End(ctx, &supervision.EndStudyRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1"})
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Kind, e.Code, e.Message)
	}
	sent := len(fake.Requests())
	err = client.Study.End(ctx, &supervision.EndStudyRequest{ResCode: "video-1"})
	fmt.Println(err)
	fmt.Println("sent:", len(fake.Requests())-sent)
	// Output:
	// unknown failure 2002 该学员未开始学习该资源
	// supervision: Study.End: invalid argument: StudentUserCode must not be empty; ClassCode must not be empty
	// sent: 0
}

// Calls log in by themselves. Login shows at once whether the credentials are good
// (登录获取Token).
func ExampleClient_Login() {
	client, _, stop := startFake()
	defer stop()

	session, err := client.Login(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.PlatformName, session.PlatformCode, session.AcceptToken != "")
	// Output: 示例学习平台 5d0c7b1e9f3a4c2d8e6b0a1f2c3d4e5f true
}

func ExampleClient_Login_rejected() {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	cfg := fake.Config()
	cfg.Password = "another-password"
	client, err := supervision.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, err = client.Login(context.Background())
	fmt.Println(errors.Is(err, edusdk.ErrUnauthenticated), edusdk.Describe(err, edusdk.Chinese))
	// Output: true 对方系统没有接受本服务的身份信息。请联系客服。
}

// Each student's calls have the student's device; the login is shared.
func ExampleClient_WithDevice() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	mac, err := supervision.MACDeviceID("ac:de:48:00:11:22")
	if err != nil {
		log.Fatal(err)
	}
	for _, device := range []supervision.Device{
		{Type: supervision.TypeAndroid, ID: mac},
		{Type: supervision.TypeH5, ID: supervision.DeviceID()}, // store it with the student
	} {
		err := client.WithDevice(device).Study.Start(ctx, &supervision.StudyRequest{
			ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	for _, r := range fake.Requests() {
		fmt.Println(r.Op, r.DeviceType)
	}
	// Output:
	// Login TYPE_PC
	// Study.Start TYPE_ANDROID
	// Study.Start TYPE_H5
}

// A path that the document lacks, and that your province has.
func ExampleClient_Call() {
	client, fake, stop := startFake()
	defer stop()
	fake.Handle("api/v1/other", func(data any) any {
		return map[string]any{"asked": data}
	})

	var answer struct {
		ReturnData struct {
			Asked map[string]string `json:"asked"`
		} `json:"returnData"`
	}
	if err := client.Call(context.Background(), http.MethodPost, "/api/v1/other", map[string]string{"classCode": "class-1"}, &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.ReturnData.Asked["classCode"])
	// Output: class-1
}
