package study

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func TestState(t *testing.T) {
	want := laneState{
		Version: 1, Owner: 1<<64 - 1, Session: "00112233445566778899aabbccddeeff", Seq: 7, Open: true, Arrived: true, StartFace: true,
		Recorded: true, Touched: 1764043200000, Tries: 2, Position: 1, Furthest: 2, Total: 5, Carry: 4, Held: 6, Checked: 7, Before: time.Second,
		Class: "class-1", Student: "student-1", Course: "course-1", Section: "section-1", Resource: "video-1", Type: supervision.TypeIOS, Device: "d",
	}
	got, err := decodeLane(want.encode())
	require.NoError(t, err)
	assert.Equal(t, want, got)
	student := studentState{Version: 1, Owner: 3, Authenticated: true, Days: [2]int32{20783, 20782}, Totals: [2]time.Duration{1, 2}}
	read, err := decodeStudent(student.encode())
	require.NoError(t, err)
	assert.Equal(t, student, read)
	got, err = decodeLane(nil)
	require.NoError(t, err)
	assert.Zero(t, got)

	for name, tt := range map[string]struct {
		data string
		want error
	}{
		"empty":                 {"", errStateBroken},
		"cut off":               {`{"v":1,"o":`, errStateBroken},
		"no version":            {`{"o":1}`, errStateBroken},
		"a later version":       {`{"v":2,"sum":"5m"}`, errStateVersion},
		"of another type":       {`{"v":1,"sum":"canary-5m"}`, errStateBroken},
		"negative":              {`{"v":1,"pos":-1}`, errStateBroken},
		"more carried than all": {`{"v":1,"sum":1,"car":2}`, errStateBroken},
		"open and of nobody":    {`{"v":1,"open":true}`, errStateBroken},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := decodeLane([]byte(tt.data))
			assert.ErrorIs(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Zero(t, s)
		})
	}
	_, err = decodeStudent([]byte(`{"v":1,"d":[5,5],"s":[1,2]}`))
	assert.ErrorIs(t, err, errStateBroken)
	_, err = decodeStudent([]byte(`{"v":1,"d":[5,6],"s":[1,-2]}`))
	assert.ErrorIs(t, err, errStateBroken)
}

// A state that is broken or of a later version fails the Start and stays.
func TestForeignStates(t *testing.T) {
	for _, key := range []string{laneKey("class-1", "student-1", "video-1"), studentKey("class-1", "student-1")} {
		for _, data := range []string{`{"v":2}`, `canary`} {
			w := newWorld(t)
			require.NoError(t, w.box.Commit(bg, []outbox.Change{{States: []outbox.State{{Key: key, Data: []byte(data)}}}})[0])
			ss := w.process()
			_, err := ss.Start(bg, lesson())
			require.Error(t, err)
			assert.ErrorContains(t, err, "stored state")
			assert.NotContains(t, fmt.Sprint(err), "canary")
			assert.Empty(t, w.reports())
			assert.Empty(t, ss.students)
			s, err := w.box.LoadState(bg, key)
			require.NoError(t, err)
			assert.Equal(t, data, string(s.Data))
			_, err = ss.Recover(bg)
			assert.Equal(t, strings.HasPrefix(key, lanePrefix), err != nil, "%v", err)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"v":1}`))
	f.Add((&laneState{Open: true, Session: "00", Class: "c", Student: "s", Course: "o", Resource: "r", Total: 5, Carry: 2}).encode())
	f.Add((&studentState{Days: [2]int32{1, 2}}).encode())
	f.Add([]byte(`{"v":1,"d":[1,2,3],"s":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := decodeLane(data); err == nil {
			again, err := decodeLane(s.encode())
			if data != nil {
				require.NoError(t, err)
				assert.Equal(t, s, again)
			}
		}
		if s, err := decodeStudent(data); err == nil {
			again, err := decodeStudent(s.encode())
			require.NoError(t, err)
			s.Version = stateVersion
			assert.Equal(t, s, again)
		}
	})
}
