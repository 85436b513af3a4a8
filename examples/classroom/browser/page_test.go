package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// check looks at the page that the tab shows as everybody should be able to use it: with
// axe-core, for what is wider than the screen, and with Tab alone. It keeps a picture.
func (p *tab) check(name string) {
	p.t.Helper()
	p.until(`document.readyState === "complete"`)
	p.shot(name)
	p.checkLanguage(name)
	p.checkWidth(name)
	p.checkAccess(name)
	if p.lang == "zh" { // the order is that of the page, whatever its language
		p.checkFocus(name)
	}
	assert.Emptyf(p.t, p.took(), "what went wrong in the browser on %s", name)
}

// checkLanguage looks for texts that were not filled in, and for the other language's
// marks in the page's own.
func (p *tab) checkLanguage(name string) {
	p.t.Helper()
	assert.Equalf(p.t, p.text("zh-CN", "en"), evaluate[string](p, `document.documentElement.lang`), "the language of %s", name)
	text := p.body()
	for _, bad := range []string{"%!", "%s", "%d", "{{", "undefined", "NaN", "<nil>", "null", "Invalid Date", "0001年", "Jan 0001"} {
		assert.NotContainsf(p.t, text, bad, "a text of %s", name)
	}
	assert.NotEmptyf(p.t, evaluate[string](p, `document.title`), "the title of %s", name)
	assert.Equalf(p.t, 1, p.count("h1"), "level 1 headings of %s", name)
}

// checkWidth looks for what is wider than the screen, itself or the text in it.
func (p *tab) checkWidth(name string) {
	p.t.Helper()
	wide := evaluate[[]string](p, `(() => {
		const width = document.documentElement.clientWidth, found = [];
		const scrolls = e => { for (; e && e !== document.body; e = e.parentElement) if (["auto", "scroll"].includes(getComputedStyle(e).overflowX)) return true; return false; };
		const hidden = e => { for (; e && e !== document.body; e = e.parentElement) if (getComputedStyle(e).clipPath === "inset(50%)") return true; return false; }; // from the eye
		const tell = e => (e.outerHTML.slice(0, 120) + " … " + e.innerText?.slice(0, 40)).replace(/\s+/g, " ");
		if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide");
		if (visualViewport.scale !== 1) found.push("the page is shown at a scale of " + visualViewport.scale);
		for (const e of document.body.querySelectorAll("*")) {
			if (!e.checkVisibility({visibilityProperty: true}) || e.closest(".skip, svg") || hidden(e)) continue;
			// A file's field may be hidden behind its label, which is its button then.
		const shown = e.type === "file" && e.labels.length && e.getBoundingClientRect().width < 2 ? e.labels[0] : e;
		const box = shown.getBoundingClientRect();
			if ((box.right > width + 1 || box.left < -1) && !scrolls(e.parentElement)) found.push("out of the page: " + tell(e));
			const style = getComputedStyle(e);
			if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && style.overflowX === "visible" && style.display !== "inline") found.push("wider than its box: " + tell(e));
			if (e.scrollHeight > e.clientHeight + 2 && e.clientHeight > 0 && ["hidden", "clip"].includes(style.overflowY)) found.push("cut off: " + tell(e));
		}
		return found;
	})()`)
	assert.Equalf(p.t, p.width, evaluate[int64](p, `window.innerWidth`), "the width of %s", name)
	assert.Emptyf(p.t, wide, "what does not fit into the width of %s", name)
}

// finding is what axe-core found.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// checkAccess runs axe-core in a world of its own, to which the page's
// Content-Security-Policy does not apply.
func (p *tab) checkAccess(name string) {
	p.t.Helper()
	for _, f := range p.axe() {
		assert.Failf(p.t, "axe-core", "%s: %s (%s): %s\n%s", name, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n"))
	}
}

// axe returns what axe-core finds serious or critical in the page, and targets that are
// too small.
func (p *tab) axe() []finding {
	p.t.Helper()
	world := command(p, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: p.frameID(), WorldName: "axe"}).ExecutionContextID
	run := func(script string) json.RawMessage {
		yes := true
		result := command(p, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ContextID: world, AwaitPromise: &yes, ReturnByValue: &yes})
		if result.ExceptionDetails != nil {
			require.Failf(p.t, "axe-core", "%+v", result.ExceptionDetails)
		}
		return json.RawMessage(result.Result.Value)
	}
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	require.NoError(p.t, err)
	run(string(source) + "\n;0")
	var found []finding
	require.NoError(p.t, json.Unmarshal(run(`axe.run(document, {
		iframes: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]},
	}).then(r => r.violations.filter(v => ["serious", "critical"].includes(v.impact) || v.id === "target-size").map(v => ({
		id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 200) + " " + n.any.concat(n.all, n.none).map(c => c.message).join("; ")),
	})))`), &found))
	return found
}

// focused is what has the focus.
type focused struct {
	Index   int    // among those that Tab should reach, in the order of the page; -1 for anything else
	HTML    string // how it begins
	Name    string // what it says
	Visible bool   // it is in the window, with nothing over it
	Ring    bool   // it is marked
	Leaves  bool   // the focus is not in the page any more
}

// What Tab should reach. Of the buttons of a radio group, one is reached.
const tabbable = `(() => {
	const radios = new Set();
	return [...document.querySelectorAll("a[href],button,input,select,textarea,summary,iframe,[tabindex]")].filter(e => {
		if (e.disabled || e.tabIndex < 0 || e.type === "hidden" || e.closest("[inert]") || !e.checkVisibility({visibilityProperty: true})) return false;
		if (e.type !== "radio") return true;
		const group = [...document.getElementsByName(e.name)], chosen = group.find(r => r.checked) ?? group[0];
		return e === chosen;
	});
})()`

// focus tells what has the focus.
func (p *tab) focus() focused {
	p.t.Helper()
	return evaluate[focused](p, `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return {Index: -1, HTML: "", Name: "", Visible: true, Ring: true, Leaves: true};
		// A file's field may be hidden behind its label, which is its button then.
		const shown = e.type === "file" && e.labels.length && e.getBoundingClientRect().width < 2 ? e.labels[0] : e;
		const box = shown.getBoundingClientRect();
		const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1), y = Math.min(Math.max(box.y + Math.min(box.height / 2, 20), 0), innerHeight - 1);
		const top = document.elementFromPoint(x, y);
		return {
			Index: `+tabbable+`.indexOf(e), HTML: e.outerHTML.slice(0, 160).replace(/\s+/g, " "), Name: (e.ariaLabel || e.title || e.labels?.[0]?.innerText || e.innerText || e.name || e.id || "").trim(),
			Visible: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && Boolean(top) && (shown === top || shown.contains(top) || top.contains(shown)),
			// A browser marks the parts of a date by itself. A link may be marked by what is drawn over its row.
			Ring: e.tagName === "IFRAME" || e.type === "datetime-local" || ["", "::before", "::after"].some(part => {
				const style = getComputedStyle(shown, part || undefined);
				return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
			}),
			Leaves: false,
		};
	})()`)
}

// blur takes the focus to the beginning of the page.
func (p *tab) blur() {
	p.t.Helper()
	evaluate[bool](p, `(() => {
		getSelection().removeAllRanges();
		document.activeElement?.blur();
		// A browser goes on from where it was last, which the body moves to the beginning.
		document.body.tabIndex = -1; document.body.focus(); document.body.blur(); document.body.removeAttribute("tabindex");
		scrollTo(0, 0);
		return true;
	})()`)
}

// checkFocus presses Tab until the focus leaves the page: it has to come to everything,
// in the order of the page, where it can be seen, and never to stay.
func (p *tab) checkFocus(name string) {
	p.t.Helper()
	wanted, order, unseen := p.walk()
	if now := p.tabbables(); len(now) != len(wanted) {
		wanted, order, unseen = p.walk() // something came or went on the way, such as a document
	}
	all := make([]int, len(wanted))
	for i := range all {
		all[i] = i
	}
	if !slices.Equal(all, order) {
		assert.Failf(p.t, "Tab does not go through everything in order", "%s: %v of\n%s", name, order, strings.Join(wanted, "\n"))
	}
	assert.Emptyf(p.t, unseen, "where the focus is out of sight or not marked on %s", name)
	p.blur()
}

// tabbables returns what Tab should reach.
func (p *tab) tabbables() []string {
	p.t.Helper()
	return evaluate[[]string](p, tabbable+`.map((e, i) => i + " " + e.outerHTML.slice(0, 100).replace(/\s+/g, " "))`)
}

// walk presses Tab through the page. It returns what there is to reach, the order in
// which it was reached, and what could not be seen then.
func (p *tab) walk() (wanted []string, order []int, unseen []string) {
	p.t.Helper()
	p.blur()
	wanted = p.tabbables()
	for range 2*len(wanted) + 10 {
		p.keys(kb.Tab)
		at := p.focus()
		if at.Leaves || len(order) > 0 && at.Index >= 0 && at.Index == order[0] {
			break
		}
		if !at.Ring || !at.Visible {
			unseen = append(unseen, at.HTML)
		}
		if at.Index < 0 {
			continue // a box that scrolls, which browsers make reachable by themselves
		}
		if n := len(order); n == 0 || order[n-1] != at.Index { // Tab goes through the parts of a date, too
			order = append(order, at.Index)
		}
	}
	return wanted, order, unseen
}

// tabTo presses Tab until an element has the focus that says something, and fails if
// none does.
func (p *tab) tabTo(zh, en string) {
	p.t.Helper()
	want := p.text(zh, en)
	var passed []string
	for range evaluate[int](p, tabbable+`.length`)*2 + 10 {
		p.keys(kb.Tab)
		at := p.focus()
		if at.Name == want || strings.HasPrefix(at.Name, want) {
			assert.Truef(p.t, at.Ring && at.Visible, "the focus can be seen: %+v", at)
			return
		}
		passed = append(passed, fmt.Sprintf("%q", at.Name))
	}
	require.Failf(p.t, "Tab does not reach it", "%q; it went over %s\non %s", want, strings.Join(passed, ", "), p.location())
}

// backTo is tabTo in the other direction.
func (p *tab) backTo(zh, en string) {
	p.t.Helper()
	want := p.text(zh, en)
	for range evaluate[int](p, tabbable+`.length`)*2 + 10 {
		p.call(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
		if at := p.focus(); strings.HasPrefix(at.Name, want) {
			return
		}
	}
	require.Failf(p.t, "Shift and Tab do not reach it", "%q on %s", want, p.location())
}
