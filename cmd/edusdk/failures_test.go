package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/console"
)

// typist is somebody at the keyboard.
type typist struct {
	answers   []string
	questions []string
	secrets   []bool
}

func (*typist) Read([]byte) (int, error) { return 0, io.EOF }

func (k *typist) Ask(_ context.Context, question string, secret bool) (string, error) {
	k.questions, k.secrets = append(k.questions, question), append(k.secrets, secret)
	if len(k.answers) == 0 {
		return "", context.Canceled
	}
	answer := k.answers[0]
	k.answers = k.answers[1:]
	return answer, nil
}

// What a user reads of a failure: what was asked, what the platform answered, what to do.
func TestFailuresAreExplained(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		change     func(w *world)
		code       int
		want       []string // of stderr
	}{
		{"no command", "", nil, exitUsage, []string{"a command is missing", "edusdk help"}},
		{"an unknown command", "frooms", nil, exitUsage, []string{"there is no command frooms"}},
		{"half a command", "rooms", nil, exitUsage, []string{"rooms needs one of: list, get"}},
		{"an unknown topic", "help no such", nil, exitUsage, []string{"there is no command no"}},
		{"too much to explain", "help account now", nil, exitUsage, []string{"there is no command account now"}},
		{"an unknown flag", "rooms list -lung zh", nil, exitUsage, []string{"there is no flag -lung", "edusdk help rooms list"}},
		{"a flag without a value", "rooms list -title", nil, exitUsage, []string{"the flag -title lacks its value"}},
		{"a wrong choice", "rooms list -o yaml", nil, exitUsage, []string{"the value of the flag -o is wrong: it should be table | json"}},
		{"a wrong time", "rooms list -after tomorrow", nil, exitUsage, []string{"-after is wrong: it should be 2026-12-01 19:00"}},
		{"a wrong number", "rooms list -limit many", nil, exitUsage, []string{"-limit is wrong: it should be a number"}},
		{"a wrong switch", "rooms list -v=maybe", nil, exitUsage, []string{"-v is wrong"}},
		{"a wrong language", "rooms list -lang fr", nil, exitUsage, []string{"-lang is wrong: it should be en | zh"}},
		{"no time", "rooms list -timeout 0s", nil, exitUsage, []string{"-timeout is wrong: it should be a length above zero"}},
		{"flags in front", "-o json -lang en rooms get jz0", nil, exitFailure, []string{`"kind":"not found"`, `"exit":1`}},
		{"an unknown flag in front", "-lung zh rooms list", nil, exitUsage, []string{"there is no flag -lung"}},
		{"flags alone", "-lung zh", nil, exitUsage, []string{"there is no flag -lung"}},
		{"a required flag", "rooms create -title x", nil, exitUsage, []string{"the flag -start is required"}},
		{"a missing argument", "rooms get", nil, exitUsage, []string{"ROOM is missing"}},
		{"an argument too many", "rooms get a b", nil, exitUsage, []string{"there is no place for the argument b"}},
		{"nothing to change", "rooms update $ROOM", nil, exitUsage, []string{"-title is needed, or -start and -length"}},
		{"half a time", "rooms update $ROOM -start 2099-01-01", nil, exitUsage, []string{"-start and -length"}},
		{"an id that is a word", "douyin products abc", nil, exitUsage, []string{"an id is a number: abc"}},
		{"ids that are words", "recorded plan a b -yes", nil, exitUsage, []string{"an id is a number: a"}},
		{"a parameter without a name", "sign =x", nil, exitUsage, []string{"NAME=VALUE"}},
		{"no request", "sign", nil, exitUsage, []string{"stdin has no link"}},
		{"nobody attends", "stats attendance $ROOM", nil, exitUsage, []string{"UIDs are missing"}},
		{"an hour of a year", "study simulate -length 9000h", nil, exitUsage, []string{"-length is 1m to 8h"}},
		{"an unknown shell", "completion tcsh", nil, exitUsage, []string{"bash, zsh and fish"}},
		{"an address of others", "fake -addr 0.0.0.0:0", nil, exitFailure, []string{"not a loopback one"}},
		{"a room that is too short", "rooms create -title x -start 2099-01-01 -length 10m", nil, exitUsage, []string{"nothing was sent", "Length", "edusdk help rooms create"}},
		{"no such file", "doc upload no-such.pdf", nil, exitUsage, []string{"the file cannot be opened"}},
		{"no document", "doc upload $FILE -name lesson.exe", nil, exitUsage, []string{"nothing was sent", "Name"}},
		{"delete without anybody to ask", "rooms delete $ROOM", nil, exitUsage, []string{"add -yes"}},
		{"no such room", "rooms get jz0", nil, exitFailure, []string{"the platform has no such thing (Duobeiyun answered: app_course_error", "Check the id"}},
		{"in Chinese", "rooms get jz0 -lang zh", nil, exitFailure, []string{"edusdk rooms get：平台上没有找到（多贝云返回：app_course_error 讲座不存在）", "请核对 id"}},
		{"a wrong key", "account", func(w *world) { w.env["DUOBEIYUN_APPKEY"] = "0" }, exitFailure, []string{"app_sign_error", "Check DUOBEIYUN_PARTNER, DUOBEIYUN_APPKEY (from the environment)", "edusdk sign"}},
		{"a wrong password", "supervision records class-1", func(w *world) { w.env["SUPERVISION_PASSWORD"] = "0" }, exitFailure, []string{"the credentials were not accepted (the supervision platform answered: 1004", "SUPERVISION_PASSWORD"}},
		{"nobody there", "account -base-url http://127.0.0.1:1", nil, exitFailure, []string{"the platform cannot be reached", "connection refused", "-v shows the attempts"}},
		{"a recording of nobody", "rooms chats jz0", nil, exitFailure, nil},
		{"no balance", "rooms create -title x -start 2099-01-01", func(w *world) { w.duobeiyun.SetBalance(0) }, exitFailure, []string{"app_afford_error", "edusdk account"}},
		{"a lost answer", "rooms create -title 初三 -start 2099-01-01", func(w *world) { w.duobeiyun.LoseNext("api/v4/room/create") }, exitMaybeApplied, []string{"Look before you repeat it", "edusdk rooms list -title '初三'"}},
		{"a lost answer to an upload", "doc upload $FILE", func(w *world) { w.duobeiyun.LoseNext("api/v3/documents/upload") }, exitMaybeApplied, []string{"edusdk doc list -name '第二课.pdf'", "edusdk doc delete"}},
		{"a lost answer to an attachment", "rooms attach $ROOM $DOCUMENT", func(w *world) { w.duobeiyun.LoseNext("api/v3/room/attachDocument") }, exitMaybeApplied, []string{"edusdk rooms documents jz"}},
		{"no room for a document", "doc upload $FILE -attach jz0", nil, exitFailure, []string{"do not upload it again", "edusdk rooms attach jz0 0", "edusdk doc delete 0"}},
		{"a gateway's page", "account", func(w *world) { w.answer(http.StatusOK, "<html>") }, exitFailure, []string{"a web page came in place of an answer"}},
		{"too many", "account", func(w *world) { w.answer(http.StatusTooManyRequests, "") }, exitFailure, []string{"Try again in 1 h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.change != nil {
				tt.change(w)
			}
			r := w.run(w.words(tt.args)...)
			if tt.name == "a recording of nobody" { // a room's own failure is in its row
				assert.Equal(t, exitOK, r.code)
				assert.Contains(t, r.out, duobeiyun.CodeCourse)
				return
			}
			assert.Equal(t, tt.code, r.code, "%s%s", r.out, r.errors)
			for _, want := range tt.want {
				assert.Contains(t, r.errors, want)
			}
			var failed struct{ Error problem }
			if tt.args == "" || tt.code == exitMaybeApplied { // which would be help, or succeed now
				return
			}
			r = w.run(w.words(tt.args + " -o json")...)
			require.NoError(t, json.Unmarshal([]byte(r.errors), &failed), r.errors)
			assert.Equal(t, r.code, failed.Error.Exit)
		})
	}
}

// answer has the platform answer something else.
func (w *world) answer(status int, body string) {
	w.duobeiyun.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "3600")
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, body)
		})
	})
}

// Ctrl-C in the middle of an upload says what may be at the platform; later, what is.
func TestInterrupted(t *testing.T) {
	for _, tt := range []struct {
		name, path, args string
		want             []string
	}{
		{"mid-upload", "/api/v3/documents/upload", "doc upload $FILE", []string{"interrupted", "edusdk doc list -name '第二课.pdf'"}},
		{"mid-conversion", "/api/v3/documents/status", "doc upload $FILE -wait", []string{"do not upload it again", "edusdk doc delete 0"}},
		{"mid-conversion for a room", "/api/v3/documents/status", "doc upload $FILE -attach $ROOM", []string{"edusdk rooms attach jz"}},
		{"a read", "/api/v3/merchant", "account", []string{"interrupted"}},
		{"a change", "/api/v3/room/delete", "rooms delete $ROOM -yes", []string{"it is safe to repeat"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			ctx, interrupt := context.WithCancel(t.Context())
			w.duobeiyun.Intercept(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == tt.path {
						_, _ = io.Copy(io.Discard, r.Body) // only then the server notices who has left
						interrupt()
						<-r.Context().Done()
						return
					}
					next.ServeHTTP(rw, r)
				})
			})
			r := w.runWith(ctx, strings.NewReader(""), w.words(tt.args)...)
			assert.Equal(t, exitInterrupted, r.code)
			for _, want := range tt.want {
				assert.Contains(t, r.errors, want)
			}
		})
	}
}

// What costs money or cannot be undone is asked about, where somebody can be asked.
func TestConfirmation(t *testing.T) {
	for _, line := range []string{"rooms create -title 初三 -start 2099-01-01", "rooms delete $ROOM", "doc delete $DOCUMENT", "recorded plan 2 1"} {
		for answer, code := range map[string]int{"y": exitOK, "Yes": exitOK, "": exitFailure, "n": exitFailure} {
			w := newWorld(t)
			k := &typist{answers: []string{answer}}
			r := w.runWith(t.Context(), k, w.words(line)...)
			assert.Equal(t, code, r.code, "%s, answered %q: %s", line, answer, r.errors)
			require.Len(t, k.questions, 1, line)
			assert.Contains(t, k.questions[0], "? ")
			if code != exitOK {
				assert.Contains(t, r.errors, "nothing was done")
			}
		}
		w := newWorld(t)
		k := &typist{}
		assert.Equal(t, exitOK, w.runWith(t.Context(), k, w.words(line+" -yes -lang zh")...).code, line)
		assert.Empty(t, k.questions)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.Equal(t, exitInterrupted, w.runWith(ctx, &typist{}, w.words(line)...).code, "ctrl-C at the question")
	}
}

// Credentials are those of the environment, or else of the file, or else typed.
func TestCredentials(t *testing.T) {
	ours := "DUOBEIYUN_PARTNER=" + duobeiyuntest.Partner + "\nDUOBEIYUN_APPKEY=" + duobeiyuntest.AppKey + "\n"
	others := "DUOBEIYUN_PARTNER=1\nDUOBEIYUN_APPKEY=2\n"
	for _, tt := range []struct {
		name    string
		env     bool // whether the environment has those of the fake
		file    string
		typed   []string
		code    int
		want    string // of what is printed
		secrets []bool
	}{
		{"in the environment", true, "", nil, exitOK, "测试机构", nil},
		{"in a file", false, ours, nil, exitOK, "测试机构", nil},
		{"in a file with remarks", false, "\ufeff# ours\n\n DUOBEIYUN_PARTNER = \"" + duobeiyuntest.Partner + "\"\r\nDUOBEIYUN_APPKEY='" + duobeiyuntest.AppKey + "'", nil, exitOK, "测试机构", nil},
		{"in both", true, others, nil, exitOK, "测试机构", nil},
		{"others in a file", false, others, nil, exitFailure, "credentials)", nil},
		{"half in a file", false, "DUOBEIYUN_PARTNER=" + duobeiyuntest.Partner, nil, exitUsage, "the credentials lack DUOBEIYUN_APPKEY", nil},
		{"half in a file, and typed", false, "DUOBEIYUN_PARTNER=" + duobeiyuntest.Partner, []string{duobeiyuntest.AppKey}, exitOK, "测试机构", []bool{true}},
		{"typed", false, "", []string{duobeiyuntest.Partner, " " + duobeiyuntest.AppKey}, exitOK, "测试机构", []bool{false, true}},
		{"typed wrongly", false, "", []string{duobeiyuntest.Partner, "x"}, exitFailure, "(from the keyboard)", []bool{false, true}},
		{"nowhere", false, "", nil, exitUsage, "edusdk help credentials", nil},
		{"an unknown key", false, ours + "DUOBEIYUN_APP_KEY=secret-of-line-3\n", nil, exitUsage, "line 3", nil},
		{"no key at all", false, "secret-of-line-1==", nil, exitUsage, "line 1", nil},
		{"too much", false, strings.Repeat("#", maxCredentials+1), nil, exitUsage, "too large", nil},
	} {
		for _, named := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				w := newWorld(t)
				if !tt.env {
					w.env["DUOBEIYUN_PARTNER"], w.env["DUOBEIYUN_APPKEY"] = "", ""
				}
				path := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "edusdk", "credentials")
				args := []string{"account"}
				if named {
					path = filepath.Join(t.TempDir(), "mine")
					args = append(args, "-credentials", path)
				}
				if tt.file != "" || named {
					require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
					require.NoError(t, os.WriteFile(path, []byte(tt.file), 0o600))
				}
				var stdin interface{ Read([]byte) (int, error) } = strings.NewReader("")
				k := &typist{answers: tt.typed}
				if tt.typed != nil {
					stdin = k
				}
				r := w.runWith(t.Context(), stdin, args...)
				assert.Equal(t, tt.code, r.code, r.errors)
				if tt.name == "others in a file" {
					tt.want = "(from " + path + ")"
				}
				assert.Contains(t, r.out+r.errors, tt.want)
				assert.NotContains(t, r.out+r.errors, "secret-of-line")
				assert.Equal(t, tt.secrets, k.secrets)
			})
		}
	}
}

// What a platform says cannot command the terminal, in a table or in JSON.
func TestForeignTextsAreHarmless(t *testing.T) {
	w := newWorld(t)
	title := "初\x1b[31m二\u202e" + "\u0085x\U0001f600"
	_, err := w.client.Rooms.UpdateTitle(t.Context(), w.room.RoomID, title)
	require.NoError(t, err)
	for _, args := range [][]string{{"rooms", "list"}, {"rooms", "get", w.room.RoomID}, {"rooms", "list", "-o", "json"}} {
		r := w.run(args...)
		require.Zero(t, r.code)
		for _, bad := range []string{"\x1b", "\u202e", "\u0085"} {
			assert.NotContains(t, r.out, bad, args)
		}
		assert.Contains(t, r.out, "\U0001f600")
		if args[len(args)-1] == "json" {
			var rooms []*duobeiyun.Room
			require.NoError(t, json.Unmarshal([]byte(r.out), &rooms))
			assert.Equal(t, title, rooms[0].Title)
		}
	}
}

// -v shows the exchange, and no value.
func TestVerbose(t *testing.T) {
	w := newWorld(t)
	r := w.run("rooms", "get", w.room.RoomID, "-v")
	require.Zero(t, r.code)
	assert.Contains(t, r.errors, "api/v3/room/detail")
	for _, value := range []string{w.room.RoomID, duobeiyuntest.AppKey, duobeiyuntest.Partner, "初二"} {
		assert.NotContains(t, r.errors, value)
	}
}

// The language is that of -lang, or else that of the environment.
func TestLanguage(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		lang, env string
		want      string
	}{{"", "zh_CN.UTF-8", "余额"}, {"", "en_US.UTF-8", "Balance"}, {"en", "zh_CN.UTF-8", "Balance"}, {"zh", "C", "余额"}, {"", "", "Balance"}} {
		w.env["LANG"] = tt.env
		args := []string{"account"}
		if tt.lang != "" {
			args = append(args, "-lang="+tt.lang)
		}
		assert.Contains(t, w.run(args...).out, tt.want, tt)
	}
}

// Flags may stand anywhere, and -- ends them.
func TestFlagsAnywhere(t *testing.T) {
	w := newWorld(t)
	for _, line := range []string{"rooms get $ROOM -o json", "rooms get -o json $ROOM", "rooms get -o=json -- $ROOM", "rooms get -v=false --o json $ROOM"} {
		r := w.run(w.words(line)...)
		assert.Zero(t, r.code, r.errors)
		assert.True(t, strings.HasPrefix(r.out, "{"), line)
	}
	r := w.run("rooms", "get", "--", "-o", "json")
	assert.Equal(t, exitUsage, r.code, "-o is a room there")
	for _, line := range []string{"-h", "--help", "help", "rooms -h", "rooms list --help", "help -lang zh"} {
		assert.Zero(t, w.run(strings.Fields(line)...).code, line)
	}
}

// A list can be cut, and is filtered by its times.
func TestListsAreFiltered(t *testing.T) {
	w := newWorld(t)
	count := func(args ...string) int {
		r := w.run(append([]string{"rooms", "list", "-o", "json"}, args...)...)
		require.Zero(t, r.code, r.errors)
		var rooms []any
		require.NoError(t, json.Unmarshal([]byte(r.out), &rooms))
		return len(rooms)
	}
	for range 2 {
		require.Zero(t, w.run("rooms", "create", "-title", "later", "-start", "2099-06-01 08:00").code)
	}
	assert.Equal(t, 3, count())
	assert.Equal(t, 2, count("-after", "2099-06-01 08:00"))
	assert.Equal(t, 0, count("-after", "2099-06-01 08:01"))
	assert.Equal(t, 1, count("-before", "2099-06-01"))
	assert.Equal(t, 2, count("-limit", "2"))
	assert.Equal(t, 0, count("-title", "none of them"), "an empty list, not null")
}

// A room can be moved, and its title and time changed at once.
func TestUpdate(t *testing.T) {
	w := newWorld(t)
	r := w.run("rooms", "update", w.room.RoomID, "-title", "新", "-start", "2099-06-01 08:00", "-length", "2h", "-o", "json")
	require.Zero(t, r.code, r.errors)
	var room duobeiyun.Room
	require.NoError(t, json.Unmarshal([]byte(r.out), &room))
	assert.Equal(t, "新", room.Title)
	assert.Equal(t, "2099-06-01 08:00", room.StartTime.In(console.Beijing).Format("2006-01-02 15:04"))
	assert.Equal(t, 2*time.Hour, room.Duration())
	assert.Equal(t, exitFailure, w.run("rooms", "update", "jz0", "-title", "新").code)
	assert.Equal(t, exitFailure, w.run("rooms", "update", "jz0", "-start", "2099-06-01", "-length", "2h").code)
}

// A signature is compared with the one of a request.
func TestSignIsCompared(t *testing.T) {
	w := newWorld(t)
	signed := w.duobeiyun.Sign(map[string][]string{"title": {"初二 数学&=+"}}).Encode()
	for name, tt := range map[string]struct {
		stdin string
		code  int
		want  string
	}{
		"a form":              {signed, exitOK, "Is the given sign  yes"},
		"a link":              {"https://api.example.com/x?" + signed + "#top\n", exitOK, "Is the given sign  yes"},
		"another signature":   {"a=1&sign=abc", exitFailure, "the given sign is another"},
		"an old one":          {"a=1&timestamp=1&partner=2", exitOK, "more than five minutes off"},
		"without a signature": {"a=1", exitOK, "The parameter partner is missing"},
		"nothing":             {"%zz", exitUsage, "stdin has no link"},
	} {
		r := w.runWith(t.Context(), strings.NewReader(tt.stdin), "sign")
		assert.Equal(t, tt.code, r.code, name)
		assert.Contains(t, r.out+r.errors, tt.want, name)
		assert.NotContains(t, r.out+r.errors, duobeiyuntest.AppKey)
	}
	k := &typist{answers: []string{signed}}
	assert.Zero(t, w.runWith(t.Context(), k, "sign").code)
	assert.Equal(t, exitInterrupted, w.runInterrupted(&typist{}, "sign"))
}

func (w *world) runInterrupted(stdin interface{ Read([]byte) (int, error) }, args ...string) int {
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	return w.runWith(ctx, stdin, args...).code
}

// Attendance is a table, and a CSV for spreadsheets; the users can come on stdin.
func TestAttendance(t *testing.T) {
	w := newWorld(t)
	r := w.runWith(t.Context(), strings.NewReader("student-7\nstudent-8\r\n"), "stats", "attendance", w.room.RoomID, "-csv")
	require.Zero(t, r.code, r.errors)
	assert.True(t, strings.HasPrefix(r.out, "\ufeffUser ID,"), r.out)
	assert.Equal(t, 3, strings.Count(r.out, "\n"))
}

// An outage in which a face check falls due, and one that outlasts the student.
func TestSimulations(t *testing.T) {
	w := newWorld(t)
	for line, want := range map[string]string{
		"-length 3m -outage 1m":  "passed",
		"-length 2m -outage 10m": "is back",
		"-length 1m -outage 0":   "all is reported",
	} {
		r := w.run(strings.Fields("study simulate -speed 1000000 " + line)...)
		require.Zero(t, r.code, r.errors)
		assert.Contains(t, r.out, want)
	}
	assert.Equal(t, exitInterrupted, w.runInterrupted(strings.NewReader(""), "study", "simulate"))
}

// broken is an output that fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAnOutputThatFails(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"account"}, {"account", "-o", "json"}, {"version"}, {"rooms", "list"}} {
		var errs output
		code := run(t.Context(), args, func(name string) string { return w.env[name] }, strings.NewReader(""), broken{}, &errs)
		assert.Equal(t, exitFailure, code, args)
		assert.Contains(t, errs.String(), "no space left on device")
	}
}
