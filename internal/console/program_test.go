package console

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// program returns one that runs run.
func program(run func(ctx context.Context, c *Console) error) *Program {
	return &Program{
		Command: "go run ./examples/x",
		About:   Text{"演示 X。\n第二行。", "Shows X.\nA second line."},
		Environment: []Variable{
			{"X_KEY", Text{"密钥", "the key"}},
			{"X_WITH_A_VERY_LONG_NAME_THAT_GOES_ON_AND_ON", Text{"名字很长的变量", "a text that fits neither beside a name of that length nor below it, and so goes on in another line"}},
		},
		Flags: func(flags *flag.FlagSet, l Language) {
			flags.Int("n", 3, l.Text("重复`次数`", "how many `times`"))
			flags.Bool("strict", false, l.Text("严格", "be strict"))
		},
		Run:  run,
		Next: []Variable{{"go test ./...", Text{"运行测试", "run the tests"}}},
	}
}

// start runs a program.
func start(ctx context.Context, p *Program, o Options, args ...string) (code int, stdout, stderr string) {
	var out, problems bytes.Buffer
	if o.Getenv == nil {
		o.Getenv = environment()
	}
	code = p.Start(ctx, args, &out, &problems, o)
	return code, out.String(), problems.String()
}

func TestUsage(t *testing.T) {
	p := program(func(context.Context, *Console) error { return errors.New("it ran") })
	for _, args := range [][]string{{"-h"}, {"-lang", "en", "-h"}, {"-h", "-lang=en"}, {"--help", "--lang", "en"}} {
		code, out, problems := start(t.Context(), p, Options{}, args...)
		assert.Zero(t, code)
		assert.Empty(t, problems)
		assert.Equal(t, `go run ./examples/x [flags]

Shows X.
A second line.

Flags
  -lang language  the language of the output: zh or en (default en)
  -n times        how many times (default 3)
  -strict         be strict
  -h              show this help

Environment
  X_KEY
    the key
  X_WITH_A_VERY_LONG_NAME_THAT_GOES_ON_AND_ON
    a text that fits neither beside a name of that length nor below it, and so
    goes on in another line

What to do next
  go test ./...  run the tests
`, out, args)
	}
	code, out, _ := start(t.Context(), p, Options{Getenv: environment("LANG", "zh_CN.UTF-8")}, "-h")
	assert.Zero(t, code)
	for _, part := range []string{"[参数]\n\n演示 X。\n第二行。\n\n参数\n  -lang 语言  输出语言：zh 或 en（默认 zh）\n", "环境变量\n", "接下来\n  go test ./...  运行测试\n"} {
		assert.Contains(t, out, part)
	}
}

func TestProgramEnds(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx    context.Context
		args   []string
		err    error
		code   int
		stderr []string
	}{
		"well":                {code: 0},
		"in chinese":          {args: []string{"-lang", "zh", "-n", "5"}, code: 0},
		"with a failure":      {err: errors.New("broken"), code: 1, stderr: []string{"✗ broken\n"}},
		"an unknown flag":     {args: []string{"-x"}, code: 2, stderr: []string{"-x", "For help: go run ./examples/x -h"}},
		"in chinese, wrongly": {args: []string{"-lang=zh", "-x"}, code: 2, stderr: []string{"参数有误：", "-x", "用法见 go run ./examples/x -h"}},
		"an unknown language": {args: []string{"-lang", "de"}, code: 2, stderr: []string{"zh or en"}},
		"no language":         {args: []string{"-lang"}, code: 2, stderr: []string{"needs an argument"}},
		"an argument":         {args: []string{"here"}, code: 2, stderr: []string{"unexpected argument here"}},
		"behind the flags":    {args: []string{"--", "-lang", "zh"}, code: 2, stderr: []string{"unexpected argument -lang"}},
		"interrupted":         {ctx: canceled, err: context.Canceled, code: 130, stderr: []string{"! Interrupted.\n"}},
		"interrupted, and more": {
			ctx: canceled, err: fmt.Errorf("closing: %w", edusdk.ErrUnavailable), code: 1, stderr: []string{"closing: unavailable"},
		},
		"a vendor that is away": {
			err: fmt.Errorf("rooms: %w", edusdk.ErrUnavailable), code: 1,
			stderr: []string{"✗ rooms: unavailable\n", "Check the network"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ran := false
			ctx := tt.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			code, out, problems := start(ctx, program(func(_ context.Context, c *Console) error {
				ran = true
				c.Printf("%s", c.Text("跑", "run"))
				return tt.err
			}), Options{}, tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Equal(t, tt.code != 2, ran)
			assert.Equal(t, tt.code == 0, strings.Contains(out, "go test ./..."), "what is next is said only when all went well: %s", out)
			if tt.stderr == nil {
				assert.Empty(t, problems)
			}
			for _, part := range tt.stderr {
				assert.Contains(t, problems, part)
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestADiskThatIsFullIsAFailure(t *testing.T) {
	var problems bytes.Buffer
	p := program(func(_ context.Context, c *Console) error { c.Printf("x"); return nil })
	assert.Equal(t, 1, p.Start(t.Context(), nil, full{}, &problems, Options{Getenv: environment()}))
	assert.Contains(t, problems.String(), "no space left")
	assert.Equal(t, 0, p.Start(t.Context(), nil, io.Discard, &problems, Options{Getenv: environment()}))
}

func TestAdvice(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		zh, en string
	}{
		"a field":       {&edusdk.Error{Kind: edusdk.ErrInvalidArgument, Err: &edusdk.FieldError{Field: "Title"}}, "没有发出", "Nothing was sent"},
		"a key":         {edusdk.ErrUnauthenticated, "密钥", "key"},
		"a permission":  {edusdk.ErrPermissionDenied, "开通", "Ask the vendor"},
		"an id":         {edusdk.ErrNotFound, "编号", "id"},
		"money":         {edusdk.ErrResourceExhausted, "余额", "balance"},
		"a clock":       {edusdk.ErrClockSkew, "时钟", "clock"},
		"a lost answer": {&edusdk.Error{Kind: edusdk.ErrUnavailable, MaybeApplied: true}, "先查询", "look before"},
		"a network":     {edusdk.ErrUnavailable, "网络", "network"},
		"a deadline":    {context.DeadlineExceeded, "太慢", "too slow"},
		"another":       {errors.New("x"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			zh, en := Chinese.Advice(tt.err), English.Advice(tt.err)
			if tt.zh == "" {
				assert.Empty(t, zh+en)
			}
			assert.Contains(t, zh, tt.zh)
			assert.Contains(t, en, tt.en)
			var out bytes.Buffer
			New(&out, Options{Language: Chinese, Getenv: environment()}).Fail(tt.err)
			require.Contains(t, out.String(), zh)
		})
	}
}
