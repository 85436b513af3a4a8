package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/console"
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
			notes:    text{"列表中的状态是平台的数字，文档没有说明；doc status 给出文字状态。", "The status in a list is a number that the platform does not explain; doc status tells it in a word."},
			examples: []string{"doc list -name 第一课"},
			setup: func(f *flags) action {
				name := f.string("name", "", text{"文件名中的`文字`", "`part` of the name"})
				limit := f.int("limit", 0, text{"最多显示`个数`，0 为全部", "`number` of documents at most; 0 is all"})
				return viaDuobeiyun(func(ctx context.Context, _ *session, client *duobeiyun.Client, _ []string) (*result, error) {
					documents, err := collect(client.Documents.All(ctx, &duobeiyun.ListDocumentsRequest{Name: *name}), *limit, nil)
					r := &result{value: listed(documents), long: 1, header: []text{{"课件", "DOCUMENT"}, {"文件名", "NAME"}, {"状态", "STATUS"}, {"大小", "SIZE"}, {"页数", "PAGES"}, {"上传时间（北京）", "UPLOADED (UTC+8)"}}}
					for _, d := range documents {
						r.rows = append(r.rows, []any{d.DocumentID, d.OriginalDocName, statusText(d.Status), console.Right(d.DocSize), d.SlideCount, d.CreateTime.Time})
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

// uploadDocument is doc upload.
func uploadDocument(f *flags) action {
	name := f.string("name", "", text{"在教室中显示的`文件名`，默认为文件自己的名字", "`name` that the classroom shows; the file's own if absent"})
	wait := f.bool("wait", text{"等待转换完成", "wait until it is converted"})
	room := f.string("attach", "", text{"转换完成后附加到此`教室`", "attach it to this `room`, once it is converted"})
	return viaDuobeiyun(func(ctx context.Context, s *session, client *duobeiyun.Client, args []string) (*result, error) {
		// Before it is opened, which waits where it is a pipe, and minds no ctrl-C.
		info, err := os.Stat(args[0]) //nolint:gosec // the user's own choice
		if err == nil && !info.Mode().IsRegular() {
			err = errNotRegular
		}
		var file *os.File
		if err == nil {
			file, err = os.Open(args[0]) //nolint:gosec // the user's own choice
		}
		if err != nil {
			return nil, &failure{what: text{"无法打开文件：%v", "the file cannot be opened: %v"}.with(err), exit: exitUsage}
		}
		defer func() { _ = file.Close() }() // it is only read
		title := cmp.Or(*name, filepath.Base(args[0]))
		id, err := s.upload(ctx, client, duobeiyun.UploadRequest{Name: title, Content: file}, *room)
		if id == "" {
			look := "  edusdk doc list -name " + quoted(title)
			return nil, looked(err, text{look + "\n  edusdk doc delete 课件（如不需要）", look + "\n  edusdk doc delete DOCUMENT, if it is there and not wanted"})
		}
		if err == nil && *room == "" && *wait {
			err = s.converted(ctx, client, id)
		}
		r := &result{value: map[string]any{"documentId": id}, fields: []field{{text{"课件", "Document"}, id}}}
		if err != nil {
			r.err = &advised{err, uploaded(id, *room)}
			return r, nil
		}
		status := duobeiyun.DocumentConverting
		if *wait || *room != "" {
			status = duobeiyun.DocumentConverted
		}
		value := map[string]any{"documentId": id, "status": status}
		if *room != "" {
			value["roomId"] = *room
		}
		r.value = value
		r.fields = append(r.fields, field{text{"状态", "Status"}, statusText(status)}, field{text{"教室", "Room"}, *room})
		return r, nil
	})
}

var errNotRegular = errors.New("not a regular file")

// upload uploads a document and, if room is not "", has it converted and attached. With
// an error it returns the document's id as well, if the vendor has it.
func (s *session) upload(ctx context.Context, client *duobeiyun.Client, file duobeiyun.UploadRequest, room string) (id string, err error) {
	bar := s.bar(text{"上传 %s", "uploading %s"}.with(file.Name), s.lang.Bytes)
	defer func() { bar.stop() }()
	if room == "" {
		file.Progress = bar.update
		if id, err = client.Documents.Upload(ctx, &file); err == nil {
			bar.done()
		}
		return id, err
	}
	ctx, cancel := context.WithTimeout(ctx, longestConversion)
	defer cancel()
	stage := duobeiyun.StageUploading
	id, err = client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{
		RoomID: room, Name: file.Name, Content: file.Content,
		Progress: func(p duobeiyun.AddDocumentProgress) {
			if p.Stage == stage {
				bar.update(p.Sent, p.Total)
				return
			}
			bar.done()
			stage, bar = p.Stage, progress{}
			switch stage {
			case duobeiyun.StageConverting:
				bar = s.bar(text{"等待转换", "converting"}, nil)
			case duobeiyun.StageAttaching:
				bar = s.bar(text{"附加到教室", "attaching it to the room"}, nil)
			}
		},
	})
	return id, err
}

// uploaded says what can be done about a document that is at the vendor, but not where
// it should be.
func uploaded(id, room string) text {
	next := "edusdk doc status " + id + " -wait"
	if room != "" {
		next += "\n  edusdk rooms attach " + room + " " + id
	}
	return text{
		"课件已经上传，不必重新上传。继续：\n  " + next + "\n或者删除：\n  edusdk doc delete " + id,
		"The document is at the vendor: do not upload it again. Go on with\n  " + next + "\nor take it away with\n  edusdk doc delete " + id,
	}
}

// converted waits until a document is converted.
func (s *session) converted(ctx context.Context, client *duobeiyun.Client, id string) error {
	ctx, cancel := context.WithTimeout(ctx, longestConversion)
	defer cancel()
	bar := s.bar(text{"等待转换", "converting"}, nil)
	defer bar.stop()
	err := client.Documents.WaitConverted(ctx, id)
	if err == nil {
		bar.done()
	}
	return err
}

// longestConversion is how long a conversion is waited for.
const longestConversion = 30 * time.Minute

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
