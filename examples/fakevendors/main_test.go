package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
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

// start runs the program and returns what it printed, and a function that ends
// it.
func start(t *testing.T) (printed string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", writer) }()
	var b strings.Builder
	for !strings.Contains(b.String(), "Interrupt") {
		buf := make([]byte, 1<<10)
		n, err := reader.Read(buf)
		require.NoError(t, err)
		b.Write(buf[:n])
	}
	return b.String(), func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

// curl makes the request of a printed command: what curl and a shell do with as
// much of their languages as the commands use.
func curl(t *testing.T, client *http.Client, command string) (status int, answer string) {
	t.Helper()
	if rest, ok := strings.CutPrefix(command, "t=$(date +%s)000; "); ok {
		now := strconv.FormatInt(time.Now().Unix(), 10) + "000"
		before, rest, _ := strings.Cut(strings.ReplaceAll(rest, "$t", now), "$(printf '")
		format, after, ok := strings.Cut(rest, "' "+now+" | md5sum | cut -c1-32)")
		require.True(t, ok, command)
		sum := md5.Sum([]byte(strings.ReplaceAll(format, "%s", now)))
		command = before + hex.EncodeToString(sum[:]) + after
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
	printed, stop := start(t)
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

func TestTheCredentialsArePrinted(t *testing.T) {
	printed, stop := start(t)
	stop()
	for _, needed := range []string{
		"partner " + duobeiyuntest.Partner, "app key " + duobeiyuntest.AppKey, "appid " + douyintest.AppID, "secret " + douyintest.Secret,
		"5432181212227612345", "cookie auth=" + zjytest.Auth, "course " + zjytest.CourseOpenID, "header token: " + recordedtest.Token,
	} {
		assert.Contains(t, printed, needed)
	}
}

func TestEveryFakeAnswersItsClient(t *testing.T) {
	printed, stop := start(t)
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
	require.ErrorContains(t, run(t.Context(), "0.0.0.0:0", io.Discard), "loopback")
	require.Error(t, run(t.Context(), "127.0.0.1:x", io.Discard))
}
