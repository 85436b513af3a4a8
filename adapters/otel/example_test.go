package otel_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/edusdk/edusdk"
	edusdkotel "github.com/edusdk/edusdk/adapters/otel"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func Example() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()

	spans := tracetest.NewInMemoryExporter() // an exporter of yours in its place
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	obs, err := edusdkotel.New(edusdkotel.Options{TracerProvider: provider})
	if err != nil {
		log.Fatal(err)
	}
	client, err := duobeiyun.New(srv.Config(), edusdk.WithObserver(obs),
		edusdk.WithTransportWrapper(edusdkotel.Wrapper(edusdkotel.WrapperOptions{TracerProvider: provider})))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Merchant.Get(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, s := range spans.GetSpans() {
		fmt.Println(s.SpanKind, s.Name)
	}
	// Output:
	// client HTTP POST
	// client POST /api/v3/merchant
	// internal duobeiyun Merchant.Get
}

func ExampleObserver_ObserveOutbox() {
	obs, err := edusdkotel.New(edusdkotel.Options{}) // the providers that are set globally
	if err != nil {
		log.Fatal(err)
	}
	store := outbox.NewMemory(outbox.StoreOptions{})
	box, err := outbox.New(outbox.Config{
		Store: store,
		Send:  func(context.Context, outbox.Report) error { return nil },
		Probe: func(context.Context) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	registration, err := obs.ObserveOutbox("reports", box)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(registration.Unregister()) // when the outbox ends
	// Output: <nil>
}

func ExampleWrapper() {
	// With a Propagator, the vendor gets the header traceparent.
	wrap := edusdkotel.Wrapper(edusdkotel.WrapperOptions{Propagator: propagation.TraceContext{}})
	_, err := duobeiyun.New(duobeiyun.Config{Partner: "partner", AppKey: "key"}, edusdk.WithTransportWrapper(wrap))
	fmt.Println(err)
	// Output: <nil>
}
