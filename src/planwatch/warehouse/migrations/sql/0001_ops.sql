-- ops: what ran, what the checks said, what people decided. The schema itself is made for Alembic's version table.
CREATE TABLE ops.runs (
    run_id     text PRIMARY KEY,
    what       text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    outcome    text,
    detail     jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE ops.check_results (
    result_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      text NOT NULL,
    subject     text NOT NULL,
    gate        text NOT NULL CHECK (gate IN ('release', 'observations', 'publication')),
    suite       text NOT NULL,
    expectation text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    success     boolean NOT NULL,
    column_name text NOT NULL DEFAULT '',
    observed    text NOT NULL DEFAULT '',
    offending   jsonb NOT NULL DEFAULT '[]',
    failed_rows integer NOT NULL DEFAULT 0,
    note        text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX check_results_subject ON ops.check_results (subject, at);

CREATE TABLE ops.decisions (
    decision_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_sha256 raw.sha256 NOT NULL REFERENCES raw.releases,
    decision       text NOT NULL CHECK (decision IN ('approve', 'reject')),
    reason         text NOT NULL CHECK (btrim(reason) <> ''),
    decided_by     text NOT NULL CHECK (decided_by <> ''),
    decided_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which text of the view files is in force: unchanged files are not applied again.
CREATE TABLE ops.view_version (
    fingerprint text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
