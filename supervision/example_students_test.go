package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/edusdk/edusdk"
)

// Whether an ID number and a name belong together (实名认证). The error names neither.
func ExampleStudentsService_Authenticate() {
	client, fake, stop := startFake()
	defer stop()
	fake.RejectIdentity("110101199003070021", "姓名与身份证号不一致")

	ctx := context.Background()
	fmt.Println(client.Students.Authenticate(ctx, "110101199003070013", "张三"))
	err := client.Students.Authenticate(ctx, "110101199003070021", "李四")
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Message)
	}
	// Output:
	// <nil>
	// 姓名与身份证号不一致
}

// Another ID photo (修改学员二寸照).
func ExampleStudentsService_UpdatePhoto() {
	client, fake, stop := startFake()
	defer stop()

	err := client.Students.UpdatePhoto(context.Background(), "110101199003070013", "https://files.example.com/new.jpg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fake.Photo("110101199003070013"))
	// Output: https://files.example.com/new.jpg
}
