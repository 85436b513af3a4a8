package recorded_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

// A student goes on from one section to the next. The fake stands for the vendor
// here, with a clock of its own.
func ExampleClient_RefreshPlan() {
	fake := recordedtest.NewServer()
	defer fake.Close()
	now := time.Now()
	fake.SetClock(func() time.Time { return now })
	client, err := recorded.New(fake.Config(), fake.Auth()) // which sets the header that authenticates
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	if _, err := client.RefreshPlan(ctx, 1, 1); err != nil { // the first section is begun
		log.Fatal(err)
	}
	now = now.Add(50 * time.Second)
	plan, err := client.RefreshPlan(ctx, 2, 1)
	if err != nil {
		log.Fatal(err)
	}
	percent, ok := plan.Watched.Percent()
	fmt.Println(plan.Watched.StudyStatus == recorded.Studying, percent, ok)
	price, ok := plan.Section.PriceFen()
	fmt.Println(plan.Section.Title, plan.Section.VideoPosition(), "of", plan.Section.VideoLength(), price, ok)
	// Output:
	// true 25 true
	// 第二讲 0s of 3m20s 10.00 true
}

// The vendor's document has no codes of failures: the one in an answer is kept as it is,
// and says nothing about the kind.
func ExampleClient_RefreshPlan_failure() {
	fake := recordedtest.NewServer()
	defer fake.Close()
	client, err := recorded.New(fake.Config(), fake.Auth())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, err = client.RefreshPlan(context.Background(), 99, 1) // there is no section 99
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Kind, e.Code, e.Message)
	}

	_, err = client.RefreshPlan(context.Background(), 1, 0)
	fmt.Println(err)
	// Output:
	// unknown failure 404 章节不存在
	// recorded: RefreshPlan: invalid argument: watchedSectionID must be positive
}

// A path that this package has no method for.
func ExampleClient_Call() {
	fake := recordedtest.NewServer()
	defer fake.Close()
	fake.Handle("study/notes", func(params url.Values) any {
		return map[string]any{"count": 2, "section_id": params.Get("section_id")}
	})
	client, err := recorded.New(fake.Config(), fake.Auth())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	var notes struct {
		Count int `json:"count"`
	}
	if err := client.Call(context.Background(), http.MethodPost, "study/notes", url.Values{"section_id": {"1"}}, &notes); err != nil {
		log.Fatal(err)
	}
	fmt.Println(notes.Count)
	// Output: 2
}

// The address and the header that authenticates come from your vendor: the document names
// neither.
func ExampleNew() {
	_, err := recorded.New(recorded.Config{})
	fmt.Println(err)

	client, err := recorded.New(recorded.Config{BaseURL: "https://course.example.com/api", Encoding: recorded.JSON},
		edusdk.WithHeader("token", "…"))
	fmt.Println(client, err)
	// Output:
	// recorded: New: invalid argument: Config.BaseURL must not be empty: this vendor has no public address
	// recorded.Client(https://course.example.com/api) <nil>
}
