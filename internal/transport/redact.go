package transport

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// redacted stands in texts where a secret stood.
const redacted = "[redacted]"

// minSecret is the length in bytes from which a value is searched for; shorter
// ones, as the "1" of a flag, would blot out words that they have no part in.
const minSecret = 4

// redactor removes the values of one call from texts that came from elsewhere:
// vendors and gateways echo what they were sent.
type redactor []string

// redactor returns the one for a call: its own values, and the headers that
// the importer sends along, which may be credentials.
func (c *Client) redactor(call *Call) redactor {
	values := slices.Clone(call.Sensitive())
	for k, vs := range c.header {
		if k != "User-Agent" {
			values = append(values, vs...)
		}
	}
	var r redactor
	for _, v := range values {
		if len(v) < minSecret {
			continue
		}
		r = append(r, v)
		if escaped := url.QueryEscape(v); escaped != v {
			r = append(r, escaped)
		}
	}
	// The longest first: one value can be a part of another.
	slices.SortFunc(r, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(r)
}

// text returns s without the secrets.
func (r redactor) text(s string) string {
	for _, secret := range r {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// cause returns err itself if its text is clean, else an error that has the
// clean text and still answers errors.Is, but no longer leads to err.
func (r redactor) cause(err error) error {
	if err == nil {
		return nil
	}
	dirty := err.Error()
	if clean := r.text(dirty); clean != dirty {
		return &redactedError{clean, err}
	}
	return err
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }

// GoString keeps %#v from printing the original.
func (e *redactedError) GoString() string { return e.text }
