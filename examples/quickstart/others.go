package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// report tells the supervision platform of a minute that a student has studied,
// and is pushed a class by it.
func report(ctx context.Context, say func(string, ...any)) error {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	say("\n== Supervision platform 监管服务平台, played by a fake (more of it, and the real one: go run ./examples/supervision)")
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
	say("  on record for %s: %s", study.StudentUserCode, fake.Progress(study.StudentUserCode, study.CourseCode))

	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		Verify: supervision.SharedToken(supervisiontest.CallerToken),
		PushClass: func(_ context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
			say("  a class was pushed: %s, %d students", class.TrainClassName, len(class.Students))
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
	say("  and answered: %s, %d accounts", pushed.ReturnMsg, len(pushed.Accounts))
	return nil
}

// products asks Douyin for courses.
func products(ctx context.Context, say func(string, ...any)) error {
	fake := douyintest.NewServer()
	defer fake.Close()
	say("\n== Douyin 抖音, played by a fake (the real one: go run ./examples/douyin)")
	client, err := douyin.New(fake.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	result, err := client.QueryProducts(ctx, douyintest.OnShelfID, douyintest.ReviewingID, 1)
	if err != nil {
		return err
	}
	for _, p := range result.Products {
		say("  %d  on the shelf: %t, under review: %t", p.ID(), p.OnShelf != nil, p.Reviewing != nil)
	}
	say("  not known: %v", result.Missing)
	return nil
}

// course asks Zhijiaoyun for a whole course.
func course(ctx context.Context, say func(string, ...any)) error {
	fake := zjytest.NewServer()
	defer fake.Close()
	say("\n== Zhijiaoyun 职教云, played by a fake (the real one: go run ./examples/zjy)")
	client, err := zjy.New(fake.Config())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	tree, err := client.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		return err
	}
	for _, m := range tree.Modules {
		say("  %s, %d topics, %.0f%% studied", m.Name, len(m.Topics), m.Percent)
	}
	return nil
}

// plan reports to the recorded-course app that a student goes on to another
// section.
func plan(ctx context.Context, say func(string, ...any)) error {
	fake := recordedtest.NewServer()
	defer fake.Close()
	say("\n== Recorded courses 微同课, played by a fake (the real one: go run ./examples/recorded)")
	client, err := recorded.New(fake.Config(), fake.Auth())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	refreshed, err := client.RefreshPlan(ctx, 2, 1)
	if err != nil {
		return err
	}
	say("  section %d: %s; on to %s, %d s long", refreshed.Watched.SectionID, refreshed.Watched.Plan,
		refreshed.Section.Title, refreshed.Section.Duration)
	return nil
}
