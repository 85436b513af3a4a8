package supervision_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

func TestNewCode(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$`)
	seen := map[string]bool{}
	for range 1000 {
		code := supervision.NewCode()
		assert.Regexp(t, form, code, "a UUID of version 4 without dashes")
		assert.False(t, seen[code])
		seen[code] = true
	}
}

// plain is a course with nothing but what only its author knows.
func plain() *supervision.Course {
	video := func(code string) supervision.Source {
		return supervision.Source{ResName: "video " + code, ResCode: code, VideoURL: "https://files.example.com/" + code, Duration: 95 * time.Second}
	}
	return &supervision.Course{
		CourseName: "家政服务", CourseCode: "course", WorkName: "家政服务员", CoursePoster: photo,
		ChapterList: []supervision.Chapter{
			{ChapterName: "一", ChapterCode: "c1", SectionList: []supervision.Section{
				{SectionName: "1.1", SectionCode: "s11", SectionSourceList: []supervision.Source{video("r1"), video("r2")}},
				{SectionName: "1.2", SectionCode: "s12", SectionSourceList: []supervision.Source{video("r3")}},
			}},
			{ChapterName: "二", ChapterCode: "c2", ChapterList: []supervision.Chapter{
				{ChapterName: "二之一", ChapterCode: "c21", SectionList: []supervision.Section{
					{SectionName: "2.1", SectionCode: "s21", SectionSourceList: []supervision.Source{video("r4")}},
				}},
			}},
		},
	}
}

func TestBuildCourseFillsWhatFollows(t *testing.T) {
	given := plain()
	built, err := supervision.BuildCourse(given)
	require.NoError(t, err)
	assert.Equal(t, plain(), given, "what is given stays as it is")

	want := plain()
	one, two := &want.ChapterList[0], &want.ChapterList[1]
	one.ParentChapterCode, one.ChapterSort = "course", 1
	two.ParentChapterCode, two.ChapterSort = "course", 2
	two.ChapterList[0].ParentChapterCode, two.ChapterList[0].ChapterSort = "c2", 1
	for _, list := range []struct {
		parent   string
		sections []supervision.Section
	}{{"c1", one.SectionList}, {"c21", two.ChapterList[0].SectionList}} {
		for i := range list.sections {
			list.sections[i].ParentSectionCode, list.sections[i].SectionSort = list.parent, i+1
			for j := range list.sections[i].SectionSourceList {
				list.sections[i].SectionSourceList[j].ResSort = j + 1
			}
		}
	}
	assert.Equal(t, want, built)
	again, err := supervision.BuildCourse(built)
	require.NoError(t, err)
	assert.Equal(t, built, again)
	require.NoError(t, supervision.ValidateCourses([]supervision.Course{*built}))

	numbered := plain()
	numbered.ChapterList[1].ChapterSort = 7
	built, err = supervision.BuildCourse(numbered)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 7}, []int{built.ChapterList[0].ChapterSort, built.ChapterList[1].ChapterSort}, "numbers that are there stay")
}

func TestBuildCourseNamesAllThatIsWrong(t *testing.T) {
	c := plain()
	c.CourseCode = ""
	c.ChapterList[0].ParentChapterCode = "elsewhere"
	c.ChapterList[0].SectionList[1].SectionCode = "s11"
	c.ChapterList[0].SectionList[0].SectionSourceList[1].ResCode = ""
	c.ChapterList[1].ChapterList[0].ChapterCode = ""
	built, err := supervision.BuildCourse(c)
	assert.Nil(t, built)
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	assert.Equal(t, "CourseCode", asFieldError(t, err).Field)
	for _, field := range []string{
		"ChapterList[0].ParentChapterCode", "ChapterList[0].SectionList[1].SectionCode",
		"ChapterList[0].SectionList[0].SectionSourceList[1].ResCode", "ChapterList[1].ChapterList[0].ChapterCode",
	} {
		assert.ErrorContains(t, err, field)
	}
	_, err = supervision.BuildCourse(nil)
	assert.Equal(t, "CourseCode", asFieldError(t, err).Field)

	c = plain()
	c.CoursePoster = ""
	_, err = supervision.BuildCourse(c)
	assert.Equal(t, "courses[0].CoursePoster", asFieldError(t, err).Field)

	deep := plain().ChapterList[0]
	for range supervision.MaxChapterDepth + 5 {
		deep = supervision.Chapter{ChapterName: "n", ChapterCode: supervision.NewCode(), ChapterList: []supervision.Chapter{deep}}
	}
	c = plain()
	c.ChapterList = []supervision.Chapter{deep}
	_, err = supervision.BuildCourse(c)
	assert.ErrorContains(t, err, "MaxChapterDepth")
}

// ValidateCourses and Courses.Push refuse the same.
func TestValidateCoursesIsTheRuleOfPush(t *testing.T) {
	c, p := mocked(t, answers(200, fixture(t, "ok.json")))
	for name, change := range map[string]func(*supervision.Course){
		"good":          func(*supervision.Course) {},
		"no name":       func(c *supervision.Course) { c.CourseName = "" },
		"no code":       func(c *supervision.Course) { c.CourseCode = "" },
		"no chapters":   func(c *supervision.Course) { c.ChapterList = nil },
		"status":        func(c *supervision.Course) { c.CourseStatus = -1 },
		"not UTF-8":     func(c *supervision.Course) { c.WorkName = "\xd5" },
		"half a second": func(c *supervision.Course) { c.ChapterList[0].SectionList[0].SectionSourceList[0].Duration++ },
		"both":          func(c *supervision.Course) { c.ChapterList[0].ChapterList = plain().ChapterList },
		"neither":       func(c *supervision.Course) { c.ChapterList[0].SectionList = nil },
	} {
		t.Run(name, func(t *testing.T) {
			list := slices.Clone(courses())
			change(&list[0])
			err, pushErr := supervision.ValidateCourses(list), c.Courses.Push(t.Context(), list)
			var field, pushField *edusdk.FieldError
			assert.Equal(t, errors.As(pushErr, &pushField), errors.As(err, &field))
			assert.Equal(t, pushField, field)
			assert.Equal(t, name == "good", err == nil)
		})
	}
	assert.Equal(t, "courses", asFieldError(t, supervision.ValidateCourses(nil)).Field)
	assert.Len(t, p.bodies, 1)
}

// A built course can go everywhere that a course goes: 1.13, 2.2, 1.12 and 2.4.
func TestBuiltCoursesGoEverywhere(t *testing.T) {
	built, err := supervision.BuildCourse(plain())
	require.NoError(t, err)
	c, _ := mocked(t, answers(200, fixture(t, "ok.json")))
	built.PlatformCode = "p"
	require.NoError(t, c.Courses.Push(t.Context(), []supervision.Course{*built}))
	business := built.Business()
	require.NoError(t, c.Business.PushCourse(t.Context(), business))
	assert.Equal(t, &supervision.BusinessCourse{CourseName: "家政服务", CoursePoster: photo, SectionList: []supervision.BusinessSection{
		{SectionName: "一", SectionSort: 1, SectionSourceList: []supervision.BusinessSource{
			{ChapterName: "1.1 video r1", VideoURL: "https://files.example.com/r1", ChapterSort: 1, Duration: 95 * time.Second},
			{ChapterName: "1.1 video r2", VideoURL: "https://files.example.com/r2", ChapterSort: 2, Duration: 95 * time.Second},
			{ChapterName: "1.2", VideoURL: "https://files.example.com/r3", ChapterSort: 3, Duration: 95 * time.Second},
		}},
		{SectionName: "二之一", SectionSort: 2, SectionSourceList: []supervision.BusinessSource{
			{ChapterName: "2.1", VideoURL: "https://files.example.com/r4", ChapterSort: 1, Duration: 95 * time.Second},
		}},
	}}, business)

	of := built.ForClass(3)
	assert.Equal(t, []any{"course", "家政服务", 3, 2}, []any{of.CourseCode, of.Title, of.Sort, len(of.Children)})
	assert.Equal(t, "c21", of.Children[1].ChapterCode)
	text, err := json.Marshal(of.Children[0].Children[2])
	require.NoError(t, err)
	assert.JSONEq(t, `{"resCode":"r3","resType":"TYPE_VIDEO","title":"video r3","sort":3,"spread":true,"videoUrl":"https://files.example.com/r3",
		"videoTimeLength":"95","videoShowTimeLength":"1分钟35秒"}`, string(text))
	class := class()
	class.Courses = []supervision.ClassCourse{of}
	_, err = c.Classes.Push(t.Context(), class)
	assert.NotErrorIs(t, err, edusdk.ErrInvalidArgument)
}
