package outbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision"
)

func TestReportsAreStoredAsAWhole(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{"", "a/b", "a%2Fb", "%25", "%", "//", "课程", "\n"} {
		r := Report{
			Kind: KindProgress, Session: "s/" + odd, Sequence: 1<<64 - 1, ClassCode: "c" + odd, StudentUserCode: "u" + odd, ResCode: "r" + odd,
			CourseCode: "o" + odd, SectionCode: odd, PlatformCode: odd, Device: supervision.Device{Type: supervision.TypeIOS, ID: odd},
			PlayTime: time.Hour, ProgressTime: time.Minute, Final: true, Total: 1, Before: 2, RecordVideoURL: odd, At: time.Unix(1800000000, 123),
		}
		rec, err := r.record(time.Now())
		require.NoError(t, err)
		back, err := reportOf(&rec)
		require.NoError(t, err)
		assert.Equal(t, r, back)
		assert.NotEqual(t, Lane("a", odd, "b"), Lane("a/"+odd, "b", ""), "lanes are told apart")
		rec.Body = rec.Body[1:]
		_, err = reportOf(&rec)
		require.ErrorIs(t, err, errBody)
	}
	for _, rec := range []Record{{}, {Lane: "a/b", Key: "start/1/s", Body: []byte("{}")}, {Lane: "a/b/c", Key: "start/x/s", Body: []byte("{}")}, {Lane: "a/b/c", Key: "start", Body: []byte("{}")}} {
		_, err := reportOf(&rec)
		require.ErrorIs(t, err, errBody)
	}
}
