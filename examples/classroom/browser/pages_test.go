package browser

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The rooms that the classroom begins with, by a part of their titles.
const (
	liveRoom     = "浮力专题"
	endedRoom    = "一次函数的图像"
	upcomingRoom = "1 对 1 辅导"
	longRoom     = "古诗文鉴赏与写作"
	emptyRoom    = "有机推断"
	expiredRoom  = "鸡兔同笼"
)

// room opens the page of a room and returns its path.
func (p *tab) room(title string) string {
	p.t.Helper()
	p.visit("/rooms?q=" + url.QueryEscape(title))
	p.until(`document.querySelectorAll(".room-link").length === 1`)
	path := evaluate[string](p, `document.querySelector(".room-link").getAttribute("href")`)
	p.press(".room-link")
	p.on(path)
	return path
}

// TestPages looks at every page, as the classroom begins.
func TestPages(t *testing.T) {
	site := startSite(t, "-rooms", "300")
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, site.url, on)
		p.visit("/")
		p.on("/rooms")
		p.check("rooms")
		p.visit("/rooms?page=8")
		p.check("rooms-page")
		p.visit("/rooms?q=" + url.QueryEscape("没有这样的教室"))
		p.shows("没有找到相关教室", "No rooms found")
		p.check("rooms-nothing")
		p.visit("/rooms/new")
		p.check("new")
		p.visit("/study")
		p.check("study-students")
		p.visit("/demo")
		p.check("demo")
		p.expect(404, "/")
		p.visit("/nowhere")
		p.shows("页面不存在", "There is no such page")
		p.check("error-nopage")
		p.visit("/rooms/jznone00000000000000")
		p.shows("没有找到", "Not found")
		p.check("error-noroom")

		path := p.room(liveRoom)
		p.check("room")
		p.visit(path + "/delete")
		p.check("delete")
		p.room(longRoom)
		p.check("room-long")
		path = p.room(endedRoom)
		p.check("room-ended")
		p.visit(path + "/attendance")
		p.until(`Boolean(window.Chart) && [...document.querySelectorAll("canvas")].every(c => Chart.getChart(c))`)
		p.check("attendance")
		for chart, drawn := range evaluate[map[string]float64](p, inked) {
			assert.Greaterf(t, drawn, 0.01, "how much of the chart %s is drawn", chart)
		}
		path = p.room(liveRoom)
		p.visit(path + "/attendance")
		p.shows("还没有人进入过这间教室", "Nobody has been in this room yet")
		p.check("attendance-nobody")
	})
}

// inked tells for each chart which part of its pixels is drawn.
const inked = `Object.fromEntries([...document.querySelectorAll("canvas")].map((c, i) => {
	const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
	let n = 0;
	for (let at = 3; at < pixels.length; at += 4) if (pixels[at] > 0) n++;
	return [c.id || "chart " + i, n / (c.width * c.height)];
}))`
