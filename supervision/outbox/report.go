package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// Report is something that the platform is to be told. It redacts itself when
// printed.
type Report struct {
	Kind Kind
	// Session and Sequence identify the report among those of its kind, class,
	// student and resource: reporting it again, after an error or a crash,
	// changes nothing. A session is one viewing, its name the importer's own.
	Session  string
	Sequence uint64

	// ClassCode, StudentUserCode and ResCode are required. They make the lane:
	// reports that have them in common are sent in the order in which they were
	// reported.
	ClassCode       string
	StudentUserCode string
	ResCode         string
	CourseCode      string // required but for KindEnd
	SectionCode     string // optional
	PlatformCode    string // optional, as in package supervision

	// Device is the student's; the zero Device is the client's own.
	Device supervision.Device

	// PlayTime and ProgressTime are those of a supervision.ProgressReport, in
	// whole seconds, for KindProgress alone.
	PlayTime     time.Duration
	ProgressTime time.Duration
	// Final exempts a report of KindProgress from Config.Gap: it is what remained
	// when the student ended.
	Final bool
	// Total is how long the student has studied up to and including this report,
	// by the importer's count. It is for Config.Settle and is not sent.
	Total time.Duration
	// Before is the PlayTime of the progress report before this one, by the
	// importer's count. It is for Config.Settle and is not sent.
	Before time.Duration

	// Passed tells Config.Settle that the lane has gone on since this report may
	// have arrived, so that what the platform has recorded may be of later reports,
	// too. Report ignores it.
	Passed bool

	RecordVideoURL string // for KindRecording alone

	// At is when it came about, for the importer's information: it is not sent,
	// because the document has no field for it. Zero means now.
	At time.Time
}

// String returns the kind alone.
func (r Report) String() string { return fmt.Sprintf("outbox.Report(%s, redacted)", r.Kind) }

// Format is String for every verb, so that none shows personal data.
func (r Report) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String for package slog.
func (r Report) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Lane returns the name of the report's lane.
func (r *Report) Lane() string { return Lane(r.ClassCode, r.StudentUserCode, r.ResCode) }

// Key returns what identifies the report in its lane.
func (r *Report) Key() string {
	return r.Kind.String() + "/" + strconv.FormatUint(r.Sequence, 10) + "/" + r.Session
}

// Lane returns the name of the lane of a class, a student and a resource.
func Lane(classCode, studentUserCode, resCode string) string {
	return escape(classCode) + "/" + escape(studentUserCode) + "/" + escape(resCode)
}

// escape keeps codes apart in a lane's name. Codes are nearly always digits and
// letters.
func escape(code string) string {
	if !strings.ContainsAny(code, "%/") {
		return code
	}
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(code)
}

// unescape undoes escape.
func unescape(code string) string {
	if !strings.Contains(code, "%") {
		return code
	}
	return strings.NewReplacer("%25", "%", "%2F", "/").Replace(code)
}

// check refuses what could never be sent.
func (r *Report) check() error {
	if r.Kind < KindStart || r.Kind > KindEnd {
		return &edusdk.FieldError{Field: "Report.Kind", Problem: "must be one of the constants Kind…"}
	}
	for _, f := range []struct {
		field, value string
		required     bool
	}{
		{"Session", r.Session, true},
		{"ClassCode", r.ClassCode, true},
		{"StudentUserCode", r.StudentUserCode, true},
		{"ResCode", r.ResCode, true},
		{"CourseCode", r.CourseCode, r.Kind != KindEnd},
		{"RecordVideoURL", r.RecordVideoURL, r.Kind == KindRecording},
		{"SectionCode", r.SectionCode, false},
		{"PlatformCode", r.PlatformCode, false},
	} {
		switch {
		case f.required && f.value == "":
			return &edusdk.FieldError{Field: "Report." + f.field, Problem: "must not be empty"}
		case strings.TrimSpace(f.value) != f.value:
			return &edusdk.FieldError{Field: "Report." + f.field, Problem: "must not begin or end with a space"}
		}
	}
	for _, f := range []struct {
		field string
		value time.Duration
	}{{"PlayTime", r.PlayTime}, {"ProgressTime", r.ProgressTime}} {
		switch {
		case r.Kind != KindProgress && f.value != 0:
			return &edusdk.FieldError{Field: "Report." + f.field, Problem: "is for KindProgress alone"}
		case f.value < 0:
			return &edusdk.FieldError{Field: "Report." + f.field, Problem: "must not be negative"}
		case f.value%time.Second != 0:
			return &edusdk.FieldError{Field: "Report." + f.field, Problem: "must be whole seconds: leave the fraction for the next report"}
		}
	}
	if r.Kind != KindRecording && r.RecordVideoURL != "" {
		return &edusdk.FieldError{Field: "Report.RecordVideoURL", Problem: "is for KindRecording alone"}
	}
	return nil
}

// body is a Report as it is stored: under names of its own, so that files
// outlive changes of the types that are sent. What the record's Lane, Key and Kind
// say is not repeated.
type body struct {
	Course   string                 `json:"o,omitempty"`
	Section  string                 `json:"e,omitempty"`
	Platform string                 `json:"p,omitempty"`
	Type     supervision.DeviceType `json:"dt,omitempty"`
	Device   string                 `json:"di,omitempty"`
	Play     int64                  `json:"pt,omitempty"` // seconds
	Progress int64                  `json:"gt,omitempty"` // seconds
	Final    bool                   `json:"f,omitempty"`
	Total    int64                  `json:"t,omitempty"` // nanoseconds
	Before   int64                  `json:"b,omitempty"` // nanoseconds
	URL      string                 `json:"v,omitempty"`
}

// record returns r as it is stored.
func (r *Report) record(now time.Time) (Record, error) {
	encoded, err := json.Marshal(body{
		Course: r.CourseCode, Section: r.SectionCode, Platform: r.PlatformCode, Type: r.Device.Type, Device: r.Device.ID,
		Play: int64(r.PlayTime / time.Second), Progress: int64(r.ProgressTime / time.Second), Final: r.Final,
		Total: int64(r.Total), Before: int64(r.Before), URL: r.RecordVideoURL,
	})
	if err != nil {
		return Record{}, err
	}
	rec := Record{Lane: r.Lane(), Key: r.Key(), Kind: r.Kind, Body: encoded, At: r.At}
	if rec.At.IsZero() {
		rec.At = now
	}
	if r.Kind == KindProgress {
		rec.Spaced = !r.Final
		sum := sha256.Sum256([]byte(strings.Join([]string{
			escape(r.Session), escape(r.CourseCode), escape(r.SectionCode), escape(r.PlatformCode), string(r.Device.Type), escape(r.Device.ID),
		}, "/")))
		rec.Join = base64.RawStdEncoding.EncodeToString(sum[:12])
	}
	return rec, nil
}

// reportOf returns the report that a record was made of.
func reportOf(rec *Record) (Report, error) {
	var b body
	codes := strings.Split(rec.Lane, "/")
	key := strings.SplitN(rec.Key, "/", 3)
	if json.Unmarshal(rec.Body, &b) != nil || len(codes) != 3 || len(key) != 3 {
		return Report{}, errBody // a cause could quote what it is about
	}
	sequence, err := strconv.ParseUint(key[1], 10, 64)
	if err != nil {
		return Report{}, errBody
	}
	return Report{
		Kind: rec.Kind, Session: key[2], Sequence: sequence,
		ClassCode: unescape(codes[0]), StudentUserCode: unescape(codes[1]), ResCode: unescape(codes[2]),
		CourseCode: b.Course, SectionCode: b.Section, PlatformCode: b.Platform,
		Device:   supervision.Device{Type: b.Type, ID: b.Device},
		PlayTime: time.Duration(b.Play) * time.Second, ProgressTime: time.Duration(b.Progress) * time.Second, Final: b.Final,
		Total: time.Duration(b.Total), Before: time.Duration(b.Before), RecordVideoURL: b.URL, At: rec.At,
	}, nil
}

// mark is what a lane keeps of a report that was sent (Claim.Mark): its
// PlayTime in seconds.
func (r *Report) mark() int64 { return int64(r.PlayTime / time.Second) }

// send sends the report with a client.
func (r *Report) send(ctx context.Context, client *supervision.Client) error {
	if r.Device != (supervision.Device{}) {
		client = client.WithDevice(r.Device)
	}
	switch r.Kind {
	case KindStart:
		return client.Study.Start(ctx, &supervision.StudyRequest{
			PlatformCode: r.PlatformCode, ResCode: r.ResCode, StudentUserCode: r.StudentUserCode,
			SectionCode: r.SectionCode, ClassCode: r.ClassCode, CourseCode: r.CourseCode,
		})
	case KindProgress:
		return client.Study.ReportProgress(ctx, &supervision.ProgressReport{
			PlatformCode: r.PlatformCode, ResCode: r.ResCode, PlayTime: r.PlayTime, ProgressTime: r.ProgressTime,
			StudentUserCode: r.StudentUserCode, SectionCode: r.SectionCode, ClassCode: r.ClassCode, CourseCode: r.CourseCode,
		})
	case KindRecording:
		return client.Study.SubmitRecording(ctx, &supervision.RecordingRequest{
			PlatformCode: r.PlatformCode, ResCode: r.ResCode, StudentUserCode: r.StudentUserCode, SectionCode: r.SectionCode,
			ClassCode: r.ClassCode, CourseCode: r.CourseCode, RecordVideoURL: r.RecordVideoURL,
		})
	default:
		return client.Study.End(ctx, &supervision.EndStudyRequest{
			PlatformCode: r.PlatformCode, ResCode: r.ResCode, StudentUserCode: r.StudentUserCode, ClassCode: r.ClassCode,
		})
	}
}
