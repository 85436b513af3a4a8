package supervision_test

import (
	"testing"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
)

func TestMalformedAnswers(t *testing.T) {
	for _, op := range operations {
		t.Run(op.op, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, nil)
			cfg := config()
			cfg.PlatformCode = "p"
			c := newClient(t, p, cfg, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
			malformed.Check(t, []byte(fixture(t, op.answer)), func(answer []byte) (any, error) {
				p.answer = answers(200, string(answer))
				return op.call(t.Context(), c)
			})
		})
	}
}

func TestMalformedLogins(t *testing.T) {
	malformed.Check(t, []byte(fixture(t, "login_answer.json")), func(answer []byte) (any, error) {
		p := newPlatform(t, nil)
		p.login = answers(200, string(answer))
		return newClient(t, p, config(), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})).Login(t.Context())
	})
}
