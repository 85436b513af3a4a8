package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-github/v92/github"
	"github.com/linode/linodego"
	"github.com/openai/openai-go/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/lenient"
)

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		exit(serve())
	}
	goleak.VerifyTestMain(m)
}

// start returns a run that measures as little as it can.
func start(t *testing.T) *run {
	t.Helper()
	srv, err := startServer(t.Context())
	require.NoError(t, err)
	t.Cleanup(srv.stop)
	t.Cleanup(closeControl)
	return &run{remote: srv, effort: effort{rounds: 2, calls: 10, uploads: 2, trees: 1, flood: 200}}
}

// Times are not judged here: they are another machine's tomorrow.
func TestEveryScenarioRuns(t *testing.T) {
	wantRows := map[string]int{
		"small": 7, "deadlines": 1, "lists": 2, "decode": 2, "sign": 1, "upload": 5, "connections": 2, "products": 1, "tree": 1, "logins": 2,
	}
	r := start(t)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			r.report = report{}
			require.NoError(t, s.run(r, t.Context()))
			assert.Len(t, r.rows, wantRows[s.name])
			for _, row := range r.rows {
				assert.NotContains(t, row.reached, "NaN", row.what)
				assert.NotContains(t, row.reached, "Inf", row.what)
				if strings.Contains(row.what, "logins") || strings.Contains(row.what, "Content-Length") {
					assert.True(t, row.met, "%s: %s", row.what, row.reached)
				}
			}
			var out bytes.Buffer
			require.NoError(t, r.print(&out))
			for _, row := range r.rows {
				assert.Contains(t, out.String(), "| "+row.what+" | "+row.reached+" | "+row.goal+" |")
			}
			for _, c := range slices.Concat(r.clients, r.added, r.bounded) {
				assert.Contains(t, out.String(), "| "+c.name+" |")
			}
		})
	}
}

func TestTheClientsOfTheSmallAnswer(t *testing.T) {
	r := start(t)
	require.NoError(t, r.small(t.Context()))
	names := func(cs []client) (names []string) {
		for _, c := range cs {
			names = append(names, c.name)
		}
		return names
	}
	assert.Equal(t, []string{
		"by hand, unsigned GET", "edusdk", "resty, tuned", "resty, as people write it", "linodego", "go-github", "stripe-go", "openai-go",
	}, names(r.clients))
	assert.Equal(t, []string{"edusdk", "linodego", "go-github", "stripe-go", "openai-go"}, names(r.added))
	assert.Equal(t, r.clients[1], r.added[0], "ours is a signed POST")
	assert.Less(t, r.clients[0].stub.allocs, 0.0, "a GET is the easier call,")
	assert.Greater(t, r.added[1].stub.allocs, r.clients[4].stub.allocs, "against which the SDKs add more")
}

// Each small answer has the same size, and its client finds all that it holds.
func TestSmallAnswers(t *testing.T) {
	for path, body := range smallAnswers {
		assert.Len(t, body, smallSize, path)
		assert.True(t, json.Valid([]byte(body)), path)
	}
	var room roomAnswer
	require.NoError(t, json.Unmarshal([]byte(smallRoom), &room))
	assert.NotZero(t, room.Course.StartTime)
	assert.NotZero(t, room.Course.EndTime)
	var script linodego.Stackscript
	require.NoError(t, json.Unmarshal([]byte(smallScript), &script))
	assert.NotNil(t, script.Updated)
	var user github.User
	require.NoError(t, json.Unmarshal([]byte(smallUser), &user))
	assert.NotNil(t, user.UpdatedAt)
	var coupon stripe.Coupon
	require.NoError(t, json.Unmarshal([]byte(smallCoupon), &coupon))
	assert.True(t, coupon.Valid)
	var file openai.FileObject
	require.NoError(t, json.Unmarshal([]byte(smallFile), &file))
	assert.NotZero(t, file.ExpiresAt)
}

// The lists have the sizes that the goals speak of, and the quoted form means
// the same as the documented one.
func TestLists(t *testing.T) {
	assert.InDelta(t, 6_000, len(roomList(20, "")), 1_000)
	assert.InDelta(t, 600_000, len(roomList(2000, "")), 50_000)
	var documented, quoted listAnswer
	require.NoError(t, json.Unmarshal([]byte(roomList(20, "")), &documented))
	require.Error(t, json.Unmarshal([]byte(roomList(20, `"`)), &listAnswer{}), "it has to be mended")
	require.NoError(t, lenient.Unmarshal([]byte(roomList(20, `"`)), &quoted))
	assert.Equal(t, documented, quoted)
	assert.Len(t, documented.Page.Items, 20)
}

func TestMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, callers := range []int{1, 4} {
			calls := make(chan struct{}, 100)
			s, err := measure(t.Context(), callers, 50, func(context.Context) error {
				calls <- struct{}{}
				time.Sleep(time.Millisecond) // of the bubble's time
				return nil
			})
			require.NoError(t, err)
			assert.Len(t, calls, 50, "%d callers", callers)
			assert.InDelta(t, 0.001, s.p50, 1e-9)
			assert.InDelta(t, 0.001, s.p99, 1e-9)
			assert.LessOrEqual(t, s.rate, 1000*float64(callers))
			_, err = measure(t.Context(), callers, 50, func(context.Context) error { return errAnswer })
			assert.ErrorIs(t, err, errAnswer)
		}
	})
}

func TestCompareTakesRatiosWithinARound(t *testing.T) {
	var kept [][]byte
	alloc := func(n int) func(context.Context) error {
		return func(context.Context) error {
			for range n {
				kept = append(kept[:0], make([]byte, 1000))
			}
			return nil
		}
	}
	nothing := func() {}
	m, err := compare(t.Context(), 3, 1, 200, []contender{
		{floorName, alloc(2), nothing}, {"double", alloc(4), nothing}, {"half", alloc(1), nothing},
	})
	require.NoError(t, err)
	assert.InDelta(t, 2, m.of(floorName).allocs, 0.5)
	assert.InDelta(t, 2, m.over("double", floorName).allocs, 0.5, "allocations are a difference")
	assert.InDelta(t, 2, m.over("double", floorName).bytes, 0.2)
	assert.InDelta(t, 0.5, m.over("half", floorName).bytes, 0.2)
	_, err = compare(t.Context(), 1, 1, 1, []contender{
		{floorName, alloc(1), nothing}, {"broken", func(context.Context) error { return errAnswer }, nothing},
	})
	assert.ErrorContains(t, err, "broken")
}

func TestMedian(t *testing.T) {
	assert.InDelta(t, 2, median([]float64{3, 1, 2}), 0)
	assert.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
}

func TestGoals(t *testing.T) {
	tests := map[string]struct {
		numbers       []number
		met           bool
		reached, goal string
	}{
		"at most, met":     {[]number{atMost(1.2, 1.2)}, true, "1.20", "≤ 1.20"},
		"at most, missed":  {[]number{atMost(1.21, 1.2)}, false, "1.21", "≤ 1.20"},
		"at least, met":    {[]number{atLeast(0.9, 0.82)}, true, "0.90", "≥ 0.82"},
		"at least, missed": {[]number{atLeast(0.8, 0.82)}, false, "0.80", "≥ 0.82"},
		"one of two":       {[]number{count(1, 2), count(3, 2)}, false, "1 / 3", "≤ 2 / ≤ 2"},
		"not quite one":    {[]number{count(0.3, 0)}, true, "0", "≤ 0"},
		"not a number":     {[]number{atLeast(math.NaN(), 1)}, false, "NaN", "≥ 1.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r report
			r.add("x", tt.numbers...)
			assert.Equal(t, row{"x", tt.reached, tt.goal, tt.met}, r.rows[0])
		})
	}
}

func TestAheadOf(t *testing.T) {
	even := sample{allocs: 1, bytes: 1, cpu: 1, rate: 1, p50: 1, p99: 1}
	slow := sample{allocs: 1, bytes: 1, cpu: 1, rate: 0.5, p50: 2, p99: 1}
	mine := client{name: oursName, one: even, many: even}
	assert.True(t, aheadOf("both", mine, []client{{name: "a", one: even, many: slow}}).met)
	behind := aheadOf("one", client{name: oursName, one: even, many: slow}, []client{mine})
	assert.False(t, behind.met)
	assert.Equal(t, "5 of 7 numbers", behind.reached)
}

func TestUnknownScenario(t *testing.T) {
	all, err := selected(nil)
	require.NoError(t, err)
	assert.Len(t, all, len(scenarios))
	two, err := selected([]string{"tree", "sign"})
	require.NoError(t, err)
	assert.Equal(t, []string{"tree", "sign"}, []string{two[0].name, two[1].name})
	_, err = selected([]string{"lottery"})
	assert.ErrorContains(t, err, "lottery")
}

func TestProfile(t *testing.T) {
	path := t.TempDir() + "/cpu"
	broken := errors.New("broken")
	require.ErrorIs(t, profiled(path, func() error { return broken }), broken)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.NotZero(t, info.Size())
}
