package duobeiyuntest

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

const maxDocument = 20 << 20

// document is an uploaded document.
type document struct {
	id, name, media string
	size            int64
	created         time.Time
	failed          bool
}

// SetConversionDelay sets how long after its upload a document is converted, and
// how long after its end the recording of a room (see SetStrict), by the fake's
// clock. It starts with two seconds.
func (h *Handler) SetConversionDelay(d time.Duration) {
	h.core.Lock()
	defer h.core.Unlock()
	h.vendor.delay = d
}

// FailConversion makes the conversion of a document fail and reports whether
// there is such a document.
func (h *Handler) FailConversion(documentID string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	d := h.vendor.document(documentID)
	if d != nil {
		d.failed = true
	}
	return d != nil
}

// state returns the vendor's word for how far the conversion is.
func (d *document) state(c *call) string {
	switch {
	case c.now.Before(d.created.Add(c.delay)):
		return "converting"
	case d.failed:
		return "failed"
	default:
		return "converted"
	}
}

// show returns the document as lists have it. Their status is a number; that of
// a converted document is 3.
func (d *document) show(c *call) map[string]any {
	status := map[string]int{"converting": 1, "failed": 2, "converted": 3}[d.state(c)]
	return map[string]any{
		"createTime": d.created.UnixMilli(), "status": status,
		"docSize":  fmt.Sprintf("%.1fK", float64(d.size)/1024),
		"uniqueId": d.id, "slideCount": 1, "documentType": d.media, "originalDocName": d.name,
	}
}

func (c *call) upload() output {
	f := c.in.File
	switch extension := strings.ToLower(path.Ext(f.Name)); {
	case f.Field != "slidesFile":
		return fail("app_parameter_error", "slidesFile must be the name of the file's part")
	case f.Size == 0 || f.Size > maxDocument:
		return fail("app_parameter_error", "slidesFile must have at least one byte, and at most 20 MiB")
	case !slices.Contains([]string{".doc", ".docx", ".ppt", ".pptx", ".pdf", ".jpg", ".jpeg", ".png"}, extension):
		return fail("app_parameter_error", "slidesFile must have the filename of a Word, PowerPoint, PDF, JPEG or PNG file")
	}
	d := &document{
		id:   fmt.Sprintf("00000000-0000-4000-8000-%012x", c.nextID()),
		name: f.Name, media: f.ContentType, size: f.Size, created: c.now,
	}
	c.documents = append(c.documents, d)
	return success(map[string]any{"uuid": d.id})
}

// withDocument carries out what needs the document that the request names.
func (c *call) withDocument(do func(*document) output) output {
	d := c.document(c.in.get("documentId"))
	if d == nil {
		return fail("document_not_found", "documentId is not that of a document")
	}
	return do(d)
}

func (c *call) status() output {
	return c.withDocument(func(d *document) output {
		return success(map[string]any{"status": d.state(c)})
	})
}

func (c *call) listDocuments() output {
	var found []*document
	for _, d := range slices.Backward(c.documents) {
		if strings.Contains(d.name, c.in.get("docName")) {
			found = append(found, d)
		}
	}
	return success(map[string]any{"pagination": paginate(c, found, func(d *document) any { return d.show(c) })})
}

func (c *call) documentDetail() output {
	return c.withDocument(func(d *document) output {
		return success(map[string]any{"document": d.show(c)})
	})
}

func (c *call) deleteDocument() output {
	return c.withDocument(func(d *document) output {
		c.documents = slices.DeleteFunc(c.documents, func(other *document) bool { return other == d })
		for _, r := range c.rooms {
			r.attached = slices.DeleteFunc(r.attached, func(a attachment) bool { return a.document == d })
		}
		return success(nil)
	})
}

func (c *call) preview() output {
	if c.document(c.in.get("uuid")) == nil {
		return fail("app_slides_error", "uuid is not that of a document")
	}
	return output{png: slide()}
}

// slide is a picture of a slide: a page with a frame.
var slide = sync.OnceValue(func() []byte {
	img := image.NewGray(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			if x > 1 && x < 158 && y > 1 && y < 118 {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var buf bytes.Buffer
	_ = png.Encode(&buf, img) // a bytes.Buffer takes everything
	return buf.Bytes()
})

func (c *call) uptoken() output {
	return success(map[string]any{"uptoken": fmt.Sprintf("fake-uptoken-%08x", c.nextID())})
}

// enter answers with the page of a room, or with one that says why it cannot be
// entered.
func (c *call) enter() output {
	return c.withRoom(func(r *room) output {
		notice, problem := "", ""
		switch {
		case c.now.After(r.validEnd):
			notice, problem = "回放有效期已过", "roomId is of a room whose recording has expired"
		case c.strict:
			notice, problem = c.closed(r)
		}
		if notice != "" {
			class := map[string]string{"回放有效期已过": " end", "空录像": " end", "转换失败": " error"}[notice]
			page := fmt.Sprintf(noticePage, class, html.EscapeString(r.title), stamp(r.start), stamp(r.end), notice)
			return output{html: page, problem: problem}
		}
		return output{html: fmt.Sprintf(roomPage, html.EscapeString(c.base+"/client-1vN/"+r.id))}
	})
}

// closed returns why a room cannot be entered now: in the vendor's words, and in
// those of Request.Problem.
func (c *call) closed(r *room) (notice, problem string) {
	switch {
	case !r.vod && c.now.Before(r.start):
		return "未开始", "roomId is of a room that has not begun: see its startTime"
	case !r.vod && !c.now.After(r.end):
		return "", ""
	}
	switch c.converted(r) {
	case convertSucceeded:
		return "", ""
	case convertFailed:
		return "转换失败", "roomId is of a room whose recording could not be converted"
	case convertEmpty:
		return "空录像", "roomId is of a room whose recording is empty"
	}
	return "转换中", "roomId is of a room that has ended, and whose recording is being converted"
}

const roomPage = `<body style="padding: 0;margin: 0;height: 100%%;">
<iframe src="%s" style="border: medium none;display: block;height: 100%%;width: 100%%;" frameborder="0"></iframe>
</body>
`

const noticePage = `<!doctype html>
<html>
<head><meta charset="utf-8"><title>提示</title></head>
<body>
<div class="wrap%s"><div id="content"><h1>提示:</h1>
<div class="meeting_info">
<p class="title cf"><span class="label fl">活动名称:</span><strong class="detail fl">%s</strong></p>
<p class="time"><span class="label">活动时间:</span> %s - %s</p>
</div>
<p class="meeting_status">%s</p>
</div></div>
</body>
</html>
`
