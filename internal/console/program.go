package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/edusdk/edusdk"
)

// Program is what the main functions of the examples have in common: the flags -h and
// -lang, an interrupt that ends ctx, and errors with what can be done about them.
type Program struct {
	// Command starts it, such as go run ./examples/quickstart.
	Command string
	// About says what it does, in paragraphs that are broken into lines to fit.
	About Text
	// Environment are the variables that it reads, in pairs of a name and a text.
	Environment []Variable
	// Flags adds flags of its own, described in the language, or is nil.
	Flags func(flags *flag.FlagSet, l Language)
	// Run is what it does. ctx ends when the user interrupts the program.
	Run func(ctx context.Context, c *Console) error
	// Serves says that it waits for others, which is not worth a line.
	Serves bool
	// Next says what to do next: each is a command or a file, and what it is for.
	Next []Variable
}

// Variable is a name, and what it is for.
type Variable struct {
	Name string
	Text Text
}

// The exit codes of a Program.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it
)

// Main is the program's main function: it exits.
func (p *Program) Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends a program that does not
	code := p.Start(ctx, os.Args[1:], os.Stdout, os.Stderr, Options{})
	stop()
	os.Exit(code)
}

// Start runs the program and returns its exit code. Options.Language is that of the
// flag -lang if the user gives it.
func (p *Program) Start(ctx context.Context, args []string, stdout, stderr io.Writer, o Options) int {
	if o.Language == "" {
		o.Language = DefaultLanguage(o.Getenv)
	}
	chosen, err := languageOf(args)
	if err == nil && chosen != "" {
		o.Language = chosen
	}
	// Each output finds out by itself what it is.
	problems := New(stderr, Options{Language: o.Language, Getenv: o.Getenv})
	flags := flag.NewFlagSet(p.Command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.String("lang", string(o.Language), o.Language.Text("输出`语言`：zh 或 en", "the `language` of the output: zh or en"))
	if p.Flags != nil {
		p.Flags(flags, o.Language)
	}
	if err == nil {
		if err = flags.Parse(args); err != nil && !errors.Is(err, flag.ErrHelp) && o.Language == Chinese {
			err = fmt.Errorf("参数有误：%w", err)
		}
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%s %s", o.Language.Text("不认识的参数", "unexpected argument"), flags.Arg(0))
	}
	c := New(stdout, o)
	switch {
	case errors.Is(err, flag.ErrHelp):
		p.usage(c, flags)
		return 0
	case err != nil:
		problems.Failf("%s", err)
		problems.Printf("%s", problems.Text("用法见 ", "For help: ")+p.Command+" -h")
		return exitUsage
	}
	if err = p.run(ctx, c); err == nil {
		p.next(c)
		err = c.Err()
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && edusdk.KindOf(err) == edusdk.ErrCanceled:
		problems.Warnf("%s", problems.Text("已中断。", "Interrupted."))
		return exitInterrupted
	}
	problems.Fail(err)
	return exitFailed
}

// run runs the program, and shows that it waits when it does.
func (p *Program) run(ctx context.Context, c *Console) error {
	if !p.Serves {
		defer c.waitingLine().Stop()
	}
	return p.Run(ctx, c)
}

// languageOf returns the language that -lang asks for, which has to be known before
// the flags are described.
func languageOf(args []string) (Language, error) {
	for i, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return "", nil
		case name != "-lang" && name != "--lang":
			continue
		case !found && i+1 < len(args):
			value = args[i+1]
		case !found:
			return "", nil // flag.Parse says what is missing
		}
		return ParseLanguage(value)
	}
	return "", nil
}

// usage prints what -h is answered with.
func (p *Program) usage(c *Console, flags *flag.FlagSet) {
	c.Printf("%s%s", Bold(p.Command), c.Text(" [参数]", " [flags]"))
	c.Printf("")
	for line := range strings.SplitSeq(p.About.In(c.Language), "\n") {
		c.print(Wrap(line, c.textWidth()))
	}
	c.Heading(c.Text("参数", "Flags"))
	var rows [][]any
	flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += c.Text("（默认 ", " (default ") + f.DefValue + c.Text("）", ")")
		}
		rows = append(rows, []any{Cyan(strings.TrimSpace("-" + f.Name + " " + value)), text})
	})
	rows = append(rows, []any{Cyan("-h"), c.Text("显示本帮助", "show this help")})
	c.list(rows)
	if len(p.Environment) > 0 {
		c.Heading(c.Text("环境变量", "Environment"))
		c.list(c.variables(p.Environment))
	}
	p.next(c)
}

// next prints what to do next.
func (p *Program) next(c *Console) {
	if len(p.Next) > 0 {
		c.Heading(c.Text("接下来", "What to do next"))
		c.list(c.variables(p.Next))
	}
}

func (c *Console) variables(list []Variable) [][]any {
	var rows [][]any
	for _, v := range list {
		rows = append(rows, []any{Cyan(v.Name), v.Text.In(c.Language)})
	}
	return rows
}

// list prints pairs of a name and a text. Unlike those of a table, the texts are never
// shortened but go on below.
func (c *Console) list(rows [][]any) {
	column := 0 // where the texts begin
	for _, row := range rows {
		column = max(column, len(margin)+Cells(fmt.Sprint(row[0]))+len(gap))
	}
	below := column > c.Width()/2
	if below {
		column = 2 * len(margin)
	}
	for _, row := range rows {
		lines := Wrap(Clean(fmt.Sprint(row[1])), max(c.textWidth()-column, 20))
		if below {
			lines = append([]string{""}, lines...)
		}
		c.Printf(margin+"%-*s%s", column-len(margin), row[0], lines[0])
		for _, line := range lines[1:] {
			c.Printf("%*s%s", column, "", line)
		}
	}
}

// textWidth is how wide a paragraph is: lines that are longer than this are hard to read.
func (c *Console) textWidth() int { return min(c.Width(), 100) }

// Fail prints an error, and what can be done about it.
func (c *Console) Fail(err error) {
	c.Failf("%s", err)
	if advice := c.Advice(err); advice != "" {
		c.Notef("%s", advice)
	}
}

// Advice says what the user of a program can do about a failure of a call, or nothing.
func (l Language) Advice(err error) string {
	var field *edusdk.FieldError
	switch kind := edusdk.KindOf(err); {
	case errors.As(err, &field):
		return l.Text("请求没有发出：请改正上面指出的字段。", "Nothing was sent: correct the field that is named above.")
	case kind == edusdk.ErrUnauthenticated:
		return l.Text("请核对账号和密钥。", "Check the account and the key.")
	case kind == edusdk.ErrPermissionDenied:
		return l.Text("请联系厂商为该账号开通此接口。", "Ask the vendor to open this call to the account.")
	case kind == edusdk.ErrNotFound:
		return l.Text("请核对编号，它可能已被删除。", "Check the id: it may have been deleted.")
	case kind == edusdk.ErrResourceExhausted:
		return l.Text("请稍后再试，或核对账户余额。", "Try again later, or check the account's balance.")
	case kind == edusdk.ErrClockSkew:
		return l.Text("请校准本机的时钟。", "Set this machine's clock.")
	case edusdk.MaybeApplied(err):
		return l.Text("操作可能已经生效：重试之前请先查询。", "It may have been carried out: look before you try again.")
	case kind == edusdk.ErrUnavailable:
		return l.Text("请检查网络和地址，稍后再试。", "Check the network and the address, and try again later.")
	case kind == edusdk.ErrDeadlineExceeded:
		return l.Text("对方应答太慢：请稍后再试。", "The other side is too slow: try again later.")
	}
	return ""
}
