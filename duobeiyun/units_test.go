package duobeiyun_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/duobeiyun"
)

func TestRoomDuration(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(after time.Duration) duobeiyun.Time { return duobeiyun.Time{Time: start.Add(after)} }
	for name, c := range map[string]struct {
		room duobeiyun.Room
		want time.Duration
	}{
		"a lesson":             {duobeiyun.Room{StartTime: at(0), EndTime: at(90 * time.Minute)}, 90 * time.Minute},
		"an uploaded video":    {duobeiyun.Room{StartTime: at(0), EndTime: at(0)}, 0},
		"no end":               {duobeiyun.Room{StartTime: at(0)}, 0},
		"no start":             {duobeiyun.Room{EndTime: at(0)}, 0},
		"neither":              {duobeiyun.Room{}, 0},
		"an end before it":     {duobeiyun.Room{StartTime: at(time.Hour), EndTime: at(0)}, 0},
		"times of other zones": {duobeiyun.Room{StartTime: at(0), EndTime: duobeiyun.Time{Time: at(time.Hour).In(time.FixedZone("", 3600))}}, time.Hour},
	} {
		assert.Equal(t, c.want, c.room.Duration(), name)
	}
}

func TestMerchantInFen(t *testing.T) {
	m := duobeiyun.Merchant{VideoUnitPrice: 4, UnitPrice: 1.999, RemainMoney: 0.1 + 0.2, TotalChargeMoney: 10_000, ConsumptionMoney: -0.05}
	var texts []string
	for _, amount := range []interface{ String() string }{
		m.VideoUnitPriceFen(), m.UnitPriceFen(), m.RemainMoneyFen(), m.TotalChargeMoneyFen(), m.ConsumptionMoneyFen(),
	} {
		texts = append(texts, amount.String())
	}
	assert.Equal(t, []string{"4.00", "2.00", "0.30", "10000.00", "-0.05"}, texts)
}
