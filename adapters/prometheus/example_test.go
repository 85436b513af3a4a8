package prometheus_test

import (
	"context"
	"fmt"
	"log"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edusdk/edusdk"
	edusdkprom "github.com/edusdk/edusdk/adapters/prometheus"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func Example() {
	srv := duobeiyuntest.NewServer()
	defer srv.Close()

	metrics, err := edusdkprom.New(edusdkprom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer
	registry.MustRegister(metrics)
	client, err := duobeiyun.New(srv.Config(), edusdk.WithObserver(metrics))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Merchant.Get(context.Background()); err != nil {
		log.Fatal(err)
	}
	all, err := registry.Gather() // promhttp.HandlerFor(registry, …) in a service
	if err != nil {
		log.Fatal(err)
	}
	for _, family := range all {
		fmt.Println(family.GetName())
	}
	// Output:
	// edusdk_attempt_duration_seconds
	// edusdk_attempts_in_flight
	// edusdk_call_attempts
	// edusdk_call_duration_seconds
	// edusdk_calls_in_flight
	// edusdk_retry_budget_tokens
}

func ExampleCollector_AddOutbox() {
	metrics, err := edusdkprom.New(edusdkprom.Options{})
	if err != nil {
		log.Fatal(err)
	}
	box, err := outbox.New(outbox.Config{
		Store: outbox.NewMemory(outbox.StoreOptions{}),
		Send:  func(context.Context, outbox.Report) error { return nil },
		Probe: func(context.Context) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(metrics.AddOutbox("reports", box))
	// Output: <nil>
}
