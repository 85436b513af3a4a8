package douyin_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

// Products by their ids, in the states that they have. The fake stands for the
// vendor here.
func Example() {
	fake := douyintest.NewServer()
	defer fake.Close()
	client, err := douyin.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	result, err := client.QueryProducts(context.Background(), douyintest.ChangedID, douyintest.ReviewingID, 404)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range result.Products {
		if p := entry.OnShelf; p != nil {
			fmt.Println(entry.ID(), p.CommonProductInfo.Title, p.ProductStatus.OnShelfStatus() == douyin.OnShelf)
		}
		if p := entry.Reviewing; p != nil {
			fmt.Println(entry.ID(), p.CommonProductInfo.Title, p.ProductStatus.ReviewStatus() == douyin.ReviewPending)
		}
	}
	fmt.Println(result.Missing, len(result.LogIDs))
	// Output:
	// 9007199254740993 声乐第一课 true
	// 9007199254740993 声乐第一课（新版） true
	// 768781212227612347 摄影基础 true
	// [404] 1
}

// Processes of one app share its token through a store, which is a Redis or the
// like where they are on several machines.
func ExampleClientCredential() {
	fake := douyintest.NewServer()
	defer fake.Close()
	store := edusdk.NewMemoryStore()
	for range 2 { // two processes
		token := douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: fake.TokenURL(), Store: store,
		})
		client, err := douyin.New(douyin.Config{AppID: douyintest.AppID, Token: token, BaseURL: fake.URL})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := client.QueryProducts(context.Background(), douyintest.OnShelfID); err != nil {
			log.Fatal(err)
		}
		client.CloseIdleConnections()
	}
	for _, r := range fake.Requests() {
		fmt.Println(r.Path)
	}
	// Output:
	// api/apps/v2/token
	// product/api/query
	// product/api/query
}

// A failure has a kind that is common to all vendors, the vendor's own code, and
// the log_id that its support asks for.
func Example_errors() {
	fake := douyintest.NewServer()
	defer fake.Close()
	client, err := douyin.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	fake.FailNext(28001018)
	_, err = client.QueryProducts(context.Background(), douyintest.OnShelfID)
	var e *edusdk.Error
	fmt.Println(errors.Is(err, edusdk.ErrPermissionDenied), errors.As(err, &e))
	fmt.Println(e.Code == douyin.CodeNoCapability, e.RequestID != "")
	// Output:
	// true true
	// true true
}
