package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// aMinute is a report of progress.
func aMinute(sequence uint64) outbox.Report {
	return outbox.Report{
		Kind: outbox.KindProgress, Session: "2026-03-01/zhangsan/1", Sequence: sequence,
		ClassCode: "class", StudentUserCode: "zhangsan", CourseCode: "course", ResCode: "video",
		PlayTime: time.Duration(sequence) * time.Minute, ProgressTime: time.Minute,
	}
}

// sendWith returns an outbox in memory that sends by a function, and what stops it.
func sendWith(send func(context.Context, outbox.Report) error) (box *outbox.Outbox, stop func()) {
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}), Gap: -1, Send: send,
		Probe:     func(context.Context) error { return nil },
		Permanent: func(code, _ string) bool { return code == "3007" },
	})
	if err != nil {
		log.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- box.Run(context.Background()) }()
	return box, func() {
		if err := errors.Join(box.Close(), <-ran); err != nil {
			log.Fatal(err)
		}
	}
}

// until waits for something that Run does.
func until(happened func() bool) {
	for !happened() {
		time.Sleep(time.Millisecond)
	}
}

// Reports that the platform rejects for good are kept: they are sent once more when what
// was wrong has been mended, or purged.
func ExampleOutbox_Replay() {
	mended := false
	box, stop := sendWith(func(context.Context, outbox.Report) error {
		if !mended {
			return &edusdk.Error{Vendor: "supervision", Op: "Study.ReportProgress", Kind: edusdk.ErrUnknown, Code: "3007", Attempts: 1}
		}
		return nil
	})
	defer stop()

	ctx := context.Background()
	if err := box.Report(ctx, aMinute(1), aMinute(2)); err != nil {
		log.Fatal(err)
	}
	stats := func() outbox.Stats {
		stats, err := box.Stats(ctx)
		if err != nil {
			log.Fatal(err)
		}
		return stats
	}
	until(func() bool { return stats().Dead == 2 })
	var ids []uint64
	for entry, err := range box.DeadLetters(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(entry.Sequence, entry.Reason)
		ids = append(ids, entry.ID)
	}

	mended = true
	replayed, err := box.Replay(ctx, ids[0])
	fmt.Println("replayed:", replayed, err)
	until(func() bool { return stats().Delivered == 1 })
	purged, err := box.Purge(ctx, ids[1])
	fmt.Println("purged:", purged, err)
	// Output:
	// 1 unknown failure, code 3007
	// 2 unknown failure, code 3007
	// replayed: 1 <nil>
	// purged: 1 <nil>
}

// Where a report stands, by what identifies it.
func ExampleOutbox_Lookup() {
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}),
		Send:  func(context.Context, outbox.Report) error { return nil },
		Probe: func(context.Context) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	report := aMinute(1)
	fmt.Println(box.Lookup(ctx, report))
	if err := box.Report(ctx, report, report); err != nil { // twice, which changes nothing
		log.Fatal(err)
	}
	fmt.Println(box.Lookup(ctx, report)) // Run does not run, so it waits
	for entry, err := range box.Waiting(ctx) {
		fmt.Println(entry.Kind, entry.PlayTime, entry.Status, err)
	}
	// Output:
	// unknown <nil>
	// waiting <nil>
	// progress 1m0s waiting <nil>
}

// What makes a lane, and what identifies a report in it.
func ExampleReport_Lane() {
	first, second := aMinute(1), aMinute(2)
	fmt.Println(first.Lane() == second.Lane(), first.Lane() == outbox.Lane("class", "zhangsan", "video"))
	fmt.Println(first.Key() == second.Key())
	// Output:
	// true true
	// false
}

// While the platform is down, nothing is sent and nothing is lost.
func ExampleOutbox_Down() {
	up := make(chan struct{})
	there := func() error {
		select {
		case <-up:
			return nil
		default:
			return &edusdk.Error{Vendor: "supervision", Op: "Login", Kind: edusdk.ErrUnavailable}
		}
	}
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}), Pause: time.Millisecond,
		Send:  func(context.Context, outbox.Report) error { return there() },
		Probe: func(context.Context) error { return there() },
	})
	if err != nil {
		log.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- box.Run(context.Background()) }()

	ctx := context.Background()
	if err := box.Report(ctx, aMinute(1)); err != nil {
		log.Fatal(err)
	}
	until(box.Down)
	stats, err := box.Stats(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("down:", stats.DownReason, "waiting:", stats.Waiting)

	close(up)
	until(func() bool {
		stats, err = box.Stats(ctx)
		return err != nil || stats.Delivered == 1
	})
	fmt.Println("down:", box.Down(), "waiting:", stats.Waiting)
	fmt.Println(box.Close(), <-ran)
	// Output:
	// down: unavailable (login) waiting: 1
	// down: false waiting: 0
	// <nil> <nil>
}

// A state of the importer's is stored together with reports, or not at all: who stores it
// after somebody else is told so.
func ExampleOutbox_Commit() {
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}),
		Send:  func(context.Context, outbox.Report) error { return nil },
		Probe: func(context.Context) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	state := outbox.State{Key: "position/zhangsan/video", Data: []byte("1m")}
	change := outbox.Change{Reports: []outbox.Report{aMinute(1)}, States: []outbox.State{state}}
	fmt.Println(box.Commit(ctx, []outbox.Change{change}))

	state, err = box.LoadState(ctx, state.Key)
	fmt.Println(string(state.Data), state.Fence, err)

	stale := outbox.State{Key: state.Key, Data: []byte("2m")} // as another process would, that has not seen it
	for _, err := range box.Commit(ctx, []outbox.Change{{States: []outbox.State{stale}}}) {
		fmt.Println(errors.Is(err, outbox.ErrFenced))
	}
	for state, err := range box.States(ctx, "position/zhangsan/") {
		fmt.Println(state.Key, string(state.Data), err)
	}
	// Output:
	// [<nil>]
	// 1m 1 <nil>
	// true
	// position/zhangsan/video 1m <nil>
}

// A file of one process, which keeps reports through restarts.
func ExampleOpenFile() {
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "reports.db")

	for range 2 { // before a restart, and after it
		store, err := outbox.OpenFile(path, outbox.FileOptions{})
		if err != nil {
			log.Fatal(err)
		}
		box, err := outbox.New(outbox.Config{
			Store: store,
			Send:  func(context.Context, outbox.Report) error { return nil },
			Probe: func(context.Context) error { return nil },
		})
		if err != nil {
			log.Fatal(err)
		}
		if err := box.Report(context.Background(), aMinute(1)); err != nil { // the second time, it is there
			log.Fatal(err)
		}
		stats, err := box.Stats(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		size, err := store.Size()
		fmt.Println(stats.Waiting, store.Path() == path, size > 0, err)

		_, err = outbox.OpenFile(path, outbox.FileOptions{})
		fmt.Println(errors.Is(err, outbox.ErrInUse))
		if err := store.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1 true true <nil>
	// true
	// 1 true true <nil>
	// true
}
