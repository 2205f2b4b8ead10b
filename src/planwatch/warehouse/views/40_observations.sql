CREATE VIEW bi.observations_current AS
SELECT o.plan_year, o.indicator, i.name_zh AS indicator_zh, o.area, a.name_zh AS area_zh, o.period, o.span, o.measure,
       o.value, o.unit, o.text AS printed, o.printed_unit, o.quality, o.published_at, o.recorded_at, o.admitted_at,
       o.origin = 'simulated' AS simulated, o.flags, o.source, o.sheet, o."row" AS row_number, o."column" AS column_name,
       o.release_sha256, o.observation_id, o.feed, o.precedence
FROM mart.readings o
LEFT JOIN core.indicators i ON i.indicator_id = o.indicator
LEFT JOIN core.areas a ON a.area_id = o.area
ORDER BY o.indicator, o.area, o.period, o.span, o.measure;

-- Differences are taken of decimal numbers, as the figures are printed: in binary ones 17.4 would be 17.40000000000009.
-- A feed's newer, different value for a key is a revision; another feed's is another source's (bi.source_conflicts). A verdict counts as changed
-- where the first edition of a month made with the value says another status than the edition before it.
CREATE VIEW bi.revisions AS
SELECT v.indicator, v.indicator_zh, v.area, v.period, v.span, v.measure, v.value_before, v.value_after, v.change, v.unit,
       v.quality_before, v.quality_after, v.published_before, v.published_after, v.vintage, v.source, v.sheet, v.row_number,
       v.column_name, v.release_sha256, v.observation_id, v.feed, e.verdict_changed, e.editions_remade, e.verdict_changes
FROM (
    SELECT o.indicator, i.name_zh AS indicator_zh, o.area, o.period, o.span, o.measure,
           lag(o.value) OVER w AS value_before, o.value AS value_after,
           (o.value::numeric - lag(o.value::numeric) OVER w)::double precision AS change, o.unit,
           lag(o.quality) OVER w AS quality_before, o.quality AS quality_after,
           lag(o.published_at) OVER w AS published_before, o.published_at AS published_after,
           row_number() OVER w AS vintage, o.source, o.sheet, o."row" AS row_number, o."column" AS column_name,
           o.release_sha256, o.observation_id, o.feed,
           lag((o.value, o.quality, o.unit, o.origin)) OVER w IS DISTINCT FROM (o.value, o.quality, o.unit, o.origin) AS differs
    FROM mart.vintages o LEFT JOIN core.indicators i ON i.indicator_id = o.indicator
    WINDOW w AS (PARTITION BY o.indicator, o.area, o.period, o.span, o.measure, o.feed
                 ORDER BY o.published_at, o.release_no, o.observation_id)
) v
CROSS JOIN LATERAL (
    WITH remade AS (
        SELECT DISTINCT ON (n.plan_id, n.period) n.*, b.edition_id AS edition_before
        FROM mart.edition_inputs u JOIN mart.editions n USING (edition_id)
        LEFT JOIN mart.editions b ON b.edition_id = n.previous_edition
        WHERE int8range(u.first_id, u.last_id, '[]') @> v.observation_id ORDER BY n.plan_id, n.period, n.number
    ), changed AS (
        SELECT n.plan_id, n.period, y.target_id, y.area, x.status AS before, y.status AS after
        FROM remade n
        JOIN mart.verdicts x ON x.edition_id = n.edition_before AND x.plan_year = n.plan_year
        JOIN mart.verdicts y ON y.edition_id = n.edition_id AND y.plan_year = n.plan_year
                            AND (y.target_id, y.area) = (x.target_id, x.area) AND y.status <> x.status
        JOIN core.targets t ON t.plan_id = n.plan_id AND t.version = n.targets_version AND t.ordinal = y.ordinal
        WHERE (t.indicator, t.area) = (v.indicator, v.area) OR (t.reference_indicator, t.reference_area) = (v.indicator, v.area)
    )
    SELECT EXISTS (SELECT FROM changed) AS verdict_changed,
           (SELECT count(*) FROM remade WHERE edition_before IS NOT NULL) AS editions_remade,
           coalesce((SELECT jsonb_agg(to_jsonb(changed) ORDER BY plan_id, period, target_id, area) FROM changed), '[]') AS verdict_changes
) e
WHERE v.vintage > 1 AND v.differs;

CREATE FUNCTION bi.observations_as_of(day date)
RETURNS TABLE (indicator text, area text, period text, span text, measure text, value double precision, unit text,
               printed text, quality text, published_at date, recorded_at timestamptz, simulated boolean, source text,
               sheet text, row_number integer, column_name text, release_sha256 text, observation_id bigint, feed text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT ON (o.indicator, o.area, o.period, o.span, o.measure)
           o.indicator, o.area, o.period::text, o.span, o.measure, o.value, o.unit, o.text, o.quality, o.published_at,
           o.recorded_at, o.origin = 'simulated', o.source, o.sheet, o."row", o."column", o.release_sha256::text,
           o.observation_id, o.feed
    FROM mart.vintages o WHERE o.published_at <= day
    ORDER BY o.indicator, o.area, o.period, o.span, o.measure, o.precedence DESC, (o.quality = 'final') DESC, o.published_at DESC, o.release_no DESC,
             o.observation_id DESC;
END;
COMMENT ON FUNCTION bi.observations_as_of(date) IS
    'What was published by the end of a day: of every key the value that counted then, of the feed with the highest precedence that had published it, with published_at up to that day. Columns as bi.observations_current.';
