package duobeiyun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// MaxDocumentSize is how large a document may be, in bytes (document: 大小不超过
// 20M).
const MaxDocumentSize = 20 << 20

// documentTypes are the media types by the extensions that the vendor takes.
var documentTypes = map[string]string{
	".doc":  "application/msword",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".ppt":  "application/vnd.ms-powerpoint",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".pdf":  "application/pdf",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
}

// UploadRequest is a document to upload.
type UploadRequest struct {
	// Name is the file's name, as the classroom shows it. Its extension says
	// what the content is: doc, docx, ppt, pptx, pdf, jpg, jpeg or png.
	Name string
	// Content is read from its current position, and again for each repetition
	// if it is an io.Seeker. It is not closed.
	Content io.Reader
	// Size is the length of Content in bytes, at most MaxDocumentSize. 0 means
	// that it is measured, which works for files and readers in memory.
	Size int64
	// Progress, if not nil, is called with the number of bytes of Content that
	// the network has taken, and with the length of Content. The count starts again with each
	// repetition. Progress runs in a goroutine of its own, is never called after
	// the call has returned, and holds the upload up while it runs. If Progress or
	// Content panics, the call panics. If one of them does not return, the call
	// still returns within a second after its context has ended.
	Progress func(sent, total int64)
}

var uploadDocument = declare[*uploadParams](transport.Spec{
	Op: "Documents.Upload", Section: "上传文档", Path: "api/v3/documents/upload",
	Class: transport.Create, Lookup: "Documents.Uploaded", Traits: fileBody,
}, (*uploadAnswer).id)

// uploadParams is a file, or why it cannot be sent.
type uploadParams struct {
	file    *transport.File
	problem error
}

func (p *uploadParams) Validate() error { return p.problem }

// Upload uploads a document and returns its id (上传文档, POST
// api/v3/documents/upload). The content goes from its reader to the network
// without being held in memory. It is never repeated once it may have arrived: on
// an error with edusdk.MaybeApplied, look with Uploaded whether the document is there.
// The request is signed when the upload begins: an upload that takes longer than
// five minutes can fail with ErrClockSkew although the clock is right.
// The vendor then converts the document: see WaitConverted. If Content holds
// more or less than Size, the error is of kind ErrInvalidArgument and the vendor
// does not get the document.
func (s *DocumentsService) Upload(ctx context.Context, req *UploadRequest) (documentID string, err error) {
	file, err := params.ValueOf(req).file(ctx)
	if err != nil && ctx != nil && errors.Is(err, ctx.Err()) {
		return "", s.core.transport.Interrupted(uploadDocument.Op, err)
	}
	return uploadDocument.Do(ctx, s.core, &uploadParams{file, err})
}

// UploadFile is Upload for the file at path, under the file's own name.
func (s *DocumentsService) UploadFile(ctx context.Context, path string) (string, error) {
	f, err := openFile(path)
	if err != nil {
		return uploadDocument.Do(ctx, s.core, &uploadParams{problem: err})
	}
	defer func() { _ = f.Close() }() // it was only read
	return s.Upload(ctx, &UploadRequest{Name: filepath.Base(path), Content: f})
}

// openFile opens a regular file. Its errors do not hold the path, which can
// name a person.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path) // before it is opened, which waits where it is a pipe
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil { //nolint:gosec // the caller says which file
			return f, nil
		}
	}
	var withPath *fs.PathError
	if errors.As(err, &withPath) {
		err = withPath.Err
	}
	return nil, fmt.Errorf("%w: %w", fieldError("path", "cannot be opened"), err)
}

var errNotRegular = errors.New("it is not a regular file")

// file returns what is sent, or what is wrong with the request. Its content is
// measured.
func (r UploadRequest) file(ctx context.Context) (*transport.File, error) {
	if problem := textProblem(r.Name); problem != "" {
		return nil, fieldError("Name", problem)
	}
	if strings.ContainsFunc(r.Name, unicode.IsControl) || strings.ContainsAny(r.Name, `/\`) {
		return nil, fieldError("Name", "must be a file's name, without folders and control characters")
	}
	media, ok := documentTypes[strings.ToLower(filepath.Ext(r.Name))]
	if !ok {
		return nil, fieldError("Name", "must end in .doc, .docx, .ppt, .pptx, .pdf, .jpg, .jpeg or .png")
	}
	content, err := transport.MeasureContent(ctx, r.Content, r.Size, "Content")
	var f *edusdk.FieldError
	switch {
	case errors.As(err, &f) && r.Size < 0:
		return nil, fieldError("Size", "must not be negative")
	case err != nil:
		return nil, err
	case content.Size() > MaxDocumentSize:
		return nil, fieldError("Content", "must not be larger than 20 MB (MaxDocumentSize)")
	}
	return &transport.File{Field: "slidesFile", Name: r.Name, Type: media, Content: content, Progress: r.Progress}, nil
}

// uploadAnswer has the id under uuid, elsewhere called documentId.
type uploadAnswer struct {
	envelope

	DocumentID string `json:"uuid" wire:"essential,alias=documentId|slidesUuid"`
}

func (a *uploadAnswer) id() string { return a.DocumentID }

func (a *uploadAnswer) Absent() string {
	if a.DocumentID == "" {
		return "uuid"
	}
	return ""
}
