package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program at once
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commands returns all commands, in the order in which help lists them.
func commands() []*command {
	return slices.Concat(
		roomCommands(), documentCommands(), statisticsCommands(), accountCommands(), signCommands(),
		supervisionCommands(), studyCommands(), douyinCommands(), zjyCommands(), recordedCommands(),
		fakeCommands(), helpCommands(),
	)
}

// The codes with which the program exits.
const (
	exitOK           = 0
	exitFailure      = 1
	exitUsage        = 2
	exitMaybeApplied = 3 // the vendor may have done what was asked, and nobody knows
	exitInterrupted  = 130
)

// run is the program. It returns the code to exit with.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := newSession(args, env, stdin, stdout, stderr)
	defer s.close()
	if len(args) > 0 && args[0] == completeCommand {
		return s.complete(args[1:])
	}
	r, err := s.call(ctx, args)
	if err == nil {
		err = s.print(r)
	}
	if err != nil {
		return s.fail(ctx, err)
	}
	return exitOK
}

// call carries out the command that args name.
func (s *session) call(ctx context.Context, args []string) (*result, error) {
	all := commands()
	if len(args) == 0 {
		return nil, &failure{
			what: text{"缺少命令", "a command is missing"},
			hint: text{"edusdk help 列出所有命令。", "edusdk help lists the commands."}, exit: exitUsage,
		}
	}
	if strings.HasPrefix(args[0], "-") {
		args = commandFirst(all, args)
	}
	c, rest, err := find(all, args)
	if err != nil {
		if group(all, args[0]) != nil && slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "--help" }) {
			return s.help(all, args[:1])
		}
		return nil, err
	}
	s.command = c
	f := newFlags(s.lang)
	do := s.declare(c, f)
	rest, err = f.parse(c, rest)
	if errors.Is(err, flag.ErrHelp) {
		return s.help(all, strings.Fields(c.name))
	}
	if err != nil {
		return nil, err
	}
	if f.Lookup("timeout") != nil && s.timeout <= 0 {
		return nil, c.misused(flagTexts["invali"].with("-timeout", text{"正的时长，如 30s", "a length above zero, such as 30s"}))
	}
	return do(ctx, s, rest)
}

// commandFirst puts the words of the command before the flags that stand in front of it.
// Without a command, the flags are those of help: -h, -lang and the like.
func commandFirst(all []*command, args []string) []string {
	for i := 1; i < len(args); i++ {
		if _, rest, err := find(all, args[i:]); err == nil {
			end := len(args) - len(rest)
			return slices.Concat(args[i:end], args[:i], rest)
		}
	}
	return append([]string{"help"}, args...)
}
