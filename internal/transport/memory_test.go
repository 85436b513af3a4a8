package transport

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
)

// wideAnswer has a list of elements that take much more than they are long.
type wideAnswer struct {
	OK   bool `json:"ok"`
	List []struct {
		Texts [10]string `json:"texts"`
	} `json:"list"`
}

// What becomes too much is refused, and the error says which option would let it. All
// that is decoded of an answer counts together.
func TestAnswersOfTooManyElements(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	many := func(n int) string { return `{"ok":true,"list":[` + strings.Repeat(`{},`, n) + `{}]}` }
	for name, tt := range map[string]struct {
		body  string
		out   func() any
		times int // how often it is decoded
		ok    bool
	}{
		"few":               {many(100), func() any { return new(wideAnswer) }, 1, true},
		"few, often":        {many(100), func() any { return new(wideAnswer) }, 100, false},
		"many":              {many(30_000), func() any { return new(wideAnswer) }, 1, false},
		"many of no matter": {strings.Replace(many(30_000), "list", "lost", 1), func() any { return new(wideAnswer) }, 1, true},
		"anything":          {many(20_000), func() any { return new(any) }, 1, false},
		"of maps":           {many(20_000), func() any { return new(struct{ List []map[string]string }) }, 1, false},
		"of pointers":       {many(20_000), func() any { return new(struct{ List []*wideAnswer }) }, 1, false},
		"that take nothing": {many(20_000), func() any { return new(struct{ List []struct{} }) }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, tt.body), nil }),
				oneAttempt, edusdk.WithMaxResponseSize(limit))
			err := c.Do(t.Context(), newCall(c, Create, &script{decode: func(ans *Answer) error {
				for range tt.times {
					if err := ans.Unmarshal(ans.Body, tt.out()); err != nil {
						return err
					}
				}
				return nil
			}}))
			if tt.ok {
				require.NoError(t, err)
				return
			}
			e := errorOf(t, err)
			assert.ErrorIs(t, e, errTooMany)
			assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind)
			assert.True(t, e.MaybeApplied, "the vendor has answered, and nobody knows what")
			assert.ErrorContains(t, e, "edusdk.WithMaxResponseSize")
		})
	}
}

// A body of unknown length takes no more room than it may have, though it is one byte
// longer than half of that.
func TestRoomForABodyOfUnknownLength(t *testing.T) { //nolint:paralleltest // it measures
	const limit, slack = 8 << 20, 128 << 10
	for _, size := range []int{0, 1, 1000, limit/4 + 1, limit/2 - 8192, limit/2 + 1, limit - 1, limit} {
		text := strings.Repeat("x", size)
		var b buffer
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := b.read(&http.Response{Body: io.NopCloser(strings.NewReader(text)), ContentLength: -1}, limit, false)
		runtime.ReadMemStats(&after)
		require.NoError(t, err, "%d bytes", size)
		assert.Equal(t, size, b.Len(), "bytes that were read")
		assert.Equal(t, text, b.String())
		took := int(after.TotalAlloc - before.TotalAlloc)
		assert.LessOrEqual(t, took, min(4*size, 2*limit)+slack, "taken for %d bytes", size)
	}
	// One that says how long it is takes that.
	var known buffer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, known.read(&http.Response{Body: io.NopCloser(strings.NewReader("x")), ContentLength: 1}, limit, false))
	runtime.ReadMemStats(&after)
	assert.LessOrEqual(t, int(after.TotalAlloc-before.TotalAlloc), slack, "taken for a byte that was announced")
	for _, size := range []int{minRoom - 1, minRoom, minRoom + 1} {
		var b buffer
		err := b.read(&http.Response{Body: io.NopCloser(&failsOnce{left: size}), ContentLength: -1}, limit, false)
		assert.ErrorIs(t, err, errFailsOnce, "with the last of %d bytes", size)
	}
	var b buffer
	err := b.read(&http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", limit+1))), ContentLength: -1}, limit, false)
	assert.ErrorIs(t, err, errTooLarge)
	assert.Equal(t, limit, b.Len())
}

// What an answer may take: eight times its size and some more, and four times the cap
// at most.
func TestWhatAnAnswerMayTake(t *testing.T) {
	t.Parallel()
	c := newStubbed(t, roundTrip(nil), edusdk.WithMaxResponseSize(10<<20))
	for size, want := range map[int]int64{0: 8 << 20, 1: 8<<20 + 8, 1 << 20: 16 << 20, 4 << 20: 40 << 20, 5 << 20: 40 << 20, 10 << 20: 40 << 20} {
		assert.Equal(t, lenient.Limit{Depth: 64, Memory: want}, c.limit(size), "an answer of %d bytes", size)
	}
}

// failsOnce is a reader whose error comes with its last bytes, and not again.
type failsOnce struct{ left int }

var errFailsOnce = errors.New("broken")

func (r *failsOnce) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.left)
	if r.left -= n; r.left == 0 {
		return n, errFailsOnce
	}
	return n, nil
}
