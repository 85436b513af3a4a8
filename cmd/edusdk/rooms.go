package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
)

// viaDuobeiyun is an action that needs a client of Duobeiyun.
func viaDuobeiyun(do func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error)) action {
	return func(ctx context.Context, s *session, args []string) (*result, error) {
		values, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		client, err := duobeiyun.New(duobeiyun.Config{
			Partner: values["DUOBEIYUN_PARTNER"], AppKey: values["DUOBEIYUN_APPKEY"], BaseURL: s.address(values, "DUOBEIYUN_BASE_URL"),
		}, s.options()...)
		if err != nil {
			return nil, err
		}
		s.opened(client)
		return do(ctx, s, client, args)
	}
}

func roomCommands() []*command {
	return []*command{
		{
			name: "rooms list", vendor: duobeiyunVendor, about: text{"列出教室", "list the rooms"},
			examples: []string{"rooms list -title 数学", "rooms list -after 2026-11-25 -before 2026-11-26 -o json"},
			setup: func(f *flags) action {
				title := f.string("title", "", text{"标题中的`文字`", "`part` of the title"})
				after := f.time("after", text{"开始于此`时间`或之后（北京时间）", "rooms that start at this `time` or later (UTC+8)"})
				before := f.time("before", text{"开始于此`时间`之前", "rooms that start before this `time`"})
				limit := f.int("limit", 0, text{"最多显示`个数`，0 为全部", "`number` of rooms at most; 0 is all"})
				return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, _ []string) (*result, error) {
					rooms, err := collect(client.Rooms.All(ctx, &duobeiyun.ListRoomsRequest{Title: *title}), *limit, func(r *duobeiyun.Room) bool {
						// Not by the vendor's parameters, whose meaning its document leaves open.
						return !r.StartTime.Before(*after) && (before.IsZero() || r.StartTime.Before(*before))
					})
					return roomTable(rooms), err
				})
			},
		},
		{
			name: "rooms get", args: "ROOM", vendor: duobeiyunVendor, about: text{"查看一个教室", "show a room"},
			examples: []string{"rooms get jz0123456789"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				room, err := client.Rooms.Get(ctx, args[0])
				if err != nil {
					return nil, err
				}
				return roomFields(room), nil
			})),
		},
		{
			name: "rooms create", vendor: duobeiyunVendor, about: text{"创建教室（会产生费用）", "create a room, which costs money"},
			notes:    text{"在终端中会先询问确认，-yes 跳过。", "On a terminal it asks first; -yes does not."},
			examples: []string{"rooms create -title '初二数学' -start '2026-12-01 19:00' -length 90m"},
			setup:    createRoom,
		},
		{
			name: "rooms update", args: "ROOM", vendor: duobeiyunVendor, about: text{"修改教室的标题或时间", "change a room's title or time"},
			notes:    text{"已开始的教室不能改开始时间。", "The start of a room that has begun cannot be moved."},
			examples: []string{"rooms update jz0123456789 -title '初三数学'", "rooms update jz0123456789 -start '2026-12-02 19:00' -length 2h"},
			setup:    updateRoom,
		},
		{
			name: "rooms delete", args: "ROOM", vendor: duobeiyunVendor, about: text{"删除教室", "delete a room"},
			notes:    text{"在终端中会先询问确认；不在终端中时必须加 -yes。", "On a terminal it asks first; elsewhere -yes is required."},
			examples: []string{"rooms delete jz0123456789", "rooms delete jz0123456789 -yes"},
			setup: func(f *flags) action {
				yes := f.confirmable()
				return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error) {
					if err := s.confirm(ctx, *yes, false, text{"删除教室 %s？", "Delete the room %s?"}.with(args[0])); err != nil {
						return nil, err
					}
					room, err := client.Rooms.Delete(ctx, args[0])
					if err != nil {
						return nil, err
					}
					r := roomFields(room)
					r.notes = []text{{"教室已删除。", "The room is deleted."}}
					return r, nil
				})
			},
		},
		{
			name: "rooms enter", args: "ROOM", vendor: duobeiyunVendor, about: text{"生成进入教室的链接", "make the link with which a user enters a room"},
			notes: text{
				"标准输出只有链接，五分钟内有效，任何人拿到都能进入：请勿转发到群聊或日志。-check 请求链接指向的页面，说明现在能否进入。",
				"Stdout has the link alone. It works for five minutes, for whoever has it: keep it out of chats and logs. -check fetches the page, and tells whether it lets in now.",
			},
			examples: []string{"rooms enter jz0123456789 -uid 7 -nickname 李四 -role student", "rooms enter jz0123456789 -uid 7 -nickname 李四 -role student -check"},
			setup:    enterRoom,
		},
		{
			name: "rooms documents", args: "ROOM", vendor: duobeiyunVendor, about: text{"列出教室的课件", "list the documents of a room"},
			examples: []string{"rooms documents jz0123456789"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				documents, err := client.Rooms.Documents(ctx, args[0])
				r := &result{value: listed(documents), long: 1, header: []text{{"课件", "DOCUMENT"}, {"文件名", "NAME"}, {"状态", "STATUS"}, {"大小", "SIZE"}, {"页数", "PAGES"}, {"关联时间（北京）", "ATTACHED (UTC+8)"}}}
				for _, d := range documents {
					r.rows = append(r.rows, []any{d.DocumentID, d.OriginalDocName, statusText(d.Status), size(d.Size), d.SlideCount, d.CreateTime.Time})
				}
				return r, err
			})),
		},
		{
			name: "rooms attach", args: "ROOM DOCUMENT", vendor: duobeiyunVendor, about: text{"把课件附加到教室", "attach a document to a room"},
			examples: []string{"rooms attach jz0123456789 8a7c…"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				err := client.Rooms.AttachDocument(ctx, args[0], args[1])
				return attachment(args, text{"课件已附加。", "The document is attached."}), looked(err, text{"edusdk rooms documents %s", "edusdk rooms documents %s"}.with(args[0]))
			})),
		},
		{
			name: "rooms detach", args: "ROOM DOCUMENT", vendor: duobeiyunVendor, about: text{"从教室移除课件", "detach a document from a room"},
			examples: []string{"rooms detach jz0123456789 8a7c…"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				return attachment(args, text{"课件已移除。", "The document is detached."}), client.Rooms.RemoveDocument(ctx, args[0], args[1])
			})),
		},
		{
			name: "rooms chats", args: "ROOM...", vendor: duobeiyunVendor, about: text{"聊天记录的下载链接", "where the chats of rooms can be downloaded"},
			notes:    text{"链接 24 小时内有效，任何人拿到都能下载。", "The links work for 24 hours, for whoever has them."},
			examples: []string{"rooms chats jz0123456789 jz0123456790 -o json"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				logs, err := client.Rooms.ChatLogs(ctx, args...)
				r := &result{value: listed(logs)}
				for _, l := range logs {
					r.fields = append(r.fields, field{text{l.RoomID, l.RoomID}, cmp.Or(l.DownloadURL, l.Msg)})
				}
				return r, err
			})),
		},
	}
}

// collect reads a list to its end, or to a limit that is not 0.
func collect[T any](all func(yield func(T, error) bool), limit int, keep func(T) bool) (list []T, err error) {
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		if keep == nil || keep(item) {
			list = append(list, item)
		}
		if limit > 0 && len(list) == limit {
			break
		}
	}
	return list, nil
}

// roomTable shows rooms, a line each.
func roomTable(rooms []*duobeiyun.Room) *result {
	r := &result{value: listed(rooms), long: 1, header: []text{{"教室", "ROOM"}, {"标题", "TITLE"}, {"开始（北京时间）", "START (UTC+8)"}, {"时长", "LENGTH"}, {"类型", "TYPE"}, {"录像", "RECORDING"}}}
	for _, room := range rooms {
		r.rows = append(r.rows, []any{room.RoomID, room.Title, room.StartTime.Time, lengthOf(room), typeText(room.CourseType), recordingText(room)})
	}
	return r
}

// roomFields shows all of a room.
func roomFields(room *duobeiyun.Room) *result {
	return &result{value: room, fields: []field{
		{text{"教室", "Room"}, room.RoomID},
		{text{"标题", "Title"}, room.Title},
		{text{"开始（北京时间）", "Start (UTC+8)"}, room.StartTime.Time},
		{text{"结束", "End"}, room.EndTime.Time},
		{text{"类型", "Type"}, typeText(room.CourseType)},
		{text{"视频", "Video"}, room.Video},
		{text{"录像", "Recording"}, recordingText(room)},
		{text{"回放有效期至", "Recording until"}, room.ValidEndTime.Time},
		{text{"主讲人邀请码", "Teacher's code"}, room.HostCode},
		{text{"微信直播", "Weixin broadcast"}, room.WeixinLiving},
		{text{"老师", "Teacher"}, room.TeacherName},
		{text{"简介", "Description"}, room.Description},
	}}
}

// lengthOf returns how long a room is, nothing if that is not known.
func lengthOf(room *duobeiyun.Room) any {
	if d := room.Duration(); d > 0 {
		return d
	}
	return nil
}

// roomTypes are the kinds of rooms by the words of -type.
var roomTypes = map[string]duobeiyun.RoomType{
	"1v1": duobeiyun.OneToOne, "1vn": duobeiyun.OneToMany, "flash": duobeiyun.SmallFlashClass, "small": duobeiyun.SmallClass,
}

func typeText(t duobeiyun.RoomType) any {
	for word, known := range roomTypes {
		if known == t {
			return word
		}
	}
	return t.String()
}

func recordingText(room *duobeiyun.Room) text {
	switch {
	case room.VOD:
		return text{"点播课", "uploaded video"}
	case room.ConvertStatus == duobeiyun.ConvertDefault:
		return text{"未生成", "not yet"}
	case room.ConvertStatus == duobeiyun.ConvertSucceeded:
		return text{"可回放", "ready"}
	case room.ConvertStatus == duobeiyun.ConvertFailed:
		return text{"转换失败", "failed"}
	case room.ConvertStatus == duobeiyun.ConvertEmpty:
		return text{"空录像", "empty"}
	}
	return text{room.ConvertStatus.String(), room.ConvertStatus.String()}
}

// createRoom is rooms create.
func createRoom(f *flags) action {
	title := f.string("title", "", text{"`标题`", "`title` of the room"})
	start := f.time("start", text{"开始`时间`（北京时间），如 '2026-12-01 19:00'", "`time` of its start (UTC+8), such as '2026-12-01 19:00'"})
	length := f.duration("length", time.Hour, text{"`时长`，30m 到 5h", "how `long`, 30m to 5h"})
	kind := f.choice("type", text{"类型", "kind of room"}, "1vn", "1v1", "flash", "small")
	video := f.bool("video", text{"开启视频", "with video"})
	yes := f.confirmable()
	f.require("title", "start")
	return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, _ []string) (*result, error) {
		question := text{"创建教室“%s”，%s 开始，时长 %s，会产生费用。继续？", "Create the room %q, from %s, for %s? It costs money."}
		if err := s.confirm(ctx, *yes, true, question.with(*title, s.lang.Time(*start), s.lang.Duration(*length))); err != nil {
			return nil, err
		}
		room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
			Title: *title, Video: *video, StartTime: *start, Length: *length, Type: roomTypes[*kind],
		})
		if err != nil {
			look := "edusdk rooms list -title " + quoted(*title)
			return nil, looked(err, text{look, look})
		}
		r := roomFields(room)
		r.notes = []text{{"教室已创建。", "The room is created."}}
		return r, nil
	})
}

// updateRoom is rooms update.
func updateRoom(f *flags) action {
	title := f.string("title", "", text{"新`标题`", "new `title`"})
	start := f.time("start", text{"新的开始`时间`（北京时间），须同时给出 -length", "new `time` at which it starts (UTC+8), with -length"})
	length := f.duration("length", 0, text{"新`时长`，30m 到 5h", "how `long`, 30m to 5h"})
	return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (room *result, err error) {
		if *title == "" && start.IsZero() || start.IsZero() != (*length == 0) {
			return nil, s.command.misused(text{"需要 -title，或 -start 和 -length", "-title is needed, or -start and -length"})
		}
		var changed *duobeiyun.Room
		if *title != "" {
			if changed, err = client.Rooms.UpdateTitle(ctx, args[0], *title); err != nil {
				return nil, err
			}
		}
		if !start.IsZero() {
			if changed, err = client.Rooms.Reschedule(ctx, args[0], *start, *length); err != nil {
				return nil, err
			}
		}
		return roomFields(changed), nil
	})
}

// enterRoom is rooms enter.
func enterRoom(f *flags) action {
	roles := map[string]duobeiyun.Role{
		"student": duobeiyun.RoleStudent, "teacher": duobeiyun.RoleTeacher, "inspector": duobeiyun.RoleInspector, "assistant": duobeiyun.RoleAssistant,
	}
	devices := map[string]duobeiyun.DeviceType{"pc": duobeiyun.DevicePC, "mobile": duobeiyun.DeviceMobile}
	uid := f.string("uid", "", text{"用户在贵方系统中的 `id`", "`id` of the user on your own site"})
	nickname := f.string("nickname", "", text{"显示给他人的`昵称`", "`name` that the others see"})
	role := f.choice("role", text{"角色", "as what"}, "student", "teacher", "inspector", "assistant")
	device := f.choice("device", text{"设备（auto 由平台判断）", "with what"}, "auto", "pc", "mobile")
	check := f.bool("check", text{"检查现在能否进入，不输出链接", "tell whether the room lets in now; print no link"})
	f.require("uid", "nickname")
	return viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
		request := &duobeiyun.EnterRequest{RoomID: args[0], UID: *uid, Nickname: *nickname, Role: roles[*role], DeviceType: devices[*device]}
		if *check {
			if err := client.Rooms.CheckEnter(ctx, request); err != nil {
				return nil, err
			}
			return &result{value: map[string]bool{"open": true}, fields: []field{{text{"现在可以进入", "The room lets in now"}, true}}}, nil
		}
		link, err := client.Rooms.EnterURL(request)
		if err != nil {
			return nil, err
		}
		return &result{
			value: map[string]any{"url": link.URL, "expires": link.Expires}, raw: link.URL + "\n",
			notes: []text{{"链接五分钟内有效，任何人拿到都能进入，请勿公开。", "The link works for five minutes, for whoever has it: it is a secret."}},
		}, nil
	})
}

// attachment is what rooms attach and detach show.
func attachment(args []string, done text) *result {
	return &result{value: map[string]string{"roomId": args[0], "documentId": args[1]}, fields: []field{
		{text{"教室", "Room"}, args[0]}, {text{"课件", "Document"}, args[1]},
	}, notes: []text{done}}
}

// quoted returns a word for a shell.
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
