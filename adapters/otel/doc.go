// Package otel makes OpenTelemetry spans and metrics of what the clients of edusdk do.
// It is imported under a name of its own, beside OpenTelemetry's package of that name:
//
//	import edusdkotel "github.com/edusdk/edusdk/adapters/otel"
//
//	obs, err := edusdkotel.New(edusdkotel.Options{})
//	client, err := duobeiyun.New(cfg, edusdk.WithObserver(obs),
//		edusdk.WithTransportWrapper(edusdkotel.Wrapper(edusdkotel.WrapperOptions{})))
//
// # Spans
//
// A call is a span named by its vendor and operation, such as "duobeiyun Rooms.Get". Its
// attempts are spans of kind client below it, such as "POST /api/v3/room/detail", and below
// these are those of [Wrapper], if it is used. A login is a call of its own, below the call that
// had to wait for it first. They have the attributes
//
//	edusdk.vendor, edusdk.operation        "duobeiyun", "Rooms.Get"
//	edusdk.document_section                where the vendor's document describes it
//	edusdk.class                           how safe a repetition is: read, upsert, create, login
//	edusdk.attempt                         of an attempt, counted from 1
//	edusdk.attempts                        of a call: how many there were
//	edusdk.retry.reason                    of an attempt: why the one before failed
//	edusdk.kind, edusdk.code               of a failure: edusdk.Kind, and the vendor's code
//	edusdk.maybe_applied                   of a call that may have been carried out though it failed
//	http.request.method, http.response.status_code, http.request.resend_count,
//	url.template, server.address, server.port, error.type
//
// error.type is the kind with underscores, or "aborted" if a callback panicked. url.full
// is absent: of an address, the route that the vendor's document gives is all that is told.
//
// # Metrics
//
//	edusdk.call.duration      s, histogram   vendor, operation, error.type
//	edusdk.call.attempts      histogram      the same
//	edusdk.call.failures      counter        the same, and edusdk.code
//	edusdk.call.active        up and down    vendor: calls in flight
//	edusdk.attempt.duration   s, histogram   vendor, operation, error.type, http.response.status_code
//	edusdk.attempt.active     up and down    vendor: attempts in flight
//	edusdk.retries            counter        vendor, operation, edusdk.retry.reason
//	edusdk.retry.budget       gauge          vendor, server.address: tokens left (edusdk.Retry.Budget)
//	edusdk.token.renewals     counter        vendor, operation, error.type: logins
//
// and for each outbox of [Observer.ObserveOutbox]
//
//	edusdk.outbox.reports     gauge          edusdk.outbox, edusdk.outbox.state
//	edusdk.outbox.lanes       gauge          edusdk.outbox
//	edusdk.outbox.oldest_age  s, gauge       edusdk.outbox
//	edusdk.outbox.paused      gauge          edusdk.outbox
//	edusdk.outbox.sent        counter        edusdk.outbox, edusdk.outbox.outcome
//
// The number of values of each attribute is bounded: of the vendors' codes, those beyond
// [Options].MaxCodes are "other". Clients of the same vendor and address share a value of the
// budget: the one that made the last attempt sets it.
//
// # What is never told
//
// Credentials, signatures, parameters, bodies, messages of vendors and paths given to a
// client's Call are in no span, metric or exemplar.
package otel
