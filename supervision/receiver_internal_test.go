package supervision

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
)

func anybody(context.Context, Headers, *http.Request) error { return nil }

func noCourses(context.Context, int, int) (*CoursePage, error) { return &CoursePage{}, nil }

func TestReceiverDefaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                    string
		cfg                     ReceiverConfig
		memory, perCaller, body int64
	}{
		{"none is given", ReceiverConfig{}, 64 << 20, 16 << 20, 1 << 20},
		{"a large body", ReceiverConfig{MaxBody: 32 << 20}, 128 << 20, 64 << 20, 32 << 20},
		{"a body just as large", ReceiverConfig{MaxBody: 16 << 20}, 64 << 20, 32 << 20, 16 << 20},
		{"little memory", ReceiverConfig{MaxMemory: 4 << 20}, 4 << 20, 2 << 20, 1 << 20},
		{"a share", ReceiverConfig{MaxMemoryPerCaller: 3 << 20}, 64 << 20, 3 << 20, 1 << 20},
	} {
		tt.cfg.setDefaults()
		assert.Equal(t, []int64{tt.memory, tt.perCaller, tt.body}, []int64{tt.cfg.MaxMemory, tt.cfg.MaxMemoryPerCaller, tt.cfg.MaxBody}, tt.name)
		assert.Equal(t, []any{30 * time.Second, time.Minute, 16}, []any{tt.cfg.BodyTimeout, tt.cfg.CallbackTimeout, tt.cfg.MaxConcurrent}, tt.name)
		assert.WithinDuration(t, time.Now(), tt.cfg.Clock(), time.Minute, tt.name)
		assert.NotNil(t, tt.cfg.Caller, tt.name)
	}
}

func TestReceiverConfigSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*ReceiverConfig){
		"Verify must be given: without it, anybody could make accounts; SharedToken is one": func(c *ReceiverConfig) { c.Verify = nil },
		"PlatformCode must be UTF-8":                        func(c *ReceiverConfig) { c.PlatformCode = "\xd5" },
		"PushClass or PullCourses must be given":            func(c *ReceiverConfig) { c.PullCourses = nil },
		"MaxBody must not be negative, nor more than 1 GiB": func(c *ReceiverConfig) { c.MaxBody = 1<<30 + 1 },
		"BodyTimeout must not be negative":                  func(c *ReceiverConfig) { c.BodyTimeout = -1 },
		"MaxMemory must be at least twice MaxBody":          func(c *ReceiverConfig) { c.MaxMemory = 1 },
		"MaxMemoryPerCaller must be at least twice MaxBody": func(c *ReceiverConfig) { c.MaxMemoryPerCaller = 1 },
		"MaxConcurrent must not be negative":                func(c *ReceiverConfig) { c.MaxConcurrent = -1 },
		"CallbackTimeout must not be negative":              func(c *ReceiverConfig) { c.CallbackTimeout = -1 },
		"MaxSkew must not be negative":                      func(c *ReceiverConfig) { c.MaxSkew = -1 },
		"Replay.MaxEntries must not be negative":            func(c *ReceiverConfig) { c.Replay = &ReplayConfig{MaxEntries: -1} },
		"Replay.MaxBytes must not be negative":              func(c *ReceiverConfig) { c.Replay = &ReplayConfig{MaxBytes: -1} },
		"Replay.MaxAge must not be negative":                func(c *ReceiverConfig) { c.Replay = &ReplayConfig{MaxAge: -1} },
	} {
		cfg := ReceiverConfig{Verify: anybody, PullCourses: noCourses}
		change(&cfg)
		_, err := NewReceiver(cfg)
		require.EqualError(t, err, "supervision: NewReceiver: invalid argument: ReceiverConfig."+want)
		assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	}
	_, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses, MaxBody: 1 << 30})
	assert.NoError(t, err, "the largest body")
}

func TestRemoteCaller(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80": "fe80::/64", "@": "@", "": "",
	} {
		assert.Equal(t, want, remoteCaller(&http.Request{RemoteAddr: address}), address)
	}
}

// lying is a body that does not do as readers do.
type lying func(p []byte) (int, error)

func (f lying) Read(p []byte) (int, error) { return f(p) }

const pull = `{"headers":{},"data":{"pageNo":1,"pageSize":1}}`

func TestReceiverReadsAnyBody(t *testing.T) {
	t.Parallel()
	const maxBody = 10_000
	padded := func(size int) string { return pull + strings.Repeat(" ", size-len(pull)) }
	// slowly gives a byte after so many times of nothing.
	slowly := func(empty int) io.Reader {
		rest, n := pull, 0
		return lying(func(p []byte) (int, error) {
			switch {
			case rest == "":
				return 0, io.EOF
			case n < empty:
				n++
				return 0, nil
			}
			n = 0
			p[0], rest = rest[0], rest[1:]
			return 1, nil
		})
	}
	for _, tt := range []struct {
		name   string
		body   io.Reader
		length int64 // of Content-Length; -1 for none
		header []string
		status int
		closed bool // the connection
	}{
		{"as large as can be", strings.NewReader(padded(maxBody)), maxBody, nil, 200, false},
		{"a byte more", strings.NewReader(padded(maxBody + 1)), maxBody + 1, nil, 413, true},
		{"as large as can be, of unknown length", strings.NewReader(padded(maxBody)), -1, nil, 200, false},
		{"a byte more, of unknown length", strings.NewReader(padded(maxBody + 1)), -1, nil, 413, true},
		{"nothing for a while, again and again", slowly(maxEmptyReads), -1, nil, 200, false},
		{"nothing for too long", slowly(maxEmptyReads + 1), -1, nil, 400, true},
		{"fewer bytes than none", lying(func([]byte) (int, error) { return -1, nil }), -1, nil, 400, true},
		{"more bytes than there is room for", lying(func(p []byte) (int, error) { return len(p) + 1, nil }), -1, nil, 400, true},
		{"a failure", lying(func([]byte) (int, error) { return 0, errors.New("reset") }), -1, nil, 400, true},
		{"a panic", lying(func([]byte) (int, error) { panic("canary") }), -1, nil, 500, true},
		{"not compressed", strings.NewReader(pull), -1, []string{"Content-Encoding", "Identity"}, 200, false},
		{"compressed", strings.NewReader(pull), -1, []string{"Content-Encoding", "gzip"}, 415, true},
		{"of JSON's older type", strings.NewReader(pull), -1, []string{"Content-Type", "text/json"}, 200, false},
		{"of a type in JSON", strings.NewReader(pull), -1, []string{"Content-Type", "application/x+json; charset=utf-8"}, 200, false},
		{"of a type in JSON, in capitals", strings.NewReader(pull), -1, []string{"Content-Type", " Application/JSON ; Charset=UTF-8"}, 200, false},
		{"of another type in JSON", strings.NewReader(pull), -1, []string{"Content-Type", "image/x+json"}, 415, true},
		{"of a type in XML", strings.NewReader(pull), -1, []string{"Content-Type", "application/xml"}, 415, true},
		{
			"of a text that takes more room in UTF-8", strings.NewReader(strings.TrimSuffix(pull, "}") + `,"x":"` + strings.Repeat("\xd5\xc5", 3000) + `"}`),
			-1, []string{"Content-Type", "application/json; charset=gbk"}, 200, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses, MaxBody: maxBody})
			require.NoError(t, err)
			r := httptest.NewRequest(http.MethodPost, PathPullCourses, tt.body)
			r.ContentLength = tt.length
			for i := 0; i+1 < len(tt.header); i += 2 {
				r.Header.Set(tt.header[i], tt.header[i+1])
			}
			w := httptest.NewRecorder()
			rc.ServeHTTP(w, r)
			assert.Equal(t, tt.status, w.Code, w.Body)
			assert.Equal(t, tt.closed, w.Header().Get("Connection") == "close", "whether the connection ends")
			assert.Equal(t, tt.closed, rc.memory.fixed, "bodies are left alone where their reads cannot be ended")
			assert.EqualValues(t, w.Body.Len(), w.Result().ContentLength)
			assert.Zero(t, rc.memory.used, "bytes that are held")
		})
	}
}

// The lease of a body covers what it takes.
func TestWhatABodyTakes(t *testing.T) {
	t.Parallel()
	const maxBody = 1 << 20
	for size, want := range map[int]int64{0: firstRead, 1: firstRead, firstRead - 1: firstRead, firstRead: 2 * firstRead, maxBody: maxBody} {
		rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses, MaxBody: maxBody})
		require.NoError(t, err)
		in := newInbound(rc, httptest.NewRequest(http.MethodPost, PathPullCourses, bytes.NewReader(make([]byte, size))), nil)
		require.NoError(t, in.read())
		assert.Len(t, in.body, size)
		assert.Equal(t, want, in.lease.bytes, "bytes that are leased for %d", size)
		assert.LessOrEqual(t, int64(cap(in.body)), want+1, "bytes that are taken for %d, of which one shows that there is more", size)
		in.lease.end()
	}
}

type (
	embeds struct{ http.ResponseWriter }
	named  struct{ Writer http.ResponseWriter }
	base   struct{ *httptest.ResponseRecorder }
	hides  struct {
		base

		ResponseWriter http.ResponseWriter
	}
	promotes struct{ *embeds }
	text     struct {
		base

		ResponseWriter string
	}
	function func()
	itself   struct{ base }
	// ResponseWriter is a framework's own, such as gin's, which middleware embeds.
	ResponseWriter interface {
		http.ResponseWriter
		Status() int
	}
	framework struct{ ResponseWriter }
	own       struct{ base }
)

func (own) Status() int { return 0 }

func (named) Header() http.Header         { return nil }
func (named) Write(p []byte) (int, error) { return len(p), nil }
func (named) WriteHeader(int)             {}

func (function) Header() http.Header         { return nil }
func (function) Write(p []byte) (int, error) { return len(p), nil }
func (function) WriteHeader(int)             {}

func (w itself) Unwrap() http.ResponseWriter { return w }

// The way through a middleware is found by what it embeds, and not by a field that
// only has the name of one.
func TestTheWriterWithinAMiddleware(t *testing.T) {
	t.Parallel()
	inner := httptest.NewRecorder()
	for name, tt := range map[string]struct{ w, want http.ResponseWriter }{
		"one that embeds it":                {embeds{inner}, inner},
		"a pointer to one":                  {&embeds{inner}, inner},
		"one that embeds none":              {embeds{}, nil},
		"one that has it as a field":        {named{inner}, nil},
		"one that has a field of the name":  {hides{base{inner}, inner}, nil},
		"one whose field is something else": {text{base{inner}, "x"}, nil},
		"one that embeds another":           {promotes{&embeds{inner}}, nil},
		"one that embeds a framework's":     {framework{own{base{inner}}}, own{base{inner}}},
		"a function":                        {function(func() {}), nil},
	} {
		assert.Equal(t, tt.want, embeddedWriter(tt.w), name)
	}
	assert.False(t, expireReads(itself{base{inner}}), "a middleware that wraps itself")
}

func TestCutText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		most int
		want string
	}{{"", 4, ""}, {"abc", 4, "abc"}, {"abcd", 4, "abcd"}, {"abcde", 4, "abcd"}, {"a张三", 4, "a张"}, {"张三", 4, "张"}, {"张三", 3, "张"}, {"😀b", 4, "😀"}} {
		assert.Equal(t, tt.want, cutText(tt.text, tt.most), "%q", tt.text)
	}
}

func TestReceiverSaysWhichMethodItAllows(t *testing.T) {
	t.Parallel()
	rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses})
	require.NoError(t, err)
	for method, want := range map[string]string{http.MethodGet: http.MethodPost, http.MethodPost: ""} {
		w := httptest.NewRecorder()
		rc.ServeHTTP(w, httptest.NewRequest(method, PathPullCourses, strings.NewReader(pull)))
		assert.Equal(t, want, w.Header().Get("Allow"), method)
	}
	var last map[string]any
	w := httptest.NewRecorder()
	rc.ServeHTTP(w, httptest.NewRequest(http.MethodPost, PathPullCourses, strings.NewReader(strings.Replace(pull, "1", "1000000", 1))))
	require.NoError(t, lenient.Unmarshal(w.Body.Bytes(), &last))
	assert.Equal(t, codeSuccess, last["returnCode"], "the last page that can be asked for")
}

// A caller that has left does not keep a read waiting in a bubble.
func TestABodyThatMakesRoomIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses, MaxBody: 100, MaxMemory: 200, MaxMemoryPerCaller: 200, Caller: AnyCaller})
		require.NoError(t, err)
		over := make(chan struct{})
		w := httptest.NewRecorder()
		go func() {
			begun := false
			rc.ServeHTTP(w, httptest.NewRequest(http.MethodPost, PathPullCourses, lying(func(p []byte) (int, error) {
				if !begun {
					begun = true
					return copy(p, "{"), nil
				}
				<-over
				return 0, io.EOF
			})))
		}()
		time.Sleep(stuckFor) // in the bubble
		l := rc.memory.lease("", make(chan struct{}))
		assert.True(t, l.resize(200), "the body that is stuck makes room")
		synctest.Wait()
		close(over)
		time.Sleep(2 * grace)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		l.end()
		assert.Zero(t, rc.memory.used)
	})
}

// A body that arrives while it is given up, or makes room, is worked on, or it is not:
// the two sides agree.
func TestABodyThatArrivesAtItsEnd(t *testing.T) {
	t.Parallel()
	calls := 0
	rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: func(context.Context, int, int) (*CoursePage, error) {
		calls++
		return &CoursePage{}, nil
	}})
	require.NoError(t, err)
	begin := func(phase int32) *inbound {
		in := newInbound(rc, httptest.NewRequest(http.MethodPost, PathPullCourses, strings.NewReader(pull)), httptest.NewRecorder())
		in.serve = rc.pullCourses
		in.phase.Store(phase)
		return in
	}

	in := begin(phaseWorking)
	close(in.robbed)
	out, answered := in.awaitBody()
	assert.False(t, answered, "the body is here, and its answer comes: %+v", out)

	in = begin(phaseLeft)
	assert.Equal(t, http.StatusRequestTimeout, in.run().status)
	assert.Zero(t, calls, "calls for a body that was given up")
	in.lease.end()
}

// expiring is a writer whose deadline ends the read of a body.
type expiring struct {
	*httptest.ResponseRecorder

	expired chan struct{}
}

func (w expiring) SetReadDeadline(time.Time) error {
	close(w.expired)
	return nil
}

// Where reads can be ended, bodies go on making room for others.
func TestABodyWhoseReadEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses})
		require.NoError(t, err)
		w := expiring{httptest.NewRecorder(), make(chan struct{})}
		ctx := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{ReadTimeout: time.Hour, ReadHeaderTimeout: time.Hour})
		rc.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, PathPullCourses, lying(func([]byte) (int, error) {
			<-w.expired
			return 0, os.ErrDeadlineExceeded
		})))
		assert.Equal(t, http.StatusRequestTimeout, w.Code)
		assert.Equal(t, defaultBodyTimeout, time.Since(rc.memory.start), "it waits for nothing more")
		assert.False(t, rc.memory.fixed)

		w = expiring{httptest.NewRecorder(), make(chan struct{})}
		rc.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, PathPullCourses, bytes.NewReader(make([]byte, defaultMaxBody+1))))
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		assert.Equal(t, defaultBodyTimeout, time.Since(rc.memory.start), "nor for a body that is too large")
		assert.False(t, rc.memory.fixed)
	})
}

// What a body becomes in UTF-8 is held beside it.
func TestWhatATextTakes(t *testing.T) {
	t.Parallel()
	const room = 100
	for _, tt := range []struct {
		name    string
		body    string
		charset string
		most    int64 // MaxMemory
		want    int64 // bytes that are leased
		err     error
	}{
		{"in UTF-8", "{}", "utf-8", room, 2, nil},
		{"in GBK, which grows", "\xd5\xc5\xc8\xfd\xcb\xc4", "gbk", 6 + 9, 6 + 9, nil},
		{"in GBK, without the room for it", "\xd5\xc5\xc8\xfd\xcb\xc4", "gbk", 6 + 8, 6, errNoRoom},
	} {
		rc, err := NewReceiver(ReceiverConfig{Verify: anybody, PullCourses: noCourses})
		require.NoError(t, err)
		rc.memory = newMemory(tt.most, tt.most)
		r := httptest.NewRequest(http.MethodPost, PathPullCourses, nil)
		r.Header.Set("Content-Type", "application/json; charset="+tt.charset)
		in := newInbound(rc, r, nil)
		in.lease = rc.memory.lease("", in.robbed)
		in.body = append(make([]byte, 0, len(tt.body)), tt.body...)
		require.True(t, in.lease.resize(int64(len(tt.body))))
		err = in.transcode()
		if tt.err != nil {
			assert.Equal(t, tt.err, err, tt.name)
		} else {
			assert.NoError(t, err, tt.name)
		}
		assert.Equal(t, tt.want, in.lease.bytes, "bytes that are leased for one %s", tt.name)
		assert.Empty(t, rc.memory.reading, "a body that is here makes no room for others: %s", tt.name)
		in.lease.end()
	}
}
