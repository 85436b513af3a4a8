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
// what MarshalJSON writes.
func (t *Time) UnmarshalJSON(data []byte) error {
	text := strings.ReplaceAll(strings.TrimSpace(string(data)), `\/`, `/`)
	text = strings.Trim(text, `"`)
	if text == "" || text == "null" {
		*t = Time{}
		return nil
	}
	if digits, ok := strings.CutPrefix(text, "/Date("); ok {
		digits, closed := strings.CutSuffix(digits, ")/")
		if ms, err := strconv.ParseInt(digits, 10, 64); closed && err == nil {
			*t = Time{time.UnixMilli(ms).In(zone)}
			return nil
		}
		return errTime
	}
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return errTime // the parser's own error quotes the value
	}
	*t = Time{parsed.In(zone)}
	return nil
}

// MarshalJSON writes RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.Time)
}

var errTime error = &lenient.Error{Problem: "a time is not of the form /Date(milliseconds)/"}
