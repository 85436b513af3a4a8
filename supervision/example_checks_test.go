package supervision_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// camera returns a photo of the student, as a phone would make it.
func camera(width, height int) []byte {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		log.Fatal(err)
	}
	return photo.Bytes()
}

// Before a comparison, the platform gives out a code that is valid for one
// (获取人脸识别有效期配置).
func ExampleChecksService_FaceConfig() {
	client, _, stop := startFake()
	defer stop()

	config, err := client.Checks.FaceConfig(context.Background(), &supervision.CheckRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the photo has to be there within", config.ExpiresTime, config.BizCode != "")
	// Output: the photo has to be there within 5m0s true
}

// A face that does not match is a result, not an error (人脸识别).
func ExampleChecksService_CompareFace() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetFaceMatcher(func([]byte, string) bool { return false })

	ctx := context.Background()
	config, err := client.Checks.FaceConfig(ctx, &supervision.CheckRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	photo, err := supervision.FitImage(camera(640, 480), supervision.FitEither)
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Checks.CompareFace(ctx, &supervision.FaceRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", BizCode: config.BizCode,
		VideoStudyTime: 10 * time.Minute, Image: photo,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Passed(), result.Msg)
	// Output: false 人脸比对不通过！
}

// A picture that is too large is refused before it is sent: see FitImage.
func ExampleChecksService_CompareFace_invalid() {
	client, _, stop := startFake()
	defer stop()

	_, err := client.Checks.CompareFace(context.Background(), &supervision.FaceRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", BizCode: "biz-1",
		VideoStudyTime: 10 * time.Minute, Image: camera(2000, 1500),
	})
	fmt.Println(err)
	// Output: supervision: Checks.CompareFace: invalid argument: Image is 2000×1500 pixels large, and must not be larger than 1920×1080
}

// A code for the student to type in (获取弹框验证码).
func ExampleChecksService_Code() {
	client, _, stop := startFake()
	defer stop()

	code, err := client.Checks.Code(context.Background(), &supervision.CheckRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("show", code.VerificationCode, "for", code.ExpiresTime)
	// Output: show 3682 for 5m0s
}

// What the student has typed in (弹框验证码提交). A code is good for one try.
func ExampleChecksService_SubmitCode() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	for _, mistyped := range []bool{true, false} {
		code, err := client.Checks.Code(ctx, &supervision.CheckRequest{
			ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1",
		})
		if err != nil {
			log.Fatal(err)
		}
		typed := code.VerificationCode
		if mistyped {
			typed = "0000"
		}
		err = client.Checks.SubmitCode(ctx, &supervision.SubmitCodeRequest{
			BizCode: code.BizCode, VerificationCode: typed, VideoStudyTime: 10 * time.Minute,
		})
		var e *edusdk.Error
		switch {
		case err == nil:
			fmt.Println("passed")
		case errors.As(err, &e) && e.Code == supervisiontest.CodeWrongVerification: // your platform has a code of its own
			fmt.Println(e.Message)
		default:
			log.Fatal(err)
		}
	}
	// Output:
	// 验证码错误
	// passed
}

// A photo of a phone is made fit for the comparison of faces.
func ExampleFitImage() {
	photo := camera(1500, 2000)
	fit, err := supervision.FitImage(photo, supervision.FitEither)
	if err != nil {
		log.Fatal(err)
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(fit))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(format, size.Width, size.Height)

	_, err = supervision.FitImage([]byte("no picture"), supervision.FitEither)
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument))
	// Output:
	// jpeg 1080 1440
	// true
}
