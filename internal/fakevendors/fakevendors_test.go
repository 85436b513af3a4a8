package fakevendors

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/catalog"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is what is written.
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

// start serves the fakes and returns what is written first, where all is written, and
// a function that ends them.
func start(t *testing.T, cfg Config) (printed string, out *output, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &output{}
	ended := make(chan error, 1)
	cfg.Address, cfg.Out = "127.0.0.1:0", out
	go func() { ended <- Serve(ctx, cfg) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "\n") }, time.Minute, time.Millisecond)
	return out.String(), out, func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

// curl makes the request of a printed command: what curl and a shell do with as
// much of their languages as the commands use.
func curl(t *testing.T, client *http.Client, command string) (status int, answer string) {
	t.Helper()
	if before, rest, ok := strings.Cut(command, `"$(curl -s `); ok {
		address, after, ok := strings.Cut(rest, `)"`)
		require.True(t, ok, command)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		_, signed := get(t, client, req)
		command = before + signed + after
	}
	command = strings.ReplaceAll(command, "'$(date +%s)'", strconv.FormatInt(time.Now().Unix(), 10))
	var words []string
	for i, part := range strings.Split(command, "'") { // every second part is quoted
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	require.Equal(t, "curl", words[0])
	var data []string
	header := http.Header{}
	for i := 2; i < len(words); i += 2 {
		switch value := words[i+1]; words[i] {
		case "-d":
			data = append(data, value)
		case "-b":
			header.Set("Cookie", value)
		case "-H":
			name, v, _ := strings.Cut(value, ": ")
			header.Set(name, v)
		default:
			t.Fatalf("%s in %s", words[i], command)
		}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, words[1], strings.NewReader(strings.Join(data, "&")))
	require.NoError(t, err)
	req.Header = header
	return get(t, client, req)
}

func get(t *testing.T, client *http.Client, req *http.Request) (status int, answer string) {
	t.Helper()
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestThePrintedCommandsWork(t *testing.T) {
	printed, _, stop := start(t, Config{})
	client := &http.Client{Transport: &http.Transport{}}
	for _, v := range catalog.Vendors {
		path, want := "/"+v.Name, v.Answer
		t.Run(path, func(t *testing.T) {
			var command string
			for line := range strings.Lines(printed) {
				if strings.Contains(line, "curl http://127.0.0.1:") && strings.Contains(line, path+"/") {
					command = strings.TrimSpace(line)
				}
			}
			require.NotEmpty(t, command, printed)
			status, answer := curl(t, client, command)
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, answer, want)

			// Without credentials a fake refuses in its vendor's words.
			_, bare, _ := strings.Cut(command, "curl ")
			bare, _, _ = strings.Cut(bare, " ")
			bare = "curl " + bare
			if path == "/supervision" { // it looks at nothing but JSON
				bare = strings.Replace(command, supervisiontest.Password, "wrong", 1)
			}
			status, answer = curl(t, client, bare)
			assert.Equal(t, http.StatusOK, status)
			assert.NotContains(t, answer, want)
			assert.True(t, json.Valid([]byte(answer)), answer)
		})
	}
	root, _, _ := strings.Cut(printed, "/duobeiyun")
	for path, want := range map[string]int{"/": http.StatusOK, "/nobody": http.StatusNotFound, "/zjy/nothing": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, root+path, nil)
		require.NoError(t, err)
		status, answer := get(t, client, req)
		assert.Equal(t, want, status, path)
		if path == "/" {
			assert.Equal(t, printed, answer+"Interrupt to end.\n")
		}
	}
	client.CloseIdleConnections()
	stop()
}

// Each request gets a line when it comes, with nothing of it but names.
func TestRequestsArePrinted(t *testing.T) {
	printed, out, stop := start(t, Config{})
	client := &http.Client{Transport: &http.Transport{}}
	root, _, _ := strings.Cut(printed, "/duobeiyun")
	request := func(method, path, body string, header ...string) {
		req, err := http.NewRequestWithContext(t.Context(), method, root+path, strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		_, _ = get(t, client, req)
	}
	form, jsonBody := "application/x-www-form-urlencoded", "application/json"
	secrets := []string{"secret-value", "13800130000", "110101199003070013", "张三", duobeiyuntest.AppKey, zjytest.Auth, supervisiontest.Password, douyintest.Secret}
	for _, tt := range []struct {
		send func()
		want string
	}{
		{func() {
			request("POST", "/duobeiyun/api/v3/merchant", "mobile=13800130000", "Content-Type", form)
		}, `vendor=duobeiyun method=POST path=api/v3/merchant status=200 code=app_parameter_error problem="partner is missing"`},
		{func() {
			request("GET", "/duobeiyun/api/v3/room/enter?nickname=secret-value", "")
		}, `vendor=duobeiyun method=GET path=api/v3/room/enter status=200 code=app_parameter_error problem="partner is missing"`},
		{func() {
			request("POST", "/supervision/api/v1/thlogin", `{"headers":{},"data":{"passWord":"secret-value"}}`, "Content-Type", jsonBody)
		}, `vendor=supervision method=POST path=api/v1/thlogin status=200 code=1002 problem="headers.deviceId 不能为空"`},
		{func() {
			request("POST", "/douyin/"+douyintest.MiniAppTokenPath, `{"appid":"secret-value"}`, "Content-Type", jsonBody)
		}, `vendor=douyin method=POST path=api/apps/v2/token status=200 code=40015 problem="appid is missing, or not the fake's"`},
		{func() {
			request("POST", "/zjy/api/student/Studio/index", "", "Content-Type", form, "Cookie", "auth=secret-value")
		}, `vendor=zjy method=POST path=api/student/Studio/index status=200 code="\"-1\"" problem="the cookie auth is not the fake's"`},
		{func() {
			request("POST", "/zjy/api/student/Studio/index", "", "Content-Type", form, "Cookie", "auth="+zjytest.Auth)
		}, `vendor=zjy method=POST path=api/student/Studio/index status=200 code=1`},
		{func() {
			request("POST", "/recorded/"+recordedtest.Path, "new_section_id=secret-value", "Content-Type", form, "token", recordedtest.Token)
		}, `vendor=recorded method=POST path=study/refresh_recorded_course_plan status=200 code=422 problem="new_section_id is missing, or not a whole number"`},
		{func() { request("POST", "/zjy/secret/110101199003070013", "") }, `vendor=zjy method=POST path=secret/… status=404 problem="the vendor has no such endpoint"`},
		{func() { request("POST", "/secret-value", "") }, `status=404 problem="the path is not under that of a vendor"`},
		{func() { request("POST", "/sign", "title=张三", "Content-Type", form) }, "path=sign status=200"},
		{func() { request("POST", "/sign", "title=%zz", "Content-Type", form) }, `path=sign status=400 problem="the parameters are not URL-encoded"`},
	} {
		before := out.String()
		tt.send()
		line, ok := strings.CutPrefix(out.String(), before)
		require.True(t, ok)
		assert.Regexp(t, `^time=\d\d:\d\d:\d\d `, line)
		_, line, _ = strings.Cut(line, " ")
		assert.Equal(t, tt.want+"\n", line)
		for _, secret := range secrets {
			assert.NotContains(t, line, secret)
		}
	}
	client.CloseIdleConnections()
	stop()
}

// What /sign answers is a request's body as it is, whatever its parameters.
func TestSignatures(t *testing.T) {
	printed, _, stop := start(t, Config{Strict: true})
	client := &http.Client{Transport: &http.Transport{}}
	root, _, _ := strings.Cut(printed, "/duobeiyun")
	post := func(path, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, root+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, answer := get(t, client, req)
		return answer
	}
	params := url.Values{
		"title": {"初二 数学&=+%"}, "video": {"0"}, "length": {"60"}, "roomType": {"2"}, "startTime": {time.Now().Add(48 * time.Hour).Format("2006-01-02 15:04")},
	}
	answer := post("/duobeiyun/api/v4/room/create", post("/sign", params.Encode()))
	assert.Contains(t, answer, `"success":true`)
	assert.Contains(t, answer, `"title":"初二 数学&=+%"`)
	var created struct {
		Room struct{ RoomID string }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &created))
	enter := url.Values{"roomId": {created.Room.RoomID}, "uid": {"1"}, "nickname": {"李四"}, "userRole": {"2"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, root+"/duobeiyun/api/v3/room/enter?"+post("/sign?"+enter.Encode(), ""), nil)
	require.NoError(t, err)
	_, page := get(t, client, req)
	assert.Contains(t, page, "未开始", "the fakes are strict")
	client.CloseIdleConnections()
	stop()
}

func TestTheCredentialsArePrinted(t *testing.T) {
	printed, _, stop := start(t, Config{})
	stop()
	for _, needed := range []string{
		"partner " + duobeiyuntest.Partner, "app key " + duobeiyuntest.AppKey, "signatures at /sign", "appid " + douyintest.AppID, "secret " + douyintest.Secret,
		"5432181212227612345", "cookie auth=" + zjytest.Auth, "course " + zjytest.CourseOpenID, "header token: " + recordedtest.Token,
	} {
		assert.Contains(t, printed, needed)
	}
}

func TestEveryFakeAnswersItsClient(t *testing.T) {
	printed, _, stop := start(t, Config{})
	ctx := t.Context()
	bases := map[string]string{}
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "http://") {
			line = strings.TrimSpace(line)
			bases[line[strings.LastIndexByte(line, '/'):]] = line
		}
	}
	require.Len(t, bases, len(catalog.Vendors), printed)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	shared := edusdk.WithHTTPClient(client)

	dby, err := duobeiyun.New(duobeiyun.Config{Partner: duobeiyuntest.Partner, AppKey: duobeiyuntest.AppKey, BaseURL: bases["/duobeiyun"]}, shared)
	require.NoError(t, err)
	_, err = dby.Merchant.Get(ctx)
	assert.NoError(t, err)

	dy, err := douyin.New(douyin.Config{
		AppID: douyintest.AppID, BaseURL: bases["/douyin"],
		Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: bases["/douyin"] + "/" + douyintest.MiniAppTokenPath,
			Options: []edusdk.Option{shared},
		}),
	}, shared)
	require.NoError(t, err)
	products, err := dy.QueryProducts(ctx, douyintest.OnShelfID)
	if assert.NoError(t, err) {
		assert.Empty(t, products.Missing)
	}

	sv, err := supervision.New(supervision.Config{
		BaseURL: bases["/supervision"], Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
	}, shared)
	require.NoError(t, err)
	assert.NoError(t, sv.Students.Authenticate(ctx, "110101199003070013", "张三"))

	z, err := zjy.New(zjy.Config{Auth: zjytest.Auth, BaseURL: bases["/zjy"]}, shared)
	require.NoError(t, err)
	_, err = z.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID)
	assert.NoError(t, err)

	rec, err := recorded.New(recorded.Config{BaseURL: bases["/recorded"]}, edusdk.WithHeader("token", recordedtest.Token), shared)
	require.NoError(t, err)
	_, err = rec.RefreshPlan(ctx, 2, 1)
	assert.NoError(t, err)

	client.CloseIdleConnections()
	stop()
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	require.ErrorContains(t, Serve(t.Context(), Config{Address: "0.0.0.0:0", Out: io.Discard}), "loopback")
	require.Error(t, Serve(t.Context(), Config{Address: "127.0.0.1:x", Out: io.Discard}))
}

// failing is a writer that fails.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAGuideThatCannotBeWrittenEndsTheFakes(t *testing.T) {
	require.ErrorIs(t, Serve(t.Context(), Config{Address: "127.0.0.1:0", Out: failing{}}), io.ErrShortWrite)
}

func TestTheFooterFollowsTheGuide(t *testing.T) {
	printed, _, stop := start(t, Config{Footer: func(root string) string { return "all at " + root + "\n" }})
	stop()
	root, _, _ := strings.Cut(printed, "/duobeiyun")
	assert.Contains(t, printed, "\nall at "+root+"\nInterrupt to end.\n")
}

// With JSON, every line is an object or, the first, a list of the vendors.
func TestEverythingIsJSON(t *testing.T) {
	printed, out, stop := start(t, Config{JSON: true})
	var guides []guide
	require.NoError(t, json.Unmarshal([]byte(printed), &guides), printed)
	require.Len(t, guides, len(catalog.Vendors))
	client := &http.Client{Transport: &http.Transport{}}
	_, _ = curl(t, client, guides[0].Command)
	client.CloseIdleConnections()
	stop()
	for line := range strings.Lines(strings.TrimPrefix(out.String(), printed)) {
		var request map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &request), line)
		assert.Contains(t, request, "status")
	}
}

// A slow vendor keeps nobody waiting who has left, and is not what the others are.
func TestRequestsAreDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := 0
		slow := delayed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }), time.Second)
		began := time.Now()
		slow.ServeHTTP(nil, httptest.NewRequest(http.MethodGet, "/", nil))
		assert.Equal(t, time.Second, time.Since(began))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		slow.ServeHTTP(nil, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, 1, served)
	})
}
