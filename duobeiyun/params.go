package duobeiyun

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/edusdk/edusdk/internal/params"
)

// checkParam is the vendor's rule for parameters: what would break the signature
// is refused.
func checkParam(name, value string) string {
	switch {
	case name == paramPartner, name == paramTimestamp, name == paramSign:
		return "is set by the client itself"
	case strings.TrimFunc(value, isSpace) != value:
		return "must not begin or end with a space: the vendor would reject the signature"
	}
	return ""
}

// isSpace takes for a space what Unicode does, and the control characters that
// the vendor's Java trims off too.
func isSpace(r rune) bool { return r <= ' ' || unicode.IsSpace(r) }

// textProblem says what is wrong with a value that is sent otherwise than as a
// parameter, or "".
func textProblem(value string) string {
	if problem := params.Text(value); problem != "" {
		return problem
	}
	return checkParam("", value)
}

func fieldError(field, problem string) error { return params.FieldError(field, problem) }

// The parameters that many calls take by themselves; arg is what the method
// calls them.
type (
	roomParams struct {
		RoomID string `url:"roomId" arg:"roomID"`
	}
	documentParams struct {
		DocumentID string `url:"documentId" arg:"documentID"`
	}
)

// Validate is for transport.Request, as of all parameters that have no rules but
// those of checkParam.
func (roomParams) Validate() error { return nil }

// Validate is for transport.Request.
func (documentParams) Validate() error { return nil }

// startTime returns t as the vendor wants it, in its own zone.
func startTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// minutes and hours are the units in which a room's length is sent.
type (
	minutes time.Duration
	hours   time.Duration
)

// EncodeValues implements query.Encoder.
func (m minutes) EncodeValues(key string, v *url.Values) error {
	v.Set(key, strconv.FormatInt(int64(time.Duration(m)/time.Minute), 10))
	return nil
}

// EncodeValues implements query.Encoder.
func (h hours) EncodeValues(key string, v *url.Values) error {
	v.Set(key, strconv.FormatInt(int64(time.Duration(h)/time.Hour), 10))
	return nil
}

// check returns the error of field, if m is not a length of a room.
func (m minutes) check(field string) error {
	if d := time.Duration(m); d%time.Minute != 0 || d < 30*time.Minute || d > 300*time.Minute {
		return fieldError(field, "must be 30 to 300 whole minutes")
	}
	return nil
}

// check returns the error of field, if h is not a length of a room.
func (h hours) check(field string) error {
	if d := time.Duration(h); d%time.Hour != 0 || d < time.Hour || d > 5*time.Hour {
		return fieldError(field, "must be 1 to 5 whole hours")
	}
	return nil
}
