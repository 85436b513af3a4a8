package douyin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID  = "canary-appid"
	secret = "canary-secret"
	bearer = "canary-token"
)

// mocked returns a client with a static token and the mock that answers it.
func mocked(t testing.TB, answer httpmock.Responder, opts ...edusdk.Option) (*douyin.Client, *httpmock.MockTransport) {
	t.Helper()
	return mockedWith(t, douyin.Config{AppID: appID, Token: douyin.StaticToken(bearer)}, answer, opts...)
}

func mockedWith(t testing.TB, cfg douyin.Config, answer httpmock.Responder, opts ...edusdk.Option) (*douyin.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := testkit.Mock(answer)
	c, err := douyin.New(cfg, append([]edusdk.Option{
		edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}),
	}, opts...)...)
	require.NoError(t, err)
	return c, mock
}

func sample(t testing.TB) string {
	t.Helper()
	return testkit.Fixture(t, "products.json")
}

const sampleID = 5432181212227612345

// want returns what testdata/products.json, the document's sample with values,
// holds.
func want() douyin.ProductEntry {
	common := func() douyin.CommonProductInfo {
		return douyin.CommonProductInfo{
			AppID: "tt77fd0140e89bba1234", FirstClass: 10000, SecondClass: 10100, ThirdClass: 10101, Title: "python入门教程",
			QualificationURIs:  []string{"product/resource/qualification1.jpg", "product/resource/qualification2.jpg"},
			PurchasePrecaution: "购买后如何观看课程?",
			ProductFulfillmentList: []douyin.ProductFulfillment{
				{
					FulfillmentContent: douyin.FulfillmentContent{FulfillmentURI: "product/resource/0001", Text: "面向对象编程", Name: "课程履约视频"},
					FulfillmentType:    douyin.FulfillmentVideo,
				},
				{
					FulfillmentContent: douyin.FulfillmentContent{FulfillmentURI: "product/resource/1001", Text: "附件", Name: "课程资料"},
					FulfillmentType:    douyin.FulfillmentOther,
				},
			},
			IndustryType: douyin.IndustryGeneralKnowledge,
			PriceInfo:    douyin.PriceInfo{Unit: "节", Price: 5000, RealPrice: 4900, RangeMinPrice: 3000, RangeMaxPrice: 6000},
			PathInfoList: []douyin.PathInfo{{Path: "page/index/index", Query: map[string]string{"course_id": "382648", "from": "video"}}},
			ProductDetailList: []douyin.ProductDetail{
				{Text: "1. python安装步骤", ImgURI: "product/resource/5001"},
				{RichText: douyin.RichText{{Text: "<p>2. python语法</p>"}}},
			},
			AnchorInfo: douyin.AnchorInfo{VideoAnchorInfo: douyin.VideoAnchorInfo{AnchorTitle: "python入门教程"}},
		}
	}
	changed := common()
	changed.Title, changed.ThirdClass = "python入门教程（新版）", 0
	changed.PriceInfo.RangeMinPrice, changed.PriceInfo.RangeMaxPrice = 0, 0
	changed.ProductDetailList = []douyin.ProductDetail{
		{RichText: douyin.RichText{{Text: "<p>新</p>"}}},
		{RichText: douyin.RichText{{Text: "<p>a</p>"}, {Text: "<p>b</p>"}}},
	}
	return douyin.ProductEntry{
		OnShelf: &douyin.Product{
			ProductID: sampleID, ProductType: douyin.ProductTypeCourse,
			ProductStatus:     douyin.ProductStatus{Status: 2, RejectReason: "图片不符合要求", LatestAuditID: "KNC12344"},
			CommonProductInfo: common(),
			CourseInfo: douyin.CourseInfo{
				TeacherIntroduction: "张三，十年教龄", TeacherID: "T12345", InstitutionID: "I12345",
				TeacherImgURI: "product/resource/teacher", CourseNum: 12,
				RefundLabel: &douyin.RefundLabel{
					Type: douyin.RefundDaysUnused, DayBeforeUseInfo: douyin.DayBeforeUseInfo{Day: 3},
					RestNotLearnInfo: douyin.RestNotLearnInfo{RestPercent: 50},
				},
				StartTimestamp: 13214312412, EndTimestamp: 23141231232,
				UseLabel: &douyin.UseLabel{ValidDate: "2027-01-31", DynamicValidDate: douyin.DynamicValidDate{Year: 1, Month: 6, Day: 15}},
			},
		},
		Reviewing: &douyin.Product{
			ProductID: sampleID, ProductType: douyin.ProductTypeCourse,
			ProductStatus:     douyin.ProductStatus{Status: 3, RejectReason: "标题不符合要求", LatestAuditID: "KNC12345"},
			CommonProductInfo: changed,
			CourseInfo: douyin.CourseInfo{
				TeacherIntroduction: "张三，十年教龄", TeacherID: "T12345", InstitutionID: "I12345",
				TeacherImgURI: "product/resource/teacher", CourseNum: 12,
				RefundLabel: &douyin.RefundLabel{
					Type: douyin.RefundLowProgress, DayBeforeUseInfo: douyin.DayBeforeUseInfo{Day: 3},
					RestNotLearnInfo: douyin.RestNotLearnInfo{RestPercent: 50},
				},
			},
		},
	}
}

func TestQueryProductsOnTheWire(t *testing.T) {
	c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, "POST https://developer-product.zijieapi.com/product/api/query", r.Method+" "+r.URL.String())
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, `{"access_token":"canary-token","appid":"canary-appid","product_ids":[5432181212227612345,9007199254740993]}`, string(body)) //nolint:testifylint // the bytes count
		return httpmock.NewStringResponse(200, sample(t)), nil
	})
	got, err := c.QueryProducts(t.Context(), sampleID, 9007199254740993, sampleID)
	require.NoError(t, err)
	assert.Equal(t, &douyin.ProductsResult{
		Products: []douyin.ProductEntry{want()}, Missing: []int64{9007199254740993}, LogIDs: []string{"20260302090000ABCDEF"},
	}, got)
	assert.Equal(t, 1, mock.GetTotalCallCount())
	assert.Equal(t, douyin.OffShelf, got.Products[0].OnShelf.ProductStatus.OnShelfStatus())
	assert.Equal(t, douyin.ReviewRejected, got.Products[0].Reviewing.ProductStatus.ReviewStatus())
	assert.Equal(t, "<p>a</p><p>b</p>", got.Products[0].Reviewing.CommonProductInfo.ProductDetailList[1].RichText.String())
}

func TestProductsSurviveBeingStored(t *testing.T) {
	stored, err := json.Marshal(want())
	require.NoError(t, err)
	var got douyin.ProductEntry
	require.NoError(t, json.Unmarshal(stored, &got))
	assert.Equal(t, want(), got)
}

func TestStoredProductsHaveTheDocumentsNames(t *testing.T) {
	var answer struct {
		Data struct {
			Products []map[string]any `json:"products"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(sample(t)), &answer))
	stored, err := json.Marshal(want())
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(stored, &got))
	assertNames(t, "entry", answer.Data.Products[0], got)
}

// assertNames asserts that have has all the names that want has.
func assertNames(t *testing.T, path string, want, have any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, ok := have.(map[string]any)
		if path = strings.TrimPrefix(path, "."); !ok {
			assert.True(t, strings.HasSuffix(path, "rich_text"), "%s is an object", path)
			return
		}
		for name, v := range want {
			if assert.Contains(t, have, name, path) {
				assertNames(t, path+"."+name, v, have[name])
			}
		}
	case []any:
		have, _ := have.([]any)
		require.Len(t, have, len(want), path)
		for i := range want {
			assertNames(t, path, want[i], have[i])
		}
	}
}

func TestOtherSpellingsAndTypes(t *testing.T) {
	tests := map[string]func(string) string{
		"product_onshelf":    replacer("product_on_shelf", "product_onshelf"),
		"qualification_urls": replacer("qualification_uris", "qualification_urls"),
		"fulfillment_url":    replacer("fulfillment_uri", "fulfillment_url"),
		"img_url":            replacer(`"img_uri"`, `"img_url"`),
		"rich text: object":  replacer(`"<p>2. python语法</p>"`, `{"text":"<p>2. python语法</p>"}`),
		"rich text: array":   replacer(`"<p>2. python语法</p>"`, `[null,"",{"text":"<p>2. python语法</p>"}]`),
		"rich text: objects": replacer(`"<p>a</p>"`, `{"text":"<p>a</p>"}`),
		"rich text: strings": replacer(`"text": "<p>b</p>"`, `"text":"<p>b</p>","more":[1]`),
		"id in the common info": func(s string) string {
			s = strings.ReplaceAll(s, `"product_id": 5432181212227612345`, `"x": 1`)
			return strings.ReplaceAll(s, `"appid":`, `"product_id":5432181212227612345,"appid":`)
		},
		"type in the common info": func(s string) string {
			s = strings.ReplaceAll(s, `"product_type": 1`, `"y": 1`)
			return strings.ReplaceAll(s, `"appid":`, `"product_type":1,"appid":`)
		},
		"id of the reviewed state alone": func(s string) string {
			return strings.Replace(s, `"product_id": 5432181212227612345,`, ``, 1)
		},
		"numbers as strings": func(s string) string {
			for _, field := range []string{
				"product_id", "product_type", "status", "first_class", "second_class", "third_class", "industry_type",
				"fulfillment_type", "price", "real_price", "range_min_price", "range_max_price", "course_num", "type", "day",
				"rest_percent", "start_timestamp", "end_timestamp", "year", "month", "err_no",
			} {
				s = quoteNumbers(s, `"`+field+`": `)
			}
			return s
		},
		"numbers for strings": replacer(`"382648"`, `382648`),
		"in two entries": func(s string) string {
			return strings.Replace(s, `"product_reviewing"`, `"x":1},{"product_reviewing"`, 1)
		},
		"nothing in the other state": func(s string) string {
			s = strings.Replace(s, `"products": [`, `"products": [{},{"product_on_shelf":null,"product_reviewing":""},`, 1)
			return strings.Replace(s, `"product_reviewing"`, `"x":1},{"product_on_shelf":{},"product_onshelf":[],"product_reviewing"`, 1)
		},
		"unknown fields":    replacer(`"title"`, `"new":{"a":[1,"2"]},"title"`),
		"data.error_code 0": replacer(`"products"`, `"error_code":0,"description":"","products"`),
		"data.error_code 0 alone": func(s string) string {
			return replacer(`"products"`, `"error_code":"0","products"`)(replacer(`"err_no"`, `"x"`)(s))
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			changed := change(sample(t))
			require.NotEqual(t, sample(t), changed)
			c, _ := mocked(t, httpmock.NewStringResponder(200, changed))
			got, err := c.QueryProducts(t.Context(), sampleID)
			require.NoError(t, err)
			require.Len(t, got.Products, 1)
			entry := want()
			if strings.HasPrefix(name, "id of the reviewed") {
				entry.OnShelf.ProductID = 0
			}
			assert.Equal(t, entry, got.Products[0])
			assert.Equal(t, int64(sampleID), got.Products[0].ID())
			assert.Empty(t, got.Missing)
		})
	}
}

func replacer(old, replacement string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, replacement) }
}

// quoteNumbers makes strings of the numbers of a field.
func quoteNumbers(s, field string) string {
	parts := strings.Split(s, field)
	for i := 1; i < len(parts); i++ {
		end := strings.IndexAny(parts[i], ",\n}")
		if _, err := fmt.Sscanf(parts[i][:end], "%d", new(int64)); err == nil {
			parts[i] = `"` + parts[i][:end] + `"` + parts[i][end:]
		}
	}
	return strings.Join(parts, field)
}

func TestProductsThatWereNotAskedFor(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"err_no":0,"data":{"products":[
		{"product_on_shelf":{"product_type":1}}, {"product_on_shelf":{"product_id":3}}, {"product_reviewing":{"product_id":1}}]}}`))
	got, err := c.QueryProducts(t.Context(), 2, 1)
	require.NoError(t, err)
	assert.Equal(t, []int64{1, 0, 3}, ids(got), "what was asked for comes first")
	assert.Equal(t, []int64{2}, got.Missing)
	assert.Equal(t, int64(0), douyin.ProductEntry{}.ID())
}

func TestAnAnswerWithoutProducts(t *testing.T) {
	for _, data := range []string{`{}`, `{"products":null}`, `{"products":[]}`, `{"products":{}}`} {
		t.Run(data, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, `{"err_no":0,"log_id":"L","data":`+data+`}`))
			got, err := c.QueryProducts(t.Context(), 2, 1)
			require.NoError(t, err)
			assert.Equal(t, &douyin.ProductsResult{Missing: []int64{2, 1}, LogIDs: []string{"L"}}, got)
		})
	}
}

func ids(r *douyin.ProductsResult) []int64 {
	var ids []int64
	for _, entry := range r.Products {
		ids = append(ids, entry.ID())
	}
	return ids
}

func TestFailures(t *testing.T) {
	failed := func(code string) string { return `{"err_no":` + code + `,"err_msg":"no","log_id":"L1","data":null}` }
	tests := map[string]struct {
		status   int
		body     string
		kind     edusdk.Kind
		code     string
		message  string
		logID    string
		attempts int
	}{
		"token invalid":        {200, failed("28001003"), edusdk.ErrUnauthenticated, douyin.CodeTokenInvalid, "no", "L1", 1},
		"system":               {200, failed("28001005"), edusdk.ErrUnavailable, douyin.CodeSystem, "no", "L1", 3},
		"network":              {200, failed("28001006"), edusdk.ErrUnavailable, douyin.CodeNetwork, "no", "L1", 3},
		"parameter":            {200, failed("28001007"), edusdk.ErrInvalidArgument, douyin.CodeParameter, "no", "L1", 1},
		"token expired":        {200, failed("28001008"), edusdk.ErrUnauthenticated, douyin.CodeTokenExpired, "no", "L1", 1},
		"no capability":        {200, failed("28001018"), edusdk.ErrPermissionDenied, douyin.CodeNoCapability, "no", "L1", 1},
		"capability forbidden": {200, failed("28001019"), edusdk.ErrPermissionDenied, douyin.CodeCapabilityForbidden, "no", "L1", 1},
		"quota":                {200, failed("28003017"), edusdk.ErrResourceExhausted, douyin.CodeQuota, "no", "L1", 1},
		"rate":                 {200, failed("28003018"), edusdk.ErrResourceExhausted, douyin.CodeRate, "no", "L1", 3},
		"unknown code":         {200, failed("99"), edusdk.ErrUnknown, "99", "no", "L1", 1},
		"code in a string":     {200, failed(`"28001007"`), edusdk.ErrInvalidArgument, douyin.CodeParameter, "no", "L1", 1},
		"under a status":       {403, failed("28001018"), edusdk.ErrPermissionDenied, douyin.CodeNoCapability, "no", "L1", 1},
		"err_tips":             {200, `{"err_no":99,"err_tips":"tip","log_id":"L1"}`, edusdk.ErrUnknown, "99", "tip", "L1", 1},
		"data.error_code":      {200, `{"data":{"error_code":28001007,"description":"words"},"extra":{"logid":"L2"}}`, edusdk.ErrInvalidArgument, "28001007", "words", "L2", 1},
		"data.log_id":          {200, `{"data":{"error_code":28001007,"description":"words","log_id":"L3"}}`, edusdk.ErrInvalidArgument, "28001007", "words", "L3", 1},
		"message":              {200, `{"data":{"error_code":99},"message":"words"}`, edusdk.ErrUnknown, "99", "words", "", 1},
		"unknown under a 403":  {403, failed("99"), edusdk.ErrPermissionDenied, "99", "no", "L1", 1},
		"unknown under a 500":  {500, failed("99"), edusdk.ErrUnavailable, "99", "no", "L1", 3},
		"known under a 500":    {500, failed("28001018"), edusdk.ErrPermissionDenied, douyin.CodeNoCapability, "no", "L1", 1},
		"both codes":           {200, `{"err_no":0,"data":{"error_code":28003017,"description":"words"},"log_id":"L1"}`, edusdk.ErrResourceExhausted, "28003017", "words", "L1", 1},
		"other data":           {200, `{"err_no":99,"err_msg":"no","log_id":"L1","data":"oops"}`, edusdk.ErrUnknown, "99", "no", "L1", 1},
		"data is an array":     {200, `{"err_no":99,"err_msg":"no","log_id":"L1","data":[1]}`, edusdk.ErrUnknown, "99", "no", "L1", 1},
		"words of ours":        {200, `{"err_no":99,"err_msg":"bad canary-token of canary-appid","log_id":"canary-token"}`, edusdk.ErrUnknown, "99", "bad [redacted] of [redacted]", "[redacted]", 1},
		"log_id of ours":       {200, `{"log_id":"x-canary-token"}`, edusdk.ErrMalformedResponse, "", "", "", 2},
		"no err_no":            {200, `{"err_msg":"","log_id":"L1","data":{"products":[]}}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"empty err_no":         {200, `{"err_no":"","log_id":"L1","data":{"products":[]}}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"null err_no":          {200, `{"err_no":null,"log_id":"L1","data":{"products":[]}}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"no data":              {200, `{"err_no":0,"log_id":"L1"}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"null data":            {200, `{"err_no":0,"log_id":"L1","data":null}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"data is a text":       {200, `{"err_no":0,"log_id":"L1","data":"x"}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"products are a text":  {200, `{"err_no":0,"log_id":"L1","data":{"products":""}}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"products are false":   {200, `{"err_no":0,"log_id":"L1","data":{"products":false}}`, edusdk.ErrMalformedResponse, "", "", "L1", 2},
		"cut off":              {200, `{"err_no":0,"data":{"products":[`, edusdk.ErrMalformedResponse, "", "", "", 2},
		"web page":             {200, `<html>`, edusdk.ErrUnavailable, "", "", "", 2},
		"empty":                {200, ``, edusdk.ErrMalformedResponse, "", "", "", 2},
		"text":                 {200, `ok`, edusdk.ErrMalformedResponse, "", "", "", 2},
		"unauthorized":         {401, `unauthorized`, edusdk.ErrUnauthenticated, "", "", "", 1},
		"not found":            {404, `<html>`, edusdk.ErrUnavailable, "", "", "", 1},
		"server error":         {500, `<html>`, edusdk.ErrUnavailable, "", "", "", 3},
		"success under a 500":  {500, `{"err_no":0,"data":{"products":[]}}`, edusdk.ErrUnavailable, "", "", "", 3},
		"rate limit":           {429, ``, edusdk.ErrResourceExhausted, "", "", "", 3},
		"redirect":             {302, ``, edusdk.ErrMalformedResponse, "", "", "", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(tt.status, tt.body))
			_, err := c.QueryProducts(t.Context(), 1)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{"douyin", "QueryProducts", tt.kind, tt.code, tt.message, tt.logID, tt.status, tt.attempts},
				[]any{e.Vendor, e.Op, e.Kind, e.Code, e.Message, e.RequestID, e.HTTPStatus, e.Attempts})
			assert.Equal(t, tt.attempts, mock.GetTotalCallCount())
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, *e), "canary")
			if tt.code != "" && !strings.HasPrefix(name, "unknown under") {
				assert.Equal(t, tt.kind, douyin.KindOfCode(tt.code))
			}
		})
	}
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	for body, field := range map[string]string{
		`{"data":{}}`: "err_no", `{"err_no":"","data":{}}`: "err_no", `{"err_no":0}`: "data", `{"err_no":0,"data":null}`: "data",
	} {
		c, _ := mocked(t, httpmock.NewStringResponder(200, body))
		_, err := c.QueryProducts(t.Context(), 1)
		require.ErrorContains(t, err, "field "+field+": is missing", body)
	}
}

// The log_id that stands behind what cannot be read is in the error all the same.
func TestTheLogIDOfAnAnswerThatCannotBeRead(t *testing.T) {
	const unreadable = `{"err_no":0,"data":{"products":7},"log_id":"L1"}`
	renewed := sourceFunc(func() (edusdk.Token, error) { return edusdk.Token{Value: "canary-renewed"}, nil })
	for name, tt := range map[string]struct {
		source     douyin.TokenSource
		body, want string
		code       string
	}{
		"static token":               {douyin.StaticToken(bearer), unreadable, "L1", ""},
		"token of a source":          {renewed, unreadable, "L1", ""},
		"static token, echoed":       {douyin.StaticToken(bearer), `{"log_id":"x-canary-token"}`, "", ""},
		"token of a source, echoed":  {renewed, `{"log_id":"x-canary-renewed"}`, "", ""},
		"app id, echoed":             {renewed, `{"log_id":"x-canary-appid"}`, "", ""},
		"an error_code beside chaos": {renewed, `{"err_no":0,"data":{"error_code":99,"description":{},"products":7},"log_id":"L1"}`, "L1", "99"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mockedWith(t, douyin.Config{AppID: appID, Token: tt.source}, httpmock.NewStringResponder(200, tt.body))
			_, err := c.QueryProducts(t.Context(), 1)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []string{tt.want, tt.code}, []string{e.RequestID, e.Code})
			assert.NotContains(t, fmt.Sprintf("%+v", err), "canary")
		})
	}
}

func TestTheLogIDOfTheHeader(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"success without": {`{"err_no":0,"data":{"products":[]}}`, "H1"},
		"success with":    {`{"err_no":0,"data":{"products":[]},"log_id":"L1"}`, "L1"},
		"failure without": {`{"err_no":99}`, "H1"},
		"failure with":    {`{"err_no":99,"extra":{"logid":"L1"}}`, "L1"},
		"other data":      {`{"err_no":99,"data":"x"}`, "H1"},
		"unreadable":      {`{"err_no":0,"data":"x"}`, "H1"},
		"broken":          {`{"err_no":0,`, "H1"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := httpmock.NewStringResponse(200, tt.body)
			resp.Header.Set("X-Tt-Logid", "H1")
			c, _ := mocked(t, httpmock.ResponderFromResponse(resp))
			got, err := c.QueryProducts(t.Context(), 1)
			if strings.HasPrefix(name, "success") {
				require.NoError(t, err)
				assert.Equal(t, []string{tt.want}, got.LogIDs)
				return
			}
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.want, e.RequestID)
		})
	}
}

func TestTheLogIDIsThatOfTheLastAnswer(t *testing.T) {
	c, _ := mocked(t, httpmock.NewStringResponder(200, `{"log_id":"old"}`).Then(httpmock.NewStringResponder(500, `<html>`)).
		Then(httpmock.NewStringResponder(500, `<html>`)))
	_, err := c.QueryProducts(t.Context(), 1)
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	assert.Empty(t, e.RequestID)
	assert.Equal(t, 3, e.Attempts)
}

func TestBadIDsAreNotSent(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, ""))
	for name, ids := range map[string][]int64{"none": {}, "zero": {1, 0}, "negative": {-1, 2}} {
		t.Run(name, func(t *testing.T) {
			_, err := c.QueryProducts(t.Context(), ids...)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, "ids", f.Field)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		})
	}
	_, err := c.QueryProducts(nil, 1) //nolint:staticcheck // it is what is tested
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestTheFirstErrorCancelsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun, cancelled atomic.Int64
		c, _ := mockedWith(t, douyin.Config{AppID: appID, Token: douyin.StaticToken(bearer), Concurrency: 3}, func(r *http.Request) (*http.Response, error) {
			if begun.Add(1) == 3 {
				time.Sleep(time.Second) // of the bubble's time
				return httpmock.NewStringResponse(200, `{"err_no":28001018,"err_msg":"no","log_id":"L"}`), nil
			}
			<-r.Context().Done()
			cancelled.Add(1)
			return nil, r.Context().Err()
		})
		got, err := c.QueryProducts(t.Context(), sequence(5000)...)
		assert.Nil(t, got)
		require.ErrorIs(t, err, edusdk.ErrPermissionDenied)
		synctest.Wait() // the mock returns before its responders do
		assert.EqualValues(t, 3, begun.Load(), "those that waited are not begun")
		assert.EqualValues(t, 2, cancelled.Load())
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	for name, tt := range map[string]struct{ set, want int64 }{"default": {0, 10}, "set": {2, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int64
				c, mock := mockedWith(t, douyin.Config{AppID: appID, Token: douyin.StaticToken(bearer), Concurrency: int(tt.set)}, func(*http.Request) (*http.Response, error) {
					n := now.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					time.Sleep(time.Second) // of the bubble's time
					now.Add(-1)
					return httpmock.NewStringResponse(200, `{"err_no":0,"data":{"products":[]}}`), nil
				})
				_, err := c.QueryProducts(t.Context(), sequence(20*500)...)
				require.NoError(t, err)
				assert.Equal(t, 20, mock.GetTotalCallCount())
				assert.Equal(t, tt.want, most.Load())
			})
		})
	}
}

// In the bubble's time nothing but the requests takes any.
func TestAQueryTakesAsLongAsItsSlowestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		c, mock := mocked(t, func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Duration(n.Add(1)) * time.Second)
			return httpmock.NewStringResponse(200, `{"err_no":0,"data":{"products":[]}}`), nil
		})
		start := time.Now()
		got, err := c.QueryProducts(t.Context(), sequence(5000)...)
		require.NoError(t, err)
		assert.Len(t, got.Missing, 5000)
		assert.Equal(t, 10, mock.GetTotalCallCount())
		assert.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestTheCallersContextEndsAQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, mock := mocked(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.QueryProducts(ctx, sequence(1000)...)
		require.ErrorIs(t, err, edusdk.ErrDeadlineExceeded)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 2, mock.GetTotalCallCount())

		why, because := context.WithCancelCause(t.Context())
		because(io.EOF)
		_, err = c.QueryProducts(why, 1)
		require.ErrorIs(t, err, edusdk.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		var e *edusdk.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "QueryProducts", e.Op)
	})
}

// sequence returns 1 to n.
func sequence(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

func TestCall(t *testing.T) {
	for name, tt := range map[string]struct {
		args any
		body string
	}{
		"struct": {struct {
			ID int64 `json:"product_id"`
		}{sampleID}, `{"access_token":"canary-token","appid":"canary-appid","product_id":5432181212227612345}`},
		"map":       {map[string]any{"product_id": int64(sampleID)}, `{"access_token":"canary-token","appid":"canary-appid","product_id":5432181212227612345}`},
		"empty map": {map[string]any{}, `{"access_token":"canary-token","appid":"canary-appid"}`},
		"none":      {nil, `{"access_token":"canary-token","appid":"canary-appid"}`},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, []string{"/product/api/other", tt.body}, []string{r.URL.Path, string(body)})
				return httpmock.NewStringResponse(200, `{"err_no":0,"data":{"n":"5"}}`), nil
			})
			var out struct{ N int }
			require.NoError(t, c.Call(t.Context(), http.MethodPost, "/product/api/other", tt.args, &out))
			assert.Equal(t, 5, out.N)
			require.NoError(t, c.Call(t.Context(), http.MethodPost, "product/api/other", tt.args, nil))
		})
	}
}

func TestCallRefuses(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, ""))
	for name, tt := range map[string]struct {
		method, path string
		args         any
		field        string
	}{
		"PUT":            {http.MethodPut, "a", nil, "method"},
		"GET":            {http.MethodGet, "a", nil, "method"},
		"query":          {http.MethodPost, "a?b=c", nil, "path"},
		"no object":      {http.MethodPost, "a", 5, "args"},
		"array":          {http.MethodPost, "a", []int{5}, "args"},
		"nil map":        {http.MethodPost, "a", map[string]any(nil), "args"},
		"not encodable":  {http.MethodPost, "a", func() {}, "args"},
		"token by hand":  {http.MethodPost, "a", map[string]any{"access_token": "x"}, "access_token"},
		"app id by hand": {http.MethodPost, "a", map[string]any{"appid": "x"}, "appid"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.Call(t.Context(), tt.method, tt.path, tt.args, nil)
			require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tt.field, f.Field)
		})
	}
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestCallFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		status  int
		body    string
		kind    edusdk.Kind
		applied bool
	}{
		"vendor's code":      {200, `{"err_no":28001018,"err_msg":"no","log_id":"L1"}`, edusdk.ErrPermissionDenied, false},
		"data.error_code":    {200, `{"data":{"error_code":28001007},"log_id":"L1"}`, edusdk.ErrInvalidArgument, false},
		"system is not sure": {200, `{"err_no":28001005,"err_msg":"no","log_id":"L1"}`, edusdk.ErrUnavailable, true},
		"network, neither":   {200, `{"err_no":28001006,"err_msg":"no","log_id":"L1"}`, edusdk.ErrUnavailable, true},
		"code under a 500":   {500, `{"err_no":99,"err_msg":"no","log_id":"L1"}`, edusdk.ErrUnavailable, true},
		"no err_no":          {200, `{"data":{"n":5},"log_id":"L1"}`, edusdk.ErrMalformedResponse, true},
		"other data":         {200, `{"err_no":0,"data":"x","log_id":"L1"}`, edusdk.ErrMalformedResponse, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, httpmock.NewStringResponder(tt.status, tt.body))
			var out struct{ N int }
			err := c.Call(t.Context(), http.MethodPost, "product/api/other", nil, &out)
			require.ErrorIs(t, err, tt.kind)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{"Call", "L1", tt.status, 1, tt.applied}, []any{e.Op, e.RequestID, e.HTTPStatus, e.Attempts, edusdk.MaybeApplied(err)})
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

// closer is a transport that counts how often its connections are closed.
type closer struct {
	http.RoundTripper
	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnections(t *testing.T) {
	calls, logins := &closer{}, &closer{}
	c, err := douyin.New(douyin.Config{AppID: appID, Token: credential("", edusdk.WithTransport(logins))}, edusdk.WithTransport(calls))
	require.NoError(t, err)
	c.CloseIdleConnections()
	assert.Equal(t, []int{1, 1}, []int{calls.closed, logins.closed})
}

func TestNewChecksItsConfig(t *testing.T) {
	token := douyin.StaticToken(bearer)
	for name, tt := range map[string]struct {
		cfg   douyin.Config
		field string
	}{
		"no app id":    {douyin.Config{Token: token}, "Config.AppID"},
		"no token":     {douyin.Config{AppID: appID}, "Config.Token"},
		"empty token":  {douyin.Config{AppID: appID, Token: douyin.StaticToken("")}, "Config.Token"},
		"base URL":     {douyin.Config{AppID: appID, Token: token, BaseURL: "example.com"}, "Config.BaseURL"},
		"concurrency":  {douyin.Config{AppID: appID, Token: token, Concurrency: -1}, "Config.Concurrency"},
		"no secret":    {douyin.Config{AppID: appID, Token: douyin.ClientCredential(douyin.ClientCredentialConfig{AppID: appID})}, "ClientCredentialConfig.Secret"},
		"token's host": {douyin.Config{AppID: appID, Token: credential("example.com")}, "ClientCredentialConfig.Endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := douyin.New(tt.cfg)
			require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tt.field, f.Field)
		})
	}
	c, err := douyin.New(douyin.Config{AppID: appID, Token: token, BaseURL: douyin.SandboxURL + "/"})
	require.NoError(t, err)
	assert.Equal(t, "douyin.Client(https://open-sandbox.douyin.com)", c.String())
	assert.Equal(t, `douyin.Config{BaseURL:"https://x", redacted}`, douyin.Config{AppID: appID, BaseURL: "https://x"}.String())
}

// FuzzAnswers looks for answers that make QueryProducts panic, lose products or
// give a result and an error.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(sample(f)))
	for _, seed := range []string{
		`{"err_no":0,"data":{"products":[{"product_onshelf":{"product_id":"1"}}]}}`,
		`{"err_no":"0","data":{"products":[{"product_reviewing":{"product_id":1,"common_product_info":{"product_detail_lst":[{"rich_text":["a",{"text":1},null,[]]}]}}}]}}`,
		`{"data":{"error_code":1,"description":"x"}}`, `{"err_no":0,"data":[]}`, `{"err_no":{}}`, `[]`, `<html>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _ := mocked(t, httpmock.NewBytesResponder(200, body), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		got, err := c.QueryProducts(t.Context(), 1, sampleID)
		if (got == nil) != (err != nil) {
			t.Fatalf("result %v with error %v", got, err)
		}
		if err != nil {
			return
		}
		known := 0
		for _, entry := range got.Products {
			if entry == (douyin.ProductEntry{}) {
				t.Fatal("an entry without a product")
			}
			if entry.ID() == 1 || entry.ID() == sampleID {
				known++
			}
		}
		if known+len(got.Missing) != 2 {
			t.Fatalf("%d found, %d missing", known, len(got.Missing))
		}
	})
}

// FuzzRichText looks for rich texts that do not come back as they were read.
func FuzzRichText(f *testing.F) {
	for _, seed := range []string{`"a"`, `{"text":"a"}`, `["a",{"text":"b"}]`, `[]`, `null`, `1`, `[[1]]`, `{"text":{}}`, `[null,""]`, `{"text":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var read, again douyin.RichText
		if json.Unmarshal(data, &read) != nil {
			return
		}
		written, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil || again.String() != read.String() || len(again) != len(read) {
			t.Fatalf("%s was read as %v and again as %v, %v", data, read, again, err)
		}
	})
}

// What cannot be read of one product takes nothing of the others with it, and does
// not vanish without a word.
func TestOneBrokenProduct(t *testing.T) {
	const good = `{"product_on_shelf":{"product_id":2,"product_status":{"status":1}}}`
	for name, tt := range map[string]struct {
		product string
		missing []int64
		omitted string
		check   func(t *testing.T, p *douyin.Product)
	}{
		"a fraction for an id": {product: `{"product_on_shelf":{"product_id":5.5}}`, missing: []int64{1}, omitted: "data.products[0]"},
		"one of two states that cannot be read": { // the product is not without it
			product: `{"product_on_shelf":{"product_id":1,"product_status":{"status":{}}},"product_reviewing":{"product_id":1}}`, missing: []int64{1}, omitted: "data.products[0]",
		},
		"no other state": {
			product: `{"product_on_shelf":{"product_id":1},"product_reviewing":false}`,
			check:   func(t *testing.T, p *douyin.Product) { assert.Equal(t, int64(1), p.ProductID) },
		},
		"a parameter that is repeated in a query": {
			product: `{"product_on_shelf":{"product_id":1,"common_product_info":{"path_info_lst":[{"path":"p","query":"a=1&a=2"}]}}}`,
			omitted: "data.products[0].product_on_shelf.common_product_info.path_info_lst[0].query",
			check: func(t *testing.T, p *douyin.Product) {
				assert.Equal(t, []douyin.PathInfo{{Path: "p"}}, p.CommonProductInfo.PathInfoList)
			},
		},
		"no object": {product: `7`, missing: []int64{1}, omitted: "data.products[0]"},
		"null":      {product: `null`, missing: []int64{1}, omitted: "data.products[0]"},
		"a bad rich text": {
			product: `{"product_on_shelf":{"product_id":1,"common_product_info":{"product_detail_lst":[{"text":"t","rich_text":[["x"]]}]}}}`,
			omitted: "data.products[0].product_on_shelf.common_product_info.product_detail_lst[0].rich_text",
			check: func(t *testing.T, p *douyin.Product) {
				assert.Equal(t, []douyin.ProductDetail{{Text: "t"}}, p.CommonProductInfo.ProductDetailList)
			},
		},
		"an object in a query": {
			product: `{"product_on_shelf":{"product_id":1,"common_product_info":{"path_info_lst":[{"path":"p","query":{"course_id":{"a":1},"n":5}}]}}}`,
			check: func(t *testing.T, p *douyin.Product) {
				assert.Equal(t, []douyin.PathInfo{{Path: "p", Query: douyin.Query{"course_id": `{"a":1}`, "n": "5"}}}, p.CommonProductInfo.PathInfoList)
			},
		},
		"a query as a text": {
			product: `{"product_on_shelf":{"product_id":1,"common_product_info":{"path_info_lst":[{"query":"a=1&b=%E4%B8%AD"}]}}}`,
			check: func(t *testing.T, p *douyin.Product) {
				assert.Equal(t, douyin.Query{"a": "1", "b": "中"}, p.CommonProductInfo.PathInfoList[0].Query)
			},
		},
		"a query as an empty list": {
			product: `{"product_on_shelf":{"product_id":1,"common_product_info":{"path_info_lst":[{"path":"p","query":[]}]}}}`,
			check: func(t *testing.T, p *douyin.Product) {
				assert.Equal(t, []douyin.PathInfo{{Path: "p"}}, p.CommonProductInfo.PathInfoList)
			},
		},
		"an id with an exponent": {
			product: `{"product_on_shelf":{"product_id":1e0}}`,
			check:   func(t *testing.T, p *douyin.Product) { assert.Equal(t, int64(1), p.ProductID) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, httpmock.NewStringResponder(200, `{"err_no":0,"data":{"products":[`+tt.product+`,`+good+`]}}`))
			var raw edusdk.Captured
			got, err := c.QueryProducts(edusdk.WithCapture(t.Context(), &raw), 1, 2)
			require.NoError(t, err)
			assert.Equal(t, tt.missing, got.Missing)
			assert.Equal(t, got.Unread, raw.Unread)
			if tt.omitted == "" {
				assert.Empty(t, got.Unread)
			} else {
				require.Len(t, got.Unread, 1)
				assert.Equal(t, tt.omitted, got.Unread[0].Omitted)
			}
			last := got.Products[len(got.Products)-1]
			assert.Equal(t, int64(2), last.ID(), "the other product is there")
			if tt.check != nil {
				require.Len(t, got.Products, 2)
				tt.check(t, got.Products[0].OnShelf)
			}
		})
	}
}
