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
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/catalog"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "loopback `address` to listen on")
	strict := flag.Bool("strict", false, "keep to the times of rooms, to one report a minute and to the hours of a day")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *address, *strict, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fakevendors:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, address string, strict bool, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	if a, ok := listener.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(errors.New("the address is not a loopback one"), listener.Close())
	}
	root := "http://" + listener.Addr().String()
	lines := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: shorten}))
	mux := http.NewServeMux()
	var guide strings.Builder
	var signer signing
	for _, v := range catalog.Vendors {
		fake, path := v.Fake(), "/"+v.Name
		if f, ok := fake.(interface{ SetStrict(strict bool) }); ok {
			f.SetStrict(strict)
		}
		if f, ok := fake.(signing); ok {
			signer = f
		}
		fake.SetLogger(lines.With("vendor", v.Name))
		mux.Handle(path+"/", http.StripPrefix(path, fake))
		fmt.Fprintln(&guide, root+path)
		command := strings.NewReplacer("BASE", root+path, "ROOT", root).Replace(v.Command)
		for _, note := range slices.Concat(v.Notes, []string{command}) {
			fmt.Fprintf(&guide, "    %s\n", note)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, guide.String())
	})
	mux.HandleFunc("/sign", func(w http.ResponseWriter, r *http.Request) { sign(signer, lines, w, r) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		lines.WarnContext(r.Context(), "request", "status", http.StatusNotFound, "problem", "the path is not under that of a vendor")
		http.NotFound(w, r)
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

// signing is a fake that signs requests as its vendor wants them.
type signing interface {
	Sign(params url.Values) url.Values
}

// sign answers with the parameters of a query and a form, signed for Duobeiyun.
func sign(signer signing, lines *slog.Logger, w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		lines.WarnContext(r.Context(), "request", "path", "sign", "status", http.StatusBadRequest, "problem", "the parameters are not URL-encoded")
		http.Error(w, "the parameters are not URL-encoded", http.StatusBadRequest)
		return
	}
	lines.InfoContext(r.Context(), "request", "path", "sign", "status", http.StatusOK)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, signer.Sign(r.Form).Encode()) //nolint:gosec // plain text, and encoded
}

// shorten leaves of a line's time what one reads, and of its other attributes what
// is not the same on each.
func shorten(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.String("time", a.Value.Time().Format("15:04:05"))
	case slog.LevelKey, slog.MessageKey:
		return slog.Attr{}
	}
	return a
}
