package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/edusdk/edusdk"
	edusdkprom "github.com/edusdk/edusdk/adapters/prometheus"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// series is what a metric is exported with.
type series struct {
	labels map[string][]string // values that are known to come
	kind   string
}

// box is an outbox that has nothing.
type box struct{}

func (box) Stats(context.Context) (outbox.Stats, error) { return outbox.Stats{}, nil }

// exported returns the metrics of a collector that has seen everything, by the names that
// queries give them.
func exported(t *testing.T) map[string]series {
	t.Helper()
	c, err := edusdkprom.New(edusdkprom.Options{})
	require.NoError(t, err)
	require.NoError(t, c.AddOutbox("reports", box{}))
	for kind := edusdk.ErrUnknown; kind <= edusdk.ErrDeadlineExceeded; kind++ {
		for _, aborted := range []bool{false, true} {
			ctx := c.StartCall(t.Context(), edusdk.CallStart{Vendor: "v", Op: "Login", Class: "login"})
			ctx = c.StartAttempt(ctx, edusdk.AttemptStart{Vendor: "v", Op: "Login", Class: "login", Attempt: 1, Host: "h"})
			c.ObserveAttempt(ctx, edusdk.AttemptEvent{Vendor: "v", Op: "Login", Class: "login", Attempt: 1, Failed: true, Kind: kind, Aborted: aborted, Retry: true})
			c.ObserveCall(ctx, edusdk.CallEvent{Vendor: "v", Op: "Login", Class: "login", Failed: true, Kind: kind, Aborted: aborted})
		}
	}
	c.ObserveCall(t.Context(), edusdk.CallEvent{Vendor: "v", Op: "Login", Class: "login"})
	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(c))
	families, err := registry.Gather()
	require.NoError(t, err)
	found := map[string]series{}
	for _, f := range families {
		s := series{map[string][]string{}, f.GetType().String()}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				s.labels[l.GetName()] = append(s.labels[l.GetName()], l.GetValue())
			}
		}
		if s.kind != "HISTOGRAM" {
			found[f.GetName()] = s
			continue
		}
		found[f.GetName()+"_sum"], found[f.GetName()+"_count"] = s, s
		buckets := series{map[string][]string{"le": {"+Inf"}}, s.kind}
		for name, values := range s.labels {
			buckets.labels[name] = values
		}
		found[f.GetName()+"_bucket"] = buckets
	}
	return found
}

// closed are the labels of which all values are known beforehand.
var closed = []string{"kind", "reason", "state", "outcome"}

// check parses a query and looks for everything that it asks for. It returns the metrics
// that are queried, and what is wrong.
func check(metrics map[string]series, query string) (used []string, problem error) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return nil, err
	}
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			s, ok := metrics[n.Name]
			if !ok {
				wrong("no metric %s is exported", n.Name)
			}
			used = append(used, n.Name)
			for _, m := range n.LabelMatchers {
				if m.Name == model.MetricNameLabel {
					continue
				}
				values, ok := s.labels[m.Name]
				if !ok {
					wrong("%s has no label %s", n.Name, m.Name)
				}
				for _, one := range strings.Split(m.Value, "|") {
					if slices.Contains(closed, m.Name) && !slices.Contains(values, one) {
						wrong("the label %s of %s is never %q", m.Name, n.Name, one)
					}
				}
			}
			ranged := slices.ContainsFunc(path, func(p parser.Node) bool { _, ok := p.(*parser.MatrixSelector); return ok })
			if ranged == (s.kind == "GAUGE") {
				wrong("rate and increase are for counters, and %s is a %s", n.Name, s.kind)
			}
		case *parser.AggregateExpr:
			for _, label := range n.Grouping {
				for _, name := range selected(n.Expr) {
					if _, ok := metrics[name].labels[label]; !ok {
						wrong("%s has no label %s to group by", name, label)
					}
				}
			}
		}
		return nil
	})
	if used == nil {
		wrong("nothing is queried")
	}
	return used, errors.Join(problems...)
}

// selected returns the metrics that an expression is made of.
func selected(expr parser.Expr) (names []string) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			names = append(names, v.Name)
		}
		return nil
	})
	return names
}

var label = regexp.MustCompile(`\$labels\.(\w+)`)

func TestAlerts(t *testing.T) {
	t.Parallel()
	metrics := exported(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "alerts.yaml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	names := map[string]bool{}
	for _, g := range file.Groups {
		require.NotEmpty(t, g.Name)
		for _, r := range g.Rules {
			t.Run(r.Alert, func(t *testing.T) {
				assert.False(t, names[r.Alert], "there are two of it")
				names[r.Alert] = true
				assert.Regexp(t, `^Edusdk[A-Z]\w+$`, r.Alert)
				_, err := check(metrics, r.Expr)
				require.NoError(t, err, r.Expr)
				expr, err := parser.ParseExpr(r.Expr)
				require.NoError(t, err)
				assert.Equal(t, parser.ValueTypeVector, expr.Type())
				compares := false
				parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
					if b, ok := node.(*parser.BinaryExpr); ok && b.Op.IsComparisonOperator() {
						compares = true
					}
					return nil
				})
				assert.True(t, compares, "it fires always")
				if r.For != "" {
					_, err := time.ParseDuration(r.For)
					assert.NoError(t, err)
				}
				assert.Contains(t, []string{"warning", "critical"}, r.Labels["severity"])
				for _, name := range []string{"summary", "description"} {
					assert.NotEmpty(t, r.Annotations[name])
				}
				for _, m := range label.FindAllStringSubmatch(r.Annotations["summary"]+r.Annotations["description"], -1) {
					assert.Contains(t, grouping(expr), m[1], "the result has no label %s", m[1])
				}
			})
		}
	}
	assert.GreaterOrEqual(t, len(names), 10)
}

// grouping returns the labels of the outermost aggregation.
func grouping(expr parser.Expr) (found []string) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if a, ok := node.(*parser.AggregateExpr); ok && found == nil {
			found = a.Grouping
		}
		return nil
	})
	return found
}

// target is a query of a panel.
type target struct {
	RefID        string `json:"refId"`
	Expr         string `json:"expr"`
	LegendFormat string `json:"legendFormat"`
	Datasource   struct {
		UID string `json:"uid"`
	} `json:"datasource"`
}

type panel struct {
	ID          int      `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Targets     []target `json:"targets"`
	GridPos     struct {
		H, W, X, Y int
	} `json:"gridPos"`
}

var legend = regexp.MustCompile(`\{\{(\w+)\}\}`)

func TestDashboard(t *testing.T) {
	t.Parallel()
	metrics := exported(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "dashboard.json"))
	require.NoError(t, err)
	var board struct {
		ID         *int    `json:"id"`
		UID        string  `json:"uid"`
		Title      string  `json:"title"`
		Schema     int     `json:"schemaVersion"`
		Panels     []panel `json:"panels"`
		Templating struct {
			List []struct {
				Name       string `json:"name"`
				Type       string `json:"type"`
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	require.NoError(t, json.Unmarshal(text, &board))
	assert.Nil(t, board.ID, "Grafana gives the id when it is imported")
	assert.NotEmpty(t, board.UID)
	assert.NotEmpty(t, board.Title)
	assert.GreaterOrEqual(t, board.Schema, 36)
	variables := map[string]bool{}
	for _, v := range board.Templating.List {
		variables[v.Name] = true
		if v.Type == "query" {
			m := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(v.Definition)
			require.NotNil(t, m, v.Definition)
			assert.Contains(t, metrics[m[1]].labels, m[2], v.Definition)
		}
	}
	assert.True(t, variables["datasource"])
	ids, shown := map[int]bool{}, map[string]bool{}
	for _, p := range board.Panels {
		assert.False(t, ids[p.ID], "id %d is there twice", p.ID)
		ids[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		if p.Type == "row" {
			continue
		}
		t.Run(p.Title, func(t *testing.T) {
			assert.NotEmpty(t, p.Description)
			require.NotEmpty(t, p.Targets)
			for _, q := range p.Targets {
				assert.Equal(t, "${datasource}", q.Datasource.UID)
				query := strings.NewReplacer("$__rate_interval", "5m", "$vendor", ".*", "$outbox", ".*").Replace(q.Expr)
				require.NotContains(t, query, "$", "a variable that is not known")
				used, err := check(metrics, query)
				require.NoError(t, err, query)
				for _, name := range used {
					shown[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")] = true
				}
				expr, err := parser.ParseExpr(query)
				require.NoError(t, err)
				for _, m := range legend.FindAllStringSubmatch(q.LegendFormat, -1) {
					assert.Contains(t, grouping(expr), m[1], "%s: the result has no label %s", q.Expr, m[1])
				}
			}
		})
	}
	for name := range metrics {
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		assert.True(t, shown[name], "no panel shows %s", name)
	}
	for i, a := range board.Panels {
		for _, b := range board.Panels[:i] {
			apart := a.GridPos.X+a.GridPos.W <= b.GridPos.X || b.GridPos.X+b.GridPos.W <= a.GridPos.X ||
				a.GridPos.Y+a.GridPos.H <= b.GridPos.Y || b.GridPos.Y+b.GridPos.H <= a.GridPos.Y
			assert.True(t, apart, "%s lies upon %s", a.Title, b.Title)
		}
	}
}

// The check finds what it is for.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	metrics := exported(t)
	for name, query := range map[string]string{
		"a metric":  `sum(rate(edusdk_calls_total[5m]))`,
		"a label":   `edusdk_calls_in_flight{operation="x"}`,
		"a value":   `sum(rate(edusdk_call_failures_total{kind="not_there"}[5m]))`,
		"grouping":  `sum by (operation) (edusdk_calls_in_flight)`,
		"a rate":    `sum(rate(edusdk_calls_in_flight[5m]))`,
		"no rate":   `sum(edusdk_call_failures_total)`,
		"no PromQL": `sum(rate(edusdk_call_failures_total)`,
	} {
		_, err := check(metrics, query)
		assert.Error(t, err, name)
	}
}
