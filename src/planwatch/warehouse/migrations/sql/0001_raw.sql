-- raw: what arrived, as it arrived. The bytes stand in the archive under their sha256.
CREATE SCHEMA raw;

CREATE DOMAIN raw.sha256 AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');
CREATE DOMAIN raw.period AS text CHECK (VALUE ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');

CREATE TABLE raw.releases (
    sha256       raw.sha256 PRIMARY KEY,
    release_no   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of arrival
    feed         text NOT NULL CHECK (feed <> ''),
    period       raw.period,                                  -- NULL: a collection of many months
    filename     text NOT NULL,
    bytes        bigint NOT NULL CHECK (bytes >= 0),
    published_at date,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    origin       text NOT NULL CHECK (origin IN ('published', 'simulated')),
    title        text NOT NULL DEFAULT '',
    source       text NOT NULL DEFAULT ''
);
CREATE INDEX releases_feed_period ON raw.releases (feed, period);

-- Append-only: the newest event is the release's state.
CREATE TABLE raw.release_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256   raw.sha256 NOT NULL REFERENCES raw.releases,
    state    text NOT NULL
             CHECK (state IN ('arrived', 'loaded', 'quarantined', 'rejected', 'failed', 'superseded')),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail   text NOT NULL DEFAULT '',
    actor    text NOT NULL DEFAULT '',
    reason   text NOT NULL DEFAULT ''
);
CREATE INDEX release_events_newest ON raw.release_events (sha256, event_id DESC);

-- Rows as printed; replaced as a whole when the same bytes are read again by a better reader.
CREATE TABLE raw.rows (
    release_sha256 raw.sha256 NOT NULL REFERENCES raw.releases,
    ordinal        integer NOT NULL,
    sheet          text NOT NULL DEFAULT '',
    "row"          integer,
    "column"       text NOT NULL DEFAULT '',
    label          text NOT NULL DEFAULT '',
    text           text NOT NULL DEFAULT '',
    content        jsonb NOT NULL,
    PRIMARY KEY (release_sha256, ordinal)
);

-- What could not be reconciled, with its reason: never dropped in silence.
CREATE TABLE raw.rejects (
    release_sha256 raw.sha256 NOT NULL REFERENCES raw.releases,
    ordinal        integer NOT NULL,
    code           text NOT NULL,
    message        text NOT NULL,
    sheet          text NOT NULL DEFAULT '',
    "row"          integer,
    "column"       text NOT NULL DEFAULT '',
    value          text NOT NULL DEFAULT '',
    expected       text NOT NULL DEFAULT '',
    mend           text NOT NULL DEFAULT '',
    PRIMARY KEY (release_sha256, ordinal)
);
