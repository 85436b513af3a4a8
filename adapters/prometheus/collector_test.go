package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/faulttest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func newCollector(t testing.TB, o Options) *Collector {
	t.Helper()
	c, err := New(o)
	require.NoError(t, err)
	return c
}

// points returns the points that are gathered, as texts: their name, labels and value; the
// count stands for a histogram's.
func points(t testing.TB, c prometheus.Collector) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, f := range gather(t, c) {
		for _, m := range f.GetMetric() {
			key := f.GetName()
			for _, l := range m.GetLabel() {
				key += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
			}
			switch {
			case m.GetHistogram() != nil:
				found[key] = float64(m.GetHistogram().GetSampleCount())
			case m.GetCounter() != nil:
				found[key] = m.GetCounter().GetValue()
			default:
				found[key] = m.GetGauge().GetValue()
			}
		}
	}
	return found
}

func gather(t testing.TB, c prometheus.Collector) []*dto.MetricFamily {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(c))
	all, err := r.Gather()
	require.NoError(t, err)
	return all
}

// roundTrip is a stub.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func classroom(t *testing.T, rt roundTrip, opts ...edusdk.Option) *duobeiyun.Client {
	t.Helper()
	c, err := duobeiyun.New(duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: "https://acme.test:8443"},
		append([]edusdk.Option{edusdk.WithRetry(edusdk.Retry{BaseDelay: 1}), edusdk.WithTransport(rt)}, opts...)...)
	require.NoError(t, err)
	return c
}

func TestMetricsOfCalls(t *testing.T) {
	t.Parallel()
	metrics := newCollector(t, Options{})
	answers := []*http.Response{
		answer(503, ""), answer(200, `{"success":true,"merchant":{"partner":"p","name":"示例"}}`), answer(200, `{"success":false,"error":"app_sign_error"}`),
	}
	var inFlight map[string]float64
	c := classroom(t, func(*http.Request) (*http.Response, error) {
		inFlight = points(t, metrics)
		next := answers[0]
		answers = answers[1:]
		return next, nil
	}, edusdk.WithObserver(metrics))
	_, err := c.Merchant.Get(t.Context())
	require.NoError(t, err)
	_, err = c.Merchant.Get(t.Context())
	require.Error(t, err)
	_, err = c.Rooms.Get(t.Context(), "")
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)

	assert.InDelta(t, 1, inFlight["edusdk_calls_in_flight vendor=duobeiyun"], 0)
	assert.InDelta(t, 1, inFlight["edusdk_attempts_in_flight vendor=duobeiyun"], 0)
	assert.Equal(t, map[string]float64{
		"edusdk_calls_in_flight vendor=duobeiyun":                                                                     0,
		"edusdk_attempts_in_flight vendor=duobeiyun":                                                                  0,
		"edusdk_call_duration_seconds kind= operation=Merchant.Get vendor=duobeiyun":                                  1,
		"edusdk_call_duration_seconds kind=unauthenticated operation=Merchant.Get vendor=duobeiyun":                   1,
		"edusdk_call_duration_seconds kind=invalid_argument operation=Rooms.Get vendor=duobeiyun":                     1,
		"edusdk_call_attempts kind= operation=Merchant.Get vendor=duobeiyun":                                          1,
		"edusdk_call_attempts kind=unauthenticated operation=Merchant.Get vendor=duobeiyun":                           1,
		"edusdk_call_attempts kind=invalid_argument operation=Rooms.Get vendor=duobeiyun":                             1,
		"edusdk_call_failures_total code=app_sign_error kind=unauthenticated operation=Merchant.Get vendor=duobeiyun": 1,
		"edusdk_call_failures_total code= kind=invalid_argument operation=Rooms.Get vendor=duobeiyun":                 1,
		"edusdk_attempt_duration_seconds kind=unavailable operation=Merchant.Get status=503 vendor=duobeiyun":         1,
		"edusdk_attempt_duration_seconds kind= operation=Merchant.Get status=200 vendor=duobeiyun":                    1,
		"edusdk_attempt_duration_seconds kind=unauthenticated operation=Merchant.Get status=200 vendor=duobeiyun":     1,
		"edusdk_retries_total operation=Merchant.Get reason=unavailable vendor=duobeiyun":                             1,
		"edusdk_retry_budget_tokens host=acme.test:8443 vendor=duobeiyun":                                             486,
	}, points(t, metrics))
}

func TestLoginsAndAbortedCalls(t *testing.T) {
	t.Parallel()
	metrics := newCollector(t, Options{})
	ctx := metrics.StartCall(t.Context(), edusdk.CallStart{Vendor: "v", Op: "Login", Class: "login"})
	metrics.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Login", Class: "login"})
	metrics.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Login", Class: "login", Failed: true, Kind: edusdk.ErrUnauthenticated})
	got := points(t, metrics)
	assert.InDelta(t, 1, got["edusdk_token_renewals_total kind= vendor=v"], 0)
	assert.InDelta(t, 1, got["edusdk_token_renewals_total kind=unauthenticated vendor=v"], 0)
	assert.InDelta(t, 0, got["edusdk_calls_in_flight vendor=v"], 0, "the second end has no beginning")

	for name, do := range map[string]func(){"panics": func() { panic("boom") }, "exits": runtime.Goexit} {
		aborted := newCollector(t, Options{})
		c := classroom(t, func(*http.Request) (*http.Response, error) {
			do()
			return nil, nil
		}, edusdk.WithObserver(aborted))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer func() { _ = recover() }()
			_, _ = c.Merchant.Get(t.Context())
		}()
		<-ended
		got := points(t, aborted)
		assert.InDelta(t, 1, got["edusdk_call_failures_total code= kind=aborted operation=Merchant.Get vendor=duobeiyun"], 0, name)
		assert.InDelta(t, 0, got["edusdk_calls_in_flight vendor=duobeiyun"], 0, name)
		assert.InDelta(t, 0, got["edusdk_attempts_in_flight vendor=duobeiyun"], 0, name)
	}
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	metrics := newCollector(t, Options{MaxCodes: 3})
	for i := range 1000 {
		for _, code := range []string{fmt.Sprint("E", i), strings.Repeat("x", 65), "张三"} {
			metrics.ObserveCall(t.Context(), edusdk.CallEvent{Vendor: "v", Op: "O", Failed: true, Code: code})
		}
		ctx := metrics.StartAttempt(t.Context(), edusdk.AttemptStart{Vendor: "v", Op: "O", Attempt: 1, Host: fmt.Sprintf("host%d.test", i)})
		metrics.ObserveAttempt(ctx, edusdk.AttemptEvent{Vendor: "v", Op: "O", Attempt: 1, Status: i})
	}
	seen := map[string]int{}
	for point := range points(t, metrics) {
		name, _, _ := strings.Cut(point, " ")
		seen[name]++
	}
	assert.Equal(t, 4, seen["edusdk_call_failures_total"], "codes")
	assert.Equal(t, maxHosts+1, seen["edusdk_retry_budget_tokens"], "hosts")
	assert.Equal(t, 501, seen["edusdk_attempt_duration_seconds"], "statuses")
}

// What an importer's function returns for a trace becomes an exemplar if it is an id.
func TestExemplars(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"4bf92f3577b34da6a3ce929d0e0e4736": true, "": false, "张三": false, "a=b": false, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	} {
		metrics := newCollector(t, Options{TraceID: func(ctx context.Context) string {
			assert.NotNil(t, ctx)
			return id
		}})
		metrics.ObserveCall(t.Context(), edusdk.CallEvent{Vendor: "v", Op: "O", Elapsed: time.Second})
		found := ""
		for _, f := range gather(t, metrics) {
			for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
				for _, l := range b.GetExemplar().GetLabel() {
					found += l.GetName() + "=" + l.GetValue()
				}
			}
		}
		if want {
			assert.Equal(t, "trace_id="+id, found)
		} else {
			assert.Empty(t, found, id)
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	var f *edusdk.FieldError
	_, err := New(Options{MaxCodes: -1})
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "Options.MaxCodes", f.Field)
	metrics := newCollector(t, Options{})
	require.ErrorAs(t, metrics.AddOutbox("a", nil), &f)
	assert.Equal(t, "box", f.Field)
	empty := box(func(context.Context) (outbox.Stats, error) { return outbox.Stats{}, nil })
	require.ErrorAs(t, metrics.AddOutbox("", empty), &f)
	assert.Equal(t, "name", f.Field)
	require.NoError(t, metrics.AddOutbox("a", empty))
	require.ErrorAs(t, metrics.AddOutbox("a", empty), &f)
	assert.Equal(t, "name", f.Field)
	metrics.RemoveOutbox("a")
	require.NoError(t, metrics.AddOutbox("a", empty))
}

// The names and texts are as Prometheus has them.
func TestLint(t *testing.T) {
	t.Parallel()
	metrics := filled(t)
	problems, err := testutil.CollectAndLint(metrics)
	require.NoError(t, err)
	assert.Equal(t, []promlint.Problem(nil), problems)
}

// filled returns a collector that has every metric.
func filled(t *testing.T) *Collector {
	t.Helper()
	metrics := newCollector(t, Options{})
	ctx := metrics.StartCall(t.Context(), edusdk.CallStart{Vendor: "v", Op: "Login", Class: "login"})
	ctx = metrics.StartAttempt(ctx, edusdk.AttemptStart{Vendor: "v", Op: "Login", Attempt: 1, Host: "h"})
	metrics.ObserveAttempt(ctx, edusdk.AttemptEvent{Vendor: "v", Op: "Login", Attempt: 1, Failed: true, Retry: true})
	metrics.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Login", Class: "login", Failed: true})
	require.NoError(t, metrics.AddOutbox("reports", box(func(context.Context) (outbox.Stats, error) { return outbox.Stats{}, nil })))
	return metrics
}

// box is an outbox.
type box func(ctx context.Context) (outbox.Stats, error)

func (b box) Stats(ctx context.Context) (outbox.Stats, error) { return b(ctx) }

func TestMetricsOfOutboxes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, Options{})
		require.NoError(t, metrics.AddOutbox("reports", box(func(context.Context) (outbox.Stats, error) {
			return outbox.Stats{
				StoreStats: outbox.StoreStats{Waiting: 1, Sending: 2, Parked: 3, Dead: 4, Lanes: 5, Oldest: time.Now().Add(-90 * time.Second)},
				Down:       true, Delivered: 6, Rejected: 7, Opened: 8, Buried: 9,
			}, nil
		})))
		require.NoError(t, metrics.AddOutbox("broken", box(func(context.Context) (outbox.Stats, error) {
			return outbox.Stats{Down: true}, errors.New("postgres://edu:secret@db")
		})))
		require.NoError(t, metrics.AddOutbox("slow", box(func(context.Context) (outbox.Stats, error) {
			time.Sleep(time.Hour) // in the bubble
			return outbox.Stats{}, nil
		})))
		start := time.Now()
		assert.Equal(t, map[string]float64{
			"edusdk_outbox_up outbox=reports":                           1,
			"edusdk_outbox_up outbox=broken":                            0,
			"edusdk_outbox_up outbox=slow":                              0,
			"edusdk_outbox_reports outbox=reports state=waiting":        1,
			"edusdk_outbox_reports outbox=reports state=sending":        2,
			"edusdk_outbox_reports outbox=reports state=parked":         3,
			"edusdk_outbox_reports outbox=reports state=dead":           4,
			"edusdk_outbox_lanes outbox=reports":                        5,
			"edusdk_outbox_oldest_age_seconds outbox=reports":           90,
			"edusdk_outbox_paused outbox=reports":                       1,
			"edusdk_outbox_sent_total outbox=reports outcome=delivered": 6,
			"edusdk_outbox_sent_total outbox=reports outcome=rejected":  7,
			"edusdk_outbox_sent_total outbox=reports outcome=open":      8,
			"edusdk_outbox_sent_total outbox=reports outcome=dead":      9,
		}, points(t, metrics))
		assert.LessOrEqual(t, time.Since(start), 5*time.Second)
		time.Sleep(2 * time.Hour)
	})
}

// Nothing of what an operation was given, and no credential, is to be seen in a metric
// or an exemplar, whatever comes back.
func TestNoSecretLeaves(t *testing.T) {
	faulttest.Secrets(t, func(t *testing.T) ([]edusdk.Option, func() map[string]string) {
		metrics := newCollector(t, Options{TraceID: func(context.Context) string { return "4bf92f3577b34da6a3ce929d0e0e4736" }})
		return []edusdk.Option{edusdk.WithObserver(metrics)}, func() map[string]string {
			var text strings.Builder
			for _, f := range gather(t, metrics) {
				text.WriteString(f.String())
			}
			require.Contains(t, text.String(), "edusdk_call_duration_seconds")
			require.Contains(t, text.String(), "exemplar")
			return map[string]string{"metrics and exemplars": text.String()}
		}
	})
}
