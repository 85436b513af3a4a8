package study

import "time"

// meter turns what a player tells of its position into the time that was
// watched. Its times are since the epoch of the Sessions.
type meter struct {
	at       time.Duration // when the player told its position last
	position time.Duration // where it was then
	// lead is how far the position is ahead of what was counted, because it came
	// before the clock had gone as far. spare is time that has passed without
	// having been watched: a position that comes late uses it. Neither exceeds
	// the jitter, so a pause is no reserve for a jump.
	lead, spare time.Duration
}

// restart begins anew, wherever the player is: what was before does not count.
func (m *meter) restart(now time.Duration) { m.at, m.lead, m.spare = now, 0, 0 }

// seek moves the player without anything having been watched.
func (m *meter) seek(now, position time.Duration) {
	m.restart(now)
	m.position = position
}

// advance tells where the player is, and returns how much was watched since the
// last time: what the position has advanced, and never more than the time that
// has passed. A position that has advanced further than a player can within
// that time was jumped to, and a jump is not watched.
func (m *meter) advance(now, position, jitter time.Duration, speed float64) time.Duration {
	now = max(now, m.at) // of two calls at once, the later may be the earlier one
	passed := now - m.at + m.spare
	moved := position - m.position
	m.at, m.position = now, position
	switch {
	case moved < 0, moved > time.Duration(float64(passed)*speed)+jitter:
		m.lead, m.spare = 0, 0
		return 0
	}
	moved += m.lead
	played := min(moved, passed)
	m.lead, m.spare = min(moved-played, jitter), min(passed-played, jitter)
	return played
}
