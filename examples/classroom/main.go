// Classroom is the web site of a made-up teaching service: rooms for live lessons,
// their documents, who attended them, and a student's study hour beside what the
// supervision platform has on record of it.
//
//	go run ./examples/classroom
//
// serves it on a loopback address, in Chinese and English, against fakes of
// Duobeiyun and of the supervision platform that it starts itself. Nothing but Go is
// needed, and nothing leaves the machine. With DUOBEIYUN_PARTNER and
// DUOBEIYUN_APPKEY in the environment the rooms are the account's real ones.
//
//	go run ./examples/classroom -addr 127.0.0.1:8080 -lang zh
//	go run ./examples/classroom -slow 2s     # the vendors take their time
//	go run ./examples/classroom -rooms 300   # a busy account; 0 is a new one
//	go run ./examples/classroom -speed 1     # study hours last as long as they do
//
// While a simulated video plays, the clock of the study hour runs 30 times as fast
// as the world's, so that a minute takes two seconds; -speed sets that.
//
// Each page stands in a file of its own, with its handlers: rooms.go, upload.go,
// enter.go, attendance.go, study.go, regulator.go. server.go has the routes,
// security.go what protects them, texts.go every word in both languages, and demo.go
// the fakes, which a real site does not have.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/edusdk/edusdk"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "classroom:", err)
		stop()
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	address string
	lang    string        // "zh", "en", or "" for what each browser prefers
	slow    time.Duration // how long the fakes take to answer
	speed   int           // of the study hour's clock while a video plays
	rooms   int           // that the fake has
}

func readOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("classroom", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&o.address, "addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.lang, "lang", "", "`language` of the pages, zh or en; by default what each browser prefers")
	flags.DurationVar(&o.slow, "slow", 0, "how long the fakes take for each answer")
	flags.IntVar(&o.speed, "speed", 30, "how many times as fast as the world the study hour's clock runs while a video plays, 1 to 60")
	flags.IntVar(&o.rooms, "rooms", 12, "how many rooms the fake begins with")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("there are no arguments, but %q is one", flags.Arg(0))
	case o.lang != "" && o.lang != string(edusdk.Chinese) && o.lang != string(edusdk.English):
		return o, errors.New("-lang must be zh or en")
	case o.speed < 1 || o.speed > 60:
		return o, errors.New("-speed must be 1 to 60")
	case o.rooms < 0 || o.rooms > 2000:
		return o, errors.New("-rooms must be 0 to 2000")
	case o.slow < 0 || o.slow > 20*time.Second:
		return o, errors.New("-slow must be 0s to 20s")
	}
	return o, nil
}
