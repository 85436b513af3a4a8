package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/charset"
	"github.com/edusdk/edusdk/internal/lenient"
)

// The answers that are not what a vendor's document says, whichever vendor.
var (
	errEmpty       = errors.New("the answer is empty")
	errWebPage     = errors.New("a web page came in place of an answer")
	errNotJSON     = errors.New("the answer is not JSON")
	errNotGzip     = errors.New("the answer is labelled as gzip, but is not compressed with gzip")
	errGzip        = errors.New("the answer is still compressed with gzip: its label is missing, or decompression is switched off")
	errRedirect    = errors.New("the address redirects elsewhere; redirects are not followed: check BaseURL")
	errLinkMoved   = errors.New("the link redirects elsewhere; redirects are not followed")
	errSwitched    = errors.New("the server switched to another protocol unasked")
	errContradicts = errors.New("the answer reports success under an HTTP status of failure")
)

// classifyError judges an attempt that ended without a response.
func (c *Client) classifyError(ctx context.Context, bounded *attemptContext, call *Call, a *Attempt, err error, out *outcome) {
	if a.Stream != nil {
		if problem := a.Stream.problem(); problem != nil {
			// The body was never written to its end, so nobody takes it for whole.
			out.sent = false
			c.fail(ctx, call, out, refused, edusdk.ErrInvalidArgument, problem)
			return
		}
	}
	if isOver(ctx) {
		c.ended(ctx, call, out)
		return
	}
	if cause := bounded.why(); errors.Is(cause, errAttemptTimeout) || errors.Is(cause, errBrokenOff) {
		err = cause
	}
	if reason, ok := http2Reason(err); ok {
		err = errors.New(reason)
	}
	what := lost
	switch {
	case out.sent:
		err = unquoted(err)
	case isHopeless(err):
		what = hopeless
	case c.proxyWords(call, err):
		what = neverSent
		err = &redactedError{"no connection could be made, or a proxy refuses to make it", err}
	default:
		what = neverSent
		err = unquoted(err) // it can be of a proxy's address
	}
	c.fail(ctx, call, out, what, edusdk.ErrUnavailable, err)
}

// judge classifies an answer that was read, or whose reading ended with err.
func (c *Client) judge(ctx context.Context, call *Call, body []byte, err error, out *outcome) {
	status := out.status
	if status >= 300 && status < 400 {
		elsewhere := errRedirect
		if call.Foreign != "" {
			elsewhere = errLinkMoved
		}
		c.fail(ctx, call, out, hopeless, edusdk.ErrMalformedResponse, elsewhere)
		return
	}
	decoded := err == nil
	if decoded {
		body, err = c.decode(call, body, out)
	}
	if err == nil && status < 400 {
		out.inTime = call.Foreign == "" // a link has no timestamp
		return                          // a success
	}
	var rej *Rejection
	switch {
	case errors.As(err, &rej):
		what, kind := rej.Reason.failure(), rej.Kind
		switch {
		case status >= 400 && kind == edusdk.ErrUnknown && what == rejected:
			what, kind = byStatus(status, out.hinted) // it knows more than a code that nobody knows
		case status == http.StatusTooManyRequests:
			what = rateLimited
		}
		out.inTime = what == rejected && kind != edusdk.ErrUnauthenticated && call.Foreign == "" // which can come before the timestamp is looked at
		c.fail(ctx, call, out, what, kind, nil)
		c.quote(ctx, call, out, rej)
		out.err.Rejected = !what.unsettled()
	case status >= 400:
		if err == nil {
			err = errContradicts
		} else if decoded {
			err = c.unquotedAnswer(ctx, err, body)
		}
		what, kind := byStatus(status, out.hinted)
		if what == rejected && errors.Is(err, errWebPage) && kind == edusdk.ErrNotFound {
			kind = edusdk.ErrUnavailable // a gateway's page says nothing of the vendor's data
		}
		c.fail(ctx, call, out, what, kind, err)
	default:
		if decoded {
			err = c.unquotedAnswer(ctx, err, body)
		}
		c.fail(ctx, call, out, unreadable, unreadableKind(err), err)
	}
}

// decode hands an answer to the vendor's Decode, if it can be one at all. It returns
// the answer in UTF-8.
func (c *Client) decode(call *Call, body []byte, out *outcome) ([]byte, error) {
	if call.Foreign != "" && out.status >= http.StatusBadRequest {
		return body, c.decodeText(call, body, out) // its status tells, whatever the page is like
	}
	text, err := c.toUTF8(call, body, out.header.Get("Content-Type"))
	if err == nil {
		return text, c.decodeText(call, text, out)
	}
	if unlike := sniff(body); unlike != nil && (!call.AnyContent || errors.Is(unlike, errGzip)) { // which says more
		return body, unlike
	}
	if !errors.Is(err, charset.ErrNotUTF8) || call.Foreign != "" { // a file's characters are not guessed
		return body, err
	}
	// A failure without a label is a failure all the same: nobody's data is at stake
	// if its characters are guessed, and its code says that nothing was done. Nor is
	// it with a page, of which the outcome is all that is wanted.
	guess, wrong := charset.ToUTF8(body, guessedType, c.maxText())
	if wrong != nil {
		return body, err
	}
	var rej *Rejection
	if guessed := c.decodeText(call, guess, out); call.AnyContent || errors.As(guessed, &rej) {
		return guess, guessed
	}
	return body, err
}

// guessedType labels a text that is not UTF-8 and says nothing of what it is.
const guessedType = "text/plain; charset=GB18030"

// toUTF8 returns an answer in UTF-8.
func (c *Client) toUTF8(call *Call, body []byte, contentType string) ([]byte, error) {
	toUTF8 := charset.ToUTF8
	if call.AnyContent && call.Foreign == "" {
		toUTF8 = charset.PageToUTF8
	}
	text, err := toUTF8(body, contentType, c.maxText())
	if errors.Is(err, charset.ErrTooLarge) {
		err = errTooLarge
	}
	return text, err
}

// maxText returns how many bytes an answer may have in UTF-8, in which it can be
// longer than it came.
func (c *Client) maxText() int { return int(min(c.maxBody, math.MaxInt)) }

// decodeText is decode for a text in UTF-8.
func (c *Client) decodeText(call *Call, text []byte, out *outcome) error {
	if !call.AnyContent {
		if err := sniff(text); err != nil {
			return err
		}
	}
	ans := Answer{Status: out.status, Header: out.header, Body: text, limit: c.limit(len(text))}
	err := call.Decode(&ans)
	if errors.Is(err, lenient.ErrMemory) {
		err = errTooMany
	}
	out.requestID = ans.requestID
	if err == nil {
		out.unread = ans.unread
	}
	return err
}

const (
	// maxDepth is how deep answers may nest. A chapter in a chapter takes two levels.
	maxDepth = 64
	// growth is how many bytes of memory an answer may take for each of its own, and
	// slack what it may take anyway.
	growth = 8
	slack  = 8 << 20
	// capGrowth is how many times the client's cap on the size of answers one may
	// take in memory.
	capGrowth = 4
)

// limit bounds what an answer of a size becomes: a few bytes of JSON can be
// hundreds in memory.
func (c *Client) limit(size int) lenient.Limit {
	return lenient.Limit{Depth: maxDepth, Memory: min(growth*int64(size)+slack, capGrowth*c.maxBody)}
}

// sniff tells by its first byte what an answer is. Content-Type headers are not
// asked: vendors label JSON as HTML and the other way round.
func sniff(body []byte) error {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 {
		return errEmpty
	}
	switch {
	case body[0] == '{' || body[0] == '[':
		return nil
	case body[0] == '<':
		return errWebPage
	case bytes.HasPrefix(body, []byte("\x1f\x8b")):
		return errGzip
	default:
		return errNotJSON
	}
}

// byStatus classifies a failure status for which the vendor gave no code.
func byStatus(status int, hinted bool) (failure, edusdk.Kind) {
	switch {
	case status == http.StatusTooManyRequests:
		return rateLimited, edusdk.ErrResourceExhausted
	case status == http.StatusServiceUnavailable && hinted:
		return overloaded, edusdk.ErrUnavailable
	case status >= 500:
		return lost, edusdk.ErrUnavailable
	}
	kind := edusdk.ErrUnknown
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		kind = edusdk.ErrInvalidArgument
	case http.StatusUnauthorized:
		kind = edusdk.ErrUnauthenticated
	case http.StatusForbidden:
		kind = edusdk.ErrPermissionDenied
	case http.StatusNotFound, http.StatusGone:
		kind = edusdk.ErrNotFound
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout: // of the way there
		kind = edusdk.ErrUnavailable
	case http.StatusConflict:
		kind = edusdk.ErrAlreadyExists
	}
	return rejected, kind
}

func unreadableKind(err error) edusdk.Kind {
	if errors.Is(err, errWebPage) {
		return edusdk.ErrUnavailable
	}
	var cut *cutOffError
	var network net.Error
	if errors.As(err, &cut) && errors.As(cut.err, &network) && !errors.Is(cut.err, io.ErrUnexpectedEOF) {
		return edusdk.ErrUnavailable
	}
	return edusdk.ErrMalformedResponse
}

// isHopeless reports whether another attempt would meet the same: the server's
// certificate does not hold, its name does not exist, or what carries requests loses
// their context.
func isHopeless(err error) bool {
	var dns *net.DNSError
	return isCertificateError(err) || errors.As(err, &dns) && dns.IsNotFound || errors.Is(err, errLostContext)
}

func isCertificateError(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &host) || errors.As(err, &invalid)
}

// isRefusedStream reports whether an HTTP/2 server said that it has not
// touched the request.
func isRefusedStream(err error) bool {
	reason, _ := http2Reason(err)
	return strings.Contains(reason, "; REFUSED_STREAM") || strings.Contains(reason, "graceful shutdown GOAWAY")
}

// http2Reason returns why net/http would have repeated a request if lastTouch had
// let it. Its error has that in its text alone, with advice that is not for an
// importer.
func http2Reason(err error) (string, bool) {
	text, ok := strings.CutPrefix(addressless(err).Error(), "http2: Transport: cannot retry err [")
	if !ok {
		return "", false
	}
	reason, _, _ := strings.Cut(text, "] after ")
	return reason, true
}

// fail records a failure. Its cause loses the request's address, which holds
// the query, and whatever of the call's secrets its text holds.
func (c *Client) fail(ctx context.Context, call *Call, out *outcome, what failure, kind edusdk.Kind, cause error) {
	out.what = what
	out.err = &edusdk.Error{
		Vendor: c.vendor, Op: call.Op, Kind: kind, HTTPStatus: out.status,
	}
	id := out.requestID
	out.err.Err = c.redact(ctx, call, out.attempt, addressless(cause), &id)
	if id == out.requestID { // a part of one is of no use
		out.err.RequestID = id
	}
	if what == rateLimited || what == overloaded {
		out.err.RetryAfter = out.hint
	}
}

// maxPlainCode is the length in bytes up to which a code of digits is left as it
// is: it can stand in a request by chance, and is too short to give anybody away.
const maxPlainCode = 8

// quote puts the vendor's words into the error.
func (c *Client) quote(ctx context.Context, call *Call, out *outcome, rej *Rejection) {
	e := out.err
	e.Err, e.Code, e.Message = rej.Cause, rej.Code, rej.Message
	var texts []*string
	if rej.RequestID != "" {
		e.RequestID = rej.RequestID
		texts = append(texts, &e.RequestID)
	}
	if !rej.Documented {
		texts = append(texts, &e.Message)
		if len(e.Code) > maxPlainCode || strings.Trim(e.Code, "-0123456789") != "" {
			texts = append(texts, &e.Code)
		}
	}
	_ = c.redact(ctx, call, out.attempt, nil, texts...) // of no error
}

// isOver reports whether ctx has ended, or would have if its timer were on time:
// the network has the same deadline and can be the first to see it.
func isOver(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// ended records that the caller's context is over.
func (c *Client) ended(ctx context.Context, call *Call, out *outcome) {
	err := ctx.Err()
	if err == nil {
		err = context.DeadlineExceeded
	}
	c.fail(ctx, call, out, canceled, edusdk.KindOf(err), err)
}
