package supervision

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// NewCode returns a new random code for a course, a chapter, a section or a
// video, in the form that the document's samples have (采用UUID，32位): a UUID
// of 32 hexadecimal digits without dashes. Make a code once and store it: the
// platform knows things by their codes.
func NewCode() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return hex.EncodeToString(b[:])
}

// ValidateCourses checks course packages by the rules of Courses.Push and of a
// Receiver, which hands nothing out that breaks them: all texts and lists but
// PlatformCode are there, the status is one of the document's, lengths are whole
// seconds, and every chapter has either chapters or sections, at most
// MaxChapterDepth levels deep. It does not check codes and sort numbers against
// each other, since the document's own samples disagree there; BuildCourse does.
// An error is of kind edusdk.ErrInvalidArgument and names the field.
func ValidateCourses(courses []Course) error {
	batch := courseBatch(courses)
	err := batch.Validate()
	if err == nil {
		err = params.Required(batch.argument(), batch)
	}
	if err != nil {
		return &edusdk.Error{Vendor: vendor, Op: "ValidateCourses", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	return nil
}

// BuildCourse returns a copy of a course package that is complete for 1.13 and
// 1.14: with the parent codes that follow from where chapters and sections stand,
// and with sort numbers 1, 2, 3 … for neighbours of which none has a number.
// Numbers that are there stay as they are. The same course gives the same result
// every time.
//
// An error, of kind edusdk.ErrInvalidArgument, names every code that is missing
// (see NewCode) or that two chapters or sections share, and every parent code
// that says something else than the place; or else what ValidateCourses finds.
func BuildCourse(course *Course) (*Course, error) {
	c := params.ValueOf(course)
	b := &courseBuilder{seen: map[string]string{}}
	b.code("CourseCode", c.CourseCode)
	c.ChapterList = b.chapters("", c.ChapterList, c.CourseCode, 1)
	if len(b.problems) > 0 {
		return nil, &edusdk.Error{Vendor: vendor, Op: "BuildCourse", Kind: edusdk.ErrInvalidArgument, Err: errors.Join(b.problems...)}
	}
	if err := ValidateCourses([]Course{c}); err != nil {
		return nil, err
	}
	return &c, nil
}

// courseBuilder completes a tree and collects what is wrong with it.
type courseBuilder struct {
	seen     map[string]string // codes of chapters and sections, with their fields
	problems []error
}

func (b *courseBuilder) refuse(field, problem string) {
	b.problems = append(b.problems, params.FieldError(field, problem))
}

// code checks the code of something that has to have one.
func (b *courseBuilder) code(field, code string) bool {
	if code == "" {
		b.refuse(field, "must not be empty: NewCode makes one, to be stored")
	}
	return code != ""
}

// node checks the code of a chapter or section, which nothing else has.
func (b *courseBuilder) node(field, code string) {
	if !b.code(field, code) {
		return
	}
	if other, taken := b.seen[code]; taken {
		b.refuse(field, "is the code of "+other+" too")
		return
	}
	b.seen[code] = field
}

// parent fills a parent code.
func (b *courseBuilder) parent(field string, code *string, want string) {
	if *code != "" && *code != want {
		b.refuse(field, "is not the code of what it stands in; leave it empty to have it filled")
	}
	*code = want
}

func (b *courseBuilder) chapters(path string, chapters []Chapter, parent string, depth int) []Chapter {
	if depth > MaxChapterDepth {
		return chapters // ValidateCourses refuses them
	}
	chapters = slices.Clone(chapters)
	numberNeighbours(chapters, func(c *Chapter) *int { return &c.ChapterSort })
	for i := range chapters {
		c, at := &chapters[i], element(path, "ChapterList", i)
		b.node(at+".ChapterCode", c.ChapterCode)
		b.parent(at+".ParentChapterCode", &c.ParentChapterCode, parent)
		c.ChapterList = b.chapters(at+".", c.ChapterList, c.ChapterCode, depth+1)
		c.SectionList = b.sections(at+".", c.SectionList, c.ChapterCode)
	}
	return chapters
}

func (b *courseBuilder) sections(path string, sections []Section, parent string) []Section {
	sections = slices.Clone(sections)
	numberNeighbours(sections, func(s *Section) *int { return &s.SectionSort })
	for i := range sections {
		s, at := &sections[i], element(path, "SectionList", i)
		b.node(at+".SectionCode", s.SectionCode)
		b.parent(at+".ParentSectionCode", &s.ParentSectionCode, parent)
		s.SectionSourceList = slices.Clone(s.SectionSourceList)
		numberNeighbours(s.SectionSourceList, func(r *Source) *int { return &r.ResSort })
		for j, r := range s.SectionSourceList {
			b.code(element(at+".", "SectionSourceList", j)+".ResCode", r.ResCode)
		}
	}
	return sections
}

func element(path, list string, i int) string { return path + list + "[" + strconv.Itoa(i) + "]" }

// numberNeighbours numbers neighbours of which none has a number.
func numberNeighbours[T any](neighbours []T, sort func(*T) *int) {
	for i := range neighbours {
		if *sort(&neighbours[i]) != 0 {
			return
		}
	}
	for i := range neighbours {
		*sort(&neighbours[i]) = i + 1
	}
}

// Business returns a course package as 2.2 has it: its chapters become sections
// (章), and their videos become chapters (节), which are called by their section's
// name, and by their own too where a section has several. Sort numbers count from
// 1. Chapters in chapters become neighbours, because 2.2 has but one level.
func (c *Course) Business() *BusinessCourse {
	b := &BusinessCourse{CourseName: c.CourseName, CoursePoster: c.CoursePoster}
	for chapter := range leafChapters(c.ChapterList, 1) {
		s := BusinessSection{SectionName: chapter.ChapterName, SectionSort: len(b.SectionList) + 1}
		for _, section := range chapter.SectionList {
			for _, r := range section.SectionSourceList {
				name := cmp.Or(section.SectionName, r.ResName)
				if len(section.SectionSourceList) > 1 {
					name += " " + r.ResName
				}
				s.SectionSourceList = append(s.SectionSourceList, BusinessSource{
					ChapterName: name, VideoURL: r.VideoURL, ChapterSort: len(s.SectionSourceList) + 1, Duration: r.Duration,
				})
			}
		}
		b.SectionList = append(b.SectionList, s)
	}
	return b
}

// ForClass returns a course package as a class has it (1.12, 2.4), with the place
// sort among the class's courses. Chapters in chapters become neighbours, and the
// videos of a chapter's sections its children; they count from 1.
func (c *Course) ForClass(sort int) ClassCourse {
	course := ClassCourse{CourseCode: c.CourseCode, Title: c.CourseName, Sort: sort}
	for chapter := range leafChapters(c.ChapterList, 1) {
		child := ClassChapter{ChapterCode: chapter.ChapterCode, Title: chapter.ChapterName, Sort: len(course.Children) + 1}
		for _, section := range chapter.SectionList {
			for _, r := range section.SectionSourceList {
				child.Children = append(child.Children, ClassResource{
					ResCode: r.ResCode, ResType: "TYPE_VIDEO", Title: r.ResName, Sort: len(child.Children) + 1, Spread: true,
					VideoURL: r.VideoURL, VideoTimeLength: r.Duration, VideoShowTimeLength: showLength(r.Duration),
				})
			}
		}
		course.Children = append(course.Children, child)
	}
	return course
}

// leafChapters yields the chapters that have sections, in order.
func leafChapters(chapters []Chapter, depth int) func(func(*Chapter) bool) {
	return func(yield func(*Chapter) bool) {
		for i := range chapters {
			c := &chapters[i]
			if len(c.SectionList) > 0 && !yield(c) {
				return
			}
			if depth < MaxChapterDepth {
				for inner := range leafChapters(c.ChapterList, depth+1) {
					if !yield(inner) {
						return
					}
				}
			}
		}
	}
}

// showLength writes a length for people, as the document's samples do.
func showLength(d time.Duration) string {
	return fmt.Sprintf("%d分钟%d秒", d/time.Minute, d%time.Minute/time.Second)
}
