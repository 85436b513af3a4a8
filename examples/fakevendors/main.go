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
	"strings"
	"time"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// fakes are what is served: a path, the fake, what its users need to know, and a
// command that shows it at work, with BASE where its address goes.
var fakes = []struct {
	path    string
	handler http.Handler
	notes   []string
	command string
}{
	{"/duobeiyun", duobeiyuntest.NewHandler(), []string{
		"partner " + duobeiyuntest.Partner, "app key " + duobeiyuntest.AppKey,
	}, "t=$(date +%s)000; curl BASE/api/v3/merchant -d partner=" + duobeiyuntest.Partner + " -d timestamp=$t -d sign=$(printf " +
		"'partner=" + duobeiyuntest.Partner + "&timestamp=%s" + duobeiyuntest.AppKey + "' $t | md5sum | cut -c1-32)"},
	{"/supervision", supervisiontest.NewHandler(), []string{
		"account " + supervisiontest.AccountName + ", password " + supervisiontest.Password,
		"platform code " + supervisiontest.PlatformCode,
	}, "curl BASE/api/v1/thlogin -H 'Content-Type: application/json' -d '" +
		`{"headers":{"deviceType":"TYPE_PC","timestamp":"'$(date +%s)'","deviceId":"` + supervisiontest.DeviceID + `"},` +
		`"data":{"studyPlatformAcount":"` + supervisiontest.AccountName + `","passWord":"` + supervisiontest.Password + `"}}'`},
	{"/douyin", douyintest.NewHandler(), []string{
		"appid " + douyintest.AppID, "secret " + douyintest.Secret,
		"tokens at /douyin/" + douyintest.MiniAppTokenPath + " and /douyin/" + douyintest.OpenPlatformTokenPath,
		fmt.Sprintf("products %d, %d, %d", douyintest.OnShelfID, douyintest.ReviewingID, douyintest.ChangedID),
	}, "curl BASE/" + douyintest.MiniAppTokenPath + " -H 'Content-Type: application/json' -d '" +
		`{"appid":"` + douyintest.AppID + `","secret":"` + douyintest.Secret + `","grant_type":"client_credential"}'`},
	{"/zjy", zjytest.NewHandler(), []string{
		"cookie auth=" + zjytest.Auth, "course " + zjytest.CourseOpenID + ", class " + zjytest.OpenClassID,
	}, "curl BASE/api/study/process/getProcessList -b auth=" + zjytest.Auth + " -d courseOpenId=" + zjytest.CourseOpenID +
		" -d openClassId=" + zjytest.OpenClassID},
	{"/recorded", recordedtest.NewHandler(), []string{
		"header token: " + recordedtest.Token, "sections 1, 2, 3",
	}, "curl BASE/" + recordedtest.Path + " -H 'token: " + recordedtest.Token + "' -d new_section_id=2 -d yet_section_id=1"},
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
	var guide strings.Builder
	for _, f := range fakes {
		mux.Handle(f.path+"/", http.StripPrefix(f.path, f.handler))
		base := fmt.Sprintf("http://%s%s", listener.Addr(), f.path)
		fmt.Fprintln(&guide, base)
		for _, note := range append(f.notes, strings.Replace(f.command, "BASE", base, 1)) {
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
