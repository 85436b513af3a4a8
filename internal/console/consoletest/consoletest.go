// Package consoletest has what the tests of the programs have in common.
package consoletest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/console"
)

// Start runs a program with its output in a pipe, in English unless args say
// otherwise, and returns what it prints, errors included, and its exit code.
func Start(ctx context.Context, p *console.Program, args ...string) (out string, code int) {
	return start(ctx, p, console.Options{Language: console.English}, args)
}

// OnTerminal is Start on a terminal of 80 columns.
func OnTerminal(ctx context.Context, p *console.Program, args ...string) (out string, code int) {
	return start(ctx, p, onTerminal, args)
}

// InterruptAt is OnTerminal for a program that the user interrupts as soon as it has
// printed a text.
func InterruptAt(ctx context.Context, text string, p *console.Program, args ...string) (out string, code int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &buffer{text: text, cancel: cancel}
	code = p.Start(ctx, args, b, b, onTerminal)
	return b.String(), code
}

var onTerminal = console.Options{
	Language: console.English, Terminal: console.On, Width: 80, Getenv: func(string) string { return "" },
}

func start(ctx context.Context, p *console.Program, o console.Options, args []string) (string, int) {
	var out buffer
	code := p.Start(ctx, args, &out, &out, o)
	return out.String(), code
}

// buffer holds the output of two writers, which can end a context.
type buffer struct {
	mu     sync.Mutex
	out    strings.Builder
	text   string // that is waited for
	cancel context.CancelFunc
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.out.Write(p)
	if b.cancel != nil && strings.Contains(b.out.String(), b.text) {
		b.cancel()
	}
	return n, err
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// Check checks what holds for every program: it explains itself in both languages, on
// one screen, and it refuses what it does not know. Its result is the explanation in
// English.
func Check(t *testing.T, p *console.Program) (usage string) {
	t.Helper()
	for _, lang := range []string{"zh", "en"} {
		var code int
		usage, code = Start(t.Context(), p, "-lang", lang, "-h")
		assert.Zero(t, code)
		assert.LessOrEqual(t, strings.Count(usage, "\n"), 40, usage)
		for line := range strings.Lines(usage) {
			assert.LessOrEqual(t, console.Cells(strings.TrimSuffix(line, "\n")), 90, line)
		}
		assert.Contains(t, usage, p.Command)
		assert.Equal(t, lang == "zh", strings.ContainsFunc(heading(usage), isChinese), usage)
		CheckPiped(t, usage)
	}
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}, {"-lang", "nonsense"}} {
		out, code := Start(t.Context(), p, args...)
		assert.Equal(t, 2, code, "%v: %s", args, out)
		assert.Contains(t, out, p.Command+" -h")
	}
	return usage
}

// CheckPiped checks that an output into a pipe holds no code of a terminal.
func CheckPiped(t *testing.T, out string) {
	t.Helper()
	require.NotContains(t, out, "\x1b")
	require.NotContains(t, out, "\r")
}

func heading(usage string) string {
	_, rest, _ := strings.Cut(usage, "\n\n")
	return rest
}

func isChinese(r rune) bool { return unicode.Is(unicode.Han, r) }
