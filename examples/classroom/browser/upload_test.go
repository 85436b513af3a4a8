package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// file makes a file of a size.
func file(t *testing.T, name string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte("%PDF-1.4\n"), 0o600))
	require.NoError(t, os.Truncate(path, size))
	return path
}

const megabyte = 1 << 20

func TestUpload(t *testing.T) {
	onScreens(t, func(t *testing.T, on screen) {
		const name = "第三章 浮力与压强（教师用，含课堂练习与参考答案 2026 秋季修订版）.pdf"
		p := openTab(t, startSite(t).url, on)
		path := p.room(liveRoom)

		for problem, tt := range map[string]struct{ file, zh, en string }{
			"of the wrong kind": {file(t, "视频.mp4", megabyte), "平台只接受", "The platform takes Word"},
			"too large":         {file(t, "扫描.pdf", 20*megabyte+1), "不超过 20 MB", "at most 20 MB"},
			"empty":             {file(t, "空.pdf", 0), "不为空的文件", "not empty"},
		} {
			p.attach("#file", tt.file)
			p.press("#upload button[type=submit]")
			p.until(`document.querySelector("#file-wrong").innerText.includes(%s)`, quote(p.text(tt.zh, tt.en)))
			assert.Equalf(t, 1, p.count("#file[aria-invalid=true]"), "the file that is %s is marked", problem)
		}
		p.check("room-wrong-file")
		assert.Empty(t, p.asked(path+"/documents"), "what was sent of files that are wrong")

		p.hear("#jobs")
		p.attach("#file", file(t, name, 20*megabyte))
		assert.Empty(t, p.textOf("#file-wrong"), "this file is right")
		p.press("#upload button[type=submit]")
		const percent = `(document.querySelector("#jobs .job progress")?.value ?? 0)`
		p.until(percent + ` > 12 && document.querySelectorAll("#jobs .job").length === 1`)
		p.until(`document.querySelector(".job-text").innerText.includes("20.0 MB")`)
		before := evaluate[float64](p, percent)
		p.until("%s > %f", percent, before) // it moves

		// The page is loaded anew, and another tab opened: both see the same.
		p.call(reload)
		p.until(`document.querySelectorAll("#jobs .job").length === 1`)
		assert.GreaterOrEqual(t, evaluate[float64](p, percent), before, "the upload goes on after the page was loaded anew")
		other := p.again()
		other.visit(path)
		other.until(`document.querySelectorAll("#jobs .job").length === 1`)
		assert.Equal(t, evaluate[string](p, `document.querySelector("#jobs .job").dataset.job`), evaluate[string](other, `document.querySelector("#jobs .job").dataset.job`), "the job of both tabs")
		p.check("room-uploading")
		for _, tab := range []*tab{p, other} {
			tab.has("#jobs .job-done")
			tab.until(`document.querySelector("#attached .doc-name")?.innerText === %s`, quote(name))
			assert.Equal(t, tab.text("已添加到教室", "Added to the room"), tab.textOf("#jobs .job-text"))
			assert.Contains(t, tab.textOf("#attached .doc"), tab.text("已就绪", "Ready"))
		}
		heard := evaluate[string](p, `sessionStorage.heard`)
		assert.Contains(t, heard, p.text("正在上传到平台", "Uploading to the platform"), "what the page says on the way")
		assert.Contains(t, heard, p.text("平台正在转换", "The platform is converting it"), "what the page says on the way")
		p.check("room-uploaded")

		// It can be taken out of the room and put back.
		p.submit("#attached button")
		p.lacks("#attached .doc")
		p.press(".attach summary")
		p.until(`document.querySelector(".attach").open`)
		p.submit(".attach button")
		p.has("#attached .doc")

		// What a browser without scripts would send is refused as well, by the site.
		p.expect(422, path)
		assert.Contains(t, evaluate[string](p, `(() => {
			const form = new FormData();
			form.append("file", new File(["x"], "a.exe"));
			return fetch(`+quote(path+"/documents")+`, {method: "POST", body: form, headers: {Accept: "application/json", "X-Csrf-Token": document.querySelector("meta[name=csrf-token]").content}}).then(r => r.text());
		})()`), p.text("平台只接受", "The platform takes Word"))
	})
}

// hear keeps what an element says in the tab's sessionStorage, from now on, and when the
// page is loaded anew.
func (p *tab) hear(selector string) {
	p.t.Helper()
	source := `(() => {
		const listen = () => {
			const e = document.querySelector(` + quote(selector) + `);
			if (!e) return;
			const hear = () => { sessionStorage.heard = (sessionStorage.heard ?? "") + e.innerText + "\n"; };
			hear();
			new MutationObserver(hear).observe(e, {childList: true, subtree: true, characterData: true});
		};
		if (document.readyState === "loading") addEventListener("DOMContentLoaded", listen); else listen();
		return true;
	})()`
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	evaluate[bool](p, source)
}
