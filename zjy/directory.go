package zjy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strconv"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// CellRef says which cell is meant.
type CellRef struct {
	CourseOpenID string `url:"courseOpenId"`
	OpenClassID  string `url:"openClassId"`
	CellID       string `url:"cellId"`
	ModuleID     string `url:"moduleId,omitempty"` // optional
}

// CellDetail is a cell as it is opened for study.
type CellDetail struct {
	ID                    string          `json:"Id"` // CellID, as the description's table calls it; its sample has not got it
	DType                 int             `json:"dtype"`
	CourseOpenID          string          `json:"courseOpenId"`
	CourseName            string          `json:"courseName"`
	OpenClassID           string          `json:"openClassId"`
	ModuleID              string          `json:"moduleId"`
	TopicID               string          `json:"topicId"`
	CellID                string          `json:"cellId" wire:"essential"`
	CellName              string          `json:"cellName"`
	CellType              CellType        `json:"cellType" wire:"essential"`
	CategoryName          Category        `json:"categoryName"`
	CellContent           string          `json:"cellContent"`
	PageCount             int             `json:"pageCount" wire:"essential"`      // of a document
	AudioVideoLong        float64         `json:"audioVideoLong" wire:"essential"` // length of a video, in seconds
	IsAllowDownLoad       bool            `json:"isAllowDownLoad"`
	ExternalLinkURL       string          `json:"externalLinkUrl"`
	DownLoadURL           string          `json:"downLoadUrl"`
	CellLogID             string          `json:"cellLogId" wire:"essential"`
	UserType              int             `json:"userType"`
	ResURL                string          `json:"resUrl"` // JSON in a string: see Resource
	IsDownLoad            bool            `json:"isDownLoad"`
	RarList               json.RawMessage `json:"rarList"` // as it came, like the other raw fields
	Flag                  json.RawMessage `json:"flag"`
	StuCellViewTime       float64         `json:"stuCellViewTime"`                        // how long it was viewed, in seconds
	StuCellPicCount       int             `json:"stuCellPicCount"`                        // pages viewed
	StuStudyNewlyTime     float64         `json:"stuStudyNewlyTime" wire:"essential"`     // where in a video the student is, in seconds
	StuStudyNewlyPicCount int             `json:"stuStudyNewlyPicCount" wire:"essential"` // the page that the student is at
	CellPercent           float64         `json:"cellPercent"`                            // studied
	GUIDToken             string          `json:"guIdToken" wire:"essential"`             // for LogProgress; another one with each view
	IsNeedUpdate          int             `json:"isNeedUpdate"`
	Position              float64         `json:"position"`
	CellPositions         json.RawMessage `json:"cellPositions"`
	CellQuestionList      json.RawMessage `json:"cellQuestionList"`
}

// Resource is what ResURL holds.
type Resource struct {
	Extension    string            `json:"extension"` // such as "docx"
	Category     string            `json:"category"`  // such as "office"
	URLs         map[string]string `json:"urls"`      // by use: "preview", "download", "status" and others
	Args         ResourceArgs      `json:"args"`
	H5PreviewURL string            `json:"h5PreviewUrl"`
	IsH5         int               `json:"isH5"`
	Status       int               `json:"status"`
}

// ResourceArgs are figures of a resource.
type ResourceArgs struct {
	PageCount int `json:"page_count"`
}

// maxResource bounds how much memory a resource takes. One has a few hundred bytes.
const maxResource = 4 << 20

var errLargeResource = errors.New("the resource has more elements than any file has addresses")

var errNoResource = errors.New("the cell has no resource: its resUrl holds none")

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

// Validate is for transport.Request: there are no rules but those of the tags.
func (CellRef) Validate() error { return nil }

// Viewing a cell again changes its token and nothing else.
var viewCell = declare[CellRef](transport.Spec{
	Op: "ViewCell", Section: "小节详细信息获取", Path: "api/common/Directory/viewDirectory", Class: transport.Upsert,
}, func(a *detailAnswer) *CellDetail { return &a.CellDetail })

// ViewCell opens a cell for study (小节详细信息获取, POST
// api/common/Directory/viewDirectory). Where the progress on another cell was
// not saved, the error is of kind ErrFailedPrecondition and holds a
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

// SwitchCell makes a cell the current one, in place of one whose progress was
// not saved (进度选择, POST api/common/Directory/changeStuStudyProcessCellData).
func (c *Client) SwitchCell(ctx context.Context, cell CellRef, cellName string) error {
	return transport.Done(ctx, switchCell, c.core, switchParams{cell, cellName})
}

// ProgressLog is a student's progress on a cell.
type ProgressLog struct {
	CellRef // without ModuleID, which this call has not got

	PicNum           int     `url:"picNum"`           // pages viewed
	StudyNewlyTime   float64 `url:"-"`                // studyNewlyTime: where in a video, in seconds; 0 for a document
	StudyNewlyPicNum int     `url:"studyNewlyPicNum"` // the page of a document; 0 for a video
	Token            string  `url:"token"`            // CellDetail.GUIDToken of the last view
	CellLogID        string  `url:"cellLogId,omitempty"`
}

var logProgress = declare[logParams](transport.Spec{
	Op: "LogProgress", Section: "文档/视频进度更新", Path: "api/common/Directory/stuProcessCellLog", Class: transport.Create,
	Lookup: "ViewCell",
}, func(a *logAnswer) *LogResult { return &a.LogResult })

// LogResult is the answer to a progress that was saved.
type LogResult struct {
	CellID string `json:"Id"`
	// GUIDToken is what the next ProgressLog of the cell is sent with as its Token: it
	// changes with every request. "" where the vendor gave none.
	GUIDToken string `json:"guIdToken" wire:"essential"`
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
	return params.Join(errs...)
}

// Log saves the progress on the cell that was viewed last (文档/视频进度更新, POST
// api/common/Directory/stuProcessCellLog) and returns the token that the next one is
// sent with. It is never repeated once it may have arrived: ViewCell shows then how
// far the progress is, and gives another token.
func (c *Client) Log(ctx context.Context, log *ProgressLog) (*LogResult, error) {
	l := params.ValueOf(log)
	l.ModuleID = ""
	return logProgress.Do(ctx, c.core, logParams{l, seconds(l.StudyNewlyTime)})
}

// LogProgress is Log for a caller that views the cell anew before each report.
func (c *Client) LogProgress(ctx context.Context, log *ProgressLog) error {
	_, err := c.Log(ctx, log)
	return err
}

// seconds are written without an exponent.
type seconds float64

// EncodeValues implements query.Encoder.
func (s seconds) EncodeValues(key string, v *url.Values) error {
	if !(s >= 0) || math.IsInf(float64(s), 0) {
		return params.FieldError(key, "must be seconds and not negative")
	}
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
