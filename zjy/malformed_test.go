package zjy_test

import (
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
)

func TestMalformedAnswers(t *testing.T) {
	for _, o := range operations {
		t.Run(o.op+"/"+o.body, func(t *testing.T) {
			t.Parallel()
			malformed.Check(t, []byte(fixture(t, o.sample)), func(answer []byte) (any, error) {
				c, _ := mocked(t, httpmock.NewBytesResponder(200, answer), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
				got, err := o.call(t.Context(), c)
				if err != nil {
					return nil, err // the table's calls wrap what they got
				}
				return got, nil
			})
		})
	}
}
