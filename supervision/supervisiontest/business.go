package supervisiontest

import "slices"

// business is what part 2 has told.
type business struct {
	teachers memory[string, Teacher]
	courses  log[BusinessCourse]
	students memory[string, BusinessStudent]
	classes  memory[string, BusinessClass]
}

// Teacher is a teacher that 2.1 pushed.
// The fields are those of supervision.Teacher.
type Teacher struct {
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl"`
	TeaCode             string `json:"teaCode"`
	TeaName             string `json:"teaName"`
	DepCode             string `json:"depCode"`
	DepName             string `json:"depName"`
	OrgCode             string `json:"orgCode"`
	TeaCard             string `json:"teaCard"`
	Mobile              string `json:"mobile"`
	Remark              string `json:"remark"`
}

// BusinessCourse is a course that 2.2 pushed. It has no code.
// The fields are those of supervision.BusinessCourse.
type BusinessCourse struct {
	StudyPlatformAPIURL string            `json:"studyPlatformApiUrl"`
	CourseName          string            `json:"courseName"`
	CoursePoster        string            `json:"coursePoster"`
	SectionList         []BusinessSection `json:"sectionList"`
}

// BusinessSection is a chapter of a course of 2.2, which calls it section.
// The fields are those of supervision.BusinessSection.
type BusinessSection struct {
	SectionName       string            `json:"sectionName"`
	SectionSort       string            `json:"sectionSort"`
	SectionSourceList []BusinessChapter `json:"sectionSourceList"`
}

// BusinessChapter is a video of a course of 2.2, which calls it chapter.
// The fields are those of supervision.BusinessSource.
type BusinessChapter struct {
	ChapterName string `json:"chapterName"`
	VideoURL    string `json:"videoUrl"`
	ChapterSort string `json:"chapterSort"`
	Duration    string `json:"duration"` // in seconds
}

// BusinessStudent is a student that 2.3 pushed.
// The fields are those of supervision.BusinessStudent.
type BusinessStudent struct {
	StudyPlatformAPIURL string `json:"studyPlatformApiUrl"`
	StuCode             string `json:"stuCode"`
	StuName             string `json:"stuName"`
	StuCard             string `json:"stuCard"`
	Mobile              string `json:"mobile"`
	ErcunPhotos         string `json:"ercunPhotos"`
	Remark              string `json:"remark"`
}

// BusinessClass is a class that 2.4 pushed.
// The fields are those of supervision.BusinessClass.
type BusinessClass struct {
	StudyPlatformAPIURL string                 `json:"studyPlatformApiUrl"`
	ClassCode           string                 `json:"classCode"`
	TrainClassName      string                 `json:"trainClassName"`
	OrgCode             string                 `json:"orgCode"`
	OrgName             string                 `json:"orgName"`
	Courses             []ClassCourse          `json:"thirdClassCourseInfoVoList"`
	Students            []BusinessClassStudent `json:"thirdClassStudentInfoVoList"`
}

// BusinessClassStudent is a student of a class of 2.4.
// The fields are those of supervision.BusinessClassStudent.
type BusinessClassStudent struct {
	CardNo      string `json:"cardNo"`
	StudentCode string `json:"studentCode"`
	StudentName string `json:"studentName"`
	ErcunPhotos string `json:"ercunPhotos"`
}

var businessCourseShape = fieldsOf(
	required("courseName", "coursePoster"), optional("studyPlatformApiUrl"),
	rules(many(fieldsOf(
		optional("sectionName"), rules(rule{kind: either, optional: true}, "sectionSort"),
		rules(many(fieldsOf(
			required("chapterName", "videoUrl"), rules(rule{kind: either}, "chapterSort", "duration"),
		)), "sectionSourceList"),
	)), "sectionList"),
)

var businessClassShape = fieldsOf(
	required("classCode", "orgCode", "trainClassName", "orgName"), optional("studyPlatformApiUrl"),
	rules(many(treeShape), "thirdClassCourseInfoVoList"),
	rules(many(fieldsOf(required("cardNo", "studentCode", "studentName", "ercunPhotos"))), "thirdClassStudentInfoVoList"),
)

// Teachers returns the teachers that 2.1 pushed, the last push of each.
func (h *Handler) Teachers() []Teacher {
	h.core.Lock()
	defer h.core.Unlock()
	return slices.Collect(h.platform.business.teachers.all())
}

// BusinessCourses returns the courses that 2.2 pushed.
func (h *Handler) BusinessCourses() []BusinessCourse {
	h.core.Lock()
	defer h.core.Unlock()
	return append([]BusinessCourse(nil), h.platform.business.courses...)
}

// BusinessStudents returns the students that 2.3 pushed, the last push of each.
func (h *Handler) BusinessStudents() []BusinessStudent {
	h.core.Lock()
	defer h.core.Unlock()
	return slices.Collect(h.platform.business.students.all())
}

// BusinessClasses returns the classes that 2.4 pushed, the last push of each.
func (h *Handler) BusinessClasses() []BusinessClass {
	h.core.Lock()
	defer h.core.Unlock()
	return slices.Collect(h.platform.business.classes.all())
}

// keep answers an operation of part 2 that remembers what it is told.
func keep[T any](c *call, remember func(T)) answer {
	v, err := into[T](c.in.data)
	if err != nil {
		return fail(CodeInternal, "系统内部错误")
	}
	remember(v)
	return success(c)
}

// pushTeacher answers 2.1.
func (c *call) pushTeacher() answer {
	return keep(c, func(t Teacher) { c.business.teachers.put(t.TeaCode, t) })
}

// pushBusinessCourse answers 2.2.
func (c *call) pushBusinessCourse() answer { return keep(c, c.business.courses.add) }

// pushStudents answers 2.3.
func (c *call) pushStudents() answer {
	return keep(c, func(students []BusinessStudent) {
		for _, s := range students {
			c.business.students.put(s.StuCode, s)
		}
	})
}

// pushBusinessClass answers 2.4.
func (c *call) pushBusinessClass() answer {
	return keep(c, func(class BusinessClass) { c.business.classes.put(class.ClassCode, class) })
}
