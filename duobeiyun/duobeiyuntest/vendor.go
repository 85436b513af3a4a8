package duobeiyuntest

import (
	"fmt"
	"regexp"
	"time"
)

// zone is the vendor's.
var zone = time.FixedZone("CST", 8*3600)

// vendor is the state of the fake.
type vendor struct {
	serial    int
	rooms     []*room // in the order of their making
	documents []*document
	merchant  merchant
	delay     time.Duration // of conversions
	chatLinks time.Duration // how long they are good
	strict    bool          // about when a room may be entered
}

func newVendor() vendor {
	return vendor{
		delay: 2 * time.Second, chatLinks: 24 * time.Hour,
		merchant: merchant{
			name: "测试机构", mobile: "13800130000", unitPrice: 2, videoUnitPrice: 4, charged: 10_000,
		},
	}
}

// merchant is the account.
type merchant struct {
	name, mobile              string
	unitPrice, videoUnitPrice float64
	charged, spent            float64
}

// call is a request being carried out.
type call struct {
	*vendor
	in   *incoming
	now  time.Time
	base string
}

// nextID returns a number that is in no other id.
func (v *vendor) nextID() int {
	v.serial++
	return v.serial
}

func (v *vendor) room(id string) *room {
	for _, r := range v.rooms {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (v *vendor) document(id string) *document {
	for _, d := range v.documents {
		if d.id == id {
			return d
		}
	}
	return nil
}

// SetBalance sets how much money the account has left. It starts with 10,000.
func (h *Handler) SetBalance(amount float64) {
	h.core.Lock()
	defer h.core.Unlock()
	m := &h.vendor.merchant
	m.charged = m.spent + amount
}

// SetStrict sets whether a room can be entered only when the vendor's document
// lets users in, which it does by the page that it answers: from its start to its
// end, and once its recording is converted. That is so after the delay of
// SetConversionDelay from its end on, unless SetConvertStatus was called for the
// room. At other times the page says 未开始, 转换中, 转换失败 or 空录像. By default
// rooms are always open, so that a test need not wait for them.
func (h *Handler) SetStrict(on bool) {
	h.core.Lock()
	defer h.core.Unlock()
	h.vendor.strict = on
}

// The forms of parameters.
var (
	anyText  = rule{required: true}
	optional = rule{}
	flag     = rule{true, regexp.MustCompile(`^[01]$`), "app_parameter_error", "must be 0 or 1"}
	moment   = rule{true, regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d$`), "app_parameter_error", wantMoment}
	since    = rule{false, moment.form, "app_parameter_error", wantMoment}
	pageNo   = rule{false, regexp.MustCompile(`^[1-9]\d{0,8}$`), "app_parameter_error", "must be a whole number from 1 on"}
	roomType = rule{true, regexp.MustCompile(`^[1248]$`), "app_course_type_error", "must be 1, 2, 4 or 8"}
	hours    = rule{true, regexp.MustCompile(`^[1-5]$`), "app_course_length_error", "must be 1 to 5, in hours"}
	minutes  = rule{true, regexp.MustCompile(`^([3-9]\d|[12]\d\d|300)$`), "app_course_length_error", "must be 30 to 300, in minutes"}
	role     = rule{true, regexp.MustCompile(`^[1-4]$`), "app_userRole_error", "must be 1, 2, 3 or 4"}
	device   = rule{false, regexp.MustCompile(`^[12]$`), "app_parameter_error", "must be 1 or 2"}
	position = rule{false, regexp.MustCompile(`^\d+:[0-5]\d$`), "app_parameter_error", "must be minutes and seconds such as 100:20"}
	boolean  = rule{false, regexp.MustCompile(`^(true|false|0|1)$`), "app_parameter_error", "must be true, false, 1 or 0"}
)

const wantMoment = "must be a time such as 2013-10-27 11:11"

// endpoints returns what the vendor's document describes, by path.
func (v *vendor) endpoints() map[string]endpoint {
	post := func(params map[string]rule, serve func(*call) output) endpoint {
		return endpoint{method: "POST", params: params, serve: serve}
	}
	roomID, documentID := map[string]rule{"roomId": anyText}, map[string]rule{"documentId": anyText}
	roomDocument := map[string]rule{"roomId": anyText, "documentId": anyText}
	roomUser := map[string]rule{"roomId": anyText, "uid": anyText}
	return map[string]endpoint{
		"api/v3/room/create": post(map[string]rule{
			"title": anyText, "video": flag, "startTime": moment, "duration": hours, "roomType": roomType,
		}, (*call).createRoom),
		"api/v4/room/create": post(map[string]rule{
			"title": anyText, "video": flag, "startTime": moment, "length": minutes, "roomType": roomType,
		}, (*call).createRoom),
		"api/v3/room/update/title": post(map[string]rule{"roomId": anyText, "title": anyText}, (*call).updateTitle),
		"api/v3/room/update/time": post(map[string]rule{
			"roomId": anyText, "startTime": moment, "duration": hours,
		}, (*call).updateTime),
		"api/v4/room/update/time": post(map[string]rule{
			"roomId": anyText, "startTime": moment, "length": minutes,
		}, (*call).updateTime),
		"api/v3/room/detail": post(roomID, (*call).roomDetail),
		"api/v3/room/list": post(map[string]rule{
			"title": optional, "startTime": since, "endTime": since, "pageNo": pageNo,
		}, (*call).listRooms),
		"api/v3/room/delete":         post(roomID, (*call).deleteRoom),
		"api/v3/room/attachDocument": post(roomDocument, (*call).attach),
		"api/v3/room/removeDocument": post(roomDocument, (*call).remove),
		"api/v3/room/listDocuments":  post(roomID, (*call).roomDocuments),
		"api/v3/room/chatDownload":   {method: "POST", json: true, serve: (*call).chats},
		"api/v3/room/enter": {method: "GET", page: true, serve: (*call).enter, params: map[string]rule{
			"uid": anyText, "roomId": anyText, "nickname": anyText, "userRole": role, "deviceType": device,
			"psTime": position, "peTime": position, "tape": boolean, "adminDisableChat": boolean, "h5": optional,
		}},

		"api/v3/documents/upload": {method: "POST", file: true, serve: (*call).upload},
		"api/v3/documents/status": post(documentID, (*call).status),
		"api/v3/document/list": post(map[string]rule{
			"docName": optional, "pageNo": pageNo,
		}, (*call).listDocuments),
		"api/v3/document/detail":  post(documentID, (*call).documentDetail),
		"api/v3/document/delete":  post(documentID, (*call).deleteDocument),
		"api/v3/document/preview": {method: "GET", page: true, params: map[string]rule{"uuid": anyText}, serve: (*call).preview},

		"api/v3/video/uptoken":     post(nil, (*call).uptoken),
		"api/v3/room/video/create": post(map[string]rule{"title": anyText, "videoKey": anyText}, (*call).createVideo),

		"api/v3/course/weixin/live/open": post(map[string]rule{
			"roomId": anyText, "teacherName": anyText, "teacherBrief": anyText, "description": anyText,
		}, (*call).openWeixin),
		"api/v3/course/weixin/live/update": post(map[string]rule{
			"roomId": anyText, "teacherName": optional, "teacherBrief": optional, "description": optional,
		}, (*call).updateWeixin),
		"api/v3/course/weixin/live/close": post(roomID, (*call).closeWeixin),

		"api/v3/statistics/zhibo/room":    post(roomID, (*call).liveRoom),
		"api/v3/statistics/zhibo/user":    post(roomUser, (*call).liveUser),
		"api/v3/statistics/playback/room": post(roomID, (*call).playbackRoom),
		"api/v3/statistics/playback/user": post(roomUser, (*call).playbackUser),

		"api/v3/merchant": post(nil, (*call).account),
	}
}

// success returns an answer with the status field.
func success(fields map[string]any) output {
	all := map[string]any{"success": true}
	for k, v := range fields {
		all[k] = v
	}
	return output{json: all}
}

// fail is the answer of a failure. The problem is told in Request.Problem alone.
func fail(code, problem string) output { return output{code: code, problem: problem} }

// account answers with the merchant.
func (c *call) account() output {
	m := c.merchant
	return success(map[string]any{"merchant": map[string]any{
		"name": m.name, "videoUnitPrice": m.videoUnitPrice, "unitPrice": m.unitPrice, "mobile": m.mobile,
		"remainMoney": m.charged - m.spent, "totalChargeMoney": m.charged, "consumptionMoney": m.spent,
	}})
}

const perPage = 20

// paginate returns a page of a list as the vendor describes pages.
func paginate[T any](c *call, list []T, show func(T) any) map[string]any {
	no, pages := 1, max((len(list)+perPage-1)/perPage, 1)
	if text := c.in.get("pageNo"); text != "" {
		_, _ = fmt.Sscan(text, &no) // its form was checked
	}
	items := []any{}
	for i := (no - 1) * perPage; i < min(no*perPage, len(list)); i++ {
		items = append(items, show(list[i]))
	}
	slider := []int{}
	for n := max(1, no-2); n <= min(pages, no+2); n++ {
		slider = append(slider, n)
	}
	return map[string]any{
		"pageNo": no, "pageSize": perPage, "countTotal": true, "sliderCount": 5, "items": items,
		"totalCount": len(list), "totalPages": pages, "slider": slider,
		"firstPage": no == 1, "hasPrePage": no > 1, "prePage": max(no-1, 1),
		"lastPage": no >= pages, "hasNextPage": no < pages, "nextPage": min(no+1, pages),
	}
}

// stamp writes a time as answers about rooms have it.
func stamp(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05") }
