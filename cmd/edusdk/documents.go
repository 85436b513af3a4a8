package main

import (
	"context"

	"github.com/edusdk/edusdk/duobeiyun"
)

func documentCommands() []*command {
	return []*command{
		{
			name: "doc upload", args: "FILE", vendor: duobeiyunVendor, about: text{"上传课件", "upload a document"},
			notes: text{
				"doc、docx、ppt、pptx、pdf、jpg、jpeg、png，不超过 20 MiB。",
				"doc, docx, ppt, pptx, pdf, jpg, jpeg or png, of at most 20 MiB.",
			},
			examples: []string{"doc upload lesson.pdf -wait", "doc upload lesson.pdf -attach jz0123456789"},
			setup:    uploadDocument,
		},
		{
			name: "doc list", vendor: duobeiyunVendor, about: text{"列出课件", "list the documents"},
			examples: []string{"doc list -name 第一课"},
			setup: func(f *flags) action {
				name := f.string("name", "", text{"文件名中的`文字`", "`part` of the name"})
				limit := f.int("limit", 0, text{"最多显示`个数`，0 为全部", "`number` of documents at most; 0 is all"})
				return viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, _ []string) (*result, error) {
					documents, err := collect(client.Documents.All(ctx, &duobeiyun.ListDocumentsRequest{Name: *name}), *limit, nil)
					r := &result{value: listed(documents), header: []text{{"课件", "DOCUMENT"}, {"文件名", "NAME"}, {"大小", "SIZE"}, {"页数", "PAGES"}, {"状态", "STATUS"}, {"上传时间（北京）", "UPLOADED (UTC+8)"}}}
					for _, d := range documents {
						r.rows = append(r.rows, []any{d.DocumentID, d.OriginalDocName, d.DocSize, d.SlideCount, statusText(d.Status), d.CreateTime.Time})
					}
					return r, err
				})
			},
		},
		{
			name: "doc status", args: "DOCUMENT", vendor: duobeiyunVendor, about: text{"查看课件的转换状态", "tell how far the conversion of a document is"},
			examples: []string{"doc status 8a7c…", "doc status 8a7c… -wait"},
			setup: func(f *flags) action {
				wait := f.bool("wait", text{"等待转换完成", "wait until it is converted"})
				return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error) {
					if *wait {
						if err := s.converted(ctx, client, args[0]); err != nil {
							return nil, err
						}
					}
					status, err := client.Documents.Status(ctx, args[0])
					if err != nil {
						return nil, err
					}
					return &result{value: map[string]any{"documentId": args[0], "status": status}, fields: []field{
						{text{"课件", "Document"}, args[0]}, {text{"状态", "Status"}, statusText(status)},
					}}, nil
				})
			},
		},
		{
			name: "doc delete", args: "DOCUMENT", vendor: duobeiyunVendor, about: text{"删除课件", "delete a document"},
			notes:    text{"在终端中会先询问确认；不在终端中时必须加 -yes。", "On a terminal it asks first; elsewhere -yes is required."},
			examples: []string{"doc delete 8a7c… -yes"},
			setup: func(f *flags) action {
				yes := f.confirmable()
				return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error) {
					if err := s.confirm(ctx, *yes, false, text{"删除课件 %s？", "Delete the document %s?"}.with(args[0])); err != nil {
						return nil, err
					}
					return &result{
						value: map[string]any{"documentId": args[0], "deleted": true}, fields: []field{{text{"课件", "Document"}, args[0]}},
						notes: []text{{"课件已删除。", "The document is deleted."}},
					}, client.Documents.Delete(ctx, args[0])
				})
			},
		},
	}
}

func statusText(status duobeiyun.DocumentStatus) text {
	switch status {
	case duobeiyun.DocumentConverting:
		return text{"转换中", "converting"}
	case duobeiyun.DocumentConverted:
		return text{"已转换", "converted"}
	case duobeiyun.DocumentFailed:
		return text{"转换失败", "failed"}
	}
	return text{string(status), string(status)}
}
