package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
)

// answerWithin bounds what a page waits for.
const answerWithin = 30 * time.Second

// visit is a request for a page.
type visit struct {
	w http.ResponseWriter
	r *http.Request

	site   *site
	lang   edusdk.Language
	cookie string // see session
}

// page returns the handler of a page. An error that its function returns becomes the
// page that explains it.
func (s *site) page(serve func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		v := &visit{w: w, r: r.WithContext(ctx), site: s, lang: s.language(r)}
		if err := serve(v); err != nil {
			v.fail(err)
		}
	})
}

// form is page for what changes something: the form's token is checked first.
func (s *site) form(serve func(*visit) error) http.Handler {
	return s.page(func(v *visit) error {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, 64<<10)
		token := v.r.Header.Get(tokenHeader)
		if token == "" {
			token = v.r.PostFormValue(tokenField)
		}
		if err := v.checkToken(token); err != nil {
			return err
		}
		return serve(v)
	})
}

// pages are the templates, by name.
type pages map[string]*template.Template

// readPages reads the templates: each page together with the layout.
func readPages() (pages, error) {
	all := pages{}
	layout, err := template.ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	entries, err := files.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(files, path.Join("templates", e.Name()))
		}
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

// view is what a template sees.
type view struct {
	Lang    edusdk.Language
	Title   string // of the page
	Section string // "rooms", "study" or "demo": the part of the site that the page belongs to
	Token   string // of forms
	Here    string // path and query of the page
	Fake    bool   // the rooms are a fake's
	Data    any
}

// T returns a text in the page's language.
func (p view) T(key string, args ...any) string { return say(p.Lang, key, args...) }

// HTMLLang returns the page's language for the lang attribute.
func (p view) HTMLLang() string {
	if p.Lang == edusdk.Chinese {
		return "zh-CN"
	}
	return "en"
}

// Chinese reports whether the page is in Chinese.
func (p view) Chinese() bool { return p.Lang == edusdk.Chinese }

// With returns the view with other data, for a part of the page.
func (p view) With(data any) view {
	p.Data = data
	return p
}

// Time, Clock and Length show times and lengths of time in the page's language.
func (p view) Time(t time.Time) string { return showTime(p.Lang, t) }

// Clock shows the time of day.
func (p view) Clock(t time.Time) string { return t.In(beijing).Format("15:04") }

// Day shows a day.
func (p view) Day(t time.Time) string { return showDay(p.Lang, t) }

// Length shows a length of time.
func (p view) Length(d time.Duration) string { return showLength(p.Lang, d) }

// Size shows a number of bytes.
func (p view) Size(n int64) string { return showSize(n) }

// render answers with a page.
func (v *visit) render(status int, name, section, title string, data any) error {
	var b bytes.Buffer
	err := v.site.pages[name].ExecuteTemplate(&b, "layout", view{
		Lang: v.lang, Title: title, Section: section, Token: v.site.token(v.session()), Here: v.r.URL.RequestURI(),
		Fake: v.site.demo.vendor != nil, Data: data,
	})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // the browser may have left
	return nil
}

// redirect answers a form with the page to go to.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// json answers a script.
func (v *visit) json(status int, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b) // the browser may have left
	return nil
}

// byScript reports whether a script asks, which wants JSON.
func (v *visit) byScript() bool {
	return strings.Contains(v.r.Header.Get("Accept"), "application/json")
}

// problem is a failure of this site's own.
type problem struct {
	status int
	key    string // of its texts: title, what happened, what to do
}

func (p *problem) Error() string { return texts[p.key+".title"].en }

var (
	errNoPage = &problem{http.StatusNotFound, "error.nopage"}
	errForged = &problem{http.StatusForbidden, "error.forged"}
	errNobody = &problem{http.StatusForbidden, "error.nobody"}
)

// failure is what the page of an error shows.
type failure struct {
	Title, Text string
	Retry       string // the address to try again; "" where that is no use
	Unsure      bool   // it may have been carried out all the same
	Code        string // for support: what went wrong, in a word
}

// explain makes what people read of an error.
func (v *visit) explain(err error) (status int, f failure) {
	var own *problem
	if errors.As(err, &own) {
		return own.status, failure{Title: v.t(own.key + ".title"), Text: v.t(own.key + ".text")}
	}
	kind := edusdk.KindOf(err)
	f = failure{
		Title: v.t("error.title"), Text: edusdk.Describe(err, v.lang),
		Unsure: edusdk.MaybeApplied(err), Code: strings.ReplaceAll(kind.String(), " ", "_"),
	}
	switch kind {
	case edusdk.ErrNotFound:
		f.Title, f.Text = v.t("error.notfound"), v.t("error.nopage.text")
	case edusdk.ErrUnavailable, edusdk.ErrDeadlineExceeded:
		f.Title = v.t("error.away")
	}
	if v.r.Method == http.MethodGet && kind != edusdk.ErrNotFound {
		f.Retry = v.r.URL.RequestURI()
	}
	return edusdk.HTTPStatus(err), f
}

// fail answers with an error.
func (v *visit) fail(err error) {
	status, f := v.explain(err)
	if status >= http.StatusInternalServerError {
		// The route, not the path, which names a room or a student. Errors of the SDK
		// hold nothing secret or personal.
		v.site.log.Warn("a request failed", "route", v.r.Pattern, "status", status, "error", err)
	}
	if v.byScript() {
		_ = v.json(status, map[string]string{"error": f.Text})
		return
	}
	if err := v.render(status, "error", "", f.Title, f); err != nil {
		http.Error(v.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// t returns a text in the visit's language.
func (v *visit) t(key string, args ...any) string { return say(v.lang, key, args...) }

// sentences puts sentences together, with spaces between those of English.
func (v *visit) sentences(all ...string) string {
	if v.lang == edusdk.Chinese {
		return strings.Join(all, "")
	}
	return strings.Join(all, " ")
}

// setLanguage remembers the language and goes back to where the visitor was.
func setLanguage(v *visit) error {
	lang := edusdk.Language(v.r.PathValue("lang"))
	if lang != edusdk.Chinese && lang != edusdk.English {
		return errNoPage
	}
	setCookie(v.w, languageCookie, string(lang), 365*24*60*60)
	return v.redirect(localPath(v.r.FormValue("back")))
}

// localPath returns where to go back to: a path of this site, or the first page.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/rooms"
	}
	return u.RequestURI()
}

// beijing is the zone of all times that are shown.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func showTime(lang edusdk.Language, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	if lang == edusdk.Chinese {
		return t.In(beijing).Format("2006年1月2日 15:04")
	}
	return t.In(beijing).Format("2 Jan 2006, 15:04")
}

func showDay(lang edusdk.Language, t time.Time) string {
	if lang == edusdk.Chinese {
		return t.In(beijing).Format("2006年1月2日")
	}
	return t.In(beijing).Format("2 Jan 2006")
}

func showLength(lang edusdk.Language, d time.Duration) string {
	d = d.Round(time.Second)
	hours, minutes, seconds := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	unit := [3]string{" h", " min", " s"}
	if lang == edusdk.Chinese {
		unit = [3]string{" 小时", " 分钟", " 秒"}
	}
	var parts []string
	for i, n := range [3]int{hours, minutes, seconds} {
		if n > 0 && (i < 2 || hours == 0) {
			parts = append(parts, fmt.Sprint(n)+unit[i])
		}
	}
	if len(parts) == 0 {
		return "0" + unit[1]
	}
	return strings.Join(parts, " ")
}

func showSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
