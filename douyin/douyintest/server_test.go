package douyintest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, cfg douyin.Config) *douyin.Client {
	t.Helper()
	c, err := douyin.New(cfg, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}))
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestProductsInBothStates(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	c := client(t, srv.Config())
	got, err := c.QueryProducts(t.Context(), 404, douyintest.ChangedID, douyintest.OnShelfID, douyintest.ReviewingID, 405)
	require.NoError(t, err)
	assert.Equal(t, []int64{404, 405}, got.Missing)
	require.Len(t, got.Products, 3)
	changed, shelf, review := got.Products[0], got.Products[1], got.Products[2]
	assert.Equal(t, "声乐第一课", changed.OnShelf.CommonProductInfo.Title)
	assert.Equal(t, "声乐第一课（新版）", changed.Reviewing.CommonProductInfo.Title)
	assert.Equal(t, douyin.OnShelf, shelf.OnShelf.ProductStatus.OnShelfStatus())
	assert.Nil(t, shelf.Reviewing)
	assert.Nil(t, review.OnShelf)
	assert.Equal(t, douyin.ReviewPending, review.Reviewing.ProductStatus.ReviewStatus())
	assert.Equal(t, "<p>摄影基础</p>", review.Reviewing.CommonProductInfo.ProductDetailList[1].RichText.String())

	assert.True(t, srv.Approve(douyintest.ChangedID))
	assert.True(t, srv.Reject(douyintest.ReviewingID, "图片不符合要求"))
	assert.True(t, srv.Unshelve(douyintest.OnShelfID, "已停售"))
	got, err = c.QueryProducts(t.Context(), douyintest.ChangedID, douyintest.OnShelfID, douyintest.ReviewingID)
	require.NoError(t, err)
	changed, shelf, review = got.Products[0], got.Products[1], got.Products[2]
	assert.Equal(t, int64(2900), changed.OnShelf.CommonProductInfo.PriceInfo.RealPrice)
	assert.Nil(t, changed.Reviewing)
	assert.Equal(t, douyin.OffShelf, shelf.OnShelf.ProductStatus.OnShelfStatus())
	assert.Equal(t, "已停售", shelf.OnShelf.ProductStatus.RejectReason)
	assert.Equal(t, douyin.ReviewRejected, review.Reviewing.ProductStatus.ReviewStatus())

	assert.True(t, srv.Shelve(douyintest.OnShelfID))
	got, err = c.QueryProducts(t.Context(), douyintest.OnShelfID)
	require.NoError(t, err)
	again := got.Products[0].OnShelf.ProductStatus
	assert.Equal(t, douyin.OnShelf, again.OnShelfStatus())
	assert.Empty(t, again.RejectReason)
	assert.Equal(t, []string{"KNC10001", "KNC10002", "KNC10004"}, []string{
		again.LatestAuditID, review.Reviewing.ProductStatus.LatestAuditID, changed.OnShelf.ProductStatus.LatestAuditID,
	}, "each review has an id of its own")
	for _, done := range []bool{
		srv.Approve(404), srv.Reject(404, ""), srv.Shelve(404), srv.Unshelve(douyintest.ReviewingID, ""), srv.Approve(douyintest.OnShelfID),
	} {
		assert.False(t, done)
	}
	srv.Remove(douyintest.OnShelfID)
	srv.SetEntry(404, map[string]any{"product_onshelf": map[string]any{"product_id": "404"}})
	got, err = c.QueryProducts(t.Context(), douyintest.OnShelfID, 404)
	require.NoError(t, err)
	assert.Equal(t, int64(404), got.Products[0].OnShelf.ProductID)
	assert.Equal(t, []int64{douyintest.OnShelfID}, got.Missing)
	srv.Submit(douyintest.Product{ID: 404, Title: "新课"})
	got, err = c.QueryProducts(t.Context(), 404)
	require.NoError(t, err)
	assert.Equal(t, "新课", got.Products[0].Reviewing.CommonProductInfo.Title)
}

func TestTwelveHundredProducts(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	var ids, known, missing []int64
	for i := range int64(1200) {
		id := 9007199254740993 + 7*(1200-i)
		ids = append(ids, id, id) // each twice
		if i%3 == 0 {
			missing = append(missing, id)
			continue
		}
		srv.Submit(douyintest.Product{ID: id, Title: "课"})
		known = append(known, id)
	}
	got, err := client(t, srv.Config()).QueryProducts(t.Context(), ids...)
	require.NoError(t, err)
	assert.Equal(t, missing, got.Missing)
	var found []int64
	for _, entry := range got.Products {
		found = append(found, entry.ID())
	}
	assert.Equal(t, known, found)

	sizes, logs := map[int]int{}, map[int64]string{}
	for _, r := range srv.Requests() {
		if r.Path == douyintest.QueryPath {
			sizes[len(r.ProductIDs)]++
			logs[r.ProductIDs[0]] = r.LogID
		}
	}
	assert.Equal(t, map[int]int{500: 2, 200: 1}, sizes)
	assert.Equal(t, []string{logs[ids[0]], logs[ids[1000]], logs[ids[2000]]}, got.LogIDs)
}

func TestTokensExpireByTheFakesClock(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	srv.SetClock(func() time.Time { return now })
	ask := func(token string) int { return query(t, srv, token, []int64{1}) }

	first, second := mini(t, srv), mini(t, srv)
	assert.Equal(t, []int{0, 0, 28001008}, []int{ask(first), ask(second), ask("another")})
	now = now.Add(5 * time.Minute)
	assert.Equal(t, []int{28001008, 0}, []int{ask(first), ask(second)}, "a newer token cuts the older one to five minutes")
	now = now.Add(115*time.Minute - time.Second)
	assert.Zero(t, ask(second))
	now = now.Add(time.Second)
	assert.Equal(t, 28001008, ask(second), "two hours are over")

	a, b, c := open(t, srv), open(t, srv), open(t, srv)
	assert.Equal(t, []int{28001008, 0, 0}, []int{ask(a), ask(b), ask(c)}, "the latest two are good")
	assert.Zero(t, ask(mini(t, srv)))
	now = now.Add(6 * time.Minute)
	assert.Equal(t, []int{0, 0}, []int{ask(b), ask(c)}, "one way does not touch the other's tokens")

	old := mini(t, srv)
	mini(t, srv)
	now = now.Add(4 * time.Minute)
	mini(t, srv)
	now = now.Add(time.Minute)
	assert.Equal(t, 28001008, ask(old), "five minutes from the first newer one, not from the last")
	srv.ExpireTokens()
	assert.Equal(t, 28001008, ask(c))
}

func TestTheOpenPlatformTakes500CallsInFiveMinutes(t *testing.T) {
	h := douyintest.NewServer()
	defer h.Close()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return now })
	for range 500 {
		open(t, h)
	}
	credentials := douyin.ClientCredentialConfig{AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: h.OpenTokenURL()}
	source := douyin.ClientCredential(credentials)
	defer source.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, edusdk.ErrResourceExhausted)
	now = now.Add(5 * time.Minute)
	_, err = source.Token(t.Context())
	require.NoError(t, err)
}

func TestFailures(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	token := mini(t, srv)
	assert.Equal(t, 28001007, query(t, srv, token, make([]int64, 501)))
	assert.Equal(t, 0, query(t, srv, token, make([]int64, 500)))
	assert.Equal(t, 28001007, query(t, srv, token, []int64{}))
	assert.Equal(t, 28001007, query(t, srv, token, []string{"1"}))
	assert.Equal(t, 28001007, query(t, srv, token, []float64{1.5}))
	assert.Equal(t, 28001008, query(t, srv, "", []int64{1}))
	srv.FailNext(28003018)
	srv.FailNext(12345)
	assert.Equal(t, 28003018, query(t, srv, token, []int64{1}))
	assert.Equal(t, 12345, query(t, srv, token, []int64{1}))
	assert.Equal(t, 0, query(t, srv, token, []int64{1}))

	for _, tt := range []struct {
		path string
		body map[string]any
		want int
	}{
		{douyintest.MiniAppTokenPath, map[string]any{}, 40015},
		{douyintest.MiniAppTokenPath, map[string]any{"appid": douyintest.AppID, "secret": "x"}, 40017},
		{douyintest.MiniAppTokenPath, map[string]any{"appid": douyintest.AppID, "secret": douyintest.Secret}, 40020},
		{douyintest.OpenPlatformTokenPath, map[string]any{}, 10002},
		{douyintest.OpenPlatformTokenPath, map[string]any{"client_key": douyintest.AppID, "client_secret": douyintest.Secret}, 10002},
		{douyintest.OpenPlatformTokenPath, map[string]any{"client_key": "x", "client_secret": "y", "grant_type": "client_credential"}, 10003},
		{douyintest.OpenPlatformTokenPath, map[string]any{"client_key": douyintest.AppID, "client_secret": "y", "grant_type": "client_credential"}, 10013},
		{douyintest.MiniAppTokenPath, map[string]any{"appid": douyintest.AppID, "secret": douyintest.Secret, "grant_type": "x"}, 40020},
		{douyintest.QueryPath, map[string]any{"access_token": token, "appid": "other", "product_ids": []int{1}}, 28001007},
	} {
		assert.Equal(t, tt.want, post(t, srv, tt.path, tt.body).code())
	}
	for _, body := range []string{"", "{", "[]", "5", "access_token=" + token} {
		assert.Equal(t, 28001007, postRaw(t, srv, douyintest.QueryPath, "application/json", []byte(body)).code(), body)
	}
	good := encode(t, map[string]any{"access_token": token, "appid": douyintest.AppID, "product_ids": []int{1}})
	assert.Equal(t, 0, postRaw(t, srv, douyintest.QueryPath, "application/json; charset=utf-8", good).code())
	assert.Equal(t, 28001007, postRaw(t, srv, douyintest.QueryPath, "text/plain", good).code(), "what is not called JSON")
	for _, r := range srv.Requests() {
		assert.NotEmpty(t, r.LogID)
	}
	resp, err := http.Get(srv.URL + "/" + douyintest.QueryPath)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	http.DefaultClient.CloseIdleConnections()
}

func TestALostAnswerIsAskedForAgain(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	lost := 0
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/"+douyintest.QueryPath {
				if lost++; lost == 1 {
					panic(http.ErrAbortHandler)
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err := client(t, srv.Config()).QueryProducts(t.Context(), douyintest.OnShelfID)
	require.NoError(t, err)
	assert.Equal(t, 2, lost)
}

// answer is what both kinds of endpoints answer.
type answer struct {
	ErrNo int    `json:"err_no"`
	LogID string `json:"log_id"`
	Data  struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		ErrorCode   int    `json:"error_code"`
	} `json:"data"`

	raw []byte
}

func (a answer) code() int { return a.ErrNo + a.Data.ErrorCode }

// post talks to the fake by hand.
func post(t *testing.T, srv *douyintest.Server, path string, body map[string]any) (a answer) {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	return postRaw(t, srv, path, "application/json", encoded)
}

func postRaw(t *testing.T, srv *douyintest.Server, path, contentType string, body []byte) (a answer) {
	t.Helper()
	resp, err := http.Post(srv.URL+"/"+path, contentType, bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &a))
	a.raw = raw
	assert.NotEmpty(t, a.LogID)
	return a
}

func query(t *testing.T, srv *douyintest.Server, token string, ids any) int {
	t.Helper()
	return post(t, srv, douyintest.QueryPath, map[string]any{"access_token": token, "appid": douyintest.AppID, "product_ids": ids}).code()
}

func mini(t *testing.T, srv *douyintest.Server) string {
	t.Helper()
	a := post(t, srv, douyintest.MiniAppTokenPath, map[string]any{
		"appid": douyintest.AppID, "secret": douyintest.Secret, "grant_type": "client_credential",
	})
	assert.Equal(t, 7200, a.Data.ExpiresIn)
	return a.Data.AccessToken
}

func open(t *testing.T, srv *douyintest.Server) string {
	t.Helper()
	a := post(t, srv, douyintest.OpenPlatformTokenPath, map[string]any{
		"client_key": douyintest.AppID, "client_secret": douyintest.Secret, "grant_type": "client_credential",
	})
	assert.Equal(t, 7200, a.Data.ExpiresIn)
	return a.Data.AccessToken
}

// An endpoint that the fake gets later must not take the place of one that
// somebody's test has added before.
func TestHandleGoesBeforeTheFakesEndpoints(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	c := client(t, srv.Config())
	srv.Handle("product/api/add", func(params map[string]any) any { return map[string]any{"title": params["title"]} })
	var added struct {
		Title string `json:"title"`
	}
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "product/api/add", map[string]string{"title": "摄影"}, &added))
	assert.Equal(t, "摄影", added.Title)

	srv.Handle(douyintest.QueryPath, func(map[string]any) any { return map[string]any{"products": []any{}} })
	got, err := c.QueryProducts(t.Context(), douyintest.OnShelfID)
	require.NoError(t, err)
	assert.Equal(t, []int64{douyintest.OnShelfID}, got.Missing)
	srv.FailNext(28001007)
	_, err = c.QueryProducts(t.Context(), douyintest.OnShelfID)
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument, "a failure that was ordered goes before it")

	srv.Handle(douyintest.MiniAppTokenPath, func(map[string]any) any {
		return map[string]any{"access_token": "mine", "expires_in": 7200}
	})
	other := client(t, srv.Config())
	require.ErrorIs(t, other.Call(t.Context(), http.MethodPost, "product/api/add", nil, nil), edusdk.ErrUnauthenticated,
		"the fake did not give that token out")
}
