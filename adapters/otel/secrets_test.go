package otel

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/faulttest"
)

// Nothing of what an operation was given, and no credential, is to be seen in a span, a
// metric or an exemplar, whatever comes back.
func TestNoSecretLeaves(t *testing.T) {
	t.Cleanup(connections.CloseIdleConnections)
	modes := []func(r *recorder) edusdk.Option{
		func(r *recorder) edusdk.Option { return edusdk.WithTransportWrapper(Wrapper(r.wrapper())) },
		func(r *recorder) edusdk.Option { return edusdk.WithTransport(Wrapper(r.wrapper())(connections)) },
		func(r *recorder) edusdk.Option {
			o := r.wrapper()
			o.Propagator = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
			return edusdk.WithTransportWrapper(Wrapper(o))
		},
	}
	n := 0
	faulttest.Secrets(t, func(t *testing.T) ([]edusdk.Option, func() map[string]string) {
		r := newRecorder(t)
		n++ // the modes take turns: there are many more calls than operations
		return []edusdk.Option{edusdk.WithObserver(r.observer(t)), modes[n%len(modes)](r)}, func() map[string]string {
			r.wantExemplars(t)
			return r.text(t)
		}
	})
}

// wantExemplars looks whether the spans and exemplars that are searched are there at all.
func (r *recorder) wantExemplars(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, r.spans.GetSpans())
	found := 0
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(context.Background(), &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
				for _, p := range h.DataPoints {
					found += len(p.Exemplars)
				}
			}
		}
	}
	assert.Positive(t, found, "exemplars")
}
