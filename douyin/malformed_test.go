package douyin_test

import (
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/internal/malformed"
)

func TestMalformedAnswers(t *testing.T) {
	malformed.Check(t, []byte(sample(t)), func(answer []byte) (any, error) {
		c, _ := mocked(t, httpmock.NewBytesResponder(200, answer), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		return c.QueryProducts(t.Context(), 1)
	})
}

func TestMalformedLogins(t *testing.T) {
	for name, good := range map[string]string{
		"mini app":      `{"err_no":0,"err_tips":"success","data":{"access_token":"token","expires_in":7200}}`,
		"open platform": `{"data":{"access_token":"token","expires_in":7200,"error_code":0,"description":""},"message":"success"}`,
	} {
		t.Run(name, func(t *testing.T) {
			malformed.Check(t, []byte(good), func(answer []byte) (any, error) {
				mock := httpmock.NewMockTransport()
				mock.RegisterNoResponder(httpmock.NewBytesResponder(200, answer))
				return douyin.ClientCredential(douyin.ClientCredentialConfig{
					AppID: "app", Secret: "canary-secret", Options: []edusdk.Option{
						edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}),
					},
				}).Token(t.Context())
			})
		})
	}
}
