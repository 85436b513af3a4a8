package zjytest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// connect returns a client of the fake.
func connect(srv *zjytest.Server, opts ...edusdk.Option) *zjy.Client {
	client, err := zjy.New(srv.Config(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// A test of a service that uses package zjy.
func Example() {
	srv := zjytest.NewServer()
	defer srv.Close()
	client, err := zjy.New(srv.Config()) // what the service would get
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	profile, err := client.Profile(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile.DisplayName)
	for _, r := range srv.Requests() {
		fmt.Println(r.Path, r.Code)
	}
	// Output:
	// 张三
	// api/student/Studio/index 1
}

// The fake in a server of your own.
func ExampleNewHandler() {
	site := httptest.NewServer(zjytest.NewHandler())
	defer site.Close()
	client, err := zjy.New(zjy.Config{Auth: zjytest.Auth, BaseURL: site.URL})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	outline, err := client.Outline(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(outline.Progress.ModuleList), "modules,", outline.OpenCourseCellCount, "cells")
	// Output: 3 modules, 30 cells
}

// A course of the size that a test needs, and how far its student has come.
func ExampleHandler_SetCourse() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.SetCourse(2, 1, 2)
	fmt.Println(srv.SetProgress("cell-1-1-1", 100), srv.SetProgress("cell-9-9-9", 100))
	client := connect(srv)

	outline, err := client.Outline(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range outline.Progress.ModuleList {
		fmt.Println(m.Name, m.Percent)
	}
	// Output:
	// true false
	// 模块1 50
	// 模块2 0
}

// The same code as a number and as a string.
func ExampleHandler_FailNext() {
	srv := zjytest.NewServer()
	defer srv.Close()
	client := connect(srv)

	for _, code := range []string{`-1`, `"-1"`} {
		srv.FailNext(code)
		_, err := client.Profile(context.Background())
		fmt.Println(edusdk.KindOf(err))
	}
	// Output:
	// permission denied
	// unauthenticated
}

// The vendor turns away who asks too much, in its two ways. A read is repeated.
func ExampleHandler_ThrottleNext() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.ThrottleNext(zjytest.GatewayTimeout, zjytest.EmptyAnswer)
	client := connect(srv, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))

	profile, err := client.Profile(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile.DisplayName, "at request", len(srv.Requests()))
	// Output: 张三 at request 3
}

// The student's login is over.
func ExampleHandler_ExpireSession() {
	srv := zjytest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.ExpireSession()

	_, err := client.Courses(context.Background())
	fmt.Println(errors.Is(err, edusdk.ErrUnauthenticated))
	// Output: true
}

// The fake's clock dates its terms.
func ExampleHandler_SetClock() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.SetClock(func() time.Time { return time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC) })
	client := connect(srv)

	list, err := client.Courses(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Terms[0].DateCreated)
	// Output: 2026-03-01 08:00:00 +0800 UTC+8
}

// What goes wrong on the way: a page in place of an answer.
func ExampleHandler_Intercept() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>系统维护中</html>"))
		})
	})
	client := connect(srv, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))

	_, err := client.Profile(context.Background())
	fmt.Println(edusdk.KindOf(err), len(srv.Requests()))
	// Output: unavailable 0
}

// A path that the fake lacks.
func ExampleHandler_Handle() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.Handle("api/student/notice", func(params url.Values) any {
		return map[string]any{"code": 1, "page": params.Get("page")}
	})
	client := connect(srv)

	var answer struct{ Page string }
	err := client.Call(context.Background(), http.MethodPost, "api/student/notice", url.Values{"page": {"2"}}, &answer)
	fmt.Println(answer.Page, err)
	// Output: 2 <nil>
}

// What reaches the fake, as it happens, and what was wrong with it.
func ExampleHandler_SetLogger() {
	srv := zjytest.NewServer()
	defer srv.Close()
	srv.SetLogger(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	client := connect(srv)

	_, _ = client.Topics(context.Background(), zjytest.CourseOpenID, "module-9")
	// Output: level=WARN msg=request method=POST path=api/study/process/getTopicByModuleId status=200 code=-500 problem="moduleId is missing, or not that of a module"
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
