package main

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// documentKinds are the files that the vendor takes.
var documentKinds = []string{".doc", ".docx", ".ppt", ".pptx", ".pdf", ".jpg", ".jpeg", ".png"}

// The stages of a job that AddDocument does not have.
const (
	stageReceiving = "receiving" // the file is on its way from the browser
	stageFailed    = "failed"
)

// job is a document on its way to a room: from the browser into a file here, and from
// there, by AddDocument, to the vendor. It goes on when the page is loaded anew, and
// when the browser has left.
type job struct {
	ID, Room, Name string
	path           string // of the file here

	mu       sync.Mutex
	stage    string
	size     int64 // 0 until the browser has sent the file
	received int64
	sent     int64
	err      error
	key      string // of the text that says what is wrong, where no error does
	changed  time.Time
}

func (j *job) change(how func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	how()
	j.changed = time.Now()
}

// jobView is a job as pages and scripts see it.
type jobView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Text    string `json:"text"`    // what happens, or what is wrong
	Percent int    `json:"percent"` // of the whole way
	Done    bool   `json:"done"`
	Failed  bool   `json:"failed"`
}

// view shows a job. Of the whole way the browser's part is a tenth and the network's to
// the vendor six; nobody knows how long the conversion takes.
func (j *job) view(v *visit) jobView {
	j.mu.Lock()
	defer j.mu.Unlock()
	shown := jobView{ID: j.ID, Name: j.Name, Done: j.stage == string(duobeiyun.StageDone), Failed: j.stage == stageFailed}
	part := func(n int64, of int) int { return int(n * int64(of) / max(j.size, 1)) }
	switch j.stage {
	case stageReceiving:
		shown.Text = v.t("job.receiving", showSize(j.received))
	case string(duobeiyun.StageUploading):
		shown.Percent, shown.Text = 10+part(j.sent, 60), v.t("job.uploading", showSize(j.sent), showSize(j.size))
	case string(duobeiyun.StageConverting):
		shown.Percent, shown.Text = 75, v.t("job.converting")
	case string(duobeiyun.StageAttaching):
		shown.Percent, shown.Text = 95, v.t("job.attaching")
	case string(duobeiyun.StageDone):
		shown.Percent, shown.Text = 100, v.t("job.done")
	case stageFailed:
		shown.Text = v.t(j.key)
		if j.err != nil {
			shown.Text = v.sentences(shown.Text, edusdk.Describe(j.err, v.lang))
		}
	}
	return shown
}

// uploads are the jobs.
type uploads struct {
	folder string // where files wait; "" until one does

	mu   sync.Mutex
	jobs []*job // in the order of their beginnings
}

func newUploads() *uploads { return &uploads{} }

// begin adds a job.
func (u *uploads) begin(room, name string) (*job, *os.File, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.folder == "" {
		folder, err := os.MkdirTemp("", "classroom-uploads-")
		if err != nil {
			return nil, nil, err
		}
		u.folder = folder
	}
	u.jobs = slices.DeleteFunc(u.jobs, (*job).isOld)
	j := &job{ID: newID(), Room: room, Name: name, stage: stageReceiving, changed: time.Now()}
	j.path = filepath.Join(u.folder, j.ID)
	f, err := os.OpenFile(j.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	u.jobs = append(u.jobs, j)
	return j, f, nil
}

// isOld reports whether nobody wants to see the job any more: what went well stands in
// the list of documents.
func (j *job) isOld() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.stage {
	case string(duobeiyun.StageDone):
		return time.Since(j.changed) > 15*time.Second
	case stageFailed:
		return time.Since(j.changed) > time.Hour
	}
	return false
}

// ofRoom returns the jobs of a room, the latest first.
func (u *uploads) ofRoom(room string, v *visit) []jobView {
	u.mu.Lock()
	defer u.mu.Unlock()
	shown := []jobView{}
	for _, j := range slices.Backward(u.jobs) {
		if j.Room == room && !j.isOld() {
			shown = append(shown, j.view(v))
		}
	}
	return shown
}

func (u *uploads) close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.folder == "" {
		return nil
	}
	return os.RemoveAll(u.folder)
}

// What is wrong with an upload before anything is sent to the vendor.
var (
	errNoFile    = &problem{http.StatusUnprocessableEntity, "upload.none"}
	errWrongKind = &problem{http.StatusUnprocessableEntity, "upload.kind"}
	errTooLarge  = &problem{http.StatusRequestEntityTooLarge, "upload.size"}
)

// upload returns the handler of a form with a file. The file is read as it comes, so the
// token, which is checked first, stands before it in the form, or in a header.
func (s *site) upload(serve func(v *visit, form *multipart.Reader) error) http.Handler {
	return s.page(func(v *visit) error {
		form, err := v.r.MultipartReader()
		if err != nil {
			return errForged
		}
		token := v.r.Header.Get(tokenHeader)
		if token == "" {
			part, err := form.NextPart()
			if err != nil || part.FormName() != tokenField {
				return errForged
			}
			text, err := io.ReadAll(io.LimitReader(part, 256))
			if err != nil {
				return errForged
			}
			token = string(text)
		}
		if err := v.checkToken(token); err != nil {
			return err
		}
		return serve(v, form)
	})
}

// uploadDocument takes a document from the browser and begins to add it to a room. It
// answers as soon as the file is here.
func uploadDocument(v *visit, form *multipart.Reader) error {
	room := v.r.PathValue("room")
	j, err := v.receive(room, form)
	var wrong *problem
	if errors.As(err, &wrong) {
		// A browser shows an answer only once it has sent everything.
		_, _ = io.Copy(io.Discard, io.LimitReader(v.r.Body, 8*duobeiyun.MaxDocumentSize))
		if !v.byScript() {
			return v.redirect("/rooms/" + url.PathEscape(room) + "?wrong=" + strings.TrimPrefix(wrong.key, "upload.") + "#documents")
		}
	}
	if err != nil {
		return err
	}
	v.site.background.Go(func() {
		ctx, cancel := context.WithTimeout(v.site.ctx, 15*time.Minute)
		defer cancel()
		j.run(ctx, v.site.vendor)
	})
	if v.byScript() {
		return v.json(http.StatusAccepted, j.view(v))
	}
	return v.redirect("/rooms/" + url.PathEscape(room) + "#documents")
}

// receive reads the file of the form into a file here. What the vendor would refuse is
// refused before that.
func (v *visit) receive(room string, form *multipart.Reader) (*job, error) {
	part, err := form.NextPart()
	if err != nil || part.FormName() != "file" || part.FileName() == "" {
		return nil, errNoFile
	}
	name := part.FileName()
	if !slices.Contains(documentKinds, strings.ToLower(filepath.Ext(name))) {
		return nil, errWrongKind
	}
	if v.r.ContentLength > duobeiyun.MaxDocumentSize+64<<10 { // with what the form has around it
		return nil, errTooLarge
	}
	j, f, err := v.site.uploads.begin(room, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // what was not written is found when the file is read
	n, err := io.Copy(f, io.LimitReader(&countedReader{part, j}, duobeiyun.MaxDocumentSize+1))
	switch {
	case err != nil: // the browser has left
		j.fail("job.left", nil)
		return nil, err
	case n == 0:
		j.fail("upload.none.text", nil)
		return nil, errNoFile
	case n > duobeiyun.MaxDocumentSize:
		j.fail("upload.size.text", nil)
		return nil, errTooLarge
	}
	j.change(func() { j.size, j.stage = n, string(duobeiyun.StageUploading) })
	return j, nil
}

// countedReader tells a job how much of its file has arrived.
type countedReader struct {
	io.Reader

	job *job
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.job.change(func() { r.job.received += int64(n) })
	return n, err
}

// fail ends a job. The text with the key says what is wrong, the error why.
func (j *job) fail(key string, err error) {
	j.change(func() { j.stage, j.key, j.err = stageFailed, key, err })
	_ = os.Remove(j.path) // close removes what is left
}

// run takes the file to the vendor and into the room.
func (j *job) run(ctx context.Context, client *duobeiyun.Client) {
	began := time.Now()
	f, err := os.Open(j.path)
	if err != nil {
		j.fail("job.failed", err)
		return
	}
	defer func() {
		_ = f.Close() // it was only read
		_ = os.Remove(j.path)
	}()
	req := &duobeiyun.AddDocumentRequest{
		RoomID: j.Room, Name: j.Name, Content: f, Size: j.size,
		Progress: func(p duobeiyun.AddDocumentProgress) {
			j.change(func() { j.stage, j.sent = string(p.Stage), p.Sent })
		},
	}
	id, err := client.Rooms.AddDocument(ctx, req)
	if id == "" && edusdk.MaybeApplied(err) {
		// The answer to the upload was lost: the document may be there.
		found, lookErr := client.Documents.Uploaded(ctx, &duobeiyun.UploadedRequest{Name: j.Name, Size: j.size, Since: began})
		if lookErr == nil {
			req.DocumentID = found.DocumentID
			_, err = client.Rooms.AddDocument(ctx, req)
		}
	}
	if err != nil {
		j.fail("job.failed", err)
	}
}

// listJobs answers the script of a room's page.
func listJobs(v *visit) error {
	return v.json(http.StatusOK, v.site.uploads.ofRoom(v.r.PathValue("room"), v))
}

// attachDocument adds a document of the account to a room.
func attachDocument(v *visit) error {
	room, document := v.r.PathValue("room"), v.r.PostFormValue("document")
	err := v.site.vendor.Rooms.AttachDocument(v.r.Context(), room, document)
	if err != nil && edusdk.MaybeApplied(err) {
		// The answer was lost: look whether the room has it.
		if _, lookErr := v.site.vendor.Rooms.Attached(v.r.Context(), room, document); lookErr == nil {
			err = nil
		}
	}
	if err != nil && !errors.Is(err, edusdk.ErrAlreadyExists) {
		return err
	}
	return v.redirect("/rooms/" + url.PathEscape(room) + "#documents")
}

// detachDocument takes a document out of a room; it stays in the account.
func detachDocument(v *visit) error {
	room := v.r.PathValue("room")
	err := v.site.vendor.Rooms.RemoveDocument(v.r.Context(), room, v.r.PostFormValue("document"))
	if err != nil && !errors.Is(err, edusdk.ErrNotFound) {
		return err
	}
	return v.redirect("/rooms/" + url.PathEscape(room) + "#documents")
}
