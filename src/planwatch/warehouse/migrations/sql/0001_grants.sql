-- Who may do what. PUBLIC nothing; the loader adds and reads; what it may change or delete is listed one by one.
CREATE SCHEMA bi;

REVOKE ALL ON SCHEMA public, raw, core, mart, ops, bi FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA core, mart FROM PUBLIC;
REVOKE USAGE ON DOMAIN raw.sha256, raw.period, core.status FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

GRANT USAGE ON SCHEMA raw, core, mart, ops, bi TO planwatch_etl;
GRANT USAGE ON DOMAIN raw.sha256, raw.period, core.status TO planwatch_etl;
GRANT SELECT ON ALL TABLES IN SCHEMA raw, core, mart, ops TO planwatch_etl;
GRANT INSERT ON
    raw.releases, raw.release_events, raw.rows, raw.rejects,
    core.areas, core.departments, core.indicators, core.plans, core.plan_loads, core.targets, core.observations,
    mart.editions, mart.edition_inputs, mart.verdicts, mart.alert_events, mart.outbox,
    ops.runs, ops.check_results, ops.decisions
    TO planwatch_etl;
REVOKE SELECT ON core.observations_default, mart.verdicts_default, ops.alembic_version, ops.view_version FROM planwatch_etl;
GRANT USAGE ON SEQUENCE core.observation_id TO planwatch_etl;

-- the registries follow their files
GRANT UPDATE ON core.areas, core.departments, core.indicators TO planwatch_etl;
-- a file that failed under one feed may come again under the right one
GRANT UPDATE (feed, period, filename, published_at, origin, title, source) ON raw.releases TO planwatch_etl;
-- what a better reader makes of the same bytes replaces what the worse one made
GRANT DELETE ON raw.rows, raw.rejects TO planwatch_etl;
GRANT UPDATE (sent_at, attempts, last_error) ON mart.outbox TO planwatch_etl;
GRANT UPDATE (ended_at, outcome, detail) ON ops.runs TO planwatch_etl;

GRANT EXECUTE ON FUNCTION
    core.ensure_observation_year(integer), mart.ensure_verdict_year(integer), mart.set_current_edition(bigint)
    TO planwatch_etl;

GRANT USAGE ON SCHEMA bi TO bi_reader;
