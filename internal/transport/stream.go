package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
	"github.com/edusdk/edusdk/internal/params"
)

// Content is what a caller gives to be uploaded: a reader and how much it
// holds. It can be written again if the reader can be rewound.
type Content struct {
	field  string // for errors
	size   int64
	reader io.Reader
	at     io.ReaderAt // set where the reader can be read at offsets
	seeker io.Seeker   // set where it can be rewound
	start  int64       // the offset at which the reader stood
	used   bool        // reader was read from and stands somewhere else now
}

// NewContent measures r, from where it stands to its end, and returns it as
// content of size bytes; 0 means as many as it holds. The errors name field, as
// the caller calls r.
func NewContent(r io.Reader, size int64, field string) (*Content, error) {
	invalid := func(problem string, args ...any) error {
		return &edusdk.FieldError{Field: field, Problem: fmt.Sprintf(problem, args...)}
	}
	if v := reflect.ValueOf(r); r == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, invalid("must not be nil")
	}
	if size < 0 {
		return nil, invalid("has a negative size")
	}
	c := &Content{field: field, size: size, reader: r}
	held, known, err := c.measure()
	switch {
	case err != nil:
		return nil, err
	case known && held == 0:
		return nil, invalid("is empty")
	case known && size == 0:
		c.size = held
	case known && size != held:
		return nil, invalid("holds %d bytes, but Size says %d", held, size)
	case !known && size == 0:
		return nil, invalid("cannot be measured: give its Size")
	}
	return c, nil
}

// MeasureContent is NewContent for a reader that may hang: once ctx has ended, it
// soon returns the error of ctx.
func MeasureContent(ctx context.Context, r io.Reader, size int64, field string) (*Content, error) {
	if ctx == nil {
		return nil, &edusdk.FieldError{Field: "ctx", Problem: "must not be nil"}
	}
	type measured struct {
		content *Content
		err     error
	}
	m, err := guard.Call(ctx, readGrace, func() measured {
		c, err := NewContent(r, size, field)
		return measured{c, err}
	})
	switch {
	case errors.Is(err, guard.ErrExited):
		return nil, fmt.Errorf("%w: %w", &edusdk.FieldError{Field: field, Problem: "did not return"}, err)
	case err != nil:
		return nil, err
	}
	return m.content, m.err
}

// Size returns how many bytes the content holds.
func (c *Content) Size() int64 { return c.size }

// measure finds out how much the reader holds and whether it can be rewound.
func (c *Content) measure() (size int64, known bool, err error) {
	if s, ok := c.reader.(io.Seeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil { // a pipe is an *os.File too, but fails here
			end, err := s.Seek(0, io.SeekEnd)
			if err == nil {
				_, err = s.Seek(start, io.SeekStart)
			}
			if err != nil {
				return 0, false, &edusdk.FieldError{Field: c.field, Problem: "cannot be rewound: " + pathless(err).Error()}
			}
			if start < 0 || end < 0 {
				return 0, false, &edusdk.FieldError{Field: c.field, Problem: "seeks to negative offsets"}
			}
			c.seeker, c.start = s, start
			c.at, _ = c.reader.(io.ReaderAt)
			return max(end-start, 0), true, nil
		}
	}
	if l, ok := c.reader.(interface{ Len() int }); ok {
		if size = int64(l.Len()); size < 0 {
			return 0, false, &edusdk.FieldError{Field: c.field, Problem: "has a negative length"}
		}
		return size, true, nil
	}
	return 0, false, nil
}

// rewound returns a reader of the content from its start. It fails if the
// content was read before and cannot be rewound.
func (c *Content) rewound() (io.Reader, error) {
	switch {
	case c.at != nil:
		// One byte more than measured shows a file that has grown.
		return io.NewSectionReader(c.at, c.start, c.size+1), nil
	case !c.used:
		return c.reader, nil
	case c.seeker != nil:
		at, err := c.seeker.Seek(c.start, io.SeekStart)
		if err == nil && at != c.start {
			err = errSeek
		}
		return c.reader, err
	default:
		return nil, errReadTwice
	}
}

var (
	errReadTwice = errors.New("it is not an io.Seeker and was read before")
	errSeek      = errors.New("its Seek went elsewhere")
)

// replayable reports whether the content can be written once more.
func (c *Content) replayable() bool { return c.at != nil || c.seeker != nil || !c.used }

// Stream is a request body made of a few bytes, the content, and a few bytes
// more. It is read by net/http straight into the connection.
type Stream struct {
	content  *Content
	prefix   []byte
	suffix   []byte
	values   []string // of the form
	progress func(sent, total int64)
	touch    func()          // called when the network asks for more
	over     <-chan struct{} // closed when the attempt has ended

	mu     sync.Mutex
	err    error        // why the content could not be read
	fault  guard.Ending // of a callback that panicked
	bodies []*streamBody
}

// File is a file at the end of a multipart form.
type File struct {
	Field    string // of the form
	Name     string
	Type     string // media type
	Content  *Content
	Progress func(sent, total int64) // nil: nobody wants to know
}

// multipart returns the multipart/form-data body of ps and the file, and its
// Content-Type.
func (f *File) multipart(ps []params.Param) (*Stream, string, error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, p := range ps {
		if err := w.WriteField(p.Name, p.Value); err != nil {
			return nil, "", err
		}
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(f.Field, f.Name)},
		"Content-Type":        {f.Type},
	})
	if err != nil {
		return nil, "", err
	}
	split := buf.Len()
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	s := NewStream(buf.Bytes()[:split], f.Content, buf.Bytes()[split:])
	s.values, s.progress = append(params.Values(ps), f.Name), f.Progress
	return s, w.FormDataContentType(), nil
}

// NewStream returns a body of prefix, content and suffix.
func NewStream(prefix []byte, c *Content, suffix []byte) *Stream {
	return &Stream{content: c, touch: func() {}, prefix: prefix, suffix: suffix}
}

// Len returns the length of the whole body.
func (s *Stream) Len() int64 {
	return int64(len(s.prefix)) + s.content.size + int64(len(s.suffix))
}

// isOpaque reports whether the content stands in the midst of other text, as an
// image does in JSON, and not in a form.
func (s *Stream) isOpaque() bool { return s != nil && s.values == nil }

// attach makes the body of a Stream that of a request. Set any earlier, resty
// would buffer it.
func (a *Attempt) attach(req *http.Request) {
	b := a.streamed
	if b == nil {
		return
	}
	req.Body, req.ContentLength = b, b.Len()
	req.GetBody = nil
	if b.content.at != nil {
		// Lets net/http move to another connection when it finds the first
		// one closed before a byte was written.
		req.GetBody = func() (io.ReadCloser, error) { return b.open() }
	}
}

// open returns the body from its start.
func (s *Stream) open() (*streamBody, error) {
	b := &streamBody{
		Stream: s, left: s.content.size, before: s.prefix, after: s.suffix,
		turn: make(chan struct{}, 1), results: make(chan readResult, 1),
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, b)
	s.mu.Unlock()
	_, err := b.run(func() ([]byte, error) {
		var err error
		if b.source, err = s.content.rewound(); err != nil {
			return nil, s.failed(s.content.field, "cannot be read again", err)
		}
		return nil, nil
	})
	return b, err
}

// problem returns why the content could not be read whole, if it could not.
func (s *Stream) problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// release takes the content back from net/http, which can go on reading a
// request's body after its answer has come, and reports whether it can be
// written again. It waits for a read under way, but no longer than ctx and
// readGrace: the reader may hang. A panic of the reader goes on here.
func (s *Stream) release(ctx context.Context) bool {
	s.mu.Lock()
	bodies := s.bodies
	s.bodies = nil
	s.mu.Unlock()
	idle := len(bodies) > 0 // else it has been taken back, and a read may still go on
	for _, b := range bodies {
		b.closed.Store(true)
	}
	for _, b := range bodies {
		idle = b.wait(ctx) && idle
	}
	s.mu.Lock()
	fault := s.fault
	s.fault = guard.Ending{}
	s.mu.Unlock()
	fault.Resume()
	return idle && s.content.replayable()
}

// readGrace is how long a read under way may last after its attempt has ended.
const readGrace = time.Second / 2

// streamBody is a Stream being read.
type streamBody struct {
	*Stream
	source        io.Reader
	before, after []byte
	left          int64
	reported      int64 // of the content, to progress
	reporting     bool  // progress runs
	checked       bool  // the content ended where it should
	turn          chan struct{}
	closed        atomic.Bool
	buf           []byte // a reader that hangs may still write to it
	ready         []byte // of buf, what was read and not yet asked for
	results       chan readResult
}

type readResult struct {
	data []byte
	err  error
}

var errClosed = errors.New("the request body is closed")

// minBuffer and maxBuffer are how much is read at a time: net/http asks for 32 KiB, and
// each step costs a change of goroutines.
const minBuffer, maxBuffer = 4 << 10, 128 << 10

// Read implements io.Reader.
func (b *streamBody) Read(p []byte) (int, error) {
	switch {
	case len(b.ready) == 0:
		data, err := b.run(func() ([]byte, error) {
			if b.buf == nil {
				b.buf = make([]byte, min(max(b.left, minBuffer), maxBuffer))
			}
			n, err := b.step(b.buf)
			return b.buf[:n], err
		})
		if b.ready = data; err != nil {
			return 0, err
		}
	case over(b.over) || b.closed.Load():
		return 0, errClosed
	default:
		b.touch()
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

// run does a step, as soon as the one before it has ended, in a goroutine of
// its own. Code of importers runs there alone, files included: net/http waits
// for a read to return even when the attempt has ended, and would let a panic
// end the process.
func (b *streamBody) run(step func() ([]byte, error)) ([]byte, error) {
	if over(b.over) {
		return nil, errClosed
	}
	select {
	case b.turn <- struct{}{}:
	case <-b.over:
		return nil, errClosed
	}
	var r readResult
	guard.Go(func() { r.data, r.err = step() }, func(end guard.Ending) {
		if end.Err() != nil {
			r = readResult{nil, b.broke(end)}
		}
		b.results <- r
		<-b.turn
	})
	select {
	case r := <-b.results:
		return r.data, r.err
	case <-b.over:
		return nil, errClosed
	}
}

// wait waits until no step is under way, as release does, and reports whether
// that is so.
func (b *streamBody) wait(ctx context.Context) bool {
	select {
	case b.turn <- struct{}{}:
		<-b.turn
		return true
	case <-ctx.Done():
	}
	grace := time.NewTimer(readGrace)
	defer grace.Stop()
	select {
	case b.turn <- struct{}{}:
		<-b.turn
		return true
	case <-grace.C:
		return false
	}
}

// over reports whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// step reads on, in one goroutine at a time.
func (b *streamBody) step(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errClosed
	}
	// Being asked for more means that the network has taken what went before.
	b.touch()
	b.report()
	if len(b.before) > 0 {
		n := copy(p, b.before)
		b.before = b.before[n:]
		return n, nil
	}
	if b.left > 0 {
		return b.readContent(p)
	}
	// The rest goes out only when the content has proven to end here.
	if !b.checked {
		if err := b.checkEnd(); err != nil {
			return 0, err
		}
	}
	if len(b.after) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.after)
	b.after = b.after[n:]
	return n, nil
}

// Close implements io.Closer.
func (b *streamBody) Close() error {
	b.closed.Store(true)
	return nil
}

func (b *streamBody) readContent(p []byte) (int, error) {
	b.content.used = true
	n, err := b.readSource(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case n > 0:
		return n, nil // an error with bytes comes again with the next read
	case errors.Is(err, io.EOF):
		return 0, b.failed(b.content.field, fmt.Sprintf("ended %d bytes short of its %d", b.left, b.content.size), nil)
	}
	return 0, err
}

// checkEnd reads on to see that nothing follows.
func (b *streamBody) checkEnd() error {
	var one [1]byte
	n, err := b.readSource(one[:])
	switch {
	case n > 0:
		return b.failed(b.content.field, fmt.Sprintf("holds more than its %d bytes", b.content.size), nil)
	case errors.Is(err, io.EOF):
		b.checked = true
		return nil
	}
	return err
}

// maxEmptyReads is how often in a row a reader may give nothing.
const maxEmptyReads = 100

// readSource reads some bytes of the content. Its error is io.EOF, or one that
// is recorded already.
func (b *streamBody) readSource(p []byte) (int, error) {
	for range maxEmptyReads {
		if b.closed.Load() {
			return 0, errClosed
		}
		n, err := b.source.Read(p)
		switch {
		case n < 0 || n > len(p):
			return 0, b.failed(b.content.field, "returned an impossible count of bytes", nil)
		case n > 0 || errors.Is(err, io.EOF):
			return n, err
		case err != nil:
			return 0, b.failed(b.content.field, "could not be read", err)
		}
	}
	return 0, b.failed(b.content.field, "could not be read", io.ErrNoProgress)
}

// failed records why the body ends here; net/http then breaks the request off.
func (s *Stream) failed(field, problem string, cause error) error {
	var err error = &edusdk.FieldError{Field: field, Problem: problem}
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, pathless(cause))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	return err
}

// pathless takes the path off the error of a file; it can name a person.
func pathless(err error) error {
	for f := (*fs.PathError)(nil); errors.As(err, &f); {
		err = f.Err
	}
	return err
}

// broke records that a callback did not return.
func (b *streamBody) broke(end guard.Ending) error {
	if !end.Panicked() {
		field := b.content.field
		if b.reporting {
			field = "Progress"
		}
		return b.failed(field, "did not return", end.Err())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.fault.Panicked() {
		b.fault = end
	}
	return end.Err()
}

// report tells the caller's progress function how much has gone out.
func (b *streamBody) report() {
	size := b.content.size
	if sent := size - b.left; b.progress != nil && sent != b.reported {
		b.reported, b.reporting = sent, true
		b.progress(sent, size)
		b.reporting = false
	}
}
