package douyintest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/internal/fake/faketest"
)

func TestProductsLookLikeTheDocuments(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	b, err := os.ReadFile("../testdata/products.json")
	require.NoError(t, err)
	var want, got map[string]any
	require.NoError(t, json.Unmarshal(b, &want))
	resp := postRaw(t, srv, douyintest.QueryPath, "application/json", encode(t, map[string]any{
		"access_token": mini(t, srv), "appid": douyintest.AppID, "product_ids": []int64{douyintest.ChangedID},
	}))
	require.NoError(t, json.Unmarshal(resp.raw, &got))
	onShelf := func(answer map[string]any) map[string]any {
		entry := answer["data"].(map[string]any)["products"].([]any)[0].(map[string]any)
		assert.Len(t, entry, 2)
		assert.Equal(t, names(entry["product_on_shelf"]), names(entry["product_reviewing"]), "both states have the same fields")
		return entry["product_on_shelf"].(map[string]any)
	}
	shown, documented := onShelf(got), onShelf(want)
	common := documented["common_product_info"].(map[string]any)
	delete(common["price_info"].(map[string]any), "range_min_price") // of products with a range
	delete(common["price_info"].(map[string]any), "range_max_price")
	delete(common["path_info_lst"].([]any)[0].(map[string]any)["query"].(map[string]any), "from")
	assert.Equal(t, faketest.Shape(documented), faketest.Shape(shown))
	assert.Equal(t, []any{"text", "number", "text"}, []any{faketest.Shape(got["err_msg"]), faketest.Shape(got["err_no"]), faketest.Shape(got["log_id"])})
}

func names(v any) []string {
	var all []string
	for _, name := range []string{"common_product_info", "course_info", "product_id", "product_status", "product_type"} {
		if _, ok := v.(map[string]any)[name]; ok {
			all = append(all, name)
		}
	}
	return all
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestFailuresComeInTheVendorsWords(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	for code, words := range map[int]string{
		28001003: "access_token无效", 28001005: "系统内部错误，请重试", 28001006: "网络调用错误，请重试", 28001007: "参数不合法",
		28001008: "access_token过期,请刷新或重新授权", 28001018: "应用未获得该能力, 请去https://open.douyin.com/申请",
		28001019: "应用该能力已被封禁", 28003017: "quota已用完", 28003018: "请求频率过高", 12345: "error",
	} {
		srv.FailNext(code)
		a := postRaw(t, srv, douyintest.QueryPath, "application/json", []byte(`{}`))
		assert.JSONEq(t, fmt.Sprintf(`{"err_no":%d,"err_msg":%q,"data":null,"log_id":%q}`, code, words, a.LogID), string(a.raw))
	}
	for body, want := range map[string]string{
		`{}`:                                   `"err_no":40015,"err_tips":"bad appid"`,
		`{"appid":"` + douyintest.AppID + `"}`: `"err_no":40017,"err_tips":"bad secret"`,
		`{"appid":"` + douyintest.AppID + `","secret":"` + douyintest.Secret + `"}`: `"err_no":40020,"err_tips":"bad grant_type"`,
	} {
		a := postRaw(t, srv, douyintest.MiniAppTokenPath, "application/json", []byte(body))
		assert.JSONEq(t, `{`+want+`,"data":{"access_token":"","expires_in":0},"log_id":"`+a.LogID+`"}`, string(a.raw))
	}
	const credentials = `"client_secret":"x","grant_type":"client_credential"}`
	for body, want := range map[string]string{
		`{}`:                               `"error_code":10002,"description":"参数错误"`,
		`{"client_key":"x",` + credentials: `"error_code":10003,"description":"client_key 不存在"`,
		`{"client_key":"` + douyintest.AppID + `",` + credentials: `"error_code":10013,"description":"client_key 或者 client_secret 报错"`,
	} {
		a := postRaw(t, srv, douyintest.OpenPlatformTokenPath, "application/json", []byte(body))
		assert.JSONEq(t, `{"data":{"access_token":"","expires_in":0,`+want+`},"message":"error","log_id":"`+a.LogID+`"}`, string(a.raw))
	}
}

func TestRequestsAreRemembered(t *testing.T) {
	srv := douyintest.NewServer()
	defer srv.Close()
	token := mini(t, srv)
	open(t, srv)
	srv.FailNext(28003018)
	query(t, srv, token, []int64{1})
	a := postRaw(t, srv, douyintest.QueryPath, "application/json", encode(t, map[string]any{
		"access_token": token, "appid": douyintest.AppID, "product_ids": []int64{douyintest.ChangedID, 7},
	}))
	requests := srv.Requests()
	require.Len(t, requests, 4)
	var codes []int
	for _, r := range requests {
		codes = append(codes, r.Code)
	}
	assert.Equal(t, []int{0, 0, 28003018, 0}, codes)
	last := requests[3]
	assert.Equal(t, []any{"POST", douyintest.QueryPath, []int64{douyintest.ChangedID, 7}, a.LogID, token, json.Number("7")},
		[]any{last.Method, last.Path, last.ProductIDs, last.LogID, last.Params["access_token"], last.Params["product_ids"].([]any)[1]})
	assert.Equal(t, "application/json", last.Header.Get("Content-Type"))
}
