package prometheus

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/watch"
)

// DefaultMaxCodes is how many of the vendors' codes are told apart by default.
const DefaultMaxCodes = 100

// maxHosts is how many addresses of vendors are told apart.
const maxHosts = 100

// Options are the settings of a Collector. The zero value means the defaults.
type Options struct {
	// TraceID returns the id of the trace that a call's context belongs to, "" for none
	// or one that is not sampled. Durations then have it as an exemplar. It consists of
	// letters, digits and hyphens, 64 at most; anything else is left out. nil means no
	// exemplars. With OpenTelemetry it is
	//
	//	func(ctx context.Context) string {
	//		if c := trace.SpanContextFromContext(ctx); c.IsSampled() {
	//			return c.TraceID().String()
	//		}
	//		return ""
	//	}
	TraceID func(ctx context.Context) string
	// MaxCodes is how many different codes of the vendors become labels; those that
	// come after them are "other". 0 means DefaultMaxCodes.
	MaxCodes int
}

// Collector makes metrics of what a client does: it is an Observer for
// edusdk.WithObserver, for any number of clients, and a prometheus.Collector to be
// registered once. It is safe for concurrent use.
type Collector struct {
	traceID func(ctx context.Context) string
	codes   *watch.Bounded
	hosts   *watch.Bounded

	callDuration, callAttempts, attemptDuration *prometheus.HistogramVec
	failures, retries, renewals                 *prometheus.CounterVec
	calls, attempts, budget                     *prometheus.GaugeVec

	outboxes outboxes
}

var (
	_ edusdk.Observer       = (*Collector)(nil)
	_ edusdk.CallStarter    = (*Collector)(nil)
	_ edusdk.AttemptStarter = (*Collector)(nil)
	_ prometheus.Collector  = (*Collector)(nil)
)

// seconds are the boundaries of durations: from what a cache in front of a vendor takes
// to an attempt's default timeout and a call's three of them.
var seconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}

// New returns a Collector, which is not registered yet.
func New(o Options) (*Collector, error) {
	if o.MaxCodes < 0 {
		return nil, invalid("New", "Options.MaxCodes", "must not be negative")
	}
	if o.MaxCodes == 0 {
		o.MaxCodes = DefaultMaxCodes
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	return &Collector{
		traceID: o.TraceID, codes: watch.NewBounded(o.MaxCodes), hosts: watch.NewBounded(maxHosts),
		callDuration: histogram("edusdk_call_duration_seconds", "Duration of calls, with retries and waits.", seconds, "vendor", "operation", "kind"),
		callAttempts: histogram("edusdk_call_attempts", "Requests made for a call.", []float64{0, 1, 2, 3, 4, 5, 10}, "vendor", "operation", "kind"),
		attemptDuration: histogram("edusdk_attempt_duration_seconds", "Duration of attempts.", seconds,
			"vendor", "operation", "kind", "status"),
		failures: counter("edusdk_call_failures_total", "Calls that failed, by the vendor's code.", "vendor", "operation", "kind", "code"),
		retries:  counter("edusdk_retries_total", "Attempts that another one follows, by the reason.", "vendor", "operation", "reason"),
		renewals: counter("edusdk_token_renewals_total", "Logins for a new token.", "vendor", "kind"),
		calls:    gauge("edusdk_calls_in_flight", "Calls in flight.", "vendor"),
		attempts: gauge("edusdk_attempts_in_flight", "Attempts in flight.", "vendor"),
		budget:   gauge("edusdk_retry_budget_tokens", "Tokens left for retries, at the last attempt.", "vendor", "host"),
	}, nil
}

// invalid returns the error for an argument.
func invalid(op, field, problem string) error {
	return &edusdk.Error{Op: "prometheus." + op, Kind: edusdk.ErrInvalidArgument, Err: &edusdk.FieldError{Field: field, Problem: problem}}
}

func (c *Collector) all() []prometheus.Collector {
	return []prometheus.Collector{
		c.callDuration, c.callAttempts, c.attemptDuration, c.failures, c.retries, c.renewals, c.calls, c.attempts, c.budget, &c.outboxes,
	}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, part := range c.all() {
		part.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	for _, part := range c.all() {
		part.Collect(ch)
	}
}

// stage is a call or an attempt that has begun.
type stage struct {
	vendor, op string
	attempt    int // 0 for a call
	host       string
	ended      atomic.Bool
}

// The keys of the innermost call and attempt of a Collector.
type (
	callKey    struct{ of *Collector }
	attemptKey struct{ of *Collector }
)

// ends returns the stage that an event ends, or nil: whoever began it could have lost
// the context, and then an outer stage stands in its place.
func ends(ctx context.Context, key any, vendor, op string, attempt int) *stage {
	s, _ := ctx.Value(key).(*stage)
	if s == nil || s.vendor != vendor || s.op != op || s.attempt != attempt || !s.ended.CompareAndSwap(false, true) {
		return nil
	}
	return s
}

// StartCall implements edusdk.CallStarter.
func (c *Collector) StartCall(ctx context.Context, e edusdk.CallStart) context.Context {
	c.calls.WithLabelValues(e.Vendor).Inc()
	return context.WithValue(ctx, callKey{c}, &stage{vendor: e.Vendor, op: e.Op})
}

// StartAttempt implements edusdk.AttemptStarter.
func (c *Collector) StartAttempt(ctx context.Context, e edusdk.AttemptStart) context.Context {
	c.attempts.WithLabelValues(e.Vendor).Inc()
	return context.WithValue(ctx, attemptKey{c}, &stage{vendor: e.Vendor, op: e.Op, attempt: e.Attempt, host: e.Host})
}

// ObserveAttempt implements edusdk.Observer.
func (c *Collector) ObserveAttempt(ctx context.Context, e edusdk.AttemptEvent) {
	if s := ends(ctx, attemptKey{c}, e.Vendor, e.Op, e.Attempt); s != nil {
		c.attempts.WithLabelValues(e.Vendor).Dec()
		if e.RetryBudget >= 0 {
			c.budget.WithLabelValues(e.Vendor, c.hosts.Of(s.host)).Set(float64(e.RetryBudget))
		}
	}
	if e.Retry {
		c.retries.WithLabelValues(e.Vendor, e.Op, word(e.Kind)).Inc()
	}
	c.observe(ctx, c.attemptDuration.WithLabelValues(e.Vendor, e.Op, kind(e.Failed, e.Aborted, e.Kind), status(e.Status)), e.Elapsed.Seconds())
}

// ObserveCall implements edusdk.Observer.
func (c *Collector) ObserveCall(ctx context.Context, e edusdk.CallEvent) {
	if ends(ctx, callKey{c}, e.Vendor, e.Op, 0) != nil {
		c.calls.WithLabelValues(e.Vendor).Dec()
	}
	k := kind(e.Failed, e.Aborted, e.Kind)
	if e.Failed {
		c.failures.WithLabelValues(e.Vendor, e.Op, k, c.codes.Of(e.Code)).Inc()
	}
	if e.Class == "login" {
		c.renewals.WithLabelValues(e.Vendor, k).Inc()
	}
	c.callAttempts.WithLabelValues(e.Vendor, e.Op, k).Observe(float64(e.Attempts))
	c.observe(ctx, c.callDuration.WithLabelValues(e.Vendor, e.Op, k), e.Elapsed.Seconds())
}

// observe notes a duration, with the trace as an exemplar if there is one.
func (c *Collector) observe(ctx context.Context, o prometheus.Observer, seconds float64) {
	if c.traceID != nil {
		if id := c.traceID(ctx); id != "" && len(id) <= 64 && !strings.ContainsFunc(id, unusual) {
			o.(prometheus.ExemplarObserver).ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": id})
			return
		}
	}
	o.Observe(seconds)
}

// unusual reports whether no id of a trace has the rune.
func unusual(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
}

// kind returns the label of a failure: "" for a success, else a kind, or "aborted" if a
// callback panicked.
func kind(failed, aborted bool, k edusdk.Kind) string {
	switch {
	case !failed:
		return ""
	case aborted:
		return "aborted"
	}
	return word(k)
}

// word returns a kind as one word.
func word(k edusdk.Kind) string { return strings.ReplaceAll(k.String(), " ", "_") }

// status returns the label of a status that HTTP knows, or "".
func status(code int) string {
	if code < 100 || code > 599 {
		return ""
	}
	return strconv.Itoa(code)
}
