package duobeiyun_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// An upload goes from its reader to the network; the vendor then converts the
// document.
func ExampleDocumentsService_Upload() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	fake.SetConversionDelay(0)
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	id, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{
		Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …"),
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Documents.WaitConverted(ctx, id); err != nil {
		log.Fatal(err)
	}
	document, err := client.Documents.Get(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(document.OriginalDocName, document.DocumentType)
	// Output: 第一课.pdf application/pdf
}

// Progress is what the network has taken. It runs beside the caller, and not any more
// once the call has returned.
func ExampleDocumentsService_Upload_progress() {
	client, _, stop := startFake()
	defer stop()

	content := strings.Repeat("%PDF-1.4 …", 1000)
	var last int64
	_, err := client.Documents.Upload(context.Background(), &duobeiyun.UploadRequest{
		Name: "第一课.pdf", Content: strings.NewReader(content), Size: int64(len(content)),
		Progress: func(sent, total int64) { last = 100 * sent / total },
	})
	fmt.Println(last, "%", err)
	// Output: 100 % <nil>
}

// A file of this machine, under its own name.
func ExampleDocumentsService_UploadFile() {
	client, _, stop := startFake()
	defer stop()
	dir, err := os.MkdirTemp("", "lesson")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "第一课.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4 …"), 0o600); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	id, err := client.Documents.UploadFile(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	document, err := client.Documents.Get(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(document.OriginalDocName, document.DocSize)

	_, err = client.Documents.UploadFile(ctx, filepath.Join(dir, "nothing.pdf"))
	fmt.Println(errors.Is(err, edusdk.ErrInvalidArgument), errors.Is(err, os.ErrNotExist))
	// Output:
	// 第一课.pdf 0.0K
	// true true
}

// The answer to an upload is lost: Uploaded tells whether it was carried out.
func ExampleDocumentsService_Uploaded() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	fake.LoseNext("api/v3/documents/upload")
	_, err := client.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader("%PDF-1.4 …")})
	if edusdk.MaybeApplied(err) {
		document, err := client.Documents.Uploaded(ctx, &duobeiyun.UploadedRequest{
			Name: "第一课.pdf", Since: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(document.OriginalDocName, "is there")
	}
	// Output: 第一课.pdf is there
}

// How far the conversion of a document is (查询文档转换状态).
func ExampleDocumentsService_Status() {
	client, fake, stop := startFake()
	defer stop()
	id := newDocument(client)

	ctx := context.Background()
	status, err := client.Documents.Status(ctx, id)
	fmt.Println(status, err)
	fake.SetConversionDelay(0) // a moment later
	status, err = client.Documents.Status(ctx, id)
	fmt.Println(status == duobeiyun.DocumentConverted, err)
	// Output:
	// converting <nil>
	// true <nil>
}

// A document that cannot be converted is an error, and so is a wait that ends first.
func ExampleDocumentsService_WaitConverted() {
	client, fake, stop := startFake()
	defer stop()
	fake.SetConversionDelay(0)
	id := newDocument(client)
	fake.FailConversion(id)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	err := client.Documents.WaitConverted(ctx, id)
	fmt.Println(errors.Is(err, edusdk.ErrFailedPrecondition))
	var e *edusdk.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code)
	}
	// Output:
	// true
	// failed
}

// One page of the documents with a word in their name.
func ExampleDocumentsService_List() {
	client, _, stop := startFake()
	defer stop()
	newDocument(client)

	page, err := client.Documents.List(context.Background(), &duobeiyun.ListDocumentsRequest{Name: "第一"})
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range page.Items {
		fmt.Println(d.OriginalDocName, d.DocSize, d.CreateTime)
	}
	// Output: 第一课.pdf 0.0K 2026-03-01 08:00:00 +0800 UTC+8
}

// All reads the pages of the list as they are needed.
func ExampleDocumentsService_All() {
	client, _, stop := startFake()
	defer stop()
	for range 25 { // more than a page
		newDocument(client)
	}

	count := 0
	for _, err := range client.Documents.All(context.Background(), nil) {
		if err != nil {
			log.Fatal(err)
		}
		count++
	}
	fmt.Println(count)
	// Output: 25
}

func ExampleDocumentsService_Get() {
	client, _, stop := startFake()
	defer stop()
	id := newDocument(client)

	document, err := client.Documents.Get(context.Background(), id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(document.OriginalDocName, document.DocumentType, document.SlideCount)
	// Output: 第一课.pdf application/pdf 1
}

func ExampleDocumentsService_Delete() {
	client, _, stop := startFake()
	defer stop()
	id := newDocument(client)

	ctx := context.Background()
	if err := client.Documents.Delete(ctx, id); err != nil {
		log.Fatal(err)
	}
	_, err := client.Documents.Get(ctx, id)
	fmt.Println(errors.Is(err, edusdk.ErrNotFound))
	// Output: true
}

// The link to the picture of a document's first page (请求预览文档). Nothing is sent.
func ExampleDocumentsService_PreviewURL() {
	client, _, stop := startFake()
	defer stop()
	id := newDocument(client)

	link, err := client.Documents.PreviewURL(id)
	if err != nil {
		log.Fatal(err)
	}
	u, err := url.Parse(link.URL) // for an <img>; the vendor's own address is plain http
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Path, u.Query().Get("uuid") == id)
	fmt.Println(link.Expires)
	// Output:
	// /api/v3/document/preview true
	// 2026-03-01 08:05:00 +0800 +0800
}
