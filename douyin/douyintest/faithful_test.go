package douyintest_test

import (
	"encoding/json"
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
