package douyin_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

// startFake starts a fake of the vendor and returns a client of it.
func startFake() (client *douyin.Client, fake *douyintest.Server, stop func()) {
	fake = douyintest.NewServer()
	client, err := douyin.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	return client, fake, func() {
		client.CloseIdleConnections()
		fake.Close()
	}
}

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

// A product as buyers see it: its price in yuan, for how long it can be used, and when
// there is a refund.
func ExampleClient_QueryProducts() {
	client, _, stop := startFake()
	defer stop()

	result, err := client.QueryProducts(context.Background(), douyintest.OnShelfID)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range result.Products {
		p := entry.OnShelf
		fmt.Println(p.CommonProductInfo.Title, p.CommonProductInfo.PriceInfo.RealPriceFen(), "元")
		fmt.Println(p.CourseInfo.UseLabel.Text(edusdk.Chinese), p.CourseInfo.RefundLabel.Text(edusdk.Chinese))
	}
	// Output:
	// Python 入门教程 49.00 元
	// 有效期12个月 7天未学可退
}

// Prices are in fen on the wire, and print in yuan.
func ExamplePriceInfo_RangeFen() {
	p := douyin.PriceInfo{Unit: "节", Price: 5000, RealPrice: 4905, RangeMinPrice: 3000, RangeMaxPrice: 6000}
	fmt.Println(p.RealPriceFen(), "instead of", p.PriceFen(), "a", p.Unit)
	if lowest, highest, ok := p.RangeFen(); ok {
		fmt.Println("from", lowest, "to", highest)
	}
	// Output:
	// 49.05 instead of 50.00 a 节
	// from 30.00 to 60.00
}

func ExampleRefundLabel_Text() {
	label := &douyin.RefundLabel{
		Type: douyin.RefundLowProgress, RestNotLearnInfo: douyin.RestNotLearnInfo{RestPercent: 50},
	}
	fmt.Println(label.Text(edusdk.Chinese))
	fmt.Println(label.Text(edusdk.English))
	// Output:
	// 学习进度不足50%可退
	// refundable while less than 50% has been studied
}

// Six months from the purchase on (动态有效期), or until a date (固定有效期).
func ExampleUseLabel_Expires() {
	bought := time.Date(2026, 8, 31, 20, 0, 0, 0, time.FixedZone("", 8*60*60))
	for _, label := range []*douyin.UseLabel{
		{DynamicValidDate: douyin.DynamicValidDate{Month: 6}},
		{ValidDate: "2026-12-31"},
	} {
		expires, ok := label.Expires(bought)
		fmt.Println(label.Text(edusdk.Chinese), expires.Format(time.DateTime), ok)
	}
	// Output:
	// 有效期6个月 2027-02-28 20:00:00 true
	// 有效期至2026-12-31 2027-01-01 00:00:00 true
}

// A token from elsewhere: calls fail once it has expired.
func ExampleStaticToken() {
	fake := douyintest.NewServer()
	defer fake.Close()
	client, err := douyin.New(douyin.Config{
		AppID: douyintest.AppID, Token: douyin.StaticToken("a-token-of-yesterday"), BaseURL: fake.URL,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, err = client.QueryProducts(context.Background(), douyintest.OnShelfID)
	fmt.Println(errors.Is(err, edusdk.ErrUnauthenticated))
	// Output: true
}

// A path that this package has no method for. The token is added, and renewed.
func ExampleClient_Call() {
	client, fake, stop := startFake()
	defer stop()
	fake.Handle("product/api/add", func(params map[string]any) any {
		return map[string]any{"product_id": 7, "title": params["title"]}
	})

	var added struct {
		ProductID int64  `json:"product_id"`
		Title     string `json:"title"`
	}
	args := map[string]any{"title": "声乐第二课"}
	if err := client.Call(context.Background(), http.MethodPost, "product/api/add", args, &added); err != nil {
		log.Fatal(err)
	}
	fmt.Println(added.ProductID, added.Title)
	// Output: 7 声乐第二课
}

func ExampleKindOfCode() {
	for _, code := range []string{douyin.CodeTokenExpired, douyin.CodeQuota, douyin.CodeSystem, "28009999"} {
		fmt.Println(code, douyin.KindOfCode(code))
	}
	// Output:
	// 28001008 unauthenticated
	// 28003017 resource exhausted
	// 28001005 unavailable
	// 28009999 unknown failure
}
