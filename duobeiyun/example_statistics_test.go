package duobeiyun_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
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

// Who came to a lesson, and for how long.
func ExampleStatisticsService_Attendance() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	fake.AddViewers(room.RoomID,
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 40 * time.Minute},
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Add(30 * time.Minute), Stay: 30 * time.Minute, Mobile: true})

	attendance, err := client.Statistics.Attendance(context.Background(), room.RoomID, "student-7", "student-8")
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range attendance.Attendees {
		if !a.Attended() {
			fmt.Println(a.UID, "was not there")
			continue
		}
		fmt.Println(a.UID, "was there for", a.Present, "until", a.LastSeen.Format(time.TimeOnly), "with", a.Platforms)
	}
	// Output:
	// student-7 was there for 1h0m0s until 10:00:00 with [pc mobile]
	// student-8 was not there
}

// The attendance of a lesson as a file for a spreadsheet.
func ExampleAttendance_WriteCSV() {
	client, fake, stop := startFake()
	defer stop()
	room := newRoom(client)
	fake.AddViewers(room.RoomID, duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 40 * time.Minute})
	attendance, err := client.Statistics.Attendance(context.Background(), room.RoomID, "student-7", "student-8")
	if err != nil {
		log.Fatal(err)
	}

	names := map[string]string{"student-7": "李四", "student-8": "王五"}
	var file strings.Builder
	if err := attendance.WriteCSV(&file, &duobeiyun.AttendanceCSV{Name: func(uid string) string { return names[uid] }}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.NewReplacer("\ufeff", "", "\r", "").Replace(file.String()))
	// Output:
	// 用户 ID,姓名,是否到课,首次进入（北京时间）,最后离开（北京时间）,在线时长（分钟）,累计时长（分钟）,进入次数,设备
	// student-7,李四,是,2026-03-02 09:00:00,2026-03-02 09:40:00,40.00,40.00,1,电脑
	// student-8,王五,否,,,0.00,0.00,0,
}

// When a stay ended.
func ExampleLiveView_End() {
	stay := duobeiyun.LiveView{
		Timestamp: duobeiyun.Time{Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*60*60))},
		Duration:  40 * time.Minute,
	}
	fmt.Println(stay.End().Format(time.TimeOnly))
	// Output: 09:40:00
}

// For how long a part of a recording was watched, also if the user left meanwhile.
func ExampleJumpRecord_Watched() {
	lesson := time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*60*60))
	evening := lesson.Add(10 * time.Hour)
	at := func(t time.Time) duobeiyun.Time { return duobeiyun.Time{Time: t} }
	whole := duobeiyun.JumpRecord{
		From: at(lesson), To: at(lesson.Add(20 * time.Minute)), StartTime: at(evening), EndTime: at(evening.Add(25 * time.Minute)),
	}
	left := duobeiyun.JumpRecord{From: at(lesson), To: at(lesson.Add(5 * time.Minute)), StartTime: at(evening)}
	fmt.Println(whole.Watched(), left.Left(), left.Watched())
	// Output: 25m0s true 5m0s
}
