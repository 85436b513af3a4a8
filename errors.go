package edusdk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what went wrong in terms common to all vendors, with the vocabulary of
// gRPC's canonical codes. A Kind is an error, so that
// errors.Is(err, edusdk.ErrNotFound) works on any vendor's error.
type Kind uint8

// The kinds of failure.
const (
	// ErrUnknown: the vendor reported a failure whose code is not known.
	ErrUnknown Kind = iota
	// ErrInvalidArgument: the request was refused, here before it was sent
	// (a [*FieldError] then names the field) or by the vendor.
	ErrInvalidArgument
	// ErrUnauthenticated: the signature, token or cookie is wrong or expired.
	ErrUnauthenticated
	// ErrPermissionDenied: the credentials are valid but do not allow the call.
	ErrPermissionDenied
	// ErrNotFound: what the call is about does not exist.
	ErrNotFound
	// ErrAlreadyExists: what the call should create exists already.
	ErrAlreadyExists
	// ErrFailedPrecondition: the current state does not allow the call, which can
	// succeed once the state has changed.
	ErrFailedPrecondition
	// ErrResourceExhausted: a rate limit, a balance or a capacity is used up.
	ErrResourceExhausted
	// ErrClockSkew: the vendor rejected the request's timestamp.
	ErrClockSkew
	// ErrUnavailable: there was no usable answer: a network failure, a status 5xx,
	// the error page of a gateway or proxy.
	ErrUnavailable
	// ErrMalformedResponse: the answer contradicts the vendor's document.
	ErrMalformedResponse
	// ErrCanceled: the caller's context was cancelled; errors.Is(err,
	// context.Canceled) holds too.
	ErrCanceled
	// ErrDeadlineExceeded: the deadline of the caller's context passed;
	// errors.Is(err, context.DeadlineExceeded) holds too.
	ErrDeadlineExceeded
)

// kinds holds for each Kind what it is called, what its reader can do, the status to
// pass it on with, and what to tell the people who use a service: what happened, and
// what to do about it.
var kinds = [...]struct {
	name, advice string
	status       int
	zh, doZH     string
	en, doEN     string
}{
	ErrUnknown: {
		"unknown failure", "", http.StatusBadGateway,
		"对方系统返回了未知的错误。", "请稍后重试，或联系客服。",
		"The other system reported an error that is not known.", " Try again later, or contact support.",
	},
	ErrInvalidArgument: {
		"invalid argument", "", http.StatusBadRequest,
		"提交的内容不符合要求。", "请检查后重新提交。",
		"What was submitted is not acceptable.", " Check it and submit it again.",
	},
	ErrUnauthenticated: {
		"unauthenticated", "check the credentials", http.StatusBadGateway,
		"对方系统没有接受本服务的身份信息。", "请联系客服。",
		"The other system did not accept this service's credentials.", " Contact support.",
	},
	ErrPermissionDenied: {
		"permission denied", "ask the vendor to open this call to the account", http.StatusBadGateway,
		"本服务没有该操作的权限。", "请联系客服。",
		"This service is not permitted to do that.", " Contact support.",
	},
	ErrNotFound: {
		"not found", "", http.StatusNotFound,
		"要操作的内容不存在。", "请刷新后再试。",
		"It does not exist.", " Refresh the page and look again.",
	},
	ErrAlreadyExists: {
		"already exists", "", http.StatusConflict,
		"要创建的内容已经存在。", "无需重复操作。",
		"It exists already.", " There is no need to do it again.",
	},
	ErrFailedPrecondition: {
		"failed precondition", "", http.StatusConflict,
		"当前状态不允许该操作。", "请稍后再试。",
		"That is not possible in the present state.", " Try again later.",
	},
	ErrResourceExhausted: {
		"resource exhausted", "", http.StatusTooManyRequests,
		"额度不足或操作过于频繁。", "请稍后再试。",
		"A quota is used up, or there were too many requests.", " Try again later.",
	},
	ErrClockSkew: {
		"clock skew", "set this machine's clock", http.StatusBadGateway,
		"服务器时间不准确，请求被拒绝。", "请联系客服。",
		"The server's clock is wrong, and the request was refused.", " Contact support.",
	},
	ErrUnavailable: {
		"unavailable", "", http.StatusServiceUnavailable,
		"对方系统暂时无法访问。", "请稍后再试。",
		"The other system cannot be reached at the moment.", " Try again later.",
	},
	ErrMalformedResponse: {
		"malformed response", "WithCapture shows the raw answer", http.StatusBadGateway,
		"对方系统的应答无法识别。", "请稍后再试，或联系客服。",
		"The other system's answer cannot be understood.", " Try again later, or contact support.",
	},
	ErrCanceled: {
		"canceled", "", statusClientClosedRequest,
		"操作已取消。", "",
		"The operation was canceled.", "",
	},
	ErrDeadlineExceeded: {
		"deadline exceeded", "", http.StatusGatewayTimeout,
		"操作超时。", "请稍后再试。",
		"The operation took too long.", " Try again later.",
	},
}

// statusClientClosedRequest is what servers log for a client that has left; no
// document of HTTP has it.
const statusClientClosedRequest = 499

// String returns the kind in a few lower-case words, such as "not found".
func (k Kind) String() string {
	if int(k) >= len(kinds) {
		return "kind " + strconv.Itoa(int(k))
	}
	return kinds[k].name
}

// Error makes a Kind an error, so that it can be the target of errors.Is.
func (k Kind) Error() string { return k.String() }

func (k Kind) kind() Kind   { return k }
func (e *Error) kind() Kind { return e.Kind }

// Is makes the two kinds of an ended context match the errors of package
// context, whatever the cause that an [Error] holds.
func (k Kind) Is(target error) bool {
	return k == ErrCanceled && target == context.Canceled ||
		k == ErrDeadlineExceeded && target == context.DeadlineExceeded
}

// KindOf returns the kind of err: that of the first [*Error] or Kind in its tree,
// otherwise the kind of a context's error, otherwise ErrUnknown. It is ErrUnknown for
// nil too: check err first.
func KindOf(err error) Kind {
	if k, ok := asType[interface {
		error
		kind() Kind
	}](err); ok {
		return k.kind()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return ErrCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return ErrDeadlineExceeded
	}
	return ErrUnknown
}

// Error is the failure of one call. Its text says what was called, what the vendor
// answered and what can be done, and never holds a secret, a query string or a body.
type Error struct {
	// Vendor is the name of the vendor's package, such as "duobeiyun".
	Vendor string
	// Op is the method's name below the client: "Rooms.Create", "Login".
	Op string
	// Kind classifies the failure; errors.Is(err, kind) compares it.
	Kind Kind
	// Code is the vendor's own code, verbatim except for what [OneLine] escapes; ""
	// if the vendor gave none.
	Code string
	// Message is the vendor's own message, as [OneLine] returns it and without the
	// values of the request; "" if the vendor gave none.
	Message string
	// HTTPStatus is the status of the last answer, 0 if none arrived.
	HTTPStatus int
	// RequestID is the id that the vendor's support asks for, as [OneLine] returns
	// it; "" if the vendor gave none.
	RequestID string
	// Attempts counts the requests that the call made; 0 means that it was
	// refused before anything was sent.
	Attempts int
	// RetryAfter is how long the vendor asked to wait before a repetition, 0 if it
	// did not ask. The call did not wait if that was too long.
	RetryAfter time.Duration
	// Class says how safe the operation is to repeat: "read", "upsert", which leaves
	// the same state when it is repeated, "create" or "login". "" if the error is not
	// that of an operation.
	Class string
	// MaybeApplied is the result of the function [MaybeApplied].
	MaybeApplied bool
	// Lookup is the method that shows whether a call that may have been carried out
	// was carried out: "Rooms.List". "" if the vendor offers none.
	Lookup string
	// Rejected says that the vendor itself rejected the call, in an answer that
	// follows its document. It is false if a gateway, a proxy or this module refused
	// the call, and if the answer leaves open whether the call was carried out.
	Rejected bool
	// Err is the cause, or nil.
	Err error
}

// Error returns the failure in one line. Texts in it that are not this module's own
// are passed through [OneLine].
func (e *Error) Error() string {
	var b strings.Builder
	if e.Vendor != "" {
		b.WriteString(e.Vendor)
		b.WriteString(": ")
	}
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	e.write(&b)
	return b.String()
}

// write adds all but the vendor and the operation.
func (e *Error) write(b *strings.Builder) {
	if login, ok := e.login(); ok {
		b.WriteString("login failed: ")
		login.write(b)
		return
	}
	b.WriteString(e.Kind.String())
	if e.Code != "" {
		b.WriteString(": ")
		b.WriteString(OneLine(e.Code))
	}
	if e.Message != "" && e.Message != e.Code {
		b.WriteString(": ")
		b.WriteString(OneLine(e.Message))
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(OneLine(e.Err.Error()))
	}
	e.writeCircumstances(b)
	if e.MaybeApplied {
		b.WriteString("; it may have been carried out: ")
		switch {
		case e.Class == "upsert":
			b.WriteString("repeating it is safe")
		case e.Lookup != "":
			b.WriteString("look with " + e.Lookup + " before repeating it")
		default:
			b.WriteString("look before repeating it")
		}
	}
	if int(e.Kind) < len(kinds) && kinds[e.Kind].advice != "" {
		b.WriteString("; ")
		b.WriteString(kinds[e.Kind].advice)
	}
}

// login returns the failure of the login that a call needed, if that is why it
// failed.
func (e *Error) login() (*Error, bool) {
	login, ok := e.Err.(*Error) //nolint:errorlint // the cause itself
	return login, ok && login.Class == "login" && e.Class != "login" && login.Vendor == e.Vendor
}

// writeCircumstances adds the parenthesis with the numbers that are known.
func (e *Error) writeCircumstances(b *strings.Builder) {
	var parts []string
	if e.HTTPStatus != 0 {
		parts = append(parts, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	if e.RequestID != "" {
		parts = append(parts, "request "+OneLine(e.RequestID))
	}
	if e.Attempts > 1 {
		parts = append(parts, strconv.Itoa(e.Attempts)+" attempts")
	}
	if e.RetryAfter > 0 {
		parts = append(parts, "retry after "+e.RetryAfter.String())
	}
	if len(parts) > 0 {
		b.WriteString(" (")
		b.WriteString(strings.Join(parts, ", "))
		b.WriteString(")")
	}
}

const (
	// maxLine is the length of what OneLine returns, at most.
	maxLine = 1 << 10
	// cutMark is at the end of a text that was longer.
	cutMark = "… [cut]"
)

// OneLine returns text in the form in which an [Error] holds foreign text: at most
// 1 KiB, cut between two characters and marked with "… [cut]" if there was more, with
// control characters, line separators and characters that change the writing
// direction escaped, so that no text can break or forge a line of a log.
func OneLine(text string) string {
	plain := len(text) <= maxLine
	for i := 0; plain && i < len(text); i++ {
		plain = text[i] >= ' ' && text[i] < 0x7f
	}
	if plain {
		return text
	}
	var b strings.Builder
	end := 0 // of what leaves room for the mark
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		shown := text[i : i+size]
		i += size
		if r == utf8.RuneError && size == 1 {
			shown = `\x` + strconv.FormatUint(uint64(shown[0]), 16)
		} else if !unicode.IsGraphic(r) {
			shown = strings.Trim(strconv.QuoteRuneToASCII(r), "'")
		}
		if b.Len()+len(shown) > maxLine {
			return b.String()[:end] + cutMark
		}
		b.WriteString(shown)
		if b.Len() <= maxLine-len(cutMark) {
			end = b.Len()
		}
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's Kind, or the error of package context
// that corresponds to the Kind.
func (e *Error) Is(target error) bool {
	if k, ok := target.(Kind); ok {
		return e.Kind == k
	}
	return e.Kind.Is(target)
}

// FieldError is the cause of an ErrInvalidArgument that was raised before
// anything was sent. It never holds the field's value.
type FieldError struct {
	// Field is the Go name of the field or parameter, such as "Title".
	Field string
	// Problem says what is wrong with it and what would be right.
	Problem string
}

// Error returns the field's name and its problem.
func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

// FieldErrors returns everything that err says about the fields of a request, in the order
// in which it says it; nil if it says nothing. All fields that are wrong are refused at
// once, and errors.As finds the first of them alone. It is for forms, and for APIs that
// answer with the names of fields.
func FieldErrors(err error) []*FieldError {
	var found []*FieldError
	if f, ok := err.(*FieldError); ok { //nolint:errorlint // the tree is walked here
		found = append(found, f)
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() error }:
		found = append(found, FieldErrors(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			found = append(found, FieldErrors(inner)...)
		}
	}
	return found
}

// MaybeApplied reports whether the vendor may have carried out the call although it
// failed: the call could have changed something, the request left this machine, and
// no answer settled the matter. It is never true for a read or a login. The error's
// text says what to do: a call of class "upsert" can be repeated; before repeating any
// other call, check whether it has taken effect.
func MaybeApplied(err error) bool {
	e, ok := asType[*Error](err)
	return ok && e.MaybeApplied
}

// asType is errors.AsType of Go 1.26, for the older toolchain that go.mod
// still allows.
func asType[E error](err error) (E, bool) {
	var e E
	ok := errors.As(err, &e)
	return e, ok
}
