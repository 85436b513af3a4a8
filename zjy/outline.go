package zjy

import (
	"context"
	"net/url"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/transport"
)

// Outline is a course's list of modules.
type Outline struct {
	CourseOpenID                string   `json:"courseOpenId"`
	OpenClassID                 string   `json:"openClassId"`
	OpenCourseCellCount         int      `json:"openCourseCellCount"`
	StuStudyCourseOpenCellCount int      `json:"stuStudyCourseOpenCellCount"`
	Progress                    Progress `json:"progress" wire:"essential"`
}

// Progress holds the modules and names the one that the student is at.
type Progress struct {
	ModuleList []Module `json:"moduleList" wire:"essential"`
	ModuleID   string   `json:"moduleId"`
}

// Module is a part of a course.
type Module struct {
	ID        string  `json:"id" wire:"essential"`
	Name      string  `json:"name"`
	SortOrder int     `json:"sortOrder"`
	Percent   float64 `json:"percent"` // studied
}

// Topic is a part of a module.
type Topic struct {
	ID        string `json:"id" wire:"essential"`
	Name      string `json:"name"`
	SortOrder int    `json:"sortOrder"`
	UpTopicID string `json:"upTopicId"` // the topic before, "0" for the first
}

// Cell is a part of a topic: a resource to study, or a folder of such.
type Cell struct {
	ID              string   `json:"Id" wire:"essential"`
	CellType        CellType `json:"cellType" wire:"essential"`
	IsGJS           int      `json:"isGJS"`
	IsOriginal      int      `json:"isOriginal"`
	FromType        int      `json:"fromType"`
	ParentID        string   `json:"parentId"`
	CourseOpenID    string   `json:"courseOpenId"`
	TopicID         string   `json:"topicId"`
	CategoryName    Category `json:"categoryName"`
	CategoryNameDB  Category `json:"categoryNameDb"`
	CellName        string   `json:"cellName"`
	ResourceURL     string   `json:"resourceUrl"`
	ExternalLinkURL string   `json:"externalLinkUrl"`
	CellContent     string   `json:"cellContent"`
	SortOrder       int      `json:"sortOrder"`
	IsAllowDownLoad bool     `json:"isAllowDownLoad"`
	ChildNodeList   []Cell   `json:"childNodeList"` // of a CellFolder
	UpCellID        string   `json:"upCellId"`      // the cell before, "0" for the first
	StuCellCount    int      `json:"stuCellCount"`  // how often it was studied

	// StuCellPercent and StuCellFourPercent are how much of it was studied. Cells
	// in a topic have the first, those in a folder the second: see Percent.
	StuCellPercent     *float64 `json:"stuCellPercent"`
	StuCellFourPercent *float64 `json:"stuCellFourPercent"`
}

// Percent returns how much of the cell was studied, 0 to 100, from whichever of
// the two fields it has.
func (c Cell) Percent() float64 {
	switch {
	case c.StuCellPercent != nil:
		return *c.StuCellPercent
	case c.StuCellFourPercent != nil:
		return *c.StuCellFourPercent
	}
	return 0
}

// CellType tells cells that are studied from those that hold others.
type CellType int

// The types of cells.
const (
	CellLeaf   CellType = 1
	CellFolder CellType = 4
)

var cellTypeNames = map[CellType]string{CellLeaf: "CellLeaf", CellFolder: "CellFolder"}

// String returns the name of the constant, such as CellFolder, or CellType(7) for a
// value without a name.
func (t CellType) String() string { return enum.Name(t, cellTypeNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (t CellType) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(t, name, values)
}

// Category is what kind of resource a cell is, in the vendor's words.
type Category string

// The categories that have been seen; there are others.
const (
	CategoryDocument Category = "文档"
	CategoryVideo    Category = "视频"
)

var outline = declare[outlineParams](transport.Spec{
	Op: "Outline", Section: "总大纲获取", Path: "api/study/process/getProcessList", Class: transport.Read,
}, func(a *outlineAnswer) *Outline { return &a.Outline })

type outlineParams struct {
	CourseOpenID string `url:"courseOpenId" arg:"courseOpenID"`
	OpenClassID  string `url:"openClassId" arg:"openClassID"`
}

func (outlineParams) Validate() error { return nil }

// Outline returns a course's modules (总大纲获取, POST
// api/study/process/getProcessList).
func (c *Client) Outline(ctx context.Context, courseOpenID, openClassID string) (*Outline, error) {
	return outline.Do(ctx, c.core, outlineParams{courseOpenID, openClassID})
}

var topics = declare[topicParams](transport.Spec{
	Op: "Topics", Section: "大纲章节获取", Path: "api/study/process/getTopicByModuleId", Class: transport.Read,
}, func(a *topicAnswer) []Topic { return a.Topics })

type topicParams struct {
	CourseOpenID string `url:"courseOpenId" arg:"courseOpenID"`
	ModuleID     string `url:"moduleId" arg:"moduleID"`
}

func (topicParams) Validate() error { return nil }

// Topics returns a module's topics (大纲章节获取, POST
// api/study/process/getTopicByModuleId).
func (c *Client) Topics(ctx context.Context, courseOpenID, moduleID string) ([]Topic, error) {
	return topics.Do(ctx, c.core, topicParams{courseOpenID, moduleID})
}

var cells = declare[cellParams](transport.Spec{
	Op: "Cells", Section: "章节小节信息获取", Path: "api/study/process/getCellByTopicId", Class: transport.Read,
}, func(a *cellAnswer) []Cell { return a.Cells })

type cellParams struct {
	CourseOpenID string `url:"courseOpenId" arg:"courseOpenID"`
	OpenClassID  string `url:"openClassId" arg:"openClassID"`
	TopicID      string `url:"topicId" arg:"topicID"`
}

func (cellParams) Validate() error { return nil }

// Cells returns a topic's cells, and within them those that they hold
// (章节小节信息获取, POST api/study/process/getCellByTopicId).
func (c *Client) Cells(ctx context.Context, courseOpenID, openClassID, topicID string) ([]Cell, error) {
	return cells.Do(ctx, c.core, cellParams{courseOpenID, openClassID, topicID})
}

type outlineAnswer struct {
	envelope
	Outline
}

func (a *outlineAnswer) Absent() string {
	if a.Progress.ModuleList == nil {
		return "progress.moduleList"
	}
	return ""
}

type topicAnswer struct {
	envelope

	Topics []Topic `json:"topicList" wire:"essential"`
}

func (a *topicAnswer) Absent() string {
	if a.Topics == nil {
		return "topicList"
	}
	return ""
}

type cellAnswer struct {
	envelope

	CourseOpenID string `json:"courseOpenId"`
	OpenClassID  string `json:"openClassId"`
	Cells        []Cell `json:"cellList" wire:"essential"`
}

func (a *cellAnswer) Absent() string {
	if a.Cells == nil {
		return "cellList"
	}
	return ""
}
