package supervisiontest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// receiver is a learning platform's server, written by hand: it gives each
// request to answer, and writes what that returns as JSON.
func receiver(t *testing.T, answer func(path string, headers, data fields) any) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Headers, Data fields }
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&in))
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(t, json.NewEncoder(w).Encode(answer(r.URL.Path, in.Headers, in.Data)))
	})
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.URL
}

// says returns a receiver that answers everything with the same.
func says(t *testing.T, status int, media, body string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestPushClass(t *testing.T) {
	r := start(t)
	var path, method, media string
	var body any
	url := serve(t, func(w http.ResponseWriter, req *http.Request) {
		path, method, media = req.URL.Path, req.Method, req.Header.Get("Content-Type")
		b, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		body = decoded(t, b)
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = io.WriteString(w, `{"returnCode":"0","returnMsg":"success","passwordRules":"身份证后六位","returnData":[
			{"cardNo":"110101199003070012","studentUserAccount":"lisi"},{"cardNo":"110101199003070013","studentUserAccount":"zhangsan"}]}`)
	})
	got, err := r.PushClass(t.Context(), url+"/platform/", supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Equal(t, &supervisiontest.PushResult{
		ReturnCode: "0", ReturnMsg: "success", PasswordRules: "身份证后六位", Accounts: []supervisiontest.StudentAccount{
			{CardNo: "110101199003070012", StudentUserAccount: "lisi"}, {CardNo: "110101199003070013", StudentUserAccount: "zhangsan"},
		},
	}, got)
	assert.Equal(t, []string{"/platform/api/v1/pushClassInfo", "POST", "application/json;charset=UTF-8"}, []string{path, method, media})
	sent := body.(fields)
	assert.Len(t, sent, 2)
	assert.Equal(t, fields{
		"deviceType": "TYPE_PC", "timestamp": itoa(begin.Unix()), "deviceId": supervisiontest.DeviceID, "userToken": supervisiontest.CallerToken,
	}, sent["headers"])
	assert.Equal(t, keys(sample(t, "1.12")), keys(sent["data"]), "the fields of the document's sample")
	data := sent["data"].(fields)
	assert.Equal(t, []any{"1", "8", "1", fields{"triggerType": "0", "triggervValue": "2"}}, []any{
		data["realNameAuthentication"], data["studyHourLimit"], data["videoOnHook"], data["videoOnHookDetail"],
	}, "numbers are strings")
	chapter, _ := parent(t, data, "thirdClassCourseInfoVoList[].children[].chapetCode")
	assert.Equal(t, "000000000000000000000000000000b2", chapter["chapetCode"])
	video, _ := parent(t, data, "thirdClassCourseInfoVoList[].children[].children[].sort")
	assert.Equal(t, []any{1.0, true, "1675"}, []any{video["sort"], video["spread"], video["videoTimeLength"]})

	r.SetCallerToken("another")
	class := supervisiontest.SampleClass()
	class.ClassCode, class.TriggerType, class.VideoStartFace, class.VideoOnHookDetail = "", "1", "1", nil
	_, err = r.PushClass(t.Context(), url, class)
	require.NoError(t, err)
	sent = body.(fields)
	assert.Equal(t, "another", sent["headers"].(fields)["userToken"])
	data = sent["data"].(fields)
	assert.Equal(t, []any{"", "1", "1", nil}, []any{data["classCode"], data["triggerType"], data["videoStartFace"], data["videoOnHookDetail"]},
		"a class is sent as it is")
}

func TestPushClassToReceiversThatFail(t *testing.T) {
	const success = `{"returnCode":"0","returnMsg":"success","passwordRules":"r","returnData":[{"cardNo":"110101199003070012","studentUserAccount":"a"},{"cardNo":"110101199003070013","studentUserAccount":"b"}]}`
	const json = "application/json"
	for _, tt := range []struct {
		name   string
		status int
		media  string
		body   string
		want   string // of the error, "" for none
	}{
		{"success", 200, json, success, ""},
		{"a failure", 200, json, `{"returnCode":"1","returnMsg":"班级已存在"}`, ""},
		{"a failure with data", 200, json, `{"returnCode":"1","returnMsg":"班级已存在","returnData":null,"passwordRules":""}`, ""},
		{"HTML", 200, "text/html", "<html></html>", "Content-Type is not application/json"},
		{"HTML that says it is JSON", 200, json, "<html></html>", "not a JSON object"},
		{"JSON that says it is HTML", 200, "text/html", success, "Content-Type is not application/json"},
		{"no type", 200, "", success, "Content-Type is not application/json"},
		{"201", 201, json, success, "HTTP status 201"},
		{"500", 500, json, success, "HTTP status 500"},
		{"an empty body", 200, json, "", "not a JSON object"},
		{"an array", 200, json, "[" + success + "]", "not a JSON object"},
		{"null", 200, json, "null", "not a JSON object"},
		{"cut off", 200, json, success[:60], "not a JSON object"},
		{"two answers", 200, json, success + success, "not a JSON object"},
		{"GBK", 200, json, strings.Replace(success, "success", "\xd6\xd0", 1), "not a JSON object"},
		{"too large", 200, json, `{"returnMsg":"` + strings.Repeat("x", 8<<20) + `"}`, "more than 8388608 bytes"},
		{"a number for the code", 200, json, strings.Replace(success, `"0"`, `0`, 1), "answer.returnCode 应为字符串"},
		{"no code", 200, json, `{"returnMsg":"success"}`, "answer.returnCode 不能为空"},
		{"an empty code", 200, json, `{"returnCode":"","returnMsg":"success"}`, "answer.returnCode 不能为空"},
		{"no message", 200, json, strings.Replace(success, `"returnMsg":"success",`, ``, 1), "answer.returnMsg 不能为空"},
		{"another envelope", 200, json, `{"code":0,"msg":"ok","data":{}}`, "answer.code 不是文档中的字段"},
		{"empty password rules", 200, json, strings.Replace(success, `"r"`, `""`, 1), ""},
		{"a student without an account", 200, json, strings.Replace(success, `,{"cardNo":"110101199003070013","studentUserAccount":"b"}`, ``, 1), "has no account for student 1"},
		{"a stranger's account", 200, json, strings.Replace(success, `070013`, `070014`, 1), "answer.returnData[1] is of nobody in the class"},
		{"two accounts for a student", 200, json, strings.Replace(success, `070013`, `070012`, 1), "or a second account"},
		{"no password rules", 200, json, strings.Replace(success, `"passwordRules":"r",`, ``, 1), "answer.passwordRules 不能为空"},
		{"password rules in the data", 200, json, `{"returnCode":"0","returnMsg":"success","returnData":{"passwordRules":"r"}}`, "answer.passwordRules 不能为空"},
		{"no accounts", 200, json, `{"returnCode":"0","returnMsg":"success","passwordRules":"r"}`, "answer.returnData 不能为空"},
		{"an account without a card", 200, json, strings.Replace(success, `"cardNo":"110101199003070012",`, ``, 1), "answer.returnData[0].cardNo 不能为空"},
		{"an account without a name", 200, json, strings.Replace(success, `"a"`, `null`, 1), "answer.returnData[0].studentUserAccount 不能为空"},
		{"an account as a number", 200, json, strings.Replace(success, `"a"`, `7`, 1), "answer.returnData[0].studentUserAccount 应为字符串"},
		{"an account with more", 200, json, strings.Replace(success, `"a"`, `"a","password":"p"`, 1), "answer.returnData[0].password 不是文档中的字段"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			got, err := r.PushClass(t.Context(), says(t, tt.status, tt.media, tt.body), supervisiontest.SampleClass())
			if tt.want == "" {
				require.NoError(t, err)
				assert.Equal(t, decoded(t, []byte(tt.body)).(fields)["returnCode"], got.ReturnCode)
				assert.Equal(t, decoded(t, []byte(tt.body)).(fields)["returnMsg"], got.ReturnMsg)
				return
			}
			require.ErrorContains(t, err, "supervisiontest: push a class: ")
			require.ErrorContains(t, err, tt.want)
			assert.Nil(t, got)
		})
	}
}

func TestCallsThatDoNotArrive(t *testing.T) {
	r := start(t)
	class := supervisiontest.SampleClass()
	redirect := serve(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/other", http.StatusTemporaryRedirect)
	})
	_, err := r.PushClass(t.Context(), redirect, class)
	require.ErrorContains(t, err, "HTTP status 307")
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	_, err = r.PushClass(t.Context(), closed.URL+"/secret", class)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret", "an address may hold one")
	_, err = r.PushClass(t.Context(), "http://se cret", class)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "cret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.PullCourses(ctx, closed.URL)
	require.ErrorIs(t, err, context.Canceled)
	aborted := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = r.PushClass(t.Context(), aborted, class)
	require.ErrorIs(t, err, io.EOF)
	short := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	_, err = r.PushClass(t.Context(), short, class)
	require.ErrorContains(t, err, "the answer broke off")

	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"returnCode":"1","returnMsg":"no"}`)
	}))
	defer secure.Close()
	r.SetCallerClient(secure.Client())
	got, err := r.PushClass(t.Context(), secure.URL, class)
	require.NoError(t, err)
	assert.Equal(t, "1", got.ReturnCode)
}

// pages returns a receiver of so many courses that pages as the document says.
func pages(t *testing.T, count int, change func(no int, answer fields)) string {
	t.Helper()
	return receiver(t, func(_ string, _, data fields) any {
		var no, size int
		_, err := fmt.Sscan(data["pageNo"].(string)+" "+data["pageSize"].(string), &no, &size)
		assert.NoError(t, err)
		list := []any{}
		for i := (no - 1) * size; i < min(no*size, count); i++ {
			list = append(list, course(fmt.Sprint("c", i), fmt.Sprint("课程", i), "0"))
		}
		answer := fields{
			"returnCode": "0", "returnMsg": "success", "pageNo": no, "pageSize": size, "totalPage": (count + size - 1) / size, "data": list,
		}
		if change != nil {
			change(no, answer)
		}
		return answer
	})
}

func TestPullCourses(t *testing.T) {
	for _, tt := range []struct{ count, size, pages int }{{0, 20, 1}, {1, 20, 1}, {20, 20, 1}, {21, 20, 2}, {5, 2, 3}, {6, 2, 3}} {
		r := start(t)
		r.SetPageSize(tt.size)
		got, err := r.PullCourses(t.Context(), pages(t, tt.count, nil))
		require.NoError(t, err)
		assert.Equal(t, []any{"0", "success", tt.pages}, []any{got.ReturnCode, got.ReturnMsg, got.Pages}, "%+v", tt)
		require.Len(t, got.Courses, tt.count, "%+v", tt)
		for i, c := range got.Courses {
			assert.Equal(t, fmt.Sprint("c", i), c.CourseCode, "%+v", tt)
		}
	}

	r := start(t)
	var path string
	var sent []fields
	url := receiver(t, func(p string, headers, data fields) any {
		path = p
		sent = append(sent, headers, data)
		return fields{"returnCode": "0", "returnMsg": "success", "pageNo": 1, "pageSize": 1, "totalPage": 1, "data": sample(t, "1.13")}
	})
	got, err := r.PullCourses(t.Context(), url)
	require.NoError(t, err)
	assert.Equal(t, "/api/v1/thirdCoursePull", path)
	assert.Equal(t, []fields{
		{"deviceType": "TYPE_PC", "timestamp": itoa(begin.Unix()), "deviceId": supervisiontest.DeviceID, "userToken": supervisiontest.CallerToken},
		{"pageNo": "1", "pageSize": "20"},
	}, sent)
	b, err := json.Marshal(got.Courses)
	require.NoError(t, err)
	assert.Equal(t, sample(t, "1.13"), decoded(t, b), "the document's sample, to the last field")
}

func TestPullCoursesFromReceiversThatFail(t *testing.T) {
	inCourse := func(change func(fields)) func(int, fields) {
		return func(_ int, a fields) { change(a["data"].([]any)[0].(fields)) }
	}
	for _, tt := range []struct {
		name   string
		change func(no int, answer fields)
		want   string // of the error, "" for none
	}{
		{"numbers as numbers", inCourse(func(c fields) { c["courseStatus"] = 0 }), ""},
		{"a course without a poster", inCourse(func(c fields) { delete(c, "coursePoster") }), ""},
		{"no data", func(no int, a fields) { delete(a, "data") }, "page 1: it has no courses, and totalPage is 3"},
		{"null for data", func(no int, a fields) { a["data"] = nil }, "page 1: it has no courses, and totalPage is 3"},
		{"an empty page before the end", func(no int, a fields) {
			if no == 2 {
				a["data"] = []any{}
			}
		}, "page 2: it has no courses, and totalPage is 3"},
		{"courses beyond the end", func(_ int, a fields) { a["totalPage"] = 0 }, "page 1: it has courses, and totalPage is 0"},
		{"pages without end", func(no int, a fields) { a["totalPage"] = no + 1; a["data"] = []any{course("c", "课程", "0")} }, "page 1000: totalPage is 1001, more than 1000"},
		{"too many pages", func(_ int, a fields) { a["totalPage"] = 1001 }, "page 1: totalPage is 1001, more than 1000"},
		{"the same page again", func(_ int, a fields) { a["pageNo"] = 1 }, "page 2: pageNo is 1"},
		{"too much on a page", func(_ int, a fields) {
			a["data"] = append(a["data"].([]any), course("x", "课程", "0"))
		}, "page 1: it has 3 courses, more than the pageSize of 2"},
		{"pages as strings", func(_ int, a fields) { a["totalPage"] = "3" }, "page 1: answer.totalPage 应为整数"},
		{"no totalPage", func(_ int, a fields) { delete(a, "totalPage") }, "page 1: answer.totalPage 不能为空"},
		{"a negative totalPage", func(_ int, a fields) { a["totalPage"] = -1 }, "page 1: answer.totalPage 不能小于 0"},
		{"no pageNo", func(_ int, a fields) { delete(a, "pageNo") }, "page 1: answer.pageNo 不能为空"},
		{"no pageSize", func(_ int, a fields) { delete(a, "pageSize") }, "page 1: answer.pageSize 不能为空"},
		{"pages in returnData, as the table says", func(_ int, a fields) {
			a["returnData"] = fields{"totalPage": 1}
		}, "page 1: answer.returnData 不是文档中的字段"},
		{"data in an object", func(_ int, a fields) { a["data"] = fields{"list": []any{}} }, "page 1: answer.data 应为数组"},
		{"a course without a code", inCourse(func(c fields) { delete(c, "courseCode") }), "page 1: answer.data[0].courseCode 不能为空"},
		{"a course without the platform's code", inCourse(func(c fields) { c["studyPlatformCode"] = "" }), "page 1: answer.data[0].studyPlatformCode 不能为空"},
		{"a chapter without a code", inCourse(func(c fields) { delete(c["chapterList"].([]any)[0].(fields), "chapterCode") }), "page 1: answer.data[0].chapterList[0].chapterCode 不能为空"},
		{"a course with more", inCourse(func(c fields) { c["id"] = 1 }), "page 1: answer.data[0].id 不是文档中的字段"},
		{"chapters in an object", inCourse(func(c fields) { c["chapterList"] = fields{} }), "page 1: answer.data[0].chapterList 应为数组"},
		{"a wrong status", inCourse(func(c fields) { c["courseStatus"] = "3" }), "page 1: answer.data[0].courseStatus 不能大于 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			r.SetPageSize(2)
			got, err := r.PullCourses(t.Context(), pages(t, 5, tt.change))
			if tt.want == "" {
				require.NoError(t, err)
				assert.Len(t, got.Courses, 5)
				assert.Equal(t, "0", got.Courses[0].CourseStatus)
				return
			}
			require.ErrorContains(t, err, "supervisiontest: pull courses: "+tt.want)
			assert.Nil(t, got)
		})
	}

	t.Run("a failure on the second page", func(t *testing.T) {
		r := start(t)
		r.SetPageSize(2)
		got, err := r.PullCourses(t.Context(), pages(t, 5, func(no int, a fields) {
			if no == 2 {
				clear(a)
				a["returnCode"], a["returnMsg"] = "500", "系统繁忙"
			}
		}))
		require.NoError(t, err)
		assert.Equal(t, []any{"500", "系统繁忙", 1}, []any{got.ReturnCode, got.ReturnMsg, got.Pages})
		assert.Len(t, got.Courses, 2)
	})
	t.Run("HTML", func(t *testing.T) {
		_, err := start(t).PullCourses(t.Context(), says(t, 200, "text/html", "<html></html>"))
		require.ErrorContains(t, err, "supervisiontest: pull courses: page 1: the answer's Content-Type is not application/json")
	})
}

// The fake as a regulator calls the fake as a learning platform.
func TestBothSidesOfTheFake(t *testing.T) {
	r := start(t)
	r.SetCallerToken(r.token)
	srv := httptest.NewServer(r.Handler)
	defer srv.Close()
	var all []any
	for i := range 45 {
		all = append(all, course(fmt.Sprint("c", i), fmt.Sprint("课程", i), "0"))
	}
	r.push(all...).succeeds()
	pulled, err := r.PullCourses(t.Context(), srv.URL)
	require.NoError(t, err)
	assert.Equal(t, 3, pulled.Pages)
	assert.Equal(t, r.Courses(), pulled.Courses)
	pushed, err := r.PushClass(t.Context(), srv.URL, supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Len(t, pushed.Accounts, 2)
	r.SetCallerToken("another")
	pushed, err = r.PushClass(t.Context(), srv.URL, supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Equal(t, &supervisiontest.PushResult{ReturnCode: supervisiontest.CodeTokenExpired, ReturnMsg: "用户token无效或已过期"}, pushed)
}
