package postgres

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// lane is a row of the table lanes, which is locked.
type lane struct {
	name      string
	id        int64
	head      int64
	ready     bool
	due       int64
	fence     int64
	claimed   []int64
	claimedAt int64
	hold      int64
	passed    [outbox.KindEnd + 1]int64
	mark      int64
	holders   int
	aside     int

	queue    []*report // the first of its reports that wait, those that are claimed among them
	complete bool      // these are all of them
}

// report is a row of the table reports.
type report struct {
	outbox.Record

	sequence int64
	laneID   int64
	hash     []byte
	status   outbox.Status
	open     bool
	tried    bool
	value    int64
	holds    bool
	replayed bool
	touched  bool
	attempts int
	group    int64
	since    int64
	changed  int64
	due      int64
	reason   string
}

// errShort says that more of a lane's queue is needed than was read.
var errShort = errors.New("more of a lane has to be read")

// number returns one of the sequence "numbers", which counts from 1, or 0.
func number(n int64) uint64 { return uint64(n) } //nolint:gosec // it is not negative

// trivial reports whether a report is as it was when it was appended.
func (r *report) trivial() bool {
	return r.status == outbox.Waiting && !r.open && !r.tried && !r.replayed && r.attempts == 0 && r.reason == "" && r.due == 0
}

// folded reports whether a report goes out together with the next one, because a
// later one of the lane may have been sent.
func (l *lane) folded(r *report) bool {
	return r.Kind == outbox.KindProgress && r.sequence < l.passed[outbox.KindProgress]
}

// stored returns a report as it stands; in is its lane.
func (r *report) stored(in *lane) outbox.Stored {
	s := outbox.Stored{
		Record: r.Record, Sequence: number(r.sequence), Status: r.status, Since: timeOf(r.since), Changed: timeOf(r.changed),
		Attempts: r.attempts, Reason: r.reason, Open: r.open, Holds: r.holds, Folded: in.folded(r), Group: number(r.group),
	}
	if in.fence != 0 && slices.Contains(in.claimed, r.sequence) {
		s.Status, s.Changed, s.Group = outbox.Sending, timeOf(in.claimedAt), number(in.fence)
	}
	return s
}

// without returns the queue without some reports.
func (l *lane) without(sequences []int64) []*report {
	return slices.DeleteFunc(slices.Clone(l.queue), func(r *report) bool { return slices.Contains(sequences, r.sequence) })
}

// claimedReports returns the reports of the claim.
func (l *lane) claimedReports() ([]*report, error) {
	run := make([]*report, 0, len(l.claimed))
	for _, r := range l.queue {
		if slices.Contains(l.claimed, r.sequence) {
			run = append(run, r)
		}
	}
	if len(run) < len(l.claimed) && !l.complete {
		return nil, errShort
	}
	return run, nil
}

// run returns the reports that go out next, from a lane without a claim and with
// some that wait.
func (l *lane) run(merge int) ([]*report, error) {
	run, err := l.first()
	if err != nil || len(run) == 0 {
		return run, err
	}
	last := run[len(run)-1]
	if last.open || l.folded(last) || last.Join == "" {
		return run, nil
	}
	for n := len(run); ; n++ {
		if merge--; merge < 1 {
			return run, nil
		}
		if n >= len(l.queue) {
			if !l.complete {
				return nil, errShort
			}
			return run, nil
		}
		r := l.queue[n]
		// One that was tried before, or came back, goes by itself.
		if r.Kind != last.Kind || r.Join != last.Join || r.touched {
			return run, nil
		}
		run = append(run, r)
	}
}

// first returns the reports that go out next before any merging: those that are
// folded with the one behind them if that is of progress, and what may have arrived
// as one.
func (l *lane) first() ([]*report, error) {
	n := 0
	for n < len(l.queue) && l.folded(l.queue[n]) {
		n++
	}
	if n == len(l.queue) && !l.complete {
		return nil, errShort
	}
	for _, r := range l.queue[:min(n+1, len(l.queue))] {
		if r.open {
			return l.group(r.group)
		}
	}
	if n < len(l.queue) && (n == 0 || l.queue[n].Kind == outbox.KindProgress) {
		n++
	}
	return slices.Clone(l.queue[:n]), nil
}

// group returns the reports that may have arrived as one, and so go out as one.
// They were next to each other when they were claimed; only replayed ones can have
// come between them since.
func (l *lane) group(group int64) ([]*report, error) {
	var run []*report
	for _, r := range l.queue {
		switch {
		case r.open && r.group == group:
			run = append(run, r)
		case len(run) > 0 && !r.replayed:
			return run, nil
		}
	}
	if !l.complete {
		return nil, errShort
	}
	return run, nil
}

// place decides when a lane without a claim is handed out.
func (l *lane) place(now int64, keepKeys time.Duration) error {
	l.ready = false
	if len(l.queue) == 0 {
		if !l.complete {
			return errShort
		}
		if l.head, l.due = 0, after(now, keepKeys); l.aside > 0 {
			l.due = never
		}
		return nil
	}
	l.head = l.queue[0].sequence
	if l.holders > 0 {
		l.due = never
		return nil
	}
	run, err := l.first()
	if err != nil {
		return err
	}
	l.due = 0
	for _, r := range run {
		l.due = max(l.due, r.due)
	}
	if run[len(run)-1].Spaced {
		l.due = max(l.due, l.hold)
	}
	l.ready = l.due <= now
	return nil
}

// pass notes that a report was sent, or may have been.
func (l *lane) pass(k outbox.Kind, sequence, mark int64) {
	if sequence < l.passed[k] {
		return
	}
	l.passed[k] = sequence
	if k == outbox.KindProgress {
		l.mark = mark
	}
}

// claim returns the claim that the lane is under.
func (l *lane) claim(run []*report) outbox.Claim {
	c := outbox.Claim{Lane: l.name, Fence: number(l.fence), Records: make([]outbox.Stored, len(run)), Mark: l.mark}
	for k, sequence := range l.passed {
		c.Passed[k] = number(sequence)
	}
	for i, r := range run {
		c.Records[i] = r.stored(l)
	}
	return c
}

// sequences returns the sequences of reports.
func sequences(run []*report) []int64 {
	s := make([]int64, len(run))
	for i, r := range run {
		s[i] = r.sequence
	}
	return s
}

// joined writes numbers as string_to_array reads them.
func joined(numbers []int64) string {
	var b strings.Builder
	for i, n := range numbers {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	return b.String()
}
