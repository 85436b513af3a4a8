package duobeiyun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

const roomAnswer = `{"success":true,"course":{"roomId":"jz1"},"room":{"roomId":"jz1"}}`

func TestEachAttemptIsSignedAnew(t *testing.T) {
	clock := now
	var seen []url.Values
	c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
		values := fields(t, r)
		assertSigned(t, map[string]string{"roomId": "jz1"}, clock, values)
		seen = append(seen, values)
		clock = clock.Add(time.Minute)
		if len(seen) < 3 {
			return httpmock.NewStringResponse(500, ""), nil
		}
		return httpmock.NewStringResponse(200, roomAnswer), nil
	}, edusdk.WithClock(func() time.Time { return clock }))
	_, err := c.Rooms.Get(t.Context(), "jz1")
	require.NoError(t, err)
	require.Len(t, seen, 3)
	assert.NotEqual(t, seen[0].Get("sign"), seen[1].Get("sign"))
	assert.NotEqual(t, seen[1].Get("timestamp"), seen[2].Get("timestamp"))
}

// fussy is a vendor whose clock is right and who takes timestamps within five
// minutes.
func fussy(t *testing.T, right time.Time, asked *int) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		*asked++
		stamp, err := strconv.ParseInt(fields(t, r).Get("timestamp"), 10, 64)
		assert.NoError(t, err)
		body := roomAnswer
		if off := time.UnixMilli(stamp).Sub(right).Abs(); off > 5*time.Minute {
			body = `{"success":false,"error":"app_timestamp_out_date_error"}`
		}
		resp := httpmock.NewStringResponse(200, body)
		resp.Header.Set("Date", right.UTC().Format(http.TimeFormat))
		return resp, nil
	}
}

func TestAWrongClockIsCorrectedWithOneRequest(t *testing.T) {
	for _, off := range []time.Duration{6 * time.Minute, -time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			asked := 0
			c, _ := mocked(t, fussy(t, now, &asked), edusdk.WithClock(func() time.Time { return now.Add(off) }))
			_, err := c.Rooms.Create(t.Context(), &lesson)
			require.NoError(t, err)
			assert.Equal(t, 2, asked)
			_, err = c.Rooms.Get(t.Context(), "jz1")
			require.NoError(t, err)
			assert.Equal(t, 3, asked, "the correction is kept")
			link, err := c.Documents.PreviewURL("d1")
			require.NoError(t, err)
			assert.WithinDuration(t, now.Add(5*time.Minute), link.Expires, time.Second, "links use the corrected time")
		})
	}
}

func TestAnHonestClockIsNotTouched(t *testing.T) {
	asked := 0
	c, _ := mocked(t, func(*http.Request) (*http.Response, error) {
		asked++
		resp := httpmock.NewStringResponse(200, `{"success":false,"error":"app_timestamp_out_date_error"}`)
		resp.Header.Set("Date", now.Add(3*time.Minute).UTC().Format(http.TimeFormat))
		return resp, nil
	})
	_, err := c.Rooms.Get(t.Context(), "jz1")
	require.ErrorIs(t, err, edusdk.ErrClockSkew)
	assert.Equal(t, 1, asked)
	link, err := c.Documents.PreviewURL("d1")
	require.NoError(t, err)
	assert.True(t, link.Expires.Equal(now.Add(5*time.Minute)))
}

func TestLinks(t *testing.T) {
	no, yes := false, true
	full := &duobeiyun.EnterRequest{
		RoomID: "jz1", UID: "u 1", Nickname: "李四&=", Role: duobeiyun.RoleInspector, DeviceType: duobeiyun.DeviceMobile,
		PlaybackStart: 100*time.Minute + 20*time.Second, PlaybackEnd: 120*time.Minute + 3*time.Second, Tape: &no, AdminDisableChat: &yes,
		Extra: url.Values{"h5": {"1"}},
	}
	plain := *full
	plain.PlainHTTP = true
	fullParams := map[string]string{
		"roomId": "jz1", "uid": "u 1", "nickname": "李四&=", "userRole": "3", "deviceType": "2", "psTime": "100:20", "peTime": "120:03",
		"tape": "false", "adminDisableChat": "true", "h5": "1",
	}
	small := &duobeiyun.EnterRequest{RoomID: "jz1", UID: "u", Nickname: "n", Role: duobeiyun.RoleTeacher}
	smallParams := map[string]string{"roomId": "jz1", "uid": "u", "nickname": "n", "userRole": "1"}
	enter := func(r *duobeiyun.EnterRequest) func(*duobeiyun.Client) (*duobeiyun.SignedURL, error) {
		return func(c *duobeiyun.Client) (*duobeiyun.SignedURL, error) { return c.Rooms.EnterURL(r) }
	}
	preview := func(c *duobeiyun.Client) (*duobeiyun.SignedURL, error) { return c.Documents.PreviewURL("d1") }
	for name, tt := range map[string]struct {
		base, address string
		link          func(*duobeiyun.Client) (*duobeiyun.SignedURL, error)
		params        map[string]string
	}{
		"enter":                  {"", "https://api.duobeiyun.com/api/v3/room/enter", enter(small), smallParams},
		"enter with everything":  {"", "https://api.duobeiyun.com/api/v3/room/enter", enter(full), fullParams},
		"enter over http":        {"", "http://api.duobeiyun.com/api/v3/room/enter", enter(&plain), fullParams},
		"enter elsewhere":        {"https://dby.example.com/x/", "https://dby.example.com/x/api/v3/room/enter", enter(&plain), fullParams},
		"enter elsewhere, http":  {"http://dby.example.com", "http://dby.example.com/api/v3/room/enter", enter(small), smallParams},
		"preview":                {"", "http://api.duobeiyun.com/api/v3/document/preview", preview, map[string]string{"uuid": "d1"}},
		"preview elsewhere":      {"https://dby.example.com", "https://dby.example.com/api/v3/document/preview", preview, map[string]string{"uuid": "d1"}},
		"the production address": {duobeiyun.ProductionURL, "https://api.duobeiyun.com/api/v3/document/preview", preview, map[string]string{"uuid": "d1"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mockedAt(t, tt.base, httpmock.NewStringResponder(200, ""))
			link, err := tt.link(c)
			require.NoError(t, err)
			u, err := url.Parse(link.URL)
			require.NoError(t, err)
			address, _, _ := strings.Cut(link.URL, "?")
			assert.Equal(t, tt.address, address)
			assertSigned(t, tt.params, now, u.Query())
			assert.True(t, link.Expires.Equal(now.Add(5*time.Minute)))
			assert.Zero(t, mock.GetTotalCallCount(), "nothing is sent")
		})
	}
}

func TestCheckEnter(t *testing.T) {
	req := &duobeiyun.EnterRequest{RoomID: "jz1", UID: "u", Nickname: "n", Role: duobeiyun.RoleStudent}
	for name, tt := range map[string]struct {
		status        int
		body          string
		kind          edusdk.Kind
		code, message string
		fine          bool
	}{
		"room":         {200, fixture(t, "enter_room.html"), 0, "", "", true},
		"expired":      {200, fixture(t, "enter_expired.html"), edusdk.ErrFailedPrecondition, "", "回放有效期已过", false},
		"failed":       {200, fixture(t, "enter_failed.html"), edusdk.ErrUnauthenticated, "app_error", "app 不存在", false},
		"unknown code": {200, "<html><body>\nnew_error\n</body></html>", edusdk.ErrUnknown, "new_error", "", false},
		"in JSON":      {200, `{"success":false,"error":"app_course_error"}`, edusdk.ErrNotFound, "app_course_error", "讲座不存在", false},
		"other JSON":   {200, `{"success":true}`, edusdk.ErrMalformedResponse, "", "", false},
		"another page": {200, "<html><body>Welcome to nginx!</body></html>", edusdk.ErrMalformedResponse, "", "", false},
		"empty":        {200, "", edusdk.ErrMalformedResponse, "", "", false},
		"gateway":      {502, "<html><body>Bad Gateway, or so</body></html>", edusdk.ErrUnavailable, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, "GET https://api.duobeiyun.com/api/v3/room/enter", r.Method+" "+r.URL.Scheme+"://"+r.URL.Host+r.URL.Path)
				assertSigned(t, map[string]string{"roomId": "jz1", "uid": "u", "nickname": "n", "userRole": "2"}, now, r.URL.Query())
				return httpmock.NewStringResponse(tt.status, tt.body), nil
			})
			err := c.Rooms.CheckEnter(t.Context(), req)
			if tt.fine {
				require.NoError(t, err)
				return
			}
			e := asError(t, err)
			assert.Equal(t, []any{"Rooms.CheckEnter", tt.kind, tt.code, tt.message}, []any{e.Op, e.Kind, e.Code, e.Message})
		})
	}
}

// uploads is a server that takes multipart forms apart.
func uploads(t *testing.T, answer string) (*httptest.Server, *[]uploaded) {
	t.Helper()
	var got []uploaded
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := uploaded{path: r.Method + " " + r.URL.String(), length: r.ContentLength}
		media, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		assert.NoError(t, err)
		assert.Equal(t, "multipart/form-data", media)
		counted := &counter{r: r.Body}
		form := multipart.NewReader(counted, attributes["boundary"])
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if !assert.NoError(t, err) {
				return
			}
			h := part.Header
			sum, err := io.ReadAll(part)
			assert.NoError(t, err)
			u.parts = append(u.parts, [4]string{part.FormName(), part.FileName(), h.Get("Content-Type"), string(sum)})
		}
		_, _ = io.Copy(io.Discard, counted)
		u.read = counted.n
		got = append(got, u)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	return srv, &got
}

type uploaded struct {
	path         string
	length, read int64
	parts        [][4]string
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func uploader(t *testing.T, srv *httptest.Server, opts ...edusdk.Option) *duobeiyun.Client {
	t.Helper()
	opts = append([]edusdk.Option{edusdk.WithClock(func() time.Time { return now })}, opts...)
	c, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey, BaseURL: srv.URL}, opts...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestUploadOnTheWire(t *testing.T) {
	srv, got := uploads(t, fixture(t, "document_upload.json"))
	c := uploader(t, srv)
	content := strings.Repeat("%PDF 一次函数\r\n--", 10_000)
	var progress []int64
	id, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{
		Name: `第一课 "函数".pdf`, Content: strings.NewReader(content),
		Progress: func(sent, total int64) {
			assert.EqualValues(t, len(content), total)
			progress = append(progress, sent)
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "dbe8228a-3d57-4500-8049-0fd40f05c738", id)
	require.Len(t, *got, 1)
	u := (*got)[0]
	assert.Equal(t, "POST /api/v3/documents/upload", u.path)
	assert.Equal(t, u.read, u.length, "Content-Length")
	require.Len(t, u.parts, 4)
	values := url.Values{}
	for _, p := range u.parts[:3] {
		values.Set(p[0], p[3])
	}
	assertSigned(t, nil, now, values)
	assert.Equal(t, [4]string{"slidesFile", `第一课 "函数".pdf`, "application/pdf", content}, u.parts[3])
	require.NotEmpty(t, progress)
	assert.IsIncreasing(t, append([]int64{0}, progress...))
	assert.EqualValues(t, len(content), progress[len(progress)-1])
}

func TestMediaTypesOfUploads(t *testing.T) {
	srv, got := uploads(t, `{"success":true,"uuid":"d1"}`)
	c := uploader(t, srv)
	for i, tt := range [][2]string{
		{"a.doc", "application/msword"}, {"a.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"a.ppt", "application/vnd.ms-powerpoint"},
		{"a.b.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
		{"a.pdf", "application/pdf"}, {"a.jpg", "image/jpeg"}, {"a.jpeg", "image/jpeg"}, {"课 (1).png", "image/png"},
	} {
		_, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: tt[0], Content: strings.NewReader("x")})
		require.NoError(t, err)
		assert.Equal(t, [4]string{"slidesFile", tt[0], tt[1], "x"}, (*got)[i].parts[3])
	}
}

func TestUploadFile(t *testing.T) {
	srv, got := uploads(t, `{"success":true,"documentId":"d2"}`)
	c := uploader(t, srv)
	path := filepath.Join(t.TempDir(), "课件.docx")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	id, err := c.Documents.UploadFile(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, "d2", id)
	assert.Equal(t, [4]string{"slidesFile", "课件.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "content"}, (*got)[0].parts[3])

	_, err = c.Documents.UploadFile(t.Context(), filepath.Join(t.TempDir(), "张三.pdf"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	assert.Equal(t, "duobeiyun: Documents.Upload: invalid argument: path cannot be opened: no such file or directory", err.Error(),
		"in one line, and without the path, which can name a person")
	_, err = c.Documents.UploadFile(t.Context(), t.TempDir())
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument, "a folder")
	assert.Len(t, *got, 1)
}

func TestAnUploadIsNotRepeatedOnceItMayHaveArrived(t *testing.T) {
	srv, got := uploads(t, `<html>`)
	c := uploader(t, srv)
	_, err := c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("x")})
	require.True(t, edusdk.MaybeApplied(err))
	assert.Len(t, *got, 1)
}

func TestAnUploadTakesLittleMemory(t *testing.T) {
	var most uint64
	var before runtime.MemStats
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"success":true,"uuid":"d1"}`)
	}))
	defer srv.Close()
	c := uploader(t, srv)
	f, err := os.Create(filepath.Join(t.TempDir(), "a.pdf"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	require.NoError(t, f.Truncate(duobeiyun.MaxDocumentSize))
	_, err = c.Merchant.Get(t.Context()) // what the first call sets up is not the upload's
	require.Error(t, err)
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, err = c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "a.pdf", Content: f, Progress: func(sent, total int64) {
		if sent%(1<<20) == 0 || sent == total {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.TotalAlloc-before.TotalAlloc) // no collection can make this look small
		}
	}})
	require.NoError(t, err)
	require.NotZero(t, most, "it was measured")
	assert.Less(t, most, uint64(4<<20), "allocated for 20 MB, the server's part included")
}

// pages answers room/list and document/list with these pages.
func pages(t *testing.T, asked *[]string, page func(no int) (ids []string, more bool)) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		text := fields(t, r).Get("pageNo")
		*asked = append(*asked, text)
		no, err := strconv.Atoi(text)
		assert.NoError(t, err)
		ids, more := page(no)
		items := []any{}
		for _, id := range ids {
			items = append(items, map[string]any{"roomId": id, "uniqueId": id})
		}
		b, err := json.Marshal(map[string]any{"success": true, "pagination": map[string]any{
			"items": items, "lastPage": !more, "hasNextPage": more, "pageNo": no,
		}})
		assert.NoError(t, err)
		return httpmock.NewBytesResponse(200, b), nil
	}
}

func TestListsAreReadPageByPage(t *testing.T) {
	rooms := func(c *duobeiyun.Client, first int) (ids []string, err error) {
		req := &duobeiyun.ListRoomsRequest{Title: "t", PageNo: first}
		for r, err := range c.Rooms.All(t.Context(), req) {
			if err != nil {
				return ids, err
			}
			ids = append(ids, r.RoomID)
		}
		assert.Equal(t, duobeiyun.ListRoomsRequest{Title: "t", PageNo: first}, *req, "the request is the caller's")
		return ids, nil
	}
	documents := func(c *duobeiyun.Client, first int) (ids []string, err error) {
		for d, err := range c.Documents.All(t.Context(), &duobeiyun.ListDocumentsRequest{Name: "n", PageNo: first}) {
			if err != nil {
				return ids, err
			}
			ids = append(ids, d.DocumentID)
		}
		return ids, nil
	}
	list := strings.Fields
	for name, tt := range map[string]struct {
		first int
		page  func(no int) ([]string, bool)
		ids   string
		asked string
		kind  edusdk.Kind
	}{
		"one page":        {0, func(int) ([]string, bool) { return list("a b"), false }, "a b", "1", 0},
		"none":            {0, func(int) ([]string, bool) { return nil, false }, "", "1", 0},
		"three pages":     {0, func(no int) ([]string, bool) { return list(fmt.Sprintf("a%d b%d", no, no)), no < 3 }, "a1 b1 a2 b2 a3 b3", "1 2 3", 0},
		"from the second": {2, func(no int) ([]string, bool) { return list(fmt.Sprintf("a%d", no)), no < 3 }, "a2 a3", "2 3", 0},
		"a page that comes again": {0, func(no int) ([]string, bool) {
			return list([]string{"a b", "a b", "c"}[no-1]), no < 3
		}, "a b c", "1 2 3", 0},
		"items that moved on": {0, func(no int) ([]string, bool) {
			return list([]string{"a b", "b c", "c d"}[no-1]), no < 3
		}, "a b c d", "1 2 3", 0},
		"items without an id": {0, func(no int) ([]string, bool) {
			return [][]string{{"a", "", ""}, {"b", ""}}[no-1], no < 2
		}, "a   b ", "1 2", 0},
		"nothing but such for ever": {0, func(int) ([]string, bool) { return []string{"", ""}, true }, "   ", "1 2", edusdk.ErrMalformedResponse},
		"the same page for ever":    {0, func(int) ([]string, bool) { return list("a b"), true }, "a b", "1 2 3", edusdk.ErrMalformedResponse},
		"empty pages for ever":      {0, func(int) ([]string, bool) { return nil, true }, "", "1 2", edusdk.ErrMalformedResponse},
	} {
		for kind, read := range map[string]func(*duobeiyun.Client, int) ([]string, error){"rooms": rooms, "documents": documents} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				var asked []string
				c, _ := mocked(t, pages(t, &asked, tt.page))
				ids, err := read(c, tt.first)
				assert.Equal(t, tt.ids, strings.Join(ids, " "))
				assert.Equal(t, tt.asked, strings.Join(asked, " "))
				if tt.kind == 0 {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, tt.kind)
				}
			})
		}
	}
}

func TestEitherFlagEndsAList(t *testing.T) {
	for name, flags := range map[string]string{"the last page": `"lastPage":true,"hasNextPage":true`, "no next page": `"lastPage":false,"hasNextPage":false`} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(200, `{"success":true,"pagination":{"items":[{"roomId":"a"}],`+flags+`}}`))
			n := 0
			for _, err := range c.Rooms.All(t.Context(), nil) {
				require.NoError(t, err)
				n++
			}
			assert.Equal(t, 1, n)
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

func TestListsEndEarlyAndOnErrors(t *testing.T) {
	var asked []string
	c, _ := mocked(t, pages(t, &asked, func(no int) ([]string, bool) { return []string{strconv.Itoa(no)}, true }))
	rooms := c.Rooms.All(t.Context(), nil)
	for range 2 { // an iterator can be used again
		for r := range rooms {
			if r.RoomID == "2" {
				break
			}
		}
	}
	assert.Equal(t, []string{"1", "2", "1", "2"}, asked)

	c, _ = mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"app_error"}`))
	n := 0
	for r, err := range c.Rooms.All(t.Context(), nil) {
		assert.Nil(t, r)
		require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		n++
	}
	assert.Equal(t, 1, n)

	asked = nil
	good := pages(t, &asked, func(no int) ([]string, bool) { return []string{strconv.Itoa(no)}, true })
	c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
		if len(asked) == 2 {
			return httpmock.NewStringResponse(403, ""), nil
		}
		return good(r)
	})
	var ids []string
	var failed error
	for r, err := range c.Rooms.All(t.Context(), nil) {
		if failed = err; err == nil {
			ids = append(ids, r.RoomID)
		}
	}
	assert.Equal(t, []string{"1", "2"}, ids, "what came before the failure")
	require.ErrorIs(t, failed, edusdk.ErrPermissionDenied)
	assert.Equal(t, 3, mock.GetTotalCallCount(), "and nothing after it")
	for _, err := range c.Documents.All(t.Context(), &duobeiyun.ListDocumentsRequest{PageNo: -1}) {
		require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	}
}

func TestWaitConverted(t *testing.T) {
	for name, tt := range map[string]struct {
		states  string // the last one stays
		timeout time.Duration
		waited  time.Duration
		asked   int
		kind    edusdk.Kind
		code    string
	}{
		"converted at once":   {"converted", time.Hour, 0, 1, 0, ""},
		"after a while":       {"converting converting converting converting converting converting converting converted", time.Hour, 45 * time.Second, 8, 0, ""},
		"failed":              {"converting failed", time.Hour, time.Second, 2, edusdk.ErrFailedPrecondition, "failed"},
		"an unknown word":     {"queued converted", time.Hour, time.Second, 2, 0, ""},
		"a number":            {"3", 4 * time.Second, 4 * time.Second, 3, edusdk.ErrDeadlineExceeded, ""},
		"the deadline passes": {"converting", 20 * time.Second, 20 * time.Second, 5, edusdk.ErrDeadlineExceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				states, asked := strings.Fields(tt.states), 0
				c, _ := mocked(t, func(*http.Request) (*http.Response, error) {
					state := states[min(asked, len(states)-1)]
					asked++
					return httpmock.NewStringResponse(200, `{"success":true,"status":"`+state+`"}`), nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
				defer cancel()
				start := time.Now()
				err := c.Documents.WaitConverted(ctx, "d1")
				assert.Equal(t, tt.waited, time.Since(start))
				assert.Equal(t, tt.asked, asked)
				if tt.kind == 0 {
					require.NoError(t, err)
					return
				}
				e := asError(t, err)
				assert.Equal(t, []any{"Documents.WaitConverted", tt.kind, tt.code}, []any{e.Op, e.Kind, e.Code})
			})
		})
	}
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"document_not_found"}`))
	require.ErrorIs(t, c.Documents.WaitConverted(t.Context(), "d1"), edusdk.ErrNotFound)
	ctx, cancel := context.WithCancel(t.Context())
	c, _ = mocked(t, func(*http.Request) (*http.Response, error) {
		cancel()
		return httpmock.NewStringResponse(200, `{"success":true,"status":"converting"}`), nil
	})
	err := c.Documents.WaitConverted(ctx, "d1")
	require.ErrorIs(t, err, edusdk.ErrCanceled)
	require.ErrorIs(t, err, context.Canceled)
}

func TestUploadTokenHandler(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":true,"uptoken":"t1"}`))
	w := httptest.NewRecorder()
	c.Videos.UploadTokenHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/material/upload", nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"success":true,"uptoken":"t1"}`, w.Body.String())
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	w = httptest.NewRecorder()
	c.Videos.UploadTokenHandler().ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/material/upload", nil))
	assert.Equal(t, http.StatusOK, w.Code, "of a HEAD request")

	c, _ = mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"canary-code"}`))
	w = httptest.NewRecorder()
	c.Videos.UploadTokenHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusBadGateway, w.Code)
	assert.JSONEq(t, `{"success":false,"error":"unknown failure"}`, w.Body.String())
	w = httptest.NewRecorder()
	c.Videos.UploadTokenHandler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestTime(t *testing.T) {
	want := time.Date(2017, 6, 15, 4, 59, 0, 0, time.UTC)
	for in, expected := range map[string]time.Time{
		`"2017-06-15 12:59:00"`: want, `"2017-06-15 12:59"`: want, `" 2017-06-15 12:59 "`: want, `1497502740000`: want, `"1497502740000"`: want,
		`"2017-06-15T04:59:00Z"`: want, `"2017-06-15T12:59:00+08:00"`: want, `-1000`: time.UnixMilli(-1000), `null`: {}, `""`: {}, `0`: {}, `"0"`: {},
		`"2017-06-15"`: time.Date(2017, 6, 14, 16, 0, 0, 0, time.UTC), `"2017-06-15 12:59:00.5"`: want.Add(time.Second / 2), `"/Date(1497502740000)/"`: want,
	} {
		var got duobeiyun.Time
		require.NoError(t, json.Unmarshal([]byte(in), &got), in)
		assert.True(t, got.Equal(expected), "%s: %s", in, got)
		if !expected.IsZero() {
			_, offset := got.Zone()
			assert.Equal(t, 8*3600, offset, in)
		}
		written, err := json.Marshal(got)
		require.NoError(t, err)
		var again duobeiyun.Time
		require.NoError(t, json.Unmarshal(written, &again))
		assert.True(t, again.Equal(expected), "%s written and read again: %s", in, again)
	}
	for _, in := range []string{`"secret"`, `"2017-13-15 12:59"`, `"2017-06"`, `{}`, `[]`, `true`, `1.5.2`, `"99999999999999999999"`} {
		var got duobeiyun.Time
		err := json.Unmarshal([]byte(in), &got)
		require.Error(t, err, in)
		assert.NotContains(t, err.Error(), strings.Trim(in, `"`), "the value is not quoted")
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{`"2017-06-15 12:59:00"`, `"2017-06-15 12:59"`, `1497502740000`, `null`, `""`, `"x"`, `"2017-06-15T04:59:00Z"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got duobeiyun.Time
		if got.UnmarshalJSON(data) != nil {
			return
		}
		if y := got.Year(); y < 0 || y > 9999 {
			return // RFC 3339 has no such years
		}
		written, err := json.Marshal(got)
		require.NoError(t, err)
		var again duobeiyun.Time
		require.NoError(t, again.UnmarshalJSON(written))
		assert.True(t, again.Equal(got.Time), "%s, written and read again: %s", got, again)
	})
}

// FuzzAnswer gives any bytes as an answer to calls of every shape.
func FuzzAnswer(f *testing.F) {
	samples, err := filepath.Glob("testdata/*")
	require.NoError(f, err)
	for _, path := range samples {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(200, b)
		}
	}
	f.Add(500, []byte(`{"success":false,"error":"app_error"}`))
	f.Add(302, []byte("\xef\xbb\xbf{}"))
	f.Add(200, []byte(`{"success":false,"error":"what is canary-partner, signed with canary-appkey?"}`))
	f.Add(429, []byte(`{"success":"0","error":17}`))
	f.Add(200, []byte(`{"success":1,"room":{"roomId":5},"course":[],"pagination":{"items":"","hasNextPage":"1"}}`))
	var answer func() *http.Response
	c, _ := mocked(f, func(*http.Request) (*http.Response, error) { return answer(), nil }, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			status = 200
		}
		answer = func() *http.Response { return httpmock.NewBytesResponse(status, body) }
		for _, o := range operations {
			_, err := o.call(t.Context(), c)
			if err == nil {
				require.Equal(t, 2, status/100, "a status of failure is no success")
				require.True(t, json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), "what is no JSON is none either")
				continue
			}
			e := asError(t, err)
			require.Equal(t, status, e.HTTPStatus)
			require.Equal(t, 1, e.Attempts)
			require.NotContains(t, err.Error(), partner)
			require.NotContains(t, err.Error(), appKey)
		}
		for r, err := range c.Rooms.All(t.Context(), nil) {
			require.True(t, (r == nil) == (err != nil))
			if err != nil {
				break
			}
		}
		err := c.Rooms.CheckEnter(t.Context(), &duobeiyun.EnterRequest{RoomID: "r", UID: "u", Nickname: "n", Role: 1})
		if err != nil {
			asError(t, err)
		}
	})
}

// events is an observer that keeps what it is told.
type events struct {
	mu  sync.Mutex
	all []any
}

func (e *events) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) { e.add(a) }
func (e *events) ObserveCall(_ context.Context, c edusdk.CallEvent)       { e.add(c) }

func (e *events) add(event any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

func TestNoSinkHoldsASecret(t *testing.T) {
	var sink strings.Builder
	logger := slog.New(slog.NewJSONHandler(&sink, &slog.HandlerOptions{Level: slog.LevelDebug}))
	observer := &events{}
	// everything that was sent, in the raw and as the vendor reads it
	var mu sync.Mutex // Attendance asks side by side
	var signatures []string
	everything := func(r *http.Request) string {
		var b bytes.Buffer
		if r.Body != nil {
			_, err := b.ReadFrom(r.Body)
			assert.NoError(t, err)
		}
		raw := r.URL.String() + " " + b.String()
		decoded, err := url.QueryUnescape(raw)
		assert.NoError(t, err)
		if _, sign, signed := strings.Cut(raw, "sign="); signed {
			mu.Lock()
			signatures = append(signatures, sign[:32])
			mu.Unlock()
		}
		return raw + " " + decoded
	}
	answers := map[string]httpmock.Responder{
		"an unknown code": func(r *http.Request) (*http.Response, error) {
			b, err := json.Marshal(map[string]any{"success": false, "error": "bad: " + everything(r)})
			assert.NoError(t, err)
			return httpmock.NewBytesResponse(200, b), nil
		},
		"a page": func(r *http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(502, "<html>"+everything(r)), nil
		},
		"a payload": func(r *http.Request) (*http.Response, error) {
			b, err := json.Marshal(map[string]any{"success": true, "room": everything(r), "course": everything(r), "infos": everything(r)})
			assert.NoError(t, err)
			return httpmock.NewBytesResponse(200, b), nil
		},
		"a transport's error": func(r *http.Request) (*http.Response, error) { return nil, errors.New("cannot send " + everything(r)) },
		"an address in an error": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: r.URL.String(), Err: io.EOF})
		},
	}
	for name, answer := range answers {
		c, _ := mocked(t, answer, edusdk.WithLogger(logger), edusdk.WithObserver(observer), edusdk.WithHeader("X-Token", "canary-header"))
		r := lesson
		r.Title = "canary-title 课"
		enter := &duobeiyun.EnterRequest{RoomID: "canary-room", UID: "canary-uid", Nickname: "canary-张三", Role: duobeiyun.RoleStudent}
		for _, err := range []error{
			second(c.Rooms.Create(t.Context(), &r)), second(c.Rooms.Get(t.Context(), "canary-room")),
			second(c.Rooms.ChatLogs(t.Context(), "canary-room")), c.Rooms.CheckEnter(t.Context(), enter),
			second(c.Statistics.LiveUser(t.Context(), "canary-room", "canary-uid")),
			second(c.Documents.Upload(t.Context(), &duobeiyun.UploadRequest{Name: "canary-张三.pdf", Content: strings.NewReader("pdf")})),
			c.Call(t.Context(), http.MethodGet, "api/x", map[string]string{"a": "canary-value"}, new(int)),
			second(c.Rooms.Get(t.Context(), " canary-room")),
		} {
			require.Error(t, err, name)
			for _, e := range chain(err) {
				fmt.Fprintf(&sink, "%v %+v %#v %q\n", e, e, e, e)
			}
		}
		link, err := c.Rooms.EnterURL(enter)
		require.NoError(t, err)
		require.Contains(t, link.URL, "canary-uid", "the link itself has to hold it")
		cfg := duobeiyun.Config{Partner: partner, AppKey: appKey}
		for _, v := range []any{c, *c, c.Rooms, *c.Rooms, cfg, &cfg, link, *link} {
			fmt.Fprintf(&sink, "%v %+v %#v %d %x\n", v, v, v, v, v)
		}
		logger.Info("values", "client", c, "config", cfg, "link", link, "room", c.Rooms)
	}
	for _, answer := range answers {
		for name, a := range textArguments {
			c, _ := mocked(t, answer, edusdk.WithLogger(logger), edusdk.WithObserver(observer))
			err := a.call(t.Context(), c, "canary-"+strings.ToLower(strings.ReplaceAll(name, " ", "-"))+".pdf")
			for _, e := range chain(err) {
				fmt.Fprintf(&sink, "%s: %v %+v %#v %q\n", name, e, e, e, e)
			}
		}
	}
	fmt.Fprintf(&sink, "%+v", observer.all)
	for line := range strings.Lines(sink.String()) {
		assert.NotContains(t, line, "canary")
		assert.NotContains(t, line, fmt.Sprintf("%x", "canary"))
	}
	require.NotEmpty(t, signatures)
	for _, signature := range signatures {
		assert.NotContains(t, sink.String(), signature, "a signature is good for five minutes")
	}
	assert.Contains(t, sink.String(), "[redacted]", "the vendor's words are there all the same")
}
