package supervisiontest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/fake/faketest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestTheLogSaysWhatWasWrong(t *testing.T) {
	r := start(t)
	var log faketest.Log
	r.SetLogger(log.Logger())
	send := func(path string, headers, data any) *http.Request {
		b, err := json.Marshal(fields{"headers": headers, "data": data})
		require.NoError(t, err)
		return faketest.Post("api/v1/"+path, faketest.JSON, string(b))
	}
	ok := r.headers("userToken")
	someone := fields{"studyPlatformCode": supervisiontest.PlatformCode, "cardNo": "110101199003070013", "name": "张三"}
	refused := func(r *http.Request, code, problem string) faketest.Row { return faketest.Of(r, 200, code, problem) }
	values := []string{
		supervisiontest.AccountName, supervisiontest.Password, supervisiontest.PlatformCode, r.token, "110101199003070013", "张三", "secret-value",
	}
	faketest.Verdicts(t, r.Handler, &log, values, map[string]faketest.Row{
		"an identity":       faketest.Of(send("authentication", ok, someone), 200, "0", ""),
		"a login":           faketest.Of(send("thlogin", r.headers(""), fields{"studyPlatformAcount": supervisiontest.AccountName, "passWord": supervisiontest.Password}), 200, "0", ""),
		"a bad login":       refused(send("thlogin", r.headers(""), fields{"studyPlatformAcount": supervisiontest.AccountName, "passWord": "secret-value"}), supervisiontest.CodeWrongCredentials, "账号或密码错误"),
		"no name":           refused(send("authentication", ok, merge(someone, fields{"name": ""})), supervisiontest.CodeInvalidParameter, "data.name 不能为空"),
		"a misspelt":        refused(send("authentication", ok, merge(someone, fields{"cardno": "secret-value"})), supervisiontest.CodeInvalidParameter, "data.cardno 不是文档中的字段"),
		"a value as a name": refused(send("authentication", ok, merge(someone, fields{"110101199003070013": ""})), supervisiontest.CodeInvalidParameter, "data.… 不是文档中的字段"),
		"another platform": refused(send("authentication", ok, merge(someone, fields{"studyPlatformCode": "secret-value"})), supervisiontest.CodeWrongPlatform,
			"data.studyPlatformCode 与登录账号不符"),
		"another token": refused(send("authentication", merge(ok, fields{"userToken": "secret-value"}), someone), supervisiontest.CodeTokenExpired, "用户token无效或已过期"),
		"an old timestamp": refused(send("authentication", merge(ok, fields{"timestamp": "1587107195"}), someone), supervisiontest.CodeInvalidTimestamp,
			"headers.timestamp 不在有效时间内"),
		"another device": refused(send("authentication", merge(ok, fields{"deviceType": "secret-value"}), someone), supervisiontest.CodeInvalidParameter,
			"headers.deviceType 取值应为 TYPE_PC、TYPE_H5、TYPE_ANDROID、TYPE_IOS"),
		"not begun": refused(send("endStudy", ok, fields{
			"studyPlatformCode": supervisiontest.PlatformCode, "studentUserCode": "secret-value", "resCode": "r", "classCode": "c",
		}), supervisiontest.CodeNotStarted, "该学员未开始学习该资源"),
		"no JSON":     refused(faketest.Post("api/v1/authentication", faketest.JSON, "secret-value"), supervisiontest.CodeInvalidJSON, "请求体不是 JSON 对象"),
		"a form":      faketest.Of(faketest.Post("api/v1/authentication", faketest.Form, "a=1"), 415, "", "the header Content-Type must be application/json"),
		"no endpoint": faketest.Of(send("secret", ok, nil), 404, "", "the platform has no such endpoint"),
		"a get":       faketest.Of(httptest.NewRequest(http.MethodGet, "/api/v1/authentication", nil), 405, "", "the method must be POST"),
	})
	last := r.last
	r.v1("authentication", merge(someone, fields{"name": ""}))
	assert.Equal(t, "data.name 不能为空", last().Problem)
	log.Take()
	r.FailNext("Students.Authenticate", "77", "张三不在名单中")
	faketest.Verdicts(t, r.Handler, &log, values, map[string]faketest.Row{"ordered": faketest.Of(send("authentication", ok, someone), 200, "77", "")})
	r.RejectIdentity("110101199003070013", "张三的证件已过期")
	faketest.Verdicts(t, r.Handler, &log, values, map[string]faketest.Row{
		"rejected": faketest.Of(send("authentication", ok, someone), 200, supervisiontest.CodeIdentityRefused, ""),
	})
	r.SetBusinessSuccess("1")
	b, err := json.Marshal(fields{"headers": r.headers("user_token"), "data": fields{"classCode": "c"}})
	require.NoError(t, err)
	faketest.Verdicts(t, r.Handler, &log, values, map[string]faketest.Row{
		"part 2": faketest.Of(faketest.Post("api/class/v1/classStudentStudy", faketest.JSON, string(b)), 200, "1", ""),
	})
}
