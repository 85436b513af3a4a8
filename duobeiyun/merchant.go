package duobeiyun

import (
	"context"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
	"github.com/edusdk/edusdk/internal/units"
)

// MerchantService reads the account (机构).
type MerchantService struct{ core *core }

// Merchant is the account. The document gives no unit for the amounts; they
// are money, presumably in yuan.
type Merchant struct {
	Name             string  `json:"name"`                              // the organisation's name (机构名称)
	VideoUnitPrice   float64 `json:"videoUnitPrice" wire:"essential"`   // of a room with video (视频课单价); the document does not say for how long
	UnitPrice        float64 `json:"unitPrice" wire:"essential"`        // of a room without video (普通课程单价)
	Mobile           string  `json:"mobile"`                            // phone number for the vendor's console (机构登陆手机号); personal data
	RemainMoney      float64 `json:"remainMoney" wire:"essential"`      // balance (账户余额)
	TotalChargeMoney float64 `json:"totalChargeMoney" wire:"essential"` // paid in so far (机构总充值总额)
	ConsumptionMoney float64 `json:"consumptionMoney" wire:"essential"` // spent so far (机构总消费额)
}

// VideoUnitPriceFen returns VideoUnitPrice as an amount of money. Like the other
// methods here, it takes the field to be in yuan and rounds to the nearest fen.
func (m Merchant) VideoUnitPriceFen() edusdk.Fen { return units.Yuan(m.VideoUnitPrice) }

// UnitPriceFen returns UnitPrice as an amount of money.
func (m Merchant) UnitPriceFen() edusdk.Fen { return units.Yuan(m.UnitPrice) }

// RemainMoneyFen returns RemainMoney as an amount of money.
func (m Merchant) RemainMoneyFen() edusdk.Fen { return units.Yuan(m.RemainMoney) }

// TotalChargeMoneyFen returns TotalChargeMoney as an amount of money.
func (m Merchant) TotalChargeMoneyFen() edusdk.Fen { return units.Yuan(m.TotalChargeMoney) }

// ConsumptionMoneyFen returns ConsumptionMoney as an amount of money.
func (m Merchant) ConsumptionMoneyFen() edusdk.Fen { return units.Yuan(m.ConsumptionMoney) }

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
