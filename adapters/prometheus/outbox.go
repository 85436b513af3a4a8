package prometheus

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/edusdk/edusdk/internal/watch"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// Outbox is what AddOutbox asks: an *outbox.Outbox.
type Outbox interface {
	Stats(ctx context.Context) (outbox.Stats, error)
}

// AddOutbox adds the metrics of an outbox, under a name of yours that no other has. The
// outbox is asked whenever the metrics are collected, for 5 s at most; while it does not
// answer, edusdk_outbox_up is 0, and its other metrics are absent.
//
// Several processes that share a store, as that of adapters/postgres, all tell what it
// holds: do not add these up.
func (c *Collector) AddOutbox(name string, box Outbox) error {
	if box == nil {
		return invalid("AddOutbox", "box", "must not be nil")
	}
	if name == "" {
		return invalid("AddOutbox", "name", "must not be empty")
	}
	c.outboxes.mu.Lock()
	defer c.outboxes.mu.Unlock()
	for _, other := range c.outboxes.all {
		if other.name == name {
			return invalid("AddOutbox", "name", "must be another one for each outbox")
		}
	}
	c.outboxes.all = append(c.outboxes.all, named{name, watch.NewPoll(box)})
	return nil
}

// RemoveOutbox takes the metrics of an outbox away again.
func (c *Collector) RemoveOutbox(name string) {
	c.outboxes.mu.Lock()
	defer c.outboxes.mu.Unlock()
	kept := make([]named, 0, len(c.outboxes.all))
	for _, n := range c.outboxes.all {
		if n.name != name {
			kept = append(kept, n)
		}
	}
	c.outboxes.all = kept
}

// outboxes collects the metrics of outboxes.
type outboxes struct {
	mu  sync.Mutex
	all []named // replaced, never changed
}

type named struct {
	name string
	poll *watch.Poll
}

var (
	outboxUp      = prometheus.NewDesc("edusdk_outbox_up", "1 if the outbox tells its state, else 0.", []string{"outbox"}, nil)
	outboxReports = prometheus.NewDesc("edusdk_outbox_reports", "Reports in the outbox, by where they stand.", []string{"outbox", "state"}, nil)
	outboxLanes   = prometheus.NewDesc("edusdk_outbox_lanes", "Lanes in which reports wait.", []string{"outbox"}, nil)
	outboxAge     = prometheus.NewDesc("edusdk_outbox_oldest_age_seconds", "Age of the oldest report that waits.", []string{"outbox"}, nil)
	outboxPaused  = prometheus.NewDesc("edusdk_outbox_paused", "1 while sending pauses because the platform is down, else 0.", []string{"outbox"}, nil)
	outboxSent    = prometheus.NewDesc("edusdk_outbox_sent_total", "What this process has sent, by what came of it.", []string{"outbox", "outcome"}, nil)
)

// Describe implements prometheus.Collector.
func (*outboxes) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{outboxUp, outboxReports, outboxLanes, outboxAge, outboxPaused, outboxSent} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. The outboxes are asked side by side.
func (o *outboxes) Collect(ch chan<- prometheus.Metric) {
	o.mu.Lock()
	all := o.all
	o.mu.Unlock()
	var group sync.WaitGroup
	for _, n := range all {
		group.Go(func() { n.collect(ch) })
	}
	group.Wait()
}

func (n named) collect(ch chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, typ prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, typ, value, append([]string{n.name}, labels...)...)
	}
	s, err := n.poll.Stats(context.Background())
	if err != nil {
		put(outboxUp, prometheus.GaugeValue, 0)
		return
	}
	put(outboxUp, prometheus.GaugeValue, 1)
	put(outboxReports, prometheus.GaugeValue, float64(s.Waiting), "waiting")
	put(outboxReports, prometheus.GaugeValue, float64(s.Sending), "sending")
	put(outboxReports, prometheus.GaugeValue, float64(s.Parked), "parked")
	put(outboxReports, prometheus.GaugeValue, float64(s.Dead), "dead")
	put(outboxLanes, prometheus.GaugeValue, float64(s.Lanes))
	put(outboxAge, prometheus.GaugeValue, watch.Age(s.Oldest))
	paused := 0.0
	if s.Down {
		paused = 1
	}
	put(outboxPaused, prometheus.GaugeValue, paused)
	put(outboxSent, prometheus.CounterValue, float64(s.Delivered), "delivered")
	put(outboxSent, prometheus.CounterValue, float64(s.Rejected), "rejected")
	put(outboxSent, prometheus.CounterValue, float64(s.Opened), "open")
	put(outboxSent, prometheus.CounterValue, float64(s.Buried), "dead")
}
