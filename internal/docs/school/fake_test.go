package school

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// newFake returns a fake of Duobeiyun and a client of it.
func newFake(t *testing.T, opts ...edusdk.Option) (*duobeiyuntest.Server, *duobeiyun.Client) {
	t.Helper()
	fake := duobeiyuntest.NewServer()
	t.Cleanup(fake.Close)
	client, err := duobeiyun.New(fake.Config(), opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return fake, client
}

func TestOpenMakesOneRoomAlthoughTheAnswerIsLost(t *testing.T) {
	fake, client := newFake(t)
	fake.LoseNext("api/v4/room/create") // carried out, and the connection breaks

	_, err := Timetable{client.Rooms}.Open(t.Context(), "初二数学", time.Now().Add(time.Hour), time.Hour)
	require.NoError(t, err)
	page, err := client.Rooms.List(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)

	var paths []string
	for _, r := range fake.Requests() { // what arrived, decoded
		require.Empty(t, r.Error)
		paths = append(paths, r.Path)
	}
	require.Equal(t, []string{"api/v4/room/create", "api/v3/room/list", "api/v3/room/list"}, paths)
}

func TestAGatewayInFrontOfTheVendor(t *testing.T) {
	fake, client := newFake(t, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))
	failures := 2
	fake.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if failures--; failures >= 0 {
				w.WriteHeader(http.StatusBadGateway)
				_, _ = io.WriteString(w, "<html>Bad Gateway</html>")
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err := client.Merchant.Get(t.Context()) // a read, so it is repeated
	require.NoError(t, err)
	require.Len(t, fake.Requests(), 1, "what reached the fake itself")
}

func TestAClockOfTheTestsOwn(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	fake, client := newFake(t, edusdk.WithClock(clock))
	fake.SetClock(clock)
	fake.SetConversionDelay(10 * time.Minute)

	id, err := client.Documents.UploadFile(t.Context(), "testdata/lesson.pdf")
	require.NoError(t, err)
	status, err := client.Documents.Status(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, duobeiyun.DocumentConverting, status)
	now = now.Add(time.Hour) // no test waits
	require.NoError(t, client.Documents.WaitConverted(t.Context(), id))
}
