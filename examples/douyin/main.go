// Douyin looks course products up and prints how each of them stands.
//
//	go run ./examples/douyin
//
// talks to a fake of the vendor that it starts itself. With DOUYIN_APPID and
// DOUYIN_SECRET in the environment it talks to the vendor instead, about the
// products DOUYIN_PRODUCTS (ids, separated by commas). DOUYIN_BASE_URL and
// DOUYIN_TOKEN_URL replace the vendor's addresses, say by those of its sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "douyin:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }

	ids, err := products(os.Getenv("DOUYIN_PRODUCTS"))
	if err != nil {
		return err
	}
	appID, secret := os.Getenv("DOUYIN_APPID"), os.Getenv("DOUYIN_SECRET")
	config := douyin.Config{
		AppID:   appID,
		BaseURL: os.Getenv("DOUYIN_BASE_URL"),
		Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: appID, Secret: secret, Endpoint: os.Getenv("DOUYIN_TOKEN_URL"),
		}),
	}
	switch {
	case appID == "" && secret == "":
		fake := douyintest.NewServer()
		defer fake.Close()
		config = fake.Config()
		say("Products of a fake at %s.", fake.URL)
		if ids == nil {
			ids = []int64{douyintest.OnShelfID, douyintest.ReviewingID, douyintest.ChangedID, 404}
		}
	case ids == nil:
		return errors.New("DOUYIN_PRODUCTS: the ids of products are needed")
	}
	client, err := douyin.New(config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	result, err := client.QueryProducts(ctx, ids...)
	if err != nil {
		return err
	}
	for _, entry := range result.Products {
		say("product %d", entry.ID())
		if p := entry.OnShelf; p != nil {
			state := "is off the shelf: " + p.ProductStatus.RejectReason
			if p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
				state = "is for sale"
			}
			say("  %s, %s, %s", p.CommonProductInfo.Title, price(p), state)
		}
		if p := entry.Reviewing; p != nil {
			state := map[douyin.ReviewStatus]string{
				douyin.ReviewPending: "is under review", douyin.ReviewApproved: "was approved",
				douyin.ReviewRejected: "was rejected: " + p.ProductStatus.RejectReason,
			}[p.ProductStatus.ReviewStatus()]
			say("  %s, %s, %s", p.CommonProductInfo.Title, price(p), state)
		}
	}
	for _, id := range result.Missing {
		say("product %d\n  is not known", id)
	}
	return nil
}

// price writes fen as yuan.
func price(p *douyin.Product) string {
	fen := p.CommonProductInfo.PriceInfo.RealPrice
	return fmt.Sprintf("¥%d.%02d", fen/100, fen%100)
}

// products reads ids, separated by commas.
func products(list string) ([]int64, error) {
	if list == "" {
		return nil, nil
	}
	var ids []int64
	for field := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(field), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("DOUYIN_PRODUCTS: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
