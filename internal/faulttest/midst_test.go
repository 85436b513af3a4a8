package faulttest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/zjy"
)

var quick = edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond})

// onPath chooses the requests whose path ends so, from the n-th on.
func onPath(suffix string, n int64) func(*http.Request) bool {
	var seen atomic.Int64
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, suffix) && seen.Add(1) >= n }
}

// In the table the first request of a method meets the fault. Here it is a later
// one of those that make more than one.
func TestFaultsInTheMidstOfAMethod(t *testing.T) {
	t.Parallel()
	partner := duobeiyun.Config{Partner: "partner", AppKey: "app-key"}
	rooms := func(ctx context.Context, base string) (err error) {
		partner := partner
		partner.BaseURL = base
		c, err := duobeiyun.New(partner, quick)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		n := 0
		for _, err = range c.Rooms.All(ctx, nil) {
			if err == nil {
				n++
			}
		}
		assert.Equal(t, 1, n, "rooms of the first page")
		return err
	}
	converted := func(ctx context.Context, base string) error {
		partner := partner
		partner.BaseURL = base
		c, err := duobeiyun.New(partner, quick)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		return c.Documents.WaitConverted(ctx, "d1")
	}
	partnerOf := func(base string) (*duobeiyun.Client, error) {
		partner := partner
		partner.BaseURL = base
		return duobeiyun.New(partner, quick)
	}
	recording := func(ctx context.Context, base string) error {
		c, err := partnerOf(base)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		_, err = c.Rooms.WaitRecording(ctx, "jz1")
		return err
	}
	attendance := func(ctx context.Context, base string) error {
		c, err := partnerOf(base)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		_, err = c.Statistics.Attendance(ctx, "jz1", "u1", "u2")
		return err
	}
	added := func(want string) func(context.Context, string) error {
		return func(ctx context.Context, base string) error {
			c, err := partnerOf(base)
			if err != nil {
				return err
			}
			defer c.CloseIdleConnections()
			id, err := c.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{RoomID: "jz1", Name: "lesson.pdf", Content: strings.NewReader(lesson)})
			assert.Equal(t, want, id, "the document's id")
			return err
		}
	}
	tree := func(ctx context.Context, base string) error {
		c, err := zjy.New(zjy.Config{Auth: "cookie-value", BaseURL: base}, quick)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		_, err = c.Tree(ctx, "c1", "o1")
		return err
	}
	products := func(ctx context.Context, base string) error {
		c, err := douyin.New(douyin.Config{AppID: "app-1", Token: douyin.StaticToken("token-1"), BaseURL: base, Concurrency: 1}, quick)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		ids := make([]int64, 3*douyin.MaxProductsPerRequest)
		for i := range ids {
			ids[i] = int64(i + 1)
		}
		_, err = c.QueryProducts(ctx, ids...)
		return err
	}
	courses := func(ctx context.Context, base string) error {
		c, err := supervision.New(supervision.Config{
			BaseURL: base, Account: "account", Password: "password", PlatformCode: "p1", TokenStore: loggedIn{},
			Device: supervision.Device{Type: supervision.TypePC, ID: "device-1"},
		}, quick)
		if err != nil {
			return err
		}
		defer c.CloseIdleConnections()
		n := 0
		for _, err = range c.Courses.All(ctx, 1) {
			if err == nil {
				n++
			}
		}
		assert.Equal(t, 1, n, "courses of the first page")
		return err
	}
	const (
		page    = `{"success": true, "pagination": {"pageNo": 1, "hasNextPage": true, "items": [{"roomId": "jz1"}]}}`
		pending = `{"success": true, "status": "converting"}`
		course  = `{"code": 1, "progress": {"moduleList": [{"id": "m1"}, {"id": "m2"}]}, "topicList": [{"id": "t1"}, {"id": "t2"}], "cellList": []}`
		pulled  = `{"returnCode": "0", "pageNo": 1, "pageSize": 1, "totalPage": 3, "data": [{"courseCode": "c1"}]}`
		done    = `{"success": true, "status": "converted", "uuid": "d1"}`
		lesson1 = `{"success": true, "course": {"roomId": "jz1", "convertStatus": 0}}`
		watched = `{"roomId": "jz1", "uid": "u1", "details": []}`
		found   = `{"err_no": 0, "data": {"products": []}}`
	)
	for _, tt := range []struct {
		name   string
		call   func(ctx context.Context, base string) error
		answer string
		path   string
		from   int64 // the request on the path that meets the fault first
		op     string
		create bool // the request may not be repeated
	}{
		{"Rooms.All, second page", rooms, page, "/room/list", 2, "Rooms.List", false},
		{"Courses.All, second page", courses, pulled, "/thirdCoursePull", 2, "Courses.Pull", false},
		{"WaitConverted, second look", converted, pending, "/documents/status", 2, "Documents.Status", false},
		{"Tree, topics", tree, course, "/getTopicByModuleId", 1, "Topics", false},
		{"Tree, cells", tree, course, "/getCellByTopicId", 1, "Cells", false},
		{"QueryProducts, second request", products, found, "/query", 2, "QueryProducts", false},
		{"WaitRecording, second look", recording, lesson1, "/room/detail", 2, "Rooms.Get", false},
		{"Attendance, second user", attendance, watched, "/zhibo/user", 2, "Statistics.LiveUser", false},
		{"AddDocument, upload", added(""), done, "/documents/upload", 1, "Documents.Upload", true},
		{"AddDocument, conversion", added("d1"), done, "/documents/status", 1, "Documents.Status", false},
		{"AddDocument, attaching", added("d1"), done, "/room/attachDocument", 1, "Rooms.AttachDocument", true},
	} {
		for _, f := range []struct {
			name     string
			fault    Fault
			kind     edusdk.Kind
			attempts int
			maybe    bool // it may have been carried out, of a create
		}{
			{"reset after the request", ResetAfter(), edusdk.ErrUnavailable, 3, true},
			{"502", Status(http.StatusBadGateway, webPage), edusdk.ErrUnavailable, 3, true},
			{"empty body", Status(http.StatusOK, ""), edusdk.ErrMalformedResponse, 2, true},
			{"429 with a hint that is too long", TurnAway(http.StatusTooManyRequests, "", "Retry-After", "3600"), edusdk.ErrResourceExhausted, 1, false},
		} {
			t.Run(tt.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				srv := NewServer(When(onPath(tt.path, tt.from), f.fault))
				srv.Answer = func(string) string { return tt.answer }
				require.NoError(t, srv.Start())
				defer srv.Close()
				e := errorOf(t, tt.call(t.Context(), srv.URL()))
				assert.Equal(t, tt.op, e.Op, "Op of: %v", e)
				assert.Equal(t, f.kind, e.Kind, "Kind of: %v", e)
				attempts := f.attempts
				if tt.create {
					attempts = 1
				}
				assert.Equal(t, attempts, e.Attempts, "Attempts of: %v", e)
				assert.Equal(t, f.maybe && tt.create, e.MaybeApplied, "MaybeApplied of: %v", e)
			})
		}
		t.Run(tt.name+"/ctx cancelled while waiting for headers", func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			met := onPath(tt.path, tt.from)
			srv := NewServer(When(func(r *http.Request) bool {
				if !met(r) {
					return false
				}
				cancel()
				return true
			}, Silent()))
			srv.Answer = func(string) string { return tt.answer }
			require.NoError(t, srv.Start())
			defer srv.Close()
			e := errorOf(t, tt.call(ctx, srv.URL()))
			assert.Equal(t, edusdk.ErrCanceled, e.Kind, "Kind of: %v", e)
		})
	}
}

// errorOf returns the *edusdk.Error that every failure of a call is.
func errorOf(t *testing.T, err error) *edusdk.Error {
	t.Helper()
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	return e
}

// UploadTokenHandler calls Videos.UploadToken for a browser.
func TestFaultsBehindUploadTokenHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		fault    Fault
		kind     edusdk.Kind
		executed int
	}{
		{"reset after the request", ResetAfter(), edusdk.ErrUnavailable, 3},
		{"gateway page", Status(http.StatusOK, webPage), edusdk.ErrUnavailable, 2},
		{"empty body", Status(http.StatusOK, ""), edusdk.ErrMalformedResponse, 2},
		{"429 with a hint that is too long", TurnAway(http.StatusTooManyRequests, "", "Retry-After", "3600"), edusdk.ErrResourceExhausted, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, tt.fault)
			defer srv.Close()
			c, err := duobeiyun.New(duobeiyun.Config{Partner: "partner", AppKey: "app-key", BaseURL: srv.URL()}, quick)
			require.NoError(t, err)
			defer c.CloseIdleConnections()
			w := httptest.NewRecorder()
			c.Videos.UploadTokenHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/uptoken", nil))
			assert.Equal(t, http.StatusBadGateway, w.Code)
			var body struct {
				Success bool
				Error   string
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			assert.False(t, body.Success)
			assert.Equal(t, tt.kind.String(), body.Error)
			assert.Equal(t, tt.executed, srv.Executed(), "requests that were carried out")
		})
	}
}

// A login that fails fails the calls that need it, none of which was sent.
func TestFaultsOfTheLoginBefore(t *testing.T) {
	t.Parallel()
	for i := range vendors {
		v := &vendors[i]
		if v.login == "" {
			continue
		}
		for _, o := range v.operations(t) {
			if o.class == login {
				continue
			}
			for _, f := range []struct {
				name  string
				fault Fault
				kind  edusdk.Kind
				sent  int // logins that were carried out
			}{
				{"reset after the request", ResetAfter(), edusdk.ErrUnavailable, 2},
				{"500", Status(http.StatusInternalServerError, ""), edusdk.ErrUnavailable, 2},
				{"gateway page", Status(http.StatusOK, webPage), edusdk.ErrUnavailable, 2},
				{"truncated body", Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), edusdk.ErrMalformedResponse, 2},
				{"429 with a hint that is too long", TurnAway(http.StatusTooManyRequests, "", "Retry-After", "3600"), edusdk.ErrResourceExhausted, 0},
			} {
				t.Run(v.name+"."+o.name+"/"+f.name, func(t *testing.T) {
					t.Parallel()
					srv := start(t, When(onPath(v.login, 1), f.fault))
					defer srv.Close()
					seen := &witness{}
					roots, err := v.open(srv.URL(), edusdk.NewMemoryStore(), []edusdk.Option{quick, edusdk.WithObserver(seen)})
					require.NoError(t, err)
					defer closeIdle(roots)
					e := errorOf(t, o.call(t.Context(), roots))
					assert.Equal(t, f.kind, e.Kind, "Kind of: %v", e)
					assert.NotEqual(t, "Login", e.Op, "Op of: %v", e)
					assert.Zero(t, e.Attempts, "Attempts of: %v", e)
					assert.False(t, e.MaybeApplied, "MaybeApplied of: %v", e)
					assert.Equal(t, f.sent, srv.Executed(), "requests that were carried out, all of them logins")
				})
			}
		}
	}
}
