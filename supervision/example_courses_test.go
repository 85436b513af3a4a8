package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// A course package for the platform (学习平台课程包推送), completed by BuildCourse.
func ExampleCoursesService_Push() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	course := newCourse()
	course.CourseStatus = supervision.CourseAdded
	if err := client.Courses.Push(ctx, []supervision.Course{*course}); err != nil {
		log.Fatal(err)
	}
	for _, c := range fake.Courses() {
		fmt.Println(c.CourseName, c.StudyPlatformCode)
	}
	// Output: 家政服务 5d0c7b1e9f3a4c2d8e6b0a1f2c3d4e5f
}

// A page of a learning platform's course packages (监管服务平台获取学习平台的课程包), as the
// platform asks for it.
func ExampleCoursesService_Pull() {
	client, _, stop := startFake() // the fake is a learning platform, too
	defer stop()

	ctx := context.Background()
	if err := client.Courses.Push(ctx, []supervision.Course{*newCourse()}); err != nil {
		log.Fatal(err)
	}
	page, err := client.Courses.Pull(ctx, 1, 20)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range page.Courses {
		video := c.ChapterList[0].SectionList[0].SectionSourceList[0]
		fmt.Println(c.CourseName, video.ResName, video.Duration)
	}
	// Output: 家政服务 入门 27m55s
}

// All reads the pages as they are needed.
func ExampleCoursesService_All() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	for i := range 3 {
		course := newCourse()
		course.CourseCode = fmt.Sprintf("course-%d", i+1)
		course.ChapterList[0].ParentChapterCode = course.CourseCode
		if err := client.Courses.Push(ctx, []supervision.Course{*course}); err != nil {
			log.Fatal(err)
		}
	}
	for course, err := range client.Courses.All(ctx, 2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(course.CourseCode)
	}
	// Output:
	// course-1
	// course-2
	// course-3
}

// BuildCourse fills in what follows from a course's structure, and names everything else
// that is missing.
func ExampleBuildCourse() {
	course := newCourse() // calls BuildCourse
	section := course.ChapterList[0].SectionList[0]
	fmt.Println(course.ChapterList[0].ParentChapterCode, section.ParentSectionCode, section.SectionSort)

	course.ChapterList[0].ChapterCode = ""
	_, err := supervision.BuildCourse(course)
	var field *edusdk.FieldError
	fmt.Println(errors.As(err, &field), field.Field)
	// Output:
	// course-1 chapter-1 1
	// true ChapterList[0].ChapterCode
}

// The codes of a course are made once, and stored.
func ExampleNewCode() {
	course, video := supervision.NewCode(), supervision.NewCode()
	fmt.Println(len(course), course != video)
	// Output: 32 true
}

// What a Receiver may answer is what Courses.Push may send.
func ExampleValidateCourses() {
	course := newCourse()
	fmt.Println(supervision.ValidateCourses([]supervision.Course{*course}))
	course.WorkName = ""
	fmt.Println(supervision.ValidateCourses([]supervision.Course{*course}))
	// Output:
	// <nil>
	// supervision: ValidateCourses: invalid argument: courses[0].WorkName must not be empty
}

// The same course in the form of a class (1.12, 2.4).
func ExampleCourse_ForClass() {
	course := newCourse().ForClass(1)
	for _, chapter := range course.Children {
		for _, video := range chapter.Children {
			fmt.Println(course.Title, chapter.Title, video.Title, video.VideoTimeLength)
		}
	}
	// Output: 家政服务 第一章 入门 27m55s
}

// The same course as business systems describe it (2.2).
func ExampleCourse_Business() {
	course := newCourse().Business()
	for _, section := range course.SectionList {
		for _, chapter := range section.SectionSourceList {
			fmt.Println(course.CourseName, section.SectionName, chapter.ChapterName, chapter.Duration)
		}
	}
	// Output: 家政服务 第一章 第一节 27m55s
}
