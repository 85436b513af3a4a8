// Package console is what the programs of this repository print with: in Chinese or
// English, to a terminal, a pipe or a file.
//
// On a terminal there are colours, unless NO_COLOR is set, and bars that move. Into a
// pipe or a file, and with TERM=dumb, go plain lines, which hold no codes and are never
// shortened. Texts of vendors cannot move the cursor: Printf and Table show the control
// characters in their arguments.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Switch says whether something is on.
type Switch int

// The positions of a Switch.
const (
	Auto Switch = iota // as it is found
	On
	Off
)

// Options are how a Console prints. The zero value finds out by itself.
type Options struct {
	Language Language                 // that of the environment if empty
	Getenv   func(name string) string // os.Getenv if nil
	Terminal Switch                   // whether the output is a terminal
	Width    int                      // columns; those of the terminal if zero, 80 without one
}

// Console prints. Its methods may be called by several goroutines at once.
type Console struct {
	Language

	out      io.Writer
	file     *os.File // out, if it is a terminal whose width can be asked for
	width    int      // if it is fixed
	terminal bool
	moving   bool // the cursor may be moved
	colours  bool

	mu      sync.Mutex
	err     error
	printed bool
	last    time.Time // when something was printed
	said    time.Time // when something was printed that is not of a Live
	partial []byte    // of a line that Write was given
	lives   []*Live
	shown   int // lines of lives that are on the terminal
	ended   chan struct{}
}

// New returns a Console that prints to out.
func New(out io.Writer, o Options) *Console {
	c := &Console{Language: o.Language, out: out, width: o.Width, last: time.Now(), said: time.Now()}
	if c.Language == "" {
		c.Language = DefaultLanguage(o.Getenv)
	}
	getenv := o.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.file = f
	}
	c.terminal = o.Terminal == On || o.Terminal == Auto && c.file != nil
	c.moving = c.terminal && getenv("TERM") != "dumb" && (c.file == nil || understandsCodes(c.file))
	c.colours = c.moving && getenv("NO_COLOR") == ""
	return c
}

// Terminal reports whether lines can be redrawn: the output is a terminal, and not a
// dumb one.
func (c *Console) Terminal() bool { return c.moving }

// Width returns how many columns a line has.
func (c *Console) Width() int {
	if c.width > 0 {
		return c.width
	}
	if c.file != nil {
		if w, _, err := term.GetSize(int(c.file.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// Err returns the first error of writing to the output.
func (c *Console) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Printf prints a line, or several if format has line feeds. It formats as fmt.Printf
// does, but what comes of the arguments is clean, Styled ones have their style, and the
// width of a verb counts columns of the terminal.
func (c *Console) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // has vet check the format
	}
	c.print(strings.Split(strings.TrimSuffix(c.Sprintf(format, args...), "\n"), "\n"))
}

// Sprintf returns what Printf would print, for the lines of a Live.
func (c *Console) Sprintf(format string, args ...any) string {
	if false {
		_ = fmt.Sprintf(format, args...)
	}
	return fmt.Sprintf(format, wrap(args, c.colours)...)
}

// Title begins a part of what is printed, with a rule below the title.
func (c *Console) Title(title string) {
	title = Clean(title)
	c.skip()
	c.print([]string{
		Bold(Cyan("")).apply(title, c.colours),
		Cyan("").apply(strings.Repeat("─", max(min(max(60, Cells(title)), c.Width()-1), 1)), c.colours),
	})
}

// Heading begins a smaller part.
func (c *Console) Heading(heading string) {
	c.skip()
	c.print([]string{Bold("").apply(Clean(heading), c.colours)})
}

// Successf prints that something was done, behind a green check mark.
func (c *Console) Successf(format string, args ...any) {
	c.marked(Green("✓"), format, args)
}

// Warnf prints what one should look at, behind a yellow exclamation mark.
func (c *Console) Warnf(format string, args ...any) {
	c.marked(Yellow("!"), format, args)
}

// Failf prints that something failed, behind a red cross.
func (c *Console) Failf(format string, args ...any) {
	c.marked(Red("✗"), format, args)
}

// Notef prints a remark, dimmed. On a terminal, its lines are broken to fit.
func (c *Console) Notef(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...)
	}
	var lines []string
	for line := range strings.SplitSeq(fmt.Sprintf(format, wrap(args, false)...), "\n") {
		broken := []string{line}
		if c.terminal {
			broken = Wrap(line, c.Width()-len(margin))
		}
		for _, l := range broken {
			lines = append(lines, margin+Dim("").apply(l, c.colours))
		}
	}
	c.print(lines)
}

// marked prints lines behind a mark; on a terminal, they are broken to fit.
func (c *Console) marked(mark Styled, format string, args []any) {
	indent := c.Sprintf("  %s ", mark)
	var lines []string
	for line := range strings.SplitSeq(c.Sprintf(format, args...), "\n") {
		broken := []string{line}
		if c.terminal {
			broken = Wrap(line, c.Width()-4)
		}
		for _, l := range broken {
			lines = append(lines, indent+l)
			indent = "    "
		}
	}
	c.print(lines)
}

// Write prints text that comes by itself, such as a log, as whole lines. Codes of the
// terminal in it are shown, not obeyed.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.partial = append(c.partial, p...)
	end := strings.LastIndexByte(string(c.partial), '\n')
	text := string(c.partial[:end+1])
	c.partial = c.partial[end+1:]
	c.mu.Unlock()
	if text != "" {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i := range lines {
			lines[i] = Clean(lines[i])
		}
		c.print(lines)
	}
	return len(p), c.Err()
}

// skip prints an empty line, but not at the very beginning.
func (c *Console) skip() {
	c.mu.Lock()
	printed := c.printed
	c.mu.Unlock()
	if printed {
		c.print([]string{""})
	}
}

// print writes lines, above what moves.
func (c *Console) print(lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	c.erase(&b)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	c.note()
	c.draw(&b)
	c.write(b.String())
}

// write writes to the output. The console is locked.
func (c *Console) write(s string) {
	if s == "" {
		return
	}
	if _, err := io.WriteString(c.out, s); err != nil && c.err == nil {
		c.err = err
	}
}
