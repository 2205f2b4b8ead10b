-- Two feeds that give one value differently, beyond what their printed digits leave open.
CREATE VIEW bi.source_conflicts AS
WITH ranked AS (
    SELECT s.*, count(*) OVER (PARTITION BY indicator, area, period, span, measure) AS feeds,
           row_number() OVER (PARTITION BY indicator, area, period, span, measure
                              ORDER BY precedence DESC, (quality = 'final') DESC, published_at DESC, release_no DESC,
                                       observation_id DESC) AS place
    FROM mart.source_readings s
), several AS MATERIALIZED (
    SELECT * FROM ranked WHERE feeds > 1
)
SELECT u.plan_year, u.indicator, i.name_zh AS indicator_zh, u.area, a.name_zh AS area_zh, u.period, u.span, u.measure,
       u.unit, u.feed AS used_feed, u.value AS used_value, o.feed AS other_feed, o.value AS other_value,
       CASE WHEN o.unit = u.unit THEN (o.value::numeric - u.value::numeric)::double precision END AS difference,
       greatest(u.rounding, o.rounding)::numeric::double precision AS rounding_bound, o.unit AS other_unit,
       u.precedence AS used_precedence, o.precedence AS other_precedence,
       u.text AS used_printed, u.printed_unit AS used_printed_unit, o.text AS other_printed, o.printed_unit AS other_printed_unit,
       u.quality AS used_quality, o.quality AS other_quality,
       u.published_at AS used_published_at, o.published_at AS other_published_at,
       u.source AS used_source, u.sheet AS used_sheet, u."row" AS used_row, u."column" AS used_column,
       o.source AS other_source, o.sheet AS other_sheet, o."row" AS other_row, o."column" AS other_column,
       u.origin = 'simulated' OR o.origin = 'simulated' AS simulated,
       u.observation_id AS used_observation_id, o.observation_id AS other_observation_id
FROM several u
JOIN several o USING (indicator, area, period, span, measure)
LEFT JOIN core.indicators i ON i.indicator_id = u.indicator
LEFT JOIN core.areas a ON a.area_id = u.area
WHERE u.place = 1 AND o.place > 1
  AND (o.unit <> u.unit OR abs(o.value - u.value) > greatest(u.rounding, o.rounding) * (1 + 1e-9))
ORDER BY u.period DESC, u.indicator, u.area, u.span, u.measure, o.feed;

-- Published growth beside the growth that the published levels give, where rounding does not explain the difference. What is worked out
-- is given with two decimals more than growth and level are printed with.
CREATE VIEW bi.growth_level_gaps AS
WITH pairs AS (
    SELECT g.plan_year, g.indicator, g.area, g.period, g.span, g.value AS growth, l.value AS level, l.unit, b.period AS base_period,
           b.value AS base, b.unit AS base_unit, 100 * (l.value / b.value - 1) AS implied,
           g.rounding + 100 * greatest((l.value + l.rounding) / (b.value - b.rounding) - l.value / b.value,
                                       l.value / b.value - (l.value - l.rounding) / (b.value + b.rounding)) AS bound,
           l.value / nullif(1 + g.value / 100, 0) AS implied_base, g.feed AS growth_feed, l.feed AS level_feed, b.feed AS base_feed,
           'simulated' IN (g.origin, l.origin, b.origin) AS simulated,
           2 + CASE WHEN g.rounding > 0 THEN greatest(ceil(-log(2 * g.rounding) - 1e-9), 0) ELSE 0 END::integer AS growth_places,
           2 + CASE WHEN l.rounding > 0 THEN greatest(ceil(-log(2 * l.rounding) - 1e-9), 0) ELSE 0 END::integer AS level_places
    FROM mart.readings g
    JOIN mart.readings l USING (indicator, area, period, span)
    JOIN mart.readings b USING (indicator, area, span)
    WHERE g.measure = 'growth_yoy' AND l.measure = 'level' AND b.measure = 'level' AND b.unit = l.unit AND b.value > b.rounding
      AND b.period = (g.plan_year - 1)::text || substr(g.period, 5)
), bases AS (
    SELECT p.*, (SELECT count(DISTINCT o.value) FROM core.observations o
                 WHERE (o.indicator, o.area, o.period, o.span, o.measure) = (p.indicator, p.area, p.base_period, p.span, 'level')
                   AND o.plan_year = p.plan_year - 1) AS base_values,
           EXISTS (SELECT FROM core.observations o
                   WHERE (o.indicator, o.area, o.period, o.span, o.measure) = (p.indicator, p.area, p.base_period, p.span, 'level')
                     AND o.plan_year = p.plan_year - 1 AND o.unit = p.unit AND o.value > 0
                     AND abs(p.growth - 100 * (p.level / o.value - 1)) <= p.bound * (1 + 1e-9)) AS other_base_fits
    FROM pairs p WHERE abs(p.growth - p.implied) > p.bound * (1 + 1e-9)
)
SELECT p.plan_year, p.indicator, i.name_zh AS indicator_zh, p.area, a.name_zh AS area_zh, p.period, p.span,
       p.growth AS growth_pct, round(p.implied::numeric, p.growth_places)::double precision AS implied_growth_pct,
       round(p.growth::numeric - p.implied::numeric, p.growth_places)::double precision AS growth_gap_pp,
       round(p.bound::numeric, p.growth_places + 2)::double precision AS rounding_pp,
       p.level AS level_value, p.base_period, p.base AS base_value,
       round(p.implied_base::numeric, p.level_places)::double precision AS implied_base_value, p.unit,
       CASE WHEN p.other_base_fits THEN 'base_revised' WHEN c.cause IS NOT NULL THEN c.cause
            WHEN p.base_values > 1 THEN 'base_revised' ELSE 'unexplained' END AS cause,
       coalesce(c.note_zh, '') AS cause_zh, coalesce(c.note_en, '') AS cause_en, p.base_values,
       p.growth_feed, p.level_feed, p.base_feed, p.simulated
FROM bases p
LEFT JOIN core.growth_bases c ON c.indicator = p.indicator
LEFT JOIN core.indicators i ON i.indicator_id = p.indicator
LEFT JOIN core.areas a ON a.area_id = p.area
ORDER BY p.period DESC, p.indicator, p.area, p.span;

CREATE VIEW bi.reconciliation AS
SELECT r.feed, r.period, r.filename, r.published_at, r.recorded_at, r.state, m.at AS reconciled_at, m.loaded,
       m.rows_read, m.rows_matched, m.rows_unmatched, m.cells_read, m.values_converted, m.units_converted, m.values_refused,
       m.series_missing, m.values_new, m.values_revised, m.values_conflicting, m.cells, r.simulated, r.sha256
FROM mart.reconciliations m JOIN bi.releases r ON r.sha256 = m.release_sha256
ORDER BY m.at DESC;

CREATE VIEW bi.unmatched_rows AS
SELECT r.feed, r.period, r.filename, f.label, f.nearest AS nearest_names, f.sheet, f."row" AS row_number,
       f."column" AS column_name, f.value AS printed, f.message, f.mend, r.recorded_at, r.sha256
FROM mart.reconciliation_findings f JOIN raw.releases r ON r.sha256 = f.release_sha256
WHERE f.kind = 'unmatched' ORDER BY r.recorded_at DESC, f.ordinal;

CREATE VIEW bi.missing_series AS
SELECT r.feed, r.period, r.filename, f.indicator, i.name_zh AS indicator_zh, f.message, f.mend, r.recorded_at, r.sha256
FROM mart.reconciliation_findings f JOIN raw.releases r ON r.sha256 = f.release_sha256
LEFT JOIN core.indicators i ON i.indicator_id = f.indicator
WHERE f.kind = 'missing' ORDER BY r.recorded_at DESC, f.ordinal;

-- Targets in force that have no reading, or nothing to be compared with, and why.
CREATE VIEW bi.targets_without_source AS
WITH needs AS (
    SELECT t.*, p.year, n.lacks, n.wanted, n.wanted_area
    FROM mart.plans_in_force p
    JOIN core.targets t USING (plan_id, version)
    CROSS JOIN LATERAL (VALUES ('reading', t.indicator, t.area), ('reference', t.reference_indicator, t.reference_area))
        AS n (lacks, wanted, wanted_area)
    WHERE n.wanted IS NOT NULL AND t.withdrawn_from IS NULL
), lacking AS (
    SELECT n.*, (SELECT string_agg(DISTINCT s.feed_id, ' ' ORDER BY s.feed_id) FROM core.feed_series s
                 WHERE s.indicator = n.wanted AND coalesce(s.area, n.wanted_area) = n.wanted_area) AS feeds
    FROM needs n
    WHERE NOT EXISTS (SELECT FROM core.observations o WHERE (o.indicator, o.area) = (n.wanted, n.wanted_area))
)
SELECT l.plan_id, l.year AS plan_year, l.ordinal, l.section, l.target_id, l.area, a.name_zh AS area_zh, l.name_zh, l.name_en, l.kind,
       l.owner AS department, coalesce(d.name_zh, l.owner) AS department_zh, l.lacks, l.wanted AS indicator,
       CASE WHEN l.feeds IS NOT NULL THEN 'never_delivered' WHEN w.indicator IS NOT NULL THEN 'stated' ELSE 'no_feed' END AS reason_code,
       CASE WHEN l.feeds IS NOT NULL THEN '已有数据源，尚未报送' WHEN w.indicator IS NOT NULL THEN w.reason_zh
            ELSE '没有数据源' END AS reason_zh,
       CASE WHEN l.feeds IS NOT NULL THEN 'A feed carries it and has not delivered it yet'
            WHEN w.indicator IS NOT NULL THEN w.reason_en ELSE 'No feed carries it' END AS reason_en,
       coalesce(l.feeds, '') AS feeds
FROM lacking l
LEFT JOIN core.without_source w ON w.indicator = l.wanted
LEFT JOIN core.departments d ON d.department_id = l.owner
LEFT JOIN core.areas a ON a.area_id = l.area
ORDER BY l.year DESC, l.ordinal, l.lacks;
