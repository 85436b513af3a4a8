package douyin

import (
	"testing"

	"github.com/edusdk/edusdk/internal/enum/enumtest"
)

func TestEnumsPrintTheirNames(t *testing.T) {
	enumtest.Run(t, false,
		enumtest.Of(map[string]ProductType{
			"ProductTypeCourse": ProductTypeCourse,
		}),
		enumtest.Of(map[string]OnShelfStatus{
			"OnShelf":  OnShelf,
			"OffShelf": OffShelf,
		}),
		enumtest.Of(map[string]ReviewStatus{
			"ReviewPending":  ReviewPending,
			"ReviewApproved": ReviewApproved,
			"ReviewRejected": ReviewRejected,
		}),
		enumtest.Of(map[string]IndustryType{
			"IndustryGeneralKnowledge": IndustryGeneralKnowledge,
		}),
		enumtest.Of(map[string]FulfillmentType{
			"FulfillmentVideo":        FulfillmentVideo,
			"FulfillmentAudio":        FulfillmentAudio,
			"FulfillmentImage":        FulfillmentImage,
			"FulfillmentText":         FulfillmentText,
			"FulfillmentTextAndImage": FulfillmentTextAndImage,
			"FulfillmentRichText":     FulfillmentRichText,
			"FulfillmentOther":        FulfillmentOther,
		}),
		enumtest.Of(map[string]RefundType{
			"RefundDaysUnused":  RefundDaysUnused,
			"RefundLowProgress": RefundLowProgress,
		}),
	)
}
