package supervisiontest

import (
	"fmt"
	"slices"
	"strconv"
)

// Course is a course package as 1.13 and 1.14 have it on the wire: numbers are
// strings, as in every sample of the document.
type Course struct {
	StudyPlatformCode string    `json:"studyPlatformCode"`
	CourseName        string    `json:"courseName"`
	CourseCode        string    `json:"courseCode"`
	WorkName          string    `json:"workName"`
	CourseStatus      string    `json:"courseStatus"` // "0" added, "1" deleted, "2" modified
	CoursePoster      string    `json:"coursePoster"`
	ChapterList       []Chapter `json:"chapterList"`
}

// Chapter is a chapter of a course: it holds chapters or sections.
type Chapter struct {
	ChapterName       string    `json:"chapterName"`
	ChapterCode       string    `json:"chapterCode"`
	ParentChapterCode string    `json:"parentChapterCode,omitempty"`
	ParentChapertCode string    `json:"parentChapertCode,omitempty"` // as the table of 1.13 spells it
	ChapterSort       string    `json:"chapterSort,omitempty"`
	ChapterList       []Chapter `json:"chapterList,omitempty"`
	SectionList       []Section `json:"sectionList,omitempty"`
}

// Section is a section of a chapter.
type Section struct {
	SectionName       string     `json:"sectionName"`
	SectionCode       string     `json:"sectionCode"`
	ParentSectionCode string     `json:"parentSectionCode"`
	SectionSort       string     `json:"sectionSort"`
	SectionSourceList []Resource `json:"sectionSourceList"`
}

// Resource is a video of a section.
type Resource struct {
	ResName  string `json:"resName"`
	ResCode  string `json:"resCode"`
	VideoURL string `json:"videoUrl"`
	ResSort  string `json:"resSort"`
	Duration string `json:"duration"` // in seconds
}

// The statuses of a course that is pushed.
const (
	added    = "0"
	deleted  = "1"
	modified = "2"
)

// courseShape is a course as 1.13 wants it, answeredCourse as 1.14 answers it:
// 1.14 declares neither types nor what may be missing, but without codes a course
// could not be told from others.
var (
	courseShape    = newCourseShape(rule{}, rule{kind: digits}, rule{kind: list})
	answeredCourse = newCourseShape(rule{optional: true}, rule{kind: either, optional: true}, rule{kind: list, optional: true})
)

// newCourseShape returns the shape of a course whose texts, numbers and lists
// have to be as these rules say.
func newCourseShape(text, number, list rule) *shape {
	listOf := func(s *shape) rule {
		list.of = s
		return list
	}
	resource := fieldsOf(rules(text, "resName", "videoUrl"), required("resCode"), rules(number, "resSort", "duration"))
	section := fieldsOf(rules(text, "sectionName", "parentSectionCode"), required("sectionCode"), rules(number, "sectionSort"),
		rules(listOf(resource), "sectionSourceList"))
	optionalNumber := number
	optionalNumber.optional = true
	chapter := fieldsOf(rules(text, "chapterName"), required("chapterCode"), optional("parentChapterCode", "parentChapertCode"),
		rules(optionalNumber, "chapterSort"))
	for name, of := range map[string]*shape{"chapterList": chapter, "sectionList": section} {
		l := listOf(of)
		l.optional = true
		chapter.fields[name] = l
	}
	if !list.optional {
		chapter.oneOf = [][]string{{"sectionList", "chapterList"}}
	}
	status := number
	status.max = 2
	course := fieldsOf(rules(text, "courseName", "workName", "coursePoster"),
		required("studyPlatformCode", "courseCode"), rules(status, "courseStatus"), rules(listOf(chapter), "chapterList"))
	return course
}

// courseKey is what a course is known by.
type courseKey struct{ platform, course string }

// Courses returns the courses that are there, in the order in which they were
// added, those of all platforms.
func (h *Handler) Courses() []Course {
	h.core.Lock()
	defer h.core.Unlock()
	return slices.Collect(h.platform.courses.all())
}

// pushCourses answers 1.13. Nothing is changed unless everything can be.
func (c *call) pushCourses() answer {
	pushed, err := into[[]Course](c.in.data)
	if err != nil {
		return fail(CodeInternal, "系统内部错误")
	}
	there := map[courseKey]bool{}
	for i, course := range pushed {
		if course.StudyPlatformCode != c.account.PlatformCode {
			return fail(CodeWrongPlatform, fmt.Sprintf("data[%d].studyPlatformCode 与登录账号不符", i))
		}
		key := courseKey{course.StudyPlatformCode, course.CourseCode}
		known, decided := there[key]
		if !decided {
			_, known = c.courses.get(key)
		}
		if course.CourseStatus != added && !known {
			return fail(CodeUnknownCourse, fmt.Sprintf("data[%d].courseCode 课程不存在", i))
		}
		there[key] = course.CourseStatus != deleted
	}
	for _, course := range pushed {
		key := courseKey{course.StudyPlatformCode, course.CourseCode}
		if course.CourseStatus == deleted {
			c.courses.remove(key)
			continue
		}
		c.courses.put(key, course)
	}
	return success(c)
}

// pullCourses answers 1.14 as a learning platform does: with the courses that
// the caller's platform has pushed.
func (c *call) pullCourses() answer {
	no, errNo := strconv.Atoi(c.text("pageNo"))
	size, errSize := strconv.Atoi(c.text("pageSize"))
	if errNo != nil || errSize != nil {
		return fail(CodeInvalidParameter, "data.pageNo 应为整数")
	}
	mine := []Course{}
	for course := range c.courses.all() {
		if course.StudyPlatformCode == c.account.PlatformCode {
			mine = append(mine, course)
		}
	}
	pages, page := 0, []Course{}
	if len(mine) > 0 {
		pages = (len(mine)-1)/size + 1
	}
	if no <= pages {
		from := (no - 1) * size
		page = mine[from:][:min(size, len(mine)-from)]
	}
	return answer{code: CodeSuccess, msg: "success", fields: map[string]any{
		"pageNo": no, "pageSize": size, "totalPage": pages, "data": page,
	}}
}
