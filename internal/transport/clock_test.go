package transport

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// In these tests the bubble's time is the true one, which the vendor has.

// warden is a vendor that takes timestamps within five minutes.
type warden struct {
	requests atomic.Int64
	strict   bool                              // nothing is right for it
	slow     time.Duration                     // that a request is under way
	late     time.Duration                     // that its answer is
	header   func(date time.Time) (h []string) // nil: Date
}

func (w *warden) RoundTrip(req *http.Request) (*http.Response, error) {
	w.requests.Add(1)
	if err := Sleep(req.Context(), w.slow); err != nil {
		return nil, err
	}
	header := []string{"Date", time.Now().UTC().Format(http.TimeFormat)}
	if w.header != nil {
		header = w.header(time.Now().UTC())
	}
	body := success
	if w.strict || !inTime(req) {
		body = `{"code":"CLOCK"}`
	}
	if err := Sleep(req.Context(), w.late); err != nil {
		return nil, err
	}
	return answer(200, body, header...), nil
}

func newOffBy(t *testing.T, off *time.Duration, stub http.RoundTripper) *Client {
	return newStubbed(t, stub, edusdk.WithTimeout(time.Hour),
		edusdk.WithClock(func() time.Time { return time.Now().Add(*off) }))
}

func stamped(c *Client, class Class) *Call {
	return newCall(c, class, &script{encode: func(a *Attempt) error {
		a.Header = http.Header{"X-Time": {a.Now.Format(time.RFC3339Nano)}}
		return nil
	}})
}

func TestAWrongClockIsCorrectedOnceAndRemembered(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{
		"6 min ahead": 6 * time.Minute, "an hour behind": -time.Hour,
		"the wrong side of the date line": 14 * time.Hour, "as far as time zones are apart": -maxCorrection + 2*time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &warden{slow: time.Second}
				c := newOffBy(t, &off, w)
				require.NoError(t, c.Do(t.Context(), stamped(c, Create)))
				assert.EqualValues(t, 2, w.requests.Load(), "requests of the first call: one extra")
				assert.LessOrEqual(t, time.Until(c.Now()).Abs(), 2*time.Second, "error of the corrected clock")
				require.NoError(t, c.Do(t.Context(), stamped(c, Create)))
				assert.EqualValues(t, 3, w.requests.Load(), "requests after the second call: none extra")
			})
		})
	}
}

func TestAClockThatIsSetRightLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := -time.Hour
		w := &warden{}
		c := newOffBy(t, &off, w)
		require.NoError(t, c.Do(t.Context(), stamped(c, Read)))
		off = 0
		require.NoError(t, c.Do(t.Context(), stamped(c, Read)))
		assert.EqualValues(t, 4, w.requests.Load(), "requests: each time one extra")
		assert.Less(t, time.Until(c.Now()).Abs(), time.Second, "error of the clock")
	})
}

func TestClocksThatAreLeftAlone(t *testing.T) {
	t.Parallel()
	date := func(shift time.Duration, more ...string) func(time.Time) []string {
		return func(now time.Time) []string {
			return append([]string{"Date", now.Add(shift).Format(http.TimeFormat)}, more...)
		}
	}
	for _, tt := range []struct {
		name string
		off  time.Duration
		w    *warden
	}{
		{"right", 0, &warden{}},
		{"right, but the vendor finds fault", 0, &warden{strict: true}},
		{"as far ahead as is tolerated", 4 * time.Minute, &warden{strict: true}},
		{"as far behind as is tolerated", -4 * time.Minute, &warden{strict: true}},
		{"within the tolerance ahead", 4*time.Minute - 2*time.Second, &warden{strict: true}},
		{"within the tolerance behind", -4*time.Minute + 2*time.Second, &warden{strict: true}},
		{"right, and the request took 10 min", 0, &warden{slow: 10 * time.Minute}},
		{"right, and the answer took 10 min", 0, &warden{strict: true, late: 10 * time.Minute}},
		{"right, and both took 7 min", 0, &warden{slow: 7 * time.Minute, late: 7 * time.Minute}},
		{"wrong, but the answer is from a cache", time.Hour, &warden{header: date(0, "Age", "0")}},
		{"wrong, but there is no Date", time.Hour, &warden{header: func(time.Time) []string { return nil }}},
		{"wrong, but the Date is none", time.Hour, &warden{header: func(time.Time) []string { return []string{"Date", "today"} }}},
		{"wrong, but it took 15 min", time.Hour, &warden{slow: 15 * time.Minute}},
		{"wrong by more than time zones are apart, ahead", maxCorrection + 2*time.Second, &warden{}},
		{"wrong by more than time zones are apart, behind", -maxCorrection - 2*time.Second, &warden{}},
		{"wrong by ten years", 10 * 365 * 24 * time.Hour, &warden{}},
		{"right, but the Date is the epoch's", 0, &warden{strict: true, header: dated("Thu, 01 Jan 1970 00:00:00 GMT")}},
		{"right, but the Date is of the year 9999", 0, &warden{strict: true, header: dated("Fri, 31 Dec 9999 23:59:59 GMT")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newOffBy(t, &tt.off, tt.w)
				err := c.Do(t.Context(), stamped(c, Read))
				if tt.name == "right" {
					require.NoError(t, err)
				} else {
					e := errorOf(t, err)
					assert.Equal(t, edusdk.ErrClockSkew, e.Kind, "Kind of: %v", e)
				}
				assert.EqualValues(t, 1, tt.w.requests.Load(), "requests")
				assert.Zero(t, time.Duration(c.offset.Load()), "the correction")
				assert.Zero(t, time.Duration(c.proven.Load()), "the correction of Now")
			})
		})
	}
}

// How long a request was under way is not known then, nor how old its answer's date is.
func TestAClockThatIsSetBackMeanwhileCorrectsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := time.Hour
		w := &warden{}
		c := newOffBy(t, &off, roundTrip(func(req *http.Request) (*http.Response, error) {
			off = 0
			return w.RoundTrip(req)
		}))
		e := errorOf(t, c.Do(t.Context(), stamped(c, Read)))
		assert.Equal(t, edusdk.ErrClockSkew, e.Kind, "Kind of: %v", e)
		assert.EqualValues(t, 1, w.requests.Load(), "requests")
		assert.Zero(t, c.offset.Load(), "the correction")
	})
}

func dated(date string) func(time.Time) []string {
	return func(time.Time) []string { return []string{"Date", date} }
}

// phases is a vendor that deals with one request after the other in its own way, and
// with those after as a warden does.
type phases []func(req *http.Request) (*http.Response, error)

func (s *phases) RoundTrip(req *http.Request) (*http.Response, error) {
	if len(*s) == 0 {
		return (&warden{}).RoundTrip(req)
	}
	step := (*s)[0]
	*s = (*s)[1:]
	return step(req)
}

// skewed finds fault with our clock, and shows a date that is off by shift; 0: none.
func skewed(shift time.Duration) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return answer(200, `{"code":"CLOCK"}`, "Date", time.Now().Add(shift).UTC().Format(http.TimeFormat)), nil
	}
}

// dateless is a warden without a Date.
func dateless(req *http.Request) (*http.Response, error) {
	return (&warden{header: func(time.Time) []string { return nil }}).RoundTrip(req)
}

// says is a rejection with a code.
func says(code string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return answer(200, `{"code":"`+code+`"}`), nil }
}

func lostOnTheWay(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }

// takesAll is a vendor that does not look at the time.
func takesAll(*http.Request) (*http.Response, error) {
	return answer(200, success, "Date", time.Now().UTC().Format(http.TimeFormat)), nil
}

// takesWith is such a vendor, whose date is off by shift.
func takesWith(shift time.Duration) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return answer(200, success, "Date", time.Now().Add(shift).UTC().Format(http.TimeFormat)), nil
	}
}

// A correction that the Date of a success contradicts is not kept for later calls.
func TestAVendorThatTakesAnyTimeGetsOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var off time.Duration
		var errs []time.Duration
		c := newOffBy(t, &off, &phases{skewed(5 * time.Hour), takesAll, takesAll})
		call := newCall(c, Create, &script{encode: func(a *Attempt) error {
			errs = append(errs, time.Until(a.Now).Round(time.Minute))
			return nil
		}})
		require.NoError(t, c.Do(t.Context(), call))
		require.NoError(t, c.Do(t.Context(), call))
		assert.Equal(t, []time.Duration{0, 5 * time.Hour, 0}, errs, "errors of the timestamps")
	})
}

func TestOneAnswerDoesNotSetTheClockOfLinks(t *testing.T) {
	t.Parallel()
	const off = 5 * time.Hour
	for _, tt := range []struct {
		name   string
		off    time.Duration // of our clock
		before time.Duration // that it was before, when the vendor took a call
		steps  phases
		calls  []bool        // whether each succeeds
		now    time.Duration // error of Now in the end
	}{
		{name: "a wrong clock, by the call that is repeated", off: off, calls: []bool{true}},
		{name: "a wrong clock, and the repetition is lost", off: off, steps: phases{skewed(0), lostOnTheWay}, calls: []bool{false}, now: off},
		{name: "and then taken without a Date", off: off, steps: phases{skewed(0), lostOnTheWay, dateless}, calls: []bool{false, true}},
		{name: "and then taken, but the thing is gone", off: off, steps: phases{skewed(0), lostOnTheWay, says("GONE")}, calls: []bool{false, false}},
		{name: "and then the signature is refused", off: off, steps: phases{skewed(0), lostOnTheWay, says("SIGN")}, calls: []bool{false, false}, now: off},
		{name: "and then it is slowed down", off: off, steps: phases{skewed(0), lostOnTheWay, says("RATE"), lostOnTheWay}, calls: []bool{false, false}, now: off},
		{name: "a bad answer, and the repetition is lost", steps: phases{skewed(off), lostOnTheWay}, calls: []bool{false}},
		{name: "and then a vendor without Date", steps: phases{skewed(off), lostOnTheWay, dateless, dateless}, calls: []bool{false, true}},
		{name: "and then one whose Date is beyond belief", steps: phases{skewed(off), lostOnTheWay, skewed(-27 * time.Hour)}, calls: []bool{false, true}},
		{name: "a bad answer, and the repetition is found wrong", steps: phases{skewed(off)}, calls: []bool{false, true}},
		{name: "a bad answer, and the repetition is found wrong without a Date", steps: phases{skewed(off), dateless, dateless}, calls: []bool{false, true}},
		{name: "a bad answer of a vendor that takes any time", steps: phases{skewed(off), takesAll, takesAll}, calls: []bool{true, true}},
		{name: "and it is taken at once", steps: phases{skewed(off), takesAll}, calls: []bool{true}},
		{name: "a correction that was good until our clock was set right", before: off, calls: []bool{true}},
		{name: "and the vendor has no Date", before: off, steps: phases{dateless, dateless}, calls: []bool{true}},
		{name: "and then it has a bad one", before: off, steps: phases{dateless, takesWith(off)}, calls: []bool{true}},
		{name: "a good correction, and one bad answer", off: off, before: off, steps: phases{skewed(-off)}, calls: []bool{false, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				now := tt.off
				vendor := &phases{}
				c := newOffBy(t, &now, vendor)
				if tt.before != 0 {
					now = tt.before
					require.NoError(t, c.Do(t.Context(), stamped(c, Create)))
					require.LessOrEqual(t, time.Until(c.Now()).Abs(), time.Second, "error of Now, once it was corrected")
					now = tt.off
				}
				*vendor = tt.steps
				for i, ok := range tt.calls {
					err := c.Do(t.Context(), stamped(c, Create))
					assert.Equal(t, ok, err == nil, "success of call %d: %v", i+1, err)
				}
				assert.InDelta(t, tt.now, time.Until(c.Now()), float64(time.Second), "error of Now")
				assert.Empty(t, *vendor, "answers that were not asked for")
				require.NoError(t, c.Do(t.Context(), stamped(c, Create)), "a later call")
				assert.LessOrEqual(t, time.Until(c.Now()).Abs(), time.Second, "error of Now in the end")
			})
		})
	}
}

func TestLinksWaitForTheSecondAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := time.Hour
		w := &warden{}
		var c *Client
		c = newOffBy(t, &off, roundTrip(func(req *http.Request) (*http.Response, error) {
			assert.Equal(t, off, time.Until(c.Now()), "error of Now at request %d", w.requests.Load()+1)
			return w.RoundTrip(req)
		}))
		require.NoError(t, c.Do(t.Context(), stamped(c, Create)))
		assert.LessOrEqual(t, time.Until(c.Now()).Abs(), time.Second, "error of Now after the second answer")
	})
}

func TestAClockJustBeyondTheToleranceIsCorrected(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{4*time.Minute + 2*time.Second, -4*time.Minute - 2*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := &warden{strict: true}
			c := newOffBy(t, &off, w)
			errorOf(t, c.Do(t.Context(), stamped(c, Read)))
			assert.EqualValues(t, 2, w.requests.Load(), "requests with a clock that is off by %v", off)
		})
	}
}

func TestACorrectionThatDidNotHelpIsTakenBack(t *testing.T) {
	t.Parallel()
	// The vendor's Date is wrong, and ours is what it finds fault with.
	misled := func() *warden {
		return &warden{strict: true, header: func(now time.Time) []string {
			return []string{"Date", now.Add(time.Hour).Format(http.TimeFormat)}
		}}
	}
	off := time.Duration(0)

	t.Run("by the same call", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := misled()
			c := newOffBy(t, &off, w)
			e := errorOf(t, c.Do(t.Context(), stamped(c, Read)))
			assert.Equal(t, edusdk.ErrClockSkew, e.Kind)
			assert.EqualValues(t, 2, w.requests.Load(), "requests")
			assert.Zero(t, time.Duration(c.offset.Load()), "the correction")
		})
	})
	t.Run("by a later call, where that one was interrupted", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := misled()
			c := newOffBy(t, &off, roundTrip(func(req *http.Request) (*http.Response, error) {
				if w.requests.Load() == 1 {
					w.requests.Add(1)
					return nil, errors.New("connection reset")
				}
				return w.RoundTrip(req)
			}))
			e := errorOf(t, c.Do(t.Context(), stamped(c, Create)))
			assert.Equal(t, edusdk.ErrUnavailable, e.Kind)
			errorOf(t, c.Do(t.Context(), stamped(c, Create)))
			assert.Zero(t, time.Duration(c.offset.Load()), "the correction")
			w.strict = false
			require.NoError(t, c.Do(t.Context(), stamped(c, Create)), "our clock was right all the time")
		})
	})
	t.Run("of two calls at a time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := misled()
			c := newOffBy(t, &off, w)
			// Either call corrects the clock before the other one has taken its
			// own correction back.
			w.slow = time.Second
			done := make(chan error, 2)
			go func() { done <- c.Do(t.Context(), stamped(c, Read)) }()
			_ = Sleep(t.Context(), time.Second/2)
			go func() { done <- c.Do(t.Context(), stamped(c, Read)) }()
			errorOf(t, <-done)
			errorOf(t, <-done)
			w.strict = false
			_ = c.Do(t.Context(), stamped(c, Read))
			require.NoError(t, c.Do(t.Context(), stamped(c, Read)), "our clock is right again after one call at most")
		})
	})
}

func TestACorrectionIsSharedByCallsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := time.Hour
		w := &warden{slow: time.Second}
		c := newOffBy(t, &off, w)
		done := make(chan error, 20)
		for range cap(done) {
			go func() { done <- c.Do(t.Context(), stamped(c, Create)) }()
		}
		for range cap(done) {
			assert.NoError(t, <-done)
		}
		assert.LessOrEqual(t, time.Until(c.Now()).Abs(), 2*time.Second, "error of the corrected clock")
	})
}

// plainUpload is an upload that cannot be repeated, of a request that tells its
// time.
func plainUpload(t *testing.T, c *Client) *Call {
	content, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
	require.NoError(t, err)
	x := upload(content, nil)
	encode := x.encode
	x.encode = func(a *Attempt) error {
		a.Header = http.Header{"X-Time": {a.Now.Format(time.RFC3339Nano)}}
		return encode(a)
	}
	return newCall(c, Create, x)
}

// reading is a stub that reads what it is sent.
func reading(next http.RoundTripper) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
		return next.RoundTrip(req)
	}
}

func TestACallThatCannotBeRepeatedCorrectsTheClockForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		off := time.Hour
		w := &warden{}
		c := newOffBy(t, &off, reading(w))
		e := errorOf(t, c.Do(t.Context(), plainUpload(t, c)))
		assert.Equal(t, edusdk.ErrClockSkew, e.Kind)
		assert.Equal(t, 1, e.Attempts)
		require.NoError(t, c.Do(t.Context(), plainUpload(t, c)), "the next one is in time")
		assert.EqualValues(t, 2, w.requests.Load(), "requests")
	})
}

func TestACallThatCannotBeRepeatedDropsARejectedToken(t *testing.T) {
	t.Parallel()
	login := &logins{}
	c := newStubbed(t, reading(roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, `{"code":"TOKEN"}`), nil })))
	call := plainUpload(t, c)
	call.Credential = login
	e := errorOf(t, c.Do(t.Context(), call))
	assert.Equal(t, edusdk.ErrUnauthenticated, e.Kind)
	assert.Equal(t, 1, e.Attempts)
	assert.Equal(t, []string{"tok-1"}, login.dropped)
}
