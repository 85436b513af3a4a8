package transport

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A RoundTripper of the importer's can have the body again as long as nobody has read
// it, and what it gets is watched like the first one.
func TestABodyIsGivenAgainUntilItIsRead(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"a body": "text", "no body": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reader io.Reader
			if body != "" {
				reader = strings.NewReader(body)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, nowhere, reader)
			require.NoError(t, err)
			var trace sentTrace
			var once onceBody
			once.guard(req, &trace)
			for range 2 {
				again, err := req.GetBody()
				require.NoError(t, err)
				require.NoError(t, again.Close())
			}
			assert.False(t, trace.read.Load(), "nobody has read it")
			trace.ever.Store(true)
			_, err = req.GetBody()
			assert.ErrorIs(t, err, errOnce, "its headers were written")
			trace.ever.Store(false)
			again, err := req.GetBody()
			require.NoError(t, err)
			got, err := io.ReadAll(again)
			require.NoError(t, err)
			assert.Equal(t, body, string(got))
			assert.True(t, trace.read.Load(), "it was read")
			_, err = req.GetBody()
			assert.ErrorIs(t, err, errOnce)
		})
	}
}
