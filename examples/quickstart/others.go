package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// report tells the supervision platform of a minute that a student has studied,
// and is pushed a class by it.
func report(ctx context.Context, c *console.Console) error {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	c.Title(c.Text("监管服务平台：上报学时，接收班级", "Supervision platform 监管服务平台: a minute of study, and a class that is pushed"))
	c.Notef(played(c), "go run ./examples/supervision")
	client, err := supervision.New(fake.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	study := supervision.StudyRequest{ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1"}
	if err := client.Study.Start(ctx, &study); err != nil {
		return err
	}
	if err := client.Study.ReportProgress(ctx, &supervision.ProgressReport{
		ResCode: study.ResCode, StudentUserCode: study.StudentUserCode, ClassCode: study.ClassCode, CourseCode: study.CourseCode,
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	}); err != nil {
		return err
	}
	c.Successf(c.Text("平台已记录 %s 的学时：%s", "on record for %s: %s"), study.StudentUserCode,
		c.Duration(fake.Progress(study.StudentUserCode, study.CourseCode)))

	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		Verify: supervision.SharedToken(supervisiontest.CallerToken),
		PushClass: func(_ context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
			c.Successf(c.Text("平台推来班级：%s，%d 名学员", "a class was pushed: %s, %d students"), class.TrainClassName, len(class.Students))
			result := &supervision.PushClassResult{PasswordRules: "身份证后六位"} //nolint:gosec // a rule, not a password
			for i, s := range class.Students {
				result.Accounts = append(result.Accounts, supervision.StudentAccount{
					CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student-%d", i+1),
				})
			}
			return result, nil
		},
	})
	if err != nil {
		return err
	}
	platform := httptest.NewServer(receiver)
	defer platform.Close()
	pushed, err := fake.PushClass(ctx, platform.URL, supervisiontest.SampleClass())
	if err != nil {
		return err
	}
	c.Successf(c.Text("已应答：%s，开通 %d 个账号", "and answered: %s, %d accounts made"), pushed.ReturnMsg, len(pushed.Accounts))
	return nil
}

// products asks Douyin for courses.
func products(ctx context.Context, c *console.Console) error {
	fake := douyintest.NewServer()
	defer fake.Close()
	c.Title(c.Text("抖音：查询课程商品", "Douyin 抖音: course products"))
	c.Notef(played(c), "go run ./examples/douyin")
	client, err := douyin.New(fake.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	result, err := client.QueryProducts(ctx, douyintest.OnShelfID, douyintest.ReviewingID, 1)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, p := range result.Products {
		rows = append(rows, []any{fmt.Sprint(p.ID()), mark(p.OnShelf != nil), mark(p.Reviewing != nil)})
	}
	for _, id := range result.Missing {
		rows = append(rows, []any{fmt.Sprint(id), console.Yellow(c.Text("不存在", "not known"))})
	}
	c.Table([]string{c.Text("商品", "product"), c.Text("在线版本", "for sale"), c.Text("审核版本", "under review")}, rows)
	return nil
}

// course asks Zhijiaoyun for a whole course.
func course(ctx context.Context, c *console.Console) error {
	fake := zjytest.NewServer()
	defer fake.Close()
	c.Title(c.Text("职教云：一门课的目录", "Zhijiaoyun 职教云: the outline of a course"))
	c.Notef(played(c), "go run ./examples/zjy")
	client, err := zjy.New(fake.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	tree, err := client.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, m := range tree.Modules {
		rows = append(rows, []any{m.Name, len(m.Topics), console.Right(c.Sprintf("%.0f %%", m.Percent))})
	}
	c.Table([]string{c.Text("模块", "module"), c.Text("节", "topics"), c.Text("已学", "studied")}, rows)
	return nil
}

// plan reports to the recorded-course app that a student goes on to another
// section.
func plan(ctx context.Context, c *console.Console) error {
	fake := recordedtest.NewServer()
	defer fake.Close()
	c.Title(c.Text("微同课：录播课进度", "Recorded courses 微同课: a student's progress"))
	c.Notef(played(c), "go run ./examples/recorded")
	client, err := recorded.New(fake.Config(), fake.Auth())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	refreshed, err := client.RefreshPlan(ctx, 2, 1)
	if err != nil {
		return err
	}
	c.Successf(c.Text("第 %d 节已看 %s；接着看《%s》，时长 %s", "section %d: %s; on to %s, which takes %s"), refreshed.Watched.SectionID, refreshed.Watched.Plan,
		refreshed.Section.Title, c.Duration(time.Duration(refreshed.Section.Duration)*time.Second))
	return nil
}

// played says that a vendor is a fake, and where the real one is shown.
func played(c *console.Console) string {
	return c.Text("由本机模拟服务扮演；连接真实平台：%s", "played by a fake; the real one: %s")
}

// mark is a cell of a table that says yes or no.
func mark(yes bool) console.Styled {
	if yes {
		return console.Green("✓")
	}
	return console.Dim("–")
}
