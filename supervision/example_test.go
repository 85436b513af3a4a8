package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

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

func ExampleStudyService_ReportProgress_failure() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client, err := supervision.New(srv.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	srv.FailNext("Study.ReportProgress", "3007", "班级已结业")
	err = client.Study.ReportProgress(context.Background(), &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	})
	var e *edusdk.Error
	switch {
	case edusdk.MaybeApplied(err):
		fmt.Println("nobody knows whether the minute was counted")
	case errors.As(err, &e):
		fmt.Println("not counted:", e.Code, e.Message)
	}
	// Output:
	// not counted: 3007 班级已结业
}

func ExampleNewReceiver() {
	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		Verify:  supervision.SharedToken(supervisiontest.CallerToken),
		MaxSkew: 5 * time.Minute,
		Logger:  slog.New(slog.DiscardHandler),
		PushClass: func(_ context.Context, c *supervision.Class) (*supervision.PushClassResult, error) {
			if len(c.Courses) == 0 {
				return nil, &supervision.ReturnError{Code: "1", Msg: "班级没有课程"}
			}
			result := &supervision.PushClassResult{PasswordRules: "身份证后六位"}
			for i, s := range c.Students {
				result.Accounts = append(result.Accounts, supervision.StudentAccount{
					CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student-%d", i+1),
				})
			}
			return result, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(supervision.PathPushClass, receiver)
	platform := httptest.NewServer(mux) // in production: an http.Server with timeouts
	defer platform.Close()

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	pushed, err := regulator.PushClass(context.Background(), platform.URL, supervisiontest.SampleClass())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pushed.ReturnMsg, pushed.Accounts[0].StudentUserAccount, pushed.Accounts[1].StudentUserAccount)
	// Output:
	// success student-1 student-2
}
