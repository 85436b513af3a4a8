package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/console"
)

// classroom takes a lesson through Duobeiyun, from its room to its statistics.
func classroom(ctx context.Context, c *console.Console) (err error) {
	vendor, err := openVendor(c)
	if err != nil {
		return err
	}
	defer vendor.close()
	c.Title(c.Text("多贝云：一堂直播课", "Duobeiyun 多贝云: a live lesson"))
	if vendor.fake != nil {
		c.Notef(c.Text("由本机模拟服务扮演：%s（-h 说明如何连接真实平台）", "played by a fake at %s (-h says how to use the real one)"), vendor.fake.URL)
	}
	c.Notef("%s", c.ZoneNote())

	client, err := duobeiyun.New(vendor.Config, edusdk.WithTimeout(20*time.Second))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	c.Heading(c.Text("创建教室", "A room"))
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
			c.Printf("")
			c.Successf(c.Text("教室已删除：%s", "room deleted: %s"), room.RoomID)
		}
	}()
	c.Successf("%s", c.Text("已创建", "created"))
	c.Fields(
		c.Text("标题", "title"), room.Title,
		c.Text("编号", "id"), room.RoomID,
		c.Text("时间", "time"), c.Time(room.StartTime.Time)+"–"+c.Clock(room.EndTime.Time)+c.Text("，", ", ")+c.Duration(room.Duration()),
	)

	c.Heading(c.Text("上传课件", "A document"))
	content, size := vendor.document()
	uploading := c.Bar(c.Text("上传", "upload"), size, c.Bytes)
	defer uploading.Stop()
	documentID, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{
		Name: "第一课 一次函数.pdf", Content: content, Size: size, Progress: uploading.Update,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Documents.Delete(context.WithoutCancel(ctx), documentID)) }()
	uploading.Done()

	err = c.Wait(c.Text("转换", "conversion"), func() error { return client.Documents.WaitConverted(ctx, documentID) })
	if err != nil {
		return err
	}
	if err := client.Rooms.AttachDocument(ctx, room.RoomID, documentID); err != nil {
		return err
	}
	documents, err := client.Rooms.Documents(ctx, room.RoomID)
	if err != nil {
		return err
	}
	c.Successf("%s", c.Text("已加入教室", "attached to the room"))
	var rows [][]any
	for _, d := range documents {
		rows = append(rows, []any{d.OriginalDocName, console.Right(c.Bytes(d.Size)), d.DocumentID})
	}
	c.Table([]string{c.Text("课件", "document"), c.Text("大小", "size"), c.Text("编号", "id")}, rows)

	c.Heading(c.Text("进入教室的链接", "The ways in"))
	rows = nil
	for _, who := range []duobeiyun.EnterRequest{
		{RoomID: room.RoomID, UID: "teacher-1", Nickname: "张三老师", Role: duobeiyun.RoleTeacher, DeviceType: duobeiyun.DevicePC},
		{RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent},
	} {
		link, err := client.Rooms.EnterURL(&who)
		if err != nil {
			return err
		}
		address, _, _ := strings.Cut(link.URL, "?") // what follows lets everybody in
		rows = append(rows, []any{who.UID, who.Nickname, c.Clock(link.Expires), console.Cyan(address + "?…")})
	}
	c.Table([]string{c.Text("用户", "user"), c.Text("昵称", "nickname"), c.Text("有效至", "until"), c.Text("链接", "link")}, rows)
	c.Notef("%s", c.Text("链接五分钟内有效，只发给浏览器，不写日志。", "A link works for five minutes. It goes to the browser, and into no log."))

	c.Heading(c.Text("标题含“一次函数”的教室", "The rooms called 一次函数"))
	rows = nil
	for room, err := range client.Rooms.All(ctx, &duobeiyun.ListRoomsRequest{Title: "一次函数"}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{room.Title, c.Time(room.StartTime.Time), room.RoomID})
	}
	c.Table([]string{c.Text("标题", "title"), c.Text("开始", "start"), c.Text("编号", "id")}, rows)

	c.Heading(c.Text("学情统计", "Who watched"))
	vendor.watch(room)
	stats, err := client.Statistics.LiveRoom(ctx, room.RoomID)
	if err != nil {
		return err
	}
	account, err := client.Merchant.Get(ctx)
	if err != nil {
		return err
	}
	s := stats.Statistic
	c.Fields(
		c.Text("学员", "students"), s.TotalStudentNum,
		c.Text("同时在线最多", "at the same time"), s.MaxStudents,
		c.Text("移动端", "on mobile devices"), s.MobileStudentNum,
		c.Text("人均观看", "watched on average"), c.Duration(s.StudentDurationDetail.Avg),
		c.Text("账户余额", "account's balance"), c.Sprintf("¥%.2f", account.RemainMoney),
	)

	c.Heading(c.Text("一次失败：查询不存在的教室", "A failure: a room that does not exist"))
	_, err = client.Rooms.Get(ctx, "jz-no-such-room")
	switch {
	case errors.Is(err, edusdk.ErrNotFound):
		c.Fail(err)
		c.Notef(c.Text("代码里这样判断：%s", "in code: %s"), "errors.Is(err, edusdk.ErrNotFound)")
	case err != nil:
		return err
	default:
		return errors.New(c.Text("查到了不存在的教室", "a room that does not exist was found"))
	}
	return nil
}
