package zjy_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

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
