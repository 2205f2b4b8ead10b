-- core: the plan in its versions, the registries, and the vintaged observations.
CREATE SCHEMA core;

CREATE TABLE core.areas (
    area_id text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    level   text NOT NULL CHECK (level IN ('nation', 'region', 'city', 'county')),
    parent  text,
    aliases text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE core.departments (
    department_id text PRIMARY KEY,
    name_zh       text NOT NULL,
    name_en       text NOT NULL,
    email         text NOT NULL
);

CREATE TABLE core.indicators (
    indicator_id text PRIMARY KEY,
    name_zh      text NOT NULL,
    name_en      text NOT NULL,
    base_unit    text NOT NULL
);

-- A domain, not a foreign key: a look-up a row would double the time of a bulk load.
CREATE DOMAIN core.status AS text CHECK (VALUE IN (
    'withdrawn', 'awaiting_target', 'not_assessable', 'achieved', 'missed',
    'off_track', 'overdue', 'not_due', 'at_risk', 'on_track'));

CREATE TABLE core.status_labels (
    status     core.status PRIMARY KEY,
    precedence integer NOT NULL UNIQUE,
    label_zh   text NOT NULL,
    label_en   text NOT NULL
);

-- A version is never changed; an amended plan is another version.
CREATE TABLE core.plans (
    plan_id    text NOT NULL,
    version    text NOT NULL,
    year       integer NOT NULL CHECK (year BETWEEN 1990 AND 2100),
    area       text NOT NULL,
    title      text NOT NULL,
    issued     date,
    thresholds jsonb NOT NULL,
    PRIMARY KEY (plan_id, version)
);

-- Append-only: the newest load of a year says which plan and version are in force.
CREATE TABLE core.plan_loads (
    load_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id   text NOT NULL,
    version   text NOT NULL,
    year      integer NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (plan_id, version) REFERENCES core.plans
);

CREATE TABLE core.targets (
    plan_id             text NOT NULL,
    version             text NOT NULL,
    ordinal             integer NOT NULL CHECK (ordinal >= 1),  -- place in the plan
    target_id           text NOT NULL,
    area                text NOT NULL,
    indicator           text NOT NULL,
    section             text NOT NULL,
    name_zh             text NOT NULL,
    name_en             text NOT NULL,
    phrase              text NOT NULL,
    kind                text NOT NULL,
    comparator          text NOT NULL,
    value               double precision,
    value_high          double precision,
    unit                text NOT NULL,
    base_unit           text NOT NULL,
    measure             text NOT NULL,
    direction           integer NOT NULL CHECK (direction BETWEEN -1 AND 1),
    net                 boolean NOT NULL,
    baseline            double precision,
    baseline_source     text NOT NULL,
    tolerance           double precision,
    band                double precision,
    margin              double precision NOT NULL,
    tier                text NOT NULL,
    pace                text NOT NULL,
    shares              double precision[],
    frequency           text NOT NULL,
    deadline            date,
    start_by            date,
    owner               text NOT NULL,
    owner_inferred      boolean NOT NULL,
    reference_indicator text,
    reference_area      text,
    reference_measure   text,
    withdrawn_from      date,
    note                text NOT NULL,
    PRIMARY KEY (plan_id, version, ordinal),
    UNIQUE (plan_id, version, target_id, area),
    FOREIGN KEY (plan_id, version) REFERENCES core.plans
);

CREATE SEQUENCE core.observation_id;

-- Append-only vintages. No foreign key to raw.releases: at millions of rows it would cost more than the load itself;
-- the loader looks its release up once, and nobody can delete releases.
CREATE TABLE core.observations (
    observation_id bigint NOT NULL DEFAULT nextval('core.observation_id'),
    plan_year      integer NOT NULL,
    indicator      text NOT NULL,
    area           text NOT NULL,
    period         raw.period NOT NULL,
    span           text NOT NULL CHECK (span IN ('month', 'ytd', 'quarter', 'point', 'year')),
    measure        text NOT NULL CHECK (measure IN ('level', 'growth_yoy', 'ratio', 'rank', 'done', 'report')),
    value          double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    unit           text NOT NULL,
    text           text NOT NULL,
    decimals       integer NOT NULL,
    quality        text NOT NULL CHECK (quality IN ('estimate', 'preliminary', 'final')),
    published_at   date NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    admitted_at    timestamptz NOT NULL DEFAULT now(),
    source         text NOT NULL,
    sheet          text NOT NULL,
    "row"          integer,
    "column"       text NOT NULL,
    printed_unit   text NOT NULL,
    origin         text NOT NULL CHECK (origin IN ('published', 'simulated')),
    flags          text NOT NULL,
    release_sha256 raw.sha256 NOT NULL,
    release_no     bigint NOT NULL,
    PRIMARY KEY (plan_year, observation_id),
    CHECK (plan_year = substr(period, 1, 4)::integer)
) PARTITION BY RANGE (plan_year);
CREATE TABLE core.observations_default PARTITION OF core.observations DEFAULT;

-- A key's vintages, newest first; within a day the later release counts, within a release the later reading of it.
CREATE INDEX observations_vintage ON core.observations
    (indicator, area, period, span, measure, published_at DESC, release_no DESC, observation_id DESC);
CREATE INDEX observations_release ON core.observations (release_sha256);

-- Make the year's partition of a table partitioned by plan_year, where it has none. A table filled apart and attached
-- locks no reader of the other years. Rows of the year that already stand in the default partition stay there.
CREATE FUNCTION core.ensure_partition(parent_schema text, parent text, year integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := format('%s_y%s', parent, year);
    occupied boolean;
BEGIN
    IF year NOT BETWEEN 1990 AND 2100 THEN
        RAISE EXCEPTION 'no partition for the year %, expected 1990 to 2100', year USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(format('%I.%I', parent_schema, part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('planwatch:partition:' || parent, 0));
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE plan_year = $1)', parent_schema, parent || '_default')
        INTO occupied USING year;
    IF occupied OR to_regclass(format('%I.%I', parent_schema, part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL)', parent_schema, part, parent_schema, parent);
    EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%s) TO (%s)',
                   parent_schema, parent, parent_schema, part, year, year + 1);
    RETURN true;
END $$;

CREATE FUNCTION core.ensure_observation_year(year integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN core.ensure_partition('core', 'observations', year);
