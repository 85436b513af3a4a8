package console

import (
	"fmt"
	"math"
	"time"
)

// Beijing is the zone of all times that are shown.
var Beijing = time.FixedZone("CST", 8*60*60)

// Time returns a time of day with its date, in Beijing time; ZoneNote says so.
func (l Language) Time(t time.Time) string { return t.In(Beijing).Format("2006-01-02 15:04") }

// Clock returns a time of day, in Beijing time.
func (l Language) Clock(t time.Time) string { return t.In(Beijing).Format("15:04") }

// ZoneNote says once what zone the times are in.
func (l Language) ZoneNote() string {
	return l.Text("时间均为北京时间（UTC+8）。", "All times are Beijing time (UTC+8).")
}

// Bytes returns a size in B, KiB, MiB or GiB.
func (l Language) Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, prefix := float64(n)/unit, 0
	for ; size >= unit-0.05 && prefix < len("KMGTPE")-1; prefix++ {
		size /= unit
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTPE"[prefix])
}

// Duration returns a span in its two largest units, such as 1 小时 30 分 or 1 h 30 min.
// Below a minute it has one digit after the point, below a second it is in
// milliseconds.
func (l Language) Duration(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign = "-"
		d = max(-d, -math.MaxInt64) // the smallest has no opposite
		if d < 0 {
			d = math.MaxInt64
		}
	}
	type unit struct {
		size time.Duration
		name string
	}
	day := unit{24 * time.Hour, l.Text("天", "d")}
	hour := unit{time.Hour, l.Text("小时", "h")}
	minute := unit{time.Minute, l.Text("分", "min")}
	second := unit{time.Second, l.Text("秒", "s")}
	two := func(large, small unit) string {
		n := d.Round(small.size)
		text := fmt.Sprintf("%s%d %s", sign, n/large.size, large.name)
		rest := n % large.size / small.size
		switch {
		case rest > 0:
			text += fmt.Sprintf(" %d %s", rest, small.name)
		case large.size == time.Minute:
			text += l.Text("钟", "")
		}
		return text
	}
	// What is rounded up to a larger unit is shown in that one.
	switch {
	case d.Round(minute.size) >= day.size:
		return two(day, hour)
	case d.Round(second.size) >= hour.size:
		return two(hour, minute)
	case d.Round(second.size/10) >= minute.size:
		return two(minute, second)
	case d == 0:
		return "0 " + second.name
	case d%second.size == 0:
		return fmt.Sprintf("%s%d %s", sign, d/second.size, second.name)
	case d.Round(time.Millisecond) >= second.size:
		return fmt.Sprintf("%s%.1f %s", sign, d.Seconds(), second.name)
	case d < time.Millisecond:
		return fmt.Sprintf("< 1 %s", l.Text("毫秒", "ms"))
	}
	return fmt.Sprintf("%s%d %s", sign, d.Round(time.Millisecond)/time.Millisecond, l.Text("毫秒", "ms"))
}
