// Zjy prints a student's courses and the outline of one as a tree, with how much
// of each cell was studied.
//
//	go run ./examples/zjy
//
// talks to a fake of the vendor that it starts itself. With ZJY_AUTH, the value
// of a student's cookie auth, in the environment it talks to the vendor instead;
// ZJY_BASE_URL replaces the vendor's address.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func main() { program.Main() }

var program = &console.Program{
	Command: "go run ./examples/zjy",
	About: console.Text{
		ZH: "列出一名学员在职教云的课程，并按树状显示其中一门的目录和每个课件的进度。默认连接本机启动的模拟服务。",
		EN: "Shows a student's courses at Zhijiaoyun, and the outline of one as a tree, with how much of each cell was studied. It talks to a fake on this machine unless it is given a cookie.",
	},
	Environment: []console.Variable{
		{Name: "ZJY_AUTH", Text: console.Text{ZH: "学员 cookie 中 auth 的值；设置后连接真实平台", EN: "the value of a student's cookie auth; if set, the real vendor is used"}},
		{Name: "ZJY_BASE_URL", Text: console.Text{ZH: "替换平台地址", EN: "replaces the vendor's address"}},
	},
	Run: run,
	Next: []console.Variable{
		{Name: "examples/zjy/main.go", Text: console.Text{ZH: "本示例的代码", EN: "the code of this example"}},
		{Name: "go doc ./zjy", Text: console.Text{ZH: "该包的文档", EN: "the package's documentation"}},
		{Name: "go run ./examples/quickstart", Text: console.Text{ZH: "其余几家平台", EN: "the other vendors"}},
	},
}

func run(ctx context.Context, c *console.Console) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()

	config := zjy.Config{Auth: os.Getenv("ZJY_AUTH"), BaseURL: os.Getenv("ZJY_BASE_URL")}
	if config.Auth == "" {
		fake := zjytest.NewServer()
		defer fake.Close()
		for cell, percent := range map[string]float64{"cell-1-1-1": 100, "cell-1-1-2": 45.5, "cell-1-1-4-1": 75} {
			fake.SetProgress(cell, percent)
		}
		config = fake.Config()
		c.Notef(c.Text("由本机模拟服务扮演：%s（-h 说明如何连接真实平台）", "played by a fake at %s (-h says how to use the real one)"), fake.URL)
	}
	client, err := zjy.New(config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	list, err := client.Courses(ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, course := range list.Courses {
		rows = append(rows, []any{course.CourseName, course.TermName, percent(course.Process)})
	}
	c.Heading(c.Text("课程", "Courses"))
	c.Table([]string{c.Text("课程", "course"), c.Text("学期", "term"), c.Text("已学", "done")}, rows)
	if len(list.Courses) == 0 {
		return nil
	}
	course := list.Courses[0]
	fetching := c.Bar(c.Text("读取目录", "outline"), 0, func(n int64) string { return fmt.Sprint(n, c.Text(" 个请求", " requests")) })
	defer fetching.Stop()
	tree, err := client.Tree(ctx, course.CourseOpenID, course.OpenClassID,
		zjy.WithProgress(func(done, total int) { fetching.Update(int64(done), int64(total)) }))
	if err != nil {
		return err
	}
	fetching.Done()

	rows = nil
	for _, module := range tree.Modules {
		rows = append(rows, []any{console.Bold(module.Name), "", percent(module.Percent)})
		for _, topic := range module.Topics {
			rows = append(rows, []any{"  " + topic.Name})
			rows = appendCells(rows, topic.Cells, "    ")
		}
	}
	c.Heading(c.Sprintf(c.Text("%s：%d 个课件", "%s: %d cells"), course.CourseName, tree.Outline.OpenCourseCellCount))
	c.Table([]string{c.Text("目录", "outline"), c.Text("类型", "kind"), c.Text("已学", "studied")}, rows)
	return nil
}

// appendCells adds cells, and below them those that they hold.
func appendCells(rows [][]any, cells []zjy.Cell, indent string) [][]any {
	for _, cell := range cells {
		rows = append(rows, []any{indent + cell.CellName, cell.CategoryName, percent(cell.Percent())})
		rows = appendCells(rows, cell.ChildNodeList, indent+"  ")
	}
	return rows
}

// percent shows how much was studied.
func percent(p float64) console.Styled {
	text := console.Right(fmt.Sprintf("%.1f %%", p))
	switch {
	case p >= 100:
		return console.Green(text)
	case p > 0:
		return console.Yellow(text)
	}
	return console.Dim(text)
}
