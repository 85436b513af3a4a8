package edusdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var failure = &Error{
	Vendor: "acme", Op: "Things.Make", Kind: ErrUnavailable, Code: "E1", Message: "no\nroom", HTTPStatus: 502, RequestID: "r1",
	Attempts: 2, RetryAfter: 90 * time.Second, Class: "create", MaybeApplied: true, Lookup: "Things.List", Err: errors.New("reset"),
}

func TestErrorAsJSON(t *testing.T) {
	got, err := json.Marshal(failure)
	require.NoError(t, err)
	assert.JSONEq(t, `{"vendor":"acme","op":"Things.Make","kind":"unavailable","code":"E1","message":"no\\nroom","requestId":"r1",
		"class":"create","lookup":"Things.List","httpStatus":502,"attempts":2,"retryAfter":90,"maybeApplied":true,
		"error":"acme: Things.Make: unavailable: E1: no\\nroom: reset (HTTP 502, request r1, 2 attempts, retry after 1m30s); it may have been carried out: look with Things.List before repeating it"}`,
		string(got))
	got, err = json.Marshal(&Error{Kind: ErrNotFound, Err: &struct{ error }{errors.New("x")}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"not found","attempts":0,"maybeApplied":false,"error":"not found: x"}`, string(got))
}

func TestErrorInALog(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Error("failed", "err", failure, "kind", ErrNotFound)
	var line struct {
		Err  map[string]any
		Kind string
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	assert.Equal(t, "not found", line.Kind)
	assert.Equal(t, map[string]any{
		"vendor": "acme", "op": "Things.Make", "kind": "unavailable", "code": "E1", "message": `no\nroom`, "requestId": "r1", "class": "create",
		"lookup": "Things.List", "httpStatus": 502.0, "attempts": 2.0, "retryAfter": 9e10, "maybeApplied": true, "error": failure.Error(),
	}, line.Err)
}

func TestKindAsText(t *testing.T) {
	for k := ErrUnknown; k <= ErrDeadlineExceeded; k++ {
		text, err := json.Marshal(k)
		require.NoError(t, err)
		assert.Equal(t, `"`+k.String()+`"`, string(text))
		back := Kind(99)
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, k, back)
	}
	var k Kind
	assert.Error(t, json.Unmarshal([]byte(`"no such kind"`), &k))
}

func TestHTTPStatus(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"nil":                  {nil, 200},
		"somebody else's":      {errors.New("x"), 500},
		"invalid argument":     {&Error{Kind: ErrInvalidArgument}, 400},
		"credentials":          {&Error{Kind: ErrUnauthenticated}, 502},
		"permission":           {ErrPermissionDenied, 502},
		"not found":            {fmt.Errorf("wrapped: %w", &Error{Kind: ErrNotFound}), 404},
		"exists":               {ErrAlreadyExists, 409},
		"state":                {ErrFailedPrecondition, 409},
		"exhausted":            {ErrResourceExhausted, 429},
		"clock":                {ErrClockSkew, 502},
		"unavailable":          {ErrUnavailable, 503},
		"malformed":            {ErrMalformedResponse, 502},
		"unknown":              {&Error{}, 502},
		"a kind of the future": {Kind(200), 502},
		"canceled":             {context.Canceled, 499},
		"deadline":             {fmt.Errorf("x: %w", context.DeadlineExceeded), 504},
	} {
		assert.Equal(t, tt.want, HTTPStatus(tt.err), name)
	}
}

func TestDescribe(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		zh, en string
	}{
		"nil":   {nil, "", ""},
		"plain": {&Error{Kind: ErrNotFound}, "要操作的内容不存在。请刷新后再试。", "It does not exist. Refresh the page and look again."},
		"maybe": {failure, "对方系统暂时无法访问。操作可能已经生效，请先确认结果，再决定是否重试。", "The other system cannot be reached at the moment. It may have taken effect: check before you try again."},
		"maybe, and safe to repeat": {
			&Error{Kind: ErrUnavailable, Class: "upsert", MaybeApplied: true}, "对方系统暂时无法访问。操作可能已经生效，可以放心重试。",
			"The other system cannot be reached at the moment. It may have taken effect; it is safe to try again.",
		},
		"later":           {&Error{Kind: ErrResourceExhausted, RetryAfter: 30 * time.Second}, "额度不足或操作过于频繁。请在 30s 后重试。", "A quota is used up, or there were too many requests. Try again in 30s."},
		"somebody else's": {errors.New("secret"), "对方系统返回了未知的错误。请稍后重试，或联系客服。", "The other system reported an error that is not known. Try again later, or contact support."},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.zh, Describe(tt.err, Chinese))
			assert.Equal(t, tt.en, Describe(tt.err, English))
			assert.Equal(t, tt.en, Describe(tt.err, "fr"), "English for every other language")
		})
	}
	for k := range kinds {
		zh, en := Describe(Kind(k), Chinese), Describe(Kind(k), English)
		assert.True(t, strings.HasSuffix(zh, "。") && strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%v: %s", Kind(k), zh)
		assert.True(t, strings.HasSuffix(en, "."), "%v: %s", Kind(k), en)
		assert.NotZero(t, HTTPStatus(Kind(k)))
	}
}

// A login that fails within a call is told of once.
func TestALoginsFailureIsSaidOnce(t *testing.T) {
	login := &Error{Vendor: "acme", Op: "Login", Class: "login", Kind: ErrUnauthenticated, Code: "7", Message: "wrong password", HTTPStatus: 200}
	call := &Error{Vendor: "acme", Op: "Study.Start", Class: "create", Kind: ErrUnauthenticated, Code: "7", HTTPStatus: 200, Err: login}
	assert.Equal(t, "acme: Study.Start: login failed: unauthenticated: 7: wrong password (HTTP 200); check the credentials", call.Error())
	assert.Equal(t, "acme: Login: unauthenticated: 7: wrong password (HTTP 200); check the credentials", login.Error())
}

func TestAdviceOfWhatMayHaveBeenApplied(t *testing.T) {
	for class, want := range map[string]string{
		"upsert": "unavailable; it may have been carried out: repeating it is safe",
		"create": "unavailable; it may have been carried out: look with Things.List before repeating it",
	} {
		assert.Equal(t, want, (&Error{Kind: ErrUnavailable, Class: class, Lookup: "Things.List", MaybeApplied: true}).Error())
	}
}
