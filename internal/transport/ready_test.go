package transport

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// Headers that were prepared for all requests neither hide those of one request
// nor take anything over from it.
func TestPreparedHeadersStayAsTheyAre(t *testing.T) {
	var got []http.Header
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		got = append(got, req.Header.Clone())
		req.Header.Set("X-Later", "1") // as a RoundTripper may
		req.Header["Accept"][0] = "changed"
		return canned().RoundTrip(req)
	}), edusdk.WithHeader("X-Tenant", "a"))
	for _, own := range []http.Header{nil, {"X-Token": {"t"}}, nil} {
		x := &script{encode: func(a *Attempt) error {
			a.ContentType, a.Body, a.Header = "application/json", []byte("{}"), own
			return nil
		}}
		require.NoError(t, c.Do(t.Context(), newCall(c, Read, x)))
	}
	usual := http.Header{
		"Accept": {"application/json"}, "Content-Type": {"application/json"}, "User-Agent": {userAgent()}, "X-Tenant": {"a"},
	}
	with := usual.Clone()
	with.Set("X-Token", "t")
	assert.Equal(t, []http.Header{usual, with, usual}, got)
}
