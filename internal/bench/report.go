package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// row is one line of the table of goals.
type row struct {
	what, reached, goal string
	met                 bool
}

// number is a measured number with its goal.
type number struct {
	value  float64
	format string
	goal   float64
	least  bool // the goal is a lower bound
}

func (n number) met() bool {
	if n.least {
		return n.value >= n.goal
	}
	return n.value <= n.goal
}

func (n number) goalText() string {
	sign := "≤ "
	if n.least {
		sign = "≥ "
	}
	return sign + fmt.Sprintf(n.format, n.goal)
}

// atMost and atLeast are ratios with their goals.
func atMost(value, goal float64) number  { return number{value, "%.2f", goal, false} }
func atLeast(value, goal float64) number { return number{value, "%.2f", goal, true} }

// count is a number of things that must not be exceeded.
func count(value, goal float64) number { return number{math.Round(value), "%.0f", goal, false} }

// report collects what is printed.
type report struct {
	rows    []row
	clients []client // against the floor
	added   []client // against their own calls by hand
	bounded []client // likewise, with a deadline for each call
	notes   []string
}

// client is a line of a table of clients.
type client struct {
	name      string
	one, many sample // ratios, at 1 and at 64 callers
	stub      sample // the same with one caller and no network
}

// add adds a line of numbers of one kind.
func (r *report) add(what string, numbers ...number) {
	reached, goals := make([]string, len(numbers)), make([]string, len(numbers))
	met := true
	for i, n := range numbers {
		reached[i], goals[i] = fmt.Sprintf(n.format, n.value), n.goalText()
		met = met && n.met() && !math.IsNaN(n.value)
	}
	r.rows = append(r.rows, row{what, strings.Join(reached, " / "), strings.Join(goals, " / "), met})
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// print writes the tables as Markdown.
func (r *report) print(w io.Writer) error {
	var b strings.Builder
	if len(r.rows) > 0 {
		b.WriteString("| what | reached | goal | met |\n|---|---|---|---|\n")
	}
	for _, x := range r.rows {
		met := "yes"
		if !x.met {
			met = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", x.what, x.reached, x.goal, met)
	}
	printClients(&b, "client, against the signed POST by hand", r.clients)
	printClients(&b, "client, against its own call by hand", r.added)
	printClients(&b, "client with a deadline for each call, against its own call by hand", r.bounded)
	if len(r.notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range r.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printClients(b *strings.Builder, title string, clients []client) {
	if len(clients) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | allocs | bytes | CPU, 1 caller / 64 | p50 / p99 at 64 | calls/s at 64 | stub: allocs / time |\n"+
		"|---|---|---|---|---|---|---|\n", title)
	for _, c := range clients {
		fmt.Fprintf(b, "| %s | %+.0f | %.2f | %.2f / %.2f | %.2f / %.2f | %.2f | %+.0f / %.2f |\n", c.name,
			c.one.allocs, c.one.bytes, c.one.cpu, c.many.cpu, c.many.p50, c.many.p99, c.many.rate, c.stub.allocs, c.stub.wall)
	}
}
