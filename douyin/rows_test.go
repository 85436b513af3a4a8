package douyin_test

import (
	"net/http"
	"testing"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/internal/testkit"
)

func TestEveryOperation(t *testing.T) {
	query := func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
		c, _ := mocked(t, nil, edusdk.WithTransport(network), edusdk.WithRetry(retry))
		return c.QueryProducts(t.Context(), 1)
	}
	login := func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
		return douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: "app", Secret: "canary-secret", Options: []edusdk.Option{edusdk.WithTransport(network), edusdk.WithRetry(retry)},
		}).Token(t.Context())
	}
	testkit.CheckRows(t, "douyin", "rows_test.go", []testkit.Row{
		{Op: "QueryProducts", Sample: "products.json", Call: query},
		{Op: "Login", Sample: "mini_app_token.json", Call: login},
		{Op: "Login", Sample: "open_platform_token.json", Call: login},
	})
}
