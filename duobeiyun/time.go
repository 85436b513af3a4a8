package duobeiyun

import (
	"encoding/json"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// Time is a time of an answer, in UTC+8. The zero Time stands for none: null,
// "" and 0 on the wire.
type Time struct{ time.Time }

// UnmarshalJSON reads the forms that the vendor uses, "2006-01-02 15:04:05",
// "2006-01-02 15:04" and milliseconds since 1970, as a number or a string; those
// that other vendors use for the same; and RFC 3339, which is what MarshalJSON
// writes. A time without a zone is in UTC+8.
func (t *Time) UnmarshalJSON(data []byte) (err error) {
	t.Time, err = lenient.Time(data, zone, lenient.EpochMillis)
	return err
}

// MarshalJSON writes RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.Time)
}
