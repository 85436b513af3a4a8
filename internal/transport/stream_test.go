package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
)

// plain hides everything of a reader but Read.
type plain struct{ io.Reader }

// seekOnly hides ReadAt.
type seekOnly struct{ io.ReadSeeker }

func fileWith(t *testing.T, content string, offset int64) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	_, err = f.WriteString(content)
	require.NoError(t, err)
	_, err = f.Seek(offset, io.SeekStart)
	require.NoError(t, err)
	return f
}

func advanced(r io.ReadSeeker, offset int64) io.ReadSeeker {
	_, _ = r.Seek(offset, io.SeekStart)
	return r
}

// badSeeker fails to seek from the given way on.
type badSeeker struct {
	io.ReadSeeker

	whence int
}

func (s badSeeker) Seek(offset int64, whence int) (int64, error) {
	if whence == s.whence {
		return 0, &os.PathError{Op: "seek", Path: "/home/canary", Err: errors.New("cannot seek")}
	}
	return s.ReadSeeker.Seek(offset, whence)
}

func TestContentIsMeasured(t *testing.T) {
	t.Parallel()
	const text = "0123456789"
	pipeReader, pipeWriter, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = pipeReader.Close()
		_ = pipeWriter.Close()
	})
	used := bytes.NewBufferString(text)
	_, _ = used.ReadByte()
	for _, tt := range []struct {
		name    string
		r       io.Reader
		size    int64
		want    int64
		problem string
	}{
		{"bytes.Reader", bytes.NewReader([]byte(text)), 0, 10, ""},
		{"bytes.Reader, from where it stands", advanced(bytes.NewReader([]byte(text)), 3), 0, 7, ""},
		{"with the right size", advanced(bytes.NewReader([]byte(text)), 3), 7, 7, ""},
		{"with a size too large", advanced(bytes.NewReader([]byte(text)), 3), 10, 0, "holds 7 bytes, but Size says 10"},
		{"with a size too small", strings.NewReader(text), 9, 0, "holds 10 bytes, but Size says 9"},
		{"strings.Reader", strings.NewReader(text), 0, 10, ""},
		{"file", fileWith(t, text, 0), 0, 10, ""},
		{"file, from where it stands", fileWith(t, text, 4), 0, 6, ""},
		{"file, read to its end", fileWith(t, text, 10), 0, 0, "is empty"},
		{"file, beyond its end", fileWith(t, text, 11), 0, 0, "is empty"},
		{"section", io.NewSectionReader(strings.NewReader(text), 2, 5), 0, 5, ""},
		{"seeker", seekOnly{advanced(strings.NewReader(text), 1)}, 0, 9, ""},
		{"bytes.Buffer", bytes.NewBufferString(text), 0, 10, ""},
		{"bytes.Buffer, partly read", used, 0, 9, ""},
		{"bytes.Buffer, wrong size", bytes.NewBufferString(text), 11, 0, "holds 10 bytes, but Size says 11"},
		{"bytes.Buffer, empty", &bytes.Buffer{}, 0, 0, "is empty"},
		{"bytes.Reader, empty", bytes.NewReader(nil), 0, 0, "is empty"},
		{"bytes.Reader, empty, with a size", bytes.NewReader(nil), 5, 0, "is empty"},
		{"bufio.Reader", bufio.NewReader(strings.NewReader(text)), 0, 0, "cannot be measured: give its Size"},
		{"bufio.Reader with a size", bufio.NewReader(strings.NewReader(text)), 10, 10, ""},
		{"pipe", pipeReader, 0, 0, "cannot be measured: give its Size"},
		{"pipe with a size", pipeReader, 10, 10, ""},
		{"nil", nil, 10, 0, "must not be nil"},
		{"nil buffer", (*bytes.Buffer)(nil), 0, 0, "must not be nil"},
		{"nil reader", (*strings.Reader)(nil), 10, 0, "must not be nil"},
		{"nil file", (*os.File)(nil), 10, 0, "must not be nil"},
		{"negative size", strings.NewReader(text), -1, 0, "has a negative size"},
		{"cannot seek after all", badSeeker{strings.NewReader(text), io.SeekEnd}, 0, 0, "cannot be rewound: cannot seek"},
		{"cannot seek back", badSeeker{strings.NewReader(text), io.SeekStart}, 0, 0, "cannot be rewound: cannot seek"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := NewContent(tt.r, tt.size, "Photo")
			if tt.problem == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.want, c.Size())
				return
			}
			assert.Nil(t, c)
			var f *edusdk.FieldError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, &edusdk.FieldError{Field: "Photo", Problem: tt.problem}, f)
		})
	}
}

func TestMeasuringLeavesTheReaderWhereItStands(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]io.Reader{
		"bytes.Reader": advanced(bytes.NewReader([]byte("0123456789")), 3),
		"file":         fileWith(t, "0123456789", 3),
		"seeker":       seekOnly{advanced(strings.NewReader("0123456789"), 3)},
	} {
		_, err := NewContent(r, 0, "Content")
		require.NoError(t, err)
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, "3456789", string(rest), name)
	}
}

func TestMultipartForm(t *testing.T) {
	t.Parallel()
	c, err := NewContent(strings.NewReader("content"), 0, "Content")
	require.NoError(t, err)
	s, contentType, err := NewMultipart([]string{"title", "课 & \"x\"", "empty", ""}, "file", `第一课 "a".pdf`, "application/pdf", c, nil)
	require.NoError(t, err)
	body, err := s.open()
	require.NoError(t, err)
	whole, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.EqualValues(t, len(whole), s.Len())

	req, err := http.NewRequest(http.MethodPost, nowhere, bytes.NewReader(whole))
	require.NoError(t, err)
	req.Header.Set("Content-Type", contentType)
	require.NoError(t, req.ParseMultipartForm(1<<20))
	assert.Equal(t, map[string][]string{"title": {"课 & \"x\""}, "empty": {""}}, req.MultipartForm.Value)
	files := req.MultipartForm.File["file"]
	require.Len(t, files, 1)
	assert.Equal(t, `第一课 "a".pdf`, files[0].Filename)
	assert.Equal(t, "application/pdf", files[0].Header.Get("Content-Type"))
	assert.EqualValues(t, 7, files[0].Size)
}

// archive is a server that takes uploads.
type archive struct {
	mu      sync.Mutex
	whole   []string // contents of the forms that came to their end
	broken  int      // forms that did not
	lengths []int64  // Content-Length of all
	before  func(w http.ResponseWriter, r *http.Request, n int) bool
	after   func(w http.ResponseWriter, r *http.Request, n int) bool
	n       int
}

// ServeHTTP reads a form to its end. before and after, if set, report whether
// they have answered the n-th request, which counts from 1.
func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.n++
	n := a.n
	a.lengths = append(a.lengths, r.ContentLength)
	a.mu.Unlock()
	if a.before != nil && a.before(w, r, n) {
		return
	}
	content, err := readForm(r)
	a.mu.Lock()
	if err != nil {
		a.broken++
	} else {
		a.whole = append(a.whole, content)
	}
	a.mu.Unlock()
	switch {
	case err != nil:
		panic(http.ErrAbortHandler) // an answer would make the server linger
	case a.after == nil || !a.after(w, r, n):
		_, _ = io.WriteString(w, success)
	}
}

// readForm returns the content of the form's file.
func readForm(r *http.Request) (string, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", err
	}
	var content []byte
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			// The form has ended, and so must have the body.
			rest, err := io.Copy(io.Discard, r.Body)
			if err == nil && rest > 0 {
				err = fmt.Errorf("%d bytes follow the form", rest)
			}
			return string(content), err
		}
		if err != nil {
			return "", err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return "", err
		}
		if part.FormName() == "file" {
			content = data
		}
	}
}

// networks are the two ways to reach a server.
var networks = map[string]func(t *testing.T, h http.Handler) (url string, transport *http.Transport){
	"HTTP 1": func(t *testing.T, h http.Handler) (string, *http.Transport) {
		srv, _ := serve(t, h.ServeHTTP)
		pool := newPool()
		t.Cleanup(pool.CloseIdleConnections)
		return srv.URL, pool
	},
	"HTTP 2": func(t *testing.T, h http.Handler) (string, *http.Transport) {
		srv := httptest.NewUnstartedServer(h)
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.EnableHTTP2 = true
		srv.StartTLS()
		t.Cleanup(srv.Close)
		pool := newPool()
		pool.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		t.Cleanup(pool.CloseIdleConnections)
		return srv.URL, pool
	},
}

// same compares contents without printing them.
func same(t *testing.T, want, got, what string) {
	t.Helper()
	if got != want {
		assert.Fail(t, "Not the same", "%s: %d bytes, of %d", what, len(got), len(want))
	}
}

// steps notes what a progress function is told.
type steps struct {
	mu   sync.Mutex
	sent []int64
	size int64
}

func (s *steps) add(sent, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sent)
	s.size = size
}

func TestUploadsArriveWhole(t *testing.T) {
	t.Parallel()
	small, large := "0123456789", strings.Repeat("0123456789abcdef", 16<<10)
	for network, connect := range networks {
		for name, content := range map[string]string{"small": small, "large": large} {
			for kind, reader := range map[string]func() (io.Reader, int64){
				"bytes.Reader": func() (io.Reader, int64) { return bytes.NewReader([]byte(content)), 0 },
				"at an offset": func() (io.Reader, int64) { return advanced(strings.NewReader("xyz"+content), 3), 0 },
				"file":         func() (io.Reader, int64) { return fileWith(t, "xyz"+content, 3), 0 },
				"seeker":       func() (io.Reader, int64) { return seekOnly{strings.NewReader(content)}, 0 },
				"buffer":       func() (io.Reader, int64) { return bytes.NewBufferString(content), 0 },
				"plain":        func() (io.Reader, int64) { return plain{strings.NewReader(content)}, int64(len(content)) },
				"byte by byte": func() (io.Reader, int64) {
					return iotestOneByte{strings.NewReader(content[:10])}, 10
				},
			} {
				t.Run(network+"/"+name+"/"+kind, func(t *testing.T) {
					t.Parallel()
					r, size := reader()
					c, err := NewContent(r, size, "Content")
					require.NoError(t, err)
					a := &archive{}
					url, pool := connect(t, a)
					seen := &witness{}
					client := newClient(t, url, edusdk.WithTransport(pool), edusdk.WithObserver(seen))
					progress := &steps{}
					require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, progress.add))))
					want := content
					if kind == "byte by byte" {
						want = content[:10]
					}
					require.Len(t, a.whole, 1)
					same(t, want, a.whole[0], "the content that arrived")
					assert.Greater(t, a.lengths[0], int64(len(want)), "Content-Length, which counts the form too")
					assert.Equal(t, a.lengths[0], seen.attempts[0].Sent, "AttemptEvent.Sent")
					assert.IsIncreasing(t, append([]int64{0}, progress.sent...), "progress")
					assert.EqualValues(t, len(want), progress.sent[len(progress.sent)-1], "the last progress")
					assert.EqualValues(t, len(want), progress.size)
				})
			}
		}
	}
}

// iotestOneByte gives one byte at a time, and now and then none.
type iotestOneByte struct{ r io.Reader }

func (r iotestOneByte) Read(p []byte) (int, error) {
	if len(p) == 0 || time.Now().UnixNano()%3 == 0 {
		return 0, nil
	}
	return r.r.Read(p[:1])
}

// growing is a file that changes after it was measured.
func changing(t *testing.T, content string, by int64) io.Reader {
	f := fileWith(t, content, 0)
	return &changer{f, by}
}

type changer struct {
	*os.File

	by int64
}

func (c *changer) ReadAt(p []byte, off int64) (int, error) {
	if c.by != 0 {
		info, err := c.Stat()
		if err != nil {
			return 0, err
		}
		if err := c.Truncate(info.Size() + c.by); err != nil {
			return 0, err
		}
		c.by = 0
	}
	return c.File.ReadAt(p, off)
}

var errDisk = errors.New("the disk is gone")

func TestReadersThatDoNotHoldWhatTheySay(t *testing.T) {
	t.Parallel()
	for network, connect := range networks {
		for name, size := range map[string]int64{"small": 100, "large": 300_000} {
			text := strings.Repeat("x", int(size))
			for kind, tt := range map[string]struct {
				r       func(t *testing.T) io.Reader
				size    int64
				problem string
			}{
				"a byte short":     {func(*testing.T) io.Reader { return plain{strings.NewReader(text)} }, size + 1, "Content ended 1 bytes short of its "},
				"much too short":   {func(*testing.T) io.Reader { return plain{strings.NewReader(text)} }, 2 * size, "bytes short of its "},
				"a byte too long":  {func(*testing.T) io.Reader { return plain{strings.NewReader(text)} }, size - 1, "Content holds more than its "},
				"much too long":    {func(*testing.T) io.Reader { return plain{strings.NewReader(text)} }, size / 2, "Content holds more than its "},
				"a file that grew": {func(t *testing.T) io.Reader { return changing(t, text, 1) }, 0, "Content holds more than its "},
				"a file that shrank": {
					func(t *testing.T) io.Reader { return changing(t, text, -1) }, 0, "Content ended 1 bytes short of its ",
				},
				"an error": {
					func(*testing.T) io.Reader { return plain{io.MultiReader(strings.NewReader(text), failing{errDisk})} },
					size + 1, "Content could not be read: the disk is gone",
				},
				"an error in place of the end": {
					func(*testing.T) io.Reader { return plain{io.MultiReader(strings.NewReader(text), failing{errDisk})} },
					size, "Content could not be read: the disk is gone",
				},
				"no end": {
					func(*testing.T) io.Reader { return plain{io.MultiReader(strings.NewReader(text), failing{nil})} },
					size, "Content could not be read: multiple Read calls return no data or error",
				},
			} {
				for class, className := range map[Class]string{Read: "Read", Upsert: "Upsert", Create: "Create", Login: "Login"} {
					if class != Create && (network != "HTTP 1" || name != "small") {
						continue // it would be the same, and take long
					}
					t.Run(strings.Join([]string{network, name, kind, className}, "/"), func(t *testing.T) {
						t.Parallel()
						a := &archive{}
						url, pool := connect(t, a)
						client := newClient(t, url, edusdk.WithTransport(pool))
						// The second time a connection is there already, which net/http
						// treats differently.
						for range 2 {
							c, err := NewContent(tt.r(t), tt.size, "Content")
							require.NoError(t, err)
							e := errorOf(t, client.Do(t.Context(), newCall(client, class, upload(c, nil))))
							assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
							assert.Equal(t, 1, e.Attempts)
							assert.False(t, e.MaybeApplied)
							var f *edusdk.FieldError
							require.ErrorAs(t, e, &f)
							assert.Equal(t, "Content", f.Field)
							assert.Contains(t, e.Err.Error(), tt.problem)
							if strings.Contains(tt.problem, errDisk.Error()) {
								assert.ErrorIs(t, e, errDisk)
							}
							ok, err := NewContent(strings.NewReader("fine"), 0, "Content")
							require.NoError(t, err)
							require.NoError(t, client.Do(t.Context(), newCall(client, class, upload(ok, nil))))
						}
						assert.Equal(t, []string{"fine", "fine"}, shortened(a), "forms that came to their end")
					})
				}
			}
		}
	}
}

func shortened(a *archive) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, s := range a.whole {
		out = append(out, s[:min(len(s), 10)])
	}
	return out
}

// failing never gives anything.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestUploadsAreReplayedFromWhereTheContentBegan(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 20_000)
	for network, connect := range networks {
		for kind, reader := range map[string]func(t *testing.T) io.Reader{
			"bytes.Reader": func(*testing.T) io.Reader { return advanced(bytes.NewReader([]byte("xyz"+content)), 3) },
			"file":         func(t *testing.T) io.Reader { return fileWith(t, "xyz"+content, 3) },
			"seeker":       func(*testing.T) io.Reader { return seekOnly{advanced(strings.NewReader("xyz"+content), 3)} },
		} {
			for when, early := range map[string]bool{"answered after all": false, "answered at once": true} {
				t.Run(network+"/"+kind+"/"+when, func(t *testing.T) {
					t.Parallel()
					a := &archive{}
					slowDown := func(w http.ResponseWriter, _ *http.Request, n int) bool {
						if n < 3 {
							w.WriteHeader(http.StatusTooManyRequests)
						}
						return n < 3
					}
					if early {
						a.before = slowDown
					} else {
						a.after = slowDown
					}
					url, pool := connect(t, a)
					client := newClient(t, url, edusdk.WithTransport(pool))
					c, err := NewContent(reader(t), 0, "Content")
					require.NoError(t, err)
					progress := &steps{}
					require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, progress.add))))
					want := 3
					if early {
						want = 1
					}
					require.Len(t, a.whole, want, "forms that came to their end")
					for i, got := range a.whole {
						same(t, content, got, fmt.Sprint("the content of form ", i+1))
					}
					assert.EqualValues(t, len(content), progress.sent[len(progress.sent)-1], "the last progress")
					if !early {
						starts := 1
						for i := 1; i < len(progress.sent); i++ {
							if progress.sent[i] <= progress.sent[i-1] {
								assert.EqualValues(t, len(content), progress.sent[i-1], "progress before it starts anew")
								starts++
							}
						}
						assert.Equal(t, 3, starts, "times that progress started anew")
					}
				})
			}
		}
	}
}

func TestAReaderThatWasConsumedIsNotReplayed(t *testing.T) {
	t.Parallel()
	a := &archive{after: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}}
	srv, _ := serve(t, a.ServeHTTP)
	client := newClient(t, srv.URL)
	c, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
	require.NoError(t, err)
	e := errorOf(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
	assert.Equal(t, edusdk.ErrResourceExhausted, e.Kind)
	assert.Equal(t, time.Second, e.RetryAfter)
	assert.Equal(t, 1, e.Attempts)
	assert.False(t, e.MaybeApplied)
	assert.Equal(t, []string{"content"}, a.whole)
}

func TestAReaderThatWasNotTouchedIsSentAfterAll(t *testing.T) {
	t.Parallel()
	t.Run("the server comes up", func(t *testing.T) {
		t.Parallel()
		a := &archive{}
		srv, _ := serve(t, a.ServeHTTP)
		pool := newPool()
		var dials atomic.Int64
		down := closedPort(t)
		pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) < 3 {
				addr = down
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}
		client := newClient(t, srv.URL, edusdk.WithTransport(pool))
		c, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		assert.EqualValues(t, 3, dials.Load())
		assert.Equal(t, []string{"content"}, a.whole)
	})
	t.Run("a stub fails first", func(t *testing.T) {
		t.Parallel()
		n := 0
		var got string
		client := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			defer func() { _ = req.Body.Close() }()
			if n++; n == 1 {
				return unreached(req, dialError(errors.New("connection refused")))
			}
			var err error
			got, err = readForm(req)
			return answer(200, success), err
		}))
		c, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		assert.Equal(t, 2, n)
		assert.Equal(t, "content", got)
	})
}

// A reader that hangs, panics or exits while it is measured does so to the caller alone.
func TestContentIsMeasuredInTime(t *testing.T) {
	t.Parallel()
	seeker := func(seek func()) io.Reader { return measured{seek} }
	field := func(name, problem string) error { return &edusdk.FieldError{Field: name, Problem: problem} }
	for name, tt := range map[string]struct {
		reader io.Reader
		err    error // that the error is, or has the text of
		takes  time.Duration
	}{
		"a good one":     {strings.NewReader("content"), nil, 0},
		"an empty one":   {strings.NewReader(""), field("Content", "is empty"), 0},
		"no context":     {strings.NewReader("content"), field("ctx", "must not be nil"), 0},
		"one that hangs": {seeker(func() { time.Sleep(time.Hour) }), context.DeadlineExceeded, time.Minute + readGrace},
		"one that exits": {seeker(runtime.Goexit), fmt.Errorf("%w: %w", field("Content", "did not return"), guard.ErrExited), 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if name == "no context" {
				ctx = nil
			}
			c, err := MeasureContent(ctx, tt.reader, 0, "Content")
			assert.Equal(t, tt.takes, time.Since(bubbleStart), name)
			switch {
			case tt.err == nil:
				require.NoError(t, err, name)
				assert.EqualValues(t, 7, c.Size(), name)
			case errors.Is(tt.err, context.DeadlineExceeded):
				assert.ErrorIs(t, err, tt.err, name)
			default:
				assert.EqualError(t, err, tt.err.Error(), name)
			}
			time.Sleep(4 * time.Hour) // until the reader has returned
		})
	}
	assert.PanicsWithValue(t, errBroken, func() {
		_, _ = MeasureContent(t.Context(), seeker(func() { panic(errBroken) }), 0, "Content")
	})
}

// measured is a reader that does something when it is measured.
type measured struct{ do func() }

func (m measured) Read([]byte) (int, error)       { return 0, io.EOF }
func (m measured) Seek(int64, int) (int64, error) { m.do(); return 0, nil }

// Where a RoundTripper panics, the content is taken back, and what still reads it is not
// waited for.
func TestContentIsTakenBackFromARoundTripperThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var body io.Reader
		reading := make(chan struct{})
		c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			body = req.Body
			go func() { _, _ = body.Read(make([]byte, 1000)) }()
			<-reading
			panic(errBroken)
		}))
		content := &Content{field: "Content", size: 7, reader: readerFunc(func([]byte) (int, error) {
			close(reading)
			time.Sleep(time.Hour)
			return 7, nil
		})}
		x := &script{encode: func(a *Attempt) error {
			a.Stream = NewStream(nil, content, nil)
			return nil
		}}
		assert.PanicsWithValue(t, errBroken, func() { _ = c.Do(t.Context(), newCall(c, Create, x)) })
		assert.Equal(t, readGrace, time.Since(bubbleStart), "time until the panic went on")
		synctest.Wait() // for the read that was given up
		_, err := body.Read(make([]byte, 1))
		assert.ErrorIs(t, err, errClosed)
		time.Sleep(2 * time.Hour)
	})
}

// readerFunc is an io.Reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Nothing of an upload stays with its caller's context.
func TestAnUploadLeavesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var own context.Context
	c := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		own = req.Context()
		_, err := io.Copy(io.Discard, req.Body)
		return answer(200, success), err
	}))
	content, err := NewContent(strings.NewReader("content"), 0, "Content")
	require.NoError(t, err)
	require.NoError(t, c.Do(ctx, newCall(c, Create, upload(content, nil))))
	assert.ErrorIs(t, own.Err(), context.Canceled)
}

// What cannot be read at offsets is not given to net/http twice.
func TestWhichUploadsNetHTTPMayRepeat(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]io.Reader{"at offsets": strings.NewReader("content"), "from its start": seekOnly{strings.NewReader("content")}, "once": plain{strings.NewReader("content")}} {
		c, err := NewContent(r, 7, "Content")
		require.NoError(t, err)
		a := &Attempt{Stream: NewStream(nil, c, nil)}
		a.streamed, err = a.Stream.open()
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, nowhere, strings.NewReader("x"))
		require.NoError(t, err)
		a.attach(req)
		assert.Equal(t, name == "at offsets", req.GetBody != nil, name)
		require.NoError(t, req.Body.Close())
		_, err = req.Body.Read(make([]byte, 1))
		assert.ErrorIs(t, err, errClosed, "a body that was closed: %s", name)
	}
	// A seeker says why it does not go back.
	c := &Content{seeker: &badSeeker{strings.NewReader("content"), io.SeekStart}, start: 3, used: true}
	_, err := c.rewound()
	require.Error(t, err)
	assert.NotErrorIs(t, err, errSeek)
}

// Steps come one after the other, and none begins once the attempt is over.
func TestStepsOfABody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 30 { // in which a select would choose the wrong one
			c, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
			require.NoError(t, err)
			s := NewStream(nil, c, nil)
			over, leave := make(chan struct{}), make(chan struct{})
			s.over = over
			body, err := s.open()
			require.NoError(t, err)
			began := 0
			step := func() ([]byte, error) {
				began++
				<-leave
				return nil, nil
			}
			for range 2 {
				go func() {
					_, err := body.run(step)
					assert.ErrorIs(t, err, errClosed)
				}()
			}
			synctest.Wait()
			close(over)
			synctest.Wait()
			close(leave)
			synctest.Wait()
			_, err = body.run(step)
			assert.ErrorIs(t, err, errClosed)
			synctest.Wait()
			assert.Equal(t, 1, began, "steps")
		}
	})
}

// Content is good for another attempt only when none of its bodies is being read.
func TestContentIsTakenBackFromAllItsBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		content := &Content{field: "Content", size: 7, seeker: strings.NewReader(""), at: readerAt(func(p []byte, _ int64) (int, error) {
			time.Sleep(readGrace / 2)
			return copy(p, "content"), nil
		})}
		s := NewStream(nil, content, nil)
		body, err := s.open()
		require.NoError(t, err)
		go func() { _, _ = body.Read(make([]byte, 1)) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.True(t, s.release(ctx), "a read that ends soon is waited for")
	})
	for hangs := range 3 { // which of the bodies; 2 is neither
		synctest.Test(t, func(t *testing.T) {
			leave := make(chan struct{})
			content := &Content{field: "Content", size: 7, seeker: strings.NewReader(""), at: readerAt(func(p []byte, _ int64) (int, error) {
				<-leave
				return copy(p, "content"), nil
			})}
			s := NewStream(nil, content, nil)
			var reads sync.WaitGroup
			for i := range 2 {
				body, err := s.open()
				require.NoError(t, err)
				if i == hangs {
					reads.Go(func() { _, _ = body.Read(make([]byte, 1)) })
				}
			}
			synctest.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			assert.Equal(t, hangs == 2, s.release(ctx), "with body %d being read", hangs)
			close(leave)
			reads.Wait()
		})
	}
}

// readerAt is an io.ReaderAt.
type readerAt func(p []byte, offset int64) (int, error)

func (f readerAt) ReadAt(p []byte, offset int64) (int, error) { return f(p, offset) }

// What was read and not yet asked for is not given any more once the attempt is over.
func TestABodyThatIsHalfGivenEnds(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"taken back", "over"} {
		c, err := NewContent(strings.NewReader("content"), 7, "Content")
		require.NoError(t, err)
		s := NewStream([]byte("prefix"), c, nil)
		over := make(chan struct{})
		s.over = over
		body, err := s.open()
		require.NoError(t, err)
		n, err := body.Read(make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		if how == "over" {
			close(over)
		} else {
			assert.True(t, s.release(t.Context()))
		}
		n, err = body.Read(make([]byte, 1))
		assert.ErrorIs(t, err, errClosed, how)
		assert.Zero(t, n, how)
	}
}

func TestABodyIsClosedWhenItsContentIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]io.Reader{"in memory": strings.NewReader("content"), "plain": plain{strings.NewReader("content")}} {
		c, err := NewContent(r, 7, "Content")
		require.NoError(t, err)
		s, _, err := NewMultipart(nil, "file", "a.pdf", "application/pdf", c, func(int64, int64) { t.Error("progress was told") })
		require.NoError(t, err)
		s.touch = func() { t.Error("the timeout was put off") }
		body, err := s.open()
		require.NoError(t, err)
		assert.True(t, s.release(t.Context()), name)
		n, err := body.Read(make([]byte, 1000))
		assert.ErrorIs(t, err, errClosed, name)
		assert.Zero(t, n, name)
	}
}

func TestContentThatCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(200, success))
	t.Run("used by two calls", func(t *testing.T) {
		t.Parallel()
		client := newStubbed(t, stub)
		c, err := NewContent(plain{strings.NewReader("content")}, 7, "Content")
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		e := errorOf(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
		assert.False(t, e.MaybeApplied)
		assert.ErrorContains(t, e, "Content cannot be read again")
	})
	t.Run("does not seek any more", func(t *testing.T) {
		t.Parallel()
		n := 0
		r := &badSeeker{strings.NewReader("content"), -1}
		client := newStubbed(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			n++
			_, err := io.Copy(io.Discard, req.Body)
			r.whence = io.SeekStart
			return answer(429, ""), err
		}))
		c, err := NewContent(r, 0, "Content")
		require.NoError(t, err)
		e := errorOf(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		assert.Equal(t, 1, n, "requests")
		assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind, "Kind of: %v", e)
		assert.False(t, e.MaybeApplied)
		noCanaryInChain(t, e)
	})
}

// staleConn writes nothing from a certain write on, as if the server had closed
// the connection meanwhile.
type staleConn struct {
	net.Conn

	stale *atomic.Bool
}

func (c staleConn) Write(p []byte) (int, error) {
	if c.stale.CompareAndSwap(true, false) {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(p)
}

// net/http moves a request to another connection when nothing of it was
// written, if the body can be had again.
func TestAnUploadOnAStaleConnection(t *testing.T) {
	t.Parallel()
	a := &archive{}
	srv, conns := serve(t, a.ServeHTTP)
	var stale atomic.Bool
	pool := newPool()
	pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return staleConn{conn, &stale}, err
	}
	client := newClient(t, srv.URL, edusdk.WithTransport(pool))
	for range 2 {
		c, err := NewContent(strings.NewReader("content"), 0, "Content")
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), newCall(client, Create, upload(c, nil))))
		stale.Store(true)
	}
	assert.Equal(t, []string{"content", "content"}, a.whole)
	assert.EqualValues(t, 2, conns.Load(), "connections")
}

// lookout is a reader that must not be read once its caller has it back. Its
// fields are not guarded, so that the race detector looks out too.
type lookout struct {
	left  int
	reads int
}

func (l *lookout) Read(p []byte) (int, error) {
	l.reads++
	n := min(len(p), l.left)
	if l.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestNoReadOnceDoHasReturned(t *testing.T) {
	t.Parallel()
	for network, connect := range networks {
		for name, code := range map[string]int{"success": 200, "rejection": 413, "reset": 0} {
			t.Run(network+"/"+name, func(t *testing.T) {
				t.Parallel()
				url, pool := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.ReadFull(r.Body, make([]byte, 100_000))
					if code == 0 {
						panic(http.ErrAbortHandler)
					}
					w.WriteHeader(code)
					_, _ = io.WriteString(w, success)
				}))
				client := newClient(t, url, edusdk.WithTransport(pool), oneAttempt)
				const size = 10 << 20
				type lent struct {
					r           *lookout
					reads       int
					told, heard *int64 // of the progress
				}
				var all []lent
				for range 20 {
					r, told := &lookout{left: size}, new(int64)
					c, err := NewContent(r, size, "Content")
					require.NoError(t, err)
					err = client.Do(t.Context(), newCall(client, Create, upload(c, func(sent, _ int64) { *told = sent })))
					heard := *told
					all = append(all, lent{r, r.reads, told, &heard})
					if code == 200 {
						require.NoError(t, err)
					} else {
						require.Error(t, err)
					}
				}
				pool.CloseIdleConnections()
				for _, l := range all {
					require.Equal(t, l.reads, l.r.reads, "reads after Do has returned")
					require.Equal(t, *l.heard, *l.told, "progress after Do has returned")
				}
			})
		}
	}
}

// sleeper is a reader that takes its time for each read but the first.
type sleeper struct {
	left int
	d    time.Duration
	n    atomic.Int64
	busy atomic.Bool // being read
}

func (s *sleeper) Read(p []byte) (int, error) {
	s.busy.Store(true)
	defer s.busy.Store(false)
	if s.n.Add(1) > 1 {
		_ = Sleep(context.Background(), s.d)
	}
	n := min(len(p), s.left)
	if s.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestDoWaitsForAReadThatIsUnderWay(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for _, tt := range []struct {
		name   string
		read   time.Duration
		answer bool
		left   time.Duration // of the caller's deadline
		want   time.Duration // until Do returns
		busy   bool          // the read still goes on then
	}{
		{"answered, as long as it takes", 10 * time.Second, true, time.Hour, 10 * time.Second, false},
		{"answered, a reader that hangs", 2 * time.Hour, true, time.Hour, 31*time.Second - readGrace, true},
		{"not answered, a reader that hangs", 2 * time.Hour, false, time.Hour, 31*time.Second - readGrace, true},
		{"out of time, and the read soon ends", 5300 * time.Millisecond, false, 5 * time.Second, 5300 * time.Millisecond, false},
		{"out of time, a reader that hangs", 2 * time.Hour, false, 5 * time.Second, 5*time.Second + readGrace, true},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"plain":  func(r io.Reader) io.Reader { return r },
			"seeker": func(r io.Reader) io.Reader { return seekOnly{fixed{r}} },
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					pool, _ := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
						rc := http.NewResponseController(w)
						_ = rc.EnableFullDuplex()
						drained := make(chan struct{})
						go func() {
							defer close(drained)
							_, _ = io.Copy(io.Discard, r.Body)
						}()
						_ = Sleep(context.Background(), time.Second) // now the reader takes its time
						if tt.answer {
							w.Header().Set("Content-Length", "0")
							w.WriteHeader(http.StatusRequestEntityTooLarge)
							_ = rc.Flush()
						}
						<-drained
					})
					client := newStubbed(t, pool, oneAttempt)
					r := &sleeper{left: size, d: tt.read}
					content := &Content{field: "Content", size: size, reader: wrap(r)}
					if s, ok := content.reader.(io.Seeker); ok {
						content.seeker = s
					}
					ctx, cancel := context.WithTimeout(t.Context(), tt.left)
					defer cancel()
					e := errorOf(t, client.Do(ctx, newCall(client, Create, upload(content, nil))))
					assert.Equal(t, tt.want, time.Since(bubbleStart), "time until Do returned: %v", e)
					assert.Equal(t, tt.busy, r.busy.Load(), "whether the reader is still being read")
					if tt.answer {
						assert.Equal(t, 413, e.HTTPStatus)
					} else {
						assert.True(t, e.MaybeApplied)
					}
					reads := r.n.Load()
					_ = Sleep(t.Context(), 3*time.Hour) // for the read that hangs to end
					assert.Equal(t, reads, r.n.Load(), "reads after Do has returned")
				})
			})
		}
	}
}

// fixed is a reader that can be sought only where it stands.
type fixed struct{ io.Reader }

func (fixed) Seek(int64, int) (int64, error) { return 0, nil }

func TestTheTimeoutOfAnUploadCountsFromItsLastProgress(t *testing.T) {
	t.Parallel()
	const size, step = 1 << 20, 64 << 10
	// drain reads n steps, waiting for d before each.
	drain := func(r *http.Request, n int, d time.Duration) {
		buf := make([]byte, step)
		for range n {
			_ = Sleep(r.Context(), d)
			if _, err := io.ReadFull(r.Body, buf); err != nil {
				return
			}
		}
	}
	for _, tt := range []struct {
		name    string
		r       io.Reader
		h       http.HandlerFunc
		elapsed time.Duration
		ok      bool
	}{
		{
			name: "a slow server", r: &lookout{left: size}, ok: true, elapsed: 17 * 29 * time.Second,
			h: func(w http.ResponseWriter, r *http.Request) {
				drain(r, size/step, 29*time.Second)
				_, _ = io.Copy(io.Discard, r.Body)
				_ = Sleep(r.Context(), 29*time.Second)
				_, _ = io.WriteString(w, success)
			},
		},
		{
			name: "a server that stalls", r: &lookout{left: size}, elapsed: 5*20*time.Second + 30*time.Second,
			h: func(_ http.ResponseWriter, r *http.Request) {
				drain(r, 5, 20*time.Second)
				_ = Sleep(context.Background(), time.Hour) // an unread body keeps r's context from ending
			},
		},
		{
			name: "a server that does not answer", r: &lookout{left: size}, elapsed: 16*20*time.Second + 30*time.Second,
			h: func(_ http.ResponseWriter, r *http.Request) {
				drain(r, size/step, 20*time.Second)
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			},
		},
		{
			// and two reads to see the end of it all
			name: "a slow reader", r: &sleeper{left: size, d: 29 * time.Second}, ok: true, elapsed: size / maxBuffer * 29 * time.Second,
			h: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, success)
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pool, _ := servePipes(t, tt.h)
				client := newStubbed(t, pool)
				c, err := NewContent(tt.r, size, "Content")
				require.NoError(t, err)
				err = client.Do(t.Context(), newCall(client, Create, upload(c, nil)))
				elapsed := time.Since(bubbleStart)
				if tt.ok {
					require.NoError(t, err)
				} else {
					e := errorOf(t, err)
					assert.ErrorIs(t, e, errAttemptTimeout)
					assert.Equal(t, edusdk.ErrUnavailable, e.Kind)
					assert.True(t, e.MaybeApplied)
					assert.Equal(t, 1, e.Attempts)
				}
				// A step of the network is not one of the server's.
				assert.InDelta(t, tt.elapsed.Seconds(), elapsed.Seconds(), 30, "time until Do returned")
				if !tt.ok {
					assert.Zero(t, int(elapsed.Seconds())%10, "it ends 30 s after a step: %v", elapsed)
				}
				_ = Sleep(t.Context(), 2*time.Hour) // for the server's goroutines to end
			})
		})
	}
}

func TestACallerCancelsAnUpload(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	srv, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 100_000))
		cancel()
		_, _ = io.Copy(io.Discard, r.Body)
	})
	client := newClient(t, srv.URL)
	const size = 1 << 40 // would take for ever
	r := &lookout{left: size}
	c, err := NewContent(r, size, "Content")
	require.NoError(t, err)
	e := errorOf(t, client.Do(ctx, newCall(client, Upsert, upload(c, nil))))
	reads := r.reads
	assert.Equal(t, edusdk.ErrCanceled, e.Kind)
	assert.True(t, e.MaybeApplied)
	assert.Equal(t, reads, r.reads)
}

// The server runs in this process and throws everything away, so what is
// allocated in the meantime is an upper bound for the client.
func TestALargeUploadIsNotHeldInMemory(t *testing.T) {
	const size = 20 << 20
	f, err := os.Create(filepath.Join(t.TempDir(), "large"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	require.NoError(t, f.Truncate(size))
	var got int64
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, success)
	})
	client := newClient(t, srv.URL)
	for name, r := range map[string]io.Reader{"file": f, "plain": plain{&lookout{left: size}}} {
		c, err := NewContent(r, size, "Content")
		require.NoError(t, err)
		calls := 0
		call := newCall(client, Create, upload(c, func(int64, int64) { calls++ }))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = client.Do(t.Context(), call)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Greater(t, got, int64(size), "bytes that the server got")
		assert.Greater(t, calls, 100, "calls of progress")
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "bytes allocated for %d bytes of a %s reader", size, name)
	}
}
