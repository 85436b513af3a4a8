// Package prometheus makes Prometheus metrics of what the clients of edusdk do. It is
// imported under a name of its own, beside Prometheus's package of that name:
//
//	import edusdkprom "github.com/edusdk/edusdk/adapters/prometheus"
//
//	metrics, err := edusdkprom.New(edusdkprom.Options{})
//	prometheus.MustRegister(metrics)
//	client, err := duobeiyun.New(cfg, edusdk.WithObserver(metrics))
//
// # Metrics
//
//	edusdk_call_duration_seconds     histogram  vendor, operation, kind
//	edusdk_call_attempts             histogram  vendor, operation, kind: requests made for a call
//	edusdk_call_failures_total       counter    vendor, operation, kind, code
//	edusdk_calls_in_flight           gauge      vendor
//	edusdk_attempt_duration_seconds  histogram  vendor, operation, kind, status
//	edusdk_attempts_in_flight        gauge      vendor
//	edusdk_retries_total             counter    vendor, operation, reason
//	edusdk_retry_budget_tokens       gauge      vendor, host: tokens left (edusdk.Retry.Budget)
//	edusdk_token_renewals_total      counter    vendor, kind: logins
//
// and for each outbox of [Collector.AddOutbox]
//
//	edusdk_outbox_up                  gauge    outbox
//	edusdk_outbox_reports             gauge    outbox, state: waiting, sending, parked, dead
//	edusdk_outbox_lanes               gauge    outbox
//	edusdk_outbox_oldest_age_seconds  gauge    outbox
//	edusdk_outbox_paused              gauge    outbox
//	edusdk_outbox_sent_total          counter  outbox, outcome: delivered, rejected, open, dead
//
// kind is an edusdk.Kind with underscores, such as resource_exhausted, "aborted" if a
// callback panicked, and "" for a success; reason is the kind for which an attempt is
// repeated. The number of values of each label is bounded: of the vendors' codes, those
// beyond [Options].MaxCodes are "other". Clients of the same vendor and host share a value of
// the budget: the one that made the last attempt sets it.
//
// Credentials, signatures, parameters, messages of vendors and paths given to a
// client's Call are in no metric and no exemplar.
//
// # Dashboard and alerts
//
// Beside this package, dashboard.json is a dashboard to import into Grafana, and alerts.yaml
// a file of alerting rules, of which the thresholds are meant to be changed.
package prometheus
