package zjy

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// Time is a time of an answer, in UTC+8. The zero Time stands for none.
type Time struct{ time.Time }

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// UnmarshalJSON reads "/Date(1607937528000)/", null, "" and RFC 3339, which is
// what MarshalJSON writes. The first counts milliseconds from 1970 on, which can
// be negative; that of the year 1, as .NET writes a time that was not set, is
// the zero Time.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil { // null leaves it empty
		return errTime
	}
	if text == "" {
		*t = Time{}
		return nil
	}
	parsed, err := parseTime(text)
	if err != nil {
		return err
	}
	*t = Time{parsed}
	return nil
}

func parseTime(text string) (time.Time, error) {
	var at time.Time
	if digits, ok := strings.CutPrefix(text, "/Date("); ok {
		digits, closed := strings.CutSuffix(digits, ")/")
		ms, err := strconv.ParseInt(digits, 10, 64)
		if !closed || err != nil {
			return time.Time{}, errTime
		}
		at = time.UnixMilli(ms).In(zone)
	} else {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, errTime // the parser's own error quotes the value
		}
		at = parsed.In(zone)
	}
	switch year := at.UTC().Year(); {
	case at.IsZero():
		return time.Time{}, nil
	case year < 1 || year > 9999: // which .NET has not, and RFC 3339 cannot write
		return time.Time{}, errTime
	}
	return at, nil
}

// MarshalJSON writes RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	if t.Year() > 9999 { // the last hours of the year 9999 in UTC
		return json.Marshal(t.UTC())
	}
	return json.Marshal(t.Time)
}

var errTime error = &lenient.Error{Problem: "a time is not of the form /Date(milliseconds)/"}
