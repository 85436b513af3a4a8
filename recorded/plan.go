package recorded

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// PlanRefresh is the answer to RefreshPlan.
type PlanRefresh struct {
	Section SectionInfo  `json:"section_info" wire:"essential"`      // the section that is to be watched
	Watched StudySection `json:"yet_study_section" wire:"essential"` // the one that was watched before
}

// Absent names the part that a success must have and this one lacks, "" where it is
// whole.
func (p *PlanRefresh) Absent() string {
	switch {
	case p == nil:
		return "data"
	case p.Section.ID == 0:
		return "data.section_info"
	case p.Watched.SectionID == 0:
		return "data.yet_study_section"
	}
	return ""
}

// SectionInfo is a section of a recorded course, with its video.
type SectionInfo struct {
	ID              int64       `json:"id" wire:"essential"`
	UserID          int64       `json:"user_id"`
	Title           string      `json:"title"`
	Price           string      `json:"price" wire:"essential"`  // a decimal number, such as "10.00"
	IsTry           int         `json:"is_try" wire:"essential"` // whether it can be tried for nothing: 0 or 1
	CourseID        int64       `json:"course_id"`
	CourseTitle     string      `json:"course_title"`
	SectionSort     int         `json:"section_sort"` // its place in the course, from 1
	VideoID         string      `json:"video_id" wire:"essential"`
	Size            Orientation `json:"size"`     // of the video, despite its name
	Duration        int64       `json:"duration"` // of the video, in seconds
	AheadData       []File      `json:"ahead_data"`
	PDFData         []File      `json:"pdf_data"`
	ConsolidateData []File      `json:"consolidate_data"`
	ViewDuration    int64       `json:"view_duration"` // where to begin, in seconds: how far it was watched last time
}

// Orientation tells how a video is held.
type Orientation int

// The orientations.
const (
	Landscape Orientation = 1
	Portrait  Orientation = 2
)

var orientationNames = map[Orientation]string{Landscape: "Landscape", Portrait: "Portrait"}

// String returns the name of the constant, such as Portrait, or Orientation(7) for a
// value without a name.
func (o Orientation) String() string { return enum.Name(o, orientationNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (o Orientation) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(o, name, values)
}

// File is a file that goes with a section.
type File struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Ext  string `json:"ext"`
	Size int64  `json:"size"` // in bytes
	URL  string `json:"url"`
}

// StudySection tells how far a student has come with a section.
type StudySection struct {
	SectionID   int64       `json:"section_id" wire:"essential"`
	Plan        string      `json:"plan" wire:"essential"` // as the vendor sends it, such as "64.36%"; "" unless Studying
	StudyStatus StudyStatus `json:"study_status" wire:"essential"`
}

// StudyStatus tells whether a student is done with a section.
type StudyStatus int

// The states of a section.
const (
	Studying StudyStatus = 1
	Studied  StudyStatus = 2
)

var studyStatusNames = map[StudyStatus]string{Studying: "Studying", Studied: "Studied"}

// String returns the name of the constant, such as Studied, or StudyStatus(7) for a
// value without a name.
func (s StudyStatus) String() string { return enum.Name(s, studyStatusNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (s StudyStatus) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(s, name, values)
}

// Percent reads Plan as a percentage, 64.36 of "64.36%". It reports false for
// everything else: what the "1.00000" means that answers of the same vendor
// hold is not known.
func (s StudySection) Percent() (float64, bool) {
	number, ok := strings.CutSuffix(strings.TrimSpace(s.Plan), "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(percent >= 0 && percent <= 100) {
		return 0, false
	}
	return percent, true
}

// planParams are ids of sections.
type planParams struct {
	New     int64 `url:"new_section_id" json:"new_section_id" arg:"newSectionID"`
	Watched int64 `url:"yet_section_id" json:"yet_section_id" arg:"watchedSectionID"`
}

func (p planParams) Validate() error {
	var errs []error
	if p.New <= 0 {
		errs = append(errs, params.FieldError("newSectionID", "must be positive"))
	}
	if p.Watched <= 0 {
		errs = append(errs, params.FieldError("watchedSectionID", "must be positive"))
	}
	return params.Join(errs...)
}

var refreshPlan = declare[planParams, PlanRefresh](transport.Spec{
	Op: "RefreshPlan", Section: "录播课刷新已观看及观看新章节", Path: "study/refresh_recorded_course_plan", Class: transport.Upsert,
})

// RefreshPlan reports that a student goes from one section to another, and
// returns where the new one begins and how far the watched one has come
// (录播课刷新已观看及观看新章节, POST study/refresh_recorded_course_plan). It reports no
// time, so a repetition leaves the same state, and a lost answer is asked for
// again.
//
// The document requires both ids and does not say what stands for the watched one
// when a student begins a course, so 0 is refused rather than guessed at. Call sends
// whatever your vendor has told you.
func (c *Client) RefreshPlan(ctx context.Context, newSectionID, watchedSectionID int64) (*PlanRefresh, error) {
	return refreshPlan.Do(ctx, c.core, planParams{newSectionID, watchedSectionID})
}
