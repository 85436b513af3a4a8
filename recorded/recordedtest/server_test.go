package recordedtest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, srv *recordedtest.Server, encoding recorded.Encoding, opts ...edusdk.Option) *recorded.Client {
	t.Helper()
	cfg := srv.Config()
	cfg.Encoding = encoding
	c, err := recorded.New(cfg, append(opts, edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestAStudentWatchesACourse(t *testing.T) {
	for name, encoding := range map[string]recorded.Encoding{"form": recorded.Form, "JSON": recorded.JSON} {
		t.Run(name, func(t *testing.T) {
			srv := recordedtest.NewServer()
			defer srv.Close()
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			srv.SetClock(func() time.Time { return now })
			c := client(t, srv, encoding, srv.Auth())

			first, err := c.RefreshPlan(t.Context(), 1, 1)
			require.NoError(t, err)
			assert.Equal(t, "第一讲", first.Section.Title)
			assert.Equal(t, recorded.StudySection{SectionID: 1, Plan: "0.00%", StudyStatus: recorded.Studying}, first.Watched)

			now = now.Add(50 * time.Second)
			second, err := c.RefreshPlan(t.Context(), 2, 1)
			require.NoError(t, err)
			assert.Equal(t, int64(2), second.Section.ID)
			assert.Equal(t, "25.00%", second.Watched.Plan)

			now = now.Add(time.Hour)
			back, err := c.RefreshPlan(t.Context(), 1, 2)
			require.NoError(t, err)
			assert.Equal(t, recorded.StudySection{SectionID: 2, StudyStatus: recorded.Studied}, back.Watched)
			assert.Equal(t, int64(50), back.Section.ViewDuration, "it goes on where it was left")

			requests := srv.Requests()
			require.Len(t, requests, 3)
			assert.Equal(t, []string{"1", "2"}, []string{requests[2].Params.Get("new_section_id"), requests[2].Params.Get("yet_section_id")})
		})
	}
}

func TestFailures(t *testing.T) {
	srv := recordedtest.NewServer()
	defer srv.Close()
	srv.SetSections(recordedtest.Section{ID: 7, Title: "导论", Duration: time.Minute})
	c := client(t, srv, recorded.Form, srv.Auth())
	_, err := c.RefreshPlan(t.Context(), 7, 1)
	assert.Equal(t, "404", code(t, err))
	_, err = c.RefreshPlan(t.Context(), 1, 7)
	assert.Equal(t, "404", code(t, err))
	require.NoError(t, c.Call(t.Context(), http.MethodPost, recordedtest.Path, map[string]string{"new_section_id": "7", "yet_section_id": "7"}, nil))
	assert.Equal(t, "422", code(t, c.Call(t.Context(), http.MethodPost, recordedtest.Path, map[string]string{"new_section_id": "7"}, nil)))
	assert.Equal(t, "422", code(t, c.Call(t.Context(), http.MethodPost, recordedtest.Path, map[string]string{"yet_section_id": "x"}, nil)))
	require.ErrorIs(t, c.Call(t.Context(), http.MethodPost, "study/other", nil, nil), edusdk.ErrUnavailable)

	_, err = client(t, srv, recorded.Form).RefreshPlan(t.Context(), 7, 7)
	assert.Equal(t, "401", code(t, err))
	_, err = client(t, srv, recorded.JSON, srv.Auth()).RefreshPlan(t.Context(), 7, 7)
	require.NoError(t, err)
}

func TestALostAnswerIsAskedForAgain(t *testing.T) {
	srv := recordedtest.NewServer()
	defer srv.Close()
	lost := 0
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lost++; lost == 1 {
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	})
	c := client(t, srv, recorded.Form, srv.Auth())
	plan, err := c.RefreshPlan(t.Context(), 2, 1)
	require.NoError(t, err)
	assert.Equal(t, int64(2), plan.Section.ID)
	assert.Len(t, srv.Requests(), 2)
}

func code(t *testing.T, err error) string {
	t.Helper()
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

// An endpoint that the fake gets later must not take the place of one that
// somebody's test has added before.
func TestHandleGoesBeforeTheFakesEndpoint(t *testing.T) {
	srv := recordedtest.NewServer()
	defer srv.Close()
	c := client(t, srv, recorded.Form, srv.Auth())
	srv.Handle("study/other", func(params url.Values) any { return params })
	var got url.Values
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "study/other", url.Values{"a": {"1"}}, &got))
	assert.Equal(t, url.Values{"a": {"1"}}, got)

	srv.Handle(recordedtest.Path, func(params url.Values) any {
		return map[string]any{"section_info": map[string]any{"id": params.Get("new_section_id")}, "yet_study_section": map[string]any{"section_id": 8}}
	})
	refreshed, err := c.RefreshPlan(t.Context(), 77, 8)
	require.NoError(t, err)
	assert.Equal(t, int64(77), refreshed.Section.ID)

	srv.FailNext(recordedtest.Path, 500, "系统繁忙")
	_, err = c.RefreshPlan(t.Context(), 77, 8)
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []string{"500", "系统繁忙"}, []string{e.Code, e.Message})
	require.ErrorIs(t, client(t, srv, recorded.Form).Call(t.Context(), http.MethodPost, "study/other", nil, nil), edusdk.ErrUnknown, "without the header")
	assert.Equal(t, 401, srv.Requests()[3].Code)
}
