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
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/internal/console"
)

func main() { program.Main() }

var program = &console.Program{
	Command: "go run ./examples/douyin",
	About: console.Text{
		ZH: "查询抖音课程商品的在线版本和审核状态。默认连接本机启动的模拟服务。",
		EN: "Looks course products up at Douyin, and shows how each of them stands. It talks to a fake on this machine unless it is given credentials.",
	},
	Environment: []console.Variable{
		{Name: "DOUYIN_APPID", Text: console.Text{ZH: "小程序 AppID；设置后连接真实平台", EN: "the mini app's id; if set, the real vendor is used"}},
		{Name: "DOUYIN_SECRET", Text: console.Text{ZH: "小程序密钥", EN: "its secret"}},
		{Name: "DOUYIN_PRODUCTS", Text: console.Text{ZH: "商品编号，用逗号分隔", EN: "ids of products, separated by commas"}},
		{Name: "DOUYIN_BASE_URL", Text: console.Text{ZH: "替换平台地址，例如沙箱", EN: "replaces the vendor's address, say by its sandbox's"}},
		{Name: "DOUYIN_TOKEN_URL", Text: console.Text{ZH: "替换获取令牌的地址", EN: "replaces the address of tokens"}},
	},
	Run: run,
	Next: []console.Variable{
		{Name: "examples/douyin/main.go", Text: console.Text{ZH: "本示例的代码", EN: "the code of this example"}},
		{Name: "go doc ./douyin", Text: console.Text{ZH: "该包的文档", EN: "the package's documentation"}},
		{Name: "go run ./examples/quickstart", Text: console.Text{ZH: "其余几家平台", EN: "the other vendors"}},
	},
}

func run(ctx context.Context, c *console.Console) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()

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
		c.Notef(c.Text("由本机模拟服务扮演：%s（-h 说明如何连接真实平台）", "played by a fake at %s (-h says how to use the real one)"), fake.URL)
		if ids == nil {
			ids = []int64{douyintest.OnShelfID, douyintest.ReviewingID, douyintest.ChangedID, 404}
		}
	case ids == nil:
		return errors.New(c.Text("DOUYIN_PRODUCTS：请设置要查询的商品编号", "DOUYIN_PRODUCTS: the ids of products are needed"))
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
	var rows [][]any
	for _, entry := range result.Products {
		if p := entry.OnShelf; p != nil {
			state := console.Yellow(c.Text("已下架：", "off the shelf: ") + p.ProductStatus.RejectReason)
			if p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
				state = console.Green(c.Text("在售", "for sale"))
			}
			rows = append(rows, []any{fmt.Sprint(entry.ID()), p.CommonProductInfo.Title, price(p), state})
		}
		if p := entry.Reviewing; p != nil {
			state := map[douyin.ReviewStatus]console.Styled{
				douyin.ReviewPending:  console.Yellow(c.Text("审核中", "under review")),
				douyin.ReviewApproved: console.Green(c.Text("审核通过", "approved")),
				douyin.ReviewRejected: console.Red(c.Text("审核未通过：", "rejected: ") + p.ProductStatus.RejectReason),
			}[p.ProductStatus.ReviewStatus()]
			rows = append(rows, []any{fmt.Sprint(entry.ID()), p.CommonProductInfo.Title, price(p), state})
		}
	}
	for _, id := range result.Missing {
		rows = append(rows, []any{fmt.Sprint(id), "", "", console.Dim(c.Text("不存在", "not known"))})
	}
	c.Heading(c.Text("课程商品", "Products"))
	c.Table([]string{c.Text("编号", "id"), c.Text("标题", "title"), c.Text("售价", "price"), c.Text("状态", "state")}, rows)
	return nil
}

// price writes fen as yuan.
func price(p *douyin.Product) console.Styled {
	fen := p.CommonProductInfo.PriceInfo.RealPrice
	return console.Right(fmt.Sprintf("¥%d.%02d", fen/100, fen%100))
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
