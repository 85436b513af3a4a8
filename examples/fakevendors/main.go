// Fakevendors runs the fakes of all vendors on one loopback address, each under
// a path of its own, so that a service in any language can be tested against
// them. It prints their base URLs and credentials, with a command for each that
// can be pasted into a shell, and runs until it is interrupted. GET / answers
// with what it printed.
//
//	go run ./examples/fakevendors
//	go run ./examples/fakevendors -addr 127.0.0.1:8080
//	curl -X POST http://127.0.0.1:8080/zjy/api/student/Studio/index -b auth=fake-zjy-auth
//
// An address that is not a loopback one is refused: the fakes let everybody in
// who knows their credentials.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/catalog"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "loopback `address` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *address, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fakevendors:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, address string, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	if a, ok := listener.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(errors.New("the address is not a loopback one"), listener.Close())
	}
	mux := http.NewServeMux()
	var guide strings.Builder
	for _, v := range catalog.Vendors {
		path := "/" + v.Name
		mux.Handle(path+"/", http.StripPrefix(path, v.Fake()))
		base := fmt.Sprintf("http://%s%s", listener.Addr(), path)
		fmt.Fprintln(&guide, base)
		for _, note := range slices.Concat(v.Notes, []string{strings.Replace(v.Command, "BASE", base, 1)}) {
			fmt.Fprintf(&guide, "    %s\n", note)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, guide.String())
	})
	_, _ = fmt.Fprint(out, guide.String(), "Interrupt to end.\n")

	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(last)
}
