package douyin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/douyin"
)

func TestFiguresOfTheDocument(t *testing.T) {
	for name, tt := range map[string]struct{ got, want []int }{
		"fulfillment_type": {[]int{
			int(douyin.FulfillmentVideo), int(douyin.FulfillmentAudio), int(douyin.FulfillmentImage), int(douyin.FulfillmentText),
			int(douyin.FulfillmentTextAndImage), int(douyin.FulfillmentRichText), int(douyin.FulfillmentOther),
		}, []int{1, 2, 3, 4, 5, 6, 100}},
		"product_type":        {[]int{int(douyin.ProductTypeCourse)}, []int{1}},
		"industry_type":       {[]int{int(douyin.IndustryGeneralKnowledge)}, []int{1}},
		"status on the shelf": {[]int{int(douyin.OnShelf), int(douyin.OffShelf)}, []int{1, 2}},
		"status of a review":  {[]int{int(douyin.ReviewPending), int(douyin.ReviewApproved), int(douyin.ReviewRejected)}, []int{1, 2, 3}},
		"refund_label.type":   {[]int{int(douyin.RefundDaysUnused), int(douyin.RefundLowProgress)}, []int{1, 2}},
	} {
		assert.Equal(t, tt.want, tt.got, name)
	}
	assert.Equal(t, 500, douyin.MaxProductsPerRequest)
	assert.Equal(t, []string{
		"https://developer-product.zijieapi.com", "https://open-sandbox.douyin.com",
		"https://developer.toutiao.com/api/apps/v2/token", "https://open.douyin.com/oauth/client_token/",
	}, []string{douyin.ProductionURL, douyin.SandboxURL, douyin.MiniAppTokenURL, douyin.OpenPlatformTokenURL})
	assert.Equal(t, []string{
		"28001003", "28001005", "28001006", "28001007", "28001008", "28001018", "28001019", "28003017", "28003018",
		"-1", "40015", "40017", "40020", "10002", "10003", "10013", "10020",
	}, []string{
		douyin.CodeTokenInvalid, douyin.CodeSystem, douyin.CodeNetwork, douyin.CodeParameter, douyin.CodeTokenExpired,
		douyin.CodeNoCapability, douyin.CodeCapabilityForbidden, douyin.CodeQuota, douyin.CodeRate, douyin.CodeTokenSystem,
		douyin.CodeTokenAppID, douyin.CodeTokenSecret, douyin.CodeTokenGrantType, douyin.CodeTokenParameter,
		douyin.CodeClientKey, douyin.CodeClientSecret, douyin.CodeTooManyRequests,
	})
}
