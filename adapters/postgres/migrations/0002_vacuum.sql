-- Rows of lanes and reports live for seconds. Vacuum them after a fixed number of
-- dead rows rather than a share of the table, without pauses, and leave space on
-- their pages for the next version of a row.
ALTER TABLE edusdk_outbox.lanes SET (
    fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000
);
ALTER TABLE edusdk_outbox.reports SET (
    fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000
);
ALTER TABLE edusdk_outbox.states SET (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);

INSERT INTO edusdk_outbox.migrations (version, oldest) VALUES (2, 1);
