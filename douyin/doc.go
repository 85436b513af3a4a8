// Package douyin is a client for Douyin's course products (抖音开放平台,
// 泛知识课程库): it looks products up by their ids, as they are on the shelf and as
// they are under review.
//
// 抖音开放平台泛知识课程库的客户端：查询课程（上架与审核中的状态、价格、退款标签、使用标签），获取并共享
// access_token（小程序 getAccessToken、开放平台 client_token）。
//
// # Make a client
//
// Calls need an access token. [ClientCredential] gets it with the app's secret, keeps
// it and renews it:
//
//	token := douyin.ClientCredential(douyin.ClientCredentialConfig{AppID: appID, Secret: secret})
//	client, err := douyin.New(douyin.Config{AppID: appID, Token: token})
//
// Several processes of one app must share the token through an edusdk.TokenStore,
// because each new token ends the earlier ones. [StaticToken] is for a token from
// elsewhere, and a [TokenSource] of your own for everything else.
//
// # Call
//
//	result, err := client.QueryProducts(ctx, ids...)
//	for _, entry := range result.Products {
//		if p := entry.OnShelf; p != nil && p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
//			fmt.Println(p.CommonProductInfo.Title, p.CommonProductInfo.PriceInfo.RealPriceFen()) // in yuan
//		}
//	}
//
// More than 500 ids become several requests. Ids of which the vendor returned nothing
// are in Missing. [RefundLabel.Text], [UseLabel.Text] and [UseLabel.Expires] say what
// buyers want to know.
//
// # When a call fails
//
// The vendor's code is in edusdk.Error.Code (see the constants Code…, and
// [KindOfCode]), and the log_id that its support asks for in edusdk.Error.RequestID.
//
// # Retries
//
// A query changes nothing and is repeated. A token that the vendor rejects is renewed,
// and the call is sent once more.
//
// # Test your code
//
// Package douyintest beside this one is a fake of the vendor and of its token
// endpoints: its Config makes a client of it.
package douyin
