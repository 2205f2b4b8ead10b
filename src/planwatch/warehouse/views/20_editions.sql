CREATE VIEW bi.editions AS
SELECT e.plan_id, e.plan_year, e.period, e.number AS edition_number, e.edition_id, c.edition_id IS NOT NULL AS is_current,
       e.as_of, e.published_at, e.trigger, e.counts, e.simulated, e.provisional,
       e.targets_version, e.code_version, e.fingerprint,
       (SELECT coalesce(sum(i.last_id - i.first_id + 1), 0)::bigint FROM mart.edition_inputs i WHERE i.edition_id = e.edition_id) AS observations,
       b.number AS edition_number_before, d.verdicts AS changed_verdicts, d.statuses AS changed_statuses,
       d.causes AS changes_by_cause, e.checks, e.checks_run, e.plan_document, e.conditions AS conditions_document
FROM mart.editions e
LEFT JOIN mart.editions b ON b.edition_id = e.previous_edition
LEFT JOIN LATERAL (
    SELECT sum(n)::integer AS verdicts, sum(statuses)::integer AS statuses, jsonb_object_agg(cause, n) AS causes
    FROM (SELECT cause, count(*) AS n, count(*) FILTER (WHERE status_before IS DISTINCT FROM status_after) AS statuses
          FROM mart.edition_changes x WHERE x.edition_id = e.edition_id GROUP BY cause) counted
    WHERE e.previous_edition IS NOT NULL) d ON true
LEFT JOIN mart.current_edition c ON c.plan_id = e.plan_id AND c.period = e.period AND c.edition_id = e.edition_id;

CREATE VIEW bi.variance_editions AS
SELECT r.*, x.edition_id IS NOT NULL AS changed, x.status_before, x.actual_before, x.variance_before, x.cause AS change_cause
FROM mart.verdict_report r
LEFT JOIN mart.edition_changes x ON x.edition_id = r.edition_id AND x.target_id = r.target_id AND x.area = r.area;

CREATE VIEW bi.variance_monthly AS
SELECT r.*
FROM mart.current_edition c JOIN mart.editions e USING (edition_id)
JOIN mart.verdict_report r ON r.edition_id = e.edition_id AND r.plan_year = e.plan_year;

CREATE VIEW bi.dispatch_table AS
SELECT r.*
FROM mart.newest_edition n
JOIN mart.verdict_report r ON r.edition_id = n.edition_id AND r.plan_year = n.plan_year
ORDER BY r.plan_id, r.ordinal;

-- Behind now: off track, overdue or missed; since when, counted back over unbroken months.
CREATE VIEW bi.off_track AS
WITH history AS (
    SELECT r.plan_id, r.target_id, r.area, r.period, r.status IN ('off_track', 'overdue', 'missed') AS behind
    FROM mart.current_edition c JOIN mart.editions e USING (edition_id)
    JOIN mart.verdict_report r ON r.edition_id = e.edition_id AND r.plan_year = e.plan_year
), runs AS (
    SELECT h.plan_id, h.target_id, h.area, min(h.period) AS since_period, count(*) AS months_behind
    FROM history h
    WHERE h.behind AND h.period > coalesce((
        SELECT max(g.period) FROM history g
        WHERE (g.plan_id, g.target_id, g.area) = (h.plan_id, h.target_id, h.area) AND NOT g.behind), '')
    GROUP BY h.plan_id, h.target_id, h.area
)
SELECT d.plan_id, d.plan_year, d.period, d.edition_number, d.ordinal, d.section, d.target_id, d.area, d.area_zh,
       d.indicator, d.name_zh, d.name_en, d.kind, d.target_text, d.unit, d.actual, d.expected, d.variance, d.gap_pp,
       d.status, d.status_zh, s.since_period, s.months_behind, d.reading_period, d.reading_state, d.required_amount,
       d.required_growth_pct, d.projection, d.department, d.department_zh, d.reason_zh, d.reason_en, d.provisional,
       d.simulated, d.as_of, d.target_value, d.target_unit, d.amended, d.amended_from, d.part_of,
       d.make_up_years, d.make_up_n
FROM bi.dispatch_table d
JOIN runs s USING (plan_id, target_id, area)
WHERE d.status IN ('off_track', 'overdue', 'missed')
ORDER BY d.status_precedence, d.gap_pp ASC NULLS LAST, d.variance ASC NULLS LAST, d.ordinal;
