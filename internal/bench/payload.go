package main

import (
	"fmt"
	"strings"
)

// smallSize is the length of the small answers, ours and those of the peers.
const smallSize = 284

// sized returns before and after with as much between them as makes smallSize.
func sized(before, after string) string {
	return before + strings.Repeat("x", smallSize-len(before)-len(after)) + after
}

// The small answers: a room, and what the peers' clients ask for: an object with
// as many fields of the same kinds, which are five texts, two times, two or three
// numbers and a flag. Stripe and OpenAI write times as numbers.
var (
	smallRoom = sized(`{"success":true,"course":{"roomId":"jz0123456789","title":"数学课","startTime":"2026-03-03 10:30:00",`+
		`"endTime":"2026-03-03 12:00:00","video":true,"hostCode":"uyenl2","convertStatus":1,"courseType":2,"coverImgUrl":"`, `"}}`)
	smallScript = sized(`{"id":7,"username":"zhangsan","label":"lesson","description":"a lesson","rev_note":"first",`+
		`"created":"2026-03-03T10:30:00","updated":"2026-03-03T12:00:00","is_public":true,"deployments_total":2,"script":"`, `"}`)
	smallUser = sized(`{"id":7,"login":"zhangsan","node_id":"MDQ6VXNlcjc=","name":"Zhang San","company":"A School",`+
		`"created_at":"2026-03-03T10:30:00Z","updated_at":"2026-03-03T12:00:00Z","site_admin":true,"public_repos":2,"avatar_url":"`, `"}`)
	smallCoupon = sized(`{"id":"c7","object":"coupon","created":1777600000,"currency":"cny","duration":"repeating",`+
		`"duration_in_months":3,"times_redeemed":2,"valid":true,"name":"`, `"}`)
	smallFile = sized(`{"id":"f7","object":"file","bytes":120000,"created_at":1777600000,"expires_at":1777700000,`+
		`"purpose":"assistants","status":"processed","filename":"`, `"}`)
)

// roomList returns a page of n rooms of 300 bytes each, with quote around its
// numbers and bools: "" as documented.
func roomList(n int, quote string) string {
	var b strings.Builder
	b.WriteString(`{"success":true,"pagination":{`)
	fmt.Fprintf(&b, `"pageNo":%[1]s1%[1]s,"pageSize":%[1]s%[2]d%[1]s,"countTotal":true,"sliderCount":5,"totalCount":%[1]s%[2]d%[1]s,`+
		`"totalPages":%[1]s1%[1]s,"lastPage":true,"nextPage":1,"hasNextPage":false,"firstPage":true,"prePage":1,`+
		`"hasPrePage":false,"slider":[1],"items":[`, quote, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"roomId":"jz%028d","title":"初二数学 一次函数","startTime":"2026-03-03 10:30:00",`+
			`"endTime":"2026-03-03 12:00:00","validEndTime":"2027-03-03 12:00:00","video":%[2]strue%[2]s,"hostCode":"uyenl2",`+
			`"convertStatus":%[2]s1%[2]s,"courseType":%[2]s2%[2]s,"coverImgUrl":"http://files.example.com/%06[1]d.png"}`, i, quote)
	}
	b.WriteString(`]}}`)
	return b.String()
}

// product is an answer's entry for one Douyin product.
func product(id int64) string {
	return fmt.Sprintf(`{"product_on_shelf":{"product_id":%d,"product_type":1,"product_status":{"status":1},`+
		`"common_product_info":{"appid":"tt01","title":"初二数学 一次函数","price_info":{"unit":"节","price":990,"real_price":890}},`+
		`"course_info":{"teacher_introduction":"张三","course_num":12}}}`, id)
}

// The course of the Tree scenario.
const (
	treeModules = 20
	treeTopics  = 10 // in a module
	treeCells   = 4  // in a topic
)

func list(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

var (
	treeOutline = `{"code":1,"courseOpenId":"c1","openClassId":"o1","progress":{"moduleId":"m0","moduleList":` +
		list(treeModules, func(i int) string {
			return fmt.Sprintf(`{"id":"m%d","name":"第%d章","sortOrder":%d,"percent":0}`, i, i, i)
		}) + `}}`
	treeTopicList = `{"code":1,"topicList":` + list(treeTopics, func(i int) string {
		return fmt.Sprintf(`{"id":"t%d","name":"第%d节","sortOrder":%d,"upTopicId":"0"}`, i, i, i)
	}) + `}`
	treeCellList = `{"code":1,"courseOpenId":"c1","openClassId":"o1","cellList":` + list(treeCells, func(i int) string {
		return fmt.Sprintf(`{"Id":"l%d","cellName":"课件","cellType":1,"categoryName":"文档","sortOrder":%d,"stuCellPercent":0}`, i, i)
	}) + `}`
)
