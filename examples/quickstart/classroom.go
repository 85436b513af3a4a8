package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"os"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

//go:embed lesson.pdf
var lesson []byte

// classroom takes a lesson through Duobeiyun, from its room to its statistics.
func classroom(ctx context.Context, say func(string, ...any)) (err error) {
	config := duobeiyun.Config{
		Partner: os.Getenv("DUOBEIYUN_PARTNER"),
		AppKey:  os.Getenv("DUOBEIYUN_APPKEY"),
	}
	var fake *duobeiyuntest.Server
	switch {
	case (config.Partner == "") != (config.AppKey == ""):
		return errors.New("only one of DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY is set; the real vendor needs both")
	case config.Partner == "":
		fake = duobeiyuntest.NewServer()
		defer fake.Close()
		fake.SetConversionDelay(time.Second)
		config = fake.Config()
		say("== Duobeiyun 多贝云, played by a fake at %s.", fake.URL)
		say("   (DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY in the environment make it the real one.)")
	default:
		say("== Duobeiyun 多贝云")
	}

	client, err := duobeiyun.New(config, edusdk.WithTimeout(20*time.Second))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	say("\nA room")
	room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
		Title:     "初二数学:一次函数",
		Video:     false,
		StartTime: time.Now().Add(10 * time.Minute),
		Length:    90 * time.Minute,
		Type:      duobeiyun.OneToMany,
	})
	if err != nil {
		return err // edusdk.MaybeApplied(err) would tell whether to look for it
	}
	defer func() {
		_, deleteErr := client.Rooms.Delete(context.WithoutCancel(ctx), room.RoomID)
		err = errors.Join(err, deleteErr)
		if deleteErr == nil {
			say("\nThe room is deleted again.")
		}
	}()
	say("  created   %s  %s", room.RoomID, room.Title)
	say("  from      %s to %s", room.StartTime.Format("2006-01-02 15:04"), room.EndTime.Format("15:04 MST"))

	say("\nA document")
	documentID, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{
		Name:     "第一课 一次函数.pdf",
		Content:  bytes.NewReader(lesson),
		Progress: func(sent, total int64) { say("  uploaded  %d of %d bytes", sent, total) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Documents.Delete(context.WithoutCancel(ctx), documentID)) }()
	if err := client.Documents.WaitConverted(ctx, documentID); err != nil {
		return err
	}
	say("  converted %s", documentID)
	if err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID); err != nil {
		return err
	}
	documents, err := client.Rooms.Documents(ctx, room.RoomID)
	if err != nil {
		return err
	}
	for _, d := range documents {
		say("  attached  %s, %d bytes, %s", d.OriginalDocName, d.Size, d.Status)
	}

	say("\nThe ways in (a link works for five minutes; its URL goes to the browser, not into a log)")
	for _, who := range []duobeiyun.EnterRequest{
		{RoomID: room.RoomID, UID: "teacher-1", Nickname: "张三老师", Role: duobeiyun.RoleTeacher, DeviceType: duobeiyun.DevicePC},
		{RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent},
	} {
		link, err := client.Rooms.EnterURL(&who)
		if err != nil {
			return err
		}
		say("  %s  %v", who.UID, link)
	}

	say("\nThe rooms called 一次函数")
	for room, err := range client.Rooms.All(ctx, &duobeiyun.ListRoomsRequest{Title: "一次函数"}) {
		if err != nil {
			return err
		}
		say("  %s  %s", room.RoomID, room.Title)
	}

	say("\nWho watched")
	if fake != nil {
		fake.AddViewers(room.RoomID,
			duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 85 * time.Minute},
			duobeiyuntest.Viewer{UID: "student-8", Mobile: true, Enter: room.StartTime.Add(12 * time.Minute), Stay: 40 * time.Minute},
		)
	}
	stats, err := client.Statistics.LiveRoom(ctx, room.RoomID)
	if err != nil {
		return err
	}
	s := stats.Statistic
	say("  %d students, %d at the same time, %v on average", s.TotalStudentNum, s.MaxStudents, s.StudentDurationDetail.Avg)
	account, err := client.Merchant.Get(ctx)
	if err != nil {
		return err
	}
	say("  the account has %.2f left", account.RemainMoney)

	say("\nA failure")
	_, err = client.Rooms.Get(ctx, "jz-no-such-room")
	switch {
	case errors.Is(err, edusdk.ErrNotFound):
		say("  errors.Is(err, edusdk.ErrNotFound): there is no such room")
		say("  %v", err)
	case err != nil:
		return err
	default:
		return errors.New("a room that does not exist was found")
	}
	return nil
}
