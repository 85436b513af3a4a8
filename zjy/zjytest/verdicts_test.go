package zjytest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/internal/fake/faketest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestTheLogSaysWhatWasWrong(t *testing.T) {
	h := zjytest.NewHandler()
	var log faketest.Log
	h.SetLogger(log.Logger())
	post := func(path, cookie string, params ...string) *http.Request {
		form := url.Values{"courseOpenId": {zjytest.CourseOpenID}, "openClassId": {zjytest.OpenClassID}}
		for i := 0; i < len(params); i += 2 {
			if form.Set(params[i], params[i+1]); params[i+1] == "" {
				form.Del(params[i])
			}
		}
		r := faketest.Post("api/"+path, faketest.Form, form.Encode())
		if cookie != "" {
			r.Header.Set("Cookie", "auth="+cookie)
		}
		return r
	}
	ours := func(path string, params ...string) *http.Request { return post(path, zjytest.Auth, params...) }
	const (
		outline = "study/process/getProcessList"
		view    = "common/Directory/viewDirectory"
		change  = "common/Directory/changeStuStudyProcessCellData"
		logging = "common/Directory/stuProcessCellLog"
		failed  = "-500"
	)
	refused := func(r *http.Request, problem string) faketest.Row { return faketest.Of(r, 200, failed, problem) }
	values := []string{zjytest.Auth, zjytest.CourseOpenID, zjytest.OpenClassID, "secret-value"}
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{
		"an outline":          faketest.Of(ours(outline), 200, "1", ""),
		"no cookie":           faketest.Of(post(outline, ""), 200, `"-1"`, "the cookie auth is missing"),
		"another cookie":      faketest.Of(post(outline, "secret-value"), 200, `"-1"`, "the cookie auth is not the fake's"),
		"no course":           refused(ours(outline, "courseOpenId", ""), "courseOpenId is missing, or not that of the fake's course"),
		"another course":      refused(ours(outline, "courseOpenId", "secret-value"), "courseOpenId is missing, or not that of the fake's course"),
		"no class":            refused(ours(outline, "openClassId", ""), "openClassId is missing"),
		"another class":       refused(ours(outline, "openClassId", "secret-value"), "openClassId is not that of the student's class"),
		"another module":      refused(ours("study/process/getTopicByModuleId", "moduleId", "secret-value"), "moduleId is missing, or not that of a module"),
		"topics of no course": refused(ours("study/process/getTopicByModuleId", "courseOpenId", ""), "courseOpenId is missing, or not that of the fake's course"),
		"another topic":       refused(ours("study/process/getCellByTopicId", "topicId", "secret-value"), "topicId is missing, or not that of a topic"),
		"cells of no course":  refused(ours("study/process/getCellByTopicId", "courseOpenId", ""), "courseOpenId is missing, or not that of the fake's course"),
		"another cell":        refused(ours(view, "cellId", "secret-value"), "cellId is missing, or not that of a cell"),
		"a folder":            refused(ours(view, "cellId", "cell-1-1-4"), "cellId is that of a folder, which is not studied itself"),
		"a cell of no class":  refused(ours(view, "cellId", "cell-1-1-1", "openClassId", ""), "openClassId is missing"),
		"another name":        refused(ours(change, "cellId", "cell-1-1-1", "cellName", "secret-value"), "cellName is missing, or not that of the cell"),
		"switch to no cell":   refused(ours(change), "cellId is missing, or not that of a cell"),
		"no endpoint":         faketest.Of(ours("student/other"), 404, "", "the vendor has no such endpoint"),
		"a bad form":          faketest.Of(faketest.Post("api/"+outline, faketest.Form, "a=%zz"), 404, "", "the body is not URL-encoded"),
		"another method":      faketest.Of(httptest.NewRequest(http.MethodGet, "/api/"+outline, nil), 404, "", "the method must be POST"),
	})

	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"a view": faketest.Of(ours(view, "cellId", "cell-1-1-1"), 200, "1", "")})
	progress := func(params ...string) *http.Request {
		all := []string{"cellId", "cell-1-1-1", "studyNewlyPicNum", "1", "picNum", "1", "studyNewlyTime", "0", "token", "fake-token-00000001"}
		return ours(logging, append(all, params...)...)
	}
	pending := func(r *http.Request, problem string) faketest.Row { return faketest.Of(r, 200, "-100", problem) }
	faketest.Verdicts(t, h, &log, append(values, "fake-token-00000001"), map[string]faketest.Row{
		"another cell is pending": pending(ours(view, "cellId", "cell-1-1-2"), "cellId is not that of the cell whose progress was not saved"),
		"progress on another":     pending(progress("cellId", "cell-1-1-2"), "cellId is not that of the cell that was viewed last"),
		"progress on none":        pending(progress("cellId", ""), "cellId is missing, or not that of a cell"),
		"another token":           pending(progress("token", "secret-value"), "token is not that of the cell's last view or log, or was used"),
		"no page":                 pending(progress("studyNewlyPicNum", ""), "studyNewlyPicNum is missing, or not a whole number"),
		"no number of pages":      pending(progress("picNum", "secret-value"), "picNum is missing, or not a whole number"),
		"no time":                 pending(progress("studyNewlyTime", ""), "studyNewlyTime is missing, or not a number"),
		"a module":                pending(progress("moduleId", "secret-value"), "moduleId is not a parameter of this endpoint"),
	})
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"progress": faketest.Of(progress(), 200, "1", "")})

	h.FailNext("-2")
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"ordered": faketest.Of(ours(outline), 200, "-2", "")})
	h.ThrottleNext(zjytest.GatewayTimeout)
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"throttled": faketest.Of(ours(outline), 504, "", "")})
	h.ExpireSession()
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"expired": faketest.Of(ours(outline), 200, `"-1"`, "the session of the cookie auth has expired")})
	last := h.Requests()[len(h.Requests())-1]
	assert.Equal(t, "the session of the cookie auth has expired", last.Problem)
}
