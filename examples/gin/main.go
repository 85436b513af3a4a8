// Gin is a school's service on Gin that uses this module in both directions: it sells live
// lessons on Duobeiyun (rooms, documents, and the link with which a user enters), and takes
// the calls of the supervision platform, which pushes classes and pulls courses.
//
//	go -C examples/gin run .
//
// talks to fakes of both that it starts itself, prints commands that can be pasted into a
// shell, and runs until it is interrupted. With DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY in the
// environment it talks to Duobeiyun, where rooms cost money; with SUPERVISION_CALLER_TOKEN,
// which is required then, it takes the calls that have this token.
//
// In service.go is what a service needs, and in errors.go how failures become answers.
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
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 is any that is free")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gin.SetMode(gin.ReleaseMode)
	if err := run(ctx, *address, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gin:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends, and then lets the requests under way come to their end.
func run(ctx context.Context, address string, out io.Writer) error {
	config := duobeiyun.Config{Partner: os.Getenv("DUOBEIYUN_PARTNER"), AppKey: os.Getenv("DUOBEIYUN_APPKEY")}
	callerToken, shownToken := os.Getenv("SUPERVISION_CALLER_TOKEN"), `'"$SUPERVISION_CALLER_TOKEN"'`
	switch {
	case config == (duobeiyun.Config{}):
		fake := duobeiyuntest.NewServer()
		defer fake.Close()
		config = fake.Config()
		if callerToken == "" {
			callerToken, shownToken = supervisiontest.CallerToken, supervisiontest.CallerToken
		}
	case callerToken == "": // the fake's is known to everybody
		return errors.New("SUPERVISION_CALLER_TOKEN is required beside the credentials of a real account")
	}
	logger := slog.New(slog.NewTextHandler(out, nil))
	client, err := duobeiyun.New(config, edusdk.WithTimeout(10*time.Second), edusdk.WithLogger(logger))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	handler, err := newService(client, callerToken, logger)
	if err != nil {
		return err
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		// Everybody knows the passwords of this example.
		return errors.Join(errors.New("the address is not a loopback one"), listener.Close())
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: documentTimeout,
		WriteTimeout: 2 * documentTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, _ = fmt.Fprintf(out, guide, "http://"+listener.Addr().String(), shownToken, time.Now().Add(time.Hour).Format(time.RFC3339))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	rest, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(rest); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// guide is printed with the address, the token of the supervision platform, or how a shell
// gets it from the environment, and a time.
const guide = `A school on Gin, at %[1]s. Paste into a shell at the top of the repository:

  curl -u teacher:teacher %[1]s/rooms -d '{"title": "初二数学", "startTime": "%[3]s", "length": 90}'
  curl -u student:student %[1]s/rooms
  room=$(curl -s -u student:student %[1]s/rooms | grep -o 'jz[0-9a-f]*' | head -n 1)
  curl -u teacher:teacher %[1]s/rooms/$room/documents -F 'file=@examples/quickstart/lesson.pdf'
  curl -i -u student:student %[1]s/rooms/$room/enter
  curl -u teacher:teacher %[1]s/rooms -d '{"length": 5}'
  curl %[1]s/api/v1/thirdCoursePull -H 'Content-Type: application/json' \
    -d '{"headers": {"userToken": "%[2]s", "timestamp": "'$(date +%%s)'"}, "data": {"pageNo": "1", "pageSize": "10"}}'

`
