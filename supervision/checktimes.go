package supervision

import "time"

// MaxCheckTimes is the maximum number of times that CheckTimes returns, not counting
// the one at the beginning.
const MaxCheckTimes = 1000

// CheckTimes returns when to check a student who watches a video of the given length,
// as ascending times of watching. The document names the three values of TriggerType
// and does not say how they spread the checks; this is how learning platforms read
// them, with N as TriggerValue and L as length:
//
//   - TriggerCount (固定次数): N checks, the i-th of them at i·L/(N+1)
//   - TriggerInterval (固定时间): one every N minutes
//   - TriggerGrowing (每次递增): after N minutes, after 2N more, after 3N more: at
//     N, 3N, 6N, 10N… minutes
//
// All times are before the end of the video. There are none if VideoOnHook is
// OnHookNone, or if TriggerValue or length is not positive. VideoStartFace adds a check
// at 0, whatever VideoOnHook is. If there are no checks, the result is nil. At most
// MaxCheckTimes are returned: TriggerCount spreads that many evenly, and the others
// leave out the latest.
//
// If your province reads the document differently, set times of your own in the field
// Checks of study.Rules.
func (c *Class) CheckTimes(length time.Duration) []time.Duration {
	var times []time.Duration
	if c.VideoStartFace {
		times = append(times, 0)
	}
	if c.VideoOnHook == OnHookNone || c.TriggerValue <= 0 || length <= 0 {
		return times
	}
	if c.TriggerType == TriggerCount {
		n := min(c.TriggerValue, MaxCheckTimes)
		for i := range n {
			if at := share(length, i+1, n+1); at > 0 {
				times = append(times, at)
			}
		}
		return times
	}
	if c.TriggerType != TriggerInterval && c.TriggerType != TriggerGrowing || c.TriggerValue > int(min(length/time.Minute, 1<<31-1)) {
		return times // an unknown way, or none before the end
	}
	interval := time.Duration(c.TriggerValue) * time.Minute
	gap, n := interval, 0
	for at := gap; at < length; at += gap {
		times = append(times, at)
		if c.TriggerType == TriggerGrowing {
			gap += interval
		}
		if n++; n == MaxCheckTimes || gap >= length-at { // compared so that nothing overflows
			break
		}
	}
	return times
}

// share returns length·i/n without overflow; i is less than n.
func share(length time.Duration, i, n int) time.Duration {
	whole, rest := length/time.Duration(n), length%time.Duration(n)
	return whole*time.Duration(i) + rest*time.Duration(i)/time.Duration(n)
}
