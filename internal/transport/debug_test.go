package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// A debug text shows the names and sizes of all that is sent and received.
func TestDebugText(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		encode func(*Attempt) error
		answer func() (*http.Response, error)
		want   string
	}{
		{
			name: "a form",
			encode: func(a *Attempt) error {
				a.ContentType, a.Body = "application/x-www-form-urlencoded", []byte("partner=canary-1&title=%E5%BC%A0%E4%B8%89&sign=0123456789abcdef")
				return nil
			},
			answer: give(200, `{"ok":true,"room":{"roomId":"canary-jz1","title":"张三","length":90,"items":[{"id":"a"},{"id":"b"}],"none":null,"empty":[],"13800130000":1}}`,
				"Content-Type", "application/json", "X-Log-Id", "canary-log", "Set-Cookie", "canary=1"),
			want: `> acme Things.Do, attempt 1: POST http://acme.test/do
> Accept: application/json
> Content-Type: application/x-www-form-urlencoded
> User-Agent: edusdk-go/devel
> X-Tenant: (13)
> form: partner(8) title(6) sign(16)
< HTTP 200, 142 bytes, 0s
< Content-Type: application/json
< Set-Cookie: (8)
< X-Log-Id: (10)
< {ok: bool, room: {roomId: text(10), title: text(6), length: number, items: [{id: text(1)}, … 2 in all], none: null, empty: [], name(11): number}}

`,
		},
		{
			name: "JSON and a query",
			encode: func(a *Attempt) error {
				a.Query = "nickname=canary&canary%20of+Zhang=1&a13800130000=x&="
				a.JSON([]byte(`[{"cardNo":"canary-110101199003070013","on":false}]`))
				return nil
			},
			answer: give(404, `{"code":"GONE","message":"no canary-110101199003070013"}`),
			want: `> acme Things.Do, attempt 1: POST http://acme.test/do
> query: nickname(6) name(17)(1) name(12)(1) name(0)(0)
> Accept: application/json
> Content-Type: application/json
> User-Agent: edusdk-go/devel
> X-Tenant: (13)
> [{cardNo: text(25), on: bool}]
< HTTP 404, 56 bytes, 0s
< {code: text(4), message: text(28)}
! acme: Things.Do: not found: GONE: no [redacted] (HTTP 404)

`,
		},
		{
			name: "a page",
			encode: func(a *Attempt) error {
				a.Header = http.Header{"Cookie": {"auth=canary-cookie"}}
				return nil
			},
			answer: give(400, "<html>canary"),
			want: `> acme Things.Do, attempt 1: POST http://acme.test/do
> Accept: application/json
> Cookie: (18)
> User-Agent: edusdk-go/devel
> X-Tenant: (13)
< HTTP 400, 12 bytes, 0s
< a web page came in place of an answer
! acme: Things.Do: invalid argument: a web page came in place of an answer (HTTP 400)

`,
		},
		{
			name:   "no answer",
			answer: broken(errors.New("connection reset")),
			want: `> acme Things.Do, attempt 1: POST http://acme.test/do
> Accept: application/json
> Content-Type: application/json
> User-Agent: edusdk-go/devel
> X-Tenant: (13)
> {}
< no answer, 0s
! acme: Things.Do: unavailable: connection reset

`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			stub, _ := inTurn(tt.answer)
			c := newStubbed(t, stub, edusdk.WithDebug(&out), edusdk.WithHeader("X-Tenant", "canary-tenant"),
				edusdk.WithClock(func() time.Time { return start }))
			_ = c.Do(t.Context(), newCall(c, Create, &script{encode: tt.encode}))
			assert.Equal(t, tt.want, out.String())
		})
	}
}

// writes are the texts of a debug writer.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return 0, errors.New("the disk is full")
}

func TestEachAttemptIsOneWriteWhoseErrorIsIgnored(t *testing.T) {
	t.Parallel()
	var out writes
	stub, _ := inTurn(give(503, "down"), give(200, success))
	c := newStubbed(t, stub, edusdk.WithDebug(&out))
	var raw edusdk.Captured
	require.NoError(t, c.Do(edusdk.WithCapture(t.Context(), &raw), newCall(c, Read, &script{})))
	require.Len(t, out, 2)
	assert.Contains(t, out[0], "< the answer is not JSON\n! acme: Things.Do: unavailable")
	assert.Contains(t, out[1], "attempt 2:")
	assert.Contains(t, out[1], "< {ok: bool}\n")
	assert.Equal(t, success, string(raw.Body), "WithCapture works beside it")
}

func TestDebugOfAStream(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	stub, _ := inTurn(give(200, success))
	c := newStubbed(t, stub, edusdk.WithDebug(&out))
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{encode: func(a *Attempt) error {
		content, err := NewContent(strings.NewReader("canary-content"), 0, "Content")
		if err != nil {
			return err
		}
		a.Stream, a.ContentType, err = NewMultipart([]string{"name", "canary-name"}, "file", "canary.pdf", "application/pdf", content, nil)
		return err
	}})))
	assert.Contains(t, out.String(), "> Content-Type: multipart/form-data\n")
	assert.Regexp(t, `> a stream of \d+ bytes\n`, out.String())
	assert.NotContains(t, out.String(), "canary")
}

func TestDebugHasNoNamesOfACall(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	stub, _ := inTurn(give(200, `{"ok":true,"canary_name":1}`))
	c := newStubbed(t, stub, edusdk.WithDebug(&out))
	call := newCall(c, Read, &script{encode: func(a *Attempt) error {
		a.Query = "canary_name=1"
		return nil
	}})
	call.Op = escapeHatch
	require.NoError(t, c.Do(t.Context(), call))
	assert.NotContains(t, out.String(), "canary", "the parameters of a Call may be a map of anything")
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                             "the answer is empty",
		"{":                            "broken JSON",
		`"canary"`:                     "the answer is not JSON",
		"\xef\xbb\xbf {}":              "{}",
		"[]":                           "[]",
		"[[1,2],[3]]":                  "[[number, … 2 in all], … 2 in all]",
		`[1,{"a":[1,2,3]},{"b":"c"}]`:  "[number, … 3 in all]",
		`{"a":1e400,"b":{"c":[{}]}}`:   "{a: number, b: {c: [{}]}}",
		`{"张三":1,"":2,"a b":3,"1a":4}`: "{name(6): number, name(0): number, name(3): number, name(2): number}",
		`{"u1234":1,"` + strings.Repeat("a", 41) + `":1,"x-1.y_2":true}`: "{name(5): number, name(41): number, x-1.y_2: bool}",
	} {
		assert.Equal(t, want, shapeOf([]byte(body)), body)
	}
	large := "{" + strings.Repeat(`"member":{"a":1},`, 1000) + `"last":1}`
	shape := shapeOf([]byte(large))
	assert.LessOrEqual(t, len(shape), maxShape+len("…"))
	assert.True(t, strings.HasSuffix(shape, "…"))
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	assert.LessOrEqual(t, len(shapeOf([]byte(deep))), maxShape+len("…"))
}

func TestDebugIsBounded(t *testing.T) {
	t.Parallel()
	header := []string{}
	for _, a := range "ABCDEFGHIJ" {
		for _, b := range "ABCDEFGHIJ" {
			header = append(header, "X-"+string(a)+string(b), strings.Repeat("v", 1000))
		}
	}
	var out strings.Builder
	stub, _ := inTurn(give(200, success, header...))
	c := newStubbed(t, stub, edusdk.WithDebug(&out))
	require.NoError(t, c.Do(t.Context(), newCall(c, Create, &script{encode: func(a *Attempt) error {
		a.ContentType, a.Body = "application/x-www-form-urlencoded", []byte(strings.Repeat("name=value&", 1000))
		return nil
	}})))
	assert.LessOrEqual(t, out.Len(), 4<<10)
	assert.Contains(t, out.String(), "< …\n")
	assert.Contains(t, out.String(), "name(5) …\n")
}

func FuzzShape(f *testing.F) {
	for _, seed := range []string{"", "{", `{"a":[1,{"b":null}]}`, `[[[["canary"]]]]`, `{"a":{}}{"b":1}`, `[1]]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		shape := shapeOf([]byte(body))
		assert.LessOrEqual(t, len(shape), maxShape+len("…"))
		assert.NotContains(t, shape, "\n")
		quoted, err := json.Marshal(body)
		require.NoError(t, err)
		var text string
		require.NoError(t, json.Unmarshal(quoted, &text))
		want := fmt.Sprintf("[{a: text(%d)}]", len(text))
		assert.Equal(t, want, shapeOf([]byte(`[{"a":`+string(quoted)+`}]`)), "of no value more than its length is shown")
	})
}

func TestDebugOfAnAnswerThatIsTooLarge(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(success + strings.Repeat(" ", 100)))}, nil
	}), edusdk.WithDebug(&out), edusdk.WithMaxResponseSize(20), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	require.Error(t, c.Do(t.Context(), newCall(c, Read, &script{})))
	assert.Contains(t, out.String(), "< HTTP 200, 20 bytes")
	assert.Contains(t, out.String(), "! acme: Things.Do: malformed response: "+errTooLarge.Error())
}
