package school

import (
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

func TestOpenWithoutMoney(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://api.duobeiyun.com/api/v4/room/create",
		httpmock.NewStringResponder(http.StatusOK, `{"success": false, "error": "app_afford_error"}`))
	client, err := duobeiyun.New(duobeiyun.Config{Partner: "20990101000001", AppKey: "made-up"}, edusdk.WithTransport(mock))
	require.NoError(t, err)

	_, err = Timetable{client.Rooms}.Open(t.Context(), "初二数学", time.Now().Add(time.Hour), time.Hour)
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, duobeiyun.CodeAfford, e.Code)
	require.True(t, e.Rejected, "the vendor's own word, and no gateway's")
	require.Equal(t, 1, mock.GetTotalCallCount(), "a rejection is not repeated")
}
