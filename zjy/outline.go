package zjy

import (
	"context"
	"net/url"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/transport"
)

// Outline is a course's list of modules.
type Outline struct {
	CourseOpenID                string   `json:"courseOpenId"`                // the course's resource id (课程资源id)
	OpenClassID                 string   `json:"openClassId"`                 // the class's id (班级id)
	OpenCourseCellCount         int      `json:"openCourseCellCount"`         // cells in the course (课程总节数)
	StuStudyCourseOpenCellCount int      `json:"stuStudyCourseOpenCellCount"` // cells studied (已学习节数)
	Progress                    Progress `json:"progress" wire:"essential"`   // the modules
}

// Progress holds the modules of a course.
type Progress struct {
	ModuleList []Module `json:"moduleList" wire:"essential"` // the modules, in order (小节列表)
	ModuleID   string   `json:"moduleId"`                    // presumably where the student is; not described in the document, the first module in its sample
}

// Module is a part of a course (大章节).
type Module struct {
	ID        string  `json:"id" wire:"essential"` // the module's id (章节id)
	Name      string  `json:"name"`                // the module's name
	SortOrder int     `json:"sortOrder"`           // position among the modules, from 1
	Percent   float64 `json:"percent"`             // studied, in percent; 0 in the sample of the document
}

// Topic is a part of a module (章节). The document shows its fields in a sample
// and describes ID only.
type Topic struct {
	ID        string `json:"id" wire:"essential"` // the topic's id (章节id)
	Name      string `json:"name"`                // the topic's name
	SortOrder int    `json:"sortOrder"`           // position among the topics, from 1
	UpTopicID string `json:"upTopicId"`           // id of the topic before, "0" for the first
}

// Cell is a part of a topic (小节): a resource to study, or a folder of cells.
type Cell struct {
	ID              string   `json:"Id" wire:"essential"`       // the cell's id (小节Id)
	CellType        CellType `json:"cellType" wire:"essential"` // CellLeaf or CellFolder
	IsGJS           int      `json:"isGJS"`                     // not described in the document; 0 or 1 in its sample
	IsOriginal      int      `json:"isOriginal"`                // not described in the document; 0 or 1 in its sample
	FromType        int      `json:"fromType"`                  // not described in the document; 10 in its sample
	ParentID        string   `json:"parentId"`                  // not described in the document (不知道啥id); the topic's id in its sample
	CourseOpenID    string   `json:"courseOpenId"`              // the course's resource id (课程资源id)
	TopicID         string   `json:"topicId"`                   // the topic's id (章节id)
	CategoryName    Category `json:"categoryName"`              // kind of resource (小节类型)
	CategoryNameDB  Category `json:"categoryNameDb"`            // not described in the document; as CategoryName in its sample
	CellName        string   `json:"cellName"`                  // the cell's name (小节名)
	ResourceURL     string   `json:"resourceUrl"`               // not described in the document; the path of the resource's file in its sample
	ExternalLinkURL string   `json:"externalLinkUrl"`           // not described in the document; "" in its sample
	CellContent     string   `json:"cellContent"`               // not described in the document; in its sample as ResourceURL, or ""
	SortOrder       int      `json:"sortOrder"`                 // position among its siblings, from 1
	IsAllowDownLoad bool     `json:"isAllowDownLoad"`           // whether it may be downloaded
	ChildNodeList   []Cell   `json:"childNodeList"`             // the cells of a CellFolder (子节点列表)
	UpCellID        string   `json:"upCellId"`                  // id of the cell before, "0" for the first; not described in the document (不知道啥id)
	StuCellCount    int      `json:"stuCellCount"`              // how often it was studied (学习数)

	// StuCellPercent and StuCellFourPercent are how much of it was studied, in
	// percent (学习进度). Cells of a topic have the first, cells in a folder the
	// second: see Percent.
	StuCellPercent     *float64 `json:"stuCellPercent"`
	StuCellFourPercent *float64 `json:"stuCellFourPercent"`
}

// Percent returns how much of the cell was studied, in percent, from whichever of
// StuCellPercent and StuCellFourPercent the cell has; 0 if it has neither.
func (c Cell) Percent() float64 {
	switch {
	case c.StuCellPercent != nil:
		return *c.StuCellPercent
	case c.StuCellFourPercent != nil:
		return *c.StuCellFourPercent
	}
	return 0
}

// CellType tells cells to study from cells that hold other cells.
type CellType int

// The types of cells.
const (
	CellLeaf   CellType = 1 // a resource (最小一级节点)
	CellFolder CellType = 4 // holds other cells; not described in the document
)

var cellTypeNames = map[CellType]string{CellLeaf: "CellLeaf", CellFolder: "CellFolder"}

// String returns the name of the constant, such as CellFolder, or CellType(7) for a
// value without a name.
func (t CellType) String() string { return enum.Name(t, cellTypeNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (t CellType) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(t, name, values)
}

// Category is the kind of resource that a cell is, in the vendor's words (小节类型).
type Category string

// The categories that have been seen; there are others.
const (
	CategoryDocument Category = "文档" // document
	CategoryVideo    Category = "视频" // video
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

// Cells returns a topic's cells, with the cells of a folder in its ChildNodeList
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
