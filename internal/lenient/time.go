package lenient

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// maxSeconds is from where on a time that is a number counts milliseconds
// where [Epoch] allows either: as seconds, it would be of the year 5138.
const maxSeconds = 100_000_000_000

// Epoch says what a time that is a number counts from 1970 on.
type Epoch uint8

// The units of a time that is a number.
const (
	EpochMillis Epoch = iota // milliseconds
	EpochEither              // seconds, or milliseconds where it is too large for that
)

// Time reads a time as the vendors write it, in a JSON string or as a number:
//
//	2006-01-02 15:04:05     with - or /, a space or T, and with or without
//	                        seconds, their fraction and the time of the day;
//	                        in zone unless Z or an offset (+08:00, +0800, +08)
//	                        follows
//	1607937528000           since 1970, see [Epoch]; 0 is no time
//	/Date(1607937528000)/   of .NET, always in milliseconds; an offset in it
//	                        (/Date(1607937528000+0800)/) changes nothing
//
// null, false, "", 0 and the first moment of the year 1 or 0, as .NET and
// databases write what is not set, are the zero Time. The result is in zone.
func Time(data []byte, zone *time.Location, epoch Epoch) (time.Time, error) {
	data = bytes.TrimSpace(data)
	if s := string(data); s == "null" || s == "false" {
		return time.Time{}, nil
	}
	text := data
	if len(data) > 0 && data[0] == '"' {
		d := decoder{data: data, deepest: 1, memory: perByte*int64(len(data)) + floorMemory}
		var err *Error
		if text, err = d.text(); err != nil {
			return time.Time{}, err
		}
		if d.pos < len(data) {
			return time.Time{}, errTime
		}
		text = bytes.TrimSpace(text)
	}
	if len(text) == 0 {
		return time.Time{}, nil
	}
	at, ok := parseTime(text, zone, epoch)
	if !ok {
		return time.Time{}, errTime
	}
	if at.IsZero() {
		return time.Time{}, nil
	}
	if year := at.UTC().Year(); year < 1 || year > 9999 { // which RFC 3339 cannot write
		return time.Time{}, errTime
	}
	return at.In(zone), nil
}

var errTime error = &Error{Problem: "is not a time in a form that is known"}

func parseTime(text []byte, zone *time.Location, epoch Epoch) (time.Time, bool) {
	if inner, ok := bytes.CutPrefix(text, []byte("/Date(")); ok {
		if inner, ok = bytes.CutSuffix(inner, []byte(")/")); !ok {
			return time.Time{}, false
		}
		if i := bytes.LastIndexAny(inner, "+-"); i > 0 { // the offset at which it was shown
			if !isOffset(inner[i:]) {
				return time.Time{}, false
			}
			inner = inner[:i]
		}
		n, err := strconv.ParseInt(string(inner), 10, 64)
		return time.UnixMilli(n), err == nil
	}
	if length, _ := numberLength(text); length == len(text) {
		return parseEpoch(text, epoch)
	}
	return parseClock(text, zone)
}

// parseEpoch reads a number of units since 1970.
func parseEpoch(text []byte, epoch Epoch) (time.Time, bool) {
	unit := time.Millisecond
	negative, n, state := parseWhole(text)
	if state == notANumber || state == outOfRange || n > math.MaxInt64/1000 {
		return time.Time{}, false
	}
	if epoch == EpochEither && n < maxSeconds {
		unit = time.Second
	}
	if n == 0 && state == wholeNumber {
		return time.Time{}, true
	}
	whole := int64(n)
	if negative {
		whole = -whole
	}
	if state == wholeNumber {
		if unit == time.Second {
			return time.Unix(whole, 0), true
		}
		return time.UnixMilli(whole), true
	}
	length, err := parseUnits(text, unit) // with a fraction
	return time.Unix(0, int64(length)), err == nil
}

// parseClock reads a date, and a time of the day if there is one.
func parseClock(text []byte, zone *time.Location) (time.Time, bool) {
	c := clock{text: text, ok: true}
	year := c.number(4, 4)
	separator := c.take("-/")
	month := c.number(1, 2)
	if c.take("-/") != separator {
		return time.Time{}, false
	}
	day := c.number(1, 2)
	hour, minute, second, nanosecond := 0, 0, 0, 0
	if len(c.text) > 0 && c.take("Tt ") != 0 {
		hour = c.number(1, 2)
		c.need(":")
		minute = c.number(2, 2)
		if len(c.text) > 0 && c.text[0] == ':' {
			c.take(":")
			second = c.number(2, 2)
			nanosecond = c.fraction()
		}
		zone = c.zone(zone)
	}
	if !c.ok || separator == 0 || len(c.text) > 0 {
		return time.Time{}, false
	}
	if year <= 1 && month <= 1 && day <= 1 && hour == 0 && minute == 0 && second == 0 && nanosecond == 0 {
		return time.Time{}, true
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, zone)
	proper := month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
	return at, proper
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// clock reads the parts of a time from the front of a text.
type clock struct {
	text []byte
	ok   bool
}

// number reads at least least and at most most digits.
func (c *clock) number(least, most int) int {
	n, i := 0, 0
	for ; i < most && i < len(c.text) && isDigit(c.text[i]); i++ {
		n = n*10 + int(c.text[i]-'0')
	}
	c.ok = c.ok && i >= least
	c.text = c.text[i:]
	return n
}

// take passes a byte that is one of chars, and returns it.
func (c *clock) take(chars string) byte {
	if len(c.text) > 0 && bytes.IndexByte([]byte(chars), c.text[0]) >= 0 {
		taken := c.text[0]
		c.text = c.text[1:]
		return taken
	}
	return 0
}

// need is take for what must be there.
func (c *clock) need(chars string) { c.ok = c.take(chars) != 0 && c.ok }

// fraction reads a fraction of a second, if there is one, in nanoseconds.
func (c *clock) fraction() int {
	if c.take(".,") == 0 {
		return 0
	}
	n, scale, digits := 0, int(time.Second), 0
	for ; len(c.text) > 0 && isDigit(c.text[0]); c.text = c.text[1:] {
		digits++
		if scale > 1 {
			scale /= 10
			n += int(c.text[0]-'0') * scale
		}
	}
	c.ok = c.ok && digits > 0
	return n
}

// zone reads Z or an offset, if there is one.
func (c *clock) zone(zone *time.Location) *time.Location {
	if len(c.text) == 0 {
		return zone
	}
	if len(c.text) == 1 && c.take("Zz") != 0 {
		return time.UTC
	}
	c.take(" ")
	if !isOffset(c.text) {
		c.ok = false
		return zone
	}
	offset := clock{text: c.text[1:], ok: true}
	seconds := offset.number(2, 2) * 3600
	offset.take(":")
	seconds += offset.number(0, 2) * 60
	if c.text[0] == '-' {
		seconds = -seconds
	}
	c.text = nil
	return time.FixedZone("", seconds)
}

// isOffset reports whether text is +08:00, +0800 or +08, or so.
func isOffset(text []byte) bool {
	c := clock{text: text, ok: true}
	c.need("+-")
	hours := c.number(2, 2)
	minutes := 0
	if len(c.text) > 0 {
		c.take(":")
		minutes = c.number(2, 2)
	}
	return c.ok && len(c.text) == 0 && hours < 24 && minutes < 60
}
