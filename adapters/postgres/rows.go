package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// lanes has the lanes that a statement returns appended to a list.
func lanes(q *pgx.QueuedQuery, to *[]*lane) {
	*to = nil
	each(q, func(rows pgx.Rows) error {
		l := &lane{}
		var name []byte
		err := rows.Scan(&name, &l.id, &l.head, &l.ready, &l.due, &l.fence, &l.claimed, &l.claimedAt, &l.hold,
			&l.passed[outbox.KindStart], &l.passed[outbox.KindProgress], &l.passed[outbox.KindRecording], &l.passed[outbox.KindEnd],
			&l.mark, &l.holders, &l.aside)
		l.name = string(name)
		*to = append(*to, l)
		return err
	})
}

// scan reads a report, and what the statement returns behind it.
func (r *report) scan(rows pgx.Rows, more ...any) error {
	var lane, key, joins, reason []byte
	var at int64
	var kind, status int16
	err := rows.Scan(append([]any{
		&r.sequence, &r.laneID, &lane, &key, &r.hash, &kind, &status, &r.Spaced, &r.open, &r.tried, &r.value, &r.holds, &r.replayed,
		&r.touched, &r.attempts, &r.group, &at, &r.since, &r.changed, &r.due, &joins, &reason, &r.Body,
	}, more...)...)
	r.Lane, r.Key, r.Join, r.reason = string(lane), string(key), string(joins), string(reason)
	r.At = timeOf(at)
	if kind >= 0 && kind <= int16(outbox.KindEnd) {
		r.Kind = outbox.Kind(kind)
	}
	if status >= 0 && status <= int16(outbox.Sent) {
		r.status = outbox.Status(status)
	}
	return err
}

// reports has the reports that a statement returns appended to a list.
func reports(q *pgx.QueuedQuery, to *[]*report) {
	*to = nil
	each(q, func(rows pgx.Rows) error {
		r := &report{}
		*to = append(*to, r)
		return r.scan(rows)
	})
}

// enqueue distributes reports, of which up to limit for a lane were read, by
// ascending sequence.
func enqueue(all []*lane, read []*report, limit int) {
	byID := make(map[int64]*lane, len(all))
	for _, l := range all {
		l.queue = nil
		byID[l.id] = l
	}
	for _, r := range read {
		if l := byID[r.laneID]; l != nil {
			l.queue = append(l.queue, r)
		}
	}
	for _, l := range all {
		l.complete = len(l.queue) < limit
	}
}

// saveLanes writes all that can change of lanes.
func (t *transaction) saveLanes(b *pgx.Batch, all []*lane) {
	if len(all) == 0 {
		return
	}
	n := len(all)
	names, claimed, ready := make([][]byte, n), make([]string, n), make([]bool, n)
	holders, aside := make([]int32, n), make([]int32, n)
	head, due, fence, claimedAt := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	hold, mark := make([]int64, n), make([]int64, n)
	var passed [outbox.KindEnd + 1][]int64
	for k := range passed {
		passed[k] = make([]int64, n)
	}
	for i, l := range all {
		names[i], claimed[i], ready[i] = []byte(l.name), joined(l.claimed), l.ready
		head[i], due[i], fence[i], claimedAt[i] = l.head, l.due, l.fence, l.claimedAt
		hold[i], mark[i] = l.hold, l.mark
		holders[i], aside[i] = int32(l.holders), int32(l.aside) //nolint:gosec // no more than there are reports
		for k := range passed {
			passed[k][i] = l.passed[k]
		}
	}
	b.Queue(t.store.sql.updateLanes, names, head, ready, due, fence, claimed, claimedAt, hold,
		passed[outbox.KindStart], passed[outbox.KindProgress], passed[outbox.KindRecording], passed[outbox.KindEnd], mark, holders, aside)
}

// saveReports writes all that can change of reports.
func (t *transaction) saveReports(b *pgx.Batch, all []*report) {
	if len(all) == 0 {
		return
	}
	n := len(all)
	sequence, group, since, changed, due := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	status, attempts, reasons := make([]int16, n), make([]int32, n), make([][]byte, n)
	open, tried, holds, replayed, touched := make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
	value := make([]int64, n)
	for i, r := range all {
		sequence[i], group[i], since[i], changed[i], due[i] = r.sequence, r.group, r.since, r.changed, r.due
		status[i], reasons[i] = int16(r.status), []byte(r.reason)
		attempts[i] = int32(r.attempts) //nolint:gosec // none lasts for long enough
		open[i], tried[i], holds[i], replayed[i], touched[i], value[i] = r.open, r.tried, r.holds, r.replayed, r.touched, r.value
	}
	b.Queue(t.store.sql.updateReports, sequence, status, open, tried, value, holds, replayed, touched, attempts, group, since, changed, due, reasons)
}

// forget removes reports that were sent, or need not be, and keeps their keys.
func (t *transaction) forget(b *pgx.Batch, removed []*report, now int64) {
	if len(removed) == 0 {
		return
	}
	s := t.store
	hashes := make([][]byte, len(removed))
	for i, r := range removed {
		hashes[i] = r.hash
	}
	b.Queue(s.sql.deleteReports, sequences(removed))
	b.Queue(s.sql.remember[s.slot(now)], hashes, now)
	t.count(b, -len(removed))
}

// stripes is the number of rows of the table counters.
const stripes = 32

// count adds to how many reports there are. It comes last in a transaction:
// others may wait for the row.
func (t *transaction) count(b *pgx.Batch, n int) {
	b.Queue(t.store.sql.count, int32(t.conn.Conn().PgConn().PID()%stripes), int64(n))
}
