package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/edusdk/edusdk/internal/console"
)

// machines is how many the learning platform has.
const machines = 3

// day is what there is while the students study.
type day struct {
	plan
	*console.Console

	books     *books
	regulator *regulator
	desk      *desk
	clock     clock
	began     time.Time // the students
	machines  []*machine
}

// run is the day.
func (p *plan) run(ctx context.Context, c *console.Console) (err error) {
	if err := p.check(c.Language); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d := &day{plan: *p, Console: c, books: newBooks(p.minutes), clock: clock{time.Now(), p.minute}}
	d.regulator = newRegulator(d.books)
	defer d.regulator.Close()
	if d.desk, err = openDesk(ctx, p.postgres, d.regulator.Config()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.desk.close(ctx)) }()
	defer func() {
		for _, m := range d.machines {
			if failed := m.stop(); ctx.Err() == nil { // else they were told to die
				err = errors.Join(err, failed)
			}
		}
	}()
	if err := d.startMachines(ctx); err != nil {
		return err
	}
	return d.study(ctx)
}

// startMachines starts the machines, and waits until they serve.
func (d *day) startMachines(ctx context.Context) error {
	for n := range machines {
		m, err := startMachine(ctx, worker{
			Name: fmt.Sprint("machine ", n+1), Postgres: d.postgres, Schema: d.desk.schema, Redis: d.redis, Prefix: d.desk.schema + ":",
			Regulator: d.regulator.URL, Policy: d.policy, Length: time.Duration(d.minutes) * time.Minute, Clock: d.clock,
		})
		if err != nil {
			return err
		}
		d.machines = append(d.machines, m)
	}
	for _, m := range d.machines {
		if err := m.wait(); err != nil {
			return err
		}
	}
	return nil
}

// study has the students study, and accounts for it.
func (d *day) study(ctx context.Context) error {
	d.Title(d.Text("三台机器的学习平台", "A learning platform on three machines"))
	d.Printf(d.Text("%d 名学员各学 %d 分钟，这里的一分钟为 %s；策略 %s", "%d students, %d minutes each; a minute takes %s; policy %s"),
		d.students, d.minutes, d.Duration(d.minute), d.policy)
	d.began = time.Now()
	showing := d.Live(func() []string { return d.progress(ctx) })
	defer showing.Stop()
	trouble := make(chan struct{})
	go func() {
		defer close(trouble)
		d.trouble(ctx)
	}()
	err := d.watch(ctx)
	<-trouble
	if err != nil {
		return err
	}
	d.happens(d.Text("所有学员都看完了视频", "all students have watched their video to its end"))
	if err := d.desk.drained(ctx); err != nil {
		return err
	}
	d.happens(d.Text("所有上报都已发出", "all reports have been sent"))
	if err := d.desk.setAside(ctx, d.books); err != nil {
		return err
	}
	showing.Stop(d.machineLines()...)
	a := d.books.account()
	a.print(d.Console, d.regulator.Logins())
	return a.verdict(d.Language, d.students*d.minutes)
}

// happens prints what happens, and in which minute.
func (d *day) happens(what string) {
	minute := int(time.Since(d.began) / d.minute)
	d.Printf("  %s  %s", console.Dim(fmt.Sprintf(d.Text("第 %2d 分", "minute %2d"), minute)), what)
}

// progress shows how things are.
func (d *day) progress(ctx context.Context) []string {
	waiting, lag := "?", "?"
	if stats, err := d.desk.Stats(ctx); err == nil {
		waiting, lag = fmt.Sprint(stats.Waiting), d.Duration(0)
		if !stats.Oldest.IsZero() {
			lag = d.Duration(max(0, time.Since(stats.Oldest)).Round(100 * time.Millisecond))
		}
	}
	there := console.Green(d.Text("监管平台正常", "the regulator is there"))
	if d.regulator.away.Load() {
		there = console.Red(d.Text("监管平台中断", "the regulator is away"))
	}
	a, all := d.books.account(), d.students*d.minutes
	if !d.Terminal() {
		return []string{d.Sprintf(d.Text("  … 已看 %d，已接收 %d，待发 %s，最早的已等 %s；%s", "  … watched %d, accepted %d, waiting %s, the oldest due for %s; %s"),
			a.watched, a.accepted, waiting, lag, there)}
	}
	return append(d.machineLines(),
		d.Sprintf("  %-8s  %s  %5d / %d", d.Text("已看", "watched"), d.Meter(int64(a.watched), int64(all), 40), a.watched, all),
		d.Sprintf("  %-8s  %s  %5d / %d", d.Text("已接收", "accepted"), d.Meter(int64(a.accepted), int64(all), 40), a.accepted, all),
		d.Sprintf(d.Text("  待发 %s，最早的已等 %s；%s", "  waiting %s, the oldest due for %s; %s"), waiting, lag, there),
	)
}

// machineLines returns a table of the machines.
func (d *day) machineLines() []string {
	var rows [][]any
	for _, m := range d.machines {
		now, killed := m.now()
		state := console.Green(d.Text("运行", "up"))
		if killed {
			state, now.Lanes = console.Red(d.Text("被杀", "killed")), 0
		}
		rows = append(rows, []any{m.Name, state, now.Lanes, now.Sent, d.regulator.loginsOf(m.Name)})
	}
	return d.TableLines([]string{d.Text("机器", "machine"), d.Text("状态", "state"), d.Text("通道", "lanes"), d.Text("已发送", "sent"), d.Text("登录", "logins")}, rows)
}

// watch has all students watch the video.
func (d *day) watch(ctx context.Context) error {
	transport := &http.Transport{MaxIdleConnsPerHost: d.students}
	defer transport.CloseIdleConnections()
	done := make(chan error, d.students)
	for n := range d.students {
		p := &player{
			student: fmt.Sprintf("student-%04d", n), home: n, machines: d.machines, client: &http.Client{Transport: transport},
			clock: d.clock, length: time.Duration(d.minutes) * time.Minute, books: d.books,
		}
		go func() {
			// They do not all begin at the same time.
			sleepUntil(ctx, time.Now().Add(d.minute*time.Duration(n)/time.Duration(d.students)))
			done <- p.watch(ctx)
		}()
	}
	var err error
	for range d.students {
		if e := <-done; err == nil {
			err = e
		}
	}
	return err
}

// trouble is what befalls the learning platform.
func (d *day) trouble(ctx context.Context) {
	minutes := func(n int) bool { return sleepUntil(ctx, time.Now().Add(time.Duration(n)*d.minute)) }
	if !minutes(d.kill) || !d.atWork(ctx) {
		return
	}
	victim := d.machines[0]
	for _, m := range d.machines {
		if d.regulator.loginsOf(m.Name) > 0 {
			victim = m
		}
	}
	d.happens(fmt.Sprintf(d.Text("用 SIGKILL 杀死 %s：它替大家登录了监管平台", "SIGKILL to %s, which logged in to the regulator for all"), victim.Name))
	victim.kill()
	d.books.dead(victim.Name)
	if !minutes(d.away - d.kill) {
		return
	}
	d.happens(d.Text("监管平台中断", "the regulator goes away"))
	d.regulator.away.Store(true)
	if !minutes(d.back - d.away) {
		return
	}
	d.happens(d.Text("监管平台恢复", "the regulator is back"))
	d.regulator.away.Store(false)
}

// atWork waits until all machines that have students send reports, and so have the
// token: killed before that, the one that logs in would take it along. It reports
// whether that came before ctx ended.
func (d *day) atWork(ctx context.Context) bool {
	for _, m := range d.machines[:min(machines, d.students)] {
		for s, _ := m.now(); s.Sent == 0; s, _ = m.now() {
			if !sleepUntil(ctx, time.Now().Add(20*time.Millisecond)) {
				return false
			}
		}
	}
	return true
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
