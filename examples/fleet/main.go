// Fleet is a learning platform on three machines. Students study; their sessions,
// and the reports to the regulator, are in PostgreSQL, and the regulator's token,
// which one machine logs in for, is in Redis. The machine that logged in is killed
// with SIGKILL, and its students go on on the others. Then the regulator goes away for
// a while. In the end every minute of every student is accounted for.
//
//	.ci/services go -C examples/fleet run .
//
// A minute takes a second. The machines are processes of the same program, the
// regulator is a fake that the example starts, and .ci/services starts the databases;
// to use others, set EDUSDK_TEST_POSTGRES and EDUSDK_TEST_REDIS to their URLs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
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

	out      io.Writer
	terminal bool // out can move the cursor
}

func main() {
	if os.Getenv(workerVariable) != "" {
		workerMain()
		return
	}
	flag.Usage = usage
	students := flag.Int("students", 150, "how many students study")
	policy := flag.String("policy", "resend", "what becomes of a report that may have arrived: the `policy` resend, park or settle")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := plan{
		postgres: os.Getenv("EDUSDK_TEST_POSTGRES"), redis: os.Getenv("EDUSDK_TEST_REDIS"),
		students: *students, minutes: 12, minute: time.Second, kill: 4, away: 8, back: 10, policy: *policy,
		out: os.Stdout, terminal: isTerminal(os.Stdout),
	}
	if err := p.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		stop()
		os.Exit(1)
	}
}

// check says what the example cannot do.
func (p *plan) check() error {
	switch _, known := policies[p.policy]; {
	case p.postgres == "" || p.redis == "":
		return errors.New(`PostgreSQL and Redis are needed. From the top of the repository,

	.ci/services go -C examples/fleet run .

starts both on free ports, and stops them in the end. To use others, set
EDUSDK_TEST_POSTGRES (postgres://…) and EDUSDK_TEST_REDIS (redis://…)`)
	case !known:
		return fmt.Errorf("there is no policy %q: it is resend, park or settle", p.policy)
	case p.students < 1 || p.students > 2000:
		return errors.New("there can be 1 to 2000 students")
	}
	return nil
}

// isTerminal reports whether a file can move the cursor, and may.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func usage() {
	out := flag.CommandLine.Output()
	_, _ = fmt.Fprint(out, `A learning platform on three machines, one of which is killed, and a regulator that
goes away: what becomes of every minute that the students watched.

	.ci/services go -C examples/fleet run . [flags]

`)
	flag.PrintDefaults()
	_, _ = fmt.Fprint(out, `
resend: it is sent again, and the regulator may count a minute twice.
park:   it is set aside until somebody knows, and a minute may be missing.
settle: the regulator's records are asked; where they do not tell, it is set aside.

`, readNext)
}

const readNext = `Read next: examples/fleet/worker.go, what a machine of such a platform does;
docs/SCALE.md, how many students that carries; and the documentation of
supervision/study, supervision/outbox, adapters/postgres and adapters/redis.
`
