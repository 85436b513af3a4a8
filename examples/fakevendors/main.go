// Fakevendors runs the fakes of all vendors on one loopback address, each under
// a path of its own, so that a service in any language can be tested against
// them. It prints their base URLs and credentials, and runs until it is
// interrupted.
//
//	go run ./examples/fakevendors
//	go run ./examples/fakevendors -addr 127.0.0.1:8080
//	curl -X POST http://127.0.0.1:8080/zjy/api/student/Studio/index -H 'Cookie: auth=fake-zjy-auth'
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
	"time"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// fakes are what is served: a path, the fake, and what its users need to know.
var fakes = []struct {
	path    string
	handler http.Handler
	notes   []string
}{
	{"/duobeiyun", duobeiyuntest.NewHandler(), []string{
		"partner " + duobeiyuntest.Partner, "app key " + duobeiyuntest.AppKey,
	}},
	{"/douyin", douyintest.NewHandler(), []string{
		"appid " + douyintest.AppID, "secret " + douyintest.Secret,
		"tokens at /douyin/" + douyintest.MiniAppTokenPath + " and /douyin/" + douyintest.OpenPlatformTokenPath,
		fmt.Sprintf("products %d, %d, %d", douyintest.OnShelfID, douyintest.ReviewingID, douyintest.ChangedID),
	}},
	{"/zjy", zjytest.NewHandler(), []string{
		"cookie auth=" + zjytest.Auth, "course " + zjytest.CourseOpenID + ", class " + zjytest.OpenClassID,
	}},
	{"/recorded", recordedtest.NewHandler(), []string{
		"header token: " + recordedtest.Token, "sections 1, 2, 3",
	}},
}

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
	for _, f := range fakes {
		mux.Handle(f.path+"/", http.StripPrefix(f.path, f.handler))
		_, _ = fmt.Fprintf(out, "http://%s%s\n", listener.Addr(), f.path)
		for _, note := range f.notes {
			_, _ = fmt.Fprintf(out, "    %s\n", note)
		}
	}
	_, _ = fmt.Fprintln(out, "Interrupt to end.")

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
