package browser

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// links are the signed links that frames were sent to.
func (p *tab) links() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for _, address := range p.visited {
		if strings.Contains(address, "/api/v3/room/enter?") {
			found = append(found, address)
		}
	}
	return found
}

// linked waits for another signed link, and returns it.
func (p *tab) linked(before int) string {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return len(p.links()) > before }, within, 20*time.Millisecond, "a link was signed")
	return p.links()[before]
}

func TestClass(t *testing.T) {
	site := startSite(t)
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, site.url, on)
		path := p.room(liveRoom)
		assert.NotContains(t, evaluate[string](p, `document.documentElement.outerHTML`), "api/v3/room/enter", "no page has a signed link in it")
		p.pressText("以老师身份进入", "Enter as teacher")
		p.on(path + "/class?as=teacher")
		p.shows("陈老师（老师）", "陈老师 (teacher)")
		first := p.linked(0)
		p.check("class-teacher")

		// Each click signs anew.
		p.pressText("重新进入", "Enter again")
		assert.NotEqual(t, first, p.linked(1), "a click signs another link")
		p.pressText("返回教室详情", "Back to the room")
		p.on(path)
		p.choose("#as", "student-8")
		p.pressText("以学生身份进入", "Enter as student")
		p.on(path + "/class?as=student-8")
		p.shows("阿依努尔·买买提依明·吐尔逊（学生）", "阿依努尔·买买提依明·吐尔逊 (student)")
		p.linked(2)
		p.check("class-student")

		// A link that is too old is said to be, and can be had anew. The page's five
		// minutes pass in less than one second.
		command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `{ const wait = window.setTimeout; window.setTimeout = (f, ms, ...more) => wait(f, ms / 1000, ...more); }`,
		})
		p.call(reload)
		p.shows("链接已超过有效期", "The link has expired")
		p.check("class-old")
		signed := len(p.links())
		p.pressText("重新进入", "Enter again")
		p.linked(signed)

		for room, tt := range map[string]struct {
			zh, en string
			final  bool // to try again is no use
		}{
			upcomingRoom: {zh: "课程还没有开始", en: "The lesson has not begun"},
			emptyRoom:    {zh: "回放正在转换", en: "its recording is being converted"},
			expiredRoom:  {zh: "回放已过有效期", en: "The time in which the recording could be watched is over", final: true},
		} {
			path := p.room(room)
			p.visit(path + "/class?as=student-1")
			p.shows(tt.zh, tt.en)
			assert.Equalf(t, 0, p.count("iframe"), "no frame of %s", room)
			p.check("class-closed")
			if tt.final {
				p.leave(func() { p.press("main .button.primary") })
				p.on(path)
				continue
			}
			p.leave(func() { p.pressText("重新签名并进入", "Sign a new link and enter") })
			p.on(path + "/class")
		}
	})
}

// download presses something that downloads a file, and returns the file.
func (p *tab) download(element func()) []byte {
	p.t.Helper()
	folder := p.t.TempDir()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	events := true
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		DownloadPath: folder, EventsEnabled: &events,
	})
	require.NoError(p.t, err)
	element()
	var files []string
	require.Eventually(p.t, func() bool {
		files, _ = filepath.Glob(filepath.Join(folder, "*.csv"))
		return len(files) > 0
	}, within, 20*time.Millisecond, "a file was downloaded")
	content, err := os.ReadFile(files[0])
	require.NoError(p.t, err)
	assert.Equal(p.t, p.text("考勤.csv", "attendance.csv"), filepath.Base(files[0]))
	return content
}

func TestAttendance(t *testing.T) {
	site := startSite(t)
	onScreens(t, func(t *testing.T, on screen) {
		p := openTab(t, site.url, on)
		p.visit("/lang/" + on.lang) // of the tab's headers, downloads have cookies alone
		path := p.room(endedRoom)
		p.pressText("考勤与回放统计", "Attendance and recording")
		p.on(path + "/attendance")
		p.until(`window.Chart && [...document.querySelectorAll("canvas")].every(c => Chart.getChart(c))`)

		type series struct {
			Labels []string
			Values []float64
		}
		chart := evaluate[series](p, `(() => { const {labels, datasets} = Chart.getChart(document.querySelector("canvas[data-chart=bar]")).data; return {labels, values: datasets[0].data}; })()`)
		table := evaluate[[][]string](p, `[...document.querySelectorAll("#attendance tbody tr")].map(tr => [...tr.cells].map(c => c.innerText.trim()))`)
		require.Len(t, table, 8)
		require.Len(t, chart.Labels, 8)
		absent := 0
		for i, row := range table {
			assert.Equal(t, row[0], chart.Labels[i], "the chart's student %d", i)
			if row[1] == p.text("缺席", "Absent") {
				assert.Zerof(t, chart.Values[i], "the chart of %s, who was absent", row[0])
				absent++
				continue
			}
			assert.Greaterf(t, chart.Values[i], 0.0, "the chart of %s", row[0])
		}
		assert.Equal(t, 1, absent)
		p.press("details summary")
		p.until(`document.querySelector("details").open`)
		p.check("attendance-numbers")

		content := p.download(func() { p.press("a[href$='.csv']") })
		text, marked := strings.CutPrefix(string(content), "\ufeff")
		assert.True(t, marked, "the file begins with the mark by which spreadsheets know its encoding")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 9, "a head and eight students")
		for i, row := range table {
			assert.Containsf(t, rows[i+1], row[0], "line %d of the file", i+2)
		}
		assert.True(t, slices.ContainsFunc(rows[0], func(head string) bool { return strings.Contains(head, p.text("姓名", "ame")) }), "its head is in the page's language: %q", rows[0])
	})
}
