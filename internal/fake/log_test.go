package fake

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOnlyNamesAreShown(t *testing.T) {
	for in, want := range map[string]string{
		"startTime": "startTime", "student UserCode": "student UserCode", "h5": "h5", "new_section_id": "new_section_id", "_": "_",
		"": "…", "张三": "…", "13800130000": "…", "0123456789abcdef0123456789abcdef": "…", "abc0123456789def": "…", `{"passWord":"p"}`: "…",
		"a\nb": "…", strings.Repeat("a", 60): "…", "a=b": "…",
	} {
		assert.Equal(t, want, Shown(in), "%q", in)
	}
	for in, want := range map[string]string{
		"api/v4/room/create": "api/v4/room/create", "/oauth/client_token/": "oauth/client_token", "": "", "/": "",
		"chat/jz00000000000000000000000000000001/chat.json": "chat/…/chat.json", "api/张三": "api/…", "a//b": "a//b",
		strings.Repeat("a/", 50): strings.Repeat("a/", 10) + "…",
	} {
		assert.Equal(t, want, ShownPath(in), "%q", in)
	}
}

func TestTheLoggerIsTold(t *testing.T) {
	c := New[int, string](nil)
	c.Log(t.Context(), Verdict{}) // to nobody
	var b strings.Builder
	c.SetLogger(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	c.Log(t.Context(), Verdict{Method: "POST", Path: "api/one", Status: 200, Code: "0"})
	c.Log(t.Context(), Verdict{Method: "P\nST", Path: "api/13800130000", Status: 404, Refused: true, Problem: "no such endpoint"})
	c.SetLogger(nil)
	c.Log(t.Context(), Verdict{Method: "POST"})
	assert.Equal(t, "level=INFO msg=request method=POST path=api/one status=200 code=0\n"+
		"level=WARN msg=request method=… path=api/… status=404 problem=\"no such endpoint\"\n", b.String())
}
