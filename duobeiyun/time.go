package duobeiyun

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// Time is a time of an answer, in UTC+8. The zero Time stands for none: null,
// "" and 0 on the wire.
type Time struct{ time.Time }

// UnmarshalJSON reads the forms that the vendor uses: "2006-01-02 15:04:05",
// "2006-01-02 15:04" and milliseconds since 1970, as a number or a string; and
// RFC 3339, which is what MarshalJSON writes.
func (t *Time) UnmarshalJSON(data []byte) error {
	text := strings.TrimSpace(string(data))
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if text == "" || text == "null" || text == "0" {
		*t = Time{}
		return nil
	}
	parsed, err := parseTime(text)
	if err != nil {
		return errTime // the parser's own error quotes the value
	}
	*t = Time{parsed.In(zone)}
	return nil
}

// parseTime tells the forms apart before it parses, because a failed attempt
// costs more than a successful one.
func parseTime(text string) (time.Time, error) {
	switch {
	case !strings.ContainsAny(text, "-:") || text[0] == '-':
		ms, err := strconv.ParseInt(text, 10, 64)
		return time.UnixMilli(ms), err
	case len(text) == len("2006-01-02 15:04:05"):
		return time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	case len(text) == len("2006-01-02 15:04"):
		return time.ParseInLocation("2006-01-02 15:04", text, zone)
	default:
		return time.Parse(time.RFC3339, text)
	}
}

// MarshalJSON writes RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.Time)
}

var errTime error = &lenient.Error{Problem: "a time is in none of the forms that the vendor documents"}
