// Fleet is a learning platform on three machines. Students study; their sessions,
// and the reports to the regulator, are in PostgreSQL, and the regulator's token,
// which one machine logs in for, is in Redis. The machine that logged in is killed
// with SIGKILL, and its students go on on the others. Then the regulator goes away for
// a while. In the end every minute of every student is accounted for.
//
//	.ci/services go -C examples/fleet run .
//	.ci/services go -C examples/fleet run . -lang zh
//
// A minute takes a second. The machines are processes of the same program, the
// regulator is a fake that the example starts, and .ci/services starts the databases;
// to use others, set EDUSDK_TEST_POSTGRES and EDUSDK_TEST_REDIS to their URLs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/edusdk/edusdk/internal/console"
)

// plan is how the day goes.
type plan struct {
	postgres, redis string // URLs

	students int
	minutes  int           // of the video, which each of them watches
	minute   time.Duration // how long a minute of the students takes
	kill     int           // when a machine is killed, in minutes after the beginning
	away     int           // when the regulator goes away
	back     int           // when it is back
	policy   string        // what becomes of a report that may have arrived: a key of policies
}

func main() {
	if os.Getenv(workerVariable) != "" {
		workerMain()
		return
	}
	newProgram().Main()
}

// newProgram returns the program.
func newProgram() *console.Program {
	p := plan{
		postgres: os.Getenv("EDUSDK_TEST_POSTGRES"), redis: os.Getenv("EDUSDK_TEST_REDIS"),
		minutes: 12, minute: time.Second, kill: 4, away: 8, back: 10,
	}
	return &console.Program{
		Command: command,
		About: console.Text{
			ZH: "三台机器组成的学习平台：其中一台被杀，监管平台中断一阵，最后核对学员看过的每一分钟。\n\n监管平台可能已收到、却没有应答的上报，按 -policy 处理：\n  resend  重新发送，监管平台可能把一分钟记两次\n  park    先搁置，等人核对，可能少记\n  settle  查询监管平台的记录，查不清的搁置",
			EN: "A learning platform on three machines, one of which is killed, and a regulator that goes away: what becomes of every minute that the students watched.\n\n-policy says what becomes of a report that may have arrived:\n  resend  it is sent again, and the regulator may count a minute twice\n  park    it is set aside until somebody knows, and a minute may be missing\n  settle  the regulator's records are asked, and what is unclear is set aside",
		},
		Environment: []console.Variable{
			{Name: "EDUSDK_TEST_POSTGRES", Text: console.Text{ZH: "PostgreSQL 的 URL；.ci/services 会设置", EN: "PostgreSQL's URL, which .ci/services sets"}},
			{Name: "EDUSDK_TEST_REDIS", Text: console.Text{ZH: "Redis 的 URL；.ci/services 会设置", EN: "Redis's URL, which .ci/services sets"}},
		},
		Flags: func(flags *flag.FlagSet, l console.Language) {
			flags.IntVar(&p.students, "students", 150, l.Text("学员`人数`，1 到 2000", "the `number` of students, 1 to 2000"))
			flags.StringVar(&p.policy, "policy", "resend", l.Text("`策略`：resend、park 或 settle", "the `policy`: resend, park or settle"))
		},
		Run: p.run,
		Next: []console.Variable{
			{Name: "examples/fleet/worker.go", Text: console.Text{ZH: "这样一台机器的代码", EN: "what a machine of such a platform does"}},
			{Name: "docs/SCALE.md", Text: console.Text{ZH: "能承载多少学员", EN: "how many students that carries"}},
			{Name: "go doc ./supervision/study", Text: console.Text{ZH: "学时会话的文档；另见 supervision/outbox、adapters/postgres 和 adapters/redis", EN: "the documentation of sessions; also see supervision/outbox, adapters/postgres and adapters/redis"}},
		},
	}
}

// command starts the example, with the services that it needs.
const command = ".ci/services go -C examples/fleet run ."

// check says what the example cannot do.
func (p *plan) check(l console.Language) error {
	switch _, known := policies[p.policy]; {
	case p.postgres == "" || p.redis == "":
		return errors.New(l.Text(
			"需要 PostgreSQL 和 Redis：请在仓库根目录运行 "+command+"，它会在空闲端口启动两者，结束时停止；也可以自行设置 EDUSDK_TEST_POSTGRES 和 EDUSDK_TEST_REDIS",
			"PostgreSQL and Redis are needed: run "+command+" from the top of the repository, which starts both on free ports and stops them in the end; or set EDUSDK_TEST_POSTGRES and EDUSDK_TEST_REDIS",
		))
	case !known:
		return fmt.Errorf(l.Text("没有策略 %q：请用 resend、park 或 settle", "there is no policy %q: it is resend, park or settle"), p.policy)
	case p.students < 1 || p.students > 2000:
		return errors.New(l.Text("学员人数应在 1 到 2000 之间", "there can be 1 to 2000 students"))
	}
	return nil
}
