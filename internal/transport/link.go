package transport

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/edusdk/edusdk/internal/params"
)

// Fetch is an operation that reads an address which the vendor gave out in an answer,
// such as that of a file. Whoever has the address may read it, so the request has no
// signature, no token and none of the importer's headers, which are for the vendor
// alone; and what is in the address is hidden like a credential.
type Fetch[Ans any] struct {
	*Spec

	read func(*Answer) (Ans, error)
}

// DeclareFetch declares such an operation and registers it for [Operations]. read
// extracts the result from an answer, and returns errors like Exchange.Decode.
func DeclareFetch[Ans any](vendor string, spec Spec, read func(*Answer) (Ans, error)) *Fetch[Ans] {
	spec.Method, spec.AnyContent = http.MethodGet, true
	return &Fetch[Ans]{register(vendor, spec), read}
}

// Do fetches link, which its caller got as field. A link that is none is refused.
func (f *Fetch[Ans]) Do(ctx context.Context, c *Client, field, link string) (ans Ans, err error) {
	u, problem := checkLink(link)
	if problem != "" {
		return ans, c.Refuse(ctx, f.Spec, params.FieldError(field, problem))
	}
	x := &fetched[Ans]{page: page[Ans]{read: f.read}, query: u.RawQuery}
	u.RawQuery = ""
	x.call = Call{
		Op: f.Op, Section: f.Section, Route: f.route, Class: f.Class, Method: f.Method,
		URL: u.String(), AnyContent: f.AnyContent, Foreign: u.Host, Exchange: x,
	}
	if err := c.Do(ctx, &x.call); err != nil {
		return ans, err
	}
	return x.result, nil
}

// checkLink parses a link, or says what is wrong with it. What it says holds nothing of
// the link.
func checkLink(link string) (u *url.URL, problem string) {
	u, err := url.Parse(link)
	switch {
	case link == "":
		return nil, "must not be empty"
	case err != nil:
		return nil, "is not a URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "must begin with http:// or https://"
	case u.Hostname() == "":
		return nil, "has no host"
	case u.User != nil:
		return nil, "must not hold a user or password"
	case u.Fragment != "" || strings.HasSuffix(link, "#"):
		return nil, "must not hold a fragment"
	}
	return u, ""
}

// fetched is a call of a Fetch.
type fetched[Ans any] struct {
	page[Ans]

	query string
}

// Encode implements Exchange.
func (f *fetched[Ans]) Encode(a *Attempt) error {
	a.Query = f.query
	return nil
}

// Sensitive implements Exchange: what is in the link is known from the request.
func (f *fetched[Ans]) Sensitive() []string { return nil }

// Text returns the body of an answer, which is valid until Decode returns, as a copy.
func (a *Answer) Text() []byte { return append([]byte(nil), a.Body...) }

// hostOf returns the host that a call goes to.
func (c *Client) hostOf(call *Call) string {
	if call.Foreign != "" {
		return call.Foreign
	}
	return c.host
}

// headerOf returns the headers of an attempt's request.
func (c *Client) headerOf(call *Call, contentType string, own, ofAttempt http.Header) http.Header {
	if call.Foreign != "" {
		return http.Header{"User-Agent": c.header["User-Agent"]}
	}
	h := http.Header{}
	c.setHeader(h, call.AnyContent, contentType, own, ofAttempt)
	return h
}
