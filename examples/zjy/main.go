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
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "zjy:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }

	config := zjy.Config{Auth: os.Getenv("ZJY_AUTH"), BaseURL: os.Getenv("ZJY_BASE_URL")}
	if config.Auth == "" {
		fake := zjytest.NewServer()
		defer fake.Close()
		for cell, percent := range map[string]float64{"cell-1-1-1": 100, "cell-1-1-2": 45.5, "cell-1-1-4-1": 75} {
			fake.SetProgress(cell, percent)
		}
		config = fake.Config()
		say("职教云, played by a fake at %s.", fake.URL)
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
	for _, course := range list.Courses {
		say("%s (%s), %.0f%% done", course.CourseName, course.TermName, course.Process)
	}
	if len(list.Courses) == 0 {
		return nil
	}
	course := list.Courses[0]
	requests := 0
	tree, err := client.Tree(ctx, course.CourseOpenID, course.OpenClassID,
		zjy.WithProgress(func(done, _ int) { requests = done }))
	if err != nil {
		return err
	}
	say("\n%s, %d cells, fetched with %d requests", course.CourseName, tree.Outline.OpenCourseCellCount, requests)
	for _, module := range tree.Modules {
		say("  %s  %.0f%%", module.Name, module.Percent)
		for _, topic := range module.Topics {
			say("    %s", topic.Name)
			printCells(say, topic.Cells, 3)
		}
	}
	return nil
}

// printCells prints cells, and within them those that they hold.
func printCells(say func(string, ...any), cells []zjy.Cell, depth int) {
	for _, cell := range cells {
		say("%s%s [%s]  %.1f%%", strings.Repeat("  ", depth), cell.CellName, cell.CategoryName, cell.Percent())
		printCells(say, cell.ChildNodeList, depth+1)
	}
}
