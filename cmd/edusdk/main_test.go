package main

import (
	"bytes"
	"context"
	"encoding/json"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the vendors' fakes, with a room and a document, and the environment in which
// the program finds them.
type world struct {
	*testing.T

	env       map[string]string
	duobeiyun *duobeiyuntest.Server
	client    *duobeiyun.Client
	room      *duobeiyun.Room
	document  string
	file      string // a document on this machine
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, duobeiyun: duobeiyuntest.NewServer()}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // nobody's credentials
	t.Setenv("HOME", t.TempDir())
	t.Cleanup(w.duobeiyun.Close)
	w.duobeiyun.SetConversionDelay(0)
	regulator := supervisiontest.NewServer()
	t.Cleanup(regulator.Close)
	shop := douyintest.NewServer()
	t.Cleanup(shop.Close)
	school := zjytest.NewServer()
	t.Cleanup(school.Close)
	courses := recordedtest.NewServer()
	t.Cleanup(courses.Close)
	w.env = map[string]string{
		"LANG":              "en_US.UTF-8",
		"DUOBEIYUN_PARTNER": duobeiyuntest.Partner, "DUOBEIYUN_APPKEY": duobeiyuntest.AppKey, "DUOBEIYUN_BASE_URL": w.duobeiyun.URL,
		"SUPERVISION_URL": regulator.URL, "SUPERVISION_ACCOUNT": supervisiontest.AccountName, "SUPERVISION_PASSWORD": supervisiontest.Password,
		"DOUYIN_APPID": douyintest.AppID, "DOUYIN_SECRET": douyintest.Secret, "DOUYIN_BASE_URL": shop.URL,
		"DOUYIN_TOKEN_URL": shop.URL + "/" + douyintest.MiniAppTokenPath,
		"ZJY_AUTH":         zjytest.Auth, "ZJY_BASE_URL": school.URL,
		"RECORDED_BASE_URL": courses.URL, "RECORDED_TOKEN": recordedtest.Token,
	}
	var err error
	w.client, err = duobeiyun.New(w.duobeiyun.Config())
	require.NoError(t, err)
	t.Cleanup(w.client.CloseIdleConnections)
	w.room, err = w.client.Rooms.Create(t.Context(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", StartTime: time.Now().Add(24 * time.Hour), Length: 90 * time.Minute, Type: duobeiyun.OneToMany,
	})
	require.NoError(t, err)
	w.document, err = w.client.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4")})
	require.NoError(t, err)
	w.duobeiyun.AddViewers(w.room.RoomID, duobeiyuntest.Viewer{UID: "student-7", Enter: w.room.StartTime.Time, Stay: 85 * time.Minute})
	w.duobeiyun.AddPlaybacks(w.room.RoomID, duobeiyuntest.Playback{
		UID: "student-7", Mobile: true, Enter: time.Now().Add(-time.Hour), Leave: time.Now(),
		Parts: []duobeiyuntest.Part{{To: 10 * time.Minute, Start: time.Now().Add(-time.Hour), End: time.Now().Add(-50 * time.Minute)}},
	})
	w.duobeiyun.AddChat(w.room.RoomID, duobeiyuntest.ChatMessage{UID: "student-7", Nickname: "李四", Time: time.Now(), Text: "老师好"})
	studied(t, regulator)
	w.file = filepath.Join(t.TempDir(), "第二课.pdf")
	require.NoError(t, os.WriteFile(w.file, []byte("%PDF-1.4 a lesson"), 0o600))
	return w
}

// studied puts a minute of a student on record at the supervision platform.
func studied(t *testing.T, regulator *supervisiontest.Server) {
	client, err := supervision.New(regulator.Config())
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	require.NoError(t, client.Study.Start(t.Context(), &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	}))
	require.NoError(t, client.Study.ReportProgress(t.Context(), &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: time.Minute, ProgressTime: time.Minute,
	}))
}

// words puts what a test does not know into a command line.
func (w *world) words(line string) []string {
	words := strings.Fields(line)
	for i, word := range words {
		words[i] = strings.NewReplacer("$ROOM", w.room.RoomID, "$DOCUMENT", w.document, "$FILE", w.file).Replace(word)
	}
	return words
}

// ran is what a run of the program printed.
type ran struct {
	code        int
	out, errors string
}

// output is a stream that several goroutines write to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs the program without a terminal.
func (w *world) run(args ...string) ran {
	return w.runWith(w.Context(), strings.NewReader(""), args...)
}

func (w *world) runWith(ctx context.Context, stdin interface{ Read([]byte) (int, error) }, args ...string) ran {
	var out, errs output
	code := run(ctx, args, func(name string) string { return w.env[name] }, stdin, &out, &errs)
	return ran{code, out.String(), errs.String()}
}

// rows are the commands with arguments that work, and a part of what they print.
var rows = map[string]struct{ args, want string }{
	"rooms list":          {"-title 初二", "初二数学"},
	"rooms get":           {"$ROOM", "初二数学"},
	"rooms create":        {"-title 初三 -start 2099-12-01T19:00 -length 90m", "2099-12-01 19:00"},
	"rooms update":        {"$ROOM -title 初三数学", "初三数学"},
	"rooms delete":        {"$ROOM -yes", "初二数学"},
	"rooms enter":         {"$ROOM -uid 7 -nickname 李四", "/api/v3/room/enter?"},
	"rooms documents":     {"$ROOM", "DOCUMENT"},
	"rooms attach":        {"$ROOM $DOCUMENT", "$DOCUMENT"},
	"rooms detach":        {"$ROOM $DOCUMENT", "$DOCUMENT"},
	"rooms chats":         {"$ROOM", "$ROOM"},
	"doc upload":          {"$FILE -attach $ROOM", "converted"},
	"doc list":            {"-name 第一课", "第一课.pdf"},
	"doc status":          {"$DOCUMENT -wait", "converted"},
	"doc delete":          {"$DOCUMENT -yes", "$DOCUMENT"},
	"stats room":          {"$ROOM", "1 h 25 min"},
	"stats user":          {"$ROOM student-7", "1 h 25 min"},
	"stats attendance":    {"$ROOM student-7 student-8", "1 h 25 min"},
	"stats playback":      {"$ROOM", "10 min"},
	"account":             {"", "测试机构"},
	"sign":                {"partner=1 timestamp=2 title=初二", "partner=1&timestamp=2&title=初二<app key>"},
	"supervision login":   {"", supervisiontest.PlatformName},
	"supervision records": {"class-1", "student-1"},
	"study simulate":      {"-length 2m -outage 20s -speed 1000000", "all is reported"},
	"douyin products":     {"5432181212227612345 404", "Python"},
	"zjy courses":         {"", zjytest.CourseOpenID},
	"zjy tree":            {zjytest.CourseOpenID + " " + zjytest.OpenClassID, "模块1"},
	"recorded plan":       {"2 1 -yes", "第二讲"},
	"fake":                {"", "http://127.0.0.1:"},
	"completion":          {"bash", "complete -o default"},
	"version":             {"", "edusdk "},
	"help":                {"", "Usage: edusdk"},
}

// before are command lines that come before those of rows.
var before = map[string]string{"rooms detach": "rooms attach $ROOM $DOCUMENT"}

// Every command works, as a table in both languages and as JSON.
func TestEveryCommand(t *testing.T) {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(rows)), "the commands of main.go, and the rows of this test")
	for _, name := range names {
		row := rows[name]
		for _, output := range []string{"-lang en", "-lang zh", "-o json"} {
			t.Run(name+" "+output, func(t *testing.T) {
				w := newWorld(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if name == "fake" { // it runs until it is interrupted
					cancel()
				}
				if line := before[name]; line != "" {
					require.Zero(t, w.run(w.words(line)...).code)
				}
				r := w.runWith(ctx, strings.NewReader(""), w.words(name+" "+row.args+" "+output)...)
				require.Zero(t, r.code, "%s%s", r.out, r.errors)
				switch {
				case output == "-o json":
					var value any
					require.NoError(t, json.Unmarshal([]byte(r.out), &value), r.out)
					assert.NotNil(t, value)
					assert.Empty(t, r.errors, "notes are for people")
				case output == "-lang en":
					assert.Contains(t, r.out, strings.Join(w.words(row.want), " "))
				case !slices.Contains([]string{"rooms enter", "rooms chats", "completion", "version"}, name):
					assert.Regexp(t, `\p{Han}`, r.out)
				}
				for _, secret := range []string{duobeiyuntest.AppKey, supervisiontest.Password, douyintest.Secret, zjytest.Auth, recordedtest.Token} {
					if name != "fake" { // whose credentials they are
						assert.NotContains(t, r.out+r.errors, secret)
					}
				}
				assert.NotContains(t, r.out+r.errors, "\x1b", "no codes where there is no terminal")
			})
		}
	}
}

// Every command tells of a failure as JSON: of a command line that is wrong, and of
// credentials that are wrong or absent.
func TestEveryFailureIsJSON(t *testing.T) {
	problemOf := func(t *testing.T, r ran) problem {
		var failed struct{ Error problem }
		require.NoError(t, json.Unmarshal([]byte(r.errors), &failed), r.errors)
		assert.Empty(t, r.out)
		assert.Equal(t, r.code, failed.Error.Exit)
		assert.NotEmpty(t, failed.Error.Message)
		return failed.Error
	}
	for _, c := range commands() {
		line := c.name + " " + rows[c.name].args + " -o json"
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			p := problemOf(t, w.run(w.words(line+" -no-such-flag")...))
			assert.Equal(t, exitUsage, p.Exit)
			assert.Equal(t, c.name, p.Command)
			if c.vendor == nil {
				return
			}
			requests := len(w.duobeiyun.Requests())
			for _, s := range c.vendor.settings {
				if s.secret {
					w.env[s.key] = ""
				}
			}
			p = problemOf(t, w.run(w.words(line)...))
			assert.Equal(t, exitUsage, p.Exit)
			assert.Len(t, w.duobeiyun.Requests(), requests, "nothing is sent without credentials")
			if c.offline || c.name == "rooms enter" {
				return
			}
			for _, s := range c.vendor.settings {
				if s.secret && !s.optional {
					w.env[s.key] = "wrong0123456789"
				}
			}
			p = problemOf(t, w.run(w.words(line)...))
			assert.Equal(t, exitFailure, p.Exit, "%+v", p)
			assert.NotEmpty(t, p.Hint)
			require.NotNil(t, p.Detail)
			assert.NotContains(t, p.Message+p.Hint, "wrong0123456789")
		})
	}
}

// The help of everything fits a screen, in both languages.
func TestHelpFitsAScreen(t *testing.T) {
	w := newWorld(t)
	w.env = map[string]string{}
	lines := []string{"help", "help credentials", "help exit-codes", "help json"}
	for _, c := range commands() {
		lines = append(lines, "help "+c.name)
		if first, _, grouped := strings.Cut(c.name, " "); grouped {
			lines = append(lines, "help "+first)
		}
	}
	for _, line := range lines {
		for _, lang := range []string{"zh", "en"} {
			r := w.run(append(strings.Fields(line), "-lang", lang)...)
			require.Zero(t, r.code, "%s: %s", line, r.errors)
			assert.LessOrEqual(t, strings.Count(r.out, "\n"), 24, "%s: lines of\n%s", line, r.out)
			for l := range strings.Lines(r.out) {
				assert.LessOrEqual(t, console.Cells(strings.TrimSuffix(l, "\n")), 80, "%s -lang %s: columns of\n%s", line, lang, l)
			}
			assert.NotRegexp(t, `%!|\(MISSING\)`, r.out)
		}
	}
	for _, c := range commands() {
		for _, example := range c.examples {
			assert.True(t, example == c.name || strings.HasPrefix(example, c.name+" "), "%s has an example of another command: %s", c.name, example)
		}
		for _, t2 := range []text{c.about, c.notes} {
			assert.Equal(t, t2.EN == "", t2.ZH == "", "%s speaks one language", c.name)
		}
		assert.Equal(t, w.run("help", c.name, "-lang", "en"), w.run(append(strings.Fields(c.name), "-h", "-lang", "en")...), c.name)
	}
}

// Completion leads to every command and to each of its flags.
func TestCompletionKnowsEverything(t *testing.T) {
	w := newWorld(t)
	after := func(words ...string) []string {
		return strings.Fields(w.run(append([]string{completeCommand}, words...)...).out)
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		for i := range words {
			assert.Contains(t, after(append(slices.Clone(words[:i]), words[i][:1])...), words[i], c.name)
			assert.Contains(t, after(slices.Concat([]string{"help"}, words[:i], []string{words[i][:1]})...), words[i], c.name)
		}
		f := newFlags(console.English)
		(&session{lang: console.English}).declare(c, f)
		got := after(append(words, "-")...)
		for _, name := range f.order {
			assert.Contains(t, got, "-"+name, c.name)
		}
		assert.Equal(t, []string{"table", "json"}, after(append(slices.Clone(words), "-o", "")...), c.name)
	}
	assert.Equal(t, []string{"teacher"}, after("rooms", "enter", "-role", "t"))
	assert.Equal(t, []string{"bash"}, after("completion", "b"))
	assert.Empty(t, after("doc", "upload", "less"), "files are the shell's")
	assert.Empty(t, after("doc", "upload", "-name", ""), "and so is what is not known")
	assert.Empty(t, after("no-such", ""))
	assert.NotEmpty(t, after())
}

// The documentation of the program lists its commands.
func TestTheDocCommentListsTheCommands(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^\tedusdk ([a-z]+(?: [a-z]+)?)\b`).FindAllStringSubmatch(file.Doc.Text(), -1) {
		got = append(got, m[1])
	}
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	assert.Equal(t, names, got, "the commands of the comment, in the order of help")
}
