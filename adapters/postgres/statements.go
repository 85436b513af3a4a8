package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// statements are the texts of all statements, for one schema. Where a statement
// needs the time, $1 is what Store.now returns, because now() has to be constant
// for an index to be used.
type statements struct {
	newLanes, lockLanes, lockStates, known, storedRecords, numbers, clock string
	ready, due, next, queue, forClaim                                     string
	updateLanes, updateReports, insertReports, deleteReports, count       string
	insertState, updateStates                                             string
	remember                                                              [slots]string
	aside, asideLanes                                                     string
	listWaiting, listLane, listAside, lookup                              string
	loadState, states, stats                                              string
	forgetLanes, forgetStates                                             string
	slotSize, slotHolds, slotHoldsSince, lockSlot, emptySlot              [slots]string
}

// slots is the number of the tables sent0, sent1 and so on.
const slots = 4

const (
	timeNow = "coalesce($1::bigint, (extract(epoch FROM now()) * 1000000)::bigint * 1000)"

	laneColumns = `name, id, head, ready, due, fence, claimed, claimed_at, hold,
		passed_start, passed_progress, passed_recording, passed_end, mark, holders, aside`

	reportColumns = `r.sequence, r.lane_id, r.lane, r.key, r.hash, r.kind, r.status, r.spaced, r.open, r.tried, r.value, r.holds, r.replayed,
		r.touched, r.attempts, r.grp, r.at, r.since, r.changed, r.due, r.joins, r.reason`
)

func newStatements(schema string) *statements {
	in := func(text string) string {
		text = strings.ReplaceAll(text, "NOW", timeNow)
		text = strings.ReplaceAll(text, "LANE_COLUMNS", laneColumns)
		text = strings.ReplaceAll(text, "REPORT_COLUMNS", reportColumns)
		return strings.ReplaceAll(text, "SCHEMA", pgx.Identifier{schema}.Sanitize())
	}
	slot := func(text string) (texts [slots]string) {
		for i := range texts {
			texts[i] = strings.ReplaceAll(in(text), "SLOT", string(rune('0'+i)))
		}
		return texts
	}
	sent := func(text string) string {
		texts := slot(text)
		return strings.Join(texts[:], " UNION ALL ")
	}
	return &statements{
		// A lane that is new has no reports, and can be forgotten if it gets none.
		newLanes: in(`INSERT INTO SCHEMA.lanes (name, due) SELECT lane, NOW + $3::bigint FROM unnest($2::bytea[]) AS lane ORDER BY lane
			ON CONFLICT (name) DO NOTHING`),
		lockLanes:  in(`SELECT LANE_COLUMNS FROM SCHEMA.lanes WHERE name = ANY($1::bytea[]) ORDER BY name FOR UPDATE`),
		lockStates: in(`SELECT key, fence, deleted, data FROM SCHEMA.states WHERE key = ANY($1::bytea[]) ORDER BY key FOR UPDATE`),
		known: in(`SELECT hash FROM SCHEMA.reports WHERE hash = ANY($2::bytea[]) UNION ALL `) +
			sent(`SELECT hash FROM SCHEMA.sentSLOT WHERE hash = ANY($2::bytea[]) AND at > NOW - $3::bigint`),
		storedRecords: in(`SELECT coalesce(sum(records), 0)::bigint FROM SCHEMA.counters`),
		numbers:       in(`SELECT nextval('SCHEMA.numbers') FROM generate_series(1, $1::bigint)`),
		// The transaction's own time would be from before it waited for locks.
		clock: `SELECT coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000)`,

		ready: in(`SELECT LANE_COLUMNS FROM SCHEMA.lanes WHERE ready ORDER BY head LIMIT $1 FOR UPDATE SKIP LOCKED`),
		due: in(`SELECT LANE_COLUMNS FROM SCHEMA.lanes WHERE NOT ready AND head > 0 AND due <= NOW ORDER BY due LIMIT $2
			FOR UPDATE SKIP LOCKED`),
		next: in(`SELECT due FROM SCHEMA.lanes WHERE NOT ready AND head > 0 AND due > NOW ORDER BY due LIMIT 1`),
		queue: in(`SELECT REPORT_COLUMNS, ''::bytea FROM SCHEMA.lanes l JOIN LATERAL (
				SELECT * FROM SCHEMA.reports WHERE lane_id = l.id AND status = 1 ORDER BY sequence LIMIT $2
			) r ON true WHERE l.name = ANY($1::bytea[]) ORDER BY r.sequence`),
		forClaim: in(`SELECT REPORT_COLUMNS, r.body FROM unnest($1::bigint[]) AS id JOIN LATERAL (
				SELECT * FROM SCHEMA.reports WHERE lane_id = id AND status = 1 ORDER BY sequence LIMIT $2
			) r ON true ORDER BY r.sequence`),

		updateLanes: in(`UPDATE SCHEMA.lanes SET head = u.head, ready = u.ready, due = u.due, fence = u.fence,
				claimed = string_to_array(u.claimed, ',')::bigint[], claimed_at = u.claimed_at, hold = u.hold,
				passed_start = u.passed_start, passed_progress = u.passed_progress, passed_recording = u.passed_recording,
				passed_end = u.passed_end, mark = u.mark, holders = u.holders, aside = u.aside
			FROM unnest($1::bytea[], $2::bigint[], $3::boolean[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[],
				$9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[], $15::integer[])
				AS u (name, head, ready, due, fence, claimed, claimed_at, hold,
				passed_start, passed_progress, passed_recording, passed_end, mark, holders, aside)
			WHERE lanes.name = u.name`),
		updateReports: in(`UPDATE SCHEMA.reports SET status = u.status, open = u.open, tried = u.tried, value = u.value, holds = u.holds,
				replayed = u.replayed, touched = u.touched, attempts = u.attempts, grp = u.grp, since = u.since, changed = u.changed, due = u.due, reason = u.reason
			FROM unnest($1::bigint[], $2::smallint[], $3::boolean[], $4::boolean[], $5::bigint[], $6::boolean[], $7::boolean[], $8::boolean[],
				$9::integer[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[])
				AS u (sequence, status, open, tried, value, holds, replayed, touched, attempts, grp, since, changed, due, reason)
			WHERE reports.sequence = u.sequence`),
		insertReports: in(`INSERT INTO SCHEMA.reports (sequence, lane_id, lane, key, hash, kind, status, spaced, at, since, changed, joins, body)
			SELECT sequence, lane_id, lane, key, hash, kind, 1, spaced, at, $1, $1, joins, body
			FROM unnest($2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::smallint[], $8::boolean[], $9::bigint[],
				$10::bytea[], $11::bytea[]) AS u (sequence, lane_id, lane, key, hash, kind, spaced, at, joins, body)`),
		deleteReports: in(`DELETE FROM SCHEMA.reports WHERE sequence = ANY($1::bigint[])`),
		count:         in(`UPDATE SCHEMA.counters SET records = records + $2 WHERE stripe = $1`),
		remember: slot(`INSERT INTO SCHEMA.sentSLOT (hash, at) SELECT DISTINCT hash, $2::bigint FROM unnest($1::bytea[]) AS hash
			ON CONFLICT (hash) DO UPDATE SET at = excluded.at`),

		insertState: in(`INSERT INTO SCHEMA.states (key, fence, deleted, data) VALUES ($1, $2, $3, $4)`),
		updateStates: in(`UPDATE SCHEMA.states SET fence = u.fence, deleted = u.deleted, data = u.data
			FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS u (key, fence, deleted, data)
			WHERE states.key = u.key`),

		asideLanes: in(`SELECT DISTINCT lane FROM SCHEMA.reports WHERE sequence = ANY($1::bigint[]) AND status > 2`),
		aside:      in(`SELECT REPORT_COLUMNS, ''::bytea FROM SCHEMA.reports r WHERE r.sequence = ANY($1::bigint[]) AND r.status > 2`),

		listWaiting: in(`SELECT REPORT_COLUMNS, r.body, coalesce(l.fence, 0), coalesce(l.claimed, '{}'), coalesce(l.claimed_at, 0),
				coalesce(l.passed_progress, 0)
			FROM SCHEMA.reports r LEFT JOIN SCHEMA.lanes l ON l.name = r.lane
			WHERE r.status = 1 AND r.sequence > $1 ORDER BY r.sequence LIMIT $2`),
		listLane: in(`SELECT REPORT_COLUMNS, r.body, l.fence, l.claimed, l.claimed_at, l.passed_progress
			FROM SCHEMA.lanes l JOIN SCHEMA.reports r ON r.lane_id = l.id
			WHERE l.name = $3 AND r.status = 1 AND r.sequence > $1 ORDER BY r.sequence LIMIT $2`),
		listAside: in(`SELECT REPORT_COLUMNS, r.body, 0::bigint, '{}'::bigint[], 0::bigint, coalesce(l.passed_progress, 0)
			FROM SCHEMA.reports r LEFT JOIN SCHEMA.lanes l ON l.name = r.lane WHERE r.status = $4 AND r.status > 2 AND r.sequence > $1 AND ($3::bytea IS NULL OR r.lane = $3)
			ORDER BY r.sequence LIMIT $2`),
		lookup: in(`SELECT CASE WHEN r.status = 1 AND r.sequence = ANY(l.claimed) THEN 2 ELSE r.status END::smallint
			FROM SCHEMA.reports r LEFT JOIN SCHEMA.lanes l ON l.name = r.lane WHERE r.hash = $2 UNION ALL `) +
			sent(`SELECT 5::smallint FROM SCHEMA.sentSLOT WHERE hash = $2 AND at > NOW - $3::bigint`),

		loadState: in(`SELECT fence, deleted, data FROM SCHEMA.states WHERE key = $2 AND (deleted = 0 OR deleted > NOW - $3::bigint)`),
		states: in(`SELECT key, fence, data FROM SCHEMA.states
			WHERE deleted = 0 AND key > $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3) ORDER BY key LIMIT $4`),
		stats: in(`SELECT
			(SELECT coalesce(sum(records), 0)::bigint FROM SCHEMA.counters),
			(SELECT count(*) FROM SCHEMA.reports WHERE status = 3 AND status > 2),
			(SELECT count(*) FROM SCHEMA.reports WHERE status = 4 AND status > 2),
			l.sending, l.lanes, l.held,
			(SELECT count(*) FROM SCHEMA.states WHERE deleted = 0),
			coalesce((SELECT since FROM SCHEMA.reports WHERE status = 1 ORDER BY sequence LIMIT 1), 0)
			FROM (SELECT count(*) FILTER (WHERE fence <> 0) AS sending, count(*) FILTER (WHERE head > 0) AS lanes,
				count(*) FILTER (WHERE holders > 0) AS held FROM SCHEMA.lanes) AS l`),

		forgetLanes: in(`DELETE FROM SCHEMA.lanes WHERE name IN (
			SELECT name FROM SCHEMA.lanes WHERE head = 0 AND due <= NOW LIMIT $2 FOR UPDATE SKIP LOCKED)`),
		forgetStates: in(`DELETE FROM SCHEMA.states WHERE key IN (
			SELECT key FROM SCHEMA.states WHERE deleted > 0 AND deleted <= NOW - $2::bigint LIMIT $3 FOR UPDATE SKIP LOCKED)`),
		slotSize:       slot(`SELECT pg_relation_size('SCHEMA.sentSLOT') / current_setting('block_size')::bigint`),
		slotHolds:      slot(`SELECT EXISTS (SELECT 1 FROM SCHEMA.sentSLOT WHERE at > NOW - $2::bigint)`),
		slotHoldsSince: slot(`SELECT EXISTS (SELECT 1 FROM SCHEMA.sentSLOT WHERE ctid >= $3::text::tid AND at > NOW - $2::bigint)`),
		lockSlot:       slot(`LOCK TABLE SCHEMA.sentSLOT IN ACCESS EXCLUSIVE MODE`),
		emptySlot:      slot(`TRUNCATE SCHEMA.sentSLOT`),
	}
}
