package duobeiyun_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// How a lesson was watched live (直播时，教室相关数据统计).
func ExampleStatisticsService_LiveRoom() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	fake.AddViewers(room.RoomID,
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 90 * time.Minute},
		duobeiyuntest.Viewer{UID: "student-8", Enter: room.StartTime.Time, Stay: 30 * time.Minute, Mobile: true})

	stats, err := client.Statistics.LiveRoom(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	s := stats.Statistic
	fmt.Println(s.TotalStudentNum, "students,", s.MobileStudentNum, "of them on a phone,", s.MaxStudents, "at the same time")
	fmt.Println("watched", s.StudentDurationDetail.Total, "in all, on average", s.StudentDurationDetail.Avg)
	// Output:
	// 2 students, 1 of them on a phone, 2 at the same time
	// watched 2h0m0s in all, on average 1h0m0s
}

// How a student watched a lesson live, stay by stay.
func ExampleStatisticsService_LiveUser() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	fake.AddViewers(room.RoomID,
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 20 * time.Minute},
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Add(time.Hour), Stay: 10 * time.Minute, Mobile: true})

	ctx := context.Background()
	stats, err := client.Statistics.LiveUser(ctx, room.RoomID, "student-7")
	if err != nil {
		log.Fatal(err)
	}
	for _, stay := range stats.Details {
		fmt.Println(stay.Timestamp, stay.Duration, stay.Platform)
	}

	_, err = client.Statistics.LiveUser(ctx, "jz0", "student-7")
	fmt.Println(errors.Is(err, edusdk.ErrNotFound))
	// Output:
	// 2026-03-02 09:00:00 +0800 UTC+8 20m0s pc
	// 2026-03-02 10:00:00 +0800 UTC+8 10m0s mobile
	// true
}

// How the recording of a lesson was watched in the last week, day by day.
func ExampleStatisticsService_PlaybackRoom() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	evening := time.Date(2026, 3, 1, 7, 0, 0, 0, time.FixedZone("", 8*60*60))
	fake.AddPlaybacks(room.RoomID, duobeiyuntest.Playback{
		UID: "student-7", Enter: evening, Leave: evening.Add(time.Hour),
		Parts: []duobeiyuntest.Part{{From: 0, To: 40 * time.Minute, Start: evening, End: evening.Add(40 * time.Minute)}},
	})

	days, err := client.Statistics.PlaybackRoom(context.Background(), room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	for _, day := range days {
		fmt.Println(day.Timestamp.Format(time.DateOnly), day.WatchedTrend, day.WatchedDurationTrend)
	}
	// Output: 2026-03-01 map[7:1] map[7:40m0s]
}

// How a student watched the recording of a lesson, and where the student moved along the
// timeline.
func ExampleStatisticsService_PlaybackUser() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	enter := time.Date(2026, 3, 1, 7, 0, 0, 0, time.FixedZone("", 8*60*60))
	fake.AddPlaybacks(room.RoomID, duobeiyuntest.Playback{
		UID: "student-7", Enter: enter, Leave: enter.Add(30 * time.Minute),
		Parts: []duobeiyuntest.Part{
			{From: 0, To: 10 * time.Minute, Start: enter, End: enter.Add(10 * time.Minute)},
			{From: 5 * time.Minute, To: 25 * time.Minute, Start: enter.Add(10 * time.Minute)}, // then the student left
		},
	})

	views, err := client.Statistics.PlaybackUser(context.Background(), room.RoomID, "student-7")
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range views {
		fmt.Println("watched", v.WatchedTime, "and saw", v.WatchedUniqueTime, "of the recording")
		for _, part := range v.JumpRecords {
			fmt.Println(part.To.Sub(part.From.Time), "left:", part.Left())
		}
	}
	// Output:
	// watched 30m0s and saw 25m0s of the recording
	// 10m0s left: false
	// 20m0s left: true
}
