package otel

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/watch"
)

// scope names the instrumentation in what is exported.
const scope = "github.com/edusdk/edusdk/adapters/otel"

// DefaultMaxCodes is how many of the vendors' codes are told apart by default.
const DefaultMaxCodes = 100

// maxHosts is how many addresses of vendors are told apart in metrics.
const maxHosts = 100

// Options says where an Observer's spans and metrics go. The zero value takes the
// providers that are set globally.
type Options struct {
	// TracerProvider makes the spans; nil means otel.GetTracerProvider().
	TracerProvider trace.TracerProvider
	// MeterProvider makes the metrics; nil means otel.GetMeterProvider().
	MeterProvider metric.MeterProvider
	// MaxCodes is how many different codes of the vendors become attributes; those
	// that come after them are "other". 0 means DefaultMaxCodes.
	MaxCodes int
}

// Observer makes spans and metrics of what a client does. It is safe for concurrent
// use by any number of clients.
type Observer struct {
	tracer  trace.Tracer
	meter   metric.Meter
	metrics instruments
	codes   *watch.Bounded
	hosts   *watch.Bounded
}

var (
	_ edusdk.Observer       = (*Observer)(nil)
	_ edusdk.CallStarter    = (*Observer)(nil)
	_ edusdk.AttemptStarter = (*Observer)(nil)
)

// New returns an Observer for edusdk.WithObserver. It fails if the MeterProvider does.
func New(o Options) (*Observer, error) {
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.MaxCodes < 0 {
		return nil, &edusdk.Error{
			Op: "otel.New", Kind: edusdk.ErrInvalidArgument, Err: &edusdk.FieldError{Field: "Options.MaxCodes", Problem: "must not be negative"},
		}
	}
	if o.MaxCodes == 0 {
		o.MaxCodes = DefaultMaxCodes
	}
	obs := &Observer{
		tracer: o.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		meter:  o.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)),
		codes:  watch.NewBounded(o.MaxCodes), hosts: watch.NewBounded(maxHosts),
	}
	return obs, obs.metrics.make(obs.meter)
}

// stage is a call or an attempt that has begun.
type stage struct {
	op, route string
	attempt   int // 0 for a call
	host      string
	span      trace.Span
	ended     atomic.Bool
}

// The keys of the innermost call and attempt of an Observer.
type (
	callKey    struct{ of *Observer }
	attemptKey struct{ of *Observer }
	// routeKey is the key of the innermost attempt of any Observer, for Wrapper.
	routeKey struct{}
)

// end returns the stage that an event ends, or nil: whoever began it could have lost
// the context, and then an outer stage stands in its place.
func end(ctx context.Context, key any, op string, attempt int) *stage {
	s, _ := ctx.Value(key).(*stage)
	if s == nil || s.op != op || s.attempt != attempt || !s.ended.CompareAndSwap(false, true) {
		return nil
	}
	return s
}

// StartCall implements edusdk.CallStarter: it starts the call's span.
func (o *Observer) StartCall(ctx context.Context, c edusdk.CallStart) context.Context {
	s := &stage{op: c.Vendor + " " + c.Op, host: c.Host}
	attrs := o.describe(c.Vendor, c.Op, c.Section, c.Class, c.Method, c.Route, c.Host)
	ctx, s.span = o.tracer.Start(ctx, s.op, trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(attrs...))
	o.metrics.calls.Add(ctx, 1, metric.WithAttributes(vendorKey.String(c.Vendor)))
	return context.WithValue(ctx, callKey{o}, s)
}

// StartAttempt implements edusdk.AttemptStarter: it starts the attempt's span.
func (o *Observer) StartAttempt(ctx context.Context, a edusdk.AttemptStart) context.Context {
	s := &stage{op: a.Vendor + " " + a.Op, route: a.Route, attempt: a.Attempt, host: a.Host}
	attrs := append(o.describe(a.Vendor, a.Op, a.Section, a.Class, a.Method, a.Route, a.Host), attemptKeyName.Int(a.Attempt))
	if a.Attempt > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(a.Attempt-1), reasonKey.String(a.After.String()))
	}
	ctx, s.span = o.tracer.Start(ctx, spanName(a.Method, a.Route), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	o.metrics.attempts.Add(ctx, 1, metric.WithAttributes(vendorKey.String(a.Vendor)))
	return context.WithValue(context.WithValue(ctx, attemptKey{o}, s), routeKey{}, s)
}

// ObserveAttempt implements edusdk.Observer: it ends the attempt's span.
func (o *Observer) ObserveAttempt(ctx context.Context, a edusdk.AttemptEvent) {
	f := o.failure(a.Failed, a.Aborted, a.Kind, a.Code)
	attrs := []attribute.KeyValue{vendorKey.String(a.Vendor), operationKey.String(a.Op)}
	if status := validStatus(a.Status); status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(status))
	}
	if f.errorType != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(f.errorType))
	}
	o.metrics.attemptDuration.Record(ctx, a.Elapsed.Seconds(), metric.WithAttributes(attrs...))
	if a.Retry {
		o.metrics.retries.Add(ctx, 1, metric.WithAttributes(
			vendorKey.String(a.Vendor), operationKey.String(a.Op), reasonKey.String(a.Kind.String())))
	}
	s := end(ctx, attemptKey{o}, a.Vendor+" "+a.Op, a.Attempt)
	if s == nil {
		return
	}
	o.metrics.attempts.Add(ctx, -1, metric.WithAttributes(vendorKey.String(a.Vendor)))
	if a.RetryBudget >= 0 {
		o.metrics.budget.Record(ctx, int64(a.RetryBudget), metric.WithAttributes(
			vendorKey.String(a.Vendor), semconv.ServerAddress(o.hosts.Of(s.host))))
	}
	if status := validStatus(a.Status); status != 0 {
		s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	f.end(s.span)
}

// ObserveCall implements edusdk.Observer: it ends the call's span.
func (o *Observer) ObserveCall(ctx context.Context, c edusdk.CallEvent) {
	f := o.failure(c.Failed, c.Aborted, c.Kind, c.Code)
	attrs := []attribute.KeyValue{vendorKey.String(c.Vendor), operationKey.String(c.Op)}
	if f.errorType != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(f.errorType))
		coded := slices.Clone(attrs)
		if f.code != "" {
			coded = append(coded, codeKey.String(f.code))
		}
		o.metrics.failures.Add(ctx, 1, metric.WithAttributes(coded...))
	}
	with := metric.WithAttributes(attrs...)
	o.metrics.callDuration.Record(ctx, c.Elapsed.Seconds(), with)
	o.metrics.callAttempts.Record(ctx, int64(c.Attempts), with)
	if c.Class == "login" {
		o.metrics.renewals.Add(ctx, 1, with)
	}
	s := end(ctx, callKey{o}, c.Vendor+" "+c.Op, 0)
	if s == nil {
		return
	}
	o.metrics.calls.Add(ctx, -1, metric.WithAttributes(vendorKey.String(c.Vendor)))
	s.span.SetAttributes(attemptsKey.Int(c.Attempts))
	if status := validStatus(c.Status); status != 0 {
		s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	if c.MaybeApplied {
		s.span.SetAttributes(maybeAppliedKey.Bool(true))
	}
	f.end(s.span)
}

// The attributes that semantic conventions have no word for.
const (
	vendorKey       = attribute.Key("edusdk.vendor")
	operationKey    = attribute.Key("edusdk.operation")
	sectionKey      = attribute.Key("edusdk.document_section")
	classKey        = attribute.Key("edusdk.class")
	attemptKeyName  = attribute.Key("edusdk.attempt")
	attemptsKey     = attribute.Key("edusdk.attempts")
	kindKey         = attribute.Key("edusdk.kind")
	codeKey         = attribute.Key("edusdk.code")
	reasonKey       = attribute.Key("edusdk.retry.reason")
	maybeAppliedKey = attribute.Key("edusdk.maybe_applied")
)

// describe returns what is known of a call when it begins.
func (o *Observer) describe(vendor, op, section, class, method, route, host string) []attribute.KeyValue {
	attrs := append(make([]attribute.KeyValue, 0, 12), vendorKey.String(vendor), operationKey.String(op), classKey.String(class))
	if section != "" {
		attrs = append(attrs, sectionKey.String(section))
	}
	if method != "" {
		attrs = append(attrs, semconv.HTTPRequestMethodKey.String(method))
	}
	if route != "" {
		attrs = append(attrs, semconv.URLTemplate("/"+route))
	}
	if host == "" {
		return attrs
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return append(attrs, semconv.ServerAddress(strings.Trim(host, "[]")))
	}
	attrs = append(attrs, semconv.ServerAddress(name))
	if n, err := strconv.Atoi(port); err == nil {
		attrs = append(attrs, semconv.ServerPort(n))
	}
	return attrs
}

// spanName is what semantic conventions call the span of a request.
func spanName(method, route string) string {
	if route == "" {
		return method
	}
	return method + " /" + route
}

// failure is what spans and metrics say of an error: words of a bounded number.
type failure struct{ errorType, kind, code string }

// aborted is the error.type of what a callback ended.
const aborted = "aborted"

func (o *Observer) failure(failed, abort bool, kind edusdk.Kind, code string) failure {
	switch {
	case !failed:
		return failure{}
	case abort:
		return failure{errorType: aborted}
	}
	return failure{strings.ReplaceAll(kind.String(), " ", "_"), kind.String(), o.codes.Of(code)}
}

// end ends a span.
func (f failure) end(span trace.Span) {
	if f.errorType != "" {
		span.SetAttributes(semconv.ErrorTypeKey.String(f.errorType))
		if f.kind != "" {
			span.SetAttributes(kindKey.String(f.kind))
		}
		if f.code != "" {
			span.SetAttributes(codeKey.String(f.code))
		}
		span.SetStatus(codes.Error, f.kind)
	}
	span.End()
}

// validStatus returns a status that HTTP knows, or 0: what vendors send has three
// digits, and no bound but that.
func validStatus(status int) int {
	if status < http.StatusContinue || status > 599 {
		return 0
	}
	return status
}
