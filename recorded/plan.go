package recorded

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
	"github.com/edusdk/edusdk/internal/units"
)

// PlanRefresh is the answer to RefreshPlan.
type PlanRefresh struct {
	Section SectionInfo  `json:"section_info" wire:"essential"`      // the section to watch now (新观看章节视频信息)
	Watched StudySection `json:"yet_study_section" wire:"essential"` // the section that was watched before (已经观看章节信息)
}

// Absent names the first part that a successful answer must have and p lacks, or ""
// if there is none.
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

// SectionInfo is a section of a recorded course, with its video. The document shows
// its fields in a sample and describes only those with a Chinese term here.
type SectionInfo struct {
	ID              int64       `json:"id" wire:"essential"`         // the section's id
	UserID          int64       `json:"user_id"`                     // not described in the document
	Title           string      `json:"title"`                       // the section's title
	Price           string      `json:"price" wire:"essential,null"` // a decimal number, such as "10.00"; the document does not give the currency; see PriceFen
	IsTry           int         `json:"is_try" wire:"essential"`     // 0 or 1, presumably whether it can be tried free of charge
	CourseID        int64       `json:"course_id"`                   // the id of its course
	CourseTitle     string      `json:"course_title"`                // the title of its course
	SectionSort     int         `json:"section_sort"`                // its position in the course, from 1 (章节第几讲)
	VideoID         string      `json:"video_id" wire:"essential"`   // id of the video (视频id)
	Size            Orientation `json:"size"`                        // orientation of the video, despite its name (横竖)
	Duration        int64       `json:"duration"`                    // length of the video, in seconds (视频总时长); see VideoLength
	AheadData       []File      `json:"ahead_data"`                  // files; not described in the document
	PDFData         []File      `json:"pdf_data"`                    // files; not described in the document
	ConsolidateData []File      `json:"consolidate_data"`            // files; not described in the document
	ViewDuration    int64       `json:"view_duration"`               // where to begin, in seconds: how far it was watched last time (上次观看至时长); see VideoPosition
}

// VideoLength returns Duration as a span of time.
func (s SectionInfo) VideoLength() time.Duration { return units.Seconds(s.Duration) }

// VideoPosition returns ViewDuration, where to begin, as a span of time.
func (s SectionInfo) VideoPosition() time.Duration { return units.Seconds(s.ViewDuration) }

// PriceFen returns Price as an amount of money, taken to be in yuan. It reports false
// if Price is not a decimal number, or is one with fractions of a fen.
func (s SectionInfo) PriceFen() (edusdk.Fen, bool) {
	price, err := edusdk.ParseFen(strings.TrimSpace(s.Price))
	return price, err == nil
}

// Orientation is the orientation of a video (横竖).
type Orientation int

// The orientations.
const (
	Landscape Orientation = 1 // 横屏
	Portrait  Orientation = 2 // 竖屏
)

var orientationNames = map[Orientation]string{Landscape: "Landscape", Portrait: "Portrait"}

// String returns the name of the constant, such as Portrait, or Orientation(7) for a
// value without a name.
func (o Orientation) String() string { return enum.Name(o, orientationNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (o Orientation) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(o, name, values)
}

// File is a file that belongs to a section. The document shows its fields in a
// sample and does not describe them.
type File struct {
	ID   int64  `json:"id"`   // the file's id
	Name string `json:"name"` // such as "测试文档.docx"
	Ext  string `json:"ext"`  // the extension without a dot, such as "docx"
	Size int64  `json:"size"` // presumably in bytes
	URL  string `json:"url"`  // where to download it
}

// StudySection is a student's progress in a section.
type StudySection struct {
	SectionID   int64       `json:"section_id" wire:"essential"`   // the section's id (章节id)
	Plan        string      `json:"plan" wire:"essential,null"`    // progress as the vendor sends it, such as "64.36%" (学习进度); "" unless StudyStatus is Studying
	StudyStatus StudyStatus `json:"study_status" wire:"essential"` // Studying or Studied (学习状态)
}

// StudyStatus tells whether a student has finished a section (学习状态).
type StudyStatus int

// The states of a section.
const (
	Studying StudyStatus = 1 // 正在学习
	Studied  StudyStatus = 2 // 已学完
)

var studyStatusNames = map[StudyStatus]string{Studying: "Studying", Studied: "Studied"}

// String returns the name of the constant, such as Studied, or StudyStatus(7) for a
// value without a name.
func (s StudyStatus) String() string { return enum.Name(s, studyStatusNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (s StudyStatus) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(s, name, values)
}

// Percent reads Plan as a percentage: 64.36 for "64.36%". It reports false for
// anything else, since it is not known what a value such as "1.00000", which the
// vendor uses elsewhere, means.
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
// time, so repeating it leaves the same state, and the client does so after a lost
// answer.
//
// The document requires both ids and does not say what stands for the watched one
// when a student begins a course, so 0 is refused rather than guessed at. Call sends
// whatever your vendor has told you.
func (c *Client) RefreshPlan(ctx context.Context, newSectionID, watchedSectionID int64) (*PlanRefresh, error) {
	return refreshPlan.Do(ctx, c.core, planParams{newSectionID, watchedSectionID})
}
