package otel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// connections are those that tests use as a transport.
var connections = &http.Transport{}

// roundTrip is a stub.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// The wire gets the request as it is, and otelhttp none of what is in its address.
func TestWrapper(t *testing.T) {
	t.Parallel()
	for name, propagated := range map[string]bool{"alone": false, "with propagation": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t)
			o := r.wrapper()
			if propagated {
				o.Propagator = propagation.TraceContext{}
			}
			var sent *http.Request
			rt := Wrapper(o)(roundTrip(func(req *http.Request) (*http.Response, error) {
				sent = req
				return answer(200, "{}"), nil
			}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://user:secret@acme.test:8443/students/110101199003070013?sign=secret", strings.NewReader("body"))
			require.NoError(t, err)
			before := *req.URL
			resp, err := rt.RoundTrip(req)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, "{}", string(body))
			assert.Same(t, req, resp.Request)
			assert.Equal(t, before, *req.URL, "the caller's request")
			assert.Equal(t, before, *sent.URL, "what is sent")
			assert.Equal(t, propagated, sent.Header.Get("Traceparent") != "", "traceparent")

			spans := r.spans.GetSpans()
			require.Len(t, spans, 1)
			assert.Equal(t, map[string]string{
				"http.request.method": "POST", "url.full": "https://acme.test:8443/", "server.address": "acme.test", "server.port": "8443",
				"network.protocol.version": "1.1", "http.response.status_code": "200",
			}, attributes(spans[0].Attributes))
			for where, text := range r.text(t) {
				for _, personal := range []string{"secret", "110101199003070013", "students"} {
					assert.NotContains(t, text, personal, where)
				}
			}
			assert.NotContains(t, fmt.Sprint(sent.Context()), "secret", "a context that is printed")
		})
	}
}

func TestErrorsOfWrapper(t *testing.T) {
	t.Parallel()
	const secret = "https://acme.test/?sign=secret"
	for _, tt := range []struct {
		want string
		err  error
	}{
		{"canceled", fmt.Errorf("%s: %w", secret, context.Canceled)},
		{"timeout", fmt.Errorf("%s: %w", secret, context.DeadlineExceeded)},
		{"timeout", &net.OpError{Op: "read", Err: context.DeadlineExceeded}},
		{"dns", &net.DNSError{Name: "secret.test", Err: "no such host"}},
		{"certificate", &tls.CertificateVerificationError{Err: errors.New(secret)}},
		{"connection", &net.OpError{Op: "dial", Err: errors.New(secret)}},
		{"eof", io.ErrUnexpectedEOF},
		{"_OTHER", errors.New(secret)},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			for _, inBody := range []bool{false, true} {
				r := newRecorder(t)
				rt := Wrapper(r.wrapper())(roundTrip(func(*http.Request) (*http.Response, error) {
					if !inBody {
						return nil, tt.err
					}
					resp := answer(200, "")
					resp.Body, resp.ContentLength = io.NopCloser(failing{tt.err}), -1
					return resp, nil
				}))
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, secret, nil)
				require.NoError(t, err)
				resp, err := rt.RoundTrip(req)
				if inBody {
					require.NoError(t, err)
					_, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				assert.Equal(t, tt.err, err, "the caller gets the error itself")
				require.Len(t, r.spans.GetSpans(), 1)
				span := r.spans.GetSpans()[0]
				assert.Equal(t, tt.want, span.Status.Description)
				assert.Equal(t, tt.want, attributes(span.Attributes)["error.type"])
				for where, text := range r.text(t) {
					assert.NotContains(t, text, "secret", where)
				}
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// In a call, otelhttp's span is in that of the attempt and has its route.
func TestWrapperInACall(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]func(rt http.RoundTripper, wrap func(http.RoundTripper) http.RoundTripper) []edusdk.Option{
		"WithTransportWrapper": func(rt http.RoundTripper, wrap func(http.RoundTripper) http.RoundTripper) []edusdk.Option {
			return []edusdk.Option{edusdk.WithTransport(rt), edusdk.WithTransportWrapper(wrap)}
		},
		"WithTransport": func(rt http.RoundTripper, wrap func(http.RoundTripper) http.RoundTripper) []edusdk.Option {
			return []edusdk.Option{edusdk.WithTransport(wrap(rt))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t)
			var query string
			stub := roundTrip(func(req *http.Request) (*http.Response, error) {
				query = req.URL.RawQuery
				return answer(200, `[]`), nil
			})
			c, err := duobeiyun.New(duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "http://acme.test/gateway"},
				append(option(stub, Wrapper(r.wrapper())), edusdk.WithObserver(r.observer(t)), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))...)
			require.NoError(t, err)
			_, _ = c.Rooms.ChatLogs(t.Context(), "jz1")
			assert.Contains(t, query, "sign=", "the wire gets the signature")
			attempt := r.named("POST /api/v3/room/chatDownload")
			request := r.named("HTTP POST")
			require.Len(t, attempt, 1)
			require.Len(t, request, 1)
			assert.Equal(t, attempt[0].SpanContext.SpanID(), request[0].Parent.SpanID())
			assert.Equal(t, "http://acme.test/api/v3/room/chatDownload", attributes(request[0].Attributes)["url.full"])
			// Call's path is the importer's own.
			_ = c.Call(t.Context(), http.MethodPost, "students/secret", nil, nil)
			assert.Equal(t, "http://acme.test/", attributes(r.named("HTTP POST")[1].Attributes)["url.full"])
			for where, text := range r.text(t) {
				assert.NotContains(t, text, "secret", where)
			}
		})
	}
}

func TestWrapperClosesIdleConnections(t *testing.T) {
	t.Parallel()
	closed := 0
	rt := Wrapper(WrapperOptions{})(idle{closed: &closed})
	rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	assert.Equal(t, 1, closed)
	Wrapper(WrapperOptions{})(roundTrip(nil)).(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

type idle struct {
	http.RoundTripper

	closed *int
}

func (i idle) CloseIdleConnections() { *i.closed++ }
