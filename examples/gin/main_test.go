package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

// output is what is printed.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// school is the service with the fake of its vendor.
type school struct {
	*testing.T
	http.Handler

	vendor *duobeiyuntest.Server
	log    *output
}

func open(t *testing.T, opts ...edusdk.Option) *school {
	t.Helper()
	vendor := duobeiyuntest.NewServer()
	vendor.SetConversionDelay(0)
	client, err := duobeiyun.New(vendor.Config(), append([]edusdk.Option{
		edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		client.CloseIdleConnections()
		vendor.Close()
	})
	log := &output{}
	handler, err := newService(client, supervisiontest.CallerToken, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	return &school{t, handler, vendor, log}
}

// answer is what the service answers.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// ask sends a request of a user, "" for nobody.
func (s *school) ask(user, method, path, contentType, body string) answer {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if user != "" {
		r.SetBasicAuth(user, user)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.body) // nil where it is not JSON
	return a
}

func (s *school) create() (id string) {
	s.Helper()
	start := time.Now().Add(time.Hour).Format(time.RFC3339)
	a := s.ask("teacher", http.MethodPost, "/rooms", "application/json", `{"title":"初二数学","startTime":"`+start+`","length":90}`)
	require.Equal(s, http.StatusCreated, a.status, a.text)
	return a.body["id"].(string)
}

// form is a form with a file.
func form(t *testing.T, name string, content []byte) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func TestALessonFromItsRoomToItsStudents(t *testing.T) {
	s := open(t)
	id := s.create()
	assert.Equal(t, http.StatusOK, s.ask("student", http.MethodGet, "/rooms/"+id, "", "").status)
	list := s.ask("student", http.MethodGet, "/rooms", "", "")
	require.Equal(t, http.StatusOK, list.status)
	first := list.body["rooms"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{id, "初二数学", 90.0}, []any{first["id"], first["title"], first["length"]})

	contentType, body := form(t, "第一课.pdf", []byte("%PDF-1.4"))
	added := s.ask("teacher", http.MethodPost, "/rooms/"+id+"/documents", contentType, body)
	require.Equal(t, http.StatusCreated, added.status, added.text)
	assert.NotEmpty(t, added.body["documentId"])

	for user, want := range map[string]url.Values{
		"student": {"uid": {"student"}, "nickname": {"李四"}, "userRole": {"2"}, "roomId": {id}},
		"teacher": {"uid": {"teacher"}, "nickname": {"王老师"}, "userRole": {"1"}, "roomId": {id}},
	} {
		entered := s.ask(user, http.MethodGet, "/rooms/"+id+"/enter?uid=teacher&userRole=1", "", "")
		require.Equal(t, http.StatusSeeOther, entered.status)
		link, err := url.Parse(entered.header.Get("Location"))
		require.NoError(t, err)
		for name, values := range want {
			assert.Equal(t, values, link.Query()[name], "%s of the %s", name, user)
		}
		resp, err := http.Get(link.String())
		require.NoError(t, err)
		page, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Contains(t, string(page), "<iframe", "the vendor lets the %s in", user)
	}
	assert.NotContains(t, s.log.String(), id, "a line of the log has the route, and no address")
	assert.Contains(t, s.log.String(), "route=/rooms/:id/enter")
}

func TestFailures(t *testing.T) {
	s := open(t)
	id := s.create()
	pdf, pdfBody := form(t, "第一课.pdf", []byte("%PDF-1.4"))
	txt, txtBody := form(t, "第一课.txt", []byte("text"))
	for name, tt := range map[string]struct {
		user, method, path, media, body string
		before                          func()
		status                          int
		kind                            string
		fields                          map[string]any
	}{
		"nobody":             {"", "GET", "/rooms", "", "", nil, 401, "", nil},
		"a wrong password":   {"stranger", "GET", "/rooms", "", "", nil, 401, "", nil},
		"a student's room":   {"student", "POST", "/rooms", "", "{}", nil, 403, "permission denied", nil},
		"no such room":       {"teacher", "GET", "/rooms/jz0", "", "", nil, 404, "not found", nil},
		"a document for it":  {"teacher", "POST", "/rooms/jz0/documents", pdf, pdfBody, nil, 404, "not found", nil},
		"no JSON":            {"teacher", "POST", "/rooms", "", "title=x", nil, 400, "invalid argument", map[string]any{"body": `must be JSON such as {"title": "…", "startTime": "2026-03-02T09:00:00+08:00", "length": 90}`}},
		"too much JSON":      {"teacher", "POST", "/rooms", "", `{"title":"` + strings.Repeat("x", maxBody), nil, 400, "invalid argument", map[string]any{"body": `must be JSON such as {"title": "…", "startTime": "2026-03-02T09:00:00+08:00", "length": 90}`}},
		"all fields missing": {"teacher", "POST", "/rooms", "", "{}", nil, 400, "invalid argument", map[string]any{"title": "must not be empty", "startTime": "must be given", "length": "must be 30 to 300 whole minutes"}},
		"a page of no number": {
			"teacher", "GET", "/rooms?page=x", "", "", nil, 400, "invalid argument", map[string]any{"page": "must be a number"},
		},
		"a negative page": {"teacher", "GET", "/rooms?page=-1", "", "", nil, 400, "invalid argument", map[string]any{"pageNo": "must not be negative; pages count from 1"}},
		"no file":         {"teacher", "POST", "/rooms/" + id + "/documents", "application/json", "{}", nil, 400, "invalid argument", map[string]any{"file": "must be a file of at most 20 MB in a form"}},
		"a text file":     {"teacher", "POST", "/rooms/" + id + "/documents", txt, txtBody, nil, 400, "invalid argument", map[string]any{"name": "must end in .doc, .docx, .ppt, .pptx, .pdf, .jpg, .jpeg or .png"}},
		"no money left": {
			"teacher", "POST", "/rooms", "", `{"title":"t","startTime":"2099-01-01T09:00:00+08:00","length":90}`,
			func() { s.vendor.FailNext("api/v4/room/create", duobeiyun.CodeAfford) }, 429, "resource exhausted", nil,
		},
		"a wrong key": {"teacher", "GET", "/rooms", "", "", func() { s.vendor.FailNext("api/v3/room/list", duobeiyun.CodeSign) }, 502, "unauthenticated", nil},
		"a lost answer": {
			"teacher", "POST", "/rooms", "", `{"title":"t","startTime":"2099-01-01T09:00:00+08:00","length":90}`,
			func() { s.vendor.LoseNext("api/v4/room/create") }, 503, "unavailable", nil,
		},
		"a foreign page": {"teacher", "GET", "/nothing", "", "", nil, 404, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			a := s.ask(tt.user, tt.method, tt.path, tt.media, tt.body)
			assert.Equal(t, tt.status, a.status, a.text)
			if tt.kind == "" {
				return
			}
			assert.Equal(t, tt.kind, a.body["error"])
			if tt.fields != nil {
				assert.Equal(t, tt.fields, a.body["fields"])
			}
			assert.NotContains(t, a.text, "duobeiyun", "the error's own text is not for users")
			if tt.status >= 500 {
				assert.Contains(t, s.log.String(), tt.kind, "it is in the log")
			}
		})
	}
}

func TestTheVendorIsAway(t *testing.T) {
	s := open(t)
	id := s.create()
	s.vendor.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	})
	a := s.ask("student", http.MethodGet, "/rooms/"+id, "", "")
	assert.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.Equal(t, "120", a.header.Get("Retry-After"))
	assert.Contains(t, a.body["message"], "对方系统暂时无法访问。")
	assert.Equal(t, http.StatusSeeOther, s.ask("student", http.MethodGet, "/rooms/"+id+"/enter", "", "").status, "a link needs nobody")
}

func TestEnglish(t *testing.T) {
	s := open(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/rooms/jz0", nil)
	r.Header.Set("Accept-Language", "en-GB")
	r.SetBasicAuth("student", "student")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.JSONEq(t, `{"error":"not found","message":"It does not exist. Refresh the page and look again."}`, w.Body.String())
}

// A user who leaves takes the call to the vendor along.
func TestTheContextOfARequestIsThatOfTheCall(t *testing.T) {
	s := open(t)
	left := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.vendor.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
			close(left)
		})
	})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/rooms/jz0", nil)
	r.SetBasicAuth("student", "student")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, 499, w.Code)
	<-left
}

func TestAnotherSiteChangesNothing(t *testing.T) {
	s := open(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rooms", strings.NewReader("{}"))
	r.SetBasicAuth("teacher", "teacher")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, http.StatusForbidden, w.Code)
}

func TestAPanicIsAnswered(t *testing.T) {
	log := &output{}
	router := gin.New()
	router.Use(recovery(slog.New(slog.NewTextHandler(log, nil))))
	router.GET("/", func(*gin.Context) { panic("secret") })
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, log.String(), "main_test.go", "the stack")
	assert.NotContains(t, log.String(), "secret")
}

// The supervision platform pushes a class, and pulls the courses.
func TestTheSupervisionPlatformCalls(t *testing.T) {
	s := open(t)
	srv := httptest.NewServer(s)
	defer srv.Close()
	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	pushed, err := regulator.PushClass(t.Context(), srv.URL, supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Equal(t, "0", pushed.ReturnCode)
	assert.NotEmpty(t, pushed.Accounts)
	_, err = regulator.PullCourses(t.Context(), srv.URL)
	require.NoError(t, err)
	regulator.SetCallerToken("another")
	_, err = regulator.PushClass(t.Context(), srv.URL, supervisiontest.SampleClass())
	assert.Error(t, err, "somebody else is turned away")
}

// A token of the environment is a secret, and is not printed.
func TestTheTokenIsNotPrinted(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	t.Setenv("SUPERVISION_CALLER_TOKEN", "made-up-token")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &output{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", out) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "thirdCoursePull") || len(ended) > 0 }, 10*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	assert.NotContains(t, out.String(), "made-up-token")
	assert.Contains(t, out.String(), `"userToken": "'"$SUPERVISION_CALLER_TOKEN"'"`, "the command takes it from the environment")
}

// The commands that the program prints do what they are to do.
func TestTheFakesTokenIsNotForARealAccount(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "20990101000001")
	t.Setenv("DUOBEIYUN_APPKEY", "made-up-key")
	t.Setenv("SUPERVISION_CALLER_TOKEN", "")
	require.ErrorContains(t, run(t.Context(), "127.0.0.1:0", io.Discard), "SUPERVISION_CALLER_TOKEN is required")
}

func TestTheCommandsThatArePrinted(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	t.Setenv("SUPERVISION_CALLER_TOKEN", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &output{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", out) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "thirdCoursePull") || len(ended) > 0 }, 10*time.Second, time.Millisecond)
	_, commands, found := strings.Cut(out.String(), "repository:\n")
	require.True(t, found, out.String())
	commands, _, _ = strings.Cut(commands, "\n\ntime=")

	for _, tool := range []string{"bash", "curl"} {
		_, err := exec.LookPath(tool)
		require.NoError(t, err, "%s is needed", tool)
	}
	shell := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-c", commands)
	shell.Dir = "../.." // where they are pasted
	printed, err := shell.CombinedOutput()
	require.NoError(t, err, string(printed))
	for _, want := range []string{`"title":"初二数学"`, `"documentId":"`, "HTTP/1.1 303 See Other", `"length":"must be 30 to 300 whole minutes"`, `"returnCode":"0"`} {
		assert.Contains(t, string(printed), want)
	}
	cancel()
	require.NoError(t, <-ended)

	assert.ErrorContains(t, run(t.Context(), "0.0.0.0:0", io.Discard), "loopback", "everybody knows the passwords")

	blocker, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = blocker.Close() }()
	assert.Error(t, run(t.Context(), blocker.Addr().String(), io.Discard), "an address that is taken")
}
