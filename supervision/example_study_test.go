package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// A student begins to watch a video (开始学习).
func ExampleStudyService_Start() {
	client, fake, stop := startFake()
	defer stop()

	err := client.Study.Start(context.Background(), &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range fake.Resources("student-1", "course-1") {
		fmt.Println(r.ResCode, "studying:", r.Studying)
	}
	// Output: video-1 studying: true
}

// Once a minute, what was watched since the last report (学习进度数据上报). Package study does
// this by itself, and package outbox keeps reports while the platform is down.
func ExampleStudyService_ReportProgress() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	video := supervision.StudyRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1"}
	if err := client.Study.Start(ctx, &video); err != nil {
		log.Fatal(err)
	}
	for minute := 1; minute <= 3; minute++ {
		err := client.Study.ReportProgress(ctx, &supervision.ProgressReport{
			ResCode: video.ResCode, StudentUserCode: video.StudentUserCode, ClassCode: video.ClassCode, CourseCode: video.CourseCode,
			PlayTime: time.Duration(minute) * time.Minute, ProgressTime: time.Minute,
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(fake.Progress("student-1", "course-1"))
	// Output: 3m0s
}

// A report may have been counted, or certainly was not: these are different failures.
func ExampleStudyService_ReportProgress_failure() {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client, err := supervision.New(srv.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	srv.FailNext("Study.ReportProgress", "3007", "班级已结业")
	err = client.Study.ReportProgress(context.Background(), &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	})
	var e *edusdk.Error
	switch {
	case edusdk.MaybeApplied(err):
		fmt.Println("nobody knows whether the minute was counted")
	case errors.As(err, &e):
		fmt.Println("not counted:", e.Code, e.Message)
	}
	// Output:
	// not counted: 3007 班级已结业
}

// A student is done with a video (结束学习).
func ExampleStudyService_End() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	err := client.Study.Start(ctx, &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	err = client.Study.End(ctx, &supervision.EndStudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range fake.Resources("student-1", "course-1") {
		fmt.Println(r.ResCode, "studying:", r.Studying)
	}
	// Output: video-1 studying: false
}

// Where the recording of the student can be found (视频录制提交).
func ExampleStudyService_SubmitRecording() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	recording := &supervision.RecordingRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		RecordVideoURL: "https://files.example.com/recording.mp4",
	}
	if err := client.Study.SubmitRecording(ctx, recording); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(fake.Recordings()))

	recording.RecordVideoURL = "recording.mp4"
	fmt.Println(client.Study.SubmitRecording(ctx, recording))
	// Output:
	// 1
	// supervision: Study.SubmitRecording: invalid argument: RecordVideoURL must be an address that begins with http:// or https://
}
