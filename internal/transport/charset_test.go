package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/charset"
)

// gbk returns a text in GBK.
func gbk(t *testing.T, text string) string {
	t.Helper()
	encoded, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	return encoded
}

// Answers are read in the character set that they are in, whatever their label is.
func TestCharacterSetsOfAnswers(t *testing.T) {
	t.Parallel()
	const failure, good = `{"code":"GONE","message":"系统繁忙"}`, `{"ok":true,"name":"张三"}`
	for name, tt := range map[string]struct {
		status    int
		body      string
		label     string
		message   string // of the vendor's, for a failure that is read
		kind      edusdk.Kind
		malformed error // what is wrong with an answer that cannot be read
	}{
		"a failure labelled GBK":                 {200, gbk(t, failure), "application/json;charset=GBK", "系统繁忙", edusdk.ErrNotFound, nil},
		"a failure labelled gb2312":              {200, gbk(t, failure), "text/html; charset=\"gb2312\"", "系统繁忙", edusdk.ErrNotFound, nil},
		"a failure labelled GB18030":             {200, gbk(t, failure), "application/json; charset=gb18030", "系统繁忙", edusdk.ErrNotFound, nil},
		"a failure in UTF-8 labelled GBK":        {200, failure, "application/json;charset=GBK", "系统繁忙", edusdk.ErrNotFound, nil},
		"a failure without a label":              {200, gbk(t, failure), "", "系统繁忙", edusdk.ErrNotFound, nil},
		"a failure labelled UTF-8 by mistake":    {500, gbk(t, failure), "application/json;charset=UTF-8", "系统繁忙", edusdk.ErrNotFound, nil},
		"a success labelled GBK":                 {200, gbk(t, good), "application/json;charset=GBK", "", 0, nil},
		"a success in UTF-8 labelled GBK":        {200, good, "application/json;charset=GBK", "", 0, nil},
		"a success in UTF-8 with a mark":         {200, "\ufeff" + good, "application/json;charset=GBK", "", 0, nil},
		"a success without a label":              {200, gbk(t, good), "", "", edusdk.ErrMalformedResponse, charset.ErrNotUTF8},
		"a success labelled UTF-8 by mistake":    {200, gbk(t, good), "application/json; charset=utf-8", "", edusdk.ErrMalformedResponse, charset.ErrNotUTF8},
		"a success labelled Latin-1":             {200, gbk(t, good), "application/json; charset=iso-8859-1", "", edusdk.ErrMalformedResponse, charset.ErrNotUTF8},
		"what is neither":                        {200, `{"ok":true,"name":"` + "\xff" + `"}`, "application/json;charset=GBK", "", edusdk.ErrMalformedResponse, charset.ErrNotGBK},
		"a character that does not exist":        {200, `{"ok":true,"name":"` + "\xfe\x39\xfe\x39" + `"}`, "application/json;charset=GBK", "", edusdk.ErrMalformedResponse, charset.ErrNotGBK},
		"UTF-16":                                 {200, "\xff\xfe{\x00}\x00", "", "", edusdk.ErrMalformedResponse, errNotJSON},
		"a page labelled GBK":                    {200, gbk(t, "<html>系统繁忙</html>"), "text/html;charset=GBK", "", edusdk.ErrUnavailable, errWebPage},
		"a page without a label":                 {502, gbk(t, "<html>系统繁忙</html>"), "", "", edusdk.ErrUnavailable, errWebPage},
		"gzip that was not decompressed":         {200, string(zipped(t, 10)), "application/json", "", edusdk.ErrMalformedResponse, errGzip},
		"a text":                                 {200, gbk(t, "系统繁忙"), "text/plain; charset=GBK", "", edusdk.ErrMalformedResponse, errNotJSON},
		"a failing status without the vendor's":  {403, gbk(t, `{"error":"禁止"}`), "application/json;charset=UTF-8", "", edusdk.ErrPermissionDenied, charset.ErrNotUTF8},
		"a failing status, labelled as what not": {403, gbk(t, "<h1>禁止"), "application/json;charset=UTF-8", "", edusdk.ErrPermissionDenied, errWebPage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub, _ := inTurn(give(tt.status, tt.body, "Content-Type", tt.label))
			c := newStubbed(t, stub, oneAttempt)
			var raw edusdk.Captured
			err := c.Do(edusdk.WithCapture(t.Context(), &raw), newCall(c, Read, &script{}))
			assert.Equal(t, tt.body, string(raw.Body), "what is captured")
			if tt.kind == 0 {
				require.NoError(t, err)
				return
			}
			e := errorOf(t, err)
			assert.Equal(t, tt.kind, e.Kind, "Kind of: %v", e)
			assert.Equal(t, tt.message, e.Message)
			assert.NotContains(t, e.Error(), "\ufffd")
			if tt.malformed != nil {
				require.ErrorIs(t, e, tt.malformed)
				assert.Contains(t, e.Error(), tt.malformed.Error(), "the text says why")
			} else {
				assert.Equal(t, "GONE", e.Code)
			}
		})
	}
}

// What an answer becomes in UTF-8 is within the cap too, and so is what is kept of it.
func TestTheCapAppliesAfterGrowth(t *testing.T) {
	t.Parallel()
	body := gbk(t, `{"ok":true,"name":"`+strings.Repeat("张", 1000)+`"}`)
	stub, _ := inTurn(give(200, body, "Content-Type", "application/json; charset=gbk"))
	for _, limit := range []int{len(body), len(body) + 999, len(body) + 1000} {
		c := newStubbed(t, stub, oneAttempt, edusdk.WithMaxResponseSize(int64(limit)))
		err := c.Do(t.Context(), newCall(c, Read, &script{}))
		if limit == len(body)+1000 {
			assert.NoError(t, err, "cap %d", limit)
			continue
		}
		e := errorOf(t, err)
		assert.Equal(t, edusdk.ErrMalformedResponse, e.Kind)
		assert.ErrorIs(t, e, errTooLarge, "cap %d", limit)
	}
}

// The character set is guessed to read a failure, and not to read a success.
func TestAGuessDoesNotStay(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(200, gbk(t, `{"ok":true,"name":"张三"}`)), give(200, success))
	c := newStubbed(t, stub, quick)
	n := 0
	x := &script{decode: func(ans *Answer) error {
		n++
		return decodeAcme(ans)
	}}
	require.NoError(t, c.Do(t.Context(), newCall(c, Read, x)), "a read is repeated")
	assert.Equal(t, 2, n)
}

// A page's own meta element says what it is in where its Content-Type does not.
func TestCharacterSetsOfPages(t *testing.T) {
	t.Parallel()
	const head = `<html><head><meta http-equiv="Content-Type" content="text/html; charset=gbk"></head>`
	for name, tt := range map[string]struct {
		body, label, want string
		wrong             error
	}{
		"labelled":                    {gbk(t, "<p>课程已过期</p>"), "text/html;charset=gbk", "<p>课程已过期</p>", nil},
		"with a meta element":         {gbk(t, head+"课程已过期"), "text/html", head + "课程已过期", nil},
		"with one, under another":     {gbk(t, head+"课程已过期"), "text/html; charset=utf-8", head + "课程已过期", nil},
		"with one, by which it is":    {head + "\xc3\xa7", "text/html", head + "莽", nil}, // it could be UTF-8, too
		"with one, and yet in UTF-8":  {head + "课程已过期", "", head + "课程已过期", nil},
		"not said anywhere":           {gbk(t, "<p>课程已过期</p>"), "text/html", "<p>课程已过期</p>", nil},
		"neither":                     {"<p>\xff\xff</p>", "text/html", "", charset.ErrNotUTF8},
		"gzip":                        {string(zipped(t, 10)), "text/html", "", errGzip},
		"of no text in GBK, but ours": {"OK", "", "OK", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub, _ := inTurn(give(200, tt.body, "Content-Type", tt.label))
			c := newStubbed(t, stub, oneAttempt)
			got := ""
			call := newCall(c, Read, &script{decode: func(ans *Answer) error {
				got = string(ans.Body)
				return nil
			}})
			call.AnyContent = true
			err := c.Do(t.Context(), call)
			if tt.wrong != nil {
				assert.ErrorIs(t, errorOf(t, err), tt.wrong)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

// An answer that is labelled as gzip and is not says so, whatever its status is.
func TestALabelOfGzipOverPlainText(t *testing.T) {
	t.Parallel()
	for _, code := range []int{200, 403, 500} {
		for _, body := range []string{success, "<html></html>"} { // shorter ones end within what could be the header of gzip
			srv, _ := serve(t, status(code, body, "Content-Encoding", "gzip"))
			c := newClient(t, srv.URL, oneAttempt)
			e := errorOf(t, c.Do(t.Context(), newCall(c, Create, &script{})))
			assert.ErrorIs(t, e, errNotGzip)
			assert.Contains(t, e.Error(), "not compressed with gzip")
			assert.NotContains(t, e.Error(), "cut off")
			assert.Equal(t, code != http.StatusForbidden, e.MaybeApplied, "of a create under status %d", code)
		}
	}
}
