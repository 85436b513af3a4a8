package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

var errBoom = errors.New("boom")

// recovered returns what f panics with, nil if it does not.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// trap is the content of an upload. At its third read it does something else
// than to read, and so does its progress.
type trap struct {
	*strings.Reader

	read, seek, progress func() // nil to work
	count                func(n int) int
	err                  error
	reads, seeks, told   atomic.Int64
	over                 atomic.Bool // the call has returned
	late                 atomic.Int64
}

func (r *trap) enter() {
	if r.over.Load() {
		r.late.Add(1)
	}
}

func (r *trap) Read(p []byte) (int, error) {
	return r.spring(func() (int, error) { return r.Reader.Read(p) })
}

func (r *trap) ReadAt(p []byte, off int64) (int, error) {
	return r.spring(func() (int, error) { return r.Reader.ReadAt(p, off) })
}

func (r *trap) spring(read func() (int, error)) (int, error) {
	r.enter()
	if r.reads.Add(1) < 3 {
		return read()
	}
	if r.read != nil {
		r.read()
	}
	n, err := read()
	if r.count != nil {
		return r.count(n), r.err
	}
	return n, err
}

func (r *trap) Seek(offset int64, whence int) (int64, error) {
	r.enter()
	if r.seeks.Add(1); r.seek != nil {
		r.seek()
	}
	return r.Reader.Seek(offset, whence)
}

func (r *trap) report(int64, int64) {
	r.enter()
	if r.told.Add(1) == 3 && r.progress != nil {
		r.progress()
	}
}

// What a callback of an upload does, and what comes of the call. The caller's
// context ends after ten seconds.
func TestCallbacksOfAnUploadThatDoNotReturn(t *testing.T) {
	t.Parallel()
	const limit = 10 * time.Second
	blocks := func() { time.Sleep(24 * time.Hour) } // in the bubble
	for name, tt := range map[string]struct {
		do       func()
		panicked any
		kind     edusdk.Kind
		problem  string
		within   time.Duration
	}{
		"panics":             {func() { panic(errBoom) }, errBoom, 0, "", 0},
		"exits":              {runtime.Goexit, nil, edusdk.ErrInvalidArgument, "did not return: a callback ended its goroutine", 0},
		"blocks":             {blocks, nil, edusdk.ErrDeadlineExceeded, "", limit + time.Second},
		"blocks, and panics": {func() { blocks(); panic(errBoom) }, nil, edusdk.ErrDeadlineExceeded, "", limit + time.Second},
		"blocks, and exits":  {func() { blocks(); runtime.Goexit() }, nil, edusdk.ErrDeadlineExceeded, "", limit + time.Second},
		"is late":            {func() { time.Sleep(limit + time.Second/4) }, nil, edusdk.ErrDeadlineExceeded, "", limit + time.Second},
	} {
		for callback, set := range map[string]func(r *trap){
			"Read":     func(r *trap) { r.read = tt.do },
			"Progress": func(r *trap) { r.progress = tt.do },
		} {
			for kind, wrap := range map[string]func(r *trap) io.Reader{
				"plain":  func(r *trap) io.Reader { return plain{r} },
				"seeker": func(r *trap) io.Reader { return seekOnly{r} },
				"at":     func(r *trap) io.Reader { return r },
			} {
				for network, protocol := range bubbleNetworks {
					t.Run(strings.Join([]string{callback, name, kind, network}, "/"), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							r := &trap{Reader: strings.NewReader(strings.Repeat("x", 1<<20))}
							set(r)
							client := drained(t, protocol)
							c, err := NewContent(wrap(r), 1<<20, "Content")
							require.NoError(t, err)
							ctx, cancel := context.WithTimeout(t.Context(), limit)
							defer cancel()
							value := recovered(func() {
								err = client.Do(ctx, newCall(client, Create, upload(c, r.report)))
							})
							r.over.Store(true)
							assert.Equal(t, tt.panicked, value, "error: %v", err)
							assert.LessOrEqual(t, time.Since(bubbleStart), tt.within, "time until Do returned")
							if tt.panicked == nil {
								e := errorOf(t, err)
								assert.Equal(t, tt.kind, e.Kind, "Kind of: %v", e)
								assert.ErrorContains(t, e, tt.problem)
								assert.Equal(t, 1, e.Attempts)
								if field := (*edusdk.FieldError)(nil); tt.problem != "" && assert.ErrorAs(t, e, &field) {
									assert.Equal(t, map[string]string{"Read": "Content", "Progress": "Progress"}[callback], field.Field)
								}
							}
							// The client goes on.
							fine, err := NewContent(strings.NewReader("fine"), 0, "Content")
							require.NoError(t, err)
							require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(fine, nil))))
							time.Sleep(25 * time.Hour) // for what is late
							assert.Zero(t, r.late.Load(), "callbacks after Do has returned")
						})
					})
				}
			}
		}
	}
}

// drained returns a client of a server that takes everything.
func drained(t *testing.T, http2 bool, opts ...edusdk.Option) *Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	pool, _ := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			_, _ = io.WriteString(w, success)
		}
	}, protocols)
	pool.Protocols = protocols
	return newStubbed(t, pool, append([]edusdk.Option{oneAttempt}, opts...)...)
}

func TestSeekersThatDoNotReturn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do       func()
		panicked any
		kind     edusdk.Kind
	}{
		"panics": {func() { panic(errBoom) }, errBoom, 0},
		"exits":  {runtime.Goexit, nil, edusdk.ErrInvalidArgument},
		"blocks": {func() { time.Sleep(24 * time.Hour) }, nil, edusdk.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &trap{Reader: strings.NewReader("content")}
				c, err := NewContent(seekOnly{r}, 0, "Content")
				require.NoError(t, err)
				n := 0
				client := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					n++
					_, err := io.Copy(io.Discard, req.Body)
					r.seek = tt.do
					return answer(429, ""), err
				}))
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				value := recovered(func() { err = client.Do(ctx, newCall(client, Create, upload(c, nil))) })
				assert.Equal(t, tt.panicked, value)
				if tt.panicked == nil {
					e := errorOf(t, err)
					assert.Equal(t, tt.kind, e.Kind, "Kind of: %v", e)
					assert.False(t, e.MaybeApplied, "MaybeApplied of: %v", e)
				}
				assert.Equal(t, 1, n, "requests")
				assert.LessOrEqual(t, time.Since(bubbleStart), 21*time.Second)
				time.Sleep(25 * time.Hour) // in the bubble
			})
		})
	}
}

// The server is there all the time; a reader that says what cannot be is what
// fails the call.
func TestReadersThatLie(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		count   func(n int) int
		err     error
		problem string
	}{
		"a negative count":            {func(int) int { return -1 }, nil, "Content returned an impossible count of bytes"},
		"a negative count and an end": {func(int) int { return -1 }, io.EOF, "Content returned an impossible count of bytes"},
		"more than there is room":     {func(int) int { return 1 << 20 }, nil, "Content returned an impossible count of bytes"},
		"one more than there is room": {func(n int) int { return n + 1 }, nil, "Content returned an impossible count of bytes"},
		"nothing for ever":            {func(int) int { return 0 }, nil, "Content could not be read: multiple Read calls return no data or error"},
		"an error":                    {func(int) int { return 0 }, errDisk, "Content could not be read: the disk is gone"},
	} {
		for kind, wrap := range map[string]func(r *trap) io.Reader{
			"plain": func(r *trap) io.Reader { return plain{r} },
			"at":    func(r *trap) io.Reader { return r },
		} {
			for network, protocol := range bubbleNetworks {
				t.Run(strings.Join([]string{name, kind, network}, "/"), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						r := &trap{Reader: strings.NewReader(strings.Repeat("x", 1<<20)), count: tt.count, err: tt.err}
						client := drained(t, protocol)
						c, err := NewContent(wrap(r), 1<<20, "Content")
						require.NoError(t, err)
						e := errorOf(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
						assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
						assert.False(t, e.MaybeApplied, "MaybeApplied of: %v", e)
						assert.ErrorContains(t, e, tt.problem)
						var field *edusdk.FieldError
						require.ErrorAs(t, e, &field)
						assert.Equal(t, "Content", field.Field)
						time.Sleep(time.Second) // for the server's connection to end
					})
				})
			}
		}
	}
}

// offsets is a reader that says what it likes of where it stands.
type offsets struct {
	io.Reader

	start, end int64
}

func (o offsets) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return o.end, nil
	}
	return o.start, nil
}

// length is a reader that says what it likes of its length.
type length struct {
	io.Reader

	n int
}

func (l length) Len() int { return l.n }

func TestReadersThatLieOfTheirSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		r       io.Reader
		problem string
	}{
		{offsets{strings.NewReader("x"), -1, 5}, "Content seeks to negative offsets"},
		{offsets{strings.NewReader("x"), 0, -5}, "Content seeks to negative offsets"},
		{offsets{strings.NewReader("x"), -10, -5}, "Content seeks to negative offsets"},
		{length{strings.NewReader("x"), -5}, "Content has a negative length"},
	} {
		for _, size := range []int64{0, 5} {
			_, err := NewContent(tt.r, size, "Content")
			var field *edusdk.FieldError
			require.ErrorAs(t, err, &field, "%+v", tt.r)
			assert.Equal(t, tt.problem, field.Field+" "+field.Problem)
		}
	}
	t.Run("where it went", func(t *testing.T) {
		t.Parallel()
		stub, n := inTurn(give(429, ""))
		client := newStubbed(t, stub)
		content := strings.NewReader("content")
		c := &Content{field: "Content", size: 7, reader: content, seeker: offsets{content, 3, 7}}
		e := errorOf(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
		assert.ErrorContains(t, e, "its Seek went elsewhere")
		assert.EqualValues(t, 1, n.Load(), "requests")
	})
}

// imp stands for all callbacks that run in the goroutine of the call. It does
// something else than to return when the one that is wanted has its turn.
type imp struct {
	where string
	do    func()
}

func (i *imp) at(where string) {
	if i.do != nil && i.where == where {
		do := i.do
		i.do = nil
		do()
	}
}

func (i *imp) ObserveAttempt(context.Context, edusdk.AttemptEvent) { i.at("ObserveAttempt") }
func (i *imp) ObserveCall(context.Context, edusdk.CallEvent)       { i.at("ObserveCall") }
func (i *imp) Wait(context.Context) error                          { i.at("RateLimiter"); return nil }
func (i *imp) Enabled(context.Context, slog.Level) bool            { i.at("Handler.Enabled"); return true }
func (i *imp) Handle(context.Context, slog.Record) error           { i.at("Handler.Handle"); return nil }
func (i *imp) WithAttrs([]slog.Attr) slog.Handler                  { return i }
func (i *imp) WithGroup(string) slog.Handler                       { return i }
func (i *imp) now() time.Time                                      { i.at("Clock"); return time.Now() }
func (i *imp) Invalidate(context.Context, string) error            { i.at("Invalidate"); return nil }
func (i *imp) Token(context.Context) (edusdk.Token, error) {
	i.at("Token")
	return edusdk.Token{Value: "good-token"}, nil
}

// impBody is the body of an answer.
type impBody struct {
	io.Reader

	imp    *imp
	closed *atomic.Int64
}

func (b impBody) Read(p []byte) (int, error) {
	b.imp.at("the answer's Read")
	return b.Reader.Read(p)
}

func (b impBody) Close() error {
	b.closed.Add(1)
	return nil
}

// What runs in the goroutine of the call may panic, end it and block there:
// that is its caller's own business, who asked for it. What it must not do is to
// leave something behind that other calls meet.
func TestCallbacksInTheGoroutineOfTheCall(t *testing.T) {
	t.Parallel()
	callbacks := []string{
		"ObserveAttempt", "ObserveCall", "RateLimiter", "Handler.Enabled", "Handler.Handle", "Clock", "Token", "Invalidate",
		"RoundTrip", "the answer's Read", "Encode", "Decode",
	}
	for _, callback := range callbacks {
		for name, tt := range map[string]struct {
			do       func()
			panicked any
			returns  bool
			elapsed  time.Duration
		}{
			"panics":          {func() { panic(errBoom) }, errBoom, false, 0},
			"exits":           {runtime.Goexit, nil, false, 0},
			"blocks for long": {func() { time.Sleep(time.Hour) }, nil, true, time.Hour},
		} {
			for _, stream := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/stream %v", callback, name, stream), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						i := &imp{where: callback, do: tt.do}
						var opened, closed atomic.Int64
						stub := roundTrip(func(req *http.Request) (*http.Response, error) {
							defer func() { _ = req.Body.Close() }()
							_, _ = req.Body.Read(make([]byte, 10))
							i.at("RoundTrip")
							resp := answer(200, success)
							if opened.Add(1) == 1 {
								resp = answer(401, `{"code":"TOKEN"}`)
							}
							resp.Body = impBody{resp.Body, i, &closed}
							return resp, nil
						})
						client := newStubbed(t, stub, edusdk.WithObserver(i), edusdk.WithRateLimiter(i), edusdk.WithLogger(slog.New(i)), edusdk.WithClock(i.now))
						r := &trap{Reader: strings.NewReader(strings.Repeat("x", 1000))}
						x := &script{}
						if stream {
							c, err := NewContent(r, 0, "Content")
							require.NoError(t, err)
							x = upload(c, r.report)
						}
						encode := x.encode
						x.encode = func(a *Attempt) error {
							i.at("Encode")
							assert.Equal(t, "good-token", a.Token.Value)
							if encode != nil {
								return encode(a)
							}
							a.ContentType, a.Body = "application/json", []byte("{}")
							return nil
						}
						x.decode = func(ans *Answer) error {
							i.at("Decode")
							return decodeAcme(ans)
						}
						call := newCall(client, Upsert, x)
						call.Credential = i

						var value any
						returned := false
						done := make(chan struct{})
						go func() {
							defer close(done)
							value = recovered(func() {
								_ = client.Do(t.Context(), call)
								returned = true
							})
						}()
						<-done
						r.over.Store(true)
						assert.Equal(t, tt.panicked, value)
						assert.Equal(t, tt.returns, returned, "whether Do returned")
						assert.Equal(t, tt.elapsed, time.Since(bubbleStart).Truncate(time.Minute), "time that the call took")
						assert.Nil(t, i.do, "it was called")

						// Others go on, and have what they need.
						other := newCall(client, Upsert, &script{})
						other.Credential = i
						require.NoError(t, client.Do(t.Context(), other))
						assert.Equal(t, opened.Load(), closed.Load(), "bodies of answers that were closed")
						assert.Equal(t, client.budget.capacity, client.budget.tokens.Load(), "the budget: no retry was made")
						time.Sleep(2 * time.Hour)
						assert.Zero(t, r.late.Load(), "reads after the call has ended")
					})
				})
			}
		}
	}
}

// A retry that was paid for and then not made, because somebody who was told of
// it panicked, costs nothing.
func TestARetryThatIsNotMadeIsNotPaidFor(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){"panics": func() { panic(errBoom) }, "exits": runtime.Goexit} {
		stub, _ := inTurn(give(503, ""))
		i := &imp{where: "ObserveAttempt", do: do}
		client := newStubbed(t, stub, edusdk.WithObserver(i))
		done := make(chan any, 1)
		go func() {
			defer close(done)
			done <- recovered(func() { _ = client.Do(t.Context(), newCall(client, Read, &script{})) })
		}()
		<-done
		assert.Equal(t, client.budget.capacity, client.budget.tokens.Load(), "the budget after an observer that %s", name)
	}
}

func TestAnEmptyTokenIsNotSent(t *testing.T) {
	t.Parallel()
	stub, n := inTurn(give(200, success))
	client := newStubbed(t, stub)
	call := newCall(client, Read, &script{})
	call.Credential = noToken{}
	e := errorOf(t, client.Do(t.Context(), call))
	assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
	assert.ErrorContains(t, e, "Config.Token gave no token")
	assert.Zero(t, e.Attempts)
	assert.Zero(t, n.Load(), "requests")
}

// noToken is a Credential that lies.
type noToken struct{}

func (noToken) Token(context.Context) (edusdk.Token, error) { return edusdk.Token{}, nil }
func (noToken) Invalidate(context.Context, string) error    { return nil }
