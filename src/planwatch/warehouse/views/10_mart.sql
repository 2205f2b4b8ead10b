-- What several public views share; not public.

-- Every vintage with the feed it came by, that feed's precedence, and how far rounding may have moved it: half a unit of the last
-- printed digit, in `unit`; nothing where whole things are counted one by one. The look-ups cost only whoever asks for them.
CREATE VIEW mart.vintages AS
SELECT o.*, r.sha256 AS release_sha256, r.feed, coalesce(f.precedence, 0) AS precedence,
       CASE WHEN o.measure IN ('rank', 'done', 'report') OR (u.whole AND o.decimals <= 0) THEN 0
            ELSE 0.5 * power(10::double precision, -o.decimals) * coalesce(u.factor, 1) END AS rounding
FROM core.observations o
JOIN raw.releases r ON r.release_no = o.release_no
LEFT JOIN core.feeds f ON f.feed_id = r.feed
LEFT JOIN core.printed_units u ON u.printed_unit = o.printed_unit AND u.unit = o.unit;

-- The vintages that an edition was judged by, one a row.
CREATE VIEW mart.edition_vintages AS
SELECT i.edition_id, n.observation_id
FROM mart.edition_inputs i CROSS JOIN LATERAL generate_series(i.first_id, i.last_id) AS n (observation_id);

-- What counts now for every key: of several feeds the one with the highest precedence, of its vintages the newest, a final one before any
-- estimate or preliminary one.
CREATE VIEW mart.readings AS
SELECT DISTINCT ON (indicator, area, period, span, measure) *
FROM mart.vintages
ORDER BY indicator, area, period, span, measure, precedence DESC, (quality = 'final') DESC, published_at DESC, release_no DESC,
         observation_id DESC;

-- What every feed says last of every key.
CREATE VIEW mart.source_readings AS
SELECT DISTINCT ON (indicator, area, period, span, measure, feed) *
FROM mart.vintages
ORDER BY indicator, area, period, span, measure, feed, (quality = 'final') DESC, published_at DESC, release_no DESC, observation_id DESC;

-- The version of every year's plan that is in force.
CREATE VIEW mart.plans_in_force AS
SELECT DISTINCT ON (year) plan_id, version, year FROM core.plan_loads ORDER BY year, load_id DESC;

-- The current state of every alert: its newest life, which begins with the last time it was opened.
CREATE VIEW mart.alerts AS
WITH lives AS (
    SELECT e.*, max(event_id) FILTER (WHERE event = 'opened') OVER (PARTITION BY alert_key) AS opened_id
    FROM mart.alert_events e
), life AS (
    SELECT * FROM lives WHERE event_id >= coalesce(opened_id, 0)
), newest AS (
    SELECT DISTINCT ON (alert_key) * FROM life ORDER BY alert_key, event_id DESC
), decisive AS (
    SELECT DISTINCT ON (alert_key) alert_key, event, at, detail FROM life WHERE event <> 'reminded'
    ORDER BY alert_key, event_id DESC
)
SELECT n.alert_key, n.kind, n.department, n.plan_id,
       CASE d.event WHEN 'opened' THEN 'open' WHEN 'escalated' THEN 'open' ELSE d.event END AS state,
       o.at AS opened_at, o.period AS opened_period, o.edition_id AS opened_edition,
       n.event AS last_event, n.at AS last_at, n.period, n.edition_id, n.detail,
       d.at AS state_since, d.detail AS state_detail
FROM newest n
JOIN decisive d USING (alert_key)
LEFT JOIN mart.alert_events o ON o.event_id = n.opened_id;

-- Every verdict of every edition, with the target as it read then and the labels.
CREATE VIEW mart.verdict_report AS
SELECT e.plan_id, e.plan_year, e.period, e.edition_id, e.number AS edition_number,
       c.edition_id IS NOT NULL AS is_current,
       v.ordinal, t.section, v.target_id, v.area, a.name_zh AS area_zh, v.tier, v.indicator, t.name_zh, t.name_en,
       v.kind, t.comparator, coalesce(t.value, task.value) AS target_value, t.value_high AS target_value_high,
       coalesce(task.unit, t.unit) AS target_unit,
       t.phrase AS target_text, v.unit, v.actual, v.expected, v.variance, v.progress_pct, v.schedule_pct, v.gap_pp,
       v.on_schedule, v.yoy_pct, v.rank_in_region, v.status, s.label_zh AS status_zh, s.precedence AS status_precedence,
       v.reading_period, v.reading_state, v.reading_age_months, v.reading_span, v.reading_quality,
       v.provisional, coalesce(v.reading_origin = 'simulated', false) AS simulated,
       t.owner AS department, coalesce(d.name_zh, t.owner) AS department_zh,
       t.owner_inferred AS department_inferred, t.deadline, t.pace,
       v.required_amount, v.required_growth_pct, v.projection, v.projection_low, v.projection_high,
       v.seasonal_expected, v.seasonal_gap_pp, v.seasonal_status, v.linear_expected, v.linear_gap_pp, v.linear_status,
       v.reference_actual, v.reason_code, v.reason_zh, v.reason_en, v.observation_key, v.reference_key,
       e.as_of, e.published_at,
       t.amended_from IS NOT NULL AS amended, t.amended_from, t.amended_source, t.amended_reason,
       t.original_value, t.original_unit, t.original_phrase AS original_text, t.withdrawn_from,
       t.part_of, p.name_zh AS part_of_zh,
       v.projection_method, v.projection_years, v.projection_lacking, v.make_up_years, v.make_up_n
FROM mart.editions e
JOIN mart.verdicts v ON v.edition_id = e.edition_id AND v.plan_year = e.plan_year
JOIN core.targets t ON t.plan_id = e.plan_id AND t.version = e.targets_version AND t.ordinal = v.ordinal
JOIN core.status_labels s ON s.status = v.status
LEFT JOIN mart.current_edition c ON c.plan_id = e.plan_id AND c.period = e.period AND c.edition_id = e.edition_id
LEFT JOIN core.departments d ON d.department_id = t.owner
LEFT JOIN core.areas a ON a.area_id = v.area
LEFT JOIN core.areas p ON p.area_id = t.part_of
-- What the superior had assigned when the edition was made, of a target that waits for a number.
LEFT JOIN LATERAL (
    SELECT o.value, o.unit FROM core.observations o
    WHERE t.kind = 'assigned' AND t.value IS NULL AND o.measure = 'assigned' AND o.plan_year = e.plan_year
      AND o.indicator = v.indicator AND o.area = v.area AND o.period <= e.period
      AND o.published_at <= (e.as_of AT TIME ZONE 'Asia/Shanghai')::date AND o.admitted_at <= e.published_at
    ORDER BY o.period DESC, o.published_at DESC, o.observation_id DESC LIMIT 1) task ON true;

-- The month that speaks now: the newest month with an edition of the newest plan year with one.
CREATE VIEW mart.newest_edition AS
SELECT c.plan_id, e.plan_year, c.period, c.edition_id
FROM mart.current_edition c JOIN mart.editions e USING (edition_id)
WHERE (e.plan_year, c.period) = (
    SELECT e2.plan_year, c2.period FROM mart.current_edition c2 JOIN mart.editions e2 USING (edition_id)
    ORDER BY e2.plan_year DESC, c2.period DESC LIMIT 1);

GRANT SELECT ON mart.edition_vintages, mart.vintages, mart.readings, mart.source_readings, mart.plans_in_force, mart.alerts, mart.verdict_report, mart.newest_edition TO planwatch_etl;
