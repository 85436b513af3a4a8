package outboxtest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// save stores a state by itself.
func (s *suite) save(key string, fence uint64, data []byte) error {
	s.Helper()
	errs := s.store.Append(s.Context(), []outbox.Batch{{States: []outbox.State{{Key: key, Fence: fence, Data: data}}}})
	require.Len(s, errs, 1)
	return errs[0]
}

// load loads a state.
func (s *suite) load(key string) outbox.State {
	s.Helper()
	state, err := s.store.LoadState(s.Context(), key)
	require.NoError(s, err)
	return state
}

func testStates(s *suite) {
	assert.Equal(s, outbox.State{Key: "x"}, s.load("x"))
	require.ErrorIs(s, s.save("x", 1, []byte("1")), outbox.ErrFenced)
	require.NoError(s, s.save("x", 0, []byte("1")))
	require.NoError(s, s.save("x", 0, []byte("1")), "the very same again")
	require.ErrorIs(s, s.save("x", 0, []byte("2")), outbox.ErrFenced)
	require.NoError(s, s.save("x", 1, []byte("2")))
	require.ErrorIs(s, s.save("x", 0, []byte("1")), outbox.ErrFenced, "the very same, but too late")
	require.ErrorIs(s, s.save("x", 5, []byte("2")), outbox.ErrFenced)
	assert.Equal(s, outbox.State{Key: "x", Fence: 2, Data: []byte("2")}, s.load("x"))
	require.NoError(s, s.save("y", 0, []byte{}))
	assert.NotNil(s, s.load("y").Data, "an empty state is one")
	if s.place.Durable {
		s.open(s.opts)
		assert.Equal(s, outbox.State{Key: "x", Fence: 2, Data: []byte("2")}, s.load("x"))
		assert.NotNil(s, s.load("y").Data)
	}
	require.NoError(s, s.save("x", 2, nil))
	require.NoError(s, s.save("x", 2, nil), "again")
	require.ErrorIs(s, s.save("x", 2, []byte{}), outbox.ErrFenced, "which is not the same")
	require.ErrorIs(s, s.save("x", 1, []byte("2")), outbox.ErrFenced)
	deleted := s.load("x")
	assert.Nil(s, deleted.Data)
	require.NoError(s, s.save("x", deleted.Fence, []byte("3")))
	require.ErrorIs(s, s.save("x", 2, []byte("old")), outbox.ErrFenced, "an owner from before the deletion is out")
	assert.Equal(s, []byte("3"), s.load("x").Data)

	errs := s.store.Append(s.Context(), []outbox.Batch{
		{States: []outbox.State{{Key: "z", Data: []byte("1")}}}, {States: []outbox.State{{Key: "z", Data: []byte("1")}}},
		{States: []outbox.State{{Key: "z", Data: []byte("2")}}}, {States: []outbox.State{{Key: "z", Fence: 1, Data: []byte("2")}}},
	})
	require.NoError(s, errs[0])
	require.NoError(s, errs[1])
	require.ErrorIs(s, errs[2], outbox.ErrFenced, "batches see those before them")
	require.NoError(s, errs[3])
	assert.Equal(s, outbox.State{Key: "z", Fence: 2, Data: []byte("2")}, s.load("z"))
}

func testListStates(s *suite) {
	s.open(outbox.StoreOptions{KeepKeys: time.Minute})
	for n := range 7 {
		require.NoError(s, s.save(fmt.Sprintf("a/%d", n), 0, fmt.Append(nil, n)))
		require.NoError(s, s.save(fmt.Sprintf("b/%d", n), 0, fmt.Append(nil, n)))
	}
	require.NoError(s, s.save("a/3", 1, nil))
	require.NoError(s, s.save("a/4", 1, []byte("four")))
	for limit := 1; limit < 9; limit++ {
		var got []string
		for after, more := "", true; more; {
			page, err := s.store.States(s.Context(), "a/", after, limit)
			require.NoError(s, err)
			require.LessOrEqual(s, len(page), limit)
			for _, state := range page {
				after = state.Key
				got = append(got, fmt.Sprintf("%s=%s#%d", state.Key, state.Data, state.Fence))
			}
			more = len(page) > 0
		}
		assert.Equalf(s, []string{"a/0=0#1", "a/1=1#1", "a/2=2#1", "a/4=four#2", "a/5=5#1", "a/6=6#1"}, got, "%d at a time", limit)
	}
	assert.Equal(s, 13, s.stats().States)
	for n := range 20 {
		s.clock.advance(time.Hour)
		s.append(record("b", fmt.Sprint(n), outbox.KindStart))
		s.done(s.only())
	}
	assert.Equal(s, outbox.State{Key: "a/3"}, s.load("a/3"), "the fence of a deleted state is forgotten after a while")
	assert.Equal(s, 13, s.stats().States)
}
