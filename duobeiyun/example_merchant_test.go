package duobeiyun_test

import (
	"context"
	"fmt"
	"log"
)

// What is left on the account (查看机构详情), and what lessons cost.
func ExampleMerchantService_Get() {
	client, _, stop := startFake()
	defer stop()
	newRoom(client) // which costs 4 yuan for every hour that it begins

	account, err := client.Merchant.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("left:", account.RemainMoneyFen(), "spent:", account.ConsumptionMoneyFen(), "paid in:", account.TotalChargeMoneyFen())
	fmt.Println("with video:", account.VideoUnitPriceFen(), "without:", account.UnitPriceFen())
	// Output:
	// left: 9992.00 spent: 8.00 paid in: 10000.00
	// with video: 4.00 without: 2.00
}
