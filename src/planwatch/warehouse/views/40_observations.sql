CREATE VIEW bi.observations_current AS
SELECT DISTINCT ON (o.indicator, o.area, o.period, o.span, o.measure)
       o.plan_year, o.indicator, i.name_zh AS indicator_zh, o.area, a.name_zh AS area_zh, o.period, o.span, o.measure,
       o.value, o.unit, o.text AS printed, o.printed_unit, o.quality, o.published_at, o.recorded_at, o.admitted_at,
       o.origin = 'simulated' AS simulated, o.flags, o.source, o.sheet, o."row" AS row_number, o."column" AS column_name,
       o.release_sha256, o.observation_id
FROM core.observations o
LEFT JOIN core.indicators i ON i.indicator_id = o.indicator
LEFT JOIN core.areas a ON a.area_id = o.area
ORDER BY o.indicator, o.area, o.period, o.span, o.measure, o.published_at DESC, o.release_no DESC, o.observation_id DESC;

CREATE VIEW bi.revisions AS
SELECT * FROM (
    SELECT o.indicator, i.name_zh AS indicator_zh, o.area, o.period, o.span, o.measure,
           lag(o.value) OVER w AS value_before, o.value AS value_after, o.value - lag(o.value) OVER w AS change, o.unit,
           lag(o.quality) OVER w AS quality_before, o.quality AS quality_after,
           lag(o.published_at) OVER w AS published_before, o.published_at AS published_after,
           row_number() OVER w AS vintage, o.source, o.sheet, o."row" AS row_number, o."column" AS column_name,
           o.release_sha256, o.observation_id
    FROM core.observations o LEFT JOIN core.indicators i ON i.indicator_id = o.indicator
    WINDOW w AS (PARTITION BY o.indicator, o.area, o.period, o.span, o.measure
                 ORDER BY o.published_at, o.release_no, o.observation_id)
) v WHERE v.vintage > 1;

CREATE FUNCTION bi.observations_as_of(day date)
RETURNS TABLE (indicator text, area text, period text, span text, measure text, value double precision, unit text,
               printed text, quality text, published_at date, recorded_at timestamptz, simulated boolean, source text,
               sheet text, row_number integer, column_name text, release_sha256 text, observation_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT ON (o.indicator, o.area, o.period, o.span, o.measure)
           o.indicator, o.area, o.period::text, o.span, o.measure, o.value, o.unit, o.text, o.quality, o.published_at,
           o.recorded_at, o.origin = 'simulated', o.source, o.sheet, o."row", o."column", o.release_sha256::text,
           o.observation_id
    FROM core.observations o WHERE o.published_at <= day
    ORDER BY o.indicator, o.area, o.period, o.span, o.measure, o.published_at DESC, o.release_no DESC, o.observation_id DESC;
END;
COMMENT ON FUNCTION bi.observations_as_of(date) IS
    'What was published by the end of a day: the newest vintage of every key with published_at up to that day. Columns as bi.observations_current.';
