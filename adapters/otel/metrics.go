package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/watch"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// seconds are the boundaries of durations: from what a cache in front of a vendor takes
// to an attempt's default timeout and a call's three of them.
var seconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}

// instruments are the metrics of an Observer.
type instruments struct {
	callDuration, attemptDuration metric.Float64Histogram
	callAttempts                  metric.Int64Histogram
	failures, retries, renewals   metric.Int64Counter
	calls, attempts               metric.Int64UpDownCounter
	budget                        metric.Int64Gauge
}

// make creates the instruments, and returns what a MeterProvider has against them.
func (i *instruments) make(m metric.Meter) error {
	var errs [9]error
	i.callDuration, errs[0] = m.Float64Histogram("edusdk.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with retries and waits."), metric.WithExplicitBucketBoundaries(seconds...))
	i.callAttempts, errs[1] = m.Int64Histogram("edusdk.call.attempts", metric.WithUnit("{attempt}"),
		metric.WithDescription("Requests made for a call."), metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 5, 10))
	i.attemptDuration, errs[2] = m.Float64Histogram("edusdk.attempt.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of attempts."), metric.WithExplicitBucketBoundaries(seconds...))
	i.failures, errs[3] = m.Int64Counter("edusdk.call.failures", metric.WithUnit("{call}"),
		metric.WithDescription("Calls that failed, by the vendor's code."))
	i.retries, errs[4] = m.Int64Counter("edusdk.retries", metric.WithUnit("{attempt}"),
		metric.WithDescription("Attempts that another one follows, by the reason."))
	i.renewals, errs[5] = m.Int64Counter("edusdk.token.renewals", metric.WithUnit("{login}"),
		metric.WithDescription("Logins for a new token."))
	i.calls, errs[6] = m.Int64UpDownCounter("edusdk.call.active", metric.WithUnit("{call}"),
		metric.WithDescription("Calls in flight."))
	i.attempts, errs[7] = m.Int64UpDownCounter("edusdk.attempt.active", metric.WithUnit("{attempt}"),
		metric.WithDescription("Attempts in flight."))
	i.budget, errs[8] = m.Int64Gauge("edusdk.retry.budget", metric.WithUnit("{token}"),
		metric.WithDescription("Tokens left for retries, at the last attempt."))
	return errors.Join(errs[:]...)
}

// Outbox is what ObserveOutbox asks: an *outbox.Outbox.
type Outbox interface {
	Stats(ctx context.Context) (outbox.Stats, error)
}

var (
	nameKey    = attribute.Key("edusdk.outbox")
	stateKey   = attribute.Key("edusdk.outbox.state")
	outcomeKey = attribute.Key("edusdk.outbox.outcome")
)

// ObserveOutbox adds the metrics of an outbox under a name of yours, until Unregister of
// what it returns is called. The outbox is asked whenever the metrics are read, for
// 5 s at most; while it does not answer, its metrics are absent.
//
// Several processes that share a store, as that of adapters/postgres, all tell what it
// holds: do not add these up.
func (o *Observer) ObserveOutbox(name string, box Outbox) (metric.Registration, error) {
	var errs [5]error
	var reports, lanes, paused metric.Int64ObservableGauge
	var age metric.Float64ObservableGauge
	var sent metric.Int64ObservableCounter
	reports, errs[0] = o.meter.Int64ObservableGauge("edusdk.outbox.reports", metric.WithUnit("{report}"),
		metric.WithDescription("Reports in the outbox, by where they stand."))
	lanes, errs[1] = o.meter.Int64ObservableGauge("edusdk.outbox.lanes", metric.WithUnit("{lane}"),
		metric.WithDescription("Lanes in which reports wait."))
	age, errs[2] = o.meter.Float64ObservableGauge("edusdk.outbox.oldest_age", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest report that waits."))
	paused, errs[3] = o.meter.Int64ObservableGauge("edusdk.outbox.paused",
		metric.WithDescription("1 while sending pauses because the platform is down, else 0."))
	sent, errs[4] = o.meter.Int64ObservableCounter("edusdk.outbox.sent", metric.WithUnit("{report}"),
		metric.WithDescription("What this process has sent, by what came of it."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if box == nil {
		return nil, &edusdk.Error{
			Op: "otel.ObserveOutbox", Kind: edusdk.ErrInvalidArgument, Err: &edusdk.FieldError{Field: "box", Problem: "must not be nil"},
		}
	}
	p := watch.NewPoll(box)
	of := nameKey.String(name)
	return o.meter.RegisterCallback(func(ctx context.Context, r metric.Observer) error {
		s, err := p.Stats(ctx)
		if err != nil {
			return err
		}
		for state, n := range map[string]int{"waiting": s.Waiting, "sending": s.Sending, "parked": s.Parked, "dead": s.Dead} {
			r.ObserveInt64(reports, int64(n), metric.WithAttributes(of, stateKey.String(state)))
		}
		for outcome, n := range map[string]uint64{"delivered": s.Delivered, "rejected": s.Rejected, "open": s.Opened, "dead": s.Buried} {
			r.ObserveInt64(sent, int64(min(n, 1<<62)), metric.WithAttributes(of, outcomeKey.String(outcome)))
		}
		r.ObserveInt64(lanes, int64(s.Lanes), metric.WithAttributes(of))
		r.ObserveInt64(paused, one(s.Down), metric.WithAttributes(of))
		r.ObserveFloat64(age, watch.Age(s.Oldest), metric.WithAttributes(of))
		return nil
	}, reports, lanes, age, paused, sent)
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
