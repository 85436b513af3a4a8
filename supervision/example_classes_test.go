package supervision_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/edusdk/edusdk/supervision"
)

// A class as the platform pushes it to a learning platform (班级信息推送): to try out a
// Receiver, whose address is the client's Config.BaseURL.
func ExampleClassesService_Push() {
	client, _, stop := startFake() // the fake is a learning platform, too
	defer stop()

	result, err := client.Classes.Push(context.Background(), &supervision.Class{
		ClassCode: "class-1", OrgCode: "org-1", OrgName: "示例培训机构", TrainClassName: "家政服务5班", WorkName: "家政服务员",
		RealNameAuthentication: true, StudyHourLimit: 8 * time.Hour,
		VideoOnHook: supervision.OnHookCode, TriggerType: supervision.TriggerCount, TriggerValue: 2,
		Courses: []supervision.ClassCourse{newCourse().ForClass(1)},
		Students: []supervision.ClassStudent{{
			CardNo: "110101199003070013", StudentUserCode: "student-1", StudentName: "张三", StudentPhone: "13800138001",
			ErcunPhotos: "https://files.example.com/1.jpg",
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(result.Accounts), "account, password:", result.PasswordRules)
	// Output: 1 account, password: 身份证后六位
}

// When a student is checked who watches a video of an hour.
func ExampleClass_CheckTimes() {
	for _, class := range []supervision.Class{
		{VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 2},
		{VideoOnHook: supervision.OnHookCode, TriggerType: supervision.TriggerInterval, TriggerValue: 25},
		{VideoOnHook: supervision.OnHookCode, TriggerType: supervision.TriggerGrowing, TriggerValue: 10},
		{VideoOnHook: supervision.OnHookNone, VideoStartFace: true},
	} {
		fmt.Println(class.TriggerType, class.CheckTimes(time.Hour))
	}
	// Output:
	// TriggerCount [20m0s 40m0s]
	// TriggerInterval [25m0s 50m0s]
	// TriggerGrowing [10m0s 30m0s]
	// TriggerCount [0s]
}
