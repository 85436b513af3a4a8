package browser

import (
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

var beijing = time.FixedZone("UTC+8", 8*60*60)

// tomorrow is a time as a field for times takes it.
func tomorrow() string {
	return time.Now().In(beijing).AddDate(0, 0, 1).Format("2006-01-02") + "T19:00"
}

// total is how many rooms the list has.
func (p *tab) total() string {
	p.t.Helper()
	p.visit("/rooms")
	return regexp.MustCompile(`\d+`).FindString(p.textOf(".count"))
}

func TestRooms(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, startSite(t, "-rooms", "0").url, on)
		p.visit("/")
		p.shows("还没有教室", "No rooms yet")
		p.check("rooms-empty")
		p.pressText("新建教室", "New room")
		p.on("/rooms/new")

		// A form with mistakes names the fields, and keeps what was typed.
		p.choose("#start", "")
		p.choose("#length", "120")
		p.submit("form.form button[type=submit]")
		p.shows("有 2 处需要修改", "Please correct: 2")
		for _, field := range []string{"#title", "#start"} {
			assert.Equalf(t, 1, p.count(field+"[aria-invalid=true]"), "%s is marked", field)
			assert.NotEmptyf(t, p.textOf(field+"-wrong"), "what is wrong with %s", field)
		}
		assert.Equal(t, 0, p.count("#length[aria-invalid]"), "the length is right")
		assert.Equal(t, "120", evaluate[string](p, `document.querySelector("#length").value`), "the length is kept")
		assert.Contains(t, evaluate[string](p, `document.activeElement.innerText`), "2", "the focus is where it says what is wrong")
		p.check("new-wrong")

		// So does the one whose mistake only the platform knows.
		p.fill("#title", "昨天的课")
		p.choose("#start", time.Now().In(beijing).AddDate(0, 0, -2).Format("2006-01-02T15:04"))
		p.submit("form.form button[type=submit]")
		p.has("#start[aria-invalid=true]")
		assert.Equal(t, "昨天的课", evaluate[string](p, `document.querySelector("#title").value`), "the title is kept")
		p.check("new-late")

		title := "<b>高一数学</b>：集合与常用逻辑用语 & “充分条件”"
		p.fill("#title", title)
		p.choose("#start", tomorrow())
		p.submit("form.form button[type=submit]")
		p.shows("教室已创建", "The room was created")
		assert.Equal(t, title, p.textOf("h1"))
		p.check("room-created")
		path := evaluate[string](p, `location.pathname`)

		p.visit("/rooms?q=" + url.QueryEscape("充分条件"))
		assert.Equal(t, title, p.textOf(".room-link"))
		p.fill("#q", "必要条件")
		p.keys(kb.Enter)
		p.shows("没有找到相关教室", "No rooms found")
		assert.Equal(t, "必要条件", evaluate[string](p, `document.querySelector("#q").value`), "what was searched for is kept")
		p.pressText("查看全部教室", "All rooms")
		p.press(".room-link")
		p.on(path)

		p.pressText("删除教室", "Delete the room")
		p.on(path + "/delete")
		p.pressText("取消", "Cancel")
		p.on(path)
		p.pressText("删除教室", "Delete the room")
		p.on(path + "/delete")
		p.pressText("确认删除", "Delete it")
		p.on("/rooms")
		p.shows("还没有教室", "No rooms yet")
		p.expect(404, path)
		p.visit(path)
		p.shows("没有找到", "Not found")
		p.pressText("返回教室列表", "Back to the rooms")
		p.on("/rooms")
	})
}

func TestManyRooms(t *testing.T) {
	site := startSite(t, "-rooms", "300")
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, site.url, on)
		assert.Equal(t, "300", p.total())
		assert.Equal(t, 20, p.count(".room-link"), "rooms of a page")
		p.fill("#q", "每日一讲")
		p.keys(kb.Enter)
		p.on("/rooms?q=")
		p.shows("293", "293")
		p.press(".pages a[href*='page=2']")
		p.on("/rooms?")
		p.until(`document.querySelector(".pages a[aria-current=page]")?.innerText === "2"`)
		assert.Contains(t, p.textOf(".room-link"), "第 21 期")
		p.press(".pages li:last-child a")
		p.until(`document.querySelector(".pages a[aria-current=page]")?.innerText === "15"`)
		assert.Equal(t, 13, p.count(".room-link"), "rooms of the last page")

		// The language changes, and nothing else.
		there := evaluate[string](p, `location.href`)
		p.press(".lang")
		p.until(`document.readyState === "complete" && document.documentElement.lang === %s`, quote(p.text("en", "zh-CN")))
		assert.Equal(t, there, p.location())
		p.press(".lang")
		p.until(`document.readyState === "complete" && document.documentElement.lang === %s`, quote(p.text("zh-CN", "en")))
		p.visit("/rooms?page=99")
		p.until(`document.querySelectorAll(".room-link").length === 20`)
	})
}
