package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWatch looks at pages that are wrong: what is not seen in them would not be seen in
// the classroom either.
func TestWatch(t *testing.T) {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
	const good = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Page</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/style.css">`
	for name, tt := range map[string]struct {
		html, policy, script, style string

		want string // what the watch says; "" if it has nothing to say
	}{
		"nothing":                    {html: `<h1>Page</h1>`},
		"a warning":                  {html: `<script src="/script.js"></script>`, script: `console.warn("look", 1)`, want: `console.warning: "look" 1`},
		"an exception":               {html: `<script src="/script.js"></script>`, script: `nothing.at.all`, want: "exception: Uncaught ReferenceError: nothing is not defined"},
		"a promise that is rejected": {html: `<script src="/script.js"></script>`, script: `Promise.reject(new Error("no"))`, want: "exception: Uncaught (in promise) Error: no"},
		"a style in the page":        {html: `<p style="color: red">Red</p>`, want: "against the Content-Security-Policy: style-src"},
		"a script in the page":       {html: `<script>1</script>`, want: "against the Content-Security-Policy: script-src"},
		"a policy that allows them":  {policy: "script-src 'self' 'unsafe-inline'", want: "a Content-Security-Policy that allows too much: /"},
		"no policy":                  {policy: "-", want: "no Content-Security-Policy: /"},
		"a picture of another site":  {html: `<img alt="" src="http://example.com/a.png">`, policy: "img-src *", want: "a request leaves the machine: http://example.com/a.png"},
		"a file that is missing":     {html: `<img alt="" src="/missing.png">`, want: "answered 404: /missing.png"},
		"an answer that breaks off":  {html: `<script src="/script.js"></script>`, script: `fetch("/broken").catch(() => {})`, want: "failed: "},
		"a dialog":                   {html: `<script src="/script.js"></script>`, script: `setTimeout(() => alert("stop"))`, want: "dialog: stop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				switch {
				case tt.policy == "":
					h.Set("Content-Security-Policy", policy)
				case tt.policy != "-" || r.URL.Path != "/":
					h.Set("Content-Security-Policy", tt.policy)
				}
				switch r.URL.Path {
				case "/":
					h.Set("Content-Type", "text/html; charset=utf-8")
					_, _ = fmt.Fprint(w, good+tt.html)
				case "/script.js":
					h.Set("Content-Type", "text/javascript")
					_, _ = fmt.Fprint(w, tt.script)
				case "/style.css":
					h.Set("Content-Type", "text/css")
					_, _ = fmt.Fprint(w, tt.style)
				case "/icon.svg":
					h.Set("Content-Type", "image/svg+xml")
					_, _ = fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
				case "/broken":
					panic(http.ErrAbortHandler)
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			t.Cleanup(server.Close)
			p := openTab(t, server.URL, desktop("en"))
			if name == "a dialog" {
				go func() { _ = p.tryVisit("/") }() // it waits for an answer
			} else {
				p.visit("/")
			}
			if tt.want == "" {
				return // the end of the test looks whether it is quiet
			}
			p.eventually(tt.want)
		})
	}
}

// TestChecks looks whether the checks of a page find what is wrong with one.
func TestChecks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'")
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Page</title><link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script><main><h1>Page</h1><p class="pale">Who can read this?</p><p class="wide">Wide</p><p class="cut">A text that is<br>longer than<br>its box</p>
<a href="/a">Here</a> <button id="trap">Trap</button> <a class="unmarked" href="/b">There</a> <input name="nameless"> <a class="small" href="/c">.</a><a class="small" href="/d">.</a></main>`)
		case "/style.css":
			w.Header().Set("Content-Type", "text/css")
			_, _ = fmt.Fprint(w, `.pale { color: #ccc } .wide { width: 1500px } .cut { height: 20px; overflow: hidden } .unmarked:focus { outline: none } .small { display: inline-block; width: 8px; height: 8px; overflow: visible }`)
		case "/script.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprint(w, `if (location.hash === "#trap") document.addEventListener("keydown", e => { if (e.key === "Tab" && document.activeElement.id === "trap") e.preventDefault(); });`)
		default:
			w.Header().Set("Content-Type", "image/svg+xml")
			_, _ = fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
		}
	}))
	t.Cleanup(server.Close)
	p := openTab(t, server.URL, desktop("en"))
	p.visit("/")
	var found []string
	for _, f := range p.axe() {
		found = append(found, f.ID)
	}
	assert.Subset(t, found, []string{"color-contrast", "label", "target-size"}, "what axe-core finds")

	inner := &testing.T{} // takes the failures
	asked := *p
	asked.t = inner
	asked.checkWidth("the page")
	assert.True(t, inner.Failed(), "what is too wide is found")
	for hash, why := range map[string]string{"": "a focus that is not marked", "#trap": "a focus that stays"} {
		p.visit("/" + hash)
		p.call(reload)
		inner = &testing.T{}
		asked.t = inner
		asked.checkFocus("the page")
		assert.Truef(t, inner.Failed(), "%s is found", why)
	}
	require.Empty(t, p.took())
}
