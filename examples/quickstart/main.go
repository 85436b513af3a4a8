// Quickstart shows each vendor in a few lines. Duobeiyun is shown whole: a room
// is made, a document uploaded and attached, a teacher and a student get the
// links with which they enter, lists and statistics are read, a failure is
// handled, and all is deleted again. The others are asked for what they are
// mostly asked for.
//
//	go run ./examples/quickstart
//
// talks to fakes of the vendors that it starts itself. With DUOBEIYUN_PARTNER
// and DUOBEIYUN_APPKEY in the environment it talks to Duobeiyun itself instead,
// where a lesson costs money. The other examples beside this one say how they
// are given real credentials.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	for _, vendor := range []func(context.Context, func(string, ...any)) error{classroom, report, products, course, plan} {
		if err := vendor(ctx, say); err != nil {
			return err
		}
	}
	return nil
}
