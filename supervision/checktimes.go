package supervision

import "time"

// MaxCheckTimes is the most moments that CheckTimes returns, besides the one at
// the beginning.
const MaxCheckTimes = 1000

// CheckTimes returns when a student who watches a video of the given length is to
// be checked, in watched time and ascending. The document names the three ways of
// TriggerType and does not say how they spread the checks; this is how learning
// platforms read them, with N as TriggerValue and L as length:
//
//   - TriggerCount (固定次数): N checks, the i-th of them at i·L/(N+1)
//   - TriggerInterval (固定时间): one every N minutes
//   - TriggerGrowing (每次递增): after N minutes, after 2N more, after 3N more: at
//     N, 3N, 6N, 10N… minutes
//
// All of them lie before the end of the video. There is none where VideoOnHook is
// OnHookNone, TriggerValue is not positive, or length is not. VideoStartFace adds
// a check at 0, whatever VideoOnHook is. No checks at all are nil. More than
// MaxCheckTimes are not returned: TriggerCount spreads that many evenly, and the
// others leave out the latest.
//
// A province that reads the document otherwise needs times of your own: see the
// field Checks of study.Rules.
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
