// Quickstart shows each vendor in a few lines. Duobeiyun is shown whole: a room
// is made, a document uploaded and attached, a teacher and a student get the
// links with which they enter, lists and statistics are read, a failure is
// handled, and all is deleted again. The others are asked for what they are
// mostly asked for.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -lang zh
//	go run ./examples/quickstart -h
//
// talks to fakes of the vendors that it starts itself. With DUOBEIYUN_PARTNER
// and DUOBEIYUN_APPKEY in the environment it talks to Duobeiyun itself instead,
// where a lesson costs money. The other examples beside this one say how they
// are given real credentials.
//
// Read classroom.go first, then others.go.
package main

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/console"
)

func main() { program.Main() }

var program = &console.Program{
	Command: "go run ./examples/quickstart",
	About: console.Text{
		ZH: "几秒钟看完五家教育平台的 SDK：一堂直播课从创建教室、上传课件到学情统计，再向其余四家各发一两个请求。默认连接本机启动的模拟服务，不联网、不花钱。",
		EN: "Shows the SDK of five education vendors in a few seconds: a live lesson from its room and its slides to its statistics, and a call or two to each of the other vendors. It talks to fakes on this machine: no network, no cost.",
	},
	Environment: []console.Variable{
		{Name: "DUOBEIYUN_PARTNER", Text: console.Text{ZH: "多贝云合作方账号；两项都设置时连接真实平台（收费）", EN: "the account; with both, the real platform is used, which costs money"}},
		{Name: "DUOBEIYUN_APPKEY", Text: console.Text{ZH: "多贝云密钥", EN: "its key"}},
		{Name: "NO_COLOR", Text: console.Text{ZH: "设置后不输出颜色", EN: "if set, there are no colours"}},
	},
	Run: run,
	Next: []console.Variable{
		{Name: "examples/quickstart/classroom.go", Text: console.Text{ZH: "刚才这堂课的代码", EN: "the code of this lesson"}},
		{Name: "README.md", Text: console.Text{ZH: "中文见 README.zh-CN.md：各平台示例、错误、重试、测试", EN: "an example a vendor; errors, retries, tests"}},
		{Name: "go run ./examples/classroom", Text: console.Text{ZH: "在浏览器里看：教室、课件、考勤、学时", EN: "the same in a browser: rooms, slides, attendance, study hours"}},
		{Name: "go run ./cmd/edusdk help", Text: console.Text{ZH: "命令行工具", EN: "the command line"}},
		{Name: "go run ./examples/supervision", Text: console.Text{ZH: "接入监管平台：双向接口、人脸核验、学时上报", EN: "a learning platform and its regulator, in both directions"}},
		{Name: "go run ./examples/outbox", Text: console.Text{ZH: "平台中断、进程被杀，学时一分钟不少", EN: "outages and killed processes, and no minute is lost"}},
		{Name: "go run ./examples/fakevendors", Text: console.Text{ZH: "把五家模拟服务开给其他语言的程序测试", EN: "the five fakes, for programs in any language"}},
		{Name: "go test ./...", Text: console.Text{ZH: "运行全部测试，不需要网络", EN: "all tests, without a network"}},
	},
}

func run(ctx context.Context, c *console.Console) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for _, vendor := range []func(context.Context, *console.Console) error{classroom, report, products, course, plan} {
		if err := vendor(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
