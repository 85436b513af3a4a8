package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// within bounds how long a test waits for anything.
const within = 30 * time.Second

// screen is who looks at the site, and on what.
type screen struct {
	lang          string // "zh" or "en"
	width, height int64
	phone         bool
	scale         float64 // pixels of a picture for each of the page; 0 is 1
}

func (s screen) String() string {
	device := "desktop"
	if s.phone {
		device = "phone"
	}
	return s.lang + "-" + device
}

// text returns the text of the screen's language.
func (s screen) text(zh, en string) string {
	if s.lang == "zh" {
		return zh
	}
	return en
}

func desktop(lang string) screen { return screen{lang: lang, width: 1280, height: 900} }
func phone(lang string) screen   { return screen{lang: lang, width: 390, height: 844, phone: true} }

// screens are those on which every page is looked at.
var screens = []screen{desktop("zh"), desktop("en"), phone("zh"), phone("en")}

// onScreens runs a test in each language and at each width: on a Chinese desktop and an
// English phone, and with EDUSDK_TEST_LONG on every screen.
func onScreens(t *testing.T, test func(t *testing.T, on screen)) {
	if os.Getenv("EDUSDK_TEST_LONG") != "" {
		onAll(t, screens, test)
	} else {
		onAll(t, []screen{desktop("zh"), phone("en")}, test)
	}
}

// onAll runs a test on each of some screens.
func onAll(t *testing.T, screens []screen, test func(t *testing.T, on screen)) {
	for _, on := range screens {
		t.Run(on.String(), func(t *testing.T) {
			t.Parallel()
			test(t, on)
		})
	}
}

// tab is a tab of the browser, with cookies of its own.
type tab struct {
	*watch
	screen

	t    *testing.T
	ctx  context.Context
	site string // its origin
}

// openTab opens a tab. What went wrong in it fails the test when that ends.
func openTab(t *testing.T, site string, on screen) *tab {
	t.Helper()
	browser, err := shared.chrome(chromium(t))
	require.NoError(t, err)
	return newTab(browser, t, site, on, chromedp.WithNewBrowserContext())
}

// again opens another tab with the same cookies.
func (p *tab) again() *tab {
	p.t.Helper()
	id := chromedp.FromContext(p.ctx).BrowserContextID
	browser, err := shared.chrome(chromium(p.t))
	require.NoError(p.t, err)
	return newTab(browser, p.t, p.site, p.screen, chromedp.WithExistingBrowserContext(id))
}

func newTab(browser context.Context, t *testing.T, site string, on screen, option chromedp.ContextOption) *tab {
	t.Helper()
	p := &tab{watch: newWatch(site), screen: on, t: t, site: site}
	ctx, cancel := chromedp.NewContext(browser, option, chromedp.WithListener(p.see))
	p.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			p.shot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		_ = chromedp.Cancel(ctx) // the browser may have gone
		cancel()
		p.quiet()
	})
	scale := max(on.scale, 1)
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(scale), chromedp.EmulatePortrait}
	if on.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	require.NoError(t, chromedp.Do(ctx))
	p.call(chromedp.EmulateViewport(on.width, on.height, options...))
	command(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"}},
	})
	command(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}) // which no page shows
	command(p, audits.Enable, cdp.Empty{})
	command(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": on.text("zh-CN,zh;q=0.9", "en-US,en;q=0.9")}})
	return p
}

// command runs a command of the browser's protocol, and ends the test if it fails.
func command[P, R any](p *tab, c cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	result, err := chromedp.Call(ctx, c, params)
	require.NoErrorf(p.t, err, "%s", c.Method)
	return result
}

func (p *tab) call(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

// visit opens a page of the site.
func (p *tab) visit(path string) {
	p.t.Helper()
	p.call(chromedp.Navigate(p.site + path))
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoErrorf(p.t, err, "%s", expression)
	return value
}

// until waits for an expression in the page to be true. The page may go to another
// meanwhile.
func (p *tab) until(expression string, args ...any) {
	p.t.Helper()
	p.untilWithin(within, expression, args...)
}

func (p *tab) untilWithin(limit time.Duration, expression string, args ...any) {
	p.t.Helper()
	if len(args) > 0 {
		expression = fmt.Sprintf(expression, args...)
	}
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			require.Failf(p.t, "waited in vain", "for %s (%v)\non %s:\n%s", expression, err, p.location(), p.body())
		case <-ticker.C:
		}
	}
}

// on waits for a page of the site, whole, whose path and query have a prefix.
func (p *tab) on(path string) {
	p.t.Helper()
	p.until(`document.readyState === "complete" && location.origin === %s && (location.pathname + location.search + location.hash).startsWith(%s)`, quote(p.site), quote(path))
}

// shows waits for the page to show a text.
func (p *tab) shows(zh, en string) {
	p.t.Helper()
	p.until(`document.body.innerText.includes(%s)`, quote(p.text(zh, en)))
}

// has waits for an element.
func (p *tab) has(selector string) {
	p.t.Helper()
	p.until(`document.querySelector(%s)`, quote(selector))
}

// lacks waits for an element to be gone.
func (p *tab) lacks(selector string) {
	p.t.Helper()
	p.until(`!document.querySelector(%s)`, quote(selector))
}

func (p *tab) count(selector string) int {
	p.t.Helper()
	return evaluate[int](p, `document.querySelectorAll(`+quote(selector)+`).length`)
}

// text of the first element that a selector finds.
func (p *tab) textOf(selector string) string {
	p.t.Helper()
	return evaluate[string](p, `(document.querySelector(`+quote(selector)+`)?.innerText ?? "").trim()`)
}

func (p *tab) location() string {
	where, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`location.href`))
	return where
}

func (p *tab) body() string {
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	return text
}

// press clicks on an element, or taps on it: where it is, if nothing else is there.
func (p *tab) press(selector string) {
	p.t.Helper()
	p.has(selector)
	p.pressOn(`document.querySelector(` + quote(selector) + `)`)
}

// pressText presses the first link or button with a text.
func (p *tab) pressText(zh, en string) {
	p.t.Helper()
	element := `[...document.querySelectorAll("a[href],button,summary,label")].find(e => e.checkVisibility() && e.innerText.trim() === ` + quote(p.text(zh, en)) + `)`
	p.until("%s", element)
	p.pressOn(element)
}

// submit presses something that leads to another page, or to this one anew, and waits
// for that.
func (p *tab) submit(selector string) {
	p.t.Helper()
	p.leave(func() { p.press(selector) })
}

// leave does something that leads to another page, and waits for that.
func (p *tab) leave(do func()) {
	p.t.Helper()
	evaluate[bool](p, `window.left = true`)
	do()
	p.until(`!window.left && document.readyState === "complete"`)
}

func (p *tab) pressOn(element string) {
	p.t.Helper()
	at := evaluate[struct {
		X, Y  float64
		Above string
	}](p, `(() => {
		const e = `+element+`;
		e.scrollIntoView({block: "center", behavior: "instant"});
		const box = e.getClientRects()[0] ?? e.getBoundingClientRect();
		const x = box.x + box.width / 2, y = box.y + box.height / 2;
		const top = document.elementFromPoint(x, y);
		return {x, y, above: top === e || e.contains(top) || top?.closest("label")?.control === e ? "" : (top?.outerHTML ?? "nothing").slice(0, 200)};
	})()`)
	require.Emptyf(p.t, at.Above, "what covers %s", element)
	if p.phone {
		p.call(chromedp.TapXY(at.X, at.Y))
		return
	}
	p.call(chromedp.MouseClickXY(at.X, at.Y))
}

// fill replaces the text of a field as somebody who types does.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.has(selector)
	evaluate[bool](p, `(() => { const e = document.querySelector(`+quote(selector)+`); e.focus(); e.select?.(); return true; })()`)
	p.call(chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(text))
}

// choose sets the value of a select or of a field that has a picker.
func (p *tab) choose(selector, value string) {
	p.t.Helper()
	p.has(selector)
	evaluate[bool](p, `(() => {
		const e = document.querySelector(`+quote(selector)+`);
		e.value = `+quote(value)+`;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`)
}

// attach gives a file to a field.
func (p *tab) attach(selector, file string) {
	p.t.Helper()
	p.has(selector)
	p.call(chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file}))
}

// keys presses keys, one after the other.
func (p *tab) keys(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.call(chromedp.KeyEvent(key))
	}
}

// photograph writes a picture of the whole page, or of what is in the window.
func (p *tab) photograph(file string, whole bool) {
	picture, err := p.picture(whole)
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	p.t.Logf("a picture: %s", file)
}

func (p *tab) picture(whole bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	if whole {
		return chromedp.Run(ctx, chromedp.FullScreenshot(100))
	}
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// shot keeps a picture of the page in the folder that EDUSDK_TEST_SHOTS names, to be
// looked at.
func (p *tab) shot(name string) {
	p.t.Helper()
	folder := os.Getenv("EDUSDK_TEST_SHOTS")
	if folder == "" {
		return
	}
	require.NoError(p.t, os.MkdirAll(folder, 0o750))
	p.photograph(filepath.Join(folder, fmt.Sprintf("%s-%s.png", name, p.screen)), true)
}

// quote returns a text as JavaScript.
func quote(text string) string {
	b, _ := json.Marshal(text) // a string is JSON
	return string(b)
}

// watch sees what happens in a tab that should not.
type watch struct {
	site string

	mu       sync.Mutex
	wrong    []string
	expected map[int64]string // statuses, and the path that may have them
	requests map[network.RequestID]string
	visited  []string // addresses of all requests
}

func newWatch(site string) *watch {
	return &watch{site: site, expected: map[int64]string{}, requests: map[network.RequestID]string{}}
}

// expect says that answers with a status are wanted, at paths with a prefix.
func (w *watch) expect(status int64, path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected[status] = path
}

// asked returns how many requests to the site there were whose path has a prefix.
func (w *watch) asked(path string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, address := range w.visited {
		if strings.HasPrefix(strings.TrimPrefix(address, w.site), path) {
			found = append(found, strings.TrimPrefix(address, w.site))
		}
	}
	return found
}

// quiet fails the test for what has gone wrong since it was called last.
func (p *tab) quiet() {
	p.t.Helper()
	assert.Empty(p.t, p.took(), "what went wrong in the browser")
}

func (w *watch) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := w.wrong
	w.wrong = nil
	return wrong
}

func (w *watch) note(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// see is called for every event of the tab.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeAssert:
			var words []string
			for _, arg := range e.Args {
				words = append(words, strings.TrimSpace(string(arg.Value)+" "+arg.Description))
			}
			w.note("console.%s: %s", e.Type, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		w.note("exception: %s", text)
	case *log.EventEntryAdded:
		level := e.Entry.Level
		if (level == log.EntryLevelWarning || level == log.EntryLevelError) && !strings.HasPrefix(e.Entry.Text, "Failed to load resource:") {
			w.note("log: %s: %s %s", level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if csp := e.Issue.Details.ContentSecurityPolicyIssueDetails; csp != nil {
			w.note("against the Content-Security-Policy: %s %s", csp.ViolatedDirective, csp.BlockedURL)
		}
	case *network.EventRequestWillBeSent:
		w.asks(e)
	case *network.EventResponseReceived:
		w.answered(e.Response)
	case *network.EventLoadingFailed:
		// A page that is left ends what it still loads.
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
			w.note("failed: %s %s %s", w.requests[e.RequestID], e.ErrorText, e.BlockedReason)
		}
	case *page.EventJavascriptDialogOpening:
		w.note("dialog: %s", e.Message)
	}
}

func (w *watch) asks(e *network.EventRequestWillBeSent) {
	w.requests[e.RequestID] = e.Request.URL
	w.visited = append(w.visited, e.Request.URL)
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Scheme != "data" && u.Scheme != "blob" && u.Scheme != "about" && u.Hostname() != "127.0.0.1" {
		w.note("a request leaves the machine: %s", e.Request.URL)
	}
	if e.RedirectResponse != nil {
		w.answered(e.RedirectResponse)
	}
}

func (w *watch) answered(r *network.Response) {
	path, ours := strings.CutPrefix(r.URL, w.site+"/")
	if !ours {
		return
	}
	path = "/" + path
	if r.Status >= 400 {
		if allowed, ok := w.expected[r.Status]; !ok || !strings.HasPrefix(path, allowed) {
			w.note("answered %d: %s", r.Status, path)
		}
	}
	policy := ""
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Content-Security-Policy") {
			policy = fmt.Sprint(value)
		}
	}
	switch {
	case policy == "":
		w.note("no Content-Security-Policy: %s", path)
	case strings.Contains(policy, "unsafe-"):
		w.note("a Content-Security-Policy that allows too much: %s %s", path, policy)
	}
}

// frameID returns the ID of the page's frame.
func (p *tab) frameID() cdp.FrameID {
	p.t.Helper()
	return command(p, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
}

// fileChooser makes the browser report that a page wants a file, in place of a dialog
// that nobody sees, and returns what gives it one.
func (p *tab) fileChooser() (give func(file string)) {
	p.t.Helper()
	command(p, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	opened := make(chan cdp.BackendNodeID, 1)
	require.NoError(p.t, chromedp.Listen(p.ctx, func(event any) {
		if e, ok := event.(*page.EventFileChooserOpened); ok {
			opened <- e.BackendNodeID
		}
	}))
	return func(file string) {
		p.t.Helper()
		select {
		case node := <-opened:
			command(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, BackendNodeID: node})
		case <-time.After(within):
			require.Fail(p.t, "no dialog to choose a file has opened")
		}
	}
}

// reload loads the page anew.
var reload = chromedp.Reload()

// tryVisit is visit for a page that may not load.
func (p *tab) tryVisit(path string) error {
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(p.site+path))
}

// eventually waits for something to go wrong that begins with a text, and takes it.
func (p *tab) eventually(want string) {
	p.t.Helper()
	var seen []string
	assert.Eventuallyf(p.t, func() bool {
		seen = append(seen, p.took()...)
		return slices.ContainsFunc(seen, func(wrong string) bool { return strings.HasPrefix(wrong, want) })
	}, within, 20*time.Millisecond, "%s", want)
	if p.t.Failed() {
		p.t.Logf("it has seen %q", seen)
	}
}
