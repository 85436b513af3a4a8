package supervision_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/edusdk/edusdk/supervision"
)

// A teacher, as a business system tells the platform (接收教师信息).
func ExampleBusinessService_PushTeacher() {
	client, fake, stop := startFake()
	defer stop()

	err := client.Business.PushTeacher(context.Background(), &supervision.Teacher{
		TeaCode: "teacher-1", TeaName: "张三", OrgCode: "org-1", TeaCard: "110101199003070013", Mobile: "13800138001",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(fake.Teachers()))
	// Output: 1
}

// A course (接收课程信息), in the form of part 2 of the document.
func ExampleBusinessService_PushCourse() {
	client, fake, stop := startFake()
	defer stop()

	if err := client.Business.PushCourse(context.Background(), newCourse().Business()); err != nil {
		log.Fatal(err)
	}
	for _, c := range fake.BusinessCourses() {
		fmt.Println(c.CourseName, len(c.SectionList))
	}
	// Output: 家政服务 1
}

// Students (接收学员信息), all of them in one request. What is missing is named.
func ExampleBusinessService_PushStudents() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	students := []supervision.BusinessStudent{
		{StuCode: "student-1", StuName: "张三", StuCard: "110101199003070013", Mobile: "13800138001"},
		{StuCode: "student-2", StuName: "李四", StuCard: "110101199003070021"},
	}
	fmt.Println(client.Business.PushStudents(ctx, students))

	students[1].Mobile = "13800138002"
	fmt.Println(client.Business.PushStudents(ctx, students), len(fake.BusinessStudents()))
	// Output:
	// supervision: Business.PushStudents: invalid argument: students[1].Mobile must not be empty
	// <nil> 2
}

// A class with its courses and students (接收班级信息).
func ExampleBusinessService_PushClass() {
	client, fake, stop := startFake()
	defer stop()

	err := client.Business.PushClass(context.Background(), &supervision.BusinessClass{
		ClassCode: "class-1", OrgCode: "org-1", OrgName: "示例培训机构", TrainClassName: "家政服务5班",
		Courses: []supervision.ClassCourse{newCourse().ForClass(1)},
		Students: []supervision.BusinessClassStudent{{
			CardNo: "110101199003070013", StudentCode: "student-1", StudentName: "张三", ErcunPhotos: "https://files.example.com/1.jpg",
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(fake.BusinessClasses()))
	// Output: 1
}

// For how long the students of a class have studied (查询班级学习记录).
func ExampleBusinessService_ClassRecords() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	video := supervision.StudyRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1"}
	if err := client.Study.Start(ctx, &video); err != nil {
		log.Fatal(err)
	}
	err := client.Study.ReportProgress(ctx, &supervision.ProgressReport{
		ResCode: video.ResCode, StudentUserCode: video.StudentUserCode, ClassCode: video.ClassCode, CourseCode: video.CourseCode,
		PlayTime: time.Minute, ProgressTime: time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}

	records, err := client.Business.ClassRecords(ctx, "class-1")
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range records {
		fmt.Println(r.UserCode, r.ResCode, r.PlayTime)
	}
	// Output: student-1 video-1 1m0s
}
