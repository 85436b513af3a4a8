// Recorded goes through a recorded course as a student's player would: it
// begins a section, reports it when it goes on to the next one, and prints how
// far the student has come.
//
//	go run ./examples/recorded
//
// talks to a fake of the vendor that it starts itself. With RECORDED_BASE_URL in
// the environment it talks to that address instead, sending RECORDED_TOKEN in
// the header token, about the sections RECORDED_SECTIONS (default "1,2,3").
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "recorded:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }

	config := recorded.Config{BaseURL: os.Getenv("RECORDED_BASE_URL")}
	auth := edusdk.WithHeader("token", os.Getenv("RECORDED_TOKEN"))
	if config.BaseURL == "" {
		fake := recordedtest.NewServer()
		defer fake.Close()
		// In the fake's time two minutes pass between two requests.
		now := time.Now()
		fake.SetClock(func() time.Time {
			now = now.Add(2 * time.Minute)
			return now
		})
		config, auth = fake.Config(), fake.Auth()
		say("A course of three sections, played by a fake at %s.", fake.URL)
	}
	client, err := recorded.New(config, auth)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	ids, err := sections(os.Getenv("RECORDED_SECTIONS"))
	if err != nil {
		return err
	}
	watched := ids[0]
	for _, next := range append(ids, ids[0]) {
		plan, err := client.RefreshPlan(ctx, next, watched)
		if err != nil {
			return err
		}
		state := "has been studied"
		if plan.Watched.StudyStatus == recorded.Studying {
			state = "is being studied, so far " + plan.Watched.Plan
		}
		say("section %d %s; on to %d, %s, from second %d of %d",
			plan.Watched.SectionID, state, plan.Section.ID, plan.Section.Title, plan.Section.ViewDuration, plan.Section.Duration)
		watched = next
	}
	return nil
}

// sections reads ids, separated by commas.
func sections(list string) ([]int64, error) {
	if list == "" {
		list = "1,2,3"
	}
	var ids []int64
	for field := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(field), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("RECORDED_SECTIONS: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
