package browser

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ticks waits for the player to tell the site n times where it is.
func (p *tab) ticks(path string, n int) {
	p.t.Helper()
	before := len(p.asked(path + "/tick"))
	require.Eventually(p.t, func() bool { return len(p.asked(path+"/tick")) >= before+n }, within, 20*time.Millisecond, "the player tells where it is")
}

func TestStudy(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, startSite(t, "-speed", "60").url, on)
		const path = "/study/student-1/video-1"
		p.visit("/study")
		p.press(`a[href="` + path + `"]`)
		p.on(path)
		p.shows("点击“播放”开始学习", "Press Play to begin")
		p.check("study-ready")
		p.press("#play")
		p.until(`document.querySelector("#play").innerText === %s`, quote(p.text("暂停", "Pause")))
		p.shows("正在学习", "Studying")
		p.until(`parseInt(document.querySelector("#accepted").innerText) >= 2`) // minutes, at the regulator

		// The face check falls due half way, and nothing counts until it is passed.
		p.until(`document.querySelector("#face").checkVisibility()`)
		watched, accepted := p.textOf("#watched"), p.textOf("#accepted")
		p.ticks(path, 4)
		assert.Equal(t, watched, p.textOf("#watched"), "nothing counts while the check is due")
		assert.Equal(t, "face-title", evaluate[string](p, `document.activeElement.id`), "the focus is at the check")
		p.check("study-check")
		p.press("#face-other")
		p.shows("不是本人", "That is somebody else")
		assert.Equal(t, 1, evaluate[int](p, `document.querySelector("#face").checkVisibility() ? 1 : 0`), "the check is still due")
		p.press("#face-self")
		p.until(`!document.querySelector("#face").checkVisibility()`)
		p.until(`document.querySelector("#watched").innerText !== %s`, quote(watched)) // it goes on
		p.until(`document.querySelector("#accepted").innerText !== %s`, quote(accepted))

		// The regulator goes away: reports wait, and what is studied still counts.
		p.press("#outage-button")
		p.until(`document.querySelector("#regulator-status").innerText === %s`, quote(p.text("中断", "Away")))
		p.has("#outbox.waiting")
		accepted, watched = p.textOf("#accepted"), p.textOf("#watched")
		p.until(`document.querySelector("#watched").innerText !== %s`, quote(watched))
		assert.Equal(t, accepted, p.textOf("#accepted"), "the regulator has nothing new")
		p.press("#play") // pause
		p.until(`document.querySelector("#play").innerText === %s`, quote(p.text("播放", "Play")))
		p.check("study-outage")

		// It comes back: everything arrives, once.
		p.press("#outage-button")
		p.until(`document.querySelector("#regulator-status").innerText === %s`, quote(p.text("正常", "Reachable")))
		p.lacks("#outbox.waiting")
		p.press("#end")
		p.shows("本次学习已结束", "The session has ended")
		p.until(`document.querySelector("#outbox:not(.waiting)") && document.querySelector("#accepted").innerText === document.querySelector("#watched").innerText`)
		assert.Greater(t, p.count("#records tr"), 3, "what arrived")
		p.check("study-ended")
	})
}

// TestTwoPages studies on two pages at once, of which one counts.
func TestTwoPages(t *testing.T) {
	p := openTab(t, startSite(t).url, desktop("zh"))
	const path = "/study/student-5/video-2"
	p.visit(path)
	p.press("#play")
	p.shows("正在学习", "Studying")
	p.ticks(path, 3)
	other := p.again()
	other.visit(path)
	other.press("#play")
	other.shows("正在学习", "Studying")
	p.shows("已在另一个页面继续学习", "Another page has taken this session over")
	p.check("study-away")
	other.ticks(path, 3)
	assert.Contains(t, other.textOf("#said"), "正在学习", "the other page goes on")
	p.press("#play") // back to this one
	p.shows("正在学习", "Studying")
	other.shows("已在另一个页面继续学习", "Another page has taken this session over")
}
