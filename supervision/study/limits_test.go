package study

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What counts of a stretch over midnight is its beginning, where the video's
// length ends it.
func TestLengthOverMidnight(t *testing.T) {
	w := newWorld(t)
	w.clock.t = noon.Add(12*time.Hour - 5*time.Second) // before midnight
	ss := w.process()
	l := lesson()
	l.Length = 4 * time.Second
	l.Rules.DailyLimit = time.Hour
	s := w.start(ss, l)
	w.clock.add(10 * time.Second)
	require.NoError(t, s.Watched(4*time.Second))
	st, err := s.Status()
	require.NoError(t, err)
	assert.Equal(t, 4*time.Second, st.Watched)
	// A player tells when it is at the end; one that goes on at another place has
	// been watched longer than counts.
	l.Resource, l.Length = "video-2", 8*time.Second
	w.clock.t = noon.Add(36*time.Hour - 5*time.Second)
	s = w.start(ss, l)
	w.play(s, 4*time.Second, time.Second)
	require.NoError(t, s.Seek(0))
	w.clock.add(6 * time.Second) // five of them after midnight
	require.NoError(t, s.Watched(6*time.Second))
	st, err = s.Status()
	require.NoError(t, err)
	assert.Equal(t, 8*time.Second, st.Watched)
	assert.Equal(t, time.Hour-3*time.Second, st.LeftToday, "one second of the four that counted was yesterday's")
}

// A process whose session was taken over gives back what it had counted and could
// not save.
func TestLimitAfterTakeover(t *testing.T) {
	w := newWorld(t)
	one, two := w.process(), w.process()
	l := lesson()
	l.Rules.DailyLimit = time.Hour
	other := l
	other.Resource = "video-2"
	a, b := w.start(one, l), w.start(one, other)
	w.play(a, 50*time.Second, 10*time.Second)
	w.start(two, l)
	require.NoError(t, b.Seek(0))
	w.clock.add(10 * time.Second)
	w.poll(one)
	isIllegal(t, a.Watched(0), "another process")
	st, err := b.Status()
	require.NoError(t, err)
	assert.Equal(t, time.Hour, st.LeftToday)
	assert.Empty(t, w.progress())
}

// PlayTime does not go back where its reading is changed.
func TestPlayTimeStays(t *testing.T) {
	w := newWorld(t)
	ss := w.process()
	s := w.start(ss, lesson())
	require.NoError(t, s.Seek(30*time.Minute))
	w.play(s, time.Minute, 10*time.Second)
	w.poll(ss)
	w.cfg.PlayTime = PlayWatched
	s = w.start(w.process(), lesson())
	w.play(s, time.Minute, 10*time.Second)
	require.NoError(t, s.End(bg))
	require.Len(t, w.progress(), 2)
	assert.Equal(t, 31*time.Minute, w.progress()[1].PlayTime)
	assert.Equal(t, 2*time.Minute, w.progress()[1].Total)
}
