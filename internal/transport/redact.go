package transport

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/edusdk/edusdk"
)

// redacted stands in texts where a secret stood.
const redacted = "[redacted]"

// minSecret is the length in bytes from which a value is searched for; shorter
// ones, as the "1" of a flag, would blot out words that they have no part in.
const minSecret = 4

// minPart is the same for the words of a header's value, which can be a scheme, a
// cookie's name or a flag as well, and for the parts of an address.
const minPart = 8

// redactor removes the values of one call from texts that came from elsewhere:
// vendors and gateways echo what they were sent.
type redactor []string

// redactor returns the one for a call: what the vendor's package says, what the
// request held, if one was written, and the headers that the importer sends
// along, which may be credentials.
func (c *Client) redactor(call *Call, a *Attempt) redactor {
	var r redactor
	r.add(call.Sensitive()...)
	r.addHeader(c.header)
	if a != nil {
		r.addRequest(a)
	}
	// The longest first: one value can be a part of another.
	slices.SortFunc(r, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(r)
}

// add adds values, and what they look like in a query, a path, JSON and quotes.
func (r *redactor) add(values ...string) {
	for _, v := range values {
		if len(v) < minSecret {
			continue
		}
		encoded, _ := json.Marshal(v) // a string can always be encoded
		inJSON := string(encoded[1 : len(encoded)-1])
		quoted := strconv.Quote(v)
		*r = append(*r, v, url.QueryEscape(v), url.PathEscape(v), inJSON, quoted[1:len(quoted)-1])
		if _, address, ok := strings.Cut(v, "://"); ok {
			r.addParts(address, "/?&=#")
		}
	}
}

// addParts adds the longer parts of a value, between any of separators.
func (r *redactor) addParts(v, separators string) {
	for _, part := range strings.FieldsFunc(v, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		if len(part) >= minPart {
			r.add(part)
		}
	}
}

func (r *redactor) addHeader(h http.Header) {
	for k, values := range h {
		if k == "User-Agent" {
			continue
		}
		for _, v := range values {
			r.add(v)
			r.addParts(v, ` ,;="`)
		}
	}
}

func (r *redactor) addRequest(a *Attempt) {
	r.add(a.Token.Value)
	for _, v := range a.Token.Extra {
		r.add(v)
	}
	r.addHeader(a.Header)
	r.addForm(a.Query)
	var decoded any
	body := a.Body
	if a.Stream != nil {
		r.add(a.Stream.values...)
		body = slices.Concat(a.Stream.prefix, a.Stream.suffix) // without its content
	}
	switch {
	case strings.HasPrefix(a.ContentType, "application/x-www-form-urlencoded"):
		r.addForm(string(body))
	case json.Unmarshal(body, &decoded) == nil:
		r.addJSON(decoded)
	}
}

func (r *redactor) addForm(encoded string) {
	r.add(encoded)
	values, _ := url.ParseQuery(encoded) // of a bad one, what is good
	for _, vs := range values {
		r.add(vs...)
	}
}

func (r *redactor) addJSON(v any) {
	switch v := v.(type) {
	case string:
		r.add(v)
	case []any:
		for _, e := range v {
			r.addJSON(e)
		}
	case map[string]any:
		for _, e := range v {
			r.addJSON(e)
		}
	}
}

// text returns s without the secrets.
func (r redactor) text(s string) string {
	for _, secret := range r {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// id returns s, or "" if a secret stands in it: a part of an id is of no use.
func (r redactor) id(s string) string {
	if r.text(s) != s {
		return ""
	}
	return s
}

// cause returns err itself if its text and those of the errors in it are clean,
// else an error that has the clean text and still answers errors.Is, but no
// longer leads to err.
func (r redactor) cause(err error) error {
	if err == nil || !r.finds(err) {
		return err
	}
	return &redactedError{r.text(err.Error()), err}
}

// finds reports whether a secret stands in err or in an error that it wraps.
func (r redactor) finds(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	if r.text(text) != text {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		return r.finds(e.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), r.finds)
	}
	return false
}

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
