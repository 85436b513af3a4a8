package douyin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
)

// RefundLabel says under which condition a buyer gets a refund (refund_label,
// 退款标签).
type RefundLabel struct {
	Type             RefundType       `json:"type"`                // which of the two conditions counts
	DayBeforeUseInfo DayBeforeUseInfo `json:"day_before_use_info"` // for RefundDaysUnused
	RestNotLearnInfo RestNotLearnInfo `json:"rest_not_learn_info"` // for RefundLowProgress
}

// Text returns the condition as a sentence for buyers: in the vendor's words
// (3天未学可退, 学习进度不足50%可退) for edusdk.Chinese, in English otherwise. It is "" for a
// type that is not known, and for nil.
func (l *RefundLabel) Text(lang edusdk.Language) string {
	switch {
	case l == nil:
		return ""
	case l.Type == RefundDaysUnused && lang == edusdk.Chinese:
		return fmt.Sprintf("%d天未学可退", l.DayBeforeUseInfo.Day)
	case l.Type == RefundDaysUnused:
		return "refundable if not studied for " + counted(l.DayBeforeUseInfo.Day, "day")
	case l.Type == RefundLowProgress && lang == edusdk.Chinese:
		return fmt.Sprintf("学习进度不足%v%%可退", l.RestNotLearnInfo.RestPercent)
	case l.Type == RefundLowProgress:
		return fmt.Sprintf("refundable while less than %v%% has been studied", l.RestNotLearnInfo.RestPercent)
	}
	return ""
}

// RefundType is the kind of a RefundLabel.
type RefundType int

// The kinds of refunds.
const (
	RefundDaysUnused  RefundType = 1 // not studied for so many days (xx天未学可退)
	RefundLowProgress RefundType = 2 // studied less than so much (学习进度不足xx可退)
)

var refundTypeNames = map[RefundType]string{RefundDaysUnused: "RefundDaysUnused", RefundLowProgress: "RefundLowProgress"}

// String returns the name of the constant, such as RefundLowProgress, or RefundType(7) for a
// value without a name.
func (t RefundType) String() string { return enum.Name(t, refundTypeNames) }

// DayBeforeUseInfo is the condition of RefundDaysUnused.
type DayBeforeUseInfo struct {
	Day int `json:"day"` // number of days: the xx of xx天未学可退
}

// RestNotLearnInfo is the condition of RefundLowProgress.
type RestNotLearnInfo struct {
	RestPercent float64 `json:"rest_percent"` // in percent, so that 50 is half: the xx of 学习进度不足xx可退
}

// UseLabel says for how long a course can be used (use_label, 使用标签): either
// until a date (固定有效期) or for a time (动态有效期).
type UseLabel struct {
	ValidDate        string           `json:"valid_date"`         // the date, "" if DynamicValidDate counts; the document does not give its format
	DynamicValidDate DynamicValidDate `json:"dynamic_valid_date"` // the time, zero if ValidDate counts
}

// Text returns for how long the course can be used as a sentence for buyers: in Chinese
// (有效期至2027-01-31, 有效期1年6个月) for edusdk.Chinese, in English otherwise. The date is
// as the vendor wrote it. It is "" if the label holds neither a date nor a time, and for
// nil.
func (l *UseLabel) Text(lang edusdk.Language) string {
	if l == nil {
		return ""
	}
	if date, fixed := l.fixed(); fixed {
		if lang == edusdk.Chinese {
			return "有效期至" + date
		}
		return "valid until " + date
	}
	d := l.DynamicValidDate
	if !d.valid() {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		n                int
		chinese, english string
	}{{d.Year, "年", "year"}, {d.Month, "个月", "month"}, {d.Day, "天", "day"}} {
		switch {
		case p.n == 0:
		case lang == edusdk.Chinese:
			parts = append(parts, strconv.Itoa(p.n)+p.chinese)
		default:
			parts = append(parts, counted(p.n, p.english))
		}
	}
	if lang == edusdk.Chinese {
		return "有效期" + strings.Join(parts, "")
	}
	last := len(parts) - 1
	if last == 0 {
		return "valid for " + parts[0]
	}
	return "valid for " + strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Expires returns the moment from which on a course that was bought at a time can no
// longer be used, in UTC+8. A date without a time of the day is that of the last day, so
// that the course expires at the midnight after it. A dynamic time is counted from the
// purchase by the calendar; where the last month lacks the day of the purchase, it ends
// on that month's last day. It reports false if the label holds neither, if its date
// cannot be read, and for nil. The document describes neither the date's form nor when a
// time begins: do not turn a buyer away on the strength of this alone.
func (l *UseLabel) Expires(bought time.Time) (expires time.Time, ok bool) {
	if l == nil {
		return time.Time{}, false
	}
	if text, fixed := l.fixed(); fixed {
		date, ok := readDate(text)
		if ok && strings.IndexAny(text, "-/") > 0 && !strings.Contains(text, ":") {
			date = date.AddDate(0, 0, 1)
		}
		return date, ok
	}
	if bought.IsZero() || !l.DynamicValidDate.valid() {
		return time.Time{}, false
	}
	return l.DynamicValidDate.after(bought.In(zone)), true
}

// fixed returns the date, and whether it counts.
func (l *UseLabel) fixed() (date string, ok bool) {
	date = strings.TrimSpace(l.ValidDate)
	at, readable := readDate(date)
	return date, !readable || !at.IsZero()
}

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// readDate returns the zero time for a text that stands for no date.
func readDate(text string) (date time.Time, ok bool) {
	quoted, err := json.Marshal(text)
	if err == nil {
		date, err = lenient.Time(quoted, zone, lenient.EpochEither)
	}
	return date, err == nil
}

// DynamicValidDate is a time, presumably from the purchase on: 12 months in the
// document's example.
type DynamicValidDate struct {
	Year  int `json:"year"`  // number of years
	Month int `json:"month"` // number of months
	Day   int `json:"day"`   // number of days
}

// mostYears bounds the parts of a time, so that no sum of them leaves the calendar.
const mostYears = 1000

// valid reports whether there is a time, and one that can be.
func (d DynamicValidDate) valid() bool {
	return d != DynamicValidDate{} && min(d.Year, d.Month, d.Day) >= 0 &&
		d.Year <= mostYears && d.Month <= 12*mostYears && d.Day <= 366*mostYears
}

// after returns when the time ends that begins at from.
func (d DynamicValidDate) after(from time.Time) time.Time {
	year, month, day := from.Date()
	hour, minute, second := from.Clock()
	lastDay := time.Date(year+d.Year, month+time.Month(d.Month)+1, 0, 0, 0, 0, 0, zone).Day()
	return time.Date(year+d.Year, month+time.Month(d.Month), min(day, lastDay)+d.Day, hour, minute, second, from.Nanosecond(), zone)
}

// counted returns "1 day", "2 days".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
