package duobeiyun_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// enters is an identify that lets everybody in.
func enters(*http.Request) (*duobeiyun.EnterRequest, error) {
	return &duobeiyun.EnterRequest{RoomID: "jz1", UID: "canary-uid", Nickname: "canary 张三", Role: duobeiyun.RoleStudent}, nil
}

func serve(h http.Handler, method string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/enter?uid=canary-forged", nil))
	return w
}

func TestEnterHandlerRedirects(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(500, ""))
	want, err := c.Rooms.EnterURL(&duobeiyun.EnterRequest{RoomID: "jz1", UID: "canary-uid", Nickname: "canary 张三", Role: duobeiyun.RoleStudent})
	require.NoError(t, err)
	asked := 0
	h := c.Rooms.EnterHandler(func(r *http.Request) (*duobeiyun.EnterRequest, error) {
		asked++
		return enters(r)
	})
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := serve(h, method)
		assert.Equal(t, http.StatusSeeOther, w.Code, method)
		assert.Equal(t, http.Header{
			"Location": {want.URL}, "Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"},
		}, w.Header(), method)
		assert.Empty(t, w.Body.String(), "%s: the link is in the header alone", method)
	}
	assert.Equal(t, 2, asked, "each click is asked about")
	u, err := url.Parse(want.URL)
	require.NoError(t, err)
	assertSigned(t, map[string]string{"roomId": "jz1", "uid": "canary-uid", "nickname": "canary 张三", "userRole": "2"}, now, u.Query())
	assert.Zero(t, mock.GetTotalCallCount(), "nothing is sent")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodOptions} {
		w := serve(h, method)
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"), method)
	}
	assert.Equal(t, 2, asked, "and no other method")
}

func TestEnterHandlerRefuses(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"success":false,"error":"app_sign_error"}`))
	failing := func(err error) func(*http.Request) (*duobeiyun.EnterRequest, error) {
		return func(*http.Request) (*duobeiyun.EnterRequest, error) { return nil, err }
	}
	for name, tt := range map[string]struct {
		identify func(*http.Request) (*duobeiyun.EnterRequest, error)
		status   int
		body     string
	}{
		"nobody is logged in":    {failing(fmt.Errorf("canary: %w", edusdk.ErrUnauthenticated)), 401, "unauthenticated"},
		"in an error of its own": {failing(&edusdk.Error{Kind: edusdk.ErrUnauthenticated, Err: errors.New("canary")}), 401, "unauthenticated"},
		"not in this lesson":     {failing(edusdk.ErrPermissionDenied), 403, "permission denied"},
		"nobody and no error":    {failing(nil), 403, "permission denied"},
		"no such room":           {failing(fmt.Errorf("canary: %w", edusdk.ErrNotFound)), 404, "not found"},
		"not before it begins":   {failing(edusdk.ErrFailedPrecondition), 409, "failed precondition"},
		"an error of its own":    {failing(errors.New("canary: no rows")), 500, "unknown failure"},
		"the vendor is away":     {failing(&edusdk.Error{Vendor: "duobeiyun", Kind: edusdk.ErrUnavailable}), 503, "unavailable"},
		"the vendor turns this service down": {func(r *http.Request) (*duobeiyun.EnterRequest, error) {
			_, err := c.Rooms.Get(r.Context(), "jz1")
			return nil, err
		}, 502, "unauthenticated"},
		"a user without a role": {func(*http.Request) (*duobeiyun.EnterRequest, error) {
			return &duobeiyun.EnterRequest{RoomID: "jz1", UID: "canary", Nickname: "canary"}, nil
		}, 400, "invalid argument"},
		"a name with a space": {func(*http.Request) (*duobeiyun.EnterRequest, error) {
			return &duobeiyun.EnterRequest{RoomID: "jz1", UID: "canary", Nickname: "canary ", Role: duobeiyun.RoleStudent}, nil
		}, 400, "invalid argument"},
		"no identify": {nil, 500, "duobeiyun: Rooms.EnterHandler: identify must not be nil"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(c.Rooms.EnterHandler(tt.identify), http.MethodGet)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.body+"\n", w.Body.String())
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			assert.Empty(t, w.Header().Get("Location"))

			var got error
			page := duobeiyun.WithErrorPage(func(w http.ResponseWriter, _ *http.Request, err error) {
				got = err
				w.WriteHeader(http.StatusTeapot)
			})
			assert.Equal(t, http.StatusTeapot, serve(c.Rooms.EnterHandler(tt.identify, page, nil), http.MethodGet).Code)
			require.Error(t, got, "what the page of the importer's is given")
			assert.Equal(t, tt.body, cmpKind(tt.identify == nil, got))
			assert.Equal(t, tt.status, serve(c.Rooms.EnterHandler(tt.identify, duobeiyun.WithErrorPage(nil)), http.MethodHead).Code, "of HEAD")
		})
	}
}

func cmpKind(whole bool, err error) string {
	if whole {
		return err.Error()
	}
	return edusdk.KindOf(err).String()
}

func TestAPanicOfIdentifyIsThatOfTheHandler(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(500, ""))
	h := c.Rooms.EnterHandler(func(*http.Request) (*duobeiyun.EnterRequest, error) { panic(http.ErrAbortHandler) })
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { serve(h, http.MethodGet) })
}

func TestEnterHandlerLogsNothing(t *testing.T) {
	var sink strings.Builder
	observer := &events{}
	c, _ := mocked(t, httpmock.NewStringResponder(500, ""), edusdk.WithObserver(observer), edusdk.WithDebug(&sink),
		edusdk.WithLogger(slog.New(slog.NewTextHandler(&sink, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	require.Equal(t, http.StatusSeeOther, serve(c.Rooms.EnterHandler(enters), http.MethodGet).Code)
	assert.Empty(t, sink.String())
	assert.Empty(t, observer.all)
}
