package douyin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
)

func TestPricesInFen(t *testing.T) {
	p := douyin.PriceInfo{Price: 5000, RealPrice: 4901, RangeMinPrice: 3000, RangeMaxPrice: 6000}
	assert.Equal(t, "50.00", p.PriceFen().String())
	assert.Equal(t, "49.01", p.RealPriceFen().String())
	lowest, highest, ok := p.RangeFen()
	assert.Equal(t, [2]edusdk.Fen{3000, 6000}, [2]edusdk.Fen{lowest, highest})
	assert.True(t, ok)
	_, _, ok = douyin.PriceInfo{Price: 5000}.RangeFen()
	assert.False(t, ok, "a price without a range")
}

func TestRefundLabelText(t *testing.T) {
	days := func(n int) *douyin.RefundLabel {
		return &douyin.RefundLabel{Type: douyin.RefundDaysUnused, DayBeforeUseInfo: douyin.DayBeforeUseInfo{Day: n}}
	}
	percent := func(n float64) *douyin.RefundLabel {
		return &douyin.RefundLabel{Type: douyin.RefundLowProgress, RestNotLearnInfo: douyin.RestNotLearnInfo{RestPercent: n}}
	}
	for name, c := range map[string]struct {
		label            *douyin.RefundLabel
		chinese, english string
	}{
		"a day":               {days(1), "1天未学可退", "refundable if not studied for 1 day"},
		"a week":              {days(7), "7天未学可退", "refundable if not studied for 7 days"},
		"half":                {percent(50), "学习进度不足50%可退", "refundable while less than 50% has been studied"},
		"a fraction":          {percent(12.5), "学习进度不足12.5%可退", "refundable while less than 12.5% has been studied"},
		"a type that is new":  {&douyin.RefundLabel{Type: 3}, "", ""},
		"no type":             {&douyin.RefundLabel{}, "", ""},
		"a course without it": {nil, "", ""},
	} {
		assert.Equal(t, c.chinese, c.label.Text(edusdk.Chinese), name)
		assert.Equal(t, c.english, c.label.Text(edusdk.English), name)
	}
}

func TestUseLabel(t *testing.T) {
	east := time.FixedZone("UTC+8", 8*60*60)
	bought := time.Date(2026, 1, 31, 9, 30, 0, 0, east)
	on := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, east)
	}
	fixed := func(date string) *douyin.UseLabel { return &douyin.UseLabel{ValidDate: date} }
	dynamic := func(year, month, day int) *douyin.UseLabel {
		return &douyin.UseLabel{DynamicValidDate: douyin.DynamicValidDate{Year: year, Month: month, Day: day}}
	}
	both := dynamic(0, 12, 0)
	both.ValidDate = "2027-01-31"
	zero := dynamic(0, 12, 0)
	zero.ValidDate = "0"
	for name, c := range map[string]struct {
		label            *douyin.UseLabel
		chinese, english string
		expires          time.Time // zero where nobody can tell
	}{
		"a date":                    {fixed("2027-01-31"), "有效期至2027-01-31", "valid until 2027-01-31", on(2027, 2, 1, 0, 0)},
		"a date with slashes":       {fixed(" 2027/1/31 "), "有效期至2027/1/31", "valid until 2027/1/31", on(2027, 2, 1, 0, 0)},
		"a date and a time":         {fixed("2027-01-31 12:00:00"), "有效期至2027-01-31 12:00:00", "valid until 2027-01-31 12:00:00", on(2027, 1, 31, 12, 0)},
		"a time of another zone":    {fixed("2027-01-31T12:00:00Z"), "有效期至2027-01-31T12:00:00Z", "valid until 2027-01-31T12:00:00Z", on(2027, 1, 31, 20, 0)},
		"seconds since 1970":        {fixed("1801411200"), "有效期至1801411200", "valid until 1801411200", on(2027, 2, 1, 0, 0)},
		"a text that is no date":    {fixed("长期"), "有效期至长期", "valid until 长期", time.Time{}},
		"a day that does not exist": {fixed("2027-02-30"), "有效期至2027-02-30", "valid until 2027-02-30", time.Time{}},
		"twelve months":             {dynamic(0, 12, 0), "有效期12个月", "valid for 12 months", on(2027, 1, 31, 9, 30)},
		"a month that is shorter":   {dynamic(0, 1, 0), "有效期1个月", "valid for 1 month", on(2026, 2, 28, 9, 30)},
		"a leap year":               {dynamic(2, 1, 0), "有效期2年1个月", "valid for 2 years and 1 month", on(2028, 2, 29, 9, 30)},
		"days":                      {dynamic(0, 0, 30), "有效期30天", "valid for 30 days", on(2026, 3, 2, 9, 30)},
		"all three":                 {dynamic(1, 6, 15), "有效期1年6个月15天", "valid for 1 year, 6 months and 15 days", on(2027, 8, 15, 9, 30)},
		"both":                      {both, "有效期至2027-01-31", "valid until 2027-01-31", on(2027, 2, 1, 0, 0)},
		"a date that is unset":      {zero, "有效期12个月", "valid for 12 months", on(2027, 1, 31, 9, 30)},
		"neither":                   {fixed(""), "", "", time.Time{}},
		"a negative time":           {dynamic(0, -1, 3), "", "", time.Time{}},
		"a time that is too long":   {dynamic(1<<62, 0, 0), "", "", time.Time{}},
		"a course without it":       {nil, "", "", time.Time{}},
	} {
		assert.Equal(t, c.chinese, c.label.Text(edusdk.Chinese), name)
		assert.Equal(t, c.english, c.label.Text(edusdk.English), name)
		expires, ok := c.label.Expires(bought.UTC())
		assert.Equal(t, !c.expires.IsZero(), ok, "whether it is known when it expires: %s", name)
		assert.True(t, c.expires.Equal(expires), "%s expires at %s, not %s", name, expires, c.expires)
		if ok {
			assert.Equal(t, "2", expires.Format("2006")[:1], "the year of %s", name)
			_, offset := expires.Zone()
			assert.Equal(t, 8*60*60, offset, "the zone of %s", name)
		}
	}
	_, ok := dynamic(0, 12, 0).Expires(time.Time{})
	assert.False(t, ok, "a time from a purchase that is not known")
}
