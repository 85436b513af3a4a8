package recordedtest_test

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
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

// connect returns a client of the fake.
func connect(srv *recordedtest.Server, opts ...edusdk.Option) *recorded.Client {
	client, err := recorded.New(srv.Config(), append(opts, srv.Auth())...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// A test of a service that uses package recorded.
func Example() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	client, err := recorded.New(srv.Config(), srv.Auth()) // what the service would get
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	plan, err := client.RefreshPlan(context.Background(), 2, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Section.Title, plan.Watched.Plan)
	for _, r := range srv.Requests() {
		fmt.Println(r.Path, r.Params.Encode())
	}
	// Output:
	// 第二讲 0.00%
	// study/refresh_recorded_course_plan new_section_id=2&yet_section_id=1
}

// The fake in a server of your own.
func ExampleNewHandler() {
	site := httptest.NewServer(recordedtest.NewHandler())
	defer site.Close()
	client, err := recorded.New(recorded.Config{BaseURL: site.URL}, edusdk.WithHeader("token", recordedtest.Token))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	plan, err := client.RefreshPlan(context.Background(), 3, 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Section.Title)
	// Output: 第三讲
}

// A course of a test's own, and a student who watches it for a minute by the fake's clock.
func ExampleHandler_SetSections() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	srv.SetSections(
		recordedtest.Section{ID: 71, Title: "第一讲", Duration: 10 * time.Minute, Watched: 4 * time.Minute},
		recordedtest.Section{ID: 72, Title: "第二讲", Duration: 10 * time.Minute})
	now := time.Now()
	srv.SetClock(func() time.Time { return now })
	client := connect(srv)

	ctx := context.Background()
	if _, err := client.RefreshPlan(ctx, 71, 72); err != nil { // the student begins the first
		log.Fatal(err)
	}
	now = now.Add(time.Minute)
	plan, err := client.RefreshPlan(ctx, 72, 71)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Watched.Plan, plan.Section.Title)
	// Output: 50.00% 第二讲
}

// Time passes by the fake's clock: a section that is watched to its end.
func ExampleHandler_SetClock() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	now := time.Now()
	srv.SetClock(func() time.Time { return now })
	client := connect(srv)

	ctx := context.Background()
	if _, err := client.RefreshPlan(ctx, 1, 1); err != nil {
		log.Fatal(err)
	}
	now = now.Add(time.Hour)
	plan, err := client.RefreshPlan(ctx, 2, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Watched.StudyStatus)
	// Output: Studied
}

// The vendor fails one call.
func ExampleHandler_FailNext() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.FailNext(recordedtest.Path, 5001, "系统繁忙")

	_, err := client.RefreshPlan(context.Background(), 2, 1)
	var e *edusdk.Error
	fmt.Println(errors.As(err, &e), e.Code, e.Message)
	// Output: true 5001 系统繁忙
}

// What goes wrong on the way: a gateway's page in place of an answer.
func ExampleHandler_Intercept() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	srv.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>502 Bad Gateway</html>", http.StatusBadGateway)
		})
	})
	client := connect(srv, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))

	_, err := client.RefreshPlan(context.Background(), 2, 1)
	fmt.Println(edusdk.KindOf(err), edusdk.MaybeApplied(err), edusdk.HTTPStatus(err))
	// Output: unavailable true 503
}

// A path that the fake lacks.
func ExampleHandler_Handle() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	srv.Handle("study/notes", func(params url.Values) any {
		return map[string]any{"section": params.Get("section_id")}
	})
	client := connect(srv)

	var notes struct{ Section string }
	err := client.Call(context.Background(), http.MethodPost, "study/notes", url.Values{"section_id": {"1"}}, &notes)
	fmt.Println(notes.Section, err)
	// Output: 1 <nil>
}

// What reaches the fake, as it happens, and what was wrong with it.
func ExampleHandler_SetLogger() {
	srv := recordedtest.NewServer()
	defer srv.Close()
	srv.SetLogger(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	client, err := recorded.New(srv.Config()) // without srv.Auth()
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, _ = client.RefreshPlan(context.Background(), 2, 1)
	// Output: level=WARN msg=request method=POST path=study/refresh_recorded_course_plan status=200 code=401 problem="the header token is missing, or not the fake's"
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
