-- Values that a release repeats are no news and make no vintage; kept all the same, so that a file published between a value and its
-- repeat, but arriving after both, does not pass for the newest word.
CREATE TABLE core.confirmations (
    plan_year      integer NOT NULL,
    indicator      text NOT NULL,
    area           text NOT NULL,
    period         raw.period NOT NULL,
    span           text NOT NULL,
    measure        text NOT NULL,
    value          double precision NOT NULL,
    unit           text NOT NULL,
    text           text NOT NULL,
    decimals       integer NOT NULL,
    quality        text NOT NULL,
    published_at   date NOT NULL,
    source         text NOT NULL,
    sheet          text NOT NULL,
    "row"          integer,
    "column"       text NOT NULL,
    printed_unit   text NOT NULL,
    origin         text NOT NULL,
    flags          text NOT NULL,
    release_sha256 raw.sha256 NOT NULL,
    release_no     bigint NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX confirmations_key ON core.confirmations (indicator, area, period, span, measure);

GRANT SELECT, INSERT ON core.confirmations TO planwatch_etl;
