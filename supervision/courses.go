package supervision

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// CoursesService pushes course packages to the supervision platform.
type CoursesService service

// CourseStatus says what happened to a course package that is pushed (课程状态).
type CourseStatus int

// The states.
const (
	CourseAdded   CourseStatus = 0 // 新增
	CourseDeleted CourseStatus = 1 // 删除
	CourseChanged CourseStatus = 2 // 修改
)

var courseStatusNames = map[CourseStatus]string{CourseAdded: "CourseAdded", CourseDeleted: "CourseDeleted", CourseChanged: "CourseChanged"}

// String returns the name of the constant, such as CourseDeleted, or CourseStatus(7) for a
// value without a name.
func (s CourseStatus) String() string { return enum.Name(s, courseStatusNames) }

// Course is a course package (课程包) of a learning platform. All fields are
// required except PlatformCode.
type Course struct {
	PlatformCode string       `json:"studyPlatformCode,omitempty" wire:"fill=platform"` // "" means Config.PlatformCode, else the code from the login (学习平台编码)
	CourseName   string       `json:"courseName"`                                       // the course's name (课程名称)
	CourseCode   string       `json:"courseCode" wire:"essential"`                      // the course's code, a UUID of 32 digits (课程编码)
	WorkName     string       `json:"workName"`                                         // the trade that it trains for (工种名称)
	CourseStatus CourseStatus `json:"courseStatus" wire:"text,essential"`               // CourseAdded, CourseDeleted or CourseChanged (课程状态)
	CoursePoster string       `json:"coursePoster" wire:"trim"`                         // address of a picture (课程海报)
	ChapterList  []Chapter    `json:"chapterList"`                                      // its chapters (章列表)
}

// Chapter is a chapter of a course, with either chapters or sections in it.
// Chapters nest by at most MaxChapterDepth levels.
type Chapter struct {
	ChapterName       string    `json:"chapterName"`                                      // the chapter's name (章名称)
	ChapterCode       string    `json:"chapterCode" wire:"essential,alias=chapetCode"`    // a UUID of 32 digits (章编码)
	ParentChapterCode string    `json:"parentChapterCode" wire:"alias=parentChapertCode"` // of the chapter, or else the course, that holds it (章父节点编码)
	ChapterSort       int       `json:"chapterSort" wire:"text"`                          // position among its siblings, from 1 (章序号)
	ChapterList       []Chapter `json:"chapterList,omitempty"`                            // chapters, if there is no SectionList
	SectionList       []Section `json:"sectionList,omitempty"`                            // sections, if there is no ChapterList (章节列表)
}

// Section is a section of a chapter.
type Section struct {
	SectionName       string   `json:"sectionName"`                  // the section's name (章节名称)
	SectionCode       string   `json:"sectionCode" wire:"essential"` // a UUID of 32 digits (章节编码)
	ParentSectionCode string   `json:"parentSectionCode"`            // of the chapter that holds it (父章节编码)
	SectionSort       int      `json:"sectionSort" wire:"text"`      // position among its siblings, from 1 (节序号)
	SectionSourceList []Source `json:"sectionSourceList"`            // its videos (节资源列表)
}

// Source is a video of a section.
type Source struct {
	ResName  string        `json:"resName"`                               // the video's name (资源名称)
	ResCode  string        `json:"resCode" wire:"essential"`              // the video's code, a UUID of 32 digits (视频资源编码)
	VideoURL string        `json:"videoUrl"`                              // address of the video (视频地址)
	ResSort  int           `json:"resSort" wire:"text"`                   // position among its siblings, from 1 (资源序号)
	Duration time.Duration `json:"duration" wire:"unit=s,text,essential"` // length of the video, in whole seconds (视频播放时长)
}

// MaxChapterDepth is how many levels of chapters a course may have.
const MaxChapterDepth = 16

var pushCourses = declare[courseBatch](transport.Spec{
	Op: "Courses.Push", Section: "1.13 学习平台课程包推送到监管服务平台接口", Path: "api/v1/thirdCoursePush", Class: transport.Create,
}, nothing)

// Push sends course packages that were added, changed or deleted to the platform
// (1.13 学习平台课程包推送到监管服务平台接口, POST api/v1/thirdCoursePush). All of them
// are sent in one request.
func (s *CoursesService) Push(ctx context.Context, courses []Course) error {
	return transport.Done(ctx, pushCourses, (*service)(s), courseBatch(courses))
}

// courseBatch is the data of a push.
type courseBatch []Course

func (courseBatch) argument() string { return "courses" }

// Validate checks what spans several fields: states and the nesting of chapters.
func (b courseBatch) Validate() error {
	for i, c := range b {
		path := "courses[" + strconv.Itoa(i) + "]"
		if c.CourseStatus < CourseAdded || c.CourseStatus > CourseChanged {
			return params.FieldError(path+".CourseStatus", "must be CourseAdded (0), CourseDeleted (1) or CourseChanged (2)")
		}
		if err := checkChapters(path, c.ChapterList, 1); err != nil {
			return err
		}
	}
	return nil
}

func checkChapters(path string, chapters []Chapter, depth int) error {
	for i, c := range chapters {
		at := path + ".ChapterList[" + strconv.Itoa(i) + "]"
		switch {
		case depth > MaxChapterDepth:
			return params.FieldError(path+".ChapterList", "nests deeper than MaxChapterDepth")
		case (len(c.ChapterList) == 0) == (len(c.SectionList) == 0):
			return params.FieldError(at, "must have either chapters or sections")
		}
		if err := checkChapters(at, c.ChapterList, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// CoursePage is a page of a learning platform's course packages.
type CoursePage struct {
	PageNo    int      `json:"pageNo"`                     // this page, from 1 (当前页码数)
	PageSize  int      `json:"pageSize"`                   // courses on a full page (每页的数据条数)
	TotalPage int      `json:"totalPage" wire:"essential"` // pages in all (总页码数)
	Courses   []Course `json:"data" wire:"essential"`      // those of this page
}

var pullCourses = declare[pageParams](transport.Spec{
	Op: "Courses.Pull", Section: "1.14 监管服务平台获取学习平台的课程包接口", Path: PathPullCourses[1:], Class: transport.Read,
}, (*pageAnswer).page)

type pageParams struct {
	PageNo   count `json:"pageNo" arg:"pageNo"`
	PageSize count `json:"pageSize" arg:"pageSize"`
}

func (pageParams) Validate() error { return nil }

// Pull asks a learning platform for a page of its course packages (1.14
// 监管服务平台获取学习平台的课程包接口, POST api/v1/thirdCoursePull). This call
// is made by the supervision platform; use it to try out a receiver, with the
// receiver's address as Config.BaseURL. Pages count from 1.
func (s *CoursesService) Pull(ctx context.Context, pageNo, pageSize int) (*CoursePage, error) {
	return pullCourses.Do(ctx, (*service)(s), pageParams{count(pageNo), count(pageSize)})
}

// All yields the courses of all pages, and fetches a page when it is needed. An
// error ends the sequence.
func (s *CoursesService) All(ctx context.Context, pageSize int) iter.Seq2[*Course, error] {
	return func(yield func(*Course, error) bool) {
		var last []Course
		for pageNo := 1; ; pageNo++ {
			page, err := s.Pull(ctx, pageNo, pageSize)
			if err == nil && pageNo < page.TotalPage && (len(page.Courses) == 0 || sameCourses(page.Courses, last)) {
				err = &edusdk.Error{Vendor: vendor, Op: pullCourses.Op, Kind: edusdk.ErrMalformedResponse, Err: errStuck}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Courses {
				if !yield(&page.Courses[i], nil) {
					return
				}
			}
			if pageNo >= page.TotalPage {
				return
			}
			last = page.Courses
		}
	}
}

var errStuck = errors.New("the list does not advance: a page is empty or repeats the previous one, and more are announced")

func sameCourses(a, b []Course) bool {
	return slices.EqualFunc(a, b, func(a, b Course) bool { return a.CourseCode == b.CourseCode && a.CourseName == b.CourseName })
}

// count is a number of the wire that counts from 1.
type count int

// Problem implements params.Judge.
func (c count) Problem() string {
	if c < 1 {
		return "must be at least 1"
	}
	return ""
}

// pageAnswer has the page at the top, where the document's sample has it, or
// under returnData, where its table has it.
type pageAnswer struct {
	envelope
	CoursePage

	Data pageData `json:"returnData" wire:"essential,nothing"`
}

func (a *pageAnswer) page() *CoursePage {
	p := &a.CoursePage
	p.PageNo = max(p.PageNo, a.Data.page.PageNo)
	p.PageSize = max(p.PageSize, a.Data.page.PageSize)
	p.TotalPage = max(p.TotalPage, a.Data.page.TotalPage)
	if p.Courses == nil {
		p.Courses = a.Data.page.Courses
	}
	return p
}

func (a *pageAnswer) Absent() string {
	if a.page().Courses == nil {
		return "data"
	}
	return ""
}

// pageData is a page, or its courses alone.
type pageData struct{ page CoursePage }

// Shape implements lenient.Shaped: an object or an array.
func (d *pageData) Shape(first byte) any {
	if first == '[' {
		return &d.page.Courses
	}
	return &d.page
}

// isArray reports whether JSON is an array. Decoders get it without space before.
func isArray(data []byte) bool { return len(data) > 0 && data[0] == '[' }

// UnmarshalJSON reads both spellings of the fields that the document spells in two ways.
func (c *Course) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes numbers as strings, as the document's samples have them.
func (c Course) MarshalJSON() ([]byte, error) { return lenient.Marshal(c, nil) }

// UnmarshalJSON reads both spellings of the fields that the document spells in two ways.
func (c *Chapter) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, c) }

// MarshalJSON writes numbers as strings, as the document's samples have them.
func (c Chapter) MarshalJSON() ([]byte, error) { return lenient.Marshal(c, nil) }

// UnmarshalJSON reads numbers in strings.
func (s *Section) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

// MarshalJSON writes numbers as strings, as the document's samples have them.
func (s Section) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }

// UnmarshalJSON reads a duration in seconds.
func (s *Source) UnmarshalJSON(data []byte) error { return lenient.Unmarshal(data, s) }

// MarshalJSON writes numbers as strings, as the document's samples have them.
func (s Source) MarshalJSON() ([]byte, error) { return lenient.Marshal(s, nil) }
