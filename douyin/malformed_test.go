package douyin_test

import (
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
)

func TestMalformedAnswers(t *testing.T) {
	malformed.Check(t, []byte(sample(t)), func(answer []byte) (any, error) {
		c, _ := mocked(t, httpmock.NewBytesResponder(200, answer), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		return c.QueryProducts(t.Context(), 1)
	})
}
