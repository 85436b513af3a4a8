-- The outbox of package supervision/outbox. Times are nanoseconds since 1970 in
-- UTC, 0 standing for none. Names and keys are bytea because they are the
-- importer's, in any encoding: encode(name, 'escape') shows them.
--
-- Every statement of the adapter names the columns that it uses, so that a later
-- migration can add some while programs of this version are running.

CREATE SCHEMA IF NOT EXISTS edusdk_outbox;

-- What has been applied. A program refuses to work with a schema that is older
-- than it needs, and with one whose "oldest" is newer than it knows.
CREATE TABLE edusdk_outbox.migrations (
    version integer PRIMARY KEY,
    oldest  integer NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
);

-- Sequences of reports, fences of claims and ids of lanes, none given out twice.
CREATE SEQUENCE edusdk_outbox.numbers;

-- A row for each lane that has reports, or had some not long ago. Whoever changes
-- a lane or its reports has locked this row before.
CREATE TABLE edusdk_outbox.lanes (
    name             bytea PRIMARY KEY,
    id               bigint NOT NULL DEFAULT nextval('edusdk_outbox.numbers'),
    head             bigint NOT NULL DEFAULT 0,       -- the report that goes out next, 0 if none waits
    ready            boolean NOT NULL DEFAULT false,  -- it can be handed out at once
    due              bigint NOT NULL,                 -- or then; without a head, when the lane can be forgotten
    fence            bigint NOT NULL DEFAULT 0,       -- of the claim that it is under, 0 if none
    claimed          bigint[] NOT NULL DEFAULT '{}',  -- the reports of the claim
    claimed_at       bigint NOT NULL DEFAULT 0,
    hold             bigint NOT NULL DEFAULT 0,       -- spaced reports wait for it
    passed_start     bigint NOT NULL DEFAULT 0,       -- the last report of each kind that was sent
    passed_progress  bigint NOT NULL DEFAULT 0,
    passed_recording bigint NOT NULL DEFAULT 0,
    passed_end       bigint NOT NULL DEFAULT 0,
    mark             bigint NOT NULL DEFAULT 0,
    holders          integer NOT NULL DEFAULT 0,      -- parked reports that the lane waits for
    aside            integer NOT NULL DEFAULT 0       -- reports that are parked or dead
);
CREATE INDEX lanes_ready ON edusdk_outbox.lanes (head) WHERE ready;
CREATE INDEX lanes_due ON edusdk_outbox.lanes (due) WHERE NOT ready AND head > 0;
CREATE INDEX lanes_idle ON edusdk_outbox.lanes (due) WHERE head = 0;

-- The reports. A claim does not touch them: the usual one is inserted and deleted,
-- and never updated.
CREATE TABLE edusdk_outbox.reports (
    sequence bigint PRIMARY KEY,
    lane_id  bigint NOT NULL,
    lane     bytea NOT NULL,
    key      bytea NOT NULL,
    hash     bytea NOT NULL,                   -- of lane and key
    kind     smallint NOT NULL,
    status   smallint NOT NULL,                -- 1 waiting (or being sent), 3 parked, 4 dead
    spaced   boolean NOT NULL,
    open     boolean NOT NULL DEFAULT false,   -- it may have arrived
    tried    boolean NOT NULL DEFAULT false,   -- it may have been sent at some time
    value    bigint NOT NULL DEFAULT 0,        -- the mark of that attempt
    holds    boolean NOT NULL DEFAULT false,   -- parked, and its lane waits for it
    replayed boolean NOT NULL DEFAULT false,
    touched  boolean NOT NULL DEFAULT false,   -- it is not as it was when it was appended
    attempts integer NOT NULL DEFAULT 0,
    grp      bigint NOT NULL DEFAULT 0,        -- the fence of the last claim that failed
    at       bigint NOT NULL,
    since    bigint NOT NULL,
    changed  bigint NOT NULL,
    due      bigint NOT NULL DEFAULT 0,
    joins    bytea NOT NULL,
    reason   bytea NOT NULL DEFAULT '',
    body     bytea NOT NULL
);
CREATE UNIQUE INDEX reports_hash ON edusdk_outbox.reports (hash);
CREATE INDEX reports_lane ON edusdk_outbox.reports (lane_id, sequence) WHERE status = 1;
CREATE INDEX reports_aside ON edusdk_outbox.reports (status, sequence) WHERE status > 2;

-- The keys of reports that were sent, in four tables by the time of it. The oldest
-- is truncated as a whole: deleting millions of rows would leave as many dead ones.
CREATE TABLE edusdk_outbox.sent0 (hash bytea PRIMARY KEY, at bigint NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE edusdk_outbox.sent1 (hash bytea PRIMARY KEY, at bigint NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE edusdk_outbox.sent2 (hash bytea PRIMARY KEY, at bigint NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE edusdk_outbox.sent3 (hash bytea PRIMARY KEY, at bigint NOT NULL) WITH (autovacuum_enabled = off);

-- States of the importer's, stored together with reports.
CREATE TABLE edusdk_outbox.states (
    key     bytea PRIMARY KEY,
    fence   bigint NOT NULL,
    deleted bigint NOT NULL DEFAULT 0,
    data    bytea NOT NULL
);
CREATE INDEX states_deleted ON edusdk_outbox.states (deleted) WHERE deleted > 0;

-- How many reports there are, in several rows so that few transactions want the
-- same one. A count(*) would read them all.
CREATE TABLE edusdk_outbox.counters (
    stripe  integer PRIMARY KEY,
    records bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO edusdk_outbox.counters (stripe, records) SELECT stripe, 0 FROM generate_series(0, 31) AS stripe;

INSERT INTO edusdk_outbox.migrations (version, oldest) VALUES (1, 1);
