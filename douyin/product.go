package douyin

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
)

// ProductEntry is one product in the states that it has. A product that is in the
// library while a change to it is under review has both. Entries share no Product.
type ProductEntry struct {
	OnShelf   *Product `json:"product_on_shelf" wire:"essential,nothing,alias=product_onshelf"` // as it is in the library (入库课程), on sale or not; nil if it is not there
	Reviewing *Product `json:"product_reviewing" wire:"essential,nothing"`                      // as it is under review (审核中课程); nil if it is not
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
	ProductID         int64             `json:"product_id" wire:"essential,alias=common_product_info.product_id"` // the product's id (课程 id)
	ProductType       ProductType       `json:"product_type" wire:"alias=common_product_info.product_type"`       // kind of product (课程类型)
	ProductStatus     ProductStatus     `json:"product_status" wire:"essential,nothing"`                          // on sale or under review (课程状态)
	CommonProductInfo CommonProductInfo `json:"common_product_info" wire:"essential,nothing"`                     // what products of all kinds have (通用课程信息)
	CourseInfo        CourseInfo        `json:"course_info"`                                                      // what only courses have (课程信息)
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

// ProductStatus is the status of a product (product_status, 课程状态).
type ProductStatus struct {
	// Status has different values for ProductEntry.OnShelf and for Reviewing: see
	// OnShelfStatus and ReviewStatus.
	Status        int    `json:"status" wire:"essential"`
	RejectReason  string `json:"reject_reason"`   // why it is off the shelf or was rejected (下架或审核不通过原因)
	LatestAuditID string `json:"latest_audit_id"` // id of the last review (最近一次审核ID)
}

// OnShelfStatus returns the status of a ProductEntry.OnShelf.
func (s ProductStatus) OnShelfStatus() OnShelfStatus { return OnShelfStatus(s.Status) }

// ReviewStatus returns the status of a ProductEntry.Reviewing.
func (s ProductStatus) ReviewStatus() ReviewStatus { return ReviewStatus(s.Status) }

// OnShelfStatus tells whether a product of the library is on sale.
type OnShelfStatus int

// The states of a product of the library.
const (
	OnShelf  OnShelfStatus = 1 // on sale (上架)
	OffShelf OnShelfStatus = 2 // not on sale (下架)
)

var onShelfStatusNames = map[OnShelfStatus]string{OnShelf: "OnShelf", OffShelf: "OffShelf"}

// String returns the name of the constant, such as OffShelf, or OnShelfStatus(7) for a
// value without a name.
func (s OnShelfStatus) String() string { return enum.Name(s, onShelfStatusNames) }

// ReviewStatus is the state of a review.
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
	AppID       string `json:"appid"`        // id of the mini app (小程序 appid)
	FirstClass  int64  `json:"first_class"`  // top-level course category (一级课程分类), such as 10000; see 课程开放分类规范
	SecondClass int64  `json:"second_class"` // category below FirstClass (二级课程分类), such as 10100
	ThirdClass  int64  `json:"third_class"`  // category below SecondClass (三级课程分类), 0 if the course has only two levels; only in the sample of the document
	Title       string `json:"title"`        // the course's name (课程名称)
	// QualificationURIs are addresses of the course's qualification documents
	// (课程资质); the vendor's tables name the field qualification_urls.
	QualificationURIs      []string             `json:"qualification_uris" wire:"alias=qualification_urls"`
	PurchasePrecaution     string               `json:"purchase_precaution"`                 // notes for buyers (购物须知)
	ProductFulfillmentList []ProductFulfillment `json:"product_fulfillment_lst"`             // what the buyer gets (课程履约列表)
	IndustryType           IndustryType         `json:"industry_type"`                       // line of business (行业类目)
	PriceInfo              PriceInfo            `json:"price_info" wire:"essential,nothing"` // prices (价格信息)
	PathInfoList           []PathInfo           `json:"path_info_lst"`                       // pages of the mini app, for distribution (路径信息列表)
	ProductDetailList      []ProductDetail      `json:"product_detail_lst"`                  // the parts of the product's description (课程详情列表)
	AnchorInfo             AnchorInfo           `json:"anchor_info"`                         // the link under videos (锚点信息)
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
	FulfillmentContent FulfillmentContent `json:"fulfillment_content"` // what can be studied after the purchase (履约详情)
	FulfillmentType    FulfillmentType    `json:"fulfillment_type"`    // in what form (履约类型)
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
	FulfillmentURI string `json:"fulfillment_uri" wire:"alias=fulfillment_url"` // of a file (履约文件资源uri)
	Text           string `json:"text"`                                         // the text, for FulfillmentText (文字内容)
	Name           string `json:"name"`                                         // the content's name (履约内容名称)
}

// PriceInfo is what a product costs (price_info, 价格信息). All prices are in
// fen (分), a hundredth of a yuan; the methods return them as edusdk.Fen, which prints
// yuan.
type PriceInfo struct {
	Unit          string `json:"unit"`                             // what the price is for (价格粒度单位), such as "节", a lesson
	Price         int64  `json:"price" wire:"essential"`           // before discounts (优惠活动前的服务原始价格)
	RealPrice     int64  `json:"real_price" wire:"essential"`      // to be paid (当前服务的实际成交价格)
	RangeMinPrice int64  `json:"range_min_price" wire:"essential"` // lowest price to be paid (最低价格), 0 if there is no range
	RangeMaxPrice int64  `json:"range_max_price" wire:"essential"` // highest price to be paid (最高价格), 0 if there is no range
}

// PriceFen returns Price as an amount of money.
func (p PriceInfo) PriceFen() edusdk.Fen { return edusdk.Fen(p.Price) }

// RealPriceFen returns RealPrice as an amount of money.
func (p PriceInfo) RealPriceFen() edusdk.Fen { return edusdk.Fen(p.RealPrice) }

// RangeFen returns RangeMinPrice and RangeMaxPrice as amounts of money, and whether
// there is a range.
func (p PriceInfo) RangeFen() (lowest, highest edusdk.Fen, ok bool) {
	return edusdk.Fen(p.RangeMinPrice), edusdk.Fen(p.RangeMaxPrice), p.RangeMinPrice != 0 || p.RangeMaxPrice != 0
}

// PathInfo is a page of the mini app (path_info_lst, 路径信息).
type PathInfo struct {
	Path  string `json:"path"`  // such as "page/index/index"
	Query Query  `json:"query"` // parameters of the page, such as course_id
}

// Query holds the parameters of a PathInfo, by name. A value that is not a string is
// kept as JSON.
type Query map[string]string

// UnmarshalJSON reads an object with values of any type, or a string such as
// "a=1&b=2". An empty list or false means no parameters.
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

var errQuery error = &lenient.Error{Field: "query", Problem: "is neither an object nor a string of parameters, each of them once"}

// ProductDetail is a part of a product's description (product_detail_lst,
// 课程详情): a text, an image or a rich text.
type ProductDetail struct {
	Text     string   `json:"text"`                         // plain text
	ImgURI   string   `json:"img_uri" wire:"alias=img_url"` // address of an image
	RichText RichText `json:"rich_text"`                    // text with markup (富文本内容)
}

// RichText is a rich text in its parts (rich_text, 富文本内容). The vendor writes a
// part as a string or as an object; UnmarshalJSON reads either, and arrays of them.
type RichText []RichTextPart

// RichTextPart is a part of a RichText.
type RichTextPart struct {
	Text string `json:"text"` // markup that is not escaped (不转义): sanitize it before showing it
}

// String returns the concatenated texts of the parts.
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

var errRichText error = &lenient.Error{Field: "rich_text", Problem: "is neither a string nor an object with a text"}

// AnchorInfo is how a product is linked from videos (anchor_info, 锚点信息).
type AnchorInfo struct {
	VideoAnchorInfo VideoAnchorInfo `json:"video_anchor_info"` // the link
}

// VideoAnchorInfo is a link that is shown with a video.
type VideoAnchorInfo struct {
	AnchorTitle string `json:"anchor_title"` // text of the link, such as "python入门教程"; not described in the document
}

// CourseInfo is what only courses have (course_info, 课程信息).
type CourseInfo struct {
	TeacherIntroduction string       `json:"teacher_introduction"` // introduces the teacher (老师介绍)
	TeacherID           string       `json:"teacher_id"`           // id of the teacher's qualification (教师资质id)
	InstitutionID       string       `json:"institution_id"`       // id of the institution's qualification (机构资质id)
	TeacherImgURI       string       `json:"teacher_img_uri"`      // portrait of the teacher (教师头图)
	CourseNum           int          `json:"course_num"`           // number of lessons (课程节数)
	RefundLabel         *RefundLabel `json:"refund_label"`         // nil if the product has no refund label (退款标签)
	// StartTimestamp and EndTimestamp are when the course begins and ends, 0 if
	// that is not given (课程开始时间戳, 课程结束时间戳). The document does not give
	// their unit, and its examples of eleven digits fit none.
	StartTimestamp int64     `json:"start_timestamp"`
	EndTimestamp   int64     `json:"end_timestamp"`
	UseLabel       *UseLabel `json:"use_label"` // nil if the product has no use label (使用标签)
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
