package supervision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
)

// Whatever comes in place of an answer is a success or an *edusdk.Error, and
// what is no answer at all is never a success.
func TestMalformedAnswers(t *testing.T) {
	for _, op := range operations {
		t.Run(op.op, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, nil)
			cfg := config()
			cfg.PlatformCode = "p"
			c := newClient(t, p, cfg, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
			n := 0
			for m := range malformed.Of([]byte(fixture(t, op.answer))) {
				n++
				p.answer = answers(200, string(m.Body))
				got, err := op.call(t.Context(), c)
				if err == nil {
					assert.False(t, m.Broken, "%s: a success: %.100s", m.Name, m.Body)
					continue
				}
				e := asError(t, err)
				assert.Zero(t, got, m.Name)
				if e.Kind == edusdk.ErrUnknown { // the platform's own words for a failure
					assert.False(t, m.Broken, "%s: a code: %v", m.Name, err)
					continue
				}
				assert.Contains(t, []edusdk.Kind{edusdk.ErrMalformedResponse, edusdk.ErrUnavailable}, e.Kind, "%s: %v", m.Name, err)
				assert.True(t, edusdk.MaybeApplied(err), "%s: nobody knows", m.Name)
				assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, e.Err), malformed.Canary, m.Name)
			}
			assert.GreaterOrEqual(t, n, 60)
		})
	}
}
