package duobeiyun

import (
	"context"

	"github.com/edusdk/edusdk/internal/transport"
)

// MerchantService tells about the account (机构).
type MerchantService struct{ *core }

// Merchant is the account. The document gives no unit for the amounts; they
// are money, presumably in yuan.
type Merchant struct {
	Name             string  `json:"name"`
	VideoUnitPrice   float64 `json:"videoUnitPrice" wire:"essential"` // of a room with video
	UnitPrice        float64 `json:"unitPrice" wire:"essential"`      // of a room without
	Mobile           string  `json:"mobile"`                          // for the vendor's console; personal data
	RemainMoney      float64 `json:"remainMoney" wire:"essential"`
	TotalChargeMoney float64 `json:"totalChargeMoney" wire:"essential"`
	ConsumptionMoney float64 `json:"consumptionMoney" wire:"essential"`
}

var getMerchant = declare[transport.None](transport.Spec{
	Op: "Merchant.Get", Section: "查看机构详情", Path: "api/v3/merchant", Class: transport.Read,
}, func(a *merchantAnswer) *Merchant { return a.Merchant })

// Get returns the account (查看机构详情, POST api/v3/merchant).
func (s *MerchantService) Get(ctx context.Context) (*Merchant, error) {
	return getMerchant.Do(ctx, s.core, transport.None{})
}

type merchantAnswer struct {
	envelope

	Merchant *Merchant `json:"merchant" wire:"essential"`
}

func (a *merchantAnswer) Absent() string {
	if a.Merchant == nil {
		return "merchant"
	}
	return ""
}
