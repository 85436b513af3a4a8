// Fakevendors runs the fakes of all vendors on one loopback address, each under
// a path of its own, so that a service in any language can be tested against
// them. It prints their base URLs and credentials, with a command for each that
// can be pasted into a shell, and runs until it is interrupted. GET / answers
// with what it printed.
//
// Then it prints a line for each request: method, path, HTTP status, the vendor's
// code, and for one that was refused, which field was wrong. Nothing of what was
// sent but names is printed.
//
// /sign works out Duobeiyun's signature: it answers with the parameters that it is
// given, and partner, timestamp and sign, as the body of a request. Who writes a
// client in another language can compare with it.
//
//	go run ./examples/fakevendors
//	go run ./examples/fakevendors -addr 127.0.0.1:8080
//	curl -X POST http://127.0.0.1:8080/zjy/api/student/Studio/index -b auth=fake-zjy-auth
//	curl http://127.0.0.1:8080/sign -d roomId=jz1 -d 'title=初二 数学'
//
// -strict makes the fakes keep to the vendors' times as well: see the SetStrict of
// duobeiyuntest and supervisiontest.
//
// An address that is not a loopback one is refused: the fakes let everybody in
// who knows their credentials.
package main

import (
	"bytes"
	"context"
	"flag"
	"strings"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/internal/fakevendors"
)

func main() { newProgram().Main() }

// newProgram returns the program.
func newProgram() *console.Program {
	var address string
	var strict bool
	return &console.Program{
		Command: "go run ./examples/fakevendors",
		About: console.Text{
			ZH: "在一个回环地址上运行五家平台的模拟服务，任何语言的程序都可以拿来测试。先列出地址、凭证和可以粘贴的命令，之后每个请求一行，按 ctrl-C 结束。GET / 返回同样的说明，/sign 替你计算多贝云的签名。",
			EN: "Runs the fakes of all vendors on one loopback address, for programs in any language. It prints how to reach them, with commands to paste, then a line for each request, until ctrl-C. GET / answers with the same guide, and /sign signs for Duobeiyun.",
		},
		Flags: func(flags *flag.FlagSet, l console.Language) {
			flags.StringVar(&address, "addr", "127.0.0.1:0", l.Text("监听的回环`地址`，端口 0 为任意", "loopback `address` to listen on; port 0 is any"))
			flags.BoolVar(&strict, "strict", false, l.Text("按平台的时间规则：教室开放时间、每分钟一次上报、每日时段", "keep to the times of rooms, to one report a minute and to the hours of a day"))
		},
		Serves: true,
		Run: func(ctx context.Context, c *console.Console) error {
			c.Title(c.Text("五家平台的模拟服务", "Fakes of all vendors"))
			c.Notef("%s", c.ZoneNote())
			return fakevendors.Serve(ctx, fakevendors.Config{
				Address: address, Strict: strict, Out: &painter{Console: c}, Language: c.Language,
			})
		},
		Next: []console.Variable{
			{Name: "docs/TESTING.md", Text: console.Text{ZH: "怎样测试自己的服务；中文见 TESTING.zh-CN.md", EN: "how to test a service of your own"}},
			{Name: "go run ./examples/quickstart", Text: console.Text{ZH: "用 SDK 调用这些模拟服务", EN: "these fakes, called with the SDK"}},
		},
	}
}

// painter prints the lines that are written to it, in colours on a terminal: addresses,
// commands, and requests that were refused.
type painter struct{ *console.Console }

func (p *painter) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		s := strings.TrimSuffix(string(line), "\n")
		switch {
		case strings.HasPrefix(s, "http://"):
			p.Printf("%s", console.Bold(console.Cyan(s)))
		case strings.HasPrefix(s, "    curl "):
			p.Printf("%s", console.Cyan(s))
		case strings.Contains(s, " problem="):
			p.Printf("%s", console.Yellow(s))
		default:
			p.Printf("%s", s)
		}
	}
	return len(text), p.Err()
}
