package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/console"
)

// command is what the program can do: the one declaration from which it is called,
// explained, completed and tested.
type command struct {
	// name is what is typed, such as "rooms list".
	name string
	// args are its arguments, such as "ROOM [UID]"; the last one can be "ID...".
	args string
	// about says what it does, in a line; notes, what else one has to know.
	about, notes text
	// vendor is whose credentials it reads; nil if it reads none.
	vendor *vendor
	// offline says that nothing is sent.
	offline bool
	// examples are command lines, without the program's name.
	examples []string
	// setup declares its flags and returns what it does; nil flags are declared by nobody.
	setup func(f *flags) action
}

// action is what a command does with its arguments.
type action func(ctx context.Context, s *session, args []string) (*result, error)

// plain is the setup of a command without flags of its own.
func plain(a action) func(*flags) action { return func(*flags) action { return a } }

// text is a text in the languages of the program.
type text console.Text

func (t text) in(lang console.Language) string { return console.Text(t).In(lang) }

// with fills in the verbs of a text; texts among the arguments stay in its language.
func (t text) with(args ...any) text {
	in := func(lang console.Language) string {
		words := slices.Clone(args)
		for i, arg := range words {
			if t, ok := arg.(text); ok {
				words[i] = t.in(lang)
			}
		}
		return fmt.Sprintf(t.in(lang), words...)
	}
	return text{in(console.Chinese), in(console.English)}
}

// find returns the command that the first words of args name, and the other words.
func find(all []*command, args []string) (*command, []string, error) {
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		for _, c := range all {
			if c.name == name {
				return c, args[words:], nil
			}
		}
	}
	if members := group(all, args[0]); len(members) > 0 {
		var names []string
		for _, c := range members {
			_, name, _ := strings.Cut(c.name, " ")
			names = append(names, name)
		}
		return nil, nil, &failure{
			what: text{"%s 后面需要子命令：%s", "%s needs one of: %s"}.with(args[0], strings.Join(names, ", ")),
			hint: text{"edusdk help %s", "edusdk help %s"}.with(args[0]), exit: exitUsage,
		}
	}
	return nil, nil, &failure{
		what: text{"没有命令 %s", "there is no command %s"}.with(edusdk.OneLine(args[0])),
		hint: text{"edusdk help 列出所有命令。", "edusdk help lists the commands."}, exit: exitUsage,
	}
}

// group returns the commands of two words that begin with the first.
func group(all []*command, first string) (members []*command) {
	for _, c := range all {
		if strings.HasPrefix(c.name, first+" ") {
			members = append(members, c)
		}
	}
	return members
}

// flags are those of a command; about texts name the value in backquotes, as those of
// package flag do.
type flags struct {
	*flag.FlagSet

	lang     console.Language
	order    []string            // as declared
	own      int                 // how many of order are the command's own
	values   map[string][]string // what a flag can be, if that is a list
	required []string
}

func newFlags(lang console.Language) *flags {
	f := &flags{FlagSet: flag.NewFlagSet("", flag.ContinueOnError), lang: lang, values: map[string][]string{}}
	f.SetOutput(io.Discard)
	return f
}

func (f *flags) string(name, value string, about text) *string {
	f.order = append(f.order, name)
	return f.String(name, value, about.in(f.lang))
}

func (f *flags) bool(name string, about text) *bool {
	f.order = append(f.order, name)
	return f.Bool(name, false, about.in(f.lang))
}

func (f *flags) int(name string, value int, about text) *int {
	f.order = append(f.order, name)
	return f.Int(name, value, about.in(f.lang))
}

func (f *flags) duration(name string, value time.Duration, about text) *time.Duration {
	f.order = append(f.order, name)
	return f.Duration(name, value, about.in(f.lang))
}

// choice is a flag that is one of values; the first is the default.
func (f *flags) choice(name string, about text, values ...string) *string {
	f.order = append(f.order, name)
	f.values[name] = values
	c := &choice{value: values[0], of: values}
	f.Var(c, name, about.in(f.lang))
	return &c.value
}

// time is a flag that is a time in UTC+8; zero if it is not given.
func (f *flags) time(name string, about text) *time.Time {
	f.order = append(f.order, name)
	var t moment
	f.Var(&t, name, about.in(f.lang))
	return (*time.Time)(&t)
}

// require makes flags required.
func (f *flags) require(names ...string) { f.required = append(f.required, names...) }

// choice is the value of a flag that is one of a list.
type choice struct {
	value string
	of    []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.of, value) {
		return errors.New(strings.Join(c.of, " | "))
	}
	c.value = value
	return nil
}

// moment is the value of a flag that is a time.
type moment time.Time

func (m *moment) String() string { return "" }

func (m *moment) Set(value string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, value, console.Beijing); err == nil {
			*m = moment(t)
			return nil
		}
	}
	return errors.New("2026-12-01 19:00 (UTC+8)")
}

// parse reads the flags of args, which may stand before, between and after the
// arguments, and returns the latter.
func (f *flags) parse(c *command, args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, c.misused(flagProblem(err))
		}
		left := f.Args()
		if n := len(args) - len(left); n > 0 && args[n-1] == "--" || len(left) == 0 {
			rest = append(rest, left...)
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	given := map[string]bool{}
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	for _, name := range f.required {
		if !given[name] {
			return nil, c.misused(text{"缺少参数 -%s", "the flag -%s is required"}.with(name))
		}
	}
	least, most := c.arity()
	switch {
	case len(rest) < least:
		return nil, c.misused(text{"缺少 %s", "%s is missing"}.with(strings.Fields(c.args)[len(rest)]))
	case most >= 0 && len(rest) > most:
		return nil, c.misused(text{"多余的参数 %s", "there is no place for the argument %s"}.with(edusdk.OneLine(rest[most])))
	}
	return rest, nil
}

// arity returns how many arguments a command takes; -1 means any number.
func (c *command) arity() (least, most int) {
	for _, arg := range strings.Fields(c.args) {
		if !strings.HasPrefix(arg, "[") {
			least++
		}
		if most++; strings.Contains(arg, "...") {
			return least, -1
		}
	}
	return least, most
}

// misused is the failure of a command line that is wrong.
func (c *command) misused(what text) error {
	return &failure{what: what, hint: text{"edusdk help %s", "edusdk help %s"}.with(c.name), exit: exitUsage}
}

// flagErrors are those of package flag, and flagTexts what is said for them.
var (
	flagErrors = regexp.MustCompile(`^(?:flag provided but not defined: |flag needs an argument: |invalid (?:boolean )?value .* for (?:flag )?)(-[^:]+)(?:: (.*))?`)
	flagTexts  = map[string]text{
		"flag p": {"没有参数 %s", "there is no flag %s"},
		"flag n": {"参数 %s 缺少值", "the flag %s lacks its value"},
		"invali": {"参数 %s 的值有误，应为 %s", "the value of the flag %s is wrong: it should be %s"},
	}
)

// flagProblem says what is wrong with a flag, without its value.
func flagProblem(err error) text {
	parts := flagErrors.FindStringSubmatch(err.Error())
	if parts == nil { // what was typed can be a secret
		return text{"参数的写法有误，应为 -name value 或 -name=value", "a flag is malformed: it is -name value or -name=value"}
	}
	name, right := edusdk.OneLine(parts[1]), parts[2]
	what := flagTexts[err.Error()[:6]]
	if strings.Count(what.EN, "%s") == 1 {
		return what.with(name)
	}
	switch right {
	case "parse error", "value out of range": // of package flag
		return what.with(name, text{"数字或时长，如 90m", "a number, or a length such as 90m"})
	}
	return what.with(name, right)
}
