package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

//go:embed templates static
var files embed.FS

// site is the whole application.
type site struct {
	vendor  *duobeiyun.Client
	demo    *demo  // the fakes
	frames  string // where the vendor's classrooms come from, for the Content-Security-Policy
	lang    string // of all pages, if it is set
	key     []byte // of the tokens
	port    string
	pages   pages
	rooms   submissions
	uploads *uploads
	study   *desk
	log     *slog.Logger

	// background is what goes on after the request that began it, until ctx ends.
	background sync.WaitGroup
	ctx        context.Context //nolint:containedctx // of the background
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := readOptions(args, out)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.address)
	if err != nil {
		return err
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		// Whoever reaches the site can use the account.
		return errors.Join(errors.New("the address is not a loopback one"), listener.Close())
	}
	s, closeSite, err := newSite(ctx, o, fmt.Sprint(address.Port))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, closeSite()) }()
	s.greet(out, listener.Addr().String())

	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute, // an upload
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.say(out, "\n正在停止……", "\nStopping…")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close() // an upload that takes longer ends here
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newSite makes the site and starts what runs beside it; the function that it
// returns ends that.
func newSite(ctx context.Context, o options, port string) (_ *site, closeSite func() error, err error) {
	var closers []func() error
	closeAll := func() error {
		var errs []error
		for i := len(closers) - 1; i >= 0; i-- {
			errs = append(errs, closers[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	s := &site{lang: o.lang, key: make([]byte, 32), port: port, log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	_, _ = rand.Read(s.key) // never fails
	if s.pages, err = readPages(); err != nil {
		return nil, nil, err
	}
	config := duobeiyun.Config{Partner: os.Getenv("DUOBEIYUN_PARTNER"), AppKey: os.Getenv("DUOBEIYUN_APPKEY")}
	if (config.Partner == "") != (config.AppKey == "") {
		return nil, nil, errors.New("only one of DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY is set; the real vendor needs both")
	}
	s.demo = newDemo(o, config.Partner == "")
	closers = append(closers, s.demo.close)
	s.frames = "https://*.duobeiyun.com"
	if s.demo.vendor != nil {
		config = s.demo.vendor.Config()
		s.frames = config.BaseURL
	}
	s.vendor, err = duobeiyun.New(config, edusdk.WithTimeout(2*time.Minute))
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, func() error { s.vendor.CloseIdleConnections(); return nil })
	if s.demo.vendor != nil {
		if err := s.demo.seed(ctx, o.rooms); err != nil {
			return nil, nil, err
		}
	}
	s.uploads = newUploads()
	closers = append(closers, s.uploads.close)
	if s.study, err = openDesk(s.demo); err != nil {
		return nil, nil, err
	}
	closers = append(closers, s.study.close)
	// What goes on in the background ends first: the fakes wait for the calls to them.
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.ctx = background
	closers = append(closers, func() error {
		cancel()
		s.background.Wait()
		return nil
	})
	s.demo.slow.Store(int64(o.slow))
	return s, closeAll, nil
}

// handler returns the routes.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", s.page(showFile))
	mux.Handle("GET /favicon.ico", s.page(showFile))
	mux.Handle("GET /{$}", http.RedirectHandler("/rooms", http.StatusSeeOther))
	mux.Handle("GET /lang/{lang}", s.page(setLanguage))

	mux.Handle("GET /rooms", s.page(listRooms))
	mux.Handle("GET /rooms/new", s.page(newRoom))
	mux.Handle("POST /rooms", s.form(createRoom))
	mux.Handle("GET /unsure/{submission}", s.page(lookForRoom))
	mux.Handle("GET /rooms/{room}", s.page(showRoom))
	mux.Handle("GET /rooms/{room}/delete", s.page(confirmDelete))
	mux.Handle("POST /rooms/{room}/delete", s.form(deleteRoom))

	mux.Handle("POST /rooms/{room}/documents", s.upload(uploadDocument))
	mux.Handle("GET /rooms/{room}/jobs", s.page(listJobs))
	mux.Handle("POST /rooms/{room}/attach", s.form(attachDocument))
	mux.Handle("POST /rooms/{room}/detach", s.form(detachDocument))

	mux.Handle("GET /rooms/{room}/class", s.page(showClass))
	mux.Handle("GET /rooms/{room}/enter", s.enter())

	mux.Handle("GET /rooms/{room}/attendance", s.page(showAttendance))
	mux.Handle("GET /rooms/{room}/attendance.csv", s.page(downloadAttendance))

	mux.Handle("GET /study", s.page(listStudents))
	mux.Handle("GET /study/{student}/{video}", s.page(showStudy))
	mux.Handle("GET /study/{student}/{video}/state", s.page(studyState))
	mux.Handle("GET /study/{student}/{video}/camera/{face}", s.page(showCamera))
	mux.Handle("POST /study/{student}/{video}/start", s.form(startStudy))
	mux.Handle("POST /study/{student}/{video}/tick", s.form(tickStudy))
	mux.Handle("POST /study/{student}/{video}/face", s.form(checkFace))
	mux.Handle("POST /study/{student}/{video}/end", s.form(endStudy))
	mux.Handle("POST /regulator", s.form(switchRegulator))

	mux.Handle("GET /demo", s.page(showDemo))
	mux.Handle("POST /demo", s.form(switchDemo))
	mux.Handle("/", s.page(func(*visit) error { return errNoPage }))
	return s.secure(mux)
}

// showFile serves a file of the folder static. A browser asks each time whether it has
// changed, which costs little on a loopback address.
func showFile(v *visit) error {
	name := strings.TrimPrefix(v.r.URL.Path, "/")
	if name == "favicon.ico" {
		name = "static/icon.svg"
	}
	if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
		return errNoPage
	}
	v.w.Header().Set("Cache-Control", "no-cache")
	v.w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	http.ServeFileFS(v.w, v.r, files, name)
	return nil
}

// greet says where the site is.
func (s *site) greet(out io.Writer, address string) {
	s.say(out, "课堂演示站点：http://"+address, "The classroom is open: http://"+address)
	if s.demo.vendor != nil {
		s.say(out, "  多贝云与监管平台均为本机模拟，不会访问网络。", "  Duobeiyun and the supervision platform are fakes on this machine; nothing goes to the network.")
	} else {
		s.say(out, "  教室来自您的多贝云账号；监管平台为本机模拟。", "  The rooms are those of your Duobeiyun account; the supervision platform is a fake on this machine.")
	}
	s.say(out, "  按 Ctrl-C 停止。", "  Ctrl-C stops it.")
}

// say prints a line in the language that -lang or LANG names.
func (s *site) say(out io.Writer, zh, en string) {
	lang := s.lang
	if lang == "" {
		lang = terminalLanguage()
	}
	if lang == string(edusdk.Chinese) {
		en = zh
	}
	_, _ = fmt.Fprintln(out, en)
}
