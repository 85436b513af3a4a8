package transport

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

var fileAcme = DeclareFetch("acme", Spec{Op: "Things.File", Section: "附件", Class: Read}, func(ans *Answer) (string, error) {
	return string(ans.Text()), nil
})

// links is an observer that notes what it is told of calls.
type links struct {
	starts []edusdk.CallStart
	calls  []edusdk.CallEvent
}

func (l *links) StartCall(ctx context.Context, s edusdk.CallStart) context.Context {
	l.starts = append(l.starts, s)
	return ctx
}
func (*links) ObserveAttempt(context.Context, edusdk.AttemptEvent) {}
func (l *links) ObserveCall(_ context.Context, e edusdk.CallEvent) { l.calls = append(l.calls, e) }

func TestFetch(t *testing.T) {
	const link = "http://files.example.com/canary-1/a.json?e=1&token=canary-token%3D"
	var sent, seen []string
	var header http.Header
	observer := &links{}
	c, err := New("acme", "https://api.example.com/base", []edusdk.Option{
		edusdk.WithObserver(observer), edusdk.WithHeader("Authorization", "canary"), edusdk.WithUserAgent("school/1"),
		edusdk.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
			sent, header = append(sent, r.Method+" "+r.URL.String()), r.Header
			return answer(200, "content"), nil
		})),
		edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				seen = append(seen, r.URL.String())
				return next.RoundTrip(r)
			})
		}),
	})
	require.NoError(t, err)
	got, err := fileAcme.Do(t.Context(), c, "Link", link)
	require.NoError(t, err)
	assert.Equal(t, "content", got)
	assert.Equal(t, []string{"GET " + link}, sent, "as it came")
	assert.Equal(t, []string{"http://files.example.com/canary-1/a.json"}, seen, "what a wrapper sees has no query")
	assert.Len(t, header, 1)
	assert.True(t, strings.HasPrefix(header.Get("User-Agent"), "school/1 "))
	require.Len(t, observer.starts, 1)
	assert.Equal(t, []string{"files.example.com", "", "GET", "read"},
		[]string{observer.starts[0].Host, observer.starts[0].Route, observer.starts[0].Method, observer.starts[0].Class})

	_, err = fileAcme.Do(t.Context(), c, "Link", "http://canary:canary@files.example.com/")
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	assert.EqualError(t, err, "acme: Things.File: invalid argument: Link must not hold a user or password")
	require.Len(t, observer.calls, 2, "a link that is refused is a call, too")
	assert.Equal(t, edusdk.ErrInvalidArgument, observer.calls[1].Kind)
	assert.NotContains(t, fmt.Sprintf("%+v", observer), "canary")
	assert.Len(t, sent, 1)

	_, err = fileAcme.Do(nil, c, "Link", link) //nolint:staticcheck // it is what is tested
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
}

func TestALinkIsKeptToTheCap(t *testing.T) {
	c, err := New("acme", "https://api.example.com", []edusdk.Option{
		edusdk.WithMaxResponseSize(10), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}),
		edusdk.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, strings.Repeat("x", 11)), nil })),
	})
	require.NoError(t, err)
	_, err = fileAcme.Do(t.Context(), c, "Link", "https://files.example.com/a")
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
}
