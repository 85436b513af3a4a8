package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// machines is how many the learning platform has.
const machines = 3

// day is what there is while the students study.
type day struct {
	plan

	books     *books
	regulator *regulator
	console   *console
	clock     clock
	machines  []*machine
	display   *display
}

// run is the day.
func (p plan) run(ctx context.Context) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d := &day{plan: p, books: newBooks(p.minutes), clock: clock{time.Now(), p.minute}}
	d.regulator = newRegulator(d.books)
	defer d.regulator.Close()
	if d.console, err = openConsole(ctx, p.postgres, d.regulator.Config()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.console.close(ctx)) }()
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
	d.display = newDisplay(d)
	defer d.display.stop()
	return d.study(ctx)
}

// startMachines starts the machines, and waits until they serve.
func (d *day) startMachines(ctx context.Context) error {
	for n := range machines {
		m, err := startMachine(ctx, worker{
			Name: fmt.Sprint("machine ", n+1), Postgres: d.postgres, Schema: d.console.schema, Redis: d.redis, Prefix: d.console.schema + ":",
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
	say := d.display.say
	say("%d students, %d minutes each, %d machines; a minute takes %s; policy %s", d.students, d.minutes, machines, d.minute, d.policy)
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
	say("all students have watched their video to its end")
	if err := d.console.drained(ctx); err != nil {
		return err
	}
	say("all reports have been sent")
	if err := d.console.setAside(ctx, d.books); err != nil {
		return err
	}
	d.display.stop()
	_, _ = fmt.Fprintln(d.out)
	a := d.books.account()
	if err := a.print(d.out, d.regulator.Logins()); err != nil {
		return err
	}
	_, _ = fmt.Fprint(d.out, "\n", readNext)
	return a.verdict(d.students * d.minutes)
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
	d.display.say("SIGKILL to %s, which logged in to the regulator for all", victim.Name)
	victim.kill()
	d.books.dead(victim.Name)
	if !minutes(d.away - d.kill) {
		return
	}
	d.display.say("the regulator goes away")
	d.regulator.away.Store(true)
	if !minutes(d.back - d.away) {
		return
	}
	d.display.say("the regulator is back")
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
