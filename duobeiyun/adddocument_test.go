package duobeiyun_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// platform answers what AddDocument asks for; a path that is in answers, with that.
func platform(answers map[string]string, asked *[]string) httpmock.Responder {
	var mu sync.Mutex
	return func(r *http.Request) (*http.Response, error) {
		var body bytes.Buffer
		if r.Body != nil {
			if _, err := body.ReadFrom(r.Body); err != nil {
				return nil, err
			}
		}
		path := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		mu.Lock()
		*asked = append(*asked, path)
		mu.Unlock()
		if answer, ok := answers[path]; ok {
			if answer == "" {
				return nil, errors.New("the connection broke off")
			}
			return httpmock.NewStringResponse(200, answer), nil
		}
		return httpmock.NewStringResponse(200, map[string]string{
			"upload": `{"success":true,"uuid":"d1"}`, "status": `{"success":true,"status":"converted"}`,
			"attachDocument": `{"success":true,"documentId":"d1","roomId":"jz1"}`,
		}[path]), nil
	}
}

func newLesson() *duobeiyun.AddDocumentRequest {
	return &duobeiyun.AddDocumentRequest{RoomID: "jz1", Name: "第一课.pdf", Content: strings.NewReader("content")}
}

func TestAddDocument(t *testing.T) {
	uploaded := func(r *duobeiyun.AddDocumentRequest) {
		*r = duobeiyun.AddDocumentRequest{RoomID: "jz1", DocumentID: "d1"}
	}
	for name, tt := range map[string]struct {
		change  func(*duobeiyun.AddDocumentRequest)
		answers map[string]string
		asked   string
		id      string
		op      string
		kind    edusdk.Kind
		maybe   bool
		text    string
	}{
		"from the beginning":        {asked: "upload status attachDocument", id: "d1"},
		"uploaded already":          {change: uploaded, asked: "status attachDocument", id: "d1"},
		"attached already":          {change: uploaded, answers: map[string]string{"attachDocument": `{"success":false,"error":"repeat_arrange_to_course_error"}`}, asked: "status attachDocument", id: "d1"},
		"the upload is turned down": {answers: map[string]string{"upload": `{"success":false,"error":"app_error"}`}, asked: "upload", op: "Documents.Upload", kind: edusdk.ErrUnauthenticated},
		"the upload's answer is lost": {
			answers: map[string]string{"upload": ""}, asked: "upload", op: "Documents.Upload", kind: edusdk.ErrUnavailable, maybe: true,
			text: "look with Documents.Uploaded before repeating it",
		},
		"the conversion fails": {
			answers: map[string]string{"status": `{"success":true,"status":"failed"}`}, asked: "upload status", id: "d1",
			op: "Rooms.AddDocument", kind: edusdk.ErrFailedPrecondition, text: "upload it again",
		},
		"the document is gone": {
			change: uploaded, answers: map[string]string{"status": `{"success":false,"error":"document_not_found"}`}, asked: "status", id: "d1",
			op: "Documents.Status", kind: edusdk.ErrNotFound,
		},
		"there is no such room": {
			answers: map[string]string{"attachDocument": `{"success":false,"error":"app_course_error"}`}, asked: "upload status attachDocument", id: "d1",
			op: "Rooms.AttachDocument", kind: edusdk.ErrNotFound,
		},
		"the last answer is lost": {
			answers: map[string]string{"attachDocument": ""}, asked: "upload status attachDocument", id: "d1",
			op: "Rooms.AttachDocument", kind: edusdk.ErrUnavailable, maybe: true, text: "look with Rooms.Attached",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			c, _ := mocked(t, platform(tt.answers, &asked))
			req := newLesson()
			if tt.change != nil {
				tt.change(req)
			}
			var seen []duobeiyun.AddDocumentProgress
			req.Progress = func(p duobeiyun.AddDocumentProgress) { seen = append(seen, p) }
			id, err := c.Rooms.AddDocument(t.Context(), req)
			assert.Equal(t, tt.id, id, "the id, with an error too")
			assert.Equal(t, tt.asked, strings.Join(asked, " "))
			require.NotEmpty(t, seen)
			assert.Equal(t, tt.op == "", seen[len(seen)-1].Stage == duobeiyun.StageDone, "it is done when it is")
			if tt.op == "" {
				require.NoError(t, err)
				return
			}
			e := asError(t, err)
			assert.Equal(t, []any{tt.op, tt.kind, tt.maybe}, []any{e.Op, e.Kind, e.MaybeApplied})
			assert.ErrorContains(t, err, tt.text)
			assert.NotContains(t, err.Error(), "jz1")
			assert.NotContains(t, err.Error(), "第一课")
		})
	}
}

func TestTheProgressOfADocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := []string{"queued", "converting", "converted"}
		var asked []string
		answer := platform(nil, &asked)
		c, _ := mocked(t, func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/status") {
				return answer(r)
			}
			state := states[0]
			states = states[1:]
			return httpmock.NewStringResponse(200, `{"success":true,"status":"`+state+`"}`), nil
		})
		req := newLesson()
		var seen []duobeiyun.AddDocumentProgress
		req.Progress = func(p duobeiyun.AddDocumentProgress) { seen = append(seen, p) }
		_, err := c.Rooms.AddDocument(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, []duobeiyun.AddDocumentProgress{
			{Stage: duobeiyun.StageUploading, Total: 7},
			{Stage: duobeiyun.StageUploading, Sent: 7, Total: 7},
			{Stage: duobeiyun.StageConverting, Sent: 7, Total: 7, DocumentID: "d1"},
			{Stage: duobeiyun.StageConverting, Sent: 7, Total: 7, DocumentID: "d1", Status: "queued"},
			{Stage: duobeiyun.StageConverting, Sent: 7, Total: 7, DocumentID: "d1", Status: duobeiyun.DocumentConverting},
			{Stage: duobeiyun.StageConverting, Sent: 7, Total: 7, DocumentID: "d1", Status: duobeiyun.DocumentConverted},
			{Stage: duobeiyun.StageAttaching, Sent: 7, Total: 7, DocumentID: "d1", Status: duobeiyun.DocumentConverted},
			{Stage: duobeiyun.StageDone, Sent: 7, Total: 7, DocumentID: "d1", Status: duobeiyun.DocumentConverted},
		}, seen)
	})
}

func TestAProgressOfADocumentThatDoesNotReturn(t *testing.T) {
	boom := errors.New("boom")
	const minute = time.Minute
	for _, stage := range []duobeiyun.AddDocumentStage{
		duobeiyun.StageUploading, duobeiyun.StageConverting, duobeiyun.StageAttaching, duobeiyun.StageDone,
	} {
		for name, tt := range map[string]struct {
			do       func()
			panicked any
			kind     edusdk.Kind
		}{
			"panics": {func() { panic(boom) }, boom, 0},
			"exits":  {runtime.Goexit, nil, edusdk.ErrInvalidArgument},
			"blocks": {func() { time.Sleep(24 * time.Hour) }, nil, edusdk.ErrDeadlineExceeded},
		} {
			t.Run(string(stage)+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var asked []string
					c, _ := mocked(t, platform(nil, &asked))
					ctx, cancel := context.WithTimeout(t.Context(), minute)
					defer cancel()
					req := newLesson()
					over := false
					req.Progress = func(p duobeiyun.AddDocumentProgress) {
						assert.False(t, over, "it was called after it had not returned")
						if p.Stage == stage {
							over = true
							tt.do()
						}
					}
					start := time.Now()
					var id string
					var err error
					value := func() (value any) {
						defer func() { value = recover() }()
						id, err = c.Rooms.AddDocument(ctx, req)
						return nil
					}()
					assert.Equal(t, tt.panicked, value)
					assert.LessOrEqual(t, time.Since(start), minute+time.Second)
					switch {
					case tt.panicked != nil:
					case stage == duobeiyun.StageDone:
						require.NoError(t, err, "the room has the document")
					default:
						e := asError(t, err)
						assert.Equal(t, []any{"Rooms.AddDocument", tt.kind}, []any{e.Op, e.Kind})
						assert.Equal(t, stage != duobeiyun.StageUploading, id == "d1", "the id of what was uploaded")
					}
					time.Sleep(100 * time.Hour) // in the bubble, for what blocks
				})
			})
		}
	}
}

func TestAddDocumentIsCheckedBeforeItIsSent(t *testing.T) {
	c, mock := mocked(t, httpmock.NewStringResponder(500, ""))
	for field, req := range map[string]*duobeiyun.AddDocumentRequest{
		"RoomID":     nil,
		"Name":       {RoomID: "jz1", Name: "a.txt", Content: strings.NewReader("x")},
		"Content":    {RoomID: "jz1", Name: "a.pdf"},
		"Size":       {RoomID: "jz1", Name: "a.pdf", Content: strings.NewReader("x"), Size: -1},
		"DocumentID": {RoomID: "jz1", DocumentID: " d1"},
	} {
		_, err := c.Rooms.AddDocument(t.Context(), req)
		assert.Equal(t, field, asFieldError(t, err).Field)
		assert.Equal(t, "Rooms.AddDocument", asError(t, err).Op)
	}
	_, err := c.Rooms.AddDocument(t.Context(), nil)
	assert.ErrorContains(t, err, "RoomID must not be empty; Name must not be empty")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, req := range map[string]*duobeiyun.AddDocumentRequest{"new": newLesson(), "uploaded": {RoomID: "jz1", DocumentID: "d1"}} {
		_, err := c.Rooms.AddDocument(ctx, req)
		assert.ErrorIs(t, err, context.Canceled, name)
		assert.False(t, edusdk.MaybeApplied(err), name)
	}
	assert.Zero(t, mock.GetTotalCallCount())
}
