// Package rules holds the dashboard and the alerting rules of adapters/prometheus against
// what its collector exports. It is a module of its own, because the parser of PromQL is not
// among the dependencies of the collector.
package rules
