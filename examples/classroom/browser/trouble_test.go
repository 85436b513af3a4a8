package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// demo presses a button of the page that makes things go wrong.
func (p *tab) demo(zh, en string) {
	p.t.Helper()
	p.visit("/demo")
	p.leave(func() { p.pressText(zh, en) })
}

// TestAway looks at the pages while the platform of the rooms is away.
func TestAway(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, startSite(t).url, on)
		path := p.room(liveRoom)
		p.demo("中断多贝云", "Take Duobeiyun away")
		p.shows("已中断", "Away")
		for _, status := range []int64{502, 503, 504} {
			p.expect(status, "/rooms")
		}
		for _, there := range []string{path, path + "/attendance", path + "/class?as=teacher", "/rooms"} {
			p.visit(there)
			p.shows("平台暂时无法访问", "The platform cannot be reached")
			assert.Equalf(t, there, evaluate[string](p, `document.querySelector("main .button.primary").getAttribute("href")`), "where to try %s again", there)
		}
		p.check("error-away")

		// Nobody knows whether a form that was sent has arrived, and the page says so.
		p.visit("/rooms/new")
		p.fill("#title", "断网时的教室")
		p.choose("#start", tomorrow())
		p.submit("form.form button[type=submit]")
		p.on("/unsure/")
		p.shows("没有收到答复", "no answer came")
		unsure := evaluate[string](p, `location.pathname`)
		p.demo("恢复多贝云", "Bring Duobeiyun back")
		p.visit(unsure)
		p.pressText("查看是否已创建", "Look whether it is there")
		p.shows("平台上没有这间教室", "The platform does not have it")
		p.check("unsure-missing")
		p.pressText("重新创建", "Create it again")
		p.has("#title")
		assert.Equal(t, "断网时的教室", evaluate[string](p, `document.querySelector("#title").value`), "the title is kept")

		// A document goes on its way, and its job says what went wrong.
		p.visit(path)
		p.has("#upload")
		other := p.again()
		other.demo("中断多贝云", "Take Duobeiyun away")
		p.attach("#file", file(t, "讲义.pdf", megabyte))
		p.press("#upload button[type=submit]")
		p.has("#jobs .job-failed")
		p.check("room-upload-failed")

		p.visit("/rooms")
		p.shows("平台暂时无法访问", "The platform cannot be reached")
		other.demo("恢复多贝云", "Bring Duobeiyun back")
		p.pressText("重试", "Try again")
		p.on("/rooms")
		p.has(".room-link")
	})
}

// TestSlow uses the site while each answer takes two seconds.
func TestSlow(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, startSite(t, "-rooms", "2").url, on)
		p.demo("变慢（2 秒）", "Slow (2 s)")
		p.visit("/rooms/new")
		p.fill("#title", "点了两次的教室")
		p.choose("#start", tomorrow())
		// Twice, as fast as somebody can who is impatient.
		type shown struct {
			Pending, Disabled bool
			Label, Said       string
		}
		assert.Equal(t, shown{true, true, p.text("正在创建……", "Creating…"), p.text("正在处理，请稍候……", "Working on it…")}, evaluate[shown](p, `(() => {
			const button = document.querySelector("form.form button[type=submit]");
			button.click();
			button.click();
			return {
				pending: document.documentElement.classList.contains("pending"), disabled: button.getAttribute("aria-disabled") === "true",
				label: button.textContent, said: document.querySelector("#pending").textContent,
			};
		})()`))
		p.shot("slow-create")
		p.shows("教室已创建", "The room was created")
		assert.Len(t, p.asked("/rooms/jz"), 1, "pages of the room that were opened")

		p.until(`document.readyState === "complete"`) // and its scripts listen
		assert.True(t, evaluate[bool](p, `(() => { document.querySelector(".crumbs a").click(); return document.documentElement.classList.contains("pending"); })()`), "the page shows that it waits")
		p.shot("slow-pending")
		p.on("/rooms")
		p.until(`/\b3\b/.test(document.querySelector(".count").innerText)`) // and not 4
		p.quiet()
	})
}

// TestLost creates a room of which the answer is lost.
func TestLost(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, startSite(t, "-rooms", "1").url, on)
		p.demo("丢失下一次答复", "Lose the next answer")
		p.check("demo-lose")
		p.visit("/rooms/new")
		p.fill("#title", "答复丢失的教室")
		p.choose("#start", tomorrow())
		p.submit("form.form button[type=submit]")
		p.on("/unsure/")
		p.shows("教室可能已经创建", "The room may have been created")
		p.check("unsure")
		p.pressText("查看是否已创建", "Look whether it is there")
		p.shows("平台上已有这间教室", "The platform has it")
		p.check("unsure-found")
		p.pressText("打开教室", "Open the room")
		p.until(`document.querySelector("h1")?.innerText === "答复丢失的教室"`)
		assert.Equal(t, "2", p.total(), "rooms")
	})
}

// TestForged sends forms that have not come from the site's own pages.
func TestForged(t *testing.T) {
	site := startSite(t, "-rooms", "3")
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, site.url, on)
		p.visit("/rooms/new")
		elsewhere := openTab(t, site.url, on) // somebody else, with a token of their own
		elsewhere.visit("/rooms/new")
		for name, token := range map[string]string{
			"no token":              "",
			"somebody else's token": evaluate[string](elsewhere, `document.querySelector("input[name=csrf]").value`),
		} {
			p.expect(403, "/rooms")
			p.visit("/rooms/new")
			p.fill("#title", "伪造的教室")
			evaluate[bool](p, `(() => { document.querySelector("form.form input[name=csrf]").value = `+quote(token)+`; return true; })()`)
			p.submit("form.form button[type=submit]")
			p.shows("页面已过期", "This page has expired")
			p.check("error-forged")
			assert.NotContainsf(t, p.asked("/rooms/jz"), "/", "with %s, a room", name)
		}
		p.expect(403, "/")
		for path, body := range map[string]string{"/study/student-1/video-1/start": "{}", "/regulator": `{"away": true}`, "/rooms/jz1/documents": ""} {
			status := evaluate[int](p, `fetch(`+quote(path)+`, {method: "POST", body: `+quote(body)+`, headers: {"Content-Type": "application/json", Accept: "application/json", "X-Csrf-Token": "guessed"}}).then(r => r.status)`)
			assert.Equalf(t, 403, status, "the status of a forged %s", path)
		}
		assert.Equal(t, "3", p.total(), "rooms")
	})
}
