package duobeiyun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// AddDocumentRequest is a document to upload and to attach to a room.
type AddDocumentRequest struct {
	// RoomID is the room's id (房间 id). Required.
	RoomID string
	// Name, Content and Size are those of an UploadRequest. They are not used if
	// DocumentID is given.
	Name    string
	Content io.Reader
	Size    int64
	// DocumentID is the id of a document that has been uploaded already; AddDocument then
	// goes on from there. "" uploads Content.
	DocumentID string
	// Progress, if not nil, is told how far the document is: at the beginning of each
	// stage, as the network takes the content, and after each look at the conversion. It
	// runs in a goroutine of its own, one call at a time, is never called after
	// AddDocument has returned, and holds AddDocument up while it runs. If it panics,
	// AddDocument panics. If it does not return, AddDocument still returns within a
	// second after its context has ended.
	Progress func(AddDocumentProgress)
}

// AddDocumentProgress tells how far an AddDocument is.
type AddDocumentProgress struct {
	Stage AddDocumentStage
	// Sent and Total are bytes of the content: those that the network has taken, and
	// all. Sent starts again with each repetition of the upload. Both are 0 for a
	// document that has been uploaded already.
	Sent, Total int64
	// DocumentID is the document's id, "" until the vendor has accepted the upload.
	DocumentID string
	// Status is the state of the conversion as the vendor last answered it, "" until then.
	Status DocumentStatus
}

// AddDocumentStage is what an AddDocument is doing.
type AddDocumentStage string

// The stages, in their order.
const (
	StageUploading  AddDocumentStage = "uploading"  // the content is on its way to the vendor
	StageConverting AddDocumentStage = "converting" // the vendor converts the document
	StageAttaching  AddDocumentStage = "attaching"  // the document is being attached to the room
	StageDone       AddDocumentStage = "done"       // the room has the document
)

// addDocument is the name of a method that makes the calls of others.
var addDocument = &transport.Spec{Vendor: vendor, Op: "Rooms.AddDocument", Class: transport.Create}

// AddDocument uploads a document, waits until the vendor has converted it, and attaches it
// to a room: what Documents.Upload, Documents.WaitConverted and AttachDocument do
// (上传文档, POST api/v3/documents/upload; 查询文档转换状态, POST api/v3/documents/status;
// 附加文档到房间, POST api/v3/room/attachDocument). It returns the document's id. A
// conversion can take minutes: give ctx a deadline.
//
// Once the vendor has accepted the upload, the id is returned with an error too. To go on,
// call AddDocument again with that DocumentID: nothing is uploaded twice, and a room that
// has the document already, because the answer to an earlier call was lost, is a success. A
// document that the vendor could not convert is an error of kind ErrFailedPrecondition with
// the code "failed"; it stays in the account until Documents.Delete.
//
// If the answer to the upload itself was lost (edusdk.MaybeApplied, and no id), look with
// Documents.Uploaded, and go on with the id that it finds, or from the beginning if it
// finds none.
func (s *RoomsService) AddDocument(ctx context.Context, req *AddDocumentRequest) (documentID string, err error) {
	r := params.ValueOf(req)
	file, err := r.check(ctx)
	if err != nil {
		if ctx != nil && errors.Is(err, ctx.Err()) {
			return "", s.core.transport.Interrupted(addDocument.Op, err)
		}
		return "", s.core.transport.Refuse(ctx, addDocument, err)
	}
	a := adding{RoomsService: s, report: r.Progress, now: AddDocumentProgress{DocumentID: r.DocumentID}}
	if err := a.run(ctx, r.RoomID, file); err != nil {
		var e *edusdk.Error
		if !errors.As(err, &e) {
			err = s.core.transport.Interrupted(addDocument.Op, err)
		}
		return a.now.DocumentID, err
	}
	return a.now.DocumentID, nil
}

// check returns the file to upload, nil if that has been done, or what is wrong with the
// request.
func (r AddDocumentRequest) check(ctx context.Context) (file *transport.File, err error) {
	var problems []error
	if problem := textProblem(r.RoomID); problem != "" {
		problems = append(problems, fieldError("RoomID", problem))
	}
	if r.DocumentID != "" {
		if problem := textProblem(r.DocumentID); problem != "" {
			problems = append(problems, fieldError("DocumentID", problem))
		}
		if ctx == nil {
			problems = append(problems, fieldError("ctx", "must not be nil"))
		}
		return nil, params.Join(problems...)
	}
	if file, err = (UploadRequest{Name: r.Name, Content: r.Content, Size: r.Size}).file(ctx); err != nil {
		problems = append(problems, err)
	}
	return file, params.Join(problems...)
}

// adding is an AddDocument under way.
type adding struct {
	*RoomsService

	report func(AddDocumentProgress)
	now    AddDocumentProgress
}

func (a *adding) run(ctx context.Context, roomID string, file *transport.File) error {
	if file != nil {
		if err := a.upload(ctx, file); err != nil {
			return err
		}
	}
	if err := a.begin(ctx, StageConverting); err != nil {
		return err
	}
	documents := &DocumentsService{a.core}
	err := documents.waitConverted(ctx, addDocument.Op, a.now.DocumentID, func(status DocumentStatus) error {
		a.now.Status = status
		return a.tell(ctx)
	})
	if err == nil {
		err = a.begin(ctx, StageAttaching)
	}
	if err == nil {
		err = a.AttachDocument(ctx, roomID, a.now.DocumentID)
	}
	var e *edusdk.Error
	if errors.As(err, &e) && e.Code == CodeRepeatArrange {
		err = nil
	}
	if err != nil {
		return err
	}
	_ = a.begin(ctx, StageDone) // which undoes nothing, whatever comes of the telling
	return nil
}

func (a *adding) upload(ctx context.Context, file *transport.File) (err error) {
	a.now.Total = file.Content.Size()
	if err := a.begin(ctx, StageUploading); err != nil {
		return err
	}
	if a.report != nil {
		told := a.now
		file.Progress = func(sent, total int64) { // in a goroutine of the upload's
			told.Sent, told.Total = sent, total
			a.report(told)
		}
	}
	a.now.DocumentID, err = uploadDocument.Do(ctx, a.core, &uploadParams{file: file})
	a.now.Sent = a.now.Total
	return err
}

// begin begins a stage.
func (a *adding) begin(ctx context.Context, stage AddDocumentStage) error {
	a.now.Stage = stage
	return a.tell(ctx)
}

// reportGrace is how long a Progress under way may go on after ctx has ended.
const reportGrace = time.Second / 2

// tell tells how far the document is. It fails if that does not return, and when ctx has
// ended: one that did not return before may still be running then.
func (a *adding) tell(ctx context.Context) error {
	if a.report == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	now := a.now
	_, err := guard.Call(ctx, reportGrace, func() struct{} {
		a.report(now)
		return struct{}{}
	})
	if errors.Is(err, guard.ErrExited) {
		err = a.core.transport.Invalid(addDocument.Op, fmt.Errorf("%w: %w", fieldError("Progress", "did not return"), err))
	}
	return err
}
