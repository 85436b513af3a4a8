package zjy

import (
	"encoding/json"
	"time"

	"github.com/edusdk/edusdk/internal/lenient"
)

// Time is a time of an answer, in UTC+8. The zero Time stands for none.
type Time struct{ time.Time }

// zone is the vendor's, UTC+8 all year.
var zone = time.FixedZone("UTC+8", 8*60*60)

// UnmarshalJSON reads "/Date(1607937528000)/", which counts milliseconds from 1970
// on, null, "", the forms that other vendors use, and RFC 3339, which is what
// MarshalJSON writes. The first moment of the year 1, as .NET writes a time that was
// not set, is the zero Time. A time without a zone is in UTC+8.
func (t *Time) UnmarshalJSON(data []byte) (err error) {
	t.Time, err = lenient.Time(data, zone, lenient.EpochMillis)
	return err
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
