package effort

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAmount(t *testing.T) {
	for name, tt := range map[string]struct {
		long      string
		want, few int // with -short
	}{
		"usual":   {"", 50, 5},
		"in full": {"1", 500, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EDUSDK_TEST_LONG", tt.long)
			want := tt.want
			if testing.Short() {
				want = tt.few
			}
			assert.Equal(t, want, Amount(50, 500))
			assert.Equal(t, 1, Amount(1, 1))
			assert.Equal(t, tt.long != "" && !testing.Short(), Long())
		})
	}
}
