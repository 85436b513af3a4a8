package main

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/console"
)

// session is a run of the program.
type session struct {
	env            func(string) string
	in             io.Reader
	stdout, stderr io.Writer
	command        *command // nil until it is found

	lang console.Language
	json bool // -o json
	// out is for people, and so is notes, which is on stderr.
	out, notes *console.Console

	timeout     time.Duration
	baseURL     string
	credentials string // the file of -credentials
	verbose     bool

	source  text // where the credentials are from, once they have been read
	closers []func()
}

func newSession(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) *session {
	s := &session{env: env, in: stdin, stdout: stdout, stderr: stderr, json: peek(args, "o") == "json"}
	lang, err := console.ParseLanguage(peek(args, "lang"))
	if err != nil { // it is not given, or is reported once it is parsed
		lang = console.DefaultLanguage(env)
	}
	s.lang = lang
	s.out = console.New(stdout, console.Options{Language: lang, Getenv: env})
	s.notes = console.New(stderr, console.Options{Language: lang, Getenv: env})
	return s
}

// peek returns the value of a flag before the flags are declared: errors about them
// are printed in its way, too.
func peek(args []string, name string) (value string) {
	for i, arg := range args {
		switch flagName, v, ok := strings.Cut(strings.TrimLeft(arg, "-"), "="); {
		case arg == "--":
			return value
		case !strings.HasPrefix(arg, "-") || flagName != name:
		case ok:
			value = v
		case i+1 < len(args):
			value = args[i+1]
		}
	}
	return value
}

// declare declares the flags of a command and those of all.
func (s *session) declare(c *command, f *flags) action {
	do := c.setup(f)
	f.own = len(f.order)
	f.choice("o", text{"输出格式", "how to print"}, "table", "json")
	languages := []string{string(s.lang), string(console.English)}
	if s.lang == console.English {
		languages[1] = string(console.Chinese)
	}
	f.choice("lang", text{"输出语言", "in which language"}, languages...)
	if c.vendor != nil {
		f.order = append(f.order, "credentials")
		f.StringVar(&s.credentials, "credentials", "", text{"凭证`文件`", "`file` of credentials"}.in(s.lang))
	}
	if c.vendor != nil && !c.offline {
		f.order = append(f.order, "base-url", "timeout", "v")
		f.StringVar(&s.baseURL, "base-url", "", text{"平台`地址`，例如 edusdk fake 的地址", "`address` of the platform, such as that of edusdk fake"}.in(s.lang))
		f.DurationVar(&s.timeout, "timeout", 30*time.Second, text{"等待应答的最长`时间`", "how long to wait for an answer, a `time` such as 10s"}.in(s.lang))
		f.BoolVar(&s.verbose, "v", false, text{"在 stderr 显示收发过程，不含任何值", "show on stderr what is sent and received, without values"}.in(s.lang))
	}
	return do
}

// confirmable declares -yes.
func (f *flags) confirmable() *bool {
	return f.bool("yes", text{"不询问，直接执行", "do not ask"})
}

// options are those of every client.
func (s *session) options() []edusdk.Option {
	options := []edusdk.Option{edusdk.WithTimeout(s.timeout), edusdk.WithUserAgent("edusdk-cli")}
	if s.verbose {
		options = append(options, edusdk.WithDebug(s.stderr))
	}
	return options
}

// address returns the address of a vendor: that of -base-url, or else that of the
// setting with the name.
func (s *session) address(values map[string]string, name string) string {
	return cmp.Or(s.baseURL, values[name])
}

// opened has a client's connections closed in the end.
func (s *session) opened(client interface{ CloseIdleConnections() }) {
	s.closers = append(s.closers, client.CloseIdleConnections)
}

func (s *session) close() {
	for _, closeIt := range s.closers {
		closeIt()
	}
}

// progress is a bar on stderr, where that is a terminal.
type progress struct{ bar *console.Bar }

func (s *session) bar(label text, unit func(int64) string) progress {
	if s.json || !s.notes.Terminal() {
		return progress{}
	}
	return progress{s.notes.Bar(label.in(s.lang), 0, unit)}
}

func (p progress) update(done, total int64) {
	if p.bar != nil {
		p.bar.Update(done, total)
	}
}

// done ends the bar with a line that says so; stop takes it away, if it is still there.
func (p progress) done() {
	if p.bar != nil {
		p.bar.Done()
	}
}

func (p progress) stop() {
	if p.bar != nil {
		p.bar.Stop()
	}
}

// keyboard is somebody who can be asked.
type keyboard interface {
	// Ask prints a question and returns what is typed; secret does not show it.
	Ask(ctx context.Context, question string, secret bool) (string, error)
}

// keyboard returns nil if nobody can be asked.
func (s *session) keyboard() keyboard {
	if k, ok := s.in.(keyboard); ok {
		return k
	}
	return terminalOf(s.in, s.stderr)
}

// maxInput is the most bytes that are read from stdin.
const maxInput = 1 << 20

// input reads stdin to its end, without the mark that spreadsheets begin a file with. If
// ctx ends meanwhile, it returns at once, and leaves the reading to the end of the program.
func (s *session) input(ctx context.Context) (string, error) {
	type outcome struct {
		content []byte
		err     error
	}
	ended := make(chan outcome, 1)
	go func() {
		content, err := io.ReadAll(io.LimitReader(s.in, maxInput+1))
		ended <- outcome{content, err}
	}()
	select {
	case o := <-ended:
		if o.err == nil && len(o.content) > maxInput { // a part of it would be taken for all
			o.err = s.command.misused(text{"标准输入超过 1 MiB", "stdin holds more than 1 MiB"})
		}
		return strings.TrimPrefix(string(o.content), "\ufeff"), o.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// confirm asks whether to do something that costs money or cannot be undone. Where
// nobody can be asked, it is an error if unattended is false.
func (s *session) confirm(ctx context.Context, yes, unattended bool, question text) error {
	k := s.keyboard()
	switch {
	case yes || k == nil && unattended:
		return nil
	case k == nil:
		return s.command.misused(text{"无法询问确认，请加上 -yes", "nobody can be asked: add -yes"})
	}
	answer, err := k.Ask(ctx, question.in(s.lang)+" [y/N] ", false)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return &failure{what: text{"未执行任何操作", "nothing was done"}, exit: exitFailure}
	}
	return nil
}
