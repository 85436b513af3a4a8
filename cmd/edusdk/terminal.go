package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// terminal is the keyboard of a terminal.
type terminal struct {
	in  *os.File
	out io.Writer
}

// terminalOf returns a keyboard if in and out are a terminal, or else nil.
func terminalOf(in io.Reader, out io.Writer) keyboard {
	i, isFile := in.(*os.File)
	o, isScreen := out.(*os.File)
	if !isFile || !isScreen || !term.IsTerminal(int(i.Fd())) || !term.IsTerminal(int(o.Fd())) {
		return nil
	}
	return terminal{i, out}
}

// Ask prints a question and reads a line. If ctx ends meanwhile, it returns at once,
// with the terminal as it was, and leaves the reading to the end of the program.
func (t terminal) Ask(ctx context.Context, question string, secret bool) (string, error) {
	fd := int(t.in.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(t.out, question); err != nil {
		return "", err
	}
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		if secret {
			var typed []byte
			typed, a.err = term.ReadPassword(fd)
			a.text = string(typed)
		} else {
			a.text, a.err = bufio.NewReader(t.in).ReadString('\n')
		}
		answered <- a
	}()
	select {
	case a := <-answered:
		if secret || errors.Is(a.err, io.EOF) {
			_, _ = fmt.Fprintln(t.out) // the line that was typed did not end on the screen
		}
		if errors.Is(a.err, io.EOF) {
			a.err = nil
		}
		return strings.TrimRight(a.text, "\r\n"), a.err
	case <-ctx.Done():
		_, _ = fmt.Fprintln(t.out)
		return "", errors.Join(ctx.Err(), term.Restore(fd, state))
	}
}
