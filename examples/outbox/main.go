// Outbox is a day in the life of a learning platform in a quarter of a minute: students
// study, each minute of theirs is put into an outbox and sent to the regulator.
// In the middle the regulator goes away, and the learning platform's process is
// killed with SIGKILL, twice. In the end every minute of every student is accounted
// for.
//
//	go run ./examples/outbox
//	go run ./examples/outbox -lang zh
//
// A minute takes a third of a second. The regulator is a fake that the example
// starts; the learning platform is a second process of the same program.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/console"
)

// plan is how the day goes. Everything but the last two fields counts in
// minutes of the students.
type plan struct {
	students int
	minutes  int // that each of them studies
	minute   time.Duration
	away     int // the regulator goes away
	kill     int // the first process is killed
	back     int // the regulator is back
	again    int // the second process is killed, while the backlog drains

	console *console.Console
}

func main() {
	if dir := os.Getenv(platformDir); dir != "" {
		if err := learningPlatform(dir); err != nil {
			fmt.Fprintln(os.Stderr, "learning platform:", err)
			os.Exit(1)
		}
		return
	}
	program.Main()
}

var program = &console.Program{
	Command: "go run ./examples/outbox",
	About: console.Text{
		ZH: "学习平台的一天，浓缩到十几秒：200 名学员各学 30 分钟，每分钟学时经发件箱上报监管平台。其间监管平台中断，学习平台的进程被 SIGKILL 两次，最后逐班核对每一分钟。",
		EN: "A day of a learning platform in a quarter of a minute: 200 students study 30 minutes each, and each minute goes through an outbox to the regulator. The regulator goes away, and the platform's process is killed twice. In the end every minute is accounted for.",
	},
	Run: func(ctx context.Context, c *console.Console) error {
		return run(ctx, plan{
			students: 200, minutes: 30, minute: time.Second / 3, away: 9, kill: 13, back: 19, again: 20, console: c,
		})
	},
	Next: []console.Variable{
		{Name: "examples/outbox/platform.go", Text: console.Text{ZH: "学习平台的代码", EN: "the code of the learning platform"}},
		{Name: "go doc ./supervision/outbox", Text: console.Text{ZH: "发件箱的文档：策略、暂停、核对", EN: "the outbox's documentation: policies, pauses, settling"}},
		{Name: "examples/fleet/main.go", Text: console.Text{ZH: "三台机器，PostgreSQL 和 Redis", EN: "three machines on PostgreSQL and Redis"}},
	},
}

// run is the day.
func run(ctx context.Context, p plan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "outbox-example-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := newBooks(p)
	regulator := newRegulator(b)
	defer regulator.Close()
	c := p.console
	showing := c.Live(func() []string { return progress(c, b, regulator) })
	defer showing.Stop()

	c.Title(c.Text("学习平台的一天", "A day of a learning platform"))
	c.Printf(c.Text("%d 名学员各学 %d 分钟，这里的一分钟为 %s", "%d students study %d minutes each; a minute takes %s"), p.students, p.minutes, c.Duration(p.minute))
	began := time.Now()
	at := func(minute int) time.Time { return began.Add(time.Duration(minute) * p.minute) }
	// happens prints what happens, and in which minute.
	happens := func(what string) {
		c.Printf("  %s  %s", console.Dim(fmt.Sprintf(c.Text("第 %2d 分", "minute %2d"), int(time.Since(began)/p.minute))), what)
	}
	go func() {
		if sleepUntil(ctx, at(p.away)) {
			happens(c.Text("监管平台中断", "the regulator goes away"))
			regulator.away.Store(true)
		}
		if sleepUntil(ctx, at(p.back)) {
			happens(c.Text("监管平台恢复", "the regulator is back"))
			regulator.away.Store(false)
		}
	}()
	for n, kill := range []time.Time{at(p.kill), at(p.again), {}} {
		happens(fmt.Sprintf(c.Text("学习平台的第 %d 个进程启动", "process %d of the learning platform starts"), n+1))
		if err := process(ctx, p, dir, regulator.URL, kill, b); err != nil {
			return err
		}
		if !kill.IsZero() {
			happens(fmt.Sprintf(c.Text("用 SIGKILL 杀死第 %d 个进程", "SIGKILL to process %d"), n+1))
		}
	}
	happens(c.Text("能发的都已发出", "all that can be sent has been sent"))
	showing.Stop()
	return b.table(c)
}

// progress shows how far things are.
func progress(c *console.Console, b *books, r *regulator) []string {
	a, all := b.account(0, b.plan.students), b.plan.students*b.plan.minutes
	there := console.Green(c.Text("监管平台正常", "the regulator is there"))
	if r.away.Load() {
		there = console.Red(c.Text("监管平台中断", "the regulator is away"))
	}
	if !c.Terminal() {
		return []string{c.Sprintf(c.Text("  … 已学 %d，已上报 %d，共 %d；%s", "  … studied %d, reported %d, of %d; %s"), a.studied, a.reported, all, there)}
	}
	return []string{
		c.Sprintf("  %-8s  %s  %5d / %d", c.Text("已学", "studied"), c.Meter(int64(a.studied), int64(all), 40), a.studied, all),
		c.Sprintf("  %-8s  %s  %5d / %d", c.Text("已上报", "reported"), c.Meter(int64(a.reported), int64(all), 40), a.reported, all),
		c.Sprintf("  %s", there),
	}
}

// process runs a process of the learning platform, until it is killed or, for a
// zero time, until it has nothing left to do.
func process(ctx context.Context, p plan, dir, url string, kill time.Time, b *books) error {
	cmd := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // it is this program
	cmd.Env = append(os.Environ(), platformDir+"="+filepath.Clean(dir), platformURL+"="+url,
		fmt.Sprintf("%s=%d %d %d", platformPlan, p.students, p.minutes, p.minute))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if !kill.IsZero() {
		timer := time.AfterFunc(time.Until(kill), func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if err := b.line(lines.Text()); err != nil {
			return err
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if !kill.IsZero() && errors.As(err, &exit) && !exit.Exited() {
		return nil // as it should be
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// sleepUntil reports whether the time came before ctx ended.
func sleepUntil(ctx context.Context, t time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(t)):
		return true
	}
}
