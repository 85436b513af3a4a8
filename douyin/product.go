package douyin

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
)

// ProductEntry is one product, in the states that it has: one that is sold and
// being changed has both. Neither is shared with another entry.
type ProductEntry struct {
	OnShelf   *Product `json:"product_on_shelf" wire:"essential,nothing,alias=product_onshelf"` // as it is in the library (入库课程), or nil
	Reviewing *Product `json:"product_reviewing" wire:"essential,nothing"`                      // as it is under review (审核中课程), or nil
}

// ID returns the product's id, from whichever state has it.
func (e ProductEntry) ID() int64 {
	if e.OnShelf != nil && e.OnShelf.ProductID != 0 {
		return e.OnShelf.ProductID
	}
	if e.Reviewing != nil {
		return e.Reviewing.ProductID
	}
	return 0
}

// Product is a course in one of its states (product_info, 课程详情).
type Product struct {
	ProductID         int64             `json:"product_id" wire:"essential,alias=common_product_info.product_id"`
	ProductType       ProductType       `json:"product_type" wire:"alias=common_product_info.product_type"`
	ProductStatus     ProductStatus     `json:"product_status" wire:"essential,nothing"`
	CommonProductInfo CommonProductInfo `json:"common_product_info" wire:"essential,nothing"`
	CourseInfo        CourseInfo        `json:"course_info"`
}

// ProductType is what a product is (课程类型).
type ProductType int

// The types of products.
const (
	ProductTypeCourse ProductType = 1 // 课程
)

var productTypeNames = map[ProductType]string{ProductTypeCourse: "ProductTypeCourse"}

// String returns the name of the constant, such as ProductTypeCourse, or ProductType(7) for a
// value without a name.
func (t ProductType) String() string { return enum.Name(t, productTypeNames) }

// ProductStatus is where a product stands (product_status, 课程状态).
type ProductStatus struct {
	// Status means one thing for ProductEntry.OnShelf and another for
	// Reviewing: see OnShelfStatus and ReviewStatus.
	Status        int    `json:"status" wire:"essential"`
	RejectReason  string `json:"reject_reason"`   // why it is off the shelf or was rejected
	LatestAuditID string `json:"latest_audit_id"` // of the last review
}

// OnShelfStatus returns the status of a ProductEntry.OnShelf.
func (s ProductStatus) OnShelfStatus() OnShelfStatus { return OnShelfStatus(s.Status) }

// ReviewStatus returns the status of a ProductEntry.Reviewing.
func (s ProductStatus) ReviewStatus() ReviewStatus { return ReviewStatus(s.Status) }

// OnShelfStatus tells whether a product of the library is for sale.
type OnShelfStatus int

// The states of a product of the library.
const (
	OnShelf  OnShelfStatus = 1 // 上架
	OffShelf OnShelfStatus = 2 // 下架
)

var onShelfStatusNames = map[OnShelfStatus]string{OnShelf: "OnShelf", OffShelf: "OffShelf"}

// String returns the name of the constant, such as OffShelf, or OnShelfStatus(7) for a
// value without a name.
func (s OnShelfStatus) String() string { return enum.Name(s, onShelfStatusNames) }

// ReviewStatus tells how far a review has come.
type ReviewStatus int

// The states of a review.
const (
	ReviewPending  ReviewStatus = 1 // 审核中
	ReviewApproved ReviewStatus = 2 // 审核通过
	ReviewRejected ReviewStatus = 3 // 审核不通过
)

var reviewStatusNames = map[ReviewStatus]string{ReviewPending: "ReviewPending", ReviewApproved: "ReviewApproved", ReviewRejected: "ReviewRejected"}

// String returns the name of the constant, such as ReviewApproved, or ReviewStatus(7) for a
// value without a name.
func (s ReviewStatus) String() string { return enum.Name(s, reviewStatusNames) }

// CommonProductInfo is what products of all kinds have (common_product_info,
// 通用课程信息).
type CommonProductInfo struct {
	AppID       string `json:"appid"`        // of the mini app
	FirstClass  int64  `json:"first_class"`  // 一级课程分类
	SecondClass int64  `json:"second_class"` // 二级课程分类
	ThirdClass  int64  `json:"third_class"`  // 三级课程分类, 0 where there is none
	Title       string `json:"title"`
	// QualificationURIs are the papers of the course; the vendor's tables call
	// them qualification_urls.
	QualificationURIs      []string             `json:"qualification_uris" wire:"alias=qualification_urls"`
	PurchasePrecaution     string               `json:"purchase_precaution"` // 购物须知
	ProductFulfillmentList []ProductFulfillment `json:"product_fulfillment_lst"`
	IndustryType           IndustryType         `json:"industry_type"`
	PriceInfo              PriceInfo            `json:"price_info" wire:"essential,nothing"`
	PathInfoList           []PathInfo           `json:"path_info_lst"`
	ProductDetailList      []ProductDetail      `json:"product_detail_lst"`
	AnchorInfo             AnchorInfo           `json:"anchor_info"`
}

// IndustryType is the line of business (行业类目).
type IndustryType int

// The lines of business.
const (
	IndustryGeneralKnowledge IndustryType = 1 // 泛知识
)

var industryTypeNames = map[IndustryType]string{IndustryGeneralKnowledge: "IndustryGeneralKnowledge"}

// String returns the name of the constant, such as IndustryGeneralKnowledge, or IndustryType(7) for a
// value without a name.
func (t IndustryType) String() string { return enum.Name(t, industryTypeNames) }

// ProductFulfillment is a part of what the buyer gets (product_fulfillment,
// 履约内容).
type ProductFulfillment struct {
	FulfillmentContent FulfillmentContent `json:"fulfillment_content"`
	FulfillmentType    FulfillmentType    `json:"fulfillment_type"`
}

// FulfillmentType is the kind of a ProductFulfillment (履约类型).
type FulfillmentType int

// The kinds of fulfillments.
const (
	FulfillmentVideo        FulfillmentType = 1   // 视频
	FulfillmentAudio        FulfillmentType = 2   // 音频
	FulfillmentImage        FulfillmentType = 3   // 图片
	FulfillmentText         FulfillmentType = 4   // 文字
	FulfillmentTextAndImage FulfillmentType = 5   // 图文
	FulfillmentRichText     FulfillmentType = 6   // 富文本
	FulfillmentOther        FulfillmentType = 100 // 其他
)

var fulfillmentTypeNames = map[FulfillmentType]string{
	FulfillmentVideo:        "FulfillmentVideo",
	FulfillmentAudio:        "FulfillmentAudio",
	FulfillmentImage:        "FulfillmentImage",
	FulfillmentText:         "FulfillmentText",
	FulfillmentTextAndImage: "FulfillmentTextAndImage",
	FulfillmentRichText:     "FulfillmentRichText",
	FulfillmentOther:        "FulfillmentOther",
}

// String returns the name of the constant, such as FulfillmentAudio, or FulfillmentType(7) for a
// value without a name.
func (t FulfillmentType) String() string { return enum.Name(t, fulfillmentTypeNames) }

// FulfillmentContent is the content of a ProductFulfillment
// (fulfillment_content, 履约详情).
type FulfillmentContent struct {
	FulfillmentURI string `json:"fulfillment_uri" wire:"alias=fulfillment_url"` // of a file
	Text           string `json:"text"`
	Name           string `json:"name"`
}

// PriceInfo is what a product costs (price_info, 价格信息). All prices are in
// fen (分), a hundredth of a yuan.
type PriceInfo struct {
	Unit          string `json:"unit"`                             // what the price is for, such as "节"
	Price         int64  `json:"price" wire:"essential"`           // before discounts
	RealPrice     int64  `json:"real_price" wire:"essential"`      // that is paid
	RangeMinPrice int64  `json:"range_min_price" wire:"essential"` // the least that is paid, 0 where there is no range
	RangeMaxPrice int64  `json:"range_max_price" wire:"essential"` // the most that is paid, 0 where there is no range
}

// PathInfo is a page of the mini app (path_info_lst, 路径信息).
type PathInfo struct {
	Path  string `json:"path"`
	Query Query  `json:"query"`
}

// Query are the parameters of a PathInfo, by name. A value that is not a text stands
// in it as its JSON.
type Query map[string]string

// UnmarshalJSON reads an object, whose values can be anything, or a text such as
// "a=1&b=2". An empty list and false are no parameters.
func (q *Query) UnmarshalJSON(data []byte) error {
	if string(data) == "false" { // as PHP writes that there are none
		*q = nil
		return nil
	}
	var text string
	if json.Unmarshal(data, &text) == nil && text != "" {
		values, err := url.ParseQuery(text)
		if err != nil {
			return errQuery
		}
		*q = Query{}
		for name, vs := range values {
			if len(vs) > 1 {
				return errQuery // of which one would be lost
			}
			(*q)[name] = vs[0]
		}
		return nil
	}
	var members map[string]json.RawMessage
	if err := lenient.Unmarshal(data, &members); err != nil {
		return errQuery
	}
	*q = nil
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		if *q == nil {
			*q = Query{}
		}
		(*q)[name] = text
	}
	return nil
}

var errQuery error = &lenient.Error{Field: "query", Problem: "is neither an object nor a text of parameters, each of them once"}

// ProductDetail is a part of a product's description (product_detail_lst,
// 课程详情): a text, an image or a rich text.
type ProductDetail struct {
	Text     string   `json:"text"`
	ImgURI   string   `json:"img_uri" wire:"alias=img_url"`
	RichText RichText `json:"rich_text"`
}

// RichText is a rich text in its parts (rich_text, 富文本内容). The vendor writes
// one part as a string or as an object; it reads either, and arrays of them.
type RichText []RichTextPart

// RichTextPart is a part of a RichText.
type RichTextPart struct {
	Text string `json:"text"` // markup, not escaped: not to be shown to anybody as it is
}

// String returns the parts in one.
func (t RichText) String() string {
	var b strings.Builder
	for _, part := range t {
		b.WriteString(part.Text)
	}
	return b.String()
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *RichText) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	parts := []json.RawMessage{data}
	if len(data) > 0 && data[0] == '[' {
		parts = nil
		if err := json.Unmarshal(data, &parts); err != nil {
			return errRichText
		}
	}
	*t = nil
	for _, part := range parts {
		if string(part) == "null" || string(part) == `""` {
			continue
		}
		var p RichTextPart
		if len(part) > 0 && part[0] == '{' {
			if lenient.Unmarshal(part, &p) != nil {
				return errRichText
			}
		} else if lenient.Unmarshal(part, &p.Text) != nil {
			return errRichText
		}
		*t = append(*t, p)
	}
	return nil
}

var errRichText error = &lenient.Error{Field: "rich_text", Problem: "is neither a text nor an object with one"}

// AnchorInfo is how a product is shown with videos (anchor_info, 锚点信息).
type AnchorInfo struct {
	VideoAnchorInfo VideoAnchorInfo `json:"video_anchor_info"`
}

// VideoAnchorInfo is a link that stands under a video.
type VideoAnchorInfo struct {
	AnchorTitle string `json:"anchor_title"`
}

// CourseInfo is what courses have (course_info, 课程信息).
type CourseInfo struct {
	TeacherIntroduction string       `json:"teacher_introduction"`
	TeacherID           string       `json:"teacher_id"`      // of the teacher's papers (教师资质 id)
	InstitutionID       string       `json:"institution_id"`  // of the institution's papers (机构资质 id)
	TeacherImgURI       string       `json:"teacher_img_uri"` // 教师头图
	CourseNum           int          `json:"course_num"`      // of lessons (课程节数)
	RefundLabel         *RefundLabel `json:"refund_label"`    // nil where there is none
	// StartTimestamp and EndTimestamp are when the course begins and ends, 0
	// where that is not said. The document does not give their unit, and its
	// examples of eleven digits fit none.
	StartTimestamp int64     `json:"start_timestamp"`
	EndTimestamp   int64     `json:"end_timestamp"`
	UseLabel       *UseLabel `json:"use_label"` // nil where there is none
}

// RefundLabel says when money is given back (refund_label, 退款标签).
type RefundLabel struct {
	Type             RefundType       `json:"type"` // which of the two counts
	DayBeforeUseInfo DayBeforeUseInfo `json:"day_before_use_info"`
	RestNotLearnInfo RestNotLearnInfo `json:"rest_not_learn_info"`
}

// RefundType is the kind of a RefundLabel.
type RefundType int

// The kinds of refunds.
const (
	RefundDaysUnused  RefundType = 1 // xx 天未学可退
	RefundLowProgress RefundType = 2 // 学习进度不足 xx 可退
)

var refundTypeNames = map[RefundType]string{RefundDaysUnused: "RefundDaysUnused", RefundLowProgress: "RefundLowProgress"}

// String returns the name of the constant, such as RefundLowProgress, or RefundType(7) for a
// value without a name.
func (t RefundType) String() string { return enum.Name(t, refundTypeNames) }

// DayBeforeUseInfo belongs to RefundDaysUnused.
type DayBeforeUseInfo struct {
	Day int `json:"day"`
}

// RestNotLearnInfo belongs to RefundLowProgress.
type RestNotLearnInfo struct {
	RestPercent float64 `json:"rest_percent"` // 50 is half
}

// UseLabel says for how long a course can be used (use_label, 使用标签): either
// until a date or for a time.
type UseLabel struct {
	ValidDate        string           `json:"valid_date"` // "" where the time counts
	DynamicValidDate DynamicValidDate `json:"dynamic_valid_date"`
}

// DynamicValidDate is a time from the purchase on.
type DynamicValidDate struct {
	Year  int `json:"year"`
	Month int `json:"month"`
	Day   int `json:"day"`
}

// held returns the entry without states that hold nothing.
func (e ProductEntry) held() ProductEntry {
	for _, state := range []**Product{&e.OnShelf, &e.Reviewing} {
		if *state != nil && reflect.ValueOf(**state).IsZero() {
			*state = nil
		}
	}
	return e
}
