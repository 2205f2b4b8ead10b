-- What an edition was made under, kept once however many editions share it: the plan as judged, and the calendar, reporting duties and
-- held releases. Text, not jsonb, so that its address proves it.
CREATE TABLE mart.documents (
    sha256 raw.sha256 PRIMARY KEY,
    body   text NOT NULL,
    CHECK (sha256 = encode(pg_catalog.sha256(convert_to(body, 'UTF8')), 'hex'))
);

ALTER TABLE mart.editions
    ADD COLUMN previous_edition bigint REFERENCES mart.editions,
    ADD COLUMN plan_document    raw.sha256 REFERENCES mart.documents,
    ADD COLUMN conditions       raw.sha256 REFERENCES mart.documents,
    ADD COLUMN checks_run       text,
    ADD COLUMN checks           jsonb,
    ADD CHECK ((plan_document IS NULL) = (conditions IS NULL)),
    ADD CHECK ((checks_run IS NULL) = (checks IS NULL));
CREATE INDEX check_results_run ON ops.check_results (run_id);

-- Part of a target that a verdict rests on, so that its amendment can be told.
ALTER TABLE core.targets ADD COLUMN hysteresis double precision;

-- The verdicts by which an edition differs from the one before of its month, each with its cause.
CREATE TABLE mart.edition_changes (
    edition_id      bigint NOT NULL,
    target_id       text NOT NULL,
    area            text NOT NULL,
    status_before   core.status,
    status_after    core.status,
    actual_before   double precision,
    actual_after    double precision,
    variance_before double precision,
    variance_after  double precision,
    unit            text,
    columns         jsonb NOT NULL,
    cause           text NOT NULL,
    causes          jsonb NOT NULL,
    detail          jsonb NOT NULL,
    PRIMARY KEY (edition_id, target_id, area),
    CHECK (cause IN ('amended_target', 'new_data', 'revision', 'changed_rule', 'reporting', 'unexplained')),
    CHECK (causes ? cause),
    CHECK (num_nonnulls(status_before, status_after) > 0)
);

GRANT SELECT, INSERT ON mart.documents, mart.edition_changes TO planwatch_etl;
