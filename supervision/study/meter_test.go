package study

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMeter(t *testing.T) {
	const s = time.Second
	type call struct{ passed, position, played time.Duration }
	for name, calls := range map[string][]call{
		"plays":                   {{10 * s, 10 * s, 10 * s}, {10 * s, 20 * s, 10 * s}},
		"fractions":               {{16 * time.Millisecond, 16 * time.Millisecond, 16 * time.Millisecond}, {s / 3, s/3 + 16*time.Millisecond, s / 3}},
		"pauses":                  {{10 * s, 10 * s, 10 * s}, {time.Hour, 10 * s, 0}, {10 * s, 20 * s, 10 * s}},
		"told twice":              {{10 * s, 10 * s, 10 * s}, {0, 10 * s, 0}, {0, 10 * s, 0}},
		"jumps forward":           {{10 * s, 600 * s, 0}, {10 * s, 610 * s, 10 * s}},
		"jumps in no time":        {{0, 600 * s, 0}},
		"jumps after a pause":     {{60 * s, 600 * s, 0}},
		"jumps back":              {{100 * s, 100 * s, 100 * s}, {10 * s, 20 * s, 0}, {10 * s, 30 * s, 10 * s}},
		"a position late":         {{15 * s, 10 * s, 10 * s}, {5 * s, 20 * s, 10 * s}},
		"ahead of the clock":      {{10 * s, 12 * s, 10 * s}, {10 * s, 22 * s, 10 * s}, {10 * s, 22 * s, 2 * s}},
		"no reserve from a pause": {{time.Hour, 0, 0}, {0, 10 * s, 5 * s}, {0, 11 * s, 0}, {0, 12 * s, 0}, {0, 20 * s, 0}},
		"twice as fast":           {{10 * s, 20 * s, 0}, {10 * s, 40 * s, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var m meter
			now := time.Duration(0)
			for i, c := range calls {
				now += c.passed
				assert.Equal(t, c.played, m.advance(now, c.position, 5*s, 1), "call %d", i)
			}
		})
	}
	t.Run("as fast as is allowed", func(t *testing.T) {
		var m meter
		for i := range time.Duration(5) {
			assert.Equal(t, 10*s, m.advance((i+1)*10*s, (i+1)*20*s, 5*s, 2), "call %d", i)
		}
	})
}

// Whatever a player tells, no more is counted than time has passed, nor than its
// position has advanced.
func TestMeterBounds(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var m meter
		var now, played, advanced time.Duration
		for range 100 {
			now += time.Duration(r.Int64N(int64(20 * time.Second)))
			to := m.position + time.Duration(r.Int64N(int64(30*time.Second))-int64(5*time.Second))
			if r.IntN(10) == 0 {
				to = time.Duration(r.Int64N(int64(time.Hour)))
			}
			to = max(0, to)
			advanced += max(0, to-m.position)
			played += m.advance(now, to, 5*time.Second, 1)
		}
		if played > now || played > advanced {
			t.Fatalf("seed %d: %s counted, %s passed, the position advanced %s", seed, played, now, advanced)
		}
	}
}

func TestLedger(t *testing.T) {
	const limit = time.Hour
	midnight := time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC) // in +08:00
	t.Run("a day ends at midnight of the platform", func(t *testing.T) {
		before, age := dayOf(midnight.Add(-1))
		assert.Equal(t, wholeDay-1, age)
		after, age := dayOf(midnight)
		assert.Zero(t, age)
		assert.Equal(t, before+1, after)
		day, _ := dayOf(midnight.In(time.FixedZone("", -11*3600)))
		assert.Equal(t, after, day, "in another zone")
		day, age = dayOf(time.Unix(-1, 0).Add(-platformZone))
		assert.Equal(t, int32(-1), day)
		assert.Equal(t, wholeDay-time.Second, age)
	})
	t.Run("a limit", func(t *testing.T) {
		var l ledger
		at := midnight.Add(10 * time.Hour)
		assert.Equal(t, limit, l.left(at, limit))
		assert.Equal(t, 50*time.Minute, l.take(at, 50*time.Minute, limit))
		assert.Equal(t, 10*time.Minute, l.left(at, limit))
		assert.Equal(t, 10*time.Minute, l.take(at, 20*time.Minute, limit))
		assert.Zero(t, l.take(at, time.Minute, limit))
		assert.Equal(t, limit, l.left(at.Add(wholeDay), limit))
	})
	t.Run("over midnight", func(t *testing.T) {
		var l ledger
		l.take(midnight.Add(-time.Minute), limit-20*time.Second, limit)
		assert.Equal(t, 50*time.Second, l.take(midnight.Add(30*time.Second), time.Minute, limit), "20 s before midnight, and 30 s after")
		assert.Equal(t, limit-30*time.Second, l.left(midnight.Add(time.Minute), limit))
		assert.Zero(t, l.left(midnight.Add(-time.Minute), limit))
	})
	t.Run("a clock that was a day ahead for a while", func(t *testing.T) {
		var l ledger
		at := midnight.Add(10 * time.Hour)
		l.take(at, 50*time.Minute, limit)
		l.take(at.Add(400*wholeDay), 50*time.Minute, limit)
		assert.Equal(t, 10*time.Minute, l.left(at, limit))
		l.take(at.Add(wholeDay), 5*time.Minute, limit)
		assert.Equal(t, 55*time.Minute, l.left(at.Add(wholeDay), limit))
	})
	t.Run("another process counts too", func(t *testing.T) {
		var l ledger
		at := midnight.Add(10 * time.Hour)
		l.take(at, 30*time.Minute, limit)
		day, _ := dayOf(at)
		l.reload([2]int32{day}, [2]time.Duration{40 * time.Minute}, at)
		assert.Equal(t, 10*time.Minute, l.excess(limit))
		assert.Zero(t, l.excess(limit))
		assert.Zero(t, l.left(at, limit))
		l.drop(20 * time.Minute)
		assert.Equal(t, 20*time.Minute, l.left(at, limit))
	})
}

func TestSteady(t *testing.T) {
	var s steady
	for i, c := range []struct{ reading, want time.Duration }{
		{10 * time.Second, 10 * time.Second},
		{10*time.Second - 1, 10 * time.Second}, // two readings at the same time
		{11 * time.Second, 11 * time.Second},
		{-time.Hour, 11 * time.Second}, // set back
		{-time.Hour + time.Second, 12 * time.Second},
		{time.Hour, 11*time.Second + 2*time.Hour}, // set to what it was
	} {
		assert.Equal(t, c.want, s.at(c.reading), "reading %d", i)
	}
}
