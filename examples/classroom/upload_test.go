package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/duobeiyun"
)

// send sends a file as a browser does, by a script or by the form.
func (b *browser) send(room, name string, size int, script bool) answer {
	b.t.Helper()
	token := b.token()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if !script {
		require.NoError(b.t, form.WriteField(tokenField, token))
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		require.NoError(b.t, err)
		_, err = part.Write(make([]byte, size))
		require.NoError(b.t, err)
	}
	require.NoError(b.t, form.Close())
	header := []string{"Content-Type", form.FormDataContentType()}
	if script {
		header = append(header, tokenHeader, token, "Accept", "application/json")
	}
	return b.do(http.MethodPost, room+"/documents", &body, header...)
}

func (b *browser) jobs(room string) (jobs []jobView) {
	b.t.Helper()
	require.NoError(b.t, json.Unmarshal([]byte(b.get(room+"/jobs").Text), &jobs))
	return jobs
}

// settled waits until the latest job has ended, and returns it.
func (b *browser) settled(room string) jobView {
	b.t.Helper()
	var last jobView
	require.Eventually(b.t, func() bool {
		jobs := b.jobs(room)
		last = jobs[0]
		return last.Done || last.Failed
	}, 20*time.Second, 20*time.Millisecond, "the job goes on")
	return last
}

func TestAFileGoesIntoTheRoom(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	for i, script := range []bool{true, false} {
		name := []string{"第一课.pdf", "第二课.PPTX"}[i]
		got := b.send(room, name, 300<<10, script)
		if script {
			assert.Equal(t, http.StatusAccepted, got.StatusCode, got.Text)
			assert.Contains(t, got.Text, name)
		} else {
			assert.Equal(t, room+"#documents", got.Header.Get("Location"))
		}
		assert.Contains(t, b.get(room).Text, `data-job="`, "a page that is loaded anew shows the job")
		job := b.settled(room)
		assert.True(t, job.Done, job.Text)
		assert.Equal(t, 100, job.Percent)
		assert.Contains(t, b.get(room).Text, `class="doc-name">`+name)
	}
	left, err := os.ReadDir(b.site.uploads.folder)
	require.NoError(t, err)
	assert.Empty(t, left, "files are left")
}

func TestAFileOf20MBIsTaken(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	require.Equal(t, http.StatusAccepted, b.send(room, "大.pdf", duobeiyun.MaxDocumentSize, true).StatusCode)
	assert.True(t, b.settled(room).Done)
}

func TestAWrongFileIsRefusedBeforeTheVendor(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	for _, c := range []struct {
		name, file string
		size       int
		key        string
		status     int
	}{
		{"of another kind", "notes.txt", 5, "kind", http.StatusUnprocessableEntity},
		{"without a kind", "notes", 5, "kind", http.StatusUnprocessableEntity},
		{"too large", "a.pdf", duobeiyun.MaxDocumentSize + 1, "size", http.StatusRequestEntityTooLarge},
		{"far too large", "a.pdf", 2 * duobeiyun.MaxDocumentSize, "size", http.StatusRequestEntityTooLarge},
		{"empty", "a.pdf", 0, "none", http.StatusUnprocessableEntity},
		{"not there", "", 0, "none", http.StatusUnprocessableEntity},
	} {
		text := texts["upload."+c.key+".text"].zh
		got := b.send(room, c.file, c.size, true)
		assert.Equal(t, c.status, got.StatusCode, c.name)
		assert.Contains(t, got.Text, text, c.name)
		got = b.send(room, c.file, c.size, false)
		require.Equal(t, http.StatusSeeOther, got.StatusCode, c.name)
		assert.Equal(t, room+"?wrong="+c.key+"#documents", got.Header.Get("Location"), c.name)
		assert.Contains(t, b.get(room+"?wrong="+c.key).Text, `role="alert">`+text, c.name)
	}
	for _, r := range b.site.demo.vendor.Requests() {
		assert.NotEqual(t, "api/v3/documents/upload", r.Path, "a file reached the vendor")
	}
}

func TestALostAnswerToAnUploadIsLookedFor(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	b.site.demo.vendor.LoseNext("api/v3/documents/upload")
	b.send(room, "a.pdf", 3000, true)
	job := b.settled(room)
	assert.True(t, job.Done, job.Text)
	uploads := 0
	for _, r := range b.site.demo.vendor.Requests() {
		if r.Path == "api/v3/documents/upload" {
			uploads++
		}
	}
	assert.Equal(t, 1, uploads)
}

func TestAJobSaysThatItFailed(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	b.site.demo.vendor.FailNext("api/v3/documents/upload", "app_afford_error")
	b.send(room, "a.pdf", 3000, true)
	job := b.settled(room)
	assert.True(t, job.Failed)
	assert.Contains(t, job.Text, "额度不足")
}

func TestClosingDoesNotWaitForTheVendor(t *testing.T) {
	var ended time.Time
	t.Cleanup(func() { assert.Less(t, time.Since(ended), 5*time.Second, "the site waited") }) // after the site's own
	b := open(t, 1)
	room := b.room(0)
	b.site.demo.slow.Store(int64(time.Minute))
	b.send(room, "a.pdf", 3000, true)
	require.Eventually(t, func() bool { return strings.Contains(b.jobs(room)[0].Text, "正在上传") }, 10*time.Second, 10*time.Millisecond)
	ended = time.Now()
}

func TestABrowserThatLeavesIsNoticed(t *testing.T) {
	b := open(t, 7)
	room := b.room(0)
	read, write := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+room+"/documents", read)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set(tokenHeader, b.token())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := b.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}()
	_, err = io.WriteString(write, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n"+strings.Repeat("x", 8192))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(b.jobs(room)) == 1 }, 10*time.Second, 10*time.Millisecond)
	assert.Contains(t, b.jobs(room)[0].Text, "正在接收")
	require.NoError(t, write.CloseWithError(io.ErrUnexpectedEOF))
	<-done
	job := b.settled(room)
	assert.True(t, job.Failed)
	assert.Contains(t, job.Text, "请重新选择文件")
}

func TestDocumentsAreAttachedAndRemoved(t *testing.T) {
	b := open(t, 7)
	room, other := b.room(0), b.room(1)
	b.send(room, "a.pdf", 3000, true)
	require.True(t, b.settled(room).Done)
	id := b.site.uploads.jobs[0].ID
	require.NotEmpty(t, id)
	document := b.site.demo.vendor.Requests()
	var documentID string
	for _, r := range document {
		if r.Path == "api/v3/room/attachDocument" {
			documentID = r.Params.Get("documentId")
		}
	}
	b.site.demo.vendor.LoseNext("api/v3/room/attachDocument")
	for range 2 { // in two tabs; the first answer is lost
		assert.Equal(t, http.StatusSeeOther, b.post(other+"/attach", "document", documentID).StatusCode)
	}
	assert.Contains(t, b.get(other).Text, `class="doc-name">a.pdf`)
	for range 2 {
		assert.Equal(t, http.StatusSeeOther, b.post(other+"/detach", "document", documentID).StatusCode)
	}
	assert.NotContains(t, b.get(other).Text, `class="doc-name">a.pdf`)
	assert.Equal(t, http.StatusNotFound, b.post(other+"/attach", "document", "nothing").StatusCode)
}
