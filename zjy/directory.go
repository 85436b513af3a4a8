package zjy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
	"github.com/edusdk/edusdk/internal/units"
)

// CellRef identifies a cell.
type CellRef struct {
	CourseOpenID string `url:"courseOpenId"`       // Course.CourseOpenID (课程资源id)
	OpenClassID  string `url:"openClassId"`        // Course.OpenClassID (班级id)
	CellID       string `url:"cellId"`             // Cell.ID (小节id)
	ModuleID     string `url:"moduleId,omitempty"` // optional: Module.ID (章节id)
}

// CellDetail is a cell that was opened for study. The document describes ID and
// GUIDToken only; the other meanings follow from names and its sample.
type CellDetail struct {
	ID                    string          `json:"Id"`                                     // as CellID; in the document's table, not in its sample (小节Id)
	DType                 int             `json:"dtype"`                                  // not described in the document; 0 in its sample
	CourseOpenID          string          `json:"courseOpenId"`                           // the course's resource id (课程资源id)
	CourseName            string          `json:"courseName"`                             // the course's name
	OpenClassID           string          `json:"openClassId"`                            // the class's id (班级id)
	ModuleID              string          `json:"moduleId"`                               // the module's id
	TopicID               string          `json:"topicId"`                                // the topic's id
	CellID                string          `json:"cellId" wire:"essential"`                // the cell's id
	CellName              string          `json:"cellName"`                               // the cell's name
	CellType              CellType        `json:"cellType" wire:"essential"`              // CellLeaf or CellFolder
	CategoryName          Category        `json:"categoryName"`                           // kind of resource
	CellContent           string          `json:"cellContent"`                            // not described in the document; the path of the resource's file in its sample
	PageCount             int             `json:"pageCount" wire:"essential"`             // pages of a document
	AudioVideoLong        float64         `json:"audioVideoLong" wire:"essential"`        // length of a video, in seconds; see VideoLength
	IsAllowDownLoad       bool            `json:"isAllowDownLoad"`                        // whether it may be downloaded
	ExternalLinkURL       string          `json:"externalLinkUrl"`                        // not described in the document; "" in its sample
	DownLoadURL           string          `json:"downLoadUrl"`                            // address of the resource's file
	CellLogID             string          `json:"cellLogId" wire:"essential,null"`        // for ProgressLog; not described in the document, "" in its sample
	UserType              int             `json:"userType"`                               // not described in the document; 1 in its sample
	ResURL                string          `json:"resUrl"`                                 // JSON in a string: see Resource
	IsDownLoad            bool            `json:"isDownLoad"`                             // not described in the document
	RarList               json.RawMessage `json:"rarList"`                                // not described in the document; undecoded, like the other raw fields
	Flag                  json.RawMessage `json:"flag"`                                   // not described in the document; null in its sample
	StuCellViewTime       float64         `json:"stuCellViewTime"`                        // how long it was viewed, in seconds; see ViewTime
	StuCellPicCount       int             `json:"stuCellPicCount"`                        // pages viewed
	StuStudyNewlyTime     float64         `json:"stuStudyNewlyTime" wire:"essential"`     // the student's position in a video, in seconds; see VideoPosition
	StuStudyNewlyPicCount int             `json:"stuStudyNewlyPicCount" wire:"essential"` // the page of a document that the student is at
	CellPercent           float64         `json:"cellPercent"`                            // studied, in percent
	GUIDToken             string          `json:"guIdToken" wire:"essential"`             // the Token of the next ProgressLog; changes with every request (提交要用的token)
	IsNeedUpdate          int             `json:"isNeedUpdate"`                           // not described in the document; 0 in its sample
	Position              float64         `json:"position"`                               // not described in the document; 0 in its sample
	CellPositions         json.RawMessage `json:"cellPositions"`                          // not described in the document; empty in its sample
	CellQuestionList      json.RawMessage `json:"cellQuestionList"`                       // not described in the document; "" in its sample
}

// VideoLength returns AudioVideoLong as a span of time.
func (d *CellDetail) VideoLength() time.Duration { return units.Seconds(d.AudioVideoLong) }

// VideoPosition returns StuStudyNewlyTime as a span of time.
func (d *CellDetail) VideoPosition() time.Duration { return units.Seconds(d.StuStudyNewlyTime) }

// ViewTime returns StuCellViewTime as a span of time.
func (d *CellDetail) ViewTime() time.Duration { return units.Seconds(d.StuCellViewTime) }

// Resource is what ResURL holds. The document shows it in a sample and does not
// describe it.
type Resource struct {
	Extension    string            `json:"extension"`    // such as "docx"
	Category     string            `json:"category"`     // such as "office"
	URLs         map[string]string `json:"urls"`         // addresses by use: "preview", "download", "status" and others
	Args         ResourceArgs      `json:"args"`         // figures
	H5PreviewURL string            `json:"h5PreviewUrl"` // "" in the sample
	IsH5         int               `json:"isH5"`         // 0 in the sample
	Status       int               `json:"status"`       // 2 in the sample
}

// ResourceArgs are figures of a resource.
type ResourceArgs struct {
	PageCount int `json:"page_count"` // pages of a document
}

// maxResource bounds how much memory a resource takes. One has a few hundred bytes.
const maxResource = 4 << 20

var errLargeResource = errors.New("the resource is too large: no file has so many addresses")

var errNoResource = errors.New("the cell has no resource: its resUrl is empty")

// Resource decodes ResURL. A cell without a resource is an error of kind
// ErrNotFound, and one whose resource cannot be read of kind
// ErrMalformedResponse.
func (d *CellDetail) Resource() (*Resource, error) {
	fail := func(kind edusdk.Kind, cause error) error {
		return &edusdk.Error{Vendor: vendor, Op: "CellDetail.Resource", Kind: kind, Err: cause}
	}
	if d.ResURL == "" {
		return nil, fail(edusdk.ErrNotFound, errNoResource)
	}
	var r *Resource
	limit := lenient.Limit{Memory: maxResource}
	switch err := limit.Unmarshal([]byte(d.ResURL), &r); {
	case errors.Is(err, lenient.ErrMemory):
		return nil, fail(edusdk.ErrMalformedResponse, errLargeResource)
	case err != nil:
		return nil, fail(edusdk.ErrMalformedResponse, err)
	case r == nil: // null, "" and [], which stand for none
		return nil, fail(edusdk.ErrNotFound, errNoResource)
	}
	return r, nil
}

// Validate accepts everything: there are no rules beyond those of the field tags.
func (CellRef) Validate() error { return nil }

// Viewing a cell again changes its token and nothing else.
var viewCell = declare[CellRef](transport.Spec{
	Op: "ViewCell", Section: "小节详细信息获取", Path: "api/common/Directory/viewDirectory", Class: transport.Upsert,
}, func(a *detailAnswer) *CellDetail { return &a.CellDetail })

// ViewCell opens a cell for study (小节详细信息获取, POST
// api/common/Directory/viewDirectory). If the progress on another cell was not
// saved, the error is of kind ErrFailedPrecondition and wraps a
// *PendingCellError.
func (c *Client) ViewCell(ctx context.Context, cell CellRef) (*CellDetail, error) {
	return viewCell.Do(ctx, c.core, cell)
}

var switchCell = declare[switchParams](transport.Spec{
	Op: "SwitchCell", Section: "进度选择", Path: "api/common/Directory/changeStuStudyProcessCellData", Class: transport.Upsert,
}, nothing)

type switchParams struct {
	CellRef

	CellName string `url:"cellName" arg:"cellName"`
}

// SwitchCell makes a cell the current one, instead of one whose progress was not
// saved (进度选择, POST api/common/Directory/changeStuStudyProcessCellData).
func (c *Client) SwitchCell(ctx context.Context, cell CellRef, cellName string) error {
	return transport.Done(ctx, switchCell, c.core, switchParams{cell, cellName})
}

// ProgressLog is a student's progress on a cell.
type ProgressLog struct {
	CellRef // without ModuleID, which this call does not take

	PicNum           int     `url:"picNum"`              // page number (页码); the document does not say how it differs from StudyNewlyPicNum
	StudyNewlyTime   float64 `url:"-"`                   // studyNewlyTime: position in a video, in seconds (视频秒数), such as position.Seconds() of a time.Duration; 0 for a document
	StudyNewlyPicNum int     `url:"studyNewlyPicNum"`    // page of a document (文档页码); 0 for a video
	Token            string  `url:"token"`               // CellDetail.GUIDToken of the last view, or LogResult.GUIDToken of the last log
	CellLogID        string  `url:"cellLogId,omitempty"` // optional: CellDetail.CellLogID; not described in the document
}

var logProgress = declare[logParams](transport.Spec{
	Op: "LogProgress", Section: "文档/视频进度更新", Path: "api/common/Directory/stuProcessCellLog", Class: transport.Create,
	Lookup: "ViewCell",
}, func(a *logAnswer) *LogResult { return &a.LogResult })

// LogResult is the answer to a saved progress.
type LogResult struct {
	CellID string `json:"Id"` // the cell's id (小节Id)
	// GUIDToken is the Token of the cell's next ProgressLog: it changes with every
	// request. "" if the vendor gave none.
	GUIDToken string `json:"guIdToken" wire:"essential,null"`
}

type logAnswer struct {
	envelope
	LogResult
}

func (*logAnswer) Absent() string { return "" }

type logParams struct {
	ProgressLog

	StudyNewlyTime seconds `url:"studyNewlyTime"`
}

func (p logParams) Validate() error {
	var errs []error
	if p.PicNum < 0 {
		errs = append(errs, params.FieldError("PicNum", "must not be negative"))
	}
	if p.StudyNewlyPicNum < 0 {
		errs = append(errs, params.FieldError("StudyNewlyPicNum", "must not be negative"))
	}
	if s := float64(p.StudyNewlyTime); !(s >= 0) || math.IsInf(s, 0) {
		errs = append(errs, params.FieldError("StudyNewlyTime", "must be seconds and not negative"))
	}
	return params.Join(errs...)
}

// Log saves the progress on the cell that was viewed last (文档/视频进度更新, POST
// api/common/Directory/stuProcessCellLog) and returns the token for the next one. It
// is never repeated once it may have arrived: ViewCell then shows how far the
// progress is, and gives another token.
func (c *Client) Log(ctx context.Context, log *ProgressLog) (*LogResult, error) {
	l := params.ValueOf(log)
	l.ModuleID = ""
	return logProgress.Do(ctx, c.core, logParams{l, seconds(l.StudyNewlyTime)})
}

// LogProgress is Log (文档/视频进度更新) for a caller that calls ViewCell before each
// report, and so needs no token from the report before.
func (c *Client) LogProgress(ctx context.Context, log *ProgressLog) error {
	_, err := c.Log(ctx, log)
	return err
}

// seconds are written without an exponent.
type seconds float64

// EncodeValues implements query.Encoder.
func (s seconds) EncodeValues(key string, v *url.Values) error {
	v.Set(key, strconv.FormatFloat(float64(s), 'f', -1, 64))
	return nil
}

type detailAnswer struct {
	envelope
	CellDetail
}

func (a *detailAnswer) Absent() string {
	if a.CellID = cmp.Or(a.CellID, a.ID); a.CellID == "" {
		return "cellId"
	}
	return ""
}
