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
			c.seeker, c.start = s, start
			c.at, _ = c.reader.(io.ReaderAt)
			return max(end-start, 0), true, nil
		}
	}
	if l, ok := c.reader.(interface{ Len() int }); ok {
		return int64(l.Len()), true, nil
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
		_, err := c.seeker.Seek(c.start, io.SeekStart)
		return c.reader, err
	default:
		return nil, errReadTwice
	}
}

var errReadTwice = errors.New("it is no io.Seeker and was read before")

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
	err    error // why the content could not be read
	bodies []*streamBody
}

// NewMultipart returns a multipart/form-data body and its Content-Type: fields
// of alternating names and values, and then the content as a file.
func NewMultipart(fields []string, fileField, fileName, fileType string, c *Content, progress func(sent, total int64)) (*Stream, string, error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	values := []string{fileName}
	for i := 0; i+1 < len(fields); i += 2 {
		values = append(values, fields[i+1])
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			return nil, "", err
		}
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(fileField, fileName)},
		"Content-Type":        {fileType},
	})
	if err != nil {
		return nil, "", err
	}
	split := buf.Len()
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	s := NewStream(buf.Bytes()[:split], c, buf.Bytes()[split:])
	s.values, s.progress = values, progress
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

// streamKey is where the context of a request holds its Stream.
type streamKey struct{}

// attachStream makes a Stream the body of a request. Set any earlier, resty would
// buffer it.
func attachStream(req *http.Request) error {
	s, ok := req.Context().Value(streamKey{}).(*Stream)
	if !ok {
		return nil
	}
	body, err := s.open()
	if err != nil {
		return err
	}
	req.Body, req.ContentLength = body, s.Len()
	req.GetBody = nil
	if s.content.at != nil {
		// Lets net/http move to another connection when it finds the first
		// one closed before a byte was written.
		req.GetBody = s.open
	}
	return nil
}

// open returns the body from its start.
func (s *Stream) open() (io.ReadCloser, error) {
	source, err := s.content.rewound()
	if err != nil {
		return nil, s.failed("cannot be read again", err)
	}
	b := &streamBody{
		Stream: s, source: source, left: s.content.size,
		before: s.prefix, after: s.suffix, turn: make(chan struct{}, 1),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, b)
	return b, nil
}

// fault returns why the content could not be read whole, if it could not.
func (s *Stream) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// release takes the content back from net/http, which can go on reading a
// request's body after its answer has come, and reports whether it can be
// written again. It waits for a read under way, but no longer than ctx and
// readGrace: the reader may hang.
func (s *Stream) release(ctx context.Context) bool {
	s.mu.Lock()
	bodies := s.bodies
	s.mu.Unlock()
	for _, b := range bodies {
		b.closed.Store(true)
		select {
		case b.turn <- struct{}{}:
			<-b.turn
			continue
		case <-ctx.Done():
		}
		grace := time.NewTimer(readGrace)
		select {
		case b.turn <- struct{}{}:
			grace.Stop()
			<-b.turn
		case <-grace.C:
			return s.content.at != nil
		}
	}
	return s.content.replayable()
}

// readGrace is how long a read under way may last after its attempt has ended.
const readGrace = time.Second

// streamBody is a Stream being read.
type streamBody struct {
	*Stream
	source        io.Reader
	before, after []byte
	left          int64
	reported      int64 // of the content, to progress
	checked       bool  // the content ended where it should
	turn          chan struct{}
	closed        atomic.Bool

	// of a reader that may hang
	buf     []byte
	results chan readResult
}

type readResult struct {
	n   int
	err error
}

var errClosed = errors.New("the request body is closed")

// Read implements io.Reader. net/http waits for it to return even when the
// attempt has ended, so a reader that may hang, as a network's, is read in a
// goroutine of its own; files and memory are not such.
func (b *streamBody) Read(p []byte) (int, error) {
	select {
	case b.turn <- struct{}{}:
	case <-b.over:
		return 0, errClosed
	}
	if b.content.at != nil {
		defer func() { <-b.turn }()
		return b.step(p)
	}
	if b.buf == nil {
		b.buf, b.results = make([]byte, 32<<10), make(chan readResult, 1)
	}
	buf := b.buf[:min(len(p), len(b.buf))]
	go func() {
		n, err := b.step(buf)
		b.results <- readResult{n, err}
		<-b.turn
	}()
	select {
	case r := <-b.results:
		return copy(p, buf[:r.n]), r.err
	case <-b.over:
		return 0, errClosed
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
	n, err := b.source.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if n > 0 || err == nil {
		return n, nil // an error with bytes comes again with the next read
	}
	if errors.Is(err, io.EOF) {
		return 0, b.failed(fmt.Sprintf("ended %d bytes short of its %d", b.left, b.content.size), nil)
	}
	return 0, b.failed("could not be read", err)
}

// checkEnd reads on to see that nothing follows.
func (b *streamBody) checkEnd() error {
	var one [1]byte
	for range 100 {
		n, err := b.source.Read(one[:])
		switch {
		case n > 0:
			return b.failed(fmt.Sprintf("holds more than its %d bytes", b.content.size), nil)
		case errors.Is(err, io.EOF):
			b.checked = true
			return nil
		case err != nil:
			return b.failed("could not be read", err)
		}
	}
	return b.failed("could not be read", io.ErrNoProgress)
}

// failed records why the body ends here; net/http then breaks the request off.
func (s *Stream) failed(problem string, cause error) error {
	var err error = &edusdk.FieldError{Field: s.content.field, Problem: problem}
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

// report tells the caller's progress function how much has gone out.
func (b *streamBody) report() {
	size := b.content.size
	if sent := size - b.left; b.progress != nil && sent != b.reported {
		b.reported = sent
		b.progress(sent, size)
	}
}
