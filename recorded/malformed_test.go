package recorded_test

import (
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
	"github.com/edusdk/edusdk/recorded"
)

func TestMalformedAnswers(t *testing.T) {
	malformed.Check(t, []byte(sample(t)), func(answer []byte) (any, error) {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewBytesResponder(200, answer))
		c, err := recorded.New(recorded.Config{BaseURL: base}, edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		return c.RefreshPlan(t.Context(), 2, 1)
	})
}
