package main

import (
	"context"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

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
