// Package douyin is a client for Douyin's course products (抖音开放平台,
// 泛知识课程库): it looks products up by their ids, as they are on the shelf and
// as they are under review.
//
//	token := douyin.ClientCredential(douyin.ClientCredentialConfig{AppID: appID, Secret: secret})
//	client, err := douyin.New(douyin.Config{AppID: appID, Token: token})
//	…
//	result, err := client.QueryProducts(ctx, ids...)
//	for _, entry := range result.Products {
//		if p := entry.OnShelf; p != nil && p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
//			// p is for sale, for p.CommonProductInfo.PriceInfo.RealPrice fen
//		}
//	}
//
// # Tokens
//
// Calls need an access token. [ClientCredential] gets it, keeps it and renews
// it; several processes of one app must share it through an edusdk.TokenStore,
// because each new token ends the earlier ones. [StaticToken] is for a token from
// elsewhere, and a [TokenSource] of your own for everything else. A token that the
// vendor rejects is renewed, and the call is sent once more.
//
// # Errors
//
// The vendor's code is in edusdk.Error.Code (see the constants Code…), and the
// log_id that its support asks for in edusdk.Error.RequestID.
//
// Package douyintest beside this one is a fake of the vendor for tests.
package douyin
