-- The release calendar with what came: who has delivered, who has not. With its comments beside it.
CREATE VIEW bi.release_calendar AS
WITH came AS (
    SELECT r.feed, r.period, min(r.recorded_at) AS arrived_at, bool_or(r.state = 'loaded') AS loaded,
           bool_or(r.state = 'quarantined') AS held, max(r.published_at) FILTER (WHERE r.state = 'loaded') AS published_at
    FROM bi.releases r WHERE r.state IN ('loaded', 'quarantined', 'superseded') GROUP BY r.feed, r.period
)
SELECT d.feed_id AS feed, f.name_zh AS feed_zh, f.name_en AS feed_en, f.owner AS department,
       coalesce(p.name_zh, f.owner) AS department_zh, d.frequency, d.period, d.due_on, d.overdue_from, d.tentative,
       c.arrived_at, c.published_at, s.state, w.state_zh,
       coalesce(c.arrived_at >= ((d.due_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'), false) AND s.state IN ('in', 'held') AS came_late
FROM core.due_dates d
JOIN core.feeds f ON f.feed_id = d.feed_id
LEFT JOIN core.departments p ON p.department_id = f.owner
LEFT JOIN came c ON (c.feed, c.period) = (d.feed_id, d.period::text)
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN c.loaded AND (d.frequency = f.frequency OR EXISTS (
            SELECT FROM core.feed_series o
            JOIN core.observations v ON v.indicator = o.indicator AND v.period = d.period AND v.plan_year = substr(d.period, 1, 4)::integer
            JOIN raw.releases r ON r.release_no = v.release_no AND r.feed = d.feed_id
            WHERE o.feed_id = d.feed_id AND o.frequency = d.frequency)) THEN 'in'
        WHEN c.held THEN 'held'
        WHEN now() >= d.overdue_from THEN 'overdue'
        WHEN (now() AT TIME ZONE 'Asia/Shanghai')::date > d.due_on THEN 'late'
        WHEN (now() AT TIME ZONE 'Asia/Shanghai')::date = d.due_on THEN 'due'
        ELSE 'awaiting' END AS state
) s
JOIN (VALUES ('in', '已报送'), ('held', '待审核'), ('overdue', '逾期未报'), ('late', '迟报'), ('due', '今日到期'), ('awaiting', '未到期'))
    AS w (state, state_zh) ON w.state = s.state
ORDER BY d.due_on, d.feed_id, d.period, d.frequency;

COMMENT ON VIEW bi.release_calendar IS 'Release calendar (发布日程): what every feed has to report of a month, when it is due, and whether it came. Months of the loaded plans; what nobody is obliged to report is not in it.';
COMMENT ON COLUMN bi.release_calendar.feed IS 'Feed id. Source: feeds.yaml.';
COMMENT ON COLUMN bi.release_calendar.feed_zh IS 'Chinese name of the feed. Source: feeds.yaml.';
COMMENT ON COLUMN bi.release_calendar.feed_en IS 'English name of the feed. Source: feeds.yaml.';
COMMENT ON COLUMN bi.release_calendar.department IS 'Department id that answers for the feed. Source: its owner in feeds.yaml.';
COMMENT ON COLUMN bi.release_calendar.department_zh IS 'Chinese name of that department.';
COMMENT ON COLUMN bi.release_calendar.frequency IS 'monthly, quarterly or annual: which of the feed''s series the row is about.';
COMMENT ON COLUMN bi.release_calendar.period IS 'Month (YYYY-MM) that is reported on.';
COMMENT ON COLUMN bi.release_calendar.due_on IS 'Day (Asia/Shanghai) by whose end it is due, moved off days off where the calendar says so. Source: calendar.yaml.';
COMMENT ON COLUMN bi.release_calendar.overdue_from IS 'Instant (UTC) at which its grace ends.';
COMMENT ON COLUMN bi.release_calendar.tentative IS 'Whether the holidays of that year are not announced yet, so that the days may move.';
COMMENT ON COLUMN bi.release_calendar.arrived_at IS 'Instant (UTC) at which the first readable release of that month came; empty where none did.';
COMMENT ON COLUMN bi.release_calendar.published_at IS 'The source''s date of the newest loaded release of that month; empty where none is loaded.';
COMMENT ON COLUMN bi.release_calendar.state IS 'in: loaded, with figures of that frequency; held: waits here for a decision; awaiting: not due yet; due: today; late: past due, within its grace; overdue: past its grace.';
COMMENT ON COLUMN bi.release_calendar.state_zh IS 'The same in Chinese.';
COMMENT ON COLUMN bi.release_calendar.came_late IS 'Whether the first release came after the due day; false where none came.';
