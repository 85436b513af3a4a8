package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// TestKeyboard goes through everything with the keyboard alone.
func TestKeyboard(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := openTab(t, startSite(t, "-rooms", "7", "-speed", "60").url, desktop(lang))
			p.visit("/rooms")
			p.keys(kb.Tab)
			assert.Equal(t, p.text("跳到主要内容", "Skip to the content"), p.focus().Name, "the first thing that Tab comes to")
			p.keys(kb.Enter)
			p.tabTo("新建教室", "New room")
			p.keys(kb.Enter)
			p.on("/rooms/new")

			const title = "Keyboard 101"
			p.tabTo("标题", "Title")
			p.keys(strings.Split(title, "")...)
			p.tabTo("时长", "Length")
			p.keys("1", "2") // 120 minutes
			p.until(`document.querySelector("#length").value === "120"`)
			p.tabTo("开启视频", "With video")
			p.keys(" ")
			p.until(`!document.querySelector("#video").checked`)
			p.tabTo("创建教室", "Create the room")
			p.keys(kb.Enter)
			p.shows("教室已创建", "The room was created")
			path := evaluate[string](p, `location.pathname`)

			give := p.fileChooser()
			p.tabTo("选择文件", "Choose a file")
			p.keys(" ")
			give(file(t, "讲义.pdf", megabyte))
			p.until(`document.querySelector("#file").files.length === 1`)
			p.tabTo("上传", "Upload")
			p.keys(kb.Enter)
			p.has("#jobs .job-done")
			p.has("#attached .doc")
			p.blur()
			p.tabTo("从教室移除", "Remove")
			p.keys(kb.Enter)
			p.lacks("#attached .doc")
			p.tabTo("添加已上传的课件", "Add a document")
			p.keys(kb.Enter)
			p.tabTo("添加到教室", "Add to the room")
			p.keys(kb.Enter)
			p.has("#attached .doc")

			p.tabTo("删除教室", "Delete the room")
			p.keys(kb.Enter)
			p.on(path + "/delete")
			p.tabTo("确认删除", "Delete it")
			p.keys(kb.Enter)
			p.on("/rooms")

			p.tabTo("按标题搜索", "Search by title")
			p.keys("浮", "力", kb.Enter)
			p.until(`document.querySelectorAll(".room-link").length === 1`)
			p.tabTo("初三物理", "初三物理")
			p.keys(kb.Enter)
			p.has("#as")
			p.tabTo("学生", "Student")
			p.keys(kb.ArrowDown, kb.ArrowDown)
			p.until(`document.querySelector("#as").value === "student-3"`)
			p.tabTo("以学生身份进入", "Enter as student")
			p.keys(kb.Enter)
			p.until(`document.readyState === "complete" && location.search === "?as=student-3"`)
			p.linked(0)
			p.tabTo("重新进入", "Enter again") // past the frame
			p.keys(kb.Enter)
			p.linked(1)
			p.backTo("返回教室详情", "Back to the room")
			p.keys(kb.Enter)
			p.has("#as")
			p.tabTo("考勤与回放统计", "Attendance and recording")
			p.keys(kb.Enter)
			p.shows("还没有人进入过这间教室", "Nobody has been in this room yet")

			p.tabTo("学时", "Study hours")
			p.keys(kb.Enter)
			p.on("/study")
			p.tabTo("张三", "张三")
			p.keys(kb.Enter)
			p.on("/study/student-1/video-1")
			p.tabTo("播放", "Play")
			p.keys(" ")
			p.shows("正在学习", "Studying")
			p.until(`document.activeElement.id === "face-title"`)
			p.tabTo("换别人试试", "Try with somebody else")
			p.keys(kb.Enter)
			p.shows("不是本人", "That is somebody else")
			p.backTo("拍照核验", "Take the picture")
			p.keys(" ")
			p.until(`!document.querySelector("#face").checkVisibility() && document.activeElement.id === "play"`)
			p.keys(" ") // pause
			p.shows("已暂停", "Paused")
			p.tabTo("播放位置", "Position")
			before := evaluate[float64](p, `Number(document.querySelector("#position").value)`)
			p.keys(kb.ArrowLeft, kb.ArrowLeft)
			p.until(`Number(document.querySelector("#position").value) === %f - 2`, before)
			p.tabTo("模拟平台中断", "Take the platform away")
			p.keys(kb.Enter)
			p.until(`document.querySelector("#outage-button").innerText === %s`, quote(p.text("恢复平台", "Bring the platform back")))
			p.keys(kb.Enter)
			p.until(`document.querySelector("#outage-button").innerText === %s`, quote(p.text("模拟平台中断", "Take the platform away")))
			p.backTo("结束学习", "End the session")
			p.keys(kb.Enter)
			p.shows("本次学习已结束", "The session has ended")
			p.backTo("English", "中文")
			p.keys(kb.Enter)
			p.until(`document.readyState === "complete" && document.documentElement.lang === %s`, quote(p.text("en", "zh-CN")))
			p.on("/study/student-1/video-1")
		})
	}
}
