-- Looks at remote sources: one row a feed and month. With its comments beside it.
CREATE VIEW bi.fetches AS
SELECT f.detail ->> 'feed' AS feed, f.detail ->> 'period' AS period, f.outcome, f.detail ->> 'code' AS code,
       f.detail ->> 'message' AS message, f.detail ->> 'place' AS place, (f.detail ->> 'looks')::integer AS looks,
       f.started_at AS first_look_at, f.ended_at AS last_look_at, e.state AS release_state,
       nullif(f.detail ->> 'sha256', '') AS sha256
FROM ops.runs f
LEFT JOIN LATERAL (
    SELECT v.state FROM raw.release_events v WHERE v.sha256 = f.detail ->> 'sha256' ORDER BY v.event_id DESC LIMIT 1
) e ON true
WHERE f.what = 'fetch' ORDER BY 1, 2;

COMMENT ON VIEW bi.fetches IS 'Looks at remote sources (取数): one row a feed and month, with how the last look ended.';
COMMENT ON COLUMN bi.fetches.feed IS 'Feed id. Source: feeds.yaml.';
COMMENT ON COLUMN bi.fetches.period IS 'Month (YYYY-MM) whose release was looked for.';
COMMENT ON COLUMN bi.fetches.outcome IS 'fetched, unchanged, known (the bytes came before), not_there (not published yet: no error), failed.';
COMMENT ON COLUMN bi.fetches.code IS 'Named error of a failed look (block_page, timeout, …), see docs/sources.md; empty where it went well.';
COMMENT ON COLUMN bi.fetches.message IS 'What the source did, what was expected and the mend; empty where it went well.';
COMMENT ON COLUMN bi.fetches.place IS 'Address that was asked, without account and query.';
COMMENT ON COLUMN bi.fetches.looks IS 'How often it was looked for.';
COMMENT ON COLUMN bi.fetches.first_look_at IS 'Instant (UTC) of the first look.';
COMMENT ON COLUMN bi.fetches.last_look_at IS 'Instant (UTC) of the last look.';
COMMENT ON COLUMN bi.fetches.release_state IS 'State of the release that came last from there; empty where none came.';
COMMENT ON COLUMN bi.fetches.sha256 IS 'Address of the bytes in the archive that came last; empty where none came.';
