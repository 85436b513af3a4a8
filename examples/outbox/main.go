// Outbox is a day in the life of a learning platform in half a minute: students
// study, each minute of theirs is put into an outbox and sent to the regulator.
// In the middle the regulator goes away, and the learning platform's process is
// killed with SIGKILL, twice. In the end every minute of every student is accounted
// for.
//
//	go run ./examples/outbox
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
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
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

	out      io.Writer
	terminal bool
}

func main() {
	if dir := os.Getenv(platformDir); dir != "" {
		if err := learningPlatform(dir); err != nil {
			fmt.Fprintln(os.Stderr, "learning platform:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	info, err := os.Stdout.Stat()
	err = run(ctx, plan{
		students: 200, minutes: 30, minute: time.Second / 3, away: 9, kill: 13, back: 19, again: 20,
		out: os.Stdout, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "outbox:", err)
		stop()
		os.Exit(1)
	}
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
	d := &display{plan: p, books: b, regulator: regulator}
	defer d.start()()

	d.say("%d students study %d minutes each; a minute takes %s", p.students, p.minutes, p.minute.Round(time.Millisecond))
	began := time.Now()
	at := func(minute int) time.Time { return began.Add(time.Duration(minute) * p.minute) }
	go func() {
		if sleepUntil(ctx, at(p.away)) {
			d.say("the regulator goes away")
			regulator.away.Store(true)
		}
		if sleepUntil(ctx, at(p.back)) {
			d.say("the regulator is back")
			regulator.away.Store(false)
		}
	}()
	for _, kill := range []time.Time{at(p.kill), at(p.again), {}} {
		d.processes++
		d.say("process %d of the learning platform starts", d.processes)
		if err := process(ctx, p, dir, regulator.URL, kill, b); err != nil {
			return err
		}
		if !kill.IsZero() {
			d.say("SIGKILL to process %d", d.processes)
		}
	}
	d.say("all that can be sent has been sent")
	d.stop()
	return b.table(p.out)
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
	var exit *exec.ExitError
	if !kill.IsZero() && errors.As(err, &exit) && !exit.Exited() {
		return ctx.Err() // as it should be
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
