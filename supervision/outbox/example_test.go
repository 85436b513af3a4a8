package outbox_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func Example() {
	regulator := supervisiontest.NewServer() // in production: the province's platform
	defer regulator.Close()
	client, err := supervision.New(regulator.Config())
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := outbox.OpenFile(filepath.Join(dir, "reports.db"), outbox.FileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	box, err := outbox.New(outbox.Config{Client: client, Store: store})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- box.Run(ctx) }()

	session := outbox.Report{
		Session: "2026-03-01/zhangsan/1", ClassCode: "class", StudentUserCode: "zhangsan", CourseCode: "course", ResCode: "video",
	}
	begin, minute, end := session, session, session
	begin.Kind, end.Kind = outbox.KindStart, outbox.KindEnd
	minute.Kind, minute.Sequence, minute.PlayTime, minute.ProgressTime = outbox.KindProgress, 1, time.Minute, time.Minute
	if err := box.Report(ctx, begin, minute, end); err != nil { // durable when it returns
		log.Fatal(err)
	}

	for {
		stats, err := box.Stats(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if stats.Delivered == 3 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println("studied:", regulator.Progress("zhangsan", "course"))
	stop()
	<-ran
	_ = store.Close()
	// Output: studied: 1m0s
}

// A report that may have arrived is parked, unless somebody can tell.
func ExampleOutbox_Resolve() {
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}),
		Send:  func(context.Context, outbox.Report) error { return nil },
		Probe: func(context.Context) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	for entry, err := range box.Parked(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		// Look at the platform's own pages whether entry.Report was counted; then:
		if _, err := box.Resolve(context.Background(), outbox.NotApplied, entry.ID); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("all is settled")
	// Output: all is settled
}
