package redis_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/supervision"

	edusdkredis "github.com/edusdk/edusdk/adapters/redis"
)

// One store for all clients of a process. Nothing is sent before a call needs a
// login.
func ExampleNewTokenStore() {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"redis.internal:6379"}, // several are a cluster; MasterName says Sentinel
		ContextTimeoutEnabled: true,
	})
	defer func() { _ = rdb.Close() }()
	store, err := edusdkredis.NewTokenStore(rdb, edusdkredis.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := supervision.New(supervision.Config{
		BaseURL: "https://platform.example", Account: "learning-platform", Password: "made-up",
		Device:     supervision.Device{Type: supervision.TypePC, ID: "10.0.0.1"},
		TokenStore: store,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	products, err := douyin.New(douyin.Config{AppID: "tt0000", Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
		AppID: "tt0000", Secret: "made-up", Store: store,
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store)
	fmt.Println(client)
	fmt.Println(products)
	// Output:
	// redis.TokenStore(edusdk:)
	// supervision.Client(https://platform.example)
	// douyin.Client(https://developer-product.zijieapi.com)
}
