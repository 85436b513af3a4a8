package zjy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy"
)

// bigCourse answers for a course of so many modules and topics in a module, each
// request after a second of the bubble's time. What was asked is counted, and
// how much of it at the same time.
type bigCourse struct {
	modules, topics     int
	running, most, made atomic.Int64
}

func (b *bigCourse) answer(r *http.Request) (*http.Response, error) {
	b.made.Add(1)
	n := b.running.Add(1)
	defer b.running.Add(-1)
	for m := b.most.Load(); n > m && !b.most.CompareAndSwap(m, n); m = b.most.Load() {
		continue
	}
	select {
	case <-time.After(time.Second):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	list := func(format string, n int) string {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf(format, i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	switch form := string(body); {
	case strings.HasSuffix(r.URL.Path, "getProcessList"):
		return httpmock.NewStringResponse(200, `{"code":1,"progress":{"moduleList":`+list(`{"id":"m%d"}`, b.modules)+`}}`), nil
	case strings.HasSuffix(r.URL.Path, "getTopicByModuleId"):
		module := form[strings.Index(form, "moduleId=")+len("moduleId="):]
		return httpmock.NewStringResponse(200, `{"code":1,"topicList":`+list(`{"id":"`+module+`t%d"}`, b.topics)+`}`), nil
	default:
		topic := form[strings.Index(form, "topicId=")+len("topicId="):]
		return httpmock.NewStringResponse(200, `{"code":1,"cellList":[{"Id":"`+topic+`c"}]}`), nil
	}
}

func TestTreeIsFetchedSideBySide(t *testing.T) {
	for name, tt := range map[string]struct {
		opts  []zjy.TreeOption
		bound int64
	}{
		"default":    {nil, 8},
		"one":        {[]zjy.TreeOption{zjy.WithBound(1)}, 1},
		"three":      {[]zjy.TreeOption{zjy.WithBound(3)}, 3},
		"a thousand": {[]zjy.TreeOption{zjy.WithBound(1000)}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bigCourse{modules: 10, topics: 10}
				c, _ := mocked(t, b.answer)
				start := time.Now()
				tree, err := c.Tree(t.Context(), "course", "class", tt.opts...)
				require.NoError(t, err)
				assert.EqualValues(t, 1+10+100, b.made.Load())
				assert.Equal(t, tt.bound, b.most.Load())
				for i, m := range tree.Modules {
					assert.Equal(t, fmt.Sprintf("m%d", i), m.ID)
					for j, topic := range m.Topics {
						id := fmt.Sprintf("m%dt%d", i, j)
						assert.Equal(t, zjy.TopicTree{Topic: zjy.Topic{ID: id}, Cells: []zjy.Cell{{ID: id + "c"}}}, topic)
					}
				}
				// The outline comes alone, and then there is always enough to do.
				atLeast := 1 + (110+tt.bound-1)/tt.bound
				assert.LessOrEqual(t, time.Since(start), time.Duration(atLeast+1)*time.Second)
			})
		})
	}
}

// In the bubble's time nothing but the requests takes any, so this is how much
// of it goes by without enough of them under way.
func TestTreeComesCloseToItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bigCourse{modules: 20, topics: 10}
		c, _ := mocked(t, b.answer)
		start := time.Now()
		_, err := c.Tree(t.Context(), "course", "class")
		require.NoError(t, err)
		assert.EqualValues(t, 221, b.made.Load())
		floor := 221 * time.Second / 8
		assert.LessOrEqual(t, time.Since(start), floor*115/100)
	})
}

func TestTreeIsCancelledByItsFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bigCourse{modules: 20, topics: 10}
		var failed, cancelled atomic.Int64
		c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "getCellByTopicId") && failed.Add(1) == 1 {
				time.Sleep(time.Second / 2) // while the others are under way
				return httpmock.NewStringResponse(200, `{"code":-1}`), nil
			}
			resp, err := b.answer(r)
			if err != nil {
				cancelled.Add(1)
			}
			return resp, err
		})
		start := time.Now()
		tree, err := c.Tree(t.Context(), "course", "class")
		assert.Nil(t, tree)
		var e *edusdk.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, []any{"Cells", edusdk.ErrPermissionDenied, "-1"}, []any{e.Op, e.Kind, e.Code})
		synctest.Wait() // the mock returns before its responders do
		assert.EqualValues(t, 7, cancelled.Load(), "those under way")
		assert.Less(t, time.Since(start), 6*time.Second)
		assert.Less(t, b.made.Load(), int64(50), "most of 221 requests are not made")
	})
}

func TestTheCallersContextEndsATree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bigCourse{modules: 20, topics: 10}
		c, _ := mocked(t, b.answer)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		_, err := c.Tree(ctx, "course", "class")
		require.ErrorIs(t, err, edusdk.ErrDeadlineExceeded)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		why, because := context.WithCancelCause(t.Context())
		_, err = c.Tree(why, "course", "class", zjy.WithProgress(func(int, int) { because(io.EOF) }))
		var e *edusdk.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, []any{"zjy", "Tree", edusdk.ErrCanceled, false}, []any{e.Vendor, e.Op, e.Kind, e.MaybeApplied})
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestTreeReportsItsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bigCourse{modules: 3, topics: 2}
		c, _ := mocked(t, b.answer)
		var reports [][2]int
		_, err := c.Tree(t.Context(), "course", "class", zjy.WithBound(1), zjy.WithProgress(func(done, known int) {
			reports = append(reports, [2]int{done, known})
			time.Sleep(time.Minute) // -race finds two at a time
		}))
		require.NoError(t, err)
		require.Len(t, reports, 1+3+6)
		assert.Equal(t, [2]int{1, 4}, reports[0], "the outline is done, and three modules are known")
		assert.Equal(t, [2]int{10, 10}, reports[9])
		for i, r := range reports {
			assert.Equal(t, i+1, r[0])
			if i > 0 {
				assert.GreaterOrEqual(t, r[1], reports[i-1][1], "it is never known of less")
			}
		}
	})
}

// What a report does that does not return, at the outline, in the midst and at
// the end, where requests are under way beside it or none.
func TestAReportThatDoesNotReturn(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		report   func()
		panicked any
		kind     edusdk.Kind
		within   time.Duration // Tree returns after the report began; ctx ends after a minute
	}{
		"panics":               {func() { panic(boom) }, boom, 0, time.Second},
		"exits its goroutine":  {runtime.Goexit, nil, edusdk.ErrUnknown, time.Second},
		"blocks":               {func() { time.Sleep(time.Hour) }, nil, edusdk.ErrCanceled, time.Minute + time.Second},
		"blocks, then panics":  {func() { time.Sleep(time.Hour); panic(boom) }, nil, edusdk.ErrCanceled, time.Minute + time.Second},
		"blocks, then exits":   {func() { time.Sleep(time.Hour); runtime.Goexit() }, nil, edusdk.ErrCanceled, time.Minute + time.Second},
		"is late, then panics": {func() { time.Sleep(time.Minute + time.Second/4); panic(boom) }, boom, 0, time.Minute + time.Second},
	} {
		for _, at := range []int{1, 5, 1 + 10 + 100} {
			t.Run(fmt.Sprintf("%s/at %d", name, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &bigCourse{modules: 10, topics: 10}
					c, _ := mocked(t, b.answer)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					var ended atomic.Bool
					var began time.Time
					var reports atomic.Int64
					var err error
					value := func() (value any) {
						defer func() { value = recover() }()
						defer ended.Store(true)
						_, err = c.Tree(ctx, "course", "class", zjy.WithProgress(func(int, int) {
							assert.False(t, ended.Load(), "reports after Tree has returned")
							if reports.Add(1) == int64(at) {
								began = time.Now()
								time.AfterFunc(time.Minute, cancel) // in the bubble
								tt.report()
							}
						}))
						return nil
					}()
					assert.Equal(t, tt.panicked, value)
					if tt.panicked == nil {
						require.Error(t, err)
						assert.Equal(t, tt.kind, edusdk.KindOf(err), "Kind of: %v", err)
					}
					assert.LessOrEqual(t, time.Since(began), tt.within, "time until Tree returned")
					assert.EqualValues(t, at, reports.Load(), "reports")
					time.Sleep(2 * time.Hour) // for the report that is late
					assert.EqualValues(t, at, reports.Load(), "reports in the end")
				})
			})
		}
	}
}

func TestTreesOfLittle(t *testing.T) {
	for name, tt := range map[string]struct{ modules, topics, requests int }{
		"no modules": {0, 0, 1}, "no topics": {2, 0, 3}, "one cell": {1, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bigCourse{modules: tt.modules, topics: tt.topics}
				c, mock := mocked(t, b.answer)
				tree, err := c.Tree(t.Context(), "course", "class")
				require.NoError(t, err)
				require.Len(t, tree.Modules, tt.modules)
				for _, m := range tree.Modules {
					assert.Len(t, m.Topics, tt.topics)
				}
				assert.Equal(t, tt.requests, mock.GetTotalCallCount())
			})
		})
	}
}

func TestTreeRefusesBadOptions(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(200, ""))
	for field, opt := range map[string]zjy.TreeOption{"WithBound": zjy.WithBound(-1), "opts": nil} {
		_, err := c.Tree(t.Context(), "course", "class", opt)
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
		assert.Equal(t, field, f.Field)
	}
	_, err := c.Tree(nil, "course", "class") //nolint:staticcheck // it is what is tested
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	assert.Zero(t, mock.GetTotalCallCount())
}
