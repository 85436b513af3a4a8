package duobeiyun_test

import (
	"context"
	"fmt"
	"log"

	"github.com/edusdk/edusdk/duobeiyun"
)

// A lesson is broadcast in Weixin too (开通微信直播).
func ExampleWeixinLiveService_Open() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	course, err := client.WeixinLive.Open(context.Background(), &duobeiyun.WeixinLiveRequest{
		RoomID: room.RoomID, TeacherName: "张三", TeacherBrief: "数学教师", Description: "一次函数",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(course.Title, course.TeacherName, course.StartTime)
	// Output: 初二数学 张三 2026-03-02 09:00:00 +0800 UTC+8
}

// What is empty in an update stays as it is.
func ExampleWeixinLiveService_Update() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	ctx := context.Background()
	_, err := client.WeixinLive.Open(ctx, &duobeiyun.WeixinLiveRequest{
		RoomID: room.RoomID, TeacherName: "张三", TeacherBrief: "数学教师", Description: "一次函数",
	})
	if err != nil {
		log.Fatal(err)
	}
	course, err := client.WeixinLive.Update(ctx, &duobeiyun.WeixinLiveRequest{RoomID: room.RoomID, Description: "二次函数"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(course.TeacherName, course.Description)
	// Output: 张三 二次函数
}

func ExampleWeixinLiveService_Close() {
	client, _, stop := startFake()
	defer stop()
	room := newRoom(client)

	ctx := context.Background()
	if err := client.WeixinLive.Close(ctx, room.RoomID); err != nil {
		log.Fatal(err)
	}
	room, err := client.Rooms.Get(ctx, room.RoomID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("broadcast:", room.WeixinLiving)
	// Output: broadcast: false
}
