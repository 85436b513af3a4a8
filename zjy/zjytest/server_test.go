package zjytest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t testing.TB) (*zjytest.Server, *zjy.Client) {
	t.Helper()
	srv := zjytest.NewServer()
	c, err := zjy.New(srv.Config(), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}))
	require.NoError(t, err)
	t.Cleanup(func() {
		c.CloseIdleConnections()
		srv.Close()
	})
	return srv, c
}

func ref(cellID string) zjy.CellRef {
	return zjy.CellRef{CourseOpenID: zjytest.CourseOpenID, OpenClassID: zjytest.OpenClassID, CellID: cellID, ModuleID: "module-1"}
}

func TestAStudentLooksAround(t *testing.T) {
	srv, c := start(t)
	srv.SetClock(func() time.Time { return time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC) })
	p, err := c.Profile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, zjytest.StudentName, p.DisplayName)
	list, err := c.Courses(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Courses, 1)
	assert.Equal(t, zjytest.CourseOpenID, list.Courses[0].CourseOpenID)
	assert.True(t, list.Terms[0].DateCreated.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)))
	requests := srv.Requests()
	assert.Equal(t, []string{"1", "1"}, []string{requests[0].Code, requests[1].Code})
}

func TestACellIsStudied(t *testing.T) {
	_, c := start(t)
	ctx := t.Context()
	first, err := c.ViewCell(ctx, ref("cell-1-1-1"))
	require.NoError(t, err)
	again, err := c.ViewCell(ctx, ref("cell-1-1-1"))
	require.NoError(t, err)
	assert.NotEqual(t, first.GUIDToken, again.GUIDToken, "the token changes with each view")
	resource, err := again.Resource()
	require.NoError(t, err)
	assert.Equal(t, 4, resource.Args.PageCount)

	_, err = c.ViewCell(ctx, ref("cell-1-1-2"))
	var pending *zjy.PendingCellError
	require.ErrorAs(t, err, &pending)
	assert.Equal(t, []string{"cell-1-1-2", "cell-1-1-1"}, []string{pending.Current.CellID, pending.Last.CellID})

	log := &zjy.ProgressLog{CellRef: ref("cell-1-1-1"), PicNum: 2, StudyNewlyPicNum: 2, Token: first.GUIDToken}
	require.ErrorIs(t, c.LogProgress(ctx, log), edusdk.ErrFailedPrecondition, "the token of an earlier view")
	log.Token = again.GUIDToken
	require.NoError(t, c.LogProgress(ctx, log))
	require.Error(t, c.LogProgress(ctx, log), "a token is good for one log")

	viewed, err := c.ViewCell(ctx, ref("cell-1-1-1"))
	require.NoError(t, err)
	log.Token = viewed.GUIDToken
	for range 3 { // each with the token that the one before has given
		next, err := c.Log(ctx, log)
		require.NoError(t, err)
		assert.Equal(t, "cell-1-1-1", next.CellID)
		assert.NotEqual(t, log.Token, next.GUIDToken)
		log.Token = next.GUIDToken
	}

	video, err := c.ViewCell(ctx, ref("cell-1-1-2"))
	require.NoError(t, err)
	assert.InDelta(t, 100.5, video.AudioVideoLong, 0)
	require.ErrorIs(t, c.SwitchCell(ctx, ref("cell-1-1-1"), "another name"), edusdk.ErrUnknown)
	require.NoError(t, c.SwitchCell(ctx, ref("cell-1-1-1"), first.CellName))
	half, err := c.ViewCell(ctx, ref("cell-1-1-1"))
	require.NoError(t, err)
	assert.InDelta(t, 50, half.CellPercent, 0)

	cells, err := c.Cells(ctx, zjytest.CourseOpenID, zjytest.OpenClassID, "topic-1-1")
	require.NoError(t, err)
	assert.InDelta(t, 50, cells[0].Percent(), 0)
	assert.Equal(t, 4, cells[0].StuCellCount)
	assert.Equal(t, zjy.CellFolder, cells[3].CellType)
	require.Len(t, cells[3].ChildNodeList, 2)
	assert.NotNil(t, cells[3].ChildNodeList[0].StuCellFourPercent)
}

func TestProgressCanBeSet(t *testing.T) {
	srv, c := start(t)
	for id, percent := range map[string]float64{"cell-1-1-1": 100, "cell-1-1-2": 45.5, "cell-1-1-3": 30, "cell-1-1-4-1": 75, "cell-1-1-4-2": 50} {
		assert.True(t, srv.SetProgress(id, percent), id)
	}
	assert.False(t, srv.SetProgress("cell-1-1-4", 50), "a folder")
	assert.False(t, srv.SetProgress("another", 50))
	cells, err := c.Cells(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID, "topic-1-1")
	require.NoError(t, err)
	var got []float64
	for _, cell := range append(cells, cells[3].ChildNodeList...) {
		got = append(got, cell.Percent())
	}
	assert.Equal(t, []float64{100, 45.5, 25, 62.5, 75, 50}, got)
	outline, err := c.Outline(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID)
	require.NoError(t, err)
	assert.Equal(t, []float64{29, 0, 0}, []float64{
		outline.Progress.ModuleList[0].Percent, outline.Progress.ModuleList[1].Percent, outline.Progress.ModuleList[2].Percent,
	})
	assert.Equal(t, 1, outline.StuStudyCourseOpenCellCount)
	detail, err := c.ViewCell(t.Context(), ref("cell-1-1-2"))
	require.NoError(t, err)
	assert.InDelta(t, 45.7275, detail.StuStudyNewlyTime, 1e-9)
}

func TestUnknownThingsAreRefused(t *testing.T) {
	srv, c := start(t)
	ctx := t.Context()
	second := func(_ any, err error) error { return err }
	for name, err := range map[string]error{
		"course of an outline": second(c.Outline(ctx, "another", zjytest.OpenClassID)),
		"class of an outline":  second(c.Outline(ctx, zjytest.CourseOpenID, "another")),
		"module":               second(c.Topics(ctx, zjytest.CourseOpenID, "another")),
		"course of a module":   second(c.Topics(ctx, "another", "module-1")),
		"topic":                second(c.Cells(ctx, zjytest.CourseOpenID, zjytest.OpenClassID, "another")),
		"cell":                 second(c.ViewCell(ctx, ref("another"))),
		"a folder":             second(c.ViewCell(ctx, ref("cell-1-1-4"))),
		"cell to switch to":    c.SwitchCell(ctx, ref("another"), "x"),
	} {
		var e *edusdk.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, zjy.CodeFailed, e.Code, name)
	}
	require.ErrorIs(t, c.Call(ctx, http.MethodPost, "api/other", nil, nil), edusdk.ErrUnavailable)
	srv.FailNext("-16")
	require.ErrorIs(t, second(c.Profile(ctx)), edusdk.ErrFailedPrecondition)
	srv.FailNext("-1")
	require.ErrorIs(t, second(c.Profile(ctx)), edusdk.ErrPermissionDenied)
	require.NoError(t, second(c.Profile(ctx)))
	srv.ExpireSession()
	require.ErrorIs(t, second(c.Profile(ctx)), edusdk.ErrUnauthenticated)
}

func TestAnotherCookieIsRefused(t *testing.T) {
	srv, _ := start(t)
	c, err := zjy.New(zjy.Config{Auth: "another", BaseURL: srv.URL})
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	_, err = c.Profile(t.Context())
	require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
}

func TestThrottling(t *testing.T) {
	srv, c := start(t)
	srv.ThrottleNext(zjytest.GatewayTimeout, zjytest.EmptyAnswer)
	_, err := c.Profile(t.Context())
	require.NoError(t, err, "a read is asked for again")
	assert.Len(t, srv.Requests(), 3)
	srv.ThrottleNext(zjytest.EmptyAnswer)
	err = c.LogProgress(t.Context(), &zjy.ProgressLog{CellRef: ref("cell-1-1-1"), Token: "t"})
	require.True(t, edusdk.MaybeApplied(err), "a log is not")
}

func TestTreeKeepsTheOrder(t *testing.T) {
	srv, c := start(t)
	srv.SetCourse(5, 4, 3)
	var reports [][2]int
	tree, err := c.Tree(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID,
		zjy.WithBound(3), zjy.WithProgress(func(done, known int) { reports = append(reports, [2]int{done, known}) }))
	require.NoError(t, err)
	require.Len(t, tree.Modules, 5)
	for i, m := range tree.Modules {
		assert.Equal(t, fmt.Sprintf("module-%d", i+1), m.ID)
		require.Len(t, m.Topics, 4)
		for j, topic := range m.Topics {
			assert.Equal(t, fmt.Sprintf("topic-%d-%d", i+1, j+1), topic.ID)
			require.Len(t, topic.Cells, 3)
			assert.Equal(t, fmt.Sprintf("cell-%d-%d-1", i+1, j+1), topic.Cells[0].ID)
			assert.Len(t, topic.Cells[2].ChildNodeList, 2)
		}
	}
	assert.Equal(t, 5*4*4, tree.Outline.OpenCourseCellCount, "folders are not counted, what is in them is")
	require.Len(t, reports, 1+5+20)
	assert.Equal(t, [2]int{1, 6}, reports[0])
	assert.Equal(t, [2]int{26, 26}, reports[25])
	assert.Len(t, srv.Requests(), 26)
}

func TestTreeKeepsToItsBound(t *testing.T) {
	srv, c := start(t)
	var running, most atomic.Int64
	release := make(chan struct{})
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				continue
			}
			if n == 2 {
				close(release) // as many as may be under way
			}
			if r.URL.Path != "/api/study/process/getProcessList" {
				<-release
			}
			next.ServeHTTP(w, r)
		})
	})
	srv.SetCourse(2, 1, 1)
	_, err := c.Tree(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID, zjy.WithBound(2))
	require.NoError(t, err)
	assert.EqualValues(t, 2, most.Load())
}

func TestTheFirstErrorEndsATree(t *testing.T) {
	srv, c := start(t)
	srv.SetCourse(20, 10, 1)
	var asked atomic.Int64
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.Path == "/api/study/process/getCellByTopicId" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err := c.Tree(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID)
	require.ErrorIs(t, err, edusdk.ErrPermissionDenied)
	assert.Less(t, asked.Load(), int64(100), "the rest of 221 requests is not made")

	_, err = c.Tree(t.Context(), "another", zjytest.OpenClassID)
	require.ErrorIs(t, err, edusdk.ErrUnknown)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID, zjy.WithProgress(func(int, int) { cancel() }))
	require.ErrorIs(t, err, edusdk.ErrCanceled)
	require.ErrorIs(t, err, context.Canceled)
}

func TestHandlerUnderAPrefix(t *testing.T) {
	web := httptest.NewServer(http.StripPrefix("/zjy", zjytest.NewHandler()))
	defer web.Close()
	c, err := zjy.New(zjy.Config{Auth: zjytest.Auth, BaseURL: web.URL + "/zjy"})
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	_, err = c.Profile(t.Context())
	require.NoError(t, err)
}

// BenchmarkTree fetches a course of 20 modules with 10 topics each, 221
// requests, from a server that takes 20 ms for each: in a walk from one to the
// next, and with Tree. x-floor is how often it takes the time that a client and
// a server of no work at all would need: the requests divided by the bound,
// times 20 ms.
func BenchmarkTree(b *testing.B) {
	const latency, requests = 20 * time.Millisecond, 1 + 20 + 20*10
	tree := func(opts ...zjy.TreeOption) func(context.Context, *zjy.Client) error {
		return func(ctx context.Context, c *zjy.Client) error {
			_, err := c.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID, opts...)
			return err
		}
	}
	for _, bm := range []struct {
		name  string
		bound int
		fetch func(context.Context, *zjy.Client) error
	}{
		{"walk", 1, walk}, {"Tree-1", 1, tree(zjy.WithBound(1))}, {"Tree-8", 8, tree()}, {"Tree-32", 32, tree(zjy.WithBound(32))},
	} {
		b.Run(bm.name, func(b *testing.B) {
			srv, c := start(b)
			srv.SetCourse(20, 10, 4)
			srv.Intercept(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(latency)
					next.ServeHTTP(w, r)
				})
			})
			for b.Loop() {
				if err := bm.fetch(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
			floor := float64(latency) * requests / float64(bm.bound)
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/floor, "x-floor")
		})
	}
}

// walk asks for all that Tree asks for, one after the other.
func walk(ctx context.Context, c *zjy.Client) error {
	outline, err := c.Outline(ctx, zjytest.CourseOpenID, zjytest.OpenClassID)
	if err != nil {
		return err
	}
	for _, module := range outline.Progress.ModuleList {
		topics, err := c.Topics(ctx, zjytest.CourseOpenID, module.ID)
		if err != nil {
			return err
		}
		for _, topic := range topics {
			if _, err := c.Cells(ctx, zjytest.CourseOpenID, zjytest.OpenClassID, topic.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// An endpoint that the fake gets later must not take the place of one that
// somebody's test has added before.
func TestHandleGoesBeforeTheFakesEndpoints(t *testing.T) {
	srv, c := start(t)
	srv.Handle("api/student/other", func(params url.Values) any { return map[string]any{"code": 1, "got": params.Get("a")} })
	var got struct{ Got string }
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "api/student/other", map[string]string{"a": "b"}, &got))
	assert.Equal(t, "b", got.Got)

	srv.Handle("/api/student/Studio/index", func(url.Values) any { return map[string]any{"code": 1, "stuId": "s", "displayName": "李四"} })
	p, err := c.Profile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "李四", p.DisplayName)

	srv.Handle("api/student/Studio/index", func(url.Values) any { return []int{} })
	_, err = c.Profile(t.Context())
	require.ErrorIs(t, err, edusdk.ErrMalformedResponse, "whatever it returns is sent")
	srv.FailNext("-16")
	_, err = c.Profile(t.Context())
	require.ErrorIs(t, err, edusdk.ErrFailedPrecondition, "a failure that was ordered goes before it")
	srv.ExpireSession()
	_, err = c.Profile(t.Context())
	require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
}
