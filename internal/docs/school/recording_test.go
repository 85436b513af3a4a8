package school

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

func TestRecordingsHoldNothingThatIsSecret(t *testing.T) {
	var recordings []Recording
	// In production: once, against the vendor.
	_, client := newFake(t, edusdk.WithTransportWrapper(Recorder(
		func(r Recording) { recordings = append(recordings, r) },
		"title", "success", "startTime", "endTime", "courseType", "video",
	)))
	start := time.Date(2030, 3, 2, 8, 0, 0, 0, time.UTC)
	created, err := client.Rooms.Create(t.Context(), &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: start, Length: time.Hour,
	})
	require.NoError(t, err)
	text, err := json.Marshal(recordings)
	require.NoError(t, err)
	for _, secret := range []string{created.RoomID, created.HostCode, duobeiyuntest.Partner, duobeiyuntest.AppKey, "sign"} {
		require.NotEmpty(t, secret)
		require.NotContains(t, string(text), secret)
	}

	replayed, err := duobeiyun.New(duobeiyun.Config{Partner: "20990101000001", AppKey: "made-up"}, edusdk.WithTransport(Replay(recordings...)))
	require.NoError(t, err)
	id, err := Timetable{replayed.Rooms}.Open(t.Context(), "初二数学", start, time.Hour)
	require.NoError(t, err)
	require.Len(t, id, len(created.RoomID))
}
