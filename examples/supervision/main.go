// Supervision is a learning platform in one file, with both directions of the
// access specification: it logs in to the supervision platform, pushes its course
// package, serves the calls that the platform makes, is pushed a class, and takes
// a student of it through a lesson, with a face check, a verification code and a
// report for each minute.
//
//	go run ./examples/supervision
//
// talks to a fake of the platform that it starts itself. With SUPERVISION_URL,
// SUPERVISION_ACCOUNT and SUPERVISION_PASSWORD in the environment it logs in to
// the platform there, and does no more: the lesson would go on record.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func main() { program.Main() }

var program = &console.Program{
	Command: "go run ./examples/supervision",
	About: console.Text{
		ZH: "一个完整的学习平台，与监管服务平台双向对接：登录、推送课程包、接收班级和课程查询，再带一名学员上完一节课（人脸核验、验证码、逐分钟上报）。默认连接本机启动的模拟服务。",
		EN: "A learning platform in both directions: it logs in to the supervision platform, pushes its courses, is pushed a class, and takes a student through a lesson with a face check, a verification code and a report for each minute. The platform is a fake on this machine, unless an address is given.",
	},
	Environment: []console.Variable{
		{Name: "SUPERVISION_URL", Text: console.Text{ZH: "监管平台地址；设置后只登录，不上课，以免留下记录", EN: "the platform's address; with it there is a login and no more, for a lesson would go on record"}},
		{Name: "SUPERVISION_ACCOUNT", Text: console.Text{ZH: "学习平台账号", EN: "the learning platform's account"}},
		{Name: "SUPERVISION_PASSWORD", Text: console.Text{ZH: "密码", EN: "its password"}},
	},
	Run: run,
	Next: []console.Variable{
		{Name: "examples/supervision/main.go", Text: console.Text{ZH: "本示例的代码", EN: "the code of this example"}},
		{Name: "go run ./examples/outbox", Text: console.Text{ZH: "平台中断、进程被杀，学时一分钟不少", EN: "outages and killed processes, and no minute is lost"}},
		{Name: "go doc ./supervision/study", Text: console.Text{ZH: "学时会话：计时、核验、每日上限", EN: "a student's hour: what counts, checks, daily limits"}},
	},
}

func run(ctx context.Context, c *console.Console) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c.Title(c.Text("监管服务平台", "Supervision platform 监管服务平台"))

	config := supervision.Config{
		BaseURL: os.Getenv("SUPERVISION_URL"), Account: os.Getenv("SUPERVISION_ACCOUNT"), Password: os.Getenv("SUPERVISION_PASSWORD"),
		Device: supervision.Device{Type: supervision.TypePC, ID: supervision.DeviceID()},
	}
	if config.BaseURL != "" {
		client, err := supervision.New(config)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		return logIn(ctx, client, c)
	}

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	c.Notef(c.Text("由本机模拟服务扮演：%s（-h 说明如何连接真实平台）", "played by a fake at %s (-h says how to use the real one)"), regulator.URL)
	client, err := supervision.New(regulator.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	p := &platform{Console: c, client: client}
	if err := logIn(ctx, client, c); err != nil {
		return err
	}
	if err := p.pushCourses(ctx); err != nil {
		return err
	}
	address, closeReceiver, err := p.receive(ctx)
	if err != nil {
		return err
	}
	defer closeReceiver()
	if err := p.beCalled(ctx, regulator, address); err != nil {
		return err
	}
	if err := p.lesson(ctx); err != nil {
		return err
	}
	student, course := p.class.Students[0], p.class.Courses[0]
	c.Heading(c.Text("监管平台上的记录", "On record at the supervision platform"))
	c.Table([]string{c.Text("学员", "student"), c.Text("课程", "course"), c.Text("学时", "studied")}, [][]any{
		{student.StudentName, course.Title, console.Right(c.Duration(regulator.Progress(student.StudentUserCode, course.CourseCode)))},
	})
	return nil
}

func logIn(ctx context.Context, client *supervision.Client, c *console.Console) error {
	session, err := client.Login(ctx)
	if err != nil {
		return err
	}
	c.Successf(c.Text("已登录：%s，有效至 %s（北京时间）", "logged in as %s until %s (Beijing time)"), session.PlatformName, c.Time(session.Expires))
	return nil
}

// platform is the learning platform.
type platform struct {
	*console.Console

	client *supervision.Client
	class  *supervision.Class // that was pushed
}

// courses is what the platform teaches. BuildCourse fills in which chapter a
// section belongs to and the order of neighbours; codes are stored with the
// course, and NewCode makes them.
func courses() ([]supervision.Course, error) {
	course, err := supervision.BuildCourse(&supervision.Course{
		CourseName: "家政服务", CourseCode: "course-1", WorkName: "家政服务员", CoursePoster: "https://files.example.com/poster.jpg",
		ChapterList: []supervision.Chapter{{
			ChapterName: "第一章", ChapterCode: "chapter-1",
			SectionList: []supervision.Section{{
				SectionName: "第一节", SectionCode: "section-1",
				SectionSourceList: []supervision.Source{{
					ResName: "入门", ResCode: "video-1", VideoURL: "https://files.example.com/1.mp4", Duration: 3 * time.Minute,
				}},
			}},
		}},
	})
	if err != nil {
		return nil, err
	}
	return []supervision.Course{*course}, nil
}

// pushCourses tells the supervision platform what is taught (1.13).
func (p *platform) pushCourses(ctx context.Context) error {
	all, err := courses()
	if err != nil {
		return err
	}
	if err := p.client.Courses.Push(ctx, all); err != nil {
		return err
	}
	p.Successf(p.Text("已推送课程包：%s", "pushed the course package %s"), all[0].CourseName)
	return nil
}

// receive serves what the supervision platform calls (1.12, 1.14) and returns
// where.
func (p *platform) receive(ctx context.Context) (address string, closeServer func(), err error) {
	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		// What the platform proves itself with is agreed upon with it.
		Verify:  supervision.SharedToken(supervisiontest.CallerToken),
		MaxSkew: 5 * time.Minute,
		// A class that comes again gets the accounts that were made before.
		Replay:       &supervision.ReplayConfig{},
		PlatformCode: supervisiontest.PlatformCode,
		PushClass: func(_ context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
			p.class = class                                                 // a real one makes accounts
			result := &supervision.PushClassResult{PasswordRules: "身份证后六位"} //nolint:gosec // a rule, not a password
			for i, s := range class.Students {
				result.Accounts = append(result.Accounts, supervision.StudentAccount{
					CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student-%d", i+1),
				})
			}
			return result, nil
		},
		PullCourses: func(_ context.Context, pageNo, pageSize int) (*supervision.CoursePage, error) {
			all, err := courses()
			if err != nil {
				return nil, err
			}
			from := min((pageNo-1)*pageSize, len(all))
			return &supervision.CoursePage{
				TotalPage: (len(all) + pageSize - 1) / pageSize, Courses: all[from:min(from+pageSize, len(all))],
			}, nil
		},
	})
	if err != nil {
		return "", nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux() // or any router
	mux.Handle(supervision.PathPushClass, receiver)
	mux.Handle(supervision.PathPullCourses, receiver)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = server.Close() // nobody is connected any more
		<-ended
	}, nil
}

// beCalled has the fake call the platform, as the real one does.
func (p *platform) beCalled(ctx context.Context, regulator *supervisiontest.Server, address string) error {
	p.Heading(p.Text("平台发来的请求：", "Calls that came in at ") + address)
	pushed, err := regulator.PushClass(ctx, address, supervisiontest.SampleClass())
	if err != nil {
		return err
	}
	if pushed.ReturnCode != "0" {
		return errors.New(p.Text("班级未被接收：", "the class was turned away: ") + pushed.ReturnMsg)
	}
	p.Successf(p.Text("班级：%s，%d 名学员，开通 %d 个账号", "a class: %s, %d students, %d accounts made"), p.class.TrainClassName, len(p.class.Students), len(pushed.Accounts))
	pulled, err := regulator.PullCourses(ctx, address)
	if err != nil {
		return err
	}
	p.Successf(p.Text("查询课程包：返回 %d 个", "a pull of the course packages: %d given"), len(pulled.Courses))
	return nil
}

// lesson takes a student through a video.
func (p *platform) lesson(ctx context.Context) error {
	student, course := p.class.Students[0], p.class.Courses[0]
	video := course.Children[0].Children[0]
	p.Heading(p.Sprintf(p.Text("%s 的一节课：%s，%s", "A lesson of %s: %s, %s"), student.StudentName, video.Title, video.VideoShowTimeLength))
	// Calls for a student name the student's own device.
	client := p.client.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: supervision.DeviceID()})

	if err := client.Students.Authenticate(ctx, student.CardNo, student.StudentName); err != nil {
		return err
	}
	p.at(0, p.Text("身份核验通过", "identity confirmed"))
	if err := client.Study.Start(ctx, &supervision.StudyRequest{
		ResCode: video.ResCode, StudentUserCode: student.StudentUserCode, ClassCode: p.class.ClassCode, CourseCode: course.CourseCode,
	}); err != nil {
		return err
	}
	p.at(0, p.Text("开始学习", "started"))
	check := &supervision.CheckRequest{ResCode: video.ResCode, StudentUserCode: student.StudentUserCode, ClassCode: p.class.ClassCode}
	if err := p.checkFace(ctx, client, check); err != nil {
		return err
	}
	for minute := 1; minute <= 3; minute++ {
		at := time.Duration(minute) * time.Minute
		if minute == 2 {
			if err := p.checkCode(ctx, client, check, at); err != nil {
				return err
			}
		}
		if err := client.Study.ReportProgress(ctx, &supervision.ProgressReport{
			ResCode: video.ResCode, StudentUserCode: student.StudentUserCode, ClassCode: p.class.ClassCode, CourseCode: course.CourseCode,
			PlayTime: at, ProgressTime: time.Minute,
		}); err != nil {
			return err
		}
		p.at(at, p.Text("上报一分钟学时", "a minute reported"))
	}
	if err := client.Study.End(ctx, &supervision.EndStudyRequest{
		ResCode: video.ResCode, StudentUserCode: student.StudentUserCode, ClassCode: p.class.ClassCode,
	}); err != nil {
		return err
	}
	p.at(3*time.Minute, p.Text("学习结束", "ended"))
	return nil
}

// at prints what happened at a time of the video.
func (p *platform) at(t time.Duration, what string) {
	p.Printf("  %s  %s", console.Dim(fmt.Sprintf("%02d:00", int(t.Minutes()))), what)
}

// checkFace sends a picture of the student (1.5, 1.6).
func (p *platform) checkFace(ctx context.Context, client *supervision.Client, check *supervision.CheckRequest) error {
	config, err := client.Checks.FaceConfig(ctx, check)
	if err != nil {
		return err
	}
	result, err := client.Checks.CompareFace(ctx, &supervision.FaceRequest{
		ResCode: check.ResCode, StudentUserCode: check.StudentUserCode, ClassCode: check.ClassCode,
		BizCode: config.BizCode, Image: picture(),
	})
	if err != nil {
		return err
	}
	if !result.Passed() {
		return errors.New(p.Text("需要重新拍照：", "another picture is needed: ") + result.Msg)
	}
	p.at(0, p.Text("人脸核验：", "face check: ")+result.Msg)
	return nil
}

// checkCode has the student type in a code (1.7, 1.8).
func (p *platform) checkCode(ctx context.Context, client *supervision.Client, check *supervision.CheckRequest, at time.Duration) error {
	code, err := client.Checks.Code(ctx, check)
	if err != nil {
		return err
	}
	typed := code.VerificationCode // by an attentive student
	if err := client.Checks.SubmitCode(ctx, &supervision.SubmitCodeRequest{
		BizCode: code.BizCode, VerificationCode: typed, VideoStudyTime: at,
	}); err != nil {
		return err
	}
	p.at(at, p.Text("已输入验证码，限时 ", "code typed in within ")+p.Duration(code.ExpiresTime))
	return nil
}

// picture is what the student's camera took.
func picture() []byte {
	var buf bytes.Buffer
	_ = jpeg.Encode(&buf, image.NewGray(image.Rect(0, 0, 640, 480)), nil) // into memory
	return buf.Bytes()
}
