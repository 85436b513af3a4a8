// Package fakevendors serves the fakes of all vendors on one loopback address, for
// examples/fakevendors and `edusdk fake`.
package fakevendors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/catalog"
	"github.com/edusdk/edusdk/internal/console"
)

// Config says how the fakes are served.
type Config struct {
	Address string        // to listen on; a loopback one
	Strict  bool          // whether the fakes keep to the vendors' times (their SetStrict)
	Delay   time.Duration // that each request waits before it is read, as with a slow vendor
	JSON    bool          // whether everything is written as JSON, an object a line
	Out     io.Writer     // gets the guide, and a line for each request
	// Footer, if not nil, returns what is written below the guide, for the address of
	// all fakes, such as "http://127.0.0.1:8080".
	Footer func(root string) string
	// Language is that of the line that says how it ends: English if empty.
	Language console.Language
}

// guide is how a fake is reached.
type guide struct {
	Vendor  string   `json:"vendor"`
	URL     string   `json:"url"`
	Notes   []string `json:"notes"`
	Command string   `json:"command"`
}

// Serve serves until ctx ends.
func Serve(ctx context.Context, cfg Config) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return err
	}
	if a, ok := listener.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(errors.New("the address is not a loopback one"), listener.Close())
	}
	root := "http://" + listener.Addr().String()
	mux, guides := handler(cfg, root)
	if err := cfg.write(guides, root); err != nil {
		return errors.Join(err, listener.Close())
	}

	server := &http.Server{Handler: delayed(mux, cfg.Delay), ReadHeaderTimeout: 10 * time.Second}
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

// handler returns the fakes, each under a path of its own, and how they are reached.
func handler(cfg Config, root string) (*http.ServeMux, []guide) {
	lines := slog.New(slog.NewTextHandler(cfg.Out, &slog.HandlerOptions{ReplaceAttr: shorten}))
	if cfg.JSON {
		lines = slog.New(slog.NewJSONHandler(cfg.Out, &slog.HandlerOptions{ReplaceAttr: shorten}))
	}
	mux := http.NewServeMux()
	var guides []guide
	var signer signing
	for _, v := range catalog.Vendors {
		fake, path := v.Fake(), "/"+v.Name
		if f, ok := fake.(interface{ SetStrict(strict bool) }); ok {
			f.SetStrict(cfg.Strict)
		}
		if f, ok := fake.(signing); ok {
			signer = f
		}
		fake.SetLogger(lines.With("vendor", v.Name))
		mux.Handle(path+"/", http.StripPrefix(path, fake))
		guides = append(guides, guide{
			v.Name, root + path, v.Notes, strings.NewReplacer("BASE", root+path, "ROOT", root).Replace(v.Command),
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, text(guides))
	})
	mux.HandleFunc("/sign", func(w http.ResponseWriter, r *http.Request) { sign(signer, lines, w, r) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		lines.WarnContext(r.Context(), "request", "status", http.StatusNotFound, "problem", "the path is not under that of a vendor")
		http.NotFound(w, r)
	})
	return mux, guides
}

// write writes the guide.
func (cfg Config) write(guides []guide, root string) error {
	if cfg.JSON {
		encoder := json.NewEncoder(cfg.Out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(guides)
	}
	footer := ""
	if cfg.Footer != nil {
		footer = cfg.Footer(root)
	}
	_, err := io.WriteString(cfg.Out, text(guides)+footer+cfg.Language.Text("按 ctrl-C 结束。", "Interrupt to end.")+"\n")
	return err
}

// text is the guide for people.
func text(guides []guide) string {
	var b strings.Builder
	for _, g := range guides {
		fmt.Fprintln(&b, g.URL)
		for _, note := range slices.Concat(g.Notes, []string{g.Command}) {
			fmt.Fprintf(&b, "    %s\n", note)
		}
	}
	return b.String()
}

// delayed makes each request wait before it is read.
func delayed(next http.Handler, delay time.Duration) http.Handler {
	if delay <= 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
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

// shorten leaves of a line's time what one reads, in Beijing time, and of its other attributes what
// is not the same on each.
func shorten(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.String("time", a.Value.Time().In(console.Beijing).Format("15:04:05"))
	case slog.LevelKey, slog.MessageKey:
		return slog.Attr{}
	}
	return a
}
