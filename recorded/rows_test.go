package recorded_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/recorded"
)

func TestEveryOperation(t *testing.T) {
	testkit.CheckRows(t, "recorded", "rows_test.go", []testkit.Row{
		{Op: "RefreshPlan", Sample: "refresh_plan.json", Call: func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
			c, err := recorded.New(recorded.Config{BaseURL: base}, edusdk.WithTransport(network), edusdk.WithRetry(retry))
			require.NoError(t, err)
			return c.RefreshPlan(t.Context(), 2, 1)
		}},
	})
}
