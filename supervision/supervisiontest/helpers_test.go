package supervisiontest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fields are JSON objects, written by hand.
type fields = map[string]any

// begin is when the tests' clocks begin.
var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// regulator is a fake and what a platform knows of it.
type regulator struct {
	*supervisiontest.Handler

	t     *testing.T
	now   time.Time
	token string
}

// start returns a fake with a platform that is logged in.
func start(t *testing.T) *regulator {
	t.Helper()
	r := &regulator{Handler: supervisiontest.NewHandler(), t: t, now: begin}
	r.SetClock(func() time.Time { return r.now })
	r.token = r.login(supervisiontest.AccountName, supervisiontest.Password).data()["acceptToken"].(string)
	return r
}

func (r *regulator) login(account, password string) reply {
	r.t.Helper()
	return r.send("api/v1/thlogin", "", fields{"studyPlatformAcount": account, "passWord": password})
}

// reply is an answer of the fake.
type reply struct {
	t      *testing.T
	status int
	media  string
	body   []byte
}

// all is the JSON object that was answered.
func (r reply) all() fields {
	r.t.Helper()
	var all fields
	require.NoError(r.t, json.Unmarshal(r.body, &all), "%s", r.body)
	return all
}

func (r reply) data() fields {
	r.t.Helper()
	data, ok := r.all()["returnData"].(fields)
	require.True(r.t, ok, "%s", r.body)
	return data
}

// code is the returnCode, and with it everything else of a plain answer checked.
func (r reply) code() string {
	r.t.Helper()
	require.Equal(r.t, http.StatusOK, r.status)
	require.Equal(r.t, "application/json;charset=UTF-8", r.media)
	code, ok := r.all()["returnCode"].(string)
	require.True(r.t, ok, "%s", r.body)
	return code
}

func (r reply) msg() string { return r.all()["returnMsg"].(string) }

// succeeds checks that an answer is the document's for success, without data.
func (r reply) succeeds() {
	r.t.Helper()
	require.Equal(r.t, "0", r.code(), "%s", r.body)
	assert.JSONEq(r.t, `{"returnCode":"0","returnMsg":"success"}`, string(r.body))
}

// refuses checks that an answer is a failure with a code and words.
func (r reply) refuses(code, words string) {
	r.t.Helper()
	require.Equal(r.t, code, r.code(), "%s", r.body)
	assert.Contains(r.t, r.msg(), words)
	assert.Len(r.t, r.all(), 2, "a failure has no data")
}

// headers are a request's, with the token under a key unless that is "".
func (r *regulator) headers(tokenKey string) fields {
	h := fields{"deviceType": "TYPE_PC", "timestamp": itoa(r.now.Unix()), "deviceId": "127.0.0.1"}
	if tokenKey != "" {
		h[tokenKey] = r.token
	}
	return h
}

// send posts data in the envelope of the document.
func (r *regulator) send(path, tokenKey string, data any) reply {
	r.t.Helper()
	return r.post(path, fields{"headers": r.headers(tokenKey), "data": data})
}

// post posts any JSON.
func (r *regulator) post(path string, body any) reply {
	r.t.Helper()
	b, ok := body.([]byte)
	if !ok {
		var err error
		b, err = json.Marshal(body)
		require.NoError(r.t, err)
	}
	req := httptest.NewRequest(http.MethodPost, "/"+path, bytes.NewReader(b))
	req.Header.Set("Content-Type", "application/json")
	return r.do(req)
}

func (r *regulator) do(req *http.Request) reply {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return reply{r.t, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()}
}

// v1 sends an operation of part 1, with the platform's code in its data.
func (r *regulator) v1(operation string, data fields) reply {
	r.t.Helper()
	all := fields{"studyPlatformCode": supervisiontest.PlatformCode}
	for k, v := range data {
		all[k] = v
	}
	return r.send("api/v1/"+operation, "userToken", all)
}

// last is the request that arrived last.
func (r *regulator) last() supervisiontest.Request {
	r.t.Helper()
	requests := r.Requests()
	require.NotEmpty(r.t, requests)
	return requests[len(requests)-1]
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// decoded reads JSON.
func decoded(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(b, &v), "%s", b)
	return v
}

// sample reads the data of a sample of the document, with codes in the places
// that stand for them.
func sample(t *testing.T, section string, replace ...string) any {
	t.Helper()
	b, err := os.ReadFile("testdata/" + section + ".json")
	require.NoError(t, err)
	replace = append(replace, "PLATFORM", supervisiontest.PlatformCode)
	return decoded(t, []byte(strings.NewReplacer(replace...).Replace(string(b))))
}

// merge returns fields with others added.
func merge(all ...fields) fields {
	merged := fields{}
	for _, f := range all {
		for k, v := range f {
			merged[k] = v
		}
	}
	return merged
}
