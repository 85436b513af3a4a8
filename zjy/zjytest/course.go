package zjytest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"
)

// course is the fake's course.
type course struct {
	modules []*module
	topics  map[string]*topic
	cells   map[string]*cell
	pending *cell // viewed, and its progress not saved
	viewed  *cell // the last one, whose progress can be saved
	tokens  int   // given out
}

type module struct {
	id, name string
	topics   []*topic
}

type topic struct {
	id, name string
	module   *module
	cells    []*cell
}

type cell struct {
	id, name string
	topic    *topic
	parent   *cell
	video    bool
	children []*cell
	token    string  // of the last view or log
	pages    int     // viewed
	time     float64 // in a video, in seconds
	studied  int     // how often progress was saved
}

// What every resource of the course has.
const (
	pages  = 4     // of a document
	length = 100.5 // of a video, in seconds
)

// newCourse returns a course of so many modules, topics in a module, and cells
// in a topic.
func newCourse(modules, topics, cells int) course {
	c := course{topics: map[string]*topic{}, cells: map[string]*cell{}}
	for i := range modules {
		m := &module{id: fmt.Sprintf("module-%d", i+1), name: fmt.Sprintf("模块%d", i+1)}
		c.modules = append(c.modules, m)
		for j := range topics {
			t := &topic{id: fmt.Sprintf("topic-%d-%d", i+1, j+1), name: fmt.Sprintf("第%d节", j+1), module: m}
			m.topics = append(m.topics, t)
			c.topics[t.id] = t
			for k := range cells {
				leaf := c.newCell(fmt.Sprintf("cell-%d-%d-%d", i+1, j+1, k+1), t, nil, k)
				t.cells = append(t.cells, leaf)
				if k > 0 && k == cells-1 {
					for n := range 2 {
						leaf.children = append(leaf.children, c.newCell(fmt.Sprintf("%s-%d", leaf.id, n+1), t, leaf, n))
					}
				}
			}
		}
	}
	return c
}

// newCell adds a cell; documents and videos take turns.
func (c *course) newCell(id string, t *topic, parent *cell, n int) *cell {
	l := &cell{id: id, name: fmt.Sprintf("小节%d", n+1), topic: t, parent: parent, video: n%2 == 1}
	c.cells[id] = l
	return l
}

// percent is how much of the cell was studied; of a folder, how much of what it
// holds.
func (c *cell) percent() float64 {
	switch {
	case c.children != nil:
		sum := 0.0
		for _, child := range c.children {
			sum += child.percent()
		}
		return sum / float64(len(c.children))
	case c.video:
		return min(100, math.Round(10000*c.time/length)/100)
	default:
		return min(100, 100*float64(c.pages)/pages)
	}
}

func (h *Handler) profile(url.Values) map[string]any {
	return map[string]any{
		"code": 1, "avator": "https://files.example.com/avatar.jpeg", "schoolId": "fake-school", "disPlayName": StudentName,
		"stuNo": "2026001", "UserName": "fake-student",
		"statData": map[string]any{
			"unReadMsgCount": 0, "faceTeachDayCount": 0, "faceTeachWeekCount": 0, "announcementCount": 0,
			"myCourseCount": 1, "myHomeworkCount": 0, "myExamCount": 0, "onlineActivityCount": 0, "groupTaskCount": 0,
		},
		"stuId":     "fake-student-id",
		"extraData": map[string]any{"IsExtraJXSX": 0, "IsExtraZYJS": 1, "IsExtraJXPJ": 0, "IsExtraEXAM": 0},
		"integrity": 6, "moocServer": "https://mooc.example.com", "isMerge": 0, "isOpenLite": "1",
	}
}

func (h *Handler) courses(url.Values) map[string]any {
	return map[string]any{
		"code": 1, "type": "1", "termId": nil,
		"courseList": []any{map[string]any{
			"Id": "fake-course", "courseOpenId": CourseOpenID, "courseName": courseName, "courseCode": "10",
			"thumbnail": "https://files.example.com/course.png", "openClassId": OpenClassID, "assistTeacherName": "李四",
			"openClassType": 1, "openClassState": 1, "process": h.course.percent(), "checkStatus": 0, "termName": "2026春",
			"totalScore": 0, "courseSystemType": 0,
		}},
		"termList": []any{map[string]any{
			"Id": "fake-term", "DateCreated": dotNet(h.core.Now().Add(-30 * 24 * time.Hour)), "CreatorId": nil, "TermCode": "202601",
			"TermName": "2026春", "IsCurTerm": true, "TermSeason": 1, "IsSynchroUpdate": 0, "TableName": "Base_StudyTermInfo",
		}},
	}
}

// count returns how many cells there are to study, and how many were.
func (c *course) count() (all, studied int) {
	for _, cell := range c.cells {
		if cell.children == nil {
			all++
			if cell.percent() >= 100 {
				studied++
			}
		}
	}
	return all, studied
}

func (c *course) percent() float64 {
	all, studied := c.count()
	return float64(100*studied) / float64(max(all, 1))
}

// foreign returns what is wrong with a request that is not about the fake's
// course, "" for one that is.
func foreign(params url.Values, withClass bool) string {
	switch class := params.Get("openClassId"); {
	case params.Get("courseOpenId") != CourseOpenID:
		return "courseOpenId is missing, or not that of the fake's course"
	case withClass && !params.Has("openClassId"):
		return "openClassId is missing"
	case class != OpenClassID && params.Has("openClassId"):
		return "openClassId is not that of the student's class"
	}
	return ""
}

func (h *Handler) outline(params url.Values) map[string]any {
	if problem := foreign(params, true); problem != "" {
		return h.failed(problem)
	}
	list := []any{}
	for i, m := range h.course.modules {
		sum, n := 0.0, 0
		for _, t := range m.topics {
			for _, c := range t.cells {
				sum += c.percent()
				n++
			}
		}
		list = append(list, map[string]any{
			"id": m.id, "name": m.name, "sortOrder": i + 1, "percent": float64(int(sum / float64(max(n, 1)))),
		})
	}
	all, studied := h.course.count()
	return map[string]any{
		"code": 1, "courseOpenId": CourseOpenID, "openClassId": OpenClassID, "openCourseCellCount": all,
		"stuStudyCourseOpenCellCount": studied, "progress": map[string]any{"moduleList": list, "moduleId": "module-1"},
	}
}

func (h *Handler) topics(params url.Values) map[string]any {
	if problem := foreign(params, false); problem != "" {
		return h.failed(problem)
	}
	for _, m := range h.course.modules {
		if m.id != params.Get("moduleId") {
			continue
		}
		list, up := []any{}, "0"
		for i, t := range m.topics {
			list = append(list, map[string]any{"id": t.id, "name": t.name, "sortOrder": i + 1, "upTopicId": up})
			up = t.id
		}
		return map[string]any{"code": 1, "topicList": list}
	}
	return h.failed("moduleId is missing, or not that of a module")
}

func (h *Handler) cells(params url.Values) map[string]any {
	t := h.course.topics[params.Get("topicId")]
	switch problem := foreign(params, true); {
	case problem != "":
		return h.failed(problem)
	case t == nil:
		return h.failed("topicId is missing, or not that of a topic")
	}
	return map[string]any{
		"code": 1, "courseOpenId": CourseOpenID, "openClassId": OpenClassID, "cellList": showCells(t.cells),
	}
}

// showCells returns cells as lists have them. Those in a folder have their
// percentage under another name.
func showCells(cells []*cell) []any {
	list, up := []any{}, "0"
	for i, c := range cells {
		shown := map[string]any{
			"Id": c.id, "cellType": 1, "isGJS": 0, "isOriginal": 1, "fromType": 10, "parentId": c.topic.id,
			"courseOpenId": CourseOpenID, "topicId": c.topic.id, "categoryName": c.category(), "categoryNameDb": c.category(),
			"cellName": c.name, "resourceUrl": c.file(), "externalLinkUrl": "", "cellContent": c.file(), "sortOrder": i + 1,
			"isAllowDownLoad": false, "childNodeList": showCells(c.children), "upCellId": up, "stuCellCount": c.studied,
		}
		if c.children != nil {
			shown["cellType"], shown["categoryName"] = 4, "子节点"
		}
		if c.parent != nil {
			shown["parentId"], shown["stuCellFourPercent"] = c.parent.id, c.percent()
		} else {
			shown["stuCellPercent"] = c.percent()
		}
		list = append(list, shown)
		up = c.id
	}
	return list
}

func (c *cell) category() string {
	if c.video {
		return "视频"
	}
	return "文档"
}

func (c *cell) file() string {
	if c.video {
		return "ssykt/g@" + c.id + ".mp4"
	}
	return "doc/g@" + c.id + ".docx"
}

// wanted returns the cell that a request is about, or what is wrong with the
// request.
func (h *Handler) wanted(params url.Values) (c *cell, problem string) {
	if problem := foreign(params, true); problem != "" {
		return nil, problem
	}
	switch c := h.course.cells[params.Get("cellId")]; {
	case c == nil:
		return nil, "cellId is missing, or not that of a cell"
	case c.children != nil:
		return nil, "cellId is that of a folder, which is not studied itself"
	default:
		return c, ""
	}
}

// view opens a cell, unless the progress on another was not saved.
func (h *Handler) view(params url.Values) map[string]any {
	c, problem := h.wanted(params)
	if problem != "" {
		return h.failed(problem)
	}
	if last := h.course.pending; last != nil && last != c {
		h.problem = "cellId is not that of the cell whose progress was not saved"
		return map[string]any{
			"code": -100, "currCourseOpenId": CourseOpenID, "currOpenClassId": OpenClassID, "currModuleId": c.topic.module.id,
			"curCellId": c.id, "currCellName": c.name, "currPercent": c.percent(),
			"lastCourseOpenId": CourseOpenID, "lastOpenClassId": OpenClassID, "lastModuleId": last.topic.module.id,
			"lastCellId": last.id, "lastCellName": last.name, "lastPercent": last.percent(),
		}
	}
	h.course.pending, h.course.viewed = c, c
	c.token = h.course.newToken()
	detail := map[string]any{
		"code": 1, "dtype": 0, "courseOpenId": CourseOpenID, "courseName": courseName, "openClassId": OpenClassID,
		"moduleId": c.topic.module.id, "topicId": c.topic.id, "cellId": c.id, "cellName": c.name, "cellType": 1,
		"categoryName": c.category(), "cellContent": c.file(), "pageCount": 0, "audioVideoLong": 0, "isAllowDownLoad": false,
		"externalLinkUrl": "", "downLoadUrl": "https://files.example.com/" + c.id, "cellLogId": "", "userType": 1,
		"resUrl": c.resource(), "isDownLoad": false, "rarList": []any{}, "flag": nil, "stuCellViewTime": 0,
		"stuCellPicCount": c.pages, "stuStudyNewlyTime": c.time, "stuStudyNewlyPicCount": c.pages, "cellPercent": c.percent(),
		"guIdToken": c.token, "isNeedUpdate": 0, "position": 0, "cellPositions": []any{}, "cellQuestionList": "",
	}
	if c.video {
		detail["audioVideoLong"] = length
	} else {
		detail["pageCount"] = pages
	}
	return detail
}

// resource returns JSON in a string, as the vendor has it.
func (c *cell) resource() string {
	extension, category, args := "docx", "office", map[string]any{"page_count": pages}
	if c.video {
		extension, category, args = "mp4", "video", map[string]any{}
	}
	address := "https://files.example.com/" + c.id + "." + extension
	b, err := json.Marshal(map[string]any{
		"extension": extension, "category": category, "args": args, "h5PreviewUrl": "", "isH5": 0, "status": 2,
		"urls": map[string]any{"preview": address, "download": address, "status": address + "/status"},
	})
	if err != nil {
		return ""
	}
	return string(b)
}

// switchCell makes a cell the one that may be viewed.
func (h *Handler) switchCell(params url.Values) map[string]any {
	c, problem := h.wanted(params)
	switch {
	case problem != "":
		return h.failed(problem)
	case params.Get("cellName") != c.name:
		return h.failed("cellName is missing, or not that of the cell")
	}
	h.course.pending, h.course.viewed = c, c
	return map[string]any{"code": 1}
}

// logProgress saves the progress on the cell that was viewed last.
func (h *Handler) logProgress(params url.Values) map[string]any {
	c, problem := h.wanted(params)
	page, errPage := strconv.Atoi(params.Get("studyNewlyPicNum"))
	seen, errSeen := strconv.Atoi(params.Get("picNum"))
	at, errAt := strconv.ParseFloat(params.Get("studyNewlyTime"), 64)
	switch {
	case problem != "":
	case c != h.course.viewed:
		problem = "cellId is not that of the cell that was viewed last"
	case params.Get("token") != c.token:
		problem = "token is not that of the cell's last view, or was used"
	case errPage != nil:
		problem = "studyNewlyPicNum is missing, or not a whole number"
	case errSeen != nil:
		problem = "picNum is missing, or not a whole number"
	case errAt != nil:
		problem = "studyNewlyTime is missing, or not a number"
	case params.Has("moduleId"):
		problem = "moduleId is not a parameter of this endpoint"
	}
	if problem != "" {
		h.problem = problem
		return map[string]any{"code": -100, "msg": "操作失败"}
	}
	c.pages, c.time = max(c.pages, page, seen), max(c.time, at)
	c.studied++
	c.token = h.course.newToken() // one is good for one log
	h.course.pending = nil
	return map[string]any{"code": 1, "msg": "操作成功！", "Id": c.id, "guIdToken": c.token}
}

// newToken returns a token for the progress on a cell.
func (c *course) newToken() string {
	c.tokens++
	return fmt.Sprintf("fake-token-%08d", c.tokens)
}
