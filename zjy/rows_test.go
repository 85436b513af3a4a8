package zjy_test

import (
	"net/http"
	"testing"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
)

func TestEveryOperation(t *testing.T) {
	var rows []testkit.Row
	for _, o := range operations {
		rows = append(rows, testkit.Row{Op: o.op, Sample: o.sample + ".json", Call: func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
			c, _ := mocked(t, nil, edusdk.WithTransport(network), edusdk.WithRetry(retry))
			got, err := o.call(t.Context(), c)
			if err != nil {
				return nil, err // the table's calls wrap what they got
			}
			return got, nil
		}})
	}
	testkit.CheckRows(t, "zjy", "zjy_test.go", rows)
}
