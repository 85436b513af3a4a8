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
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/edusdk/edusdk/internal/fakevendors"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "loopback `address` to listen on")
	strict := flag.Bool("strict", false, "keep to the times of rooms, to one report a minute and to the hours of a day")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := fakevendors.Serve(ctx, fakevendors.Config{Address: *address, Strict: *strict, Out: os.Stdout}); err != nil {
		fmt.Fprintln(os.Stderr, "fakevendors:", err)
		stop()
		os.Exit(1)
	}
}
