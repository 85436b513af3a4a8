package duobeiyun_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

const chatLink = "http://chat.example.com/canary-jz1/chat.json?e=1481334698&token=canary-token:bj99P3oz%3D&flag"

func chatLog(link string) *duobeiyun.ChatLog {
	return &duobeiyun.ChatLog{RoomID: "canary-jz1", DownloadURL: link, Msg: "success", Success: true}
}

func TestFetchChatLog(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(`[{"text":"老师好"}]`)
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		status   int
		body     string
		media    string
		want     string
		kind     edusdk.Kind
		attempts int
		text     string
	}{
		"a list":                         {200, `[{"text":"老师好"}]`, "", `[{"text":"老师好"}]`, 0, 1, ""},
		"an object":                      {200, "\ufeff {\"messages\":[]}\n", "", `{"messages":[]}`, 0, 1, ""},
		"in GBK, which it says":          {200, gbk, "application/json; charset=gbk", `[{"text":"老师好"}]`, 0, 1, ""},
		"in GBK, which it does not say":  {200, gbk, "", "", edusdk.ErrMalformedResponse, 2, "not UTF-8"},
		"a page in a message":            {200, `[{"text":"<meta charset=gbk>老师好"}]`, "text/html", `[{"text":"<meta charset=gbk>老师好"}]`, 0, 1, ""},
		"an expired link":                {401, `{"error":"expired token"}`, "", "", edusdk.ErrFailedPrecondition, 1, "the link has expired: get another with Rooms.ChatLogs"},
		"turned down by a page":          {403, "<html>\xff", "", "", edusdk.ErrFailedPrecondition, 1, "the link has expired"},
		"gone":                           {410, "", "", "", edusdk.ErrFailedPrecondition, 1, "the link has expired"},
		"no file":                        {404, "<html>", "text/html; charset=gbk", "", edusdk.ErrNotFound, 1, "there is no file behind the link"},
		"the storage is down":            {502, "<html>", "", "", edusdk.ErrUnavailable, 3, "the file is not JSON"},
		"a success under a failure":      {500, "[]", "", "", edusdk.ErrUnavailable, 3, "reports success under an HTTP status of failure"},
		"moved":                          {302, "", "", "", edusdk.ErrMalformedResponse, 1, "the link redirects elsewhere"},
		"a page":                         {200, "<html>", "", "", edusdk.ErrMalformedResponse, 2, "the file is not JSON"},
		"nothing":                        {200, "", "", "", edusdk.ErrMalformedResponse, 2, "the file is not JSON"},
		"cut off":                        {200, `[{"text":"`, "", "", edusdk.ErrMalformedResponse, 2, "the file is not JSON"},
		"of a state that cannot be read": {200, `{"success":["canary"]}`, "", "", edusdk.ErrMalformedResponse, 2, "success"},
		"about a timestamp":              {200, `{"success":false,"error":"app_timestamp_out_date_error"}`, "", "", edusdk.ErrClockSkew, 1, "时间戳过期"},
		"in the vendor's words":          {200, `{"success":false,"error":"chat_file_not_found"}`, "", "", edusdk.ErrNotFound, 1, "聊天记录不存在"},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, chatLink, r.URL.String(), "the link goes out as it came")
				assert.Equal(t, http.MethodGet, r.Method)
				assert.Equal(t, []string{"User-Agent"}, headersOf(r), "no header of the importer's")
				resp := httpmock.NewStringResponse(tt.status, tt.body)
				resp.Header = http.Header{"Location": {"http://elsewhere.example.com/"}}
				if tt.media != "" {
					resp.Header.Set("Content-Type", tt.media)
				}
				return resp, nil
			}, edusdk.WithHeader("Authorization", "Bearer canary-header"))
			ctx := edusdk.WithCallOptions(t.Context(), edusdk.CallHeader("X-Tenant", "canary-tenant"))
			got, err := c.Rooms.FetchChatLog(ctx, chatLog(chatLink))
			assert.Equal(t, tt.attempts, mock.GetTotalCallCount())
			if tt.kind == 0 && tt.text == "" {
				require.NoError(t, err)
				assert.JSONEq(t, tt.want, string(got))
				return
			}
			assert.Nil(t, got)
			e := asError(t, err)
			assert.Equal(t, []any{"Rooms.FetchChatLog", tt.kind, tt.attempts, "read"}, []any{e.Op, e.Kind, e.Attempts, e.Class})
			assert.ErrorContains(t, err, tt.text)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func headersOf(r *http.Request) (names []string) {
	for name := range r.Header {
		names = append(names, name)
	}
	return names
}

func TestLinksThatAreNotFetched(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, "[]"))
	for link, problem := range map[string]string{
		"":                                 "must not be empty",
		"chat.json":                        "must begin with http:// or https://",
		"//canary.example.com/chat.json":   "must begin with http:// or https://",
		"file:///etc/canary":               "must begin with http:// or https://",
		"ftp://canary.example.com/":        "must begin with http:// or https://",
		"http:///chat.json":                "has no host",
		"http://canary:pw@example.com/":    "must not hold a user or password",
		"http://example.com/#canary":       "must not hold a fragment",
		"http://example.com/chat.json#":    "must not hold a fragment",
		"http://canary\x7f.example.com/":   "is not a URL",
		"http://example.com/%zz?canary=%z": "is not a URL",
	} {
		_, err := c.Rooms.FetchChatLog(t.Context(), chatLog(link))
		assert.Equal(t, edusdk.FieldError{Field: "DownloadURL", Problem: problem}, *asFieldError(t, err), link)
		assert.NotContains(t, err.Error(), "canary")
	}
	_, err := c.Rooms.FetchChatLog(t.Context(), nil)
	assert.Equal(t, "DownloadURL", asFieldError(t, err).Field)
	_, err = c.Rooms.FetchChatLog(t.Context(), &duobeiyun.ChatLog{RoomID: "jz1", Msg: "chat_file_not_found"})
	assert.ErrorIs(t, err, edusdk.ErrNotFound, "a log without a download is the failure that it holds")
	assert.Zero(t, mock.GetTotalCallCount())

	for after, kind := range map[time.Duration]edusdk.Kind{-time.Hour: edusdk.ErrFailedPrecondition, -2 * time.Minute: edusdk.ErrFailedPrecondition, -time.Minute: 0, time.Hour: 0} {
		log := chatLog(chatLink)
		log.ExpireTime = duobeiyun.Time{Time: now.Add(after)}
		_, err := c.Rooms.FetchChatLog(t.Context(), log)
		assert.Equal(t, kind != 0, err != nil, after)
		if kind != 0 {
			assert.Equal(t, kind, asError(t, err).Kind)
			assert.ErrorContains(t, err, "get another with Rooms.ChatLogs")
		}
	}
	assert.Equal(t, 2, mock.GetTotalCallCount(), "those that are good, or may be")
}

// What is capped is what is read, whatever its length is said to be.
func TestAChatLogThatIsTooLarge(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[")
		for range 100 {
			if _, err := fmt.Fprint(w, strings.Repeat(" ", 1<<10)); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, "]")
	}))
	defer srv.Close()
	c, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey}, edusdk.WithMaxResponseSize(10<<10), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	_, err = c.Rooms.FetchChatLog(t.Context(), chatLog(srv.URL+"/chat.json"))
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
	assert.ErrorContains(t, err, "WithMaxResponseSize")
}

// hosts is an observer that notes where calls go.
type hosts struct {
	events

	seen []string
}

func (h *hosts) StartCall(ctx context.Context, s edusdk.CallStart) context.Context {
	h.seen = append(h.seen, s.Host+" "+s.Route)
	return ctx
}

func TestAChatLinkIsShownNowhere(t *testing.T) {
	var sink strings.Builder
	observer := &hosts{}
	for name, answer := range map[string]httpmock.Responder{
		"a success": httpmock.NewStringResponder(200, "[]"),
		"an echo": func(r *http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(400, "no "+r.URL.String()), nil
		},
		"a failure": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("cannot reach %s?%s %s", r.URL, r.URL.RawQuery, r.URL.Path)
		},
	} {
		c, _ := mocked(t, answer, edusdk.WithObserver(observer), edusdk.WithDebug(&sink),
			edusdk.WithLogger(slog.New(slog.NewTextHandler(&sink, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_, err := c.Rooms.FetchChatLog(t.Context(), chatLog(chatLink))
		for _, e := range chain(err) {
			fmt.Fprintf(&sink, "%s: %v %+v %#v %q\n", name, e, e, e, e)
		}
	}
	fmt.Fprintf(&sink, "%+v %v", observer.all, observer.seen)
	assert.Contains(t, sink.String(), "> duobeiyun Rooms.FetchChatLog, attempt 1: GET http://chat.example.com/")
	assert.Equal(t, "chat.example.com ", observer.seen[0], "the host of a span is that of the link")
	for _, secret := range []string{"canary", "bj99P3oz", "1481334698"} {
		assert.NotContains(t, sink.String(), secret)
	}
}

// A link has no timestamp, so that its success proves no clock.
func TestAChatLinkProvesNoClock(t *testing.T) {
	asked := 0
	c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(502, "") // so that nothing is known of the corrected time
		switch asked++; {
		case strings.HasSuffix(r.URL.Path, "/chat.json"):
			resp = httpmock.NewStringResponse(200, `[]`)
		case asked == 1:
			resp = httpmock.NewStringResponse(200, `{"success":false,"error":"app_timestamp_out_date_error"}`)
		}
		resp.Header = http.Header{"Date": {now.Add(time.Hour).UTC().Format(http.TimeFormat)}}
		return resp, nil
	})
	before, err := c.Rooms.EnterURL(&duobeiyun.EnterRequest{RoomID: "r", UID: "u", Nickname: "n", Role: duobeiyun.RoleStudent})
	require.NoError(t, err)
	require.Error(t, second(c.Rooms.Get(t.Context(), "jz1")))
	require.NoError(t, second(c.Rooms.FetchChatLog(t.Context(), chatLog(chatLink))))
	after, err := c.Rooms.EnterURL(&duobeiyun.EnterRequest{RoomID: "r", UID: "u", Nickname: "n", Role: duobeiyun.RoleStudent})
	require.NoError(t, err)
	assert.Equal(t, before.Expires, after.Expires)
}
