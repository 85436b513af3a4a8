package study_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// An hour of study with a face check in the middle, against a fake platform and a
// clock that is faster than the world's.
func Example() {
	srv := supervisiontest.NewServer() // in production: a supervision.Config of your own
	defer srv.Close()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.FixedZone("", 8*60*60))
	clock := func() time.Time { return now }
	srv.SetClock(clock)
	client, err := supervision.New(srv.Config(), edusdk.WithClock(clock))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	// In production: outbox.OpenFile, and the gap of a minute that is the default.
	box, err := outbox.New(outbox.Config{Client: client, Store: outbox.NewMemory(outbox.StoreOptions{}), Gap: -1})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = box.Run(ctx)
	}()
	defer func() { cancel(); <-stopped }()

	sessions, err := study.Open(client, study.Config{Outbox: box, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	// In production sessions.Run does this by itself.
	poll := func() {
		if _, err := sessions.Poll(ctx); err != nil {
			log.Fatal(err)
		}
		sent(ctx, box)
	}

	class := &supervision.Class{ // as the platform pushed it
		ClassCode: "class-1", StudyHourLimit: 8 * time.Hour,
		VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 1,
	}
	s, err := sessions.Start(ctx, study.Lesson{
		Student: "student-1", Class: class.ClassCode, Course: "course-1", Resource: "video-1", Length: time.Hour,
		Device: supervision.Device{Type: supervision.TypeH5, ID: supervision.DeviceID()}, Rules: study.RulesOf(class),
	})
	if err != nil {
		log.Fatal(err)
	}
	sent(ctx, box)
	for position := 10 * time.Second; position <= time.Hour; position += 10 * time.Second {
		now = now.Add(10 * time.Second)
		if err := s.Watched(position); err != nil { // what the player calls
			log.Fatal(err)
		}
		if check, due := s.Due(); due { // the page asks for a photo
			photo, err := supervision.FitImage(camera(), supervision.FitEither)
			if err != nil {
				log.Fatal(err)
			}
			result, err := s.FaceCheck().Compare(ctx, photo)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println("face check at", check.At, "passed:", result.Passed())
		}
		poll()
	}
	status, err := s.Status()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("watched", status.Watched, "left today", status.LeftToday)
	if err := s.End(ctx); err != nil {
		log.Fatal(err)
	}
	sent(ctx, box)
	err = s.Watched(0)
	fmt.Println("after the end:", errors.Is(err, edusdk.ErrFailedPrecondition))
	for _, r := range srv.Resources("student-1", "course-1") {
		fmt.Println("the platform has", r.Watched, "in", r.Reports, "reports, studying:", r.Studying)
	}
	// Output:
	// face check at 30m0s passed: true
	// watched 1h0m0s left today 7h0m0s
	// after the end: true
	// the platform has 1h0m0s in 60 reports, studying: false
}

// sent waits until the outbox has sent everything.
func sent(ctx context.Context, box *outbox.Outbox) {
	for {
		stats, err := box.Stats(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if stats.Waiting == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// camera returns a photo of the student.
func camera() []byte {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		log.Fatal(err)
	}
	return photo.Bytes()
}
