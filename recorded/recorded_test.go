package recorded_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/recorded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "https://app.example.com/api"

// mocked returns a client and the mock that answers it.
func mocked(t *testing.T, encoding recorded.Encoding, answer httpmock.Responder) (*recorded.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(answer)
	c, err := recorded.New(recorded.Config{BaseURL: base + "/", Encoding: encoding},
		edusdk.WithTransport(mock), edusdk.WithHeader("token", "canary-token"),
		edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))
	require.NoError(t, err)
	return c, mock
}

func sample(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/refresh_plan.json")
	require.NoError(t, err)
	return string(b)
}

// want is the document's sample.
var want = recorded.PlanRefresh{
	Section: recorded.SectionInfo{
		ID: 2, UserID: 1, Title: "1212-01第二讲", Price: "10.00", CourseID: 1, CourseTitle: "录播课测试1212-01",
		SectionSort: 2, VideoID: "7076b70098b571eebfda1777b3ce0102", Size: recorded.Landscape, Duration: 202,
		AheadData:       []recorded.File{{ID: 10, Name: "测试文档.docx", Ext: "docx", Size: 12349, URL: "https://files.example.com/handouts_file/202443011495699.docx"}},
		PDFData:         []recorded.File{{ID: 11, Name: "测试讲义.pdf", Ext: "pdf", Size: 22349, URL: "https://files.example.com/handouts_file/202443011495700.pdf"}},
		ConsolidateData: []recorded.File{{ID: 12, Name: "测试练习.docx", Ext: "docx", Size: 32349, URL: "https://files.example.com/handouts_file/202443011495701.docx"}},
		ViewDuration:    3,
	},
	Watched: recorded.StudySection{SectionID: 1, Plan: "64.36%", StudyStatus: recorded.Studying},
}

func TestRefreshPlanOnTheWire(t *testing.T) {
	tests := map[string]struct {
		encoding          recorded.Encoding
		contentType, body string
	}{
		"form": {recorded.Form, "application/x-www-form-urlencoded", "new_section_id=9007199254740993&yet_section_id=1"},
		"JSON": {recorded.JSON, "application/json", `{"new_section_id":9007199254740993,"yet_section_id":1}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, tt.encoding, func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, http.MethodPost, r.Method)
				assert.Equal(t, base+"/study/refresh_recorded_course_plan", r.URL.String())
				assert.Equal(t, tt.contentType, r.Header.Get("Content-Type"))
				assert.Equal(t, "canary-token", r.Header.Get("token"))
				assert.Equal(t, tt.body, string(body))
				return httpmock.NewStringResponse(200, sample(t)), nil
			})
			got, err := c.RefreshPlan(t.Context(), 9007199254740993, 1)
			require.NoError(t, err)
			assert.Equal(t, want, *got)
			percent, ok := got.Watched.Percent()
			assert.True(t, ok)
			assert.InDelta(t, 64.36, percent, 1e-9)
		})
	}
}

func TestAnswersOfOtherTypes(t *testing.T) {
	asStrings := sample(t)
	for _, field := range []string{
		`"code": `, `"id": `, `"user_id": `, `"is_try": `, `"course_id": `, `"section_sort": `, `"size": `,
		`"duration": `, `"view_duration": `, `"section_id": `, `"study_status": `,
	} {
		parts := strings.Split(asStrings, field)
		for i := 1; i < len(parts); i++ {
			end := strings.IndexAny(parts[i], ",\n}")
			parts[i] = `"` + parts[i][:end] + `"` + parts[i][end:]
		}
		asStrings = strings.Join(parts, field)
	}
	require.Contains(t, asStrings, `"view_duration": "3"`)
	c, _ := mocked(t, recorded.Form, httpmock.NewStringResponder(200, asStrings))
	got, err := c.RefreshPlan(t.Context(), 2, 1)
	require.NoError(t, err)
	assert.Equal(t, want, *got)

	studied := strings.Replace(sample(t), `"plan": "64.36%",`, ``, 1)
	studied = strings.Replace(studied, `"study_status": 1`, `"study_status": 2`, 1)
	c, _ = mocked(t, recorded.Form, httpmock.NewStringResponder(200, studied))
	got, err = c.RefreshPlan(t.Context(), 2, 1)
	require.NoError(t, err)
	assert.Equal(t, recorded.StudySection{SectionID: 1, StudyStatus: recorded.Studied}, got.Watched)
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		status   int
		body     string
		kind     edusdk.Kind
		code     string
		attempts int
	}{
		"vendor's code":       {200, `{"code":1001,"msg":"no canary-token","data":null}`, edusdk.ErrUnknown, "1001", 1},
		"code as a string":    {200, `{"code":"1001","msg":"x","data":[]}`, edusdk.ErrUnknown, "1001", 1},
		"other data":          {200, `{"code":500,"msg":"x","data":"oops"}`, edusdk.ErrUnknown, "500", 1},
		"no code":             {200, `{"msg":"ok","data":{}}`, edusdk.ErrMalformedResponse, "", 2},
		"no code with data":   {200, `{"data":{"section_info":{"id":1},"yet_study_section":{"section_id":1}}}`, edusdk.ErrMalformedResponse, "", 2},
		"no data":             {200, `{"code":200,"msg":"ok"}`, edusdk.ErrMalformedResponse, "", 2},
		"null data":           {200, `{"code":200,"msg":"ok","data":null}`, edusdk.ErrMalformedResponse, "", 2},
		"no section":          {200, `{"code":200,"data":{"yet_study_section":{"section_id":1}}}`, edusdk.ErrMalformedResponse, "", 2},
		"no watched section":  {200, `{"code":200,"data":{"section_info":{"id":1}}}`, edusdk.ErrMalformedResponse, "", 2},
		"wrong type":          {200, `{"code":200,"data":{"section_info":{"id":"x"}}}`, edusdk.ErrMalformedResponse, "", 2},
		"code is an object":   {200, `{"code":{},"data":null}`, edusdk.ErrMalformedResponse, "", 2},
		"web page":            {200, `<html>`, edusdk.ErrUnavailable, "", 2},
		"empty":               {200, ``, edusdk.ErrMalformedResponse, "", 2},
		"unauthorized":        {401, `unauthorized`, edusdk.ErrUnauthenticated, "", 1},
		"server error":        {500, `<html>`, edusdk.ErrUnavailable, "", 3},
		"success under a 500": {500, `{"code":200,"data":{"section_info":{"id":1},"yet_study_section":{"section_id":1}}}`, edusdk.ErrUnavailable, "", 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, recorded.Form, httpmock.NewStringResponder(tt.status, tt.body))
			_, err := c.RefreshPlan(t.Context(), 2, 1)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{"recorded", "RefreshPlan", tt.kind, tt.code, tt.status, tt.attempts},
				[]any{e.Vendor, e.Op, e.Kind, e.Code, e.HTTPStatus, e.Attempts})
			assert.Equal(t, tt.attempts, mock.GetTotalCallCount())
			assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "canary")
		})
	}
}

func TestBadIDsAreNotSent(t *testing.T) {
	c, mock := mocked(t, recorded.Form, httpmock.NewStringResponder(200, ""))
	for field, ids := range map[string][2]int64{"newSectionID": {0, 1}, "watchedSectionID": {1, -1}} {
		_, err := c.RefreshPlan(t.Context(), ids[0], ids[1])
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
		assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		assert.Equal(t, field, f.Field)
	}
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestPercent(t *testing.T) {
	tests := map[string]struct {
		percent float64
		ok      bool
	}{
		"64.36%": {64.36, true}, "0%": {0, true}, "100%": {100, true},
		"1.00000": {}, "": {}, "%": {}, "abc%": {}, "NaN%": {}, "-1%": {}, "101%": {}, "Inf%": {},
	}
	for plan, tt := range tests {
		t.Run(plan, func(t *testing.T) {
			percent, ok := recorded.StudySection{Plan: plan}.Percent()
			assert.Equal(t, tt.ok, ok)
			assert.InDelta(t, tt.percent, percent, 1e-9)
		})
	}
}

func TestCall(t *testing.T) {
	for name, tt := range map[string]struct {
		encoding recorded.Encoding
		method   string
		args     any
		query    string
		body     string
	}{
		"form": {recorded.Form, http.MethodPost, map[string]string{"a": "1 2"}, "", "a=1+2"},
		"JSON": {recorded.JSON, http.MethodPost, map[string]string{"a": "1"}, "", `{"a":"1"}`},
		"GET":  {recorded.JSON, http.MethodGet, map[string]string{"a": "1"}, "a=1", ""},
		"none": {recorded.Form, http.MethodPost, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, tt.encoding, func(r *http.Request) (*http.Response, error) {
				body := []byte(nil)
				if r.Body != nil {
					var err error
					body, err = io.ReadAll(r.Body)
					assert.NoError(t, err)
				}
				assert.Equal(t, []string{"/api/study/other", tt.query, tt.body}, []string{r.URL.Path, r.URL.RawQuery, string(body)})
				return httpmock.NewStringResponse(200, `{"code":200,"data":{"n":"5"}}`), nil
			})
			var out struct{ N int }
			require.NoError(t, c.Call(t.Context(), tt.method, "/study/other", tt.args, &out))
			assert.Equal(t, 5, out.N)
			require.NoError(t, c.Call(t.Context(), tt.method, "study/other", tt.args, nil))
		})
	}
	c, mock := mocked(t, recorded.JSON, httpmock.NewStringResponder(200, `{"code":200,"data":"text"}`))
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPut, "study/other", nil, nil), edusdk.ErrInvalidArgument)
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "study/other?a=1", nil, nil), edusdk.ErrInvalidArgument)
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "study/other", map[string]string{"a": ""}, nil), edusdk.ErrInvalidArgument)
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "study/other", 5, nil), edusdk.ErrInvalidArgument)
	assert.Zero(t, mock.GetTotalCallCount())
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "study/other", nil, new(int)), edusdk.ErrMalformedResponse)
}

func TestNewChecksItsConfig(t *testing.T) {
	for name, cfg := range map[string]recorded.Config{
		"zero": {}, "no scheme": {BaseURL: "app.example.com"}, "encoding": {BaseURL: base, Encoding: 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := recorded.New(cfg)
			require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
		})
	}
}

func TestClientsDoNotPrintTheirHeaders(t *testing.T) {
	c, _ := mocked(t, recorded.Form, httpmock.NewStringResponder(200, ""))
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("client", "client", c)
	all := log.String() + fmt.Sprintf("%v %+v %#v %s", c, c, c, c)
	assert.NotContains(t, all, "canary")
	assert.Contains(t, all, base)
	c.CloseIdleConnections()
}
