package otel

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// WrapperOptions says what a Wrapper does. The zero value takes the providers that are
// set globally, and tells the vendor nothing.
type WrapperOptions struct {
	// TracerProvider makes the spans; nil means otel.GetTracerProvider().
	TracerProvider trace.TracerProvider
	// MeterProvider makes the metrics of HTTP clients, http.client.request.duration
	// and http.client.request.body.size; nil means otel.GetMeterProvider().
	MeterProvider metric.MeterProvider
	// Propagator puts the trace into the headers of the requests, such as traceparent
	// for propagation.TraceContext{}. nil puts nothing there: most vendors make
	// nothing of it, and are told nothing of a trace.
	Propagator propagation.TextMapPropagator
}

// Wrapper returns a function for edusdk.WithTransportWrapper, which adds otelhttp's span
// and metrics to each request. What otelhttp is shown holds nothing of the request but
// its method, the host, the route that the Observer knows of (or else no path at all), headers
// and body: never the query, or a path of the importer's. Its errors are one word, because what
// an error of net/http says can quote an address.
//
// The same holds where the function wraps a RoundTripper for edusdk.WithTransport.
func Wrapper(o WrapperOptions) func(next http.RoundTripper) http.RoundTripper {
	opts := []otelhttp.Option{otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
		return "HTTP " + r.Method
	})}
	if o.TracerProvider != nil {
		opts = append(opts, otelhttp.WithTracerProvider(o.TracerProvider))
	}
	if o.MeterProvider != nil {
		opts = append(opts, otelhttp.WithMeterProvider(o.MeterProvider))
	}
	if o.Propagator == nil {
		o.Propagator = propagation.NewCompositeTextMapPropagator()
	}
	opts = append(opts, otelhttp.WithPropagators(o.Propagator))
	return func(next http.RoundTripper) http.RoundTripper {
		return &entrance{otelhttp.NewTransport(&exit{next}, opts...), next}
	}
}

// entrance hands requests to otelhttp without their address.
type entrance struct {
	traced http.RoundTripper
	next   http.RoundTripper
}

// passage is what an exit needs of a request. It is in the request's context, so it must
// not be a fmt.Stringer, which a context prints.
type passage struct{ address *url.URL }

type passageKey struct{}

// RoundTrip implements http.RoundTripper.
func (e *entrance) RoundTrip(req *http.Request) (*http.Response, error) {
	shown := req.WithContext(context.WithValue(req.Context(), passageKey{}, &passage{req.URL}))
	shown.URL = address(req)
	resp, err := e.traced.RoundTrip(shown)
	if resp != nil {
		resp.Request = req
		if resp.Body != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			resp.Body = &body{resp.Body, reveal}
		}
	}
	return resp, reveal(err)
}

// CloseIdleConnections is what http.Client looks for.
func (e *entrance) CloseIdleConnections() {
	if c, ok := e.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// address returns what is shown of a request's address.
func address(req *http.Request) *url.URL {
	shown := &url.URL{Path: "/"}
	if req.URL != nil {
		shown.Scheme, shown.Host = req.URL.Scheme, req.URL.Host
	}
	if s, ok := req.Context().Value(routeKey{}).(*stage); ok {
		shown.Path += s.route
	}
	return shown
}

// exit takes requests back from otelhttp.
type exit struct{ next http.RoundTripper }

var errLost = errors.New("the request's context was lost on its way")

// RoundTrip implements http.RoundTripper.
func (e *exit) RoundTrip(req *http.Request) (*http.Response, error) {
	p, ok := req.Context().Value(passageKey{}).(*passage)
	if !ok {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errLost
	}
	sent := *req
	sent.URL = p.address
	resp, err := e.next.RoundTrip(&sent)
	if resp != nil {
		resp.Request = req
		if resp.Body != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			resp.Body = &body{resp.Body, hide}
		}
	}
	return resp, hide(err)
}

// body is the body of an answer, whose errors are made others.
type body struct {
	io.ReadCloser

	made func(error) error
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	return n, b.made(err)
}

// requestError is an error of which one word is shown.
type requestError struct{ err error }

// hide hides an error, except the end of a body.
func hide(err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // otelhttp compares it like that
		return err
	}
	return &requestError{err}
}

// reveal returns what hide has requestError.
func reveal(err error) error {
	if h, ok := err.(*requestError); ok { //nolint:errorlint // it is handed through as it is
		return h.err
	}
	return err
}

// Error returns the word.
func (h *requestError) Error() string { return h.ErrorType() }

// ErrorType is what semantic conventions take for error.type.
func (h *requestError) ErrorType() string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(h.err, context.Canceled):
		return "canceled"
	case errors.Is(h.err, context.DeadlineExceeded), errors.As(h.err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(h.err, &dns):
		return "dns"
	case errors.As(h.err, &certificate):
		return "certificate"
	case errors.As(h.err, &op):
		return "connection"
	case errors.Is(h.err, io.EOF), errors.Is(h.err, io.ErrUnexpectedEOF):
		return "eof"
	default:
		return semconvOther
	}
}

// semconvOther is error.type for what no word is known of.
const semconvOther = "_OTHER"
