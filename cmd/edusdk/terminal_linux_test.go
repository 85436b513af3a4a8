package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/console"
)

// screenOf is a real terminal, of the kernel's: what the program prints is in output,
// and what is written to keys is typed.
type screenOf struct {
	output
	keys, tty *os.File
	ended     chan struct{}
}

func newScreen(t *testing.T, columns uint16) *screenOf {
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	ioctl := func(f *os.File, request uintptr, arg unsafe.Pointer) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(arg))
		require.Zero(t, errno)
	}
	var unlocked, number int32
	ioctl(keys, syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	ioctl(keys, syscall.TIOCGPTN, unsafe.Pointer(&number))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	ioctl(tty, syscall.TIOCSWINSZ, unsafe.Pointer(&[4]uint16{40, columns, 0, 0}))
	s := &screenOf{keys: keys, tty: tty, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_, _ = io.Copy(s, keys)
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		<-s.ended
		_ = keys.Close()
	})
	return s
}

// waits waits until something is on the screen.
func (s *screenOf) waits(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(s.String(), text) }, 30*time.Second, time.Millisecond, "%s", s)
}

// on runs the program on a terminal.
func (w *world) on(ctx context.Context, s *screenOf, line string) chan int {
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, w.words(line), func(name string) string { return w.env[name] }, s.tty, s.tty, s.tty)
	}()
	return ended
}

// On a terminal there are bars and colours, unless NO_COLOR is set, and ids are whole.
func TestOnATerminal(t *testing.T) {
	for line, want := range map[string][]string{
		"doc upload $FILE -wait":                       {"✓", "uploading 第二课.pdf", "converting", "converted"},
		"doc upload $FILE -attach $ROOM":               {"uploading 第二课.pdf", "converting", "attaching it to the room"},
		"rooms list":                                   {"$ROOM", "2 columns do not fit"},
		"stats attendance $ROOM student-7":             {"1 h 25 min"},
		"study simulate -length 2m -speed 2000":        {"on record", "█", "platform", "Nothing was lost"},
		"rooms get jz0":                                {"✗", "Check the id"},
		"zjy tree fake-course-open fake-open-class":    {"模块1"},
		"help credentials":                             {"chmod 600"},
		"rooms enter $ROOM -uid 7 -nickname 李四 -check": {"The room lets in now"},
	} {
		for _, colour := range []bool{true, false} {
			w := newWorld(t)
			if !colour {
				w.env["NO_COLOR"] = "1"
			}
			s := newScreen(t, 80)
			<-w.on(t.Context(), s, line)
			for _, text := range want {
				s.waits(t, strings.Join(w.words(text), " "))
			}
			if !colour {
				assert.NotRegexp(t, `\x1b\[[0-9;]*m`, s.String(), line)
			} else if !strings.HasPrefix(line, "help") {
				assert.Regexp(t, `\x1b\[[0-9;]*m`, s.String(), line)
			}
		}
	}
}

// Credentials that are typed are not shown, and an interrupt leaves the terminal as it was.
func TestCredentialsAreTypedUnseen(t *testing.T) {
	w := newWorld(t)
	w.env["DUOBEIYUN_PARTNER"], w.env["DUOBEIYUN_APPKEY"] = "", ""
	s := newScreen(t, 80)
	ended := w.on(t.Context(), s, "account")
	s.waits(t, "(DUOBEIYUN_PARTNER): ")
	_, _ = io.WriteString(s.keys, duobeiyuntest.Partner+"\n")
	s.waits(t, "(DUOBEIYUN_APPKEY): ")
	time.Sleep(50 * time.Millisecond) // until the terminal does not echo
	_, _ = io.WriteString(s.keys, duobeiyuntest.AppKey+"\n")
	assert.Equal(t, exitOK, <-ended, "%s", s)
	s.waits(t, "Balance")
	assert.Contains(t, s.String(), duobeiyuntest.Partner)
	assert.NotContains(t, s.String(), duobeiyuntest.AppKey)

	s = newScreen(t, 80)
	ctx, interrupt := context.WithCancel(t.Context())
	w.env["DUOBEIYUN_PARTNER"] = duobeiyuntest.Partner
	ended = w.on(ctx, s, "account")
	s.waits(t, "(DUOBEIYUN_APPKEY): ")
	interrupt()
	assert.Equal(t, exitInterrupted, <-ended)
	_, _ = io.WriteString(s.keys, "seen\n")
	s.waits(t, "seen")
}

// A question is asked on the terminal and answered there.
func TestQuestionsOnATerminal(t *testing.T) {
	for answer, code := range map[string]int{"y\n": exitOK, "\n": exitFailure, "\x04": exitFailure} {
		w := newWorld(t)
		s := newScreen(t, 80)
		ended := w.on(t.Context(), s, "rooms delete $ROOM")
		s.waits(t, "[y/N] ")
		_, _ = io.WriteString(s.keys, answer)
		assert.Equal(t, code, <-ended, "%q: %s", answer, s)
	}
}

// Columns are left out from the right, and never an id.
func TestTablesFit(t *testing.T) {
	header := []string{"ROOM", "TITLE", "START", "LENGTH"}
	id, title := strings.Repeat("i", 34), strings.Repeat("题", 30)
	for width, want := range map[int]struct{ columns, title int }{200: {4, 60}, 120: {4, 56}, 84: {4, 20}, 83: {3, 27}, 80: {3, 24}, 60: {2, 22}, 30: {1, 20}} {
		rows := [][]any{{id, title, "2026-12-01 19:00", nil}, {"i", nil, nil, "6 h"}}
		assert.Equal(t, want.columns, fit(header, rows, 1, width), width)
		assert.Equal(t, id, rows[0][0], width)
		assert.LessOrEqual(t, console.Cells(rows[0][1].(string)), want.title, width)
	}
	rows := [][]any{{strings.Repeat("x", 90), "1"}}
	assert.Equal(t, 2, fit([]string{"PART", "DONE"}, rows, 0, 80))
	assert.LessOrEqual(t, console.Cells(rows[0][0].(string)), 80)
}
