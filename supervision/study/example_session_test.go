package study_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// classroom is a fake platform, an outbox that sends to it, and sessions, all by one clock:
// what the package's Example makes step by step.
type classroom struct {
	platform *supervisiontest.Server
	client   *supervision.Client
	box      *outbox.Outbox
	store    outbox.Store
	sessions *study.Sessions
	now      time.Time
	stop     func()
}

func newClassroom() *classroom {
	c := &classroom{
		platform: supervisiontest.NewServer(), store: outbox.NewMemory(outbox.StoreOptions{}),
		now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 8*60*60)),
	}
	clock := func() time.Time { return c.now }
	c.platform.SetClock(clock)
	var err error
	if c.client, err = supervision.New(c.platform.Config(), edusdk.WithClock(clock)); err != nil {
		log.Fatal(err)
	}
	if c.box, err = outbox.New(outbox.Config{Client: c.client, Store: c.store, Gap: -1}); err != nil {
		log.Fatal(err)
	}
	if c.sessions, err = study.Open(c.client, study.Config{Outbox: c.box, Clock: clock}); err != nil {
		log.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- c.box.Run(context.Background()) }()
	c.stop = func() {
		if err := errors.Join(c.box.Close(), <-ran); err != nil {
			log.Fatal(err)
		}
		c.client.CloseIdleConnections()
		c.platform.Close()
	}
	return c
}

// start has a student begin an hour's video, and waits until the platform knows of it.
func (c *classroom) start(rules study.Rules) *study.Session {
	s, err := c.sessions.Start(context.Background(), study.Lesson{
		Student: "student-1", Class: "class-1", Course: "course-1", Resource: "video-1", Length: time.Hour, Rules: rules,
	})
	if err != nil {
		log.Fatal(err)
	}
	sent(context.Background(), c.box)
	return s
}

// watch lets the student watch on for a while, as the player would tell it.
func (c *classroom) watch(s *study.Session, from, length time.Duration) {
	for at := time.Duration(0); at <= length; at += 10 * time.Second {
		if err := s.Watched(from + at); err != nil {
			log.Fatal(err)
		}
		if at < length {
			c.now = c.now.Add(10 * time.Second)
		}
	}
}

// A jump does not count, and a part that is watched again does.
func ExampleSession_Seek() {
	c := newClassroom()
	defer c.stop()
	s := c.start(study.Rules{})

	c.watch(s, 0, 5*time.Minute)
	if err := s.Seek(50 * time.Minute); err != nil {
		log.Fatal(err)
	}
	c.watch(s, 50*time.Minute, 2*time.Minute)
	status, err := s.Status()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("at", status.Position, "watched", status.Watched)
	// Output: at 52m0s watched 7m0s
}

// A code that the student types in, in the middle of the video (弹框验证码).
func ExampleSession_CodeCheck() {
	c := newClassroom()
	defer c.stop()
	s := c.start(study.Rules{VideoOnHook: supervision.OnHookCode, TriggerType: supervision.TriggerInterval, TriggerValue: 10})

	c.watch(s, 0, 10*time.Minute)
	check, due := s.Due()
	fmt.Println(due, check.Kind, check.At, check.TriesLeft)

	ctx := context.Background()
	for _, mistyped := range []bool{true, false} {
		code, err := s.CodeCheck().Code(ctx) // to be shown; each is good for one try
		if err != nil {
			log.Fatal(err)
		}
		typed := code.VerificationCode
		if mistyped {
			typed = "0000"
		}
		passed, reason, err := s.CodeCheck().Submit(ctx, typed)
		fmt.Printf("passed: %t %q %v\n", passed, reason, err)
	}
	// Output:
	// true CheckCode 10m0s 3
	// passed: false "验证码错误" <nil>
	// passed: true "" <nil>
}

// The student's face at the start of the video (人脸识别), and somebody else's.
func ExampleSession_FaceCheck() {
	c := newClassroom()
	defer c.stop()
	c.platform.SetFaceMatcher(func([]byte, string) bool { return false })
	s := c.start(study.Rules{VideoStartFace: true})

	ctx := context.Background()
	expires, err := s.FaceCheck().Prepare(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the photo has to be there within", expires.Sub(c.now))
	result, err := s.FaceCheck().Compare(ctx, camera())
	if err != nil {
		log.Fatal(err)
	}
	check, due := s.Due()
	fmt.Println("passed:", result.Passed(), "due:", due, "tries left:", check.TriesLeft)
	// Output:
	// the photo has to be there within 5m0s
	// passed: false due: true tries left: 2
}

// A recording, where the class asks for one (视频录制).
func ExampleSession_Record() {
	c := newClassroom()
	defer c.stop()
	s := c.start(study.Rules{Recording: true})

	ctx := context.Background()
	err := s.End(ctx)
	fmt.Println(errors.Is(err, edusdk.ErrFailedPrecondition))
	if err := s.Record(ctx, "https://files.example.com/recording.mp4"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.End(ctx))
	sent(ctx, c.box)
	fmt.Println(len(c.platform.Recordings()))
	// Output:
	// true
	// <nil>
	// 1
}

// A service whose requests name the student, not the session.
func ExampleSessions_Find() {
	c := newClassroom()
	defer c.stop()
	c.start(study.Rules{})

	s, ok := c.sessions.Find("class-1", "student-1", "video-1")
	fmt.Println(ok, c.sessions.Len())
	fmt.Println(s.End(context.Background()))
	_, ok = c.sessions.Find("class-1", "student-1", "video-1")
	fmt.Println(ok, c.sessions.Len())
	// Output:
	// true 1
	// <nil>
	// false 0
}

// A restart: what was watched is saved, and the next process goes on where the first was.
func ExampleSessions_Close() {
	c := newClassroom()
	defer c.stop()
	c.watch(c.start(study.Rules{}), 0, 90*time.Second)

	ctx := context.Background()
	if err := c.sessions.Close(ctx); err != nil {
		log.Fatal(err)
	}
	next, err := study.Open(c.client, study.Config{Outbox: c.box, Clock: func() time.Time { return c.now }})
	if err != nil {
		log.Fatal(err)
	}
	s, err := next.Start(ctx, study.Lesson{
		Student: "student-1", Class: "class-1", Course: "course-1", Resource: "video-1", Length: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	status, err := s.Status()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.Position, status.Watched)
	// Output: 1m30s 1m30s
}

// A session of a process that is gone for good is ended by another, once nobody has touched
// it for Config.Idle; when the class is over, what is kept of the student's way is deleted.
func ExampleSessions_Recover() {
	c := newClassroom()
	defer c.stop()
	c.watch(c.start(study.Rules{}), 0, 2*time.Minute)
	ctx := context.Background()
	if err := c.sessions.Close(ctx); err != nil {
		log.Fatal(err)
	}

	c.now = c.now.Add(time.Hour)
	other, err := study.Open(c.client, study.Config{Outbox: c.box, Clock: func() time.Time { return c.now }})
	if err != nil {
		log.Fatal(err)
	}
	ended, err := other.Recover(ctx)
	fmt.Println("ended:", ended, err)
	sent(ctx, c.box)
	for _, r := range c.platform.Resources("student-1", "course-1") {
		fmt.Println("the platform has", r.Watched, "studying:", r.Studying)
	}
	fmt.Println(other.Forget(ctx, "class-1", "student-1", "video-1"))
	// Output:
	// ended: 1 <nil>
	// the platform has 2m0s studying: false
	// <nil>
}

// Whether a report whose answer was lost was counted, by the platform's records of the class.
func ExampleSettleByRecords() {
	platform := supervisiontest.NewServer()
	defer platform.Close()
	client, err := supervision.New(platform.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	store := outbox.NewMemory(outbox.StoreOptions{})

	settle, err := study.SettleByRecords(client, store, study.RecordSum) // what playTime means in your province
	if err != nil {
		log.Fatal(err)
	}
	_, err = outbox.New(outbox.Config{Client: client, Store: store, Settle: settle})
	fmt.Println(err)

	report := outbox.Report{ // a minute of which nothing is known, of a student whom the records lack
		Kind: outbox.KindProgress, Session: "s", Sequence: 1, ClassCode: "class-1", StudentUserCode: "student-1",
		CourseCode: "course-1", ResCode: "video-1", PlayTime: time.Minute, ProgressTime: time.Minute, Total: time.Minute,
	}
	fmt.Println(settle(context.Background(), report))
	// Output:
	// <nil>
	// Undecided <nil>
}
