package supervisiontest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestLogin(t *testing.T) {
	r := start(t)
	r.AddAccount(supervisiontest.Account{Name: "second", Password: "p2", PlatformCode: "code2", PlatformName: "第二平台"})
	got := r.login("second", "p2")
	require.Equal(t, "0", got.code())
	assert.Equal(t, "success", got.msg())
	data := got.data()
	assert.NotEmpty(t, data["acceptToken"])
	assert.NotEqual(t, r.token, data["acceptToken"])
	assert.Equal(t, fields{"acceptToken": data["acceptToken"], "studyPlatformCode": "code2", "studyPlatformName": "第二平台"}, data)

	for _, wrong := range [][2]string{
		{"second", "p1"}, {"third", "p2"}, {supervisiontest.AccountName, "p2"}, {"second", supervisiontest.Password}, {"second", "P2"},
	} {
		r.login(wrong[0], wrong[1]).refuses(supervisiontest.CodeWrongCredentials, "账号或密码错误")
	}
	assert.Equal(t, 2, r.Logins(), "those that failed do not count")

	identity := fields{"studyPlatformCode": "code2", "cardNo": "110101199003070012", "name": "张三"}
	r.send("api/v1/authentication", "userToken", identity).refuses(supervisiontest.CodeWrongPlatform, "studyPlatformCode")
	r.token = data["acceptToken"].(string)
	r.send("api/v1/authentication", "userToken", identity).succeeds()

	r.AddAccount(supervisiontest.Account{Name: "second", Password: "changed", PlatformCode: "code2", PlatformName: "第二平台"})
	r.login("second", "p2").refuses(supervisiontest.CodeWrongCredentials, "账号或密码错误")
	require.Equal(t, "0", r.login("second", "changed").code())
}

func TestTokensExpireByTheFakesClock(t *testing.T) {
	r := start(t)
	ask := func() reply { return r.send("api/v1/thirdCoursePull", "userToken", fields{"pageNo": 1, "pageSize": 1}) }
	first := r.token
	r.now = begin.Add(time.Hour)
	r.token = r.login(supervisiontest.AccountName, supervisiontest.Password).data()["acceptToken"].(string)
	second := r.token
	r.now = begin.Add(2*time.Hour - time.Second)
	r.token = first
	require.Equal(t, "0", ask().code(), "a newer token does not end an older one")
	r.now = begin.Add(2 * time.Hour)
	ask().refuses(supervisiontest.CodeTokenExpired, "token无效或已过期")
	r.token = second
	require.Equal(t, "0", ask().code())
	r.token = "another"
	ask().refuses(supervisiontest.CodeTokenExpired, "token无效或已过期")

	r.token = second
	assert.True(t, r.TokenExpired(supervisiontest.CodeTokenExpired, "any"))
	r.SetExpiryCode("40101")
	r.ExpireTokens()
	ask().refuses("40101", "token无效或已过期")
	assert.True(t, r.TokenExpired("40101", ""))
	assert.False(t, r.TokenExpired(supervisiontest.CodeTokenExpired, ""))
	assert.Equal(t, 2, r.Logins())
}

func TestHeadersInTheBody(t *testing.T) {
	const course = "api/v1/thirdCoursePull"
	set := func(name string, v any) func(fields) { return func(h fields) { h[name] = v } }
	at := func(d time.Duration) func(fields) { return set("timestamp", itoa(begin.Add(d).Unix())) }
	for _, tt := range []struct {
		name       string
		change     func(fields)
		code, says string
	}{
		{"H5", set("deviceType", "TYPE_H5"), "", ""},
		{"Android", set("deviceType", "TYPE_ANDROID"), "", ""},
		{"iOS", set("deviceType", "TYPE_IOS"), "", ""},
		{"another type", set("deviceType", "PC"), supervisiontest.CodeInvalidParameter, "headers.deviceType 取值应为 TYPE_PC、TYPE_H5、TYPE_ANDROID、TYPE_IOS"},
		{"a number", set("deviceType", 1), supervisiontest.CodeInvalidParameter, "headers.deviceType 应为字符串"},
		{"no type", set("deviceType", ""), supervisiontest.CodeInvalidParameter, "headers.deviceType 不能为空"},
		{"no device", set("deviceId", ""), supervisiontest.CodeInvalidParameter, "headers.deviceId 不能为空"},
		{"a device as a number", set("deviceId", 7), supervisiontest.CodeInvalidParameter, "headers.deviceId 应为字符串"},
		{"without a device", func(h fields) { delete(h, "deviceId") }, supervisiontest.CodeInvalidParameter, "headers.deviceId 不能为空"},
		{"a MAC without colons", func(h fields) { h["deviceType"], h["deviceId"] = "TYPE_ANDROID", "0a1b2c3d4e5f" }, "", ""},
		{"a MAC", func(h fields) { h["deviceType"], h["deviceId"] = "TYPE_ANDROID", "0a:1b:2c:3d:4e:5f" },
			supervisiontest.CodeInvalidParameter, "headers.deviceId 需去除冒号"},
		{"no token", set("userToken", ""), supervisiontest.CodeInvalidParameter, "headers.userToken 不能为空"},
		{"a token as a number", set("userToken", 1), supervisiontest.CodeInvalidParameter, "headers.userToken 应为字符串"},
		{"a misspelt header", set("deviceID", "x"), supervisiontest.CodeInvalidParameter, "headers.deviceID 不是文档中的字段"},
		{"five minutes ago", at(-5 * time.Minute), "", ""},
		{"in five minutes", at(5 * time.Minute), "", ""},
		{"too long ago", at(-5*time.Minute - time.Second), supervisiontest.CodeInvalidTimestamp, "headers.timestamp 不在有效时间内"},
		{"too far ahead", at(5*time.Minute + time.Second), supervisiontest.CodeInvalidTimestamp, "headers.timestamp 不在有效时间内"},
		{"milliseconds", set("timestamp", itoa(begin.UnixMilli())), supervisiontest.CodeInvalidTimestamp, "headers.timestamp"},
		{"no number", set("timestamp", "2026-03-02 09:00:00"), supervisiontest.CodeInvalidTimestamp, "headers.timestamp"},
		{"no timestamp", set("timestamp", ""), supervisiontest.CodeInvalidParameter, "headers.timestamp 不能为空"},
		{"a number for a timestamp", set("timestamp", begin.Unix()), supervisiontest.CodeInvalidParameter, "headers.timestamp 应为字符串"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			headers := r.headers("userToken")
			tt.change(headers)
			got := r.post(course, fields{"headers": headers, "data": fields{"pageNo": 1, "pageSize": 1}})
			if tt.code == "" {
				assert.Equal(t, "0", got.code(), "%s", got.body)
				return
			}
			got.refuses(tt.code, tt.says)
			assert.Equal(t, tt.code, r.last().Code)
			assert.Equal(t, got.msg(), r.last().Message)
		})
	}
}

func TestBodiesThatAreNoEnvelope(t *testing.T) {
	r := start(t)
	valid, err := json.Marshal(fields{"headers": r.headers("userToken"), "data": fields{"pageNo": 1, "pageSize": 1}})
	require.NoError(t, err)
	for _, tt := range []struct{ name, body, code, says string }{
		{"nothing", "", supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"null", "null", supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"an array", "[" + string(valid) + "]", supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"a form", "headers=1", supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"cut off", string(valid[:len(valid)-1]), supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"something behind it", string(valid) + "x", supervisiontest.CodeInvalidJSON, "不是 JSON 对象"},
		{"GBK", strings.Replace(string(valid), "127.0.0.1", "\xd6\xd0", 1), supervisiontest.CodeInvalidJSON, "不是 UTF-8"},
		{"a third part", strings.Replace(string(valid), `{"data"`, `{"sign":"x","data"`, 1), supervisiontest.CodeInvalidJSON, "sign 不是"},
		{"no headers", `{"data":{}}`, supervisiontest.CodeInvalidParameter, "headers 不能为空"},
		{"headers in an array", `{"headers":[{}],"data":{}}`, supervisiontest.CodeInvalidParameter, "headers 不能为空"},
	} {
		r.post("api/v1/thirdCoursePull", []byte(tt.body)).refuses(tt.code, tt.says)
		assert.Equal(t, tt.code, r.last().Code, tt.name)
	}
	require.Equal(t, "0", r.post("api/v1/thirdCoursePull", valid).code())
}

func TestRequestsThatGetAPage(t *testing.T) {
	r := start(t)
	body := func() io.Reader { return strings.NewReader("{}") }
	for _, tt := range []struct {
		name, method, path, media string
		body                      io.Reader
		want                      int
	}{
		{"an unknown path", http.MethodPost, "/api/v1/other", "application/json", body(), 404},
		{"the document's space", http.MethodPost, "/api/%20startStudy", "application/json", body(), 404},
		{"the document's missing slash", http.MethodPost, "/api/v1thirdFaceCompare", "application/json", body(), 404},
		{"an unknown path by GET", http.MethodGet, "/", "", nil, 404},
		{"GET", http.MethodGet, "/api/v1/startStudy", "application/json", nil, 405},
		{"PUT", http.MethodPut, "/api/v1/startStudy", "application/json", body(), 405},
		{"a form", http.MethodPost, "/api/v1/startStudy", "application/x-www-form-urlencoded", body(), 415},
		{"no type", http.MethodPost, "/api/v1/startStudy", "", body(), 415},
		{"too large", http.MethodPost, "/api/v1/startStudy", "application/json", bytes.NewReader(make([]byte, 8<<20+1)), 413},
		{"cut off", http.MethodPost, "/api/v1/startStudy", "application/json", io.MultiReader(body(), brokenReader{}), 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequest(tt.method, tt.path, tt.body)
			if tt.media != "" {
				req.Header.Set("Content-Type", tt.media)
			}
			got := r.do(req)
			assert.Equal(t, tt.want, got.status)
			assert.Equal(t, "text/html;charset=UTF-8", got.media)
			assert.Contains(t, string(got.body), "<html>")
			assert.Equal(t, tt.want, r.last().Status)
			assert.Empty(t, r.last().Code)
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRequests(t *testing.T) {
	r := start(t)
	assert.Equal(t, "Login", r.last().Op)
	assert.Empty(t, r.last().Token)
	r.now = r.now.Add(time.Minute)
	sent := r.now
	r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).succeeds()
	got := r.last()
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	got.Header = nil
	assert.Equal(t, supervisiontest.Request{
		Time: sent, Op: "Study.Start", Method: http.MethodPost, Path: "api/v1/startStudy", DeviceType: "TYPE_PC", DeviceID: "127.0.0.1",
		Timestamp: itoa(sent.Unix()), Token: r.token, Data: sample(t, "1.3"), Status: 200, Code: "0", Message: "success",
	}, got)

	data := sample(t, "1.10").(fields)
	data["progressTime"] = 0
	r.send("api/v1/studyHour", "userToken", data).refuses(supervisiontest.CodeInvalidParameter, "progressTime")
	got = r.last()
	assert.Equal(t, supervisiontest.CodeInvalidParameter, got.Code)
	assert.Equal(t, "data.progressTime 不能小于 1", got.Message)
	assert.Equal(t, json.Number("205"), got.Data.(fields)["playTime"])

	r.send("api/v1/thirdCoursePull", "userToken", fields{"pageNo": 1, "pageSize": 2})
	assert.Equal(t, fields{"pageNo": json.Number("1"), "pageSize": json.Number("2")}, r.last().Data, "as it arrived, not as it was taken")
	r.send("api/user/v1/teacherInfo", "user_token", sample(t, "2.1")).succeeds()
	assert.Equal(t, r.token, r.last().Token)
	assert.Len(t, r.Requests(), 5)
}

func TestFailNext(t *testing.T) {
	r := start(t)
	ask := func() reply { return r.send("api/v1/startStudy", "userToken", sample(t, "1.3")) }
	r.FailNext("Study.Start", "77", "系统繁忙")
	r.FailNext("Study.Start", "-1", "")
	r.FailNext("api/v1/startStudy", "E100", "网络异常")
	r.FailNext("Login", "78", "登录繁忙")

	token := r.token
	r.token = "another"
	ask().refuses(supervisiontest.CodeTokenExpired, "")
	r.token = token
	ask().refuses("77", "系统繁忙")
	ask().refuses("-1", "")
	ask().refuses("E100", "网络异常")
	assert.Empty(t, r.Resources("05a924a98b244f368d8b1360dd16ce04", "05a924a98b244f368d8b1360dd16ce03"), "nothing was done")
	ask().succeeds()
	r.login(supervisiontest.AccountName, supervisiontest.Password).refuses("78", "登录繁忙")
	require.Equal(t, "0", r.login(supervisiontest.AccountName, supervisiontest.Password).code())
	assert.Equal(t, 2, r.Logins())
}

func TestNumericCodes(t *testing.T) {
	r := start(t)
	r.SetNumericCodes(true)
	ask := func() string { return string(r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).body) }
	assert.JSONEq(t, `{"returnCode":0,"returnMsg":"success"}`, ask())
	r.FailNext("Study.Start", "1234", "系统繁忙")
	r.FailNext("Study.Start", "E100", "系统繁忙")
	assert.JSONEq(t, `{"returnCode":1234,"returnMsg":"系统繁忙"}`, ask())
	assert.JSONEq(t, `{"returnCode":"E100","returnMsg":"系统繁忙"}`, ask(), "no number")
	assert.Equal(t, "E100", r.last().Code)
	r.SetNumericCodes(false)
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success"}`, ask())
}

func TestSuccessOfPartTwo(t *testing.T) {
	r := start(t)
	r.SetBusinessSuccess("1")
	got := r.send("api/user/v1/teacherInfo", "user_token", sample(t, "2.1"))
	assert.JSONEq(t, `{"returnCode":"1","returnMsg":"success"}`, string(got.body))
	assert.Equal(t, "1", r.last().Code)
	r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).succeeds()
	r.send("api/user/v1/teacherInfo", "user_token", fields{}).refuses(supervisiontest.CodeInvalidParameter, "data.mobile 不能为空")
}

func TestOtherPaths(t *testing.T) {
	r := start(t)
	require.True(t, r.AddPath("Study.Start", "/api/startStudy"))
	require.False(t, r.AddPath("Study.Begin", "api/begin"))
	r.send("api/startStudy", "userToken", sample(t, "1.3")).succeeds()
	assert.Equal(t, []string{"Study.Start", "api/startStudy"}, []string{r.last().Op, r.last().Path})
	r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).succeeds()
	r.FailNext("Study.Start", "77", "系统繁忙")
	r.send("api/startStudy", "userToken", sample(t, "1.3")).refuses("77", "系统繁忙")

	r.Handle("/api/v1/other", func(data any) any { return fields{"got": data} })
	got := r.send("api/v1/other", "userToken", fields{"any": "thing"})
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success","returnData":{"got":{"any":"thing"}}}`, string(got.body))
	assert.Empty(t, r.last().Op)
	r.token = "another"
	r.send("api/v1/other", "userToken", fields{}).refuses(supervisiontest.CodeTokenExpired, "token")
	r.Handle("api/v1/broken", func(any) any { return func() {} })
	r.token = r.login(supervisiontest.AccountName, supervisiontest.Password).data()["acceptToken"].(string)
	r.send("api/v1/broken", "userToken", fields{}).refuses(supervisiontest.CodeInternal, "系统内部错误")
}

// An operation that the fake gets later must not take the place of one that
// somebody's test has added before.
func TestHandleGoesBeforeTheFakesOperations(t *testing.T) {
	r := start(t)
	r.Handle("api/v1/startStudy", func(data any) any { return data })
	got := r.send("api/v1/startStudy", "userToken", fields{"any": "thing"})
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success","returnData":{"any":"thing"}}`, string(got.body))
	assert.Equal(t, "Study.Start", r.last().Op)
	r.FailNext("Study.Start", "77", "系统繁忙")
	r.send("api/v1/startStudy", "userToken", fields{}).refuses("77", "系统繁忙")

	r.Handle("api/v1/thlogin", func(any) any { return fields{"acceptToken": "mine"} })
	assert.Equal(t, "mine", r.login(supervisiontest.AccountName, "any password").data()["acceptToken"])
	r.SetBusinessSuccess("1")
	r.Handle("api/user/v1/teacherInfo", func(any) any { return nil })
	assert.JSONEq(t, `{"returnCode":"1","returnMsg":"success","returnData":null}`, string(r.send("api/user/v1/teacherInfo", "user_token", fields{}).body))
}

func TestServer(t *testing.T) {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cfg := srv.Config()
	assert.Equal(t, supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID}, cfg.Device)
	assert.Equal(t, srv.URL, cfg.BaseURL)
	assert.Equal(t, supervisiontest.PlatformCode, cfg.PlatformCode)
	require.NotNil(t, cfg.TokenExpired)
	srv.SetExpiryCode("40101")
	assert.True(t, cfg.TokenExpired("40101", "token 失效"), "of the code that is set")
	assert.False(t, cfg.TokenExpired("0", "token 失效"))

	login := func() int {
		body := fmt.Sprintf(`{"headers":{"deviceType":%q,"timestamp":"%d","deviceId":%q},"data":{"studyPlatformAcount":%q,"passWord":%q}}`,
			cfg.Device.Type, time.Now().Unix(), cfg.Device.ID, cfg.Account, cfg.Password)
		resp, err := client.Post(cfg.BaseURL+"/api/v1/thlogin", "application/json; charset=utf-8", strings.NewReader(body))
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, login())
	require.Equal(t, 1, srv.Logins(), "%+v", srv.Requests())

	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Type") != "" {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	require.Equal(t, http.StatusBadGateway, login())
	assert.Len(t, srv.Requests(), 1, "what is intercepted does not reach the fake")
}

func TestHandlerUnderAPrefix(t *testing.T) {
	r := start(t)
	mounted := http.StripPrefix("/supervision", r.Handler)
	body, err := json.Marshal(fields{"headers": r.headers("userToken"), "data": sample(t, "1.3")})
	require.NoError(t, err)
	req := httptest.NewRequest(http.MethodPost, "/supervision/api/v1/startStudy", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mounted.ServeHTTP(w, req)
	assert.JSONEq(t, `{"returnCode":"0","returnMsg":"success"}`, w.Body.String())
}

func TestManyAtATime(t *testing.T) {
	r := start(t)
	r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).succeeds()
	progress := sample(t, "1.10")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				r.send("api/v1/studyHour", "userToken", progress)
				r.login(supervisiontest.AccountName, supervisiontest.Password)
				_ = r.Requests()
				_ = r.Progress("05a924a98b244f368d8b1360dd16ce04", "x")
			}
		})
	}
	all.Wait()
	assert.Equal(t, 200*50*time.Second, r.Progress("05a924a98b244f368d8b1360dd16ce04", "05a924a98b244f368d8b1360dd16ce03"))
	assert.Equal(t, 201, r.Logins())
}
