package recordedtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/fake/faketest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

// refresh talks to the fake by hand.
func refresh(h http.Handler, body string) string {
	r := httptest.NewRequest(http.MethodPost, "/"+recordedtest.Path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("token", recordedtest.Token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

func TestAnswersLookLikeTheDocuments(t *testing.T) {
	sample, err := os.ReadFile("../testdata/refresh_plan.json")
	require.NoError(t, err)
	h := recordedtest.NewHandler()
	assert.Equal(t, faketest.Shape(decode(t, string(sample))), faketest.Shape(decode(t, refresh(h, "new_section_id=2&yet_section_id=1"))))
}

func TestAnswersByValue(t *testing.T) {
	h := recordedtest.NewHandler()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return now })
	refresh(h, "new_section_id=3&yet_section_id=3")
	now = now.Add(50 * time.Second)
	const file = `[{"id":10,"name":"讲义.docx","ext":"docx","size":12349,"url":"https://files.example.com/handout.docx"}]`
	assert.JSONEq(t, `{"code":200,"msg":"ok","data":{
		"section_info":{"id":3,"user_id":1,"title":"第三讲","price":"10.00","is_try":0,"course_id":1,"course_title":"录播课",
			"section_sort":3,"video_id":"00000000000000000000000000000003","size":1,"duration":200,
			"ahead_data":`+file+`,"pdf_data":`+file+`,"consolidate_data":`+file+`,"view_duration":50},
		"yet_study_section":{"section_id":3,"plan":"25.00%","study_status":1}}}`, refresh(h, "new_section_id=3&yet_section_id=3"))
	now = now.Add(time.Hour)
	assert.Contains(t, refresh(h, "new_section_id=1&yet_section_id=3"), `"yet_study_section":{"section_id":3,"study_status":2}`)
	for body, want := range map[string]string{
		"new_section_id=1":                   `{"code":422,"msg":"参数错误","data":null}`,
		"new_section_id=%zz":                 `{"code":422,"msg":"参数错误","data":null}`,
		"new_section_id=9&yet_section_id=1":  `{"code":404,"msg":"章节不存在","data":null}`,
		"new_section_id=1&yet_section_id=-1": `{"code":404,"msg":"章节不存在","data":null}`,
	} {
		assert.JSONEq(t, want, refresh(h, body), body)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/"+recordedtest.Path, strings.NewReader("new_section_id=1&yet_section_id=1")))
	assert.JSONEq(t, `{"code":401,"msg":"请先登录","data":null}`, w.Body.String())
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	h.SetSections(recordedtest.Section{ID: 9007199254740993, Title: "导论", Duration: time.Minute, Watched: 30 * time.Second})
	assert.Contains(t, refresh(h, "new_section_id=9007199254740993&yet_section_id=9007199254740993"),
		`"yet_study_section":{"plan":"50.00%","section_id":9007199254740993,"study_status":1}`)
}

func decode(t *testing.T, answer string) (v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(answer), &v), answer)
	return v
}
