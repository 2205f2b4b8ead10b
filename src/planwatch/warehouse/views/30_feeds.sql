CREATE VIEW bi.releases AS
SELECT r.feed, r.period, r.filename, r.title, r.published_at, r.recorded_at, r.origin, r.origin = 'simulated' AS simulated,
       e.state, e.at AS state_since, e.detail AS state_detail, e.actor AS decided_by, e.reason,
       (SELECT count(*) FROM core.observations o WHERE o.release_no = r.release_no) AS observations,
       (SELECT count(*) FROM raw.rejects j WHERE j.release_sha256 = r.sha256) AS rejects,
       r.bytes, r.source, r.sha256
FROM raw.releases r
JOIN LATERAL (SELECT * FROM raw.release_events v WHERE v.sha256 = r.sha256 ORDER BY v.event_id DESC LIMIT 1) e ON true;

CREATE VIEW bi.feed_status AS
WITH last_of AS (
    SELECT DISTINCT ON (feed) feed, period, filename, published_at, recorded_at, state, state_since, state_detail, origin
    FROM bi.releases ORDER BY feed, recorded_at DESC, published_at DESC NULLS LAST, period DESC NULLS LAST, sha256
), totals AS (
    SELECT feed, count(*) AS releases, max(period) FILTER (WHERE state = 'loaded') AS last_loaded_period,
           count(*) FILTER (WHERE state = 'quarantined') AS quarantined, count(*) FILTER (WHERE state = 'failed') AS failed
    FROM bi.releases GROUP BY feed
)
SELECT l.feed, l.period, l.filename, l.published_at, l.recorded_at, l.state, l.state_since, l.state_detail,
       l.origin = 'simulated' AS simulated, t.last_loaded_period, t.releases, t.quarantined, t.failed
FROM last_of l JOIN totals t USING (feed) ORDER BY l.feed;

CREATE VIEW bi.rejects AS
SELECT r.feed, r.period, r.filename, j.sheet, j."row" AS row_number, j."column" AS column_name, j.code, j.message,
       j.value AS found, j.expected, j.mend, r.recorded_at, r.sha256
FROM raw.rejects j JOIN raw.releases r ON r.sha256 = j.release_sha256;

CREATE VIEW bi.data_quality AS
SELECT k.at, k.run_id, k.subject, r.feed, r.period AS release_period, r.filename, k.gate, k.suite, k.expectation,
       k.severity, k.success, k.column_name, k.observed, k.failed_rows, k.offending, k.note
FROM ops.check_results k LEFT JOIN raw.releases r ON r.sha256 IN (k.subject, k.run_id);

CREATE VIEW bi.alerts AS
SELECT a.alert_key, a.kind, a.state, a.detail ->> 'status' AS status, a.detail ->> 'target_id' AS target_id,
       a.detail ->> 'feed' AS feed, a.department, coalesce(d.name_zh, a.department) AS department_zh, a.plan_id,
       a.opened_period, a.opened_at, a.opened_edition, a.last_event, a.last_at, a.period, a.edition_id, a.state_since, a.detail
FROM mart.alerts a LEFT JOIN core.departments d ON d.department_id = a.department;
