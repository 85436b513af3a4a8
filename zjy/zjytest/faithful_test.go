package zjytest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/fake/faketest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// ask talks to the fake by hand.
func ask(t *testing.T, h http.Handler, path, form string) (v map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/"+path, strings.NewReader(form))
	r.AddCookie(&http.Cookie{Name: "auth", Value: zjytest.Auth})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body.String())
	return v
}

const (
	ours   = "courseOpenId=" + zjytest.CourseOpenID + "&openClassId=" + zjytest.OpenClassID
	first  = ours + "&cellId=cell-1-1-1"
	second = ours + "&cellId=cell-1-1-2"
	viewed = "&picNum=2&studyNewlyTime=0&studyNewlyPicNum=2&token=fake-token-00000002"
)

func TestAnswersLookLikeTheDescriptions(t *testing.T) {
	h := zjytest.NewHandler()
	for _, step := range []struct{ sample, path, form string }{
		{"profile", "student/Studio/index", ""},
		{"courses", "student/learning/getLearnningCourseList", ""},
		{"outline", "study/process/getProcessList", ours},
		{"topics", "study/process/getTopicByModuleId", "moduleId=module-1&courseOpenId=" + zjytest.CourseOpenID},
		{"cells", "study/process/getCellByTopicId", ours + "&topicId=topic-1-1"},
		{"view", "common/Directory/viewDirectory", first},
		{"pending", "common/Directory/viewDirectory", second},
		{"view", "common/Directory/viewDirectory", first + "&moduleId=module-1"},
		{"log", "common/Directory/stuProcessCellLog", first + viewed},
		{"ok", "common/Directory/changeStuStudyProcessCellData", second + "&cellName=小节2"},
		{"view", "common/Directory/viewDirectory", second},
	} {
		b, err := os.ReadFile("../testdata/" + step.sample + ".json")
		require.NoError(t, err)
		var want map[string]any
		require.NoError(t, json.Unmarshal(b, &want))
		got := ask(t, h, step.path, step.form)
		assert.Equal(t, want["code"], got["code"], step.path)
		if step.sample == "cells" { // what a folder holds has its percentage under another name
			child := func(answer map[string]any, folder int) any {
				cells := answer["cellList"].([]any)
				return cells[folder].(map[string]any)["childNodeList"].([]any)[0]
			}
			assert.Equal(t, faketest.Shape(child(want, 1)), faketest.Shape(child(got, 3)))
		}
		if step.sample == "log" { // what the description's table has, and its sample lacks
			want["Id"], want["guIdToken"] = "text", "text"
		}
		if step.sample == "view" {
			assert.Equal(t, keysOfResource(t, want, "preview", "download", "status"), keysOfResource(t, got))
		}
		assert.Equal(t, faketest.Shape(want), faketest.Shape(got), step.path)
	}
}

// keysOfResource returns the names in resUrl, without those of urls unless they
// are of interest.
func keysOfResource(t *testing.T, detail map[string]any, urls ...string) any {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(detail["resUrl"].(string)), &r))
	all, _ := r["urls"].(map[string]any)
	if len(urls) > 0 {
		few := map[string]any{}
		for _, name := range urls {
			few[name] = all[name]
		}
		r["urls"] = few
	}
	delete(r, "args") // a video has other figures than a document
	return faketest.Shape(r)
}

func TestAnswersByValue(t *testing.T) {
	h := zjytest.NewHandler()
	at := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return at })
	ask(t, h, "common/Directory/viewDirectory", first)
	again := ask(t, h, "common/Directory/viewDirectory", first)
	assert.Equal(t, "fake-token-00000002", again["guIdToken"])
	assert.Equal(t, map[string]any{
		"code": -100.0, "currCourseOpenId": zjytest.CourseOpenID, "currOpenClassId": zjytest.OpenClassID, "currModuleId": "module-1",
		"curCellId": "cell-1-1-2", "currCellName": "小节2", "currPercent": 0.0,
		"lastCourseOpenId": zjytest.CourseOpenID, "lastOpenClassId": zjytest.OpenClassID, "lastModuleId": "module-1",
		"lastCellId": "cell-1-1-1", "lastCellName": "小节1", "lastPercent": 0.0,
	}, ask(t, h, "common/Directory/viewDirectory", second))
	for name, form := range map[string]string{
		"another token": first + strings.ReplaceAll(viewed, "00000002", "00000001"), "no page": strings.Replace(first+viewed, "picNum=2", "picNum=x", 1),
		"no time":   strings.Replace(first+viewed, "studyNewlyTime=0", "studyNewlyTime=", 1),
		"no figure": strings.Replace(first+viewed, "studyNewlyPicNum=2", "studyNewlyPicNum=", 1),
		"a module":  first + viewed + "&moduleId=module-1", "another cell": second + viewed,
		"another class": strings.Replace(first+viewed, zjytest.OpenClassID, "x", 1),
	} {
		assert.Equal(t, map[string]any{"code": -100.0, "msg": "操作失败"}, ask(t, h, "common/Directory/stuProcessCellLog", form), name)
	}
	assert.Equal(t, map[string]any{"code": 1.0, "msg": "操作成功！", "Id": "cell-1-1-1", "guIdToken": "fake-token-00000003"},
		ask(t, h, "common/Directory/stuProcessCellLog", first+viewed))
	detail := ask(t, h, "common/Directory/viewDirectory", first)
	for name, want := range map[string]any{
		"stuCellPicCount": 2.0, "stuStudyNewlyPicCount": 2.0, "cellPercent": 50.0, "pageCount": 4.0, "audioVideoLong": 0.0,
		"categoryName": "文档", "moduleId": "module-1", "topicId": "topic-1-1", "cellId": "cell-1-1-1", "cellName": "小节1",
	} {
		assert.Equal(t, want, detail[name], name)
	}
	ask(t, h, "common/Directory/changeStuStudyProcessCellData", second+"&cellName=小节2")
	video := ask(t, h, "common/Directory/viewDirectory", second)
	ask(t, h, "common/Directory/stuProcessCellLog", second+"&picNum=0&studyNewlyTime=100.5&studyNewlyPicNum=0&token="+video["guIdToken"].(string))
	video = ask(t, h, "common/Directory/viewDirectory", second)
	for name, want := range map[string]any{
		"stuStudyNewlyTime": 100.5, "cellPercent": 100.0, "pageCount": 0.0, "audioVideoLong": 100.5, "categoryName": "视频",
	} {
		assert.Equal(t, want, video[name], name)
	}

	outline := ask(t, h, "study/process/getProcessList", ours)
	assert.Equal(t, []any{30.0, 1.0}, []any{outline["openCourseCellCount"], outline["stuStudyCourseOpenCellCount"]})
	modules := outline["progress"].(map[string]any)["moduleList"].([]any)
	assert.Equal(t, map[string]any{"id": "module-1", "name": "模块1", "sortOrder": 1.0, "percent": 18.0}, modules[0], "150 % in 8 cells")
	courses := ask(t, h, "student/learning/getLearnningCourseList", "")
	assert.InDelta(t, 100.0/30, courses["courseList"].([]any)[0].(map[string]any)["process"], 1e-9)
	assert.Equal(t, "/Date(1772323200000)/", courses["termList"].([]any)[0].(map[string]any)["DateCreated"])
	topics := ask(t, h, "study/process/getTopicByModuleId", "moduleId=module-2&courseOpenId="+zjytest.CourseOpenID)
	assert.Equal(t, []any{
		map[string]any{"id": "topic-2-1", "name": "第1节", "sortOrder": 1.0, "upTopicId": "0"},
		map[string]any{"id": "topic-2-2", "name": "第2节", "sortOrder": 2.0, "upTopicId": "topic-2-1"},
	}, topics["topicList"])
	cells := ask(t, h, "study/process/getCellByTopicId", ours+"&topicId=topic-1-1")["cellList"].([]any)
	one, two, folder := cells[0].(map[string]any), cells[1].(map[string]any), cells[3].(map[string]any)
	assert.Equal(t, []any{50.0, 1.0, "0", 1.0}, []any{one["stuCellPercent"], one["stuCellCount"], one["upCellId"], one["cellType"]})
	assert.Equal(t, []any{100.0, 1.0, "cell-1-1-1", 2.0}, []any{two["stuCellPercent"], two["stuCellCount"], two["upCellId"], two["sortOrder"]})
	child := folder["childNodeList"].([]any)[1].(map[string]any)
	assert.Equal(t, []any{4.0, "cell-1-1-4-2", "cell-1-1-4", "topic-1-1", 0.0},
		[]any{folder["cellType"], child["Id"], child["parentId"], child["topicId"], child["stuCellFourPercent"]})
}

func TestWhatIsRefused(t *testing.T) {
	failed := map[string]any{"code": -500.0, "msg": "操作失败"}
	notLogged := map[string]any{"code": -100.0, "msg": "操作失败"}
	h := zjytest.NewHandler()
	other := strings.Replace(ours, zjytest.CourseOpenID, "another", 1)
	classless := "courseOpenId=" + zjytest.CourseOpenID
	for name, step := range map[string]struct {
		path, form string
		want       map[string]any
	}{
		"an outline without a class":    {"study/process/getProcessList", classless, failed},
		"another course's topic":        {"study/process/getCellByTopicId", other + "&topicId=topic-1-1", failed},
		"a topic without a class":       {"study/process/getCellByTopicId", classless + "&topicId=topic-1-1", failed},
		"another course's module":       {"study/process/getTopicByModuleId", "courseOpenId=another&moduleId=module-1", failed},
		"another course's cell":         {"common/Directory/viewDirectory", other + "&cellId=cell-1-1-1", failed},
		"a cell without a class":        {"common/Directory/viewDirectory", classless + "&cellId=cell-1-1-1", failed},
		"a switch to an unknown cell":   {"common/Directory/changeStuStudyProcessCellData", ours + "&cellId=x&cellName=小节1", failed},
		"a switch by another name":      {"common/Directory/changeStuStudyProcessCellData", first + "&cellName=小节2", failed},
		"a log of an unknown cell":      {"common/Directory/stuProcessCellLog", ours + "&cellId=x" + viewed, notLogged},
		"a log without a view":          {"common/Directory/stuProcessCellLog", first + viewed, notLogged},
		"a log without view nor token":  {"common/Directory/stuProcessCellLog", first + "&picNum=2&studyNewlyTime=0&studyNewlyPicNum=2", notLogged},
		"a log with an empty token":     {"common/Directory/stuProcessCellLog", first + "&picNum=2&studyNewlyTime=0&studyNewlyPicNum=2&token=", notLogged},
		"a log of a folder, of course":  {"common/Directory/stuProcessCellLog", ours + "&cellId=cell-1-1-4" + viewed, notLogged},
		"a log that goes by its module": {"common/Directory/stuProcessCellLog", first + viewed + "&moduleId=module-1", notLogged},
	} {
		assert.Equal(t, step.want, ask(t, h, step.path, step.form), name)
	}
}

func TestCellsOfEverySize(t *testing.T) {
	h := zjytest.NewHandler()
	h.SetCourse(0, 0, 0)
	courses := ask(t, h, "student/learning/getLearnningCourseList", "")
	assert.Equal(t, 0.0, courses["courseList"].([]any)[0].(map[string]any)["process"]) //nolint:testifylint // it is exact
	h.SetCourse(1, 1, 1)
	cells := ask(t, h, "study/process/getCellByTopicId", ours+"&topicId=topic-1-1")["cellList"].([]any)
	require.Len(t, cells, 1)
	assert.Equal(t, []any{1.0, []any{}}, []any{cells[0].(map[string]any)["cellType"], cells[0].(map[string]any)["childNodeList"]}, "an only cell is no folder")
	h.SetCourse(1, 1, 6)
	cells = ask(t, h, "study/process/getCellByTopicId", ours+"&topicId=topic-1-1")["cellList"].([]any)
	var got []any
	for _, c := range cells {
		c := c.(map[string]any)
		got = append(got, c["categoryName"], c["cellContent"], c["resourceUrl"])
	}
	doc := func(id string) []any { return []any{"文档", "doc/g@" + id + ".docx", "doc/g@" + id + ".docx"} }
	video := func(id string) []any { return []any{"视频", "ssykt/g@" + id + ".mp4", "ssykt/g@" + id + ".mp4"} }
	assert.Equal(t, slices.Concat(doc("cell-1-1-1"), video("cell-1-1-2"), doc("cell-1-1-3"), video("cell-1-1-4"), doc("cell-1-1-5")), got[:15])

	for id, want := range map[string]string{
		"cell-1-1-1": `{"extension":"docx","category":"office","args":{"page_count":4},"h5PreviewUrl":"","isH5":0,"status":2,"urls":{
			"preview":"https://files.example.com/cell-1-1-1.docx","download":"https://files.example.com/cell-1-1-1.docx",
			"status":"https://files.example.com/cell-1-1-1.docx/status"}}`,
		"cell-1-1-2": `{"extension":"mp4","category":"video","args":{},"h5PreviewUrl":"","isH5":0,"status":2,"urls":{
			"preview":"https://files.example.com/cell-1-1-2.mp4","download":"https://files.example.com/cell-1-1-2.mp4",
			"status":"https://files.example.com/cell-1-1-2.mp4/status"}}`,
	} {
		h.SetCourse(1, 1, 3) // where nothing is pending
		h.SetProgress(id, 250)
		detail := ask(t, h, "common/Directory/viewDirectory", ours+"&cellId="+id)
		assert.JSONEq(t, want, detail["resUrl"].(string))
		assert.Equal(t, 100.0, detail["cellPercent"], "no more than all of it") //nolint:testifylint // it is exact
	}
}

func TestHTTP(t *testing.T) {
	h := zjytest.NewHandler()
	const profile, asJSON = "/api/student/Studio/index", "text/html; charset=utf-8" // as the vendor labels it
	for _, step := range []struct {
		name, method, path, form string
		throttle                 []zjytest.Throttle
		status                   int
		contentType, body        string
	}{
		{"an answer", http.MethodPost, profile, "", nil, 200, asJSON, `"code":1`},
		{"GET", http.MethodGet, profile, "", nil, 404, "text/html", "404"},
		{"an unknown path", http.MethodPost, "/api/student/Studio", "", nil, 404, "text/html", "404"},
		{"a broken form", http.MethodPost, profile, "a=%zz", nil, 404, "text/html", "404"},
		{"504", http.MethodPost, profile, "", []zjytest.Throttle{zjytest.GatewayTimeout}, 504, asJSON, "504"},
		{"empty", http.MethodPost, profile, "", []zjytest.Throttle{zjytest.EmptyAnswer}, 200, asJSON, ""},
		{"an answer again", http.MethodPost, profile, "", nil, 200, asJSON, `"code":1`},
	} {
		h.ThrottleNext(step.throttle...)
		r := httptest.NewRequest(step.method, step.path, strings.NewReader(step.form))
		r.AddCookie(&http.Cookie{Name: "auth", Value: zjytest.Auth})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, []any{step.status, step.contentType}, []any{w.Code, w.Header().Get("Content-Type")}, step.name)
		if assert.Contains(t, w.Body.String(), step.body, step.name); step.body == "" {
			assert.Empty(t, w.Body.String(), step.name)
		}
	}
	var codes []string
	for _, r := range h.Requests() {
		codes = append(codes, r.Path+" "+r.Code)
	}
	assert.Equal(t, []string{
		"api/student/Studio/index 1", "api/student/Studio/index ", "api/student/Studio/index ", "api/student/Studio/index 1",
	}, codes, "what the fake knows is remembered")
}
