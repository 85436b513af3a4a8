package zjy_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// startFake starts a fake of the vendor with a course of one module, two topics in it, and
// two cells in each of these, and returns a client of it.
func startFake() (client *zjy.Client, fake *zjytest.Server, stop func()) {
	fake = zjytest.NewServer()
	fake.SetCourse(1, 2, 2)
	client, err := zjy.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	return client, fake, func() {
		client.CloseIdleConnections()
		fake.Close()
	}
}

// The student's courses. The fake stands for the vendor here; in production, Config.Auth
// is the cookie of the student's login.
func Example() {
	fake := zjytest.NewServer()
	defer fake.Close()
	client, err := zjy.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	list, err := client.Courses(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range list.Courses {
		fmt.Println(c.TermName, c.CourseName, c.AssistTeacherName)
	}
	// Output: 2026春 Java 面向对象程序设计 李四
}

// An expired login, throttling and a captcha are failures of different kinds, and none of
// them is repeated in the student's name.
func Example_errors() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	fake.FailNext("-16")
	_, err := client.Profile(ctx)
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code == zjy.CodeCaptcha, e.Kind)
	}

	fake.ExpireSession()
	_, err = client.Profile(ctx)
	fmt.Println(errors.Is(err, edusdk.ErrUnauthenticated))
	// Output:
	// true failed precondition
	// true
}

// The student (用户信息). It is personal data.
func ExampleClient_Profile() {
	client, _, stop := startFake()
	defer stop()

	profile, err := client.Profile(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile.DisplayName, profile.StuNo, profile.Stat.MyCourseCount)
	// Output: 张三 2026001 1
}

// The courses of all terms (全部课程获取), with the ids that the other calls need.
func ExampleClient_Courses() {
	client, _, stop := startFake()
	defer stop()

	list, err := client.Courses(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range list.Courses {
		fmt.Println(c.CourseName, c.CourseOpenID, c.OpenClassID)
	}
	for _, t := range list.Terms {
		fmt.Println(t.TermName, t.IsCurTerm)
	}
	// Output:
	// Java 面向对象程序设计 fake-course-open fake-open-class
	// 2026春 true
}

// A course's modules (总大纲获取), and how much of it was studied.
func ExampleClient_Outline() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetProgress("cell-1-1-1", 100)

	outline, err := client.Outline(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outline.StuStudyCourseOpenCellCount, "of", outline.OpenCourseCellCount, "cells")
	for _, m := range outline.Progress.ModuleList {
		fmt.Println(m.ID, m.Name, m.Percent)
	}
	// Output:
	// 1 of 6 cells
	// module-1 模块1 25
}

// The topics of a module (大纲章节获取).
func ExampleClient_Topics() {
	client, _, stop := startFake()
	defer stop()

	topics, err := client.Topics(context.Background(), zjytest.CourseOpenID, "module-1")
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range topics {
		fmt.Println(t.ID, t.Name)
	}
	// Output:
	// topic-1-1 第1节
	// topic-1-2 第2节
}

// The cells of a topic (章节小节信息获取). Cells in a folder have their progress under
// another name on the wire: Percent takes whichever is there.
func ExampleClient_Cells() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetProgress("cell-1-1-2-1", 50)

	topics, err := client.Topics(context.Background(), zjytest.CourseOpenID, "module-1")
	if err != nil {
		log.Fatal(err)
	}
	cells, err := client.Cells(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID, topics[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range cells {
		fmt.Println(c.CellName, c.CellType, c.Percent())
		for _, child := range c.ChildNodeList {
			fmt.Println(" ", child.CellName, child.CategoryName, child.Percent())
		}
	}
	// Output:
	// 小节1 CellLeaf 0
	// 小节2 CellFolder 25
	//   小节1 文档 50
	//   小节2 视频 0
}

// A whole course, with how much of each cell was studied. The fake stands for
// the vendor here.
func ExampleClient_Tree() {
	fake := zjytest.NewServer()
	defer fake.Close()
	fake.SetCourse(1, 2, 2)
	fake.SetProgress("cell-1-1-1", 75)
	client, err := zjy.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	tree, err := client.Tree(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		log.Fatal(err)
	}
	for _, module := range tree.Modules {
		fmt.Println(module.Name)
		for _, topic := range module.Topics {
			fmt.Println(" ", topic.Name)
			for _, cell := range topic.Cells {
				fmt.Println("   ", cell.CellName, cell.Percent(), len(cell.ChildNodeList))
			}
		}
	}
	// Output:
	// 模块1
	//   第1节
	//     小节1 75 0
	//     小节2 0 2
	//   第2节
	//     小节1 0 0
	//     小节2 0 2
}

// A course of hundreds of cells takes a while: the bound on requests that run at the same
// time, and what is done so far.
func ExampleClient_Tree_options() {
	client, _, stop := startFake()
	defer stop()

	tree, err := client.Tree(context.Background(), zjytest.CourseOpenID, zjytest.OpenClassID,
		zjy.WithBound(2),
		zjy.WithProgress(func(done, known int) {
			if done == known {
				fmt.Println(done, "of", known, "requests")
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(tree.Modules), "module")
	// Output:
	// 4 of 4 requests
	// 1 module
}

// A video as a student opens it (小节详细信息获取): how long it is, where the student left
// off, and where its file is.
func ExampleClient_ViewCell() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetProgress("cell-1-1-2-2", 40)

	detail, err := client.ViewCell(context.Background(), zjy.CellRef{
		CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-1-2-2",
	})
	if err != nil {
		log.Fatal(err)
	}
	resource, err := detail.Resource()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(detail.CellName, detail.VideoPosition(), "of", detail.VideoLength(), "viewed for", detail.ViewTime())
	fmt.Println(resource.Extension, resource.URLs["preview"])
	// Output:
	// 小节2 40.2s of 1m40.5s viewed for 0s
	// mp4 https://files.example.com/cell-1-1-2-2.mp4
}

// A cell cannot be viewed while the progress on another one is not saved. It is
// the student who decides what becomes of that.
func ExamplePendingCellError() {
	fake := zjytest.NewServer()
	defer fake.Close()
	client, err := zjy.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	cell := zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-1-1"}
	if _, err := client.ViewCell(ctx, cell); err != nil {
		log.Fatal(err)
	}
	cell.CellID = "cell-1-1-2"
	_, err = client.ViewCell(ctx, cell)
	var pending *zjy.PendingCellError
	if errors.As(err, &pending) {
		fmt.Println(pending.Last.CellID, "is pending")
		err = client.SwitchCell(ctx, pending.Current.CellRef, pending.Current.CellName)
	}
	fmt.Println(err)
	// Output:
	// cell-1-1-1 is pending
	// <nil>
}

// The cell that the student asked for becomes the current one (进度选择).
func ExampleClient_SwitchCell() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	first := zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-1-1"}
	second := zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-2-1"}
	if _, err := client.ViewCell(ctx, first); err != nil {
		log.Fatal(err)
	}
	if err := client.SwitchCell(ctx, second, "小节1"); err != nil {
		log.Fatal(err)
	}
	detail, err := client.ViewCell(ctx, second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(detail.CellID)
	// Output: cell-1-2-1
}

// The progress on a video (文档/视频进度更新). The token of each log comes from the view
// or the log before it.
func ExampleClient_Log() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	cell := zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-1-2-2"}
	detail, err := client.ViewCell(ctx, cell)
	if err != nil {
		log.Fatal(err)
	}
	token := detail.GUIDToken
	for _, position := range []float64{60, 120.5} { // where the student has come to, in seconds
		saved, err := client.Log(ctx, &zjy.ProgressLog{CellRef: cell, StudyNewlyTime: position, Token: token})
		if err != nil {
			log.Fatal(err)
		}
		token = saved.GUIDToken
	}
	detail, err = client.ViewCell(ctx, cell)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(detail.VideoPosition())
	// Output: 2m0.5s
}

// The progress on a document, once: page 2.
func ExampleClient_LogProgress() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	cell := zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: "cell-1-1-1"}
	detail, err := client.ViewCell(ctx, cell)
	if err != nil {
		log.Fatal(err)
	}
	report := &zjy.ProgressLog{CellRef: cell, PicNum: 2, StudyNewlyPicNum: 2, Token: detail.GUIDToken, CellLogID: detail.CellLogID}
	if err := client.LogProgress(ctx, report); err != nil {
		log.Fatal(err)
	}
	err = client.LogProgress(ctx, report) // a token is good for one log
	fmt.Println(errors.Is(err, edusdk.ErrFailedPrecondition))
	// Output: true
}

// A path that this package has no method for.
func ExampleClient_Call() {
	client, fake, stop := startFake()
	defer stop()
	fake.Handle("api/student/notice", func(params url.Values) any {
		return map[string]any{"code": 1, "notice": "page " + params.Get("page")}
	})

	var answer struct {
		Notice string `json:"notice"`
	}
	if err := client.Call(context.Background(), http.MethodPost, "api/student/notice", map[string]string{"page": "1"}, &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Notice)
	// Output: page 1
}

// The same code can mean something else as a string.
func ExampleKindOfCode() {
	fmt.Println(zjy.KindOfCode(zjy.CodeAnomaly, false))
	fmt.Println(zjy.KindOfCode(zjy.CodeAnomaly, true))
	// Output:
	// permission denied
	// unauthenticated
}
