package duobeiyun

import (
	"context"
	"errors"
	"iter"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// DocumentsService uploads and finds the documents that are shown in rooms.
type DocumentsService struct{ core *core }

// Document is an uploaded document.
type Document struct {
	DocumentID      string         `json:"uniqueId" wire:"essential,alias=documentId|slidesUuid"` // as Documents.Upload returned it
	OriginalDocName string         `json:"originalDocName"`                                       // the uploaded file's name (文档标题)
	DocumentType    string         `json:"documentType"`                                          // media type (文档类型)
	CreateTime      Time           `json:"createTime"`                                            // when it was uploaded (文档上传时间)
	Status          DocumentStatus `json:"status" wire:"essential"`                               // a number here, such as "3", which the document does not explain
	DocSize         string         `json:"docSize"`                                               // rounded, for display, such as "158.0K" (文档大小)
	SlideCount      int            `json:"slideCount"`                                            // pages (文档页数)
}

// DocumentStatus is the state of a document's conversion (转换状态): the vendor's
// own word, or the digits of a number if the vendor answers one.
type DocumentStatus string

// The words for the state of a conversion.
const (
	DocumentConverting DocumentStatus = "converting"
	DocumentConverted  DocumentStatus = "converted"
	DocumentFailed     DocumentStatus = "failed"
)

// UnmarshalJSON reads a word or a number.
func (s *DocumentStatus) UnmarshalJSON(data []byte) error {
	return (*lenient.Text)(s).UnmarshalJSON(data)
}

var documentStatus = declare[documentParams](transport.Spec{
	Op: "Documents.Status", Section: "查询文档转换状态", Path: "api/v3/documents/status", Class: transport.Read,
}, func(a *statusAnswer) DocumentStatus { return a.Status })

// Status returns the state of a document's conversion (查询文档转换状态, POST
// api/v3/documents/status).
func (s *DocumentsService) Status(ctx context.Context, documentID string) (DocumentStatus, error) {
	return documentStatus.Do(ctx, s.core, documentParams{documentID})
}

// WaitConverted polls the status of a document until it is converted, at
// intervals that grow from 1 s to 10 s. A conversion that failed is an error of
// kind ErrFailedPrecondition with the code "failed". It waits until ctx ends:
// give ctx a deadline.
func (s *DocumentsService) WaitConverted(ctx context.Context, documentID string) error {
	return s.waitConverted(ctx, "Documents.WaitConverted", documentID, func(DocumentStatus) error { return nil })
}

// waitConverted is WaitConverted for the method op. see is called with what each poll has
// found, and its error ends the wait.
func (s *DocumentsService) waitConverted(ctx context.Context, op, documentID string, see func(DocumentStatus) error) error {
	return poll(ctx, op, "the document", func() (DocumentStatus, bool, error) {
		status, err := s.Status(ctx, documentID)
		if err == nil {
			err = see(status)
		}
		if err == nil && status == DocumentFailed {
			err = &edusdk.Error{
				Vendor: vendor, Op: op, Kind: edusdk.ErrFailedPrecondition, Code: string(status),
				Err: errors.New("the vendor could not convert the document: upload it again, perhaps in another format"),
			}
		}
		return status, status == DocumentConverted, err
	})
}

// ListDocumentsRequest filters a list of documents. A zero field does not
// filter; a nil request lists all documents.
type ListDocumentsRequest struct {
	// Name is a part of the document's name (根据标题模糊查询).
	Name string `url:"docName,omitempty"`
	// PageNo counts from 1. 0 leaves it to the vendor; All then begins with 1.
	PageNo int `url:"pageNo,omitempty"`
}

// Validate checks PageNo, for List and All.
func (r ListDocumentsRequest) Validate() error { return checkPageNo(r.PageNo) }

// DocumentPage is a page of a list of documents.
type DocumentPage struct {
	Pagination

	Items []*Document `json:"items" wire:"essential"` // the documents of this page
}

var listDocuments = declare[ListDocumentsRequest](transport.Spec{
	Op: "Documents.List", Section: "查看机构文档列表", Path: "api/v3/document/list", Class: transport.Read,
}, (*pageAnswer[DocumentPage]).page)

// List returns a page of the account's documents (查看机构文档列表、按标题搜索文档,
// POST api/v3/document/list).
func (s *DocumentsService) List(ctx context.Context, req *ListDocumentsRequest) (*DocumentPage, error) {
	return listDocuments.Do(ctx, s.core, params.ValueOf(req))
}

// All yields the documents of all pages from req.PageNo on, each once, and
// fetches a page when it is needed. An error ends the sequence. req is copied.
func (s *DocumentsService) All(ctx context.Context, req *ListDocumentsRequest) iter.Seq2[*Document, error] {
	r := params.ValueOf(req)
	return all(r.PageNo, func(pageNo int) ([]*Document, Pagination, error) {
		page, err := s.List(ctx, &ListDocumentsRequest{Name: r.Name, PageNo: pageNo})
		if err != nil {
			return nil, Pagination{}, err
		}
		return page.Items, page.Pagination, nil
	}, func(d *Document) string { return d.DocumentID }, s.core.stuckList(listDocuments.Op))
}

var getDocument = declare[documentParams](transport.Spec{
	Op: "Documents.Get", Section: "查询文档详细信息", Path: "api/v3/document/detail", Class: transport.Read,
}, func(a *documentAnswer) *Document { return a.Document })

// Get returns a document (查询文档详细信息, POST api/v3/document/detail).
func (s *DocumentsService) Get(ctx context.Context, documentID string) (*Document, error) {
	return getDocument.Do(ctx, s.core, documentParams{documentID})
}

var deleteDocument = declare[documentParams](transport.Spec{
	Op: "Documents.Delete", Section: "删除文档", Path: "api/v3/document/delete", Class: transport.Upsert,
}, nothing)

// Delete deletes a document (删除文档, POST api/v3/document/delete). A lost
// answer makes the client repeat it; the result is then ErrNotFound if the first
// request had been carried out.
func (s *DocumentsService) Delete(ctx context.Context, documentID string) error {
	return transport.Done(ctx, deleteDocument, s.core, documentParams{documentID})
}

var previewLink = transport.DeclareLink(vendor, transport.Spec{
	Op: "Documents.PreviewURL", Section: "请求预览文档", Path: "api/v3/document/preview", Class: transport.Read, Traits: plainHTTP,
})

// PreviewURL returns the link to a document's preview picture (请求预览文档, GET
// api/v3/document/preview). Nothing is sent. The link is http, as the document
// requires, unless Config.BaseURL is set, and is valid for five minutes.
func (s *DocumentsService) PreviewURL(documentID string) (*SignedURL, error) {
	return s.core.link(previewLink, s.core.plainBase, struct {
		UUID string `url:"uuid" arg:"documentID"`
	}{documentID})
}

type statusAnswer struct {
	envelope

	Status DocumentStatus `json:"status" wire:"essential"`
}

func (a *statusAnswer) Absent() string {
	if a.Status == "" {
		return "status"
	}
	return ""
}

type documentAnswer struct {
	envelope

	Document *Document `json:"document" wire:"essential"`
}

func (a *documentAnswer) Absent() string {
	if a.Document == nil {
		return "document"
	}
	return ""
}
