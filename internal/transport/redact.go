package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/charset"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/redact"
)

// redacted stands in texts where a secret stood.
const redacted = redact.Mark

// minPart is the length in bytes from which the words of a header's value are
// hidden: shorter ones can be a scheme, a cookie's name or a flag.
const minPart = 8

// maxErrors is how many errors in the tree of one are searched. One with more is
// not shown.
const maxErrors = 64

// redact takes the values of a call out of texts, and makes each one line. a is
// nil where no request was written. The same goes for the texts of err and of the
// errors in it: err itself is returned if all of them are clean, else an error that
// has its clean text and still answers errors.Is, but no longer leads to err.
func (c *Client) redact(ctx context.Context, call *Call, a *Attempt, err error, texts ...*string) error {
	if (err == nil || isOurs(err)) && !slices.ContainsFunc(texts, func(text *string) bool { return *text != "" }) {
		return err
	}
	s := redact.Search{Opaque: a != nil && a.Stream.isOpaque()}
	numbers := make([]int, len(texts))
	for i, text := range texts {
		numbers[i] = s.Add(*text)
	}
	causes, whole := addErrors(&s, nil, err)
	more := func() bool { return !isOver(ctx) }
	c.hideCredentials(ctx, &s, call)
	if a != nil {
		hideRequest(&s, call, a, more)
	}
	for i, text := range texts {
		clean, _ := s.Text(numbers[i])
		*text = edusdk.OneLine(clean)
	}
	if !whole {
		s.Drop()
	}
	return redactedCause(&s, causes, err)
}

// addErrors adds the texts of err and of the errors that it wraps, and returns
// their numbers, and whether these are all.
func addErrors(s *redact.Search, numbers []int, err error) (all []int, whole bool) {
	switch {
	case err == nil || isOurs(err):
		return numbers, true
	case len(numbers) == maxErrors:
		return numbers, false
	}
	numbers = append(numbers, s.Add(err.Error()))
	var inner []error
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = e.Unwrap()
	}
	for _, err := range inner {
		if numbers, whole = addErrors(s, numbers, err); !whole {
			return numbers, false
		}
	}
	return numbers, true
}

// isOurs reports whether the text of an error is a fixed one that holds nothing
// of a call.
func isOurs(err error) bool {
	switch err { //nolint:errorlint // one that wraps such an error has another text
	case context.Canceled, context.DeadlineExceeded, errAttemptTimeout, errBrokenOff, errEmpty, errWebPage, errNotJSON,
		errNotGzip, errGzip, errRedirect, errLinkMoved, errSwitched, errContradicts, errTooLarge, errTooMany,
		charset.ErrUTF16, charset.ErrNotUTF8, charset.ErrNotGBK:
		return true
	}
	return false
}

// redactedCause returns err, or what is shown in its place. The first of numbers is
// its own text.
func redactedCause(s *redact.Search, numbers []int, err error) error {
	for _, number := range numbers {
		if _, changed := s.Text(number); changed {
			clean, _ := s.Text(numbers[0])
			return &redactedError{edusdk.OneLine(clean), err}
		}
	}
	return err
}

// unquotedAnswer returns an error of Decode without what it quotes of the answer.
// That of a type of the importer's can quote anything, and what an answer says of
// a person need not stand in the request.
func (c *Client) unquotedAnswer(ctx context.Context, err error, body []byte) error {
	if _, ours := err.(*lenient.Error); ours || isOurs(err) { //nolint:errorlint // one that wraps it has another text
		return err
	}
	var s redact.Search
	numbers, whole := addErrors(&s, nil, err)
	s.JSON(body, false, func() bool { return !isOver(ctx) })
	if !whole {
		s.Drop()
	}
	return redactedCause(&s, numbers, err)
}

// hideCredentials hides what the vendor's package says, the headers that the
// importer sends along, which may be credentials, and those of a proxy.
func (c *Client) hideCredentials(ctx context.Context, s *redact.Search, call *Call) {
	for _, v := range call.Sensitive() {
		s.Hide(v)
	}
	hideHeader(s, c.header)
	hideHeader(s, optionsOf(ctx).Header)
	if !c.pooled {
		return
	}
	if u, err := url.Parse(call.URL); err == nil {
		if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil && proxy.User != nil {
			s.Hide(proxy.User.Username())
			password, _ := proxy.User.Password()
			s.Hide(password)
		}
	}
}

// hideRequest hides what one attempt sent.
func hideRequest(s *redact.Search, call *Call, a *Attempt, more func() bool) {
	s.Hide(a.Token.Value)
	for _, v := range a.Token.Extra {
		s.Hide(v)
	}
	hideHeader(s, a.Header)
	// The names of parameters are the document's own words, but for a Call, whose
	// parameters may be a map of anything, and whose path may name a person; and but
	// for a link, which is what lets its holder in.
	names := call.Op == escapeHatch || call.Foreign != ""
	if names {
		hidePath(s, call.URL)
	}
	s.Form([]byte(a.Query), names, more)
	bodies := [][]byte{a.Body}
	if a.Stream != nil {
		for _, v := range a.Stream.values {
			s.Hide(v)
		}
		bodies = nil
		if a.Stream.isOpaque() {
			bodies = [][]byte{a.Stream.prefix, a.Stream.suffix}
		}
	}
	for _, body := range bodies {
		switch {
		case strings.HasPrefix(a.ContentType, "application/x-www-form-urlencoded"):
			s.Form(body, names, more)
		case strings.HasPrefix(a.ContentType, "application/json"):
			s.JSON(body, names, more)
		default:
			s.Bytes(body, more)
		}
	}
}

// hideHeader hides the values of headers, and their longer words. A user and
// password are hidden as they are, too.
func hideHeader(s *redact.Search, h http.Header) {
	for k, values := range h {
		if k == "User-Agent" {
			continue
		}
		for _, v := range values {
			s.Hide(v)
			for _, word := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(` ,;="`, r) }) {
				if len(word) >= minPart {
					s.Hide(word)
				}
			}
			if encoded, ok := strings.CutPrefix(v, "Basic "); ok {
				if pair, err := base64.StdEncoding.DecodeString(encoded); err == nil {
					user, password, _ := strings.Cut(string(pair), ":")
					s.Hide(user)
					s.Hide(password)
				}
			}
		}
	}
}

// hidePath hides the parts of an address's path that look like data: those with
// anything but letters in them, if they are long enough to be no version.
func hidePath(s *redact.Search, address string) {
	_, address, _ = strings.Cut(address, "://")
	_, path, _ := strings.Cut(address, "/")
	for part := range strings.SplitSeq(path, "/") {
		if strings.ContainsFunc(part, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) {
			s.Hide(part)
		}
	}
}

// proxyWords reports whether err, of a request of which nothing was sent, can be
// what a proxy said to CONNECT: net/http makes an error of those words, without a
// type. Our own pool does not let it.
func (c *Client) proxyWords(call *Call, err error) bool {
	return c.direct != nil && !c.pooled && strings.HasPrefix(call.URL, "https:") && reflect.TypeOf(addressless(err)) == untyped
}

var untyped = reflect.TypeOf(errors.New(""))

// addressless takes the address off the error of a request; it holds the query.
func addressless(err error) error {
	for u := (*url.Error)(nil); errors.As(err, &u); {
		err = u.Err
	}
	return err
}

// unquoted takes the quotes out of an error of net/http. They are of what the
// server said, which can be what it was sent, torn to pieces, or of an address.
func unquoted(err error) error {
	err = addressless(err)
	text := err.Error()
	if len(text) > maxQuoting {
		return &redactedError{"an error that is too long to be shown", err}
	}
	var protocol textproto.ProtocolError // has no quotes before Go 1.26
	if errors.As(err, &protocol) {
		what, _, found := strings.Cut(string(protocol), ": ")
		if what += ": "; !found {
			what = ""
		}
		return &redactedError{strings.ReplaceAll(text, string(protocol), what+redacted), err}
	}
	from, to := strings.IndexByte(text, '"'), strings.LastIndexByte(text, '"')
	if from == to {
		return err
	}
	return &redactedError{text[:from+1] + redacted + text[to:], err}
}

// maxQuoting is the length in bytes from which the text of an error of net/http is
// not shown. It quotes a header then.
const maxQuoting = 4 << 10

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }

// As finds a *edusdk.FieldError, which never holds a value.
func (e *redactedError) As(target any) bool {
	f, ok := target.(**edusdk.FieldError)
	return ok && errors.As(e.err, f)
}

// GoString keeps %#v from printing the original.
func (e *redactedError) GoString() string { return e.text }
