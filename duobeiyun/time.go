package duobeiyun

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// The forms in which answers give a time, besides milliseconds since 1970.
var timeLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", time.RFC3339}

// Time is a time of an answer, in UTC+8. The zero Time stands for none: null,
// "" and 0 on the wire.
type Time struct{ time.Time }

// UnmarshalJSON reads the forms that the vendor uses: "2006-01-02 15:04:05",
// "2006-01-02 15:04" and milliseconds since 1970, as a number or a string; and
// RFC 3339, which is what MarshalJSON writes.
func (t *Time) UnmarshalJSON(data []byte) error {
	text := string(bytes.TrimSpace(data))
	if len(text) > 0 && text[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return errTime
		}
	}
	if text == "" || text == "null" || text == "0" {
		*t = Time{}
		return nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		*t = Time{time.UnixMilli(ms).In(zone)}
		return nil
	}
	for _, layout := range timeLayouts {
		if parsed, err := time.ParseInLocation(layout, text, zone); err == nil {
			*t = Time{parsed.In(zone)}
			return nil
		}
	}
	return errTime
}

// MarshalJSON writes RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.Time)
}

var errTime error = &lenient.Error{Problem: "a time is in none of the forms that the vendor documents"}
