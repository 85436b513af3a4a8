package study

import "time"

// platformZone is the platform's time, in which a day begins and ends.
const platformZone = 8 * time.Hour

const wholeDay = 24 * time.Hour

// dayOf returns the platform's day at a time, counted from 1970, and how long it
// has lasted.
func dayOf(now time.Time) (day int32, age time.Duration) {
	seconds := now.Unix() + int64(platformZone/time.Second)
	const length = int64(wholeDay / time.Second)
	d := seconds / length
	if seconds%length < 0 {
		d--
	}
	return int32(d), time.Duration(seconds-d*length)*time.Second + time.Duration(now.Nanosecond()) //nolint:gosec // days fit
}

// ledger is how long a student has studied in a class on a day, in all sessions.
// It keeps two days: sessions go on past midnight, and a clock that was wrong
// for a while must not cost the right day its total.
type ledger struct {
	days  [2]int32         // 0 means an empty slot
	total [2]time.Duration // with what this process has not yet saved
	saved [2]time.Duration // what is durable
}

// slot returns where a day is kept. A day that is new replaces the one that is
// farther from the present.
func (l *ledger) slot(day, today int32) int {
	for i, d := range l.days {
		if d == day {
			return i
		}
	}
	i := 0
	if l.days[0] != 0 && (l.days[1] == 0 || distance(l.days[1], today) > distance(l.days[0], today)) {
		i = 1
	}
	l.days[i], l.total[i], l.saved[i] = day, 0, 0
	return i
}

func distance(a, b int32) int32 { return max(a-b, b-a) }

// take counts watched time that ends now within the day's limit, and returns how
// much of it is. What was watched before midnight counts for the day before.
func (l *ledger) take(now time.Time, watched, limit time.Duration) time.Duration {
	today, age := dayOf(now)
	taken := time.Duration(0)
	if before := watched - age; before > 0 {
		taken = l.add(l.slot(today-1, today), before, limit)
		watched = age
	}
	return taken + l.add(l.slot(today, today), watched, limit)
}

func (l *ledger) add(i int, d, limit time.Duration) time.Duration {
	d = max(0, min(d, limit-l.total[i]))
	l.total[i] += d
	return d
}

// left returns how much of today's limit is left.
func (l *ledger) left(now time.Time, limit time.Duration) time.Duration {
	today, _ := dayOf(now)
	for i, d := range l.days {
		if d == today {
			return max(0, limit-l.total[i])
		}
	}
	return limit
}

// reload replaces what is durable by what was read, and keeps what this process
// has added since.
func (l *ledger) reload(days [2]int32, saved [2]time.Duration, now time.Time) {
	today, _ := dayOf(now)
	old := *l
	*l = ledger{days: days, total: saved, saved: saved}
	for i, d := range old.days {
		if added := old.total[i] - old.saved[i]; added > 0 {
			l.total[l.slot(d, today)] += added
		}
	}
}

// settle notes what was saved.
func (l *ledger) settle(days [2]int32, saved [2]time.Duration) {
	for i, d := range days {
		for j := range l.days {
			if l.days[j] == d {
				l.saved[j] = saved[i]
			}
		}
	}
}

// excess returns how much of what this process has added is above the limit,
// because others have added to it as well, and takes it out.
func (l *ledger) excess(limit time.Duration) time.Duration {
	sum := time.Duration(0)
	for i := range l.days {
		if over := min(l.total[i]-limit, l.total[i]-l.saved[i]); over > 0 {
			l.total[i] -= over
			sum += over
		}
	}
	return sum
}

// drop takes out what a session had added and did not save.
func (l *ledger) drop(d time.Duration) {
	for i := range l.days {
		part := min(d, l.total[i]-l.saved[i])
		l.total[i] -= part
		d -= part
	}
}
