package transport

import (
	"context"
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
			answer: give(400, "<html>canary", "Date", "Fri, 01 May 2026 00:00:00 GMT", "Retry-After", "7", "Content-Length", "12", "Content-Encoding", "identity"),
			want: `> acme Things.Do, attempt 1: POST http://acme.test/do
> Accept: application/json
> Cookie: (18)
> User-Agent: edusdk-go/devel
> X-Tenant: (13)
< HTTP 400, 12 bytes, 0s
< Content-Encoding: identity
< Content-Length: 12
< Date: Fri, 01 May 2026 00:00:00 GMT
< Retry-After: 7
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

// What the vendor sends is searched for the credentials, and for the values of the
// request, in the names that are shown too.
func TestDebugHidesWhatTheVendorEchoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func() (*http.Response, error)
		body   string
		end    bool // the caller's context ends with the answer
		want   string
	}{
		"a header of the client's":  {give(200, success, "Content-Type", "canary-tenant"), "{}", false, "< Content-Type: [redacted]\n"},
		"a credential":              {give(200, `{"ok":true,"canarysecret":1}`), "{}", false, "< {ok: bool, [redacted]: number}\n"},
		"a value":                   {give(200, `{"ok":true,"zhangsan":1}`), `{"name":"zhangsan"}`, false, "< {ok: bool, [redacted]: number}\n"},
		"a value of a long request": {give(200, `{"ok":true,"zhangsan":1}`), `{"name":"zhangsan","x":"` + strings.Repeat("x ", checkedAtOnce) + `","y":1}`, false, "< {ok: bool, [redacted]: number}\n"},
		"one there is no time for":  {give(200, `{"ok":true,"zhangsan":1}`), `{"x":"` + strings.Repeat("x ", checkedAtOnce) + `","name":"zhangsan"}`, true, "< [redacted: there was no time to search it]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := newStubbed(t, roundTrip(func(*http.Request) (*http.Response, error) { return tt.answer() }),
				edusdk.WithDebug(&out), edusdk.WithHeader("X-Tenant", "canary-tenant"))
			_ = c.Do(ctx, newCall(c, Read, &script{
				sensitive: []string{"canarysecret"},
				encode: func(a *Attempt) error {
					a.JSON([]byte(tt.body))
					return nil
				},
				decode: func(ans *Answer) error {
					if tt.end {
						cancel()
					}
					return decodeAcme(ans)
				},
			}))
			assert.Contains(t, out.String(), tt.want)
		})
	}
}

// checkedAtOnce is more bytes of a request than are searched without a look at the
// context.
const checkedAtOnce = 64 << 10

// A field that cannot be read is told in the debug text too.
func TestDebugTellsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	stub, _ := inTurn(give(200, `{"ok":true,"name":"a","count":"many"}`))
	_, err := getThing.Do(t.Context(), &acme{Client: newStubbed(t, stub, edusdk.WithDebug(&out))}, thingParams{})
	require.NoError(t, err)
	assert.Contains(t, out.String(), "\n! unread: count: has a string where a whole number was expected\n")
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
		`{"azAZ":1,"_-.":2,"-x":3,"x-":4,"a019":5}`: "{azAZ: number, _-.: number, -x: number, x-: number, a019: number}",
		`{"a0123":1,"0a":2,"9a":3,"a@":4,"a[":5,"a{":6,"a/":7,"a:":8}`: "{name(5): number, name(2): number, name(2): number, " +
			"name(2): number, name(2): number, name(2): number, name(2): number, name(2): number}",
		`{"` + strings.Repeat("a", maxName) + `":1}`:                     "{" + strings.Repeat("a", maxName) + ": number}",
		`{"u1234":1,"` + strings.Repeat("a", 41) + `":1,"x-1.y_2":true}`: "{name(5): number, name(41): number, x-1.y_2: bool}",
	} {
		assert.Equal(t, want, shapeOf([]byte(body)), body)
	}
	large := "{" + strings.Repeat(`"member":{"a":1},`, 1000) + `"last":1}`
	shape := shapeOf([]byte(large))
	assert.LessOrEqual(t, len(shape), maxShape+len("…"))
	assert.True(t, strings.HasSuffix(shape, "…"))
	full := `{"ab":1` + strings.Repeat(`,"a":1`, 92) + "}"
	assert.Len(t, shapeOf([]byte(full)), maxShape, "what fits is shown")
	assert.NotContains(t, shapeOf([]byte(full)), "…", "what fits is shown whole")
	assert.True(t, strings.HasSuffix(shapeOf([]byte(strings.Replace(full, "ab", "abc", 1))), "…"), "and a byte more is not")
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
