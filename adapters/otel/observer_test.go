package otel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// inTurn is a stub that gives one answer after the other, and the last again and again.
func inTurn(bodies ...string) roundTrip {
	var mu sync.Mutex
	n := 0
	return func(*http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		body := bodies[min(n, len(bodies)-1)]
		n++
		if status := 0; strings.HasPrefix(body, "HTTP ") {
			_, _ = fmt.Sscanf(body, "HTTP %d", &status)
			return answer(status, "{}"), nil
		}
		return answer(200, body), nil
	}
}

func classroom(t *testing.T, opts ...edusdk.Option) *duobeiyun.Client {
	t.Helper()
	c, err := duobeiyun.New(duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "https://acme.test:8443"},
		append([]edusdk.Option{edusdk.WithRetry(edusdk.Retry{BaseDelay: 1})}, opts...)...)
	require.NoError(t, err)
	return c
}

const loggedIn = `{"returnCode":"0","returnData":{"acceptToken":"t","studyPlatformCode":"1","studyPlatformName":"示例","expiresTime":"5"}}`

const merchant = `{"success":true,"merchant":{"partner":"p","name":"示例"}}`

func TestSpansOfACall(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	c := classroom(t, edusdk.WithObserver(r.observer(t)), edusdk.WithTransport(inTurn("HTTP 503", `{"success":false,"error":"room is not exists"}`)))
	tracer := r.tracer.Tracer("test")
	ctx, outer := tracer.Start(t.Context(), "outer")
	_, err := c.Rooms.Get(ctx, "jz1")
	require.ErrorIs(t, err, edusdk.ErrNotFound)
	outer.End()

	call := r.named("duobeiyun Rooms.Get")
	attempts := r.named("POST /api/v3/room/detail")
	require.Len(t, call, 1)
	require.Len(t, attempts, 2)
	assert.Len(t, r.spans.GetSpans(), 4)
	assert.Equal(t, outer.SpanContext().SpanID(), call[0].Parent.SpanID())
	assert.Equal(t, trace.SpanKindInternal, call[0].SpanKind)
	common := map[string]string{
		"edusdk.vendor": "duobeiyun", "edusdk.operation": "Rooms.Get", "edusdk.document_section": "查看教室房间详情", "edusdk.class": "read",
		"http.request.method": "POST", "url.template": "/api/v3/room/detail", "server.address": "acme.test", "server.port": "8443",
	}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{common, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	assert.Equal(t, with(map[string]string{
		"edusdk.attempts": "2", "http.response.status_code": "200", "error.type": "not_found", "edusdk.kind": "not found", "edusdk.code": "room is not exists",
	}), attributes(call[0].Attributes))
	assert.Equal(t, codes.Error, call[0].Status.Code)
	for _, a := range attempts {
		assert.Equal(t, call[0].SpanContext.SpanID(), a.Parent.SpanID())
		assert.Equal(t, trace.SpanKindClient, a.SpanKind)
		assert.Equal(t, codes.Error, a.Status.Code)
	}
	assert.Equal(t, with(map[string]string{
		"edusdk.attempt": "1", "http.response.status_code": "503", "error.type": "unavailable", "edusdk.kind": "unavailable",
	}), attributes(attempts[0].Attributes))
	assert.Equal(t, with(map[string]string{
		"edusdk.attempt": "2", "http.request.resend_count": "1", "edusdk.retry.reason": "unavailable", "http.response.status_code": "200",
		"error.type": "not_found", "edusdk.kind": "not found", "edusdk.code": "room is not exists",
	}), attributes(attempts[1].Attributes))
}

func TestMetricsOfCalls(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	o := r.observer(t)
	stub := inTurn("HTTP 503", merchant, `{"success":false,"error":"app_sign_error"}`)
	inFlight := map[string]string{}
	c := classroom(t, edusdk.WithObserver(o), edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		inFlight = r.points(t)
		return stub(req)
	})))
	_, err := c.Merchant.Get(t.Context())
	require.NoError(t, err)
	_, err = c.Merchant.Get(t.Context())
	require.Error(t, err)
	_, err = c.Rooms.Get(t.Context(), "")
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)

	assert.Equal(t, "1", inFlight["edusdk.call.active edusdk.vendor=duobeiyun"], "calls in flight")
	assert.Equal(t, "1", inFlight["edusdk.attempt.active edusdk.vendor=duobeiyun"], "attempts in flight")
	const get = " edusdk.operation=Merchant.Get edusdk.vendor=duobeiyun"
	const refused = " edusdk.operation=Rooms.Get edusdk.vendor=duobeiyun error.type=invalid_argument"
	assert.Equal(t, map[string]string{
		"edusdk.call.active edusdk.vendor=duobeiyun":                                                                   "0",
		"edusdk.attempt.active edusdk.vendor=duobeiyun":                                                                "0",
		"edusdk.call.duration" + get:                                                                                   "1",
		"edusdk.call.duration" + get + " error.type=unauthenticated":                                                   "1",
		"edusdk.call.duration" + refused:                                                                               "1",
		"edusdk.call.attempts" + get:                                                                                   "1",
		"edusdk.call.attempts" + get + " error.type=unauthenticated":                                                   "1",
		"edusdk.call.attempts" + refused:                                                                               "1",
		"edusdk.call.failures edusdk.code=app_sign_error" + get + " error.type=unauthenticated":                        "1",
		"edusdk.call.failures" + refused:                                                                               "1",
		"edusdk.attempt.duration" + get + " error.type=unavailable http.response.status_code=503":                      "1",
		"edusdk.attempt.duration" + get + " http.response.status_code=200":                                             "1",
		"edusdk.attempt.duration" + get + " error.type=unauthenticated http.response.status_code=200":                  "1",
		"edusdk.retries" + strings.Replace(get, " edusdk.vendor", " edusdk.retry.reason=unavailable edusdk.vendor", 1): "1",
		"edusdk.retry.budget edusdk.vendor=duobeiyun server.address=acme.test:8443":                                    "486",
	}, r.points(t))
}

// The login that several calls wait for is a call in the first one's trace.
func TestSpansOfALogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		var logins int
		var mu sync.Mutex
		c, err := supervision.New(supervision.Config{
			BaseURL: "https://acme.test", Account: "a", Password: "p", PlatformCode: "1", Device: supervision.Device{Type: supervision.TypePC, ID: "1"},
		}, edusdk.WithObserver(r.observer(t)), edusdk.WithTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(req.URL.Path, "thlogin") {
				return answer(200, `{"returnCode":"0"}`), nil
			}
			mu.Lock()
			logins++
			mu.Unlock()
			time.Sleep(time.Second) // in the bubble
			return answer(200, loggedIn), nil
		})))
		require.NoError(t, err)
		var group sync.WaitGroup
		for i := range 5 {
			group.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second/2+time.Duration(i)*time.Minute) // the first leaves
				defer cancel()
				_ = c.Study.End(ctx, &supervision.EndStudyRequest{ResCode: "v", StudentUserCode: "s", ClassCode: "c"})
			})
		}
		group.Wait()
		synctest.Wait()
		assert.Equal(t, 1, logins)
		calls := r.named("supervision Study.End")
		login := r.named("supervision Login")
		require.Len(t, calls, 5)
		require.Len(t, login, 1)
		first := calls[0] // it left before the others ended
		assert.Equal(t, "deadline exceeded", attributes(first.Attributes)["edusdk.kind"])
		assert.Equal(t, first.SpanContext.SpanID(), login[0].Parent.SpanID())
		assert.Equal(t, first.SpanContext.TraceID(), login[0].SpanContext.TraceID())
		assert.Equal(t, "1", r.points(t)["edusdk.token.renewals edusdk.operation=Login edusdk.vendor=supervision"])
		assert.Equal(t, "0", r.points(t)["edusdk.call.active edusdk.vendor=supervision"])
	})
}

func TestAbortedCalls(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){"panics": func() { panic("boom") }, "exits": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t)
			c := classroom(t, edusdk.WithObserver(r.observer(t)), edusdk.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
				do()
				return nil, nil
			})))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				_, _ = c.Rooms.Delete(t.Context(), "jz1")
			}()
			<-ended
			spans := r.spans.GetSpans()
			require.Len(t, spans, 2)
			for _, s := range spans {
				assert.Equal(t, "aborted", attributes(s.Attributes)["error.type"], s.Name)
				assert.Equal(t, codes.Error, s.Status.Code)
			}
			assert.Equal(t, "true", attributes(spans[1].Attributes)["edusdk.maybe_applied"])
			assert.Equal(t, "0", r.points(t)["edusdk.call.active edusdk.vendor=duobeiyun"])
			assert.Equal(t, "0", r.points(t)["edusdk.attempt.active edusdk.vendor=duobeiyun"])
		})
	}
}

// rival is an observer that loses the context.
type rival struct{}

func (rival) StartCall(context.Context, edusdk.CallStart) context.Context {
	return context.Background()
}
func (rival) ObserveAttempt(context.Context, edusdk.AttemptEvent) {}
func (rival) ObserveCall(context.Context, edusdk.CallEvent)       {}

// Two Observers, and one that loses contexts between them, do not get in each other's
// way.
func TestObserversSideBySide(t *testing.T) {
	t.Parallel()
	a, b := newRecorder(t), newRecorder(t)
	c := classroom(t, edusdk.WithObserver(a.observer(t)), edusdk.WithObserver(rival{}), edusdk.WithObserver(b.observer(t)), edusdk.WithTransport(inTurn(merchant)))
	_, err := c.Merchant.Get(t.Context())
	require.NoError(t, err)
	for _, r := range []*recorder{a, b} {
		assert.Len(t, r.spans.GetSpans(), 2)
		assert.Equal(t, "0", r.points(t)["edusdk.call.active edusdk.vendor=duobeiyun"])
	}
}

// An end without a beginning ends nothing, above all no other call's span.
func TestEndsWithoutABeginning(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	o := r.observer(t)
	ctx := o.StartCall(t.Context(), edusdk.CallStart{Vendor: "v", Op: "Outer"})
	o.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Inner"})
	o.ObserveAttempt(ctx, edusdk.AttemptEvent{Vendor: "v", Op: "Inner", Attempt: 1})
	o.ObserveCall(context.Background(), edusdk.CallEvent{Vendor: "v", Op: "Outer"})
	assert.Empty(t, r.spans.GetSpans())
	assert.Equal(t, "1", r.points(t)["edusdk.call.active edusdk.vendor=v"])
	o.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Outer"})
	o.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Outer"})
	assert.Len(t, r.spans.GetSpans(), 1)
	assert.Equal(t, "0", r.points(t)["edusdk.call.active edusdk.vendor=v"])
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	o, err := New(Options{TracerProvider: r.tracer, MeterProvider: r.meter, MaxCodes: 3})
	require.NoError(t, err)
	for i := range 1000 {
		for _, code := range []string{fmt.Sprint("E", i), "E0", strings.Repeat("x", 65), "张三", "a\nb"} {
			call := edusdk.CallEvent{Vendor: "v", Op: "O", Failed: true, Code: code}
			o.ObserveCall(t.Context(), call)
		}
		ctx := o.StartAttempt(t.Context(), edusdk.AttemptStart{Vendor: "v", Op: "O", Attempt: 1, Host: fmt.Sprintf("host%d.test", i)})
		o.ObserveAttempt(ctx, edusdk.AttemptEvent{Vendor: "v", Op: "O", Attempt: 1, Status: 100 + i})
	}
	seen := map[string]int{}
	for point := range r.points(t) {
		name, _, _ := strings.Cut(point, " ")
		seen[name]++
		if code := strings.TrimPrefix(point, "edusdk.call.failures edusdk.code="); code != point {
			value, _, _ := strings.Cut(code, " ")
			assert.Contains(t, []string{"E0", "E1", "E2", "other"}, value)
		}
	}
	assert.Equal(t, 4, seen["edusdk.call.failures"], "codes")
	assert.Equal(t, maxHosts+1, seen["edusdk.retry.budget"], "hosts")
	assert.Equal(t, 501, seen["edusdk.attempt.duration"], "statuses")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	o := r.observer(t)
	for host, want := range map[string]map[string]string{
		"":               {},
		"acme.test":      {"server.address": "acme.test"},
		"acme.test:8443": {"server.address": "acme.test", "server.port": "8443"},
		"[2001:db8::1]":  {"server.address": "2001:db8::1"},
		"[::1]:80":       {"server.address": "::1", "server.port": "80"},
	} {
		got := attributes(o.describe("v", "O", "", "read", "", "", host))
		for _, key := range []string{"edusdk.vendor", "edusdk.operation", "edusdk.class"} {
			delete(got, key)
		}
		assert.Equal(t, want, got, host)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	_, err := New(Options{MaxCodes: -1})
	var f *edusdk.FieldError
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "Options.MaxCodes", f.Field)
	o, err := New(Options{})
	require.NoError(t, err, "the global providers")
	_, err = o.ObserveOutbox("a", nil)
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "box", f.Field)
}

// box is an outbox.
type box func(ctx context.Context) (outbox.Stats, error)

func (b box) Stats(ctx context.Context) (outbox.Stats, error) { return b(ctx) }

func TestMetricsOfAnOutbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		o := r.observer(t)
		reg, err := o.ObserveOutbox("reports", box(func(context.Context) (outbox.Stats, error) {
			return outbox.Stats{
				StoreStats: outbox.StoreStats{Waiting: 1, Sending: 2, Parked: 3, Dead: 4, Lanes: 5, Oldest: time.Now().Add(-90 * time.Second)},
				Down:       true, Delivered: 6, Rejected: 7, Opened: 8, Buried: 9,
			}, nil
		}))
		require.NoError(t, err)
		_, err = o.ObserveOutbox("empty", box(func(context.Context) (outbox.Stats, error) { return outbox.Stats{}, nil }))
		require.NoError(t, err)
		got := r.points(t)
		const of = " edusdk.outbox=reports"
		for point, want := range map[string]string{
			"edusdk.outbox.reports" + of + " edusdk.outbox.state=waiting":        "1",
			"edusdk.outbox.reports" + of + " edusdk.outbox.state=sending":        "2",
			"edusdk.outbox.reports" + of + " edusdk.outbox.state=parked":         "3",
			"edusdk.outbox.reports" + of + " edusdk.outbox.state=dead":           "4",
			"edusdk.outbox.lanes" + of:                                           "5",
			"edusdk.outbox.oldest_age" + of:                                      "90",
			"edusdk.outbox.paused" + of:                                          "1",
			"edusdk.outbox.sent" + of + " edusdk.outbox.outcome=delivered":       "6",
			"edusdk.outbox.sent" + of + " edusdk.outbox.outcome=rejected":        "7",
			"edusdk.outbox.sent" + of + " edusdk.outbox.outcome=open":            "8",
			"edusdk.outbox.sent" + of + " edusdk.outbox.outcome=dead":            "9",
			"edusdk.outbox.oldest_age edusdk.outbox=empty":                       "0",
			"edusdk.outbox.paused edusdk.outbox=empty":                           "0",
			"edusdk.outbox.reports edusdk.outbox=empty edusdk.outbox.state=dead": "0",
		} {
			assert.Equal(t, want, got[point], point)
		}
		require.NoError(t, reg.Unregister())
		assert.NotContains(t, r.points(t), "edusdk.outbox.lanes"+of)
	})
}

// An outbox that does not answer says nothing.
func TestAnOutboxThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	_, err := r.observer(t).ObserveOutbox("reports", box(func(context.Context) (outbox.Stats, error) {
		return outbox.Stats{Down: true}, errors.New("postgres://edu:secret@db")
	}))
	require.NoError(t, err)
	var all metricdata.ResourceMetrics
	assert.EqualError(t, r.reader.Collect(t.Context(), &all), "edusdk: the outbox does not tell its state")
	assert.NotContains(t, fmt.Sprint(all), "edusdk.outbox.paused")
}
