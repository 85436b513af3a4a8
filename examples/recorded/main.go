// Recorded goes through a recorded course as a student's player would: it
// begins a section, reports it when it goes on to the next one, and prints how
// far the student has come.
//
//	go run ./examples/recorded
//
// talks to a fake of the vendor that it starts itself. With RECORDED_BASE_URL in
// the environment it talks to that address instead, sending RECORDED_TOKEN in
// the header token, about the sections RECORDED_SECTIONS (default "1,2,3").
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func main() { program.Main() }

var program = &console.Program{
	Command: "go run ./examples/recorded",
	About: console.Text{
		ZH: "像播放器一样学完一门录播课：开始一节，转到下一节时上报，并显示进度。默认连接本机启动的模拟服务。",
		EN: "Goes through a recorded course as a student's player does, and shows how far the student has come. It talks to a fake on this machine unless it is given an address.",
	},
	Environment: []console.Variable{
		{Name: "RECORDED_BASE_URL", Text: console.Text{ZH: "平台地址；设置后连接真实平台", EN: "the vendor's address; if set, the real vendor is used"}},
		{Name: "RECORDED_TOKEN", Text: console.Text{ZH: "请求头 token 的值", EN: "what the header token holds"}},
		{Name: "RECORDED_SECTIONS", Text: console.Text{ZH: "课节编号，用逗号分隔，默认 1,2,3", EN: "ids of sections, separated by commas: 1,2,3 if empty"}},
	},
	Run: run,
	Next: []console.Variable{
		{Name: "examples/recorded/main.go", Text: console.Text{ZH: "本示例的代码", EN: "the code of this example"}},
		{Name: "go doc ./recorded", Text: console.Text{ZH: "该包的文档", EN: "the package's documentation"}},
		{Name: "go run ./examples/quickstart", Text: console.Text{ZH: "其余几家平台", EN: "the other vendors"}},
	},
}

func run(ctx context.Context, c *console.Console) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()

	config := recorded.Config{BaseURL: os.Getenv("RECORDED_BASE_URL")}
	auth := edusdk.WithHeader("token", os.Getenv("RECORDED_TOKEN"))
	if config.BaseURL == "" {
		fake := recordedtest.NewServer()
		defer fake.Close()
		// In the fake's time two minutes pass between two requests.
		now := time.Now()
		fake.SetClock(func() time.Time {
			now = now.Add(2 * time.Minute)
			return now
		})
		config, auth = fake.Config(), fake.Auth()
		c.Notef(c.Text("三节课，由本机模拟服务扮演：%s（-h 说明如何连接真实平台）", "three sections, played by a fake at %s (-h says how to use the real one)"), fake.URL)
	}
	client, err := recorded.New(config, auth)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	ids, err := sections(os.Getenv("RECORDED_SECTIONS"))
	if err != nil {
		return err
	}
	var rows [][]any
	watched := ids[0]
	for _, next := range append(ids, ids[0]) {
		plan, err := client.RefreshPlan(ctx, next, watched)
		if err != nil {
			return err
		}
		state := console.Green(c.Text("已学完", "studied"))
		if plan.Watched.StudyStatus == recorded.Studying {
			state = console.Yellow(c.Text("学习中 ", "so far ") + plan.Watched.Plan)
		}
		rows = append(rows, []any{
			fmt.Sprint(plan.Watched.SectionID), state, fmt.Sprintf("%d %s", plan.Section.ID, plan.Section.Title),
			console.Right(c.Duration(seconds(plan.Section.ViewDuration)) + " / " + c.Duration(seconds(plan.Section.Duration))),
		})
		watched = next
	}
	c.Heading(c.Text("学习进度", "Progress"))
	c.Table([]string{c.Text("刚看的课节", "watched"), c.Text("进度", "progress"), c.Text("接着看", "goes on to"), c.Text("看到 / 时长", "at / of")}, rows)
	return nil
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// sections reads ids, separated by commas.
func sections(list string) ([]int64, error) {
	if list == "" {
		list = "1,2,3"
	}
	var ids []int64
	for field := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(field), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("RECORDED_SECTIONS: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
