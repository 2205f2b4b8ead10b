-- What reconciling needs to know in the database, and its report a release.

-- The feeds as their file has them: of two that give one value, the higher precedence counts.
CREATE TABLE core.feeds (
    feed_id    text PRIMARY KEY,
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    owner      text NOT NULL,
    frequency  text NOT NULL,
    precedence integer NOT NULL,
    producer   text NOT NULL,
    licence    text NOT NULL
);

-- Which indicators a feed carries. Area NULL: each row names its own.
CREATE TABLE core.feed_series (
    feed_id   text NOT NULL REFERENCES core.feeds,
    ordinal   integer NOT NULL,
    indicator text NOT NULL,
    area      text,
    frequency text NOT NULL,
    PRIMARY KEY (feed_id, ordinal)
);
CREATE INDEX feed_series_indicator ON core.feed_series (indicator);

-- Indicators that no feed can carry, and why.
CREATE TABLE core.without_source (
    indicator text PRIMARY KEY,
    reason_zh text NOT NULL,
    reason_en text NOT NULL
);

-- Why an indicator's published growth is not the ratio of its published levels.
CREATE TABLE core.growth_bases (
    indicator text PRIMARY KEY,
    cause     text NOT NULL CHECK (cause IN ('prices', 'scope', 'base_revised')),
    note_zh   text NOT NULL,
    note_en   text NOT NULL
);

-- What one printed unit is in the unit kept, so that rounding can be reasoned about in SQL; `whole` counts whole things one by one.
CREATE TABLE core.printed_units (
    printed_unit text NOT NULL,
    unit         text NOT NULL,
    factor       double precision NOT NULL CHECK (factor > 0),
    whole        boolean NOT NULL,
    PRIMARY KEY (printed_unit, unit)
);

-- The reconciliation report of a release, written with its load; what is counted is as it was then.
CREATE TABLE mart.reconciliations (
    release_sha256     raw.sha256 PRIMARY KEY REFERENCES raw.releases,
    at                 timestamptz NOT NULL DEFAULT clock_timestamp(),
    loaded             boolean NOT NULL,
    rows_read          integer NOT NULL,
    rows_matched       integer NOT NULL,
    rows_unmatched     integer NOT NULL,
    cells_read         integer NOT NULL,
    values_converted   integer NOT NULL,
    units_converted    integer NOT NULL,
    values_refused     integer NOT NULL,
    series_missing     integer NOT NULL,
    values_new         integer,  -- NULL: held, nothing was loaded
    values_revised     integer,
    values_conflicting integer,
    cells              jsonb NOT NULL
);

-- Rows that no series names, with the nearest names; series that were due and did not come.
CREATE TABLE mart.reconciliation_findings (
    release_sha256 raw.sha256 NOT NULL REFERENCES raw.releases,
    ordinal        integer NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('unmatched', 'missing')),
    indicator      text NOT NULL DEFAULT '',
    label          text NOT NULL DEFAULT '',
    nearest        jsonb NOT NULL DEFAULT '[]',
    sheet          text NOT NULL DEFAULT '',
    "row"          integer,
    "column"       text NOT NULL DEFAULT '',
    value          text NOT NULL DEFAULT '',
    message        text NOT NULL DEFAULT '',
    mend           text NOT NULL DEFAULT '',
    PRIMARY KEY (release_sha256, ordinal)
);

-- Which editions judged with a vintage.
CREATE INDEX edition_inputs_observation ON mart.edition_inputs (observation_id);

GRANT SELECT ON core.feeds, core.feed_series, core.without_source, core.growth_bases, core.printed_units,
    mart.reconciliations, mart.reconciliation_findings TO planwatch_etl;
GRANT INSERT ON core.feeds, core.feed_series, core.without_source, core.growth_bases, core.printed_units,
    mart.reconciliations, mart.reconciliation_findings TO planwatch_etl;
-- the registries follow their file; a better reader's report replaces the worse one's
GRANT UPDATE ON core.feeds TO planwatch_etl;
GRANT DELETE ON core.feed_series, core.without_source, core.growth_bases,
    mart.reconciliations, mart.reconciliation_findings TO planwatch_etl;
