package outboxtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

func testOrder(s *suite) {
	s.append(
		record("a", "1", outbox.KindStart), record("b", "1", outbox.KindStart), progress("a", "2"),
		record("c", "1", outbox.KindStart), progress("b", "2"), record("a", "3", outbox.KindEnd),
	)
	claims := s.claim(2)
	require.Equal(s, []string{"a: 1", "b: 1"}, keys(claims), "the oldest heads")
	assert.Equal(s, []string{"c: 1"}, keys(s.claim(10)), "a lane that is claimed is not handed out")
	assert.Empty(s, s.claim(10))
	head := claims[0].Records[0]
	want := record("a", "1", outbox.KindStart)
	assert.True(s, want.At.Equal(head.At), "to the nanosecond")
	head.At = want.At
	assert.Equal(s, want, head.Record)
	assert.Equal(s, outbox.Sending, head.Status)
	assert.True(s, s.clock.now().Equal(head.Since))
	assert.False(s, head.Open || head.Folded)
	assert.Equal(s, claims[0].Fence, head.Group)

	s.done(claims[1])
	assert.Equal(s, []string{"b: 2"}, keys(s.claim(10)))
	s.done(claims[0])
	second := s.only()
	assert.Equal(s, "a: 2", keysOf(second))
	assert.Greater(s, second.Fence, claims[0].Fence)
	assert.Greater(s, second.Records[0].Sequence, head.Sequence)
	s.done(second)
	s.append(record("a", "4", outbox.KindStart))
	third := s.only()
	assert.Equal(s, "a: 3", keysOf(third), "what is appended comes last")
	s.done(third)
	assert.Equal(s, "a: 4", keysOf(s.only()))
}

func testKeys(s *suite) {
	s.open(outbox.StoreOptions{KeepKeys: time.Hour})
	one := record("a", "1", outbox.KindStart)
	changed := one
	changed.Body = []byte("another body")
	errs := s.store.Append(s.Context(), []outbox.Batch{
		{Records: []outbox.Record{one, changed}}, {Records: []outbox.Record{changed}}, {Records: []outbox.Record{record("b", "1", outbox.KindStart)}},
	})
	assert.Equal(s, []error{nil, nil, nil}, errs)
	assert.Equal(s, 2, s.stats().Waiting, "a key is of one lane, and known within a batch, too")
	again := func(why string) {
		s.Helper()
		before := s.stats()
		s.append(changed)
		assert.Equal(s, before, s.stats(), why)
	}
	again("while it waits")
	assert.Equal(s, outbox.Waiting, s.lookup(one))
	claims := s.claim(10)
	again("while it is sent")
	assert.Equal(s, outbox.Sending, s.lookup(one))
	assert.Equal(s, one.Body, claims[0].Records[0].Body, "the first one stays")
	s.finish(outbox.Finished{Claim: claims[0], Outcome: outbox.SetAside})
	again("while it is parked")
	assert.Equal(s, outbox.Parked, s.lookup(one))
	parked := s.list(outbox.Parked)[0].Sequence
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked, From: outbox.Parked, To: outbox.Dead}))
	again("while it is dead")
	assert.Equal(s, outbox.Dead, s.lookup(one))
	require.True(s, s.resolve(outbox.Resolution{Sequence: parked, From: outbox.Dead, To: outbox.Waiting}))
	s.done(s.only())
	again("after it was sent")
	assert.Equal(s, outbox.Sent, s.lookup(one))
	s.clock.advance(59 * time.Minute)
	again("for as long as keys are kept")
	assert.Equal(s, outbox.Unknown, s.lookup(record("a", "2", outbox.KindStart)))
	assert.Equal(s, outbox.Unknown, s.lookup(record("c", "1", outbox.KindStart)))

	// Keys are forgotten at some time after that, when there is something to do.
	s.clock.advance(time.Hour)
	for range 10 {
		s.append(record("d", "1", outbox.KindStart))
		for _, c := range s.claim(10) {
			s.done(c)
		}
		s.clock.advance(2 * time.Hour)
	}
	assert.Equal(s, outbox.Unknown, s.lookup(one), "but not for ever")
	s.append(one)
	assert.Equal(s, outbox.Waiting, s.lookup(one))
}

func testBatches(s *suite) {
	two := []outbox.Record{record("a", "1", outbox.KindStart), record("b", "1", outbox.KindStart)}
	errs := s.store.Append(s.Context(), []outbox.Batch{
		{Records: two[:1], States: []outbox.State{{Key: "x", Fence: 3, Data: []byte("1")}}},
		{Records: two[1:], States: []outbox.State{{Key: "x", Data: []byte("2")}}},
		{Records: []outbox.Record{record("c", "1", outbox.KindStart)}, States: []outbox.State{{Key: "y", Data: []byte("1")}, {Key: "x", Data: []byte("3")}}},
		{},
	})
	require.Len(s, errs, 4)
	require.ErrorIs(s, errs[0], outbox.ErrFenced)
	require.NoError(s, errs[1], "batches do not depend on one another")
	require.ErrorIs(s, errs[2], outbox.ErrFenced)
	require.NoError(s, errs[3])
	assert.Equal(s, []string{"b: 1"}, keys(s.claim(10)))
	assert.Equal(s, outbox.Unknown, s.lookup(two[0]))
	x, err := s.store.LoadState(s.Context(), "x")
	require.NoError(s, err)
	assert.Equal(s, outbox.State{Key: "x", Fence: 1, Data: []byte("2")}, x)
	y, err := s.store.LoadState(s.Context(), "y")
	require.NoError(s, err)
	assert.Equal(s, outbox.State{Key: "y"}, y, "nothing of a batch that fails")
	s.append(two[0])
	assert.Equal(s, []string{"a: 1"}, keys(s.claim(10)))
}

func testLeases(s *suite) {
	s.append(record("a", "1", outbox.KindStart), progress("a", "2"), record("b", "1", outbox.KindStart))
	first := s.claim(1)[0]
	_, err := s.store.Claim(s.Context(), outbox.ClaimRequest{Max: 1, Lease: 3 * lease})
	require.NoError(s, err)
	s.clock.advance(lease - time.Nanosecond)
	claims, err := s.store.Claim(s.Context(), outbox.ClaimRequest{Max: 10, Lease: lease})
	require.NoError(s, err)
	assert.Empty(s, claims.Claims, "both are under a lease")
	if !claims.Next.IsZero() {
		assert.False(s, claims.Next.Before(s.clock.now()), "the next one may be claimed at %s, not before", claims.Next)
	}
	s.clock.advance(time.Nanosecond)
	second := s.only()
	require.Equal(s, "a: 1", keysOf(second), "the lease has ended")
	assert.True(s, second.Records[0].Open, "it may have been sent")
	assert.Greater(s, second.Fence, first.Fence)
	assert.Equal(s, second.Fence, second.Records[0].Group)

	for _, o := range outcomes {
		ours, err := s.store.Finish(s.Context(), []outbox.Finished{{Claim: first, Outcome: o}})
		require.NoError(s, err)
		assert.Equal(s, []bool{false}, ours, "the fence is lost")
	}
	assert.Empty(s, s.claim(10), "and a lost fence changes nothing")
	ours, err := s.store.Finish(s.Context(), []outbox.Finished{
		{Claim: second, Outcome: outbox.Done}, {Claim: first, Outcome: outbox.Bury}, {Claim: second, Outcome: outbox.Done},
		{Claim: outbox.Claim{Lane: "nowhere", Fence: 1}, Outcome: outbox.Done},
	})
	require.NoError(s, err)
	assert.Equal(s, []bool{true, false, false, false}, ours)
	third := s.only()
	assert.Equal(s, "a: 2", keysOf(third))
	assert.False(s, third.Records[0].Open)
	s.clock.advance(lease)
	fourth := s.claim(1)[0]
	s.finish(outbox.Finished{Claim: fourth, Outcome: outbox.Release})
	fifth := s.claim(1)[0]
	assert.True(s, fifth.Records[0].Open, "an attempt that was not made does not settle an earlier one")
}

func testRetry(s *suite) {
	s.append(record("a", "1", outbox.KindStart), progress("a", "2"))
	for n := range 3 {
		c := s.only()
		r := c.Records[0]
		assert.Equal(s, n, r.Attempts)
		assert.Equal(s, n >= 2, r.Open, "once open it stays so")
		if n > 0 {
			assert.Equal(s, "because", r.Reason)
		}
		s.finish(outbox.Finished{Claim: c, Outcome: outbox.Retry, At: s.clock.now().Add(time.Hour), Reason: "because", Open: n == 1})
		claims, err := s.store.Claim(s.Context(), outbox.ClaimRequest{Max: 10, Lease: lease})
		require.NoError(s, err)
		assert.Empty(s, claims.Claims, "the lane waits")
		assert.False(s, claims.Next.After(s.clock.now().Add(time.Hour)), "until %s", claims.Next)
		waiting := s.list(outbox.Waiting)
		require.Len(s, waiting, 2)
		assert.Equal(s, outbox.Waiting, waiting[0].Status)
		s.clock.advance(time.Hour)
	}
	s.done(s.only())
	next := s.only()
	assert.Equal(s, "a: 2", keysOf(next))
	assert.Zero(s, next.Records[0].Attempts)
}

func testRelease(s *suite) {
	s.append(record("a", "1", outbox.KindStart), record("b", "1", outbox.KindStart), record("b", "2", outbox.KindEnd))
	s.finish(outbox.Finished{Claim: s.claim(1)[0], Outcome: outbox.Retry, At: s.clock.now(), Reason: "because", Open: true})
	claims := s.claim(10)
	require.Equal(s, []string{"a: 1", "b: 1"}, keys(claims))
	s.finish(outbox.Finished{Claim: claims[0], Outcome: outbox.Release}, outbox.Finished{Claim: claims[1], Outcome: outbox.Release})
	claims = s.claim(10)
	require.Equal(s, []string{"a: 1", "b: 1"}, keys(claims), "at once")
	a, b := claims[0].Records[0], claims[1].Records[0]
	assert.True(s, a.Open)
	assert.Equal(s, 1, a.Attempts)
	assert.Equal(s, "because", a.Reason)
	assert.False(s, b.Open)
	assert.Zero(s, b.Attempts)
}

func testSpaced(s *suite) {
	spaced := func(key string) outbox.Record {
		r := progress("a", key)
		r.Spaced = true
		return r
	}
	s.append(record("a", "0", outbox.KindStart), spaced("1"), spaced("2"), progress("a", "3"), record("a", "4", outbox.KindEnd), spaced("5"))
	until := s.clock.now().Add(10 * time.Minute)
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Done, Hold: until})
	claims, err := s.store.Claim(s.Context(), outbox.ClaimRequest{Max: 10, Lease: lease})
	require.NoError(s, err)
	assert.Empty(s, claims.Claims)
	if !claims.Next.IsZero() {
		assert.False(s, claims.Next.After(until), "the store knows when")
	}
	s.clock.advance(10 * time.Minute)
	c := s.only()
	assert.Equal(s, "a: 1", keysOf(c))
	s.finish(outbox.Finished{Claim: c, Outcome: outbox.SetAside, Hold: s.clock.now().Add(10 * time.Minute)})
	assert.Empty(s, s.claim(10), "the lane waits, however the record ended")
	if s.place.Durable {
		s.open(s.opts)
		assert.Empty(s, s.claim(10), "after a restart too")
	}
	s.clock.advance(10 * time.Minute)
	s.finish(outbox.Finished{Claim: s.only(), Outcome: outbox.Done, Hold: s.clock.now().Add(10 * time.Minute)})
	if s.place.Durable {
		s.open(s.opts)
	}
	for _, want := range []string{"a: 3", "a: 4"} {
		c = s.only()
		assert.Equal(s, want, keysOf(c), "what is not Spaced does not wait")
		s.done(c)
	}
	assert.Empty(s, s.claim(10))
	s.clock.advance(10 * time.Minute)
	assert.Equal(s, "a: 5", keysOf(s.only()))
}

func testContext(s *suite) {
	s.append(record("a", "1", outbox.KindStart))
	claim := s.only()
	over, cancel := context.WithCancel(s.Context())
	cancel()
	errs := s.store.Append(over, []outbox.Batch{{Records: []outbox.Record{record("b", "1", outbox.KindStart)}}, {}})
	require.Len(s, errs, 2)
	_, claimErr := s.store.Claim(over, outbox.ClaimRequest{Max: 1, Lease: lease})
	_, finishErr := s.store.Finish(over, []outbox.Finished{{Claim: claim, Outcome: outbox.Done}})
	_, resolveErr := s.store.Resolve(over, []outbox.Resolution{{Sequence: 1, From: outbox.Dead, To: outbox.Sent}})
	_, listErr := s.store.List(over, outbox.ListRequest{Status: outbox.Waiting, Limit: 1})
	_, lookupErr := s.store.Lookup(over, "a", "1")
	_, loadErr := s.store.LoadState(over, "x")
	_, statesErr := s.store.States(over, "", "", 1)
	_, statsErr := s.store.Stats(over)
	for i, err := range []error{errs[0], claimErr, finishErr, resolveErr, listErr, lookupErr, loadErr, statesErr, statsErr} {
		assert.ErrorIsf(s, err, context.Canceled, "the %d. method", i+1)
	}
	assert.Equal(s, 1, s.stats().Waiting)
	s.done(claim)
}
