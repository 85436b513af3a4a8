package recorded_test

import (
	"context"
	"fmt"
	"log"
	"time"

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
	fmt.Println(plan.Section.Title, plan.Section.ViewDuration, plan.Section.Price)
	// Output:
	// true 25 true
	// 第二讲 0 10.00
}
