package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (b *browser) create(title, submission string) answer {
	b.t.Helper()
	return b.post("/rooms", "title", title, "start", "2099-01-02T10:00", "length", "90", "type", "2", "video", "1", "submission", submission)
}

// created counts the rooms that the vendor was asked to create.
func (b *browser) created() int {
	n := 0
	for _, r := range b.site.demo.vendor.Requests() {
		if r.Path == "api/v4/room/create" {
			n++
		}
	}
	return n
}

func TestARoomIsCreatedAndDeleted(t *testing.T) {
	b := open(t, 0)
	assert.Contains(t, b.get("/rooms").Text, "还没有教室")
	got := b.create("初二数学 <b>", newID())
	require.Equal(t, http.StatusSeeOther, got.StatusCode, got.Text)
	page := b.get(got.Header.Get("Location"))
	assert.Contains(t, page.Text, "教室已创建")
	assert.Contains(t, page.Text, "初二数学 &lt;b&gt;")
	assert.Contains(t, page.Text, "2099年1月2日 10:00", "Beijing time")
	assert.Contains(t, b.get("/rooms?q=数学").Text, "初二数学")
	assert.Contains(t, b.get("/rooms?q=物理").Text, "没有找到相关教室")
	room := b.room(0)
	assert.Contains(t, b.get(room+"/delete").Text, "确认删除")
	for range 2 { // in two tabs
		got = b.post(room + "/delete")
		assert.Equal(t, "/rooms", got.Header.Get("Location"))
	}
	assert.Contains(t, b.get("/rooms").Text, "还没有教室")
	assert.Equal(t, http.StatusNotFound, b.get(room).StatusCode)
}

func TestManyRoomsHavePages(t *testing.T) {
	b := open(t, 45)
	page := b.get("/rooms?page=2")
	assert.Len(t, roomInPage.FindAllString(page.Text, -1), 20)
	assert.Contains(t, page.Text, "共 45 间教室")
	assert.Contains(t, page.Text, `href="/rooms?page=2" aria-current="page"`)
	assert.Equal(t, "/rooms?q=%E8%AE%B2", b.get("/rooms?q=讲&page=9").Header.Get("Location"), "a page after the last")
	for _, current := range []int{1, 2, 7, 14, 15} {
		var shown []string
		for _, l := range pageLinks(current, 15, func(int) string { return "" }) {
			shown = append(shown, fmt.Sprint(l.Number))
		}
		assert.LessOrEqual(t, len(shown), 7, shown)
		assert.Equal(t, "1", shown[0])
		assert.Equal(t, "15", shown[len(shown)-1])
	}
}

func TestWhatIsWrongStandsAtItsField(t *testing.T) {
	b := open(t, 0)
	for name, c := range map[string]struct {
		fields []string
		wrong  string
	}{
		"no title":     {[]string{"title", " ", "start", "2099-01-02T10:00", "length", "90", "type", "2"}, `id="title-wrong">请填写标题`},
		"no start":     {[]string{"title", "a", "start", "", "length", "90", "type", "2"}, `id="start-wrong">请选择开始时间`},
		"in the past":  {[]string{"title", "a", "start", "2020-01-02T10:00", "length", "90", "type", "2"}, `id="start-wrong">下课时间已过`},
		"too short":    {[]string{"title", "a", "start", "2099-01-02T10:00", "length", "5", "type", "2"}, `id="length-wrong">时长为`},
		"not a number": {[]string{"title", "a", "start", "2099-01-02T10:00", "length", "x", "type", "2"}, `id="length-wrong">时长为`},
		"no type":      {[]string{"title", "a", "start", "2099-01-02T10:00", "length", "90", "type", "3"}, `id="type-wrong">请选择教室类型`},
		"nothing":      {nil, `id="title-wrong">请填写标题`},
	} {
		got := b.post("/rooms", append(c.fields, "submission", newID())...)
		assert.Equal(t, http.StatusOK, got.StatusCode, name)
		assert.Contains(t, got.Text, c.wrong, name)
		assert.Contains(t, got.Text, `aria-invalid="true"`, name)
		assert.Contains(t, got.Text, `role="alert"`, name)
	}
	assert.Equal(t, http.StatusForbidden, b.post("/rooms", "title", "a").StatusCode, "without a submission")
}

func TestAFormThatIsSentTwiceCreatesOneRoom(t *testing.T) {
	b := open(t, 0)
	id := newID()
	var tabs sync.WaitGroup
	locations := make([]string, 3)
	token := b.token()
	for i := range locations {
		tabs.Go(func() {
			r := b.do(http.MethodPost, "/rooms", strings.NewReader("title=a&start=2099-01-02T10:00&length=90&type=2&submission="+id),
				"Content-Type", "application/x-www-form-urlencoded", tokenHeader, token)
			locations[i] = r.Header.Get("Location")
		})
	}
	tabs.Wait()
	assert.Equal(t, 1, b.created())
	assert.NotEmpty(t, locations[0])
	assert.Equal(t, locations[0], locations[1])
	assert.Equal(t, locations[0], locations[2])
}

func TestALostAnswerIsExplainedAndLookedFor(t *testing.T) {
	b := open(t, 0)
	require.Equal(t, "/demo?done=lose", b.post("/demo", "what", "lose").Header.Get("Location"))
	id := newID()
	got := b.create("物理", id)
	require.Equal(t, "/unsure/"+id, got.Header.Get("Location"))
	assert.Contains(t, b.get("/unsure/"+id).Text, "没有收到答复")
	found := b.get("/unsure/" + id + "?look=1").Text
	assert.Contains(t, found, "无需重新创建")
	assert.Contains(t, found, b.room(0), "the page leads to the room")
	assert.Equal(t, 1, b.created(), "it was not sent again")
	b.post(b.room(0) + "/delete")
	assert.Contains(t, b.get("/unsure/"+id+"?look=1").Text, "平台上没有这间教室")
	assert.Contains(t, b.get("/rooms/new?again="+id).Text, `value="物理"`, "the form remembers")
	stranger := *b
	stranger.Client = b.visitor()
	assert.Equal(t, http.StatusNotFound, stranger.get("/unsure/"+id).StatusCode)
}

// A vendor that takes longer than a page waits may create the room all the same.
func TestAnAnswerThatTakesTooLongIsALostOne(t *testing.T) {
	b := open(t, 0)
	b.token()
	b.site.demo.slow.Store(int64(time.Minute))
	id := newID()
	fields := url.Values{"title": {"物理"}, "start": {"2099-01-02T10:00"}, "length": {"90"}, "type": {"2"}, "submission": {id}}
	ctx, cancel := context.WithTimeout(t.Context(), outcomeWithin+time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/rooms", strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	require.NoError(t, createRoom(&visit{w: w, r: r, site: b.site, lang: "zh", cookie: newID()}))
	assert.Equal(t, "/unsure/"+id, w.Header().Get("Location"))
}

func TestThePagesSayThatTheVendorIsAway(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	b.post("/demo", "what", "vendor", "on", "1")
	for _, lang := range []string{"zh", "en"} {
		b.lang = lang
		want := map[string]string{"zh": "平台暂时无法访问", "en": "The platform cannot be reached"}[lang]
		for _, path := range []string{"/rooms", room, room + "/attendance", room + "/delete"} {
			got := b.get(path)
			assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode, path)
			assert.Contains(t, got.Text, want, path)
			assert.Contains(t, got.Text, `href="`+path+`"`, "%s can be tried again", path)
		}
	}
	b.post("/demo", "what", "vendor", "on", "0")
	assert.Equal(t, http.StatusOK, b.get("/rooms").StatusCode)
}

func TestALinkIsSignedOnClick(t *testing.T) {
	b := open(t, 7)
	live, ended, expired := b.room(0), b.room(1), b.room(6)
	page := b.get(live + "/class?as=student-2").Text
	assert.Contains(t, page, `allow="camera *; microphone *;`, "the frame goes on to the vendor's origin")
	assert.Contains(t, page, `src="`+live+`/enter?as=student-2"`)
	assert.NotContains(t, page, "sign=", "the link is not in the page")
	first := b.get(live + "/enter?as=student-2")
	require.Equal(t, http.StatusSeeOther, first.StatusCode)
	to := first.Header.Get("Location")
	assert.True(t, strings.HasPrefix(to, b.site.demo.vendor.URL+"/api/v3/room/enter?"), "it leads to the vendor")
	assert.Contains(t, to, "userRole=2")
	assert.Contains(t, b.get(live+"/enter?as=teacher").Header.Get("Location"), "userRole=1")
	assert.Equal(t, "no-store", first.Header.Get("Cache-Control"))
	assert.NotContains(t, b.get(ended+"/class?as=teacher").Text, "现在不能进入教室", "its recording can be watched")
	closed := b.get(expired + "/class?as=teacher").Text
	assert.Contains(t, closed, "回放已过有效期")
	assert.NotContains(t, closed, "重新签名并进入", "it would not help")
	assert.NotContains(t, closed, "<iframe")
	upcoming := b.get(b.room(2) + "/class?as=teacher").Text
	assert.Contains(t, upcoming, "课程还没有开始")
	assert.Contains(t, upcoming, "重新签名并进入")
	assert.Contains(t, b.get(b.room(5)+"/class?as=teacher").Text, "回放正在转换")
	assert.Equal(t, http.StatusForbidden, b.get(live+"/enter?as=admin").StatusCode, "nobody whom the site knows")
}

func TestTheAttendanceIsShownAndDownloaded(t *testing.T) {
	b := open(t, 7)
	room := b.room(1)
	page := b.get(room + "/attendance").Text
	for _, want := range []string{"7 / 8 人", "1 小时 29 分钟", "电脑、手机", "缺席", `data-value="89.0"`, "<canvas", "看过的回放"} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, b.get(b.room(0)+"/attendance").Text, "还没有人进入过这间教室")
	got := b.get(room + "/attendance.csv")
	assert.Equal(t, "text/csv; charset=utf-8", got.Header.Get("Content-Type"))
	assert.Contains(t, got.Header.Get("Content-Disposition"), "filename*=UTF-8''%E8%80%83%E5%8B%A4.csv")
	text, marked := strings.CutPrefix(got.Text, "\ufeff")
	assert.True(t, marked, "spreadsheets read it as UTF-8")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	assert.Len(t, rows, 1+len(students))
	assert.Equal(t, "张三", rows[1][1])
}
