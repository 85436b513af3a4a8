package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/console"
)

func statisticsCommands() []*command {
	return []*command{
		{
			name: "stats room", args: "ROOM", vendor: duobeiyunVendor, about: text{"一个教室的直播统计", "how a room was watched live"},
			examples: []string{"stats room jz0123456789"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				stats, err := client.Statistics.LiveRoom(ctx, args[0])
				if err != nil {
					return nil, err
				}
				e := stats.Statistic
				return &result{value: stats, fields: []field{
					{text{"教室", "Room"}, stats.RoomID},
					{text{"标题", "Title"}, stats.Title},
					{text{"学生", "Students"}, fmt.Sprint(e.TotalStudentNum)},
					{text{"电脑端", "On PCs"}, fmt.Sprint(e.PCStudentNum)},
					{text{"移动端", "On phones"}, fmt.Sprint(e.MobileStudentNum)},
					{text{"最多同时在线", "Most at a time"}, fmt.Sprint(e.MaxStudents)},
					{text{"平均观看", "Watched on average"}, e.StudentDurationDetail.Avg},
					{text{"观看中位数", "Median"}, e.StudentDurationDetail.Median},
					{text{"最长", "Longest"}, e.StudentDurationDetail.Max},
				}}, nil
			})),
		},
		{
			name: "stats user", args: "ROOM UID", vendor: duobeiyunVendor, about: text{"某个学生的直播观看记录", "when a user was in a live room"},
			notes:    text{"需要平台开通统计权限。", "The platform has to grant the account this call."},
			examples: []string{"stats user jz0123456789 student-7"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				stats, err := client.Statistics.LiveUser(ctx, args[0], args[1])
				if err != nil {
					return nil, err
				}
				r := &result{value: stats, header: []text{{"进入（北京时间）", "CAME (UTC+8)"}, {"时长", "STAYED"}, {"设备", "DEVICE"}}}
				for _, v := range stats.Details {
					r.rows = append(r.rows, []any{v.Timestamp.Time, v.Duration, v.Platform})
				}
				return r, nil
			})),
		},
		{
			name: "stats attendance", args: "ROOM [UID...]", vendor: duobeiyunVendor, about: text{"多名学生的到课情况与在线时长", "who of some users attended a live room, and how long"},
			notes: text{
				"平台没有到课名单，须给出应到学生的 UID，或从标准输入每行读取一个。-csv 输出表格软件可直接打开的 CSV。需要平台开通统计权限。",
				"The platform has no list of who came: give the UIDs of those who should have, or one a line on stdin. -csv prints what spreadsheets open. The platform has to grant the account this call.",
			},
			examples: []string{"stats attendance jz0123456789 student-7 student-8", "stats attendance jz0123456789 -csv < uids.txt > attendance.csv"},
			setup:    attendance,
		},
		{
			name: "stats playback", args: "ROOM [UID]", vendor: duobeiyunVendor, about: text{"最近一周的回放统计", "how a recording was watched in the last week"},
			notes:    text{"给出 UID 时显示该用户的每次观看。需要平台开通统计权限。", "With a UID, the visits of that user. The platform has to grant the account this call."},
			examples: []string{"stats playback jz0123456789", "stats playback jz0123456789 student-7"},
			setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, args []string) (*result, error) {
				if len(args) == 2 {
					views, err := client.Statistics.PlaybackUser(ctx, args[0], args[1])
					r := &result{value: listed(views), header: []text{{"打开（北京时间）", "CAME (UTC+8)"}, {"离开", "LEFT"}, {"观看", "WATCHED"}, {"其中不重复", "OF IT ONCE"}, {"手机", "ON A PHONE"}}}
					for _, v := range views {
						r.rows = append(r.rows, []any{v.StartTime.Time, v.EndTime.Time, v.WatchedTime, v.WatchedUniqueTime, v.IsMobile})
					}
					return r, err
				}
				days, err := client.Statistics.PlaybackRoom(ctx, args[0])
				r := &result{value: listed(days), header: []text{{"日期", "DAY"}, {"观看次数", "VIEWS"}, {"总时长", "WATCHED"}}}
				for _, d := range days {
					r.rows = append(r.rows, []any{d.Timestamp.In(console.Beijing).Format(time.DateOnly), sum(d.WatchedTrend), sum(d.WatchedDurationTrend)})
				}
				return r, err
			})),
		},
	}
}

// attendance is stats attendance.
func attendance(f *flags) action {
	asCSV := f.bool("csv", text{"输出 CSV", "print CSV"})
	return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error) {
		room, uids := args[0], args[1:]
		if len(uids) == 0 {
			list, err := s.input(ctx)
			if err != nil {
				return nil, err
			}
			if uids = strings.Fields(list); len(uids) == 0 {
				return nil, s.command.misused(text{"缺少 UID", "UIDs are missing"})
			}
		}
		all, err := client.Statistics.Attendance(ctx, room, uids...)
		if err != nil {
			return nil, err
		}
		type entry struct {
			UID       string         `json:"uid"`
			Attended  bool           `json:"attended"`
			FirstSeen duobeiyun.Time `json:"firstSeen"`
			LastSeen  duobeiyun.Time `json:"lastSeen"`
			Present   float64        `json:"presentSeconds"`
			Total     float64        `json:"totalSeconds"`
			Stays     int            `json:"stays"`
			Platforms []string       `json:"platforms"`
		}
		var entries []entry
		r := &result{header: []text{{"用户", "USER"}, {"到课", "ATTENDED"}, {"首次进入（北京）", "FIRST SEEN (UTC+8)"}, {"最后离开", "LAST SEEN"}, {"在线", "PRESENT"}, {"进入次数", "STAYS"}, {"设备", "DEVICE"}}}
		for _, a := range all.Attendees {
			entries = append(entries, entry{a.UID, a.Attended(), a.FirstSeen, a.LastSeen, a.Present.Seconds(), a.Total.Seconds(), len(a.Stays), listed(a.Platforms)})
			r.rows = append(r.rows, []any{a.UID, a.Attended(), a.FirstSeen.Time, a.LastSeen.Time, console.Right(s.cell(a.Present)), len(a.Stays), strings.Join(a.Platforms, ", ")})
		}
		r.value = map[string]any{"roomId": room, "attendees": entries}
		if *asCSV {
			var b strings.Builder
			err = all.WriteCSV(&b, &duobeiyun.AttendanceCSV{Language: edusdk.Language(s.lang)})
			return &result{value: r.value, raw: b.String()}, err
		}
		return r, nil
	})
}

// sum adds up what there is for the hours of a day.
func sum[N ~int | ~int64](numbers map[int]N) (total N) {
	for _, n := range numbers {
		total += n
	}
	return total
}

func accountCommands() []*command {
	return []*command{{
		name: "account", vendor: duobeiyunVendor, about: text{"查看多贝云账号和余额", "show the account at Duobeiyun and its balance"},
		examples: []string{"account"},
		setup: plain(viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, _ []string) (*result, error) {
			m, err := client.Merchant.Get(ctx)
			if err != nil {
				return nil, err
			}
			yuan := func(amount fmt.Stringer) any { return text{amount.String() + " 元", "¥" + amount.String()} }
			return &result{value: m, fields: []field{
				{text{"机构", "Organisation"}, m.Name},
				{text{"余额", "Balance"}, yuan(m.RemainMoneyFen())},
				{text{"累计充值", "Paid in"}, yuan(m.TotalChargeMoneyFen())},
				{text{"累计消费", "Spent"}, yuan(m.ConsumptionMoneyFen())},
				{text{"音频课单价", "Price, audio"}, yuan(m.UnitPriceFen())},
				{text{"视频课单价", "Price, video"}, yuan(m.VideoUnitPriceFen())},
			}}, nil
		})),
	}}
}
