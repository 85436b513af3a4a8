package douyintest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

// connect returns a client of the fake.
func connect(srv *douyintest.Server, opts ...edusdk.Option) *douyin.Client {
	client, err := douyin.New(srv.Config(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// A test of a service that uses package douyin.
func Example() {
	srv := douyintest.NewServer()
	defer srv.Close()
	client, err := douyin.New(srv.Config()) // what the service would get
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	result, err := client.QueryProducts(context.Background(), douyintest.OnShelfID, 404)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Products[0].OnShelf.CommonProductInfo.Title, result.Missing)
	for _, r := range srv.Requests() {
		fmt.Println(r.Path, r.ProductIDs)
	}
	// Output:
	// Python 入门教程 [404]
	// api/apps/v2/token []
	// product/api/query [5432181212227612345 404]
}

// The fake in a server of your own, with a token that it gives out.
func ExampleNewHandler() {
	site := httptest.NewServer(douyintest.NewHandler())
	defer site.Close()
	client, err := douyin.New(douyin.Config{
		AppID: douyintest.AppID, BaseURL: site.URL,
		Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: site.URL + "/" + douyintest.MiniAppTokenPath,
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	result, err := client.QueryProducts(context.Background(), douyintest.ReviewingID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Products[0].Reviewing.ProductStatus.ReviewStatus())
	// Output: ReviewPending
}

// A product's way: under review, rejected, approved, off the shelf and on it again.
func ExampleHandler_Submit() {
	srv := douyintest.NewServer()
	defer srv.Close()
	client := connect(srv)
	show := func() {
		result, err := client.QueryProducts(context.Background(), 7)
		if err != nil {
			log.Fatal(err)
		}
		for _, entry := range result.Products {
			if p := entry.OnShelf; p != nil {
				fmt.Printf("%v %q\n", p.ProductStatus.OnShelfStatus(), p.ProductStatus.RejectReason)
			}
			if p := entry.Reviewing; p != nil {
				fmt.Printf("%v %q\n", p.ProductStatus.ReviewStatus(), p.ProductStatus.RejectReason)
			}
		}
		for range result.Missing {
			fmt.Println("missing")
		}
	}

	course := douyintest.Product{ID: 7, Title: "声乐第二课", Price: 1990}
	srv.Submit(course)
	show()
	srv.Reject(course.ID, "图片不符合要求")
	show()
	srv.Submit(course)
	srv.Approve(course.ID)
	show()
	srv.Unshelve(course.ID, "资质过期")
	show()
	srv.Shelve(course.ID)
	show()
	srv.Remove(course.ID)
	show()
	// Output:
	// ReviewPending ""
	// ReviewRejected "图片不符合要求"
	// OnShelf ""
	// OffShelf "资质过期"
	// OnShelf ""
	// missing
}

// An entry as another version of the vendor's might spell it.
func ExampleHandler_SetEntry() {
	srv := douyintest.NewServer()
	defer srv.Close()
	srv.SetEntry(7, map[string]any{"product_onshelf": map[string]any{
		"product_id":          "7", // a string
		"product_status":      map[string]any{"status": 1},
		"common_product_info": map[string]any{"title": "声乐第二课", "price_info": map[string]any{"price": 100, "real_price": 90, "range_min_price": 0, "range_max_price": 0}},
	}})
	client := connect(srv)

	result, err := client.QueryProducts(context.Background(), 7)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Products[0].ID(), result.Products[0].OnShelf.CommonProductInfo.Title)
	// Output: 7 声乐第二课
}

// The vendor fails one query, with a code of its own.
func ExampleHandler_FailNext() {
	srv := douyintest.NewServer()
	defer srv.Close()
	client := connect(srv)
	srv.FailNext(28003017)

	_, err := client.QueryProducts(context.Background(), douyintest.OnShelfID)
	var e *edusdk.Error
	fmt.Println(errors.As(err, &e), e.Kind, e.Code == douyin.CodeQuota)
	// Output: true resource exhausted true
}

// Tokens that the vendor takes no longer: the client renews its own.
func ExampleHandler_ExpireTokens() {
	srv := douyintest.NewServer()
	defer srv.Close()
	client := connect(srv)

	ctx := context.Background()
	for range 2 {
		if _, err := client.QueryProducts(ctx, douyintest.OnShelfID); err != nil {
			log.Fatal(err)
		}
		srv.ExpireTokens()
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Path, r.Code)
	}
	// Output:
	// api/apps/v2/token 0
	// product/api/query 0
	// product/api/query 28001008
	// api/apps/v2/token 0
	// product/api/query 0
}

// Two hours pass by the clocks of both: the token is renewed before it expires.
func ExampleHandler_SetClock() {
	srv := douyintest.NewServer()
	defer srv.Close()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	srv.SetClock(clock)
	client, err := douyin.New(douyin.Config{
		AppID: douyintest.AppID, BaseURL: srv.URL,
		Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: srv.OpenTokenURL(), // or srv.TokenURL()
			Options: []edusdk.Option{edusdk.WithClock(clock)},
		}),
	}, edusdk.WithClock(clock))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	for range 2 {
		if _, err := client.QueryProducts(context.Background(), douyintest.OnShelfID); err != nil {
			log.Fatal(err)
		}
		now = now.Add(2 * time.Hour)
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Path, r.Code)
	}
	// Output:
	// oauth/client_token/ 0
	// product/api/query 0
	// oauth/client_token/ 0
	// product/api/query 0
}

// Where the token endpoints of the fake are.
func ExampleServer_TokenURL() {
	srv := douyintest.NewServer()
	defer srv.Close()
	fmt.Println(srv.TokenURL() == srv.URL+"/api/apps/v2/token")
	fmt.Println(srv.OpenTokenURL() == srv.URL+"/oauth/client_token/")
	// Output:
	// true
	// true
}

// What goes wrong on the way: the connection breaks off once, and a query is repeated.
func ExampleHandler_Intercept() {
	srv := douyintest.NewServer()
	defer srv.Close()
	broken := false
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/"+douyintest.QueryPath && !broken {
				broken = true
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	})
	client := connect(srv, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))

	result, err := client.QueryProducts(context.Background(), douyintest.OnShelfID)
	fmt.Println(len(result.Products), err, broken)
	// Output: 1 <nil> true
}

// A path that the fake lacks.
func ExampleHandler_Handle() {
	srv := douyintest.NewServer()
	defer srv.Close()
	srv.Handle("product/api/add", func(params map[string]any) any {
		return map[string]any{"title": params["title"]}
	})
	client := connect(srv)

	var added struct{ Title string }
	err := client.Call(context.Background(), http.MethodPost, "product/api/add", map[string]any{"title": "声乐第二课"}, &added)
	fmt.Println(added.Title, err)
	// Output: 声乐第二课 <nil>
}

// What reaches the fake, as it happens.
func ExampleHandler_SetLogger() {
	srv := douyintest.NewServer()
	defer srv.Close()
	srv.SetLogger(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	client := connect(srv)

	_, _ = client.QueryProducts(context.Background(), douyintest.OnShelfID)
	// Output:
	// level=INFO msg=request method=POST path=api/apps/v2/token status=200 code=0
	// level=INFO msg=request method=POST path=product/api/query status=200 code=0
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
