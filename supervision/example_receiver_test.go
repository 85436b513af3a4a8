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

// The platform pushes a class to the learning platform (班级信息推送), which makes an account
// for each of its students.
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

// The platform pulls the course packages of the learning platform
// (监管服务平台获取学习平台的课程包), page by page.
func ExampleNewReceiver_pullCourses() {
	courses := []supervision.Course{*newCourse()}
	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		Verify:       supervision.SharedToken(supervisiontest.CallerToken),
		Caller:       supervision.AnyCaller, // behind a proxy, which all requests come from
		PlatformCode: supervisiontest.PlatformCode,
		PullCourses: func(_ context.Context, pageNo, pageSize int) (*supervision.CoursePage, error) {
			from := min((pageNo-1)*pageSize, len(courses))
			to := min(from+pageSize, len(courses))
			return &supervision.CoursePage{TotalPage: (len(courses) + pageSize - 1) / pageSize, Courses: courses[from:to]}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	platform := httptest.NewServer(receiver)
	defer platform.Close()

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	pulled, err := regulator.PullCourses(context.Background(), platform.URL)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pulled.ReturnMsg, pulled.Pages, pulled.Courses[0].CourseName)
	// Output: success 1 家政服务
}

// A token that nobody has agreed upon is refused when the Receiver is made: the document
// says nothing of authentication, and pushes make accounts.
func ExampleSharedToken() {
	_, err := supervision.NewReceiver(supervision.ReceiverConfig{Verify: supervision.SharedToken("")})
	var field *edusdk.FieldError
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument), errors.As(err, &field), field.Field)
	// Output: true true ReceiverConfig.Verify
}
