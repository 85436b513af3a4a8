package recorded_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/recorded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "https://app.example.com/api"

// mocked returns a client and the mock that answers it.
func mocked(t testing.TB, encoding recorded.Encoding, answer httpmock.Responder) (*recorded.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := testkit.Mock(answer)
	c, err := recorded.New(recorded.Config{BaseURL: base + "/", Encoding: encoding},
		edusdk.WithTransport(mock), edusdk.WithHeader("token", "canary-token"),
		edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))
	require.NoError(t, err)
	return c, mock
}

func sample(t testing.TB) string {
	t.Helper()
	return testkit.Fixture(t, "refresh_plan.json")
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

func TestEveryField(t *testing.T) {
	b, err := os.ReadFile("testdata/every_field.json") // no two fields have the same value
	require.NoError(t, err)
	c, _ := mocked(t, recorded.Form, httpmock.NewBytesResponder(200, b))
	got, err := c.RefreshPlan(t.Context(), 2, 1)
	require.NoError(t, err)
	assert.Equal(t, &recorded.PlanRefresh{
		Section: recorded.SectionInfo{
			ID: 9007199254740993, UserID: 9007199254740994, Title: "a-title", Price: "10.00", IsTry: 1, CourseID: 9007199254740995,
			CourseTitle: "a-course", SectionSort: 3, VideoID: "4", Size: recorded.Portrait, Duration: 5,
			AheadData:       []recorded.File{{ID: 6, Name: "b-name", Ext: "b-ext", Size: 7, URL: "b-url"}},
			PDFData:         []recorded.File{{ID: 8, Name: "c-name", Ext: "c-ext", Size: 9, URL: "c-url"}},
			ConsolidateData: []recorded.File{{ID: 10, Name: "d-name", Ext: "d-ext", Size: 11, URL: "d-url"}},
			ViewDuration:    12,
		},
		Watched: recorded.StudySection{SectionID: 9007199254740996, Plan: "64.36", StudyStatus: recorded.Studied},
	}, got)
	_, ok := got.Watched.Percent()
	assert.False(t, ok, "a number without a sign is no percentage")
}

func TestPriceIsADecimalString(t *testing.T) {
	for wire, want := range map[string]string{
		`"10.00"`: "10.00", `10.00`: "10.00", `10`: "10", `0.10`: "0.10", `1234567890123456789.01`: "1234567890123456789.01", `null`: "", `""`: "",
	} {
		t.Run(wire, func(t *testing.T) {
			c, _ := mocked(t, recorded.Form, httpmock.NewStringResponder(200, strings.Replace(sample(t), `"10.00"`, wire, 1)))
			got, err := c.RefreshPlan(t.Context(), 2, 1)
			require.NoError(t, err)
			assert.Equal(t, want, got.Section.Price)
		})
	}
}

func TestListsThatAreNone(t *testing.T) {
	for _, none := range []string{`[]`, `null`, `""`} {
		body := `{"code":200,"data":{"section_info":{"id":1,"ahead_data":` + none + `,"pdf_data":` + none + `},"yet_study_section":{"section_id":2}}}`
		c, _ := mocked(t, recorded.Form, httpmock.NewStringResponder(200, body))
		got, err := c.RefreshPlan(t.Context(), 2, 1)
		require.NoError(t, err, none)
		assert.Empty(t, got.Section.AheadData, none)
		assert.Empty(t, got.Section.PDFData, none)
		assert.Nil(t, got.Section.ConsolidateData, none)
	}
}

func TestFiguresOfTheDocument(t *testing.T) {
	assert.Equal(t, []int{1, 2, 1, 2}, []int{
		int(recorded.Landscape), int(recorded.Portrait), int(recorded.Studying), int(recorded.Studied),
	})
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	for body, field := range map[string]string{
		`{"msg":"ok"}`:                                  "code",
		`{"code":null,"data":{}}`:                       "code",
		`{"code":"","data":{}}`:                         "code",
		`{"code":200}`:                                  "data",
		`{"code":200,"data":{}}`:                        "data.section_info",
		`{"code":200,"data":{"section_info":{"id":1}}}`: "data.yet_study_section",
	} {
		c, _ := mocked(t, recorded.Form, httpmock.NewStringResponder(200, body))
		_, err := c.RefreshPlan(t.Context(), 2, 1)
		require.ErrorContains(t, err, "field "+field+": is missing", body)
		assert.ErrorIs(t, err, edusdk.ErrMalformedResponse, body)
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
		"code under a 401":    {401, `{"code":401,"msg":"x"}`, edusdk.ErrUnauthenticated, "401", 1},
		"code under a 403":    {403, `{"code":"10","msg":"x"}`, edusdk.ErrPermissionDenied, "10", 1},
		"code under a 404":    {404, `{"code":404,"msg":"x"}`, edusdk.ErrNotFound, "404", 1},
		"code under a 422":    {422, `{"code":422,"msg":"x"}`, edusdk.ErrInvalidArgument, "422", 1},
		"code under a 429":    {429, `{"code":429,"msg":"x"}`, edusdk.ErrResourceExhausted, "429", 3},
		"code under a 500":    {500, `{"code":500,"msg":"x"}`, edusdk.ErrUnavailable, "500", 3},
		"cut off":             {200, `{"code":200,"data":{"section_info":{`, edusdk.ErrMalformedResponse, "", 2},
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
			if tt.code != "" {
				assert.Contains(t, []string{"x", "no [redacted]"}, e.Message)
			}
		})
	}
}

func TestBadIDsAreNotSent(t *testing.T) {
	c, mock := mocked(t, recorded.Form, httpmock.NewStringResponder(200, ""))
	for field, all := range map[string][][2]int64{
		"newSectionID": {{0, 1}, {-1, 1}, {0, 0}}, "watchedSectionID": {{1, 0}, {1, -1}},
	} {
		for _, ids := range all {
			_, err := c.RefreshPlan(t.Context(), ids[0], ids[1])
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f, ids)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			assert.Equal(t, field, f.Field)
		}
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

		"values, JSON": {recorded.JSON, http.MethodPost, url.Values{"a": {"1"}, "b": {"2"}}, "", `{"a":"1","b":"2"}`},
		"struct, JSON": {recorded.JSON, http.MethodPost, struct {
			A int `url:"a" json:"a"`
		}{1}, "", `{"a":1}`},
		"struct, form": {recorded.Form, http.MethodPost, struct {
			A int `url:"a" json:"x"`
		}{1}, "", `a=1`},
		"none, JSON": {recorded.JSON, http.MethodPost, nil, "", `{}`},
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
	err := c.Call(t.Context(), http.MethodPost, "study/other", struct {
		A string `url:"a"`
		B func() `url:"-" json:"b"`
	}{A: "1"}, nil)
	var f *edusdk.FieldError
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "args", f.Field, "what JSON has no words for")
	assert.Zero(t, mock.GetTotalCallCount())
	err = c.Call(t.Context(), http.MethodPost, "study/other", nil, new(int))
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{"recorded", "Call", edusdk.ErrMalformedResponse, 200, 1, true},
		[]any{e.Vendor, e.Op, e.Kind, e.HTTPStatus, e.Attempts, edusdk.MaybeApplied(err)}, "the vendor has done it")
	c, mock = mocked(t, recorded.Form, httpmock.NewStringResponder(500, `{"code":500,"msg":"x"}`))
	err = c.Call(t.Context(), http.MethodPost, "study/other", nil, nil)
	assert.True(t, edusdk.MaybeApplied(err), "a POST of which nobody knows what it does")
	require.ErrorContains(t, err, "recorded: Call: ")
	assert.Equal(t, 1, mock.GetTotalCallCount())
	require.Error(t, c.Call(t.Context(), http.MethodGet, "study/other", nil, nil))
	assert.Equal(t, 1+3, mock.GetTotalCallCount(), "a GET is repeated")
}

// closer is a transport that counts how often its connections are closed.
type closer struct {
	http.RoundTripper
	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnections(t *testing.T) {
	transport := &closer{}
	c, err := recorded.New(recorded.Config{BaseURL: base}, edusdk.WithTransport(transport))
	require.NoError(t, err)
	c.CloseIdleConnections()
	assert.Equal(t, []any{1, "recorded.Client(" + base + ")"}, []any{transport.closed, c.String()})
}

func TestNewChecksItsConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg   recorded.Config
		field string
	}{
		"zero":      {recorded.Config{}, "BaseURL"},
		"no scheme": {recorded.Config{BaseURL: "app.example.com"}, "BaseURL"},
		"encoding":  {recorded.Config{BaseURL: base, Encoding: 2}, "Encoding"},
		"negative":  {recorded.Config{BaseURL: base, Encoding: -1}, "Encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := recorded.New(tt.cfg)
			require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, "Config."+tt.field, f.Field)
		})
	}
}

// FuzzAnswers looks for answers that make RefreshPlan panic, or that are taken
// for a success without sections.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(sample(f)))
	for _, seed := range []string{
		`{"code":"200","data":{"section_info":{"id":"1","ahead_data":""},"yet_study_section":{"section_id":2,"plan":1.5}}}`,
		`{"code":200,"data":[]}`, `{"code":200,"data":{"section_info":[],"yet_study_section":""}}`, `{"code":401,"msg":"x","data":"y"}`,
		`{"code":{}}`, `{"code":null}`, `[]`, `<html>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewBytesResponder(200, body))
		c, err := recorded.New(recorded.Config{BaseURL: base}, edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.RefreshPlan(t.Context(), 2, 1)
		if (got == nil) != (err != nil) {
			t.Fatalf("result %v with error %v", got, err)
		}
		if err != nil {
			return
		}
		if got.Section.ID == 0 || got.Watched.SectionID == 0 {
			t.Fatalf("a success without sections: %+v", got)
		}
		if percent, ok := got.Watched.Percent(); percent < 0 || percent > 100 || !ok && percent != 0 {
			t.Fatalf("%q is %v percent, %v", got.Watched.Plan, percent, ok)
		}
	})
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
