package outboxtest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

func testParked(s *suite) {
	s.append(record("a", "0", outbox.KindStart), progress("a", "1"), progress("a", "2"))
	s.done(s.only())
	c := s.only()
	s.clock.advance(time.Second)
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.SetAside, Reason: "because", Mark: 60})
	parked := s.list(outbox.Parked)
	require.Len(s, parked, 1)
	assert.Equal(s, c.Records[0].Body, parked[0].Body)
	assert.Equal(s, outbox.Parked, parked[0].Status)
	assert.Equal(s, "because", parked[0].Reason)
	assert.Equal(s, c.Fence, parked[0].Group)
	assert.True(s, parked[0].Open)
	assert.True(s, s.clock.now().Equal(parked[0].Changed))
	assert.Equal(s, 1, parked[0].Attempts)
	next := s.only()
	assert.Equal(s, "a: 2", keysOf(next), "the lane goes on")
	assert.False(s, s.resolve(outbox.Resolution{Sequence: parked[0].Sequence, From: outbox.Dead, To: outbox.Sent}), "it is not dead")
	assert.False(s, s.resolve(outbox.Resolution{Sequence: next.Records[0].Sequence, From: outbox.Parked, To: outbox.Sent}), "nor is that parked")
	found, err := s.store.Resolve(s.Context(), []outbox.Resolution{
		{Sequence: parked[0].Sequence, From: outbox.Parked, To: outbox.Sent},
		{Sequence: parked[0].Sequence, From: outbox.Parked, To: outbox.Waiting}, {Sequence: 1 << 50, From: outbox.Parked, To: outbox.Sent},
	})
	require.NoError(s, err)
	assert.Equal(s, []bool{true, false, false}, found)
	assert.Empty(s, s.list(outbox.Parked))
	s.finish(outbox.Finished{Claim: next, Outcome: outbox.Release})
	again := s.only()
	assert.Equal(s, parked[0].Sequence, again.Passed[outbox.KindProgress], "it may have been sent")
	assert.Equal(s, int64(60), again.Mark)
	s.done(again)
	s.append(progress("a", "1"))
	assert.Empty(s, s.claim(10), "and its key is kept")
}

func testHeld(s *suite) {
	s.append(record("a", "0", outbox.KindStart), progress("a", "1"), record("b", "0", outbox.KindStart), progress("b", "1"))
	for _, c := range s.claim(10) {
		s.finish(outbox.Finished{Claim: c, Outcome: outbox.Hold})
	}
	assert.Empty(s, s.claim(10), "the lanes wait")
	stats := s.stats()
	assert.Equal(s, []int{2, 2, 2}, []int{stats.Held, stats.Parked, stats.Waiting})
	s.append(record("b", "2", outbox.KindEnd))
	s.clock.advance(100 * time.Hour)
	if s.place.Durable {
		s.open(s.opts)
	}
	assert.Empty(s, s.claim(10), "for as long as it takes")
	parked := s.list(outbox.Parked)
	require.Len(s, parked, 2)
	assert.True(s, parked[0].Holds && parked[1].Holds)
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked[0].Sequence, From: outbox.Parked, To: outbox.Waiting}))
	c := s.only()
	assert.Equal(s, "a: 0", keysOf(c), "at its place")
	assert.False(s, c.Records[0].Open, "it did not arrive")
	s.done(c)
	assert.Equal(s, "a: 1", keysOf(s.only()))
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked[1].Sequence, From: outbox.Parked, To: outbox.Dead}))
	assert.Equal(s, "b: 1", keysOf(s.only()), "a dead record holds nothing")
	stats = s.stats()
	assert.Equal(s, []int{0, 0, 1}, []int{stats.Held, stats.Parked, stats.Dead})

	s.append(record("c", "0", outbox.KindStart), progress("c", "1"))
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Hold})
	assert.Empty(s, s.claim(10))
	c1 := s.list(outbox.Parked)[0]
	s.clock.advance(time.Second)
	require.True(s, s.resolve(outbox.Resolution{Sequence: c1.Sequence, From: outbox.Parked, To: outbox.Parked}))
	if s.place.Durable {
		s.open(s.opts)
	}
	after := s.list(outbox.Parked)[0]
	assert.False(s, after.Holds)
	assert.True(s, c1.Changed.Equal(after.Changed), "it is parked as before")
	assert.Contains(s, keys(s.claim(10)), "c: 1", "but its lane goes on")
}

func testDead(s *suite) {
	s.append(progress("a", "1"), record("a", "2", outbox.KindEnd), record("b", "1", outbox.KindStart), record("b", "2", outbox.KindEnd))
	for _, c := range s.claim(10) {
		s.finish(outbox.Finished{Claim: c, Outcome: outbox.Retry, At: s.clock.now()})
	}
	for _, c := range s.claim(10) {
		s.finish(outbox.Finished{Claim: c, Outcome: outbox.Bury, Reason: "hopeless"})
	}
	dead := s.list(outbox.Dead)
	require.Len(s, dead, 2)
	assert.Equal(s, "hopeless", dead[0].Reason)
	assert.Equal(s, 2, dead[0].Attempts)
	assert.False(s, dead[0].Open)
	claims := s.claim(10)
	require.Equal(s, []string{"a: 2", "b: 2"}, keys(claims), "the lanes go on")
	s.finish(outbox.Finished{Claim: claims[0], Outcome: outbox.Release})

	s.clock.advance(time.Hour)
	found, err := s.store.Resolve(s.Context(), []outbox.Resolution{
		{Sequence: dead[0].Sequence, From: outbox.Dead, To: outbox.Waiting}, {Sequence: dead[1].Sequence, From: outbox.Dead, To: outbox.Sent},
	})
	require.NoError(s, err)
	require.Equal(s, []bool{true, true}, found)
	assert.Zero(s, s.stats().Dead)
	c := s.claim(1)[0]
	require.Equal(s, "a: 1", keysOf(c), "before what was appended later")
	r := c.Records[0]
	assert.True(s, s.clock.now().Equal(r.Since), "as if it were new")
	assert.Zero(s, r.Attempts)
	assert.False(s, r.Folded, "nothing later has been sent")
	s.done(c)
	b := s.claim(10)
	require.Equal(s, []string{"a: 2", "b: 2"}, keys(b))
	assert.Zero(s, b[1].Passed[outbox.KindStart], "what was purged was not sent")
	assert.Equal(s, r.Sequence, b[0].Passed[outbox.KindProgress])
	s.append(record("b", "1", outbox.KindStart))
	assert.Equal(s, 2, s.stats().Waiting, "but its key is kept")
}

// aside makes the next record of lane a parked, and puts it back after the one
// behind it was sent.
func (s *suite) comeBack(mark int64) {
	s.Helper()
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.SetAside})
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Done, Mark: mark})
	parked := s.list(outbox.Parked)
	require.NotEmpty(s, parked)
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked[0].Sequence, From: outbox.Parked, To: outbox.Waiting}))
}

func testFolded(s *suite) {
	s.append(progress("a", "1"), progress("a", "2"))
	s.comeBack(120)
	s.append(progress("a", "3"), progress("a", "4"))
	c := s.only()
	require.Equal(s, "a: 1 3", keysOf(c), "with the next one, without merging")
	assert.True(s, c.Records[0].Folded)
	assert.False(s, c.Records[1].Folded)
	assert.Equal(s, int64(120), c.Mark)
	assert.Greater(s, c.Passed[outbox.KindProgress], c.Records[0].Sequence)
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.SetAside})
	parked := s.list(outbox.Parked)
	require.Len(s, parked, 2)
	assert.Equal(s, parked[0].Group, parked[1].Group, "they arrived together or not at all")
	for _, p := range parked {
		require.True(s, s.resolve(outbox.Resolution{Sequence: p.Sequence, From: outbox.Parked, To: outbox.Waiting}))
	}
	c = s.only()
	require.Equal(s, "a: 1 3", keysOf(c))
	assert.Equal(s, []bool{true, false}, []bool{c.Records[0].Folded, c.Records[1].Folded}, "nothing behind 3 has been sent")
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.Retry, At: s.clock.now(), Reason: "because"})
	if s.place.Durable {
		s.open(s.opts)
	}
	c = s.only()
	assert.Equal(s, "a: 1 3", keysOf(c))
	assert.Equal(s, 1, c.Records[0].Attempts)
	s.done(c)
	assert.Equal(s, "a: 4", keysOf(s.only()))
}

func testFoldedAlone(s *suite) {
	s.append(progress("a", "1"), progress("a", "2"))
	s.comeBack(120)
	s.append(record("a", "3", outbox.KindEnd), progress("a", "4"))
	c := s.only()
	require.Equal(s, "a: 1", keysOf(c), "before the end, not after it")
	assert.True(s, c.Records[0].Folded)
	assert.Equal(s, int64(120), c.Mark)
	s.done(c)
	c = s.only()
	require.Equal(s, "a: 3", keysOf(c))
	s.done(c)
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Done, Mark: 240})
	s.append(progress("a", "5"), progress("a", "6"))
	s.comeBack(360)
	c = s.only()
	assert.Equal(s, "a: 5", keysOf(c), "nor does it wait where nothing follows")
	assert.Equal(s, int64(360), c.Mark)
	s.done(c)

	s.append(progress("a", "7"), progress("a", "8"))
	for _, mark := range []int64{420, 480} {
		s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.SetAside, Mark: mark})
	}
	parked := s.list(outbox.Parked)
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked[0].Sequence, From: outbox.Parked, To: outbox.Waiting}))
	if s.place.Durable {
		s.open(s.opts)
	}
	c = s.only()
	assert.True(s, c.Records[0].Folded, "behind one that may have been sent, too")
	assert.Equal(s, int64(480), c.Mark)
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked[1].Sequence, From: outbox.Parked, To: outbox.Waiting}))
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.Release})
	assert.Equal(s, "a: 7 8", keysOf(s.only()), "and together with it if that comes back")
}

func testMerge(s *suite) {
	other := progress("a", "6")
	other.Join = "another session"
	s.append(
		progress("a", "1"), progress("a", "2"), progress("a", "3"), progress("a", "4"), progress("a", "5"), other,
		record("a", "7", outbox.KindEnd), progress("a", "8"), progress("b", "1"),
	)
	for _, want := range []string{"a: 1 2 3", "a: 4 5", "a: 6", "a: 7", "a: 8"} {
		claims := s.claimMerged(10, 3)
		require.NotEmpty(s, claims)
		assert.Equal(s, want, keysOf(claims[0]))
		s.done(claims[0])
	}
	assert.Equal(s, 1, s.stats().Waiting)
	assert.Equal(s, outbox.Sent, s.lookup(progress("a", "2")), "all of a claim is sent")
	assert.Empty(s, s.claimMerged(10, 3))

	s.append(progress("c", "1"), progress("c", "2"), progress("c", "3"))
	c := s.claimMerged(10, 2)[0]
	require.Equal(s, "c: 1 2", keysOf(c))
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.Bury})
	assert.Len(s, s.list(outbox.Dead), 2)
	assert.Equal(s, "c: 3", keysOf(s.claimMerged(10, 2)[0]))
}

func testGroups(s *suite) {
	s.append(progress("a", "1"), progress("a", "2"), progress("a", "3"))
	c := s.claimMerged(10, 2)[0]
	require.Equal(s, "a: 1 2", keysOf(c))
	s.clock.advance(lease)
	c = s.claimMerged(10, 3)[0]
	require.Equal(s, "a: 1 2", keysOf(c), "the lease of a claim ends for all of it, and it does not grow")
	assert.True(s, c.Records[0].Open && c.Records[1].Open)
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.Retry, At: s.clock.now(), Open: true})
	c = s.claim(10)[0]
	require.Equal(s, "a: 1 2", keysOf(c), "it stays together without merging")
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.Release})
	c = s.claimMerged(10, 3)[0]
	require.Equal(s, "a: 1 2", keysOf(c))
	s.done(c)
	assert.Equal(s, "a: 3", keysOf(s.only()))
}

func testPassed(s *suite) {
	s.open(outbox.StoreOptions{KeepKeys: time.Minute})
	s.append(progress("a", "1"), progress("a", "2"))
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.SetAside})
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Done, Mark: 120})
	for n := range 20 {
		s.clock.advance(time.Hour)
		s.append(record("b", fmt.Sprint(n), outbox.KindStart))
		s.done(s.only())
	}
	if s.place.Durable {
		s.open(s.opts)
	}
	require.True(s, s.resolve(outbox.Resolution{Sequence: s.list(outbox.Parked)[0].Sequence, From: outbox.Parked, To: outbox.Waiting}))
	c := s.only()
	assert.True(s, c.Records[0].Folded, "a later one was sent, if long ago")
	assert.Equal(s, int64(120), c.Mark)
}

func testFull(s *suite) {
	s.open(outbox.StoreOptions{MaxRecords: 3})
	s.append(record("a", "1", outbox.KindStart), record("b", "1", outbox.KindStart))
	errs := s.store.Append(s.Context(), []outbox.Batch{
		{Records: []outbox.Record{record("c", "1", outbox.KindStart), record("c", "2", outbox.KindEnd)}},
		{Records: []outbox.Record{record("a", "1", outbox.KindStart)}},
		{Records: []outbox.Record{record("d", "1", outbox.KindStart)}, States: []outbox.State{{Key: "x", Data: []byte("1")}}},
		{Records: []outbox.Record{record("e", "1", outbox.KindStart)}, States: []outbox.State{{Key: "y", Data: []byte("1")}}},
		{States: []outbox.State{{Key: "z", Data: []byte("1")}}},
	})
	require.ErrorIs(s, errs[0], outbox.ErrFull)
	require.NoError(s, errs[1], "a known record takes no space")
	require.NoError(s, errs[2])
	require.ErrorIs(s, errs[3], outbox.ErrFull)
	require.NoError(s, errs[4], "nor does a state")
	y, err := s.store.LoadState(s.Context(), "y")
	require.NoError(s, err)
	assert.Nil(s, y.Data)
	full := func() bool {
		err := s.store.Append(s.Context(), []outbox.Batch{{Records: []outbox.Record{record("f", "1", outbox.KindStart)}}})[0]
		if err != nil {
			require.ErrorIs(s, err, outbox.ErrFull)
		}
		return err != nil
	}
	claims := s.claim(3)
	s.finish(outbox.Finished{Claim: claims[0], Outcome: outbox.SetAside}, outbox.Finished{Claim: claims[1], Outcome: outbox.Bury})
	assert.True(s, full(), "what is parked or dead is kept, and takes space")
	s.done(claims[2])
	assert.False(s, full())
	assert.True(s, s.stats().Waiting == 1)
}

func testList(s *suite) {
	for n := range 5 {
		s.append(progress("a", fmt.Sprint(n)), progress("b", fmt.Sprint(n)))
	}
	oldest := s.clock.now()
	s.clock.advance(time.Minute)
	s.append(progress("c", "0"))
	for _, o := range []outbox.Outcome{outbox.SetAside, outbox.Bury} {
		for _, c := range s.claim(2) {
			s.finish(outbox.Finished{Claim: c, Outcome: o})
		}
	}
	s.claim(1)
	for _, tt := range []struct {
		status outbox.Status
		lane   string
		want   []string
	}{
		{outbox.Waiting, "", []string{"a2", "b2", "a3", "b3", "a4", "b4", "c0"}},
		{outbox.Waiting, "b", []string{"b2", "b3", "b4"}},
		{outbox.Parked, "", []string{"a0", "b0"}},
		{outbox.Parked, "b", []string{"b0"}},
		{outbox.Dead, "", []string{"a1", "b1"}},
		{outbox.Dead, "nowhere", nil},
		{outbox.Waiting, "nowhere", nil},
	} {
		for limit := 1; limit <= 8; limit++ {
			var got []string
			for after, more := uint64(0), true; more; {
				page, err := s.store.List(s.Context(), outbox.ListRequest{Status: tt.status, Lane: tt.lane, After: after, Limit: limit})
				require.NoError(s, err)
				require.LessOrEqual(s, len(page), limit)
				for _, r := range page {
					require.Greater(s, r.Sequence, after)
					after = r.Sequence
					got = append(got, r.Lane+r.Key)
				}
				more = len(page) > 0
			}
			assert.Equalf(s, tt.want, got, "%s of lane %q, %d at a time", tt.status, tt.lane, limit)
		}
	}
	sending := 0
	for _, r := range s.list(outbox.Waiting) {
		if r.Status == outbox.Sending {
			sending++
		}
	}
	assert.Equal(s, 1, sending)
	stats := s.stats()
	assert.True(s, oldest.Equal(stats.Oldest), "the oldest is of %s", stats.Oldest)
	stats.Oldest = time.Time{}
	assert.Equal(s, outbox.StoreStats{Waiting: 7, Sending: 1, Parked: 2, Dead: 2, Lanes: 3}, stats)
}
