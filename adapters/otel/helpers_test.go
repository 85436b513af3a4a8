package otel

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// recorder is what an Observer exports to.
type recorder struct {
	spans  *tracetest.InMemoryExporter
	tracer *trace.TracerProvider
	reader *metric.ManualReader
	meter  *metric.MeterProvider
}

func newRecorder(t testing.TB) *recorder {
	t.Helper()
	r := &recorder{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	r.tracer = trace.NewTracerProvider(trace.WithSyncer(r.spans))
	r.meter = metric.NewMeterProvider(metric.WithReader(r.reader), metric.WithExemplarFilter(exemplar.AlwaysOnFilter))
	return r
}

func (r *recorder) observer(t testing.TB) *Observer {
	t.Helper()
	o, err := New(Options{TracerProvider: r.tracer, MeterProvider: r.meter})
	require.NoError(t, err)
	return o
}

func (r *recorder) wrapper() WrapperOptions {
	return WrapperOptions{TracerProvider: r.tracer, MeterProvider: r.meter}
}

// named returns the spans of a name.
func (r *recorder) named(name string) tracetest.SpanStubs {
	var found tracetest.SpanStubs
	for _, s := range r.spans.GetSpans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// attributes returns the attributes of a span, as text.
func attributes(attrs []attribute.KeyValue) map[string]string {
	found := map[string]string{}
	for _, a := range attrs {
		found[string(a.Key)] = a.Value.String()
	}
	return found
}

// collect returns all metrics.
func (r *recorder) collect(t testing.TB) metricdata.ResourceMetrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(context.Background(), &all))
	return all
}

// points returns the points of the metrics, as texts: their name, attributes and value;
// the count stands for a histogram's.
func (r *recorder) points(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, scope := range r.collect(t).ScopeMetrics {
		for _, m := range scope.Metrics {
			add := func(set attribute.Set, value any) {
				key := m.Name
				for _, a := range set.ToSlice() {
					key += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
				}
				found[key] = fmt.Sprint(value)
			}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Count)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, p.Count)
				}
			default:
				t.Fatalf("metric %s is a %T", m.Name, m.Data)
			}
		}
	}
	return found
}

// text returns all that was exported, in two forms.
func (r *recorder) text(t testing.TB) map[string]string {
	t.Helper()
	spans, err := json.Marshal(r.spans.GetSpans())
	require.NoError(t, err)
	all := r.collect(t)
	metrics := ""
	for _, scope := range all.ScopeMetrics {
		encoded, err := json.Marshal(scope)
		require.NoError(t, err)
		metrics += string(encoded) + fmt.Sprintf("%+v", scope)
	}
	return map[string]string{
		"spans as JSON": string(spans), "spans": fmt.Sprintf("%+v", r.spans.GetSpans()), "metrics and exemplars": metrics,
	}
}
